"""The costs beyond the book's: values by hand in double precision, gradients, reductions, and what does not fit."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.costs import takes_logits

Array = np.ndarray
RNG = np.random.default_rng(0)
Z, Y = RNG.standard_normal((6, 4)) * 2, RNG.standard_normal((6, 4))
P = RNG.dirichlet(np.ones(4), 6)
P[0] = [0, 0.25, 0.75, 0]
LABELS = np.array([0, 3, 1, 1, 2, 0])
SIGNS = np.sign(Y)
WEIGHTS = np.array([0.5, 2.0, 1.0, 3.0])


def log_softmax(z: Array) -> Array:
    found: Array = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return found


def sigma(z: Array) -> Array:
    found: Array = 1 / (1 + np.exp(-z))
    return found


def huber(z: Array, y: Array, delta: float) -> Array:
    e = np.abs(z - y)
    return np.where(e <= delta, e**2 / 2, delta * (e - delta / 2))


def cosine(z: Array, y: Array) -> Array:
    return np.array([1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) for a, b in zip(z, y, strict=True)])


def binary(z: Array, y: Array, weight: float = 1.0) -> Array:
    found: Array = -(weight * y * np.log(sigma(z)) + (1 - y) * np.log(1 - sigma(z)))
    return found


def kullback_leibler(z: Array, p: Array) -> Array:
    found: Array = np.where(p > 0, p * (np.log(np.where(p > 0, p, 1)) - log_softmax(z)), 0.0).sum(axis=1)
    return found


def softmax(z: Array, rows: Array, smoothing: float = 0.0, weights: Array | None = None) -> Array:
    """For each example -Σⱼ wⱼ y'ⱼ ln softmax(z)ⱼ with y' = (1 - ε) y + ε/k, as PyTorch's documentation has it."""
    smoothed = (1 - smoothing) * rows + smoothing / rows.shape[1]
    found: Array = -((1 if weights is None else weights) * smoothed * log_softmax(z)).sum(axis=1)
    return found


# What it is called on, each element or example by hand, and what the mean divides by.
ROWS = np.eye(4)[LABELS]
smoothed = functools.partial(nn.softmax_cross_entropy, smoothing=0.2)
weighted = functools.partial(nn.softmax_cross_entropy, weights=WEIGHTS)
both = functools.partial(nn.softmax_cross_entropy, weights=WEIGHTS, smoothing=0.2)
COSTS: dict[str, tuple[Any, Array, Array, Array, float]] = {
    "quadratic": (nn.quadratic_cost, Z, Y, ((Z - Y) ** 2).sum(axis=1) / 2, 6),
    "cross-entropy": (nn.cross_entropy_cost, Z, P, binary(Z, P).sum(axis=1), 6),
    "mean squared": (nn.mean_squared_error, Z, Y, (Z - Y) ** 2, 24),
    "mean absolute": (nn.mean_absolute_error, Z, Y, np.abs(Z - Y), 24),
    "huber": (nn.huber_cost, Z, Y, huber(Z, Y, 1.0), 24),
    "huber at 1/2": (functools.partial(nn.huber_cost, delta=0.5), Z, Y, huber(Z, Y, 0.5), 24),
    "hinge": (nn.hinge_cost, Z, SIGNS, np.maximum(0, 1 - SIGNS * Z), 24),
    "cosine": (nn.cosine_cost, Z, Y, cosine(Z, Y), 6),
    "binary": (nn.binary_cross_entropy, Z, P, binary(Z, P), 24),
    "binary with weight": (functools.partial(nn.binary_cross_entropy, positive_weight=3), Z, P, binary(Z, P, 3), 24),
    "kullback-leibler": (nn.kullback_leibler_cost, Z, P, kullback_leibler(Z, P), 6),
    "softmax of rows": (nn.softmax_cross_entropy, Z, P, softmax(Z, P), 6),
    "softmax of labels": (nn.softmax_cross_entropy, Z, LABELS, softmax(Z, ROWS), 6),
    "smoothed rows": (smoothed, Z, P, softmax(Z, P, 0.2), 6),
    "smoothed labels": (smoothed, Z, LABELS, softmax(Z, ROWS, 0.2), 6),
    "weighted rows": (weighted, Z, P, softmax(Z, P, 0, WEIGHTS), 6),
    "weighted labels": (weighted, Z, LABELS, softmax(Z, ROWS, 0, WEIGHTS), WEIGHTS[LABELS].sum()),
    "weighted and smoothed": (both, Z, LABELS, softmax(Z, ROWS, 0.2, WEIGHTS), WEIGHTS[LABELS].sum()),
    "likelihood of labels": (nn.negative_log_likelihood, log_softmax(Z), LABELS, softmax(Z, ROWS), 6),
    "likelihood of rows": (nn.negative_log_likelihood, log_softmax(Z), P, softmax(Z, P), 6),
    "weighted likelihood": (
        functools.partial(nn.negative_log_likelihood, weights=WEIGHTS), log_softmax(Z), LABELS,
        softmax(Z, ROWS, 0, WEIGHTS), WEIGHTS[LABELS].sum(),
    ),
}  # fmt: skip
every_cost = pytest.mark.parametrize("name", COSTS)


@every_cost
def test_values_by_hand_with_every_reduction(name: str) -> None:
    cost, z, y, each, count = COSTS[name]
    np.testing.assert_allclose(cost(z, y, reduction="none").numpy(), each, rtol=1e-12, atol=1e-15)
    assert cost(z, y, reduction="sum").item() == pytest.approx(each.sum(), rel=1e-12)
    assert cost(z, y).item() == pytest.approx(each.sum() / count, rel=1e-12)
    assert cost(z, y).name == "C" and cost(z, y).shape == ()
    assert cost(z.astype(np.float32), y).dtype == np.float32
    assert cost(z.astype(np.float32), y, reduction="none").dtype == np.float32
    # One example is a row of its own.
    if count in (6, 24):
        assert cost(z[0], y[0], reduction="sum").item() == pytest.approx(each[0].sum(), rel=1e-12)


@every_cost
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_gradients_by_gradcheck(name: str, reduction: str) -> None:
    cost, z, y, _, _ = COSTS[name]
    z = z - 0.5  # logarithms of probabilities stay below 0 where they are moved
    assert ag.gradcheck(lambda z: cost(z, y, reduction=reduction), ag.tensor(z, requires_grad=True)).passed


@pytest.mark.parametrize("name", [name for name, (_, _, y, _, _) in COSTS.items() if y is Y or y is P])
def test_gradients_of_targets_by_gradcheck(name: str) -> None:
    cost, z, y, _, _ = COSTS[name]
    target = ag.tensor(y if y is Y else 0.1 + 0.8 * y, requires_grad=True)  # inside of the bounds, where it is smooth
    assert ag.gradcheck(lambda y: cost(z, y), target).passed


@every_cost
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_compiled_cost_and_its_gradient_have_the_same_bits(name: str, dtype: Any, reduction: str) -> None:
    cost, z, y, _, _ = COSTS[name]
    w = ag.tensor(z.astype(dtype), requires_grad=True)

    def step(y: Any) -> ag.Tensor:
        w.grad = None
        value = cost(w if "likelihood" not in name else w - 0.5, y, reduction=reduction)
        ag.sum(value).backward()
        return value

    one = ag.compile(step)
    for rows in (slice(None), slice(None, None, -1), slice(None)):
        target = np.ascontiguousarray(y[rows])
        eager, slope = step(target).numpy(), w.grad.tobytes()
        assert one(target).numpy().tobytes() == eager.tobytes()
        assert w.grad.tobytes() == slope
    assert one.records == 1


@pytest.mark.parametrize(
    "cost", [nn.mean_squared_error, nn.mean_absolute_error, nn.huber_cost, nn.binary_cross_entropy]
)
def test_costs_of_numbers_take_any_shape(cost: Any) -> None:
    z, y = RNG.standard_normal((2, 3, 4, 5)), RNG.random((2, 3, 4, 5))
    flat = cost(z.reshape(-1), y.reshape(-1)).item()
    assert cost(z, y).item() == pytest.approx(flat, rel=1e-14)
    assert cost(z, y, reduction="none").shape == z.shape
    assert cost(z[0, 0, 0, 0], y[0, 0, 0, 0]).shape == ()


def test_mean_errors_are_metrics_too() -> None:
    assert float(nn.mean_squared_error(Z, Y)) == pytest.approx(nn.root_mean_squared_error(Z, Y) ** 2, rel=1e-13)


def test_the_books_costs_in_the_words_of_others() -> None:
    assert nn.mean_squared_error(Z, Y).item() == pytest.approx(2 / 4 * nn.quadratic_cost(Z, Y).item(), rel=1e-14)
    assert nn.binary_cross_entropy(Z, P).item() == pytest.approx(nn.cross_entropy_cost(Z, P).item() / 4, rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_costs_from_logits_are_exact_at_a_thousand(dtype: Any) -> None:
    z = np.array([[1000.0, -1000.0]], dtype)
    for weight in (1, 2):
        cost = functools.partial(nn.binary_cross_entropy, positive_weight=weight, reduction="none")
        assert cost(z, np.array([[1, 0]])).numpy().tolist() == [[0, 0]]
        assert cost(z, np.array([[0, 1]])).numpy().tolist() == [[1000, 1000 * weight]]
    assert nn.kullback_leibler_cost(z, np.array([[1.0, 0.0]], dtype)).item() == 0
    assert nn.kullback_leibler_cost(z, np.array([[0.0, 1.0]], dtype)).item() == 2000


def test_a_vector_of_zeros_is_at_right_angles_and_has_a_gradient_that_is_finite() -> None:
    z = ag.tensor(np.zeros((1, 3)), requires_grad=True)
    value = nn.cosine_cost(z, np.ones((1, 3)))
    value.backward()
    assert value.item() == 1 and np.isfinite(z.grad).all()


# Ignored labels.


@pytest.mark.parametrize("ignored", [-100, 2])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("cost", [nn.softmax_cross_entropy, nn.negative_log_likelihood])
def test_ignored_examples_cost_nothing_and_count_for_nothing(cost: Any, weights: Any, ignored: int) -> None:
    outputs = log_softmax(Z)
    labels = LABELS.copy()
    labels[[1, 4]] = ignored
    kept = labels != ignored
    alone, together = (ag.tensor(outputs[rows], requires_grad=True) for rows in (kept, slice(None)))
    first = cost(alone, labels[kept], weights=weights)
    second = cost(together, labels, weights=weights, ignored=ignored)
    first.backward()
    second.backward()
    assert second.item() == pytest.approx(first.item(), rel=1e-14)
    np.testing.assert_allclose(together.grad[kept], alone.grad, rtol=1e-13)
    assert not together.grad[~kept].any()
    assert cost(outputs, labels, ignored=ignored, reduction="none").numpy()[[1, 4]].tolist() == [0, 0]


def test_where_all_are_ignored_the_cost_is_0_and_so_is_its_gradient() -> None:
    for weights in (None, WEIGHTS):
        z = ag.tensor(Z, requires_grad=True)
        value = nn.softmax_cross_entropy(z, np.full(6, -1), ignored=-1, weights=weights, smoothing=0.1)
        value.backward()
        assert value.item() == 0 and not z.grad.any()


@pytest.mark.parametrize("options", [{}, {"ignored": 1}, {"weights": WEIGHTS, "smoothing": 0.1}], ids=str)
def test_labels_of_sequences_are_examples_each(options: dict[str, Any]) -> None:
    z, labels = RNG.standard_normal((2, 3, 5, 4)), RNG.integers(0, 4, (2, 3, 5))
    cost = functools.partial(nn.softmax_cross_entropy, **options)
    assert cost(z, labels).item() == cost(z.reshape(-1, 4), labels.reshape(-1)).item()
    each = cost(z, labels, reduction="none")
    assert each.shape == (2, 3, 5)
    assert each.numpy().ravel().tobytes() == cost(z.reshape(-1, 4), labels.ravel(), reduction="none").numpy().tobytes()
    with pytest.raises(ag.IndexingError, match="is 9, that of example 29"):
        cost(z, np.where(np.arange(30).reshape(2, 3, 5) == 29, 9, labels))


# What does not fit.


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("bad", [4, -1, 300])
@pytest.mark.parametrize("options", [{}, {"ignored": -100}, {"weights": WEIGHTS, "smoothing": 0.1}], ids=str)
def test_a_label_out_of_range_is_named_with_its_example(compiled: bool, bad: int, options: dict[str, Any]) -> None:
    cost = functools.partial(nn.softmax_cross_entropy, **options)
    step = ag.compile(lambda y: cost(Z, y)) if compiled else lambda y: cost(Z, y)
    step(LABELS)
    labels = LABELS.copy()
    labels[[3, 5]] = bad
    with pytest.raises(ag.IndexingError, match=rf"the 4 outputs stand for 0 to 3, .* is {bad}, that of example 3"):
        step(labels)
    step(LABELS)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "cost, output, right, wrong, message",
    [
        (nn.hinge_cost, Z, SIGNS, (SIGNS + 1) / 2, "targets are -1 and 1, .* example 0; of 0 and 1 make them by 2 *"),
        (nn.binary_cross_entropy, Z, P, np.where(P[3, 1] == P, 1.5, P), "from 0 to 1, .* in example 3"),
        (nn.binary_cross_entropy, Z, P, np.where(P[2, 1] == P, np.nan, P), "from 0 to 1, .* in example 2"),
        (nn.kullback_leibler_cost, Z, P, np.where(P[4, 0] == P, -0.5, P), "a target is below 0, first in example 4"),
    ],
    ids=["hinge", "binary", "binary nan", "kullback-leibler"],
)
def test_targets_that_are_none_are_refused_eagerly_and_compiled(
    compiled: bool, cost: Any, output: Array, right: Array, wrong: Array, message: str
) -> None:
    step = ag.compile(lambda y: cost(output, y)) if compiled else lambda y: cost(output, y)
    step(right)
    with pytest.raises(ag.DataError, match=message):
        step(wrong)
    step(right)


def test_logits_are_no_logarithms_of_probabilities() -> None:
    with pytest.raises(ag.DataError, match=r"first in example \d: write nn.softmax_cross_entropy for logits"):
        nn.negative_log_likelihood(np.abs(Z), LABELS)


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "reduction": (lambda: nn.huber_cost(Z, Y, reduction="avg"), ag.ArgumentError, "'sum' or 'none', not 'avg'"),
    "reduction of the book's": (lambda: nn.quadratic_cost(Z, Y, reduction=None), ag.ArgumentError, "not None"),
    "reduction of labels": (lambda: nn.softmax_cross_entropy(Z, LABELS, reduction=1), ag.ArgumentError, "not 1"),
    "reduction of rows": (lambda: nn.softmax_cross_entropy(Z, P, reduction=1), ag.ArgumentError, "not 1"),
    "delta": (lambda: nn.huber_cost(Z, Y, delta=0), ag.ArgumentError, "delta must be a number above 0, not 0"),
    "weight": (lambda: nn.binary_cross_entropy(Z, P, positive_weight=-1), ag.ArgumentError, "positive_weight must be"),
    "smoothing": (lambda: nn.softmax_cross_entropy(Z, P, smoothing=2), ag.ArgumentError, "number from 0 to 1, not 2"),
    "weights": (lambda: nn.softmax_cross_entropy(Z, P, weights=[1, 2]), ag.ShapeError, r"\(2,\), but there are 4 cla"),
    "words as weights": (lambda: nn.softmax_cross_entropy(Z, P, weights="abc"), ag.DataError, "weights"),
    "ignored": (lambda: nn.softmax_cross_entropy(Z, LABELS, ignored=0.5), ag.ArgumentError, "a whole number such as"),
    "ignored of rows": (lambda: nn.softmax_cross_entropy(Z, P, ignored=1), ag.ArgumentError, "the target has rows"),
    "a column": (
        lambda: nn.mean_squared_error(np.ones((3, 1)), np.ones(3)), ag.ShapeError, r"write target.reshape\(3, 1\)",
    ),
    "labels for numbers": (lambda: nn.huber_cost(Z, LABELS), ag.ShapeError, r"one-hot rows, as in np.eye\(4\)"),
    "nothing": (lambda: nn.mean_squared_error(np.zeros((0, 2)), np.zeros((0, 2))), ag.DataError, "no examples"),
    "three axes": (
        lambda: nn.cosine_cost(np.ones((2, 2, 2)), np.ones((2, 2, 2))), ag.ShapeError, "(outputs,) or (examples, out",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_cost_says_what_is_wrong(name: str) -> None:
    call, kind, message = WRONG[name]
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value) or re.search(message, str(caught.value))


# Probabilities where logits belong: a mistake that trains, but badly.

OF_LOGITS = [nn.cross_entropy_cost, nn.binary_cross_entropy, nn.softmax_cross_entropy, nn.kullback_leibler_cost]
MOVED: dict[str, Callable[[Any], Any]] = {
    "itself": lambda a: a,
    "reshaped": lambda a: a.reshape(4, 6).T.reshape(6, 4),
    "cast": lambda a: a.astype(np.float32),
    "clipped": lambda a: ag.clip(a, 1e-7, 1 - 1e-7),
    "picked": lambda a: a[:, :2],
    "joined": lambda a: ag.concatenate([a, a], axis=1),
    "stacked": lambda a: ag.stack([a[:, 0], a[:, 1]], axis=1),
}


@pytest.mark.parametrize("cost", OF_LOGITS)
@pytest.mark.parametrize("activation", [ag.sigmoid, ag.softmax, ag.hard_sigmoid, ag.log_sigmoid])
@pytest.mark.parametrize("moved", MOVED)
def test_a_cost_from_logits_refuses_what_an_activation_gave(cost: Any, activation: Any, moved: str) -> None:
    output = MOVED[moved](activation(ag.tensor(Z, requires_grad=True)))
    with pytest.raises(ag.ArgumentError, match=f"{cost.__name__}: it takes logits.*a result of {activation.__name__}"):
        cost(output, np.full(output.shape, 0.25))


WRITTEN_OUT: dict[str, tuple[Callable[[Any], Any], str]] = {
    "quotient": (lambda z: 1 / (1 + ag.exp(-z)), "sigmoid"),
    "reciprocal": (lambda z: ag.reciprocal(ag.exp(-z) + 1), "sigmoid"),
    "of exponentials": (lambda z: ag.exp(z) / (1 + ag.exp(z)), "sigmoid"),
    "of logarithms": (lambda z: ag.exp(ag.log_softmax(z)), "softmax"),
    "of a logarithm": (lambda z: ag.exp(ag.log_sigmoid(z)).reshape(6, 4), "sigmoid"),
    "by its definition": (lambda z: ag.exp(z) / ag.sum(ag.exp(z), axis=1, keepdims=True), "softmax"),
    "stably": (lambda z: (e := ag.exp(z - ag.max(z, axis=1, keepdims=True))) / e.sum(axis=1, keepdims=True), "softmax"),
    "softmin": (ag.softmin, "softmax"),
}


@pytest.mark.parametrize("cost", OF_LOGITS)
@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_a_cost_from_logits_refuses_an_activation_that_is_written_out(cost: Any, name: str) -> None:
    write, activation = WRITTEN_OUT[name]
    with pytest.raises(ag.ArgumentError, match=f"it takes logits.*a result of {activation}"):
        cost(write(ag.tensor(Z, requires_grad=True)), P)


@pytest.mark.parametrize("cost", OF_LOGITS)
def test_what_only_looks_like_an_activation_is_taken(cost: Any) -> None:
    z = ag.tensor(Z, requires_grad=True)
    t = ag.tensor(0.5, requires_grad=True)
    for output in (
        1 / (1 + z * z), ag.exp(z), ag.exp(z) / 3, ag.exp(z) / ag.sum(z * z), z / (1 + ag.tanh(z)), -z,
        z / (1e-3 + ag.exp(t)), z / (1 + ag.exp(-z)), z / (1 + ag.exp(t)), 1 / (2 + ag.exp(-z)),
        ag.exp(z) / ag.sum(ag.exp(z * 2)), ag.exp(z) / (1 + ag.exp(t)),
        ag.concatenate([ag.sigmoid(z[:, :2]), z[:, 2:]], axis=1),
        ag.concatenate([z[:, :2], ag.sigmoid(z[:, 2:])], axis=1),
    ):  # fmt: skip
        assert np.isfinite(cost(output, P).item())


@pytest.mark.parametrize("cost", OF_LOGITS)
@pytest.mark.parametrize("compiled", [False, True])
def test_a_sequential_that_ends_in_an_activation_is_refused_before_it_has_trained(cost: Any, compiled: bool) -> None:
    for last in (nn.Sigmoid(), ag.softmax, nn.Sequential(nn.Sigmoid(), lambda a: a.reshape(-1, 4))):
        model = nn.Sequential(nn.Linear(3, 4, rng=0), last)
        before = [p.numpy().tobytes() for p in model.parameters()]
        with pytest.raises(ag.ArgumentError, match=r"an nn\.Sequential that ends in a layer"):
            nn.fit(model, cost, (RNG.random((6, 3)), P), nn.SGD(model.parameters(), 0.1), 1, 3, progress=False,
                   compile=compiled)  # fmt: skip
        assert [p.numpy().tobytes() for p in model.parameters()] == before


def test_probabilities_are_no_logarithms_of_them() -> None:
    with pytest.raises(ag.ArgumentError, match=r"it takes logarithms of probabilities, .* a result of softmax"):
        nn.negative_log_likelihood(ag.softmax(ag.tensor(Z, requires_grad=True)), LABELS)


def test_which_costs_take_logits() -> None:
    assert all(takes_logits(cost) for cost in [*OF_LOGITS, nn.hinge_cost, functools.partial(weighted, ignored=1)])
    assert not any(
        takes_logits(c) for c in (nn.quadratic_cost, nn.mean_squared_error, nn.negative_log_likelihood, None)
    )
