"""IDX: the format that the original files of MNIST are in, one array a file.

Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits, 1998.
"""

from __future__ import annotations

import os
from math import prod

import numpy as np

from nn.data.formats.arrays import MOST_AXES, filled
from nn.data.formats.content import content, refuse

_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str], limit: int) -> np.ndarray:
    """The array of an IDX file, gzip's or not. Raises `FileError` where its header and its length are not of one piece.

    Two bytes 0, one for the dtype and one for the number of axes; then the length of each axis, and the elements, all
    with their highest byte first.
    """
    found = content(path, limit)
    if len(found) < 4:
        refuse(path, f"it has {len(found)} bytes, too few for the header of an IDX file: it is truncated")
    if found[:2] != b"\0\0" or found[2] not in _DTYPES or not 1 <= found[3] <= MOST_AXES:
        refuse(path, f"it is no IDX file: it begins with the bytes {found[:4].hex(' ')}")
    start = 4 + 4 * found[3]
    shape = [int.from_bytes(found[i : i + 4], "big") for i in range(4, start, 4)]
    dtype = np.dtype(_DTYPES[found[2]])
    array = filled(memoryview(found)[start:], dtype, shape)
    if array is None:
        there, declared = len(found) - start, prod(shape) * dtype.itemsize
        cut = ": it is truncated" if there < declared else ""
        refuse(path, f"its header, of {found[3]} axes, declares {declared:,} bytes, and {max(there, 0):,} follow{cut}")
    return array
