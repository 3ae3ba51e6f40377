r"""Indexing with everything NumPy accepts, and its two companions: scatter and put.

An index is split once, where a user writes it, into a template in which `ARRAY` stands for each array
and the arrays themselves, which are arguments: data of the graph like any other. Every world splits and
fills with the two functions here. The forwards of `scatter_add` and `put` write into an array they have
just made, the only in-place writes among the operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index as whole
from types import EllipsisType, NoneType
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.errors import ArgumentError, AutogradError, DtypeError, IndexingError
from autograd_lite.op import operation


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
