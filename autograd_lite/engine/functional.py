"""The NumPy-like namespace over Tensors: every operation as a function, and how one that is composed of others runs.

It is the `xp` of the world of Tensors, so a rule that runs on it records itself. New operations
appear here by being declared; this file names only what is composed and needs no rule.
"""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite import backend
from autograd_lite.backend import SCALARS
from autograd_lite.diagnosis import FAILURES, diagnose
from autograd_lite.engine import creation, nested
from autograd_lite.engine.tensor import Tensor, apply, asarray, lift, put_call
from autograd_lite.errors import ArgumentError, AutogradError
from autograd_lite.op import REGISTRY, SPACES, Operation, Space
from autograd_lite.ops.aliases import named


@functools.cache
def _lifted(op: Operation) -> Callable[..., Any]:
    if not op.composed:
        return lift(op)

    @functools.wraps(op.__wrapped__)
    def function(*args: Any, **kwargs: Any) -> Any:
        return compose(op, *op.bind(args, kwargs))

    function.__wrapped__ = op
    return function


def compose(op: Operation, inputs: Sequence[Any], params: dict[str, Any]) -> Any:
    """Run an operation that is composed of others, each of which records itself.

    Its arrays are Tensors in it, and its first argument is one in any case; what its parts refuse is said of the whole.
    """
    inputs = [int(x) if type(x) is backend.Size else x for x in inputs]
    given = [x if type(x) in SCALARS or x is None or hasattr(x, "__number__") else operand(op, x) for x in inputs]
    if given and not builtins.any(type(x) is Tensor for x in given):
        given[0] = operand(op, given[0])
    try:
        return op.forward(_FUNCTIONS, *given, **params)
    except (*FAILURES, AutogradError) as error:
        if isinstance(error, AutogradError) and not error.problem and not isinstance(error, FAILURES):
            raise
        raise diagnose(op, given, params, error) from None


def operand(op: Operation, value: Any) -> Tensor:
    """An argument of a composed operation as a Tensor."""
    try:
        return asarray(value)
    except AutogradError as error:
        raise ArgumentError(f"{op.name}: {error}") from None


def __getattr__(name: str) -> Callable[..., Tensor]:
    """An operation by its name, looked up when it is used: a user's own may be declared later, or anew."""
    if name in SPACES:
        return Space(functools.partial(getattr, _FUNCTIONS), name)  # type: ignore[return-value]
    op = named(name)
    if op is None:
        raise AttributeError(f"there is no operation named {name}")
    return _lifted(op)


_FUNCTIONS = sys.modules[__name__]
Tensor.__compose__ = staticmethod(compose)  # type: ignore[attr-defined]


# What is no operation: it is made of nothing, or of lists.
globals().update({name: getattr(room, name) for room in (creation, nested) for name in room.__all__})
globals().update({name: _lifted(op) for name, op in REGISTRY.items()})  # those of the library, which stay


def put(x: Any, index: Any, value: Any) -> Tensor:
    """A copy of `x` in which `x[index]` is `value`; the way to write an item assignment.

    Raises `ArgumentError` where an index names an element twice.

    >>> import autograd_lite as ag
    >>> ag.put(ag.tensor([1.0, 2.0, 3.0]), 1, 9.0).numpy()
    array([1., 9., 3.])
    """
    op, inputs, params = put_call(x, index, value)
    return apply(op, inputs, params)
