"""What a training run leaves behind: numbers an epoch, and their picture.

Stores floats, never tensors, so keeping a history keeps no graph. Must not know models.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import autograd_lite as ag
from autograd_lite import display, files

_MOST_DOTS, _MOST_POINTS = 100, 1000


@dataclass(repr=False)
class History:
    """The mean cost over each epoch's mini-batches and, with validation data, what was measured after it.

    That is the `accuracy` where the targets are classes; else `validation` has it, and `metric` says what it is.
    """

    cost: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    metric: str = "cost"

    def __len__(self) -> int:
        return len(self.cost)

    def measured(self, epoch: int) -> str:
        """What was measured on validation data after an epoch, in words; empty where nothing was.

        >>> nn.History([0.5], [0.75]).measured(0)
        'accuracy 75.00%'
        """
        if epoch < len(self.accuracy):
            return f"accuracy {self.accuracy[epoch]:.2%}"
        if epoch < len(self.validation):
            return f"{self.metric} {self.validation[epoch]:.4f}"
        return ""

    def __repr__(self) -> str:
        if not self.cost:
            return "History of no epoch yet"
        known = self.measured(len(self) - 1)
        known = f", {'' if self.accuracy else 'validation '}{known}" if known else ""
        epochs = f"{len(self)} epoch{'s' * (len(self) != 1)}"
        return f"History of {epochs}: cost {self.cost[0]:.4f} to {self.cost[-1]:.4f}{known}: .svg() draws it"

    def __str__(self) -> str:
        lines = []
        for epoch, cost in enumerate(self.cost):
            known = self.measured(epoch)
            known = f", {'' if self.accuracy else 'validation '}{known}" if known else ""
            lines.append(f"epoch {epoch + 1}: cost {cost:.4f}{known}")
        return "\n".join(display.shortened(lines, "…")) or "no epoch yet"

    def svg(self) -> str:
        """The learning curves as an SVG picture: cost, and what was measured on validation data, by epoch."""
        panels = [("cost", self.cost, "#c2410c")]
        if self.accuracy:
            panels.append(("validation accuracy in %", [100 * value for value in self.accuracy], "#1d4ed8"))
        if self.validation:
            panels.append((f"validation {self.metric}", self.validation, "#1d4ed8"))
        width = 400 * len(panels)
        drawn = "".join(_panel(400 * i, *panel) for i, panel in enumerate(panels))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 280" width="{width}" height="280" '
            f'font-family="Helvetica, Arial, sans-serif" font-size="12" role="img" aria-label="learning curves">'
            f'<rect width="100%" height="100%" fill="white"/>{drawn}</svg>\n'
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture of the learning curves to an `.svg` file, whole or not at all.

        Raises `ArgumentError` for another suffix and `FileError` for a path that cannot be written.
        """
        try:
            target = Path(path)
        except TypeError as error:
            raise ag.ArgumentError(
                f"save(): the path is {type(path).__name__}, not a path: save('learning.svg')"
            ) from error
        if target.suffix.lower() != ".svg":
            raise ag.ArgumentError(
                f"save(): {str(target)!r} ends in {target.suffix or 'no suffix'!r}: learning curves are saved as .svg, "
                f"as in save({target.with_suffix('.svg').name!r})"
            )
        files.write(target, self.svg().encode())
        return target

    def _repr_svg_(self) -> str:
        return self.svg()


def _panel(left: int, title: str, values: Sequence[float], colour: str) -> str:
    """One curve in a frame 400 wide, with a few numbers on its axes."""
    x0, y0, w, h = left + 60, 40, 310, 190
    finite = [v for v in values if v == v and abs(v) != float("inf")]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if high == low:
        low, high = low - 0.5, high + 0.5
    count = len(values)
    parts = [f'<text x="{x0}" y="24" font-size="14">{escape(title)}</text>']
    for k in range(5):
        value = low + (high - low) * k / 4
        y = y0 + h - h * k / 4
        parts.append(f'<path d="M{x0} {y:.1f}h{w}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{x0 - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#4b5563">{value:.3g}</text>')
    places = [x0 + w * (i / (count - 1) if count > 1 else 0.5) for i in range(count)]
    parts += [
        f'<text x="{places[i]:.1f}" y="{y0 + h + 18}" text-anchor="middle" fill="#4b5563">{i + 1}</text>'
        for i in sorted({0, (count - 1) // 2, count - 1} if count else set())
    ]
    drawn = [
        (f"{px:.1f}", f"{y0 + h - h * (v - low) / (high - low):.1f}")
        for px, v in zip(places, values, strict=True)
        if v == v and abs(v) != float("inf")
    ]
    step = -(-len(drawn) // _MOST_POINTS) or 1  # more points than there are pixels help nobody
    thinned = drawn[::-step][::-1]
    points = " ".join(f"{px},{py}" for px, py in thinned)
    parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    if len(drawn) <= _MOST_DOTS:
        parts += [f'<circle cx="{px}" cy="{py}" r="2.5" fill="{colour}"/>' for px, py in drawn]
    parts.append(f'<text x="{x0 + w / 2}" y="{y0 + h + 36}" text-anchor="middle" fill="#4b5563">epoch</text>')
    return "".join(parts)
