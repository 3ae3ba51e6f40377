"""Samples of exponential functions and logarithms."""

from __future__ import annotations

from samples.making import Bad, Sample, normal, positive, sample, unary_errors

SAMPLES: dict[str, list[Sample]] = {
    "exp": [sample(normal(3, 2))],
    "log": [sample(positive(3, 2))],
}

ERRORS: dict[str, list[Bad]] = {
    "exp": unary_errors("exp"),
    "log": unary_errors("log"),
}
