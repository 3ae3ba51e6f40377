"""How parameters begin. Each is a function of a generator and the sizes of a layer, outputs first.

`initializer(rng, outputs, inputs, *kernel)` gives a weight of that shape and a bias (outputs,). Of a convolution, a
neuron has inputs · kernel numbers to look at (fan in), and each of its inputs goes to outputs · kernel (fan out).
What an initialiser takes by keyword is given by `functools.partial`. Knows random numbers only.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import Any

import numpy as np

import autograd_lite as ag
from nn.arguments import whole

Pair = tuple[np.ndarray, np.ndarray]
Initializer = Callable[..., Pair]


def generator(rng: Any) -> np.random.Generator:
    """A generator from a generator, a seed, or `None` for a fresh one. Raises `ArgumentError` for what is neither."""
    try:
        if isinstance(rng, bool):  # a `bias=False` that has come to the wrong place
            raise TypeError
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise ag.ArgumentError(
            f"rng is a numpy.random.Generator, a seed (a whole number from 0) or None, not {rng!r:.60}"
        ) from error


def _shape(rng: Any, *sizes: Any) -> tuple[np.random.Generator, tuple[int, ...]]:
    names = ("outputs", "inputs", *("a size of the kernel",) * (len(sizes) - 2))
    return generator(rng), tuple(whole(name, size, 1) for name, size in zip(names, sizes, strict=True))


def _positive(what: str, value: Any) -> float:
    try:
        found = float("nan") if isinstance(value, str | bytes) else float(value)
    except (TypeError, ValueError):
        found = float("nan")
    if not 0 <= found < float("inf"):
        raise ag.ArgumentError(f"{what} must be a number of at least 0, not {value!r:.60}")
    return found


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many numbers a neuron looks at, and to how many neurons one of them goes."""
    places = prod(shape[2:])
    return shape[1] * places, shape[0] * places


def standard_normal(rng: Any, outputs: int, inputs: int, *kernel: int) -> Pair:
    """The book's first way: weights and biases from the standard normal distribution.

    Source: M. Nielsen, *Neural Networks and Deep Learning*, chapter 1.

    >>> weight, bias = nn.standard_normal(np.random.default_rng(0), 3, 2)
    >>> weight.shape, bias.shape
    ((3, 2), (3,))
    """
    rng, shape = _shape(rng, outputs, inputs, *kernel)
    return rng.standard_normal(shape), rng.standard_normal(shape[0])


def scaled_normal(rng: Any, outputs: int, inputs: int, *kernel: int) -> Pair:
    """The book's second way: weights divided by √inputs, so that neurons do not start saturated.

    Source: M. Nielsen, *Neural Networks and Deep Learning*, chapter 3.

    >>> weight, bias = nn.scaled_normal(np.random.default_rng(0), 3, 2)
    >>> weight.shape, bias.shape
    ((3, 2), (3,))
    """
    weight, bias = standard_normal(rng, outputs, inputs, *kernel)
    return weight / np.sqrt(_fans(weight.shape)[0]), bias


def zeros(rng: Any, outputs: int, inputs: int, *kernel: int) -> Pair:
    """Weights and biases of 0; nothing is drawn. Neurons that all begin alike learn alike: for a last layer, or biases.

    >>> nn.zeros(None, 1, 2)
    (array([[0., 0.]]), array([0.]))
    """
    _, shape = _shape(rng, outputs, inputs, *kernel)
    return np.zeros(shape), np.zeros(shape[0])


def normal(rng: Any, outputs: int, inputs: int, *kernel: int, mean: float = 0.0, scale: float = 0.01) -> Pair:
    """Weights from a normal distribution with standard deviation `scale`; biases of 0.

    >>> from functools import partial
    >>> layer = nn.Linear(3, 2, initializer=partial(nn.normal, scale=0.1))
    """
    rng, shape = _shape(rng, outputs, inputs, *kernel)
    return mean + _positive("normal: scale", scale) * rng.standard_normal(shape), np.zeros(shape[0])


def uniform(rng: Any, outputs: int, inputs: int, *kernel: int, low: float = -0.05, high: float = 0.05) -> Pair:
    """Weights evenly from [`low`, `high`); biases of 0. Raises `ArgumentError` where `low` is above `high`.

    >>> bool(abs(nn.uniform(0, 3, 2)[0]).max() < 0.05)
    True
    """
    rng, shape = _shape(rng, outputs, inputs, *kernel)
    if not low <= high:
        raise ag.ArgumentError(f"uniform: low must not be above high, and they are {low!r} and {high!r}")
    return rng.uniform(low, high, shape), np.zeros(shape[0])


def truncated_normal(
    rng: Any, outputs: int, inputs: int, *kernel: int, mean: float = 0.0, scale: float = 0.02, bound: float = 2.0
) -> Pair:  # fmt: skip
    """Weights from a normal distribution without what is further from the mean than `bound` times `scale`; biases of 0.

    What falls outside is drawn again. `scale` is that of the distribution before it is cut off; at 2 the standard
    deviation left is 0.88 of it.

    >>> bool(abs(nn.truncated_normal(0, 30, 20, scale=1.0)[0]).max() <= 2)
    True
    """
    rng, shape = _shape(rng, outputs, inputs, *kernel)
    if not bound > 0:
        raise ag.ArgumentError(f"truncated_normal: bound must be above 0, not {bound!r:.60}")
    drawn = rng.standard_normal(shape)
    while (outside := abs(drawn) > bound).any():
        drawn[outside] = rng.standard_normal(int(outside.sum()))
    return mean + _positive("truncated_normal: scale", scale) * drawn, np.zeros(shape[0])


def xavier_normal(rng: Any, outputs: int, inputs: int, *kernel: int, gain: float = 1.0) -> Pair:
    """Weights from a normal distribution of variance gain² · 2 / (fan in + fan out); biases of 0.

    Source: X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010,
    equation (12).

    >>> nn.xavier_normal(0, 3, 2)[0].shape
    (3, 2)
    """
    rng, shape = _shape(rng, outputs, inputs, *kernel)
    scale = _positive("xavier_normal: gain", gain) * sqrt(2 / sum(_fans(shape)))
    return scale * rng.standard_normal(shape), np.zeros(shape[0])


def xavier_uniform(rng: Any, outputs: int, inputs: int, *kernel: int, gain: float = 1.0) -> Pair:
    """Weights evenly from ±gain · √(6 / (fan in + fan out)); biases of 0.

    Source: X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010,
    equation (16).

    >>> bool(abs(nn.xavier_uniform(0, 3, 3)[0]).max() <= 1)
    True
    """
    rng, shape = _shape(rng, outputs, inputs, *kernel)
    bound = _positive("xavier_uniform: gain", gain) * sqrt(6 / sum(_fans(shape)))
    return rng.uniform(-bound, bound, shape), np.zeros(shape[0])


def _kaiming(owner: str, shape: tuple[int, ...], slope: float, mode: str) -> float:
    """The standard deviation that keeps the variance of a layer before a ReLU whose slope below 0 is `slope`."""
    if mode not in ("fan_in", "fan_out"):
        raise ag.ArgumentError(f'{owner}: mode is "fan_in" or "fan_out", not {mode!r:.60}')
    return sqrt(2 / ((1 + float(slope) ** 2) * _fans(shape)[mode == "fan_out"]))


def kaiming_normal(
    rng: Any, outputs: int, inputs: int, *kernel: int, slope: float = 0.0, mode: str = "fan_in"
) -> Pair:  # fmt: skip
    """Weights from a normal distribution of variance 2 / ((1 + slope²) fan in), for a ReLU behind them; biases of 0.

    `slope` is that of a leaky ReLU below 0; with `mode="fan_out"` the variance of gradients is kept instead.
    Source: K. He and others, Delving deep into rectifiers, 2015, equations (10) and (15).

    >>> nn.kaiming_normal(0, 4, 2, 3, 3)[0].shape
    (4, 2, 3, 3)
    """
    rng, shape = _shape(rng, outputs, inputs, *kernel)
    return _kaiming("kaiming_normal", shape, slope, mode) * rng.standard_normal(shape), np.zeros(shape[0])


def kaiming_uniform(
    rng: Any, outputs: int, inputs: int, *kernel: int, slope: float = 0.0, mode: str = "fan_in"
) -> Pair:  # fmt: skip
    """Weights evenly from an interval around 0, of the variance of `kaiming_normal`; biases of 0.

    >>> bool(abs(nn.kaiming_uniform(0, 4, 6)[0]).max() <= 1)
    True
    """
    rng, shape = _shape(rng, outputs, inputs, *kernel)
    bound = sqrt(3) * _kaiming("kaiming_uniform", shape, slope, mode)
    return rng.uniform(-bound, bound, shape), np.zeros(shape[0])


def orthogonal(rng: Any, outputs: int, inputs: int, *kernel: int, gain: float = 1.0) -> Pair:
    """Weights whose rows (or columns, where there are more rows) are orthogonal and of length `gain`; biases of 0.

    A kernel counts as a row of inputs · kernel numbers. Evenly distributed over all such matrices.
    Source: A. Saxe and others, Exact solutions to the nonlinear dynamics of learning in deep linear networks, 2013;
    F. Mezzadri, How to generate random matrices from the classical compact groups, 2007, section 5.

    >>> weight, _ = nn.orthogonal(0, 2, 3)
    >>> np.allclose(weight @ weight.T, np.eye(2))
    True
    """
    rng, shape = _shape(rng, outputs, inputs, *kernel)
    rows, columns = shape[0], prod(shape[1:])
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diagonal(r))  # without it Q would not be evenly distributed
    return _positive("orthogonal: gain", gain) * (q if rows >= columns else q.T).reshape(shape), np.zeros(shape[0])
