r"""Arrays joined. Each one's rule takes its own part of the gradient."""

from __future__ import annotations

from typing import Any

from autograd_lite.op import operation


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
