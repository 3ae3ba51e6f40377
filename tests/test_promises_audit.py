"""A compiled step audits itself: at calls 1, 2, 4, 8, … the function runs beside it, and every bit must agree."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from compiling import batch, bits, plain, state

import autograd_lite as ag
import nn
from autograd_lite.compile import verify

X = np.ones(2)


def hidden() -> tuple[Any, Any]:
    """A function that reads what nobody can watch, and that."""
    number = ctypes.c_double(2.0)
    w = ag.tensor([1.0, 1.0], name="w")

    def f(x: Any) -> Any:
        scaled = ag.tanh(x) * number.value
        with ag.no_grad():
            w.assign(w + scaled)
        return scaled

    return f, number


@pytest.mark.parametrize("changed, found", [(1, 2), (2, 4), (3, 4), (4, 8), (5, 8), (9, 16)])
def test_what_cannot_be_watched_is_found_at_the_next_audit(changed: int, found: int) -> None:
    f, number = hidden()
    step = ag.compile(f)
    for call in range(1, found):
        step(X)
        if call == changed:
            number.value = 5.0
    w = f.__closure__[1].cell_contents  # type: ignore[attr-defined]
    before = w.numpy()
    with pytest.raises(ag.CheckError, match="multiply: multiply of 2.0 before and of 5.0 now") as caught:
        step(X)
    assert "passed" not in str(caught.value) and "pass it as an argument" in str(caught.value)
    assert bits(w.data) == bits(before + np.tanh(X) * 5.0)  # the function's own result
    assert bits(step(X).data) == bits(np.tanh(X) * 5.0)  # and the next call records anew


def test_every_call_is_audited_with_verify_and_none_without() -> None:
    runs = []

    def counted(x: Any) -> Any:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(None))
        runs.append(1)
        return x * 2.0

    f, number = hidden()
    step = ag.compile(f, verify=True)
    for _ in range(6):
        step(X)
    number.value = 5.0
    with pytest.raises(ag.CheckError):
        step(X)
    f, number = hidden()
    step = ag.compile(f, verify=False)
    for _ in range(3):
        step(X)
    number.value = 5.0
    for _ in range(40):
        step(X)  # stale, as was asked for


def test_audits_run_the_function_at_calls_1_2_4_8_16() -> None:
    log = ctypes.c_long(0)

    def f(x: Any) -> Any:
        log.value += 1
        return x * 2.0

    step = ag.compile(f)
    runs = []
    for _ in range(40):
        step(X)
        runs.append(log.value)
    increased = [i + 1 for i in range(1, 40) if runs[i] > runs[i - 1]]
    assert runs[0] == 2  # the dry run, and the call
    assert increased == [2, 4, 8, 16, 32]


def test_what_changes_by_itself_is_refused_at_the_first_call_with_everything_put_back() -> None:
    import time

    w = ag.tensor([1.0], name="w")

    def f(x: Any) -> Any:
        with ag.no_grad():
            w.assign(w + x * time.perf_counter_ns())
        return w * 1.0

    with pytest.raises(ag.CompileError, match="changes by itself"):
        ag.compile(f)(np.ones(1))
    assert w.data.tolist() == [1.0]


def test_fit_says_so_and_trains_as_it_is() -> None:
    class Noise(nn.Module):
        def forward(self, x: Any) -> Any:
            return x + np.random.default_rng().normal(size=x.shape).astype(np.float32)

    model = nn.Sequential(nn.Linear(4, 3, rng=0), Noise())
    x, y = batch(8)
    with pytest.warns(UserWarning, match="cannot be compiled"):
        history = nn.fit(model, nn.quadratic_cost, (x, y), nn.SGD(model.parameters(), 0.1), 2, 4, rng=0, progress=False)
    assert len(history) == 2


def test_draws_are_the_same_stream_with_and_without_audits() -> None:
    def run(verify: bool | None) -> Any:
        rng = np.random.default_rng(5)
        step = ag.compile(lambda x: ag.random_like(x, rng) * x, verify=verify)
        return [bits(step(X)) for _ in range(20)], rng.bit_generator.state

    assert run(None) == run(False) == run(True)


def test_a_wrong_replay_is_found_and_says_where_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    model, _, f = plain()
    step = ag.compile(f)
    for i in range(3):
        step(*batch(seed=i))
    entry = step._entry()
    wrong = next(call for call in entry.program.calls if call.function == "subtract")
    world = step._thread.bounds[entry].run.__globals__
    name = next(k for k, v in world.items() if v is np.subtract)
    world[name] = lambda x, y, out: np.add(x, y, out)
    wrong.function = "add"
    theirs, _, g = plain()
    for i in range(3):
        g(*batch(seed=i))
    g(*batch(seed=9))
    with pytest.raises(ag.CheckError, match="begins at"):
        step(*batch(seed=9))
    assert state(model.parameters()) == state(theirs.parameters())
    for i in range(5):
        step(*batch(seed=i)), g(*batch(seed=i))
    assert state(model.parameters()) == state(theirs.parameters())


def test_an_interrupted_audit_leaves_everything_as_before() -> None:
    class Stop(BaseException):
        pass

    stop = ctypes.c_bool(False)
    w = ag.tensor([1.0], name="w")
    rng = np.random.default_rng(0)

    def f(x: Any) -> Any:
        with ag.no_grad():
            w.assign(w + ag.random_like(x, rng))
        if stop.value:
            raise Stop
        return w * x

    step = ag.compile(f)
    for _ in range(3):
        step(np.ones(1))
    before = w.numpy(), rng.bit_generator.state
    stop.value = True
    with pytest.raises(Stop) as caught:
        step(np.ones(1))
    assert "all parameters are as before" in "".join(caught.value.__notes__)
    assert (w.numpy(), rng.bit_generator.state) == before
    stop.value = False
    step(np.ones(1))


def test_the_order_of_memory_counts_as_the_bits_do() -> None:
    w = ag.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, name="w")
    w.grad = np.ones((2, 3))
    before = verify.after([w], [], [])
    assert verify.difference(before, verify.after([w], [], [])) is None
    w.assign(np.asfortranarray(w.numpy()))
    assert verify.difference(before, verify.after([w], [], [])) == "the order of memory of w"
    w.assign(np.ascontiguousarray(w.numpy()))
    w.grad = np.asfortranarray(np.ones((2, 3)))
    assert verify.difference(before, verify.after([w], [], [])) == "the order of memory of the gradient of w"
