"""What everything on a page is called, and its mathematics: names, formulas, and the chain rule at one node.

Knows the graph's names and the world of formulas. Must not know any operation's rule, nor how a page is laid out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite import backend
from autograd_lite.engine import reverse
from autograd_lite.engine.graph import Node
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import AutogradError
from autograd_lite.op import Operation
from autograd_lite.show.equations.derive import Names
from autograd_lite.show.formula.formula import Formula, apply, derivative, formula, symbol, xp
from autograd_lite.show.formula.tidying import Tidier
from autograd_lite.show.formula.typeset import gradient_name, latex_name, latex_to_text, to_latex
from autograd_lite.show.names import pretty

FAILURES = (AutogradError, AttributeError, TypeError, ValueError, IndexError, KeyError, RecursionError)
"""What a user's own rule may raise on formulas; the page then shows its values without a formula."""


class Words:
    """The names and formulas of one graph; `brief` leaves formulas out, which would take a large graph too long."""

    def __init__(self, names: Names, brief: bool) -> None:
        self.names = names
        self.brief = brief
        self.of = latex_name(names.of)
        self._tidier = Tidier(lambda part: latex_to_text(to_latex(part)))
        self._formulas: dict[int, Formula] = {}
        self._index = {id(tensor): i for i, tensor in enumerate(names.tensors)}

    def name(self, tensor: Tensor) -> str:
        """What a tensor is called, as text."""
        if not self.brief:
            return latex_to_text(to_latex(self.operand(tensor)))
        own = self.names.given.get(id(tensor)) or (tensor.name or "")
        return pretty(str(own)) or (f"node {self._index[id(tensor)]}" if tensor.node is not None else "input")

    def slope(self, tensor: Tensor) -> str:
        """What the gradient with respect to a tensor is called, as LaTeX."""
        if self.brief:
            return gradient_name(self.name(tensor), self.names.of)
        named = self.names.given.get(id(tensor))
        if named:
            return gradient_name(named, self.names.of)
        return rf"\frac{{\partial {self.of}}}{{\partial {to_latex(self.operand(tensor))}}}"

    def operand(self, x: Any) -> Formula:
        """What stands for an operand in formulas: its name, or for a mere rearrangement what was rearranged."""
        if isinstance(x, Tensor):
            if id(x) not in self._formulas:
                self._formulas[id(x)] = self._tensor(x)
            return self._formulas[id(x)]
        if backend.is_array(x) and x.ndim:
            if id(x) not in self._formulas:
                named = self.names.given.get(id(x))
                self._formulas[id(x)] = symbol(latex_name(named) if named else "", x, data=True)
            return self._formulas[id(x)]
        return formula(x.item() if hasattr(x, "item") else x)

    def _tensor(self, x: Tensor) -> Formula:
        named = self.names.given.get(id(x))
        if named is None and x.node is not None:
            if x.node.op.moves:
                try:
                    return self.applied(x.node)
                except FAILURES:
                    pass
            self.names.result(x)
            named = self.names.given[id(x)]
        return symbol(latex_name(named) if named else "", x.data, data=not x.requires_grad)

    def applied(self, node: Node) -> Formula:
        """A node's operation on what stands for its operands."""
        return self._tidier.tidy(apply(node.op, self._operands(node), node.params))

    def equation(self, tensor: Tensor, node: Node) -> str:
        """A tensor, and what it was computed from."""
        left, right = to_latex(self.operand(tensor)), to_latex(self.applied(node))
        return right if left == right else f"{left} = {right}"

    def handed(self, tensor: Tensor, node: Node, position: int) -> Formula:
        """What the chain rule hands from a node to one of its inputs: the engine's, with formulas for arrays."""
        x, op = node.inputs[position], node.op
        g = symbol(self.slope(tensor), self.names.gradients[tensor])
        out, values = self.operand(tensor), self._operands(node)
        arriving = g * self._prime(op, out, values) if op.activation and op.derivative is not None else None
        if arriving is None:
            arriving = op.pull(position, xp, g, out, values, node.params)
        return self._tidier.tidy(reverse.fit(xp, formula(arriving), self.operand(x)))

    def local(self, tensor: Tensor, node: Node, position: int) -> Formula | None:
        """The derivative of a node by one of its inputs, element by element; `None` where it is no such factor."""
        op, out, values = node.op, self.operand(tensor), self._operands(node)
        if op.activation and op.derivative is not None:
            return self._tidier.tidy(self._prime(op, out, values))
        if not op.spreads:
            return None
        return self._tidier.tidy(formula(op.pull(position, xp, formula(1), out, values, node.params)))

    def meaning(self, tensor: Tensor, node: Node) -> Formula | None:
        """What f′ is, where it is written with a letter of its own."""
        op, out, values = node.op, self.operand(tensor), self._operands(node)
        if not op.activation or op.derivative is None:
            return None
        return self._tidier.tidy(formula(op.pull(0, xp, formula(1), out, values, node.params)))

    def _operands(self, node: Node) -> tuple[Any, ...]:
        return tuple(x if x is None else self.operand(x) for x in node.inputs)

    @staticmethod
    def _prime(op: Operation, out: Formula, values: Sequence[Formula]) -> Formula:
        return derivative(op, values[0], out)


def choices(right: str, incoming: str, operand: str) -> list[str]:
    r"""The true right side first, then what a reader may take for it: a factor, a transpose or a sign amiss.

    >>> from autograd_lite.show.page.words import choices
    >>> choices(r"W^{\mathsf T} g", "g", "a")
    ['W^{\\mathsf T} g', 'g', 'W g', '-W^{\\mathsf T} g']
    """
    transpose = r"^{\mathsf T}"
    wrong = [incoming]
    if "'" in right:
        wrong.append(right.replace("'", ""))
    if transpose in right:
        wrong.append(right.replace(transpose, "", 1))
    wrong.append(right[1:].strip() if right.startswith("-") else f"-{right}" if " + " not in right else f"-({right})")
    wrong += [rf"{incoming} \odot {operand}", f"2 {right}"]
    return list(dict.fromkeys([right, *wrong]))[:4]
