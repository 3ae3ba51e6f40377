"""Samples of cumulative operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import TWO_BY_THREE, Bad, Sample, apart, away, axis_errors, bad, normal, sample

WITH_ZEROS = np.array([[2.0, 0.0, 3.0, 0.0], [0.0, 1.5, -2.0, 0.5]])


def _recurrence(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = b.astype(np.result_type(a, b))  # a copy
    for i in range(1, b.shape[-1]):
        out[..., i] += a[..., i] * out[..., i - 1]
    return out


SAMPLES: dict[str, list[Sample]] = {
    "cumsum": [
        sample(normal(2, 3)),
        sample(normal(2, 3, 4), axis=1),
        sample(normal(), axis=0),
    ],
    "cumprod": [
        sample(away(2, 3)),
        sample(away(2, 5, 3), axis=-2),
        sample(WITH_ZEROS, axis=1),
        sample(apart(), axis=0),
    ],
    "linear_recurrence": [sample(away(2, 7), normal(2, 7)), sample(away(1), normal(1))],
    "cumulative_sum": [sample(normal(4)), sample(normal(2, 3), axis=-1, include_initial=True)],
    "cumulative_prod": [sample(away(4)), sample(WITH_ZEROS, axis=0, include_initial=True)],
}

ERRORS: dict[str, list[Bad]] = {
    "cumsum": axis_errors("cumsum"),
    "cumprod": axis_errors("cumprod"),
    "linear_recurrence": [bad(ag.ArgumentError, "must have one shape", TWO_BY_THREE, np.ones(3))],
    "cumulative_sum": [bad(ag.ArgumentError, r"cumulative_sum\(.*give axis=", TWO_BY_THREE)],
    "cumulative_prod": [bad(ag.ArgumentError, r"cumulative_prod\(.*at least one axis", np.ones(()))],
}

REFERENCES: dict[str, Callable[..., Any]] = {"linear_recurrence": _recurrence}
