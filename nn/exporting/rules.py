"""How each operation is said in ONNX: a table from the operation's name to what adds its nodes.

Knows the operations of the library and the nodes of ONNX, opset 18. Must not know models or files.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nn.errors import ExportError
from nn.exporting.builder import Builder


class Value(NamedTuple):
    """An input of an operation: its name in the graph, its shape and dtype; a plain number has itself as `number`."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    number: Any = None


ABSENT = Value("", (), np.dtype(bool))
"""An argument that is `None`, before another one that is not."""


class Call(NamedTuple):
    """An operation as it was recorded, and the same one as it was with one more example, where there is that."""

    op: str
    inputs: list[Value]
    params: dict[str, Any]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    more: Call | None = None


Rule = Callable[[Builder, Call], str]


def _alike(b: Builder, call: Call, inputs: list[Value] | None = None, least: Any = None) -> list[str]:
    """The names of inputs in one dtype, that of NumPy's promotion: ONNX does not mix them."""
    inputs = call.inputs if inputs is None else inputs
    dtype = np.result_type(*[value.dtype if value.number is None else value.number for value in inputs])
    if least is not None and dtype.kind in "biu":
        dtype = np.dtype(least)
    return [_as(b, value, dtype) for value in inputs]


def _as(b: Builder, value: Value, dtype: Any) -> str:
    if value.number is not None:
        return b.constant(np.asarray(value.number, dtype), "number")
    return b.cast(value.name, dtype, value.dtype)


def plain(kind: str, **attributes: Any) -> Rule:
    """One node of the inputs in their common dtype."""
    return lambda b, call: b.add(kind, *_alike(b, call), **attributes)


def real(kind: str, **attributes: Any) -> Rule:
    """One node whose inputs are of the dtype of the result, which is of real numbers."""
    return lambda b, call: b.add(kind, *_alike(b, call, least=call.dtype), **attributes)


def truth(kind: str) -> Rule:
    """One node whose inputs are truth values."""
    return lambda b, call: b.add(kind, *[_as(b, value, np.dtype(bool)) for value in call.inputs])


def of(build: Callable[..., str]) -> Rule:
    """Several nodes: `build(b, number, *names)`, where `number` makes a constant in the dtype of the result."""

    def rule(b: Builder, call: Call) -> str:
        def number(value: Any) -> str:
            return b.constant(np.asarray(value, call.dtype), "number")

        return build(b, number, *_alike(b, call, least=call.dtype))

    return rule


def _softplus(b: Builder, number: Callable[[Any], str], x: str) -> str:
    # max(x, 0) + log(1 + exp(-|x|)): ONNX's own overflows in some programs.
    tail = b.add("Log", b.add("Add", number(1), b.add("Exp", b.add("Neg", b.add("Abs", x)))))
    return b.add("Add", b.add("Relu", x), tail)


def _log_sigmoid(b: Builder, number: Callable[[Any], str], x: str) -> str:
    return b.add("Neg", _softplus(b, number, b.add("Neg", x)))


def _hard_sigmoid(b: Builder, number: Callable[[Any], str], x: str) -> str:
    # Not ONNX's own, whose slope is a number in single precision.
    inside = b.add("Min", b.add("Max", b.add("Add", x, number(3)), number(0)), number(6))
    return b.add("Div", inside, number(6))


def _where(b: Builder, call: Call) -> str:
    condition, *values = call.inputs
    return b.add("Where", _as(b, condition, np.dtype(bool)), *_alike(b, call, values))


def _clip(b: Builder, call: Call) -> str:
    x, *bounds = call.inputs
    found = b.cast(x.name, call.dtype, x.dtype)
    for kind, bound in zip(("Max", "Min"), bounds, strict=False):
        if bound is not ABSENT:
            found = b.add(kind, found, _as(b, bound, call.dtype))
    return found if found != x.name else b.add("Identity", found)


def _reduced(kind: str) -> Rule:
    def rule(b: Builder, call: Call) -> str:
        (x,) = _only(call, 1)
        axis, keepdims = call.params.get("axis"), int(call.params.get("keepdims", False))
        name = b.cast(x.name, call.dtype, x.dtype)
        axes = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        if not axes:
            return b.add("Identity", name)
        return b.add(kind, name, b.whole(*(a % len(x.shape) for a in axes)), keepdims=keepdims)

    return rule


def _along(kind: str) -> Rule:
    def rule(b: Builder, call: Call) -> str:
        (x,) = _only(call, 1)
        axis = call.params["axis"]
        if not isinstance(axis, int):
            raise ExportError(f"{call.op} along {axis}: ONNX has it along one axis")
        return b.add(kind, b.cast(x.name, call.dtype, x.dtype), axis=axis)

    return rule


def _only(call: Call, count: int) -> list[Value]:
    """The inputs, seen to be all that the call has: no start, no mask."""
    odd = {name for name in ("initial", "where", "dtype", "out") if call.params.get(name) is not None}
    if len(call.inputs) != count or odd:
        raise ExportError(f"{call.op} with {', '.join(sorted(odd)) or 'so many arguments'} is not exported")
    return call.inputs


# Shapes.


def _transpose(b: Builder, call: Call) -> str:
    axes = call.params.get("axes")
    count = len(call.inputs[0].shape)
    order = [a % count for a in axes] if axes is not None else list(range(count))[::-1]
    return b.add("Transpose", call.inputs[0].name, perm=order)


def _swapaxes(b: Builder, call: Call) -> str:
    order = list(range(len(call.shape)))
    one, other = call.params["axis1"], call.params["axis2"]
    order[one], order[other] = order[other], order[one]
    return b.add("Transpose", call.inputs[0].name, perm=order)


def _shape(call: Call) -> list[int]:
    """The shape of the result, -1 where it goes with the number of examples."""
    if call.more is None or call.more.shape == call.shape:
        return list(call.shape)
    return [n if n == more else -1 for n, more in zip(call.shape, call.more.shape, strict=True)]


def _reshape(b: Builder, call: Call) -> str:
    pooled = call.inputs[0]
    shape = _shape(call)
    if shape.count(-1) > 1:
        raise ExportError(f"{call.op} to {call.shape}: two axes go with the number of examples")
    return b.add("Reshape", pooled.name, b.whole(*shape), allowzero=int(0 in shape))


def _broadcast_to(b: Builder, call: Call) -> str:
    shape, x = _shape(call), call.inputs[0]
    lead = len(shape) - len(x.shape)
    for axis, n in enumerate(shape):
        if n == -1:
            if axis < lead or x.shape[axis - lead] != call.shape[axis]:
                raise ExportError(f"{call.op} to {call.shape} repeats as often as there are examples")
            shape[axis] = 1  # as long as it is
    return b.add("Expand", x.name, b.whole(*shape))


def _squeeze(b: Builder, call: Call) -> str:
    axis, shape = call.params.get("axis"), call.inputs[0].shape
    axes = [i for i, n in enumerate(shape) if n == 1] if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return b.add("Squeeze", call.inputs[0].name, b.whole(*axes)) if axes else b.add("Identity", call.inputs[0].name)


def _expand_dims(b: Builder, call: Call) -> str:
    axis = call.params["axis"]
    return b.add("Unsqueeze", call.inputs[0].name, b.whole(*(axis if isinstance(axis, tuple) else (axis,))))


def _concatenate(b: Builder, call: Call) -> str:
    if call.params.get("axis") is None:
        raise ExportError("concatenate of flattened arrays is not exported: say along which axis")
    return b.add("Concat", *_alike(b, call), axis=call.params["axis"])


def _stack(b: Builder, call: Call) -> str:
    axis = call.params["axis"] % len(call.shape)
    return b.add("Concat", *[b.add("Unsqueeze", x, b.whole(axis)) for x in _alike(b, call)], axis=axis)


def _getitem(b: Builder, call: Call) -> str:
    x, *arrays = call.inputs
    template = call.params["template"]
    count = sum(each is not None and each is not Ellipsis for each in template)
    full = (slice(None),) * (len(x.shape) - count)
    at = next((i for i, each in enumerate(template) if each is Ellipsis), len(template))
    parts = [*template[:at], *full, *template[at + 1 :]]
    advanced = [each for each in parts if not isinstance(each, slice | int | None)]
    if len(arrays) > 1 or len(advanced) != len(arrays) or (arrays and any(isinstance(each, int) for each in parts)):
        raise ExportError("getitem with several arrays or masks is not exported")
    if arrays and arrays[0].dtype.kind not in "iu":
        raise ExportError("getitem with a mask is not exported: use where")
    axes = [each for each in parts if each is not None]
    found = _sliced(b, x.name, {i: each for i, each in enumerate(axes) if isinstance(each, slice)})
    for axis in reversed(range(len(axes))):
        if isinstance(axes[axis], int):
            found = b.add("Gather", found, b.constant(axes[axis], "number", np.int64), axis=axis)
        elif not isinstance(axes[axis], slice):
            found = b.add("Gather", found, b.cast(arrays[0].name, np.dtype(np.int64), arrays[0].dtype), axis=axis)
    new, place = [], 0
    for each in parts:
        if each is None:
            new.append(place)
        place += 0 if isinstance(each, int) else 1 if isinstance(each, slice | None) else len(arrays[0].shape)
    found = b.add("Unsqueeze", found, b.whole(*new)) if new else found
    return b.add("Identity", found) if found == x.name else found


def _sliced(b: Builder, name: str, slices: dict[int, slice]) -> str:
    """A part of an array; open ends are further away than any array is long."""
    far = 2**62
    rows = []
    for axis, each in slices.items():
        step = 1 if each.step is None else each.step
        start = (0 if step > 0 else far) if each.start is None else each.start
        stop = (far if step > 0 else -far) if each.stop is None else each.stop
        if (start, stop, step) != (0, far, 1):
            rows.append((start, stop, axis, step))
    if not rows:
        return name
    return b.add("Slice", name, *[b.whole(*column) for column in zip(*rows, strict=True)])


# Windows.


class Windows(NamedTuple):
    """How a kernel moves, a number for each axis it moves along; `pads` are all those before, then all those behind."""

    kernel: list[int]
    stride: list[int]
    dilation: list[int]
    pads: list[int]


def windows(kernel: Any, axes: int, params: dict[str, Any]) -> Windows:
    """The parameters of an operation of the library, in which a number may stand for all axes.

    >>> from nn.exporting.rules import windows
    >>> windows(3, 1, {"stride": 1, "padding": "same", "dilation": 2})
    Windows(kernel=[3], stride=[1], dilation=[2], pads=[2, 2])
    """

    def each(value: Any) -> list[int]:
        return [int(n) for n in value] if isinstance(value, tuple | list) else [int(value)] * axes

    sizes, stride, dilation = each(kernel), each(params.get("stride", 1)), each(params.get("dilation", 1))
    padding: Any = params.get("padding", 0)
    if padding == "same":
        reach = [d * (k - 1) for k, d in zip(sizes, dilation, strict=True)]
        pairs = [(n // 2, n - n // 2) for n in reach]
    elif isinstance(padding, tuple) and isinstance(padding[0], tuple):
        pairs = list(padding)
    else:
        pairs = [(n, n) for n in each(0 if padding == "valid" else padding)]
    return Windows(sizes, stride, dilation, [int(pair[side]) for side in (0, 1) for pair in pairs])


def _conv(b: Builder, call: Call) -> str:
    kernel = call.inputs[1].shape[2:]
    form = windows(kernel, len(kernel), call.params)
    return b.add(
        "Conv", *_alike(b, call), strides=form.stride, pads=form.pads, dilations=form.dilation,
        group=int(call.params.get("groups", 1)),
    )  # fmt: skip


def _conv_transpose(b: Builder, call: Call) -> str:
    kernel = call.inputs[1].shape[2:]
    form = windows(kernel, len(kernel), call.params)
    said: dict[str, Any] = {
        "strides": form.stride, "pads": form.pads, "dilations": form.dilation,
        "output_padding": windows(call.params.get("output_padding", 0), len(kernel), {}).kernel,
    }  # fmt: skip
    groups = int(call.params.get("groups", 1))
    names = _alike(b, call)
    if groups == 1:
        return b.add("ConvTranspose", *names, **said)
    # A node a group: not every program computes groups here, ONNX's reference evaluator among them.
    made = call.inputs[1].shape[1]
    parts = []
    for i in range(groups):
        cut = slice(call.inputs[0].shape[1] // groups * i, call.inputs[0].shape[1] // groups * (i + 1))
        inputs = [_sliced(b, names[0], {1: cut}), _sliced(b, names[1], {0: cut})]
        inputs += [_sliced(b, bias, {0: slice(made * i, made * (i + 1))}) for bias in names[2:]]
        parts.append(b.add("ConvTranspose", *inputs, **said))
    return b.add("Concat", *parts, axis=1)


def _unfold(b: Builder, call: Call) -> str:
    """Windows as columns: what each place of the window sees, cut out with a stride, one after the other."""
    x, axes = call.inputs[0], len(call.inputs[0].shape) - 2
    form = windows(call.params["kernel_size"], axes, call.params)
    before, behind = form.pads[:axes], form.pads[axes:]
    reach = [d * (k - 1) for k, d in zip(form.kernel, form.dilation, strict=True)]
    counts = [(n + before[i] + behind[i] - reach[i] - 1) // form.stride[i] + 1 for i, n in enumerate(x.shape[2:])]
    name = x.name
    if any(form.pads):
        fill = b.constant(np.asarray(call.params.get("fill_value", 0), x.dtype), "number")
        name = b.add("Pad", name, b.whole(0, 0, *before, 0, 0, *behind), fill)
    seen = []
    for place in itertools.product(*map(range, form.kernel)):
        starts = [k * d for k, d in zip(place, form.dilation, strict=True)]
        cut = {
            2 + i: slice(start, start + (counts[i] - 1) * form.stride[i] + 1, form.stride[i])
            for i, start in enumerate(starts)
        }
        seen.append(b.add("Unsqueeze", _sliced(b, name, cut), b.whole(2)))
    joined = b.add("Concat", *seen, axis=2)
    return b.add("Reshape", joined, b.whole(0, x.shape[1] * math.prod(form.kernel), math.prod(counts)))


def _split(b: Builder, call: Call) -> str:
    """One part of an array: the operation is called `split[1]` for the second."""
    x, axis, cuts = call.inputs[0], call.params["axis"] % len(call.shape), call.params["indices_or_sections"]
    part = int(call.op.partition("[")[2][:-1])
    if isinstance(cuts, int):
        cuts = [x.shape[axis] // cuts * i for i in range(1, cuts)]
    borders = [None, *map(int, cuts), None]
    return b.add("Identity", _sliced(b, x.name, {axis: slice(borders[part], borders[part + 1])}))


def _filled(value: Any) -> Rule:
    """An array of one number, as long as another one, whatever stands in that."""

    def rule(b: Builder, call: Call) -> str:
        number = _as(b, call.inputs[1], call.dtype) if len(call.inputs) > 1 else b.constant(value, "number", call.dtype)
        if call.params.get("shape") is None:
            return b.add("Expand", number, b.add("Shape", call.inputs[0].name))
        if -1 in _shape(call):
            raise ExportError(f"{call.op} of a shape that goes with the number of examples is not exported")
        return b.add("Expand", number, b.whole(*call.shape))

    return rule


def _einsum(b: Builder, call: Call) -> str:
    subscripts = call.params["subscripts"]
    if not isinstance(subscripts, str):
        raise ExportError("einsum by lists of numbers is not exported: write its subscripts as a text")
    return b.add("Einsum", *_alike(b, call), equation=subscripts)


def _cumsum(b: Builder, call: Call) -> str:
    (x,) = _only(call, 1)
    if call.params["axis"] is None:
        raise ExportError("cumsum of a flattened array is not exported: say along which axis")
    return b.add("CumSum", b.cast(x.name, call.dtype, x.dtype), b.constant(call.params["axis"], "number", np.int64))


def _cast(b: Builder, call: Call) -> str:
    return b.add("Cast", call.inputs[0].name, to=b.type(call.dtype))


RULES: dict[str, Rule] = {
    "add": plain("Add"), "subtract": plain("Sub"), "multiply": plain("Mul"), "divide": real("Div"),
    "power": real("Pow"), "float_power": real("Pow"), "negative": plain("Neg"), "absolute": plain("Abs"),
    "fabs": plain("Abs"), "sign": plain("Sign"), "positive": plain("Identity"), "reciprocal": real("Reciprocal"),
    "square": of(lambda b, n, x: b.add("Mul", x, x)), "sqrt": real("Sqrt"),
    "exp": real("Exp"), "log": real("Log"), "exp2": of(lambda b, n, x: b.add("Pow", n(2), x)),
    "expm1": of(lambda b, n, x: b.add("Sub", b.add("Exp", x), n(1))),
    "log1p": of(lambda b, n, x: b.add("Log", b.add("Add", n(1), x))),
    "log2": of(lambda b, n, x: b.add("Div", b.add("Log", x), n(math.log(2)))),
    "log10": of(lambda b, n, x: b.add("Div", b.add("Log", x), n(math.log(10)))),
    "sin": real("Sin"), "cos": real("Cos"), "tan": real("Tan"), "arcsin": real("Asin"), "arccos": real("Acos"),
    "arctan": real("Atan"), "sinh": real("Sinh"), "cosh": real("Cosh"), "tanh": real("Tanh"),
    "arcsinh": real("Asinh"), "arccosh": real("Acosh"), "arctanh": real("Atanh"), "erf": real("Erf"),
    "erfc": of(lambda b, n, x: b.add("Sub", n(1), b.add("Erf", x))),
    "floor": plain("Floor"), "ceil": plain("Ceil"), "rint": plain("Round"),
    "sigmoid": real("Sigmoid"), "relu": plain("Relu"), "softsign": real("Softsign"), "softplus": of(_softplus),
    "log_sigmoid": of(_log_sigmoid), "hard_sigmoid": of(_hard_sigmoid),
    "softmax": _along("Softmax"), "log_softmax": _along("LogSoftmax"),
    "maximum": plain("Max"), "minimum": plain("Min"), "clip": _clip, "where": _where,
    "equal": plain("Equal"), "less": plain("Less"), "less_equal": plain("LessOrEqual"), "greater": plain("Greater"),
    "greater_equal": plain("GreaterOrEqual"), "not_equal": lambda b, c: b.add("Not", b.add("Equal", *_alike(b, c))),
    "logical_and": truth("And"), "logical_or": truth("Or"), "logical_xor": truth("Xor"), "logical_not": truth("Not"),
    "isnan": plain("IsNaN"), "isinf": plain("IsInf"),
    "sum": _reduced("ReduceSum"), "mean": _reduced("ReduceMean"), "max": _reduced("ReduceMax"),
    "min": _reduced("ReduceMin"), "prod": _reduced("ReduceProd"), "logsumexp": _reduced("ReduceLogSumExp"),
    "cumsum": _cumsum,
    "matmul": plain("MatMul"), "einsum": _einsum,
    "transpose": _transpose, "swapaxes": _swapaxes, "reshape": _reshape, "broadcast_to": _broadcast_to,
    "squeeze": _squeeze, "expand_dims": _expand_dims, "concatenate": _concatenate, "stack": _stack,
    "getitem": _getitem, "split": _split, "astype": _cast, "zeros_like": _filled(0), "ones_like": _filled(1),
    "full_like": _filled(None), "array_like": lambda b, call: b.add("Identity", b.constant(call.params["value"])),
    "conv1d": _conv, "conv2d": _conv, "conv3d": _conv, "conv_transpose1d": _conv_transpose,
    "conv_transpose2d": _conv_transpose, "conv_transpose3d": _conv_transpose, "unfold": _unfold,
}  # fmt: skip
"""Operations by name, each with what adds its nodes; the others are composed of these, or are not exported."""
