"""Special functions, in double precision, and sums that need care to be computed without overflow or cancellation.

The error functions are accurate to a few units in the last place; the gamma functions to about 1e-14, relative to the
larger of the value and 1 near their zeros on the negative axis. Numbers of less than single precision (of the gamma
and Bessel functions: of less than double) are computed in that and rounded at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from autograd_lite.errors import ArgumentError
from autograd_lite.op import composed, elementwise, operation
from autograd_lite.ops.activation import softmax
from autograd_lite.ops.reduction import restore


# The largest element is subtracted first; where it is infinite there is nothing to subtract.
@operation(notation=r"\ln \sum e^{{{x}}}", quiet=True, analytic=False, activation=True)
def logsumexp(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """ln Σ eˣ over `axis` (all axes where None), without overflow.

    >>> ag.logsumexp(ag.tensor([1000.0, 1000.0])).item()
    1000.6931471805599
    """
    top = xp.max(x, axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0)
    total = xp.sum(xp.exp(x - top), axis=axis, keepdims=True)
    out = xp.log(total) + top
    return out if keepdims else xp.squeeze(out, axis=axis if axis is not None else tuple(range(x.ndim)))


# softmax(x), and not e^(x - out): a large `out` has lost what the logarithm added to the largest element.
logsumexp.rules(x=lambda xp, g, out, x, *, axis, keepdims: restore(g, x, axis) * softmax(x, axis=axis))


def _polynomial(factors: Sequence[float], x: Any) -> Any:
    # Horner's scheme; the factor of the highest power comes first.
    value: Any = factors[0]
    for factor in factors[1:]:
        value = value * x + factor
    return value


def _computed(function: Callable[..., Any], xp: Any, x: Any, least: Any, *args: Any) -> Any:
    # The function in at least this precision, of the argument as a floating-point number, rounded to its own.
    x = xp.multiply(x, 1.0)
    if x.dtype.itemsize >= numpy.dtype(least).itemsize:
        return function(xp, x, *args)
    return function(xp, x.astype(least), *args).astype(x.dtype)


# Error functions: W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969) 631-637.

_ERF_INNER = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_ERFC_MIDDLE = (
    (
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
        2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
        3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
    ),
)  # fmt: skip
_ERFC_OUTER = (
    (
        1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
        1.60837851487422766e-2, 6.58749161529837803e-4,
    ),
    (
        1.0, 2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1, 6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)  # fmt: skip
_INNER, _OUTER = 0.46875, 4.0
_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def _ratio(factors: tuple[Sequence[float], Sequence[float]], x: Any) -> Any:
    return _polynomial(factors[0], x) / _polynomial(factors[1], x)


def _erf_inside(xp: Any, x: Any) -> Any:
    # erf for |x| <= 0.46875, 0 elsewhere.
    inside = xp.where(xp.absolute(x) <= _INNER, x, 0)
    return inside * _ratio(_ERF_INNER, inside * inside)


def _erfc_outside(xp: Any, x: Any) -> Any:
    # erfc(|x|) for |x| > 0.46875. Beyond 28 it is 0 in double precision.
    size = xp.minimum(xp.maximum(xp.absolute(x), _INNER), 28)
    middle = _ratio(_ERFC_MIDDLE, xp.minimum(size, _OUTER))
    far = xp.maximum(size, _OUTER)
    inverse = 1 / (far * far)
    outer = (1 / math.sqrt(math.pi) - inverse * _ratio(_ERFC_OUTER, inverse)) / far
    # e^-x², with x² in two parts, of which the first has no rounding.
    coarse = xp.trunc(size * 16) / 16
    falling = xp.exp(-coarse * coarse) * xp.exp(-(size - coarse) * (size + coarse))
    return falling * xp.where(size <= _OUTER, middle, outer)


def _erf(xp: Any, x: Any) -> Any:
    inside = xp.absolute(x) <= _INNER
    return xp.where(inside, _erf_inside(xp, x), xp.sign(x) * ((0.5 - _erfc_outside(xp, x)) + 0.5))


def _erfc(xp: Any, x: Any) -> Any:
    inside = xp.absolute(x) <= _INNER
    outside = _erfc_outside(xp, x)
    return xp.where(inside, 1 - _erf_inside(xp, x), xp.where(x < 0, 2 - outside, outside))


@elementwise(
    lambda xp, out, x: _TWO_OVER_ROOT_PI * xp.exp(-x * x),
    notation=r"\operatorname{{erf}}({x})",
    prime=r"\frac{{2}}{{\sqrt{{\pi}}}} e^{{-{x}^2}}",
    analytic=False,
)
def erf(xp: Any, x: Any) -> Any:
    """The error function 2/√π ∫₀ˣ e^-t² dt, element by element (Cody 1969).

    >>> ag.erf(ag.tensor([0.0, 1.0])).numpy()
    array([0.        , 0.84270079])
    """
    return _computed(_erf, xp, x, numpy.float32)


@elementwise(
    lambda xp, out, x: -_TWO_OVER_ROOT_PI * xp.exp(-x * x),
    notation=r"\operatorname{{erfc}}({x})",
    prime=r"-\frac{{2}}{{\sqrt{{\pi}}}} e^{{-{x}^2}}",
    analytic=False,
)
def erfc(xp: Any, x: Any) -> Any:
    """1 - erf(x), element by element, with all its digits where it is small (Cody 1969).

    >>> ag.erfc(ag.tensor([0.0, 10.0])).numpy()
    array([1.00000000e+00, 2.08848758e-45])
    """
    return _computed(_erfc, xp, x, numpy.float32)


# Gamma functions: Abramowitz and Stegun, Handbook of mathematical functions (1964), chapters 6 and 23.

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)  # B2, B4, …
_EULER = 0.57721566490153286


def _zeta(s: int, start: int) -> float:
    """The sum of k^-s from `start` on (Euler and Maclaurin)."""
    end = start + 20
    tail = [end ** (1 - s) / (s - 1), end**-s / 2]
    rising = float(s)
    for j, number in enumerate(_BERNOULLI, 1):
        tail.append(number / math.factorial(2 * j) * rising * end ** (-s - 2 * j + 1))
        rising *= (s + 2 * j - 1) * (s + 2 * j)
    return math.fsum([*tail, *(k**-s for k in range(start, end))])


# ln Γ(2 + z) in powers of z (6.1.33), the highest first.
_LGAMMA_AT_2 = [*((-1) ** k * _zeta(k, 2) / k for k in range(30, 1, -1)), 1 - _EULER, 0.0]
# Stirling's series in powers of 1/x² (6.1.40, 6.3.18), the highest first.
_STIRLING = [b / (2 * k * (2 * k - 1)) for k, b in enumerate(_BERNOULLI, 1)][::-1]
_PSI = [b / (2 * k) for k, b in enumerate(_BERNOULLI, 1)][::-1]
_STEPS = 10
_HALF_LN_2_PI = 0.5 * math.log(2 * math.pi)
# Where digamma is 0: a double and what is missing from it.
_ROOT, _ROOT_REST = 1.4616321449683622, 9.549995429965697e-17


def _lgamma_above_0(xp: Any, x: Any) -> Any:
    # Up to 2.5 by the series at 2, brought there by Γ(x + 1) = x Γ(x): ln Γ keeps its digits at its zeros 1 and 2.
    low = xp.minimum(x, 2.5)
    down = xp.where(low < 0.5, 0, xp.where(low < 1.5, 1, 2))
    z = low - down
    near = _polynomial(_LGAMMA_AT_2, z)
    near = near - xp.where(down < 2, xp.log1p(xp.where(down < 2, z, 0)), 0)
    near = near - xp.where(down < 1, xp.log(xp.where(down < 1, low, 1)), 0)
    # Beyond, by Stirling's series, brought above 10 in the same way.
    short = x < _STEPS
    step = xp.where(short, xp.maximum(x, 2.5), 2.5)
    product = step
    for k in range(1, _STEPS):
        product = product * (step + k)
    far = xp.where(short, step + _STEPS, x)
    inverse = 1 / far
    series = _polynomial(_STIRLING, inverse * inverse) * inverse
    large = (far - 0.5) * (xp.log(far) - 1) + (_HALF_LN_2_PI - 0.5) + series
    large = large - xp.where(short, xp.log(product), 0)
    return xp.where(x < 2.5, near, large)


def _to_nearest(xp: Any, x: Any) -> Any:
    # π times the distance to the nearest whole number: the argument of sin πx without the rounding of πx.
    return math.pi * (x - xp.rint(x))


def _lgamma(xp: Any, x: Any) -> Any:
    finite = xp.where(xp.isinf(x), 1, x)
    below = finite < 0
    above = _lgamma_above_0(xp, xp.where(below, 1 - finite, finite))
    sine = xp.sin(_to_nearest(xp, xp.where(below, finite, 0.5)))
    out = xp.where(below, math.log(math.pi) - xp.log(xp.absolute(sine)) - above, above)
    return xp.where(xp.isinf(x), math.inf, out)


# Around its zero, digamma in powers of the distance from it, the highest first: n! ζ(n + 1, x) / n! each.
_DIGAMMA_AT_ROOT: list[float] = []


def _hurwitz(xp: Any, s: int, x: Any) -> Any:
    # Σ (x + k)^-s for x > 0, by Euler and Maclaurin (23.1.30).
    total = x ** (-float(s))
    for k in range(1, _STEPS):
        total = total + (x + k) ** (-float(s))
    end = x + _STEPS
    power = end ** (-float(s))
    total = total + power * end / (s - 1) + power / 2
    inverse = (1 / end) * (1 / end)
    rising, power = float(s), power / end
    for j, number in enumerate(_BERNOULLI, 1):
        total = total + number / math.factorial(2 * j) * rising * power
        rising *= (s + 2 * j - 1) * (s + 2 * j)
        power = power * inverse
    return total


_DIGAMMA_AT_ROOT += [(-1) ** (n + 1) * _hurwitz(None, n + 1, _ROOT) for n in range(24, 0, -1)]


def _digamma_above_0(xp: Any, x: Any) -> Any:
    short = x < _STEPS
    step = xp.where(short, x, 1)
    shifted = 1 / step
    for k in range(1, _STEPS):
        shifted = shifted + 1 / (step + k)
    far = xp.where(short, step + _STEPS, x)
    inverse = (1 / far) * (1 / far)
    large = xp.log(far) - 0.5 / far - inverse * _polynomial(_PSI, inverse)
    apart = (x - _ROOT) - _ROOT_REST
    near = xp.absolute(apart) < 0.25
    apart = xp.where(near, apart, 0)
    return xp.where(near, apart * _polynomial(_DIGAMMA_AT_ROOT, apart), large - xp.where(short, shifted, 0))


def _digamma(xp: Any, x: Any) -> Any:
    finite = xp.where(xp.isinf(x), 1, x)
    below = finite <= 0
    above = _digamma_above_0(xp, xp.where(below, 1 - finite, finite))
    turn = _to_nearest(xp, xp.where(below, finite, 0.5))
    pole = turn == 0
    turn = xp.where(pole, 1, turn)
    out = xp.where(below, above - math.pi * xp.cos(turn) / xp.sin(turn), above)
    out = xp.where(pole, xp.where(x == 0, -xp.copysign(math.inf, x), math.nan), out)
    return xp.where(xp.isinf(x), xp.where(x > 0, math.inf, math.nan), out)


def _cotangent_derivative(n: int) -> list[float]:
    # The n-th derivative of π cot πx, divided by π^(n+1), as a polynomial in cot πx: P' of P is -(1 + c²) dP/dc.
    factors = [1.0, 0.0]
    for _ in range(n):
        slope = [factor * (len(factors) - 1 - i) for i, factor in enumerate(factors[:-1])]
        factors = [-(a + b) for a, b in zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope], strict=True)]
    return factors


def _polygamma(xp: Any, x: Any, n: int) -> Any:
    finite = xp.where(xp.isinf(x), 1, x)
    below = finite <= 0
    above = (-1) ** (n + 1) * math.factorial(n) * _hurwitz(xp, n + 1, xp.where(below, 1 - finite, finite))
    turn = _to_nearest(xp, xp.where(below, finite, 0.5))
    pole = turn == 0
    turn = xp.where(pole, 1, turn)
    reflected = math.pi ** (n + 1) * _polynomial(_cotangent_derivative(n), xp.cos(turn) / xp.sin(turn))
    out = xp.where(below, (-1) ** n * above - reflected, above)
    out = xp.where(pole, math.inf if n % 2 else math.nan, out)
    return xp.where(xp.isinf(x), xp.where(x > 0, 0, math.nan), out)


@operation(notation=r"\operatorname{{polygamma}}({x})", symbol="ψ⁽ⁿ⁾", analytic=False, spreads=True)
def polygamma(xp: Any, x: Any, *, order: int = 1) -> Any:
    """The derivative of digamma of this order (0, 1, 2, …), element by element; note that `x` comes first.

    At 0, -1, -2, … it is inf for odd orders, and nan for even ones.

    >>> ag.polygamma(ag.tensor([1.0]), 1).numpy()
    array([1.64493407])
    """
    if not isinstance(order, int) or order < 0:
        raise ArgumentError(
            f"polygamma(x, order): order is how often digamma is differentiated, 0, 1, 2, …, not {order!r}"
        )
    if order == 0:
        return _computed(_digamma, xp, x, numpy.float64)
    return _computed(_polygamma, xp, x, numpy.float64, order)


polygamma.rules(x=lambda xp, g, out, x, *, order: g * polygamma(x, order=order + 1))


@elementwise(
    lambda xp, out, x: polygamma(x, order=1),
    notation=r"\psi({x})",
    prime=r"\psi'({x})",
    symbol="ψ",
    analytic=False,
)
def digamma(xp: Any, x: Any) -> Any:
    """ψ(x), the derivative of ln Γ, element by element; -inf at 0 and nan at -1, -2, …, where it has no sign.

    >>> ag.digamma(ag.tensor([1.0, 2.0])).numpy()
    array([-0.57721566,  0.42278434])
    """
    return _computed(_digamma, xp, x, numpy.float64)


# The logarithm of 0 is right at the poles: hence quiet.
@elementwise(
    lambda xp, out, x: digamma(x),
    notation=r"\ln |\Gamma({x})|",
    prime=r"\psi({x})",
    symbol="ln Γ",
    quiet=True,
    analytic=False,
)
def lgamma(xp: Any, x: Any) -> Any:
    """The logarithm of |Γ(x)|, element by element; inf at 0, -1, -2 and so on.

    >>> ag.lgamma(ag.tensor([1.0, 5.0])).numpy()
    array([0.        , 3.17805383])
    """
    return _computed(_lgamma, xp, x, numpy.float64)


# Bessel functions: Abramowitz and Stegun, 9.6.10 and 9.7.1. All terms of the first have one sign.

_BESSEL_MIDDLE = 20.0
_I1_OVER_X = [0.5 / (math.factorial(k) * math.factorial(k + 1)) for k in range(44, -1, -1)]
_I1_NEAR = _I1_OVER_X[-14:]


def _i1_at_infinity(count: int) -> list[float]:
    factors = [1.0]
    for k in range(1, count):
        factors.append(-factors[-1] * (4 - (2 * k - 1) ** 2) / (8 * k))
    return factors[::-1]


_I1_FAR = _i1_at_infinity(32)


def _i1(xp: Any, x: Any) -> Any:
    size = xp.where(xp.isinf(x), 0, xp.absolute(x))
    half = 0.5 * xp.minimum(size, _BESSEL_MIDDLE)
    near = 2 * half * _polynomial(_I1_OVER_X, half * half)
    far = xp.maximum(size, _BESSEL_MIDDLE)
    # e^x in two factors, since it overflows before the quotient does.
    growing = xp.exp(0.5 * far)
    large = growing * (_polynomial(_I1_FAR, 1 / far) / xp.sqrt(2 * math.pi * far)) * growing
    out = xp.where(size <= _BESSEL_MIDDLE, near, large)
    return xp.where(xp.isinf(x), x, xp.sign(x) * out)


def _i1_slope(xp: Any, out: Any, x: Any) -> Any:
    # I0 - I1 / x; around 0 the quotient is its series, so that derivatives of every order are right there.
    near = xp.absolute(x) < 2
    half = 0.5 * xp.where(near, x, 0)
    return i0(x) - xp.where(near, _polynomial(_I1_NEAR, half * half), out / xp.where(near, 1, x))


@elementwise(_i1_slope, notation=r"I_1({x})", prime=r"I_1'({x})", symbol="I₁", analytic=False)
def i1(xp: Any, x: Any) -> Any:
    """The modified Bessel function of the first kind and order 1, element by element: the derivative of `i0`.

    >>> ag.i1(ag.tensor([0.0, 1.0])).numpy()
    array([0.       , 0.5651591])
    """
    return _computed(_i1, xp, x, numpy.float64)


@elementwise(
    lambda xp, out, x: i1(x), notation=r"I_0({x})", prime=r"I_1({x})", symbol="I₀", analytic=False, direct=True
)
def i0(xp: Any, x: Any) -> Any:
    """The modified Bessel function of the first kind and order 0, element by element.

    >>> ag.i0(ag.tensor([0.0, 1.0])).numpy()
    array([1.        , 1.26606588])
    """
    return xp.i0(x)


@composed(notation=r"{x} \odot \ln {y}", symbol="x ln y", analytic=False, spreads=True)
def xlogy(xp: Any, x: Any, y: Any) -> Any:
    """x ln y, element by element, and 0 where `x` is 0, unless `y` is nan; there, both derivatives are finite.

    >>> ag.xlogy(ag.tensor([0.0, 2.0]), ag.tensor([0.0, 1.0])).numpy()
    array([0., 0.])
    """
    nothing = (x == 0) & ((y <= 0) | (y == math.inf))
    return x * xp.log(xp.where(nothing, xp.ones_like(y if hasattr(y, "shape") else x), y))
