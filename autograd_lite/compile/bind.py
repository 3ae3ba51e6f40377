"""Binding: a program laid out once, and what a thread runs of it, in memory of its own.

What a layout names (every area, view, number and piece) is a header that is evaluated when it is bound, and the part
of it that depends on states again when a state moves. Knows where programs keep states, so that those that share one
update it in the same memory. Must not know how a call is written, or why a state moves.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.compile.emit import FILENAME, Text, write
from autograd_lite.compile.memory import Area, Memory, Place, assign
from autograd_lite.program.calls import JOIN
from autograd_lite.program.program import Leaf, Program, State, Stats, layout
from autograd_lite.watch import Live


class Home:
    """A piece of memory in which users can see states and gradients.

    `shown` holds the arrays that tensors have of it. They are views of `raw` and of nothing else, and all that is
    private is a view of `whole`: so what else refers to `raw`, or to an array of `shown`, is the users'.
    """

    __slots__ = ("raw", "whole", "shown", "leaves", "__weakref__")

    def __init__(self, size: int, dtype: Any) -> None:
        self.raw = numpy.empty(size * dtype.itemsize + 64, numpy.uint8)
        # Through a memoryview, since NumPy lets a view of an array's view refer to that array.
        self.whole = numpy.frombuffer(self.raw.data, dtype, size, _gap(self.raw))
        self.shown: dict[tuple[str, int], numpy.ndarray] = {}
        self.leaves: dict[tuple[str, int], Leaf] = {}  # whose each of them is

    def show(self, state: State, place: Place, first: int) -> numpy.ndarray:
        """The array that a tensor has of its place in an area that begins at element `first`."""
        self.leaves[state.key] = state.leaf
        if state.key not in self.shown:
            begin, dtype = _gap(self.raw), self.whole.dtype
            visible = self.raw[begin : begin + self.whole.nbytes].view(dtype)
            self.shown[state.key] = place.array(visible[first:])
        return self.shown[state.key]


def _gap(raw: numpy.ndarray) -> int:
    """The bytes to the first multiple of 64."""
    return int(-raw.ctypes.data % 64)


# In which home a program keeps a state; by what of it and the identity of its tensor.
_keeping: weakref.WeakValueDictionary[tuple[str, int], Home] = weakref.WeakValueDictionary()


def home_now(state: State) -> Home | None:
    """The home in which some program keeps this state now."""
    home = _keeping.get(state.key)
    return home if home is not None and home.shown.get(state.key) is state.array else None


@dataclass(frozen=True, eq=False)
class Spot:
    """Where an area is: in a home, from an element on."""

    home: Home
    first: int

    def whole(self, area: Area) -> numpy.ndarray:
        """The area as a private array."""
        return self.home.whole[self.first : self.first + area.size]


@dataclass(eq=False)
class Bound:
    """A layout with memory: what a thread runs.

    `at[0]`, which who calls `run` sets to 0 before, says how far it is: 0 before any state is written, k while the
    k-th of `groups` is, one more than there are when all have been. The tensors that get new values are marked as
    changed before the first is written.
    """

    layout: Layout
    names: dict[str, Any]
    spots: dict[Area, Spot]  # of the areas that users can see
    run: Callable[..., tuple[Any, ...]]
    at: list[int]
    reads: list[tuple[State, numpy.ndarray]]  # states that are only read, and the arrays they were in
    lives: list[tuple[numpy.ndarray, Live]]

    @property
    def groups(self) -> list[str]:
        """What is updated together, in order."""
        return self.layout.groups

    @property
    def homes(self) -> dict[State, numpy.ndarray]:
        """The states that the program writes, with the arrays that their tensors must have."""
        return {state: self._shown(state, there) for state, there in self.layout.memory.homes.items()}

    @property
    def grads(self) -> list[tuple[Leaf, numpy.ndarray | None]]:
        """Tensors, and the gradients that are theirs after a run."""
        return [
            (leaf, None if there is None else self._shown(State("grad", leaf), there))
            for leaf, there in self.layout.memory.shown
        ]

    @property
    def held(self) -> list[tuple[Home, list[State]]]:
        """The memory that users can see, and whose data or gradients the program has in it."""
        found: dict[Home, list[State]] = {}
        for area, spot in self.spots.items():
            found.setdefault(spot.home, []).extend(area.states)
        return list(found.items())

    def moved(self, states: Iterable[State]) -> Bound:
        """The same with other memory for these states and gradients, with their contents and all that lie with them."""
        wanted = set(states)
        spots = dict(self.spots)
        for area, spot in self.spots.items():
            if wanted.intersection(area.states):
                spots[area] = Spot(Home(area.size, area.dtype), 0)
                spots[area].home.whole[...] = spot.whole(area)
        return self.layout.bound(self.names, spots, self.run)

    def again(self) -> Bound:
        """The same with the states where they are now: read-only ones, and those that another program has moved."""
        spots = {area: self.layout.found(area) or spot for area, spot in self.spots.items()}
        return self.layout.bound(self.names, spots, self.run)

    def _shown(self, state: State, there: Place) -> numpy.ndarray:
        spot = self.spots[there.area]
        return spot.home.show(state, there, spot.first)


class Layout:
    """A program laid out: text and places, to be bound to memory. Threads share it."""

    def __init__(self, program: Program, memory: Memory, text: Text) -> None:
        self.program = program
        self.memory = memory
        self.text = text.read
        self.groups = text.groups
        self._written = text
        self._homes = {area: {s: memory.homes[s] for s in area.states if s in memory.homes} for area in memory.areas}
        self._fixed = compile(text.fixed, FILENAME, "exec")
        self._moving = compile(text.moving, FILENAME, "exec")
        namespace: dict[str, Any] = {}
        exec(compile(text.code, FILENAME, "exec"), namespace)
        self._code: types.CodeType = namespace["run"].__code__

    def found(self, area: Area) -> Spot | None:
        """Where some program keeps all the states of an area now, one after the other as here."""
        first: int | None = None
        home: Home | None = None
        for state, there in self._homes[area].items():
            kept = home_now(state)
            if kept is None or kept.whole.dtype != area.dtype or (home is not None and kept is not home):
                return None
            home = kept
            begin = state.array.__array_interface__["data"][0] - home.whole.__array_interface__["data"][0]
            start = begin // area.dtype.itemsize - there.start
            if first not in (None, start) or start < 0 or start + area.size > home.whole.size:
                return None
            first = start
            if state.array.shape != there.shape or layout(state.array) != there.layout(area.dtype.itemsize):
                return None
        return None if home is None or first is None else Spot(home, first)

    def bind(self) -> Bound:
        """The program in memory of its own, with states where other programs keep them already."""
        names = dict(self._written.constants)
        spots = {}
        for area, name in self._written.areas.items():
            if area.states:
                spots[area] = self.found(area) or Spot(Home(area.size, area.dtype), 0)
            else:
                names[name] = Home(area.size, area.dtype).whole
        if self._written.quietly is not None:
            names[self._written.quietly] = backend.quiet_run()  # of this thread alone
        exec(self._fixed, names)
        # A code object keeps what Python learns of the dictionary it runs over: each binding has its own.
        return self.bound(names, spots, types.FunctionType(self._code.replace(), {}))

    def bound(self, names: dict[str, Any], spots: dict[Area, Spot], run: Any) -> Bound:
        """Bind what depends on states: `names` of an earlier binding, with these areas."""
        names = dict(names)
        names.update((self._written.areas[area], spot.whole(area)) for area, spot in spots.items())
        reads = []
        for state, name in self._written.reads:
            names[name] = state.array
            reads.append((state, names[name]))
        names["at"] = at = [0]
        exec(self._moving, names)
        lives = [(names[name], number) for name, number in self._written.lives]
        bound = Bound(self, names, spots, types.FunctionType(run.__code__, names), at, reads, lives)
        for state, there in self.memory.homes.items():
            bound._shown(state, there)
            _keeping[state.key] = spots[there.area].home
        return bound


def lay_out(program: Program) -> Layout:
    """Give every value of a program its memory, and write the function that runs it.

    The samples of a recording have served then, and are let go.
    """
    memory = assign(program)
    text = write(memory)
    calls, areas = program.calls, memory.areas
    program.stats["planned"] = Stats(
        sum(not call.is_view and call.function != JOIN for call in calls), len(areas),
        sum(area.size * area.dtype.itemsize for area in areas), sum(call.flops for call in calls),
    )  # fmt: skip
    return Layout(program, memory, text)
