"""The methods of NumPy's arrays on Tensors: NumPy's values, gradients where there are any, and what the rest says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

A = np.random.default_rng(4).normal(size=(2, 3))

METHODS: dict[str, Callable[[Any], Any]] = {
    "ravel": lambda x: x.ravel(), "ravel by columns": lambda x: x.ravel("F"), "flatten": lambda x: x.flatten(),
    "repeat": lambda x: x.repeat(2, axis=1), "take": lambda x: x.take([2, 0], axis=1), "mT": lambda x: x.mT,
    "compress": lambda x: x.compress([True, False, True], axis=1), "copy": lambda x: x.copy(), "T": lambda x: x.T,
    "squeeze": lambda x: x.reshape(1, 6).squeeze(), "swapaxes": lambda x: x.swapaxes(0, 1), "dot": lambda x: x.dot(x.T),
    "clip": lambda x: x.clip(min=-0.5, max=0.5), "clip at one side": lambda x: x.clip(max=0.5),
    "diagonal": lambda x: x.diagonal(1), "trace": lambda x: x.trace(),
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_numpys_and_has_its_gradient(name: str) -> None:
    method = METHODS[name]
    found, wanted = method(ag.tensor(A, requires_grad=True)), np.asarray(method(A))
    assert type(found) is ag.Tensor and found.requires_grad
    assert found.shape == wanted.shape and found.dtype == wanted.dtype
    np.testing.assert_allclose(found.data, wanted, rtol=1e-15)
    assert ag.gradcheck(method, A, order=2).passed


def test_answers_that_are_no_tensors() -> None:
    for x in (A, A.astype(np.float32), np.array(2), np.zeros((0, 3))):
        t = ag.tensor(x)
        assert t.tolist() == x.tolist() and t.nbytes == x.nbytes and t.itemsize == x.itemsize
    for found, wanted in zip(ag.tensor(A > 0).nonzero(), (A > 0).nonzero(), strict=True):
        assert found.numpy().tolist() == wanted.tolist() and found.dtype == wanted.dtype
    assert ag.tensor([0, 1]).choose([[1.0, 2.0], 5.0]).numpy().tolist() == [1.0, 5.0]


def test_a_copy_is_on_the_graph_and_shares_no_memory() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x.copy()
    assert y is not x and not np.shares_memory(y.data, x.data)
    assert ag.grad((y * y).sum(), x).numpy().tolist() == [2.0, 4.0]


@pytest.mark.parametrize(
    "name", sorted(n for n in dir(np.ndarray) if not n.startswith("_") and not hasattr(ag.Tensor, n))
)
def test_a_method_that_tensors_lack_says_what_to_write(name: str) -> None:
    assert not hasattr(ag.tensor(A), name)
    with pytest.raises(ag.AutogradError, match=r"write|did you mean"):
        getattr(ag.tensor(A), name)


# x.at[index]: new arrays in which some elements are others.

CHANGES: dict[str, Any] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "power": np.power,
    "min": np.minimum, "max": np.maximum,
}  # fmt: skip
INDICES: dict[str, Any] = {
    "places": [0, 3, 0, 0], "one": 2, "slice": slice(1, 3), "mask": np.array([True, False, True, True]), "all": ...,
    "of tensors": ag.tensor([3, 3, 1]),
}  # fmt: skip


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_done_at_an_index_is_what_numpys_ufuncs_do_there(name: str, index: str) -> None:
    x = np.random.default_rng(0).uniform(0.5, 2.0, (4, 2))
    place = INDICES[index]
    plain = place.numpy() if isinstance(place, ag.Tensor) else place
    values = np.random.default_rng(1).uniform(0.5, 2.0, x[plain].shape)
    for given in (values, 1.5, values[..., :1]):
        wanted = x.copy()
        CHANGES[name].at(wanted, plain, given)
        t = ag.tensor(x)
        found = getattr(t.at[place], name)(given if isinstance(given, float) else ag.tensor(given))
        np.testing.assert_allclose(found.data, wanted, rtol=1e-14)
        assert t.numpy().tobytes() == x.tobytes()
    assert ag.gradcheck(lambda a, b: getattr(a.at[place], name)(b), x, values).passed


def test_elements_set_and_got_at_an_index() -> None:
    x = ag.tensor(A, requires_grad=True)
    assert x.at[0, 1:].set(7.0).numpy().tolist() == [[A[0, 0], 7.0, 7.0], A[1].tolist()]
    assert x.at[:, 1].get().numpy().tolist() == A[:, 1].tolist()
    assert ag.grad(x.at[0].set(0.0).sum(), x).numpy().tolist() == [[0.0] * 3, [1.0] * 3]
    with pytest.raises(ag.ArgumentError, match="names an element twice"):
        x.at[[0, 0]].set(1.0)
    with pytest.raises(ag.ArgumentError, match="wants an index first"):
        x.at.add(1.0)
    with pytest.raises(ag.DtypeError, match="values of float64 do not go into an array of int64"):
        ag.tensor([1, 2]).at[0].add(0.5)


def test_products_at_one_place_have_all_derivatives_where_factors_are_zero() -> None:
    x, v = ag.tensor([2.0], requires_grad=True), ag.tensor([0.0, 0.0, 3.0], requires_grad=True)
    out = x.at[[0, 0, 0]].multiply(v).sum()
    first = ag.grad(out, v, create_graph=True)
    assert first.numpy().tolist() == [0.0, 0.0, 0.0]
    assert ag.grad(first[0], v).numpy().tolist() == [0.0, 6.0, 0.0]  # the product of x and the third


def test_ties_at_one_place_share_the_gradient_evenly() -> None:
    x, v = ag.tensor([2.0, 1.0], requires_grad=True), ag.tensor([2.0, 2.0, 0.0], requires_grad=True)
    of_x, of_v = ag.grad(x.at[[0, 0, 1]].max(v).sum(), [x, v])
    np.testing.assert_allclose(of_x.data, [1 / 3, 1.0])
    np.testing.assert_allclose(of_v.data, [1 / 3, 1 / 3, 0.0])
