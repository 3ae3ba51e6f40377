"""The table of operations: sample inputs, references, and inputs that must be refused, one file a room of `ops`.

Every test of an operation is made from it, so a new operation needs its samples in its room's file and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import Bad, Sample

__all__ = ["ERRORS", "REFERENCES", "ROOMS", "SAMPLES", "Bad", "Sample", "broadcast_variants", "references"]

ROOMS: dict[str, ModuleType] = {name: import_module(f"samples.{name}") for name in ag.ops.__all__}
"""The samples of each room of operations; `ROOMS[name]` has its `SAMPLES`, `ERRORS` and, where needed, `REFERENCES`."""


def _all(table: str) -> dict[str, Any]:
    return {name: found for room in ROOMS.values() for name, found in getattr(room, table, {}).items()}


SAMPLES: dict[str, list[Sample]] = _all("SAMPLES")
ERRORS: dict[str, list[Bad]] = _all("ERRORS")
REFERENCES: dict[str, Callable[..., Any]] = _all("REFERENCES")
"""What the operations compute for which NumPy has no function of the same name and keywords."""


def references(name: str, case: Sample) -> Callable[..., Any]:
    """The NumPy function that `case` has to agree with."""
    function = case.reference or REFERENCES.get(name) or getattr(np, name)
    return lambda *inputs, **params: case.chosen(function(*inputs, **params))


def broadcast_variants(case: Sample) -> dict[str, Sample]:
    """The first sample of an elementwise operation, spread over every kind of broadcasting its arguments allow."""
    found: dict[str, Sample] = {}
    arrays = [i for i, x in enumerate(case.inputs) if isinstance(x, np.ndarray)]

    def vary(label: str, shapes: dict[int, Callable[[np.ndarray], Any]]) -> None:
        inputs = tuple(shapes[i](x) if i in shapes else x for i, x in enumerate(case.inputs))
        found[label] = replace(case, inputs=inputs)

    vary("all-0d", {i: lambda x: np.asarray(x[0, 0]) for i in arrays})
    vary("all-empty", {i: lambda x: x[:0] for i in arrays})
    vary("all-size-1", {i: lambda x: x[:1, :1] for i in arrays})
    if len(arrays) > 1:
        for i in arrays:
            vary(f"{i}-dropped-axis", {i: lambda x: x[1]})
            vary(f"{i}-size-1-last", {i: lambda x: x[:, 1:]})
            vary(f"{i}-size-1-first", {i: lambda x: x[1:2]})
            vary(f"{i}-0d", {i: lambda x: np.asarray(x[1, 1])})
            vary(f"{i}-scalar", {i: lambda x: x[1, 1].item()})
            vary(f"{i}-size-1-others-empty", {j: (lambda x: x[1]) if j == i else (lambda x: x[:0]) for j in arrays})
        first, second = arrays[:2]
        vary("outer", {first: lambda x: x[:, :1], second: lambda x: x[1:2]})
        vary("more-axes", {first: lambda x: x[:, None, :], second: lambda x: x})
    return found
