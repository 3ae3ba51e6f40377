"""Functions that need care to be computed without overflow or cancellation."""

from __future__ import annotations

from typing import Any

from autograd_lite.op import operation
from autograd_lite.ops.activation import softmax
from autograd_lite.ops.reduction import restore


# The largest element is subtracted first; where it is infinite there is nothing to subtract.
@operation(notation=r"\ln \sum e^{{{x}}}", quiet=True, analytic=False, activation=True)
def logsumexp(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """ln Σ eˣ over `axis` (all axes where None), without overflow.

    >>> ag.logsumexp(ag.tensor([1000.0, 1000.0])).item()
    1000.6931471805599
    """
    top = xp.max(x, axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0)
    total = xp.sum(xp.exp(x - top), axis=axis, keepdims=True)
    out = xp.log(total) + top
    return out if keepdims else xp.squeeze(out, axis=axis if axis is not None else tuple(range(x.ndim)))


# softmax(x), and not e^(x - out): a large `out` has lost what the logarithm added to the largest element.
logsumexp.rules(x=lambda xp, g, out, x, *, axis, keepdims: restore(g, x, axis) * softmax(x, axis=axis))
