"""What debug mode warns of: numbers that cease to be finite, odd broadcasts, parameters left out, gradients left over.

Knows arrays, shapes and gradients as they pass by, and where in the user's code it happens. Must not know the reverse
pass, nor what an operation computes: how its numbers cease to be finite is in a table beside the operations.
"""

from __future__ import annotations

import linecache
import warnings
from collections.abc import Sequence
from typing import Any
from weakref import ref

import numpy
from numpy import ndarray

from autograd_lite import backend
from autograd_lite.diagnosis import describe, operands
from autograd_lite.engine.inside import changed_at, value_of
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import DebugWarning
from autograd_lite.op import Operation
from autograd_lite.ops.cures import cure

Place = tuple[str, int, str]
"""A file, a line in it, and the function that the line is in."""


class _Leaves:
    """Something noted of each tensor while it lives; tensors are told apart as objects, since == compares elements."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[ref[Tensor], Any]] = {}

    def __contains__(self, x: Tensor) -> bool:
        return id(x) in self._known

    def __getitem__(self, x: Tensor) -> Any:
        return self._known[id(x)][1] if x in self else None

    def __setitem__(self, x: Tensor, noted: Any) -> None:
        key, known = id(x), self._known
        known[key] = ref(x, lambda _: known.pop(key, None)), noted

    def items(self) -> list[tuple[Tensor, Any]]:
        """Those that live, and what was noted."""
        return [(x, noted) for held, noted in self._known.values() if (x := held()) is not None]


# When a leaf was last given a gradient, by the moment of its last change: it may be given the next in another block.
_graded = _Leaves()


class Alarm:
    """What one block of debug mode has seen and said; it says each thing once for each line."""

    def __init__(self) -> None:
        self.said: set[tuple[Any, ...]] = set()
        self.used = _Leaves()  # leaves, where they were used
        self.reached = _Leaves()  # leaves that a gradient came to
        self.passes = 0

    def say(self, kind: str, message: str, place: Place) -> None:
        """Warn at a line of the user's, once."""
        file, line, _ = place
        if (kind, file, line) not in self.said:
            self.said.add((kind, file, line))
            warnings.warn_explicit(message, DebugWarning, file, line)

    # Forward.

    def computed(self, op: Operation, inputs: Sequence[Any], out: Any, place: Place) -> None:
        """An operation has given `out`."""
        self._broadcast(op, inputs, out, place)
        result = _array(out)
        if result is None or numpy.isfinite(result).all():
            return
        given = [_array(x) for x in inputs]
        at = _born(result, given)
        if at is None:
            return
        name = (op.of or op).name
        numbers = _met(op, given, result.shape, at)
        happened, instead = cure(name, False, numbers)
        self.say(
            "forward",
            f"{result[at]} is born in {name}({operands(op, inputs)}) at {_shown(place)}: at index {at}"
            f"{_listed(op, numbers)}: {happened}. Usual cure: {instead}",
            place,
        )

    def _broadcast(self, op: Operation, inputs: Sequence[Any], out: Any, place: Place) -> None:
        """A vector that met a column makes a matrix, which is seldom meant."""
        if not op.spreads or len(inputs) != 2:
            return
        x, y = inputs
        for flat, column in ((x, y), (y, x)):
            n: tuple[int, ...] = getattr(flat, "shape", ())
            if len(n) == 1 and n[0] > 1 and getattr(column, "shape", ()) == (*n, 1):
                self.say(
                    "broadcast",
                    f"{op.name}({operands(op, inputs)}) at {_shown(place)} makes {tuple(out.shape)}, each element with "
                    "each, which is seldom meant of a vector and a column: make them alike with x.reshape(-1) or "
                    "x[:, None], or write x[None, :] if it is",
                    place,
                )

    def using(self, x: Any, op: Operation, place: Place) -> None:
        """A recorded operation took `x` as an operand."""
        if type(x) is Tensor and x.node is None and x.requires_grad and x not in self.used:
            self.used[x] = (place, op.name)

    # Reverse.

    def handed(
        self, op: Operation, inputs: Sequence[Any], position: int, g: Any, gradient: Any, place: Place
    ) -> None:  # fmt: skip
        """A rule has handed back `gradient` for the argument at `position`, given `g`."""
        found = _array(gradient)
        if found is None or numpy.isfinite(found).all():
            return
        values = [_array(x) for x in inputs]
        given = [*(map(_array, g) if type(g) is tuple else [_array(g)]), *values]
        at = _born(found, given)
        if at is None:
            return
        name = (op.of or op).name
        numbers = _met(op, values, found.shape, at)
        happened, instead = cure(name, True, numbers)
        argument = op.arguments[min(position, len(op.arguments) - 1)]
        self.say(
            "reverse",
            f"{found[at]} is born in the reverse pass, as the gradient of {describe(inputs[position], argument)} by "
            f"{name}({operands(op, inputs)}), used at {_shown(place)}: at index {at}{_listed(op, numbers)}: {happened}"
            f". Usual cure: {instead}",
            place,
        )

    def passed(self, written: Sequence[tuple[Tensor, Any, Any]], adds: bool, place: Place) -> None:
        """A reverse pass has come to these leaves, where the gradient before it was; `adds` if it was added to it."""
        self.passes += adds  # one that names its tensors leaves others out on purpose
        for x, earlier, _ in written:
            if x.node is not None:
                continue
            before = _graded[x]
            if adds and earlier is not None and before is not None and before != changed_at(x) and bool(earlier.any()):
                self.say(
                    "left over",
                    f"the gradient of {describe(x, 'a leaf')} at {_shown(place)} is added to the one before, although "
                    "the leaf has been changed since: set it to None after each step, as optimizer.zero_grad() does",
                    place,
                )
            self.reached[x] = True
            if adds:
                _graded[x] = changed_at(x)

    def asked(self, x: Tensor, place: Place) -> None:
        """The gradient of a leaf that has none was asked for."""
        if self.passes and x.requires_grad and x not in self.reached and x not in _graded:
            self._left_out(x, f"asked for its gradient at {_shown(place)}", place)

    def end(self) -> None:
        """The block has ended: leaves that were used and that no reverse pass came to are named."""
        if not self.passes:
            return
        for x, (place, name) in self.used.items():
            if x not in self.reached:
                self._left_out(x, f"used by {name} at {_shown(place)}", place)

    def _left_out(self, x: Tensor, where: str, place: Place) -> None:
        self.reached[x] = True
        self.say(
            f"left out {x.name or id(x)}",
            f"{describe(x, 'a leaf')} requires a gradient and got none: there is no path from it to what backward was "
            f"called on ({where}). Use it in the loss, look for detach(), no_grad() or numpy() on the way, or set "
            "requires_grad = False",
            place,
        )


def _shown(place: Place) -> str:
    file, line, function = place
    source = linecache.getline(file, line).strip()
    return f"{file}:{line} in {function}" + (f" ({source})" if source else "")


def _array(x: Any) -> ndarray | None:
    """The numbers of an operand, or none where it has no floating-point numbers."""
    value = value_of(x) if type(x) is Tensor else x
    if isinstance(value, float):
        return numpy.asarray(value)
    if not backend.is_array(value) or value.dtype.kind not in "fiub":
        return None
    return value if isinstance(value, ndarray) else backend.to_numpy(value)


def _born(found: ndarray, given: Sequence[ndarray | None]) -> tuple[int, ...] | None:
    """Where the first number that is not finite, and that no operand explains, stands."""
    if found.dtype.kind != "f":
        return None
    known = [x for x in given if x is not None and x.dtype.kind == "f"]
    if any(numpy.isnan(x).any() for x in known):
        return None
    bad = numpy.isnan(found)
    if not bad.any():
        if any(numpy.isinf(x).any() for x in known):
            return None
        bad = numpy.isinf(found)
    return tuple(int(i) for i in numpy.argwhere(bad)[0])


def _met(
    op: Operation, given: Sequence[ndarray | None], shape: tuple[int, ...], at: tuple[int, ...]
) -> tuple[float, ...] | None:
    """The numbers of the operands that met at an index, where the operation works element by element."""
    if not op.spreads or any(x is None for x in given):
        return None
    numbers = []
    for x in given:
        assert x is not None
        if x.ndim > len(shape) or any(n not in (1, m) for n, m in zip(x.shape[::-1], shape[::-1], strict=False)):
            return None  # the gradient of an operand that was broadcast has another shape
        numbers.append(float(numpy.broadcast_to(x, shape)[at]))
    return tuple(numbers)


def _listed(op: Operation, numbers: tuple[float, ...] | None) -> str:
    if numbers is None:
        return ""
    return ", " + ", ".join(f"{name} = {x!r}" for name, x in zip(op.arguments, numbers, strict=False))
