"""Random modules: parameters of any shape, layers, buffers that are updated, parts that are shared or replaced.

Knows what people write in a `Module`. Must not know how a step is compiled: the histories must be equal to the bit.
"""

from __future__ import annotations

import random

from tests.fuzz.expressions import an_array, literal
from tests.fuzz.programs import Case, Line
from tests.fuzz.training import OPTIMIZERS, OWN_OPTIMIZERS
from tests.fuzz.worlds import HEAD

TEMPLATE = (
    HEAD
    + """
def world(wrap, say):
    <own>
    class Inner(nn.Module):
        def __init__(self):
            self.s0 = nn.Parameter(0.5, dtype=float)
        def forward(self, x):
            return x * self.s0
    class Model(nn.Module):
        def __init__(self):
            <members>
        def forward(self, x):
            y = x
            <forward>
            return y
    m0 = Model()
    <others>
    def f(x):
        c = ag.square(m0(x)).mean()
        <cost>
        <step>
        return c
    f = wrap(f)
    x = np.linspace(-1.0, 1.0, 6)
    <calls>

compare(world)
"""
)

# What is made in __init__, and what forward does with it; {a} is an array, {d} a whole number.
PARTS = (
    ("self.p{i} = nn.Parameter({a}, dtype=float)", "y = y * self.p{i}.sum()"),
    ("self.p{i} = nn.Parameter({a}, dtype=float)", "y = y + ag.tanh(self.p{i}).mean()"),
    ("self.p{i} = ag.tensor({a}, requires_grad=True)", "y = y * self.p{i}.reshape(-1)[0]"),
    ("self.p{i} = nn.Parameter(np.linspace(0.5, 1, 6), dtype=float)", "y = y * self.p{i}"),
    ("self.l{i} = nn.Linear(6, 6, rng={d}, dtype=float)", "y = self.l{i}(y)"),
    ("self.l{i} = [nn.Linear(6, 6, rng={d}, dtype=float), nn.Tanh()]", "y = self.l{i}[1](self.l{i}[0](y))"),
    ("self.l{i} = {{'a': nn.Linear(6, 6, rng={d}, dtype=float)}}", "y = ag.sigmoid(self.l{i}['a'](y))"),
    ("self.q{i} = nn.Sequential(nn.Linear(6, 6, rng={d}, dtype=float), nn.ReLU())", "y = self.q{i}(y)"),
    (
        "self.b{i} = ag.zeros(())",
        "with ag.no_grad(): self.b{i}.assign(0.9 * self.b{i} + 0.1 * y.mean())\ny = y - self.b{i}",
    ),
    (
        "self.b{i} = ag.ones(6)",
        "if self.training:\n    with ag.no_grad(): self.b{i}.assign(self.b{i} + y)\ny = y * self.b{i}",
    ),
    ("self.d{i} = nn.Dropout(0.3, rng={d})", "y = self.d{i}(y)"),
    ("self.k{i} = 2.0", "y = y * self.k{i}"),
    ("self.k{i} = [0.5, 1.5]", "y = y * self.k{i}[0]"),
    ("self.i{i} = Inner()", "y = self.i{i}(y)"),
    ("self.n{i} = 0.5", "y = y * (2.0 if self.training else self.n{i})"),
    ("self.h{i} = np.linspace(0.5, 1.5, 6)", "y = y * self.h{i}"),
)

CHANGES = (
    "m0.eval()", "m0.train()", "o0.lr = 0.02", "m0.load_state_dict(s0)", "x = x * 0.5", "x = x[None, :] * 1.0",
    "for p in m0.parameters()[:1]: p.requires_grad = False", "for p in m0.parameters(): p.requires_grad = True",
    "for p in m0.parameters()[:1]: p.assign(p.numpy() * 0.5)", "h0 = [p.data for p in m0.parameters()]",
    "for p in m0.parameters()[:1]: p.data[...] = 0.25", "h0 = [p.grad for p in m0.parameters()]",
)  # fmt: skip


def generate(
    seed: int, subject: str = "modules", known: tuple[tuple[str, str], ...] = PARTS, changes: tuple[str, ...] = CHANGES
) -> Case:  # fmt: skip
    """A model of two to five parts, trained for some steps."""
    rng = random.Random(f"{subject} {seed}")  # noqa: S311
    members, forward, replaced = [Line("self.p9 = nn.Parameter(1.5, dtype=float)")], [Line("y = y * self.p9")], []
    for i in range(rng.randrange(1, 5)):
        make, use = rng.choice(known)
        array = literal(an_array(rng, rng.choice([(), (2,), (2, 3), (2, 1, 3)])))
        make, use = (text.format(i=i, a=array, d=rng.randrange(5)) for text in (make, use))
        members.append(Line(make))
        forward.append(Line(use))
        replaced += [make.replace("self.", "m0."), make.replace("self.", "m0.").replace("0.5", "0.75")]
    others = [Line("s0 = m0.state_dict()"), Line("h0 = []")]
    if rng.random() < 0.2:
        others.append(Line("m1 = Model(); m1.p9 = m0.p9"))
        forward.append(Line("y = y * 1.0"))
    optimizer = rng.choice(OPTIMIZERS).format("m0.parameters()")
    others.append(Line(f"o0 = {optimizer}"))
    cost = []
    if rng.random() < 0.5:
        term = rng.choice(["ag.square(p)", "ag.absolute(p)", "ag.exp(p)", "p"])
        cost.append(Line(f"c = c + 0.01 * sum({term}.sum() for p in m0.parameters())"))
    step = [Line("o0.zero_grad()"), Line("c.backward(free=True)", ("c.backward()",)), Line("o0.step()")]
    calls = []
    for _ in range(rng.randrange(3, 8)):
        if rng.random() < 0.35:
            calls.append(Line(rng.choice([*changes, *changes, *replaced])))
        calls.append(Line("say(f(x)); say(m0.state_dict()); say(h0)"))
    own = [Line(rng.choice(OWN_OPTIMIZERS))]
    parts = {"own": own, "members": members, "forward": forward, "others": others, "cost": cost, "step": step}
    parts["calls"] = calls
    return Case(subject, seed, TEMPLATE, {name: tuple(lines) for name, lines in parts.items()})
