"""The exponential function and the logarithm, element by element."""

from __future__ import annotations

from typing import Any

from autograd_lite.op import elementwise


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
