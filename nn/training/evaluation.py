"""A model in evaluation: its outputs, and how many of them are the right class.

Must not know optimisers or the loop that trains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import array
from nn.metrics import right
from nn.module import Module
from nn.training import data as examples

Cost = Callable[[Tensor, Any], Tensor]
Metric = Callable[[Any, Any, Any], float]


@contextmanager
def evaluation(model: Any) -> Iterator[None]:
    """The model is in evaluation meanwhile, and nothing is recorded for gradients."""
    owner = getattr(model, "__self__", model)  # of a method of a module, such as `model.forward`
    modes = [(m, m.training) for _, m in owner.named_modules()] if isinstance(owner, Module) else []
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


def predict(model: Callable[[Any], Tensor], x: Any, batch_size: int | None = None) -> np.ndarray:
    """The outputs of a model for all examples as one NumPy array, a row each; the model is in evaluation meanwhile.

    `x` are examples, one a row, or what else `fit` takes as data, of which the targets are left aside. They go through
    the model in batches of `batch_size`; where none is given, of as many as a few dozen megabytes hold. Nothing is
    recorded, and each module is given back the mode that it had, also where the model fails. Raises `DataError` for
    examples that cannot be used, `ShapeError` for outputs that are not a row for each, and `ArgumentError` for a
    loader that would shuffle them.

    >>> model = nn.MLP([3, 2], rng=0)
    >>> nn.predict(model, np.ones((5, 3)), batch_size=2).shape
    (5, 2)
    """
    if not callable(model):
        raise ag.ArgumentError(f"predict: the model must be callable, not {model!r:.60}")
    dtype, size = examples.dtype_of(model), examples.size_of("predict: batch_size", batch_size)
    if isinstance(x, tuple):
        raise ag.ArgumentError("predict: give the examples alone, as in nn.predict(model, x)")
    if not isinstance(x, list) and examples.is_loaded(x):
        if getattr(x, "shuffle", False):
            raise ag.ArgumentError("predict: the loader shuffles, and nobody could tell whose outputs are whose")
        parts: Iterator[Any] = (part for part, _ in examples.held_out("predict", "x", x, size, dtype).batches())
    else:
        array = examples.in_dtype(examples.examples_of("predict", "x", "the data", x), dtype)
        parts = examples.cut(array, size)
    with evaluation(model):
        found = [rows_of("predict", model, part) for part in parts]
    return np.concatenate(found)


def rows_of(caller: str, model: Callable[[Any], Tensor], x: Any) -> np.ndarray:
    """The outputs for a batch on the CPU. Raises `ShapeError` unless there is a row for each example."""
    output = ag.asarray(model(x))
    if not output.ndim or len(output) != len(x):
        raise ag.ShapeError(
            f"{caller}: the model gave an output of shape {output.shape} for {len(x)} examples: one row each is needed"
        )
    return output.numpy()


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
