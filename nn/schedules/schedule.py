"""The base of the schedules: the rate an optimiser began with, times a factor, and the state of both.

Knows optimisers. Must not know any schedule, nor models, data or the loop that trains.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

import autograd_lite as ag
from nn import state as states
from nn.arguments import number, one_of
from nn.calling import check_call
from nn.errors import UnwrittenError
from nn.optim import Optimizer


class Schedule:
    """The base of the schedules: write `now`, the factor of the rate after `self.count` epochs or steps.

    `every` is "epoch" or "step": when `step` is called, which `nn.fit` does. It sets the rate of the optimiser to its
    base rate (what it was given when the schedule was made, in `rates`) times the factor. A rate that is set by hand
    holds until the next step: change `rates` to move the whole schedule. `finished` says that training should end.
    `state_dict` has everything that is counted and measured. Raises `ArgumentError` for what is no optimiser with a
    learning rate.

    >>> class Harmonic(nn.Schedule):
    ...     def now(self):
    ...         return 1 / (1 + self.count)
    >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.6)
    >>> schedule = Harmonic(optimizer)
    >>> schedule.step()
    >>> schedule.step()
    >>> round(optimizer.lr, 2)
    0.2
    """

    metric: str | None = None  # the figure that `step` is to be given
    _counted: tuple[str, ...] = ("count",)  # the numbers that make up the state, besides the base rates

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_call(cls, args, kwargs)
        return super().__new__(cls)

    def __init__(self, optimizer: Optimizer, every: str = "epoch") -> None:
        kind = type(self).__name__
        if not isinstance(optimizer, Optimizer) or not hasattr(optimizer, "lr"):
            raise ag.ArgumentError(
                f"{kind}: the first argument is an optimiser with a learning rate, as in {kind}(optimizer, …), "
                f"not {optimizer!r:.60}"
            )
        self.optimizer = optimizer
        self.every = one_of(f"{kind}: every", every, ("epoch", "step"))
        self.count = 0
        self.rates = optimizer.learning_rates(given=True)
        self._has_set = False
        if optimizer.learning_rates() != self.rates:  # where a schedule before this one has left it
            optimizer.set_learning_rates(self.rates, self)

    def now(self) -> float:
        """The factor of the base rate at `self.count`; written by each schedule."""
        raise UnwrittenError(f"{type(self).__name__} has no now: write one")

    @property
    def finished(self) -> bool:
        """Whether training should end here."""
        return False

    def step(self, measured: float | None = None) -> None:
        """One more epoch or step is over, with this figure where one was measured: set the rate for the next.

        Raises `ArgumentError` where another schedule has set the rate since: of two the later would undo the earlier.
        """
        if self._has_set and self.optimizer.scheduled_by() != id(self):
            raise ag.ArgumentError(
                f"{type(self).__name__}: another schedule of the same optimiser has set its rate since, and each would "
                "undo the other: make one of both, as in nn.WarmUpSchedule(optimizer, 5, then=nn.CosineSchedule("
                "optimizer, 30)), or a schedule of your own"
            )
        self.advance(measured)
        self.set()

    def advance(self, measured: float | None) -> None:
        """Count one more epoch or step, and take in its figure."""
        self.seen(measured)
        self.count += 1

    def seen(self, measured: float | None) -> None:
        """What the schedule makes of a figure: nothing, unless it is one that goes by figures."""

    def set(self) -> None:
        """Set the rate of the optimiser to what it is now."""
        factor = self.now()
        rates = [number(f"{type(self).__name__}: the learning rate", rate * factor, 0) for rate in self.rates]
        self.optimizer.set_learning_rates(rates, self)
        self._has_set = True

    def state_dict(self) -> dict[str, np.ndarray]:
        """What has been counted and measured, and the base rates, as arrays by name.

        >>> sorted(nn.StepSchedule(nn.SGD([nn.Parameter([1.0])], lr=0.1), 10).state_dict())
        ['count', 'rates']
        """
        state = {name: np.asarray(getattr(self, name)) for name in self._counted}
        return {**state, "rates": np.array(self.rates)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take what `state_dict` gave, and set the rate as it was then.

        Raises `ShapeError` with every missing and unexpected key; nothing is changed unless everything fits.

        >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
        >>> nn.StepSchedule(optimizer, 10).load_state_dict({"count": 10, "rates": [0.5]})
        >>> optimizer.lr
        0.05
        """
        arrays = fitted(self, state, ("rates",))
        for rate in arrays["rates"].tolist():
            number(f"{type(self).__name__}: a base rate", rate, 0, ends=False)
        for name, value in arrays.items():
            setattr(self, name, value.tolist())
        self.set()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(after {self.count} {self.every}s, lr={self.optimizer.lr:.6g})"


def fitted(owner: Any, state: Any, lists: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """The arrays of a state, each known to fit what `owner` counts."""
    own: dict[str, Any] = {name: getattr(owner, name) for name in owner._counted}
    own.update((name, ag.tensor(np.array(getattr(owner, name), float))) for name in lists)
    return states.fitted(type(owner).__name__, "schedule", own, state)
