"""Right functions are never refused: random compositions of all operations, and what the check says of kinks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

COUNT = 200
Plan = list[tuple[str, tuple[int, ...]]]


def pool() -> dict[str, int]:
    """Operations of one or two arrays that need no parameter, with how many they take."""
    return {
        name: len(op.arguments) - len(op.optional)
        for name, op in ag.REGISTRY.items()
        if op.ours and not (op.variadic or op.required or op.effect) and len(op.arguments) - len(op.optional) in (1, 2)
    }


def applied(name: str, operands: tuple[ag.Tensor, ...]) -> ag.Tensor:
    """The first result of an operation."""
    out = getattr(ag, name)(*operands)
    return out[0] if isinstance(out, tuple | list) else out


def replay(plan: Plan) -> Callable[..., tuple[ag.Tensor, ...]]:
    def f(*xs: ag.Tensor) -> tuple[ag.Tensor, ...]:
        values = list(xs)
        for name, places in plan:
            values.append(applied(name, tuple(values[i] for i in places)))
        return tuple(values[len(xs) :])

    return f


def _ordinary(out: ag.Tensor, leaves: list[ag.Tensor]) -> bool:
    """Whether a value and its gradient are finite and of ordinary size."""
    found = ag.grad(out, leaves, gradient=np.ones(out.shape), allow_unused=True)
    arrays = [out.numpy(), *(g.numpy() for g in found if g is not None)]
    return all(np.isfinite(x).all() and np.abs(x).max() < 100 for x in arrays)


def _steady(plan: Plan, data: list[np.ndarray]) -> bool:
    """Whether the result and its gradient change little where the inputs do: no matrix is singular, nothing jumps."""
    found = []
    for move in (0.0, 1e-7, -1e-7):
        leaves = [
            ag.tensor(x * (1 + move * np.cos(np.arange(x.size).reshape(x.shape))), requires_grad=True) for x in data
        ]
        try:
            out = replay(plan)(*leaves)[-1]
        except ag.AutogradError:
            return False
        gradients = ag.grad(out, leaves, gradient=np.ones(out.shape), allow_unused=True)
        found.append([out.numpy(), *(g.numpy() for g in gradients if g is not None)])
    return all(
        np.allclose(x, y, rtol=1e-3, atol=1e-3) for other in found[1:] for x, y in zip(found[0], other, strict=True)
    )


def composition(seed: int) -> tuple[Plan, list[np.ndarray]]:
    """Up to four operations one after the other, and inputs at which all of them are defined and of ordinary size."""
    rng = np.random.default_rng(seed)
    shapes = [[(2, 3), (2, 3)], [(3,), (3,)], [(3, 3), (3, 3)], [(2, 1), (2, 3)], [(), (2,)]][seed % 5]
    data = [np.asarray(rng.uniform(0.2, 0.9, shape)) for shape in shapes]
    values: list[ag.Tensor] = [ag.tensor(x, requires_grad=True) for x in data]
    plan: Plan = []
    names = pool()
    for name in rng.permutation(sorted(names)):
        places = tuple(int(i) for i in rng.integers(0, len(values), names[name]))
        try:
            out = applied(name, tuple(values[i] for i in places))
        except ag.AutogradError:
            continue  # of other shapes or another kind of numbers
        fits = isinstance(out, ag.Tensor) and out.requires_grad and out.dtype == np.float64 and 0 < out.size <= 12
        if fits and _ordinary(out, values[:2]) and _steady([*plan, (str(name), places)], data):
            plan.append((str(name), places))
            values.append(out)
        if len(plan) == 4:
            break
    return plan, data


@pytest.mark.parametrize("block", [*range(2), *(pytest.param(each, marks=pytest.mark.slow) for each in range(2, 8))])
def test_no_right_function_is_refused(block: int) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        for seed in range(block * COUNT // 8, (block + 1) * COUNT // 8):
            plan, data = composition(seed)
            assert len(plan) == 4
            try:
                report = ag.gradcheck(replay(plan), *data)
            except ag.CheckError as error:
                raise AssertionError(f"seed {seed}: {plan} is refused: {error}") from error
            assert report.passed and report.fault is None


def test_the_compositions_reach_most_operations() -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        used = {name for seed in range(COUNT) for name, _ in composition(seed)[0]}
    assert len(used) > 50 and len(used) > 0.6 * sum(ag.REGISTRY[name].differentiable for name in pool())


def test_a_function_that_bends_much_passes_at_a_smaller_step() -> None:
    rng = np.random.default_rng(0)
    _, w, v, x = rng.normal(size=3), rng.normal(size=(6, 5)), rng.normal(size=(3, 6)), rng.normal(size=(8, 5))
    for seed in range(3):
        assert ag.gradcheck(lambda w, v, x: ag.sigmoid(ag.relu(x @ w.T) @ v.T), w, v, x, order=2, rng=seed).passed
    assert ag.gradcheck(lambda x: abs(ag.sin(40.0 * x)) if hasattr(ag, "sin") else abs(ag.exp(20.0 * x)), [0.3]).passed


# Kinks and ties are found and said.

AT_KINKS: dict[str, tuple[Callable[..., Any], Any, str, tuple[int, ...]]] = {
    "relu at 0": (ag.relu, [1.0, 0.0, -2.0], "relu", (1,)),
    "absolute value at 0": (ag.absolute, [[1.0, -2.0], [0.5, 0.0]], "absolute", (1, 1)),
    "tie of max": (ag.max, [1.0, 3.0, 3.0], "max", (1,)),
    "tie of maximum": (lambda x: ag.maximum(x, np.array([1.0, 2.0])), [0.5, 2.0], "maximum", (1,)),
    "clip at its bound": (lambda x: ag.clip(x, 0.0, 1.0), [0.5, 1.0], "clip", (1,)),
    "deep in a function": (lambda x: ag.exp(ag.relu(ag.tanh(x))) * x, [0.5, 0.0], "relu", (1,)),
    "near a kink": (lambda x: ag.relu(x) ** 2 + abs(x), [0.5, 2e-5], "absolute", (1,)),
    "nearly a tie": (lambda x: ag.maximum(x[0], x[1]), [2.0, 2.0 + 1e-6], "maximum", ()),
    "two kinks that make a smooth function": (lambda x: ag.relu(x) - ag.relu(-x), [0.0, 1.0], "relu", (0,)),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("f, x, name, element", AT_KINKS.values(), ids=AT_KINKS)
def test_a_kink_is_reported_and_does_not_fail(f: Any, x: Any, name: str, element: Any, seed: int) -> None:
    report = ag.gradcheck(f, x, rng=seed)
    assert report.passed and report.fault is None
    assert (name, element) in [(kink.operation, kink.element) for kink in report.kinks]
    assert name in repr(report) and "test_check_right.py" in repr(report)


def test_away_from_kinks_none_is_reported() -> None:
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    report = ag.gradcheck(lambda x: ag.relu(x) + abs(x) + x.max(axis=0) + ag.clip(x, -1.0, 2.0), x)
    assert report.kinks == () and len(repr(report).splitlines()) == 2


def test_a_wrong_rule_is_no_kink(registry: Any) -> None:
    @ag.operation(notation="{x}", analytic=False)
    def user_relu(xp: Any, x: Any) -> Any:
        return xp.where(x > 0, x, 0.0)

    user_relu.rules(x=lambda xp, g, out, x: g * (x < 0))
    with pytest.raises(ag.CheckError) as said:
        ag.gradcheck(lambda x: user_relu(x) + abs(x), [0.5, -1.0, 0.0, 1e-5])
    assert said.value.report.fault.operation == "user_relu"


# What the report holds and shows.


def test_witnesses_stand_side_by_side() -> None:
    report = ag.gradcheck(lambda w, x: ag.tanh(w @ x), np.ones((2, 3)), np.full((3, 2), 0.3))
    assert [row.witness for row in report.witnesses] == [
        "reverse pass twice, to the bit",
        "float32 against float64",
        "C, Fortran and strided memory",
        "difference at another point",
    ]
    assert all(row.passed and row.error <= 1 for row in report.witnesses)


def test_the_curve_is_that_of_a_right_rule_or_of_a_wrong_one(registry: Any) -> None:
    curve = ag.gradcheck(ag.tanh, [0.3, 0.7]).curve
    assert curve is not None and curve.exact is not None and curve.exact < 1e-14
    assert min(curve.five) < 1e-11 < 1e-3 < max(curve.three) + 1e-2
    assert min(curve.five) < min(curve.three)
    slope = np.polyfit(np.log10(curve.steps[:3]), np.log10(curve.five[:3]), 1)[0]
    assert slope == pytest.approx(4.0, abs=0.5)

    @ag.operation(notation="{x}")
    def user_exp(xp: Any, x: Any) -> Any:
        return xp.exp(x)

    user_exp.rules(x=lambda xp, g, out, x: 1.5 * g * out)
    with pytest.raises(ag.CheckError) as said:
        ag.gradcheck(user_exp, [0.3])
    wrong = said.value.report.curve
    assert min(wrong.five) > 0.3 and min(wrong.three) > 0.3


def test_the_picture_is_well_formed_and_takes_the_colour_of_its_page() -> None:
    from xml.etree import ElementTree

    report = ag.gradcheck(ag.relu, ag.tensor([0.5, 1.0], name="a<b"))
    page = report._repr_html_()
    picture = page[page.index("<svg") : page.index("</svg>") + 6]
    root = ElementTree.fromstring(picture)  # noqa: S314 - written by ourselves
    assert root.get("fill") == "currentColor"
    said = "".join(root.itertext())
    assert "a<b" in said and "3 points" in said and "step h" in said
    assert picture == report._repr_html_()[page.index("<svg") : page.index("</svg>") + 6]


def test_the_same_check_says_the_same_without_a_seed() -> None:
    f = lambda x: ag.softmax(x) * abs(x)  # noqa: E731 - one line of mathematics
    one, other = (ag.gradcheck(f, [[0.3, -1.0], [2.0, 0.7]]) for _ in range(2))
    assert one == other and repr(one) == repr(other)
