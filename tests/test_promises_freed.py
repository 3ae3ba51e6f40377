"""Programs, memory and states are freed with the compiled function and with the states, without the collector."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import tracemalloc
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from compiling import batch, bits, plain, training_step

import autograd_lite as ag
import nn


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_a_dropped_function_frees_its_memory_at_once(no_collector: None) -> None:
    w = ag.tensor(np.zeros((1000, 100)), requires_grad=True)

    def one() -> list[Any]:
        f = ag.compile(lambda x: ag.tanh(w * x).sum() * 2.0)
        for _ in range(4):
            f(np.ones(100))
        entry = f._entry()
        return [weakref.ref(each) for each in (f, entry, entry.program, entry.layout, f._thread.bounds[entry])]

    assert [r() for r in one()] == [None] * 5
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(10):
            one()
        assert tracemalloc.get_traced_memory()[0] - before < 800_000  # one array of the ten programs
    finally:
        tracemalloc.stop()


def test_a_dropped_training_step_frees_everything(no_collector: None) -> None:
    def one() -> list[Any]:
        model, optimizer, f = plain()
        step = ag.compile(f)
        for i in range(5):
            step(*batch(seed=i))
        return [weakref.ref(each) for each in (step, model, optimizer, *model.parameters(), step._entry())]

    assert not [r for r in one() if r() is not None]


def test_a_state_that_is_replaced_is_freed_and_its_program_with_it(no_collector: None) -> None:
    box: list[Any] = [None]

    @ag.compile
    def f(x: Any) -> Any:
        with ag.no_grad():
            box[0].assign(box[0] + x.sum())
        return box[0] * 1.0

    refs = []
    for _ in range(12):
        box[0] = ag.tensor(np.zeros(1000))
        refs.append(weakref.ref(box[0]))
        for i in range(3):
            assert f(np.ones(2)).data[0] == 2.0 * (i + 1)
    box[0] = None
    assert sum(r() is not None for r in refs) == 0
    assert not any(f._entries.values())


def test_a_model_that_is_replaced_is_freed(no_collector: None) -> None:
    box: list[Any] = [None]
    step = ag.compile(lambda x: box[0](x))
    refs = []
    for i in range(5):
        box[0] = nn.MLP((4, 6, 3), rng=i)
        refs.append(weakref.ref(box[0].layers[0].weight))
        for _ in range(3):
            assert bits(step(batch()[0])) == bits(box[0](batch()[0]))
    box[0] = None
    assert sum(r() is not None for r in refs) == 0


def test_ensembles_are_kept() -> None:
    models = [nn.MLP((4, 6, 3), rng=i) for i in range(5)]
    box: list[Any] = [None]
    step = ag.compile(lambda x: box[0](x))
    for _ in range(4):
        for model in models:
            box[0] = model
            assert bits(step(batch()[0])) == bits(model(batch()[0]))
    assert step.records == 5


def test_memory_of_a_thread_goes_with_it() -> None:
    model, optimizer, f = plain()
    step = ag.compile(training_step(model, optimizer))
    seen = []

    def work() -> None:
        for i in range(4):
            step(*batch(seed=i))
        seen.append(weakref.ref(step._thread.bounds[step._entry()]))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    del thread
    gc.collect()
    assert seen[0]() is None
    step(*batch())


def test_a_copy_records_for_itself_and_a_closure_cannot_be_pickled() -> None:
    model, _, f = plain()
    step = ag.compile(f)
    step(*batch())
    twin = copy.deepcopy(step)
    assert (twin.records, step.records) == (0, 1)
    assert bits(twin(*batch())) is not None
    assert copy.copy(step).records == 0
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(step)
    assert pickle.loads(pickle.dumps(doubled))(np.ones(2)).data.tolist() == [2.0, 2.0]


def _doubled(x: Any) -> Any:
    return x * 2.0


doubled = ag.compile(_doubled)
