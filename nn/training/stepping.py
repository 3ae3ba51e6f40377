"""One step of training: cost, gradients, update; compiled where that is wanted and possible.

Knows models, costs and optimisers only as callables. Must not know epochs or data sets.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.module import Module
from nn.optim import Optimizer

Step = Callable[[Any, Any], Tensor]


class Stepping(Protocol):
    """What training needs of an optimiser."""

    def zero_grad(self) -> None:
        """Forget all gradients."""

    def step(self) -> None:
        """Change the parameters by one step."""


def refuse_misfits(model: Any, cost: Any, optimizer: Any) -> None:
    """Raise `ArgumentError` for what cannot train: no functions, or an optimiser of other parameters."""
    for words, value in (("the model", model), ("the cost", cost)):
        if not callable(value):
            raise ag.ArgumentError(f"fit: {words} must be callable, not {value!r:.60}")
    if not all(callable(getattr(optimizer, name, None)) for name in ("zero_grad", "step")):
        raise ag.ArgumentError(
            f"fit: the optimizer must have zero_grad() and step(), as nn.SGD(model.parameters(), lr=0.1) has, "
            f"not {optimizer!r:.60}"
        )
    if isinstance(model, Module) and isinstance(optimizer, Optimizer):
        trained = {id(parameter) for parameter in optimizer.parameters}
        wanting = [parameter for parameter in model.parameters() if parameter.requires_grad]
        if wanting and not any(id(parameter) in trained for parameter in wanting):
            raise _foreign(optimizer)


def _foreign(optimizer: Optimizer) -> ag.ArgumentError:
    kind = type(optimizer).__name__
    return ag.ArgumentError(
        f"fit: the {kind} changes none of the parameters that the cost depends on: it was made for others; make one "
        f"for this model, as in nn.{kind}(model.parameters(), …)"
    )


def step_of(model: Any, cost: Any, optimizer: Stepping) -> Step:
    """One step as a function of a mini-batch, which returns the cost before the update."""

    def step(x: Any, y: Any) -> Tensor:
        value: Tensor = cost(model(x), y)
        if not isinstance(value, Tensor):
            raise ag.ArgumentError(f"fit: the cost must return a Tensor, computed from the output, not {value!r:.60}")
        optimizer.zero_grad()
        value.backward(free=True)
        if isinstance(optimizer, Optimizer) and all(each.grad is None for each in optimizer.parameters):
            raise _foreign(optimizer)
        optimizer.step()
        return value

    return step


def compiled(step: Step, *, stacklevel: int) -> Step:
    """The step compiled, or where that cannot be, itself, with one warning that says why."""
    fast: Step = ag.compile(step)

    def step_or_say_why(x: Any, y: Any) -> Tensor:
        nonlocal fast
        try:
            return fast(x, y)
        except ag.CompileError as error:
            if fast is step:
                raise
            warnings.warn(f"fit runs this model eagerly, since it cannot be compiled: {error}", stacklevel=stacklevel)
            fast = step
            return step(x, y)

    return step_or_say_why


def can_be_compiled(*arrays: Any) -> bool:
    """Whether compiled steps run on such arrays: they do on NumPy's."""
    return all(isinstance(array, np.ndarray) for array in arrays)
