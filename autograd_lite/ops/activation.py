r"""Activation functions, numerically stable at ±1000 with no warning.

Softmax-like functions work along `axis`, by default the last: one row is one example.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_lite.errors import ArgumentError, AxisError, ShapeError
from autograd_lite.op import composed, elementwise, operation


# e⁻ˣ may be infinite on the way to 0, which is right: hence quiet.
@elementwise(
    lambda xp, out, x: out * (1 - out),
    notation=r"\sigma({x})",
    prime=r"\sigma'({x})",
    symbol="σ",
    quiet=True,
    activation=True,
)
def sigmoid(xp: Any, x: Any) -> Any:
    """The logistic function 1 / (1 + e⁻ˣ), element by element.

    >>> ag.sigmoid(ag.tensor([0.0, 1000.0])).numpy()
    array([0.5, 1. ])
    """
    return 1 / (1 + xp.exp(-x))


# 0 at the kink, the subgradient of smallest norm; `not x <= 0` lets nan pass.
@elementwise(
    lambda xp, out, x: xp.logical_not(x <= 0),
    notation=r"\operatorname{{relu}}({x})",
    prime=r"\operatorname{{relu}}'({x})",
    analytic=False,
    activation=True,
)
def relu(xp: Any, x: Any) -> Any:
    """max(x, 0), element by element; its derivative at 0 is 0.

    >>> ag.relu(ag.tensor([-1.0, 2.0])).numpy()
    array([0., 2.])
    """
    return xp.maximum(x, 0)


# ln(1 + eˣ) = max(x, 0) + ln(1 + e^-|x|), in which nothing overflows.
@elementwise(
    lambda xp, out, x: sigmoid(x), notation=r"\ln(1 + e^{{{x}}})", prime=r"\sigma({x})", analytic=False, activation=True
)
def softplus(xp: Any, x: Any) -> Any:
    """ln(1 + eˣ), element by element, without overflow.

    >>> ag.softplus(ag.tensor([0.0, 1000.0])).numpy()
    array([6.93147181e-01, 1.00000000e+03])
    """
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.absolute(x)))


@elementwise(
    lambda xp, out, x: sigmoid(-x),
    notation=r"\ln \sigma({x})",
    prime=r"\sigma(-{x})",
    symbol="ln σ",
    analytic=False,
    activation=True,
)
def log_sigmoid(xp: Any, x: Any) -> Any:
    """ln σ(x), element by element, without overflow or ln 0.

    >>> ag.log_sigmoid(ag.tensor([-1000.0])).numpy()
    array([-1000.])
    """
    return xp.minimum(x, 0) - xp.log1p(xp.exp(-xp.absolute(x)))


@operation(notation=r"\operatorname{{softmax}}({x})", analytic=False, activation=True)
def softmax(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """eˣ / Σ eˣ along `axis`, without overflow.

    >>> ag.softmax(ag.tensor([0.0, 0.0])).numpy()
    array([0.5, 0.5])
    """
    shifted = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return shifted / xp.sum(shifted, axis=axis, keepdims=True)


softmax.rules(x=lambda xp, g, out, x, *, axis: out * (g - xp.sum(g * out, axis=axis, keepdims=True)))


@operation(notation=r"\ln \operatorname{{softmax}}({x})", symbol="ln softmax", analytic=False, activation=True)
def log_softmax(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """x - ln Σ eˣ along `axis`, without overflow.

    >>> ag.log_softmax(ag.tensor([1000.0, -1000.0])).numpy()
    array([    0., -2000.])
    """
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


log_softmax.rules(x=lambda xp, g, out, x, *, axis: g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True))


@composed(notation=r"\operatorname{{softmin}}({x})", analytic=False)
def softmin(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """e⁻ˣ / Σ e⁻ˣ along `axis`, without overflow.

    >>> ag.softmin(ag.tensor([0.0, 1000.0])).numpy()
    array([1., 0.])
    """
    return xp.softmax(-x, axis=axis)


def _joined(xp: Any, x: Any, below: Callable[[Any], Any], slope: Any) -> Any:
    """`x` above 0 and `below(slope)` under it, which has that slope at 0; the smaller of it and 1 is taken there.

    Of slopes of both signs there is 0 between them, and that is taken.
    """
    if hasattr(slope, "shape"):
        return xp.where(x > 0, x, below(xp.where(x == 0, xp.clip(slope, 0, 1), slope)))
    if slope > 1:
        return xp.where(x >= 0, x, below(slope))
    joined = xp.where(x > 0, x, below(slope))
    return xp.where(x == 0, 0, joined) if slope < 0 else joined


@composed(notation=r"\operatorname{{leakyrelu}}({x})", analytic=False, spreads=True)
def leaky_relu(xp: Any, x: Any, *, negative_slope: float = 0.01) -> Any:
    """`x` above 0 and `negative_slope` · x below, element by element.

    Its derivative at 0 is the slope between both that is closest to 0: `negative_slope` where that is from 0 to 1.

    >>> ag.leaky_relu(ag.tensor([-1.0, 2.0])).numpy()
    array([-0.01,  2.  ])
    """
    return _joined(xp, x, lambda slope: slope * x, negative_slope)


@composed(notation=r"\operatorname{{prelu}}({x}, {weight})", analytic=False, spreads=True)
def prelu(xp: Any, x: Any, weight: Any) -> Any:
    """`x` above 0 and `weight` ⊙ x below, element by element; `weight` is learned, and broadcasts.

    Its derivative at 0 is that of `leaky_relu`, and 0 with respect to `weight`.

    >>> ag.prelu(ag.tensor([[-1.0, -2.0]]), ag.tensor([0.5, 0.25])).numpy()
    array([[-0.5, -0.5]])
    """
    return _joined(xp, x, lambda slope: slope * x, weight)


# The branch of e^x sees no number above 0, where it would overflow.
@composed(notation=r"\operatorname{{elu}}({x})", analytic=False, spreads=True)
def elu(xp: Any, x: Any, *, alpha: float = 1.0) -> Any:
    """`x` above 0 and α (eˣ - 1) below, element by element.

    Its derivative at 0 is the slope between α and 1 that is closest to 0: `alpha` where that is from 0 to 1.

    Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units (2016).

    >>> ag.elu(ag.tensor([-1000.0, 2.0])).numpy()
    array([-1.,  2.])
    """
    return _joined(xp, x, lambda slope: slope * xp.expm1(xp.where(x > 0, 0, x)), alpha)


@composed(notation=r"\operatorname{{celu}}({x})", analytic=False, spreads=True)
def celu(xp: Any, x: Any, *, alpha: float = 1.0) -> Any:
    """`x` above 0 and α (e^(x/α) - 1) below, element by element; its derivative at 0 is 1.

    Barron, Continuously differentiable exponential linear units (2017).

    >>> ag.celu(ag.tensor([-1000.0, 2.0]), alpha=0.5).numpy()
    array([-0.5,  2. ])
    """
    return xp.where(x > 0, x, alpha * xp.expm1(xp.where(x > 0, 0, x) / alpha))


_SELU_SCALE, _SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


@composed(notation=r"\operatorname{{selu}}({x})", analytic=False, spreads=True)
def selu(xp: Any, x: Any) -> Any:
    """λ elu(x) with the λ and α that keep means at 0 and variances at 1, element by element; its derivative at 0 is λ.

    Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks (2017).

    >>> ag.selu(ag.tensor([0.0, 1.0])).numpy()
    array([0.        , 1.05070099])
    """
    return _SELU_SCALE * xp.elu(x, alpha=_SELU_ALPHA)


@composed(notation=r"\operatorname{{gelu}}({x})", analytic=False, spreads=True)
def gelu(xp: Any, x: Any, *, approximate: str = "none") -> Any:
    """x Φ(x), with the normal distribution Φ, element by element; with `approximate="tanh"` its approximation by tanh.

    Hendrycks and Gimpel, Gaussian error linear units (2016).

    >>> ag.gelu(ag.tensor([-1.0, 1.0])).numpy(), ag.gelu(ag.tensor(1.0), approximate="tanh").item()
    (array([-0.15865525,  0.84134475]), 0.8411919906082768)
    """
    if approximate == "none":
        return 0.5 * x * xp.erfc(x * -math.sqrt(0.5))  # erfc keeps the digits where Φ is small
    if approximate == "tanh":  # (1 + tanh u) / 2 = σ(2u), which keeps them too
        return x * xp.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x * x * x))
    raise ArgumentError(f'gelu(x, approximate={approximate!r}): it is "none" for the exact function, or "tanh"')


@composed(notation=r"{x} \odot \sigma({x})", symbol="silu", spreads=True, analytic=False)
def silu(xp: Any, x: Any) -> Any:
    """x σ(x), element by element, also called swish.

    >>> ag.silu(ag.tensor([0.0, 1000.0])).numpy()
    array([   0., 1000.])
    """
    return x * xp.sigmoid(x)


@composed(notation=r"\operatorname{{mish}}({x})", analytic=False, spreads=True)
def mish(xp: Any, x: Any) -> Any:
    """x tanh(ln(1 + eˣ)), element by element.

    Misra, Mish: a self regularized non-monotonic activation function (2019).

    >>> ag.mish(ag.tensor([0.0, 1000.0])).numpy()
    array([   0., 1000.])
    """
    return x * xp.tanh(xp.softplus(x))


@composed(notation=r"\operatorname{{hardtanh}}({x})", analytic=False, spreads=True)
def hardtanh(xp: Any, x: Any, *, min: float = -1.0, max: float = 1.0) -> Any:
    """`x` limited to the interval [`min`, `max`], element by element; its derivative at the bounds is 0.

    >>> ag.hardtanh(ag.tensor([-2.0, 0.5])).numpy()
    array([-1. ,  0.5])
    """
    return xp.clip(x, min, max)


@composed(notation=r"\operatorname{{relu6}}({x})", analytic=False, spreads=True)
def relu6(xp: Any, x: Any) -> Any:
    """`x` limited to the interval [0, 6], element by element; its derivative at the bounds is 0.

    >>> ag.relu6(ag.tensor([-1.0, 2.0, 9.0])).numpy()
    array([0., 2., 6.])
    """
    return xp.clip(x, 0, 6)


# Not composed: formulas keep it whole, as they keep σ. What is not a number passes.
@elementwise(
    lambda xp, out, x: xp.where(xp.absolute(x) >= 3, 0, xp.ones_like(x)) / 6,
    notation=r"\operatorname{{hardsigmoid}}({x})",
    prime=r"\operatorname{{hardsigmoid}}'({x})",
    analytic=False,
    activation=True,
)
def hard_sigmoid(xp: Any, x: Any) -> Any:
    """(x + 3) / 6 limited to the interval [0, 1], element by element; its derivative at the bounds is 0.

    >>> ag.hard_sigmoid(ag.tensor([-4.0, 0.0, 4.0])).numpy()
    array([0. , 0.5, 1. ])
    """
    return xp.clip(x + 3, 0, 6) / 6


@composed(notation=r"\operatorname{{hardswish}}({x})", analytic=False, spreads=True)
def hard_swish(xp: Any, x: Any) -> Any:
    """x times the hard sigmoid of x, element by element.

    >>> ag.hard_swish(ag.tensor([-4.0, 0.0, 4.0])).numpy()
    array([-0.,  0.,  4.])
    """
    return x * xp.hard_sigmoid(x)


# Not composed: for large x, the derivative would be the difference of two numbers that are nearly equal.
@elementwise(
    lambda xp, out, x: 1 / xp.square(1 + xp.absolute(x)),
    notation=r"\operatorname{{softsign}}({x})",
    prime=r"\operatorname{{softsign}}'({x})",
    analytic=False,
    activation=True,
)
def softsign(xp: Any, x: Any) -> Any:
    """x / (1 + |x|), element by element.

    >>> ag.softsign(ag.tensor([-1.0, 3.0])).numpy()
    array([-0.5 ,  0.75])
    """
    return x / (1 + xp.absolute(x))


@composed(notation=r"\operatorname{{glu}}({x})")
def glu(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """a ⊙ σ(b), where a and b are the first and the second half of `x` along `axis`.

    Raises `ShapeError` where the axis has no halves.

    >>> ag.glu(ag.tensor([2.0, 0.0])).numpy()
    array([1.])
    """
    if not -x.ndim <= axis < x.ndim:
        raise AxisError(f"axis {axis} is out of bounds for array of dimension {x.ndim}")
    length = x.shape[axis]
    if length % 2:
        raise ShapeError(f"glu: axis {axis} has {length} elements, which are no two halves")
    before = (slice(None),) * (axis % x.ndim)
    return x[(*before, slice(0, length // 2))] * xp.sigmoid(x[(*before, slice(length // 2, length))])
