"""A Jacobian in one pass against one row at a time, over all operations there are.

Knows `samples.py` and no operation by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from samples import SAMPLES, Sample

import autograd_lite as ag
from autograd_lite.engine import calculus, rows

Function = Callable[[Any], ag.Tensor]


def functions(name: str, most: int) -> Iterator[tuple[Sample, Function, np.ndarray]]:
    """Each sample, up to so many, as a function of each of its arrays that has a gradient."""
    op = ag.REGISTRY[name]
    for case in SAMPLES[name][:most]:
        for i, x in enumerate(case.inputs):
            if isinstance(x, np.ndarray) and x.dtype.kind == "f" and op.rule(i) is not None:

                def f(t: Any, case: Sample = case, i: int = i) -> ag.Tensor:
                    inputs = [t if k == i else each for k, each in enumerate(case.inputs)]
                    return case.chosen(getattr(ag, name)(*inputs, **case.params))

                yield case, f, x


def row_by_row(f: Function, x: np.ndarray) -> np.ndarray:
    out, pull = ag.vjp(f, x)
    found = np.zeros((*out.shape, *x.shape))
    for place in np.ndindex(*out.shape):
        one = np.zeros(out.shape, out.dtype)
        one[place] = 1
        found[place] = pull(one)[0].numpy()
    return found


def close(a: np.ndarray, b: np.ndarray, rtol: float = 1e-11) -> None:
    largest = np.max(np.abs(b), initial=1, where=np.isfinite(b))
    np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * largest)


DIFFERENTIABLE = [name for name in SAMPLES if ag.REGISTRY[name].differentiable]
# The first sample of each, and all of them where there is time.
differentiable = pytest.mark.parametrize(
    "name, most",
    [
        *(pytest.param(name, 1, id=name) for name in DIFFERENTIABLE),
        *(pytest.param(name, 100, id=f"{name}-all", marks=pytest.mark.slow) for name in DIFFERENTIABLE),
    ],
)


@differentiable
def test_one_pass_gives_what_a_pass_for_each_row_gives(name: str, most: int) -> None:
    for _, f, x in functions(name, most):
        with np.errstate(all="ignore"):
            jacobian, expected = ag.jacobian(f, x), row_by_row(f, x)
        assert jacobian.shape == expected.shape and jacobian.dtype == x.dtype
        close(jacobian.numpy(), expected)


@differentiable
def test_by_columns_it_is_the_same(name: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calculus, "TALL", 0)
    for case, f, x in functions(name, most):
        if case.order > 0:
            close(ag.jacobian(f, x).numpy(), row_by_row(f, x))


@differentiable
def test_one_pass_through_a_reverse_pass_does_too(name: str, most: int) -> None:
    rng = np.random.default_rng(5)
    for case, f, x in functions(name, most):
        out = f(ag.asarray(x))
        if case.order < 2 or not 0 < out.size * x.size < 200:
            continue
        weight = rng.uniform(0.5, 1.5, out.shape).astype(out.dtype)

        def slope(t: Any, f: Function = f, weight: np.ndarray = weight) -> ag.Tensor:
            return ag.value_and_grad(lambda u: (weight * ag.tanh(f(u))).sum())(t)[1]

        close(ag.jacobian(slope, x).numpy(), row_by_row(slope, x))


@differentiable
def test_forward_derivatives_are_the_jacobian_times_the_tangent(name: str, most: int) -> None:
    rng = np.random.default_rng(6)
    for case, f, x in functions(name, most):
        if case.order < 1:
            continue
        v = rng.normal(size=x.shape)
        expected = np.tensordot(row_by_row(f, x), v, x.ndim)
        close(ag.jvp(f, x, v)[1].numpy(), expected, 1e-10)


@pytest.mark.parametrize("block", [1, 7, 40])
def test_rows_in_blocks_are_the_rows(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    w = np.random.default_rng(0).normal(size=(4, 3))
    f = lambda x: ag.tanh(w @ x)  # noqa: E731
    x = np.random.default_rng(1).normal(size=(3, 2))
    expected = ag.jacobian(f, x).numpy()
    monkeypatch.setattr(calculus, "BLOCK", block)
    close(ag.jacobian(f, x).numpy(), expected, 1e-14)


def test_a_tall_jacobian_of_containers() -> None:
    rng = np.random.default_rng(4)
    w, x = rng.normal(size=(50, 3)), {"a": rng.normal(size=3), "b": (np.array(0.5), np.ones(2))}

    def f(p: Any) -> list[Any]:
        return [ag.tanh(w @ p["a"]) * p["b"][0], p["a"][0] * p["b"][1]]

    found = ag.jacobian(f, x)
    t = np.tanh(w @ x["a"])
    close(found[0]["a"].numpy(), 0.5 * (1 - t * t)[:, None] * w)
    close(found[0]["b"][0].numpy(), t)
    assert (found[0]["b"][1].numpy() == np.zeros((50, 2))).all()
    close(found[1]["b"][1].numpy(), x["a"][0] * np.eye(2))
    second = ag.jacobian(lambda a: ag.jacobian(lambda a: ag.tanh(w @ a), a), x["a"])
    assert second.shape == (50, 3, 3)
    close(second.numpy(), -2 * (t * (1 - t * t))[:, None, None] * w[:, :, None] * w[:, None, :])


# What runs row by row does so on purpose.


@pytest.fixture
def looped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(rows, "looped", found.append)
    return found


def test_a_network_is_pulled_through_at_once(looped: list[str]) -> None:
    rng = np.random.default_rng(2)
    w, b = rng.normal(size=(5, 3)), rng.normal(size=5)

    def f(x: Any) -> ag.Tensor:
        z = ag.concatenate([ag.sigmoid(x @ w.T + b), x[:, ::2].reshape(2, 2)], axis=1)
        return ag.log_softmax(z.mean(axis=0) + z.max(axis=1).sum())

    x = rng.normal(size=(2, 3))
    close(ag.jacobian(f, x).numpy(), row_by_row(f, x))
    assert not looped


def test_a_strangers_rule_that_needs_arrays_is_run_row_by_row(looped: list[str]) -> None:
    @ag.operation(notation=r"{x}")
    def turned(xp: Any, x: Any) -> Any:
        return x[::-1] * 2

    turned.rules(x=lambda xp, g, out, x: xp.multiply(np.flip(g.numpy()), 2))

    def f(x: Any) -> ag.Tensor:
        return turned(x) * x[0]

    x = np.arange(1.0, 4.0)
    expected = [[6, 0, 2], [4, 2, 0], [4, 0, 0]]
    assert ag.jacobian(f, x).numpy().tolist() == expected
    assert looped == ["turned"]


def test_a_rule_that_is_wrong_says_so() -> None:
    @ag.operation(notation=r"{x}")
    def wrong(xp: Any, x: Any) -> Any:
        return x * 2

    wrong.rules(x=lambda xp, g, out, x: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ag.jacobian(wrong, np.ones(2))


def test_an_infinite_slope_stays_in_its_place() -> None:
    with np.errstate(divide="ignore"):
        found = ag.jacobian(lambda x: ag.sqrt(x).reshape(1, 2) * -2, np.array([0.0, 1.0]))
    assert found.numpy().tolist() == [[[-np.inf, 0], [0, -1]]]


@pytest.mark.parametrize("axes", [(2,), (1, 2), (2, 1), (1, 1, 2), ()])
def test_rows_of_one_element_through_products_and_shapes(axes: tuple[int, ...], looped: list[str]) -> None:
    rng = np.random.default_rng(3)
    w = rng.normal(size=(2, 3))
    x = rng.normal(size=(*axes[:-1], 2) if axes else ())
    for f in (
        lambda x: (x[..., None] * w[0]).reshape(-1) if not x.shape else x.reshape(-1, 2) @ w,
        lambda x: -(x * w.sum(axis=0)[0]).reshape(1, *x.shape).astype(np.float32),
        lambda x: (x * 2).squeeze() * 3,
        lambda x: x * w[:, :1],  # more elements than there are in x
    ):
        close(ag.jacobian(f, x).numpy(), row_by_row(f, x), 1e-6)
    assert not looped
