"""What went wrong when an operation refused its operands, in words that help.

Looks at names, shapes, dtypes and devices only, and only after a forward has failed, so that a
call that works pays nothing. Must not know how an operation computes, or Tensors beyond those.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy

from autograd_lite import backend
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


def describe(value: Any, name: str | None = None) -> str:
    """One operand in words: its name, shape, dtype, and its device where that is not the CPU."""
    called = getattr(value, "name", None) or name
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
    for back, sizes in enumerate(zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1), start=1):
        different = sorted({size for size in sizes if size != 1})
        if len(different) > 1:
            return f"the sizes {' and '.join(map(str, different))} at axis -{back} differ and neither is 1"
    return None


def diagnose(op: Operation, inputs: Sequence[Any], params: dict[str, Any], error: Exception) -> AutogradError:
    """The library's exception for a forward of `op` that failed with `error`; its `problem` is what is said of it."""
    call = f"{op.name}({operands(op, inputs)}{''.join(f', {k}={v!r}' for k, v in params.items())})"
    kind, problem = _problem(op, inputs, error)
    found = kind(f"{call}: {problem}")
    found.problem = problem
    return found


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
        return AxisError, str(error)
    if isinstance(error, IndexError):
        return IndexingError, str(error)
    if isinstance(error, ValueError):
        if "duplicate" in str(error) or "repeated axis" in str(error):
            return AxisError, str(error)
        spreads = len(inputs) > 1 and not op.variadic
        return ShapeError, (_broadcast_problem(inputs) if spreads else None) or str(error)
    if any(getattr(x, "dtype", None) is not None for x in inputs) and isinstance(error, TypeError):
        bad = [x for x in inputs if not hasattr(x, "dtype") and not isinstance(x, backend.SCALARS)]
        if not bad:
            return DtypeError, str(error)
    return ArgumentError, str(error)
