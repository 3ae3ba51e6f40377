"""Second names: where NumPy has two for one function, the operation that both are.

Knows names alone. A name may stand here before its operation is declared; until then it is nobody's.
"""

from __future__ import annotations

from autograd_lite.op import REGISTRY, Operation

ALIASES: dict[str, str] = {
    # Elementwise.
    "abs": "absolute", "pow": "power", "true_divide": "divide", "mod": "remainder", "conj": "conjugate",
    "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan", "atan2": "arctan2",
    "atanh": "arctanh", "degrees": "rad2deg", "radians": "deg2rad", "around": "round", "fix": "trunc",
    "bitwise_invert": "invert", "bitwise_not": "invert", "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
    # Reductions.
    "amax": "max", "amin": "min",
    # Shaping and joining.
    "concat": "concatenate", "permute_dims": "transpose",
}  # fmt: skip
"""The second names that NumPy has for a function, each with the name of the operation that it is."""


def named(name: str) -> Operation | None:
    """The operation of this name, or of which it is a second name.

    >>> named("amax").name, named("nothing")
    ('max', None)
    """
    return REGISTRY.get(name) or REGISTRY.get(ALIASES.get(name, ""))
