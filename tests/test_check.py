"""The checker itself: what it must catch, what it must let pass, and how it says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

X = np.array([[0.3, -1.2, 0.7], [1.1, 0.4, -0.6]])
Y = np.array([[0.5, 1.5, -0.4], [0.9, -0.8, 1.3], [0.2, 0.6, -1.1]])


def product(x_rule: Any, analytic: bool = True) -> ag.Operation:
    """A user's matrix product X Y with this rule for its first argument."""

    @ag.operation(notation="{x}{y}", analytic=analytic)
    def user_product(xp: Any, x: Any, y: Any) -> Any:
        return xp.matmul(x, y)

    return user_product.rules(x=x_rule, y=lambda xp, g, out, x, y: xp.matmul(x.swapaxes(-1, -2), g))


def right(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    return xp.matmul(g, y.swapaxes(-1, -2))


@pytest.mark.parametrize("analytic", [True, False])
def test_right_rule_passes(analytic: bool, registry: Any) -> None:
    report = ag.gradcheck(product(right, analytic), X, Y, order=2)
    assert report.passed and [row.order for row in report.rows] == [1, 1, 2, 2, 2]
    assert report.rows[0].method == ("complex step" if analytic else "5-point difference")
    assert report.relative <= (1e-12 if analytic and report.worst.order == 1 else 1e-9)


WRONG = {
    "by 0.1 %": lambda xp, g, out, x, y: 1.001 * right(xp, g, out, x, y),
    "transposed": lambda xp, g, out, x, y: xp.matmul(g, y),
    "sign": lambda xp, g, out, x, y: -right(xp, g, out, x, y),
    "seed taken for ones": lambda xp, g, out, x, y: right(xp, xp.ones_like(g), out, x, y),
    "seed summed": lambda xp, g, out, x, y: right(xp, xp.ones_like(g) * xp.mean(g), out, x, y),
    "one element": lambda xp, g, out, x, y: right(xp, g, out, x, y) * np.array([[1, 1, 1], [1, 1, 1.001]]),
    "zero": lambda xp, g, out, x, y: xp.zeros_like(x),
    "not a number": lambda xp, g, out, x, y: xp.zeros_like(x) * np.nan,
}


@pytest.mark.parametrize("analytic", [True, False], ids=["complex", "difference"])
@pytest.mark.parametrize("rule", WRONG.values(), ids=WRONG)
def test_wrong_rule_is_caught(rule: Any, analytic: bool, registry: Any) -> None:
    with pytest.raises(ag.CheckError, match=r"with respect to x is wrong: at element \(\d, \d\) the rules give"):
        ag.gradcheck(product(rule, analytic), ag.tensor(X, name="x"), ag.tensor(Y, name="y"))


def test_missing_term_is_caught(registry: Any) -> None:
    @ag.elementwise(lambda xp, out, x: xp.exp(x), notation="{x}e^{{{x}}}", prime="f'({x})")
    def user_term(xp: Any, x: Any) -> Any:
        return x * xp.exp(x)

    with pytest.raises(ag.CheckError, match="complex step"):
        ag.gradcheck(user_term, X)


def test_missing_argument_is_caught(registry: Any) -> None:
    @ag.operation(notation="{x}{y}")
    def user_half(xp: Any, x: Any, y: Any) -> Any:
        return x * y

    user_half.rules(x=lambda xp, g, out, x, y: g * y, y=None)
    with pytest.raises(ag.CheckError, match="with respect to input 1"):
        ag.gradcheck(user_half, X, X)


def test_rule_that_is_right_once_but_not_twice_is_caught(registry: Any) -> None:
    @ag.elementwise(lambda xp, out, x: frozen(x), notation="{x}^3", prime="3{x}^2")
    def user_cube(xp: Any, x: Any) -> Any:
        return x * x * x

    def frozen(x: Any) -> Any:
        return 3 * x.detach() ** 2 if isinstance(x, ag.Tensor) else 3 * x * x

    assert ag.gradcheck(user_cube, X).passed
    with pytest.raises(ag.CheckError, match="gradient's gradient with respect to input 0"):
        ag.gradcheck(user_cube, X, order=2)


def test_small_gradients_are_checked_too(registry: Any) -> None:
    @ag.elementwise(lambda xp, out, x: xp.ones_like(x) * 1.001e-9, notation="{x}", prime="1")
    def user_tiny(xp: Any, x: Any) -> Any:
        return 1e-9 * x

    with pytest.raises(ag.CheckError):
        ag.gradcheck(user_tiny, X)


@pytest.mark.parametrize(
    "f",
    [lambda x: x * ag.sign(x), lambda x: ag.where(x > 0, x, -x), abs, lambda x: ag.sqrt(x * x)],
    ids=["sign", "where", "abs", "sqrt"],
)
def test_functions_that_are_not_analytic_pass(f: Any) -> None:
    assert ag.gradcheck(f, X, order=2).passed


def test_gradient_that_detach_hides_is_caught() -> None:
    with pytest.raises(ag.CheckError):
        ag.gradcheck(lambda x: x * x.detach(), X)


def test_error_names_the_worst_element_and_both_values(registry: Any) -> None:
    def rule(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
        return right(xp, g, out, x, y) + np.array([[0.0, 0, 0], [0, 5.0, 0]])

    with pytest.raises(AssertionError) as raised:
        ag.gradcheck(product(rule), ag.tensor(X, name="weights"), Y, rng=3)
    row = r"weights is wrong: at element (1, 1) the rules give "
    said = str(raised.value)
    assert row in said
    given, _, rest = said.partition(row)[2].partition(", the complex step ")
    expected = rest.partition(" (")[0]
    assert float(given) - float(expected) == pytest.approx(5.0)
    assert "WRONG" in said and "input 1" in said


def test_report_prints_as_a_table() -> None:
    report = ag.gradcheck(lambda w, x: ag.tanh(w @ x), ag.tensor(X, name="w<1>"), Y)
    head, first, second = repr(report).splitlines()
    assert head.split()[:4] == ["input", "order", "shape", "worst"]
    assert first.startswith("w<1>") and first.endswith("ok") and second.startswith("input 1")
    page = report._repr_html_()
    assert page.count("<tr>") == 3 and "w&lt;1&gt;" in page and "complex step" in page
    assert report.absolute == max(row.absolute for row in report.rows)
    assert report.element == report.worst.element and report.method == "complex step"


def test_same_seed_same_report() -> None:
    assert ag.gradcheck(ag.tanh, X, rng=5) == ag.gradcheck(ag.tanh, X, rng=np.random.default_rng(5))
    assert ag.gradcheck(ag.tanh, X, rng=5) != ag.gradcheck(ag.tanh, X, rng=6)


def test_tolerance_is_the_callers() -> None:
    assert ag.gradcheck(abs, X, tolerance=1e-6).worst.tolerance == 1e-6
    with pytest.raises(ag.CheckError):
        ag.gradcheck(lambda x: abs(x) ** 3, X, tolerance=0.0)


def test_inputs_are_left_alone() -> None:
    x = ag.tensor(X, requires_grad=True)
    assert ag.gradcheck(ag.tanh, x).passed
    assert x.grad is None and np.array_equal(x.data, X)
    with ag.no_grad():
        assert ag.gradcheck(ag.tanh, x).passed


def test_world_is_checked_where_it_lives(world: Any) -> None:
    report = ag.gradcheck(ag.matmul, world.tensor(X), world.tensor(Y), order=2)
    assert report.passed


@pytest.mark.parametrize(
    "f, inputs, error, match",
    [
        (ag.tanh, [X.astype(np.float32)], ag.DtypeError, r"input 0 \(2, 3\) float32.*astype\('float64'\).*rtol 1e-5"),
        (ag.tanh, [X.astype(np.float16)], ag.DtypeError, "float16"),
        (ag.tanh, [np.arange(3)], ag.DtypeError, "input 0 has dtype int64.*close over it"),
        (ag.tanh, [X > 0], ag.DtypeError, "dtype bool"),
        (ag.tanh, [X * 1j], ag.DtypeError, "dtype complex128"),
        (lambda x: x.astype(np.float32), [X], ag.DtypeError, "f computes .* float32"),
        (lambda x: ag.exp(x.astype(np.float32)).astype(float), [X], ag.DtypeError, "f computes .* float32"),
        (lambda x: x.numpy(), [X], ag.ArgumentError, "f returned ndarray, not a Tensor"),
        (lambda x: (x, 1.0), [X], ag.ArgumentError, "f returned tuple of Tensor, float, not a Tensor"),
        (lambda x: [x.numpy()], [X], ag.ArgumentError, "f returned list of ndarray, not a Tensor"),
        (lambda x: (), [X], ag.ArgumentError, "f returned tuple of nothing, not a Tensor"),
        (lambda x: {"y": x}, [X], ag.ArgumentError, "f returned dict, not a Tensor"),
        (lambda x: None, [X], ag.ArgumentError, "f returned NoneType"),
        (lambda x: x.detach() * 2, [X], ag.GraphError, "depends on none of the inputs"),
        (ag.sign, [X], ag.GraphError, "without a derivative"),
        (lambda x: ag.ones(2, requires_grad=True) * 2, [X], ag.GraphError, "depends on none"),
        (lambda: ag.ones(2), [], ag.ArgumentError, "no input"),
    ],
)
def test_what_cannot_be_checked_is_refused(f: Any, inputs: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        ag.gradcheck(f, *inputs)


def test_order_is_one_or_two() -> None:
    with pytest.raises(ag.ArgumentError, match="order is 3"):
        ag.gradcheck(ag.tanh, X, order=3)


def test_random_function_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ag.CheckError, match="another result for the same inputs"):
        ag.gradcheck(lambda x: x * rng.normal(size=3), X)


def test_function_of_a_gradient_is_checked() -> None:
    def penalty(x: ag.Tensor) -> ag.Tensor:
        slope = ag.grad(ag.tanh(x).sum(), x, create_graph=True)
        return (slope * slope).sum()

    assert ag.gradcheck(penalty, X).passed


# Wrong rules that hide.


def wrong_by(factor: Any, analytic: bool = True) -> ag.Operation:
    """A user's exponential function whose rule is off by this factor."""

    @ag.operation(notation="{x}", analytic=analytic)
    def user_exp(xp: Any, x: Any) -> Any:
        return xp.exp(x)

    return user_exp.rules(x=lambda xp, g, out, x: g * out * factor(xp, x))


HIDDEN: dict[str, tuple[Any, Any, Any]] = {
    "one element beside a huge one": (lambda xp, x: xp.where(x < 1, 2.0, 1.0), lambda w: w, [18.0, -3.0]),
    "one element among many": (lambda xp, x: xp.where(x < -2, 1.0001, 1.0), lambda w: w, [*np.linspace(0, 9, 50), -3]),
    "beside a large constant": (lambda xp, x: -1.0, lambda w: lambda x: w(x) + 1e10, [0.3]),
    "joined with a large part": (
        lambda xp, x: -1.0,
        lambda w: lambda x: ag.concatenate([w(x[:1]), x[1:] * 1e10]),
        [0.3, 1.0],
    ),
    "joined with a large part of the same": (
        lambda xp, x: -1.0,
        lambda w: lambda x: ag.concatenate([w(x), x * 1e12]),
        [0.3, 1.0],
    ),
    "stacked with a large part of the same": (
        lambda xp, x: 1.01,
        lambda w: lambda x: ag.stack([x**3 * 1e9, w(x)]),
        [0.3, 1.0],
    ),
    "one of several results": (lambda xp, x: -1.0, lambda w: lambda x: (x * 1e11, w(x)), [0.3, 1.0]),
    "where the gradient is small": (lambda xp, x: 2.0, lambda w: lambda x: w(x * 1e-9) + 1.0, [0.3]),
    "where all is small": (lambda xp, x: 2.0, lambda w: lambda x: w(x) * 1e-200, [0.3, 0.7]),
    "where all is large": (lambda xp, x: 1.001, lambda w: lambda x: w(x) * 1e200, [0.3, 0.7]),
    "where two cancel": (lambda xp, x: 1.0001, lambda w: lambda x: w(x) - ag.exp(x), [0.3, 0.7]),
}


@pytest.mark.parametrize("analytic", [True, False], ids=["complex", "difference"])
@pytest.mark.parametrize("factor, use, x", HIDDEN.values(), ids=HIDDEN)
def test_a_wrong_rule_cannot_hide(factor: Any, use: Any, x: Any, analytic: bool, registry: Any) -> None:
    for seed in range(3):
        with pytest.raises(ag.CheckError, match="argument 0 of f"):
            ag.gradcheck(use(wrong_by(factor, analytic)), x, rng=seed)
    assert ag.gradcheck(use(wrong_by(lambda xp, x: 1.0, analytic)), x, rng=0).passed


def test_a_gradient_below_the_noise_of_differences_is_left_to_the_complex_step(registry: Any) -> None:
    f = wrong_by(lambda xp, x: 2.0)
    with pytest.raises(ag.CheckError, match="complex step"):
        ag.gradcheck(lambda x: f(x * 1e-12) + 1.0, [0.3])
    assert ag.gradcheck(lambda x: ag.exp(x * 1e-12) + 1.0, [0.3]).passed


def _strided(x: np.ndarray) -> np.ndarray:
    return np.repeat(x, 2, axis=-1)[..., ::2]


LAYOUTS = {
    "fortran": (np.asfortranarray, lambda x: x.flags.c_contiguous),
    "transposed": (lambda x: x.T.copy().T, lambda x: x.flags.c_contiguous),
    "strided": (_strided, lambda x: x.flags.c_contiguous),
    "negative": (lambda x: x[::-1].copy()[::-1], lambda x: x.strides[0] > 0),
    "rows first": (np.ascontiguousarray, lambda x: not x.flags.c_contiguous),
}


@pytest.mark.parametrize("analytic", [True, False], ids=["complex", "difference"])
@pytest.mark.parametrize("layout, fine", LAYOUTS.values(), ids=LAYOUTS)
def test_a_rule_wrong_for_one_memory_layout_is_caught(layout: Any, fine: Any, analytic: bool, registry: Any) -> None:
    @ag.operation(notation="{x}", analytic=analytic)
    def user_thrice(xp: Any, x: Any) -> Any:
        return xp.multiply(x, 3)

    user_thrice.rules(x=lambda xp, g, out, x: g * (3 if not isinstance(x, np.ndarray) or fine(x) else 2))
    data = layout(np.arange(1.0, 13.0).reshape(3, 4))
    for given in (data, ag.asarray(data)):
        with pytest.raises(ag.CheckError):
            ag.gradcheck(user_thrice, given)
    assert ag.gradcheck(lambda x: x * 3, data, order=2).passed


# Right rules where there is little to measure an error by.

RIGHT: dict[str, tuple[Any, Any]] = {
    "a derivative that is zero by cancellation": (ag.sigmoid, [1e-9, 0.0, -1e-7]),
    "a sum that is constant": (lambda x: ag.softmax(x).sum(), [0.3, 1.0, -2.0]),
    "an exact zero": (lambda x: x - x, [0.3, 1.0]),
    "a product with zero": (lambda x: x * 0.0, [0.3, 1.0]),
    "a large constant that cancels": (lambda x: (x + 1e6) - 1e6, [0.3, 1.0]),
    "parts of every size": (lambda x: ag.concatenate([x * 10.0**k for k in range(-6, 7, 3)]), [0.3, 1.0]),
    "a part that is nothing but rounding": (lambda x: ag.stack([ag.softmax(x).sum(), x.sum() * 1e6]), [0.3, 1.0, 0.1]),
    "tiny numbers": (lambda x: x * x, [1e-150, 3e-160]),
    "huge numbers": (lambda x: x * 2.0, [1e150, 3e160]),
    "infinity in the result": (lambda x: ag.concatenate([x, ag.tensor([np.inf, np.nan])]), [0.3]),
    "mean subtracted": (lambda x: x - x.mean(), [0.3, 1.0, 5.0]),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("f, x", RIGHT.values(), ids=RIGHT)
def test_a_right_rule_passes_where_there_is_little_to_measure_by(f: Any, x: Any, seed: int) -> None:
    assert ag.gradcheck(f, x, order=2, rng=seed).passed


def test_a_right_rule_passes_where_a_function_is_nearly_constant() -> None:
    assert ag.gradcheck(ag.tanh, [-9.0, 9.0]).passed
    assert ag.gradcheck(ag.sigmoid, [30.0, -30.0, 700.0]).passed


# Several results.


def test_several_results_are_checked_together(registry: Any) -> None:
    report = ag.gradcheck(lambda w, x: (ag.tanh(w @ x), [x * 2][0], (w * w).sum()), X, Y, order=2)
    assert report.passed and [row.position for row in report.rows] == [0, 1, 0, 1, 2]
    wrong = wrong_by(lambda xp, x: 1.001)
    with pytest.raises(ag.CheckError, match=r"input 1 is wrong.*argument 1 of f"):
        ag.gradcheck(lambda w, x: (w * 2, wrong(x)), X, Y)


def test_data_among_several_results_has_no_gradient_to_check() -> None:
    assert ag.gradcheck(lambda x: (x.max(axis=1), x.argmax(axis=1), x > 0), X, order=2).passed
    with pytest.raises(ag.GraphError, match="depends on none"):
        ag.gradcheck(lambda x: (x.argmax(axis=1), x > 0), X)


def test_the_error_names_the_argument_its_position_and_the_element(registry: Any) -> None:
    wrong = wrong_by(lambda xp, x: xp.where(x > 1.0, -1.0, 1.0))
    x = ag.tensor([[0.5, 0.7], [0.1, 1.5]], name="scores")
    with pytest.raises(ag.CheckError) as raised:
        ag.gradcheck(lambda a, b: a * wrong(b), np.ones(2), x)
    said = str(raised.value)
    assert "with respect to scores is wrong: at element (1, 1) the rules give " in said and "(argument 1 of f," in said
