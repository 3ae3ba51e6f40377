"""The exceptions of nn that the library does not know.

Each derives from the library's `AutogradError` and from a built-in exception. Must not know models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd_lite as ag


class UnwrittenError(ag.AutogradError, NotImplementedError):
    """A module has no `forward`, or an optimiser no `step`: a class of one's own writes it."""


class DivergenceError(ag.AutogradError, ArithmeticError):
    """The cost of a mini-batch is no finite number: the message says when, and what to try.

    `history` has the epochs before.
    """

    def __init__(self, message: str, history: Any = None) -> None:
        super().__init__(message)
        self.history = history


class CheckpointError(ag.AutogradError, ValueError):
    """A file is no checkpoint, is damaged, or does not fit what it is loaded into: `problems` has them one by one."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = list(problems)


class ExportError(ag.AutogradError, NotImplementedError):
    """A model cannot be exported: the message names the operation that has no counterpart, and its module."""
