"""Samples of averages, order statistics and covariances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import autograd_lite as ag
from samples.making import (
    TWO_BY_THREE,
    Bad,
    Sample,
    apart,
    axis_errors,
    bad,
    each_part,
    normal,
    positive,
    sample,
)

GAPS = apart(3, 5)
GAPS[0, 1] = GAPS[2, 3] = GAPS[1, 3] = np.nan


def on_numpy(case: Sample) -> Sample:
    """A sample with an array among its parameters."""
    return replace(case, numpy_only=True)


SAMPLES: dict[str, list[Sample]] = {
    "average": [
        sample(normal(2, 3)),
        on_numpy(sample(normal(2, 3), axis=-1, weights=positive(3), keeps_dtype=False)),
        on_numpy(sample(normal(2, 3, 4), axis=(2, 0), weights=positive(4, 2), keepdims=True, keeps_dtype=False)),
        *each_part(1, on_numpy(sample(normal(2, 3), weights=positive(2, 3), returned=True, keeps_dtype=False))),
    ],
    "median": [sample(apart(3, 5)), sample(apart(2, 4, 3), axis=(0, 1), keepdims=True), sample(apart(2, 4), axis=-1)],
    "quantile": [
        sample(apart(3, 5), q=0.3),
        sample(apart(3, 5), q=[[0.0, 0.25], [0.8, 1.0]], axis=0, keepdims=True),
        sample(apart(3, 5), q=0.4, axis=1, method="hazen"),
        sample(apart(2, 3, 5), q=[0.2, 0.55], axis=(0, 1), method="nearest"),
        sample(apart(3, 4), q=[0.0, 0.25, 0.7, 1.0], axis=1, method="averaged_inverted_cdf"),
        sample(apart(3, 4), q=[0.125, 0.375, 1.0], axis=0, method="closest_observation"),
        on_numpy(sample(apart(3, 4), q=[0.0, 0.3, 1.0], axis=1, method="inverted_cdf",
                        weights=np.array([0.0, 2.0, 1.0, 3.0]))),
    ],
    "percentile": [sample(apart(3, 5), q=30), sample(apart(3, 5), q=[10.0, 75.0], axis=1, method="midpoint"),
                   sample(apart(3, 4), q=[0, 25, 60], axis=1, method="inverted_cdf")],
    "nanquantile": [
        sample(apart(3, 5), q=0.3),
        sample(apart(3, 5), q=[0.0, 0.8], axis=0, keepdims=True, method="weibull"),
        replace(sample(GAPS, q=[0.3, 0.5, 1.0], axis=1), order=0),
        sample(apart(3, 4), q=[0.0, 0.25, 0.7], axis=1, method="averaged_inverted_cdf"),
        replace(sample(GAPS, q=[0.0, 0.5, 0.9], axis=1, method="closest_observation"), order=0),
        on_numpy(sample(apart(3, 4), q=[0.2, 0.5], method="inverted_cdf", weights=positive(3, 4))),
    ],
    "nanpercentile": [sample(apart(3, 5), q=30), replace(sample(GAPS, q=[10.0, 75.0], axis=1), order=0)],
    "nanmedian": [sample(apart(3, 4), axis=(1, 0)), replace(sample(GAPS, axis=1, keepdims=True), order=0)],
    "cov": [
        sample(normal(2, 5), normal(5)),
        sample(normal(4, 2), normal(4, 3), rowvar=False, ddof=0),
        on_numpy(sample(normal(2, 4), normal(2, 4), fweights=np.array([1, 2, 0, 3]), aweights=positive(4),
                        keeps_dtype=False)),
        sample(normal(5), normal(5), bias=True),
    ],
    "corrcoef": [sample(normal(3, 5), normal(5)), sample(normal(6, 2), normal(6, 1), rowvar=False)],
}  # fmt: skip

ERRORS: dict[str, list[Bad]] = {
    "average": [
        *axis_errors("average"),
        bad(ag.ShapeError, r"average\(.*do not say along which axis", TWO_BY_THREE, weights=(1.0, 2.0)),
        bad(ag.ShapeError, "do not fit the axes", TWO_BY_THREE, axis=1, weights=(1.0, 2.0)),
    ],
    "median": axis_errors("median"),
    "quantile": [
        bad(ag.ArgumentError, r"quantile\(.*between 0 and 1", TWO_BY_THREE, q=1.5),
        bad(ag.ArgumentError, "method='middle' is none of linear", TWO_BY_THREE, q=0.5, method="middle"),
        bad(ag.ArgumentError, "method='inverted_cdf' alone, not 'linear'", TWO_BY_THREE, q=0.5, weights=TWO_BY_THREE),
        bad(
            ag.ArgumentError,
            "weights are not negative",
            TWO_BY_THREE,
            q=0.5,
            method="inverted_cdf",
            weights=-TWO_BY_THREE,
        ),
        bad(ag.ShapeError, "no quantile of no elements", np.ones((0, 2)), q=0.5),
    ],
    "percentile": [bad(ag.ArgumentError, r"percentile\(.*between 0 and 100", TWO_BY_THREE, q=-1)],
    "nanquantile": [
        bad(ag.ArgumentError, "method='low' is none of", TWO_BY_THREE, q=0.5, method="low"),
        bad(ag.ShapeError, "no quantile of no elements", np.ones((0, 2)), q=0.5),
    ],
    "nanpercentile": [bad(ag.ArgumentError, "between 0 and 100", TWO_BY_THREE, q=101)],
    "nanmedian": axis_errors("nanmedian"),
    "cov": [
        bad(ag.ShapeError, "weights of the shape", TWO_BY_THREE, aweights=(1.0, 2.0)),
        bad(ag.ArgumentError, r"cov\(.*whole number", TWO_BY_THREE, ddof=0.5),
    ],
    "corrcoef": [bad(ag.ShapeError, r"corrcoef\(", TWO_BY_THREE, np.ones((2, 4)))],
}
