"""The one table of operations: sample inputs, references, and inputs that must be refused.

Every test of an operation is made from it, so a new operation needs its samples here and nothing else. Arrays are of
float64; samples keep away from kinks and ties by more than the difference step, which are tested in the hard cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.ops.indexing import split

_rng = np.random.default_rng(20)


@dataclass(frozen=True)
class Sample:
    """Arguments an operation accepts.

    `inputs` are arrays or Python numbers, `params` keywords. `reference` is the NumPy function to agree with, of the
    same arguments, where it is not `numpy.<operation>`. `order` is how often the sample can be differentiated in
    float64 (0: it has no derivative there), `keeps_dtype` whether float32 in means float32 out, `rtol` the agreement
    with the reference, `numpy_only` that a parameter belongs to NumPy's world.
    """

    inputs: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None
    order: int = 2
    keeps_dtype: bool = True
    rtol: float = 1e-14
    numpy_only: bool = False


@dataclass(frozen=True)
class Bad:
    """Arguments an operation refuses: with which exception, and what its message says."""

    inputs: tuple[Any, ...]
    params: dict[str, Any]
    error: type[Exception]
    match: str


class SameDraws:
    """A generator that always draws the same numbers, so that a sample can be run twice."""

    def random(self, shape: Any = (), dtype: Any = float) -> np.ndarray:
        return np.random.default_rng(5).random(shape, dtype)


def sample(*inputs: Any, reference: Any = None, order: int = 2, keeps_dtype: bool = True, **params: Any) -> Sample:
    return Sample(inputs, params, reference, order, keeps_dtype)


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


def at(x: np.ndarray, index: Any) -> Sample:
    template, arrays = split(index)
    return Sample((x, *arrays), {"template": template}, lambda x, *_, **__: x[index])


def scattered(g: np.ndarray, index: Any, shape: tuple[int, ...]) -> Sample:
    def reference(g: np.ndarray, *_: Any, **__: Any) -> np.ndarray:
        out = np.zeros(shape, g.dtype)
        np.add.at(out, index, g)
        return out

    template, arrays = split(index)
    return Sample((g, *arrays), {"template": template, "shape": shape}, reference)


def replaced(x: np.ndarray, index: Any, value: Any) -> Sample:
    def reference(x: np.ndarray, value: Any, *_: Any, **__: Any) -> np.ndarray:
        out = x.copy()
        out[index] = value
        return out

    template, arrays = split(index)
    return Sample((x, value, *arrays), {"template": template}, reference)


def _logsumexp(x: np.ndarray, axis: Any = None, keepdims: bool = False) -> Any:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def _softmax(x: np.ndarray, axis: int = -1) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


# What the operations compute for which NumPy has no function of the same name and keywords.
REFERENCES: dict[str, Callable[..., Any]] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.where(x > 0, x, 0),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "log_sigmoid": lambda x: -np.log(1 + np.exp(-x)),
    "logsumexp": _logsumexp,
    "softmax": _softmax,
    "log_softmax": lambda x, axis=-1: np.log(_softmax(x, axis)),
    "concatenate": lambda *arrays, axis=0: np.concatenate(arrays, axis=axis),
    "stack": lambda *arrays, axis=0: np.stack(arrays, axis=axis),
    "astype": lambda x, dtype: x.astype(dtype),
}

_x = apart(4, 3)
_draws = SameDraws()
_pairs = [sample(apart(3, 2), between(3, 2)), sample(apart(3, 1), between(2)), sample(apart(2, 3), 0.4)]
_logic = [sample(mask(3, 2), mask(3, 2)), sample(mask(3, 1), mask(2)), sample(mask(2), True)]
_ints = sample(whole(3, 2), whole(3, 2))
_reductions = [
    sample(apart(2, 3, 5)),
    sample(apart(2, 3, 5), axis=1),
    sample(apart(2, 3, 5), axis=-1, keepdims=True),
    sample(apart(2, 3, 5), axis=(0, 2)),
    sample(apart(2, 3, 5), axis=(-1, 0), keepdims=True),
    sample(apart(3)),
    sample(apart()),
]

SAMPLES: dict[str, list[Sample]] = {
    # elementwise
    "add": [
        sample(normal(3, 2), normal(3, 2)),
        sample(normal(3, 1), normal(2)),
        sample(normal(2), 2.5),
        sample(2, normal(2)),
    ],
    "subtract": [
        sample(normal(3, 2), normal(3, 2)),
        sample(normal(2), normal(3, 1)),
        sample(normal(2), 2.5),
        sample(2, normal(2)),
    ],
    "multiply": [
        sample(normal(3, 2), normal(3, 2)),
        sample(normal(3, 1), normal(2)),
        sample(normal(2), 2.5),
        sample(2, normal(2)),
    ],
    "divide": [
        sample(normal(3, 2), away(3, 2)),
        sample(normal(3, 1), away(2)),
        sample(normal(2), 2.5),
        sample(2, away(2)),
    ],
    "power": [
        sample(positive(3, 2), normal(3, 2)),
        sample(positive(3, 1), normal(2)),
        sample(away(3), 2),
        sample(away(3), 3),
        sample(away(3), 1),
        sample(away(3), 0),
        sample(away(3), -1),
        sample(positive(3), 0.5),
        sample(2, normal(3)),
        sample(away(3), np.array([2, 3, 0]), keeps_dtype=False),
    ],
    "negative": [sample(normal(3, 2)), sample(normal())],
    "exp": [sample(normal(3, 2))],
    "log": [sample(positive(3, 2))],
    "sqrt": [sample(positive(3, 2))],
    "square": [sample(normal(3, 2))],
    "absolute": [sample(apart(3, 2))],
    "maximum": _pairs,
    "minimum": _pairs,
    "where": [
        sample(mask(3, 2), normal(3, 2), normal(3, 2)),
        sample(mask(2, 3), normal(3), normal(2, 1)),
        sample(mask(3), normal(2, 3), 0.5),
        sample(whole(3), 1.5, normal(3)),
    ],
    "clip": [
        sample(apart(3, 2), -0.4, 0.4),
        sample(apart(3, 2), 0.0, None),
        sample(apart(3, 2), None, 0.0),
        sample(apart(3, 2), between(3, 2) - 0.4, between(3, 2) + 0.6),
        sample(apart(3, 2), between(2), None),
        sample(apart(3, 1), -0.5, between(2, 1, 2)),
        sample(0.3, between(3), None, keeps_dtype=False),
    ],
    "equal": [*_pairs, _ints],
    "not_equal": [*_pairs, _ints],
    "less": [*_pairs, _ints],
    "less_equal": [*_pairs, _ints],
    "greater": [*_pairs, _ints],
    "greater_equal": [*_pairs, _ints],
    "logical_and": _logic,
    "logical_or": _logic,
    "logical_not": [sample(mask(3, 2)), sample(normal(2))],
    "sign": [sample(apart(3, 2)), sample(whole(4))],
    "isfinite": [sample(np.array([[1.0, np.inf], [np.nan, -np.inf]]))],
    "zeros_like": [sample(normal(3, 2)), sample(whole(2))],
    "ones_like": [sample(normal(3, 2)), sample(whole(2))],
    "astype": [
        sample(normal(3, 2), dtype=np.dtype(np.float64), keeps_dtype=False),
        sample(normal(3, 2), dtype=np.dtype(np.float32), order=0),
    ],
    # activation
    "sigmoid": [sample(normal(3, 2))],
    "tanh": [sample(normal(3, 2))],
    "relu": [sample(apart(3, 2))],
    "softplus": [sample(apart(3, 2))],
    "log_sigmoid": [sample(apart(3, 2))],
    "logsumexp": _reductions,
    "softmax": [sample(apart(3, 2)), sample(apart(3, 2, 5), axis=1), sample(apart(3), axis=0)],
    "log_softmax": [sample(apart(3, 2)), sample(apart(3, 2, 5), axis=1), sample(apart(3), axis=0)],
    # reduction
    "sum": [*_reductions, sample(normal(2, 3), axis=())],
    "mean": [*_reductions, sample(normal(2, 3), axis=())],
    "max": [*_reductions, sample(normal(2, 3), axis=())],
    "min": [*_reductions, sample(normal(2, 3), axis=())],
    "argmax": [sample(apart(2, 3, 5)), sample(apart(2, 3, 5), axis=1), sample(apart(2, 3, 5), axis=-1, keepdims=True)],
    # linalg: the three sizes are different primes
    "matmul": [
        sample(normal(2, 3), normal(3, 5)),
        sample(normal(3), normal(3)),
        sample(normal(2, 3), normal(3)),
        sample(normal(3), normal(3, 5)),
        sample(normal(3), normal(2, 3, 5)),
        sample(normal(2, 5, 3), normal(3)),
        sample(normal(2, 5, 3), normal(2, 3, 7)),
        sample(normal(2, 1, 5, 3), normal(7, 3, 2)),
        sample(normal(5, 3), normal(2, 3, 7)),
    ],
    # shaping
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
    # random
    "random_like": [
        Sample((normal(3, 2),), {"rng": _draws}, lambda x, rng: rng.random(x.shape, x.dtype), numpy_only=True)
    ],
    # indexing
    "getitem": [
        at(_x, 1),
        at(_x, -1),
        at(_x, slice(1, 3)),
        at(_x, slice(None, None, -2)),
        at(_x, (slice(None), 0)),
        at(_x, (..., 0)),
        at(_x, None),
        at(_x, (slice(None), None, slice(1))),
        at(_x, ()),
        at(_x, [0, 0, 2]),
        at(_x, np.array([[0, 1], [3, 3]])),
        at(_x, np.array(2)),
        at(_x, ([0, 3, 0], [1, 1, 1])),
        at(_x, (slice(1, None), [2, 0, 2])),
        at(_x, _x > 0),
        at(_x, np.array([True, False, True, True])),
        at(_x, ([1, 1], slice(None), None)),
        at(normal(2, 3, 5), ([0, 1], slice(None), [4, 4])),
        at(_x, slice(0, 0)),
    ],
    "scatter_add": [
        scattered(normal(2, 3), slice(1, 3), (4, 3)),
        scattered(normal(2), slice(None, None, -2), (4,)),
        scattered(normal(3, 3), [0, 0, 2], (4, 3)),
        scattered(normal(3), ([0, 3, 0], [1, 1, 1]), (4, 3)),
    ],
    "put_at": [
        replaced(normal(4, 3), 1, normal(3)),
        replaced(normal(4, 3), (slice(None), 0), 2.5),
        replaced(normal(4, 3), [0, 2], normal(2, 3)),
        replaced(normal(4, 3), [0, 2], normal(3)),
        replaced(_x, _x > 0, normal()),
        replaced(normal(5), slice(None, None, -2), normal(3)),
    ],
}

_2x3, _axis = np.ones((2, 3)), r"axis 2 is out of bounds for array of dimension 2"


def _mismatch(name: str) -> Bad:
    return bad(
        ag.ShapeError, rf"{name}\(x \(2, 3\) float64, y \(4,\) float64\): .*3 and 4 at axis -1", _2x3, np.ones(4)
    )


def _word(name: str) -> Bad:
    return bad(ag.ArgumentError, rf"{name}: cannot make an array of numbers of str", _2x3, "word")


def _count(name: str) -> Bad:
    return bad(ag.ArgumentError, rf"{name}\(x, y\) misses y", _2x3)


_BINARY = (
    "add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "equal", "not_equal", "less", "less_equal",
    "greater", "greater_equal", "logical_and", "logical_or",
)  # fmt: skip
_UNARY = (
    "negative", "exp", "log", "sqrt", "square", "absolute", "logical_not", "sign", "isfinite", "zeros_like",
    "ones_like", "sigmoid", "tanh", "relu", "softplus", "log_sigmoid",
)  # fmt: skip

ERRORS: dict[str, list[Bad]] = {name: [_mismatch(name), _word(name), _count(name)] for name in _BINARY}
ERRORS |= {
    name: [
        bad(ag.ArgumentError, rf"{name}: cannot make an array of numbers of dict", {}),
        bad(ag.ArgumentError, rf"{name}\(x\) has no argument axis", _2x3, axis=0),
        bad(ag.ArgumentError, rf"{name}\(x\) misses x"),
    ]
    for name in _UNARY
}
ERRORS |= {
    name: [
        bad(ag.AxisError, rf"{name}\(x \(2, 3\) float64, axis=2.*\): .*{_axis}", _2x3, axis=2),
        bad(ag.AxisError, rf"{name}\(x \(2, 3\) float64, axis=-3.*\): .*axis -3", _2x3, axis=-3),
    ]
    for name in ("sum", "mean", "max", "min", "argmax", "logsumexp", "softmax", "log_softmax")
}
for _name in ("sum", "mean", "max", "min", "logsumexp"):
    ERRORS[_name].append(bad(ag.AxisError, rf"{_name}\(.*axis=\(0, 0\).*duplicate", _2x3, axis=(0, 0)))
for _name in ("max", "min", "argmax"):
    ERRORS[_name].append(bad(ag.ShapeError, rf"{_name}\(x \(0,\) float64.*\): ", np.ones(0)))
ERRORS["where"] = [
    bad(ag.ShapeError, r"where\(.*2 and 3 at axis -1", np.ones(2, bool), np.ones(3), 0.0),
    bad(ag.ArgumentError, r"where\(condition, x, y\) misses y", mask(2), np.ones(2)),
]
ERRORS["clip"] = [bad(ag.ArgumentError, r"clip.* has no argument low", _2x3, low=0)]
ERRORS["astype"] = [bad(ag.ArgumentError, r"astype\(x, dtype\) misses dtype", _2x3)]
ERRORS["matmul"] = [
    bad(
        ag.ShapeError,
        r"matmul\(x \(2, 3\).*, y \(2, 3\).*\): the inner sizes 3 .* and 2 .*; x @ y.T would fit",
        _2x3,
        _2x3,
    ),
    bad(ag.ShapeError, r"the inner sizes 3 .* and 2 .*; x.T @ y would fit", _2x3, np.ones((2, 5))),
    bad(ag.ShapeError, r"the inner sizes 3 .* and 4 \(only axis of y\)", _2x3, np.ones(4)),
    bad(ag.ShapeError, r"at least one-dimensional; multiply scalars with \*", np.ones(()), np.ones(3)),
    bad(ag.ShapeError, r"the leading axes do not broadcast", np.ones((2, 3, 5)), np.ones((4, 5, 3))),
]
ERRORS["reshape"] = [
    bad(ag.ShapeError, r"reshape\(x \(2, 3\) float64, shape=\(4,\)\): .*size 6 into shape \(4,\)", _2x3, shape=(4,)),
    bad(ag.ArgumentError, r"reshape\(x, shape\) misses shape", _2x3),
]
ERRORS["transpose"] = [
    bad(ag.ShapeError, r"transpose\(x \(2, 3\) float64, axes=\(0,\)\): axes don't match", _2x3, axes=(0,)),
    bad(ag.AxisError, rf"transpose\(.*\): .*{_axis}", _2x3, axes=(0, 2)),
    bad(ag.AxisError, r"transpose\(.*\): .*repeated axis", _2x3, axes=(0, 0)),
]
ERRORS["swapaxes"] = [
    bad(ag.AxisError, r"swapaxes\(x \(2, 3\) .*, axis1=0, axis2=2\): .*axis2: axis 2 is out", _2x3, axis1=0, axis2=2)
]
ERRORS["expand_dims"] = [bad(ag.AxisError, r"expand_dims\(.*\): .*axis 4 is out of bounds", _2x3, axis=4)]
ERRORS["squeeze"] = [
    bad(ag.ShapeError, r"squeeze\(x \(2, 3\) float64, axis=0\): .*not equal to one", _2x3, axis=0),
    bad(ag.AxisError, rf"squeeze\(.*\): .*{_axis}", _2x3, axis=2),
]
ERRORS["broadcast_to"] = [bad(ag.ShapeError, r"broadcast_to\(x \(2, 3\) float64, shape=\(2, 4\)\)", _2x3, shape=(2, 4))]
ERRORS["concatenate"] = [
    bad(ag.ShapeError, r"concatenate\(arrays\[0\] \(2, 3\).*arrays\[1\] \(2, 4\).*axis=0\)", _2x3, np.ones((2, 4))),
    bad(ag.AxisError, rf"concatenate\(.*\): .*{_axis}", _2x3, _2x3, axis=2),
    bad(ag.ArgumentError, r"concatenate", []),
]
ERRORS["stack"] = [
    bad(ag.ShapeError, r"stack\(.*\): .*same shape", _2x3, np.ones((2, 4))),
    bad(ag.AxisError, r"stack\(.*\): .*axis 3 is out of bounds", _2x3, _2x3, axis=3),
    bad(ag.ArgumentError, r"stack", []),
]
ERRORS["random_like"] = [
    bad(ag.ArgumentError, r"cannot make an array of numbers of str", "word", rng=_draws),
    bad(ag.ArgumentError, r"random_like", _2x3, rng=None),
]
ERRORS["getitem"] = [
    bad(ag.IndexingError, r"getitem\(.*index 5 is out of bounds for axis 0 with size 2", _2x3, template=(5,)),
    bad(ag.IndexingError, r"getitem\(.*too many indices", _2x3, template=(0, 0, 0)),
    bad(ag.ArgumentError, r"getitem\(.*\) misses template", _2x3),
]
ERRORS["scatter_add"] = [
    bad(ag.ShapeError, r"scatter_add\(", _2x3, template=(slice(0, 2),), shape=(4,)),
    bad(ag.IndexingError, r"scatter_add\(.*index 7 is out of bounds", np.ones(()), template=(7,), shape=(4,)),
]
ERRORS["put_at"] = [
    bad(ag.IndexingError, r"put_at\(.*index 5 is out of bounds", _2x3, 0.0, template=(5,)),
    bad(ag.ShapeError, r"put_at\(.*could not broadcast", _2x3, np.ones(4), template=(0,)),
    Bad((_2x3, 0.0, np.array([0, 0])), {"template": split([0, 0])[0]}, ag.ArgumentError, "an element twice"),
]


def references(name: str, case: Sample) -> Callable[..., Any]:
    """The NumPy function that `case` has to agree with."""
    return case.reference or REFERENCES.get(name) or getattr(np, name)


def broadcast_variants(case: Sample) -> dict[str, Sample]:
    """The first sample of an elementwise operation, spread over every kind of broadcasting its arguments allow."""
    found: dict[str, Sample] = {}
    arrays = [i for i, x in enumerate(case.inputs) if isinstance(x, np.ndarray)]

    def vary(label: str, shapes: dict[int, Callable[[np.ndarray], Any]]) -> None:
        inputs = tuple(shapes[i](x) if i in shapes else x for i, x in enumerate(case.inputs))
        found[label] = replace(case, inputs=inputs)

    vary("all-0d", {i: lambda x: np.asarray(x[0, 0]) for i in arrays})
    vary("all-empty", {i: lambda x: x[:0] for i in arrays})
    vary("all-size-1", {i: lambda x: x[:1, :1] for i in arrays})
    if len(arrays) > 1:
        for i in arrays:
            vary(f"{i}-dropped-axis", {i: lambda x: x[1]})
            vary(f"{i}-size-1-last", {i: lambda x: x[:, 1:]})
            vary(f"{i}-size-1-first", {i: lambda x: x[1:2]})
            vary(f"{i}-0d", {i: lambda x: np.asarray(x[1, 1])})
            vary(f"{i}-scalar", {i: lambda x: x[1, 1].item()})
            vary(f"{i}-size-1-others-empty", {j: (lambda x: x[1]) if j == i else (lambda x: x[:0]) for j in arrays})
        first, second = arrays[:2]
        vary("outer", {first: lambda x: x[:, :1], second: lambda x: x[1:2]})
        vary("more-axes", {first: lambda x: x[:, None, :], second: lambda x: x})
    return found
