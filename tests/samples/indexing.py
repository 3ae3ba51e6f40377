"""Samples of indexing, whose templates come from the one function that splits an index."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.ops.indexing import split
from samples.making import TWO_BY_THREE, Bad, Sample, apart, bad, normal

X = apart(4, 3)


def at(x: np.ndarray, index: Any) -> Sample:
    template, arrays = split(index)
    return Sample((x, *arrays), {"template": template}, lambda x, *_, **__: x[index])


def scattered(g: np.ndarray, index: Any, shape: tuple[int, ...]) -> Sample:
    def reference(g: np.ndarray, *_: Any, **__: Any) -> np.ndarray:
        out = np.zeros(shape, g.dtype)
        np.add.at(out, index, g)
        return out

    template, arrays = split(index)
    return Sample((g, *arrays), {"template": template, "shape": shape}, reference)


def replaced(x: np.ndarray, index: Any, value: Any) -> Sample:
    def reference(x: np.ndarray, value: Any, *_: Any, **__: Any) -> np.ndarray:
        out = x.copy()
        out[index] = value
        return out

    template, arrays = split(index)
    return Sample((x, value, *arrays), {"template": template}, reference)


SAMPLES: dict[str, list[Sample]] = {
    "getitem": [
        at(X, 1),
        at(X, -1),
        at(X, slice(1, 3)),
        at(X, slice(None, None, -2)),
        at(X, (slice(None), 0)),
        at(X, (..., 0)),
        at(X, None),
        at(X, (slice(None), None, slice(1))),
        at(X, ()),
        at(X, [0, 0, 2]),
        at(X, np.array([[0, 1], [3, 3]])),
        at(X, np.array(2)),
        at(X, ([0, 3, 0], [1, 1, 1])),
        at(X, (slice(1, None), [2, 0, 2])),
        at(X, X > 0),
        at(X, np.array([True, False, True, True])),
        at(X, ([1, 1], slice(None), None)),
        at(normal(2, 3, 5), ([0, 1], slice(None), [4, 4])),
        at(X, slice(0, 0)),
        at(X, (slice(None), (0, 0))),
        at(X, range(0, 4, 2)),
        at(X, ((1, 1, 3), slice(1, 3))),
    ],
    "scatter_add": [
        scattered(normal(2, 3), slice(1, 3), (4, 3)),
        scattered(normal(2), slice(None, None, -2), (4,)),
        scattered(normal(3, 3), [0, 0, 2], (4, 3)),
        scattered(normal(3), ([0, 3, 0], [1, 1, 1]), (4, 3)),
        scattered(normal(4, 2), (slice(None), (0, 0)), (4, 3)),
    ],
    "put_at": [
        replaced(normal(4, 3), 1, normal(3)),
        replaced(normal(4, 3), (slice(None), 0), 2.5),
        replaced(normal(4, 3), [0, 2], normal(2, 3)),
        replaced(normal(4, 3), [0, 2], normal(3)),
        replaced(X, X > 0, normal()),
        replaced(normal(5), slice(None, None, -2), normal(3)),
        replaced(normal(5), slice(0, 2), normal(1, 1)),
        replaced(normal(4, 3), (slice(None), (0, 2)), normal(4, 2)),
    ],
}

ERRORS: dict[str, list[Bad]] = {
    "getitem": [
        bad(
            ag.IndexingError, r"getitem\(.*index 5 is out of bounds for axis 0 with size 2", TWO_BY_THREE, template=(5,)
        ),
        bad(ag.IndexingError, r"getitem\(.*too many indices", TWO_BY_THREE, template=(0, 0, 0)),
        bad(ag.ArgumentError, r"getitem\(.*\) misses template", TWO_BY_THREE),
    ],
    "scatter_add": [
        bad(ag.ShapeError, r"scatter_add\(", TWO_BY_THREE, template=(slice(0, 2),), shape=(4,)),
        bad(ag.IndexingError, r"scatter_add\(.*index 7 is out of bounds", np.ones(()), template=(7,), shape=(4,)),
    ],
    "put_at": [
        bad(ag.IndexingError, r"put_at\(.*index 5 is out of bounds", TWO_BY_THREE, 0.0, template=(5,)),
        bad(ag.ShapeError, r"put_at\(.*could not broadcast", TWO_BY_THREE, np.ones(4), template=(0,)),
        Bad(
            (TWO_BY_THREE, 0.0, np.array([0, 0])), {"template": split([0, 0])[0]}, ag.ArgumentError, "an element twice"
        ),
    ],
}
