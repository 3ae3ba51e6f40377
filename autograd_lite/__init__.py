"""autograd_lite: backpropagation as it is, the chain rule applied node by node to a graph.

First steps:

>>> import numpy as np
>>> import autograd_lite as ag
>>> w = ag.tensor([[0.5, -1.0]], requires_grad=True, name="w")   # a leaf: what is learned
>>> x = np.array([[1.0, 2.0], [3.0, 4.0]])                       # examples are rows
>>> cost = ag.square(ag.sigmoid(x @ w.T) - 1.0).mean()           # operations record themselves
>>> cost.backward()                                              # the reverse pass
>>> w.grad.shape                                                 # in the leaf, as an array
(1, 2)

- `ag.tensor`, `ag.asarray`, `ag.zeros` make tensors; NumPy's names (`ag.exp`, `ag.sum`, `ag.concatenate`, ...) and
  operators work on them, and so do NumPy's own functions.
- `ag.grad` gives gradients without writing them anywhere, of any order; `with ag.no_grad():` records nothing.
- `ag.value_and_grad`, `ag.vjp`, `ag.jvp`, `ag.jacobian`, `ag.hessian`, `ag.hvp` are derivatives of functions, over
  arrays in any containers; `ag.minimize` hands them to SciPy.
- `ag.draw(cost)` draws the graph, `ag.derive(cost)` prints its equations, `ag.explain(cost)` is a page that steps
  through both passes, `ag.check_equations` looks at yours.
- `@ag.compile` records a training step once and replays it at the speed of a hand-written one.
- `ag.checkpoint(f, x)` recomputes in the reverse pass instead of keeping, `ag.custom_gradient` states the gradient of a
  function, `ag.stop_gradient` ends one.
- `@ag.operation` declares an operation of your own; `ag.check_operation` tries it in every world the library has, and
  `ag.gradcheck` holds the gradients of any function against differences.
- `import nn` has networks, costs, optimisers and `nn.fit`.

Every error is an `ag.AutogradError` and says what to write instead; all of them are in `ag.errors`.
"""

# The face of the package: it joins the rooms and says what is public. What shows, checks and compiles is loaded when
# it is first used. Editors read the stub beside this file, which docs/stubs.py writes.

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

from autograd_lite import errors, linalg, ops
from autograd_lite.debug import debug
from autograd_lite.elsewhere import instead
from autograd_lite.engine import functional, random, reverse
from autograd_lite.engine.calculus import grad, hessian, hvp, jacobian, jvp, linearize, value_and_grad, vjp
from autograd_lite.engine.creation import (
    arange,
    empty,
    eye,
    fromfunction,
    full,
    geomspace,
    identity,
    linspace,
    logspace,
    ones,
    zeros,
)
from autograd_lite.engine.custom import custom_gradient, stop_gradient
from autograd_lite.engine.functional import put
from autograd_lite.engine.graph import ancestors, enable_grad, is_grad_enabled, no_grad, scope, touch
from autograd_lite.engine.nested import block, choose, insert, select
from autograd_lite.engine.tensor import Tensor, asarray, tensor
from autograd_lite.errors import UnknownNameError
from autograd_lite.op import REGISTRY, Operation, elementwise, operation
from autograd_lite.ops.aliases import ALIASES
from autograd_lite.watch import live

__version__ = "0.1.0"

_WHEN_USED = {
    "checkpoint": "engine.checkpoint",
    "CheckReport": "check.report",
    "gradcheck": "check.gradcheck",
    "OperationReport": "check.operation",
    "check_operation": "check.operation",
    "Compiled": "compile.compiled",
    "compile": "compile.compiled",
    "Derivation": "show.equations.derive",
    "derive": "show.equations.derive",
    "EquationReport": "show.equations.student",
    "check_equations": "show.equations.student",
    "Minimum": "minimizing",
    "minimize": "minimizing",
    "Page": "show.page.explain",
    "explain": "show.page.explain",
    "Picture": "show.picture.draw",
    "draw": "show.picture.draw",
}
"""What is loaded when it is first used, with the module that has it."""


def __getattr__(name: str) -> Any:
    module = _WHEN_USED.get(name)
    if module is None:
        if name.startswith("__"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise UnknownNameError(instead, "module 'autograd_lite'", name, "ag.", __all__)
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__doc__", "__version__"]


class _Face(types.ModuleType):
    """This module, in which the function `compile` is not hidden by the folder of that name once it is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, types.ModuleType) and name in _WHEN_USED):
            super().__setattr__(name, value)


def _repr_html_(self: Tensor) -> str:
    from autograd_lite.show.tables import tensor_html

    return tensor_html(self)


# Every operation is a function of the package: ag.exp, ag.matmul, …; and every error is here by its own name too.
_ERRORS = {name: value for name, value in vars(errors).items() if isinstance(value, type)}
_OTHER_NAMES = [name for name, meant in ALIASES.items() if meant in REGISTRY]
globals().update({name: getattr(functional, name) for name in [*REGISTRY, *_OTHER_NAMES]} | _ERRORS)

# Where a lower room's object needs a higher room's skill, it is joined here.
Tensor.backward = reverse.backward  # type: ignore[method-assign]
Tensor._repr_html_ = _repr_html_  # type: ignore[attr-defined]

__all__ = [
    "Operation", "REGISTRY", "Tensor", "ancestors", "arange", "asarray", "block", "choose",
    "custom_gradient", "debug", "elementwise", "empty", "enable_grad", "errors", "eye", "fromfunction", "full",
    "functional", "geomspace", "grad", "hessian", "hvp", "identity", "insert", "is_grad_enabled", "jacobian", "jvp",
    "linalg", "linearize", "linspace", "live", "logspace", "no_grad", "ones", "operation", "ops", "put", "random",
    "scope", "select", "stop_gradient", "tensor", "touch", "value_and_grad", "vjp", "zeros", *_WHEN_USED, *_ERRORS,
    *_OTHER_NAMES, *(name for name in REGISTRY if "." not in name),
]  # fmt: skip

sys.modules[__name__].__class__ = _Face
