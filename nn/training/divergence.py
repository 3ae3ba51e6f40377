"""When training has come to numbers that are not finite: how that is noticed, and what is said of it.

Must not know models or data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nn.errors import DivergenceError
from nn.optim import Optimizer
from nn.training.history import History


def diverged(epoch: int, optimizer: Any, history: History, what: str) -> DivergenceError:
    """The exception that stops training: when, for what, and what to try."""
    rate = getattr(optimizer, "lr", None)
    known = f" (it is {rate:g})" if isinstance(rate, float) else ""
    return DivergenceError(
        f"fit: stopped in epoch {epoch}: {what}. Build the model anew and try a smaller learning rate{known}, inputs "
        "and targets of about the size of 1, or a cost computed from logits",
        history,
    )


def refuse_what_is_not_finite(optimizer: Any, history: History) -> None:
    """Look at what the last step of all has made of the parameters, since no cost comes after it."""
    if not history.cost or not isinstance(optimizer, Optimizer):
        return
    for parameter in optimizer.parameters:
        if not np.isfinite(parameter.numpy()).all():
            what = f"after its last step {parameter.name or 'a parameter'} is not finite"
            raise diverged(len(history), optimizer, history, what)


@contextmanager
def complaints_collected() -> Iterator[set[str]]:
    """Collect what NumPy would warn of at every step: a run that diverges says so itself, and once."""
    seen: set[str] = set()
    warned = {kind: "call" for kind, how in np.geterr().items() if how == "warn"}
    with np.errstate(call=lambda kind, flag: seen.add(kind), **warned):  # type: ignore[arg-type]
        yield seen
