"""Make the gallery: run the code of every entry, and write what it gives, with the code, to `gallery.md`.

Run as `python docs/gallery.py`. The code that a reader sees is the code that made the picture. Its
last line is the thing shown: a picture becomes `images/gallery-….svg`, equations and programs become
text. Where each picture came from is noted in its file, as the digest of its DOT text, so that a test
sees when it is out of date, whichever program laid it out. The screenshots of the page are not made here.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
import nn

HERE = Path(__file__).resolve().parent
TEXT = HERE / "gallery.md"
IMAGES = HERE / "images"
SCREENSHOTS = {
    "page-forward.png": "a step of the forward pass",
    "page-reverse.png": "a step of the reverse pass",
    "page-dark.png": "the same page on a dark screen",
}


@dataclass(frozen=True)
class Entry:
    """One thing to see: what it is called, what to look at, and the code whose last line is the thing."""

    name: str
    title: str
    sentence: str
    code: str

    @property
    def image(self) -> str:
        """The name of its file, where it is a picture."""
        return f"gallery-{self.name}.svg"


ENTRIES = (
    Entry(
        "neuron",
        "One neuron",
        "Values in black run down, gradients in red run back up: δ is ∂C/∂z.",
        """
x = ag.tensor([0.5, -1.0], name="x")
w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
b = ag.tensor(0.5, requires_grad=True, name="b")
with ag.scope("neuron"):
    z = w @ x + b
    a = ag.sigmoid(z)
C = (a - 1.0) ** 2 / 2
z.name, a.name, C.name = "z", "a", "C"
ag.draw(C, values=True, grads=True)
""",
    ),
    Entry(
        "network",
        "The network of the chapter",
        "Modules are frames. A weight is `(out, in)`, and one example gives z = W a + b.",
        """
network = nn.MLP([3, 4, 2], rng=0)
C = nn.quadratic_cost(network(np.ones(3)), np.zeros(2))
ag.draw(C)
""",
    ),
    Entry(
        "shared",
        "A value that is used twice",
        "Each use sends a gradient back, and they add up: at x = 3, 2x from x² and 1 from x.",
        """
x = ag.tensor(3.0, requires_grad=True, name="x")
f = x**2 + x
f.name = "f"
ag.draw(f, values=True, grads=True)
""",
    ),
    Entry(
        "residual",
        "A residual connection",
        "The gradient comes back on two ways, and the one around the layer passes it on undiminished.",
        """
x = ag.tensor([1.0, -0.5], requires_grad=True, name="x")
layer = nn.Linear(2, 2, rng=0, dtype=float)
with ag.scope("block"):
    y = x + ag.tanh(layer(x))
y.name = "y"
f = y.sum()
f.name = "f"
ag.draw(f, grads=True)
""",
    ),
    Entry(
        "softmax",
        "Softmax and cross-entropy",
        "log_softmax is one operation, so neither pass overflows; δ is softmax(z) - y.",
        """
z = ag.tensor([2.0, 1.0, -1.0], requires_grad=True, name="z")
C = nn.softmax_cross_entropy(z, np.array([1.0, 0.0, 0.0]))
ag.draw(C, values=True, grads=True)
""",
    ),
    Entry(
        "reverse",
        "A gradient is a graph too",
        "With `create_graph=True` the reverse pass is recorded by the same rules, and can be differentiated again.",
        """
w = ag.tensor(0.5, requires_grad=True, name="w")
C = ag.square(ag.sigmoid(w))
C.name = "C"
slope = ag.grad(C, w, create_graph=True)
slope.name = "dC/dw"
ag.draw(slope)
""",
    ),
    Entry(
        "equations",
        "The four equations",
        "Derived from the graph, each line evaluated and held against the gradient.",
        """
network = nn.MLP([4, 3, 2], rng=0, dtype=float)
C = nn.quadratic_cost(network(np.ones(4)), np.zeros(2))
ag.derive(C)
""",
    ),
    Entry(
        "slips",
        "A student's formulas",
        "A wrong one is told how, and what it should be.",
        """
network = nn.MLP([4, 3, 2], rng=0, dtype=float)
C = nn.quadratic_cost(network(np.ones(4)), np.zeros(2))
ag.check_equations(C, {"δ2": "a2 - y", "δ1": "(W2 @ δ2) * σ'(z1)", "dW2": "δ2 @ a2.T"})
""",
    ),
    Entry(
        "learning",
        "Learning",
        "30 hidden neurons learn to read 1,437 handwritten digits; the accuracy is that on 360 others.",
        """
train, test = nn.digits()
network = nn.MLP([64, 30, 10], rng=0)
optimizer = nn.SGD(network.parameters(), lr=3.0)
nn.fit(network, nn.quadratic_cost, train, optimizer, 20, 10, test, rng=0, progress=False)
""",
    ),
    Entry(
        "program",
        "A compiled step",
        "Forward, reverse pass and update as the program that is replayed.",
        """
network = nn.MLP([64, 30, 10], rng=0)
optimizer = nn.SGD(network.parameters(), lr=3.0)

@ag.compile
def step(x, y):
    cost = nn.quadratic_cost(network(x), y)
    optimizer.zero_grad()
    cost.backward()
    optimizer.step()
    return cost

step(np.zeros((10, 64), np.float32), np.zeros((10, 10), np.float32))
step.source
""",
    ),
    Entry(
        "page",
        "The page",
        "One self-contained file that steps through both passes, with formulas, values and gradients at each step.",
        """
network = nn.MLP([4, 3, 2], rng=0)
C = nn.quadratic_cost(network(np.ones(4)), np.zeros(2))
ag.explain(C)  # ag.explain(C, "page.html") writes it
""",
    ),
)


def shown(code: str) -> Any:
    """What the last line of the code gives, after the lines before it have run."""
    names: dict[str, Any] = {"ag": ag, "nn": nn, "np": np}
    tree = ast.parse(code)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    exec(compile(tree, "gallery", "exec"), names)
    return eval(compile(ast.Expression(last.value), "gallery", "eval"), names)


def svg(thing: ag.Picture | nn.History) -> str:
    """A picture as the text of its file."""
    if isinstance(thing, nn.History):
        return thing.svg()
    return f"{thing.svg().rstrip()}\n{mark(thing)}\n"


def mark(picture: ag.Picture) -> str:
    """The note that says of which DOT text a file is the picture."""
    return f"<!-- SHA-256 of its DOT text: {hashlib.sha256(picture.source.encode()).hexdigest()} -->"


def markdown(entry: Entry, thing: Any) -> str:
    """The entry as a section."""
    if isinstance(thing, ag.Picture | nn.History):
        body = f"![{entry.title}](images/{entry.image})"
    elif isinstance(thing, ag.Derivation):
        body = thing.markdown().strip()
    elif isinstance(thing, ag.EquationReport):
        body = f"```text\n{thing}\n```"
    elif isinstance(thing, ag.Page):
        body = "\n\n".join(f"![The page: {what}](images/{file})" for file, what in SCREENSHOTS.items())
    else:
        body = f"```python\n{thing.strip()}\n```"
    return f"## {entry.title}\n\n{entry.sentence}\n\n```python\n{entry.code.strip()}\n```\n\n{body}\n"


def page(things: list[Any]) -> str:
    """The whole text, of what the entries gave."""
    head = """\
# Gallery

Each picture and text is what the last line of the code above it gives, after

```python
import numpy as np
import autograd_lite as ag
import nn
```

`python docs/gallery.py` makes them anew.
"""
    return "\n".join([head, *map(markdown, ENTRIES, things)])


def main() -> None:
    """Write the text and the pictures, and remove pictures of entries that are gone."""
    things = [shown(entry.code) for entry in ENTRIES]
    drawn = {e.image: svg(t) for e, t in zip(ENTRIES, things, strict=True) if isinstance(t, ag.Picture | nn.History)}
    for old in set(IMAGES.glob("gallery-*.svg")) - {IMAGES / name for name in drawn}:
        old.unlink()
    for name, text in drawn.items():
        (IMAGES / name).write_text(text, encoding="utf-8")
    TEXT.write_text(page(things), encoding="utf-8")
    print(f"{TEXT.name}: {len(things)} entries, {len(drawn)} pictures of {sum(map(len, drawn.values())) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
