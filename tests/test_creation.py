"""Tensors made of nothing, and those that functions of lists make: NumPy's values, gradients, refusals, compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(3)
A, B, V = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 2)), RNG.normal(size=3)


def same(found: Any, wanted: Any) -> None:
    """The found tensor has the type, shape, dtype and bits that NumPy gives."""
    wanted = np.asarray(wanted)
    assert type(found) is ag.Tensor
    assert found.shape == wanted.shape and found.dtype == wanted.dtype
    assert found.numpy().tobytes() == np.ascontiguousarray(wanted).tobytes()


@pytest.mark.parametrize(
    "name, args, keywords",
    [
        ("zeros", ((2, 3),), {"dtype": np.float32}), ("ones", (2,), {"dtype": int}), ("full", ((2, 2), 7), {}),
        ("full", ((2, 2), [1.5, 2.5]), {"dtype": np.float32}), ("arange", (3,), {}), ("arange", (1, 5), {}),
        ("arange", (1.0, 2.0, 0.25), {}), ("arange", (5, 1, -1), {}), ("arange", (0, 3, 1, np.float32), {}),
        ("eye", (2,), {}), ("eye", (2, 3, 1), {"dtype": bool}), ("identity", (3,), {"dtype": np.float32}),
        ("linspace", (0.0, 1.0, 5), {}), ("linspace", (0, 9, 4), {"dtype": int}), ("linspace", (A, V, 3), {"axis": -1}),
        ("logspace", (0.0, 2.0, 4), {"base": 2.0}), ("geomspace", (1.0, 8.0, 4), {"endpoint": False}),
        ("fromfunction", (lambda i, j: i + 2 * j, (2, 3)), {"dtype": int}),
    ],
)  # fmt: skip
def test_made_as_numpy_makes_it(name: str, args: Any, keywords: Any) -> None:
    same(getattr(ag, name)(*args, **keywords), getattr(np, name)(*args, **keywords))


@pytest.mark.parametrize("num", [0, 1, 2, 7])
@pytest.mark.parametrize("endpoint", [True, False])
def test_linspace_of_tensors_has_numpys_bits(num: int, endpoint: bool) -> None:
    for start, stop in ((0.1, 1.0), (V, 5.0), (A[:, :1], V), (np.float32([0.1]), np.float32([3.0]))):
        wanted, distance = np.linspace(start, stop, num, endpoint, retstep=True, axis=-1)
        found, between = ag.linspace(ag.tensor(start), stop, num, endpoint, retstep=True, axis=-1)
        same(found, wanted)
        assert np.array_equal(np.asarray(between), distance, equal_nan=True)
    found, wanted = ag.geomspace(ag.tensor(A**2), 9.0, num, endpoint), np.geomspace(A**2, 9.0, num, endpoint)
    np.testing.assert_allclose(found.data, wanted, rtol=1e-13)
    found, wanted = ag.logspace(ag.tensor(A), 2.0, num, endpoint), np.logspace(A, 2.0, num, endpoint)
    np.testing.assert_allclose(found.data, wanted, rtol=1e-13)


DIFFERENTIABLE: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "linspace": (lambda a, b: ag.linspace(a, b, 5, axis=1), (A, V)),
    "geomspace": (lambda a, b: ag.geomspace(a, b, 5), (2.0, 3.0)),
    "logspace": (lambda a, b, base: ag.logspace(a, b, 4, base=base), (1.0, 3.0, 2.0)),
    "full": (lambda a: ag.full((4, 2, 3), a), (A,)),
    "block": (lambda a, b: ag.block([[a, b], [b, a]]), (A, B)),
    "insert": (lambda a, b: ag.insert(a, [0, 1, 1], b, axis=1), (A, RNG.normal(size=(2, 3)))),
    "select": (lambda a, b: ag.select([A < 0, A < 1], [a, b * a], b), (A, V)),
    "choose": (lambda a, b: ag.choose([[0, 1, 0], [1, 1, 0]], [a, b]), (A, V)),
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_what_is_made_of_tensors_has_gradients_and_compiles(name: str) -> None:
    f, args = DIFFERENTIABLE[name]
    assert ag.gradcheck(f, *args, order=2).passed

    def step(*xs: ag.Tensor) -> Any:
        out = f(*xs)
        return out, *ag.grad((out * out).sum(), list(xs))

    compiled = ag.compile(step, verify=True)
    for factor in (1.0, 1.5, 0.75):
        given = [[ag.tensor(np.multiply(x, factor), requires_grad=True) for x in args] for _ in range(2)]
        found, wanted = compiled(*given[0]), step(*given[1])
        assert [x.numpy().tobytes() for x in found] == [x.numpy().tobytes() for x in wanted]


def test_leaves_have_names_and_want_gradients() -> None:
    for made in (
        ag.zeros(2, requires_grad=True, name="w", device="cpu"), ag.arange(3.0, requires_grad=True, name="w"),
        ag.full(2, 1.0, requires_grad=True, name="w"), ag.linspace(0.0, 1.0, 3, requires_grad=True, name="w"),
        ag.eye(2, requires_grad=True, name="w"), ag.empty(2, requires_grad=True, name="w"),
    ):  # fmt: skip
        assert made.requires_grad and made.name == "w" and made.node is None
    assert ag.full(2, ag.tensor(1.0), name="f").name == "f"
    assert ag.arange(ag.tensor(3)).shape == (3,) and ag.arange(2, like=ag.zeros(1)).numpy().tolist() == [0, 1]


INSERTED: list[tuple[Any, Any, Any]] = [
    (1, 9.0, None), (1, [7.0, 8.0], 1), ([0, 2], [[1.0], [2.0]], 0), ([1, 1, 2], [1.0, 2.0, 3.0], None),
    (slice(0, 2), 5.0, 1), (-1, [1.0, 2.0, 3.0], 0), ([-1], [1.0, 2.0, 3.0], 0), ([], [], None), (2, A[:, :2], 1),
    (np.array([True, False, True]), 1.0, 1),
]  # fmt: skip


@pytest.mark.parametrize("obj, values, axis", INSERTED)
def test_insert_is_numpys(obj: Any, values: Any, axis: Any) -> None:
    same(ag.insert(A, obj, values, axis), np.insert(A, obj, values, axis))
    same(np.insert(ag.tensor(A), obj, values, axis), np.insert(A, obj, values, axis))


def test_functions_of_lists_are_numpys_by_either_name() -> None:
    a, b, v = map(ag.tensor, (A, B, V))
    for xp in (ag, np):
        same(xp.block([[a, b], [b, a]]), np.block([[A, B], [B, A]]))
        same(xp.block([v, 2.0, v]), np.block([V, 2.0, V]))
        same(xp.select([a < 0, a < 1], [a, a * 2], 5.0), np.select([A < 0, A < 1], [A, A * 2], 5.0))
        for numbers, mode in (([[0, 1, 2], [2, 1, 0]], "raise"), ([0, 5, -1], "wrap"), ([0, 5, -1], "clip")):
            same(xp.choose(numbers, [a, v, 7.0], mode=mode), np.choose(numbers, [A, V, 7.0], mode=mode))
        same(xp.linspace(a, v, 3), np.linspace(A, V, 3))
    same(np.lib.stride_tricks.sliding_window_view(a, 2, 1), np.lib.stride_tricks.sliding_window_view(A, 2, 1))


@pytest.mark.parametrize(
    "call, error, said",
    [
        (lambda: ag.zeros(2, device="cuda:0"), ag.DeviceError, "no device 'cuda:0' to make a tensor on, only 'cpu'"),
        (lambda: ag.full(2, ag.tensor(1.0), device="tpu"), ag.DeviceError, "no device 'tpu'"),
        (lambda: ag.zeros_like(ag.zeros(2), device="tpu"), ag.DeviceError, "on tpu"),
        (lambda: ag.arange(ag.tensor(3.0, requires_grad=True)), ag.GraphError, r"write start \+ step \* ag.arange"),
        (lambda: ag.arange("a"), ag.ArgumentError, r"arange\('a'\): "),
        (lambda: ag.arange(0, 1, 0), ag.ArgumentError, r"arange\(0, 1, 0\): "),
        (lambda: ag.linspace(0, 1, -1), ag.ArgumentError, r"linspace\(0, 1, -1\): "),
        (lambda: ag.linspace(ag.tensor(0.0), 1, 2.5), ag.ArgumentError, "a whole number from 0, not 2.5"),
        (lambda: ag.full(2, ag.tensor(1.0), requires_grad=True), ag.GraphError, "leave requires_grad out"),
        (lambda: ag.eye(-1), ag.ArgumentError, r"eye\(-1, None, 0\): negative dimensions"),
        (lambda: ag.identity("a"), ag.ArgumentError, r"identity\('a'\): "),
        (lambda: ag.geomspace(0, 1), ag.ArgumentError, r"geomspace\(0, 1, 50\): "),
        (lambda: ag.ones(2, int, requires_grad=True), ag.DtypeError, "cannot require a gradient"),
        (lambda: ag.fromfunction(max, -1), ag.ArgumentError, r"fromfunction\("),
        (lambda: ag.block([]), ag.ArgumentError, "a list of blocks is empty"),
        (lambda: ag.block([[1], 2]), ag.ArgumentError, "nested differently"),
        (lambda: ag.block((1, 2)), ag.ArgumentError, "a tuple is no list of blocks"),
        (lambda: ag.select([A > 0], [A, A]), ag.ArgumentError, "1 conditions do not go with 2 choices"),
        (lambda: ag.select([A], [A]), ag.DtypeError, "write x != 0"),
        (lambda: ag.choose([2], [1.0, 2.0]), ag.IndexingError, "choose: there are 2 choices, and index 2"),
        (lambda: ag.choose([-1], [1.0, 2.0]), ag.IndexingError, "choose: there are 2 choices"),
        (lambda: ag.choose([0.5], [1.0, 2.0]), ag.DtypeError, "choose: the numbers of the choices are whole"),
        (lambda: ag.choose([0], []), ag.ArgumentError, "nothing to choose from"),
        (lambda: ag.insert(A, 5, 1.0, axis=0), ag.IndexingError, "insert: index 5 is out of bounds"),
        (lambda: ag.insert(A, 1, np.ones(4), axis=0), ag.ShapeError, r"insert\(\(2, 3\) float64, 1, \(4,\) float64\)"),
        (lambda: ag.insert([1, 2], 1, 1.5), ag.DtypeError, "does not go into"),
        (lambda: ag.insert(A, 0.5, 1.0), ag.IndexingError, "a place is a whole number"),
        (lambda: np.put_along_axis(ag.tensor(A), [[0]], 1.0, 1), ag.ArgumentError, "ag.put_along_axis"),
    ],
)
def test_what_cannot_be_made_is_refused(call: Callable[[], Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


def test_an_error_in_a_function_that_was_handed_over_stays_what_it_is() -> None:
    with pytest.raises(TypeError) as caught:
        ag.fromfunction(lambda i: i, (2, 2))
    assert not isinstance(caught.value, ag.AutogradError)


def test_a_wrong_call_is_told_once_without_pythons_own_words() -> None:
    with pytest.raises(ag.ArgumentError, match=r"^zeros\(shape, dtype=float, .*\) misses shape$") as caught:
        ag.zeros()  # type: ignore[call-arg]
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
