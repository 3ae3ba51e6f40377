"""Recording one call of a function: what it read, what it changed, and what it must not ask.

Knows Tensors and what a witness is told. Must not know how the recorded graph is
turned into a program.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

import numpy

from autograd_lite.alarm import Place
from autograd_lite.debug import here
from autograd_lite.diagnosis import describe
from autograd_lite.engine import graph
from autograd_lite.engine.graph import mode
from autograd_lite.engine.inside import changed_at, gradient_of, put_value, value_of
from autograd_lite.engine.streams import EVERYBODYS, bits_of, called, put_stream, same_stream, stream_state, streams_in
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.witness import SILENT, Witness
from autograd_lite.errors import CompileError
from autograd_lite.watch import Live


class Recorder(Witness):
    """What an open recording notes; `mode.now.witness` is it."""

    records = True

    def __init__(self, streams: Iterable[Any] = ()) -> None:
        self.began = graph.tick()
        self.places: dict[int, Place] = {}  # of nodes by their number
        self.assigned_values: list[tuple[int, Tensor, Any]] = []
        self.grads: dict[Tensor, Any] = {}  # what `grad` gives inside, which nobody outside ever sees
        self.entry_grads: dict[Tensor, Tensor | None] = {}
        self.read_grads: set[Tensor] = set()
        self.before: dict[Tensor, tuple[Any, Any, int]] = {}  # data, gradient and the time of the last change
        self.created: set[Tensor] = set()
        self.read_live: dict[tuple[int, str], Any] = {}  # by whose and what name: where it stands
        self.fixed: set[Tensor] = set()  # created with a number that nobody can write into
        self.spreads: dict[Tensor, Any] = {}  # gradients repeated to a shape, which are arrays like these
        self.draws_made: list[Tensor] = []
        self.conditions: list[tuple[Callable[[], Any], Any]] = []
        self.generators: dict[int, tuple[Any, Any]] = {}  # those that were drawn from, as they were
        self.origins: dict[Tensor, numpy.ndarray] = {}  # of tensors created as copies
        self.plain: set[Tensor] = set()  # arguments that were given as arrays
        self.outer: Witness = SILENT  # who looked on when the recording was opened
        self._after: dict[int, Any] = {}  # where the last draw of ours left each generator
        # What the function could draw from behind our back.
        self._before = [(stream, stream_state(stream)) for stream in (*streams, *EVERYBODYS)]
        self._reachable = self._before

    def __enter__(self) -> Recorder:
        if mode.now.witness.records:
            raise CompileError("a recording is open in this thread already")
        self.outer = mode.now.witness
        mode.now.witness = self
        try:
            # So that they are where no seed leaves them: a function that seeds them as they have been seeded last would
            # look as if it had let them be.
            random.random()  # noqa: S311
            numpy.random.random()  # noqa: NPY002
            self._reachable = [(stream, stream_state(stream)) for stream, _ in self._before]
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        mode.now.witness = self.outer
        self.put_back()

    def put_back(self) -> None:
        """Give every tensor and generator what it had when the recording began: a recording is a dry run."""
        for tensor, (data, _, changed) in self.before.items():
            put_value(tensor, data, changed)
        for stream, state in (*self._before, *self.generators.values()):
            if not same_stream(stream_state(stream), state):
                put_stream(stream, state)
        graph.touch()

    def check_randomness(self) -> None:
        """Refuse random numbers that the recording cannot see, since it would freeze them."""
        for stream, state in self._reachable:
            self._only_ours(stream, self._after.get(id(bits_of(stream)), state))
        for key, (stream, _) in self.generators.items():
            self._only_ours(stream, self._after[key])

    def _keep(self, tensor: Tensor) -> None:
        if tensor not in self.before:
            self.before[tensor] = (value_of(tensor), gradient_of(tensor), changed_at(tensor))

    # What a witness is told.

    def made(self, tensor: Tensor, data: Any) -> None:
        """A tensor was created with the values of `data`."""
        self.created.add(tensor)
        if type(data) is numpy.ndarray and value_of(tensor) is not data:
            self.origins[tensor] = data
        if type(data) is numpy.ndarray and data.base is None and not data.ndim and not data.flags.writeable:
            self.fixed.add(tensor)  # the one that a reverse pass starts from

    def applied(self, result: Tensor, node: Any) -> None:
        """An operation was recorded: the graph itself is what is noted, and where, for what cannot be compiled."""
        self.places[node.number] = here()
        self.outer.applied(result, node)

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
            held = gradient_of(tensor)
            self.grads[tensor] = self.entry_grads[tensor] = None if held is None else Tensor(held, copy=False)
        return self.grads[tensor]

    def set_grad(self, tensor: Tensor, value: Any) -> None:
        """A leaf gets another gradient, or none."""
        self._keep(tensor)
        self.entry_grads.setdefault(tensor, None)
        self.grads[tensor] = value if value is None or type(value) is Tensor else Tensor(value, copy=False)

    def spread(self, gradient: Tensor, like: Any) -> None:
        """A gradient was repeated to a shape; where the pass itself is not differentiated, in memory of its own."""
        if not mode.now.grad:
            self.spreads[gradient] = like

    def number(self, owner: Any, name: str) -> Live:
        """A number that may change: read anew at every call."""
        held = type(getattr(owner, name))
        watched = getattr(type(owner), "__watched__", True)  # what is not says itself that it is written
        self.read_live[id(vars(owner)), name] = vars(owner) if watched else None
        # A whole number may have made whole numbers of what it met.
        self.conditions.append((lambda: type(getattr(owner, name, None)), held))
        return Live(lambda: getattr(owner, name), (id(owner), name))

    def decided(self, question: Callable[[], Any], answer: Any) -> None:
        """A number that may change was asked for something: a condition of the program."""
        self.conditions.append((question, answer))

    def drawing(self, params: dict[str, Any]) -> None:
        """An operation with an effect is about to run: to draw random numbers, where a generator is among `params`."""
        for generator in streams_in(params):
            if not isinstance(generator, numpy.random.Generator):
                raise CompileError(
                    f"a compiled step draws from a numpy.random.Generator, not from {type(generator).__name__}"
                )
            key = id(bits_of(generator))
            before = self._after.get(key)
            if before is None:
                before = next((state for g, state in self._reachable if id(bits_of(g)) == key), stream_state(generator))
            self._only_ours(generator, before)
            if key not in self.generators:
                self.generators[key] = (generator, stream_state(generator))

    def drew(self, params: dict[str, Any], result: Tensor) -> None:
        """The operation has run; what it gave is wanted even where nobody uses it."""
        for generator in streams_in(params):
            self._after[id(bits_of(generator))] = stream_state(generator)
        self.draws_made.append(result)

    def _only_ours(self, stream: Any, state: Any) -> None:
        if not same_stream(stream_state(stream), state):
            raise CompileError(
                f"the function draws random numbers from {called(stream)} outside the library's operations, which a "
                "compiled step would repeat for ever: draw with nn.Dropout, or ag.random_like(x, generator) with a "
                "numpy.random.Generator"
            )
