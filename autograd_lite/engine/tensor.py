"""`Tensor`: an array and the node it came from; `apply`, which records; operators, one line each.

Knows how an operation is run and recorded, NumPy's protocols and how a tensor prints. Must not know
how gradients are computed: `backward` is joined to it by the package's face.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Never

import numpy
from numpy import generic, ndarray

from autograd_lite import backend
from autograd_lite.arraylike import Arraylike
from autograd_lite.diagnosis import FAILURES, describe, diagnose
from autograd_lite.elsewhere import INSTEAD, instead, keyword
from autograd_lite.engine.graph import Node, history, mode, no_grad, tick, touch
from autograd_lite.engine.witness import SILENT
from autograd_lite.errors import (
    ArgumentError,
    AutogradError,
    DeviceError,
    DtypeError,
    GraphError,
    ShapeError,
    UnknownNameError,
)
from autograd_lite.op import REGISTRY, Operation
from autograd_lite.ops import arithmetic, comparison, indexing, linalg, shaping

_NO_PARAMS: dict[str, Any] = {}
_NUMPY, _NUMBERS = backend.NUMPY, backend.NUMBERS
_PLAIN = {ndarray, bool, int, float, complex} | {
    kind for kind in numpy.sctypeDict.values() if numpy.dtype(kind).kind in _NUMBERS
}
_new = object.__new__
_as_numpy = numpy.asarray

Lifted = Callable[..., "Tensor"]

# The operators' operations by short ways, since they are on the path of everything.
_ADD, _SUBTRACT, _MULTIPLY = arithmetic.add, arithmetic.subtract, arithmetic.multiply
_DIVIDE, _POWER, _MATMUL = arithmetic.divide, arithmetic.power, linalg.matmul


class Tensor(Arraylike):
    """An array that remembers how it was computed.

    `ag.tensor` and `ag.asarray` make one; so does every operation. `data` is its array (of a result
    a read-only view), `grad` the gradient that `backward` left there (an array, `None` before), `name` what pictures,
    formulas and messages call it, and `node` the operation it came from, `None` for a leaf.
    """

    __slots__ = ("_data", "_grad", "_requires_grad", "name", "node", "_changed", "__weakref__")

    __array_priority__ = 1000

    def __init__(
        self, data: Any, requires_grad: bool = False, dtype: Any = None, name: str | None = None, copy: bool = True
    ) -> None:
        array = backend.as_array(_values_of(data), copy=copy)
        if dtype is not None and array.dtype != backend.native(dtype):
            array = array.astype(backend.native(dtype))
        self._data = array
        self._grad: Any = None
        self._changed = 0
        self._requires_grad = False
        self.node: Node | None = None
        self.name = name
        if requires_grad is not False:
            if isinstance(data, int | float) and type(requires_grad) in (int, float):
                raise ArgumentError(
                    f"requires_grad is True or False, not {requires_grad!r}, and numbers that belong together are one "
                    f"argument: write ag.tensor([{data!r}, {requires_grad!r}])"
                )
            self.requires_grad = requires_grad
            self._changed = 0
        mode.now.witness.made(self, data)

    def __init_subclass__(cls) -> None:
        raise ArgumentError("Tensor is final: wrap one, or write a function of Tensors, instead of subclassing it")

    # What a tensor is.

    @property
    def data(self) -> Any:
        """The array. Of a result it is read-only: its value belongs to the graph."""
        mode.now.witness.reading(self)
        if self.node is None or type(self._data) is not ndarray:
            return self._data
        view = self._data.view()
        view.flags.writeable = False
        return view

    @data.setter
    def data(self, value: Any) -> None:
        self.assign(value, copy=type(value) is Tensor)  # no two tensors share memory

    @property
    def grad(self) -> Any:
        """The gradient that `backward` left here: an array of this shape and dtype, or `None`.

        Leaves add up the gradients of all passes; a result keeps that of the last pass.
        """
        if self.node is not None:
            mode.now.witness.reading(self)
            return self._grad.copy() if type(self._grad) is ndarray else self._grad
        return mode.now.witness.get_grad(self)

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            array = value._data if type(value) is Tensor else value
            if isinstance(array, generic):  # arithmetic on a zero-dimensional array gives NumPy's numbers
                value = array = _as_numpy(array)
            if not backend.is_array(array) or array.shape != self.shape or array.dtype != self.dtype:
                raise ShapeError(
                    f"the gradient of {describe(self)} must be an array of the same shape and dtype or None, "
                    f"not {describe(value)}"
                )
        mode.now.witness.set_grad(self, value)

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient is wanted; it can be switched on leaves of floating-point dtype."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool | numpy.bool_):
            raise ArgumentError(f"requires_grad is True or False, not {value!r:.60}")
        if self.node is not None:
            raise GraphError(f"{describe(self)} is a result, whose requires_grad follows from its inputs: detach() it")
        if value and self._data.dtype.kind != "f":
            raise DtypeError(
                f"a tensor of dtype {self._data.dtype} is data and cannot require a gradient: "
                "give it a floating-point dtype, as in ag.tensor(data, dtype=float, requires_grad=True)"
            )
        if self._requires_grad != bool(value):
            self._requires_grad = bool(value)
            self._changed = tick()  # a graph recorded before would give this leaf a part of its gradient
        touch()

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The element type, a NumPy dtype."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of elements."""
        return backend.Size(self._data.size)

    @property
    def itemsize(self) -> int:
        """The number of bytes of one element."""
        return self._data.dtype.itemsize  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        """The number of bytes of all elements."""
        return self._data.size * self._data.dtype.itemsize  # type: ignore[no-any-return]

    @property
    def device(self) -> str:
        """Where the array lives, such as `"cpu"` or `"cuda:0"`."""
        return backend.device(self._data)

    # Ways out of the graph, each of them explicit.

    def numpy(self) -> ndarray:
        """A NumPy copy of the values, from any device."""
        mode.now.witness.reading(self)
        return backend.to_numpy(self._data)

    def tolist(self) -> Any:
        """The values as Python numbers in nested lists; the number alone where there is no axis."""
        return self.numpy().tolist()

    def copy(self, order: str = "C") -> Tensor:
        """The same values as a new tensor on the graph; NumPy's orders of memory are of no consequence here."""
        return apply(shaping.astype, (self,), {"dtype": self.dtype})

    def choose(self, choices: Any, mode: str = "raise") -> Tensor:
        """In every place the element of that one among the `choices` whose number stands here; others by `mode`."""
        from autograd_lite.engine.nested import choose

        return choose(self, choices, mode)

    def nonzero(self) -> tuple[Tensor, ...]:
        """Where the elements are that are not zero: their places along each axis; data, never differentiable."""
        mode.now.witness.reading(self)
        return tuple(asarray(each) for each in backend.namespace(self._data).nonzero(self._data))

    def item(self) -> Any:
        """The one value as a Python number. Raises `ShapeError` for more than one."""
        if self._data.size != 1:
            raise ShapeError(f"item() needs a tensor of one element, not {describe(self)}: use numpy() or reduce it")
        mode.now.witness.reading(self)
        return self._data.item()

    def detach(self) -> Tensor:
        """The same values as a leaf of no graph, in memory of their own."""
        with no_grad():
            return apply(shaping.astype, (self,), {"dtype": self.dtype})

    def assign(self, value: Any, copy: bool = True) -> Tensor:
        """Give a leaf a new value of the same shape; its dtype stays, and so do results made from the old one.

        A graph recorded before with this tensor in it will refuse to run backward: it needs the old
        value. Raises `GraphError` on a result and `ShapeError` for another shape.

        >>> import autograd_lite as ag
        >>> w = ag.tensor([1.0, 2.0])
        >>> w.assign(w * 2).numpy()
        array([2., 4.])
        """
        if self.node is not None:
            raise GraphError(f"cannot assign to {describe(self)}: it is a result of {self.node.op.name}, not a leaf")
        array = value._data if type(value) is Tensor else backend.as_array(value, backend.namespace(self._data))
        if array.shape != self._data.shape:
            raise ShapeError(f"cannot assign {describe(value)} to {describe(self)}: the shapes differ")
        if type(array) is not type(self._data):
            raise DeviceError(f"cannot assign a value on {backend.device(array)} to {describe(self)}")
        if array.dtype != self._data.dtype:
            if not numpy.can_cast(array.dtype, self._data.dtype, "same_kind"):
                raise DtypeError(f"cannot assign {describe(value)} to {describe(self)}: the dtype would lose its kind")
            array = array.astype(self._data.dtype)
        elif copy or (type(value) is Tensor and value.node is not None):
            array = array.copy("K")  # in its own order of memory, as everything that is computed keeps it
        mode.now.witness.assigned(self, value)
        self._data = array
        self._changed = history.last = tick()
        return self

    # Python's own protocols.

    def __repr__(self) -> str:
        values = numpy.array2string(
            backend.to_numpy(self._data), prefix="tensor(", separator=", ", threshold=60, edgeitems=3
        )
        if self._data.size <= 12:
            values = " ".join(values.split())  # a small matrix in one line too
        named = f", name={self.name!r}" if self.name else ""
        place = "" if self.device == "cpu" else f", device={self.device!r}"
        wants = ", requires_grad=True" if self._requires_grad and self.node is None else ""
        made = f" <{self.node.op.name}>" if self.node is not None else ""
        return f"tensor({values}, dtype={self.dtype}{named}{place}{wants}){made}"

    def __len__(self) -> int:
        if not self.shape:
            raise ArgumentError("a scalar tensor has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ArgumentError(f"the truth of {describe(self)} is ambiguous: use .numpy().any() or .numpy().all()")
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu" or self.ndim:
            raise DtypeError(
                f"{describe(self)} is not an integer index: write int(x) for the number, ag.zeros_like(x) or x.shape "
                "for an array of its shape"
            )
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    __hash__ = object.__hash__

    def __copy__(self) -> Tensor:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """A copy with memory of its own: a leaf keeps requires_grad and grad; a result becomes a plain leaf."""
        state = self.__getstate__()
        twin = memo[id(self)] = _new(Tensor)
        twin.__setstate__(tuple(part.copy() if backend.is_array(part) else part for part in state))
        return twin

    def __getstate__(self) -> tuple[Any, ...]:
        leaf = self.node is None
        return (self._data, self._grad if leaf else None, self._requires_grad and leaf, self.name)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._data, self._grad, self._requires_grad, self.name = state
        self.node, self._changed = None, 0

    def __dir__(self) -> list[str]:
        # What other libraries call things is in the class for its messages alone.
        return [name for name in super().__dir__() if name not in _THEIRS]

    # Items.

    def _split(self, index: Any) -> Any:
        # A recording watches the very array that it was given.
        return indexing.split(index, own=self._requires_grad and not mode.now.witness.records)

    def __getitem__(self, index: Any) -> Tensor:
        template, arrays = self._split(index)
        return apply(indexing.getitem, (self, *arrays), {"template": template})

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.node is not None or self._requires_grad:
            raise GraphError(
                f"{describe(self)} is part of a graph, so its items cannot be assigned: write "
                "t = ag.put(t, index, value) or t = ag.where(condition, value, t) for a new tensor"
            )
        with_value = apply(*put_call(self, index, value))
        self.assign(with_value)

    # Operators and methods are those of arrays; what changes a tensor in place is its own.

    def __iadd__(self, other: Any) -> Tensor:
        return _in_place(self, _ADD, other)

    def __isub__(self, other: Any) -> Tensor:
        return _in_place(self, _SUBTRACT, other)

    def __imul__(self, other: Any) -> Tensor:
        return _in_place(self, _MULTIPLY, other)

    def __itruediv__(self, other: Any) -> Tensor:
        return _in_place(self, _DIVIDE, other)

    def __ifloordiv__(self, other: Any) -> Tensor:
        return _in_place(self, arithmetic.floor_divide, other)

    def __imod__(self, other: Any) -> Tensor:
        return _in_place(self, arithmetic.remainder, other)

    def __ipow__(self, other: Any) -> Tensor:
        return _in_place(self, _POWER, other)

    def __imatmul__(self, other: Any) -> Tensor:
        return _in_place(self, _MATMUL, other)

    def __iand__(self, other: Any) -> Tensor:
        return _in_place(self, comparison.bitwise_and, other)

    def __ior__(self, other: Any) -> Tensor:
        return _in_place(self, comparison.bitwise_or, other)

    def __ixor__(self, other: Any) -> Tensor:
        return _in_place(self, comparison.bitwise_xor, other)

    def __ilshift__(self, other: Any) -> Tensor:
        return _in_place(self, comparison.left_shift, other)

    def __irshift__(self, other: Any) -> Tensor:
        return _in_place(self, comparison.right_shift, other)

    if TYPE_CHECKING:

        def backward(self, gradient: Any = None, free: bool = False) -> None: ...

    @staticmethod
    def __apply_parts__(op: Operation, inputs: Sequence[Any], params: dict[str, Any]) -> tuple[Tensor, ...]:
        """How an operation of several results is run: once, for all of them."""
        results: Any = apply(op, tuple(inputs), params)
        return results  # type: ignore[no-any-return]


class _Elsewhere:
    """A name that other libraries' tensors have, which says what to write here; for Python it is not there.

    One for each name, since a class with `__getattr__` would have all its attributes found the slow way.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, tensor: Tensor | None, kind: type) -> Any:
        raise UnknownNameError(_missing, self.name)


_OURS = [name for name in dir(Tensor) if name[0] != "_"]


def _missing(name: str) -> str:
    """What to say to one who missed something in a tensor."""
    return instead("'Tensor' object", name, "x.", _OURS, REGISTRY.keys())


_THEIRS = {*INSTEAD, *REGISTRY, *(f"{name}_" for name in (*INSTEAD, *REGISTRY, *_OURS))} - {*dir(Tensor)}
for _name in sorted(_THEIRS):
    setattr(Tensor, _name, _Elsewhere(_name))


_PLAIN_OR_TENSOR = _PLAIN | {Tensor}


def apply(op: Operation, inputs: tuple[Any, ...], params: dict[str, Any] = _NO_PARAMS) -> Tensor:
    """Run an operation on Tensors, arrays and Python scalars, and record it where that is wanted.

    Every recording of the library happens here. Raises one of the library's exceptions, which says
    what was given and what was expected, when the operands do not fit.
    """
    needs = False
    arrays = []
    for x in inputs:
        if type(x) is Tensor:
            arrays.append(x._data)
            if x._requires_grad:
                needs = True
        elif type(x) is ndarray:
            if x.dtype.kind not in _NUMBERS:
                raise ArgumentError(f"{op.name}: {backend.not_numbers(x, x.dtype)}")
            arrays.append(x)
        elif type(x) in _PLAIN or backend.is_array(x):
            arrays.append(x)
        elif hasattr(x, "__number__"):
            arrays.append(x.__number__())
        elif x is None and op.optional:
            arrays.append(x)
        else:
            return apply(op, tuple(_operand(op, each) for each in inputs), params)
    direct = op.direct
    now = mode.now
    if op.effect:
        again: Tensor | None = now.witness.drawing(params)
        if again is not None:
            return again
    try:
        if type(arrays[0]) is ndarray or type(arrays[-1]) is ndarray:
            xp = _NUMPY
            if direct is not None:
                out = direct(*arrays)
            elif op.numpy is not None:
                out = op.forward(op.numpy, *arrays, **params)
            else:
                out = op.run(xp, arrays, params)
        else:
            xp = backend.namespace(*arrays)
            out = op.run(xp, arrays, params)
    except FAILURES as error:
        raise diagnose(op, inputs, params, error) from (None if op.ours else error)  # NumPy's adds nothing
    if type(out) is not ndarray:
        if op.parts is not None:
            several: Any = _results(op, inputs, params, xp, out, needs)
            return several  # type: ignore[no-any-return]
        out = _as_numpy(out) if isinstance(out, generic) else _as_result(op, inputs, params, xp, out)
    result: Tensor = _new(Tensor)
    result._data = out
    result._grad = result.name = None
    result._changed = 0
    if needs:
        needs = (
            now.grad and (op.total or _wanted(op, inputs)) and (out.dtype.kind == "f" or _continuous(op, inputs, out))
        )
    result._requires_grad = needs
    witness = now.witness
    if needs or witness.records:
        # Field by field: this is on the path of every operation, and a call costs a tenth of it.
        result.node = node = _new(Node)
        node.op, node.inputs, node.params = op, inputs, params
        node.scope, node.number = now.scope, tick()
        node.trace = node.call = None
        if witness is not SILENT:
            witness.applied(result, node)
    else:
        result.node = None
        if witness is not SILENT:
            witness.computed(op, inputs, out)
        # What a function of NumPy's own gives is memory of its own.
        if direct is None and xp is _NUMPY and (out.base is not None or any(out is x for x in arrays)):
            result._data = out = out.view()  # of memory that belongs to another tensor
            out.flags.writeable = False
    if op.effect:
        witness.drew(params, result)
    return result


def _results(op: Operation, inputs: tuple[Any, ...], params: dict[str, Any], xp: Any, out: Any, needs: bool) -> Any:
    """The results of an operation that gave several: for each a node, whose operation is that part of `op`."""
    call = tuple(_as_result(op, inputs, params, xp, each) for each in out)
    now = mode.now
    needs = needs and now.grad and (op.total or _wanted(op, inputs))
    results = []
    for i, data in enumerate(call):
        result: Tensor = _new(Tensor)
        result._data, result._grad, result.name, result._changed, result.node = data, None, None, 0, None
        result._requires_grad = needs and data.dtype.kind == "f"
        if result._requires_grad or now.witness.records:
            result.node = node = Node(op.part(i), inputs, params, now.scope, tick())
            node.call = call
            now.witness.applied(result, node)
        results.append(result)
    return op.gathered(results)


Tensor.__apply__ = staticmethod(apply)


def _values_of(data: Any) -> Any:
    """The array of a tensor, as data for another; a recording must not lose sight of it."""
    if not isinstance(data, Tensor):
        return data
    mode.now.witness.reading(data)
    return data._data


def _continuous(op: Operation, inputs: tuple[Any, ...], out: Any) -> bool:
    """Whether a gradient goes through a result of a dtype that is not real: it ends at whole numbers and truths.

    Raises `DtypeError` for complex numbers, whose gradients the rules do not give.
    """
    if out.dtype.kind != "c":
        return False
    given = ", ".join(describe(x) for x in inputs)
    raise DtypeError(
        f"{op.name}({given}) would be complex, and gradients go through real numbers only: compute real and imaginary "
        "part apart, or say that no gradient is wanted with detach()"
    )


def _wanted(op: Operation, inputs: tuple[Any, ...]) -> bool:
    """Whether an input that requires a gradient is one that the operation can give one."""
    return any(type(x) is Tensor and x._requires_grad and op.rule(i) is not None for i, x in enumerate(inputs))


def _operand(op: Operation, value: Any) -> Any:
    """An operand as a Tensor, an array or a scalar; lists become arrays."""
    if type(value) in _PLAIN_OR_TENSOR or backend.is_array(value) or hasattr(value, "__number__"):
        return value
    if value is None and op.optional:
        return value
    if type(value) is backend.Size:  # a Python number like any other, whose dtype is weak
        return int(value)
    try:
        return backend.as_array(value)
    except AutogradError as error:
        raise ArgumentError(f"{op.name}: {error}") from None


def _as_result(op: Operation, inputs: tuple[Any, ...], params: dict[str, Any], xp: Any, out: Any) -> Any:
    """What a forward returned, as an array: NumPy returns scalars for zero-dimensional results."""
    if xp is _NUMPY and isinstance(out, generic | ndarray | bool | int | float):
        return numpy.asarray(out)
    if xp is _NUMPY or not backend.is_array(out) or backend.namespace(out) is not xp:
        raise diagnose(op, inputs, params, DeviceError(f"the result came out as {type(out).__name__}"))
    return out


def _in_place(tensor: Tensor, op: Operation, other: Any) -> Tensor:
    """What `+=` and its kin do: a leaf takes the new value; a result makes way for a new tensor."""
    if tensor.node is not None:
        return apply(op, (tensor, other))
    now = mode.now
    if tensor._requires_grad and now.grad:
        raise GraphError(
            f"{describe(tensor)} requires a gradient and cannot be changed in place while gradients are recorded: "
            "use `with ag.no_grad():` for an update, or make a new tensor with x = x + y"
        )
    data = tensor._data
    plain = now.witness is SILENT and type(other) is ndarray and type(data) is ndarray
    direct = op.direct
    # An update as optimisers make them.
    if plain and direct is not None and other.shape == data.shape and other.dtype is data.dtype:
        out = direct(data, other)
        if type(out) is ndarray and out.dtype is data.dtype and out.shape == data.shape:
            tensor._data = out
            tensor._changed = history.last = tick()
            return tensor
    return tensor.assign(apply(op, (tensor, other)), copy=False)


def put_call(tensor: Any, index: Any, value: Any) -> tuple[Operation, tuple[Any, ...], dict[str, Any]]:
    """The operation, inputs and parameters of `put`."""
    template, arrays = indexing.split(index, own=not mode.now.witness.records)
    return indexing.put_at, (tensor, value, *arrays), {"template": template}


def _refuse(name: str, unknown: dict[str, Any]) -> ArgumentError:
    """The exception for keywords that a function which makes a tensor does not have."""
    known = ["data", "requires_grad", "dtype", "name"]
    said = ", ".join(unknown) + "".join(keyword(each, known) for each in unknown)
    return ArgumentError(f"{name}({', '.join(known)}) has no argument {said}")


def tensor(
    data: Any, requires_grad: bool = False, dtype: Any = None, name: str | None = None, **unknown: Never
) -> Tensor:  # fmt: skip
    """A tensor with a copy of `data`: an array, a number, or nested lists.

    An array keeps its dtype and its device; lists follow NumPy. Raises `DtypeError` when a gradient
    is required of integers, booleans or complex numbers.

    >>> import autograd_lite as ag
    >>> ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    tensor([1., 2.], dtype=float64, name='w', requires_grad=True)
    """
    if unknown:
        raise _refuse("tensor", unknown)
    return Tensor(data, requires_grad, dtype, name)


def asarray(
    data: Any, requires_grad: bool = False, dtype: Any = None, name: str | None = None, **unknown: Never
) -> Tensor:  # fmt: skip
    """A tensor that shares the memory of `data` where it is an array of the right dtype.

    Writing into that array later changes the tensor behind the back of every graph it is part of:
    use `ag.tensor` where that could happen.

    >>> import numpy as np
    >>> import autograd_lite as ag
    >>> a = np.ones(2)
    >>> ag.asarray(a).data is a
    True
    """
    if unknown:
        raise _refuse("asarray", unknown)
    if type(data) is Tensor and not requires_grad and dtype in (None, data.dtype) and name is None:
        return data
    if type(data) is Tensor and not requires_grad:
        with no_grad():
            alike = apply(shaping.astype, (data,), {"dtype": backend.native(data.dtype if dtype is None else dtype)})
        alike.name = name
        return alike
    return Tensor(data, requires_grad, dtype, name, copy=type(data) is Tensor)


def lift(op: Operation) -> Lifted:
    """The operation as a function that returns Tensors, with the forward's signature and docstring."""
    if op.parameters or op.variadic:
        plain = len(op.arguments) if not op.variadic and not op.required else -1

        def function(*args: Any, **kwargs: Any) -> Tensor:
            if len(args) == plain and not kwargs:
                return apply(op, args, op.defaults)
            if op.wide is not None and (wide := op.meant(kwargs, len(args))) is not op:
                return Tensor.__compose__(wide, *wide.bind(args, kwargs))  # type: ignore[attr-defined,no-any-return]
            inputs, params = op.bind(args, kwargs)
            return apply(op, inputs, params)

    else:
        count = len(op.arguments)

        def function(*args: Any, **kwargs: Any) -> Tensor:
            if kwargs or len(args) != count:
                args, _ = op.bind(args, kwargs)
            return apply(op, args)

    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = op.__doc__
    function.__module__ = op.__module__
    function.__wrapped__ = op  # type: ignore[attr-defined]  # whose signature is made when it is asked for
    return function
