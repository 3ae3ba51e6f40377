"""Costs that are distances between outputs and targets: squared, absolute, bounded, of directions.

Knows operands and operations. Must not know classes.
"""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import number
from nn.costs.operands import first, operands, reduced, refuse_where

_QUADRATIC = ag.scope("quadratic cost")


def quadratic_cost(output: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """C = 1/(2n) Σₓ ‖y - a‖², the mean over the n examples of half the squared distance.

    With `reduction="sum"` the sum over the examples, with `"none"` each of them, shape (n,). Raises `ShapeError`
    unless output and target have the same shape.
    Source: Nielsen, *Neural Networks and Deep Learning*, equation (6) of chapter 1.

    >>> nn.quadratic_cost(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])).item()
    0.5
    """
    with _QUADRATIC:
        output, target, examples = operands("quadratic_cost", output, target)
        if reduction == "mean":
            cost = ag.sum(ag.square(output - target)) / (2 * examples)
            cost.name = "C"
            return cost
        return reduced("quadratic_cost", ag.sum(ag.square(output - target), axis=-1) / 2, examples, reduction)


def mean_squared_error(output: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """C = the mean of (y - a)² over all numbers of all examples: 2/k times the quadratic cost of k outputs.

    A cost, and of arrays a metric as well. With `reduction="sum"` their sum, with `"none"` each number's, in the shape
    of the output, which may have any. Raises `ShapeError` unless output and target have the same shape.

    >>> nn.mean_squared_error(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])).item()
    0.5
    """
    with ag.scope("mean squared error"):
        output, target, count = operands("mean_squared_error", output, target, rows=False)
        return reduced("mean_squared_error", ag.square(output - target), count, reduction)


def mean_absolute_error(output: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """C = the mean of |y - a| over all numbers of all examples.

    A cost, and of arrays a metric as well. The gradient is 0 where both are equal. Reductions and errors are those of
    `nn.mean_squared_error`.

    >>> nn.mean_absolute_error(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])).item()
    0.5
    """
    with ag.scope("mean absolute error"):
        output, target, count = operands("mean_absolute_error", output, target, rows=False)
        return reduced("mean_absolute_error", ag.absolute(output - target), count, reduction)


def huber_cost(output: Any, target: Any, *, delta: float = 1.0, reduction: str = "mean") -> Tensor:
    """The mean over all numbers of e²/2 where |e| ≤ δ and of δ (|e| - δ/2) elsewhere, with e = y - a.

    Reductions and errors are those of `nn.mean_squared_error`; `ArgumentError` for a δ that is not above 0.
    Source: P. Huber, Robust estimation of a location parameter, 1964.

    >>> nn.huber_cost(np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none").numpy()
    array([0.125, 2.5  ])
    """
    with ag.scope("Huber cost"):
        output, target, count = operands("huber_cost", output, target, rows=False)
        bound = number("huber_cost: delta", delta, 0, ends=False)
        size = ag.absolute(output - target)
        # Of what is below the bound the square, and of the rest, which the minimum leaves, the straight line.
        near = ag.minimum(size, bound)
        return reduced("huber_cost", near * (size - near / 2), count, reduction)


def hinge_cost(output: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """The mean over all numbers of max(0, 1 - y a), with targets y of -1 and 1.

    Outputs are scores, with no activation: above 0 they say 1. Reductions and errors are those of
    `nn.mean_squared_error`; `DataError` for a target that is neither -1 nor 1.
    Source: C. Cortes and V. Vapnik, Support-vector networks, 1995.

    >>> nn.hinge_cost(np.array([2.0, 0.5, -1.0]), np.array([1, 1, 1]), reduction="none").numpy()
    array([0. , 0.5, 2. ])
    """
    with ag.scope("hinge cost"):
        output, target, count = operands("hinge_cost", output, target, rows=False)
        bad = ag.absolute(target) != 1

        def complaint() -> Exception:
            row = first(bad)
            return ag.DataError(
                f"hinge_cost: targets are -1 and 1, and the first that is neither is in example {row}; of 0 and 1 "
                "make them by 2 * target - 1"
            )

        one = refuse_where(bad, complaint)
        return reduced("hinge_cost", ag.relu(1 - target * output) * one.astype(output.dtype), count, reduction)


def cosine_cost(output: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """The mean over the examples of 1 - cos φ, with φ the angle between output and target: 0 to 2.

    A vector of zeros has no direction: it counts as a right angle. With `reduction="sum"` the sum over the examples,
    with `"none"` each of them, shape (n,). Raises `ShapeError` unless output and target have the same shape.

    >>> nn.cosine_cost(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[2.0, 0.0], [-3.0, -3.0]])).item()
    1.0
    """
    with ag.scope("cosine cost"):
        output, target, examples = operands("cosine_cost", output, target)
        return reduced("cosine_cost", 1 - ag.vecdot(_direction(output), _direction(target)), examples, reduction)


def _direction(vector: Tensor) -> Tensor:
    """The vector with length 1; one that is shorter than 10⁻⁸ is divided by that."""
    return vector / ag.maximum(ag.linalg.vector_norm(vector, axis=-1, keepdims=True), 1e-8)
