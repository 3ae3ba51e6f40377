"""Gradients kept within bounds between the reverse pass and the step, in a compiled step as well.

Knows tensors with gradients. Must not know optimisers or models.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor


class Source(Protocol):
    """What has parameters: a model gives them when it is asked, an optimiser has them as a list."""

    @property
    def parameters(self) -> Any:
        """The parameters, or a function that gives them."""


def clip_grad_norm(parameters: Iterable[Tensor] | Source, max_norm: float, norm: float = 2.0) -> Tensor:
    """Scale all gradients together so that their norm is at most `max_norm`; the norm that they had is returned.

    `norm` is 2, the root of the sum of all squares, which is taken in double precision, or `np.inf`, the largest size.
    Gradients within the bound stay as they are, to the bit. A number that is not finite makes all of them nan, which
    `nn.fit` stops at. Raises `ArgumentError` for what is no parameter, no norm or no bound; nothing is changed then.
    Source: R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural networks, 2013,
    algorithm 1.

    >>> w = ag.tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> nn.clip_grad_norm([w], 1.0).item()
    10.0
    >>> w.grad
    array([0.6, 0.8])
    """
    found = _moving("clip_grad_norm", parameters)
    max_norm = _bound("clip_grad_norm: max_norm", max_norm)
    if norm not in (2, float("inf")):
        raise ag.ArgumentError(f"clip_grad_norm: norm is 2 or np.inf, not {norm!r:.60}")
    with ag.no_grad():
        size = ag.asarray(0.0)
        for _, gradient in found:
            wide = gradient.astype(float)
            size = size + ag.sum(ag.square(wide)) if norm == 2 else ag.maximum(size, ag.max(ag.absolute(wide)))
        size = ag.sqrt(size) if norm == 2 else size
        # Of an endless norm the bound would be 0 parts, and hide it.
        scale = ag.where(size == float("inf"), float("nan"), max_norm / ag.maximum(size, max_norm))
        _put([(parameter, gradient * scale.astype(gradient.dtype)) for parameter, gradient in found])
    return size


def clip_grad_value(parameters: Iterable[Tensor] | Source, max_value: float) -> None:
    """Cut every number of the gradients off at -`max_value` and `max_value`.

    Raises `ArgumentError` for what is no parameter or no bound; nothing is changed then.

    >>> w = ag.tensor([3.0, -0.1], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> nn.clip_grad_value([w], 1.0)
    >>> w.grad
    array([ 1. , -0.2])
    """
    found = _moving("clip_grad_value", parameters)
    max_value = _bound("clip_grad_value: max_value", max_value)
    with ag.no_grad():
        _put([(parameter, ag.clip(gradient, -max_value, max_value)) for parameter, gradient in found])


def _moving(what: str, parameters: Any) -> list[tuple[Tensor, Tensor]]:
    """The leaves that have gradients, with them."""
    given = getattr(parameters, "parameters", parameters)  # a model's, or an optimiser's
    try:
        leaves = [given] if isinstance(given, Tensor) else list(given() if callable(given) else given)
    except TypeError:
        raise ag.ArgumentError(f"{what}: give the parameters, as in model.parameters(), not {given!r:.60}") from None
    for leaf in leaves:
        if not isinstance(leaf, Tensor) or leaf.node is not None:
            raise ag.ArgumentError(f"{what}: {leaf!r:.80} is no leaf tensor, which alone has a gradient to clip")
    return [(leaf, ag.asarray(leaf.grad)) for leaf in leaves if leaf.grad is not None]


def _bound(what: str, value: Any) -> Any:
    """A positive bound; one that an optimiser keeps may be read live."""
    try:
        positive = bool(value > 0) and not isinstance(value, str | bool)
    except (TypeError, ValueError):
        positive = False
    if not positive:
        raise ag.ArgumentError(f"{what} must be a positive number, not {value!r:.60}")
    return float(value) if isinstance(value, np.generic | np.ndarray) else value


def _put(changed: list[tuple[Tensor, Tensor]]) -> None:
    """Give every leaf its new gradient, once all of them are known."""
    for parameter, gradient in changed:
        parameter.grad = gradient
