"""A function of one variable and its derivative: where it is defined, where it has kinks, and a picture of both curves.

All of it is found by calling the operation: nothing here knows any of them by name.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.op import Operation

Array = np.ndarray[Any, Any]
Function = Callable[[Array], Array]

_HALVINGS = 48
_WIDTH, _HEIGHT, _EDGE = 360, 220, 14
_COLOURS = ("#1d4ed8", "#c2410c")


@dataclass(frozen=True)
class Kink:
    """Where a derivative jumps: its value on the left, at the place, and on the right."""

    place: float
    left: float
    taken: float
    right: float


@dataclass(frozen=True)
class Curves:
    """A function, its derivative (`None` where it has none), the ends of its domain and what happens between."""

    value: Function
    slope: Function | None
    domain: tuple[float, float, bool, bool]
    """From where to where, and whether each end belongs to it."""
    kinks: tuple[Kink, ...]
    steps: tuple[float, ...]
    """Where the function itself jumps."""


def _called(op: Operation, x: Array) -> tuple[Any, Any]:
    t = ag.tensor(x, requires_grad=True)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        y = getattr(ag, op.name)(t)
        if not isinstance(y, ag.Tensor) or not y.requires_grad:
            return y, None
        return y, ag.grad(y.sum(), t)


def curves(op: Operation) -> Curves | None:
    """The curves of an operation that is a function of one variable, element by element; else `None`."""
    required = [name for name in op.arguments if name not in op.optional]
    if len(required) != 1 or op.variadic or op.parts is not None or op.effect or op.moves or op.required:
        return None
    x = np.linspace(-3.9, 4.1, 13)
    try:
        y, derivative = _called(op, x)
        part, _ = _called(op, x[3:6])
        again, _ = _called(op, x[::-1].copy())
    except (ag.AutogradError, TypeError, ValueError):
        return None
    if not isinstance(y, ag.Tensor) or y.shape != x.shape or part.shape != (3,):
        return None
    values = y.numpy()
    with np.errstate(all="ignore"):
        same = np.allclose(values[3:6], part.numpy(), equal_nan=True)
        if not same or not np.allclose(values[::-1], again.numpy(), equal_nan=True):
            return None
    if values.dtype.kind != "f" or np.array_equal(values, x) or np.ptp(values) == 0:
        return None

    def value(at: Array) -> Array:
        return _called(op, at)[0].numpy().astype(float)  # type: ignore[no-any-return]

    def slope(at: Array) -> Array:
        y, derivative = _called(op, at)
        return np.where(np.isnan(y.numpy()), np.nan, derivative.numpy())

    return _described(value, slope if derivative is not None else None)


def _described(value: Function, slope: Function | None) -> Curves:
    # Irregular, so that no place that matters is met by chance.
    wide = np.concatenate(
        [-np.geomspace(700.3, 4.2, 40), np.arange(-4, 4, 0.0623) + 0.00317, np.geomspace(4.2, 700.3, 40)]
    )
    there = ~np.isnan(value(wide))
    first, last = np.flatnonzero(there)[[0, -1]]
    low = _between(lambda at: np.isnan(value(at)), wide[first - 1], wide[first]) if first else -np.inf
    high = _between(lambda at: np.isnan(value(at)), wide[last], wide[last + 1]) if last + 1 < wide.size else np.inf
    ends = value(np.array([low, high]))
    domain = (low, high, bool(np.isfinite(ends[0])), bool(np.isfinite(ends[1])))
    near = wide[(abs(wide) < 7.5) & there]
    steps = tuple(_jumps(value, near))
    kinks = []
    for place in _jumps(slope, near) if slope is not None else ():
        if low < place < high and place not in steps:
            left, taken, right = slope(np.array([place - 1e-9, place, place + 1e-9]))
            kinks.append(Kink(place, *(float(np.round(v, 6)) + 0.0 for v in (left, taken, right))))
    return Curves(value, slope, domain, tuple(kinks), steps)


def _between(holds: Callable[[Array], Array], low: float, high: float) -> float:
    """Where a truth changes between two places, on a half or a whole number where it is close to one."""
    begins = bool(holds(np.array([low]))[0])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if bool(holds(np.array([middle]))[0]) == begins:
            low = middle
        else:
            high = middle
    return _snapped((low + high) / 2)


def _snapped(place: float) -> float:
    near = round(place * 6) / 6
    return near + 0.0 if abs(place - near) < 1e-6 else place


def _jumps(function: Function, x: Array) -> list[float]:
    """Where a function jumps between neighbours in `x`: found by halving towards the larger difference."""
    found: list[float] = []
    low, high = x[:-1].copy(), x[1:].copy()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        at = function(np.stack([low, middle, high]))
        with np.errstate(all="ignore"):
            first, second = abs(at[1] - at[0]), abs(at[2] - at[1])
        left = first > second
        low, high = np.where(left, low, middle), np.where(left, middle, high)
    a, b = function(low), function(high)
    with np.errstate(all="ignore"):
        jumps = np.flatnonzero((abs(b - a) > 1e-3) & (abs(a) < 1e3) & (abs(b) < 1e3))
    for i in jumps:
        place = _snapped(float((low[i] + high[i]) / 2))
        if not found or abs(place - found[-1]) > 1e-6:
            found.append(place)
    return found


# The picture.


def _window(drawn: Curves) -> tuple[float, float]:
    low, high, *_ = drawn.domain
    if np.isfinite(low) and np.isfinite(high):
        margin = 0.15 * (high - low)
        return low - margin, high + margin
    if np.isfinite(low):
        return low - 1, low + 5
    if np.isfinite(high):
        return high - 5, high + 1
    places = [kink.place for kink in drawn.kinks]
    return min([-4.0, *(place - 1.5 for place in places)]), max([4.0, *(place + 1.5 for place in places)])


def _pieces(
    function: Function, x: Array, breaks: Sequence[float], low: float, high: float
) -> list[list[tuple[float, float]]]:
    """A curve as lines between its breaks, cut where it leaves the window or is not finite."""
    beside = [place + side * 1e-7 for place in breaks for side in (-1, 1)]
    x = np.sort(np.concatenate([x, beside]))
    y = function(x)
    pieces: list[list[tuple[float, float]]] = [[]]
    before: float | None = None
    for at, v in zip(x.tolist(), y.tolist(), strict=True):
        crossed = before is not None and any(before < place < at for place in breaks)
        if crossed or not np.isfinite(v) or not low - (high - low) <= v <= high + (high - low):
            pieces.append([])
        if np.isfinite(v) and low - (high - low) <= v <= high + (high - low):
            pieces[-1].append((at, v))
        before = at
    return [piece for piece in pieces if len(piece) > 1]


def _heights(shown: Sequence[Array]) -> tuple[float, float]:
    every = np.concatenate([y[np.isfinite(y)] for y in shown])
    ends = []
    for y in shown:
        inner, whole = (np.quantile(y[np.isfinite(y)], parts) for parts in ([0.03, 0.97], [0, 1]))
        ends.append(whole if np.ptp(whole) <= 1.5 * np.ptp(inner) else inner)  # a peak is shown, a pole is cut
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    small = every[abs(every) <= 5]
    if high - low > 9 and small.size > 0.3 * every.size:  # so high that the rest would be flat
        low, high = max(low, small.min()), min(high, small.max())
    low, high = min(low, 0.0), max(high, 0.0)
    margin = 0.08 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 5
    unit = 10.0 ** np.floor(np.log10(rough))
    step = next(unit * k for k in (1, 2, 5, 10) if unit * k >= rough)
    return [float(step * k) for k in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1) if k]


def svg(name: str, drawn: Curves) -> str:
    """Both curves as an SVG picture, the derivative dashed: the same text at every run."""
    left, right = _window(drawn)
    x = np.linspace(left, right, 241) + 1e-5
    functions = [drawn.value] if drawn.slope is None else [drawn.value, drawn.slope]
    low, high = _heights([f(x) for f in functions])
    wide, tall = _WIDTH - 2 * _EDGE, _HEIGHT - 2 * _EDGE - 20

    def across(at: float) -> float:
        return _EDGE + wide * (at - left) / (right - left)

    def down(at: float) -> float:
        return _EDGE + 20 + tall * (high - at) / (high - low)

    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" font-family="Helvetica, Arial, sans-serif" font-size="10" role="img" '
        f'aria-label="{name} and its derivative"><rect width="100%" height="100%" fill="white"/>'
    )
    frame = f'<clipPath id="in"><rect x="{_EDGE}" y="{_EDGE + 20}" width="{wide}" height="{tall}"/></clipPath>'
    parts = [head, frame]
    grid, words = [], []
    for tick in _ticks(left, right):
        px, py = across(tick), min(down(0) + 11, _HEIGHT - 4)
        grid.append(f"M{px:.1f} {_EDGE + 20}v{tall}")
        words.append(f'<text x="{px:.1f}" y="{py:.1f}" text-anchor="middle">{tick:g}</text>')
    for tick in _ticks(low, high):
        px, py = min(max(across(0), 24), _WIDTH - 4) - 4, down(tick)
        grid.append(f"M{_EDGE} {py:.1f}h{wide}")
        words.append(f'<text x="{px:.1f}" y="{py + 3.5:.1f}" text-anchor="end">{tick:g}</text>')
    parts.append(f'<path d="{"".join(grid)}" stroke="#e5e7eb" fill="none"/>')
    axes = f"M{_EDGE} {down(0):.1f}h{wide}" + (f"M{across(0):.1f} {_EDGE + 20}v{tall}" if left < 0 < right else "")
    parts.append(f'<path d="{axes}" stroke="#6b7280" fill="none"/><g fill="#4b5563">{"".join(words)}</g>')
    breaks = (drawn.steps, (*drawn.steps, *(kink.place for kink in drawn.kinks)))
    for function, colour, dashed, at in zip(functions, _COLOURS, ("", ' stroke-dasharray="5 3"'), breaks, strict=False):
        lines = [
            "M" + "L".join(f"{across(a):.1f} {down(b):.1f}" for a, b in piece)
            for piece in _pieces(function, x, [p for p in at if left <= p <= right], low, high)
        ]
        parts.append(
            f'<path d="{"".join(lines)}" stroke="{colour}" stroke-width="2" fill="none" clip-path="url(#in)"{dashed}/>'
        )
    parts += [
        f'<circle cx="{across(kink.place):.1f}" cy="{down(kink.taken):.1f}" r="3" fill="{_COLOURS[1]}"/>'
        for kink in drawn.kinks
        if left < kink.place < right and np.isfinite(kink.taken)
    ]
    labels = [(name, ""), ("derivative", ' stroke-dasharray="5 3"')][: len(functions)]
    place = _EDGE
    for (label, dashed), colour in zip(labels, _COLOURS, strict=False):
        parts.append(
            f'<path d="M{place} 18h22" stroke="{colour}" stroke-width="2"{dashed}/>'
            f'<text x="{place + 27}" y="22" font-size="12" fill="#1f2933">{label}</text>'
        )
        place += 60 + 7 * len(label)
    return "".join(parts) + "</svg>\n"
