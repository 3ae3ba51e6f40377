"""Samples of reductions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import autograd_lite as ag
from samples.making import (
    REDUCTIONS,
    TWO_BY_THREE,
    Bad,
    Sample,
    apart,
    away,
    axis_errors,
    axis_twice,
    bad,
    mask,
    normal,
    of_nothing,
    sample,
)

PLACES = [sample(apart(2, 3, 5)), sample(apart(2, 3, 5), axis=1), sample(apart(2, 3, 5), axis=-1, keepdims=True)]
TRUTHS = [sample(mask(2, 3)), sample(mask(2, 3, 5), axis=(0, -1), keepdims=True), sample(apart())]
SPREAD = [
    sample(apart(2, 3), axis=1, ddof=1),
    sample(apart(2, 3, 5), axis=(0, -1), correction=2, keepdims=True),
    replace(sample(apart(2, 3), axis=1, mean=normal(2, 1), keeps_dtype=False), numpy_only=True),
]
PARTLY = replace(sample(apart(4, 3), axis=0, where=np.array([[True], [False], [True], [True]])), numpy_only=True)
GAPS = apart(3, 4)
GAPS[0, 1] = GAPS[2, 3] = GAPS[1, 3] = np.nan
MASKED = replace(sample(GAPS, axis=1, where=np.array([True, True, False, True]), keepdims=True), numpy_only=True)
# Differences of what holds nan are nan, so that these are without: the others are held against the plain operations.
NANS = [sample(apart(2, 3)), sample(apart(2, 3, 5), axis=(0, 2), keepdims=True)]


def without_derivative(*cases: Sample) -> list[Sample]:
    return [replace(case, order=0) for case in cases]


HOLES = without_derivative(sample(GAPS), MASKED)

SAMPLES: dict[str, list[Sample]] = {
    "var": [*REDUCTIONS, *SPREAD],
    "std": [sample(apart(2, 3, 5)), *SPREAD, PARTLY],
    "sum": [*REDUCTIONS, sample(normal(2, 3), axis=())],
    "prod": [
        sample(away(2, 3)),
        sample(away(2, 3, 4), axis=(0, -1), keepdims=True),
        sample(away(2, 3, 4), axis=1),
        sample(np.array([[2.0, 0.0, 3.0, 0.0], [0.0, 1.5, -2.0, 0.5], [2.0, 1.5, 0.5, 3.0]]), axis=1),
        sample(apart()),
    ],
    "mean": [*REDUCTIONS, sample(normal(2, 3), axis=())],
    "max": [*REDUCTIONS, sample(normal(2, 3), axis=())],
    "min": [*REDUCTIONS, sample(normal(2, 3), axis=())],
    "argmax": PLACES,
    "argmin": PLACES,
    "ptp": [sample(apart(2, 3, 5)), sample(apart(2, 3, 5), axis=(0, -1), keepdims=True)],
    "any": TRUTHS,
    "all": TRUTHS,
    "count_nonzero": TRUTHS,
    "nansum": [*NANS, *HOLES],
    "nanprod": [sample(away(2, 3), axis=1), *HOLES],
    "nanmean": [*NANS, *HOLES],
    "nanmax": [*NANS, HOLES[0]],
    "nanmin": [*NANS, HOLES[0]],
    "nanvar": [*NANS, *HOLES],
    "nanstd": [*NANS, *HOLES],
    "nanargmax": [sample(GAPS), sample(GAPS, axis=1, keepdims=True)],
    "nanargmin": [sample(GAPS), sample(GAPS, axis=0)],
}

ERRORS: dict[str, list[Bad]] = {
    "var": [*axis_errors("var"), bad(ag.ArgumentError, r"var\(.*one thing", TWO_BY_THREE, ddof=1, correction=2)],
    "std": axis_errors("std"),
    "prod": [*axis_errors("prod"), axis_twice("prod")],
    "sum": [*axis_errors("sum"), axis_twice("sum")],
    "mean": [*axis_errors("mean"), axis_twice("mean")],
    "max": [*axis_errors("max"), axis_twice("max"), of_nothing("max")],
    "min": [*axis_errors("min"), axis_twice("min"), of_nothing("min")],
    "argmax": [*axis_errors("argmax"), of_nothing("argmax")],
    "argmin": [*axis_errors("argmin"), of_nothing("argmin")],
    "ptp": [*axis_errors("ptp"), of_nothing("ptp")],
    "any": axis_errors("any"),
    "all": axis_errors("all"),
    "count_nonzero": axis_errors("count_nonzero"),
    "nansum": axis_errors("nansum"),
    "nanprod": axis_errors("nanprod"),
    "nanmean": axis_errors("nanmean"),
    "nanmax": [*axis_errors("nanmax"), of_nothing("nanmax")],
    "nanmin": [*axis_errors("nanmin"), of_nothing("nanmin")],
    "nanvar": axis_errors("nanvar"),
    "nanstd": axis_errors("nanstd"),
    "nanargmax": [bad(ag.ShapeError, "All-NaN slice", np.array([np.nan]))],
    "nanargmin": [bad(ag.ShapeError, "All-NaN slice", np.array([np.nan]))],
}
