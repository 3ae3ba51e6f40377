"""`Dataset`: examples and their targets, of which only those that are asked for are read.

Knows arrays, also memory-mapped ones that are larger than memory. Must not know batches, models or files.
"""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np

import autograd_lite as ag
from autograd_lite import backend
from nn.arguments import array
from nn.calling import check_call


class Examples(Protocol):
    """What a data set of one's own needs: how many examples there are, and those of some indices as a pair (x, y)."""

    def __len__(self) -> int: ...
    def __getitem__(self, indices: np.ndarray) -> tuple[Any, Any]: ...


class Dataset:
    """Examples: row i of `x` belongs to row i of `y`. `data[indices]` gives copies of some of both.

    `x` and `y` are arrays of any number of axes, of real numbers, one example a row; tensors and lists are taken too.
    A memory-mapped array stays where it is, and of it only the rows that are asked for are read. `indices` are a whole
    number, which gives one example without the axis of examples, a slice, or an array of whole numbers or booleans.
    Raises `DataError` for examples that are none, of different number, or masked, and `IndexingError` for an index
    that does not fit.

    A data set of one's own has these two: `__len__`, and a `__getitem__` of an array of indices that gives (x, y).

    >>> data = nn.Dataset(np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1]))
    >>> len(data)
    4
    >>> data[[0, 2]]
    (array([[0., 1.],
           [4., 5.]]), array([0, 0]))
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_call(cls, args, kwargs)
        return super().__new__(cls)

    def __init__(self, x: Any, y: Any) -> None:
        self.x, self.y = _rows("x", x), _rows("y", y)
        self.rows: np.ndarray | None = None
        if len(self.x) != len(self.y):
            raise ag.DataError(f"Dataset: there are {len(self.x)} examples in x and {len(self.y)} in y")

    def __len__(self) -> int:
        return len(self.x) if self.rows is None else len(self.rows)

    def __getitem__(self, indices: Any) -> tuple[Any, Any]:
        return self.at(index_of(indices, len(self)))

    def at(self, index: Any) -> tuple[Any, Any]:
        """The same for an index that is known to fit, as those that a loader draws are."""
        if self.rows is not None:
            index = self.rows[index]
        return _chosen(self.x, index), _chosen(self.y, index)

    def subset(self, indices: Any) -> Dataset:
        """The examples of some indices as a data set: nothing is read or copied yet.

        >>> len(nn.Dataset(np.ones((4, 2)), np.ones(4)).subset([0, 2, 3]))
        3
        """
        chosen = np.atleast_1d(np.arange(len(self))[index_of(indices, len(self))])
        if not len(chosen):
            raise ag.DataError("Dataset: a subset needs at least one example")
        part = Dataset(self.x, self.y)
        part.rows = chosen if self.rows is None else self.rows[chosen]
        return part

    def __repr__(self) -> str:
        x, y = self.x, self.y
        return (
            f"Dataset of {len(self):,} example{'s' * (len(self) != 1)}: "
            f"x {x.shape[1:]} {x.dtype}, y {y.shape[1:]} {y.dtype}"
        )


def _rows(name: str, value: Any) -> Any:
    if isinstance(value, np.ma.MaskedArray):
        raise ag.DataError(f"Dataset: {name} is masked, and its mask would be lost: fill it or drop such examples")
    # Not copied, whatever its byte order and layout: it may be larger than memory.
    found = np.asarray(value) if isinstance(value, np.ndarray) else value
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
        found = array(f"Dataset: {name}", found)
    if found.ndim == 0 or found.shape[0] == 0:
        raise ag.DataError(f"Dataset: {name} has shape {found.shape}: there are no examples in it")
    return found


def index_of(indices: Any, length: int) -> Any:
    """An index of examples that is known to fit: a whole number, a slice, or an array of whole numbers or booleans."""
    if isinstance(indices, slice):
        return indices
    index = np.asarray(indices) if not isinstance(indices, np.ma.MaskedArray) else np.empty((0, 0))
    if index.size == 0 and not isinstance(indices, np.ndarray):
        index = index.astype(np.intp)
    if index.dtype.kind not in "iub" or index.ndim > 1 or (index.dtype.kind == "b" and index.shape != (length,)):
        raise ag.IndexingError(
            f"Dataset: an index is a whole number, a slice, or an array of whole numbers or of {length} booleans, "
            f"not {indices!r:.60}"
        )
    if index.dtype.kind != "b" and index.size and not -length <= index.min() <= index.max() < length:
        wrong = index.max() if index.max() >= length else index.min()
        raise ag.IndexingError(f"Dataset: there is no example {wrong} among {length}")
    return index


def _chosen(part: Any, index: Any) -> Any:
    several = isinstance(index, np.ndarray) and index.ndim > 0  # else what comes is a view
    if not isinstance(part, np.ndarray):
        xp = backend.namespace(part)
        return part[xp.asarray(index)] if several else part[index if isinstance(index, slice) else int(index)].copy()
    plain = part.flags.c_contiguous and part.flags.aligned and part.dtype.isnative
    if several and plain and index.dtype.kind != "b":
        return part.take(index, axis=0)  # quicker; of an array of another layout it would copy the whole
    chosen = part[index if several or isinstance(index, slice) else int(index)]
    return np.array(chosen, dtype=backend.native(part.dtype), order="C", copy=None if several else True)
