"""Operations of several results: values, gradients through some of them, graphs, memory; and gradients of many."""

from __future__ import annotations

import copy
import gc
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.check.operation import check_operation

X = np.array([[0.3, -1.2, 0.7], [1.1, 0.4, -0.6]])


def polar(calls: list[Any] | None = None) -> ag.Operation:
    """A user's operation of three results, the last of them data; its rule notes what it gets."""

    @ag.operation(notation=r"\operatorname{{polar}}({x}, {y})", parts=3)
    def user_polar(xp: Any, x: Any, y: Any, *, scale: float = 1.0) -> Any:
        radius = xp.sqrt(x * x + y * y)
        return radius * scale, y / x, x > y

    def of_x(xp: Any, g: Any, out: Any, x: Any, y: Any, *, scale: float) -> Any:
        if calls is not None:
            calls.append(g)
        return g[0] * x * (scale * scale) / out[0] - g[1] * out[1] / x

    def of_y(xp: Any, g: Any, out: Any, x: Any, y: Any, *, scale: float) -> Any:
        return g[0] * y * (scale * scale) / out[0] + g[1] / x

    return user_polar.rules(x=of_x, y=of_y)


def leaf(data: Any = X) -> ag.Tensor:
    return ag.tensor(data, requires_grad=True, name="x")


def test_a_strangers_operation_of_several_results_works_in_every_world(registry: Any) -> None:
    report = check_operation(polar(), [(X, X[::-1] + 3), (X, X[0] + 3, {"scale": 2.0})])
    assert {row.outcome for row in report.rows} == {"ok"}, repr(report)


def test_the_number_of_results_may_follow_from_the_call(registry: Any) -> None:
    @ag.operation(notation=r"\operatorname{{rows}}({x})", parts=True)
    def user_rows(xp: Any, x: Any) -> Any:
        return tuple(x[i] * 2 for i in range(x.shape[0]))

    user_rows.rules(x=lambda xp, g, out, x: xp.stack(g) * 2)
    report = check_operation(user_rows, [(X,), (X.T,), (X[:1],)])
    assert {row.outcome for row in report.rows} == {"ok"}, repr(report)


def test_the_rule_is_called_once_with_zeros_where_no_gradient_came(registry: Any) -> None:
    calls: list[Any] = []
    x, y = leaf(), leaf(X + 5)
    radius, slope, larger = polar(calls)(x, y)
    assert not larger.requires_grad and larger.dtype == bool
    (radius.sum() * 2 + slope.sum()).backward()
    assert len(calls) == 1 and np.all(calls[0][0] == 2) and np.all(calls[0][1] == 1) and not calls[0][2].any()
    calls.clear()
    x.grad = None
    slope.sum().backward()
    assert len(calls) == 1 and not calls[0][0].any()
    np.testing.assert_allclose(x.grad, -(X + 5) / X**2)


@pytest.mark.parametrize("held", ["all", "the first", "the last"])
@pytest.mark.parametrize("free", [False, True])
def test_split_takes_its_gradient_from_the_parts_that_are_used(held: str, free: bool) -> None:
    x = leaf(np.arange(6.0))
    parts = list(ag.split(x, [1, 4]))
    used = {"all": [0, 1, 2], "the first": [0], "the last": [2]}[held]
    cost = sum((parts[i] * (i + 1.0)).sum() for i in used)
    del parts
    gc.collect()
    cost.backward(free=free)  # type: ignore[union-attr]
    every = np.array([1.0, 2, 2, 2, 3, 3])
    expected = {"all": every, "the first": every * [1, 0, 0, 0, 0, 0], "the last": every * [0, 0, 0, 0, 1, 1]}[held]
    assert np.array_equal(x.grad, expected)


def test_parts_that_are_used_by_each_other_and_twice() -> None:
    x = leaf(np.arange(1.0, 5.0))
    low, high = ag.split(x, 2)
    (low * high + low * low).sum().backward()
    assert x.grad.tolist() == [3.0 + 2.0, 4.0 + 4.0, 1.0, 2.0]
    assert low.grad.tolist() == [5.0, 8.0] and high.grad.tolist() == [1.0, 2.0]


def test_split_of_a_split() -> None:
    def f(x: ag.Tensor) -> tuple[ag.Tensor, ...]:
        rows = ag.split(x, 2)
        return tuple(part**2 for row in rows for part in ag.split(row, [1], axis=1))

    assert ag.gradcheck(f, X, order=2).passed


@pytest.mark.parametrize("places", [2, 1, [1, 3], (0, 4), [], [3, 1], [-1], [9], np.array([1, 2]), [np.int64(2)]])
def test_split_is_numpys(places: Any) -> None:
    data = np.arange(8.0).reshape(4, 2)
    parts = ag.split(leaf(data), places)
    expected = np.split(data, places)
    assert len(parts) == len(expected)
    assert all(np.array_equal(part.numpy(), other) for part, other in zip(parts, expected, strict=True))
    assert ag.gradcheck(lambda x: tuple(part * part for part in ag.split(x, places)), data, order=2).passed


def test_numpys_own_functions_give_several_tensors() -> None:
    x = leaf(np.arange(4.0))
    first, second = np.split(x, 2)
    quotient, remainder = np.divmod(x + 0.5, ag.tensor(2.0))
    assert all(type(each) is ag.Tensor for each in (first, second, quotient, remainder))
    (first.sum() + remainder.sum()).backward()
    assert x.grad.tolist() == [2.0, 2.0, 1.0, 1.0]


def test_divmod_is_numpys_for_numbers_of_every_sign() -> None:
    x, y = np.array([7.0, -7.0, 7.5, -0.5]), np.array([2.0, 2.0, -2.0, 3.0])
    for found, expected in zip(ag.divmod(x, y), np.divmod(x, y), strict=True):
        assert np.array_equal(found.numpy(), expected)
    assert [each.dtype for each in ag.divmod(np.array([7]), 2)] == [np.int64, np.int64]


# The graph, and what it holds.


def test_each_result_is_an_ordinary_node() -> None:
    x = leaf()
    low, high = ag.split(x, 2)
    assert [each.node.op.name for each in (low, high)] == ["split[0]", "split[1]"]
    assert low.node.op.of is ag.REGISTRY["split"] and low.node.inputs[0] is x
    assert [each.node.op.name if each.node else each.name for each in ag.ancestors(low, high)] == [
        "x", "split[0]", "split[1]",
    ]  # fmt: skip
    with ag.no_grad():
        assert all(each.node is None for each in ag.split(x, 2))


def test_a_part_is_copied_and_kept_in_files_as_the_whole_is() -> None:
    part = ag.REGISTRY["divmod"].part(1)
    assert part is ag.REGISTRY["divmod"].part(1)
    assert pickle.loads(pickle.dumps(part)) is part and copy.deepcopy(part) is part  # noqa: S301


def test_the_graph_is_freed_with_its_last_result(uncollected: None) -> None:
    import weakref

    x = leaf()
    low, high = ag.split(x * 2, 2)
    before = weakref.ref(low.node.inputs[0])
    cost = (low * 3).sum()
    del low, high
    assert before() is not None
    del cost
    assert before() is None


def test_a_part_is_read_only_and_its_gradient_is_its_own() -> None:
    x = leaf(np.arange(4.0))
    low, high = ag.split(x, 2)
    with pytest.raises(ValueError, match="read-only"):
        low.data[0] = 5.0
    (low.sum() + high.sum()).backward()
    assert not np.shares_memory(x.grad, low.grad) and not np.shares_memory(low.grad, high.grad)


def test_an_argument_that_changed_is_refused() -> None:
    x, y = leaf(), leaf(X + 5)
    _, remainder = ag.divmod(x, y)
    y.assign(y.numpy() + 1)
    with pytest.raises(ag.ChangedError, match="divmod"):
        remainder.sum().backward()


def test_a_rule_that_fails_changes_nothing(registry: Any) -> None:
    @ag.operation(notation="{x}", parts=2)
    def user_pair(xp: Any, x: Any) -> Any:
        return x * 1, x * 2

    def rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
        raise ZeroDivisionError("not today")

    user_pair.rules(x=rule)
    x = leaf()
    one, two = user_pair(x)
    cost = (one * two).sum()
    for free in (True, False):
        with pytest.raises(ZeroDivisionError) as raised:
            cost.backward(free=free)
        assert "user_pair" in str(raised.value.__notes__) and x.grad is None and one.grad is None
    user_pair.rules(x=lambda xp, g, out, x: g[0] + 2 * g[1])
    cost.backward(free=True)
    np.testing.assert_allclose(x.grad, 4 * X)


def test_a_forward_without_several_results_is_told(registry: Any) -> None:
    @ag.operation(notation="{x}", parts=2)
    def user_one(xp: Any, x: Any) -> Any:
        return x * 1

    with pytest.raises(ag.AutogradError, match=r"user_one.*declared with parts"):
        user_one(leaf())


def test_an_effect_with_several_results_is_refused_at_the_declaration(registry: Any) -> None:
    with pytest.raises(ag.ArgumentError, match="one result"):

        @ag.operation(notation="{x}", parts=2, effect=True)
        def user_draws(xp: Any, x: Any, *, rng: Any) -> Any:
            return x, x


# Gradients of several outputs.


def test_grad_of_several_outputs_is_the_sum_of_their_gradients() -> None:
    x, y = leaf(), leaf(X + 5)
    outputs = [x * y, (x * x).sum(), y]
    seeds = [np.full((2, 3), 2.0), 3.0, np.ones((2, 3))]
    dx, dy = ag.grad(outputs, [x, y], seeds)
    np.testing.assert_allclose(dx.numpy(), 2 * (X + 5) + 6 * X)
    np.testing.assert_allclose(dy.numpy(), 2 * X + 1)
    twice = ag.grad((x, x), x, [np.ones((2, 3)), np.full((2, 3), 10.0)])
    assert np.all(twice.numpy() == 11.0)


def test_grad_of_an_output_that_another_was_computed_from() -> None:
    x = leaf(2.0)
    y = x * x
    z = y * y
    assert ag.grad([z, y], x).item() == 4 * 8 + 4
    dx, dy = ag.grad([z, y], [x, y])
    assert dy.item() == 2 * 4 + 1 and dx.item() == 36.0


def test_grad_of_scalars_needs_no_seeds_and_none_leaves_an_output_out() -> None:
    x = leaf()
    assert np.all(ag.grad([x.sum(), (3 * x).sum()], x).numpy() == 4)
    assert np.all(ag.grad([x * 2, x * 5], x, [None, np.ones((2, 3))]).numpy() == 5)
    assert np.all(ag.grad([x * 2, x.sum()], x, [np.ones((2, 3)), None]).numpy() == 3)


def test_grad_of_several_outputs_is_differentiated_again() -> None:
    x = leaf(2.0)
    slope = ag.grad([x**3, x**2], x, [1.0, 10.0], create_graph=True)
    assert slope.item() == 12 + 40
    assert ag.grad(slope, x).item() == 12 + 20


@pytest.mark.parametrize(
    "outputs, seeds, match",
    [
        ([], None, "there is no output"),
        ([1.0], None, "output 0 is float"),
        (3.0, None, "the output is float"),
        ("xx", [1.0], "there are 2 outputs"),
        ("xx", 1.0, "there are 2 outputs"),
        ("vv", [None, None], "every gradient is None"),
        ("vv", None, "not a scalar"),
        ("xv", [1.0, np.ones(3)], "shape"),
    ],
)
def test_outputs_and_seeds_that_do_not_fit_are_refused(outputs: Any, seeds: Any, match: str) -> None:
    x = leaf()
    made = {"x": (x * x).sum(), "v": x * 2}
    given = [made[letter] for letter in outputs] if isinstance(outputs, str) else outputs
    with pytest.raises(ag.AutogradError, match=match):
        ag.grad(given, x, seeds)


def test_compiled_gradients_of_several_outputs_and_results_have_the_bits_of_eager() -> None:
    w = leaf()

    def step(x: Any) -> Any:
        low, high = ag.split(w * x, [1])
        quotient, remainder = ag.divmod(w + 7.3, x)
        return ag.grad([low.sum(), high * 2, remainder], w, [1.0, np.ones((1, 3)), np.ones((2, 3))]), quotient

    compiled = ag.compile(step)
    for k in range(1, 5):
        x = np.full((2, 3), 0.7) * k
        for found, expected in zip(compiled(x), step(x), strict=True):
            assert found.numpy().tobytes() == expected.numpy().tobytes()


# vjp.


def test_vjp_pulls_gradients_of_several_results_back_to_several_inputs() -> None:
    (low, high), pull = ag.vjp(lambda x, y: (x * y, x.sum()), X, X + 5)
    assert np.array_equal(low.numpy(), X * (X + 5)) and high.shape == ()
    dx, dy = pull(np.ones((2, 3)), 10.0)
    np.testing.assert_allclose(dx.numpy(), X + 5 + 10)
    np.testing.assert_allclose(dy.numpy(), X)
    assert not pull(None, 1.0)[1].numpy().any() and not pull(None, None)[0].numpy().any()


def test_vjp_of_one_result_and_its_refusals() -> None:
    value, pull = ag.vjp(ag.square, np.array([1.0, 2.0]))
    assert value.numpy().tolist() == [1.0, 4.0] and pull(np.ones(2))[0].numpy().tolist() == [2.0, 4.0]
    with pytest.raises(ag.ArgumentError, match="1 results, and 2 gradients"):
        pull(np.ones(2), np.ones(2))
    with pytest.raises(ag.ArgumentError, match="returned float"):
        ag.vjp(lambda x: 1.0, np.ones(2))
    with pytest.raises(ag.DtypeError):
        ag.vjp(ag.square, np.arange(3))


# What backward promises when it fails, and when leaves are switched.


def test_a_pass_that_fails_has_released_nothing(registry: Any) -> None:
    failing = [True]

    @ag.operation(notation="{x}")
    def user_trouble(xp: Any, x: Any) -> Any:
        return xp.multiply(x, 1)

    def rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
        if failing[0]:
            raise KeyboardInterrupt
        return g

    user_trouble.rules(x=rule)
    x = leaf(2.0)
    y = ag.exp(user_trouble(x * 1)) * 3
    with pytest.raises(KeyboardInterrupt):
        y.backward(free=True)
    assert x.grad is None
    failing[0] = False
    y.backward()
    first = x.grad.item()
    y.backward(free=True)
    assert x.grad.item() == 2 * first
    with pytest.raises(ag.GraphError, match="released"):
        y.backward()


@pytest.mark.parametrize("before, after", [(False, True), (True, False)])
def test_a_leaf_whose_requires_grad_is_switched_after_recording_is_refused(before: bool, after: bool) -> None:
    x, w = ag.tensor(3.0, requires_grad=before, name="x"), ag.tensor(2.0, requires_grad=True)
    y = (x * 2) * w + x * w
    x.requires_grad = after
    for run in (y.backward, lambda: ag.grad(y, w), lambda: ag.grad(y, w, create_graph=True)):
        with pytest.raises(ag.ChangedError, match=r"x .*requires_grad"):
            run()
    assert x.grad is None and w.grad is None
    again = (x * 2) * w + x * w
    again.backward()
    assert w.grad.item() == 9.0 and (x.grad.item() if after else x.grad) == (6.0 if after else None)


def test_setting_requires_grad_to_what_it_is_changes_nothing() -> None:
    x = leaf(3.0)
    y = x * x
    x.requires_grad = True
    y.backward()
    assert x.grad.item() == 6.0
