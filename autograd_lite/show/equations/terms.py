"""Terms: an equation as a tree, and what it is worth, in the readings that writing by hand leaves open.

A vector is a column to the book and a row of numbers to NumPy, and a sum over the columns of a matrix has an axis or
has none: a `Reading` settles it. Knows formulas and shapes. Must not know how an equation is read, or what is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from autograd_lite.diagnosis import FAILURES, diagnose
from autograd_lite.errors import AutogradError
from autograd_lite.op import Operation
from autograd_lite.ops.indexing import ARRAY
from autograd_lite.show.formula.formula import Formula, apply, derivative, formula, number, xp


@dataclass(frozen=True)
class Term:
    """A part of an equation as it was written: a name, a number, or an operation on other parts.

    `kind` is "name", "number", "truth", "none", "text", "ones" (of the shape `head`), "counting" (0, 1, … up to
    `head`), "call" (of the operation `head`), "prime", "turned", "product" (side by side), "index" (with the template
    `head`), "onehot" or "list".
    """

    kind: str
    head: Any = None
    args: tuple[Term, ...] = ()
    params: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Reading:
    """How vectors and sums are meant: `columns` as the book has them, `kept` with an axis of length 1 for each sum."""

    columns: bool
    kept: bool = False


def readings(columns: bool) -> list[Reading]:
    """Every reading, the likeliest first."""
    return [Reading(first, kept) for kept in (False, True) for first in (columns, not columns)]


class UnfitError(Exception):
    """Shapes that do not fit, in words."""


def used(term: Term) -> set[str]:
    """The names in a term."""
    found: set[str] = set()
    stack = [term]
    while stack:
        part = stack.pop()
        if part.kind == "name":
            found.add(part.head)
        stack.extend(part.args)
    return found


def guessed(term: Term) -> str:
    """The first operation in a term that is written without the shape that it needs, in words."""
    stack = [term]
    while stack:
        part = stack.pop()
        head = part.head if part.kind in ("call", "prime") else None
        if head is not None and "shape" in head.parameters and "shape" not in dict(part.params):
            return f"{head.name} is written without its shape: write shape = (…) into its parentheses"
        stack.extend(part.args)
    return ""


def call(op: Operation, *args: Term, **params: Any) -> Term:
    """An operation on other terms."""
    return Term("call", op, args, tuple(params.items()))


def evaluate(term: Term, names: dict[str, Formula], reading: Reading, target: tuple[int, ...] = ()) -> Formula:
    """What a term is worth; `target` is the shape of what it is compared with, for what is written without one.

    Raises `UnfitError` where shapes do not fit.
    """
    if term.kind == "name":
        return names[term.head]
    if term.kind == "number":
        return number(term.head)
    if term.kind == "truth":
        return formula(numpy.asarray(term.head))
    if term.kind == "none":
        return formula(None)
    if term.kind == "counting":
        return formula(numpy.arange(term.head))
    if term.kind == "ones":
        return formula(xp.broadcast_to(number(1), shape=term.head))
    args = tuple(evaluate(arg, names, reading, target) for arg in term.args)
    op = xp.matmul if term.kind == "product" else term.head
    if term.kind == "turned":
        return _transposed(args[0], term.head, reading)
    if term.kind == "index":
        return _checked(xp.getitem, args, {"template": term.head})
    if term.kind == "onehot":
        return _one_hot(args[0], target)
    if term.kind == "list":  # along the first axis, as they are printed without one
        return _checked(xp.concatenate if all(arg.ndim for arg in args) else xp.stack, args, {"axis": 0})
    params = {**op.defaults, **dict(term.params)}
    if "shape" in op.parameters and "shape" not in params:
        params["shape"] = target
    if term.kind == "prime":
        return derivative(op, args[0], _checked(op, args, params), params)
    if op is xp.matmul:
        return _product(args[0], args[1], reading)
    if op.spreads:
        return _spread(op, args, params, reading, target)
    if reading.kept and "keepdims" in op.defaults and params.get("axis") is not None:
        params["keepdims"] = True
    return _checked(op, args, params)


def _checked(op: Operation, args: Sequence[Formula], params: dict[str, Any]) -> Formula:
    missing = max(0, len(op.arguments) - op.variadic - len(args))
    args = (*args, *(formula(default) for default in list(op.optional.values())[len(op.optional) - missing :]))
    try:
        return apply(op, args, params)
    except FAILURES as error:
        if isinstance(error, AutogradError):
            raise
        raise UnfitError(diagnose(op, [arg.value for arg in args], params, error).problem) from error


def _transposed(x: Formula, axes: tuple[int, ...] | None, reading: Reading) -> Formula:
    if axes is not None:
        if len(axes) == 2 < x.ndim:
            return _checked(xp.swapaxes, (x,), {"axis1": axes[0], "axis2": axes[1]})
        return _checked(xp.transpose, (x,), {"axes": axes})
    if x.ndim == 1 and reading.columns:
        return formula(xp.expand_dims(x, axis=0))
    return x if x.ndim < 2 else formula(xp.transpose(x, axes=None))


def _column(x: Formula) -> Formula:
    return formula(xp.expand_dims(x, axis=1)) if x.ndim == 1 else x


def _product(one: Formula, other: Formula, reading: Reading) -> Formula:
    """The matrix product, in which a vector on the left is a column too where columns are read."""
    if not (one.ndim and other.ndim):
        return _spread(xp.multiply, (one, other), {}, reading)
    if not reading.columns or one.ndim > 2 or other.ndim > 2:
        return _checked(xp.matmul, (one, other), {})
    if other.ndim == 1 and one.shape == (1, other.size):
        row = one.args[0] if one.op is xp.expand_dims else formula(one.reshape(other.shape))
        return _checked(xp.matmul, (row, other), {})
    if one.ndim == 1:
        return _checked(xp.matmul, (_column(one), _column(other)), {})
    return _checked(xp.matmul, (one, other), {})


def _spread(
    op: Operation, args: tuple[Formula, ...], params: dict[str, Any], reading: Reading, target: tuple[int, ...] = ()
) -> Formula:
    """An operation element by element, in which a vector beside a matrix is a column or a row, as it fits."""
    way = next((way for way in _ways(args, reading, target) if _fits(way)), args)
    # NumPy spreads a column and a row over each other, which mathematics refuses in a sum.
    if op in (xp.add, xp.subtract) and _crossed(way):
        raise UnfitError(f"{way[0].shape} {op.symbol} {way[1].shape} spreads a column over a row")
    return _checked(op, way, params)


def _ways(
    args: tuple[Formula, ...], reading: Reading, target: tuple[int, ...]
) -> Iterator[tuple[Formula, ...]]:  # fmt: skip
    """The arguments as they may lie beside each other, the likeliest first."""
    ndims = {arg.ndim for arg in args}
    if 1 in ndims and max(ndims) > 1:
        columns = tuple(_column(arg) if 2 in ndims else arg for arg in args)
        yield from (columns, args) if reading.columns else (args, columns)
    else:
        yield args
    yield embedded(args)
    yield embedded(args, target)


def embedded(args: Sequence[Formula], target: tuple[int, ...] = ()) -> tuple[Formula, ...]:
    """The arguments with the axes of length 1 that a formula does not write, where their sizes say where these are."""
    whole = max((target, *(arg.shape for arg in args)), key=len)
    return tuple(_in(arg, whole) for arg in args)


def _in(x: Formula, whole: tuple[int, ...]) -> Formula:
    rest = [n for n in x.shape if n != 1]
    shape = tuple(rest.pop(0) if rest and rest[0] == n else 1 for n in whole)
    return x if rest or x.ndim in (0, len(whole)) else formula(x.reshape(shape))


def _fits(args: Sequence[Formula]) -> bool:
    try:
        numpy.broadcast_shapes(*(arg.shape for arg in args))
    except ValueError:
        return False
    return True


def _crossed(args: Sequence[Formula]) -> bool:
    """Whether two matrices are a column and a row."""
    one, other = args[0].shape, args[1].shape
    return len(one) == len(other) == 2 and one[0] != other[0] and one[1] != other[1]


def _one_hot(labels: Formula, target: tuple[int, ...]) -> Formula:
    """Rows with a 1 at each label, as long as the rows of what it is compared with."""
    where = numpy.asarray(labels.value)
    if not target or where.dtype.kind not in "iuf" or where.shape != target[:-1]:
        raise UnfitError(f"one-hot rows of labels of shape {where.shape} are no {target}")
    rows = [formula(numpy.arange(n).reshape([-1] + [1] * (where.ndim - 1 - i))) for i, n in enumerate(where.shape)]
    ones = formula(xp.broadcast_to(number(1), shape=where.shape))
    index = formula(where.astype(int))
    template = (ARRAY,) * (len(rows) + 1)
    return _checked(xp.scatter_add, (ones, *rows, index), {"template": template, "shape": target})


def fitted(found: Formula, target: Formula) -> Formula | None:
    """What an equation gave in a shape that spreads to that of its target, or `None` where it has none."""
    if found.shape in ((target.size, 1), (1,)) and target.ndim < found.ndim and found.size == target.size:
        return formula(found.reshape(target.shape))
    for way in (found, embedded((found, target))[0], _without_ones(found, target)):
        try:
            if numpy.broadcast_shapes(way.shape, target.shape) == target.shape:
                return way
        except ValueError:
            continue
    return None


def _without_ones(found: Formula, target: Formula) -> Formula:
    """What differs from its target in axes of length 1 alone, and is more than a row or a column, in its shape."""
    same = [n for n in found.shape if n != 1] == [n for n in target.shape if n != 1]
    return formula(found.reshape(target.shape)) if same and max(found.ndim, target.ndim) > 2 else found
