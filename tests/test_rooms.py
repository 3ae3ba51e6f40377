"""The order of the rooms: each module imports what stands above it, never what stands below, never sideways."""

from __future__ import annotations

import ast
import functools
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite.engine.graph import Node

ROOT = Path(__file__).parent.parent
LIBRARY = ROOT / "autograd_lite"

ROOMS = [
    "errors", "display", "files", "tree", "names", "elsewhere", "backend", "op", "ops", "diagnosis", "arraylike",
    "engine", "linalg", "minimizing", "watch", "alarm", "debug", "program", "show", "compile", "check",
]  # fmt: skip
"""From top to bottom. `diagnosis` knows operations and nothing of Tensors but their names and shapes."""

# `Tensor.__array_namespace__` answers with the namespace over Tensors, which stands below it.
JOINED = {("tensor", "functional")}


# What `from autograd_lite import …` may name outside: the face, which array library an array belongs to, tables, files,
# and the names of other libraries.
PUBLIC = {*ag.__all__, "backend", "display", "files", "elsewhere"}


def modules(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Each module that a file imports, by its full name, and whether inside a function."""
    tree = parsed(path)
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in inner
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for alias in node.names:
                is_module = (ROOT / (node.module or "").replace(".", "/")).is_dir()
                yield f"{node.module}.{alias.name}" if is_module else str(node.module), id(node) in inner


def room(name: str) -> str | None:
    """The room that a full module name stands in; `None` outside the library and for its face."""
    parts = name.split(".")
    if parts[0] != "autograd_lite" or len(parts) == 1:
        return None
    return parts[1]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [p for p in modules(LIBRARY) if p != LIBRARY / "__init__.py"], ids=relative)
def test_rooms_import_upwards(path: Path) -> None:
    mine = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert mine in ROOMS, f"{relative(path)} has no place in the order of rooms"
    for name, inside_function in imports(path):
        if name == "autograd_lite":
            raise AssertionError(f"{relative(path)} imports the package's face")
        other = room(name)
        if other is None or other == mine:
            continue
        assert other in ROOMS, f"{relative(path)} imports {name}"
        if inside_function and (mine, other) in JOINED:
            continue
        assert ROOMS.index(other) < ROOMS.index(mine), f"{relative(path)} imports {name}, which stands below it"


def test_order_names_every_room_there_is() -> None:
    there = {p.stem for p in LIBRARY.iterdir() if p.suffix == ".py"} - {"__init__"}
    there |= {p.name for p in LIBRARY.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert there <= set(ROOMS)
    assert {"errors", "backend", "op", "ops", "engine", "check", "program"} <= there


def test_operations_know_no_tensors() -> None:
    for path in modules(LIBRARY / "ops"):
        for name, _ in imports(path):
            assert room(name) in (None, "errors", "backend", "op", "ops"), f"{relative(path)} imports {name}"


@pytest.mark.parametrize("path", modules(ROOT / "nn"), ids=relative)
def test_nn_is_a_user_of_the_public_interface(path: Path) -> None:
    for name, _ in imports(path):
        parts = name.split(".")
        if parts[0] == "autograd_lite":
            public = len(parts) == 1 or (len(parts) == 2 and parts[1] in PUBLIC)
            assert public, f"{relative(path)} imports {name}"
    tree = parsed(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ag":
            public = node.attr in ag.__all__ or node.attr == "__version__"
            assert public, f"{relative(path)}:{node.lineno} uses ag.{node.attr}, which is not public"


@pytest.mark.parametrize("path", modules(LIBRARY), ids=relative)
def test_library_knows_nothing_of_nn(path: Path) -> None:
    assert not [name for name, _ in imports(path) if name.split(".")[0] == "nn"]


def test_only_the_backend_names_cupy() -> None:
    naming = set()
    for path in modules(LIBRARY) + modules(ROOT / "nn"):
        with tokenize.open(path) as source:
            names = {t.string for t in tokenize.generate_tokens(source.readline) if t.type == tokenize.NAME}
        if "cupy" in names or any(name.split(".")[0] == "cupy" for name, _ in imports(path)):
            naming.add(relative(path))
    assert naming == {"autograd_lite/backend.py"}


@pytest.mark.parametrize("path", modules(LIBRARY) + modules(ROOT / "nn"), ids=relative)
def test_every_module_says_what_it_knows(path: Path) -> None:
    assert ast.get_docstring(parsed(path)), f"{relative(path)} has no docstring"


# Two more fences.


def _docstrings(tree: ast.AST) -> set[int]:
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    return {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}


# The tables that say what an operation, a primitive call, a formula, a name of another library is; and an array library
# that stands in for NumPy.
NAMING = {"ops", "elsewhere.py", "program/calls.py", "show/formula/tidying.py", "check/standin.py"}
# A column's heading, fields, words of a legend, and a program that draws.
ORDINARY = {
    ("check/report.py", "absolute"), ("compile/guards.py", "where"), ("debug.py", "trace"),
    ("engine/graph.py", "trace"), ("show/picture/draw.py", "dot"), ("show/picture/engine.py", "dot"),
    ("check/operation.py", "gradient"), ("check/report.py", "gradient"), ("compile/source.py", "gradient"),
    ("engine/custom.py", "gradient"), ("show/page/values.py", "average"), ("show/picture/labels.py", "gradient"),
    ("show/picture/style.py", "gradient"),
}  # fmt: skip


@pytest.mark.parametrize("path", modules(LIBRARY), ids=relative)
def test_no_operation_is_known_by_name_outside_its_room(path: Path) -> None:
    place = path.relative_to(LIBRARY).as_posix()
    if place in NAMING or place.split("/")[0] in NAMING:
        return
    tree = parsed(path)
    texts = _docstrings(tree)
    named = [
        f"{relative(path)}:{node.lineno}: {node.value!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and node.value in OURS
        and id(node) not in texts
        and (place, node.value) not in ORDINARY
    ]
    assert not named


OURS = {name for name, op in ag.REGISTRY.items() if op.ours}
PRIVATE = {
    name for kind in (ag.Tensor, Node) for name in kind.__slots__ if name.startswith("_") and name != "__weakref__"
}


@pytest.mark.parametrize("path", modules(LIBRARY) + modules(ROOT / "nn"), ids=relative)
def test_nobody_outside_the_engine_touches_what_a_tensor_keeps_to_itself(path: Path) -> None:
    if path.is_relative_to(LIBRARY / "engine"):
        return
    touched = [
        f"{relative(path)}:{node.lineno}: .{node.attr}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in PRIVATE
    ]
    assert not touched


def test_the_private_fields_are_those_that_the_fence_is_for() -> None:
    assert {"_data", "_grad", "_requires_grad", "_changed"} == PRIVATE


# The floors of `show`: formulas know no equations, equations no pictures, pictures no pages.
FLOORS = ["names", "formula", "equations", "picture", "tables", "page"]


@pytest.mark.parametrize("path", modules(LIBRARY / "show"), ids=relative)
def test_floors_of_show_import_upwards(path: Path) -> None:
    mine = path.relative_to(LIBRARY / "show").with_suffix("").parts[0]
    for name, _ in imports(path):
        parts = name.split(".")
        if parts[:2] == ["autograd_lite", "show"] and len(parts) > 2 and parts[2] != mine:
            assert FLOORS.index(parts[2]) < FLOORS.index(mine), (
                f"{relative(path)} imports {name}, which stands below it"
            )
