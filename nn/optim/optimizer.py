"""The base of the optimisers: their parameters, their numbers and their state.

Knows what every optimiser has. Must not know any of them, nor models or costs.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import is_
from typing import TYPE_CHECKING, Any, Self

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, live
from nn import state as states
from nn.calling import check_call
from nn.errors import UnwrittenError
from nn.optim.groups import Group, leaves, parted
from nn.optim.numbers import Number, Numbers, is_off, plain, recorded, refuse_while_recorded, shown
from nn.state import Found


class Optimizer:
    """The base of the optimisers: write `step`, and read the numbers you need from `self`.

    A number set as an attribute (`self.lr = 0.1`) can be set anew at any time; a compiled step reads it at every
    call. Tensors set as attributes, alone or in lists, are the optimiser's state: `self.zeros()` makes one for every
    parameter. `state_dict` has them both. What a step counts must be such a tensor: a number that is set while a
    step is being recorded raises `CompileError`, since a compiled step would not set it again.

    Raises `ArgumentError` for no parameters, for one that is
    given twice, and for what is no leaf tensor.

    >>> class Halving(nn.Optimizer):
    ...     def __init__(self, parameters, lr):
    ...         super().__init__(parameters)
    ...         self.lr = lr
    ...     def step(self):
    ...         with ag.no_grad():
    ...             for parameter, gradient in self.moving():
    ...                 parameter -= self.lr * 0.5 * gradient
    >>> w = nn.Parameter([1.0])
    >>> optimizer = Halving([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy()
    array([0.5], dtype=float32)
    """

    # A compiled step watches the attributes of optimisers through this.
    __watched__ = True

    grouped = False
    """Whether the step reads the numbers of each of its `groups`."""

    parameters: list[Tensor]
    groups: list[Group]
    _penalised: bool  # whether a cost on the weights changes the gradients
    _known: tuple[Tensor, ...]  # the parameters as they have been checked
    _numbers: Numbers

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_call(cls, args, kwargs)
        optimizer = super().__new__(cls)
        object.__setattr__(optimizer, "_numbers", Numbers())
        return optimizer

    def __init__(self, parameters: Iterable[Tensor] | Iterable[Mapping[str, Any]]) -> None:
        found, groups = parted(type(self), parameters, self.grouped)
        self._penalised = False
        self.parameters = found  # checked on the way in
        self.groups = groups

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "step" in vars(cls):
            cls.step = _whole(cls.step)  # type: ignore[method-assign]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        parameters = self._leaves()
        before = [] if recorded() else [parameter.grad for parameter in parameters]
        try:
            for parameter in parameters:
                parameter.grad = None
        except BaseException:
            for parameter, gradient in zip(parameters, before, strict=False):
                parameter.grad = gradient
            raise

    def step(self) -> None:
        """Change every parameter that has a gradient by one step; written by each optimiser."""
        raise UnwrittenError(f"{type(self).__name__} has no step: write one")

    def zeros(self) -> list[Tensor]:
        """A state for every parameter, beginning at zero.

        >>> nn.SGD([nn.Parameter([1.0, 2.0])], lr=0.1).zeros()
        [tensor([0., 0.], dtype=float32)]
        """
        with ag.no_grad():
            return [ag.zeros_like(parameter) for parameter in self.parameters]

    def moving(self, *states: list[Tensor], group: Any = None) -> list[tuple[Any, ...]]:
        """Each parameter that has a gradient and is not frozen, with its gradient and its part of every state.

        With a `group` those of the group alone. Raises `ArgumentError`, before anything is changed, where `parameters`
        has been changed so that a state no longer has one tensor for each, or has something in it that cannot be
        trained.

        >>> nn.SGD([nn.Parameter([1.0, 2.0])], lr=0.1).moving()
        []
        """
        parameters = self._leaves()
        for state in states:
            if len(state) != len(parameters):
                raise ag.ArgumentError(
                    f"{type(self).__name__}: parameters has {len(parameters)} tensors, but the state that goes with "
                    f"them was made for {len(state)}: make a new {type(self).__name__} for other parameters"
                )
        if self.groups and group is not None:
            if self.groups[-1].stop != len(parameters):
                raise ag.ArgumentError(
                    f"{type(self).__name__}: parameters has {len(parameters)} tensors, but its groups were made for "
                    f"{self.groups[-1].stop}: make a new {type(self).__name__} for other parameters"
                )
            parameters = parameters[group.start : group.stop]
            states = tuple(state[group.start : group.stop] for state in states)
        found: list[tuple[Any, ...]]
        if states:
            rows = zip(parameters, [parameter.grad for parameter in parameters], *states, strict=True)
            found = [row for row in rows if row[1] is not None and row[0].requires_grad]
        else:
            found = [(p, gradient) for p in parameters if (gradient := p.grad) is not None and p.requires_grad]
        return self._with_penalties(found, group) if self._penalised else found

    def _with_penalties(self, rows: list[tuple[Any, ...]], group: Any) -> list[tuple[Any, ...]]:
        """The rows with the gradients of costs on the weights added; written by who has such costs."""
        return rows

    def _leaves(self) -> list[Tensor]:
        """The parameters; where the list is no longer as it was checked, checked again."""
        now, known = self.parameters, self._known
        if len(now) != len(known) or not all(map(is_, now, known)):
            object.__setattr__(self, "_known", tuple(leaves(type(self).__name__, now)))
        return now

    def learning_rates(self, given: bool = False) -> list[float]:
        """The learning rates of the groups, or the one; with `given` as they were before any schedule set them.

        >>> nn.SGD([nn.Parameter([1.0])], lr=0.1).learning_rates()
        [0.1]
        """
        return [numbers.given_rate if given else float(vars(numbers)["lr"]) for numbers in self._places()]

    def _places(self) -> list[Numbers]:
        """Where the numbers of the groups stand, or where there are none, its own."""
        return [group.numbers for group in self.groups] or [self._numbers]

    def set_learning_rates(self, rates: list[float], by: object = None) -> None:
        """Set the learning rates, as a schedule does: it may go down to 0, where a rate that is given may not be.

        `by` is the schedule.

        >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
        >>> optimizer.set_learning_rates([0.0])
        >>> optimizer.lr, optimizer.learning_rates(given=True)
        (0.0, [0.1])
        """
        if recorded():
            raise ag.CompileError(
                "a schedule's step is recorded, and a compiled step would not set the rate again: "
                "write schedule.step() outside of the compiled step"
            )
        for numbers, rate in zip(self._places(), rates, strict=True):
            numbers.scheduled = (numbers.given_rate, rate, id(by))
            vars(numbers)["lr"] = rate
        following = [rate for group, rate in zip(self.groups, rates, strict=False) if "lr" not in group.own]
        if following:
            vars(self._numbers)["lr"] = following[0]
        ag.touch()

    def scheduled_by(self) -> int | None:
        """The identity of the schedule that set the rate last; `None` where none has."""
        scheduled = self._places()[0].scheduled
        return None if scheduled is None else scheduled[2]

    # Numbers, apart.

    if not TYPE_CHECKING:  # there it would promise every name

        def __getattr__(self, name: str) -> Any:
            numbers = self.__dict__.get("_numbers")
            if numbers is None or name not in numbers.__dict__:
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}", name=name, obj=self)
            return live(numbers, name)

    def __setattr__(self, name: str, value: Any) -> None:
        owner, apart = type(self).__name__, vars(self._numbers)
        declared = getattr(type(self), name, None)
        if isinstance(declared, Number):
            value = declared.checked(owner, value)
        elif name == "parameters":
            value = leaves(owner, value)
            object.__setattr__(self, "_known", tuple(value))
        number = plain(value)
        refuse_while_recorded(owner, name, value, name in apart)
        if number is None or not (declared is None or isinstance(declared, Number)):
            # What is no number; or a property, or a class's own value, which Python finds first.
            apart.pop(name, None)
            object.__setattr__(self, name, value)
        else:
            vars(self).pop(name, None)
            self._follow(name, number)
            apart[name] = number
        ag.touch()

    def _follow(self, name: str, number: float) -> None:
        """Set a number of the groups that have none of their own."""
        groups = vars(self).get("groups", ())
        following = [group for group in groups if name not in group.own]
        if groups and not following and name in vars(self._numbers):
            raise ag.ArgumentError(
                f"{type(self).__name__}: every group has a {name} of its own: set it in each, as in "
                f"optimizer.groups[0].{name} = {number!r}"
            )
        for group in following:
            vars(group.numbers)[name] = number

    def __delattr__(self, name: str) -> None:
        if name in vars(self._numbers):
            del vars(self._numbers)[name]
        else:
            object.__delattr__(self, name)
        ag.touch()

    def __repr__(self) -> str:
        count = len(vars(self).get("parameters", ()))
        numbers = "".join(f", {name}={value!r}" for name, value in shown(type(self), vars(self._numbers)).items())
        groups = f", groups={vars(self)['groups']}" if vars(self).get("groups") else ""
        return f"{type(self).__name__}({count} parameter{'s' * (count != 1)}{numbers}{groups})"

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *vars(self._numbers)]

    # State.

    def _state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """The numbers and switches, and the tensors, that make up the state, each by path."""
        numbers = shown(type(self), vars(self._numbers))
        for i, group in enumerate(self.groups):
            numbers.update((f"groups.{i}.{name}", v) for name, v in shown(type(self), vars(group.numbers)).items())
        numbers.update((n, value) for n, value in vars(self).items() if isinstance(value, bool) and n not in _APART)
        return numbers, states.by_path(type(self).__name__, self._tensors())

    def _tensors(self) -> Iterator[Found]:
        seen = set(map(id, self.parameters))
        for name, value in vars(self).items():
            for found in states.inside(Found(name, name, value), Tensor):
                if id(found.value) not in seen:
                    seen.add(id(found.value))
                    yield found

    def state_dict(self) -> dict[str, np.ndarray]:
        """Rates and other numbers, and the tensors of the state, as NumPy copies by path.

        >>> sorted(nn.SGD([nn.Parameter([1.0])], lr=0.1, momentum=0.9).state_dict())
        ['lr', 'momentum', 'nesterov', 'velocities.0']
        """
        numbers, tensors = self._state()
        state = {name: np.asarray(value) for name, value in numbers.items()}
        state.update((path, tensor.numpy()) for path, tensor in tensors.items())
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take numbers and tensors from `state`, as `state_dict` gives it for an optimiser of the same parameters.

        Raises `ShapeError` with every missing key, unexpected key and wrong shape in one message, and
        `ArgumentError` for a number out of range; nothing is changed unless everything fits.

        >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
        >>> optimizer.load_state_dict({"lr": 0.2, "momentum": 0.0, "nesterov": False})
        >>> optimizer.lr
        0.2
        """
        numbers, tensors = self._state()
        kind, owner, given = type(self), type(self).__name__, state if isinstance(state, Mapping) else {}
        # Numbers that are off stand in a state only where they were on.
        off = [path for path in self._paths() if is_off(kind, path.rpartition(".")[2])]
        numbers = {path: value for path, value in numbers.items() if path not in off}
        numbers.update((path, 0.0) for path in off if path in given)
        arrays = states.fitted(owner, "optimiser", {**numbers, **tensors}, state)
        values = {path: type(old)(arrays[path].item()) for path, old in numbers.items()}
        values.update((path, 0.0) for path in off if path not in given)
        for path, value in values.items():
            declared = getattr(kind, path.rpartition(".")[2], None)
            if isinstance(declared, Number):
                declared.checked(owner, value, zero=True)  # a schedule may have ended there
        self._refuse(values)
        for path, value in values.items():
            refuse_while_recorded(owner, path, value, known=True)
        for path, value in values.items():
            place, _, name = path.rpartition(".")
            if place:
                vars(self.groups[int(place.rpartition(".")[2])].numbers)[name] = value
            elif name in vars(self._numbers) and (self.groups or value == 0):
                vars(self._numbers)[name] = value
            else:
                setattr(self, name, value)
        states.assign(tensors, arrays)
        ag.touch()

    def _refuse(self, numbers: Mapping[str, Any]) -> None:
        """Raise where numbers by path, each of them in its range, are of no use together."""

    def _paths(self) -> list[str]:
        """The paths of all numbers, those that are off among them."""
        inside = [f"groups.{i}.{name}" for i, group in enumerate(self.groups) for name in vars(group.numbers)]
        return [*vars(self._numbers), *inside]

    def __getstate__(self) -> dict[str, Any]:
        apart = {"_numbers": dict(vars(self._numbers)), "groups": [copy.copy(group) for group in self.groups]}
        return {**vars(self), **apart}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self._numbers).update(state.pop("_numbers"))
        vars(self).update(state)


_APART = frozenset({"parameters", "groups", "_known", "_numbers", "_penalised"})


def _held(optimizer: Optimizer) -> list[Tensor]:
    """The tensors of an optimiser, its parameters first; lists of tensors are what there mostly is."""
    found = [*optimizer._leaves()]
    for name, value in vars(optimizer).items():
        if name in _APART or value.__class__ is bool:
            continue
        if value.__class__ is list and all(each.__class__ is Tensor for each in value):
            found += value
        else:
            found += [each.value for each in states.inside(Found("", "", value), Tensor)]
    return found


def _whole(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step that is done as a whole or not at all: where it fails, or is interrupted, every tensor gets back its data.

    While a step is being recorded the recording sees to that.
    """

    @functools.wraps(step)
    def whole(self: Any, *args: Any, **options: Any) -> Any:
        if recorded():
            return step(self, *args, **options)
        tensors = _held(self)
        before = [tensor.data for tensor in tensors]
        try:
            return step(self, *args, **options)
        except BaseException:
            for tensor, data in zip(tensors, before, strict=True):
                if tensor.node is None and tensor.data is not data:
                    tensor.data = data
            raise

    return whole
