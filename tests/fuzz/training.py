"""Random worlds of training: any cost term on parameters, any optimiser, parameters of 0 to 3 dimensions, shared ones.

Knows how people train. Must not know how a step is compiled: the histories must be equal to the bit.
"""

from __future__ import annotations

import random

from tests.fuzz.expressions import a_shape, an_array, literal, smaller
from tests.fuzz.programs import Case, Line
from tests.fuzz.worlds import HEAD

TEMPLATE = (
    HEAD
    + """
def world(wrap, say):
    <own>
    <parameters>
    <others>
    def f(x):
        c = (x * 0.1).sum()
        <cost>
        <step>
        return c
    f = wrap(f)
    x = np.linspace(-1.0, 1.0, 6)
    <calls>

compare(world)
"""
)

FIT = (
    HEAD
    + """
def world(wrap, say):
    <parameters>
    <others>
    def cost(a, y):
        c = nn.quadratic_cost(a, y)
        <cost>
        return c
    x, y = np.linspace(-1, 1, <size>).reshape(-1, 3), np.linspace(0, 1, <size>).reshape(-1, 3)[:, :2].copy()
    <calls>

compare(world)
"""
)

# A cost term for a parameter {p}; {h} is a tensor that is held, of its shape.
TERMS = (
    "ag.absolute({p}).sum() * 0.1", "abs({p}).sum() * 0.01", "ag.square({p}).sum() * 0.5", "({p} * {p}).sum() * 0.01",
    "ag.where(abs({p}) < 0.5, 0.5 * {p} * {p}, 0.5 * (abs({p}) - 0.25)).sum()", "ag.exp({p}).sum() * 0.1", "{p}.sum()",
    "ag.tanh({p}).sum()", "ag.softplus({p}).mean()", "ag.square({p} - {h}).sum()", "({p} * {h}).sum()", "{p}.mean()",
    "-(ag.sigmoid({p}) * ag.log(ag.sigmoid({p}))).sum()", "ag.relu({p}).sum()", "ag.sqrt(ag.square({p}).sum() + 1e-3)",
    "ag.square({p}.sum() - 1)", "ag.max({p})", "ag.maximum({p}, {h}).sum()", "ag.square({p}.reshape(-1)[:1]).sum()",
    "(x.sum() * {p}).sum()", "ag.logsumexp({p})", "{p}.reshape(-1)[0] * 2.0", "ag.square({p}[...] * x[1]).sum()",
    "ag.absolute({p} - {p}.detach() * 0.5).sum()", "ag.square({p}.T).sum()", "({p} * 0.3).sum() * x.mean()",
    "ag.clip({p}, -0.5, 0.5).sum()", "ag.square({p}).sum() / 7", "ag.absolute({p} - {h}).sum()",
    "ag.tensor(0.0) * {p}.sum()",
    "ag.where({p} > 0, {p}, 0.1 * {p}).sum()", "(ag.square({p}) ** 2).sum()", "ag.stack([{p}, {h}]).sum()",
)  # fmt: skip

OWN_OPTIMIZERS = (
    """class Own:
    def __init__(self, parameters, lr):
        self.parameters, self.lr = parameters, lr
    def zero_grad(self):
        for p in self.parameters: p.grad = None
    def step(self):
        with ag.no_grad():
            for p in self.parameters:
                if p.grad is not None: p.assign(p - self.lr * p.grad)""",
    """class Own:
    def __init__(self, parameters, lr):
        self.parameters, self.lr = list(parameters), lr
        self.means = [ag.zeros(p.shape, p.dtype) for p in self.parameters]
    def zero_grad(self):
        for p in self.parameters: p.grad = None
    def step(self):
        with ag.no_grad():
            for p, m in zip(self.parameters, self.means):
                if p.grad is None: continue
                p -= self.lr * (p.grad + 0.5 * m)
                m.assign(0.5 * m + p.grad * p.grad)""",
    """class Own(nn.Optimizer):
    def __init__(self, parameters, lr):
        super().__init__(parameters)
        self.lr, self.decay = lr, 0.01
        self.means = self.zeros()
    def step(self):
        with ag.no_grad():
            for p, g, m in self.moving(self.means):
                m.assign(0.5 * m + g)
                p -= self.lr * m
                if self.decay: p -= self.decay * p""",
    """class Own(nn.Optimizer):
    def __init__(self, parameters, lr):
        super().__init__(parameters)
        self.lr = lr
        self.count = ag.zeros(())
    def step(self):
        with ag.no_grad():
            self.count.assign(self.count + 1)
            for p, g in self.moving():
                p -= (self.lr / self.count * g).astype(p.dtype)""",
    """class Own(nn.SGD):
    def __init__(self, parameters, lr):
        super().__init__(parameters, lr)
    def step(self):
        with ag.no_grad():
            for p in self.parameters:
                if p.grad is None or not p.requires_grad: continue
                p -= self.lr * ag.sign(p.grad) + 0.01 * p""",
)

OPTIMIZERS = (
    "nn.SGD({}, 0.1)", "nn.SGD({}, 0.01, momentum=0.9)", "nn.SGD({}, 0.1, momentum=0.5, nesterov=True)",
    "nn.Adam({}, 0.01)",
    "nn.Adam({}, 0.1, betas=(0.5, 0.9))", "Own({}, 0.1)",
)  # fmt: skip

BETWEEN = (
    "o0.lr = 0.05", "x = x * 0.5", "x = -x[::-1]", "p0.assign(p0.numpy() * 0.5)", "x = x[:5]", "o0.lr *= 0.5",
    "k0 = p0.grad", "x = x.astype('float32')",
)  # fmt: skip


def _parameters(rng: random.Random, low: bool) -> list[Line]:
    lines = []
    for i in range(rng.randrange(1, 5)):
        shape = a_shape(rng)
        array = literal(an_array(rng, shape, "float32" if low else "float64"))
        frozen = ", requires_grad=False" if rng.random() < 0.1 else ", requires_grad=True"
        name = f", name={rng.choice(['W', 'b', 'w', 'W1', 'w_1'])!r}" if rng.random() < 0.5 else ""
        plain = smaller("float32" if low else "float64")
        lines += [
            Line(f"p{i} = ag.tensor({array}{frozen}{name})", tuple(f"p{i} = ag.tensor({a}{frozen})" for a in plain)),
            Line(f"h{i} = ag.tensor(p{i}.numpy() * 0.5 + 0.25)"),
        ]
    return lines


def _terms(rng: random.Random, count: int, most: int, fitted: bool) -> list[Line]:
    lines = []
    for _ in range(rng.randrange(1, most)):
        i = rng.randrange(count)
        term = rng.choice([t for t in TERMS if not fitted or "x" not in t.replace("exp", "").replace("max", "")])
        lines.append(Line(f"c = c + {term.format(p=f'p{i}', h=f'h{i}')}"))
    return lines


def generate(seed: int) -> Case:
    """A training by hand, or by `nn.fit`."""
    rng = random.Random(f"training {seed}")  # noqa: S311
    return _fit(rng, seed) if rng.random() < 0.2 else _by_hand(rng, seed)


def _by_hand(rng: random.Random, seed: int) -> Case:
    parameters = _parameters(rng, rng.random() < 0.3)
    count = len(parameters) // 2
    names = [f"p{i}" for i in range(count)]
    of = [rng.sample(names, rng.randrange(1, count + 1))]
    if count > 1 and rng.random() < 0.2:  # another optimiser for the others, or for some of the same
        of.append(rng.sample(names, rng.randrange(1, count)))
    others, step = [], []
    for k, each in enumerate(of):
        others.append(Line(f"o{k} = {rng.choice(OPTIMIZERS).format('[' + ', '.join(each) + ']')}"))
        step.append(Line(f"o{k}.zero_grad()"))
    step.append(Line(f"c.backward({rng.choice(['', 'free=True'])})", ("c.backward()",)))
    if rng.random() < 0.15:
        step.append(_clipped(of[0]))
    step += [Line(f"o{k}.step()") for k in range(len(of))]
    if rng.random() < 0.15:  # a running mean of the first parameter
        others.append(Line("e0 = ag.tensor(p0.numpy())"))
        step.append(Line("with ag.no_grad(): e0.assign(0.9 * e0 + 0.1 * p0)"))
    calls = []
    every = ", ".join(f"{n}, {n}.grad" for n in names)
    for _ in range(rng.randrange(3, 8)):
        if rng.random() < 0.3:
            changed = f"p0.requires_grad = {rng.random() < 0.5}"
            calls.append(Line(rng.choice([*BETWEEN, changed])))
        calls.append(Line(f"say(f(x)); say({every})"))
    own = [Line(rng.choice(OWN_OPTIMIZERS))]
    cost = _terms(rng, count, 7, False)
    parts = {"own": own, "parameters": parameters, "others": others, "cost": cost, "step": step, "calls": calls}
    return Case("training", seed, TEMPLATE, {name: tuple(lines) for name, lines in parts.items()})


def _clipped(names: list[str]) -> Line:
    """Gradients clipped by the norm of all of them."""
    norm = " + ".join(f"ag.square(ag.asarray({n}.grad)).sum()" for n in names)
    every = ", ".join(names)
    return Line(
        f"if all(p.grad is not None for p in [{every}]):\n"
        f"    scale = 1 / ag.maximum(ag.sqrt({norm}), 1.0)\n"
        "    with ag.no_grad():\n"
        f"        for p in [{every}]: p.grad = (ag.asarray(p.grad) * scale).astype(p.dtype)"
    )


def _fit(rng: random.Random, seed: int) -> Case:
    activation = rng.choice(["sigmoid", "tanh", "relu"])
    dtype = rng.choice(["np.float32", "float"])
    model = f"m0 = nn.MLP([3, {rng.randrange(1, 5)}, 2], {activation!r}, rng={rng.randrange(9)}, dtype={dtype})"
    parameters = [Line(model)]
    others = []
    for i, (name, scale) in enumerate((("layers[0].weight", 0.5), ("layers[1].bias", 0.25), ("layers[1].weight", 2))):
        parameters += [Line(f"p{i} = m0.{name}"), Line(f"h{i} = ag.tensor(p{i}.numpy() * {scale})")]
    if rng.random() < 0.2:
        others.append(Line(f"p{rng.randrange(3)}.requires_grad = False"))
    if rng.random() < 0.2:
        others.append(Line("m0 = nn.Sequential(m0, nn.Linear(2, 2, rng=1, dtype=p0.dtype), nn.Dropout(0.3, rng=0))"))
    optimizer = rng.choice(OPTIMIZERS[:-1]).format("m0.parameters()")
    others.append(Line(f"o0 = {optimizer}"))
    size = rng.choice([6, 15, 30])
    options = f"2, {rng.choice([1, 2, 3, 5])}, rng=0, progress=False, compile=wrap is ag.compile"
    calls = [Line(f"say(nn.fit(m0, cost, (x, y), o0, {options}).cost)"), Line("say(p0, p1, p2)")]
    if rng.random() < 0.5:
        calls += [Line("o0.lr = 0.01"), *calls]
    parts = {"parameters": parameters, "others": others, "cost": _terms(rng, 3, 5, True), "calls": calls}
    return Case("fit", seed, FIT.replace("<size>", str(size)), {name: tuple(lines) for name, lines in parts.items()})
