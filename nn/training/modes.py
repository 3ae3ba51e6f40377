"""The modules that a model consists of, also where it is a function of them, and their modes while it is in use.

Knows functions, methods and what wraps them. Must not know data, costs or optimisers.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

import autograd_lite as ag
from nn import state as states
from nn.module import Module
from nn.state import Found

_WRAPPED = ("__self__", "func", "function", "__wrapped__")


def modules_behind(model: Any) -> list[Module]:
    """The model itself, or the modules that it calls: of a method, a compiled or partial function, a closure.

    >>> from nn.training.modes import modules_behind
    >>> layer = nn.Linear(2, 1)
    >>> [modules_behind(each) == [layer] for each in (layer, layer.forward, ag.compile(layer), lambda x: layer(x))]
    [True, True, True, True]
    """
    found: list[Module] = []
    seen: set[int] = set()
    stack = [model]
    while stack:
        each = stack.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, Module):
            found.append(each)
        else:
            stack.extend(reversed(_inside(each)))
    return found


def hidden(model: Any) -> list[Module]:
    """The modules that functions inside a model call, and that are no part of it: nobody trains or saves those.

    >>> from nn.training.modes import hidden
    >>> layer = nn.Linear(2, 1)
    >>> hidden(nn.Sequential(lambda x: layer(x))) == [layer], hidden(nn.Sequential(layer))
    (True, [])
    """
    own = [module for top in modules_behind(model) for _, module in top.named_modules()]
    held = [
        found.value
        for module in own
        for name, value in vars(module).items()
        for found in states.inside(Found(name, name, value), (FunctionType, MethodType, partial))
    ]
    known = set(map(id, own))
    return [module for module in modules_behind(held) if id(module) not in known]


def _inside(each: Any) -> list[Any]:
    if isinstance(each, list | tuple):
        return list(each)
    if isinstance(each, dict):
        return list(each.values())
    if isinstance(each, FunctionType):
        try:
            known = inspect.getclosurevars(each)
        except (TypeError, ValueError):  # a closure that is not filled yet
            return []
        # Functions of the program's own are looked into where they are handed on, not wherever they are named.
        named = [value for value in known.globals.values() if not isinstance(value, FunctionType | type | ModuleType)]
        return [*known.nonlocals.values(), *named]
    found = [getattr(each, name, None) for name in _WRAPPED if not isinstance(each, type | ModuleType)]
    if isinstance(each, partial):
        found += [*each.args, *each.keywords.values()]
    if not isinstance(each, type | ModuleType | MethodType) and callable(each):
        found += [value for value in getattr(each, "__dict__", {}).values() if isinstance(value, Module)]
    return [value for value in found if value is not None]


def owner(model: Any) -> Module | None:
    """The one module that a model is, under whatever wraps it; `None` for a function of one's own."""
    for _ in range(10):
        if isinstance(model, Module):
            return model
        model = next((inner for name in _WRAPPED if (inner := getattr(model, name, None)) is not None), None)
    return None


@contextmanager
def evaluation(model: Any) -> Iterator[None]:
    """The model is in evaluation meanwhile, and nothing is recorded for gradients."""
    with _modes([*modules_behind(model), *hidden(model)], False), ag.no_grad():
        yield


@contextmanager
def training(model: Any) -> Iterator[None]:
    """A model that was left in evaluation is in training meanwhile; a part of one that is in evaluation stays so."""
    top = owner(model)
    with _modes([] if top is None or top.training else [top], True):
        yield


@contextmanager
def _modes(tops: list[Module], mode: bool) -> Iterator[None]:
    before = [(m, m.training) for top in tops for _, m in top.named_modules()]
    for module, was in before:
        if was != mode:
            module.training = mode
    try:
        yield
    finally:
        for module, was in before:
            if module.training != was:
                module.training = was
