"""The benchmarks run, their contestants agree, and what they write can be read. No times are judged."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import machine, report, training, workloads
from benchmarks.timing import Timing, alternately, peak_memory
from benchmarks.training import CONTESTANTS, LeftOutError, Task
from benchmarks.workloads import WORKLOADS, Target

NAMES = [workload.name for workload in WORKLOADS]
PEERS = {"torch": "PyTorch", "jax": "JAX jit", "autograd": "autograd", "mygrad": "MyGrad"}
TASKS = {
    "two layers": Task((12, 5, 3), 4),
    "one layer": Task((6, 2), 3),
    "deep": Task((4,) * 6, 2),
    "momentum": Task((12, 5, 3), 4, rate=0.3, momentum=0.9),
    "Adam": Task((12, 5, 3), 4, rate=0.001, adam=True),
    "softmax": Task((12, 5, 3), 4, rate=0.5, softmax=True),
    "dropout": Task((12, 8, 3), 4, dropout=0.5),
}


@pytest.fixture
def no_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PEERS:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("benchmarks")
    with pytest.MonkeyPatch.context() as patch:
        for name in PEERS:
            patch.setitem(sys.modules, name, None)
        assert command.main(["--quick", "--rounds", "2", "--out", str(folder)]) == 0
    return folder, json.loads((folder / "results.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_every_workload_is_in_the_data(results: tuple[Path, dict[str, Any]]) -> None:
    _, data = results
    assert [result["name"] for result in data["workloads"]] == NAMES
    for result in data["workloads"]:
        assert "skipped" not in result
        assert result["reference"] in result["contestants"]
        for found in result["contestants"].values():
            assert len(found["rounds"]) in (1, 2)
            assert found["seconds"] >= 0
        reference = result["contestants"][result["reference"]]
        assert reference["relative"] == pytest.approx(1)
        for target in result["targets"]:
            assert target["reached"] is None or target["reached"] == (target["measured"] <= target["limit"])


@pytest.mark.slow
def test_the_machine_is_described(results: tuple[Path, dict[str, Any]]) -> None:
    found = results[1]["machine"]
    assert found["cpu"]
    assert found["cores"] >= 1
    assert found["blas"]
    assert found["versions"]["numpy"] == np.__version__


@pytest.mark.slow
def test_a_peer_that_is_not_installed_is_named(results: tuple[Path, dict[str, Any]]) -> None:
    folder, data = results
    for result in data["workloads"]:
        if result["name"].startswith("step"):
            for package, name in PEERS.items():
                assert result["left_out"][name] == f"{package} is not installed"
                assert name not in result["contestants"]
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "left out: JAX jit, jax is not installed" in text
    assert "compiled ≤ 0.45 × JAX jit: not measured" in text


@pytest.mark.slow
def test_the_chart_is_svg_with_a_bar_for_every_time(results: tuple[Path, dict[str, Any]]) -> None:
    folder, data = results
    root = ElementTree.parse(folder / "chart.svg").getroot()  # noqa: S314  the program's own
    bars = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("class")]
    assert len(bars) == sum(len(result["contestants"]) for result in data["workloads"])
    assert all(float(bar.get("width", "nan")) > 0 for bar in bars)


def test_only_the_workloads_asked_for(tmp_path: Path, no_peers: None, capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["--quick", "--rounds", "1", "--workloads", "step-30", "--out", str(tmp_path / "a" / "b")])
    data = json.loads((tmp_path / "a" / "b" / "results.json").read_text(encoding="utf-8"))
    assert [result["name"] for result in data["workloads"]] == ["step-30"]
    said = capsys.readouterr().out
    assert "targets reached" in said
    assert "processor: " in said


def test_wrong_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--workloads", "nothing"], ["--rounds", "0"]):
        with pytest.raises(SystemExit):
            command.main(arguments)
    assert "invalid choice: 'nothing'" in capsys.readouterr().err


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_all_contestants_agree(task: Task) -> None:
    x, y = task.data(np.random.default_rng(1))
    start = task.parameters()
    made = {}
    for name, make in CONTESTANTS.items():
        if name != "PyTorch compiled":
            try:
                made[name] = make(task, start, x, y)
            except LeftOutError as reason:
                assert str(reason)  # noqa: PT017  a reason is what is asked for
    assert {"eager", "compiled", "hand-written"} <= made.keys()
    training.agree(made, "hand-written", steps=6)
    for now, before in zip(made["hand-written"][1](), start, strict=True):
        assert not np.array_equal(now, before)


def test_a_contestant_that_computes_something_else_is_refused() -> None:
    task = TASKS["two layers"]
    x, y = task.data(np.random.default_rng(1))
    start = task.parameters()
    good = training.hand_written(task, start, x, y)
    other_update = training.hand_written(Task(task.sizes, task.batch, rate=2.9), start, x, y)
    with pytest.raises(AssertionError, match="other"):
        training.agree({"good": good, "other": other_update}, "good")
    with pytest.raises(AssertionError, match="the cost is"):
        training.agree({"good": good, "other": training.hand_written(task, start, x, y[::-1])}, "good")


def test_contestants_have_their_turn_in_every_round() -> None:
    turns: list[str] = []
    timing = alternately({name: lambda name=name: turns.append(name) for name in "abc"}, 3, segment=0, pause=0)
    assert "".join(turns) == "abcbcacab"
    assert {name: len(rounds) for name, rounds in timing.rounds.items()} == {"a": 3, "b": 3, "c": 3}


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    timing = Timing({"x": [2.0, 9.0, 4.0], "y": [1.0, 3.0, 4.0]})
    assert timing.ratio("x", "y") == 2.0
    assert timing.median("x") == 4.0


def test_peak_memory_sees_what_is_freed_again() -> None:
    assert peak_memory(lambda: np.ones(100_000, np.uint8).sum()) >= 100_000
    assert peak_memory(lambda: None) < 1_000


@pytest.mark.parametrize(
    "target, measured, sentence",
    [
        (Target("a", 1.5, "b"), 1.0, "a ≤ 1.5 × b: 1.00, reached"),
        (Target("a", 0.5, "b"), 1.0, "a ≤ 0.5 × b: 1.00, **missed**"),
        (Target("a", 0.5, "c"), None, "a ≤ 0.5 × c: not measured"),
        (Target("bytes", 1000), 333.0, "bytes ≤ 1,000: 333, reached"),
    ],
    ids=["reached", "missed", "not measured", "a figure"],
)
def test_what_is_said_of_a_target(target: Target, measured: float | None, sentence: str) -> None:
    timing = Timing({"a": [1.0], "b": [1.0]})
    found = report.judged(target, timing, {"bytes": 333.0}, {})
    assert found["measured"] == measured
    assert report.verdict(found) == sentence


@pytest.mark.parametrize(
    "value, text",
    [(2.5e-8, "0.025 µs"), (3.12e-5, "31.2 µs"), (0.0105, "10.5 ms"), (2.0, "2 s"), (86_400.0, "24 h")],
    ids=["below a microsecond", "microseconds", "milliseconds", "seconds", "hours"],
)
def test_durations(value: float, text: str) -> None:
    assert report.seconds(value) == text


def test_it_starts_again_without_forced_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(machine.os, "execv", lambda program, arguments: started.append(arguments))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick"])
    for name in machine.FORCED:
        monkeypatch.delenv(name, raising=False)
    machine.restart_without_forced_kernels("benchmarks")
    assert started == []
    monkeypatch.setenv("OPENBLAS_CORETYPE", "")
    machine.restart_without_forced_kernels("benchmarks")
    assert started == [[sys.executable, "-m", "benchmarks", "--quick"]]
    assert not any(name in machine.os.environ for name in machine.FORCED)


def test_without_threadpoolctl_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    assert any("threadpoolctl is not installed" in line for line in machine.described(machine.machine()))


def test_a_workload_that_cannot_be_set_up_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(workloads.nn, "Adam", raising=False)
    command.main(["--quick", "--rounds", "1", "--workloads", "adam", "--out", str(tmp_path)])
    (result,) = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["workloads"]
    assert result["skipped"] == "nn.Adam does not exist"
    assert "Left out: nn.Adam does not exist." in (tmp_path / "report.md").read_text(encoding="utf-8")
