"""Every namespace offers every operation, a user's own too; a name of NumPy's means what it means there."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from samples import SAMPLES

import autograd_lite as ag
from autograd_lite import backend
from autograd_lite.check import standin
from autograd_lite.ops.aliases import ALIASES


@ag.elementwise(
    lambda xp, out, x: xp.later_cosine(x), notation=r"\operatorname{{s}} {x}", prime=r"\operatorname{{c}} {x}"
)
def earlier_sine(xp: Any, x: Any) -> Any:
    return xp.sin(x)


@ag.elementwise(
    lambda xp, out, x: -xp.earlier_sine(x), notation=r"\operatorname{{c}} {x}", prime=r"-\operatorname{{s}} {x}"
)
def later_cosine(xp: Any, x: Any) -> Any:
    return xp.cos(x)


def test_a_rule_may_call_an_operation_that_is_declared_after_it() -> None:
    x = ag.tensor(0.3, requires_grad=True)
    slope = ag.grad(earlier_sine(x), x, create_graph=True)
    assert slope.item() == np.cos(0.3)
    assert ag.grad(slope, x).item() == -np.sin(0.3)
    ag.gradcheck(earlier_sine, x)


def test_a_forward_may_call_operations_of_the_library_and_of_the_user() -> None:
    @ag.operation(notation=r"{x} \sigma({x})")
    def swish_for_test(xp: Any, x: Any) -> Any:
        return x * xp.sigmoid(x) + 0 * xp.earlier_sine(x)

    swish_for_test.rules(x=lambda xp, g, out, x: g * (out + xp.sigmoid(x) * (1 - out)))
    values = np.array([0.5, -2.0])
    expected = values / (1 + np.exp(-values))
    np.testing.assert_allclose(swish_for_test(values), expected, rtol=1e-15)
    x = ag.tensor(values, requires_grad=True)
    ag.gradcheck(swish_for_test, x)
    ag.gradcheck(lambda v: ag.grad(ag.sum(swish_for_test(v)), v, create_graph=True), x)


def test_an_operation_declared_anew_is_the_one_that_is_used() -> None:
    def declare(factor: float) -> None:
        @ag.operation(notation=r"{x}")
        def renewed_for_test(xp: Any, x: Any) -> Any:
            return factor * x

    declare(2.0)
    assert ag.functional.renewed_for_test(ag.tensor(1.0)).item() == 2.0
    assert backend.NUMPY.renewed_for_test(np.ones(1)).tolist() == [2.0]
    declare(3.0)
    assert ag.functional.renewed_for_test(ag.tensor(1.0)).item() == 3.0
    assert backend.NUMPY.renewed_for_test(np.ones(1)).tolist() == [3.0]


def test_a_namespace_gives_the_librarys_own_function_first_and_refuses_what_nobody_has() -> None:
    assert backend.NUMPY.exp is np.exp and backend.NUMPY.add.at == np.add.at
    assert backend.namespace(np.ones(1)) is backend.NUMPY
    with pytest.raises(AttributeError, match="nosuchthing"):
        _ = backend.NUMPY.nosuchthing
    with pytest.raises(AttributeError, match="nosuchthing"):
        _ = ag.functional.nosuchthing


def test_arrays_of_another_library_have_the_operations_too() -> None:
    backend.register(standin.Array, standin.xp, standin.asnumpy)
    xp = backend.namespace(standin.xp.asarray([0.0]))
    assert standin.asnumpy(xp.softmax(standin.xp.asarray([0.0, 0.0]))).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("ufunc", [np.fabs, np.float_power, np.true_divide, np.abs, np.pow], ids=lambda u: u.__name__)
@pytest.mark.parametrize("dtype", ["int8", "int64", "uint8", "float16", "float32", "float64"])
def test_a_ufunc_gives_on_tensors_the_numbers_and_the_dtype_that_it_gives_on_arrays(ufunc: Any, dtype: str) -> None:
    arrays = [np.array([2, 3], dtype), np.array([1, 2], dtype)][: ufunc.nin]
    want, found = ufunc(*arrays), ufunc(*map(ag.tensor, arrays))
    assert type(found) is ag.Tensor
    assert found.dtype == want.dtype and found.numpy().tolist() == want.tolist()


def test_negative_powers_of_whole_numbers_by_float_power_are_fractions() -> None:
    found = np.float_power(ag.tensor([2]), ag.tensor([-1]))  # type: ignore[call-overload]
    assert found.numpy().tolist() == [0.5] and found.dtype == np.float64
    x = ag.tensor([2.0], dtype="float32", requires_grad=True)
    assert ag.grad(np.float_power(x, 3).sum(), x).numpy().tolist() == [12.0]  # type: ignore[call-overload]


def test_a_ufunc_of_another_package_is_not_taken_for_ours_by_its_name() -> None:
    stranger = np.frompyfunc(lambda x: x, 1, 1)
    stranger_named_exp = type("ufunc", (), {"__name__": "exp", "__call__": stranger})()
    with pytest.raises(ag.ArgumentError, match="not an operation"):
        ag.tensor(1.0).__array_ufunc__(stranger_named_exp, "__call__", ag.tensor(1.0))
    with pytest.raises(ag.ArgumentError, match="not an operation"):
        stranger(ag.tensor(1.0))


@pytest.mark.parametrize("make", [ag.zeros, ag.ones])
@pytest.mark.parametrize("shape", [(10**12, 10**3), -1, "ab", (2, None), 10**30])
def test_a_shape_that_no_array_can_have_is_refused(make: Any, shape: Any) -> None:
    with pytest.raises(ag.AutogradError):
        make(shape)


# A result's memory.


def _no_grad_view(function: Any) -> Any:
    def way(y: Any) -> Any:
        with ag.no_grad():
            return function(y)

    return way


@pytest.mark.parametrize(
    "way",
    [
        lambda y: ag.asarray(y, name="z"), lambda y: ag.asarray(y, requires_grad=True),
        lambda y: ag.zeros(2).assign(y), lambda y: ag.zeros(2).assign(y, copy=False), lambda y: y.detach(),
        _no_grad_view(lambda y: y.reshape(2, 1)), _no_grad_view(lambda y: y.T), _no_grad_view(lambda y: y[:1]),
        _no_grad_view(lambda y: ag.expand_dims(y, 0)), _no_grad_view(lambda y: ag.broadcast_to(y, (3, 2))),
    ],
)  # fmt: skip
def test_no_way_leads_to_writing_into_the_memory_of_a_result(way: Any) -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = ag.exp(x)
    leaf = way(y)
    with contextlib.suppress(ValueError):
        leaf.data[...] = 100.0
    leaf.data = np.zeros(leaf.shape)
    assert y.numpy().tolist() == np.exp([1.0, 2.0]).tolist()
    y.sum().backward()
    assert x.grad.tolist() == np.exp([1.0, 2.0]).tolist()


def test_a_view_of_a_leaf_under_no_grad_cannot_write_into_the_leaf() -> None:
    w = ag.tensor([1.0, 2.0, 3.0])
    view = w[1:]
    with pytest.raises(ValueError, match="read-only"):
        view.data[...] = 9.0
    view += 1.0
    assert w.numpy().tolist() == [1.0, 2.0, 3.0] and view.numpy().tolist() == [3.0, 4.0]


def test_an_operation_that_returns_its_operand_leaves_the_operand_writable() -> None:
    @ag.operation(notation=r"{x}")
    def same_for_test(xp: Any, x: Any) -> Any:
        return x

    array = np.zeros(2)
    same_for_test(ag.tensor(array)), same_for_test(ag.asarray(array))
    array[0] = 1.0
    ag.asarray(array).data[1] = 2.0
    assert array.tolist() == [1.0, 2.0]


def test_data_given_as_a_tensor_is_copied() -> None:
    one, other = ag.tensor([1.0, 2.0]), ag.tensor([0.0, 0.0])
    other.data = one
    other.data[0] = 9.0
    assert one.numpy().tolist() == [1.0, 2.0]


# Second names.


@pytest.mark.parametrize("name, meant", [each for each in ALIASES.items() if each[1] in ag.REGISTRY])
def test_a_second_name_is_the_operation_here_and_in_numpy(name: str, meant: str) -> None:
    assert name not in ag.REGISTRY and name in ag.__all__
    assert getattr(ag, name) is getattr(ag, meant) and getattr(ag.functional, name) is getattr(ag.functional, meant)
    (case, *_) = SAMPLES[meant]
    tensors = [ag.tensor(x) if isinstance(x, np.ndarray) else x for x in case.inputs]
    joined = (tensors,) if ag.REGISTRY[meant].joins else tensors
    found, want = getattr(np, name)(*joined, **case.params), getattr(ag, meant)(*tensors, **case.params)
    assert type(found) is ag.Tensor and found.dtype == want.dtype and np.array_equal(found.data, want.data)
