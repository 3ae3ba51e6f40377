"""The reverse pass against BP1 to BP4: through the library's own check, and through equations written out here."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

SIZES = [[1, 1], [3, 2], [4, 3, 2], [5, 4, 3, 2], [7, 1, 5], [3, 3, 3, 3, 3, 3, 3, 3, 3, 3], [20, 15, 10]]
BATCHES = [None, 1, 2, 7]
COSTS = [nn.quadratic_cost, nn.cross_entropy_cost]
TOLERANCE = 1e-13

every_size = pytest.mark.parametrize("sizes", SIZES, ids=str)
every_batch = pytest.mark.parametrize("batch", BATCHES)
every_cost = pytest.mark.parametrize("cost", COSTS, ids=["quadratic", "cross-entropy"])

Case = tuple[nn.MLP, np.ndarray, np.ndarray]


def case(sizes: list[int], batch: int | None, cost: Any, dtype: Any = float, seed: int = 0) -> Case:
    """A network and a mini-batch of random examples, or one example where `batch` is `None`."""
    rng = np.random.default_rng([seed, *sizes, batch or 0])
    output = "identity" if cost is nn.cross_entropy_cost else None
    model = nn.MLP(sizes, rng=rng, dtype=dtype, output=output)
    shape = () if batch is None else (batch,)
    return model, rng.standard_normal((*shape, sizes[0])).astype(dtype), rng.random((*shape, sizes[-1])).astype(dtype)


def by_hand(model: nn.MLP, x: np.ndarray, y: np.ndarray, cost: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """δ, ∂C/∂W and ∂C/∂b by BP1 to BP4, example by example, entry by entry of the sum over them."""
    weights = [layer.weight.numpy() for layer in model.layers]
    biases = [layer.bias.numpy() for layer in model.layers]
    rows, targets = np.atleast_2d(x), np.atleast_2d(y)
    all_deltas = [np.zeros((len(rows), len(b))) for b in biases]
    weight_sums = [np.zeros_like(w) for w in weights]
    bias_sums = [np.zeros_like(b) for b in biases]
    for n, (row, target) in enumerate(zip(rows, targets, strict=True)):
        a = [row]
        for w, b in zip(weights, biases, strict=True):
            a.append(1 / (1 + np.exp(-(w.dot(a[-1]) + b))))
        slopes = [each * (1 - each) for each in a[1:]]
        delta = a[-1] - target
        if cost is nn.quadratic_cost:
            delta = delta * slopes[-1]  # BP1; for the cross-entropy σ′ cancels
        for layer in reversed(range(len(weights))):
            all_deltas[layer][n] = delta / len(rows)
            bias_sums[layer] += delta  # BP3
            weight_sums[layer] += np.outer(delta, a[layer])  # BP4
            if layer:
                delta = weights[layer].T.dot(delta) * slopes[layer - 1]  # BP2
    found = [d[0] for d in all_deltas] if x.ndim == 1 else all_deltas
    return found, [w / len(rows) for w in weight_sums], [b / len(rows) for b in bias_sums]


def reverse_pass(model: nn.MLP, x: np.ndarray, y: np.ndarray, cost: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """The same three lists from the graph."""
    value = cost(model(x), y)
    names = {t.name: t for t in ag.ancestors(value)}
    zs = [names[f"z{i + 1}"] for i in range(len(model.layers))]
    deltas = [each.numpy() for each in ag.grad(value, zs)]
    value.backward()
    return deltas, [layer.weight.grad for layer in model.layers], [layer.bias.grad for layer in model.layers]


def assert_close(found: Any, expected: Any) -> None:
    assert len(found) == len(expected)
    for mine, other in zip(found, expected, strict=True):
        assert mine.shape == other.shape
        assert np.abs(mine - other).max() <= TOLERANCE * np.abs(other).max()


@every_cost
@every_batch
@every_size
def test_the_report_finds_rounding_only(sizes: list[int], batch: int | None, cost: Any) -> None:
    model, x, y = case(sizes, batch, cost)
    report = nn.check_closed_form(model, x, y, cost)
    assert report.relative <= TOLERANCE
    assert len(report.rows) == 3 * (len(sizes) - 1)
    assert {row.equation for row in report.rows} >= {"BP1", "BP3", "BP4"}
    assert [row.equation for row in report.rows[::3]] == ["BP2"] * (len(sizes) - 2) + ["BP1"]
    assert all(p.grad is None for p in model.parameters())


@every_cost
@every_batch
@every_size
def test_the_reverse_pass_is_the_four_equations(sizes: list[int], batch: int | None, cost: Any) -> None:
    model, x, y = case(sizes, batch, cost)
    for found, expected in zip(reverse_pass(model, x, y, cost), by_hand(model, x, y, cost), strict=True):
        assert_close(found, expected)


@every_cost
@every_batch
@every_size
def test_the_closed_form_is_the_four_equations(sizes: list[int], batch: int | None, cost: Any) -> None:
    model, x, y = case(sizes, batch, cost)
    deltas, weights, biases = by_hand(model, x, y, cost)
    gradients = nn.closed_form.gradients(model, x, y, cost)
    assert_close(nn.closed_form.deltas(model, x, y, cost), deltas)
    assert_close(gradients.weights, weights)
    assert_close(gradients.biases, biases)
    assert all(type(each) is np.ndarray for each in (*gradients.weights, *gradients.biases))


@every_cost
@every_size
def test_the_gradient_of_a_batch_is_the_mean_over_its_examples(sizes: list[int], cost: Any) -> None:
    model, x, y = case(sizes, 7, cost)
    _, weights, biases = reverse_pass(model, x, y, cost)
    weights, biases = [w.copy() for w in weights], [b.copy() for b in biases]
    singles: list[list[Any]] = []
    for row, target in zip(x, y, strict=True):
        for parameter in model.parameters():
            parameter.grad = None
        _, single_weights, single_biases = reverse_pass(model, row, target, cost)
        singles.append([each.copy() for each in (*single_weights, *single_biases)])
    assert_close([*weights, *biases], [np.mean(each, axis=0) for each in zip(*singles, strict=True)])


@every_cost
def test_the_forward_pass_is_that_of_the_model(cost: Any) -> None:
    model, x, y = case([4, 3, 2], 5, cost)
    z, a = nn.closed_form.forward(model, x)
    value = cost(model(x), y)
    names = {t.name: t for t in ag.ancestors(value)}
    for i in (1, 2):
        np.testing.assert_allclose(names[f"z{i}"].numpy(), z[i - 1], rtol=1e-14)
    assert a[0] is x
    np.testing.assert_allclose(names["a1"].numpy(), a[1], rtol=1e-14)
    np.testing.assert_allclose(a[2], 1 / (1 + np.exp(-z[1])), rtol=1e-15)


def test_k18_the_single_sigmoid_neuron_to_the_digit() -> None:
    model = nn.MLP([1, 1], dtype=float)
    model.load_state_dict({"layers.0.weight": [[0.6]], "layers.0.bias": [0.9]})
    x, y = np.array([1.0]), np.array([0.0])
    a = model(x)
    cost = nn.quadratic_cost(a, y)
    z = next(t for t in ag.ancestors(cost) if t.name == "z1")
    delta = ag.grad(cost, z)
    cost.backward()
    (bias,) = nn.closed_form.gradients(model, x, y).biases
    assert a.item() == 0.8175744761936437
    assert delta.item() == model.layers[0].bias.grad.item() == bias.item() == 0.12193833242754278
    assert nn.closed_form.deltas(model, x, y)[0].item() == 0.12193833242754278


def test_single_precision_is_near_in_single_precision() -> None:
    report = nn.check_closed_form(*case([20, 15, 10], 7, nn.quadratic_cost, np.float32))
    assert 0 < report.relative < 2e-6
    assert "float32" in report.title


@pytest.mark.parametrize("scale", [50.0, 1000.0])
def test_saturated_neurons_neither_warn_nor_differ(scale: float) -> None:
    model, x, y = case([4, 3, 2], 7, nn.cross_entropy_cost)
    assert nn.check_closed_form(model, scale * x, y, nn.cross_entropy_cost).relative < 1e-12


def test_plain_lists_and_tensors_are_taken_as_data() -> None:
    model = nn.MLP([2, 2], rng=0, dtype=float)
    expected = nn.check_closed_form(model, np.array([0.5, 1.0]), np.array([0.0, 1.0]))
    assert nn.check_closed_form(model, [0.5, 1], [0, 1]) == expected
    assert nn.check_closed_form(model, ag.tensor([0.5, 1.0]), ag.tensor([0.0, 1.0])) == expected


# A mistake must be seen.


def _times(factor: float, function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: factor * function(*args)


@every_cost
def test_an_activation_slope_wrong_by_a_thousandth_is_seen(monkeypatch: pytest.MonkeyPatch, cost: Any) -> None:
    monkeypatch.setattr(nn.closed_form, "sigma_prime", _times(1.001, nn.closed_form.sigma_prime))
    report = nn.check_closed_form(*case([4, 3, 2], 7, cost), cost)
    assert 0.9e-3 < report.relative < 3e-3
    wrong = {row.quantity for row in report.rows if row.relative > 5e-4}
    assert wrong >= {"δ¹", "∂C/∂b¹", "∂C/∂W¹"}
    assert ("δ²" in wrong) == (cost is nn.quadratic_cost)


@pytest.mark.parametrize("kind, layer, quantity", [("weights", 0, "∂C/∂W¹"), ("weights", 1, "∂C/∂W²"),
                                                   ("biases", 0, "∂C/∂b¹"), ("biases", 1, "∂C/∂b²")])  # fmt: skip
def test_one_wrong_gradient_is_named(monkeypatch: pytest.MonkeyPatch, kind: str, layer: int, quantity: str) -> None:
    right = nn.closed_form.gradients

    def wrong(*args: Any) -> Any:
        found = right(*args)
        getattr(found, kind)[layer] = getattr(found, kind)[layer] * 1.001
        return found

    monkeypatch.setattr(nn.closed_form, "gradients", wrong)
    report = nn.check_closed_form(*case([4, 3, 2], 7, nn.quadratic_cost))
    assert [row.quantity for row in report.rows if row.relative > TOLERANCE] == [quantity]
    assert report.relative == pytest.approx(1 - 1 / 1.001, rel=1e-9)


def test_one_wrong_entry_of_delta_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    right = nn.closed_form.deltas

    def wrong(*args: Any) -> Any:
        found = right(*args)
        found[1][3, 1] += 1e-3
        return found

    model, x, y = case([4, 3, 2], 7, nn.quadratic_cost)
    expected = nn.closed_form.gradients(model, x, y)
    monkeypatch.setattr(nn.closed_form, "gradients", lambda *args: expected)
    monkeypatch.setattr(nn.closed_form, "deltas", wrong)
    report = nn.check_closed_form(model, x, y)
    assert [row.quantity for row in report.rows if row.relative > TOLERANCE] == ["δ²"]
    assert report.absolute == pytest.approx(1e-3, rel=1e-9)


def test_a_wrong_rule_of_the_reverse_pass_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ag.REGISTRY["sigmoid"].derivative
    monkeypatch.setattr(ag.REGISTRY["sigmoid"], "derivative", _times(1.001, right))  # type: ignore[arg-type]
    assert nn.check_closed_form(*case([4, 3, 2], 7, nn.quadratic_cost)).relative > 0.9e-3


@pytest.mark.parametrize("layer", [0, 1])
def test_not_a_number_is_no_agreement(monkeypatch: pytest.MonkeyPatch, layer: int) -> None:
    right = nn.closed_form.gradients

    def wrong(*args: Any) -> Any:
        found = right(*args)
        found.weights[layer][0, 0] = np.nan
        return found

    monkeypatch.setattr(nn.closed_form, "gradients", wrong)
    report = nn.check_closed_form(*case([4, 3, 2], 7, nn.quadratic_cost))
    assert report.relative == np.inf
    assert report.absolute == np.inf


# The report.


def test_the_report_prints_as_a_table() -> None:
    report = nn.check_closed_form(*case([4, 3, 2], 7, nn.quadratic_cost))
    title, heads, *lines = str(report).splitlines()
    assert title == "Reverse pass against closed form: quadratic_cost, [4, 3, 2], a mini-batch of 7, float64"
    assert heads.split() == ["quantity", "equation", "shape", "largest", "difference", "relative"]
    assert [line.split()[0] for line in lines] == ["δ¹", "∂C/∂b¹", "∂C/∂W¹", "δ²", "∂C/∂b²", "∂C/∂W²"]
    assert {len(line) for line in (heads, *lines)} == {len(heads)}
    assert "(3, 4)" in lines[2]
    assert repr(report) == str(report)
    single = nn.check_closed_form(*case([4, 3, 2], None, nn.quadratic_cost))
    assert "one example" in single.title
    assert [row.shape for row in single.rows] == [(3,), (3,), (3, 4), (2,), (2,), (2, 3)]


def test_the_report_is_an_escaped_table_in_a_notebook() -> None:
    row = nn.Difference("<δ>", "BP1", (2, 3), 1e-17, 2e-16)
    page = nn.ClosedFormReport("a < b & c", (row,))._repr_html_()
    table = ElementTree.fromstring(page)  # noqa: S314
    assert table.findtext("caption") == "a < b & c"
    assert [cell.text for cell in table.iter("td")] == ["<δ>", "BP1", "(2, 3)", "1.0e-17", "2.0e-16"]
    real = nn.check_closed_form(*case([4, 3, 2], 7, nn.quadratic_cost))._repr_html_()
    assert len(list(ElementTree.fromstring(real).iter("tr"))) == 7  # noqa: S314


# What has no closed form here.


@pytest.mark.parametrize(
    "model, cost, message",
    [
        (nn.Linear(3, 2), nn.quadratic_cost, r"nn\.MLP, not of Linear"),
        (nn.MLP([3, 3, 2], activation="tanh"), nn.quadratic_cost, "sigmoid network"),
        (nn.MLP([3, 3, 2], activation="relu", output="sigmoid"), nn.quadratic_cost, "sigmoid network"),
        (nn.MLP([3, 2], output="tanh"), nn.quadratic_cost, "sigmoid network"),
        (nn.MLP([3, 2]), nn.softmax_cross_entropy, r"knows nn\.quadratic_cost and nn\.cross_entropy_cost"),
    ],
    ids=["no MLP", "tanh", "relu", "tanh output", "cost"],
)
def test_other_models_and_costs_are_refused(model: Any, cost: Any, message: str) -> None:
    with pytest.raises(ag.ArgumentError, match=message):
        nn.check_closed_form(model, np.ones(3), np.ones(2), cost)


@pytest.mark.parametrize("check", [nn.check_closed_form, nn.closed_form.deltas, nn.closed_form.gradients])
@pytest.mark.parametrize("x, y, message", [((4, 2), (4, 1), r"\(4, 2\).*\(3,\)"), ((4, 3), (4,), r"\(4,\).*\(4, 1\)"),
                                           ((3,), (2,), r"\(2,\).*\(1,\)"), ((2, 4, 3), (4, 1), "several")],
                         ids=str)  # fmt: skip
def test_shapes_that_do_not_fit_are_refused(check: Any, x: Any, y: Any, message: str) -> None:
    with pytest.raises(ag.ShapeError, match=message):
        check(nn.MLP([3, 2, 1], rng=0, dtype=float), np.ones(x), np.ones(y))


@pytest.mark.parametrize("cost, output", [(nn.quadratic_cost, "identity"), (nn.cross_entropy_cost, "sigmoid")])
def test_a_cost_of_the_other_kind_of_output_is_refused(cost: Any, output: str) -> None:
    model = nn.MLP([3, 2], rng=0, dtype=float, output=output)
    with pytest.raises(ag.ArgumentError, match=r"output=.(sigmoid|identity)"):
        nn.check_closed_form(model, np.ones(3), np.ones(2), cost)


@pytest.mark.parametrize("first, x", [(2, np.ones(4)), (2, np.ones((5, 4))), (0, np.ones(4))], ids=str)
def test_layers_may_be_counted_as_the_book_counts_them(first: int, x: np.ndarray) -> None:
    model = nn.MLP([4, 3, 2], rng=0, dtype=float, first_layer=first)
    plain = nn.MLP([4, 3, 2], rng=0, dtype=float)
    y = np.zeros((*x.shape[:-1], 2))
    cost = nn.quadratic_cost(model(x), y)
    names = [f"{letter}{first + i}" for i in (0, 1) for letter in "Wb"]
    assert [p.name for p in model.parameters()] == names
    assert {t.name for t in ag.ancestors(cost) if t.node is not None and t.name} == {
        *(f"{letter}{first + i}" for i in (0, 1) for letter in "za"), "C"
    }  # fmt: skip
    assert model(x).numpy().tobytes() == plain(x).numpy().tobytes()
    report = nn.check_closed_form(model, x, y)
    other = nn.check_closed_form(plain, x, y)
    assert [row.equation for row in report.rows] == [row.equation for row in other.rows]
    assert report.relative == other.relative
    raised = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    assert [row.quantity[-1] for row in report.rows] == [str(first + i).translate(raised) for i in (0, 0, 0, 1, 1, 1)]
    assert repr(model).startswith(f"MLP([4, 3, 2], first_layer={first}\n") and "first_layer" not in repr(plain)
    with pytest.raises(ag.ShapeError, match=f"layer {first}: the input has shape .*, but W{first}"):
        model(np.ones(3))


@pytest.mark.parametrize("first", [-1, 1.5, "2", None])
def test_a_first_layer_that_is_no_number_is_refused(first: object) -> None:
    with pytest.raises(ag.ArgumentError, match="first_layer must be a whole number of at least 0"):
        nn.MLP([2, 1], first_layer=first)  # type: ignore[arg-type]
