"""The page on compiled steps: its examples run and print what the text beside them says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograd_lite.compile import compiled, guards

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "compiled-steps.md").read_text(encoding="utf-8")


def test_examples_run_in_order_and_show_what_is_said(capsys: pytest.CaptureFixture) -> None:
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(compile(block, "compiled-steps.md", "exec"), names)  # noqa: S102
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "[5.0, 1.25, 0.3125]"
    assert any(line.lstrip().startswith("dw = -(2.0 * t)") for line in shown)
    assert "[-0.125 -0.25 ] recorded 2 times" in shown
    assert "True True False" in shown
    assert "[0.5, 1.5, 2.5, 3.5, 4.5, 5.5]" in shown
    assert "CompileWarning" in shown
    assert "settings['rate']: 0.5" in shown


def test_limits_are_those_of_the_code() -> None:
    assert f"{guards.MOST_VALUES:,} values" in PAGE
    assert f"{guards.MOST_BYTES // 2**20} MiB" in PAGE
    assert compiled.PATIENCE == 4
    assert "After four recordings" in PAGE
    assert "sixteen" in PAGE
