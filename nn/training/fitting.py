"""`fit`: epochs of shuffled mini-batches, each processed as one matrix.

Knows the order of things in a training run; what each of them does stands in the files beside this one.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import partial
from itertools import chain, islice
from math import isfinite
from typing import Any

from autograd_lite import Tensor
from nn.arguments import whole
from nn.initializers import generator
from nn.training import checkpoints, divergence
from nn.training import data as examples
from nn.training.callbacks import Told, by_moment
from nn.training.costing import sums
from nn.training.evaluation import Metric
from nn.training.following import Following
from nn.training.history import History
from nn.training.measuring import Measures, put, refuse_labels, training_accuracy_of
from nn.training.modes import training
from nn.training.progress import Progress
from nn.training.run import Run
from nn.training.stepping import (
    GroupStep,
    Step,
    Stepping,
    accumulated,
    can_be_compiled,
    clipping,
    compiled,
    refuse_misfits,
    step_of,
)


def fit(
    model: Callable[[Any], Tensor],
    cost: Callable[[Tensor, Any], Tensor],
    data: Any,
    optimizer: Stepping,
    epochs: int,
    batch_size: int | None = None,
    validation: Any = None,
    rng: Any = None,
    progress: bool = True,
    compile: bool = True,
    metric: Metric | None = None,
    *,
    metrics: Any = None,
    training_accuracy: bool = False,
    schedule: Any = None,
    early_stopping: Any = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    accumulate: int = 1,
    callbacks: Any = (),
    evaluation_batch: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int | None = None,
    resume: bool | str | os.PathLike[str] = False,
) -> History:
    """Train by gradient descent on mini-batches, shuffled anew in every epoch.

    `data` is (x, y) with one example a row, or an `nn.Dataset`; the last mini-batch of an epoch may be smaller. `rng`
    is a generator or a seed for the order. Or it is an `nn.DataLoader` or another iterable of mini-batches, which has
    its own order and size of them.

    After every epoch the cost is measured on `validation`, accuracy where its targets are classes (one-hot rows,
    labels, 0 and 1 for a single output), and `metrics`, which are functions of all outputs and targets, such as
    `nn.f1`: one, a list, or a dictionary by name. `metric`, a function of model, x and y, stands in for accuracy. With
    `training_accuracy` that of the data is measured too. All this is done in evaluation, nothing is recorded, and
    examples go through the model `evaluation_batch` at once. A model that was left in evaluation is trained in
    training all the same, and given its mode back.

    `schedule` is an `nn.StepSchedule` or its like. `early_stopping` is an `nn.EarlyStopping`, or the number of epochs
    without improvement after which training ends; the weights of the best epoch are put back at the end. Gradients are
    cut to a norm of `clip_norm` and to values of `clip_value`. With `accumulate` a step goes by the gradient of so many
    mini-batches together. Figures of mini-batches count by their examples. `callbacks` are functions that are given the
    `Run` after every epoch; what has methods `on_begin`, `on_step`, `on_epoch` and `on_end` is called then.

    With `checkpoint`, the path of an `.npz` file, all that is needed to go on is saved after every epoch, or every
    `checkpoint_every` steps; with `resume=True` the run goes on from there, where the file is there, and to the byte.
    `resume` may name another file.

    Progress goes to standard error: a bar on a terminal, elsewhere one line an epoch. Steps are compiled
    (`ag.compile`), with the same bits; a model that cannot be compiled warns why and runs eagerly.

    Raises, before the first step, `DataError` for data that is empty, of different lengths or not
    finite, and `ArgumentError` for a wrong count and for an optimiser that has none of the model's parameters.
    Raises `nn.DivergenceError` when the cost is no longer finite; the last good weights are put back then.

    >>> x = np.array([[0.0], [1.0]], np.float32)
    >>> model = nn.MLP([1, 1], rng=0)
    >>> history = nn.fit(model, nn.quadratic_cost, (x, x), nn.SGD(model.parameters(), 1.0), 3, 2, rng=0, progress=False)
    >>> len(history), history.cost[2] < history.cost[0]
    (3, True)
    """
    dtype = examples.dtype_of(model)
    source = examples.trained_on(data, batch_size, lambda: generator(rng), rng is not None, dtype)
    size = examples.size_of("fit: evaluation_batch", evaluation_batch)
    held = None if validation is None else examples.held_out("fit", "validation", validation, size, dtype)
    epochs, accumulate = whole("fit: epochs", epochs, 0), whole("fit: accumulate", accumulate, 1)
    notes = refuse_misfits(model, cost, optimizer)
    clip = clipping(optimizer, clip_norm, clip_value)
    every, told = by_moment(callbacks)
    if isinstance(source, examples.Pair):
        refuse_labels(model, cost, source.x, source.y)
    measures = Measures(model, cost, held, getattr(source, "y", None), metric, metrics)
    following = Following(schedule, early_stopping, optimizer, measures)
    on_request = training_accuracy_of(model, cost, source.in_order(size)) if training_accuracy else None
    run = Run(model, optimizer, source, epochs, following.schedules, following.stopping, every)
    keeping = checkpoints.keeping(run, checkpoint, checkpoint_every)
    step: Any = (step_of if accumulate == 1 else accumulated)(model, cost, optimizer, clip)
    if compile and can_be_compiled(*examples.arrays(source)):
        step = compiled(step, stacklevel=4)
    train = _epoch if accumulate == 1 else partial(_epoch_in_groups, accumulate)
    if not checkpoints.resumed(run, checkpoint, resume):
        following.begin()
    shown = Progress(progress, source.examples, epochs, run.epoch + 1, run.seen)
    for note in [*notes, *measures.notes]:
        shown.note(note)
        run.history.notes += [note] if note not in run.history.notes else []
    good = divergence.LastGood(run)
    after: list[Told] = [*following.after_a_step(), *told["on_step"], *keeping["on_step"]]
    with training(model), divergence.complaints_collected() as complaints:
        _tell(told["on_begin"], run)
        while not run.over:
            with shown.epoch(run.epoch + 1):
                train(run, step, cost, shown, good, after)
                if run.stopped is not None:  # within the epoch, which has no figures then
                    _tell(keeping["on_epoch"], run)
                    break
                history = run.history
                history.cost.append(run.cost)
                divergence.refuse_what_is_not_finite(run, good)
                measures.record(history)
                if on_request is not None:
                    put(history, history.training_accuracy, on_request())
                following.record_rate(run)
                history.seconds.append(run.seconds())
                following.after_an_epoch(run)
                shown.end(history)
            run.ended()
            _tell(told["on_epoch"], run)
            _tell(keeping["on_epoch"], run)
        following.at_the_end(run, shown)
        _tell(told["on_end"], run)
    if complaints:
        warnings.warn(
            f"fit: NumPy met {' and '.join(sorted(complaints))} on the way, though the cost stayed finite",
            RuntimeWarning, stacklevel=2,
        )  # fmt: skip
    return run.history


def _epoch(run: Run, step: Step, cost: Any, shown: Progress, good: divergence.LastGood, after: list[Told]) -> None:
    """Train on every mini-batch once, or on those that are left of the epoch. Sums of costs are the run's."""
    summed = sums(cost)
    for x, y in run.source.batches(run.step):
        taken = good.take() if good.due else None
        value = step(x, y).item()
        if not isfinite(value):
            raise _stopped(run, cost, good, x, y, value)
        if taken is not None:
            good.keep(taken)
        run.step += 1
        run.seen += len(x)
        run.total += value if summed else value * len(x)
        shown.trained(len(x), run.total / run.seen)
        run.updates += 1
        for each in after:
            each(run)
        if run.stopped is not None:
            break


def _epoch_in_groups(
    size: int, run: Run, step: GroupStep, cost: Any, shown: Progress, good: divergence.LastGood, after: list[Told]
) -> None:
    """The same with a step for each group of `size` mini-batches, of which the last of an epoch may have fewer."""
    batches, summed = run.source.batches(run.step), sums(cost)
    while run.stopped is None and (group := list(islice(batches, size))):
        taken = good.take() if good.due else None
        for (x, y), each in zip(group, step(*chain.from_iterable(group)), strict=True):
            value = each.item()
            if not isfinite(value):
                raise _stopped(run, cost, good, x, y, value)
            run.step += 1
            run.seen += len(x)
            run.total += value if summed else value * len(x)
            shown.trained(len(x), run.total / run.seen)
        if taken is not None:
            good.keep(taken)
        run.updates += 1
        for told in after:
            told(run)


def _stopped(run: Run, cost: Any, good: divergence.LastGood, x: Any, y: Any, value: float) -> Exception:
    number = run.step + 1
    which = f"the mini-batch after {run.seen} examples" if run.seen else "the first examples"
    what = f"the cost of {which} is {value} (mini-batch {number})"
    rows = run.source.rows(number)
    return divergence.diverged(
        run, good, run.epoch + 1, what, lambda: divergence.culprit_of(run.model, cost, x, y, rows)
    )


def _tell(told: list[Told], run: Run) -> None:
    for each in told:
        each(run)
