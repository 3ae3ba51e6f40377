"""What is trained on and measured on: pairs of arrays, checked before anything changes, and loaders of batches.

Knows how examples are cut into mini-batches, and where a run is among them. Must not know costs or optimisers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend
from nn.arguments import whole
from nn.data import DataLoader, Dataset
from nn.data.sources import Stream
from nn.module import Module
from nn.training.modes import modules_behind

# What goes through a model at once where nobody says it: numbers of flat examples, and of those whose inner results
# are larger than they are.
_FLAT, _DEEP = 1 << 23, 1 << 20

Batches = Iterator[tuple[Any, Any]]


class Pair:
    """Arrays of examples, cut into mini-batches in a new order in every epoch, the last of which may be smaller."""

    def __init__(self, x: Any, y: Any, size: int, rng: np.random.Generator) -> None:
        self.x, self.y, self.size, self.rng = x, y, size, rng
        self.examples: int | None = x.shape[0]
        self.order: np.ndarray | None = None  # of the epoch under way

    def batches(self, done: int = 0) -> Batches:
        """The mini-batches of an epoch; where some are `done`, those that are left of it."""
        if not done or self.order is None:
            self.order = self.rng.permutation(len(self.x))
        x, y, size = self.x, self.y, self.size
        order = backend.namespace(x).asarray(self.order)
        for start in range(done * size, len(x), size):
            chosen = order[start : start + size]
            yield x.take(chosen, axis=0), y.take(chosen, axis=0)

    def in_order(self, size: int | None) -> Held:
        """The same examples to be measured on."""
        return Held(self.x, self.y, size)

    def rows(self, batch: int) -> np.ndarray | None:
        """Which examples the mini-batch of the epoch has, counted from 1."""
        return None if self.order is None else self.order[(batch - 1) * self.size : batch * self.size]

    def state_dict(self) -> dict[str, Any]:
        """What has been drawn of the order, and what it is drawn from."""
        order = None if self.order is None else self.order.copy()
        drawn = self.rng.bit_generator.state
        return {"examples": self.examples, "batch_size": self.size, "order": order, "rng": drawn}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was. Raises `ArgumentError` with all that does not fit, with nothing changed."""
        if not isinstance(state, Mapping) or set(state) != {"examples", "batch_size", "order", "rng"}:
            raise ag.ArgumentError("fit: the data is not that of the run: it was no pair (x, y), and is one here")
        problems = [
            f"{name} was {state[name]!r:.40} and is {mine} here"
            for name, mine in (("examples", self.examples), ("batch_size", self.size))
            if state[name] != mine
        ]
        order = None if state["order"] is None else np.asarray(state["order"])
        if order is not None and not np.array_equal(np.sort(order, axis=None), np.arange(len(self.x))):
            problems.append(f"the order is none of {self.examples} examples")
        try:
            type(self.rng.bit_generator)().state = state["rng"]
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            problems.append(f"its rng is no state of {type(self.rng.bit_generator).__name__}: {error}")
        if problems:
            raise ag.ArgumentError("fit: the data is not that of the run: " + "; ".join(problems))
        self.rng.bit_generator.state = state["rng"]
        self.order = order


class Loaded:
    """The mini-batches of a loader, which keeps its place itself."""

    def __init__(self, loader: DataLoader, dtype: Any) -> None:
        self.loader, self.dtype = loader, dtype
        self.examples: int | None = loader.examples

    def batches(self, done: int = 0) -> Batches:
        """The mini-batches of an epoch; a loader whose state was put back gives those that are left of it."""
        for x, y in self.loader:
            yield in_dtype(x, self.dtype), in_dtype(y, self.dtype)

    def in_order(self, size: int | None) -> Loaded:
        """The same examples to be measured on, without what the loader changes by chance.

        Raises `ArgumentError` for batches that are read only once.
        """
        data, fixed = self.loader.data, [each for each, draws in self.loader.transforms if not draws]
        if not isinstance(data, Stream):
            return Loaded(DataLoader(data, size or 1000, transform=fixed), self.dtype)
        if data.once:
            raise ag.ArgumentError(
                "fit: training_accuracy reads the data once more, and an iterator gives it only once"
            )
        return Loaded(DataLoader(data.data, transform=fixed), self.dtype)

    def rows(self, batch: int) -> np.ndarray | None:
        """Which examples the mini-batch of the epoch has, counted from 1, where that is known."""
        order, size = self.loader.state_dict()["order"], self.loader.batch_size
        return None if order is None or size is None else order[(batch - 1) * size : batch * size]

    def state_dict(self) -> dict[str, Any]:
        """Where the loader is."""
        return self.loader.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was."""
        self.loader.load_state_dict(state)


class Held:
    """Arrays of examples in their own order, in batches of `size`, or of as many as go through a model at once."""

    def __init__(self, x: Any, y: Any, size: int | None) -> None:
        self.x, self.y = x, y
        self.size = size or at_once(x)

    def batches(self) -> Batches:
        """All examples, batch by batch."""
        return zip(cut(self.x, self.size), cut(self.y, self.size), strict=True)


def arrays(source: Pair | Loaded) -> list[Any]:
    """The arrays that mini-batches are cut from, as far as they are known."""
    if isinstance(source, Pair):
        return [source.x, source.y]
    data = source.loader.data
    return [data.x, data.y] if isinstance(data, Dataset) else []


def at_once(x: Any) -> int:
    """How many examples go through a model at once where nobody says it.

    >>> from nn.training.data import at_once
    >>> at_once(np.zeros((5, 784))), at_once(np.zeros((5, 1, 28, 28)))
    (10699, 1337)
    """
    return int(max(1, (_FLAT if x.ndim <= 2 else _DEEP) // max(1, x.size // len(x))))


def cut(x: Any, size: int | None) -> Iterator[Any]:
    """The examples in their order, in batches."""
    size = size or at_once(x)
    return (x[start : start + size] for start in range(0, len(x), size)) if len(x) > size else iter([x])


def dtype_of(model: Any) -> Any:
    """The dtype that a model computes in, where it is known."""
    return next((p.dtype for each in modules_behind(model) for p in each.parameters()), None)


def size_of(what: str, size: Any) -> int | None:
    """The number of examples in a batch, or `None`."""
    return None if size is None else whole(what, size, 1)


def is_pair(data: Any) -> bool:
    """Whether data is written as (x, y): a tuple of two, or a list of two that are no mini-batches."""
    if isinstance(data, list):
        return len(data) == 2 and not any(isinstance(each, tuple) for each in data)
    return isinstance(data, tuple) and len(data) == 2


def is_loaded(data: Any) -> bool:
    """Whether data comes from a loader, a data set, or an iterable or function that gives batches."""
    if isinstance(data, DataLoader | Dataset):
        return True
    if isinstance(data, list):
        return bool(data) and all(isinstance(each, tuple) and len(each) == 2 for each in data)
    kind = type(data)
    if isinstance(data, tuple | str | bytes | Mapping | Tensor) or hasattr(data, "__array__") or backend.is_array(data):
        return False
    own = hasattr(kind, "__getitem__") and hasattr(kind, "__len__")
    return own or isinstance(data, Iterable) or (callable(data) and not isinstance(data, Module))


def trained_on(data: Any, size: Any, rng: Callable[[], np.random.Generator], given: bool, dtype: Any) -> Pair | Loaded:
    """What `fit` was given to train on; `given` says whether there was an `rng`."""
    if isinstance(data, DataLoader):
        for name, there in (("batch_size", size is not None), ("rng", given)):
            if there:
                raise ag.ArgumentError(
                    f"fit: {name} is for arrays of examples, and a DataLoader has its own: leave it out"
                )
        return Loaded(data, dtype)
    if is_loaded(data):
        if _is_data_set(data):
            return Loaded(DataLoader(data, whole("fit: batch_size", size, 1), shuffle=True, rng=rng()), dtype)
        if size is not None:
            raise ag.ArgumentError(
                "fit: batch_size is for arrays of examples, and data gives its mini-batches as they are: leave it out"
            )
        if given:
            raise ag.ArgumentError("fit: rng is for the order of examples, and data gives its mini-batches in its own")
        return Loaded(DataLoader(data), dtype)
    x, y = (in_dtype(part, dtype) for part in checked("fit", "data", data))
    return Pair(x, y, whole("fit: batch_size", size, 1), rng())


def held_out(caller: str, what: str, data: Any, size: int | None, dtype: Any) -> Held | Loaded:
    """What is measured on, in batches of `size` where they are cut here. Raises `DataError`."""
    if isinstance(data, DataLoader):
        if data.drop_last:
            raise ag.DataError(
                f"{caller}: {what} is a loader with drop_last, which leaves examples out: make one without"
            )
        return Loaded(data, dtype)
    if is_loaded(data):
        return Loaded(DataLoader(data, size or 1000) if _is_data_set(data) else DataLoader(data), dtype)
    x, y = checked(caller, what, data)
    return Held(in_dtype(x, dtype), in_dtype(y, dtype), size)


def _is_data_set(data: Any) -> bool:
    kind = type(data)
    return hasattr(kind, "__getitem__") and hasattr(kind, "__len__") and not hasattr(kind, "__iter__")


def checked(caller: str, what: str, data: Any) -> tuple[Any, Any]:
    """A pair of arrays of equal, positive length and finite values. Raises `DataError`, in the name of the caller."""
    try:
        if isinstance(data, Mapping):
            raise TypeError
        x, y = data
    except (TypeError, ValueError):
        raise ag.DataError(f"{caller}: {what} must be a pair (x, y), not {type(data).__name__}") from None
    x, y = examples_of(caller, "x", what, x), examples_of(caller, "y", what, y)
    if x.shape[0] != y.shape[0]:
        raise ag.DataError(f"{caller}: {what} has {x.shape[0]} examples in x and {y.shape[0]} in y")
    return x, y


def examples_of(caller: str, name: str, what: str, part: Any) -> Any:
    """An array of examples with finite values. Raises `DataError`, which names the first example that has none."""
    if isinstance(part, np.ma.MaskedArray):
        raise ag.DataError(
            f"{caller}: {name} of {what} is masked, and its mask would be lost: fill it or drop such examples"
        )
    try:
        array = as_array(part)
    except ValueError:
        raise ag.DataError(f"{caller}: {name} of {what} is no array, but examples of different lengths") from None
    except Exception as error:  # noqa: BLE001 - an object's own __array__ may raise anything
        raise ag.DataError(f"{caller}: {name} of {what} cannot be made an array: {error!r:.100}") from None
    if array.ndim == 0 or array.shape[0] == 0:
        raise ag.DataError(f"{caller}: {name} of {what} has shape {array.shape}: there are no examples in it")
    if array.dtype.kind not in "biuf":
        raise ag.DataError(f"{caller}: {name} of {what} has dtype {array.dtype}; real numbers are needed")
    if array.dtype.kind == "f" and not _finite_sum(array):
        bad = ~backend.namespace(array).isfinite(array)
        if bool(bad.any()):
            row = int(bad.reshape(bad.shape[0], -1).any(axis=1).argmax())
            raise ag.DataError(
                f"{caller}: {name} of {what} has a value that is not finite, first in example {row}: "
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
