"""Gradients beside numeric ones: at each element the difference between them over what is allowed there.

Must not know how either was computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from numpy import ndarray

from autograd_lite import backend
from autograd_lite.check.numeric import TOLERANCES, Expected, Numeric
from autograd_lite.check.report import CheckRow
from autograd_lite.check.subject import by_rules, copied, run_at, spread
from autograd_lite.diagnosis import describe
from autograd_lite.engine.graph import ancestors
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import CheckError, DtypeError, GraphError

Gradients = Sequence[tuple[ndarray, ndarray]]
"""For each seed a gradient and, element by element, its noise."""


def rows_of(
    f: Callable[..., Any], points: Sequence[Tensor], tolerance: float | None, rng: numpy.random.Generator, order: int
) -> tuple[list[CheckRow], Any]:
    """The rows of one order, and the output gradient that was used, on the device of the output."""
    data = [copied(point.data) if isinstance(point.data, ndarray) else point.numpy() for point in points]
    output, leaves = run_at(f, points, [copied(x) for x in data])
    line = ancestors(output)
    for x in line:
        if x.dtype.kind == "f" and x.dtype != numpy.float64:
            raise DtypeError(
                f"gradcheck: f computes {describe(x, 'a result')}, and differences of such numbers are mostly "
                "rounding error: check it in float64"
            )
    depends = output.requires_grad and any(x is leaf for leaf in leaves for x in line)
    if not depends and order == 1:
        raise GraphError(
            "gradcheck: the result of f depends on none of the inputs, or only by way of operations without a "
            "derivative, detach() or no_grad()"
        )
    value = output.numpy()
    # No entry is small: an error in one element must not hide behind a factor near 0.
    seed = rng.uniform(0.5, 1.5, output.shape) * rng.choice([-1.0, 1.0], output.shape)
    if not numpy.array_equal(run_at(f, points, data)[0].numpy(), value, equal_nan=True):
        raise CheckError("gradcheck: f gives another result for the same inputs: fix its random numbers inside f")
    numeric = Numeric(f, points, data, value, all(x.node is None or x.node.op.analytic for x in line), rng)
    seeds = [seed, *numeric.scaled(seed, rng)]
    start = backend.namespace(output.data).asarray(seed)
    given = by_rules(output, leaves, seeds if depends else [])  # the slopes of a linear function are constant
    noisy = [by_rules(*run_at(f, points, near), seeds if depends else []) for near in numeric.nearby]
    rows = []
    for i, point in enumerate(points):
        called = (point.name or f"input {i}", i, order, point.shape)
        gradients = []
        for k in range(len(seeds)):
            gradient = given[k][i] if depends else numpy.zeros(point.shape)
            gradients.append((gradient, spread(gradient, [each[k][i] for each in noisy] if depends else [])))
        exact = numeric.by_complex_step(i, seeds) if numeric.analytic else None
        row = None if exact is None else row_of(called, exact, gradients, tolerance)
        if row is None or not row.passed:
            # What an operation outside the graph does to complex numbers (sign, comparisons) is not for the
            # complex step to judge: where the difference clearly contradicts it, the difference is believed.
            expected = numeric.by_difference(i, seeds)
            row = row_of(called, expected, gradients, tolerance)
            for shrink in (
                1 / 4,
                1 / 16,
                1 / 64,
                1 / 256,
            ):  # the error of a difference falls with h⁴ where the function bends much
                if row.passed:
                    break
                expected = nearer(expected, numeric.by_difference(i, seeds, shrink), gradients)
                row = row_of(called, expected, gradients, tolerance)
        rows.append(row)
    return rows, start


def apart(expected: Expected, gradients: Gradients) -> list[tuple[ndarray, ndarray]]:
    """For each seed the difference at every element, and the same over what it has to be measured by."""
    found = []
    for (given, noise), value, size in zip(gradients, expected.values, expected.scales, strict=True):
        same = (given == value) | (numpy.isnan(given) & numpy.isnan(value))
        with numpy.errstate(invalid="ignore", divide="ignore"):
            errors = numpy.where(same, 0.0, numpy.abs(given - value))
            errors = numpy.where(numpy.isnan(errors), numpy.inf, errors)
            scale = size + 16 * noise / TOLERANCES[expected.method]
            found.append((errors, numpy.where(errors == 0, 0.0, errors / scale)))
    return found


def nearer(large: Expected, small: Expected, gradients: Gradients) -> Expected:
    """A numeric gradient by a smaller step where the larger is seen to be off by more than rounding, and that is why.

    Elsewhere the larger step is the better one: a small one must not excuse a rule by its own rounding.
    """
    values, scales, noises = [], [], []
    compared = zip(apart(large, gradients), apart(small, gradients), strict=True)
    for k, ((_, relative), (_, relative2)) in enumerate(compared):
        noise, noise2 = large.noises[k], small.noises[k]
        with numpy.errstate(invalid="ignore"):
            off = ~(numpy.abs(large.values[k] - small.values[k]) <= noise + noise2) & (relative2 < relative)
        values.append(numpy.where(off, small.values[k], large.values[k]))
        scales.append(numpy.where(off, small.scales[k], large.scales[k]))
        noises.append(numpy.where(off, noise2, noise))
    return Expected(small.method, values, scales, noises)


def row_of(
    called: tuple[str, int, int, tuple[int, ...]], expected: Expected, gradients: Gradients, tolerance: float | None
) -> CheckRow:
    """The comparison at one input: the worst element under any seed."""
    allowed = TOLERANCES[expected.method] if tolerance is None else tolerance
    worst = CheckRow(*called, expected.method, (), 0.0, 0.0, 0.0, 0.0, allowed)
    compared = apart(expected, gradients)
    for (given, _), value, (errors, relative) in zip(gradients, expected.values, compared, strict=True):
        if not given.size:
            continue
        at = numpy.unravel_index(int(numpy.argmax(relative)), errors.shape)
        if not worst.element or relative[at] > worst.relative:
            element = tuple(int(place) for place in at)
            worst = CheckRow(
                *called, expected.method, element, float(given[at]), float(value[at]), float(errors[at]),
                float(relative[at]), allowed,
            )  # fmt: skip
    return worst
