"""The reverse pass: the chain rule, node by node, from a result back to the leaves.

One sweep serves both worlds: on arrays it gives values, on Tensors it records itself. Knows the
order (latest node first), accumulation, and what every rule is spared: summing over broadcast
axes, dtypes, shapes. Must not know any particular operation's derivative.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import numpy
from numpy import generic, ndarray

from autograd_lite import backend
from autograd_lite.backend import NUMPY
from autograd_lite.diagnosis import describe, diagnose
from autograd_lite.engine import functional
from autograd_lite.engine.graph import REVERSE, Node, mode, no_grad, released
from autograd_lite.engine.tensor import Tensor, apply
from autograd_lite.errors import ArgumentError, AutogradError, ChangedError, DeviceError, GraphError, ShapeError
from autograd_lite.names import gradient_name
from autograd_lite.op import Operation

# Threads may share parameters: no addition to a `grad` is lost between its reading and its writing.
_writing = threading.Lock()


@functools.cache
def _one(dtype: Any) -> Any:
    """The seed of a scalar; nobody writes into it, since no gradient shares memory with a seed."""
    one = numpy.ones((), dtype)
    one.flags.writeable = False
    return one


def seed_of(output: Tensor, gradient: Any, caller: str) -> Any:
    """The gradient to start from: given, or one for a scalar."""
    if not output._requires_grad:
        raise GraphError(
            f"{caller}: {describe(output, 'the output')} does not require a gradient: nothing it was computed from "
            "does, or it was computed under no_grad(); make a leaf with ag.tensor(data, requires_grad=True)"
        )
    if gradient is None:
        if output.shape != ():
            raise GraphError(
                f"{caller}: {describe(output, 'the output')} is not a scalar, so there is no one gradient: reduce it "
                f"first, as in output.sum().backward(), or pass gradient= of shape {output.shape}"
            )
        data = output._data
        return _one(data.dtype) if type(data) is ndarray else backend.namespace(data).ones_like(data)
    xp = backend.namespace(output._data)
    array = gradient._data if type(gradient) is Tensor else backend.as_array(gradient, xp)
    if type(array) is not type(output._data):
        raise DeviceError(f"{caller}: the gradient lives on {backend.device(array)}, the output on {output.device}")
    if array.shape != output.shape:
        raise ShapeError(
            f"{caller}: gradient has shape {array.shape}, but {describe(output, 'the output')} needs one of its own"
        )
    if array.dtype.kind not in "biuf":
        raise ArgumentError(f"{caller}: gradient has dtype {array.dtype}, but a gradient is made of real numbers")
    return array if array.dtype == output.dtype else array.astype(output.dtype)


@functools.lru_cache(1024)
def _fitting(shape: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...] | str | None:
    """How a gradient of `shape` becomes one of `target`: the axes to sum over, `"spread"`, or not at all."""
    try:
        whole = numpy.broadcast_shapes(shape, target)
    except ValueError:
        return None
    if whole == shape:
        extra = len(shape) - len(target)
        return tuple(i for i, n in enumerate(shape) if i < extra or target[i - extra] != n)
    return "spread" if whole == target else None


def fit(xp: Any, gradient: Any, x: Any) -> Any:
    """What a rule returned, as the gradient of `x`: summed or spread over broadcast axes, in its dtype."""
    shape = x.shape
    if gradient.shape != shape:
        how = fitting(gradient.shape, x)
        if isinstance(how, str):  # "spread"
            # In the order of memory of `x`, as it would come out were it spread by the derivative of `x`.
            if xp is NUMPY:
                thin = gradient
                gradient = numpy.empty_like(x, thin.dtype)
                gradient[...] = thin
            else:
                gradient = xp.broadcast_to(gradient, shape)
                mode.now.witness.spread(gradient, x)
        else:
            gradient = numpy.add.reduce(gradient, axis=how) if xp is NUMPY else gradient.sum(axis=how)
            if xp is NUMPY and type(gradient) is not ndarray:
                gradient = numpy.asarray(gradient)
            if gradient.shape != shape:
                gradient = gradient.reshape(shape)
    return gradient if gradient.dtype == x.dtype else gradient.astype(x.dtype)


def fitting(shape: tuple[int, ...], x: Any) -> tuple[int, ...] | str:
    """How a gradient of `shape` becomes one of `x`: the axes to sum over, or `"spread"`."""
    how = _fitting(shape, x.shape)
    if how is None:
        raise ShapeError(f"gave a gradient of shape {shape} for {describe(x, 'an argument')}")
    return how


def changed(x: Tensor, node: Node) -> ChangedError:
    """The error of a reverse pass that meets a node with an input that is not what it was."""
    return ChangedError(
        f"{describe(x, 'an input')} was changed after {node.op.name} had used it, so the gradient "
        "there would be wrong: run backward before the update (or before requires_grad is switched), or record the "
        "graph again"
    )


def sweep(
    outputs: Tensor | Sequence[Tensor], seeds: Any, useful: set[Tensor] | None = None, record: bool = False,
    free: bool = False, done: list[Node] | None = None, ends: frozenset[Tensor] | None = None,
) -> dict[Tensor, Any]:  # fmt: skip
    """The gradient of every tensor between the outputs and the leaves that require one, for one seed each.

    `useful` limits the walk to those tensors; it goes up to `ends` and not behind them. With `record` gradients are
    Tensors with a graph of their own. With `free` only leaves are returned, and the nodes that may be released are
    `done`; of a pass that is recorded none is, but it computes what it would compute then.
    """
    if isinstance(outputs, Tensor):
        grads = {outputs: seeds}
        heap = [] if outputs.node is None else [(-outputs.node.number, outputs)]
        xp: Any = functional if record else backend.namespace(seeds)
    else:
        grads, heap = _seeded(outputs, seeds, ends)
        xp = functional if record else backend.namespace(*seeds)
    if not record:
        return _sweep(grads, heap, xp, useful, False, free, done if done is not None else [], ends)
    scope = mode.now.scope
    try:
        return _sweep(grads, heap, xp, useful, True, free, [], ends)
    finally:
        mode.now.scope = scope


def _sweep(
    grads: dict[Tensor, Any], heap: list[tuple[int, Tensor]], xp: Any, useful: set[Tensor] | None, record: bool,
    free: bool, done: list[Node], ends: frozenset[Tensor] | None,
) -> dict[Tensor, Any]:  # fmt: skip
    # Nodes are numbered as they are made, so the latest pending node has all its gradients: no
    # tensor that comes before it in the order can still contribute. No recursion, no sorting.
    while heap:
        tensor = heappop(heap)[1]
        node = tensor.node
        assert node is not None
        inputs = node.inputs
        if inputs is None:
            raise released(tensor)
        if record:
            mode.now.scope = (REVERSE, *node.scope)
        op, params, number = node.op, node.params, node.number
        values: list[Any] = []
        for x in inputs:
            if type(x) is Tensor:
                if x._changed > number:
                    raise changed(x, node)
                values.append(x if record else x._data)
            else:
                values.append(x)
        trace = node.trace
        if trace is not None:
            trace.check(node, tensor)
        position = -1
        try:
            if node.call is None:
                g = grads.pop(tensor) if free and not record else grads[tensor]
                if record:
                    name_gradient(g, tensor)
                    out: Any = tensor
                else:
                    out = tensor._data
            else:
                siblings = [tensor]
                while heap and heap[0][1].node.call is node.call:  # type: ignore[union-attr]
                    siblings.append(heappop(heap)[1])
                op, g, out = _gathered(siblings, grads, record, free and not record)
            together = op.pull_all(xp, g, out, values, params) if op.together else None
            for x in inputs:
                position += 1
                if type(x) is not Tensor or not x._requires_grad or (useful is not None and x not in useful):
                    continue
                gradient = op.pull(position, xp, g, out, values, params) if together is None else together[position]
                if gradient is None:
                    continue
                if not op.ours:
                    gradient = _guarded(gradient, values, out)
                if type(gradient) is not ndarray and xp is NUMPY:
                    gradient = numpy.asarray(gradient)
                data = x._data
                producer = x.node
                if gradient.shape != data.shape or gradient.dtype is not data.dtype:
                    # One number for all elements need not be spread where it is only multiplied by f'(x).
                    thin = free and not gradient.shape and gradient.dtype is data.dtype
                    if not (thin and producer is not None and producer.op.derivative is not None):
                        gradient = fit(xp, gradient, data)
                if trace is not None:
                    trace.handed(node, position, g, gradient)
                if x in grads:
                    grads[x] = _sum(grads[x], gradient)
                    continue
                grads[x] = gradient
                if producer is not None and (ends is None or x not in ends):
                    heappush(heap, (-producer.number, x))
        except Exception as error:
            said = error
            if isinstance(error, numpy.linalg.LinAlgError) and not isinstance(error, AutogradError):
                said = diagnose(op, inputs, node.params, error)
            said.add_note(f"in the derivative rule of {op.name} for its argument {position}, on the way to {x!r:.200}")
            if said is error:
                raise
            raise said from error
        if free and not record:
            done.append(node)
    if record:
        for x, g in grads.items():
            name_gradient(g, x)
    return grads


def _seeded(
    outputs: Sequence[Tensor], seeds: Sequence[Any], ends: frozenset[Tensor] | None
) -> tuple[dict[Tensor, Any], list[tuple[int, Tensor]]]:  # fmt: skip
    """The gradients that a sweep starts from, and the nodes that are pending, latest first."""
    grads: dict[Tensor, Any] = {}
    heap: list[tuple[int, Tensor]] = []
    for output, seed in zip(outputs, seeds, strict=True):
        if output in grads:
            grads[output] = _sum(grads[output], seed)
        else:
            grads[output] = seed
            if output.node is not None and (ends is None or output not in ends):
                heappush(heap, (-output.node.number, output))
    return grads, heap


def _gathered(
    siblings: list[Tensor], grads: dict[Tensor, Any], record: bool, free: bool
) -> tuple[Operation, tuple[Any, ...], tuple[Any, ...]]:
    """The operation of several results that `siblings` are some of, its results, and a gradient for each of them.

    Their nodes were made one after the other, so the sweep meets them one after the other: its rule is called once.
    """
    node = siblings[0].node
    assert node is not None and node.call is not None and node.op.of is not None
    found = {x.node.op.index: x for x in siblings if x.node is not None}
    gs: list[Any] = []
    outs: list[Any] = []
    for i, data in enumerate(node.call):
        x = found.get(i)
        if x is None:  # nobody used this result, or nobody holds it any more
            zeros = backend.namespace(data).zeros_like(data)
            gs.append(Tensor(zeros, copy=False) if record else zeros)
            outs.append(apply(node.op.of.part(i), node.inputs, node.params) if record else data)
            continue
        g = grads.pop(x) if free else grads[x]
        if record:
            name_gradient(g, x)
        gs.append(g)
        outs.append(x if record else data)
    return node.op.of, tuple(gs), tuple(outs)


def name_gradient(gradient: Tensor, x: Tensor) -> None:
    """Call the gradient of z2 delta2, as the chapter does, and that of W1 dW1."""
    if gradient.name is None and x.name and gradient.node is not None:
        gradient.name = gradient_name(x.name)


def _sum(earlier: Any, gradient: Any) -> Any:
    """Two gradients of one tensor added: a new array, since either may be somebody else's."""
    total = earlier + gradient
    return numpy.asarray(total) if isinstance(total, generic) else total


def _guarded(gradient: Any, values: Sequence[Any], out: Any) -> Any:
    """What a user's rule returned, apart from every operand's memory, which the library's rules never return."""
    if isinstance(gradient, Tensor) or not backend.is_array(gradient):
        return gradient
    results = out if type(out) is tuple else (out,)
    lent = {memory_of(value) for value in (*values, *results) if backend.is_array(value)}
    return apart(gradient) if memory_of(gradient) in lent else gradient


def apart(gradient: Any) -> Any:
    """A copy with the gradient's own order of memory: in another, a sum over it would be rounded otherwise."""
    return gradient.copy() if 0 in gradient.strides else gradient.copy("K")


def own(array: Any, lent: set[int]) -> Any:
    """An array that may be written: itself, if nobody else has its memory, or a copy."""
    base = array.base
    if base is None:
        return apart(array) if id(array) in lent else array
    mine = type(base) is ndarray and base.base is None and base.flags.writeable and id(base) not in lent
    whole = mine and base.size == array.size and base.dtype == array.dtype
    if whole and base.flags.c_contiguous and array.flags.c_contiguous:
        return base.reshape(array.shape)
    return apart(array)


def memory_of(array: Any) -> int:
    """An identity of the memory an array lives in."""
    base = array.base
    if base is None:
        return id(array)
    while getattr(base, "base", None) is not None:
        base = base.base
    return id(base)


def start_of(output: Tensor, gradient: Any, seed: Any) -> Tensor:
    """What a recorded pass starts from: the gradient that was given, or a one that never changes."""
    if gradient is None or not mode.now.witness.records:
        return Tensor(seed, copy=False)
    given = gradient if type(gradient) is Tensor else Tensor(gradient, copy=False)
    return given if given.dtype == output.dtype else given.astype(output.dtype)


def backward(self: Tensor, gradient: Any = None, free: bool = False) -> None:
    """Compute the gradient of this tensor with respect to every leaf that requires one.

    `gradient` is the cotangent to start from, of this tensor's shape; it may be left out for a
    scalar. Gradients are added to the `grad` of leaves and replace that of the results in between.
    The graph stays whole, to be looked at or run again; `free=True` releases it once all has succeeded and keeps
    no gradients but the leaves'. If anything fails, no `grad` has changed.

    >>> import autograd_lite as ag
    >>> x = ag.tensor(3.0, requires_grad=True)
    >>> (x * x).backward()
    >>> float(x.grad)
    6.0
    """
    seed = seed_of(self, gradient, "backward()")
    if mode.now.witness.records:
        with no_grad():
            grads = sweep(self, start_of(self, gradient, seed), record=True, free=free)
            for x, g in grads.items():
                if x.node is None:
                    earlier = x.grad
                    x.grad = g if earlier is None else earlier + g
        return
    done: list[Node] = []
    grads = sweep(self, seed, free=free, done=done)
    # No two gradients share memory, nor does a gradient with its seed.
    claimed = {memory_of(seed)}
    if not free:
        claimed.update(memory_of(g) for x, g in grads.items() if x.node is not None)
    with _writing:
        written = []
        for x, g in grads.items():
            earlier = x._grad
            if x.node is None:
                if earlier is not None:
                    g = _sum(earlier, g)
                else:
                    base = g.base
                    memory = id(g) if base is None else memory_of(g)
                    if memory in claimed or (base is not None and 0 in g.strides):
                        g = apart(g)
                    else:
                        claimed.add(memory)
            written.append((x, earlier, g))
        try:
            for x, _, g in written:
                x._grad = g
            mode.now.witness.passed(written, True)
        except BaseException:
            for x, earlier, _ in written:
                x._grad = earlier
            raise
    for node in done:
        node.inputs = None  # type: ignore[assignment]
