"""The parameters of an optimiser: leaves, each there once, and in groups with numbers of their own.

Knows numbers and ranges of parameters. Must not know what an optimiser does with either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import autograd_lite as ag
from autograd_lite import Tensor, live
from autograd_lite.elsewhere import keyword
from nn.optim.numbers import Number, Numbers, refuse_while_recorded


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
    if isinstance(parameters, Tensor):
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
            inside = [inside] if isinstance(inside, Tensor) else list(inside)
        except TypeError:
            raise ag.ArgumentError(f"{owner}: parameters is a list of tensors, not {inside!r:.60}") from None
        if not inside:
            raise ag.ArgumentError(f"{owner} has no parameters to train")
        groups.append(Group(kind, len(found), len(found) + len(inside), numbers))
        found += inside
    return found, groups


def leaves(optimizer: str, parameters: Iterable[Tensor]) -> list[Tensor]:
    """The parameters of an optimiser as a list. Raises `ArgumentError` unless each is a leaf, and there once."""
    if isinstance(parameters, Tensor):
        raise ag.ArgumentError(f"{optimizer}: give a list of tensors, as in [w] or model.parameters()")
    try:
        found = list(parameters)
    except TypeError:
        raise ag.ArgumentError(
            f"{optimizer}: parameters is a list of tensors, as in model.parameters(), not {type(parameters).__name__}: "
            f"write {optimizer}(model.parameters(), …)"
        ) from None
    if not found:
        raise ag.ArgumentError(f"{optimizer}: there are no parameters to train")
    seen: set[int] = set()
    for i, parameter in enumerate(found):
        if not isinstance(parameter, Tensor) or parameter.node is not None:
            raise ag.ArgumentError(
                f"{optimizer}: parameter {i} is {parameter!r:.80}, but only leaf tensors can be trained"
            )
        if id(parameter) in seen:
            raise ag.ArgumentError(f"{optimizer}: parameter {i}, {parameter.name or 'unnamed'}, is given twice")
        seen.add(id(parameter))
    return found
