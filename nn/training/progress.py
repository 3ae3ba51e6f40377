"""What is shown while a model is trained: a bar an epoch on a terminal, elsewhere a line, and the time that is left.

Writes to standard error alone. Must not know models or data.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from tqdm import tqdm

from nn.training.history import History

# Nobody waits for less.
_SECONDS_WORTH_SAYING = 10.0


class Progress:
    """The progress of one epoch after the other; all of it is silent where nothing is to be shown.

    `examples` is how many an epoch has, where it is known; `first` is the epoch that the run begins with, and `seen`
    how many of its examples were trained on before.
    """

    def __init__(self, shown: bool, examples: int | None, epochs: int, first: int = 1, seen: int = 0) -> None:
        self.shown, self.examples, self.epochs = shown, examples, epochs
        self.bar: Any = None
        self.before = first - 1 + (seen / examples if examples else 0.0)  # epochs that were over, and a part of one
        self.done, self.seen, self.began = self.before, seen, perf_counter()

    def note(self, text: str) -> None:
        """Say something that is worth knowing before, or after, all epochs."""
        if self.shown:
            print(f"fit: {text}", file=sys.stderr, flush=True)

    @contextmanager
    def epoch(self, number: int) -> Iterator[None]:
        """An epoch, counted from 1. Where it breaks off, its bar is left as it stands."""
        if self.shown and sys.stderr.isatty():
            # With tqdm's own figures, 80 columns would cut off the accuracy.
            known = "{percentage:3.0f}%|{bar}|" if self.examples else "{n} examples"
            form = f"{{desc}}: {known} {{elapsed}}{{postfix}}"
            self.bar = tqdm(
                total=self.examples, initial=self.seen, desc=f"epoch {number}/{self.epochs}", bar_format=form, **_size()
            )
        try:
            yield
        finally:
            self.seen = 0
            if self.bar is not None:
                self.bar.close()
                self.bar = None

    def trained(self, examples: int, mean_cost: float) -> None:
        """So many more examples have been trained on; their cost so far in this epoch."""
        if self.bar is not None:
            if self.examples:
                self.done += examples / self.examples
            self.bar.update(examples)
            self.bar.set_postfix_str(f"cost {mean_cost:.4f}{self.left()}", refresh=False)

    def end(self, history: History) -> None:
        """The epoch is over, and its figures are the last of the history."""
        if not self.shown:
            return
        epoch = len(history)
        self.done = float(epoch)
        line = history.line(epoch - 1)
        if self.bar is None:
            print(f"epoch {epoch}/{self.epochs}: {line}{self.left()}", file=sys.stderr, flush=True)
        else:
            self.bar.set_postfix_str(line + self.left())

    def left(self) -> str:
        """How long the rest of the run will take, in words; empty where it is short or nothing is known of it."""
        done = self.done - self.before
        if done <= 0:
            return ""
        seconds = (perf_counter() - self.began) / done * (self.epochs - self.done)
        return f", {duration(seconds)} left" if seconds >= _SECONDS_WORTH_SAYING else ""


def duration(seconds: float) -> str:
    """A time in words.

    >>> from nn.training.progress import duration
    >>> duration(42.3), duration(200), duration(7500)
    ('42 s', '3:20 min', '2:05 h')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"


def _size() -> dict[str, Any]:
    try:
        columns, lines = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        columns = lines = 0
    # A terminal without a size of its own (in a container) counts as empty, where tqdm would show nothing.
    return {"dynamic_ncols": True} if columns and lines else {"ncols": 80, "nrows": 24}
