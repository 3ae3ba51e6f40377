"""The page of operations and the README's list say what the registry says; pictures show what the operations do."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite as ag

ROOT = Path(__file__).resolve().parents[1]


def _script(name: str) -> ModuleType:
    known = sys.modules.get(name)
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


curves, operations = _script("curves"), _script("operations")

_NUMBER = re.compile(r"-?\d+\.\d")


def test_what_is_written_is_up_to_date() -> None:
    for path, fresh in operations.files().items():
        assert path.exists(), "run python docs/operations.py"
        written = path.read_text(encoding="utf-8")
        if path.suffix != ".svg":
            assert written == fresh, f"{path.name}: run python docs/operations.py"
            continue
        # Another processor may round a coordinate the other way.
        assert _NUMBER.split(written) == _NUMBER.split(fresh), f"{path.name}: run python docs/operations.py"
        found, expected = (np.array(_NUMBER.findall(text), float) for text in (written, fresh))
        np.testing.assert_allclose(found, expected, atol=0.11)


def test_every_operation_has_its_place() -> None:
    page, readme = operations.page(), operations.replaced((ROOT / "README.md").read_text(encoding="utf-8"))
    listed = readme.partition(operations.BEGIN)[2].partition(operations.END)[0]
    for op in ag.REGISTRY.values():
        if op.ours and op.name.rpartition(".")[2].startswith("_"):
            assert f"`{op.name}(" not in page and op.name not in listed
        elif op.ours:
            assert f"\n### `{op.name}(" in page
            assert re.search(rf"\b{op.name}\b", listed)


def test_every_picture_is_a_document_of_its_own() -> None:
    drawn = operations.pictures()
    assert {"relu.svg", "exp.svg", "sqrt.svg"} <= drawn.keys()
    assert not {"softmax.svg", "sum.svg", "add.svg", "where.svg", "reshape.svg"} & drawn.keys()
    for text in drawn.values():
        assert ElementTree.fromstring(text).tag.endswith("svg")  # noqa: S314, our own


DOMAINS = {
    "exp": "all real numbers",
    "sqrt": "0 ≤ x; nan outside",
    "log": "0 < x; nan outside",
}


@pytest.mark.parametrize("name", DOMAINS)
def test_the_domain_is_found(name: str) -> None:
    assert operations.domain(curves.curves(ag.REGISTRY[name])) == DOMAINS[name]


def test_kinks_are_found_with_what_is_taken_there() -> None:
    relu, absolute = (curves.curves(ag.REGISTRY[name]).kinks for name in ("relu", "absolute"))
    assert relu == (curves.Kink(0.0, 0.0, 0.0, 1.0),)
    assert absolute == (curves.Kink(0.0, -1.0, 0.0, 1.0),)
    assert curves.curves(ag.REGISTRY["tanh"]).kinks == ()
    assert curves.curves(ag.REGISTRY["sign"]).steps == (0.0,)


def test_a_picture_shows_every_kink_the_whole_of_a_peak_and_no_step_at_its_edge() -> None:
    for name, count in (("relu", 1), ("relu6", 2), ("hard_swish", 2)):
        drawn = curves.curves(ag.REGISTRY[name])
        left, right = curves._window(drawn)
        assert all(left < kink.place < right for kink in drawn.kinks)
        assert curves.svg(name, drawn).count("<circle") == count
    softsign = curves.curves(ag.REGISTRY["softsign"])
    x = np.linspace(-4, 4, 241) + 1e-5
    assert curves._heights([softsign.value(x), softsign.slope(x)])[1] > 1
    steps = re.search(r'<path d="([^"]*)" stroke="#1d4ed8"', curves.svg("floor", curves.curves(ag.REGISTRY["floor"])))
    assert steps is not None
    for piece in steps[1].split("M")[1:]:
        assert len({point.split()[1] for point in piece.split("L")}) == 1


def test_rules_are_those_of_the_code() -> None:
    latex, _ = operations.mathematics(ag.REGISTRY["matmul"])
    assert r"\mathrm{out} &= x y" in latex
    assert r"\overline{x} &= g y^{\mathsf T}" in latex
    latex, shapes = operations.mathematics(ag.REGISTRY["mean"])
    assert r"\overline{x} &= \frac{1}{30} g" in latex and shapes == "x (2, 3, 5)"
    assert operations.composition(ag.REGISTRY["var"]) == ("mean", "subtract", "square", "sum", "divide")
