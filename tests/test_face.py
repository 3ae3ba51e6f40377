"""What a user meets first: the names of the package, its help, how fast it loads, and what an editor sees of it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import jedi
import pytest

import autograd_lite as ag

ROOT = Path(__file__).resolve().parents[1]


def _run(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stubs", ROOT / "docs" / "stubs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_stub_is_that_of_the_registry() -> None:
    script = _script()
    assert script.STUB in script.stubs()
    for path, fresh in script.stubs().items():
        assert path.read_text(encoding="utf-8") == fresh, "run python docs/stubs.py"


def test_what_shows_checks_and_compiles_is_loaded_when_it_is_used() -> None:
    rooms = _run(
        "import sys, autograd_lite as ag, numpy as np\n"
        "print(*(m.split('.')[1] for m in sys.modules if m.startswith('autograd_lite.')))"
    ).split()
    assert "engine" in rooms
    assert not {"show", "compile", "check", "program"} & set(rooms)
    heavy = _run(
        "import sys, autograd_lite; print([m for m in ('graphviz', 'html', 'xml', 'tqdm') if m in sys.modules])"
    )
    assert heavy.strip() == "[]"


def test_import_takes_at_most_60_ms_more_than_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path))
    # The time of the process, and the least of several: whatever else the machine does only adds.
    code = "import time, numpy; t = time.process_time(); import autograd_lite; print(time.process_time() - t)"
    _run(code)  # so that everything is compiled to byte code
    assert min(float(_run(code)) for _ in range(7)) < 0.060


def test_the_function_compile_is_not_hidden_by_its_folder() -> None:
    code = (
        "import autograd_lite as ag\n"
        "import autograd_lite.compile.compiled\n"
        "from autograd_lite.compile import compiled\n"
        "print(ag.compile(lambda x: x * 2)([1.0, 2.0][0] * ag.ones(2)).numpy(), callable(ag.compile))"
    )
    assert _run(code).strip() == "[2. 2.] True"


def test_dir_is_what_users_need() -> None:
    shown = [name for name in dir(ag) if not name.startswith("__")]
    assert set(shown) == set(ag.__all__)
    assert not {"annotations", "importlib", "sys", "types", "Any", "engine", "backend"} & set(shown)
    assert all(hasattr(ag, name) for name in shown)
    assert ag.errors.ShapeError is ag.ShapeError
    assert {name for name in vars(ag.errors) if name.endswith("Error")} <= set(shown)


def test_help_opens_with_first_steps() -> None:
    first = _run("import pydoc, autograd_lite as ag; print(pydoc.render_doc(ag, renderer=pydoc.plaintext))")
    head = first.splitlines()[:24]
    assert any("First steps:" in line for line in head)
    assert any("cost.backward()" in line for line in head)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nosuchthing'"):
        ag.nosuchthing  # noqa: B018


# Editors.

PROJECT = jedi.Project(ROOT)


def _complete(code: str) -> dict[str, object]:
    return {c.name: c for c in jedi.Script(code, project=PROJECT).complete()}


def test_jedi_completes_operations_with_signature_and_docstring() -> None:
    assert {"exp", "matmul", "tensor", "draw", "compile", "gradcheck"} <= _complete(
        "import autograd_lite as ag\nag."
    ).keys()
    code = "import autograd_lite as ag\nag.exp("
    (signature,) = jedi.Script(code, project=PROJECT).get_signatures()
    assert [p.name for p in signature.params] == ["x"]
    assert "element by element" in signature.docstring()
    (signature,) = jedi.Script("import autograd_lite as ag\nag.sum(", project=PROJECT).get_signatures()
    assert [p.name for p in signature.params] == ["x", "axis", "dtype", "out", "keepdims", "initial", "where"]


def test_jedi_completes_the_methods_of_a_result() -> None:
    names = _complete("import autograd_lite as ag\nag.exp(ag.tensor(1.0)).").keys()
    assert {"backward", "grad", "sum", "reshape", "T", "numpy", "detach"} <= names


PROGRAM = """\
import autograd_lite as ag

x = ag.exp(ag.tensor([1.0], requires_grad=True, name="x"))
reveal_type(x)
reveal_type(x.sum(axis=0))
reveal_type(x @ x + 1)
reveal_type(ag.sum(x, axis=0))
ag.exp(x, no_such_argument=1)
ag.nosuchthing
x.nosuchmethod()
"""
WRONG = {8, 9, 10}  # lines
SHOWN = {4, 5, 6, 7}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def _installed(tool: str) -> None:
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed: pip install -e .[dev]")


@pytest.mark.slow
def test_mypy_sees_tensors_and_refuses_what_is_not_there(program: Path) -> None:
    _installed("mypy")
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", f"--config-file={os.devnull}", f"--cache-dir={os.devnull}", program],
        capture_output=True, text=True, env=environment, cwd=ROOT, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith(str(program))]
    shown = {int(line.split(":")[1]): line for line in lines if ": note: Revealed type" in line}
    assert set(shown) == SHOWN
    assert all("Tensor" in line and "Any" not in line for line in shown.values()), shown
    assert {int(line.split(":")[1]) for line in lines if ": error:" in line} == WRONG, done.stdout


@pytest.mark.slow
def test_pyright_sees_tensors_and_refuses_what_is_not_there(program: Path) -> None:
    _installed("pyright")
    (program.parent / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)]}))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(program.parent)],
        capture_output=True, text=True, cwd=program.parent, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)["generalDiagnostics"]
    shown = {d["range"]["start"]["line"] + 1: d["message"] for d in found if d["severity"] == "information"}
    assert set(shown) == SHOWN, found
    assert all('"Tensor"' in message.partition(" is ")[2] for message in shown.values()), shown
    wrong = {d["range"]["start"]["line"] + 1 for d in found if d["severity"] == "error"}
    assert wrong == WRONG, found
