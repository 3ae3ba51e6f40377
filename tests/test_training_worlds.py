"""Training worlds: whatever the cost adds on parameters of any shape, compiled and eager runs end in the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn


def some_data(examples: int = 23) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).standard_normal((examples, 3)).astype(np.float32)
    return x, np.eye(2, dtype=np.float32)[(x.sum(axis=1) > 0).astype(int)]


def snapshot(model: nn.Module) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in model.state_dict().items()}


def penalty(kind: str, parameters: list[ag.Tensor]) -> ag.Tensor:
    one: Any = {
        "L1": lambda p: ag.sum(abs(p)),
        "L2": lambda p: ag.sum(p * p) / 2,
        "L1 by sign": lambda p: ag.sum(p * ag.sign(p)),
        "largest": lambda p: ag.max(abs(p)),
        "mean square": lambda p: ag.mean(ag.square(p)),
        "elastic": lambda p: ag.sum(abs(p)) + ag.sum(p**2),
        "norm": lambda p: ag.sqrt(ag.sum(p * p) + 1e-3),
        "one item": lambda p: ag.square(p.reshape(-1)[0]),
        "constant": lambda p: ag.asarray(0.25),
    }[kind]
    total = one(parameters[0])
    for parameter in parameters[1:]:
        total = total + one(parameter)
    return total


PENALTIES = ["L1", "L2", "L1 by sign", "largest", "mean square", "elastic", "norm", "one item", "constant"]
OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda p: nn.SGD(p, 0.05),
    "momentum": lambda p: nn.SGD(p, 0.05, 0.9),
    "nesterov": lambda p: nn.SGD(p, 0.05, 0.9, nesterov=True),
    "adam": lambda p: nn.Adam(p, 0.01),
}


class Shaped(nn.Module):
    """Parameters of no to three dimensions, each of which has a say in the output."""

    def __init__(self, shapes: list[tuple[int, ...]], rng: np.random.Generator, dtype: Any) -> None:
        self.inner = nn.MLP([3, 4, 2], rng=rng, dtype=dtype)
        self.scales = [nn.Parameter(rng.standard_normal(shape), dtype=dtype) for shape in shapes]

    def forward(self, x: Any) -> ag.Tensor:
        a = self.inner(x)
        for scale in self.scales:
            a = a + 0.1 * scale.reshape(-1, 2).sum(axis=0) if scale.size % 2 == 0 else a * (1 + 0.1 * ag.sum(scale))
        return a


def both_ways(make: Any, seed: int, **options: Any) -> None:
    """`make` gives model, cost, optimiser and data; trained eagerly and compiled they must end in the same bits."""
    ends = []
    for compiled in (False, True):
        model, cost, optimizer, data = make()
        history = nn.fit(
            model, cost, data, optimizer, 3, 5, data, rng=seed, progress=False, compile=compiled, **options
        )
        gradients = [None if p.grad is None else p.grad.tobytes() for p in model.parameters()]
        ends.append((history, snapshot(model), gradients, {k: v.tobytes() for k, v in optimizer.state_dict().items()}))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", PENALTIES)
def test_a_term_on_the_parameters_trains_the_same_compiled_and_eagerly(kind: str, optimizer: str) -> None:
    data = some_data()

    def make() -> Any:
        model = nn.MLP([3, 4, 2], rng=0)
        weights = [layer.weight for layer in model.layers]

        def cost(output: ag.Tensor, y: Any) -> ag.Tensor:
            return nn.quadratic_cost(output, y) + 0.01 * penalty(kind, weights)

        return model, cost, OPTIMIZERS[optimizer](model.parameters()), data

    both_ways(make, 0)


def test_fit_with_an_l1_term_on_real_digits_trains_the_same_compiled_and_eagerly() -> None:
    (x, y), _ = nn.digits()

    def make() -> Any:
        model = nn.MLP([64, 30, 10], rng=0)

        def cost(output: ag.Tensor, target: Any) -> ag.Tensor:
            return nn.quadratic_cost(output, target) + 1e-3 * penalty("L1", [layer.weight for layer in model.layers])

        return model, cost, nn.SGD(model.parameters(), 1.0), (x[:300], y[:300])

    both_ways(make, 0)


@pytest.mark.parametrize("seed", range(24))
def test_random_training_worlds_have_the_same_bits_compiled_and_eagerly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = [tuple(rng.integers(1, 4, rng.integers(0, 4)).tolist()) for _ in range(rng.integers(1, 4))]
    dtype = [np.float32, np.float64][rng.integers(2)]
    optimizer = OPTIMIZERS[str(rng.choice(list(OPTIMIZERS)))]
    chosen = [str(kind) for kind in rng.choice(PENALTIES, rng.integers(0, 3), replace=False)]
    base = [nn.quadratic_cost, nn.softmax_cross_entropy][rng.integers(2)]
    factor, frozen = float(rng.random()) / 50, int(rng.integers(0, 3))

    def make() -> Any:
        model = Shaped(shapes, np.random.default_rng(seed), dtype)
        if base is not nn.quadratic_cost:
            model.inner.output = nn.Identity()
        for parameter in model.parameters()[:frozen]:
            parameter.requires_grad = False

        def cost(output: ag.Tensor, y: Any) -> ag.Tensor:
            value = base(output, y)
            for kind in chosen:
                value = value + factor * penalty(kind, model.parameters())
            return value

        return model, cost, optimizer(model.parameters()), some_data()

    both_ways(make, seed)
