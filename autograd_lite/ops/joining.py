r"""Arrays joined, and an array split. The rule of the one does what the other does."""

from __future__ import annotations

from itertools import pairwise
from operator import index as whole
from typing import Any

from autograd_lite.errors import ArgumentError, AxisError
from autograd_lite.op import operation
from autograd_lite.ops.indexing import scatter_add


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
