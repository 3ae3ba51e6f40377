"""The error of a difference over its step size, and its picture: the check of a rule that one can see.

Where a rule is right the error falls with h⁴ until rounding lets it rise with 1/h; where it is wrong it stays at the
height of the mistake. Knows numbers and SVG; must not compute a derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10

from autograd_lite import display


@dataclass(frozen=True)
class Curve:
    """Relative errors of the gradient at one element against differences of several steps, and the complex step.

    `steps` are relative to max(1, |x|); `three` and `five` are the errors against the differences of three and five
    points, `exact` against the complex step, `None` where there is none; `label` names the element.
    """

    label: str
    steps: tuple[float, ...]
    three: tuple[float, ...]
    five: tuple[float, ...]
    exact: float | None

    def svg(self) -> str:
        """The picture as text that stands in a page of any colour."""
        return _svg(self)


_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 460, 250, 52, 26, 120, 38
_FLOOR = 1e-17
# Colours that can be told apart, and read on white and on black.
_COLOURS = {"3 points": "#d97706", "5 points": "#2f81d6", "complex step": "#1f9d63"}


def _svg(curve: Curve) -> str:
    low_x, high_x = (log10(f(curve.steps)) for f in (min, max))
    heights = [max(e, _FLOOR) for e in (*curve.three, *curve.five, curve.exact or 0.0) if isfinite(e)]
    high_y = max(floor(log10(max(heights, default=1.0))) + 1, -8)
    low_y = -17

    def x(step: float) -> float:
        return _LEFT + (log10(step) - low_x) / (high_x - low_x) * (_WIDTH - _LEFT - _RIGHT)

    def y(error: float) -> float:
        part = (log10(max(error, _FLOOR)) - low_y) / (high_y - low_y)
        return _TOP + (1 - part) * (_HEIGHT - _TOP - _BOTTOM)

    def text(at_x: float, at_y: float, said: str, anchor: str = "middle", more: str = "") -> str:
        return f'<text x="{at_x:.1f}" y="{at_y:.1f}" text-anchor="{anchor}"{more}>{said}</text>'

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{_WIDTH}" height="{_HEIGHT}" '
            f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="11" fill="currentColor">'
        ),
        f"<title>Error of {display.html(curve.label)} over the step size</title>",
        text(_LEFT, 15, f"error of {display.html(curve.label)}", "start"),
    ]
    for power in range(low_y + 1, high_y + 1, 4 if high_y - low_y > 8 else 2):
        at = y(10.0**power)
        parts.append(
            f'<path d="M{_LEFT} {at:.1f}H{_WIDTH - _RIGHT}" stroke="currentColor" stroke-opacity=".18"/>'
            + text(_LEFT - 6, at + 4, _power(power), "end")
        )
    marks = range(round(low_x), round(high_x) + 1, 2)
    parts.extend(text(x(10.0**power), _HEIGHT - _BOTTOM + 16, _power(power)) for power in marks)
    parts.append(text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, "step h"))
    ends: list[tuple[float, str]] = []
    for name, errors in (("3 points", curve.three), ("5 points", curve.five)):
        points = [(x(h), y(e)) for h, e in zip(curve.steps, errors, strict=True) if isfinite(e)]
        if points:
            parts.append(_line(points, name))
            ends.append((max(points)[1], name))
    if curve.exact is not None and isfinite(curve.exact):
        at = y(curve.exact)
        parts.append(
            _line([(float(_LEFT), at), (float(_WIDTH - _RIGHT), at)], "complex step", ' stroke-dasharray="5 4"')
        )
        ends.append((at, "complex step"))
    for at, name in _apart(ends):
        parts.append(text(_WIDTH - _RIGHT + 8, at + 4, name, "start", f' fill="{_COLOURS[name]}"'))
    return "".join([*parts, "</svg>"])


def _power(power: int) -> str:
    return f'10<tspan dy="-4" font-size="8">{"−" if power < 0 else ""}{abs(power)}</tspan>'


def _line(points: Sequence[tuple[float, float]], name: str, more: str = "") -> str:
    way = "L".join(f"{at_x:.1f} {at_y:.1f}" for at_x, at_y in points)
    return f'<path d="M{way}" fill="none" stroke="{_COLOURS[name]}" stroke-width="1.8"{more}/>'


def _apart(ends: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """The names at the ends of the lines, far enough from each other to be read."""
    placed: list[tuple[float, str]] = []
    for at, name in sorted(ends):
        placed.append((max(at, placed[-1][0] + 14) if placed else at, name))
    over = max(0.0, placed[-1][0] - (_HEIGHT - _BOTTOM)) if placed else 0.0
    return [(at - over, name) for at, name in placed]
