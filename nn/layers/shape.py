"""Layers that change the shape alone, between images and rows.

Must not know what stands before or behind them.
"""

from __future__ import annotations

from math import prod
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.layers.layer import Layer, Shape


class Flatten(Layer):
    """The axes from `start_axis` to `end_axis` as one, by default all behind the examples.

    >>> nn.Flatten()(np.zeros((5, 8, 4, 4))).shape
    (5, 128)
    """

    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        self.start_axis, self.end_axis = whole("Flatten: start_axis", start_axis), whole("Flatten: end_axis", end_axis)
        if start_axis > end_axis >= 0 or 0 > start_axis > end_axis:
            raise ag.ArgumentError(f"Flatten: there is no axis from {start_axis} to {end_axis}")

    def _span(self, shape: Shape) -> tuple[int, int]:
        rank = len(shape)
        start, end = (axis + rank if axis < 0 else axis for axis in (self.start_axis, self.end_axis))
        if not 0 <= start <= end < rank:
            raise ag.ShapeError(
                f"the input has shape {shape}, which has no axes from {self.start_axis} to {self.end_axis}"
            )
        return start, end

    def gives(self, shape: Shape) -> Shape:
        if ... in shape:
            return ("examples", "numbers") if (self.start_axis, self.end_axis) == (1, -1) else (...,)
        start, end = self._span(shape)
        lengths = shape[start : end + 1]
        one = "numbers" if any(isinstance(each, str) for each in lengths) else prod(lengths)
        return (*shape[:start], one, *shape[end + 1 :])

    def forward(self, x: Any) -> Tensor:
        x = self.taken(x)
        start, end = self._span(x.shape)
        return x.reshape((*x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :]))  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        return "" if (self.start_axis, self.end_axis) == (1, -1) else f"{self.start_axis}, {self.end_axis}"


class Unflatten(Layer):
    """One axis as several: rows of 784 numbers as images are `nn.Unflatten(1, (1, 28, 28))`.

    One of the sizes may be -1. Raises `ShapeError` for an axis of another length.

    >>> nn.Unflatten(1, (1, 28, 28))(np.zeros((5, 784))).shape
    (5, 1, 28, 28)
    """

    def __init__(self, axis: int, sizes: tuple[int, ...]) -> None:
        self.axis = whole("Unflatten: axis", axis)
        if not isinstance(sizes, tuple | list) or not sizes:
            raise ag.ArgumentError(f"Unflatten: sizes is a tuple of whole numbers, not {sizes!r:.60}")
        self.sizes = tuple(whole("Unflatten: a size", each, -1) for each in sizes)
        if self.sizes.count(-1) > 1 or 0 in self.sizes:
            raise ag.ArgumentError(f"Unflatten: sizes are at least 1, and one of them may be -1, not {sizes!r:.60}")

    def _cut(self, shape: Shape) -> tuple[int, Shape]:
        axis = self.axis + len(shape) if self.axis < 0 else self.axis
        if not 0 <= axis < len(shape):
            raise ag.ShapeError(f"the input has shape {shape}, which has no axis {self.axis}")
        length, known = shape[axis], prod(each for each in self.sizes if each != -1)
        if isinstance(length, str):
            return axis, tuple("length" if each == -1 else each for each in self.sizes)
        if length % known if -1 in self.sizes else length != known:
            raise ag.ShapeError(f"makes {self.sizes} of axis {self.axis}, not of {length} numbers")
        return axis, tuple(length // known if each == -1 else each for each in self.sizes)

    def gives(self, shape: Shape) -> Shape:
        if ... not in shape:
            axis, sizes = self._cut(shape)
            return (*shape[:axis], *sizes, *shape[axis + 1 :])
        if self.axis == 1:  # of rows, which is what it is mostly for, no more is known than what it makes
            last = shape[-1] if len(shape) > 1 else "numbers"
            return self.gives(("examples", last)) if len(shape) <= 2 else (...,)
        return (...,)

    def forward(self, x: Any) -> Tensor:
        x = self.taken(x)
        try:
            axis, sizes = self._cut(x.shape)
        except ag.ShapeError as error:
            said = str(error)
            if said.startswith("makes"):
                said = f"the input has shape {x.shape}, but {self.described()} {said}"
            raise ag.ShapeError(said) from None
        return x.reshape((*x.shape[:axis], *sizes, *x.shape[axis + 1 :]))  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        return f"{self.axis}, {self.sizes}"
