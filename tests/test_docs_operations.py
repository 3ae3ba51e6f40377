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


curves, operations, planes = _script("curves"), _script("operations"), _script("planes")

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


def test_a_curve_of_moderate_height_is_shown_whole() -> None:
    relu6 = curves.curves(ag.REGISTRY["relu6"])
    left, right = curves._window(relu6)
    assert curves._heights([relu6.value(np.linspace(left, right, 241))])[1] > 6


PLANES = {
    "multiply": ((), ("x = 0 and y = ±∞", "y = 0 and x = ±∞")),
    "divide": (("y = 0",), ("x = ±∞ and y = ±∞", "x = 0 and y = 0")),
    "power": (("x = 0 and y < 0",), ("x < 0 and x ≠ ±∞ and y is no whole number",)),
    "remainder": ((), ("x = ±∞", "y = 0")),
    "xlogy": (("y = 0 and x ≠ 0",), ("y < 0 and x ≠ 0", "x = ±∞ and y = 1")),
    "hypot": ((), ()),
    "logaddexp": ((), ()),
}
"""Where functions of two variables are infinite, of finite numbers, and nan."""


@pytest.mark.parametrize("name", PLANES)
def test_the_domain_in_the_plane_is_found(name: str) -> None:
    (found,) = planes.planes(ag.REGISTRY[name])
    assert (found.infinite, found.nan) == PLANES[name]


def test_kinks_and_jumps_in_the_plane_are_found_with_what_is_taken_there() -> None:
    def of(name: str) -> object:
        (found,) = planes.planes(ag.REGISTRY[name])
        return found

    def kinks(name: str) -> set[tuple[str, str, str]]:
        return {(kink.where, kink.of, kink.jump) for kink in of(name).kinks}

    def steps(name: str) -> list[str]:
        return [step.where for step in of(name).steps]

    assert kinks("maximum") == {
        ("x = y", "x", "from 0 to 1 (0.5 is taken)"), ("x = y", "y", "from 1 to 0 (0.5 is taken)"),
    }  # fmt: skip
    assert kinks("hypot") == {("x = 0 and y = 0", of, "from −1 to 1 (0 is taken)") for of in "xy"}
    assert kinks("prelu") == {
        ("x = 0 and weight < 0", "x", "(0 is taken)"),
        ("x = 0 and weight > 0", "x", "(the number of smallest size between both is taken)"),
    }
    assert kinks("copysign") == {
        ("x = 0 and y < 0", "x", "from 1 to −1 (0 is taken)"), ("x = 0 and y > 0", "x", "from −1 to 1 (0 is taken)"),
    }  # fmt: skip
    assert steps("remainder") == ["x = k y for every whole k"] and steps("fmod") == ["x = k y for every whole k ≠ 0"]
    assert steps("arctan2") == ["y = 0 and x < 0"] and steps("heaviside") == ["x = 0"]
    assert of("power").blank == {"y": ("x < 0",)}
    for smooth in ("add", "multiply", "divide", "logaddexp", "xlogy"):
        assert not kinks(smooth) and not steps(smooth)
    for other in ("sum", "exp", "where", "matmul", "equal", "bitwise_and", "reshape", "convolve"):
        assert planes.planes(ag.REGISTRY[other]) == ()


def test_points_are_told_by_the_fewest_conditions() -> None:
    x, y = (each.ravel() for each in np.meshgrid([-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]))
    none = np.zeros(9, bool)
    assert planes.words(x, y, "xy", y == 0, none) == ("y = 0",)
    assert planes.words(x, y, "xy", (x == 0) | (y < 0), none) == ("x = 0", "y < 0")
    assert planes.words(x, y, "xy", (x == 0) & (y < 0), none) == ("x = 0 and y < 0",)
    assert planes.words(x, y, "xy", (y == 0) & (x != 0), (x == 0) & (y == 0)) == ("y = 0",)
    assert planes.words(x, y, "xy", none, none) == ()


def test_every_entry_has_a_formula_or_says_what_it_is_composed_of() -> None:
    for group in operations.ours().values():
        for op in group:
            text = operations.entry(op)
            assert "```math" in text or "- Composed of: " in text, op.name
            assert not re.search(r"_\{(?:[^{}]|\{[^{}]*\})*\}_\{", text), f"{op.name}: one subscript behind another"


def test_rules_are_those_of_the_code() -> None:
    latex, _, _ = operations.mathematics(ag.REGISTRY["matmul"])
    assert r"\mathrm{out} &= x y" in latex
    assert r"\overline{x} &= g y^{\mathsf T}" in latex
    latex, shapes, _ = operations.mathematics(ag.REGISTRY["mean"])
    assert r"\overline{x} &= \frac{1}{30} g" in latex and shapes == "x (2, 3, 5)"
    latex, _, _ = operations.mathematics(ag.REGISTRY["divmod"])
    assert r"\overline{y} &= -{g_{1}} \odot {\mathrm{out}_{0}}" in latex
    latex, _, _ = operations.mathematics(ag.REGISTRY["linalg.slogdet"])
    assert r"\mathrm{sign}, \mathrm{logabsdet} &= \mathrm{slogdet} a" in latex and r"(\mathrm{inv}(a))" in latex
    latex, _, long = operations.mathematics(ag.REGISTRY["linalg.eigh"])
    assert r"\overline" not in latex and long.startswith(r"$\overline{a}$ is too long a formula; it is made of ")
    assert operations.composition(ag.REGISTRY["var"]) == ("mean", "subtract", "square", "sum", "divide")
