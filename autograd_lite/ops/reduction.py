r"""Sums, means and extremes over axes.

`restore` gives a reduced gradient the shape that broadcasts against the argument again, and the
engine spreads it; a tie for the extreme shares the gradient evenly, so that it sums to one.
"""

from __future__ import annotations

import builtins
from functools import lru_cache
from math import prod
from typing import Any

import numpy

from autograd_lite.op import composed, operation


def reduced_axes(ndim: int, axis: Any) -> tuple[int, ...]:
    """The axes that a NumPy `axis` argument means, counted from 0."""
    if axis is None or ndim == 0:
        return tuple(range(ndim))
    return tuple(each % ndim for each in (axis if isinstance(axis, tuple) else (axis,)))


@lru_cache(1024)
def _kept_shape(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    gone = reduced_axes(len(shape), axis)
    return tuple(1 if i in gone else size for i, size in enumerate(shape))


def restore(reduced: Any, x: Any, axis: Any) -> Any:
    """`reduced` with length-1 axes where `x` was reduced."""
    if axis is None and reduced.ndim == 0:
        return reduced
    shape = _kept_shape(x.shape, axis)
    return reduced if reduced.shape == shape else reduced.reshape(shape)


def _count(x: Any, axis: Any) -> int:
    # A mean over nothing has no element to give a gradient to: any count but 0 will do.
    return prod(x.shape[i] for i in reduced_axes(x.ndim, axis)) or 1


def unless_nan(xp: Any, value: Any, gradient: Any) -> Any:
    """`gradient`, but nan where `value` is nan: nan in data is not hidden on the way back."""
    return xp.where(value == value, gradient, value)  # nan alone differs from itself


def _read(inputs: Any, result: Any, params: Any) -> int:
    # Each element of the argument is looked at once.
    return int(prod(inputs[0]))


@operation(notation=r"\sum {x}", symbol="Σ", linear=True, flops=_read, binds=4)
def sum(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum over `axis` (all axes where None).

    >>> ag.sum(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0).numpy()
    array([4., 6.])
    """
    return x.sum(axis=axis, keepdims=keepdims)


sum.rules(x=lambda xp, g, out, x, *, axis, keepdims: restore(g, x, axis))


@operation(notation=r"\operatorname{{mean}}({x})", linear=True, flops=_read, binds=9)
def mean(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean over `axis` (all axes where None).

    >>> ag.mean(ag.tensor([1.0, 3.0])).item()
    2.0
    """
    return x.mean(axis=axis, keepdims=keepdims)


def _mean_rule(xp: Any, g: Any, out: Any, x: Any, *, axis: Any, keepdims: bool) -> Any:
    count = _count(x, axis)
    if count > _MOST_COUNTED and count > float(numpy.finfo(g.dtype).max):
        g = g.astype(numpy.float32)  # float16 has no number as large as the count
    return restore(g / count, x, axis)


_MOST_COUNTED = float(numpy.finfo(numpy.float16).max)

mean.rules(x=_mean_rule)


def _extreme_rule(xp: Any, g: Any, out: Any, x: Any, *, axis: Any, keepdims: bool) -> Any:
    top = restore(out, x, axis)
    winners = x == top
    # They are counted as integers: 70,000 of them do not fit into float16. Among nan there is none to count.
    count = xp.sum(xp.where(top == top, winners, True), axis=axis, keepdims=True)
    return unless_nan(xp, top, xp.where(winners, restore(g, x, axis) / count, 0))


@operation(notation=r"\max {x}", analytic=False, flops=_read)
def max(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element over `axis` (all axes where None); ties share the gradient evenly.

    >>> ag.max(ag.tensor([1.0, 3.0])).item()
    3.0
    """
    return x.max(axis=axis, keepdims=keepdims)


max.rules(x=_extreme_rule)


@operation(notation=r"\min {x}", analytic=False, flops=_read)
def min(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element over `axis` (all axes where None); ties share the gradient evenly.

    >>> ag.min(ag.tensor([1.0, 3.0])).item()
    1.0
    """
    return x.min(axis=axis, keepdims=keepdims)


min.rules(x=_extreme_rule)


@operation(notation=r"\operatorname{{argmax}} {x}", analytic=False, flops=_read)
def argmax(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The place of the first largest element along `axis`; data, never differentiable.

    >>> ag.argmax(ag.tensor([1.0, 3.0])).item()
    1
    """
    return xp.argmax(x, axis=axis, keepdims=keepdims)


@composed(notation=r"\operatorname{{var}}({x})")
def var(xp: Any, x: Any, *, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance over `axis` (all axes where None): the mean square distance from the mean.

    It is divided by the number of elements less `ddof`.

    >>> ag.var(ag.tensor([1.0, 3.0]), ddof=1).item()
    2.0
    """
    apart = x - xp.mean(x, axis=axis, keepdims=True)
    total = xp.sum(xp.square(apart), axis=axis, keepdims=keepdims)
    return total / builtins.max(prod(x.shape[i] for i in reduced_axes(x.ndim, axis)) - ddof, 0)
