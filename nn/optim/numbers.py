"""The numbers of optimisers: checked where they are set, read live in a compiled step.

Knows numbers. Must not know what an optimiser does with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Self, overload

import numpy as np

import autograd_lite as ag
from autograd_lite import backend, live


class Numbers:
    """The numbers of one optimiser, apart from its other attributes: each is read live, so none is ever fixed.

    `scheduled` is there once a schedule has set the rate: the rate that was given, what was set, and by whom.
    """

    __watched__ = False
    __slots__ = ("__dict__", "scheduled")

    scheduled: tuple[float, float, int] | None

    def __init__(self) -> None:
        self.scheduled = None

    @property
    def given_rate(self) -> float:
        """The learning rate as it was given, whatever a schedule has made of it since."""
        rate = float(vars(self)["lr"])
        return self.scheduled[0] if self.scheduled is not None and self.scheduled[1] == rate else rate


class Number:
    """A number of an optimiser that is checked whenever it is set, declared in the class: `lr = Number(…)`.

    It is from 0 to below `high`, without 0 where it is `positive`, and read like every number of an optimiser. One
    that is `off` at 0 is left out of the state and of what is shown while it is 0.
    """

    def __init__(self, words: str, high: float = float("inf"), positive: bool = False, off: bool = False) -> None:
        self.words, self.high, self.positive, self.off = words, high, positive, off

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, optimizer: None, kind: type) -> Self: ...

    @overload
    def __get__(self, optimizer: Any, kind: type) -> float: ...

    def __get__(self, optimizer: Any, kind: type) -> Any:
        return self if optimizer is None else live(optimizer._numbers, self.name)

    def __set__(self, optimizer: Any, value: Any) -> None:
        raise AssertionError("Optimizer.__setattr__ keeps the numbers")

    def checked(self, owner: str, value: Any, zero: bool = False) -> float:
        """The value as a Python float, since a NumPy float64 would widen float32 parameters; with `zero` also 0."""
        try:
            number = float("nan") if isinstance(value, str | bytes) else float(value)  # "0.1" is a word
        except (TypeError, ValueError):
            number = float("nan")
        if not (isfinite(number) and 0 <= number < self.high) or (self.positive and number == 0 and not zero):
            bounds = f" below {self.high:g}" if isfinite(self.high) else ""
            kind = "a positive number" if self.positive else "0 or a positive number"
            raise ag.ArgumentError(f"{owner}: {self.words} must be {kind}{bounds}, not {value!r}")
        return number


def recorded() -> bool:
    """Whether a step is being recorded, which then puts everything back itself."""
    return type(live(_PROBE, "value")) is not float


def refuse_while_recorded(owner: str, name: str, value: Any, known: bool) -> None:
    """Raise `CompileError` where a number is set while a step is being recorded."""
    kind = type(live(_PROBE, "value"))  # no float while a step is being recorded
    if kind is not float and (known or plain(value) is not None or type(value) is kind):
        raise ag.CompileError(
            f"{owner}.{name} is set while a step is being recorded, and a compiled step would not set it again: "
            f"set it outside the step, or make it a tensor that counts, as in self.{name}.assign(self.{name} + 1)"
        )


_PROBE = Numbers()
vars(_PROBE)["value"] = 0.0


def plain(value: Any) -> int | float | None:
    """A number as Python's own; `None` for everything else, the truth values among it."""
    if isinstance(value, np.integer | np.floating) or (backend.is_array(value) and value.ndim == 0):
        value = value.item()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def shown(kind: type, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of an optimiser of a class that are in use: those that are off are left out."""
    return {name: value for name, value in numbers.items() if value or not is_off(kind, name)}


def is_off(kind: type, name: str) -> bool:
    """Whether a number of this name is off at 0."""
    declared = getattr(kind, name, None)
    return isinstance(declared, Number) and declared.off
