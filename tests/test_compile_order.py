"""The order of effects: an update of many parameters as one waits for every gradient that it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.program.calls import JOIN, MEMBER

FIXED = [np.ones((3, 2)), np.ones((2, 3))]
TERMS: dict[str, Callable[[Any], Any]] = {
    "L1": lambda p: 0.1 * abs(p).sum(),
    "distance": lambda p: ag.square(p - 0.5).sum(),
    "huber": lambda p: ag.where(abs(p) < 1, 0.5 * p * p, abs(p) - 0.5).sum(),
    "relu": lambda p: ag.relu(p).sum(),
    "exp": lambda p: ag.exp(p).mean(),
    "tanh": lambda p: ag.tanh(p).mean(),
    "softplus": lambda p: ag.softplus(p).sum(),
    "sum": lambda p: p.sum(),
    "one item": lambda p: p.reshape(-1)[0],
    "one row": lambda p: ag.square(p[0] if p.ndim else p).sum(),
    "transposed": lambda p: (p.T * 2).sum(),
    "maximum": lambda p: p.max(),
    "constant": lambda p: p.sum() * 0 + 1,
}
OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda p: nn.SGD(p, 0.01),
    "momentum": lambda p: nn.SGD(p, 0.01, momentum=0.9),
    "nesterov": lambda p: nn.SGD(p, 0.01, momentum=0.9, nesterov=True),
    "adam": lambda p: nn.Adam(p, 0.01),
}
SHAPES = {"matrices": [(3, 2), (2, 3)], "mixed": [(3, 2), (2, 3), (4,), (), (1,), (2, 1, 2)], "one": [(3, 2)]}


def train(wrap: Any, terms: list[str], optimizer: str, shapes: list[tuple[int, ...]], dtype: Any) -> list[bytes]:
    rng = np.random.default_rng(0)
    ps = [ag.tensor(rng.normal(size=shape).astype(dtype), requires_grad=True) for shape in shapes]
    updater = OPTIMIZERS[optimizer](ps)

    def step(x: Any) -> Any:
        cost = (x * 0.1).sum()
        for term in terms:
            for p in ps:
                cost = cost + TERMS[term](p) * x[0]
        updater.zero_grad()
        cost.backward()
        updater.step()
        return cost

    f = wrap(step)
    costs = [f(rng.normal(size=3).astype(dtype)) for _ in range(5)]
    return [t.numpy().tobytes() for t in (*costs, *ps)] + [p.grad.tobytes() for p in ps]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("term", TERMS)
def test_any_cost_of_the_parameters_themselves(term: str, optimizer: str) -> None:
    for shapes in SHAPES.values():
        for dtype in (np.float32, np.float64):
            eager, compiled = (train(wrap, [term], optimizer, shapes, dtype) for wrap in (lambda f: f, ag.compile))
            assert eager == compiled, (shapes, dtype)


@pytest.mark.parametrize("seed", range(12))
def test_random_sums_of_costs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    terms = [str(t) for t in rng.choice(list(TERMS), size=3)]
    optimizer = str(rng.choice(list(OPTIMIZERS)))
    shapes = [tuple(int(n) for n in rng.integers(1, 4, size=rng.integers(0, 4))) for _ in range(rng.integers(2, 6))]
    eager, compiled = (train(wrap, terms, optimizer, shapes, np.float64) for wrap in (lambda f: f, ag.compile))
    assert eager == compiled, (terms, optimizer, shapes)


def test_fit_with_a_penalty_on_the_absolute_values() -> None:
    (x, y), _ = nn.digits()

    def cost_of(compiled: bool) -> Any:
        model = nn.MLP([64, 12, 10], rng=0)
        weights = [layer.weight for layer in model.layers]

        def cost(a: Any, t: Any) -> Any:
            return nn.quadratic_cost(a, t) + 1e-3 * sum((abs(w).sum() for w in weights), start=ag.tensor(0.0))

        optimizer = nn.SGD(model.parameters(), 1.0)
        return nn.fit(
            model, cost, (x[:200], y[:200]), optimizer, 2, 10, rng=0, progress=False, compile=compiled
        ).cost  # fmt: skip

    assert cost_of(False) == cost_of(True)


def test_updates_that_read_each_others_new_values() -> None:
    def make() -> tuple[list[ag.Tensor], Callable[[Any], None]]:
        a, b, c = (ag.tensor(np.arange(3.0) + i, requires_grad=True) for i in range(3))

        def step(x: Any) -> None:
            with ag.no_grad():
                a.assign(a - 0.1 * (b * x))
                b.assign(b - 0.1 * (a * x))
                c.assign(c - 0.1 * (b * a))

        return [a, b, c], step

    ours, f = make()
    theirs, g = make()
    compiled = ag.compile(f)
    for k in range(5):
        compiled(np.full(3, k + 1.0)), g(ag.asarray(np.full(3, k + 1.0)))
        assert [t.numpy().tobytes() for t in ours] == [t.numpy().tobytes() for t in theirs]


def test_a_flat_update_reads_its_members_explicitly() -> None:
    ps = [ag.tensor(np.ones(shape), requires_grad=True) for shape in ((2, 3), (4,))]
    optimizer = nn.SGD(ps, 0.1, momentum=0.9)

    @ag.compile
    def step(x: Any) -> None:
        optimizer.zero_grad()
        sum(((p * p).sum() * x for p in ps), start=ag.tensor(0.0)).backward()
        optimizer.step()

    step(1.5)
    calls = step._entry().program.calls
    made = {value: i for i, call in enumerate(calls) for value in [call.out]}
    for i, call in enumerate(calls):
        assert all(made.get(value, -1) < i for value in call.values), call
    joins = [call for call in calls if call.function == JOIN]
    assert joins and all(len(call.args) == len(ps) for call in joins)
    members = [call for call in calls if call.function == MEMBER]
    assert members and len(members) % len(ps) == 0
    assert all(call.args[0] in made for call in members)


def test_draws_stay_in_their_order_where_updates_are_made_one() -> None:
    def run(wrap: Any) -> list[bytes]:
        rng = np.random.default_rng(0)
        ps = [ag.tensor(np.ones(n), requires_grad=True) for n in (3, 4)]
        optimizer = nn.SGD(ps, 0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            sum(((p * p).sum() * x for p in ps), start=ag.tensor(0.0)).backward()
            optimizer.step()
            first = [p * ag.random_like(p, rng) for p in ps]  # of the new values
            return first[0].sum() * ag.random_like(ag.tensor(np.zeros(2)), rng).sum() + first[1].sum()

        f = wrap(step)
        return [f(1.5).numpy().tobytes() for _ in range(4)]

    assert run(lambda f: f) == run(ag.compile)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_update_that_reads_another_reads_its_flat_array(optimizer: str) -> None:
    """One run of calls for all parameters: nothing is copied into flat arrays, nothing is done for each by itself."""

    def calls(layers: int) -> int:
        model = nn.MLP([5] * (layers + 1), rng=0)
        updater = OPTIMIZERS[optimizer](model.parameters())

        @ag.compile
        def step(x: Any) -> Any:
            cost = ag.square(model(x)).sum()
            updater.zero_grad()
            cost.backward()
            updater.step()
            return cost

        for k in range(3):
            step(np.full((2, 5), k + 1, np.float32))
        layout = step._entry().layout
        joins = [call for call in layout.program.calls if call.function == JOIN]
        assert joins and all(layout.memory.silent(call) for call in joins)
        (run,) = layout.memory.runs.values()
        return sum(not layout.memory.silent(call) for call in layout.program.calls[run.begin : run.end])

    assert calls(1) == calls(4)


def test_numbers_that_change_have_their_attributes_names() -> None:
    parameters = [ag.tensor(np.ones(n), requires_grad=True) for n in (2, 3)]
    updater = nn.Adam(parameters, lr=0.1)

    @ag.compile
    def step(x: Any) -> None:
        updater.zero_grad()
        sum(((p * x).sum() for p in parameters), start=ag.tensor(0.0)).backward()
        updater.step()

    for _ in range(3):
        step(1.5)
    for text in (step.source, step.planned_source):
        assert "beta1" in text and str(id(updater)) not in text


@pytest.mark.parametrize("later", [lambda w, new: (w * new).sum(), lambda w, new: w * 2.0, lambda w, new: w - new])
@pytest.mark.parametrize("moved", [lambda w, x: w - x, lambda w, x: w * x + 1.0, lambda w, x: ag.tanh(w)])
def test_a_state_is_read_to_the_end_before_it_is_written(moved: Callable[..., Any], later: Callable[..., Any]) -> None:
    def make() -> Callable[[Any], Any]:
        w = ag.tensor(np.array([[0.5, -1.5, 2.5]] * 2), requires_grad=True)

        def f(x: Any) -> Any:
            with ag.no_grad():
                new = moved(w, x)
                out = later(w, new)
                w.assign(new)
            return out, (w * 1.0)

        return f

    eager, compiled = make(), ag.compile(make(), verify=False)
    for k in range(4):
        x = np.full((2, 3), 0.1 * (k + 1))
        for one, other in zip(eager(ag.tensor(x)), compiled(x), strict=True):
            assert one.numpy().tobytes() == other.numpy().tobytes()


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 4, 6, 9, 14])
def test_updates_of_two_forms_are_not_joined_however_deep_they_differ(depth: int) -> None:
    def make() -> tuple[list[ag.Tensor], Callable[[Any], Any]]:
        first, second = (ag.tensor(np.full(4, value), requires_grad=True) for value in (1.0, 2.0))

        def f(x: Any) -> Any:
            with ag.no_grad():
                one, other = first - 0.25, second + 0.25
                for k in range(depth):
                    one, other = ag.tanh(one) * (0.5 + k), ag.tanh(other) * (0.5 + k)
                first.assign(one)
                second.assign(other)
            return x * 1.0

        return [first, second], f

    (ours, f), (theirs, g) = make(), make()
    compiled = ag.compile(f, verify=False)
    for k in range(4):
        x = np.full(4, 0.25 * k)
        compiled(x)
        g(ag.tensor(x))
        assert [w.numpy().tobytes() for w in ours] == [w.numpy().tobytes() for w in theirs]
