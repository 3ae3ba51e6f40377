"""What went wrong when an operation refused its operands, in words that help.

Looks at names, shapes, dtypes and devices only, and only after a forward has failed, so that a
call that works pays nothing. Must not know how an operation computes, or Tensors beyond those.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, ParamSpec, TypeVar

import numpy

from autograd_lite import backend
from autograd_lite.elsewhere import either, keyword
from autograd_lite.errors import (
    ArgumentError,
    AutogradError,
    AxisError,
    DeviceError,
    DtypeError,
    IndexingError,
    MatrixError,
    ShapeError,
)
from autograd_lite.op import Operation

P = ParamSpec("P")
R = TypeVar("R")

FAILURES = (TypeError, ValueError, IndexError, AttributeError, numpy.linalg.LinAlgError)
"""What NumPy and CuPy raise for operands that do not fit."""


_MATRICES = {
    "Singular": "a matrix is singular, so it has no inverse: add a little to its diagonal, as in a + 1e-6 * np.eye(n), "
    "or use linalg.pinv or linalg.lstsq, which do without one",
    "positive definite": "a matrix is not positive definite: make it symmetric, as in a @ a.T, and add a little to its "
    "diagonal, as in a + 1e-6 * np.eye(n)",
    "did not converge": "the iteration for a matrix did not converge, which nan or inf in it are the usual cause of: "
    "look with ag.isfinite(a)",
}
"""What NumPy says of matrices, by a word of it, and what helps."""


def told(function: Callable[P, R]) -> Callable[P, R]:
    """A function that refuses arguments it has not, or misses, by an exception of ours and not by Python's."""

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            wrong = None if isinstance(error, AutogradError) else miscalled(function, args, kwargs)
            if wrong is None:
                raise
            raise wrong from None

    return called


def miscalled(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> ArgumentError | None:
    """What is wrong with the arguments of a call by their number and their names; `None` where nothing is.

    >>> def area(width, height=1.0): ...
    >>> print(miscalled(area, (), {"heigth": 2.0}))
    area(width, height=1.0) has no argument heigth: did you mean height=?
    """
    parameters = inspect.signature(function).parameters
    by_place = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    declared = inspect.Signature([p.replace(annotation=p.empty) for p in parameters.values()])
    said = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", f"{function.__name__}{declared}")
    if unknown := [name for name in kwargs if name not in parameters]:
        close = "".join(keyword(name, parameters.keys()) for name in unknown)
        return ArgumentError(f"{said} has no argument {', '.join(unknown)}{close}")
    if len(args) > len(by_place):
        return ArgumentError(f"{said} got {len(args)} positional arguments")
    if twice := [name for name in by_place[: len(args)] if name in kwargs]:
        return ArgumentError(f"{said} got {', '.join(twice)} twice")
    given = {*by_place[: len(args)], *kwargs}
    if missing := [name for name, p in parameters.items() if p.default is p.empty and name not in given]:
        return ArgumentError(f"{said} misses {', '.join(missing)}")
    return None


def describe(value: Any, name: str | None = None) -> str:
    """One operand in words: its name, shape, dtype, and its device where that is not the CPU."""
    called = str(getattr(value, "name", None) or name or "")
    if not hasattr(value, "shape"):
        return f"{called + ' ' if called else ''}{value!r}"
    place = getattr(value, "device", "cpu")
    where = "" if isinstance(value, numpy.ndarray | numpy.generic) or str(place) == "cpu" else f" on {place}"
    return f"{called + ' ' if called else ''}{tuple(value.shape)} {value.dtype}{where}"


def operands(op: Operation, inputs: Sequence[Any]) -> str:
    """All operands of a call in words."""
    names = list(op.arguments[:-1] if op.variadic else op.arguments)
    names += [f"{op.arguments[-1]}[{i}]" for i in range(len(inputs) - len(names))]
    return ", ".join(describe(value, name) for value, name in zip(inputs, names, strict=False) if value is not None)


def _broadcast_problem(inputs: Sequence[Any]) -> str | None:
    """The axis at which the shapes of `inputs` do not broadcast, in words."""
    shapes = [tuple(x.shape) for x in inputs if hasattr(x, "shape")]
    back = _axis_at_fault(shapes)
    if back is None:
        return None
    different = sorted({shape[-back] for shape in shapes if len(shape) >= back and shape[-back] != 1})
    return f"the sizes {' and '.join(map(str, different))} at axis -{back} differ and neither is 1"


def diagnose(op: Operation, inputs: Sequence[Any], params: dict[str, Any], error: Exception) -> AutogradError:
    """The library's exception for a forward of `op` that failed with `error`; its `problem` is what is said of it.

    The first line is the call and the problem; below it stand the shapes, one under the other, with a mark at the axis
    at fault, and a line that would work where one is known.
    """
    call = f"{op.name}({operands(op, inputs)}{''.join(f', {k}={v!r}' for k, v in params.items())})"
    kind, problem = _problem(op, inputs, error)
    found = kind(f"{call}: {problem}{_below(op, inputs, kind)}")
    found.problem = problem
    return found


def _named(op: Operation, inputs: Sequence[Any]) -> list[tuple[str, Any]]:
    """The arrays among the operands by the names that a user or else the operation has for them."""
    names = list(op.arguments[:-1] if op.variadic else op.arguments)
    names += [f"{op.arguments[-1]}[{i}]" for i in range(len(inputs) - len(names))]
    found = [(str(getattr(x, "name", None) or name), x) for name, x in zip(names, inputs, strict=False)]
    return [(name, x) for name, x in found if getattr(x, "shape", None) is not None]


def _below(op: Operation, inputs: Sequence[Any], kind: type[AutogradError]) -> str:
    """What stands under the first line of a message about several arrays: their shapes and what would fit."""
    arrays = _named(op, inputs)
    if len(arrays) < 2 or not issubclass(kind, ShapeError | DeviceError) or issubclass(kind, AxisError):
        return ""
    shapes = [tuple(x.shape) for _, x in arrays]
    fault: list[int | None] = [None] * len(arrays)
    fits: list[str] = []
    if op.misfit is not None and all(shapes):
        fault, fits = _inner_axes(shapes), []
    elif kind is ShapeError and op.spreads and (back := _axis_at_fault(shapes)) is not None:
        fault = [back if len(shape) >= back and shape[-back] != 1 else None for shape in shapes]
        fits = _fitting(op, arrays) if len(arrays) == 2 and len(inputs) == 2 else []
    lines = _under_each_other(arrays, fault)
    lines += [f"  this would fit: {either(fits)}"] if fits else []
    return "".join("\n" + line for line in lines)


def _inner_axes(shapes: Sequence[tuple[int, ...]]) -> list[int | None]:
    """The axes, counted from the end, that a product sums over, where they differ."""
    first, second = 1, 1 if len(shapes[1]) == 1 else 2
    return [None, None] if shapes[0][-first] == shapes[1][-second] else [first, second]


def _axis_at_fault(shapes: Sequence[tuple[int, ...]]) -> int | None:
    """The first axis, counted from the end, at which shapes do not broadcast."""
    for back, sizes in enumerate(zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1), start=1):
        if len({size for size in sizes if size != 1}) > 1:
            return back
    return None


def _under_each_other(arrays: Sequence[tuple[str, Any]], fault: Sequence[int | None]) -> list[str]:
    """A line for each array, its axes under those of the others from the last on, a mark under the axis at fault."""
    most = max(len(x.shape) for _, x in arrays)
    widths = [
        max([len(str(x.shape[-back])) for _, x in arrays if len(x.shape) >= back] or [1]) for back in range(1, most + 1)
    ]
    wide = max(len(name) for name, _ in arrays)
    lines = []
    for (name, x), wrong in zip(arrays, fault, strict=True):
        cells = [str(x.shape[-back]).rjust(widths[back - 1]) for back in range(len(x.shape), 0, -1)]
        missing = sum(widths[len(cells) :]) + 2 * (most - len(cells)) - (2 if most and not cells else 0)
        place = getattr(x, "device", "cpu")
        head = f"  {name.rjust(wide)}  " + " " * missing
        lines.append(f"{head}({', '.join(cells)})  {x.dtype}  {place}")
        if wrong is not None:
            before = sum(widths[back - 1] + 2 for back in range(len(cells), wrong, -1))
            lines.append(" " * (len(head) + before + widths[wrong - 1]) + "^")
    return lines


def _fitting(op: Operation, arrays: Sequence[tuple[str, Any]]) -> list[str]:
    """Calls of the operation on two arrays turned or spread so that they broadcast; at most two."""
    (first, x), (second, y) = arrays
    a, b = tuple(x.shape), tuple(y.shape)

    def ways(name: str, shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
        found = [(name, shape)]
        if len(shape) == 2:
            found.append((f"{name}.T", shape[::-1]))
        if len(shape) == 1:
            found.append((f"{name}[:, None]", (*shape, 1)))
        return found

    changed = [(f"{op.name}({m}, {n})", p, q) for m, p in ways(first, a) for n, q in ways(second, b)][1:]
    found = [call for call, p, q in changed if _axis_at_fault([p, q]) is None]
    return found[:2] or [f"{op.name}({first}[..., None], {second}) for every pair"] * (len(b) == 1 and len(a) > 0)


def _problem(op: Operation, inputs: Sequence[Any], error: Exception) -> tuple[type[AutogradError], str]:
    devices = {str(getattr(x, "device", "cpu")) for x in inputs if getattr(x, "shape", None) is not None}
    if len(devices) > 1:
        return DeviceError, (
            f"the operands live on {' and '.join(sorted(devices))}; nothing is copied silently: "
            "move one of them first, for example with ag.tensor(cupy.asarray(x.numpy()))"
        )
    if isinstance(error, AutogradError):
        return type(error), error.problem or str(error)
    if isinstance(error, numpy.linalg.LinAlgError):
        said = [text for sign, text in _MATRICES.items() if sign in str(error)]
        return (MatrixError, said[0]) if said else (ShapeError, str(error))
    if op.misfit is not None and all(hasattr(x, "dtype") for x in inputs) and isinstance(error, ValueError):
        return ShapeError, op.misfit(*inputs)
    if isinstance(error, numpy.exceptions.AxisError):
        return AxisError, f"{error}{_axes(error.ndim)}"
    if "negative integer powers" in str(error):
        return ShapeError, f"{error} Whole numbers stay whole: make them floating-point first, as in x.astype(float)"
    if isinstance(error, IndexError):
        return IndexingError, str(error)
    if isinstance(error, ValueError):
        if "duplicate" in str(error) or "repeated axis" in str(error):
            return AxisError, str(error)
        spreads = len(inputs) > 1 and not op.variadic
        return ShapeError, (_broadcast_problem(inputs) if spreads else None) or str(error)
    if any(getattr(x, "dtype", None) is not None for x in inputs) and isinstance(error, TypeError):
        bad = [x for x in inputs if not hasattr(x, "dtype") and not isinstance(x, backend.SCALARS)]
        if not bad and "as an integer" in str(error):
            return DtypeError, f"{error}: an axis or a length is a whole number, as in axis=1, or a tuple of them"
        if not bad:
            return DtypeError, str(error)
    return ArgumentError, str(error)


def _axes(ndim: int | None) -> str:
    """The axes that there are."""
    return f"; the axes are 0 to {ndim - 1}, or -{ndim} to -1 from the last" if ndim else ""
