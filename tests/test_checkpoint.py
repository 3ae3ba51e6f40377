"""Recomputing in the reverse pass: the same gradients, what is held, random numbers, and what is refused."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag


def leaf(values: Any, name: str | None = None) -> ag.Tensor:
    return ag.tensor(values, requires_grad=True, dtype=float, name=name)


def weights(count: int = 3) -> list[ag.Tensor]:
    rng = np.random.default_rng(1)
    return [leaf(rng.normal(size=(4, 4)), f"W{i}") for i in range(count)]


def block(x: Any, ws: Any) -> Any:
    for w in ws:
        x = ag.tanh(x @ w.T)
    return x


X = np.random.default_rng(2).normal(size=(5, 4))


def gradients(run: Callable[[Any, Any], Any], order: int = 1) -> list[np.ndarray]:
    ws, x = weights(), leaf(X, "x")
    loss = (run(x, ws) ** 2).sum()
    if order == 1:
        loss.backward()
        return [t.grad for t in (x, *ws)]
    first = ag.grad(loss, [x, *ws], create_graph=True)
    return [g.data for g in ag.grad(sum((g * g).sum() for g in first), [x, *ws])]


@pytest.mark.parametrize("order", [1, 2])
def test_gradients_are_those_without_it(order: int) -> None:
    expected = gradients(block, order)
    found = gradients(lambda x, ws: ag.checkpoint(block, x, ws), order)
    closed = gradients(lambda x, ws: ag.checkpoint(lambda: block(x, ws)), order)
    parts = gradients(lambda x, ws: ag.checkpoint(block, ag.checkpoint(block, x, ws[:1]), ws=ws[1:]), order)
    inside = gradients(lambda x, ws: ag.checkpoint(lambda: block(ag.checkpoint(block, x, ws[:2]), ws[2:])), order)
    for others in (found, closed, parts, inside):
        for one, other in zip(others, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def test_a_tensor_that_both_the_function_and_what_came_before_use_is_counted_once() -> None:
    w = leaf(2.0, "w")
    h = w * w  # closed over, with a graph of its own that ends in w as well
    y = ag.checkpoint(lambda: ag.exp(h * w) + w)
    assert ag.grad(y, w).item() == pytest.approx(np.exp(8.0) * 12.0 + 1.0, rel=1e-14)
    assert ag.grad(y, h).item() == pytest.approx(np.exp(8.0) * 2.0, rel=1e-14)


def test_several_results_and_one_that_has_no_gradient() -> None:
    x = leaf([1.0, 3.0])
    low, place, same = ag.checkpoint(lambda: (x.min() * 2, ag.argmax(x), x))
    assert place.item() == 1 and not place.requires_grad
    assert not np.shares_memory(same.data, x.data)
    assert ag.grad(low, x).numpy().tolist() == [2.0, 0.0]
    assert ag.grad(low + (same * [10.0, 20.0]).sum(), x).numpy().tolist() == [12.0, 20.0]
    assert isinstance(ag.checkpoint(lambda: [x, x * x]), list)


def test_without_a_gradient_it_is_a_call() -> None:
    w = leaf(1.0)
    assert ag.checkpoint(lambda x: x * 2, ag.tensor(1.0)).node is None
    with ag.no_grad():
        assert ag.checkpoint(lambda: w * 2).node is None
        assert ag.checkpoint(lambda: "anything") == "anything"


def test_backward_twice_and_free() -> None:
    w = leaf([1.0, 2.0])
    y = ag.checkpoint(lambda: ag.exp(w) * w).sum()
    y.backward()
    once = w.grad.copy()
    y.backward(free=True)
    assert np.array_equal(w.grad, 2 * once)
    with pytest.raises(ag.GraphError, match="released"):
        y.backward()


def test_gradcheck_goes_through_it() -> None:
    w = np.random.default_rng(3).normal(size=(4, 4))
    assert ag.gradcheck(lambda x, w: ag.checkpoint(block, x, [w, w]), X, w, order=2).passed


def test_other_calculus_goes_through_it() -> None:
    def f(x: Any) -> Any:
        return ag.tanh(x) * x.sum()

    x = np.array([0.5, -1.0, 2.0])
    again: Any = lambda x: ag.checkpoint(f, x)  # noqa: E731
    np.testing.assert_allclose(ag.jacobian(again, x).data, ag.jacobian(f, x).data, rtol=1e-14)
    mine, plain = (ag.hessian(lambda x, each=each: (each(x) ** 2).sum(), x).data for each in (again, f))
    np.testing.assert_allclose(mine, plain, rtol=1e-13)


# Memory.


def _held(cut: int) -> tuple[int, int]:
    """The bytes that the graph of 64 layers holds, and the peak of both passes, cut into so many parts."""
    size = 250 * 500
    x, layers, each = ag.tensor(np.ones((250, 500))), 64, 64 // max(cut, 1)
    w = leaf(0.5)

    def part(h: Any) -> Any:
        for _ in range(each):
            h = ag.tanh(h * w)
        return h

    gc.collect()
    tracemalloc.start()
    try:
        h = x
        for _ in range(layers // each):
            h = ag.checkpoint(part, h) if cut else part(h)
        h.sum().backward(free=True)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        h = x
        for _ in range(layers // each):
            h = ag.checkpoint(part, h) if cut else part(h)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    return round(held / (8 * size)), round(peak / (8 * size))


def test_memory_is_that_of_the_results_and_of_one_part() -> None:
    # In arrays of the size of one result: two for each of 64 layers, or one for each of 8 parts.
    held, peak = _held(0)
    assert held == 128 and 128 <= peak <= 134  # the docstring says 131
    held, peak = _held(8)
    assert held == 8
    assert peak <= 31  # the results, both of each layer of one part, and gradients; the docstring says 28


def test_nothing_is_left_when_the_last_reference_goes() -> None:
    import weakref

    w = leaf([1.0, 2.0])
    gc.collect()
    gc.disable()
    try:
        y = ag.checkpoint(lambda: ag.exp(w) * w).sum()
        y.backward()
        gone = weakref.ref(y)
        del y
        assert gone() is None
    finally:
        gc.enable()


# Random numbers.


def _dropout(x: Any, rng: Any) -> Any:
    return ag.where(ag.random_like(x, rng=rng) < 0.5, ag.exp(x), 0.0)


def test_random_numbers_are_drawn_the_same_again_and_once_for_those_who_come_after() -> None:
    def run(wrap: bool) -> tuple[Any, ...]:
        x, rng = leaf(np.linspace(0.0, 1.0, 50)), np.random.default_rng(5)
        np.random.seed(3)  # noqa: NPY002
        random.seed(4)

        def noisy() -> Any:
            drawn = np.random.rand(50) + random.random()  # noqa: NPY002, S311
            return _dropout(_dropout(x, rng), rng) * drawn

        y = ag.checkpoint(noisy) if wrap else noisy()
        between = rng.random(), np.random.rand(), random.random()  # noqa: NPY002, S311
        y.sum().backward()
        after = rng.random(), np.random.rand(), random.random()  # noqa: NPY002, S311
        return y.numpy().tolist(), x.grad.tolist(), between, after

    assert run(True) == run(False)


def test_draws_past_the_library_are_refused() -> None:
    x, rng = leaf([1.0, 2.0]), np.random.default_rng(0)
    y = ag.checkpoint(lambda: x * rng.random(2)).sum()
    with pytest.raises(ag.GraphError, match=r"gives another result 0 .* when it is run again.*draw"):
        y.backward()
    assert x.grad is None


# Refusals.


def test_what_changes_in_between_is_refused() -> None:
    w, buffer, other = leaf([1.0, 2.0], "w"), ag.tensor([3.0, 4.0]), leaf([1.0, 2.0])
    y = ag.checkpoint(lambda: w * buffer).sum()
    buffer.assign([5.0, 6.0])
    with pytest.raises(ag.GraphError, match="gives another"):
        y.backward()
    y = ag.checkpoint(lambda: w * buffer).sum()
    with ag.no_grad():
        w.assign([7.0, 8.0])
    with pytest.raises(ag.ChangedError, match=r"w .* was changed after checkpoint had used it"):
        y.backward()
    turns = iter((w, other))
    y = ag.checkpoint(lambda: next(turns) * 0.0).sum()
    with pytest.raises(ag.GraphError, match="uses other tensors"):
        y.backward()
    y = ag.checkpoint(lambda: leaf([1.0]) * w).sum()
    with pytest.raises(ag.GraphError, match="nor make leaves"):
        y.backward()


def test_what_is_no_tensor_is_refused() -> None:
    w = leaf(1.0)
    for wrong in (lambda: 3.0, lambda: {"y": w * w}, lambda: (w, 1.0), lambda: ()):
        with pytest.raises(ag.ArgumentError, match=r"checkpoint\(\): .* returned .*, not a tensor or a tuple"):
            ag.checkpoint(wrong)


# Compiled.


def test_compiled_step_has_the_bits_of_the_eager_one_random_numbers_included() -> None:
    def made() -> Any:
        ws, rng = weights(), np.random.default_rng(9)

        def part(h: Any) -> Any:
            return _dropout(block(h, ws), rng)

        def step(x: Any) -> Any:
            for w in ws:
                w.grad = None
            loss = (ag.checkpoint(lambda: ag.checkpoint(part, ag.checkpoint(part, x)) * ws[0].sum())).mean()
            loss.backward()
            with ag.no_grad():
                for w in ws:
                    w.assign(w - 0.1 * w.grad)
            return loss

        return ws, step

    (here, eager), (there, step) = made(), made()
    compiled = ag.compile(step)
    rng = np.random.default_rng(0)
    for _ in range(5):
        x = rng.normal(size=(5, 4))
        assert eager(x).data.tobytes() == compiled(x).data.tobytes()
        for one, other in zip(here, there, strict=True):
            assert one.data.tobytes() == other.data.tobytes()
    assert compiled.records == 1


def test_it_can_be_drawn_and_debugged() -> None:
    w = leaf([1.0], "w")
    with ag.debug():
        y = ag.checkpoint(lambda: ag.exp(w) * w).sum()
        y.backward()
    assert "checkpoint" in ag.draw(y).source
    assert w.grad[0] == pytest.approx(2 * np.e)
    with pytest.raises(ag.ArgumentError, match="has no formula"):
        ag.derive(y)
