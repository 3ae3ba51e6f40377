"""Gradients as functions: of one result or several, with respect to any tensors, written nowhere.

Knows how the tensors that matter are found and what a user is told where there is no path. Must not know how the
reverse pass is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite import backend
from autograd_lite.diagnosis import describe
from autograd_lite.engine.graph import ancestors, enable_grad, mode, no_grad
from autograd_lite.engine.reverse import apart, memory_of, seed_of, start_of, sweep
from autograd_lite.engine.tensor import Tensor, asarray
from autograd_lite.errors import ArgumentError, GraphError


def grad(output: Any, inputs: Any, gradient: Any = None, create_graph: bool = False, allow_unused: bool = False) -> Any:
    """The gradient of `output` with respect to one tensor, or a list of them, results included.

    `output` may be a list or tuple of tensors; `gradient` is then one of as many gradients to start from, and what
    comes back is the sum of what each gives. A scalar needs none; `None` in such a list leaves its output out unless it
    is a scalar. Nothing is written to any `grad`. With `create_graph` the gradients are recorded and can be
    differentiated again. A tensor that `output` does not depend on raises `GraphError`, or gives `None` with
    `allow_unused`.

    >>> import autograd_lite as ag
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> slope = ag.grad(x**3, x, create_graph=True)
    >>> slope.item(), ag.grad(slope, x).item()
    (12.0, 12.0)
    >>> ag.grad([x * x, 3 * x], x, [1.0, 10.0]).item()
    34.0
    """
    single = isinstance(inputs, Tensor)
    targets: Sequence[Tensor] = (inputs,) if single else tuple(inputs)
    for i, x in enumerate(targets):
        if not isinstance(x, Tensor):
            raise ArgumentError(f"grad(): input {i} is {type(x).__name__}, not a tensor")
    outputs, given = _outputs(output, gradient)
    seeds = [seed_of(each, start, "grad()") for each, start in zip(outputs, given, strict=True)]
    useful = _useful(outputs, set(targets))
    record = create_graph or mode.now.witness.records
    if record:
        with enable_grad() if create_graph else no_grad():
            starts = [
                start if create_graph and type(start) is Tensor and start.dtype == each.dtype
                else start_of(each, start, seed)
                for each, start, seed in zip(outputs, given, seeds, strict=True)
            ]  # fmt: skip
            grads = sweep(outputs, starts, useful, record=True)
    else:
        grads = sweep(outputs, seeds, useful)
    found: list[Any] = []
    memories = {memory_of(seed) for seed in seeds}
    for i, x in enumerate(targets):
        g = grads.get(x)
        if g is None and not allow_unused:
            why = "" if x.requires_grad else " (it does not require a gradient)"
            raise GraphError(
                f"grad(): {_described(outputs)} does not depend on input {i}, {describe(x)}{why}: "
                "leave it out, or pass allow_unused=True to get None"
            )
        if g is not None and not record:
            if memory_of(g) in memories or memory_of(g) == memory_of(x._data) or 0 in g.strides:
                g = apart(g)
            memories.add(memory_of(g))
            g = Tensor(g, copy=False)
        found.append(g)
    return found[0] if single else found


def vjp(f: Callable[..., Any], *inputs: Any) -> tuple[Any, Callable[..., tuple[Any, ...]]]:
    """`f` at `inputs`, and the function that pulls gradients of its results back to them.

    `f` takes as many tensors as there are inputs and returns one tensor or a tuple of several. The second result is
    `pull(*gradients)`: called with a gradient for each result (`None` for one that has none), it gives a tuple with the
    gradient of each input, zeros where the results do not depend on it. It may be called as often as one likes. This is
    the vector-Jacobian product [Griewank & Walther, Evaluating Derivatives, 2008, section 3.2].

    Raises `ArgumentError` where `f` returns anything else, or `pull` is called with another number of gradients.

    >>> import autograd_lite as ag
    >>> (low, high), pull = ag.vjp(lambda x: (x.min(), x.max()), np.array([3.0, 1.0]))
    >>> pull(1.0, 10.0)[0].numpy()
    array([10.,  1.])
    """
    leaves = [Tensor(x, requires_grad=True, name=getattr(x, "name", None), copy=False) for x in inputs]
    with enable_grad():
        out = f(*leaves)
    several = isinstance(out, tuple | list)
    results = tuple(out) if several else (out,)
    if not results or not all(isinstance(each, Tensor) for each in results):
        raise ArgumentError(f"vjp(): f returned {type(out).__name__}, not a tensor or a tuple of tensors")

    def pull(*gradients: Any) -> tuple[Any, ...]:
        if len(gradients) != len(results):
            raise ArgumentError(f"vjp(): f has {len(results)} results, and {len(gradients)} gradients were given")
        pairs = [(x, g) for x, g in zip(results, gradients, strict=True) if g is not None and x.requires_grad]
        found: list[Any] = [None] * len(leaves)
        if pairs:
            found = grad([x for x, _ in pairs], leaves, [g for _, g in pairs], allow_unused=True)
        return tuple(asarray(_zeros(x)) if g is None else g for x, g in zip(leaves, found, strict=True))

    return (results if several else results[0]), pull


def _zeros(x: Tensor) -> Any:
    return backend.namespace(x.data).zeros_like(x.data)


def _outputs(output: Any, gradient: Any) -> tuple[tuple[Tensor, ...], tuple[Any, ...]]:
    """The outputs and as many gradients to start from."""
    if isinstance(output, Tensor):
        return (output,), (gradient,)
    if not isinstance(output, list | tuple):
        raise ArgumentError(f"grad(): the output is {type(output).__name__}, not a tensor")
    for i, each in enumerate(output):
        if not isinstance(each, Tensor):
            raise ArgumentError(f"grad(): output {i} is {type(each).__name__}, not a tensor")
    if not output:
        raise ArgumentError("grad(): there is no output")
    if gradient is None:
        return tuple(output), (None,) * len(output)
    if not isinstance(gradient, list | tuple) or len(gradient) != len(output):
        raise ArgumentError(f"grad(): there are {len(output)} outputs: pass gradient= as a list of as many")
    pairs = [(x, g) for x, g in zip(output, gradient, strict=True) if g is not None or x.shape == ()]
    if not pairs:
        raise ArgumentError("grad(): every gradient is None: there is nothing to start from")
    return tuple(x for x, _ in pairs), tuple(g for _, g in pairs)


def _described(outputs: Sequence[Tensor]) -> str:
    return " and ".join(describe(each, "the output") for each in outputs)


def _useful(outputs: Sequence[Tensor], wanted: set[Tensor]) -> set[Tensor]:
    """The tensors behind the outputs that are wanted, or were computed from one that is."""
    useful: set[Tensor] = set()
    for x in ancestors(*outputs):
        if x in wanted or (
            x.node is not None and any(type(each) is Tensor and each in useful for each in x.node.inputs or ())
        ):
            useful.add(x)
    return useful
