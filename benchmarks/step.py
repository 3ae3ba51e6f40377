"""One training step of the chapter's network: eager autograd_lite against hand-written NumPy.

[784, 30, 10], mini-batch 10, float32, quadratic cost, gradient descent. Both compute the new
parameters and the value of the cost, alternately in one process; what counts is the median ratio.
Run with `python -m benchmarks.step`.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

# A forced kernel halves matrix products: start again without one.
if os.environ.pop("OPENBLAS_CORETYPE", None) or os.environ.pop("OPENBLAS_L2_SIZE", None):
    os.execv(sys.executable, [sys.executable, "-m", "benchmarks.step", *sys.argv[1:]])

import numpy as np

import autograd_lite as ag
import nn

SIZES, BATCH, RATE = [784, 30, 10], 10, 3.0


def data(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.random((BATCH, SIZES[0]), dtype=np.float32)
    return x, np.eye(SIZES[-1], dtype=np.float32)[rng.integers(0, SIZES[-1], BATCH)]


def eager(x: np.ndarray, y: np.ndarray) -> tuple[Callable[[], float], Callable[[], list[np.ndarray]]]:
    """The step as a user writes it."""
    model = nn.MLP(SIZES, rng=0)
    optimizer = nn.SGD(model.parameters(), RATE)
    x_tensor, y_tensor = ag.tensor(x), ag.tensor(y)

    def step() -> float:
        cost = nn.quadratic_cost(model(x_tensor), y_tensor)
        optimizer.zero_grad()
        cost.backward(free=True)
        optimizer.step()
        return cost.item()  # type: ignore[no-any-return]

    return step, lambda: [p.numpy() for p in model.parameters()]


def hand_written(x: np.ndarray, y: np.ndarray) -> tuple[Callable[[], float], Callable[[], list[np.ndarray]]]:
    """BP1 to BP4 for the whole mini-batch, as one writes them by hand."""
    w1, b1, w2, b2 = (p.numpy() for p in nn.MLP(SIZES, rng=0).parameters())

    def sigma(z: Any) -> Any:
        return 1 / (1 + np.exp(-z))

    def step() -> float:
        nonlocal w1, b1, w2, b2
        a1 = sigma(x @ w1.T + b1)
        a2 = sigma(a1 @ w2.T + b2)
        error = a2 - y
        cost = np.sum(error * error) / (2 * BATCH)
        delta2 = error * a2 * (1 - a2) / BATCH
        delta1 = delta2 @ w2 * a1 * (1 - a1)
        w2 -= RATE * (delta2.T @ a1)
        b2 -= RATE * delta2.sum(axis=0)
        w1 -= RATE * (delta1.T @ x)
        b1 -= RATE * delta1.sum(axis=0)
        return float(cost)

    return step, lambda: [w1, b1, w2, b2]


def measure(rounds: int = 41, steps: int = 200) -> dict[str, float]:
    """Median microseconds a step of both, and the median of the ratios of neighbouring rounds."""
    x, y = data(np.random.default_rng(0))
    (ours, ours_after), (theirs, theirs_after) = eager(x, y), hand_written(x, y)
    for _ in range(3):
        assert abs(ours() - theirs()) < 1e-6
    for mine, other in zip(ours_after(), theirs_after(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)

    def timed(step: Callable[[], float]) -> float:
        begun = time.perf_counter()
        for _ in range(steps):
            step()
        return (time.perf_counter() - begun) / steps * 1e6

    pairs = [(timed(ours), timed(theirs)) for _ in range(rounds)]
    return {
        "eager": statistics.median(pair[0] for pair in pairs),
        "hand-written": statistics.median(pair[1] for pair in pairs),
        "ratio": statistics.median(a / b for a, b in pairs),
    }


if __name__ == "__main__":
    result = measure()
    print(f"step of {SIZES}, mini-batch {BATCH}, float32, median of rounds in turn")
    print(f"  eager         {result['eager']:7.1f} µs")
    print(f"  hand-written  {result['hand-written']:7.1f} µs")
    print(f"  ratio         {result['ratio']:7.2f}")
