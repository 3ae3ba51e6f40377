"""How a value is shown on a page: its numbers where they are few, a heat map where they are many.

Knows arrays and what the page's script can draw. Must not know graphs, tensors or formulas.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy

from autograd_lite import backend

Json = dict[str, Any]

_MOST_NUMBERS, _MOST_ROWS, _MOST_COLUMNS = 24, 12, 8
_BRIEF = 4  # numbers that are written out where there is no room for heat maps
FINE, COARSE = (40, 56), (12, 24)
"""The cells of a heat map, down and across."""


class Values:
    """The page's list of values, in which each stands once. `brief` leaves heat maps out, `cells` is their size."""

    def __init__(self, brief: bool = False, cells: tuple[int, int] = FINE) -> None:
        self.brief = brief
        self.cells = cells
        self.shown: list[Json] = []
        self._known: dict[str, int] = {}

    def keep(self, array: Any) -> int:
        """The number of a value in the list.

        >>> from autograd_lite.show.page.values import Values
        >>> values = Values()
        >>> values.keep(np.array(0.5)), values.keep(2), values.keep(0.5), values.shown
        (0, 1, 0, [{'k': 'number', 'v': 0.5}, {'k': 'number', 'v': 2}])
        """
        shown = value(array, self.brief, self.cells)
        key = json.dumps(shown)
        if key not in self._known:
            self._known[key] = len(self.shown)
            self.shown.append(shown)
        return self._known[key]


def figure(value: Any) -> Any:
    """A number as JSON has it, to four digits; what JSON has no number for as text."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, complex):
        return f"{value:.3g}"
    return float(f"{value:.4g}") if numpy.isfinite(value) else str(value)


def shape(array: Any) -> str:
    """The lengths of the axes as the page writes them."""
    lengths = tuple(getattr(array, "shape", ()))
    return " × ".join(map(str, lengths)) if lengths else "scalar"


def size(values: Sequence[Any]) -> int:
    """How many bytes the elements of arrays, or of what is like one, take."""
    return sum(int(x.size * x.dtype.itemsize) for x in values if hasattr(x, "dtype"))


def value(array: Any, brief: bool, cells: tuple[int, int] = FINE) -> Json:
    """How one value is shown."""
    host = backend.to_numpy(array) if backend.is_array(array) else numpy.asarray(array)
    if host.size == 0:
        return {"k": "empty"}
    if host.ndim == 0:
        return {"k": "number", "v": figure(host.item())}
    if host.dtype.kind == "c":
        host = numpy.abs(host)
    small = len(host) <= _MOST_ROWS and (host.ndim == 1 or host.shape[1] <= _MOST_COLUMNS)
    if host.ndim <= 2 and small and host.size <= (_BRIEF if brief else _MOST_NUMBERS):
        rows = [[figure(v) for v in row] for row in numpy.atleast_2d(host).tolist()]
        return {"k": "numbers", "v": rows, "column": host.ndim == 1}
    wide = host.astype(numpy.float64)
    return _range(wide) if brief else _range(wide) | _heat(wide, cells)


def _range(wide: Any) -> Json:
    finite = wide[numpy.isfinite(wide)]
    shown: Json = {"k": "range"}
    if finite.size:
        lowest, highest, average = finite.min(), finite.max(), finite.mean()
        shown |= {"lo": figure(lowest.item()), "hi": figure(highest.item()), "average": figure(average.item())}
    if wide.size > finite.size:
        shown["wrong"] = int(wide.size - finite.size)
    return shown


def _heat(wide: Any, cells: tuple[int, int]) -> Json:
    """A picture of at most so many cells: a byte for each, 128 for zero, 0 for what is not finite."""
    grid, note = _unrolled(wide, cells[1])
    grid, down = _thinned(grid, cells[0], 0)
    grid, across = _thinned(grid, cells[1], 1)
    if down > 1 or across > 1:
        note = f"each cell the mean of {down} × {across}" + (f", {note}" if note else "")
    known = numpy.isfinite(grid)
    largest = float(numpy.abs(grid[known]).max(initial=0.0))
    scaled = numpy.round(numpy.where(known, grid, 0) / (largest or 1.0) * 127).astype(int) + 128
    codes = numpy.where(known, scaled, 0).astype(numpy.uint8)
    return {
        "k": "heat", "w": grid.shape[1], "h": grid.shape[0], "b": base64.b64encode(codes.tobytes()).decode(),
        "most": figure(largest), "note": note,
    }  # fmt: skip


def _unrolled(host: Any, most: int) -> tuple[Any, str]:
    """An array of any shape as a grid, and how that came about where it is not plain."""
    if host.ndim == 1 and host.size > most:
        side = round(host.size**0.5)
        across = side if side * side == host.size else most
        rows = -(-host.size // across)
        padded = numpy.full(rows * across, numpy.nan)
        padded[: host.size] = host
        return padded.reshape(rows, across), f"folded to {rows} × {across}"
    if host.ndim > 2:
        return host.reshape(-1, host.shape[-1]), f"as {host.size // host.shape[-1]} rows"
    return numpy.atleast_2d(host), ""


def _thinned(grid: Any, most: int, axis: int) -> tuple[Any, int]:
    """Neighbours along an axis averaged until at most `most` are left, and how many went into each."""
    length = grid.shape[axis]
    step = -(-length // most)
    if step == 1:
        return grid, 1
    starts = numpy.arange(0, length, step)
    counts = numpy.diff(numpy.append(starts, length))
    sums = numpy.add.reduceat(grid, starts, axis=axis)
    return sums / (counts[:, None] if axis == 0 else counts), step
