"""Samples of arithmetic."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from samples.making import (
    TWO_BY_THREE,
    Bad,
    Sample,
    apart,
    away,
    bad,
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
    "float_power": [
        sample(positive(3, 2), normal(3, 2), keeps_dtype=False),
        sample(away(3), 2, keeps_dtype=False),
        sample(2, normal(2), keeps_dtype=False),
    ],
    "reciprocal": [sample(away(3, 2))],
    "positive": [sample(normal(3, 2))],
    "conjugate": [sample(normal(3, 2))],
    "cbrt": [sample(away(3, 2))],
    "hypot": [sample(away(3, 2), away(3, 2)), sample(away(2), 1.5)],
    "fabs": [sample(apart(3, 2))],
    "copysign": [sample(apart(3, 2), apart(3, 2)), sample(apart(3), -1.0)],
    "floor_divide": [sample(_below * (_quotient + 0.4), _below), sample(whole(3), 2)],
    "remainder": [
        sample(_below * (_quotient + 0.4), _below),
        sample(np.array([3.3, -4.1]), 1.5),
        sample(4.0, np.array([1.5, -2.2])),
    ],
    "fmod": [sample(_below * (_quotient + 0.4), _below), sample(np.array([3.3, -4.1]), 1.5)],
    "nan_to_num": [
        sample(normal(3, 2)),
        sample(normal(3), nan=1.0, posinf=2.0, neginf=-2.0),
    ],
    "heaviside": [sample(apart(3, 2), normal(3, 2)), sample(np.array([0.0, -1.0, 2.0]), normal(3))],
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
    "float_power": binary_errors("float_power")[:1],
    "reciprocal": unary_errors("reciprocal")[:1],
    "positive": unary_errors("positive")[:1],
    "conjugate": unary_errors("conjugate")[:1],
    "cbrt": unary_errors("cbrt")[:1],
    "hypot": binary_errors("hypot")[:1],
    "fabs": unary_errors("fabs")[:1],
    "copysign": binary_errors("copysign")[:1],
    "floor_divide": binary_errors("floor_divide")[:1],
    "remainder": binary_errors("remainder")[:1],
    "fmod": binary_errors("fmod")[:1],
    "nan_to_num": [
        bad(ag.ArgumentError, r"nan_to_num.*gives a new array always", TWO_BY_THREE, copy=False),
        bad(ag.ArgumentError, r"nan_to_num.* has no argument out", TWO_BY_THREE, out=TWO_BY_THREE),
    ],
    "heaviside": binary_errors("heaviside")[:1],
    "divmod": binary_errors("divmod"),
}
