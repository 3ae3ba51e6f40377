"""How good outputs are against targets: figures of a whole data set, computed from NumPy arrays.

A metric is a function of outputs and targets that returns a float; no gradient goes through it. Examples are rows.
Knows arrays. Must not know models, costs or training.
"""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np

import autograd_lite as ag
from nn.arguments import array, number, one_of, whole


def classes(
    what: str, outputs: Any, targets: Any, threshold: float | None = None, logits: bool = False, sure: bool = False
) -> tuple[np.ndarray, np.ndarray, int]:
    """The class that each example is given, the class that is right, and how many classes there are.

    Of several outputs the largest says the class, and `targets` are rows of one (one-hot or smoothed) or labels. One
    output stands for class 1 above the threshold: 1/2, or 0 with `logits`. `threshold` is a probability, also where
    the outputs are logits; with `sure` outputs that are no probabilities must have one or the other stated. Raises
    `ShapeError` for other shapes and `DataError` for targets that are no classes.

    >>> from nn.metrics import classes
    >>> classes("here", np.array([[0.2, 0.8], [0.9, 0.1]]), np.array([1, 1]))
    (array([1, 0]), array([1, 1]), 2)
    """
    given, y = _numpy(f"{what}: the output", outputs), _numpy(f"{what}: y", targets)
    several = given.ndim == 2 and given.shape[1] > 1
    fitting = [given.shape, given.shape[:1]] if several else [given.shape, (given.size,), (given.size, 1)]
    if y.shape not in fitting:
        raise ag.ShapeError(
            f"{what}: y has shape {y.shape}, the output {given.shape}: give one-hot rows of that shape, "
            f"or labels of shape {given.shape[:1]}"
        )
    if not given.size:
        raise ag.DataError(f"{what}: there are no examples in an output of shape {given.shape}")
    if given.dtype.kind == "f" and bool(np.isnan(given).any()):
        row = int(np.isnan(given).reshape(len(given), -1).any(axis=1).argmax()) if given.ndim else 0
        raise ag.DataError(f"{what}: the output of example {row} is nan, which is no class")
    if not several:
        wanted = _bits(what, y.reshape(-1))
        if sure and threshold is None and not logits and not bool(((given >= 0) & (given <= 1)).all()):
            raise ag.DataError(
                f"{what}: the outputs go from {given.min():g} to {given.max():g}, which are no probabilities: of "
                f"logits write {what}(…, logits=True), in fit functools.partial(nn.{what}, logits=True); otherwise "
                "threshold=0.5"
            )
        return _above(what, given.reshape(-1), threshold, logits), wanted, 2
    if threshold is not None:
        raise ag.ArgumentError(f"{what}: a threshold is for one output; of {given.shape[1]} the largest says the class")
    return given.argmax(axis=1), _labels(what, y, given.shape[1]), given.shape[1]


def _above(what: str, outputs: np.ndarray, threshold: float | None, logits: bool) -> np.ndarray:
    bound = 0.5 if threshold is None else number(f"{what}: the threshold", threshold, 0, 1, ends=False)
    return (outputs > (log(bound / (1 - bound)) if logits else bound)).astype(int)


def _bits(what: str, y: np.ndarray) -> np.ndarray:
    """Targets of one output as classes: 0 and 1, or two numbers on either side of 1/2 that stand for them."""
    if not bool(((y >= 0) & (y <= 1)).all()):
        raise ag.DataError(f"{what}: y goes from {y.min()} to {y.max()}, but the classes of one output are 0 and 1")
    if len(found := np.unique(y)) > 2 or (len(found) == 2 and not found[0] < 0.5 < found[1]):
        raise ag.DataError(
            f"{what}: y has {len(found)} different numbers, such as {found[1]:g}, but the classes of one output are "
            "0 and 1: numbers are measured by nn.mean_absolute_error or nn.r2"
        )
    return np.asarray(y > 0.5, int)


def _labels(what: str, y: np.ndarray, outputs: int) -> np.ndarray:
    """Targets of several outputs as labels: rows of one are told by their largest number."""
    if y.ndim == 2:
        wrong = (y < 0).any(axis=1) | ~np.isclose(y.sum(axis=1), 1, atol=1e-3)
        if bool(wrong.any()):
            raise ag.DataError(
                f"{what}: y is no class in example {int(wrong.argmax())}: a row is one-hot, or not negative with the "
                "sum 1; numbers are measured by nn.mean_absolute_error or nn.r2"
            )
        largest: np.ndarray = y.argmax(axis=1)
        return largest
    wrong = ~((y % 1 == 0) & (y >= 0) & (y < outputs))
    if bool(wrong.any()):
        raise ag.DataError(
            f"{what}: the labels go from {y.min()} to {y.max()}, but the classes of {outputs} outputs are "
            f"the whole numbers from 0 to {outputs - 1}; the first that is none is {y[wrong.argmax()]}, in example "
            f"{int(wrong.argmax())}"
        )
    return y.astype(int)


def _numpy(what: str, value: Any) -> np.ndarray:
    found: np.ndarray = ag.asarray(array(what, value)).numpy()
    return found


def right(outputs: Any, targets: Any, threshold: float | None = None, logits: bool = False) -> np.ndarray:
    """For each example whether it is given the right class: the mean of it is the accuracy. See `classes`.

    >>> from nn.metrics import right
    >>> right(np.array([-1.0, 2.0]), np.array([0, 0]), logits=True)
    array([ True, False])
    """
    given, wanted, _ = classes("accuracy", outputs, targets, threshold, logits)
    found: np.ndarray = given == wanted
    return found


def top_k(outputs: Any, targets: Any, k: int = 5) -> float:
    """The share of examples whose right class is among the `k` largest outputs.

    `outputs` has shape (n, classes), `targets` are labels or one-hot rows. A tie counts against the example: the
    class is among them when fewer than k others are at least as large. Raises `ArgumentError` for a k of no use.

    >>> nn.top_k(np.array([[0.1, 0.5, 0.4], [0.7, 0.2, 0.1]]), np.array([2, 2]), k=2)
    0.5
    """
    given = _numpy("top_k: the output", outputs)
    _, wanted, count = classes("top_k", given, targets)
    if given.ndim != 2 or given.shape[1] < 2:
        raise ag.ShapeError(f"top_k: an output has shape (examples, classes), not {given.shape}")
    if whole("top_k: k", k, 1) >= count:
        raise ag.ArgumentError(f"top_k: k is {k}, but every class is among the {k} largest of {count}")
    own = np.take_along_axis(given, wanted[:, None], axis=1)
    return float(((given >= own).sum(axis=1) <= k).mean())


def confusion_matrix(outputs: Any, targets: Any, threshold: float | None = None, logits: bool = False) -> np.ndarray:
    """How many examples of each class were given each class: rows are the right classes, columns the given ones.

    >>> nn.confusion_matrix(np.array([[0.2, 0.8], [0.9, 0.1], [0.4, 0.6]]), np.array([1, 1, 0]))
    array([[0, 1],
           [1, 1]])
    """
    given, wanted, count = classes("confusion_matrix", outputs, targets, threshold, logits, sure=True)
    counts: np.ndarray = np.bincount(wanted * count + given, minlength=count * count)
    return counts.reshape(count, count)


def precision(
    outputs: Any, targets: Any, average: str | None = None, threshold: float | None = None, logits: bool = False
) -> float:
    """Of the examples that were given a class, the share that it is right for.

    With one output: of class 1. With several, by `average`: "macro" (where none is given), the mean over the classes;
    "weighted", the mean by how many examples each has; "micro", over all examples together, which is the accuracy. A
    class that no example has and none is given counts in no mean; one that none is given counts as 0. Raises
    `ArgumentError` for another average.

    >>> nn.precision(np.array([0.9, 0.8, 0.1]), np.array([1, 0, 1]))
    0.5
    """
    return _averaged("precision", outputs, targets, average, threshold, logits)


def recall(
    outputs: Any, targets: Any, average: str | None = None, threshold: float | None = None, logits: bool = False
) -> float:
    """Of the examples that a class is right for, the share that was given it; averages as in `nn.precision`.

    >>> nn.recall(np.array([0.9, 0.8, 0.1]), np.array([1, 1, 1])).__round__(4)
    0.6667
    """
    return _averaged("recall", outputs, targets, average, threshold, logits)


def f1(
    outputs: Any, targets: Any, average: str | None = None, threshold: float | None = None, logits: bool = False
) -> float:
    """The harmonic mean of precision and recall, 2 PR / (P + R), class by class; averages as in `nn.precision`.

    >>> nn.f1(np.array([0.9, 0.8, 0.1]), np.array([1, 0, 1]))
    0.5
    """
    return _averaged("f1", outputs, targets, average, threshold, logits)


def _averaged(
    what: str, outputs: Any, targets: Any, average: str | None, threshold: float | None, logits: bool
) -> float:
    given, wanted, count = classes(what, outputs, targets, threshold, logits, sure=True)
    right = np.bincount(wanted[given == wanted], minlength=count)
    predicted, actual = np.bincount(given, minlength=count), np.bincount(wanted, minlength=count)
    below = {"precision": predicted, "recall": actual, "f1": (predicted + actual) / 2}[what]
    figures = np.divide(right, below, out=np.zeros(count), where=below > 0)
    single = np.ndim(outputs) == 1 or np.shape(outputs)[1:] == (1,)
    if average is None and single:
        return float(figures[1])
    how = one_of(f"{what}: average", "macro" if average is None else average, ("macro", "weighted", "micro"))
    if how == "micro":
        return float(right.sum() / len(given))
    weights = actual if how == "weighted" else (predicted + actual > 0)
    return float((figures * weights).sum() / weights.sum())


def root_mean_squared_error(outputs: Any, targets: Any) -> float:
    """√(mean of (y - a)²), in the unit of the targets. `nn.mean_squared_error` and `nn.mean_absolute_error` are costs.

    Raises `ShapeError` unless outputs and targets have the same shape.

    >>> nn.root_mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0])).__round__(4)
    1.4142
    """
    given, wanted = _numbers("root_mean_squared_error", outputs, targets)
    return float(np.sqrt(np.mean(np.square(given - wanted))))


def r2(outputs: Any, targets: Any) -> float:
    """The share of the targets' variance that the outputs account for: R² = 1 - Σ (y - a)² / Σ (y - ȳ)².

    1 for outputs that are right, 0 for such as give the mean, below for worse ones. Of several columns it is the mean
    of theirs. Raises `ShapeError` unless both have the same shape, and `DataError` for targets that do not vary.

    >>> nn.r2(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]))
    0.5
    """
    given, wanted = _numbers("r2", outputs, targets)
    given, wanted = given.reshape(len(given), -1), wanted.reshape(len(wanted), -1)
    spread = np.square(wanted - wanted.mean(axis=0)).sum(axis=0)
    if bool((wanted == wanted[0]).all(axis=0).any()):
        column = int((wanted == wanted[0]).all(axis=0).argmax())
        raise ag.DataError(
            f"r2: the targets of output {column} are all {wanted[0, column]:g}, and have no variance to account for"
        )
    return float(np.mean(1 - np.square(wanted - given).sum(axis=0) / spread))


def _numbers(what: str, outputs: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both in double precision, of one shape and not empty."""
    given, wanted = _numpy(f"{what}: the output", outputs), _numpy(f"{what}: y", targets)
    if given.shape != wanted.shape:
        hint = f": write y.reshape{given.shape}" if given.size == wanted.size else ""
        raise ag.ShapeError(f"{what}: y has shape {wanted.shape}, the output {given.shape}; they must be equal{hint}")
    if not given.size:
        raise ag.DataError(f"{what}: there are no examples in an output of shape {given.shape}")
    return np.atleast_1d(given.astype(float)), np.atleast_1d(wanted.astype(float))
