"""How numbers that are not finite are born, operation by operation, and what to write instead.

Knows what operations do at the edges of where they are defined. Each line is a condition on the numbers that met, what
happened, and the usual cure; the first that holds is the one. Must not know Tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isinf

Line = tuple[Callable[..., bool], str, str]

_SAFE = (
    "choose a safe operand first, as in ag.where(ok, f(ag.where(ok, x, 1.0)), 0.0), since a where around f is too late"
)
_SMALLER = "scale the numbers down, take a smaller learning rate, or compute with logarithms"
_OUTGROWN = "the result is beyond the largest number of its dtype"

_LOGARITHM: list[Line] = [
    (
        lambda x: x == 0,
        "the logarithm of 0",
        "keep it away from 0, as in ag.log(x + 1e-12); of a softmax take ag.log_softmax, of a sigmoid ag.log_sigmoid",
    ),
    (lambda x: x < 0, "the logarithm of a negative number", "check the sign of what is inside, or take ag.log(abs(x))"),
]
_GROWING: list[Line] = [
    (
        lambda x: abs(x) < inf,
        f"{_OUTGROWN}: it grows like e to the x",
        "take the largest number off first; ag.softmax, ag.logsumexp, ag.sigmoid and ag.softplus do that by themselves",
    )
]
_DIVISION: list[Line] = [
    (lambda x, y: x == 0 and y == 0, "0 divided by 0", f"say what it is to be there: {_SAFE}"),
    (lambda x, y: y == 0, "a division by 0", f"add a small number to the divisor, as in x / (y + 1e-12), or {_SAFE}"),
    (lambda x, y: isinf(x) and isinf(y), "infinity over infinity", "look where the operands became infinite"),
    (lambda x, y: True, f"{_OUTGROWN}: the divisor is tiny", "keep the divisor away from 0, as in x / (y + 1e-12)"),
]
_POWER: list[Line] = [
    (lambda x, y: x == 0 and y < 0, "0 to a negative power", f"keep the base away from 0, or {_SAFE}"),
    (
        lambda x, y: x < 0 and y != int(y) if not isinf(y) else False,
        "a negative number to a power that is not whole",
        "take abs(x) ** y, ag.square or ag.sqrt of a square, as is meant",
    ),
    (lambda x, y: True, _OUTGROWN, _SMALLER),
]
_REST: list[Line] = [
    (lambda x, y: y == 0, "a remainder of a division by 0", f"keep the divisor away from 0, or {_SAFE}"),
]
_BEYOND_ONE: list[Line] = [
    (lambda x: abs(x) > 1, "an operand outside of [-1, 1]", "clip it first, as in ag.clip(x, -1.0, 1.0)"),
    (lambda x: abs(x) == 1, "infinite at -1 and 1", "keep it inside, as in ag.clip(x, -1 + 1e-7, 1 - 1e-7)"),
]
_SUM: list[Line] = [
    (lambda x, y: isinf(x) and isinf(y), "infinity less infinity", "look where the operands became infinite"),
    (lambda x, y: True, _OUTGROWN, _SMALLER),
]

FORWARD: dict[str, list[Line]] = {
    "log": _LOGARITHM,
    "log2": _LOGARITHM,
    "log10": _LOGARITHM,
    "log1p": [
        (lambda x: x == -1, "the logarithm of 1 + x = 0", "keep x above -1, as in ag.log1p(ag.maximum(x, -1 + 1e-12))"),
        (lambda x: x < -1, "the logarithm of a negative number, 1 + x", "keep x above -1"),
    ],
    "exp": _GROWING,
    "exp2": _GROWING,
    "expm1": _GROWING,
    "sinh": _GROWING,
    "cosh": _GROWING,
    "divide": _DIVISION,
    "reciprocal": [(lambda x: x == 0, "a division by 0", f"add a small number, as in 1 / (x + 1e-12), or {_SAFE}")],
    "power": _POWER,
    "float_power": _POWER,
    "sqrt": [
        (lambda x: x < 0, "the square root of a negative number", "mind rounding: take ag.sqrt(ag.maximum(x, 0.0))"),
    ],
    "remainder": _REST,
    "fmod": _REST,
    "floor_divide": _REST,
    "divmod": _REST,
    "multiply": [
        (
            lambda x, y: (x == 0 and isinf(y)) or (y == 0 and isinf(x)),
            "0 times infinity",
            "mask with ag.where(mask, x, 0.0) instead of mask * x, and look where the other operand became infinite",
        ),
        (lambda x, y: True, _OUTGROWN, _SMALLER),
    ],
    "add": _SUM,
    "subtract": _SUM,
    "square": [(lambda x: True, _OUTGROWN, _SMALLER)],
    "arcsin": _BEYOND_ONE,
    "arccos": _BEYOND_ONE,
    "arctanh": _BEYOND_ONE,
    "arccosh": [(lambda x: x < 1, "an operand below 1", "keep it above, as in ag.maximum(x, 1.0)")],
    "sin": [(isinf, "the sine of infinity", "look where the operand became infinite")],
    "cos": [(isinf, "the cosine of infinity", "look where the operand became infinite")],
    "tan": [(isinf, "the tangent of infinity", "look where the operand became infinite")],
}
"""For each operation that works element by element: how its result ceases to be finite."""

REVERSE: dict[str, list[Line]] = {
    "sqrt": [
        (
            lambda x: x == 0,
            "the slope of the square root at 0 is infinite",
            "take ag.sqrt(x + 1e-12); for the length of a vector, whose slope at 0 is 0 here, a norm",
        ),
    ],
    "cbrt": [(lambda x: x == 0, "the slope of the cube root at 0 is infinite", "keep it away from 0")],
    "power": [
        (lambda x, y: x == 0 and y < 1, "the slope of a power below 1 at 0 is infinite", "take (x + 1e-12) ** y"),
        (lambda x, y: x <= 0, "the slope by the exponent has the logarithm of the base", "keep the base above 0"),
    ],
    "arcsin": [(lambda x: abs(x) == 1, "the slope at -1 and 1 is infinite", "clip to [-1 + 1e-7, 1 - 1e-7]")],
    "arccos": [(lambda x: abs(x) == 1, "the slope at -1 and 1 is infinite", "clip to [-1 + 1e-7, 1 - 1e-7]")],
    "arccosh": [(lambda x: x == 1, "the slope at 1 is infinite", "keep it above 1")],
    "divide": [
        (lambda x, y: True, "the slope by the divisor grows like 1 / y²", "keep the divisor away from 0"),
    ],
    "reciprocal": [(lambda x: True, "the slope grows like 1 / x²", "keep it away from 0")],
    "log": [(lambda x: True, "the slope of the logarithm is 1 / x", "keep it away from 0, as in ag.log(x + 1e-12)")],
}
"""For each operation that works element by element: how the gradient it hands back ceases to be finite."""

OTHERWISE: dict[str, tuple[str, str]] = {
    "matmul": ("a sum of products is beyond the largest number of its dtype, or infinities met", _SMALLER),
    "sum": ("a sum is beyond the largest number of its dtype, or infinities of both signs met", _SMALLER),
    "mean": ("there is nothing to take the mean of, or the sum is too large", "look at the shape, and at the numbers"),
    "softmax": ("a row has infinity in it, or nothing but -infinity", "leave one entry of every row unmasked"),
    "log_softmax": ("a row has infinity in it, or nothing but -infinity", "leave one entry of every row unmasked"),
    "logsumexp": ("a row has infinity in it, or nothing but -infinity", "leave one entry of every row unmasked"),
}
"""For operations of whole arrays."""


def cure(name: str, reverse: bool, numbers: Sequence[float] | None) -> tuple[str, str]:
    """What happened when these numbers met in the operation `name`, and the usual cure.

    >>> from autograd_lite.ops.cures import cure
    >>> cure("divide", False, (1.0, 0.0))[0]
    'a division by 0'
    """
    lines = (REVERSE if reverse else FORWARD).get(name, ())
    if numbers is not None:
        for holds, said, instead in lines:
            if holds(*numbers):
                return said, instead
    if name in OTHERWISE and not reverse:
        return OTHERWISE[name]
    said = "the slope there is not finite" if reverse else "the result there is not finite"
    return said, "look at the size of the operands, and keep them inside of where the operation is defined"
