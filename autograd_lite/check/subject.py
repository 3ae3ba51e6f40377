"""The function that is checked: its inputs as leaves of their own, its results as one tensor, its gradients as arrays.

Uses the public reverse pass only; must not know any operation, nor numeric derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from numpy import ndarray
from numpy.lib.array_utils import byte_bounds

from autograd_lite import backend
from autograd_lite.diagnosis import describe
from autograd_lite.engine import calculus
from autograd_lite.engine.graph import enable_grad
from autograd_lite.engine.tensor import Tensor, apply
from autograd_lite.errors import ArgumentError, CheckError, DtypeError
from autograd_lite.ops import joining


def point_of(position: int, value: Any) -> Tensor:
    """One input as a tensor with a name, checked to be one that numeric differentiation can vary."""
    called = f"input {position}"
    array = value.data if isinstance(value, Tensor) else backend.as_array(value)
    point = Tensor(copied(array), name=getattr(value, "name", None) or called, copy=False)
    if point.dtype.kind != "f":
        raise DtypeError(
            f"gradcheck: {called} has dtype {point.dtype}, which is data and has no gradient: "
            "close over it, as in gradcheck(lambda x: f(x, labels), x)"
        )
    if point.dtype != numpy.float64:
        raise DtypeError(
            f"gradcheck: {called} is {describe(point)}, and differences of {point.dtype} numbers are mostly rounding "
            f"error: check at x.astype('float64'), then compare the {point.dtype} gradient with the float64 one, "
            "at rtol 1e-5 for float32"
        )
    return point


def copied(array: Any) -> Any:
    """A copy with the same strides, since a rule may be wrong for one order of memory alone."""
    if not isinstance(array, ndarray) or not array.size or 0 in array.strides:
        return array.copy()
    low, high = byte_bounds(array)
    memory = numpy.empty(high - low, numpy.uint8)
    offset = array.ctypes.data - low
    twin: ndarray = ndarray(array.shape, array.dtype, memory.data, offset, array.strides)
    twin[...] = array
    return twin


def slopes_of(f: Callable[..., Any], count: int) -> Callable[..., Tensor]:
    """The gradient of `f` with respect to all its inputs, in one row, as a function of them and of the seed."""

    def slopes(*arguments: Tensor) -> Tensor:
        xs, seed = arguments[:count], arguments[count]
        found = calculus.grad(one_of(f(*xs)), list(xs), gradient=seed, create_graph=True, allow_unused=True)
        return _joined([g for g in found if g is not None])

    return slopes


def same_recorded(f: Callable[..., Any], points: Sequence[Tensor], start: Any) -> None:
    """Raise where the gradient that is recorded, to be differentiated again, is not the one that is not."""
    found: list[list[Any]] = []
    for record in (False, True):
        output, leaves = run_at(f, points, [copied(point.data) for point in points])
        found.append(calculus.grad(output, leaves, gradient=start, create_graph=record, allow_unused=True))
    for i, (point, plain, recorded) in enumerate(zip(points, *found, strict=True)):
        one, other = (numpy.zeros(point.shape) if g is None else g.numpy() for g in (plain, recorded))
        if not numpy.allclose(one, other, rtol=1e-9, atol=1e-12 * largest(one), equal_nan=True):
            raise CheckError(
                f"gradcheck: the gradient with respect to {point.name} (argument {i} of f) is another one where it is "
                "recorded (create_graph=True): a rule does something else on Tensors than on arrays"
            )


def _joined(tensors: Sequence[Tensor]) -> Tensor:
    """Several tensors in one row."""
    return apply(joining.concatenate, tuple(x.reshape(-1) for x in tensors), {"axis": 0})


def one_of(output: Any) -> Tensor:
    """What `f` returned as one tensor; of several those that are data have no gradient to check."""
    if type(output) is Tensor:
        return output
    if not isinstance(output, tuple | list) or not output or not all(type(x) is Tensor for x in output):
        kinds = sorted({type(x).__name__ for x in output}) if isinstance(output, tuple | list) else []
        of = f" of {', '.join(kinds) or 'nothing'}" if isinstance(output, tuple | list) else ""
        raise ArgumentError(
            f"gradcheck: f returned {type(output).__name__}{of}, not a Tensor: return one, or a tuple of several"
        )
    smooth = [x for x in output if x.dtype.kind in "fc"]  # complex numbers stand for real ones on a complex step
    return _joined(smooth or output)


def run_at(
    f: Callable[..., Any], points: Sequence[Tensor], data: Sequence[Any], wanted: bool = True
) -> tuple[Tensor, list[Tensor]]:
    """`f` at `data`, and the tensors it was given: new ones each time, with the names and devices of `points`."""
    leaves = [
        Tensor(backend.namespace(point.data).asarray(values), requires_grad=wanted, name=point.name, copy=False)
        for point, values in zip(points, data, strict=True)
    ]
    with enable_grad():
        return one_of(f(*leaves)), leaves


def by_rules(output: Tensor, leaves: list[Tensor], seeds: Sequence[ndarray]) -> list[list[ndarray]]:
    """The gradient at every leaf for each seed."""
    found = []
    for seed in seeds:
        start = backend.namespace(output.data).asarray(seed)
        gradients = calculus.grad(output, leaves, gradient=start, allow_unused=True)
        found.append([numpy.zeros(x.shape) if g is None else g.numpy() for x, g in zip(leaves, gradients, strict=True)])
    return found


def spread(value: ndarray, others: Sequence[ndarray]) -> ndarray:
    """How far `others` lie from `value`, element by element: the noise of rounding in it."""
    with numpy.errstate(invalid="ignore"):
        return numpy.asarray(sum(numpy.nan_to_num(numpy.abs(x - value)) for x in others) + numpy.zeros(value.shape))


def largest(values: Any) -> float:
    """The largest finite magnitude among `values`, or 0."""
    magnitudes = numpy.abs(values)
    return float(numpy.max(magnitudes, initial=0.0, where=numpy.isfinite(magnitudes)))
