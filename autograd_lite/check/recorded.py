"""A recorded node as a function of its own, to be run and pulled back apart from the rest of its graph.

Knows the forward of an operation, `pull`, and how a gradient is summed over broadcast axes, which it does for itself
so that the engine can be compared with it. Must not judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy
from numpy import ndarray

from autograd_lite import backend
from autograd_lite.backend import NUMPY
from autograd_lite.check.subject import copied
from autograd_lite.debug import trace
from autograd_lite.engine.inside import value_of
from autograd_lite.engine.tensor import Tensor, apply
from autograd_lite.errors import ShapeError


class Step:
    """One application of an operation: its operands and its result as NumPy arrays, in the memory order they have."""

    def __init__(self, result: Tensor) -> None:
        node = result.node
        assert node is not None
        self.node = node
        self.op, self.params = node.op, node.params
        self.values = [_array(x) for x in node.inputs]
        self.out = _array(result)
        self.places = [
            i for i, x in enumerate(node.inputs) if type(x) is Tensor and x.requires_grad and x.dtype == numpy.float64
        ]
        """The positions of the arguments that a gradient is handed to."""

    @property
    def name(self) -> str:
        """The operation's name; of a part, that of the whole."""
        return (self.op.of or self.op).name

    def argument(self, position: int) -> str:
        """What the operation calls the argument at `position`."""
        last = len(self.op.arguments) - 1
        if self.op.variadic and position >= last:
            return f"{self.op.arguments[last]}[{position - last}]"
        return self.op.arguments[position]

    @property
    def place(self) -> str:
        """The line of the user's code that applied the operation."""
        found = trace(self.node)
        if found is None:
            return "an unknown line"
        return f"{found.file}:{found.line} in {found.function}" + (f": {found.source}" if found.source else "")

    def rule_place(self, position: int) -> str:
        """Where the rule of an argument is written; empty for the library's own."""
        whole = self.op.of or self.op
        rule = whole.derivative or whole.rules_by_argument[min(position, len(whole.arguments) - 1)]
        code = getattr(rule, "__code__", None)
        return "" if code is None or whole.ours else f"{code.co_filename}:{code.co_firstlineno}"

    def has_rule(self, position: int) -> bool:
        """Whether the argument has a derivative rule at all."""
        return self.op.rule(position) is not None

    def forward(self, values: Sequence[Any]) -> ndarray:
        """The result for other operands."""
        return numpy.asarray(self.op.run(NUMPY, values, self.params))

    def on_tensors(self, *tensors: Tensor) -> Tensor:
        """The result with Tensors in the places of the arguments that have a gradient."""
        inputs = list(self.values)
        for i, x in zip(self.places, tensors, strict=True):
            inputs[i] = x
        return apply(self.op, tuple(inputs), self.params)

    def pull(self, position: int, g: Any, out: Any, values: Sequence[Any]) -> ndarray:
        """The gradient of one argument by its rule, summed over broadcast axes; zeros where it has no rule."""
        x = values[position]
        gradient = self.op.pull(position, NUMPY, g, out, values, self.params)
        if gradient is None:
            return numpy.zeros(x.shape, x.dtype)
        return summed(numpy.asarray(gradient), x)


def _array(x: Any) -> Any:
    """An operand as an array of its own, other things as they are."""
    value = value_of(x) if type(x) is Tensor else x
    if isinstance(value, ndarray):
        return copied(value)
    return backend.to_numpy(value) if backend.is_array(value) else value


def summed(gradient: ndarray, x: ndarray) -> ndarray:
    """What a rule returned, as the gradient of `x`: summed or spread over the axes that were broadcast, in its dtype.

    Raises `ShapeError` where the shapes do not broadcast.
    """
    try:
        whole = numpy.broadcast_shapes(gradient.shape, x.shape)
    except ValueError:
        raise ShapeError(f"gives a gradient of shape {gradient.shape} for one of {x.shape}") from None
    if whole == x.shape:
        return numpy.broadcast_to(gradient, whole).astype(x.dtype)
    extra = gradient.ndim - x.ndim
    if whole != gradient.shape or extra < 0:
        raise ShapeError(f"gives a gradient of shape {gradient.shape} for one of {x.shape}")
    axes = tuple(i for i, n in enumerate(gradient.shape) if i < extra or x.shape[i - extra] != n)
    total: ndarray = gradient.sum(axis=axes).reshape(x.shape).astype(x.dtype)
    return total
