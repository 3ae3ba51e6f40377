"""The numbers of optimisers: checked where they are set, read live in a compiled step, and those of groups.

Knows numbers and ranges of parameters. Must not know what an optimiser does with either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

import autograd_lite as ag
from autograd_lite import backend, live
from autograd_lite.elsewhere import keyword


class Numbers:
    """The numbers of one optimiser, apart from its other attributes: each is read live, so none is ever fixed."""

    __watched__ = False


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


class Group:
    """Some of an optimiser's parameters, those from `start` to `stop`, with numbers that may be their own.

    `group.lr = 0.1` sets a number for this group alone; until then it is the optimiser's. Read like the optimiser's,
    live in a compiled step.

    >>> slow, fast = nn.Parameter([1.0]), nn.Parameter([1.0])
    >>> optimizer = nn.SGD([{"parameters": [slow], "lr": 0.1}, {"parameters": [fast]}], lr=0.5)
    >>> [group.lr for group in optimizer.groups]
    [0.1, 0.5]
    """

    # A compiled step watches the attributes of groups through this.
    __watched__ = True

    kind: type
    start: int
    stop: int
    own: dict[str, bool]

    def __init__(self, kind: type, start: int, stop: int, numbers: Mapping[str, float]) -> None:
        put = vars(self)
        put["kind"], put["start"], put["stop"] = kind, start, stop
        put["own"] = dict.fromkeys(numbers, True)
        put["_numbers"] = Numbers()
        vars(put["_numbers"]).update(numbers)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> float: ...

    else:

        def __getattr__(self, name: str) -> Any:
            numbers = self.__dict__.get("_numbers")
            if numbers is None or name not in numbers.__dict__:
                raise AttributeError(f"a group has no number {name!r}", name=name, obj=self)
            return live(numbers, name)

    def __setattr__(self, name: str, value: Any) -> None:
        owner = f"a group of {self.kind.__name__}"
        number = checked(self.kind, owner, name, value)
        refuse_while_recorded(owner, name, value, True)
        self.own[name] = True
        vars(self.numbers)[name] = number
        ag.touch()

    @property
    def numbers(self) -> Numbers:
        """Where its numbers stand."""
        found: Numbers = vars(self)["_numbers"]
        return found

    def __copy__(self) -> Group:
        other = Group(self.kind, self.start, self.stop, vars(self.numbers))
        other.own.clear()
        other.own.update(self.own)
        return other

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *vars(self.numbers)]

    def __repr__(self) -> str:
        count = self.stop - self.start
        own = "".join(f", {name}={value!r}" for name, value in vars(self.numbers).items() if name in self.own)
        return f"{count} parameter{'s' * (count != 1)}{own}"


def checked(kind: type, owner: str, name: str, value: Any) -> float:
    """A number that a group may have of its own. Raises `ArgumentError` for one that the optimiser does not declare."""
    declared = getattr(kind, name, None)
    if not isinstance(declared, Number):
        known = [each for each in dir(kind) if isinstance(getattr(kind, each, None), Number)]
        raise ag.ArgumentError(
            f"{owner} has no number {name!r}{keyword(name, ['parameters', *known])}; those that it may have of its own "
            f"are {', '.join(known)}"
        )
    return declared.checked(owner, value)


def parted(kind: type, parameters: Any, allowed: bool) -> tuple[Any, list[Group]]:
    """The parameters one after the other, and their groups; none where they are no dictionaries.

    Raises `ArgumentError` for a dictionary without parameters, or with a number that `kind` does not declare.
    """
    if isinstance(parameters, ag.Tensor):
        return parameters, []
    if isinstance(parameters, Mapping):
        parameters = [parameters]
    elif not isinstance(parameters, Collection) or isinstance(parameters, str):
        try:
            parameters = list(parameters)
        except TypeError:
            return parameters, []
    if not any(isinstance(each, Mapping) for each in parameters):
        return parameters, []
    if not allowed:
        raise ag.ArgumentError(
            f"{kind.__name__}: its step knows no groups: read the numbers of each of self.groups in it, and say "
            "grouped = True in the class"
        )
    found: list[Any] = []
    groups: list[Group] = []
    for i, each in enumerate(parameters):
        owner = f"{kind.__name__}: group {i}"
        if not isinstance(each, Mapping) or "parameters" not in each:
            said = ", ".join(map(repr, each)) if isinstance(each, Mapping) else f"{each!r:.60}"
            raise ag.ArgumentError(
                f'{owner} is a dictionary with its parameters, as in {{"parameters": model.parameters(), "lr": 0.1}}, '
                f"not {said}"
            )
        numbers = {name: checked(kind, owner, name, value) for name, value in each.items() if name != "parameters"}
        inside = each["parameters"]
        try:
            inside = [inside] if isinstance(inside, ag.Tensor) else list(inside)
        except TypeError:
            raise ag.ArgumentError(f"{owner}: parameters is a list of tensors, not {inside!r:.60}") from None
        if not inside:
            raise ag.ArgumentError(f"{owner} has no parameters to train")
        groups.append(Group(kind, len(found), len(found) + len(inside), numbers))
        found += inside
    return found, groups
