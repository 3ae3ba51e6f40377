r"""Indexing with everything NumPy accepts, its two companions, scatter and put, and what is composed of them.

An index is split once, where a user writes it, into a template in which `ARRAY` stands for each array
and the arrays themselves, which are arguments: data of the graph like any other. Every world splits and
fills with the two functions here. The forwards of `scatter_add`, `put` and the extremes at an index write into an array
they have just made, the only in-place writes among the operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index as whole
from types import EllipsisType, NoneType
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.errors import ArgumentError, AutogradError, AxisError, DtypeError, IndexingError, ShapeError
from autograd_lite.op import composed, operation


class _Array:
    """Stands in an index template for the next array argument."""

    def __repr__(self) -> str:
        return "ARRAY"

    def __reduce__(self) -> str:
        return "ARRAY"


ARRAY = _Array()


_PLAIN = {int, bool, slice, NoneType, EllipsisType, _Array}
_UNKNOWN = "only integers, slices, `...`, `None` and arrays of integers or booleans are indices, not"


def split(index: Any, own: bool = False) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """An index as NumPy reads it: a template, and the arrays that belong at the places of `ARRAY`, in order.

    Lists, tuples inside the index, ranges and other sequences are arrays; whole numbers of any kind become Python's.
    Values of other worlds (Tensors, formulas, traced values) are arrays as they are; so are plain arrays, unless the
    index is to keep its `own` copies, which a later write into them does not reach. Raises `DtypeError` for arrays of
    anything but integers and booleans and `IndexingError` for what is no index.

    >>> from autograd_lite.ops.indexing import split
    >>> split((slice(None), (0, 0)))
    ((slice(None, None, None), ARRAY), (array([0, 0]),))
    """
    template: list[Any] = []
    arrays: list[Any] = []
    for part in index if type(index) is tuple else (index,):
        normal = _part(part)
        if normal is ARRAY:
            array = _index_array(part)
            arrays.append(array.copy() if own and array is part and backend.is_array(part) else array)
        template.append(normal)
    return tuple(template), tuple(arrays)


def _part(part: Any) -> Any:
    """One part of an index as it stands in a template."""
    if part is None or part is Ellipsis or type(part) is int or type(part) is bool:
        return part
    if type(part) is slice:
        return slice(_bound(part.start), _bound(part.stop), _bound(part.step))
    if isinstance(part, numpy.bool_):
        return bool(part)
    if isinstance(part, int) or (isinstance(part, numpy.integer) and part.dtype.kind in "iu"):  # no durations
        return int(part)
    if isinstance(part, str | bytes | float | numpy.generic | set | dict):
        raise IndexingError(f"{_UNKNOWN} {part!r}")
    if hasattr(part, "__apply__") or hasattr(part, "__array__") or hasattr(part, "__len__") or backend.is_array(part):
        return ARRAY
    if hasattr(part, "__index__"):
        return whole(part)
    raise IndexingError(f"{_UNKNOWN} {part!r}")


def _bound(bound: Any) -> int | None:
    """The start, stop or step of a slice."""
    if bound is None:
        return None
    try:
        return whole(bound)
    except AutogradError:
        raise
    except TypeError as error:
        raise IndexingError(f"a slice goes from integer to integer, not from or to {bound!r}") from error


def _index_array(part: Any) -> Any:
    """An array in an index; a sequence becomes one of its own."""
    if hasattr(part, "__apply__") or backend.is_array(part):
        array = part
    else:
        array = backend.as_array(part)
        if array.size == 0 and not isinstance(part, numpy.ndarray):
            array = array.astype(int)
    if array.dtype.kind not in "biu":
        said = f"{getattr(part, 'name', None) or ''} {tuple(array.shape)} {array.dtype}".strip()
        raise DtypeError(f"an index must be of integers or booleans, not {said}")
    return array


def fill(template: Any, arrays: Sequence[Any]) -> tuple[Any, ...]:
    """The index that `template` means with `arrays` in their places.

    Raises `ArgumentError` for a template that `split` would not give: only its own are sure to be read alike by every
    rule.

    >>> from autograd_lite.ops.indexing import ARRAY, fill
    >>> fill((0, ARRAY), ([1, 2],))
    (0, [1, 2])
    """
    if type(template) is not tuple or not all(type(part) in _PLAIN for part in template):
        raise ArgumentError(
            f"the template {template!r} is not one that autograd_lite.ops.indexing.split gives: write x[index]"
        )
    if template.count(ARRAY) != len(arrays):
        raise ArgumentError(
            f"the template {template!r} has places for {template.count(ARRAY)} array(s), and {len(arrays)} were given"
        )
    remaining = iter(arrays)
    return tuple(next(remaining) if part is ARRAY else part for part in template)


def _filled(template: Any, arrays: tuple[Any, ...], x: Any) -> tuple[Any, ...]:
    """The index of `x`; NumPy would make a number of another library's array unasked."""
    if arrays:
        backend.namespace(x, *arrays)
    return fill(template, arrays)


@operation(notation=r"{x}_{{[\cdot]}}", symbol="[ ]", linear=True, flops=0)
def getitem(xp: Any, x: Any, *indices: Any, template: Any) -> Any:
    """`x[index]`, with `index` given as a template and the arrays in it; users write `x[index]`.

    >>> ag.tensor([1.0, 2.0, 3.0])[::-2].numpy()
    array([3., 1.])
    """
    return x[_filled(template, indices, x)]


getitem.rules(
    x=lambda xp, g, out, x, *indices, template: _scattered(g, *indices, template=template, shape=x.shape),
    indices=None,
)


def _scattered(g: Any, *indices: Any, template: Any, shape: Any) -> Any:
    return scatter_add(g, *indices, template=template, shape=shape)


@operation(notation=r"\operatorname{{scatter}}({g})", symbol="scatter +", linear=True, flops=0)
def scatter_add(xp: Any, g: Any, *indices: Any, template: Any, shape: Any) -> Any:
    """Zeros of `shape` to which `g` is added at an index; repeated places accumulate.

    >>> ag.scatter_add(ag.tensor([1.0, 10.0]), template=(slice(0, 2),), shape=(3,)).numpy()
    array([ 1., 10.,  0.])
    """
    out = xp.zeros(shape, dtype=g.dtype)
    if indices:
        xp.add.at(out, _filled(template, indices, g), g)
    else:  # integers and slices name no element twice
        out[fill(template, ())] = g
    return out


scatter_add.rules(
    g=lambda xp, g, out, x, *indices, template, shape: getitem(g, *indices, template=template), indices=None
)


def named_once(xp: Any, shape: tuple[int, ...], index: Any) -> None:
    """Refuse an index that names an element twice."""
    later = getattr(xp, "named_once", None)  # where values are not known yet, a world may look when they are
    if later is not None:
        later(shape, index)
        return
    places = xp.arange(prod(shape)).reshape(shape)[index]
    if xp.unique(places).size != places.size:
        raise ArgumentError("put: the index names an element twice, so which value it gets is not defined")


@operation(notation=r"\operatorname{{put}}({x}, {value})", symbol="put", analytic=False, flops=0)
def put_at(xp: Any, x: Any, value: Any, *indices: Any, template: Any) -> Any:
    """A copy of `x` in which the elements at an index are `value`; users write `ag.put`.

    >>> ag.put(ag.tensor([1.0, 2.0]), 0, 9.0).numpy()
    array([9., 2.])
    """
    index = _filled(template, indices, x)
    if indices:
        named_once(xp, x.shape, index)
    out = x.copy()
    out[index] = value
    return out


def _put_rule(xp: Any, g: Any, out: Any, x: Any, value: Any, *indices: Any, template: Any) -> Any:
    found = getitem(g, *indices, template=template)
    # An assignment drops leading axes of length 1 from its value; they come back for the gradient.
    missing = getattr(value, "ndim", 0) - found.ndim
    return found.reshape((1,) * missing + tuple(found.shape)) if missing > 0 else found


put_at.rules(
    x=lambda xp, g, out, x, value, *indices, template: put_at(g, 0, *indices, template=template),
    value=_put_rule,
    indices=None,
)


# What NumPy does in place at an index, as functions that give a new array; users write `x.at[index].add(values)`.


def cast_for(xp: Any, x: Any, values: Any) -> Any:
    """`values` as an array in the dtype of `x`. Raises `DtypeError` where that would lose their kind."""
    kind = numpy.result_type(x.dtype, values) if type(values) in backend.SCALARS else values.dtype
    if not numpy.can_cast(kind, x.dtype, "same_kind"):
        raise DtypeError(f"values of {kind} do not go into an array of {x.dtype}: write x.astype({kind}) first")
    return xp.full_like(x, values, shape=()) if type(values) in backend.SCALARS else values.astype(x.dtype)


@composed(notation=r"\operatorname{{add}}({x}, {values})", symbol="at +", analytic=False, data=["indices"])
def at_add(xp: Any, x: Any, values: Any, *indices: Any, template: Any) -> Any:
    """`x` to which `values` are added at an index, all of them at a place named twice; users write `x.at[index].add`.

    >>> ag.tensor([1.0, 2.0]).at[[0, 0]].add(10.0).numpy()
    array([21.,  2.])
    """
    added = cast_for(xp, x, values)
    return x + scatter_add(added, *indices, template=template, shape=tuple(x.shape))


def _product_at(xp: Any, x: Any, values: Any, indices: Any, template: Any) -> Any:
    """At each place of `x` the product of the values that an index brings there, 1 where there is none.

    They are brought into the order of their places, and multiplied with those 1, 2, 4, … before them: nothing is
    divided, so that a 0 among them is no trouble to any derivative.
    """
    given = cast_for(xp, x, values)
    if not indices:
        return put_at(xp.ones_like(x), given, template=template)
    places = getitem(xp.arange(x.size, like=x).reshape(tuple(x.shape)), *indices, template=template)
    product = xp.broadcast_to(given, tuple(places.shape)).reshape(-1)
    places = places.reshape(-1)
    order = xp.argsort(places, kind="stable")
    places, product = places[order], product[order]
    before = 1
    while before < places.size:
        together = xp.where(places[before:] == places[:-before], product[:-before], 1) * product[before:]
        product = xp.concatenate([product[:before], together])
        before *= 2
    last = xp.concatenate([places[1:], xp.full_like(places[:1], -1)]) != places
    there = {"template": (ARRAY,), "shape": (x.size,)}
    hits = scatter_add(xp.where(last, 1, 0), places, **there)
    total = scatter_add(xp.where(last, product, 0), places, **there)
    return xp.where(hits > 0, total, 1).reshape(tuple(x.shape))


@composed(notation=r"\operatorname{{multiply}}({x}, {values})", symbol="at ⊙", analytic=False, data=["indices"])
def at_multiply(xp: Any, x: Any, values: Any, *indices: Any, template: Any) -> Any:
    """`x` whose elements at an index are multiplied by `values`; users write `x.at[index].multiply`.

    >>> ag.tensor([1.0, 2.0]).at[[0, 0]].multiply([3.0, 5.0]).numpy()
    array([15.,  2.])
    """
    return x * _product_at(xp, x, values, indices, template)


@composed(notation=r"\operatorname{{divide}}({x}, {values})", symbol="at ÷", analytic=False, data=["indices"])
def at_divide(xp: Any, x: Any, values: Any, *indices: Any, template: Any) -> Any:
    """`x` whose elements at an index are divided by `values`; users write `x.at[index].divide`.

    >>> ag.tensor([1.0, 2.0]).at[0].divide(4.0).numpy()
    array([0.25, 2.  ])
    """
    return x / _product_at(xp, x, values, indices, template)


@composed(notation=r"\operatorname{{power}}({x}, {values})", symbol="at ^", analytic=False, data=["indices"])
def at_power(xp: Any, x: Any, values: Any, *indices: Any, template: Any) -> Any:
    """`x` whose elements at an index are raised to `values`; users write `x.at[index].power`.

    >>> ag.tensor([3.0, 2.0]).at[0].power(2.0).numpy()
    array([9., 2.])
    """
    return xp.power(x, _product_at(xp, x, values, indices, template))


# No composition: which of the values at a place is the extreme cannot be said by one comparison for all of them.
@operation(notation=r"\operatorname{{atmax}}({x}, {values})", symbol="at max", analytic=False, flops=0)
def at_maximum(xp: Any, x: Any, values: Any, *indices: Any, template: Any) -> Any:
    """`x` in which the elements at an index are at least `values`; users write `x.at[index].max`.

    >>> ag.tensor([1.0, 2.0]).at[[0, 0]].max([5.0, 3.0]).numpy()
    array([5., 2.])
    """
    out = x.copy()
    xp.maximum.at(out, _filled(template, indices, x), values)
    return out


@operation(notation=r"\operatorname{{atmin}}({x}, {values})", symbol="at min", analytic=False, flops=0)
def at_minimum(xp: Any, x: Any, values: Any, *indices: Any, template: Any) -> Any:
    """`x` in which the elements at an index are at most `values`; users write `x.at[index].min`.

    >>> ag.tensor([1.0, 2.0]).at[[0, 0]].min([5.0, -3.0]).numpy()
    array([-3.,  2.])
    """
    out = x.copy()
    xp.minimum.at(out, _filled(template, indices, x), values)
    return out


# All that are equal to the extreme share its gradient evenly, and nan in the data stays nan.
def _shared(xp: Any, g: Any, out: Any, x: Any, values: Any, indices: Any, template: Any) -> tuple[Any, Any]:
    """The gradient for each winner at its place, and which of the values are winners."""
    best = getitem(out, *indices, template=template)
    winners = values == best
    hits = scatter_add(xp.where(winners, 1, 0), *indices, template=template, shape=tuple(x.shape))
    count = hits + (x == out)
    return xp.where(out == out, g / xp.where(count == 0, 1, count), out), winners


def _extreme_of_x(xp: Any, g: Any, out: Any, x: Any, values: Any, *indices: Any, template: Any) -> Any:
    share, _ = _shared(xp, g, out, x, values, indices, template)
    return xp.where(x == out, share, xp.where(out == out, 0, out))


def _extreme_of_values(xp: Any, g: Any, out: Any, x: Any, values: Any, *indices: Any, template: Any) -> Any:
    share, winners = _shared(xp, g, out, x, values, indices, template)
    found, best = getitem(share, *indices, template=template), getitem(out, *indices, template=template)
    return xp.where(winners, found, xp.where(best == best, 0, best))


for _extreme in (at_maximum, at_minimum):
    _extreme.rules(x=_extreme_of_x, values=_extreme_of_values, indices=None)


# Indices that are data, taken and counted along one axis.


def counted(xp: Any, places: Any, size: int) -> Any:
    """Places that are refused, not counted from the end, where they are negative."""
    if places.dtype.kind not in "iu":
        raise DtypeError(f"places are whole numbers, not {places.dtype}")
    return places if places.dtype.kind == "u" else xp.where(places < 0, size, places)


def _axis(x: Any, axis: Any) -> int:
    place = whole(axis)
    if not -x.ndim <= place < x.ndim:
        raise AxisError(f"axis {place} is out of bounds for array of dimension {x.ndim}")
    return int(place % x.ndim)


def _in_range(xp: Any, indices: Any, size: int, mode: str) -> Any:
    if mode not in ("raise", "wrap", "clip"):
        raise ArgumentError(f"the mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    if mode == "raise":
        return indices
    if not size:
        raise IndexingError("there is no element to take")
    return xp.divmod(indices, size)[1] if mode == "wrap" else xp.clip(indices, 0, size - 1)


@composed(notation=r"{x}_{{[\cdot]}}", symbol="take", data=["indices"])
def take(xp: Any, x: Any, indices: Any, *, axis: int | None = None, mode: str = "raise") -> Any:
    """The elements at `indices` along `axis`, or of the flattened array; places beyond the end by `mode`.

    >>> ag.take(ag.tensor([1.0, 2.0, 3.0]), [2, 0]).numpy()
    array([3., 1.])
    """
    if axis is None:
        x, axis = x.reshape(-1), 0
    place = _axis(x, axis)
    return x[(*(slice(None),) * place, _in_range(xp, indices, x.shape[place], mode))]


take.placed("axis", "out", "mode")


def _open_grid(xp: Any, x: Any, indices: Any, axis: int) -> tuple[Any, ...]:
    """The index that takes along an axis at `indices`, which has as many axes as `x`."""
    if indices.ndim != x.ndim:
        raise ShapeError(f"the indices have {indices.ndim} axes and the array {x.ndim}: give as many")
    if indices.dtype.kind not in "iu":
        raise DtypeError(f"places are whole numbers, not {indices.dtype}")
    lines = [xp.arange(size, like=x).reshape((-1,) + (1,) * (x.ndim - 1 - i)) for i, size in enumerate(x.shape)]
    return tuple(indices if i == axis else line for i, line in enumerate(lines))


@composed(notation=r"{x}_{{[\cdot]}}", symbol="take_along_axis", data=["indices"])
def take_along_axis(xp: Any, x: Any, indices: Any, *, axis: int | None = -1) -> Any:
    """In every line along `axis` the elements at its own `indices`, as `argsort` gives them.

    >>> ag.take_along_axis(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), [[1], [0]], axis=1).numpy()
    array([[2.],
           [3.]])
    """
    if axis is None:
        x, axis = x.reshape(-1), 0
    return x[_open_grid(xp, x, indices, _axis(x, axis))]


@composed(notation=r"\operatorname{{put}}({x}, {values})", symbol="put_along_axis", analytic=False, data=["indices"])
def put_along_axis(xp: Any, x: Any, indices: Any, values: Any, *, axis: int | None = -1) -> Any:
    """A copy of `x` in which, in every line along `axis`, the elements at its own `indices` are `values`.

    >>> ag.put_along_axis(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), [[1], [0]], 9.0, axis=1).numpy()
    array([[1., 9.],
           [9., 4.]])
    """
    shape = tuple(x.shape)
    if axis is None:
        x, axis = x.reshape(-1), 0
    template, arrays = split(_open_grid(xp, x, indices, _axis(x, axis)))
    return put_at(x, cast_for(xp, x, values), *arrays, template=template).reshape(shape)


@composed(notation=r"{x}_{{[\cdot]}}", symbol="compress", data=["condition"])
def compress(xp: Any, condition: Any, x: Any, *, axis: int | None = None) -> Any:
    """The elements along `axis` (None: flattened) for which `condition`, a truth for each, holds.

    >>> ag.compress([True, False, True], ag.tensor([1.0, 2.0, 3.0])).numpy()
    array([1., 3.])
    """
    if condition.ndim != 1:
        raise ShapeError(f"the condition has one axis, not {condition.ndim}")
    if axis is None:
        x, axis = x.reshape(-1), 0
    before = (slice(None),) * _axis(x, axis)
    return x[(*before, slice(0, condition.size))][(*before, condition != 0)]


@composed(notation=r"{x}_{{[\cdot]}}", symbol="extract", data=["condition"])
def extract(xp: Any, condition: Any, x: Any) -> Any:
    """The elements for which `condition`, of the same size, holds, in one row.

    >>> ag.extract(np.array([True, False]), ag.tensor([1.0, 2.0])).numpy()
    array([1.])
    """
    return x.reshape(-1)[condition.reshape(-1) != 0]


@composed(notation=r"\operatorname{{onehot}}({indices})", data=True)
def one_hot(xp: Any, indices: Any, *, num_classes: int, dtype: Any = "float64") -> Any:
    """A row of zeros with a one at the place that each whole number names; it has `num_classes` places.

    Raises `IndexingError` for a number below 0 or not below `num_classes`.

    >>> ag.one_hot([2, 0], 3).numpy()
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    flat = counted(xp, indices.reshape(-1), num_classes)
    rows = xp.arange(indices.size, like=indices)
    ones = xp.ones_like(flat, dtype=backend.native(dtype))
    hot = scatter_add(ones, rows, flat, template=(ARRAY, ARRAY), shape=(indices.size, num_classes))
    return hot.reshape((*indices.shape, num_classes))


def _segmented(xp: Any, x: Any, segments: Any, num_segments: int) -> tuple[Any, tuple[int, ...]]:
    if segments.ndim != 1 or not x.ndim or segments.shape[0] != x.shape[0]:
        raise ShapeError(
            f"a segment is named for each of the rows: {tuple(segments.shape)} do not go with {tuple(x.shape)}"
        )
    return counted(xp, segments, num_segments), (whole(num_segments), *x.shape[1:])


@composed(notation=r"\sum_{{\text{{segments}}}} {x}", symbol="segment Σ", data=["segments"])
def segment_sum(xp: Any, x: Any, segments: Any, *, num_segments: int) -> Any:
    """The sum of the rows of `x` in each segment; `segments` names that of every row, from 0 to below `num_segments`.

    >>> ag.segment_sum(ag.tensor([1.0, 2.0, 3.0]), [0, 1, 0], 3).numpy()
    array([4., 2., 0.])
    """
    places, shape = _segmented(xp, x, segments, num_segments)
    return scatter_add(x, places, template=(ARRAY,), shape=shape)


@composed(notation=r"\operatorname{{mean}}_{{\text{{segments}}}} {x}", symbol="segment mean", data=["segments"])
def segment_mean(xp: Any, x: Any, segments: Any, *, num_segments: int) -> Any:
    """The mean of the rows of `x` in each segment, 0 where there is none.

    >>> ag.segment_mean(ag.tensor([1.0, 2.0, 3.0]), [0, 1, 0], 3).numpy()
    array([2., 2., 0.])
    """
    places, shape = _segmented(xp, x, segments, num_segments)
    count = scatter_add(xp.ones_like(places), places, template=(ARRAY,), shape=shape[:1])
    count = xp.where(count == 0, 1, count).astype(x.dtype).reshape(shape[:1] + (1,) * (x.ndim - 1))
    return scatter_add(x, places, template=(ARRAY,), shape=shape) / count


def _segment_extreme(xp: Any, x: Any, segments: Any, num_segments: int, extreme: Any, least: float) -> Any:
    if x.dtype.kind != "f":
        raise DtypeError(f"a segment without a row has no extreme among {x.dtype}: give real numbers")
    places, shape = _segmented(xp, x, segments, num_segments)
    nothing = xp.full_like(x, least, shape=shape)
    return extreme(nothing, x, places, template=(ARRAY,))


@composed(notation=r"\max_{{\text{{segments}}}} {x}", symbol="segment max", analytic=False, data=["segments"])
def segment_max(xp: Any, x: Any, segments: Any, *, num_segments: int) -> Any:
    """The largest in each segment, element by element of its rows, -inf where there is none; ties share the gradient.

    >>> ag.segment_max(ag.tensor([1.0, 2.0, 3.0]), [0, 1, 0], 3).numpy()
    array([  3.,   2., -inf])
    """
    return _segment_extreme(xp, x, segments, num_segments, at_maximum, -numpy.inf)


@composed(notation=r"\min_{{\text{{segments}}}} {x}", symbol="segment min", analytic=False, data=["segments"])
def segment_min(xp: Any, x: Any, segments: Any, *, num_segments: int) -> Any:
    """The smallest in each segment, element by element of its rows, inf where there is none; ties share the gradient.

    >>> ag.segment_min(ag.tensor([1.0, 2.0, 3.0]), [0, 1, 0], 3).numpy()
    array([ 1.,  2., inf])
    """
    return _segment_extreme(xp, x, segments, num_segments, at_minimum, numpy.inf)
