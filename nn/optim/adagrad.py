"""Adagrad, whose steps are divided by the root of the sum of the gradient's squares.

Written with the library's own operations under `no_grad`. Must not know models or costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.optim.numbers import Number
from nn.optim.penalties import Penalised


class Adagrad(Penalised):
    """Gradient descent divided by the root of a sum of squares: s ← s + g², w ← w - lr g / (√s + ε).

    `weight_decay`, `l1` and groups are as in `nn.SGD`. Raises `ArgumentError` for numbers out of range. Source:
    J. Duchi, E. Hazan and Y. Singer, Adaptive subgradient methods for online learning, 2011, with the diagonal alone.

    >>> w = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = nn.Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([0.9])
    """

    lr = Number("the learning rate", positive=True)
    epsilon = Number("epsilon")

    def __init__(
        self,
        parameters: Iterable[Tensor] | Iterable[Mapping[str, Any]],
        lr: float = 0.01,
        epsilon: float = 1e-10,
        weight_decay: float = 0.0,
        l1: float = 0.0,
    ) -> None:
        super().__init__(parameters)
        self.lr, self.epsilon = lr, epsilon
        self.sums = self.zeros()
        self.weight_decay, self.l1 = weight_decay, l1

    def step(self) -> None:
        """Change every parameter that has a gradient by one step."""
        with ag.no_grad():
            for group in self.groups or (self,):
                lr, epsilon = group.lr, group.epsilon
                for parameter, gradient, squares in self.moving(self.sums, group=group):
                    squares.assign(squares + ag.square(gradient))
                    parameter -= lr * gradient / (ag.sqrt(squares) + epsilon)
