"""The examples that train, run compiled and eagerly: the same parameters and histories to the last bit."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

import autograd_lite as ag
import nn

EXAMPLES = Path(__file__).parents[1] / "examples"
TRAINING = sorted(path.name for path in EXAMPLES.glob("*.py") if "nn.fit(" in path.read_text(encoding="utf-8"))
SHORTER = {"digits.py": ["--epochs", "3"]}


def test_there_are_examples_that_train() -> None:
    assert len(TRAINING) >= 2


@pytest.mark.parametrize("name", TRAINING)
def test_an_example_learns_the_same_compiled_and_eagerly(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fit, compile = nn.fit, ag.compile
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [name, *SHORTER.get(name, [])])
    steps: list[Any] = []
    monkeypatch.setattr(ag, "compile", lambda function: steps.append(compile(function)) or steps[-1])
    found = []
    for way in (True, False):

        def trained(model: Any, *args: Any, way: bool = way, **kwargs: Any) -> Any:
            history = fit(model, *args, **kwargs, compile=way)
            found.append(({k: v.tobytes() for k, v in model.state_dict().items()}, history.cost, history.accuracy))
            return history

        monkeypatch.setattr(nn, "fit", trained)
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        assert len(steps) == 1 and steps[0].records in (1, 2)  # the last mini-batch may be smaller
    compiled, eager = found
    assert compiled == eager
    assert compiled[1][-1] < compiled[1][0]
