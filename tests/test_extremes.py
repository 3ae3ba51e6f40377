"""Arguments at their limits: nan among extremes, counts beyond a dtype, large ties, axes, bounds, many arrays."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

# nan in data gives nan.

HIDING: dict[str, Callable[[ag.Tensor], ag.Tensor]] = {
    "max": lambda x: x.max(),
    "min": lambda x: x.min(),
    "max along rows": lambda x: ag.max(x, axis=1),
    "min along columns": lambda x: ag.min(x, axis=0),
    "max kept": lambda x: ag.max(x, axis=-1, keepdims=True),
    "maximum": lambda x: ag.maximum(x, 0.5),
    "minimum": lambda x: ag.minimum(0.5, x),
    "maximum of itself": lambda x: ag.maximum(x, x),
    "logsumexp": lambda x: ag.logsumexp(x, axis=1),
    "softmax": ag.softmax,
    "absolute": abs,
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("f", HIDING.values(), ids=HIDING)
def test_nan_in_data_is_not_hidden_on_the_way_back(f: Callable[[ag.Tensor], ag.Tensor], dtype: Any) -> None:
    data = np.array([[np.nan, 1.0, 0.2], [0.1, 3.0, 3.0]], dtype)
    x = ag.tensor(data, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = f(x)
        out.backward(np.ones(out.shape, dtype))
    assert np.isnan(out.numpy()).any() and x.grad.dtype == dtype
    assert np.isnan(x.grad[0, 0])
    slope = ag.grad(f(x), x, gradient=np.ones(out.shape, dtype), create_graph=True)
    assert np.array_equal(slope.numpy(), x.grad, equal_nan=True)
    fine = ag.tensor(data[1:], requires_grad=True)
    out = f(fine)
    out.backward(np.ones(out.shape, dtype))
    assert np.isfinite(fine.grad).all()


def test_nan_in_one_row_is_no_matter_of_the_others() -> None:
    x = ag.tensor([[np.nan, 1.0], [4.0, 3.0], [2.0, 2.0]], requires_grad=True)
    x.max(axis=1).backward(np.array([1.0, 10.0, 100.0]))
    assert np.isnan(x.grad[0]).all()
    assert x.grad[1:].tolist() == [[10.0, 0.0], [50.0, 50.0]]


def test_infinity_is_a_number_like_others() -> None:
    x = ag.tensor([np.inf, 1.0, np.inf, -np.inf], requires_grad=True)
    x.max().backward()
    assert x.grad.tolist() == [0.5, 0.0, 0.5, 0.0]
    x.grad = None
    ag.maximum(x, np.inf).backward(np.ones(4))
    assert x.grad.tolist() == [0.5, 0.0, 0.5, 0.0]


# Counts.


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "shape, axis", [((70_000,), None), ((300, 300), None), ((2, 70_000), 1), ((66_000, 1), (0, 1))]
)
def test_a_mean_of_more_numbers_than_the_dtype_can_count(dtype: Any, shape: Any, axis: Any) -> None:
    x = ag.tensor(np.ones(shape, dtype), requires_grad=True)
    out = x.mean(axis=axis)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out.backward(np.full(out.shape, 3.0, dtype))
    count = x.size // out.size
    assert out.dtype == x.grad.dtype == dtype and np.all(out.numpy() == 1)
    assert np.array_equal(x.grad, np.full(shape, dtype(3 / count)))
    slope = ag.grad(x.mean(axis=axis), x, gradient=np.full(out.shape, 3.0, dtype), create_graph=True)
    assert slope.dtype == dtype and np.array_equal(slope.numpy(), x.grad)


def test_a_mean_over_no_axis_of_many_numbers() -> None:
    x = ag.tensor(np.ones(70_000, np.float16), requires_grad=True)
    x.mean(axis=()).backward(np.ones(70_000, np.float16))
    assert np.all(x.grad == 1)


# Ties of large numbers.


@pytest.mark.parametrize("axis, keepdims", [(None, False), (0, False), (-1, True), ((0,), False), ((), False)])
@pytest.mark.parametrize("dtype, large", [("float16", 6e4), ("float32", 1e8), ("float32", -1e8), ("float64", 1e16)])
def test_logsumexp_of_large_ties(dtype: str, large: float, axis: Any, keepdims: bool) -> None:
    x = ag.tensor(np.array([large, large, 0.0], dtype), requires_grad=True)
    out = ag.logsumexp(x, axis=axis, keepdims=keepdims)
    out.backward(np.ones(out.shape, dtype))
    expected = [1.0, 1.0, 1.0] if axis == () else [0.5, 0.5, 0.0] if large > 0 else [0.0, 0.0, 1.0]
    np.testing.assert_allclose(x.grad, expected, rtol=1e-3)
    assert x.grad.dtype == dtype


def test_logsumexp_along_axes_of_large_numbers() -> None:
    data = np.random.default_rng(0).normal(size=(3, 4, 5)) + 1e6
    for axis in (None, 1, (0, 2), (-1, 0)):
        x, y = ag.tensor(data, requires_grad=True), ag.tensor(data - 1e6, requires_grad=True)
        for each in (x, y):
            out = ag.logsumexp(each, axis=axis)
            out.backward(np.ones(out.shape))
        np.testing.assert_allclose(x.grad, y.grad, rtol=1e-9)


# Axes.


def _axes() -> list[Any]:
    whole = [np.array(0), np.array(-1), np.int64(1), np.int8(0), np.uint8(1)]
    return [*whole, (np.int64(0), np.array(1)), (0, 1), (np.array(-1),), (np.array(1),)]


REDUCTIONS = ["sum", "mean", "max", "min", "logsumexp", "softmax", "log_softmax"]


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("axis", _axes(), ids=repr)
def test_an_axis_of_any_kind_works_in_both_passes(name: str, axis: Any) -> None:
    data = np.random.default_rng(1).normal(size=(2, 3))
    plain = tuple(map(int, axis)) if isinstance(axis, tuple) else int(axis)
    found, expected = [], []
    for given, into in ((axis, found), (plain, expected)):
        x = ag.tensor(data, requires_grad=True)
        out = getattr(ag, name)(x, axis=given)
        out.backward(1.0 + np.arange(out.size).reshape(out.shape))
        into += [out.numpy(), x.grad]
    assert all(map(np.array_equal, found, expected))


MOVES: dict[str, Callable[[ag.Tensor, Any], ag.Tensor]] = {
    "transpose method": lambda x, number: x.transpose([number(1), number(0)]),
    "transpose of numbers": lambda x, number: x.transpose(number(1), number(0)),
    "transpose of one axis": lambda x, number: x[0].transpose(number(0)),
    "transpose of one axis by name": lambda x, number: ag.transpose(x[0], axes=number(-1)),
    "transpose backwards": lambda x, number: ag.transpose(x, (number(-1), number(-2))),
    "reshape": lambda x, number: x.reshape(number(3), number(-1)),
    "reshape of a list": lambda x, number: ag.reshape(x, [number(3), number(2)]),
    "reshape to one axis": lambda x, number: x.reshape(number(6)),
    "swapaxes": lambda x, number: x.swapaxes(number(0), number(-1)),
    "expand_dims": lambda x, number: ag.expand_dims(x, number(1)),
    "expand_dims of several": lambda x, number: ag.expand_dims(x, [number(0), number(-1)]),
    "squeeze": lambda x, number: ag.squeeze(x[:, :1], axis=number(1)),
    "broadcast_to": lambda x, number: ag.broadcast_to(x, [number(4), number(2), number(3)]),
    "concatenate": lambda x, number: ag.concatenate([x, x], axis=number(-1)),
    "stack": lambda x, number: ag.stack([x, x], axis=number(1)),
}


@pytest.mark.parametrize("number", [np.int64, np.int16, np.array])
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_move_along_axes_of_any_kind_works_in_both_passes(move: Callable[..., ag.Tensor], number: Any) -> None:
    data = np.arange(6.0).reshape(2, 3)
    grads = []
    for kind in (number, int):
        x = ag.tensor(data, requires_grad=True)
        out = move(x, kind)
        out.backward(1.0 + np.arange(out.size).reshape(out.shape))
        grads.append(x.grad)
    assert np.array_equal(*grads)


@pytest.mark.parametrize("axis", [np.array([0, 1]), 0.0, "0", np.array(0.0), (0, 0.5), {0}, print], ids=repr)
def test_what_is_no_axis_is_refused_at_the_call(axis: Any) -> None:
    x = ag.tensor(np.ones((2, 3)), requires_grad=True)
    for name in REDUCTIONS:
        with pytest.raises(ag.AutogradError, match=name):
            getattr(ag, name)(x, axis=axis)
    for call in (ag.expand_dims, ag.squeeze):
        with pytest.raises(ag.AutogradError):
            call(x, axis)
    with pytest.raises(ag.AutogradError):
        x.swapaxes(axis, 0)


def test_axes_changed_after_the_call_change_no_gradient() -> None:
    axes, array = (np.array(0), np.array(1)), np.array(0)
    x = ag.tensor(np.ones((2, 3, 4)), requires_grad=True)
    out = ag.sum(x, axis=axes).sum() + ag.mean(x, axis=array).sum()
    axes[0][...] = axes[1][...] = 2
    array[...] = 2
    out.backward()
    assert np.array_equal(x.grad, np.full((2, 3, 4), 1.5))


# Bounds.

BOUNDS: dict[str, Any] = {
    "numbers": (-0.5, 0.5),
    "lower number": (-0.5, None),
    "upper number": (None, 0.5),
    "lower array": (np.array([-0.5, 0.2, -2.0]), None),
    "upper array": (None, np.array([[0.5], [-0.2]])),
    "arrays": (np.array([-0.5, 0.2, -2.0]), np.array([[0.45], [0.35]])),
    "array and number": (np.array([-0.5, -0.3, -2.0]), 0.5),
    "more axes than the data": (np.full((4, 1, 1), -0.5), np.array(0.55)),
    "crossed": (np.array([0.6, -0.5, 0.7]), np.array([-0.55, 0.65, -0.75])),
    "whole numbers": (-1, np.array([1, 0, 2])),
    "lists": ([-0.5, 0.2, -2.0], [0.5, 0.6, 0.7]),
}


@pytest.mark.parametrize("low, high", BOUNDS.values(), ids=BOUNDS)
def test_clip_with_bounds_of_every_kind(low: Any, high: Any) -> None:
    data = np.array([[-1.1, 0.1, 0.9], [0.3, -0.7, -1.9]])
    expected = np.clip(data, low, high)
    for out in (ag.clip(ag.tensor(data), low, high), ag.tensor(data).clip(min=low, max=high), ag.clip(data, low, high)):
        assert np.array_equal(out.numpy(), expected) and out.dtype == expected.dtype
    bounds = [np.asarray(bound, float) for bound in (low, high) if bound is not None]

    def clipped(x: ag.Tensor, *given: ag.Tensor) -> ag.Tensor:
        found = list(given)
        return ag.clip(x, None if low is None else found.pop(0), None if high is None else found.pop(0))

    assert ag.gradcheck(clipped, data, *bounds, order=2).passed


def test_clip_with_tensors_as_bounds() -> None:
    x, low, high = (ag.tensor(v, requires_grad=True) for v in ([1.0, 2.0, 3.0], 1.5, 2.5))
    out = ag.clip(x, low, high)
    out.backward(np.array([1.0, 10.0, 100.0]))
    assert out.numpy().tolist() == [1.5, 2.0, 2.5]
    assert x.grad.tolist() == [0.0, 10.0, 0.0] and low.grad.item() == 1.0 and high.grad.item() == 100.0


def test_at_a_bound_and_between_bounds_that_meet_one_argument_takes_all() -> None:
    x, low, high = (ag.tensor(v, requires_grad=True) for v in ([1.0, 2.0, 5.0], [1.0, 2.0, 4.0], [3.0, 2.0, 4.0]))
    ag.clip(x, low, high).backward(np.array([1.0, 10.0, 100.0]))
    assert x.grad.tolist() == [0.0, 0.0, 0.0]
    assert (low.grad + high.grad).tolist() == [1.0, 10.0, 100.0]


def test_nan_passes_through_clip() -> None:
    x = ag.tensor([np.nan, 2.0], requires_grad=True)
    out = ag.clip(x, np.array([0.0, 0.0]), 1.0)
    out.backward(np.array([3.0, 4.0]))
    assert np.isnan(out.numpy()[0]) and x.grad.tolist() == [3.0, 0.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64])
def test_clip_keeps_the_dtype(dtype: Any) -> None:
    assert ag.clip(ag.tensor(np.ones(3, dtype)), 0, 2).dtype == dtype
    assert ag.clip(ag.tensor(np.ones(3, dtype)), np.zeros(3, dtype), None).dtype == dtype


@pytest.mark.parametrize("bounds", [(np.array([0.0, 0.0]), None), (None, np.array([1.0, 1.0])), (np.array(-1.0), 1.0)])
def test_debug_mode_sees_a_bound_that_changes(bounds: Any) -> None:
    x = ag.tensor([-1.0, 2.0], requires_grad=True)
    with ag.debug():
        out = ag.clip(x, *bounds).sum()
    for bound in bounds:
        if isinstance(bound, np.ndarray):
            bound += 5
    with pytest.raises(ag.ChangedError, match="clip"):
        out.backward()
    assert x.grad is None


def test_a_compiled_clip_sees_bounds_that_change() -> None:
    low = ag.tensor([0.0, 0.0], requires_grad=True)

    @ag.compile
    def step(x: ag.Tensor, high: ag.Tensor) -> Any:
        out = ag.clip(x, low, high).sum()
        return out, *ag.grad(out, [low, x])

    for value, top in ((1.0, 2.0), (-1.0, 0.5), (3.0, 2.0)):
        x, high = ag.tensor([value, 0.25], requires_grad=True), ag.tensor([top, top])
        eager = ag.clip(x, low, high).sum()
        assert step(x, high)[0].item() == eager.item()
        for found, expected in zip(step(x, high)[1:], ag.grad(eager, [low, x]), strict=True):
            assert np.array_equal(found.numpy(), expected.numpy())


# Many arrays.


@pytest.mark.parametrize("join", [ag.concatenate, ag.stack])
def test_the_backward_pass_of_joined_arrays_takes_as_long_as_there_are_arrays(join: Any, uncollected: None) -> None:
    def seconds(count: int) -> float:
        best = np.inf
        for _ in range(3):
            leaves = [ag.tensor(np.full(1, float(i)), requires_grad=True) for i in range(count)]
            out = (join(leaves).reshape(-1) * np.arange(float(count))).sum()
            start = time.perf_counter()
            out.backward()
            best = min(best, time.perf_counter() - start)
            assert all(leaf.grad.item() == i for i, leaf in enumerate(leaves))
        return best

    assert seconds(8000) / seconds(1000) < 24  # 8 where it is linear, 64 where it is quadratic


def test_a_joined_array_that_is_data_beside_one_that_is_not() -> None:
    leaf = ag.tensor([1.0], requires_grad=True)
    ag.concatenate([np.ones(2), leaf, ag.tensor([5]), leaf]).backward(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert leaf.grad.tolist() == [8.0]


def test_a_strangers_rule_for_many_arguments_at_once(registry: Any) -> None:
    @ag.operation(notation=r"\sum {weight} {arrays}")
    def weighted(xp: Any, weight: Any, *arrays: Any) -> Any:
        total = arrays[0] * weight
        for each in arrays[1:]:
            total = total + each * weight
        return total

    weighted.rules(
        weight=lambda xp, g, out, weight, *arrays: g * sum(arrays[1:], start=arrays[0]),
        arrays=lambda xp, g, out, weight, *arrays: [g * weight for _ in arrays],
    )
    points = [np.array([1.0, 2.0]), np.array([3.0, -1.0]), np.array([0.5, 0.25])]
    assert ag.gradcheck(weighted, np.array([2.0, 3.0]), *points, order=2).passed
