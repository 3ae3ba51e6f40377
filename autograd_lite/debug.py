"""Debug mode: every node remembers the line of code that made it, and what its operands' bytes were.

Knows frames, source lines, checksums of arrays, and that a witness is told of every node. Must not know what an
operation computes, or the reverse pass, which asks a node's trace whether memory was written into.
"""

from __future__ import annotations

import linecache
import os
import sys
from typing import Any
from zlib import crc32

import numpy

from autograd_lite import backend
from autograd_lite.diagnosis import describe
from autograd_lite.engine.graph import Node, mode
from autograd_lite.engine.inside import value_of
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.witness import Witness
from autograd_lite.errors import ChangedError

# A frame in one of these is the library's own; `nn` is installed beside `autograd_lite`.
_HERE = os.path.dirname(os.path.abspath(__file__))
_OWN = tuple(os.path.join(folder, "") for folder in (_HERE, os.path.join(os.path.dirname(_HERE), "nn")))


class Trace:
    """Where a node was made, and the checksums of its operands and its result at that moment."""

    __slots__ = ("file", "line", "function", "operands", "result")

    def __init__(self, file: str, line: int, function: str, operands: tuple[int, ...] | None, result: int) -> None:
        self.file = file
        self.line = line
        self.function = function
        self.operands = operands
        self.result = result

    @property
    def source(self) -> str:
        """The text of the line, empty where its file cannot be read."""
        return linecache.getline(self.file, self.line).strip()

    def __repr__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"

    def check(self, node: Node, result: Any) -> None:
        """Raise `ChangedError` where an operand or the result of the node has other contents now."""
        if self.operands is None:
            return
        for value, before in zip((*node.inputs, result), (*self.operands, self.result), strict=True):
            if _checksum(value) != before:
                made = value is result
                raise ChangedError(
                    f"{describe(value, 'the result' if made else 'an operand')} was written into after {node.op.name} "
                    f"had {'made' if made else 'used'} it at {self}, past the library, so the gradient there would be "
                    "wrong: give ag.tensor(data) a copy of its own, or write after backward"
                )


class _Lines(Witness):
    """Gives each node the line that made it, and leaves all else to the witness that was there before."""

    def __init__(self, before: Witness) -> None:
        self.before = before
        self.records = before.records
        for name, hook in vars(Witness).items():
            if callable(hook) and name not in vars(_Lines) and name not in vars(type(self)):
                setattr(self, name, getattr(before, name))

    def applied(self, result: Any, node: Node) -> None:
        self.before.applied(result, node)
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN):
            frame = frame.f_back
        code = frame.f_code
        node.trace = Trace(code.co_filename, frame.f_lineno, code.co_name, *self.sums(node, result))

    def sums(self, node: Node, result: Any) -> tuple[tuple[int, ...] | None, int]:
        """The checksums that a trace keeps: none."""
        return None, 0


class _Contents(_Lines):
    """Puts down the contents of operands and results as well."""

    def sums(self, node: Node, result: Any) -> tuple[tuple[int, ...] | None, int]:
        """The checksums of the operands and of the result."""
        return tuple(map(_checksum, node.inputs)), _checksum(result)


class lines:  # noqa: N801 - a context manager reads as a statement
    """Every node made inside remembers the line of code that made it, and nothing else.

    >>> import autograd_lite as ag
    >>> from autograd_lite.debug import lines, trace
    >>> with lines():
    ...     y = ag.exp(ag.tensor(1.0, requires_grad=True))
    >>> trace(y.node).line
    2
    """

    __slots__ = ()
    witness: type[_Lines] = _Lines

    def __enter__(self) -> None:
        now = mode.now
        now.outside.append(now.witness)
        now.witness = self.witness(now.witness)

    def __exit__(self, *error: object) -> None:
        now = mode.now
        now.witness = now.outside.pop()


class debug(lines):  # noqa: N801 - a context manager reads as a statement: with ag.debug()
    """Every node made inside remembers the line of your code that made it, and its operands' contents.

    The line is the first one outside this library. `ag.explain` shows it; the reverse pass names it when it finds
    that an array was written into in between, also where that went past the library, as in `a[0] = 1` on an array
    given to `ag.asarray`: it then raises `ChangedError`. Holds for the thread it is entered in. Every operation
    inside reads its operands once more; outside, nothing is slower.

    >>> import autograd_lite as ag
    >>> a = np.ones(2)
    >>> w = ag.asarray(a, requires_grad=True, name="w")
    >>> with ag.debug():
    ...     loss = ag.sum(w * w)
    >>> a[0] = 5.0
    >>> try:
    ...     loss.backward()
    ... except ag.ChangedError as error:
    ...     print(str(error)[:60])
    w (2,) float64 was written into after multiply had used it a
    """

    __slots__ = ()
    witness = _Contents


def trace(node: Node | None) -> Trace | None:
    """What a node remembers, or `None` where it was not made in debug mode."""
    return getattr(node, "trace", None)


def _checksum(value: Any) -> int:
    """A number that almost surely differs where the contents do; 0 for what is no array."""
    array = value_of(value) if isinstance(value, Tensor) else value
    if not backend.is_array(array):
        return 0
    return crc32(numpy.ascontiguousarray(backend.to_numpy(array)).view(numpy.uint8).data) if array.size else 0
