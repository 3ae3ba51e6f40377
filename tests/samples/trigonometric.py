"""Samples of trigonometric and hyperbolic functions."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from samples.making import TWO_BY_THREE, Bad, Sample, away, bad, normal, positive, sample, unary_errors

SAMPLES: dict[str, list[Sample]] = {
    "tanh": [sample(normal(3, 2))],
    "sin": [sample(normal(3, 2))],
    "cos": [sample(normal(3, 2))],
    "tan": [sample(0.5 * away(3, 2))],
    "arcsin": [sample(0.4 * positive(3, 2))],
    "arccos": [sample(0.4 * away(3, 2))],
    "arctan": [sample(normal(3, 2))],
    "sinh": [sample(normal(3, 2))],
    "cosh": [sample(normal(3, 2))],
    "arcsinh": [sample(normal(3, 2))],
    "arccosh": [sample(1.5 + positive(3, 2))],
    "arctanh": [sample(0.4 * away(3, 2))],
    "arctan2": [sample(away(3, 2), away(3, 2)), sample(away(2), -1.5)],
    "deg2rad": [sample(normal(3, 2))],
    "rad2deg": [sample(normal(3, 2))],
    "sinc": [sample(np.array([[0.0, 0.2], [-0.3, 1.4], [-2.3, 0.7]]))],
}

ERRORS: dict[str, list[Bad]] = {
    "tanh": unary_errors("tanh"),
    "sin": unary_errors("sin")[:1],
    "cos": unary_errors("cos")[:1],
    "tan": unary_errors("tan")[:1],
    "arcsin": unary_errors("arcsin")[:1],
    "arccos": unary_errors("arccos")[:1],
    "arctan": unary_errors("arctan")[:1],
    "sinh": unary_errors("sinh")[:1],
    "cosh": unary_errors("cosh")[:1],
    "arcsinh": unary_errors("arcsinh")[:1],
    "arccosh": unary_errors("arccosh")[:1],
    "arctanh": unary_errors("arctanh")[:1],
    "arctan2": [
        bad(ag.ShapeError, r"arctan2\(y \(2, 3\) float64, x \(4,\) float64\): .*3 and 4", TWO_BY_THREE, np.ones(4)),
        bad(ag.ArgumentError, r"arctan2\(y, x\) misses x", TWO_BY_THREE),
    ],
    "deg2rad": unary_errors("deg2rad")[:1],
    "rad2deg": unary_errors("rad2deg")[:1],
    "sinc": unary_errors("sinc")[:1],
}
