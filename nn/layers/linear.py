"""The affine map z = x Wᵀ + b.

Examples are rows; a weight is `(out, in)`, so that on one example z = W x + b, the chapter's own form.
Must not know activations or networks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.dtypes import cast
from nn.initializers import Initializer, generator, scaled_normal
from nn.layers.layer import Layer, Shape, initial, plain
from nn.parameter import Parameter


class Linear(Layer):
    """z = x Wᵀ + b, from `inputs` to `outputs` numbers an example; with `bias=False` without b, which is `None` then.

    `x` has shape (inputs,), (examples, inputs) or more leading axes; plain arrays are taken in the dtype of the
    weight. Raises `ShapeError` for another last axis.

    >>> nn.Linear(3, 2, rng=0)(np.zeros((5, 3))).shape
    (5, 2)
    """

    bias: Any  # a Tensor, or None

    def __init__(
        self,
        inputs: int,
        outputs: int,
        rng: Any = None,
        dtype: Any = np.float32,
        initializer: Initializer = scaled_normal,
        name: str = "",
        bias: bool = True,
    ) -> None:
        inputs, outputs = whole("Linear: inputs", inputs), whole("Linear: outputs", outputs)
        if inputs < 1 or outputs < 1:
            raise ag.ArgumentError(f"Linear: a layer from {inputs} to {outputs} numbers has no weights")
        weight, shift = initial("Linear", initializer, generator(rng), (outputs, inputs))
        self.weight = Parameter(weight, dtype=dtype, name=f"W{name}")
        self.bias = Parameter(shift, dtype=dtype, name=f"b{name}") if bias else None

    def takes(self) -> tuple[Shape, ...]:
        return ((..., self.weight.shape[1]),)

    def gives(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.weight.shape[0]) if shape != (...,) else (..., self.weight.shape[0])

    def forward(self, x: Any) -> Tensor:
        weight = self.weight
        if not isinstance(x, Tensor):
            x = plain(x)
        if x.dtype is not weight.dtype:
            x = cast(x, weight.dtype)  # a layer computes in the dtype of its weights
        z: Tensor
        try:
            z = x @ weight.T
            if self.bias is not None:
                z = z + self.bias
        except ag.ShapeError:
            raise ag.ShapeError(
                f"the input has shape {x.shape}, but {weight.name} {weight.shape} takes "
                f"({weight.shape[1]},) for one example or (examples, {weight.shape[1]}) for several"
            ) from None
        return z

    def extra_repr(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return f"{self.weight.shape[1]}, {self.weight.shape[0]}, dtype={self.weight.dtype}{bias}"
