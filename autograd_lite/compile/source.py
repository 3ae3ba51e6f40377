"""A program as the NumPy a person would have written: plain expressions, the user's names, a comment a line.

Knows how primitive calls are written. Must not know buffers or how a program is run.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy

from autograd_lite.compile.names import Namer, live_name
from autograd_lite.names import gradient_name
from autograd_lite.program.calls import ATOM, NEGATIVE, as_comment, dtype_text, expression, written
from autograd_lite.program.program import Call, Program, Value
from autograd_lite.watch import Live

_LONGEST = 88


class _Writer:
    def __init__(self, program: Program, function: str) -> None:
        self.program = program
        self.namer = Namer(function)
        self.uses = Counter(value for call in program.calls for value in call.values)
        self.uses.update(program.wanted())
        self.names: dict[Value, str] = {}
        self.parts: dict[Value, tuple[str, int, list[Call]]] = {}
        self.lives: dict[Any, tuple[str, Live]] = {}
        self.parameters: list[str] = []
        self.things: dict[Any, str] = {}  # generators by identity, functions by name
        self.lines: list[tuple[str, str]] = []

    def name(self, value: Value, fallback: str) -> str:
        if value not in self.names:
            self.names[value] = self.namer(value.name, fallback)
        return self.names[value]

    def parameter(self, value: Value, fallback: str) -> str:
        if value not in self.names:
            self.parameters.append(self.name(value, fallback))
        return self.names[value]

    def operand(self, arg: Any, others: list[Value] | None = None) -> tuple[str, int, list[Call]]:
        """An operand as text, how tightly it binds, and the calls inlined in it.

        A number whose dtype that of the `others` would not give it is written with its dtype.
        """
        if isinstance(arg, Live):
            if arg.key not in self.lives:
                self.lives[arg.key] = (self.namer(live_name(arg.key), "number"), arg)
            return self.lives[arg.key][0], ATOM, []
        if not isinstance(arg, Value):
            return *_number(arg), []
        if arg in self.parts:
            return self.parts[arg]
        if arg.kind == "constant" and not arg.held:
            if arg.shape == () and arg.dtype.kind in "fiu":
                alike = others is not None and all(other.dtype == arg.dtype for other in others)
                if alike and (len(others or ()) > 1 or arg.dtype in (numpy.dtype(float), numpy.dtype(int))):
                    return *_number(arg.sample[()]), []
                return f"np.{arg.dtype.name}({_number(arg.sample[()])[0]})", ATOM, []
            if arg.sample.size == 0:
                return f"np.empty({arg.shape}, {dtype_text(arg.dtype)})", ATOM, []
            if arg.sample.size <= 8:
                return f"np.array({written(arg.sample.tolist())}, {dtype_text(arg.dtype)})", ATOM, []
        return self.parameter(arg, "constant" if arg.kind == "constant" else "state"), ATOM, []

    def expression(self, call: Call) -> tuple[str, int, list[Call]]:
        operands = [self.operand(arg, call.values) for arg in call.args]
        inner = [c for _, _, calls in operands for c in calls] + [call]
        row = call.row
        if row.infix == NEGATIVE and len(operands) == 1:
            text, strength, _ = operands[0]
            return f"-{text}" if strength >= NEGATIVE[1] else f"-({text})", NEGATIVE[1], inner
        if row.infix is not None and len(operands) == 2:
            sign, strength = row.infix
            (left, before, _), (right, after, _) = operands
            low, high = (strength + 1, strength) if sign == "**" else (strength, strength + 1)
            left = left if before >= low and not (before == strength and row.product) else f"({left})"
            right = right if after >= high else f"({right})"
            return f"{left} {sign} {right}", strength, inner
        if row.effect:
            return self.drawn(call), ATOM, inner
        texts = [text if strength >= ATOM or row.text is None else f"({text})" for text, strength, _ in operands]
        return expression(call.function, texts, call.params), ATOM, inner

    def drawn(self, call: Call) -> str:
        """An operation with an effect: random numbers from a generator, or the user's own function, both parameters."""
        p = call.params
        rng = next((value for value in p.values() if isinstance(value, numpy.random.Generator)), None)
        if rng is not None and call.row.blind:
            return f"{self.given(rng, 'rng')}.random({p['shape']}, {dtype_text(numpy.dtype(p['dtype']))})"
        texts = [self.operand(arg)[0] for arg in call.args]
        extra = [f"{name}={written(value)}" for name, value in p.items()]
        return f"{self.given(call.function, call.function)}({', '.join([*texts, *extra])})"

    def given(self, thing: Any, name: str) -> str:
        """The parameter by which a thing that is no array comes in."""
        known = thing if isinstance(thing, str) else id(thing)
        if known not in self.things:
            self.things[known] = self.namer(name, name)
            self.parameters.append(self.things[known])
        return self.things[known]

    def line(self, call: Call, target: str | None = None) -> None:
        if call.row.writes:
            self.written_over(call)
            return
        if call.row.effect and call.row.text is not None:  # a look at what is given, which nobody computes with
            return
        text, strength, inner = self.expression(call)
        alone = self.uses[call.out] == 1 and call.out.name is None and call.pure and target is None
        # A look at what is computed in the same text is written once, like that itself.
        look = call.is_view and call.out.name is None and all(each.is_view for each in inner)
        if (alone or look) and len(text) <= _LONGEST:
            self.parts[call.out] = (text, strength, inner)
            return
        name = target or self.name(call.out, "t")
        self.names.setdefault(call.out, name)
        self.lines.append((f"{name} = {text}", _comment(inner)))

    def written_over(self, call: Call) -> None:
        """A copy of the first operand, and what is written into it."""
        texts = [self.operand(arg)[0] for arg in call.args]
        whole = call.args[0]
        made = whole.call if whole in self.names and whole.name is call.out.name is None else None
        if made is not None and not made.is_view and whole.shape and self.uses[whole] == 1:  # nobody else has it
            name = self.names[call.out] = texts[0]
        else:
            name = self.name(call.out, "t")
            copied = f"{texts[0]}.copy()" if whole.shape else f"np.array({texts[0]})"  # a number has no items
            self.lines.append((f"{name} = {copied}", _comment([call])))
        writer = _Lines()
        assert call.row.into is not None
        call.row.into(writer, texts, call.params, [], name)
        comment = _comment([call]) if name == texts[0] else ""
        self.lines += [(line, comment) for line in writer.lines]


class _Lines:
    """Takes the lines of a call as they are read."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, run: str, read: str | None = None) -> None:
        self.lines.append(run if read is None else read)

    def function(self, name: str, function: Any) -> str:
        return f"np.{name}"


def _number(number: Any) -> tuple[str, int]:
    """A number as it is written, and how tightly it binds."""
    if isinstance(number, numpy.generic):
        text = str(number) if numpy.isfinite(number) else written(float(number))
    else:
        text = written(number)
    return text, ATOM if not text.startswith("-") else NEGATIVE[1]


def _comment(calls: list[Call]) -> str:
    """Where a line comes from: the scope, and the operations in it, each once."""
    scope = as_comment(" / ".join(calls[-1].scope))
    ops = list(dict.fromkeys(call.op for call in [call for call in calls if not call.is_view] or calls))
    return f"{scope}: {', '.join(ops)}" if scope else ", ".join(ops)


def clean_source(program: Program, function: str) -> str:
    """The program as a module that runs with `numpy` alone.

    Its function takes the arguments, then the states the program reads, and returns the results
    followed by the new values of what it changes.
    """
    name = re.sub(r"\W", "_", function) or "step"
    writer = _Writer(program, name)
    for value in program.inputs:
        writer.parameter(value, "x")
    for value in program.states:
        writer.parameter(value, "state")
    for call in program.calls:
        writer.line(call)
    returned = [writer.operand(value)[0] for value in program.outputs]
    changed = []
    for effect in program.effects:
        if effect.value is None:
            continue
        label = as_comment(effect.leaf.name or "state")
        text, _, inner = writer.operand(effect.value)
        if effect.what == "grad":
            changed.append((as_comment(gradient_name(effect.leaf.name)) if effect.leaf.name else "gradient", text))
        elif effect.value in writer.parts:
            new = writer.namer(f"new_{label}", "new")
            writer.lines.append((f"{new} = {text}", _comment(inner or [call for call in (effect.value.call,) if call])))
            changed.append((f"new {label}", new))
        else:
            changed.append((f"new {label}", text))
    width = min(60, max((len(text) for text, _ in writer.lines), default=0))
    body = [f"    {text:{width}}  # {comment}" if comment else f"    {text}" for text, comment in writer.lines]
    numbers = [f"{name} = {number.read()!r}" for name, number in writer.lives.values()]
    result = ", ".join([*returned, *(text for _, text in changed)])
    head = "\n".join(["import numpy as np", "", *numbers, "", ""] if numbers else ["import numpy as np", "", ""])
    note = ", ".join(note for note, _ in changed)
    doc = f'    """Returns the results{", then " + note if note else ""}."""'
    quiet = ['    with np.errstate(over="ignore", divide="ignore"):'] if program.quiet else []
    if quiet:
        body = [f"    {line}" for line in body]
    lines = [f"{head}\ndef {name}({', '.join(writer.parameters)}):", doc, *quiet, *body, f"    return {result or None}"]
    return "\n".join(lines) + "\n"
