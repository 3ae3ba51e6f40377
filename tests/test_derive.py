"""The reverse pass as equations: the chapter's, as the chapter has them, and the right ones for every other graph."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
import pytest
from samples import SAMPLES, Sample

import autograd_lite as ag
import nn
from autograd_lite.show.equations.derive import DETAILS, Derivation, derive
from autograd_lite.show.formula import layout, printers
from autograd_lite.show.formula import tidying as simplify
from autograd_lite.show.formula.formula import number, symbol, xp
from autograd_lite.show.formula.typeset import latex_name, latex_to_mathml, to_latex, to_mathml, to_text
from conftest import World


def network(sizes: list[int], examples: int | None = None, cost: Any = nn.quadratic_cost, **options: Any) -> ag.Tensor:
    rng = np.random.default_rng(3)
    model = nn.MLP(sizes, rng=0, **{"dtype": np.float64, **options})
    shape = () if examples is None else (examples,)
    x = rng.normal(size=(*shape, sizes[0]))
    y = np.eye(sizes[-1])[rng.integers(0, sizes[-1], shape)]
    return cost(model(x), y)


def well_formed(mathml: str) -> None:
    ElementTree.fromstring(mathml)  # noqa: S314 - it is our own


def texts(derivation: Derivation) -> list[str]:
    return [line.text for line in derivation.lines]


# The chapter.


def test_one_example_gives_the_equations_of_the_chapter() -> None:
    derivation = derive(network([4, 3, 2]))
    assert [(line.equation, line.text) for line in derivation.lines] == [
        (None, "∇ₐC = a² − y"),
        ("BP1", "δ² = ∇ₐC ⊙ σ′(z²)"),
        ("BP3", "∂C/∂b² = δ²"),
        ("BP4", "∂C/∂W² = δ² (a¹)ᵀ"),
        ("BP2", "δ¹ = ((W²)ᵀ δ²) ⊙ σ′(z¹)"),
        ("BP3", "∂C/∂b¹ = δ¹"),
        ("BP4", "∂C/∂W¹ = δ¹ xᵀ"),
    ]
    assert [line.latex for line in derivation.lines] == [
        r"\nabla_{a}C = a^{2} - y",
        r"\delta^{2} = \nabla_{a}C \odot \sigma'(z^{2})",
        r"\frac{\partial C}{\partial b^{2}} = \delta^{2}",
        r"\frac{\partial C}{\partial W^{2}} = \delta^{2} (a^{1})^{\mathsf T}",
        r"\delta^{1} = ((W^{2})^{\mathsf T} \delta^{2}) \odot \sigma'(z^{1})",
        r"\frac{\partial C}{\partial b^{1}} = \delta^{1}",
        r"\frac{\partial C}{\partial W^{1}} = \delta^{1} x^{\mathsf T}",
    ]
    assert derivation.examples is None


def test_a_mini_batch_has_its_examples_as_rows_and_one_nth_in_front() -> None:
    derivation = derive(network([4, 3, 2], examples=5))
    assert texts(derivation) == [
        "∇ₐC = 1/n (a² − y)",
        "δ² = ∇ₐC ⊙ σ′(z²)",
        "∂C/∂b² = Σ_rows δ²",
        "∂C/∂W² = (δ²)ᵀ a¹",
        "δ¹ = (δ² W²) ⊙ σ′(z¹)",
        "∂C/∂b¹ = Σ_rows δ¹",
        "∂C/∂W¹ = (δ¹)ᵀ x",
    ]
    assert [line.equation for line in derivation.lines] == [None, "BP1", "BP3", "BP4", "BP2", "BP3", "BP4"]
    assert derivation.examples == 5
    assert derivation.lines[0].latex == r"\nabla_{a}C = \frac{1}{n} (a^{2} - y)"


def neuron(*layers: tuple[Any, Any], x: Any = (0.5, -1.0), known: bool = True) -> ag.Tensor:
    """A chain of layers of weight and bias, the last of one neuron."""
    a = ag.tensor(x, requires_grad=not known, name="x")
    for i, (weight, bias) in enumerate(layers, 1):
        w = ag.tensor(weight, requires_grad=True, name=f"w{i}")
        b = ag.tensor(bias, requires_grad=True, name=f"b{i}")
        z = (w @ a if w.ndim else w * a) + b
        z.name, a = f"z{i}", ag.sigmoid(z)
        a.name = f"a{i}"
    cost = (a - 1.0) ** 2 / 2
    cost.name = "C"
    return cost


def labels(derivation: Derivation) -> dict[str, str | None]:
    return {line.text: line.equation for line in derivation.lines}


@pytest.mark.parametrize("layers, x", [([(0.6, 0.9)], 1.0), ([([1.0, 2.0], 0.5)], (0.5, -1.0))])
def test_a_single_neuron_has_the_equations_of_a_layer(layers: Any, x: Any) -> None:
    assert labels(derive(neuron(*layers, x=x))) == {
        "∇ₐC = a¹ − 1": None,
        "δ¹ = ∇ₐC σ′(z¹)": "BP1",
        "∂C/∂b¹ = δ¹": "BP3",
        "∂C/∂w¹ = δ¹ x": "BP4",
    }


@pytest.mark.parametrize(
    "layers, x, back",
    [
        ([(0.6, 0.9), (0.7, 0.1)], 1.0, "δ¹ = δ² w² σ′(z¹)"),
        ([([[0.1, 0.2], [0.3, 0.4]], [0.1, 0.2]), ([0.7, 0.1], 0.3)], (0.5, -1.0), "δ¹ = (δ² w²) ⊙ σ′(z¹)"),
    ],
)
def test_the_error_of_a_single_neuron_goes_back_by_bp2(layers: Any, x: Any, back: str) -> None:
    found = labels(derive(neuron(*layers, x=x)))
    assert found[back] == "BP2"
    assert (found["∂C/∂b² = δ²"], found["∂C/∂w² = δ² a¹"]) == ("BP3", "BP4")


def test_what_is_weighted_in_a_neuron_is_no_weight() -> None:
    found = labels(derive(neuron(([1.0, 2.0], 0.5), known=False)))
    assert (found["∂C/∂x = δ¹ w¹"], found["∂C/∂w¹ = δ¹ x"]) == (None, None)  # each is the other's weight
    w, b = (ag.tensor(v, requires_grad=True, name=name) for v, name in ((0.6, "w"), (0.9, "b")))
    z = w * ag.tensor([0.5, -1.0], name="x") + b
    z.name = "z"
    found = labels(derive(ag.sum(ag.sigmoid(z))))  # one number for every neuron of a layer
    assert (found["∂C/∂b = Σ δ"], found["∂C/∂w = Σ δ ⊙ x"]) == (None, None)


def test_full_detail_substitutes_every_delta() -> None:
    assert texts(derive(network([4, 3, 2]), detail="full"))[-1] == (
        "∂C/∂W¹ = (((W²)ᵀ ((a² − y) ⊙ σ′(z²))) ⊙ σ′(z¹)) xᵀ"
    )


def test_node_detail_has_a_line_for_every_tensor_on_the_way() -> None:
    loss = network([4, 3, 2])
    derivation = derive(loss, detail="node")
    wanted = [t for t in ag.ancestors(loss) if t.requires_grad]
    assert {id(line.tensor) for line in derivation.lines} == {id(t) for t in wanted}
    assert texts(derivation)[0] == "∂C/∂C = 1"
    assert "δ¹ = ∂C/∂a¹ ⊙ σ′(z¹)" in texts(derivation)
    assert "z¹ = u₁ + b¹" in [line.text for line in derivation.definitions]


def test_sigma_prime_is_written_out_on_request() -> None:
    assert derive(network([4, 3, 2]), expanded=True)["δ²"].text == "δ² = ∇ₐC ⊙ a² ⊙ (1 − a²)"


def test_float32_lines_hold_to_float32() -> None:
    derivation = derive(network([40, 30, 10], examples=7, dtype=np.float32))
    assert len(derivation.lines) == 7
    for line in derivation.lines:  # what rounding may account for is small against the gradient itself
        assert line.tolerance < 1e-2 * np.abs(line.formula.value).max()


# Other graphs.


@pytest.mark.parametrize(
    "cost, examples, expected",
    [
        (nn.softmax_cross_entropy, 5, "δ² = 1/n (softmax(z²) − y)"),
        (nn.softmax_cross_entropy, None, "δ² = softmax(z²) − y"),
        (nn.cross_entropy_cost, 5, "δ² = 1/n (σ(z²) − y)"),
        (nn.cross_entropy_cost, None, "δ² = σ(z²) − y"),
    ],
)
def test_cross_entropy_collapses_to_a_minus_y(cost: Any, examples: int | None, expected: str) -> None:
    assert derive(network([4, 3, 2], examples, cost, output="identity"))["δ2"].text == expected


@pytest.mark.parametrize("examples", [None, 4])
def test_integer_labels_are_one_hot_rows(examples: int | None) -> None:
    x = np.random.default_rng(0).normal(size=(4, 3) if examples else 3)
    labels = np.array([0, 1, 1, 0]) if examples else np.array(1)
    model = nn.MLP([3, 2], rng=0, output="identity")
    found = derive(nn.softmax_cross_entropy(model(x), labels)).lines[0].text
    assert found == ("δ¹ = 1/n (softmax(z¹) − onehot(y))" if examples else "δ¹ = softmax(z¹) − onehot(1)")


def test_a_softmax_written_by_hand_collapses_too() -> None:
    z = ag.tensor([0.3, -1.0, 0.5], requires_grad=True, name="z")
    y = ag.tensor([0.0, 1.0, 0.0], name="y")
    a = ag.softmax(z)
    a.name = "a"
    derivation = derive(-ag.sum(y * ag.log(a)))
    assert texts(derivation)[-1] == "δ = a − y"
    assert "with Σ y = 1" in derivation.text()


def test_targets_that_do_not_add_up_to_one_stay_as_they_are() -> None:
    z = ag.tensor([0.3, -1.0, 0.5], requires_grad=True, name="z")
    y = ag.tensor([0.0, 2.0, 0.5], name="y")
    line = derive(-ag.sum(y * ag.log_softmax(z))).lines[-1]
    assert line.text == "δ = softmax(z) ⊙ (Σ y) − y"
    assert not line.notes


def test_a_shared_weight_adds_its_arrivals() -> None:
    w = ag.tensor(np.array([[0.5, -0.2], [0.1, 0.4]]), requires_grad=True, name="W")
    x = ag.tensor([1.0, 2.0], name="x")
    z1 = x @ w.T
    a1 = ag.sigmoid(z1)
    z2 = a1 @ w.T
    z1.name, a1.name, z2.name = "z1", "a1", "z2"
    derivation = derive(ag.sum(ag.sigmoid(z2)))
    assert derivation["dW"].text == "∂C/∂W = δ² (a¹)ᵀ + δ¹ xᵀ"


def test_a_residual_connection_adds_what_goes_round() -> None:
    w = ag.tensor(np.array([[0.5, -0.2], [0.1, 0.4]]), requires_grad=True, name="W")
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    z = x @ w.T
    z.name = "z"
    derivation = derive(ag.sum(ag.square(x + ag.tanh(z))) / 2)
    assert derivation["∂C/∂x"].text.startswith("∂C/∂x = ")
    assert "Wᵀ δ" in derivation["∂C/∂x"].text
    assert "+" in derivation["∂C/∂x"].text


def test_a_bias_that_was_broadcast_gets_a_sum() -> None:
    b = ag.tensor([1.0, 2.0], requires_grad=True, name="b")
    x = ag.tensor(np.arange(6.0).reshape(3, 2), name="x")
    assert texts(derive(ag.sum(x * b))) == ["∂C/∂b = Σ_rows x"]
    assert texts(derive(ag.sum(x - b))) == ["∂C/∂b = −3"]


def test_a_constant_that_happens_to_be_one_nth_is_not_called_so() -> None:
    model = nn.MLP([3, 2], rng=0, dtype=np.float64)
    cost = nn.quadratic_cost(model(np.ones((5, 3))), np.zeros((5, 2)))
    loss = cost + 0.05 * ag.sum(ag.square(model.layers[0].weight))
    assert derive(loss).lines[-1].text.endswith("0.1 W¹ + (δ¹)ᵀ x")


def test_what_is_used_again_and_again_gets_a_name() -> None:
    x, w = ag.tensor(np.arange(12.0).reshape(4, 3) ** 0.5, name="x"), ag.tensor(np.eye(3), requires_grad=True, name="W")
    u = x @ w
    centred = u - ag.mean(u, axis=1, keepdims=True)
    scaled = centred / ag.sqrt(ag.mean(ag.square(centred), axis=1, keepdims=True) + 1e-5)
    derivation = derive(ag.sum(scaled * scaled * scaled))
    assert derivation.definitions[0].text == "u₁ = x W − mean_columns(x W)"
    assert max(len(line.text) for line in (*derivation.lines, *derivation.definitions)) < 160


def test_double_negatives_vanish() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    y = ag.tensor([0.5, 0.5], name="y")
    assert texts(derive(ag.sum(ag.negative(-w) * y))) == ["∂C/∂w = y"]
    assert texts(derive(ag.sum(ag.square(y - w)) / 2)) == ["∂C/∂w = w − y"]


def _differentiable() -> Any:
    return pytest.mark.parametrize(
        "name, case",
        [
            pytest.param(
                name, case, id=f"{name}-{i}", marks=pytest.mark.slow if i or ag.REGISTRY[name].composed else ()
            )
            for name, cases in SAMPLES.items()
            for i, case in enumerate(cases)
            if name in ag.REGISTRY and ag.REGISTRY[name].differentiable
        ],
    )


@pytest.mark.slow
@_differentiable()
def test_every_operation_is_derived_and_every_line_holds(name: str, case: Sample) -> None:
    op = ag.REGISTRY[name]
    inputs = [
        ag.tensor(x, requires_grad=True)
        if isinstance(x, np.ndarray) and x.dtype.kind == "f" and op.rule(i) is not None
        else x
        for i, x in enumerate(case.inputs)
    ]
    out = case.chosen(getattr(ag.functional, name)(*inputs, **case.params))
    if not out.requires_grad:
        pytest.skip("no argument of this sample has a derivative")
    loss = ag.sum(out * ag.tensor(np.random.default_rng(0).normal(size=out.shape), name="w"))
    for detail in DETAILS:
        for expanded in (False, True):
            derivation = derive(loss, detail, expanded)
            assert derivation.lines
            for line in derivation.lines:
                assert line.difference <= line.tolerance
                assert line.shape == line.tensor.shape  # type: ignore[union-attr]
                well_formed(line.mathml)
            assert derivation.latex()
            assert derivation.markdown()


def test_an_operation_of_the_user_is_printed_in_its_own_notation(registry: dict[str, Any]) -> None:
    notation, prime = r"\operatorname{{f}}({x})", r"\operatorname{{f}}'({x})"

    @ag.elementwise(lambda xp, out, x: xp.exp(x) * (1 + x), notation=notation, prime=prime)
    def demo(xp: Any, x: Any) -> Any:
        return x * xp.exp(x)

    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    assert texts(derive(ag.sum(ag.REGISTRY["demo"](w)))) == ["∂C/∂w = f′(w)"]
    assert texts(derive(ag.sum(ag.REGISTRY["demo"](w)), expanded=True)) == ["∂C/∂w = eʷ ⊙ (1 + w)"]


def test_a_rule_that_is_no_formula_says_so(registry: dict[str, Any]) -> None:
    @ag.operation(notation=r"\operatorname{{odd}}({x})")
    def odd(xp: Any, x: Any) -> Any:
        return xp.spacing(x)

    odd.rules(x=lambda xp, g, out, x: g * (1 + xp.spacing(x) ** 2))
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    with pytest.raises(ag.ArgumentError, match=r"calls xp\.spacing, which is no registered operation"):
        derive(ag.sum(odd(w)))


def test_arrays_of_other_libraries_are_derived_from(world: World) -> None:
    w = world.tensor(np.array([[0.5, -0.2, 1.0]]), True, name="W")
    z = world.tensor(np.arange(6.0).reshape(2, 3), name="x") @ w.T
    z.name = "z"
    derivation = derive(ag.mean(ag.square(ag.sigmoid(z))))
    assert texts(derivation)[-2:] == ["δ = ∇ₐC ⊙ σ′(z)", "∂C/∂W = δᵀ x"]


# Shapes, names, displays.


def test_every_line_has_shapes_and_its_difference() -> None:
    line = derive(network([4, 3, 2]))["delta1"]
    assert line.shape == (3,)
    assert line.shapes == {"W²": (2, 3), "δ²": (2,), "z¹": (3,)}
    assert 0 <= line.difference <= line.tolerance < 1e-12


def test_a_wrong_line_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simplify.Tidier, "_make", lambda self, name, *args, **params: args[-1])
    with pytest.raises((ag.CheckError, ag.ShapeError, ValueError)):
        derive(network([4, 3, 2]))
    monkeypatch.undo()
    monkeypatch.setattr(simplify.Tidier, "_product", lambda self, whole: whole.args[0])
    with pytest.raises(ag.CheckError, match=r"the line .* does not hold: at element"):
        derive(network([4, 3, 2], dtype=np.float64))


def test_unnamed_tensors_get_readable_names() -> None:
    w = ag.tensor(np.array([[0.5, -0.2, 0.1]]), requires_grad=True)
    b = ag.tensor([0.5], requires_grad=True)
    loss = ag.sum(ag.square(ag.sigmoid(w @ ag.tensor([1.0, 2.0, 3.0]) + b) - np.array([1.0])))
    derivation = derive(loss)
    assert texts(derivation) == ["∇ₐC = 2 (a¹ − y)", "δ¹ = ∇ₐC ⊙ σ′(z¹)", "∂C/∂b¹ = δ¹", "∂C/∂W¹ = δ¹ xᵀ"]
    assert [line.text for line in derivation.definitions] == ["z¹ = W¹ x + b¹", "a¹ = σ(z¹)"]


def test_two_tensors_of_one_name_are_told_apart() -> None:
    a, b = (ag.tensor([1.0, 2.0], requires_grad=True, name="w") for _ in range(2))
    assert texts(derive(ag.sum(a * b))) == ["∂C/∂w₂ = w", "∂C/∂w = w₂"]


def test_names_are_escaped_everywhere() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="<b>|$x_%</b>")
    derivation = derive(ag.sum(w * w))
    assert "<b>" not in derivation._repr_html_()
    assert "∂C/(∂<b>|$x_%</b>) = 2 <b>|$x_%</b>" in derivation.text()
    well_formed(derivation.lines[0].mathml)
    assert latex_name("a_b%") == r"\mathrm{a\_b\%}"


def test_displays_show_every_line() -> None:
    derivation = derive(network([4, 3, 2], examples=5))
    assert repr(derivation) == derivation.text()
    assert derivation._repr_latex_().startswith("$$\n\\begin{aligned}")
    assert derivation.latex().count(r"\\") == 6
    assert derivation.markdown().count("\n| ") == 8
    assert derivation._repr_html_().count("<math") == 7
    assert "n = 5 examples" in derivation.text()
    for line in derivation.lines:
        well_formed(line.mathml)
    assert repr(derivation) == repr(derive(network([4, 3, 2], examples=5)))


def test_typesetting_puts_parentheses_where_they_are_needed() -> None:
    a, b = symbol("a", np.ones(2)), symbol("b^{2}", np.ones(2))
    w = symbol("W", np.ones((2, 2)))
    assert to_text((a - b) * a) == "(a − b²) ⊙ a"
    assert to_text(a - (b - a)) == "a − (b² − a)"
    assert to_text(w @ (a + b)) == "W (a + b²)"
    assert to_text(xp.square(b)) == "(b²)²"
    assert to_text(-(a + b) / 2) == "(−(a + b²))/2"
    assert to_text(xp.exp(-a)) == "e⁻ᵃ"
    assert to_latex(a / (b + number(1))) == r"\frac{a}{b^{2} + 1}"
    assert to_mathml(a * a) == '<math display="block"><mrow><mi>a</mi><mo>⊙</mo><mi>a</mi></mrow></math>'


# What cannot be derived.


def test_in_mathml_a_script_stands_on_its_parenthesis_and_a_prime_at_its_letter() -> None:
    transposed = latex_to_mathml(r"(W^{2})^{\mathsf T} x")
    assert "<msup><mrow><mo>(</mo><msup><mi>W</mi><mn>2</mn></msup><mo>)</mo></mrow>" in transposed
    nested = latex_to_mathml("(a (b)) (c)^{2}")
    assert nested.count("<msup><mrow><mo>(</mo><mi>c</mi><mo>)</mo></mrow><mn>2</mn></msup>") == 1
    assert "<mrow><mi>σ</mi><mo>′</mo></mrow>" in latex_to_mathml(r"\sigma'(z)")
    for odd in ("x)^{2}", "(^{2}", ")^{2}", "^{2}", "((x)^{2}"):
        well_formed(latex_to_mathml(odd))


def test_what_cannot_be_derived_says_why() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    with pytest.raises(ag.GraphError, match="is not a scalar"):
        derive(w * w)
    with pytest.raises(ag.GraphError, match="is a leaf"):
        derive(ag.tensor(1.0, requires_grad=True))
    with pytest.raises(ag.GraphError, match="is a leaf"):
        derive(ag.sum(ag.tensor([1.0])))
    with pytest.raises(ag.ArgumentError, match="there are 'node', 'layer', 'full'"):
        derive(ag.sum(w), detail="most")
    with pytest.raises(ag.ArgumentError, match="not a tensor"):
        derive(1.0)  # type: ignore[arg-type]
    loss = ag.sum(w * w)
    loss.backward(free=True)
    with pytest.raises(ag.GraphError, match=r"released by backward\(free=True\)"):
        derive(loss)
    loss = ag.sum(w * w)
    w.assign([3.0, 4.0])
    with pytest.raises(ag.ChangedError):
        derive(loss)


def test_a_deep_graph_is_derived_without_recursion_and_refused_where_nobody_could_read_it() -> None:
    w = ag.tensor([0.5, 0.25], requires_grad=True, name="w")
    t = w
    for _ in range(1000):
        t = t * 0.999 + 0.001
    loss = ag.sum(t)
    assert len(derive(loss, detail="node").lines) == 2002
    assert derive(loss).lines
    s = w
    for _ in range(200):
        s = ag.sin(s) if hasattr(ag, "sin") else ag.tanh(s)
    with pytest.raises(ag.ArgumentError, match="nobody could read"):
        derive(ag.sum(s), detail="full")


def test_deriving_changes_nothing() -> None:
    loss = network([4, 3, 2])
    leaves = [t for t in ag.ancestors(loss) if t.requires_grad]
    names = [t.name for t in leaves]
    derive(loss, detail="node")
    assert [t.name for t in leaves] == names
    assert all(t.grad is None for t in leaves)


def test_two_long_names_end_in_different_indices() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="é" * 200)
    loss = ag.sum(w * w)
    loss.name = "é" * 200
    assert len({line.name for line in derive(loss, detail="node").lines}) == len(derive(loss, detail="node").lines)


# Which lines are BP1 to BP4: every graph here has a line that looks like one of them and is not, or the reverse.

RNG = np.random.default_rng(7)


def weight(*shape: int) -> ag.Tensor:
    return ag.tensor(RNG.normal(size=shape), requires_grad=True)


def data(*shape: int) -> ag.Tensor:
    return ag.tensor(RNG.normal(size=shape), name="x")


def total(outputs: ag.Tensor) -> ag.Tensor:
    return ag.sum(outputs * outputs) / 2


def residual_tied(w: ag.Tensor, h: ag.Tensor) -> ag.Tensor:
    for _ in range(2):
        h = h + ag.tanh(w @ h)
    return 2 * total(h)  # long enough for the gradient between the blocks to get a name


def hidden(x: ag.Tensor) -> ag.Tensor:
    return ag.sigmoid(weight(4, 3) @ x + weight(4))


def two_heads(a: ag.Tensor) -> ag.Tensor:
    return total(ag.sigmoid(weight(2, 4) @ a)) + total(ag.tanh(weight(2, 4) @ a))


def feeds_the_cost(a: ag.Tensor) -> ag.Tensor:
    return total(ag.sigmoid(weight(2, 4) @ a)) + ag.sum(a * a)


def both_activations(z: ag.Tensor) -> ag.Tensor:
    return ag.sum(ag.sigmoid(z) * ag.tanh(z))


def tied(w: ag.Tensor, x: ag.Tensor) -> ag.Tensor:
    return total(ag.tanh(w @ ag.tanh(w @ x)))


def autoencoder(w: ag.Tensor, x: ag.Tensor) -> ag.Tensor:
    return total(ag.sigmoid(w @ ag.sigmoid(w.T @ x)) - x)


def attention(x: ag.Tensor) -> ag.Tensor:
    a = ag.sigmoid(x @ weight(3, 4))
    return total(ag.sigmoid(a @ ag.tanh(x @ weight(3, 4)).T))


def penalised(a: ag.Tensor, w: ag.Tensor) -> ag.Tensor:
    return total(ag.sigmoid(w @ a)) + 0.1 * ag.sum(w * w)


LABELS: dict[str, tuple[Any, dict[str, str]]] = {
    "no bias": (
        lambda: total(ag.sigmoid(weight(2, 4) @ ag.sigmoid(weight(4, 3) @ data(3)))),
        {"δ2": "BP1", "dW2": "BP4", "δ1": "BP2", "dW1": "BP4"},
    ),
    "a weight used in two layers": (lambda: tied(weight(3, 3), data(3)), {"δ2": "BP1", "δ1": "BP2"}),
    "a weight and its transpose": (lambda: autoencoder(weight(3, 4), data(3)), {"δ2": "BP1", "δ1": "BP2"}),
    "residual connections": (lambda: residual_tied(weight(3, 3), data(3)), {"δ2": "BP1"}),
    "two outputs": (
        lambda: two_heads(hidden(data(3))),
        {"δ3": "BP1", "dW3": "BP4", "δ2": "BP1", "dW2": "BP4", "db1": "BP3", "dW1": "BP4"},
    ),
    "a layer that also feeds the cost": (
        lambda: feeds_the_cost(hidden(data(3))),
        {"δ2": "BP1", "dW2": "BP4", "db1": "BP3", "dW1": "BP4"},
    ),
    "a weighted input of two activations": (lambda: both_activations(weight(4, 3) @ data(3)), {"dW1": "BP4"}),
    "an activation of an activation": (lambda: total(ag.tanh(ag.sigmoid(weight(4, 3) @ data(3)))), {"dW1": "BP4"}),
    "a last layer without activation": (
        lambda: ag.sum(ag.exp(weight(2, 4) @ hidden(data(3)))), {"db1": "BP3", "dW1": "BP4"},
    ),
    "a bias on the output": (
        lambda: total(ag.sigmoid(weight(4, 3) @ data(3)) + weight(4)), {"dW1": "BP4"},
    ),
    "a gain on each output": (
        lambda: total(ag.sigmoid(weight(4, 3) @ data(3)) * weight(4)), {"dW1": "BP4"},
    ),
    "a penalty on the weights": (
        lambda: penalised(hidden(data(3)), weight(2, 4)), {"δ2": "BP1", "δ1": "BP2", "db1": "BP3", "dW1": "BP4"},
    ),
    "two factors, both of layers": (
        lambda: attention(data(5, 3)), {"δ3": "BP1", "dW1": "BP4", "dW2": "BP4"},
    ),
    "a constant matrix between layers": (
        lambda: total(ag.sigmoid(data(2, 4) @ ag.sigmoid(weight(4, 3) @ data(3)))),
        {"δ2": "BP1", "δ1": "BP2", "dW1": "BP4"},
    ),
    "inputs that are differentiated": (
        lambda: total(ag.sigmoid(weight(5, 3) @ data(4, 3).T)), {"δ1": "BP1"},
    ),
    "inputs beside a frozen weight": (lambda: total(ag.sigmoid(weight(5, 3) @ data(3, 4))), {"δ1": "BP1"}),
    "a batch and its weight": (lambda: total(ag.sigmoid(data(5, 3) @ weight(4, 3).T)), {"δ1": "BP1", "dW1": "BP4"}),
    "a number for each example": (
        lambda: total(ag.sigmoid(data(5, 3) @ weight(4, 3).T + ag.expand_dims(weight(5), 1))),
        {"δ1": "BP1", "dW1": "BP4"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LABELS)
def test_a_line_is_called_one_of_the_four_equations_only_where_it_is_that_one(case: str) -> None:
    build, expected = LABELS[case]
    derivation = derive(build())
    called = {line.name: line.equation for line in derivation.lines if line.equation}
    assert called == {derivation[name].name: equation for name, equation in expected.items()}


def test_the_gradient_of_a_hidden_activation_is_not_that_of_the_output() -> None:
    lines = texts(derive(ag.sum(ag.exp(weight(2, 4) @ ag.sigmoid(weight(4, 3) @ data(3))))))
    assert not any(line.startswith("∇") for line in lines)


# Numbers: what they are called, and what they stand beside.


def batch(n: int, loss: Any) -> list[str]:
    x = ag.tensor(np.random.default_rng(0).normal(size=(n, 3)), name="x")
    w = ag.tensor(np.ones((4, 3)), requires_grad=True, name="W")
    return texts(derive(loss(x @ w.T, w)))


@pytest.mark.parametrize("n", [2, 4, 5, 10])
def test_a_constant_that_is_one_over_the_number_of_examples_by_accident_stays_a_number(n: int) -> None:
    for constant in (1 / n, 0.5 / n, np.array(1 / n), ag.tensor(1 / n), ag.tensor(np.float32(1 / n))):
        for text in batch(n, lambda z, w, c=constant: ag.sum(ag.square(z)) + c * ag.sum(w)):
            assert "n" not in text, text
    assert not any("n" in text for text in batch(n, lambda z, w: ag.sum(ag.square(z)) + ag.mean(w)))
    assert not any("n" in text for text in batch(2, lambda z, w: ag.sum(ag.square(z)) / 2))


@pytest.mark.parametrize("n", [2, 4, 5, 10])
def test_a_mean_over_the_examples_has_one_over_n(n: int) -> None:
    assert batch(n, lambda z, w: ag.sum(ag.mean(z, axis=0))) == [f"∂C/∂W = 1/n 𝟏₄ₓ{sub(n)} x"]
    if n > 2:  # where n is 2, 2/n is 1, and a division by 2 may be that of a square
        assert "2/n" in batch(n, lambda z, w: ag.sum(ag.mean(ag.square(z), axis=0)))[-1]
        assert "2/n" in batch(n, lambda z, w: ag.sum(ag.square(z)) / n)[-1]
    assert "1/n" in batch(n, lambda z, w: ag.sum(ag.square(z)) / (2 * n))[-1]
    assert "1/n" in texts(derive(network([4, 3, 2], examples=n)))[0]


def sub(n: int) -> str:
    return str(n).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


@pytest.mark.parametrize("constant", [-1.25, np.array(-1.25), np.float32(-1.25), ag.tensor(-1.25)])
def test_a_negative_factor_is_no_difference(constant: Any) -> None:
    w = ag.tensor([2.0, 3.0], requires_grad=True, name="W")
    assert texts(derive(ag.sum(w * constant * w))) == ["∂C/∂W = −5/2 W"]
    assert texts(derive(ag.sum(ag.square(w * constant + 0.5)) / 2)) == ["∂C/∂W = 5/4 (5/4 W − ½)"]
    assert texts(derive(ag.sum(ag.exp(w) * constant))) == ["∂C/∂W = −5/4 e^W"]
    assert texts(derive(ag.sum(ag.square(w) - constant))) == ["∂C/∂W = 2 W"]


@pytest.mark.parametrize("two", [2, 2.0, np.array(2.0), np.array([2.0])[0], ag.tensor(2.0)])
def test_numbers_are_multiplied_and_never_stand_side_by_side(two: Any) -> None:
    w = ag.tensor(3.0, requires_grad=True, name="w")
    assert texts(derive((w * two) ** 2)) == ["∂C/∂w = 8 w"]
    assert texts(derive(two * (two * w * two) ** 2 * two)) == ["∂C/∂w = 128 w"]
    assert texts(derive(two * w * w / two / 4)) == ["∂C/∂w = ½ w"]


def test_a_number_is_written_in_the_digits_that_mean_it() -> None:
    b = ag.tensor([1.0, 2.0], requires_grad=True, name="b")
    for value, written in (
        (1.23456789, "1.23456789"), (0.1, "0.1"), (0.1 * 3, "0.3"), (np.float32(0.1), "0.1000000014901161"),
        (1e-7, "10⁻⁷"), (2.5e-10, "2.5 · 10⁻¹⁰"),
    ):  # fmt: skip
        text = texts(derive(ag.sum(b * value)))[0]
        assert text.partition(" = ")[2].replace("1 · ", "") == written, text
    single = ag.tensor([1.0, 2.0], requires_grad=True, name="b", dtype=np.float32)
    for tenth in (0.1, np.float32(0.1), np.array(0.1, np.float32), ag.tensor(0.1, dtype=np.float32)):
        assert texts(derive(ag.sum(single * tenth))) == ["∂C/∂b = 0.1"]


def test_a_matrix_of_ones_is_none() -> None:
    x = ag.tensor(np.random.default_rng(0).normal(size=(2, 3)), requires_grad=True, name="x")
    w = ag.tensor([1.0, 2.0, 3.0], requires_grad=True, name="w")
    assert texts(derive(ag.sum(x @ x.T))) == ["∂C/∂x = 2 𝟏₂ₓ₂ x"]
    assert texts(derive(ag.sum(x @ w))) == ["∂C/∂w = xᵀ 𝟏₂", "∂C/∂x = w"]
    x = ag.tensor(x, requires_grad=True, name="x")
    w = ag.tensor(w, requires_grad=True, name="w")
    assert derive(ag.sum(x @ ag.broadcast_to(w, (4, 3)).T))["dx"].text == "∂C/∂x = 𝟏₂ₓ₄ (𝟏₄ₓ₃ ⊙ w)"
    assert texts(derive(ag.sum(w * 3))) == ["∂C/∂w = 3"]  # where every element is that number, it is written once


def test_a_choice_that_is_settled_is_not_written() -> None:
    x, y = (ag.tensor(v, requires_grad=True, name=n) for n, v in (("x", [1.0, 2.0]), ("y", [1.5, 0.5])))
    for loss, line in (
        (lambda: ag.sum(x**2), "∂C/∂x = 2 x"), (lambda: ag.sum(x**2.5), "∂C/∂x = 5/2 x^(3/2)"),
        (lambda: ag.sum(x**-1), "∂C/∂x = −x⁻²"), (lambda: ag.sum(2.0**x), "∂C/∂x = 2ˣ ⊙ (ln 2)"),
        (lambda: ag.sum(x**0), "∂C/∂x = 0"),
    ):  # fmt: skip
        assert line in texts(derive(loss()))
    assert "where" in texts(derive(ag.sum(ag.maximum(x, y))))[0]
    a, b = symbol("a", np.ones(2)), symbol("b", np.ones(2))
    assert to_text(simplify.Tidier().tidy(xp.where(a == a, b, np.nan))) == "b"
    assert to_text(simplify.Tidier().tidy(xp.where(a != a, np.nan, b))) == "b"
    assert to_text(simplify.Tidier().tidy(xp.where(a == b, b, 0))) == "where(a = b, b, 0)"


def test_the_file_that_declares_an_operation_decides_nothing(registry: dict[str, Any]) -> None:
    def lines(module: str, **traits: Any) -> list[str]:
        traits |= {"notation": r"\operatorname{{h}}({x})", "prime": r"1 - \operatorname{{h}}({x})^2"}
        space: dict[str, Any] = {"ag": ag, "traits": traits, "__name__": module}
        name = f"bump_{module.replace('.', '_')}_{len(traits)}"
        exec(  # noqa: S102 - the one way to declare an operation in a module of another name
            f"@ag.elementwise(lambda xp, out, x: 1 - out * out, **traits)\ndef {name}(xp, x): return xp.tanh(x)\n",
            space,
        )
        w = ag.tensor(np.eye(2), requires_grad=True, name="W")
        z = w @ ag.tensor(np.ones(2), name="x") + ag.tensor(np.ones(2), requires_grad=True, name="b")
        return texts(derive(ag.sum(ag.square(space[name](z)))))

    modules = ("activation", "elementwise", "mine", "package.activation")
    assert len({tuple(lines(module)) for module in modules}) == 1
    stated = [lines(module, activation=True) for module in modules]
    assert stated[0] == stated[1] == stated[2] == stated[3]
    assert stated[0] != lines("other")
    assert any(line.startswith("δ¹ = ") for line in stated[0])  # a layer where it says that it is an activation


def test_a_notation_is_read_once_and_printed_to_the_letter() -> None:
    layout.notation.cache_clear()
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    for _ in range(3):
        derive(ag.sum(ag.sigmoid(w) * ag.exp(w)))
    used = {op.notation for op in ag.REGISTRY.values()} | {op.prime for op in ag.REGISTRY.values() if op.prime}
    assert layout.notation.cache_info().misses <= len(used)
    for op in ag.REGISTRY.values():
        plain = op.notation.format_map({name: name for name in op.arguments})
        assert printers.latex(layout.read(plain)) == plain
        well_formed(printers.mathml(layout.read(plain)))


def test_what_binds_decides_the_parentheses_of_a_users_operation(registry: dict[str, Any]) -> None:
    def declare(name: str, **traits: Any) -> Any:
        def forward(xp: Any, x: Any, y: Any) -> Any:
            return xp.maximum(x, y)

        forward.__name__ = name
        return ag.operation(notation=r"{x} \star {y}", spreads=True, **traits)(forward)

    a, b = symbol("a", np.ones(2)), symbol("b", np.ones(2))
    tight, loose = declare("tight", binds=6), declare("loose")
    assert to_text(tight(a, b) + a) == "a ⋆ b + a" and to_text(tight(a + b, a)) == "(a + b) ⋆ a"
    assert to_text(loose(a, b) + a) == "(a ⋆ b) + a" and to_text(loose(a + b, a)) == "(a + b) ⋆ a"


@pytest.mark.parametrize(
    "prime, kept", [(r"\operatorname{{h}}'({x})", True), (r"h^\prime({x})", True), ("1/{x}", False)]
)
def test_a_derivative_with_a_letter_of_its_own_is_kept(registry: dict[str, Any], prime: str, kept: bool) -> None:
    @ag.elementwise(lambda xp, out, x: 1 - out * out, notation=r"\operatorname{{h}}({x})", prime=prime)
    def hill(xp: Any, x: Any) -> Any:
        return xp.tanh(x)

    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    assert ("h′(w)" in texts(derive(ag.sum(hill(w))))[0]) == kept


def test_an_operation_made_of_others_is_derived_in_its_own_notation(registry: dict[str, Any]) -> None:
    sigmoid, tanh = ag.REGISTRY["sigmoid"], ag.REGISTRY["tanh"]

    @ag.operation(notation=r"\operatorname{{gate}}({x}, {y})", spreads=True)
    def gate(xp: Any, x: Any, y: Any) -> Any:
        return sigmoid(x) * tanh(y)

    gate.rules(
        x=lambda xp, g, out, x, y: g * out * (1 - sigmoid(x)),
        y=lambda xp, g, out, x, y: g * sigmoid(x) * (1 - xp.square(tanh(y))),
    )
    a, b = (ag.tensor(v, requires_grad=True, name=n) for n, v in (("a", [1.0, 2.0]), ("b", [0.5, 3.0])))
    derivation = derive(ag.sum(ag.square(gate(a, b))), detail="full")
    assert any("gate(a, b)" in text and "σ(a)" in text for text in texts(derivation))
    assert all(line.difference <= line.tolerance for line in derivation.lines)
