"""Passes: each takes a program and returns it better, with the same bits in every result.

Knows the meaning of primitive calls. Must not know buffers, Tensors or how a program is printed.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy

from autograd_lite.program.calls import ITEMS, PUT, TRANSPOSE, UPDATE, evaluate
from autograd_lite.program.program import Call, Effect, Program, Value
from autograd_lite.watch import Live


def key(arg: Any) -> Any:
    """What makes two operands the same one."""
    if isinstance(arg, Value):
        return ("value", id(arg))
    if isinstance(arg, Live):
        return ("live", arg.key)
    return (type(arg).__name__, repr(arg))


def _replace(program: Program, instead: dict[Value, Value]) -> None:
    """Let every reader of one value read another instead, followed to the end."""
    if not instead:
        return

    def final(value: Any) -> Any:
        while isinstance(value, Value) and value in instead:
            value = instead[value]
        return value

    for call in program.calls:
        call.args = tuple(final(arg) for arg in call.args)
    program.outputs = [final(value) for value in program.outputs]
    program.effects = [Effect(e.leaf, e.what, final(e.value)) for e in program.effects]


def drop_dead(program: Program) -> Program:
    """Without the calls nobody needs; random draws stay, since they move their stream on."""
    needed = set(program.wanted())
    kept = []
    for call in reversed(program.calls):
        if call.out in needed or not call.pure:
            kept.append(call)
            needed.update(call.values)
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
        products = [call.args for call in program.calls if call.row.product]
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
        same = (call.function, tuple(key(arg) for arg in args), repr(sorted(call.params.items(), key=str)))
        if not call.pure or call.out in apart:
            continue
        if same in seen:
            instead[call.out] = seen[same]
        else:
            seen[same] = call.out
    return instead


def _origin(value: Value) -> Value:
    """The value whose memory a view looks at."""
    while value.call is not None and value.call.base is not None:
        value = value.call.args[value.call.base]
    return value


def _permutation(call: Call) -> tuple[int, ...] | None:
    """The order it puts axes into, of a call that does nothing else."""
    order = call.row.order
    return None if order is None else order(call.params, len(call.out.shape))


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
            call.function, call.args = TRANSPOSE, (source,)
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
        fixed = all(v.kind == "constant" and not v.held for v in arrays)
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
    if not isinstance(value, Value) or value.kind != "constant" or value.held or not value.shape:
        return value
    if other.shape != out.shape or value.sample.size == 0:
        return value
    first = value.sample.reshape(-1)[:1]
    alike = value.sample.tobytes() == first.tobytes() * value.sample.size  # 0 and -0 are not
    return Value("constant", first.reshape(())) if alike else value


def _scalar(arg: Any) -> float | None:
    """A fixed number among the operands."""
    if isinstance(arg, Value):
        if arg.kind == "constant" and arg.shape == () and not arg.held and arg.dtype.kind == "f":
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
        if not call.row.scales:
            continue
        for outer, inner in ((0, 1), (1, 0)):
            factor, made = _scalar(call.args[outer]), call.args[inner]
            if factor is None or not isinstance(made, Value) or made.call is None or uses[made] != 1:
                continue
            if not made.call.row.scales or made.shape != call.out.shape:
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


def update_in_place(program: Program) -> Program:
    """With `x[index] = x[index] + y` done in the memory of x, without a result of its own for the sum.

    Only for what rounds once, where the bits cannot depend on how the loop goes through memory.
    """
    uses = Counter(value for call in program.calls for value in call.values)
    uses.update(program.wanted())
    for call in program.calls:
        if call.function != PUT or len(call.args) != 2:
            continue
        whole, content = call.args
        made = content.call if isinstance(content, Value) and uses[content] == 1 else None
        if made is None or not made.row.exact or made.row.infix is None or made.quiet or len(made.values) != 2:
            continue
        part, other = made.values
        taken = part.call
        if taken is None or taken.function != ITEMS or not taken.is_view or taken.args != (whole,):
            continue
        if repr(taken.params) == repr(call.params) and part.shape == other.shape and content.dtype == whole.dtype:
            call.function, call.args = UPDATE, (whole, other)
            call.params = {"template": call.params["template"], "ufunc": made.function}
    return drop_dead(program)


SIMPLIFY = (
    drop_dead, fold_constants, share_common, cancel_transposes, merge_factors, share_common, update_in_place, drop_dead,
)  # fmt: skip
"""What leaves a program readable."""


def optimise(program: Program, passes: Any = SIMPLIFY) -> Program:
    """Passes in their order, with what the program costs after each."""
    for one in passes:
        program = one(program)
        program.measure(one.__name__)
    return program
