"""The exceptions of the library, and nothing else.

Each derives from `AutogradError` and from the built-in exception a user of NumPy or PyTorch would
catch, so that both styles of `except` work. Must not import any other module of the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy

if TYPE_CHECKING:
    from typing import Any


class AutogradError(Exception):
    """The base of every exception this library raises on purpose."""

    problem: str = ""
    """What is wrong with the operands of a call, without the call."""


class ShapeError(AutogradError, ValueError):
    """Shapes do not fit: the message names the operation, the operands and what was expected."""


class AxisError(ShapeError, IndexError):
    """An axis is out of range or given twice."""


class IndexingError(AutogradError, IndexError):
    """An index does not fit the tensor it is applied to."""


class DtypeError(AutogradError, TypeError):
    """A dtype cannot do what was asked of it."""


class DeviceError(AutogradError, TypeError):
    """Arrays of different devices met; nothing is ever copied silently."""


class ArgumentError(AutogradError, ValueError, TypeError):
    """An argument has a value or a type that the function cannot use."""


class MatrixError(AutogradError, numpy.linalg.LinAlgError):
    """A matrix has not what the operation needs: it is singular, not positive definite, or has nan in it."""


class UnknownNameError(AutogradError, AttributeError):
    """There is nothing of this name: the message says what to write, and is made only where somebody reads it."""

    def __str__(self) -> str:
        say, *names = self.args
        return str(say(*names))


class GraphError(AutogradError, RuntimeError):
    """The recorded graph cannot answer: no path, nothing recorded, not a scalar, freed."""


class ChangedError(GraphError):
    """A value that the reverse pass needs was changed after it had been recorded."""


class DataError(AutogradError, ValueError):
    """Data cannot be trained on: empty, of the wrong length, or not finite."""


class CheckError(AutogradError, AssertionError):
    """A gradient check failed: the message names the worst element, and the rule that is wrong.

    `report` is what `gradcheck` would have returned, where it was `gradcheck` that failed.
    """

    report: Any = None


class FileError(AutogradError, OSError):
    """A file cannot be written or read: the message names the path and the reason; what was there is as before."""


class EngineError(AutogradError, RuntimeError):
    """An outside program that draws pictures is missing or failed."""


class CompileError(AutogradError, RuntimeError):
    """A function cannot be compiled: the message names the line that needs a value while recording."""


class CompileWarning(UserWarning):
    """A compiled function runs as it is from now on: the message says why, and what would change that."""


class DebugWarning(UserWarning):
    """Something that debug mode found, at the line it warns of; `warnings.simplefilter("error", …)` stops there."""
