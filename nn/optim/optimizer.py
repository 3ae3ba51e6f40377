"""Optimisers, written with the library's own operations under `no_grad`.

A step is therefore ordinary operations whose results are assigned to the parameters, and their
state is tensors like any other. Must not know models or costs.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor


class Optimizer:
    """The base of the optimisers: the parameters they change; each writes `step`."""

    # A compiled step watches the attributes of optimisers through this.
    __watched__ = True

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        self.parameters = _checked(type(self).__name__, parameters)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        ag.touch()

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters:
            parameter.grad = None

    def step(self) -> None:
        """Change every parameter that has a gradient by one step; written by each optimiser."""
        raise NotImplementedError(f"{type(self).__name__} has no step")

    def _zeros(self) -> list[Tensor]:
        """A state for every parameter, beginning at zero."""
        return [_zeros_like(parameter) for parameter in self.parameters]


def _zeros_like(parameter: Tensor) -> Tensor:
    with ag.no_grad():
        return ag.zeros_like(parameter)


def _number(held: str, words: str, high: float = float("inf"), positive: bool = False) -> Any:
    """A property that holds a Python float from 0 to below `high`; a NumPy float64 would widen float32 parameters."""

    def check(self: Any, value: Any) -> None:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if not (isfinite(number) and 0 <= number < high) or (positive and number == 0):
            bounds = f" below {high:g}" if isfinite(high) else ""
            kind = "a positive number" if positive else "0 or a positive number"
            raise ag.ArgumentError(f"{type(self).__name__}: {words} must be {kind}{bounds}, not {value!r}")
        setattr(self, held, number)

    doc = f"{words.capitalize()}; it can be set anew at any time."
    return property(lambda self: getattr(self, held), check, doc=doc)


class SGD(Optimizer):
    """Gradient descent: w ← w - lr ∂C/∂w for every parameter that has a gradient.

    With `momentum` μ a velocity v ← μ v + ∂C/∂w takes the gradient's place, and with `nesterov`
    ∂C/∂w + μ v does. Raises `ArgumentError` for no parameters, a result among them, or a rate or
    momentum out of range. Source: I. Sutskever and others, On the importance of initialization and
    momentum in deep learning, 2013.

    >>> w = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = nn.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy()
    array([0.8])
    """

    lr = _number("_lr", "the learning rate", positive=True)
    momentum = _number("_momentum", "the momentum", 1)

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False) -> None:
        super().__init__(parameters)
        self.lr = lr
        self.momentum = momentum
        self.nesterov = bool(nesterov)
        if nesterov and not momentum:
            raise ag.ArgumentError("SGD: nesterov needs a momentum above 0")
        self.velocities = self._zeros()

    def step(self) -> None:
        """Change every parameter that has a gradient by one step."""
        lr, momentum = ag.live(self, "_lr"), ag.live(self, "_momentum")
        with ag.no_grad():
            moving = bool(momentum)
            for parameter, velocity in zip(self.parameters, self.velocities, strict=True):
                gradient = parameter.grad
                if gradient is None or not parameter.requires_grad:
                    continue
                if moving:
                    velocity.assign(momentum * velocity + gradient)
                    gradient = gradient + momentum * velocity if self.nesterov else velocity
                parameter -= lr * gradient


class Adam(Optimizer):
    """Gradient descent with steps scaled by running means of the gradient and of its square.

    m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², w ← w - lr m̂ / (√v̂ + ε), with m̂ and v̂ freed of
    their start at zero. Raises `ArgumentError` for numbers out of range.
    Source: D. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, algorithm 1.

    >>> w = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = nn.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([0.9])
    """

    lr = _number("_lr", "the learning rate", positive=True)
    beta1 = _number("_beta1", "the first beta", 1)
    beta2 = _number("_beta2", "the second beta", 1)
    epsilon = _number("_epsilon", "epsilon")

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters)
        self.lr = lr
        self.beta1, self.beta2 = betas
        self.epsilon = epsilon
        self.means, self.squares = self._zeros(), self._zeros()
        # Counted on each parameter's own device, in double precision: 1 - β₂ᵗ is small at first.
        with ag.no_grad():
            self.counts = [ag.sum(ag.zeros_like(p)).astype(float) for p in self.parameters[:1]]

    def step(self) -> None:
        """Change every parameter that has a gradient by one step."""
        lr, epsilon = ag.live(self, "_lr"), ag.live(self, "_epsilon")
        beta1, beta2 = ag.live(self, "_beta1"), ag.live(self, "_beta2")
        count = self.counts[0]
        with ag.no_grad():
            count.assign(count + 1)
            rates = ag.divide(lr, 1 - ag.power(beta1, count))
            roots = ag.sqrt(1 - ag.power(beta2, count))
            of: dict[Any, tuple[Tensor, Tensor]] = {}
            for parameter, mean, square in zip(self.parameters, self.means, self.squares, strict=True):
                gradient = parameter.grad
                if gradient is None or not parameter.requires_grad:
                    continue
                dtype = parameter.dtype
                if dtype not in of:
                    of[dtype] = (rates, roots) if dtype == count.dtype else (rates.astype(dtype), roots.astype(dtype))
                rate, root = of[dtype]
                mean.assign(beta1 * mean + (1 - beta1) * gradient)
                square.assign(beta2 * square + (1 - beta2) * ag.square(gradient))
                parameter -= rate * mean / (ag.sqrt(square) / root + epsilon)


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
        if any(parameter is earlier for earlier in found[:i]):
            raise ag.ArgumentError(f"{optimizer}: parameter {i}, {parameter.name or 'unnamed'}, is given twice")
    return found
