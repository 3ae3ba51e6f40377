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
from autograd_lite.diagnosis import describe
from autograd_lite.engine import functional
from autograd_lite.engine.graph import REVERSE, Node, ancestors, enable_grad, mode, no_grad, released
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, ChangedError, DeviceError, GraphError, ShapeError
from autograd_lite.names import gradient_name

# Threads may share parameters: no addition to a `grad` is lost between its reading and its writing.
_writing = threading.Lock()


@functools.cache
def _one(dtype: Any) -> Any:
    """The seed of a scalar; nobody writes into it, since no gradient shares memory with a seed."""
    one = numpy.ones((), dtype)
    one.flags.writeable = False
    return one


def _seed(output: Tensor, gradient: Any, caller: str) -> Any:
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
        how = _fitting(gradient.shape, shape)
        if how is None:
            raise ShapeError(f"gave a gradient of shape {gradient.shape} for {describe(x, 'an argument')}")
        if isinstance(how, str):  # "spread"
            if xp is NUMPY:
                thin = gradient
                gradient = numpy.empty(shape, thin.dtype)
                gradient[...] = thin
            else:
                gradient = xp.broadcast_to(gradient, shape)
                mode.now.witness.spread(gradient)
        else:
            gradient = numpy.add.reduce(gradient, axis=how) if xp is NUMPY else gradient.sum(axis=how)
            if xp is NUMPY and type(gradient) is not ndarray:
                gradient = numpy.asarray(gradient)
            if gradient.shape != shape:
                gradient = gradient.reshape(shape)
    return gradient if gradient.dtype == x.dtype else gradient.astype(x.dtype)


def _changed(x: Tensor, node: Node) -> ChangedError:
    return ChangedError(
        f"{describe(x, 'an input')} was changed after {node.op.name} had used it, so the gradient "
        "there would be wrong: run backward before the update, or record the graph again"
    )


def sweep(
    output: Tensor, seed: Any, useful: set[Tensor] | None = None, record: bool = False, free: bool = False
) -> dict[Tensor, Any]:
    """The gradient of every tensor between `output` and the leaves that require one.

    `useful` limits the walk to those tensors. With `record` gradients are Tensors with a graph of
    their own. With `free` each node is released when it is done, and only leaves are returned.
    """
    if not record:
        return _sweep(output, seed, useful, record, free)
    scope = mode.now.scope
    try:
        return _sweep(output, seed, useful, record, free)
    finally:
        mode.now.scope = scope


def _sweep(output: Tensor, seed: Any, useful: set[Tensor] | None, record: bool, free: bool) -> dict[Tensor, Any]:
    if output.node is None:
        return {output: seed}
    grads: dict[Tensor, Any] = {output: seed}
    # Nodes are numbered as they are made, so the latest pending node has all its gradients: no
    # tensor that comes before it in the order can still contribute. No recursion, no sorting.
    heap = [(-output.node.number, output)]
    xp: Any = functional if record else backend.namespace(seed)
    while heap:
        tensor = heappop(heap)[1]
        node = tensor.node
        assert node is not None
        inputs = node.inputs
        if inputs is None:
            raise released(tensor)
        g = grads.pop(tensor) if free else grads[tensor]
        out = tensor
        if record:
            name_gradient(g, tensor)
            mode.now.scope = (REVERSE, *node.scope)
        else:
            out = tensor._data
        op = node.op
        number = node.number
        values: list[Any] = []
        for x in inputs:
            if type(x) is Tensor:
                if x._changed > number:
                    raise _changed(x, node)
                values.append(x if record else x._data)
            else:
                values.append(x)
        if node.trace is not None:
            node.trace.check(node, tensor)
        params = node.params
        position = -1
        try:
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
                if x in grads:
                    grads[x] = _sum(grads[x], gradient)
                    continue
                grads[x] = gradient
                if producer is not None:
                    heappush(heap, (-producer.number, x))
        except Exception as error:
            error.add_note(f"in the derivative rule of {op.name} for its argument {position}, on the way to {x!r:.200}")
            raise
        if free:
            node.inputs = None  # type: ignore[assignment]
    if record:
        for x, g in grads.items():
            name_gradient(g, x)
    return grads


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
    lent = {_memory(value) for value in (*values, out) if backend.is_array(value)}
    return gradient.copy() if _memory(gradient) in lent else gradient


def _memory(array: Any) -> int:
    """An identity of the memory an array lives in."""
    base = array.base
    if base is None:
        return id(array)
    while getattr(base, "base", None) is not None:
        base = base.base
    return id(base)


def _start(output: Tensor, gradient: Any, seed: Any) -> Tensor:
    """What a recorded pass starts from: the gradient that was given, or a one that never changes."""
    if gradient is None or not mode.now.witness.records:
        return Tensor(seed, copy=False)
    given = gradient if type(gradient) is Tensor else Tensor(gradient, copy=False)
    return given if given.dtype == output.dtype else given.astype(output.dtype)


def backward(self: Tensor, gradient: Any = None, free: bool = False) -> None:
    """Compute the gradient of this tensor with respect to every leaf that requires one.

    `gradient` is the cotangent to start from, of this tensor's shape; it may be left out for a
    scalar. Gradients are added to the `grad` of leaves and replace that of the results in between.
    The graph stays whole, to be looked at or run again; `free=True` releases it on the way and keeps
    no gradients but the leaves'. If anything fails, no `grad` has changed.

    >>> import autograd_lite as ag
    >>> x = ag.tensor(3.0, requires_grad=True)
    >>> (x * x).backward()
    >>> float(x.grad)
    6.0
    """
    seed = _seed(self, gradient, "backward()")
    if mode.now.witness.records:
        with no_grad():
            grads = sweep(self, _start(self, gradient, seed), record=True)
            for x, g in grads.items():
                if x.node is None:
                    earlier = x.grad
                    x.grad = g if earlier is None else earlier + g
        return
    grads = sweep(self, seed, free=free)
    # No two gradients share memory, nor does a gradient with its seed.
    claimed = {_memory(seed)}
    if not free:
        claimed.update(_memory(g) for x, g in grads.items() if x.node is not None)
    with _writing:
        written = []
        for x, g in grads.items():
            earlier = x._grad
            if x.node is None:
                if earlier is not None:
                    g = _sum(earlier, g)
                else:
                    base = g.base
                    memory = id(g) if base is None else _memory(g)
                    if memory in claimed or (base is not None and 0 in g.strides):
                        g = g.copy()
                    else:
                        claimed.add(memory)
            written.append((x, earlier, g))
        try:
            for x, _, g in written:
                x._grad = g
        except BaseException:
            for x, earlier, _ in written:
                x._grad = earlier
            raise


def grad(
    output: Tensor, inputs: Any, gradient: Any = None, create_graph: bool = False, allow_unused: bool = False
) -> Any:
    """The gradient of `output` with respect to one tensor, or a list of them, results included.

    Nothing is written to any `grad`. With `create_graph` the gradients are recorded and can be
    differentiated again. A tensor that `output` does not depend on raises `GraphError`, or gives
    `None` with `allow_unused`.

    >>> import autograd_lite as ag
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> slope = ag.grad(x**3, x, create_graph=True)
    >>> slope.item(), ag.grad(slope, x).item()
    (12.0, 12.0)
    """
    single = isinstance(inputs, Tensor)
    targets: Sequence[Tensor] = (inputs,) if single else tuple(inputs)
    for i, x in enumerate(targets):
        if not isinstance(x, Tensor):
            raise ArgumentError(f"grad(): input {i} is {type(x).__name__}, not a tensor")
    if not isinstance(output, Tensor):
        raise ArgumentError(f"grad(): the output is {type(output).__name__}, not a tensor")
    seed = _seed(output, gradient, "grad()")
    useful: set[Tensor] = set()
    wanted = set(targets)
    for x in ancestors(output):
        if x in wanted or (
            x.node is not None and any(type(each) is Tensor and each in useful for each in x.node.inputs or ())
        ):
            useful.add(x)
    record = create_graph or mode.now.witness.records
    if record:
        start = gradient if create_graph and type(gradient) is Tensor and gradient.dtype == output.dtype else None
        with enable_grad() if create_graph else no_grad():
            grads = sweep(output, _start(output, gradient, seed) if start is None else start, useful, record=True)
    else:
        grads = sweep(output, seed, useful)
    found: list[Any] = []
    memories: set[int] = {_memory(seed)}
    for i, x in enumerate(targets):
        g = grads.get(x)
        if g is None and not allow_unused:
            why = "" if x._requires_grad else " (it does not require a gradient)"
            raise GraphError(
                f"grad(): {describe(output, 'the output')} does not depend on input {i}, {describe(x)}{why}: "
                "leave it out, or pass allow_unused=True to get None"
            )
        if g is not None and not record:
            if _memory(g) in memories or _memory(g) == _memory(x._data) or 0 in g.strides:
                g = g.copy()
            memories.add(_memory(g))
            g = Tensor(g, copy=False)
        found.append(g)
    return found[0] if single else found
