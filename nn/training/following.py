"""What follows the figures of a run: learning rates by schedule, and the end of training.

Knows schedules and early stopping by what they are asked. Must not know how figures are measured, nor models.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import autograd_lite as ag
from nn.schedules import EarlyStopping
from nn.training.callbacks import Told
from nn.training.history import History
from nn.training.measuring import Measures
from nn.training.progress import Progress
from nn.training.run import Run


class Following:
    """The schedule and the early stopping of a run. Raises `ArgumentError` where they go by what is not measured."""

    def __init__(self, schedule: Any, stopping: Any, optimizer: Any, measures: Measures) -> None:
        listed = isinstance(schedule, Iterable)
        self.schedules: list[Any] = [] if schedule is None else list(schedule) if listed else [schedule]
        whole = isinstance(stopping, int) and not isinstance(stopping, bool)
        self.stopping = EarlyStopping(stopping) if whole else stopping
        self.optimizer = optimizer
        self.ended: str | None = None  # a schedule that goes by steps has, within the epoch
        if len(self.schedules) > 1:
            raise ag.ArgumentError(
                f"fit: {len(self.schedules)} schedules would each set the same rate, and the last would have its way: "
                "give one, such as nn.WarmUpSchedule(optimizer, 3, then=another)"
            )
        for each in self.schedules:
            if not callable(getattr(each, "step", None)) or not hasattr(each, "every"):
                raise ag.ArgumentError(
                    "fit: a schedule is made with its optimiser, as in nn.StepSchedule(optimizer, 10), "
                    f"not {each!r:.60}"
                )
            if each.optimizer is not optimizer:
                raise ag.ArgumentError(
                    f"fit: the {type(each).__name__} was made for another optimiser: make it with this one"
                )
            self._refuse_unmeasured(each, measures)
        if self.stopping is not None:
            if not callable(getattr(self.stopping, "seen", None)):
                raise ag.ArgumentError(
                    "fit: early_stopping is nn.EarlyStopping(patience=10), or the patience as a whole number, "
                    f"not {stopping!r:.60}"
                )
            self._refuse_unmeasured(self.stopping, measures)

    def _refuse_unmeasured(self, each: Any, measures: Measures) -> None:
        name = each.metric
        if name is None:
            return
        known = measures.names()
        if name not in known:
            there = f"measured are {', '.join(known)}" if known else "give validation=(x, y)"
            raise ag.ArgumentError(
                f"fit: the {type(each).__name__} goes by {name!r} on validation data, which is not measured: {there}"
            )
        if getattr(each, "every", "epoch") == "step":
            raise ag.ArgumentError(
                f"fit: {name!r} is measured after each epoch, and the schedule steps after each step"
            )

    def begin(self) -> None:
        """A run begins that does not go on with another: what was seen in that is nothing to it."""
        if isinstance(self.stopping, EarlyStopping):
            self.stopping.best, self.stopping.waited = float("nan"), 0

    def after_a_step(self) -> list[Told]:
        """What is to be done after each step of the optimiser."""
        by_step = [each for each in self.schedules if each.every == "step"]
        return [lambda run: self._step(by_step, run)] if by_step else []

    def _step(self, by_step: list[Any], run: Run) -> None:
        run.rate = rate_of(self.optimizer)
        for each in by_step:
            each.step()
            if each.finished:
                self.ended = f"the {type(each).__name__} has ended"

    def record_rate(self, run: Run) -> None:
        """Add the rate of the last step to the history, where the optimiser has one."""
        rate, run.rate = (rate_of(self.optimizer) if run.rate is None else run.rate), None
        if rate is not None:
            run.history.lr.append(rate)

    def after_an_epoch(self, run: Run) -> None:
        """Let schedules and early stopping see what was measured; keep the best weights."""
        for each in self.schedules:
            if each.every != "epoch":
                continue
            if each.metric is None:
                each.step()
            else:
                each.step(figure(run.history, each.metric))
            if each.finished:
                self.ended = f"the {type(each).__name__} has ended"
        if self.stopping is not None:
            if self.stopping.seen(figure(run.history, str(self.stopping.metric))):
                run.keep_best()
            if self.stopping.finished:
                name = str(self.stopping.metric).replace("_", " ")
                self.ended = f"no better validation {name.removeprefix('validation ')} than in epoch {run.best_epoch}"
        if self.ended is not None:
            run.stop(self.ended)
            run.settled = True

    def at_the_end(self, run: Run, shown: Progress) -> None:
        """Put the best weights back, and say why training ended before its last epoch."""
        notes = []
        if run.stopped is not None and run.epoch < run.epochs:
            where = (
                f"after epoch {run.epoch}"
                if not run.step
                else f"in epoch {run.epoch + 1} after {run.step} mini-batches"
            )
            notes.append(f"ended {where}: {run.stopped}")
        if run.best is not None and (run.best_epoch != run.epoch or run.step):
            run.put_back_best()
            notes.append(f"the weights are those of epoch {run.best_epoch}, the best")
        for note in notes:
            if note not in run.history.notes:
                run.history.notes.append(note)
                shown.note(note)


def rate_of(optimizer: Any) -> float | None:
    """The learning rate of an optimiser, that of its first group, where it has one."""
    rate = getattr(optimizer, "lr", None)
    return float(rate) if isinstance(rate, float | int) and not isinstance(rate, bool) else None


def figure(history: History, name: str) -> float:
    """The figure of this name that was measured last on validation data; "cost" is the validation cost."""
    values = history.validation_cost if name in ("cost", "validation_cost") else history.values(name)
    if len(values) < len(history):
        raise ag.ArgumentError(f"fit: {name!r} was not measured on validation data after this epoch")
    return values[-1]
