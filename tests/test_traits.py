"""What an operation states about itself, and the chain rule at one node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.op import REGISTRY

OURS = {name: op for name, op in REGISTRY.items() if op.ours}


def test_operations_that_move_elements_are_linear_and_cost_nothing() -> None:
    moving = {name for name, op in OURS.items() if op.moves}
    assert {"reshape", "transpose", "swapaxes", "expand_dims", "squeeze", "broadcast_to", "astype"} <= moving
    for name in moving:
        assert OURS[name].linear and OURS[name].cost([(2, 3)], (2, 3), {}) == 0, name


@pytest.mark.parametrize("name", ["multiply", "matmul", "sum", "mean", "negative", "transpose"])
def test_an_operation_called_linear_is_linear_in_each_argument(name: str) -> None:
    op, rng = OURS[name], np.random.default_rng(0)
    arrays = [rng.normal(size=(3, 3)) for _ in op.arguments]
    for i, x in enumerate(arrays):
        scaled = [*arrays[:i], 3 * x, *arrays[i + 1 :]]
        np.testing.assert_allclose(op(*scaled), 3 * op(*arrays), rtol=1e-12)
    assert op.linear


def test_random_numbers_are_an_effect_and_nothing_else_of_ours_is() -> None:
    assert [name for name, op in OURS.items() if op.effect] == ["random_like", "draw_like"]


@pytest.mark.parametrize(
    "name, inputs, result, cost",
    [
        ("matmul", [(2, 3), (3, 4)], (2, 4), 48),
        ("sum", [(5, 4)], (), 20),
        ("exp", [(5, 4)], (5, 4), 20),
        ("getitem", [(9,)], (), 0),
    ],
)
def test_what_an_operation_costs(name: str, inputs: Any, result: Any, cost: int) -> None:
    assert OURS[name].cost(inputs, result, {}) == cost


def test_a_strangers_traits_are_what_was_declared_and_otherwise_none() -> None:
    @ag.operation(notation=r"{x}", moves=False, linear=True, activation=True, flops=3, binds=7, parts=2)
    def trait_bearer(xp: Any, x: Any) -> Any:
        return x, x

    @ag.operation(notation=r"{x}", effect=True)
    def effective(xp: Any, x: Any) -> Any:
        return x

    assert (trait_bearer.linear, trait_bearer.activation, effective.effect) == (True, True, True)
    assert (trait_bearer.binds, trait_bearer.parts, trait_bearer.cost([(2,)], (2,), {})) == (7, 2, 6)

    @ag.elementwise(lambda xp, out, x: 2 * x, notation=r"{x}^2", prime=r"2 {x}", activation=True)
    def plain_bearer(xp: Any, x: Any) -> Any:
        return x * x

    assert plain_bearer.activation and not (plain_bearer.linear or plain_bearer.moves or plain_bearer.effect)
    assert plain_bearer.binds is None and plain_bearer.parts is None


def test_pull_is_the_chain_rule_at_one_node() -> None:
    x, y, g = np.array([2.0, 3.0]), np.array([5.0, 7.0]), np.array([1.0, 10.0])
    assert OURS["multiply"].pull(1, np, g, x * y, (x, y), {}).tolist() == [2.0, 30.0]
    assert OURS["square"].pull(0, np, g, x * x, (x,), {}).tolist() == [4.0, 60.0]
    assert OURS["where"].pull(0, np, g, x, (x > 0, x, y), {}) is None
    assert OURS["equal"].pull(0, np, g, x == y, (x, y), {}) is None
    joined = OURS["concatenate"].pull(1, np, np.arange(4.0), np.concatenate([x, y]), (x, y), {"axis": 0})
    assert joined.tolist() == [2.0, 3.0]


def test_an_elementwise_function_may_have_parameters() -> None:
    @ag.elementwise(
        lambda xp, out, x, *, slope: xp.where(x > 0, 1, slope), notation=r"\operatorname{{leak}}({x})", prime=r"f'({x})"
    )
    def leak_for_test(xp: Any, x: Any, *, slope: float = 0.5) -> Any:
        return xp.where(x > 0, x, slope * x)

    t = ag.tensor([-2.0, 3.0], requires_grad=True)
    y = leak_for_test(t, slope=0.25)
    assert ag.grad(ag.sum(y), t).numpy().tolist() == [0.25, 1.0]


def test_an_array_argument_with_a_default_may_be_left_out() -> None:
    @ag.operation(notation=r"{x} {y}", spreads=True)
    def maybe_scaled(xp: Any, x: Any, y: Any = None) -> Any:
        return x * 1 if y is None else x * y

    maybe_scaled.rules(
        x=lambda xp, g, out, x, y: g if y is None else g * y,
        y=lambda xp, g, out, x, y: g * x,
    )
    x, y = ag.tensor([1.0, 2.0], requires_grad=True), ag.tensor(3.0, requires_grad=True)
    alone = maybe_scaled(x)
    assert alone.node is not None and alone.node.inputs == (x, None)
    assert ag.grad(ag.sum(alone), x).numpy().tolist() == [1.0, 1.0]
    for scaled in (maybe_scaled(x, y), maybe_scaled(x, y=y), maybe_scaled(x=x, y=y), maybe_scaled(x, y=3.0)):
        assert scaled.numpy().tolist() == [3.0, 6.0]
    assert ag.grad(ag.sum(maybe_scaled(x, y=y)), y).item() == 3.0
    assert maybe_scaled(np.ones(2)).tolist() == [1.0, 1.0]
    with pytest.raises(ag.ArgumentError, match="misses x"):
        maybe_scaled(y=y)
    with pytest.raises(ag.ArgumentError, match="got y twice"):
        maybe_scaled(x, y, y=y)


@pytest.mark.parametrize(
    "given, kept",
    [([0, 1], (0, 1)), ([np.int64(1), [np.array(2)]], (1, (2,))), (np.int32(3), 3), (np.bool_(True), True), (1.5, 1.5)],
)
def test_a_parameter_is_kept_as_something_that_cannot_change(given: Any, kept: Any) -> None:
    @ag.operation(notation=r"{x}")
    def parameter_bearer(xp: Any, x: Any, *, p: Any) -> Any:
        return x * 1

    node = parameter_bearer(ag.tensor(1.0, requires_grad=True), p=given).node
    parameter_bearer.rules(x=lambda xp, g, out, x, *, p: g)
    node = parameter_bearer(ag.tensor(1.0, requires_grad=True), p=given).node
    assert node.params == {"p": kept} and type(node.params["p"]) is type(kept)


def test_an_array_given_as_a_parameter_is_copied() -> None:
    @ag.operation(notation=r"{x}")
    def table_bearer(xp: Any, x: Any, *, table: Any) -> Any:
        return x * table

    table_bearer.rules(x=lambda xp, g, out, x, *, table: g * table)
    table, x = np.array([2.0, 3.0]), ag.tensor([1.0, 1.0], requires_grad=True)
    y = ag.sum(table_bearer(x, table=table))
    table[:] = 99.0
    assert ag.grad(y, x).numpy().tolist() == [2.0, 3.0]


def test_axes_given_as_a_list_are_the_nodes_own() -> None:
    axes = [1, 0]
    x = ag.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    y = ag.transpose(x, axes)
    seed = ag.tensor(np.arange(6.0).reshape(3, 2))
    axes[:] = [0, 1]
    assert ag.grad(y, x, gradient=seed).numpy().tolist() == seed.numpy().T.tolist()
