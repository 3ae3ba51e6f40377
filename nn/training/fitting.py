"""`fit`: shuffled mini-batches, each processed as one matrix, and what is shown meanwhile.

Knows models, costs and optimisers only as callables. Validates the data before anything changes.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from math import isfinite
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm

import autograd_lite as ag
from autograd_lite import Tensor, backend
from nn.history import History
from nn.initializers import generator
from nn.module import Module


class Optimizer(Protocol):
    """What `fit` needs of an optimiser."""

    def zero_grad(self) -> None:
        """Forget all gradients."""

    def step(self) -> None:
        """Change the parameters by one step."""


def _checked(what: str, data: Any) -> tuple[Any, Any]:
    """A pair of arrays of equal, positive length and finite values."""
    try:
        x, y = data
    except (TypeError, ValueError) as error:
        raise ag.DataError(f"fit: {what} must be a pair (x, y), not {type(data).__name__}") from error
    pair = []
    for name, part in (("x", x), ("y", y)):
        try:
            array = _array(part)
        except ValueError as error:
            raise ag.DataError(f"fit: {name} of {what} is no array, but examples of different lengths") from error
        if array.ndim == 0 or array.shape[0] == 0:
            raise ag.DataError(f"fit: {name} of {what} has shape {array.shape}: there are no examples in it")
        if array.dtype.kind not in "biuf":
            raise ag.DataError(f"fit: {name} of {what} has dtype {array.dtype}; real numbers are needed")
        if array.dtype.kind == "f" and not _finite_sum(array):
            bad = ~backend.namespace(array).isfinite(array)
            if bool(bad.any()):
                row = int(bad.reshape(bad.shape[0], -1).any(axis=1).argmax())
                raise ag.DataError(
                    f"fit: {name} of {what} has a value that is not finite, first in example {row}: "
                    "mend or drop such examples before training"
                )
        pair.append(array)
    if pair[0].shape[0] != pair[1].shape[0]:
        raise ag.DataError(f"fit: {what} has {pair[0].shape[0]} examples in x and {pair[1].shape[0]} in y")
    return pair[0], pair[1]


def _finite_sum(array: Any) -> bool:
    """Whether the sum is finite: so is every element then. It takes half the time of looking at each."""
    with np.errstate(over="ignore", invalid="ignore"):
        return isfinite(array.sum())


def _array(value: Any) -> Any:
    return value.data if isinstance(value, Tensor) else value if backend.is_array(value) else np.asarray(value)


def _whole(what: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ag.ArgumentError(f"fit: {what} must be a whole number of at least {least}, not {value!r}")
    return int(value)


def accuracy(model: Callable[[Any], Tensor], x: Any, y: Any) -> float:
    """The share of examples whose largest output is the right one.

    `y` is one-hot rows, shape (n, k), or labels, shape (n,); a single output counts as right on the
    right side of 1/2. Raises `ShapeError` where `y` is neither. The model is in evaluation meanwhile.

    >>> nn.accuracy(lambda x: ag.asarray(x), np.eye(3), np.array([0, 1, 0]))
    0.6666666666666666
    """
    y = _array(y)
    modes = [(m, m.training) for _, m in model.named_modules()] if isinstance(model, Module) else []
    for module, _ in modes:
        module.training = False
    try:
        with ag.no_grad():
            output = ag.asarray(model(x)).data
    finally:
        for module, mode in modes:
            module.training = mode
    several = output.ndim == 2 and output.shape[1] > 1
    fitting = [output.shape, output.shape[:1]] if several else [output.shape, (output.size,), (output.size, 1)]
    if y.shape not in fitting:
        raise ag.ShapeError(
            f"accuracy: y has shape {y.shape}, the output {output.shape}: give one-hot rows of that shape, "
            f"or labels of shape {output.shape[:1]}"
        )
    if several:
        labels = y.argmax(axis=1) if y.ndim == 2 else y
        return float((output.argmax(axis=1) == labels).mean())
    return float(((output.reshape(-1) > 0.5) == (y.reshape(-1) > 0.5)).mean())


def fit(
    model: Callable[[Any], Tensor],
    cost: Callable[[Tensor, Any], Tensor],
    data: tuple[Any, Any],
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    validation: tuple[Any, Any] | None = None,
    rng: Any = None,
    progress: bool = True,
    compile: bool = True,
) -> History:
    """Train by gradient descent on mini-batches, shuffled anew in every epoch.

    `data` is (x, y) with one example a row; the last mini-batch of an epoch may be smaller. `rng` is
    a generator or a seed for the order. Progress goes to standard error: a bar on a terminal,
    elsewhere one line an epoch. Raises `DataError` before the first step for data that is empty, of
    different lengths or not finite, and `ArgumentError` for a wrong count. Steps are compiled
    (`ag.compile`), with the same bits; a model that cannot be compiled warns why and runs eagerly.

    >>> x = np.array([[0.0], [1.0]], np.float32)
    >>> model = nn.MLP([1, 1], rng=0)
    >>> history = nn.fit(model, nn.quadratic_cost, (x, x), nn.SGD(model.parameters(), 1.0), 3, 2, rng=0, progress=False)
    >>> len(history), history.cost[2] < history.cost[0]
    (3, True)
    """
    x, y = _checked("data", data)
    held_out = None if validation is None else _checked("validation", validation)
    epochs, batch_size = _whole("epochs", epochs, 0), _whole("batch_size", batch_size, 1)
    rng = generator(rng)
    dtype = next((p.dtype for p in model.parameters()), None) if isinstance(model, Module) else None
    if dtype is not None:
        x = x if x.dtype == dtype or x.dtype.kind != "f" else x.astype(dtype)
        y = y if y.dtype == dtype or y.dtype.kind != "f" else y.astype(dtype)
    examples = x.shape[0]
    if held_out is not None:  # what does not fit the model is found now, not after an epoch
        accuracy(model, held_out[0][:1], held_out[1][:1])
    step = _step(model, cost, optimizer, compile and isinstance(x, np.ndarray) and isinstance(y, np.ndarray))
    history = History()
    for epoch in range(epochs):
        order = backend.namespace(x).asarray(rng.permutation(examples))
        total = 0.0
        bar = _bar(progress, examples, epoch, epochs)
        for start in range(0, examples, batch_size):
            chosen = order[start : start + batch_size]
            total += step(x.take(chosen, axis=0), y.take(chosen, axis=0)).item() * len(chosen)
            if bar is not None:
                bar.update(len(chosen))
                bar.set_postfix_str(f"cost {total / (start + len(chosen)):.4f}", refresh=False)
        history.cost.append(total / examples)
        if held_out is not None:
            history.accuracy.append(accuracy(model, *held_out))
        if progress:
            _report(bar, history, epochs)
    return history


def _step(model: Any, cost: Any, optimizer: Any, compiled: bool) -> Callable[[Any, Any], Tensor]:
    """One step of training, compiled where that is wanted and possible."""

    def step(x: Any, y: Any) -> Tensor:
        value: Tensor = cost(model(x), y)
        optimizer.zero_grad()
        value.backward(free=True)
        optimizer.step()
        return value

    if not compiled:
        return step
    fast = ag.compile(step)

    def step_or_say_why(x: Any, y: Any) -> Tensor:
        nonlocal fast
        try:
            return fast(x, y)  # type: ignore[no-any-return]
        except ag.CompileError as error:
            if fast is step:
                raise
            warnings.warn(f"fit runs this model eagerly, since it cannot be compiled: {error}", stacklevel=3)
            fast = step
            return step(x, y)

    return step_or_say_why


def _bar(progress: bool, examples: int, epoch: int, epochs: int) -> Any:
    if not (progress and sys.stderr.isatty()):
        return None
    try:
        columns, lines = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        columns = lines = 0
    # A terminal without a size of its own (in a container) counts as empty, where tqdm would show nothing.
    size: dict[str, Any] = {"dynamic_ncols": True} if columns and lines else {"ncols": 80, "nrows": 24}
    # With tqdm's own figures, 80 columns would cut off the accuracy.
    form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
    return tqdm(total=examples, desc=f"epoch {epoch + 1}/{epochs}", bar_format=form, **size)


def _report(bar: Any, history: History, epochs: int) -> None:
    """Close the epoch's bar with its figures, or print them as a line."""
    line = f"cost {history.cost[-1]:.4f}"
    if history.accuracy:
        line += f", validation accuracy {history.accuracy[-1]:.2%}"
    if bar is None:
        print(f"epoch {len(history)}/{epochs}: {line}", file=sys.stderr, flush=True)
    else:
        bar.set_postfix_str(line)
        bar.close()
