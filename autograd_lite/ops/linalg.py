r"""Matrices: their product in every combination of ranks that NumPy has, and their diagonals and triangles.

The rules of the product read a one-dimensional argument as a row on the left and as a column on the right.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy

from autograd_lite.errors import ShapeError
from autograd_lite.op import composed, operation, refused
from autograd_lite.ops.indexing import scatter_add


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


# Diagonals and triangles.


def _pair_of_axes(ndim: int, axis1: int, axis2: int) -> tuple[int, int]:
    for axis in (axis1, axis2):
        if not -ndim <= axis < ndim:
            raise numpy.exceptions.AxisError(axis, ndim)
    if axis1 % ndim == axis2 % ndim:
        raise refused(ShapeError, f"axis1 and axis2 are both axis {axis1 % ndim}: a diagonal has two axes")
    return axis1 % ndim, axis2 % ndim


def _along(shape: Any, offset: int) -> slice:
    """The diagonal of matrices of m × n elements, as a slice of their elements in a row."""
    m, n = shape
    start = offset if offset >= 0 else -offset * n
    length = max(0, min(m, n - offset) if offset >= 0 else min(m + offset, n))
    return slice(start, start + length * (n + 1), n + 1) if length else slice(0, 0, 1)


def _placed(g: Any, m: int, n: int, offset: int) -> Any:
    """Matrices of m × n elements with `g` on a diagonal, and zeros elsewhere."""
    flat = (*g.shape[:-1], m * n)
    placed = scatter_add(g, template=(Ellipsis, _along((m, n), offset)), shape=flat)
    return placed.reshape((*g.shape[:-1], m, n))


def placed_on_diagonal(g: Any) -> Any:
    """Square matrices with `g` on the diagonal, and zeros elsewhere."""
    return _placed(g, g.shape[-1], g.shape[-1], 0)


@operation(notation=r"\operatorname{{diag}}({x})", symbol="diagonal", moves=True)
def diagonal(xp: Any, x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The elements whose index along `axis2` is that along `axis1` plus `offset`; they stand along the last axis.

    >>> ag.diagonal(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([1., 4.])
    """
    _pair_of_axes(x.ndim, axis1, axis2)
    return xp.diagonal(x, offset, axis1, axis2)


def _diagonal_rule(xp: Any, g: Any, out: Any, x: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    first, second = _pair_of_axes(x.ndim, axis1, axis2)
    order = (*(i for i in range(x.ndim) if i not in (first, second)), first, second)
    placed = _placed(g, x.shape[first], x.shape[second], offset)
    return placed.transpose(tuple(order.index(i) for i in range(x.ndim)))


diagonal.rules(x=_diagonal_rule)


@composed(notation=r"\operatorname{{tr}} {x}", symbol="tr", analytic=False)
def trace(xp: Any, x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The sum along a diagonal, added in `dtype` where that is given.

    >>> ag.trace(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).item()
    5.0
    """
    along = xp.diagonal(x, offset=offset, axis1=axis1, axis2=axis2)
    return xp.sum(along if dtype is None else along.astype(dtype), axis=-1)


@composed(notation=r"\operatorname{{diag}}({x})")
def diag(xp: Any, x: Any, *, k: int = 0) -> Any:
    """The k-th diagonal of a matrix; of a vector the matrix that has it there, and zeros elsewhere.

    >>> ag.diag(ag.tensor([1.0, 2.0])).numpy()
    array([[1., 0.],
           [0., 2.]])
    """
    if x.ndim == 2:
        return xp.diagonal(x, offset=k, axis1=0, axis2=1)
    if x.ndim != 1:
        raise refused(ShapeError, "it takes a vector or a matrix; for stacked matrices there is diagonal")
    n = x.shape[0] + abs(k)
    return _placed(x, n, n, k)


@composed(notation=r"\operatorname{{diag}}({x})")
def diagflat(xp: Any, x: Any, *, k: int = 0) -> Any:
    """A matrix with all elements of `x` on its k-th diagonal, and zeros elsewhere.

    >>> ag.diagflat(ag.tensor([[1.0], [2.0]])).numpy()
    array([[1., 0.],
           [0., 2.]])
    """
    return xp.diag(xp.reshape(x, (-1,)), k=k)


def _stacked(x: Any) -> None:
    if not x.ndim:
        raise refused(ShapeError, "a number is no matrix")


@operation(notation=r"\operatorname{{tril}}({x})", linear=True, flops=0)
def tril(xp: Any, x: Any, *, k: int = 0) -> Any:
    """The lower triangle of matrices, up to their k-th diagonal; zeros above.

    >>> ag.tril(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[1., 0.],
           [3., 4.]])
    """
    _stacked(x)
    return xp.tril(x, k)


# Of a vector NumPy makes a square matrix with it in every row; the engine sums a gradient over the rows.
tril.rules(x=lambda xp, g, out, x, *, k: tril(g, k=k))


@operation(notation=r"\operatorname{{triu}}({x})", linear=True, flops=0)
def triu(xp: Any, x: Any, *, k: int = 0) -> Any:
    """The upper triangle of matrices, from their k-th diagonal on; zeros below.

    >>> ag.triu(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[1., 2.],
           [0., 4.]])
    """
    _stacked(x)
    return xp.triu(x, k)


triu.rules(x=lambda xp, g, out, x, *, k: triu(g, k=k))


@composed(notation=r"\operatorname{{vander}}({x})")
def vander(xp: Any, x: Any, *, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803 - NumPy's name
    """The matrix whose columns are the powers of a vector, the highest first unless they are `increasing`.

    >>> ag.vander(ag.tensor([2.0, 3.0]), 3).numpy()
    array([[4., 2., 1.],
           [9., 3., 1.]])
    """
    if x.ndim != 1:
        raise refused(ShapeError, "the powers are those of a vector")
    count = x.shape[0] if N is None else N
    if not count:
        return x[:, None][:, :0]  # of no columns, and yet with a gradient: zeros
    columns = [xp.ones_like(x)]
    for _ in range(count - 1):
        columns.append(columns[-1] * x)
    return xp.stack(columns if increasing else columns[::-1], axis=-1)
