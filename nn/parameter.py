"""`Parameter`: what marks a Tensor as something that is trained, and not a buffer.

Knows marks alone: a Tensor is the same in every operation, marked or not. Must not know modules or optimisers.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import float_dtype

# By identity: two tensors are never the same for having equal values. The marks keep no tensor alive.
_marked: weakref.WeakValueDictionary[int, Tensor] = weakref.WeakValueDictionary()


def Parameter(  # noqa: N802 - it reads as what it makes
    data: Any, requires_grad: bool = True, dtype: Any = np.float32, name: str | None = None
) -> Tensor:
    """A Tensor that is trained: an attribute of a module that `parameters()` gives, also while it is frozen.

    It has a copy of `data`, in single precision unless `dtype` says otherwise. With
    `requires_grad=False`, or set to `False` later, it is frozen: optimisers pass over it. Raises
    `DtypeError` for a dtype that cannot require a gradient.

    A Tensor attribute that requires a gradient when its module comes across it is taken for a
    parameter too, and stays one when it is frozen; every other Tensor attribute is a buffer.

    >>> nn.Parameter([1.0, 2.0], name="w")
    tensor([1., 2.], dtype=float32, name='w', requires_grad=True)
    """
    dtype = float_dtype("Parameter", dtype)
    parameter = ag.tensor(data, requires_grad=True, dtype=dtype, name=name)
    if requires_grad is not True:
        parameter.requires_grad = requires_grad
    mark(parameter)
    return parameter


def mark(tensor: Tensor) -> None:
    """Take a leaf for a parameter from now on, whether it requires a gradient or not."""
    _marked[id(tensor)] = tensor


def is_parameter(tensor: Tensor) -> bool:
    """Whether a leaf is a parameter; one that requires a gradient is, and is marked, so that it stays one.

    >>> from nn.parameter import is_parameter
    >>> is_parameter(nn.Parameter(1.0, requires_grad=False)), is_parameter(ag.tensor(1.0))
    (True, False)
    """
    known = _marked.get(id(tensor)) is tensor
    if not known and tensor.requires_grad and tensor.node is None:
        mark(tensor)
        known = True
    return known
