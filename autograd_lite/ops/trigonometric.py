"""Trigonometric and hyperbolic functions, element by element."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.op import elementwise, operation


@elementwise(
    lambda xp, out, x: 1 - out * out, notation=r"\tanh {x}", prime=r"\tanh'({x})", direct=True, activation=True
)
def tanh(xp: Any, x: Any) -> Any:
    """The hyperbolic tangent, element by element.

    >>> ag.tanh(ag.tensor([0.0])).numpy()
    array([0.])
    """
    return xp.tanh(x)


@elementwise(lambda xp, out, x: xp.cos(x), notation=r"\sin {x}", prime=r"\cos {x}", direct=True)
def sin(xp: Any, x: Any) -> Any:
    """The sine of an angle in radians, element by element.

    >>> ag.sin(ag.tensor([0.0])).numpy()
    array([0.])
    """
    return xp.sin(x)


@elementwise(lambda xp, out, x: -xp.sin(x), notation=r"\cos {x}", prime=r"-\sin {x}", direct=True)
def cos(xp: Any, x: Any) -> Any:
    """The cosine of an angle in radians, element by element.

    >>> ag.cos(ag.tensor([0.0])).numpy()
    array([1.])
    """
    return xp.cos(x)


@elementwise(lambda xp, out, x: 1 + out * out, notation=r"\tan {x}", prime=r"\tan'({x})", direct=True)
def tan(xp: Any, x: Any) -> Any:
    """The tangent of an angle in radians, element by element.

    >>> ag.tan(ag.tensor([0.0])).numpy()
    array([0.])
    """
    return xp.tan(x)


# (1 - x)(1 + x) is 1 - x² without the rounding of x².
@elementwise(
    lambda xp, out, x: 1 / xp.sqrt((1 - x) * (1 + x)),
    notation=r"\arcsin {x}",
    prime=r"\frac{{1}}{{\sqrt{{1 - {x}^2}}}}",
    direct=True,
)
def arcsin(xp: Any, x: Any) -> Any:
    """The angle in radians whose sine is `x`, element by element; nan outside [-1, 1], as in NumPy.

    >>> ag.arcsin(ag.tensor([1.0])).numpy()
    array([1.57079633])
    """
    return xp.arcsin(x)


@elementwise(
    lambda xp, out, x: -1 / xp.sqrt((1 - x) * (1 + x)),
    notation=r"\arccos {x}",
    prime=r"-\frac{{1}}{{\sqrt{{1 - {x}^2}}}}",
    direct=True,
)
def arccos(xp: Any, x: Any) -> Any:
    """The angle in radians whose cosine is `x`, element by element; nan outside [-1, 1], as in NumPy.

    >>> ag.arccos(ag.tensor([1.0])).numpy()
    array([0.])
    """
    return xp.arccos(x)


@elementwise(lambda xp, out, x: 1 / (1 + x * x), notation=r"\arctan {x}", prime=r"\frac{{1}}{{1 + {x}^2}}", direct=True)
def arctan(xp: Any, x: Any) -> Any:
    """The angle in radians whose tangent is `x`, element by element.

    >>> ag.arctan(ag.tensor([1.0])).numpy()
    array([0.78539816])
    """
    return xp.arctan(x)


@elementwise(lambda xp, out, x: xp.cosh(x), notation=r"\sinh {x}", prime=r"\cosh {x}", direct=True)
def sinh(xp: Any, x: Any) -> Any:
    """The hyperbolic sine, element by element.

    >>> ag.sinh(ag.tensor([0.0])).numpy()
    array([0.])
    """
    return xp.sinh(x)


@elementwise(lambda xp, out, x: xp.sinh(x), notation=r"\cosh {x}", prime=r"\sinh {x}", direct=True)
def cosh(xp: Any, x: Any) -> Any:
    """The hyperbolic cosine, element by element.

    >>> ag.cosh(ag.tensor([0.0])).numpy()
    array([1.])
    """
    return xp.cosh(x)


@elementwise(
    lambda xp, out, x: 1 / xp.sqrt(1 + x * x),
    notation=r"\operatorname{{arsinh}} {x}",
    prime=r"\frac{{1}}{{\sqrt{{1 + {x}^2}}}}",
    direct=True,
)
def arcsinh(xp: Any, x: Any) -> Any:
    """The number whose hyperbolic sine is `x`, element by element.

    >>> ag.arcsinh(ag.tensor([0.0])).numpy()
    array([0.])
    """
    return xp.arcsinh(x)


@elementwise(
    lambda xp, out, x: 1 / xp.sqrt((x - 1) * (x + 1)),
    notation=r"\operatorname{{arcosh}} {x}",
    prime=r"\frac{{1}}{{\sqrt{{{x}^2 - 1}}}}",
    direct=True,
)
def arccosh(xp: Any, x: Any) -> Any:
    """The number whose hyperbolic cosine is `x`, element by element; nan below 1, as in NumPy.

    >>> ag.arccosh(ag.tensor([1.0])).numpy()
    array([0.])
    """
    return xp.arccosh(x)


@elementwise(
    lambda xp, out, x: 1 / ((1 - x) * (1 + x)),
    notation=r"\operatorname{{artanh}} {x}",
    prime=r"\frac{{1}}{{1 - {x}^2}}",
    direct=True,
)
def arctanh(xp: Any, x: Any) -> Any:
    """The number whose hyperbolic tangent is `x`, element by element; nan outside [-1, 1], as in NumPy.

    >>> ag.arctanh(ag.tensor([0.0])).numpy()
    array([0.])
    """
    return xp.arctanh(x)


def _over_square(xp: Any, part: Any, y: Any, x: Any) -> Any:
    # part / (x² + y²) without overflow; 0 at the origin, where no direction is that of the point.
    length = xp.hypot(x, y)
    nowhere = length == 0
    length = xp.where(nowhere, 1, length)
    return xp.where(nowhere, 0, part) / length / length


@operation(notation=r"\operatorname{{arctan2}}({y}, {x})", direct=True, spreads=True, analytic=False)
def arctan2(xp: Any, y: Any, x: Any) -> Any:
    """The angle of the point (`x`, `y`) in radians, element by element; note that `y` comes first.

    At the origin the derivatives are taken to be 0.

    >>> ag.arctan2(ag.tensor([1.0, -1.0]), ag.tensor([1.0, 1.0])).numpy()
    array([ 0.78539816, -0.78539816])
    """
    return xp.arctan2(y, x)


arctan2.rules(
    y=lambda xp, g, out, y, x: g * _over_square(xp, x, y, x),
    x=lambda xp, g, out, y, x: -g * _over_square(xp, y, y, x),
)


# Not composed, nor is the way back: which dtype whole numbers become is NumPy's to say.
@elementwise(
    lambda xp, out, x: math.pi / 180,
    notation=r"\operatorname{{deg2rad}}({x})",
    prime=r"\frac{{\pi}}{{180}}",
    symbol="° → rad",
    direct=True,
    linear=True,
    analytic=False,
)
def deg2rad(xp: Any, x: Any) -> Any:
    """Degrees as radians, element by element.

    >>> ag.deg2rad(ag.tensor([180.0])).numpy()
    array([3.14159265])
    """
    return xp.deg2rad(x)


@elementwise(
    lambda xp, out, x: 180 / math.pi,
    notation=r"\operatorname{{rad2deg}}({x})",
    prime=r"\frac{{180}}{{\pi}}",
    symbol="rad → °",
    direct=True,
    linear=True,
    analytic=False,
)
def rad2deg(xp: Any, x: Any) -> Any:
    """Radians as degrees, element by element.

    >>> ag.rad2deg(ag.tensor([3.141592653589793])).numpy()
    array([180.])
    """
    return xp.rad2deg(x)


# What the derivative of sinc has in the powers of x², divided by x.
_SINC_SERIES = [(-1) ** k * math.pi ** (2 * k) * 2 * k / math.factorial(2 * k + 1) for k in range(1, 14)]


def _sinc_slope(xp: Any, out: Any, x: Any) -> Any:
    # (cos πx - sinc x) / x loses its digits around 0, and has no value at it: there its Taylor series stands instead,
    # so that derivatives of every order are right at 0 too.
    near = xp.absolute(x) < 0.5
    inside = xp.where(near, x, 0)
    square, series = inside * inside, _SINC_SERIES[-1]
    for factor in _SINC_SERIES[-2::-1]:
        series = series * square + factor
    outside = xp.where(near, 1, x)
    return xp.where(near, series * inside, (xp.cos(math.pi * outside) - out) / outside)


# Not composed: sin(πx) / πx has no value at 0.
@elementwise(
    _sinc_slope,
    notation=r"\operatorname{{sinc}}({x})",
    prime=r"\operatorname{{sinc}}'({x})",
    analytic=False,
    direct=True,
)
def sinc(xp: Any, x: Any) -> Any:
    """sin(πx) / πx, element by element, 1 at 0.

    >>> ag.sinc(ag.tensor([0.0, 0.5])).numpy()
    array([1.        , 0.63661977])
    """
    return xp.sinc(x)
