r"""Arithmetic, powers and signs, element by element.

Rules name no broadcasting: the engine sums a gradient back to its argument's shape. At the kink of |x| they take the
subgradient of smallest norm, zero.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.backend import SCALARS
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
