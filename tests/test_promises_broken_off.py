"""Exceptions and interrupts: every state is as before the call, or the error says truly which were updated."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from compiling import OPTIMIZERS, batch, bits, plain, state, training_step

import autograd_lite as ag
import nn


class Stop(BaseException):
    pass


def training(optimizer: str) -> tuple[Any, Any]:
    model = nn.MLP((4, 6, 3), rng=1)
    make = {"sgd": lambda p: nn.SGD(p, lr=0.5), **OPTIMIZERS}[optimizer]
    return model, training_step(model, make(model.parameters()))


def check_note(note: str, model: Any, before: list[Any], loss: Any) -> str:
    """Whether the note tells the truth of the parameters, and a graph recorded before knows what has changed."""
    same = [bits(p.data) == old for p, old in zip(model.parameters(), before, strict=True)]
    if "before any state was updated" in note:
        assert all(same)
        loss.backward()
        return "before"
    done = note.split("updated already: ")[1].split("; perhaps", maxsplit=1)[0]
    part = note.split("perhaps in part: ")[1].split("; restore", maxsplit=1)[0]
    for p, unchanged in zip(model.parameters(), same, strict=True):
        assert unchanged or p.name in done or p.name in part
    with pytest.raises(ag.ChangedError):
        loss.backward()
    return "during"


@pytest.mark.parametrize("optimizer", ["sgd", *OPTIMIZERS])
def test_an_interrupt_at_every_line_of_a_call_is_told_truly(optimizer: str) -> None:
    where: set[str] = set()
    finished = False
    for limit in range(1, 400):
        model, f = training(optimizer)
        step = ag.compile(f, verify=False)
        for i in range(4):
            step(*batch(seed=i))
        loss = (model.parameters()[0] * model.parameters()[0]).sum()
        before = [bits(p.data) for p in model.parameters()]
        lines = 0

        def tracer(frame: Any, event: str, arg: Any, limit: int = limit) -> Any:
            nonlocal lines
            if frame.f_code.co_filename.startswith("<") and event == "line":
                lines += 1
                if lines == limit:
                    raise Stop
            return tracer

        sys.settrace(tracer)
        try:
            step(*batch(seed=9))
            finished = True
        except Stop as error:
            sys.settrace(None)
            note = "\n".join(getattr(error, "__notes__", ["before any state was updated"]))
            where.add(check_note(note, model, before, loss))
        finally:
            sys.settrace(None)
        if finished:
            break
        step(*batch(seed=9))  # and it goes on
    assert finished and where == {"before", "during"}


# An alarm that goes off in a callback of a weak reference is printed by Python, and is no interrupt.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_an_interrupt_at_any_moment_of_large_writes_is_told_truly() -> None:
    w = ag.tensor(np.zeros(400_000), name="a", requires_grad=True)
    v = ag.tensor(np.zeros(400_000), name="b", requires_grad=True)

    @ag.compile
    def f(x: Any) -> None:
        with ag.no_grad():
            w.assign(w + x)
            v.assign(v * 1 + x * 2)

    def stop(*_: Any) -> None:
        raise Stop

    one = np.ones(())
    for _ in range(3):
        f(one)
    earlier = signal.signal(signal.SIGALRM, stop)
    rng = np.random.default_rng(0)
    broken = 0
    try:
        for _ in range(400):
            loss = (w[:1] * w[:1]).sum() + (v[:1] * v[:1]).sum()
            old = w.numpy()[[0, -1]], v.numpy()[[0, -1]]
            note = None
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-6 + rng.random() * 2e-3)
                f(one)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Stop as error:
                broken += 1
                note = "\n".join(getattr(error, "__notes__", []))
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            moved = not (np.array_equal(w.numpy()[[0, -1]], old[0]) and np.array_equal(v.numpy()[[0, -1]], old[1]))
            if note is not None and moved:
                assert "before any" not in note
                with pytest.raises(ag.ChangedError):
                    loss.backward()
    finally:
        signal.signal(signal.SIGALRM, earlier)
    assert broken > 5


@pytest.mark.parametrize("calls", [2, 3, 4, 6])
def test_an_error_in_a_replay_is_the_eager_calls_own(calls: int) -> None:
    rng = np.random.default_rng(0)
    drop = nn.Dropout(0.5, rng=rng)
    w = ag.tensor(np.ones(3), name="w")

    def pick(x: Any, i: Any) -> Any:
        y = drop(x)[i]
        with ag.no_grad():
            w.assign(w + 1)
        return y

    cases: list[tuple[Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]] = [
        (pick, (np.ones(3), np.array([0, 1])), (np.ones(3), np.array([0, 7]))),
        (lambda z, y: nn.softmax_cross_entropy(z, y), (np.ones((2, 3)), np.array([0, 1])),
         (np.ones((2, 3)), np.array([0, 9]))),
    ]  # fmt: skip
    for f, right, wrong in cases:
        step = ag.compile(f)
        for _ in range(calls):
            step(*right)
        before = w.numpy(), rng.bit_generator.state
        with pytest.raises(ag.AutogradError) as eager:
            f(*(ag.asarray(x) for x in wrong))
        rng.bit_generator.state = before[1]
        with pytest.raises(type(eager.value)) as caught:
            step(*wrong)
        # Tensors of arguments have their names in a compiled function.
        assert str(caught.value).replace("z (", "(").replace("y (", "(")[:20] == str(eager.value)[:20]
        assert (w.numpy() == before[0]).all()
        assert not isinstance(caught.value, ag.CompileError)
        step(*right)


def test_an_interrupt_gives_back_what_generators_have_drawn() -> None:
    rng = np.random.default_rng(0)
    w = ag.tensor(np.ones(3), name="w")
    step = ag.compile(lambda x: ag.exp(ag.random_like(x, rng) * w), verify=False)
    for _ in range(3):
        step(np.ones(3))
    world = step._thread.quick.bound.run.__globals__
    name = next(k for k, v in world.items() if v is np.multiply)

    def stop(*_: Any) -> None:
        raise Stop

    world[name] = stop
    before = rng.bit_generator.state
    with pytest.raises(Stop):
        step(np.ones(3))
    assert rng.bit_generator.state == before


def test_gradients_that_a_broken_replay_wrote_over_are_forgotten_and_named() -> None:
    model, _, f = plain()

    def backward_only(x: Any, y: Any) -> Any:
        for p in model.parameters():
            p.grad = None
        cost = nn.quadratic_cost(model(x), y)
        cost.backward()
        return cost

    step = ag.compile(backward_only, verify=False)
    for i in range(3):
        step(*batch(seed=i))
    held = model.parameters()[0].grad
    copy = held.copy()
    step(*batch(seed=5))
    world = step._thread.bounds[step._entry()].run.__globals__
    name = next(k for k, v in world.items() if getattr(v, "__name__", "") == "reduce" or v is np.add)
    last = world[name]
    calls = 0

    def breaking(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise Stop
        return last(*args, **kwargs)

    world[name] = breaking
    with pytest.raises(Stop) as caught:
        step(*batch(seed=6))
    note = "".join(caught.value.__notes__)
    assert "before any state was updated" in note
    gone = [p.name for p in model.parameters() if p.grad is None]
    assert all(name in note.split("the gradients of ")[1] for name in gone) if gone else "forgotten" not in note
    assert np.array_equal(held, copy)
    assert state(model.parameters())


@pytest.mark.parametrize("wrong", [np.array([0, 9]), np.array([-9, 1])])
def test_an_index_out_of_range_in_a_replay_names_the_gradients_that_it_wrote_over(wrong: np.ndarray) -> None:
    table = ag.tensor(np.ones((4, 3)), requires_grad=True, name="table")

    @ag.compile(verify=False)
    def step(i: Any, x: Any) -> Any:
        cost = ((table[i] - x) ** 2).sum()
        table.grad = None
        cost.backward()
        with ag.no_grad():
            table.assign(table - 0.1 * table.grad)
        return cost

    for _ in range(3):
        step(np.array([0, 1]), np.zeros(3))
    before = table.numpy()
    with pytest.raises(ag.IndexingError) as caught:
        step(wrong, np.zeros(3))
    assert table.numpy().tobytes() == before.tobytes()
    notes = " ".join(getattr(caught.value, "__notes__", []))
    assert table.grad is not None or "the gradients of table are forgotten" in notes
    step(np.array([0, 1]), np.zeros(3))  # and goes on
    assert table.grad is not None
