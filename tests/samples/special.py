"""Samples of special functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from samples.making import REDUCTIONS, Bad, Sample, axis_errors, axis_twice


def logsumexp(x: np.ndarray, axis: Any = None, keepdims: bool = False) -> Any:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


SAMPLES: dict[str, list[Sample]] = {
    "logsumexp": REDUCTIONS,
}

REFERENCES: dict[str, Callable[..., Any]] = {
    "logsumexp": logsumexp,
}

ERRORS: dict[str, list[Bad]] = {
    "logsumexp": [*axis_errors("logsumexp"), axis_twice("logsumexp")],
}
