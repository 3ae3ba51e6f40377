"""The README holds what it promises: two commands, Python that runs, links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("mark, starts", [("main job", "examples/digits.py"), ("tests", "-m pytest")])
def test_command_is_one_line_that_begins_with_nothing_installed(mark: str, starts: str) -> None:
    found = re.findall(rf"^<!-- {mark} -->\n```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    (command,) = found[0].splitlines()
    assert command.startswith("python3 -m venv .venv && ")
    assert "pip install" in command and starts in command


def test_python_runs_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in _blocks(README, "python"):
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102
    shown = capsys.readouterr().out
    assert shown.startswith("[[-0.07186742  0.14373484]]\n")
    assert "dW2 = delta2.T @ a1" in shown  # the compiled step's source
    assert "BP2  δ¹ = ((W²)ᵀ δ²) ⊙ σ′(z¹)" in shown  # the derived equations
    assert "the factor σ′(z²) is missing" in shown  # a student's mistake, named
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8").lstrip().startswith("<")


def test_first_example_has_fifteen_lines_at_most() -> None:
    assert len(_blocks(README, "python")[0].splitlines()) <= 15


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    missing = [t for t in targets if "://" not in t and not (ROOT / t).exists()]
    assert not missing
