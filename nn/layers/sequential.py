"""Modules one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import autograd_lite as ag
from nn.arguments import whole
from nn.layers.layer import ANY, Layer, Shape, spelled
from nn.module import Module

Each = Module | Callable[[Any], Any]


class Sequential(Layer):
    """Modules, or functions of one tensor, applied one after the other; one list of them will do.

    Raises `ArgumentError` for what cannot be called on a tensor, and `ShapeError` where a layer cannot take what the
    one before it gives, as far as sizes are known without data.

    >>> nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2))(np.zeros((5, 4))).shape
    (5, 2)
    """

    layers: list[Any]

    def __init__(self, *layers: Each | Iterable[Each]) -> None:
        given: Any = layers
        if len(layers) == 1 and (isinstance(layers[0], list | tuple) or _is_list(layers[0])):
            given = layers[0]
        given = list(given)
        for i, layer in enumerate(given):
            if isinstance(layer, type):
                raise ag.ArgumentError(
                    f"Sequential: layer {i} is the class {layer.__name__}: make one, as in {layer.__name__}()"
                )
            if not callable(layer):
                raise ag.ArgumentError(
                    f"Sequential: layer {i} is {layer!r:.60}, but a layer is a module or a function of one tensor"
                )
        try:
            shapes_of(given, ANY)
        except ag.ShapeError as error:
            raise ag.ShapeError(f"Sequential: {error}") from None
        self.layers = given

    def takes(self) -> tuple[Shape, ...]:
        first = self.layers[0] if self.layers else None
        return first.takes() if isinstance(first, Layer) else (ANY,)

    def gives(self, shape: Shape) -> Shape:
        return shapes_of(self.layers, shape)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def extra_repr(self) -> str:
        # The modules stand below, with their places.
        return ", ".join(f"{i}: {called(each)}" for i, each in enumerate(self.layers) if not isinstance(each, Module))

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return Sequential(self.layers[place])
        if not -len(self.layers) <= whole("Sequential: a place", place) < len(self.layers):
            raise ag.IndexingError(f"Sequential has {len(self.layers)} layers, and none at {place}")
        return self.layers[place]


def called(function: Any) -> str:
    """The name of a function, or what kind of thing it is that is called.

    >>> from nn.layers.sequential import called
    >>> called(ag.tanh)
    'tanh'
    """
    return str(getattr(function, "__name__", None) or getattr(function, "name", type(function).__name__))


def _is_list(layer: Any) -> bool:
    """Whether it is a module that holds others without a `forward` of its own."""
    return isinstance(layer, Module) and type(layer).forward is Module.forward and hasattr(layer, "__iter__")


def shapes_of(layers: Sequence[Any], shape: Shape) -> Shape:
    """What is known of the shape behind several layers. Raises `ShapeError` where two do not fit, naming both."""
    before = None
    for i, layer in enumerate(layers):
        given = shape
        if isinstance(layer, Layer):
            try:
                shape = layer.gives_of(given)
            except ag.ShapeError as error:
                if before is None:
                    raise
                raise ag.ShapeError(
                    f"layer {i}, {_described(layer)}, {error}; but layer {before[0]}, {_described(before[1])}, "
                    f"gives {spelled(given)}"
                ) from None
        else:
            shape = ANY
        if shape != given or before is None:  # activations between two layers are not what does not fit
            before = (i, layer)
    return shape


def _described(layer: Layer) -> str:
    inside = any(True for name, _ in layer.named_modules() if name)
    return type(layer).__name__ if inside else layer.described()
