"""MNIST: where its files are looked for, and the three sets of the book from any form they are in.

Knows names of files, folders and how many images there are. How a format is read stands in `formats`. No file comes
with the package, and nothing is downloaded.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from nn.arguments import float_dtype
from nn.data.formats.content import opened, path_of, refuse
from nn.data.formats.idx import read_idx
from nn.data.formats.npz import read_npz
from nn.data.formats.pickled import read_pickled

LIMIT = 2**28
"""The most bytes that a file may have, packed and unpacked: the largest, the book's, has 220 million."""

_TRAINING, _VALIDATION, _TEST = 50_000, 10_000, 10_000
_PIXELS = 784
_VARIABLE = "AUTOGRAD_LITE_DATA"
_WHOLE = ("mnist.pkl.gz", "mnist.npz", "mnist.pkl")
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
_IDX = tuple(f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))


class Mnist(NamedTuple):
    """Images and one-hot targets to train on, to choose by, and to test on."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


def mnist(path: str | os.PathLike[str] | None = None, dtype: Any = np.float32) -> Mnist:
    """The 70,000 handwritten digits of MNIST: 50,000 to train on, 10,000 to choose by, 10,000 to test on.

    Images of 28 × 28 pixels have shape (n, 784) and values from 0 to 255/256, as in the book; targets (n, 10),
    one-hot. `path` is one of these files, or a folder that has them, itself or in a folder `mnist`:

    - `mnist.pkl.gz`, the book's;
    - `mnist.npz`, Keras';
    - `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, the
      original ones, each as it is or with `.gz`. The first 50,000 to train on and the other 10,000 are the book's.

    Without `path` they are looked for where the environment variable AUTOGRAD_LITE_DATA says, else in the user's
    folder for caches. Nothing is downloaded. Raises `FileError` where there is none, with the names and the place, and
    for a file that is damaged, is larger than 256 MiB, unpacked too, or has something else in it; code in a file is
    never run. Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits, 1998.

    >>> nn.mnist("no such folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    autograd_lite.errors.FileError: mnist: there is no no such folder, which was given as path. What belongs there ...
    """
    dtype = float_dtype("mnist", dtype)
    sets = _sets(_files(*_place(path)), dtype)
    return Mnist(*((x, np.eye(10, dtype=dtype)[labels]) for x, labels in sets))


def _place(path: str | os.PathLike[str] | None) -> tuple[Path, str]:
    """Where to look, and why there."""
    if path is not None:
        return path_of("mnist", path), "which was given as path"
    known = os.environ.get(_VARIABLE)
    if known:
        return Path(known), f"of which {_VARIABLE} speaks"
    return cache_folder(), f"the folder for caches: path= or {_VARIABLE} name another"


def cache_folder() -> Path:
    """The user's folder for what can be had again, by the rules of the platform.

    $XDG_CACHE_HOME or ~/.cache, on macOS ~/Library/Caches, on Windows %LOCALAPPDATA%. Source: XDG Base Directory
    Specification 0.8, by which a variable that holds no absolute path is passed over.

    >>> from nn.data.mnist_files import cache_folder
    >>> cache_folder().name
    'autograd_lite'
    """
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "autograd_lite"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "autograd_lite"
    known = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (known if known.is_absolute() else Path.home() / ".cache") / "autograd_lite"


def _files(place: Path, whose: str) -> list[Path]:
    """One file, or the four original ones. Raises `FileError` where neither is there."""
    try:
        if not place.is_dir() and place.exists():
            if _plain(place.name) not in _IDX:
                return [place]
            place = place.parent  # with the other three
        for folder in (place, place / "mnist"):
            for name in _WHOLE:
                if (folder / name).exists():
                    return [folder / name]
            found = {_plain(each.name): each for each in sorted(folder.iterdir())} if folder.is_dir() else {}
            missing = [name for name in _IDX if name not in found]
            if not missing:
                return [found[name] for name in _IDX]
            if len(missing) < len(_IDX):
                raise _none(f"{folder} has no {' and no '.join(missing)}")
    except ag.FileError:
        raise
    except (OSError, ValueError) as error:
        refuse(place, getattr(error, "strerror", None) or str(error), getattr(error, "errno", None))
    raise _none(f"there is no MNIST in {place}, {whose}" if place.exists() else f"there is no {place}, {whose}")


def _plain(name: str) -> str:
    """The name of an original file, which some programs unpack with another dot."""
    return name.removesuffix(".gz").replace(".idx", "-idx")


def _none(reason: str) -> ag.FileError:
    error = ag.FileError(
        f"mnist: {reason}. What belongs there is mnist.pkl.gz (the book's), mnist.npz (Keras') or the four files "
        f"{', '.join(_IDX)}, as they are or with .gz; nn.digits() are 1,797 handwritten digits that need no file"
    )
    error.errno = errno.ENOENT
    return error


def _sets(files: list[Path], dtype: np.dtype[Any]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Images and labels of the three sets, in whatever form they are stored."""
    path = files[0]
    if len(files) == 1 and not _is_archive(path):
        found = read_pickled(path, LIMIT)
        if not (_is_row(found, 3) and all(_is_row(each, 2) for each in found)):
            refuse(path, "it holds no three pairs of images and labels")
        counts = (_TRAINING, _VALIDATION, _TEST)
        return [
            (_images(path, images, count, dtype), _labels(path, labels, count))
            for (images, labels), count in zip(found, counts, strict=True)
        ]
    if len(files) == 1:
        stored = read_npz(path, _ARRAYS, LIMIT)
        files = files * len(_ARRAYS)
        arrays = [stored[name] for name in _ARRAYS]
    else:
        arrays = [read_idx(each, LIMIT) for each in files]
    counted = zip(files, arrays, [_TRAINING + _VALIDATION] * 2 + [_TEST] * 2, strict=True)
    x, labels, x_test, labels_test = (
        _labels(each, array, count) if i % 2 else _images(each, array, count, dtype)
        for i, (each, array, count) in enumerate(counted)
    )
    return [
        (x[:_TRAINING], labels[:_TRAINING]),
        (x[_TRAINING:], labels[_TRAINING:]),
        (x_test, labels_test),
    ]


def _is_archive(path: Path) -> bool:
    with opened(path, LIMIT) as file:
        return file.read(2) == b"PK"


def _is_row(value: Any, count: int) -> bool:
    return isinstance(value, tuple | list) and len(value) == count


def _images(path: Path, images: Any, count: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Images as rows of numbers from 0 to 255/256. Raises `FileError` where they are none."""
    if getattr(images, "shape", None) not in ((count, 28, 28), (count, _PIXELS)) or images.dtype.kind not in "uf":
        refuse(path, f"where MNIST has {count:,} images of 28 × 28 pixels it has {_what(images)}")
    x: np.ndarray = images.reshape(count, _PIXELS).astype(dtype)
    if images.dtype.kind == "u":
        x *= dtype.type(1 / 256)
    if not 0 <= x.min() <= x.max() <= 1:  # nor nan, which is in no order
        refuse(path, f"its pixels go from {x.min()} to {x.max()}, and not from 0 to 1")
    return x


def _labels(path: Path, labels: Any, count: int) -> np.ndarray:
    """Labels from 0 to 9. Raises `FileError` where they are none."""
    if getattr(labels, "shape", None) != (count,) or labels.dtype.kind not in "iu":
        refuse(path, f"where MNIST has {count:,} labels it has {_what(labels)}")
    if not 0 <= labels.min() <= labels.max() <= 9:
        refuse(path, f"its labels go from {labels.min()} to {labels.max()}, and digits from 0 to 9")
    found: np.ndarray = labels
    return found


def _what(value: Any) -> str:
    return f"an array of shape {value.shape} and dtype {value.dtype}" if hasattr(value, "shape") else "no array"
