"""Faults put back one at a time, a class each, to see that random programs find them.

`python -m tests.fuzz --mutants` says after how many programs; each must be found within the number that stands here.
Knows the seams at which a fault can be put back. A mutant is never left in: `put_back` is a context.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.compile import compiled, guards, memory, names
from autograd_lite.program import calls, program, record
from tests.fuzz.programs import Failure, run
from tests.fuzz.subjects import SUBJECTS


@dataclass(frozen=True)
class Mutant:
    """A fault, the programs that find it, and how many of them are enough."""

    name: str
    subject: str
    within: int
    put_back: Callable[[], AbstractContextManager[None]]


def found_after(mutant: Mutant, seed: int = 0) -> tuple[int, Failure] | None:
    """How many programs it took, and what they found; nothing where `within` of them hold.

    A program that fails without the fault as well shows nothing.
    """
    for number in range(mutant.within):
        case = SUBJECTS[mutant.subject](seed + number)
        with mutant.put_back():
            failure = run(case)
        if failure is not None and run(case) is None:
            return number + 1, failure
    return None


@contextlib.contextmanager
def patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    """An attribute replaced for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def rule(name: str, argument: int, wrong: Callable[..., Any]) -> Callable[[], AbstractContextManager[None]]:
    """The derivative rule of one argument, replaced by `wrong(right, xp, g, out, *inputs, **params)`."""

    @contextlib.contextmanager
    def put_back() -> Iterator[None]:
        op = ag.REGISTRY[name]
        rules, derivative = op.rules_by_argument, op.derivative
        right = rules[argument]
        op.rules_by_argument = tuple(
            (lambda *a, **k: wrong(right, *a, **k)) if i == argument else r for i, r in enumerate(rules)
        )
        op.derivative = None
        try:
            yield
        finally:
            op.rules_by_argument, op.derivative = rules, derivative

    return put_back


def forward(name: str, wrong: Callable[..., Any]) -> Callable[[], AbstractContextManager[None]]:
    """The forward of an operation, replaced."""

    @contextlib.contextmanager
    def put_back() -> Iterator[None]:
        op = ag.REGISTRY[name]
        before = op.forward, op.direct
        op.forward, op.direct = wrong, None
        try:
            yield
        finally:
            op.forward, op.direct = before

    return put_back


def _negated(right: Any, *args: Any, **params: Any) -> Any:
    return -right(*args, **params)


def _transposed(right: Any, xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    gradient = right(xp, g, out, x, y)
    return gradient.swapaxes(-1, -2) if y.ndim > 1 else gradient


def _assigned(xp: Any, g: Any, *indices: Any, template: Any, shape: Any) -> Any:
    out = xp.zeros(shape, dtype=g.dtype)
    out[ag.ops.indexing.fill(template, indices)] = g
    return out


def _in_place(xp: Any, x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.flags.writeable:
        np.maximum(x, 0, out=x)
    return xp.maximum(x, 0)


def _constant(right: Any, xp: Any, g: Any, out: Any, x: Any) -> Any:
    with ag.no_grad():
        return (
            g * ag.asarray(right(xp, ag.ones_like(g), out, x)).numpy()
            if isinstance(g, ag.Tensor)
            else right(xp, g, out, x)
        )


@contextlib.contextmanager
def _first_pass_alone() -> Iterator[None]:
    right = ag.Tensor.backward

    def backward(self: ag.Tensor, *args: Any, **options: Any) -> None:
        for x in ag.ancestors(self):
            if x.node is None:
                x.grad = None
        right(self, *args, **options)

    with patched(ag.Tensor, "backward", backward):
        yield


@contextlib.contextmanager
def _seed_handed_out() -> Iterator[None]:
    right = ag.Tensor.backward

    def backward(self: ag.Tensor, gradient: Any = None, free: bool = False) -> None:
        right(self, gradient, free)
        for x in ag.ancestors(self) if not free else ():
            if x.node is None and x.grad is not None and np.array_equal(x.grad, gradient):
                x.grad = gradient

    with patched(ag.Tensor, "backward", backward):
        yield


EAGER = (
    Mutant("a rule with the wrong sign", "eager", 1000, rule("tanh", 0, _negated)),
    Mutant("a rule with the wrong sign, of an operator", "eager", 1000, rule("subtract", 1, _negated)),
    Mutant("a rule that is transposed", "eager", 1000, rule("matmul", 1, _transposed)),
    Mutant("a rule with a factor of two", "eager", 1000, rule("mean", 0, lambda r, *a, **k: 2 * r(*a, **k))),
    Mutant("= for += where an index names a place twice", "eager", 1000, forward("scatter_add", _assigned)),
    Mutant("= for += where a graph runs twice", "eager", 1000, _first_pass_alone),
    Mutant("a gradient that shares memory with its seed", "eager", 1000, _seed_handed_out),
    Mutant("a forward that writes into its argument", "eager", 1000, forward("relu", _in_place)),
    Mutant("a forward of another dtype", "eager", 1000, forward("exp", lambda xp, x: xp.exp(x).astype(float))),
    Mutant("a rule that the second derivative does not see", "eager", 1000, rule("square", 0, _constant)),
    Mutant("detach lets gradients through", "eager", 1000, lambda: patched(ag.Tensor, "detach", lambda self: self * 1)),
    Mutant("no_grad switches nothing off", "eager", 1000, lambda: patched(ag, "no_grad", contextlib.nullcontext)),
)  # fmt: skip


# The compiler. Its audits would find most of these by themselves: they are off here, so that the programs must.


def unaudited(*changes: Callable[[], AbstractContextManager[None]]) -> Callable[[], AbstractContextManager[None]]:
    """All these faults at once, in compiled functions that never compare themselves with the eager ones."""

    @contextlib.contextmanager
    def put_back() -> Iterator[None]:
        right = ag.compile
        with contextlib.ExitStack() as stack:
            stack.enter_context(patched(ag, "compile", lambda function, **_: right(function, verify=False)))
            for change in changes:
                stack.enter_context(change())
            yield

    return put_back


def instead(owner: Any, name: str, value: Any) -> Callable[[], AbstractContextManager[None]]:
    """An attribute replaced, when the context is entered."""
    return lambda: patched(owner, name, value)


def _nothing_watched(guards: Any, names: dict[str, Any]) -> list[str]:
    names["fresh"] = []
    return []


def _nothing_is_one(self: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """A signature that does not say which arguments are the same tensor."""
    right = _SIGNATURE(self, args)
    return tuple(part[:-1] if isinstance(part, tuple) and len(part) == 6 else part for part in right)


def _too_early(self: Any, i: int, call: Any) -> Any:
    """The state that a call updates, whether its old value is read later or not."""
    for state, value in self.updated.items() if call.ufunc is not None else ():
        if value is call.out and state in self.state_of:
            old = self.state_of[state]
            if old in call.args and old.shape == call.out.shape and old.dtype == call.out.dtype:
                return state
    return None


def _any_name(self: Any, name: str | None, fallback: str) -> str:
    return names._identifier(name or fallback, fallback)


def _frozen(self: Any, read: Callable[[], float], key: Any) -> None:
    """A number that is read when it is met, and never again."""
    value = read()
    _LIVE(self, lambda: value, key)


def _always_a_view(self: Any) -> int | None:
    """An item is a view, whatever the index."""
    right = _LOOKS_AT(self)
    return 0 if right is None and self.function == calls.ITEMS else right


def _in_c_order(self: Any, function: Callable[..., Any], args: Any) -> Any:
    def laid(x: Any) -> Any:
        if not isinstance(x, ag.Tensor) or x.node is not None or x.ndim < 2:
            return x
        return ag.tensor(np.ascontiguousarray(x.data), x.requires_grad)

    return _RUN(self, function, [laid(x) for x in args])


_SAME = guards._same
_SIGNATURE = compiled.Compiled._signature_of
_NUMBER = type(record.Recorder().number(compiled, "MISS"))
_LIVE = _NUMBER.__init__
_LOOKS_AT = program.Call._looks_at
_RUN = compiled._Plain.run

COMPILED = (
    Mutant("nothing in a closure is watched", "closures", 500,
           unaudited(instead(compiled, "expression", _nothing_watched), instead(compiled, "hold", lambda _: True))),
    Mutant("the content of arrays is not watched", "closures", 500,
           unaudited(instead(guards, "_same", lambda now, then: isinstance(then, bytes | tuple) or _SAME(now, then)))),
    Mutant("states are taken for what they were", "compiled", 1000,
           unaudited(instead(compiled.Compiled, "_fits", lambda self, entry, args: True))),
    Mutant("held arrays are written over", "compiled", 1000, unaudited(instead(compiled, "held", lambda bound: []))),
    Mutant("arguments that are one tensor count as two", "compiled", 3000,
           unaudited(instead(compiled.Compiled, "_signature_of", _nothing_is_one))),
    Mutant("an index that copies counts as a view", "compiled", 1000,
           unaudited(instead(program.Call, "_looks_at", _always_a_view))),
    Mutant("a state is written before all have read it", "compiled", 1000,
           unaudited(instead(memory._Assignment, "state_update", _too_early))),
    Mutant("two tensors have one name", "compiled", 500, unaudited(instead(names.Namer, "__call__", _any_name))),
    Mutant("a number that changes is read once", "training", 500, unaudited(instead(_NUMBER, "__init__", _frozen))),
    Mutant("the first call has other bits", "compiled", 2000, unaudited(instead(compiled._Plain, "run", _in_c_order))),
)  # fmt: skip

MUTANTS = (*EAGER, *COMPILED)
