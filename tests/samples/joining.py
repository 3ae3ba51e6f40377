"""Samples of operations that join arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import AXIS, TWO_BY_THREE, Bad, Sample, bad, each_part, normal, sample

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
    "split": [
        *each_part(2, sample(normal(4, 3), indices_or_sections=2)),
        *each_part(3, sample(normal(2, 5), indices_or_sections=(1, 3), axis=-1)),
        *each_part(3, sample(normal(5), indices_or_sections=(3, 1))),
        *each_part(2, sample(normal(3), indices_or_sections=(7,))),
        *each_part(1, sample(normal(2, 3), indices_or_sections=1, axis=1)),
    ],
}

REFERENCES: dict[str, Callable[..., Any]] = {
    "concatenate": lambda *arrays, axis=0: np.concatenate(arrays, axis=axis),
    "stack": lambda *arrays, axis=0: np.stack(arrays, axis=axis),
}

ERRORS: dict[str, list[Bad]] = {
    "split": [
        bad(ag.AxisError, rf"split\(.*\): .*{AXIS}", TWO_BY_THREE, 1, axis=2),
        bad(ag.ArgumentError, r"split\(.*\): an axis of 3 elements cannot be split into 2", TWO_BY_THREE, 2, axis=1),
        bad(ag.ArgumentError, r"split\(.*\): .* into 0 equal parts", TWO_BY_THREE, 0),
        bad(ag.DtypeError, r"split", TWO_BY_THREE, 1.5),
        bad(ag.ArgumentError, r"split\(.*\) misses indices_or_sections", TWO_BY_THREE),
    ],
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
