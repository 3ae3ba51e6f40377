"""Kinks and ties: where an operation has more than one slope, found from values of its forward alone.

Where a function is smooth, (f(x+hd) - 2 f(x) + f(x-hd)) / h falls with h; at a kink it stays, and near one it is large
for an h that reaches over it. Must not know any operation, nor its rules.
"""

from __future__ import annotations

import numpy
from numpy import ndarray

from autograd_lite.check.numeric import EPSILON, Numeric
from autograd_lite.check.recorded import Step
from autograd_lite.check.report import Kink
from autograd_lite.errors import AutogradError

_STEP = 1e-5
_REACH = 1.5e-3  # as far as the five-point difference goes
_MOST = 2000  # elements that are looked at one by one


def found_in(step: Step, g: ndarray, rng: numpy.random.Generator) -> list[Kink]:
    """The kinks and ties at the operands of one node, the first of each argument; none where it cannot be told."""
    kinks: list[Kink] = []
    if step.op.analytic or step.op.effect or not numpy.isfinite(step.out).all():
        return kinks
    for position in step.places:
        x = step.values[position]
        way = numpy.maximum(1.0, numpy.abs(x)) * rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], x.shape)
        try:
            far, wide, narrow = (_bend(step, position, way, h) for h in (_REACH, _STEP, _STEP / 16))
        except AutogradError:
            continue
        noise = 256 * EPSILON / _STEP * (1 + numpy.abs(step.out))
        at = (narrow[0] > noise) & (narrow[0] > 0.5 * wide[0])
        near = far[0] > 0.05 * far[1] + 1e-6
        if x.size > _MOST or not (at | near).any():
            continue
        for reach in [_STEP] * bool(at.any()) + [_REACH] * bool(near.any()):
            kink = _first(step, position, g, reach)
            if kink is not None:
                kinks.append(kink)
                break
    return kinks


def _first(step: Step, position: int, g: ndarray, reach: float) -> Kink | None:
    """The first element of an argument with two slopes within `reach`."""
    for element in numpy.ndindex(step.values[position].shape):
        left, right = (_slope(step, position, element, sign * reach) for sign in (-1, 1))
        apart = numpy.abs(left - right)
        if (apart > (1e-4 if reach == _STEP else 0.05) * (1e-6 + numpy.abs(left) + numpy.abs(right))).any():
            given = float(step.pull(position, g, step.out, step.values)[element])
            return kink_of(step, position, element, given, (g * left, g * right), near=reach != _STEP)
    return None


def _bend(step: Step, position: int, way: ndarray, h: float) -> tuple[ndarray, ndarray]:
    """The second difference of every result along `way` over its length, and the slope of the first."""
    x = step.values[position]
    there, back = (
        step.forward([*step.values[:position], x + s * h * way, *step.values[position + 1 :]]) for s in (1, -1)
    )
    with numpy.errstate(all="ignore"):
        return numpy.abs(there - 2 * step.out + back) / h, numpy.abs(there - back) / h


def _slope(step: Step, position: int, element: tuple[int, ...], reach: float) -> ndarray:
    """The slope of every result on one side of one element."""
    x = step.values[position].copy()
    x[element] += reach * max(1.0, abs(float(x[element])))
    way = x[element] - step.values[position][element]
    slope: ndarray = (step.forward([*step.values[:position], x, *step.values[position + 1 :]]) - step.out) / way
    return slope


def kink_of(
    step: Step,
    position: int,
    element: tuple[int, ...],
    given: float,
    sides: tuple[ndarray, ndarray],
    near: bool = False,
) -> Kink:
    """The kink as a report has it, from the slopes on both sides."""
    left, right = (float(side.sum()) for side in sides)
    return Kink(step.name, step.argument(position), element, given, left, right, near, step.place)


def sides(numeric: Numeric, position: int, element: tuple[int, ...]) -> tuple[ndarray, ndarray]:
    """The slopes of every result on both sides of one element; not a number where there is no value."""
    h = _STEP * max(1.0, abs(float(numeric.data[position][element])))

    def at(steps: int) -> ndarray:
        try:
            return numeric.moved(position, element, steps * h)
        except AutogradError:
            return numpy.full(numeric.value.shape, numpy.nan)

    with numpy.errstate(all="ignore"):
        left = (3 * numeric.value - 4 * at(-1) + at(-2)) / (2 * h)
        right = (-3 * numeric.value + 4 * at(1) - at(2)) / (2 * h)
    return left, right
