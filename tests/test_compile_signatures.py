"""A program for each signature: shapes, numbers, methods, threads, compiled functions in each other."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from compiling import Step, batch, bits, hold_to_eager, plain

import autograd_lite as ag
import nn

# Signatures.


def test_every_signature_has_a_program_of_its_own() -> None:
    f = ag.compile(lambda x, factor: x * factor)
    calls: list[tuple[Any, Any]] = [
        (np.ones((2, 3)), 2), (np.ones((3, 2)), 2), (np.ones((2, 3), np.float32), 2), (np.ones((3, 2)).T, 2),
        (np.ones((2, 3)), 3), (np.ones((2, 3)), 2.0), (np.ones((2, 3), int), 2),
    ]  # fmt: skip
    for round in range(3):
        for x, factor in calls:
            found = f(x, factor)
            assert bits(found) == bits(ag.multiply(x, factor))
        assert f.records == len(calls) == len(f.signatures), round
    assert "(2, 3) float32" in f.signatures[2]
    with ag.no_grad():
        f(*calls[0])
    assert f.records == len(calls) + 1
    assert "no_grad" in f.signatures[-1]
    f(*calls[0])
    assert f.records == len(calls) + 1


def test_the_last_smaller_batch() -> None:
    def make() -> tuple[list[ag.Tensor], Step]:
        model, _, f = plain()
        return model.parameters(), f

    batches = [batch(n, seed=i) for i, n in enumerate([10, 10, 3, 10, 10, 3, 1, 10, 1])]
    hold_to_eager(make, batches, records=3)


def test_wrong_arguments_are_named() -> None:
    f = ag.compile(lambda x, y: x * 1.0)
    with pytest.raises(ag.ArgumentError, match="a tensor, an array or a number, not object"):
        f(np.ones(2), object())
    with pytest.raises(TypeError):
        f(np.ones(2))
    with pytest.raises(TypeError):
        f(np.ones(2), y=1.0, z=2.0)
    assert f(y=1.0, x=np.ones(2)).data.tolist() == [1.0, 1.0]
    assert f(np.ones(2), 1.0).data.tolist() == [1.0, 1.0]
    assert f.records == 1


def test_a_method_is_compiled_for_each_object() -> None:
    class Model:
        def __init__(self, factor: float) -> None:
            self.factor = factor
            self.w = ag.tensor([factor], requires_grad=True)

        @ag.compile
        def scaled(self, x: Any) -> Any:
            return x * self.w * self.factor

    one, two = Model(2.0), Model(3.0)
    for _ in range(3):
        assert one.scaled(np.ones(1)).item() == 4.0
        assert two.scaled(np.ones(1)).item() == 9.0
    for _ in range(3):
        assert one.scaled(np.ones(1)).item() == 4.0
    assert Model.scaled._thread.quick is not None
    one.factor = 5.0
    assert one.scaled(np.ones(1)).item() == 10.0


def test_calls_with_numbers_are_told_apart_on_the_quick_way() -> None:
    @ag.compile
    def power(x: Any, n: Any, sign: str = "+") -> Any:
        return x**n if sign == "+" else -(x**n)

    x = np.full(2, 2.0)
    for n, sign, wanted in [(3, "+", 8.0), (3, "+", 8.0), (3, "+", 8.0), (2, "+", 4.0), (2, "+", 4.0), (2, "-", -4.0)]:
        assert power(x, n, sign).data.tolist() == [wanted] * 2
    assert power._thread.quick is not None
    for n in (True, 1, 1.0, True):
        for _ in range(2):
            assert power(x, n).data.tolist() == [2.0] * 2
    assert power.records == 6


def test_compiled_functions_call_each_other_and_themselves() -> None:
    factor = 2.0
    inner = ag.compile(lambda x: ag.multiply(x, factor))
    outer = ag.compile(lambda x: inner(x) + 1.0)
    assert [outer(np.ones(2)).data.tolist() for _ in range(3)] == [[3.0, 3.0]] * 3
    assert (inner.records, outer.records) == (0, 1)
    factor = 3.0
    assert outer(np.ones(2)).data.tolist() == [4.0, 4.0]

    @ag.compile
    def power(x: Any, n: int) -> Any:
        return x * power(x, n - 1) if n else x * 0.0 + 1.0

    assert [power(np.full(1, 3.0), 4).item() for _ in range(2)] == [81.0, 81.0]


def test_threads_have_buffers_of_their_own() -> None:
    model = nn.MLP((20, 30, 5), rng=0)
    forward = ag.compile(lambda x: ag.tanh(model(x)))
    inputs = [np.random.default_rng(i).normal(size=(16, 20)).astype(np.float32) for i in range(4)]
    wanted = [bits(ag.tanh(model(x))) for x in inputs]
    wrong: list[int] = []
    start = threading.Barrier(4)

    def work(i: int) -> None:
        start.wait()
        for _ in range(300):
            if bits(forward(inputs[i])) != wanted[i]:
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert forward.records <= 4
