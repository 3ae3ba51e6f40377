"""The gallery shows what its code gives today."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from alike import disagreement, look_of

import autograd_lite as ag
import nn

ROOT = Path(__file__).resolve().parents[1]
REMEDY = "run python docs/gallery.py, and look at what has changed"


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery_script", ROOT / "docs" / "gallery.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclass looks for its own module
    spec.loader.exec_module(module)
    return module


gallery = _script()


@pytest.fixture(scope="module")
def things() -> dict[str, Any]:
    return {entry.name: gallery.shown(entry.code) for entry in gallery.ENTRIES}


def test_the_text_is_what_the_entries_give(things: dict[str, Any]) -> None:
    kept = gallery.TEXT.read_text(encoding="utf-8")
    found = disagreement(kept, gallery.page(list(things.values())))
    assert not found, f"{REMEDY}: {found}"


@pytest.mark.parametrize("entry", gallery.ENTRIES, ids=lambda entry: entry.name)
def test_the_picture_is_that_of_its_code(entry: Any, things: dict[str, Any]) -> None:
    thing = things[entry.name]
    file = gallery.IMAGES / entry.image
    if not isinstance(thing, ag.Picture | nn.History):
        assert not file.exists()
        return
    kept = file.read_text(encoding="utf-8")
    assert len(kept) < 100_000
    if isinstance(thing, ag.Picture):
        assert kept.endswith(f"</svg>\n{gallery.mark(thing)}\n"), REMEDY
    else:
        found = disagreement(look_of(kept), look_of(thing.svg()))
        assert not found, f"{REMEDY}: {found}"


def test_every_image_is_there_and_none_is_left_over() -> None:
    named = set(re.findall(r"\]\(images/(.*?)\)", gallery.TEXT.read_text(encoding="utf-8")))
    assert named >= set(gallery.SCREENSHOTS)
    assert named - set(gallery.SCREENSHOTS) == {file.name for file in gallery.IMAGES.glob("gallery-*.svg")}


def test_another_graph_has_another_mark() -> None:
    x = ag.tensor(3.0, requires_grad=True, name="x")
    marks = {gallery.mark(ag.draw(f)) for f in (x * x, x + x, x * x)}
    assert len(marks) == 2


def test_the_gallery_is_made_anew_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "gallery-gone.svg").write_text("of an entry that is gone")
    (images / "page-dark.png").write_text("made elsewhere")
    monkeypatch.setattr(gallery, "IMAGES", images)
    monkeypatch.setattr(gallery, "TEXT", tmp_path / "gallery.md")
    monkeypatch.setattr(gallery, "ENTRIES", gallery.ENTRIES[:1])
    gallery.main()
    assert {file.name for file in images.iterdir()} == {"gallery-neuron.svg", "page-dark.png"}
    assert "![One neuron](images/gallery-neuron.svg)" in (tmp_path / "gallery.md").read_text(encoding="utf-8")
