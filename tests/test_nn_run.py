"""The state of a run: cut at any step and gone on with it ends in the same bytes, and nothing less would do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

X = np.random.default_rng(0).normal(size=(43, 3)).astype(np.float32)
Y = np.eye(2, dtype=np.float32)[(X.sum(axis=1) > 0).astype(int)]
EPOCHS, SIZE = 4, 10  # 5 steps an epoch


class Cut(Exception):  # noqa: N818 - a power cut is no error of the program
    """The power goes."""


def parts(seed: int = 0, kind: str = "pair", accumulate: int = 1) -> dict[str, Any]:
    """All that a run is made of, as it is at its beginning."""
    model = nn.Sequential(
        nn.Linear(3, 6, rng=seed),
        nn.BatchNorm1d(6),
        nn.Tanh(),
        nn.Dropout(0.3, rng=seed + 1),
        nn.Linear(6, 2, rng=seed),
    )
    optimizer = nn.Adam(model.parameters(), 0.01)
    data: Any = (X, Y)
    options: dict[str, Any] = {"batch_size": SIZE, "rng": seed + 2}
    if kind == "loader":

        def noisy(x: Any, y: Any, rng: np.random.Generator) -> tuple[Any, Any]:
            return x + 0.1 * rng.standard_normal(x.shape).astype(np.float32), y

        data, options = nn.DataLoader((X, Y), SIZE, shuffle=True, rng=seed + 2, transform=noisy, prefetch=2), {}
    elif kind == "batches":
        data, options = [(X[i : i + SIZE], Y[i : i + SIZE]) for i in range(0, 43, SIZE)], {}
    return {
        "model": model, "cost": nn.softmax_cross_entropy, "data": data, "optimizer": optimizer, "epochs": EPOCHS,
        "validation": (X[:20], Y[:20]), "progress": False, "metrics": nn.f1, "training_accuracy": True,
        "schedule": [nn.CosineSchedule(optimizer, 20, every="step")],
        "early_stopping": nn.EarlyStopping(2), "accumulate": accumulate, **options,
    }  # fmt: skip


def end(run: dict[str, Any], history: nn.History) -> dict[str, Any]:
    """Everything that must be the same to the byte."""
    return {
        "history": {k: v for k, v in history.state_dict().items() if k != "seconds"},
        "model": {k: v.tobytes() for k, v in run["model"].state_dict().items()},
        "dropout": run["model"].layers[3].rng.bit_generator.state,
        "optimizer": {k: v.tobytes() for k, v in run["optimizer"].state_dict().items()},
        "stopping": {k: v.tobytes() for k, v in run["early_stopping"].state_dict().items()},
    }


class CutAt:
    def __init__(self, step: int) -> None:
        self.at = step

    def on_step(self, run: nn.Run) -> None:
        if run.updates == self.at:
            raise Cut


class SaveAndCut(CutAt):
    """Saves with everything else than fit's own means, and cuts."""

    def __init__(self, step: int, path: Path) -> None:
        super().__init__(step)
        self.path = path

    def on_step(self, run: nn.Run) -> None:
        if run.updates == self.at:
            nn.save(self.path, model=run.model, optimizer=run.optimizer, run=run)
            raise Cut


@pytest.mark.parametrize(
    "kind", ["pair", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("loader", "batches"))]
)
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_a_run_cut_after_any_step_goes_on_to_the_same_bytes(kind: str, compiled: bool, tmp_path: Path) -> None:
    whole = parts(kind=kind)
    expected = end(whole, nn.fit(**whole, compile=compiled))
    cuts = range(1, EPOCHS * 5 + 1) if not compiled else (1, 4, 5, 6, 13, 19, 20)
    for step in cuts:
        path = tmp_path / f"{step}.npz"
        with pytest.raises(Cut):
            nn.fit(**parts(kind=kind), compile=compiled, callbacks=SaveAndCut(step, path))
        again = parts(seed=50, kind=kind)  # everything else than it was
        again["early_stopping"], again["model"] = nn.EarlyStopping(2), again["model"]
        history = nn.fit(**again, compile=compiled, resume=path, callbacks=SaveAndCut(-1, path))
        assert end(again, history) == expected, step


def test_a_run_cut_and_gone_on_with_other_random_numbers_ends_elsewhere(tmp_path: Path) -> None:
    """What the test above would miss is nothing: each part of the state that is left out shows."""
    whole = parts()
    expected = end(whole, nn.fit(**whole))
    path = tmp_path / "run.npz"
    with pytest.raises(Cut):
        nn.fit(**parts(), callbacks=SaveAndCut(7, path))
    for left_out in ("model", "optimizer", "dropout", "order"):
        again = parts(seed=50)

        class Spoil:
            def on_begin(self, run: nn.Run) -> None:
                fresh = parts(seed=50)
                if left_out == "model":  # noqa: B023
                    run.model.load_state_dict(fresh["model"].state_dict())
                elif left_out == "optimizer":  # noqa: B023
                    run.optimizer.load_state_dict(fresh["optimizer"].state_dict())
                elif left_out == "dropout":  # noqa: B023
                    run.model.layers[3].rng = np.random.default_rng(51)
                else:
                    run.source.order = np.arange(43)  # type: ignore[attr-defined]

        history = nn.fit(**again, resume=path, callbacks=Spoil())
        assert end(again, history) != expected, left_out


@pytest.mark.parametrize("every", [None, 1, 3], ids=["epochs", "1 step", "3 steps"])
def test_fit_saves_by_itself_and_goes_on(every: int | None, tmp_path: Path) -> None:
    whole = parts()
    expected = end(whole, nn.fit(**whole))
    path = tmp_path / "run.npz"
    with pytest.raises(Cut):
        nn.fit(**parts(), checkpoint=path, checkpoint_every=every, resume=True, callbacks=CutAt(13))
    again = parts(seed=50)
    history = nn.fit(**again, checkpoint=path, checkpoint_every=every, resume=True)
    assert end(again, history) == expected
    over = parts(seed=60)  # once more: there is nothing to be done
    assert end(over, nn.fit(**over, checkpoint=path, resume=True)) == expected
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]


def test_accumulated_steps_go_on_too(tmp_path: Path) -> None:
    whole = parts(accumulate=2)
    expected = end(whole, nn.fit(**whole))
    for step in (1, 2, 3, 7):
        path = tmp_path / f"{step}.npz"
        with pytest.raises(Cut):
            nn.fit(**parts(accumulate=2), callbacks=SaveAndCut(step, path))
        again = parts(seed=50, accumulate=2)
        assert end(again, nn.fit(**again, resume=path)) == expected, step


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
import nn, test_nn_run as t
run = t.parts(seed=50)
history = nn.fit(**run, resume={path!r})
print(repr(t.end(run, history)))
"""


def test_a_run_goes_on_in_another_process(tmp_path: Path) -> None:
    whole = parts()
    expected = end(whole, nn.fit(**whole))
    path = tmp_path / "run.npz"
    with pytest.raises(Cut):
        nn.fit(**parts(), callbacks=SaveAndCut(8, path))
    home = str(Path(nn.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT.format(tests=str(Path(__file__).parent), path=str(path))],
        env={**os.environ, "PYTHONPATH": home}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == repr(expected)


def test_a_rate_set_by_hand_goes_on(tmp_path: Path) -> None:
    def slower(run: nn.Run) -> None:
        if run.epoch == 2:
            run.optimizer.lr = 0.001

    rates = []
    for cut in (None, 13):
        run = parts()
        run["schedule"] = nn.StepSchedule(run["optimizer"], 100, every="step")
        run["early_stopping"] = None
        if cut is not None:
            with pytest.raises(Cut):
                nn.fit(**run, checkpoint=tmp_path / "r.npz", callbacks=[slower, CutAt(cut)])
            run = parts(seed=50)
            run["schedule"], run["early_stopping"] = nn.StepSchedule(run["optimizer"], 100, every="step"), None
        rates.append(nn.fit(**run, resume=tmp_path / "r.npz" if cut else False, callbacks=[slower]).lr)
    assert rates[0] == rates[1]


def test_a_run_that_a_callback_ended_goes_on(tmp_path: Path) -> None:
    class Stop:
        def __init__(self, at: int) -> None:
            self.at = at

        def on_step(self, run: nn.Run) -> None:
            if run.updates == self.at:
                run.stop("the time is up")

        def on_epoch(self, run: nn.Run) -> None:
            if run.epoch * 5 == self.at - 1000:
                run.stop("the time is up")

    whole = parts()
    expected = end(whole, nn.fit(**whole))
    for at in (7, 10, 1010):  # within an epoch, at its last step, after it
        path = tmp_path / f"{at}.npz"
        first = nn.fit(**parts(), checkpoint=path, callbacks=Stop(at))
        assert len(first) == {7: 1, 10: 1, 1010: 2}[at] and any("the time is up" in note for note in first.notes)
        again = parts(seed=50)
        assert end(again, nn.fit(**again, checkpoint=path, resume=True, callbacks=Stop(-1))) == expected, at


def test_parameters_that_a_checkpoint_would_leave_out_are_refused(tmp_path: Path) -> None:
    run = parts()
    apart = nn.Parameter(1.0, name="apart")
    run["schedule"], run["optimizer"] = None, nn.SGD([*run["model"].parameters(), apart], 0.1)
    with pytest.raises(ag.ArgumentError, match="the optimiser trains others besides: apart"):
        nn.fit(**run, checkpoint=tmp_path / "run.npz")


# What does not fit.


def saved(path: Path) -> Path:
    with pytest.raises(Cut):
        nn.fit(**parts(), callbacks=SaveAndCut(7, path))
    return path


@pytest.mark.parametrize(
    "change, message",
    [
        ({"batch_size": 5}, "batch_size was 10 and is 5"),
        ({"data": (X[:40], Y[:40])}, "examples was 43 and is 40"),
        ({"early_stopping": None}, "goes on with schedule 0"),
        ({"schedule": None}, "goes on with early stopping"),
        (
            {"data": nn.DataLoader((X, Y), SIZE), "batch_size": None, "rng": None},
            "the state is not that of such a loader",
        ),
        ({"rng": np.random.Generator(np.random.MT19937(0))}, "no state of MT19937"),
    ],
    ids=["size", "examples", "stopping", "schedule", "loader", "generator"],
)
def test_another_run_is_refused_with_nothing_changed(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "run.npz")
    run = {**parts(seed=50), **change}
    before = {k: v.tobytes() for k, v in run["model"].state_dict().items()}
    rates = run["optimizer"].state_dict()
    with pytest.raises(nn.CheckpointError, match=message):
        nn.fit(**run, resume=path)
    assert {k: v.tobytes() for k, v in run["model"].state_dict().items()} == before
    assert all((rates[k] == v).all() for k, v in run["optimizer"].state_dict().items())


@pytest.mark.parametrize(
    "options, message",
    [
        ({"checkpoint_every": 3}, "checkpoint_every needs a file"),
        ({"resume": True}, "resume=True goes on from checkpoint="),
        ({"checkpoint": "run.npz", "checkpoint_every": 0}, "checkpoint_every must be a whole number"),
        ({"checkpoint": "run.txt"}, r"'run\.txt' ends in '\.txt': a checkpoint is one of \.npz.*checkpoint='run\.npz'"),
        ({"checkpoint": 3}, "the path is int"),
    ],
)
def test_checkpoints_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ag.ArgumentError, match=message):
        nn.fit(**parts(), **options)


def test_a_path_that_cannot_be_written_is_said_before_training(tmp_path: Path) -> None:
    run = parts()
    before = {k: v.tobytes() for k, v in run["model"].state_dict().items()}
    with pytest.raises(ag.FileError, match="there is no directory"):
        nn.fit(**run, checkpoint=tmp_path / "nowhere" / "run.npz")
    assert {k: v.tobytes() for k, v in run["model"].state_dict().items()} == before
    with pytest.raises(ag.FileError, match="cannot read"):
        nn.fit(**run, resume=tmp_path / "nothing.npz")


def test_a_function_has_no_checkpoint(tmp_path: Path) -> None:
    run = parts()
    run["model"] = run["model"].forward
    with pytest.raises(ag.ArgumentError, match=r"state of an nn\.Module"):
        nn.fit(**run, checkpoint=tmp_path / "run.npz")


@pytest.mark.parametrize(
    "change", [{}, {"epoch": "x"}, {"history": {}}, {"source": {}}, {"best": {"a": np.ones(2)}}], ids=str
)
def test_a_state_that_does_not_fit_leaves_the_run(change: dict[str, Any]) -> None:
    class Trying:
        def on_epoch(self, run: nn.Run) -> None:
            before = repr({k: v for k, v in run.state_dict().items() if k != "elapsed"})
            state = {**run.state_dict(), **change} if change else {"epoch": 1}
            with pytest.raises(ag.AutogradError):
                run.load_state_dict(state)
            assert repr({k: v for k, v in run.state_dict().items() if k != "elapsed"}) == before

    nn.fit(**{**parts(), "epochs": 1}, callbacks=Trying())
