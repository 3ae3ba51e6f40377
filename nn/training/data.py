"""What is trained on: pairs of arrays, checked before anything changes, and cut into shuffled mini-batches.

Must not know costs or optimisers.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend


def checked(what: str, data: Any) -> tuple[Any, Any]:
    """A pair of arrays of equal, positive length and finite values. Raises `DataError`, in the name of `fit`."""
    try:
        x, y = data
    except (TypeError, ValueError):
        raise ag.DataError(f"fit: {what} must be a pair (x, y), not {type(data).__name__}") from None
    x, y = _examples("x", what, x), _examples("y", what, y)
    if x.shape[0] != y.shape[0]:
        raise ag.DataError(f"fit: {what} has {x.shape[0]} examples in x and {y.shape[0]} in y")
    return x, y


def _examples(name: str, what: str, part: Any) -> Any:
    if isinstance(part, np.ma.MaskedArray):
        raise ag.DataError(
            f"fit: {name} of {what} is masked, and its mask would be lost: fill it or drop such examples"
        )
    try:
        array = as_array(part)
    except ValueError:
        raise ag.DataError(f"fit: {name} of {what} is no array, but examples of different lengths") from None
    except Exception as error:  # noqa: BLE001 - an object's own __array__ may raise anything
        raise ag.DataError(f"fit: {name} of {what} cannot be made an array: {error!r:.100}") from None
    if array.ndim == 0 or array.shape[0] == 0:
        raise ag.DataError(f"fit: {name} of {what} has shape {array.shape}: there are no examples in it")
    if array.dtype.kind not in "biuf":
        raise ag.DataError(f"fit: {name} of {what} has dtype {array.dtype}; real numbers are needed")
    if array.dtype.kind == "f" and not _finite_sum(array):
        bad = ~backend.namespace(array).isfinite(array)
        if bool(bad.any()):
            row = int(bad.reshape(bad.shape[0], -1).any(axis=1).argmax())
            raise ag.DataError(
                f"fit: {name} of {what} has a value that is not finite, first in example {row}: "
                "mend or drop such examples before training"
            )
    return array


def _finite_sum(array: Any) -> bool:
    """Whether the sum is finite: so is every element then. It takes half the time of looking at each."""
    with np.errstate(over="ignore", invalid="ignore"):
        return isfinite(array.sum())


def as_array(value: Any) -> Any:
    """The array of a tensor, an array itself, or a new one from lists."""
    return value.data if isinstance(value, Tensor) else value if backend.is_array(value) else np.asarray(value)


def in_dtype(array: Any, dtype: Any) -> Any:
    """The examples in the model's dtype, so that no layer casts them at every step; whole numbers stay."""
    return array if dtype is None or array.dtype == dtype or array.dtype.kind != "f" else array.astype(dtype)


def batches(x: Any, y: Any, size: int, rng: np.random.Generator) -> Iterator[tuple[Any, Any]]:
    """All examples once, in a new order, in mini-batches of which the last may be smaller."""
    examples = x.shape[0]
    order = backend.namespace(x).asarray(rng.permutation(examples))
    for start in range(0, examples, size):
        chosen = order[start : start + size]
        yield x.take(chosen, axis=0), y.take(chosen, axis=0)
