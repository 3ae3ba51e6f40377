"""What holds for every file of the project: it parses, says what it is for, and stands on its own."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from pathlib import Path

import pytest

import autograd_lite as ag
import nn

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("autograd_lite", "nn", "tests", "examples", "benchmarks", "docs", ".ci")
TEXTS = {".py", ".md", ".ipynb", ".toml", ".yaml", ".yml", ".typed", ""}


def _files() -> list[Path]:
    found = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]  # a file in a linked worktree
    for folder in FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return sorted(path for path in found if path.suffix in TEXTS)


PYTHON = [path for path in _files() if path.suffix == ".py"]
# Put together from parts, so that this file does not find itself.
FOREIGN = re.compile("|".join(["/" + "work/", "/" + "home/", "/opt" + "/venv", r"\bissue" + r" #?\d"]), re.IGNORECASE)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_parses_and_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    assert docstring and docstring.split("\n")[0].endswith((".", ":", "`"))


def test_no_file_speaks_of_another_place() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if FOREIGN.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("package", [ag, nn], ids=lambda package: package.__name__)
def test_every_public_name_exists_and_every_public_function_has_an_example(package: object) -> None:
    names: list[str] = package.__all__  # type: ignore[attr-defined]
    assert len(names) == len(set(names))
    without = []
    for name in names:
        value = getattr(package, name)
        if inspect.isfunction(value) and getattr(value, "__module__", "").startswith(("autograd_lite", "nn")):
            docstring = inspect.getdoc(value) or ""
            if ">>>" not in docstring:
                without.append(name)
    assert not without


def test_nothing_is_ignored_wholesale() -> None:
    blanket = re.compile(r"#\s*(noqa(?!: [A-Z]+\d)|type: ignore(?!\[)|ruff: noqa|mypy: ignore)")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in PYTHON
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if blanket.search(line) and path != Path(__file__).resolve()
    ]
    assert not found


def test_project_file_keeps_its_promises() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["mypy"]["strict"] is True
    assert project["tool"]["pytest"]["ini_options"]["filterwarnings"] == ["error"]
    assert all((ROOT / package / "py.typed").exists() for package in ("autograd_lite", "nn"))


def test_change_log_knows_the_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {ag.__version__}" in changes
