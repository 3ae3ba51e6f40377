"""Debug mode: what a node remembers of the code that made it, and writes that went past the library."""

from __future__ import annotations

import inspect
import threading

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.debug import debug, trace
from autograd_lite.engine import graph
from autograd_lite.engine.witness import SILENT


def line() -> int:
    frame = inspect.currentframe()
    assert frame is not None and frame.f_back is not None
    return frame.f_back.f_lineno


def test_nodes_remember_file_line_and_function() -> None:
    x = ag.tensor(2.0, requires_grad=True)
    with debug():
        y = x * x
        here = line() - 1
    found = trace(y.node)
    assert found is not None
    assert (found.file, found.line, found.function) == (__file__, here, "test_nodes_remember_file_line_and_function")
    assert found.source.startswith("y = x * x")


def test_the_line_is_the_users_not_the_librarys() -> None:
    model = nn.MLP([3, 2, 1], rng=0)
    with debug():
        output = model(np.ones(3))
        called = line() - 1
        cost = nn.quadratic_cost(output, np.zeros(1))
        costed = line() - 1
    for tensor in ag.ancestors(cost):
        if tensor.node is not None:
            found = trace(tensor.node)
            assert found is not None and found.file == __file__
            assert found.line == (costed if tensor.node.scope == ("quadratic cost",) else called)


def test_outside_nothing_is_remembered() -> None:
    x = ag.tensor(2.0, requires_grad=True)
    with debug():
        pass
    assert trace((x * x).node) is None
    assert graph.mode.now.witness is SILENT
    assert trace(None) is None


def test_it_nests_and_ends_with_an_exception() -> None:
    x = ag.tensor(2.0, requires_grad=True)
    both = debug()
    with both, both:
        pass
    assert graph.mode.now.witness is SILENT
    with pytest.raises(KeyError), debug():
        raise KeyError
    assert trace((x * x).node) is None


def test_it_holds_for_its_own_thread_alone() -> None:
    x = ag.tensor(2.0, requires_grad=True)
    found = []
    with debug():
        thread = threading.Thread(target=lambda: found.append(trace((x * x).node)))
        thread.start()
        thread.join()
    assert found == [None]


def test_a_recorded_reverse_pass_is_traced_too() -> None:
    x = ag.tensor(2.0, requires_grad=True)
    with debug():
        slope = ag.grad(x**3, x, create_graph=True)
    found = trace(slope.node)
    assert found is not None and found.file == __file__
    assert ag.grad(slope, x).item() == 12.0


WRITES = {
    "operand": lambda a, b: a.__setitem__(0, 5.0),
    "last element": lambda a, b: a.__setitem__(-1, np.nextafter(a[-1], 9.0)),
    "plain array": lambda a, b: b.__setitem__(1, 7.0),
    "sign of zero": lambda a, b: b.__setitem__(2, -0.0),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_raw_write_is_caught_by_content(write: object) -> None:
    a, b = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 0.0])
    w = ag.asarray(a, requires_grad=True, name="w")
    with debug():
        loss = ag.sum(w * b)
    write(a, b)  # type: ignore[operator]
    with pytest.raises(ag.ChangedError, match=r"after multiply had used it at .*test_debug\.py:\d+") as caught:
        loss.backward()
    assert w.grad is None
    assert ("w (3,)" in str(caught.value)) == (not (b[1] == 7.0 or np.signbit(b[2])))


def test_a_write_through_a_result_is_caught() -> None:
    a = np.array([1.0, 2.0])
    w = ag.asarray(a, requires_grad=True, name="w")
    with debug():
        view = w.reshape(2, 1)
        loss = ag.sum(ag.exp(view))
    view._data[0] = 3.0
    with pytest.raises(ag.ChangedError, match="written into"):
        ag.grad(loss, w)


def test_the_same_bytes_are_no_change() -> None:
    a = np.array([1.0, 2.0])
    w = ag.asarray(a, requires_grad=True)
    with debug():
        loss = ag.sum(w * w)
    a[:] = a.copy()
    loss.backward()
    loss.backward(free=True)
    assert w.grad.tolist() == [4.0, 8.0]


def test_nan_empty_scalars_and_strides_are_compared_as_bytes() -> None:
    w = ag.tensor([[np.nan, 1.0], [2.0, 3.0]], requires_grad=True)
    empty = ag.tensor(np.zeros((0, 2)), requires_grad=True)
    with debug():
        loss = ag.sum(w.T * 2.0) + ag.sum(empty) + ag.sum(w[:, 1])
    loss.backward()
    assert w.grad.tolist() == [[2.0, 3.0], [2.0, 3.0]]


def test_a_change_through_the_library_keeps_its_own_message() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    with debug():
        loss = ag.sum(w * w)
    w.assign([3.0, 4.0])
    with pytest.raises(ag.ChangedError, match="run backward before the update"):
        loss.backward()


def test_arrays_of_another_library(world: object) -> None:
    w = world.tensor([1.0, 2.0], requires_grad=True)  # type: ignore[attr-defined]
    with debug():
        loss = ag.sum(w * w)
    loss.backward()
    assert world.to_numpy(w.grad).tolist() == [2.0, 4.0]  # type: ignore[attr-defined]
