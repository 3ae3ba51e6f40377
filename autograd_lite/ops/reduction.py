r"""Sums, products, means, variances and extremes over axes, with and without nan.

`restore` gives a reduced gradient the shape that broadcasts against the argument again, and the
engine spreads it; a tie for the extreme shares the gradient evenly, so that it sums to one. What NumPy's reductions
can be told besides (`dtype`, `initial`, `where`) is said with other operations first: the plain ones stay plain.
"""

from __future__ import annotations

import builtins
import math
from functools import lru_cache
from operator import index as whole
from typing import Any

import numpy

from autograd_lite.backend import native
from autograd_lite.errors import ArgumentError, AxisError
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


def kept_shape(x: Any, axis: Any) -> tuple[int, ...]:
    """The shape of a reduction of `x` that keeps its axes."""
    return _kept_shape(tuple(x.shape), axis)


def last(x: Any, axis: Any) -> Any:
    """`x` with the axes in `axis` behind all others, as one. Raises `AxisError` for axes that it has not, or twice."""
    for each in () if axis is None else axis if isinstance(axis, tuple) else (axis,):
        if not -(x.ndim or 1) <= whole(each) < (x.ndim or 1):  # a number has a first axis here, as in NumPy
            raise AxisError(f"axis {each} is out of bounds for array of dimension {x.ndim}")
    gone = reduced_axes(x.ndim, axis)
    if len({*gone}) < len(gone):
        raise AxisError(f"duplicate value in axis={axis}")
    kept = tuple(i for i in range(x.ndim) if i not in gone)
    there = x if kept + gone == tuple(range(x.ndim)) else x.transpose(kept + gone)
    return there.reshape((*(x.shape[i] for i in kept), math.prod(x.shape[i] for i in gone)))


def back(flat: Any, x: Any, axis: Any) -> Any:
    """What `last` made of an array of the shape of `x`, in that shape again."""
    gone = reduced_axes(x.ndim, axis)
    order = tuple(i for i in range(x.ndim) if i not in gone) + gone
    there = flat.reshape(tuple(x.shape[i] for i in order))
    return there if order == tuple(range(x.ndim)) else there.transpose(tuple(order.index(i) for i in range(x.ndim)))


def cast(x: Any, dtype: Any) -> Any:
    """`x` in a dtype that was asked for."""
    return x if dtype is None or x.dtype == native(dtype) else x.astype(native(dtype))


def masked(xp: Any, x: Any, where: Any, instead: Any) -> Any:
    """`x` with a number where it does not count; the mask broadcasts against it and not the other way."""
    return x if where is None else xp.where(xp.broadcast_to(where, tuple(x.shape)), x, instead)


def counted(xp: Any, x: Any, axis: Any, keepdims: bool, where: Any) -> Any:
    """How many elements of `x` there are in a reduction: a number, or with a mask an array."""
    if where is None:
        return math.prod(x.shape[i] for i in reduced_axes(x.ndim, axis))
    return xp.sum(xp.broadcast_to(where, tuple(x.shape)), axis=axis, keepdims=keepdims)


def _count(x: Any, axis: Any) -> int:
    # A mean over nothing has no element to give a gradient to: any count but 0 will do.
    return math.prod(x.shape[i] for i in reduced_axes(x.ndim, axis)) or 1


def unless_nan(xp: Any, value: Any, gradient: Any) -> Any:
    """`gradient`, but nan where `value` is nan: nan in data is not hidden on the way back."""
    return xp.where(value == value, gradient, value)  # nan alone differs from itself


def _read(inputs: Any, result: Any, params: Any) -> int:
    # Each element of the argument is looked at once.
    return int(math.prod(inputs[0]))


@operation(notation=r"\sum {x}", symbol="Σ", linear=True, flops=_read, binds=4)
def sum(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum over `axis` (all axes where None).

    >>> ag.sum(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0).numpy()
    array([4., 6.])
    """
    return x.sum(axis=axis, keepdims=keepdims)


sum.rules(x=lambda xp, g, out, x, *, axis, keepdims: restore(g, x, axis))


@sum.further
def _sum(
    xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, dtype: Any = None, initial: Any = None,
    where: Any = None,
) -> Any:  # fmt: skip
    total = xp.sum(masked(xp, cast(x, dtype), where, 0), axis=axis, keepdims=keepdims)
    return total if initial is None else total + initial


@operation(notation=r"\prod {x}", symbol="Π", flops=_read, binds=4)
def prod(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The product over `axis` (all axes where None).

    The derivative at an element is the product of the others, which is exact where some of them are 0.

    >>> ag.prod(ag.tensor([2.0, 3.0, 4.0])).item()
    24.0
    """
    return x.prod(axis=axis, keepdims=keepdims)


def _prod_rule(xp: Any, g: Any, out: Any, x: Any, *, axis: Any, keepdims: bool) -> Any:
    row = last(x, axis)
    after = product_before(xp, row[..., ::-1])[..., ::-1]
    return restore(g, x, axis) * back(product_before(xp, row) * after, x, axis)


def product_before(xp: Any, x: Any) -> Any:
    """The product of what stands before each element along the last axis, which is 1 at the first."""
    return xp.concatenate([xp.ones_like(x[..., :1]), xp.cumprod(x[..., :-1], axis=-1)], axis=-1)


prod.rules(x=_prod_rule)


@prod.further
def _prod(
    xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, dtype: Any = None, initial: Any = None,
    where: Any = None,
) -> Any:  # fmt: skip
    product = xp.prod(masked(xp, cast(x, dtype), where, 1), axis=axis, keepdims=keepdims)
    return product if initial is None else product * initial


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


@mean.further
def _mean(
    xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, dtype: Any = None, where: Any = None
) -> Any:  # fmt: skip
    x = cast(x, dtype)
    return cast(xp.mean(x, axis=axis, keepdims=keepdims) if where is None else mean_of(xp, x, axis, keepdims, where),
                dtype)  # fmt: skip


def mean_of(xp: Any, x: Any, axis: Any, keepdims: bool, where: Any) -> Any:
    """The mean of the elements that count."""
    if where is None:
        return xp.mean(x, axis=axis, keepdims=keepdims)
    if x.dtype.kind in "iub":
        x = x.astype(float)
    wide = x.astype(numpy.float32) if x.dtype == numpy.float16 else x  # as NumPy's own mean of halves
    total = xp.sum(masked(xp, wide, where, 0), axis=axis, keepdims=keepdims)
    count = counted(xp, x, axis, keepdims, where)
    return cast(xp.where(count > 0, total / cast(xp.maximum(count, 1), total.dtype), math.nan), x.dtype)


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


def _extreme(
    xp: Any, x: Any, axis: Any, keepdims: bool, initial: Any, where: Any, lowest: float, find: Any, choose: Any
) -> Any:  # fmt: skip
    if where is not None:
        if initial is None:
            raise ArgumentError(
                "with where= there may be nothing to choose from: give initial=, what the result is at least or at most"
            )
        # An infinity is no tie of any number that counts; whole numbers have none, nor a gradient to share.
        x = masked(xp, x, where, lowest if x.dtype.kind == "f" else initial)
    if initial is None:
        return find(x, axis=axis, keepdims=keepdims)
    if not x.size:
        return xp.sum(x, axis=axis, keepdims=keepdims) + initial
    return choose(find(x, axis=axis, keepdims=keepdims), initial)


@max.further
def _max(
    xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Any:  # fmt: skip
    return _extreme(xp, x, axis, keepdims, initial, where, -math.inf, xp.max, xp.maximum)


@operation(notation=r"\min {x}", analytic=False, flops=_read)
def min(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element over `axis` (all axes where None); ties share the gradient evenly.

    >>> ag.min(ag.tensor([1.0, 3.0])).item()
    1.0
    """
    return x.min(axis=axis, keepdims=keepdims)


min.rules(x=_extreme_rule)


@min.further
def _min(
    xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Any:  # fmt: skip
    return _extreme(xp, x, axis, keepdims, initial, where, math.inf, xp.min, xp.minimum)


@composed(notation=r"\operatorname{{ptp}}({x})", analytic=False)
def ptp(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The distance between the largest and the smallest element over `axis` (all axes where None).

    >>> ag.ptp(ag.tensor([1.0, 4.0, 2.0])).item()
    3.0
    """
    return xp.max(x, axis=axis, keepdims=keepdims) - xp.min(x, axis=axis, keepdims=keepdims)


@operation(notation=r"\operatorname{{argmax}} {x}", analytic=False, flops=_read)
def argmax(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The place of the first largest element along `axis`; data, never differentiable.

    >>> ag.argmax(ag.tensor([1.0, 3.0])).item()
    1
    """
    return xp.argmax(x, axis=axis, keepdims=keepdims)


@operation(notation=r"\operatorname{{argmin}} {x}", analytic=False, flops=_read)
def argmin(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The place of the first smallest element along `axis`; data, never differentiable.

    >>> ag.argmin(ag.tensor([1.0, 3.0])).item()
    0
    """
    return xp.argmin(x, axis=axis, keepdims=keepdims)


@operation(notation=r"\bigvee {x}", symbol="any", analytic=False, flops=_read, binds=4)
def any(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether any element over `axis` is other than 0; data, never differentiable.

    >>> ag.any(ag.tensor([0.0, 3.0]) > 2).item()
    True
    """
    return xp.any(x, axis=axis, keepdims=keepdims)


@any.further
def _any(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, where: Any = None) -> Any:
    return xp.any(masked(xp, x, where, False), axis=axis, keepdims=keepdims)


@operation(notation=r"\bigwedge {x}", symbol="all", analytic=False, flops=_read, binds=4)
def all(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all elements over `axis` are other than 0; data, never differentiable.

    >>> ag.all(ag.tensor([0.0, 3.0]) > 2).item()
    False
    """
    return xp.all(x, axis=axis, keepdims=keepdims)


@all.further
def _all(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, where: Any = None) -> Any:
    return xp.all(masked(xp, x, where, True), axis=axis, keepdims=keepdims)


@composed(data=True, analytic=False)
def count_nonzero(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """How many elements over `axis` (all axes where None) are other than 0; data, never differentiable.

    >>> ag.count_nonzero(ag.tensor([0.0, 3.0, 4.0])).item()
    2
    """
    return xp.sum(x != 0, axis=axis, keepdims=keepdims)


@composed(notation=r"\operatorname{{var}}({x})")
def var(
    xp: Any, x: Any, *, axis: Any = None, ddof: float = 0, keepdims: bool = False, dtype: Any = None,
    correction: float | None = None, mean: Any = None, where: Any = None,
) -> Any:  # fmt: skip
    """The variance over `axis` (all axes where None): the mean square distance from the mean.

    It is divided by the number of elements less `ddof`, which may be called `correction` too. A `mean` that is known
    already has the axes kept. Elements count where `where` holds.

    >>> ag.var(ag.tensor([1.0, 3.0]), ddof=1).item()
    2.0
    """
    return variance(xp, x, axis, ddof, keepdims, dtype, correction, mean, where)


def variance(
    xp: Any, x: Any, axis: Any, ddof: float, keepdims: bool, dtype: Any, correction: float | None, mean: Any, where: Any
) -> Any:  # fmt: skip
    """What `var` gives."""
    total, freedom = _squares(xp, cast(x, dtype), axis, ddof, keepdims, correction, mean, where)
    return total / (builtins.max(freedom, 0) if where is None else cast(xp.maximum(freedom, 0), total.dtype))


def _squares(
    xp: Any, x: Any, axis: Any, ddof: float, keepdims: bool, correction: float | None, mean: Any, where: Any
) -> tuple[Any, Any]:  # fmt: skip
    """The sum of square distances from the mean, and what a variance divides it by."""
    if correction is not None:
        if ddof:
            raise ArgumentError(f"ddof={ddof} and correction={correction} are one thing: give one of them")
        ddof = correction
    apart = masked(xp, x - (mean_of(xp, x, axis, True, where) if mean is None else mean), where, 0)
    total = xp.sum(xp.square(apart), axis=axis, keepdims=keepdims)
    return total, counted(xp, x, axis, keepdims, where) - ddof


@composed(notation=r"\operatorname{{std}}({x})", analytic=False)
def std(
    xp: Any, x: Any, *, axis: Any = None, ddof: float = 0, keepdims: bool = False, dtype: Any = None,
    correction: float | None = None, mean: Any = None, where: Any = None,
) -> Any:  # fmt: skip
    """The standard deviation over `axis` (all axes where None): the root of the variance, with the keywords of `var`.

    Its derivative is 0 where it is 0, the subgradient of smallest norm.

    >>> ag.std(ag.tensor([1.0, 3.0])).item()
    1.0
    """
    return deviation(xp, variance(xp, x, axis, ddof, keepdims, dtype, correction, mean, where))


def deviation(xp: Any, variance: Any) -> Any:
    """The root of a variance; a product with 0 is 0 with derivative 0, and lets nan through."""
    return xp.where(variance > 0, xp.sqrt(xp.where(variance > 0, variance, 1)), variance * 0)


# Where nan does not count. A mean or extreme of nothing but nan is nan, without NumPy's warning: no call looks at its
# data, and no gradient is divided by 0.


def _numbers(xp: Any, x: Any, instead: Any) -> Any:
    """`x` with a number in the place of nan, which alone differs from itself."""
    return xp.where(x == x, x, instead) if x.dtype.kind in "fc" else x


@composed(notation=r"\sum {x}", analytic=False)
def nansum(
    xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, dtype: Any = None, initial: Any = None,
    where: Any = None,
) -> Any:  # fmt: skip
    """The sum of the elements that are not nan over `axis` (all axes where None).

    >>> ag.nansum(ag.tensor([1.0, float("nan"), 2.0])).item()
    3.0
    """
    return _sum(xp, _numbers(xp, x, 0), axis=axis, keepdims=keepdims, dtype=dtype, initial=initial, where=where)


@composed(notation=r"\prod {x}", analytic=False)
def nanprod(
    xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, dtype: Any = None, initial: Any = None,
    where: Any = None,
) -> Any:  # fmt: skip
    """The product of the elements that are not nan over `axis` (all axes where None).

    >>> ag.nanprod(ag.tensor([2.0, float("nan"), 3.0])).item()
    6.0
    """
    return _prod(xp, _numbers(xp, x, 1), axis=axis, keepdims=keepdims, dtype=dtype, initial=initial, where=where)


def _counting(xp: Any, x: Any, where: Any) -> Any:
    """Which elements are no nan, and are asked for; None where all of them are."""
    if x.dtype.kind not in "fc":
        return where
    return x == x if where is None else xp.logical_and(x == x, where)


@composed(notation=r"\operatorname{{mean}}({x})", analytic=False)
def nanmean(
    xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, dtype: Any = None, where: Any = None
) -> Any:  # fmt: skip
    """The mean of the elements that are not nan over `axis` (all axes where None).

    >>> ag.nanmean(ag.tensor([1.0, float("nan"), 2.0])).item()
    1.5
    """
    return cast(mean_of(xp, cast(x, dtype), axis, keepdims, _counting(xp, x, where)), dtype)


def _nan_extreme(
    xp: Any, x: Any, axis: Any, keepdims: bool, initial: Any, where: Any, lowest: float, find: Any, choose: Any
) -> Any:  # fmt: skip
    found = _extreme(xp, _numbers(xp, x, lowest), axis, keepdims, initial, where, lowest, find, choose)
    if x.dtype.kind != "f" or initial is not None:
        return found
    return xp.where(xp.any(x == x, axis=axis, keepdims=keepdims), found, math.nan)


@composed(notation=r"\max {x}", analytic=False)
def nanmax(
    xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Any:  # fmt: skip
    """The largest element that is not nan over `axis` (all axes where None); ties share the gradient evenly.

    >>> ag.nanmax(ag.tensor([1.0, float("nan"), 2.0])).item()
    2.0
    """
    return _nan_extreme(xp, x, axis, keepdims, initial, where, -math.inf, xp.max, xp.maximum)


@composed(notation=r"\min {x}", analytic=False)
def nanmin(
    xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Any:  # fmt: skip
    """The smallest element that is not nan over `axis` (all axes where None); ties share the gradient evenly.

    >>> ag.nanmin(ag.tensor([1.0, float("nan"), 2.0])).item()
    1.0
    """
    return _nan_extreme(xp, x, axis, keepdims, initial, where, math.inf, xp.min, xp.minimum)


@composed(notation=r"\operatorname{{var}}({x})", analytic=False)
def nanvar(
    xp: Any, x: Any, *, axis: Any = None, ddof: float = 0, keepdims: bool = False, dtype: Any = None,
    correction: float | None = None, mean: Any = None, where: Any = None,
) -> Any:  # fmt: skip
    """The variance of the elements that are not nan, with the keywords of `var`; nan where there are `ddof` or fewer.

    >>> ag.nanvar(ag.tensor([1.0, float("nan"), 3.0])).item()
    1.0
    """
    return _nan_variance(xp, x, axis, ddof, keepdims, dtype, correction, mean, where)


def _nan_variance(
    xp: Any, x: Any, axis: Any, ddof: float, keepdims: bool, dtype: Any, correction: float | None, mean: Any, where: Any
) -> Any:  # fmt: skip
    counting = _counting(xp, x, where)
    if counting is None:
        return variance(xp, x, axis, ddof, keepdims, dtype, correction, mean, None)
    total, freedom = _squares(xp, cast(x, dtype), axis, ddof, keepdims, correction, mean, counting)
    return xp.where(freedom > 0, total / cast(xp.where(freedom > 0, freedom, 1), total.dtype), math.nan)


@composed(notation=r"\operatorname{{std}}({x})", analytic=False)
def nanstd(
    xp: Any, x: Any, *, axis: Any = None, ddof: float = 0, keepdims: bool = False, dtype: Any = None,
    correction: float | None = None, mean: Any = None, where: Any = None,
) -> Any:  # fmt: skip
    """The standard deviation of the elements that are not nan: the root of `nanvar`, with derivative 0 where it is 0.

    >>> ag.nanstd(ag.tensor([1.0, float("nan"), 3.0])).item()
    1.0
    """
    return deviation(xp, _nan_variance(xp, x, axis, ddof, keepdims, dtype, correction, mean, where))


@operation(notation=r"\operatorname{{nanargmax}} {x}", analytic=False, flops=_read)
def nanargmax(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The place of the first largest element that is not nan along `axis`; data, never differentiable.

    Raises `ShapeError` where there is none.

    >>> ag.nanargmax(ag.tensor([float("nan"), 1.0, 3.0])).item()
    2
    """
    return xp.nanargmax(x, axis=axis, keepdims=keepdims)


@operation(notation=r"\operatorname{{nanargmin}} {x}", analytic=False, flops=_read)
def nanargmin(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The place of the first smallest element that is not nan along `axis`; data, never differentiable.

    Raises `ShapeError` where there is none.

    >>> ag.nanargmin(ag.tensor([float("nan"), 1.0, 3.0])).item()
    1
    """
    return xp.nanargmin(x, axis=axis, keepdims=keepdims)


# NumPy's order of what is given by place.
for _each in (sum, prod, nansum, nanprod):
    _each.placed("axis", "dtype", "out", "keepdims", "initial", "where")
for _each in (mean, nanmean):
    _each.placed("axis", "dtype", "out", "keepdims")
for _each in (max, min, nanmax, nanmin):
    _each.placed("axis", "out", "keepdims", "initial", "where")
for _each in (var, std, nanvar, nanstd):
    _each.placed("axis", "dtype", "out", "ddof", "keepdims")
for _each in (any, all, ptp, argmax, argmin, nanargmax, nanargmin):
    _each.placed("axis", "out", "keepdims")
