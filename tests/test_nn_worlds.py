"""The network in every world of arrays: a step, the closed form and `fit`, with nothing converted unasked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from conftest import World

COSTS = [nn.quadratic_cost, nn.cross_entropy_cost]
every_cost = pytest.mark.parametrize("cost", COSTS, ids=["quadratic", "cross-entropy"])
every_batch = pytest.mark.parametrize("batch", [None, 1, 5])


def models(world: World, cost: Any) -> tuple[nn.MLP, nn.MLP]:
    """The same network with its parameters in NumPy and in this world."""
    output = None if cost is nn.quadratic_cost else "identity"
    here, there = (nn.MLP([4, 3, 2], rng=0, dtype=float, output=output) for _ in range(2))
    for layer in there.layers:
        layer.weight = world.tensor(layer.weight.numpy(), requires_grad=True, name=layer.weight.name)
        layer.bias = world.tensor(layer.bias.numpy(), requires_grad=True, name=layer.bias.name)
    world.conversions.clear()
    return here, there


def examples(batch: int | None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(batch or 0)
    shape = () if batch is None else (batch,)
    return rng.standard_normal((*shape, 4)), rng.random((*shape, 2))


@every_cost
@every_batch
def test_a_step_converts_nothing_and_agrees(world: World, cost: Any, batch: int | None) -> None:
    x, y = examples(batch)
    here, there = models(world, cost)
    x_there, y_there = world.asarray(x), world.asarray(y)
    values = []
    for model, inputs, targets in ((here, x, y), (there, x_there, y_there)):
        optimizer = nn.SGD(model.parameters(), 0.5)
        for _ in range(3):
            optimizer.zero_grad()
            value = cost(model(inputs), targets)
            value.backward(free=True)
            optimizer.step()
        values.append(value)
    assert world.conversions == []
    for one, other in zip(here.parameters(), there.parameters(), strict=True):
        assert type(other.data) is type(other.grad) is world.array_type
        np.testing.assert_allclose(world.to_numpy(other.data), one.numpy(), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(world.to_numpy(other.grad), one.grad, rtol=1e-12, atol=1e-15)
    assert values[1].item() == pytest.approx(values[0].item(), rel=1e-12)


@every_cost
@every_batch
def test_the_closed_form_converts_nothing_and_agrees(world: World, cost: Any, batch: int | None) -> None:
    x, y = examples(batch)
    here, there = models(world, cost)
    x_there, y_there = world.asarray(x), world.asarray(y)
    found = nn.closed_form.gradients(there, x_there, y_there, cost)
    deltas = nn.closed_form.deltas(there, x_there, y_there, cost)
    assert world.conversions == []
    expected = nn.closed_form.gradients(here, x, y, cost)
    pairs = zip(
        (*found.weights, *found.biases, *deltas),
        (*expected.weights, *expected.biases, *nn.closed_form.deltas(here, x, y, cost)),
        strict=True,
    )
    for ours, right in pairs:
        assert type(ours) is world.array_type
        np.testing.assert_allclose(world.to_numpy(ours), right, rtol=1e-12, atol=1e-16)


@every_cost
@every_batch
def test_the_check_runs_in_every_world(world: World, cost: Any, batch: int | None) -> None:
    x, y = examples(batch)
    _, there = models(world, cost)
    assert nn.check_closed_form(there, world.asarray(x), world.asarray(y), cost).relative < 1e-12


def test_the_softmax_cost_takes_labels_and_rows(world: World) -> None:
    z = np.random.default_rng(0).standard_normal((4, 3))
    labels = np.array([0, 2, 1, 1])
    expected = nn.softmax_cross_entropy(z, labels).item()
    logits = world.tensor(z, requires_grad=True)
    by_row = nn.softmax_cross_entropy(logits, world.asarray(np.eye(3)[labels]))
    assert world.conversions == []
    by_row.backward()
    assert by_row.item() == pytest.approx(expected, rel=1e-13)
    assert nn.softmax_cross_entropy(logits, world.asarray(labels)).item() == pytest.approx(expected, rel=1e-13)


def test_a_state_goes_from_world_to_world(world: World) -> None:
    here, there = models(world, nn.quadratic_cost)
    other = nn.MLP([4, 3, 2], rng=1, dtype=float)
    there.load_state_dict(other.state_dict())
    assert all(type(p.data) is world.array_type for p in there.parameters())
    here.load_state_dict(there.state_dict())
    for one, two in zip(here.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_fit_trains_where_the_data_lives(world: World) -> None:
    x, y = examples(5)
    here, there = models(world, nn.quadratic_cost)
    histories = []
    for model, data in ((here, (x, y)), (there, (world.asarray(x), world.asarray(y)))):
        optimizer = nn.SGD(model.parameters(), 0.5)
        histories.append(nn.fit(model, nn.quadratic_cost, data, optimizer, 3, 2, data, rng=0, progress=False))
    assert histories[1].cost == pytest.approx(histories[0].cost, rel=1e-12)
    assert histories[1].accuracy == histories[0].accuracy
    for one, other in zip(here.parameters(), there.parameters(), strict=True):
        np.testing.assert_allclose(world.to_numpy(other.data), one.numpy(), rtol=1e-12, atol=1e-15)


def test_not_a_number_is_found_in_every_world(world: World) -> None:
    x, y = examples(5)
    x[3, 1] = np.nan
    _, there = models(world, nn.quadratic_cost)
    with pytest.raises(ag.DataError, match="first in example 3"):
        nn.fit(there, nn.quadratic_cost, (world.asarray(x), world.asarray(y)), nn.SGD(there.parameters(), 1.0), 1, 2)


def test_worlds_do_not_mix(world: World) -> None:
    x, y = examples(5)
    here, there = models(world, nn.quadratic_cost)
    with pytest.raises(ag.DeviceError, match="cpu"):
        there(x)
    with pytest.raises(ag.DeviceError, match="cpu"):
        here(world.asarray(x))
    with pytest.raises(ag.DeviceError, match="cpu"):
        nn.quadratic_cost(there(world.asarray(x)), y)
    assert world.conversions == []
