"""The affine map z = x Wᵀ + b.

Examples are rows; a weight is `(out, in)`, so that on one example z = W x + b, the chapter's own form.
Must not know activations or networks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.dtypes import cast
from nn.initializers import generator, scaled_normal
from nn.module import Module
from nn.parameter import Parameter

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
        inputs, outputs = whole("Linear: inputs", inputs), whole("Linear: outputs", outputs)
        if inputs < 1 or outputs < 1:
            raise ag.ArgumentError(f"Linear: a layer from {inputs} to {outputs} numbers has no weights")
        weight, bias = _initial(initializer, generator(rng), outputs, inputs)
        self.weight = Parameter(weight, dtype=dtype, name=f"W{name}")
        self.bias = Parameter(bias, dtype=dtype, name=f"b{name}")

    def forward(self, x: Any) -> Tensor:
        weight = self.weight
        if not isinstance(x, Tensor):
            x = ag.asarray(x, name="x")
        if x.dtype is not weight.dtype:
            x = cast(x, weight.dtype)  # a layer computes in the dtype of its weights
        z: Tensor
        try:
            z = x @ weight.T + self.bias
        except ag.ShapeError:
            raise ag.ShapeError(
                f"{self.label or 'Linear'}: the input has shape {x.shape}, but {weight.name} {weight.shape} takes "
                f"({weight.shape[1]},) for one example or (examples, {weight.shape[1]}) for several"
            ) from None
        return z

    def extra_repr(self) -> str:
        return f"{self.weight.shape[1]}, {self.weight.shape[0]}, dtype={self.weight.dtype}"


def _initial(initializer: Initializer, rng: np.random.Generator, outputs: int, inputs: int) -> tuple[Any, Any]:
    """What the initializer gives, seen to be a weight and a bias of the layer's shapes."""
    if not callable(initializer):
        raise ag.ArgumentError(
            f"Linear: the initializer is a function such as nn.scaled_normal, not {initializer!r:.50}"
        )
    made = initializer(rng, outputs, inputs)
    shapes = [np.shape(part) for part in made] if isinstance(made, tuple | list) else []
    if shapes != [(outputs, inputs), (outputs,)]:
        raise ag.ShapeError(
            f"Linear: the initializer must give a weight of shape {(outputs, inputs)} and a bias of shape "
            f"{(outputs,)}, not {shapes or repr(made)[:60]}"
        )
    return made[0], made[1]
