"""RMSprop, whose steps are divided by the root of a running mean of the gradient's square.

Written with the library's own operations under `no_grad`. Must not know models or costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.optim.numbers import Number
from nn.optim.penalties import Penalised


class RMSprop(Penalised):
    """Gradient descent divided by the root of a running mean of squares: v ← α v + (1 - α) g², w ← w - lr g / (√v + ε).

    With `momentum` μ a velocity u ← μ u + g / (√v + ε) takes the quotient's place. With `centered` the mean m of the
    gradient is kept as well, and the root is that of v - m². `weight_decay`, `l1` and groups are as in `nn.SGD`.
    Raises `ArgumentError` for numbers out of range. Source: T. Tieleman and G. Hinton, lecture 6e of Neural networks
    for machine learning, 2012; centred as in A. Graves, Generating sequences with recurrent neural networks, 2013,
    equation (40).

    >>> w = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = nn.RMSprop([w], lr=0.1, alpha=0.75)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([0.8])
    """

    lr = Number("the learning rate", positive=True)
    alpha = Number("alpha", high=1)
    epsilon = Number("epsilon")
    momentum = Number("the momentum", high=1)

    def __init__(
        self,
        parameters: Iterable[Tensor] | Iterable[Mapping[str, Any]],
        lr: float = 0.01,
        alpha: float = 0.99,
        epsilon: float = 1e-8,
        momentum: float = 0.0,
        centered: bool = False,
        weight_decay: float = 0.0,
        l1: float = 0.0,
    ) -> None:
        super().__init__(parameters)
        self.lr, self.alpha, self.epsilon, self.momentum = lr, alpha, epsilon, momentum
        self.centered = bool(centered)
        self.squares, self.velocities = self.zeros(), self.zeros()
        self.means = self.zeros() if centered else []
        self.weight_decay, self.l1 = weight_decay, l1

    def step(self) -> None:
        """Change every parameter that has a gradient by one step."""
        with ag.no_grad():
            for group in self.groups or (self,):
                lr, alpha, epsilon, momentum = group.lr, group.alpha, group.epsilon, group.momentum
                means = self.means if self.centered else self.squares
                for parameter, gradient, square, velocity, mean in self.moving(
                    self.squares, self.velocities, means, group=group
                ):
                    square.assign(alpha * square + (1 - alpha) * ag.square(gradient))
                    spread: Any = square
                    if self.centered:
                        mean.assign(alpha * mean + (1 - alpha) * gradient)
                        spread = ag.maximum(square - ag.square(mean), 0.0)  # rounding may take it below 0
                    move = gradient / (ag.sqrt(spread) + epsilon)
                    if momentum:
                        velocity.assign(momentum * velocity + move)
                        move = velocity
                    parameter -= lr * move
