"""Files of checkpoints that are damaged, cut short, hostile, or cannot be written or read; and processes that die."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import struct
import subprocess
import sys
import tempfile
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite import FileError, files
from nn import CheckpointError

ROOT = Path(__file__).parents[1]


def small() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 1, rng=0), nn.Dropout(0.5, rng=1))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small checkpoint."""
    path = tmp_path_factory.mktemp("whole") / "a.npz"
    nn.save(path, model=small(), epoch=3)
    return path.read_bytes()


def loaded(path: Path, content: bytes) -> Any:
    """What a file of this content gives, or the exception it raises."""
    path.write_bytes(content)
    model = small()
    try:
        return nn.load(path, model=model), model.state_dict()
    except CheckpointError as error:
        return error


# Damage.


def test_every_bit_that_is_turned_over_is_found(whole: bytes, tmp_path: Path) -> None:
    read, wrong = nn.saving.archive.read, []
    content = bytearray(whole)
    for at in range(len(whole)):
        for bit in range(8):
            content[at] ^= 1 << bit
            try:
                read("a.npz", io.BytesIO(content))
                wrong.append((at, bit))
            except CheckpointError:
                pass
            content[at] ^= 1 << bit
    assert bytes(content) == whole and not isinstance(loaded(tmp_path / "a.npz", whole), Exception)
    assert wrong == []


def test_every_truncation_is_found_and_so_is_every_addition(whole: bytes, tmp_path: Path) -> None:
    model = small()
    before = model.state_dict()
    for length in range(len(whole)):
        with pytest.raises(CheckpointError):
            nn.saving.archive.read("a.npz", io.BytesIO(whole[:length]))
    for more in (b"\0", whole, whole[-100:], b"PK\x05\x06"):
        assert isinstance(loaded(tmp_path / "a.npz", whole + more), CheckpointError)
        assert isinstance(loaded(tmp_path / "a.npz", more + whole), CheckpointError)
    (tmp_path / "a.npz").write_bytes(whole[:-40])
    with pytest.raises(CheckpointError, match=r"a.npz is no whole checkpoint: .* cut short"):
        nn.load(tmp_path / "a.npz", model=model)
    (tmp_path / "a.npz").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"a.npz is no checkpoint: it is empty"):
        nn.load(tmp_path / "a.npz", model=model)
    assert all((model.state_dict()[key] == value).all() for key, value in before.items())


def test_parts_that_are_exchanged_or_zeroed_are_found(whole: bytes, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        a, b, length = rng.integers(len(whole)), rng.integers(len(whole)), rng.integers(1, 200)
        content = bytearray(whole)
        part = whole[a : a + length] if rng.random() < 0.5 else bytes(length)
        content[b : b + length] = part
        if bytes(content) != whole:
            assert isinstance(loaded(tmp_path / "a.npz", bytes(content)), CheckpointError)


# Hostile files, with a digest at the end that is right.


def sealed(content: bytes) -> bytes:
    """An archive with the comment of a checkpoint, whatever is in it."""
    at = content.rfind(b"PK\x05\x06")
    body = content[: at + 20] + struct.pack("<H", 71) + b"sha256:"
    return body + hashlib.sha256(body).hexdigest().encode()


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sealed(file.getvalue())


def told(**changes: Any) -> bytes:
    content: dict[str, Any] = {"format": "autograd_lite checkpoint", "version": 1, "things": {}, "arrays": {}}
    return json.dumps({**content, **changes}).encode()


def array_of(header: str, data: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


HUGE = {"shape": [10**13], "dtype": "<f8", "sha256": "0" * 64}
LOADED: dict[str, Any] = {"a": {"$": "array", "key": "a"}}
REFERRING = {"things": LOADED, "arrays": {"a": {"shape": [2], "dtype": "<f8", "sha256": "0" * 64}}}


def _doubled() -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("manifest.json", told())
            archive.writestr("manifest.json", told())
    return sealed(file.getvalue())


def _overlapping() -> bytes:
    """A thousand members that all lie in the same place."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", told())
        archive.writestr("a.npy", bytes(10**6))
        info = archive.getinfo("a.npy")
        for i in range(1000):
            other = zipfile.ZipInfo(f"{i}.npy")
            other.file_size, other.compress_size, other.CRC = info.file_size, info.compress_size, info.CRC
            other.header_offset = info.header_offset
            archive.filelist.append(other)
    return sealed(file.getvalue())


def _claiming(at: int, value: int) -> bytes:
    """An archive whose last record claims something else."""
    content = bytearray(packed({"manifest.json": told()}))
    end = content.rfind(b"PK\x05\x06")
    struct.pack_into("<I", content, end + at, value)
    return sealed(bytes(content))


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip bomb": (
        lambda: packed({"manifest.json": told(), "a.npy": bytes(10**8)}, zipfile.ZIP_DEFLATED),
        "is packed, and nn.save packs nothing",
    ),
    "header bomb": (
        lambda: packed({
            "manifest.json": told(things=LOADED, arrays={"a": HUGE}),
            "a.npy": array_of("{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }"),
        }),
        "has not as many bytes as its shape needs",
    ),
    "overflowing shape": (
        lambda: packed({
            "manifest.json": told(things=LOADED, arrays={"a": {**HUGE, "shape": [2**62, 4]}}),
            "a.npy": array_of("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }"),
        }),
        "has not as many bytes as its shape needs",
    ),
    "negative shape": (
        lambda: packed({"manifest.json": told(arrays={"a": {**HUGE, "shape": [-1]}}), "a.npy": b""}),
        "does not say what the array 'a' is",
    ),
    "objects": (
        lambda: packed({
            "manifest.json": told(**REFERRING),
            "a.npy": array_of("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", bytes(16)),
        }),
        "is not what the manifest says",
    ),
    "dtype of objects": (
        lambda: packed({"manifest.json": told(arrays={"a": {**HUGE, "dtype": "|O8"}})}),
        "does not say what the array 'a' is",
    ),
    "a header that is no literal": (
        lambda: packed({"manifest.json": told(**REFERRING), "a.npy": array_of("__import__('os')")}), "is damaged",
    ),
    "a long header": (
        lambda: packed({"manifest.json": told(**REFERRING), "a.npy": array_of("[" * 60_000)}), "is damaged",
    ),
    "another digest": (
        lambda: packed({
            "manifest.json": told(**REFERRING),
            "a.npy": array_of("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", bytes(16)),
        }),
        "the array 'a' is not the one that was written",
    ),
    "no manifest": (lambda: packed({"a.npy": b""}), "it has no manifest"),
    "two manifests": (_doubled, "two members of one name"),
    "a key twice": (lambda: packed({"manifest.json": b'{"format": 1, "format": 2}'}), "a key stands there twice"),
    "deep manifest": (lambda: packed({"manifest.json": b"[" * 10**6}), "its manifest cannot be read"),
    "long number": (lambda: packed({"manifest.json": b"1" * 10**6}), "its manifest cannot be read"),
    "not text": (lambda: packed({"manifest.json": b"\xff\xfe\xfa"}), "its manifest cannot be read"),
    "nan": (lambda: packed({"manifest.json": b"NaN"}), "NaN is no value of JSON"),
    "huge manifest": (lambda: packed({"manifest.json": bytes(2**25)}), "it has no manifest"),
    "newer": (lambda: packed({"manifest.json": told(version=2)}), "format version 2, and this is autograd_lite"),
    "another format": (lambda: packed({"manifest.json": told(format="x")}), "does not say 'autograd_lite checkpoint'"),
    "member too many": (lambda: packed({"manifest.json": told(), "b.npy": b""}), "not those of its manifest: 'b.npy'"),
    "member missing": (lambda: packed({"manifest.json": told(**REFERRING)}), "not those of its manifest: 'a.npy'"),
    "array of no name": (
        lambda: packed({"manifest.json": told(things=LOADED)}), "a node of no known form",
    ),
    "unknown node": (
        lambda: packed({"manifest.json": told(things={"a": [{"$": "code", "value": "1"}]})}), "a node of no known form",
    ),
    "module without a state": (
        lambda: packed({"manifest.json": told(things={"a": {"$": "module"}})}), "a node of no known form",
    ),
    "overlapping members": (_overlapping, "its members claim more bytes than the file has"),
    "a long list of members": (lambda: _claiming(12, 2**30), "its list of members"),
    "members elsewhere": (lambda: _claiming(16, 2**30), "is damaged"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused_in_little_memory(what: str, tmp_path: Path) -> None:
    make, words = HOSTILE[what]
    path = tmp_path / "a.npz"
    path.write_bytes(make())
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match=words):
            nn.load(path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20 * 2**20 + 2 * path.stat().st_size


@pytest.mark.parametrize(
    "content",
    [b"PK", b"\x80\x04K\x01.", b"\x93NUMPY", b"text", bytes(10**5)],
    ids=["zip", "pickle", "npy", "text", "0"],
)
def test_files_of_another_kind_are_no_checkpoints(content: bytes, tmp_path: Path) -> None:
    assert isinstance(loaded(tmp_path / "a.npz", content), CheckpointError)


def test_arrays_of_numpy_are_told_how_to_be_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **small().state_dict())
    with pytest.raises(CheckpointError, match=r"read by np.load\(path, allow_pickle=False\)"):
        nn.load(tmp_path / "a.npz", model=small())


# What the system refuses.


def test_a_path_that_cannot_be_read_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    os.mkfifo(tmp_path / "pipe.npz")
    for name, reason in (
        ("none.npz", "No such file or directory"), ("folder.npz", "it is a directory"),
        ("pipe.npz", "it is no plain file"), ("a\0b.npz", "embedded null byte"),
    ):  # fmt: skip
        with pytest.raises(FileError) as caught:
            nn.load(tmp_path / name, model=small())
        assert str(caught.value) == f"cannot read {tmp_path / name}: {reason}"


def as_somebody(code: str, folder: Path) -> str:
    """What a program prints that a user runs to whom things can be forbidden."""
    head = (
        f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import encodings.cp437, numpy as np, nn, resource, signal\nfrom autograd_lite import FileError\n"
        f"os.chdir({str(folder)!r})\n"
        # What is imported when it is first used must be there before: that user need not be able to read it.
        "nn.save('first.npz', a=np.zeros(3), rng=np.random.default_rng(0))\nnn.load('first.npz')\n"
        "os.remove('first.npz')\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
    )
    done = subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_file_that_must_not_be_read_is_our_error(tmp_path_factory: pytest.TempPathFactory) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        nn.save(folder / "secret.npz", n=1)
        (folder / "secret.npz").chmod(0)
        said = as_somebody("try: nn.load('secret.npz')\nexcept FileError as error: print(error)", folder)
        assert said.strip() == "cannot read secret.npz: Permission denied"


FULL = """
nn.save("run.npz", rng=np.random.default_rng(0), old=np.zeros(10))
before = open("run.npz", "rb").read()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for limit in (0, 1, 100, 4000, 100_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        nn.save("run.npz", new=np.ones(100_000))
        print("no error at", limit)
    except FileError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert open("run.npz", "rb").read() == before and os.listdir(".") == ["run.npz"], os.listdir(".")
print(nn.load("run.npz")["old"].tolist())
"""


def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_else() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        lines = as_somebody(FULL, Path(name)).splitlines()
    assert lines == ["cannot write run.npz: File too large"] * 5 + [str([0.0] * 10)]


def test_an_error_while_a_file_is_written_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = nn.save(tmp_path / "a.npz", n=1)
    before = path.read_bytes()
    for place, error, raised in (
        ("fsync", OSError(28, "No space left on device"), FileError), ("fsync", KeyboardInterrupt(), KeyboardInterrupt),
        ("replace", OSError(5, "Input/output error"), FileError), ("replace", MemoryError(), MemoryError),
    ):  # fmt: skip

        def fail(*_: Any, error: BaseException = error) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(os, place, fail)
            with pytest.raises(raised):
                nn.save(path, n=2, a=np.zeros(1000))
        assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_saved_is_found_before_a_file_is_touched(tmp_path: Path) -> None:
    path = nn.save(tmp_path / "a.npz", n=1)
    before = path.stat()
    with pytest.raises(ag.ArgumentError):
        nn.save(path, a=np.zeros(10), b={1, 2})
    assert path.stat().st_mtime_ns == before.st_mtime_ns and path.stat().st_ino == before.st_ino
    with pytest.raises(FileError, match="there is no directory"):
        nn.save(tmp_path / "no" / "a.npz", n=1)


def test_the_folder_is_written_to_the_disk_after_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    synced, replaced = os.fsync, os.replace

    def sync(handle: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        synced(handle)

    def replace(*names: Any) -> None:
        order.append("name")
        replaced(*names)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    nn.save(tmp_path / "a.npz", n=1)
    assert order == ["file", "name", "folder"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "a.npz").symlink_to(tmp_path / "real" / "b.npz")
    nn.save(tmp_path / "a.npz", n=1)
    assert (tmp_path / "a.npz").is_symlink() and nn.load(tmp_path / "real" / "b.npz") == {"n": 1}
    assert files.__name__ == "autograd_lite.files"


# Processes that die.

KILLING = """
import os, signal, sys, time
import numpy as np, nn
times = int(sys.argv[1])
rng, seen = np.random.default_rng(0), set()
def save(n): nn.save("run.npz", n=n, a=np.full(60_000, n), rng=np.random.default_rng(n))
save(0)
start = time.perf_counter(); save(0); length = time.perf_counter() - start
for i in range(times):
    process = os.fork()
    if not process:
        n = nn.load("run.npz")["n"]
        while True:
            save(n := n + 1)
    time.sleep(3 * length * rng.random())
    os.kill(process, signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(process, 0)[1]) == signal.SIGKILL
    drafts = len(os.listdir(".")) - 1
    back = nn.load("run.npz")
    n = back["n"]
    assert len(back["a"]) == 60_000 and (back["a"] == n).all()
    assert back["rng"].random() == np.random.default_rng(n).random()
    seen.add((n, drafts))
numbers = [n for n, _ in seen]
save(0)
print(len(set(numbers)), sum(drafts for _, drafts in seen), os.listdir("."))
"""


def killed_while_saving(folder: Path, times: int) -> tuple[int, int]:
    """Processes that save again and again are killed at random moments, and the file is loaded after each.

    Returns how many different files were found, and how many drafts. What is left in the end is the file alone.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", KILLING, str(times)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    files_found, drafts, left = done.stdout.split(maxsplit=2)
    assert left.strip() == "['run.npz']"
    return int(files_found), int(drafts)


def test_after_kill_the_old_file_or_the_new_one_loads(tmp_path: Path) -> None:
    assert killed_while_saving(tmp_path, 8)[0] > 1


@pytest.mark.slow
def test_after_200_kills_the_old_file_or_the_new_one_loads(tmp_path: Path) -> None:
    found, drafts = killed_while_saving(tmp_path, 200)
    assert found > 20 and drafts > 20  # many were killed in the middle of a file


def test_a_draft_that_somebody_writes_is_left_and_an_orphan_is_not(tmp_path: Path) -> None:
    with files.writing(tmp_path / "a") as first:
        (draft,) = tmp_path.iterdir()
        orphan = draft.with_name(f"{draft.name[:14]}{'0' * 16}.part")
        other = tmp_path / ".another.part"
        for each in (orphan, other):
            each.write_bytes(b"half")
        files.write(tmp_path / "a", b"second")
        first.write(b"first")
        assert draft.exists() and other.exists() and not orphan.exists()
    assert (tmp_path / "a").read_bytes() == b"first" and {each.name for each in tmp_path.iterdir()} == {"a", other.name}
