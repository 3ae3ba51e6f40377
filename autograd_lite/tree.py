"""Nested containers: what a tuple, list, dictionary or dataclass of things holds, apart from its form.

Knows Python's containers. Must not know what stands at the leaves: the caller says what a leaf is.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd_lite.errors import ArgumentError

LEAF = "leaf"
"""The form of what is no container."""


def take_apart(value: Any, is_leaf: Callable[[Any], bool] = lambda value: False) -> tuple[list[Any], Any]:
    """The leaves of nested containers in order, and the form that `put_together` fills again.

    Containers are tuples, named tuples, lists, dictionaries (in their own order; of
    other kinds than `dict` and `OrderedDict` a `dict` is made) and instances of dataclasses; `None`
    is a container of nothing. Everything else is a leaf, and so is a container that `is_leaf`. Two forms are equal
    where the containers are nested alike.

    >>> from autograd_lite.tree import put_together, take_apart
    >>> leaves, form = take_apart({"w": [1, 2], "b": (3, None)})
    >>> leaves
    [1, 2, 3]
    >>> put_together(form, [10, 20, 30])
    {'w': [10, 20], 'b': (30, None)}
    """
    leaves: list[Any] = []

    def walk(value: Any) -> Any:
        if value is None:
            return None
        if is_leaf(value):
            leaves.append(value)
            return LEAF
        if isinstance(value, dict):
            return (type(value), tuple(value), tuple(walk(each) for each in value.values()))
        if isinstance(value, tuple | list):
            return (type(value), None, tuple(walk(each) for each in value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = tuple(field.name for field in dataclasses.fields(value))
            return (type(value), names, tuple(walk(getattr(value, name)) for name in names))
        leaves.append(value)
        return LEAF

    return leaves, walk(value)


def put_together(form: Any, leaves: Sequence[Any]) -> Any:
    """Containers of a form that `take_apart` gave, with other leaves in them."""
    return _filled(form, iter(leaves))


def _filled(form: Any, leaves: Iterator[Any]) -> Any:
    if form is None:
        return None
    if form == LEAF:
        return next(leaves)
    kind, names, parts = form
    filled = [_filled(part, leaves) for part in parts]
    if issubclass(kind, dict):
        items = dict(zip(names, filled, strict=True))
        return items if kind is dict or not issubclass(kind, OrderedDict) else kind(items)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return kind(*filled)
    if issubclass(kind, tuple | list):
        return kind(filled)
    made = object.__new__(kind)  # a dataclass; its __init__ may take other things than its fields
    for name, each in zip(names, filled, strict=True):
        object.__setattr__(made, name, each)
    return made


def alike(container: Any, leaves: Sequence[Any]) -> Any:
    """Other things in a tuple or list of the same kind, whose places may have names.

    >>> from autograd_lite.tree import alike
    >>> alike([1, 2], (3, 4))
    [3, 4]
    """
    kind = type(container)
    return kind(*leaves) if hasattr(kind, "_fields") else kind(leaves)


def paths(form: Any, start: str = "") -> list[str]:
    """Where each leaf of a form stands, as one writes it.

    >>> from autograd_lite.tree import paths, take_apart
    >>> paths(take_apart({"w": [1, 2], "b": 3})[1], "x")
    ["x['w'][0]", "x['w'][1]", "x['b']"]
    """
    if form is None:
        return []
    if form == LEAF:
        return [start]
    kind, names, parts = form
    if names is None:
        steps = [f".{field}" for field in getattr(kind, "_fields", ())] or [f"[{i}]" for i in range(len(parts))]
    else:
        steps = [f"[{name!r}]" if issubclass(kind, dict) else f".{name}" for name in names]
    return [path for step, part in zip(steps, parts, strict=True) for path in paths(part, start + step)]


def leaves_like(form: Any, value: Any, start: str = "") -> list[Any]:
    """What stands in `value` where the leaves of `form` stand, whatever it is; dictionaries may be in another order.

    Raises `ArgumentError` that names the place where the containers differ.

    >>> from autograd_lite.tree import leaves_like, take_apart
    >>> leaves_like(take_apart({"w": 1, "b": (2, 3)})[1], {"b": ("two", "three"), "w": [1]})
    [[1], 'two', 'three']
    """
    if form is None:
        if value is not None:
            raise ArgumentError(f"{start or 'it'} is {type(value).__name__}, where there is None")
        return []
    if form == LEAF:
        return [value]
    kind, names, parts = form
    whole = issubclass(kind, dict | list | tuple)
    alike = next((each for each in (dict, list, tuple) if issubclass(kind, each)), kind)
    if not isinstance(value, alike):
        raise ArgumentError(f"{start or 'it'} is {type(value).__name__}, where there is a {kind.__name__}")
    if names is not None and whole:
        if set(value) != set(names):
            raise ArgumentError(f"{start or 'it'} has the keys {list(value)}, where there are {list(names)}")
        inside = [value[name] for name in names]
    elif names is not None:
        inside = [getattr(value, name) for name in names]
    else:
        inside = list(value)
        if len(inside) != len(parts):
            raise ArgumentError(f"{start or 'it'} has {len(inside)} parts, where there are {len(parts)}")
    steps = [f"[{i if names is None else repr(names[i])}]" if whole else f".{names[i]}" for i in range(len(parts))]
    found = zip(parts, inside, steps, strict=True)
    return [leaf for part, each, step in found for leaf in leaves_like(part, each, start + step)]
