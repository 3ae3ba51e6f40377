"""Recomputing instead of keeping: a part of a graph whose results alone are held, and which is run again in reverse.

What stands in the graph is one node. Its arguments are the results of the function, which it hands on, and every
tensor with a gradient that the function got or found anywhere else; its rule runs the function again and sweeps back
through what that records, up to those tensors [Griewank, "Achieving logarithmic growth of temporal and spatial
complexity in reverse automatic differentiation", 1992; Chen et al., "Training deep nets with sublinear memory cost",
2016]. Knows the graph, the reverse pass and streams of random numbers. Must not know what the function computes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_lite import backend
from autograd_lite.diagnosis import describe
from autograd_lite.engine.graph import enable_grad, mode, tick
from autograd_lite.engine.reverse import sweep
from autograd_lite.engine.streams import EVERYBODYS, bits_of, put_stream, same_stream, stream_state, streams_in
from autograd_lite.engine.tensor import Tensor, apply
from autograd_lite.engine.witness import Witness
from autograd_lite.errors import ArgumentError, CompileError, GraphError
from autograd_lite.op import Operation
from autograd_lite.tree import alike


def checkpoint(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """`f(*args, **kwargs)`, of which the graph keeps the results only: the reverse pass runs `f` again.

    Nothing in between is held from one pass to the other, for the price of computing it twice. Measured on 64 layers of
    a product and a tanh, in arrays of the size of one result: the graph holds 128, and 8 when it is cut into 8 parts;
    the peak of both passes falls from 131 to 28.

    `f` returns a tensor, or a tuple or list of tensors. Gradients go to the arguments and to every other tensor that
    `f` uses, parameters that it closes over included. Random numbers drawn inside are drawn the same again, by
    the library's operations, `numpy.random` and `random`; from a generator of your own, draw with those operations.
    Second derivatives work; a pass that is itself recorded keeps what it computes. What `f` does besides computing, it
    does twice. In a compiled step the gradients are the same to the bit and nothing is saved: computing twice is
    computing once there, and its own plan says what memory is held.

    Raises `ArgumentError` where `f` returns anything else, and `GraphError` in the reverse pass where `f` gives other
    results when it is run again, or uses other tensors.

    >>> import autograd_lite as ag
    >>> w = ag.tensor([0.5, 2.0], requires_grad=True, name="w")
    >>> y = ag.checkpoint(lambda x: ag.tanh(ag.tanh(w * x)), ag.tensor([1.0, 1.0]))
    >>> [x.name or x.node.op.name for x in ag.ancestors(y) if x.requires_grad]
    ['w', 'checkpoint']
    """
    if not callable(f):
        raise ArgumentError(
            f"checkpoint() takes a function and then its arguments, not {type(f).__name__}: ag.checkpoint(f, x)"
        )
    now = mode.now
    if not now.grad:
        return f(*args, **kwargs)
    call = _Call(f, args, kwargs)
    found, results = call.first()
    ends = _ends(results, call.began)
    if not ends:
        return found
    recording = now.witness.records
    call.ends, theirs = tuple(ends), set(ends)
    kept = [x.detach() if x in theirs else x if recording else Tensor(x._data, copy=False) for x in results]
    several = isinstance(found, tuple | list)
    again: Any = apply(_several if several else _one, (*kept, *ends), {"count": len(kept), "call": call})
    return alike(found, again) if several else again


def _results(found: Any, f: Any) -> list[Tensor]:
    results = list(found) if isinstance(found, tuple | list) else [found]
    if not results or not all(type(x) is Tensor for x in results):
        raise ArgumentError(
            f"checkpoint(): {getattr(f, '__name__', 'f')} returned {type(found).__name__}, not a tensor or a tuple of "
            "tensors"
        )
    return results


def _ends(results: Sequence[Tensor], began: int) -> list[Tensor]:
    """The tensors with a gradient that were there before the moment `began`, and leaves, behind the results."""
    ends: dict[Tensor, None] = {}
    seen: set[Tensor] = set()
    stack = list(reversed(results))
    while stack:
        x = stack.pop()
        if not x.requires_grad or x in seen:
            continue
        seen.add(x)
        if x.node is None or x.node.number <= began:
            ends[x] = None
        else:
            stack.extend(each for each in reversed(x.node.inputs) if type(each) is Tensor)
    return list(ends)


class _Call:
    """One call of a function, and what it takes to make it again."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.f, self.args, self.kwargs = f, args, kwargs
        self.began = 0
        self.ends: tuple[Tensor, ...] = ()
        self.streams: dict[int, tuple[Any, Any]] = {}  # those that were drawn from, as they were before
        self.drawn: list[Tensor] = []  # what is not drawn again, but handed out again

    def __repr__(self) -> str:
        return getattr(self.f, "__name__", type(self.f).__name__)

    def first(self) -> tuple[Any, list[Tensor]]:
        """What the function returns, and the tensors of that."""
        before = [(stream, stream_state(stream)) for stream in EVERYBODYS]
        self.began = tick()
        with _watched_by(_Noting(mode.now.witness, self)):
            found = self.f(*self.args, **self.kwargs)
        for stream, state in before:
            if not same_stream(stream_state(stream), state):
                self.streams[id(bits_of(stream))] = (stream, state)
        return found, _results(found, self.f)

    def again(self) -> list[Tensor]:
        """The results once more, recorded, with the same random numbers; streams are then where they were."""
        here = [(stream, stream_state(stream)) for stream, _ in self.streams.values()]
        began = tick()
        try:
            for stream, state in self.streams.values():
                put_stream(stream, state)
            with enable_grad(), _watched_by(_Repeating(mode.now.witness, iter(self.drawn))):
                results = _results(self.f(*self.args, **self.kwargs), self.f)
        finally:
            for stream, state in here:
                put_stream(stream, state)
        if set(_ends(results, began)) != set(self.ends):
            raise GraphError(
                f"checkpoint(): {self} uses other tensors with a gradient when it is run again for the reverse pass: "
                "it may not decide by what changes in between, nor make leaves that require a gradient"
            )
        return results


@contextmanager
def _watched_by(witness: Witness) -> Iterator[None]:
    now = mode.now
    before = now.witness
    now.witness = witness
    try:
        yield
    finally:
        now.witness = before


class _Passing(Witness):
    """Hands on all that it is told to the witness that was there before."""

    def __init__(self, before: Witness) -> None:
        self.before = before
        self.records = before.records
        for name, hook in vars(Witness).items():
            if callable(hook) and name not in vars(_Passing) and name not in vars(type(self)):
                setattr(self, name, getattr(before, name))


class _Noting(_Passing):
    """Puts down where streams were before they were drawn from, and what is not to be drawn again.

    A recording draws once, since a compiled step does; nor is an effect repeated that is no drawing from a stream.
    """

    def __init__(self, before: Witness, call: _Call) -> None:
        super().__init__(before)
        self.call = call

    def drawing(self, params: dict[str, Any]) -> Any:
        streams = streams_in(params)
        if not self.records:
            for stream in streams:
                self.call.streams.setdefault(id(bits_of(stream)), (stream, stream_state(stream)))
        again = self.before.drawing(params)
        if again is not None:
            self._kept(params, again)
        return again

    def drew(self, params: dict[str, Any], result: Any) -> None:
        self.before.drew(params, result)
        self._kept(params, result)

    def _kept(self, params: dict[str, Any], result: Tensor) -> None:
        if not _handed_out(self, params):
            return
        if result.requires_grad:
            kind = CompileError if self.records else GraphError
            raise kind(
                f"checkpoint(): {describe(result, 'a result')} has a gradient and comes of an operation with an "
                "effect, which is not run twice: call it outside and pass what it gives as an argument"
            )
        self.call.drawn.append(result)


class _Repeating(_Passing):
    """Hands out again what is not to be drawn again."""

    def __init__(self, before: Witness, drawn: Iterator[Tensor]) -> None:
        super().__init__(before)
        self.drawn = drawn

    def drawing(self, params: dict[str, Any]) -> Any:
        if not _handed_out(self, params):
            return self.before.drawing(params)
        again = next(self.drawn, None)
        if again is None:
            raise GraphError("checkpoint(): the function draws more often when it is run again for the reverse pass")
        return again


def _handed_out(witness: Witness, params: dict[str, Any]) -> bool:
    return witness.records or not streams_in(params)


def _operation(parts: bool | None) -> Operation:
    def checkpoint(xp: Any, *arrays: Any, count: int, call: _Call) -> Any:
        return arrays[:count] if parts else arrays[0]

    notation = r"\operatorname{{checkpoint}}({arrays})"
    return Operation(checkpoint, notation, analytic=False, parts=parts).rules(arrays=_gradients)


def _gradients(xp: Any, g: Any, out: Any, *arrays: Any, count: int, call: _Call) -> list[Any]:
    gs = g if isinstance(g, tuple) else (g,)
    recorded = isinstance(gs[0], Tensor)
    if not recorded and not backend.is_array(gs[0]):
        raise ArgumentError("the gradient of checkpoint() has no formula: leave it out where equations are asked for")
    if recorded or all(x._data is value for x, value in zip(call.ends, arrays[count:], strict=True)):
        return [None] * count + _swept(call, gs, recorded, arrays[:count])
    # A check tries the rule on other values than were recorded: they stand in for the tensors' own meanwhile.
    own = [x._data for x in call.ends]
    try:
        for x, value in zip(call.ends, arrays[count:], strict=True):
            x._data = value
        return [None] * count + _swept(call, gs, False, None)
    finally:
        for x, value in zip(call.ends, own, strict=True):
            x._data = value


def _swept(call: _Call, gs: Sequence[Any], recorded: bool, before: Sequence[Any] | None) -> list[Any]:
    """The gradients at the ends of a call, made again; its results have to be as `before`."""
    results = call.again()
    for i, (x, kept) in enumerate(zip(results, before or (), strict=before is not None)):
        if not _same(x._data, kept._data if isinstance(kept, Tensor) else kept):
            raise GraphError(
                f"checkpoint(): {call} gives another {describe(x, f'result {i}')} when it is run again for the reverse "
                "pass: it may not read what changes in between, nor draw from a generator of your own but by ag's "
                "operations"
            )
    pairs = [(x, each) for x, each in zip(results, gs, strict=True) if x.requires_grad]
    ends = frozenset(call.ends)
    found = sweep([x for x, _ in pairs], [each for _, each in pairs], record=recorded, free=True, ends=ends)
    return [found.get(x) for x in call.ends]


def _same(one: Any, other: Any) -> bool:
    """Whether two arrays have the same numbers, nan where nan is."""
    if one is other:
        return True
    alike = one.shape == other.shape and one.dtype == other.dtype
    return alike and bool(((one == other) | ((one != one) & (other != other))).all())


_one, _several = _operation(None), _operation(True)
