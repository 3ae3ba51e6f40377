"""How good a model is on data it was not trained on: accuracy where there are classes, else the cost.

Must not know optimisers or the loop that trains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import array
from nn.metrics import right
from nn.module import Module

Cost = Callable[[Tensor, Any], Tensor]
Metric = Callable[[Any, Any, Any], float]


@contextmanager
def evaluation(model: Any) -> Iterator[None]:
    """The model is in evaluation meanwhile, and nothing is recorded for gradients."""
    modes = [(m, m.training) for _, m in model.named_modules()] if isinstance(model, Module) else []
    for module, mode in modes:
        if mode:
            module.training = False
    try:
        with ag.no_grad():
            yield
    finally:
        for module, mode in modes:
            if mode:
                module.training = mode


def accuracy(model: Any, x: Any, y: Any = None, *, threshold: float | None = None, logits: bool = False) -> float:
    """The share of examples that are given the right class: of a model on x and y, or of outputs against targets.

    `nn.accuracy(model, x, y)` runs the model, which is in evaluation meanwhile; `nn.accuracy(outputs, targets)` takes
    what it gave. The largest output says the class, and targets are one-hot rows, shape (n, k), or labels, shape (n,);
    a single output counts as class 1 above the threshold, which is 1/2, or 0 with `logits=True`. `threshold` is a
    probability, also of logits. Raises `ShapeError` where y is neither, and `DataError` where it holds no classes:
    labels that are no whole numbers from 0 to k - 1, rows that are no distribution, or for a single output numbers
    other than two that stand for 0 and 1.

    >>> nn.accuracy(lambda x: ag.asarray(x), np.eye(3), np.array([0, 1, 0]))
    0.6666666666666666
    >>> nn.accuracy(np.array([-1.0, 2.0]), np.array([0, 1]), logits=True)
    1.0
    """
    if y is None and not callable(model):
        return float(right(model, x, threshold, logits).mean())
    if not callable(model):
        raise ag.ArgumentError(f"accuracy: the model must be callable, not {model!r:.60}")
    if y is None:
        raise ag.ArgumentError("accuracy: write nn.accuracy(model, x, y), or nn.accuracy(outputs, targets)")
    y = array("accuracy: y", y)
    with evaluation(model):
        output = ag.asarray(model(x)).data
    return float(right(output, y, threshold, logits).mean())


def cost_of(cost: Cost) -> Metric:
    """A metric that is the cost itself, over all examples at once."""

    def metric(model: Any, x: Any, y: Any) -> float:
        with evaluation(model):
            return float(cost(model(x), y).item())

    metric.__name__ = "cost"
    return metric


def has_classes(y: Any, outputs: int) -> bool:
    """Whether targets for a number of outputs are classes; a regression has none.

    Classes are one-hot rows, labels where there are several outputs, and 0 and 1 where there is one.

    >>> from nn.training.evaluation import has_classes
    >>> has_classes(np.eye(3), 3), has_classes(np.array([2, 0]), 3), has_classes(np.array([[0.5], [1.0]]), 1)
    (True, True, False)
    """
    if y.ndim == 1 and outputs > 1:
        return bool(((y % 1 == 0) & (y >= 0)).all())
    bits = y.ndim <= 2 and bool(((y == 0) | (y == 1)).all())
    return bits and (y.ndim == 1 or y.shape[1] == 1 or bool((y.sum(axis=1) == 1).all()))


def metric_for(model: Any, cost: Cost, held_out: tuple[Any, Any], metric: Metric | None) -> Metric:
    """What is measured after every epoch: `metric`, or accuracy where the targets are classes, or the cost.

    It is tried on one example, so that what does not fit the model is found before training.
    """
    x, y = held_out
    if metric is not None and not callable(metric):
        raise ag.ArgumentError(f"fit: metric is a function of model, x and y, such as nn.accuracy, not {metric!r:.60}")
    with evaluation(model):
        output = ag.asarray(model(x[:1]))
    if metric is None:
        metric = accuracy if has_classes(y, output.size) else cost_of(cost)
        metric(model, x[:1], y[:1])
    return metric
