"""From a recorded graph to a program: every forward run once more with a recorder for `xp`.

Knows nodes, operations and primitive array calls. Must not know buffers or how a program is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy

from autograd_lite.engine.graph import Live, Node
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import CompileError
from autograd_lite.ops.indexing import fill
from autograd_lite.program.program import Call, Effect, Leaf, Program, State, Value
from autograd_lite.program.record import Recorder


class Traced:
    """A value of the program being made, as an operand of a forward."""

    __slots__ = ("value", "lowering")
    __array_ufunc__ = None

    def __init__(self, value: Value, lowering: Lowering) -> None:
        self.value = value
        self.lowering = lowering

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def ndim(self) -> int:
        return len(self.value.shape)

    @property
    def size(self) -> int:
        return prod(self.value.shape)

    def __bool__(self) -> bool:
        raise CompileError("a forward branches on the values of its operands, so it cannot be compiled")

    def __getitem__(self, index: Any) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        if any(isinstance(part, Traced | numpy.ndarray) for part in parts):
            arrays = [part for part in parts if isinstance(part, Traced | numpy.ndarray)]
            template = tuple(_HOLE if isinstance(part, Traced | numpy.ndarray) else part for part in parts)
            return self.lowering.emit("getitem", (self, *arrays), {"template": template})
        return self.lowering.emit("view", (self,), {"index": parts})

    def __setitem__(self, index: Any, content: Any) -> None:
        parts = index if isinstance(index, tuple) else (index,)
        arrays = [part for part in parts if isinstance(part, Traced | numpy.ndarray)]
        template = tuple(_HOLE if isinstance(part, Traced | numpy.ndarray) else part for part in parts)
        # Whether an element may be named twice is looked at by put alone, with values that are not known here.
        params = {"template": template, "once": bool(arrays)}
        self.value = self.lowering.emit("setitem", (self, content, *arrays), params).value

    def reshape(self, *shape: Any) -> Any:
        size = shape[0] if len(shape) == 1 else shape
        return self.lowering.emit("reshape", (self,), {"shape": size})

    def transpose(self, *axes: Any) -> Any:
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return self.lowering.emit("transpose", (self,), {"axes": order})

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        return self.lowering.emit("swapaxes", (self,), {"axis1": axis1, "axis2": axis2})

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self.lowering.emit("sum", (self,), {"axis": axis, "keepdims": keepdims})

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self.lowering.emit("mean", (self,), {"axis": axis, "keepdims": keepdims})

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self.lowering.emit("max", (self,), {"axis": axis, "keepdims": keepdims})

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self.lowering.emit("min", (self,), {"axis": axis, "keepdims": keepdims})

    def astype(self, dtype: Any) -> Any:
        return self.lowering.emit("astype", (self,), {"dtype": numpy.dtype(dtype)})

    def copy(self) -> Any:
        return self.lowering.emit("copy", (self,), {})


class _Hole:
    def __repr__(self) -> str:
        return "_"


_HOLE = _Hole()


def _operator(name: str, swapped: bool = False) -> Callable[..., Any]:
    def method(self: Traced, *other: Any) -> Any:
        args = (self, *other)
        return self.lowering.emit(name, args[::-1] if swapped else args, {})

    return method


for _name, _ufunc in {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power", "matmul": "matmul",
}.items():  # fmt: skip
    setattr(Traced, f"__{_name}__", _operator(_ufunc))
    setattr(Traced, f"__r{_name}__", _operator(_ufunc, swapped=True))
for _name, _ufunc in {
    "neg": "negative", "abs": "absolute", "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal",
    "gt": "greater", "ge": "greater_equal",
}.items():  # fmt: skip
    setattr(Traced, f"__{_name}__", _operator(_ufunc))


class _Namespace:
    """The `xp` of the recorder: a function of any name is a primitive call of that name."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering
        self.add = _Add(lowering)

    def __getattr__(self, name: str) -> Any:
        def function(*args: Any, **params: Any) -> Any:
            if name in ("max", "min", "sum", "mean", "reshape", "transpose", "swapaxes") and isinstance(
                args[0], Traced
            ):
                return getattr(args[0], name)(*args[1:], **params)
            if name in ("concatenate", "stack"):
                return self.lowering.emit(name, tuple(args[0]), params)
            if name in ("expand_dims", "squeeze"):
                return self.lowering.emit(name, args[:1], {"axis": args[1] if len(args) > 1 else params.get("axis")})
            if name == "broadcast_to":
                return self.lowering.emit(name, args[:1], {"shape": tuple(args[1])})
            if name == "zeros":
                return self.lowering.emit("zeros", (), {"shape": args[0], **params}, fold=False)
            if name in ("zeros_like", "ones_like") and isinstance(args[0], Traced):
                return getattr(numpy, name)(args[0].value.sample)
            return self.lowering.emit(name, args, params)

        return function


class _Add:
    """`xp.add` and its scatter `xp.add.at`."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering

    def __call__(self, x: Any, y: Any) -> Any:
        return self.lowering.emit("add", (x, y), {})

    def at(self, out: Traced, index: Any, content: Any) -> None:
        arrays = [part for part in index if isinstance(part, Traced | numpy.ndarray)]
        template = tuple(_HOLE if isinstance(part, Traced | numpy.ndarray) else part for part in index)
        out.value = self.lowering.emit("add_at", (out, content, *arrays), {"template": template}).value


def index_of(template: Any, arrays: Sequence[Any]) -> Any:
    """The index that a template means with its arrays filled in."""
    remaining = iter(arrays)
    return tuple(next(remaining) if part is _HOLE else part for part in template)


def evaluate(function: str, arrays: Sequence[Any], params: dict[str, Any]) -> Any:
    """What a primitive call gives on arrays: the meaning of every name in a program."""
    x = arrays[0] if arrays else None
    match function:
        case "view":
            return x[params["index"]]  # type: ignore[index]
        case "getitem":
            return x[index_of(params["template"], arrays[1:])]  # type: ignore[index]
        case "setitem" | "add_at":
            out = x.copy()  # type: ignore[union-attr]
            index = index_of(params["template"], arrays[2:])
            if function == "setitem":
                out[index] = arrays[1]
            else:
                numpy.add.at(out, index, arrays[1])
            return out
        case "reshape" | "reshape_view":
            return x.reshape(params["shape"])  # type: ignore[union-attr]
        case "sum" | "mean" | "max" | "min":
            return getattr(x, function)(**params)
        case "astype":
            return x.astype(params["dtype"])  # type: ignore[union-attr]
        case "copy":
            return x.copy()  # type: ignore[union-attr]
        case "spread":
            out = numpy.empty(params["shape"], x.dtype)  # type: ignore[union-attr]
            out[...] = x
            return out
        case "concatenate" | "stack":
            return getattr(numpy, function)(arrays, **params)
        case "random":
            return params["rng"].random(params["shape"], dtype=params["dtype"])
        case "clip":
            return numpy.clip(*arrays, **params)
        case "transpose":
            return x.transpose(params["axes"])  # type: ignore[union-attr]
    return getattr(numpy, function)(*arrays, **params)


class Lowering:
    """The program while it is being made."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.node: Node | None = None
        self.xp = _Namespace(self)
        self.constants: dict[int, Value] = {}

    def constant(self, array: numpy.ndarray) -> Value:
        """A plain array as a value of the program."""
        if id(array) not in self.constants:
            self.constants[id(array)] = Value("constant", array, held=True)
        return self.constants[id(array)]

    def emit(self, function: str, args: tuple[Any, ...], params: dict[str, Any], fold: bool = True) -> Any:
        """Add a primitive call, or do it now where nothing in it depends on the program."""
        if fold and not any(isinstance(arg, Traced | Live) for arg in args):
            return numpy.asarray(evaluate(function, args, params))
        if function == "getitem" and any(
            isinstance(x, Traced) and x.dtype == bool and x.value.kind != "constant" for x in args[1:]
        ):
            raise CompileError(
                "the shape of x[mask] depends on data, so it cannot be compiled: multiply by the mask, or use ag.where"
            )
        if function in ("unique", "nonzero", "flatnonzero"):
            raise CompileError(f"the shape of {function}(…) depends on data, so it cannot be compiled")
        operands: list[Any] = []
        samples: list[Any] = []
        for arg in args:
            if isinstance(arg, Traced):
                operands.append(arg.value)
                samples.append(arg.value.sample)
            elif isinstance(arg, numpy.ndarray | numpy.generic):
                operands.append(self.constant(numpy.asarray(arg)))
                samples.append(arg)
            elif isinstance(arg, Live):
                operands.append(arg)
                samples.append(arg.read())
            else:
                operands.append(arg)
                samples.append(arg)
        with numpy.errstate(all="ignore"):
            result = numpy.asarray(evaluate(function, samples, params))
        if function == "reshape":
            params = {"shape": result.shape}
            if numpy.shares_memory(result, samples[0]) or result.size == 0:
                function = "reshape_view"
        node = self.node
        assert node is not None
        call = Call(function, tuple(operands), params, Value("result", result), node.op.name, node.scope)
        # Of the library's own quiet operations only these can warn.
        call.quiet = node.op.quiet and (not node.op.ours or function in ("exp", "log"))
        self.calls.append(call)
        return Traced(call.out, self)

    def lower(self, node: Node, inputs: Sequence[Any]) -> Value:
        """The calls of one node's forward on values of the program."""
        self.node = node
        traced = [Traced(x, self) if isinstance(x, Value) else x for x in inputs]
        if node.op.name == "put_at":
            return self._put(node, traced)
        if node.op.name == "where" and isinstance(traced[0], Traced) and traced[0].dtype != bool:
            traced[0] = self.emit("not_equal", (traced[0], 0), {})
        if node.op.name == "random_like":
            params = {"shape": traced[0].shape, "dtype": traced[0].dtype, "rng": node.params["rng"]}
            sample = numpy.empty(traced[0].shape, traced[0].dtype)
            call = Call("random", (), params, Value("result", sample), node.op.name, node.scope)
            self.calls.append(call)
            return call.out
        out = node.op.forward(self.xp, *traced, **node.params)
        if isinstance(out, Traced):
            return out.value
        return self.constant(numpy.asarray(out))

    def _put(self, node: Node, traced: list[Any]) -> Value:
        """`put` on traced indices: its forward, but for the look at their values, which is taken at every replay."""
        x, value, *indices = traced
        out = x.copy() if isinstance(x, Traced) else Traced(self.constant(numpy.array(x)), self)
        out[fill(node.params["template"], tuple(indices))] = value
        return out.value

    def spread(self, node: Node, x: Value) -> Value:
        """A gradient repeated to a shape, in memory of its own as the reverse pass on arrays has it."""
        self.node = node
        shape = tuple(node.params["shape"])
        sample = numpy.empty(shape, x.dtype)
        sample[...] = x.sample
        call = Call("spread", (x,), {"shape": shape}, Value("result", sample), node.op.name, node.scope)
        self.calls.append(call)
        return call.out


def lower(
    recorder: Recorder, nodes: Sequence[Tensor], arguments: Sequence[tuple[Tensor, str]], outputs: Sequence[Tensor]
) -> Program:
    """The program of a recording: `nodes` are its results in the order they were made.

    `arguments` are the tensors of the arguments with their names; all of them are inputs, in this order. Effects are
    taken from the recorder: assignments in their order, and the gradients that were left behind.
    """
    lowering = Lowering()
    given = {id(t): Value("input", t._data, name) for t, name in arguments}
    states: list[Value] = []
    env: dict[int, Value] = {}
    assigned: dict[Tensor, Value] = {}
    entry = {id(t): owner for owner, t in recorder.entry_grads.items() if t is not None}

    leaves: dict[int, Leaf] = {}

    def leaf(tensor: Tensor) -> Leaf:
        return leaves.setdefault(id(tensor), Leaf(tensor))

    def look_up(x: Any) -> Any:
        if isinstance(x, Tensor):
            if x in assigned:
                return assigned[x]
            found = env.get(id(x))
            if found is None:
                before = recorder.before.get(x)
                data = before[0] if before is not None else x._data
                if id(x) in given:
                    found = given[id(x)]
                elif id(x) in entry:
                    found = Value("state", data, _gradient_name(entry[id(x)].name), State("grad", leaf(entry[id(x)])))
                    states.append(found)
                elif x in recorder.fixed:
                    found = Value("constant", data)
                elif x in recorder.created:
                    found = lowering.constant(recorder.origins.get(x, data))
                    if x in recorder.origins:  # copied anew at each call, as the function does
                        lowering.node = _ASSIGN
                        found = lowering.emit("copy", (Traced(found, lowering),), {}).value
                        if found.dtype != data.dtype:
                            found = lowering.emit("astype", (Traced(found, lowering),), {"dtype": data.dtype}).value
                else:
                    found = Value("state", data, x.name, State("data", leaf(x)))
                    states.append(found)
                env[id(x)] = found
            return found
        if isinstance(x, numpy.ndarray):
            return lowering.constant(x)
        return x

    events: list[tuple[int, Any, Any]] = [(t.node.number, t, None) for t in nodes if t.node is not None]
    events += recorder.assigned_values
    quiet = False
    for _, tensor, value in sorted(events, key=lambda event: event[0]):
        if value is not None:
            held = value if isinstance(value, Tensor) else numpy.asarray(value)
            new = look_up(held)
            look_up(tensor)
            if isinstance(new, Value) and new.dtype != tensor.dtype:
                lowering.node = _ASSIGN
                new = lowering.emit("astype", (Traced(new, lowering),), {"dtype": tensor.dtype}).value
            assigned[tensor] = new
            continue
        node = tensor.node
        quiet = quiet or node.op.quiet
        operands = [look_up(x) for x in node.inputs]
        if tensor in recorder.spreads and isinstance(operands[0], Value):
            result = lowering.spread(node, operands[0])
        else:
            result = lowering.lower(node, operands)
        if result.name is None and tensor.name and result.kind == "result":
            result.name = tensor.name
        env[id(tensor)] = result
    # What happens to a tensor made inside stays inside.
    effects = [Effect(leaf(t), "data", value) for t, value in assigned.items() if t not in recorder.created]
    for tensor, (_, grad_before, _) in recorder.before.items():
        if tensor in recorder.created:
            continue
        if tensor not in recorder.grads:
            continue
        held = recorder.grads[tensor]
        if type(held) is Tensor:
            value = look_up(held)
            if not (value.kind == "state" and value.state == ("grad", leaf(tensor))):
                effects.append(Effect(leaf(tensor), "grad", value))
        elif held is None and (grad_before is not None or tensor in recorder.entry_grads):
            effects.append(Effect(leaf(tensor), "grad", None))
    program = Program(lowering.calls, list(given.values()), states, [look_up(t) for t in outputs], effects, quiet)
    program.measure("recorded")
    return program


def _gradient_name(name: str | None) -> str | None:
    return None if name is None else f"d{name}"


_ASSIGN = Node(type("Assign", (), {"name": "assign", "quiet": False})(), (), {}, (), 0)
