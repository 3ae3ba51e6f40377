"""What an argument must be, said in one sentence where it is not.

Must not know who asks.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend


def whole(what: str, value: Any, least: int | None = None) -> int:
    """A whole number as Python's own. Raises `ArgumentError` for anything else, and below `least`.

    >>> from nn.arguments import whole
    >>> whole("fit: epochs", np.int64(3), 0)
    3
    """
    known = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not known or (least is not None and value < least):
        bound = "" if least is None else f" of at least {least}"
        raise ag.ArgumentError(f"{what} must be a whole number{bound}, not {value!r:.60}")
    return int(value)


def flag(what: str, value: Any) -> bool:
    """A truth as Python's own. Raises `ArgumentError` for anything else, such as a word, which would count as true.

    >>> from nn.arguments import flag
    >>> flag("DataLoader: shuffle", np.True_)
    True
    """
    if not isinstance(value, bool | np.bool_) and not (isinstance(value, int) and value in (0, 1)):
        raise ag.ArgumentError(f"{what} must be True or False, not {value!r:.60}")
    return bool(value)


def array(what: str, value: Any) -> Any:
    """The array of a tensor, an array itself, or a new one from lists. Raises `DataError` unless it is of real numbers.

    >>> from nn.arguments import array
    >>> array("x", [1, 2])
    array([1, 2])
    """
    if isinstance(value, Tensor):
        value = value.data
    if not backend.is_array(value):
        try:
            value = backend.as_array(value)
        except ag.AutogradError as error:
            raise ag.DataError(f"{what} is no array of numbers: {error}") from error
    if value.dtype.kind not in "biuf":
        raise ag.DataError(f"{what} has dtype {value.dtype}; real numbers are needed")
    return value


def float_dtype(what: str, dtype: Any) -> np.dtype[Any]:
    """A floating-point dtype. Raises `DtypeError` for another, and for what is none.

    >>> from nn.arguments import float_dtype
    >>> float_dtype("digits", float)
    dtype('float64')
    """
    try:
        found: np.dtype[Any] = np.dtype(dtype)
    except TypeError as error:
        raise ag.DtypeError(f"{what}: {dtype!r:.60} is no dtype: give one such as np.float32 or float") from error
    if found.kind != "f":
        raise ag.DtypeError(f"{what}: {found} is data, and a floating-point dtype is needed, such as np.float32")
    return found


def number(
    what: str, value: Any, low: float = float("-inf"), high: float = float("inf"), *, ends: bool = True
) -> float:
    """A finite number as Python's float, from `low` to `high`; with `ends=False` between them.

    Raises `ArgumentError` for anything else.

    >>> from nn.arguments import number
    >>> number("p", np.float32(0.5), 0, 1)
    0.5
    """
    known = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    found = float(value) if known else float("nan")
    inside = low <= found <= high if ends else low < found < high
    if not (inside and isfinite(found)):
        if isfinite(low) and isfinite(high):
            bounds = f" from {low:g} to {high:g}" if ends else f" between {low:g} and {high:g}"
        elif isfinite(low):
            bounds = f" of at least {low:g}" if ends else f" above {low:g}"
        else:
            bounds = ""
        raise ag.ArgumentError(f"{what} must be a number{bounds}, not {value!r:.60}")
    return found


def one_of(what: str, value: Any, known: tuple[str, ...]) -> str:
    """One of the `known` words. Raises `ArgumentError` for another, with the close one.

    >>> from nn.arguments import one_of
    >>> one_of("reduction", "sum", ("mean", "sum"))
    'sum'
    """
    if not isinstance(value, str) or value not in known:
        words = ", ".join(map(repr, known[:-1])) + f" or {known[-1]!r}"
        raise ag.ArgumentError(f"{what} is {words}, not {value!r:.60}")
    return value
