"""Writing a file whole or not at all: what every picture, page and curve is saved with.

Knows paths and bytes. Must not know what is written, nor how its format is called.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from autograd_lite.errors import FileError


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
    writable(path)
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        try:
            with open(draft, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                draft.chmod(stat.S_IMODE(target.stat().st_mode))
            os.replace(draft, target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _refused(Path(path), error) from error


def _refused(path: Path, error: OSError | ValueError) -> FileError:
    # The system's own words name the draft, which nobody asked for.
    reason = getattr(error, "strerror", None) or str(error)
    refused = FileError(f"cannot write {path}: {reason}")
    refused.errno = getattr(error, "errno", None)
    return refused
