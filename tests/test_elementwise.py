"""Elementwise operations at hard points: infinities, the origin, ties, whole numbers; and the operators."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from test_docs_operations import curves

import autograd_lite as ag

INF, NAN = float("inf"), float("nan")


def first(f: Callable[..., Any], *xs: float) -> list[float]:
    """The derivative by each of some numbers."""
    leaves = [ag.tensor(x, requires_grad=True) for x in xs]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return [g.item() for g in ag.grad(f(*leaves), leaves)]


def second(f: Callable[..., Any], *xs: float) -> list[float]:
    """The second derivatives of each kind, row by row; 0 where a first derivative no longer depends on a number."""
    leaves = [ag.tensor(x, requires_grad=True) for x in xs]
    rows = ag.grad(f(*leaves), leaves, create_graph=True)
    found = []
    for row in rows:
        again = ag.grad(row, leaves, allow_unused=True) if row.requires_grad else [None] * len(leaves)
        found += [0.0 if g is None else g.item() for g in again]
    return found


@pytest.mark.parametrize(
    "f, point, expected",
    [
        (ag.hypot, (0.0, 0.0), [0.0, 0.0]),
        (ag.hypot, (3e200, 4e200), [0.6, 0.8]),
        (ag.hypot, (0.0, -2.0), [0.0, -1.0]),
        (ag.arctan2, (0.0, 0.0), [0.0, 0.0]),
        (ag.arctan2, (1e200, 0.0), [0.0, -1e-200]),
        (ag.arctan2, (0.0, -2.0), [-0.5, 0.0]),
        (ag.sinc, (0.0,), [0.0]),
        (ag.logaddexp, (INF, INF), [0.5, 0.5]),
        (ag.logaddexp, (-INF, -INF), [0.5, 0.5]),
        (ag.logaddexp, (-INF, 1.0), [0.0, 1.0]),
        (ag.logaddexp, (INF, 1.0), [1.0, 0.0]),
        (ag.logaddexp, (INF, -INF), [1.0, 0.0]),
        (ag.logaddexp, (1000.0, -1000.0), [1.0, 0.0]),
        (ag.logaddexp2, (2.0, 2.0), [0.5, 0.5]),
        (ag.fmax, (2.0, 2.0), [0.5, 0.5]),
        (ag.fmax, (NAN, 2.0), [0.0, 1.0]),
        (ag.fmin, (3.0, NAN), [1.0, 0.0]),
        (ag.fmin, (3.0, 2.0), [0.0, 1.0]),
        (ag.copysign, (0.0, -1.0), [0.0, None]),
        (ag.copysign, (-3.0, -0.0), [1.0, None]),
        (ag.fabs, (0.0,), [0.0]),
        (ag.remainder, (7.0, -2.0), [1.0, 4.0]),
        (ag.remainder, (-3.0, INF), [1.0, 1.0]),
        (ag.fmod, (0.3 * 3, 0.3), [1.0, -2.0]),
        (ag.fmod, (-7.0, 2.0), [1.0, 3.0]),
        (ag.fmod, (7.0, INF), [1.0, 0.0]),
        (ag.heaviside, (0.0, 0.25), [None, 1.0]),
        (ag.heaviside, (1.0, 0.25), [None, 0.0]),
        (lambda x: ag.nan_to_num(x, posinf=1.0), (INF,), [0.0]),
        (ag.nan_to_num, (NAN,), [0.0]),
        (ag.expm1, (-40.0,), [np.exp(-40.0)]),
        (ag.float_power, (0.0, 1.0), [1.0, 0.0]),
        (ag.arctanh, (0.5,), [4 / 3]),
        (ag.erf, (INF,), [0.0]),
        (ag.erf, (0.0,), [2 / np.sqrt(np.pi)]),
        (ag.lgamma, (1.0,), [-np.euler_gamma]),
        (ag.lgamma, (-0.5,), [2 - np.euler_gamma - 2 * np.log(2)]),
        (ag.digamma, (1.0,), [np.pi**2 / 6]),
        (ag.digamma, (-0.5,), [np.pi**2 / 2 + 4]),
        (ag.i0, (0.0,), [0.0]),
        (ag.i1, (0.0,), [0.5]),
        (ag.xlogy, (0.0, 0.0), [0.0, 0.0]),
        (ag.xlogy, (0.0, 2.0), [np.log(2.0), 0.0]),
        (ag.xlogy, (0.0, INF), [0.0, 0.0]),
        (ag.leaky_relu, (0.0,), [0.01]),
        (ag.elu, (0.0,), [1.0]),
        (ag.elu, (-1000.0,), [0.0]),
        (ag.celu, (1000.0,), [1.0]),
        (ag.gelu, (-1000.0,), [0.0]),
        (ag.gelu, (1000.0,), [1.0]),
        (lambda x: ag.gelu(x, approximate="tanh"), (-1000.0,), [0.0]),
        (ag.silu, (-1000.0,), [0.0]),
        (ag.mish, (1000.0,), [1.0]),
        (ag.mish, (-1000.0,), [0.0]),
        (ag.relu6, (0.0,), [0.0]),
        (ag.relu6, (6.0,), [0.0]),
        (ag.hardtanh, (1.0,), [0.0]),
        (ag.hard_sigmoid, (-3.0,), [0.0]),
        (ag.hard_swish, (3.0,), [1.0]),
        (ag.hard_swish, (-3.0,), [0.0]),
        (ag.softsign, (0.0,), [1.0]),
        (ag.softsign, (1e8 - 1,), [1e-16]),
        (ag.prelu, (-2.0, 0.25), [0.25, -2.0]),
    ],
)
def test_first_derivative(f: Callable[..., Any], point: tuple[float, ...], expected: list[float | None]) -> None:
    leaves = [ag.tensor(x, requires_grad=True) for x in point]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ag.grad(f(*leaves), leaves, allow_unused=True)
    assert [None if g is None else pytest.approx(g.item(), rel=1e-14) for g in found] == expected


@pytest.mark.parametrize(
    "f, point, expected",
    [
        (ag.hypot, (0.0, 0.0), [0.0, 0.0, 0.0, 0.0]),
        (ag.hypot, (0.0, 2.0), [0.5, 0.0, 0.0, 0.0]),
        (ag.arctan2, (0.0, 0.0), [0.0, 0.0, 0.0, 0.0]),
        (ag.arctan2, (0.0, 2.0), [0.0, -0.25, -0.25, 0.0]),
        (ag.logaddexp, (1.0, 1.0), [0.25, -0.25, -0.25, 0.25]),
        (ag.logaddexp, (INF, INF), [0.0, 0.0, 0.0, 0.0]),
        (ag.logaddexp, (-INF, 1.0), [0.0, 0.0, 0.0, 0.0]),
        (ag.sinc, (0.0,), [-(np.pi**2) / 3]),
        (ag.sinc, (1e-9,), [-(np.pi**2) / 3]),
        (ag.sinc, (0.5,), [16 / np.pi - 2 * np.pi]),
        (ag.arctan, (0.0,), [0.0]),
        (ag.xlogy, (0.0, 2.0), [0.0, 0.5, 0.5, 0.0]),
        (ag.xlogy, (0.0, 0.0), [0.0, 0.0, 0.0, 0.0]),
        (ag.erf, (0.5,), [-2 / np.sqrt(np.pi) * np.exp(-0.25)]),
        (ag.i1, (0.0,), [0.0]),
        (ag.i0, (0.0,), [0.5]),
        (ag.lgamma, (0.5,), [np.pi**2 / 2]),
        (ag.lgamma, (-1.5,), [np.pi**2 / 2 + 4 + 4 / 9]),
        (ag.softsign, (0.0,), [0.0]),
    ],
)
def test_second_derivative(f: Callable[..., Any], point: tuple[float, ...], expected: list[float]) -> None:
    assert second(f, *point) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_sinc_has_its_fourth_derivative_at_0() -> None:
    x = ag.tensor(0.0, requires_grad=True)
    value = ag.sinc(x)
    for _ in range(4):
        (value,) = ag.grad(value, [x], create_graph=True)
    assert value.item() == pytest.approx(np.pi**4 / 5, rel=1e-14)


@pytest.mark.parametrize("near", [0.5 - 1e-12, 0.5, 0.5 + 1e-12])
def test_the_two_ways_of_the_derivative_of_sinc_meet(near: float) -> None:
    (found,) = first(ag.sinc, near)
    assert found == pytest.approx((np.cos(np.pi * near) - np.sinc(near)) / near, rel=1e-14)


# Special functions.


def _each(f: Callable[[float], float], x: np.ndarray) -> np.ndarray:
    return np.array([f(float(each)) for each in x])


_rng = np.random.default_rng(3)
_AROUND = np.concatenate([_rng.uniform(-6, 6, 2000), _rng.uniform(-0.5, 0.5, 500), 10 ** _rng.uniform(-300, 0, 200)])
_ABOVE = np.concatenate([_rng.uniform(0, 30, 2000), 10 ** _rng.uniform(-300, 300, 500)])


@pytest.mark.parametrize(
    "name, x",
    [
        ("erf", _AROUND),
        ("erfc", np.concatenate([_AROUND, _rng.uniform(5, 26, 500)])),
        ("lgamma", _ABOVE[(np.abs(_ABOVE - 1) > 0.1) & (np.abs(_ABOVE - 2) > 0.1)]),
    ],
)
def test_a_special_function_is_right_to_2e_14(name: str, x: np.ndarray) -> None:
    np.testing.assert_allclose(getattr(ag, name)(x).data, _each(getattr(math, name), x), rtol=2e-14)


def test_lgamma_keeps_its_digits_at_its_zeros() -> None:
    z = np.array([1e-14, -1e-10, 1e-6, -1e-4])
    gamma, half = np.euler_gamma, (np.pi**2 / 6) / 2
    for zero, slope, curve in ((1.0, -gamma, half), (2.0, 1 - gamma, half - 0.5)):
        at = zero + z
        there = at - zero  # as it was rounded
        third = {1.0: -1.2020569031595942 / 3, 2.0: (1 - 1.2020569031595942) / 3}[zero]
        fourth = {1.0: np.pi**4 / 360, 2.0: np.pi**4 / 360 - 0.25}[zero]
        want = there * (slope + there * (curve + there * (third + there * fourth)))
        np.testing.assert_allclose(ag.lgamma(at).data, want, rtol=1e-13)


@pytest.mark.parametrize("order", [0, 1, 2, 3, 6])
def test_polygamma_keeps_its_recurrence_and_its_reflection(order: int) -> None:
    x = np.concatenate([_rng.uniform(0.1, 30, 300), -_rng.integers(0, 9, 100) - _rng.uniform(0.1, 0.9, 100)])
    step = (-1) ** order * float(math.factorial(order)) / x ** (order + 1)
    here, next_one = ag.polygamma(x, order).data, ag.polygamma(x + 1, order).data
    np.testing.assert_allclose(here + step, next_one, rtol=1e-13, atol=1e-13 * np.abs(step).max())


def test_special_functions_at_their_limits() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        at = np.array([0.0, -1.0, INF, -INF, NAN])
        np.testing.assert_array_equal(ag.lgamma(at).data, [INF, INF, INF, INF, NAN])
        np.testing.assert_array_equal(ag.digamma(at).data, [-INF, NAN, INF, NAN, NAN])
        np.testing.assert_array_equal(ag.polygamma(at, 1).data, [INF, INF, 0.0, NAN, NAN])
        np.testing.assert_array_equal(ag.polygamma(at, 2).data, [NAN, NAN, 0.0, NAN, NAN])
        np.testing.assert_array_equal(ag.erf(at).data[[0, 2, 3, 4]], [0.0, 1.0, -1.0, NAN])
        np.testing.assert_array_equal(ag.erfc(np.array([1e300, -1e300, INF, NAN])).data, [0.0, 2.0, 0.0, NAN])
        np.testing.assert_array_equal(ag.i1(at).data[[0, 2, 3, 4]], [0.0, INF, -INF, NAN])
        np.testing.assert_array_equal(ag.xlogy([0.0, 0.0, 0.0, 1.0], [0.0, INF, NAN, 1.0]).data, [0.0, 0.0, NAN, 0.0])
        for name in ("lgamma", "digamma", "polygamma", "erf", "erfc", "i1"):
            assert np.isfinite(getattr(ag, name)(np.array([1e-150, 1e150 if name != "i1" else 1.0])).data).all()


@pytest.mark.parametrize("name", ["erf", "erfc", "lgamma", "digamma", "polygamma", "i1"])
@pytest.mark.parametrize("dtype", ["int64", "bool", "float16", "float32"])
def test_a_special_function_rounds_to_the_dtype_of_its_argument(name: str, dtype: str) -> None:
    x = np.array([1, 1, 1, 1] if dtype == "bool" else [1, 2, 3, 4], dtype)
    found, want = getattr(ag, name)(x), getattr(ag, name)(x.astype(float)).data
    assert found.dtype == (x.dtype if x.dtype.kind == "f" else np.float64)
    limits = np.finfo(found.dtype)
    np.testing.assert_allclose(found.data, want, rtol=4 * limits.eps, atol=float(limits.smallest_subnormal))


@pytest.mark.parametrize("name", ["digamma", "i0", "erf", "sinc", "gelu", "mish"])
def test_the_third_derivative_is_that_of_the_second(name: str) -> None:
    def twice(x: ag.Tensor) -> ag.Tensor:
        (slope,) = ag.grad(getattr(ag, name)(x).sum(), [x], create_graph=True)
        (curve,) = ag.grad(slope.sum(), [x], create_graph=True)
        return curve

    at, step = np.array([0.7, 1.3, 2.2]), 1e-3
    x = ag.tensor(at, requires_grad=True)
    (found,) = ag.grad(twice(x).sum(), [x])
    values = [twice(ag.tensor(at + k * step, requires_grad=True)).numpy() for k in (-2, -1, 1, 2)]
    np.testing.assert_allclose(found.numpy(), np.array([1, -8, 8, -1]) @ values / (12 * step), rtol=1e-8)


@pytest.mark.parametrize(
    "name", ["relu6", "hardtanh", "hard_sigmoid", "hard_swish", "elu", "selu", "leaky_relu", "softsign"]
)
def test_an_activation_lets_nan_pass(name: str) -> None:
    x = ag.tensor([NAN, 1.0], requires_grad=True)
    out = getattr(ag, name)(x)
    assert np.isnan(out.numpy()).tolist() == [True, False]


_FLOATS = (
    "exp2", "expm1", "log1p", "sin", "cos", "tan", "arcsin", "arctan", "sinh", "cosh", "arcsinh", "arctanh", "deg2rad",
    "rad2deg", "sinc", "cbrt", "fabs", "floor", "ceil", "trunc", "rint", "round", "reciprocal", "positive", "conjugate",
    "signbit", "isnan", "isinf", "nan_to_num",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["int8", "int64", "uint8", "float16", "float32", "float64"])
@pytest.mark.parametrize("name", _FLOATS)
def test_dtype_and_number_are_those_of_numpy(name: str, dtype: str) -> None:
    x = np.array([0, 1, 1], dtype)
    try:
        want = getattr(np, name)(x)
    except TypeError:
        with pytest.raises(ag.DtypeError):
            getattr(ag, name)(x)
        return
    for found in (getattr(ag, name)(ag.tensor(x)), getattr(np, name)(ag.tensor(x))):
        assert type(found) is ag.Tensor and found.dtype == want.dtype
        close = np.finfo(want.dtype).eps if want.dtype.kind == "f" else 0
        np.testing.assert_allclose(found.data, want, rtol=4 * close)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["float_power", "copysign", "heaviside", "fmod", "remainder", "floor_divide", "hypot"])
@pytest.mark.parametrize(
    "others", [("int64", "int8"), ("float32", "int64"), ("float32", "float64"), ("uint8", "uint8")]
)
def test_dtype_of_two_is_that_of_numpy(name: str, others: tuple[str, str]) -> None:
    x, y = np.array([3, 1, 2], others[0]), np.array([2, 2, 3], others[1])
    want, found = getattr(np, name)(x, y), getattr(ag, name)(ag.tensor(x), ag.tensor(y))
    assert found.dtype == want.dtype and np.array_equal(found.data, want)


# Operators.

_NUMBERS = {"//": operator.floordiv, "%": operator.mod, "**": operator.pow}
_BITS = {
    "&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift,
}  # fmt: skip
_IN_PLACE: dict[str, Any] = {
    "//": operator.ifloordiv, "%": operator.imod, "**": operator.ipow, "@": operator.imatmul, "&": operator.iand,
    "|": operator.ior, "^": operator.ixor, "<<": operator.ilshift, ">>": operator.irshift,
}  # fmt: skip


@pytest.mark.parametrize("sign", [*_NUMBERS, *_BITS])
def test_an_operator_is_numpys_from_either_side(sign: str) -> None:
    act = (_NUMBERS | _BITS)[sign]
    x, y = np.array([6, 5, 9]), np.array([2, 3, 1])
    for left, right in ((ag.tensor(x), ag.tensor(y)), (ag.tensor(x), y), (x, ag.tensor(y)), (ag.tensor(x), 2)):
        found = act(left, right)
        want = act(*(each.numpy() if type(each) is ag.Tensor else each for each in (left, right)))
        assert type(found) is ag.Tensor and found.dtype == want.dtype and np.array_equal(found.data, want)
    reflected = act(7, ag.tensor(y))
    assert type(reflected) is ag.Tensor and np.array_equal(reflected.data, act(7, y))


def test_divmod_and_invert_are_operators() -> None:
    x = ag.tensor([7.0, -7.0], requires_grad=True)
    for found, want in ((divmod(x, 4.0), divmod(x.numpy(), 4.0)), (divmod(4.0, x), divmod(4.0, x.numpy()))):
        assert [each.numpy().tolist() for each in found] == [each.tolist() for each in want]
    (gradient,) = ag.grad((divmod(x, 4.0)[1]).sum(), [x])
    assert gradient.numpy().tolist() == [1.0, 1.0]
    assert (~ag.tensor([True, False])).numpy().tolist() == [False, True]
    assert (~ag.tensor([0, -3])).numpy().tolist() == [-1, 2]
    with pytest.raises(ag.DtypeError, match="invert"):
        _ = ~x


def test_masks_combine_as_they_do_in_numpy() -> None:
    x = ag.tensor([-1.0, 0.5, 2.0], requires_grad=True)
    inside = (x > 0) & (x < 1) | (x == 2)
    assert inside.dtype == bool and inside.numpy().tolist() == [False, True, True]
    assert ag.grad(ag.where(inside, x * x, 0.0).sum(), [x])[0].numpy().tolist() == [0.0, 1.0, 4.0]


@pytest.mark.parametrize("sign", _IN_PLACE)
def test_an_operator_in_place_is_refused_on_a_leaf_that_is_recorded(sign: str) -> None:
    leaf = ag.tensor(np.eye(2), requires_grad=True)
    with pytest.raises(ag.GraphError, match="cannot be changed in place"):
        _IN_PLACE[sign](leaf, np.eye(2))
    assert np.array_equal(leaf.data, np.eye(2))


@pytest.mark.parametrize("sign", ["//", "%", "**", "@"])
def test_an_operator_in_place_makes_way_for_a_new_tensor_of_a_result(sign: str) -> None:
    leaf = ag.tensor(np.eye(2), requires_grad=True)
    result = leaf * 2
    after = _IN_PLACE[sign](result, np.full((2, 2), 2.0))
    assert after is not result and np.array_equal(result.data, 2 * np.eye(2))


@pytest.mark.parametrize("sign", [*_NUMBERS, *_BITS])
def test_an_operator_in_place_changes_plain_data(sign: str) -> None:
    t = held = ag.tensor([6, 5, 9])
    want = np.array([6, 5, 9])
    want = _IN_PLACE[sign](want, np.array([2, 3, 1]))
    t = _IN_PLACE[sign](t, np.array([2, 3, 1]))
    assert t is held and np.array_equal(held.data, want) and held.dtype == want.dtype


def test_an_operator_in_place_never_changes_shape_or_dtype() -> None:
    t = ag.tensor([1.0, 2.0])
    with pytest.raises(ag.ShapeError):
        t @= np.array([1.0, 2.0])
    assert t.numpy().tolist() == [1.0, 2.0]
    whole = ag.tensor([4, 6])
    with pytest.raises(ag.DtypeError):
        whole /= np.array([2, 3])
    assert whole.dtype == int and whole.numpy().tolist() == [4, 6]


def test_methods_round_clip_and_conj() -> None:
    x = ag.tensor([-1.26, 0.74], requires_grad=True)
    assert x.round(1).numpy().tolist() == [-1.3, 0.7] and x.round().numpy().tolist() == [-1.0, 1.0]
    assert x.clip(min=0).numpy().tolist() == [0.0, 0.74] and x.clip(max=0.0).numpy().tolist() == [-1.26, 0.0]
    assert x.conj().numpy().tolist() == x.conjugate().numpy().tolist() == [-1.26, 0.74]
    assert ag.grad((x.conj() * x).sum(), [x])[0].numpy().tolist() == [-2.52, 1.48]


# Kinks: the number closest to 0 between the slopes on both sides, for every function of one variable.

ONE_VARIABLE: dict[str, Callable[..., Any]] = {
    name: getattr(ag, name) for name, op in ag.REGISTRY.items() if op.ours and curves.curves(op) is not None
} | {
    f"{f.__name__}, {name}={value}": partial(f, **{name: value})
    for f, name, values in (
        (ag.leaky_relu, "negative_slope", (-2.0, -0.5, 0.0, 0.5, 1.0, 2.0)),
        (ag.prelu, "weight", (-2.0, -0.5, 0.0, 0.5, 1.0, 2.0)),
        (ag.prelu, "weight", [np.array(each) for each in (-2.0, -0.5, 0.0, 0.5, 1.0, 2.0)]),
        (ag.elu, "alpha", (-2.0, -0.5, 0.0, 0.5, 1.0, 2.0)),
        (ag.elu, "alpha", [ag.tensor(each) for each in (-0.5, 0.5, 2.0)]),
        (ag.celu, "alpha", (-2.0, 0.5, 2.0)),
        (ag.gelu, "approximate", ("tanh",)),
        (ag.hardtanh, "min", (0.0, -2.5)),
        (ag.clip, "min", (-1.0, 0.0)),
        (ag.clip, "max", (0.5, 2.0)),
        (ag.power, "y", (0.0, 1.0, 2.0, 3.0)),
        (ag.float_power, "y", (1.0, 2.0)),
        (ag.hypot, "y", (0.0,)),
        (ag.copysign, "y", (1.0, -1.0)),
    )
    for value in values
}


@pytest.mark.parametrize("name", ONE_VARIABLE)
def test_at_kinks_the_slope_closest_to_zero_is_taken(name: str) -> None:
    f = ONE_VARIABLE[name]
    places = np.concatenate([np.arange(-8, 8.5, 0.5), [1 / 3, -1 / 3]])

    def value(x: np.ndarray) -> np.ndarray:
        return np.broadcast_to(f(ag.tensor(x)).numpy(), x.shape).astype(float)

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        here = value(places)
        sides = []
        for h in (-1e-4, 1e-4, -1e-5, 1e-5):
            near, far = value(places + h), value(places + 2 * h)
            sides.append((-3 * here + 4 * near - far) / (2 * h))  # of second order, from one side
        left, right, nearer_left, nearer_right = sides
        x = ag.tensor(places, requires_grad=True)
        out = f(x)
        taken = ag.grad(out.sum(), x).numpy() if out.requires_grad else np.zeros_like(places)
    # A slope is one that does not grow as the step shrinks, as it does at a jump or where it is infinite.
    steady = np.isclose(left, nearer_left, 1e-4, 1e-4) & np.isclose(right, nearer_right, 1e-4, 1e-4)
    smooth = steady & np.isfinite(left) & np.isfinite(right)
    expected = np.clip(0.0, np.minimum(left, right), np.maximum(left, right))
    assert smooth.any()
    np.testing.assert_allclose(taken[smooth], expected[smooth], rtol=1e-5, atol=1e-5)
