"""Gradients stated for a function instead of an operation, and gradients that stop.

The function is run unrecorded; what stands in the graph is one node, which hands on what the function gave and whose
rule is the user's, on tensors. Knows operations and how they are applied. Must not know the reverse pass.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.diagnosis import describe
from autograd_lite.engine.graph import mode, no_grad
from autograd_lite.engine.tensor import Tensor, apply, asarray
from autograd_lite.errors import ArgumentError, DtypeError, ShapeError
from autograd_lite.op import Operation, settled
from autograd_lite.tree import alike


def stop_gradient(x: Any) -> Tensor:
    """The values of `x`, a tensor or what one can be made of, as data that no gradient goes through.

    It is `x.detach()` as a function: a leaf of no graph, in memory of its own.

    >>> import autograd_lite as ag
    >>> x = ag.tensor(3.0, requires_grad=True)
    >>> ag.grad(x * ag.stop_gradient(x), x).item()
    3.0
    """
    return asarray(x).detach()


def custom_gradient(f: Callable[..., Any] | None = None, rule: Callable[..., Any] | None = None) -> Any:
    """The function `f` with the gradients that `rule` gives, instead of those of what it computes.

    `f(*inputs, **parameters)` takes tensors, arrays and numbers and returns a tensor, an array or a tuple of them; it
    may compute in any way, past the library too (then not in a compiled step). `rule(g, out, *inputs, **parameters)` is
    written in the functions of `ag`: of the gradient `g` of its result `out` it gives the gradient of every input, a
    tuple of as many (of one input also the gradient alone), `None` for one that gets none. Of several results `g` and
    `out` are tuples. A gradient is summed over axes that broadcast its input, as an operation's. Second derivatives are
    those of the rule; what it does outside of `ag`'s functions has none.

    With `rule` alone it is a decorator. For an operation that works in every world, equations and other array libraries
    included, declare one with `ag.operation`.

    Raises `ArgumentError` where the rule gives another number of gradients, `ShapeError` where one does not fit.

    >>> import autograd_lite as ag
    >>> @ag.custom_gradient(rule=lambda g, out, x: g)
    ... def rounded(x):                                # the gradient goes straight through
    ...     return ag.stop_gradient(x).numpy().round()
    >>> x = ag.tensor([0.4, 1.7], requires_grad=True)
    >>> ag.grad(rounded(x).sum(), x).numpy()
    array([1., 1.])
    """
    if f is None and rule is not None:
        return lambda function: custom_gradient(function, rule)
    if not callable(f) or not callable(rule):
        raise ArgumentError(
            "custom_gradient() takes a function and its rule: ag.custom_gradient(f, rule), or @ag.custom_gradient("
            "rule=...) above the function, where rule(g, out, *inputs) gives the gradient of each input"
        )
    function: Callable[..., Any] = f
    one, several = _operation(function, rule, None), _operation(function, rule, True)

    @functools.wraps(function)
    def with_rule(*inputs: Any, **parameters: Any) -> Any:
        with no_grad():
            found = function(*inputs, **parameters)
            results = [_result(each, inputs) for each in (found if isinstance(found, tuple | list) else (found,))]
        kept = {name: settled(value) for name, value in parameters.items()}
        named = isinstance(found, tuple) and hasattr(found, "_fields")
        op = several if isinstance(found, tuple | list) else one
        given: Any = apply(op, (*results, *inputs), {"count": len(results), "parameters": kept})
        return alike(found, given) if named else given

    return with_rule


def _result(found: Any, inputs: Sequence[Any]) -> Tensor:
    """What the function gave, as data in memory of its own; a recording goes by the tensor that it has seen made."""
    result = asarray(found)
    return result if mode.now.witness.records and not any(result is x for x in inputs) else result.detach()


def _named(f: Callable[..., Any]) -> str:
    name = getattr(f, "__name__", type(f).__name__)
    return name if name.isidentifier() else "custom"


def _operation(f: Callable[..., Any], rule: Callable[..., Any], parts: bool | None) -> Operation:
    """The operation whose arguments are the results of `f`, which it hands on, and then the inputs."""

    def forward(xp: Any, *arrays: Any, count: int, parameters: Any) -> Any:
        return arrays[:count] if parts else arrays[0]

    def gradients(xp: Any, g: Any, out: Any, *arrays: Any, count: int, parameters: Any) -> list[Any]:
        inputs = arrays[count:]
        whole = isinstance(g, tuple)
        if backend.is_array(g[0] if whole else g):
            with no_grad():
                given = rule(_lifted(g), _lifted(out), *map(_lifted, inputs), **parameters)
                found = [each if each is None else asarray(each) for each in _each(name, given, inputs)]
            _fit(f, found, inputs)
            return [None] * count + [each if each is None else each.data for each in found]
        if not isinstance(g[0] if whole else g, Tensor):
            return [None] * count + _each(name, _symbolic(name, rule, (g, out, *inputs), parameters), inputs)
        found = _each(name, rule(g, out, *inputs, **parameters), inputs)
        found = [each if each is None else asarray(each) for each in found]
        _fit(f, found, inputs)
        return [None] * count + found

    name = forward.__name__ = _named(f)
    forward.__module__ = getattr(f, "__module__", None) or __name__
    if forward.__module__.startswith("autograd_lite."):
        forward.__module__ = "custom"  # its rule may return memory that is not its own
    forward.__doc__ = getattr(f, "__doc__", None)
    latex = name.replace("_", r"\_")
    op = Operation(forward, rf"\operatorname{{{{{latex}}}}}({{arrays}})", name, analytic=False, parts=parts)
    return op.rules(arrays=gradients)


def _symbolic(name: str, rule: Callable[..., Any], args: tuple[Any, ...], parameters: dict[str, Any]) -> Any:
    """What a rule gives in another world than that of tensors, where operators and methods alone are known."""
    try:
        return rule(*args, **parameters)
    except Exception as error:
        raise ArgumentError(
            f"the gradient of {name} has no formula: its rule calls functions on tensors; declare it with "
            "ag.operation, whose rules are for every world, to see its equations"
        ) from error


def _lifted(x: Any) -> Any:
    """An array as a tensor, and all else as it is."""
    if isinstance(x, tuple):
        return tuple(map(_lifted, x))
    return Tensor(x, copy=False) if backend.is_array(x) else x


def _each(name: str, given: Any, inputs: Sequence[Any]) -> list[Any]:
    """One gradient for each input, of what a rule returned."""
    if not isinstance(given, tuple | list):
        given = (given,)
    if len(given) != len(inputs):
        raise ArgumentError(
            f"custom_gradient(): the rule of {name} gave {_counted(len(given), 'gradient')}, and it has "
            f"{_counted(len(inputs), 'input')}: return a tuple of one for each, None for one that gets none"
        )
    return list(given)


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _fit(f: Callable[..., Any], gradients: Sequence[Any], inputs: Sequence[Any]) -> None:
    """Refuse gradients that are not such of their inputs, by the names of these."""
    for i, (g, x) in enumerate(zip(gradients, inputs, strict=True)):
        if g is None or not hasattr(x, "shape"):
            continue
        said = f"custom_gradient(): the rule of {_named(f)} gave {describe(g, 'a gradient')} for"
        if g.dtype.kind not in "biuf":
            raise DtypeError(f"{said} {describe(x, _argument(f, i))}, and a gradient is made of real numbers")
        try:
            fits = numpy.broadcast_shapes(g.shape, x.shape) in (g.shape, x.shape)
        except ValueError:
            fits = False
        if not fits:
            raise ShapeError(f"{said} {describe(x, _argument(f, i))}: it needs one of shape {tuple(x.shape)}")


def _argument(f: Callable[..., Any], place: int) -> str:
    """The name of an argument of `f`."""
    try:
        names = [p.name for p in inspect.signature(f).parameters.values() if p.kind is not p.VAR_POSITIONAL]
    except (TypeError, ValueError):
        names = []
    return names[place] if place < len(names) else f"input {place}"
