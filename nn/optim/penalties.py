"""Costs on the weights that change the gradients of an optimiser: the squares (weight decay) and the sizes (L1).

Knows parameters and their gradients. Must not know the step that is made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.optim.numbers import Number
from nn.optim.optimizer import Optimizer


class Penalised(Optimizer):
    """An optimiser with the terms of the book's regularised costs: a gradient g becomes g + λ₂ w + λ₁ sgn(w).

    `weight_decay` is λ₂ and `l1` is λ₁, each the book's λ over its number n of training examples: for 1/2n λ Σ w²
    write `weight_decay=lmbda / n`. Weights alone have the terms, as in the book: parameters of two axes or more,
    but for γ and β of a normalisation. Biases have them only in a group that names the number itself. Raises
    `ArgumentError` for a term that no parameter has.
    Source: Nielsen, *Neural Networks and Deep Learning*, chapter 3, equations (87) and (95).
    """

    weight_decay = Number("the weight decay", off=True)
    l1 = Number("the l1 cost", off=True)

    grouped = True
    decoupled = False
    """Whether the weight decay is no part of the gradient, since the step makes it itself."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _TERMS and not self.groups:
            declared: Number = getattr(type(self), name)
            self._refuse({name: declared.checked(type(self).__name__, value)})
        super().__setattr__(name, value)
        if name in _TERMS and value and not self._penalised:
            self._penalised = True
        elif name == "groups" and value:
            self._penalised = True  # each may have a term at any time

    def _refuse(self, numbers: Mapping[str, Any]) -> None:
        named = [name for name in _TERMS if numbers.get(name)]
        if named and not self.groups and not any(map(is_weight, self.parameters)):
            raise ag.ArgumentError(
                f"{type(self).__name__}: {named[0]} is for weights, which have two axes or more, and there are none "
                f'among the parameters: name those that it is for, as in [{{"parameters": [w], "{named[0]}": '
                f"{numbers[named[0]]!r}}}]"
            )

    def _with_penalties(self, rows: list[tuple[Any, ...]], group: Any) -> list[tuple[Any, ...]]:
        place = self if group is None else group
        decay = 0.0 if self.decoupled else place.weight_decay
        size = place.l1
        found = []
        for parameter, gradient, *state in rows:
            if decay and self.has_term(parameter, place, "weight_decay"):
                gradient = gradient + decay * parameter
            if size and self.has_term(parameter, place, "l1"):
                gradient = gradient + size * ag.sign(parameter)
            found.append((parameter, gradient, *state))
        return found

    def has_term(self, parameter: Tensor, group: Any, name: str) -> bool:
        """Whether a parameter of the group has a term: a weight, or any where the group names the number itself."""
        return is_weight(parameter) or (group is not self and name in group.own)


def is_weight(parameter: Tensor) -> bool:
    """Whether it is the weights of a layer: no bias, and not gain or shift of a normalisation, whatever their axes."""
    return parameter.ndim > 1 and parameter.name not in ("γ", "β")


_TERMS = ("weight_decay", "l1")
