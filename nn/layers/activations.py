"""The activations as modules, and the name by which a network is told to use each.

Each is an operation of `ag` and what that takes besides x. Must not know networks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.layers.layer import Layer, Shape, number
from nn.module import Module
from nn.parameter import Parameter


class Sigmoid(Layer):
    """σ(x), element by element.

    >>> nn.Sigmoid()(ag.tensor(0.0)).item()
    0.5
    """

    def forward(self, x: Any) -> Tensor:
        return ag.sigmoid(x)


class Tanh(Layer):
    """tanh x, element by element.

    >>> nn.Tanh()(ag.tensor(0.0)).item()
    0.0
    """

    def forward(self, x: Any) -> Tensor:
        return ag.tanh(x)


class ReLU(Layer):
    """max(x, 0), element by element.

    >>> nn.ReLU()(ag.tensor(-1.0)).item()
    0.0
    """

    def forward(self, x: Any) -> Tensor:
        return ag.relu(x)


class ReLU6(Layer):
    """`x` limited to the interval [0, 6], element by element.

    >>> nn.ReLU6()(ag.tensor(9.0)).item()
    6.0
    """

    def forward(self, x: Any) -> Tensor:
        return ag.relu6(x)


class LeakyReLU(Layer):
    """`x` above 0 and `negative_slope` · x below, element by element.

    >>> nn.LeakyReLU(0.5)(ag.tensor(-1.0)).item()
    -0.5
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = number("LeakyReLU: negative_slope", negative_slope, float("-inf"))

    def forward(self, x: Any) -> Tensor:
        return ag.leaky_relu(x, negative_slope=self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope!r}"


class ELU(Layer):
    """`x` above 0 and α (eˣ - 1) below, element by element.

    >>> nn.ELU()(ag.tensor(-1000.0)).item()
    -1.0
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number("ELU: alpha", alpha, float("-inf"))

    def forward(self, x: Any) -> Tensor:
        return ag.elu(x, alpha=self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha!r}"


class CELU(Layer):
    """`x` above 0 and α (e^(x/α) - 1) below, element by element; its derivative is continuous.

    >>> nn.CELU(0.5)(ag.tensor(-1000.0)).item()
    -0.5
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number("CELU: alpha", alpha, float("-inf"))

    def forward(self, x: Any) -> Tensor:
        return ag.celu(x, alpha=self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha!r}"


class SELU(Layer):
    """λ elu(x) with the λ and α that keep means at 0 and variances at 1, element by element.

    >>> round(nn.SELU()(ag.tensor(1.0)).item(), 4)
    1.0507
    """

    def forward(self, x: Any) -> Tensor:
        return ag.selu(x)


class GELU(Layer):
    """x Φ(x), with the normal distribution Φ, element by element; by tanh with `approximate="tanh"`.

    >>> round(nn.GELU()(ag.tensor(1.0)).item(), 4)
    0.8413
    """

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ag.ArgumentError(f'GELU: approximate is "none" or "tanh", not {approximate!r:.60}')
        self.approximate = approximate

    def forward(self, x: Any) -> Tensor:
        return ag.gelu(x, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(Layer):
    """x σ(x), element by element, also called swish.

    >>> nn.SiLU()(ag.tensor(0.0)).item()
    0.0
    """

    def forward(self, x: Any) -> Tensor:
        return ag.silu(x)


class Mish(Layer):
    """x tanh(ln(1 + eˣ)), element by element.

    >>> nn.Mish()(ag.tensor(0.0)).item()
    0.0
    """

    def forward(self, x: Any) -> Tensor:
        return ag.mish(x)


class Softplus(Layer):
    """ln(1 + eˣ), element by element.

    >>> nn.Softplus()(ag.tensor(1000.0)).item()
    1000.0
    """

    def forward(self, x: Any) -> Tensor:
        return ag.softplus(x)


class Softsign(Layer):
    """x / (1 + |x|), element by element.

    >>> nn.Softsign()(ag.tensor(-1.0)).item()
    -0.5
    """

    def forward(self, x: Any) -> Tensor:
        return ag.softsign(x)


class LogSigmoid(Layer):
    """ln σ(x), element by element.

    >>> nn.LogSigmoid()(ag.tensor(-1000.0)).item()
    -1000.0
    """

    def forward(self, x: Any) -> Tensor:
        return ag.log_sigmoid(x)


class Hardtanh(Layer):
    """`x` limited to the interval [`min`, `max`], element by element.

    >>> nn.Hardtanh()(ag.tensor(-2.0)).item()
    -1.0
    """

    def __init__(self, min: float = -1.0, max: float = 1.0) -> None:
        self.min = number("Hardtanh: min", min, float("-inf"))
        self.max = number("Hardtanh: max", max, float("-inf"))
        if self.min >= self.max:
            raise ag.ArgumentError(f"Hardtanh: min must be below max, and they are {min!r} and {max!r}")

    def forward(self, x: Any) -> Tensor:
        return ag.hardtanh(x, min=self.min, max=self.max)

    def extra_repr(self) -> str:
        return f"min={self.min!r}, max={self.max!r}"


class Hardsigmoid(Layer):
    """(x + 3) / 6 limited to the interval [0, 1], element by element.

    >>> nn.Hardsigmoid()(ag.tensor(0.0)).item()
    0.5
    """

    def forward(self, x: Any) -> Tensor:
        return ag.hard_sigmoid(x)


class Hardswish(Layer):
    """x times the hard sigmoid of x, element by element.

    >>> nn.Hardswish()(ag.tensor(4.0)).item()
    4.0
    """

    def forward(self, x: Any) -> Tensor:
        return ag.hard_swish(x)


class Softmax(Layer):
    """eˣ / Σ eˣ along `axis`. Costs from logits apply it themselves.

    >>> nn.Softmax()(ag.tensor([0.0, 0.0])).numpy()
    array([0.5, 0.5])
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole("Softmax: axis", axis)

    def forward(self, x: Any) -> Tensor:
        return ag.softmax(x, axis=self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis!r}"


class LogSoftmax(Layer):
    """x - ln Σ eˣ along `axis`.

    >>> nn.LogSoftmax()(ag.tensor([1000.0, -1000.0])).numpy()
    array([    0., -2000.])
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole("LogSoftmax: axis", axis)

    def forward(self, x: Any) -> Tensor:
        return ag.log_softmax(x, axis=self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis!r}"


class Softmin(Layer):
    """e⁻ˣ / Σ e⁻ˣ along `axis`.

    >>> nn.Softmin()(ag.tensor([0.0, 1000.0])).numpy()
    array([1., 0.])
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole("Softmin: axis", axis)

    def forward(self, x: Any) -> Tensor:
        return ag.softmin(x, axis=self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis!r}"


class GLU(Layer):
    """a ⊙ σ(b), where a and b are the first and the second half of x along `axis`.

    Raises `ShapeError` where the axis has no halves.

    >>> nn.GLU()(ag.tensor([2.0, 0.0])).numpy()
    array([1.])
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole("GLU: axis", axis)

    def gives(self, shape: Shape) -> Shape:
        if self.axis != -1 or isinstance(shape[-1], str) or shape[-1] is ...:
            return (...,)
        if shape[-1] % 2:
            raise ag.ShapeError(f"takes an even number, and not {shape[-1]}")
        return (*shape[:-1], shape[-1] // 2)

    def forward(self, x: Any) -> Tensor:
        return ag.glu(x, axis=self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class PReLU(Layer):
    """`x` above 0 and `weight` ⊙ x below, element by element; the slopes are learned, one for each channel or for all.

    Channels are axis 1. Raises `ShapeError` for another number of channels.
    Source: K. He and others, Delving deep into rectifiers, 2015.

    >>> nn.PReLU()(ag.tensor([[-1.0, 2.0]], dtype=np.float32)).numpy()
    array([[-0.25,  2.  ]], dtype=float32)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, dtype: Any = np.float32) -> None:
        count = whole("PReLU: num_parameters", num_parameters, 1)
        self.weight = Parameter(np.full(count, number("PReLU: init", init, float("-inf"))), dtype=dtype, name="a")

    def takes(self) -> tuple[Shape, ...]:
        count = self.weight.size
        if count == 1:
            return ((...,),)
        return tuple(("examples", count, *more) for more in ((), ("length",), ("height", "width")))

    def forward(self, x: Any) -> Tensor:
        x = self.taken(x, self.weight.dtype)
        many = self.weight.size > 1
        slopes = self.weight.reshape((1, self.weight.size, *(1,) * (x.ndim - 2))) if many else self.weight
        return ag.prelu(x, slopes)  # a slope is one number for all, or one for each channel

    def extra_repr(self) -> str:
        return f"{self.weight.size}, dtype={self.weight.dtype}"


class Identity(Layer):
    """x itself: the output of a network whose cost is computed from logits.

    >>> nn.Identity()(1.5)
    1.5
    """

    def forward(self, x: Any) -> Any:
        return x


ACTIVATIONS: dict[str, type[Module]] = {
    "sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU, "identity": Identity, "leaky_relu": LeakyReLU, "elu": ELU,
    "selu": SELU, "gelu": GELU, "silu": SiLU, "mish": Mish, "softplus": Softplus, "softsign": Softsign,
}  # fmt: skip
