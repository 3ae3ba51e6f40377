"""Operations that a stranger declares work in every world, whatever they are made of; and what is wrong in one is told.

`check_operation` is what tries them; here it is held to finding what is wrong, world by world.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.check.operation import WORLDS, OperationReport, Sample, check_operation

X = np.array([[0.3, -1.2, 0.7], [1.1, 0.4, -0.6]])
Y = np.array([[0.5, 1.5, -0.4], [0.9, -0.8, 1.3]])
POSITIVE = np.array([[0.5, 1.5, 0.4], [0.9, 0.8, 1.3]])


@pytest.fixture(autouse=True)
def _forgotten(registry: Any) -> None:
    """What is declared here is gone afterwards."""


def outcomes(report: OperationReport) -> dict[str, set[str]]:
    return {world: {row.outcome for row in report.rows if row.world == world} for world in WORLDS}


def everywhere(report: OperationReport, *, but: tuple[str, ...] = ()) -> None:
    """Every world was tried, and none had nothing to try or refused but those named."""
    assert outcomes(report) == {world: {"none"} if world in but else {"ok"} for world in WORLDS}, repr(report)


# What a stranger declares.


def test_an_elementwise_function() -> None:
    @ag.elementwise(lambda xp, out, x: out + xp.exp(x), notation=r"{x} e^{{{x}}}", prime=r"f'({x})")
    def growing(xp: Any, x: Any) -> Any:
        return x * xp.exp(x)

    everywhere(check_operation(growing, [(X,), (X[0],), (np.array(0.4),)]))


def test_a_forward_that_calls_operations_of_the_library() -> None:
    @ag.operation(notation=r"\operatorname{{mished}}({x})", analytic=False)
    def mished(xp: Any, x: Any) -> Any:
        return x * xp.tanh(ag.REGISTRY["softplus"](x))

    def rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
        t = xp.tanh(xp.softplus(x))
        return g * (t + x * (1 - t * t) * xp.sigmoid(x))

    mished.rules(x=rule)
    everywhere(check_operation(mished, [(X,), (np.array([0.5, -2.0]),)]))


def test_a_forward_and_a_rule_that_call_another_operation_of_the_user() -> None:
    @ag.elementwise(lambda xp, out, x: 3 * x * x, notation=r"{x}^3", prime=r"3 {x}^2")
    def cube(xp: Any, x: Any) -> Any:
        return x * x * x

    @ag.operation(notation=r"{x}^3 + {y}^3")
    def sum_of_cubes(xp: Any, x: Any, y: Any) -> Any:
        return xp.cube(x) + cube(y)

    @ag.elementwise(lambda xp, out, x: 3 * xp.square(x), notation=r"{x}^3", prime=r"3 {x}^2")
    def cubed(xp: Any, x: Any) -> Any:
        return xp.cube(x)

    sum_of_cubes.rules(
        x=lambda xp, g, out, x, y: g * 3 * xp.cube(x) / x,
        y=lambda xp, g, out, x, y: g * 3 * cube(y) / y,
    )
    everywhere(check_operation(sum_of_cubes, [(X, Y), (X, Y[0]), (X[:, :1], Y)]))
    everywhere(check_operation(cubed, [(X,)]))


def test_a_forward_with_methods_operators_and_items() -> None:
    @ag.operation(notation=r"\operatorname{{rows}}({x})")
    def rows(xp: Any, x: Any, *, first: int = 0) -> Any:
        y = (-x)[first:] * 2 + x[first:].T.T
        return abs(y.reshape(-1).reshape(y.shape)).sum(axis=-1, keepdims=True) / (1 + x[first:, 1:2] ** 2)

    def rule(xp: Any, g: Any, out: Any, x: Any, *, first: int) -> Any:
        below = 1 + x[first:, 1:2] ** 2
        whole = xp.sign(x[first:]) * (g / below)
        column = -g * out / below * 2 * x[first:, 1:2]
        middle = xp.concatenate([xp.zeros_like(column), column, xp.zeros_like(column)], axis=1)
        found = whole + middle
        return found if not first else xp.concatenate([xp.zeros_like(x[:first]), found])

    rows.rules(x=rule)
    everywhere(check_operation("rows", [(X,), (X, {"first": 1})]), but=())


def test_keyword_parameters_and_reductions() -> None:
    @ag.operation(notation=r"\|{x}\|^2_{{w}}", flops=3)
    def weighted_energy(xp: Any, x: Any, w: Any, *, axis: Any = None, scale: float = 1.0) -> Any:
        return xp.sum(w * xp.square(x), axis=axis) * scale

    def spread(xp: Any, g: Any, x: Any, axis: Any) -> Any:
        return g if axis is None else xp.expand_dims(g, axis)

    weighted_energy.rules(
        x=lambda xp, g, out, x, w, *, axis, scale: spread(xp, g, x, axis) * (2 * scale) * w * x,
        w=lambda xp, g, out, x, w, *, axis, scale: spread(xp, g, x, axis) * scale * xp.square(x),
    )
    samples = [(X, POSITIVE), (X, POSITIVE, {"axis": 1}), (X, POSITIVE, {"axis": (0, 1), "scale": 0.5})]
    everywhere(check_operation(weighted_energy, samples))


@pytest.mark.parametrize("together", [True, False])
def test_any_number_of_arrays(together: bool) -> None:
    @ag.operation(notation=r"\prod {arrays}")
    def product(xp: Any, *arrays: Any, power: int = 1) -> Any:
        found = arrays[0]
        for each in arrays[1:]:
            found = found * each
        return found**power

    if together:
        product.rules(arrays=lambda xp, g, out, *arrays, power: [g * power * out / x for x in arrays])
    else:
        product.rules(arrays=lambda xp, g, out, *arrays, position, power: g * power * out / arrays[position])
    samples = [(X, Y), (X, Y, POSITIVE, {"power": 2}), (X,), (X, Y[0], POSITIVE[:, :1])]
    everywhere(check_operation(product, samples))


def test_an_argument_that_is_data_and_one_that_may_be_left_out() -> None:
    @ag.operation(notation=r"\operatorname{{scored}}({x})", analytic=False)
    def scored(xp: Any, labels: Any, x: Any, bias: Any = None) -> Any:
        right = xp.where(labels > 0, x, -x)
        return right if bias is None else right + bias

    scored.rules(
        labels=None,
        x=lambda xp, g, out, labels, x, bias: xp.where(labels > 0, g, -g),
        bias=lambda xp, g, out, labels, x, bias: g,
    )
    labels = np.array([[1, 0, 1], [0, 0, 1]])
    everywhere(check_operation(scored, [(labels, X, Y), (labels, X), (labels, X, Y[0])]))


def test_an_operation_without_a_derivative() -> None:
    @ag.operation(notation=r"\operatorname{{rank}}({x})", analytic=False)
    def larger_than_mean(xp: Any, x: Any) -> Any:
        return x > xp.mean(x)

    report = check_operation(larger_than_mean, [(X,)])
    none = ("gradient", "second order", "derived", "explained", "drawn")
    everywhere(report, but=none)


def test_an_operation_that_draws_random_numbers() -> None:
    @ag.operation(notation=r"\operatorname{{drop}}({x})", analytic=False, effect=True)
    def drop(xp: Any, x: Any, *, rng: Any, rate: float = 0.4) -> Any:
        return x * (rng.random(x.shape) > rate)

    drop.rules(x=lambda xp, g, out, x, *, rng, rate: g * (out != 0))
    samples = [(X, {"rng": np.random.default_rng(0)}), (X, np.random.default_rng(1), 0.7)]
    everywhere(check_operation(drop, samples), but=("stand-in",))


def test_an_operation_that_draws_from_a_generator_of_another_name_and_from_two() -> None:
    @ag.operation(notation=r"\operatorname{{shaken}}({x})", analytic=False, effect=True)
    def shaken(xp: Any, x: Any, *, first: Any, second: Any = None) -> Any:
        y = x + first.normal(size=x.shape).astype(x.dtype)
        return y if second is None else y * second.random(x.shape).astype(x.dtype)

    shaken.rules(x=None)
    samples = [
        (X, {"first": np.random.default_rng(0)}),
        (X, {"first": np.random.default_rng(1), "second": np.random.default_rng(2)}),
    ]
    none = ("gradient", "second order", "derived", "explained", "drawn", "stand-in")
    everywhere(check_operation(shaken, samples), but=none)


def test_an_operation_that_draws_by_an_operation_of_the_library() -> None:
    @ag.operation(notation=r"\operatorname{{noisy}}({x})", analytic=False, effect=True)
    def noisy(xp: Any, x: Any, *, rng: Any) -> Any:
        return x + xp.random_like(x, rng=rng)

    noisy.rules(x=lambda xp, g, out, x, *, rng: g)
    everywhere(check_operation(noisy, [(X, {"rng": np.random.default_rng(0)})]), but=("stand-in",))


def test_a_number_that_is_no_array() -> None:
    @ag.operation(notation=r"{x}^{{{p}}}")
    def raised(xp: Any, x: Any, p: Any) -> Any:
        return xp.power(x, p)

    raised.rules(x=lambda xp, g, out, x, p: g * p * xp.power(x, p - 1), p=lambda xp, g, out, x, p: g * out * xp.log(x))
    everywhere(check_operation(raised, [(POSITIVE, 3), (POSITIVE, Y), (2.0, Y)]))


# What is wrong in one world is told.


def wrong(world: str, op: Any, samples: Any, said: str) -> None:
    with pytest.raises(ag.CheckError, match=said) as raised:
        check_operation(op, samples)
    assert f"{op.name}, {world}, sample" in str(raised.value)
    assert "world" in str(raised.value) and "failed" in str(raised.value)


def test_a_wrong_rule_is_told() -> None:
    @ag.elementwise(lambda xp, out, x: 1.001 * out, notation="{x}", prime="f'({x})")
    def nearly(xp: Any, x: Any) -> Any:
        return xp.exp(x)

    wrong("gradient", nearly, [(X,)], r"the rule of x: the gradient .* is wrong: at element \(\d, \d\) the rules give")


def test_the_wrong_argument_is_named() -> None:
    @ag.operation(notation="{x} {y}")
    def times(xp: Any, x: Any, y: Any) -> Any:
        return x * y

    times.rules(x=lambda xp, g, out, x, y: g * y, y=lambda xp, g, out, x, y: g * y)
    wrong("gradient", times, [(X, Y)], "the rule of y: ")


def test_a_rule_that_is_right_once_only_is_told() -> None:
    @ag.elementwise(
        lambda xp, out, x: out if isinstance(out, np.ndarray) else out * 1.5, notation="{x}", prime="f'({x})"
    )
    def once(xp: Any, x: Any) -> Any:
        return xp.exp(x)

    wrong("second order", once, [(X,)], "another one where it is recorded")


def test_the_sample_that_fails_is_told_apart_from_those_that_do_not() -> None:
    @ag.elementwise(lambda xp, out, x: xp.where(x > 0, out, 2 * out), notation="{x}", prime="f'({x})")
    def half_right(xp: Any, x: Any) -> Any:
        return xp.exp(x)

    wrong("gradient", half_right, [(POSITIVE,), (X,), (POSITIVE + 1,)], "gradient, sample 1")
    with pytest.raises(ag.CheckError) as raised:
        check_operation(half_right, [(POSITIVE,), (X,), (POSITIVE + 1,)])
    rows = [" ".join(line.split()) for line in str(raised.value).splitlines()]
    assert any(row.startswith("gradient 0, 2 ok") for row in rows)
    assert any(row.startswith("gradient 1 failed") for row in rows)


def test_a_forward_that_names_numpy_is_told() -> None:
    @ag.elementwise(lambda xp, out, x: xp.exp(x), notation="{x}", prime="f'({x})")
    def named(xp: Any, x: Any) -> Any:
        return np.exp(x)

    with pytest.raises(ag.CheckError) as raised:
        check_operation(named, [(X,)])
    assert "stand-in" in str(raised.value) and "compiled" in str(raised.value)


def test_a_forward_that_writes_into_its_argument_is_told() -> None:
    @ag.operation(notation="{x}")
    def careless(xp: Any, x: Any) -> Any:
        x *= 2
        return x + 0

    wrong("values", careless, [(X.copy(),)], "writes into an input|other bits")


def test_random_numbers_that_are_not_declared_are_told() -> None:
    @ag.operation(notation="{x}", analytic=False)
    def noisy(xp: Any, x: Any, *, rng: Any) -> Any:
        return x + rng.random(x.shape)

    noisy.rules(x=lambda xp, g, out, x, *, rng: g)
    wrong("values", noisy, [(X, {"rng": np.random.default_rng(0)})], "effect=True")


def test_a_constant_that_widens_float32_is_told() -> None:
    @ag.elementwise(lambda xp, out, x: 2 * xp.ones_like(x), notation="{x}", prime="f'({x})")
    def widened(xp: Any, x: Any) -> Any:
        return x * np.float64(2.0)

    wrong("variants", widened, [(X,)], "float32 becomes float64")


def test_a_rule_for_one_memory_layout_alone_is_told() -> None:
    @ag.operation(notation="{x}")
    def thrice(xp: Any, x: Any) -> Any:
        return xp.multiply(x, 3)

    def rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
        return g * (3 if not isinstance(x, np.ndarray) or x.flags.c_contiguous else 2)

    thrice.rules(x=rule)
    wrong("variants", thrice, [(X,)], "Fortran order gives other numbers")


def test_a_rule_that_is_no_formula_is_told() -> None:
    @ag.operation(notation=r"\tan {x}")
    def slope(xp: Any, x: Any) -> Any:
        return xp.exp(x)

    def rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
        return g * out if not hasattr(x, "latex") else xp.nosuchfunction(x)

    slope.rules(x=rule)
    wrong("derived", slope, [(X,)], "nosuchfunction")


# The report, and samples.


def test_the_report_prints_as_a_table_of_worlds() -> None:
    report = check_operation("matmul", [(X, Y.T), (X, Y[0])])
    lines = repr(report).splitlines()
    assert [line.split("  ")[0].strip() for line in lines[1:]] == list(WORLDS)
    assert report.passed and not report.failed and report.name == "matmul"
    assert report._repr_html_().count("<tr>") == len(WORLDS) + 1


def test_samples_are_given_in_several_ways() -> None:
    given = [X, (X,), [X], (X, {}), Sample((X,)), Sample((X,), {}, order=1)]
    rows = check_operation(ag.REGISTRY["square"], given).rows
    assert {row.sample for row in rows} == set(range(6))
    second = [row.outcome for row in rows if row.world == "second order"]
    assert second == ["ok"] * 5 + ["none"]
    assert check_operation(ag.sum, [(X, {"axis": 0}), (X, 1)]).passed


@pytest.mark.parametrize(
    "op, samples, match",
    [
        ("nosuch", [(X,)], "is no operation"),
        (np.exp, [(X,)], None),
        (lambda x: x, [(X,)], "is no operation"),
        ("exp", [], "no sample of exp"),
        ("exp", [(X.astype(np.float32),)], "is of float32: give float64"),
        ("exp", [(X, X)], r"exp\(x\) got 2 positional"),
        ("exp", [(X, {"axis": 0})], "has no argument axis"),
        ("multiply", [(X,)], "misses y"),
    ],
)
def test_what_cannot_be_tried_is_refused(op: Any, samples: Any, match: str | None) -> None:
    if match is None:
        assert check_operation(op, samples).name == "exp"
        return
    with pytest.raises(ag.ArgumentError, match=match):
        check_operation(op, samples)


def test_nothing_is_left_behind() -> None:
    x = ag.tensor(X, requires_grad=True)
    before = set(ag.REGISTRY)
    check_operation("sigmoid", [(X,)])
    assert set(ag.REGISTRY) == before and x.grad is None
