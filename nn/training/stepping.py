"""One step of training: cost, gradients, update; compiled where that is wanted and possible.

Knows models, costs and optimisers only as callables. Must not know epochs or data sets.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import number
from nn.module import Module
from nn.optim import Optimizer, clip_grad_norm, clip_grad_value
from nn.training.costing import refuse_flat, sums
from nn.training.modes import hidden

Step = Callable[[Any, Any], Tensor]
GroupStep = Callable[..., tuple[Tensor, ...]]
Change = Callable[[], None]
Made = TypeVar("Made", bound=Callable[..., Any])


class Stepping(Protocol):
    """What training needs of an optimiser."""

    def zero_grad(self) -> None:
        """Forget all gradients."""

    def step(self) -> None:
        """Change the parameters by one step."""


def refuse_misfits(model: Any, cost: Any, optimizer: Any) -> list[str]:
    """Raise `ArgumentError` for what cannot train: no functions, an optimiser of other parameters, all of them frozen.

    Returns what is worth knowing of parameters that will not be trained.
    """
    for words, value in (("the model", model), ("the cost", cost)):
        if not callable(value):
            raise ag.ArgumentError(f"fit: {words} must be callable, not {value!r:.60}")
    if not all(callable(getattr(optimizer, name, None)) for name in ("zero_grad", "step")):
        raise ag.ArgumentError(
            f"fit: the optimizer must have zero_grad() and step(), as nn.SGD(model.parameters(), lr=0.1) has, "
            f"not {optimizer!r:.60}"
        )
    if not isinstance(model, Module) or not isinstance(optimizer, Optimizer):
        return []
    trained = {id(parameter) for parameter in optimizer.parameters}
    for module in hidden(model):
        if any(parameter.requires_grad and id(parameter) not in trained for parameter in module.parameters()):
            raise ag.ArgumentError(
                f"fit: a function inside the model calls {module!r:.60}, which is no part of it, and so would be "
                "neither trained nor saved: hold it as an attribute of a module of your own, or freeze() it"
            )
    named = dict(model.named_parameters())
    wanting = {name: parameter for name, parameter in named.items() if parameter.requires_grad}
    if wanting and not any(id(parameter) in trained for parameter in wanting.values()):
        raise _foreign(optimizer)
    if named and not wanting and not any(parameter.requires_grad for parameter in optimizer.parameters):
        raise ag.ArgumentError(
            f"fit: all {len(named)} parameters of the model are frozen, so nothing can be trained: write "
            "model.unfreeze(), or requires_grad = True for the parameters that are to be"
        )
    left = [name for name, parameter in wanting.items() if id(parameter) not in trained]
    frozen = [name for name, parameter in named.items() if not parameter.requires_grad and id(parameter) in trained]
    notes = []
    if left:
        notes.append(f"the optimiser has {len(wanting) - len(left)} of {len(wanting)} parameters, not {_few(left)}")
    if frozen:
        notes.append(f"frozen, and so not trained: {_few(frozen)}")
    return notes


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _foreign(optimizer: Optimizer) -> ag.ArgumentError:
    kind = type(optimizer).__name__
    return ag.ArgumentError(
        f"fit: the {kind} changes none of the parameters that the cost depends on: it was made for others; make one "
        f"for this model, as in nn.{kind}(model.parameters(), …)"
    )


def _tensor(value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        raise ag.ArgumentError(f"fit: the cost must return a Tensor, computed from the output, not {value!r:.60}")
    return value


def _refuse_foreign(optimizer: Any) -> None:
    if isinstance(optimizer, Optimizer) and all(each.grad is None for each in optimizer.parameters):
        raise _foreign(optimizer)


def step_of(model: Any, cost: Any, optimizer: Stepping, clip: Change | None = None) -> Step:
    """One step as a function of a mini-batch, which returns the cost before the update."""

    def step(x: Any, y: Any) -> Tensor:
        # Model and cost are in the closure of the step itself, where a compiled step watches them.
        output = model(x)
        refuse_flat("fit", cost, output, len(x))
        value = _tensor(cost(output, y))
        optimizer.zero_grad()
        value.backward(free=True)
        _refuse_foreign(optimizer)
        if clip is not None:
            clip()
        optimizer.step()
        return value

    return step


def clipping(optimizer: Any, norm: Any, value: Any) -> Change | None:
    """What cuts the gradients before an update: to values, then to a norm; `None` where neither is asked for."""
    if norm is None and value is None:
        return None
    if not isinstance(optimizer, Optimizer):
        raise ag.ArgumentError(
            f"fit: clip_norm and clip_value need an optimiser with parameters, such as nn.SGD, not {optimizer!r:.60}"
        )
    for name, bound in (("clip_norm", norm), ("clip_value", value)):
        if bound is not None:
            number(f"fit: {name}", bound, 0, ends=False)

    def clip() -> None:
        if value is not None:
            clip_grad_value(optimizer.parameters, value)
        if norm is not None:
            clip_grad_norm(optimizer.parameters, norm)

    return clip


def accumulated(model: Any, cost: Any, optimizer: Stepping, clip: Change | None = None) -> GroupStep:
    """One step as a function of the x and y of several mini-batches, which returns the cost of each before the update.

    The gradient is that of the mean cost over all their examples: a mean over few counts for less than one over many,
    and sums are added. A cost that weighs its examples counts each mini-batch by how many it has.
    All are one compiled program: between several, gradients and parameters would change their memory at every call.
    """
    summed = sums(cost)

    def step(*arrays: Any) -> tuple[Tensor, ...]:
        batches = list(zip(arrays[::2], arrays[1::2], strict=True))
        examples = sum(len(x) for x, _ in batches)
        values = []
        optimizer.zero_grad()
        for x, y in batches:
            output = model(x)
            refuse_flat("fit", cost, output, len(x))
            value = _tensor(cost(output, y))
            (value if summed else value * (len(x) / examples)).backward(free=True)
            values.append(value)
        _refuse_foreign(optimizer)
        if clip is not None:
            clip()
        optimizer.step()
        return tuple(values)

    return step


def compiled(step: Made, *, stacklevel: int) -> Made:
    """The step compiled, or where that cannot be, itself, with one warning that says why."""
    fast: Any = ag.compile(step)

    def step_or_say_why(*batch: Any) -> Any:
        nonlocal fast
        try:
            return fast(*batch)
        except ag.CompileError as error:
            if fast is step:
                raise
            warnings.warn(f"fit runs this model eagerly, since it cannot be compiled: {error}", stacklevel=stacklevel)
            fast = step
            return step(*batch)

    return step_or_say_why  # type: ignore[return-value]


def can_be_compiled(*arrays: Any) -> bool:
    """Whether compiled steps run on such arrays: they do on NumPy's."""
    return all(isinstance(array, np.ndarray) for array in arrays)
