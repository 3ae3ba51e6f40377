"""The NumPy-like namespace over Tensors: every operation as a function, and functions composed of them.

It is the `xp` of the world of Tensors, so a rule that runs on it records itself. New operations
appear here by being declared; this file names only what is composed and needs no rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy

from autograd_lite import backend
from autograd_lite.engine.tensor import Tensor, apply, asarray, lift, put_call, tensor
from autograd_lite.op import REGISTRY

if TYPE_CHECKING:

    def __getattr__(name: str) -> Callable[..., Tensor]: ...


globals().update({name: lift(op) for name, op in REGISTRY.items()})


def put(x: Any, index: Any, value: Any) -> Tensor:
    """A copy of `x` in which `x[index]` is `value`; the way to write an item assignment.

    Raises `ArgumentError` where an index names an element twice.

    >>> import autograd_lite as ag
    >>> ag.put(ag.tensor([1.0, 2.0, 3.0]), 1, 9.0).numpy()
    array([1., 9., 3.])
    """
    op, inputs, params = put_call(x, index, value)
    return apply(op, inputs, params)


def arange(stop: int, like: Tensor) -> Tensor:
    """The whole numbers from 0 to below `stop`, on the device of `like`; data, never differentiable.

    >>> import autograd_lite as ag
    >>> ag.arange(3, like=ag.zeros(2)).numpy()
    array([0, 1, 2])
    """
    return asarray(backend.namespace(like._data).arange(stop))


def zeros(shape: Any, dtype: Any = float, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """A tensor of zeros.

    >>> import autograd_lite as ag
    >>> ag.zeros(2).numpy()
    array([0., 0.])
    """
    return tensor(numpy.zeros(shape, dtype), requires_grad, name=name)


def ones(shape: Any, dtype: Any = float, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """A tensor of ones.

    >>> import autograd_lite as ag
    >>> ag.ones(2).numpy()
    array([1., 1.])
    """
    return tensor(numpy.ones(shape, dtype), requires_grad, name=name)


def _answer(function: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy function whose answer is no tensor, on the values of tensors."""

    def on_values(*args: Any, **kwargs: Any) -> Any:
        return function(*(x.numpy() if type(x) is Tensor else x for x in args), **kwargs)

    return on_values


# What NumPy's own functions do with Tensors: np.concatenate([t, u]) is ours, np.shape(t) its own.
NUMPY_FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: globals()[name] for name in REGISTRY if hasattr(numpy, name)
} | {
    name: _answer(getattr(numpy, name))
    for name in ("shape", "ndim", "size", "allclose", "array_equal", "array_repr", "array_str", "shares_memory")
}
for _new_name, _name in {"amax": "max", "amin": "min", "permute_dims": "transpose", "concat": "concatenate"}.items():
    NUMPY_FUNCTIONS[_new_name] = NUMPY_FUNCTIONS[_name]
