"""The manifest of a checkpoint: what is in it, in JSON, with the shape, dtype and SHA-256 of every array.

Reading it trusts nothing: every part is known to have its form before anybody uses it. Must not know how archives are
laid out, nor what the nodes stand for.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from nn.errors import CheckpointError

FORMAT, VERSION = "autograd_lite checkpoint", 1
LONGEST = 16 * 2**20
"""Bytes of a manifest: plain values take many times their length in memory, arrays do not stand here."""

_DTYPE = re.compile(r"[<|][biufc][0-9]{1,2}")


class Expected(NamedTuple):
    """An array as the manifest says that it is."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    sha256: str

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


class Manifest(NamedTuple):
    """The things by name, each a node, and the arrays they name by key."""

    things: dict[str, Any]
    arrays: dict[str, Expected]


def written(things: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """The manifest of things and arrays as JSON. Raises `ArgumentError` where it is too long to be read back."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "made with": {"autograd_lite": ag.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "things": dict(things),
        "arrays": {
            key: {"shape": list(array.shape), "dtype": array.dtype.str, "sha256": digest(array)}
            for key, array in arrays.items()
        },
    }
    text = json.dumps(content, allow_nan=False, separators=(",", ":")).encode()
    if len(text) > LONGEST:
        raise ag.ArgumentError(
            f"save: the plain values take {len(text):,} bytes, more than {LONGEST:,}: give long lists of numbers as "
            "arrays, as in np.array(values)"
        )
    return text


def read(name: str, text: bytes) -> Manifest:
    """The manifest that `text` is. Raises `CheckpointError` for everything else, in the name of the file."""
    try:
        content = parsed(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{name} is no checkpoint: its manifest cannot be read: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{name} is no checkpoint: its manifest does not say {FORMAT!r}")
    version = content.get("version")
    if type(version) is not int or version != VERSION:
        made = content.get("made with")
        by = f", written by autograd_lite {made.get('autograd_lite')!s:.20}" if isinstance(made, dict) else ""
        raise CheckpointError(
            f"{name} is a checkpoint of format version {version!s:.20}{by}, and this is autograd_lite "
            f"{ag.__version__}, which reads version {VERSION}"
        )
    things, arrays = content.get("things"), content.get("arrays")
    if not isinstance(things, dict) or not isinstance(arrays, dict):
        raise CheckpointError(f"{name} is damaged: its manifest does not list things and arrays")
    expected = {key: _expected(name, key, entry) for key, entry in arrays.items()}
    for thing in things.values():
        _check(name, thing, expected)
    return Manifest(things, expected)


def parsed(text: bytes) -> Any:
    """What JSON says, strictly. Raises `ValueError`, where a key stands twice in a dictionary too."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)


def refuse_another(name: str, key: str, array: np.ndarray, expected: Expected) -> None:
    """Raise `CheckpointError` for an array that is not the one that was written."""
    if digest(array) != expected.sha256:
        raise CheckpointError(f"{name} is damaged: the array {key!r} is not the one that was written (SHA-256 differs)")


def digest(array: np.ndarray) -> str:
    """The SHA-256 of the bytes of an array, in the order of its axes.

    >>> from nn.saving.manifest import digest
    >>> digest(np.zeros(0))[:8]
    'e3b0c442'
    """
    flat = np.ascontiguousarray(array).reshape(-1)
    return hashlib.sha256(flat.view(np.uint8).data).hexdigest()


def _expected(name: str, key: str, entry: Any) -> Expected:
    fit = isinstance(entry, dict) and entry.keys() == {"shape", "dtype", "sha256"}
    if fit:
        shape, dtype, sha256 = entry["shape"], entry["dtype"], entry["sha256"]
        fit = isinstance(shape, list) and len(shape) <= 64 and all(type(n) is int and 0 <= n < 2**63 for n in shape)
        fit = fit and isinstance(dtype, str) and _DTYPE.fullmatch(dtype) is not None and isinstance(sha256, str)
    if fit:
        try:
            return Expected(tuple(shape), np.dtype(dtype), sha256)
        except TypeError:
            pass
    raise CheckpointError(f"{name} is damaged: its manifest does not say what the array {key!r:.60} is")


# What a node of a kind has besides "$".
_KINDS: dict[str, dict[str, type]] = {
    "float": {"value": str},
    "array": {"key": str},
    "scalar": {"key": str},
    "dict": {"items": list},
    "tuple": {"items": list},
    "generator": {"bit_generator": str, "state": dict, "spawned": int},
    "module": {"class": str, "state": dict, "generators": dict, "modules": list},
    "object": {"class": str, "state": object},
}


def _check(name: str, node: Any, arrays: Mapping[str, Expected]) -> None:
    """See that a node has the form of one, with all that is below it."""
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
        if not isinstance(node, dict):
            continue
        kind = node.get("$")
        if "$" not in node:
            stack.extend(node.values())
            continue
        parts = _KINDS.get(kind) if isinstance(kind, str) else None
        fit = parts is not None and node.keys() - {"$"} == parts.keys()
        fit = fit and all(isinstance(node[part], form) for part, form in (parts or {}).items())
        if fit and kind in ("array", "scalar"):
            fit = node["key"] in arrays and (kind == "array" or arrays[node["key"]].shape == ())
        elif fit and kind == "float":
            fit = node["value"] in ("nan", "inf", "-inf")
        elif fit and kind == "dict":
            fit = all(isinstance(p, list) and len(p) == 2 and not isinstance(p[0], list | dict) for p in node["items"])
        elif fit and kind == "module":
            fit = all(isinstance(m, list) and len(m) == 3 and all(type(t) is str for t in m) for m in node["modules"])
            fit = fit and all(isinstance(each, str) or _is_generator(each) for each in node["generators"].values())
            fit = fit and "$" not in node["state"]
        elif fit and kind == "generator":
            fit = _is_generator({part: value for part, value in node.items() if part != "$"})
        if not fit:
            raise CheckpointError(f"{name} is damaged: its manifest has a node of no known form: {node!r:.60}")
        if kind in ("dict", "tuple"):
            stack.extend(item if kind == "tuple" else item[1] for item in node["items"])
        elif kind in ("module", "object"):
            stack.append(node["state"])


def _is_generator(node: Any) -> bool:
    parts = _KINDS["generator"]
    known = isinstance(node, dict) and node.keys() == parts.keys()
    return known and all(isinstance(node[p], form) for p, form in parts.items()) and 0 <= node["spawned"] < 2**20


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no value of JSON")
