"""Random closures: numbers, containers, objects, arrays, functions that are read and, between the calls, changed.

Knows what a function can read besides its arguments. The compiled function gives what the eager one gives, or is
refused; it never gives another number.
"""

from __future__ import annotations

import random

from tests.fuzz.programs import Case, Line
from tests.fuzz.things import THINGS
from tests.fuzz.worlds import HEAD

TEMPLATE = (
    HEAD
    + """
import argparse, array, collections, contextvars, ctypes, dataclasses, decimal, enum, fractions, functools, io
import itertools, operator, os, queue, random, threading, types, weakref

def world(wrap, say):
    <things>
    def f(x):
        y = x * 1.0
        <body>
        return y
    f = wrap(f)
    <calls>

compare(world, refusal=True)
"""
)


NUMBERS = ("1.0", "1", "True", "2.0", "5.0", "-0.0", "0.0", "3", "0.5", "-1.5")


def generate(seed: int) -> Case:
    """A function of one to three things, and calls with changes of them in between."""
    rng = random.Random(f"closures {seed}")  # noqa: S311
    things, body, changes = [], [], []
    for i in range(rng.choice([1, 1, 2, 3])):
        thing = rng.choice(THINGS)
        things.append(Line(_filled(rng, thing.make, i)))
        for read in rng.sample(thing.reads, min(len(thing.reads), rng.choice([1, 1, 2]))):
            way = rng.choice(["y = y * {}", "y = y + {}", "y = y * ({})", "if np.sum({}) > 1.5: y = y * 3"])
            body.append(Line(way.format(_filled(rng, read, i))))
        inside = [change for change in thing.changes if not change.startswith("b§ ")]
        if inside and rng.random() < 0.07:  # the function itself changes what it reads
            body.append(Line(_filled(rng, rng.choice(inside), i)))
        changes += [(i, change) for change in thing.changes]
    calls = []
    for _ in range(rng.randrange(4, 9)):
        if changes and rng.random() < 0.5:
            i, change = rng.choice(changes)
            calls.append(Line(_filled(rng, change, i)))
        calls.append(Line(f"say(f(np.array([{rng.choice(['1.0', '0.5', '-2.0'])}, 2.0])))"))
    return Case("closures", seed, TEMPLATE, {"things": tuple(things), "body": tuple(body), "calls": tuple(calls)})


def _filled(rng: random.Random, text: str, number: int) -> str:
    """A line of the table for the thing of this number."""
    return text.replace("§", str(number)).replace("NUMBER", rng.choice(NUMBERS)).replace("INDEX", str(rng.randrange(2)))
