"""Emitting: a program as the text of a flat function over its memory, and of a header of all that it names.

The function makes no Tensor, looks nothing up and allocates no array but what it returns. Knows NumPy's `out=` and how
calls are written. Must not know graphs, nor the arrays that areas and states are when the text is bound to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy

from autograd_lite.compile.memory import Area, Memory, Place, can_direct, spread_first
from autograd_lite.compile.names import Namer, live_name
from autograd_lite.engine.graph import tick
from autograd_lite.errors import ChangedError
from autograd_lite.program.calls import ITEMS, JOIN, dtype_text, expression, written
from autograd_lite.program.program import Call, State, Value
from autograd_lite.watch import Live

FILENAME = "<compiled step>"


@dataclass
class Text:
    """A program as text, and what the names in it stand for."""

    read: str  # the module as a person reads it: it runs with `numpy` alone, with the states filled in
    code: str  # the function as it runs
    fixed: str  # the header that depends on no state, and the one that does
    moving: str
    constants: dict[str, Any]  # what is the same wherever the program is bound
    areas: dict[Area, str]
    reads: list[tuple[State, str]]  # states that are only read
    lives: list[tuple[str, Live]]  # zero-dimensional arrays of numbers that change
    groups: list[str]  # what is updated together, in order
    quietly: str | None  # the function that calls another without warnings, which each thread has of its own


def write(memory: Memory) -> Text:
    """The text of a program whose values have their places."""
    writer = _Writer(memory)
    reads = [(v.state, writer.names[v]) for v in memory.program.states if v.state and v not in memory.places]
    return Text(
        writer.text(), writer.code(), writer.header_text(False), writer.header_text(True), writer.constants,
        {area: name for area, name in writer.area_names.items() if area not in memory.handed}, reads, writer.lives,
        writer.groups, writer.functions.get(("quietly", id(None))),
    )  # fmt: skip


@dataclass
class _Named:
    """A line of the header: a name and what it is, as run and as read."""

    name: str
    run: str
    read: str
    moving: bool  # whether it depends on memory that may move


class _Writer:
    """The text of a program while it is written."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.program = memory.program
        self.namer = Namer("at", "layout")
        self.names: dict[Value, str] = {}
        self.area_names: dict[Area, str] = {}
        self.defined: set[Value] = set()
        self.made: dict[str, str] = {}  # arrays of places, as they are written: the first name of each
        self.same: dict[str, str] = {}  # a name of an array -> the first name that it has
        self.header: list[_Named] = []
        self.moving: set[str] = set()
        self.constants: dict[str, Any] = {"np": numpy}
        self.functions: dict[tuple[str, int], str] = {}
        self.numbers: dict[Any, str] = {}
        self.single: dict[str, str] = {}  # names of arrays of one element for zero-dimensional ones
        self.lives: list[tuple[str, Live]] = []
        self.groups: list[str] = []
        self.lines: list[tuple[str, str | None]] = []  # as run, as read
        self.indent = ""
        self.parameters = [self.name(value, "x") for value in self.program.inputs]
        for value in self.program.states:
            self.name(value, "state")
        self.name_areas()
        for value, there in memory.places.items():
            if value.kind == "state" or memory.joined.get(value) is not None:
                self.define_place(value, there)
        self.shown_names = [self.name_home(there) for there, _ in memory.copied]
        self.name_constants()
        self.write()

    # Names and the header.

    def name(self, value: Value, fallback: str = "t") -> str:
        if value not in self.names:
            self.names[value] = self.namer(value.name, fallback)
        return self.names[value]

    def function(self, name: str, function: Any) -> str:
        """The name of a function, or of a random generator, that the text calls."""
        known = (name, id(function))
        if known not in self.functions:
            self.functions[known] = self.namer(name, name)
            self.constants[self.functions[known]] = function
            if isinstance(function, numpy.random.Generator):
                self.header.append(_Named(self.functions[known], "", "np.random.default_rng()", False))
        return self.functions[known]

    def define(self, name: str, run: str, needs: Iterable[str], read: str | None = None) -> None:
        moving = any(each in self.moving for each in needs)
        if moving:
            self.moving.add(name)
        self.header.append(_Named(name, run, run if read is None else read, moving))

    def name_areas(self) -> None:
        for area in self.memory.areas:
            name = self.area_names[area] = self.namer(area.label, "block")
            text = f"np.empty({area.size}, {dtype_text(area.dtype)})"
            if area in self.memory.handed:
                self.line(f"{name} = {text}")
                continue
            if area.states:
                self.moving.add(name)
            self.header.append(_Named(name, "", text, False))
        for value in self.program.states:
            if value not in self.memory.places:
                name = self.names[value]
                self.moving.add(name)
                self.header.append(_Named(name, "", f"np.empty({value.shape}, {dtype_text(value.dtype)})", False))

    def define_place(self, value: Value, there: Place, fallback: str = "t") -> str:
        """The name of an array that has a place of its own."""
        if value in self.defined:
            return self.names[value]
        self.defined.add(value)
        whole = self.area_names[there.area]
        if value.name is None and there.shape == (there.area.size,):
            self.names[value] = whole
        else:
            text = place_text(whole, there)
            name = self.name(value, fallback)
            # One array for one place: NumPy is twice as long about two arrays that it finds to be the same memory.
            first = self.same[name] = self.made.setdefault(text, name)
            run = text if first == name else first
            if there.area in self.memory.handed:
                self.line(f"{name} = {run}", f"{name} = {text}")
            else:
                self.define(name, run, [whole], text)
        return self.names[value]

    def name_home(self, there: Place) -> str:
        """The name of a place that no value of the program has."""
        whole = self.area_names[there.area]
        name = self.namer(there.area.label.removesuffix("_memory"), "home")
        self.define(name, place_text(whole, there), [whole])
        return name

    def name_constants(self) -> None:
        used = [*(arg for call in self.program.calls for arg in call.values), *self.program.wanted()]
        for value in dict.fromkeys(v for v in used if v.kind == "constant"):
            name = self.name(value, "constant")
            self.constants[name] = value.sample
            self.header.append(_Named(name, "", _literal(value.sample), False))

    def number(self, arg: Any, dtype: Any) -> str:
        """A number as a zero-dimensional array of the dtype that NumPy makes it one of each time."""
        live = isinstance(arg, Live)
        known = (arg.key if live else (type(arg), repr(arg)), dtype)
        if known not in self.numbers:
            number = arg.read() if live else arg
            shown = f"number_{number:g}".replace(".", "_").replace("-", "minus_").replace("+", "")
            name = self.numbers[known] = self.namer(live_name(arg.key) if live else shown, "number")
            if live:
                self.lives.append((name, arg))
            else:
                self.constants[name] = numpy.array(number, dtype)
            text = f"np.array({written(number)}, {dtype_text(dtype)})"
            self.header.append(_Named(name, text if live else "", text, False))
        return self.numbers[known]

    def one_element(self, name: str) -> str:
        """A zero-dimensional array as one of one element, on which NumPy's functions start quicker.

        Only for what rounds once: `np.power` squares where its exponent has no step in memory, and it has one here.
        """
        name = self.same.get(name, name)
        if name not in self.single:
            self.single[name] = self.namer(f"{name}_1", "one")
            self.define(self.single[name], f"{name}.reshape(1)", [name])
        return self.single[name]

    def operand(self, call: Call, arg: Any) -> str:
        if isinstance(arg, Value):
            return self.name(arg)
        others = call.values
        number = isinstance(arg, Live | int | float) and not isinstance(arg, bool) and call.ufunc is not None
        if number and others and others[0].dtype.kind == "f":
            return self.number(arg, _computed_in(call, arg))
        if isinstance(arg, Live):
            return self.number(arg, call.out.dtype)
        return written(arg)

    # The lines.

    def line(self, run: str, read: str | None = None) -> None:
        self.lines.append((self.indent + run, self.indent + (run if read is None else read)))

    def group(self, states: Iterable[State]) -> None:
        """The next lines write over these states."""
        marks = [] if self.groups else self.marks()
        self.groups.append(", ".join(state.label for state in states))
        self.lines.append((f"at[0] = {len(self.groups)}", None))
        self.lines += [(line, None) for line in marks]

    def marks(self) -> list[str]:
        """Lines that mark the tensors that get new values as changed; all that could fail in them is done here."""
        leaves = list(dict.fromkeys(effect.leaf for effect in self.program.effects if effect.what == "data"))
        if not leaves:
            return []
        names = [self.namer(f"tensor_{i}", "tensor") for i in range(len(leaves))]
        moment = self.namer("moment", "moment")
        self.lines.append((f"{moment} = {self.function('tick', tick)}()", None))
        for name, leaf in zip(names, leaves, strict=True):
            referred = self.namer(f"{name}_ref", "ref")
            self.constants[referred] = leaf.ref
            self.lines.append((f"{name} = {referred}()", None))
        return [" = ".join(f"{name}._changed" for name in names) + f" = {moment}"]

    def write(self) -> None:
        i = 0
        while i < len(self.program.calls):
            if i in self.memory.runs:
                i = self.run(i)
            else:
                self.one(self.program.calls[i])
                i += 1
        self.returned = self.finish()

    def one(self, call: Call) -> None:
        out = call.out
        if call.is_view:
            self.view(call)
        elif not can_direct(call):
            self.plain(call)
        else:
            args = [self.operand(call, arg) for arg in call.args]
            self.define_place(out, self.memory.places[out])
            if call in self.memory.updates:
                self.group(self.memory.updates[call])
            self.into(call, args, self.names[out])

    def view(self, call: Call) -> None:
        assert call.base is not None
        base, out = call.args[call.base], call.out
        args = [self.operand(call, arg) for arg in call.args]
        text = expression(call.function, args, call.params)
        if not all(self.memory.fixed(value) for value in call.values):
            self.line(f"{self.name(out)} = {text}")
            return
        if out.name is None and call.row.order is not None and base.name:
            out.name = f"{base.name}_T"
        self.define(self.name(out), text, args)

    def run(self, begin: int) -> int:
        """The calls of a run, in a loop over pieces where it is cut."""
        run = self.memory.runs[begin]
        calls = self.program.calls[begin : run.end]
        work = [call for call in calls if not self.memory.silent(call)]
        for call in calls:
            if call.function == JOIN:
                self.define_place(call.out, self.memory.places[call.out])
        for call in work:
            if call.out not in run.turns:
                self.define_place(call.out, self.memory.places[call.out], "flat")
            else:
                self.names[call.out] = self.area_names[run.turns[call.out]]
        flat = dict.fromkeys(v for call in work for v in (*call.values, call.out) if v.shape == (run.size,))
        part = {self.place_name(v): self.place_name(v) for v in flat}
        if run.updates:
            self.group(run.updates)
        if run.count > 1:
            part = self.pieces(run, part)
        for call in work:
            args = [part[self.place_name(arg)] if arg in flat else self.operand(call, arg) for arg in call.args]
            self.into(call, args, part[self.place_name(call.out)])
        self.indent = ""
        for call in calls:
            if call.is_view:
                self.view(call)
        return run.end

    def place_name(self, value: Value) -> str:
        """One name for all values that are the same memory, as the old and the new value of a state are."""
        there = self.memory.places.get(value)
        whole = there is not None and there.shape == (there.area.size,)
        return self.area_names[there.area] if whole and there is not None else self.names[value]

    def pieces(self, run: Any, part: dict[str, str]) -> dict[str, str]:
        """Begin the loop over the pieces of these arrays; returns how each is called in it."""
        spares = {self.area_names[area] for area in run.spares}
        starts = range(0, run.size, run.piece)
        found = {name: self.namer(f"{name}_piece", "piece") for name in part}
        pieces = self.namer("pieces", "pieces")
        cut = [f"{name}[:{run.size} - i]" if name in spares else f"{name}[i : i + {run.piece}]" for name in part]
        self.define(pieces, f"[({', '.join(cut)}) for i in {starts!r}]", part)
        self.line(f"for {', '.join(found.values())} in {pieces}:")
        self.indent = "    "
        return found

    def plain(self, call: Call) -> None:
        """A call that NumPy cannot direct into a buffer."""
        name = self.name(call.out)
        args = [self.operand(call, arg) for arg in call.args]
        text = expression(call.function, args, call.params)
        if call.row.effect:  # in the library's words, with its parameters as they are
            given = self.namer(f"{call.function}_parameters", "parameters")
            self.constants[given] = call.params
            run = f"{name} = {self.function(call.function, call.row.evaluate)}([{', '.join(args)}], {given})"
            self.line(run, f"# {text}" if call.row.text else f"{name} = {call.function}({', '.join(args)})")
            return
        if call.function == ITEMS and any(value.dtype == bool for value in call.values[1:]):
            checked = self.function("same_shape", _same_shape)
            self.line(f"{name} = {checked}({text}, {call.out.shape})", f"{name} = {text}")
            return
        several = isinstance(call.out.sample, tuple)
        self.line(f"{name} = {text}" if several or call.out.shape else f"{name} = np.asarray({text})")

    def into(self, call: Call, args: list[str], out: str) -> None:
        """A call with its result directed into `out`."""
        row = call.row
        if row.ufunc is not None:
            self.elementwise(call, args, out)
        elif call.function == JOIN:
            start = 0
            for value, name in zip(call.values, args, strict=True):
                if self.memory.joined.get(value) is not call.out:
                    self.line(f"{out}[{start}:{start + value.size}].reshape({value.shape})[...] = {name}")
                start += value.size
        else:
            if row.writes and self.memory.places.get(call.args[0]) is not self.memory.places[call.out]:
                made = call.args[0].call
                if made is not None and made.row.fresh and made.row.into is not None:  # quicker than a copy of it
                    made.row.into(self, [], made.params, [], out)
                else:
                    self.line(f"{out}[...] = {args[0]}")
            samples = [arg.sample if isinstance(arg, Value) else arg for arg in call.args]
            assert row.into is not None
            row.into(self, args, call.params, samples, out)

    def elementwise(self, call: Call, args: list[str], out: str) -> None:
        """A call of a ufunc."""
        function = call.function
        short = self.function(f"np_{function}", call.ufunc)
        if call.row.exact and not call.out.shape and all(map(self.memory.fixed, (*call.values, call.out))):
            pairs = zip(call.args, args, strict=True)
            args = [name if name == written(arg) else self.one_element(name) for arg, name in pairs]
            out = self.one_element(out)
        small = spread_first(call)
        if small is not None and all(self.memory.apart(call.out, value) for value in call.values):
            self.line(f"{out}[...] = {self.name(small)}")
            args = [out if arg is small else name for arg, name in zip(call.args, args, strict=True)]
        joined = ", ".join(args)
        read = f"np.{function}({joined}, out={out})"
        if call.quiet:
            self.line(f"{self.function('quietly', None)}({short}, {joined}, {out})", read)
        else:
            self.line(f"{short}({joined}, {'out=' if call.row.names_out else ''}{out})", read)

    def finish(self) -> list[str]:
        """After the calls: gradients copied to memory of their own, new values over the old, results copied.

        What is read of the old states is read before one is written.
        """
        memory = self.memory
        for name, (_, value) in zip(self.shown_names, memory.copied, strict=True):
            self.line(f"{name}[...] = {self.name(value)}")
        overwritten = [memory.homes[state] for state, _ in memory.late]

        def reads(value: Value) -> bool:
            there = memory.place_of(value)
            return there is not None and any(there.meets(home) for home in overwritten)

        returned = []
        for i, value in enumerate(self.program.outputs):
            if i in memory.handed.values():
                returned.append(self.name(value))
                continue
            text = f'{self.name(value)}.copy("K")' if memory.fixed(value) else f"np.array({self.name(value)})"
            if reads(value):
                name = self.namer("result", "result")
                self.line(f"{name} = {text}")
                text = name
            returned.append(text)
        sources = []
        for _, value in memory.late:
            source = self.name(value)
            if len(memory.late) > 1 and reads(value):
                name = self.namer("old", "old")
                self.line(f"{name} = {source}.copy()")
                source = name
            sources.append(source)
        for (state, _), source in zip(memory.late, sources, strict=True):
            name = self.name_home(memory.homes[state])
            self.group([state])
            self.line(f"{name}[...] = {source}")
        if self.groups:
            self.lines.append((f"at[0] = {len(self.groups) + 1}", None))
        return returned

    # The texts.

    def header_text(self, moving: bool) -> str:
        """The part of the header that does, or does not, depend on memory that may move."""
        return "".join(f"{each.name} = {each.run}\n" for each in self.header if each.run and each.moving is moving)

    def code(self) -> str:
        """The function as it runs."""
        body = "".join(f"    {run}\n" for run, _ in self.lines)
        result = f"({', '.join(self.returned)}{',' if self.returned else ''})"
        return f"def run({', '.join(self.parameters)}):\n{body}    return {result}\n"

    def text(self) -> str:
        """The module as a person reads it: it runs with `numpy` alone, with the states filled in."""
        header = "".join(f"{each.name} = {each.read}\n" for each in self.header)
        read = "".join(f"    {line}\n" for _, line in self.lines if line is not None)
        result = ", ".join(self.returned) or None
        return f"import numpy as np\n\n{header}\n\ndef step({', '.join(self.parameters)}):\n{read}    return {result}\n"


def _same_shape(array: numpy.ndarray, shape: tuple[int, ...]) -> numpy.ndarray:
    """A mask of the function's own was changed in place: the program is made for the number it selected."""
    if array.shape != shape:
        raise ChangedError(f"a mask selects elements of shape {array.shape} now and {shape} when the step was recorded")
    return array


def place_text(whole: str, there: Place) -> str:
    """How the array at a place is made of its area."""
    stop = there.start + there.size
    flat = whole if (there.start, stop) == (0, there.area.size) else f"{whole}[{there.start}:{stop}]"
    if there.axes == tuple(range(len(there.shape))):
        return f"{flat}.reshape({there.shape})"
    shape = tuple(there.shape[i] for i in there.axes)
    return f"{flat}.reshape({shape}).transpose({tuple(there.axes.index(i) for i in range(len(shape)))})"


def _computed_in(call: Call, number: Any) -> Any:
    """The dtype in which a function computes with a number: mostly that of the array beside it, but not always."""
    kinds: list[Any] = []
    for each in call.args:
        value = each.read() if isinstance(each, Live) else each
        weak = type(value) in (int, float, complex)
        kinds.append(each.dtype if isinstance(each, Value) else type(value) if weak else numpy.asarray(value).dtype)
    ufunc = call.ufunc
    place = next(i for i, each in enumerate(call.args) if each is number)
    return ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout))[place]


def _literal(array: numpy.ndarray) -> str:
    if array.size == 0 or array.size > 16:
        note = "" if array.size == 0 else "  # a plain array of the function's own"
        return f"np.empty({array.shape}, {dtype_text(array.dtype)}){note}"
    text = repr(array.tolist()).replace("inf", "np.inf").replace("nan", "np.nan")
    return f"np.array({text}, {dtype_text(array.dtype)})"
