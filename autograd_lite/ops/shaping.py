r"""Shape and dtype: operations that move elements and compute nothing. Their rules undo the move."""

from __future__ import annotations

from typing import Any

from autograd_lite.backend import native
from autograd_lite.op import operation
from autograd_lite.ops.reduction import reduced_axes


@operation(notation=r"\operatorname{{reshape}}({x})", moves=True)
def reshape(xp: Any, x: Any, *, shape: Any) -> Any:
    """The same elements in another shape, in C order; one -1 is worked out.

    >>> ag.reshape(ag.tensor([1.0, 2.0]), (2, 1)).shape
    (2, 1)
    """
    return x.reshape(shape)


reshape.rules(x=lambda xp, g, out, x, *, shape: g.reshape(x.shape))


@operation(notation=r"{x}^{{\mathsf T}}", symbol="ᵀ", moves=True, binds=10)
def transpose(xp: Any, x: Any, *, axes: Any = None) -> Any:
    """The axes in the order `axes`, or reversed.

    >>> ag.transpose(ag.tensor([[1.0, 2.0]])).shape
    (2, 1)
    """
    return x.transpose(axes)


def _transpose_rule(xp: Any, g: Any, out: Any, x: Any, *, axes: Any) -> Any:
    if axes is None:
        return g.transpose()
    order = reduced_axes(x.ndim, axes)
    return g.transpose(tuple(order.index(i) for i in range(x.ndim)))


transpose.rules(x=_transpose_rule)


@operation(notation=r"{x}^{{\mathsf T}}", symbol="ᵀ", moves=True, binds=10)
def swapaxes(xp: Any, x: Any, *, axis1: int, axis2: int) -> Any:
    """Two axes exchanged.

    >>> ag.swapaxes(ag.tensor([[1.0, 2.0]]), 0, 1).shape
    (2, 1)
    """
    return x.swapaxes(axis1, axis2)


swapaxes.rules(x=lambda xp, g, out, x, *, axis1, axis2: g.swapaxes(axis1, axis2))


@operation(notation=r"{x}", symbol="expand_dims", moves=True)
def expand_dims(xp: Any, x: Any, *, axis: Any) -> Any:
    """A new axis of length 1 at each place in `axis`.

    >>> ag.expand_dims(ag.tensor([1.0, 2.0]), 0).shape
    (1, 2)
    """
    return xp.expand_dims(x, axis)


expand_dims.rules(x=lambda xp, g, out, x, *, axis: g.reshape(x.shape))


@operation(notation=r"{x}", symbol="squeeze", moves=True)
def squeeze(xp: Any, x: Any, *, axis: Any = None) -> Any:
    """Without the axes of length 1 in `axis` (all of them where None).

    >>> ag.squeeze(ag.tensor([[1.0, 2.0]])).shape
    (2,)
    """
    return xp.squeeze(x, axis)


squeeze.rules(x=lambda xp, g, out, x, *, axis: g.reshape(x.shape))


# The engine sums a gradient back over broadcast axes: nothing is left to do.
@operation(notation=r"{x}", symbol="broadcast_to", moves=True)
def broadcast_to(xp: Any, x: Any, *, shape: Any) -> Any:
    """The elements repeated to fill `shape`, by NumPy's broadcasting.

    >>> ag.broadcast_to(ag.tensor([1.0, 2.0]), (3, 2)).shape
    (3, 2)
    """
    return xp.broadcast_to(x, shape)


broadcast_to.rules(x=lambda xp, g, out, x, *, shape: g)


@operation(notation=r"0", flops=0, spreads=True)
def zeros_like(xp: Any, x: Any) -> Any:
    """Zeros of the shape and dtype of `x`.

    >>> ag.zeros_like(ag.tensor([1.0, 2.0])).numpy()
    array([0., 0.])
    """
    return xp.zeros_like(x)


@operation(notation=r"1", flops=0, spreads=True)
def ones_like(xp: Any, x: Any) -> Any:
    """Ones of the shape and dtype of `x`.

    >>> ag.ones_like(ag.tensor([1.0, 2.0])).numpy()
    array([1., 1.])
    """
    return xp.ones_like(x)


@operation(notation=r"{x}", symbol="astype", analytic=False, moves=True, spreads=True)
def astype(xp: Any, x: Any, *, dtype: Any) -> Any:
    """`x` in another dtype; the gradient comes back in the dtype of `x`.

    >>> ag.astype(ag.tensor([1.5]), "float32").dtype
    dtype('float32')
    """
    return x.astype(native(dtype))


astype.rules(x=lambda xp, g, out, x, *, dtype: g)
