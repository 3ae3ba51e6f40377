"""The chapter as a notebook: every cell runs, and the file shows what a run of today shows."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from alike import disagreement, look_of

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = ROOT / "examples" / "backprop_chapter.ipynb"

for package in ("nbformat", "nbclient", "ipykernel"):
    pytest.importorskip(package, reason=f'{package} runs the notebook: pip install -e ".[notebook]"')


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("notebook_script", ROOT / "docs" / "notebook.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


notebook = _script()


def shown(output: Any) -> dict[str, str]:
    """What an output shows, by its kind."""
    if output.output_type == "stream":
        return {output.name: output.text}
    return {kind: look_of(content) if kind == "image/svg+xml" else content for kind, content in output.data.items()}


def differences(kept: Any, fresh: Any) -> list[str]:
    """In which cells two runs of a notebook show different things, and what."""
    found = []
    for number, (cell, now) in enumerate(zip(kept.cells, fresh.cells, strict=True)):
        if cell.cell_type != "code" or not notebook.is_stored(cell):
            continue
        before, after = [shown(output) for output in cell.outputs], [shown(output) for output in now.outputs]
        kinds = [sorted(each) for each in before], [sorted(each) for each in after]
        if kinds[0] != kinds[1]:
            found.append(f"cell {number} ({cell.id}): kept {kinds[0]}, now {kinds[1]}")
            continue
        for one, other in zip(before, after, strict=True):
            found += [f"cell {number} ({cell.id}), {k}: {d}" for k in one if (d := disagreement(one[k], other[k]))]
    return found


@pytest.fixture(scope="module")
def kept() -> Any:
    return notebook.nbformat.read(CHAPTER, as_version=4)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return notebook.executed(CHAPTER, tmp_path_factory.mktemp("notebook"))


def test_the_file_shows_what_its_cells_show_when_they_are_run(kept: Any, fresh: Any) -> None:
    found = differences(kept, fresh)
    assert not found, "\n".join(["run python docs/notebook.py, and look at what has changed:", *found])


def test_every_kind_of_display_comes_out(fresh: Any) -> None:
    by_cell = {
        cell.id: {kind: text for output in cell.outputs for kind, text in shown(output).items()}
        for cell in fresh.cells
        if cell.cell_type == "code"
    }
    assert "stderr" not in {kind for each in by_cell.values() for kind in each}  # no warning, no trace
    assert "δ = 0.122" in by_cell["neuron-backward"]["image/svg+xml"]
    assert by_cell["derive"]["text/latex"].count("BP") == 6 and "<math" in by_cell["derive"]["text/html"]
    assert "the factor σ′(z²) is missing" in by_cell["student-checked"]["text/html"]
    assert "forward passes" in by_cell["measure"]["stdout"]
    assert "<iframe" in by_cell["page-shown"]["text/html"]
    assert "validation accuracy" in by_cell["fit"]["image/svg+xml"]
    assert "delta1 = da1 * (a1 * (1 - a1))" in by_cell["source"]["stdout"]
    assert "False" not in by_cell["solutions"]["text/plain"]


def test_only_what_says_the_same_everywhere_is_kept(kept: Any) -> None:
    assert CHAPTER.stat().st_size < 1_000_000
    assert {cell.id for cell in kept.cells if not notebook.is_stored(cell)} == {"measure", "page-shown"}
    assert not any(cell.outputs for cell in kept.cells if cell.cell_type == "code" and not notebook.is_stored(cell))
    assert kept.metadata.language_info == {"name": "python"}  # and not which Python it was


def test_a_changed_output_is_found(kept: Any) -> None:
    changed = notebook.nbformat.from_dict(kept)
    (cell,) = (cell for cell in changed.cells if cell.id == "one-step")
    cell.outputs[0].text = cell.outputs[0].text.replace("after 0.28", "after 0.27")
    (found,) = differences(kept, changed)
    assert "(one-step), stdout: kept 0.28" in found


def test_a_cell_that_raises_is_named_with_its_source(tmp_path: Path) -> None:
    new = notebook.nbformat.v4
    cells = [new.new_markdown_cell("text"), new.new_code_cell("1 / 0", id="wrong")]
    notebook.nbformat.write(new.new_notebook(cells=cells), tmp_path / "wrong.ipynb")
    with pytest.raises(notebook.CellError, match=r"wrong.ipynb, cell 1 \(wrong\):\n1 / 0\n\n(?s:.*)ZeroDivisionError"):
        notebook.executed(tmp_path / "wrong.ipynb", tmp_path)
