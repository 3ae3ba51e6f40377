"""The costs: values by hand, gradients, what counts as one example, and what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

COSTS = [nn.quadratic_cost, nn.cross_entropy_cost, nn.softmax_cross_entropy]
every_cost = pytest.mark.parametrize("cost", COSTS)


def log_softmax(z: np.ndarray) -> np.ndarray:
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def by_hand(cost: Any, z: np.ndarray, y: np.ndarray) -> float:
    """Each cost straight from its definition, example by example."""
    total = 0.0
    rows = list(zip(np.atleast_2d(z), np.atleast_2d(y), strict=True))
    for output, target in rows:
        if cost is nn.quadratic_cost:
            total += np.linalg.norm(target - output) ** 2 / 2
        elif cost is nn.cross_entropy_cost:
            a = 1 / (1 + np.exp(-output))
            total -= (target * np.log(a) + (1 - target) * np.log(1 - a)).sum()
        else:
            total -= target @ log_softmax(output)
    return total / len(rows)


def gradient_by_hand(cost: Any, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    examples = 1 if z.ndim == 1 else len(z)
    if cost is nn.quadratic_cost:
        return (z - y) / examples
    if cost is nn.cross_entropy_cost:
        return (1 / (1 + np.exp(-z)) - y) / examples
    return (np.exp(log_softmax(z)) * y.sum(axis=-1, keepdims=True) - y) / examples


def pair(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(shape)
    return rng.standard_normal(shape) * 2, rng.random(shape)


@every_cost
@pytest.mark.parametrize("shape", [(1,), (4,), (1, 1), (1, 4), (6, 1), (6, 4)], ids=str)
def test_values_and_gradients_by_hand(cost: Any, shape: tuple[int, ...]) -> None:
    z, y = pair(shape)
    logits, target = ag.tensor(z, requires_grad=True), ag.tensor(y, requires_grad=True)
    value = cost(logits, target)
    value.backward()
    assert value.shape == ()
    assert value.name == "C"
    assert value.item() == pytest.approx(by_hand(cost, z, y), rel=1e-13, abs=1e-15)
    np.testing.assert_allclose(logits.grad, gradient_by_hand(cost, z, y), rtol=1e-12, atol=1e-15)
    assert cost(z, y).item() == value.item()


@every_cost
def test_gradients_by_gradcheck_to_second_order(cost: Any) -> None:
    for shape in [(4,), (3, 2)]:
        z, y = (ag.tensor(each, requires_grad=True) for each in pair(shape))
        assert ag.gradcheck(cost, z, y).passed
        assert ag.gradcheck(cost, z, y, order=2).passed


def test_figures_known_by_heart() -> None:
    assert nn.quadratic_cost(np.array([1.0, 2.0]), np.array([4.0, 6.0])).item() == 12.5
    assert nn.quadratic_cost(np.array([[1.0, 2.0], [0, 0]]), np.array([[4.0, 6.0], [0, 0]])).item() == 6.25
    assert nn.cross_entropy_cost(np.zeros((3, 5)), np.ones((3, 5))).item() == pytest.approx(5 * np.log(2), rel=1e-15)
    assert nn.softmax_cross_entropy(np.zeros((3, 5)), np.eye(5)[:3]).item() == pytest.approx(np.log(5), rel=1e-15)


@every_cost
def test_a_vector_is_one_example(cost: Any) -> None:
    z, y = pair((4,))
    assert cost(z, y).item() == pytest.approx(cost(z[None], y[None]).item(), rel=1e-14)
    several = cost(np.stack([z, z, z]), np.stack([y, y, y]))
    assert several.item() == pytest.approx(cost(z, y).item(), rel=1e-14)


@every_cost
@pytest.mark.parametrize("dtype", [int, np.int8, np.uint8, bool])
def test_whole_number_one_hot_targets_are_taken_as_numbers(cost: Any, dtype: Any) -> None:
    z, _ = pair((3, 4))
    one_hot = np.eye(4)[[0, 2, 3]]
    for output in (z, z.astype(np.float32)):
        expected = cost(output, one_hot.astype(output.dtype))
        found = cost(output, one_hot.astype(dtype))
        assert found.item() == expected.item()
        assert found.dtype == output.dtype


@every_cost
def test_a_double_target_does_not_widen_a_single_output(cost: Any) -> None:
    z, y = pair((3, 4))
    logits = ag.tensor(z, dtype=np.float32, requires_grad=True)
    value = cost(logits, y)
    value.backward()
    assert value.dtype == logits.grad.dtype == np.float32


def test_whole_number_outputs_do_not_cut_the_target() -> None:
    assert nn.quadratic_cost(np.array([1, 0]), np.array([0.5, 0.5])).item() == 0.25


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("y, expected, gradients", [
    ([0.0, 1.0], 0.0, [0.0, 0.0]), ([1.0, 0.0], 2000.0, [-1.0, 1.0]), ([0.0, 0.0], 1000.0, [0.0, 1.0]),
])  # fmt: skip
def test_k12_cross_entropy_is_exact_at_a_thousand(dtype: Any, y: Any, expected: float, gradients: Any) -> None:
    logits = ag.tensor([-1000.0, 1000.0], dtype=dtype, requires_grad=True)
    value = nn.cross_entropy_cost(logits, np.array(y, dtype))
    value.backward()
    assert value.item() == expected
    assert logits.grad.tolist() == gradients


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", [1, [0.0, 1.0]], ids=["label", "one-hot"])
@pytest.mark.parametrize("z, expected, gradients", [
    ([1000.0, -1000.0], 2000.0, [1.0, -1.0]), ([-1000.0, 1000.0], 0.0, [0.0, 0.0]),
    ([1000.0, 1000.0], np.log(2), [0.5, -0.5]),
])  # fmt: skip
def test_softmax_cross_entropy_is_exact_at_a_thousand(
    dtype: Any, target: Any, z: Any, expected: float, gradients: Any
) -> None:
    logits = ag.tensor(z, dtype=dtype, requires_grad=True)
    value = nn.softmax_cross_entropy(logits, target if target == 1 else np.array(target, dtype))
    value.backward()
    assert value.item() == pytest.approx(expected, rel=float(4 * np.finfo(dtype).eps))
    np.testing.assert_allclose(logits.grad, gradients, rtol=4 * np.finfo(dtype).eps)


def test_quadratic_cost_at_a_thousand() -> None:
    a = ag.tensor([-1000.0, 1000.0], requires_grad=True)
    value = nn.quadratic_cost(ag.sigmoid(a), np.array([1.0, 0.0]))
    value.backward()
    assert value.item() == 1
    assert a.grad.tolist() == [0, 0]


# Labels.


@pytest.mark.parametrize("dtype", [int, np.uint8, np.int32])
def test_labels_and_one_hot_rows_give_the_same(dtype: Any) -> None:
    z, _ = pair((5, 3))
    labels = np.array([2, 0, 1, 1, 2])
    by_label, by_row = (ag.tensor(z, requires_grad=True) for _ in range(2))
    first = nn.softmax_cross_entropy(by_label, labels.astype(dtype))
    second = nn.softmax_cross_entropy(by_row, np.eye(3)[labels])
    first.backward()
    second.backward()
    assert first.item() == pytest.approx(second.item(), rel=1e-15)
    np.testing.assert_allclose(by_label.grad, by_row.grad, rtol=1e-14, atol=1e-17)
    assert nn.softmax_cross_entropy(z, ag.tensor(labels)).item() == first.item()
    assert nn.softmax_cross_entropy(z, labels.tolist()).item() == first.item()


def test_one_label_for_one_example() -> None:
    z, _ = pair((3,))
    assert nn.softmax_cross_entropy(z, 2).item() == pytest.approx(-log_softmax(z)[2], rel=1e-14)


@pytest.mark.parametrize("labels", [[0, 1, 3], [-1, 0, 1], [0, 1, 300]])
def test_labels_out_of_range_are_refused(labels: list[int]) -> None:
    message = "softmax_cross_entropy: a label is out of range: the 3 outputs stand for 0 to 2"
    with pytest.raises(ag.IndexingError, match=message):
        nn.softmax_cross_entropy(np.zeros((3, 3)), np.array(labels))
    with pytest.raises(IndexError):
        nn.softmax_cross_entropy(np.zeros(3), labels[-1] if labels[-1] > 2 else labels[0])


# What does not fit.


@every_cost
def test_a_flat_target_for_a_column_is_refused_with_the_remedy(cost: Any) -> None:
    with pytest.raises(ag.ShapeError) as caught:
        cost(np.zeros((4, 1)), np.zeros(4))
    message = str(caught.value)
    assert message.startswith(f"{cost.__name__}: the target has shape (4,), the output (4, 1); they must be equal")
    assert message.endswith("write target.reshape(4, 1)")
    assert cost(np.zeros((4, 1)), np.zeros(4).reshape(4, 1)).item() >= 0
    with pytest.raises(ag.ShapeError, match=r"\(4, 1\), the output \(4,\)"):
        cost(np.zeros(4), np.zeros((4, 1)))


@pytest.mark.parametrize("cost", COSTS[:2])
def test_labels_for_rows_are_refused_with_the_remedy(cost: Any) -> None:
    with pytest.raises(ag.ShapeError, match=r"np\.eye\(3\)\[labels\], or use softmax_cross_entropy"):
        cost(np.zeros((4, 3)), np.array([0, 1, 2, 0]))


@every_cost
@pytest.mark.parametrize("output, target", [((4, 3), (4, 1)), ((4, 3), (1, 3)), ((4, 3), (3, 4)), ((4, 3), (3,)),
                                            ((4, 3), ()), ((3,), (1,)), ((1, 3), (4, 3))], ids=str)  # fmt: skip
def test_nothing_broadcasts(cost: Any, output: tuple[int, ...], target: tuple[int, ...]) -> None:
    with pytest.raises(ag.ShapeError) as caught:
        cost(np.zeros(output), np.zeros(target))
    assert str(target) in str(caught.value)
    assert str(output) in str(caught.value)


@every_cost
@pytest.mark.parametrize("shape", [(0, 3), (0, 1), (0,), (3, 0)], ids=str)
def test_an_empty_batch_is_refused(cost: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(ag.DataError, match=r"there are no examples in an output of shape \(") as caught:
        cost(np.zeros(shape), np.zeros(shape))
    assert str(shape) in str(caught.value)


def test_an_empty_batch_of_labels_is_refused() -> None:
    with pytest.raises(ag.DataError, match="no examples"):
        nn.softmax_cross_entropy(np.zeros((0, 3)), np.zeros(0, int))


@every_cost
@pytest.mark.parametrize("shape", [(), (2, 3, 4)], ids=str)
def test_an_output_that_is_no_row_of_examples_is_refused(cost: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(ag.ShapeError, match=r"\(outputs,\) or \(examples, outputs\), not \("):
        cost(np.zeros(shape), np.zeros(shape))


@every_cost
def test_a_refusal_leaves_no_scope_and_no_gradient(cost: Any) -> None:
    w = ag.tensor(np.zeros((4, 1)), requires_grad=True)
    with pytest.raises(ag.ShapeError):
        cost(w, np.zeros(4))
    assert w.grad is None
    assert (w * 2).node.scope == ()


# Probabilities where logits belong.


@pytest.mark.parametrize("cost", COSTS[1:])
@pytest.mark.parametrize("activation", [ag.sigmoid, ag.softmax])
@pytest.mark.parametrize("moved", [lambda a: a, lambda a: a.reshape(4, 3).T],
                         ids=["itself", "moved"])  # fmt: skip
def test_a_cost_from_logits_refuses_the_outputs_of_an_activation(cost: Any, activation: Any, moved: Any) -> None:
    z = ag.tensor(pair((3, 4))[0], requires_grad=True)
    output = moved(activation(z))
    with pytest.raises(ag.ArgumentError) as caught:
        cost(output, np.ones(output.shape))
    message = str(caught.value)
    assert message.startswith(f"{cost.__name__}: it takes logits")
    assert f"a result of {activation.__name__}" in message
    assert 'nn.MLP(…, output="identity")' in message


@pytest.mark.parametrize("compiled", [False, True])
def test_fit_refuses_a_sigmoid_network_with_a_cost_from_logits_and_changes_nothing(compiled: bool) -> None:
    model = nn.MLP([4, 3, 2], rng=0)
    before = [p.numpy().tobytes() for p in model.parameters()]
    data = np.ones((5, 4), np.float32), np.eye(2, dtype=np.float32)[[0, 1, 0, 1, 1]]
    for cost in COSTS[1:]:
        optimizer = nn.SGD(model.parameters(), 0.1)
        with pytest.raises(ag.ArgumentError, match="it takes logits"):
            nn.fit(model, cost, data, optimizer, 1, 5, progress=False, compile=compiled)
    assert [p.numpy().tobytes() for p in model.parameters()] == before


@every_cost
def test_other_activations_are_logits_like_any(cost: Any) -> None:
    z = ag.tensor(pair((3, 4))[0], requires_grad=True)
    for output in (ag.tanh(z), ag.relu(z), z * 2, ag.log(ag.softmax(z)), ag.log_softmax(z), ag.sigmoid(z) * 3):
        assert cost(output, np.ones((3, 4))).shape == ()
    assert nn.quadratic_cost(ag.sigmoid(z), np.ones((3, 4))).shape == ()
