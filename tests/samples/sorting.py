"""Samples of sorting, searching and counting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import (
    TWO_BY_THREE,
    Bad,
    Sample,
    apart,
    axis_errors,
    bad,
    between,
    each_part,
    mask,
    normal,
    sample,
    whole,
)

SORTED = [sample(apart(3, 5)), sample(apart(2, 5, 3), axis=1, stable=True), sample(apart(2, 3), axis=None)]
PLACES = np.array([2, 0, 1, 0, 4])
STEPS = np.array([-1.0, 0.5, 2.0, 2.5])
KNOWN = np.array([3, 1, 3, 2, 1, 1])


def _topk(x: np.ndarray, k: int, axis: int = -1, largest: bool = True) -> tuple[np.ndarray, np.ndarray]:
    places = np.argsort(-x if largest else x, axis=axis, kind="stable")
    best = places[(*(slice(None),) * (axis % x.ndim), slice(k))]
    return np.take_along_axis(x, best, axis), best


def _sorted_places(x: np.ndarray) -> tuple[np.ndarray, ...]:
    origin, group, equals, seen = [], [], [], 0
    for start, row in enumerate(x):
        for value in np.unique(row):
            same = np.flatnonzero(row == value)
            origin += [*(same + start * len(row))]
            group += [seen] * len(same)
            equals += [len(same)] * len(same)
            seen += 1
    return np.array(origin), np.array(group), np.array(equals)


def _unique_all(x: np.ndarray, axis: int | None = None, equal_nan: bool = False) -> Any:
    return np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, axis=axis, equal_nan=equal_nan
    )  # fmt: skip


SAMPLES: dict[str, list[Sample]] = {
    "sort": SORTED,
    "argsort": SORTED,
    "sorted_places": each_part(3, sample(np.array([[2.0, 1.0, 2.0, 0.5], [3.0, 3.0, 3.0, 1.0]]))),
    "partition": [sample(apart(2, 5), kth=2), sample(apart(5, 2), kth=(1, 3), axis=0)],
    "argpartition": [sample(apart(2, 5), kth=2), sample(apart(5, 2), kth=-1, axis=0)],
    "topk": [
        *each_part(1, sample(apart(3, 5), k=2), sample(apart(5, 3), k=4, axis=0, largest=False)),
    ],
    "searchsorted": [
        sample(STEPS, between(2, 3)),
        sample(STEPS, np.array([0.5, 3.0]), side="right"),
    ],
    "unique_all": each_part(4, sample(KNOWN), sample(np.array([[1.5, 2.0], [0.5, 1.0], [1.5, 2.0]]), axis=0)),
    "unique": [sample(KNOWN), *each_part(2, sample(KNOWN.reshape(2, 3), return_counts=True))],
    "nonzero": each_part(2, sample(mask(3, 4)), sample(whole(2, 3, 2) + 4)),
    "flatnonzero": [sample(mask(3, 4))],
    "argwhere": [sample(mask(3, 4)), sample(np.asarray(2.0))],
    "bincount": [
        sample(PLACES, normal(5), keeps_dtype=False),
        sample(PLACES, normal(5), minlength=7, keeps_dtype=False),
    ],
    "histogram": each_part(
        2, sample(normal(9), bins=4), sample(normal(9), bins=(-1.0, 0.1, 2.0), density=True, keeps_dtype=False)
    ),
}

ERRORS: dict[str, list[Bad]] = {
    "sort": [*axis_errors("sort"), bad(ag.ArgumentError, "say one thing", TWO_BY_THREE, kind="stable", stable=True)],
    "argsort": axis_errors("argsort"),
    "sorted_places": [bad(ag.IndexingError, r"sorted_places\(", np.ones(()))],
    "partition": [bad(ag.ArgumentError, r"partition\(.*kth=3 is out of bounds for 3", TWO_BY_THREE, kth=3)],
    "argpartition": [bad(ag.ArgumentError, "kth=-4 is out of bounds", TWO_BY_THREE, kth=-4)],
    "topk": [
        bad(ag.ArgumentError, r"topk\(.*k=4 of 3 elements along axis -1", TWO_BY_THREE, k=4),
        bad(ag.AxisError, "axis 2", TWO_BY_THREE, k=1, axis=2),
    ],
    "searchsorted": [bad(ag.ShapeError, r"searchsorted\(", TWO_BY_THREE, 1.0)],
    "unique_all": axis_errors("unique_all"),
    "unique": [bad(ag.AxisError, r"unique\(x \(2, 3\) float64.*axis 2", TWO_BY_THREE, axis=2)],
    "nonzero": [bad(ag.ShapeError, "nonzero", np.ones(()))],
    "flatnonzero": [bad(ag.ArgumentError, "misses x")],
    "argwhere": [bad(ag.ArgumentError, "misses x")],
    "bincount": [bad(ag.DtypeError, r"bincount\(", np.ones(3)), bad(ag.ShapeError, r"bincount\(", PLACES, np.ones(2))],
    "histogram": [bad(ag.ShapeError, r"histogram\(", TWO_BY_THREE, bins=0)],
}

REFERENCES: dict[str, Callable[..., Any]] = {
    "topk": _topk,
    "sorted_places": _sorted_places,
    "unique_all": _unique_all,
    "partition": lambda x, kth, axis=-1: np.sort(x, axis=axis),
    "argpartition": lambda x, kth, axis=-1: np.argsort(x, axis=axis),
}
