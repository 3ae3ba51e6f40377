"""In which notation an equation is printed: the book's where it can be read back as what it is, and calls elsewhere.

The notation is chosen by reading: whatever is printed is read again by the reader of students' equations, in the
names of the whole graph, and evaluated at moved values. What no notation says stays in the book's, and is known as
such, so that nobody calls it wrong.

Knows formulas, their notations and the reader. Must not know the graph, nor what is right.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator

import numpy

from autograd_lite.errors import AutogradError
from autograd_lite.show.equations.agreement import agreement
from autograd_lite.show.equations.reader import read
from autograd_lite.show.equations.terms import UnfitError, evaluate, fitted, readings, used
from autograd_lite.show.formula.calls import in_calls
from autograd_lite.show.formula.counted import Counted, counted
from autograd_lite.show.formula.formula import Formula, apply, derivative, formula, number, parts, rebuilt, symbol, xp
from autograd_lite.show.formula.layout import Layout
from autograd_lite.show.formula.printers import latex_to_text, text
from autograd_lite.show.formula.typeset import laid_out
from autograd_lite.show.names import spelled


def written(whole: Formula, shape: tuple[int, ...], names: Collection[str], of: str) -> tuple[Layout, bool]:
    """`whole` in the notation that can be read back, and whether there is one; `names` are those of the graph of `of`.

    `shape` is that of what it is equal to.
    """
    book = laid_out(whole).layout
    with numpy.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a reading that is not meant may take the mean of nothing
        meant = _meant(whole, of)
        at = _at(whole, shape, meant)
        if at is None:
            return book, False
        for layout in _notations(whole, book):
            if _reads(layout, at, {*names, *at[1]}, of):
                return layout, True
    return book, False


def _notations(whole: Formula, book: Layout) -> Iterator[Layout]:
    yield book
    yield in_calls(whole).layout
    yield in_calls(whole, signs=False).layout


def _meant(whole: Formula, of: str) -> dict[str, Formula]:
    """The names in a formula, in the one spelling, and what they are."""
    found: dict[str, Formula] = {}
    for part in parts(whole):
        if part.op is None and part.number is None and part.latex:
            found.setdefault(spelled(latex_to_text(part.latex), of), part)
    return found


def _at(whole: Formula, shape: tuple[int, ...], meant: dict[str, Formula]) -> tuple[Formula, dict[str, Formula]] | None:
    """A formula in the shape of its equation and its names where values were moved, so that nothing is by accident."""
    rng = numpy.random.default_rng(7)
    n = next((part.number.examples for part in parts(whole) if isinstance(part.number, Counted)), None)
    for move in (True, False):
        moved = {id(part): _moved(part, rng) if move else part for part in meant.values()}
        try:
            there = _rebuilt(whole, moved)
            if there.shape != shape:
                there = formula(xp.broadcast_to(there, shape=shape))
        except (AutogradError, ArithmeticError, ValueError, TypeError, IndexError):
            continue
        finite = numpy.isfinite(numpy.asarray(there.value, float)).all()
        if finite or not move:
            names = {key: moved[id(part)] for key, part in meant.items()}
            return there, names if n is None else {"n": number(counted(n, n)), **names}
    return None


def _moved(part: Formula, rng: numpy.random.Generator) -> Formula:
    value = numpy.asarray(part.value)
    if value.dtype.kind != "f":
        return part
    moved = numpy.where(value == 0, rng.uniform(0.05, 0.3, value.shape), value * rng.uniform(0.8, 1.2, value.shape))
    return symbol(part.latex, moved.astype(value.dtype))


def _rebuilt(whole: Formula, moved: dict[int, Formula]) -> Formula:
    done: dict[int, Formula] = {}

    def walk(part: Formula) -> Formula:
        if id(part) not in done:
            if part.op is None:
                done[id(part)] = moved.get(id(part), part)
            elif part.prime:
                x = walk(part.args[0])  # f(x) may have had a name of its own
                done[id(part)] = derivative(part.op, x, apply(part.op, (x,), part.params), part.params)
            else:
                done[id(part)] = rebuilt(part, tuple(map(walk, part.args)))
        return done[id(part)]

    return walk(whole)


def _reads(layout: Layout, at: tuple[Formula, dict[str, Formula]], names: Collection[str], of: str) -> bool:
    """Whether a layout, read as a student's equation, is the formula that it was made of."""
    target, values = at
    expected = numpy.asarray(target.value)
    expected = expected if expected.dtype.kind == "f" else expected.astype(float)
    try:
        term = read("", text(layout), names, of)
    except AutogradError:
        return False
    if not used(term) <= values.keys():
        return False
    for reading in readings(columns=True):
        try:
            found = fitted(evaluate(term, values, reading, target.shape), target)
        except (UnfitError, AutogradError):
            continue
        if found is not None:
            difference, tolerance, _ = agreement(found, expected)
            # What is 0 up to rounding is as exact as what it was added up from.
            if difference <= 4 * tolerance or difference <= 4 * agreement(target, expected)[1]:
                return True
    return False
