"""What a mini-batch is: two arrays of real, finite numbers with as many examples in each.

Knows arrays and how to name the example that is wrong. Must not know where batches come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import backend
from nn.arguments import array

Batch = tuple[Any, Any]


def checked(what: str, batch: Any) -> Batch:
    """The batch as a pair of arrays. Raises `DataError`, which begins with `what`, for anything else.

    >>> from nn.data.batches import checked
    >>> checked("batch 1", [[1.0, 2.0], [0, 1]])
    (array([1., 2.]), array([0, 1]))
    """
    try:
        x, y = batch
    except (TypeError, ValueError):
        raise ag.DataError(
            f"{what} is no pair (x, y), but {type(batch).__name__}: {batch!r:.60}; x and y as one data set are a "
            "tuple, as in nn.DataLoader((x, y), batch_size=10)"
        ) from None
    x, y = _part(f"{what}: x", x), _part(f"{what}: y", y)
    if len(x) != len(y):
        raise ag.DataError(f"{what} has {len(x)} examples in x and {len(y)} in y")
    return x, y


def _part(what: str, value: Any) -> Any:
    if isinstance(value, np.ma.MaskedArray):
        raise ag.DataError(f"{what} is masked, and its mask would be lost: fill it or drop such examples")
    found = array(what, value)
    if not found.dtype.isnative:
        found = found.astype(backend.native(found.dtype))
    if found.ndim == 0:
        raise ag.DataError(
            f"{what} is a number, {value!r:.60}: an iterable gives batches of examples, not single ones; examples are "
            "given as arrays, as in nn.DataLoader((x, y), batch_size=10)"
        )
    if found.shape[0] == 0:
        raise ag.DataError(f"{what} has shape {found.shape}: there are no examples in it")
    return found


def refuse_what_is_not_finite(what: str, batch: Batch, rows: np.ndarray | None = None) -> None:
    """Raise `DataError` for nan and infinities; `rows` are the places of the examples in their data set.

    >>> from nn.data.batches import refuse_what_is_not_finite
    >>> refuse_what_is_not_finite("batch 1", (np.ones(2), np.array([0.0, np.nan])), np.array([8, 9]))
    Traceback (most recent call last):
    autograd_lite.errors.DataError: batch 1: y has a value that is not finite, first in example 9 of the data: mend or
    drop such examples
    """
    for name, part in zip("xy", batch, strict=True):
        if part.dtype.kind != "f" or _finite(part):
            continue
        wrong = ~backend.namespace(part).isfinite(part)
        if bool(wrong.any()):
            row = int(wrong.reshape(wrong.shape[0], -1).any(axis=1).argmax())
            known = rows is not None and len(rows) == len(part)
            place = f"example {rows[row]} of the data" if known and rows is not None else f"its row {row}"
            raise ag.DataError(
                f"{what}: {name} has a value that is not finite, first in {place}: mend or drop such examples"
            )


def _finite(found: Any) -> bool:
    """Whether the sum of squares is finite, and so each element; it takes a tenth of the time of looking at each."""
    if isinstance(found, np.ndarray) and found.flags.c_contiguous and found.dtype.itemsize >= 4:
        flat = found.reshape(-1)
        return isfinite(np.vdot(flat, flat))
    with np.errstate(over="ignore", invalid="ignore"):
        return isfinite(found.sum())


def apart(batch: Batch) -> Batch:
    """Copies of what a foreign source gave: it may fill the same arrays again for the next batch.

    >>> from nn.data.batches import apart
    >>> apart((np.ones(1), np.ones(1)))
    (array([1.]), array([1.]))
    """
    return batch[0].copy(), batch[1].copy()


@contextmanager
def noted(number: int, doing: str) -> Iterator[None]:
    """Let an exception of the user's own code come out as it is, with a note of the batch it was for.

    >>> from nn.data.batches import noted
    >>> try:
    ...     with noted(3, "transforming"):
    ...         1 / 0
    ... except ZeroDivisionError as error:
    ...     error.__notes__
    ['DataLoader: while transforming batch 3']
    """
    try:
        yield
    except Exception as error:
        error.add_note(f"DataLoader: while {doing} batch {number}")
        raise
