"""How parameters begin: the two ways of the book.

Knows random numbers only. Source: M. Nielsen, *Neural Networks and Deep Learning*, chapters 1 and 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from nn.arguments import whole


def generator(rng: Any) -> np.random.Generator:
    """A generator from a generator, a seed, or `None` for a fresh one. Raises `ArgumentError` for what is neither."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise ag.ArgumentError(
            f"rng is a numpy.random.Generator, a seed (a whole number from 0) or None, not {rng!r:.60}"
        ) from error


def standard_normal(rng: np.random.Generator, outputs: int, inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """The book's first way: weights and biases from the standard normal distribution (chapter 1).

    >>> weight, bias = nn.standard_normal(np.random.default_rng(0), 3, 2)
    >>> weight.shape, bias.shape
    ((3, 2), (3,))
    """
    rng, outputs, inputs = generator(rng), whole("outputs", outputs, 1), whole("inputs", inputs, 1)
    return rng.standard_normal((outputs, inputs)), rng.standard_normal(outputs)


def scaled_normal(rng: np.random.Generator, outputs: int, inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """The book's second way: weights divided by √inputs, so that neurons do not start saturated (chapter 3).

    >>> weight, bias = nn.scaled_normal(np.random.default_rng(0), 3, 2)
    >>> weight.shape, bias.shape
    ((3, 2), (3,))
    """
    weight, bias = standard_normal(rng, outputs, inputs)
    return weight / np.sqrt(inputs), bias
