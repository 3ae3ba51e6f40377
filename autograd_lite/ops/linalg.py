r"""Matrix products, in every combination of ranks that NumPy has.

The rules read a one-dimensional argument as a row on the left and as a column on the right.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.op import operation


@operation(notation=r"{x} {y}", symbol="@", direct=True)
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
