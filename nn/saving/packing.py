"""What is saved, as plain data and arrays: a tree of nodes that JSON can say, and the arrays it names.

A node is a plain value itself, or a dictionary with `"$"` that says what it stands for. Must not know files, nor how
anything is put back.
"""

from __future__ import annotations

import functools
import random
import types
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any
from urllib.parse import quote

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend
from nn import state as states
from nn.module import Module
from nn.saving import generators
from nn.state import Found

Arrays = dict[str, np.ndarray]


def packed(things: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    """The nodes of things by their names; see `pack`."""
    return {name: pack(thing, _part(name), name, arrays) for name, thing in things.items()}


def pack(value: Any, key: str, place: str, arrays: Arrays, above: tuple[int, ...] = ()) -> Any:
    """The node of a value; its arrays are added to `arrays` under keys that begin with `key`.

    Raises `ArgumentError` for what cannot be saved, with its place.

    >>> from nn.saving.packing import pack
    >>> arrays = {}
    >>> pack({"epoch": 3, "order": np.arange(2)}, "run", "run", arrays), list(arrays)
    ({'epoch': 3, 'order': {'$': 'array', 'key': 'run/order'}}, ['run/order'])
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if isfinite(value) else {"$": "float", "value": repr(value)}
    if isinstance(value, Tensor | np.ndarray | np.generic) or backend.is_array(value):
        kind = "scalar" if isinstance(value, np.generic) else "array"
        return {"$": kind, "key": _add(arrays, key, place, value)}
    if id(value) in above:
        raise ag.ArgumentError(f"save: {place} holds itself, and would have no end in a file")
    above = (*above, id(value))
    if isinstance(value, np.random.Generator):
        return {"$": "generator", **generators.described(value)}
    if isinstance(value, Module):
        _refuse_other_streams(value, place)
        return {
            "$": "module",
            "class": type(value).__name__,
            "state": pack(dict(value.state_dict()), key, place, arrays, above),
            "generators": generators_of(value),
            "modules": architecture(value),
        }
    if keeps_state(value):
        state = pack(value.state_dict(), key, place, arrays, above)
        return {"$": "object", "class": type(value).__name__, "state": state}
    if isinstance(value, Mapping):
        plain = all(type(name) is str for name in value) and "$" not in value
        nodes = [
            (name, pack(item, f"{key}/{_part(name)}", f"{place}[{name!r}]", arrays, above))
            for name, item in ((_name(name, place), item) for name, item in value.items())
        ]
        return dict(nodes) if plain else {"$": "dict", "items": [list(pair) for pair in nodes]}
    if isinstance(value, list) or type(value) is tuple:
        items = [pack(item, f"{key}/{i}", f"{place}[{i}]", arrays, above) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"$": "tuple", "items": items}
    raise ag.ArgumentError(
        f"save: {place} is {value!r:.60}, of {type(value).__name__}, which has no place in a file: give a Module, what "
        "has state_dict() and load_state_dict(), a numpy.random.Generator, an array, a number, a string, None, or "
        "lists, tuples and dictionaries of these"
    )


def unpacked(node: Any, arrays: Arrays) -> Any:
    """What a node stands for: a module and every other object by its state, a generator by a new one there.

    >>> from nn.saving.packing import unpacked
    >>> unpacked([1, {"$": "float", "value": "nan"}], {})
    [1, nan]
    """
    if isinstance(node, list):
        return [unpacked(item, arrays) for item in node]
    if not isinstance(node, dict):
        return node
    kind = node.get("$")
    if kind is None:
        return {name: unpacked(item, arrays) for name, item in node.items()}
    if kind == "float":
        return {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}[node["value"]]
    if kind in ("array", "scalar"):
        array = arrays[node["key"]]
        return array if kind == "array" else array[()]
    if kind == "dict":
        return {name: unpacked(item, arrays) for name, item in node["items"]}
    if kind == "tuple":
        return tuple(unpacked(item, arrays) for item in node["items"])
    if kind == "generator":
        return generators.made(node)
    if kind in ("module", "object"):
        return unpacked(node["state"], arrays)
    raise ValueError(f"nothing is known of {kind!r:.40}")


def keeps_state(value: Any) -> bool:
    """Whether a value gives its state and takes one."""
    kept = not isinstance(value, type)
    return kept and all(callable(getattr(value, name, None)) for name in ("state_dict", "load_state_dict"))


def random_places(module: Module) -> Iterator[Found]:
    """The generators in the attributes of a module and of those inside it, with the path to each."""
    return _places(module, np.random.Generator)


# What gives random numbers too, and would go on elsewhere.
_OTHER_STREAMS = (np.random.RandomState, np.random.BitGenerator, random.Random)


def _places(module: Module, kinds: type | tuple[type, ...]) -> Iterator[Found]:
    for path, each in module.named_modules():
        for name, value in vars(each).items():
            full = f"{path}.{name}" if path else name
            yield from states.inside(Found(full, full, value), kinds)


def _refuse_other_streams(module: Module, place: str) -> None:
    for path, _, stream in _places(module, _OTHER_STREAMS):
        raise ag.ArgumentError(
            f"save: {place}.{path} is a {type(stream).__name__}, whose state is not saved: a run would go on with "
            "other random numbers: use a generator, as np.random.default_rng(seed) gives it"
        )


def generators_of(module: Module) -> dict[str, Any]:
    """The states of a module's generators by path; one that several share stands there once, and by its path then."""
    first: dict[int, str] = {}
    found: dict[str, Any] = {}
    for path, _, rng in random_places(module):
        known = first.setdefault(id(rng.bit_generator), path)
        found[path] = generators.described(rng) if known == path else known
    return found


def architecture(module: Module) -> list[list[str]]:
    """Path, class and arguments of a module and of all that are inside it, and the functions that stand among them."""
    found = [[path, type(each).__name__, each.extra_repr()] for path, each in module.named_modules()]
    functions = _places(module, (types.FunctionType, types.BuiltinFunctionType, functools.partial))
    return found + [[path, _called(function), ""] for path, _, function in functions]


def _called(function: Any) -> str:
    return f"the function {getattr(function, '__name__', None) or type(function).__name__}"


def _name(name: Any, place: str) -> Any:
    if name is None or type(name) in (bool, int, str) or (type(name) is float and isfinite(name)):
        return name
    raise ag.ArgumentError(f"save: {place} has the key {name!r:.60}: a key in a file is a string or a number")


def _part(name: Any) -> str:
    """A name as a part of an array's key: every name differs, none leads out of an archive."""
    if type(name) is not str:
        return f"#{name!r}"
    quoted = quote(name, safe=" .-_+=,()[]")
    return quoted.replace(".", "%2E") if quoted.strip(".") == "" else quoted


def _add(arrays: Arrays, key: str, place: str, value: Any) -> str:
    array = np.asarray(value) if isinstance(value, np.generic) else ag.asarray(_numbers(value, place)).numpy()
    if array.dtype.kind not in backend.NUMBERS:
        raise _no_numbers(place, array.dtype)
    # In one order of bytes and of axes, whatever it was a view of.
    arrays[key] = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
    return key


def _numbers(value: Any, place: str) -> Any:
    if isinstance(value, np.ma.MaskedArray):
        raise ag.ArgumentError(f"save: {place} is masked, and its mask would be lost: save m.filled(…) and m.mask")
    if value.dtype.kind not in backend.NUMBERS:
        raise _no_numbers(place, value.dtype)
    return value


def _no_numbers(place: str, dtype: Any) -> ag.ArgumentError:
    return ag.ArgumentError(f"save: {place} has dtype {dtype}: arrays of numbers and booleans are saved")
