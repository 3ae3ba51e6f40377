"""Random functions, compiled against eager: calls with other values and shapes, states assigned, arrays held, aliases.

Knows what may happen around a compiled function. Must not know how it is compiled.
"""

from __future__ import annotations

import random

import numpy as np

from tests.fuzz.expressions import Writer, a_shape, an_array, laid_out, literal, smaller
from tests.fuzz.programs import Case, Line
from tests.fuzz.worlds import HEAD

TEMPLATE = (
    HEAD
    + """
def world(wrap, say):
    <states>
    <head>
        <before>
        <body>
        <after>
        <end>
    <wrapping>
    <calls>
"""
    + "\ncompare(world)\n"
)

# Names that a user may give a tensor: some of them a program has for itself, two are one name to Python.
NAMES = (
    "w", "w_1", "w1", "W", "\U0001d416", "\u00b5", "\u03bc", "lambda", "np", "np_add", "np_multiply", "copyto", "run",
    "x0", "x", "out", "t0", "a b", "number_1", "1", "é", "w'", "None", "quietly", "add_reduce", "_", "step", "f", "\\n",
    "ﬁ", "fi",
)  # fmt: skip
RATES = ("0.5", "0.1", "0.01", "1", "0.25")


class Scenario:
    """What is drawn for one program: its states, arguments, lines and calls."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(f"compiled {seed}")  # noqa: S311
        self.writer = Writer(rng, "rng0" if rng.random() < 0.15 else None, finite=False)
        self.states: dict[str, np.ndarray] = {}
        self.wanted: list[str] = []
        self.arguments: dict[str, np.ndarray | float] = {}
        self.optimizers: list[str] = []
        self.low = rng.random() < 0.3
        self.count = 0
        self.graphs: list[str] = []  # what was recorded outside, whose reverse pass is still to come
        self.raw = rng.random() < 0.3  # whether the memory of states is written into by hand
        self.updates = False  # whether it changes tensors, their gradients too: those of an argument may not be changed

    def dtype(self) -> str:
        """Mostly float64; narrower in the programs that are drawn for it."""
        return self.rng.choice(["float32", "float16", "float64"] if self.low else ["float64"])

    def state_lines(self) -> list[Line]:
        """The tensors that the function keeps, and what else is there before it."""
        rng, lines = self.rng, []
        if self.writer.generator:
            lines.append(Line("rng0 = np.random.default_rng(3)"))
        shape = a_shape(rng)
        for i in range(rng.randrange(1, 4)):
            shape = a_shape(rng) if rng.random() < 0.5 else shape
            name, array = f"w{i}", an_array(rng, shape, self.dtype())
            self.states[name] = array
            self.writer.add(name, array)
            wants = rng.random() < 0.8
            self.wanted += [name] * wants
            called = f", name={rng.choice(NAMES)!r}" if rng.random() < 0.5 else ""
            make = rng.choice(["tensor", "asarray"])
            start = f"{name} = ag.{make}("
            text = laid_out(rng, literal(array), array.ndim)
            plain = (*smaller(str(array.dtype)), literal(array))
            simpler = [f"{start}{each}, requires_grad={wants}{k})" for k in ("", called) for each in plain]
            lines.append(Line(f"{start}{text}, requires_grad={wants}{called})", tuple(simpler)))
        if self.wanted and rng.random() < 0.3:
            of = ", ".join(self.wanted)
            kind = rng.choice(["nn.SGD([{}], 0.1)", "nn.SGD([{}], 0.1, momentum=0.9)", "nn.Adam([{}], 0.01)",
                               "nn.SGD([{}], 0.1, momentum=0.5, nesterov=True)"])  # fmt: skip
            lines.append(Line(f"o0 = {kind.format(of)}"))
            self.optimizers.append("o0")
        return lines

    def arguments_drawn(self) -> str:
        """The line of `def`, with the arguments made up."""
        rng = self.rng
        states = list(self.states.values())
        for i in range(rng.randrange(3)):
            shape = rng.choice(states).shape if rng.random() < 0.6 else a_shape(rng)
            self.arguments[f"x{i}"] = an_array(rng, shape, self.dtype())
        if rng.random() < 0.2:
            self.arguments["i0"] = np.ones(rng.choice([(), (2,), (3,)]), "int64")  # what 1 fits, 0 fits too
        if rng.random() < 0.15:
            self.arguments["k0"] = rng.choice([0.5, 2.0, -1.5])
        for name, value in self.arguments.items():
            self.writer.add(name, value)
        return f"def f({', '.join(self.arguments)}):"

    def body_lines(self, most: int) -> list[Line]:
        """Some lines of arithmetic."""
        drawn = (self.writer.line() for _ in range(self.rng.randrange(most)))
        return [line for line in drawn if line is not None]

    def effects(self) -> list[Line]:
        """A cost and its gradients, updates of states, in an order that makes sense."""
        rng, lines = self.rng, []
        floats = [n for n in self.writer.floats() if n not in self.arguments or n != "k0"]
        terms = [f"({n} * {rng.choice(floats)}).sum()" if rng.random() < 0.3 else f"({n} * {rng.choice(RATES)}).sum()"
                 for n in rng.sample(floats, min(len(floats), 3))]  # fmt: skip
        terms += [f"ag.square({n}).sum()" for n in self.wanted if rng.random() < 0.5]
        terms += [f"ag.absolute({n}).sum() * 0.1" for n in self.wanted if rng.random() < 0.2]
        terms = [t for t in terms if self._fits(t)]
        if terms and self.wanted and rng.random() < 0.85:
            lines.append(Line(f"c0 = {' + '.join(terms)}", tuple(f"c0 = {t}" for t in terms)))
            lines += self._gradients()
        for name in self.states:
            if rng.random() < 0.25:
                lines.append(self._update(name))
        return lines

    def _fits(self, term: str) -> bool:
        return self.writer._tried(term) is not None  # the writer's own way of trying

    def _gradients(self) -> list[Line]:
        rng, lines = self.rng, []
        only = "if c0.requires_grad:\n    "
        way = rng.random()
        targets = ", ".join(rng.sample(self.wanted, rng.randrange(1, len(self.wanted) + 1)))
        if way < 0.12 and (mine := [n for n in self.arguments if n.startswith("x")]):
            # Arguments of arrays have no gradient, those of tensors that require one have.
            lines.append(Line("g0 = []"))
            lines.append(Line(f"{only}g0 = ag.grad(c0, [{', '.join([*mine, targets])}], allow_unused=True)"))
            self.writer.add("g0", 0.0)
            return lines
        if way < 0.35:
            graph = ", create_graph=True" if rng.random() < 0.5 else ""
            lines.append(Line("g0 = []"))
            lines.append(Line(f"{only}g0 = ag.grad(c0, [{targets}], allow_unused=True{graph})"))
            if graph:
                lines.append(Line("c0 = c0 + sum((g * g).sum() for g in g0 if g is not None)"))
            elif rng.random() < 0.5:
                return [*lines, Line(f"with ag.no_grad():\n    for w, g in zip([{targets}], g0):\n"
                                     f"        if g is not None: w.assign(w - {rng.choice(RATES)} * g)")]  # fmt: skip
            else:
                self.writer.add("g0", 0.0)  # is returned
                return lines
        forget = rng.random()
        if self.optimizers and forget < 0.8:
            lines.append(Line("o0.zero_grad()"))
        elif forget < 0.7:
            lines.append(Line("; ".join(f"{n}.grad = None" for n in self.wanted)))
        lines.append(
            Line(f"{only}c0.backward({rng.choice(['', '', 'free=True'])})", (f"{only}c0.backward()", "c0.backward()"))
        )
        if rng.random() < 0.1:
            name = rng.choice(self.wanted)
            lines.append(Line(f"if {name}.grad is not None: {name}.grad = {name}.grad * 0.5"))
        if self.optimizers:
            lines.append(Line("o0.step()"))
        elif rng.random() < 0.7:
            for name in self.wanted:
                rate = rng.choice(RATES)
                update = rng.choice(
                    [f"{name}.assign({name} - {rate} * {name}.grad)", f"{name}.data -= {rate} * {name}.grad"][:1]
                )
                lines.append(Line(f"with ag.no_grad():\n    if {name}.grad is not None: {update}"))
        return lines

    def _update(self, name: str, early: bool = False) -> Line:
        """A new value for a state, from whatever has its shape; `early`: before any line has been run."""
        rng, value = self.rng, self.states[name]
        like = [n for n in self.writer.floats() if np.shape(self.writer.values[n]) == value.shape and n != "k0"]
        like = [n for n in like if np.can_cast(np.asarray(self.writer.values[n]).dtype, value.dtype, "same_kind")]
        turned = [
            f"{n}.T" for n in self.writer.floats() if np.shape(self.writer.values[n])[::-1] == value.shape and n != "k0"
        ]
        known = [n for n in (*like, *turned[:1]) if not (early and n.startswith("t"))]
        what = rng.choice([*known, f"{name} * 0.5", f"{name} + 1", f"-{name}"])
        return Line(f"with ag.no_grad(): {name}.assign({what})")

    def end(self) -> Line:
        """What is returned."""
        rng = self.rng
        made = [n for n in self.writer.values if n != "k0"]
        chosen = rng.sample(made, min(len(made), rng.randrange(1, 4)))
        text = rng.choice(["return {}", "return [{}]", "return ({},)"]).format(", ".join(chosen))
        return Line(text, tuple(f"return {n}" for n in chosen))

    # What happens outside.

    def wrapping(self) -> list[Line]:
        """Compiled once, or inside of another compiled function."""
        if self.rng.random() < 0.9:
            return [Line("f = wrap(f)")]
        return [Line("g1 = wrap(f)", ("g1 = f",)), Line("f = wrap(lambda *given: g1(*given))", ("f = g1",))]

    def calls(self) -> list[Line]:
        """Four to nine calls, with something between them."""
        rng, lines = self.rng, []
        every = ", ".join(f"{n}, {n}.grad" for n in self.states)
        for _ in range(rng.randrange(4, 10)):
            if rng.random() < 0.45:
                lines.append(self._between())
            if self.arguments and rng.random() < 0.04:
                lines.append(self._misfit())
            lines.append(self._call())
            lines.append(Line(f"say({every})"))
            held = [f"h{k}" for k in range(self.count)]
            if held:
                lines.append(Line(f"say({', '.join(held)})", tuple(f"say({h})" for h in held)))
        return lines

    def _given(self, name: str) -> str:
        """One argument as it stands in a call: a fresh array, a tensor, or something that exists already."""
        rng, like = self.rng, self.arguments[name]
        if isinstance(like, float):
            return str(rng.choice([0.5, 2.0, -1.5, 0.5, 0.5, 3.0, 1, -0.0]))
        if name.startswith("i"):
            return literal(np.asarray(np.abs(an_array(rng, like.shape, "int64")) % 2))
        alias = [n for n, v in self.states.items() if v.shape == like.shape and v.dtype == like.dtype]
        if alias and rng.random() < 0.15:
            return rng.choice([f"{rng.choice(alias)}.data"] * (8 if self.updates else 1) + [rng.choice(alias)])
        shape = like.shape
        if rng.random() < 0.03:
            shape = a_shape(rng)
        dtype = rng.choice(["float32", "float64"]) if rng.random() < 0.03 else str(like.dtype)
        text = literal(an_array(rng, shape, dtype))
        if rng.random() < 0.2:
            text = laid_out(rng, text, len(shape))
        wants = [] if self.updates else [f"ag.tensor({text}, requires_grad=True)"] * 3
        return rng.choice([text] * 5 + [f"ag.tensor({text})"] * 3 + wants)

    def _call(self) -> Line:
        rng = self.rng
        given = [self._given(name) for name in self.arguments]
        plain = [literal(v) if isinstance(v, np.ndarray) else str(v) for v in self.arguments.values()]
        text = f"say(f({', '.join(given)}))"
        if len(given) > 1 and rng.random() < 0.1 and "x1" in self.arguments:
            text = f"a0 = {given[0]}; say(f({', '.join(['a0', 'a0', *given[2:]])}))"
        if rng.random() < 0.08 and not self.raw:
            name = f"h{self.count}"
            self.count += 1
            text = f"{name} = f({', '.join(given)}); say({name})"
        if rng.random() < 0.04:
            text = f"with ag.no_grad(): {text}"
        return Line(text, (f"say(f({', '.join(given)}))", f"say(f({', '.join(plain)}))"))

    def _misfit(self) -> Line:
        """A call with arguments that fit nothing: where a compiled function refuses it, all is as it was."""
        given = ["np.ones((7, 5))" if isinstance(v, np.ndarray) else "2.0" for v in self.arguments.values()]
        every = ", ".join(f"{n}, {n}.grad" for n in self.states)
        return Line(
            f"before = bits([{every}])\ntry:\n    say(f({', '.join(given)}))\nexcept ag.AutogradError:\n"
            f"    assert wrap is not ag.compile or bits([{every}]) == before, 'a refused call has changed something'\n"
            "    raise"
        )

    def _between(self) -> Line:
        rng = self.rng
        name = rng.choice(list(self.states))
        value = self.states[name]
        fresh = literal(an_array(rng, value.shape, str(value.dtype)))
        held = f"h{self.count}"
        ways = [
            f"{name}.assign({fresh})", f"{name}.data = {fresh}", f"{name}.grad = None",
            f"with ag.no_grad(): {name} += 1", f"{held} = {name}.data", f"{held} = {name}.grad",
            f"{held} = {name}.data.T", f"with ag.no_grad(): {held} = {name}.reshape(-1)",
            f"{name} = ag.tensor({fresh}, requires_grad={name in self.wanted})", f"{held} = {name}.detach()",
            f"{name}.grad = np.ones({value.shape}, '{value.dtype}')",
            f"{held} = ag.zeros({value.shape}, '{value.dtype}').assign({name})",
            f"if {name}.grad is not None: {name}.grad = {name}.grad * 0.5",
            f"{name}.requires_grad = {rng.random() < 0.5}", *[f"{held} = {name} * 2"] * 2,
        ]  # fmt: skip
        if self.raw:
            # What is held would be written as well, or not: a compiled step may have moved the state meanwhile.
            ways = [way for way in ways if held not in way] + [f"{name}.data[...] = 0.25", f"{name}.data *= 2"]
        if self.optimizers:
            ways += [f"o0.lr = {rng.choice(RATES)}"] * 4 + ["o0.zero_grad()"]
        if "w1" in self.states and self.states["w0"].shape == self.states["w1"].shape:
            ways.append("with ag.no_grad(): w0, w1 = w1, w0")
        if self.graphs:
            graph = rng.choice(self.graphs)
            ways += [f"try: {graph}.sum().backward()\nexcept ag.ChangedError: say('changed')"] * 3
        text = rng.choice(ways)
        if f"{held} = " in text:
            self.count += 1
            text += "" if self.raw else f"\nsay.keep({held})"
        if text.startswith(f"{held} = {name} * 2") and name in self.wanted:
            self.graphs.append(held)
        return Line(text)


def generate(seed: int) -> Case:
    """A function of some lines, with effects, and the calls of it."""
    scenario = Scenario(seed)
    states = scenario.state_lines()
    head = Line(scenario.arguments_drawn())
    rng = scenario.rng
    before = [scenario._update(rng.choice(list(scenario.states)))] if rng.random() < 0.1 else []
    body = scenario.body_lines(9)
    if body and rng.random() < 0.12:  # what stands after it reads the new value
        body.insert(rng.randrange(len(body)), scenario._update(rng.choice(list(scenario.states)), early=True))
    after = scenario.effects()
    scenario.updates = any(word in line.text for line in (*before, *body, *after) for word in ("backward", "assign"))
    end = scenario.end()
    parts = {"states": states, "head": [head], "before": before, "body": body, "after": after, "end": [end]}
    parts["wrapping"] = scenario.wrapping()
    parts["calls"] = scenario.calls()
    return Case("compiled", seed, TEMPLATE, {name: tuple(lines) for name, lines in parts.items()})
