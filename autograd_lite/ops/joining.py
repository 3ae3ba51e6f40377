r"""Arrays joined, and an array split. The rule of the one does what the other does."""

from __future__ import annotations

from itertools import pairwise
from operator import index as whole
from typing import Any

import numpy

from autograd_lite.errors import ArgumentError, AxisError, DeviceError, ShapeError
from autograd_lite.op import composed, operation
from autograd_lite.ops.indexing import scatter_add
from autograd_lite.ops.shaping import along, axis_of


@operation(notation=r"[{arrays}]", symbol="concatenate", flops=0)
def concatenate(xp: Any, *arrays: Any, axis: int | None = 0) -> Any:
    """Join along an existing axis; `axis=None` joins them flattened.

    >>> ag.concatenate([ag.tensor([1.0]), ag.tensor([2.0, 3.0])]).numpy()
    array([1., 2., 3.])
    """
    return xp.concatenate(arrays, axis=axis)


# All parts of the gradient at once: where the last begins, all before it have been passed.
def _concatenate_rule(xp: Any, g: Any, out: Any, *arrays: Any, axis: int | None) -> list[Any]:
    before = (slice(None),) * (0 if axis is None else axis % out.ndim)
    found = []
    start = 0
    for x in arrays:
        stop = start + (x.size if axis is None else x.shape[axis])
        part = g[(*before, slice(start, stop))]
        found.append(part if axis is not None else part.reshape(x.shape))
        start = stop
    return found


concatenate.rules(arrays=_concatenate_rule)


@operation(notation=r"[{arrays}]", symbol="stack", flops=0)
def stack(xp: Any, *arrays: Any, axis: int = 0) -> Any:
    """Join along a new axis.

    >>> ag.stack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])], axis=1).numpy()
    array([[1., 3.],
           [2., 4.]])
    """
    return xp.stack(arrays, axis=axis)


def _stack_rule(xp: Any, g: Any, out: Any, *arrays: Any, axis: int) -> list[Any]:
    before = (slice(None),) * (axis % out.ndim)
    return [g[(*before, place)] for place in range(len(arrays))]


stack.rules(arrays=_stack_rule)


def _borders(size: int, indices_or_sections: Any) -> list[tuple[int, int]]:
    """Where the parts of an axis of `size` begin and end."""
    if isinstance(indices_or_sections, tuple) or getattr(indices_or_sections, "ndim", 0) == 1:
        cuts = [whole(each) for each in indices_or_sections]
    else:
        count = whole(indices_or_sections)
        if count < 1 or size % count:
            raise ArgumentError(f"an axis of {size} elements cannot be split into {count} equal parts: give the places")
        cuts = [size // count * i for i in range(1, count)]
    inside = [slice(None, cut).indices(size)[1] for cut in cuts]
    return [(start, max(start, stop)) for start, stop in zip([0, *inside], [*inside, size], strict=True)]


@operation(notation=r"\operatorname{{split}}({x})", symbol="split", linear=True, flops=0, parts=True)
def split(xp: Any, x: Any, *, indices_or_sections: Any, axis: int = 0) -> Any:
    """Parts of an array along an axis: so many of equal length, or cut at the places given; a tuple.

    >>> [part.numpy().tolist() for part in ag.split(ag.tensor([1.0, 2.0, 3.0, 4.0]), [1, 3])]
    [[1.0], [2.0, 3.0], [4.0]]
    """
    if not -x.ndim <= axis < x.ndim:
        raise AxisError(f"axis {axis} is out of bounds for array of dimension {x.ndim}")
    before = (slice(None),) * (axis % x.ndim)
    return tuple(x[(*before, slice(start, stop))] for start, stop in _borders(x.shape[axis], indices_or_sections))


def _split_rule(xp: Any, g: Any, out: Any, x: Any, *, indices_or_sections: Any, axis: int) -> Any:
    borders = _borders(x.shape[axis], indices_or_sections)
    if all(one[1] == other[0] for one, other in pairwise(borders)):
        return xp.concatenate(g, axis=axis)
    before = (slice(None),) * (axis % x.ndim)
    total = xp.zeros_like(x)
    for part, border in zip(g, borders, strict=True):  # places out of order, where parts overlap
        total = total + scatter_add(part, template=(*before, slice(*border)), shape=tuple(x.shape))
    return total


split.rules(x=_split_rule)


# What is composed of those.


@composed(notation=r"\operatorname{{split}}({x})", symbol="split", parts=True)
def array_split(xp: Any, x: Any, *, indices_or_sections: Any, axis: int = 0) -> Any:
    """Parts of an array along an axis as `split` gives them, of which the first may be longer by one; a tuple.

    >>> [part.numpy().tolist() for part in ag.array_split(ag.tensor([1.0, 2.0, 3.0]), 2)]
    [[1.0, 2.0], [3.0]]
    """
    place = axis_of(x, axis)
    if isinstance(indices_or_sections, tuple) or getattr(indices_or_sections, "ndim", 0) == 1:
        borders = _borders(x.shape[place], indices_or_sections)
    else:
        count = whole(indices_or_sections)
        if count < 1:
            raise ArgumentError(f"an axis is split into 1 part or more, not {count}")
        each, more = divmod(x.shape[place], count)
        borders = [(i * each + min(i, more), (i + 1) * each + min(i + 1, more)) for i in range(count)]
    before = (slice(None),) * place
    return tuple(x[(*before, slice(start, stop))] for start, stop in borders)


def _split_along(xp: Any, x: Any, indices_or_sections: Any, axis: int, least: int) -> Any:
    if x.ndim < least:
        raise ShapeError(f"it splits an array of {least} axes or more, and this has {x.ndim}")
    return xp.split(x, indices_or_sections, axis)


@composed(notation=r"\operatorname{{split}}({x})", symbol="split", parts=True)
def hsplit(xp: Any, x: Any, *, indices_or_sections: Any) -> Any:
    """Parts of an array side by side, along its second axis, or the first where there is no other; a tuple.

    >>> [part.shape for part in ag.hsplit(ag.zeros((2, 4)), 2)]
    [(2, 2), (2, 2)]
    """
    return _split_along(xp, x, indices_or_sections, 1 if x.ndim > 1 else 0, 1)


@composed(notation=r"\operatorname{{split}}({x})", symbol="split", parts=True)
def vsplit(xp: Any, x: Any, *, indices_or_sections: Any) -> Any:
    """Parts of an array one below the other, along its first axis; a tuple.

    >>> [part.shape for part in ag.vsplit(ag.zeros((4, 2)), [1])]
    [(1, 2), (3, 2)]
    """
    return _split_along(xp, x, indices_or_sections, 0, 2)


@composed(notation=r"\operatorname{{split}}({x})", symbol="split", parts=True)
def dsplit(xp: Any, x: Any, *, indices_or_sections: Any) -> Any:
    """Parts of an array along its third axis; a tuple.

    >>> [part.shape for part in ag.dsplit(ag.zeros((1, 2, 4)), 2)]
    [(1, 2, 2), (1, 2, 2)]
    """
    return _split_along(xp, x, indices_or_sections, 2, 3)


@composed(notation=r"\operatorname{{unstack}}({x})", symbol="unstack", parts=True)
def unstack(xp: Any, x: Any, *, axis: int = 0) -> Any:
    """Each of the arrays that `stack` would join to this one along `axis`; a tuple.

    >>> [part.numpy().tolist() for part in ag.unstack(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))]
    [[1.0, 2.0], [3.0, 4.0]]
    """
    before = (slice(None),) * axis_of(x, axis)
    return tuple(x[(*before, place, ...)] for place in range(x.shape[axis]))


@composed(notation=r"[{arrays}]", symbol="vstack")
def vstack(xp: Any, *arrays: Any) -> Any:
    """Arrays one below the other, along the first axis; vectors are rows.

    >>> ag.vstack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])]).numpy()
    array([[1., 2.],
           [3., 4.]])
    """
    return xp.concatenate([xp.atleast_2d(each) for each in arrays], axis=0)


@composed(notation=r"[{arrays}]", symbol="hstack")
def hstack(xp: Any, *arrays: Any) -> Any:
    """Arrays side by side, along the second axis; vectors one after the other.

    >>> ag.hstack([ag.tensor([1.0, 2.0]), ag.tensor([3.0])]).numpy()
    array([1., 2., 3.])
    """
    parts = [xp.atleast_1d(each) for each in arrays]
    return xp.concatenate(parts, axis=0 if parts[0].ndim == 1 else 1)


@composed(notation=r"[{arrays}]", symbol="dstack")
def dstack(xp: Any, *arrays: Any) -> Any:
    """Arrays one behind the other, along the third axis.

    >>> ag.dstack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])]).shape
    (1, 2, 2)
    """
    return xp.concatenate([xp.atleast_3d(each) for each in arrays], axis=2)


@composed(notation=r"[{arrays}]", symbol="column_stack")
def column_stack(xp: Any, *arrays: Any) -> Any:
    """Vectors, and the columns of matrices, side by side as the columns of one matrix.

    >>> ag.column_stack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])]).numpy()
    array([[1., 3.],
           [2., 4.]])
    """
    parts = [xp.atleast_1d(each) for each in arrays]
    return xp.concatenate([each.reshape((-1, 1)) if each.ndim == 1 else each for each in parts], axis=1)


@composed(notation=r"[{x}, {values}]", symbol="append")
def append(xp: Any, x: Any, values: Any, *, axis: int | None = None) -> Any:
    """The values after the array along `axis`, or both flattened.

    >>> ag.append(ag.tensor([1.0, 2.0]), 3.0).numpy()
    array([1., 2., 3.])
    """
    if axis is None:
        return xp.concatenate([xp.ravel(x), xp.ravel(values)], axis=0)
    return xp.concatenate([x, values], axis=axis)


@composed(notation=r"\operatorname{{delete}}({x})")
def delete(xp: Any, x: Any, *, obj: Any, axis: int | None = None) -> Any:
    """Without the elements at `obj` along `axis` (None: flattened): a place, a slice, places, or a truth for each.

    >>> ag.delete(ag.tensor([1.0, 2.0, 3.0]), 1).numpy()
    array([1., 3.])
    """
    if axis is None:
        x, axis = x.reshape(-1), 0
    place = axis_of(x, axis)
    gone = obj if isinstance(obj, slice) else numpy.asarray(obj if numpy.size(obj) else numpy.zeros(0, int))
    return along(xp, x, place, numpy.delete(numpy.arange(x.shape[place]), gone))


def _in_one_place(arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arrays, which never meet in an operation that would refuse those of two devices."""
    places = sorted({str(getattr(each, "device", "cpu")) for each in arrays})
    if len(places) > 1:
        raise DeviceError(f"arrays of {' and '.join(places)} were mixed")
    return arrays


@composed(notation=r"\operatorname{{grid}}({xi})", symbol="meshgrid", parts=True)
def meshgrid(xp: Any, *xi: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> Any:
    """The coordinates of a grid, an array for each of the vectors along its axes; a tuple.

    The first two axes are exchanged where `indexing` is "xy". With `sparse` each has length 1 along the other axes.

    >>> [part.numpy().tolist() for part in ag.meshgrid(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0]))]
    [[[1.0, 2.0], [1.0, 2.0]], [[3.0, 3.0], [4.0, 4.0]]]
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"the indexing is 'xy' or 'ij', not {indexing!r}")
    order = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        order[:2] = [1, 0]
    vectors = [xp.ravel(each) for each in _in_one_place(xi)]
    laid = [each.reshape(tuple(-1 if i == place else 1 for i in order)) for place, each in enumerate(vectors)]
    if sparse:
        return tuple(laid)
    shape = tuple(vectors[i].shape[0] for i in order)
    return tuple(xp.broadcast_to(each, shape) for each in laid)


@composed(notation=r"{arrays}", symbol="broadcast_arrays", parts=True)
def broadcast_arrays(xp: Any, *arrays: Any) -> Any:
    """Each array broadcast to the shape that they have together; a tuple.

    >>> [part.shape for part in ag.broadcast_arrays(ag.zeros(3), ag.zeros((2, 1)))]
    [(2, 3), (2, 3)]
    """
    given = [xp.asarray(each) for each in _in_one_place(arrays)]
    shape = numpy.broadcast_shapes(*(each.shape for each in given))
    return tuple(xp.broadcast_to(each, shape) for each in given)
