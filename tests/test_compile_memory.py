"""States and results that are the same memory, change places or are looked at; what a steady state allocates."""

from __future__ import annotations

import copy
import gc
import tracemalloc
from typing import Any

import numpy as np
import pytest
from compiling import OPTIMIZERS, Step, batch, bits, hold_to_eager, plain, training_step

import autograd_lite as ag
import nn
from autograd_lite.compile.memory import Area, place

# Values and states that are the same memory, or change places.


def test_states_that_change_places() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        a, b = ag.tensor([1.0, 2.0], name="a"), ag.tensor([5.0, 6.0], name="b")

        def step(x: Any) -> Any:
            old, new = a * 1.0, b * 1.0
            a.assign(new)
            b.assign(old)
            return a + x, b * x

        return [a, b], step

    hold_to_eager(make, [(np.full(2, float(i)),) for i in range(5)])

    def make_bare() -> tuple[list[ag.Tensor], Step]:
        a, b, c = ag.tensor([1.0, 2.0]), ag.tensor([5.0, 6.0]), ag.tensor([0.0, 0.0])

        def step(x: Any) -> Any:
            c.assign(a)
            a.assign(b)
            b.assign(c)
            return a + x

        return [a, b, c], step

    hold_to_eager(make_bare, [(np.full(2, float(i)),) for i in range(5)])


def test_a_view_of_the_old_state_is_returned_as_it_was() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        w = ag.tensor(np.arange(6.0).reshape(2, 3), name="w")

        def step(x: Any) -> Any:
            old = w.T
            w.assign(w - x)
            return old, w[0]

        return [w], step

    hold_to_eager(make, [(np.float64(i) * np.ones((2, 3)),) for i in range(5)])


def test_gradients_have_memory_of_their_own() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        a = ag.tensor(np.arange(3.0), requires_grad=True)
        b = ag.tensor(np.arange(3.0), requires_grad=True)
        c = ag.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)

        def step(x: Any) -> Any:
            for p in (a, b, c):
                p.grad = None
            (a + b).sum().backward()
            c.T.backward(gradient=x)
            return a + b

        return [a, b, c], step

    ours, f = make()
    compiled = ag.compile(f)
    for i in range(3):
        x = ag.tensor(np.full((3, 2), float(i)))
        compiled(x)
        assert [p.grad.tolist() for p in ours[:2]] == [[1.0] * 3] * 2
        assert ours[2].grad.tolist() == [[float(i)] * 3] * 2
        ours[0].grad *= 7.0
        assert ours[1].grad.tolist() == [1.0] * 3
        ours[2].grad += 1.0
        assert x.data.max() == i


def test_one_value_assigned_to_two_tensors() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        a, b = ag.tensor([1.0, 2.0], requires_grad=True), ag.tensor([3.0, 4.0])

        def step(x: Any) -> Any:
            a.grad = None
            (a * x).sum().backward()
            with ag.no_grad():
                new = a + x
                a.assign(new)
                b.assign(new)
                b.assign(b + a)
            return new

        return [a, b], step

    hold_to_eager(make, [(np.array([i, 2.0 * i]),) for i in range(5)])


def test_the_same_tensor_in_two_places() -> None:
    def f(a: Any, b: Any) -> Any:
        return ag.grad((a * b * b).sum(), a)

    compiled = ag.compile(f)
    x, y = (ag.tensor(v, requires_grad=True) for v in ([1.0, 2.0], [3.0, 5.0]))
    for arguments in [(x, y), (x, x), (y, x), (y, y), (x, y)]:
        assert bits(compiled(*arguments)) == bits(f(*arguments))
        assert bits(compiled(*arguments)) == bits(f(*arguments))
    assert compiled.records == 2
    array = np.arange(3.0)
    add = ag.compile(lambda a, b: ag.add(a, b))
    assert [add(array, array).data.tolist() for _ in range(2)] == [[0.0, 2.0, 4.0]] * 2
    assert add(array, array + 1).data.tolist() == [1.0, 3.0, 5.0]


def test_a_result_of_outside_keeps_its_value() -> None:
    w = ag.tensor([1.0, 2.0])
    h = w * 2.0
    with ag.no_grad():
        late = ag.tensor([1.0], requires_grad=True) * 3.0
    f = ag.compile(lambda x: x * h + late)
    for _ in range(3):
        assert f(np.ones(2)).data.tolist() == [5.0, 7.0]
        w.assign(w + 1.0)


def test_a_graph_from_outside_is_refused() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    h = w * 2.0
    with pytest.raises(ag.CompileError, match="computed outside"):
        ag.compile(lambda x: (x * h).sum())(np.ones(2))


# Memory.


def test_the_steady_state_allocates_no_array() -> None:
    for name in ("sgd", *OPTIMIZERS):
        model = nn.MLP((100, 128, 96), rng=1)
        optimizer = {"sgd": lambda p: nn.SGD(p, lr=0.5), **OPTIMIZERS}[name](model.parameters())
        step = ag.compile(training_step(model, optimizer), verify=False)
        x, y = batch(128, 100, 96)
        for _ in range(5):
            step(x, y)
        gc.collect()
        tracemalloc.start()
        try:
            for _ in range(50):
                step(x, y)
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            for _ in range(200 if name == "sgd" else 60):
                step(x, y)
            now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert now - before < 1000, name
        # The smallest array of a layer, (128, 96), has 49,152 bytes. NumPy lends itself a buffer of 8192 elements for
        # the length of a broadcasting call, whether it needs it or not.
        assert peak - before < 8192 * 4 + 6000, name


def test_parameters_lie_in_one_flat_array() -> None:
    model, _, f = plain()
    step = ag.compile(f)
    for i in range(3):
        step(*batch(seed=i))
    parameters = model.parameters()
    at = [p.data.__array_interface__["data"][0] for p in parameters]
    assert at == [at[0] + sum(q.data.nbytes for q in parameters[:i]) for i in range(len(parameters))]
    twin = copy.deepcopy(model)
    before = bits(twin.state_dict())
    saved = model.state_dict()
    step(*batch())
    assert bits(twin.state_dict()) == before == bits(saved)
    assert bits(model.state_dict()) != before
    model.load_state_dict(saved)
    assert bits(step(*batch())) == bits(training_step(twin, nn.SGD(twin.parameters(), lr=0.5))(*batch()))
    assert bits(model.state_dict()) == bits(twin.state_dict())


def test_two_compiled_functions_share_parameters() -> None:
    """Of the same parameters, of some of them, and one that only reads them."""

    def make(wrap: Any) -> tuple[Any, list[Step]]:
        model, optimizer, f = plain()
        some = nn.SGD(model.parameters()[:2], lr=0.1)
        other = nn.SGD(model.parameters(), lr=0.2)
        steps = [f, training_step(model, other), training_step(model, some), lambda x, y: model(x)]
        return model, [wrap(step) for step in steps]

    ours, compiled = make(ag.compile)
    theirs, eager = make(lambda f: f)
    for i in range(24):
        which = [0, 1, 0, 2, 3, 0, 2, 2, 1, 3, 3, 0][i % 12]
        assert bits(compiled[which](*batch(seed=i))) == bits(eager[which](*batch(seed=i))), i
        assert bits(ours.state_dict()) == bits(theirs.state_dict()), i
    assert all(step.records <= 2 for step in compiled)


def test_two_functions_of_the_same_parameters_use_the_same_memory() -> None:
    model, optimizer, f = plain()
    one, two = (ag.compile(each, verify=False) for each in (f, training_step(model, optimizer)))
    where = []
    for i in range(6):
        (one, two)[i % 2](*batch(seed=i))
        where.append(model.parameters()[0].data.__array_interface__["data"][0])
    assert len(set(where[2:])) == 1


# What a result of a compiled function is not.


def test_a_later_backward_raises_instead_of_losing_a_gradient() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    f = ag.compile(lambda x: (w * x).sum())
    for _ in range(2):
        with pytest.raises(ag.GraphError, match="compiled function"):
            (f(np.ones(2)) * 2.0).backward()
        with pytest.raises(ag.GraphError):
            f(np.ones(2)).backward()
        with pytest.raises(ag.GraphError):
            ag.grad(f(np.ones(2)), w)
    assert w.grad is None
    assert not ag.compile(lambda x: x * 2.0)(np.ones(2)).requires_grad


def test_a_graph_recorded_before_a_replay_refuses_backward_after_it() -> None:
    model, _, f = plain()
    step = ag.compile(f)
    for i in range(3):
        cost = nn.quadratic_cost(model(batch()[0]), batch()[1])
        step(*batch(seed=i))
        with pytest.raises(ag.ChangedError):
            cost.backward()


def test_results_are_not_overwritten_by_the_next_call() -> None:
    f = ag.compile(lambda x: (x * 2.0, x.T, x))
    results = [f(np.full((2, 2), float(i))) for i in range(4)]
    assert [[t.data.max() for t in r] for r in results] == [[2.0 * i, i, i] for i in range(4)]


def test_a_large_result_is_given_away_in_the_memory_it_was_made_in() -> None:
    w = ag.tensor(np.random.default_rng(0).normal(size=(300, 400)), requires_grad=True)

    def f(x: Any) -> Any:
        out = ag.tanh(x @ w)
        line = ag.reshape(out, (-1,))
        return out, out, line, out.T, out[1:], ag.sum(out), ag.grad(out, w, x @ w)

    step = ag.compile(f, verify=True)
    seen = []
    for i in range(4):
        x = np.random.default_rng(i).normal(size=(350, 300))
        found = [each.data for each in step(x)]
        seen.append((found, [each.copy() for each in found]))
        for each, other in zip(found, [each.data for each in f(ag.asarray(x))], strict=True):
            assert each.tobytes() == other.tobytes() and each.strides == np.copy(other, "K").strides
    every = [each for found, _ in seen for each in found]
    assert not any(np.shares_memory(x, y) for i, x in enumerate(every) for y in every[:i])
    for found, before in seen:
        assert all(each.tobytes() == other.tobytes() for each, other in zip(found, before, strict=True))
    returned = step.planned_source.splitlines()[-1]
    assert returned.count(".copy") + returned.count("np.array") == 6, returned  # the gradient lies in a larger piece


def test_a_large_result_that_is_a_state_or_a_gradient_too_is_copied() -> None:
    w = ag.tensor(np.zeros((300, 400)), requires_grad=True, name="w")

    def f(x: Any) -> Any:
        w.grad = None
        cost = ag.sum(w * x)
        gradient = ag.grad(cost, w)
        cost.backward()
        with ag.no_grad():
            new = w - 0.5 * x
            w.assign(new)
        return new, gradient

    step = ag.compile(f, verify=True)
    for i in range(4):
        new, gradient = step(np.random.default_rng(i).normal(size=(300, 400)))
        assert new.data.tobytes() == w.data.tobytes() and not np.shares_memory(new.data, w.data)
        assert gradient.data.tobytes() == w.grad.tobytes() and not np.shares_memory(gradient.data, w.grad)


@pytest.mark.parametrize(
    "array, axes",
    [
        (np.zeros((2, 3, 4))[::-1], (0, 1, 2)),
        (np.zeros((2, 3, 4))[:, ::-1, ::-1], (0, 1, 2)),
        (np.zeros((4, 3, 2)).T[::-1], (2, 1, 0)),
        (np.zeros((3, 2, 4)).transpose(1, 0, 2)[:, ::-1], (1, 0, 2)),
    ],
    ids=["first", "last two", "Fortran", "neither"],
)
def test_the_order_of_axes_in_memory_does_not_depend_on_which_way_they_run(array: Any, axes: tuple[int, ...]) -> None:
    assert place(Area("block", array.size, array.dtype), 0, array).axes == axes
