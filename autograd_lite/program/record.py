"""Recording one call of a function: what it read, what it changed, and what it must not ask.

Knows Tensors and what a witness is told. Must not know how the recorded graph is
turned into a program.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

import numpy

from autograd_lite.diagnosis import describe
from autograd_lite.engine import graph
from autograd_lite.engine.graph import mode
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.witness import Witness
from autograd_lite.errors import CompileError


class Recorder(Witness):
    """What an open recording notes; `mode.now.witness` is it."""

    records = True

    def __init__(self, generators: Iterable[tuple[numpy.random.Generator, Any]] = ()) -> None:
        self.began = graph.tick()
        self.assigned_values: list[tuple[int, Tensor, Any]] = []
        self.grads: dict[Tensor, Any] = {}  # what `grad` gives inside, which nobody outside sees before the end
        self.entry_grads: dict[Tensor, Tensor | None] = {}
        self.read_grads: set[Tensor] = set()
        self.before: dict[Tensor, tuple[Any, Any, int]] = {}
        self.created: set[Tensor] = set()
        self.read_live: set[tuple[int, str]] = set()
        self.fixed: set[Tensor] = set()  # created with a number that nobody can write into
        self.spreads: set[Tensor] = set()  # gradients repeated to a shape, which are arrays of their own
        self.draws_made: list[Tensor] = []
        self.conditions: list[tuple[Callable[[], Any], Any]] = []
        self.generators: dict[int, tuple[Any, Any]] = {}
        self.origins: dict[Tensor, numpy.ndarray] = {}  # of tensors created as copies
        self.plain: set[Tensor] = set()  # arguments that were given as arrays
        self._after: dict[int, Any] = {}  # where the last draw of ours left each generator
        self._reachable = tuple(generators)  # generators the function could draw from behind our back
        self._random = (random.getstate(), _legacy_state())

    def __enter__(self) -> Recorder:
        self.outer = mode.now.witness
        if self.outer.records:
            raise CompileError("a recording is open in this thread already")
        mode.now.witness = self
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        mode.now.witness = self.outer
        if error is not None:
            self.undo()
        else:
            self.leave_arrays()

    def undo(self) -> None:
        """Put every tensor and generator back to what it was when the recording began."""
        for tensor, (data, grad, changed) in self.before.items():
            tensor._data, tensor._grad, tensor._changed = data, grad, changed
        for generator, state in (*self._reachable, *self.generators.values()):
            generator.bit_generator.state = state
        state, legacy = self._random
        if random.getstate() != state:
            random.setstate(state)
        if not _same_state(_legacy_state(), legacy):
            numpy.random.set_state(legacy)  # noqa: NPY002
        graph.touch()

    def leave_arrays(self) -> None:
        """Gradients were recorded as Tensors; users find arrays."""
        for tensor, held in self.grads.items():
            if held is None or held is not self.entry_grads.get(tensor):
                tensor._grad = held._data.copy() if type(held) is Tensor else held

    def check_randomness(self) -> None:
        """Refuse random numbers that the recording cannot see, since it would freeze them."""
        state, legacy = self._random
        if random.getstate() != state or not _same_state(_legacy_state(), legacy):
            raise CompileError(
                "the function draws random numbers outside the library's operations, which a compiled step would "
                "repeat for ever: draw them with nn.Dropout or ag.random_like and a numpy.random.Generator"
            )

        for generator, state in self._reachable:
            self._only_ours(generator, self._after.get(id(generator), state))
        for key, (generator, _) in self.generators.items():
            self._only_ours(generator, self._after[key])

    def _keep(self, tensor: Tensor) -> None:
        if tensor not in self.before:
            self.before[tensor] = (tensor._data, tensor._grad, tensor._changed)

    # What a witness is told.

    def applied(self, result: Tensor, node: Any) -> None:
        """An operation was recorded: the graph itself is what is noted."""
        self.outer.applied(result, node)

    def made(self, tensor: Tensor, data: Any) -> None:
        """A tensor was created with the values of `data`."""
        self.created.add(tensor)
        if type(data) is numpy.ndarray and data.base is None and not data.ndim and not data.flags.writeable:
            self.fixed.add(tensor)  # the one that a reverse pass starts from
        if type(data) is numpy.ndarray and tensor._data is not data:
            self.origins[tensor] = data

    def reading(self, tensor: Tensor) -> None:
        """A recorded value cannot be looked at: the program would keep today's answer."""
        raise CompileError(
            f"the value of {describe(tensor, 'a tensor')} is asked for while a step is being recorded (item(), bool(), "
            "float() or a plain array of it): a compiled step would keep this call's answer. Compute with tensors "
            "(ag.where instead of if), or return the tensor and look at it outside"
        )

    def assigned(self, tensor: Tensor, value: Any) -> None:
        """A leaf takes a new value."""
        self._keep(tensor)
        self.assigned_values.append((graph.tick(), tensor, value))

    def get_grad(self, tensor: Tensor) -> Any:
        """The gradient of a leaf, as a tensor of the recording."""
        if tensor not in self.grads:
            self._keep(tensor)
            self.read_grads.add(tensor)
            held = tensor._grad
            self.grads[tensor] = self.entry_grads[tensor] = None if held is None else Tensor(held, copy=False)
        return self.grads[tensor]

    def set_grad(self, tensor: Tensor, value: Any) -> None:
        """A leaf gets another gradient, or none."""
        self._keep(tensor)
        self.entry_grads.setdefault(tensor, None)
        self.grads[tensor] = value

    def spread(self, gradient: Tensor) -> None:
        """A gradient was repeated to a shape; where the pass itself is not differentiated, in memory of its own."""
        if not mode.now.grad:
            self.spreads.add(gradient)

    def number(self, owner: Any, name: str) -> graph.Live:
        """A number that may change: read anew at every call."""
        held = type(getattr(owner, name))
        self.read_live.add((id(vars(owner)), name))
        # A whole number may have made whole numbers of what it met.
        self.conditions.append((lambda: type(getattr(owner, name, None)), held))
        return graph.Live(lambda: getattr(owner, name), (id(owner), name))

    def decided(self, question: Callable[[], Any], answer: Any) -> None:
        """A number that may change was asked for something: a condition of the program."""
        self.conditions.append((question, answer))

    def drawing(self, generator: Any) -> None:
        """An operation is about to draw random numbers from `generator`."""
        if not isinstance(generator, numpy.random.Generator):
            raise CompileError(
                f"a compiled step draws from a numpy.random.Generator, not from {type(generator).__name__}"
            )
        before = self._after.get(id(generator))
        if before is None:
            before = next((state for g, state in self._reachable if g is generator), generator.bit_generator.state)
        self._only_ours(generator, before)
        if id(generator) not in self.generators:
            self.generators[id(generator)] = (generator, generator.bit_generator.state)

    def drew(self, generator: Any, result: Tensor) -> None:
        """The operation has drawn."""
        self._after[id(generator)] = generator.bit_generator.state
        self.draws_made.append(result)

    def _only_ours(self, generator: Any, state: Any) -> None:
        if not _same_state(generator.bit_generator.state, state):
            raise CompileError(
                "the function draws from a random generator directly, which a compiled step would repeat for ever: "
                "draw with ag.random_like(x, generator)"
            )


def _same_state(x: Any, y: Any) -> bool:
    """Whether two states of a generator, dictionaries with numbers and arrays in them, are the same."""
    if isinstance(x, dict):
        return isinstance(y, dict) and x.keys() == y.keys() and all(_same_state(x[k], y[k]) for k in x)
    return bool(numpy.array_equal(x, y))


def _legacy_state() -> Any:
    return numpy.random.get_state(legacy=False)  # noqa: NPY002 - to see whether anybody drew from it
