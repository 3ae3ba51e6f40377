r"""Sorting, searching and counting. An order is data; what stands in an order has a gradient.

The gradient of a sorted array goes back to where each element was, and ties share theirs evenly: the places that equal
elements take are exchangeable, so each gets the mean of what their places got.
"""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.errors import ArgumentError, AxisError, DtypeError
from autograd_lite.op import composed, operation
from autograd_lite.ops.cumulative import flipped
from autograd_lite.ops.indexing import ARRAY, scatter_add


def _kind(kind: Any, stable: Any) -> Any:
    if kind is not None and stable is not None:
        raise ArgumentError(f"kind={kind!r} and stable={stable!r} say one thing: give one of them")
    return "stable" if stable else kind


@operation(notation=r"\operatorname{{argsort}}({x})", analytic=False)
def argsort(xp: Any, x: Any, *, axis: int | None = -1, kind: Any = None, stable: Any = None) -> Any:
    """The places of the elements along `axis` in ascending order; data, never differentiable.

    >>> ag.argsort(ag.tensor([3.0, 1.0, 2.0])).numpy()
    array([1, 2, 0])
    """
    return xp.argsort(x, axis=axis, kind=_kind(kind, stable))


@operation(notation=r"\operatorname{{sort}}({x})", analytic=False)
def sort(xp: Any, x: Any, *, axis: int | None = -1, kind: Any = None, stable: Any = None) -> Any:
    """The elements along `axis` in ascending order, nan last; of the flattened array where None.

    >>> ag.sort(ag.tensor([3.0, 1.0, 2.0])).numpy()
    array([1., 2., 3.])
    """
    return xp.sort(x, axis=axis, kind=_kind(kind, stable))


def _sort_rule(xp: Any, g: Any, out: Any, x: Any, *, axis: int | None, kind: Any, stable: Any) -> Any:
    if axis is None:
        return _unsorted(xp, g, out, x.reshape(-1)).reshape(x.shape)
    found = _unsorted(xp, g.swapaxes(axis, -1), out.swapaxes(axis, -1), x.swapaxes(axis, -1))
    return found.swapaxes(axis, -1)


def _unsorted(xp: Any, g: Any, out: Any, x: Any) -> Any:
    """The gradient of what was sorted along the last axis."""
    if not x.size:
        return g
    template, shape = (ARRAY,), (math.prod(x.shape),)
    origin, group, equals = sorted_places(x)
    shares = scatter_add(g.reshape(-1), group, template=template, shape=shape)[group] / equals.astype(g.dtype)
    return scatter_add(shares, origin, template=template, shape=shape).reshape(x.shape)


@operation(notation=r"\operatorname{{places}}({x})", analytic=False, parts=3)
def sorted_places(xp: Any, x: Any) -> Any:
    """Of each element in the ascending order of its row along the last axis, all rows one after the other: data.

    Its place in the flattened array, which group of equals in a row it is of, counted through all rows, and how many
    those are.

    >>> [each.numpy().tolist() for each in ag.sorted_places(ag.tensor([3.0, 1.0, 3.0]))]
    [[1, 0, 2], [0, 1, 1], [1, 2, 2]]
    """
    rows = x.reshape((-1, x.shape[-1])) if x.size else x.reshape((0, 1))
    places = xp.argsort(rows, axis=-1, kind="stable")
    ones = xp.ones_like(places)
    origin = (places + (xp.cumsum(ones, axis=0) - 1) * rows.shape[-1]).reshape(-1)
    ordered = x.reshape(-1)[origin].reshape(rows.shape)
    fresh = xp.concatenate([ones[:, :1] > 0, ordered[:, 1:] != ordered[:, :-1]], axis=1)
    group = xp.cumsum(fresh.reshape(-1)) - 1
    return origin, group, scatter_add(ones.reshape(-1), group, template=(ARRAY,), shape=tuple(origin.shape))[group]


sort.rules(x=_sort_rule)


def _placed(x: Any, kth: Any, axis: int | None) -> None:
    """Refuse a place that there is not."""
    size = math.prod(x.shape) if axis is None else x.shape[axis]
    for each in kth if isinstance(kth, tuple) else (kth,):
        if not -size <= each < size:
            raise ArgumentError(f"kth={each} is out of bounds for {size} elements")


# A whole sort is a partition at every place. NumPy's own arrangement of the rest is left open by NumPy too.


@composed(notation=r"\operatorname{{partition}}({x})", analytic=False)
def partition(xp: Any, x: Any, *, kth: Any, axis: int | None = -1) -> Any:
    """The elements along `axis` so that the smaller stand before place `kth` and the larger behind: here, all in order.

    `kth` may be several places. Ties share their gradient evenly.

    >>> ag.partition(ag.tensor([3.0, 1.0, 2.0]), 1).numpy()
    array([1., 2., 3.])
    """
    _placed(x, kth, axis)
    return xp.sort(x, axis=axis)


@composed(notation=r"\operatorname{{argpartition}}({x})", data=True, analytic=False)
def argpartition(xp: Any, x: Any, *, kth: Any, axis: int | None = -1) -> Any:
    """The places of the elements along `axis` in the order of `partition`; data, never differentiable.

    >>> ag.argpartition(ag.tensor([3.0, 1.0, 2.0]), 1).numpy()
    array([1, 2, 0])
    """
    _placed(x, kth, axis)
    return xp.argsort(x, axis=axis)


@composed(notation=r"\operatorname{{topk}}({x})", analytic=False, parts=2)
def topk(xp: Any, x: Any, *, k: int, axis: int = -1, largest: bool = True) -> Any:
    """The `k` largest elements along `axis`, or the smallest, best first, and their places: values and indices.

    Of equal elements the first counts first; they share the gradient of the values evenly. The indices are data.

    >>> values, indices = ag.topk(ag.tensor([3.0, 1.0, 2.0]), 2)
    >>> values.numpy(), indices.numpy()
    (array([3., 2.]), array([0, 2]))
    """
    if not x.ndim or not -x.ndim <= axis < x.ndim:
        raise AxisError(f"axis {axis} is out of bounds for array of dimension {x.ndim}")
    if not 0 <= k <= x.shape[axis]:
        raise ArgumentError(f"k={k} of {x.shape[axis]} elements along axis {axis} cannot be had")
    values, places = xp.sort(x, axis=axis), xp.argsort(flipped(x, axis) if largest else x, axis=axis, kind="stable")
    first = (*(slice(None),) * (axis % x.ndim), slice(k))
    if not largest:
        return values[first], places[first]
    return flipped(values, axis)[first], x.shape[axis] - 1 - flipped(places, axis)[first]


@operation(notation=r"\operatorname{{searchsorted}}({a}, {v})", analytic=False)
def searchsorted(xp: Any, a: Any, v: Any, *, side: str = "left") -> Any:
    """Where each of `v` belongs in the sorted `a`, before equal elements or on the right `side`; data.

    `sorter` are the places that put `a` in order.

    >>> ag.searchsorted(ag.tensor([1.0, 2.0, 3.0]), 2.5).item()
    2
    """
    return xp.searchsorted(a, v, side=side)


@searchsorted.further
def _searchsorted(xp: Any, a: Any, v: Any, *, side: str = "left", sorter: Any = None) -> Any:
    return xp.searchsorted(a if sorter is None else a[sorter], v, side=side)


@operation(notation=r"\operatorname{{unique}}({x})", analytic=False, parts=4)
def unique_all(xp: Any, x: Any, *, axis: int | None = None, equal_nan: bool = False) -> Any:
    """The different elements in order, where each is first, which of them each element is, and how often: data.

    >>> [each.numpy().tolist() for each in ag.unique_all(ag.tensor([3, 1, 3]))]
    [[1, 3], [1, 0], [1, 0, 1], [1, 2]]
    """
    return tuple(
        xp.unique(
            x, return_index=True, return_inverse=True, return_counts=True, axis=axis, equal_nan=equal_nan
        )
    )  # fmt: skip


@composed(notation=r"\operatorname{{unique}}({x})", data=True, analytic=False)
def unique(
    xp: Any, x: Any, *, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    axis: int | None = None, equal_nan: bool = True,
) -> Any:  # fmt: skip
    """The different elements in order, or the different parts along `axis`, with what NumPy's returns: data.

    >>> ag.unique(ag.tensor([3, 1, 3])).numpy()
    array([1, 3])
    """
    values, *rest = unique_all(x, axis=axis, equal_nan=equal_nan)
    asked = [each for each, wanted in zip(rest, (return_index, return_inverse, return_counts), strict=True) if wanted]
    return (values, *asked) if asked else values


@operation(notation=r"\operatorname{{nonzero}}({x})", analytic=False, parts=True)
def nonzero(xp: Any, x: Any) -> Any:
    """The places of the elements other than 0, an array for each axis; data, never differentiable.

    >>> [each.numpy().tolist() for each in ag.nonzero(ag.tensor([[0, 5], [6, 0]]))]
    [[0, 1], [1, 0]]
    """
    return xp.nonzero(x)


@composed(data=True, analytic=False)
def flatnonzero(xp: Any, x: Any) -> Any:
    """The places of the elements other than 0 in the flattened array; data, never differentiable.

    >>> ag.flatnonzero(ag.tensor([[0, 5], [6, 0]])).numpy()
    array([1, 2])
    """
    return xp.nonzero(x.reshape(-1))[0]


@composed(data=True, analytic=False)
def argwhere(xp: Any, x: Any) -> Any:
    """The places of the elements other than 0, one a row; data, never differentiable.

    >>> ag.argwhere(ag.tensor([[0, 5], [6, 0]])).numpy()
    array([[0, 1],
           [1, 0]])
    """
    found = xp.stack(xp.nonzero(x if x.ndim else x.reshape(1)), axis=-1)
    return found if x.ndim else found[:, :0]


@operation(notation=r"\operatorname{{bincount}}({x})", analytic=False)
def bincount(xp: Any, x: Any, weights: Any = None, *, minlength: int = 0) -> Any:
    """How often each whole number from 0 stands in `x`, or the sum of its `weights`, which have a gradient.

    >>> ag.bincount(ag.tensor([0, 2, 2])).numpy()
    array([1, 0, 2])
    """
    if x.dtype.kind not in "biu":
        raise DtypeError(f"what is counted are whole numbers, not {x.dtype}: give x.astype(int)")
    return xp.bincount(x, weights=weights, minlength=minlength)


bincount.rules(x=None, weights=lambda xp, g, out, x, weights, *, minlength: g[x])


@operation(notation=r"\operatorname{{histogram}}({x})", analytic=False, parts=2)
def histogram(xp: Any, x: Any, *, bins: Any = 10, range: Any = None, density: bool = False) -> Any:  # noqa: A002 - NumPy's name
    """How many elements fall between one of the edges of `bins` and the next, and the edges: data.

    `bins` is their number, their edges, or one of NumPy's words.

    >>> [each.numpy().tolist() for each in ag.histogram(ag.tensor([0.0, 1.0, 1.5]), bins=2)]
    [[1, 2], [0.0, 0.75, 1.5]]
    """
    if hasattr(bins, "__apply__"):
        raise ArgumentError("the edges of bins are a number, a list or a plain array, not a tensor")
    return xp.histogram(x, bins=bins, range=range, density=density)
