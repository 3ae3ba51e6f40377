"""The recorded graph of a step without its values: what `draw` shows of a compiled function.

Knows recordings, and which of their tensors are updates. Must not know how a graph is drawn, nor what a program
makes of a recording: a picture shows the operations that the user wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.engine.graph import REVERSE, Node, ancestors, tick
from autograd_lite.engine.inside import value_of
from autograd_lite.engine.tensor import Tensor
from autograd_lite.op import Operation
from autograd_lite.program.record import Recorder


def _assign(xp: Any, x: Any) -> Any:
    return x


# How a state takes a value that has a name and a place of its own: an argument, a result, another state.
_ASSIGN = Operation(_assign, r"{x}", "←", analytic=False)


@dataclass(frozen=True, eq=False)
class Outline:
    """A recorded graph without its values: its results, the gradients it leaves, the new values of its states.

    `updates` are the tensors computed from gradients or for the sake of a new value, `states` the leaves that are
    not parameters and get one.
    """

    roots: list[Tensor]
    updates: frozenset[Tensor]
    states: frozenset[Tensor]


def _hollow(array: Any) -> Any:
    """An array of the same shape and dtype in the memory of one element; a single number as it is."""
    return array if array.ndim == 0 else numpy.broadcast_to(numpy.zeros((), array.dtype), array.shape)


def _leaf(like: Tensor, name: str | None) -> Tensor:
    twin: Tensor = object.__new__(Tensor)
    twin.__setstate__((_hollow(value_of(like)), None, like.requires_grad, name))
    return twin


def _result(like: Tensor, name: str | None, op: Operation, inputs: Sequence[Any], node: Node | None = None) -> Tensor:
    twin = _leaf(like, name)
    told = (node.params, node.scope, node.number) if node else ({}, (), tick())
    twin.node = Node(op, tuple(inputs), *told)
    return twin


def outline(recorder: Recorder, outputs: Sequence[Tensor]) -> Outline:
    """The outline of what an open recording has recorded on the way to `outputs` and to its effects."""
    assigned = [(at, t, v) for at, t, v in recorder.assigned_values if t not in recorder.created]
    left = {t: g for t, g in recorder.grads.items() if type(g) is Tensor and t not in recorder.created}
    left = {t: g for t, g in left.items() if g is not recorder.entry_grads.get(t)}
    given = [v for _, _, v in recorder.assigned_values if isinstance(v, Tensor)]
    owners = {id(g): t for t, g in recorder.entry_grads.items() if g is not None}
    twins: dict[int, Any] = {}  # by id, of recorded tensors and arrays
    states: set[Tensor] = set()
    updates: set[Tensor] = set()
    changed = {t for _, t, _ in assigned}
    # What a tensor holds from a moment on: a leaf that is read after an assignment is what was assigned.
    holds: dict[Tensor, list[tuple[int, Any]]] = {}
    for at, t, v in recorder.assigned_values:
        holds.setdefault(t, []).append((at, v))

    def twin(x: Any, now: float) -> Any:
        """What stands for an operand that is read at the moment `now`."""
        if isinstance(x, Tensor):
            for at, value in reversed(holds.get(x, ())):
                if at < now:
                    return twin(value, at)
            if id(x) not in twins:
                owner = owners.get(id(x))
                state = owner is not None or (x in changed and not x.requires_grad)
                name = x.name or ("state" if state else None) if owner is None else f"{owner.name or 'state'}.grad"
                twins[id(x)] = _leaf(x, name)
                if state:
                    states.add(twins[id(x)])
            return twins[id(x)]
        if backend.is_array(x):
            if id(x) not in twins:
                twins[id(x)] = _hollow(x)
            return twins[id(x)]
        return x

    wanted = {id(t) for t in (*outputs, *left.values())}
    for tensor in ancestors(*outputs, *left.values(), *given):
        node = tensor.node
        if node is None or node.number < recorder.began:
            continue
        inputs = [twin(x, node.number) for x in node.inputs]
        made = twins[id(tensor)] = _result(tensor, tensor.name, node.op, inputs, node)
        if node.scope[:1] != (REVERSE,) and any(
            x in updates or (x.node is not None and x.node.scope[:1] == (REVERSE,))
            for x in inputs if type(x) is Tensor
        ):  # fmt: skip
            updates.add(made)
    # What is returned may be a leaf that now holds a number or an array of the function's own.
    roots = [held if type(held := twin(t, inf)) is Tensor else _leaf(t, t.name) for t in outputs]
    for t, g in left.items():
        total = twin(g, inf)
        if total.name is None and recorder.entry_grads.get(t) is not None:
            total.name = f"new {t.name or 'state'}.grad"
        roots.append(total)
    before = {x.node.number for x in ancestors(*roots) if x.node is not None}
    for t, (at, value) in {t: holds[t][-1] for _, t, _ in assigned}.items():
        fresh = twin(value if isinstance(value, Tensor) else numpy.asarray(value), at)
        name = f"new {t.name or 'state'}"
        if type(fresh) is Tensor and fresh.node is not None and fresh.name is None and id(value) not in wanted:
            fresh.name = name
        else:
            fresh = _result(t, name, _ASSIGN, [fresh])
        roots.append(fresh)
        updates.update(x for x in ancestors(fresh) if _moves(x, before))
    twin = None  # type: ignore[assignment]  # it knows itself, and through it the whole recording would wait for the collector
    return Outline(roots, frozenset(updates), frozenset(states))


def _moves(x: Tensor, before: set[int]) -> bool:
    """Whether a tensor is computed for a new value alone: not in the reverse pass and for no result."""
    return x.node is not None and x.node.number not in before and x.node.scope[:1] != (REVERSE,)
