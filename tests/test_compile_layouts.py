"""Orders of memory: a sum is rounded by the order it adds in, so a replay keeps that of the eager call everywhere.

Gradients of moved parameters and values that are assigned, in every order, with gaps and backwards, tried with random
numbers and without audits, which would refuse what these tests are to find.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

SHAPE = (5, 6, 7)

SLOW = pytest.mark.slow

ORDERS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "C": lambda rng: rng.normal(size=SHAPE),
    "Fortran": lambda rng: np.asfortranarray(rng.normal(size=SHAPE)),
    "neither": lambda rng: rng.normal(size=(6, 5, 7)).transpose(1, 0, 2),
    "gaps": lambda rng: rng.normal(size=(5, 12, 7))[:, ::2],
    "gaps in Fortran": lambda rng: np.asfortranarray(rng.normal(size=(10, 6, 7)))[::2],
    "backwards": lambda rng: rng.normal(size=SHAPE)[::-1],
    "backwards in Fortran": lambda rng: np.asfortranarray(rng.normal(size=SHAPE))[::-1, :, ::-1],
    "broadcast": lambda rng: np.broadcast_to(rng.normal(size=(6, 7)), SHAPE),
}

ASSIGNED: dict[str, Callable[[Any, Any, Any, np.ndarray], Any]] = {
    "a leaf": lambda w, x, leaf, array: w.assign(leaf),
    "an array": lambda w, x, leaf, array: w.assign(array),
    "a result": lambda w, x, leaf, array: w.assign(w - leaf * x),
    "a view": lambda w, x, leaf, array: w.assign(leaf[...]),
    "in place": lambda w, x, leaf, array: w.__isub__(leaf * x),
}


def same(make: Callable[[], Callable[[Any], Any]], calls: int = 5) -> None:
    eager, replayed = make(), ag.compile(make(), verify=False)
    for k in range(calls):
        x = np.array(1.1 + k)
        pairs = zip(eager(ag.tensor(x)), replayed(x), strict=True)
        assert all(one.numpy().tobytes() == other.numpy().tobytes() for one, other in pairs), f"call {k + 1}"


@pytest.mark.parametrize("copied", [pytest.param(True, id="copied"), pytest.param(False, id="as it lies", marks=SLOW)])
@pytest.mark.parametrize("how", ASSIGNED)
@pytest.mark.parametrize("value", ORDERS)
@pytest.mark.parametrize("before", [name for name in ORDERS if name != "broadcast"])
def test_a_value_that_is_assigned_keeps_its_order(before: str, value: str, how: str, copied: bool) -> None:
    def make() -> Callable[[Any], Any]:
        rng = np.random.default_rng(3)
        laid = ORDERS[before](rng)
        w = ag.asarray(laid.copy("K") if copied else laid, requires_grad=True)
        array = ORDERS[value](rng)
        leaf = ag.asarray(array)

        def step(x: Any) -> Any:
            earlier = (w * x).sum(axis=(0, 2)), (w * x).sum()
            with ag.no_grad():
                ASSIGNED[how](w, x, leaf, array)
            return *earlier, (w * x).sum(axis=(0, 1)), (w * x).sum(), (w * w).sum(axis=1).sum(), w * 1.0

        return step

    same(make)


MOVES: dict[str, Callable[[Any], Any]] = {
    "transposed": lambda p: p.T,
    "turned": lambda p: p.transpose(1, 2, 0),
    "swapped": lambda p: p.swapaxes(0, 2),
    "reshaped": lambda p: p.reshape(5, 42).T,
    "spread": lambda p: ag.broadcast_to(p, (2, *SHAPE)).T,
    "backwards": lambda p: p[::-1].T,
    "summed": lambda p: p.sum(axis=1).T,
    "twice": lambda p: p.T * 1.0 + p.swapaxes(0, 2),
}

COSTS: dict[str, Callable[[Any], Any]] = {
    "squares": lambda y: ag.square(y).sum(),
    "sum": lambda y: y.sum(),
    "tanh": lambda y: ag.tanh(y).mean(),
    "means": lambda y: (y.mean(axis=0) ** 2).sum(),
}


@pytest.mark.parametrize("mode", ["backward", "accumulated", "freed", "grad"])
@pytest.mark.parametrize("order", ["C", "Fortran", pytest.param("neither", marks=SLOW), "backwards"])
@pytest.mark.parametrize("cost", ["squares", "means", *(pytest.param(name, marks=SLOW) for name in ("sum", "tanh"))])
@pytest.mark.parametrize("moved", MOVES)
def test_a_gradient_of_a_moved_parameter_keeps_its_order(moved: str, cost: str, order: str, mode: str) -> None:
    for seed in range(2):

        def make(seed: int = seed) -> Callable[[Any], Any]:
            p = ag.asarray(ORDERS[order](np.random.default_rng(seed)), requires_grad=True)

            def step(x: Any) -> Any:
                loss = COSTS[cost](MOVES[moved](p) * x)
                if mode == "grad":
                    g = ag.grad(loss, p)
                else:
                    if mode != "accumulated":
                        p.grad = None
                    loss.backward(free=mode == "freed")
                    g = ag.asarray(p.grad)
                return ag.square(g).sum(), g.sum(axis=0), (g * g).sum(axis=(0, 2)), g.reshape(-1) * 1.0

            return step

        same(make, 4)


TURNS: dict[str, Callable[[Any, Any], Any]] = {
    "transposed at every call": lambda w, x: w.assign(w.T * x if w.ndim > 2 else w.T),
    "laid forward": lambda w, x: w.assign(w - 0.25 * w),
    "given another order": lambda w, x: w.assign(np.asfortranarray(np.full(w.shape, 0.3))),
}


@pytest.mark.parametrize("verify", [False, None])
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("order", [name for name in ORDERS if name != "broadcast"])
def test_a_state_that_a_call_leaves_in_another_order_is_not_replayed_in_the_old_one(
    order: str, turn: str, verify: bool | None
) -> None:
    def make() -> tuple[ag.Tensor, Callable[[Any], Any]]:
        laid = ORDERS[order](np.random.default_rng(4))[..., :6, :].swapaxes(0, 1)[:5, :5, :5]
        w = ag.asarray(laid, requires_grad=True)

        def step(x: Any) -> Any:
            with ag.no_grad():
                TURNS[turn](w, x)
            return (w * x).sum(), (w * x).sum(axis=0)

        return w, step

    (w, eager), (v, f) = make(), make()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ag.CompileWarning)
        replayed = ag.compile(f, verify=verify)
        for k in range(40):
            x = np.array(1.001 - k % 2 * 0.002)
            pairs = zip(eager(ag.tensor(x)), replayed(x), strict=True)
            assert all(one.numpy().tobytes() == other.numpy().tobytes() for one, other in pairs), k
            assert w.data.strides == v.data.strides and w.data.tobytes() == v.data.tobytes(), k


def test_a_gradient_that_is_added_to_is_kept_in_the_order_it_comes_to() -> None:
    def make() -> tuple[ag.Tensor, Callable[[Any], Any]]:
        p = ag.tensor(np.random.default_rng(0).normal(size=SHAPE), requires_grad=True)

        def step(x: Any) -> Any:
            ag.square(p.T * x).sum().backward()
            return ag.asarray(p.grad).sum(axis=0)

        return p, step

    for verify in (False, None):
        (p, eager), (q, f) = make(), make()
        replayed = ag.compile(f, verify=verify)
        for k in range(12):
            for tensor in (p, q):
                if k in (3, 5, 8):
                    tensor.grad = np.asfortranarray(tensor.grad)
                if k == 9:
                    tensor.grad = tensor.grad[::-1]
            x = np.array(1.0 + k)
            assert eager(ag.tensor(x)).numpy().tobytes() == replayed(x).numpy().tobytes(), k
            assert p.grad is not None and q.grad is not None
            assert p.grad.strides == q.grad.strides and p.grad.tobytes() == q.grad.tobytes(), k


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cumulative_sum"])
def test_a_gradient_that_is_summed_from_the_end_does_not_lie_backwards(name: str) -> None:
    w = ag.tensor([0.7, -0.5], requires_grad=True)

    def f(x: Any) -> Any:
        w.grad = None
        (getattr(ag, name)(w) * x).sum().backward()
        return x

    step = ag.compile(f)
    for _ in range(4):
        step(np.ones(2))
    assert w.grad.strides == (8,)
    f(ag.tensor(np.ones(2)))
    assert w.grad.strides == (8,)


@pytest.mark.parametrize("first", ["C", "Fortran", "neither"])
@pytest.mark.parametrize("second", ["C", "Fortran", "neither"])
def test_a_result_does_not_take_the_order_of_the_operand_whose_memory_it_gets(first: str, second: str) -> None:
    def make() -> Callable[[Any], Any]:
        rng = np.random.default_rng(5)
        a, b = (ag.asarray(ORDERS[order](rng), requires_grad=True) for order in (first, second))

        def step(x: Any) -> Any:
            with ag.no_grad():
                one = (a * x) + (b * x)
                other = (b * x) - (a * x)
            return one.sum(), one.sum(axis=0), (one * one).sum(axis=(0, 2)), other.sum(), other.sum(axis=(1, 2))

        return step

    same(make)


@pytest.mark.parametrize("later", ["Fortran", "neither", "gaps in Fortran"])
def test_a_state_that_is_given_another_order_between_calls_is_seen(later: str) -> None:
    values = ORDERS["C"](np.random.default_rng(7))
    turned = ORDERS[later](np.random.default_rng(8))

    def make() -> tuple[ag.Tensor, Callable[[Any], Any]]:
        w = ag.tensor(values, requires_grad=True)
        return w, lambda x: ((w * x).sum(), (w * x).sum(axis=0), (w * w).sum(axis=(0, 2)))

    (ours, f), (theirs, g) = make(), make()
    compiled = ag.compile(f, verify=False)
    for k in range(8):
        if k == 4:
            ours.assign(turned)
            theirs.assign(turned)
        x = np.array(1.1 + k)
        for one, other in zip(compiled(x), g(ag.tensor(x)), strict=True):
            assert one.numpy().tobytes() == other.numpy().tobytes(), f"call {k + 1}"
        assert ours.data.strides == theirs.data.strides


OUTSIDE: dict[str, Callable[[Any], Any]] = {
    "a pass": lambda w: (w * 2.0).sum().backward(),
    "a moved pass": lambda w: ag.square(w.transpose(1, 2, 0)).sum().backward(),
    **{f"set, {name}": lambda w, name=name: put_gradient(w, name) for name in ("C", "Fortran", "neither")},
}


def put_gradient(w: Any, order: str) -> None:
    w.grad = ORDERS[order](np.random.default_rng(9))


@pytest.mark.parametrize("moved", [lambda w: w.T, lambda w: w.transpose(1, 2, 0), lambda w: w.swapaxes(0, 2)])
@pytest.mark.parametrize("outside", OUTSIDE)
def test_a_gradient_that_is_found_in_another_order_is_seen(outside: str, moved: Callable[[Any], Any]) -> None:
    # Found by random programs: a pass outside of the step had left the gradient in another order than the step's own.
    def make() -> tuple[ag.Tensor, Callable[[Any], Any]]:
        w = ag.tensor(ORDERS["C"](np.random.default_rng(7)), requires_grad=True)

        def f(x: Any) -> Any:
            t = moved(w) * x
            (t * t[...]).sum().backward()

        return w, f

    (ours, f), (theirs, g) = make(), make()
    compiled = ag.compile(f, verify=False)
    for k in range(9):
        if k in (3, 6):
            OUTSIDE[outside](ours)
            OUTSIDE[outside](theirs)
        x = np.array(1.1 + k)
        compiled(x)
        g(ag.tensor(x))
        assert ours.grad.strides == theirs.grad.strides, f"call {k + 1}"
        assert ours.grad.tobytes() == theirs.grad.tobytes(), f"call {k + 1}"
