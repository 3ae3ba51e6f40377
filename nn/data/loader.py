"""`DataLoader`: mini-batches, epoch by epoch, which go on after an interruption where they were.

Knows the order in which things happen to a batch; what they are stands in the files beside this one. Must not know
models or costs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Any, Self

import numpy as np

import autograd_lite as ag
from nn.arguments import flag, whole
from nn.calling import check_call
from nn.data.batches import Batch, apart, checked, noted, refuse_what_is_not_finite
from nn.data.dataset import Dataset, Examples
from nn.data.positions import Epoch, Place
from nn.data.prefetching import prefetched
from nn.data.sources import Stream, source
from nn.initializers import generator

Transform = Callable[..., Batch]
_END = object()


class DataLoader:
    """Mini-batches (x, y) of a data set, as often as they are asked for: each `for` loop is a new epoch.

    `data` is one of these, of which only what a batch needs is read:

    - examples, which are cut into batches of `batch_size`: a tuple (x, y) of arrays, memory-mapped ones too; an
      `nn.Dataset`; or an object with `__len__` and `__getitem__(indices) -> (x, y)`, and no `__iter__`;
    - batches as they are, without `batch_size`: a list or another iterable of (x, y); a function that gives an
      iterator of them, such as a generator function, called anew for each epoch; or one iterator, for one epoch.

    `shuffle` gives examples in a new order in every epoch, drawn from `rng`, a generator or a seed. `drop_last` leaves
    out a last batch that is smaller. `transform` is a function `(x, y) -> (x, y)` of a batch, or a list of such, done
    in turn; one that has a parameter `rng` is given a generator of its own for each batch. `prefetch` is the number of
    batches that a thread makes in advance; they are the same.

    `len(loader)` is the number of batches and `loader.examples` that of examples in an epoch, where they are known.
    `state_dict` says where a loop is, and a loader that is given it goes on there, to the byte.

    Raises `DataError` for a batch that is none, is not finite, or has x and y of different lengths, when it is its
    turn, and says which it is. What data or transforms raise comes out as it is, with a note of the batch.

    >>> loader = nn.DataLoader((np.arange(10.0), np.arange(10)), batch_size=4, shuffle=True, rng=0)
    >>> [y.tolist() for x, y in loader]
    [[4, 6, 2, 7], [3, 5, 9, 0], [8, 1]]
    >>> len(loader), loader.examples
    (3, 10)
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_call(cls, args, kwargs)
        return super().__new__(cls)

    def __init__(
        self,
        data: Any,
        batch_size: int | None = None,
        shuffle: bool = False,
        rng: Any = None,
        drop_last: bool = False,
        transform: Any = None,
        prefetch: int = 0,
    ) -> None:
        self.data = source(data)
        self.shuffle, self.drop_last = flag("DataLoader: shuffle", shuffle), flag("DataLoader: drop_last", drop_last)
        self.batch_size, self.examples = _sizes(self.data, batch_size, self.shuffle, self.drop_last)
        self.transforms = _transforms(transform)
        self.prefetch = whole("DataLoader: prefetch", prefetch, 0)
        random = any(draws for _, draws in self.transforms)
        self.rng = generator(rng) if self.shuffle or random or rng is not None else None
        shuffled = len(self.data) if self.shuffle and not isinstance(self.data, Stream) else None
        self._place = Place(self.examples, self.batch_size, self._batches(), shuffled, random, self.rng)
        self._epoch: Epoch | None = None  # in which a loop is, or was when it was left
        self._next: Epoch | None = None  # in which the next loop goes on

    def __len__(self) -> int:
        batches = self._batches()
        if batches is None:
            raise ag.ArgumentError("DataLoader: how many batches there are is known only when all have been given")
        return batches

    def _batches(self) -> int | None:
        if isinstance(self.data, Stream):
            return self.data.length()
        assert self.examples is not None and self.batch_size is not None
        return -(-self.examples // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        epoch, self._next = self._next or self._drawn(), None
        self._epoch = epoch
        return self._given(epoch)

    def _drawn(self) -> Epoch:
        """A new epoch. Its order is drawn first, as that of a pair of arrays is in `fit`."""
        order = seed = None
        if self.rng is not None and self._place.shuffled is not None:
            order = self.rng.permutation(self._place.shuffled)
        if self.rng is not None and self._place.random:
            seed = int(self.rng.integers(2**63 - 1))
        return Epoch(order, seed)

    def _given(self, epoch: Epoch) -> Generator[Batch, None, None]:
        """The batches that are left of an epoch; its position counts what has been given, not what was made."""
        make = partial(self._made, epoch, epoch.position)
        with closing(prefetched(make, self.prefetch) if self.prefetch else make()) as batches:
            for batch in batches:
                epoch.position += 1
                yield batch
        if self._epoch is epoch:
            self._epoch = None

    def _made(self, epoch: Epoch, first: int) -> Generator[Batch, None, None]:
        data = self.data
        chosen = self._streamed(data, first) if isinstance(data, Stream) else self._cut(data, epoch.order, first)
        with closing(chosen):
            for number, (batch, rows) in enumerate(chosen, first + 1):
                for transform, draws in self.transforms:
                    with noted(number, "transforming"):
                        own = {"rng": np.random.default_rng([epoch.seed or 0, number])} if draws else {}
                        batch = transform(*batch, **own)
                    batch = checked(f"DataLoader: batch {number}, transformed", batch)
                refuse_what_is_not_finite(f"DataLoader: batch {number}", batch, rows)
                yield batch

    def _cut(
        self, data: Examples, order: np.ndarray | None, first: int
    ) -> Generator[tuple[Batch, np.ndarray], None, None]:
        assert self.examples is not None and self.batch_size is not None
        for number, start in enumerate(range(0, self.examples, self.batch_size), 1):
            if number <= first:
                continue
            stop = min(start + self.batch_size, self.examples)
            rows = np.arange(start, stop) if order is None else order[start:stop].copy()
            if isinstance(data, Dataset):  # which has been looked at, and gives copies
                yield data.at(rows), rows
                continue
            with noted(number, "reading"):
                batch = data[rows]
            yield apart(checked(f"DataLoader: batch {number}", batch)), rows

    def _streamed(self, data: Stream, first: int) -> Generator[tuple[Batch, None], None, None]:
        number = 0
        with closing(data.batches()) as given:
            while True:
                number += 1
                with noted(number, "reading"):
                    batch = next(given, _END)
                if batch is _END:
                    break
                if number > first:
                    yield apart(checked(f"DataLoader: batch {number}", batch)), None
        if number == 1:
            raise ag.DataError("DataLoader: the data gave no batch at all")

    def state_dict(self) -> dict[str, Any]:
        """Where the loop is: the generator's state, the order of the epoch, and how many batches have been given.

        Inside a loop the batch that it is at counts as given. Of an iterable of batches, what has been given is read
        again and passed over when a loop goes on.

        >>> loader = nn.DataLoader((np.arange(4.0), np.arange(4)), 2, shuffle=True, rng=0)
        >>> for x, y in loader:
        ...     state = loader.state_dict()
        ...     break
        >>> state["position"], state["order"]
        (1, array([2, 0, 1, 3]))
        """
        return self._place.state(self._next or self._epoch)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next loop go on where the `state` was taken: the rest of that epoch, or a new one between epochs.

        Raises `ArgumentError` with everything that does not fit a loader of such data; nothing is changed then.

        >>> data = np.arange(6.0), np.arange(6)
        >>> loader, other = (nn.DataLoader(data, 2, shuffle=True, rng=seed) for seed in (0, 1))
        >>> for x, y in loader:
        ...     break
        >>> other.load_state_dict(loader.state_dict())
        >>> [y.tolist() for x, y in other]
        [[5, 4], [0, 1]]
        """
        self._next, self._epoch = self._place.resumed(state), None

    def __repr__(self) -> str:
        size = "" if self.batch_size is None else f", batch_size={self.batch_size}"
        said = "".join(f", {name}=True" for name in ("shuffle", "drop_last") if getattr(self, name))
        ahead = f", prefetch={self.prefetch}" if self.prefetch else ""
        return f"DataLoader({self.data!r}{size}{said}{ahead})"


def _sizes(data: Examples | Stream, size: int | None, shuffle: bool, drop_last: bool) -> tuple[int | None, int | None]:
    """The size of a batch and the number of examples in an epoch, of a stream neither."""
    if isinstance(data, Stream):
        given = {"batch_size": size is not None, "shuffle": shuffle, "drop_last": drop_last}
        for name, said in given.items():
            if said:
                raise ag.ArgumentError(
                    f"DataLoader: {name} is for examples, and an iterable gives its batches as they are: "
                    "leave it out, or give a tuple (x, y) of arrays or an nn.Dataset"
                )
        return None, None
    if size is None:
        raise ag.ArgumentError("DataLoader: examples need a batch_size, as in nn.DataLoader(data, batch_size=10)")
    size = whole("DataLoader: batch_size", size, 1)
    there = len(data)
    if not there:
        raise ag.DataError(f"DataLoader: there are no examples in {data!r:.60}")
    examples = there - there % size if drop_last else there
    if not examples:
        raise ag.DataError(f"DataLoader: drop_last leaves nothing of {there} examples in batches of {size}")
    return size, examples


def _transforms(transform: Any) -> list[tuple[Transform, bool]]:
    """Each transform, and whether it has a parameter `rng`."""
    if transform is None:
        return []
    found = []
    for each in transform if isinstance(transform, list | tuple) else [transform]:
        if not callable(each):
            raise ag.ArgumentError(
                f"DataLoader: a transform is a function of x and y that gives both, not {each!r:.60}"
            )
        try:
            draws = "rng" in inspect.signature(each).parameters
        except (TypeError, ValueError):  # a function of C has none
            draws = False
        found.append((each, draws))
    return found
