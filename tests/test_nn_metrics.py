"""Metrics against plain loops, and what is no class refused by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

OUTPUTS = np.random.default_rng(0).standard_normal((60, 4))
LABELS = np.random.default_rng(1).integers(0, 4, 60)
SCORES = 1 / (1 + np.exp(-OUTPUTS[:, 0]))
BITS = LABELS % 2


def counted(k: int, given: list[int], wanted: list[int]) -> tuple[int, int, int]:
    """Right, given and wanted, one by one."""
    return (
        sum(g == k == w for g, w in zip(given, wanted, strict=True)), given.count(k), wanted.count(k),
    )  # fmt: skip


def by_hand(average: str, given: list[int], wanted: list[int], count: int) -> tuple[float, float, float]:
    rows = []
    for k in range(count):
        right, predicted, actual = counted(k, given, wanted)
        p = right / predicted if predicted else 0.0
        r = right / actual if actual else 0.0
        f = 2 * p * r / (p + r) if p + r else 0.0
        weight = {"macro": float(predicted + actual > 0), "weighted": float(actual)}[average]
        rows.append((weight, p, r, f))
    total = sum(row[0] for row in rows)
    return tuple(sum(row[0] * row[i] for row in rows) / total for i in (1, 2, 3))  # type: ignore[return-value]


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_precision_recall_and_f1_of_several_classes(average: str) -> None:
    given = OUTPUTS.argmax(axis=1).tolist()
    expected = by_hand(average, given, LABELS.tolist(), 4)
    found = [metric(OUTPUTS, LABELS, average) for metric in (nn.precision, nn.recall, nn.f1)]
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    rows = [metric(OUTPUTS, np.eye(4)[LABELS], average) for metric in (nn.precision, nn.recall, nn.f1)]
    assert rows == found


def test_classes_that_do_not_occur_count_in_no_mean_and_one_that_is_never_given_is_0() -> None:
    outputs = np.eye(4)[[0, 0, 1, 1]]
    labels = np.array([0, 0, 1, 2])  # 2 is never given, 3 does not occur at all
    assert nn.precision(outputs, labels) == pytest.approx((1 + 0.5 + 0) / 3)
    assert nn.recall(outputs, labels) == pytest.approx((1 + 1 + 0) / 3)
    assert nn.precision(outputs, labels, "micro") == nn.accuracy(outputs, labels) == 0.75


def test_figures_of_one_output_are_those_of_class_1() -> None:
    given = (SCORES > 0.5).astype(int).tolist()
    right, predicted, actual = counted(1, given, BITS.tolist())
    assert nn.precision(SCORES, BITS) == right / predicted
    assert nn.recall(SCORES[:, None], BITS) == right / actual
    assert nn.f1(SCORES, BITS[:, None]) == pytest.approx(2 * right / (predicted + actual), rel=1e-15)
    assert nn.precision(np.array([0.1, 0.2]), np.array([1, 0])) == 0


def test_the_confusion_matrix_counts_each_pair() -> None:
    expected = np.zeros((4, 4), int)
    for output, label in zip(OUTPUTS, LABELS, strict=True):
        expected[label, int(np.argmax(output))] += 1
    assert nn.confusion_matrix(OUTPUTS, LABELS).tolist() == expected.tolist()
    assert nn.confusion_matrix(np.array([0.9, 0.1]), np.array([1, 1])).tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_looks_among_the_k_largest(k: int) -> None:
    expected = np.mean([label in np.argsort(-row)[:k] for row, label in zip(OUTPUTS, LABELS, strict=True)])
    assert nn.top_k(OUTPUTS, LABELS, k) == expected
    assert nn.top_k(OUTPUTS, np.eye(4)[LABELS], k) == expected


def test_outputs_that_are_all_the_same_are_among_no_k_largest() -> None:
    assert nn.top_k(np.ones((5, 4)), np.zeros(5, int), 3) == 0


def test_logits_and_thresholds_of_accuracy_are_stated() -> None:
    logits = np.array([-2.0, 0.3, 0.7, 3.0])
    right = np.array([0, 1, 1, 1])
    assert nn.accuracy(logits, right, logits=True) == 1
    assert nn.accuracy(logits, right) == 0.75  # at 1/2, where 0.3 is below
    for threshold in (0.2, 0.6, 0.9):
        probabilities = 1 / (1 + np.exp(-logits))
        assert nn.accuracy(logits, right, logits=True, threshold=threshold) == nn.accuracy(
            probabilities, right, threshold=threshold
        )
    assert nn.accuracy(ag.asarray, logits, right, logits=True) == 1


def test_mean_errors() -> None:
    x, y = OUTPUTS, OUTPUTS[::-1] * 0.5
    assert nn.root_mean_squared_error(x, y) == pytest.approx(math.sqrt(((x - y) ** 2).mean()), rel=1e-14)
    columns = [1 - ((y - x)[:, j] ** 2).sum() / ((y[:, j] - y[:, j].mean()) ** 2).sum() for j in range(4)]
    assert nn.r2(x, y) == pytest.approx(np.mean(columns), rel=1e-13)
    assert nn.r2(y, y) == 1
    assert nn.r2(np.full_like(y, y.mean(axis=0)), y) == pytest.approx(0, abs=1e-15)
    # In double precision, whatever they come in.
    large = np.float32(1e30) * np.array([1, 2, 3], np.float32)
    assert nn.r2(ag.tensor(large), large) == 1


@pytest.mark.parametrize("metric", [nn.precision, nn.recall, nn.f1, nn.confusion_matrix])
def test_logits_are_not_taken_for_probabilities(metric: Any) -> None:
    logits, right = np.array([-2.0, 0.3, 0.7, 3.0]), np.array([0, 1, 1, 1])
    with pytest.raises(
        ag.DataError, match=r"go from -2 to 3, which are no probabilities: of logits write .*logits=True"
    ):
        metric(logits, right)
    probabilities = 1 / (1 + np.exp(-logits))
    assert np.array_equal(metric(logits, right, logits=True), metric(probabilities, right))
    assert np.array_equal(metric(logits, right, threshold=0.5), metric(np.clip(logits, 0, 1), right))


REGRESSION = np.array([[0.1], [2.5], [0.7]])


@pytest.mark.parametrize("metric", [nn.accuracy, nn.precision, nn.recall, nn.f1, nn.confusion_matrix])
@pytest.mark.parametrize(
    "outputs, targets, message",
    [
        (REGRESSION, REGRESSION, r"y goes from 0.1 to 2.5, but the classes of one output are 0 and 1"),
        (REGRESSION, REGRESSION / 3, r"y has 3 different numbers, such as 0.2.*: numbers are measured by"),
        (REGRESSION, np.array([0.6, 0.9, 0.6]), "y has 2 different numbers, such as 0.9"),
        (OUTPUTS, OUTPUTS, "y is no class in example 0: a row is one-hot"),
        (np.eye(3), np.ones((3, 3)), "sum 1; numbers are measured by nn.mean_absolute_error or nn.r2"),
        (np.eye(3), np.array([0, 1, 3]), "first that is none is 3, in example 2"),
        (np.array([[0.0, 1.0], [np.nan, 0.0]]), np.array([0, 1]), "the output of example 1 is nan"),
        (np.zeros((0, 3)), np.zeros(0, int), "no examples"),
    ],
    ids=["one output", "in 0 to 1", "both above", "several outputs", "not one-hot", "label", "nan", "nothing"],
)
def test_the_accuracy_of_a_regression_and_other_targets_without_classes_are_refused(
    metric: Any, outputs: np.ndarray, targets: np.ndarray, message: str
) -> None:
    with pytest.raises(ag.DataError, match=message):
        metric(outputs, targets)


def test_smoothed_targets_are_classes() -> None:
    assert nn.accuracy(np.array([0.9, 0.2]), np.array([0.95, 0.05])) == 1
    assert nn.accuracy(np.eye(3), np.eye(3) * 0.7 + 0.1) == 1


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "shapes": (lambda: nn.r2(np.ones((3, 1)), np.ones(3)), ag.ShapeError, r"equal: write y.reshape\(3, 1\)"),
    "shapes of errors": (lambda: nn.root_mean_squared_error(np.ones(3), np.ones(2)), ag.ShapeError, "must be equal"),
    "one number over and over": (
        lambda: nn.r2(OUTPUTS, np.ones_like(OUTPUTS)), ag.DataError, "targets of output 0 are all 1, and have no var",
    ),
    "k of all": (lambda: nn.top_k(OUTPUTS, LABELS, 4), ag.ArgumentError, "every class is among the 4 largest of 4"),
    "k of none": (lambda: nn.top_k(OUTPUTS, LABELS, 0), ag.ArgumentError, "top_k: k must be a whole number of at le"),
    "top of one output": (lambda: nn.top_k(SCORES, BITS, 1), ag.ShapeError, r"\(examples, classes\), not \(60,\)"),
    "average": (lambda: nn.f1(OUTPUTS, LABELS, "mean"), ag.ArgumentError, "'macro', 'weighted' or 'micro', not 'me"),
    "threshold": (lambda: nn.accuracy(SCORES, BITS, threshold=1), ag.ArgumentError, "number between 0 and 1, not 1"),
    "threshold of several": (lambda: nn.f1(OUTPUTS, LABELS, threshold=0.3), ag.ArgumentError, "is for one output"),
    "y of a shape": (lambda: nn.accuracy(OUTPUTS, np.ones((60, 2))), ag.ShapeError, "accuracy: y has shape"),
    "words": (lambda: nn.accuracy(OUTPUTS, ["a"] * 60), ag.DataError, "accuracy: y has dtype|no array of numbers"),
    "no targets": (lambda: nn.accuracy(nn.MLP([2, 2]), OUTPUTS), ag.ArgumentError, r"write nn.accuracy\(model, x, y"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_metric_says_what_is_wrong(name: str) -> None:
    call, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        call()
