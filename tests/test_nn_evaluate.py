"""`nn.evaluate` and `nn.predict`: in batches, in evaluation, without recording, and every mode given back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.training.data import at_once
from nn.training.evaluation import has_classes

X = np.random.default_rng(0).normal(size=(23, 3)).astype(np.float32)
LABELS = (X.sum(axis=1) > 0).astype(int)
Y = np.eye(2, dtype=np.float32)[LABELS]


class Probe(nn.Module):
    """Notes how many examples it is given, in which mode, and whether gradients are on; the numbers are the inputs'."""

    def __init__(self, fails_at: int = -1) -> None:
        self.seen: list[tuple[int, bool, bool]] = []
        self.fails_at = fails_at
        self.inner = nn.Dropout(0.5, rng=0)
        self.fixed = nn.Tanh().eval()

    def forward(self, x: Any) -> ag.Tensor:
        self.seen.append((len(x), self.training, ag.is_grad_enabled()))
        if len(self.seen) == self.fails_at:
            raise RuntimeError("no more")
        found: ag.Tensor = self.inner(ag.asarray(x)) * 2
        return found

    def modes(self) -> list[bool]:
        return [module.training for _, module in self.named_modules()]


def numbers(output: Any, y: Any) -> ag.Tensor:
    return ag.mean(ag.square(output - ag.asarray(y)))


@pytest.mark.parametrize("size, sizes", [(None, [23]), (10, [10, 10, 3]), (23, [23]), (99, [23]), (1, [1] * 23)])
def test_predict_gives_all_outputs_in_their_order(size: int | None, sizes: list[int]) -> None:
    model = Probe()
    found = nn.predict(model, X, batch_size=size)
    assert type(found) is np.ndarray and found.dtype == np.float32
    np.testing.assert_array_equal(found, X * 2)  # no dropout
    assert model.seen == [(count, False, False) for count in sizes]
    assert model.modes() == [True, True, False]


@pytest.mark.parametrize("call", ["predict", "evaluate", "accuracy"])
def test_every_mode_is_given_back_where_the_model_fails(call: str) -> None:
    model = Probe(fails_at=2 if call != "accuracy" else 1)
    calls = {
        "predict": lambda: nn.predict(model, X, batch_size=10),
        "evaluate": lambda: nn.evaluate(model, numbers, (X, X), batch_size=10),
        "accuracy": lambda: nn.accuracy(model, X, X),
    }
    with pytest.raises(RuntimeError, match="no more"):
        calls[call]()
    assert model.modes() == [True, True, False] and ag.is_grad_enabled()
    model.eval()
    nn.predict(model, X)
    assert not any(model.modes())


@pytest.mark.parametrize("fails_at", [1, 2, 5, 6])
def test_fit_gives_every_mode_back_where_the_model_fails(fails_at: int) -> None:
    scale = nn.Parameter(1.0)
    model = Probe(fails_at)
    with pytest.raises(RuntimeError, match="no more"):
        nn.fit(model, lambda a, y: numbers(a * scale, y), (X, X), nn.SGD([scale], 0.01), 1, 8, (X, X), progress=False,
               compile=False, evaluation_batch=12)  # fmt: skip
    assert model.modes() == [True, True, False] and ag.is_grad_enabled()


def test_predict_takes_what_data_comes_as(tmp_path: Path) -> None:
    model = nn.Linear(3, 2, rng=0)
    expected = nn.predict(model, X)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    batches = [(X[:20], Y[:20]), (X[20:], Y[20:])]
    for given in (X.tolist(), ag.tensor(X), X.astype(float), mapped, nn.Dataset(X, Y), nn.Dataset(mapped, Y),
                  nn.DataLoader((X, Y), 7), iter(batches), lambda: batches):  # fmt: skip
        np.testing.assert_allclose(nn.predict(model, given), expected, rtol=1e-6, atol=1e-7)
    assert nn.predict(model, X[:, None, :] * np.ones((1, 4, 1), np.float32)).shape == (23, 4, 2)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda m: nn.predict(None, X), ag.ArgumentError, "predict: the model must be callable, not None"),
        (lambda m: nn.predict(m, (X, Y)), ag.ArgumentError, "give the examples alone"),
        (lambda m: nn.predict(m, X[:0]), ag.DataError, "there are no examples"),
        (lambda m: nn.predict(m, 3.0), ag.DataError, "there are no examples"),
        (lambda m: nn.predict(m, X, 0), ag.ArgumentError, "batch_size must be a whole number of at least 1"),
        (lambda m: nn.predict(m, np.where(X[4, 1] == X, np.nan, X)), ag.DataError, "not finite, first in example 4"),
        (lambda m: nn.predict(ag.sum, X), ag.ShapeError, r"shape \(\) for 23 examples: one row each"),
        (
            lambda m: nn.predict(m, nn.DataLoader((X, Y), 5, shuffle=True, rng=0)),
            ag.ArgumentError,
            "the loader shuffles",
        ),
        (lambda m: nn.evaluate(m, "cost", (X, Y)), ag.ArgumentError, "evaluate: the cost must be callable"),
        (lambda m: nn.evaluate(m, nn.quadratic_cost, X), ag.DataError, r"evaluate: data must be a pair \(x, y\)"),
        (lambda m: nn.evaluate(m, nn.quadratic_cost, (X, Y[:3])), ag.DataError, "23 examples in x and 3 in y"),
        (lambda m: nn.evaluate(m, nn.quadratic_cost, (X, Y), metrics=3), ag.ArgumentError, "metrics are functions"),
        (
            lambda m: nn.evaluate(lambda x: ag.sum(x, axis=0), lambda a, y: ag.sum(a), (X, Y)),
            ag.ShapeError,
            "one row each",
        ),
    ],
)
def test_what_cannot_be_evaluated(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(nn.Linear(3, 2, rng=0))


def test_evaluate_is_the_mean_over_all_examples_whatever_the_batches() -> None:
    model = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Dropout(0.5, rng=0))
    whole = nn.evaluate(model, nn.softmax_cross_entropy, (X, LABELS), metrics=[nn.f1])
    with ag.no_grad():
        assert whole["cost"] == nn.softmax_cross_entropy(model.layers[0](X), LABELS).item()
    assert whole["accuracy"] == nn.accuracy(model, X, LABELS) and set(whole) == {"cost", "accuracy", "f1"}
    for data, size in (
        ((X, LABELS), 10),
        (nn.Dataset(X, LABELS), 4),
        (nn.DataLoader((X, LABELS), 9, shuffle=True, rng=0), None),
    ):
        parts = nn.evaluate(model, nn.softmax_cross_entropy, data, size, metrics=[nn.f1])
        assert parts == {name: pytest.approx(value, rel=1e-6) for name, value in whole.items()}


def test_flat_examples_go_through_at_once_and_images_in_parts() -> None:
    assert at_once(np.zeros((10_000, 784), np.float32)) > 10_000
    assert at_once(np.zeros((3, 3, 32, 32), np.float32)) == (1 << 20) // 3072
    assert at_once(np.zeros((2, 1 << 24), np.uint8)) == 1


@pytest.mark.parametrize(
    "y, outputs, expected",
    [
        (np.eye(3), 3, True), (np.array([2, 0]), 3, True), (np.array([[0.5], [1.0]]), 1, False),
        (np.array([0.0, 1.0]), 1, True), (np.array([0.0, 2.0]), 1, False), (np.array([[1.0, 1.0]]), 2, False),
        (np.zeros((2, 3, 4)), 12, False),
    ],
)  # fmt: skip
def test_targets_that_are_classes(y: np.ndarray, outputs: int, expected: bool) -> None:
    assert has_classes(y, outputs) is expected


def test_nothing_is_recorded_or_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    model = nn.Linear(3, 2, rng=0)
    made: list[bool] = []
    forward = nn.Linear.forward

    def watched(self: Any, x: Any) -> ag.Tensor:
        output = forward(self, x)
        made.append(output.node is not None)
        return output

    monkeypatch.setattr(nn.Linear, "forward", watched)
    nn.predict(model, X, 5)
    nn.evaluate(model, nn.quadratic_cost, (X, Y), 5)
    assert made == [False] * 10 and all(p.grad is None for p in model.parameters())
