r"""Arrays joined. Each one's rule takes its own part of the gradient."""

from __future__ import annotations

from typing import Any

from autograd_lite.op import operation
from autograd_lite.ops.reduction import reduced_axes


@operation(notation=r"[{arrays}]", symbol="concatenate", flops=0)
def concatenate(xp: Any, *arrays: Any, axis: int | None = 0) -> Any:
    """Join along an existing axis; `axis=None` joins them flattened.

    >>> ag.concatenate([ag.tensor([1.0]), ag.tensor([2.0, 3.0])]).numpy()
    array([1., 2., 3.])
    """
    return xp.concatenate(arrays, axis=axis)


def _concatenate_rule(xp: Any, g: Any, out: Any, *arrays: Any, position: int, axis: int | None) -> Any:
    x = arrays[position]
    if axis is None:
        start = sum_sizes(arrays[:position], None)
        return xp.reshape(g[start : start + x.size], x.shape)
    (axis,) = reduced_axes(x.ndim, axis)
    start = sum_sizes(arrays[:position], axis)
    return g[(slice(None),) * axis + (slice(start, start + x.shape[axis]),)]


def sum_sizes(arrays: Any, axis: int | None) -> int:
    """How many places `arrays` take along `axis`, or in all where it is None."""
    return sum(x.size if axis is None else x.shape[axis] for x in arrays)


concatenate.rules(arrays=_concatenate_rule)


@operation(notation=r"[{arrays}]", symbol="stack", flops=0)
def stack(xp: Any, *arrays: Any, axis: int = 0) -> Any:
    """Join along a new axis.

    >>> ag.stack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])], axis=1).numpy()
    array([[1., 3.],
           [2., 4.]])
    """
    return xp.stack(arrays, axis=axis)


def _stack_rule(xp: Any, g: Any, out: Any, *arrays: Any, position: int, axis: int) -> Any:
    return g[(slice(None),) * (axis % out.ndim) + (position,)]


stack.rules(arrays=_stack_rule)
