"""A layer, a cost and an optimiser of one's own, trained on real handwritten digits, saved and taken up again.

The layer keeps a running mean, a buffer that is saved and never trained. The optimiser reads its numbers from
itself: nothing else makes them live in a compiled step. Prints the accuracy by epoch.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd_lite as ag
import nn


class Centred(nn.Module):
    """x less its running mean, times a weight for each number: what a layer learns and what it only remembers."""

    def __init__(self, size: int) -> None:
        self.weight = nn.Parameter(np.ones(size), name="w")
        self.mean = ag.tensor(np.zeros(size, np.float32), name="mean")

    def forward(self, x: Any) -> ag.Tensor:
        x = ag.asarray(x)
        if self.training:
            with ag.no_grad():
                self.mean.assign(0.9 * self.mean + 0.1 * x.mean(axis=0))
        return (x - self.mean) * self.weight


class SignDescent(nn.Optimizer):
    """Steps of one length for every number, in the direction of the gradient's running mean."""

    def __init__(self, parameters: Iterable[ag.Tensor], lr: float, memory: float = 0.9) -> None:
        super().__init__(parameters)
        self.lr = lr
        self.memory = memory
        self.means = self.zeros()

    def step(self) -> None:
        with ag.no_grad():
            for parameter, gradient, mean in self.moving(self.means):
                mean.assign(self.memory * mean + (1 - self.memory) * gradient)
                parameter -= self.lr * ag.sign(mean)


def main() -> None:
    (x, y), test = nn.digits()
    model = nn.Sequential(Centred(64), nn.MLP([64, 30, 10], rng=0, output="identity"))
    weights = [layer.weight for layer in model.layers[1].layers]

    def cost(logits: ag.Tensor, target: Any) -> ag.Tensor:
        value = nn.softmax_cross_entropy(logits, target)
        for weight in weights:
            value = value + 1e-4 * ag.sum(abs(weight))
        return value

    optimizer = SignDescent(model.parameters(), lr=0.002)

    def accuracy_and_slower_steps(model: Any, x: Any, y: Any) -> float:
        optimizer.lr *= 0.8  # after every epoch; the compiled step reads the new number
        return nn.accuracy(model, x, y)

    history = nn.fit(
        model, cost, (x, y), optimizer, epochs=8, batch_size=20, validation=test, rng=0, progress=False,
        metric=accuracy_and_slower_steps,
    )  # fmt: skip
    for epoch, (mean_cost, right) in enumerate(zip(history.cost, history.validation, strict=True), start=1):
        print(f"epoch {epoch}: cost {mean_cost:.4f}, {right:.2%} of the test digits are right")

    print("\nwhat is trained:       ", ", ".join(name for name, _ in model.named_parameters()))
    print("what is remembered:    ", ", ".join(name for name, _ in model.named_buffers()))
    print("what the optimiser has:", optimizer)

    # States are arrays by path: any file of arrays holds them.
    file = io.BytesIO()
    np.savez(file, **model.state_dict())
    file.seek(0)
    again = nn.Sequential(Centred(64), nn.MLP([64, 30, 10], rng=1, output="identity"))
    with np.load(file) as stored:
        again.load_state_dict(stored)
    same = nn.accuracy(again, *test) == nn.accuracy(model, *test)
    print(f"\na second model with the saved state gives {'the same' if same else 'another'} accuracy")


if __name__ == "__main__":
    main()
