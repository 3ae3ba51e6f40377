"""What editors and type checkers see of `nn`: a model gives a Tensor, and names that do not exist are refused."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

PROGRAM = """\
import numpy as np
import autograd_lite as ag
import nn

class Mine(nn.Module):
    def __init__(self) -> None:
        self.weight = nn.Parameter(1.0)
    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return x * self.weight

class Halving(nn.Optimizer):
    def __init__(self, parameters: list[ag.Tensor], lr: float) -> None:
        super().__init__(parameters)
        self.lr = lr
    def step(self) -> None:
        for parameter, gradient in self.moving():
            parameter -= self.lr * 0.5 * gradient

model = nn.MLP([3, 2], rng=0)
reveal_type(model(np.ones((5, 3))))  # Tensor
reveal_type(Mine()(ag.tensor(1.0)))  # Tensor
reveal_type(Mine().weight)  # Tensor
reveal_type(nn.Sequential(nn.Linear(1, 1), nn.Tanh())(ag.tensor([1.0])))  # Tensor
reveal_type(model.eval())  # MLP
reveal_type(nn.SGD(model.parameters(), lr=0.1).lr)  # float
reveal_type(nn.quadratic_cost(model(np.ones(3)), np.ones(2)))  # Tensor
data = np.ones((5, 3)), np.ones((5, 2))
history = nn.fit(model, nn.quadratic_cost, data, Halving(model.parameters(), 0.1), 1, 2, validation=data)
reveal_type(history)  # History
model.nosuchthing  # error
nn.SGD(model.parameters(), lr=0.1).nosuchthing  # error
nn.nosuchthing  # error
nn.fit(model, nn.quadratic_cost, data, 0.1, 1, 2)  # error
"""
LINES = dict(enumerate(PROGRAM.splitlines(), start=1))
WRONG = {number for number, line in LINES.items() if line.endswith("# error")}
SHOWN = {number: line.rpartition("# ")[2] for number, line in LINES.items() if line.startswith("reveal_type")}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def _installed(tool: str) -> None:
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed: pip install -e .[dev]")


@pytest.mark.slow
def test_mypy_knows_what_a_model_gives(program: Path) -> None:
    _installed("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--cache-dir", os.devnull,
         str(program)],
        capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(ROOT)}, cwd=ROOT, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith(str(program))]
    shown = {int(line.split(":")[1]): line for line in lines if ": note: Revealed type" in line}
    assert {
        number: line.rpartition('is "')[2].rstrip('"').rpartition(".")[2] for number, line in shown.items()
    } == SHOWN
    assert {int(line.split(":")[1]) for line in lines if ": error:" in line} == WRONG, done.stdout


@pytest.mark.slow
def test_pyright_knows_what_a_model_gives(program: Path) -> None:
    _installed("pyright")
    (program.parent / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)]}))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(program.parent)],
        capture_output=True, text=True, cwd=program.parent, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)["generalDiagnostics"]
    shown = {d["range"]["start"]["line"] + 1: d["message"] for d in found if d["severity"] == "information"}
    assert {number: message.rpartition('is "')[2].rstrip('"') for number, message in shown.items()} == SHOWN, found
    assert {d["range"]["start"]["line"] + 1 for d in found if d["severity"] == "error"} == WRONG, found
