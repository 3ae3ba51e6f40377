"""The recorded graph: nodes, whether and why they are made, name scopes, and walks over the DAG.

A node points at its inputs and at nothing else, so dropping the last reference frees a graph at
once. Every walk keeps its own stack. Must not do arithmetic or know what an operation computes.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import threading
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar

from autograd_lite.diagnosis import describe
from autograd_lite.engine.witness import SILENT, Witness
from autograd_lite.errors import GraphError

if TYPE_CHECKING:
    from autograd_lite.op import Operation

F = TypeVar("F", bound=Callable[..., Any])

tick = itertools.count(1).__next__
"""The next moment in the history of all graphs: recordings and changes are numbered together."""


REVERSE = "reverse pass"
"""The outermost scope of the nodes that a recorded reverse pass makes."""


class Node:
    """One application of an operation: what it was applied to, where in the model, and when."""

    __slots__ = ("op", "inputs", "params", "scope", "number", "trace", "call")

    def __init__(
        self, op: Operation, inputs: tuple[Any, ...], params: dict[str, Any], scope: tuple[str, ...], number: int
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.params = params
        self.scope = scope
        self.number = number
        # What a witness keeps with the node; its `check(node, result)` is asked before a reverse pass uses the node,
        # and it is told of every gradient that the node's rules hand back, `handed(node, position, g, gradient)`.
        self.trace: Any = None
        # The arrays of all results of a call that gave several: the nodes of these results have it in common.
        self.call: tuple[Any, ...] | None = None

    def __repr__(self) -> str:
        return f"<node {self.number}: {self.op.name}>"


class State:
    """What holds for the code now running in a thread."""

    __slots__ = ("grad", "scope", "witness", "outside")

    def __init__(self) -> None:
        self.outside: tuple[Any, ...] = ()  # what held outside of the blocks now open: (innermost, (the next, …))
        self.grad = True
        self.scope: tuple[str, ...] = ()
        self.witness: Witness = SILENT


class _Mode(threading.local):
    def __init__(self) -> None:
        self.now = State()


mode = _Mode()
"""`mode.now` is the state of this thread; a new thread starts with gradients on and no scope."""


class History:
    """When anything last changed that a compiled program relies on and cannot see in its inputs."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last = 0


history = History()


def touch() -> None:
    """Say that something changed which a compiled step may have taken for fixed; modules and optimisers do.

    >>> import autograd_lite as ag
    >>> ag.touch()
    """
    history.last = tick()


class _Switch:
    """Turns gradient recording on or off for a block, a function or a generator."""

    __slots__ = ("value",)

    def __init__(self, value: bool) -> None:
        self.value = value

    # What held before is kept by the thread, not by the switch: one switch may be in use in several threads at once.

    def __enter__(self) -> None:
        now = mode.now
        now.outside, now.grad = (now.grad, now.outside), self.value  # at once: no interrupt comes in between

    def __exit__(self, *error: object) -> None:
        now = mode.now
        now.grad, now.outside = now.outside

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def stepping(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                # The switch holds while the generator runs, never while its caller does.
                generator = function(*args, **kwargs)
                answer: Any = None
                failure: BaseException | None = None
                while True:
                    try:
                        with _Switch(self.value):
                            item = generator.send(answer) if failure is None else generator.throw(failure)
                    except StopIteration as stop:
                        return stop.value
                    failure = None
                    try:
                        answer = yield item
                    except BaseException as error:  # noqa: BLE001 - it is the generator's to handle
                        failure = error

            return stepping  # type: ignore[return-value]

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with _Switch(self.value):
                return function(*args, **kwargs)

        return switched  # type: ignore[return-value]


def no_grad() -> _Switch:
    """Record nothing for gradients inside: a context manager and a decorator, per thread.

    >>> import autograd_lite as ag
    >>> w = ag.tensor(2.0, requires_grad=True)
    >>> with ag.no_grad():
    ...     y = w * w
    >>> y.requires_grad
    False
    """
    return _Switch(False)


def enable_grad() -> _Switch:
    """Record for gradients inside, also within `no_grad`.

    >>> import autograd_lite as ag
    >>> with ag.no_grad(), ag.enable_grad():
    ...     ag.is_grad_enabled()
    True
    """
    return _Switch(True)


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require gradients are being recorded in this thread.

    >>> import autograd_lite as ag
    >>> ag.is_grad_enabled()
    True
    """
    return mode.now.grad


class scope:
    """Put a name on the nodes made inside; scopes nest, and pictures draw them as clusters.

    >>> import autograd_lite as ag
    >>> w = ag.tensor(2.0, requires_grad=True)
    >>> with ag.scope("loss"):
    ...     y = w * w
    >>> y.node.scope
    ('loss',)
    """

    __slots__ = ("name", "path")

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = (name,)

    def __enter__(self) -> None:
        mode.now.scope += self.path

    def __exit__(self, *error: object) -> None:
        now = mode.now
        now.scope = now.scope[:-1]


def released(tensor: Any, caller: str = "") -> GraphError:
    """The error of a function that needs the graph behind `tensor`, which `backward(free=True)` has released."""
    said = f"{caller}: " if caller else ""
    instead = f"call {caller} before that" if caller else "compute it again"
    return GraphError(
        f"{said}the graph behind {describe(tensor, 'this result')}, a result of {tensor.node.op.name}, was released by "
        f"backward(free=True): {instead}, or leave free out to keep the graph"
    )


def refuse_released(caller: str, *roots: Any) -> None:
    """Raise `GraphError` in the name of `caller` where a part of the graph behind the roots has been released."""
    is_tensor = type(roots[0])
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        tensor = stack.pop()
        node = tensor.node
        if node is None or node.number in seen:
            continue
        seen.add(node.number)
        if node.inputs is None:
            raise released(tensor, caller)
        stack.extend(x for x in node.inputs if type(x) is is_tensor)


def ancestors(*roots: Any) -> list[Any]:
    """Every tensor the roots were computed from, roots included: leaves first, then as recorded.

    Leaves stand in the order in which the recorded tensors first use them, so that the order is
    the same in every run. Raises `GraphError` where a part of the graph has been released.

    >>> import autograd_lite as ag
    >>> w = ag.tensor(2.0, requires_grad=True, name="w")
    >>> [t.name or t.node.op.name for t in ag.ancestors(w * w + 1)]
    ['w', 'multiply', 'add']
    """
    is_tensor = type(roots[0]) if roots else object
    recorded: dict[int, Any] = {}
    leaves: dict[int, Any] = {}
    stack = list(roots)
    while stack:
        tensor = stack.pop()
        if tensor.node is None:
            leaves.setdefault(id(tensor), tensor)
        elif tensor.node.number not in recorded:
            recorded[tensor.node.number] = tensor
            if tensor.node.inputs is None:
                raise released(tensor)
            stack.extend(x for x in tensor.node.inputs if type(x) is is_tensor)
    ordered = [recorded[number] for number in sorted(recorded)]
    first_use = {id(x): x for tensor in ordered for x in tensor.node.inputs if id(x) in leaves}
    first_use.update({key: x for key, x in leaves.items() if key not in first_use})
    return [*first_use.values(), *ordered]
