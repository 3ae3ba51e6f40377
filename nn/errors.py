"""The exceptions of nn that the library does not know.

Each derives from the library's `AutogradError` and from a built-in exception. Must not know models.
"""

from __future__ import annotations

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
