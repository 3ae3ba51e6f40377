"""What lives how long, and what threads may do: graphs die with their last reference, threads lose no gradient."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run `work` in threads that start together, and raise what any of them raised."""
    failures: list[BaseException] = []
    barrier = threading.Barrier(count)

    def guarded(i: int) -> None:
        try:
            barrier.wait()
            work(i)
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def network(rng: np.random.Generator) -> tuple[list[ag.Tensor], ag.Tensor]:
    w = ag.tensor(rng.normal(size=(2, 3)), requires_grad=True)
    b = ag.tensor(rng.normal(size=2), requires_grad=True)
    return [w, b], ag.tensor(rng.normal(size=(5, 3)))


def cost(parameters: list[ag.Tensor], x: ag.Tensor) -> ag.Tensor:
    w, b = parameters
    return ag.square(ag.sigmoid(x @ w.T + b)).sum()


def live_tensors() -> int:
    return sum(type(x) is ag.Tensor for x in gc.get_objects())


# Memory.


@pytest.mark.parametrize("passes", ["none", "kept", "released", "of second order", "failed"])
def test_graph_dies_with_its_last_reference(passes: str, uncollected: None) -> None:
    parameters, x = network(np.random.default_rng(0))
    hidden = ag.sigmoid(x @ parameters[0].T)
    loss = (hidden * hidden).sum()
    watched = [weakref.ref(hidden), weakref.ref(loss), weakref.ref(hidden.node.inputs[0])]
    if passes == "kept":
        loss.backward()
        loss.backward()
    elif passes == "released":
        loss.backward(free=True)
    elif passes == "of second order":
        slope = ag.grad(loss, parameters[0], create_graph=True)
        (slope * slope).sum().backward()
        watched.append(weakref.ref(slope))
        del slope
    elif passes == "failed":
        with pytest.raises(ag.ShapeError):
            loss.backward(np.ones(7))
    del hidden, loss
    assert [ref() for ref in watched] == [None] * len(watched)


@pytest.mark.parametrize("free", [False, True])
def training_leaves_nothing_behind(free: bool, uncollected: None) -> None:
    parameters, x = network(np.random.default_rng(1))
    history = []

    def train(steps: int) -> None:
        for _ in range(steps):
            for p in parameters:
                p.grad = None
            loss = cost(parameters, x)
            loss.backward(free=free)
            with ag.no_grad():
                for p in parameters:
                    p -= 0.01 * p.grad
            history.append(loss.item())

    train(10)
    tensors, blocks = live_tensors(), sys.getallocatedblocks()
    train(10_000)
    assert live_tensors() == tensors
    assert sys.getallocatedblocks() - blocks < 12_000  # the history's own ten thousand floats, and their list
    assert history[-1] < history[0]


def a_released_graph_holds_no_values(uncollected: None) -> None:
    x = ag.tensor(np.ones(1000), requires_grad=True)
    hidden = ag.exp(x)
    watched = weakref.ref(hidden)
    loss = hidden.sum()
    del hidden
    loss.backward(free=True)
    assert watched() is None
    assert loss.item() == pytest.approx(1000 * np.e)


# Threads.


def threads_with_graphs_of_their_own() -> None:
    def run(i: int) -> list[np.ndarray]:
        parameters, x = network(np.random.default_rng(i))
        for _ in range(50):
            cost(parameters, x).backward()
        return [p.grad for p in parameters]

    expected = [run(i) for i in range(8)]
    found: dict[int, list[np.ndarray]] = {}
    in_threads(8, lambda i: found.__setitem__(i, run(i)))
    for i in range(8):
        for a, b in zip(found[i], expected[i], strict=True):
            assert np.array_equal(a, b)


def grad_mode_and_scope_belong_to_a_thread() -> None:
    def work(i: int) -> None:
        x = ag.tensor(1.0, requires_grad=True)
        for _ in range(200):
            with ag.no_grad() if i % 2 else ag.enable_grad(), ag.scope(f"thread {i}"):
                y = x * 2
            assert y.requires_grad == (i % 2 == 0)
            if y.node is not None:
                assert y.node.scope == (f"thread {i}",)

    in_threads(8, work)
    assert ag.is_grad_enabled()


def threads_that_share_parameters_lose_no_gradient() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        # NumPy lets other threads run while it adds long arrays.
        x = ag.tensor(np.zeros(50_000), requires_grad=True)

        def work(i: int) -> None:
            for _ in range(40):
                (x * float(i + 1)).sum().backward()

        in_threads(8, work)
    finally:
        sys.setswitchinterval(before)
    assert np.array_equal(x.grad, np.full(50_000, 40.0 * 36))


def test_threads_that_share_a_graph_agree() -> None:
    parameters, x = network(np.random.default_rng(3))
    loss = cost(parameters, x)
    expected = [g.numpy() for g in ag.grad(loss, parameters)]

    def work(i: int) -> None:
        for _ in range(50):
            for g, wanted in zip(ag.grad(loss, parameters), expected, strict=True):
                assert np.array_equal(g.data, wanted)

    in_threads(8, work)


# Copies.

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),  # noqa: S301 - our own bytes
}


@pytest.mark.parametrize("how", COPIES)
def copy_of_a_leaf(how: str) -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    (x * x).sum().backward()
    twin = COPIES[how](x)
    assert twin is not x and twin.name == "x" and twin.requires_grad and twin.node is None
    assert np.array_equal(twin.data, x.data) and np.array_equal(twin.grad, x.grad)
    assert not np.shares_memory(twin.data, x.data) and not np.shares_memory(twin.grad, x.grad)
    (twin * 3).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0] and twin.grad.tolist() == [5.0, 7.0]


@pytest.mark.parametrize("how", COPIES)
def copy_of_a_result_of_a_deep_graph_is_a_plain_leaf(how: str) -> None:
    x = ag.tensor([1.0], requires_grad=True)
    y = x
    for _ in range(5000):
        y = y + 1
    twin = COPIES[how](y)
    assert twin.node is None and not twin.requires_grad and twin.data.tolist() == [5001.0]
    twin[0] = 0.0
    assert y.data.tolist() == [5001.0]


def tied_leaves_stay_tied_in_a_deepcopy() -> None:
    x = ag.tensor([1.0], requires_grad=True)
    a, b = copy.deepcopy([x, x])
    assert a is b and a is not x


# Determinism.


ROOT = Path(__file__).parent.parent


def environment(hash_seed: str) -> dict[str, str]:
    """The environment of another process, in which sets and dictionaries of words are in another order."""
    return {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}


def hash_seed_changes_nothing() -> None:
    program = """
import numpy as np, autograd_lite as ag
rng = np.random.default_rng(0)
xs = [ag.tensor(rng.normal(size=3), requires_grad=True, name=f"x{i}") for i in range(20)]
y = sum((ag.tanh(a * b) + a / (1 + b * b) for a in xs for b in xs), start=ag.tensor(0.0)).sum()
y.backward()
print([t.name or (t.node.op.name if t.node else "leaf") for t in ag.ancestors(y)])
print([g.tobytes().hex() for g in [x.grad for x in xs] + [g.data for g in ag.grad(y, xs)]])
print(ag.draw(sum(xs[:3], start=ag.tensor(0.0))).source)
"""
    said = {
        subprocess.run(
            [sys.executable, "-c", program], env=environment(seed), cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for seed in "12345"
    }  # fmt: skip
    assert len(said) == 1 and "tanh" in said.pop()


@pytest.mark.slow
def test_a_hundred_thousand_training_steps_leave_nothing_behind(uncollected: None) -> None:
    """Tensors that live, and the memory of the process, which grows by less than 2 MB."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(10, 4)), rng.uniform(size=(10, 2))
    model = nn.MLP([4, 5, 2], rng=0, dtype=float)
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.5)

    def train(steps: int) -> float:
        for _ in range(steps):
            optimizer.zero_grad()
            cost = nn.quadratic_cost(model(x), y)
            cost.backward(free=True)
            optimizer.step()
        return cost.item()

    train(1000)
    tensors, memory = live_tensors(), _resident()
    first = train(1000)
    last = train(99_000)
    assert live_tensors() == tensors
    assert _resident() - memory < 2**21
    assert last < first


def _resident() -> int:
    """Bytes of memory that the process has now."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("this system does not say how much memory a process has")
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
