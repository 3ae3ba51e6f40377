"""Where a loop over a data set is: one epoch's order and position, and how that is taken up again.

Knows the form of such a state. Must not know batches or threads.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_lite as ag

_KEYS = ("examples", "batch_size", "position", "order", "seed", "rng")


@dataclass
class Epoch:
    """One time through the data: its order, what its random transforms begin from, and how many batches were given."""

    order: np.ndarray | None
    seed: int | None
    position: int = 0


@dataclass(frozen=True)
class Place:
    """What a state must fit: examples and batches of an epoch, where they are known, and what is drawn by chance."""

    examples: int | None
    batch_size: int | None
    batches: int | None
    shuffled: int | None  # of so many examples an epoch has an order
    random: bool  # whether a transform draws
    rng: np.random.Generator | None

    def state(self, epoch: Epoch | None) -> dict[str, Any]:
        """The state of an epoch, or with `None` that between two."""
        order = None if epoch is None else epoch.order
        return {
            "examples": self.examples,
            "batch_size": self.batch_size,
            "position": None if epoch is None else epoch.position,
            "order": None if order is None else order.copy(),
            "seed": None if epoch is None else epoch.seed,
            "rng": None if self.rng is None else copy.deepcopy(self.rng.bit_generator.state),
        }

    def resumed(self, state: Any) -> Epoch | None:
        """The epoch to go on with, `None` for a new one; the generator is set to the state it had.

        Raises `ArgumentError` with all that does not fit; nothing is changed then.
        """
        if not isinstance(state, Mapping):
            raise _refused([f"a state is a dictionary, as state_dict() gives it, not {type(state).__name__}"])
        problems = [f"missing: {key}" for key in _KEYS if key not in state]
        problems += [f"unexpected: {key}" for key in state if key not in _KEYS]
        if problems:
            raise _refused(problems)
        for key, mine in (("examples", self.examples), ("batch_size", self.batch_size)):
            if _whole(state[key]) != mine:
                problems.append(f"{key} was {state[key]!r:.60}, and is {mine} here")
        position, seed = _whole(state["position"]), _whole(state["seed"])
        order = None if state["order"] is None else np.asarray(state["order"])
        if state["position"] is not None and (position is None or position < 0):
            problems.append(f"position is {state['position']!r:.60}")
        elif position is not None and self.batches is not None and position > self.batches:
            problems.append(f"position is {position}, of {self.batches} batches")
        wanted = self.shuffled if state["position"] is not None else None
        if wanted is None and order is not None:
            problems.append(
                "order: nothing is shuffled here" if state["position"] is not None else "order: no position"
            )
        elif wanted is not None and not _permutes(order, wanted):
            problems.append(f"order is none of {wanted} examples")
        if (seed is not None and seed >= 0) != (self.random and state["position"] is not None):
            problems.append(f"seed is {state['seed']!r:.60}")
        problems += self._misfit(state["rng"])
        if problems:
            raise _refused(problems)
        if self.rng is not None:
            self.rng.bit_generator.state = copy.deepcopy(state["rng"])
        return None if position is None else Epoch(None if order is None else order.astype(np.int64), seed, position)

    def _misfit(self, state: Any) -> list[str]:
        if self.rng is None:
            return [] if state is None else ["rng: nothing is drawn here"]
        try:
            type(self.rng.bit_generator)().state = state
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            return [f"rng is no state of {type(self.rng.bit_generator).__name__}: {error}"]
        return []


def _whole(value: Any) -> int | None:
    """A whole number, also one that has been an array in a file; `None` for anything else."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    return int(value) if isinstance(value, int | np.integer) and not isinstance(value, bool) else None


def _permutes(order: np.ndarray | None, count: int) -> bool:
    if order is None or order.shape != (count,) or order.dtype.kind not in "iu":
        return False
    seen = np.zeros(count, bool)
    seen[order[(order >= 0) & (order < count)]] = True
    return bool(seen.all())


def _refused(problems: list[str]) -> ag.ArgumentError:
    return ag.ArgumentError("DataLoader: the state is not that of such a loader: " + "; ".join(problems))
