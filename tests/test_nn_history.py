"""Histories: every figure, best epochs, runs joined, files by their ending, and pictures with round numbers."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import math
import operator
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.training.curves import powers, ticks

SVG = "{http://www.w3.org/2000/svg}"
NAN = float("nan")


def full(epochs: int = 3, shift: float = 0.0) -> nn.History:
    steps = range(epochs)
    return nn.History(
        [0.5 / (1 + i) + shift for i in steps],
        [0.8 + 0.05 * i for i in steps],
        validation_cost=[0.6 / (1 + i) for i in steps],
        training_accuracy=[0.85 + 0.05 * i for i in steps],
        metrics={"f1": [0.7 + 0.1 * i for i in steps]},
        lr=[3.0 / 2**i for i in steps],
        seconds=[1.0] * epochs,
    )


def words(picture: str) -> list[str]:
    root = ElementTree.fromstring(picture)  # noqa: S314
    return [text.text or "" for text in root.iter(SVG + "text")]


def same(a: nn.History, b: nn.History) -> bool:
    """Equal with nan in the same places."""
    return json.dumps(a.state_dict()) == json.dumps(b.state_dict())


# Figures.


def test_columns_have_what_was_measured_and_nothing_else() -> None:
    assert list(nn.History([0.5]).columns()) == ["cost"]
    assert list(full().columns()) == [
        "cost", "validation_cost", "accuracy", "training_accuracy", "lr", "seconds", "metrics.f1"
    ]  # fmt: skip
    assert full().values("f1") == pytest.approx([0.7, 0.8, 0.9])
    with pytest.raises(ag.ArgumentError, match="there is no figure 'recall': it has cost, validation_cost"):
        full().values("recall")


def test_the_best_epoch_is_the_first_of_the_best() -> None:
    history = nn.History([0.5, 0.2, 0.2, 0.3], [0.9, NAN, 0.95, 0.95], metrics={"height": [1.0, 3.0, 2.0, 0.0]})
    assert history.best("cost") == (2, 0.2)
    assert history.best("accuracy") == (3, 0.95)
    assert history.best("height", largest=True) == (2, 3.0)
    assert history.best("height", largest=False) == (4, 0.0)
    with pytest.raises(ag.ArgumentError, match="is height better when it is larger"):
        history.best("height")
    with pytest.raises(ag.ArgumentError, match="validation_cost was measured in no epoch"):
        history.best()


def test_histories_are_joined_and_what_is_missing_is_nan() -> None:
    joined = full(2) + nn.History([0.1, 0.05], validation=[3.0, 4.0], metric="worst", lr=[1.0, 1.0], notes=["mended"])
    assert len(joined) == 4
    assert joined.cost == [0.5, 0.25, 0.1, 0.05]
    assert joined.lr == [3.0, 1.5, 1.0, 1.0]
    assert joined.accuracy[:2] == [0.8, 0.8500000000000001] and all(map(math.isnan, joined.accuracy[2:]))
    assert all(map(math.isnan, joined.validation[:2])) and joined.validation[2:] == [3.0, 4.0]
    assert joined.metric == "worst" and joined.notes == ["mended"]
    assert [len(values) for values in joined.columns().values()] == [4] * 8
    assert joined.measured(1) == "accuracy 85.00%" and joined.measured(3) == "worst 4.0000"
    assert (nn.History() + full()) == full() == (full() + nn.History())


def test_histories_of_different_metrics_are_not_joined() -> None:
    with pytest.raises(ag.ArgumentError, match="measured cost in `validation` and the other worst"):
        nn.History([1.0], validation=[1.0]) + nn.History([1.0], validation=[1.0], metric="worst")
    with pytest.raises(TypeError):
        operator.add(nn.History([1.0]), [1.0])


def test_equal_histories_may_have_taken_different_times() -> None:
    a, b = full(), full()
    b.seconds, b.notes = [9.0, 9.0, 9.0], ["slow"]
    assert a == b
    b.lr[0] = 0.0
    assert a != b


# Files.


def test_csv_has_a_row_an_epoch_and_reads_back_to_the_bit(tmp_path: Path) -> None:
    history = nn.History([1 / 3, 2e-17, NAN], [0.5], metrics={"a,b": [1.0, math.inf, 0.1]})
    assert history.save(tmp_path / "h.CSV") == tmp_path / "h.CSV"
    text = (tmp_path / "h.CSV").read_text()
    assert text == history.to_csv() == history.to_csv(tmp_path / "other.txt") == (tmp_path / "other.txt").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert [float(row["cost"]) for row in rows[:2]] == history.cost[:2] and rows[2]["cost"] == ""
    assert [row["accuracy"] for row in rows] == ["0.5", "", ""]
    assert [float(row["a,b"]) for row in rows] == [1.0, math.inf, 0.1]


def test_json_reads_back_whole(tmp_path: Path) -> None:
    history = full() + nn.History([math.inf, NAN], notes=["ended early"])
    path = history.save(tmp_path / "h.json")

    def no_constant(name: str) -> Any:
        raise AssertionError(f"{name} is no JSON")

    json.loads(path.read_text(), parse_constant=no_constant)
    again = nn.History.load(path)
    assert same(again, history) and again.notes == ["ended early"] and again.cost[3] == math.inf


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "no history"), ("[]", "no history"), ("{", "no history"), ('{"cost": [1]}', "other entries"),
        ("[" * 100_000, "no history"), (b"\xff\xfe", "cannot read"),
    ],
    ids=["empty", "list", "cut", "another", "deep", "bytes"],
)  # fmt: skip
def test_what_is_no_history_is_refused(content: str | bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises((ag.DataError, ag.FileError), match=message):
        nn.History.load(path)


@pytest.mark.parametrize(
    "change",
    [{"cost": ["a"]}, {"cost": [[1.0]]}, {"cost": 3}, {"metrics": []}, {"accuracy": [1.0] * 9}, {"lr": ["nan"]}],
    ids=str,
)
def test_a_state_that_does_not_fit_changes_nothing(change: dict[str, Any]) -> None:
    history = full()
    with pytest.raises(ag.DataError, match="History"):
        history.load_state_dict({**full(2).state_dict(), **change})
    assert history == full()


def test_a_history_that_is_not_there_is_said() -> None:
    with pytest.raises(ag.FileError, match=r"cannot read nowhere\.json: No such file"):
        nn.History.load("nowhere.json")


# Pictures.


@pytest.mark.parametrize(
    "low, high, expected",
    [
        (0.012, 0.47, [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (90.1, 95.4, [90, 92, 94, 96]),
        (0.0, 0.0, [0, 1]),
        (7.0, 7.0, [7, 8]),
        (-3.0, 4.0, [-4, -2, 0, 2, 4]),
        (1e-9, 5e-9, [1e-9, 2e-9, 3e-9, 4e-9, 5e-9]),
        (123456, 654321, [0, 200000, 400000, 600000, 800000]),
    ],
)
def test_ticks_are_round_and_frame_the_values(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_ticks_of_random_ranges_frame_them_and_are_few() -> None:
    rng = np.random.default_rng(0)
    for _ in range(2000):
        low = float(rng.normal() * 10.0 ** rng.integers(-8, 8))
        high = low + float(abs(rng.normal()) * 10.0 ** rng.integers(-3, 8))
        found = ticks(low, high)
        assert found[0] <= low + 1e-6 * (high - low) and high <= found[-1] + 1e-6 * (high - low), (low, high, found)
        assert 2 <= len(found) <= 8 and found == sorted(set(found)), (low, high, found)


def test_powers_frame_the_values() -> None:
    assert powers(1e-6, 0.5) == [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0]
    assert powers(0.03, 0.9) == [0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
    assert powers(0.5, 0.5) == [0.5, 1.0]


def test_costs_share_a_panel_and_accuracies_do() -> None:
    shown = words(full().svg())
    for each in (
        "cost",
        "validation cost",
        "accuracy in %",
        "training",
        "validation",
        "validation f1",
        "learning rate",
    ):
        assert each in shown, each
    plain = words(nn.History([0.5, 0.25], [0.5, 0.75]).svg())
    assert "validation accuracy in %" in plain and "learning rate" not in plain
    assert {"50", "60", "70", "75"} <= set(plain)  # round numbers, and the last value at the curve's end


def test_a_constant_learning_rate_is_not_drawn() -> None:
    assert "learning rate" not in words(nn.History([1.0, 0.5], lr=[0.1, 0.1]).svg())


def test_several_runs_are_in_one_picture() -> None:
    picture = nn.plot({"η = 3": full(), "η < 1 & slow": full(40, 0.1)})
    shown = words(picture.svg())
    assert shown.count("η = 3") == 1 and shown.count("η < 1 & slow") == 1
    assert "dashed: validation" in shown
    root = ElementTree.fromstring(picture.svg())  # noqa: S314
    lines = list(root.iter(SVG + "polyline"))
    assert len({line.get("stroke") for line in lines}) == 2
    assert sum(line.get("stroke-dasharray") is not None for line in lines) == 6
    again = full().plot(full(40, 0.1), names=["η = 3", "η < 1 & slow"])
    assert again.svg() == picture.svg() == picture._repr_svg_()
    assert {"run 1", "run 2"} <= set(words(full().plot(full()).svg()))


def test_a_picture_of_many_runs_has_every_name() -> None:
    shown = words(nn.plot({f"a rather long name {i}": full() for i in range(20)}).svg())
    assert [name for name in shown if name.startswith("a rather")] == [f"a rather long name {i}" for i in range(20)]


def test_nothing_leaves_the_picture() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        runs = {
            str(i): nn.History(
                (10.0 ** rng.integers(-5, 5) * rng.random(rng.integers(0, 30))).tolist(), lr=rng.random(5).tolist()
            )
            for i in range(rng.integers(1, 4))
        }
        for log in (False, True):
            root = ElementTree.fromstring(nn.plot(runs, log=log).svg())  # noqa: S314
            width, height = float(root.get("width", 0)), float(root.get("height", 0))
            for line in root.iter(SVG + "polyline"):
                for point in line.get("points", "").split():
                    x, y = map(float, point.split(","))
                    assert 0 <= x <= width and 0 <= y <= height
            for text in root.iter(SVG + "text"):
                assert 0 <= float(text.get("x", -1)) <= width and 0 < float(text.get("y", -1)) <= height


def test_a_logarithmic_picture_makes_a_falling_power_straight() -> None:
    history = nn.History([10.0**-i for i in range(5)])
    points = next(ElementTree.fromstring(history.plot(log=True).svg()).iter(SVG + "polyline")).get("points", "")  # noqa: S314
    down = [float(point.split(",")[1]) for point in points.split()]
    assert np.allclose(np.diff(down), down[1] - down[0], atol=0.02) and down[1] > down[0]
    assert {"1", "0.1", "0.01", "0.001", "0.0001"} <= set(words(history.plot(log=True).svg()))
    nn.History([1.0, 0.0]).plot(log=True).svg()  # 0 has no logarithm: linear


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: nn.plot({}), "give histories by name"),
        (lambda: nn.plot([nn.History()]), "give histories by name"),  # type: ignore[arg-type]
        (lambda: nn.plot({"a": [0.5]}), "give histories by name"),  # type: ignore[dict-item]
        (lambda: full().plot(full(), names=["a"]), "2 histories need as many different names"),
        (lambda: full().plot(full(), names=["a", "a"]), "different names"),
        (lambda: full().plot().save("h.csv"), "learning curves are saved as .svg"),
    ],
)
def test_pictures_that_are_none(call: Any, message: str) -> None:
    with pytest.raises(ag.ArgumentError, match=message):
        call()


def test_without_matplotlib_the_own_picture_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ag.ArgumentError, match=r"matplotlib, which is not installed .*save\('h.svg'\)"):
        full().save(tmp_path / "h.png")
    with pytest.raises(ag.ArgumentError, match="pip install matplotlib"):
        full().plot().figure()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="matplotlib draws it: pip install -e .[dev]")
def test_matplotlib_draws_the_same_panels(tmp_path: Path) -> None:
    figure = nn.plot({"a": full(), "b": full(40)}, log=True).figure()
    assert [axes.get_title() for axes in figure.axes] == ["cost", "accuracy in %", "validation f1", "learning rate"]
    assert figure.axes[0].get_yscale() == "log" and figure.axes[1].get_yscale() == "linear"
    assert [len(axes.lines) for axes in figure.axes] == [4, 4, 2, 2]
    for name, start in (("h.png", b"\x89PNG"), ("h.pdf", b"%PDF")):
        first = full().save(tmp_path / name).read_bytes()
        assert first.startswith(start)
        assert full().plot().save(tmp_path / name).read_bytes() == first
