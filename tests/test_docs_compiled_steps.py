"""The page on compiled steps: its examples run and print what the text beside them says."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.compile import compiled, guards

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "compiled-steps.md").read_text(encoding="utf-8")


def test_examples_run_in_order_and_show_what_is_said(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE", "")  # an example sets it: it is given back after
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(compile(block, "compiled-steps.md", "exec"), names)  # noqa: S102
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "[5.0, 1.25, 0.3125]"
    assert any(line.lstrip().startswith("dw = -(2.0 * t)") for line in shown)
    assert "[-0.125 -0.25 ] recorded 2 times" in shown
    assert "True True False" in shown
    assert "third call: 2.0" in shown
    assert any(line.startswith("fourth call: <lambda>: the result of the replay differs") for line in shown)
    assert "False False False" in shown
    assert "[0.5, 1.5, 2.5, 3.5, 4.5, 5.5]" in shown
    assert "CompileWarning" in shown
    assert "settings['rate']: 0.5" in shown


def test_limits_are_those_of_the_code() -> None:
    assert f"{guards.MOST_VALUES:,} values" in PAGE
    assert f"{guards.MOST_BYTES // 2**20} MiB" in PAGE
    assert compiled.PATIENCE == 4
    assert "After four recordings" in PAGE
    assert "sixteen" in PAGE
    assert f"{compiled.MOST_PROGRAMS} where it is shapes" in PAGE
    assert f"{compiled.MOST_ALIKE} programs of one signature and {compiled.MOST_PROGRAMS} signatures" in PAGE


def test_function_runs_itself_at_the_calls_that_are_named() -> None:
    said: list[int] = []

    class Listener:  # writing to it is no change of anything that is watched
        def write(self, text: str) -> None:
            said.append(int(text))

        def flush(self) -> None:
            pass

    listener = Listener()

    def spoken(x: ag.Tensor) -> ag.Tensor:
        print(end="0")
        return x * 2

    function = ag.compile(spoken)
    ran = []
    for call in range(1, 20):
        said.clear()
        with contextlib.redirect_stdout(listener):  # type: ignore[type-var]
            function(np.ones(1))
        ran += [call] * len(said)
    assert ran == [1, 1, 2, 4, 8, 16]


def test_function_that_can_reach_an_iterator_runs_as_it_is_and_says_so() -> None:
    numbers = iter([1.0, 2.0])
    function = ag.compile(lambda x: x * next(numbers))
    with pytest.warns(ag.errors.CompileWarning, match="numbers"):
        first = function(np.ones(1))
    assert [first.item(), function(np.ones(1)).item()] == [1.0, 2.0]
    assert function.records == 0


def test_moving_a_held_state_leaves_what_is_held() -> None:
    w = ag.tensor(np.zeros(3), name="w")

    def move() -> None:
        with ag.no_grad():
            w.assign(w + 1.0)

    function = ag.compile(move)
    held = []
    for _ in range(9):
        function()
        held.append((w.data[1:], w.data[1:].copy()))
    assert all(np.array_equal(view, values) for view, values in held)
