"""Samples of indexing, whose templates come from the one function that splits an index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.ops.indexing import split
from samples.making import AXIS, TWO_BY_THREE, Bad, Sample, apart, away, bad, between, normal, positive, sample

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


def changed(how: Any, x: np.ndarray, index: Any, values: Any) -> Sample:
    """What a ufunc of NumPy's does at an index."""

    def reference(x: np.ndarray, values: Any, *_: Any, **__: Any) -> np.ndarray:
        out = x.copy()
        how.at(out, index, values)
        return out

    template, arrays = split(index)
    return Sample((x, values, *arrays), {"template": template}, reference)


def along(x: np.ndarray, axis: int | None) -> np.ndarray:
    return np.argsort(x, axis=axis)


SEGMENTS = np.array([0, 2, 2, 0])


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
    "at_add": [
        changed(np.add, normal(4), [0, 0, 2], normal(3)),
        changed(np.add, normal(4, 3), (slice(None), [0, 0]), normal(2)),
        changed(np.add, normal(4, 3), 1, normal(3)),
        changed(np.add, normal(4), [1, 1], normal()),
    ],
    "at_multiply": [
        changed(np.multiply, away(4), [0, 0, 2, 0], away(4)),
        changed(np.multiply, away(4, 3), (slice(None), [0, 0]), away(2)),
        changed(np.multiply, away(4, 3), 1, away(3)),
        changed(np.multiply, away(4), [1, 1, 1], np.array([0.0, 0.0, 2.0])),
    ],
    "at_divide": [changed(np.divide, away(4), [0, 2], away(2)), changed(np.divide, away(4), slice(2), np.array(1.5))],
    "at_power": [
        changed(np.power, positive(4), [0, 2], away(2)),
        changed(np.power, positive(4), [1, 3], np.array(1.5)),
    ],
    "at_maximum": [
        changed(np.maximum, apart(4), [0, 0, 2], between(3)),
        changed(np.maximum, apart(4, 3), (slice(None), [0, 0]), between(2)),
        changed(np.maximum, apart(4, 3), 1, between(3)),
    ],
    "at_minimum": [
        changed(np.minimum, apart(4), [0, 0, 2], between(3)),
        changed(np.minimum, apart(4, 3), slice(1, 3), between(3)),
    ],
    "take": [
        sample(normal(4, 3), np.array([2, 0, 2]), axis=0),
        sample(normal(4, 3), np.array([[5, -1], [5, 0]])),
        sample(normal(4, 3), np.array([5, -4]), axis=-1, mode="wrap"),
        sample(normal(4, 3), np.array([5, -4]), axis=1, mode="clip"),
        sample(normal(4, 3), 1, axis=0),
    ],
    "take_along_axis": [
        sample(X, along(X, 0), axis=0),
        sample(X, along(X, 1)[:, :2], axis=-1),
        sample(X, along(X, None), axis=None),
    ],
    "put_along_axis": [
        sample(X, along(X, 0)[:2], normal(2, 3), axis=0),
        sample(X, along(X, 1)[:, 1:2].copy(), normal(), axis=-1),
    ],
    "compress": [
        sample(np.array([True, False, True]), normal(4, 3), axis=1),
        sample(np.array([0, 1, 0, 1, 1]), normal(4, 3)),
    ],
    "extract": [sample(X > 0, normal(4, 3)), sample(np.array([1, 0, 1]), normal(3))],
    "one_hot": [
        sample(np.array([2, 0, 2]), num_classes=3, keeps_dtype=False),
        sample(np.array([[2, 0], [1, 1]]), num_classes=4, dtype=np.dtype(np.float32)),
    ],
    "segment_sum": [
        sample(normal(4), SEGMENTS, num_segments=4),
        sample(normal(4, 3), SEGMENTS, num_segments=3),
    ],
    "segment_mean": [
        sample(normal(4), SEGMENTS, num_segments=4),
        sample(normal(4, 3), SEGMENTS, num_segments=3),
    ],
    "segment_max": [
        sample(apart(4), np.array([0, 2, 2, 1]), num_segments=3),
        sample(apart(4, 3), np.array([0, 2, 2, 1]), num_segments=3),
    ],
    "segment_min": [
        sample(apart(4), np.array([0, 2, 2, 1]), num_segments=3),
        sample(apart(4, 3), np.array([0, 2, 2, 1]), num_segments=3),
    ],
}


def _replaced_along(x: np.ndarray, indices: np.ndarray, values: Any, axis: int | None) -> np.ndarray:
    out = x.copy()
    np.put_along_axis(out, indices, values, axis)
    return out


def _by_segment(reduce: Callable[..., Any]) -> Callable[..., Any]:
    def reference(x: np.ndarray, segments: np.ndarray, num_segments: int) -> np.ndarray:
        return np.array([reduce(x[segments == i], axis=0) for i in range(num_segments)])

    return reference


REFERENCES: dict[str, Callable[..., Any]] = {
    "put_along_axis": _replaced_along,
    "one_hot": lambda x, num_classes, dtype=float: np.eye(num_classes, dtype=dtype)[x],
    "segment_sum": _by_segment(np.sum),
    "segment_mean": _by_segment(lambda rows, axis: rows.sum(axis=axis) / max(len(rows), 1)),
    "segment_max": _by_segment(np.max),
    "segment_min": _by_segment(np.min),
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
    "at_add": [
        bad(ag.ShapeError, r"at_add\(.*\): ", TWO_BY_THREE, np.ones(4), template=(0,)),
        bad(ag.DtypeError, r"at_add\(.*\): values of float64 do not go", np.ones(2, int), 0.5, template=(0,)),
    ],
    "at_multiply": [
        bad(ag.DtypeError, r"at_multiply\(.*\): values of float64 do not go", np.ones(2, int), 0.5, template=(0,)),
        bad(ag.ShapeError, r"at_multiply\(.*\): ", TWO_BY_THREE, np.ones(4), template=(0,)),
    ],
    "at_divide": [bad(ag.IndexingError, r"at_divide\(.*index 5 is out of bounds", TWO_BY_THREE, 0.0, template=(5,))],
    "at_power": [bad(ag.IndexingError, r"at_power\(.*index 5 is out of bounds", TWO_BY_THREE, 0.0, template=(5,))],
    "at_maximum": [bad(ag.IndexingError, r"at_maximum\(.*index 5 is out of bounds", TWO_BY_THREE, 0.0, template=(5,))],
    "at_minimum": [bad(ag.IndexingError, r"at_minimum\(.*index 5 is out of bounds", TWO_BY_THREE, 0.0, template=(5,))],
    "take": [
        bad(ag.IndexingError, r"take\(.*\): index 6 is out of bounds", TWO_BY_THREE, 6),
        bad(ag.AxisError, rf"take\(.*\): {AXIS}", TWO_BY_THREE, 0, axis=2),
        bad(ag.ArgumentError, r"take\(.*\): the mode is 'raise', 'wrap' or 'clip'", TWO_BY_THREE, 0, mode="round"),
        bad(ag.IndexingError, r"take\(.*\): there is no element to take", np.ones(0), 0, mode="clip"),
    ],
    "take_along_axis": [
        bad(ag.ShapeError, r"take_along_axis\(.*\): the indices have 1 axes and the array 2", TWO_BY_THREE, [0]),
        bad(ag.DtypeError, r"take_along_axis\(.*\): places are whole numbers", TWO_BY_THREE, TWO_BY_THREE),
    ],
    "put_along_axis": [
        bad(ag.ArgumentError, r"put_along_axis\(.*\): .*names an element twice", TWO_BY_THREE, [[0, 0]], 1.0)
    ],
    "compress": [
        bad(ag.ShapeError, r"compress\(.*\): the condition has one axis", TWO_BY_THREE > 0, TWO_BY_THREE),
        bad(ag.AxisError, rf"compress\(.*\): {AXIS}", [True], TWO_BY_THREE, axis=2),
    ],
    "extract": [bad(ag.IndexingError, r"extract\(.*\): ", [True], TWO_BY_THREE)],
    "one_hot": [
        bad(ag.IndexingError, r"one_hot\(.*\): index 3 is out of bounds", [3], 3),
        bad(ag.IndexingError, r"one_hot\(.*\): index 3 is out of bounds", [-1], 3),
        bad(ag.DtypeError, r"one_hot\(.*\): places are whole numbers, not float64", [0.5], 3),
    ],
    "segment_sum": [
        bad(ag.ShapeError, r"segment_sum\(.*\): a segment is named for each", TWO_BY_THREE, [0], 1),
        bad(ag.IndexingError, r"segment_sum\(.*\): index 2 is out of bounds", TWO_BY_THREE, [0, -1], 2),
    ],
    "segment_mean": [bad(ag.ShapeError, r"segment_mean\(.*\): a segment is named", TWO_BY_THREE, [0], 1)],
    "segment_max": [bad(ag.DtypeError, r"segment_max\(.*\): a segment without a row", [1, 2], [0, 0], 1)],
    "segment_min": [bad(ag.DtypeError, r"segment_min\(.*\): a segment without a row", [1, 2], [0, 0], 1)],
}
