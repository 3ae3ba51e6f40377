"""Samples of reductions."""

from __future__ import annotations

from samples.making import REDUCTIONS, Bad, Sample, apart, axis_errors, axis_twice, normal, of_nothing, sample

SAMPLES: dict[str, list[Sample]] = {
    "var": [*REDUCTIONS, sample(apart(2, 3), axis=1, ddof=1)],
    "sum": [*REDUCTIONS, sample(normal(2, 3), axis=())],
    "mean": [*REDUCTIONS, sample(normal(2, 3), axis=())],
    "max": [*REDUCTIONS, sample(normal(2, 3), axis=())],
    "min": [*REDUCTIONS, sample(normal(2, 3), axis=())],
    "argmax": [sample(apart(2, 3, 5)), sample(apart(2, 3, 5), axis=1), sample(apart(2, 3, 5), axis=-1, keepdims=True)],
}

ERRORS: dict[str, list[Bad]] = {
    "var": axis_errors("var"),
    "sum": [*axis_errors("sum"), axis_twice("sum")],
    "mean": [*axis_errors("mean"), axis_twice("mean")],
    "max": [*axis_errors("max"), axis_twice("max"), of_nothing("max")],
    "min": [*axis_errors("min"), axis_twice("min"), of_nothing("min")],
    "argmax": [*axis_errors("argmax"), of_nothing("argmax")],
}
