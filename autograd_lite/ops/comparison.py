r"""Comparisons, logic, and choices between numbers, element by element.

Comparisons and logic give data, which is never differentiable: their rules are missing on purpose. Choices have kinks,
where they take the subgradient of smallest norm: an even split at ties, zero for clip at a bound.
"""

from __future__ import annotations

from typing import Any

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
