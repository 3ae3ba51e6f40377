"""Trigonometric and hyperbolic functions, element by element."""

from __future__ import annotations

from typing import Any

from autograd_lite.op import elementwise


@elementwise(
    lambda xp, out, x: 1 - out * out, notation=r"\tanh {x}", prime=r"\tanh'({x})", direct=True, activation=True
)
def tanh(xp: Any, x: Any) -> Any:
    """The hyperbolic tangent, element by element.

    >>> ag.tanh(ag.tensor([0.0])).numpy()
    array([0.])
    """
    return xp.tanh(x)
