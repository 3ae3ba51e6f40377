"""Samples of special functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import (
    REDUCTIONS,
    TWO_BY_THREE,
    Bad,
    Sample,
    axis_errors,
    axis_twice,
    bad,
    binary_errors,
    normal,
    positive,
    sample,
    unary_errors,
)


def logsumexp(x: np.ndarray, axis: Any = None, keepdims: bool = False) -> Any:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def each(f: Callable[[float], float]) -> Callable[..., Any]:
    """A function of one number, element by element."""
    return np.vectorize(f, otypes=[float])


def polygamma(x: float, n: int) -> float:
    """The sum that defines it, with the integral and the first corrections in the place of its tail."""
    count, sign = 2000, (-1) ** (n + 1) * math.factorial(n)
    end = x + count
    if n == 0:
        return math.fsum([math.log(end), -0.5 / end, -1 / (12 * end**2), *(-1 / (x + k) for k in range(count))])
    tail = [end**-n / n, end ** (-n - 1) / 2, (n + 1) * end ** (-n - 2) / 12]
    return sign * math.fsum([*tail, *((x + k) ** (-n - 1) for k in range(count))])


def i1(x: float) -> float:
    """The integral that defines it, by the midpoint rule, which is exact to rounding for a periodic function."""
    angles = np.pi * (np.arange(200) + 0.5) / 200
    return math.fsum(np.exp(x * np.cos(angles)) * np.cos(angles)) / 200


# Of a size at which differences are exact; and of both signs and every way of computing, away from poles.
SMALL = np.array([[0.1, -0.4], [0.6, -0.9], [0.3, -1.1]])
SPREAD = np.array([[0.01, -0.46], [0.5, -2.5], [4.5, -7.0]])
NEAR = np.array([[1.6, 1.7], [1.9, 2.5], [2.3, 2.1]])
GAMMA = np.array([[0.3, 1.7], [-0.6, 12.5], [2.3, -2.4], [1.45, 300.5]])

SAMPLES: dict[str, list[Sample]] = {
    "logsumexp": REDUCTIONS,
    "erf": [sample(SMALL), sample(SPREAD, order=0)],
    "erfc": [sample(SMALL), sample(SPREAD, order=0)],
    "lgamma": [Sample((NEAR,), rtol=1e-13), Sample((GAMMA,), order=0, rtol=1e-13)],
    "digamma": [Sample((NEAR,), rtol=1e-13), Sample((GAMMA,), order=0, rtol=1e-13)],
    "polygamma": [
        Sample((NEAR,), {"order": 1}, rtol=1e-13),
        Sample((GAMMA,), {"order": 3}, order=0, rtol=1e-13),
        Sample((NEAR,), {"order": 0}, rtol=1e-13),
    ],
    "i0": [sample(normal(3, 2))],
    "i1": [sample(normal(3, 2)), sample(np.array([0.0, 21.5, -30.0]), order=0)],
    "xlogy": [sample(normal(3, 2), positive(3, 2)), sample(np.array([0.0, 2.0]), 1.5)],
}

REFERENCES: dict[str, Callable[..., Any]] = {
    "logsumexp": logsumexp,
    "erf": each(math.erf),
    "erfc": each(math.erfc),
    "lgamma": each(math.lgamma),
    "digamma": each(lambda x: polygamma(x, 0)),
    "polygamma": lambda x, order=1: each(lambda x: polygamma(x, order))(x),
    "i1": each(i1),
    "xlogy": lambda x, y: x * np.log(y),
}

ERRORS: dict[str, list[Bad]] = {
    "logsumexp": [*axis_errors("logsumexp"), axis_twice("logsumexp")],
    "erf": unary_errors("erf")[:1],
    "erfc": unary_errors("erfc")[:1],
    "lgamma": unary_errors("lgamma")[:1],
    "digamma": unary_errors("digamma")[:1],
    "polygamma": [
        bad(ag.ArgumentError, r"polygamma\(x, order\): .* not -1", TWO_BY_THREE, order=-1),
        bad(ag.ArgumentError, r"polygamma\(x, order\): .* not 0.5", TWO_BY_THREE, order=0.5),
    ],
    "i0": unary_errors("i0")[:1],
    "i1": unary_errors("i1")[:1],
    "xlogy": binary_errors("xlogy")[2:],
}
