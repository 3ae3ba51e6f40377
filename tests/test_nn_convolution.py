"""Convolutions, pools and changes of shape against plain loops; what they refuse when built and when called."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def convolved(layer: Any, x: np.ndarray, pads: list[tuple[int, int]]) -> np.ndarray:
    """A convolution, one element of the result at a time."""
    w = layer.weight.numpy()
    x = np.pad(x, [(0, 0), (0, 0), *pads])
    spans = [d * (k - 1) + 1 for k, d in zip(layer.kernel_size, layer.dilation, strict=True)]
    out = [(n - span) // s + 1 for n, span, s in zip(x.shape[2:], spans, layer.stride, strict=True)]
    made = np.zeros((len(x), len(w), *out))
    each, depth = len(w) // layer.groups, w.shape[1]
    for i, o, *place in product(range(len(x)), range(len(w)), *map(range, out)):
        group = o // each
        window = tuple(
            slice(p * s, p * s + span, d)
            for p, s, span, d in zip(place, layer.stride, spans, layer.dilation, strict=True)
        )
        made[(i, o, *place)] = (x[(i, slice(group * depth, (group + 1) * depth), *window)] * w[o]).sum()
    return made if layer.bias is None else made + layer.bias.numpy().reshape(-1, *(1,) * len(out))


CONVOLUTIONS = [
    (lambda: nn.Conv1d(4, 6, 3, 2, 1, 2, groups=2, rng=0, dtype=float), (2, 4, 9), [(1, 1)]),
    (lambda: nn.Conv1d(2, 3, 4, padding="same", rng=0, dtype=float), (2, 2, 6), [(1, 2)]),
    (lambda: nn.Conv1d(2, 3, 4, padding="valid", bias=False, rng=0, dtype=float), (2, 2, 6), [(0, 0)]),
    (
        lambda: nn.Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 0), rng=0, dtype=float),
        (2, 2, 5, 4),
        [(1, 1), (0, 0)],
    ),
    (lambda: nn.Conv2d(4, 4, 3, groups=4, rng=0, dtype=float), (1, 4, 4, 4), [(0, 0)] * 2),
    (lambda: nn.Conv3d(1, 2, (1, 2, 3), stride=2, padding=1, rng=0, dtype=float), (1, 1, 3, 3, 3), [(1, 1)] * 3),
]


@pytest.mark.parametrize("make, shape, pads", CONVOLUTIONS)
def test_a_convolution_is_a_kernel_at_every_place(make: Any, shape: tuple[int, ...], pads: Any) -> None:
    layer, x = make(), normal(*shape)
    if layer.bias is not None:
        layer.bias.assign(normal(*layer.bias.shape))
    np.testing.assert_allclose(layer(x).numpy(), convolved(layer, x, pads), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "make, shape",
    [
        (lambda: nn.ConvTranspose1d(4, 6, 3, 2, 1, 1, 2, dilation=2, rng=0, dtype=float), (2, 4, 5)),
        (lambda: nn.ConvTranspose2d(2, 3, (3, 2), stride=(2, 1), padding=1, rng=0, dtype=float), (2, 2, 3, 4)),
    ],
)
def test_a_transposed_convolution_spreads_each_element(make: Any, shape: tuple[int, ...]) -> None:
    layer, x = make(), normal(*shape)
    layer.bias.assign(normal(*layer.bias.shape))
    w = layer.weight.numpy()
    assert w.shape == (layer.in_channels, layer.out_channels // layer.groups, *layer.kernel_size)
    spans = [d * (k - 1) + 1 for k, d in zip(layer.kernel_size, layer.dilation, strict=True)]
    full = [(n - 1) * s + span for n, s, span in zip(shape[2:], layer.stride, spans, strict=True)]
    more = zip(full, layer.output_padding, strict=True)
    made = np.zeros((shape[0], layer.out_channels, *(n + extra for n, extra in more)))
    per, each = layer.in_channels // layer.groups, w.shape[1]
    for i, c, *place in product(range(shape[0]), range(shape[1]), *map(range, shape[2:])):
        group = c // per
        window = tuple(
            slice(p * s, p * s + span, d)
            for p, s, span, d in zip(place, layer.stride, spans, layer.dilation, strict=True)
        )
        made[(i, slice(group * each, (group + 1) * each), *window)] += x[(i, c, *place)] * w[c]
    cut = tuple(slice(p, n - p) for p, n in zip(layer.padding, made.shape[2:], strict=True))
    expected = made[(slice(None), slice(None), *cut)] + layer.bias.numpy().reshape(-1, *(1,) * len(cut))
    np.testing.assert_allclose(layer(x).numpy(), expected, rtol=1e-12, atol=1e-13)
    assert layer.gives_of(shape) == expected.shape


def pooled(x: np.ndarray, kernel: int, stride: int, pad: int, reduce: Any) -> np.ndarray:
    """A pool over the last axis, windows that stand over the end included."""
    places = -(-(x.shape[-1] + 2 * pad - kernel) // stride) + 1
    if (places - 1) * stride >= x.shape[-1] + pad:
        places -= 1
    windows = [range(p * stride - pad, p * stride - pad + kernel) for p in range(places)]
    return np.stack([reduce(x[..., [i for i in each if 0 <= i < x.shape[-1]]]) for each in windows], axis=-1)


@pytest.mark.parametrize("length", [5, 6, 7, 8])
def test_pools_over_a_line(length: int) -> None:
    x = normal(2, 3, length)
    largest = nn.MaxPool1d(3, 2, 1, ceil_mode=True)
    np.testing.assert_array_equal(largest(x).numpy(), pooled(x, 3, 2, 1, lambda each: each.max(axis=-1)))
    mean = nn.AvgPool1d(3, 2, 1, ceil_mode=True, count_include_pad=False)
    np.testing.assert_allclose(mean(x).numpy(), pooled(x, 3, 2, 1, lambda each: each.mean(axis=-1)), rtol=1e-13)
    assert largest.gives_of(x.shape) == largest(x).shape


def test_pools_over_planes_and_spaces() -> None:
    x = normal(2, 3, 4, 6, 4)
    blocks = x[:, :, 0].reshape(2, 3, 3, 2, 2, 2)
    np.testing.assert_array_equal(nn.MaxPool2d(2)(x[:, :, 0]).numpy(), blocks.max(axis=(3, 5)))
    np.testing.assert_allclose(nn.AvgPool2d(2)(x[:, :, 0]).numpy(), blocks.mean(axis=(3, 5)), rtol=1e-13)
    cubes = x.reshape(2, 3, 2, 2, 3, 2, 2, 2)
    np.testing.assert_array_equal(nn.MaxPool3d(2)(x).numpy(), cubes.max(axis=(3, 5, 7)))
    np.testing.assert_allclose(nn.AvgPool3d(2)(x).numpy(), cubes.mean(axis=(3, 5, 7)), rtol=1e-13)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_adaptive_pools(size: int) -> None:
    x = normal(2, 3, 7, 4)
    bins = [slice(i * 7 // size, -(-(i + 1) * 7 // size)) for i in range(size)]
    means = np.stack([x[:, :, each].mean(axis=2) for each in bins], axis=2)
    largest = np.stack([x[:, :, each].max(axis=2) for each in bins], axis=2)
    np.testing.assert_allclose(nn.AdaptiveAvgPool2d((size, None))(x).numpy(), means, rtol=1e-13)
    np.testing.assert_array_equal(nn.AdaptiveMaxPool2d((size, None))(x).numpy(), largest)
    np.testing.assert_allclose(nn.AdaptiveAvgPool1d(size)(x[..., 0]).numpy(), means[..., 0], rtol=1e-13)
    np.testing.assert_array_equal(nn.AdaptiveMaxPool1d(size)(x[..., 0]).numpy(), largest[..., 0])


def test_flatten_and_unflatten_are_reshapes() -> None:
    x = normal(2, 3, 4, 5)
    np.testing.assert_array_equal(nn.Flatten()(x).numpy(), x.reshape(2, 60))
    np.testing.assert_array_equal(nn.Flatten(0, 1)(x).numpy(), x.reshape(6, 4, 5))
    np.testing.assert_array_equal(nn.Flatten(-2)(x).numpy(), x.reshape(2, 3, 20))
    np.testing.assert_array_equal(nn.Unflatten(-1, (5, -1))(x).numpy(), x.reshape(2, 3, 4, 5, 1))
    np.testing.assert_array_equal(nn.Unflatten(1, (1, 3))(x).numpy(), x.reshape(2, 1, 3, 4, 5))


def test_dropout_of_whole_channels() -> None:
    out = nn.Dropout2d(0.25, rng=0)(np.ones((40, 50, 2, 3))).numpy()
    flat = out.reshape(2000, 6)
    assert all(len(set(channel)) == 1 for channel in flat)
    assert set(flat[:, 0]) == {0, 1 / 0.75}
    assert abs((flat[:, 0] == 0).mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 2000)
    x = normal(2, 3, 4, 4)
    assert nn.Dropout2d(0.25).eval()(x).numpy().tobytes() == x.tobytes()


X = np.ones((2, 3, 8, 8))


@pytest.mark.parametrize(
    "call, kind, said",
    [
        (lambda: nn.Conv2d(1, 4, 3)(X), ag.ShapeError,
         r"Conv2d: the input has shape \(2, 3, 8, 8\), but Conv2d\(1, 4, .*\) takes \(examples, 1, height, width\)"),
        (lambda: nn.Conv2d(3, 4, 3)(X[0]), ag.ShapeError, r"of one example, give x\[None\]"),
        (lambda: nn.Conv2d(3, 4, 9)(X), ag.ShapeError, "Conv2d: .*the kernel spans 9 elements along axis 2"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), ag.ArgumentError, "kernel_size is a whole number .* tuple of 2"),
        (lambda: nn.Conv2d(3, 4, 0), ag.ArgumentError, "at least 1"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ag.ArgumentError, "3 in_channels do not divide into 2 groups"),
        (lambda: nn.Conv2d(4, 3, 3, groups=2), ag.ArgumentError, "3 out_channels do not divide into 2 groups"),
        (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), ag.ArgumentError, '"same" where stride is 1'),
        (lambda: nn.Conv2d(3, 4, 3, padding="full"), ag.ArgumentError, "not 'full'"),
        (lambda: nn.Conv2d(3, 4, 3, dtype=int), ag.DtypeError, "int64 is data"),
        (lambda: nn.Conv2d(3, 4, 3, initializer=lambda rng, m, n: np.ones(3)), ag.ArgumentError, "too many positional"),
        (lambda: nn.Conv2d(3, 4, 3, initializer=lambda rng, *sizes: (np.ones(3), 1)), ag.ShapeError,
         r"a weight of shape \(4, 3, 3, 3\)"),
        (lambda: nn.Conv2d(inputs=3, outputs=4, kernel_size=3), ag.ArgumentError, "it is called as Conv2d"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, output_padding=1), ag.ArgumentError, "smaller than stride or dilation"),
        (lambda: nn.MaxPool2d(2, padding=2), ag.ArgumentError, "more than half of kernel_size"),
        (lambda: nn.MaxPool2d(2)(X[0]), ag.ShapeError, r"takes \(examples, channels, height, width\)"),
        (lambda: nn.AdaptiveAvgPool2d((1, 2, 3)), ag.ArgumentError, "tuple of 2"),
        (lambda: nn.Flatten(3, 1), ag.ArgumentError, "no axis from 3 to 1"),
        (lambda: nn.Flatten()(np.ones(3)), ag.ShapeError, "no axes from 1 to -1"),
        (lambda: nn.Unflatten(1, (2, 3))(np.ones((2, 5))), ag.ShapeError,
         r"Unflatten: the input has shape \(2, 5\), but Unflatten\(1, \(2, 3\)\) makes \(2, 3\) of axis 1"),
        (lambda: nn.Unflatten(1, (-1, -1)), ag.ArgumentError, "one of them may be -1"),
        (lambda: nn.Dropout2d(1.0), ag.ArgumentError, "Dropout2d: p must be at least 0 and below 1, not 1.0"),
        (lambda: nn.Dropout2d(0.5)(np.ones((3, 2))), ag.ShapeError, r"takes \(examples, channels, height, width\)"),
        (lambda: nn.Linear(3, 2, False), ag.ArgumentError, "rng is a numpy.random.Generator.*not False"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_so(call: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        call()


def test_a_convolutional_network_learns() -> None:
    (x, y), (x_test, y_test) = nn.digits()
    model = nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 8, 3, padding=1, rng=0), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(128, 10, rng=1),
    )  # fmt: skip
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    history = nn.fit(
        model, nn.softmax_cross_entropy, (x, y), optimizer, 2, 32, validation=(x_test, y_test), rng=0, progress=False
    )
    assert history.accuracy[-1] > 0.93
