"""Samples of convolutions and pools: values of PyTorch's by plain loops over places, channels and kernel elements."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import Bad, Sample, apart, bad, normal, sample


def _each(value: Any, dims: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,) * dims


def _places(
    size: Any, kernel: Any, stride: Any, before: Any, dilation: Any, out: Any
) -> Iterator[tuple[tuple[int, ...], list[tuple[tuple[int, ...], tuple[int, ...]]]]]:
    """For each place where a kernel stands, the pairs of a kernel element and the element of x that it sees."""
    for place in itertools.product(*map(range, out)):
        seen = []
        for element in itertools.product(*map(range, kernel)):
            where = tuple(
                p * s - b + e * d for p, s, b, e, d in zip(place, stride, before, element, dilation, strict=True)
            )
            if all(0 <= w < n for w, n in zip(where, size, strict=True)):
                seen.append((element, where))
        yield place, seen


def _convolution(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    dims = x.ndim - 2
    size, kernel = x.shape[2:], weight.shape[2:]
    stride, dilation = _each(stride, dims), _each(dilation, dims)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    if padding == "same":
        pads = [((s - 1) // 2, s // 2) for s in spans]
    else:
        pads = [(p, p) for p in _each(0 if padding == "valid" else padding, dims)]
    out = [(n + sum(p) - s) // t + 1 for n, p, s, t in zip(size, pads, spans, stride, strict=True)]
    result = np.zeros((len(x), len(weight), *out), np.result_type(x, weight))
    share, made = weight.shape[1], len(weight) // groups
    for place, seen in _places(size, kernel, stride, [p[0] for p in pads], dilation, out):
        for element, where in seen:
            for o in range(len(weight)):
                first = o // made * share
                for c in range(share):
                    result[(slice(None), o, *place)] += weight[(o, c, *element)] * x[(slice(None), first + c, *where)]
    return result if bias is None else result + bias.reshape(-1, *(1,) * dims)


def _transposed(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    dims = x.ndim - 2
    stride, dilation, padding = _each(stride, dims), _each(dilation, dims), _each(padding, dims)
    kernel, more = weight.shape[2:], _each(output_padding, dims)
    sizes = zip(x.shape[2:], stride, padding, dilation, kernel, more, strict=True)
    size = [(n - 1) * s - 2 * p + d * (k - 1) + e + 1 for n, s, p, d, k, e in sizes]
    share, each = x.shape[1] // groups, weight.shape[1]
    result = np.zeros((len(x), each * groups, *size), np.result_type(x, weight))
    for place, seen in _places(size, kernel, stride, padding, dilation, x.shape[2:]):
        for element, where in seen:
            for c in range(x.shape[1]):
                for o in range(each):
                    result[(slice(None), c // share * each + o, *where)] += (
                        weight[(c, o, *element)] * x[(slice(None), c, *place)]
                    )
    return result if bias is None else result + bias.reshape(-1, *(1,) * dims)


def _pool(mean: bool) -> Callable[..., Any]:
    def pool(
        x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> Any:  # fmt: skip
        dims = x.ndim - 2
        size, kernel, padding = x.shape[2:], _each(kernel_size, dims), _each(padding, dims)
        stride, dilation = kernel if stride is None else _each(stride, dims), _each(dilation, dims)
        out = []
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True):
            places = (n + 2 * p - d * (k - 1) - 1) / s
            m = int(np.ceil(places) if ceil_mode else np.floor(places)) + 1
            out.append(m - (ceil_mode and (m - 1) * s >= n + p))
        result = np.zeros((*x.shape[:2], *out), np.result_type(x, 1.0))
        for place, seen in _places(size, kernel, stride, padding, dilation, out):
            values = np.array([x[(slice(None), slice(None), *where)] for _, where in seen])
            count = len(seen)
            if count_include_pad:
                edges = zip(place, stride, padding, kernel, size, strict=True)
                count = int(np.prod([min(i * s - p + k, n + p) - (i * s - p) for i, s, p, k, n in edges]))
            result[(slice(None), slice(None), *place)] = values.sum(0) / count if mean else values.max(0)
        return result

    return pool


def _adaptive(reduce: Callable[..., Any]) -> Callable[..., Any]:
    def pool(x: Any, output_size: Any) -> Any:
        wanted = [n if m is None else m for n, m in zip(x.shape[2:], _each(output_size, x.ndim - 2), strict=True)]
        result = np.zeros((*x.shape[:2], *wanted), np.result_type(x, 1.0))
        for place in itertools.product(*map(range, wanted)):
            sides = zip(place, wanted, x.shape[2:], strict=True)
            box = tuple(slice(int(np.floor(i * n / m)), int(np.ceil((i + 1) * n / m))) for i, m, n in sides)
            result[(slice(None), slice(None), *place)] = reduce(x[(slice(None), slice(None), *box)].reshape(
                *x.shape[:2], -1), axis=-1)  # fmt: skip
        return result

    return pool


def _unfolded(
    x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1, fill_value: float = 0
) -> Any:
    dims = x.ndim - 2
    pads = padding if isinstance(padding, tuple) and isinstance(padding[0], tuple) else [(p, p) for p in _each(
        padding, dims)]  # fmt: skip
    kernel, stride, dilation = _each(kernel_size, dims), _each(stride, dims), _each(dilation, dims)
    sizes = zip(x.shape[2:], pads, kernel, stride, dilation, strict=True)
    out = [(n + sum(p) - d * (k - 1) - 1) // s + 1 for n, p, k, s, d in sizes]
    result = np.full((*x.shape[:2], *kernel, *out), fill_value, np.result_type(x, 1.0))
    for place, seen in _places(x.shape[2:], kernel, stride, [p[0] for p in pads], dilation, out):
        for element, where in seen:
            result[(slice(None), slice(None), *element, *place)] = x[(slice(None), slice(None), *where)]
    return result.reshape(len(x), x.shape[1] * int(np.prod(kernel)), int(np.prod(out)))


def _folded(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    dims = next((len(each) for each in (output_size, kernel_size) if isinstance(each, tuple)), 1)
    size, kernel = _each(output_size, dims), _each(kernel_size, dims)
    c = x.shape[1] // int(np.prod(kernel))
    numbered = np.arange(c * int(np.prod(size)), dtype=float).reshape(1, c, *size) + 1
    source = _unfolded(numbered, kernel, dilation, padding, stride)[0].astype(int)
    result = np.zeros((len(x), c * int(np.prod(size)) + 1), np.result_type(x, 1.0))
    for n in range(len(x)):
        np.add.at(result[n], source, x[n])
    return result[:, 1:].reshape(len(x), c, *size)


REFERENCES: dict[str, Callable[..., Any]] = {
    "unfold": _unfolded,
    "fold": _folded,
    **{f"conv{dims}d": _convolution for dims in (1, 2, 3)},
    **{f"conv_transpose{dims}d": _transposed for dims in (1, 2, 3)},
    **{f"max_pool{dims}d": _pool(mean=False) for dims in (1, 2, 3)},
    **{f"avg_pool{dims}d": _pool(mean=True) for dims in (1, 2, 3)},
    **{f"adaptive_avg_pool{dims}d": _adaptive(np.mean) for dims in (1, 2, 3)},
    **{f"adaptive_max_pool{dims}d": _adaptive(np.max) for dims in (1, 2, 3)},
}


SAMPLES: dict[str, list[Sample]] = {
    "unfold": [
        sample(normal(1, 2, 5), kernel_size=3),
        sample(normal(2, 1, 4, 5), kernel_size=(2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 2)),
        sample(normal(2, 3, 4), kernel_size=1, stride=2),
        sample(normal(1, 2, 3), kernel_size=2, padding=((0, 2),), fill_value=0.5),
    ],
    "fold": [
        sample(normal(1, 6, 3), output_size=5, kernel_size=3),
        sample(normal(2, 6, 4), output_size=(3, 5), kernel_size=(2, 3), dilation=(2, 1), padding=(1, 0), stride=2),
    ],
    "conv1d": [
        sample(normal(1, 2, 5), normal(2, 2, 3), None),
        sample(normal(2, 4, 6), normal(2, 2, 2), normal(2), stride=2, padding=1, dilation=2, groups=2),
        sample(normal(2, 1, 5), normal(3, 1, 4), None, padding="same"),
    ],
    "conv2d": [
        sample(normal(2, 2, 4, 3), normal(3, 2, 2, 3), normal(3)),
        sample(normal(1, 2, 5, 4), normal(4, 1, 3, 2), None, stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2),
        sample(normal(2, 3, 3, 3), normal(2, 3, 1, 1), None, padding="valid"),
    ],
    "conv3d": [
        sample(normal(1, 2, 3, 3, 2), normal(2, 2, 2, 2, 1), None),
        sample(normal(1, 2, 3, 4, 2), normal(2, 1, 2, 2, 2), normal(2), stride=(1, 2, 1), padding=(0, 1, 1), groups=2),
    ],
    "conv_transpose1d": [
        sample(normal(1, 2, 3), normal(2, 2, 3), None),
        sample(
            normal(2, 4, 3), normal(4, 1, 3), normal(2), stride=3, padding=1, output_padding=2, groups=2, dilation=2
        ),
    ],
    "conv_transpose2d": [
        sample(normal(2, 2, 2, 3), normal(2, 3, 2, 2), normal(3)),
        sample(normal(1, 2, 2, 3), normal(2, 1, 3, 2), None, stride=2, padding=(1, 0), output_padding=1, groups=2),
    ],
    "conv_transpose3d": [
        sample(normal(1, 2, 2, 2, 1), normal(2, 2, 2, 1, 2), None),
        sample(normal(1, 1, 2, 1, 2), normal(1, 2, 2, 2, 2), normal(2), stride=2, padding=(1, 0, 0), output_padding=1),
    ],
    "max_pool1d": [
        sample(apart(1, 2, 6), kernel_size=2),
        sample(apart(2, 2, 7), kernel_size=3, stride=2, padding=1, dilation=2, ceil_mode=True),
    ],
    "max_pool2d": [
        sample(apart(1, 2, 4, 5), kernel_size=2),
        sample(apart(1, 2, 5, 4), kernel_size=(3, 2), stride=(2, 1), padding=(1, 0), ceil_mode=True),
    ],
    "max_pool3d": [
        sample(apart(1, 2, 2, 4, 3), kernel_size=(2, 2, 1)),
        sample(apart(1, 1, 3, 3, 3), kernel_size=2, stride=1, padding=1),
    ],
    "avg_pool1d": [
        sample(normal(1, 2, 6), kernel_size=2),
        sample(normal(2, 2, 7), kernel_size=3, stride=2, padding=1, count_include_pad=False),
        sample(normal(1, 2, 8), kernel_size=3, padding=1, ceil_mode=True),
    ],
    "avg_pool2d": [
        sample(normal(1, 2, 4, 5), kernel_size=2),
        sample(normal(1, 2, 5, 6), kernel_size=(3, 2), stride=(3, 3), padding=(1, 0), ceil_mode=True),
        sample(normal(1, 1, 3, 4), kernel_size=3, padding=1, ceil_mode=True, count_include_pad=False),
    ],
    "avg_pool3d": [
        sample(normal(1, 2, 2, 4, 3), kernel_size=(2, 2, 1)),
        sample(normal(1, 1, 3, 3, 2), kernel_size=2, stride=1, padding=(1, 0, 1)),
    ],
    "adaptive_avg_pool1d": [sample(normal(2, 2, 6), output_size=3), sample(normal(1, 2, 5), output_size=3)],
    "adaptive_avg_pool2d": [
        sample(normal(1, 2, 4, 5), output_size=2),
        sample(normal(2, 1, 3, 4), output_size=(None, 3)),
    ],
    "adaptive_avg_pool3d": [sample(normal(1, 2, 4, 3, 2), output_size=(2, 2, 1))],
    "adaptive_max_pool1d": [sample(apart(2, 2, 6), output_size=3), sample(apart(1, 2, 7), output_size=5)],
    "adaptive_max_pool2d": [
        sample(apart(1, 2, 4, 5), output_size=2),
        sample(apart(2, 1, 3, 4), output_size=(None, 3)),
    ],
    "adaptive_max_pool3d": [sample(apart(1, 2, 4, 3, 2), output_size=(2, 2, 1))],
}


_X: dict[int, Any] = {dims: np.ones((2, 3, *(4,) * dims)) for dims in (1, 2, 3)}


def _convolution_errors(dims: int) -> list[Bad]:
    name, kernel = f"conv{dims}d", (2,) * dims
    return [
        bad(
            ag.ShapeError, rf"{name}\(x \(2, 3, .*\): x has 3 channels at axis 1, and weight is for 2 at its axis 1",
            _X[dims], np.ones((4, 2, *kernel)),
        ),
        bad(
            ag.ShapeError, rf"{name}\(.*the kernel spans 5 elements along axis {dims + 1} of x, which has 4",
            _X[dims], np.ones((4, 3, *(1,) * (dims - 1), 5)),
        ),
    ]  # fmt: skip


def _transposed_errors(dims: int) -> list[Bad]:
    name, kernel = f"conv_transpose{dims}d", (2,) * dims
    return [
        bad(
            ag.ShapeError, rf"{name}\(.*x has 3 channels at axis 1, and weight is for 2 at its axis 0", _X[dims],
            np.ones((2, 4, *kernel)),
        ),
        bad(
            ag.ArgumentError, rf"{name}\(.*output_padding=1: .*at axis 2 it is less than 1", _X[dims],
            np.ones((3, 4, *kernel)), output_padding=1,
        ),
    ]  # fmt: skip


def _pool_errors(name: str, dims: int) -> list[Bad]:
    return [
        bad(
            ag.ShapeError, rf"{name}\(x .*: the kernel spans 5 elements along axis 2 of x, which has 4", _X[dims],
            kernel_size=5,
        ),
        bad(ag.ArgumentError, rf"{name}\(.*padding=2 is more than half", _X[dims], kernel_size=3, padding=2),
    ]  # fmt: skip


def _adaptive_errors(name: str, dims: int) -> list[Bad]:
    least = r"output_size=.*: give a whole number of at least 1"
    return [
        bad(ag.ArgumentError, rf"{name}\(.*{least}", _X[dims], output_size=0),
        bad(ag.ShapeError, rf"{name}\(.*x has 2 axes", np.ones((3, 4)), output_size=2),
    ]


ERRORS: dict[str, list[Bad]] = {
    "unfold": [
        bad(ag.ShapeError, r"unfold\(x \(2, 3\).*x has 2 axes.*write x\[None\]", np.ones((2, 3)), kernel_size=2),
        bad(ag.ArgumentError, r"unfold\(.*stride=0: give a whole number of at least 1", _X[1], kernel_size=2, stride=0),
        bad(ag.ArgumentError, r"padding='full': give 'same', 'valid'", _X[1], kernel_size=2, padding="full"),
        bad(ag.ArgumentError, r"padding='same' keeps .* not \(2,\)", _X[1], kernel_size=2, stride=2, padding="same"),
        bad(ag.ArgumentError, r"padding=.*: give a pair for each of the 2 axes", _X[2], kernel_size=2,
            padding=((1, 1),)),
    ],
    "fold": [
        bad(ag.ShapeError, r"fold\(x .*axis 1 of x has 3 elements, no multiple of the kernel's 2", np.ones((1, 3, 2)),
            output_size=3, kernel_size=2),
        bad(ag.ShapeError, r"axis 2 of x has 3 elements, and the kernel stands at \(2,\)", np.ones((1, 2, 3)),
            output_size=3, kernel_size=2),
        bad(ag.ShapeError, r"x has 2 axes, and needs three", np.ones((2, 3)), output_size=3, kernel_size=2),
    ],
    **{f"conv{dims}d": _convolution_errors(dims) for dims in (1, 2, 3)},
    **{f"conv_transpose{dims}d": _transposed_errors(dims) for dims in (1, 2, 3)},
    **{f"{kind}_pool{dims}d": _pool_errors(f"{kind}_pool{dims}d", dims) for kind in ("max", "avg") for dims in _X},
    **{
        f"adaptive_{kind}_pool{dims}d": _adaptive_errors(f"adaptive_{kind}_pool{dims}d", dims)
        for dims in (1, 2, 3)
        for kind in ("max", "avg")
    },
}  # fmt: skip
ERRORS["conv1d"] += [
    bad(ag.ShapeError, r"conv1d\(.*bias has the shape \(2,\), and the result has 4 channels: give \(4,\)", _X[1],
        np.ones((4, 3, 2)), np.ones(2)),
    bad(ag.ShapeError, r"x has 2 axes, and needs axes for examples, channels and 1 more; .* write x\[None\]",
        np.ones((3, 4)), np.ones((4, 3, 2))),
    bad(ag.ShapeError, r"weight has 2 axes, and needs 3", _X[1], np.ones((4, 3))),
    bad(ag.ArgumentError, r"groups=0: give a whole number", _X[1], np.ones((4, 3, 2)), groups=0),
    bad(ag.ShapeError, r"the 4 channels at axis 0 of weight do not divide into 3 groups", _X[1], np.ones((4, 1, 2)),
        groups=3),
]  # fmt: skip
ERRORS["conv_transpose1d"] += [
    bad(ag.ShapeError, r"the 3 channels at axis 1 of x do not divide into 2 groups", _X[1], np.ones((3, 4, 2)),
        groups=2),
    bad(ag.ArgumentError, r"padding='same' is for a convolution that is not transposed", _X[1], np.ones((3, 4, 2)),
        padding="same"),
    bad(ag.ShapeError, r"the result would have -1 elements at axis 2", _X[1], np.ones((3, 4, 2)), padding=3),
]  # fmt: skip
