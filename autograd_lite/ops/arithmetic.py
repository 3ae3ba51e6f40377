r"""Arithmetic, powers, signs and what a division leaves, element by element.

Rules name no broadcasting: the engine sums a gradient back to its argument's shape. At the kink of |x| they take the
subgradient of smallest norm, zero.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.backend import SCALARS
from autograd_lite.errors import ArgumentError
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


# Not composed: which dtypes it computes in is NumPy's to say.
@operation(notation=r"{x}^{{{y}}}", symbol="xʸ", direct=True, binds=10, spreads=True)
def float_power(xp: Any, x: Any, y: Any) -> Any:
    """Raise `x` to the power `y`, element by element, in float64: whole numbers to negative powers give fractions.

    >>> ag.float_power(ag.tensor([2]), -1).numpy()
    array([0.5])
    """
    return xp.float_power(x, y)


float_power.rules(x=_power_in_base, y=_power_in_exponent)


@elementwise(
    lambda xp, out, x: -out * out,
    notation=r"\frac{{1}}{{{x}}}",
    prime=r"-\frac{{1}}{{{x}^2}}",
    symbol="1/x",
    direct=True,
)
def reciprocal(xp: Any, x: Any) -> Any:
    """1 / x, element by element; of whole numbers the whole part, as in NumPy.

    >>> ag.reciprocal(ag.tensor([4.0])).numpy()
    array([0.25])
    """
    return xp.reciprocal(x)


@elementwise(
    lambda xp, out, x: xp.ones_like(x), notation=r"+{x}", prime=r"1", symbol="+x", direct=True, linear=True, binds=3
)
def positive(xp: Any, x: Any) -> Any:
    """The number itself, element by element, in a new array.

    >>> ag.positive(ag.tensor([1.0, -2.0])).numpy()
    array([ 1., -2.])
    """
    return xp.positive(x)


positive.rules(x=lambda xp, g, out, x: g)


@operation(notation=r"\operatorname{{conjugate}}({x})", direct=True, linear=True, spreads=True, analytic=False)
def conjugate(xp: Any, x: Any) -> Any:
    """The complex conjugate, element by element; a real number is its own.

    >>> ag.conjugate(ag.tensor([1.0, -2.0])).numpy()
    array([ 1., -2.])
    """
    return xp.conjugate(x)


conjugate.rules(x=lambda xp, g, out, x: g)


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


@elementwise(
    lambda xp, out, x: 1 / (3 * out * out),
    notation=r"\operatorname{{cbrt}}({x})",
    prime=r"\operatorname{{cbrt}}'({x})",
    symbol="∛",
    direct=True,
    analytic=False,
)
def cbrt(xp: Any, x: Any) -> Any:
    """The cube root, element by element, of negative numbers too; its derivative at 0 is infinite.

    >>> ag.cbrt(ag.tensor([8.0, -8.0])).numpy()
    array([ 2., -2.])
    """
    return xp.cbrt(x)


def _direction(xp: Any, part: Any, length: Any) -> Any:
    # 0 at length 0, in the second derivative too.
    nowhere = length == 0
    return xp.where(nowhere, 0, part) / xp.where(nowhere, 1, length)


# Not composed: the root of x² + y² overflows, and has no derivative at 0.
@operation(notation=r"\operatorname{{hypot}}({x}, {y})", direct=True, spreads=True, analytic=False)
def hypot(xp: Any, x: Any, y: Any) -> Any:
    """The root of x² + y², element by element, without overflow; its derivatives at the origin are 0.

    >>> ag.hypot(ag.tensor([3.0, 3e200]), ag.tensor([4.0, 4e200])).numpy()
    array([5.e+000, 5.e+200])
    """
    return xp.hypot(x, y)


hypot.rules(
    x=lambda xp, g, out, x, y: g * _direction(xp, x, out),
    y=lambda xp, g, out, x, y: g * _direction(xp, y, out),
)


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


@elementwise(
    lambda xp, out, x: xp.sign(x),
    notation=r"\operatorname{{fabs}}({x})",
    prime=r"\operatorname{{sign}}({x})",
    symbol="|x|",
    analytic=False,
    direct=True,
)
def fabs(xp: Any, x: Any) -> Any:
    """The absolute value as a floating-point number, element by element; its derivative at 0 is 0.

    >>> ag.fabs(ag.tensor([-3, 0])).numpy()
    array([3., 0.])
    """
    return xp.fabs(x)


@operation(notation=r"\operatorname{{copysign}}({x}, {y})", analytic=False, direct=True, spreads=True)
def copysign(xp: Any, x: Any, y: Any) -> Any:
    """|x| with the sign of `y`, element by element; its derivative at x = 0 is 0, and `y` gets none.

    >>> ag.copysign(ag.tensor([1.0, -2.0]), ag.tensor([-1.0, -0.0])).numpy()
    array([-1., -2.])
    """
    return xp.copysign(x, y)


copysign.rules(x=lambda xp, g, out, x, y: g * xp.sign(x) * xp.copysign(xp.ones_like(x), y), y=None)


@operation(notation=r"\operatorname{{sign}}({x})", analytic=False, direct=True, spreads=True)
def sign(xp: Any, x: Any) -> Any:
    """-1, 0 or 1, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.sign(ag.tensor([-3.0, 0.0])).numpy()
    array([-1.,  0.])
    """
    return xp.sign(x)


@operation(notation=r"\operatorname{{divmod}}({x}, {y})", symbol="÷ %", analytic=False, spreads=True, parts=2)
def divmod(xp: Any, x: Any, y: Any) -> Any:
    """The whole quotient ⌊x / y⌋ and what remains, element by element; a tuple.

    The quotient's derivative is taken to be 0 everywhere, that of the remainder by `y` is -⌊x / y⌋.

    >>> [part.numpy().tolist() for part in ag.divmod(ag.tensor([7.0, -7.0]), 4.0)]
    [[1.0, -2.0], [3.0, 1.0]]
    """
    return xp.floor_divide(x, y), xp.remainder(x, y)


divmod.rules(
    x=lambda xp, g, out, x, y: g[1],
    y=lambda xp, g, out, x, y: -g[1] * out[0],
)


@operation(notation=r"\operatorname{{floordiv}}({x}, {y})", symbol="//", analytic=False, direct=True, spreads=True)
def floor_divide(xp: Any, x: Any, y: Any) -> Any:
    """The whole quotient ⌊x / y⌋, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.floor_divide(ag.tensor([7.0, -7.0]), 4.0).numpy()
    array([ 1., -2.])
    """
    return xp.floor_divide(x, y)


@operation(notation=r"\operatorname{{mod}}({x}, {y})", symbol="%", analytic=False, direct=True, spreads=True)
def remainder(xp: Any, x: Any, y: Any) -> Any:
    """What x / y leaves, with the sign of `y`, element by element.

    Its derivative by `x` is 1, that by `y` is -⌊x / y⌋, at the jumps too.

    >>> ag.remainder(ag.tensor([7.0, -7.0]), 4.0).numpy()
    array([3., 1.])
    """
    return xp.remainder(x, y)


remainder.rules(
    x=lambda xp, g, out, x, y: g,
    y=lambda xp, g, out, x, y: -g * xp.floor_divide(x, y),
)


@operation(notation=r"\operatorname{{fmod}}({x}, {y})", symbol="fmod", analytic=False, direct=True, spreads=True)
def fmod(xp: Any, x: Any, y: Any) -> Any:
    """What x / y leaves, with the sign of `x`, element by element.

    Its derivative by `x` is 1, that by `y` is the quotient without its fraction, negated.

    >>> ag.fmod(ag.tensor([7.0, -7.0]), 4.0).numpy()
    array([ 3., -3.])
    """
    return xp.fmod(x, y)


# (x - out) / y is whole but for its rounding; x / y could be rounded up to the next whole number.
fmod.rules(
    x=lambda xp, g, out, x, y: g,
    y=lambda xp, g, out, x, y: -g * xp.rint((x - out) / y),
)


@operation(notation=r"\operatorname{{nan\_to\_num}}({x})", symbol="nan→0", analytic=False, linear=True, spreads=True)
def nan_to_num(
    xp: Any, x: Any, *, copy: bool = True, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Any:
    """Numbers in the place of nan and of infinities (the largest there are, where None), element by element.

    What was replaced gets a gradient of 0. A result is always a new array, so `copy=False` is refused.

    >>> ag.nan_to_num(ag.tensor([1.0, float("nan")]), nan=9.0).numpy()
    array([1., 9.])
    """
    if not copy:
        raise ArgumentError("nan_to_num gives a new array always: leave out copy=False")
    return xp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


nan_to_num.rules(x=lambda xp, g, out, x, **params: xp.where(xp.isfinite(x), g, 0))


@operation(notation=r"\operatorname{{heaviside}}({x}, {y})", symbol="H", analytic=False, direct=True, spreads=True)
def heaviside(xp: Any, x: Any, y: Any) -> Any:
    """0 below 0, 1 above, and `y` at 0, element by element; `x` gets no gradient.

    >>> ag.heaviside(ag.tensor([-2.0, 0.0, 2.0]), 0.5).numpy()
    array([0. , 0.5, 1. ])
    """
    return xp.heaviside(x, y)


heaviside.rules(x=None, y=lambda xp, g, out, x, y: xp.where(x == 0, g, 0))
