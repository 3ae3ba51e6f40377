"""Flat updates: all parameters of a model, laid one after the other in one array, are updated by one call.

Elementwise, so with the same bits. A call `join` makes the flat array of its arguments, its members, and `member` is
a view of one of them, so that every reader says what it reads. Knows the meaning of primitive calls. Must not know
buffers: where a member is written into its place to begin with, `join` is nothing to do, and `memory` says where.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

import numpy

from autograd_lite.program.calls import JOIN, MEMBER
from autograd_lite.program.passes import key
from autograd_lite.program.program import Call, Effect, Program, Value

_DEPTH = 4  # how many calls back two updates must be of one form to be tried together


def flatten_updates(program: Program) -> Program:
    """With the updates of all parameters done as one: as many calls as one parameter's update has."""
    for dtype in (numpy.dtype("f4"), numpy.dtype("f8")):
        tried: set[Value] = set()
        while True:
            group = _group([e for e in program.effects if e.value is not None and e.value.dtype == dtype], tried)
            if group is None:
                break
            tried.update(effect.value for effect in group if effect.value is not None)
            _Flattening(program, group).apply()
    return program


def _group(effects: list[Effect], tried: set[Value]) -> list[Effect] | None:
    """Updates whose values are made by calls of one form, every tensor once."""
    found: dict[Any, list[Effect]] = {}
    for effect in effects:
        value = effect.value
        assert value is not None
        call = value.call
        if effect.what != "data" or call is None or call.ufunc is None or value in tried:
            continue
        if value.shape == effect.leaf.shape and value.size:
            found.setdefault(_form(value, _DEPTH), []).append(effect)
    return next((group for group in found.values() if len(group) > 1), None)


def _form(value: Any, depth: int) -> Any:
    """The form of an update: calls and scalars, with arrays left open."""
    if not isinstance(value, Value):
        return key(value)
    call = value.call
    if call is None or call.ufunc is None or depth == 0 or value.kind != "result":
        return "scalar" if value.shape == () else "array"
    return (call.function, tuple(_form(arg, depth - 1) for arg in call.args))


class _Flattening:
    """One group of updates on its way to calls on flat arrays, as deep as they are alike."""

    def __init__(self, program: Program, group: list[Effect]) -> None:
        self.program = program
        self.group = group
        self.shapes = [effect.leaf.shape for effect in group]
        self.made: list[Call] = []
        self.members: list[Call] = []
        self.gone: dict[Call, None] = {}
        self.wholes: dict[tuple[Value, ...], Value] = {}
        self.placed: set[Value] = set()
        parts: dict[Value, list[Value]] = {}  # members of a flat array, in their order
        for call in program.calls:
            if call.function == JOIN:
                self.wholes[call.args] = call.out
                self.placed.update(call.values)
            elif call.function == MEMBER:
                self.placed.add(call.out)
                parts.setdefault(call.args[0], []).append(call.out)
        self.wholes.update((tuple(members), whole) for whole, members in parts.items())

    def apply(self) -> None:
        """Change the program, or leave it alone where an update would have to wait for itself."""
        known = set(self.wholes)
        result = self.flat(tuple(effect.value for effect in self.group))
        joins = [_join(members, whole) for members, whole in self.wholes.items()
                 if members not in known and whole.call is None]  # fmt: skip
        kept = [call for call in self.program.calls if call not in self.gone]
        ordered = _in_order(kept, [*joins, *self.made, *self.members]) if result is not None and self.made else None
        if ordered is None:
            for call in self.gone:
                call.out.call = call
            return
        self.program.calls = ordered

    def flat(self, values: tuple[Any, ...]) -> Any:
        """One operand for all: the flat array of the group's values, or the number they have in common; else None."""
        first = values[0]
        if not isinstance(first, Value):
            return first if all(key(value) == key(first) for value in values) else None
        if all(value is first for value in values):
            return first if first.shape == () else None
        if not all(isinstance(value, Value) and value.dtype == first.dtype for value in values):
            return None
        if values in self.wholes:
            return self.wholes[values]
        if any(value in self.placed for value in values) or len(set(values)) < len(values):
            return None
        for value, shape in zip(values, self.shapes, strict=True):
            if value.shape != shape or not value.sample.flags.c_contiguous:
                return None
        return self.elementwise(values) or self.joined(values)

    def elementwise(self, values: tuple[Value, ...]) -> Value | None:
        """The group's values made by one call on flat arrays, where each is made by the same elementwise call."""
        calls = [value.call for value in values]
        first = calls[0]
        if first is None or any(
            call is None or call.ufunc is None or call.params or call.function != first.function
            or len(call.args) != len(first.args) or call.quiet != first.quiet
            for call in calls
        ):  # fmt: skip
            return None
        columns = [self.flat(tuple(call.args[i] for call in calls if call is not None)) for i in range(len(first.args))]
        if any(column is None for column in columns):
            return None
        whole = self.whole(values)
        self.made.append(Call(first.function, tuple(columns), {}, whole, first.op, first.scope))
        self.made[-1].quiet = first.quiet
        self.gone.update((call, None) for call in calls if call is not None)
        offset = 0
        for value in values:
            place = {"start": offset, "stop": offset + value.size, "shape": value.shape}
            self.members.append(Call(MEMBER, (whole,), place, value, "assign", ()))
            offset += value.size
        return whole

    def joined(self, values: tuple[Value, ...]) -> Value | None:
        """Arrays made elsewhere, joined: all states, or all results that can be written into their places."""
        if all(value.kind == "state" for value in values):
            return self.whole(values)
        if all(value.kind == "result" and value.call is not None and not value.call.is_view for value in values):
            return self.whole(values)
        return None

    def whole(self, values: tuple[Value, ...]) -> Value:
        sample = numpy.concatenate([value.sample.reshape(-1) for value in values])
        self.placed.update(values)
        self.wholes[values] = Value("result", sample)
        return self.wholes[values]


def _join(members: tuple[Value, ...], whole: Value) -> Call:
    return Call(JOIN, members, {}, whole, "assign", ())


def _in_order(calls: list[Call], late: list[Call]) -> list[Call] | None:
    """All calls, each after those it reads, the late ones last; `None` where they wait for each other."""
    everything = [*calls, *late]
    maker = {call.out: i for i, call in enumerate(everything)}
    waits = [0] * len(everything)
    readers: dict[int, list[int]] = {}
    effects = [i for i, call in enumerate(everything) if not call.pure]
    follows = dict(zip(effects[1:], effects, strict=False))  # effects stay in their order
    for i, call in enumerate(everything):
        before = {maker[value] for value in call.values if value in maker}
        before.update([follows[i]] if i in follows else [])
        waits[i] = len(before)
        for j in before:
            readers.setdefault(j, []).append(i)
    ready = [i for i, count in enumerate(waits) if not count]
    order = []
    while ready:
        i = heappop(ready)
        order.append(everything[i])
        for reader in readers.get(i, ()):
            waits[reader] -= 1
            if not waits[reader]:
                heappush(ready, reader)
    return order if len(order) == len(everything) else None
