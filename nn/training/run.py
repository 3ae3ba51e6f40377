"""The state of a training run: what callbacks are shown, and what a checkpoint keeps so that it goes on to the byte.

Knows where a run is. Must not know how a step is made, nor files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from time import perf_counter
from typing import Any, Protocol

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn import state as states
from nn.optim import Optimizer
from nn.training.history import History
from nn.training.modes import modules_behind


class Source(Protocol):
    """What a run is fed from, and knows its own place."""

    def batches(self, done: int = 0) -> Iterator[tuple[Any, Any]]:
        """The mini-batches of an epoch, after those that are done."""

    def rows(self, batch: int) -> np.ndarray | None:
        """Which examples a mini-batch of the epoch has, counted from 1, where that is known."""

    def state_dict(self) -> dict[str, Any]:
        """Where it is."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on there."""


_COUNTS = ("epoch", "step", "updates", "seen", "best_epoch")
_NUMBERS = ("total", "elapsed")
_KEYS = {*_COUNTS, *_NUMBERS, "stopped", "rate", "source", "history", "best", "rates", "counting"}


class Run:
    """A training run as it stands after a step or an epoch: what `fit` gives to callbacks.

    `model`, `optimizer` and the `history` so far; `epochs` is how many there are to be, `epoch` how many are over;
    `step` counts the mini-batches of the epoch under way, `updates` the optimiser's steps of the whole run; `cost` is
    the mean cost so far in the epoch, or in the one that has just ended. `stop("a reason")` ends training after the
    epoch, or in a callback after a step at once: then that epoch has no figures, and a run that goes on from the
    checkpoint ends it first. `best` has the best weights by name, where early stopping keeps them.

    `state_dict` has all of it but the model and the optimiser, which are saved beside it; generators of random numbers
    in the data and everything that counts (schedules, early stopping, callbacks with a `state_dict`) are in it.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        source: Source,
        epochs: int,
        schedules: Iterable[Any] = (),
        stopping: Any = None,
        callbacks: Iterable[Any] = (),
    ) -> None:
        self.model, self.optimizer, self.source, self.epochs = model, optimizer, source, epochs
        self.schedules, self.stopping, self.callbacks = list(schedules), stopping, list(callbacks)
        self.history = History()
        self.epoch, self.step, self.updates = 0, 0, 0
        self.total, self.seen = 0.0, 0  # of the epoch under way: costs of all examples, and how many those are
        self.elapsed, self.since = 0.0, perf_counter()
        self.stopped: str | None = None
        self.settled = False  # whether it was a schedule or early stopping that ended it, so that nothing is to come
        self.rate: float | None = None  # of the last step, where a schedule has set another since
        self.best: dict[str, np.ndarray] | None = None
        self.best_epoch = 0

    @property
    def cost(self) -> float:
        """The mean cost over the examples of the epoch so far; between two epochs, of the one that is over."""
        if self.seen:
            return self.total / self.seen
        return self.history.cost[-1] if self.history.cost else float("nan")

    def stop(self, reason: str = "stopped by a callback") -> None:
        """Let this epoch, or this step, be the last."""
        self.stopped = str(reason)

    @property
    def over(self) -> bool:
        """Whether there is nothing more to be done."""
        return self.stopped is not None or (self.epoch >= self.epochs and not self.step)

    def ended(self) -> None:
        """The epoch is over, its figures are in the history: the next begins."""
        self.epoch += 1
        self.step, self.total, self.seen, self.elapsed = 0, 0.0, 0, 0.0
        self.since = perf_counter()

    def seconds(self) -> float:
        """How long the epoch under way has been trained, in all its parts."""
        return self.elapsed + perf_counter() - self.since

    def keep_best(self) -> None:
        """Keep the weights as they are as the best so far."""
        self.best, self.best_epoch = copies(tensors(self.model, self.optimizer)), self.epoch + 1

    def put_back_best(self) -> None:
        """Give the model its best weights again."""
        if self.best is not None:
            states.assign(tensors(self.model, self.optimizer), self.best)

    def _counting(self) -> dict[str, Any]:
        """Everything that has a state of its own, by name."""
        found = {f"schedule {i}": each for i, each in enumerate(self.schedules)}
        found.update({f"callback {i}": each for i, each in enumerate(self.callbacks) if hasattr(each, "state_dict")})
        if hasattr(self.stopping, "state_dict"):
            found["early stopping"] = self.stopping
        return found

    def _rates(self) -> list[float] | None:
        known = isinstance(self.optimizer, Optimizer) and hasattr(self.optimizer, "lr")
        return list(self.optimizer.learning_rates()) if known else None

    def _set_rates(self, rates: Any) -> None:
        if rates is not None and self._rates() is not None:
            # Of several schedules the one that set the rate last goes on as that: each has set it just now.
            last = next((each for each in self.schedules if id(each) == self.optimizer.scheduled_by()), None)
            self.optimizer.set_learning_rates([float(rate) for rate in rates], last)

    def state_dict(self) -> dict[str, Any]:
        """Where the run is: counts, sums, the source's place, the history, the best weights, and all that counts."""
        return {
            **{name: getattr(self, name) for name in _COUNTS},
            "total": float(self.total),
            "elapsed": self.seconds() if self.step else 0.0,
            "stopped": self.stopped if self.settled else None,
            "rate": self.rate,
            "source": self.source.state_dict(),
            "history": self.history.state_dict(),
            "best": None if self.best is None else dict(self.best),
            "rates": self._rates(),
            "counting": {name: each.state_dict() for name, each in self._counting().items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was. Raises `ArgumentError` for what is no state of such a run."""
        if not isinstance(state, Mapping) or set(state) != _KEYS:
            there = sorted(map(str, state)) if isinstance(state, Mapping) else type(state).__name__
            raise ag.ArgumentError(f"fit: the state of a run has other entries than {there!r:.200}")
        numbers, history = _plain(state), History()
        history.load_state_dict(state["history"])
        counting = self._counting()
        if set(state["counting"]) != set(counting):
            raise ag.ArgumentError(
                f"fit: the run had {_listed(state['counting'])}, and goes on with {_listed(counting)}: "
                "give the same schedules, early stopping and callbacks"
            )
        if state["best"] is not None:
            refuse_other_weights(self.model, self.optimizer, state["best"])
        before, source, rates = (
            {n: c.state_dict() for n, c in counting.items()},
            self.source.state_dict(),
            self._rates(),
        )
        try:
            self.source.load_state_dict(state["source"])
            for name, each in counting.items():
                each.load_state_dict(state["counting"][name])
            self._set_rates(state["rates"])  # a schedule sets its own, and one may have been set by hand since
        except BaseException:
            self.source.load_state_dict(source)
            for name, each in counting.items():
                each.load_state_dict(before[name])
            self._set_rates(rates)
            raise
        vars(self).update(numbers)
        self.history, self.since = history, perf_counter()
        self.best = None if state["best"] is None else {name: np.asarray(a) for name, a in state["best"].items()}


def _plain(state: Mapping[str, Any]) -> dict[str, Any]:
    """The counts and sums of a state. Raises `ArgumentError` for what is no number."""
    rate, stopped = state["rate"], state["stopped"]
    try:
        found: dict[str, Any] = {name: int(state[name]) for name in _COUNTS}
        found.update({name: float(state[name]) for name in _NUMBERS})
        found["rate"] = None if rate is None else float(rate)
    except (TypeError, ValueError) as error:
        raise ag.ArgumentError(f"fit: the state of a run has something else than a number: {error}") from error
    found["stopped"] = None if stopped is None else str(stopped)
    found["settled"] = stopped is not None
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing that counts"


def tensors(model: Any, optimizer: Any) -> dict[str, Tensor]:
    """All parameters and buffers of a model by name, and what its optimiser trains besides."""
    found: dict[str, Tensor] = {}
    for i, module in enumerate(modules_behind(model)):
        prefix = "" if module is model else f"{i}."
        found.update((prefix + name, each) for name, each in module.named_parameters())
        found.update((prefix + name, each) for name, each in module.named_buffers())
    if isinstance(optimizer, Optimizer):
        known = set(map(id, found.values()))
        found.update((f"optimizer.{i}", p) for i, p in enumerate(optimizer.parameters) if id(p) not in known)
    return found


def copies(there: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """The values of tensors as copies, by name."""
    return {name: each.numpy() for name, each in there.items()}


def refuse_other_weights(model: Any, optimizer: Any, kept: Mapping[str, np.ndarray]) -> None:
    """Raise `ArgumentError` where `kept` are weights of another model."""
    own = {name: each.shape for name, each in tensors(model, optimizer).items()}
    there = {name: np.shape(each) for name, each in kept.items()}
    if own != there:
        differing = sorted(name for name in {**own, **there} if own.get(name) != there.get(name))
        raise ag.ArgumentError(f"fit: the best weights of the run are another model's: {', '.join(differing):.200}")
