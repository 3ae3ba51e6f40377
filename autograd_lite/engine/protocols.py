"""NumPy's protocols: what NumPy's own functions do with Tensors, and how a Tensor becomes something else's array.

A name of NumPy's means on Tensors what it means in NumPy, or is refused. Knows Tensors and the functions on them, and
joins itself to `Tensor` at the end. Must not know how an operation computes or is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
from numpy import ndarray

from autograd_lite.diagnosis import describe
from autograd_lite.elsewhere import close, either
from autograd_lite.engine import creation, functional, nested
from autograd_lite.engine.graph import mode
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, GraphError
from autograd_lite.op import REGISTRY, SPACES
from autograd_lite.ops import shaping
from autograd_lite.ops.aliases import ALIASES


def array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> ndarray:
    """A NumPy copy for `numpy.asarray`; refused where it would lose a gradient without a word."""
    if self.requires_grad and mode.now.grad:
        raise GraphError(
            f"{describe(self)} requires a gradient, which a plain array would lose: say what you mean with "
            "numpy() or detach(), or use the operations of autograd_lite"
        )
    values = self.numpy()
    return values if dtype is None else values.astype(dtype)


def array_namespace(self: Tensor, api_version: str | None = None) -> Any:
    """The functions on Tensors, as the array API standard asks for them."""
    return functional


def dlpack(self: Tensor, **options: Any) -> Any:
    """The values for another library, in memory of their own; refused where a gradient would be lost."""
    if self.requires_grad:
        raise GraphError(
            f"{describe(self)} requires a gradient, which another library's array would lose: export t.detach()"
        )
    return self.detach().data.__dlpack__(**options)


def dlpack_device(self: Tensor) -> Any:
    """Where the values are, as DLPack says it."""
    return self._data.__dlpack_device__()


def _widened(theirs: Any, name: str) -> Callable[..., Tensor]:
    """A ufunc of NumPy that is the operation `name` of ours on arguments in the dtype of its result."""
    ours: Callable[..., Tensor] = getattr(functional, name)

    def function(*args: Any) -> Tensor:
        dtype = theirs(*(numpy.zeros(1, x.dtype) if hasattr(x, "dtype") else x for x in args)).dtype
        return ours(*(functional.astype(x, dtype) if getattr(x, "dtype", dtype) != dtype else x for x in args))

    return function


_UFUNCS: dict[str, Callable[..., Tensor]] = {
    each.__name__: _widened(each, ours.__name__)
    for each, ours in ((numpy.fabs, numpy.absolute), (numpy.float_power, numpy.power))
}
"""Ufuncs of NumPy that are no operations, but can be said with one."""


def _rather(name: str, called: str) -> str:
    """What to do where NumPy has a function that tensors have not: the nearest of ours, or how to declare one."""
    whole = _WHOLE.get(called)
    near = [f"ag.{each}" for each in ([whole] if whole else close(name, [op for op in REGISTRY if "_" not in op[:1]]))]
    return (
        (f": the nearest is {either(near)}; or" if near else ":")
        + f" leave the tensors with np.{called} on x.numpy(), or declare it with its derivative, as in "
        "@ag.elementwise(lambda xp, out, x: …), @ag.operation(…).rules(x=…) or ag.custom_gradient(f, rule)"
    )


_WHOLE = {f"{each.__name__}.reduce": ours.__name__ for each, ours in (
    (numpy.add, numpy.sum), (numpy.multiply, numpy.prod), (numpy.maximum, numpy.max), (numpy.minimum, numpy.min),
)} | {"add.accumulate": numpy.cumsum.__name__, "multiply.outer": numpy.outer.__name__}  # fmt: skip
"""Methods of NumPy's ufuncs that are operations of ours."""


def array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """`numpy.exp(t)` and its kin: the operation of the same name."""
    name = ALIASES.get(ufunc.__name__, ufunc.__name__)
    named: Any = getattr(numpy, ufunc.__name__, None)
    if method != "__call__" or named is not ufunc or not (name in REGISTRY or name in _UFUNCS):
        called = name + ("" if method == "__call__" else "." + method)
        raise ArgumentError(f"numpy.{called} is not an operation on tensors{_rather(ufunc.__name__, called)}")
    if kwargs:
        raise ArgumentError(
            f"numpy.{name} on tensors takes no {', '.join(kwargs)}: a result is always a new tensor"
            + (", so write x = x + t instead of x += t" if "out" in kwargs else "")
        )
    function = _UFUNCS[name] if name in _UFUNCS else getattr(functional, name)
    return function(*inputs)


def _answer(function: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy function whose answer is no tensor, on the values of tensors."""

    def on_values(*args: Any, **kwargs: Any) -> Any:
        return function(*(x.numpy() if type(x) is Tensor else x for x in args), **kwargs)

    return on_values


def _of_shape(function: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy function that asks for the shape alone, so that no value is read."""

    def on_shapes(x: Any, *args: Any, **kwargs: Any) -> Any:
        return function(numpy.broadcast_to(numpy.zeros((), bool), x.shape), *args, **kwargs)

    return on_shapes


_ANSWERS = {
    each.__name__: _answer(each)
    for each in (numpy.allclose, numpy.array_equal, numpy.array_repr, numpy.array_str, numpy.shares_memory)
} | {each.__name__: _of_shape(each) for each in (numpy.shape, numpy.ndim, numpy.size)}

_COMPOSED: dict[Any, Callable[..., Any]] = {
    numpy.block: nested.block, numpy.select: nested.select, numpy.choose: nested.choose, numpy.insert: nested.insert,
    numpy.linspace: creation.linspace, numpy.logspace: creation.logspace, numpy.geomspace: creation.geomspace,
    numpy.lib.stride_tricks.sliding_window_view: shaping.sliding_window_view,
}  # fmt: skip
"""Functions of NumPy's that are functions of ours, but no operations of the same name."""

_IN_PLACE: dict[Any, str] = {
    numpy.put_along_axis: "y = ag.put_along_axis(x, indices, values, axis)",
    numpy.put: "y = ag.put(x, index, values)",
    numpy.place: "y = ag.put(x, mask, values)",
    numpy.putmask: "y = ag.where(mask, values, x)",
    numpy.copyto: "x.assign(values), or y = ag.where(mask, values, x)",
    numpy.fill_diagonal: "y = ag.put(x, (range(n), range(n)), values)",
}
"""Functions of NumPy's that write into their argument, each with what gives a new tensor instead."""


def array_function(self: Tensor, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """`numpy.concatenate([t, u])` and its kin: ours of the same name."""
    if function in _COMPOSED:
        return _COMPOSED[function](*args, **kwargs)
    if function in _IN_PLACE:
        raise ArgumentError(
            f"numpy.{function.__name__} writes into its argument, and a tensor is not written into: write "
            f"{_IN_PLACE[function]}"
        )
    name = ALIASES.get(function.__name__, function.__name__)
    known = name in _ANSWERS or (name in REGISTRY and hasattr(numpy, name))
    space = function.__module__.removeprefix("numpy").lstrip(".")
    if space in SPACES:
        name = f"{space}.{function.__name__}"
        known = name in REGISTRY
    if not known or not function.__module__.startswith("numpy"):
        called = f"{space}.{function.__name__}" if space else function.__name__
        raise ArgumentError(f"numpy.{called} is not an operation on tensors{_rather(function.__name__, called)}")
    return (_ANSWERS[name] if name in _ANSWERS else getattr(functional, name))(*args, **kwargs)


Tensor.__array__ = array  # type: ignore[attr-defined]
Tensor.__array_namespace__ = array_namespace  # type: ignore[attr-defined]
Tensor.__array_ufunc__ = array_ufunc  # type: ignore[attr-defined]
Tensor.__array_function__ = array_function  # type: ignore[attr-defined]
Tensor.__dlpack__ = dlpack  # type: ignore[attr-defined]
Tensor.__dlpack_device__ = dlpack_device  # type: ignore[attr-defined]
