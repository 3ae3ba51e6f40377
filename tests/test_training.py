"""Training: that it learns, repeats itself, refuses bad data untouched, and what it shows meanwhile."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import io
import os
import pty
import struct
import subprocess
import sys
import termios
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([[0], [1], [1], [0]], np.float32)
SVG = "{http://www.w3.org/2000/svg}"


def snapshot(model: nn.Module) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in model.state_dict().items()}


def some_data(examples: int = 23, inputs: int = 3, outputs: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((examples, inputs)).astype(np.float32)
    return x, np.eye(outputs, dtype=np.float32)[(x.sum(axis=1) > 0).astype(int)]


def quick(model: nn.Module, data: Any, epochs: Any = 1, batch_size: Any = 5, **options: Any) -> nn.History:
    options = {"rng": 0, "progress": False, **options}
    return nn.fit(model, nn.quadratic_cost, data, nn.SGD(model.parameters(), 1.0), epochs, batch_size, **options)


# Learning.


def test_a_small_network_learns_exclusive_or() -> None:
    model = nn.MLP([2, 4, 1], rng=1)
    history = nn.fit(
        model, nn.quadratic_cost, XOR, nn.SGD(model.parameters(), 5.0), 2000, 4, XOR, rng=0, progress=False
    )
    assert np.abs(model(XOR[0]).numpy() - XOR[1]).max() < 0.1
    assert history.accuracy[-1] == 1
    assert history.cost[-1] < 0.005 < 0.1 < history.cost[0]


@pytest.mark.parametrize("cost, labels", [(nn.cross_entropy_cost, False), (nn.softmax_cross_entropy, False),
                                          (nn.softmax_cross_entropy, True)])  # fmt: skip
def test_costs_from_logits_learn(cost: Any, labels: bool) -> None:
    x, y = some_data(200)
    y = y.argmax(axis=1) if labels else y
    model = nn.MLP([3, 5, 2], rng=0, output="identity")
    history = nn.fit(model, cost, (x, y), nn.SGD(model.parameters(), 1.0), 20, 10, (x, y), rng=0, progress=False)
    assert history.accuracy[-1] > 0.97
    assert history.cost[-1] < history.cost[0] / 3


def test_one_step_is_w_minus_the_gradient() -> None:
    x, y = some_data(6)
    model = nn.MLP([3, 4, 2], rng=0)
    expected = nn.closed_form.gradients(model, x, y)
    before = [p.numpy() for p in model.parameters()]
    value = nn.quadratic_cost(model(x), y).item()
    history = nn.fit(model, nn.quadratic_cost, (x, y), nn.SGD(model.parameters(), 0.5), 1, 6, rng=0, progress=False)
    steps = [g for layer in zip(expected.weights, expected.biases, strict=True) for g in layer]
    for parameter, old, gradient in zip(model.parameters(), before, steps, strict=True):
        np.testing.assert_allclose(parameter.numpy(), old - 0.5 * gradient, rtol=1e-5, atol=1e-7)
    assert history.cost == [pytest.approx(value, rel=1e-6)]


class Spy:
    """A cost that notes the targets it is given, and an optimiser that notes its calls."""

    def __init__(self) -> None:
        self.batches: list[list[float]] = []
        self.calls: list[str] = []

    def cost(self, output: ag.Tensor, y: Any) -> ag.Tensor:
        self.batches.append([float(value) for value in y[:, 0]])
        return nn.quadratic_cost(output, y)

    def zero_grad(self) -> None:
        self.calls.append("zero_grad")

    def step(self) -> None:
        self.calls.append("step")


@pytest.mark.parametrize("batch_size, sizes", [(4, [4, 4, 2]), (10, [10]), (99, [10]), (1, [1] * 10), (5, [5, 5])])
def test_every_example_comes_once_an_epoch_in_a_new_order(batch_size: int, sizes: list[int]) -> None:
    spy, model = Spy(), nn.MLP([1, 1], rng=0)
    x = np.arange(10, dtype=np.float32).reshape(10, 1)
    nn.fit(model, spy.cost, (x, x), spy, 3, batch_size, rng=0, progress=False, compile=False)
    assert [len(batch) for batch in spy.batches] == 3 * sizes
    flat = [value for batch in spy.batches for value in batch]
    epochs = [flat[:10], flat[10:20], flat[20:]]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert spy.calls == ["zero_grad", "step"] * len(spy.batches)


def test_the_cost_of_an_epoch_is_the_mean_over_examples() -> None:
    model = nn.MLP([1, 1], rng=0)
    x = np.arange(7, dtype=np.float32).reshape(7, 1)
    history = nn.fit(model, nn.quadratic_cost, (x, x), Spy(), 1, 3, rng=0, progress=False)  # a partial last batch
    assert history.cost[0] == pytest.approx(nn.quadratic_cost(model(x), x).item(), rel=1e-6)


def test_x_and_y_are_shuffled_together_and_left_alone() -> None:
    x, y = some_data()
    before = x.tobytes(), y.tobytes()
    seen = []
    model = nn.MLP([3, 2], rng=0)

    def watching(rows: Any) -> ag.Tensor:
        seen.append(rows)
        return model(rows)

    pairs = []

    def cost(output: ag.Tensor, target: Any) -> ag.Tensor:
        pairs.extend(zip(map(bytes, seen[-1]), map(bytes, target), strict=True))
        return nn.quadratic_cost(output, target)

    nn.fit(watching, cost, (x, y), nn.SGD(model.parameters(), 1.0), 1, 4, rng=0, progress=False, compile=False)
    assert sorted(pairs) == sorted(zip(map(bytes, x), map(bytes, y), strict=True))
    assert (x.tobytes(), y.tobytes()) == before


@pytest.mark.parametrize("kind", ["lists", "tensors", "float64", "integers"])
def test_data_may_come_as(kind: str) -> None:
    x, y = some_data()
    x = np.round(x)
    made: Any = {
        "lists": (x.tolist(), y.tolist()),
        "tensors": (ag.tensor(x), ag.tensor(y)),
        "float64": (x.astype(float), y.astype(float)),
        "integers": (x.astype(int), y.astype(np.uint8)),
    }[kind]
    model, other = nn.MLP([3, 2], rng=0), nn.MLP([3, 2], rng=0)
    first = quick(model, made, validation=made)
    second = quick(other, (x, y), validation=(x, y))
    assert first == second
    assert snapshot(model) == snapshot(other)


# The same again.


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    x, y = some_data()

    def run(weights: Any, order: Any) -> tuple[dict[str, bytes], nn.History]:
        model = nn.MLP([3, 4, 2], rng=weights)
        history = quick(model, (x, y), 3, rng=order)
        return snapshot(model), history

    first, history = run(0, 1)
    assert run(0, 1) == (first, history)
    assert run(np.random.default_rng(0), np.random.default_rng(1)) == (first, history)
    assert run(0, 2)[0] != first
    assert run(1, 1)[0] != first


SCRIPT = """
import hashlib
import nn
data, test = nn.digits()
model = nn.MLP([64, 30, 10], rng=5)
nn.fit(model, nn.quadratic_cost, data, nn.SGD(model.parameters(), 3.0), 2, 10, test, rng=6, progress=False)
print(hashlib.sha256(b"".join(p.numpy().tobytes() for p in model.parameters())).hexdigest())
"""


def test_two_processes_train_the_same_bits() -> None:
    home = str(Path(nn.__file__).parents[1])
    runs = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT],
            env={**os.environ, "PYTHONPATH": home, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True, timeout=60,
        )
        for seed in ("1", "2")
    ]  # fmt: skip
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.strip()) == len(hashlib.sha256().hexdigest())
    assert runs[0].stderr == runs[1].stderr == ""


# Refusals, before anything has changed.

X, Y = some_data()


def _with(array: np.ndarray, row: int, value: float) -> np.ndarray:
    changed = array.copy()
    changed[row, 1] = value
    return changed


BAD_DATA: dict[str, tuple[Any, str]] = {
    "empty": ((X[:0], Y[:0]), r"x of data has shape \(0, 3\): there are no examples"),
    "empty y": ((X, Y[:0]), r"y of data has shape \(0, 2\)"),
    "scalar": ((1.0, Y), r"x of data has shape \(\)"),
    "unequal": ((X, Y[:-1]), "data has 23 examples in x and 22 in y"),
    "nan in x": ((_with(X, 7, np.nan), Y), "x of data .* not finite, first in example 7"),
    "nan in y": ((X, _with(Y, 5, np.nan)), "y of data .* not finite, first in example 5"),
    "inf": ((_with(X, 3, np.inf), Y), "not finite, first in example 3"),
    "minus inf": ((_with(X, 0, -np.inf), Y), "not finite, first in example 0"),
    "complex": ((X.astype(complex), Y), "x of data has dtype complex128; real numbers are needed"),
    "text": ((X, np.array(["a"] * 23)), "y of data has dtype <U1"),
    "objects": ((X.astype(object), Y), "x of data has dtype object"),
    "ragged": (([[1.0, 2.0, 3.0], [1.0]], Y[:2]), "x of data .* different lengths"),
    "one array": (X, "data must be a pair"),
    "three": ((X, Y, Y), r"data must be a pair \(x, y\), not tuple"),
    "nothing": (None, r"data must be a pair \(x, y\), not NoneType"),
}


@pytest.mark.parametrize(
    "name, role", [(n, r) for n in BAD_DATA for r in ("data", "validation") if (n, r) != ("nothing", "validation")]
)
def test_data_that_cannot_be_trained_on(name: str, role: str) -> None:
    bad, message = BAD_DATA[name]
    model = nn.MLP([3, 4, 2], rng=0)
    before = snapshot(model)
    rng = np.random.default_rng(4)
    state = rng.bit_generator.state
    data = {"data": (X, Y), role: bad}
    with pytest.raises(ag.DataError, match="fit: .*" + message.replace("data", role)) as caught:
        quick(model, data["data"], validation=data.get("validation"), rng=rng)
    assert isinstance(caught.value, ValueError)
    assert snapshot(model) == before
    assert all(p.grad is None for p in model.parameters())
    assert rng.bit_generator.state == state


@pytest.mark.parametrize(
    "options, message",
    [
        ({"epochs": -1}, "epochs must be a whole number of at least 0, not -1"),
        ({"epochs": 1.5}, "epochs must be a whole number of at least 0, not 1.5"),
        ({"epochs": True}, "epochs must be a whole number"),
        ({"epochs": "3"}, "epochs must be a whole number"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, not 0"),
        ({"batch_size": -5}, "batch_size"),
        ({"batch_size": 2.0}, "batch_size"),
        ({"batch_size": None}, "batch_size"),
    ],
)
def test_counts_that_are_none(options: dict[str, Any], message: str) -> None:
    model = nn.MLP([3, 4, 2], rng=0)
    before = snapshot(model)
    with pytest.raises(ag.ArgumentError, match=message):
        quick(model, (X, Y), **options)
    assert snapshot(model) == before
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize(
    "data, validation, message",
    [
        ((X[:, :2], Y), None, r"input has shape \(5, 2\), but W1 \(4, 3\)"),
        ((X, Y[:, :1]), None, r"target has shape \(5, 1\), the output \(5, 2\)"),
        ((X, Y.argmax(axis=1)), None, "one-hot rows"),
        ((X, Y), (X[:, :2], Y), r"input has shape \(1, 2\)"),
        ((X, Y), (X, Y[:, :1]), r"accuracy: y has shape \(1, 1\), the output \(1, 2\)"),
        ((X, Y), (X, np.eye(3)[[0] * 23]), r"accuracy: y has shape \(1, 3\)"),
    ],
    ids=["x", "y", "labels", "validation x", "validation y", "validation columns"],
)
def test_shapes_that_do_not_fit_the_model(data: Any, validation: Any, message: str) -> None:
    model = nn.MLP([3, 4, 2], rng=0)
    before = snapshot(model)
    with pytest.raises(ag.ShapeError, match=message):
        quick(model, data, validation=validation)
    assert snapshot(model) == before
    assert all(p.grad is None for p in model.parameters())


def test_no_epoch_changes_nothing() -> None:
    model = nn.MLP([3, 4, 2], rng=0)
    before = snapshot(model)
    history = quick(model, (X, Y), np.int64(0))
    assert len(history) == 0
    assert str(history) == "no epoch yet"
    assert snapshot(model) == before


# Progress.


def test_off_a_terminal_there_is_one_line_an_epoch(capfd: pytest.CaptureFixture[str]) -> None:
    quick(nn.MLP([3, 4, 2], rng=0), (X, Y), 3, validation=(X, Y), progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 3
    for number, line in enumerate(err.splitlines(), start=1):
        start, figures = line.split(": ", 1)
        assert start == f"epoch {number}/3"
        cost, accuracy = figures.split(", ")
        assert 0 < float(cost.removeprefix("cost ")) < 1
        assert 0 <= float(accuracy.removeprefix("validation accuracy ").rstrip("%")) <= 100


def test_without_validation_the_line_has_the_cost_alone(capfd: pytest.CaptureFixture[str]) -> None:
    history = quick(nn.MLP([3, 4, 2], rng=0), (X, Y), 1, progress=True)
    assert capfd.readouterr().err == f"epoch 1/1: cost {history.cost[0]:.4f}\n"


def test_without_progress_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    quick(nn.MLP([3, 4, 2], rng=0), (X, Y), 3, validation=(X, Y))
    assert capfd.readouterr() == ("", "")


def everything(reader: int) -> str:
    os.set_blocking(reader, False)
    parts = []
    while True:
        try:
            parts.append(os.read(reader, 1 << 16))
        except BlockingIOError:
            return b"".join(parts).decode()


@pytest.mark.parametrize("columns", [0, 80, 160], ids=["no size", "80 columns", "160 columns"])
def test_on_a_terminal_there_is_a_bar(
    columns: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24 if columns else 0, columns, 0, 0))
    try:
        with os.fdopen(writer, "w", encoding="utf-8") as terminal:
            monkeypatch.setattr(sys, "stderr", terminal)
            history = quick(nn.MLP([3, 4, 2], rng=0), (X, Y), 2, validation=(X, Y), progress=True)
            monkeypatch.undo()
            terminal.flush()
            shown = everything(reader)
    finally:
        os.close(reader)
    assert "\r" in shown
    for number in (1, 2):
        last = next(part for part in reversed(shown.split("\r")) if f"epoch {number}/2" in part)
        assert "100%" in last
        figures = f"cost {history.cost[number - 1]:.4f}, validation accuracy {history.accuracy[number - 1]:.2%}"
        assert last.rstrip().endswith(figures)
        assert len(last.rstrip()) <= (columns or 80)
    assert shown.count("\n") == 2
    assert capfd.readouterr() == ("", "")


# The history.


def test_a_history_prints_one_line_an_epoch() -> None:
    assert str(nn.History([0.5, 0.25], [0.5, 0.98765])) == (
        "epoch 1: cost 0.5000, accuracy 50.00%\nepoch 2: cost 0.2500, accuracy 98.77%"
    )
    assert str(nn.History([0.5])) == "epoch 1: cost 0.5000"


@pytest.mark.parametrize(
    "history",
    [
        nn.History(),
        nn.History([0.5]),
        nn.History([0.5, 0.5, 0.5], [1.0, 1.0, 1.0]),
        nn.History([0.5, 0.2, 0.1], [0.5, 0.75, 1.0]),
        nn.History([0.5, float("nan"), float("inf"), 0.25]),
        nn.History([float("nan")] * 3),
    ],
    ids=["none", "one", "flat", "two curves", "holes", "only holes"],
)
def test_the_curves_are_well_formed(history: nn.History) -> None:
    picture = history.svg()
    root = ElementTree.fromstring(picture)  # noqa: S314
    lines = list(root.iter(SVG + "polyline"))
    assert root.tag == SVG + "svg"
    assert len(lines) == (2 if history.accuracy else 1)
    finite = sum(np.isfinite(history.cost))
    assert len(lines[0].get("points", "").split()) == finite
    assert len(list(root.iter(SVG + "circle"))) == finite + len(history.accuracy)
    assert "nan" not in picture
    assert ">inf<" not in picture
    assert history._repr_svg_() == picture == history.svg()


def test_a_falling_curve_falls() -> None:
    root = ElementTree.fromstring(nn.History([0.5, 0.25, 0.125]).svg())  # noqa: S314
    points = [tuple(map(float, p.split(","))) for p in next(root.iter(SVG + "polyline")).get("points", "").split()]
    across, down = zip(*points, strict=True)
    assert list(across) == sorted(across)
    assert list(down) == sorted(down)  # SVG counts downwards
    assert down[1] - down[0] == pytest.approx(2 * (down[2] - down[1]), abs=0.2)
    words = [text.text for text in root.iter(SVG + "text")]
    assert {"cost", "epoch", "1", "2", "3", "0.5", "0.125"} <= set(words)


def test_the_picture_is_saved_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "learning.svg"
    history = nn.History([0.5, 0.25])
    assert history.save(str(target)) == target
    good = target.read_bytes()
    assert good.decode() == history.svg()

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", broken)
        with pytest.raises(OSError, match="disk full"):
            nn.History([1.0]).save(target)
    assert target.read_bytes() == good
    assert [p.name for p in tmp_path.iterdir()] == ["learning.svg"]


# Accuracy.


def test_accuracy_of_rows_labels_and_single_outputs() -> None:
    output = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.4, 0.3, 0.3]])
    labels = np.array([0, 2, 0, 1])

    def model(rows: Any) -> Any:
        return ag.asarray(rows)

    assert nn.accuracy(model, output, np.eye(3)[labels]) == 0.5
    assert nn.accuracy(model, output, labels) == 0.5
    assert nn.accuracy(model, output, labels.tolist()) == 0.5
    assert nn.accuracy(model, output, ag.tensor(labels)) == 0.5
    single = np.array([[0.1], [0.9], [0.6], [0.4]])
    right = np.array([[0], [1], [0], [0]])
    assert nn.accuracy(model, single, right) == 0.75
    assert nn.accuracy(model, single, right[:, 0]) == 0.75
    assert nn.accuracy(model, single[:, 0], right[:, 0]) == 0.75


def test_validation_of_every_kind_of_target_agrees() -> None:
    accuracies = [quick(nn.MLP([3, 4, 2], rng=0), (X, Y), 2, validation=(X, y)).accuracy for y in (Y, Y.argmax(axis=1))]
    assert accuracies[0] == accuracies[1]
    assert len(set(accuracies[0])) >= 1 and 0.5 < accuracies[0][-1] <= 1
    single = nn.MLP([3, 4, 1], rng=0)
    history = quick(single, (X, Y[:, 1:]), 20, validation=(X, Y[:, 1]))
    assert history.accuracy[-1] == ((single(X).numpy()[:, 0] > 0.5) == (Y[:, 1] > 0.5)).mean() > 0.8


def test_accuracy_runs_in_evaluation_and_gives_every_mode_back() -> None:
    class Probe(nn.Module):
        def __init__(self) -> None:
            self.seen: list[tuple[bool, bool]] = []

        def forward(self, x: Any) -> Any:
            self.seen.append((self.training, ag.is_grad_enabled()))
            return ag.asarray(x)

    probe, frozen = Probe(), nn.Tanh().eval()
    model = nn.Sequential(frozen, probe)
    nn.accuracy(model, np.eye(2), np.eye(2))
    assert probe.seen == [(False, False)]
    assert [m.training for m in (model, probe, frozen)] == [True, True, False]
    model.eval()
    nn.accuracy(model, np.eye(2), np.eye(2))
    assert not any(m.training for m in (model, probe, frozen))
    model.train()
    with pytest.raises(ag.ShapeError):
        nn.accuracy(model, np.eye(2), np.eye(3))
    assert probe.training


# What training costs.


def count(kind: type) -> int:
    return sum(type(each) is kind for each in gc.get_objects())


@pytest.mark.parametrize("compiled", [False, True])
def test_two_thousand_steps_keep_no_tensors(compiled: bool) -> None:
    from autograd_lite.engine.graph import Node

    x, y = some_data(100)
    model = nn.MLP([3, 4, 2], rng=0)
    quick(model, (x, y), 1, 1)
    gc.collect()
    gc.disable()
    try:
        before = count(ag.Tensor), count(Node)
        history = quick(model, (x, y), 20, 1, validation=(x, y), compile=compiled)
        if compiled:  # a program's calls and values point at each other
            gc.collect()
        after = count(ag.Tensor), count(Node)
    finally:
        gc.enable()
    assert len(history) == 20
    assert before[0] >= 4
    assert after == before


def test_the_gradient_of_the_images_is_never_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    matmul = ag.REGISTRY["matmul"]
    left, right = matmul.rules_by_argument
    calls: list[tuple[str, tuple[int, ...]]] = []

    def spying(side: str, rule: Any) -> Any:
        def spy(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
            calls.append((side, y.shape))
            return rule(xp, g, out, x, y)

        return spy

    monkeypatch.setattr(matmul, "rules_by_argument", [spying("left", left), spying("right", right)])
    model = nn.MLP([7, 5, 3], rng=0)
    images = ag.tensor(np.ones((4, 7), np.float32))
    nn.quadratic_cost(model(images), np.ones((4, 3))).backward()
    assert images.grad is None
    assert sorted(calls) == [("left", (5, 3)), ("right", (5, 3)), ("right", (7, 5))]
    calls.clear()
    quick(model, (np.ones((4, 7)), np.ones((4, 3))), 2, 2, compile=False)
    assert len(calls) == 4 * 3
    assert ("left", (7, 5)) not in calls


def test_an_interrupted_run_leaves_a_model_that_trains_on() -> None:
    x, y = some_data()
    model = nn.MLP([3, 4, 2], rng=0)
    steps = 0

    def stopping(output: ag.Tensor, target: Any) -> ag.Tensor:
        nonlocal steps
        steps += 1
        if steps == 4:
            raise KeyboardInterrupt
        return nn.quadratic_cost(output, target)

    optimizer = nn.SGD(model.parameters(), 1.0)
    with pytest.raises(KeyboardInterrupt):
        nn.fit(model, stopping, (x, y), optimizer, 3, 5, rng=0, progress=False)
    assert ag.is_grad_enabled()
    assert (model(x)).node.scope == ("MLP",)
    assert quick(model, (x, y), 30).cost[-1] < 0.1


def test_stderr_replaced_by_a_file_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    quick(nn.MLP([3, 2], rng=0), (X, Y), 2, progress=True)
    assert stream.getvalue().count("\n") == 2
    assert "\r" not in stream.getvalue()
