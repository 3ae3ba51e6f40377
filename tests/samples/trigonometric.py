"""Samples of trigonometric and hyperbolic functions."""

from __future__ import annotations

from samples.making import Bad, Sample, normal, sample, unary_errors

SAMPLES: dict[str, list[Sample]] = {
    "tanh": [sample(normal(3, 2))],
}

ERRORS: dict[str, list[Bad]] = {
    "tanh": unary_errors("tanh"),
}
