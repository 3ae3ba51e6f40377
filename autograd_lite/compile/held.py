"""Whether anybody holds memory that a program is about to write: an array, a view, a gradient that was handed out.

Found by counting references, exactly: to the memory itself, which every view of it refers to, and to each array that
tensors have of it. What the library itself refers to is counted once, here, on memory that nobody else can know: so it
holds on every Python that counts. Must not know what a program computes.
"""

from __future__ import annotations

import weakref
from sys import getrefcount
from typing import Any

import numpy

from autograd_lite.compile.bind import Bound, Home
from autograd_lite.program.program import State

# The memory of a home and the arrays that are shown of it: one list for each home, which counts once in each of them.
_watched: weakref.WeakKeyDictionary[Home, list[Any]] = weakref.WeakKeyDictionary()


def watched(home: Home) -> list[Any]:
    """The things whose references are counted."""
    found = _watched.get(home)
    if found is None:
        found = _watched[home] = [home.raw]
    if len(found) != 1 + len(home.shown):
        found[1:] = home.shown.values()
    return found


def counts(things: list[Any]) -> list[int]:
    """How often each is referred to."""
    return [*map(getrefcount, things)]


def _alone() -> tuple[int, int]:
    """The counts of memory and of an array of it that is in no tensor, where nobody looks."""
    home = Home(1, numpy.dtype(numpy.float32))
    memory = counts(watched(home))[0]
    home.shown["data", 0] = home.raw[:4].view(numpy.float32)
    both = counts(watched(home))
    return memory + both[0] - memory - 1, both[1]


_MEMORY, _ARRAY = _alone()


def unseen(home: Home) -> list[int]:
    """The counts where nobody looks, and every array is in the tensor it belongs to."""
    return [_MEMORY + len(home.shown), *([_ARRAY + 1] * len(home.shown))]


def held(bound: Bound) -> list[State]:
    """The states and gradients in memory that somebody holds."""
    found: list[State] = []
    for home, states in bound.held:
        things = watched(home)
        now = counts(things)
        expected = [_MEMORY + len(home.shown)]
        expected += [_ARRAY + (State(key[0], home.leaves[key]).array is array) for key, array in home.shown.items()]
        if now != expected:
            found += states
    return found
