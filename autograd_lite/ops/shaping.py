r"""Shape and dtype: operations that move elements and compute nothing. Their rules undo the move."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from operator import index as whole
from typing import Any

import numpy

from autograd_lite.backend import native
from autograd_lite.errors import ArgumentError, AxisError, DeviceError, ShapeError
from autograd_lite.op import composed, operation
from autograd_lite.ops.indexing import scatter_add
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


def _same_device(x: Any, device: Any) -> None:
    """Nothing is moved in silence: what is made like `x` is made where it is."""
    if device is not None and str(device) != str(getattr(x, "device", device)):
        raise DeviceError(f"x lives on {x.device}, and what is like it is made there, not on {device}: move x first")


@operation(notation=r"0", flops=0, spreads=True)
def zeros_like(xp: Any, x: Any, *, dtype: Any = None, shape: Any = None, device: Any = None) -> Any:
    """Zeros of the shape and dtype of `x`, or of those given.

    >>> ag.zeros_like(ag.tensor([1.0, 2.0])).numpy()
    array([0., 0.])
    """
    _same_device(x, device)
    return xp.zeros_like(x) if dtype is shape is None else xp.zeros_like(x, dtype=dtype, shape=shape)


@operation(notation=r"1", flops=0, spreads=True)
def ones_like(xp: Any, x: Any, *, dtype: Any = None, shape: Any = None, device: Any = None) -> Any:
    """Ones of the shape and dtype of `x`, or of those given.

    >>> ag.ones_like(ag.tensor([1.0, 2.0])).numpy()
    array([1., 1.])
    """
    _same_device(x, device)
    return xp.ones_like(x) if dtype is shape is None else xp.ones_like(x, dtype=dtype, shape=shape)


@operation(notation=r"{x}", symbol="astype", analytic=False, moves=True, spreads=True)
def astype(xp: Any, x: Any, *, dtype: Any) -> Any:
    """`x` in another dtype; the gradient comes back in the dtype of `x`.

    >>> ag.astype(ag.tensor([1.5]), "float32").dtype
    dtype('float32')
    """
    return x.astype(native(dtype))


astype.rules(x=lambda xp, g, out, x, *, dtype: g)


# What is composed of those, and of items: `runs` says how an array is put together again from pieces of it.


def runs(places: Any) -> list[tuple[int, int, int]]:
    """Places along an axis as (first, count, step) of the stretches in it that go on by the same step.

    >>> from autograd_lite.ops.shaping import runs
    >>> runs([3, 0, 1, 2, 2, 2])
    [(3, 2, -3), (1, 2, 1), (2, 2, 0)]
    """
    where = numpy.asarray(places, int)
    steps = numpy.diff(where)
    turns = numpy.append(numpy.flatnonzero(numpy.diff(steps)) + 1, len(steps))
    found: list[tuple[int, int, int]] = []
    start = 0
    while start < len(where):
        last = int(turns[numpy.searchsorted(turns, start, "right")]) if start < len(steps) else start
        found.append((int(where[start]), last - start + 1, int(steps[start]) if last > start else 1))
        start = last + 1
    return found


def piece(xp: Any, x: Any, axis: int, first: int, count: int, step: int) -> Any:
    """So many elements of `x` along an axis, from the `first` on."""
    before = (slice(None),) * axis
    if step == 0:
        shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
        return xp.broadcast_to(x[(*before, slice(first, first + 1))], shape)
    stop = first + count * step
    return x[(*before, slice(first, None if stop < 0 else stop, step))]


def along(xp: Any, x: Any, axis: int, places: Any) -> Any:
    """The elements of `x` at places along an axis that are known beforehand.

    Slices that are joined take no longer than an index of whole numbers, and their gradient is much quicker.
    """
    stretches = runs(places)
    if not stretches:
        return piece(xp, x, axis, 0, 0, 1)
    if len(stretches) > _FEW:
        return x[(*(slice(None),) * axis, array_like(x, value=numpy.asarray(places, int)))]
    pieces = [piece(xp, x, axis, *each) for each in stretches]
    return pieces[0] if len(pieces) == 1 and stretches[0][2] else xp.concatenate(pieces, axis=axis)


_FEW = 16
"""How many slices are still quicker than an index."""


def axis_of(x: Any, axis: Any, ndim: int | None = None) -> int:
    """One axis of `x`, or of an array of so many axes, counted from 0. Raises `AxisError` for another."""
    count = x.ndim if ndim is None else ndim
    place = whole(axis)
    if not -count <= place < count:
        raise AxisError(f"axis {place} is out of bounds for array of dimension {count}")
    return place % count


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes that a number or several mean, all where None. Raises `AxisError`, for one given twice too."""
    if axis is None:
        return tuple(range(x.ndim))
    found = tuple(axis_of(x, each) for each in (axis if isinstance(axis, tuple) else (axis,)))
    if len(set(found)) < len(found):
        raise AxisError(f"repeated axis in {axis}")
    return found


def _c_order(x: Any, order: str) -> Any:
    """`x` so that its elements in C order are those in `order`."""
    if order not in ("C", "F"):
        raise ArgumentError(
            f"the order is 'C' (rows first) or 'F' (columns first), not {order!r}: it follows no memory"
        )
    return x if order == "C" else x.transpose()


@composed(notation=r"\operatorname{{vec}}({x})")
def ravel(xp: Any, x: Any, *, order: str = "C") -> Any:
    """All elements along one axis, rows first ("C") or columns first ("F").

    >>> ag.ravel(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), "F").numpy()
    array([1., 3., 2., 4.])
    """
    return _c_order(x, order).reshape(-1)


@composed(notation=r"\operatorname{{vec}}({x})")
def flatten(xp: Any, x: Any, *, order: str = "C") -> Any:
    """All elements along one axis, rows first ("C") or columns first ("F"); what `ravel` gives, by the method's name.

    >>> ag.flatten(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([1., 2., 3., 4.])
    """
    return _c_order(x, order).reshape(-1)


@composed(notation=r"{x}^{{\mathsf T}}", symbol="ᵀ")
def moveaxis(xp: Any, x: Any, *, source: Any, destination: Any) -> Any:
    """Axes moved to other places; the others keep their order.

    >>> ag.moveaxis(ag.zeros((2, 3, 5)), 0, -1).shape
    (3, 5, 2)
    """
    here, there = axes_of(x, source), axes_of(x, destination)
    if len(here) != len(there):
        raise ArgumentError(f"{len(here)} axes cannot be moved to {len(there)} places: give as many of both")
    order = [axis for axis in range(x.ndim) if axis not in here]
    for place, axis in sorted(zip(there, here, strict=True)):
        order.insert(place, axis)
    return x.transpose(tuple(order))


@composed(notation=r"{x}^{{\mathsf T}}", symbol="ᵀ")
def rollaxis(xp: Any, x: Any, *, axis: int, start: int = 0) -> Any:
    """An axis moved to before the one at `start`; `moveaxis` says the same more plainly.

    >>> ag.rollaxis(ag.zeros((2, 3, 5)), 2).shape
    (5, 2, 3)
    """
    here = axis_of(x, axis)
    if not -x.ndim <= start <= x.ndim:
        raise AxisError(f"start {start} is out of bounds for array of dimension {x.ndim}")
    before = start + x.ndim if start < 0 else start
    order = [each for each in range(x.ndim) if each != here]
    order.insert(before - (here < before), here)
    return x.transpose(tuple(order))


@composed(notation=r"{x}^{{\mathsf T}}", symbol="ᵀ")
def matrix_transpose(xp: Any, x: Any) -> Any:
    """The last two axes exchanged, of one matrix or of many.

    >>> ag.matrix_transpose(ag.zeros((2, 3, 5))).shape
    (2, 5, 3)
    """
    if x.ndim < 2:
        raise ShapeError(f"a matrix has two axes, and this has {x.ndim}: write x[None, :] for a row of one")
    return x.swapaxes(-1, -2)


@composed(notation=r"{x}", symbol="atleast_1d")
def atleast_1d(xp: Any, x: Any) -> Any:
    """An array with one axis at least.

    >>> ag.atleast_1d(ag.tensor(2.0)).shape
    (1,)
    """
    return x if x.ndim else x.reshape((1,))


@composed(notation=r"{x}", symbol="atleast_2d")
def atleast_2d(xp: Any, x: Any) -> Any:
    """An array with two axes at least, the new ones first.

    >>> ag.atleast_2d(ag.tensor([1.0, 2.0])).shape
    (1, 2)
    """
    return x if x.ndim > 1 else x.reshape((1, x.size))


@composed(notation=r"{x}", symbol="atleast_3d")
def atleast_3d(xp: Any, x: Any) -> Any:
    """An array with three axes at least: a vector lies along the second, a matrix along the first two.

    >>> ag.atleast_3d(ag.tensor([1.0, 2.0])).shape
    (1, 2, 1)
    """
    if x.ndim > 2:
        return x
    return x.reshape((*x.shape, 1) if x.ndim == 2 else (1, x.size, 1))


@composed(notation=r"\operatorname{{flip}}({x})")
def flip(xp: Any, x: Any, *, axis: Any = None) -> Any:
    """The elements along `axis` (all axes where None) from the last to the first.

    >>> ag.flip(ag.tensor([1.0, 2.0, 3.0])).numpy()
    array([3., 2., 1.])
    """
    turned = axes_of(x, axis)
    return x[tuple(slice(None, None, -1 if i in turned else None) for i in range(x.ndim))]


@composed(notation=r"\operatorname{{fliplr}}({x})")
def fliplr(xp: Any, x: Any) -> Any:
    """The columns from the last to the first.

    >>> ag.fliplr(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[2., 1.],
           [4., 3.]])
    """
    if x.ndim < 2:
        raise ShapeError(f"it turns the second axis round, and there are {x.ndim}: use flip")
    return x[:, ::-1]


@composed(notation=r"\operatorname{{flipud}}({x})")
def flipud(xp: Any, x: Any) -> Any:
    """The rows from the last to the first.

    >>> ag.flipud(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[3., 4.],
           [1., 2.]])
    """
    if x.ndim < 1:
        raise ShapeError("it turns the first axis round, and there is none")
    return x[::-1]


@composed(notation=r"\operatorname{{rot90}}({x})")
def rot90(xp: Any, x: Any, *, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Turned `k` times by a right angle in the plane of two axes, from the first towards the second.

    >>> ag.rot90(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[2., 4.],
           [1., 3.]])
    """
    plane = axes_of(x, axes)
    if len(plane) != 2:
        raise ArgumentError(f"a plane has two axes, not {len(plane)}")
    first, second = plane
    quarter = whole(k) % 4
    turned = {1: (second,), 2: plane, 3: (first,)}.get(quarter, ())
    out = x[tuple(slice(None, None, -1 if i in turned else None) for i in range(x.ndim))]
    return out.swapaxes(first, second) if quarter % 2 else out


@composed(notation=r"\operatorname{{roll}}({x})")
def roll(xp: Any, x: Any, *, shift: Any, axis: Any = None) -> Any:
    """The elements moved on by `shift` along `axis`; those beyond the end come in at the start.

    Without an axis they are moved as if they stood along one. Several shifts go with as many axes, or with one.

    >>> ag.roll(ag.tensor([1.0, 2.0, 3.0]), 1).numpy()
    array([3., 1., 2.])
    """
    if axis is None:
        shifts = shift if isinstance(shift, tuple) else (shift,)
        return _rolled(xp, x.reshape(-1), 0, sum(map(whole, shifts))).reshape(x.shape)
    places = axis if isinstance(axis, tuple) else (axis,)
    moves = shift if isinstance(shift, tuple) else (shift,)
    if len(places) != len(moves) and 1 not in (len(places), len(moves)):
        raise ArgumentError(f"{len(moves)} shifts do not go with {len(places)} axes")
    count = max(len(places), len(moves))
    for place, move in zip(places * (count // len(places)), moves * (count // len(moves)), strict=True):
        x = _rolled(xp, x, axis_of(x, place), whole(move))
    return x


expand_dims.lists = flip.lists = roll.lists = True


def _rolled(xp: Any, x: Any, axis: int, shift: int) -> Any:
    size = x.shape[axis]
    cut = -shift % size if size else 0
    if cut == 0:
        return x
    return xp.concatenate([piece(xp, x, axis, cut, size - cut, 1), piece(xp, x, axis, 0, cut, 1)], axis=axis)


@composed(notation=r"\operatorname{{repeat}}({x})")
def repeat(xp: Any, x: Any, *, repeats: Any, axis: int | None = None) -> Any:
    """Each element `repeats` times, or as often as its own of several `repeats` says, along `axis` (None: flattened).

    >>> ag.repeat(ag.tensor([1.0, 2.0]), [1, 3]).numpy()
    array([1., 2., 2., 2.])
    """
    if axis is None:
        x, axis = x.reshape(-1), 0
    place = axis_of(x, axis)
    size = x.shape[place]
    counts = tuple(map(whole, numpy.reshape(numpy.asarray(repeats), -1)))
    if any(count < 0 for count in counts):
        raise ArgumentError(f"repeats must not be negative: {repeats}")
    if len(counts) == 1:
        spread = xp.broadcast_to(
            xp.expand_dims(x, place + 1), (*x.shape[: place + 1], counts[0], *x.shape[place + 1 :])
        )
        return spread.reshape((*x.shape[:place], size * counts[0], *x.shape[place + 1 :]))
    if len(counts) != size:
        raise ShapeError(f"{len(counts)} repeats do not go with the {size} elements along axis {place}")
    return along(xp, x, place, numpy.repeat(numpy.arange(size), counts))


@composed(notation=r"\operatorname{{tile}}({x})")
def tile(xp: Any, x: Any, *, reps: Any) -> Any:
    """The whole array `reps` times along each axis; a number more than there are axes makes new first ones.

    >>> ag.tile(ag.tensor([1.0, 2.0]), 2).numpy()
    array([1., 2., 1., 2.])
    """
    times = tuple(map(whole, reps if isinstance(reps, tuple) else (reps,)))
    if any(each < 0 for each in times):
        raise ArgumentError(f"nothing is there fewer than 0 times: {reps}")
    ndim = max(len(times), x.ndim)
    times = (1,) * (ndim - len(times)) + times
    shape = (1,) * (ndim - x.ndim) + tuple(x.shape)
    if all(each == 1 for each in times):
        return xp.broadcast_to(x, shape)
    apart = x.reshape(tuple(part for size in shape for part in (1, size)))
    spread = xp.broadcast_to(apart, tuple(part for pair in zip(times, shape, strict=True) for part in pair))
    return spread.reshape(tuple(each * size for each, size in zip(times, shape, strict=True)))


@composed(notation=r"\operatorname{{resize}}({x})")
def resize(xp: Any, x: Any, *, new_shape: Any) -> Any:
    """The elements in another shape that may hold more or fewer: they are begun again, or left off at the end.

    >>> ag.resize(ag.tensor([1.0, 2.0, 3.0]), (2, 2)).numpy()
    array([[1., 2.],
           [3., 1.]])
    """
    shape = tuple(map(whole, new_shape if isinstance(new_shape, tuple) else (new_shape,)))
    if any(size < 0 for size in shape):
        raise ArgumentError(f"an axis has no negative length: {new_shape}")
    flat, size = x.reshape(-1), prod(shape)
    if not flat.size:
        if size:
            raise ShapeError(f"there is no element to fill the shape {shape} with")
        return flat.reshape(shape)
    times = -(-size // flat.size)
    repeated = xp.broadcast_to(flat, (times, flat.size)).reshape(-1)
    return repeated[:size].reshape(shape)


_PADDED = {"constant", "edge", "reflect", "symmetric", "wrap"}


@composed(notation=r"\operatorname{{pad}}({x})")
def pad(
    xp: Any, x: Any, *, pad_width: Any, mode: str = "constant", constant_values: Any = 0, reflect_type: str = "even"
) -> Any:  # fmt: skip
    """Elements added before and after, along every axis.

    `pad_width` is one number, a pair (before, after), or a pair for each axis. `mode` says what is added: "constant"
    (`constant_values`, given as the widths are), "edge" (the outermost element again), "reflect" (mirrored at the
    outermost element), "symmetric" (mirrored before it), "wrap" (from the other side).

    >>> ag.pad(ag.tensor([1.0, 2.0, 3.0]), (1, 2), "reflect").numpy()
    array([2., 1., 2., 3., 2., 1.])
    """
    if mode not in _PADDED:
        raise ArgumentError(f"the mode {mode!r} is not one of {', '.join(sorted(_PADDED))}")
    if reflect_type != "even":
        raise ArgumentError(f"reflect_type {reflect_type!r} is not there: write 2 * edge - ag.pad(...) for an odd one")
    widths = _pairs(pad_width, x.ndim, "pad_width")
    if any(each != whole(each) or each < 0 for pair in widths for each in pair):
        raise ArgumentError(f"pad_width holds numbers of elements, not {pad_width}")
    values = _pairs(constant_values, x.ndim, "constant_values")
    cut = False
    for axis, (before, after) in enumerate(widths):
        if not before and not after:
            continue
        size = x.shape[axis]
        if mode == "constant":
            shapes = [(*x.shape[:axis], count, *x.shape[axis + 1 :]) for count in (int(before), int(after))]
            sides = [
                array_like(x, value=_filled(shape, each, x)) for shape, each in zip(shapes, values[axis], strict=True)
            ]
            parts = [sides[0], x, sides[1]]
            x = xp.concatenate([part for part in parts if part is x or part.shape[axis]], axis=axis)
        elif not size:
            raise ShapeError(f"there is no element along axis {axis} to pad with in mode {mode!r}")
        else:
            places = numpy.pad(numpy.arange(size), (int(before), int(after)), mode)  # type: ignore[call-overload]
            parts = _surrounded(xp, x, axis, places, int(before))
            if parts and not cut:
                cut = True
                # The gradient of nothing is zeros: with them -0 adds up to 0, as it does where slices are added up.
                parts.append(piece(xp, x, axis, 0, 0, 1))
            x = xp.concatenate(parts, axis=axis) if parts else along(xp, x, axis, places)
    return x


def _surrounded(xp: Any, x: Any, axis: int, places: Any, start: int) -> list[Any]:
    """Parts of `x` to be joined, for its elements at places: from `start` on all of them, and strips on both sides.

    Where no element stands in two strips `x` is cut where they begin and end, so that the gradient is joined of parts
    as well: one that is put into an array of zeros for each strip takes several times as long. Else there are none.
    """
    size = x.shape[axis]
    strips = [runs(places[:start]), runs(places[start + size :])]
    reach = sorted(
        (min(first, first + (count - 1) * step), max(first, first + (count - 1) * step) + 1)
        for each in strips
        for first, count, step in each
    )
    # The strip of an edge is added up together with the edge itself, and so is an axis of one element.
    repeats = size == 1 or any(step == 0 for each in strips for _, _, step in each)
    # Of two slices alone, those of strips on one side, some elements are in both: their gradient may stay -0.
    few = len(runs(places)) < 3
    if repeats or few or len(reach) > _FEW or any(one[1] > other[0] for one, other in pairwise(reach)):
        return []
    cuts = sorted({end for each in reach for end in each} - {0, size})
    parts = dict(zip([0, *cuts], xp.split(x, cuts, axis=axis), strict=True))
    before, after = (
        [
            piece(xp, parts[low], axis, first - low, count, step)
            for first, count, step in each
            for low in [min(first, first + (count - 1) * step)]
        ]
        for each in strips
    )
    return [*before, *parts.values(), *after]


def _filled(shape: tuple[int, ...], value: Any, x: Any) -> Any:
    return numpy.full(shape, value).astype(x.dtype)


def _pairs(given: Any, ndim: int, what: str) -> list[tuple[Any, Any]]:
    """A value for both sides of each axis, as `numpy.pad` reads it: one for all, one pair for all, a pair for each."""
    if isinstance(given, dict):
        pairs = [(0, 0)] * ndim
        for axis, each in given.items():
            pairs[axis] = tuple(numpy.broadcast_to(numpy.asarray(each), (2,)).tolist())
        return pairs
    try:
        return [tuple(pair) for pair in numpy.broadcast_to(numpy.asarray(given), (ndim, 2)).tolist()]
    except ValueError:
        raise ArgumentError(
            f"{what} is one number, a pair, or a pair for each of the {ndim} axes, not {given}"
        ) from None


# No composition: NumPy's own look at the windows moves no element, which no other operation can
# say; its gradient adds up one slice for each place in a window.
@operation(notation=r"\operatorname{{windows}}({x})", symbol="windows", linear=True, flops=0)
def sliding_window_view(xp: Any, x: Any, *, window_shape: Any, axis: Any = None) -> Any:
    """Every window of `window_shape` that fits along `axis` (all axes where None); the windows' own axes are the last.

    >>> ag.sliding_window_view(ag.tensor([1.0, 2.0, 3.0]), 2).numpy()
    array([[1., 2.],
           [2., 3.]])
    """
    return xp.lib.stride_tricks.sliding_window_view(x, window_shape, axis)


def _windows_rule(xp: Any, g: Any, out: Any, x: Any, *, window_shape: Any, axis: Any) -> Any:
    lengths = window_shape if isinstance(window_shape, tuple) else (window_shape,)
    places = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    total = None
    for offsets in numpy.ndindex(*lengths):
        index: list[Any] = [slice(0, size) for size in g.shape[: x.ndim]]
        for place, offset in zip(places, offsets, strict=True):
            at = index[place]
            index[place] = slice(at.start + offset, at.stop + offset)
        part = scatter_add(g[(..., *offsets)], template=tuple(index), shape=tuple(x.shape))
        total = part if total is None else total + part
    return xp.zeros_like(x) if total is None else total


sliding_window_view.rules(x=_windows_rule)


@operation(notation=r"\operatorname{{array}}({x})", symbol="array", flops=0)
def array_like(xp: Any, x: Any, *, value: Any) -> Any:
    """Numbers known beforehand as an array where `x` lives; data, never differentiable.

    >>> ag.array_like(ag.tensor([1.0, 2.0]), value=[0, 1]).numpy()
    array([0, 1])
    """
    return xp.array(value)


@operation(notation=r"{fill_value}", symbol="full_like", analytic=False, flops=0)
def full_like(
    xp: Any, x: Any, fill_value: Any, *, dtype: Any = None, shape: Any = None, device: Any = None
) -> Any:  # fmt: skip
    """`fill_value` in every place of an array like `x`; `dtype` and `shape` are those of `x` where None.

    >>> ag.full_like(ag.tensor([1.0, 2.0]), 7).numpy()
    array([7., 7.])
    """
    _same_device(x, device)
    return xp.full_like(x, fill_value, dtype=dtype, shape=shape)


# The engine sums a gradient back over broadcast axes, and casts it.
full_like.rules(x=None, fill_value=lambda xp, g, out, x, fill_value, *, dtype, shape, device: g)


@composed(notation=r"0", symbol="empty_like", data=True)
def empty_like(xp: Any, x: Any, *, dtype: Any = None, shape: Any = None, device: Any = None) -> Any:
    """An array like `x` whose elements are to be ignored: zeros here, so that nothing depends on what memory held.

    >>> ag.empty_like(ag.tensor([1.0, 2.0])).shape
    (2,)
    """
    return xp.zeros_like(x, dtype=dtype, shape=shape, device=device)
