r"""Differences along an axis, derivatives and integrals of samples, and what is between them. All of it is composed."""

from __future__ import annotations

import builtins
from operator import index as whole
from typing import Any

from autograd_lite.errors import ArgumentError, AxisError, DtypeError, ShapeError
from autograd_lite.op import composed
from autograd_lite.ops.sorting import searchsorted


def _along(x: Any, axis: int) -> tuple[slice, ...]:
    """The index of everything before an axis."""
    if not -x.ndim <= axis < x.ndim:
        raise AxisError(f"axis {axis} is out of bounds for array of dimension {x.ndim}")
    before: tuple[slice, ...] = (slice(None),) * (axis % x.ndim)
    return before


def _joined(xp: Any, parts: list[Any], axis: int) -> Any:
    return parts[0] if len(parts) == 1 else xp.concatenate(parts, axis=axis)


def _beside(xp: Any, end: Any, x: Any, axis: int) -> Any:
    """What is put before or behind `x`: a number as one element of each row."""
    if getattr(end, "ndim", 0):
        return end
    shape = list(x.shape)
    shape[axis] = 1
    return xp.zeros_like(x, shape=tuple(shape)) + end


@composed(notation=r"\Delta {x}")
def diff(xp: Any, x: Any, *, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The differences of neighbours along `axis`, taken `n` times; truths are compared.

    `prepend` and `append`, numbers or arrays, are joined to `x` first, and have a gradient too.

    >>> ag.diff(ag.tensor([1.0, 4.0, 9.0])).numpy()
    array([3., 5.])
    """
    if whole(n) < 0:
        raise ArgumentError(f"differences are taken n={n} times, which must not be negative")
    before = _along(x, axis)
    if n == 0:
        return x
    ends = [None if each is None else _beside(xp, each, x, axis) for each in (prepend, append)]
    out = _joined(xp, [each for each in (ends[0], x, ends[1]) if each is not None], axis)
    for _ in range(n):
        later, earlier = out[(*before, slice(1, None))], out[(*before, slice(None, -1))]
        out = later != earlier if out.dtype == bool else later - earlier
    return out


@composed(notation=r"\Delta {x}")
def ediff1d(xp: Any, x: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences of neighbours in the flattened array, with what else is to stand at the end and the beginning.

    >>> ag.ediff1d(ag.tensor([1.0, 4.0, 9.0]), to_begin=0.0).numpy()
    array([0., 3., 5.])
    """
    flat = x.reshape(-1)
    first, behind = ([] if end is None else [_as_difference(xp, end, flat)] for end in (to_begin, to_end))
    return _joined(xp, [*first, flat[1:] - flat[:-1], *behind], 0)


def _as_difference(xp: Any, end: Any, flat: Any) -> Any:
    """What is to stand beside the differences of `flat`, in their dtype."""
    row = _beside(xp, end, flat, 0).reshape(-1)
    if row.dtype.kind == "f" and flat.dtype.kind in "iub":
        raise DtypeError(f"{row.dtype} does not fit beside differences of {flat.dtype}: give the array as float")
    return row.astype(flat.dtype) if row.dtype != flat.dtype and row.dtype.kind != "c" else row


@composed(notation=r"\int {y}")
def trapezoid(xp: Any, y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of samples `y` at the places `x`, or `dx` apart, along `axis` by the trapezoidal rule.

    >>> ag.trapezoid(ag.tensor([0.0, 1.0, 4.0]), dx=0.5).item()
    1.5
    """
    before = _along(y, axis)
    width = dx
    if x is not None:
        width = x[1:] - x[:-1] if x.ndim == 1 else xp.diff(x, axis=axis)
        if x.ndim == 1:
            width = width.reshape(tuple(-1 if i == axis % y.ndim else 1 for i in range(y.ndim)))
    pairs = width * (y[(*before, slice(1, None))] + y[(*before, slice(None, -1))])
    return xp.sum(pairs / 2.0, axis=axis)


@composed(notation=r"\nabla {f}")
def gradient(xp: Any, f: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The derivative of samples along each axis by second-order differences: one array, or a tuple for several axes.

    `spacing` is nothing (1), one distance for all axes, or for each axis a distance or the places along it, which have
    a gradient too. At the edges differences are of first or second `edge_order`. Not to be confused with `ag.grad`.

    >>> ag.gradient(ag.tensor([0.0, 1.0, 4.0, 9.0])).numpy()
    array([1., 2., 4., 5.])
    """
    axes = tuple(range(f.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for each in axes:
        _along(f, each)
    axes = tuple(each % f.ndim for each in axes)
    if len({*axes}) < len(axes):
        raise AxisError(f"repeated axis in {axis}")
    if edge_order not in (1, 2):
        raise ArgumentError(f"edge_order={edge_order} is neither 1 nor 2")
    if len(spacing) not in (0, 1, len(axes)):
        raise ArgumentError(f"there are {len(spacing)} spacings for {len(axes)} axes: give none, one, or one for each")
    if len(spacing) == 1 and (spacing[0].ndim if hasattr(spacing[0], "ndim") else 0) and len(axes) > 1:
        raise ArgumentError(f"the places along one axis are given, and there are {len(axes)}: give them for each")
    steps = spacing * len(axes) if len(spacing) == 1 else spacing or (1.0,) * len(axes)
    if f.dtype.kind in "iub":
        f = f.astype(float)
    found = tuple(_slope(xp, f, step, each, edge_order) for each, step in zip(axes, steps, strict=True))
    return found[0] if len(found) == 1 else found


def _slope(xp: Any, f: Any, step: Any, axis: int, edge_order: int) -> Any:
    size, before = f.shape[axis], _along(f, axis)
    if size < edge_order + 1:
        raise ShapeError(f"axis {axis} has {size} elements: at least {edge_order + 1} are needed for this edge_order")

    def part(start: int | None, stop: int | None) -> Any:
        return f[(*before, slice(start, stop))]

    if getattr(step, "ndim", 0):
        if tuple(step.shape) != (size,):
            raise ShapeError(f"places of the shape {tuple(step.shape)} for the {size} elements along axis {axis}")
        widths = (step[1:] - step[:-1]).reshape(tuple(-1 if i == axis else 1 for i in range(f.ndim)))

        def width(start: int | None, stop: int | None) -> Any:
            return widths[(*before, slice(start, stop))]
    else:

        def width(start: int | None, stop: int | None) -> Any:
            return step

    parts = [(part(1, 2) - part(0, 1)) / width(0, 1)]
    if edge_order == 2:
        parts = [_edge(part(0, 1), part(1, 2), part(2, 3), width(0, 1), width(1, 2))]
    if size > 2:
        parts.append(_inside(part(None, -2), part(1, -1), part(2, None), width(None, -1), width(1, None)))
    if edge_order == 1:
        parts.append((part(-1, None) - part(-2, -1)) / width(-1, None))
    else:
        parts.append(-_edge(part(-1, None), part(-2, -1), part(-3, -2), width(-1, None), width(-2, -1)))
    return _joined(xp, parts, axis)


def _inside(low: Any, here: Any, high: Any, below: Any, above: Any) -> Any:
    """The derivative in the middle of three samples, of second order also where their distances differ."""
    if below is above:
        return (high - low) / (2.0 * below)
    both = below + above
    return (
        low * (-above / (below * both)) + here * ((above - below) / (below * above)) + high * (below / (above * both))
    )


def _edge(here: Any, near: Any, far: Any, first: Any, second: Any) -> Any:
    """The derivative at the first of three samples, of second order."""
    both = first + second
    return near * (both / (first * second)) - here * ((first + both) / (first * both)) - far * (first / (second * both))


@composed(notation=r"\operatorname{{interp}}({x}, {xp}, {fp})", analytic=False)
def interp(
    space: Any, x: Any, xp: Any, fp: Any, *, left: Any = None, right: Any = None, period: float | None = None
) -> Any:  # fmt: skip
    """The line through the points (`xp`, `fp`), which ascend, at `x`; beyond them `left` and `right`, or their ends.

    Differentiable in all three. At a point the slope is that of the piece behind it, at the last one of the piece
    before; beyond them it is 0. With a `period`, `x` and `xp` are taken modulo it and `xp` is put in order. float32
    stays float32, where NumPy's gives float64.

    >>> ag.interp(ag.tensor([0.5, 3.0]), [0.0, 1.0], [10.0, 20.0]).numpy()
    array([15., 20.])
    """
    if xp.ndim != 1 or tuple(xp.shape) != tuple(fp.shape) or not xp.shape[0]:
        raise ShapeError(f"points are two rows of one length, not {tuple(xp.shape)} and {tuple(fp.shape)}")
    if period is not None:
        (x, xp, fp), left, right = _periodic(space, x, xp, fp, period), None, None
    size = xp.shape[0]
    if size == 1:
        inside = fp[0] + x * 0
    else:
        behind = space.minimum(space.maximum(searchsorted(xp, x, side="right"), 1), size - 1)
        place, value = xp[behind - 1], fp[behind - 1]
        inside = (fp[behind] - value) / (xp[behind] - place) * (x - place) + value
    low = fp[0] if left is None else left
    high = fp[size - 1] if right is None else right
    return space.where(x < xp[0], low, space.where(x > xp[size - 1], high, inside))


def _periodic(space: Any, x: Any, xp: Any, fp: Any, period: float) -> tuple[Any, Any, Any]:
    """Places within one period, and points of a whole one with a neighbour from the next on either side."""
    if not period:
        raise ArgumentError("a period is not 0")
    period = builtins.abs(period)
    x, xp = space.remainder(x, period), space.remainder(xp, period)
    order = space.argsort(xp)
    xp, fp = xp[order], fp[order]
    return (
        x,
        space.concatenate([xp[-1:] - period, xp, xp[:1] + period]),
        space.concatenate([fp[-1:], fp, fp[:1]]),
    )
