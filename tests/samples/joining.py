"""Samples of operations that join arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import AXIS, TWO_BY_THREE, Bad, Sample, bad, each_part, normal, sample, whole


def sample_part(x: np.ndarray, cuts: tuple[int, ...]) -> Sample:
    """The last part of a vector."""
    return replace(sample(x, indices_or_sections=cuts), part=len(cuts))


def _joined(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arrays: function(arrays)


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
    "array_split": [
        *each_part(3, sample(normal(4, 3), indices_or_sections=3)),
        *each_part(2, sample(normal(2, 5), indices_or_sections=(1,), axis=-1)),
    ],
    "hsplit": [*each_part(2, sample(normal(2, 4), indices_or_sections=2)), sample_part(normal(4), (1,))],
    "vsplit": each_part(2, sample(normal(4, 2), indices_or_sections=(1,))),
    "dsplit": each_part(2, sample(normal(2, 1, 4), indices_or_sections=2)),
    "unstack": [*each_part(2, sample(normal(2, 3))), *each_part(2, sample(normal(3, 2), axis=-1))],
    "vstack": [sample(normal(3), normal(3)), sample(normal(2, 3), normal(3)), sample(normal(2, 3))],
    "hstack": [sample(normal(3), normal(2)), sample(normal(2, 3), normal(2, 1))],
    "dstack": [sample(normal(3), normal(3)), sample(normal(2, 3), normal(2, 3, 2))],
    "column_stack": [sample(normal(3), normal(3)), sample(normal(2, 3), normal(2))],
    "append": [sample(normal(2, 3), normal(2)), sample(normal(2, 3), normal(1, 3), axis=0)],
    "delete": [
        sample(normal(2, 3), obj=1, axis=1),
        sample(normal(2, 3), obj=-2),
        sample(normal(5, 2), obj=slice(0, 4, 2), axis=0),
        sample(normal(5), obj=(0, 3, 3)),
        sample(normal(3), obj=()),
        sample(normal(3), obj=(True, False, True)),
    ],
    "meshgrid": [
        replace(sample(normal(2), whole(3)), part=0),
        replace(sample(whole(2), normal(3), indexing="ij"), part=1),
        replace(sample(whole(2), whole(2), normal(3), sparse=True), part=2),
    ],
    "broadcast_arrays": [
        replace(sample(normal(3), whole(2, 1)), part=0),
        replace(sample(whole(2, 1), normal()), part=1),
    ],
}


def _unstacked(x: np.ndarray, axis: int = 0) -> list[np.ndarray]:
    return list(np.moveaxis(x, axis, 0))


REFERENCES: dict[str, Callable[..., Any]] = {
    "unstack": _unstacked,
    **{name: _joined(getattr(np, name)) for name in ("vstack", "hstack", "dstack", "column_stack")},
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
    "array_split": [
        bad(ag.AxisError, rf"array_split\(.*\): .*{AXIS}", TWO_BY_THREE, 1, axis=2),
        bad(ag.ArgumentError, r"array_split\(.*\): an axis is split into 1 part or more, not 0", TWO_BY_THREE, 0),
    ],
    "hsplit": [bad(ag.ShapeError, r"hsplit\(.*\): it splits an array of 1 axes or more", np.ones(()), 1)],
    "vsplit": [bad(ag.ShapeError, r"vsplit\(.*\): it splits an array of 2 axes or more", np.ones(3), 1)],
    "dsplit": [bad(ag.ShapeError, r"dsplit\(.*\): it splits an array of 3 axes or more", TWO_BY_THREE, 1)],
    "unstack": [bad(ag.AxisError, rf"unstack\(.*\): .*{AXIS}", TWO_BY_THREE, axis=2)],
    "vstack": [
        bad(ag.ShapeError, r"vstack\(.*\): ", TWO_BY_THREE, np.ones(4)),
        bad(ag.ArgumentError, r"vstack\(\*arrays\) misses arrays", []),
    ],
    "hstack": [bad(ag.ShapeError, r"hstack\(.*\): ", TWO_BY_THREE, np.ones((3, 2)))],
    "dstack": [bad(ag.ShapeError, r"dstack\(.*\): ", TWO_BY_THREE, np.ones((3, 2)))],
    "column_stack": [bad(ag.ShapeError, r"column_stack\(.*\): ", TWO_BY_THREE, np.ones(3))],
    "append": [
        bad(ag.ShapeError, r"append\(.*\): ", TWO_BY_THREE, np.ones(3), axis=0),
        bad(ag.AxisError, rf"append\(.*\): .*{AXIS}", TWO_BY_THREE, TWO_BY_THREE, axis=2),
    ],
    "delete": [
        bad(ag.IndexingError, r"delete\(.*\): index 3 is out of bounds", TWO_BY_THREE, 3, axis=1),
        bad(ag.AxisError, rf"delete\(.*\): .*{AXIS}", TWO_BY_THREE, 0, axis=2),
    ],
    "meshgrid": [bad(ag.ArgumentError, r"meshgrid\(.*\): the indexing is 'xy' or 'ij'", np.ones(2), indexing="ab")],
    "broadcast_arrays": [bad(ag.ShapeError, r"broadcast_arrays\(.*\): ", TWO_BY_THREE, np.ones(4))],
}
