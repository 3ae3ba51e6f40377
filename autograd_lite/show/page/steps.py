"""What a page says at each step: forward through every node, the seed, and back through them with the chain rule.

Knows the graph and its gradients. Must not know how a formula is made, how a value is shown, or where it is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from autograd_lite import backend
from autograd_lite.debug import trace
from autograd_lite.engine import reverse
from autograd_lite.engine.graph import Node
from autograd_lite.engine.tensor import Tensor
from autograd_lite.show.formula.layout import read, row
from autograd_lite.show.formula.printers import latex_to_mathml, latex_to_text, mathml
from autograd_lite.show.formula.typeset import to_latex
from autograd_lite.show.names import pretty, printable
from autograd_lite.show.page.graph import path
from autograd_lite.show.page.values import Json, Values, figure, shape, size
from autograd_lite.show.page.words import Words, choices

_LONGEST = 240  # characters of a reason


class Steps:
    """The steps of one graph, written in `words` and with the `values` of the page's list."""

    def __init__(self, words: Words, values: Values) -> None:
        self.words = words
        self.values = values
        self.names = words.names
        # The same symbols stand in many formulas.
        self.mathml, self.text = cache(latex_to_mathml), cache(latex_to_text)
        self.index = {id(tensor): i for i, tensor in enumerate(self.names.tensors)}
        self.results = [(t, t.node) for t in self.names.tensors if t.node is not None]
        self.arrived: dict[int, list[int]] = {}
        """For the `id` of each tensor, the steps at which a gradient arrived."""

    # What there is.

    def operation(self, tensor: Tensor, node: Node) -> Json:
        """A node: its operands, what it costs, where it was recorded, and its formula."""
        op = node.op
        entry: Json = {
            "o": op.name, "y": printable(op.symbol) or op.name, "t": self.index[id(tensor)],
            "in": [self._input(x) for x in node.inputs if x is not None], "sc": path(node.scope),
            "c": [_cost(node, tensor), size([*node.inputs, tensor])],
        }  # fmt: skip
        made = trace(node)
        if made is not None:
            entry["src"] = [os.path.basename(made.file), made.line, made.source]
        if not self.words.brief:
            try:
                equation = self.words.equation(tensor, node)
                entry |= {"f": self.mathml(equation), "ft": self.text(equation)}
            except Exception as error:  # noqa: BLE001 - a user's own forward may raise anything on formulas
                entry["why"] = _why(error)
        return entry

    def _input(self, x: Any) -> Any:
        if isinstance(x, Tensor):
            return self.index[id(x)]
        named = self.names.given.get(id(x)) if backend.is_array(x) else None
        plain = x.item() if hasattr(x, "item") and not getattr(x, "ndim", 1) else x
        label = pretty(named) if named else f"{figure(plain)}" if not backend.is_array(plain) else "array"
        return {
            "n": label, "s": shape(x), "d": str(getattr(x, "dtype", "number")), "v": self.values.keep(x),
            "k": "constant",
        }  # fmt: skip

    def tensor(self, tensor: Tensor) -> Json:
        """A tensor: its name, what it is, its value and its gradient."""
        leaf, last = tensor.node is None, tensor is self.names.loss
        kind = "result" if last else "intermediate" if not leaf else "parameter" if tensor.requires_grad else "input"
        entry = {
            "n": self.words.name(tensor), "s": shape(tensor), "d": str(tensor.dtype),
            "v": self.values.keep(tensor.data), "k": kind,
        }  # fmt: skip
        if not self.words.brief:
            entry["m"] = self.mathml(to_latex(self.words.operand(tensor)), "inline")
        gradient = self.names.gradients.get(tensor)
        if gradient is not None:
            slope = self.words.slope(tensor)
            entry |= {"g": self.values.keep(gradient), "gn": self.text(slope)}
            if not self.words.brief:
                entry["gm"] = self.mathml(slope, "inline")
        return entry

    # One after the other.

    def all(self) -> list[Json]:
        """Forward through every node, the seed, and back, latest node first, as the engine goes."""
        steps: list[Json] = [{"p": "f", "op": i} for i in range(len(self.results))]
        steps.append({"p": "s", "t": self.index[id(self.names.loss)]})
        self.arrived[id(self.names.loss)] = [len(steps) - 1]
        grads = self.names.gradients
        back = [
            (i, tensor, node, targets)
            for i, (tensor, node) in enumerate(self.results)
            if tensor in grads and (targets := _targets(node))
        ]
        expected: dict[int, int] = {}
        for _, _, _, targets in back:
            for _, x in targets:
                expected[id(x)] = expected.get(id(x), 0) + 1
        totals: dict[int, Any] = {}
        for i, tensor, node, targets in reversed(back):
            edges = [self._edge(tensor, node, position, len(steps), expected, totals) for position, _ in targets]
            traffic = size([*node.inputs, tensor, grads[tensor], *(x for _, x in targets)])
            steps.append({"p": "b", "op": i, "e": edges, "c": [len(edges) * _cost(node, tensor), traffic]})
        return steps

    def _edge(
        self, tensor: Tensor, node: Node, position: int, step: int, expected: dict[int, int], totals: dict[int, Any]
    ) -> Json:
        """What goes back from a node to one of its inputs, and what had arrived there before."""
        x = node.inputs[position]
        arrivals = self.arrived.setdefault(id(x), [])
        arrivals.append(step)
        edge: Json = {"t": self.index[id(x)]}
        if not self.words.brief:
            edge |= self._told(tensor, node, position)
        if expected[id(x)] > 1:
            gradient = self._arriving(tensor, node, position)
            edge |= {"a": self.values.keep(gradient), "nth": len(arrivals), "of": expected[id(x)]}
            if id(x) in totals:
                edge["before"] = self.values.keep(totals[id(x)])
                gradient = totals[id(x)] + gradient
            totals[id(x)] = gradient
            edge["total"] = self.values.keep(gradient)
        return edge

    def _arriving(self, tensor: Tensor, node: Node, position: int) -> Any:
        """The gradient that one node hands to one of its inputs, by the node's own rule."""
        out, arrays = tensor.data, _arrays(node)
        namespace = backend.namespace(out)
        gradient = node.op.pull(position, namespace, self.names.gradients[tensor], out, arrays, node.params)
        return reverse.fit(namespace, namespace.asarray(gradient), arrays[position])

    # The chain rule as mathematics.

    def _told(self, tensor: Tensor, node: Node, position: int) -> Json:
        """What the chain rule does from one node to one of its inputs: the equation, its factor, what to guess from."""
        words, x = self.words, node.inputs[position]
        told: Json = {}
        try:
            told |= self._factor(tensor, node, position)
            handed = words.handed(tensor, node, position)
            offered = choices(handed, words.slope(tensor), to_latex(words.operand(x)))
        except Exception as error:  # noqa: BLE001 - a user's own rule may raise anything on formulas
            return {**told, "why": _why(error)}
        told |= self._note(tensor, node, position)
        right = offered[0]
        told["rule"], told["rt"] = self.mathml(right), self.text(right)
        told["eq"] = mathml(row(read(words.slope(x)), " = ", read(right)))
        told["guess"] = [self.mathml(each, "inline") for each in offered]
        return told

    def _factor(self, tensor: Tensor, node: Node, position: int) -> Json:
        """The local derivative, where it is a factor, and its value where it is more than a number."""
        local = self.words.local(tensor, node, position)
        if local is None:
            return {}
        latex = to_latex(local)
        told: Json = {"lm": self.mathml(latex, "inline")}
        if local.number is None:
            slopes = backend.to_numpy(local.value) if backend.is_array(local.value) else local.value
            told["lv"] = self.values.keep(slopes.astype("int8") if slopes.dtype == bool else slopes)
        meaning = self.words.meaning(tensor, node)
        if meaning is not None and to_latex(meaning) != latex:
            told["means"] = self.mathml(f"{latex} = {to_latex(meaning)}", "inline")
        return told

    def _note(self, tensor: Tensor, node: Node, position: int) -> Json:
        """A word on where the numbers go, where their count changes."""
        x = node.inputs[position]
        if tensor.size < x.size and _uniform(node, tensor, position):
            return {"note": "the same number for every element that was added up"}
        if node.op.spreads and tensor.size > x.size:
            spread = self.text(to_latex(self.words.operand(x)))
            return {"note": f"and added up over the elements that {spread} was spread over"}
        return {}


def _why(error: Exception) -> str:
    """Why there is no formula, so that nobody takes it for an oversight of theirs."""
    said = " ".join(str(error).split()) or type(error).__name__
    return f"No formula: {said[:_LONGEST] + '…' if len(said) > _LONGEST else said}"


def _targets(node: Node) -> list[tuple[int, Tensor]]:
    """The inputs that a node hands gradients to, with their positions."""
    return [
        (i, x) for i, x in enumerate(node.inputs)
        if isinstance(x, Tensor) and x.requires_grad and node.op.rule(i) is not None
    ]  # fmt: skip


def _arrays(node: Node) -> list[Any]:
    return [x.data if isinstance(x, Tensor) else x for x in node.inputs]


def _cost(node: Node, result: Tensor) -> int:
    """How many additions, multiplications and function calls one application takes, as one counts them by hand."""
    return node.op.cost([tuple(getattr(x, "shape", ())) for x in node.inputs], tuple(result.shape), node.params)


def _uniform(node: Node, result: Tensor, position: int) -> bool:
    """Whether a linear operation of one argument weighs all its elements alike, as a sum and a mean do."""
    if not node.op.linear or len(node.inputs) > 1 or not result.size:
        return False
    out, arrays = result.data, _arrays(node)
    namespace = backend.namespace(out)
    weights = namespace.asarray(node.op.pull(position, namespace, namespace.ones_like(out), out, arrays, node.params))
    return bool((weights == weights.ravel()[0]).all())


def equations(lines: Sequence[Any], arrived: dict[int, list[int]]) -> Iterator[Json]:
    """The δ equations, each with the step at which it has become true."""
    known = [line for line in lines if id(line.tensor) in arrived]
    for line in sorted(known, key=lambda line: arrived[id(line.tensor)][-1]):
        yield {"m": line.mathml, "x": line.text, "bp": line.equation, "s": arrived[id(line.tensor)][-1]}
