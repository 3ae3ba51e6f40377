"""The naive reference: a program read line by line in plain NumPy, and its gradients by differences.

Knows a program as Python text in the names of its leaves. Must not know how the library gets what is compared here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.ops.aliases import ALIASES
from tests.fuzz.naive import naive

# How far a value of this dtype may be from the reference, relative to the largest number of the array and 1.
_TOLERANCE = {"float64": 1e-9, "float32": 2e-4, "float16": 3e-2}
_STEP = 7e-4
_NEAR = 1e-6


class Reading:
    """A program as the statements it is made of: what each defines, and whether no gradient flows through it."""

    def __init__(self, text: str) -> None:
        self.statements: list[tuple[str, Any, bool]] = []
        for statement in ast.parse(text).body:
            within = isinstance(statement, ast.With)
            for each in statement.body if isinstance(statement, ast.With) else [statement]:
                assert isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
                detached = isinstance(each.value, ast.Call) and getattr(each.value.func, "attr", "") == "detach"
                value = each.value.func.value if detached else each.value  # type: ignore[attr-defined]
                code = compile(ast.Expression(value), "<naive>", "eval")
                self.statements.append((each.targets[0].id, code, within or detached))
        self.text = text
        self.analytic = _is_analytic(text)
        self.narrow = "float16" in text or "float32" in text  # numbers that differences cannot tell apart

    def value(self, name: str, code: Any, values: dict[str, Any]) -> Any:
        """One statement in plain NumPy."""
        return np.asarray(eval(code, {"ag": naive, "np": np, **values}))  # noqa: S307

    def run(self, leaves: dict[str, Any], held: dict[str, Any] | None = None) -> dict[str, Any]:
        """All values; those that no gradient flows through are taken from `held`, where it is given."""
        values = dict(leaves)
        for name, code, still in self.statements:
            values[name] = held[name] if still and held is not None else self.value(name, code, values)
        return values


def _is_analytic(text: str) -> bool:
    """Whether a complex step can go through every line."""
    if any(
        word in text for word in ("astype", ">", "<", "max", "min", "clip", "float32", "float16", "ndarray", ".put")
    ):
        return False
    names = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    called = names | {ALIASES[name] for name in names if name in ALIASES}
    return all(op.analytic and op.differentiable for name, op in ag.REGISTRY.items() if name in called)


def differences(value: Callable[[np.ndarray], float], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradient by five-point differences, and how far it is from that of half the step, element by element.

    Where the slopes to the left and to the right are not alike, there is a kink: the doubt is without end, or, for a
    small one, as large as it is. Bent smoothly, they would be half as far apart at half the step. Nor is there an end
    where steps as of a staircase are smaller than the step, which a far smaller step tells.
    """
    found, doubt, here = np.zeros(x.shape), np.zeros(x.shape), value(x)
    for place in np.ndindex(x.shape):
        slopes, bends = [], []
        for step in (_STEP, _STEP / 2):
            at = []
            for k in (-2, -1, 1, 2):
                moved = x.copy()
                moved[place] += k * step
                at.append(value(moved))
            slopes.append((at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step))
            bends.append((at[1] + at[2] - 2 * here) / step)
        found[place], doubt[place] = slopes[1], abs(slopes[1] - slopes[0]) + abs(2 * bends[1] - bends[0])
        if abs(at[1] + at[2] - 2 * here) > 0.05 * _STEP / 2 * max(1.0, abs(slopes[1])):
            doubt[place] = np.inf
        near = x.copy(), x.copy()
        near[0][place] -= _NEAR
        near[1][place] += _NEAR
        if abs((value(near[1]) - value(near[0])) / (2 * _NEAR) - slopes[1]) > 1e-2 * max(1.0, abs(slopes[1])):
            doubt[place] = np.inf
    return found, doubt


def complex_step(value: Callable[[np.ndarray], complex], x: np.ndarray) -> np.ndarray:
    """The gradient of an analytic function, exact to the last digits."""
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[place] += 1e-20j
        found[place] = np.imag(value(moved)) / 1e-20
    return found


def far(got: Any, want: Any, tolerance: float, doubt: Any = 0.0) -> bool:
    """Whether any element is further off than so much of the largest, and than what is in doubt."""
    got, want = np.asarray(got, float), np.asarray(want, float)
    if got.shape != want.shape:
        return True
    if not got.size:
        return False
    allowed = tolerance * max(1.0, float(np.abs(want).max())) + 30 * np.asarray(doubt)
    return bool((~((np.abs(got - want) <= allowed) | (got == want) | (np.isnan(got) & np.isnan(want)))).any())


def _at_an_edge(values: dict[str, Any]) -> bool:
    """Whether some value is exactly 0, 1 or -1, where a square root or an arc sine has an infinite slope."""
    return any(np.isin(value, (0, 1, -1)).any() for value in values.values() if np.asarray(value).dtype.kind == "f")


def check_values(reading: Reading, made: dict[str, ag.Tensor]) -> None:
    """Every line gives what NumPy gives for the same operands: shape, dtype, values."""
    plain = {name: tensor.numpy() for name, tensor in made.items()}
    for name, code, _ in reading.statements:
        want, got = reading.value(name, code, plain), plain[name]
        assert got.shape == want.shape, f"shape of a value: {name} is {got.shape}, NumPy's {want.shape}"
        assert got.dtype == want.dtype, f"dtype of a value: {name} is {got.dtype}, NumPy's {want.dtype}"
        exact = got.dtype.kind in "biu"
        wrong = (got != want).any() if exact else far(got, want, _TOLERANCE[got.dtype.name])
        assert not wrong, f"value: {name} is {got}, NumPy's {want}"


def check_gradients(reading: Reading, leaves: dict[str, ag.Tensor], out: str, seed: Any, got: dict[str, Any]) -> None:
    """The gradients of float64 leaves are those of the naive program."""
    plain = {name: leaf.numpy() for name, leaf in leaves.items()}
    base = reading.run(plain)
    for name, gradient in got.items():

        def value(x: np.ndarray, name: str = name) -> Any:
            return (reading.run({**plain, name: x}, base)[out] * seed).sum()

        with np.errstate(all="ignore"):
            want, doubt = differences(value, plain[name])
            if reading.analytic and not far(exact := complex_step(value, plain[name]), want, 1e-4):
                want, doubt = exact, np.zeros_like(exact)
        if not np.isfinite(want).all() or (doubt > 1e-3 * np.maximum(1, np.abs(want))).any():
            continue  # a kink within the step, where no difference says anything
        if not np.isfinite(gradient).all() and _at_an_edge(base):
            continue
        assert not far(gradient, want, 1e-8, doubt), f"gradient: of {name} is {gradient}, by differences {want}"
