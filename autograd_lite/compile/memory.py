"""Memory: where every value of a program lives, decided once and without any array.

Areas are shared by values that do not live at the same time, elementwise results are written in place where an
operand ends, states are updated in place at their last use. Knows programs and memory layouts. Must not know how a
call is written, nor the arrays that an area becomes when a layout is bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy

from autograd_lite.program.calls import JOIN, MEMBER
from autograd_lite.program.program import Call, Leaf, Program, State, Value

CACHE = 2**19  # bytes that stay in the cache next to the core
MOST_COPIED = 2**18  # bytes of a result from which on new memory at each call costs less than a copy
MOST_SPREAD = 8192  # elements of a result that is filled with an operand before the arithmetic


class Area:
    """A piece of memory of one dtype; `states` are those that users can see in it, and for whose sake it may move."""

    __slots__ = ("label", "size", "dtype", "states")

    def __init__(self, label: str, size: int, dtype: Any, states: tuple[State, ...] = ()) -> None:
        self.label = label
        self.size = max(size, 1)
        self.dtype = dtype
        self.states = states


@dataclass(frozen=True, eq=False)
class Place:
    """An array's place in an area: from `start`, of `shape`, with its axes in memory in the order `axes`."""

    area: Area
    start: int
    size: int
    shape: tuple[int, ...]
    axes: tuple[int, ...]

    def meets(self, other: Place) -> bool:
        """Whether two places have an element in common."""
        apart = self.start + self.size <= other.start or other.start + other.size <= self.start
        return self.area is other.area and not apart

    def layout(self, itemsize: int) -> tuple[int, ...]:
        """The strides of the array here, those of axes longer than 1."""
        strides = [0] * len(self.shape)
        for i in reversed(self.axes):
            strides[i] = itemsize
            itemsize *= self.shape[i]
        return tuple(stride for stride, n in zip(strides, self.shape, strict=True) if n > 1 and self.size)

    def array(self, whole: numpy.ndarray) -> numpy.ndarray:
        """The array here, where `whole` is its area."""
        flat = whole[self.start : self.start + self.size]
        if self.axes == tuple(range(len(self.shape))):
            return flat.reshape(self.shape)
        back = tuple(self.axes.index(i) for i in range(len(self.axes)))
        return flat.reshape(tuple(self.shape[i] for i in self.axes)).transpose(back)


def place(area: Area, start: int, sample: numpy.ndarray) -> Place:
    """The place from `start` for an array of the sample's shape and memory order.

    A sum adds in memory order and BLAS has a way for each, so only the eager layout gives the eager bits.
    """
    axes = sorted(range(sample.ndim), key=lambda i: -abs(sample.strides[i]) if sample.shape[i] > 1 else 0)
    if sample.flags.c_contiguous:
        axes = list(range(sample.ndim))
    return Place(area, start, sample.size, sample.shape, tuple(axes))


def _order(sample: numpy.ndarray) -> list[int]:
    """The axes longer than 1 in the order they have in memory."""
    return sorted((i for i, n in enumerate(sample.shape) if n > 1), key=lambda i: -abs(sample.strides[i]))


def can_direct(call: Call) -> bool:
    """Whether the call can be told where to put its result."""
    row = call.row
    # A mean of float16 is added up in float32, which NumPy only does where it makes the result itself.
    halves = row.wide and call.out.dtype == numpy.float16
    return not halves and (row.ufunc is not None or row.into is not None or call.function == JOIN)


def spread_first(call: Call) -> Value | None:
    """An operand that is cheaper spread over the result's memory first: then no operand is broadcast.

    Setting up a broadcast costs NumPy more than the arithmetic of a small array. Only for what rounds once,
    where the bits cannot depend on how the loop goes through memory.
    """
    out = call.out
    if not call.row.exact or len(call.values) != 2 or len(call.args) != 2 or call.quiet:
        return None
    if out.size > MOST_SPREAD or not out.sample.flags.c_contiguous:
        return None
    small, full = sorted(call.values, key=lambda value: value.size)
    fitting = full.shape == out.shape and full.dtype == small.dtype == out.dtype
    return small if fitting and small.shape not in ((), out.shape) and small.size > 1 else None


@dataclass
class Run:
    """Calls on flat arrays from `begin` to before `end` that are done together, piece by piece where they are long.

    What lives only among them takes turns in a few `spares` of one piece each.
    """

    begin: int
    end: int
    size: int
    turns: dict[Value, Area] = field(default_factory=dict)
    spares: list[Area] = field(default_factory=list)
    piece: int = 0
    count: int = 1
    updates: list[State] = field(default_factory=list)


@dataclass
class Memory:
    """Where the values of a program live; see `assign`."""

    program: Program
    areas: list[Area] = field(default_factory=list)
    places: dict[Value, Place] = field(default_factory=dict)
    homes: dict[State, Place] = field(default_factory=dict)  # of states that the program writes into
    joined: dict[Value, Value] = field(default_factory=dict)  # members that are written in their places of a join
    wholes: set[Value] = field(default_factory=set)  # flat arrays
    updates: dict[Call, list[State]] = field(default_factory=dict)  # calls that write new values over the old
    runs: dict[int, Run] = field(default_factory=dict)  # by the call they begin with
    late: list[tuple[State, Value]] = field(default_factory=list)  # new values written over the old at the end
    shown: list[tuple[Leaf, Place | None]] = field(default_factory=list)  # the gradients that tensors get
    copied: list[tuple[Place, Value]] = field(default_factory=list)  # gradients that are copied to memory of their own
    handed: dict[Area, int] = field(default_factory=dict)  # areas new at each call, with the result given away in each

    def root(self, value: Value) -> Value:
        """The value whose memory this one looks at."""
        while True:
            if value in self.joined:
                value = self.joined[value]
            elif value.call is not None and value.call.base is not None:
                value = value.call.args[value.call.base]
            else:
                return value

    def place_of(self, value: Value) -> Place | None:
        """The place of the memory a value looks at; `None` where it is none of the program's own."""
        return self.places.get(self.root(value))

    def exact(self, value: Value) -> Place | None:
        """The place that is all a value's own: an area's, or that of a member of a flat array."""
        call = value.call
        if value in self.places or call is None or call.function != MEMBER:
            return self.places.get(value)
        whole = self.places.get(call.args[0])
        return None if whole is None else place(whole.area, whole.start + call.params["start"], value.sample)

    def silent(self, call: Call) -> bool:
        """Whether there is nothing to do for it in a run: views, and joins of what is in its place already."""
        joined = call.function == JOIN and all(self.joined.get(value) is call.out for value in call.values)
        return call.is_view or joined

    def fixed(self, value: Value) -> bool:
        """Whether its memory is known when the program is bound, and the same at every call."""
        root = self.root(value)
        if root in self.places:
            return self.places[root].area not in self.handed
        return root.kind in ("state", "constant")

    def apart(self, value: Value, other: Value) -> bool:
        """Whether two values certainly have no memory in common."""
        mine, its = self.place_of(value), self.place_of(other)
        if mine is None or its is None:
            return self.fixed(value) and self.fixed(other)
        return not mine.meets(its)


def assign(program: Program) -> Memory:
    """Decide where every value of a program lives."""
    return _Assignment(program).memory


class _Assignment:
    """The deciding: one walk over the calls, with the areas that are free at each."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.memory = memory = Memory(program)
        self.area_of: dict[Value, Area] = {}
        self.free: list[Area] = []
        self.state_of = {value.state: value for value in program.states}
        self.updated: dict[State, Value] = {
            effect.state: effect.value
            for effect in program.effects
            if effect.value is not None and (effect.what == "data" or effect.state in self.state_of)
        }
        self.parts_of: dict[Value, list[Value]] = {}  # a flat array -> the values that are its members, in order
        self.join_all()
        self.last_use: dict[Value, int] = {}
        for i, call in enumerate(program.calls):
            for value in call.values:
                self.last_use[memory.root(value)] = i
        self.pinned = {memory.root(value) for value in program.wanted()}
        self.place_states()
        i = 0
        while i < len(program.calls):
            begun, call = i, program.calls[i]
            if call.out in memory.wholes and call.ufunc is not None:
                i = self.run(i)
            else:
                self.one(i, call)
                i += 1
            for done in range(begun, i):
                self.release(done)
        self.finish()

    def area(self, label: str, size: int, dtype: Any, states: tuple[State, ...] = ()) -> Area:
        area = Area(label, size, dtype, states)
        self.memory.areas.append(area)
        return area

    def join_all(self) -> None:
        """Which members of joins are written in their places, and which arrays are flat."""
        memory = self.memory
        taken: set[Value] = set()
        for call in self.program.calls:
            if call.function == JOIN:
                memory.wholes.add(call.out)
                states = [value.kind == "state" for value in call.values]
                fitting = all(states) or not any(states)
                if fitting and len(set(call.values)) == len(call.values) and not taken & set(call.values):
                    for value in call.values:
                        made = value.call
                        if value.kind == "state" or (made is not None and not made.is_view and can_direct(made)):
                            memory.joined[value] = call.out
                            taken.add(value)
                self.parts_of[call.out] = list(call.values)
            elif call.function == MEMBER:
                self.parts_of.setdefault(call.args[0], []).append(call.out)
            elif call.ufunc is not None and any(value in memory.wholes for value in call.values):
                memory.wholes.add(call.out)

    def place_states(self) -> None:
        """Give the states that the program writes, or reads as one, memory of its own."""
        memory = self.memory
        for call in self.program.calls:
            if call.function != JOIN:
                continue
            ours = [value for value in call.values if memory.joined.get(value) is call.out]
            states = tuple(value.state for value in ours if value.state is not None)
            area = self.area("states" if states else "gradients", call.out.size, call.out.dtype, states)
            memory.places[call.out] = place(area, 0, call.out.sample)
            start = 0
            for value in call.values:
                if memory.joined.get(value) is call.out:
                    memory.places[value] = place(area, start, value.sample)
                    if value.state is not None:
                        memory.homes[value.state] = memory.places[value]
                start += value.size
        for state in self.updated:
            if state not in memory.homes:
                sample = self.state_of[state].sample if state in self.state_of else state.array
                home = place(self.area(f"{state.leaf.name or 'state'}_memory", sample.size, sample.dtype, (state,)),
                             0, sample)  # fmt: skip
                memory.homes[state] = home
                if state in self.state_of:
                    memory.places[self.state_of[state]] = home

    def release(self, i: int) -> None:
        """Let others have the memory of what call `i` was the last to read."""
        for value in dict.fromkeys(self.memory.root(v) for v in self.program.calls[i].values):
            if self.last_use.get(value) == i and value in self.area_of and value not in self.pinned:
                self.free.append(self.area_of[value])

    def one(self, i: int, call: Call) -> None:
        """The memory of one call's result, where it has not got any."""
        out, memory = call.out, self.memory
        if call.is_view or out in memory.places or not can_direct(call):
            return
        state = self.state_update(i, call)
        if state is not None:
            memory.places[out] = memory.homes[state]
            memory.updates[call] = [state]
            return
        if call.ufunc is not None or call.row.writes:
            candidates = call.values if call.ufunc is not None else call.values[:1]
            if spread_first(call) is not None:
                candidates = []
            for arg in candidates:
                area = self.area_of.get(arg)
                if area is None or arg in self.pinned or self.last_use.get(arg) != i:
                    continue
                if arg.shape == out.shape and arg.dtype == out.dtype and _order(arg.sample) == _order(out.sample):
                    self.area_of[out] = area
                    self.last_use.pop(arg)
                    memory.places[out] = memory.places[arg]
                    return
        fitting = [area for area in self.free if area.dtype == out.dtype and area.size >= out.size]
        if fitting and out.size:
            area = min(fitting, key=lambda each: each.size)
            self.free.remove(area)
        else:
            area = self.area("block", out.size, out.dtype)
        self.area_of[out] = area
        memory.places[out] = place(area, 0, out.sample)

    def state_update(self, i: int, call: Call) -> State | None:
        """The state whose new value this call makes and whose old one nobody reads later: it may write over it."""
        out = call.out
        if call.ufunc is None:
            return None
        for state, value in self.updated.items():
            if value is out and state in self.state_of:
                old = self.state_of[state]
                if (
                    old in call.args and old.shape == out.shape and old.dtype == out.dtype and old not in self.pinned
                    and self.memory.root(old) is old and self.last_use.get(old) == i
                ):  # fmt: skip
                    return state
        return None

    def flat_update(self, i: int, call: Call) -> Value | None:
        """The flat array of states whose new values this call makes, all of them, and whose old ones nobody reads."""
        new = self.parts_of.get(call.out, [])
        for old in self.memory.wholes:
            states = self.parts_of.get(old, [])
            if old.call is None or old.call.function != JOIN or len(states) != len(new) or old in self.pinned:
                continue
            if any(self.memory.joined.get(value) is not old for value in states):
                continue
            if old.dtype == call.out.dtype and self.last_use.get(old, i) <= i and all(
                value.state is not None and self.updated.get(value.state) is made
                for value, made in zip(states, new, strict=True)
            ):  # fmt: skip
                return old
        return None

    def run(self, begin: int) -> int:
        """Place the calls on flat arrays from `begin` on together; returns where they end."""
        calls, memory = self.program.calls, self.memory
        run = Run(begin, begin, calls[begin].out.size)
        while run.end < len(calls) and (
            calls[run.end].function == MEMBER
            or (calls[run.end].function == JOIN and memory.silent(calls[run.end]))
            or (calls[run.end].ufunc is not None and calls[run.end].out in memory.wholes
                and calls[run.end].out.shape == (run.size,))
        ):  # fmt: skip
            run.end += 1
        idle: list[Area] = []
        for i in range(begin, run.end):
            out, operands = calls[i].out, dict.fromkeys(calls[i].values)
            if memory.silent(calls[i]):
                continue
            ending = [v for v in operands if v in run.turns and self.last_use[v] == i]
            old = self.flat_update(i, calls[i])
            if old is not None:
                memory.places[out] = memory.places[old]
                run.updates += [value.state for value in self.parts_of[old] if value.state is not None]
            elif out in self.pinned or self.last_use.get(out, run.end) >= run.end:
                memory.places[out] = place(self.area("flat", run.size, out.dtype), 0, out.sample)
            else:
                fitting = [run.turns[v] for v in ending if v.dtype == out.dtype]
                fitting += [area for area in idle if area.dtype == out.dtype]
                if not fitting:
                    fitting = [self.area("spare", run.size, out.dtype)]
                    run.spares.append(fitting[0])
                run.turns[out] = fitting[0]
                idle = [area for area in idle if area is not fitting[0]]
            idle += [run.turns[v] for v in ending if run.turns[v] is not run.turns.get(out)]
        self.cut(run)
        memory.runs[begin] = run
        return run.end

    def cut(self, run: Run) -> None:
        """Into pieces, where all of it is more than the cache next to the core holds."""
        work = [call for call in self.program.calls[run.begin : run.end] if not self.memory.silent(call)]
        flat = {v for call in work for v in (*call.values, call.out) if v.shape == (run.size,) and v not in run.turns}
        wholes = {id(p.area) if (p := self.memory.places.get(v)) is not None else id(v) for v in flat}
        piece = CACHE // (work[0].out.dtype.itemsize * (len(wholes) + len(run.spares)))
        run.count = 1 if run.size <= 1.5 * piece else -(-run.size // piece)
        run.piece = -(-run.size // run.count // 16) * 16 if run.count > 1 else run.size
        if run.count > 1:
            run.count = -(-run.size // run.piece)
        for area in run.spares:
            area.size = max(run.piece, 1)

    def finish(self) -> None:
        """After the calls: gradients into memory of their own, new values over the old."""
        memory = self.memory
        for state, new in self.updated.items():
            written, home = memory.exact(new), memory.homes[state]
            if written is None or written.area is not home.area or written.start != home.start:
                memory.late.append((state, new))
        claimed: set[Value] = set()
        for effect in self.program.effects:
            if effect.what != "grad":
                continue
            state, value = effect.state, effect.value
            if value is None or state in memory.homes:
                memory.shown.append((effect.leaf, None if value is None else memory.homes[state]))
                continue
            there = memory.exact(value)
            homes = memory.homes.values()
            if there is not None and value not in claimed and not any(there.meets(home) for home in homes):
                claimed.add(value)
                there.area.states += (state,)
            else:
                label = f"d{effect.leaf.name or 'state'}_memory"
                there = place(self.area(label, value.size, value.dtype, (state,)), 0, value.sample)
                memory.copied.append((there, value))
            memory.shown.append((effect.leaf, there))
        self.hand_out()

    def hand_out(self) -> None:
        """Let large results be made in memory that is given away with them, instead of being copied at the end."""
        memory = self.memory
        for i, value in enumerate(self.program.outputs):
            root = memory.root(value)
            area = self.area_of.get(root)
            if area is None or area.states or area in memory.handed or value.nbytes < MOST_COPIED:
                continue
            if area.size == root.size == value.size and root.dtype == value.dtype and value.sample.flags.forc:
                memory.handed[area] = i
