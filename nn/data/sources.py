"""Where batches come from: examples that are cut into them, or an iterable that gives them as they are.

Knows the kinds of data that a loader takes. Must not know orders or threads.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend
from nn.data.dataset import Dataset, Examples


def source(data: Any) -> Examples | Stream:
    """Examples, or a stream of batches, by what `data` is. Raises `ArgumentError` for what is neither."""
    if isinstance(data, Dataset):
        return data
    if isinstance(data, tuple):
        if len(data) != 2:
            raise ag.ArgumentError(f"DataLoader: a tuple is a pair (x, y), and this has {len(data)} things in it")
        return Dataset(*data)
    alone = isinstance(data, Tensor | np.ndarray | str | bytes | Mapping) or backend.is_array(data)
    kind = type(data)
    if not alone and hasattr(kind, "__getitem__") and hasattr(kind, "__len__") and not hasattr(kind, "__iter__"):
        found: Examples = data
        return found
    if not alone and isinstance(data, Iterable):
        return Stream(data)
    if not alone and callable(data):
        return Stream(data)
    raise ag.ArgumentError(
        f"DataLoader: data is a pair (x, y), an nn.Dataset, an iterable of batches or a function that gives one, "
        f"not {type(data).__name__}: write nn.DataLoader((x, y), batch_size=10)"
    )


class Stream:
    """Batches as an iterable, or what a function gives, hands them out."""

    def __init__(self, data: Iterable[Any] | Callable[[], Iterable[Any]]) -> None:
        self.data = data
        self.once = isinstance(data, Iterator)
        self.used = False

    def batches(self) -> Generator[Any, None, None]:
        """The batches of one epoch, from the first. Raises `DataError` where a single iterator is asked a second time.

        What a function gives is closed at the end.
        """
        if self.once and self.used:
            raise ag.DataError(
                "DataLoader: a generator goes through its data once, and it has: give the function that makes it, "
                "as in nn.DataLoader(read) for def read(): yield x, y"
            )
        self.used = True
        if isinstance(self.data, Iterable):
            yield from self.data
            return
        given = self.data()
        if not isinstance(given, Iterable):
            raise ag.DataError(f"DataLoader: the function gave {type(given).__name__}, and no iterable of batches")
        try:
            yield from given
        finally:
            if isinstance(given, Generator):
                given.close()

    def length(self) -> int | None:
        """The number of batches, where it is known."""
        return len(self.data) if hasattr(type(self.data), "__len__") else None  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return repr(self.data)[:60]
