"""What a primitive call is, a row for each: what it means, what may be done with it, what it costs, how it is written.

Everybody who works on programs knows a call by its row alone. A function of NumPy's that has no row of its own gets
one from what NumPy says of it. Knows NumPy. Must not know programs, memory, or operations' rules.
"""

from __future__ import annotations

import functools
import re
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy

from autograd_lite.errors import CompileError
from autograd_lite.op import REGISTRY
from autograd_lite.ops.indexing import ARRAY, fill, named_once

ATOM = 9
"""How tightly a name, a call or an index binds; operators bind less."""
NEGATIVE = ("-", 6)
"""The sign that stands before its operand."""

JOIN, MEMBER = "join", "member"
"""A flat array made of several, and a view of one of those in it."""
TRANSPOSE, CAST = "transpose", "astype"
PUT, ITEMS, SPREAD, PART = "setitem", "getitem", "spread", "part"
RESHAPE = "reshape"
UPDATE = "update"
"""An array with `x[index] + y`, or another operator, in the place of `x[index]`; the index is a plain one."""
ONCE = "named_once"
"""A look, at every call, whether an index names an element twice."""


class Lines(Protocol):
    """Where the lines of a call are written to."""

    def line(self, run: str, read: str | None = None) -> None:
        """A line as it runs, and as a person reads it."""

    def function(self, name: str, function: Any) -> str:
        """The name of a function that the lines call."""


Params = dict[str, Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """One kind of primitive call."""

    evaluate: Callable[[Sequence[Any], Params], Any]
    """What it gives on arrays."""
    arrays: int | None = 1
    """How many of its arguments are arrays, the first ones; `None`: the first is a sequence of them."""
    parameters: Params | None = None
    """Its other arguments in order, with their defaults; `None`: it is called in any way that NumPy's function is."""
    flops: Callable[[Sequence[Shape], Shape], int] = lambda shapes, result: prod(shapes[0]) if shapes else 0
    """What it costs on arrays of these shapes."""
    ufunc: Any = None
    """The ufunc that it is, called element by element."""
    exact: bool = False
    """Elementwise and rounded once, so with the same bits in any loop."""
    scales: bool = False
    """A multiplication, whose factors may be multiplied with each other where that is exact."""
    product: bool = False
    """A matrix product, for which BLAS has several ways, with several bits."""
    effect: bool = False
    """Never dropped, merged, moved or done beforehand."""
    writes: bool = False
    """Its result is its first argument with some elements written over."""
    fresh: bool = False
    """It makes an array of nothing, for others to write into."""
    wide: bool = False
    """On halves it computes in a wider type, and only where NumPy makes the result itself."""
    blind: bool = False
    """An operation with an effect that reads nothing of its arguments but their shapes and dtypes."""
    order: Callable[[Params, int], Shape] | None = None
    """The order it puts so many axes into, of what only does that."""
    into: Callable[[Lines, Sequence[str], Params, Sequence[Any], str], None] | None = None
    """How it is written with its result directed into an array: lines, operands, parameters, samples, the array."""
    text: Callable[[Sequence[str], Params], str] | None = None
    """The expression that a person would write, of operands that bind tightly."""
    infix: tuple[str, int] | None = None
    """The operator that a person would write, and how tightly it binds."""
    view: bool = False
    """It looks at its argument's memory whatever NumPy says: a member of a flat array, one of several results."""
    names_out: bool = False
    """A ufunc of which NumPy wants `out=` by name."""


# Texts.


class Raw:
    """Text that stands for itself in a `repr`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def dtype_text(dtype: Any) -> str:
    """A dtype as it is written: by name, or by its code where its bytes are in the other order."""
    return f"np.{dtype.name}" if dtype.isnative else f"np.dtype({dtype.str!r})"


def written(value: Any) -> str:
    """A number, or a parameter of a call, as it is written."""
    if isinstance(value, float | numpy.floating) and not numpy.isfinite(value):
        kind = f"np.{type(value).__name__}" if isinstance(value, numpy.generic) else "float"
        return f"{kind}({str(value)!r})"
    if isinstance(value, complex) and not (numpy.isfinite(value.real) and numpy.isfinite(value.imag)):
        return f"complex({written(value.real)}, {written(value.imag)})"
    if isinstance(value, numpy.dtype):
        return dtype_text(value)
    if isinstance(value, type) and issubclass(value, numpy.generic):
        return f"np.{value.__name__}"
    if isinstance(value, list | tuple):
        inner = ", ".join(map(written, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    return "..." if value is Ellipsis else repr(value)


def index_text(index: tuple[Any, ...]) -> str:
    """An index as it is written between brackets."""
    return ", ".join(_slice_text(part) for part in index) or "()"


def _slice_text(part: Any) -> str:
    if not isinstance(part, slice):
        return written(part)
    text = f"{'' if part.start is None else part.start}:{'' if part.stop is None else part.stop}"
    return text if part.step is None else f"{text}:{part.step}"


def _raw_index(template: Any, texts: Sequence[str]) -> str:
    return index_text(fill(template, [Raw(text) for text in texts]))


def _given(p: Params, *names: str) -> list[str]:
    """Those parameters that are not as by default."""
    return [f"{name}={written(p[name])}" for name in names if p.get(name) is not None and p[name] is not False]


def _method(name: str, *names: str) -> Callable[[Sequence[str], Params], str]:
    return lambda texts, p: f"{texts[0]}.{name}({', '.join(_given(p, *names))})"


# How calls are written into given memory.


def _reduce_into(ufunc: Any) -> Any:
    name, method = ufunc.__name__, ufunc.reduce

    def into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
        axis, keep = p.get("axis"), p.get("keepdims", False)
        axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
        reduce = lines.function(f"{name}_reduce", method)
        lines.line(f"{reduce}({args[0]}, {axis}, None, {out}{', True' if keep else ''})",
                   f"np.{name}.reduce({args[0]}, axis={axis}, keepdims={keep}, out={out})")  # fmt: skip

    return into


def _keyword_into(name: str) -> Any:
    def into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
        kept = f"axis={p.get('axis')}, keepdims={p.get('keepdims', False)}"
        lines.line(f"np.{name}({args[0]}, {kept}, out={out})")

    return into


def _joined_into(name: str) -> Any:
    def into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
        lines.line(f"np.{name}(({', '.join(args)},), axis={p.get('axis', 0)}, out={out})")

    return into


def _product_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    name = "dot" if _dot_is_equal(*values) else "matmul"
    short = lines.function(f"np_{name}", getattr(numpy, name))
    lines.line(f"{short}({args[0]}, {args[1]}, {out})", f"np.{name}({args[0]}, {args[1]}, out={out})")


def _dot_is_equal(x: numpy.ndarray, y: numpy.ndarray) -> bool:
    """Whether `dot`, which starts quicker, takes the same way through BLAS as `matmul` here."""
    if x.ndim != 2 or y.ndim != 2 or 1 in (*x.shape, *y.shape) or 0 in (*x.shape, *y.shape) or x.dtype != y.dtype:
        return False
    return bool(numpy.dot(x, y).tobytes() == numpy.matmul(x, y).tobytes())


def _clip_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    lines.line(f"np.clip({', '.join(args)}, out={out})")


def _where_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    copyto = lines.function("copyto", numpy.copyto)
    condition = args[0]
    if getattr(values[0], "dtype", None) is not numpy.dtype(bool):
        condition = f"np.not_equal({args[0]}, 0)"
    for each in (f"({out}, {args[2]})", f"({out}, {args[1]}, where={condition})"):
        lines.line(f"{copyto}{each}", f"np.copyto{each}")


def _cast_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    text = f"({out}, {args[0]}, casting='unsafe')"
    lines.line(lines.function("copyto", numpy.copyto) + text, "np.copyto" + text)


def _copy_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    lines.line(f"{out}[...] = {args[0]}")


def _reshape_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    lines.line(f"{out}.reshape({values[0].shape})[...] = {args[0]}")


def _zeros_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    lines.line(f"{out}.fill(0)")


def _random_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    rng = lines.function("rng", p["rng"])
    lines.line(f"{rng}.random(None, {dtype_text(numpy.dtype(p['dtype']))}, {out})")


def _put_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    lines.line(f"{out}[{_raw_index(p['template'], args[2:])}] = {args[1]}")


def _update_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    # NumPy sees that the part which it is to put back is the one in its place, and copies nothing.
    lines.line(f"{out}[{index_text(p['template'])}] {_INFIX[p['ufunc']][0]}= {args[1]}")


def _at_into(lines: Lines, args: Sequence[str], p: Params, values: Sequence[Any], out: str) -> None:
    content = f", {args[1]}" if args[1] != "None" else ""
    lines.line(f"np.{p['ufunc']}.at({out}, np.s_[{_raw_index(p['template'], args[2:])}]{content})")


# What calls give.


def _put(arrays: Sequence[Any], p: Params) -> Any:
    out = arrays[0].copy()
    out[fill(p["template"], arrays[2:])] = arrays[1]
    return out


def _at(arrays: Sequence[Any], p: Params) -> Any:
    out = arrays[0].copy()
    content = () if arrays[1] is None else (arrays[1],)
    getattr(numpy, p["ufunc"]).at(out, fill(p["template"], arrays[2:]), *content)
    return out


def _update(arrays: Sequence[Any], p: Params) -> Any:
    out = arrays[0].copy()
    part = out[p["template"]]
    getattr(numpy, p["ufunc"])(part, arrays[1], out=part)
    return out


def _spread(arrays: Sequence[Any], p: Params) -> Any:
    order = p.get("order", range(len(p["shape"])))
    out = numpy.empty([p["shape"][i] for i in order], arrays[0].dtype).transpose(numpy.argsort(order))
    out[...] = arrays[0]
    return out


def _spread_text(texts: Sequence[str], p: Params) -> str:
    whole = f"np.broadcast_to({texts[0]}, {p['shape']})"
    order = p.get("order")
    if order is None:
        return f"{whole}.copy()"
    back = tuple(order.index(i) for i in range(len(order)))
    return f"{whole}.transpose({order}).copy().transpose({back})"


def _join(arrays: Sequence[Any], p: Params) -> Any:
    return numpy.concatenate([array.reshape(-1) for array in arrays])


def _checked(arrays: Sequence[Any], p: Params) -> Any:
    named_once(numpy, p["shape"], fill(p["template"], arrays))
    return True


def _swapped(p: Params, ndim: int) -> Shape:
    order = list(range(ndim))
    i, j = p["axis1"] % ndim, p["axis2"] % ndim
    order[i], order[j] = order[j], order[i]
    return tuple(order)


def _transposed(p: Params, ndim: int) -> Shape:
    axes = p["axes"]
    return tuple(range(ndim))[::-1] if axes is None else tuple(axis % ndim for axis in axes)


def _transpose_text(texts: Sequence[str], p: Params) -> str:
    return f"{texts[0]}.T" if p["axes"] is None else f"{texts[0]}.transpose({p['axes']})"


def _free(shapes: Sequence[Shape], result: Shape) -> int:
    return 0


def _each(shapes: Sequence[Shape], result: Shape) -> int:
    return prod(result)


_AXES = {"axis": None, "keepdims": False}
_MOVE: dict[str, Any] = {"flops": _free}


def _reduction(name: str, ufunc: Any) -> Row:
    return Row(
        lambda arrays, p: getattr(arrays[0], name)(**p), parameters=_AXES, into=_reduce_into(ufunc),
        text=_method(name, "axis", "keepdims"),
    )  # fmt: skip


ROWS: dict[str, Row] = {
    "sum": _reduction("sum", numpy.add),
    "max": _reduction("max", numpy.maximum),
    "min": _reduction("min", numpy.minimum),
    "mean": Row(
        lambda arrays, p: arrays[0].mean(**p), parameters=_AXES, into=_keyword_into("mean"), wide=True,
        text=_method("mean", "axis", "keepdims"),
    ),
    "argmax": Row(
        lambda arrays, p: numpy.argmax(arrays[0], **p), parameters=_AXES, into=_keyword_into("argmax"),
        text=_method("argmax", "axis", "keepdims"),
    ),
    "matmul": Row(
        lambda arrays, p: numpy.matmul(*arrays), 2, {}, infix=("@", 5), product=True, into=_product_into,
        flops=lambda shapes, result: 2 * shapes[0][-1] * prod(result),
    ),
    "where": Row(lambda arrays, p: numpy.where(*arrays), 3, {}, flops=_each, into=_where_into),
    "clip": Row(lambda arrays, p: numpy.clip(*arrays), 3, {}, flops=_each, into=_clip_into),
    "concatenate": Row(
        lambda arrays, p: numpy.concatenate(arrays, **p), None, {"axis": 0}, into=_joined_into("concatenate"),
        text=lambda texts, p: f"np.concatenate([{', '.join(texts)}], axis={p.get('axis', 0)})", **_MOVE,
    ),
    "stack": Row(
        lambda arrays, p: numpy.stack(arrays, **p), None, {"axis": 0}, into=_joined_into("stack"),
        text=lambda texts, p: f"np.stack([{', '.join(texts)}], axis={p.get('axis', 0)})", **_MOVE,
    ),
    CAST: Row(
        lambda arrays, p: arrays[0].astype(p["dtype"]), 1, {"dtype": None}, into=_cast_into,
        text=lambda texts, p: f"{texts[0]}.astype({dtype_text(numpy.dtype(p['dtype']))})", **_MOVE,
    ),
    "copy": Row(
        lambda arrays, p: arrays[0].copy(), 1, {}, into=_copy_into, text=lambda texts, p: f"{texts[0]}.copy()", **_MOVE
    ),
    "zeros": Row(
        lambda arrays, p: numpy.zeros(**p), 0, {"shape": None, "dtype": float}, into=_zeros_into, fresh=True,
        text=lambda texts, p: f"np.zeros({p['shape']}, {dtype_text(numpy.dtype(p['dtype']))})", **_MOVE,
    ),
    "reshape": Row(
        lambda arrays, p: arrays[0].reshape(p["shape"]), 1, {"shape": None}, into=_reshape_into,
        text=lambda texts, p: f"{texts[0]}.reshape({p['shape']})", **_MOVE,
    ),
    TRANSPOSE: Row(
        lambda arrays, p: arrays[0].transpose(p["axes"]), 1, {"axes": None}, order=_transposed, text=_transpose_text,
        **_MOVE,
    ),
    "swapaxes": Row(
        lambda arrays, p: arrays[0].swapaxes(p["axis1"], p["axis2"]), 1, {"axis1": None, "axis2": None},
        order=_swapped, text=lambda texts, p: f"{texts[0]}.swapaxes({p['axis1']}, {p['axis2']})", **_MOVE,
    ),
    "expand_dims": Row(
        lambda arrays, p: numpy.expand_dims(arrays[0], p["axis"]), 1, {"axis": None},
        text=lambda texts, p: f"np.expand_dims({texts[0]}, {p['axis']})", **_MOVE,
    ),
    "squeeze": Row(
        lambda arrays, p: numpy.squeeze(arrays[0], p["axis"]), 1, {"axis": None},
        text=lambda texts, p: f"np.squeeze({texts[0]}, {p['axis']})", **_MOVE,
    ),
    "broadcast_to": Row(
        lambda arrays, p: numpy.broadcast_to(arrays[0], p["shape"]), 1, {"shape": None},
        text=lambda texts, p: f"np.broadcast_to({texts[0]}, {p['shape']})", **_MOVE,
    ),
    "random_like": Row(
        lambda arrays, p: p["rng"].random(p["shape"], dtype=p["dtype"]), 0, effect=True, blind=True, into=_random_into,
        **_MOVE,
    ),
    ITEMS: Row(
        lambda arrays, p: arrays[0][fill(p["template"], arrays[1:])],
        text=lambda texts, p: f"{texts[0]}[{_raw_index(p['template'], texts[1:])}]", **_MOVE,
    ),
    PUT: Row(_put, writes=True, into=_put_into, **_MOVE),
    "at": Row(_at, writes=True, into=_at_into, **_MOVE),
    UPDATE: Row(_update, 2, writes=True, into=_update_into, flops=lambda shapes, result: prod(shapes[1])),
    SPREAD: Row(
        _spread, into=_copy_into, text=_spread_text, **_MOVE
    ),
    JOIN: Row(_join, **_MOVE),
    MEMBER: Row(
        lambda arrays, p: arrays[0][p["start"] : p["stop"]].reshape(p["shape"]), view=True,
        text=lambda texts, p: f"{texts[0]}[{p['start']}:{p['stop']}].reshape({p['shape']})", **_MOVE,
    ),
    PART: Row(
        lambda arrays, p: arrays[0][p["index"]], view=True, text=lambda texts, p: f"{texts[0]}[{p['index']}]", **_MOVE
    ),
    ONCE: Row(
        _checked, effect=True, text=lambda texts, p: f"named_once(np, {p['shape']}, "
        f"np.s_[{_raw_index(p['template'], texts)}])", **_MOVE,
    ),
}  # fmt: skip
"""The calls that are more than NumPy says of them."""

_INFIX = {
    "add": ("+", 4), "subtract": ("-", 4), "multiply": ("*", 5), "divide": ("/", 5),
    "power": ("**", 7), "equal": ("==", 2), "not_equal": ("!=", 2), "less": ("<", 2), "less_equal": ("<=", 2),
    "greater": (">", 2), "greater_equal": (">=", 2),
}  # fmt: skip
_INFIX["negative"] = NEGATIVE
_EXACT = {"add", "subtract", "multiply", "divide", "negative", "absolute", "square", "sqrt"}
_SCALES = {"multiply"}
_NAMED_OUT = {"maximum", "minimum"}

_SHAPED_BY_DATA = {
    "unique", "nonzero", "flatnonzero", "argwhere", "compress", "extract", "trim_zeros", "intersect1d", "setdiff1d",
    "setxor1d", "union1d", "unique_values", "unique_counts", "unique_inverse", "unique_all", "bincount", "histogram",
}  # fmt: skip
_IN_PLACE = {"put", "copyto", "place", "putmask", "fill_diagonal", "put_along_axis", "itemset", "fill", "sort_inplace"}
METADATA = {
    "zeros_like", "ones_like", "empty_like", "shape", "ndim", "size", "result_type", "can_cast", "iscomplexobj",
    "isrealobj", "issubdtype", "broadcast_shapes", "min_scalar_type", "promote_types", "common_type",
}  # fmt: skip
"""Functions that read nothing of arrays but their shapes and dtypes."""


def row(function: str) -> Row:
    """The row of a call.

    Raises `CompileError` for what is no function of NumPy's, or one whose result has another shape for other data.
    """
    if function in ROWS:
        return ROWS[function]
    op = REGISTRY.get(function)
    if op is not None and op.effect:  # it runs as it stands
        return Row(lambda arrays, p: op.run(numpy, arrays, p), effect=True)
    return _numpy_row(function)


@functools.cache
def _numpy_row(function: str) -> Row:
    """What NumPy says of a function of its own."""
    if function in _SHAPED_BY_DATA:
        raise CompileError(
            f"the shape of {function}(…) depends on data, so it cannot be compiled: do it outside of the compiled "
            "function and hand in the result, or compute with a mask that keeps the shape, as ag.where does"
        )
    if function in _IN_PLACE:
        raise CompileError(f"{function}(…) writes into its argument, so it cannot be compiled: write x[index] = value")
    found = find(function)
    if isinstance(found, numpy.ufunc) and found.signature is None and found.nout == 1:
        return Row(
            lambda arrays, p: found(*arrays, **p), found.nin, {}, _each, found, function in _EXACT,
            function in _SCALES, names_out=function in _NAMED_OUT, infix=_INFIX.get(function),
        )  # fmt: skip
    return Row(lambda arrays, p: found(*_called(arrays, p)[0], **_called(arrays, p)[1]))


def find(function: str) -> Any:
    """A function of NumPy's by its name, with the dots that it may have: `linalg.norm`, `add.reduce`."""
    found: Any = numpy
    for part in function.split("."):
        found = getattr(found, part, None)
    if not callable(found) or isinstance(found, types.ModuleType):
        raise CompileError(f"numpy has no function {function}, so the call of it cannot be compiled")
    return found


def plain(function: str) -> Row:
    """The row of a function of NumPy's that is called in a way its own row does not know."""
    found = find(function)
    return Row(lambda arrays, p: found(*_called(arrays, p)[0], **_called(arrays, p)[1]))


def _called(arrays: Sequence[Any], p: Params) -> tuple[Any, Any]:
    """The arguments of a call that is kept as a form with places for arrays."""
    remaining = iter(arrays)

    def filled(part: Any) -> Any:
        if part is ARRAY:
            return next(remaining)
        if isinstance(part, tuple | list):
            return type(part)(filled(each) for each in part)
        return part

    positional = [filled(part) for part in p["form"]]
    return positional, {name: filled(part) for name, part in p["keywords"].items()}


def evaluate(function: str, arrays: Sequence[Any], params: Params) -> Any:
    """What a primitive call gives on arrays: the meaning of every name in a program."""
    return (plain(function) if "form" in params and function in ROWS else row(function)).evaluate(arrays, params)


def plain_text(function: str, texts: Sequence[str], params: Params) -> str:
    """A call of a NumPy function as it is written."""
    if "form" in params:
        positional, keywords = _called([Raw(text) for text in texts], params)
        parts = [written(part) for part in positional]
    else:
        parts, keywords = list(texts), params
    return f"np.{function}({', '.join([*parts, *(f'{name}={written(v)}' for name, v in keywords.items())])})"


def expression(function: str, texts: Sequence[str], params: Params) -> str:
    """A call as an expression of operands that bind tightly."""
    text = None if "form" in params else row(function).text
    return plain_text(function, texts, params) if text is None else text(texts, params)


def as_comment(text: str) -> str:
    """Text of a user's on one line, where it can be no code."""
    return re.sub(r"[\"'\\]", "_", " ".join(text.split()))
