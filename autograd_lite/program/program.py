"""A program: primitive array calls in static single assignment, and what they read and change.

Knows nothing of Tensors' graphs or of how a program is made, planned or run.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy

from autograd_lite.engine.inside import gradient_of, value_of
from autograd_lite.program import calls


class Leaf:
    """A tensor that a program reads or changes besides its arguments: called, the tensor, or `None` where it is gone.

    A program does not keep its states alive. There is one of these for each tensor in a program.
    """

    __slots__ = ("ref", "id", "name", "shape", "dtype", "__weakref__")

    def __init__(self, tensor: Any) -> None:
        self.ref = weakref.ref(tensor)
        self.id = id(tensor)
        self.name: str | None = tensor.name
        self.shape: tuple[int, ...] = tensor.shape
        self.dtype = tensor.dtype

    def __call__(self) -> Any:
        return self.ref()

    def __repr__(self) -> str:
        return f"<leaf {self.name or ''} {self.shape}>"


class State(NamedTuple):
    """What a program reads of a tensor that is no argument, or changes in it: its data or its gradient."""

    what: str  # "data" or "grad"
    leaf: Leaf

    @property
    def array(self) -> Any:
        """The array that the tensor holds now."""
        tensor = self.leaf()
        return None if tensor is None else value_of(tensor) if self.what == "data" else gradient_of(tensor)

    @property
    def key(self) -> tuple[str, int]:
        """The same for all programs, as long as the tensor lives."""
        return self.what, self.leaf.id

    @property
    def label(self) -> str:
        """How messages call it."""
        name = self.leaf.name or "a state"
        return name if self.what == "data" else f"the gradient of {name}"


def layout(array: Any) -> tuple[int, ...]:
    """The strides that matter: those of axes longer than 1, where there are elements."""
    return tuple(stride for stride, n in zip(array.strides, array.shape, strict=True) if n > 1 and array.size)


class Value:
    """One array of a program: an input, a state, a constant, or the result of a call."""

    __slots__ = ("kind", "sample", "shape", "dtype", "name", "state", "held", "_call")

    def __init__(
        self, kind: str, sample: Any, name: str | None = None, state: State | None = None, held: bool = False
    ) -> None:
        self.kind = kind  # "input", "state", "constant" or "result"
        self.sample = sample
        several = isinstance(sample, tuple)  # what a function with several results gives, for `part` to take from
        self.shape: tuple[int, ...] = () if several else tuple(sample.shape)
        self.dtype: Any = numpy.dtype("V") if several else sample.dtype
        self.name = name
        self.state = state  # whose it is, of a state
        self.held = held  # of a constant: an array that somebody else may write into between two calls
        self._call: weakref.ref[Call] | None = None

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name or ''} {self.shape}>"

    @property
    def call(self) -> Call | None:
        """The call it is the result of. The program holds its calls: a value that did would be in a cycle."""
        return None if self._call is None else self._call()

    @call.setter
    def call(self, call: Call) -> None:
        self._call = weakref.ref(call)

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The size in bytes of a buffer for it."""
        return int(self.dtype.itemsize * self.size)


class Call:
    """One primitive array call: `out = function(*args, **params)`."""

    __slots__ = ("function", "args", "params", "out", "op", "scope", "quiet", "base", "__weakref__")

    def __init__(
        self, function: str, args: tuple[Any, ...], params: dict[str, Any], out: Value, op: str, scope: tuple[str, ...]
    ) -> None:
        self.function = function
        self.args = args  # Values and Python scalars
        self.params = params
        self.out = out
        self.op = op
        self.scope = scope
        self.quiet = False  # whether NumPy's warnings of overflow and division by zero are silenced
        self.base = self._looks_at()  # the argument whose memory the result is another look at
        out.call = self

    def _looks_at(self) -> int | None:
        """What NumPy's own answer says, the only one there is on what is a view."""
        if self.row.view:
            return 0
        out = self.out.sample
        results = [x for x in (out if isinstance(out, tuple) else (out,)) if isinstance(x, numpy.ndarray)]
        for i, arg in enumerate(self.args):
            if isinstance(arg, Value) and any(numpy.may_share_memory(x, arg.sample) for x in results):
                return i
        return None

    def __repr__(self) -> str:
        return f"{self.out!r} = {self.function}{self.args}"

    @property
    def row(self) -> calls.Row:
        """What it is."""
        return (
            calls.plain(self.function)
            if "form" in self.params and self.function in calls.ROWS
            else calls.row(self.function)
        )

    @property
    def values(self) -> list[Value]:
        """The arrays it reads."""
        return [arg for arg in self.args if isinstance(arg, Value)]

    @property
    def is_view(self) -> bool:
        """Whether the result is another look at the memory of one of its arguments."""
        return self.base is not None

    @property
    def ufunc(self) -> Any:
        """The NumPy ufunc it calls element by element, or `None`."""
        return self.row.ufunc

    @property
    def pure(self) -> bool:
        """Whether it may be dropped, merged, moved or done beforehand."""
        return not self.row.effect

    @property
    def flops(self) -> int:
        """Floating-point operations, one for each element and function applied to it."""
        return 0 if self.is_view else self.row.flops([value.shape for value in self.values], self.out.shape)


@dataclass
class Effect:
    """What a program changes: the data or the gradient of a tensor (`value` `None`: no gradient)."""

    leaf: Leaf
    what: str  # "data" or "grad"
    value: Value | None

    @property
    def state(self) -> State:
        """What is changed."""
        return State(self.what, self.leaf)


@dataclass
class Stats:
    """What a program costs: calls that compute, arrays they are written to, bytes of those, operations."""

    calls: int
    buffers: int
    bytes: int
    flops: int


@dataclass
class Program:
    """Calls in order, and the values that come in and go out."""

    calls: list[Call]
    inputs: list[Value]
    states: list[Value]
    outputs: list[Value]
    effects: list[Effect]
    quiet: bool = False
    stats: dict[str, Stats] = field(default_factory=dict)

    def wanted(self) -> list[Value]:
        """The values that must exist at the end."""
        return [*self.outputs, *(effect.value for effect in self.effects if effect.value is not None)]

    def generators(self) -> list[numpy.random.Generator]:
        """The random generators that it draws from, each once."""
        drawn = (p for call in self.calls if call.row.effect for p in call.params.values())
        return list({id(g): g for g in drawn if isinstance(g, numpy.random.Generator)}.values())

    def forget_samples(self) -> None:
        """Let go of the arrays of the recording, but for constants; shapes and strides stay."""
        values = [*self.inputs, *self.states, *(value for call in self.calls for value in (*call.values, call.out))]
        for value in values:
            if isinstance(value.sample, tuple):
                value.sample = ()
            elif value.kind != "constant":
                nothing = numpy.empty(1, value.dtype)
                value.sample = numpy.lib.stride_tricks.as_strided(nothing, value.shape, value.sample.strides)

    def measure(self, name: str) -> None:
        """Note what the program costs after the pass `name`, each result counted as an array of its own."""
        made = [call.out for call in self.calls if not call.is_view]
        self.stats[name] = Stats(
            len(made), len(made), sum(v.nbytes for v in made), sum(call.flops for call in self.calls)
        )
