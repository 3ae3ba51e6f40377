"""The inside of a tensor, for the rooms that keep its state, show it, or put it back: nothing is told or copied.

What a user asks for is `data`, `grad` and `assign`; these are for the library. Must not compute.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.engine.tensor import Tensor


def value_of(tensor: Tensor) -> Any:
    """The very array that a tensor holds.

    >>> import autograd_lite as ag
    >>> a = np.ones(2)
    >>> value_of(ag.asarray(a)) is a
    True
    """
    return tensor._data


def gradient_of(tensor: Tensor) -> Any:
    """The very array that a tensor has as its gradient, or `None`."""
    return tensor._grad


def changed_at(tensor: Tensor) -> int:
    """The moment of `tick()` at which a leaf last took a new value; 0 where it never did."""
    return tensor._changed


def put_value(tensor: Tensor, array: Any, changed: int) -> None:
    """Let a leaf hold `array`, of the same shape and dtype, as from the moment `changed`."""
    tensor._data, tensor._changed = array, changed


def put_gradient(tensor: Tensor, array: Any) -> None:
    """Let a tensor have `array` as its gradient, or none."""
    tensor._grad = array


def put_changed(tensor: Tensor, changed: int) -> None:
    """Say when a leaf was written into past it."""
    tensor._changed = changed


def put_required(tensor: Tensor, required: bool) -> None:
    """Let a leaf require a gradient or none, without a word to compiled steps."""
    tensor._requires_grad = required
