"""What goes by a figure that is measured on validation data: schedules, and when to stop.

Knows numbers. Must not know how they are measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan
from typing import Any, Self

import numpy as np

import autograd_lite as ag
from nn.arguments import number, one_of, whole
from nn.calling import check_call
from nn.optim import Optimizer
from nn.schedules.schedule import Schedule, fitted


class _Best:
    """The best of the figures so far, and how many in a row have not been better since."""

    best: float
    waited: int

    def __init__(self, patience: int, metric: str | Callable[..., Any], better: str | None, margin: float) -> None:
        kind = type(self).__name__
        self.patience = whole(f"{kind}: patience", patience, 1)
        self.metric = getattr(metric, "__name__", metric) if callable(metric) else metric
        if not isinstance(self.metric, str):
            raise ag.ArgumentError(f"{kind}: metric is the name of a figure or a metric, not {metric!r:.60}")
        better = larger_or_smaller(self.metric) if better is None else better
        if better is None:
            raise ag.ArgumentError(
                f"{kind}: say whether {self.metric!r} is better when it is larger or smaller: better='larger'"
            )
        self.better = one_of(f"{kind}: better", better, ("larger", "smaller"))
        self.margin = number(f"{kind}: margin", margin, 0)
        self.best, self.waited = float("nan"), 0

    def improved(self, measured: Any) -> bool:
        """Take in one more figure, and say whether it is the best so far. One that is nan never is."""
        try:
            value = float(measured)
        except (TypeError, ValueError):
            raise ag.ArgumentError(
                f"{type(self).__name__}: it goes by the {self.metric} and is given {measured!r:.60}: a number is "
                "measured on validation data, as in fit(…, validation=(x, y))"
            ) from None
        gain = value - self.best if self.better == "larger" else self.best - value
        found = not isnan(value) and (isnan(self.best) or gain > self.margin)
        self.waited = 0 if found else self.waited + 1
        if found:
            self.best = value
        return found


_LARGER = ("accuracy", "top_k", "precision", "recall", "f1", "r2")
_SMALLER = ("cost", "loss", "error", "entropy", "divergence", "likelihood")


def larger_or_smaller(metric: str) -> str | None:
    """Which way a figure of this name is better; `None` where the name does not say.

    >>> from nn.schedules.measured import larger_or_smaller
    >>> larger_or_smaller("accuracy"), larger_or_smaller("mean_squared_error"), larger_or_smaller("height")
    ('larger', 'smaller', None)
    """
    if any(metric == word or metric.endswith(f"_{word}") for word in _LARGER):
        return "larger"
    return "smaller" if any(word in metric for word in _SMALLER) else None


class PlateauSchedule(_Best, Schedule):
    """The rate is multiplied by `factor` whenever the figure has not improved `patience` times in a row.

    `metric` names the figure (a name, or a metric), and `better` says which way it is better, "larger" or "smaller",
    where its name does not. A figure is an improvement when it is better than the best by more than `margin`. At
    `least` times its base the rate stays. Raises `ArgumentError` for a step without a figure.

    >>> schedule = nn.PlateauSchedule(nn.SGD([nn.Parameter([1.0])], lr=0.8), patience=2, factor=0.5)
    >>> for cost in (3.0, 2.0, 2.5, 2.0, 1.0):
    ...     schedule.step(cost)
    >>> schedule.optimizer.lr
    0.4
    """

    metric: str
    _counted = ("count", "best", "waited", "scale")

    def __init__(
        self,
        optimizer: Optimizer,
        patience: int = 10,
        factor: float = 0.1,
        metric: str | Callable[..., Any] = "cost",
        better: str | None = None,
        margin: float = 0.0,
        least: float = 0.0,
    ) -> None:
        kind = type(self).__name__
        Schedule.__init__(self, optimizer)
        _Best.__init__(self, patience, metric, better, margin)
        self.factor = number(f"{kind}: factor", factor, 0, 1, ends=False)
        self.least = number(f"{kind}: least", least, 0, 1)
        self.scale = 1.0

    def seen(self, measured: float | None) -> None:
        """Take in a figure, and lower the rate where there was no improvement for long enough."""
        if not self.improved(measured) and self.waited >= self.patience:
            self.scale, self.waited = max(self.scale * self.factor, self.least), 0

    def now(self) -> float:
        """The factor as it has been lowered so far."""
        return self.scale


class HalvingSchedule(PlateauSchedule):
    """The book's schedule: halve the rate when validation stops improving, and end when it has dropped to `least`.

    "Stops improving" is no improvement `patience` times in a row; `least` is the part of the base rate at which
    `finished` says that training should end, 1/128 in the book.
    Source: Nielsen, *Neural Networks and Deep Learning*, chapter 3, on the schedule of the learning rate.

    >>> schedule = nn.HalvingSchedule(nn.SGD([nn.Parameter([1.0])], lr=0.5), patience=1, least=1 / 4)
    >>> for accuracy in (0.9, 0.91, 0.91, 0.9):
    ...     schedule.step(accuracy)
    >>> schedule.optimizer.lr, schedule.finished
    (0.125, True)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        patience: int = 10,
        metric: str | Callable[..., Any] = "accuracy",
        better: str | None = None,
        margin: float = 0.0,
        least: float = 1 / 128,
    ) -> None:
        number("HalvingSchedule: least", least, 0, 1, ends=False)
        super().__init__(optimizer, patience, 0.5, metric, better, margin, least)

    @property
    def finished(self) -> bool:
        """Whether the rate has dropped to the least."""
        return self.scale <= self.least


class EarlyStopping(_Best):
    """Training ends when a figure has not improved `patience` times in a row: "no improvement in n".

    `metric` names the figure, the validation cost unless another is named; `better` says which way it is better,
    "larger" or "smaller", where its name does not. `seen(value)` takes a figure in and says whether it is the best so
    far; `finished` says that training should end. Raises `ArgumentError` for a figure that is no number.
    Source: Nielsen, *Neural Networks and Deep Learning*, chapter 3, on the number of training epochs.

    >>> stopping = nn.EarlyStopping(patience=2, metric="accuracy")
    >>> [stopping.seen(value) for value in (0.8, 0.9, 0.85, 0.9)]
    [True, True, False, False]
    >>> stopping.finished, stopping.best
    (True, 0.9)
    """

    _counted = ("best", "waited")

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_call(cls, args, kwargs)
        return super().__new__(cls)

    def __init__(
        self,
        patience: int = 10,
        metric: str | Callable[..., Any] = "cost",
        better: str | None = None,
        margin: float = 0.0,
    ) -> None:
        super().__init__(patience, metric, better, margin)

    def seen(self, value: float) -> bool:
        """Take in one more figure, and say whether it is the best so far."""
        return self.improved(value)

    def restart(self) -> None:
        """Forget every figure, for another run.

        >>> stopping = nn.EarlyStopping()
        >>> stopping.seen(0.5), stopping.restart(), stopping.best
        (True, None, nan)
        """
        self.best, self.waited = float("nan"), 0

    @property
    def finished(self) -> bool:
        """Whether there has been no improvement for long enough."""
        return self.waited >= self.patience

    def state_dict(self) -> dict[str, np.ndarray]:
        """The best figure and how many have not been better since, as arrays by name.

        >>> nn.EarlyStopping().state_dict()
        {'best': array(nan), 'waited': array(0)}
        """
        return {name: np.asarray(getattr(self, name)) for name in self._counted}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take what `state_dict` gave. Raises `ShapeError` with every key that is missing or unexpected.

        >>> stopping = nn.EarlyStopping(patience=3)
        >>> stopping.load_state_dict({"best": 0.5, "waited": 3})
        >>> stopping.finished
        True
        """
        for name, value in fitted(self, state).items():
            setattr(self, name, value.tolist())

    def __repr__(self) -> str:
        return f"EarlyStopping({self.waited} of {self.patience} without a better {self.metric} than {self.best:.6g})"
