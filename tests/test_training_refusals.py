"""What training refuses, where it stops, and what it measures: each said once and readably."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = np.eye(2, dtype=np.float32)[(X.sum(axis=1) > 0).astype(int)]
both = pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])


def run(model: Any, cost: Any, data: Any, optimizer: Any, epochs: Any = 2, batch_size: Any = 10, **options: Any) -> Any:
    return nn.fit(model, cost, data, optimizer, epochs, batch_size, **{"rng": 0, "progress": False, **options})


def state(module: nn.Module) -> dict[str, bytes]:
    return {path: value.tobytes() for path, value in module.state_dict().items()}


def relu(outputs: int = 1) -> nn.MLP:
    return nn.MLP([3, 5, outputs], output="identity", activation="relu", rng=0)


# Divergence.


@both
def test_a_fit_that_diverges_stops_and_says_when_and_what_to_try(compiled: bool) -> None:
    model = relu()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(nn.DivergenceError) as caught:
            run(model, nn.quadratic_cost, (X, X[:, :1] * 3), nn.SGD(model.parameters(), 1e6), 5, compile=compiled)
    message = str(caught.value)
    assert message.startswith("fit: stopped in epoch 1: the cost of the mini-batch after 20 examples is ")
    assert "smaller learning rate (it is 1e+06)" in message
    assert isinstance(caught.value, ag.AutogradError) and isinstance(caught.value, ArithmeticError)
    assert len(caught.value.history) == 0


@both
def test_the_epochs_before_a_divergence_are_kept(compiled: bool) -> None:
    model = relu()
    optimizer = nn.SGD(model.parameters(), 0.01)
    calls = 0

    def judge(model: Any, x: Any, y: Any) -> float:
        nonlocal calls
        calls += 1
        if calls == 2:
            optimizer.lr = 1e9
        return 0.5

    data = X, X[:, :1]
    with pytest.raises(nn.DivergenceError, match="stopped in epoch 3") as caught:
        run(model, nn.quadratic_cost, data, optimizer, 5, validation=data, metric=judge, compile=compiled)
    assert len(caught.value.history.cost) == 2
    assert caught.value.history.validation == [0.5, 0.5]


@both
def test_a_first_cost_that_is_not_finite_is_the_models_own(compiled: bool) -> None:
    model = nn.MLP([3, 1], rng=0, output="identity")

    def logarithm(output: ag.Tensor, y: Any) -> ag.Tensor:
        return ag.sum(ag.log(output - output))

    with pytest.raises(nn.DivergenceError, match="epoch 1: the cost of the first examples is -inf"):
        run(model, logarithm, (X, X[:, :1]), nn.SGD(model.parameters(), 0.1), compile=compiled)


@both
def test_the_last_step_of_all_is_looked_at_too(compiled: bool) -> None:
    model = nn.MLP([3, 1], rng=0, output="identity")
    with pytest.raises(nn.DivergenceError, match=r"epoch 1: after its last step W1 is not finite"):
        run(model, nn.quadratic_cost, (X, X[:, :1]), nn.SGD(model.parameters(), 3e38), 1, 40, compile=compiled)


@both
def test_overflow_on_the_way_to_finite_costs_is_said_once(compiled: bool) -> None:
    model = nn.MLP([3, 1], rng=0, output="identity")

    def cost(output: ag.Tensor, y: Any) -> ag.Tensor:
        return nn.quadratic_cost(output, y) + ag.minimum(ag.sum(ag.square(ag.asarray(y) * 1e30)), 0.0)

    with pytest.warns(RuntimeWarning, match="NumPy met overflow on the way, though the cost stayed finite") as seen:
        history = run(model, cost, (X, X[:, :1]), nn.SGD(model.parameters(), 0.01), 3, compile=compiled)
    assert [str(w.message).startswith("fit: ") for w in seen] == [True]
    assert seen[0].filename == __file__
    assert len(history) == 3


# The optimiser.


@both
@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam], ids=["sgd", "adam"])
def test_the_optimiser_of_another_model_is_refused_before_anything_changes(kind: Any, compiled: bool) -> None:
    model, other = nn.MLP([3, 2], rng=0), nn.MLP([3, 2], rng=1)
    before = state(model), state(other)
    rng = np.random.default_rng(3)
    drawn = rng.bit_generator.state
    with pytest.raises(ag.ArgumentError, match=f"fit: the {kind.__name__} changes none of the parameters"):
        run(model, nn.quadratic_cost, (X, Y), kind(other.parameters(), 0.1), rng=rng, compile=compiled)
    assert (state(model), state(other)) == before
    assert all(p.grad is None for p in model.parameters() + other.parameters())
    assert rng.bit_generator.state == drawn


@both
def test_the_optimiser_of_another_model_is_refused_for_a_function_too(compiled: bool) -> None:
    model, other = nn.MLP([3, 2], rng=0), nn.MLP([3, 2], rng=1)
    before = state(model), state(other)
    with pytest.raises(ag.ArgumentError, match=r"nn\.SGD\(model\.parameters\(\)"):
        run(model.forward, nn.quadratic_cost, (X, Y), nn.SGD(other.parameters(), 0.1), compile=compiled)
    assert (state(model), state(other)) == before


@both
def test_an_optimiser_of_some_parameters_or_of_more_is_fine(compiled: bool) -> None:
    model = nn.MLP([3, 4, 2], rng=0)
    before = state(model)
    last = nn.SGD(model.layers[1].parameters(), 0.1)
    run(model, nn.quadratic_cost, (X, Y), last, compile=compiled)
    assert [p for p, v in state(model).items() if v != before[p]] == ["layers.1.weight", "layers.1.bias"]
    scale = nn.Parameter(1.0)
    more = nn.SGD([*model.parameters(), scale], 0.1)
    run(model, lambda a, y: nn.quadratic_cost(a * scale, y), (X, Y), more, compile=compiled)
    assert scale.item() != 1
    for parameter in model.parameters():
        parameter.requires_grad = False
    only = nn.SGD([scale], 0.1)
    value = scale.item()
    run(model, lambda a, y: nn.quadratic_cost(a * scale, y), (X, Y), only, compile=compiled)
    assert scale.item() != value


@pytest.mark.parametrize(
    "change, message",
    [
        ({"optimizer": 0.1}, r"fit: the optimizer must have zero_grad\(\) and step\(\).*not 0\.1"),
        ({"model": None}, "fit: the model must be callable, not None"),
        ({"cost": "quadratic"}, "fit: the cost must be callable, not 'quadratic'"),
        ({"cost": lambda a, y: 3.0}, r"fit: the cost must return a Tensor, computed from the output, not 3\.0"),
        ({"cost": lambda a, y: a - y}, "scalar"),
        ({"rng": "now"}, "rng is a numpy.random.Generator, a seed"),
        ({"rng": -1}, "rng is a numpy.random.Generator, a seed"),
        ({"metric": "accuracy", "validation": (X, Y)}, "metric is a function of model, x and y"),
    ],
    ids=["rate", "no model", "word", "float", "not a scalar", "rng word", "negative seed", "metric"],
)
@both
def test_what_cannot_train_is_refused_by_exceptions_of_the_library(change: Any, message: str, compiled: bool) -> None:
    model = nn.MLP([3, 2], rng=0)
    before = state(model)
    given: dict[str, Any] = {
        "model": model, "cost": nn.quadratic_cost, "data": (X, Y), "optimizer": nn.SGD(model.parameters(), 0.1),
        "compile": compiled, **change,
    }  # fmt: skip
    with pytest.raises(ag.AutogradError, match=message):
        run(**given)
    assert state(model) == before


# What is measured.


def line(inputs: int = 1) -> tuple[nn.MLP, np.ndarray]:
    x = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    return nn.MLP([1, 8, 1], output="identity", activation="tanh", rng=0), x


def test_a_regression_is_measured_by_its_cost_and_has_no_accuracy(capfd: pytest.CaptureFixture[str]) -> None:
    model, x = line()
    optimizer = nn.SGD(model.parameters(), 0.1)
    history = run(model, nn.quadratic_cost, (x, x * x), optimizer, 2, validation=(x, x * x), progress=True)
    assert history.accuracy == []
    assert history.metric == "cost" and len(history.validation) == 2
    with ag.no_grad():
        assert history.validation[-1] == nn.quadratic_cost(model(x), x * x).item()
    shown = capfd.readouterr().err.splitlines()
    assert shown[-1] == f"epoch 2/2: cost {history.cost[1]:.4f}, validation cost {history.validation[1]:.4f}"
    assert str(history).splitlines()[1].endswith(f"validation cost {history.validation[1]:.4f}")
    assert f"validation cost {history.validation[1]:.4f}: .svg()" in repr(history)
    assert "validation cost</text>" in history.svg() and "accuracy" not in history.svg()


@pytest.mark.parametrize(
    "outputs, y, classes",
    [
        (2, Y, True),
        (2, Y.astype(int), True),
        (2, Y.astype(bool), True),
        (2, Y.argmax(axis=1), True),
        (2, Y.argmax(axis=1).astype(float), True),
        (1, Y[:, 1:], True),
        (1, Y[:, 1:].astype(bool), True),
        (2, Y * 0.8 + 0.1, False),
        (2, X[:, :2], False),
        (2, np.ones((40, 2)), False),
        (1, X[:, :1], False),
        (1, np.arange(40)[:, None], False),
        (1, Y[:, 1:] * 2 - 1, False),
    ],
    ids=["one-hot", "whole one-hot", "true one-hot", "labels", "float labels", "bits", "truths", "smoothed", "numbers",
         "several ones", "one number", "counts", "signs"],
)  # fmt: skip
def test_which_targets_are_classes(outputs: int, y: np.ndarray, classes: bool) -> None:
    model = relu(outputs)
    labels = y.ndim == 1
    cost = nn.softmax_cross_entropy if labels and y.dtype.kind == "i" else nn.quadratic_cost
    target = np.eye(2, dtype=np.float32)[y.astype(int)] if labels and cost is nn.quadratic_cost else y
    history = run(model, cost, (X, target), nn.SGD(model.parameters(), 1e-4), 1, validation=(X, y))
    assert (len(history.accuracy), len(history.validation)) == ((1, 0) if classes else (0, 1))


def test_one_number_for_each_of_one_dimensional_outputs_is_a_regression() -> None:
    model = relu(1)
    ages = np.arange(40)

    def flat(x: Any) -> ag.Tensor:
        return model(x).reshape(-1)

    def cost(output: Any, y: Any) -> ag.Tensor:
        return ag.mean((output - y) ** 2)

    history = run(flat, cost, (X, ages), nn.SGD(model.parameters(), 1e-6), 1, validation=(X, ages))
    assert history.accuracy == [] and len(history.validation) == 1


def test_a_metric_can_be_chosen() -> None:
    def worst(model: Any, x: Any, y: Any) -> float:
        with ag.no_grad():
            return float(np.abs(model(x).numpy() - y).max())

    model = relu(2)
    history = run(model, nn.quadratic_cost, (X, Y), nn.SGD(model.parameters(), 0.01), validation=(X, Y), metric=worst)
    assert history.metric == "worst" and history.accuracy == []
    assert history.validation[-1] == worst(model, X, Y)
    assert "validation worst" in history.svg()
    smoothed = Y * 0.8 + 0.1
    history = run(model, nn.quadratic_cost, (X, smoothed), nn.SGD(model.parameters(), 0.01), validation=(X, smoothed),
                  metric=nn.accuracy)  # fmt: skip
    assert history.accuracy[-1] == nn.accuracy(model, X, smoothed) and history.validation == []


@pytest.mark.parametrize(
    "outputs, y, message",
    [
        (1, X[:, :1] * 5, "the classes of one output are 0 and 1"),
        (2, np.array([0, 1, 2, 0] * 10), "the labels go from 0 to 2, but the classes of 2 outputs are"),
        (2, np.array([0, 1, -1, 0] * 10), "the labels go from -1 to 1"),
        (2, np.array([0, 0.5, 1, 0] * 10), "whole numbers from 0 to 1"),
    ],
    ids=["numbers", "too large", "negative", "fractions"],
)
def test_the_accuracy_of_targets_without_classes_is_refused(outputs: int, y: np.ndarray, message: str) -> None:
    with pytest.raises(ag.DataError, match=message):
        nn.accuracy(relu(outputs), X, y)


@pytest.mark.parametrize("role", ["data", "validation"])
def test_masked_examples_are_refused(role: str) -> None:
    masked = np.ma.masked_array(X, X > 2)
    model = nn.MLP([3, 2], rng=0)
    given = {"data": (X, Y), role: (masked, Y)}
    with pytest.raises(ag.DataError, match=f"x of {role} is masked"):
        run(
            model, nn.quadratic_cost, given["data"], nn.SGD(model.parameters(), 0.1), validation=given.get("validation")
        )


# Files.


@pytest.mark.parametrize("name", ["h.png", "h.pdf", "h", "h.svg.gz", "h.SVGZ"])
def test_a_history_is_saved_under_no_other_ending(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)  # which draws .png and .pdf where it is installed
    with pytest.raises(ag.ArgumentError, match=r"learning curves are saved as \.svg, as in save\('h"):
        nn.History([0.5]).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_history_is_saved_as_svg_in_any_case(tmp_path: Path) -> None:
    assert nn.History([0.5]).save(tmp_path / "h.SVG").read_text(encoding="utf-8") == nn.History([0.5]).svg()
    with pytest.raises(ag.ArgumentError, match="the path is NoneType"):
        nn.History([0.5]).save(None)  # type: ignore[arg-type]


# Falling back.


def test_a_model_that_cannot_be_compiled_says_so_once_and_trains_the_same() -> None:
    class Looking(nn.Module):
        def __init__(self) -> None:
            self.inner = nn.MLP([3, 4, 2], rng=0)
            self.drop = nn.Dropout(0.25, rng=1)

        def forward(self, x: Any) -> Any:
            a = self.drop(self.inner(x))
            return a * 2 if a.sum().item() > 5 else a

    ends = []
    for compiled in (False, True):
        model = Looking()
        optimizer = nn.Adam(model.parameters(), 0.01)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            history = run(model, nn.quadratic_cost, (X, Y), optimizer, 3, 7, compile=compiled)
        if compiled:
            (warning,) = seen
            assert str(warning.message).startswith("fit runs this model eagerly, since it cannot be compiled: ")
            assert "item()" in str(warning.message)
            assert warning.filename == __file__
        else:
            assert not seen
        ends.append((history, state(model), {k: v.tobytes() for k, v in optimizer.state_dict().items()}))
    assert ends[0] == ends[1]


def test_an_optimiser_that_counts_for_itself_trains_the_same_and_a_warning_says_that_it_is_not_compiled() -> None:
    class Plain:
        """No subclass of anything: all that fit needs."""

        def __init__(self, parameters: list[ag.Tensor]) -> None:
            self.trained, self.steps, self.lr = parameters, 0, 0.5

        def zero_grad(self) -> None:
            for parameter in self.trained:
                parameter.grad = None

        def step(self) -> None:
            self.steps += 1
            with ag.no_grad():
                for parameter in self.trained:
                    parameter.assign(parameter - self.lr / self.steps * parameter.grad)

    ends = []
    for compiled in (False, True):
        model = nn.MLP([3, 4, 2], rng=0)
        optimizer = Plain(model.parameters())
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            history = run(model, nn.quadratic_cost, (X, Y), optimizer, 3, compile=compiled)
        assert [str(w.message).count("optimizer.steps") for w in seen] == ([1] if compiled else [])
        ends.append((history, state(model), optimizer.steps))
    assert ends[0] == ends[1]
    assert ends[0][2] == 12
