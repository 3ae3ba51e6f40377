"""Callbacks: functions that are told where a run is, and when.

Knows their names. Must not know what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import autograd_lite as ag
from nn.training.run import Run

Told = Callable[[Run], object]
MOMENTS = ("on_begin", "on_step", "on_epoch", "on_end")


def by_moment(callbacks: Any) -> tuple[list[Any], dict[str, list[Told]]]:
    """The callbacks as a list, and which functions are called when: a plain function is called after each epoch.

    Raises `ArgumentError` for what is neither a function nor has a method of one of the names.

    >>> from nn.training.callbacks import by_moment
    >>> by_moment(print)[1]["on_epoch"]
    [<built-in function print>]
    """
    every = [] if callbacks is None else list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    told: dict[str, list[Told]] = {moment: [] for moment in MOMENTS}
    for each in every:
        own = {moment: getattr(each, moment) for moment in MOMENTS if callable(getattr(each, moment, None))}
        if not own and (isinstance(each, type) or not callable(each)):
            raise ag.ArgumentError(
                f"fit: a callback is a function of the run, called after each epoch, or has some of the methods "
                f"{', '.join(MOMENTS)}, not {each!r:.60}"
            )
        for moment, function in (own or {"on_epoch": each}).items():
            told[moment].append(function)
    return every, told
