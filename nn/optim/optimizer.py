"""The base of the optimisers: their parameters, their numbers and their state.

Knows what every optimiser has. Must not know any of them, nor models or costs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from operator import is_
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend, live
from nn import state as states
from nn.calling import check_call
from nn.errors import UnwrittenError
from nn.state import Found


class _Numbers:
    """The numbers of one optimiser, apart from its other attributes: each is read live, so none is ever fixed."""

    __watched__ = False


class Number:
    """A number of an optimiser that is checked whenever it is set, declared in the class: `lr = Number(…)`.

    It is from 0 to below `high`, without 0 where it is `positive`, and read like every number of an optimiser.
    """

    def __init__(self, words: str, high: float = float("inf"), positive: bool = False) -> None:
        self.words, self.high, self.positive = words, high, positive

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

    parameters: list[Tensor]
    _known: tuple[Tensor, ...]  # the parameters as they have been checked
    _numbers: _Numbers

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_call(cls, args, kwargs)
        optimizer = super().__new__(cls)
        object.__setattr__(optimizer, "_numbers", _Numbers())
        return optimizer

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        self.parameters = parameters  # type: ignore[assignment]  # checked on the way in

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "step" in vars(cls):
            cls.step = _whole(cls.step)  # type: ignore[method-assign]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        parameters = self._leaves()
        before = [] if _recorded() else [parameter.grad for parameter in parameters]
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

    def moving(self, *states: list[Tensor]) -> list[tuple[Any, ...]]:
        """Each parameter that has a gradient and is not frozen, with its gradient and its part of every state.

        Raises `ArgumentError`, before anything is changed, where `parameters` has been changed so that a state no
        longer has one tensor for each, or has something in it that cannot be trained.

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
        rows = zip(parameters, [parameter.grad for parameter in parameters], *states, strict=True)
        return [row for row in rows if row[1] is not None and row[0].requires_grad]

    def _leaves(self) -> list[Tensor]:
        """The parameters; where the list is no longer as it was checked, checked again."""
        now, known = self.parameters, self._known
        if len(now) != len(known) or not all(map(is_, now, known)):
            object.__setattr__(self, "_known", tuple(_checked(type(self).__name__, now)))
        return now

    def learning_rates(self) -> list[float]:
        """The learning rates, as a schedule finds them.

        >>> nn.SGD([nn.Parameter([1.0])], lr=0.1).learning_rates()
        [0.1]
        """
        return [float(vars(self._numbers)["lr"])]

    def set_learning_rates(self, rates: list[float]) -> None:
        """Set the learning rates, as a schedule does: it may go down to 0, where a rate that is given may not be.

        >>> optimizer = nn.SGD([nn.Parameter([1.0])], lr=0.1)
        >>> optimizer.set_learning_rates([0.0])
        >>> optimizer.lr
        0.0
        """
        if _recorded():
            raise ag.CompileError(
                "a schedule's step is recorded, and a compiled step would not set the rate again: "
                "write schedule.step() outside of the compiled step"
            )
        vars(self._numbers)["lr"] = rates[0]
        ag.touch()

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
            value = _checked(owner, value)
            object.__setattr__(self, "_known", tuple(value))
        number = _number(value)
        kind = type(live(_PROBE, "value"))  # no float while a step is being recorded
        if kind is not float and (name in apart or number is not None or type(value) is kind):
            raise ag.CompileError(
                f"{owner}.{name} is set while a step is being recorded, and a compiled step would not set it again: "
                f"set it outside the step, or make it a tensor that counts, as in self.{name}.assign(self.{name} + 1)"
            )
        if number is None or not (declared is None or isinstance(declared, Number)):
            # What is no number; or a property, or a class's own value, which Python finds first.
            apart.pop(name, None)
            object.__setattr__(self, name, value)
        else:
            vars(self).pop(name, None)
            apart[name] = number
        ag.touch()

    def __delattr__(self, name: str) -> None:
        if name in vars(self._numbers):
            del vars(self._numbers)[name]
        else:
            object.__delattr__(self, name)
        ag.touch()

    def __repr__(self) -> str:
        count = len(vars(self).get("parameters", ()))
        numbers = "".join(f", {name}={value!r}" for name, value in vars(self._numbers).items())
        return f"{type(self).__name__}({count} parameter{'s' * (count != 1)}{numbers})"

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *vars(self._numbers)]

    # State.

    def _state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """The numbers and switches, and the tensors, that make up the state, each by path."""
        numbers = dict(vars(self._numbers))
        numbers.update((name, value) for name, value in vars(self).items() if isinstance(value, bool))
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
        owner = type(self).__name__
        arrays = states.fitted(owner, "optimiser", {**numbers, **tensors}, state)
        values = {name: type(old)(arrays[name].item()) for name, old in numbers.items()}
        for name, value in values.items():
            declared = getattr(type(self), name, None)
            if isinstance(declared, Number):
                declared.checked(owner, value, zero=True)  # a schedule may have ended there
        for name, value in values.items():
            if name == "lr" and value == 0:
                self.set_learning_rates([0.0])
            else:
                setattr(self, name, value)
        states.assign(tensors, arrays)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_numbers": dict(vars(self._numbers))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self._numbers).update(state.pop("_numbers"))
        vars(self).update(state)


def _recorded() -> bool:
    """Whether a step is being recorded, which then puts everything back itself."""
    return type(live(_PROBE, "value")) is not float


_APART = frozenset({"parameters", "_known", "_numbers"})


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
        if _recorded():
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


def _number(value: Any) -> int | float | None:
    """A number as Python's own; `None` for everything else, the truth values among it."""
    if isinstance(value, np.integer | np.floating) or (backend.is_array(value) and value.ndim == 0):
        value = value.item()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


_PROBE = _Numbers()
vars(_PROBE)["value"] = 0.0


def _checked(optimizer: str, parameters: Iterable[Tensor]) -> list[Tensor]:
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
