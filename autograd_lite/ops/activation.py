r"""Activation functions, numerically stable at ±1000 with no warning.

Softmax-like functions work along `axis`, by default the last: one row is one example.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.op import elementwise, operation


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
