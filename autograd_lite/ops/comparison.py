r"""Comparisons, logic, bits, rounding, and choices between numbers, element by element.

All but the choices give data, which is never differentiable: their rules are missing on purpose. Choices have kinks,
where they take the subgradient of smallest norm: an even split at ties, zero for clip at a bound.
"""

from __future__ import annotations

from typing import Any

from autograd_lite import backend
from autograd_lite.op import operation
from autograd_lite.ops.reduction import unless_nan


@operation(notation=r"\operatorname{{where}}({condition}, {x}, {y})", analytic=False, spreads=True)
def where(xp: Any, condition: Any, x: Any, y: Any) -> Any:
    """`x` where `condition` holds and `y` elsewhere.

    The branch not taken gets a gradient of exactly zero, but a function that is infinite or
    undefined there still turns that zero into nan on its own way back: guard its argument too, as
    in `where(x > 0, sqrt(where(x > 0, x, 1)), x)`.

    >>> ag.where(ag.tensor([1.0, -1.0]) > 0, 1.0, 0.0).numpy()
    array([1., 0.])
    """
    return xp.where(condition, x, y)


where.rules(
    condition=None,
    x=lambda xp, g, out, condition, x, y: xp.where(condition, g, 0),
    y=lambda xp, g, out, condition, x, y: xp.where(condition, 0, g),
)


def _winner(xp: Any, g: Any, out: Any, mine: Any, other: Any) -> Any:
    # All of g where this argument wins, half of it at a tie.
    return unless_nan(xp, out, xp.where(mine == other, g * 0.5, xp.where(mine, g, 0)))


@operation(notation=r"\max({x}, {y})", symbol="max", analytic=False, direct=True, spreads=True)
def maximum(xp: Any, x: Any, y: Any) -> Any:
    """The larger of two numbers, element by element; a tie shares its gradient evenly.

    >>> ag.maximum(ag.tensor([1.0, 5.0]), 3.0).numpy()
    array([3., 5.])
    """
    return xp.maximum(x, y)


maximum.rules(
    x=lambda xp, g, out, x, y: _winner(xp, g, out, x >= y, y >= x),
    y=lambda xp, g, out, x, y: _winner(xp, g, out, y >= x, x >= y),
)


@operation(notation=r"\min({x}, {y})", symbol="min", analytic=False, direct=True, spreads=True)
def minimum(xp: Any, x: Any, y: Any) -> Any:
    """The smaller of two numbers, element by element; a tie shares its gradient evenly.

    >>> ag.minimum(ag.tensor([1.0, 5.0]), 3.0).numpy()
    array([1., 3.])
    """
    return xp.minimum(x, y)


minimum.rules(
    x=lambda xp, g, out, x, y: _winner(xp, g, out, x <= y, y <= x),
    y=lambda xp, g, out, x, y: _winner(xp, g, out, y <= x, x <= y),
)


@operation(notation=r"\operatorname{{fmax}}({x}, {y})", analytic=False, direct=True, spreads=True)
def fmax(xp: Any, x: Any, y: Any) -> Any:
    """The larger of two numbers, or the one that is not nan, element by element; a tie shares its gradient evenly.

    >>> ag.fmax(ag.tensor([1.0, float("nan")]), 3.0).numpy()
    array([3., 3.])
    """
    return xp.fmax(x, y)


fmax.rules(
    x=lambda xp, g, out, x, y: _winner(xp, g, out, *_but_nan(xp, x >= y, y >= x, x, y)),
    y=lambda xp, g, out, x, y: _winner(xp, g, out, *_but_nan(xp, y >= x, x >= y, y, x)),
)


@operation(notation=r"\operatorname{{fmin}}({x}, {y})", analytic=False, direct=True, spreads=True)
def fmin(xp: Any, x: Any, y: Any) -> Any:
    """The smaller of two numbers, or the one that is not nan, element by element; a tie shares its gradient evenly.

    >>> ag.fmin(ag.tensor([1.0, float("nan")]), 3.0).numpy()
    array([1., 3.])
    """
    return xp.fmin(x, y)


fmin.rules(
    x=lambda xp, g, out, x, y: _winner(xp, g, out, *_but_nan(xp, x <= y, y <= x, x, y)),
    y=lambda xp, g, out, x, y: _winner(xp, g, out, *_but_nan(xp, y <= x, x <= y, y, x)),
)


def _but_nan(xp: Any, mine: Any, other: Any, x: Any, y: Any) -> tuple[Any, Any]:
    # Whether x wins against y, or y is nan; and the other way round.
    return xp.logical_or(mine, y != y), xp.logical_or(other, x != x)


@operation(notation=r"\operatorname{{clip}}({x})", analytic=False, spreads=True)
def clip(xp: Any, x: Any, min: Any = None, max: Any = None) -> Any:
    """Limit to the interval [`min`, `max`], numbers or arrays that broadcast with `x`, each of which may be left out.

    The derivative is 0 outside and at the bounds; what is missing there goes to the bound that was taken. Where `min`
    is above `max`, the result is `max`.

    >>> ag.clip(ag.tensor([-2.0, 0.5, 2.0]), -1, 1).numpy()
    array([-1. ,  0.5,  1. ])
    """
    return xp.clip(x, min, max)


def _clip_rule(xp: Any, g: Any, out: Any, x: Any, min: Any, max: Any) -> Any:
    if min is not None:
        g = xp.where(x <= min, 0, g)
    return g if max is None else xp.where(x >= max, 0, g)


def _lower_bound_rule(xp: Any, g: Any, out: Any, x: Any, min: Any, max: Any) -> Any:
    taken = x <= min if max is None else xp.logical_and(x <= min, min < max)
    return xp.where(taken, g, 0)


def _upper_bound_rule(xp: Any, g: Any, out: Any, x: Any, min: Any, max: Any) -> Any:
    taken = x >= max if min is None else xp.logical_or(x >= max, min >= max)
    return xp.where(taken, g, 0)


clip.rules(x=_clip_rule, min=_lower_bound_rule, max=_upper_bound_rule)


@operation(notation=r"{x} = {y}", symbol="=", analytic=False, direct=True, binds=1, spreads=True)
def equal(xp: Any, x: Any, y: Any) -> Any:
    """Whether two numbers are equal, element by element.

    >>> ag.equal(ag.tensor([1.0, 2.0]), 2.0).numpy()
    array([False,  True])
    """
    return xp.equal(x, y)


@operation(notation=r"{x} \neq {y}", symbol="≠", analytic=False, direct=True, binds=1, spreads=True)
def not_equal(xp: Any, x: Any, y: Any) -> Any:
    """Whether two numbers differ, element by element.

    >>> ag.not_equal(ag.tensor([1.0, 2.0]), 2.0).numpy()
    array([ True, False])
    """
    return xp.not_equal(x, y)


@operation(notation=r"{x} < {y}", symbol="<", analytic=False, direct=True, binds=1, spreads=True)
def less(xp: Any, x: Any, y: Any) -> Any:
    """Whether `x` is smaller, element by element.

    >>> ag.less(ag.tensor([1.0, 2.0]), 2.0).numpy()
    array([ True, False])
    """
    return xp.less(x, y)


@operation(notation=r"{x} \leq {y}", symbol="≤", analytic=False, direct=True, binds=1, spreads=True)
def less_equal(xp: Any, x: Any, y: Any) -> Any:
    """Whether `x` is smaller or equal, element by element.

    >>> ag.less_equal(ag.tensor([1.0, 2.0]), 2.0).numpy()
    array([ True,  True])
    """
    return xp.less_equal(x, y)


@operation(notation=r"{x} > {y}", symbol=">", analytic=False, direct=True, binds=1, spreads=True)
def greater(xp: Any, x: Any, y: Any) -> Any:
    """Whether `x` is larger, element by element.

    >>> ag.greater(ag.tensor([1.0, 2.0]), 1.0).numpy()
    array([False,  True])
    """
    return xp.greater(x, y)


@operation(notation=r"{x} \geq {y}", symbol="≥", analytic=False, direct=True, binds=1, spreads=True)
def greater_equal(xp: Any, x: Any, y: Any) -> Any:
    """Whether `x` is larger or equal, element by element.

    >>> ag.greater_equal(ag.tensor([1.0, 2.0]), 2.0).numpy()
    array([False,  True])
    """
    return xp.greater_equal(x, y)


@operation(notation=r"{x} \wedge {y}", symbol="∧", analytic=False, direct=True, spreads=True)
def logical_and(xp: Any, x: Any, y: Any) -> Any:
    """Whether both hold, element by element.

    >>> ag.logical_and(True, False).item()
    False
    """
    return xp.logical_and(x, y)


@operation(notation=r"{x} \vee {y}", symbol="∨", analytic=False, direct=True, spreads=True)
def logical_or(xp: Any, x: Any, y: Any) -> Any:
    """Whether either holds, element by element.

    >>> ag.logical_or(True, False).item()
    True
    """
    return xp.logical_or(x, y)


@operation(notation=r"\neg {x}", symbol="¬", analytic=False, direct=True, spreads=True)
def logical_not(xp: Any, x: Any) -> Any:
    """Whether it does not hold, element by element.

    >>> ag.logical_not(True).item()
    False
    """
    return xp.logical_not(x)


@operation(notation=r"\operatorname{{isfinite}}({x})", analytic=False, direct=True, spreads=True)
def isfinite(xp: Any, x: Any) -> Any:
    """Whether a number is neither infinite nor nan, element by element.

    >>> ag.isfinite(ag.tensor([1.0, float("inf")])).numpy()
    array([ True, False])
    """
    return xp.isfinite(x)


@operation(notation=r"\operatorname{{xor}}({x}, {y})", symbol="⊻", analytic=False, direct=True, spreads=True)
def logical_xor(xp: Any, x: Any, y: Any) -> Any:
    """Whether one of two holds and the other does not, element by element.

    >>> ag.logical_xor(True, False).item()
    True
    """
    return xp.logical_xor(x, y)


@operation(notation=r"\operatorname{{isnan}}({x})", analytic=False, direct=True, spreads=True)
def isnan(xp: Any, x: Any) -> Any:
    """Whether it is nan, element by element.

    >>> ag.isnan(ag.tensor([1.0, float("nan")])).numpy()
    array([False,  True])
    """
    return xp.isnan(x)


@operation(notation=r"\operatorname{{isinf}}({x})", analytic=False, direct=True, spreads=True)
def isinf(xp: Any, x: Any) -> Any:
    """Whether it is infinite, element by element.

    >>> ag.isinf(ag.tensor([1.0, -float("inf")])).numpy()
    array([False,  True])
    """
    return xp.isinf(x)


@operation(notation=r"\operatorname{{isposinf}}({x})", analytic=False, direct=True, spreads=True)
def isposinf(xp: Any, x: Any) -> Any:
    """Whether it is infinity, element by element.

    >>> ag.isposinf(ag.tensor([float("inf"), -float("inf")])).numpy()
    array([ True, False])
    """
    return xp.isposinf(x)


@operation(notation=r"\operatorname{{isneginf}}({x})", analytic=False, direct=True, spreads=True)
def isneginf(xp: Any, x: Any) -> Any:
    """Whether it is infinity with a minus sign, element by element.

    >>> ag.isneginf(ag.tensor([float("inf"), -float("inf")])).numpy()
    array([False,  True])
    """
    return xp.isneginf(x)


@operation(notation=r"\operatorname{{signbit}}({x})", analytic=False, direct=True, spreads=True)
def signbit(xp: Any, x: Any) -> Any:
    """Whether it has a minus sign, element by element; -0.0 has one.

    >>> ag.signbit(ag.tensor([0.0, -0.0])).numpy()
    array([False,  True])
    """
    return xp.signbit(x)


@operation(notation=r"\operatorname{{isclose}}({a}, {b})", symbol="≈", analytic=False, spreads=True)
def isclose(xp: Any, a: Any, b: Any, *, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether |a - b| is at most `atol` + `rtol` |b|, element by element; nan is close to nan with `equal_nan`.

    >>> ag.isclose(ag.tensor([1.0, 2.0]), [1.0 + 1e-9, 2.1]).numpy()
    array([ True, False])
    """
    return xp.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


@operation(notation=r"\operatorname{{allclose}}({a}, {b})", symbol="≈", analytic=False)
def allclose(xp: Any, a: Any, b: Any, *, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether all elements are close, as `isclose` says it: one truth value.

    >>> bool(ag.allclose(ag.tensor([1.0, 2.0]), [1.0 + 1e-9, 2.0]))
    True
    """
    return xp.all(xp.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan))


@operation(notation=r"\operatorname{{array\_equal}}({a1}, {a2})", analytic=False)
def array_equal(xp: Any, a1: Any, a2: Any, *, equal_nan: bool = False) -> Any:
    """Whether two arrays have the same shape and the same elements: one truth value; nothing is broadcast.

    >>> bool(ag.array_equal(ag.tensor([1.0, 2.0]), [1.0, 2.0])), bool(ag.array_equal(ag.tensor([1.0, 1.0]), 1.0))
    (True, False)
    """
    if xp.shape(a1) != xp.shape(a2):
        backend.namespace(a1, a2)  # which refuses arrays of two libraries
        return xp.asarray(False)
    same = a1 == a2
    return xp.all(xp.logical_or(same, xp.logical_and(a1 != a1, a2 != a2)) if equal_nan else same)


# Bits of whole numbers and truths.


@operation(notation=r"\operatorname{{bitand}}({x}, {y})", symbol="&", analytic=False, direct=True, spreads=True)
def bitwise_and(xp: Any, x: Any, y: Any) -> Any:
    """The bits that both whole numbers have, element by element; of truths, whether both hold.

    >>> ag.bitwise_and(ag.tensor([6, 5]), 3).numpy()
    array([2, 1])
    """
    return xp.bitwise_and(x, y)


@operation(notation=r"\operatorname{{bitor}}({x}, {y})", symbol="|", analytic=False, direct=True, spreads=True)
def bitwise_or(xp: Any, x: Any, y: Any) -> Any:
    """The bits that either whole number has, element by element; of truths, whether either holds.

    >>> ag.bitwise_or(ag.tensor([6, 5]), 3).numpy()
    array([7, 7])
    """
    return xp.bitwise_or(x, y)


@operation(notation=r"\operatorname{{bitxor}}({x}, {y})", symbol="^", analytic=False, direct=True, spreads=True)
def bitwise_xor(xp: Any, x: Any, y: Any) -> Any:
    """The bits that one whole number has and the other has not, element by element.

    >>> ag.bitwise_xor(ag.tensor([6, 5]), 3).numpy()
    array([5, 6])
    """
    return xp.bitwise_xor(x, y)


@operation(notation=r"\operatorname{{invert}}({x})", symbol="~", analytic=False, direct=True, spreads=True)
def invert(xp: Any, x: Any) -> Any:
    """The bits that a whole number has not, element by element; of a truth, its opposite.

    >>> ag.invert(ag.tensor([6, 5])).numpy()
    array([-7, -6])
    """
    return xp.invert(x)


@operation(notation=r"\operatorname{{leftshift}}({x}, {y})", symbol="<<", analytic=False, direct=True, spreads=True)
def left_shift(xp: Any, x: Any, y: Any) -> Any:
    """The bits of `x` moved `y` places to the left, element by element: x · 2ʸ.

    >>> ag.left_shift(ag.tensor([6, 5]), 1).numpy()
    array([12, 10])
    """
    return xp.left_shift(x, y)


@operation(notation=r"\operatorname{{rightshift}}({x}, {y})", symbol=">>", analytic=False, direct=True, spreads=True)
def right_shift(xp: Any, x: Any, y: Any) -> Any:
    """The bits of `x` moved `y` places to the right, element by element: ⌊x / 2ʸ⌋.

    >>> ag.right_shift(ag.tensor([6, 5]), 1).numpy()
    array([3, 2])
    """
    return xp.right_shift(x, y)


# Rounding: its derivative is 0 wherever there is one, and it is taken to be 0 at the jumps.


@operation(notation=r"\operatorname{{floor}}({x})", analytic=False, direct=True, spreads=True)
def floor(xp: Any, x: Any) -> Any:
    """The largest whole number that is not above, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.floor(ag.tensor([-1.5, 1.5])).numpy()
    array([-2.,  1.])
    """
    return xp.floor(x)


@operation(notation=r"\operatorname{{ceil}}({x})", analytic=False, direct=True, spreads=True)
def ceil(xp: Any, x: Any) -> Any:
    """The smallest whole number that is not below, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.ceil(ag.tensor([-1.5, 1.5])).numpy()
    array([-1.,  2.])
    """
    return xp.ceil(x)


@operation(notation=r"\operatorname{{trunc}}({x})", analytic=False, direct=True, spreads=True)
def trunc(xp: Any, x: Any) -> Any:
    """The whole part, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.trunc(ag.tensor([-1.5, 1.5])).numpy()
    array([-1.,  1.])
    """
    return xp.trunc(x)


@operation(notation=r"\operatorname{{rint}}({x})", analytic=False, direct=True, spreads=True)
def rint(xp: Any, x: Any) -> Any:
    """The nearest whole number, element by element, the even one of two; its derivative is taken to be 0 everywhere.

    >>> ag.rint(ag.tensor([0.5, 1.4])).numpy()
    array([0., 1.])
    """
    return xp.rint(x)


@operation(notation=r"\operatorname{{round}}({x})", analytic=False, spreads=True)
def round(xp: Any, x: Any, *, decimals: int = 0) -> Any:
    """The nearest number of so many decimals, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.round(ag.tensor([0.126, 1.5]), 1).numpy()
    array([0.1, 1.5])
    """
    return xp.round(x, decimals)
