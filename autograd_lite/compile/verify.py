"""Whether a replay is what the function itself does, and where not: states put back, bits and programs compared.

Knows programs and what each call of one means. Must not know how a program is bound or run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy

from autograd_lite.engine.graph import touch
from autograd_lite.engine.inside import changed_at, gradient_of, put_gradient, put_value, value_of
from autograd_lite.engine.streams import put_stream, same_stream, stream_state
from autograd_lite.engine.tensor import Tensor
from autograd_lite.program.calls import evaluate
from autograd_lite.program.program import Call, Program, Value, layout
from autograd_lite.watch import Live


class Before:
    """Tensors and generators as they are before a call that may write into the memory of what is `written`.

    That is copied, and nothing else: what a call does not change stays the very array that users may hold.
    """

    def __init__(
        self, tensors: Iterable[Tensor], streams: Iterable[Any], written: Iterable[tuple[Tensor, str]] = ()
    ) -> None:
        copied = set(written)
        self.tensors = []
        for tensor in dict.fromkeys([*tensors, *(tensor for tensor, _ in copied)]):
            data, grad = value_of(tensor), gradient_of(tensor)
            if (tensor, "data") in copied:
                data = _copy(data)
            if (tensor, "grad") in copied:
                grad = _copy(grad)
            self.tensors.append((tensor, data, grad, changed_at(tensor)))
        self.streams = [(stream, stream_state(stream)) for stream in streams]

    def put_back(self) -> None:
        """Give every tensor and generator what it had."""
        for tensor, data, grad, changed in self.tensors:
            if value_of(tensor) is not data or gradient_of(tensor) is not grad:
                put_value(tensor, data, changed)
                put_gradient(tensor, grad)
        for stream, state in self.streams:
            put_stream(stream, state)
        touch()


def _copy(array: Any) -> Any:
    return None if array is None else array.copy("K")


def after(tensors: Iterable[Tensor], streams: Iterable[Any], results: Sequence[Tensor]) -> list[tuple[str, Any]]:
    """Everything that a call has left behind, with what it is called.

    Sums over it are rounded by its order of memory, which therefore counts as bits do.
    """
    found = [(f"result {i}" if len(results) > 1 else "the result", value_of(t)) for i, t in enumerate(results, start=1)]
    for tensor in tensors:
        name = tensor.name or "a state"
        for what, array in ((name, value_of(tensor)), (f"the gradient of {name}", gradient_of(tensor))):
            found += [(what, array), (f"the order of memory of {what}", None if array is None else layout(array))]
    return found + [("a stream of random numbers", stream_state(stream)) for stream in streams]


def difference(ours: list[tuple[str, Any]], theirs: list[tuple[str, Any]]) -> str | None:
    """The first thing that is not the same to the last bit."""
    for (what, mine), (_, other) in zip(ours, theirs, strict=True):
        if isinstance(mine, numpy.ndarray) and isinstance(other, numpy.ndarray):
            if not _same_bits(mine, other):
                return what
        elif not same_stream(mine, other):
            return what
    return "the number of results" if len(ours) != len(theirs) else None


def _same_bits(x: numpy.ndarray, y: numpy.ndarray) -> bool:
    """Whether two arrays are the same to the last bit; every nan is like any other, since its sign says nothing."""
    if x is y:
        return True
    if x.shape != y.shape or x.dtype != y.dtype:
        return False
    if x.tobytes() == y.tobytes():
        return True
    if x.dtype.kind != "f":
        return False
    nan = numpy.isnan(x)
    return bool(nan.any()) and numpy.where(nan, numpy.nan, x).tobytes() == numpy.where(
        numpy.isnan(y), numpy.nan, y
    ).tobytes()  # fmt: skip


# Two programs of the same function.


def programs_differ(one: Program, other: Program) -> str | None:
    """The first thing that is not the same in two programs; `None` where they do the same to the same arrays."""
    number: dict[Value, Any] = {}
    for kind, mine, theirs in (("input", one.inputs, other.inputs), ("state", one.states, other.states)):
        if len(mine) != len(theirs):
            return f"{len(mine)} {kind}s before and {len(theirs)} now"
        for i, (x, y) in enumerate(zip(mine, theirs, strict=True)):
            if _outside(x) != _outside(y):
                return f"{kind} {x.name or i + 1}"
            number[x] = number[y] = (kind, i)
    for i, (first, second) in enumerate(zip(one.calls, other.calls, strict=False)):
        found = _calls_differ(first, second, number)
        if found:
            where = " / ".join(first.scope)
            return f"{first.op}{f' in {where}' if where else ''}: {found}"
        number[first.out] = number[second.out] = ("call", i)
    if len(one.calls) != len(other.calls):
        longer = max(one.calls, other.calls, key=len)[min(len(one.calls), len(other.calls))]
        return f"{longer.op}: {len(one.calls)} calls before and {len(other.calls)} now"
    ends = [
        [*(_of(v, number) for v in p.outputs), *((e.state.key, e.value and _of(e.value, number)) for e in p.effects)]
        for p in (one, other)
    ]
    return None if ends[0] == ends[1] else "what is returned or changed"


def _outside(value: Value) -> Any:
    return (value.shape, value.dtype, None if value.state is None else value.state.key)


def _calls_differ(first: Call, second: Call, number: dict[Value, Any]) -> str | None:
    if first.function != second.function or len(first.args) != len(second.args):
        return f"{first.function} before and {second.function} now"
    for x, y in zip(first.args, second.args, strict=True):
        if _of(x, number) != _of(y, number):
            shown = [each.sample if isinstance(each, Value) and each.kind == "constant" else each for each in (x, y)]
            return f"{first.function} of {shown[0]!r:.60} before and of {shown[1]!r:.60} now"
    if _params(first, number) != _params(second, number):
        return f"{first.function} with {first.params} before and {second.params} now"
    return None


def _params(call: Call, number: dict[Value, Any]) -> Any:
    return [(name, _of(value, number)) for name, value in sorted(call.params.items())]


def _of(arg: Any, number: dict[Value, Any]) -> Any:
    """What an operand is, so that equal means the same in both programs."""
    if isinstance(arg, Value):
        if arg.kind == "constant":
            sample = arg.sample
            return ("array", id(sample)) if arg.held else (sample.shape, sample.dtype, sample.tobytes())
        return number.get(arg)
    if isinstance(arg, Live):
        return ("live", arg.key)
    if isinstance(arg, tuple | list):
        return (type(arg), *(_of(each, number) for each in arg))
    if isinstance(arg, numpy.ndarray):
        return (arg.shape, arg.dtype, arg.tobytes())
    return (type(arg), id(arg) if isinstance(arg, numpy.random.Generator) else repr(arg))


def began(program: Program, inputs: Sequence[Any], states: dict[Any, Any], recorded: Iterable[Tensor]) -> str | None:
    """The first operation of a recording whose value the program, evaluated call by call, does not have.

    `states` are the arrays by the `key` of their state; `recorded` are the results of a fresh recording from the same
    state. `None` where the program as such is right.
    """
    held: dict[Value, Any] = dict(zip(program.inputs, inputs, strict=True))
    held.update((value, states[value.state.key]) for value in program.states if value.state is not None)
    seen: set[bytes] = {numpy.ascontiguousarray(array).tobytes() for array in held.values()}
    for call in program.calls:
        args = [held.get(arg, arg.sample) if isinstance(arg, Value) else arg for arg in call.args]
        args = [arg.read() if isinstance(arg, Live) else arg for arg in args]
        with numpy.errstate(all="ignore"):
            found = evaluate(call.function, args, call.params)
        held[call.out] = found if isinstance(found, tuple | list) else numpy.asarray(found)
        if isinstance(held[call.out], numpy.ndarray):
            seen.add(held[call.out].tobytes())
    for tensor in recorded:
        if tensor.node is not None and value_of(tensor).tobytes() not in seen:
            where = " / ".join(tensor.node.scope)
            return f"{tensor.node.op.name}{f' in {where}' if where else ''}"
    return None
