"""Samples of comparisons, logic and choices."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from samples.making import (
    PAIRS,
    TWO_BY_THREE,
    Bad,
    Sample,
    apart,
    bad,
    between,
    binary_errors,
    mask,
    normal,
    sample,
    unary_errors,
    whole,
)

INTS = sample(whole(3, 2), whole(3, 2))
LOGIC = [sample(mask(3, 2), mask(3, 2)), sample(mask(3, 1), mask(2)), sample(mask(2), True)]

SAMPLES: dict[str, list[Sample]] = {
    "where": [
        sample(mask(3, 2), normal(3, 2), normal(3, 2)),
        sample(mask(2, 3), normal(3), normal(2, 1)),
        sample(mask(3), normal(2, 3), 0.5),
        sample(whole(3), 1.5, normal(3)),
    ],
    "maximum": PAIRS,
    "minimum": PAIRS,
    "clip": [
        sample(apart(3, 2), -0.4, 0.4),
        sample(apart(3, 2), 0.0, None),
        sample(apart(3, 2), None, 0.0),
        sample(apart(3, 2), between(3, 2) - 0.4, between(3, 2) + 0.6),
        sample(apart(3, 2), between(2), None),
        sample(apart(3, 1), -0.5, between(2, 1, 2)),
        sample(0.3, between(3), None, keeps_dtype=False),
    ],
    "equal": [*PAIRS, INTS],
    "not_equal": [*PAIRS, INTS],
    "less": [*PAIRS, INTS],
    "less_equal": [*PAIRS, INTS],
    "greater": [*PAIRS, INTS],
    "greater_equal": [*PAIRS, INTS],
    "logical_and": LOGIC,
    "logical_or": LOGIC,
    "logical_not": [sample(mask(3, 2)), sample(normal(2))],
    "isfinite": [sample(np.array([[1.0, np.inf], [np.nan, -np.inf]]))],
}

ERRORS: dict[str, list[Bad]] = {
    "where": [
        bad(ag.ShapeError, r"where\(.*2 and 3 at axis -1", np.ones(2, bool), np.ones(3), 0.0),
        bad(ag.ArgumentError, r"where\(condition, x, y\) misses y", mask(2), np.ones(2)),
    ],
    "maximum": binary_errors("maximum"),
    "minimum": binary_errors("minimum"),
    "clip": [bad(ag.ArgumentError, r"clip.* has no argument low", TWO_BY_THREE, low=0)],
    "equal": binary_errors("equal"),
    "not_equal": binary_errors("not_equal"),
    "less": binary_errors("less"),
    "less_equal": binary_errors("less_equal"),
    "greater": binary_errors("greater"),
    "greater_equal": binary_errors("greater_equal"),
    "logical_and": binary_errors("logical_and"),
    "logical_or": binary_errors("logical_or"),
    "logical_not": unary_errors("logical_not"),
    "isfinite": unary_errors("isfinite"),
}
