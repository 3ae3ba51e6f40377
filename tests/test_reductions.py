"""What NumPy's reductions can be told besides an axis, and reductions of nothing, of nan, of zeros and of ties."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

X = np.array([[2.0, -1.5, 0.5], [3.0, 0.25, -4.0]])
MASK = np.array([[True, False, True], [False, False, True]])
NAN = float("nan")

FURTHER: dict[str, dict[str, Any]] = {
    "sum": {"initial": 0.5, "where": MASK, "axis": 1},
    "sum kept": {"where": MASK[:1], "keepdims": True},
    "sum as another": {"dtype": np.float32, "axis": (0, -1)},
    "prod": {"initial": 2.0, "where": MASK, "axis": 1},
    "prod as another": {"dtype": "float32"},
    "mean": {"where": [True, False, True], "axis": 1},
    "mean as another": {"dtype": np.float32, "keepdims": True},
    "max": {"initial": 0.0, "axis": 0},
    "max masked": {"initial": -9.0, "where": MASK, "axis": 1, "keepdims": True},
    "min": {"initial": 0.0, "where": MASK, "axis": 0},
    "any": {"where": MASK, "axis": 1},
    "all": {"where": MASK, "axis": 0},
    "var": {"where": ~MASK[:, ::-1] | MASK, "ddof": 1, "axis": 1},
    "std as another": {"dtype": np.float32, "axis": 1},
    "cumsum as another": {"dtype": np.float32, "axis": 1},
    "cumprod as another": {"dtype": np.float32},
}


@pytest.mark.parametrize("called", FURTHER)
@pytest.mark.parametrize("data", [X, X.astype(np.float32), np.arange(6).reshape(2, 3)], ids=["double", "single", "int"])
def test_a_reduction_takes_numpys_further_keywords(called: str, data: np.ndarray) -> None:
    name, params = called.split(maxsplit=1)[0], FURTHER[called]
    if data.dtype.kind == "i" and name == "prod":
        params = params | ({"initial": 2} if "initial" in params else {})
    if data.dtype.kind == "i" and "initial" in params and name != "prod":
        params = params | {"initial": int(params["initial"])}
    expected = np.asarray(getattr(np, name)(data, **params))
    for found in (getattr(ag, name)(data, **params), getattr(ag.tensor(data), name)(**params),
                  getattr(np, name)(ag.tensor(data), **params)):  # fmt: skip
        assert type(found) is ag.Tensor and found.dtype == expected.dtype and found.shape == expected.shape
        np.testing.assert_allclose(found.data, expected, rtol=1e-6)


SMOOTH = [called for called, params in FURTHER.items() if called not in ("any", "all") and "dtype" not in params]


@pytest.mark.parametrize("called", SMOOTH)
def test_a_reduction_with_further_keywords_is_differentiable_and_compiles(called: str) -> None:
    name, params = called.split(maxsplit=1)[0], FURTHER[called]
    mask = params.get("where")

    def f(x: ag.Tensor) -> ag.Tensor:
        return getattr(ag, name)(x, **params)

    assert ag.gradcheck(f, X, order=2).passed
    if isinstance(mask, np.ndarray):  # a mask of an argument's own, which changes from call to call
        rest = {key: value for key, value in params.items() if key != "where"}
        step = ag.compile(lambda x, where: getattr(ag, name)(x, where=where, **rest))
        for k in range(3):
            where = np.roll(np.broadcast_to(mask, X.shape), k, axis=1)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found, expected = step(X, where), getattr(ag, name)(X, where=where, **rest)
            assert found.numpy().tobytes() == expected.numpy().tobytes()


def test_a_plain_reduction_stays_one_node_with_plain_parameters() -> None:
    x = ag.tensor(X, requires_grad=True)
    for out in (x.sum(), ag.sum(x), np.sum(x)):
        assert out.node is not None and out.node.op is ag.REGISTRY["sum"]
        assert out.node.params == {"axis": None, "keepdims": False}


def test_a_mask_does_not_widen_what_is_reduced() -> None:
    with pytest.raises(ag.ShapeError, match=r"sum\(x \(3,\)"):
        ag.sum(np.ones(3), where=np.ones((2, 3), bool))


def test_a_masked_extreme_without_an_initial_value_is_refused() -> None:
    for name in ("max", "min"):
        with pytest.raises(ag.ArgumentError, match=rf"(?s){name}\(.*give initial="):
            getattr(ag, name)(X, where=MASK)
    assert ag.max(np.zeros(0), initial=2.0).item() == 2.0 and ag.max(np.zeros(0), initial=2.0).shape == ()


def gradient(f: Callable[[ag.Tensor], ag.Tensor], data: Any, seed: Any = None) -> list[Any]:
    x = ag.tensor(np.asarray(data, float), requires_grad=True)
    out = f(x)
    return ag.grad(out, x, gradient=None if seed is None else np.asarray(seed)).numpy().tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "data, first", [([0.0, 2.0, 3.0], [6.0, 0.0, 0.0]), ([0.0, 0.0, 3.0], [0.0] * 3), ([0.0] * 3, [0.0] * 3)]
)
def test_a_product_with_zeros_has_exact_derivatives_of_every_order(data: list[float], first: list[float]) -> None:
    x = ag.tensor(data, requires_grad=True)
    g = ag.grad(ag.prod(x), x, create_graph=True)
    assert g.numpy().tolist() == first
    a, b, c = data
    hessian = [[0.0, c, b], [c, 0.0, a], [b, a, 0.0]]
    rows = [ag.grad(g[i], x, create_graph=True) for i in range(3)]
    assert [row.numpy().tolist() for row in rows] == hessian
    assert ag.grad(rows[0][1], x).numpy().tolist() == [0.0, 0.0, 1.0]
    # The last of the cumulative products is the product, with the same derivatives.
    last = ag.cumprod(x)[-1]
    g = ag.grad(last, x, create_graph=True)
    assert g.numpy().tolist() == first
    rows = [ag.grad(g[i], x, create_graph=True) for i in range(3)]
    assert [row.numpy().tolist() for row in rows] == hessian
    assert ag.grad(rows[0][1], x).numpy().tolist() == [0.0, 0.0, 1.0]


def test_the_deviation_of_equal_numbers_has_derivative_0_and_of_one_with_ddof_nan() -> None:
    assert gradient(ag.std, [2.0, 2.0, 2.0]) == [0.0, 0.0, 0.0]
    assert gradient(lambda x: ag.std(x, axis=1), [[2.0, 2.0], [1.0, 3.0]], [1.0, 1.0]) == [[0.0, 0.0], [-0.5, 0.5]]
    with np.errstate(invalid="ignore"):
        assert np.isnan(ag.var([2.0], ddof=1).item()) and np.isnan(gradient(lambda x: ag.std(x, ddof=1), [2.0])).all()
    assert np.isnan(gradient(ag.std, [2.0, NAN])).all()


@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmean", "nanmax", "nanmin", "nanvar", "nanstd"])
def test_a_reduction_without_nan_is_the_plain_one_of_what_is_left(name: str) -> None:
    f, plain = getattr(ag, name), getattr(ag, name.removeprefix("nan"))
    left = [2.0, 5.0, -1.0]
    for seed in (1.0, -2.0):
        inside = gradient(plain, left, seed)
        assert gradient(f, [2.0, NAN, 5.0, NAN, -1.0], seed) == [inside[0], 0.0, inside[1], 0.0, inside[2]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nothing = getattr(np, name)(np.array([[NAN, 1.0], [NAN, 3.0]]), axis=0)
    x = ag.tensor([[NAN, 1.0], [NAN, 3.0]], requires_grad=True)
    out = f(x, axis=0)
    np.testing.assert_array_equal(out.numpy(), nothing)
    assert ag.grad(out.sum(), x).numpy()[:, 0].tolist() == [0.0, 0.0]


def test_nanmax_of_infinities_shares_with_no_nan() -> None:
    assert gradient(ag.nanmax, [-np.inf, -np.inf]) == [0.5, 0.5]
    assert gradient(ag.nanmax, [3.0, NAN, 3.0]) == [0.5, 0.0, 0.5]
    assert ag.nanmax(ag.tensor([NAN, -np.inf])).item() == -np.inf


EMPTY: dict[str, Any] = {"sum": 0.0, "prod": 1.0, "any": False, "all": True, "count_nonzero": 0, "nansum": 0.0,
                         "nanprod": 1.0}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
def test_a_reduction_of_nothing_is_its_neutral_element(name: str) -> None:
    x = ag.tensor(np.zeros((2, 0)), requires_grad=True)
    out = getattr(ag, name)(x)
    assert out.item() == EMPTY[name] and out.shape == ()
    assert getattr(ag, name)(x, axis=1).shape == (2,) and getattr(ag, name)(x, axis=0).shape == (0,)
    if out.requires_grad:
        assert ag.grad(out, x).shape == (2, 0)


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cumulative_sum", "cumulative_prod"])
def test_nothing_accumulates_to_nothing(name: str) -> None:
    x = ag.tensor(np.zeros(0), requires_grad=True)
    out = getattr(ag, name)(x)
    assert out.shape == (0,) and ag.grad(out.sum(), x).shape == (0,)


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "max", "min", "var", "std", "nansum", "nanmax", "ptp"])
def test_a_number_is_reduced_to_itself(name: str) -> None:
    for axis in (None, ()) if name in ("mean", "var", "std") else (None, 0, -1, ()):  # as NumPy's, which refuse 0 there
        x = ag.tensor(3.0, requires_grad=True)
        out = getattr(ag, name)(x) if axis is None else getattr(ag, name)(x, axis=axis)
        assert out.shape == () and out.item() == (0.0 if name in ("var", "std", "ptp") else 3.0)
        assert ag.grad(out, x).item() == (0.0 if name in ("var", "std", "ptp") else 1.0)


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_a_number_accumulates_to_one_element(name: str) -> None:
    x = ag.tensor(3.0, requires_grad=True)
    for out in (getattr(ag, name)(x), getattr(ag, name)(x, axis=0)):
        assert out.shape == (1,) and ag.grad(out.sum(), x).item() == 1.0


def test_a_long_recurrence_is_that_of_a_loop() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.uniform(-0.9, 0.9, 1000), rng.normal(size=1000)
    expected, state = [], 0.0
    for factor, term in zip(a, b, strict=True):
        state = factor * state + term
        expected.append(state)
    np.testing.assert_allclose(ag.linear_recurrence(a, b).numpy(), expected, rtol=1e-11, atol=1e-13)


# By place as in NumPy.

_ROWS = np.array([[3.0, -1.0, 2.5], [0.5, 4.0, -2.0]])
_PLACED: list[tuple[str, tuple[Any, ...]]] = [
    *((name, (0, np.float32, None, True)) for name in ("sum", "prod", "mean", "nansum", "nanprod", "nanmean")),
    *((name, (1, None, None, True, 10.0)) for name in ("sum", "prod", "nansum", "nanprod")),
    *((name, (1, np.float32, None, 1, True)) for name in ("var", "std", "nanvar", "nanstd")),
    *((name, (1, None, True, 3.0)) for name in ("max", "min", "amax", "amin", "nanmax", "nanmin")),
    *((name, (1, None, True)) for name in ("any", "all", "ptp")),
    *((name, (1, None)) for name in ("argmax", "argmin", "nanargmax", "nanargmin")),
    *((name, (1, None, False, True)) for name in ("median", "nanmedian")),
    *((name, (0.3, 1, None, False, "hazen", True)) for name in ("quantile", "nanquantile")),
    *((name, (30, 1, None, False, "hazen", True)) for name in ("percentile", "nanpercentile")),
    ("take", ([4, 0], 1, None, "wrap")),
]


@pytest.mark.parametrize("name, places", _PLACED, ids=[f"{name}-{len(places)}" for name, places in _PLACED])
def test_by_place_a_reduction_reads_what_numpys_reads(name: str, places: tuple[Any, ...]) -> None:
    expected = getattr(np, name)(_ROWS, *places)
    x = ag.tensor(_ROWS, requires_grad=True)
    calls = [getattr(ag, name), getattr(np, name), ag.compile(lambda x: getattr(ag, name)(x, *places))]
    if hasattr(np.ndarray, name):
        calls.append(lambda x, *places: getattr(x, name)(*places))
    for call in calls:
        found = call(x) if call is calls[2] else call(x, *places)
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min", "any", "all", "var", "std", "median", "argmax"])
def test_keepdims_in_the_place_of_another_is_named(name: str) -> None:
    for call in (getattr(ag, name), lambda x, *places: getattr(x, name)(*places)):
        if name == "median" and call is not ag.median:
            continue
        with pytest.raises(ag.ArgumentError, match=r"True at the place of (dtype|out).*keepdims=True"):
            call(ag.tensor(_ROWS), 0, True)
    with pytest.raises(ag.ArgumentError, match=r"1 at the place of dtype.*ddof=1"):
        ag.var(_ROWS, 0, 1)
    with pytest.raises(ag.ArgumentError, match=r"at the place of out.*always a new tensor"):
        ag.sum(_ROWS, 0, None, np.zeros(3))
    assert ag.sum(_ROWS, out=None).item() == ag.median(_ROWS, overwrite_input=False).item() * 0 + _ROWS.sum()
    with pytest.raises(ag.ArgumentError, match=r"has no argument out: a result is always a new tensor"):
        ag.sum(_ROWS, out=np.zeros(()))
    with pytest.raises(ag.ArgumentError, match=r"method='lower'"):
        ag.quantile(_ROWS, 0.5, 0, "lower")


_METHODS = ["inverted_cdf", "averaged_inverted_cdf", "closest_observation", "lower", "higher", "nearest", "midpoint"]


@pytest.mark.parametrize("method", _METHODS)
def test_quantiles_by_the_methods_that_jump_are_numpys(method: str) -> None:
    rng = np.random.default_rng(3)
    for size in range(1, 8):
        # At the shares where a method jumps, and between them.
        q = np.concatenate([np.arange(size + 1) / size, (np.arange(size) + 0.5) / size, np.linspace(0, 1, 11)])
        x = rng.integers(-9, 9, (4, size)).astype(float)
        gaps = np.where(rng.random(x.shape) < 0.3, NAN, x)
        for data in (x, gaps, x.astype(int)):
            found = ag.quantile(data, q, axis=1, method=method).numpy()
            expected = np.quantile(data, q, axis=1, method=method)
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == expected.dtype
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # NumPy speaks of rows of nothing but nan
                expected = np.nanquantile(data, q, axis=1, method=method)
            np.testing.assert_array_equal(ag.nanquantile(data, q, axis=1, method=method).numpy(), expected)


def test_weighed_quantiles_are_numpys_and_nan_weighs_nothing() -> None:
    rng = np.random.default_rng(4)
    for size in range(1, 8):
        q = np.linspace(0, 1, 13)
        x = rng.integers(-9, 9, (4, size)).astype(float)
        for w in (rng.uniform(0.1, 1, size), rng.integers(0, 3, (4, size)) + (np.arange(size) == 0)):
            expected = np.quantile(x, q, axis=1, method="inverted_cdf", weights=w)
            found = ag.quantile(x, q, axis=1, method="inverted_cdf", weights=w).numpy()
            np.testing.assert_array_equal(found, expected)
            percent = ag.nanpercentile(x, 100 * q, axis=1, method="inverted_cdf", weights=ag.tensor(w)).numpy()
            np.testing.assert_array_equal(percent, np.percentile(x, 100 * q, axis=1, method="inverted_cdf", weights=w))
            gaps = x.copy()
            gaps[:, 1::2] = NAN
            kept = w[..., ::2]
            if (kept.sum(axis=-1) > 0).all():
                expected = np.quantile(x[:, ::2], q, axis=1, method="inverted_cdf", weights=kept)
                found = ag.nanquantile(gaps, q, axis=1, method="inverted_cdf", weights=w).numpy()
                np.testing.assert_array_equal(found, expected)


def test_the_gradient_of_a_weighed_quantile_goes_to_the_element_that_it_is() -> None:
    x = ag.tensor([4.0, 1.0, 3.0, 2.0], requires_grad=True)
    w = ag.tensor([1.0, 1.0, 5.0, 1.0], requires_grad=True)
    out = ag.quantile(x, 0.5, method="inverted_cdf", weights=w)
    assert out.item() == 3.0
    out.backward()
    assert x.grad is not None and x.grad.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert w.grad is None
