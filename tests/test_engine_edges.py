"""Edges of the engine: gradients that are set, switches that threads share, dtypes through which no gradient goes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

# A gradient that is set.


@pytest.mark.parametrize("scale", [lambda g: g * 0.5, lambda g: np.float64(0.5) * g, lambda g: g / 2, np.sqrt])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_the_gradient_of_a_scalar_can_be_scaled(scale: Callable[[Any], Any], shape: tuple[int, ...]) -> None:
    w = ag.tensor(np.full(shape, 2.0), requires_grad=True)
    (w * w).sum().backward()
    want = scale(np.full(shape, 4.0))
    w.grad = scale(w.grad)
    assert type(w.grad) is np.ndarray
    assert w.grad.shape == shape
    np.testing.assert_array_equal(w.grad, want)
    (w * w).sum().backward()  # and is added to
    np.testing.assert_array_equal(w.grad, want + 4.0)


@pytest.mark.parametrize("wrong", [np.float32(1.0), 1.0, np.ones(1), "1", True])
def test_a_gradient_of_another_kind_is_refused(wrong: Any) -> None:
    w = ag.tensor(2.0, requires_grad=True)
    with pytest.raises(ag.ShapeError, match="the gradient of"):
        w.grad = wrong
    assert w.grad is None


# Switches.


@pytest.mark.parametrize("make", [ag.no_grad, ag.enable_grad])
def test_one_switch_in_two_threads_gives_each_back_what_it_had(make: Callable[[], Any]) -> None:
    switch, entered, both = make(), threading.Event(), threading.Event()
    after: dict[str, bool] = {}

    def first() -> None:
        with switch:
            entered.set()
            both.wait(10)
        after["first"] = ag.is_grad_enabled()

    def second() -> None:
        entered.wait(10)
        with ag.no_grad():
            with switch:
                both.set()
                one.join(10)
            after["second"] = ag.is_grad_enabled()

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    two.start()
    one.join(10)
    two.join(10)
    assert after == {"first": True, "second": False}


def test_a_switch_may_be_entered_again_inside_itself() -> None:
    switch = ag.no_grad()
    with switch, ag.enable_grad(), switch:
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()


def test_one_debug_object_in_two_threads_leaves_no_thread_in_debug_mode() -> None:
    shared, entered, both = ag.debug(), threading.Event(), threading.Event()
    traced: dict[str, bool] = {}

    def traces() -> bool:
        return (ag.tensor(1.0, requires_grad=True) * 2.0).node.trace is not None

    def first() -> None:
        with shared:
            entered.set()
            both.wait(10)
            traced["inside"] = traces()
        traced["first"] = traces()

    def second() -> None:
        entered.wait(10)
        with shared:
            both.set()
            one.join(10)
        traced["second"] = traces()

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    two.start()
    one.join(10)
    two.join(10)
    assert traced == {"inside": True, "first": False, "second": False}


# Dtypes.


@pytest.mark.parametrize("dtype", [int, bool, np.int8, np.uint16])
def test_a_cast_to_whole_numbers_ends_the_gradient(dtype: Any) -> None:
    x = ag.tensor([1.5, 2.0], requires_grad=True)
    cast = x.astype(dtype)
    assert not cast.requires_grad
    assert cast.node is None
    np.testing.assert_array_equal(
        ag.grad((x * cast).sum(), x).numpy(), np.array([1.5, 2.0]).astype(dtype).astype(float)
    )
    with pytest.raises(ag.GraphError, match="does not require a gradient"):
        cast.sum().backward()


def test_an_operation_of_a_user_that_gives_whole_numbers_ends_the_gradient() -> None:
    @ag.operation(notation=r"\operatorname{{tenths}}({x})")
    def tenths_in_whole_numbers(xp: Any, x: Any) -> Any:
        return xp.floor(x * 10).astype(int)

    tenths_in_whole_numbers.rules(x=lambda xp, g, out, x: g * 10)
    x = ag.tensor([0.26], requires_grad=True)
    assert not tenths_in_whole_numbers(x).requires_grad


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x * (3 + 4j),
        lambda x: x + 0j,
        lambda x: ag.exp(1j * x),
        lambda x: x.astype(complex),
        lambda x: ag.concatenate([x, np.array([1j])]),
        lambda x: ag.where(np.array([True]), x, 1j),
    ],
    ids=["product", "sum", "imaginary exponent", "cast", "joined", "chosen"],
)
def test_a_complex_number_on_the_way_from_a_leaf_is_refused(compute: Callable[[Any], Any]) -> None:
    x = ag.tensor([1.0], requires_grad=True)
    with pytest.raises(ag.DtypeError, match=r"would be complex, .* detach"):
        compute(x)
    assert compute(x.detach()).dtype.kind == "c"
    with ag.no_grad():
        assert compute(x).dtype.kind == "c"


# Other libraries.


@pytest.mark.parametrize("make", [lambda x: x, lambda x: x * 2], ids=["leaf", "result"])
def test_dlpack_of_a_tensor_that_requires_a_gradient_is_refused(make: Callable[[Any], Any]) -> None:
    x = make(ag.tensor([1.0, 2.0], requires_grad=True))
    with pytest.raises(ag.GraphError, match="detach"):
        np.from_dlpack(x)
    np.testing.assert_array_equal(np.from_dlpack(x.detach()), x.numpy())


def test_a_users_rule_that_hands_back_its_operand_shares_no_memory_with_it(registry: Any) -> None:
    @ag.operation(notation=r"\frac12 {x}^2")
    def half_square(xp: Any, x: Any) -> Any:
        return 0.5 * x * x

    half_square.rules(x=lambda xp, g, out, x: x)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    half_square(x).backward(np.ones(2))
    assert not np.shares_memory(x.grad, x.data)
    y = ag.tensor([1.0, 2.0], requires_grad=True)
    half_square(y * 1.0).backward(np.ones(2))
    y.grad += 1
    assert y.numpy().tolist() == [1.0, 2.0]


def test_what_was_assigned_stays_the_callers() -> None:
    w, array = ag.tensor([0.0, 0.0]), np.array([1.0, 2.0])
    w.assign(array)
    array[0] = 9.0
    assert w.numpy().tolist() == [1.0, 2.0]
    other = ag.tensor([5.0, 6.0])
    w.assign(other)
    other.data[0] = 9.0
    assert w.numpy().tolist() == [5.0, 6.0]


def test_a_parameter_given_as_an_array_and_changed_after_the_call_changes_no_gradient(registry: Any) -> None:
    @ag.operation(notation=r"{x} s")
    def scaled(xp: Any, x: Any, *, factors: Any) -> Any:
        return x * factors

    scaled.rules(x=lambda xp, g, out, x, *, factors: g * factors)
    x, factors = ag.tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0])
    y = scaled(x, factors=factors)
    factors[0] = 99.0
    y.backward(np.ones(2))
    assert x.grad.tolist() == [3.0, 4.0]


# A gradient to start from, and a pass that fails.


@pytest.mark.parametrize("make", [lambda x: x + 0.0, lambda x: x, lambda x: x.reshape(3)], ids=["sum", "leaf", "view"])
def test_a_gradient_to_start_from_stays_the_callers_own(make: Callable[[Any], Any]) -> None:
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    g = np.ones(3)
    make(x).backward(g)
    g[0] = 9.0
    np.testing.assert_array_equal(x.grad, np.ones(3))
    x.grad[1] = 7.0
    np.testing.assert_array_equal(g, [9.0, 1.0, 1.0])


def test_a_graph_outlives_a_pass_that_failed_although_it_was_to_be_released() -> None:
    fails = [True]

    def rule(g: Any, out: Any, x: Any) -> Any:
        if fails[0]:
            raise ag.ArgumentError("not yet")
        return 3.0 * g

    tripled = ag.custom_gradient(lambda x: x * 3.0, rule)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = ag.sum(tripled(x * 1.0) * 2.0)
    with pytest.raises(ag.ArgumentError, match="not yet"):
        y.backward(free=True)
    assert x.grad is None
    fails[0] = False
    y.backward(free=True)
    np.testing.assert_array_equal(x.grad, [6.0, 6.0])
