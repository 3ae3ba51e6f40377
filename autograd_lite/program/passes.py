"""Passes: each takes a program and returns it better, with the same bits in every result.

Knows the meaning of primitive calls. Must not know buffers, Tensors or how a program is printed.
"""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush
from math import prod
from typing import Any

import numpy

from autograd_lite.engine.graph import Live
from autograd_lite.program.lower import evaluate
from autograd_lite.program.program import Call, Effect, Program, Value


def _key(arg: Any) -> Any:
    if isinstance(arg, Value):
        return ("value", id(arg))
    if isinstance(arg, Live):
        return ("live", arg.key)
    return (type(arg).__name__, repr(arg))


def _replace(program: Program, instead: dict[Value, Value]) -> None:
    """Let every reader of a key read its value, followed to the end."""
    if not instead:
        return

    def final(value: Any) -> Any:
        while isinstance(value, Value) and value in instead:
            value = instead[value]
        return value

    for call in program.calls:
        call.args = tuple(final(arg) for arg in call.args)
    program.outputs = [final(value) for value in program.outputs]
    program.effects = [Effect(e.tensor, e.what, final(e.value)) for e in program.effects]


def drop_dead(program: Program) -> Program:
    """Without the calls nobody needs; random draws stay, since they move their stream on."""
    needed: set[Value] = set()

    def need(values: list[Value]) -> None:
        for value in values:
            needed.add(value)
            if isinstance(value.source, Flat) and value.call is None:  # its members are written in its place
                needed.update(value.source.members)

    need(program.wanted())
    kept = []
    for call in reversed(program.calls):
        if call.out in needed or call.function == "random":
            kept.append(call)
            need(call.values)
    program.calls = kept[::-1]
    program.states = [value for value in program.states if value in needed]
    return program


def share_common(program: Program) -> Program:
    """With every computation done once.

    But for the two operands of a matrix product: BLAS has another way for x xᵀ than for x yᵀ, with other bits.
    """
    apart: set[Value] = set()
    while True:
        instead = _equal(program, apart)
        products = [call.args for call in program.calls if call.function == "matmul"]
        made_one = [
            y for x, y in ((_origin(x), _origin(y)) for x, y in products)
            if x is not y and instead.get(x, x) is instead.get(y, y)
        ]  # fmt: skip
        if not made_one:
            break
        apart.update(made_one)
    for value, first in instead.items():
        if first.name is None:
            first.name = value.name
    program.calls = [call for call in program.calls if call.out not in instead]
    _replace(program, instead)
    return program


def _equal(program: Program, apart: set[Value]) -> dict[Value, Value]:
    """Results that are equal to an earlier one, with the earliest; those `apart` to none."""
    seen: dict[Any, Value] = {}
    instead: dict[Value, Value] = {}
    for call in program.calls:
        args = tuple(instead.get(arg, arg) if isinstance(arg, Value) else arg for arg in call.args)
        key = (call.function, tuple(_key(arg) for arg in args), repr(sorted(call.params.items(), key=str)))
        if call.function == "random" or call.out in apart:
            continue
        if key in seen:
            instead[call.out] = seen[key]
        else:
            seen[key] = call.out
    return instead


def _origin(value: Value) -> Value:
    """The value whose memory a view looks at."""
    while value.call is not None and value.call.is_view:
        value = value.call.args[0]
    return value


def _permutation(call: Call) -> tuple[int, ...] | None:
    ndim = len(call.out.shape)
    if call.function == "transpose":
        axes = call.params["axes"]
        return tuple(range(ndim))[::-1] if axes is None else tuple(axis % ndim for axis in axes)
    if call.function == "swapaxes":
        order = list(range(ndim))
        i, j = call.params["axis1"] % ndim, call.params["axis2"] % ndim
        order[i], order[j] = order[j], order[i]
        return tuple(order)
    return None


def cancel_transposes(program: Program) -> Program:
    """With chains of transposes made one, and none where they cancel: a weight's gradient keeps its layout."""
    instead: dict[Value, Value] = {}
    kept = []
    for call in program.calls:
        call.args = tuple(instead.get(arg, arg) if isinstance(arg, Value) else arg for arg in call.args)
        order = _permutation(call)
        if order is not None:
            source = call.args[0]
            inner = _permutation(source.call) if source.call is not None else None
            if inner is not None:
                order = tuple(inner[axis] for axis in order)
                source = source.call.args[0]
            if order == tuple(range(len(order))):
                instead[call.out] = source
                if source.name is None and source.kind == "result":
                    source.name = call.out.name
                continue
            call.function, call.args = "transpose", (source,)
            call.params = {"axes": None if order == tuple(range(len(order)))[::-1] else order}
        kept.append(call)
    program.calls = kept
    _replace(program, instead)
    return program


def fold_constants(program: Program) -> Program:
    """With calls on constants alone done now, and constants of one repeated number made scalars."""
    instead: dict[Value, Value] = {}
    kept = []
    for call in program.calls:
        call.args = tuple(instead.get(arg, arg) if isinstance(arg, Value) else arg for arg in call.args)
        arrays = call.values
        fixed = all(v.kind == "constant" and v.source is None for v in arrays)
        if arrays and call.pure and fixed and not any(isinstance(arg, Live) for arg in call.args):
            samples = [arg.sample if isinstance(arg, Value) else arg for arg in call.args]
            result = numpy.asarray(evaluate(call.function, samples, call.params))
            instead[call.out] = Value("constant", result)
            continue
        if call.ufunc is not None and len(arrays) == 2:
            call.args = tuple(_as_scalar(arg, arrays[1 - i], call.out) for i, arg in enumerate(call.args))
        kept.append(call)
    program.calls = kept
    _replace(program, instead)
    return program


def _as_scalar(value: Any, other: Value, out: Value) -> Any:
    """A constant of one repeated number as a zero-dimensional one, where the other operand has the full shape."""
    if not isinstance(value, Value) or value.kind != "constant" or value.source is not None or not value.shape:
        return value
    if other.shape != out.shape or value.sample.size == 0:
        return value
    first = value.sample.reshape(-1)[:1]
    alike = value.sample.tobytes() == first.tobytes() * value.sample.size  # 0 and -0 are not
    return Value("constant", first.reshape(())) if alike else value


def _scalar(arg: Any) -> float | None:
    """A fixed number among the operands."""
    if isinstance(arg, Value):
        if arg.kind == "constant" and arg.shape == () and arg.source is None and arg.dtype.kind == "f":
            return float(arg.sample)
        return None
    return float(arg) if isinstance(arg, int | float) and not isinstance(arg, bool) else None


def _power_of_two(number: float) -> bool:
    return abs(float(numpy.frexp(number)[0])) == 0.5


def merge_factors(program: Program) -> Program:
    """With c (d x) computed as (c d) x where d is 2, 4, 8, …, so that d x and c d are exact.

    Not where c is the power of two: d x may be rounded among the subnormal numbers before c scales it up
    again. Nor for 1/2, 1/4, …, which lead there. Numbers above the largest divided by d overflow in c (d x) alone.
    """
    uses = Counter(value for call in program.calls for value in call.values)
    uses.update(program.wanted())
    for call in program.calls:
        if call.function != "multiply":
            continue
        for outer, inner in ((0, 1), (1, 0)):
            factor, made = _scalar(call.args[outer]), call.args[inner]
            if factor is None or not isinstance(made, Value) or made.call is None or uses[made] != 1:
                continue
            if made.call.function != "multiply" or made.shape != call.out.shape:
                continue
            for i, j in ((0, 1), (1, 0)):
                second, rest = _scalar(made.call.args[i]), made.call.args[j]
                if second is None or not isinstance(rest, Value) or rest.dtype != call.out.dtype:
                    continue
                kind = call.out.dtype.type
                if _power_of_two(second) and 1 < abs(second) <= 2**16 and abs(factor) < numpy.finfo(kind).max / 2**17:
                    product = numpy.asarray(kind(kind(factor) * kind(second)))
                    call.args = (rest, Value("constant", product)) if outer else (Value("constant", product), rest)
                    break
    return drop_dead(program)


# Flat updates. All parameters of a model, laid one after the other in one array, are updated by one
# call where each had its own: elementwise, so with the same bits.


class Flat:
    """Values of one dtype that lie one after the other in one array."""

    def __init__(self, members: tuple[Value, ...]) -> None:
        self.members = members
        self.sizes = [prod(v.shape) for v in members]
        sample = numpy.concatenate([v.sample.reshape(-1) for v in members])
        state = all(v.kind == "state" for v in members)
        self.value = Value("state" if state else "result", sample, source=self)


def flatten_updates(program: Program) -> Program:
    """With the updates of all parameters done as one: as many calls as one parameter's update has."""
    for what in (numpy.dtype("f4"), numpy.dtype("f8")):
        while True:
            data = [e for e in program.effects if e.what == "data" and e.value is not None and e.value.dtype == what]
            columns = _columns(data)
            group = next((column for column in columns if len(column) > 1 and _alike([e.value for e in column])), None)
            if group is None:
                break
            _flatten(program, group)
    return program


def _columns(effects: list[Effect]) -> list[list[Effect]]:
    """Effects whose values are made by the same call, together; every tensor once in a column."""
    found: dict[Any, list[Effect]] = {}
    for effect in effects:
        value = effect.value
        assert value is not None
        call = value.call
        if call is None or call.ufunc is None or call.out.shape != effect.tensor.shape or value.source is not None:
            continue
        found.setdefault(_shape_of_update(value, 4), []).append(effect)
    return list(found.values())


def _shape_of_update(value: Any, depth: int) -> Any:
    """The form of an update: calls and scalars, with arrays left open."""
    if not isinstance(value, Value):
        return _key(value)
    call = value.call
    if call is None or call.ufunc is None or depth == 0 or value.kind != "result":
        return "scalar" if value.shape == () else "array"
    return (call.function, tuple(_shape_of_update(arg, depth - 1) for arg in call.args))


def _alike(values: list[Any]) -> bool:
    calls = [value.call for value in values]
    return all(c is not None and c.ufunc is not None and c.function == calls[0].function for c in calls)


def _in_order(calls: list[Call], late: list[Call]) -> list[Call] | None:
    """All calls, each after those it reads, the late ones last; `None` where they wait for each other."""
    everything = [*calls, *late]
    waits = dict.fromkeys(range(len(everything)), 0)
    maker = {call.out: i for i, call in enumerate(everything)}
    readers: dict[int, list[int]] = {}
    for i, call in enumerate(everything):
        for value in set(call.values):
            if value in maker:
                waits[i] += 1
                readers.setdefault(maker[value], []).append(i)
    ready = [i for i, count in waits.items() if not count]
    order = []
    while ready:
        i = heappop(ready)
        order.append(everything[i])
        for reader in readers.get(i, ()):
            waits[reader] -= 1
            if not waits[reader]:
                heappush(ready, reader)
    return order if len(order) == len(everything) else None


def _flatten(program: Program, group: list[Effect]) -> None:
    """Replace the calls that make the group's values by calls on flat arrays, as deep as they are alike."""
    flats = {tuple(id(v) for v in flat.members): flat for flat in program.flats}
    known = set(flats)
    made: list[Call] = []
    gone: set[Call] = set()
    members: list[Call] = []
    placed: set[Value] = {member for flat in program.flats for member in flat.members}

    def flat(values: tuple[Any, ...]) -> Any:
        first = values[0]
        if not isinstance(first, Value) or all(value is first for value in values):
            if not isinstance(first, Value):
                return first if all(_key(v) == _key(first) for v in values) else None
            return first if first.shape == () else None
        key = tuple(id(value) for value in values)
        if key in flats:
            return flats[key].value
        if not all(isinstance(v, Value) and v.dtype == first.dtype for v in values):
            return None
        if any(v in placed for v in values) or len(set(values)) < len(values):
            return None
        calls = [v.call for v in values]
        shapes = [e.tensor.shape for e in group]
        if any(v.shape != shape or not v.sample.flags.c_contiguous for v, shape in zip(values, shapes, strict=True)):
            return None
        elementwise = all(c is not None and c.ufunc is not None and not c.params for c in calls)
        if elementwise and len({(c.function, len(c.args)) for c in calls}) == 1:
            columns = [flat(tuple(c.args[i] for c in calls)) for i in range(len(calls[0].args))]
            if all(column is not None for column in columns):
                whole = Flat(values)
                made.append(Call(calls[0].function, tuple(columns), {}, whole.value, calls[0].op, calls[0].scope))
                gone.update(calls)
                flats[key] = whole
                placed.update(values)
                offset = 0
                for value, size in zip(values, whole.sizes, strict=True):
                    members.append(
                        Call(
                            "member",
                            (whole.value,),
                            {"start": offset, "stop": offset + size, "shape": value.shape},
                            value,
                            "assign",
                            (),
                        )
                    )
                    offset += size
                return whole.value
        # Arrays made elsewhere: they are written into their places of a flat array to begin with.
        states = [v.kind == "state" and v.source[0] in ("data", "grad") for v in values]
        if not all(states) and (any(v.kind != "result" or v.call is None or v.call.is_view for v in values)):
            return None
        whole = Flat(values)
        flats[key] = whole
        placed.update(values)
        return whole.value

    result = flat(tuple(e.value for e in group))
    kept = [call for call in program.calls if call not in gone]
    ordered = None if result is None or not made else _in_order(kept, made + members)
    for effect in group:  # whatever came of it, it is not tried again
        assert effect.value is not None
        effect.value.source = "done"
    if ordered is None:
        for call in gone:
            call.out.call = call
        return
    program.calls = ordered
    program.flats = [*program.flats, *(flat for key, flat in flats.items() if key not in known)]


SIMPLIFY = (drop_dead, fold_constants, share_common, cancel_transposes, merge_factors, share_common, drop_dead)
"""What leaves a program readable."""


def optimise(program: Program, passes: Any = SIMPLIFY) -> Program:
    """Passes in their order, with what the program costs after each."""
    for one in passes:
        program = one(program)
        program.measure(one.__name__)
    return program
