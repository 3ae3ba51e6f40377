"""Costs: an average over examples of a function of the network's outputs.

One row is one example; a one-dimensional output is one example. A target has exactly the shape of
the output: nothing broadcasts.
"""

from __future__ import annotations

import functools
from typing import Any

from nn.costs.distances import (
    cosine_cost,
    hinge_cost,
    huber_cost,
    mean_absolute_error,
    mean_squared_error,
    quadratic_cost,
)
from nn.costs.likelihoods import (
    binary_cross_entropy,
    cross_entropy_cost,
    kullback_leibler_cost,
    negative_log_likelihood,
    softmax_cross_entropy,
)

_OF_SCORES = (
    binary_cross_entropy, cross_entropy_cost, hinge_cost, kullback_leibler_cost, softmax_cross_entropy,
)  # fmt: skip


_OF_ROWS = (cosine_cost, cross_entropy_cost, kullback_leibler_cost, quadratic_cost)


def counts_rows(cost: Any) -> bool:
    """Whether a cost is divided by the rows of an output, and takes one without rows for a single example.

    >>> from nn.costs import counts_rows
    >>> counts_rows(nn.quadratic_cost), counts_rows(nn.mean_squared_error)
    (True, False)
    """
    return _one_of(cost, _OF_ROWS)


def takes_logits(cost: Any) -> bool:
    """Whether a cost is made of outputs without an activation: one of them says class 1 above 0, and not above 1/2.

    >>> from nn.costs import takes_logits
    >>> takes_logits(nn.cross_entropy_cost), takes_logits(nn.quadratic_cost)
    (True, False)
    """
    return _one_of(cost, _OF_SCORES)


def _one_of(cost: Any, known: tuple[Any, ...]) -> bool:
    while isinstance(cost, functools.partial):
        cost = cost.func
    return any(cost is each for each in known)


__all__ = [
    "binary_cross_entropy",
    "cosine_cost",
    "counts_rows",
    "cross_entropy_cost",
    "hinge_cost",
    "huber_cost",
    "kullback_leibler_cost",
    "mean_absolute_error",
    "mean_squared_error",
    "negative_log_likelihood",
    "quadratic_cost",
    "softmax_cross_entropy",
    "takes_logits",
]
