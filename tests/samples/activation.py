"""Samples of activation functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import TWO_BY_THREE, Bad, Sample, apart, axis_errors, bad, normal, sample, unary_errors


def softmax(x: np.ndarray, axis: int = -1) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def elu(x: np.ndarray, alpha: float = 1.0) -> Any:
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def gelu(x: np.ndarray, approximate: str = "none") -> Any:
    if approximate == "none":
        return x / 2 * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2)))
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def glu(x: np.ndarray, axis: int = -1) -> Any:
    a, b = np.split(x, 2, axis=axis)
    return a / (1 + np.exp(-b))


SAMPLES: dict[str, list[Sample]] = {
    "sigmoid": [sample(normal(3, 2))],
    "relu": [sample(apart(3, 2))],
    "softplus": [sample(apart(3, 2))],
    "log_sigmoid": [sample(apart(3, 2))],
    "softmax": [sample(apart(3, 2)), sample(apart(3, 2, 5), axis=1), sample(apart(3), axis=0)],
    "log_softmax": [sample(apart(3, 2)), sample(apart(3, 2, 5), axis=1), sample(apart(3), axis=0)],
    "softmin": [sample(apart(3, 2)), sample(apart(3, 2, 5), axis=1)],
    "leaky_relu": [sample(apart(3, 2)), sample(apart(3), negative_slope=0.2)],
    "prelu": [sample(apart(3, 2), normal(3, 2)), sample(apart(3, 2), 0.25)],
    "elu": [sample(apart(3, 2)), sample(apart(3), alpha=0.5)],
    "celu": [sample(apart(3, 2)), sample(apart(3), alpha=0.5)],
    "selu": [sample(apart(3, 2))],
    "gelu": [sample(normal(3, 2)), sample(normal(3), approximate="tanh")],
    "silu": [sample(normal(3, 2))],
    "mish": [sample(apart(3, 2))],
    "hardtanh": [sample(2 * apart(3, 2)), sample(apart(5), min=-0.2, max=0.4)],
    "relu6": [sample(20 * apart(3, 2))],
    "hard_sigmoid": [sample(7 * apart(3, 2))],
    "hard_swish": [sample(7 * apart(3, 2))],
    "softsign": [sample(apart(3, 2))],
    "glu": [sample(normal(3, 2)), sample(normal(2, 4, 3), axis=1), sample(normal(4, 3), axis=0), sample(normal(3, 0))],
}

REFERENCES: dict[str, Callable[..., Any]] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.where(x > 0, x, 0),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "log_sigmoid": lambda x: -np.log(1 + np.exp(-x)),
    "softmax": softmax,
    "log_softmax": lambda x, axis=-1: np.log(softmax(x, axis)),
    "softmin": lambda x, axis=-1: softmax(-x, axis),
    "leaky_relu": lambda x, negative_slope=0.01: np.where(x > 0, x, x * negative_slope),
    "prelu": lambda x, weight: np.where(x > 0, x, x * weight),
    "elu": elu,
    "celu": lambda x, alpha=1.0: alpha * elu(x / alpha),
    "selu": lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772),
    "gelu": gelu,
    "silu": lambda x: x / (1 + np.exp(-x)),
    "mish": lambda x: x * np.tanh(np.log(1 + np.exp(x))),
    "hardtanh": lambda x, min=-1.0, max=1.0: np.minimum(np.maximum(x, min), max),
    "relu6": lambda x: np.minimum(np.maximum(x, 0), 6),
    "hard_sigmoid": lambda x: np.minimum(np.maximum(x / 6 + 0.5, 0), 1),
    "hard_swish": lambda x: x * np.minimum(np.maximum(x / 6 + 0.5, 0), 1),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "glu": glu,
}

ERRORS: dict[str, list[Bad]] = {
    "sigmoid": unary_errors("sigmoid"),
    "relu": unary_errors("relu"),
    "softplus": unary_errors("softplus"),
    "log_sigmoid": unary_errors("log_sigmoid"),
    "softmax": axis_errors("softmax"),
    "log_softmax": axis_errors("log_softmax"),
    "softmin": axis_errors("softmin")[:1],
    "selu": unary_errors("selu")[:1],
    "silu": unary_errors("silu")[:1],
    "mish": unary_errors("mish")[:1],
    "relu6": unary_errors("relu6")[:1],
    "hard_sigmoid": unary_errors("hard_sigmoid")[:1],
    "hard_swish": unary_errors("hard_swish")[:1],
    "softsign": unary_errors("softsign")[:1],
    "leaky_relu": [bad(ag.ArgumentError, r"leaky_relu.* has no argument slope", TWO_BY_THREE, slope=0.1)],
    "prelu": [bad(ag.ArgumentError, r"prelu\(x, weight\) misses weight", TWO_BY_THREE)],
    "elu": [bad(ag.ArgumentError, r"elu.* has no argument slope", TWO_BY_THREE, slope=0.1)],
    "celu": [bad(ag.ArgumentError, r"celu.* has no argument slope", TWO_BY_THREE, slope=0.1)],
    "gelu": [bad(ag.ArgumentError, r'gelu.*"none" for the exact function, or "tanh"', TWO_BY_THREE, approximate="erf")],
    "hardtanh": [bad(ag.ArgumentError, r"hardtanh.* has no argument low", TWO_BY_THREE, low=0.1)],
    "glu": [
        bad(ag.ShapeError, r"axis -1 has 3 elements, which are no two halves", TWO_BY_THREE),
        *axis_errors("glu")[:1],
    ],
}
