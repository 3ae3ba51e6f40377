"""A program as the NumPy a person would have written: plain expressions, the user's names, a comment a line.

Knows how primitive calls are written. Must not know buffers or how a program is run.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy

from autograd_lite.compile.emit import Raw, index_text, view_text
from autograd_lite.compile.names import Namer
from autograd_lite.engine.graph import Live
from autograd_lite.program.lower import index_of
from autograd_lite.program.program import Call, Program, Value

_INFIX = {
    "add": ("+", 4), "subtract": ("-", 4), "multiply": ("*", 5), "divide": ("/", 5), "matmul": ("@", 5),
    "power": ("**", 7), "equal": ("==", 2), "not_equal": ("!=", 2), "less": ("<", 2), "less_equal": ("<=", 2),
    "greater": (">", 2), "greater_equal": (">=", 2),
}  # fmt: skip
_ATOM = 9
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
        self.generators: dict[int, str] = {}
        self.lines: list[tuple[str, str]] = []

    def name(self, value: Value, fallback: str) -> str:
        if value not in self.names:
            self.names[value] = self.namer(value.name, fallback)
        return self.names[value]

    def parameter(self, value: Value, fallback: str) -> str:
        if value not in self.names:
            self.parameters.append(self.name(value, fallback))
        return self.names[value]

    def operand(self, arg: Any) -> tuple[str, int, list[Call]]:
        """An operand as text, how tightly it binds, and the calls inlined in it."""
        if isinstance(arg, Live):
            if arg.key not in self.lives:
                label = str(arg.key[1]).strip("_") if len(arg.key) == 2 else "number"
                self.lives[arg.key] = (self.namer(label, "number"), arg)
            return self.lives[arg.key][0], _ATOM, []
        if not isinstance(arg, Value):
            return repr(arg), _ATOM if not str(arg).startswith("-") else 6, []
        if arg in self.parts:
            return self.parts[arg]
        if arg.kind == "constant":
            if arg.shape == () and not arg.held and arg.dtype.kind in "fiu":
                text = str(arg.sample[()])
                return text, _ATOM if not text.startswith("-") else 6, []
            if not arg.held and arg.sample.size <= 8:
                return f"np.array({arg.sample.tolist()!r}, np.{arg.dtype})", _ATOM, []
            return self.parameter(arg, "constant"), _ATOM, []
        return self.parameter(arg, "state") if arg not in self.names else self.names[arg], _ATOM, []

    def expression(self, call: Call) -> tuple[str, int, list[Call]]:
        operands = [self.operand(arg) for arg in call.args]
        inner = [c for _, _, calls in operands for c in calls] + [call]
        if call.function in _INFIX and len(operands) == 2:
            sign, strength = _INFIX[call.function]
            left, right = operands
            low, high = (strength + 1, strength) if sign == "**" else (strength, strength + 1)
            a = (
                left[0]
                if left[1] >= low and not (left[1] == strength and call.function == "matmul")
                else f"({left[0]})"
            )
            b = right[0] if right[1] >= high else f"({right[0]})"
            return f"{a} {sign} {b}", strength, inner
        if call.function == "negative":
            only = operands[0]
            return f"-{only[0]}" if only[1] >= 6 else f"-({only[0]})", 6, inner
        texts = [text for text, _, _ in operands]
        p = call.params
        first = "" if not operands else operands[0][0] if operands[0][1] >= _ATOM else f"({operands[0][0]})"
        if call.is_view:
            return view_text(call, first), _ATOM, inner
        match call.function:
            case "sum" | "mean" | "max" | "min" | "argmax":
                given = [] if p.get("axis") is None else [f"axis={p['axis']}"]
                given += ["keepdims=True"] if p.get("keepdims") else []
                return f"{first}.{call.function}({', '.join(given)})", _ATOM, inner
            case "astype":
                return f"{first}.astype(np.{p['dtype']})", _ATOM, inner
            case "copy":
                return f"{first}.copy()", _ATOM, inner
            case "spread":
                return f"np.broadcast_to({operands[0][0]}, {p['shape']}).copy()", _ATOM, inner
            case "reshape":
                return f"{first}.reshape({p['shape']})", _ATOM, inner
            case "random":
                rng = self.generators.setdefault(id(p["rng"]), "")
                if not rng:
                    rng = self.generators[id(p["rng"])] = self.namer("rng", "rng")
                    self.parameters.append(rng)
                return f"{rng}.random({p['shape']}, np.{p['dtype']})", _ATOM, inner
            case "getitem":
                index = index_of(p["template"], [Raw(text) for text in texts[1:]])
                return f"{first}[{index_text(index)}]", _ATOM, inner
            case "concatenate" | "stack":
                return f"np.{call.function}([{', '.join(texts)}], axis={p.get('axis', 0)})", _ATOM, inner
            case "zeros":
                return f"np.zeros({p['shape']}, np.{numpy.dtype(p['dtype'])})", _ATOM, inner
        given = [f"{k}={v!r}" for k, v in p.items()]
        return f"np.{call.function}({', '.join([*texts, *given])})", _ATOM, inner

    def line(self, call: Call, target: str | None = None) -> None:
        if call.function in ("setitem", "add_at"):
            texts = [self.operand(arg)[0] for arg in call.args]
            name = self.name(call.out, "t")
            index = index_text(index_of(call.params["template"], [Raw(text) for text in texts[2:]]))
            self.lines.append((f"{name} = {texts[0]}.copy()", _comment([call])))
            put = f"{name}[{index}] = {texts[1]}"
            self.lines.append(
                (put if call.function == "setitem" else f"np.add.at({name}, np.s_[{index}], {texts[1]})", "")
            )
            return
        text, strength, inner = self.expression(call)
        alone = self.uses[call.out] == 1 and call.out.name is None and call.function != "random" and target is None
        if (alone or (call.is_view and call.out.name is None)) and len(text) <= _LONGEST:
            self.parts[call.out] = (text, strength, inner if not call.is_view else [])
            return
        name = target or self.name(call.out, "t")
        self.names.setdefault(call.out, name)
        self.lines.append((f"{name} = {text}", _comment(inner)))


def _comment(calls: list[Call]) -> str:
    """Where a line comes from: the scope, and the operations in it, each once."""
    scope = " / ".join(calls[-1].scope)
    ops = list(dict.fromkeys(call.op for call in calls))
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
        label = effect.leaf.name or "state"
        text, _, inner = writer.operand(effect.value)
        if effect.what == "grad":
            changed.append((f"d{label}" if effect.leaf.name else "gradient", text))
        elif effect.value in writer.parts:
            new = writer.namer(f"new_{label}", "new")
            writer.lines.append((f"{new} = {text}", _comment(inner)))
            changed.append((label, new))
        else:
            changed.append((label, text))
    width = min(60, max((len(text) for text, _ in writer.lines), default=0))
    body = [f"    {text:{width}}  # {comment}" if comment else f"    {text}" for text, comment in writer.lines]
    numbers = [f"{name} = {number.read()!r}" for name, number in writer.lives.values()]
    result = ", ".join([*returned, *(text for _, text in changed)])
    head = "\n".join(["import numpy as np", "", *numbers, "", ""] if numbers else ["import numpy as np", "", ""])
    note = ", ".join(f"new {label}" if not label.startswith("d") else label for label, _ in changed)
    doc = f'    """Returns the results{", then " + note if note else ""}."""'
    quiet = ['    with np.errstate(over="ignore", divide="ignore"):'] if program.quiet else []
    if quiet:
        body = [f"    {line}" for line in body]
    lines = [f"{head}\ndef {name}({', '.join(writer.parameters)}):", doc, *quiet, *body, f"    return {result or None}"]
    return "\n".join(lines) + "\n"
