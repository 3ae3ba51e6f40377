"""A function of two variables: where it is defined, where it jumps, and where its slopes do.

All of it is found by calling the operation: at special points (0, ±1, ±∞, ties), and across lines on which functions
are wont to break. Nothing here knows any operation by name.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.op import Operation

Array = np.ndarray[Any, Any]
Surface = Callable[[Array, Array], list[Array]]
"""The value, and the slope for each argument that has one, at points of the plane."""

# Irregular among the special ones, so that nothing that is found there is found by chance.
_SPECIAL = np.array([-np.inf, -3, -2, -1.83, -1, -0.5, -0.37, 0, 0.37, 0.5, 1, 1.83, 2, 3, np.inf])
_ALONG = np.array([0.37, 1.29, 2.71])
_FAR, _NEAR = 1e-5, 1e-9
_LARGEST = 1e3
_MULTIPLES = (1, -1, 2, -2, 3, -3)


@dataclass(frozen=True)
class Break:
    """A line, a half of one or a point, where something jumps: the value, or the slope for the argument `of`."""

    where: str
    of: str | None = None
    jump: str = ""
    """From what to what, and what is taken there."""


@dataclass(frozen=True)
class Plane:
    """Where a function of two variables is infinite for finite arguments and where it is nan, and its breaks."""

    infinite: tuple[str, ...]
    nan: tuple[str, ...]
    blank: dict[str, tuple[str, ...]]
    """Where the slope for an argument is nan though the value is not."""
    steps: tuple[Break, ...]
    kinks: tuple[Break, ...]


def planes(op: Operation) -> tuple[Plane, ...]:
    """Of an operation that is a function of two variables, element by element: what is found of each of its results."""
    required = [name for name in op.arguments if name not in op.optional]
    if len(required) != 2 or len(op.arguments) != 2 or op.variadic or op.effect or op.required:
        return ()
    if not (op.spreads or op.parts):
        return ()
    x = np.linspace(-3.9, 4.1, 12)
    try:
        with np.errstate(all="ignore"):
            results = _results(op, ag.tensor(x), ag.tensor(x[::-1].copy()))
    except (ag.AutogradError, TypeError, ValueError):
        return ()  # a function of whole numbers or of something else than elements
    if any(y.shape != x.shape or y.dtype.kind != "f" for y in results):
        return ()
    return tuple(_described(_surface(op, i), op.arguments, _sloping(op)) for i in range(len(results)))


def _results(op: Operation, *given: ag.Tensor) -> list[ag.Tensor]:
    out = getattr(ag, op.name)(*given)
    return list(out) if op.parts is not None else [out]


def _sloping(op: Operation) -> list[int]:
    return [i for i in (0, 1) if op.rule(i) is not None]


def _surface(op: Operation, result: int) -> Surface:
    sloping = _sloping(op)

    def called(x: Array, y: Array) -> list[Array]:
        x, y = (np.array(each, float) for each in np.broadcast_arrays(x, y))
        given = [ag.tensor(each, requires_grad=i in sloping) for i, each in enumerate((x, y))]
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            out = _results(op, *given)[result]
            if not out.requires_grad:
                return [out.numpy(), *(np.zeros(x.shape) for _ in sloping)]
            return [out.numpy(), *ag.grad(out.sum(), [given[i] for i in sloping])]

    return lambda x, y: [np.asarray(each) for each in called(x, y)]


def _described(surface: Surface, names: Sequence[str], sloping: Sequence[int]) -> Plane:
    x, y = (each.ravel() for each in np.meshgrid(_SPECIAL, _SPECIAL))
    value, *slopes = surface(x, y)
    undefined = np.isnan(value)
    finite = np.isfinite(x) & np.isfinite(y)
    infinite = words(x[finite], y[finite], names, np.isinf(value[finite]), undefined[finite])
    blank = {
        names[i]: words(
            x[finite], y[finite], names, (np.isnan(slope) & np.isfinite(value))[finite], ~np.isfinite(value)[finite]
        )
        for i, slope in zip(sloping, slopes, strict=True)
    }
    steps, kinks = _breaks(surface, names, sloping)
    return Plane(
        infinite,
        words(x, y, names, undefined, np.zeros(x.shape, bool)),
        {name: said for name, said in blank.items() if said},
        steps,
        kinks,
    )


# A set of points in words.


def _conditions(x: Array, y: Array, names: Sequence[str]) -> list[tuple[str, Array]]:
    """What can be said of a point, the simplest first."""
    said = []
    for name, at in zip(names, (x, y), strict=True):
        said += [(f"{name} = 0", at == 0), (f"{name} < 0", at < 0), (f"{name} > 0", at > 0)]
    for name, at in zip(names, (x, y), strict=True):
        said += [
            (f"{name} = ±∞", np.isinf(at)), (f"{name} = ∞", at == np.inf), (f"{name} = −∞", at == -np.inf),
            (f"{name} ≠ ±∞", np.isfinite(at)), (f"{name} is no whole number", np.isfinite(at) & (at != np.floor(at))),
            (f"{name} = 1", at == 1), (f"{name} = −1", at == -1), (f"{name} ≠ 0", at != 0),
        ]  # fmt: skip
    said += [(f"{names[0]} = {names[1]}", x == y), (f"{names[0]} = −{names[1]}", x == -y)]
    return [each for each in said if each[1].any() and not each[1].all()]


def words(x: Array, y: Array, names: Sequence[str], meant: Array, free: Array) -> tuple[str, ...]:
    """The points that are `meant` as a few conditions, any of which holds; those that are `free` may be among them.

    >>> points = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    >>> words(*points, "xy", np.array([True, False, True, False]), np.zeros(4, bool))
    ('y = 0',)
    """
    if meant.all():
        return ("everywhere",)
    known = _conditions(x, y, names)
    left, found = meant.copy(), []
    while left.any():
        best, most = None, (0, 0)
        for count in (1, 2, 3):
            for chosen in combinations(known, count):
                holds = np.logical_and.reduce([each for _, each in chosen])
                gain = (int((holds & left).sum()), -count)
                if gain > most and not (holds & ~meant & ~free).any():
                    best, most = (chosen, holds), gain
        if best is None:
            place = int(np.flatnonzero(left)[0])
            best = (((f"{names[0]} = {x[place]:g}", left), (f"{names[1]} = {y[place]:g}", left)),
                    np.arange(left.size) == place)  # fmt: skip
        found.append(" and ".join(said for said, _ in best[0]))
        left &= ~best[1]
    return tuple(found)


# Lines.


Line = tuple[str, str, Callable[[Array], tuple[Array, Array]], int]
"""A line: its name, what a half of it is told by, its points, and which argument leads across it."""


def _lines(names: Sequence[str]) -> list[Line]:
    a, b = names
    lines: list[Line] = []
    for place in (0.0, 1.0, -1.0):
        said = f"{place:g}".replace("-", "−")
        lines.append((f"{a} = {said}", b, partial(_level, place, 0), 0))
        lines.append((f"{b} = {said}", a, partial(_level, place, 1), 1))
    for k in _MULTIPLES:
        said = {1: "", -1: "−"}.get(k, f"{k} ".replace("-", "−"))
        lines.append((f"{a} = {said}{b}", b, partial(_slanted, k), 0))
    return lines


def _level(place: float, argument: int, t: Array) -> tuple[Array, Array]:
    still = np.full(t.shape, place)
    return (still, t) if argument == 0 else (t, still)


def _slanted(k: int, t: Array) -> tuple[Array, Array]:
    return k * t, t


def _across(surface: Surface, x: Array, y: Array, across: int) -> list[tuple[Array, Array, Array, Array]]:
    """Value and slopes before, at and behind points, crossed along one argument, and where there is a jump."""

    def beside(side: float) -> list[Array]:
        moved = side * np.maximum(1.0, abs((x, y)[across]))
        return surface(x + moved, y) if across == 0 else surface(x, y + moved)

    far, near = ([beside(-by), surface(x, y), beside(by)] for by in (_FAR, _NEAR))
    found = []
    with np.errstate(all="ignore"):
        for wide, close in zip(zip(*far, strict=True), zip(*near, strict=True), strict=True):
            left, at, right = close
            size = np.maximum(abs(right - left), np.maximum(abs(at - left), abs(right - at)))
            wider = np.maximum(abs(wide[2] - wide[0]), np.maximum(abs(at - wide[0]), abs(wide[2] - at)))
            small = np.maximum(np.maximum(abs(left), abs(right)), abs(at)) < _LARGEST  # and no nan
            found.append((left, at, right, small & (size > 1e-3) & (size > 0.5 * wider)))
    return found


def _breaks(
    surface: Surface, names: Sequence[str], sloping: Sequence[int]
) -> tuple[tuple[Break, ...], tuple[Break, ...]]:
    steps: dict[str, None] = {}
    kinks: dict[tuple[str, str], dict[str, None]] = {}
    taken: list[tuple[Array, Array]] = []
    for line, other, points, across in _lines(names):
        halves = []
        for half in (-1.0, 1.0):
            x, y = points(half * _ALONG)
            jumps = _across(surface, x, y, across)
            said: dict[str | None, str] = {None: ""} if jumps[0][3].all() else {}
            if not said:
                for i, (left, at, right, there) in zip(sloping, jumps[1:], strict=True):
                    if there.all():
                        said[names[i]] = _jump(left, at, right)
            halves.append(said)
        for of in dict.fromkeys([*halves[0], *halves[1]]):
            both = [half.get(of) for half in halves]
            if both[0] == both[1]:
                wheres = {line: both[0]}
            else:
                wheres = {f"{line} and {other} {sign} 0": said for sign, said in zip("<>", both, strict=True)
                          if said is not None}  # fmt: skip
            for where, jump in wheres.items():
                if of is None:
                    steps[where] = None
                else:
                    kinks.setdefault((of, jump or ""), {})[where] = None
            taken.append(points(np.array([-1.0, 0.0, 1.0])))
    for where, of, jump in _corners(surface, names, sloping, taken):
        kinks.setdefault((of, jump), {})[where] = None
    return (
        tuple(Break(where) for where in _families(steps, names)),
        tuple(Break(where, of, jump) for (of, jump), wheres in kinks.items() for where in _families(wheres, names)),
    )


def _corners(
    surface: Surface, names: Sequence[str], sloping: Sequence[int], taken: Sequence[tuple[Array, Array]]
) -> list[tuple[str, str, str]]:
    """Special points beside those lines where a slope jumps as its own argument goes by."""
    known = {(float(a), float(b)) for x, y in taken for a, b in zip(x, y, strict=True)}
    found = []
    for a, b in ((0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (1.0, 1.0), (-1.0, -1.0)):
        if (a, b) in known:
            continue
        for place, i in enumerate(sloping):
            jumps = _across(surface, np.array([a]), np.array([b]), i)
            left, at, right, there = jumps[1 + place]
            if there.all() and not jumps[0][3].any():
                found.append((f"{names[0]} = {a:g} and {names[1]} = {b:g}", names[i], _jump(left, at, right)))
    return found


def _families(wheres: dict[str, None], names: Sequence[str]) -> list[str]:
    """Lines through all multiples of an argument as what they have in common."""
    a, b = names
    every = [line for line, _, _, _ in _lines(names) if line.startswith(f"{a} = ") and line.endswith(b)]
    if not all(line in wheres for line in every):
        return list(wheres)
    rest = [where for where in wheres if where not in every and where != f"{a} = 0"]
    return [f"{a} = k {b} for every whole k" + (" ≠ 0" if f"{a} = 0" not in wheres else ""), *rest]


def _jump(left: Array, at: Array, right: Array) -> str:
    """From what to what a slope jumps, and what is taken between."""
    ends = [f"{np.round(each[0], 4) + 0.0:g}".replace("-", "−") for each in (left, right, at)]
    if all(np.ptp(each) < 1e-6 for each in (left, at, right)):
        return f"from {ends[0]} to {ends[1]} ({ends[2]} is taken)"
    low, high = np.minimum(left, right), np.maximum(left, right)
    relations = {
        "0 is taken": np.zeros(at.shape), "the mean of both is taken": (left + right) / 2,
        "the number of smallest size between both is taken": np.clip(0, low, high),
        "that before it is taken": left, "that behind it is taken": right,
    }  # fmt: skip
    for said, meant in relations.items():
        if np.allclose(at, meant, atol=1e-6):
            return f"({said})"
    return "(something between is taken)" if ((low <= at) & (at <= high)).all() else "(something else is taken)"
