"""Named tensors: how they are found in attributes, and how a state is taken out and put back, all or nothing.

Knows containers, paths and arrays. Must not know what the tensors are for: modules and optimisers share this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend


class Found(NamedTuple):
    """A thing in an attribute: its path as a state spells it (`layers.0`), its place as Python does (`layers[0]`)."""

    path: str
    place: str
    value: Any


def inside(found: Found, kinds: type | tuple[type, ...], above: tuple[int, ...] = ()) -> Iterator[Found]:
    """What is of `kinds`: the value itself, or what its lists, tuples and dictionaries hold, however deep.

    >>> from nn.state import Found, inside
    >>> [each.path for each in inside(Found("a", "a", [1, {"b": 2}]), int)]
    ['a.0', 'a.1.b']
    """
    path, place, value = found
    if isinstance(value, kinds):
        yield found
        return
    if isinstance(value, dict):
        items: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        return
    if id(value) in above:  # a list that holds itself
        return
    for key, item in items:
        yield from inside(Found(f"{path}.{key}", f"{place}[{key!r}]", item), kinds, (*above, id(value)))


def by_path(owner: str, tensors: Iterable[Found]) -> dict[str, Tensor]:
    """The tensors by path. Raises `ArgumentError` where two have one path, of which a state would lose one."""
    named: dict[str, Found] = {}
    for each in tensors:
        other = named.setdefault(each.path, each)
        if other is not each:
            raise ag.ArgumentError(
                f"{owner}: two tensors have the path {each.path!r}, {other.place} and {each.place}: "
                "give one of them another key or attribute"
            )
    return {path: each.value for path, each in named.items()}


def fitted(owner: str, kind: str, own: Mapping[str, Any], state: Any) -> dict[str, np.ndarray]:
    """The arrays of `state` for everything in `own`, each known to fit. Nothing is written.

    `own` holds tensors, and numbers, which fit like tensors of their own dtype; `kind` is what the owner is, in
    words. Raises `ShapeError` with every missing key, unexpected key, wrong shape and wrong dtype in one message.
    """
    if not isinstance(state, Mapping):
        raise ag.ArgumentError(
            f"{owner}: a state is a dictionary of arrays by path, as state_dict() gives it, not {type(state).__name__}"
        )
    problems = [f"missing: {path} {_shape(mine)}" for path, mine in own.items() if path not in state]
    problems += [f"unexpected: {path}" for path in state if path not in own]
    arrays: dict[str, np.ndarray] = {}
    for path, mine in own.items():
        if path not in state:
            continue
        try:
            array = ag.asarray(state[path]).numpy()
        except ag.AutogradError as error:
            problems.append(f"no array: {path}: {error}")
            continue
        dtype = mine.dtype if isinstance(mine, Tensor) else np.result_type(type(mine))
        if array.shape != _shape(mine):
            problems.append(f"wrong shape: {path} is {_shape(mine)} in the {kind} and {array.shape} in the state")
        elif not np.can_cast(array.dtype, dtype, "same_kind"):
            problems.append(f"wrong dtype: {path} is {dtype} in the {kind} and {array.dtype} in the state")
        else:
            arrays[path] = array
    if problems:
        raise ag.ShapeError(f"the state does not fit {owner}:\n  " + "\n  ".join(problems))
    return arrays


def assign(own: Mapping[str, Tensor], arrays: Mapping[str, np.ndarray]) -> None:
    """Give every tensor its array, in its own dtype and on its own device."""
    for path, tensor in own.items():
        tensor.assign(backend.namespace(tensor.data).asarray(arrays[path]))


def _shape(mine: Any) -> tuple[int, ...]:
    return mine.shape if isinstance(mine, Tensor) else ()
