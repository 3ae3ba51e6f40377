"""Numbers that say that the number of examples is in them: 1/n stays 1/n, and a 0.5 never becomes it by accident.

Knows numbers and nothing else. Must not know formulas, how a number is printed, or where a count comes from.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any


class Counted(Fraction):
    """An exact number with the number of examples in it: multiplied by it `often` times, or divided where negative.

    Arithmetic with exact numbers keeps what is known; a sum of two of different powers is a number like any other.

    >>> from autograd_lite.show.formula.counted import counted
    >>> half = 1 / counted(10, 5)
    >>> half * 2, (half * 2).often, (half * counted(5, 5)).often
    (Counted(1, 5), -1, 0)
    """

    __slots__ = ("examples", "often")

    examples: int
    often: int

    def __mul__(self, other: Any) -> Any:
        return self._with(Fraction(self) * other, self.often + power(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._with(Fraction(self) / other, self.often - power(other))

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other / Fraction(self), power(other) - self.often)

    def __add__(self, other: Any) -> Any:
        return self._with(Fraction(self) + other, self.often if self.often == power(other) else 0)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return self._with(-Fraction(self), self.often)

    def __abs__(self) -> Any:
        return self._with(abs(Fraction(self)), self.often)

    def _with(self, value: Any, power: int) -> Any:
        return counted(value, self.examples, power) if isinstance(value, Fraction) else value


class Count(int):
    """The number of examples as the length of an axis, or a multiple of it: what a mean over them divides by."""

    examples: int

    def __mul__(self, other: Any) -> Any:
        product = int(self) * other
        return count(product, self.examples) if type(product) is int else product

    __rmul__ = __mul__


def counted(value: Any, examples: int, power: int = 1) -> Counted:
    """`value` as a number in which the number of examples is a factor, `power` times."""
    found = Counted(value)
    found.examples, found.often = examples, power
    return found


def count(value: int, examples: int) -> Count:
    """`value` as a multiple of the number of examples."""
    found = Count(value)
    found.examples = examples
    return found


def power(value: Any) -> int:
    """How often the number of examples is a factor of a number, as far as that is known."""
    return value.often if isinstance(value, Counted) else 0
