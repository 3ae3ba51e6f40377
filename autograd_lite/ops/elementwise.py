r"""Arithmetic, powers, comparisons and choices, element by element.

Rules name no broadcasting: the engine sums a gradient back to its argument's shape. At kinks they
take the minimum-norm subgradient: zero for |x| and for clip at a bound, an even split at ties.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.backend import SCALARS, native
from autograd_lite.op import elementwise, operation


@operation(notation=r"{x} + {y}", symbol="+", direct=True, binds=2, spreads=True)
def add(xp: Any, x: Any, y: Any) -> Any:
    """Add element by element, with NumPy's broadcasting.

    >>> ag.add(ag.tensor([1.0, 2.0]), 10.0)
    tensor([11., 12.], dtype=float64)
    """
    return xp.add(x, y)


add.rules(x=lambda xp, g, out, x, y: g, y=lambda xp, g, out, x, y: g)


@operation(notation=r"{x} - {y}", symbol="−", direct=True, binds=2, spreads=True)
def subtract(xp: Any, x: Any, y: Any) -> Any:
    """Subtract element by element, with NumPy's broadcasting.

    >>> ag.subtract(ag.tensor([1.0, 2.0]), 1.0).numpy()
    array([0., 1.])
    """
    return xp.subtract(x, y)


subtract.rules(x=lambda xp, g, out, x, y: g, y=lambda xp, g, out, x, y: -g)


@operation(notation=r"{x} \odot {y}", symbol="⊙", direct=True, linear=True, binds=6, spreads=True)
def multiply(xp: Any, x: Any, y: Any) -> Any:
    """The Hadamard product: multiply element by element, with NumPy's broadcasting.

    >>> ag.multiply(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])).numpy()
    array([3., 8.])
    """
    return xp.multiply(x, y)


multiply.rules(x=lambda xp, g, out, x, y: g * y, y=lambda xp, g, out, x, y: g * x)


@operation(notation=r"\frac{{{x}}}{{{y}}}", symbol="÷", direct=True, binds=8, spreads=True)
def divide(xp: Any, x: Any, y: Any) -> Any:
    """Divide element by element, with NumPy's broadcasting.

    >>> ag.divide(ag.tensor([1.0, 2.0]), 4.0).numpy()
    array([0.25, 0.5 ])
    """
    return xp.divide(x, y)


divide.rules(x=lambda xp, g, out, x, y: g / y, y=lambda xp, g, out, x, y: -g * out / y)


@operation(notation=r"{x}^{{{y}}}", symbol="xʸ", direct=True, binds=10, spreads=True)
def power(xp: Any, x: Any, y: Any) -> Any:
    """Raise `x` to the power `y`, element by element.

    >>> ag.power(ag.tensor([2.0, 3.0]), 2).numpy()
    array([4., 9.])
    """
    return xp.power(x, y)


def _power_in_base(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    # y x^(y-1), which is 0 for y = 0 even where x^(-1) is infinite.
    if isinstance(y, SCALARS):
        if y == 0:
            return xp.zeros_like(g)
        return g * y if y == 1 else g * (y * (x if y == 2 else xp.power(x, y - 1)))
    constant = y == 0
    return xp.where(constant, 0, g * y * xp.power(x, xp.where(constant, 1, y - 1)))


def _power_in_exponent(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    # x^y ln x, which is 0 at x = 0 for y >= 0: the logarithm there is of 1, not of 0.
    return g * out * xp.log(xp.where(xp.logical_and(x == 0, y >= 0), 1, x))


power.rules(x=_power_in_base, y=_power_in_exponent)


@elementwise(
    lambda xp, out, x: -xp.ones_like(x), notation=r"-{x}", prime=r"-1", symbol="−", direct=True, linear=True, binds=3
)
def negative(xp: Any, x: Any) -> Any:
    """The number with the other sign, element by element.

    >>> ag.negative(ag.tensor([1.0, -2.0])).numpy()
    array([-1.,  2.])
    """
    return xp.negative(x)


negative.rules(x=lambda xp, g, out, x: -g)


@elementwise(lambda xp, out, x: out, notation=r"e^{{{x}}}", prime=r"e^{{{x}}}", direct=True)
def exp(xp: Any, x: Any) -> Any:
    """The exponential function, element by element.

    >>> ag.exp(ag.tensor([0.0])).numpy()
    array([1.])
    """
    return xp.exp(x)


@elementwise(lambda xp, out, x: 1 / x, notation=r"\ln {x}", prime=r"\frac{{1}}{{{x}}}", symbol="ln", direct=True)
def log(xp: Any, x: Any) -> Any:
    """The natural logarithm, element by element; -inf at 0 and nan below, as in NumPy.

    >>> ag.log(ag.tensor([1.0])).numpy()
    array([0.])
    """
    return xp.log(x)


@elementwise(
    lambda xp, out, x: 0.5 / out,
    notation=r"\sqrt{{{x}}}",
    prime=r"\frac{{1}}{{2\sqrt{{{x}}}}}",
    symbol="√",
    direct=True,
)
def sqrt(xp: Any, x: Any) -> Any:
    """The square root, element by element; its derivative at 0 is infinite.

    >>> ag.sqrt(ag.tensor([4.0])).numpy()
    array([2.])
    """
    return xp.sqrt(x)


@elementwise(lambda xp, out, x: 2 * x, notation=r"{x}^2", prime=r"2{x}", symbol="x²", direct=True, binds=10)
def square(xp: Any, x: Any) -> Any:
    """The square, element by element.

    >>> ag.square(ag.tensor([3.0])).numpy()
    array([9.])
    """
    return xp.square(x)


# Zero at 0: the subgradient of smallest norm.
@elementwise(
    lambda xp, out, x: xp.sign(x),
    notation=r"|{x}|",
    prime=r"\operatorname{{sign}}({x})",
    symbol="|x|",
    analytic=False,
    direct=True,
)
def absolute(xp: Any, x: Any) -> Any:
    """The absolute value, element by element; its derivative at 0 is 0.

    >>> ag.absolute(ag.tensor([-3.0, 0.0])).numpy()
    array([3., 0.])
    """
    return xp.absolute(x)


def _winner(xp: Any, g: Any, mine: Any, other: Any) -> Any:
    # All of g where this argument wins, half of it at a tie.
    return xp.where(mine == other, g * 0.5, xp.where(mine, g, 0))


@operation(notation=r"\max({x}, {y})", symbol="max", analytic=False, direct=True, spreads=True)
def maximum(xp: Any, x: Any, y: Any) -> Any:
    """The larger of two numbers, element by element; a tie shares its gradient evenly.

    >>> ag.maximum(ag.tensor([1.0, 5.0]), 3.0).numpy()
    array([3., 5.])
    """
    return xp.maximum(x, y)


maximum.rules(
    x=lambda xp, g, out, x, y: _winner(xp, g, x >= y, y >= x),
    y=lambda xp, g, out, x, y: _winner(xp, g, y >= x, x >= y),
)


@operation(notation=r"\min({x}, {y})", symbol="min", analytic=False, direct=True, spreads=True)
def minimum(xp: Any, x: Any, y: Any) -> Any:
    """The smaller of two numbers, element by element; a tie shares its gradient evenly.

    >>> ag.minimum(ag.tensor([1.0, 5.0]), 3.0).numpy()
    array([1., 3.])
    """
    return xp.minimum(x, y)


minimum.rules(
    x=lambda xp, g, out, x, y: _winner(xp, g, x <= y, y <= x),
    y=lambda xp, g, out, x, y: _winner(xp, g, y <= x, x <= y),
)


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


@operation(notation=r"\operatorname{{clip}}({x})", analytic=False, spreads=True)
def clip(xp: Any, x: Any, *, min: Any = None, max: Any = None) -> Any:
    """Limit to the interval [`min`, `max`]; the derivative is 0 outside and at the bounds.

    >>> ag.clip(ag.tensor([-2.0, 0.5, 2.0]), -1, 1).numpy()
    array([-1. ,  0.5,  1. ])
    """
    return xp.clip(x, min, max)


def _clip_rule(xp: Any, g: Any, out: Any, x: Any, *, min: Any, max: Any) -> Any:
    if min is not None:
        g = xp.where(x <= min, 0, g)
    return g if max is None else xp.where(x >= max, 0, g)


clip.rules(x=_clip_rule)


# Data, never differentiable: their rules are missing on purpose.


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


@operation(notation=r"\operatorname{{sign}}({x})", analytic=False, direct=True, spreads=True)
def sign(xp: Any, x: Any) -> Any:
    """-1, 0 or 1, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.sign(ag.tensor([-3.0, 0.0])).numpy()
    array([-1.,  0.])
    """
    return xp.sign(x)


@operation(notation=r"\operatorname{{isfinite}}({x})", analytic=False, direct=True, spreads=True)
def isfinite(xp: Any, x: Any) -> Any:
    """Whether a number is neither infinite nor nan, element by element.

    >>> ag.isfinite(ag.tensor([1.0, float("inf")])).numpy()
    array([ True, False])
    """
    return xp.isfinite(x)


@operation(notation=r"0", flops=0, spreads=True)
def zeros_like(xp: Any, x: Any) -> Any:
    """Zeros of the shape and dtype of `x`.

    >>> ag.zeros_like(ag.tensor([1.0, 2.0])).numpy()
    array([0., 0.])
    """
    return xp.zeros_like(x)


@operation(notation=r"1", flops=0, spreads=True)
def ones_like(xp: Any, x: Any) -> Any:
    """Ones of the shape and dtype of `x`.

    >>> ag.ones_like(ag.tensor([1.0, 2.0])).numpy()
    array([1., 1.])
    """
    return xp.ones_like(x)


@operation(notation=r"{x}", symbol="astype", analytic=False, moves=True, spreads=True)
def astype(xp: Any, x: Any, *, dtype: Any) -> Any:
    """`x` in another dtype; the gradient comes back in the dtype of `x`.

    >>> ag.astype(ag.tensor([1.5]), "float32").dtype
    dtype('float32')
    """
    return x.astype(native(dtype))


astype.rules(x=lambda xp, g, out, x, *, dtype: g)
