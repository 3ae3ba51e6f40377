"""A checkpoint as an `.npz` file: a zip archive of stored `.npy` files, with the manifest as its first member.

NumPy opens it, without pickles. The comment at the end of the archive is the SHA-256 of every byte before it, so that
no bit of the file, those of its headers included, changes unseen. Reading allocates no more than what the file itself
holds. Must not know what the arrays are for.
"""

from __future__ import annotations

import errno
import hashlib
import struct
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

import autograd_lite as ag
from nn.errors import CheckpointError
from nn.saving import manifest
from nn.saving.manifest import Expected, Manifest

MEMBER = "manifest.json"
_SIGN = b"sha256:"
_COMMENT = len(_SIGN) + 64
_END, _LOCATOR, _END64 = 22, 20, 56  # bytes of the records at the end of a zip archive
_MOST_NAMES = 16 * 2**20  # bytes of the archive's list of members
_CHUNK = 2**20


def refuse(arrays: Mapping[str, np.ndarray]) -> None:
    """Raise `ArgumentError` for more arrays than `read` would take."""
    if sum(len(key.encode()) + 100 for key in arrays) > _MOST_NAMES:
        raise ag.ArgumentError(
            f"save: {len(arrays):,} arrays are more than a file has room for: give many small ones as one, as in "
            "np.stack(arrays)"
        )


def write(file: BinaryIO, text: bytes, arrays: Mapping[str, np.ndarray]) -> None:
    """Write manifest and arrays into a new file that can be read too."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.comment = _SIGN + b"0" * 64
        with archive.open(_info(MEMBER, len(text)), "w") as member:
            member.write(text)
        for key, array in arrays.items():
            with archive.open(_info(f"{key}.npy", array.nbytes + _CHUNK), "w") as member:
                npy.write_array(member, array, allow_pickle=False)
    length = file.seek(0, 2) - 64
    found = _hash(file, length)
    file.seek(length)
    file.write(found)


def read(name: str, file: BinaryIO) -> tuple[Manifest, dict[str, np.ndarray]]:
    """The manifest and the arrays of a file. Raises `CheckpointError` for what is no checkpoint, or is damaged."""
    size = file.seek(0, 2)
    _refuse_damage(name, file, size)
    _refuse_long_list(name, file, size)
    try:
        with zipfile.ZipFile(file) as archive:
            members = {info.filename: info for info in archive.infolist()}
            _refuse_what_is_not_stored(name, archive.infolist(), size)
            if MEMBER not in members or members[MEMBER].file_size > manifest.LONGEST:
                raise CheckpointError(f"{name} is no checkpoint: it has no manifest")
            known = manifest.read(name, archive.read(MEMBER))
            _refuse_other_members(name, members, known)
            return known, {key: _array(name, archive, key, each) for key, each in known.arrays.items()}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, struct.error, ValueError, RuntimeError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{name} is damaged: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # the place of a member that lies outside of the file
            raise
        raise CheckpointError(f"{name} is damaged: a member lies outside of it") from error


def _info(filename: str, most: int) -> zipfile.ZipInfo:
    """A member without a date, so that the same things make the same file."""
    info = zipfile.ZipInfo(filename, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    info.file_size = most  # by which the archive knows whether it needs large numbers
    return info


def _hash(file: BinaryIO, length: int) -> bytes:
    """The SHA-256 of the first `length` bytes, in hexadecimal digits."""
    found = hashlib.sha256()
    file.seek(0)
    while length > 0:
        part = file.read(min(length, _CHUNK))
        if not part:
            break
        found.update(part)
        length -= len(part)
    return found.hexdigest().encode()


def _refuse_damage(name: str, file: BinaryIO, size: int) -> None:
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        raise CheckpointError(f"{name} is no checkpoint: it is empty" if not size else f"{name} is no .npz archive")
    file.seek(max(size - _COMMENT, 0))
    comment = file.read(_COMMENT)
    if size < _END + _COMMENT or not comment.startswith(_SIGN):
        raise CheckpointError(
            f"{name} is no whole checkpoint: it does not end in the digest that nn.save writes last: it was cut short, "
            "or another program wrote it (arrays of np.savez are read by np.load(path, allow_pickle=False))"
        )
    if _hash(file, size - 64) != comment[len(_SIGN) :]:
        raise CheckpointError(f"{name} is damaged: what stands in it is not what was written (SHA-256 differs)")


def _refuse_long_list(name: str, file: BinaryIO, size: int) -> None:
    """Look at what the list of members claims to take before anything is made of it."""
    file.seek(size - _COMMENT - _END)
    end = file.read(_END)
    lengths = [struct.unpack_from("<I", end, 12)[0]]
    if size >= _COMMENT + _END + _LOCATOR + _END64:
        file.seek(size - _COMMENT - _END - _LOCATOR - _END64)
        further = file.read(_END64 + _LOCATOR)
        if further[_END64:].startswith(b"PK\x06\x07"):
            lengths.append(struct.unpack_from("<Q", further, 40)[0])
    if not end.startswith(b"PK\x05\x06") or max(lengths) > _MOST_NAMES:
        raise CheckpointError(f"{name} is damaged: its list of members is not that of a checkpoint")


def _refuse_what_is_not_stored(name: str, infos: list[zipfile.ZipInfo], size: int) -> None:
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size or info.flag_bits & 1:
            raise CheckpointError(
                f"{name} is no checkpoint: {info.filename!r:.60} is packed, and nn.save packs nothing"
            )
    if len({info.filename for info in infos}) != len(infos):
        raise CheckpointError(f"{name} is damaged: it has two members of one name")
    if sum(info.file_size for info in infos) > size:
        raise CheckpointError(f"{name} is damaged: its members claim more bytes than the file has")


def _refuse_other_members(name: str, members: Mapping[str, Any], known: Manifest) -> None:
    there, listed = members.keys() - {MEMBER}, {f"{key}.npy" for key in known.arrays}
    if there != listed:
        odd = ", ".join(f"{each!r:.60}" for each in sorted(there ^ listed)[:5])
        raise CheckpointError(f"{name} is damaged: its members are not those of its manifest: {odd}")


def _array(name: str, archive: zipfile.ZipFile, key: str, expected: Expected) -> np.ndarray:
    """An array, read once its header is known to say what the manifest says and its bytes to be there."""
    info = archive.getinfo(f"{key}.npy")
    with archive.open(info) as member:
        if npy.read_magic(member) != (1, 0):
            raise CheckpointError(f"{name} is damaged: the array {key!r} is in another version of the format")
        shape, by_columns, dtype = npy.read_array_header_1_0(member)
        if (shape, dtype) != (expected.shape, expected.dtype) or (by_columns and len(shape) > 1):
            raise CheckpointError(f"{name} is damaged: the array {key!r} is not what the manifest says")
        if info.file_size - member.tell() != expected.bytes:
            raise CheckpointError(f"{name} is damaged: the array {key!r} has not as many bytes as its shape needs")
        array = np.empty(shape, dtype)
        if expected.bytes:
            room = array.reshape(-1).view(np.uint8).data
            at = 0
            while at < len(room):
                part = member.read(min(_CHUNK, len(room) - at))
                if not part:
                    raise EOFError(f"the array {key!r} ends early")
                room[at : at + len(part)] = part
                at += len(part)
    manifest.refuse_another(name, key, array, expected)
    return array
