"""The chapter's network: affine maps with an activation after each.

Examples are rows, so aˡ = f(aˡ⁻¹ Wˡᵀ + bˡ). Must not know costs, training or the closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.initializers import generator, scaled_normal
from nn.layers import ACTIVATIONS, Initializer, Linear
from nn.module import Module


class MLP(Module):
    """The network of chapter 2: `sizes[0]` inputs, then layers aˡ = f(aˡ⁻¹ Wˡᵀ + bˡ), `sizes[-1]` outputs.

    `activation` names f; `output` names that of the last layer where it differs: `"identity"` for a
    cost from logits. `rng` is a generator or a seed. Its tensors are called W1, b1, z1, a1, …; the book counts
    the inputs as layer 1, so that its first weights are W2: `first_layer=2` names them its way.

    >>> model = nn.MLP([64, 30, 10], rng=0)
    >>> model(np.zeros((5, 64))).shape
    (5, 10)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "sigmoid",
        rng: Any = None,
        dtype: Any = np.float32,
        output: str | None = None,
        initializer: Initializer = scaled_normal,
        first_layer: int = 1,
    ) -> None:
        self.sizes = _sizes(sizes)
        for name in (activation, output or activation):
            if not isinstance(name, str) or name not in ACTIVATIONS:
                raise ag.ArgumentError(f"MLP: no activation {name!r}: choose one of {', '.join(ACTIVATIONS)}")
        self.first_layer = whole("MLP: first_layer", first_layer, 0)
        rng = generator(rng)
        self.layers = [
            Linear(n, m, rng, dtype, initializer, name=str(number))
            for number, (n, m) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), start=self.first_layer)
        ]
        self.activation = ACTIVATIONS[activation]()
        self.output = ACTIVATIONS[output or activation]() if output not in (None, activation) else self.activation
        for number, layer in enumerate(self.layers, start=self.first_layer):
            layer.label = f"layer {number}"

    def forward(self, x: Any) -> Tensor:
        a = x
        last = self.first_layer + len(self.layers) - 1
        for number, layer in enumerate(self.layers, start=self.first_layer):
            z = layer(a)
            z.name = f"z{number}"
            # By its forward alone: an activation needs no scope of its own inside the network's.
            a = (self.output if number == last else self.activation).forward(z)
            if a is not z:
                a.name = f"a{number}"
        return a  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        return str(list(self.sizes)) + (f", first_layer={self.first_layer}" if self.first_layer != 1 else "")


def _sizes(sizes: Any) -> tuple[int, ...]:
    """Numbers of neurons, layer by layer, the inputs first."""
    try:
        given = list(sizes)
        found = tuple(int(size) for size in given)
        exact = all(not isinstance(size, str) and int(size) == size for size in given)
    except (TypeError, ValueError, OverflowError):
        one = ": all sizes are one list, MLP([4, 3, 2]) instead of MLP(4, 3, 2)" if isinstance(sizes, int) else ""
        raise ag.ArgumentError(
            f"MLP: sizes {sizes!r:.60} must be whole numbers of neurons, as in [64, 30, 10]{one}"
        ) from None
    if len(found) < 2:
        raise ag.ArgumentError(f"MLP: sizes {given} make no layer: give at least inputs and outputs")
    if not exact:
        raise ag.ArgumentError(f"MLP: sizes {given} must be whole numbers of neurons")
    return found
