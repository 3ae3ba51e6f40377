"""Schedules that go by the number of epochs or steps so far.

Knows optimisers and the base of the schedules. Must not know figures that are measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, pi
from typing import Any

import numpy as np

import autograd_lite as ag
from nn.arguments import number, whole
from nn.optim import Optimizer
from nn.schedules.schedule import Schedule


class ConstantSchedule(Schedule):
    """The rate stays as it is: for a place where a schedule is asked for.

    >>> schedule = nn.ConstantSchedule(nn.SGD([nn.Parameter([1.0])], lr=0.1))
    >>> schedule.step()
    >>> schedule.optimizer.lr
    0.1
    """

    def now(self) -> float:
        """Always 1."""
        return 1.0


class StepSchedule(Schedule):
    """The rate is multiplied by `factor` after every `size` epochs (or steps).

    Raises `ArgumentError` for a size below 1 or a factor that is not above 0.

    >>> schedule = nn.StepSchedule(nn.SGD([nn.Parameter([1.0])], lr=0.8), 2, factor=0.5)
    >>> [(schedule.optimizer.lr, schedule.step())[0] for _ in range(5)]
    [0.8, 0.8, 0.4, 0.4, 0.2]
    """

    def __init__(self, optimizer: Optimizer, size: int, factor: float = 0.1, every: str = "epoch") -> None:
        super().__init__(optimizer, every)
        self.size = whole("StepSchedule: size", size, 1)
        self.factor = number("StepSchedule: factor", factor, 0, ends=False)

    def now(self) -> float:
        """The factor to the power of how often `size` has gone by."""
        return float(self.factor ** (self.count // self.size))


class ExponentialSchedule(Schedule):
    """The rate is multiplied by `factor` after every epoch (or step).

    Raises `ArgumentError` for a factor that is not above 0.

    >>> schedule = nn.ExponentialSchedule(nn.SGD([nn.Parameter([1.0])], lr=0.8), 0.5)
    >>> [(schedule.optimizer.lr, schedule.step())[0] for _ in range(3)]
    [0.8, 0.4, 0.2]
    """

    def __init__(self, optimizer: Optimizer, factor: float, every: str = "epoch") -> None:
        super().__init__(optimizer, every)
        self.factor = number("ExponentialSchedule: factor", factor, 0, ends=False)

    def now(self) -> float:
        """The factor to the power of the count."""
        return float(self.factor**self.count)


class CosineSchedule(Schedule):
    """The rate goes from its base down to `end` times that, along half a cosine of `length` epochs (or steps).

    e + (1 - e) (1 + cos(π t / T)) / 2 at t of T; there it stays. Raises `ArgumentError` for a length below 1 or an
    end outside of [0, 1]. Source: I. Loshchilov and F. Hutter, SGDR, 2017, equation (5), without restarts.

    >>> schedule = nn.CosineSchedule(nn.SGD([nn.Parameter([1.0])], lr=0.8), 2, end=0.5)
    >>> [(round(schedule.optimizer.lr, 2), schedule.step())[0] for _ in range(4)]
    [0.8, 0.6, 0.4, 0.4]
    """

    def __init__(self, optimizer: Optimizer, length: int, end: float = 0.0, every: str = "epoch") -> None:
        super().__init__(optimizer, every)
        self.length = whole("CosineSchedule: length", length, 1)
        self.end = number("CosineSchedule: end", end, 0, 1)

    def now(self) -> float:
        """The factor along the cosine."""
        return _along(min(self.count / self.length, 1.0), 1.0, self.end)


def _along(part: float, first: float, last: float) -> float:
    """From `first` to `last` along half a cosine; the ends exactly."""
    if part in (0, 1):
        return last if part else first
    return last + (first - last) * (1 + cos(pi * part)) / 2


class WarmUpSchedule(Schedule):
    """The rate goes up in equal steps: 1/`length` of it first, all of it in epoch (or step) `length`.

    `then` is a schedule of the same optimiser that takes over after `length`, and counts from there. Raises
    `ArgumentError` for a length below 1, and for a `then` of another optimiser or another `every`.

    >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.8)
    >>> schedule = nn.WarmUpSchedule(optimizer, 2, then=nn.ExponentialSchedule(optimizer, 0.5))
    >>> [(optimizer.lr, schedule.step())[0] for _ in range(4)]
    [0.4, 0.8, 0.8, 0.4]
    """

    def __init__(
        self, optimizer: Optimizer, length: int, then: Schedule | None = None, every: str | None = None
    ) -> None:
        if not isinstance(then, Schedule | None):
            raise ag.ArgumentError(f"WarmUpSchedule: then is a schedule, not {then!r:.60}")
        super().__init__(optimizer, every if every is not None else "epoch" if then is None else then.every)
        self.length = whole("WarmUpSchedule: length", length, 1)
        self.then = then
        if then is not None:
            if then.optimizer is not optimizer or then.every != self.every:
                raise ag.ArgumentError(
                    "WarmUpSchedule: then is a schedule of the same optimiser that counts the same, by "
                    f"{self.every}s: not {then!r:.80}"
                )
            self.rates, self.metric = list(then.rates), then.metric
        self.set()

    def now(self) -> float:
        """The part that has gone up, or the factor of the schedule that follows."""
        if self.count < self.length:
            return (self.count + 1) / self.length
        return 1.0 if self.then is None else self.then.now()

    @property
    def finished(self) -> bool:
        """Whether the schedule that follows says so."""
        return self.then is not None and self.then.finished

    def advance(self, measured: float | None) -> None:
        """Count one more; a schedule that follows is told of it from `length` on."""
        if self.then is not None and self.count >= self.length:
            self.then.advance(measured)
        self.count += 1

    def state_dict(self) -> dict[str, np.ndarray]:
        """Its own state, and that of the schedule that follows under `then.`."""
        following = {} if self.then is None else self.then.state_dict()
        return {**super().state_dict(), **{f"then.{name}": value for name, value in following.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take what `state_dict` gave; see `Schedule.load_state_dict`."""
        if self.then is None or not isinstance(state, Mapping):
            super().load_state_dict(state)
            return
        before = self.then.state_dict()
        inner = {str(name).removeprefix("then."): value for name, value in state.items() if str(name)[:5] == "then."}
        self.then.load_state_dict(inner)
        try:
            super().load_state_dict({name: value for name, value in state.items() if str(name)[:5] != "then."})
        except BaseException:
            self.then.load_state_dict(before)
            self.set()
            raise


class OneCycleSchedule(Schedule):
    """Up to the optimiser's rate and down far below where it began, along half cosines, in `length` steps (or epochs).

    The rate begins at `start` times its base, has its base after the part `rise` of the steps, and ends at `end` times
    it, where it stays. Raises `ArgumentError` for a length below 2 and for parts outside of (0, 1).
    Source: L. Smith and N. Topin, Super-convergence, 2018.

    >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=1.0)
    >>> schedule = nn.OneCycleSchedule(optimizer, 5, rise=0.6, start=0.5, end=0.1)
    >>> [(round(optimizer.lr, 2), schedule.step())[0] for _ in range(6)]
    [0.5, 0.75, 1.0, 0.55, 0.1, 0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        length: int,
        rise: float = 0.3,
        start: float = 1 / 25,
        end: float = 1 / 250_000,
        every: str = "step",
    ) -> None:
        super().__init__(optimizer, every)
        self.length = whole("OneCycleSchedule: length", length, 2)
        self.rise = number("OneCycleSchedule: rise", rise, 0, 1, ends=False)
        self.start = number("OneCycleSchedule: start", start, 0, 1, ends=False)
        self.end = number("OneCycleSchedule: end", end, 0, 1, ends=False)
        self.set()

    def now(self) -> float:
        """The factor on the way up or down."""
        top, last = self.rise * self.length - 1, self.length - 1
        if self.count < top:
            return _along(self.count / top, self.start, 1.0)
        return _along(min((self.count - max(top, 0)) / (last - max(top, 0)), 1.0), 1.0, self.end)
