"""Exponential functions and logarithms of every base, and of sums that would overflow, element by element."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.op import elementwise, operation
from autograd_lite.ops.activation import sigmoid

_LN_2 = math.log(2.0)
_LN_10 = math.log(10.0)


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


@elementwise(lambda xp, out, x: out * _LN_2, notation=r"2^{{{x}}}", prime=r"2^{{{x}}} \ln 2", symbol="2ˣ", direct=True)
def exp2(xp: Any, x: Any) -> Any:
    """2 to the power `x`, element by element.

    >>> ag.exp2(ag.tensor([3.0])).numpy()
    array([8.])
    """
    return xp.exp2(x)


# eˣ, and not out + 1, which has lost what is small beside 1.
@elementwise(lambda xp, out, x: xp.exp(x), notation=r"e^{{{x}}} - 1", prime=r"e^{{{x}}}", symbol="eˣ−1", direct=True)
def expm1(xp: Any, x: Any) -> Any:
    """eˣ - 1, element by element, exact for small `x`.

    >>> ag.expm1(ag.tensor([0.0, 1e-20])).numpy()
    array([0.e+00, 1.e-20])
    """
    return xp.expm1(x)


@elementwise(
    lambda xp, out, x: (1 / _LN_2) / x,
    notation=r"\operatorname{{log2}} {x}",
    prime=r"\frac{{1}}{{{x} \ln 2}}",
    symbol="log₂",
    direct=True,
)
def log2(xp: Any, x: Any) -> Any:
    """The logarithm to the base 2, element by element; -inf at 0 and nan below, as in NumPy.

    >>> ag.log2(ag.tensor([8.0])).numpy()
    array([3.])
    """
    return xp.log2(x)


@elementwise(
    lambda xp, out, x: (1 / _LN_10) / x,
    notation=r"\operatorname{{log10}} {x}",
    prime=r"\frac{{1}}{{{x} \ln 10}}",
    symbol="log₁₀",
    direct=True,
)
def log10(xp: Any, x: Any) -> Any:
    """The logarithm to the base 10, element by element; -inf at 0 and nan below, as in NumPy.

    >>> ag.log10(ag.tensor([1000.0])).numpy()
    array([3.])
    """
    return xp.log10(x)


@elementwise(
    lambda xp, out, x: 1 / (1 + x), notation=r"\ln(1 + {x})", prime=r"\frac{{1}}{{1 + {x}}}", symbol="ln1p", direct=True
)
def log1p(xp: Any, x: Any) -> Any:
    """ln(1 + x), element by element, exact for small `x`.

    >>> ag.log1p(ag.tensor([0.0, 1e-20])).numpy()
    array([0.e+00, 1.e-20])
    """
    return xp.log1p(x)


def _share(xp: Any, x: Any, y: Any, scale: float = 1.0) -> Any:
    # What x has of the sum, σ(x - y). Two equal infinities share evenly: their difference is not looked at.
    tie = xp.logical_and(x == y, xp.isinf(x))
    apart = xp.where(tie, 0, x) - xp.where(tie, 0, y)
    return sigmoid(apart if scale == 1.0 else scale * apart)


# Not composed: max(x, y) + ln(1 + e^-|x - y|) has a kink at x = y in each of its two parts, and the sum has none.
@operation(notation=r"\ln(e^{{{x}}} + e^{{{y}}})", direct=True, spreads=True, analytic=False)
def logaddexp(xp: Any, x: Any, y: Any) -> Any:
    """ln(eˣ + eʸ), element by element, without overflow; two equal infinities share the gradient evenly.

    >>> ag.logaddexp(ag.tensor([1000.0]), 1000.0).numpy()
    array([1000.69314718])
    """
    return xp.logaddexp(x, y)


logaddexp.rules(
    x=lambda xp, g, out, x, y: g * _share(xp, x, y),
    y=lambda xp, g, out, x, y: g * _share(xp, y, x),
)


@operation(notation=r"\operatorname{{log2}}(2^{{{x}}} + 2^{{{y}}})", direct=True, spreads=True, analytic=False)
def logaddexp2(xp: Any, x: Any, y: Any) -> Any:
    """The logarithm to the base 2 of 2ˣ + 2ʸ, element by element, without overflow.

    >>> ag.logaddexp2(ag.tensor([1000.0]), 1000.0).numpy()
    array([1001.])
    """
    return xp.logaddexp2(x, y)


logaddexp2.rules(
    x=lambda xp, g, out, x, y: g * _share(xp, x, y, _LN_2),
    y=lambda xp, g, out, x, y: g * _share(xp, y, x, _LN_2),
)
