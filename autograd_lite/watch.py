"""Numbers that a compiled step watches: read anew at every change, such as a learning rate.

Knows a witness, which says what stands for such a number. Must not know what a recording does with it, nor tensors,
which take whatever says `__number__()` for the number that it gives.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from autograd_lite.engine.graph import mode


class Live:
    """A number that is read anew when it changes, such as a learning rate: a scalar of a compiled program.

    Arithmetic on it gives live numbers. Asking for its value (its truth, a comparison, an index, a text) notes the
    answer as a condition of the program.
    """

    __slots__ = ("read", "key")

    def __init__(self, read: Callable[[], float], key: Any) -> None:
        self.read = read
        self.key = key  # equal for the same number, so that two uses of it are one

    def __number__(self) -> float:
        """The number as an operand of an eager operation."""
        return self.read()

    @property
    def name(self) -> str:
        """What the number is called where it is kept, as in `"lr"`; empty for one that was computed."""
        return self.key[1] if len(self.key) == 2 and isinstance(self.key[1], str) else ""

    def _answer(self, ask: Callable[[float], Any]) -> Any:
        answer = ask(self.read())
        mode.now.witness.decided(lambda: ask(self.read()), answer)
        return answer

    def __bool__(self) -> bool:
        return bool(self._answer(bool))

    def __float__(self) -> float:
        return float(self._answer(float))

    def __int__(self) -> int:
        return int(self._answer(int))

    def __index__(self) -> int:
        return int(self._answer(operator.index))  # type: ignore[arg-type]

    def __round__(self, digits: int | None = None) -> Any:
        return self._answer(lambda number: round(number, digits))

    def __format__(self, spec: str) -> str:
        return str(self._answer(lambda number: format(number, spec)))

    def __str__(self) -> str:
        return str(self._answer(str))

    __hash__ = object.__hash__  # as an operand of a program it is one thing, whatever its value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return numpy.asarray(self._answer(lambda number: number), dtype)

    def __repr__(self) -> str:
        return f"live({self.read()!r})"

    # Comparisons.

    def _compared(self, other: Any, compare: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, Live):
            if not mode.now.witness.records:
                return NotImplemented  # whoever compares operands of a program asks whether they are one thing
            return self._answer(lambda number: compare(number, other.read()))
        if isinstance(other, int | float):
            return self._answer(lambda number: compare(number, other))
        return NotImplemented

    def __eq__(self, other: Any) -> Any:
        return self._compared(other, operator.eq)

    def __ne__(self, other: Any) -> Any:
        return self._compared(other, operator.ne)

    def __lt__(self, other: Any) -> Any:
        return self._compared(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._compared(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._compared(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._compared(other, operator.ge)

    # Arithmetic.

    def _with(self, other: Any, name: str, combine: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, Live):
            return Live(lambda: combine(self.read(), other.read()), (name, self.key, other.key))
        if isinstance(other, int | float):
            # The type and the text tell 1 from 1.0 and True, and 0.0 from -0.0, which are equal.
            return Live(lambda: combine(self.read(), other), (name, self.key, type(other), repr(other)))
        return NotImplemented

    def __add__(self, other: Any) -> Any:
        return self._with(other, "+", operator.add)

    def __radd__(self, other: Any) -> Any:
        return self._with(other, "r+", lambda a, b: b + a)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, "-", operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, "r-", lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, "*", operator.mul)

    def __rmul__(self, other: Any) -> Any:
        return self._with(other, "r*", lambda a, b: b * a)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, "/", operator.truediv)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, "r/", lambda a, b: b / a)

    def __floordiv__(self, other: Any) -> Any:
        return self._with(other, "//", operator.floordiv)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with(other, "r//", lambda a, b: b // a)

    def __mod__(self, other: Any) -> Any:
        return self._with(other, "%", operator.mod)

    def __rmod__(self, other: Any) -> Any:
        return self._with(other, "r%", lambda a, b: b % a)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __pow__(self, other: Any) -> Any:
        return self._with(other, "**", operator.pow)

    def __rpow__(self, other: Any) -> Any:
        return self._with(other, "r**", lambda a, b: b**a)

    def __neg__(self) -> Live:
        return Live(lambda: -self.read(), ("neg", self.key, None))

    def __pos__(self) -> Live:
        return self

    def __abs__(self) -> Live:
        return Live(lambda: abs(self.read()), ("abs", self.key, None))


@contextlib.contextmanager
def marks(places: dict[tuple[int, str], dict[str, Any]]) -> Iterator[list[tuple[str, Any, Any]]]:
    """Put a twin in the place of each number inside, and say where something else was found instead: where, then, now.

    A twin is equal to its number, but not the same, so that writing the very number that was there is seen as well.
    `places` are the dictionaries that the numbers stand in, by their identity and the name.
    """
    written: list[tuple[str, Any, Any]] = []
    before = [(space, name, space.get(name, _ABSENT)) for (_, name), space in places.items()]
    twins = [number if number is _ABSENT else _twin(number) for _, _, number in before]
    try:
        for (space, name, _), twin in zip(before, twins, strict=True):
            if twin is not _ABSENT:
                space[name] = twin
        yield written
    finally:
        for (space, name, number), twin in zip(before, twins, strict=True):
            now = space.get(name, _ABSENT)
            if now is not twin:
                written.append((name, number, now))
            if number is _ABSENT:
                space.pop(name, None)
            else:
                space[name] = number


class _Whole(int):
    """A whole number that is not the one object that Python keeps of it."""


def _twin(number: Any) -> Any:
    if isinstance(number, int):
        return _Whole(number)
    return float(repr(number)) if type(number) is float else numpy.asarray(number)[()]


_ABSENT = object()


def live(owner: Any, name: str) -> Any:
    """An attribute that holds a number; while a recording is open, as a number read anew at every change.

    What an optimiser writes for its learning rate, so that a compiled step honours a new one. The
    owner tells of a change by `ag.touch()`.

    >>> import autograd_lite as ag
    >>> class Rate:
    ...     value = 0.5
    >>> ag.live(Rate(), "value")
    0.5
    """
    return mode.now.witness.number(owner, name)
