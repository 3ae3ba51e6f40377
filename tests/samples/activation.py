"""Samples of activation functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from samples.making import Bad, Sample, apart, axis_errors, normal, sample, unary_errors


def softmax(x: np.ndarray, axis: int = -1) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


SAMPLES: dict[str, list[Sample]] = {
    "sigmoid": [sample(normal(3, 2))],
    "relu": [sample(apart(3, 2))],
    "softplus": [sample(apart(3, 2))],
    "log_sigmoid": [sample(apart(3, 2))],
    "softmax": [sample(apart(3, 2)), sample(apart(3, 2, 5), axis=1), sample(apart(3), axis=0)],
    "log_softmax": [sample(apart(3, 2)), sample(apart(3, 2, 5), axis=1), sample(apart(3), axis=0)],
}

REFERENCES: dict[str, Callable[..., Any]] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.where(x > 0, x, 0),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "log_sigmoid": lambda x: -np.log(1 + np.exp(-x)),
    "softmax": softmax,
    "log_softmax": lambda x, axis=-1: np.log(softmax(x, axis)),
}

ERRORS: dict[str, list[Bad]] = {
    "sigmoid": unary_errors("sigmoid"),
    "relu": unary_errors("relu"),
    "softplus": unary_errors("softplus"),
    "log_sigmoid": unary_errors("log_sigmoid"),
    "softmax": axis_errors("softmax"),
    "log_softmax": axis_errors("log_softmax"),
}
