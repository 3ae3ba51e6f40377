"""Samples of arithmetic."""

from __future__ import annotations

import numpy as np

from samples.making import (
    Bad,
    Sample,
    apart,
    away,
    binary_errors,
    each_part,
    normal,
    positive,
    sample,
    unary_errors,
    whole,
)

_below = away(3, 2)
_quotient = whole(3, 2)

SAMPLES: dict[str, list[Sample]] = {
    "add": [
        sample(normal(3, 2), normal(3, 2)),
        sample(normal(3, 1), normal(2)),
        sample(normal(2), 2.5),
        sample(2, normal(2)),
    ],
    "subtract": [
        sample(normal(3, 2), normal(3, 2)),
        sample(normal(2), normal(3, 1)),
        sample(normal(2), 2.5),
        sample(2, normal(2)),
    ],
    "multiply": [
        sample(normal(3, 2), normal(3, 2)),
        sample(normal(3, 1), normal(2)),
        sample(normal(2), 2.5),
        sample(2, normal(2)),
    ],
    "divide": [
        sample(normal(3, 2), away(3, 2)),
        sample(normal(3, 1), away(2)),
        sample(normal(2), 2.5),
        sample(2, away(2)),
    ],
    "power": [
        sample(positive(3, 2), normal(3, 2)),
        sample(positive(3, 1), normal(2)),
        sample(away(3), 2),
        sample(away(3), 3),
        sample(away(3), 1),
        sample(away(3), 0),
        sample(away(3), -1),
        sample(positive(3), 0.5),
        sample(2, normal(3)),
        sample(away(3), np.array([2, 3, 0]), keeps_dtype=False),
    ],
    "negative": [sample(normal(3, 2)), sample(normal())],
    "sqrt": [sample(positive(3, 2))],
    "square": [sample(normal(3, 2))],
    "absolute": [sample(apart(3, 2))],
    "sign": [sample(apart(3, 2)), sample(whole(4))],
    "divmod": [
        *each_part(2, sample(_below * (_quotient + 0.4), _below)),
        *each_part(2, sample(np.array([[3.3], [-4.1]]), np.array([1.5, -2.0]))),
        *each_part(2, sample(np.array([3.3, -4.1]), 1.5)),
    ],
}

ERRORS: dict[str, list[Bad]] = {
    "add": binary_errors("add"),
    "subtract": binary_errors("subtract"),
    "multiply": binary_errors("multiply"),
    "divide": binary_errors("divide"),
    "power": binary_errors("power"),
    "negative": unary_errors("negative"),
    "sqrt": unary_errors("sqrt"),
    "square": unary_errors("square"),
    "absolute": unary_errors("absolute"),
    "sign": unary_errors("sign"),
    "divmod": binary_errors("divmod"),
}
