"""Planning: which memory every value of a program lives in, and the flat function that runs it.

Buffers are shared by values that do not live at the same time, elementwise results are written in
place where an operand ends, states are updated in place at their last use. The function that comes
out makes no Tensor, looks nothing up and allocates no array but what it returns. Knows programs and
NumPy's `out=`; must not know graphs, or how a program was made.
"""

from __future__ import annotations

import keyword
import re
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.engine.graph import Live
from autograd_lite.errors import ChangedError
from autograd_lite.ops.indexing import named_once
from autograd_lite.program.lower import evaluate, index_of
from autograd_lite.program.passes import Flat
from autograd_lite.program.program import REDUCTIONS, Call, Program, Stats, Value

OUT_FUNCTIONS = {"matmul", "mean", "argmax", "concatenate", "stack", "clip", "where", "astype", "copy", "random",
                 "zeros", "spread", "setitem", "add_at", "reshape", *REDUCTIONS}  # fmt: skip
IN_PLACE_FUNCTIONS = {"setitem", "add_at"}
EXACT = {"add", "subtract", "multiply", "divide"}  # rounded once, so with the same bits in any loop
CACHE = 2**19  # bytes that stay in the cache next to the core
MOST_SPREAD = 8192  # elements of a result that is filled with an operand before the arithmetic
_NAMED_OUT = {"maximum", "minimum"}  # NumPy warns of a third positional argument


def identifier(name: str | None, taken: set[str], fallback: str) -> str:
    """A Python name close to `name` that is not taken, and is taken from now on."""
    base = re.sub(r"\W", "_", name or fallback) or fallback
    if not base.isidentifier() or keyword.iskeyword(base) or base in ("np", "run"):
        base = f"{fallback}_{base}"
        if not base.isidentifier():
            base = fallback
    found, number = base, 2
    while found in taken:
        found, number = f"{base}_{number}", number + 1
    taken.add(found)
    return found


def _aligned(size: int, dtype: Any) -> numpy.ndarray:
    """An empty array of `size` elements that begins at a multiple of 64 bytes."""
    raw = numpy.empty(size * dtype.itemsize + 64, numpy.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size * dtype.itemsize].view(dtype)


class _Block:
    """A piece of memory for values that do not live at the same time."""

    __slots__ = ("array", "name")

    def __init__(self, size: int, dtype: Any, name: str) -> None:
        self.array = _aligned(size, dtype)
        self.name = name


def _in_layout(flat: numpy.ndarray, sample: numpy.ndarray) -> tuple[numpy.ndarray, str]:
    """A piece of flat memory as an array of the sample's shape and memory order, and how that is written.

    A sum adds in memory order and BLAS has a way for each, so only the eager layout gives the eager bits.
    """
    order = sorted(range(sample.ndim), key=lambda i: -sample.strides[i] if sample.shape[i] > 1 else 0)
    if sample.flags.c_contiguous or order == list(range(sample.ndim)):
        return flat[: sample.size].reshape(sample.shape), f"[:{sample.size}].reshape({sample.shape})"
    shape, back = tuple(sample.shape[i] for i in order), tuple(order.index(i) for i in range(sample.ndim))
    array = flat[: sample.size].reshape(shape).transpose(back)
    return array, f"[:{sample.size}].reshape({shape}).transpose({back})"


def layout(array: numpy.ndarray) -> tuple[int, ...]:
    """The strides that matter: those of axes longer than 1."""
    return tuple(stride for stride, n in zip(array.strides, array.shape, strict=True) if n > 1)


@dataclass
class Plan:
    """A program bound to memory."""

    run: Callable[..., tuple[Any, ...]]
    text: str
    homes: dict[Any, numpy.ndarray]  # a state's tensor and what of it ("data", "grad") -> its memory
    shown_grads: list[tuple[Any, numpy.ndarray | None]]
    lives: list[tuple[numpy.ndarray, Live]]
    bound: list[tuple[Any, str, numpy.ndarray]]  # states that are only read: tensor, what, array
    commits: list[tuple[int, int, str]] = field(default_factory=list)  # first line, last line, what they update
    replay: Callable[..., Any] | None = None  # `run`, and what it tells the tensors; set by who made the plan
    stats: Stats = field(default_factory=lambda: Stats(0, 0, 0, 0))


# Where programs keep states: programs that share one update it in the same memory.
_homes: weakref.WeakValueDictionary[tuple[str, int], numpy.ndarray] = weakref.WeakValueDictionary()


def _home_now(source: tuple[str, Any]) -> numpy.ndarray | None:
    """The memory that some program already keeps this state in."""
    home = _homes.get((source[0], id(source[1])))
    return home if home is not None and same_memory(state_array(source), home) else None


def state_array(source: tuple[str, Any]) -> numpy.ndarray:
    """The array that a state's tensor holds now."""
    what, tensor = source
    return tensor._data if what == "data" else tensor._grad  # type: ignore[no-any-return]


def plan(program: Program, memory: dict[Any, numpy.ndarray]) -> Plan:
    """Bind a program to memory. `memory` keeps the homes of states between programs that share them."""
    return _Planner(program, memory).plan()


class _Planner:
    def __init__(self, program: Program, memory: dict[Any, numpy.ndarray]) -> None:
        self.program = program
        self.memory = memory
        self.names: dict[Value, str] = {}
        self.taken: set[str] = {"np"}
        self.arrays: dict[Value, numpy.ndarray] = {}  # values whose memory is fixed
        self.namespace: dict[str, Any] = {}
        self.header: list[str] = []
        self.lines: list[tuple[str, str]] = []  # as run, as read
        self.blocks: list[_Block] = []
        self.free: list[_Block] = []
        self.block_of: dict[Value, _Block] = {}
        self.lives: list[tuple[numpy.ndarray, Live]] = []
        self.live_names: dict[Any, str] = {}
        self.commits: list[tuple[int, int, str]] = []
        self.indent = ""
        self.flat_memory: list[numpy.ndarray] = []
        self.place: dict[Value, tuple[Flat, int]] = {}
        for flat in program.flats:
            offset = 0
            for member, size in zip(flat.members, flat.sizes, strict=True):
                self.place[member] = (flat, offset)
                offset += size
        self.state_of = {v.source: v for v in program.states if isinstance(v.source, tuple)}
        self.updated = {
            (e.what, e.tensor): e.value
            for e in program.effects
            if e.value is not None and (e.what == "data" or ("grad", e.tensor) in self.state_of)
        }

    # Where a value's memory is.

    def root(self, value: Value) -> Value:
        while True:
            if value in self.place:
                flat_value = self.place[value][0].value
                if flat_value is not value:
                    value = flat_value
                    continue
            if value.call is not None and value.call.is_view:
                value = value.call.args[0]
                continue
            return value

    def name(self, value: Value, fallback: str = "t") -> str:
        if value not in self.names:
            self.names[value] = identifier(value.name, self.taken, fallback)
        return self.names[value]

    def bind(self, value: Value, array: numpy.ndarray, how: str, fallback: str = "t") -> None:
        name = self.name(value, fallback)
        self.arrays[value] = self.namespace[name] = array
        self.header.append(f"{name} = {how}")

    def _scalar_name(self, arg: Any, dtype: Any) -> str:
        """A number as a zero-dimensional array of the other operand's dtype: what NumPy makes of it each time."""
        key = (arg.key if isinstance(arg, Live) else (type(arg), repr(arg)), dtype)
        if key not in self.live_names:
            number = arg.read() if isinstance(arg, Live) else arg
            array = numpy.array(number, dtype)
            shown = f"{number:g}".replace(".", "_").replace("-", "minus_").replace("+", "")
            name = identifier(
                f"number_{shown}" if not isinstance(arg, Live) else str(arg.key[1]).strip("_"), self.taken, "number"
            )
            self.live_names[key] = name
            self.namespace[name] = array
            self.header.append(f"{name} = np.array({number!r}, np.{dtype.name})")
            if isinstance(arg, Live):
                self.lives.append((array, arg))
        return self.live_names[key]

    def _one_element(self, name: str) -> str:
        """A zero-dimensional array as one of one element, on which NumPy's functions start quicker."""
        array = self.namespace.get(name)
        if not isinstance(array, numpy.ndarray) or array.ndim:
            return name
        longer = f"{name}_1"
        if longer not in self.namespace:
            self.taken.add(longer)
            self.namespace[longer] = array.reshape(1)
            self.header.append(f"{longer} = {name}.reshape(1)")
        return longer

    def operand(self, call: Call, arg: Any) -> str:
        if isinstance(arg, Value):
            return self.name(arg)
        others = call.values
        number = isinstance(arg, Live | int | float) and not isinstance(arg, bool) and call.ufunc is not None
        if number and others and others[0].dtype.kind == "f":
            return self._scalar_name(arg, others[0].dtype)
        if isinstance(arg, Live):
            return self._scalar_name(arg, call.out.dtype)
        return repr(arg)

    # The plan.

    def plan(self) -> Plan:
        program = self.program
        calls = program.calls
        self.last_use: dict[Value, int] = {}
        for i, call in enumerate(calls):
            for value in call.values:
                self.last_use[self.root(value)] = i
        pinned = {self.root(value) for value in program.wanted()}
        for value in program.inputs:
            self.name(value, "x")
        homes = self._place_states()
        read_or_wanted = [*(arg for call in calls for arg in call.values), *program.wanted()]
        for value in dict.fromkeys(v for v in read_or_wanted if v.kind == "constant"):
            self.bind(value, value.sample, "…", "constant")
            self.header[-1] = f"{self.names[value]} = {_literal(value.sample)}"
        i = 0
        while i < len(calls):
            begun = i
            if isinstance(calls[i].out.source, Flat):
                i = self._elementwise_run(i, pinned)
            else:
                self._one(i, calls[i], pinned)
                i += 1
            for done in range(begun, i):
                for value in dict.fromkeys(self.root(v) for v in calls[done].values):
                    if self.last_use.get(value) == done and value in self.block_of and value not in pinned:
                        self.free.append(self.block_of[value])
        grads, returned = self._finish(homes)
        parameters = ", ".join(self.name(v) for v in program.inputs)
        body = [run for run, _ in self.lines] or ["pass"]
        self.namespace.update(np=numpy, copyto=numpy.copyto)
        code = f"def run({parameters}):\n" + "".join(f"    {line}\n" for line in body)
        code += f"    return ({', '.join(returned)}{',' if returned else ''})\n"
        exec(compile(code, "<compiled step>", "exec"), self.namespace)
        read = "\n".join(f"    {line}" for _, line in self.lines)
        shown = "".join(f"{line}\n" for line in self.header)
        result = ", ".join(returned) or None
        text = f"import numpy as np\n\n{shown}\n\ndef step({parameters}):\n{read}\n    return {result}\n"
        bound = [
            (v.source[1], v.source[0], self.arrays[v])
            for v in program.states
            if isinstance(v.source, tuple) and v.source not in homes
        ]
        memory = [*(block.array for block in self.blocks), *self.flat_memory]
        total = sum(array.nbytes for array in memory)
        stats = Stats(sum(not c.is_view for c in calls), len(memory), total, sum(c.flops for c in calls))
        program.stats["planned"] = stats
        return Plan(self.namespace.pop("run"), text, homes, grads, self.lives, bound, self.commits, stats=stats)

    def _finish(self, homes: dict[Any, numpy.ndarray]) -> tuple[list[tuple[Any, numpy.ndarray | None]], list[str]]:
        """After the calls: gradients into memory of their own, new values into their homes, results copied.

        What is read of the old states is read before a home is written.
        """
        program = self.program
        late = [(value, key, homes[key]) for key, value in self.updated.items() if value is not None]
        late = [(value, key, home) for value, key, home in late if not same_memory(self.arrays.get(value), home)]
        grads: list[tuple[Any, numpy.ndarray | None]] = []
        claimed: set[Value] = set()
        for effect in program.effects:
            if effect.what != "grad":
                continue
            value, key = effect.value, ("grad", effect.tensor)
            if value is None or key in homes:
                grads.append((effect.tensor, None if value is None else homes[key]))
                continue
            own = value.call is not None and (not value.call.is_view or value.call.function == "member")
            if own and value in self.arrays and value not in claimed and not self._reads(value, list(homes.values())):
                claimed.add(value)
                grads.append((effect.tensor, self.arrays[value]))
                continue
            array = numpy.empty(value.shape, value.dtype)
            name = identifier(f"d{effect.tensor.name or 'state'}", self.taken, "gradient")
            self.namespace[name] = array
            self.header.append(f"{name} = np.empty({array.shape}, np.{array.dtype})")
            self._line(f"{name}[...] = {self.name(value)}")
            grads.append((effect.tensor, array))
        overwritten = [home for _, _, home in late]
        returned = []
        for value in program.outputs:
            text = f"{self.name(value)}.copy()" if value in self.arrays else f"np.array({self.name(value)})"
            if late and self._reads(value, overwritten):
                name = identifier("result", self.taken, "result")
                self._line(f"{name} = {text}")
                text = name
            returned.append(text)
        several = len(late) > 1
        sources = []
        for value, _, _ in late:
            source = self.name(value)
            if several and self._reads(value, overwritten):
                name = identifier("old", self.taken, "old")
                self._line(f"{name} = {source}.copy()")
                source = name
            sources.append(source)
        for (_, (what, tensor), home), source in zip(late, sources, strict=True):
            label = tensor.name or "a state"
            name = identifier(f"{tensor.name or 'state'}_home", self.taken, "home")
            self.namespace[name] = home
            self._line(f"{name}[...] = {source}", commits=label if what == "data" else f"the gradient of {label}")
            self.header.append(f"{name} = np.empty({home.shape}, np.{home.dtype})")
        return grads, returned

    def _reads(self, value: Value, homes: list[numpy.ndarray]) -> bool:
        array = self.arrays.get(self.root(value))
        return array is not None and any(numpy.may_share_memory(array, home) for home in homes)

    def _place_states(self) -> dict[Any, numpy.ndarray]:
        """Give every state its memory: a home of the program's own where it is updated."""
        homes: dict[Any, numpy.ndarray] = {}
        for flat in self.program.flats:
            if flat.value.kind == "state":
                whole = self._flat_home(flat)
                flat.value.name = flat.value.name or "states"
                self.bind(flat.value, whole, f"np.empty({whole.size}, np.{whole.dtype})", "states")
            else:
                whole = _aligned(sum(flat.sizes), flat.value.dtype)
                if flat.value.call is None:
                    self.bind(flat.value, whole, f"np.empty({whole.size}, np.{whole.dtype})", "gradients")
            if flat.value in self.arrays:
                self.flat_memory.append(self.arrays[flat.value])
            for member, size in zip(flat.members, flat.sizes, strict=True):
                start = self.place[member][1]
                if member.kind == "state" or flat.value.call is None:
                    view = whole[start : start + size].reshape(member.shape)
                    how = f"{self.names[flat.value]}[{start}:{start + size}].reshape({member.shape})"
                    self.bind(member, view, how, "state")
                    if member.kind == "state":
                        homes[member.source] = view
        for value in self.program.states:
            if value in self.arrays or not isinstance(value.source, tuple):
                continue
            if value.source in self.updated:
                homes[value.source] = self._home(value.source, value.sample)
                self.bind(value, homes[value.source], f"np.empty({value.shape}, np.{value.dtype})", "state")
            else:
                self.bind(value, state_array(value.source), f"np.empty({value.shape}, np.{value.dtype})", "state")
        for key in self.updated:
            if key not in homes:
                homes[key] = self._home(key, state_array(key))
        for (what, tensor), home in homes.items():
            self.memory[what, tensor] = _homes[what, id(tensor)] = home
        return homes

    def _home(self, key: tuple[str, Any], sample: numpy.ndarray) -> numpy.ndarray:
        """The memory of one state, in the memory order it has."""
        home = _home_now(key)
        if home is None:
            home = self.memory.get(key)
        if home is None or home.shape != sample.shape or home.dtype != sample.dtype or layout(home) != layout(sample):
            home = _in_layout(_aligned(max(1, sample.size), sample.dtype), sample)[0]
        return home

    def _flat_home(self, flat: Flat) -> numpy.ndarray:
        """The memory of several states, one after the other: where a program keeps them so already, or new."""
        keys = tuple(member.source for member in flat.members)
        whole = self.memory.get(keys)
        if whole is None:
            first = _home_now(keys[0])
            base = None if first is None else first.base
            while base is not None and base.base is not None and base.dtype != numpy.uint8:
                base = base.base
            if base is not None and base.dtype == numpy.uint8:
                offset = first.__array_interface__["data"][0] - base.__array_interface__["data"][0]  # type: ignore[union-attr]
                end = offset + sum(flat.sizes) * flat.value.dtype.itemsize
                if offset >= 0 and end <= base.nbytes:
                    there = base[offset:end].view(flat.value.dtype)
                    starts = [self.place[member][1] for member in flat.members]
                    parts = [
                        there[i : i + n].reshape(m.shape)
                        for i, n, m in zip(starts, flat.sizes, flat.members, strict=True)
                    ]
                    known = [_home_now(key) for key in keys]
                    if all(h is not None and same_memory(part, h) for part, h in zip(parts, known, strict=True)):
                        whole = there
        if whole is None:
            whole = _aligned(sum(flat.sizes), flat.value.dtype)
        self.memory[keys] = whole
        return whole

    def _line(self, run: str, read: str | None = None, commits: str | None = None) -> None:
        self.lines.append((self.indent + run, self.indent + (run if read is None else read)))
        if commits is not None:
            self.commits.append((len(self.lines) + 1, len(self.lines) + 1, commits))

    def _memory(self, i: int, call: Call, pinned: set[Value]) -> tuple[numpy.ndarray, str, str | None]:
        """The memory for a call's result, how it is made, and what state it updates."""
        out = call.out
        update = self._state_update(i, call, pinned)
        if update is not None:
            return update
        if call.ufunc is not None or call.function in IN_PLACE_FUNCTIONS:
            candidates = call.values if call.ufunc is not None else call.values[:1]
            if self._spread_first(call) is not None:
                candidates = []
            for arg in candidates:
                block = self.block_of.get(arg)
                if block is None or arg in pinned or self.last_use.get(arg) != i or self.root(arg) is not arg:
                    continue
                if arg.shape == out.shape and arg.dtype == out.dtype and layout(self.arrays[arg]) == layout(out.sample):
                    self.block_of[out] = block
                    self.last_use.pop(arg)
                    return self.arrays[arg], self.names[arg], None
        size = prod(out.shape)
        fitting = [block for block in self.free if block.array.dtype == out.dtype and block.array.size >= size]
        if fitting and size:
            block = min(fitting, key=lambda b: b.array.size)
            self.free.remove(block)
        else:
            block = _Block(max(size, 1), out.dtype, identifier(None, self.taken, f"block{len(self.blocks)}"))
            self.blocks.append(block)
            self.namespace[block.name] = block.array
            self.header.append(f"{block.name} = np.empty({block.array.size}, np.{out.dtype})")
        self.block_of[out] = block
        array, how = _in_layout(block.array, out.sample)
        return array, f"{block.name}{how}", None

    def _state_update(self, i: int, call: Call, pinned: set[Value]) -> tuple[numpy.ndarray, str, str | None] | None:
        """A state's own memory, where this call makes its new value and nobody reads the old one later."""
        out = call.out
        if call.ufunc is None:
            return None
        if isinstance(out.source, Flat):
            for flat in self.program.flats:
                old, new = flat.value, out.source.members
                if old.kind != "state" or len(flat.members) != len(new) or old in pinned:
                    continue
                if self.last_use.get(old, i) <= i and all(
                    self.updated.get(member.source) is value for member, value in zip(flat.members, new, strict=True)
                ):
                    named = ", ".join(member.source[1].name or "a state" for member in flat.members)
                    return self.arrays[old], self.names[old], named
            return None
        for key, value in self.updated.items():
            if value is out and key in self.state_of:
                old = self.state_of[key]
                ends = old in call.args and old.shape == out.shape and self.last_use.get(self.root(old)) == i
                apart = self.root(old) is old and old not in pinned
                if ends and apart and layout(old.sample) == layout(out.sample):
                    return self.arrays[old], self.names[old], key[1].name or "a state"
        return None

    def _elementwise_run(self, begin: int, pinned: set[Value]) -> int:
        """Plan the calls on flat arrays from `begin` on together; returns where they end.

        What lives only among them takes turns in a few arrays. Where all of it is more than the cache next to the
        core holds, the run goes through the arrays piece by piece, with every call done on one before the next.
        """
        calls = self.program.calls
        size, end = calls[begin].out.sample.size, begin
        while end < len(calls) and (
            calls[end].function == "member"
            or (isinstance(calls[end].out.source, Flat) and calls[end].out.sample.size == size)
        ):
            end += 1
        turns: dict[Value, int] = {}  # a passing value -> which of the shared arrays it is in
        kinds: list[Any] = []  # their dtypes
        idle: list[int] = []
        commits = []
        for i in range(begin, end):
            out, operands = calls[i].out, dict.fromkeys(calls[i].values)
            if calls[i].is_view:
                continue
            ending = [v for v in operands if v in turns and self.last_use[v] == i]
            update = self._state_update(i, calls[i], pinned)
            if update is not None:
                self.bind(out, *update[:2])
                commits.append(update[2] or "a state")
            elif out in pinned or self.last_use.get(out, end) >= end:
                whole = _aligned(size, out.dtype)
                self.flat_memory.append(whole)
                self.bind(out, whole, f"np.empty({size}, np.{out.dtype})")
            else:
                fitting = [turns[v] for v in ending if v.dtype == out.dtype] or [
                    k for k in idle if kinds[k] == out.dtype
                ]
                if not fitting:
                    fitting = [len(kinds)]
                    kinds.append(out.dtype)
                turns[out] = fitting[0]
                idle = [k for k in idle if k != fitting[0]]
            idle += [turns[v] for v in ending if turns[v] != turns.get(out)]
        work = [call for call in calls[begin:end] if not call.is_view]
        flat = list(dict.fromkeys(v for call in work for v in (*call.values, call.out) if v.shape == (size,)))
        wholes = {id(self.arrays[v]): self.names[v] for v in reversed(flat) if v not in turns}
        piece = CACHE // (calls[begin].out.dtype.itemsize * (len(wholes) + len(kinds)))
        count = 1 if size <= 1.5 * piece else -(-size // piece)
        piece = -(-size // count // 16) * 16 if count > 1 else size
        shared = []
        for kind in kinds:
            array = _aligned(piece, kind)
            shared.append(identifier(None, self.taken, "spare"))
            self.flat_memory.append(array)
            self.namespace[shared[-1]] = array
            self.header.append(f"{shared[-1]} = np.empty({piece}, np.{kind})")
        for value, k in turns.items():
            self.names[value] = shared[k]
            self.arrays[value] = self.namespace[shared[k]]
        part = {name: name for name in (*wholes.values(), *shared)}
        if count > 1:
            part = {name: identifier(None, self.taken, f"{name}_piece") for name in part}
            pieces = identifier(None, self.taken, "pieces")
            starts = range(0, size, piece)
            self.namespace[pieces] = [
                tuple(self.namespace[name][(0 if name in shared else i) :][: min(piece, size - i)] for name in part)
                for i in starts
            ]
            shown = [f"{name}[:{size} - i]" if name in shared else f"{name}[i : i + {piece}]" for name in part]
            self.header.append(f"{pieces} = [({', '.join(shown)}) for i in {starts!r}]")
            self._line(f"for {', '.join(part.values())} in {pieces}:")
            self.indent = "    "
        first = len(self.lines) + 2

        def name(value: Value) -> str:
            return part[shared[turns[value]] if value in turns else wholes[id(self.arrays[value])]]

        for call in work:
            args = [name(arg) if arg in flat else self.operand(call, arg) for arg in call.args]
            self._call_into(call, args, name(call.out), None)
        self.indent = ""
        if commits:
            self.commits.append((first, len(self.lines) + 1, ", ".join(commits)))
        for call in calls[begin:end]:
            if call.is_view:
                self._view(call)
        return end

    def _one(self, i: int, call: Call, pinned: set[Value]) -> None:
        out = call.out
        if call.is_view:
            self._view(call)
            return
        # A mean of float16 is added up in float32, which NumPy only does where it makes the result itself.
        halves = call.function == "mean" and out.dtype == numpy.float16
        if halves or (call.ufunc is None and call.function not in OUT_FUNCTIONS):
            self._plain(call)
            return
        args = [self.operand(call, arg) for arg in call.args]
        commits = None
        if out not in self.arrays:
            array, how, commits = self._memory(i, call, pinned)
            self.bind(out, array, how)
        self._call_into(call, args, self.names[out], commits)

    def _view(self, call: Call) -> None:
        base = call.args[0]
        if base in self.arrays:
            if call.out in self.arrays:
                return
            if call.function == "member":
                p = call.params
                array = self.arrays[base][p["start"] : p["stop"]].reshape(p["shape"])
                self.bind(call.out, array, f"{self.names[base]}[{p['start']}:{p['stop']}].reshape({p['shape']})")
                return
            array = evaluate(call.function, [self.arrays[base]], call.params)
            if call.out.name is None and call.function == "transpose" and base.name:
                call.out.name = f"{base.name}_T"
            self.bind(call.out, array, _view_text(call, self.name(base)))
        else:
            name = self.name(call.out)
            text = f"{name} = {_view_text(call, self.name(base))}"
            self._line(text)

    def _plain(self, call: Call) -> None:
        """A call that NumPy cannot direct into a buffer."""
        name = self.name(call.out)
        args = [self.operand(call, arg) for arg in call.args]
        if call.function == "getitem":
            template = index_of(call.params["template"], [_Raw(a) for a in args[1:]])
            text = f"{name} = {args[0]}[{_index_text(template)}]"
            if any(v.dtype == bool for v in call.values[1:]):
                self.namespace["same_shape"] = _same_shape
                self._line(f"{name} = same_shape({text.partition(' = ')[2]}, {call.out.shape})", text)
                return
        else:
            extra = [f"{k}={v!r}" for k, v in call.params.items()]
            text = f"{name} = np.{call.function}({', '.join([*args, *extra])})"
        self._line(text)

    def _spread_first(self, call: Call) -> Value | None:
        """An operand that is cheaper spread over the result's memory first: then no operand is broadcast.

        Setting up a broadcast costs NumPy more than the arithmetic of a small array. Only for what rounds once,
        where the bits cannot depend on how the loop goes through memory.
        """
        out = call.out
        if call.function not in EXACT or len(call.values) != 2 or len(call.args) != 2 or call.quiet:
            return None
        if out.sample.size > MOST_SPREAD or not out.sample.flags.c_contiguous:
            return None
        small, full = sorted(call.values, key=lambda value: value.sample.size)
        fitting = full.shape == out.shape and full.dtype == small.dtype == out.dtype
        return small if fitting and small.shape not in ((), out.shape) and small.sample.size > 1 else None

    def _call_into(self, call: Call, args: list[str], out: str, commits: str | None) -> None:
        function, p = call.function, call.params
        short = f"np_{function}"
        if call.ufunc is not None:
            self.namespace[short] = call.ufunc
            if not call.out.shape and all(v in self.arrays for v in call.values):
                args, out = [self._one_element(name) for name in args], self._one_element(out)
            small = self._spread_first(call)
            if small is not None and not any(numpy.may_share_memory(self.arrays[call.out], self.arrays[v])
                                             if v in self.arrays else True for v in call.values):  # fmt: skip
                self._line(f"{out}[...] = {self.name(small)}")
                args = [out if arg is small else name for arg, name in zip(call.args, args, strict=True)]
            joined = ", ".join(args)
            if call.quiet:
                self.namespace["quietly"] = backend.quiet_run()
                self._line(f"quietly({short}, {joined}, {out})", f"np.{function}({joined}, out={out})", commits)
                return
            into = f"out={out}" if function in _NAMED_OUT else out
            self._line(f"{short}({joined}, {into})", f"np.{function}({joined}, out={out})", commits)
            return
        x = args[0] if args else ""
        if function in REDUCTIONS:
            ufunc = REDUCTIONS[function]
            self.namespace[f"{ufunc.__name__}_reduce"] = ufunc.reduce
            axis, keep = p.get("axis"), p.get("keepdims", False)
            axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
            fast = f"{ufunc.__name__}_reduce({x}, {axis}, None, {out}{', True' if keep else ''})"
            self._line(fast, f"np.{ufunc.__name__}.reduce({x}, axis={axis}, keepdims={keep}, out={out})", commits)
            return
        lines: list[tuple[str, str]] = []
        match function:
            case "matmul":
                name = "dot" if _dot_is_equal(call) else "matmul"
                self.namespace[f"np_{name}"] = getattr(numpy, name)
                lines = [(f"np_{name}({x}, {args[1]}, {out})", f"np.{name}({x}, {args[1]}, out={out})")]
            case "mean" | "argmax":
                text = f"np.{function}({x}, axis={p.get('axis')}, keepdims={p.get('keepdims', False)}, out={out})"
                lines = [(text, text)]
            case "concatenate" | "stack":
                text = f"np.{function}(({', '.join(args)},), axis={p.get('axis', 0)}, out={out})"
                lines = [(text, text)]
            case "clip":
                text = f"np.clip({', '.join(args)}, out={out})"
                lines = [(text, text)]
            case "where":
                first, second = f"({out}, {args[2]})", f"({out}, {args[1]}, where={args[0]})"
                lines = [(f"copyto{each}", f"np.copyto{each}") for each in (first, second)]
            case "astype":
                text = f"copyto({out}, {x}, casting='unsafe')"
                lines = [(text, "np." + text)]
            case "copy" | "spread":
                lines = [(f"{out}[...] = {x}",) * 2]
            case "reshape":
                shape = call.args[0].shape
                lines = [(f"{out}.reshape({shape})[...] = {x}",) * 2]
            case "random":
                rng = identifier("rng", self.taken, "rng")
                self.namespace[rng] = p["rng"]
                self.header.append(f"{rng} = np.random.default_rng()")
                text = f"{rng}.random(None, np.{p['dtype']}, {out})"
                lines = [(text, text)]
            case "zeros":
                lines = [(f"{out}.fill(0)", f"{out}.fill(0)")]
            case "setitem" | "add_at":
                if self.arrays[call.args[0]] is not self.arrays[call.out]:
                    lines.append((f"{out}[...] = {x}",) * 2)
                index = _index_text(index_of(p["template"], [_Raw(a) for a in args[2:]]))
                text = f"{out}[{index}] = {args[1]}"
                if p.get("once"):
                    self.namespace["named_once"] = named_once
                    lines.append(
                        (f"named_once(np, {out}.shape, np.s_[{index}])", f"# no element is named twice by [{index}]")
                    )
                if function == "add_at":
                    text = f"np.add.at({out}, np.s_[{index}], {args[1]})"
                lines.append((text, text))
        for run, read in lines:
            self._line(run, read, commits)


class _Raw:
    """Text that stands for itself in a `repr`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def same_memory(x: Any, y: numpy.ndarray) -> bool:
    """Whether two arrays are one in memory."""
    return (
        x is not None and x.shape == y.shape and x.dtype == y.dtype and layout(x) == layout(y)
        and x.__array_interface__["data"][0] == y.__array_interface__["data"][0]
    )  # fmt: skip


def _same_shape(array: numpy.ndarray, shape: tuple[int, ...]) -> numpy.ndarray:
    """A mask of the function's own was changed in place: the program is made for the number it selected."""
    if array.shape != shape:
        raise ChangedError(f"a mask selects elements of shape {array.shape} now and {shape} when the step was recorded")
    return array


def _dot_is_equal(call: Call) -> bool:
    """Whether `dot`, which starts quicker, takes the same way through BLAS as `matmul` here."""
    x, y = (arg.sample for arg in call.args)
    if x.ndim != 2 or y.ndim != 2 or 1 in (*x.shape, *y.shape) or 0 in (*x.shape, *y.shape) or x.dtype != y.dtype:
        return False
    return bool(numpy.dot(x, y).tobytes() == numpy.matmul(x, y).tobytes())


def _literal(array: numpy.ndarray) -> str:
    if array.size <= 16:
        return f"np.array({array.tolist()!r}, np.{array.dtype})"
    return f"np.empty({array.shape}, np.{array.dtype})  # a plain array of the function's own"


def _index_text(index: tuple[Any, ...]) -> str:
    return "()" if not index else ", ".join("..." if part is Ellipsis else _slice_text(part) for part in index)


def _slice_text(part: Any) -> str:
    if not isinstance(part, slice):
        return repr(part)
    text = f"{'' if part.start is None else part.start}:{'' if part.stop is None else part.stop}"
    return text if part.step is None else f"{text}:{part.step}"


def _view_text(call: Call, base: str) -> str:
    p = call.params
    match call.function:
        case "transpose":
            return f"{base}.T" if p["axes"] is None else f"{base}.transpose({p['axes']})"
        case "swapaxes":
            return f"{base}.swapaxes({p['axis1']}, {p['axis2']})"
        case "view":
            return f"{base}[{_index_text(p['index'])}]"
        case "reshape_view":
            return f"{base}.reshape({p['shape']})"
        case "broadcast_to":
            return f"np.broadcast_to({base}, {p['shape']})"
    return f"np.{call.function}({base}, {p['axis']})"
