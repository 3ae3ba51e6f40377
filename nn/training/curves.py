"""Pictures of learning curves: what each panel has on it, round ticks, and the SVG that they make.

Knows names and numbers. Must not know histories or models; matplotlib is another way to draw the same panels.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from math import ceil, floor, isfinite, log10
from pathlib import Path
from typing import Any, NamedTuple

import autograd_lite as ag
from nn.training.endings import save

_MOST_DOTS, _MOST_POINTS, _ACROSS = 100, 1000, 3
_COLOURS = ("#c2410c", "#1d4ed8", "#047857", "#7e22ce", "#a16207", "#0e7490", "#be123c", "#3f6212")
_WIDE, _HIGH = 400, 280
_LEFT, _TOP, _ACROSS_PX, _DOWN_PX = 60, 40, 280, 190
_GREY, _FRAME = "#4b5563", "#e5e7eb"


class Figure(NamedTuple):
    """The values of one figure by epoch: on which panel, under which name, and whether of data that is held out."""

    panel: str
    name: str
    held_out: bool
    values: Sequence[float]


class Line(NamedTuple):
    """A curve as it is drawn."""

    label: str
    colour: str
    dashed: bool
    values: list[float]


def panels(runs: Mapping[str, Iterable[Figure]]) -> dict[str, list[Line]]:
    """The curves on each panel: one run has a colour for each; several have a colour each, held-out data dashed."""
    found: dict[str, list[Line]] = {}
    for number, (run, figures) in enumerate(runs.items()):
        for panel, name, held_out, values in figures:
            lines = found.setdefault(panel, [])
            if len(runs) == 1:
                lines.append(Line(name, _COLOURS[held_out], False, list(values)))
            else:
                label = f"{run}, {name}" if name != panel else run
                lines.append(Line(label, _COLOURS[number % len(_COLOURS)], held_out, list(values)))
    return found


def ticks(low: float, high: float, most: int = 6, whole: bool = False) -> list[float]:
    """Round numbers from below `low` to above `high`, about `most`: multiples of 1, 2, 2.5 or 5 times a power of 10.

    >>> from nn.training.curves import ticks
    >>> ticks(0.012, 0.47)
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    """
    rough = (high - low) / (most - 1) or abs(high) / 10 or 1.0
    power = 10.0 ** floor(log10(rough))
    step = next(m * power for m in ((1, 2, 5, 10) if whole else (1, 2, 2.5, 5, 10)) if m * power >= rough * (1 - 1e-9))
    step = max(1.0, step) if whole else step
    places = max(0, 1 - floor(log10(step)))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(k * step, places) + 0.0 for k in range(first, max(last, first + 1) + 1)]


def powers(low: float, high: float) -> list[float]:
    """Powers of 10 from below `low`, which is positive, to above `high`; with few of them, 2 and 5 times each as well.

    >>> from nn.training.curves import powers
    >>> powers(0.03, 0.9)
    [0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
    """
    first, last = floor(log10(low)), ceil(log10(high))
    steps = (1, 2, 5) if last - first <= 3 else (1,)
    every = [float(f"{m}e{k}") for k in range(first, max(last, first + 1) + 1) for m in steps]
    below = max(i for i, value in enumerate(every) if value <= low * (1 + 1e-9))
    above = min(i for i, value in enumerate(every) if value >= high * (1 - 1e-9))
    return every[below : max(above, below + 1) + 1]


def written(value: float) -> str:
    """A number on an axis.

    >>> from nn.training.curves import written
    >>> written(20000.0), written(0.1), written(2.5e-07)
    ('20,000', '0.1', '2.5e-07')
    """
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))
    return f"{value:.4g}"


class Curves:
    """Learning curves of one run or several, ready to be drawn: `svg()`, `save(path)`, `figure()` for matplotlib.

    Shows itself in a notebook. Made by `History.plot` and `nn.plot`.
    """

    def __init__(self, runs: Mapping[str, Iterable[Figure]], log: bool = False) -> None:
        self.runs, self.log = list(runs), log
        self.panels = panels(runs)

    def __repr__(self) -> str:
        return f"Curves of {', '.join(self.panels)}: .svg() draws them, .save('curves.svg') keeps the picture"

    def svg(self) -> str:
        """The picture as SVG, a panel for each kind of figure, epochs from left to right."""
        across = min(len(self.panels), _ACROSS)
        width, legend = _WIDE * across, 0
        drawn: list[str] = []
        if len(self.runs) > 1:
            words = "dashed: validation" if any(line.dashed for lines in self.panels.values() for line in lines) else ""
            drawn, legend = _runs(self.runs, width, words)
        height = _HIGH * ceil(len(self.panels) / _ACROSS) + legend
        for i, (title, lines) in enumerate(self.panels.items()):
            left, top = _WIDE * (i % _ACROSS), _HIGH * (i // _ACROSS) + legend
            drawn.append(_panel(left, top, title, lines, self.log, len(self.runs) == 1))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family="Helvetica, Arial, sans-serif" font-size="12" role="img" aria-label="learning curves">'
            f'<rect width="100%" height="100%" fill="white"/>{"".join(drawn)}</svg>\n'
        )

    def figure(self) -> Any:
        """The same panels as a `matplotlib.figure.Figure`. Raises `ArgumentError` where matplotlib is not installed."""
        try:
            from matplotlib.figure import Figure as Drawing
            from matplotlib.ticker import MaxNLocator
        except ImportError as error:
            raise ag.ArgumentError(
                "figure() needs matplotlib: pip install matplotlib; svg() and save('curves.svg') draw without it"
            ) from error
        across = min(len(self.panels), _ACROSS)
        rows = ceil(len(self.panels) / _ACROSS)
        drawing = Drawing(figsize=(4.2 * across, 3.1 * rows), layout="constrained")
        for i, (title, lines) in enumerate(self.panels.items()):
            axes = drawing.add_subplot(rows, across, i + 1)
            for label, colour, dashed, values in lines:
                epochs = range(1, len(values) + 1)
                axes.plot(epochs, values, color=colour, linestyle="--" if dashed else "-", label=label)
            axes.set_title(title)
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            if self.log and _logarithmic(title, lines):
                axes.set_yscale("log")
            axes.grid(color=_FRAME)
            if len(lines) > 1:
                axes.legend()
        return drawing

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to an `.svg` file, or with matplotlib to `.png` or `.pdf`, whole or not at all.

        Raises `ArgumentError` for another ending and where matplotlib is not installed, `FileError` for a path that
        cannot be written.
        """
        return save(path, {".svg": self.svg}, self.figure)

    def _repr_svg_(self) -> str:
        return self.svg()


def _logarithmic(panel: str, lines: list[Line]) -> bool:
    """Whether a logarithmic axis says more: on one, shares in per cent would all look alike."""
    finite = [v for line in lines for v in line.values if isfinite(v)]
    return bool(finite) and min(finite) > 0 and not panel.endswith("%")


def _runs(runs: Sequence[str], width: int, words: str) -> tuple[list[str], int]:
    """The names of the runs in rows, each with its colour, and some words after them; and how high that is."""
    parts, x, y = [], _LEFT, 20
    for number, run in enumerate([*runs, *([words] if words else [])]):
        needed = 38 + 7 * len(run)
        if x + needed > width and x > _LEFT:
            x, y = _LEFT, y + 18
        if number < len(runs):
            colour = _COLOURS[number % len(_COLOURS)]
            parts.append(f'<path d="M{x} {y - 4}h18" stroke="{colour}" stroke-width="3"/>')
            parts.append(f'<text x="{x + 24}" y="{y}">{escape(run)}</text>')
        else:
            parts.append(f'<text x="{x}" y="{y}" fill="{_GREY}">{words}</text>')
        x += needed
    return parts, y + 6


def _panel(left: int, top: int, title: str, lines: list[Line], log: bool, named: bool) -> str:
    """The curves of one panel in a frame, with round numbers on its axes and each curve's last value beside it."""
    x0, y0 = left + _LEFT, top + _TOP
    finite = [v for line in lines for v in line.values if isfinite(v)]
    log = log and _logarithmic(title, lines)
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    marks = powers(low, high) if log else ticks(low, high)
    scale = log10 if log else float
    bottom, span = scale(marks[0]), scale(marks[-1]) - scale(marks[0])

    def down(value: float) -> float:
        return y0 + _DOWN_PX - _DOWN_PX * (scale(value) - bottom) / span

    parts = [f'<text x="{x0}" y="{top + 24}" font-size="14">{escape(title)}</text>']
    for mark in marks:
        parts.append(f'<path d="M{x0} {down(mark):.1f}h{_ACROSS_PX}" stroke="{_FRAME}"/>')
        parts.append(
            f'<text x="{x0 - 8}" y="{down(mark) + 4:.1f}" text-anchor="end" fill="{_GREY}">{written(mark)}</text>'
        )
    count = max((len(line.values) for line in lines), default=0)
    across = {i: x0 + _ACROSS_PX * (i / (count - 1) if count > 1 else 0.5) for i in _epochs(count)}
    parts += [
        f'<text x="{x:.1f}" y="{y0 + _DOWN_PX + 18}" text-anchor="middle" fill="{_GREY}">{written(i + 1)}</text>'
        for i, x in across.items()
    ]
    parts.append(
        f'<text x="{x0 + _ACROSS_PX / 2}" y="{y0 + _DOWN_PX + 36}" text-anchor="middle" fill="{_GREY}">epoch</text>'
    )
    ends = []
    for line in lines:
        points = [
            (x0 + _ACROSS_PX * (i / (count - 1) if count > 1 else 0.5), down(v))
            for i, v in enumerate(line.values)
            if isfinite(v)
        ]
        parts.append(_curve(points, line, count <= _MOST_DOTS))
        if points:
            last = next(v for v in reversed(line.values) if isfinite(v))
            ends.append((points[-1][1], f"{last:.4g}", line.colour, points[-1][0]))
    parts += _ends(ends, y0)
    if named and len(lines) > 1:
        parts += _names(lines, left + _LEFT + _ACROSS_PX, top + 24)
    return "".join(parts)


def _epochs(count: int) -> list[int]:
    """The epochs, counted from 0, that stand under a panel: the first, and round ones after it."""
    if count <= 1:
        return list(range(count))
    marks = [int(m) - 1 for m in ticks(1, count, whole=True) if 1 < m <= count]
    gap = marks[1] - marks[0] if len(marks) > 1 else 0
    return [0, *(m for m in marks if m >= gap / 2)] if count > 2 else [0, 1]


def _curve(points: list[tuple[float, float]], line: Line, dotted: bool) -> str:
    step = -(-len(points) // _MOST_POINTS) or 1  # more points than there are pixels help nobody
    placed = [(f"{x:.1f}", f"{y:.2f}") for x, y in points[::-step][::-1]]
    joined = " ".join(f"{x},{y}" for x, y in placed)
    dashes = ' stroke-dasharray="6 3"' if line.dashed else ""
    drawn = f'<polyline points="{joined}" fill="none" stroke="{line.colour}" stroke-width="2"{dashes}/>'
    if dotted:
        drawn += "".join(f'<circle cx="{x}" cy="{y}" r="2.5" fill="{line.colour}"/>' for x, y in placed)
    return drawn


def _ends(ends: list[tuple[float, str, str, float]], y0: int) -> list[str]:
    """The last value of each curve beside its end, moved apart where two would cover each other."""
    drawn, above = [], y0 - 14.0
    for number, (y, text, colour, x) in enumerate(sorted(ends)):
        left = len(ends) - number - 1
        y = min(max(y + 4, above + 13), y0 + _DOWN_PX + 4 - 13 * left)
        above = y
        drawn.append(f'<text x="{x + 7:.1f}" y="{y:.1f}" fill="{colour}" font-size="11">{text}</text>')
    return drawn


def _names(lines: list[Line], right: int, y: int) -> list[str]:
    """The names of the curves above a panel, from the right, each with its colour."""
    drawn, x = [], float(right + 40)
    for label, colour, dashed, _ in reversed(lines):
        x -= 6.2 * len(label)
        dashes = ' stroke-dasharray="5 2"' if dashed else ""
        drawn.append(f'<text x="{x:.0f}" y="{y}">{escape(label)}</text>')
        drawn.append(f'<path d="M{x - 20:.0f} {y - 4}h16" stroke="{colour}" stroke-width="2"{dashes}/>')
        x -= 32
    return drawn
