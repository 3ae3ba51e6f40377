"""Debug mode: every node remembers the line of code that made it, and what its operands' bytes were.

Knows frames, source lines, checksums of arrays, and that a witness is told of every node; what is to be warned of is
for `alarm` to say. Must not know what an operation computes, or the reverse pass, which asks a node's trace whether
memory was written into, and tells it what a rule hands back.
"""

from __future__ import annotations

import linecache
import os
import sys
from typing import Any
from zlib import crc32

import numpy

from autograd_lite import backend
from autograd_lite.alarm import Alarm, Place
from autograd_lite.diagnosis import describe
from autograd_lite.engine.graph import REVERSE, Node, mode
from autograd_lite.engine.inside import value_of
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.witness import Witness
from autograd_lite.errors import ChangedError
from autograd_lite.op import Operation

# A frame in one of these is the library's own; `nn` is installed beside `autograd_lite`.
_HERE = os.path.dirname(os.path.abspath(__file__))
_OWN = tuple(os.path.join(folder, "") for folder in (_HERE, os.path.join(os.path.dirname(_HERE), "nn")))


class Trace:
    """Where a node was made, and the checksums of its operands and its result at that moment."""

    __slots__ = ("file", "line", "function", "operands", "result", "alarm")

    def __init__(self, file: str, line: int, function: str, operands: tuple[int, ...] | None, result: int) -> None:
        self.file = file
        self.line = line
        self.function = function
        self.operands = operands
        self.result = result
        self.alarm: Alarm | None = None

    @property
    def place(self) -> Place:
        """File, line and function."""
        return self.file, self.line, self.function

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

    def handed(self, node: Node, position: int, g: Any, gradient: Any) -> None:
        """A rule of the node has handed back a gradient: warn where it is the first that is not finite."""
        if self.alarm is not None:
            self.alarm.handed(node.op, node.inputs, position, g, gradient, self.place)


def here() -> Place:
    """The line of code outside of this library that is being run."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


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
        node.trace = Trace(*here(), None, 0)

    def end(self) -> None:
        """The block has ended, without an error."""


class _Debug(_Lines):
    """Puts down the contents of operands and results as well, and warns of what looks like a mistake."""

    def __init__(self, before: Witness) -> None:
        super().__init__(before)
        self.alarm = Alarm()

    def applied(self, result: Any, node: Node) -> None:
        self.before.applied(result, node)
        operands = tuple(map(_checksum, node.inputs))
        trace = node.trace = Trace(*here(), operands, _checksum(result))
        trace.alarm = self.alarm
        for x in node.inputs:
            self.alarm.using(x, node.op, trace.place)
        if node.scope[:1] != (REVERSE,):  # what a recorded reverse pass computes is reported by the rule
            self.alarm.computed(node.op, node.inputs, result, trace.place)

    def computed(self, op: Operation, inputs: tuple[Any, ...], out: Any) -> None:
        self.before.computed(op, inputs, out)
        self.alarm.computed(op, inputs, out, here())

    def passed(self, written: Any, adds: bool) -> None:
        self.before.passed(written, adds)
        self.alarm.passed(written, adds, here())

    def get_grad(self, tensor: Tensor) -> Any:
        found = self.before.get_grad(tensor)
        if found is None:
            self.alarm.asked(tensor, here())
        return found

    def end(self) -> None:
        self.alarm.end()


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
        # One block inside another of its kind goes on with it: nothing is said twice.
        witness = now.witness if type(now.witness) is self.witness else self.witness(now.witness)
        now.outside, now.witness = (now.witness, now.outside), witness

    def __exit__(self, kind: object, *error: object) -> None:
        now = mode.now
        ended = now.witness
        now.witness, now.outside = now.outside
        if kind is None and ended is not now.witness and isinstance(ended, _Lines):
            ended.end()


class debug(lines):  # noqa: N801 - a context manager reads as a statement: with ag.debug()
    """Every node made inside remembers the line of your code that made it, and mistakes are warned of at their line.

    The line is the first one outside this library. `ag.explain` shows it; the reverse pass names it when it finds
    that an array was written into in between, also where that went past the library, as in `a[0] = 1` on an array
    given to `ag.asarray`: it then raises `ChangedError`. Holds for the thread it is entered in. Every operation
    inside reads its operands once more; outside, nothing is slower.

    Each of these is a `DebugWarning`, once for each line of a block:

    - a number that is not finite, where it is born: a result, or a gradient that a rule hands back, has a nan or an
      infinity that no operand has. With the operation, its operands, their values at that index, and the usual cure
    - a vector (n,) that met a column (n, 1) in an operation, and made a matrix
    - a leaf that requires a gradient and was used, or asked for its gradient, and that no `backward` came to
    - a gradient that was added to the one before, although the leaf has been changed in between

    `warnings.simplefilter("error", ag.DebugWarning)` stops at the first, and the traceback shows how it came to it.

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
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as said, ag.debug():
    ...     warnings.simplefilter("always")
    ...     y = ag.log(w - w)
    >>> [str(each.message)[:25] for each in said if each.category is ag.DebugWarning]
    ['-inf is born in log(x (2,']
    """

    __slots__ = ()
    witness = _Debug


def trace(node: Node | None) -> Trace | None:
    """What a node remembers, or `None` where it was not made in debug mode."""
    return getattr(node, "trace", None)


def _checksum(value: Any) -> int:
    """A number that almost surely differs where the contents do; 0 for what is no array."""
    array = value_of(value) if isinstance(value, Tensor) else value
    if not backend.is_array(array):
        return 0
    return crc32(numpy.ascontiguousarray(backend.to_numpy(array)).view(numpy.uint8).data) if array.size else 0
