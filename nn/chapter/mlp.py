"""The layers: an affine map, activations, and the chapter's network built from them.

Examples are rows; a weight is `(out, in)`, so z = a Wᵀ + b, and on one example z = W a + b.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.initializers import generator, scaled_normal
from nn.module import Module

Initializer = Callable[[np.random.Generator, int, int], tuple[np.ndarray, np.ndarray]]


class Linear(Module):
    """z = x Wᵀ + b, from `inputs` to `outputs` numbers an example.

    `x` has shape (inputs,) or (examples, inputs); plain arrays are taken in the dtype of the weight.
    Raises `ShapeError` for another last axis.

    >>> nn.Linear(3, 2, rng=0)(np.zeros((5, 3))).shape
    (5, 2)
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        rng: Any = None,
        dtype: Any = np.float32,
        initializer: Initializer = scaled_normal,
        name: str = "",
    ) -> None:
        if inputs < 1 or outputs < 1:
            raise ag.ArgumentError(f"Linear: a layer from {inputs} to {outputs} numbers has no weights")
        weight, bias = initializer(generator(rng), outputs, inputs)
        self.weight = ag.tensor(weight, requires_grad=True, dtype=dtype, name=f"W{name}")
        self.bias = ag.tensor(bias, requires_grad=True, dtype=dtype, name=f"b{name}")

    def forward(self, x: Any) -> Tensor:
        weight = self.weight
        if not isinstance(x, Tensor):
            x = ag.asarray(x, dtype=weight.dtype, name="x")
        elif x.dtype is not weight.dtype and x.dtype != weight.dtype:
            name = x.name
            x = x.astype(weight.dtype)  # a layer computes in the dtype of its weights
            x.name = name if x.node is None else None
        z: Tensor
        try:
            z = x @ weight.T + self.bias
        except ag.ShapeError as error:
            raise ag.ShapeError(
                f"{self.label or 'Linear'}: the input has shape {x.shape}, but {weight.name} {weight.shape} takes "
                f"({weight.shape[1]},) for one example or (examples, {weight.shape[1]}) for several"
            ) from error
        return z

    def extra_repr(self) -> str:
        return f"{self.weight.shape[1]}, {self.weight.shape[0]}, dtype={self.weight.dtype}"


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


class Dropout(Module):
    """While training, each number is dropped with probability `p` and the others are divided by 1 - p.

    In evaluation it changes nothing. `rng` is a `numpy.random.Generator` or a seed; a compiled step
    draws fresh numbers from the same stream. Raises `ArgumentError` for p outside [0, 1).
    Source: N. Srivastava and others, Dropout, 2014; scaled in training, so that evaluation needs nothing.

    >>> layer = nn.Dropout(0.5, rng=0)
    >>> layer(np.ones(6)).numpy()
    array([2., 0., 0., 0., 2., 2.])
    >>> layer.eval()(np.ones(2))
    array([1., 1.])
    """

    def __init__(self, p: float = 0.5, rng: Any = None) -> None:
        if not 0 <= p < 1:
            raise ag.ArgumentError(f"Dropout: p must be at least 0 and below 1, not {p!r}")
        self.p = float(p)
        self.rng = generator(rng)

    def forward(self, x: Any) -> Any:
        if not self.training:
            return x
        p = ag.live(self, "p")
        x = ag.asarray(x)
        kept = ag.random_like(x, self.rng) >= p
        return x * kept * (1 / (1 - p))

    def extra_repr(self) -> str:
        return f"{self.p:g}"


ACTIVATIONS: dict[str, type[Module]] = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU, "identity": Identity}


class MLP(Module):
    """The network of chapter 2: `sizes[0]` inputs, then layers aˡ = f(aˡ⁻¹ Wˡᵀ + bˡ), `sizes[-1]` outputs.

    `activation` names f; `output` names that of the last layer where it differs: `"identity"` for a
    cost from logits. `rng` is a generator or a seed. Its tensors are called W1, b1, z1, a1, …

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
    ) -> None:
        if len(sizes) < 2:
            raise ag.ArgumentError(f"MLP: sizes {list(sizes)} make no layer: give at least inputs and outputs")
        if any(int(size) != size for size in sizes):
            raise ag.ArgumentError(f"MLP: sizes {list(sizes)} must be whole numbers of neurons")
        for name in (activation, output or activation):
            if name not in ACTIVATIONS:
                raise ag.ArgumentError(f"MLP: no activation {name!r}: choose one of {', '.join(ACTIVATIONS)}")
        rng = generator(rng)
        self.sizes = tuple(int(size) for size in sizes)
        self.layers = [
            Linear(n, m, rng, dtype, initializer, name=str(number))
            for number, (n, m) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), start=1)
        ]
        self.activation = ACTIVATIONS[activation]()
        self.output = ACTIVATIONS[output or activation]() if output not in (None, activation) else self.activation
        for number, layer in enumerate(self.layers, start=1):
            layer.label = f"layer {number}"

    def forward(self, x: Any) -> Tensor:
        a = x
        last = len(self.layers)
        for number, layer in enumerate(self.layers, start=1):
            z = layer(a)
            z.name = f"z{number}"
            # By its forward alone: an activation needs no scope of its own inside the network's.
            a = (self.output if number == last else self.activation).forward(z)
            if a is not z:
                a.name = f"a{number}"
        return a  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        return str(list(self.sizes))
