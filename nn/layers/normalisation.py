"""Layers that shift and scale to mean 0 and variance 1, over a batch or within each example.

Must not know what stands before or behind them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import float_dtype, whole
from nn.layers.layer import Layer, Shape, number, numbers
from nn.parameter import Parameter


def _standardised(x: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    """(x - mean) / √(variance + eps), with the mean over `axes` and the variance that divides by the number."""
    centred = x - ag.mean(x, axis=axes, keepdims=True)
    variance = ag.mean(ag.square(centred), axis=axes, keepdims=True)
    return centred / ag.sqrt(variance + eps)


class _Batch(Layer):
    """What the batch normalisations have in common; they differ in the axes that they take."""

    weight: Tensor | None
    bias: Tensor | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        kind = type(self).__name__
        self.num_features = whole(f"{kind}: num_features", num_features, 1)
        self.eps = number(f"{kind}: eps", eps, 0)
        self.momentum = None if momentum is None else number(f"{kind}: momentum", momentum, 0)
        if self.momentum is not None and self.momentum > 1:
            raise ag.ArgumentError(f"{kind}: momentum is a share, at most 1, or None, not {momentum!r:.60}")
        dtype = float_dtype(kind, dtype)
        ones, zeros = np.ones(self.num_features, dtype), np.zeros(self.num_features, dtype)
        self.weight = Parameter(ones, dtype=dtype, name="γ") if affine else None
        self.bias = Parameter(zeros, dtype=dtype, name="β") if affine else None
        self.running_mean = ag.tensor(zeros, name="running_mean") if track_running_stats else None
        self.running_var = ag.tensor(ones, name="running_var") if track_running_stats else None
        self.num_batches_tracked = ag.tensor(0, name="num_batches_tracked") if track_running_stats else None
        self.dtype = dtype

    def forward(self, x: Any) -> Tensor:
        x = self.taken(x, self.dtype)
        axes = (0, *range(2, x.ndim))
        along = (1, self.num_features, *(1,) * (x.ndim - 2))
        mean, variance = self.running_mean, self.running_var
        if self.training or mean is None or variance is None:
            count = x.size // self.num_features
            if self.training and count < 2:
                raise ag.ShapeError(
                    f"the input has shape {x.shape}: of one number a channel there is no variance to train with; "
                    "train on larger batches and drop a last one of 1 example (drop_last=True), or evaluate: .eval()"
                )
            now = ag.mean(x, axis=axes, keepdims=True)
            centred = x - now
            spread = ag.mean(ag.square(centred), axis=axes, keepdims=True)
            # Evaluation without gradients leaves them alone, also where nobody has said eval().
            if self.training and ag.is_grad_enabled():
                self._remember(now, spread, count)
        else:
            centred = x - mean.reshape(along)
            spread = variance.reshape(along)
        scale = 1 / ag.sqrt(spread + self.eps)
        if self.weight is not None:
            scale = scale * self.weight.reshape(along)
        out: Tensor = centred * scale
        return out if self.bias is None else out + self.bias.reshape(along)

    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics towards those of a batch of `count` numbers a channel."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        with ag.no_grad():
            seen = self.num_batches_tracked + 1
            share = 1 / seen.astype(self.dtype) if self.momentum is None else ag.live(self, "momentum")
            for running, now in (
                (self.running_mean, mean),
                (self.running_var, variance * (count / (count - 1))),  # without bias, as an estimate has it
            ):
                running.assign(running + share * (now.reshape(self.num_features) - running))
            self.num_batches_tracked.assign(seen)

    def extra_repr(self) -> str:
        said = [str(self.num_features)]
        if self.eps != 1e-5:
            said.append(f"eps={self.eps:g}")
        if self.momentum != 0.1:
            said.append(f"momentum={self.momentum}")
        if self.weight is None:
            said.append("affine=False")
        if self.running_mean is None:
            said.append("track_running_stats=False")
        return ", ".join([*said, f"dtype={self.dtype}"])


class BatchNorm1d(_Batch):
    """(x - E[x]) / √(Var[x] + eps) · γ + β, with mean and variance of each feature over the batch.

    `x` is (examples, num_features) or (examples, num_features, length). In training the statistics are those of the
    batch, and `running_mean` and `running_var` (buffers) move towards them by the share `momentum`, or become their
    mean over all batches where it is `None`; in evaluation the running ones are taken. Under `ag.no_grad()` and in
    evaluation they stay as they are; `ag.checkpoint` runs a layer twice, which moves them twice.
    Raises `ShapeError` for other features, and in training for one number a feature.
    Source: S. Ioffe, C. Szegedy, Batch normalization, 2015, algorithms 1 and 2.

    >>> layer = nn.BatchNorm1d(1)
    >>> layer(np.array([[1.0], [3.0]])).numpy().round(3)
    array([[-1.],
           [ 1.]], dtype=float32)
    >>> layer.running_mean.numpy()
    array([0.2], dtype=float32)
    """

    def takes(self) -> tuple[Shape, ...]:
        return (("examples", self.num_features), ("examples", self.num_features, "length"))


class BatchNorm2d(_Batch):
    """Batch normalisation of (examples, num_features, height, width), each channel over examples and places.

    All else is as in `BatchNorm1d`.

    >>> nn.BatchNorm2d(3)(np.ones((4, 3, 5, 5))).shape
    (4, 3, 5, 5)
    """

    def takes(self) -> tuple[Shape, ...]:
        return (("examples", self.num_features, "height", "width"),)

    def gives(self, shape: Shape) -> Shape:
        return ("examples", self.num_features, "height", "width") if ... in shape else shape


class _Within(Layer):
    """A normalisation of each example over its last axes, `normalized_shape`."""

    normalized_shape: tuple[int, ...]

    def _sizes(self, normalized_shape: Any) -> None:
        what = f"{type(self).__name__}: normalized_shape"
        count = len(normalized_shape) if isinstance(normalized_shape, tuple | list) else 1
        self.normalized_shape = numbers(what, normalized_shape, max(count, 1), 1)

    def takes(self) -> tuple[Shape, ...]:
        return ((..., *self.normalized_shape),)

    def gives(self, shape: Shape) -> Shape:
        return (..., *self.normalized_shape) if ... in shape else shape

    def _axes(self) -> tuple[int, ...]:
        return tuple(range(-len(self.normalized_shape), 0))

    def _said(self) -> str:
        return str(self.normalized_shape[0] if len(self.normalized_shape) == 1 else self.normalized_shape)


class LayerNorm(_Within):
    """(x - E[x]) / √(Var[x] + eps) · γ + β, with mean and variance of each example over its last axes.

    `normalized_shape` is the length of the last axis or the shape of several; γ and β have that shape, and are left
    out with `affine=False`, β alone with `bias=False`. Raises `ShapeError` for other last axes.
    Source: J. L. Ba and others, Layer normalization, 2016.

    >>> nn.LayerNorm(2)(np.array([[1.0, 3.0]])).numpy().round(3)
    array([[-1.,  1.]], dtype=float32)
    """

    weight: Tensor | None
    bias: Tensor | None

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, affine: bool = True, bias: bool = True, dtype: Any = np.float32
    ) -> None:  # fmt: skip
        self._sizes(normalized_shape)
        self.eps = number("LayerNorm: eps", eps, 0)
        self.dtype = float_dtype("LayerNorm", dtype)
        self.weight = Parameter(np.ones(self.normalized_shape), dtype=dtype, name="γ") if affine else None
        self.bias = Parameter(np.zeros(self.normalized_shape), dtype=dtype, name="β") if affine and bias else None

    def forward(self, x: Any) -> Tensor:
        out = _standardised(self.taken(x, self.dtype), self._axes(), self.eps)
        if self.weight is not None:
            out = out * self.weight
        return out if self.bias is None else out + self.bias

    def extra_repr(self) -> str:
        eps = "" if self.eps == 1e-5 else f", eps={self.eps:g}"
        affine = ", affine=False" if self.weight is None else ", bias=False" if self.bias is None else ""
        return f"{self._said()}{eps}{affine}, dtype={self.dtype}"


class RMSNorm(_Within):
    """x / √(E[x²] + eps) · γ, with the mean square of each example over its last axes.

    `eps` is by default the distance of 1 from the next number of the dtype. Raises `ShapeError` for other last axes.
    Source: B. Zhang, R. Sennrich, Root mean square layer normalization, 2019, equation (4).

    >>> nn.RMSNorm(2)(np.array([[3.0, 3.0]])).numpy().round(3)
    array([[1., 1.]], dtype=float32)
    """

    weight: Tensor | None

    def __init__(
        self, normalized_shape: Any, eps: float | None = None, affine: bool = True, dtype: Any = np.float32
    ) -> None:  # fmt: skip
        self._sizes(normalized_shape)
        self.dtype = float_dtype("RMSNorm", dtype)
        self.eps = float(np.finfo(self.dtype).eps) if eps is None else number("RMSNorm: eps", eps, 0)
        self.weight = Parameter(np.ones(self.normalized_shape), dtype=dtype, name="γ") if affine else None

    def forward(self, x: Any) -> Tensor:
        x = self.taken(x, self.dtype)
        out: Tensor = x / ag.sqrt(ag.mean(ag.square(x), axis=self._axes(), keepdims=True) + self.eps)
        return out if self.weight is None else out * self.weight

    def extra_repr(self) -> str:
        return f"{self._said()}, eps={self.eps:g}{'' if self.weight is not None else ', affine=False'}"


class GroupNorm(Layer):
    """(x - E[x]) / √(Var[x] + eps) · γ + β, with mean and variance over each of `num_groups` groups of channels.

    `x` is (examples, num_channels) or has more axes; γ and β have a number for each channel. Raises `ShapeError` for
    other channels, and `ArgumentError` for channels that do not divide into groups.
    Source: Y. Wu, K. He, Group normalization, 2018.

    >>> nn.GroupNorm(2, 4)(np.ones((5, 4, 3, 3))).shape
    (5, 4, 3, 3)
    """

    weight: Tensor | None
    bias: Tensor | None

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, dtype: Any = np.float32
    ) -> None:  # fmt: skip
        self.num_groups = whole("GroupNorm: num_groups", num_groups, 1)
        self.num_channels = whole("GroupNorm: num_channels", num_channels, 1)
        if self.num_channels % self.num_groups:
            raise ag.ArgumentError(f"GroupNorm: {num_channels} channels do not divide into {num_groups} groups")
        self.eps = number("GroupNorm: eps", eps, 0)
        self.dtype = float_dtype("GroupNorm", dtype)
        self.weight = Parameter(np.ones(self.num_channels), dtype=dtype, name="γ") if affine else None
        self.bias = Parameter(np.zeros(self.num_channels), dtype=dtype, name="β") if affine else None

    def takes(self) -> tuple[Shape, ...]:
        return tuple(("examples", self.num_channels, *more) for more in ((), ("length",), ("height", "width")))

    def forward(self, x: Any) -> Tensor:
        x = self.taken(x, self.dtype)
        shape = x.shape
        groups = x.reshape((shape[0], self.num_groups, x.size // (max(shape[0], 1) * self.num_groups)))
        out: Tensor = _standardised(groups, (2,), self.eps).reshape(shape)
        along = (1, self.num_channels, *(1,) * (x.ndim - 2))
        if self.weight is not None:
            out = out * self.weight.reshape(along)
        return out if self.bias is None else out + self.bias.reshape(along)

    def extra_repr(self) -> str:
        eps = "" if self.eps == 1e-5 else f", eps={self.eps:g}"
        affine = "" if self.weight is not None else ", affine=False"
        return f"{self.num_groups}, {self.num_channels}{eps}{affine}, dtype={self.dtype}"
