"""What is called what in the graph of a loss: the names that tensors have, and readable ones for those that have none.

Knows the graph, its gradients and what its tensors are used for. Must not know formulas or equations.
"""

from __future__ import annotations

from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.diagnosis import describe
from autograd_lite.engine import reverse
from autograd_lite.engine.graph import Node, ancestors, refuse_released
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, GraphError
from autograd_lite.names import weighted_input
from autograd_lite.op import Operation
from autograd_lite.show.formula.formula import primed, xp
from autograd_lite.show.names import latex_name, pretty, spelled


class Names:
    """What is called what in the graph of a loss, and the gradient of everything in it."""

    def __init__(self, loss: Tensor, caller: str) -> None:
        self.loss = loss
        self.caller = caller
        self._refuse()
        self.tensors: list[Tensor] = ancestors(loss)
        xp_of = backend.namespace(loss.data)
        self.gradients: dict[Tensor, Any] = reverse.sweep(loss, xp_of.ones_like(loss.data))
        self.given: dict[int, str] = {}  # by id, of tensors and arrays
        self.invented: set[int] = set()
        self._spelled: tuple[int, set[str]] = (0, set())
        self._taken: set[str] = set()
        self._reached: dict[str, int] = {}
        self.anchors: set[int] = set()  # tensors whose gradient is a δ of the layers
        self.activated: dict[int, Tensor] = {}  # an elementwise activation's output, and the z it is of
        self.uses: dict[int, int] = {}
        self._name()
        self.layers: list[Tensor] = []
        self.examples = self._examples()
        self._batches: set[int] = set()  # tensors whose first axis counts the examples, by id
        for tensor in self.tensors if self.examples else ():
            inputs = tensor.node.inputs if tensor.node is not None else ()
            passed = any(id(x) in self._batches for x in inputs) and tensor.shape[:1] == (self.examples,)
            if passed or any(tensor is each for each in self.layers):
                self._batches.add(id(tensor))
        floats = {t.dtype for t in self.tensors if t.dtype.kind == "f"}
        self.epsilon = max(float(numpy.finfo(dtype).eps) for dtype in floats)

    def _refuse(self) -> None:
        loss, caller = self.loss, self.caller
        if not isinstance(loss, Tensor):
            raise ArgumentError(f"{caller}: the loss is {type(loss).__name__}, not a tensor")
        if loss.shape != ():
            raise GraphError(
                f"{caller}: {describe(loss, 'the loss')} is not a scalar, so there is no one gradient: "
                "reduce it first, as in ag.sum(loss)"
            )
        if loss.node is None:
            raise GraphError(
                f"{caller}: {describe(loss, 'the loss')} is a leaf: nothing was recorded on the way to it, so it has "
                "no reverse pass; compute it from tensors that require a gradient, outside no_grad()"
            )
        refuse_released(caller, loss)
        if not loss.requires_grad:
            raise GraphError(
                f"{caller}: there is no path from {describe(loss, 'the loss')} to a tensor that requires a gradient: "
                "make a leaf with ag.tensor(data, requires_grad=True)"
            )

    def unique(self, wanted: str) -> str:
        """`wanted`, or with an index where another tensor has that name."""
        name, index = wanted, 1
        while latex_name(name) in self._taken:
            index += 1
            name = f"{wanted[:16]}_{index}"  # a long name is cut short where it is written, with the index on it
        self._taken.add(latex_name(name))
        return name

    def _numbered(self, letter: str, start: int = 1) -> str:
        start = max(start, self._reached.get(letter, 0) + 1) if letter.endswith("_") else start
        while latex_name(f"{letter}{start}") in self._taken:
            start += 1
        self._reached[letter] = start
        return self.unique(f"{letter}{start}")

    def _name(self) -> None:
        users: dict[int, list[tuple[Node, int]]] = {}
        arrays: dict[int, Any] = {}
        for tensor in self.tensors:
            if tensor.name and str(tensor.name).strip():
                self.given[id(tensor)] = self.unique(str(tensor.name))
            if tensor.node is not None:
                for position, x in enumerate(tensor.node.inputs):
                    users.setdefault(id(x), []).append((tensor.node, position))
                    if backend.is_array(x):
                        arrays[id(x)] = x
        self.uses = {key: len(found) for key, found in users.items()}
        if id(self.loss) not in self.given:
            self.given[id(self.loss)] = self.unique("C")
        self.arrays = arrays  # by id, which is how they are known: kept alive here
        layer = 0
        for tensor in self.tensors:
            node = tensor.node
            if node is None or not tensor.requires_grad or not _activates(node.op):
                continue
            z = node.inputs[0]
            if not isinstance(z, Tensor) or z.node is None or not z.requires_grad:
                continue
            layer += id(z) not in self.anchors
            self._invent(z, "z", layer)
            self.anchors.add(id(z))
            if primed(node.op):
                self._invent(tensor, "a", layer)
                self.activated.setdefault(id(tensor), z)
        for tensor in self.tensors:
            if weighted_input(str(tensor.name or "")) is not None and tensor.node is not None and tensor.requires_grad:
                self.anchors.add(id(tensor))
        for x in (*(t for t in self.tensors if t.node is None), *arrays.values()):
            if id(x) not in self.given and (x.ndim or getattr(x, "requires_grad", False)):
                self._leaf(x, users.get(id(x), []))

    def _invent(self, tensor: Tensor, letter: str, start: int) -> None:
        if id(tensor) not in self.given:
            self.given[id(tensor)] = self._numbered(letter, start)
            self.invented.add(id(tensor))

    def _leaf(self, x: Any, users: list[tuple[Node, int]]) -> None:
        """A readable name for a leaf that has none, by what it is used for."""
        ops = {node.op for node, _ in users}
        if getattr(x, "requires_grad", False):
            letter = "W" if xp.matmul in ops or x.ndim > 1 else "b" if xp.add in ops else "w"
            self.given[id(x)] = self._numbered(letter)
        elif x.dtype.kind in "iub" and xp.getitem in ops and _counting(x):
            return
        else:
            letter = "x" if xp.matmul in ops else "y"
            self.given[id(x)] = self.unique(letter) if latex_name(letter) not in self._taken else self._numbered("c_")

    def result(self, tensor: Tensor) -> None:
        """A name for a result that needs one."""
        self._invent(tensor, "u_", 1)

    def _examples(self) -> int | None:
        layers = [t for t in self.tensors if id(t) in self.anchors and t.ndim == 2]
        if not layers:
            layers = [
                t.node.inputs[0] for t in self.tensors
                if t.node is not None and t.node.op is xp.matmul and t.ndim == 2 and t.node.inputs[0].ndim == 2
                and not (isinstance(t.node.inputs[0], Tensor) and t.node.inputs[0].node is None
                         and t.node.inputs[0].requires_grad)
            ]  # fmt: skip
        if not layers:
            layers = [t for t in self.tensors if t.ndim == 2 and weighted_input(str(t.name or "")) is not None]
        self.layers = layers
        lengths = {t.shape[0] for t in layers}
        return lengths.pop() if len(lengths) == 1 else None

    def of_examples(self, tensor: Tensor) -> bool:
        """Whether the first axis of a tensor counts the examples."""
        return id(tensor) in self._batches

    def spellings(self) -> set[str]:
        """The names that an equation of this graph may use, in the one spelling that they are compared in."""
        if len(self.given) != self._spelled[0]:
            keys = {key for name in self.given.values() for key in (name, pretty(name), "∂" + name, "∂" + pretty(name))}
            self._spelled = len(self.given), {"n", *(spelled(key, self.of) for key in keys)}
        return self._spelled[1]

    @property
    def of(self) -> str:
        """The name of the loss."""
        return self.given[id(self.loss)]


def _activates(op: Operation) -> bool:
    return op.activation or primed(op)


def _counting(x: Any) -> bool:
    host = backend.to_numpy(x if backend.is_array(x) else x.data)
    return host.ndim == 1 and host.dtype.kind in "iu" and bool(numpy.array_equal(host, numpy.arange(host.size)))
