"""A number that changes at every call does not record anew for ever: the function runs as it is, which is said once."""

from __future__ import annotations

import time
import types
import warnings
from typing import Any

import numpy as np
import pytest
from compiling import batch, bits, plain, state

import autograd_lite as ag
import nn

X = np.ones(2)


def test_an_argument_that_is_another_number_each_time() -> None:
    step = ag.compile(lambda x, k: x * k)
    with pytest.warns(ag.CompileWarning, match="its argument k is another at every call") as said:
        for i in range(30):
            assert step(X, i * 0.5).data.tolist() == [i * 0.5] * 2
    assert len(said) == 1
    assert step.records <= 5
    assert "its argument k" in repr(step)
    assert "runs as it is, not compiled: its argument k" in step.explain_guards()
    assert step(X, np.full(2, 3.0)).data.tolist() == [3.0, 3.0]  # as an array it is compiled
    assert step.records <= 6


def test_numbers_in_a_closure_a_global_an_attribute_and_a_list() -> None:
    class Holder:
        rate = 0.0

    holder, table, rate = Holder(), [0.0], 0.0
    cases: dict[str, Any] = {
        "rate": lambda x: ag.multiply(x, rate), "holder.rate": lambda x: ag.multiply(x, holder.rate),
        r"table\[0\]": lambda x: ag.multiply(x, table[0]),
    }  # fmt: skip
    for name, f in cases.items():
        step = ag.compile(f)
        with pytest.warns(ag.CompileWarning, match=f"{name} is another at every call"):
            for i in range(20):
                rate = holder.rate = table[0] = float(i)
                assert step(X).data.tolist() == [float(i)] * 2
        assert step.records <= 5


def test_a_few_numbers_that_come_back_are_compiled_once_each() -> None:
    step = ag.compile(lambda x, n: x * n)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(5):
            for n in range(10):
                assert step(X, n).data.tolist() == [float(n)] * 2
    assert step.records == 10


def test_numbers_that_change_now_and_then_are_recorded() -> None:
    step = ag.compile(lambda x, k: x * k)
    for i in range(12):
        for _ in range(3):
            assert step(X, i * 0.1).data[0] == i * 0.1
    assert step.records == 12


def test_shapes_without_end() -> None:
    step = ag.compile(lambda x: x * 2.0)
    with pytest.warns(ag.CompileWarning, match="no two of its last 64 calls"):
        for n in range(1, 80):
            assert step(np.ones(n)).shape == (n,)
    assert step.records == 64


def test_a_schedule_in_the_optimiser_stays_compiled() -> None:
    model, optimizer, f = plain()
    theirs, other, g = plain()
    step = ag.compile(f)
    for i in range(20):
        optimizer.lr = other.lr = 0.5 / (1 + i)
        assert bits(step(*batch(seed=i))) == bits(g(*batch(seed=i)))
    assert state(model.parameters()) == state(theirs.parameters())
    assert step.records == 1


def test_it_costs_little_more_than_eager() -> None:
    model = nn.MLP([64, 30, 10], rng=0)
    optimizer = nn.SGD(model.parameters(), 0.1)
    x, y = np.ones((10, 64), np.float32), np.ones((10, 10), np.float32)

    def step(x: Any, y: Any, k: float) -> Any:
        cost = nn.quadratic_cost(model(x), y) * k
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return cost

    def seconds(f: Any) -> float:
        begin = time.perf_counter()
        for i in range(200):
            f(x, y, 1 + i * 1e-3)
        return time.perf_counter() - begin

    compiled = ag.compile(step)
    with pytest.warns(ag.CompileWarning):
        ours = seconds(compiled)
    assert ours < 6 * seconds(step)


@pytest.mark.parametrize("number", [2.0, 2, 1000, -0.0, True, np.float32(1.5)], ids=repr)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_live_number_that_the_function_sets_to_what_it_was_is_set_at_every_call(number: Any, when: str) -> None:
    def make() -> tuple[Any, Any]:
        rate = types.SimpleNamespace(k=number)

        def f(x: Any) -> Any:
            if when == "before":
                rate.k = number
            y = x + ag.live(rate, "k")
            if when == "after":
                rate.k = number
            return y

        return rate, f

    (rate, f), (other, g) = make(), make()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ag.CompileWarning)
        g = ag.compile(g)
        for k in range(20):
            if k % 3 == 2:
                rate.k = other.k = type(number)(3)
            x = ag.tensor([1.0 + k, 2.0])
            assert f(x).numpy().tobytes() == g(x).numpy().tobytes()
            assert rate.k is other.k or rate.k == other.k


def test_what_a_live_number_was_asked_is_asked_again() -> None:
    class Rate:
        value = 0.25

    rate = Rate()

    @ag.compile(verify=False)
    def f(x: Any) -> Any:
        return x * 2.0 if ag.live(rate, "value") > 0.5 else x * 3.0

    for value, factor in ((0.25, 3.0), (0.75, 2.0), (0.25, 3.0), (0.8, 2.0)):
        rate.value = value
        ag.touch()
        assert [f(np.ones(2)).numpy()[0] for _ in range(3)] == [factor] * 3
