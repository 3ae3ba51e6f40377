"""The activations as modules, and the name by which a network is told to use each.

Must not know networks.
"""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.module import Module


class Sigmoid(Module):
    """σ(x), element by element.

    >>> nn.Sigmoid()(ag.tensor(0.0)).item()
    0.5
    """

    def forward(self, x: Any) -> Tensor:
        return ag.sigmoid(x)


class Tanh(Module):
    """tanh x, element by element.

    >>> nn.Tanh()(ag.tensor(0.0)).item()
    0.0
    """

    def forward(self, x: Any) -> Tensor:
        return ag.tanh(x)


class ReLU(Module):
    """max(x, 0), element by element.

    >>> nn.ReLU()(ag.tensor(-1.0)).item()
    0.0
    """

    def forward(self, x: Any) -> Tensor:
        return ag.relu(x)


class Identity(Module):
    """x itself: the output of a network whose cost is computed from logits.

    >>> nn.Identity()(1.5)
    1.5
    """

    def forward(self, x: Any) -> Any:
        return x


ACTIVATIONS: dict[str, type[Module]] = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU, "identity": Identity}
