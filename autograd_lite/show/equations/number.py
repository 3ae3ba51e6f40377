"""Which of the chapter's four equations a line is: only where the graph is that of the equation.

Letters that look alike decide nothing: BP1 is the error of an output layer, BP2 that of a layer from the next one's,
BP3 and BP4 the gradients of a bias and of a weight (Nielsen, *Neural Networks and Deep Learning*, chapter 2).

Knows the graph and tidy formulas. Must not know how either came about.
"""

from __future__ import annotations

from autograd_lite.engine.tensor import Tensor
from autograd_lite.show.equations.naming import Names
from autograd_lite.show.formula.formula import Formula, xp


class Numbering:
    """What a derivation knows when it gives a line its number.

    `values` are the formulas that stand for tensors, `deltas` and `slopes` the symbols that are a δ or any gradient,
    by id; `by_layer` says that lines are those of layers, of which alone there are BP1 and BP2.
    """

    def __init__(self, names: Names, values: dict[int, Formula], by_layer: bool) -> None:
        self.names, self.values, self.by_layer = names, values, by_layer
        self.deltas: set[int] = set()
        self.slopes: set[int] = set()
        self.symbols: dict[int, Tensor] = {}  # of which tensor a symbol is
        self.users: dict[int, list[Tensor]] = {}  # the differentiable results that a tensor enters, as often as it does
        self.computed: set[int] = set()  # tensors in which there is a layer's weighted input
        for tensor in names.tensors:
            inputs = [] if tensor.node is None else [x for x in tensor.node.inputs if isinstance(x, Tensor)]
            if tensor.requires_grad:
                for x in inputs:
                    self.users.setdefault(id(x), []).append(tensor)
            if id(tensor) in names.anchors or any(id(x) in self.computed for x in inputs):
                self.computed.add(id(tensor))

    def number(self, tensor: Tensor, tidy: Formula) -> str | None:
        """The number of the line of `tensor`, whose gradient is `tidy`, or `None` where it is none of the four."""
        return self._of_leaf(tensor, tidy) if tensor.node is None else self._of_layer(tensor, tidy)

    def _of_leaf(self, tensor: Tensor, tidy: Formula) -> str | None:
        """BP3 for a bias, BP4 for a weight."""
        summed = tidy.op is xp.sum and not tidy.prime and tidy.params.get("axis") in (0, (0,))
        core = tidy.args[0] if summed else tidy
        if id(core) in self.deltas and (tensor.ndim == 1 or (core is tidy and not tensor.ndim)):
            return "BP3"
        into = self._weighted(tidy) if tensor.ndim < 2 else None
        if into is not None:
            # Of two leaves that are both differentiated either can be the weight.
            x = self.symbols.get(id(into))
            return "BP4" if x is None or x.node is not None or not x.requires_grad else None
        if tidy.op is not xp.matmul or tensor.ndim != 2:
            return None
        sides = [_bare(arg) for arg in tidy.args]
        one_delta = sum(id(side) in self.deltas for side in sides) == 1
        named = all(side.op is None for side in sides)
        return "BP4" if one_delta and named and self._weighs(tensor) else None

    def _of_layer(self, tensor: Tensor, tidy: Formula) -> str | None:
        """BP1 for the error of an output layer, BP2 for that of a layer before another."""
        if not self.by_layer or id(tensor) not in self.names.anchors or tidy.op is not xp.multiply:
            return None
        before, slope = tidy.args
        if not (slope.prime and slope.args[0] is self.values[id(tensor)]):
            return None
        if before.op is xp.matmul:
            others = [side for side in map(_bare, before.args) if id(side) not in self.deltas]
            if len(others) == 1 and self._is_weight(others[0]):
                return "BP2"
        weight = self._weighted(before)
        if weight is not None and self._is_weight(weight):
            return "BP2"
        return "BP1" if self.is_output(tensor) else None

    def _weighted(self, product: Formula) -> Formula | None:
        """What the δ of a single neuron, a number, is multiplied by: there is no matrix in its product."""
        if product.op is not xp.multiply:
            return None
        for delta, other in (product.args, product.args[::-1]):
            named = other.op is None and other.number is None and id(other) not in self.slopes
            if named and id(delta) in self.deltas and not delta.ndim:
                return other
        return None

    def _is_weight(self, symbol: Formula) -> bool:
        """Whether a symbol is a matrix of numbers that no layer has computed."""
        if symbol.op is not None or id(symbol) in self.slopes:
            return False
        tensor = self.symbols.get(id(symbol))
        return tensor is None or id(tensor) not in self.computed

    def _weighs(self, tensor: Tensor) -> bool:
        """Whether a leaf is the weight of a matrix product, and not what is weighted: with two leaves, the right one.

        A leaf on the left of a matrix that is not differentiated can be a batch of inputs as well as a weight; and of
        two leaves that both are differentiated either can be the weight.
        """
        moved: Tensor = tensor
        while (users := self.users.get(id(moved), [])) and (node := users[0].node) and node.op.moves:
            moved = users[0]
        node = users[0].node if users else None
        if node is None or node.op is not xp.matmul:
            return False
        other = node.inputs[0] if node.inputs[1] is moved else node.inputs[1]
        while isinstance(other, Tensor) and other.node is not None and other.node.op.moves:
            other = other.node.inputs[0]
        if not isinstance(other, Tensor) or not other.requires_grad:
            return node.inputs[1] is moved or other.ndim == 1
        return id(other) in self.computed or other.node is not None or other.ndim == 1

    def is_output(self, z: Tensor) -> bool:
        """Whether z is the weighted input of an output layer: from its activation to the loss comes no other layer."""
        users = self.users.get(id(z), [])
        if len(users) != 1 or self.names.activated.get(id(users[0])) is not z or id(z) in self.names.activated:
            return False
        later: dict[int, Tensor] = {id(users[0]): users[0]}
        stack = [users[0]]
        while stack:
            tensor = stack.pop()
            if id(tensor) in self.names.anchors:
                return False
            for user in self.users.get(id(tensor), []):
                if id(user) not in later:
                    later[id(user)] = user
                    stack.append(user)
        for tensor in later.values():
            node = tensor.node
            if node is None or tensor is users[0]:
                continue
            if node.op in (xp.add, xp.subtract) and tensor.ndim == 0:
                continue  # a term of the cost, such as a penalty on weights
            for x in node.inputs:
                if isinstance(x, Tensor) and x.requires_grad and id(x) not in later and id(x) not in self.computed:
                    return False
        return True


def _bare(part: Formula) -> Formula:
    while part.op is not None and part.op.moves and not part.prime:
        part = part.args[0]
    return part
