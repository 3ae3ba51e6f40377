"""A training step that breaks off anywhere: each call of it was done as a whole, or nothing of it was.

Tried for every k: the k-th call of a C function fails for want of memory, and Ctrl-C arrives at the k-th line, while a
step is run. What is as it was are parameters, gradients, the optimiser's state and the graph: the same step done again
gives the bits of a step that nothing disturbed.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

OURS = tuple(str(Path(module.__file__ or "").parent) for module in (ag, nn))
X, Y = np.random.default_rng(1).normal(size=(5, 4)), np.random.default_rng(2).uniform(size=(5, 2))

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "descent": lambda p: nn.SGD(p, lr=0.5),
    "momentum": lambda p: nn.SGD(p, lr=0.5, momentum=0.9),
    "Adam": lambda p: nn.Adam(p, lr=0.1),
}


def _looked_at(frame: Any) -> bool:
    """Whether a frame is the library's; the end of a `with` is Python's to reach, and nobody can if it does not."""
    return frame.f_code.co_filename.startswith(OURS) and frame.f_code.co_name != "__exit__"


@contextmanager
def failing_call(k: int) -> Iterator[list[int]]:
    """The k-th C function that the library calls inside raises `MemoryError` instead of being run.

    But for those that put something back, which ask for no memory.
    """
    count = [0]

    def look(frame: Any, event: str, arg: Any) -> None:
        if event == "c_call" and arg.__name__ != "__exit__" and _looked_at(frame):
            count[0] += 1
            if count[0] == k:
                sys.setprofile(None)
                raise MemoryError("on purpose")

    sys.setprofile(look)
    try:
        yield count
    finally:
        sys.setprofile(None)


@contextmanager
def interrupt(k: int) -> Iterator[list[int]]:
    """Ctrl-C arrives at the k-th line of the library that is run inside."""
    count = [0]

    def look(frame: Any, event: str, arg: Any) -> Any:
        if not _looked_at(frame):
            return None
        text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip()
        # No signal comes at `try:`, where nothing is run, nor before the end of a `with`, which is run on its line.
        if event == "line" and not text.startswith(("with ", "try:")):
            count[0] += 1
            if count[0] == k:
                sys.settrace(None)
                raise KeyboardInterrupt("on purpose")
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        yield count
    finally:
        sys.settrace(before)


class Run:
    """A model and what is known of it: parameters, gradients, the optimiser's tensors, all by their bytes."""

    def __init__(self, make: Callable[[Any], Any], free: bool) -> None:
        self.model = nn.MLP([4, 3, 2], rng=0, dtype=float)
        self.optimizer = make(self.model.parameters())
        self.free = free
        self.step()  # so that there is something in every state

    def step(self) -> None:
        self.optimizer.zero_grad()
        self.cost().backward(free=self.free)
        self.optimizer.step()

    def cost(self) -> ag.Tensor:
        return nn.quadratic_cost(self.model(X), Y)

    def state(self) -> list[Any]:
        tensors = [p.data.tobytes() for p in self.model.parameters()]
        gradients = [None if p.grad is None else p.grad.tobytes() for p in self.model.parameters()]
        return [tensors, gradients, sorted((k, v.tobytes()) for k, v in self.optimizer.state_dict().items())]


@pytest.mark.parametrize(
    "optimizer, free",
    [("descent", False), ("momentum", True), pytest.param("Adam", True, marks=pytest.mark.slow)],
    ids=["descent", "momentum", "Adam"],
)
@pytest.mark.parametrize("fault", [failing_call, interrupt], ids=["memory", "Ctrl-C"])
def test_a_step_that_breaks_off_anywhere_can_be_done_again(fault: Any, optimizer: str, free: bool) -> None:
    undisturbed = Run(OPTIMIZERS[optimizer], free)
    started = undisturbed.state()
    undisturbed.optimizer.zero_grad()
    cleared = undisturbed.state()
    cost = undisturbed.cost()
    cost.backward(free=free)
    differentiated = undisturbed.state()
    undisturbed.optimizer.step()
    ended = undisturbed.state()
    run = Run(OPTIMIZERS[optimizer], free)
    parts: list[tuple[str, Callable[[Any], Any], list[Any], list[Any]]] = [
        ("zero_grad", lambda _: run.optimizer.zero_grad(), started, cleared),
        ("forward", lambda _: run.cost(), cleared, cleared),
        ("backward", lambda cost: cost.backward(free=free), cleared, differentiated),
        ("step", lambda _: run.optimizer.step(), differentiated, ended),
    ]
    made = None
    for name, call, before, after in parts:
        k = 0
        while True:
            k += 1
            result = None
            try:
                with fault(k) as count:
                    result = call(made)
            except (MemoryError, KeyboardInterrupt):
                now = run.state()
                assert now in (before, after), f"{name}, fault {k}: neither as before nor done"
                assert ag.is_grad_enabled()
                if now == after and name != "forward":
                    restore(run, before)
                if name == "backward":
                    made = run.cost() if now == after else made  # what has been done once is not done again
                continue
            assert count[0] < k, f"{name}: fault {k} was swallowed"
            break
        assert k > 3 or name == "zero_grad"
        assert run.state() == after, name
        made = result if result is not None else made
    assert run.state() == ended


def restore(run: Run, state: list[Any]) -> None:
    """Give a run the state that it had, as whoever saved it would."""
    arrays, gradients, numbers = state
    for p, data, gradient in zip(run.model.parameters(), arrays, gradients, strict=True):
        p.assign(np.frombuffer(data, p.dtype).reshape(p.shape))
        p.grad = None if gradient is None else np.frombuffer(gradient, p.dtype).reshape(p.shape)
    now = run.optimizer.state_dict()
    kept = {k: np.frombuffer(dict(numbers)[k], v.dtype).reshape(v.shape) for k, v in now.items()}
    run.optimizer.load_state_dict(kept)
