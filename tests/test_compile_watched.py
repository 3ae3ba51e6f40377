"""Nothing is baked in silently: what a compiled step reads besides its arguments is watched."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from compiling import Step, batch, bits, plain, state

import autograd_lite as ag
import nn

# Nothing is baked in silently.


def steps_alike(
    make: Callable[[], tuple[Any, Any, Step]], change: Callable[[Any, Any, int], None], records: int | None = None
) -> Any:
    """Compiled and eager side by side, with `change(model, optimizer, i)` made to both between the steps."""
    ours, our_optimizer, f = make()
    theirs, their_optimizer, g = make()
    step = ag.compile(f)
    for i in range(8):
        change(ours, our_optimizer, i)
        change(theirs, their_optimizer, i)
        assert bits(step(*batch(seed=i))) == bits(g(*batch(seed=i))), f"step {i}"
        assert state(ours.parameters()) == state(theirs.parameters()), f"step {i}"
    assert records is None or step.records == records
    return step


def set_rate(model: Any, optimizer: Any, i: int) -> None:
    optimizer.lr = 0.5 / (1 + i)


def assign(model: Any, optimizer: Any, i: int) -> None:
    if i % 3 == 2:
        model.parameters()[0].assign(np.full(model.parameters()[0].shape, 0.1 * i, np.float32))


def rebind(model: Any, optimizer: Any, i: int) -> None:
    p = model.parameters()[2]
    p.data = (p.data * 0.5).astype(np.float32)


def write_into(model: Any, optimizer: Any, i: int) -> None:
    model.parameters()[0].data[0, 0] = 0.25 * i


def load(model: Any, optimizer: Any, i: int) -> None:
    model.load_state_dict({k: v * 0.9 for k, v in model.state_dict().items()})


def forget(model: Any, optimizer: Any, i: int) -> None:
    optimizer.zero_grad()


def eager_pass(model: Any, optimizer: Any, i: int) -> None:
    nn.quadratic_cost(model(batch(seed=100 + i)[0]), batch(seed=100 + i)[1]).backward()
    optimizer.step()


def another_tensor(model: Any, optimizer: Any, i: int) -> None:
    if i == 4:
        model.layers[0].bias = ag.tensor(np.ones(6, np.float32), requires_grad=True, name="b1")


@pytest.mark.parametrize("change", [assign, rebind, write_into, load, forget, eager_pass])
def test_changes_between_replays_are_honoured_without_recording(change: Any) -> None:
    steps_alike(plain, change, records=1)


def test_another_learning_rate_needs_no_recording() -> None:
    steps_alike(plain, set_rate, records=1)


def test_a_replaced_parameter_is_recorded_anew() -> None:
    # Twice: the optimiser does not know the new one, so that its gradient is there from the next step on.
    steps_alike(plain, another_tensor, records=3)


def test_a_frozen_parameter_stays_as_it_is() -> None:
    def freeze(model: Any, optimizer: Any, i: int) -> None:
        model.layers[0].weight.requires_grad = not 3 <= i < 6

    steps_alike(plain, freeze, records=2)


def test_train_and_eval_are_two_programs() -> None:
    model = nn.Sequential(nn.Linear(4, 3, rng=0), nn.Dropout(0.5, rng=0))
    forward = ag.compile(lambda x: model(x))
    x = batch()[0]
    for _ in range(2):
        model.train()
        assert (forward(x).data == 0).any()
        model.eval()
        assert bits(forward(x)) == bits(model(x))
    assert forward.records == 2


def accumulating() -> tuple[Any, Any, Step]:
    model, optimizer, _ = plain()

    def step(x: Any, y: Any) -> Any:
        cost = nn.quadratic_cost(model(x), y)
        cost.backward()
        optimizer.step()
        return cost

    return model, optimizer, step


def forget_sometimes(model: Any, optimizer: Any, i: int) -> None:
    if i % 3 == 0:
        optimizer.zero_grad()


def scale_gradients(model: Any, optimizer: Any, i: int) -> None:
    for p in model.parameters():
        if p.grad is not None:
            p.grad *= np.float32(0.5)


def set_gradients(model: Any, optimizer: Any, i: int) -> None:
    for p in model.parameters():
        p.grad = np.full(p.shape, 0.1 * i, np.float32)


@pytest.mark.parametrize("change", [forget_sometimes, scale_gradients, set_gradients, eager_pass, forget])
def test_gradients_of_outside_are_honoured(change: Any) -> None:
    step = steps_alike(accumulating, change)
    assert step.records <= 2


def test_a_compiled_update_alone_takes_the_gradients_it_finds() -> None:
    results = []
    for wrap in (ag.compile, lambda f: f):
        model, optimizer, _ = plain()
        update = wrap(lambda: optimizer.step())
        for i in range(5):
            optimizer.zero_grad()
            nn.quadratic_cost(model(batch(seed=i)[0]), batch(seed=i)[1]).backward()
            update()
        results.append(state(model.parameters()))
    assert results[0] == results[1]


FACTOR = 2.0
TABLE = {"factor": [1.0, 2.0]}
MODULE = types.ModuleType("settings_of_a_test")
MODULE.factor = 1.0  # type: ignore[attr-defined]


class Setting:
    factor = 1.0
    other = 5.0


@dataclasses.dataclass
class Held:
    factor: float = 1.0
    inner: Any = None


@dataclasses.dataclass(slots=True)
class Slotted:
    factor: float = 1.0


class Derived(Setting):
    def scaled(self, x: Any) -> Any:
        return x * self.factor


def check_noticed(f: Step, change: Callable[[float], None]) -> None:
    """`f(x)` multiplies by a number that `change` sets: it is honoured, and nothing else is recorded."""
    x = np.ones(3)
    change(1.0)
    step = ag.compile(f)
    for value in (1.0, 2.0, 3.0):
        change(value)
        for _ in range(2):
            assert step(x).data.tolist() == [value] * 3
    assert step.records == 3


def test_a_closure_number() -> None:
    factor = 1.0

    def change(value: float) -> None:
        nonlocal factor
        factor = value

    check_noticed(lambda x: ag.multiply(x, factor), change)


def test_a_global_number() -> None:
    def change(value: float) -> None:
        global FACTOR
        FACTOR = value

    check_noticed(lambda x: ag.multiply(x, FACTOR), change)


def test_an_attribute_of_an_object() -> None:
    held = Held(inner=Held())
    check_noticed(lambda x: ag.multiply(x, held.factor), lambda value: setattr(held, "factor", value))
    held.factor = 1.0
    check_noticed(lambda x: ag.multiply(x, held.inner.factor), lambda value: setattr(held.inner, "factor", value))


def test_an_attribute_in_a_slot() -> None:
    held = Slotted()
    check_noticed(lambda x: ag.multiply(x, held.factor), lambda value: setattr(held, "factor", value))


def test_an_attribute_of_a_class() -> None:
    check_noticed(lambda x: ag.multiply(x, Setting.factor), lambda value: setattr(Setting, "factor", value))
    held = Derived()
    check_noticed(held.scaled, lambda value: setattr(Setting, "factor", value))


def test_an_attribute_of_a_module() -> None:
    check_noticed(lambda x: ag.multiply(x, MODULE.factor), lambda value: setattr(MODULE, "factor", value))


def test_an_element_of_a_list() -> None:
    factors = [7.0, 1.0]
    check_noticed(lambda x: ag.multiply(x, factors[1]), lambda value: factors.__setitem__(1, value))
    check_noticed(lambda x: ag.multiply(x, TABLE["factor"][0]), lambda value: TABLE["factor"].__setitem__(0, value))


def test_a_default_of_an_inner_function() -> None:
    held = Held()

    def inner(x: Any, *, setting: Any = held) -> Any:
        return ag.multiply(x, setting.factor)

    check_noticed(lambda x: inner(x), lambda value: setattr(held, "factor", value))


def test_a_number_taken_from_an_array() -> None:
    factors = np.ones(2)
    check_noticed(lambda x: ag.multiply(x, float(factors[1])), lambda value: factors.__setitem__(1, value))
    check_noticed(lambda x: ag.multiply(x, factors[1:] * np.ones(1)), lambda value: factors.__setitem__(1, value))


@pytest.mark.parametrize("size", [3, 5000])
@pytest.mark.parametrize(
    "use",
    [lambda a: a, ag.asarray, ag.tensor, lambda a: ag.exp(ag.log(a))],
    ids=["itself", "asarray", "tensor", "computed"],
)
def test_an_array_changed_in_place(size: int, use: Any) -> None:
    array = np.ones(size)
    step = ag.compile(lambda x: ag.multiply(x, use(array)))
    for value in (1.0, 2.0, 4.0):
        array[...] = value
        assert np.allclose(step(np.ones(size)).data, value, rtol=1e-15)
    assert step.records == 1


def test_a_seed_gradient_is_no_constant() -> None:
    w = ag.tensor(np.ones(3), requires_grad=True)
    seed = np.ones(3)

    def f(x: Any) -> Any:
        w.grad = None
        y = w * 2.0
        y.backward(gradient=x)
        return ag.grad(w * 3.0, w, gradient=seed), ag.grad(w * 5.0, w, gradient=ag.asarray(x) * 2.0)

    step = ag.compile(f)
    for i in range(4):
        seed[...] = i
        found = step(np.full(3, float(i)))
        assert w.grad.tolist() == [2.0 * i] * 3
        assert [t.data.tolist() for t in found] == [[3.0 * i] * 3, [10.0 * i] * 3]


def test_zero_and_minus_zero_one_and_true_are_different_arguments() -> None:
    step = ag.compile(lambda x, number, pair: ag.divide(x, number) * pair[0])
    x = np.ones(2)
    with np.errstate(divide="ignore"):
        assert step(x, 0.0, (1,)).data[0] == np.inf
        assert step(x, -0.0, (1,)).data[0] == -np.inf
        assert step(x, 0.0, (1,)).data[0] == np.inf
    integers = np.ones(2, int)
    times = ag.compile(lambda x, pair: ag.multiply(x, pair[0]))
    assert [times(integers, (v,)).dtype.kind for v in (1, 1.0, 1, 1.0)] == ["i", "f", "i", "f"]
