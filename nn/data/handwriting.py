"""The handwritten digits that come with the package.

Knows one file and its attribution; must not know models.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from nn.arguments import float_dtype


class Digits(NamedTuple):
    """Images and one-hot targets to train on and to test on."""

    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


def digits(dtype: Any = np.float32) -> Digits:
    """1,797 real handwritten digits, 8 × 8 pixels: 1,437 to train on, 360 to test on.

    Images have shape (n, 64) with values in [0, 1], targets (n, 10), one-hot. The split is fixed
    and has every digit in the same proportion. Source: E. Alpaydin and C. Kaynak, Optical
    Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
    https://doi.org/10.24432/C50P49, CC BY 4.0.

    >>> (x, y), (x_test, y_test) = nn.digits()
    >>> x.shape, y.shape, x_test.shape
    ((1437, 64), (1437, 10), (360, 64))
    """
    dtype = float_dtype("digits", dtype)
    with np.load(str(files("nn.data") / "digits.npz"), allow_pickle=False) as stored:
        images, labels, test = stored["images"], stored["labels"], stored["test"]
    x = (images / 16).astype(dtype)
    y = np.eye(10, dtype=dtype)[labels]
    return Digits((x[~test], y[~test]), (x[test], y[test]))
