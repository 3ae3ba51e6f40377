"""Edges of what a compiled step relies on: containers of the standard library, context variables, byte orders, nan."""

from __future__ import annotations

import argparse
import collections
import contextvars
import queue
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.compile import compiled


def _user_dict() -> tuple[Callable[[], Any], Callable[[], Any]]:
    held = collections.UserDict(a=2.0)
    return lambda: held["a"], lambda: held.update(a=5.0)


def _user_list() -> tuple[Callable[[], Any], Callable[[], Any]]:
    held = collections.UserList([2.0, 1.0])
    return lambda: held[0], lambda: held.insert(0, 5.0)


def _chain_map() -> tuple[Callable[[], Any], Callable[[], Any]]:
    held = collections.ChainMap({}, {"a": 2.0})
    return lambda: held["a"], lambda: held.update(a=5.0)


def _lower_map_of_a_chain() -> tuple[Callable[[], Any], Callable[[], Any]]:
    below = {"a": 2.0}
    held = collections.ChainMap({}, below)
    return lambda: held["a"], lambda: below.update(a=5.0)


def _view_of_a_dictionary() -> tuple[Callable[[], Any], Callable[[], Any]]:
    under = {"a": 2.0}
    held = under.values()
    return lambda: sum(held), lambda: under.update(b=3.0)


def _items_of_a_dictionary() -> tuple[Callable[[], Any], Callable[[], Any]]:
    under = {"a": 2.0}
    held = under.items()
    return lambda: sum(value for _, value in held), lambda: under.update(a=5.0)


def _namespace() -> tuple[Callable[[], Any], Callable[[], Any]]:
    held = argparse.Namespace(k=2.0)
    return lambda: held.k, lambda: setattr(held, "k", 5.0)


def _queue() -> tuple[Callable[[], Any], Callable[[], Any]]:
    held: queue.Queue[float] = queue.Queue()
    held.put(2.0)
    return lambda: held.queue[0], lambda: held.queue.appendleft(5.0)


THINGS = (
    _user_dict, _user_list, _chain_map, _lower_map_of_a_chain, _view_of_a_dictionary, _items_of_a_dictionary,
    _namespace, _queue,
)  # fmt: skip


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.__name__.lstrip("_"))
def test_containers_of_the_standard_library_are_watched(thing: Any) -> None:
    read, change = thing()
    step = ag.compile(lambda x: x * read())
    assert [step(np.ones(1)).item() for _ in range(3)] == [2.0, 2.0, 2.0]
    change()
    assert step(np.ones(1)).item() == 5.0


def test_a_context_variable_without_a_value_may_be_set_inside() -> None:
    number = contextvars.ContextVar("number", default=2.0)

    @ag.compile
    def step(x: Any) -> Any:
        y = x * number.get()
        number.set(5.0)
        return y

    assert [step(np.ones(1)).item() for _ in range(3)] == [2.0, 5.0, 5.0]


def test_a_context_variable_without_a_default_is_refused_where_it_is_set() -> None:
    number: contextvars.ContextVar[float] = contextvars.ContextVar("number")

    @ag.compile
    def step(x: Any) -> Any:
        number.set(5.0)
        return x * number.get()

    with pytest.raises(ag.CompileError, match="context variable number had no value"):
        step(np.ones(1))


@pytest.mark.parametrize("dtype", [">f8", ">f4", ">i4"])
def test_an_argument_of_the_other_byte_order_is_taken_as_tensors_take_it(dtype: str) -> None:
    step = ag.compile(lambda x: (x, x * 2))
    for k in range(3):
        given = np.array([1, 2 + k], dtype)
        same, twice = step(given)
        assert same.dtype.isnative and same.numpy().tolist() == [1, 2 + k]
        assert twice.numpy().tolist() == [2, 4 + 2 * k]


def test_a_nan_of_another_sign_is_no_difference() -> None:
    w = ag.tensor(-0.7, requires_grad=True)
    v = ag.tensor(0.7, requires_grad=True)

    def step(x: Any) -> Any:
        t = ag.sqrt(w * x)
        c = ((t - t) * (v / v)).sum()
        w.grad = v.grad = None
        c.backward()
        return c

    step = ag.compile(step, verify=True)
    with np.errstate(all="ignore"):
        assert all(np.isnan(step(np.array(1.0 + k)).item()) for k in range(4))


def test_a_refusal_after_the_first_call_was_compared_leaves_the_generators_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = np.random.default_rng(0)
    step = ag.compile(lambda x: ag.random_like(x, generator) * x)
    monkeypatch.setattr(compiled, "difference", lambda *_: "the result")
    before = generator.bit_generator.state
    with pytest.raises(ag.CompileError, match="cannot be compiled"):
        step(np.ones(2))
    assert generator.bit_generator.state == before


def test_a_tensor_of_its_own_is_the_argument_also_where_a_function_is_not_recorded_any_more() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)

    def slope(x: Any, k: float) -> Any:
        return ag.grad((x * w * k).sum(), w)

    step = ag.compile(slope)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is recorded no more, since k is another at every call
        found = [step(w, 1.5 + k).numpy().tolist() for k in range(12)]
    assert found == [slope(w, 1.5 + k).numpy().tolist() for k in range(12)]


@pytest.mark.parametrize("make", [lambda p: nn.SGD(p, 0.1, momentum=0.5, nesterov=True), lambda p: nn.Adam(p, 0.1)])
def test_parameters_without_elements_are_trained_with_those_that_have_some(make: Callable[[Any], Any]) -> None:
    shapes: list[tuple[int, ...]] = [(1, 3, 0), (1, 3, 0), (2,), (2,)]
    found = []
    for compiled_too in (False, True):
        weights = [ag.tensor(np.ones(shape), requires_grad=True) for shape in shapes]
        optimizer = make(weights)

        def update(weights: Any = weights, optimizer: Any = optimizer) -> Any:
            cost = sum(((w * w).sum() for w in weights), start=ag.tensor(0.0))
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return cost

        step = ag.compile(update) if compiled_too else update
        for _ in range(5):
            step()
        found.append([w.numpy().tolist() for w in weights])
    assert found[0] == found[1]


def test_an_ordered_dictionary_that_a_function_reorders_is_put_back_in_its_order() -> None:
    def run(wrap: Callable[[Any], Any]) -> list[float]:
        held = collections.OrderedDict(a=2.0, b=3.0, c=5.0)

        def turn(x: Any) -> Any:
            y = x + next(iter(held.values()))
            held.move_to_end(next(iter(held)))
            return y

        turned = wrap(turn)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it runs as it is, since it changes what it reads
            return [turned(np.zeros(1)).item() for _ in range(9)]

    assert run(ag.compile) == run(lambda f: lambda x: f(ag.tensor(x)))


@pytest.mark.parametrize("wrong", [3, "step", 3.0, ag.tensor(1.0)])
def test_what_is_no_function_is_refused(wrong: Any) -> None:
    with pytest.raises(ag.ArgumentError, match="is no function"):
        ag.compile(wrong)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("to", [2, 0.5, -1, 1, 0, 3])
@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (2,)])
def test_a_power_of_a_single_number_is_rounded_as_eagerly(shape: tuple[int, ...], to: float, dtype: str) -> None:
    # NumPy squares where the exponent is one number for all, which it tells by how the exponent lies in memory.
    exponents = [to, *(ag.tensor(np.full(s, to, dtype)) for s in {(), (1,), shape})]

    def f(x: Any) -> Any:
        y = ag.multiply(x, 1.0)  # a value of the program's own
        one = [y**e for e in exponents] + [ag.power(y, e) * 1.0 for e in exponents]
        return one + [ag.float_power(y, e) for e in exponents if hasattr(ag, "float_power")]

    replayed = ag.compile(f, verify=False)
    numbers = np.random.default_rng(5).random((1000, *shape)).astype(dtype) + np.array(0.1, dtype)
    for number in numbers:
        x = np.asarray(number)
        pairs = zip(f(ag.tensor(x)), replayed(x), strict=True)
        assert all(one.numpy().tobytes() == other.numpy().tobytes() for one, other in pairs), x


BESIDE = [name for name, op in ag.REGISTRY.items() if op.ours and op.direct and op.arguments == ("x", "y")]


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_number_beside_an_array_is_of_the_dtype_that_is_computed_in(name: str, dtype: Any) -> None:
    # `float_power` computes in float64, where 0.1 is another number than in float32.
    function = getattr(ag, name)
    x = np.random.default_rng(0).uniform(0.5, 1.5, 7).astype(dtype)
    for number in (0.1, 1e-3, 3):
        for call in (lambda t, c=number: function(t, c), lambda t, c=number: function(c, t)):
            try:
                expected = call(ag.tensor(x))
            except ag.AutogradError:  # not for these dtypes
                continue
            compiled = ag.compile(call, verify=False)
            assert [compiled(x).numpy().tobytes() for _ in range(3)] == [expected.numpy().tobytes()] * 3
