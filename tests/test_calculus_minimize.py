"""Minimising with SciPy over nested arrays: every method, its derivatives, and what is refused."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.minimizing import BOUNDED, METHODS


def test_without_scipy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.partition(".")[0] == "scipy":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ag.ArgumentError, match=r"pip install scipy"):
        ag.minimize(lambda x: x * x, 1.0)


def rosenbrock(x: Any) -> Any:
    return (100 * ag.square(x[1:] - x[:-1] ** 2) + ag.square(1 - x[:-1])).sum()


def bowl(p: Any) -> Any:
    """Least at a = (1, 2), b = 3 and c = -1, where it is 5."""
    first, second = p["b"][0] - 3, p["b"][1] + 1
    cosh = (ag.exp(second) + ag.exp(-second)) / 2
    return ag.square(p["a"] - np.array([1.0, 2.0])).sum() + first**2 + first**4 + cosh + 4


BOWL = {"a": np.zeros(2), "b": (np.array(2.5), np.array([-0.5]).reshape(()))}


@pytest.fixture
def scipy() -> Any:
    # It is in the extra `test`: where it is missing, so is what is tested.
    return pytest.importorskip("scipy.optimize")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_minimum(scipy: Any, method: str) -> None:
    found = ag.minimize(bowl, BOWL, method)
    assert found.fun == pytest.approx(5, abs=1e-4)
    assert found.success, found.message
    assert found.x["a"].numpy() == pytest.approx([1, 2], abs=1e-2)
    assert found.x["b"][1].item() == pytest.approx(-1, abs=2e-2)
    assert type(found.x["b"]) is tuple and found.x["b"][0].shape == () and not found.x["a"].requires_grad
    assert found.evaluations > found.scipy.nfev > 0


@pytest.mark.parametrize("method", [name for name, uses in METHODS.items() if uses])
def test_with_derivatives_it_takes_the_steps_of_one_written_by_hand(scipy: Any, method: str) -> None:
    start = np.array([-1.2, 1.0, 0.8])
    few = {"maxfun": 10} if method == "TNC" else {"maxiter": 5}
    found = ag.minimize(rosenbrock, start, method.lower(), options=few)
    by_hand: dict[str, Any] = {"jac": scipy.rosen_der}
    if "hessp" in METHODS[method]:
        by_hand["hessp"] = scipy.rosen_hess_prod
    if "hess" in METHODS[method]:
        by_hand["hess"] = scipy.rosen_hess
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what has not converged
        expected = scipy.minimize(scipy.rosen, start, method=method, options=few, **by_hand)
    assert (found.nit, found.success) == (expected.nit, False) and found.message
    np.testing.assert_allclose(found.x.numpy(), expected.x, rtol=1e-6)
    np.testing.assert_allclose(found.gradient.numpy(), scipy.rosen_der(found.x.numpy()), rtol=1e-9)


@pytest.mark.parametrize("method", BOUNDED)
def test_bounds(scipy: Any, method: str) -> None:
    found = ag.minimize(bowl, BOWL, method, lower=-10, upper={"a": [0.5, 10.0], "b": (2.75, 10)})
    assert found.x["a"].numpy() == pytest.approx([0.5, 2], abs=2e-2)
    assert found.x["b"][0].item() == pytest.approx(2.75, abs=2e-2)


def test_dtypes_names_and_forms_come_back(scipy: Any) -> None:
    w = ag.tensor(np.zeros(3, np.float32), requires_grad=True, name="w")
    seen = set()

    def f(x: Any) -> Any:
        seen.add(x[0].dtype)
        return ag.square(x[0] - 1).sum() + ag.square(x[1] - 2)

    found = ag.minimize(f, [w, 7])
    assert seen == {np.dtype(float)}
    assert type(found.x) is list and found.x[0].dtype == np.float32 and found.x[0].name == "w"
    assert found.x[1].dtype == float and found.x[1].item() == pytest.approx(2, abs=1e-6)
    assert w.grad is None and (w.numpy() == 0).all()
    assert found.gradient[0].shape == (3,) and isinstance(found.fun, float) and found.nit > 0


def test_a_callback_sees_the_form_and_may_stop(scipy: Any) -> None:
    seen: list[Any] = []

    def told(p: Any) -> None:
        seen.append(p)
        if len(seen) == 2:
            raise StopIteration

    found = ag.minimize(bowl, BOWL, callback=told)
    assert not found.success and found.nit == 2
    assert seen[0]["a"].shape == (2,) and not (seen[0]["a"].numpy() == seen[1]["a"].numpy()).all()


def test_parameters_that_f_reads_keep_no_graph_and_no_gradient(scipy: Any) -> None:
    w = ag.tensor(3.0, requires_grad=True)
    found = ag.minimize(lambda x: ag.square(x - w), 0.0)
    assert found.x.item() == pytest.approx(3) and w.grad is None and not found.x.requires_grad


def test_options_and_tolerance(scipy: Any) -> None:
    assert ag.minimize(rosenbrock, np.zeros(4), options={"maxiter": 3}).nit == 3
    assert ag.minimize(rosenbrock, np.zeros(4), tol=1e-1).nit < ag.minimize(rosenbrock, np.zeros(4), tol=1e-9).nit


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a method there is not": (lambda: ag.minimize(bowl, BOWL, "LBFGS"), ag.ArgumentError, "did you mean 'L-BFGS-B'"),
    "an option there is not": (
        lambda: ag.minimize(bowl, BOWL, options={"steps": 3}), ag.ArgumentError, "Unknown .* options: steps, of BFGS",
    ),
    "no scalar": (lambda: ag.minimize(lambda x: x * x, np.ones(2)), ag.ArgumentError, r"minimize\(\): f has to return"),
    "no tensor": (lambda: ag.minimize(lambda x: 1.0, np.ones(2)), ag.ArgumentError, "returned float"),
    "nan at the start": (lambda: ag.minimize(lambda x: x * np.nan, 1.0), ag.DataError, "f is nan at x0"),
    "nan in the start": (lambda: ag.minimize(bowl, {"a": [np.nan, 1.0], "b": (1, 1)}), ag.DataError, r"x0\['a'\]"),
    "an infinite gradient": (
        lambda: ag.minimize(lambda p: p[0] * p[0] + ag.sqrt(p[1]), (1.0, 0.0)),
        ag.DataError, r"the gradient of f is inf at x0, in x0\[1\]",
    ),
    "truths": (lambda: ag.minimize(bowl, np.ones(2, bool)), ag.DtypeError, "only real numbers"),
    "nothing": (lambda: ag.minimize(bowl, {}), ag.ArgumentError, "no array in x0"),
    "bounds where there are none": (lambda: ag.minimize(bowl, BOWL, lower=0), ag.ArgumentError, "BFGS keeps to no"),
    "bounds of another form": (
        lambda: ag.minimize(bowl, BOWL, "SLSQP", lower={"a": 0}), ag.ArgumentError, r"the keys \['a'\]",
    ),
    "bounds of another shape": (
        lambda: ag.minimize(bowl, BOWL, "SLSQP", lower={"a": [0, 0, 0], "b": (0, 0)}), ag.ShapeError, r"shape \(3,\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refused(scipy: Any, what: str) -> None:
    run, error, match = REFUSED[what]
    with pytest.raises(error, match=match), np.errstate(divide="ignore"):
        run()


def test_an_error_in_f_comes_through(scipy: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        ag.minimize(lambda x: x * (1 / 0), 1.0)
    with pytest.raises(TypeError, match="jac"):
        ag.minimize(bowl, BOWL, jac=True)  # type: ignore[call-arg]
