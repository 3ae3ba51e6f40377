"""Convolutions and pools at edges: nothing at all, ties, nan and inf, other dtypes, and what is whose transpose."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

POOLS = {
    "max_pool": (2,), "avg_pool": (2,), "adaptive_max_pool": (3,), "adaptive_avg_pool": (3,)
}  # fmt: skip


def leaf(values: Any) -> ag.Tensor:
    return ag.tensor(values, requires_grad=True)


@pytest.mark.parametrize("seed", range(40))
def test_transposed_convolution_is_the_transpose(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dims = int(rng.integers(1, 4))
    kernel, stride, dilation, padding = (
        tuple(map(int, rng.integers(*ends, dims))) for ends in ((1, 4), (1, 4), (1, 3), (0, 3))
    )
    size, groups = tuple(map(int, rng.integers(5, 8, dims))), int(rng.integers(1, 3))
    x, w = rng.normal(size=(2, 2 * groups, *size)), rng.normal(size=(3 * groups, 2, *kernel))
    common: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    y = getattr(ag, f"conv{dims}d")(x, w, **common).numpy()
    g = rng.normal(size=y.shape)
    sizes = zip(size, padding, dilation, kernel, stride, strict=True)
    rest = tuple((n + 2 * p - d * (k - 1) - 1) % s for n, p, d, k, s in sizes)
    back = getattr(ag, f"conv_transpose{dims}d")(g, w, output_padding=rest, **common).numpy()
    assert back.shape == x.shape
    assert (back * x).sum() == pytest.approx((y * g).sum(), rel=1e-11)
    a, b = leaf(x), leaf(w)
    by_rule = ag.grad(getattr(ag, f"conv{dims}d")(a, b, **common), [a, b], g)
    assert np.array_equal(by_rule[0].data, back)
    assert (by_rule[1].data * w).sum() == pytest.approx((y * g).sum(), rel=1e-11)  # it is linear in the weight too


def test_same_padding_keeps_the_size_and_puts_the_odd_zero_behind() -> None:
    x = np.arange(1.0, 5.0).reshape(1, 1, 4)
    assert ag.conv1d(x, np.array([[[1.0, 10.0]]]), padding="same").numpy().tolist() == [[[21.0, 32.0, 43.0, 4.0]]]
    for kernel, dilation in ((1, 1), (2, 3), (3, 2), (4, 1)):
        assert ag.conv1d(x, np.ones((1, 1, kernel)), padding="same", dilation=dilation).shape == (1, 1, 4)


def test_no_examples_and_no_channels() -> None:
    x, w, b = leaf(np.zeros((0, 2, 5, 5))), leaf(np.ones((3, 2, 3, 3))), leaf(np.ones(3))
    y = ag.conv2d(x, w, b)
    y.sum().backward()
    assert y.shape == (0, 3, 3, 3) and x.grad.shape == x.shape
    assert not w.grad.any() and not b.grad.any()
    x, w = leaf(np.zeros((2, 0, 5, 5))), leaf(np.zeros((3, 0, 3, 3)))
    y = ag.conv2d(x, w, b)
    y.sum().backward()
    assert y.shape == (2, 3, 3, 3) and (y.data == 1).all()
    assert x.grad.shape == x.shape and w.grad.shape == w.shape
    for name, args in POOLS.items():
        assert getattr(ag, f"{name}2d")(np.zeros((0, 2, 6, 6)), *args).shape == (0, 2, 3, 3)


@pytest.mark.parametrize(
    "pool, size, expected",
    [
        (lambda x: ag.max_pool1d(x, 3), 3, [1 / 3, 1 / 3, 1 / 3]),
        (lambda x: ag.max_pool1d(x, 3, 1, 1), 3, [1 / 2 + 1 / 3, 1 / 2 + 1 / 3 + 1 / 2, 1 / 3 + 1 / 2]),
        (lambda x: ag.adaptive_max_pool1d(x, 2), 3, [1 / 2, 1 / 2 + 1 / 2, 1 / 2]),
        (lambda x: ag.adaptive_max_pool1d(x, 1), 4, [1 / 4] * 4),
    ],
)
def test_ties_share_evenly(pool: Any, size: int, expected: list[float]) -> None:
    x = leaf(np.full((1, 1, size), 7.0))
    pool(x).sum().backward()
    np.testing.assert_allclose(x.grad, [[expected]], rtol=1e-15)


def test_three_of_four_that_tie_in_a_box_share_evenly() -> None:
    for pool in (lambda x: ag.max_pool2d(x, 2), lambda x: ag.adaptive_max_pool2d(x, 1)):
        x = leaf([[[[5.0, 5.0], [5.0, 1.0]]]])
        pool(x).sum().backward()
        np.testing.assert_allclose(x.grad, [[[[1 / 3, 1 / 3], [1 / 3, 0.0]]]], rtol=1e-15)


def test_nan_and_infinity_stay_where_they_are() -> None:
    x = leaf([[[1.0, np.nan, 2.0, np.inf]]])
    y = ag.max_pool1d(x, 2)
    np.testing.assert_array_equal(y.data, [[[np.nan, np.inf]]])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [[[np.nan, np.nan, 0.0, 1.0]]])
    np.testing.assert_array_equal(ag.avg_pool1d(x, 2).data, [[[np.nan, np.inf]]])
    np.testing.assert_array_equal(ag.adaptive_avg_pool1d(x.data[..., 2:], 1).data, [[[np.inf]]])
    np.testing.assert_array_equal(ag.adaptive_max_pool1d(x, 3).data, [[[np.nan, np.nan, np.inf]]])
    padded = ag.max_pool1d(np.array([[[-5.0, -3.0]]]), 2, 1, 1)
    assert padded.numpy().tolist() == [[[-5.0, -3.0, -3.0]]]


def test_whole_numbers_and_halves() -> None:
    assert ag.max_pool1d(np.array([[[-3, -5, -7]]]), 2, 1, 1).numpy().tolist() == [[[-3, -3, -5, -7]]]
    assert ag.conv1d(np.array([[[1, 2, 3]]]), np.array([[[1, 1]]])).numpy().tolist() == [[[3, 5]]]
    half = np.ones((1, 1, 4), np.float16)
    for y in (ag.conv1d(half, half), ag.max_pool1d(half, 2), ag.avg_pool1d(half, 2), ag.adaptive_avg_pool1d(half, 3)):
        assert y.dtype == np.float16


def test_refusals_do_not_depend_on_what_was_asked_before() -> None:
    x = np.ones((1, 1, 4))
    for good, wrong in ((2, 2.0), (1, True)):
        ag.unfold(x, kernel_size=2, stride=good)
        with pytest.raises(ag.ArgumentError, match=r"stride=.*: give a whole number"):
            ag.unfold(x, kernel_size=2, stride=wrong)


def test_a_convolution_keeps_no_columns() -> None:
    x, w = leaf(np.ones((2, 3, 8, 8))), leaf(np.ones((4, 3, 3, 3)))
    y = ag.conv2d(x, w, padding=1)
    assert [t.size for t in ag.ancestors(y)] == [x.size, w.size, y.size]


def test_a_compiled_step_makes_its_columns_once_and_adds_gradients_up_in_place() -> None:
    rng = np.random.default_rng(0)
    x, weight = (ag.tensor(rng.normal(size=shape), requires_grad=True) for shape in ((2, 3, 7, 7), (4, 3, 3, 3)))

    def step() -> Any:
        out = ag.conv2d(x, weight, padding=1)
        return out, *ag.grad(out, [x, weight], out)

    compiled = ag.compile(step, verify=True)
    for _ in range(3):
        for ours, theirs in zip(compiled(), step(), strict=True):
            assert ours.data.tobytes() == theirs.data.tobytes()
    assert compiled.source.count("sliding_window_view") == 1 and compiled.source.count("+=") == 9
    assert compiled.source.count("copy()") == 3  # the columns, and the zeros that they and the gradient begin with
    run = compiled.planned_source.partition("def step")[2]
    assert run.count("sliding_window_view") == 0 and run.count("+=") == 9 and run.count("[...] = ") == 1


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_in_a_pool_over_nothing_but_minus_infinity_the_padding_gets_no_gradient(dims: int) -> None:
    pool = getattr(ag, f"max_pool{dims}d")
    for data in (np.full((1, 2, *(3,) * dims), -np.inf), np.where(np.arange(2 * 3**dims) % 4, -np.inf, 1.0)):
        x = ag.tensor(data.reshape(1, 2, *(3,) * dims), requires_grad=True)
        for how in ({"stride": 2, "padding": 1}, {"stride": 1, "padding": 1, "dilation": 2}, {"padding": 1,
                    "ceil_mode": True}):  # fmt: skip
            out = pool(x, 2, **how)
            gradient = ag.grad(out.sum(), x).numpy()
            np.testing.assert_allclose(gradient.sum(), out.size, rtol=1e-12)  # all of it arrives
            step = ag.compile(lambda x, how=how: ag.grad(pool(x, 2, **how).sum(), x))
            assert all(step(x).numpy().tobytes() == gradient.tobytes() for _ in range(3))
    x = ag.tensor(np.full((1, 1, 3), -np.inf), requires_grad=True)
    assert ag.grad(ag.max_pool1d(x, 2, stride=2, padding=1).sum(), x).numpy().tolist() == [[[1.0, 0.5, 0.5]]]
