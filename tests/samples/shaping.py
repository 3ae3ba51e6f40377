"""Samples of operations on shape and dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import AXIS, TWO_BY_THREE, Bad, Sample, bad, normal, sample, unary_errors, whole

SAMPLES: dict[str, list[Sample]] = {
    "reshape": [
        sample(normal(2, 3), shape=(3, 2)),
        sample(normal(2, 3), shape=-1),
        sample(normal(2, 3, 5), shape=(5, -1)),
        sample(normal(1), shape=()),
    ],
    "transpose": [
        sample(normal(2, 3)),
        sample(normal(2, 3, 5), axes=(1, 2, 0)),
        sample(normal(2, 3, 5), axes=(-1, 0, 1)),
        sample(normal(3)),
    ],
    "swapaxes": [sample(normal(2, 3, 5), axis1=0, axis2=2), sample(normal(2, 3, 5), axis1=-1, axis2=1)],
    "expand_dims": [sample(normal(2, 3), axis=1), sample(normal(2, 3), axis=(0, -1)), sample(normal(), axis=0)],
    "squeeze": [sample(normal(2, 1, 3, 1)), sample(normal(2, 1, 3, 1), axis=1), sample(normal(1, 3, 1), axis=(0, -1))],
    "broadcast_to": [
        sample(normal(3), shape=(2, 3)),
        sample(normal(3, 1), shape=(2, 3, 5)),
        sample(normal(), shape=(2, 3)),
        sample(normal(2, 3), shape=(2, 3)),
    ],
    "zeros_like": [sample(normal(3, 2)), sample(whole(2))],
    "ones_like": [sample(normal(3, 2)), sample(whole(2))],
    "astype": [
        sample(normal(3, 2), dtype=np.dtype(np.float64), keeps_dtype=False),
        sample(normal(3, 2), dtype=np.dtype(np.float32), order=0),
    ],
}

REFERENCES: dict[str, Callable[..., Any]] = {
    "astype": lambda x, dtype: x.astype(dtype),
}

ERRORS: dict[str, list[Bad]] = {
    "reshape": [
        bad(
            ag.ShapeError,
            r"reshape\(x \(2, 3\) float64, shape=\(4,\)\): .*size 6 into shape \(4,\)",
            TWO_BY_THREE,
            shape=(4,),
        ),
        bad(ag.ArgumentError, r"reshape\(x, shape\) misses shape", TWO_BY_THREE),
    ],
    "transpose": [
        bad(ag.ShapeError, r"transpose\(x \(2, 3\) float64, axes=\(0,\)\): axes don't match", TWO_BY_THREE, axes=(0,)),
        bad(ag.AxisError, rf"transpose\(.*\): .*{AXIS}", TWO_BY_THREE, axes=(0, 2)),
        bad(ag.AxisError, r"transpose\(.*\): .*repeated axis", TWO_BY_THREE, axes=(0, 0)),
    ],
    "swapaxes": [
        bad(
            ag.AxisError,
            r"swapaxes\(x \(2, 3\) .*, axis1=0, axis2=2\): .*axis2: axis 2 is out",
            TWO_BY_THREE,
            axis1=0,
            axis2=2,
        )
    ],
    "expand_dims": [bad(ag.AxisError, r"expand_dims\(.*\): .*axis 4 is out of bounds", TWO_BY_THREE, axis=4)],
    "squeeze": [
        bad(ag.ShapeError, r"squeeze\(x \(2, 3\) float64, axis=0\): .*not equal to one", TWO_BY_THREE, axis=0),
        bad(ag.AxisError, rf"squeeze\(.*\): .*{AXIS}", TWO_BY_THREE, axis=2),
    ],
    "broadcast_to": [
        bad(ag.ShapeError, r"broadcast_to\(x \(2, 3\) float64, shape=\(2, 4\)\)", TWO_BY_THREE, shape=(2, 4))
    ],
    "zeros_like": unary_errors("zeros_like"),
    "ones_like": unary_errors("ones_like"),
    "astype": [bad(ag.ArgumentError, r"astype\(x, dtype\) misses dtype", TWO_BY_THREE)],
}
