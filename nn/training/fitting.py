"""`fit`: epochs of shuffled mini-batches, each processed as one matrix.

Knows the order of things in a training run; what each of them does stands in the files beside this one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import partial
from math import isfinite
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.errors import DivergenceError
from nn.initializers import generator
from nn.module import Module
from nn.training import data as examples
from nn.training import divergence
from nn.training.evaluation import Metric, accuracy, metric_for
from nn.training.history import History
from nn.training.progress import Progress
from nn.training.stepping import Step, Stepping, can_be_compiled, compiled, refuse_misfits, step_of


def fit(
    model: Callable[[Any], Tensor],
    cost: Callable[[Tensor, Any], Tensor],
    data: tuple[Any, Any],
    optimizer: Stepping,
    epochs: int,
    batch_size: int,
    validation: tuple[Any, Any] | None = None,
    rng: Any = None,
    progress: bool = True,
    compile: bool = True,
    metric: Metric | None = None,
) -> History:
    """Train by gradient descent on mini-batches, shuffled anew in every epoch.

    `data` is (x, y) with one example a row; the last mini-batch of an epoch may be smaller. `rng` is
    a generator or a seed for the order. After every epoch `validation` is measured by `metric`, a function of
    model, x and y; unless it is given, by `nn.accuracy` where the targets are classes (one-hot rows, labels, 0
    and 1 for a single output), else by the cost. Progress goes to standard error: a bar on a terminal,
    elsewhere one line an epoch. Steps are compiled (`ag.compile`), with the same bits; a model that
    cannot be compiled warns why and runs eagerly.

    Raises, before the first step, `DataError` for data that is empty, of different lengths or not
    finite, and `ArgumentError` for a wrong count and for an optimiser that has none of the model's parameters.
    Raises `nn.DivergenceError` when the cost is no longer finite.

    >>> x = np.array([[0.0], [1.0]], np.float32)
    >>> model = nn.MLP([1, 1], rng=0)
    >>> history = nn.fit(model, nn.quadratic_cost, (x, x), nn.SGD(model.parameters(), 1.0), 3, 2, rng=0, progress=False)
    >>> len(history), history.cost[2] < history.cost[0]
    (3, True)
    """
    dtype = next((p.dtype for p in model.parameters()), None) if isinstance(model, Module) else None
    x, y = (examples.in_dtype(part, dtype) for part in examples.checked("data", data))
    held_out = None
    if validation is not None:
        a, b = examples.checked("validation", validation)
        held_out = examples.in_dtype(a, dtype), examples.in_dtype(b, dtype)
    epochs, batch_size = whole("fit: epochs", epochs, 0), whole("fit: batch_size", batch_size, 1)
    rng = generator(rng)
    refuse_misfits(model, cost, optimizer)
    if held_out is not None:
        metric = metric_for(model, cost, held_out, metric)
    step = step_of(model, cost, optimizer)
    if compile and can_be_compiled(x, y):
        step = compiled(step, stacklevel=4)
    history = History()
    shown = Progress(progress, x.shape[0], epochs)
    with divergence.complaints_collected() as complaints:
        for epoch in range(1, epochs + 1):
            with shown.epoch(epoch):
                stop = partial(divergence.diverged, epoch, optimizer, history)
                history.cost.append(_epoch(step, examples.batches(x, y, batch_size, rng), shown, stop))
                if held_out is not None and metric is not None:
                    _measure(history, metric, model, *held_out)
                shown.end(history)
        divergence.refuse_what_is_not_finite(optimizer, history)
    if complaints:
        warnings.warn(
            f"fit: NumPy met {' and '.join(sorted(complaints))} on the way, though the cost stayed finite",
            RuntimeWarning, stacklevel=2,
        )  # fmt: skip
    return history


def _epoch(
    step: Step, batches: Iterable[tuple[Any, Any]], shown: Progress, stop: Callable[[str], DivergenceError]
) -> float:
    """Train on every mini-batch once. Returns the mean cost over the examples."""
    total, seen = 0.0, 0
    for x, y in batches:
        cost = step(x, y).item()
        if not isfinite(cost):
            which = f"the mini-batch after {seen} examples" if seen else "the first examples"
            raise stop(f"the cost of {which} is {cost}, and the parameters have been changed by its gradients")
        seen += len(x)
        total += cost * len(x)
        shown.trained(len(x), total / seen)
    return total / seen


def _measure(history: History, metric: Metric, model: Any, x: Any, y: Any) -> None:
    measured = metric(model, x, y)
    try:
        value = float(measured)
    except (TypeError, ValueError) as error:
        raise ag.ArgumentError(f"fit: metric must return a number, not {measured!r:.60}") from error
    if metric is accuracy:
        history.accuracy.append(value)
    else:
        history.metric = getattr(metric, "__name__", type(metric).__name__)
        history.validation.append(value)
