"""Initialisers: distributions and spreads as published, for matrices and kernels, from a generator or a seed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

ALL = [
    nn.zeros, nn.normal, nn.uniform, nn.truncated_normal, nn.xavier_normal, nn.xavier_uniform, nn.kaiming_normal,
    nn.kaiming_uniform, nn.orthogonal, nn.standard_normal, nn.scaled_normal,
]  # fmt: skip
every_initializer = pytest.mark.parametrize("initializer", ALL, ids=lambda each: each.__name__)


@every_initializer
@pytest.mark.parametrize("sizes", [(3, 2), (1, 1), (4, 6, 3), (4, 2, 3, 5)])
def test_a_weight_and_a_bias_of_the_sizes_from_a_generator_or_a_seed(initializer: Any, sizes: tuple[int, ...]) -> None:
    weight, bias = initializer(np.random.default_rng(5), *sizes)
    assert weight.shape == sizes and bias.shape == sizes[:1] and weight.dtype == bias.dtype == float
    again, _ = initializer(5, *sizes)
    np.testing.assert_array_equal(weight, again)
    if initializer is not nn.zeros and sizes != (1, 1):
        assert (initializer(6, *sizes)[0] != weight).any()
    if initializer not in (nn.standard_normal, nn.scaled_normal):
        assert not bias.any()


@every_initializer
def test_every_layer_takes_it(initializer: Any) -> None:
    for make in (
        lambda rng: nn.Linear(3, 2, rng=rng, initializer=initializer),
        lambda rng: nn.Conv2d(2, 4, 3, groups=2, rng=rng, initializer=initializer),
        lambda rng: nn.ConvTranspose1d(2, 4, 3, rng=rng, initializer=initializer),
        lambda rng: nn.Embedding(5, 3, rng=rng, initializer=initializer),
    ):
        one, other = make(1), make(np.random.default_rng(1))
        assert one.weight.dtype == np.float32
        np.testing.assert_array_equal(one.weight.numpy(), other.weight.numpy())
    assert nn.MLP([3, 2], rng=0, initializer=initializer)(np.ones(3)).shape == (2,)


# Fan in and fan out of (400, 50, 3, 3) are 450 and 3600.
@pytest.mark.parametrize(
    "initializer, sigma, kurtosis, bound",
    [
        (partial(nn.normal, scale=0.3), 0.3, 3, None),
        (partial(nn.uniform, low=-2, high=2), 2 / np.sqrt(3), 1.8, 2),
        (nn.xavier_normal, np.sqrt(2 / 4050), 3, None),
        (partial(nn.xavier_normal, gain=2), 2 * np.sqrt(2 / 4050), 3, None),
        (nn.xavier_uniform, np.sqrt(2 / 4050), 1.8, np.sqrt(6 / 4050)),
        (nn.kaiming_normal, np.sqrt(2 / 450), 3, None),
        (partial(nn.kaiming_normal, slope=0.5), np.sqrt(2 / 1.25 / 450), 3, None),
        (partial(nn.kaiming_normal, mode="fan_out"), np.sqrt(2 / 3600), 3, None),
        (nn.kaiming_uniform, np.sqrt(2 / 450), 1.8, np.sqrt(6 / 450)),
        (nn.standard_normal, 1, 3, None),
        (nn.scaled_normal, 1 / np.sqrt(450), 3, None),
        # A normal distribution that is cut off at 2 has the variance 0.774 and the fourth moment 1.416.
        (partial(nn.truncated_normal, scale=1.0), np.sqrt(0.7737), 2.366, 2),
    ],
)
def test_the_spread_is_the_published_one(initializer: Any, sigma: float, kurtosis: float, bound: float | None) -> None:
    weight, _ = initializer(np.random.default_rng(0), 400, 50, 3, 3)
    count = weight.size
    assert weight.std() == pytest.approx(sigma, rel=6 / np.sqrt(2 * count))
    assert abs(weight.mean()) < 5 * sigma / np.sqrt(count)
    assert ((weight / weight.std()) ** 4).mean() == pytest.approx(kurtosis, rel=0.03)
    if bound is not None:
        assert 0.999 * bound < abs(weight).max() <= bound


@pytest.mark.parametrize("sizes", [(3, 7), (7, 3), (5, 5), (4, 3, 2, 2), (20, 3, 2, 2)])
def test_orthogonal_rows_or_columns(sizes: tuple[int, ...]) -> None:
    weight = nn.orthogonal(0, *sizes, gain=2.0)[0].reshape(sizes[0], -1)
    square = weight @ weight.T if sizes[0] <= weight.shape[1] else weight.T @ weight
    np.testing.assert_allclose(square, 4 * np.eye(len(square)), atol=1e-13)


def test_orthogonal_matrices_are_evenly_distributed() -> None:
    """Each entry of a random rotation of the plane has mean 0; without the signs of R it would not."""
    rng = np.random.default_rng(0)
    found = np.mean([nn.orthogonal(rng, 2, 2)[0] for _ in range(1000)], axis=0)
    assert abs(found).max() < 5 * np.sqrt(0.5 / 1000)


def test_kaiming_keeps_the_variance_through_many_layers_and_xavier_does_not_before_a_relu() -> None:
    x = np.random.default_rng(0).standard_normal((100, 128))
    ends = {}
    for initializer in (nn.kaiming_normal, nn.xavier_normal):
        model = nn.Sequential([nn.Sequential(nn.Linear(128, 128, i, float, initializer), nn.ReLU()) for i in range(10)])
        ends[initializer] = (model(x).numpy() ** 2).mean()
    assert 0.2 < ends[nn.kaiming_normal] < 5
    assert ends[nn.xavier_normal] == pytest.approx(ends[nn.kaiming_normal] / 2**10, rel=1e-9)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: nn.normal(0, 3, 2, scale=-1), "normal: scale must be a number of at least 0"),
        (lambda: nn.uniform(0, 3, 2, low=1, high=0), "low must not be above high"),
        (lambda: nn.truncated_normal(0, 3, 2, bound=0), "bound must be above 0"),
        (lambda: nn.xavier_normal(0, 3, 2, gain="a"), "gain must be a number"),
        (lambda: nn.kaiming_normal(0, 3, 2, mode="both"), '"fan_in" or "fan_out"'),
        (lambda: nn.orthogonal(0, 3, 0), "inputs must be a whole number of at least 1"),
        (lambda: nn.zeros("seed", 3, 2), "rng is a numpy.random.Generator"),
        (lambda: nn.zeros(False, 3, 2), "rng is a numpy.random.Generator"),
        (lambda: nn.kaiming_uniform(0, 3, 2, 0), "a size of the kernel"),
    ],
)
def test_what_cannot_be_drawn_says_so(call: Any, said: str) -> None:
    with pytest.raises(ag.ArgumentError, match=said):
        call()
