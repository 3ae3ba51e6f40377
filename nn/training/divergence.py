"""When training has come to numbers that are not finite: how that is noticed, what is said of it, and what is undone.

Must not know data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any

import numpy as np

from nn import state as states
from nn.errors import DivergenceError
from nn.optim import Optimizer
from nn.training.modes import evaluation
from nn.training.run import Run, copies, tensors

# Copies of the weights are taken at every so many steps: they are then a few thousandths of the work.
EVERY = 200
# And where an epoch begins, unless that is all the time.
APART = 20
_MOST_EXAMPLES = 1000


class LastGood:
    """The weights, and the state of the optimiser, before a step whose cost was finite."""

    def __init__(self, run: Run) -> None:
        self.run, self.tensors = run, tensors(run.model, run.optimizer)
        self.kept: tuple[dict[str, np.ndarray], Any, int] | None = None
        self.tried = False  # whether the cost that goes with them was finite
        self.taken = 0  # before which step they were looked at last

    @property
    def due(self) -> bool:
        """Whether it is time to take the weights."""
        run = self.run
        return run.updates % EVERY == 0 or (run.step == 0 and run.updates - self.taken >= APART)

    def take(self) -> tuple[dict[str, np.ndarray], Any, int]:
        """The weights as they are now, whose cost is not known yet."""
        run = self.run
        state = run.optimizer.state_dict() if isinstance(run.optimizer, Optimizer) else None
        taken = copies(self.tensors), state, run.updates
        self.taken = run.updates
        if self.kept is None:  # nothing better is known
            self.kept = taken
        return taken

    def keep(self, taken: tuple[dict[str, np.ndarray], Any, int]) -> None:
        """The cost of what was taken is finite."""
        self.kept, self.tried = taken, True

    def put_back(self) -> str:
        """Give model and optimiser what was kept. Returns words for it."""
        optimizer = self.run.optimizer
        optimizer.zero_grad()
        if self.kept is None or not self.kept[0]:
            return "the parameters have been changed by its gradients"
        found, state, updates = self.kept
        states.assign(self.tensors, found)
        if state is not None:
            optimizer.load_state_dict(state)
        if not updates or not self.tried:
            return "model and optimiser have again what they had before these steps"
        return f"model and optimiser have again what they had after step {updates}, whose cost was finite"


def diverged(run: Run, good: LastGood, epoch: int, what: str, culprit: Callable[[], str] = str) -> DivergenceError:
    """The exception that stops training: when, for what, and what to try; the last good weights are back by then."""
    optimizer = run.optimizer
    rate = getattr(optimizer, "lr", None)  # before it is put back with the rest
    known = f" (it is {rate:g})" if isinstance(rate, float) else ""
    undone = good.put_back()
    return DivergenceError(
        f"fit: stopped in epoch {epoch}: {what}{culprit()}; {undone}. Try a smaller learning rate{known}, inputs "
        "and targets of about the size of 1, clipped gradients (clip_norm=1.0), or a cost computed from logits",
        run.history,
    )


def culprit_of(model: Any, cost: Any, x: Any, y: Any, rows: Any) -> str:
    """Which example of a mini-batch has a cost that is not finite with the weights that the model has, in words."""
    try:
        with evaluation(model):
            if isfinite(cost(model(x), y).item()):
                return ""
            for i in range(min(len(x), _MOST_EXAMPLES)):
                value = cost(model(x[i : i + 1]), y[i : i + 1]).item()
                if not isfinite(value):
                    where = f"example {i} of it" if rows is None else f"example {rows[i]} of data"
                    return f", as is that of {where} alone ({value})"
    except Exception:  # noqa: BLE001 - a model may need more examples than one; then there is nothing to add
        return ""
    return ""


def refuse_what_is_not_finite(run: Run, good: LastGood) -> None:
    """Look at what the last step of an epoch has made of the parameters, before they are measured or kept."""
    if not isinstance(run.optimizer, Optimizer):
        return
    for parameter in run.optimizer.parameters:
        if not np.isfinite(parameter.numpy()).all():
            what = f"after its last step {parameter.name or 'a parameter'} is not finite"
            raise diverged(run, good, len(run.history), what)


@contextmanager
def complaints_collected() -> Iterator[set[str]]:
    """Collect what NumPy would warn of at every step: a run that diverges says so itself, and once."""
    seen: set[str] = set()
    warned = {kind: "call" for kind, how in np.geterr().items() if how == "warn"}
    with np.errstate(call=lambda kind, flag: seen.add(kind), **warned):  # type: ignore[arg-type]
        yield seen
