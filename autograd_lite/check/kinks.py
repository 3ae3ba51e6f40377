"""Kinks and ties: where an operation has more than one slope, found from values of its forward alone.

Where a function is smooth, (f(x+hd) - 2 f(x) + f(x-hd)) / h falls with h; at a kink it stays. Must not know any
operation, nor its rules.
"""

from __future__ import annotations

import numpy
from numpy import ndarray

from autograd_lite.check.numeric import EPSILON, Numeric
from autograd_lite.check.recorded import Step
from autograd_lite.check.report import Kink
from autograd_lite.errors import AutogradError

_STEP = 1e-5
_MOST = 2000  # elements that are looked at one by one


def found_in(step: Step, g: ndarray, rng: numpy.random.Generator) -> list[Kink]:
    """The kinks and ties at the operands of one node, the first of each argument; none where it cannot be told."""
    kinks: list[Kink] = []
    if step.op.analytic or step.op.effect or not numpy.isfinite(step.out).all():
        return kinks
    for position in step.places:
        x = step.values[position]
        way = (
            _STEP * numpy.maximum(1.0, numpy.abs(x)) * rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], x.shape)
        )
        try:
            wide, narrow = (_bend(step, position, way / by) for by in (1, 16))
        except AutogradError:
            continue
        noise = 256 * EPSILON / _STEP * (1 + numpy.abs(step.out))
        if x.size > _MOST or not (~numpy.isnan(narrow) & (narrow > noise) & (narrow > 0.5 * wide)).any():
            continue
        for element in numpy.ndindex(x.shape):
            left, right = (_slope(step, position, element, sign) for sign in (-1, 1))
            if (numpy.abs(left - right) > 1e-4 * (1 + numpy.abs(left) + numpy.abs(right))).any():
                given = step.pull(position, g, step.out, step.values)
                kinks.append(kink_of(step, position, element, float(given[element]), (g * left, g * right)))
                break
    return kinks


def _bend(step: Step, position: int, way: ndarray) -> ndarray:
    """The second difference along `way` over its length."""
    x = step.values[position]
    there, back = (step.forward([*step.values[:position], x + s * way, *step.values[position + 1 :]]) for s in (1, -1))
    with numpy.errstate(all="ignore"):
        bend: ndarray = numpy.abs(there - 2 * step.out + back) / numpy.abs(way).max(initial=0.0)
    return bend


def _slope(step: Step, position: int, element: tuple[int, ...], sign: int) -> ndarray:
    """The slope of every result on one side of one element."""
    x = step.values[position].copy()
    x[element] += sign * _STEP * max(1.0, abs(float(x[element])))
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
