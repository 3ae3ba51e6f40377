r"""Sums and products of all that stands before, along an axis, and the recurrence that is behind them.

The gradient of a cumulative product is a linear recurrence run backwards, as is that of a linear recurrence itself: no
division by an element, so that zeros are exact in derivatives of every order.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.backend import native
from autograd_lite.errors import ArgumentError
from autograd_lite.op import composed, operation
from autograd_lite.ops.reduction import product_before


def flipped(x: Any, axis: int) -> Any:
    """`x` the other way round along an axis."""
    return x[(*(slice(None),) * (axis % x.ndim), slice(None, None, -1))]


@operation(notation=r"\operatorname{{cumsum}}({x})", linear=True)
def cumsum(xp: Any, x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    """The sum of all elements up to each along `axis`, of the flattened array where None.

    >>> ag.cumsum(ag.tensor([1.0, 2.0, 3.0])).numpy()
    array([1., 3., 6.])
    """
    return xp.cumsum(x, axis=axis, dtype=None if dtype is None else native(dtype))


def _cumsum_rule(xp: Any, g: Any, out: Any, x: Any, *, axis: int | None, dtype: Any) -> Any:
    along = 0 if axis is None or not x.ndim else axis
    # Written anew, so that nobody is handed an array that lies backwards.
    return xp.positive(flipped(xp.cumsum(flipped(g, along), axis=along), along)).reshape(x.shape)


cumsum.rules(x=_cumsum_rule)


@operation(notation=r"\operatorname{{cumprod}}({x})")
def cumprod(xp: Any, x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    """The product of all elements up to each along `axis`, of the flattened array where None.

    >>> ag.cumprod(ag.tensor([1.0, 2.0, 3.0])).numpy()
    array([1., 2., 6.])
    """
    return xp.cumprod(x, axis=axis, dtype=None if dtype is None else native(dtype))


def _cumprod_rule(xp: Any, g: Any, out: Any, x: Any, *, axis: int | None, dtype: Any) -> Any:
    row = x.reshape(-1) if axis is None or not x.ndim else x.swapaxes(axis, -1)
    cotangent = g if axis is None or not x.ndim else g.swapaxes(axis, -1)
    # Each element stands in its own product and all later ones: s_i = g_i + x_{i+1} s_{i+1}.
    found = product_before(xp, row) * _backwards(xp, row, cotangent)
    return found.reshape(x.shape) if axis is None or not x.ndim else found.swapaxes(axis, -1)


cumprod.rules(x=_cumprod_rule)


def _backwards(xp: Any, a: Any, b: Any) -> Any:
    """s_i = b_i + a_{i+1} s_{i+1} along the last axis."""
    later = xp.concatenate([xp.zeros_like(a[..., :1]), a[..., :0:-1]], axis=-1)
    return xp.positive(linear_recurrence(later, b[..., ::-1])[..., ::-1])


# A primitive, since as a composition its derivatives would double in size with every order.
@operation(notation=r"\operatorname{{recurrence}}({a}, {b})", symbol="recurrence")
def linear_recurrence(xp: Any, a: Any, b: Any) -> Any:
    """s with s_i = a_i s_{i-1} + b_i along the last axis, from s_{-1} = 0: moving averages, discounted returns.

    `a` and `b` have one shape. It takes log₂ n steps on whole arrays (W. D. Hillis, G. L. Steele, Data parallel
    algorithms, 1986), in which factors are multiplied with each other first.

    >>> ag.linear_recurrence(ag.tensor([0.5, 0.5, 0.5]), ag.tensor([1.0, 1.0, 1.0])).numpy()
    array([1.  , 1.5 , 1.75])
    """
    if tuple(a.shape) != tuple(b.shape) or not a.shape:
        raise ArgumentError(f"a and b must have one shape of at least one axis, not {a.shape} and {b.shape}")
    step = 1
    while step < b.shape[-1]:
        later = b[..., step:] + a[..., step:] * b[..., :-step]
        b = xp.concatenate([b[..., :step], later], axis=-1)
        a = xp.concatenate([a[..., :step], a[..., step:] * a[..., :-step]], axis=-1)
        step *= 2
    return b * 1 if step == 1 else b


def _factor_rule(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    return _backwards(xp, a, g) * xp.concatenate([xp.zeros_like(out[..., :1]), out[..., :-1]], axis=-1)


linear_recurrence.rules(a=_factor_rule, b=lambda xp, g, out, a, b: _backwards(xp, a, g))


def _cumulative(
    xp: Any, x: Any, axis: int | None, dtype: Any, include_initial: bool, over: Any, neutral: Any
) -> Any:  # fmt: skip
    if not x.ndim:
        raise ArgumentError("an array of at least one axis is needed")
    if axis is None and x.ndim > 1:
        raise ArgumentError(f"an array of {x.ndim} axes needs to be told along which: give axis=")
    along = 0 if axis is None else axis
    found = over(x, axis=along, dtype=dtype)
    if not include_initial:
        return found
    shape = list(found.shape)
    shape[along] = 1
    first = xp.broadcast_to(neutral(xp.sum(found, axis=along, keepdims=True)), tuple(shape))
    return xp.concatenate([first, found], axis=along)


@composed(notation=r"\operatorname{{cumsum}}({x})")
def cumulative_sum(
    xp: Any, x: Any, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:  # fmt: skip
    """The sum of all elements up to each along `axis`, before which `include_initial` puts the sum of none, 0.

    >>> ag.cumulative_sum(ag.tensor([1.0, 2.0]), include_initial=True).numpy()
    array([0., 1., 3.])
    """
    return _cumulative(xp, x, axis, dtype, include_initial, xp.cumsum, xp.zeros_like)


@composed(notation=r"\operatorname{{cumprod}}({x})")
def cumulative_prod(
    xp: Any, x: Any, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:  # fmt: skip
    """The product of all elements up to each along `axis`, before which `include_initial` puts that of none, 1.

    >>> ag.cumulative_prod(ag.tensor([2.0, 3.0]), include_initial=True).numpy()
    array([1., 2., 6.])
    """
    return _cumulative(xp, x, axis, dtype, include_initial, xp.cumprod, xp.ones_like)
