"""NPZ: a zip archive of arrays, as `np.savez` writes it and Keras has MNIST in.

What an array's header declares is held against the size of its member before anything of that size is made.
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from collections.abc import Collection
from typing import BinaryIO

import numpy as np

from nn.data.formats.arrays import filled
from nn.data.formats.content import opened, refuse

_LARGEST_DIRECTORY = 2**16
_KNOWN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the memory that others need stands in the file
_HEADER = re.compile(
    rb"\{'descr': '([<>|=]?(?:b1|[iu][1248]|f[248]))', 'fortran_order': (False|True), "
    rb"'shape': \(((?:\d{1,19},)?|\d{1,19}(?:, ?\d{1,19}){1,7},?)\),? ?\}\s*"
)
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, RuntimeError, NotImplementedError, OSError,
    OverflowError, IndexError,
)  # fmt: skip
"""What `zipfile` raises for archives that are damaged, by accident or on purpose."""


def read_npz(path: str | os.PathLike[str], names: Collection[str], limit: int) -> dict[str, np.ndarray]:
    """The arrays of those names. Raises `FileError` for a missing one, for damage, and beyond `limit` bytes in all."""
    with opened(path, limit) as file:
        _refuse_large_directory(path, file)
        try:
            archive = zipfile.ZipFile(file)
        except _DAMAGE as error:
            refuse(path, f"it is no zip archive, or damaged: {error}")
        with archive:
            members: dict[str, zipfile.ZipInfo] = {}
            for each in archive.infolist():
                if each.filename in members:
                    refuse(path, f"two members are called {each.filename!r:.60}")
                members[each.filename] = each
            missing = [name for name in names if f"{name}.npy" not in members]
            if missing:
                refuse(path, f"there is no array {' or '.join(missing)} in it")
            declared = sum(members[f"{name}.npy"].file_size for name in names)
            if declared > limit:
                refuse(path, f"its arrays have {declared:,} bytes, more than the {limit:,} that are read")
            return {name: _array(path, archive, members[f"{name}.npy"]) for name in names}


def _refuse_large_directory(path: str | os.PathLike[str], file: BinaryIO) -> None:
    """Raise `FileError` for an archive of very many members, each of which would become an object."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - 42))
    end = file.read(42)
    if end[-22:-18] != b"PK\5\6" or end[:4] == b"PK\6\7":
        refuse(path, "it is no zip archive of arrays, or truncated: its end is not where it should be")
    if int.from_bytes(end[-10:-6], "little") > _LARGEST_DIRECTORY:
        refuse(path, "it has many more members than a few arrays need")


def _array(path: str | os.PathLike[str], archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    name = member.filename
    if member.compress_type not in _KNOWN or member.flag_bits & 1:
        refuse(path, f"{name} is encrypted, or packed in a way that is not read here")
    try:
        with archive.open(member) as stream:
            found = stream.read(member.file_size)
            # Its checksum is looked at where it ends.
            if len(found) != member.file_size or stream.read(1):
                refuse(path, f"{name} is not as long as the archive says: it is damaged")
    except _DAMAGE as error:
        refuse(path, f"{name} is damaged: {error}")
    if found[:6] != b"\x93NUMPY" or len(found) < 12 or found[6] not in (1, 2, 3):
        refuse(path, f"{name} is no array of NumPy's")
    start = 10 if found[6] == 1 else 12
    end = start + int.from_bytes(found[8:start], "little")
    header = _HEADER.fullmatch(found, start, min(end, len(found)))
    if header is None or end > len(found):
        refuse(path, f"the header of {name} is not that of an array of numbers")
    dtype = np.dtype(header[1].decode())
    shape = [int(each) for each in header[3].replace(b",", b" ").split()]
    array = filled(memoryview(found)[end:], dtype, shape, "F" if header[2] == b"True" else "C")
    if array is None:
        refuse(path, f"{name} has {len(found) - end:,} bytes, and by its header the shape {shape} of {dtype}")
    return array
