"""Samples of exponential functions and logarithms."""

from __future__ import annotations

from samples.making import Bad, Sample, binary_errors, normal, positive, sample, unary_errors

SAMPLES: dict[str, list[Sample]] = {
    "exp": [sample(normal(3, 2))],
    "log": [sample(positive(3, 2))],
    "exp2": [sample(normal(3, 2))],
    "expm1": [sample(normal(3, 2))],
    "log2": [sample(positive(3, 2))],
    "log10": [sample(positive(3, 2))],
    "log1p": [sample(positive(3, 2))],
    "logaddexp": [sample(normal(3, 2), normal(3, 2)), sample(normal(2), 0.5)],
    "logaddexp2": [sample(normal(3, 2), normal(3, 2)), sample(0.5, normal(2))],
}

ERRORS: dict[str, list[Bad]] = {
    "exp": unary_errors("exp"),
    "log": unary_errors("log"),
    "exp2": unary_errors("exp2")[:1],
    "expm1": unary_errors("expm1")[:1],
    "log2": unary_errors("log2")[:1],
    "log10": unary_errors("log10")[:1],
    "log1p": unary_errors("log1p")[:1],
    "logaddexp": binary_errors("logaddexp")[:1],
    "logaddexp2": binary_errors("logaddexp2")[:1],
}
