"""Modules one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd_lite as ag
from nn.module import Module

Layer = Module | Callable[[Any], Any]


class Sequential(Module):
    """Modules, or functions of one tensor, applied one after the other; one list of them will do.

    Raises `ArgumentError` for what cannot be called on a tensor.

    >>> nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2))(np.zeros((5, 4))).shape
    (5, 2)
    """

    def __init__(self, *layers: Layer | Sequence[Layer]) -> None:
        given: Sequence[Any] = layers
        if len(layers) == 1 and isinstance(layers[0], list | tuple):
            given = layers[0]
        for i, layer in enumerate(given):
            if isinstance(layer, type):
                raise ag.ArgumentError(
                    f"Sequential: layer {i} is the class {layer.__name__}: make one, as in {layer.__name__}()"
                )
            if not callable(layer):
                raise ag.ArgumentError(
                    f"Sequential: layer {i} is {layer!r:.60}, but a layer is a module or a function of one tensor"
                )
        self.layers = list(given)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x
