"""From a recorded graph to a program: every forward run once more, on traced values.

Knows nodes, and what a recording tells of states and effects. Must not know any operation, what a primitive call is
made of, or how a program is printed.
"""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy

from autograd_lite.alarm import Place
from autograd_lite.engine.graph import Node
from autograd_lite.engine.inside import value_of
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import CompileError
from autograd_lite.names import gradient_name
from autograd_lite.op import Operation
from autograd_lite.program import calls
from autograd_lite.program.program import Effect, Leaf, Program, State, Value
from autograd_lite.program.record import Recorder
from autograd_lite.program.trace import Tracer
from autograd_lite.watch import Live


def lower(
    recorder: Recorder, nodes: Sequence[Tensor], arguments: Sequence[tuple[Tensor, str]], outputs: Sequence[Tensor]
) -> Program:
    """The program of a recording: `nodes` are its results in the order they were made.

    `arguments` are the tensors of the arguments with their names; all of them are inputs, in this order. Effects are
    taken from the recorder: assignments in their order, and the gradients that were left behind. Raises `CompileError`,
    which names the operation and its line, for what cannot be a program.
    """
    lowering = _Lowering(recorder, arguments)
    events: list[tuple[int, Any, Any]] = [(t.node.number, t, None) for t in nodes if t.node is not None]
    events += recorder.assigned_values
    for _, tensor, value in sorted(events, key=lambda event: event[0]):
        if value is None:
            lowering.result(tensor)
        else:
            lowering.assign(tensor, value if isinstance(value, Tensor) else numpy.asarray(value))
    return lowering.program(outputs)


class _Lowering:
    """The program while it is being made, and what each tensor of the recording is in it."""

    def __init__(self, recorder: Recorder, arguments: Sequence[tuple[Tensor, str]]) -> None:
        self.recorder = recorder
        self.tracer = Tracer()
        self.inputs = {id(t): Value("input", value_of(t), name) for t, name in arguments}
        self.states: list[Value] = []
        self.values: dict[int, Any] = {}  # by the identity of a tensor: its value, or a tuple of them
        self.assigned: dict[Tensor, Any] = {}
        self.leaves: dict[int, Leaf] = {}
        self.owners = {id(t): owner for owner, t in recorder.entry_grads.items() if t is not None}

    def leaf(self, tensor: Tensor) -> Leaf:
        return self.leaves.setdefault(id(tensor), Leaf(tensor))

    def look_up(self, x: Any) -> Any:
        """What stands for an operand: a value, a tuple of values, or the number that it is."""
        if isinstance(x, numpy.ndarray):
            return self.tracer.constant(x)
        if not isinstance(x, Tensor):
            return x
        if x in self.assigned:
            return self.assigned[x]
        if id(x) not in self.values:
            self.values[id(x)] = self.found(x)
        return self.values[id(x)]

    def found(self, x: Tensor) -> Value:
        """The value of a tensor that no operation of the recording made."""
        recorder = self.recorder
        before = recorder.before.get(x)
        data = before[0] if before is not None else value_of(x)
        if id(x) in self.inputs:
            return self.inputs[id(x)]
        if id(x) in self.owners:
            owner = self.owners[id(x)]
            return self.state(data, owner.name and gradient_name(owner.name), State("grad", self.leaf(owner)))
        if x in recorder.fixed:
            return Value("constant", data)
        if x not in recorder.created:
            return self.state(data, x.name, State("data", self.leaf(x)))
        origin = recorder.origins.get(x)
        if origin is None:
            return self.tracer.constant(data)
        # Copied anew at each call, as the function does.
        return self.cast(self.emit("copy", self.tracer.constant(origin), {}), data.dtype)

    def state(self, data: Any, name: str | None, state: State) -> Value:
        self.states.append(Value("state", data, name, state))
        return self.states[-1]

    def emit(self, function: str, x: Any, params: dict[str, Any]) -> Value:
        """A call that belongs to no operation of the user's."""
        tracer = self.tracer
        tracer.label, tracer.scope = "assign", ()
        value: Value = tracer.untraced(tracer.emit(function, (tracer.traced(x),), params))
        return value

    def cast(self, value: Value, dtype: Any) -> Value:
        return value if value.dtype == dtype else self.emit(calls.CAST, value, {"dtype": dtype})

    def assign(self, tensor: Tensor, value: Any) -> None:
        """A leaf takes a new value."""
        new = self.look_up(value)
        self.look_up(tensor)  # its old value is a state, even where nobody reads it
        new = self.cast(new, tensor.dtype)
        if not _dense(new.sample):
            new = self.emit(calls.CAST, new, {"dtype": tensor.dtype})
        self.assigned[tensor] = new

    def result(self, tensor: Tensor) -> None:
        """The calls of one node."""
        node = tensor.node
        assert node is not None
        operands = [self.look_up(x) for x in node.inputs]
        tracer = self.tracer
        tracer.label, tracer.scope = node.op.name, node.scope
        try:
            found = self.calls_of(tensor, node, operands)
        except Exception as error:
            raise _explained(node.op, error, self.recorder.places.get(node.number)) from error
        if isinstance(found, Value) and found.name is None and tensor.name and found.kind == "result":
            found.name = tensor.name
        self.values[id(tensor)] = found

    def calls_of(self, tensor: Tensor, node: Node, operands: list[Any]) -> Any:
        """What a node is made of: its operation's forward, on traced values."""
        tracer, op = self.tracer, node.op
        if tensor in self.recorder.spreads and isinstance(operands[0], Value):
            # In memory of its own, as the reverse pass on arrays has it.
            params: dict[str, Any] = {"shape": tuple(node.params["shape"])}
            order = _order(self.recorder.spreads[tensor])
            if order != tuple(range(len(order))):
                params["order"] = order
            return tracer.untraced(tracer.emit(calls.SPREAD, (tracer.traced(operands[0]),), params))
        if op.effect:
            return self.effect(tensor, node, operands)
        if not any(isinstance(x, Value | Live | tuple) for x in operands):
            return tracer.untraced(value_of(tensor))  # of numbers alone
        return tracer.untraced(tracer.apply(op, operands, node.params))

    def effect(self, tensor: Tensor, node: Node, operands: list[Any]) -> Value:
        """An operation with an effect, as one call that is never run before its time."""
        params, sample = dict(node.params), value_of(tensor)
        if calls.row(node.op.name).blind:
            first = next(x for x in operands if isinstance(x, Value))
            params |= {"shape": first.shape, "dtype": first.dtype}
            operands = []
        return self.tracer.add(node.op.name, operands, params, Value("result", sample))

    def program(self, outputs: Sequence[Tensor]) -> Program:
        """The program, with what is left behind at the end. What happens to a tensor made inside stays inside."""
        recorder = self.recorder
        effects = [
            Effect(self.leaf(t), "data", value) for t, value in self.assigned.items() if t not in recorder.created
        ]
        for tensor, (_, grad_before, _) in recorder.before.items():
            if tensor in recorder.created or tensor not in recorder.grads:
                continue
            held = recorder.grads[tensor]
            if type(held) is Tensor:
                value = self.look_up(held)
                if not (value.kind == "state" and value.state == ("grad", self.leaf(tensor))):
                    effects.append(Effect(self.leaf(tensor), "grad", value))
            elif held is None and (grad_before is not None or tensor in recorder.entry_grads):
                effects.append(Effect(self.leaf(tensor), "grad", None))
        results = [self.look_up(t) for t in outputs]
        tracer = self.tracer
        program = Program(tracer.calls, list(self.inputs.values()), self.states, results, effects, tracer.quiet)
        program.measure("recorded")
        return program


def _explained(op: Operation, error: Exception, place: Place | None) -> CompileError:
    """A failure on the way to a program, with the operation and the line: of a user's operation that of its forward."""
    said = str(error) or type(error).__name__
    if op.ours:
        name = (op.of or op).name
        if place is None:
            return CompileError(f"{name} cannot be compiled: {said}")
        text = linecache.getline(place[0], place[1]).strip()
        where = f"{Path(place[0]).name}, line {place[1]}{': ' + text if text else ''}"
        return CompileError(f"{name} cannot be compiled: {said} ({where})")
    file = op.forward.__code__.co_filename
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    line = lines[-1] if lines else op.forward.__code__.co_firstlineno
    text = linecache.getline(file, line or 0).strip()
    return CompileError(
        f"{op.name} cannot be compiled: {said} ({Path(file).name}, line {line}{': ' + text if text else ''})"
    )


def _order(array: Any) -> tuple[int, ...]:
    """The axes in the order in which a copy of the array has them in memory."""
    strides = numpy.empty_like(array, shape=tuple(max(n, 1) for n in array.shape)).strides
    return tuple(sorted(range(len(strides)), key=lambda i: -strides[i]))


def _dense(array: Any) -> bool:
    """Whether an array lies in memory as a copy of it does: without gaps, in whatever order of its axes."""
    strides = zip(array.strides, numpy.empty_like(array).strides, array.shape, strict=True)
    return all(here == there for here, there, n in strides if n > 1)
