"""Derivatives of functions: of any order, over nested containers, one inside another, eager and compiled."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine import calculus
from autograd_lite.tree import take_apart
from conftest import World

RNG = np.random.default_rng(11)
A = RNG.normal(size=(3, 3))
X = RNG.normal(size=3)
V = RNG.normal(size=3)
PARAMETERS = {"w": RNG.normal(size=(2, 3)), "b": [RNG.normal(size=2), np.array(0.5)]}
Pair = namedtuple("Pair", "low high")


@dataclasses.dataclass(frozen=True)
class Line:
    slope: Any
    offset: Any


def scalar(x: Any) -> ag.Tensor:
    """sum tanh(A x)² + x₀ x₁ x₂, whose derivatives of every order are none of them zero."""
    return ag.square(ag.tanh(A @ x)).sum() + x[0] * x[1] * x[2]


def vector(x: Any) -> ag.Tensor:
    return ag.tanh(A @ x) * x


def network(p: Any) -> ag.Tensor:
    return ag.tanh(p["w"] @ ag.tensor(X) + p["b"][0]).sum() * ag.exp(p["b"][1])


def complex_gradient(x: np.ndarray, f: Callable[[np.ndarray], Any] | None = None) -> np.ndarray:
    """The gradient of `scalar` by the complex step."""
    f = f or (lambda x: (np.tanh(A @ x) ** 2).sum() + x[0] * x[1] * x[2])
    return np.array([f(x + 1e-30j * e).imag / 1e-30 for e in np.eye(x.size)])


def differences(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, h: float = 1e-3) -> np.ndarray:
    """The Jacobian by five-point differences: the last axis is that of `x`."""
    steps = [
        (8 * (f(x + h * e) - f(x - h * e)) - f(x + 2 * h * e) + f(x - 2 * h * e)) / (12 * h) for e in np.eye(x.size)
    ]
    return np.stack(steps, -1)


def gradient(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: ag.value_and_grad(f)(x)[1]


# Values.


def test_value_and_grad_is_the_complex_step() -> None:
    value, slope = ag.value_and_grad(scalar)(X)
    assert value.item() == pytest.approx((np.tanh(A @ X) ** 2).sum() + X.prod(), rel=1e-14)
    np.testing.assert_allclose(slope.numpy(), complex_gradient(X), rtol=1e-13)
    assert not value.requires_grad and not slope.requires_grad


def test_jacobian_hessian_and_products_agree() -> None:
    jacobian = ag.jacobian(vector, X).numpy()
    t = np.tanh(A @ X)
    np.testing.assert_allclose(jacobian, np.diag(t) + (X * (1 - t * t))[:, None] * A, rtol=1e-13)
    np.testing.assert_allclose(ag.jvp(vector, X, V)[1].numpy(), jacobian @ V, rtol=1e-13)
    np.testing.assert_allclose(ag.vjp(vector, X)[1](V)[0].numpy(), V @ jacobian, rtol=1e-13)
    value, push = ag.linearize(vector, X)
    assert (value.numpy() == vector(ag.tensor(X)).numpy()).all()
    for v in (V, 2 * V, np.zeros(3)):
        np.testing.assert_allclose(push(v).numpy(), jacobian @ v, rtol=1e-13)
    hessian = ag.hessian(scalar, X).numpy()
    np.testing.assert_allclose(hessian, differences(complex_gradient, X), rtol=1e-9)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-13)
    np.testing.assert_allclose(ag.hvp(scalar, X, V).numpy(), hessian @ V, rtol=1e-13)


# Any order, by nesting.

WAYS_TO_A_HESSIAN: dict[str, Callable[[Any], Any]] = {
    "hessian": lambda x: ag.hessian(scalar, x),
    "jacobian of grad": lambda x: ag.jacobian(gradient(scalar), x),
    "jacobian of jacobian": lambda x: ag.jacobian(lambda y: ag.jacobian(scalar, y), x),
    "jvp of grad": lambda x: ag.stack([ag.jvp(gradient(scalar), x, e)[1] for e in np.eye(3)], axis=1),
    "grad of jvp": lambda x: ag.stack([gradient(lambda y, e=e: ag.jvp(scalar, y, e)[1])(x) for e in np.eye(3)]),
    "hvp": lambda x: ag.stack([ag.hvp(scalar, x, e) for e in np.eye(3)]),
    "jvp of vjp": lambda x: ag.stack([ag.jvp(lambda y: ag.vjp(scalar, y)[1](1.0)[0], x, e)[1] for e in np.eye(3)]),
    "jacobian of linearize": lambda x: ag.stack(
        [ag.jacobian(lambda y, e=e: ag.linearize(scalar, y)[1](e), x) for e in np.eye(3)]
    ),
    "jvp of jvp": lambda x: ag.stack(
        [ag.stack([ag.jvp(lambda y, e=e: ag.jvp(scalar, y, e)[1], x, d)[1] for d in np.eye(3)]) for e in np.eye(3)]
    ),
}


@pytest.mark.parametrize("way", WAYS_TO_A_HESSIAN)
def test_second_derivatives_by_every_way(way: str) -> None:
    expected = differences(complex_gradient, X)
    found = WAYS_TO_A_HESSIAN[way](X)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9)
    assert not found.requires_grad


@pytest.mark.parametrize("way", WAYS_TO_A_HESSIAN)
def test_third_derivatives_by_every_way(way: str) -> None:
    expected = differences(lambda x: ag.hessian(scalar, x).numpy(), X)
    found = ag.jacobian(WAYS_TO_A_HESSIAN[way], X)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("way", WAYS_TO_A_HESSIAN)
def test_compiled_they_have_the_same_bits(way: str) -> None:
    compiled = ag.compile(WAYS_TO_A_HESSIAN[way])
    for x in (X, X + 1, X * 2, -X):
        assert compiled(x).numpy().tobytes() == WAYS_TO_A_HESSIAN[way](x).numpy().tobytes()


def test_fourth_derivative_by_hvp_of_hvp() -> None:
    def twice(x: Any) -> Any:
        return ag.hvp(lambda y: ag.hvp(lambda z: (z**6).sum(), y, V).sum(), x, V)

    np.testing.assert_allclose(twice(X).numpy(), 360 * X**2 * V**2, rtol=1e-12)


def test_the_tenth_derivative() -> None:
    f: Callable[[Any], Any] = lambda x: ag.exp(2 * x)  # noqa: E731
    for _ in range(10):
        f = gradient(f)
    assert f(0.5).item() == pytest.approx(1024 * np.e, rel=1e-13)


def test_a_function_inside_another_does_not_take_its_variable_for_its_own() -> None:
    # d/dx (x · d/dy (x + y) at y = x) = 1, and not 2.
    inner = gradient(lambda x: x * gradient(lambda y: x + y)(x))
    assert inner(3.0).item() == 1
    forward = ag.jvp(lambda x: x * ag.jvp(lambda y: x * y, x, 1.0)[1], 3.0, 1.0)[1]  # x · x
    assert forward.item() == 6
    assert gradient(lambda x: gradient(lambda y: x * y)(x) * x)(3.0).item() == 6
    jacobian = ag.jacobian(lambda x: x * ag.jacobian(lambda y: (x * y).sum(), x), X)
    np.testing.assert_allclose(jacobian.numpy(), np.diag(2 * X), rtol=1e-15)


def test_what_a_function_reads_is_differentiated_through() -> None:
    w = ag.tensor(V, requires_grad=True)
    (ag.value_and_grad(lambda x: (w * x * x).sum())(X)[1]).sum().backward()
    np.testing.assert_allclose(w.grad, 2 * X)
    w.grad = None
    ag.jacobian(lambda x: w * x, X).sum().backward()
    np.testing.assert_allclose(w.grad, np.ones(3))
    w.grad = None
    ag.jvp(lambda x: x * x, X, w)[1].sum().backward()  # also through the tangent
    np.testing.assert_allclose(w.grad, 2 * X)
    x = ag.tensor(X, requires_grad=True)
    ag.hvp(lambda x: (x**3).sum(), x, V).sum().backward()
    np.testing.assert_allclose(x.grad, 6 * V)
    with ag.no_grad():
        assert not ag.hvp(lambda x: (x**3).sum(), x, V).requires_grad


def test_no_grad_of_anything_is_written() -> None:
    w = ag.tensor(V, requires_grad=True)
    f = lambda x: (w * x * x).sum()  # noqa: E731
    for run in (lambda: ag.value_and_grad(f)(X), lambda: ag.hessian(f, X), lambda: ag.jvp(f, X, V)):
        run()
        assert w.grad is None


# Containers.


def test_containers_of_every_kind() -> None:
    value, slope = ag.value_and_grad(network)(PARAMETERS)
    t = np.tanh(PARAMETERS["w"] @ X + PARAMETERS["b"][0])
    np.testing.assert_allclose(slope["w"].numpy(), np.outer(1 - t * t, X) * np.exp(0.5), rtol=1e-13)
    assert slope["b"][1].item() == pytest.approx(value.item(), rel=1e-14)
    for x in (
        Pair(X, V), (X, V), [X, V], OrderedDict(b=X, a=V), Line(X, V), {"two": {1: X}, "one": [None, (V,)]},
    ):  # fmt: skip
        f = lambda t: (_leaves(t)[0] ** 2 * _leaves(t)[1]).sum()  # noqa: E731
        slope = gradient(f)(x)
        assert type(slope) is type(x)
        first, second = _leaves(slope)
        np.testing.assert_allclose(first.numpy(), 2 * X * V, rtol=1e-15)
        np.testing.assert_allclose(second.numpy(), X * X, rtol=1e-15)
        np.testing.assert_allclose(ag.jvp(f, x, x)[1].item(), 3 * (X * X * V).sum(), rtol=1e-13)
        np.testing.assert_allclose(_leaves(ag.hvp(f, x, x))[0].numpy(), 4 * X * V, rtol=1e-13)


def _leaves(value: Any) -> list[Any]:
    return take_apart(value)[0]


def test_a_jacobian_has_the_form_of_the_result_and_in_it_that_of_the_argument() -> None:
    def f(p: Any) -> dict[str, Any]:
        return {"sum": p[0] + p[1], "both": [p[0] * p[1], p[1].sum()]}

    found = ag.jacobian(f, (X, V))
    np.testing.assert_array_equal(found["sum"][0].numpy(), np.eye(3))
    np.testing.assert_array_equal(found["both"][0][1].numpy(), np.diag(X))
    np.testing.assert_array_equal(found["both"][1][0].numpy(), np.zeros(3))
    np.testing.assert_array_equal(found["both"][1][1].numpy(), np.ones(3))
    hessian = ag.hessian(network, PARAMETERS)
    assert hessian["w"]["b"][0].shape == (2, 3, 2)
    np.testing.assert_allclose(
        hessian["w"]["b"][0].numpy(), hessian["b"][0]["w"].numpy().transpose(1, 2, 0), rtol=1e-13
    )


def test_vjp_of_containers() -> None:
    value, pull = ag.vjp(lambda p, q: {"a": p["x"] * q, "b": (q.sum(),)}, {"x": X}, V)
    assert set(value) == {"a", "b"} and not value["a"].requires_grad
    p, q = pull({"b": (10.0,), "a": np.ones(3)})
    np.testing.assert_array_equal(p["x"].numpy(), V)
    np.testing.assert_array_equal(q.numpy(), X + 10)
    (only,) = ag.vjp(lambda x: {"a": x * x}, X)[1](None)
    np.testing.assert_array_equal(only.numpy(), np.zeros(3))


def test_a_list_of_numbers_is_an_array() -> None:
    assert gradient(lambda x: (x * x).sum())([[1.0, 2.0], [3.0, 4.0]]).numpy().tolist() == [[2, 4], [6, 8]]
    assert [g.item() for g in gradient(lambda x: x[0] * x[1])((2.0, 3.0))] == [3, 2]


def test_arguments_and_aux() -> None:
    f = lambda x, y, *, power: (x**power * y).sum()  # noqa: E731
    assert ag.value_and_grad(f, argnums=1)(X, V, power=2)[1].numpy() == pytest.approx(X**2)
    _, (x, y) = ag.value_and_grad(f, argnums=(0, -1))(X, V, power=2)
    assert x.numpy() == pytest.approx(2 * X * V) and y.numpy() == pytest.approx(X**2)
    (value, aux), slope = ag.value_and_grad(lambda x: (x.sum(), "more"), has_aux=True)(X)
    assert (value.item(), aux) == (pytest.approx(X.sum()), "more") and (slope.numpy() == 1).all()


# Hard cases.


def test_empty_scalar_and_independent() -> None:
    assert ag.jacobian(lambda x: x * 2, np.zeros(0)).shape == (0, 0)
    assert ag.jacobian(lambda x: x[:0], X).shape == (0, 3)
    assert ag.jacobian(lambda x: x.sum(), np.zeros((2, 0))).shape == (2, 0)
    assert ag.jacobian(ag.exp, 0.0).numpy() == 1 and ag.jacobian(ag.exp, 0.0).shape == ()
    assert ag.jacobian(lambda x: ag.tensor(V), X).numpy().tolist() == np.zeros((3, 3)).tolist()
    assert ag.hessian(lambda x: x.sum(), X).numpy().tolist() == np.zeros((3, 3)).tolist()
    assert ag.hvp(lambda x: x.sum(), X, V).numpy().tolist() == [0, 0, 0]
    assert ag.jvp(lambda x: ag.tensor(1.0), X, V)[1].item() == 0
    assert ag.jvp(lambda x: x > 0, X, V)[0].dtype == bool
    assert ag.jacobian(lambda x: x, X).numpy().tolist() == np.eye(3).tolist()


def test_float32_stays_float32() -> None:
    x, v = X.astype(np.float32), V
    for found in (
        ag.jacobian(ag.tanh, x), ag.hessian(lambda x: (x**3).sum(), x), ag.hvp(lambda x: (x**3).sum(), x, v),
        ag.jvp(ag.tanh, x, v)[1], ag.value_and_grad(lambda x: (x**2).sum())(x)[1],
    ):  # fmt: skip
        assert found.dtype == np.float32


def test_infinite_slopes_do_not_warn() -> None:
    assert ag.jvp(abs, 0.0, 1.0)[1].item() == 0
    with np.errstate(divide="ignore"):
        assert ag.jvp(ag.sqrt, 0.0, 1.0)[1].item() == np.inf
        assert ag.jacobian(ag.sqrt, 0.0).item() == np.inf


def test_results_share_memory_with_nothing() -> None:
    x = X.copy()
    value, slope = ag.value_and_grad(lambda x: x.sum())(x)
    jacobian = ag.jacobian(lambda x: x, x)
    pushed = ag.jvp(lambda x: x, x, V)
    for found in (value, slope, jacobian, *pushed):
        found.data[...] = 7
    assert (x == X).all()
    same, pull = ag.vjp(ag.exp, x)
    same.data[...] = 7
    np.testing.assert_allclose(pull(np.ones(3))[0].numpy(), np.exp(X))


def test_an_argument_on_a_graph_stays_as_it_was() -> None:
    w = ag.tensor(X, requires_grad=True, name="w")
    ag.hessian(scalar, w)
    assert w.grad is None and w.node is None and w.name == "w"


def test_other_array_libraries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    a, x, v = (world.asarray(each) for each in (A, X, V))

    def f(x: Any) -> ag.Tensor:
        return ag.tanh(a @ x) * x

    found = {
        "jacobian": ag.jacobian(f, x), "hessian": ag.hessian(lambda x: f(x).sum(), x), "jvp": ag.jvp(f, x, v)[1],
        "hvp": ag.hvp(lambda x: f(x).sum(), x, v),
    }  # fmt: skip
    monkeypatch.setattr(calculus, "BLOCK", 4)
    found["in blocks"] = ag.jacobian(f, x)
    monkeypatch.setattr(calculus, "TALL", 0)
    found["by columns"] = ag.jacobian(f, x)
    assert all(isinstance(each.data, world.array_type) for each in found.values())
    assert not world.conversions
    jacobian = ag.jacobian(vector, X).numpy()
    expected = {
        "jacobian": jacobian, "in blocks": jacobian, "by columns": jacobian, "jvp": jacobian @ V,
        "hessian": ag.hessian(lambda x: vector(x).sum(), X).numpy(),
    }  # fmt: skip
    expected["hvp"] = expected["hessian"] @ V
    for name, each in found.items():
        np.testing.assert_allclose(world.to_numpy(each.data), expected[name], rtol=1e-12)


def test_debug_mode_has_nothing_to_say() -> None:
    w = ag.tensor(V, requires_grad=True)
    f = lambda x: (w * x * x).sum()  # noqa: E731
    with ag.debug():  # a warning is an error in the tests
        ag.hessian(f, X), ag.hvp(f, X, V), ag.jvp(f, X, V), ag.jacobian(lambda x: w * x, X), ag.value_and_grad(f)(X)


# Refusals.

REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no scalar": (lambda: ag.value_and_grad(vector)(X), ag.ArgumentError, "has to return a scalar"),
    "hessian of no scalar": (lambda: ag.hessian(vector, X), ag.ArgumentError, r"hessian\(\): f has to return a scalar"),
    "hvp of no scalar": (lambda: ag.hvp(vector, X, V), ag.ArgumentError, r"hvp\(\)"),
    "a float": (lambda: ag.jacobian(lambda x: 1.0, X), ag.ArgumentError, "returned float"),
    "an array inside": (lambda: ag.jacobian(lambda x: (x, X), X), ag.ArgumentError, "ndarray in it"),
    "nothing": (lambda: ag.jvp(lambda x: None, X, V), ag.ArgumentError, "NoneType"),
    "no function": (lambda: ag.jacobian(X, X), ag.ArgumentError, "takes a function, not ndarray"),
    "whole numbers": (lambda: ag.jacobian(ag.square, np.arange(3)), ag.DtypeError, "floating-point"),
    "a tangent of another shape": (lambda: ag.jvp(ag.square, X, V[:2]), ag.ShapeError, r"v has shape \(2,\)"),
    "a vector of another shape": (lambda: ag.hvp(scalar, X, V[:2]), ag.ShapeError, r"hvp\(\): v has shape \(2,\)"),
    "a complex tangent": (lambda: ag.jvp(ag.square, X, V * 1j), ag.DtypeError, "made of real numbers"),
    "a gradient of another shape": (lambda: ag.vjp(vector, X)[1](V[:2]), ag.ShapeError, r"vjp\(\): a gradient has"),
    "a tangent of words": (lambda: ag.jvp(ag.square, X, "words"), ag.ArgumentError, "words"),
    "a tangent of other parts": (
        lambda: ag.jvp(lambda p: p[0] * p[1], (X, X), (X,)), ag.ArgumentError, "v has 1 parts, where there are 2",
    ),
    "a tangent of other keys": (
        lambda: ag.jvp(lambda p: p["a"], {"a": X}, {"b": X}), ag.ArgumentError, r"the keys \['b'\]",
    ),
    "an argument there is not": (lambda: ag.value_and_grad(scalar, argnums=1)(X), ag.ArgumentError, "no argument 1"),
    "grad of a function": (lambda: ag.grad(scalar), ag.ArgumentError, "value_and_grad"),
    "grad without inputs": (lambda: ag.grad(ag.tensor(1.0)), ag.ArgumentError, "with respect to"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    run, error, match = REFUSED[what]
    with pytest.raises(error, match=match):
        run()


@pytest.mark.parametrize("inputs", [3, 1.5, len])
def test_inputs_that_are_no_tensors_are_refused_by_grad(inputs: Any) -> None:
    x = ag.tensor([1.0], requires_grad=True)
    with pytest.raises(ag.ArgumentError, match=r"no tensor and no list of tensors: write ag\.grad\(output, x\)"):
        ag.grad(x.sum(), inputs)
