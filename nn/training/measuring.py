"""What is measured on data: the cost, accuracy where the targets are classes, and metrics; in `fit` after every epoch.

Must not know optimisers or the loop that trains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import nan
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend
from nn.metrics import right
from nn.training import data as examples
from nn.training.costing import goes_by_zero, refuse_flat, refuse_probabilities, sums
from nn.training.data import Held, Loaded
from nn.training.evaluation import Cost, Metric, accuracy, has_classes, not_a_row_each
from nn.training.history import History
from nn.training.modes import evaluation

OfOutputs = Callable[[Any, Any], float]


def evaluate(
    model: Callable[[Any], Tensor],
    cost: Cost,
    data: Any,
    batch_size: int | None = None,
    metrics: Any = None,
) -> dict[str, float]:
    """The cost of a model on data, its accuracy where the targets are classes, and metrics, by name.

    `data` is (x, y), a data set, a loader or an iterable of batches; examples go through the model in batches, as in
    `nn.predict`. The cost is that of all outputs together; one that sums is divided by the examples. `metrics` are
    functions of all outputs and targets as NumPy arrays, such as `nn.f1`: one, a list, or a dictionary by name.
    Nothing is recorded, the model is in evaluation meanwhile, and each module gets back the mode it had, also where
    the model fails. Raises `DataError` for data that is empty, of different lengths or not finite, and `ArgumentError`
    where a cost of logits is given probabilities.

    >>> x = np.array([[0.0], [1.0]], np.float32)
    >>> sorted(nn.evaluate(nn.MLP([1, 1], rng=0), nn.quadratic_cost, (x, x)))
    ['accuracy', 'cost']
    """
    for words, value in (("the model", model), ("the cost", cost)):
        if not callable(value):
            raise ag.ArgumentError(f"evaluate: {words} must be callable, not {value!r:.60}")
    named = by_name("evaluate", metrics)
    size = examples.size_of("evaluate: batch_size", batch_size)
    held = examples.held_out("evaluate", "data", data, size, examples.dtype_of(model))
    outputs, targets, mean = collected("evaluate", model, cost, held)
    assert mean is not None
    found = {"cost": mean}
    if has_classes(targets, _width(outputs)):
        found["accuracy"] = share_right(outputs, targets, cost)
    return {**found, **{name: number("evaluate", name, each(outputs, targets)) for name, each in named.items()}}


def by_name(caller: str, metrics: Any) -> dict[str, OfOutputs]:
    """Metrics by name, from one, several, or a dictionary. Raises `ArgumentError` for what is none."""
    if metrics is None:
        return {}
    if isinstance(metrics, Mapping):
        found = {str(name): each for name, each in metrics.items()}
    else:
        every = list(metrics) if isinstance(metrics, Iterable) and not isinstance(metrics, str) else [metrics]
        found = {_name(each): each for each in every}
        if len(found) < len(every):
            raise ag.ArgumentError(
                f"{caller}: two metrics are called {', '.join(found)}: give them in a dictionary, as in "
                "metrics={'first': f, 'second': g}"
            )
    for each in found.values():
        if not callable(each) or each is accuracy:
            raise ag.ArgumentError(
                f"{caller}: metrics are functions of outputs and targets, such as nn.f1, not {each!r:.60}"
                + (", which is measured by itself where the targets are classes" if each is accuracy else "")
            )
    return found


def _name(metric: Any) -> str:
    inner = metric.func if isinstance(metric, partial) else metric
    return str(getattr(inner, "__name__", type(inner).__name__))


def number(caller: str, name: str, measured: Any) -> float:
    """A figure as a Python float. Raises `ArgumentError` for what is none."""
    try:
        return float(measured)
    except (TypeError, ValueError) as error:
        raise ag.ArgumentError(f"{caller}: {name} must return a number, not {measured!r:.60}") from error


def collected(
    caller: str, model: Callable[[Any], Tensor], cost: Cost | None, held: Held | Loaded
) -> tuple[np.ndarray, np.ndarray, float | None]:
    """All outputs and targets, and the cost of all together, where there is one to be computed.

    Not a mean over batches: of a cost that weighs its examples, or leaves some out, that would be another number.
    """
    outputs: list[Tensor] = []
    targets: list[Tensor] = []
    with evaluation(model):
        for x, y in held.batches():
            if cost is not None and caller == "evaluate" and not outputs:
                refuse_probabilities(model, cost, x, y)
            output = ag.asarray(model(x))
            if not output.ndim or len(output) != len(x):
                raise ag.ShapeError(not_a_row_each(caller, output.shape, len(x)))
            if cost is not None:
                refuse_flat(caller, cost, output, len(x))
            if outputs and output.shape[1:] != outputs[0].shape[1:]:
                raise ag.ShapeError(
                    f"{caller}: the outputs of one batch have shape {outputs[0].shape} and of another {output.shape}: "
                    "what is measured on all of them together needs one shape"
                )
            outputs.append(output)
            targets.append(ag.asarray(y))
        output, y = (each[0] if len(each) == 1 else ag.concatenate(each) for each in (outputs, targets))
        value = None
        if cost is not None:
            value = float(cost(output, y.data).item())
            value = value / len(output) if sums(cost) else value
    return output.numpy(), y.numpy(), value


def share_right(outputs: np.ndarray, targets: np.ndarray, cost: Any) -> float:
    """The accuracy of outputs that were trained for a cost, which says where a single output parts its classes."""
    logits = _width(outputs) == 1 and goes_by_zero(cost, outputs[:1], targets[:1])
    return float(right(outputs, targets, logits=logits).mean())


def _width(outputs: np.ndarray) -> int:
    """How many outputs an example has."""
    return int(outputs.size // max(1, len(outputs)))


def refuse_labels(model: Any, cost: Cost, x: Any, y: Any) -> None:
    """Raise `DataError` where a label stands for no output, and the cost refuses it, with its example in the data."""
    if y.ndim != 1 or y.dtype.kind not in "iu":
        return
    with evaluation(model):
        width = ag.asarray(model(x[:1])).size
        wrong = (y < 0) | (y >= width)
        if width == 1 or not bool(wrong.any()):
            return
        row = int(wrong.argmax())
        try:
            cost(model(x[row : row + 1]), y[row : row + 1])
        except ag.AutogradError as error:
            raise ag.DataError(
                f"fit: y of data has the label {int(y[row])} in example {row}, but the classes of {width} outputs are "
                f"the whole numbers from 0 to {width - 1}"
            ) from error


class Measures:
    """What `fit` measures after every epoch. All that can be is settled, and tried, before training.

    `metric` is a function of model, x and y; without it there is accuracy where the targets are classes, and else the
    cost. `metrics` are functions of outputs and targets. The cost is measured besides, where it takes the targets,
    which are those of validation in the form of those that are trained on, `like`.
    """

    def __init__(
        self, model: Any, cost: Cost, held: Held | Loaded | None, like: Any, metric: Metric | None, metrics: Any
    ) -> None:
        self.model, self.cost, self.held, self.metric = model, cost, held, metric
        self.metrics = by_name("fit", metrics)
        self.classes: bool | None = None  # where batches come from a loader it shows after the first epoch
        self.costed = held  # the examples with targets as the cost takes them
        self.notes: list[str] = []
        if metric is not None and not callable(metric):
            raise ag.ArgumentError(
                f"fit: metric is a function of model, x and y, such as nn.accuracy, not {metric!r:.60}"
            )
        if held is None and self.metrics:
            raise ag.ArgumentError("fit: metrics are measured on validation data: give validation=(x, y)")
        if isinstance(held, Held):
            self._try(held, like)
        elif held is not None and metric is not None:
            raise ag.ArgumentError(
                "fit: metric is a function of model, x and y, and validation comes in batches: give validation as "
                "(x, y), or a function of outputs and targets as metrics="
            )

    def _try(self, held: Held, like: Any) -> None:
        """Try everything on one example, so that what does not fit the model is found before training."""
        x, y = held.x[:1], held.y[:1]
        with evaluation(self.model):
            output = ag.asarray(self.model(x))
            self.classes = has_classes(held.y, output.size)
            if self.metric is None and not self.classes:
                self.cost(output, y)
                return
            if self.metric is None:
                share_right(output.numpy(), ag.asarray(y).numpy(), self.cost)
            fitting, problem = _like(held.y, like), None
            if fitting is None:
                problem = f"targets of shape {held.y.shape} are none for a model trained on {like.shape}"
            else:
                try:
                    self.cost(output, fitting[:1])
                except Exception as error:  # noqa: BLE001 - a cost of one's own may need what is there in training alone
                    problem = f"{error!s:.120}"
        if problem is None:
            self.costed = held if fitting is held.y else Held(held.x, fitting, held.size)
        else:
            self.costed = None
            self.notes.append(f"the cost is not measured on validation data: {problem}")

    def names(self) -> list[str]:
        """By which names schedules and early stopping can go, as far as is known before training."""
        if self.held is None:
            return []
        found = ["cost", "validation_cost"] if self.costed is not None else []
        if self.metric is not None:
            found.append(_name(self.metric))
        elif self.classes is not False:
            found.append("accuracy")
        return [*found, *self.metrics]

    def record(self, history: History) -> None:
        """Measure, and add the figures to the history."""
        if self.held is None:
            return
        value = None
        if self.costed is not None or self.metric is None or self.metrics:
            cost = self.cost if self.costed is not None else None
            outputs, targets, value = collected("fit", self.model, cost, self.costed or self.held)
            if isinstance(self.held, Held):
                targets = ag.asarray(self.held.y).numpy()  # as they were given, in whatever form the cost takes them
            if self.classes is None:
                self.classes = has_classes(targets, _width(outputs))
        if value is not None:
            put(history, history.validation_cost, value)
        if self.metric is not None:
            assert isinstance(self.held, Held)
            measured = number("fit", "metric", self.metric(self.model, self.held.x, self.held.y))
            if self.metric is accuracy:
                put(history, history.accuracy, measured)
            else:
                history.metric = _name(self.metric)
                put(history, history.validation, measured)
        elif self.classes:
            put(history, history.accuracy, share_right(outputs, targets, self.cost))
        else:
            assert value is not None
            put(history, history.validation, value)
        for name, metric in self.metrics.items():
            figure = number("fit", name, metric(outputs, targets))
            put(history, history.metrics.setdefault(name, []), figure)


def put(history: History, figures: list[float], value: float) -> None:
    """Add a figure of the epoch that has just ended; epochs in which it was not measured have nan."""
    figures += [nan] * (len(history.cost) - 1 - len(figures))
    figures.append(value)


def training_accuracy_of(model: Any, cost: Cost, held: Held | Loaded) -> Callable[[], float]:
    """What measures the accuracy on the examples that are trained on. Raises `DataError` where they have no classes."""

    def measure() -> float:
        outputs, targets, _ = collected("fit", model, None, held)
        if not has_classes(targets, _width(outputs)):
            raise ag.DataError("fit: training_accuracy is of classes, and the targets of data are none: leave it out")
        return share_right(outputs, targets, cost)

    if isinstance(held, Held):
        with evaluation(model):
            width = ag.asarray(model(held.x[:1])).size
        if not has_classes(held.y, width):
            raise ag.DataError("fit: training_accuracy is of classes, and the targets of data are none: leave it out")
    return measure


def _like(y: Any, like: Any) -> Any:
    """Targets in the form of those that are trained on: as they are, labels as rows, rows as labels; else `None`."""
    if like is None or (y.ndim == like.ndim and y.shape[1:] == like.shape[1:]):
        return y
    if y.ndim == 1 and like.ndim == 2 and like.shape[1] == 1:
        return y[:, None]
    if y.ndim == 2 and y.shape[1] == 1 and like.ndim == 1:
        return y[:, 0]
    if y.ndim == 1 and like.ndim == 2 and bool(((y % 1 == 0) & (y >= 0) & (y < like.shape[1])).all()):
        rows = np.eye(like.shape[1], dtype=like.dtype)[ag.asarray(y).numpy().astype(int)]
        return backend.namespace(like).asarray(rows)
    if y.ndim == 2 and like.ndim == 1 and has_classes(y, y.shape[1]):
        return y.argmax(axis=1).astype(like.dtype)
    return None
