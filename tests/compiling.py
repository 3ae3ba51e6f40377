"""Compiled steps and their eager twins: batches, networks, optimisers, and what two runs must have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
import nn

Step = Callable[..., Any]


def batch(n: int = 5, inputs: int = 4, outputs: int = 3, seed: int = 0, dtype: Any = np.float32) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, inputs)).astype(dtype), rng.uniform(size=(n, outputs)).astype(dtype)


def one_hot(n: int, outputs: int, seed: int) -> np.ndarray:
    return np.eye(outputs, dtype=np.float32)[np.random.default_rng(seed).integers(0, outputs, n)]


def bits(x: Any) -> Any:
    """What two runs must have in common."""
    if isinstance(x, ag.Tensor):
        return bits(x.data)
    if isinstance(x, np.ndarray):
        return (x.dtype, x.shape, x.tobytes())
    if isinstance(x, dict):
        return {k: bits(v) for k, v in x.items()}
    if isinstance(x, tuple | list):
        return [bits(v) for v in x]
    return x


def state(parameters: list[ag.Tensor]) -> Any:
    return [(bits(p.data), bits(p.grad)) for p in parameters]


def training_step(model: Any, optimizer: Any, cost: Any = nn.quadratic_cost) -> Step:
    def step(x: Any, y: Any) -> Any:
        value = cost(model(x), y)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value

    return step


def plain(sizes: tuple[int, ...] = (4, 6, 3), lr: float = 0.5, **options: Any) -> tuple[Any, Any, Step]:
    model = nn.MLP(sizes, rng=1, **options)
    optimizer = nn.SGD(model.parameters(), lr=lr)
    return model, optimizer, training_step(model, optimizer)


def hold_to_eager(
    make: Callable[[], tuple[list[ag.Tensor], Step]], batches: list[tuple[Any, ...]], records: int | None = 1
) -> Any:
    """Run two copies, one compiled, over the same batches: results, parameters and gradients agree in every bit."""
    ours, f = make()
    theirs, g = make()
    compiled = ag.compile(f)
    for i, arguments in enumerate(batches):
        assert bits(compiled(*arguments)) == bits(g(*arguments)), f"results of call {i}"
        assert state(ours) == state(theirs), f"parameters after call {i}"
    assert records is None or compiled.records == records
    return compiled


NETWORKS: dict[str, tuple[tuple[int, ...], dict[str, Any], Any]] = {
    "sigmoid": ((4, 6, 3), {}, nn.quadratic_cost),
    "deep": ((4, 8, 8, 8, 3), {}, nn.quadratic_cost),
    "no-hidden-layer": ((4, 3), {}, nn.quadratic_cost),
    "one-neuron-wide": ((4, 1, 3), {}, nn.quadratic_cost),
    "tanh": ((4, 6, 3), {"activation": "tanh"}, nn.quadratic_cost),
    "relu": ((4, 6, 3), {"activation": "relu"}, nn.quadratic_cost),
    "float64": ((4, 6, 3), {"dtype": np.float64}, nn.quadratic_cost),
    "cross-entropy": ((4, 6, 3), {"output": "identity"}, nn.cross_entropy_cost),
    "softmax": ((4, 6, 3), {"output": "identity"}, nn.softmax_cross_entropy),
    "wide": ((40, 130, 3), {}, nn.quadratic_cost),
}


OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "momentum": lambda p: nn.SGD(p, lr=0.1, momentum=0.9),
    "nesterov": lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: nn.Adam(p, lr=0.01),
}
