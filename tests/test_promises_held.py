"""What a user holds keeps its values: arrays, views and gradients that were handed out; arguments may be states."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from compiling import OPTIMIZERS, batch, bits, plain, state, training_step

import autograd_lite as ag
import nn
from autograd_lite.compile import held as counting


def counter() -> tuple[ag.Tensor, Any]:
    w = ag.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, name="w")

    @ag.compile
    def step() -> None:
        with ag.no_grad():
            w.assign(w + 10)

    return w, step


HOLDS: dict[str, Callable[[ag.Tensor], Any]] = {
    "array": lambda w: w.data,
    "view": lambda w: w.data[0],
    "transposed": lambda w: w.data.T,
    "view of a view": lambda w: w.data[1:][:, ::2],
    "memoryview": lambda w: np.asarray(memoryview(w.data)),
    "tensor that shares": lambda w: ag.asarray(w.data),
    "view under no_grad": lambda w: no_grad_view(w),
    "assigned to another": lambda w: ag.tensor(np.zeros(6)).assign(w.reshape(6), copy=False),
    "graph": lambda w: w.reshape(3, 2),
}


def no_grad_view(w: ag.Tensor) -> ag.Tensor:
    with ag.no_grad():
        return w.reshape(6)


@pytest.mark.parametrize("how", HOLDS)
@pytest.mark.parametrize("calls", [1, 2, 3, 5, 6])
def test_what_was_handed_out_keeps_its_values(how: str, calls: int) -> None:
    w, step = counter()
    for _ in range(calls):
        step()
    kept = [HOLDS[how](w)]
    before = [np.array(k.data if isinstance(k, ag.Tensor) else k) for k in kept]
    for _ in range(4):
        step()
        kept.append(HOLDS[how](w))
        before.append(np.array(kept[-1].data if isinstance(kept[-1], ag.Tensor) else kept[-1]))
    for k, b in zip(kept, before, strict=True):
        assert np.array_equal(k.data if isinstance(k, ag.Tensor) else k, b)
    assert w.data[0, 0] == 10.0 * (calls + 4)


def test_gradients_that_were_kept_are_those_of_their_call() -> None:
    def run(wrap: Any) -> Any:
        w = ag.tensor([1.0, 2.0], requires_grad=True)

        def step(x: Any) -> None:
            w.grad = None
            (w * x).sum().backward()

        f, kept = wrap(step), []
        for k in range(9):
            f(np.full(2, float(k)))
            kept.append(w.grad)
            if k % 3 == 2:
                w.grad = None  # forgotten by the tensor, kept by the user
        return np.array(kept)

    assert np.array_equal(run(ag.compile), run(lambda f: f))


def test_a_graph_over_a_view_of_a_state_gives_the_gradient_of_its_time_or_raises() -> None:
    w, step = counter()
    for _ in range(3):
        step()
    view = no_grad_view(w)
    x = ag.tensor(np.ones(6), requires_grad=True)
    loss, want = (x * view).sum(), view.numpy()
    step()
    loss.backward()
    assert np.array_equal(x.grad, want)


def test_arguments_may_be_states_views_of_them_or_share_memory() -> None:
    def make() -> tuple[list[ag.Tensor], Any]:
        w = ag.tensor(np.arange(4.0), name="w")
        v = ag.tensor(np.arange(4.0) + 1, name="v")

        def f(x: Any, y: Any) -> Any:
            with ag.no_grad():
                w.assign(w + 1)
                v.assign(v * w)
            return x * 2 + y, w - x, v + y * x

        return [w, v], f

    arguments: list[Callable[[list[ag.Tensor], np.ndarray], tuple[Any, Any]]] = [
        lambda s, a: (a[:4], a[:4]), lambda s, a: (a[:4], a[3::-1]), lambda s, a: (a[:4], a[1:5]),
        lambda s, a: (s[0].data, a[:4]), lambda s, a: (s[0].data, s[1].data), lambda s, a: (s[1].data, s[1].data[::-1]),
        lambda s, a: (s[0], a[:4]), lambda s, a: (s[0], s[1]), lambda s, a: (s[1], s[0]), lambda s, a: (s[1], s[1]),
        lambda s, a: (ag.asarray(s[0].data), a[1:5]), lambda s, a: (ag.asarray(a[:4]), ag.asarray(a[:4])),
    ]  # fmt: skip
    rng = random.Random(0)
    ours, f = make()
    theirs, g = make()
    step = ag.compile(f)
    for i in range(60):
        which = rng.choice(arguments)
        array = np.arange(8.0) + i
        if i % 5 == 4:
            for s in (ours, theirs):
                s[1].assign(np.ones(4))
        mine, other = which(ours, array), which(theirs, array)
        assert bits(step(*mine)) == bits(g(*(x if isinstance(x, ag.Tensor) else ag.asarray(x) for x in other))), i
        assert state(ours) == state(theirs), i


def test_an_argument_that_is_one_of_the_functions_own_tensors() -> None:
    w = ag.tensor([3.0], requires_grad=True)
    slope = ag.compile(lambda x: ag.grad((x * w).sum(), x))
    x = ag.tensor([5.0], requires_grad=True)
    for argument in (x, w, x, w, w, x):
        assert slope(argument).item() == (6.0 if argument is w else 3.0)
    v = ag.tensor([3.0])
    product = ag.compile(lambda x: x * v)
    assert [product(a).item() for a in (v, ag.tensor([5.0]), v, v, ag.tensor([7.0]))] == [9.0, 15.0, 9.0, 9.0, 21.0]
    hidden = [v]  # reached by a way that nobody sees before the recording
    get = np.frompyfunc(lambda i: hidden[i], 1, 1)
    unseen = ag.compile(lambda x: x * get(0))
    assert [unseen(a).item() for a in (v, ag.tensor([5.0]), v, ag.tensor([7.0]))] == [9.0, 15.0, 9.0, 21.0]


@pytest.mark.parametrize("optimizer", ["sgd", *OPTIMIZERS])
def test_a_training_run_that_keeps_everything(optimizer: str) -> None:
    rng = random.Random(3)

    def make() -> tuple[Any, Any]:
        model = nn.MLP((4, 6, 3), rng=1)
        make_it = {"sgd": lambda p: nn.SGD(p, lr=0.5), **OPTIMIZERS}[optimizer]
        return model, training_step(model, make_it(model.parameters()))

    ours, f = make()
    theirs, g = make()
    step = ag.compile(f)
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    for i in range(60):
        assert bits(step(*batch(seed=i))) == bits(g(*batch(seed=i)))
        assert state(ours.parameters()) == state(theirs.parameters()), i
        if rng.random() < 0.3:
            p = rng.choice(ours.parameters())
            array = rng.choice([p.data, p.data[:1], p.grad, p.grad.T])
            kept.append((array, array.copy()))
        if rng.random() < 0.1:
            kept.clear()
    assert all(np.array_equal(array, copy) for array, copy in kept)


def test_nothing_moves_where_nobody_looks() -> None:
    model, _, f = plain()
    step = ag.compile(f, verify=False)
    places = []
    for i in range(30):
        step(*batch(seed=i))
        assert model.parameters()[0].data[0, 0] == model.parameters()[0].data[0, 0]  # a look that is over
        places.append([p.data.__array_interface__["data"][0] for p in model.parameters()])
        places[-1] += [p.grad.__array_interface__["data"][0] for p in model.parameters()]
    assert len({tuple(p) for p in places[2:]}) == 1
    entry = step._entry()
    assert not counting.held(step._thread.bounds[entry])
    kept = model.parameters()[0].data
    assert counting.held(step._thread.bounds[entry])
    del kept
    assert not counting.held(step._thread.bounds[entry])


def test_programs_and_threads_that_share_states_do_not_move_them() -> None:
    model, optimizer, f = plain()
    other = training_step(model, optimizer)
    one, two = ag.compile(f, verify=False), ag.compile(other, verify=False)
    places = set()
    for i in range(30):
        (one if i % 2 else two)(*batch(5 if i % 3 else 4, seed=i))
        if i > 14:
            places.add(model.parameters()[0].data.__array_interface__["data"][0])
    assert len(places) == 1
    del two
    gc.collect()
    kept = model.parameters()[0].data
    before = kept.copy()
    one(*batch())
    assert np.array_equal(kept, before)


def test_a_state_that_is_returned_is_a_tensor_of_its_own() -> None:
    w, _ = counter()

    @ag.compile
    def step() -> Any:
        with ag.no_grad():
            w.assign(w + 1)
        return w

    results = [step() for _ in range(6)]
    assert [r.data[0, 0] for r in results] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert all(r is not w for r in results)


@pytest.mark.parametrize("verify", [None, True, False])
def test_an_array_stays_that_of_its_tensor_where_only_the_gradient_changes(verify: bool | None) -> None:
    def run(compiled: bool) -> np.ndarray:
        w = ag.tensor([1.0, 2.0], requires_grad=True)
        weights = w.data  # which the loop below updates by hand

        def step(x: Any) -> Any:
            w.grad = None
            cost = ((x - w) ** 2).sum()
            cost.backward()
            return cost

        f = ag.compile(step, verify=verify) if compiled else step
        for k in range(9):
            f(np.full(2, float(k)))
            weights -= 0.1 * w.grad
        assert w.data is weights
        return weights

    assert run(True).tobytes() == run(False).tobytes()
