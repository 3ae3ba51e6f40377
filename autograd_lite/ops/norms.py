r"""Norms of vectors and matrices, and what is made of singular values: under NumPy's `linalg`.

Where a norm has a corner its gradient is the smallest subgradient: 0 at 0, an even split among ties.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy

from autograd_lite.errors import ArgumentError, ShapeError
from autograd_lite.op import composed, refused


def _root_of_squares(xp: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    total = xp.sum(xp.square(xp.absolute(x)), axis=axis, keepdims=keepdims)
    return _guarded(xp, total, xp.sqrt)


def _guarded(xp: Any, total: Any, root: Any) -> Any:
    """A root whose slope is 0 at 0, the smallest subgradient there, where it would be infinite."""
    nothing = total == 0
    return xp.where(nothing, 0, root(xp.where(nothing, 1, total)))


def _vector(xp: Any, x: Any, order: Any, axis: Any, keepdims: bool) -> Any:
    if order is None or order == 2:
        return _root_of_squares(xp, x, axis, keepdims)
    if isinstance(order, str):
        raise refused(ArgumentError, f"a vector has no norm of order {order!r}: 'fro' and 'nuc' are for matrices")
    size = xp.absolute(x)
    if order == inf:
        return xp.max(size, axis=axis, keepdims=keepdims)
    if order == -inf:
        return xp.min(size, axis=axis, keepdims=keepdims)
    if order == 1:
        return xp.sum(size, axis=axis, keepdims=keepdims)
    nothing = size == 0
    if order == 0:
        return xp.sum(xp.where(nothing, 0, xp.ones_like(size)), axis=axis, keepdims=keepdims)
    powers = xp.where(nothing, inf if order < 0 else 0, xp.power(xp.where(nothing, 1, size), order))
    return _guarded(xp, xp.sum(powers, axis=axis, keepdims=keepdims), lambda safe: xp.power(safe, 1 / order))


_BY_SINGULAR_VALUES = ("nuc", 2, -2)


def _matrix(xp: Any, x: Any, order: Any, axis: tuple[int, int], keepdims: bool) -> Any:
    rows, columns = axis
    if order in (None, "fro"):
        return _root_of_squares(xp, x, axis, keepdims)
    if order in _BY_SINGULAR_VALUES:
        return _of_singular_values(xp, x, order, axis, keepdims)
    if order not in (1, -1, inf, -inf):
        raise refused(ArgumentError, f"a matrix has no norm of order {order!r}: there are 1, 2, inf, 'fro' and 'nuc'")
    over, along = (rows, columns) if order in (1, -1) else (columns, rows)
    total = xp.sum(xp.absolute(x), axis=over, keepdims=True)
    found = (xp.max if order > 0 else xp.min)(total, axis=along, keepdims=True)
    return found if keepdims else xp.squeeze(found, axis=axis)


def _of_singular_values(xp: Any, x: Any, order: Any, axis: tuple[int, int], keepdims: bool) -> Any:
    rest = [i for i in range(x.ndim) if i not in axis]
    s = xp.linalg.svdvals(x.transpose((*rest, *axis)))
    # What is zero up to rounding turns no corner: the smallest subgradient there.
    unit = float(numpy.finfo(s.dtype).eps) * max(x.shape[i] for i in axis) if order == "nuc" else 0.0
    s = xp.where(s > unit * xp.max(s, axis=-1, keepdims=True), s, 0)
    found = xp.sum(s, axis=-1) if order == "nuc" else (xp.max if order == 2 else xp.min)(s, axis=-1)
    return found.reshape(tuple(1 if i in axis else n for i, n in enumerate(x.shape))) if keepdims else found


def _axes(ndim: int, axis: Any) -> tuple[int, ...]:
    found = axis if isinstance(axis, tuple) else (axis,)
    for each in found:
        if not isinstance(each, int) or isinstance(each, bool):
            raise refused(ArgumentError, f"axis is a whole number, a pair of them or None, not {axis!r}")
        if not -ndim <= each < ndim:
            raise numpy.exceptions.AxisError(each, ndim)
    found = tuple(each % ndim for each in found)
    if len(set(found)) < len(found):
        raise ValueError("duplicate axes given")
    return found


@composed(notation=r"\|{x}\|", space="linalg", analytic=False)
def norm(xp: Any, x: Any, *, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """The norm of vectors along `axis`, of matrices in a pair of axes, or of the whole array.

    `ord` is any number, inf or -inf for vectors; 1, -1, 2, -2, inf, -inf, `"fro"` or `"nuc"` for matrices; None stands
    for the root of the sum of squares, of all elements where `axis` is None. Where a norm has a corner its gradient is
    the smallest subgradient, 0 at 0; ties for a largest or smallest element share it evenly.

    >>> ag.linalg.norm(ag.tensor([3.0, -4.0])).item(), ag.linalg.norm(ag.tensor([3.0, -4.0]), ord=1).item()
    (5.0, 7.0)
    """
    if axis is None and ord is None:
        return _root_of_squares(xp, x, None, keepdims)
    axes = tuple(range(x.ndim)) if axis is None else _axes(x.ndim, axis)
    if len(axes) == 1:
        return _vector(xp, x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise refused(ShapeError, f"a norm of order {ord!r} is of vectors or of matrices, not over {len(axes)} axes")
    return _matrix(xp, x, ord, (axes[0], axes[1]), keepdims)


@composed(notation=r"\|{x}\|", space="linalg", analytic=False)
def vector_norm(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:  # noqa: A002
    """The norm of all elements along `axis`, one or several (all where None), read as one vector.

    >>> ag.linalg.vector_norm(ag.tensor([[3.0], [4.0]])).item()
    5.0
    """
    return _vector(xp, x, ord, None if axis is None else _axes(x.ndim, axis), keepdims)


@composed(notation=r"\|{x}\|", space="linalg", analytic=False)
def matrix_norm(xp: Any, x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002
    """The norm of the matrices in the last two axes.

    >>> ag.linalg.matrix_norm(ag.tensor([[3.0, 0.0], [0.0, 4.0]]), ord="nuc").item()
    7.0
    """
    if x.ndim < 2:
        raise refused(ShapeError, "a matrix has two axes")
    return _matrix(xp, x, ord, (x.ndim - 2, x.ndim - 1), keepdims)


@composed(notation=r"\kappa({x})", space="linalg", analytic=False)
def cond(xp: Any, x: Any, *, p: Any = None) -> Any:
    """The condition number of matrices in the norm of order `p`: the largest singular value over the smallest for None.

    >>> ag.linalg.cond(ag.tensor([[2.0, 0.0], [0.0, 8.0]])).item()
    4.0
    """
    if x.ndim < 2:
        raise refused(ShapeError, "a matrix has two axes")
    if p in (None, 2, -2):
        s = xp.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return xp.linalg.matrix_norm(x, ord=p) * xp.linalg.matrix_norm(xp.linalg.inv(x), ord=p)


@composed(notation=r"\operatorname{{rank}} {A}", space="linalg", data=True, analytic=False)
def matrix_rank(xp: Any, A: Any, *, tol: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:  # noqa: N803
    """The number of singular values above `tol` (or `rtol` times the largest); data, never differentiable.

    Where neither is given `rtol` is the rounding unit times the longer side.

    >>> ag.linalg.matrix_rank(ag.tensor([[1.0, 2.0], [2.0, 4.0]])).item()
    1
    """
    if A.ndim < 2:
        return 1 * xp.max(A != 0)
    s = xp.linalg.svdvals(A)
    unit = float(numpy.finfo(s.dtype).eps) * max(A.shape[-2:]) if rtol is None else rtol
    least = unit * xp.max(s, axis=-1, keepdims=True) if tol is None else tol
    return xp.sum(s > least, axis=-1)
