"""What everything on a page is called, and its mathematics: names, formulas, and the chain rule at one node.

Knows the graph's names and the world of formulas. Must not know any operation's rule, nor how a page is laid out.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from autograd_lite import backend
from autograd_lite.engine import reverse
from autograd_lite.engine.graph import Node
from autograd_lite.engine.tensor import Tensor
from autograd_lite.show.equations.derive import Names
from autograd_lite.show.formula.formula import Formula, apply, formula, parts, primed, pull, rebuilt, slope, symbol, xp
from autograd_lite.show.formula.tidying import Tidier
from autograd_lite.show.formula.typeset import latex_to_text, to_latex
from autograd_lite.show.names import gradient_latex, latex_name, pretty


class Words:
    """The names and formulas of one graph; `brief` leaves formulas out, which would take a large graph too long."""

    def __init__(self, names: Names, brief: bool) -> None:
        self.names = names
        self.brief = brief
        self.of = latex_name(names.of)
        self._tidier = Tidier(lambda part: latex_to_text(to_latex(part)))
        self._formulas: dict[int, Formula] = {}
        self._slopes: dict[int, str] = {}
        self._index = {id(tensor): i for i, tensor in enumerate(names.tensors)}

    def name(self, tensor: Tensor) -> str:
        """What a tensor is called, as text."""
        if not self.brief:
            return latex_to_text(to_latex(self.operand(tensor)))
        own = self.names.given.get(id(tensor)) or (tensor.name or "")
        return pretty(str(own)) or (f"node {self._index[id(tensor)]}" if tensor.node is not None else "input")

    def slope(self, tensor: Tensor) -> str:
        """What the gradient with respect to a tensor is called, as LaTeX."""
        if id(tensor) not in self._slopes:
            self._slopes[id(tensor)] = self._slope(tensor)
        return self._slopes[id(tensor)]

    def _slope(self, tensor: Tensor) -> str:
        if self.brief:
            return gradient_latex(self.name(tensor), self.names.of)
        named = self.names.given.get(id(tensor))
        if named:
            return gradient_latex(named, self.names.of)
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
                with suppress(Exception):  # a user's own forward may raise anything on formulas
                    return self.applied(x, x.node)
            self.names.result(x)
            named = self.names.given[id(x)]
        return symbol(latex_name(named) if named else "", x.data, data=not x.requires_grad)

    def applied(self, tensor: Tensor, node: Node) -> Formula:
        """A node's operation on what stands for its operands."""
        return self._tidier.tidy(apply(node.op, tuple(map(formula, self._values(node))), node.params, tensor.data))

    def equation(self, tensor: Tensor, node: Node) -> str:
        """A tensor, and what it was computed from."""
        left, right = to_latex(self.operand(tensor)), to_latex(self.applied(tensor, node))
        return right if left == right else f"{left} = {right}"

    def handed(self, tensor: Tensor, node: Node, position: int) -> Formula:
        """What the chain rule hands from a node to one of its inputs: the engine's, with formulas for arrays."""
        g = symbol(self.slope(tensor), self.names.gradients[tensor])
        arriving = pull(node.op, position, g, self.operand(tensor), self._values(node), node.params)
        return self._tidier.tidy(reverse.fit(xp, formula(arriving), self.operand(node.inputs[position])))

    def local(self, tensor: Tensor, node: Node, position: int) -> Formula | None:
        """The derivative of a node by one of its inputs, element by element; `None` where it is no such factor."""
        op, out, values = node.op, self.operand(tensor), self._values(node)
        if op.derivative is not None:
            return self._tidier.tidy(slope(op, values[0], out, node.params))
        factor = pull(op, position, formula(1), out, values, node.params) if op.spreads else None
        return None if factor is None else self._tidier.tidy(factor)

    def meaning(self, tensor: Tensor, node: Node) -> Formula | None:
        """What f′ is, where it is written so."""
        op = node.op
        if op.derivative is None or not primed(op):
            return None
        return self._tidier.tidy(formula(op.derivative(xp, self.operand(tensor), *self._values(node), **node.params)))

    def _values(self, node: Node) -> list[Any]:
        return [x if x is None else self.operand(x) for x in node.inputs]


def choices(handed: Formula, incoming: str, operand: str) -> list[str]:
    r"""The true right side first, then what a reader may take for it: a factor, a transpose or a sign amiss.

    >>> from autograd_lite.show.formula.formula import symbol
    >>> from autograd_lite.show.page.words import choices
    >>> w, g = symbol("W", np.ones((2, 3))), symbol("g", np.ones(2))
    >>> choices(w.T @ g, "g", "a")
    ['W^{\\mathsf T} g', 'g', 'W g', '-W^{\\mathsf T} g']
    """
    right = to_latex(handed)
    transpose = r"^{\mathsf T}"
    wrong = [incoming]
    if any(part.prime for part in parts(handed)):
        wrong.append(to_latex(_unprimed(handed)))
    if transpose in right:
        wrong.append(right.replace(transpose, "", 1))
    wrong.append(right[1:].strip() if right.startswith("-") else f"-{right}" if " + " not in right else f"-({right})")
    wrong += [rf"{incoming} \odot {operand}", f"2 {right}"]
    return list(dict.fromkeys([right, *wrong]))[:4]


def _unprimed(whole: Formula) -> Formula:
    """f wherever f′ stands."""
    if whole.prime:
        assert whole.op is not None
        return apply(whole.op, whole.args[:1], whole.params)
    return rebuilt(whole, tuple(map(_unprimed, whole.args))) if whole.args else whole
