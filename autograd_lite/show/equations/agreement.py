"""Whether a formula gives what the reverse pass gave: as far as rounding allows, which depends on what is added up.

Knows formulas and numbers. Must not know where either came from.
"""

from __future__ import annotations

from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.show.formula.formula import Formula, parts


def agreement(found: Formula, expected: Any, epsilon: float = 0.0) -> tuple[float, float, tuple[int, ...]]:
    """The largest difference of a formula from `expected`, what rounding may account for, and the worst element.

    `epsilon` is the precision of the coarsest number on the way, where that is coarser than those in the formula.
    """
    target = backend.to_numpy(expected)
    value = numpy.asarray(found.value)
    if value.shape != target.shape:
        value = numpy.broadcast_to(value, target.shape)
    if not target.size:
        return 0.0, 0.0, ()
    wide = numpy.result_type(target.dtype, numpy.float64)
    difference = numpy.abs(value.astype(wide) - target.astype(wide))
    # Both infinite, or both no number: as equal as they can be.
    difference = numpy.where((value == target) | (numpy.isnan(value) & numpy.isnan(target)), 0.0, difference)
    difference = numpy.where(numpy.isnan(difference), numpy.inf, difference)
    length, epsilon = 1, max(epsilon, float(numpy.finfo(target.dtype).eps))
    for part in parts(found):
        if part.op is None and part.number is None and part.dtype.kind == "f":
            epsilon = max(epsilon, float(numpy.finfo(part.dtype).eps))
        length = max(length, *part.shape, 1)
    sizes = numpy.concatenate([numpy.abs(target).ravel(), _magnitude(found).ravel()])
    scale = float(sizes[numpy.isfinite(sizes)].max(initial=0.0))
    worst = numpy.unravel_index(int(difference.argmax()), difference.shape)
    return float(difference.max()), float(20 * epsilon * length**0.5 * scale), tuple(int(i) for i in worst)


def _magnitude(whole: Formula) -> Any:
    """How large the terms are that `whole` is added up from: what rounding errors are measured by.

    The sizes of the arguments go through linear operations as values do, and through others with their slopes.
    """
    done: dict[int, Any] = {}

    def walk(part: Formula) -> Any:
        if id(part) not in done:
            done[id(part)] = numpy.maximum(numpy.abs(numpy.asarray(part.value, float)), propagated(part))
        return done[id(part)]

    def propagated(part: Formula) -> Any:
        op = part.op
        values: list[Any] = [None if arg.value is None else numpy.asarray(arg.value) for arg in part.args]
        if op is None or part.prime or part.value.dtype.kind != "f":
            return 0.0
        if op.spreads and not op.moves and op.differentiable:
            one, out = numpy.ones(part.shape), numpy.asarray(part.value)
            size = numpy.zeros(part.shape)
            for i, arg in enumerate(part.args):
                slope = (
                    op.pull(i, numpy, one, out, values, part.params)
                    if arg.number is None and values[i] is not None
                    else None
                )
                if slope is not None:
                    size = size + numpy.abs(slope) * walk(arg)
            return numpy.where(numpy.isfinite(size), size, 0.0)
        if op.linear:
            sizes = [
                walk(arg) if value.dtype.kind == "f" else value for arg, value in zip(part.args, values, strict=True)
            ]
            return numpy.abs(numpy.asarray(op.run(numpy, sizes, part.params), float))
        return 0.0

    return walk(whole)
