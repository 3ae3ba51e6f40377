"""Convolutions and their transposes, over one, two or three axes behind examples and channels.

A weight is (out, in / groups, kernel …), that of a transpose (in, out / groups, kernel …), as PyTorch has them.
Must not know pools or networks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.initializers import Initializer, generator, kaiming_normal
from nn.layers.layer import AXES, Layer, Shape, initial, numbers
from nn.parameter import Parameter


class _Convolution(Layer):
    """What they all have: channels, a kernel, and how it moves."""

    dims: int
    weight: Tensor
    bias: Tensor | None

    def _make(
        self, in_channels: Any, out_channels: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
        groups: Any, bias: bool, rng: Any, dtype: Any, initializer: Initializer, transposed: bool = False,
    ) -> None:  # fmt: skip
        kind = type(self).__name__
        self.in_channels = whole(f"{kind}: in_channels", in_channels, 1)
        self.out_channels = whole(f"{kind}: out_channels", out_channels, 1)
        self.kernel_size = numbers(f"{kind}: kernel_size", kernel_size, self.dims, 1)
        self.stride = numbers(f"{kind}: stride", stride, self.dims, 1)
        self.dilation = numbers(f"{kind}: dilation", dilation, self.dims, 1)
        self.padding: Any = padding
        if isinstance(padding, str):
            if transposed or padding not in ("same", "valid") or (padding == "same" and set(self.stride) != {1}):
                said = "a number" if transposed else '"valid", a number, or "same" where stride is 1'
                raise ag.ArgumentError(f"{kind}: padding is {said}, not {padding!r:.60}")
        else:
            self.padding = numbers(f"{kind}: padding", padding, self.dims, 0)
        self.groups = whole(f"{kind}: groups", groups, 1)
        for words, count in (("in", self.in_channels), ("out", self.out_channels)):
            if count % self.groups:
                raise ag.ArgumentError(
                    f"{kind}: {count} {words}_channels do not divide into {self.groups} groups: give multiples of it"
                )
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        weight, shift = initial(kind, initializer, generator(rng), shape)
        if transposed:
            # A kernel for each pair of channels: drawn as those of a convolution from in to out channels.
            parts = np.asarray(weight).reshape(self.groups, self.out_channels // self.groups, *shape[1:])
            weight = parts.swapaxes(1, 2).reshape(self.in_channels, -1, *self.kernel_size)
        self.weight = Parameter(weight, dtype=dtype, name="W")
        self.bias = Parameter(shift, dtype=dtype, name="b") if bias else None

    def takes(self) -> tuple[Shape, ...]:
        return (("examples", self.in_channels, *AXES[self.dims]),)

    def gives(self, shape: Shape) -> Shape:
        full = ("examples", self.in_channels, *AXES[self.dims]) if ... in shape else shape
        return (full[0], self.out_channels, *(self._length(axis, n) for axis, n in enumerate(full[2:])))

    def _length(self, axis: int, length: Any) -> Any:
        """The length of an axis of the result, or what it is called where that of the input is not known."""
        if isinstance(length, str) or self.padding == "same":
            return length
        pad = 0 if self.padding == "valid" else 2 * self.padding[axis]
        span = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
        if length + pad < span:
            raise ag.ShapeError(f"has a kernel that spans {span} elements along an axis")
        return (length + pad - span) // self.stride[axis] + 1

    def extra_repr(self) -> str:
        said = [f"{self.in_channels}, {self.out_channels}, kernel_size={_short(self.kernel_size)}"]
        for name, usual in (("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1), ("groups", 1)):
            value = getattr(self, name, usual)
            if _short(value) != usual:
                said.append(f"{name}={_short(value)!r}")
        return ", ".join([*said, *(["bias=False"] if self.bias is None else []), f"dtype={self.weight.dtype}"])


def _short(value: Any) -> Any:
    """One number where all are the same."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


class _Straight(_Convolution):
    """A convolution: a kernel laid over its input at every place."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        rng: Any = None,
        dtype: Any = np.float32,
        initializer: Initializer = kaiming_normal,
    ) -> None:
        self._make(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, rng, dtype, initializer
        )

    def forward(self, x: Any) -> Tensor:
        convolve = (ag.conv1d, ag.conv2d, ag.conv3d)[self.dims - 1]
        x = self.taken(x, self.weight.dtype)
        return convolve(
            x, self.weight, self.bias, stride=self.stride, padding=self.padding, dilation=self.dilation,
            groups=self.groups,
        )  # fmt: skip


class Conv1d(_Straight):
    """A convolution of (examples, in_channels, length) with a kernel for each of `out_channels`, and a bias.

    `kernel_size`, `stride`, `padding` and `dilation` are whole numbers; `padding` may be "same" or "valid". With
    `groups` each group of channels sees its own alone. The weight is (out, in / groups, kernel). Raises `ShapeError`
    for an input of other channels, and `ArgumentError` for numbers that make no layer.

    >>> nn.Conv1d(2, 4, kernel_size=3, rng=0)(np.zeros((5, 2, 10))).shape
    (5, 4, 8)
    """

    dims = 1


class Conv2d(_Straight):
    """A convolution of (examples, in_channels, height, width) with a kernel for each of `out_channels`, and a bias.

    `kernel_size`, `stride`, `padding` and `dilation` are a number or a pair; `padding` may be "same" or "valid". With
    `groups` each group of channels sees its own alone. The weight is (out, in / groups, kernel, kernel), and begins as
    `initializer` says, by default as is right before a ReLU (`nn.kaiming_normal`). Raises `ShapeError` for an
    input of other channels, and `ArgumentError` for numbers that make no layer.
    Source: Y. LeCun and others, Gradient-based learning applied to document recognition, 1998.

    >>> nn.Conv2d(1, 20, kernel_size=5, rng=0)(np.zeros((10, 1, 28, 28))).shape
    (10, 20, 24, 24)
    """

    dims = 2


class Conv3d(_Straight):
    """A convolution of (examples, in_channels, depth, height, width); all else as in `Conv2d`, with three numbers.

    >>> nn.Conv3d(1, 2, kernel_size=(1, 2, 3), rng=0)(np.zeros((5, 1, 4, 4, 4))).shape
    (5, 2, 4, 3, 2)
    """

    dims = 3


class _Transposed(_Convolution):
    """The transpose of a convolution as a map: what its reverse pass does to gradients."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        rng: Any = None,
        dtype: Any = np.float32,
        initializer: Initializer = kaiming_normal,
    ) -> None:
        kind = type(self).__name__
        self._make(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, rng, dtype, initializer,
            transposed=True,
        )  # fmt: skip
        self.output_padding = numbers(f"{kind}: output_padding", output_padding, self.dims, 0)
        bounds = zip(self.output_padding, self.stride, self.dilation, strict=True)
        if any(more >= max(step, apart) for more, step, apart in bounds):
            raise ag.ArgumentError(
                f"{kind}: output_padding is smaller than stride or dilation, not {output_padding!r} with "
                f"stride={_short(self.stride)} and dilation={_short(self.dilation)}"
            )

    def _length(self, axis: int, length: Any) -> Any:
        if isinstance(length, str):
            return length
        span = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
        return (length - 1) * self.stride[axis] - 2 * self.padding[axis] + span + self.output_padding[axis]

    def forward(self, x: Any) -> Tensor:
        convolve = (ag.conv_transpose1d, ag.conv_transpose2d)[self.dims - 1]
        x = self.taken(x, self.weight.dtype)
        return convolve(
            x, self.weight, self.bias, stride=self.stride, padding=self.padding, output_padding=self.output_padding,
            groups=self.groups, dilation=self.dilation,
        )  # fmt: skip


class ConvTranspose1d(_Transposed):
    """The transpose of a convolution, from (examples, in_channels, length) to a longer array of `out_channels`.

    A length n becomes (n - 1) stride - 2 padding + dilation (kernel_size - 1) + 1 + output_padding. The weight is
    (in, out / groups, kernel). Raises `ShapeError` for an input of other channels, and `ArgumentError` for numbers
    that make no layer.

    >>> nn.ConvTranspose1d(2, 4, kernel_size=3, stride=2, rng=0)(np.zeros((5, 2, 10))).shape
    (5, 4, 21)
    """

    dims = 1


class ConvTranspose2d(_Transposed):
    """The transpose of a convolution, from (examples, in_channels, height, width) to a larger array of `out_channels`.

    Lengths become what `ConvTranspose1d` says, with a number or a pair for each parameter. The weight is
    (in, out / groups, kernel, kernel). Raises `ShapeError` for an input of other channels, and `ArgumentError` for
    numbers that make no layer.
    Source: M. Zeiler and others, Deconvolutional networks, 2010.

    >>> nn.ConvTranspose2d(8, 3, kernel_size=4, stride=2, padding=1, rng=0)(np.zeros((5, 8, 7, 7))).shape
    (5, 3, 14, 14)
    """

    dims = 2
