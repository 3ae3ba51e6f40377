"""Samples of operations that join arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import AXIS, TWO_BY_THREE, Bad, Sample, bad, normal, sample

SAMPLES: dict[str, list[Sample]] = {
    "concatenate": [
        sample(normal(2, 3), normal(5, 3)),
        sample(normal(2, 3), normal(2, 1), normal(2, 5), axis=1),
        sample(normal(2, 3, 1), normal(2, 2, 1), axis=-2),
        sample(normal(2, 3), normal(2), axis=None),
        sample(normal(3)),
    ],
    "stack": [
        sample(normal(2, 3), normal(2, 3)),
        sample(normal(2, 3), normal(2, 3), normal(2, 3), axis=1),
        sample(normal(2), normal(2), axis=-1),
        sample(normal(), normal()),
    ],
}

REFERENCES: dict[str, Callable[..., Any]] = {
    "concatenate": lambda *arrays, axis=0: np.concatenate(arrays, axis=axis),
    "stack": lambda *arrays, axis=0: np.stack(arrays, axis=axis),
}

ERRORS: dict[str, list[Bad]] = {
    "concatenate": [
        bad(
            ag.ShapeError,
            r"concatenate\(arrays\[0\] \(2, 3\).*arrays\[1\] \(2, 4\).*axis=0\)",
            TWO_BY_THREE,
            np.ones((2, 4)),
        ),
        bad(ag.AxisError, rf"concatenate\(.*\): .*{AXIS}", TWO_BY_THREE, TWO_BY_THREE, axis=2),
        bad(ag.ArgumentError, r"concatenate", []),
    ],
    "stack": [
        bad(ag.ShapeError, r"stack\(.*\): .*same shape", TWO_BY_THREE, np.ones((2, 4))),
        bad(ag.AxisError, r"stack\(.*\): .*axis 3 is out of bounds", TWO_BY_THREE, TWO_BY_THREE, axis=3),
        bad(ag.ArgumentError, r"stack", []),
    ],
}
