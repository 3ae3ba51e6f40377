"""Optimisers, written with the library's own operations under `no_grad`.

A step is therefore ordinary operations whose results are assigned to the parameters. Must not know
models or costs.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor


class SGD:
    """Gradient descent: w ← w - lr ∂C/∂w for every parameter that has a gradient.

    Raises `ArgumentError` for no parameters, a result among them, or a learning rate that is not a
    positive number.

    >>> w = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = nn.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy()
    array([0.8])
    """

    # A compiled step watches the attributes of optimisers through this.
    __watched__ = True

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        ag.touch()

    def __init__(self, parameters: Iterable[Tensor], lr: float) -> None:
        self.parameters = _checked(type(self).__name__, parameters)
        self.lr = lr

    @property
    def lr(self) -> float:
        """The learning rate η; it can be set anew at any time."""
        return self._lr

    @lr.setter
    def lr(self, value: float) -> None:
        # A NumPy float64 would turn float32 parameters into float64: a Python float does not.
        self._lr = _positive("the learning rate", value)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters:
            parameter.grad = None

    def step(self) -> None:
        """Change every parameter that has a gradient by one step."""
        with ag.no_grad():
            for parameter in self.parameters:
                gradient = parameter.grad
                if gradient is not None and parameter.requires_grad:
                    parameter -= ag.live(self, "_lr") * gradient


def _checked(optimizer: str, parameters: Iterable[Tensor]) -> list[Tensor]:
    if isinstance(parameters, Tensor):
        raise ag.ArgumentError(f"{optimizer}: give a list of tensors, as in [w] or model.parameters()")
    found = list(parameters)
    if not found:
        raise ag.ArgumentError(f"{optimizer}: there are no parameters to train")
    for i, parameter in enumerate(found):
        if not isinstance(parameter, Tensor) or parameter.node is not None:
            raise ag.ArgumentError(
                f"{optimizer}: parameter {i} is {parameter!r:.80}, but only leaf tensors can be trained"
            )
    return found


def _positive(what: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not (isfinite(number) and number > 0):
        raise ag.ArgumentError(f"{what} must be a positive number, not {value!r}")
    return number
