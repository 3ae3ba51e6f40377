"""Files that cannot be written: one error that names path and reason, by every writer, and nothing half-written."""

from __future__ import annotations

import builtins
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite import FileError, files


def loss() -> ag.Tensor:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    return ag.sum(w * w)


WRITERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "picture": ("g.svg", lambda path: ag.draw(loss()).save(path)),
    "text": ("g.gv", lambda path: ag.draw(loss()).save(path)),
    "page": ("p.html", lambda path: ag.explain(loss(), path)),
    "saved page": ("p.html", lambda path: ag.explain(loss()).save(path)),
    "history": ("h.svg", lambda path: nn.History([0.5, 0.25]).save(path)),
    "bytes": ("a.bin", lambda path: files.write(path, b"new")),
}


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest) -> tuple[str, Callable[[Path], Any]]:
    """The name of a file and what writes it."""
    return WRITERS[request.param]


def test_a_missing_directory_a_file_in_its_place_and_a_directory_as_the_file(
    writer: tuple[str, Callable[[Path], Any]], tmp_path: Path
) -> None:
    name, write = writer
    (tmp_path / "plain").write_text("old")
    (tmp_path / name).mkdir()
    for path, reason in (
        (tmp_path / "missing" / name, f"there is no directory {tmp_path / 'missing'}"),
        (tmp_path / "plain" / name, f"{tmp_path / 'plain'} is not a directory"),
        (tmp_path / name, "it is a directory"),
    ):
        with pytest.raises(FileError) as caught:
            write(path)
        assert str(caught.value) == f"cannot write {path}: {reason}"
        assert isinstance(caught.value, OSError) and isinstance(caught.value, ag.AutogradError)
    assert {each.name for each in tmp_path.iterdir()} == {"plain", name}
    assert (tmp_path / "plain").read_text() == "old"


@pytest.mark.parametrize("broken", ["open", "write", "replace"])
def test_whatever_fails_on_the_way_leaves_the_old_file_and_no_other(
    writer: tuple[str, Callable[[Path], Any]], broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, write = writer
    target = tmp_path / name
    target.write_bytes(b"old")
    opened = builtins.open

    def no_room(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    def refused(path: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if "x" in mode and broken == "open":
            raise PermissionError(13, "Permission denied", str(path))
        file = opened(path, mode, *rest, **options)
        if "x" in mode:
            file.write(b"half")
            file.close()
            no_room()
        return file

    if broken == "replace":
        monkeypatch.setattr(os, "replace", no_room)
    else:
        monkeypatch.setattr(builtins, "open", refused)
    with pytest.raises(FileError) as caught:
        write(target)
    reason = "Permission denied" if broken == "open" else "No space left on device"
    assert str(caught.value) == f"cannot write {target}: {reason}"
    assert caught.value.errno == (13 if broken == "open" else 28)
    assert target.read_bytes() == b"old" and [each.name for each in tmp_path.iterdir()] == [name]


def test_an_interrupt_leaves_no_draft_and_is_no_other_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_link_and_permissions_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    files.write(link, b"new")
    assert link.is_symlink() and real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_what_is_no_plain_file_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FileError, match="it is not a plain file"):
        files.write(pipe, b"new")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["a\0b", "n" * 300], ids=["nul", "long"])
def test_a_name_no_system_takes_is_a_file_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot write"):
        files.write(tmp_path / name, b"new")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A directory that every user of the machine may reach and write into."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def test_a_file_or_a_directory_that_must_not_be_written_stays_as_it_is(open_to_all: Path) -> None:
    (open_to_all / "locked").mkdir()
    for path in (open_to_all / "read-only", open_to_all / "locked" / "inside"):
        path.write_bytes(b"old")
    (open_to_all / "read-only").chmod(0o444)
    (open_to_all / "locked").chmod(0o555)
    # Nothing is forbidden to root, so somebody else writes the files where the tests run as root.
    source = Path(files.__file__).parents[1]
    script = (
        f"import os, sys; sys.path.insert(0, {str(source)!r})\n"
        "from autograd_lite import files\n"
        f"os.chdir({str(open_to_all)!r})\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "for path in ('read-only', 'locked/inside', 'locked/new'):\n"
        "    try: files.write(path, b'new')\n"
        "    except files.FileError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    (open_to_all / "locked").chmod(0o755)
    lines = done.stdout.splitlines()
    assert len(lines) == 3, done.stdout
    assert lines[0] == "cannot write read-only: the file is there already and must not be written"
    assert "locked/inside: " in lines[1] and lines[2] == "cannot write locked/new: Permission denied"
    assert (open_to_all / "read-only").read_bytes() == (open_to_all / "locked" / "inside").read_bytes() == b"old"
    assert sorted(each.name for each in open_to_all.rglob("*")) == ["inside", "locked", "read-only"]


def test_what_is_written_is_what_was_given(tmp_path: Path) -> None:
    content = np.random.default_rng(0).bytes(100_000)
    files.write(tmp_path / "a", content)
    files.write(str(tmp_path / "a"), content[::-1])
    assert (tmp_path / "a").read_bytes() == content[::-1]
