"""Samples of operations on shape and dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import (
    AXIS,
    TWO_BY_THREE,
    Bad,
    Sample,
    axis_errors,
    bad,
    normal,
    sample,
    whole,
)


def like_errors(name: str) -> list[Bad]:
    return [
        bad(ag.ArgumentError, rf"{name}: cannot make an array of numbers of dict", {}),
        bad(
            ag.ArgumentError,
            rf"{name}\(x, dtype=None, shape=None, device=None\) has no argument axis",
            TWO_BY_THREE,
            axis=0,
        ),
        bad(ag.ArgumentError, rf"{name}\(x, dtype=None, shape=None, device=None\) misses x"),
    ]


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
    "zeros_like": [sample(normal(3, 2)), sample(whole(2)), sample(normal(3, 2), dtype=np.dtype(int), shape=(4,))],
    "ones_like": [sample(normal(3, 2)), sample(whole(2)), sample(normal(3, 2), dtype=np.dtype(int), shape=(4,))],
    "array_like": [sample(normal(2), value=(1, 2)), sample(normal(2), value=3)],
    "empty_like": [sample(normal(3, 2)), sample(normal(3, 2), dtype=np.dtype(int), shape=(4,))],
    "full_like": [
        sample(normal(3, 2), normal(2)),
        sample(normal(3, 2), normal(), shape=(4,)),
    ],
    "ravel": [sample(normal(2, 3)), Sample((normal(2, 3, 2),), {"order": "F"}), sample(normal())],
    "flatten": [sample(normal(2, 3)), Sample((normal(2, 3, 2),), {"order": "F"})],
    "moveaxis": [
        sample(normal(2, 3, 5), source=0, destination=-1),
        sample(normal(2, 3, 5), source=(0, -1), destination=(1, 0)),
    ],
    "rollaxis": [
        sample(normal(2, 3, 5), axis=2),
        sample(normal(2, 3, 5), axis=0, start=2),
        sample(normal(2, 3, 5), axis=1, start=-1),
    ],
    "matrix_transpose": [sample(normal(2, 3)), sample(normal(2, 3, 5))],
    "atleast_1d": [sample(normal()), sample(normal(2))],
    "atleast_2d": [sample(normal()), sample(normal(2)), sample(normal(2, 3))],
    "atleast_3d": [sample(normal()), sample(normal(2)), sample(normal(2, 3)), sample(normal(2, 3, 2))],
    "flip": [
        sample(normal(2, 3)),
        sample(normal(2, 3), axis=-1),
        sample(normal(2, 3, 2), axis=(0, 2)),
        sample(normal()),
    ],
    "fliplr": [sample(normal(2, 3)), sample(normal(2, 3, 2))],
    "flipud": [sample(normal(2, 3)), sample(normal(2))],
    "rot90": [*(sample(normal(2, 3), k=k) for k in range(-1, 3)), sample(normal(2, 3, 2), axes=(2, 0))],
    "roll": [
        sample(normal(2, 3), shift=4),
        sample(normal(2, 3), shift=-1, axis=1),
        sample(normal(2, 3), shift=(1, -2), axis=(0, -1)),
        sample(normal(2, 3), shift=1, axis=(0, 1)),
        sample(normal(0, 3), shift=1, axis=0),
    ],
    "repeat": [
        sample(normal(2, 3), repeats=2),
        sample(normal(2, 3), repeats=2, axis=1),
        sample(normal(2, 3), repeats=(2, 0, 1), axis=-1),
        sample(normal(2, 1), repeats=0),
    ],
    "tile": [
        sample(normal(2, 3), reps=2),
        sample(normal(2, 3), reps=(3, 1, 2)),
        sample(normal(3), reps=(2, 1)),
        sample(normal(), reps=(1, 1)),
    ],
    "resize": [
        sample(normal(2, 3), new_shape=(3, 4)),
        sample(normal(2, 3), new_shape=4),
        sample(normal(0), new_shape=(0, 2)),
    ],
    "pad": [
        sample(normal(2, 3), pad_width=2),
        sample(normal(2, 3), pad_width=((0, 1), (2, 0)), constant_values=(1.5, 2.5)),
        sample(normal(3), pad_width=(1, 2), mode="edge"),
        sample(normal(2, 3), pad_width=(3, 4), mode="reflect"),
        sample(normal(3), pad_width=(4, 1), mode="symmetric"),
        sample(normal(3, 2), pad_width=((4, 0), (1, 1)), mode="wrap"),
    ],
    "sliding_window_view": [
        sample(normal(5), window_shape=2),
        sample(normal(4, 3), window_shape=(3, 2)),
        sample(normal(2, 4), window_shape=(2,), axis=-1),
    ],
    "astype": [
        sample(normal(3, 2), dtype=np.dtype(np.float64), keeps_dtype=False),
        sample(normal(3, 2), dtype=np.dtype(np.float32), order=0),
    ],
}

REFERENCES: dict[str, Callable[..., Any]] = {
    "array_like": lambda x, value: np.array(value),
    "empty_like": np.zeros_like,
    "flatten": lambda x, order="C": x.flatten(order),
    "sliding_window_view": np.lib.stride_tricks.sliding_window_view,
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
    "zeros_like": like_errors("zeros_like"),
    "ones_like": like_errors("ones_like"),
    "astype": [bad(ag.ArgumentError, r"astype\(x, dtype\) misses dtype", TWO_BY_THREE)],
    "array_like": [bad(ag.ArgumentError, r"array_like\(x, value\) misses value", TWO_BY_THREE)],
    "empty_like": [bad(ag.ArgumentError, r"empty_like\(.*\) has no argument axis", TWO_BY_THREE, axis=0)],
    "full_like": [bad(ag.ShapeError, r"full_like\(.*\): ", TWO_BY_THREE, np.ones(4))],
    "ravel": [bad(ag.ArgumentError, r"ravel\(.*\): the order is 'C' .*or 'F'.*not 'K'", TWO_BY_THREE, order="K")],
    "flatten": [bad(ag.ArgumentError, r"flatten\(.*\): the order is 'C'", TWO_BY_THREE, order="A")],
    "moveaxis": [
        bad(ag.AxisError, rf"moveaxis\(.*\): {AXIS}", TWO_BY_THREE, 0, 2),
        bad(ag.ArgumentError, r"moveaxis\(.*\): 2 axes cannot be moved to 1 places", TWO_BY_THREE, (0, 1), 1),
        bad(ag.AxisError, r"moveaxis\(.*\): repeated axis", TWO_BY_THREE, (0, 0), (1, 0)),
    ],
    "rollaxis": [
        bad(ag.AxisError, rf"rollaxis\(.*\): {AXIS}", TWO_BY_THREE, 2),
        bad(ag.AxisError, r"rollaxis\(.*\): start 3 is out of bounds", TWO_BY_THREE, 0, 3),
    ],
    "matrix_transpose": [bad(ag.ShapeError, r"matrix_transpose\(.*\): a matrix has two axes", np.ones(3))],
    "atleast_1d": [bad(ag.ArgumentError, r"atleast_1d: cannot make an array of numbers of str", "word")],
    "atleast_2d": [bad(ag.ArgumentError, r"atleast_2d: cannot make an array of numbers of str", "word")],
    "atleast_3d": [bad(ag.ArgumentError, r"atleast_3d: cannot make an array of numbers of str", "word")],
    "flip": axis_errors("flip"),
    "fliplr": [bad(ag.ShapeError, r"fliplr\(.*\): it turns the second axis round", np.ones(3))],
    "flipud": [bad(ag.ShapeError, r"flipud\(.*\): it turns the first axis round", np.ones(()))],
    "rot90": [
        bad(ag.AxisError, r"rot90\(.*\): axis 1 is out of bounds", np.ones(3)),
        bad(ag.ArgumentError, r"rot90\(.*\): a plane has two axes, not 1", TWO_BY_THREE, axes=(0,)),
    ],
    "roll": [
        bad(ag.AxisError, rf"roll\(.*\): {AXIS}", TWO_BY_THREE, 1, axis=2),
        bad(ag.ArgumentError, r"roll\(.*\): 2 shifts do not go with 3 axes", TWO_BY_THREE, (1, 2), axis=(0, 1, 0)),
        bad(ag.DtypeError, r"roll\(", TWO_BY_THREE, 1.5),
    ],
    "repeat": [
        bad(ag.ShapeError, r"repeat\(.*\): 2 repeats do not go with the 3 elements", TWO_BY_THREE, (1, 2), axis=1),
        bad(ag.ArgumentError, r"repeat\(.*\): repeats must not be negative", TWO_BY_THREE, -1),
    ],
    "tile": [bad(ag.ArgumentError, r"tile\(.*\): nothing is there fewer than 0 times", TWO_BY_THREE, -1)],
    "resize": [
        bad(ag.ArgumentError, r"resize\(.*\): an axis has no negative length", TWO_BY_THREE, -1),
        bad(ag.ShapeError, r"resize\(.*\): there is no element", np.ones(0), 2),
    ],
    "pad": [
        bad(ag.ArgumentError, r"pad\(.*\): the mode 'mean' is not one of constant, edge", TWO_BY_THREE, 1, mode="mean"),
        bad(ag.ArgumentError, r"pad\(.*\): pad_width is one number, a pair, or", TWO_BY_THREE, ((1, 2),) * 3),
        bad(ag.ArgumentError, r"pad\(.*\): pad_width holds numbers of elements", TWO_BY_THREE, -1),
        bad(ag.ShapeError, r"pad\(.*\): there is no element along axis 0", np.ones(0), 1, mode="edge"),
        bad(ag.ArgumentError, r"pad\(.*\): reflect_type 'odd'", TWO_BY_THREE, 1, mode="reflect", reflect_type="odd"),
    ],
    "sliding_window_view": [
        bad(ag.ShapeError, r"sliding_window_view\(.*\): window shape cannot be larger", TWO_BY_THREE, (3, 3)),
        bad(ag.AxisError, r"sliding_window_view\(.*\): ", TWO_BY_THREE, 1, axis=2),
    ],
}
