"""What is shown while a model is trained: a bar an epoch on a terminal, elsewhere a line.

Writes to standard error alone. Must not know models or data.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from nn.training.history import History


class Progress:
    """The progress of one epoch after the other; all of it is silent where nothing is to be shown."""

    def __init__(self, shown: bool, examples: int, epochs: int) -> None:
        self.shown, self.examples, self.epochs = shown, examples, epochs
        self.bar: Any = None

    @contextmanager
    def epoch(self, number: int) -> Iterator[None]:
        """An epoch, counted from 1. Where it breaks off, its bar is left as it stands."""
        if self.shown and sys.stderr.isatty():
            # With tqdm's own figures, 80 columns would cut off the accuracy.
            form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
            self.bar = tqdm(total=self.examples, desc=f"epoch {number}/{self.epochs}", bar_format=form, **_size())
        try:
            yield
        finally:
            if self.bar is not None:
                self.bar.close()
                self.bar = None

    def trained(self, examples: int, mean_cost: float) -> None:
        """So many more examples have been trained on; their cost so far in this epoch."""
        if self.bar is not None:
            self.bar.update(examples)
            self.bar.set_postfix_str(f"cost {mean_cost:.4f}", refresh=False)

    def end(self, history: History) -> None:
        """The epoch is over, and its figures are the last of the history."""
        if not self.shown:
            return
        known = history.measured(len(history) - 1)
        line = f"cost {history.cost[-1]:.4f}" + (f", validation {known}" if known else "")
        if self.bar is None:
            print(f"epoch {len(history)}/{self.epochs}: {line}", file=sys.stderr, flush=True)
        else:
            self.bar.set_postfix_str(line)


def _size() -> dict[str, Any]:
    try:
        columns, lines = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        columns = lines = 0
    # A terminal without a size of its own (in a container) counts as empty, where tqdm would show nothing.
    return {"dynamic_ncols": True} if columns and lines else {"ncols": 80, "nrows": 24}
