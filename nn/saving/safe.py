"""A checkpoint as a `.safetensors` file: the same keys and the same manifest, in the header's metadata.

The header also has the SHA-256 of the whole file, counted with zeros in the digest's own place, since the format itself
checks nothing. A file of another library has no manifest: its arrays by name are what is known of it. The package
safetensors reads and writes the format. Must not know what the arrays are for.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

import autograd_lite as ag
from nn.errors import CheckpointError
from nn.saving import manifest
from nn.saving.manifest import Manifest

MANIFEST, DIGEST = "autograd_lite.manifest", "autograd_lite.sha256"
_LONGEST = 3 * manifest.LONGEST  # bytes of a header: text in JSON in JSON is longer
_PLACE = b'"' + DIGEST.encode() + b'":"'

_DTYPES = {
    "BOOL": "|b1", "I8": "|i1", "U8": "|u1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "U32": "<u4", "I64": "<i8",
    "U64": "<u8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip
_KNOWN = frozenset(_DTYPES.values())


def write(file: BinaryIO, text: bytes, arrays: Mapping[str, np.ndarray]) -> None:
    """Write manifest and arrays, which are contiguous and of a dtype in the format; see `refuse`."""
    library = _library()
    metadata = {MANIFEST: text.decode(), DIGEST: "0" * 64}
    content = bytearray(library.numpy.save(dict(arrays), metadata))
    if struct.unpack("<Q", content[:8])[0] > _LONGEST:
        raise ag.ArgumentError(
            f"save: {len(arrays):,} arrays are more than a file has room for: give many small ones as one, as in "
            "np.stack(arrays)"
        )
    at = content.index(_PLACE) + len(_PLACE)
    content[at : at + 64] = hashlib.sha256(content).hexdigest().encode()
    file.write(content)


def refuse(arrays: Mapping[str, np.ndarray]) -> None:
    """Raise `ArgumentError` for arrays that the format has no dtype for."""
    if "__metadata__" in arrays:
        raise ag.ArgumentError("save: in a .safetensors file __metadata__ has a meaning: give this thing another name")
    for key, array in arrays.items():
        if array.dtype.str not in _KNOWN:
            raise ag.ArgumentError(
                f"save: {key} has dtype {array.dtype}, which .safetensors files do not have: save an .npz file"
            )


def read(name: str, file: BinaryIO) -> tuple[Manifest | None, dict[str, np.ndarray]]:
    """The manifest, or `None` in the file of another library, and the arrays.

    Raises `CheckpointError` for what is no such file, or is damaged; without a manifest much of the damage cannot be
    seen.
    """
    library = _library()
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 0 < length <= size - 8:
        raise CheckpointError(f"{name} is no .safetensors file, or was cut short")
    if length > _LONGEST:
        raise CheckpointError(f"{name} is no checkpoint: its header has {length:,} bytes, more than {_LONGEST:,}")
    header = file.read(length)
    metadata = _metadata(name, header)
    content = bytearray(start + header + file.read())
    text = metadata.get(MANIFEST)
    if text is not None:
        _refuse_damage(name, content, header, metadata.get(DIGEST))
    elif DIGEST.encode() in header or MANIFEST.encode() in header:
        raise CheckpointError(f"{name} is damaged: its manifest is not where it was written")
    try:
        arrays = {key: _array(name, key, each) for key, each in sorted(library.deserialize(bytes(content)))}
    except library.SafetensorError as error:
        raise CheckpointError(f"{name} is damaged, or no .safetensors file: {error}") from error
    if text is None:
        return None, arrays
    known = manifest.read(name, text.encode())
    expected = {key: (each.shape, each.dtype) for key, each in known.arrays.items()}
    if {key: (array.shape, array.dtype) for key, array in arrays.items()} != expected:
        raise CheckpointError(f"{name} is damaged: its arrays are not those of its manifest")
    for key, array in arrays.items():
        manifest.refuse_another(name, key, array, known.arrays[key])
    return known, arrays


def _library() -> ModuleType:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise ag.ArgumentError(
            ".safetensors files need the package safetensors, which is not installed: pip install safetensors, or "
            "pip install autograd-lite[safetensors]; .npz files need nothing"
        ) from None
    return safetensors


def _metadata(name: str, header: bytes) -> dict[str, str]:
    """What the header says beside its arrays; a key that stands there twice would smuggle in another array."""
    try:
        known = manifest.parsed(header)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{name} is damaged, or no .safetensors file: its header cannot be read: {error}"
        ) from None
    found = known.get("__metadata__", {}) if isinstance(known, dict) else None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise CheckpointError(f"{name} is damaged, or no .safetensors file: its header is not that of one")
    return found


def _refuse_damage(name: str, content: bytearray, header: bytes, said: str | None) -> None:
    at = 8 + header.find(_PLACE) + len(_PLACE)
    digest = bytes(content[at : at + 64])
    if header.count(_PLACE) != 1 or said is None or digest != said.encode():
        raise CheckpointError(f"{name} is damaged: its digest is not where it was written")
    content[at : at + 64] = b"0" * 64
    if hashlib.sha256(content).hexdigest() != said:
        raise CheckpointError(f"{name} is damaged: what stands in it is not what was written (SHA-256 differs)")


def _array(name: str, key: str, each: dict[str, Any]) -> np.ndarray:
    dtype, shape, data = each["dtype"], each["shape"], each["data"]
    if dtype == "BF16":  # the upper half of single precision, which NumPy does not have by itself
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").reshape(shape)
    if dtype not in _DTYPES:
        raise CheckpointError(f"{name}: {key!r} has dtype {dtype}, which NumPy does not have")
    return np.frombuffer(bytearray(data), _DTYPES[dtype]).reshape(shape)
