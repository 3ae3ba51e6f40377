r"""Indexing with everything NumPy accepts, and its two companions: scatter and put.

An index is kept as a template in which `ARRAY` stands for each array, and the arrays themselves are
arguments: data of the graph like any other. The forwards of `scatter_add` and `put` write into an
array they have just made, the only in-place writes among the operations.
"""

from __future__ import annotations

from math import prod
from typing import Any

from autograd_lite.errors import ArgumentError
from autograd_lite.op import operation


class _Array:
    """Stands in an index template for the next array argument."""

    def __repr__(self) -> str:
        return "ARRAY"

    def __reduce__(self) -> str:
        return "ARRAY"


ARRAY = _Array()


def fill(template: Any, arrays: tuple[Any, ...]) -> Any:
    """The index that `template` means with `arrays` in their places."""
    remaining = iter(arrays)
    return tuple(next(remaining) if part is ARRAY else part for part in template)


@operation(notation=r"{x}_{{[\cdot]}}", symbol="[ ]", linear=True, flops=0)
def getitem(xp: Any, x: Any, *indices: Any, template: Any) -> Any:
    """`x[index]`, with `index` given as a template and the arrays in it; users write `x[index]`.

    >>> ag.tensor([1.0, 2.0, 3.0])[::-2].numpy()
    array([3., 1.])
    """
    return x[fill(template, indices)]


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
        xp.add.at(out, fill(template, indices), g)
    else:
        out[template] = g
    return out


scatter_add.rules(
    g=lambda xp, g, out, x, *indices, template, shape: getitem(g, *indices, template=template), indices=None
)


def named_once(xp: Any, shape: tuple[int, ...], index: Any) -> None:
    """Refuse an index that names an element twice."""
    places = xp.arange(prod(shape)).reshape(shape)[index]
    if xp.unique(places).size != places.size:
        raise ArgumentError("put: the index names an element twice, so which value it gets is not defined")


@operation(notation=r"\operatorname{{put}}({x}, {value})", symbol="put", analytic=False, flops=0)
def put_at(xp: Any, x: Any, value: Any, *indices: Any, template: Any) -> Any:
    """A copy of `x` in which the elements at an index are `value`; users write `ag.put`.

    >>> ag.put(ag.tensor([1.0, 2.0]), 0, 9.0).numpy()
    array([9., 2.])
    """
    index = fill(template, indices)
    if indices:
        named_once(xp, x.shape, index)
    out = x.copy()
    out[index] = value
    return out


put_at.rules(
    x=lambda xp, g, out, x, value, *indices, template: put_at(g, 0, *indices, template=template),
    value=lambda xp, g, out, x, value, *indices, template: getitem(g, *indices, template=template),
    indices=None,
)
