"""What a compiled step prints: its text, which NumPy alone runs to the same bits."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest
from compiling import NETWORKS, Step, batch, bits, one_hot, plain, state, training_step

import autograd_lite as ag
import nn

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


def test_what_is_looked_at_twice_is_computed_once() -> None:
    """The columns of a convolution are read through two views, and its gradient is added up in one array."""
    rng = np.random.default_rng(0)
    x, weight = (ag.tensor(rng.normal(size=shape), requires_grad=True) for shape in ((2, 3, 7, 7), (4, 3, 3, 3)))

    def convolved() -> Any:
        out = ag.conv2d(x, weight, padding=1)
        return out, *ag.grad(out, [x, weight], out)

    step = ag.compile(convolved)
    step()
    assert step.source.count("copy()") == 3
    printed = run_source(step, "convolved", x.data, weight.data)
    assert [bits(each) for each in printed] == [bits(each.data) for each in convolved()]
    added = [line.strip().partition("[")[0] for line in step.source.splitlines() if "+=" in line]
    assert len(added) == 9 and len(set(added)) == 1


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
