"""What is a view in a program is a view where NumPy's result shares memory, and nowhere else."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag


def replays_alike(function: Any, make: Any, times: int = 4) -> Any:
    """The compiled function, held to the plain one at every call, on values that change."""
    compiled = ag.compile(function)
    for k in range(times):
        mine, other = compiled(make(k)), function(ag.asarray(make(k)))
        assert mine.numpy().tobytes() == other.numpy().tobytes(), k
        assert mine.shape == other.shape and mine.dtype == other.dtype
    return compiled


def grid(k: int) -> Any:
    return np.random.default_rng(k).normal(size=(3, 4, 5))


INDICES: list[Any] = [
    1, (1, 2), (1, 2, 3), (-1, -1, -1), (np.int64(1), 2, 3), (1, 2, 3, ...), (..., 1), (None, 1), (1, None, 2, 3), (),
    ..., None, slice(None), slice(2, 0, -1), (slice(None), 1), (slice(None, None, -1),) * 3, (slice(1, 1),), True,
    False, (True, 1), ((0, 1),), ([0, 1],), (slice(None), (0, 1)), (slice(None), [1, 1], 0), (range(2),),
    (range(2), range(2)), np.array([2, 0]), (np.array([2, 0]), 1), (np.array(1),), (np.array(1), 2, 3),
    np.array([True, False, True]), (slice(None), np.array([True, False, True, True])), (0, [[0, 1], [2, 3]]),
    ([0, 1], slice(None), [1, 2]), (..., [0, 0]), ([],), (slice(0, 0), [0]),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=repr)
@pytest.mark.parametrize("before", ["argument", "result", "transposed"])
def test_every_index_gives_what_it_gives_at_each_call(index: Any, before: str) -> None:
    ready = {"argument": lambda x: x, "result": lambda x: x * 2, "transposed": lambda x: (x * 2).T.T}[before]
    replays_alike(lambda x: ready(x)[index] * 1.0, grid)
    replays_alike(lambda x: ready(x)[index], grid)


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_the_gradient_of_every_index(index: Any) -> None:
    w = ag.tensor(grid(99), requires_grad=True)

    def step(x: Any) -> Any:
        w.grad = None
        (ag.square((w * x)[index]).sum() + w[index].sum() * 0.1).backward()
        return ag.asarray(w.grad) * 1.0

    replays_alike(step, grid)


def test_an_item_of_a_vector_is_looked_at_anew() -> None:
    f = ag.compile(lambda x: (x * 2)[1] * 1.0)
    assert [f(np.array([1.0, 2.0, 3.0]) * k).item() for k in (1, 10, 100)] == [4.0, 40.0, 400.0]


def test_the_gradients_of_scalars_that_were_stacked() -> None:
    a, b = ag.tensor(1.0, requires_grad=True), ag.tensor(2.0, requires_grad=True)

    @ag.compile
    def step(x: Any) -> None:
        a.grad = b.grad = None
        (ag.stack([a, b]) * x).sum().backward()

    for k in (1.0, 2.0, 3.0):
        step(np.array([k, 10 * k]))
        assert (float(a.grad), float(b.grad)) == (k, 10 * k)


@pytest.mark.parametrize("shape", [3, (3,), (2, 3), (2, 3, 1), ()], ids=repr)
def test_a_number_broadcast_and_a_shape_given_as_a_number(shape: Any) -> None:
    replays_alike(lambda x: ag.broadcast_to(x.sum(), shape) * 2.0, grid)
    replays_alike(lambda x: ag.broadcast_to(x[0, 0, 0], shape), grid)
    if np.ndim(shape) == 0:
        replays_alike(lambda x: ag.broadcast_to(x[0, 0, :1], shape) * 2.0, grid)


@pytest.mark.parametrize("axis", [0, -1, (0, 2), (0, 1)], ids=repr)
def test_axes_of_length_one_come_and_go(axis: Any) -> None:
    replays_alike(lambda x: ag.squeeze(ag.expand_dims(x.sum(axis=0) * 2, axis), axis) * 1.0, grid)
    replays_alike(lambda x: ag.expand_dims(x.sum(), 0) * 1.0, grid)


def test_reshapes_that_copy_and_those_that_do_not() -> None:
    for shape in (-1, (12, 5), (5, 12), (60, 1), (3, 2, 2, 5)):
        replays_alike(lambda x, s=shape: (x * 2).reshape(s) * 1.0, grid)
        replays_alike(lambda x, s=shape: (x * 2).T.reshape(s) * 1.0, grid)
        replays_alike(lambda x, s=shape: x.swapaxes(0, 1).reshape(s).sum(axis=0), grid)
    empty = ag.compile(lambda x: (x[:0].reshape((0, 20)) * 2.0).T)
    assert [empty(grid(k)).shape for k in range(3)] == [(20, 0)] * 3


def test_a_view_of_a_result_keeps_the_result_alive() -> None:
    """No later result takes the memory of one that is looked at through several views, one of the other."""

    def function(x: Any) -> Any:
        a = x * 2
        v = a[1:].T[..., 0].reshape(-1)[::2]
        b, c = ag.exp(x), ag.tanh(x)
        return v.sum() + (b * c + b).sum() * 0.1 + (c / 3).sum() * 0.1 + v[1]

    replays_alike(function, grid)


def test_random_chains_of_views() -> None:
    draw = random.Random(1)
    moves: list[Any] = [
        lambda x: x.T, lambda x: x[::-1] if x.ndim else x, lambda x: x.reshape(-1), lambda x: ag.expand_dims(x, 0),
        lambda x: ag.squeeze(x), lambda x: x * 1.5, lambda x: x[..., None], lambda x: x[0] if x.ndim else x,
        lambda x: x[-1:] if x.ndim else x, lambda x: ag.broadcast_to(x, (2, *x.shape)), lambda x: x[(*[0] * x.ndim,)],
        lambda x: x.swapaxes(0, -1) if x.ndim else x,
        lambda x: x + 1, lambda x: x[[0, 0]] if x.ndim else x,
    ]  # fmt: skip
    for _ in range(60):
        chain = [draw.choice(moves) for _ in range(draw.randint(2, 8))]

        def function(x: Any, chain: Any = chain) -> Any:
            total = x.sum() * 0
            for move in chain:
                x = move(x)
                total = total + x.sum() * 0.5
            return total + (x * 2).sum()

        replays_alike(function, lambda k: np.random.default_rng(k).normal(size=(2, 3)), times=3)


def test_assigned_views_of_states_and_arguments() -> None:
    views: list[Any] = [
        lambda w, x: w.T @ np.eye(2), lambda w, x: w[...], lambda w, x: x[:], lambda w, x: x.reshape(2, 2),
        lambda w, x: w[::-1],
        lambda w, x: ag.broadcast_to(x[0], (2, 2)), lambda w, x: ag.broadcast_to(w[0, 0], (2, 2)),
    ]  # fmt: skip
    for view in views:
        w, v = (ag.tensor([[1.0, 2.0], [3.0, 4.0]]) for _ in range(2))

        def step(t: Any, x: Any, view: Any = view) -> None:
            with ag.no_grad():
                t.assign(view(t, x))

        f = ag.compile(lambda x, w=w, step=step: step(w, x))
        for k in range(4):
            x = np.arange(4.0).reshape(2, 2) + k
            f(x), step(v, ag.tensor(x))
            assert w.numpy().tobytes() == v.numpy().tobytes(), k


def test_a_state_that_is_transposed_at_every_call_is_not_compiled() -> None:
    w, v = (ag.tensor([[1.0, 2.0], [3.0, 4.0]]) for _ in range(2))
    f = ag.compile(lambda x: w.assign(w.T) * x)

    def calls() -> None:
        for _ in range(9):
            f(1.0), v.assign(v.T)
            assert w.numpy().tobytes() == v.numpy().tobytes() and w.data.strides == v.data.strides

    with pytest.warns(ag.CompileWarning, match="order of memory"):
        calls()
