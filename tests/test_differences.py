"""Differences and statistics beyond samples: arrays among the keywords, ties, nan, nothing, whole numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

NAN = float("nan")
RNG = np.random.default_rng(4)
ROWS = RNG.normal(size=(2, 4))


def gradient(f: Callable[[ag.Tensor], Any], data: Any, seed: Any = None) -> Any:
    x = ag.tensor(np.asarray(data, float), requires_grad=True)
    out = f(x)
    return ag.grad(out, x, gradient=None if seed is None else np.asarray(seed, float)).numpy()


# Arrays that are keywords have a gradient too.


@pytest.mark.parametrize(
    "f, x, y",
    [
        (lambda x, w: ag.average(x, axis=1, weights=w), ROWS, RNG.uniform(1, 2, 4)),
        (lambda x, w: ag.average(x, weights=w, returned=True), ROWS, RNG.uniform(1, 2, (2, 4))),
        (lambda x, end: ag.diff(x, append=end, prepend=0.5), ROWS, RNG.normal(size=(2, 1))),
        (lambda x, end: ag.diff(x, append=end), ROWS, np.array(2.0)),
        (lambda x, w: ag.cov(x, aweights=w), ROWS, RNG.uniform(1, 2, 4)),
        (lambda x, mean: ag.var(x, axis=1, mean=mean), ROWS, RNG.normal(size=(2, 1))),
        (lambda x, h: ag.gradient(x, h, axis=1, edge_order=2), ROWS, np.array([0.0, 3.0, 5.0, 9.0])),
        (lambda y, dx: ag.trapezoid(y, dx=dx), ROWS, np.array(0.5)),
    ],
    ids=["average", "returned", "diff", "number", "cov", "var", "gradient", "trapezoid"],
)
def test_an_array_among_the_keywords_has_a_gradient(f: Any, x: np.ndarray, y: np.ndarray) -> None:
    assert ag.gradcheck(f, x, y, order=2).passed
    step = ag.compile(f)
    for k in range(3):
        found, expected = step(x * (k + 1), y), f(ag.tensor(x * (k + 1)), ag.tensor(y))
        for one, other in zip(found if isinstance(found, tuple) else (found,),
                              expected if isinstance(expected, tuple) else (expected,), strict=True):  # fmt: skip
            assert one.numpy().tobytes() == other.numpy().tobytes()


def test_the_slope_at_places_of_any_distance_is_numpys() -> None:
    places = np.array([0.0, 1.0, 3.0, 3.5])
    for order in (1, 2):
        for f in (ROWS, np.arange(8).reshape(2, 4)):
            found = ag.gradient(f, places, axis=-1, edge_order=order).numpy()
            np.testing.assert_allclose(found, np.gradient(f, places, axis=-1, edge_order=order), rtol=1e-13)
    both = ag.gradient(np.square(np.arange(12.0)).reshape(3, 4), 2.0)
    for one, other in zip(both, np.gradient(np.square(np.arange(12.0)).reshape(3, 4), 2.0), strict=True):
        assert np.array_equal(one.numpy(), other)


# Whole numbers and truths.


@pytest.mark.parametrize(
    "name, args",
    [
        ("diff", ()), ("median", ()), ("quantile", (0.4,)), ("percentile", (40,)), ("average", ()), ("cov", ()),
        ("corrcoef", ()), ("nanmedian", ()), ("nanquantile", (0.5,)), ("ediff1d", ()), ("gradient", ()), ("ptp", ()),
        ("trapezoid", ()), ("sort", ()), ("cumsum", ()), ("prod", ()), ("std", ()), ("nansum", ()), ("nanmax", ()),
    ],
)  # fmt: skip
def test_whole_numbers_give_what_numpy_gives(name: str, args: tuple[Any, ...]) -> None:
    data = np.array([[3, 1, 4, 1], [5, 9, 2, 6]])
    found, expected = getattr(ag, name)(data, *args), getattr(np, name)(data, *args)
    for one, other in zip(found if isinstance(found, tuple) else (found,),
                          expected if isinstance(expected, tuple) else (expected,), strict=True):  # fmt: skip
        assert one.dtype == np.asarray(other).dtype
        np.testing.assert_allclose(one.numpy(), other, rtol=1e-14)


def test_truths_are_compared_and_lower_quantiles_stay_whole() -> None:
    truths = np.array([True, True, False])
    assert ag.diff(truths).numpy().tolist() == np.diff(truths).tolist() == [False, True]
    assert ag.quantile(np.array([3, 1, 2]), 0.4, method="lower").dtype == np.int64


# Order statistics.


METHODS = ["linear", "weibull", "hazen", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf", "lower",
           "higher", "nearest", "midpoint"]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_a_quantile_is_numpys_at_every_share(method: str, size: int) -> None:
    x = RNG.normal(size=size)
    shares = np.linspace(0, 1, 21)
    found, expected = ag.quantile(x, shares, method=method), np.quantile(x, shares, method=method)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-13, atol=1e-15)
    if method in METHODS[:6]:
        x = np.append(x, NAN)
        expected = np.nanquantile(x, shares, method=method)
        np.testing.assert_allclose(ag.nanquantile(x, shares, method=method).numpy(), expected, rtol=1e-13, atol=1e-15)


def test_the_gradient_of_a_median_is_halved_between_two_and_shared_by_ties() -> None:
    assert gradient(ag.median, [4.0, 1.0, 3.0, 2.0]).tolist() == [0.0, 0.0, 0.5, 0.5]
    assert gradient(ag.median, [1.0, 2.0, 2.0, 2.0, 5.0]).tolist() == [0.0, 1 / 3, 1 / 3, 1 / 3, 0.0]
    assert gradient(ag.median, [2.0, 2.0]).tolist() == [0.5, 0.5]
    assert gradient(lambda x: ag.quantile(x, 1.0), [3.0, 3.0, 1.0]).tolist() == [0.5, 0.5, 0.0]  # as max
    assert gradient(ag.nanmedian, [4.0, NAN, 1.0]).tolist() == [0.5, 0.0, 0.5]
    assert gradient(lambda x: ag.nanquantile(x, [0.25, 0.75]), [0.0, NAN, 2.0], [1.0, 1.0]).tolist() == [1.0, 0.0, 1.0]


def test_nan_in_the_data_is_nan_in_a_median_and_its_gradient() -> None:
    for f in (ag.median, lambda x: ag.quantile(x, 0.5), lambda x: ag.percentile(x, 20)):
        x = ag.tensor([1.0, NAN, 3.0], requires_grad=True)
        out = f(x)
        assert np.isnan(out.item()) and np.isnan(ag.grad(out, x).numpy()).any()
    rows = ag.median(ag.tensor([[1.0, NAN, 3.0], [1.0, 2.0, 3.0]]), axis=1).numpy()
    assert np.isnan(rows[0]) and rows[1] == 2.0


def test_infinities_keep_their_place_in_quantiles() -> None:
    assert ag.quantile([1.0, 2.0, np.inf], 0.5).item() == 2.0 and ag.median([-np.inf, 1.0, np.inf]).item() == 1.0
    assert gradient(ag.median, [-np.inf, 1.0, np.inf]).tolist() == [0.0, 1.0, 0.0]


def test_what_is_not_a_number_at_all_has_no_median() -> None:
    x = ag.tensor([[NAN, 1.0], [NAN, 3.0]], requires_grad=True)
    for f in (ag.nanmedian, lambda x, axis: ag.nanpercentile(x, 50, axis=axis)):
        out = f(x, axis=0)
        np.testing.assert_array_equal(out.numpy(), [NAN, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for g in (ag.median, ag.nanmedian):
            assert np.isnan(g(np.zeros(0)).item()) and g(np.zeros((0, 2)), axis=0).shape == (2,)


def test_a_number_is_its_own_median_and_quantile() -> None:
    for f in (ag.median, ag.nanmedian, lambda x: ag.quantile(x, 0.3), lambda x: ag.nanquantile(x, 0.3), ag.average):
        x = ag.tensor(3.0, requires_grad=True)
        out = f(x)
        assert out.shape == () and out.item() == 3.0 and ag.grad(out, x).item() == 1.0


def test_float32_stays_float32_in_statistics() -> None:
    x = ag.tensor(ROWS.astype(np.float32), requires_grad=True)
    for out in (ag.cov(x), ag.corrcoef(x), ag.median(x), ag.quantile(x, [0.2, 0.7]), ag.nanquantile(x, 0.3), ag.std(x),
                ag.interp(x, np.float32([0, 1]), np.float32([0, 2])), ag.gradient(x[0]), ag.average(x)):  # fmt: skip
        assert out.dtype == np.float32 and ag.grad(out.sum(), x).dtype == np.float32


# Covariances.


def test_one_variable_has_a_variance_of_no_axes() -> None:
    x = RNG.normal(size=5)
    assert ag.cov(x).shape == () and ag.cov(x).item() == pytest.approx(np.cov(x).item(), rel=1e-14)
    assert ag.corrcoef(x).shape == () and ag.corrcoef(x).item() == 1.0
    both = (RNG.normal(size=(1, 4)), RNG.normal(size=(4,)))
    np.testing.assert_allclose(ag.cov(*both).numpy(), np.cov(*both), rtol=1e-13)
    np.testing.assert_allclose(ag.cov(RNG.normal(size=(4, 1)), ROWS.T, rowvar=False).shape, (3, 3))


# Between points.


def test_interpolation_is_numpys_at_points_beyond_them_and_round_a_period() -> None:
    x = np.array([-1.0, 0.0, 0.25, 1.0, 2.0, 2.5, 3.0, 7.0, np.inf, -np.inf])
    places, values = np.array([0.0, 1.0, 2.5, 3.0]), np.array([1.0, -2.0, 4.0, 0.5])
    for params in ({}, {"left": 9.0}, {"right": -9.0}, {"left": NAN, "right": NAN}):
        expected = np.interp(x, places, values, **params)
        np.testing.assert_allclose(ag.interp(x, places, values, **params).numpy(), expected, rtol=1e-14)
    finite, shuffled = x[:-2], [2, 0, 3, 1]
    for period in (4.0, -3.5, 2.25):
        expected = np.interp(finite, places[shuffled], values[shuffled], period=period)
        found = ag.interp(finite, places[shuffled], values[shuffled], period=period).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)
    assert np.isnan(ag.interp(NAN, places, values).item())
    assert ag.interp(0.5, [0, 1], [0, 3]).item() == 1.5
    assert ag.interp([0.0, 1.0, 2.0], [1.0], [5.0], left=-1.0).numpy().tolist() == [-1.0, 5.0, 5.0]


def test_beyond_the_points_the_slope_is_0_and_at_a_point_that_of_the_piece_behind() -> None:
    places, values = [0.0, 1.0, 3.0], [0.0, 2.0, 0.0]
    found = gradient(lambda x: ag.interp(x, places, values), [-1.0, 0.0, 1.0, 3.0, 4.0], np.ones(5))
    assert found.tolist() == [0.0, 2.0, -1.0, -1.0, 0.0]
    assert gradient(lambda fp: ag.interp([-1.0, 2.0, 4.0], places, fp), values, np.ones(3)).tolist() == [1.0, 0.5, 1.5]


@pytest.mark.parametrize("name", ["diff", "trapezoid"])
def test_there_is_no_difference_of_one_element(name: str) -> None:
    x = ag.tensor(np.ones((2, 1)), requires_grad=True)
    out = getattr(ag, name)(x)
    assert out.numpy().tolist() == getattr(np, name)(np.ones((2, 1))).tolist()
    assert ag.grad(out.sum(), x).numpy().tolist() == [[0.0], [0.0]]
    with pytest.raises(ag.AxisError):
        getattr(ag, name)(1.0)
