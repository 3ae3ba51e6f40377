r"""The reverse pass as equations: the chain rule run on formulas, line by line, each line held against the numbers.

The walk is that of the engine, latest node first, and calls the same rules; what it hands from node to node are
formulas. Every line is tidied, evaluated as it stands, and compared with the gradient of the reverse pass on arrays.

Knows the graph and what its tensors are called. Must not know any rule, how a formula is tidied, or how it is set.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy

from autograd_lite import backend, display
from autograd_lite.engine import reverse
from autograd_lite.engine.graph import Node
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, CheckError
from autograd_lite.names import weighted_input
from autograd_lite.show.equations.agreement import agreement
from autograd_lite.show.equations.naming import Names
from autograd_lite.show.equations.number import Numbering
from autograd_lite.show.equations.readable import written
from autograd_lite.show.formula.counted import count
from autograd_lite.show.formula.formula import Formula, apply, formula, number, parts, pull, symbol, xp
from autograd_lite.show.formula.layout import Layout, row
from autograd_lite.show.formula.printers import latex, latex_to_text, mathml, text
from autograd_lite.show.formula.tidying import Tidier, expand
from autograd_lite.show.formula.typeset import equated, laid_out, to_latex
from autograd_lite.show.names import gradient_latex, latex_name, plain, pretty, spelled

__all__ = ["DETAILS", "Derivation", "Line", "Names", "derivation", "derive"]

DETAILS = ("node", "layer", "full")
_LONGEST = 40  # parts a formula may have before what it stands for gets a name and a line of its own
_SIMPLE = 6  # parts a value may have before it gets a name where it is used more than once
_SHARED = 12  # the same, where it is used more than once


@dataclass(frozen=True, repr=False)
class Line:
    """One equation that holds: what is computed, from what, and how far it is from the reverse pass.

    `name` is the left side in text, `formula` the right one, `shape` that of both, `shapes` those of the symbols in
    it. `difference` is the largest difference from the number it was compared with, `tolerance` what rounding may
    account for. `equation` is the one of BP1 to BP4 that the line is, or `None`; `notes` say what was used of the data.
    Source of the numbering: Nielsen, *Neural Networks and Deep Learning*, chapter 2.
    """

    name: str
    left: str
    formula: Formula
    shape: tuple[int, ...]
    shapes: dict[str, tuple[int, ...]]
    difference: float
    tolerance: float
    equation: str | None = None
    notes: tuple[str, ...] = ()
    tensor: Tensor | None = field(default=None, compare=False)
    names: Names | None = field(default=None, compare=False)

    @cached_property
    def _written(self) -> tuple[Layout, bool]:
        if self.names is None:
            return laid_out(self.formula).layout, True
        return written(self.formula, self.shape, self.names.spellings(), self.names.of)

    @property
    def right(self) -> Layout:
        """The right side, in the book's notation, or where that leaves something out in calls."""
        return self._written[0]

    @property
    def readable(self) -> bool:
        """Whether the equation as it is printed says all that it means, so that `check_equations` can judge it."""
        return self._written[1]

    @property
    def equated(self) -> Layout:
        """The equation laid out."""
        return row(self.left, " = ", self.right)

    @property
    def latex(self) -> str:
        """The equation in LaTeX, without dollars."""
        return latex(self.equated)

    @property
    def text(self) -> str:
        """The equation on one line of plain text."""
        return text(self.equated)

    @property
    def mathml(self) -> str:
        """The equation as a MathML element."""
        return mathml(self.equated)

    def __repr__(self) -> str:
        label = f"{self.equation}  " if self.equation else ""
        return f"{label}{self.text}   {self.shape}   ± {self.difference:.1e}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


@dataclass(frozen=True, repr=False)
class Derivation:
    """The equations of a reverse pass, in the order in which it finds them; made by `derive`.

    `lines` are the gradients, `definitions` say what names stand for that the library had to give, `examples` is the
    number n of examples in a batch, `None` for one example.
    """

    lines: tuple[Line, ...]
    definitions: tuple[Line, ...]
    loss: str
    detail: str
    examples: int | None

    def __getitem__(self, name: str) -> Line:
        """The line of that name, in any spelling: `"δ2"`, `"delta2"`, `"δ²"`, `"dW1"`, `"∂C/∂W¹"`."""
        wanted = spelled(name, self.loss)
        for line in (*self.lines, *self.definitions):
            if spelled(line.name, self.loss) == wanted:
                return line
        raise ArgumentError(f"there is no line for {name!r}; there are {', '.join(line.name for line in self.lines)}")

    @property
    def difference(self) -> float:
        """The largest difference between a line and the reverse pass."""
        return max((line.difference for line in (*self.lines, *self.definitions)), default=0.0)

    @property
    def title(self) -> str:
        """What is derived, in one sentence."""
        what = {"node": "node by node", "layer": "layer by layer", "full": "fully substituted"}[self.detail]
        batch = f"; n = {self.examples} examples, one a row" if self.examples else ""
        return f"The gradient of {latex_to_text(latex_name(self.loss))}, {what}{batch}"

    def text(self) -> str:
        """The equations as aligned plain text: number, equation, shape, shapes of the operands, difference."""
        rows = [_row(line) for line in self.lines]
        where = [_row(line) for line in self.definitions]
        widths = [max((len(row[i]) for row in (*rows, *where)), default=0) for i in range(5)]

        def aligned(row: Sequence[str]) -> str:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width)
            return "  ".join(cells).rstrip()

        blocks = [self.title, "", *map(aligned, rows)]
        if where:
            blocks += ["\nwhere", *map(aligned, where)]
        notes = _notes(self)
        if notes:
            blocks += ["", *notes]
        return "\n".join(blocks)

    def latex(self) -> str:
        """The equations as a LaTeX `aligned` environment, without dollars."""
        rows = [
            rf"{line.left} &= {latex(line.right)}" + (rf" && \text{{({line.equation})}}" if line.equation else "")
            for line in (*self.lines, *self.definitions)
        ]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def markdown(self) -> str:
        """The equations as a Markdown table with LaTeX in dollars."""
        head = [f"{self.title}.", "", "| | equation | shape | from | difference |", "|---|---|---|---|---|"]
        rows = []
        for line in (*self.lines, *self.definitions):
            label, _, shape, operands, difference = _row(line)
            latex = re.sub(r"(?<!\\)\|", r"\\vert ", line.latex)
            safe = operands.replace("|", r"\|").replace("<", "&lt;")
            rows.append(f"| {label} | ${latex}$ | {shape} | {safe} | {difference} |")
        notes = _notes(self)
        return "\n".join([*head, *rows, *([""] if notes else []), *notes]) + "\n"

    def __repr__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def _repr_html_(self) -> str:
        def row(line: Line) -> tuple[str, ...]:
            label, _, shape, operands, difference = _row(line)
            shown = display.Markup(mathml(line.equated, "inline"))
            return label, shown, shape, operands, difference

        rows = [("", "equation", "shape", "from", "difference"), *map(row, self.lines)]
        if self.definitions:
            rows += [("", display.Markup("<b>where</b>"), "", "", ""), *map(row, self.definitions)]
        notes = "".join(f"<p>{display.html(note)}</p>" for note in _notes(self))
        return display.html_table(rows, self.title, left=(1,)) + notes


def _row(line: Line) -> tuple[str, str, str, str, str]:
    operands = ", ".join(f"{name} {shape}" for name, shape in line.shapes.items())
    if len(line.shapes) > 8:
        operands = f"{len(line.shapes)} symbols"
    gap = f"{line.difference:.1e}" if line.difference else "0"
    return line.equation or "", line.text, str(line.shape), operands, gap


def _notes(derivation: Derivation) -> list[str]:
    """What the lines used of the data, each once."""
    return [f"with {note}" for note in dict.fromkeys(n for line in derivation.lines for n in line.notes)]


def derive(loss: Tensor, detail: str = "layer", expanded: bool = False) -> Derivation:
    """The equations of the reverse pass from `loss`, derived from its graph and checked against the numbers.

    The library's own rules are run on formulas in place of arrays, in the names of the tensors; an unnamed one gets a
    name. One-dimensional tensors are column vectors; in a batch examples are rows. `detail` is `"layer"` (the δ of
    every weighted input and the gradients of the parameters), `"node"` (every node) or `"full"` (the gradients of the
    parameters with everything substituted). σ′(z) stays σ′(z) unless `expanded`.

    Every line is evaluated as it is printed and compared with the gradient of the reverse pass; `CheckError` names
    one that does not hold. Raises `GraphError` where `loss` is no scalar, a leaf, without a path to a tensor that
    requires a gradient, or its graph was released, and `ArgumentError` where a formula would be too large to read.

    Source: Nielsen, *Neural Networks and Deep Learning*, chapter 2, equations BP1 to BP4.

    >>> w, x = ag.tensor([[1.0, 2.0]], requires_grad=True, name="w"), ag.tensor([0.5, 0.25], name="x")
    >>> z = w @ x
    >>> z.name = "z"
    >>> derive(ag.sum(ag.sigmoid(z))).lines[-1].text
    '∂C/∂w = δ xᵀ'
    """
    if detail not in DETAILS:
        raise ArgumentError(f"derive(): detail is {detail!r}, but there are {', '.join(map(repr, DETAILS))}")
    with numpy.errstate(all="ignore"):
        return derivation(Names(loss, "derive()"), detail, expanded)


def derivation(names: Names, detail: str = "layer", expanded: bool = False) -> Derivation:
    """The equations of the graph that `names` are those of."""
    return _Walk(names, detail, expanded).run()


class _Walk:
    """One derivation on its way from the loss to the leaves."""

    def __init__(self, names: Names, detail: str, expanded: bool) -> None:
        self.names = names
        self.detail = detail
        self.expanded = expanded
        self.examples = names.examples if names.examples and names.examples > 1 else None
        self.tidier = Tidier(lambda part: latex_to_text(to_latex(part)))
        self.lines: list[Line] = []
        self.definitions: list[Line] = []
        self.values: dict[int, Formula] = {}
        self.kept: list[Formula] = []  # what is known by id
        self.numbering = Numbering(names, self.values, detail == "layer")

    def run(self) -> Derivation:
        names = self.names
        arrivals: dict[int, list[Formula]] = {id(names.loss): [number(1)]}
        for tensor in names.tensors:
            self.numbering.symbols[id(self._value(tensor))] = tensor
        # A leaf's line stands where the last of its arrivals has come in.
        last: dict[int, Tensor] = {}
        for tensor in reversed(names.tensors):
            if tensor.node is not None and tensor.requires_grad:
                last.update({id(x): tensor for x in tensor.node.inputs if isinstance(x, Tensor) and x.node is None})
        for tensor in reversed(names.tensors):
            found = arrivals.pop(id(tensor), None) if tensor.node is not None else None
            if found is None or tensor.node is None:
                continue
            self._hand_on(tensor, tensor.node, self._arrived(tensor, found), arrivals)
            for x in reversed(tensor.node.inputs):
                if last.get(id(x)) is tensor and id(x) in arrivals:
                    self._arrived(x, arrivals.pop(id(x)))
        for tensor in names.tensors:
            if tensor.node is None and id(tensor) in arrivals:
                self._arrived(tensor, arrivals.pop(id(tensor)))
        return Derivation(tuple(self.lines), tuple(self.definitions), names.of, self.detail, self.examples)

    # Values.

    def _value(self, tensor: Tensor) -> Formula:
        """What stands for a tensor: its name, or for one without, what it was computed from."""
        names, key = self.names, id(tensor)
        named = names.given.get(key)
        if tensor.node is not None and (named is None or key in names.invented or self.detail == "node"):
            right = self._computed(tensor, tensor.node)
            shared = right.count > _SIMPLE and names.uses.get(key, 0) > 1
            inline = right.count <= _LONGEST and not shared
            if self.detail == "node":
                inline = inline and tensor.node.op.moves
            if named is None and inline:
                self.values[key] = self._batch(right, tensor)
                return right
            if named is None:
                names.result(tensor)
                named = names.given[key]
            self.values[key] = self._batch(
                symbol(latex_name(named), tensor.data, data=not tensor.requires_grad), tensor
            )
            self.definitions.append(self._line(latex_name(named), right, tensor.data, tensor))
            return self.values[key]
        if named is None and not tensor.ndim and tensor.dtype.kind == "f":
            self.values[key] = formula(self._plain(backend.to_numpy(tensor.data)))
            return self.values[key]
        latex = latex_name(named) if named is not None else ""
        self.values[key] = self._batch(symbol(latex, tensor.data, data=not tensor.requires_grad), tensor)
        return self.values[key]

    def _batch(self, value: Formula, tensor: Tensor) -> Formula:
        value.batch = self.names.of_examples(tensor) and value.shape[:1] == tensor.shape[:1]
        return value

    def _computed(self, tensor: Tensor, node: Node) -> Formula:
        return self.tidier.tidy(apply(node.op, tuple(map(self._operand, node.inputs)), node.params, tensor.data))

    def _operand(self, x: Any) -> Formula:
        if isinstance(x, Tensor):
            return self.values[id(x)]
        if backend.is_array(x):
            if id(x) not in self.values:
                named = self.names.given.get(id(x))
                if not named and not x.ndim and x.dtype.kind == "f":
                    return formula(self._plain(backend.to_numpy(x)))
                self.values[id(x)] = symbol(latex_name(named) if named else "", x, data=True)
            return self.values[id(x)]
        return formula(self._plain(x))

    def _plain(self, value: Any) -> Any:
        """A Python number of the graph; a whole one that is n or 2n, as in a cost, counts examples (a 2 is a two)."""
        n = self.examples
        if isinstance(value, numpy.generic | numpy.ndarray):
            # A float in the digits of its own precision, where the graph has no finer one: 0.1, not 0.10000000149.
            short = value.dtype.kind == "f" and self.names.epsilon >= numpy.finfo(value.dtype).eps
            value = float(str(value)) if short else value.item()
        return count(value, n) if n and type(value) is int and value > 2 and value in (n, 2 * n) else value

    # Gradients.

    def _hand_on(self, tensor: Tensor, node: Node, gradient: Formula, arrivals: dict[int, list[Formula]]) -> None:
        """The chain rule at one node: the engine's, with formulas in the places of arrays."""
        op, out = node.op, self.values[id(tensor)]
        values = [
            self._operand(x) if isinstance(x, Tensor) or backend.is_array(x) else self._plain(x) for x in node.inputs
        ]
        for position, x in enumerate(node.inputs):
            if isinstance(x, Tensor) and x.requires_grad:
                arriving = pull(op, position, gradient, out, values, node.params)
                if arriving is not None:
                    arrivals.setdefault(id(x), []).append(reverse.fit(xp, arriving, self.values[id(x)]))

    def _arrived(self, tensor: Tensor, found: list[Formula]) -> Formula:
        """All that arrived at a tensor, added; on a line and under a name of its own where it has one."""
        known = len(self.tidier.notes)
        total = found[0]
        for more in found[1:]:
            total = total + more
        tidy = self.tidier.tidy(total)
        key, names = id(tensor), self.names
        leaf = tensor.node is None
        nabla = self._is_nabla(tensor, tidy)
        wanted = {
            "node": True,
            "layer": leaf or key in names.anchors or nabla or self._unwieldy(key, tidy),
            "full": leaf,
        }[self.detail]
        if tensor is names.loss and self.detail != "node":
            wanted = leaf
        if not wanted:
            return tidy
        left = self._gradient_name(tensor, nabla)
        expected = names.gradients[tensor]
        numbered = self.numbering.number(tensor, tidy)
        self.lines.append(self._line(left, tidy, expected, tensor, found=total, known=known, equation=numbered))
        if tensor is names.loss:
            return tidy
        named = symbol(left, expected)
        if weighted_input(plain(pretty(names.given.get(key, "")))) is not None:
            self.numbering.deltas.add(id(named))
        self.numbering.slopes.add(id(named))
        self.kept.append(named)
        return named

    def _unwieldy(self, key: int, tidy: Formula) -> bool:
        return tidy.count > _LONGEST or (tidy.count > _SHARED and self.names.uses.get(key, 0) > 1)

    def _is_nabla(self, tensor: Tensor, tidy: Formula) -> bool:
        """Whether this is ∇ₐC: the gradient of the network's output, which no δ has entered."""
        z = self.names.activated.get(id(tensor))
        return (
            self.detail == "layer"
            and z is not None
            and tidy.number is None
            and not any(id(part) in self.numbering.slopes for part in parts(tidy))
            and self.numbering.is_output(z)
        )

    def _gradient_name(self, tensor: Tensor, nabla: bool) -> str:
        named = self.names.given.get(id(tensor))
        if nabla:
            left = rf"\nabla_{{a}}{latex_name(self.names.of)}"
            if (named or "").startswith("a") and all(line.left != left for line in self.lines):
                return left
        value = self.values[id(tensor)]
        moved = tensor.node is not None and tensor.node.op.moves and value.count <= _SIMPLE
        if named is None and (not moved or self.detail != "node"):
            self.names.result(tensor)
            named = self.names.given[id(tensor)]
            self.definitions.append(self._line(latex_name(named), value, tensor.data, tensor))
        if named is None:
            named = to_latex(value)
            return rf"\frac{{\partial {latex_name(self.names.of)}}}{{\partial {named}}}"
        return gradient_latex(named, self.names.of)

    def _line(
        self, left: str, tidy: Formula, expected: Any, tensor: Tensor, found: Formula | None = None,
        known: int | None = None, equation: str | None = None,
    ) -> Line:  # fmt: skip
        names = self.names
        right = expand(tidy, self.tidier) if self.expanded else tidy
        difference, tolerance, worst = agreement(right, expected, names.epsilon)
        if difference > tolerance and found is not None and not numpy.isfinite(difference):
            # 0/0 where the tidied formula has no division left: the rule gives no number there, as the pass does.
            right = found
            difference, tolerance, worst = agreement(right, expected, names.epsilon)
        name = latex_to_text(left)
        if not difference <= tolerance:
            value = numpy.broadcast_to(right.value, expected.shape)[worst]
            written = text(equated(left, right))
            raise CheckError(
                f"derive(): the line {written} does not hold: at element {worst} the formula gives {float(value)!r}, "
                f"the reverse pass {float(backend.to_numpy(expected)[worst])!r} "
                f"(difference {difference:.1e}, tolerance {tolerance:.1e})"
            )
        shapes = {latex_to_text(part.latex): part.shape for part in parts(right) if part.op is None and part.latex}
        notes = tuple(self.tidier.notes[known:]) if known is not None else ()
        if right is found or any(part.op is xp.log_softmax for part in parts(right)):
            notes = ()
        return Line(
            name, left, right, tuple(expected.shape), shapes, difference, tolerance, equation, notes, tensor, names
        )
