"""The bytes of a file, unpacked where they are gzip's, up to a limit; and what is said of a file that cannot be read.

Knows paths and bytes. Must not know what is in them.
"""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import autograd_lite as ag

_CHUNK = 2**20
_GZIP = b"\x1f\x8b"


def refuse(path: str | os.PathLike[str], reason: str, number: int | None = None) -> NoReturn:
    """Raise `FileError` with the path and the reason.

    >>> from nn.data.formats.content import refuse
    >>> refuse("a.npz", "it is empty")
    Traceback (most recent call last):
    autograd_lite.errors.FileError: cannot read a.npz: it is empty
    """
    error = ag.FileError(f"cannot read {os.fspath(path)}: {reason}")
    error.errno = number
    raise error from None


def path_of(caller: str, path: Any) -> Path:
    """A path as one. Raises `ArgumentError` for what is none, a number above all: it would name an open file.

    >>> from nn.data.formats.content import path_of
    >>> path_of("mnist", "data").name
    'data'
    """
    try:
        if isinstance(path, str | os.PathLike):
            return Path(os.fsdecode(path))
    except TypeError:
        pass
    raise ag.ArgumentError(f"{caller}: path is a str or a pathlib.Path, not {path!r:.60}")


@contextmanager
def opened(path: str | os.PathLike[str], limit: int) -> Iterator[BinaryIO]:
    """A plain file of at most `limit` bytes, open for reading. Raises `FileError` where there is none to be read."""
    try:
        # Before it is opened: that of a pipe would wait for somebody to write.
        there = os.stat(path)
        if not stat.S_ISREG(there.st_mode):
            refuse(path, "it is a directory" if stat.S_ISDIR(there.st_mode) else "it is not a plain file")
        if there.st_size > limit:
            refuse(path, f"it has {there.st_size:,} bytes, more than the {limit:,} that are read")
        file = open(path, "rb")  # noqa: SIM115 - it is closed below
    except (OSError, ValueError) as error:
        if isinstance(error, ag.FileError):
            raise
        refuse(path, getattr(error, "strerror", None) or str(error), getattr(error, "errno", None))
    with file:
        try:
            yield file
        except OSError as error:
            if isinstance(error, ag.FileError):
                raise
            refuse(path, error.strerror or str(error), error.errno)


def content(path: str | os.PathLike[str], limit: int) -> bytearray:
    """The bytes of a file, unpacked where it is gzip's: at most `limit`, and no more are ever held.

    Raises `FileError` where there are more, where gzip's checksum is not theirs, and where the file ends too early.
    """
    with opened(path, limit) as file:
        packed = file.read(2) == _GZIP
        file.seek(0)
        found = bytearray()
        with gzip.GzipFile(fileobj=file) if packed else file as stream:
            while True:
                try:
                    chunk = stream.read(min(_CHUNK, limit + 1 - len(found)))
                except EOFError:
                    refuse(path, "it ends too early: it is truncated")
                except (gzip.BadGzipFile, zlib.error) as error:
                    refuse(path, f"it is damaged: {error}")
                if not chunk:
                    return found
                found += chunk
                if len(found) > limit:
                    refuse(path, f"it unpacks to more than the {limit:,} bytes that are read")
