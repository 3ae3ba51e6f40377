"""autograd_lite: backpropagation as it is, the chain rule applied node by node to a graph.

The face of the package: it joins the rooms and says what is public.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from autograd_lite import ops
from autograd_lite.check.gradcheck import CheckReport, gradcheck
from autograd_lite.compile import Compiled, compile
from autograd_lite.engine import functional, reverse
from autograd_lite.engine.debug import debug
from autograd_lite.engine.functional import arange, ones, put, zeros
from autograd_lite.engine.graph import ancestors, enable_grad, is_grad_enabled, live, no_grad, scope, touch
from autograd_lite.engine.reverse import grad
from autograd_lite.engine.tensor import Tensor, asarray, tensor
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
from autograd_lite.op import REGISTRY, Operation, elementwise, operation
from autograd_lite.show.equations.derive import Derivation, derive
from autograd_lite.show.equations.student import EquationReport, check_equations
from autograd_lite.show.page.explain import Page, explain
from autograd_lite.show.picture.draw import Picture, draw
from autograd_lite.show.tables import tensor_html

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
