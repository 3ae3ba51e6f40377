"""Gradients stated for a function, and gradients that stop: eager, to second order, compiled, checked and refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag


def _softplus_rule(g: Any, out: Any, x: Any) -> Any:
    return g * ag.sigmoid(x)


def stable(x: Any) -> Any:
    """ln(1 + eˣ) as one would write it."""
    return ag.log(1 + ag.exp(x))


softplus = ag.custom_gradient(stable, _softplus_rule)


def leaf(values: Any, name: str | None = None) -> ag.Tensor:
    return ag.tensor(values, requires_grad=True, dtype=float, name=name)


def test_rule_takes_the_place_of_what_the_function_does() -> None:
    x = leaf([0.5, -1.0, 30.0])
    out = softplus(x)
    assert out.requires_grad and out.node.op.name == "stable"
    assert np.array_equal(out.data, stable(x.detach()).data)
    first = ag.grad(out.sum(), x, create_graph=True)
    assert np.array_equal(first.data, ag.sigmoid(x.detach()).data)
    second = ag.grad(first.sum(), x, create_graph=True)
    slope = ag.sigmoid(x.detach()).numpy()
    np.testing.assert_allclose(second.data, slope * (1 - slope), rtol=1e-14)
    third = ag.grad(second.sum(), x)
    np.testing.assert_allclose(third.data, slope * (1 - slope) * (1 - 2 * slope), rtol=1e-12, atol=1e-15)
    out.backward(np.array([1.0, 10.0, 100.0]))
    np.testing.assert_allclose(x.grad, slope * [1.0, 10.0, 100.0], rtol=1e-15)


def test_nothing_inside_is_recorded() -> None:
    seen = []

    def f(x: Any) -> Any:
        inner = x * x
        seen.append(inner.node)
        return inner + 1

    out = ag.custom_gradient(f, lambda g, out, x: 7 * g)(x := leaf(3.0))
    assert seen == [None] and out.item() == 10.0
    assert ag.grad(out, x).item() == 7.0


def test_out_is_differentiated_by_the_rule_too() -> None:
    exp = ag.custom_gradient(lambda x: np.exp(x.numpy()), lambda g, out, x: g * out)
    x = leaf(0.5)
    first = ag.grad(exp(x), x, create_graph=True)
    second = ag.grad(first, x, create_graph=True)
    assert first.item() == second.item() == ag.grad(second, x).item() == np.exp(0.5)


def test_several_inputs_numbers_and_keywords() -> None:
    @ag.custom_gradient(rule=lambda g, out, x, y, n, power: (g * power * x ** (power - 1), None, None))
    def f(x: Any, y: Any, n: Any, power: int = 2) -> Any:
        """The text of f."""
        return x**power + y * n

    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    out = f(x, y, 5.0, power=3)
    assert f.__name__ == "f" and f.__doc__ == "The text of f."
    assert out.numpy().tolist() == [16.0, 28.0]
    out.sum().backward()
    assert x.grad.tolist() == [3.0, 12.0] and y.grad is None


def test_gradient_is_summed_over_axes_that_broadcast_its_input() -> None:
    product = ag.custom_gradient(lambda x, y: x * y, lambda g, out, x, y: (g * y, g * x))
    x, y = leaf([[1.0], [2.0]]), leaf([3.0, 4.0, 5.0])
    product(x, y).sum().backward()
    assert x.grad.tolist() == [[12.0], [12.0]] and y.grad.tolist() == [3.0, 3.0, 3.0]


def test_several_results() -> None:
    def rule(g: Any, out: Any, x: Any) -> Any:
        return 2 * x * g[0] + out[1] * g[1]

    both = ag.custom_gradient(lambda x: (x * x, ag.exp(x)), rule)
    x = leaf([0.5, 1.0])
    square, exp = both(x)
    assert np.array_equal(ag.grad(square.sum(), x).data, [1.0, 2.0])
    found = ag.grad((3 * square + exp).sum(), x, create_graph=True)
    np.testing.assert_allclose(found.data, 6 * x.data + np.exp(x.data), rtol=1e-15)
    np.testing.assert_allclose(ag.grad(found.sum(), x).data, 6 + np.exp(x.data), rtol=1e-15)
    assert ag.gradcheck(lambda x: both(x)[0] * both(x)[1], x.data, order=2).passed


def test_function_that_hands_on_its_input_or_an_array_shares_no_memory() -> None:
    reverse = ag.custom_gradient(lambda x: x, lambda g, out, x: -g)
    x = leaf([1.0, 2.0])
    out = reverse(x)
    assert not np.shares_memory(out.data, x.data)
    out.sum().backward()
    assert x.grad.tolist() == [-1.0, -1.0]
    given = np.ones(2)
    assert not np.shares_memory(ag.custom_gradient(lambda x: given, lambda g, out, x: g)(x).data, given)
    a, b = leaf([1.0]), leaf([2.0])
    both = ag.custom_gradient(lambda a, b: a + b, lambda g, out, a, b: (g, g))
    both(a, b).backward(np.ones(1))
    assert not np.shares_memory(a.grad, b.grad)


def test_float32_stays_and_a_plain_call_records_nothing() -> None:
    x = ag.tensor(np.ones(2, np.float32), requires_grad=True)
    assert softplus(x).dtype == np.float32
    assert ag.grad(softplus(x).sum(), x).dtype == np.float32
    assert softplus(np.ones(2)).node is None
    with ag.no_grad():
        assert softplus(x).node is None


def test_gradcheck_accepts_a_right_rule_and_finds_a_wrong_one() -> None:
    x = np.array([0.5, -1.0])
    assert ag.gradcheck(softplus, x, order=2).passed
    wrong = ag.custom_gradient(stable, lambda g, out, x: 2 * g * ag.sigmoid(x))
    with pytest.raises(ag.CheckError):
        ag.gradcheck(wrong, x)


def test_compiled_step_has_the_bits_of_the_eager_one() -> None:
    def made() -> Any:
        w = leaf([0.5, -1.0, 2.0], "w")
        both = ag.custom_gradient(lambda a, b: (a * b, a + b), lambda g, out, a, b: (g[0] * b + g[1], g[0] * a + g[1]))

        def step(x: Any) -> Any:
            w.grad = None
            product, total = both(softplus(w * x), w)
            loss = (product * ag.tanh(total)).mean()
            loss.backward()
            slope = ag.grad(softplus(w).sum(), w, create_graph=True)
            curve = ag.grad((slope * slope).sum(), w)
            with ag.no_grad():
                w.assign(w - 0.1 * w.grad - 0.01 * curve)
            return loss

        return w, step

    (here, eager), (there, step) = made(), made()
    compiled = ag.compile(step)
    rng = np.random.default_rng(0)
    for _ in range(5):
        x = rng.normal(size=3)
        assert eager(x).data.tobytes() == compiled(x).data.tobytes()
        assert here.data.tobytes() == there.data.tobytes()
    assert compiled.records == 1


def test_compiled_step_refuses_a_function_that_looks_at_values() -> None:
    x = leaf([1.0])
    seen = ag.custom_gradient(lambda x: np.exp(x.numpy()), lambda g, out, x: g * out)
    with pytest.raises(ag.CompileError, match="asked for while a step is being recorded"):
        ag.compile(lambda: seen(x).sum())()


def test_its_equations_are_written_where_the_rule_can_be() -> None:
    x = leaf([0.5, 2.0], "x")
    cube = ag.custom_gradient(lambda x: x**3, lambda g, out, x: 3 * g * x * x)
    assert r"3 x \odot x" in ag.derive(cube(x).sum()).latex()
    with pytest.raises(
        ag.ArgumentError, match=r"the gradient of stable has no formula: .* declare it with ag.operation"
    ):
        ag.derive(softplus(x).sum())


def test_other_calculus_goes_through_it() -> None:
    x = np.array([0.5, -1.0])
    assert np.array_equal(ag.jacobian(softplus, x).data, ag.jacobian(ag.softplus, x).data)
    mine, ours = (ag.hessian(lambda x, f=f: (f(x) ** 2).sum(), x).data for f in (softplus, ag.softplus))
    np.testing.assert_allclose(mine, ours, rtol=1e-14)


def test_it_can_be_drawn_and_explained() -> None:
    assert ag.explain(softplus(leaf([1.0], "x")).sum()).steps
    assert "stable" in ag.draw(softplus(leaf([1.0], "x"))).source


@pytest.mark.parametrize("create_graph", [False, True])
def test_wrong_number_or_shapes_are_refused_by_name(create_graph: bool) -> None:
    def f(weight: Any, rate: Any) -> Any:
        return weight * rate

    w, r = leaf([1.0, 2.0], "w"), leaf([1.0, 2.0])

    def attempt(rule: Any, kind: type[Exception], said: str) -> None:
        out = ag.custom_gradient(f, rule)(w, r).sum()
        with pytest.raises(kind, match=said):
            ag.grad(out, [w, r], create_graph=create_graph)

    one = r"the rule of f gave 1 gradient, and it has 2 inputs: return a tuple of one for each"
    attempt(lambda g, out, x, y: g, ag.ArgumentError, one)
    attempt(lambda g, out, x, y: (g, g, g), ag.ArgumentError, "gave 3 gradients, and it has 2 inputs")
    shape = r"the rule of f gave a gradient \(3,\) float64 for .*\(2,\) float64: it needs one of shape \(2,\)"
    attempt(lambda g, out, x, y: (g, np.ones(3)), ag.ShapeError, shape)
    attempt(lambda g, out, x, y: (g, np.ones(2) * 1j), ag.DtypeError, "made of real numbers")
    attempt(lambda g, out, x, y: (g, "word"), ag.ArgumentError, "cannot make an array of numbers of str")
    assert w.grad is None and r.grad is None


def test_what_is_no_function_and_no_rule_is_refused() -> None:
    for wrong in ((stable,), (), (stable, 3), (3, _softplus_rule)):
        with pytest.raises(ag.ArgumentError, match=r"custom_gradient\(\) takes a function and its rule"):
            ag.custom_gradient(*wrong)


def test_stop_gradient_is_data_of_its_own() -> None:
    x = leaf([1.0, 2.0])
    still = ag.stop_gradient(x * x)
    assert still.node is None and not still.requires_grad and still.numpy().tolist() == [1.0, 4.0]
    (x * still).sum().backward()
    assert x.grad.tolist() == [1.0, 4.0]
    given = np.ones(2)
    assert not np.shares_memory(ag.stop_gradient(given).data, given)

    def step(x: Any) -> Any:
        return ag.grad((x * ag.stop_gradient(x * x)).sum(), x)

    compiled = ag.compile(step)
    for values in ([1.0, 2.0], [3.0, 4.0]):
        assert compiled(leaf(values)).numpy().tolist() == step(leaf(values)).numpy().tolist()
