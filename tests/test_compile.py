"""Compiled steps: the bits of eager, what is printed, what is noticed, what is refused, what is put back."""

from __future__ import annotations

import copy
import dataclasses
import gc
import random
import threading
import tracemalloc
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

Step = Callable[..., Any]


def batch(n: int = 5, inputs: int = 4, outputs: int = 3, seed: int = 0, dtype: Any = np.float32) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, inputs)).astype(dtype), rng.uniform(size=(n, outputs)).astype(dtype)


def one_hot(n: int, outputs: int, seed: int) -> np.ndarray:
    return np.eye(outputs, dtype=np.float32)[np.random.default_rng(seed).integers(0, outputs, n)]


def bits(x: Any) -> Any:
    """What two runs must have in common."""
    if isinstance(x, ag.Tensor):
        return bits(x.data)
    if isinstance(x, np.ndarray):
        return (x.dtype, x.shape, x.tobytes())
    if isinstance(x, dict):
        return {k: bits(v) for k, v in x.items()}
    if isinstance(x, tuple | list):
        return [bits(v) for v in x]
    return x


def state(parameters: list[ag.Tensor]) -> Any:
    return [(bits(p.data), bits(p.grad)) for p in parameters]


def training_step(model: Any, optimizer: Any, cost: Any = nn.quadratic_cost) -> Step:
    def step(x: Any, y: Any) -> Any:
        value = cost(model(x), y)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value

    return step


def plain(sizes: tuple[int, ...] = (4, 6, 3), lr: float = 0.5, **options: Any) -> tuple[Any, Any, Step]:
    model = nn.MLP(sizes, rng=1, **options)
    optimizer = nn.SGD(model.parameters(), lr=lr)
    return model, optimizer, training_step(model, optimizer)


def hold_to_eager(
    make: Callable[[], tuple[list[ag.Tensor], Step]], batches: list[tuple[Any, ...]], records: int | None = 1
) -> Any:
    """Run two copies, one compiled, over the same batches: results, parameters and gradients agree in every bit."""
    ours, f = make()
    theirs, g = make()
    compiled = ag.compile(f)
    for i, arguments in enumerate(batches):
        assert bits(compiled(*arguments)) == bits(g(*arguments)), f"results of call {i}"
        assert state(ours) == state(theirs), f"parameters after call {i}"
    assert records is None or compiled.records == records
    return compiled


# The same bits as eager, over twenty steps of changing batches.

NETWORKS: dict[str, tuple[tuple[int, ...], dict[str, Any], Any]] = {
    "sigmoid": ((4, 6, 3), {}, nn.quadratic_cost),
    "deep": ((4, 8, 8, 8, 3), {}, nn.quadratic_cost),
    "no-hidden-layer": ((4, 3), {}, nn.quadratic_cost),
    "one-neuron-wide": ((4, 1, 3), {}, nn.quadratic_cost),
    "tanh": ((4, 6, 3), {"activation": "tanh"}, nn.quadratic_cost),
    "relu": ((4, 6, 3), {"activation": "relu"}, nn.quadratic_cost),
    "float64": ((4, 6, 3), {"dtype": np.float64}, nn.quadratic_cost),
    "cross-entropy": ((4, 6, 3), {"output": "identity"}, nn.cross_entropy_cost),
    "softmax": ((4, 6, 3), {"output": "identity"}, nn.softmax_cross_entropy),
    "wide": ((40, 130, 3), {}, nn.quadratic_cost),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["x32", "x64"])
def test_twenty_steps_have_the_bits_of_eager(name: str, dtype: Any) -> None:
    sizes, options, cost = NETWORKS[name]

    def make() -> tuple[list[ag.Tensor], Step]:
        model = nn.MLP(sizes, rng=1, **options)
        return model.parameters(), training_step(model, nn.SGD(model.parameters(), lr=0.3), cost)

    batches = []
    for seed in range(20):
        x, y = batch(10, sizes[0], 3, seed, dtype)
        batches.append((x, one_hot(10, 3, seed).astype(dtype) if cost is nn.softmax_cross_entropy else y))
    hold_to_eager(make, batches)


OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "momentum": lambda p: nn.SGD(p, lr=0.1, momentum=0.9),
    "nesterov": lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: nn.Adam(p, lr=0.01),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_twenty_steps_of_every_optimizer_have_the_bits_of_eager(optimizer: str, dtype: Any) -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        model = nn.MLP((4, 6, 3), rng=1, dtype=dtype)
        return model.parameters(), training_step(model, OPTIMIZERS[optimizer](model.parameters()))

    compiled = hold_to_eager(make, [batch(seed=i, dtype=dtype) for i in range(20)], records=None)
    assert compiled.records <= 2


def test_dropout_draws_fresh_masks_of_the_eager_stream() -> None:
    generators = []

    def make() -> tuple[list[ag.Tensor], Step]:
        rng = np.random.default_rng(8)
        generators.append(rng)
        model = nn.Sequential(nn.Linear(4, 6, rng=1), nn.Dropout(0.4, rng=rng), nn.Linear(6, 3, rng=2))
        return model.parameters(), training_step(model, nn.SGD(model.parameters(), lr=0.1))

    hold_to_eager(make, [batch(seed=i) for i in range(20)])
    assert generators[0].bit_generator.state == generators[1].bit_generator.state


def test_draws_keep_their_number_and_order_even_where_nobody_uses_them() -> None:
    def make(rng: Any) -> Step:
        def f(x: Any) -> Any:
            first, _, second = ag.random_like(x, rng), ag.random_like(x, rng), ag.random_like(x, rng)
            return first - second

        return f

    ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
    compiled, eager = ag.compile(make(ours)), make(theirs)
    x = ag.tensor(np.zeros(3))
    seen = {bits(compiled(x))[2] for _ in range(4)}
    assert len(seen) == 4
    for _ in range(4):
        eager(x)
    assert bits(compiled(x)) == bits(eager(x))
    assert ours.bit_generator.state == theirs.bit_generator.state


def test_shared_weights_residuals_and_several_results() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        rng = np.random.default_rng(4)
        w = ag.tensor(rng.normal(size=(4, 4)), requires_grad=True, name="w")
        b = ag.tensor(rng.normal(size=4), requires_grad=True, name="b")
        optimizer = nn.SGD([w, b], lr=0.05)

        def step(x: Any, y: Any) -> Any:
            h = x
            for _ in range(3):
                h = h + ag.tanh(h @ w.T + b)
            cost = ((h - y) ** 2).mean()
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return {"cost": cost, "parts": (h, [cost * 2, None]), "norm": ag.sqrt((w * w).sum())}

        return [w, b], step

    hold_to_eager(make, [batch(6, 4, 4, i, np.float64) for i in range(20)])


def test_a_gradient_penalty_differentiates_twice() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        model = nn.MLP((4, 6, 1), activation="tanh", rng=1, dtype=np.float64)
        optimizer = nn.SGD(model.parameters(), lr=0.05)

        def step(x: Any, y: Any) -> Any:
            x = ag.asarray(x) * 1.0
            probe = ag.tensor(np.full((5, 4), 0.5), requires_grad=True)
            out = model(x + probe)
            (slope,) = ag.grad(out.sum(), [probe], create_graph=True)
            cost = ((out - y) ** 2).mean() + 0.1 * (slope * slope).sum()
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return cost, slope

        return model.parameters(), step

    hold_to_eager(make, [batch(5, 4, 1, i, np.float64) for i in range(20)])


def test_gradients_add_up_where_nobody_forgets_them() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        model, _, _ = plain()

        def step(x: Any, y: Any) -> Any:
            cost = nn.quadratic_cost(model(x), y)
            cost.backward()
            return cost

        return model.parameters(), step

    hold_to_eager(make, [batch(seed=i) for i in range(6)], records=2)


# Layouts: BLAS and sums give other bits for other memory orders.


def test_intermediate_results_keep_the_memory_order_of_eager() -> None:
    rng = np.random.default_rng(0)
    w = ag.tensor(rng.normal(size=(70, 90)).astype(np.float32), requires_grad=True)

    def f(x: Any) -> Any:
        turned = ag.tanh(x.T * 2.0)
        return turned.sum(axis=0), turned.sum(), turned @ w, ag.grad((turned @ w).sum(), w)

    compiled = ag.compile(f)
    for seed in range(3):
        x = ag.tensor(np.random.default_rng(seed).normal(size=(70, 300)).astype(np.float32))
        assert bits(compiled(x)) == bits(f(x))


def test_weights_in_fortran_order_stay_so() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        w = ag.asarray(np.asfortranarray(np.random.default_rng(0).normal(size=(60, 50))), requires_grad=True)
        v = ag.tensor(np.random.default_rng(1).normal(size=(7, 60)), requires_grad=True)
        optimizer = nn.SGD([w, v], lr=0.01)

        def step(x: Any) -> Any:
            cost = ag.square(ag.tanh(x @ w.T) @ v.T).mean()
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return cost, (w + 1.0).sum(axis=1)

        return [w, v], step

    hold_to_eager(make, [(np.random.default_rng(i).normal(size=(9, 50)),) for i in range(6)], records=None)


def test_equal_operands_of_a_product_are_not_made_one() -> None:
    def f(x: Any) -> Any:
        return (x * 1.5) @ (x * 1.5).T, (x * 1.5) @ x.T

    compiled = ag.compile(f)
    for seed in range(4):
        x = ag.tensor(np.random.default_rng(seed).normal(size=(67, 131)).astype(np.float32))
        assert bits(compiled(x)) == bits(f(x))


def test_a_spread_gradient_goes_through_blas_as_in_eager() -> None:
    w = ag.tensor(np.random.default_rng(0).normal(size=(90, 70)).astype(np.float32), requires_grad=True)

    def f(x: Any) -> Any:
        return ag.grad((ag.tanh(x) @ w).sum(), [x, w])

    compiled = ag.compile(f)
    for seed in range(3):
        x = ag.tensor(np.random.default_rng(seed).normal(size=(60, 90)).astype(np.float32), requires_grad=True)
        assert bits(compiled(x)) == bits(f(x))


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


# What is printed.

CHAPTER = '''import numpy as np

lr = 0.5


def step(x, y, W1, b1, W2, b2):
    """Returns the results, then new W1, new b1, new W2, new b2, dW1, db1, dW2, db2."""
    with np.errstate(over="ignore", divide="ignore"):
        z1 = x @ W1.T + b1              # MLP / layer 1: matmul, add
        a1 = 1 / (1 + np.exp(-z1))      # MLP: sigmoid
        z2 = a1 @ W2.T + b2             # MLP / layer 2: matmul, add
        a2 = 1 / (1 + np.exp(-z2))      # MLP: sigmoid
        t = a2 - y                      # quadratic cost: subtract
        C = np.square(t).sum() / 10     # quadratic cost: square, sum, divide
        da2 = 0.2 * t                   # reverse pass / quadratic cost: multiply
        delta2 = da2 * (a2 * (1 - a2))  # reverse pass / MLP: subtract, multiply
        db2 = delta2.sum(axis=(0,))     # reverse pass / MLP / layer 2: sum
        da1 = delta2 @ W2               # reverse pass / MLP / layer 2: matmul
        dW2 = delta2.T @ a1             # reverse pass / MLP / layer 2: matmul
        delta1 = da1 * (a1 * (1 - a1))  # reverse pass / MLP: subtract, multiply
        db1 = delta1.sum(axis=(0,))     # reverse pass / MLP / layer 1: sum
        dW1 = delta1.T @ x              # reverse pass / MLP / layer 1: matmul
        new_W1 = W1 - lr * dW1          # multiply, subtract
        new_b1 = b1 - lr * db1          # multiply, subtract
        new_W2 = W2 - lr * dW2          # multiply, subtract
        new_b2 = b2 - lr * db2          # multiply, subtract
    return C, new_W1, new_b1, new_W2, new_b2, dW1, db1, dW2, db2
'''


def test_the_chapters_step_is_printed_as_one_would_write_it() -> None:
    _, _, f = plain()
    step = ag.compile(f)
    step(*batch())
    assert step.source == CHAPTER


def run_source(step: Any, name: str, *arguments: Any) -> Any:
    world: dict[str, Any] = {}
    exec(compile(step.source, "source", "exec"), world)
    return world[name](*arguments)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_source_runs_with_numpy_alone_and_has_the_same_bits(name: str) -> None:
    sizes, options, cost = NETWORKS[name]
    model = nn.MLP(sizes, rng=1, **options)
    step = ag.compile(training_step(model, nn.SGD(model.parameters(), lr=0.3), cost))
    x, _ = batch(10, sizes[0])
    y = one_hot(10, 3, 0)
    for _ in range(3):
        before = [p.numpy() for p in model.parameters()]
        value = step(x, y)
        printed = run_source(step, "step", x, y, *before)
        found = [value.data, *(p.data for p in model.parameters()), *(p.grad for p in model.parameters())]
        assert [bits(np.asarray(v)) for v in printed] == bits(found)
    assert all("#" in line for line in step.source.splitlines() if " = " in line and line.startswith("        "))


def test_powers_are_printed_so_that_they_have_the_same_bits() -> None:
    for exponent in (2, 3, 0.5, -1, 1.5, -2):
        step = ag.compile(lambda x, e=exponent: x**e)
        x = np.random.default_rng(0).uniform(0.5, 2.0, 200).astype(np.float32)
        value = step(x)
        world: dict[str, Any] = {}
        exec(step.source, world)
        printed = next(f for k, f in world.items() if isinstance(f, types.FunctionType))(x)
        assert bits(printed) == bits(value), exponent


def test_the_planned_source_runs_with_its_states_filled_in() -> None:
    model, _, f = plain()
    step = ag.compile(f)
    step(*batch(seed=0))
    world: dict[str, Any] = {}
    exec(compile(step.planned_source, "source", "exec"), world)
    for p in model.parameters():
        world[p.name][...] = p.data
    for seed in range(1, 4):
        value = step(*batch(seed=seed))
        assert bits(np.asarray(world["step"](*batch(seed=seed)))) == bits(value)
        for p in model.parameters():
            assert world[p.name].tobytes() == p.data.tobytes()
            assert world[f"d{p.name}"].tobytes() == p.grad.tobytes()


def test_printing_twice_gives_the_same_text() -> None:
    def texts() -> tuple[str, str]:
        _, _, f = plain((4, 6, 5, 3), activation="relu")
        step = ag.compile(f)
        step(*batch())
        return step.source, step.planned_source

    assert len({texts() for _ in range(5)}) == 1


def test_printing_does_not_disturb_the_next_call() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        model, _, f = plain()
        return model.parameters(), f

    ours, f = make()
    theirs, g = make()
    step = ag.compile(f)
    for i in range(5):
        step(*batch(seed=i)), g(*batch(seed=i))
        assert step.planned_source and step.source and step.stats and step.signatures
        assert state(ours) == state(theirs)


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


# Refused at recording, with everything put back.


def everything(model: Any, generator: np.random.Generator) -> Any:
    random_state = (random.getstate(), repr(np.random.get_state()))
    return state(model.parameters()), bits(model.state_dict()), repr(generator.bit_generator.state), random_state


REFUSED: dict[str, Callable[..., Any]] = {
    "item": lambda cost, rng: cost.item(),
    "bool": lambda cost, rng: 1.0 if cost > 0 else 2.0,
    "float": lambda cost, rng: float(cost),
    "int": lambda cost, rng: int(cost),
    "asarray": lambda cost, rng: np.asarray(cost.detach()),
    "data": lambda cost, rng: cost.data,
    "numpy": lambda cost, rng: cost.numpy(),
    "tensor": lambda cost, rng: ag.tensor(cost),
    "format": lambda cost, rng: f"{cost:.3f}",
    "mask": lambda cost, rng: (cost * np.ones(3))[cost * np.ones(3) > 0],
    "np.random": lambda cost, rng: np.random.random(),
    "np.random.seed": lambda cost, rng: np.random.seed(0),
    "random": lambda cost, rng: random.random(),
    "generator": lambda cost, rng: rng.random(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_compiled_is_refused_and_everything_put_back(name: str) -> None:
    model, optimizer, f = plain()
    f(*batch())
    rng = np.random.default_rng(0)
    dropout = nn.Dropout(0.5, rng=rng)
    np.random.seed(0)  # seeding with the same once more changes nothing that can be seen

    def bad(x: Any, y: Any) -> Any:
        dropout(x)
        cost = f(x, y)
        return cost, REFUSED[name](cost, rng) if name == "mask" else REFUSED[name](cost, rng) and None

    before = everything(model, rng)
    step = ag.compile(bad)
    with pytest.raises(ag.CompileError):
        step(*batch())
    assert everything(model, rng) == before
    assert all(type(p.grad) is np.ndarray for p in model.parameters())
    assert step.records == 0
    f(*batch())  # eager goes on as if nothing had been


def test_a_changed_argument_is_refused_and_put_back() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    seen = ag.tensor([5.0])

    def f(x: Any) -> Any:
        seen.assign(seen + 1.0)
        x.assign(x * 2.0)
        return x

    with pytest.raises(ag.CompileError, match="changes one of its arguments"):
        ag.compile(f)(w)
    assert w.data.tolist() == [1.0, 2.0] and seen.data.tolist() == [5.0]


def test_a_result_that_is_no_tensor_is_refused_and_put_back() -> None:
    model, _, f = plain()
    before = state(model.parameters())

    def g(x: Any, y: Any) -> Any:
        return f(x, y), 3.5

    with pytest.raises(ag.CompileError, match=r"3\.5"):
        ag.compile(g)(*batch())
    assert state(model.parameters()) == before


def test_an_exception_while_recording_puts_everything_back() -> None:
    model, optimizer, f = plain()
    f(*batch())
    rng = np.random.default_rng(0)
    dropout = nn.Dropout(0.5, rng=rng)
    fail = True

    def g(x: Any, y: Any) -> Any:
        cost = f(dropout(x), y)
        if fail:
            rng.random()
            np.random.random()
            raise KeyError("the user's own")
        return cost

    step = ag.compile(g)
    before = everything(model, rng)
    with pytest.raises(KeyError, match="the user's own"):
        step(*batch())
    assert everything(model, rng) == before
    fail = False
    step(*batch())
    assert step.records == 1


def test_printing_while_recording_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        print(x, x.shape)
        return x * 2.0

    assert ag.compile(f)(np.ones(2)).data.tolist() == [2.0, 2.0]
    assert "(2,)" in capsys.readouterr().out


# An exception in the middle of a replay.


def test_a_replay_that_breaks_off_changed_nothing_or_says_what() -> None:
    class Break(Exception):
        pass

    count = limit = 0

    def breaking(function: Any) -> Any:
        def called(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == limit:
                raise Break
            return function(*args, **kwargs)

        return called

    for optimizer in ("sgd", "momentum", "adam"):
        finished = False
        for limit in range(1, 200):
            model = nn.MLP((4, 6, 3), rng=1)
            parameters = model.parameters()
            step = ag.compile(
                training_step(model, {"sgd": lambda p: nn.SGD(p, lr=0.5), **OPTIMIZERS}[optimizer](parameters)),
                verify=False,
            )
            for i in range(3):
                step(*batch(seed=i))
            world = step._thread.quick.bound.run.__globals__
            for name, value in list(world.items()):
                if callable(value) and name != "run":
                    world[name] = breaking(value)
            earlier = (parameters[0] * 2.0).sum()
            before = [p.numpy() for p in parameters]
            count = 0
            try:
                step(*batch(seed=9))
            except Break as error:
                note = "\n".join(error.__notes__)
            else:
                finished = True
                break
            same = all(bits(p.data) == bits(old) for p, old in zip(parameters, before, strict=True))
            if "before any state was updated" in note:
                assert same
                earlier.backward()
            else:
                assert "updated already: " in note and "state_dict()" in note
                done = note.split("updated already: ")[1].split("; perhaps")[0]
                part = note.split("perhaps in part: ")[1].split("; restore")[0]
                for p, old in zip(parameters, before, strict=True):
                    if bits(p.data) != bits(old):
                        assert p.name in done or p.name in part
                with pytest.raises(ag.ChangedError):
                    earlier.backward()
        assert finished and limit > 20, optimizer


# Signatures.


def test_every_signature_has_a_program_of_its_own() -> None:
    f = ag.compile(lambda x, factor: x * factor)
    calls: list[tuple[Any, Any]] = [
        (np.ones((2, 3)), 2), (np.ones((3, 2)), 2), (np.ones((2, 3), np.float32), 2), (np.ones((3, 2)).T, 2),
        (np.ones((2, 3)), 3), (np.ones((2, 3)), 2.0), (np.ones((2, 3), int), 2),
    ]  # fmt: skip
    for round in range(3):
        for x, factor in calls:
            found = f(x, factor)
            assert bits(found) == bits(ag.multiply(x, factor))
        assert f.records == len(calls) == len(f.signatures), round
    assert "(2, 3) float32" in f.signatures[2]
    with ag.no_grad():
        f(*calls[0])
    assert f.records == len(calls) + 1
    assert "no_grad" in f.signatures[-1]
    f(*calls[0])
    assert f.records == len(calls) + 1


def test_the_last_smaller_batch() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        model, _, f = plain()
        return model.parameters(), f

    batches = [batch(n, seed=i) for i, n in enumerate([10, 10, 3, 10, 10, 3, 1, 10, 1])]
    hold_to_eager(make, batches, records=3)


def test_wrong_arguments_are_named() -> None:
    f = ag.compile(lambda x, y: x * 1.0)
    with pytest.raises(ag.ArgumentError, match="a tensor, an array or a number, not object"):
        f(np.ones(2), object())
    with pytest.raises(TypeError):
        f(np.ones(2))
    with pytest.raises(TypeError):
        f(np.ones(2), y=1.0, z=2.0)
    assert f(y=1.0, x=np.ones(2)).data.tolist() == [1.0, 1.0]
    assert f(np.ones(2), 1.0).data.tolist() == [1.0, 1.0]
    assert f.records == 1


def test_a_method_is_compiled_for_each_object() -> None:
    class Model:
        def __init__(self, factor: float) -> None:
            self.factor = factor
            self.w = ag.tensor([factor], requires_grad=True)

        @ag.compile
        def scaled(self, x: Any) -> Any:
            return x * self.w * self.factor

    one, two = Model(2.0), Model(3.0)
    for _ in range(3):
        assert one.scaled(np.ones(1)).item() == 4.0
        assert two.scaled(np.ones(1)).item() == 9.0
    for _ in range(3):
        assert one.scaled(np.ones(1)).item() == 4.0
    assert Model.scaled._thread.quick is not None
    one.factor = 5.0
    assert one.scaled(np.ones(1)).item() == 10.0


def test_calls_with_numbers_are_told_apart_on_the_quick_way() -> None:
    @ag.compile
    def power(x: Any, n: Any, sign: str = "+") -> Any:
        return x**n if sign == "+" else -(x**n)

    x = np.full(2, 2.0)
    for n, sign, wanted in [(3, "+", 8.0), (3, "+", 8.0), (3, "+", 8.0), (2, "+", 4.0), (2, "+", 4.0), (2, "-", -4.0)]:
        assert power(x, n, sign).data.tolist() == [wanted] * 2
    assert power._thread.quick is not None
    for n in (True, 1, 1.0, True):
        for _ in range(2):
            assert power(x, n).data.tolist() == [2.0] * 2
    assert power.records == 6


def test_compiled_functions_call_each_other_and_themselves() -> None:
    factor = 2.0
    inner = ag.compile(lambda x: ag.multiply(x, factor))
    outer = ag.compile(lambda x: inner(x) + 1.0)
    assert [outer(np.ones(2)).data.tolist() for _ in range(3)] == [[3.0, 3.0]] * 3
    assert (inner.records, outer.records) == (0, 1)
    factor = 3.0
    assert outer(np.ones(2)).data.tolist() == [4.0, 4.0]

    @ag.compile
    def power(x: Any, n: int) -> Any:
        return x * power(x, n - 1) if n else x * 0.0 + 1.0

    assert [power(np.full(1, 3.0), 4).item() for _ in range(2)] == [81.0, 81.0]


def test_threads_have_buffers_of_their_own() -> None:
    model = nn.MLP((20, 30, 5), rng=0)
    forward = ag.compile(lambda x: ag.tanh(model(x)))
    inputs = [np.random.default_rng(i).normal(size=(16, 20)).astype(np.float32) for i in range(4)]
    wanted = [bits(ag.tanh(model(x))) for x in inputs]
    wrong: list[int] = []
    start = threading.Barrier(4)

    def work(i: int) -> None:
        start.wait()
        for _ in range(300):
            if bits(forward(inputs[i])) != wanted[i]:
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert forward.records <= 4


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
            for _ in range(1000 if name == "sgd" else 100):
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


# The check of every replay.


def test_verify_passes_what_is_right() -> None:
    model, _, f = plain()
    rng = np.random.default_rng(0)
    dropout = nn.Dropout(0.5, rng=rng)
    theirs, _, g = plain()
    other = nn.Dropout(0.5, rng=np.random.default_rng(0))
    step = ag.compile(lambda x, y: f(dropout(x), y), verify=True)
    for i in range(5):
        assert bits(step(*batch(seed=i))) == bits(g(other(ag.asarray(batch(seed=i)[0])), batch(seed=i)[1]))
        assert bits(model.state_dict()) == bits(theirs.state_dict())


def test_verify_catches_a_wrong_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_lite.program import passes

    def merge_factors(program: Any) -> Any:
        for call in program.calls:
            if call.function == "subtract":
                call.args = call.args[::-1]
        return program

    wrong = tuple(merge_factors if one is passes.merge_factors else one for one in passes.SIMPLIFY)
    monkeypatch.setattr(passes.optimise, "__defaults__", (wrong,))
    _, _, f = plain()
    model = f.__closure__[1].cell_contents  # type: ignore[index]
    before = state(model.parameters())
    with pytest.raises(ag.CompileError, match=r"other than the function.* begins at subtract in quadratic cost"):
        ag.compile(f)(*batch())
    assert state(model.parameters()) == before


@pytest.mark.parametrize("examples, spread", [(10, True), (900, False)])
def test_a_broadcast_operand_of_a_small_result_is_spread_first(examples: int, spread: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((examples, 30)).astype(np.float32)
    x[0] = 0.0, np.nan, np.inf, *x[0, 3:]
    row, column = (ag.tensor(rng.standard_normal(shape), dtype=np.float32) for shape in ((30,), (examples, 1)))
    row.name = "row"

    def scale(x: Any) -> Any:
        return (column - (row / x - row)) * row

    step = ag.compile(scale)
    for moved in (x, -x, x[::-1].copy()):
        with np.errstate(all="ignore"):
            assert bits(step(moved).data) == bits(scale(ag.asarray(moved)).data)
    assert ("[...] = row" in step.planned_source) is spread


@pytest.mark.parametrize("axis", [None, 0])
def test_means_and_sums_in_half_precision_have_the_bits_of_eager(axis: Any) -> None:
    means, sums = ag.compile(lambda x: ag.mean(x, axis=axis)), ag.compile(lambda x: ag.sum(x, axis=axis))
    for seed in range(5):
        x = np.random.default_rng(seed).random((500, 7)).astype(np.float16)  # a sum of halves would be off
        assert bits(means(x).data) == bits(ag.mean(x, axis=axis).data)
        assert bits(sums(x).data) == bits(ag.sum(x, axis=axis).data)


@pytest.mark.parametrize("name", ["sgd", *OPTIMIZERS])
def test_a_large_update_goes_piece_by_piece_with_the_same_bits(name: str) -> None:
    model = nn.MLP((300, 500, 7), rng=1)
    optimizer = {"sgd": lambda p: nn.SGD(p, lr=0.5), **OPTIMIZERS}[name](model.parameters())
    step = ag.compile(training_step(model, optimizer), verify=True)
    for i in range(4):
        step(*batch(11, 300, 7, seed=i))
    assert "in pieces:" in step.planned_source
    assert step.stats["planned"].bytes < 1.3 * step.stats["flatten_updates"].bytes
