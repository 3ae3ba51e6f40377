"""The first call of a compiled function: a dry run that is taken back, then the call itself, with the bits of eager."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from compiling import batch, bits, plain, state

import autograd_lite as ag
import nn
from autograd_lite.compile import compiled
from autograd_lite.engine.graph import mode


def test_sums_over_fortran_order_have_the_bits_of_eager_from_the_first_call_on() -> None:
    for seed in range(40):
        x = np.asfortranarray(np.random.default_rng(seed).normal(size=(7, 5)))

        def make() -> tuple[ag.Tensor, Callable[[Any], Any]]:
            w = ag.tensor([0.5], requires_grad=True)

            def f(x: Any, w: Any = w) -> None:
                w.grad = None
                (x * w).sum().backward()

            return w, f

        (ours, f), (theirs, g) = make(), make()
        compiled = ag.compile(f)
        for _ in range(3):
            compiled(x), g(ag.asarray(x))
            assert bits(ours.grad) == bits(theirs.grad)


def test_a_failure_after_the_recording_leaves_everything_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_lite.compile import compiled

    class Stop(BaseException):
        pass

    for name in ("lower", "outline", "optimise", "clean_source", "flatten_updates", "lay_out"):
        for kind in (KeyboardInterrupt, Stop, ZeroDivisionError):
            model, optimizer, f = plain()
            rng = np.random.default_rng(0)
            dropout = nn.Dropout(0.5, rng=rng)
            step = ag.compile(lambda x, y, f=f, dropout=dropout: f(dropout(x), y))
            before = state(model.parameters()), rng.bit_generator.state

            def broken(*args: Any, kind: Any = kind) -> Any:
                raise kind("broken")

            with monkeypatch.context() as patched:
                patched.setattr(compiled, name, broken)
                with pytest.raises(ag.CompileError if kind is ZeroDivisionError else kind):
                    step(*batch())
            assert (state(model.parameters()), rng.bit_generator.state) == before, name
            assert step.records == 0
            step(*batch())  # and nothing is in its way afterwards
            assert state(model.parameters()) != before[0]


def test_what_the_function_prints_and_appends_happens_as_often_as_eagerly() -> None:
    seen: list[float] = []
    count = {"calls": 0}

    def f(x: Any) -> Any:
        seen.append(1.0)
        count["calls"] += 1
        return x * 2.0

    step = ag.compile(f)
    with pytest.warns(ag.CompileWarning, match="changes (seen|count)"):
        for i in range(6):
            assert step(np.ones(2)).data.tolist() == [2.0, 2.0]
            assert len(seen) == count["calls"] == i + 1
    assert "runs as it is" in repr(step)


def test_what_is_made_at_the_first_call_is_recorded_at_the_next() -> None:
    class Lazy(nn.Module):
        def __init__(self) -> None:
            self.scale: Any = None

        def forward(self, x: Any) -> Any:
            if self.scale is None:
                self.scale = ag.tensor([3.0], requires_grad=True)
            return x * self.scale

    model = Lazy()
    step = ag.compile(lambda x: model(x))
    for _ in range(4):
        assert step(np.ones(1)).item() == 3.0
    assert step.records == 1
    model.scale.assign([5.0])
    assert step(np.ones(1)).item() == 5.0


def test_another_thread_never_sees_a_gradient_that_is_being_recorded() -> None:
    w = ag.tensor(np.zeros(4), requires_grad=True, name="w")
    seen: set[str] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.add(type(w.grad).__name__)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(30):

            @ag.compile
            def f(x: Any) -> None:
                w.grad = None
                (w * x).sum().backward()
                with ag.no_grad():
                    w.assign(w - 0.1 * w.grad)

            f(np.ones(4)), f(np.ones(4))
    finally:
        stop.set()
        thread.join()
    assert seen <= {"ndarray", "NoneType"}


def test_the_functions_own_error_is_the_eager_one_and_leaves_no_trace() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    log: list[int] = []

    def f(x: Any) -> Any:
        log.append(1)
        with ag.no_grad():
            w.assign(w + 1.0)
        random.random()
        return x @ w

    before = random.getstate()
    with pytest.raises(ag.ShapeError, match="matmul"):
        ag.compile(f)(np.ones(3))
    assert w.data.tolist() == [1.0, 2.0] and log == [] and random.getstate() == before


def test_what_fails_only_while_it_is_recorded_is_a_compile_error_that_names_the_line() -> None:
    w = ag.tensor([1.0, 2.0])

    def f(x: Any) -> Any:
        if ag.is_grad_enabled() and type(x * 1.0).__name__ == "Tensor" and recording():
            raise AttributeError("'Traced' object has no attribute 'prod'")
        return x * w

    def recording() -> bool:
        try:
            w.numpy()
        except ag.CompileError:
            return True
        return False

    with pytest.raises(
        ag.CompileError, match=r"fails while it is recorded, in line \d+ of test_promises_first_call.py"
    ):
        ag.compile(f)(np.ones(2))


# An alarm that goes off in a callback of a weak reference is printed by Python, and is no interrupt.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_moment_of_the_first_call_leaves_everything_as_before() -> None:
    class Stop(BaseException):
        pass

    def stop(*_: Any) -> None:
        raise Stop

    earlier = signal.signal(signal.SIGALRM, stop)
    rng = np.random.default_rng(0)
    interrupted = 0
    try:
        for _ in range(40):
            model, optimizer, f = plain()
            step = ag.compile(f)
            before = state(model.parameters())
            done = False
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-5 + rng.random() * 0.02)
                step(*batch())
                done = True
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Stop:
                interrupted += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            if not done:
                after = state(model.parameters())
                theirs, _, g = plain()
                g(*batch())
                assert after in (before, state(theirs.parameters()))  # not, or done and on its way out
            now = mode.now
            assert (now.grad, now.scope, now.outside, now.witness.records) == (True, (), (), False)
            other = ag.compile(lambda x: x * 2.0)
            other(np.ones(2))
            assert other.records == 1  # no compiled function is kept from being compiled by what was broken off
    finally:
        signal.signal(signal.SIGALRM, earlier)
    assert interrupted > 3


def test_an_interrupt_before_the_function_itself_runs_keeps_no_other_from_being_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        step = ag.compile(lambda x: x * 2.0, verify=False)
        patch.setattr(compiled, "touch", broken)
        with pytest.raises(KeyboardInterrupt):
            step(np.ones(2))
    other = ag.compile(lambda x: x * 3.0)
    other(np.ones(2))
    assert other.records == 1
