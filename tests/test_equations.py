"""A student's equations against the graph: right ones pass in every spelling, wrong ones are told how."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.show.equations.derive import derive
from autograd_lite.show.equations.student import EquationRow, check_equations


def network(examples: int | None = None, **options: Any) -> ag.Tensor:
    rng = np.random.default_rng(1)
    shape = () if examples is None else (examples,)
    model = nn.MLP([4, 3, 2], rng=0, **{"dtype": np.float64, **options})
    return nn.quadratic_cost(model(rng.normal(size=(*shape, 4))), rng.uniform(size=(*shape, 2)))


def checked(loss: ag.Tensor, equation: str) -> EquationRow:
    name, _, right = equation.partition(" = ")
    return check_equations(loss, {name: right}).rows[0]


@pytest.mark.parametrize(
    "equation",
    [
        "δ2 = (a2 - y) * σ'(z2)",
        "delta2 = (a2 − y) ⊙ sigma'(z2)",
        "δ² = (a² − y) ⊙ σ′(z²)",
        "delta_2 = -(y - a2) * a2 * (1 - a2)",
        "dz2 = sigmoid'(z2) * (a2 - y)",
        "dW2 = δ2 @ a1.T",
        "∂C/∂W2 = delta2 @ a1^T",
        "∂C/∂W² = δ² (a¹)ᵀ",
        "dC/dW1 = δ1 x.T",
        "dW1 = δ1 @ a0.T",
        "db2 = δ2",
        "δ1 = (W2.T @ δ2) * σ'(z1)",
        "z2 = W2 @ a1 + b2",
        "a1 = 1 / (1 + exp(-z1))",
        "C = sum((a2 - y)**2) / 2",
        "C = ½ Σ (a2 - y)²",
        "∇ₐC = a2 - y",
        "da2 = maximum(a2 - y, y - a2) * sign(a2 - y)",
    ],
)
def test_right_equations_pass_in_every_spelling(equation: str) -> None:
    row = checked(network(), equation)
    assert row.right, row
    assert row.difference < 1e-14


@pytest.mark.parametrize(
    "equation",
    [
        "δ2 = (a2 - y) * σ'(z2) / n",
        "dW2 = δ2.T @ a1",
        "db2 = sum(δ2, axis=0)",
        "db1 = sum(δ1, 0)",
        "db2 = Σ_rows δ2",
        "δ1 = (δ2 @ W2) * σ'(z1)",
        "z1 = x @ W1.T + b1",
        "C = sum((a2 - y)**2) / (2*n)",
    ],
)
def test_right_equations_of_a_batch_pass(equation: str) -> None:
    row = checked(network(5), equation)
    assert row.right, row


@pytest.mark.parametrize("examples", [None, 5])
@pytest.mark.parametrize("detail", ["layer", "full"])
def test_what_derive_prints_can_be_read_back(examples: int | None, detail: str) -> None:
    loss = network(examples)
    lines = derive(loss, detail).lines
    assert check_equations(loss, {line.name: line.text.partition(" = ")[2] for line in lines}).passed


@pytest.mark.parametrize(
    "equation, how",
    [
        ("δ2 = a2 - y", "the factor σ′(z²) is missing"),
        ("δ1 = W2.T @ δ2", "the factor σ′(z¹) is missing"),
        ("dW2 = (a2 - y) @ a1.T", "the factor σ′(z²) is missing"),
        ("δ2 = (y - a2) * σ'(z2)", "the sign is wrong"),
        ("δ2 = 2 * (a2 - y) * σ'(z2)", "there is a factor 2 too much"),
        ("δ2 = (a2 - y) * σ'(z2) / 2", "a factor 2 is missing"),
        ("dW2 = a1 @ δ2.T", "transposed"),
        ("dW2 = δ2 @ a1", "transposed: a¹ should be (a¹)ᵀ"),
        ("δ1 = (W2 @ δ2) * σ'(z1)", "transposed: W² should be (W²)ᵀ"),
        ("dW2 = δ2 @ a2.T", "wrong layer: a² should be a¹"),
        ("dW2 = δ2 @ x.T", "wrong layer: x should be a¹"),
        ("dW1 = δ2 @ x.T", "wrong layer: δ² should be δ¹"),
        ("δ2 = (a2 - y) * σ'(z1)", "wrong layer: z¹ should be z²"),
        ("δ1 = (W2.T @ δ2) * σ(z1)", "σ(z¹) should be σ′(z¹)"),
        ("db2 = δ2 * σ'(z2)", "the factor σ′(z²) does not belong there"),
        ("δ1 = (W2.T * δ2) * σ'(z1)", "should be a matrix product (@)"),
        ("δ2 = -(a2 - y)", "the factor σ′(z²) is missing; and the sign is wrong"),
    ],
)
def test_a_wrong_equation_is_told_how(equation: str, how: str) -> None:
    row = checked(network(), equation)
    assert not row.right
    assert how in row.how
    # What is proposed instead is right.
    assert checked(network(), row.corrected).right


@pytest.mark.parametrize(
    "equation, how",
    [
        ("δ2 = (a2 - y) * σ'(z2)", "off by 1/n: the mean over the n = 5 examples is missing"),
        ("dW2 = δ2.T @ a1 / n", "off by n"),
        ("δ2 = (y - a2) * σ'(z2)", "and the sign is wrong"),
        ("db2 = δ2", "the sum over the examples (rows) of δ² is missing"),
        ("db2 = sum(δ2)", "over the examples (rows) only"),
        ("dW2 = a1.T @ δ2", "transposed"),
        ("δ2 = a2 - y", "the factor σ′(z²) is missing; and off by 1/n"),
        ("dW2 = δ2 @ a1.T", "wrong order"),
    ],
)
def test_a_wrong_equation_of_a_batch_is_told_how(equation: str, how: str) -> None:
    row = checked(network(5), equation)
    assert not row.right
    assert how in row.how
    assert checked(network(5), row.corrected).right


def decayed(examples: int | None = None, rate: float = 0.1) -> ag.Tensor:
    """A cost with weight decay on its first layer."""
    rng = np.random.default_rng(1)
    model = nn.MLP([4, 3, 2], rng=0, dtype=float)
    shape = () if examples is None else (examples,)
    cost = nn.quadratic_cost(model(rng.normal(size=(*shape, 4))), rng.uniform(size=(*shape, 2)))
    cost.name = None
    whole = cost + rate / 2 * ag.sum(model.layers[0].weight ** 2)
    whole.name = "C"
    return whole


@pytest.mark.parametrize(
    "equation, how",
    [
        ("dW1 = δ1 @ x.T", "the term 0.1 W¹ is missing"),
        ("dW1 = 0.1 * W1", "the term δ¹ xᵀ is missing"),
        ("dW1 = δ1 @ x.T - 0.1 * W1", "sign: + before 0.1 ⊙ W¹"),
        ("dW1 = δ1 @ x.T + 0.05 * W1", "a factor 2 is missing in the term 0.1 W¹"),
        ("dW1 = δ1 @ x.T + 0.2 * W1", "there is a factor 2 too much in the term 0.1 W¹"),
        ("dW1 = δ1 @ x.T + 0.1 * W1 + W1", "the term W¹ does not belong there"),
        ("dW1 = δ1 @ a1.T", "wrong layer: a¹ should be x; and the term 0.1 W¹ is missing"),
        ("dW1 = (W2.T @ δ2) @ x.T", "the factor σ′(z¹) is missing; and the term 0.1 W¹ is missing"),
        ("dW2 = δ2 @ a1.T + 0.1 * W2", "the term 0.1 ⊙ W² does not belong there"),
        ("db1 = b1 - δ1", "the term b¹ does not belong there; and the sign is wrong"),
    ],
)
def test_a_term_that_is_missing_amiss_or_too_many_is_told(equation: str, how: str) -> None:
    row = checked(decayed(), equation)
    assert not row.right
    assert row.how == how
    assert checked(decayed(), row.corrected).right


def test_a_missing_term_of_a_batch_is_told_too() -> None:
    row = checked(decayed(5), "dW1 = δ1.T @ x")
    assert (row.how, row.corrected) == ("the term 0.1 W¹ is missing", "∂C/∂W¹ = (δ¹)ᵀ x + 0.1 W¹")
    assert checked(network(5), "∇ₐC = a2 / n").how == "the term −1/n y is missing"
    assert "no single slip" in checked(decayed(), "dW1 = W1 * W1 - exp(W1)").how


def test_a_graph_too_large_to_derive_is_checked_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd_lite.show.equations.student._MOST_TENSORS", 5)
    assert "no single slip" in checked(decayed(), "dW1 = δ1 @ x.T").how


def test_a_wrong_weighted_input_is_told_without_its_own_derivative() -> None:
    assert checked(network(), "z2 = W2 @ a1 + a2").how == "a² should be b²"
    assert checked(network(), "z2 = W2 @ a1 - b2").how == "sign: + before b²"


@pytest.mark.parametrize("examples", [None, 5])
def test_shapes_are_those_that_derive_gives(examples: int | None) -> None:
    loss = network(examples)
    for line in derive(loss).lines:
        row = check_equations(loss, {line.name: line.text.partition(" = ")[2]}).rows[0]
        assert row.shape == line.shape
    row = checked(loss, "δ2 = W2")
    assert row.how == f"it has shape (2, 3), but δ² has {derive(loss)['δ2'].shape}"


def test_a_weight_of_one_input_stays_a_matrix() -> None:
    model = nn.MLP([1, 2], rng=0, dtype=float)
    loss = nn.quadratic_cost(model(np.ones(1)), np.zeros(2))
    report = check_equations(loss, {"dW1": "δ1 @ x.T", "db1": "δ1"})
    assert [row.shape for row in report.rows] == [(2, 1), (2,)] == [derive(loss)[name].shape for name in ("dW1", "db1")]


def test_float32_equations_are_held_to_float32() -> None:
    loss = network(5, dtype=np.float32)
    assert checked(loss, "δ2 = (a2 - y) * σ'(z2) / n").right
    assert "1/n" in checked(loss, "δ2 = (a2 - y) * σ'(z2)").how


def test_small_gradients_of_float32_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    model = nn.MLP([200, 50, 10], rng=0)
    loss = nn.quadratic_cost(model(rng.normal(size=(32, 200))), np.eye(10)[rng.integers(0, 10, 32)])
    assert checked(loss, "dW1 = δ1.T @ x").right
    assert not checked(loss, "dW1 = 1.01 * δ1.T @ x").right
    assert "exp(2) does not belong there" in checked(loss, "db1 = sum(δ1, axis=0) * exp(2)").how


def test_what_no_single_slip_explains_says_where_it_is_furthest_off() -> None:
    row = checked(network(), "δ2 = exp(a2) * y**3 + 7*σ(b2)")
    assert not row.right
    assert re.match(r"no single slip explains it: at element \([01],\) it gives", row.how)
    assert "the shapes do not fit" in checked(network(), "δ2 = x @ x @ W1 * 3 - exp(W2)").how


@pytest.mark.parametrize(
    "right, column, problem",
    [
        ("δ2 @ a7.T", 6, "there is no 'a7'"),
        ("(a2 - y", 8, "opened in column 1 is never closed"),
        ("a2 + * y", 6, "unexpected '*'"),
        ("a2 $ y", 4, "'$' means nothing here"),
        ("", 1, "there is no equation"),
        ("a2 -", 5, "ends too early"),
        ("a2 = y", 4, "write only the right side"),
        ("σ", 1, "σ is a function"),
        ("a2'", 1, "a2 is not a function"),
        ("sum'(a2)", 1, "sum has no derivative"),
        ("exp(a2, a1)", 9, "exp takes 1 argument"),
        ("sum(a2, axis=y)", 14, "axis must be a plain number"),
        ("__import__('os')", 1, "means nothing here"),
        ("a2.__class__", 3, "means nothing here"),
        ("(" * 60 + "a2" + ")" * 60, 41, "levels of parentheses"),
    ],
)
def test_a_slip_in_writing_is_pointed_at(right: str, column: int, problem: str) -> None:
    with pytest.raises(ag.ArgumentError) as caught:
        check_equations(network(), {"δ2": right})
    assert f"the equation for 'δ2', column {column}: " in str(caught.value)
    assert problem in str(caught.value)


def test_what_there_is_not_in_the_graph_says_what_there_is() -> None:
    with pytest.raises(ag.ArgumentError, match=r"there is no 'δ7' in this graph .*dW1.*δ2"):
        check_equations(network(), {"δ7": "a2"})
    with pytest.raises(ag.ArgumentError, match="must be a dict of strings"):
        check_equations(network(), {"δ2": 3})  # type: ignore[dict-item]
    with pytest.raises(ag.GraphError, match=r"check_equations\(\): .* is not a scalar"):
        check_equations(ag.tensor([1.0], requires_grad=True) * 2, {"w": "1"})


def test_the_report_prints_as_text_and_as_a_table() -> None:
    report = check_equations(network(), {"δ2": "(a2 - y) * σ'(z2)", "dW2": "δ2 @ a2.T", "δ1": "W2.T @ δ2"})
    assert not report.passed
    assert report["delta2"].right
    assert not report["dW2"].right
    text = repr(report)
    assert "  wrong layer: a² should be a¹" in text and "wrong: the factor σ′(z¹) is missing" in text
    assert text.count("wrong") == 2 == report._repr_html_().count("✗ wrong")
    assert "∂C/∂W² = δ² (a¹)ᵀ" in text
    assert len(text.splitlines()) == 4
    assert report._repr_html_().count("<tr>") == 4
    assert "<math" in report._repr_html_()


def test_names_of_the_user_are_found_as_they_are() -> None:
    theta = ag.tensor([0.5, 0.25], requires_grad=True, name="theta")
    bias = ag.tensor([1.0, 1.0], requires_grad=True, name="layer.b1")
    loss = ag.sum(ag.square(theta * bias))
    report = check_equations(loss, {"dtheta": "2 * theta * layer.b1**2", "∂C/∂θ": "2 θ * layer.b1 ⊙ layer.b1"})
    assert report.passed, report
