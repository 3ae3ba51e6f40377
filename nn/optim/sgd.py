"""Gradient descent, plain and with momentum.

Written with the library's own operations under `no_grad`: a step is ordinary operations whose results are
assigned to the parameters. Must not know models or costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.optim.numbers import Number
from nn.optim.penalties import Penalised


class SGD(Penalised):
    """Gradient descent: w ← w - lr ∂C/∂w for every parameter that has a gradient.

    With `momentum` μ a velocity v ← μ v + ∂C/∂w takes the gradient's place, and with `nesterov`
    ∂C/∂w + μ v does. Without momentum no velocities are kept; they begin at zero when it is set. `weight_decay` and
    `l1` are the book's λ over n: to the gradients of weights, not of biases, they add λ/n w and λ/n sgn(w).
    `parameters` may be in groups, dictionaries with numbers of their own. Raises
    `ArgumentError` for no parameters, a result among them, or a rate or momentum out of range.
    Source: I. Sutskever and others, On the importance of initialization and momentum in deep learning, 2013.

    >>> w = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = nn.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy()
    array([0.8])
    """

    lr = Number("the learning rate", positive=True)
    momentum = Number("the momentum", high=1)

    velocities: list[Tensor]

    def __init__(
        self,
        parameters: Iterable[Tensor] | Iterable[Mapping[str, Any]],
        lr: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        l1: float = 0.0,
    ) -> None:
        super().__init__(parameters)
        self.velocities = self.zeros() if self.groups else []
        self.lr = lr
        self.momentum = momentum
        self.nesterov = bool(nesterov)
        if nesterov and not any([momentum, *(group.momentum for group in self.groups)]):
            raise ag.ArgumentError("SGD: nesterov needs a momentum above 0")
        self.weight_decay, self.l1 = weight_decay, l1

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "momentum" and value and not self.velocities:
            self.velocities = self.zeros()

    def step(self) -> None:
        """Change every parameter that has a gradient by one step."""
        with ag.no_grad():
            for group in self.groups or (self,):
                lr, momentum = group.lr, group.momentum
                if not momentum:
                    for parameter, gradient in self.moving(group=group):
                        parameter -= lr * gradient
                    continue
                for parameter, gradient, velocity in self.moving(self.velocities, group=group):
                    velocity.assign(momentum * velocity + gradient)
                    parameter -= lr * (gradient + momentum * velocity if self.nesterov else velocity)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take numbers and velocities from `state`; see `Optimizer.load_state_dict`."""
        velocities = self.velocities
        if not velocities and isinstance(state, Mapping) and any(str(path).startswith("velocities.") for path in state):
            self.velocities = self.zeros()
        try:
            super().load_state_dict(state)
        except BaseException:
            self.velocities = velocities
            raise
