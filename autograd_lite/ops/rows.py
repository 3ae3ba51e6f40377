"""How an operation is applied to many rows at once: to arguments that carry one more axis, the first.

What is computed element by element, what is composed of other operations, and what stands in `ROWS` is done in one
call; everything else row by row, by whoever asks. A rule of the table is `rule(count, inputs, many, params)`: `many`
says which of the `inputs` have the axis of `count` rows. It gives what to call and with what, `None` where there is no
one call for these arguments. Knows arrays of any world by their shapes. Must not know any world.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy

from autograd_lite.op import Operation
from autograd_lite.ops import (
    convolution,
    cumulative,
    indexing,
    joining,
    linalg,
    matrices,
    products,
    reduction,
    shaping,
    sorting,
    special,
)
from autograd_lite.ops.activation import log_softmax, softmax

Rule = Callable[[int, Sequence[Any], Sequence[bool], dict[str, Any]], Any]


def ndim_of(x: Any, many: bool) -> int:
    """The number of axes of one row."""
    return len(getattr(x, "shape", ())) - many


def padded(x: Any, many: bool, ndim: int) -> Any:
    """Rows with axes of length 1 after the first, so that one row has `ndim` axes; what has no rows is left alone."""
    missing = ndim - ndim_of(x, many)
    return x.reshape((x.shape[0], *(1,) * missing, *x.shape[1:])) if many and missing > 0 else x


def spread(inputs: Sequence[Any], many: Sequence[bool]) -> tuple[Any, ...]:
    """Arguments that are to broadcast row by row, so that they do as a whole."""
    ndim = max(map(ndim_of, inputs, many))
    return tuple(padded(x, each, ndim) for x, each in zip(inputs, many, strict=True))


def in_one_call(op: Operation, count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    """The result of `op` on all rows, the first axis of which counts them; `None` where it has to be row by row."""
    if op.of is not None:
        whole = in_one_call(op.of, count, inputs, many, params)
        return None if whole is None else whole[op.index]
    if op.spreads and not op.effect:
        return op(*spread(inputs, many), **params)
    rule = ROWS.get(op)
    return None if rule is None else rule(count, inputs, many, params)


def on_one_each(
    op: Operation, count: int, inputs: Sequence[Any], place: int, params: dict[str, Any]
) -> tuple[Any, bool] | None:  # fmt: skip
    """The same where each row has one element only, all others being zero: a pass begins with such rows.

    The argument at `place` stands for them: an array of the shape of a row, the i-th element of which is that of row i.
    Gives the result, and whether it stands for such rows again or has an axis of rows; None where this is no gain.
    """
    x, others = inputs[place], [each for i, each in enumerate(inputs) if i != place]
    if op in IN_ORDER:
        return op(*inputs, **params), True
    if op.spreads and op.linear:  # zeros stay zeros
        try:
            whole = numpy.broadcast_shapes(x.shape, *(getattr(each, "shape", ()) for each in others))
        except ValueError:
            return None
        return (op(*inputs, **params), True) if whole == x.shape else None
    if op is linalg.matmul and place == 0 and ndim_of(others[0], False) == 2 and x.shape and x.shape[-1] == count:
        return (x.reshape((count, 1)) * others[0]).reshape((count, *x.shape[:-1], others[0].shape[1])), False
    return None


def _later(axis: int, ndim: int) -> int | None:
    """An axis of a row as one of all rows; `None` where a row has none such."""
    return axis % ndim + 1 if -ndim <= axis < ndim else None


def _along(op: Operation, flattens: bool = False) -> Rule:
    """The rule of an operation of one array over `axis`; None are all axes, or where it `flattens` the one of all."""

    def rule(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
        if not many[0] or any(many[1:]):
            return None
        ndim, axis = ndim_of(inputs[0], True), params["axis"]
        if axis is None:
            if flattens:
                return op(inputs[0].reshape((count, -1)), **{**params, "axis": 1})
            axis = tuple(range(1, ndim + 1))
        elif isinstance(axis, tuple):
            axis = tuple(_later(each, ndim) for each in axis)
        else:
            axis = _later(axis, ndim)
        if axis is None or (isinstance(axis, tuple) and None in axis):
            return None
        return op(*inputs, **{**params, "axis": axis})

    return rule


def _reshape(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    (x,), shape = inputs, params["shape"]
    shape = shape if isinstance(shape, tuple) else (shape,)
    size, known = prod(x.shape[1:]), prod(n for n in shape if n != -1)
    if -1 in shape:
        if not known or size % known or shape.count(-1) > 1:
            return None
        shape = tuple(size // known if n == -1 else n for n in shape)
    return x.reshape((count, *shape)) if prod(shape) == size else None


def _transpose(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    (x,), axes = inputs, params["axes"]
    ndim = ndim_of(x, True)
    order = tuple(reversed(range(ndim))) if axes is None else reduction.reduced_axes(ndim, axes)
    return x.transpose((0, *(i + 1 for i in order))) if sorted(order) == list(range(ndim)) else None


def _swapaxes(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    (x,) = inputs
    ndim = ndim_of(x, True)
    axis1, axis2 = _later(params["axis1"], ndim), _later(params["axis2"], ndim)
    return None if axis1 is None or axis2 is None else x.swapaxes(axis1, axis2)


def _expand_dims(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    (x,), axis = inputs, params["axis"]
    axes = axis if isinstance(axis, tuple) else (axis,)
    ndim = ndim_of(x, True) + len(axes)
    places = [_later(each, ndim) for each in axes]
    return None if None in places else shaping.expand_dims(x, tuple(places))


def _squeeze(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    (x,), axis = inputs, params["axis"]
    if axis is None:
        gone: Any = [i for i, n in enumerate(x.shape) if i and n == 1]
    else:
        gone = [_later(each, ndim_of(x, True)) for each in (axis if isinstance(axis, tuple) else (axis,))]
    return None if None in gone else shaping.squeeze(x, axis=tuple(gone))


def _broadcast_to(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    shape = params["shape"] if isinstance(params["shape"], tuple) else (params["shape"],)
    return shaping.broadcast_to(padded(inputs[0], True, len(shape)), shape=(count, *shape))


def _matmul(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    x, y = inputs
    ranks = [ndim_of(x, many[0]), ndim_of(y, many[1])]
    if 0 in ranks:
        return None
    if not many[1] and ranks[1] <= 2:
        # One product for all rows, instead of one for each.
        flat = linalg.matmul(x.reshape((prod(x.shape[:-1]), x.shape[-1])), y)
        return flat.reshape((*x.shape[:-1], *y.shape[1:]))
    if not many[0] and ranks == [2, 1]:
        return linalg.matmul(y, x.swapaxes(0, 1))
    if not many[0] and ranks == [1, 1]:
        return linalg.matmul(y, x)
    if ranks[0] == 1:
        x = shaping.expand_dims(x, -2)
    if ranks[1] == 1:
        y = shaping.expand_dims(y, -1)
    out = linalg.matmul(*spread((x, y), many))
    gone = (-2,) * (ranks[0] == 1) + (-1,) * (ranks[1] == 1)
    return shaping.squeeze(out, axis=gone) if gone else out


def _together(template: Any) -> bool:
    """Whether what an index picks stays where it was: NumPy moves it to the front where slices part the arrays."""
    picking = [part is indexing.ARRAY or type(part) in (int, bool) for part in template]
    if not any(part is indexing.ARRAY or type(part) is bool for part in template):
        return True
    first, last = picking.index(True), len(picking) - picking[::-1].index(True)
    return all(picking[first:last])


def _getitem(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    if any(many[1:]) or not _together(params["template"]):
        return None
    return indexing.getitem(*inputs, template=(slice(None), *params["template"]))


def _picked(ndim: int, template: Any, arrays: Sequence[Any]) -> int:
    """The number of axes of what an index picks from an array of `ndim` axes."""
    remaining = iter(arrays)
    parts = [next(remaining) if part is indexing.ARRAY else part for part in template]
    masks = [part.ndim for part in parts if hasattr(part, "dtype") and part.dtype.kind == "b"]
    whole = [part.ndim for part in parts if hasattr(part, "dtype") and part.dtype.kind != "b"]
    kept = ndim + sum(part is None for part in parts) - sum(type(part) is int for part in parts)
    if any(type(part) is bool for part in parts):
        masks.append(0)
    return int(kept - sum(masks) - len(whole)) + max([*whole, *(1 for _ in masks)], default=0)


def _scatter_add(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    g, *arrays = inputs
    template, shape = params["template"], tuple(params["shape"])
    if any(many[1:]) or not _together(template) or ndim_of(g, True) != _picked(len(shape), template, arrays):
        return None
    return indexing.scatter_add(g, *arrays, template=(slice(None), *template), shape=(count, *shape))


def _put_at(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    x, value, *arrays = inputs
    template = params["template"]
    if not many[0] or any(many[1:]) or not _together(template):
        return None
    if ndim_of(value, False) > _picked(ndim_of(x, True), template, arrays):
        return None
    return indexing.put_at(x, value, *arrays, template=(slice(None), *template))


def _on_matrices(op: Operation) -> Rule:
    """The rule of an operation on a matrix or a stack of them, as all rows together are."""

    def rule(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
        # Of a vector NumPy makes a matrix.
        return op(*inputs, **params) if ndim_of(inputs[0], True) >= 2 else None

    return rule


def _solve(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    a, b = inputs
    vector = ndim_of(b, many[1]) == 1
    b = b[..., None] if vector else b
    out = matrices.solve(*spread((a, b), many))
    return out[..., 0] if vector else out


def _diagonal(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    ndim = ndim_of(inputs[0], True)
    axis1, axis2 = _later(params["axis1"], ndim), _later(params["axis2"], ndim)
    if axis1 is None or axis2 is None:
        return None
    return linalg.diagonal(*inputs, **{**params, "axis1": axis1, "axis2": axis2})


def _einsum(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    subscripts = products.with_rows(params["subscripts"], tuple(map(ndim_of, inputs, many)), tuple(many))
    return None if subscripts is None else products.einsum(*inputs, **{**params, "subscripts": subscripts})


def _by_examples(op: Operation) -> Rule:
    """The rule of an operation on examples, the first axis of the first argument: all rows' examples are examples."""

    def rule(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
        x, *others = inputs
        if any(many[1:]) or not ndim_of(x, True):
            return None
        out = op(x.reshape((count * x.shape[1], *x.shape[2:])), *others, **params)
        return out.reshape((count, x.shape[1], *out.shape[1:]))

    return rule


def _convolve(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    if all(many) or not all(getattr(x, "ndim", 0) == 1 + each for x, each in zip(inputs, many, strict=True)):
        return None
    x, y = inputs if many[0] else inputs[::-1]  # which of the two moves makes no difference
    n = y.shape[0]
    whole = convolution.conv1d(x[:, None, :], y[::-1][None, None, :], padding=n - 1)[:, 0, :]
    return whole[:, products.overlap(inputs[0].shape[-1], inputs[1].shape[-1], params["mode"])]


def _recurrence(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    if not ndim_of(inputs[0], many[0]):
        return None
    return cumulative.linear_recurrence(*_repeated(count, inputs, many))


def _concatenate(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    axis, every = params["axis"], _repeated(count, inputs, many)
    if axis is None:
        return joining.concatenate([x.reshape((count, prod(x.shape[1:]))) for x in every], axis=1)
    later = _later(axis, ndim_of(every[0], True))
    return None if later is None else joining.concatenate(every, axis=later)


def _stack(count: int, inputs: Sequence[Any], many: Sequence[bool], params: dict[str, Any]) -> Any:
    every = _repeated(count, inputs, many)
    later = _later(params["axis"], ndim_of(every[0], True) + 1)
    return None if later is None else joining.stack(every, axis=later)


def _repeated(count: int, inputs: Sequence[Any], many: Sequence[bool]) -> list[Any]:
    """Arguments all of which have rows."""
    return [
        x if each else shaping.broadcast_to(x, shape=(count, *getattr(x, "shape", ())))
        for x, each in zip(inputs, many, strict=True)
    ]


IN_ORDER = {shaping.reshape, shaping.expand_dims, shaping.squeeze}
"""The operations that leave the elements in the order in which they are."""

ROWS: dict[Operation, Rule] = {
    **{
        op: _along(op)
        for op in (
            reduction.sum, reduction.mean, reduction.prod, reduction.max, reduction.min, softmax, log_softmax,
            special.logsumexp,
        )
    },
    **{op: _along(op, flattens=True) for op in (cumulative.cumsum, cumulative.cumprod, sorting.sort)},
    cumulative.linear_recurrence: _recurrence,
    **{
        op: _by_examples(op)
        for op in (
            convolution.unfold, convolution.fold, convolution.conv1d, convolution.conv2d, convolution.conv3d,
            convolution.conv_transpose1d, convolution.conv_transpose2d, convolution.conv_transpose3d,
        )
    },
    shaping.reshape: _reshape,
    shaping.transpose: _transpose,
    shaping.swapaxes: _swapaxes,
    shaping.expand_dims: _expand_dims,
    shaping.squeeze: _squeeze,
    shaping.broadcast_to: _broadcast_to,
    linalg.matmul: _matmul,
    indexing.getitem: _getitem,
    indexing.scatter_add: _scatter_add,
    indexing.put_at: _put_at,
    **{
        op: _on_matrices(op)
        for op in (
            linalg.tril, linalg.triu, matrices.inv, matrices.det, matrices._adjugate, matrices.slogdet,
            matrices.cholesky, matrices._qr, matrices.eigh, matrices.eigvalsh, matrices._svd, matrices.svdvals,
            matrices.expm,
        )
    },
    matrices.solve: _solve,
    linalg.diagonal: _diagonal,
    products.einsum: _einsum,
    products.convolve: _convolve,
    joining.concatenate: _concatenate,
    joining.stack: _stack,
}  # fmt: skip
"""The operations that are neither composed nor computed element by element, and are done on all rows in one call."""
