"""Functions of NumPy's whose arguments are lists of arrays, or places between elements: block, select, choose, insert.

An operation's arguments are arrays; these are functions that compose operations. Knows Tensors and operations. Must not
know how they are recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from autograd_lite.diagnosis import describe, told
from autograd_lite.engine.tensor import Tensor, asarray
from autograd_lite.errors import ArgumentError, DtypeError, IndexingError, ShapeError
from autograd_lite.op import one_axis
from autograd_lite.ops import comparison, indexing, joining, shaping

__all__ = ["block", "choose", "insert", "select"]


@told
def block(arrays: Any) -> Tensor:
    """Arrays put together from nested lists of them: the innermost lists along the last axis, and so on outwards.

    Raises `ArgumentError` for lists that are nested differently, or empty.

    >>> import autograd_lite as ag
    >>> a = ag.ones((2, 2))
    >>> ag.block([[a, a * 2], [a * 3, a * 4]]).shape
    (4, 4)
    """
    depth = _depth(arrays)
    if depth == 0:
        return asarray(arrays).copy()
    leaves = _leaves(arrays)
    ndim = max(depth, *(each.ndim for each in leaves))
    return _blocked(arrays, depth, ndim)


def _depth(arrays: Any) -> int:
    if isinstance(arrays, tuple):
        raise ArgumentError("block: a tuple is no list of blocks: write [a, b]")
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(each) for each in arrays}
    if len(depths) != 1:
        raise ArgumentError(
            "block: a list of blocks is empty" if not depths else "block: the lists are nested differently"
        )
    return 1 + depths.pop()


def _leaves(arrays: Any) -> list[Tensor]:
    if not isinstance(arrays, list):
        return [asarray(arrays)]
    return [leaf for each in arrays for leaf in _leaves(each)]


def _blocked(arrays: Any, depth: int, ndim: int) -> Tensor:
    if depth == 0:
        x = asarray(arrays)
        return x.reshape((1,) * (ndim - x.ndim) + x.shape)
    parts = [_blocked(each, depth - 1, ndim) for each in arrays]
    return joining.concatenate(parts, axis=-depth)  # type: ignore[no-any-return]


@told
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Tensor:
    """In every place the element of the first choice whose condition holds there, and `default` where none does.

    >>> import autograd_lite as ag
    >>> x = ag.tensor([-2.0, 0.5, 3.0])
    >>> ag.select([x < 0, x < 1], [-x, x * 10], 7.0).numpy()
    array([2., 5., 7.])
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ArgumentError(
            f"select: {len(condlist)} conditions do not go with {len(choicelist)} choices: give as many of both"
        )
    conditions = [asarray(each) for each in condlist]
    for condition in conditions:
        if condition.dtype != bool:
            raise DtypeError(f"select: a condition is of truths, not {describe(condition)}: write x != 0")
    found = default
    for condition, choice in zip(reversed(conditions), reversed(list(choicelist)), strict=True):
        found = comparison.where(condition, choice, found)
    return found  # type: ignore[no-any-return]


@told
def choose(a: Any, choices: Any, mode: str = "raise") -> Tensor:
    """In every place the element of that one among the `choices` whose number stands in `a`; others by `mode`.

    >>> import autograd_lite as ag
    >>> ag.choose([0, 1, 0], [ag.tensor([1.0, 2.0, 3.0]), 10.0]).numpy()
    array([ 1., 10.,  3.])
    """
    which = asarray(a)
    if which.dtype.kind not in "iub":
        raise DtypeError(f"choose: the numbers of the choices are whole, not {describe(which)}")
    given = [asarray(each) for each in choices]
    if not given:
        raise ArgumentError("choose: there is nothing to choose from")
    which, *spread = joining.broadcast_arrays(which.astype(int), *given)
    together = joining.stack(spread, axis=0)
    if mode == "raise":
        which = comparison.where(which < 0, len(given), which)  # a number below 0 is no choice
    flat = together.reshape((len(given), -1))
    try:
        numbers = indexing.take(numpy.arange(len(given)), which.reshape(-1), mode=mode)
    except IndexingError as error:
        raise IndexingError(f"choose: there are {len(given)} choices, and {error.problem}") from None
    chosen: Tensor = flat[numbers, numpy.arange(which.size)].reshape(which.shape)
    return chosen


@told
def insert(x: Any, obj: Any, values: Any, axis: int | None = None) -> Tensor:
    """A copy of `x` with `values` put in before the places `obj` along `axis` (None: flattened).

    `obj` is a place, several, a slice, or a truth for each element; the places are those in `x`.

    >>> import autograd_lite as ag
    >>> ag.insert(ag.tensor([1.0, 2.0, 3.0]), 1, 9.0).numpy()
    array([1., 9., 2., 3.])
    """
    x = asarray(x)
    one_axis("insert(x, obj, values, axis)", axis)
    if axis is None:
        x, axis = x.reshape(-1), 0
    place = shaping.axis_of(x, axis)
    size = x.shape[place]
    added = _cast(x, asarray(values))
    places = numpy.arange(*obj.indices(size)) if isinstance(obj, slice) else numpy.asarray(obj)
    if places.dtype == bool:
        places = numpy.flatnonzero(places)
    if not places.size:
        places = places.astype(int)
    if places.dtype.kind not in "iu" or places.ndim > 1:
        raise IndexingError(f"insert: a place is a whole number, a slice, or one row of them, not {obj!r:.60}")
    if added.ndim < x.ndim:
        added = added.reshape((1,) * (x.ndim - added.ndim) + added.shape)
    if places.ndim == 0:  # as NumPy has it: values of one place lie along the first axis
        added = shaping.moveaxis(added, 0, place)
    count = added.shape[place] if places.size == 1 else places.size
    try:
        order = numpy.insert(numpy.arange(size), places, size + numpy.arange(count))
        added = shaping.broadcast_to(added, (*x.shape[:place], count, *x.shape[place + 1 :]))
    except IndexError as error:
        raise IndexingError(f"insert: {error}") from None
    except ShapeError as error:
        raise ShapeError(f"insert({describe(x)}, {obj!r:.60}, {describe(values)}): {error.problem}") from None
    return indexing.take(joining.concatenate([x, added], axis=place), order, axis=place)  # type: ignore[no-any-return]


def _cast(x: Tensor, values: Tensor) -> Tensor:
    """Values in the dtype of the tensor that they go into."""
    if not numpy.can_cast(values.dtype, x.dtype, "same_kind"):
        raise DtypeError(
            f"insert: {describe(values)} does not go into {describe(x)}: write x.astype({values.dtype}) first"
        )
    return values.astype(x.dtype)
