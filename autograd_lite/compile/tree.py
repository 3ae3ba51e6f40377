"""What a compiled function returns: tensors in tuples, lists and dictionaries, taken apart and put together again.

Knows Tensors from outside. Must not know programs.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.engine.graph import Node, tick
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import CompileError, GraphError
from autograd_lite.op import Operation


def _no_gradient(*args: Any, **kwargs: Any) -> Any:
    raise GraphError(
        "a result of a compiled function has no graph behind it: call backward() or grad() inside the function"
    )


def _compiled(xp: Any, x: Any) -> Any:
    return x


# What a result of a compiled function comes from, so that no gradient is silently lost behind it.
_RESULT = Operation(_compiled, r"{x}", "compiled", analytic=False)
_RESULT.name = "compiled"
_RESULT.rules(x=_no_gradient)
_BEHIND = (Tensor(0.0, requires_grad=True, name="inside a compiled function"),)
_NOTHING: dict[str, Any] = {}


def result(array: Any, wants: bool) -> Tensor:
    """A returned array as a tensor; where it would require a gradient, one that says that there is none."""
    made: Tensor = object.__new__(Tensor)
    made.__setstate__((array, None, wants, None))
    if wants:
        made.node = Node(_RESULT, _BEHIND, _NOTHING, (), tick())
    return made


def disassemble(returned: Any, found: list[Tensor]) -> Any:
    """The form of what a function returned, with its tensors collected in `found`.

    Raises `CompileError` for anything but tensors, `None`, and tuples, lists and dictionaries of them.
    """
    if type(returned) is Tensor:
        found.append(returned)
        return len(found) - 1
    kind = type(returned)
    if kind is list or isinstance(returned, tuple):
        return (kind, [disassemble(each, found) for each in returned])
    if kind is dict:
        return (dict, {k: disassemble(each, found) for k, each in returned.items()})
    if returned is None:
        return None
    raise CompileError(
        f"a compiled function returns tensors, or tuples, lists or dictionaries of them, not {returned!r:.60}"
    )


def assemble(form: Any, results: list[Tensor]) -> Any:
    """What `disassemble` took apart, with other tensors in it."""
    if isinstance(form, int):
        return results[form]
    if form is None:
        return None
    kind, parts = form
    if kind is dict:
        return {k: assemble(each, results) for k, each in parts.items()}
    made = [assemble(each, results) for each in parts]
    return made if kind is list else tuple(made) if kind is tuple else kind(*made)
