"""The reverse pass held against the closed form, quantity by quantity.

Knows both sides and how to compare them; must not know how either is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor, backend, display
from nn.arguments import array
from nn.chapter import closed_form
from nn.chapter.mlp import MLP
from nn.costs import quadratic_cost
from nn.layers import ACTIVATIONS

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Difference:
    """How far two computations of one quantity are apart.

    `relative` is the largest absolute difference divided by the largest magnitude in the closed form.
    """

    quantity: str
    equation: str
    shape: tuple[int, ...]
    absolute: float
    relative: float


@dataclass(frozen=True)
class ClosedFormReport:
    """The differences between the reverse pass and BP1 to BP4; prints as a table."""

    title: str
    rows: tuple[Difference, ...]

    @property
    def absolute(self) -> float:
        """The largest absolute difference of all."""
        return max(row.absolute for row in self.rows)

    @property
    def relative(self) -> float:
        """The largest relative difference of all."""
        return max(row.relative for row in self.rows)

    def __str__(self) -> str:
        shapes = [str(row.shape) for row in self.rows]
        width = max(map(len, [*shapes, "shape"]))
        lines = [self.title, f"{'quantity':10}{'equation':10}{'shape':{width}}   largest difference   relative"]
        lines += [
            f"{row.quantity:10}{row.equation:10}{shape:{width}}   {row.absolute:18.1e}   {row.relative:8.1e}"
            for row, shape in zip(self.rows, shapes, strict=True)
        ]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [("quantity", "equation", "shape", "largest difference", "relative")]
        rows += [
            (row.quantity, row.equation, str(row.shape), f"{row.absolute:.1e}", f"{row.relative:.1e}")
            for row in self.rows
        ]
        return display.html_table(rows, self.title)


def _difference(quantity: str, equation: str, automatic: Any, closed: Any) -> Difference:
    if automatic.shape != closed.shape:
        raise ag.ShapeError(f"{quantity}: {automatic.shape} from the reverse pass, {closed.shape} in closed form")
    gap = float(abs(automatic - closed).max())
    size = float(abs(closed).max())
    relative = gap / size if size else float(gap > 0)
    if not (isfinite(gap) and isfinite(relative)):  # a NaN would compare as no difference at all
        gap = relative = inf
    return Difference(quantity, equation, tuple(closed.shape), gap, relative)


def _like(weight: Tensor | None, what: str, value: Any) -> Any:
    """A tensor's array as it is, another where the weight lies and in its dtype."""
    found = array(what, value)
    if isinstance(value, Tensor) or weight is None:
        return found
    return backend.namespace(weight.data).asarray(found, dtype=weight.dtype)


def check_closed_form(model: MLP, x: Any, y: Any, cost: Callable[..., Tensor] = quadratic_cost) -> ClosedFormReport:
    """Compare every δˡ = ∂C/∂zˡ, ∂C/∂Wˡ and ∂C/∂bˡ of the reverse pass with the closed form.

    `x` has shape (inputs,) or (examples, inputs), `y` that of the output; `cost` is
    `nn.quadratic_cost`, or `nn.cross_entropy_cost` for a model with `output="identity"`. Nothing is
    written to any `grad`. Raises `ArgumentError` for a model or cost that has no closed form here.

    >>> report = nn.check_closed_form(nn.MLP([4, 3, 2], rng=0, dtype=float), np.ones(4), np.ones(2))
    >>> report.relative < 1e-13
    True
    """
    like = model.layers[0].weight if isinstance(model, MLP) and model.layers else None
    x, y = (_like(like, f"check_closed_form: {name}", value) for name, value in (("x", x), ("y", y)))
    expected_deltas = closed_form.deltas(model, x, y, cost)
    expected = closed_form.gradients(model, x, y, cost)
    wanted = "sigmoid" if cost is quadratic_cost else "identity"
    if type(model.output) is not ACTIVATIONS[wanted]:
        raise ag.ArgumentError(f"{cost.__name__} is compared on an MLP with output={wanted!r}, not {model.output!r}")
    value = cost(model(ag.asarray(x, name="x")), ag.asarray(y, name="y"))
    by_name = {t.name: t for t in ag.ancestors(value)}
    count = len(model.layers)
    first = model.first_layer
    zs = [by_name[f"z{number}"] for number in range(first, first + count)]
    layers = model.layers
    found = ag.grad(value, [*zs, *(layer.weight for layer in layers), *(layer.bias for layer in layers)])
    rows = []
    for i in range(count):
        number = str(first + i).translate(_SUPERSCRIPTS)
        rows += [
            _difference(f"δ{number}", "BP1" if i == count - 1 else "BP2", found[i].data, expected_deltas[i]),
            _difference(f"∂C/∂b{number}", "BP3", found[2 * count + i].data, expected.biases[i]),
            _difference(f"∂C/∂W{number}", "BP4", found[count + i].data, expected.weights[i]),
        ]
    examples = "one example" if x.ndim == 1 else f"a mini-batch of {x.shape[0]}"
    title = f"Reverse pass against closed form: {cost.__name__}, {list(model.sizes)}, {examples}, {like.dtype}"  # type: ignore[union-attr]
    return ClosedFormReport(title, tuple(rows))
