"""Writing a file whole or not at all: what every picture, page, curve and checkpoint is saved with; and opening one.

Knows paths and bytes. Must not know what is written, nor how its format is called.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from autograd_lite.errors import FileError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def writable(path: str | os.PathLike[str]) -> None:
    """Raise `FileError` where it is plain, before any work is done, that `path` cannot be written.

    >>> from autograd_lite import files
    >>> files.writable("no such folder/page.html")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    autograd_lite.errors.FileError: cannot write no such folder/page.html: there is no directory ...
    """
    target = Path(path)
    try:
        place = Path(os.path.realpath(target))
        if not place.parent.exists():
            raise FileError(f"cannot write {target}: there is no directory {place.parent}")
        if not place.parent.is_dir():
            raise FileError(f"cannot write {target}: {place.parent} is not a directory")
        if place.is_dir():
            raise FileError(f"cannot write {target}: it is a directory")
        if place.exists() and not place.is_file():
            raise FileError(f"cannot write {target}: it is not a plain file")
        # Replacing asks the directory alone: a file that was made read-only is to stay as it is.
        if place.exists() and not os.access(place, os.W_OK):
            raise FileError(f"cannot write {target}: the file is there already and must not be written")
    except FileError:
        raise
    except (OSError, ValueError) as error:
        raise _refused(target, error) from error


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Write `content` to `path`: to a file beside it first, then in its place at one stroke.

    A link stays one, and the file it leads to is written; a file that was there keeps its permissions,
    and its content where anything fails. Raises `FileError`, which is an `OSError`, with the path and
    the reason.

    >>> import tempfile
    >>> from autograd_lite import files
    >>> path = Path(tempfile.mkdtemp(), "a.txt")
    >>> files.write(path, b"whole")
    >>> path.read_bytes()
    b'whole'
    """
    with writing(path) as file:
        file.write(content)


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """An open draft beside `path`, which takes its place when the block has ended without an exception; see `write`.

    What stands in the draft is on the disk before it is given the name, and the name before the block is left: after
    a loss of power there is the old file or the new one.

    >>> import tempfile
    >>> from autograd_lite import files
    >>> path = Path(tempfile.mkdtemp(), "a.txt")
    >>> with files.writing(path) as file:
    ...     file.write(b"whole")
    5
    >>> path.read_bytes()
    b'whole'
    """
    writable(path)
    target = Path(os.path.realpath(path))
    try:
        _remove_orphans(target)
        draft = _draft(target)
        try:
            with _held(draft) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                draft.chmod(stat.S_IMODE(target.stat().st_mode))
            os.replace(draft, target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    except FileError:
        raise
    except OSError as error:
        raise _refused(Path(path), error) from error


def _draft(target: Path, token: str | None = None) -> Path:
    """A name beside the target for what is to take its place: the first half goes by the target, the second is new."""
    of = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]
    return target.with_name(f".{of}-{token or secrets.token_hex(8)}.part")


def _held(draft: Path) -> BinaryIO:
    """A new file that nobody takes for an orphan as long as it is open."""
    while True:
        file = open(draft, "x+b")  # noqa: SIM115 - closed by who asked for it
        if not _lock(file, wait=True) or os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # it was taken for one between these two lines


def _lock(file: BinaryIO, wait: bool = False) -> bool:
    """Hold a file for as long as it is open, or the process lives. Whether that could be done."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody else does, or the file system knows no locks
        return False
    return True


def _remove_orphans(target: Path) -> None:
    """Remove the drafts that processes have left which died while they wrote; nobody holds them."""
    head, tail = _draft(target, "x").name.split("x.")
    with suppress(OSError):
        orphans = [name for name in os.listdir(target.parent) if name.startswith(head) and name.endswith(f".{tail}")]
        for name in orphans:
            with suppress(OSError), open(target.with_name(name), "r+b") as file:
                if _lock(file):
                    os.unlink(file.name)


def _sync_folder(folder: Path) -> None:
    """Have the names of a folder written to the disk, where the system can be asked to."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems have no such thing
            raise
    finally:
        os.close(handle)


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A plain file, open for reading. Raises `FileError` with the path and the reason.

    >>> from autograd_lite import files
    >>> with files.reading("no such file.npz") as file:
    ...     pass
    Traceback (most recent call last):
    autograd_lite.errors.FileError: cannot read no such file.npz: No such file or directory
    """
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            kind = "a directory" if os.path.isdir(path) else "no plain file"
            raise FileError(f"cannot read {Path(path)}: it is {kind}")
        file = open(path, "rb")  # noqa: SIM115 - closed below, apart from the errors of opening
    except FileError:
        raise
    except (OSError, ValueError) as error:
        raise _refused(Path(path), error, "read") from error
    with file:
        try:
            yield file
        except FileError:
            raise
        except OSError as error:
            raise _refused(Path(path), error, "read") from error


def _refused(path: Path, error: OSError | ValueError, what: str = "write") -> FileError:
    # The system's own words name the draft, which nobody asked for.
    reason = getattr(error, "strerror", None) or str(error)
    refused = FileError(f"cannot {what} {path}: {reason}")
    refused.errno = getattr(error, "errno", None)
    return refused
