"""MNIST in every form it is found in, where it is looked for, and files that are damaged, too large or hostile."""

from __future__ import annotations

import errno
import gzip
import io
import os
import pickle
import struct
import sys
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.data import mnist_files as module
from nn.data.formats.content import content
from nn.data.formats.idx import read_idx
from nn.data.formats.npz import read_npz
from nn.data.formats.pickled import read_pickled

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def the_books_file() -> Path | None:
    """The book's own file, which is not the project's to give: named by a variable, or beside the project."""
    named = os.environ.get("AUTOGRAD_LITE_MNIST")
    places = [Path(named)] if named else [up / "shared" / "data" / "mnist.pkl.gz" for up in ROOT.parents[:2]]
    return next((place for place in places if place.is_file()), None)


BOOK = the_books_file()

# A small MNIST: 5 images to train on, 2 to choose by, 3 to test on.


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, ...]:
    for name, count in (("_TRAINING", 5), ("_VALIDATION", 2), ("_TEST", 3)):
        monkeypatch.setattr(module, name, count)
    rng = np.random.default_rng(0)
    return (
        rng.integers(0, 256, (7, 28, 28), np.uint8), rng.integers(0, 10, 7, np.uint8),
        rng.integers(0, 256, (3, 28, 28), np.uint8), rng.integers(0, 10, 3, np.uint8),
    )  # fmt: skip


def idx(array: np.ndarray) -> bytes:
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[array.dtype.str[1:]]
    head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def npz(arrays: dict[str, np.ndarray], save: Callable[..., Any] = np.savez) -> bytes:
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def python2(value: Any) -> bytes:
    """A pickle as Python 2's cPickle wrote it: strings are bytes, and NumPy has its old name."""

    def text(word: bytes) -> bytes:
        return b"U" + bytes([len(word)]) + word if len(word) < 256 else b"T" + struct.pack("<i", len(word)) + word

    def whole(number: int) -> bytes:
        return b"K" + bytes([number]) if number < 256 else b"M" + struct.pack("<H", number)

    def written(value: Any) -> bytes:
        if isinstance(value, tuple):
            return b"(" + b"".join(map(written, value)) + b"t"
        shape = b"(" + b"".join(map(whole, value.shape)) + b"t"
        dtype = b"cnumpy\ndtype\nq\x04" + text(value.dtype.str[1:].encode()) + b"K\x00K\x01\x87Rq\x05"
        dtype += b"(K\x03" + text(value.dtype.str[:1].encode()) + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        array = b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
        return array + b"(K\x01" + shape + dtype + b"\x89" + text(value.tobytes()) + b"tb"

    return b"\x80\x02" + written(value) + b"."


def three(arrays: tuple[np.ndarray, ...]) -> Any:
    """As in the book's file: pairs of rows of floats and of labels."""
    x, labels, x_test, labels_test = arrays
    rows, tests = ((each.reshape(len(each), 784) / np.float32(256)).astype(np.float32) for each in (x, x_test))
    wide = labels.astype(np.int64)
    return (rows[:5], wide[:5]), (rows[5:], wide[5:]), (tests, labels_test.astype(np.int64))


def keras(arrays: tuple[np.ndarray, ...]) -> dict[str, np.ndarray]:
    return dict(zip(("x_train", "y_train", "x_test", "y_test"), arrays, strict=True))


def original(arrays: tuple[np.ndarray, ...]) -> dict[str, bytes]:
    return {name: idx(array) for name, array in zip(NAMES, arrays, strict=True)}


FORMS: dict[str, Callable[[tuple[np.ndarray, ...]], dict[str, bytes]]] = {
    "idx": original,
    "idx.gz": lambda a: {f"{name}.gz": gzip.compress(found) for name, found in original(a).items()},
    "idx, some packed": lambda a: {
        name + ".gz" * (i % 2): gzip.compress(found) if i % 2 else found
        for i, (name, found) in enumerate(original(a).items())
    },
    "idx with dots": lambda a: {name.replace("-idx", ".idx"): found for name, found in original(a).items()},
    "npz": lambda a: {"mnist.npz": npz(keras(a))},
    "npz, packed": lambda a: {"mnist.npz": npz(keras(a), np.savez_compressed)},
    "book": lambda a: {"mnist.pkl.gz": gzip.compress(python2(three(a)))},
    "book, unpacked": lambda a: {"mnist.pkl": python2(three(a))},
    **{
        f"pickle {protocol}": lambda a, protocol=protocol: {  # type: ignore[misc]
            "mnist.pkl.gz": gzip.compress(pickle.dumps(three(a), protocol))
        }
        for protocol in (2, 3, 4, 5)
    },
    "lists": lambda a: {"mnist.pkl": pickle.dumps([list(pair) for pair in three(a)], 2)},
    "columns": lambda a: {"mnist.pkl": pickle.dumps([(np.asfortranarray(x), y) for x, y in three(a)], 4)},
    "big ends": lambda a: {"mnist.pkl": pickle.dumps([(x.astype(">f8"), y) for x, y in three(a)], 3)},
}


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in files.items():
        (folder / name).write_bytes(found)
    return folder


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_bytes(form: str, dtype: Any, small: Any, tmp_path: Path) -> None:
    put(tmp_path, FORMS[form](small))
    data = nn.mnist(tmp_path, dtype)
    images, labels, tests, test_labels = small
    rows = images.reshape(7, 784).astype(dtype) / dtype(256)
    expected = [
        (rows[:5], labels[:5]), (rows[5:], labels[5:]), (tests.reshape(3, 784).astype(dtype) / dtype(256), test_labels)
    ]  # fmt: skip
    assert [*data] == [data.train, data.validation, data.test]
    for (x, y), (pixels, digits) in zip(data, expected, strict=True):
        assert x.dtype == y.dtype == dtype
        assert x.tobytes() == pixels.tobytes() and x.shape == pixels.shape
        np.testing.assert_array_equal(y, np.eye(10)[digits])
        x[:] = 0  # they are the caller's to write into


def test_one_file_may_be_named_itself(small: Any, tmp_path: Path) -> None:
    expected = nn.mnist(put(tmp_path / "a", FORMS["npz"](small))).train[0].tobytes()
    for form, name in (("npz", "mnist.npz"), ("book", "mnist.pkl.gz"), ("idx.gz", f"{NAMES[3]}.gz"), ("idx", NAMES[0])):
        folder = put(tmp_path / form, FORMS[form](small))
        assert nn.mnist(folder / name).train[0].tobytes() == expected
    (tmp_path / "a" / "mnist.npz").rename(tmp_path / "digits of 1998")
    assert nn.mnist(str(tmp_path / "digits of 1998")).train[0].tobytes() == expected


def test_where_it_is_looked_for(small: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = FORMS["npz"](small)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("AUTOGRAD_LITE_DATA", str(tmp_path / "data"))
    with pytest.raises(ag.FileError, match="AUTOGRAD_LITE_DATA speaks"):
        nn.mnist()
    put(tmp_path / "data" / "mnist", files)
    nn.mnist()
    monkeypatch.setenv("AUTOGRAD_LITE_DATA", str(tmp_path / "data" / "mnist" / "mnist.npz"))
    nn.mnist()
    monkeypatch.delenv("AUTOGRAD_LITE_DATA")
    with pytest.raises(ag.FileError, match="the folder for caches") as caught:
        nn.mnist()
    assert str(tmp_path / "xdg" / "autograd_lite") in str(caught.value)
    put(tmp_path / "xdg" / "autograd_lite", files)
    nn.mnist()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert module.cache_folder() == tmp_path / "home" / ".cache" / "autograd_lite"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert module.cache_folder() == tmp_path / "home" / ".cache" / "autograd_lite"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert module.cache_folder() == tmp_path / "home" / "Library" / "Caches" / "autograd_lite"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert module.cache_folder() == tmp_path / "local" / "autograd_lite"


def test_where_there_is_none_the_error_says_what_belongs_where_and_what_there_is_instead(tmp_path: Path) -> None:
    with pytest.raises(ag.FileError) as caught:
        nn.mnist(tmp_path)
    message = str(caught.value)
    assert f"there is no MNIST in {tmp_path}, which was given as path" in message
    for word in ("mnist.pkl.gz", "mnist.npz", *NAMES, "nn.digits()"):
        assert word in message
    assert caught.value.errno == errno.ENOENT
    assert isinstance(caught.value, OSError) and isinstance(caught.value, ag.AutogradError)


def test_a_set_of_which_a_file_is_missing_names_it(small: Any, tmp_path: Path) -> None:
    put(tmp_path, FORMS["idx"](small))
    (tmp_path / NAMES[1]).unlink()
    for path in (tmp_path, tmp_path / NAMES[2]):
        with pytest.raises(ag.FileError, match=f"{tmp_path} has no {NAMES[1]}\\. What belongs there"):
            nn.mnist(path)


def _changed(arrays: Any, place: int, value: Any) -> Any:
    return [value if i == place else each for i, each in enumerate(arrays)]


@pytest.mark.parametrize(
    "place, make, said",
    [
        (
            0,
            lambda a: a[:-1],
            r"where MNIST has 7 images of 28 × 28 pixels it has an array of shape \(6, 28, 28\)",
        ),
        (0, lambda a: a[:, :, 1:], r"of shape \(7, 28, 27\) and dtype uint8"),
        (0, lambda a: a.astype(np.int32), "dtype .?i.*4|dtype >?int32|dtype int32"),
        (0, lambda a: a.astype(np.float32), "its pixels go from 0.0 to 255.0, and not from 0 to 1"),
        (1, lambda a: np.append(a, 1).astype(np.uint8), r"where MNIST has 7 labels it has an array of shape \(8,\)"),
        (1, lambda a: a.astype(np.float32), "where MNIST has 7 labels it has .* (float32|>f4)"),
        (1, lambda a: a + np.uint8(3), "its labels go from . to 1., and digits from 0 to 9"),
        (3, lambda a: a[:, None], r"where MNIST has 3 labels it has an array of shape \(3, 1\)"),
    ],
    ids=["fewer", "narrower", "whole", "floats", "more labels", "float labels", "a label of 10", "columns"],
)
@pytest.mark.parametrize("form", ["idx", "npz"])
def test_what_is_no_mnist(place: int, make: Any, said: str, form: str, small: Any, tmp_path: Path) -> None:
    put(tmp_path, FORMS[form](_changed(small, place, make(small[place]))))  # type: ignore[arg-type]
    with pytest.raises(ag.FileError, match=said) as caught:
        nn.mnist(tmp_path)
    assert str(tmp_path / (NAMES[place] if form == "idx" else "mnist.npz")) in str(caught.value)


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda t: t[:2], "it holds no three pairs"),
        (lambda t: (*t, t[0]), "it holds no three pairs"),
        (lambda t: t[0][0], "it holds no three pairs"),
        (lambda t: (t[0], t[1], (t[2][0],)), "it holds no three pairs"),
        (lambda t: (t[0], t[1], ((t[2][0],), t[2][1])), "it has no array"),
        (lambda t: (t[1], t[0], t[2]), r"where MNIST has 5 images .* shape \(2, 784\)"),
        (lambda t: ((t[0][0] * np.nan, t[0][1]), *t[1:]), "its pixels go from nan to nan"),
        (lambda t: ((t[0][0] * 2, t[0][1]), *t[1:]), "its pixels go from"),
        (lambda t: {"train": t[0]}, "no array: instruction 0x7d"),
        (lambda t: "text", "something in it that is no array"),
        (lambda t: None, "something in it that is no array"),
        (lambda t: (t[0][0].astype(object),), "it makes a dtype of numbers in a way"),
        (lambda t: (np.zeros(3, "f4,i4"),), "it makes a dtype of numbers in a way"),
        (lambda t: (np.array(["a"]),), "it makes a dtype of numbers in a way"),
        (lambda t: np.float32(3), "asks for 'numpy._core.multiarray.scalar', and only NumPy arrays are read"),
    ],
    ids=["two", "four", "array", "one", "nested", "order", "nan", "large", "dict", "text", "none", "objects", "records",
         "words", "scalar"],
)  # fmt: skip
def test_a_pickle_of_something_else(change: Any, said: str, small: Any, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        put(tmp_path, {"mnist.pkl": pickle.dumps(change(three(small)), 2)})
    with pytest.raises(ag.FileError, match=said) as caught:
        nn.mnist(tmp_path)
    assert str(caught.value).startswith(f"cannot read {tmp_path / 'mnist.pkl'}: ")


# Files that cannot be read.


def test_a_path_that_is_no_file_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "mnist.npz")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "folder.npz").mkdir()
    for path, said in (
        (tmp_path, "mnist.npz: it is not a plain file"),
        ("/dev/zero", "it is not a plain file"),
        ("a\0b", "there is no a"),
        (tmp_path / "loop", "there is no "),
        (tmp_path / "folder.npz", "there is no MNIST in "),
    ):
        with pytest.raises(ag.FileError, match=said):
            nn.mnist(path)
    with pytest.raises(ag.FileError, match="it is a directory"):
        content(tmp_path, 10)
    with pytest.raises(ag.FileError, match="No such file"):
        content(tmp_path / "none", 10)

    def refused(*args: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "locked.npz").write_bytes(b"PK")
    monkeypatch.setattr("builtins.open", refused)
    with pytest.raises(ag.FileError, match=r"cannot read .*locked.npz: Permission denied") as caught:
        nn.mnist(tmp_path / "locked.npz")
    assert caught.value.errno == errno.EACCES


@pytest.mark.parametrize("path", [0, 3, 1.5, ["a"]])
def test_a_path_that_is_none(path: Any) -> None:
    for read in (nn.mnist, lambda path: nn.read_csv(path, 0)):
        with pytest.raises(ag.ArgumentError, match=r"(mnist|read_csv): path is a str or a pathlib.Path, not"):
            read(path)


@pytest.mark.parametrize("found", [b"", b"\0", b"PK", b"\x1f\x8b", b"\x80", b"hello, world", b"\0\0\x08\x03"])
def test_a_file_of_next_to_nothing(found: bytes, small: Any, tmp_path: Path) -> None:
    for name in ("mnist.pkl.gz", "mnist.npz", NAMES[1]):
        folder = put(tmp_path / name, {**FORMS["idx"](small), name: found})
        with pytest.raises(ag.FileError, match=f"^cannot read {folder / name}: "):
            nn.mnist(folder)


# Damage: flipped bits and lost ends. In gzip's and zip's formats checksums find it; elsewhere it is either found, or
# what comes is an array as the header declares it.

SMALL = {"x_train": np.arange(6, dtype=np.uint8).reshape(2, 3), "y_train": np.arange(3, dtype="<f4")}
ARRAYS = (SMALL["x_train"], SMALL["y_train"])
LIMIT = 2**16
READERS: dict[str, tuple[Callable[[], bytes], Callable[[Path], Any], bool]] = {
    "idx": (lambda: idx(ARRAYS[0]), lambda path: [read_idx(path, LIMIT)], False),
    "idx.gz": (lambda: gzip.compress(idx(ARRAYS[0]), mtime=0), lambda path: [read_idx(path, LIMIT)], True),
    "npz": (lambda: npz(SMALL), lambda path: [*read_npz(path, SMALL, LIMIT).values()], True),
    "npz, packed": (
        lambda: npz(SMALL, np.savez_compressed), lambda path: [*read_npz(path, SMALL, LIMIT).values()], True
    ),
    "book": (lambda: python2(ARRAYS), lambda path: read_pickled(path, LIMIT), False),
    "book.gz": (lambda: gzip.compress(python2(ARRAYS), mtime=0), lambda path: read_pickled(path, LIMIT), True),
    **{
        f"pickle {protocol}": (
            lambda protocol=protocol: pickle.dumps(ARRAYS, protocol), lambda path: read_pickled(path, LIMIT), False
        )
        for protocol in (2, 3, 4, 5)
    },
}  # type: ignore[dict-item, misc]  # fmt: skip


def facts(found: Any) -> Any:
    if isinstance(found, np.ndarray):
        return found.dtype, found.shape, found.tobytes()
    return [facts(each) for each in found]


def held(found: Any) -> int:
    return found.nbytes if isinstance(found, np.ndarray) else sum(map(held, found))


def damage(found: bytes, share: int) -> Iterator[tuple[str, bytes]]:
    """Every lost end and every flipped bit, or one in `share` of them; and several bytes changed at once."""
    rng = np.random.default_rng(7)
    size = len(found)
    for end in rng.permutation(size)[: size // share]:
        yield f"an end at {end}", found[:end]
    for place in rng.permutation(8 * size)[: 8 * size // share]:
        changed = bytearray(found)
        changed[place // 8] ^= 1 << (place % 8)
        yield f"bit {place}", bytes(changed)
    for _ in range(1000 // share):
        changed = bytearray(found)
        for place in rng.integers(0, size, 8):
            changed[place] = rng.integers(256)
        yield "several bytes", bytes(changed)


def survives(kind: str, path: Path, share: int) -> None:
    make, read, summed = READERS[kind]
    whole = make()
    path.write_bytes(whole)
    right = facts(read(path))
    found = wrong = 0
    messages = set()
    for what, damaged in damage(whole, share):
        path.write_bytes(damaged)
        try:
            got = read(path)
        except ag.FileError as error:
            messages.add(str(error)[: 13 + len(str(path))])
            found += 1
            continue
        assert held(got) <= LIMIT
        if facts(got) != right:
            assert not summed, f"{what} of {kind} gave other arrays"
            assert "end" not in what, f"{what} of {kind} gave arrays"
            wrong += 1
    assert messages == {f"cannot read {path}:"}
    assert found > 10
    assert summed == (wrong == 0)


@pytest.mark.parametrize("kind", READERS)
def test_damage_is_found_where_there_are_checksums_and_harmless_elsewhere(kind: str, tmp_path: Path) -> None:
    survives(kind, tmp_path / "file", 24)


@pytest.mark.slow
@pytest.mark.parametrize("kind", READERS)
def test_a_third_of_all_flipped_bits_and_lost_ends(kind: str, tmp_path: Path) -> None:
    survives(kind, tmp_path / "file", 3)


# Files that declare more than they have, or unpack to more than they should.


def huge(shape: str) -> bytes:
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': " + shape.encode() + b", }\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def zipped(members: dict[str, bytes] | list[tuple[str, bytes]], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", how) as archive:
        warnings.simplefilter("ignore")  # of two members with one name
        for name, found in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, found)
    return file.getvalue()


def lying(found: bytes, size: int) -> bytes:
    """An archive whose first member says that it is of another size."""
    changed = bytearray(found)
    place = changed.index(b"PK\x01\x02") + 24
    changed[place : place + 4] = struct.pack("<I", size)
    return bytes(changed)


HEAD = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
TEXT = b"X" + struct.pack("<I", 40_000) + b"a" * 40_000
HOSTILE: dict[str, tuple[bytes, Callable[[Path], Any], str]] = {
    "gzip bomb": (gzip.compress(bytes(2**26)), lambda p: read_idx(p, LIMIT), "unpacks to more than the 65,536 bytes"),
    "gzip bomb in a pickle": (
        gzip.compress(b"\x80\x02T\0\0\0\x04" + bytes(2**26)), lambda p: read_pickled(p, LIMIT), "unpacks to more than"
    ),
    "large file": (bytes(2**16 + 1), lambda p: read_idx(p, LIMIT), "it has 65,537 bytes, more than the 65,536"),
    "idx of billions": (
        b"\0\0\x08\x03" + b"\xff" * 12 + bytes(9), lambda p: read_idx(p, LIMIT),
        "declares 79,228,162,458,924,105,385,300,197,375 bytes, and 9 follow: it is truncated",
    ),
    "idx of 255 axes": (b"\0\0\x08\xff" + bytes(2000), lambda p: read_idx(p, LIMIT), "it is no IDX file"),
    "idx of nothing": (
        b"\0\0\x08\x02" + bytes(4) + b"\xff" * 4, lambda p: read_idx(p, LIMIT), "declares 0 bytes, and 0 follow"
    ),
    "idx with more behind": (idx(ARRAYS[0]) + b"x", lambda p: read_idx(p, LIMIT), "declares 6 bytes, and 7 follow"),
    "npz bomb": (
        zipped({"a.npy": huge("(67108864,)") + bytes(2**26)}), lambda p: read_npz(p, ["a"], LIMIT),
        "its arrays have 67,108,9.. bytes, more than the 65,536",
    ),
    "npz bomb that lies": (
        lying(zipped({"a.npy": huge("(67108864,)") + bytes(2**26)}), 100), lambda p: read_npz(p, ["a"], LIMIT),
        "a.npy",
    ),
    "npz of 72 TiB": (
        zipped({"a.npy": huge("(10000000000000,)")}), lambda p: read_npz(p, ["a"], LIMIT),
        r"a.npy has 0 bytes, and by its header the shape \[10000000000000\] of uint8",
    ),
    "npz whose sizes overflow": (
        zipped({"a.npy": huge("(4294967296, 4294967296, 4294967296)")}), lambda p: read_npz(p, ["a"], LIMIT),
        "a.npy has 0 bytes",
    ),
    "npz with a shape below 0": (
        zipped({"a.npy": huge("(-1, -8)") + bytes(8)}), lambda p: read_npz(p, ["a"], LIMIT), "the header of a.npy"
    ),
    "npz with code for a header": (
        zipped({"a.npy": huge("__import__('os').getcwd()")}), lambda p: read_npz(p, ["a"], LIMIT), "the header of a.npy"
    ),
    "npz with a deep header": (
        zipped({"a.npy": huge("(" * 9000)}), lambda p: read_npz(p, ["a"], LIMIT), "the header of a.npy"
    ),
    "npz of objects": (
        npz({"a": np.array([1], dtype=object)}), lambda p: read_npz(p, ["a"], LIMIT), "the header of a.npy"
    ),
    "npz with two of a name": (
        zipped([("a.npy", b"1"), ("a.npy", b"2")]), lambda p: read_npz(p, ["a"], LIMIT), "two members are called"
    ),
    "npz without it": (npz({"b": np.ones(1)}), lambda p: read_npz(p, ["a", "c"], LIMIT), "there is no array a or c"),
    "npz in lzma": (
        zipped({"a.npy": b"x"}, zipfile.ZIP_LZMA), lambda p: read_npz(p, ["a"], LIMIT), "packed in a way that is not"
    ),
    "npz of thousands": (
        zipped({f"{i}": b"" for i in range(2000)}, zipfile.ZIP_STORED), lambda p: read_npz(p, ["a"], 2**20),
        "many more members",
    ),
    "pickle of 2⁶⁰ bytes": (
        b"\x80\x04\x8e" + struct.pack("<Q", 2**60), lambda p: read_pickled(p, LIMIT), "it is truncated"
    ),
    "pickle with a far memo": (
        b"\x80\x02Nr\xff\xff\xff\xff.", lambda p: read_pickled(p, LIMIT), "something in it that is no array"
    ),
    "pickle of an array of billions": (
        b"\x80\x02" + HEAD + b"(K\x01J\xff\xff\xff\x7f\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R\x89U\x00tb.",
        lambda p: read_pickled(p, LIMIT), "an array in it has 0 bytes, and by its header another shape",
    ),
    "pickle of a large array in a call": (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nJ\xff\xff\xff\x7f\x85U\x01b\x87R.",
        lambda p: read_pickled(p, LIMIT), "something in it that is no array",
    ),
    "pickle of many lists": (b"\x80\x02" + b"]" * 60_000 + b".", lambda p: read_pickled(p, LIMIT), "more than 10,000"),
    "pickle of lists in lists": (
        b"\x80\x02]q\x000" + b"".join(b"]q%c(" % i + b"h%c" % (i - 1) * 100 + b"e0" for i in range(1, 9)) + b"h\x08.",
        lambda p: read_pickled(p, LIMIT), "something in it that is no array",
    ),
    "pickle of a list in itself": (b"\x80\x02]q\0h\0a.", lambda p: read_pickled(p, LIMIT), "that is no array"),
    "pickle of a deep tuple as a name": (
        b"\x80\x04)" + b"\x85" * 9_000 + b"N\x93.", lambda p: read_pickled(p, LIMIT), "do not fit together"
    ),
    "pickle of lists in lists as a name": (
        b"\x80\x04]q\x000" + b"".join(b"]q%c(" % i + b"h%c" % (i - 1) * 100 + b"e0" for i in range(1, 9))
        + b"h\x08N\x93.", lambda p: read_pickled(p, LIMIT), "do not fit together",
    ),
    "pickle of a long name": (
        b"\x80\x04X\x40\x9c\0\0" + b"\x01" * 40_000 + b"\x8c\x01a\x93.", lambda p: read_pickled(p, LIMIT), "asks for"
    ),
    "pickle of a deep tuple": (b"\x80\x02)" + b"\x85" * 9_000 + b".", lambda p: read_pickled(p, LIMIT), "is no array"),
    "pickle that makes a text again and again": (
        b"\x80\x02" + TEXT + b"q\0" + b"c_codecs\nencode\nh\0U\x06latin1\x86R0" * 200 + b".",
        lambda p: read_pickled(p, LIMIT), "it needs more than the 65,536 bytes",
    ),
    "pickle with wide letters": (
        b"\x80\x02X" + struct.pack("<I", 4) + "😀".encode() + b".", lambda p: read_pickled(p, LIMIT), "stands for no"
    ),
    "pickle with a long number": (
        b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b".", lambda p: read_pickled(p, LIMIT), "whole number in it has 255"
    ),
    "pickle with more behind": (python2(ARRAYS) + b"x", lambda p: read_pickled(p, LIMIT), "its end is not where"),
    "pickle that ends in nothing": (b"\x80\x02.", lambda p: read_pickled(p, LIMIT), "its end is not where"),
    "pickle of protocol 0": (pickle.dumps(ARRAYS[0], 0), lambda p: read_pickled(p, LIMIT), "is no array|asks for"),
    "pickle of protocol 9": (b"\x80\x09N.", lambda p: read_pickled(p, LIMIT), "it is a pickle of protocol 9"),
    "array made twice": (
        python2(ARRAYS[:1])[:-2] + b"(K\x01K\x00\x85h\x05\x89U\x00tbt.", lambda p: read_pickled(p, LIMIT),
        "the state of an array in it is none",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_refused_in_little_memory(kind: str, tmp_path: Path) -> None:
    found, read, said = HOSTILE[kind]
    path = tmp_path / "file"
    path.write_bytes(found)
    tracemalloc.start()
    try:
        with pytest.raises(ag.FileError, match=said) as caught:
            read(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith(f"cannot read {path}: ")
    assert len(str(caught.value)) < 300 + len(str(path))
    assert peak < 3 * 2**20


class Touch:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (self.path,)


def attacks(mark: str) -> dict[str, bytes]:
    word = mark.encode()
    call = b"(S'" + word + b"'\nS'w'\n"
    return {
        **{f"reduce {protocol}": pickle.dumps(Touch(mark), protocol) for protocol in range(6)},
        "inst": b"\x80\x02" + call + b"ibuiltins\nopen\n.",
        "obj": b"\x80\x02(cbuiltins\nopen\nU" + bytes([len(word)]) + word + b"U\x01wo.",
        "newobj": b"\x80\x02cio\nFileIO\nU" + bytes([len(word)]) + word + b"U\x01w\x86\x81.",
        "python 2": b"\x80\x02c__builtin__\neval\nU\x011\x85R.",
        "stack global": b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.",
        "getattr of numpy": b"\x80\x04\x8c\x05numpy\x8c\x04load\x93.",
        "numpy's own runner": b"\x80\x02cnumpy.testing._private.utils\nrunstring\n.",
        "extension": b"\x80\x02\x82\x01.",
        "persistent": b"\x80\x02U\x01aQ.",
        "name with a line": b"\x80\x04\x8c\x05numpy\x8c\x0dndarray\nevil\x93.",
        "call of an array": b"\x80\x02cnumpy\nndarray\nK\x05\x85R.",
        "call of a dtype with fields": b"\x80\x02cnumpy\ndtype\nU\x01O\x85R.",
        "other kind of array": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nmatrix\nK\x00\x85U\x01b\x87R.",
        "kind that is a call": HEAD.replace(b"cnumpy\nndarray\n", b"cbuiltins\nopen\n"),
        "state of a name": b"\x80\x02cnumpy\nndarray\n}b.",
        "dtype of objects by its state": (
            b"\x80\x02cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb."
        ),
    }


@pytest.mark.parametrize("kind", attacks("x"))
def test_nothing_in_a_pickle_is_run(kind: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    path = tmp_path / "mnist.pkl"
    for found in (attacks(str(mark))[kind], gzip.compress(attacks(str(mark))[kind])):
        path.write_bytes(found)
        with pytest.raises(ag.FileError, match=r"no array|asks for|damaged|protocol"):
            nn.mnist(path)
        assert not mark.exists()
    pickle.loads(pickle.dumps(Touch(str(mark))))  # noqa: S301 - that the mark would be seen
    assert mark.exists()


def test_the_reader_of_pickles_has_no_way_to_run_anything() -> None:
    source = (Path(nn.__file__).parent / "data" / "formats" / "pickled.py").read_text()
    for word in ("import pickle", "import_module", "__import__", "getattr", "eval(", "exec("):
        assert word not in source


# The real thing.

needs_the_book = pytest.mark.skipif(
    BOOK is None, reason="the book's mnist.pkl.gz is neither in ../shared/data nor named by AUTOGRAD_LITE_MNIST"
)


@needs_the_book
def test_the_books_own_file() -> None:
    assert BOOK is not None
    data = nn.mnist(BOOK)
    counts = [(len(x), len(y)) for x, y in data]
    assert counts == [(50_000, 50_000), (10_000, 10_000), (10_000, 10_000)]
    for x, y in data:
        assert x.shape[1:] == (784,) and y.shape[1:] == (10,)
        assert x.dtype == y.dtype == np.float32
        assert x.min() == 0 and x.max() == 255 / 256
        assert (y.sum(axis=1) == 1).all() and set(np.unique(y)) == {0, 1}
    # As the original files begin, and go on after 50,000; the number of each digit in the three sets.
    assert data.train[1][:10].argmax(axis=1).tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert data.test[1][:10].argmax(axis=1).tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert data.test[1].sum(axis=0).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert (data.train[1].sum(axis=0) + data.validation[1].sum(axis=0)).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip


@needs_the_book
@pytest.mark.slow
def test_the_books_file_damaged(tmp_path: Path) -> None:
    assert BOOK is not None
    whole = BOOK.read_bytes()
    rng = np.random.default_rng(3)
    path = tmp_path / "mnist.pkl.gz"
    for i in range(12):
        place = int(rng.integers(len(whole)))
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged[:place] if i % 2 else damaged)
        with pytest.raises(ag.FileError, match=f"^cannot read {path}: it (is damaged|ends too early)"):
            nn.mnist(tmp_path)
