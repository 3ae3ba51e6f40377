"""Arrays of bytes whose number is known to be right. Knows dtypes and shapes. Must not know files."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

MOST_AXES = 8


def filled(elements: Any, dtype: np.dtype[Any], shape: Sequence[int], order: str = "C") -> np.ndarray | None:
    """An array over those bytes, which are not copied; `None` where shape and dtype are of another number of bytes.

    >>> from nn.data.formats.arrays import filled
    >>> filled(b"abcdef", np.dtype("u1"), [2, 3])[1]
    array([100, 101, 102], dtype=uint8)
    >>> filled(b"abcdef", np.dtype("u1"), [10**12, 10**12]) is None
    True
    """
    if len(shape) > MOST_AXES or not all(each > 0 for each in shape):
        return None
    if prod(shape) * dtype.itemsize != len(elements):
        return None
    found: np.ndarray = np.frombuffer(elements, dtype).reshape(shape, order="F" if order == "F" else "C")
    return found
