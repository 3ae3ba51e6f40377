"""What samples are, and the numbers they are made of.

Arrays are of float64; samples keep away from kinks and ties by more than the difference step, which are tested in the
hard cases. Must not know any operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import autograd_lite as ag

_rng = np.random.default_rng(20)


@dataclass(frozen=True)
class Sample:
    """Arguments an operation accepts.

    `inputs` are arrays or Python numbers, `params` keywords. `reference` is the NumPy function to agree with, of the
    same arguments, where it is not `numpy.<operation>`. `order` is how often the sample can be differentiated in
    float64 (0: it has no derivative there), `keeps_dtype` whether float32 in means float32 out, `rtol` the agreement
    with the reference, `numpy_only` that a parameter belongs to NumPy's world, `stays` that elements
    keep their places when other numbers are tried. Of an operation of several results,
    `part` is the one that is looked at.
    """

    inputs: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None
    order: int = 2
    keeps_dtype: bool = True
    rtol: float = 1e-14
    numpy_only: bool = False
    part: int | None = None
    stays: bool = False

    def chosen(self, out: Any) -> Any:
        """The result that is looked at."""
        return out if self.part is None else out[self.part]


@dataclass(frozen=True)
class Bad:
    """Arguments an operation refuses: with which exception, and what its message says."""

    inputs: tuple[Any, ...]
    params: dict[str, Any]
    error: type[Exception]
    match: str


def sample(*inputs: Any, reference: Any = None, order: int = 2, keeps_dtype: bool = True, **params: Any) -> Sample:
    return Sample(inputs, params, reference, order, keeps_dtype)


def each_part(count: int, *cases: Sample) -> list[Sample]:
    """The samples of an operation of several results, once for each of them."""
    return [replace(case, part=part) for case in cases for part in range(count)]


def bad(error: type[Exception], match: str, *inputs: Any, **params: Any) -> Bad:
    return Bad(inputs, params, error, match)


def normal(*shape: int) -> np.ndarray:
    return np.asarray(_rng.normal(size=shape))


def positive(*shape: int) -> np.ndarray:
    return np.asarray(_rng.uniform(0.5, 2.0, size=shape))


def away(*shape: int) -> np.ndarray:
    """Of both signs, nowhere near 0."""
    return positive(*shape) * _rng.choice([-1.0, 1.0], size=shape)


def _grid(shape: tuple[int, ...], offset: float) -> np.ndarray:
    count = int(np.prod(shape))
    return np.asarray(0.2 * (_rng.permutation(count) - count // 2) + offset).reshape(shape)


def apart(*shape: int) -> np.ndarray:
    """All different, at odd multiples of 0.1: ties nowhere, nor with `between`, nor with 0."""
    return _grid(shape, 0.1)


def between(*shape: int) -> np.ndarray:
    """All different, at even multiples of 0.1."""
    return _grid(shape, 0.0)


def mask(*shape: int) -> np.ndarray:
    return np.asarray(_rng.integers(0, 2, size=shape).astype(bool))


def whole(*shape: int) -> np.ndarray:
    return np.asarray(_rng.integers(-3, 4, size=shape))


PAIRS = [sample(apart(3, 2), between(3, 2)), sample(apart(3, 1), between(2)), sample(apart(2, 3), 0.4)]
REDUCTIONS = [
    sample(apart(2, 3, 5)),
    sample(apart(2, 3, 5), axis=1),
    sample(apart(2, 3, 5), axis=-1, keepdims=True),
    sample(apart(2, 3, 5), axis=(0, 2)),
    sample(apart(2, 3, 5), axis=(-1, 0), keepdims=True),
    sample(apart(3)),
    sample(apart()),
]

# What operations of one kind refuse alike.

TWO_BY_THREE = np.ones((2, 3))
AXIS = r"axis 2 is out of bounds for array of dimension 2"


def unary_errors(name: str) -> list[Bad]:
    return [
        bad(ag.ArgumentError, rf"{name}: cannot make an array of numbers of dict", {}),
        bad(ag.ArgumentError, rf"{name}\(x\) has no argument axis", TWO_BY_THREE, axis=0),
        bad(ag.ArgumentError, rf"{name}\(x\) misses x"),
    ]


def binary_errors(name: str) -> list[Bad]:
    mismatch = rf"{name}\(x \(2, 3\) float64, y \(4,\) float64\): .*3 and 4 at axis -1"
    return [
        bad(ag.ShapeError, mismatch, TWO_BY_THREE, np.ones(4)),
        bad(ag.ArgumentError, rf"{name}: cannot make an array of numbers of str", TWO_BY_THREE, "word"),
        bad(ag.ArgumentError, rf"{name}\(x, y\) misses y", TWO_BY_THREE),
    ]


def axis_errors(name: str) -> list[Bad]:
    return [
        bad(ag.AxisError, rf"{name}\(x \(2, 3\) float64, axis=2.*\): .*{AXIS}", TWO_BY_THREE, axis=2),
        bad(ag.AxisError, rf"{name}\(x \(2, 3\) float64, axis=-3.*\): .*axis -3", TWO_BY_THREE, axis=-3),
    ]


def axis_twice(name: str) -> Bad:
    return bad(ag.AxisError, rf"{name}\(.*axis=\(0, 0\).*duplicate", TWO_BY_THREE, axis=(0, 0))


def of_nothing(name: str) -> Bad:
    return bad(ag.ShapeError, rf"{name}\(x \(0,\) float64.*\): ", np.ones(0))
