"""autograd_lite: backpropagation as it is, the chain rule applied node by node to a graph.

The face of the package: it joins the rooms and says what is public.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from autograd_lite import functional, ops, reverse
from autograd_lite.check import CheckReport, gradcheck
from autograd_lite.compile import Compiled, compile
from autograd_lite.debug import debug
from autograd_lite.errors import (
    ArgumentError,
    AutogradError,
    AxisError,
    ChangedError,
    CheckError,
    CompileError,
    DataError,
    DeviceError,
    DtypeError,
    EngineError,
    FileError,
    GraphError,
    IndexingError,
    ShapeError,
)
from autograd_lite.functional import arange, ones, put, zeros
from autograd_lite.graph import ancestors, enable_grad, is_grad_enabled, live, no_grad, scope, touch
from autograd_lite.op import REGISTRY, Operation, elementwise, operation
from autograd_lite.reverse import grad
from autograd_lite.show.derive import Derivation, derive
from autograd_lite.show.equations import EquationReport, check_equations
from autograd_lite.show.explain import Page, explain
from autograd_lite.show.notebook import tensor_html
from autograd_lite.show.picture import Picture, draw
from autograd_lite.tensor import Tensor, asarray, tensor

if TYPE_CHECKING:

    def __getattr__(name: str) -> Callable[..., Tensor]: ...


__version__ = "0.1.0"

# Every operation is a function of the package: ag.exp, ag.matmul, …
globals().update({name: getattr(functional, name) for name in REGISTRY})

# Where a lower room's object needs a higher room's skill, it is joined here.
Tensor.backward = reverse.backward  # type: ignore[method-assign]
Tensor._repr_html_ = tensor_html  # type: ignore[attr-defined]

__all__ = [
    "ArgumentError", "AutogradError", "AxisError", "ChangedError", "CheckError", "CheckReport", "CompileError",
    "Compiled", "DataError", "Derivation", "DeviceError", "DtypeError", "EngineError", "EquationReport", "FileError",
    "GraphError", "IndexingError", "Operation", "Page", "Picture", "REGISTRY", "ShapeError", "Tensor",
    "ancestors", "arange", "asarray", "check_equations", "compile", "debug", "derive", "draw", "elementwise",
    "enable_grad", "explain", "functional", "grad", "gradcheck", "is_grad_enabled", "live", "no_grad", "ones",
    "operation", "ops", "put", "scope", "tensor", "touch", "zeros", *REGISTRY,
]  # fmt: skip
