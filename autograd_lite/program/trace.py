"""Traced values: what a forward is run on to find out which primitive calls it makes.

`Traced` stands for an array of the program that is being made, `Namespace` is the `xp` of its world: NumPy's functions
and every operation there is. What does not depend on the program is done at once. Knows primitive calls by their rows.
Must not know graphs, nor any operation by its name.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd_lite import backend
from autograd_lite.errors import CompileError
from autograd_lite.op import REGISTRY, SPACES, Operation
from autograd_lite.ops.indexing import ARRAY, split
from autograd_lite.program import calls
from autograd_lite.program.program import Call, Value
from autograd_lite.watch import Live


class Traced(NDArrayOperatorsMixin):
    """An array of the program being made, as an operand of a forward: its operators are NumPy's functions, by NumPy."""

    __slots__ = ("value", "tracer")

    def __init__(self, value: Value, tracer: Tracer) -> None:
        self.value = value
        self.tracer = tracer

    # What is known of it.

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

    @property
    def T(self) -> Any:
        return self.transpose()

    def __len__(self) -> int:
        if not self.value.shape:
            raise TypeError("len() of an array without axes")
        return self.value.shape[0]

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    __hash__ = object.__hash__

    def _number(self) -> Any:
        """The value, where it is the same at every call."""
        value = self.value
        if value.kind != "constant" or value.held or value.shape:
            raise CompileError(
                "a forward asks for the values of its operands (if, int(), float()), so it cannot be compiled"
            )
        return value.sample[()]

    def __bool__(self) -> bool:
        return bool(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __index__(self) -> int:
        return int(self._number())

    def __float__(self) -> float:
        return float(self._number())

    def item(self) -> Any:
        return self._number().item()

    # Items.

    def __getitem__(self, index: Any) -> Any:
        template, arrays = split(index)
        # NumPy gives an item as a number of its own; with the dots it is a view, like every other part.
        if len(template) == self.ndim and self.ndim and all(type(part) is int for part in template):
            template = (*template, Ellipsis)
        masks = [part for part in arrays if part.dtype == bool]
        if any(isinstance(mask, Traced) and mask.value.kind != "constant" for mask in masks):
            raise CompileError(
                "the shape of x[mask] depends on data, so it cannot be compiled: multiply by the mask, or use ag.where"
            )
        return self.tracer.emit(calls.ITEMS, (self, *arrays), {"template": template})

    def __setitem__(self, index: Any, content: Any) -> None:
        template, arrays = split(index)
        self.value = self.tracer.emit(calls.PUT, (self, content, *arrays), {"template": template}).value

    # Methods are NumPy's functions of the same name.

    def reshape(self, *shape: Any, **params: Any) -> Any:
        return self.tracer.call(calls.RESHAPE, (self, shape[0] if len(shape) == 1 else shape), params)

    def transpose(self, *axes: Any) -> Any:
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return self.tracer.call(calls.TRANSPOSE, (self, order), {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        own = getattr(numpy.ndarray, name, None)
        if own is None:
            raise AttributeError(f"an array has no attribute {name}")
        if not callable(own):
            return self.tracer.call(name, (self,), {})  # real, imag
        function = name if name in calls.ROWS or hasattr(numpy, name) else f"ndarray.{name}"
        return lambda *args, **params: self.tracer.call(function, (self, *args), params)

    # NumPy's functions called by themselves.

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **params: Any) -> Any:
        into = params.get("out")
        if into is not None and len(into) == 1 and into[0] is self and method == "__call__":  # x += y
            del params["out"]
            self.value = self.tracer.call(ufunc.__name__, args, params).value
            return self
        return self.tracer.call(ufunc.__name__ + ("" if method == "__call__" else f".{method}"), args, params)

    def __array_function__(self, function: Any, types: Any, args: Any, params: Any) -> Any:
        module = function.__module__.removeprefix("numpy").lstrip(".")
        name = f"{module}.{function.__name__}" if hasattr(numpy, module.partition(".")[0] or "_") else function.__name__
        return self.tracer.call(name, args, params)

    def __apply__(self, op: Operation, inputs: Sequence[Any], params: dict[str, Any]) -> Any:
        """How an operation called in the world of traced values is run: its forward, on them."""
        return self.tracer.apply(op, inputs, params)


class _Function:
    """A function of the namespace; a ufunc has methods besides."""

    def __init__(self, tracer: Tracer, name: str) -> None:
        self.tracer = tracer
        self.name = self.__name__ = name

    def __call__(self, *args: Any, **params: Any) -> Any:
        return self.tracer.call(self.name, args, params)

    def __getattr__(self, method: str) -> Any:
        if method.startswith("__"):
            raise AttributeError(method)
        return _Function(self.tracer, f"{self.name}.{method}")


class Namespace:
    """The `xp` of traced values: NumPy's functions as primitive calls, and every operation by its name."""

    def __init__(self, tracer: Tracer, module: Any = numpy, path: str = "") -> None:
        self.tracer = tracer
        self.module = module
        self.path = path

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.module, name, None)
        if isinstance(found, types.ModuleType) or (not self.path and found is None and name in SPACES):
            return Namespace(self.tracer, found, f"{self.path}{name}.")
        full = self.path + name
        if found is None and full in REGISTRY and full not in calls.ROWS:
            op = REGISTRY[full]
            return lambda *args, **params: self.tracer.apply(op, *op.bind(args, params))
        if found is None and (self.path or name not in calls.ROWS):
            raise AttributeError(f"there is no function and no operation {self.path}{name}")
        if found is not None and (isinstance(found, type) or not callable(found)):
            return found
        return _Function(self.tracer, self.path + name)


class Tracer:
    """The calls of a program while they are made."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.xp = Namespace(self)
        self.constants: dict[int, Value] = {}
        self.running: list[Operation] = []  # the operations whose forwards are being run, the innermost last
        self.quiet = False  # whether any of them is quiet
        self.label = ""
        self.scope: tuple[str, ...] = ()

    def constant(self, array: numpy.ndarray) -> Value:
        """A plain array of somebody's as a value of the program."""
        if id(array) not in self.constants:
            self.constants[id(array)] = Value("constant", array, held=True)
        return self.constants[id(array)]

    def traced(self, x: Any) -> Any:
        """Values of the program, arrays, and tuples of them, as a forward takes them."""
        if isinstance(x, Value):
            return Traced(x, self)
        if isinstance(x, numpy.ndarray):
            return Traced(self.constant(x), self)
        return tuple(map(self.traced, x)) if isinstance(x, tuple) else x

    def untraced(self, x: Any) -> Any:
        """What a forward returned, as values of the program."""
        if isinstance(x, Traced):
            return x.value
        if isinstance(x, tuple | list):
            return tuple(map(self.untraced, x))
        return Value("constant", numpy.asarray(x.read() if isinstance(x, Live) else x))

    def apply(self, op: Operation, inputs: Sequence[Any], params: dict[str, Any]) -> Any:
        """The calls of one operation's forward."""
        if op.effect:
            raise CompileError(f"{op.name} has an effect: call it by itself, not in the forward of another operation")
        self.running.append(op)
        self.quiet = self.quiet or op.quiet
        try:
            return op.forward(self.xp, *(self.traced(x) for x in inputs), **params)
        finally:
            self.running.pop()

    def call(self, function: str, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """A function of the namespace as it is called: arrays sorted from parameters, or as it stands."""
        name, _, method = function.partition(".")
        if method == "at" and isinstance(args[0], Traced):
            template, arrays = split(args[1])
            operands = (args[0], args[2] if len(args) > 2 else None, *arrays)
            args[0].value = self.emit("at", operands, {"template": template, "ufunc": name}).value
            return None
        if function in calls.METADATA:
            samples = [arg.value.sample if isinstance(arg, Traced) else arg for arg in args]
            found = getattr(numpy, function)(*samples, **keywords)
            return self._constant(found) if isinstance(found, numpy.ndarray) else found
        if function == calls.ONCE:
            template, arrays = split(args[1])
            return self.emit(function, arrays, {"template": template, "shape": tuple(args[0])})
        row = calls.row(function)
        if row.parameters is None or len(args) > (row.arrays or 1) + len(row.parameters):
            return self._as_it_stands(function, args, keywords)
        count = 1 if row.arrays is None else row.arrays
        operands = tuple(args[0]) if row.arrays is None and isinstance(args[0], list | tuple) else tuple(args[:count])
        params = {**row.parameters, **dict(zip(row.parameters, args[count:], strict=False))}
        if row.arrays == count and len(operands) < count and not keywords.keys() <= set(params):
            return self._as_it_stands(function, args, keywords)
        if not keywords.keys() <= params.keys() or (row.arrays is None and not isinstance(args[0], list | tuple)):
            return self._as_it_stands(function, args, keywords)
        if (row.arrays is not None and len(operands) < count) or any(isinstance(x, list | tuple) for x in operands):
            return self._as_it_stands(function, args, keywords)
        return self.emit(function, operands, {**params, **keywords}, fold=not row.fresh)

    def _as_it_stands(self, function: str, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """A call whose arguments are kept as a form with places for the arrays in it."""
        arrays: list[Any] = []

        def form(part: Any) -> Any:
            if isinstance(part, Traced | numpy.ndarray | Live):
                arrays.append(part)
                return ARRAY
            if isinstance(part, tuple | list):
                return type(part)(form(each) for each in part)
            return part

        params = {"form": [form(arg) for arg in args], "keywords": {k: form(v) for k, v in keywords.items()}}
        if not any(isinstance(arg, Traced | Live) for arg in arrays) and not isinstance(calls.find(function), type):
            return self._settled(calls.find(function)(*args, **keywords))
        return self.emit(function, tuple(arrays), params)

    def _settled(self, found: Any) -> Any:
        """What a function of NumPy's gave for values that no call will change."""
        if isinstance(found, numpy.ndarray | numpy.generic):
            return self._constant(found)
        return type(found)(map(self._settled, found)) if isinstance(found, tuple | list) else found

    def _constant(self, array: Any) -> Traced:
        return Traced(Value("constant", numpy.asarray(array)), self)

    def emit(self, function: str, args: Sequence[Any], params: dict[str, Any], fold: bool = True) -> Any:
        """Add a primitive call, or do it now where nothing in it depends on the program."""
        operands: list[Any] = []
        samples: list[Any] = []
        settled = fold
        for arg in args:
            if isinstance(arg, numpy.ndarray):
                arg = Traced(self.constant(arg), self)
            elif isinstance(arg, numpy.generic):
                arg = self._constant(arg)
            operands.append(arg.value if isinstance(arg, Traced) else arg)
            samples.append(
                arg.value.sample if isinstance(arg, Traced) else arg.read() if isinstance(arg, Live) else arg
            )
            changes = isinstance(arg, Traced) and (arg.value.kind != "constant" or arg.value.held)
            settled = settled and not changes and not isinstance(arg, Live)
        with numpy.errstate(all="ignore"):
            found = calls.evaluate(function, samples, params)
        if settled:
            return self._settled(found)
        if isinstance(found, tuple | list):
            return self.parts(self.add(function, operands, params, Value("result", tuple(found))), found)
        if not isinstance(found, numpy.ndarray | numpy.generic | bool | int | float | complex):
            raise CompileError(f"{function}(…) gives {type(found).__name__}, which a compiled step has no place for")
        if function == calls.RESHAPE:
            params = {"shape": numpy.shape(found)}
        return Traced(self.add(function, operands, params, Value("result", numpy.asarray(found))), self)

    def parts(self, whole: Value, found: Any) -> Any:
        """Several results, each as a value of its own, in a tuple of the kind that NumPy gave."""
        each = [
            Traced(self.add(calls.PART, (whole,), {"index": i}, Value("result", numpy.asarray(x))), self)
            for i, x in enumerate(found)
        ]
        return type(found)(*each) if hasattr(found, "_fields") else type(found)(each)

    def add(self, function: str, operands: Sequence[Any], params: dict[str, Any], out: Value) -> Value:
        """Add a call."""
        label = self.running[0].name if self.running else self.label
        call = Call(function, tuple(operands), params, out, label, self.scope)
        call.quiet = any(op.quiet and (not op.ours or _warns(function)) for op in self.running)
        self.calls.append(call)
        return out


def _warns(function: str) -> bool:
    """Whether it is one of those that the library's own quiet operations silence."""
    return vars(backend.QUIET_NUMPY).get(function) is not getattr(numpy, function, None)
