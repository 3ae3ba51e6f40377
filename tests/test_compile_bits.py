"""The bits of eager, over twenty steps of changing batches, in every layout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compiling import NETWORKS, OPTIMIZERS, Step, batch, bits, hold_to_eager, one_hot, plain, training_step

import autograd_lite as ag
import nn

# The same bits as eager, over twenty steps of changing batches.


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
