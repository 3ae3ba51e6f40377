"""Pools: the largest or the mean of what a window sees, or of bins that cover an axis.

Must not know convolutions or networks.
"""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.layers.layer import AXES, Layer, Shape, numbers


class _Pool(Layer):
    """A window that moves: its size, and how it moves."""

    dims: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    ceil_mode: bool

    def _make(self, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> None:
        kind = type(self).__name__
        self.kernel_size = numbers(f"{kind}: kernel_size", kernel_size, self.dims, 1)
        given = kernel_size if stride is None else stride
        self.stride = numbers(f"{kind}: stride", given, self.dims, 1)
        self.padding = numbers(f"{kind}: padding", padding, self.dims, 0)
        self.dilation = numbers(f"{kind}: dilation", dilation, self.dims, 1)
        self.ceil_mode = bool(ceil_mode)
        if any(2 * pad > size for pad, size in zip(self.padding, self.kernel_size, strict=True)):
            raise ag.ArgumentError(
                f"{kind}: padding={padding!r} is more than half of kernel_size={kernel_size!r}: some windows would see "
                "padding alone"
            )

    def takes(self) -> tuple[Shape, ...]:
        return (("examples", "channels", *AXES[self.dims]),)

    def gives(self, shape: Shape) -> Shape:
        full = ("examples", "channels", *AXES[self.dims]) if ... in shape else shape
        return (*full[:2], *(self._length(axis, n) for axis, n in enumerate(full[2:])))

    def _length(self, axis: int, length: Any) -> Any:
        if isinstance(length, str):
            return length
        pad, step = self.padding[axis], self.stride[axis]
        span = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
        rest = length + 2 * pad - span
        if rest < 0:
            raise ag.ShapeError(f"has a window that spans {span} elements along an axis")
        places = -(-rest // step) + 1 if self.ceil_mode else rest // step + 1
        # No window begins in the padding behind.
        return places - 1 if self.ceil_mode and (places - 1) * step >= length + pad else places

    def extra_repr(self) -> str:
        said = [f"kernel_size={_short(self.kernel_size)}", f"stride={_short(self.stride)}"]
        for name, usual in (("padding", 0), ("dilation", 1)):
            if _short(getattr(self, name)) != usual:
                said.append(f"{name}={_short(getattr(self, name))}")
        return ", ".join(said + (["ceil_mode=True"] if self.ceil_mode else []))


def _short(value: tuple[int | None, ...]) -> Any:
    """One number where all are the same."""
    return value[0] if len(set(value)) == 1 else value


class _MaxPool(_Pool):
    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
    ) -> None:  # fmt: skip
        self._make(kernel_size, stride, padding, dilation, ceil_mode)

    def forward(self, x: Any) -> Tensor:
        pool = (ag.max_pool1d, ag.max_pool2d, ag.max_pool3d)[self.dims - 1]
        return pool(
            self.taken(x), self.kernel_size, stride=self.stride, padding=self.padding, dilation=self.dilation,
            ceil_mode=self.ceil_mode,
        )  # fmt: skip


class MaxPool1d(_MaxPool):
    """The largest element of each window over (examples, channels, length); ties share the gradient evenly.

    `stride` is `kernel_size` where it is None. What is added by `padding` is never the largest; with `ceil_mode` a
    last window may stand over the end.

    >>> nn.MaxPool1d(2)(np.array([[[1.0, 3.0, 2.0, 0.0]]])).numpy()
    array([[[3., 2.]]])
    """

    dims = 1


class MaxPool2d(_MaxPool):
    """The largest element of each window over (examples, channels, height, width); all else as in `MaxPool1d`.

    >>> nn.MaxPool2d(2)(np.zeros((10, 20, 24, 24))).shape
    (10, 20, 12, 12)
    """

    dims = 2


class MaxPool3d(_MaxPool):
    """The largest element of each window over (examples, channels, depth, height, width); as `MaxPool1d` else.

    >>> nn.MaxPool3d(2)(np.zeros((1, 2, 4, 4, 6))).shape
    (1, 2, 2, 2, 3)
    """

    dims = 3


class _AvgPool(_Pool):
    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        self._make(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = bool(count_include_pad)

    def forward(self, x: Any) -> Tensor:
        pool = (ag.avg_pool1d, ag.avg_pool2d, ag.avg_pool3d)[self.dims - 1]
        return pool(
            self.taken(x), self.kernel_size, stride=self.stride, padding=self.padding, ceil_mode=self.ceil_mode,
            count_include_pad=self.count_include_pad,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.count_include_pad else ", count_include_pad=False")


class AvgPool1d(_AvgPool):
    """The mean of each window over (examples, channels, length).

    `stride` is `kernel_size` where it is None. Padding counts as zeros, or with `count_include_pad=False` not at all;
    with `ceil_mode` a last window may stand over the end.

    >>> nn.AvgPool1d(2)(np.array([[[1.0, 3.0, 2.0, 0.0]]])).numpy()
    array([[[2., 1.]]])
    """

    dims = 1


class AvgPool2d(_AvgPool):
    """The mean of each window over (examples, channels, height, width); all else as in `AvgPool1d`.

    >>> nn.AvgPool2d(2)(np.zeros((10, 20, 24, 24))).shape
    (10, 20, 12, 12)
    """

    dims = 2


class AvgPool3d(_AvgPool):
    """The mean of each window over (examples, channels, depth, height, width); all else as in `AvgPool1d`.

    >>> nn.AvgPool3d(2)(np.zeros((1, 2, 4, 4, 6))).shape
    (1, 2, 2, 2, 3)
    """

    dims = 3


class _Adaptive(Layer):
    """Bins that cover the axes behind channels, so many that the result has a given size."""

    dims: int
    pools: tuple[Any, ...]

    def __init__(self, output_size: Any) -> None:
        what = f"{type(self).__name__}: output_size"
        # None in the place of a size keeps that axis.
        sizes = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,) * self.dims
        checked = iter(numbers(what, tuple(1 if each is None else each for each in sizes), self.dims, 1))
        self.output_size = tuple(None if each is None else size for each, size in zip(sizes, checked, strict=True))

    def takes(self) -> tuple[Shape, ...]:
        return (("examples", "channels", *AXES[self.dims]),)

    def gives(self, shape: Shape) -> Shape:
        full = ("examples", "channels", *AXES[self.dims]) if ... in shape else shape
        pairs = zip(full[2:], self.output_size, strict=True)
        return (*full[:2], *(length if size is None else size for length, size in pairs))

    def forward(self, x: Any) -> Tensor:
        return self.pools[self.dims - 1](self.taken(x), output_size=self.output_size)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        return f"output_size={_short(self.output_size)}"


class _AdaptiveAvgPool(_Adaptive):
    pools = (ag.adaptive_avg_pool1d, ag.adaptive_avg_pool2d, ag.adaptive_avg_pool3d)


class _AdaptiveMaxPool(_Adaptive):
    pools = (ag.adaptive_max_pool1d, ag.adaptive_max_pool2d, ag.adaptive_max_pool3d)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The means of `output_size` bins that cover (examples, channels, length), whatever the length.

    >>> nn.AdaptiveAvgPool1d(1)(np.array([[[1.0, 3.0, 2.0]]])).numpy()
    array([[[2.]]])
    """

    dims = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The means of `output_size` bins, a number or a pair, that cover (examples, channels, height, width).

    `None` in the place of a size keeps that axis.

    >>> nn.AdaptiveAvgPool2d((1, None))(np.zeros((5, 8, 7, 6))).shape
    (5, 8, 1, 6)
    """

    dims = 2


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest elements of `output_size` bins that cover (examples, channels, length), whatever the length.

    >>> nn.AdaptiveMaxPool1d(1)(np.array([[[1.0, 3.0, 2.0]]])).numpy()
    array([[[3.]]])
    """

    dims = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest elements of `output_size` bins, a number or a pair, that cover (examples, channels, height, width).

    `None` in the place of a size keeps that axis.

    >>> nn.AdaptiveMaxPool2d(2)(np.zeros((5, 8, 7, 6))).shape
    (5, 8, 2, 2)
    """

    dims = 2
