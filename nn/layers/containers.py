"""Modules that hold modules: lists and dictionaries of them, a way around them, and a function as one.

Must not know any particular layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.layers.layer import ANY, Layer, Shape, fits, spelled
from nn.layers.sequential import Sequential, called, shapes_of
from nn.module import Module


def _module(owner: str, place: Any, value: Any) -> Module:
    if not isinstance(value, Module):
        raise ag.ArgumentError(f"{owner}: {place!r} is {value!r:.60}, and only modules can be held, as nn.Linear(3, 2)")
    return value


class ModuleList(Module):
    """A list of modules, for a `forward` of your own: parameters are found under their places, as `blocks.0.weight`.

    A plain list as an attribute of a module is seen as well. What is called on data is `Sequential`. Raises
    `ArgumentError` for what is no module.

    >>> blocks = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 1)])
    >>> blocks.append(nn.Tanh())
    >>> len(blocks), [name for name, _ in blocks.named_parameters()]
    (3, ['0.weight', '0.bias', '1.weight', '1.bias'])
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self._put(modules)

    def _put(self, modules: Iterable[Module]) -> None:
        if isinstance(modules, Module) and not isinstance(modules, ModuleList | Sequential):
            raise ag.ArgumentError(f"{type(self).__name__} takes a list of modules, not one {type(modules).__name__}")
        found = [_module(type(self).__name__, place, value) for place, value in enumerate(modules)]
        for name in [name for name in vars(self) if name.isdigit()]:
            delattr(self, name)
        for place, value in enumerate(found):
            setattr(self, str(place), value)

    def _held(self) -> list[Module]:
        return [value for name, value in vars(self).items() if name.isdigit()]

    def append(self, module: Module) -> None:
        """Put a module behind the others."""
        self._put([*self._held(), module])

    def extend(self, modules: Iterable[Module]) -> None:
        """Put several modules behind the others."""
        self._put([*self._held(), *modules])

    def insert(self, place: int, module: Module) -> None:
        """Put a module before the one at `place`."""
        found = self._held()
        found.insert(whole("ModuleList: a place", place), module)
        self._put(found)

    def __len__(self) -> int:
        return len(self._held())

    def __iter__(self) -> Iterator[Module]:
        return iter(self._held())

    def __getitem__(self, place: Any) -> Any:
        found = self._held()
        if isinstance(place, slice):
            return ModuleList(found[place])
        return found[_place(self, place, len(found))]

    def __setitem__(self, place: int, module: Module) -> None:
        found = self._held()
        found[_place(self, place, len(found))] = module
        self._put(found)

    def __delitem__(self, place: int) -> None:
        found = self._held()
        del found[_place(self, place, len(found))]
        self._put(found)


def _place(owner: Module, place: Any, count: int) -> int:
    found = whole(f"{type(owner).__name__}: a place", place)
    if not -count <= found < count:
        raise ag.IndexingError(f"{type(owner).__name__} holds {count} modules, and none at {found}")
    return found


class ModuleDict(Module):
    """A dictionary of modules by name: its parameters are found under them, as `heads.digit.weight`.

    A plain dictionary as an attribute of a module is seen as well. Raises `ArgumentError` for what is no module, and
    for names that attributes of a module have.

    >>> heads = nn.ModuleDict({"digit": nn.Linear(8, 10), "odd": nn.Linear(8, 1)})
    >>> heads["odd"](np.zeros(8)).shape, "digit" in heads, list(heads)
    ((1,), True, ['digit', 'odd'])
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        self.update(modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Take modules under their names, beside those that there are."""
        try:
            found = dict(modules)
        except (TypeError, ValueError):
            raise ag.ArgumentError(f"ModuleDict takes a dictionary of modules, not {modules!r:.60}") from None
        for name, module in found.items():
            _module("ModuleDict", name, module)
            if not isinstance(name, str) or not name or "." in name or hasattr(type(self), name) or name == "label":
                raise ag.ArgumentError(
                    f"ModuleDict: {name!r:.60} cannot be a name: it is a text without dots that no attribute has"
                )
        for name, module in found.items():
            setattr(self, name, module)

    def _held(self) -> dict[str, Module]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Module)}

    def __getitem__(self, name: str) -> Module:
        found = self._held()
        if name not in found:
            raise ag.IndexingError(f"ModuleDict has no module {name!r:.60}: it has {', '.join(found) or 'none'}")
        return found[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.update({name: module})

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self._held()

    def __len__(self) -> int:
        return len(self._held())

    def __iter__(self) -> Iterator[str]:
        return iter(self._held())

    def keys(self) -> list[str]:
        """The names, in the order in which they came."""
        return list(self._held())

    def values(self) -> list[Module]:
        """The modules."""
        return list(self._held().values())

    def items(self) -> list[tuple[str, Module]]:
        """The names with their modules."""
        return list(self._held().items())


class Residual(Layer):
    """x + f(x), where f is a module, a function, or several one after the other; `shortcut` maps the x that is added.

    Raises `ShapeError` where the shapes of the two are not the same: nothing broadcasts.
    Source: K. He and others, Deep residual learning for image recognition, 2015, equations (1) and (2).

    >>> nn.Residual(nn.Linear(4, 4), nn.ReLU())(np.zeros((5, 4))).shape
    (5, 4)
    """

    def __init__(self, *layers: Any, shortcut: Any = None) -> None:
        if not layers:
            raise ag.ArgumentError("Residual: there is nothing to go around: give a module, as in nn.Residual(layer)")
        one = len(layers) == 1 and isinstance(layers[0], Module)
        self.inner = layers[0] if one else Sequential(*layers)
        self.shortcut = shortcut
        if shortcut is not None and (isinstance(shortcut, type) or not callable(shortcut)):
            raise ag.ArgumentError(
                f"Residual: the shortcut is a module or a function of one tensor, not {shortcut!r:.60}"
            )
        try:
            self.gives(ANY)
        except ag.ShapeError as error:
            raise ag.ShapeError(f"Residual: {error}") from None

    def takes(self) -> tuple[Shape, ...]:
        return self.inner.takes() if isinstance(self.inner, Layer) else (ANY,)

    def gives(self, shape: Shape) -> Shape:
        if shape == ANY:
            shape = self.takes()[0]
        inner = shapes_of([self.inner], shape)
        beside = shape if self.shortcut is None else shapes_of([self.shortcut], shape)
        if not fits(inner, beside):
            raise ag.ShapeError(f"adds {spelled(beside)} to {spelled(inner)}, which are not of one shape")
        return inner if ... not in inner else beside

    def extra_repr(self) -> str:
        plain = self.shortcut is not None and not isinstance(self.shortcut, Module)
        return f"shortcut={called(self.shortcut)}" if plain else ""

    def forward(self, x: Any) -> Tensor:
        x = ag.asarray(x)
        beside = x if self.shortcut is None else self.shortcut(x)
        inner = self.inner(x)
        if inner.shape != beside.shape:
            raise ag.ShapeError(
                f"the inner layers make {inner.shape} of {x.shape}, which cannot be added to {beside.shape}: "
                "give a shortcut= that makes the same shape, as in nn.Residual(layer, shortcut=nn.Linear(3, 2))"
            )
        return beside + inner  # type: ignore[no-any-return]


class Lambda(Layer):
    """A function of tensors as a module, written with operations of `ag`.

    >>> nn.Lambda(lambda x: x[:, -1])(ag.ones((5, 3, 2))).shape
    (5, 2)
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function) or isinstance(function, type):
            raise ag.ArgumentError(
                f"Lambda takes a function of tensors, such as lambda x: x[:, -1], not {function!r:.60}"
            )
        self.function = function

    def gives(self, shape: Shape) -> Shape:
        return ANY

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def extra_repr(self) -> str:
        return called(self.function)
