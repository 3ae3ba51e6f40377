"""`nn` refuses an `autograd_lite` of another distribution, and says which file is wrong."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nn

PACKAGES = Path(nn.__file__).resolve().parents[1]


def _run(program: str, *path: Path) -> subprocess.CompletedProcess[str]:
    start = f"import sys; sys.path[:0] = {[str(p) for p in path]!r}; "
    return subprocess.run(
        [sys.executable, "-c", start + program], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def _copy(package: str, target: Path) -> Path:
    shutil.copytree(PACKAGES / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    return target / package / "__init__.py"


def test_packages_side_by_side_pass() -> None:
    from nn._origin import check_origin

    check_origin()


def test_a_link_to_the_same_folder_passes(tmp_path: Path) -> None:
    for package in ("autograd_lite", "nn"):
        (tmp_path / package).symlink_to(PACKAGES / package, target_is_directory=True)
    done = _run("import autograd_lite, nn", tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_whole_second_copy_passes(tmp_path: Path) -> None:
    for package in ("autograd_lite", "nn"):
        _copy(package, tmp_path)
    done = _run("import nn; print(nn.__file__)", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path.resolve()))


def test_a_foreign_nn_is_named(tmp_path: Path) -> None:
    foreign = _copy("nn", tmp_path)
    done = _run("import nn", tmp_path, PACKAGES)
    assert done.returncode != 0
    assert f"the wrong file is {foreign.resolve()}" in done.stderr


def test_a_foreign_autograd_lite_is_named(tmp_path: Path) -> None:
    foreign = _copy("autograd_lite", tmp_path)
    done = _run("import nn", tmp_path, PACKAGES)
    assert done.returncode != 0
    assert f"the wrong file is {foreign.resolve()}" in done.stderr


def test_the_guard_imports_no_package_itself(tmp_path: Path) -> None:
    program = (
        "import importlib.util as u; "
        f"s = u.spec_from_file_location('guard', {str(PACKAGES / 'nn' / '_origin.py')!r}); "
        "m = u.module_from_spec(s); s.loader.exec_module(m); m.check_origin(); "
        "assert 'autograd_lite' not in sys.modules and 'nn' not in sys.modules"
    )
    done = _run(program, PACKAGES)
    assert done.returncode == 0, done.stderr


def test_a_missing_autograd_lite_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from nn import _origin

    monkeypatch.setattr(_origin, "_file", lambda package: Path(nn.__file__) if package == "nn" else None)
    with pytest.raises(ImportError, match="needs the autograd_lite it was installed with"):
        _origin.check_origin()
    assert importlib.util.find_spec("autograd_lite") is not None
