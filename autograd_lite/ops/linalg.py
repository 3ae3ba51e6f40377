r"""Matrix products, in every combination of ranks that NumPy has.

The rules read a one-dimensional argument as a row on the left and as a column on the right.
"""

from __future__ import annotations

from math import prod
from typing import Any

from autograd_lite.op import operation


def _products(inputs: Any, result: Any, params: Any) -> int:
    # A multiplication and an addition for each pair of elements that meet.
    return int(2 * inputs[0][-1] * prod(result))


def _misfit(x: Any, y: Any) -> str:
    if not getattr(x, "shape", ()) or not getattr(y, "shape", ()):
        return "both operands need to be at least one-dimensional; multiply scalars with *"
    inner = y.shape[0] if y.ndim == 1 else y.shape[-2]
    if x.shape[-1] != inner:
        problem = (
            f"the inner sizes {x.shape[-1]} (last axis of x) and {inner} "
            f"({'only' if y.ndim == 1 else 'last but one'} axis of y) differ"
        )
        if y.ndim >= 2 and x.shape[-1] == y.shape[-1]:
            return problem + "; x @ y.T would fit"
        if x.ndim >= 2 and x.shape[-2] == inner:
            return problem + "; x.T @ y would fit"
        return problem
    return "the leading axes do not broadcast"


@operation(notation=r"{x} {y}", symbol="@", direct=True, linear=True, flops=_products, binds=7, misfit=_misfit)
def matmul(xp: Any, x: Any, y: Any) -> Any:
    """The matrix product, over the last two axes; leading axes broadcast.

    Raises `ShapeError` unless the last axis of `x` is as long as the last but one of `y`.

    >>> ag.matmul(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0], [4.0]])).numpy()
    array([[11.]])
    """
    return xp.matmul(x, y)


def _left(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    # out = x y, so the gradient of x is g yᵀ.
    if y.ndim == 1:
        return g * y if x.ndim == 1 else xp.expand_dims(g, -1) * y
    if x.ndim == 1:
        return xp.squeeze(xp.matmul(xp.expand_dims(g, -2), y.swapaxes(-1, -2)), -2)
    return xp.matmul(g, y.swapaxes(-1, -2))


def _right(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    # The gradient of y is xᵀ g. It is computed as (gᵀ x)ᵀ: a weight enters as Wᵀ, so that its own
    # gradient, the transpose of this one, comes out in the memory order of W.
    if x.ndim == 1:
        return x * g if y.ndim == 1 else xp.expand_dims(x, -1) * xp.expand_dims(g, -2)
    if y.ndim == 1:
        return xp.squeeze(xp.matmul(xp.expand_dims(g, -2), x), -2)
    return xp.matmul(g.swapaxes(-1, -2), x).swapaxes(-1, -2)


matmul.rules(x=_left, y=_right)
