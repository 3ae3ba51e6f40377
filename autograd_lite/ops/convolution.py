r"""Convolution and pooling over the axes behind the first two: `x` is (examples, channels, …) throughout.

All of it stands on two operations, each the other's derivative: `unfold` writes what a kernel sees at every place into
a column, `fold` adds columns up where they came from. A convolution is a matrix product with those columns [Chellapilla
et al., "High performance convolutional neural networks for document processing", 2006]; a pool reduces each of them.
Knows arrays and the namespace it is handed. Sizes alone decide what is done, never values.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from itertools import groupby
from math import prod
from typing import Any, NamedTuple

import numpy

from autograd_lite.errors import ArgumentError, ShapeError
from autograd_lite.op import Operation, composed, operation
from autograd_lite.ops.shaping import array_like

Sizes = tuple[int, ...]


class _Form(NamedTuple):
    """Where a kernel stands, with one entry for each axis that it moves along."""

    kernel: Sizes
    stride: Sizes
    dilation: Sizes
    pads: tuple[tuple[int, int], ...]
    spans: Sizes  # from the first element that it sees to behind the last
    out: Sizes  # at how many places it stands


def _numbers(given: Any, count: int, what: str, least: int) -> Sizes:
    """A whole number for each of `count` axes, of one number or of as many."""
    try:
        if isinstance(given, bool):
            raise TypeError
        found = tuple(map(operator.index, given)) if isinstance(given, tuple) else (operator.index(given),) * count
    except TypeError:
        found = ()
    if len(found) != count or any(each < least for each in found):
        raise ArgumentError(
            f"{what}={given!r}: give a whole number of at least {least}, or a tuple of {count}, one an axis"
        )
    return found


def _pads(given: Any, stride: Sizes, spans: Sizes) -> tuple[tuple[int, int], ...]:
    """How many elements are added before and behind each axis."""
    count = len(stride)
    if given == "valid":
        return ((0, 0),) * count
    if given == "same":
        if any(each != 1 for each in stride):
            raise ArgumentError(f"padding='same' keeps the size only where stride is 1, not {stride}: give numbers")
        return tuple(((span - 1) // 2, span - 1 - (span - 1) // 2) for span in spans)
    if isinstance(given, str):
        raise ArgumentError(f"padding={given!r}: give 'same', 'valid', a number, or a tuple of {count} numbers")
    if isinstance(given, tuple) and given and all(isinstance(each, tuple) for each in given):
        if len(given) != count:
            raise ArgumentError(f"padding={given!r}: give a pair for each of the {count} axes")
        return tuple((before, behind) for before, behind in (_numbers(each, 2, "padding", 0) for each in given))
    return tuple((each, each) for each in _numbers(given, count, "padding", 0))


@lru_cache(1024, typed=True)  # 1, True and 1.0 are equal, and not alike
def _form(size: Sizes, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> _Form:
    """Where a kernel stands on axes of these lengths. Raises `ShapeError` where it is longer than one of them."""
    count = len(size)
    kernel = _numbers(kernel_size, count, "kernel_size", 1)
    steps, apart = _numbers(stride, count, "stride", 1), _numbers(dilation, count, "dilation", 1)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, apart, strict=True))
    pads = _pads(padding, steps, spans)
    out = []
    for axis, (length, span, step, pad) in enumerate(zip(size, spans, steps, pads, strict=True), start=2):
        if length + sum(pad) < span:
            raise ShapeError(
                f"the kernel spans {span} elements along axis {axis} of x, which has {length}"
                + (f" and {sum(pad)} of padding" if sum(pad) else "")
            )
        out.append((length + sum(pad) - span) // step + 1)
    return _Form(kernel, steps, apart, pads, spans, tuple(out))


def _moving(x: Any, dims: int | None = None) -> Sizes:
    """The lengths of the axes that a kernel moves along, `dims` of them."""
    if x.ndim < 3 or (dims is not None and x.ndim != dims + 2):
        axes = "examples, channels and at least one more" if dims is None else f"examples, channels and {dims} more"
        one = "; of one example, write x[None]" if x.ndim == (dims or 1) + 1 else ""
        raise ShapeError(f"x has {x.ndim} axes, and needs axes for {axes}{one}")
    return tuple(x.shape[2:])


def _padded(xp: Any, x: Any, pads: tuple[tuple[int, int], ...], fill_value: Any) -> Any:
    if not any(map(any, pads)):
        return x
    shape = (*x.shape[:2], *(before + n + behind for n, (before, behind) in zip(x.shape[2:], pads, strict=True)))
    whole = xp.zeros(shape, dtype=x.dtype)
    if fill_value != 0:
        whole[...] = fill_value
    whole[_inside(x.shape[2:], pads)] = x
    return whole


def _inside(size: Sizes, pads: tuple[tuple[int, int], ...]) -> tuple[slice, ...]:
    """The index of what lies between pads."""
    every = slice(None)
    return (every, every, *(slice(before, before + n) for n, (before, _) in zip(size, pads, strict=True)))


# A look at all windows at once copies twice as fast as slices put side by side, and no other operation can say it.
@operation(notation=r"\operatorname{{unfold}}({x})", symbol="unfold", linear=True, flops=0)
def unfold(
    xp: Any, x: Any, *, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1, fill_value: float = 0
) -> Any:  # fmt: skip
    """What a kernel sees at every place where it stands, as columns (examples, channels · kernel elements, places).

    `x` is (examples, channels, …); `kernel_size`, `dilation`, `padding` and `stride` are a number or one an axis.
    `padding` may also be "valid" (none), "same" (as many places as elements) or a pair for each axis; what is added is
    `fill_value`. The rows of a column are ordered as (channel, place in the kernel). Raises `ShapeError` where the
    kernel is longer than an axis.

    >>> ag.unfold(ag.tensor([[[1.0, 2.0, 3.0]]]), kernel_size=2).numpy()
    array([[[1., 2.],
            [2., 3.]]])
    """
    form = _form(_moving(x), kernel_size, stride, padding, dilation)
    n, c = x.shape[:2]
    every = (slice(None), slice(None))
    whole = _padded(xp, x, form.pads, fill_value)
    if prod(form.spans) == 1:
        seen = whole[(*every, *(slice(None, None, step) for step in form.stride))]
        return seen.reshape((n, c, prod(form.out)))
    dims = len(form.out)
    axes = tuple(range(2, 2 + dims))
    windows = xp.lib.stride_tricks.sliding_window_view(whole, form.spans, axes)
    chosen = windows[(*every, *(slice(None, None, step) for step in (*form.stride, *form.dilation)))]
    order = (0, 1, *range(2 + dims, 2 + 2 * dims), *axes)
    columns = chosen.transpose(order).copy()  # in memory of its own, which windows never are
    return columns.reshape((n, c * prod(form.kernel), prod(form.out)))


# The other half of the pair: sums of overlapping slices, each written to where it belongs without a copy of the rest.
@operation(notation=r"\operatorname{{fold}}({x})", symbol="fold +", linear=True)
def fold(
    xp: Any, x: Any, *, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """Columns as `unfold` gives them added up where they came from: (examples, channels, *output_size).

    The parameters are those of `unfold`. Raises `ShapeError` where `x` has not as many rows or columns as a kernel on
    `output_size` has elements and places.

    >>> ag.fold(ag.ones((1, 2, 2)), output_size=(3,), kernel_size=2).numpy()
    array([[[1., 2., 1.]]])
    """
    if x.ndim != 3:
        raise ShapeError(f"x has {x.ndim} axes, and needs three: examples, channels · kernel elements, places")
    count = next((len(each) for each in (output_size, kernel_size) if isinstance(each, tuple)), 1)
    size = _numbers(output_size, count, "output_size", 0)
    form = _form(size, kernel_size, stride, padding, dilation)
    n, rows, places = x.shape
    if rows % prod(form.kernel):
        raise ShapeError(f"axis 1 of x has {rows} elements, no multiple of the kernel's {prod(form.kernel)}")
    if places != prod(form.out):
        raise ShapeError(f"axis 2 of x has {places} elements, and the kernel stands at {form.out} places")
    c = rows // prod(form.kernel)
    pieces = x.reshape((n, c, *form.kernel, *form.out))
    whole = xp.zeros((n, c, *(m + sum(pad) for m, pad in zip(size, form.pads, strict=True))), dtype=x.dtype)
    every = (slice(None), slice(None))
    for place in numpy.ndindex(*form.kernel):
        reach = zip(place, form.dilation, form.out, form.stride, strict=True)
        at = (*every, *(slice(k * d, k * d + (m - 1) * step + 1, step) for k, d, m, step in reach))
        whole[at] += pieces[(*every, *place)]
    return whole[_inside(size, form.pads)] if any(map(any, form.pads)) else whole


unfold.rules(x=lambda xp, g, out, x, *, fill_value, **params: fold(g, output_size=tuple(x.shape[2:]), **params))
fold.rules(x=lambda xp, g, out, x, *, output_size, **params: unfold(g, **params))


# Convolution. One fused rule each: composed of `unfold` and `matmul`, a convolution would keep its columns, as many
# times the size of x as the kernel has elements, and get the gradient of them in an order of memory in which adding
# them up takes three times as long. The columns are made anew for the gradient of the weight, a tenth of its time; a
# compiled step makes them once.


def _channels(x: Any, weight: Any, bias: Any, groups: int, dims: int, transposed: bool) -> int:
    """The number of channels of the result. Raises `ShapeError` where the operands' do not fit each other."""
    _moving(x, dims)
    if weight.ndim != dims + 2:
        raise ShapeError(f"weight has {weight.ndim} axes, and needs {dims + 2}: two of channels and {dims} of a kernel")
    if isinstance(groups, bool) or not isinstance(groups, int) or groups < 1:
        raise ArgumentError(f"groups={groups!r}: give a whole number of at least 1")
    c = x.shape[1]
    if transposed:
        if weight.shape[0] != c:
            raise ShapeError(f"x has {c} channels at axis 1, and weight is for {weight.shape[0]} at its axis 0")
        if c % groups:
            raise ShapeError(f"the {c} channels at axis 1 of x do not divide into {groups} groups")
        made = int(weight.shape[1] * groups)
    else:
        if weight.shape[1] * groups != c:
            of = f" in each of {groups} groups" if groups > 1 else ""
            raise ShapeError(f"x has {c} channels at axis 1, and weight is for {weight.shape[1]} at its axis 1{of}")
        made = int(weight.shape[0])
        if made % groups:
            raise ShapeError(f"the {made} channels at axis 0 of weight do not divide into {groups} groups")
    if bias is not None and tuple(bias.shape) != (made,):
        raise ShapeError(f"bias has the shape {tuple(bias.shape)}, and the result has {made} channels: give ({made},)")
    return made


def _shifted(out: Any, bias: Any, dims: int) -> Any:
    return out if bias is None else out + bias.reshape((bias.shape[0], *(1,) * dims))


def _columns(x: Any, form: _Form) -> Any:
    return unfold(
        x, kernel_size=form.kernel, dilation=form.dilation, padding=form.pads, stride=form.stride, fill_value=0
    )  # fmt: skip


def _by_columns(xp: Any, x: Any, weight: Any, form: _Form, groups: int) -> Any:
    """Every kernel of `weight` (made, channels / groups, …) laid over `x` at every place."""
    n = x.shape[0]
    made, depth = weight.shape[0], weight.shape[1] * prod(form.kernel)
    columns = _columns(x, form)
    if groups == 1:
        out = xp.matmul(weight.reshape((made, depth)), columns)
    else:
        rows = weight.reshape((groups, made // groups, depth))
        out = xp.matmul(rows, columns.reshape((n, groups, depth, prod(form.out))))
    return out.reshape((n, made, *form.out))


def _spread(xp: Any, x: Any, weight: Any, size: Sizes, form: _Form, groups: int) -> Any:
    """The transpose of `_by_columns`: every element of `x` spreads its kernel over an array of `size`."""
    n, c = x.shape[:2]
    each, elements, places = weight.shape[1], prod(form.kernel), prod(form.out)
    rows = weight.reshape((groups, c // groups, each * elements)).swapaxes(-1, -2)
    columns = xp.matmul(rows, x.reshape((n, groups, c // groups, places)))
    return fold(
        columns.reshape((n, groups * each * elements, places)), output_size=size, kernel_size=form.kernel,
        dilation=form.dilation, padding=form.pads, stride=form.stride,
    )  # fmt: skip


def _weight_gradient(xp: Any, g: Any, x: Any, shape: Sizes, form: _Form, groups: int) -> Any:
    """How much each element of a kernel met: `g` has an element for each place where it stood on `x`."""
    n, made, places = x.shape[0], g.shape[1], prod(form.out)
    columns = _columns(x, form).reshape((n, groups, x.shape[1] // groups * prod(form.kernel), places))
    met = xp.matmul(g.reshape((n, groups, made // groups, places)), columns.swapaxes(-1, -2))
    return xp.sum(met, axis=0).reshape(shape)


def _bias_gradient(xp: Any, g: Any, out: Any, x: Any, weight: Any, bias: Any, **params: Any) -> Any:
    return xp.sum(g, axis=(0, *range(2, g.ndim)))


def _products(inputs: Any, result: Any, params: Any) -> int:
    # A multiplication and an addition for each element of the result, or of x where it is transposed, and of a kernel.
    x, weight = inputs[:2]
    transposed = "output_padding" in params
    return int(2 * prod(x if transposed else result) * prod(weight[1:]))


def _convolution(
    xp: Any, x: Any, weight: Any, bias: Any, dims: int, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Any:  # fmt: skip
    _channels(x, weight, bias, groups, dims, False)
    form = _form(_moving(x, dims), tuple(weight.shape[2:]), stride, padding, dilation)
    return _shifted(_by_columns(xp, x, weight, form, groups), bias, dims)


def _x_rule(xp: Any, g: Any, out: Any, x: Any, weight: Any, bias: Any, **params: Any) -> Any:
    size = tuple(x.shape[2:])
    form = _form(size, tuple(weight.shape[2:]), params["stride"], params["padding"], params["dilation"])
    sizes = zip(size, form.pads, form.spans, form.stride, strict=True)
    rest = tuple((n + sum(pad) - span) % step for n, pad, span, step in sizes)
    return _TRANSPOSED[len(size)](
        g, weight, stride=form.stride, padding=form.pads, output_padding=rest, groups=params["groups"],
        dilation=form.dilation,
    )  # fmt: skip


def _weight_rule(xp: Any, g: Any, out: Any, x: Any, weight: Any, bias: Any, **params: Any) -> Any:
    kernel = tuple(weight.shape[2:])
    form = _form(tuple(x.shape[2:]), kernel, params["stride"], params["padding"], params["dilation"])
    return _weight_gradient(xp, g, x, tuple(weight.shape), form, params["groups"])


def _transposed(
    xp: Any, x: Any, weight: Any, bias: Any, dims: int, stride: Any, padding: Any, output_padding: Any, groups: Any,
    dilation: Any,
) -> Any:  # fmt: skip
    _channels(x, weight, bias, groups, dims, True)
    form = _transposed_form(tuple(x.shape[2:]), tuple(weight.shape[2:]), stride, padding, output_padding, dilation)
    return _shifted(_spread(xp, x, weight, _transposed_size(form, output_padding), form, groups), bias, dims)


def _transposed_size(form: _Form, output_padding: Any) -> Sizes:
    """The size of the array that a kernel stands on at `form.out` places."""
    more = _numbers(output_padding, len(form.out), "output_padding", 0)
    reach = zip(form.out, form.stride, form.spans, form.pads, more, strict=True)
    return tuple((m - 1) * step + span - sum(pad) + extra for m, step, span, pad, extra in reach)


@lru_cache(1024, typed=True)  # 1, True and 1.0 are equal, and not alike
def _transposed_form(
    places: Sizes, kernel_size: Sizes, stride: Any, padding: Any, output_padding: Any, dilation: Any
) -> _Form:  # fmt: skip
    """Where the kernel stands of the convolution that this one is the transpose of."""
    count = len(places)
    kernel = _numbers(kernel_size, count, "kernel_size", 1)
    steps, apart = _numbers(stride, count, "stride", 1), _numbers(dilation, count, "dilation", 1)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, apart, strict=True))
    if padding == "same" or padding == "valid":
        raise ArgumentError(f"padding={padding!r} is for a convolution that is not transposed: give numbers")
    more = _numbers(output_padding, count, "output_padding", 0)
    for axis, (extra, step) in enumerate(zip(more, steps, strict=True), start=2):
        if extra >= step:
            raise ArgumentError(
                f"output_padding={output_padding!r}: it chooses among the sizes that a stride of {step} gives alike, "
                f"so at axis {axis} it is less than {step}"
            )
    form = _Form(kernel, steps, apart, _pads(padding, steps, spans), spans, places)
    for axis, n in enumerate(_transposed_size(form, output_padding), start=2):
        if n < 1 or places[axis - 2] < 1:
            raise ShapeError(f"the result would have {n} elements at axis {axis}: x has {places[axis - 2]} there")
    return form


def _transposed_x_rule(
    xp: Any, g: Any, out: Any, x: Any, weight: Any, bias: Any, *, output_padding: Any, **params: Any
) -> Any:  # fmt: skip
    return _PLAIN[x.ndim - 2](g, weight, **params)


def _transposed_weight_rule(
    xp: Any, g: Any, out: Any, x: Any, weight: Any, bias: Any, *, output_padding: Any, **params: Any
) -> Any:  # fmt: skip
    kernel = tuple(weight.shape[2:])
    form = _form(tuple(g.shape[2:]), kernel, params["stride"], params["padding"], params["dilation"])
    return _weight_gradient(xp, x, g, tuple(weight.shape), form, params["groups"])


_OVER = r"{weight} \ast {x}"
_BACK = r"{weight} \ast^{{\mathsf T}} {x}"


@operation(notation=_OVER, symbol="∗", flops=_products)
def conv1d(
    xp: Any, x: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """The kernels `weight` (made, channels / groups, k) laid over `x` (examples, channels, length) at every place.

    It is the cross-correlation that networks call convolution: nothing is reversed. The result is (examples, made,
    places), to which `bias` (made,) is added. `stride` is how far the kernel moves, `dilation` how far apart its
    elements look, `padding` how many zeros are put on both sides of x, "same" (as many places as elements, where the
    stride is 1; one more behind than before where they cannot be equal) or "valid" (none). In `groups`, each part of
    the channels made sees its part of the channels of `x`. Raises `ShapeError`, which names operand and axis, where
    the sizes do not fit.

    >>> ag.conv1d(ag.tensor([[[1.0, 2.0, 4.0]]]), ag.tensor([[[-1.0, 1.0]]])).numpy()
    array([[[1., 2.]]])
    """
    return _convolution(xp, x, weight, bias, 1, stride, padding, dilation, groups)


@operation(notation=_OVER, symbol="∗", flops=_products)
def conv2d(
    xp: Any, x: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """The kernels `weight` (made, channels / groups, height, width) laid over `x` (examples, channels, …, …).

    The parameters are those of `conv1d`, each a number or a pair.

    >>> ag.conv2d(ag.ones((1, 1, 3, 3)), ag.ones((1, 1, 2, 2)), ag.tensor([0.5]), stride=2).numpy()
    array([[[[4.5]]]])
    """
    return _convolution(xp, x, weight, bias, 2, stride, padding, dilation, groups)


@operation(notation=_OVER, symbol="∗", flops=_products)
def conv3d(
    xp: Any, x: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """The kernels `weight` (made, channels / groups, …) laid over the last three axes of `x` (examples, channels, …).

    The parameters are those of `conv1d`, each a number or three.

    >>> ag.conv3d(ag.ones((1, 2, 3, 3, 3)), ag.ones((1, 2, 2, 2, 3)), padding="valid").shape
    (1, 1, 2, 2, 1)
    """
    return _convolution(xp, x, weight, bias, 3, stride, padding, dilation, groups)


@operation(notation=_BACK, symbol="∗ᵀ", flops=_products)
def conv_transpose1d(
    xp: Any, x: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv1d`: each element of `x` spreads its kernel over the result, which adds up what it gets.

    `x` is (examples, channels, length), `weight` (channels, made / groups, k), as the convolution has it whose
    transpose this is; `stride`, `padding` and `dilation` are its own. A stride of s gives s sizes alike, of which
    `output_padding` chooses the larger by as much: the result is (length - 1) · stride - 2 · padding + dilation · (k -
    1) + output_padding + 1 long. `bias` (made,) is added. Raises `ShapeError` where the sizes do not fit.

    >>> ag.conv_transpose1d(ag.tensor([[[1.0, 2.0]]]), ag.tensor([[[1.0, 1.0]]]), stride=2).numpy()
    array([[[1., 1., 2., 2.]]])
    """
    return _transposed(xp, x, weight, bias, 1, stride, padding, output_padding, groups, dilation)


@operation(notation=_BACK, symbol="∗ᵀ", flops=_products)
def conv_transpose2d(
    xp: Any, x: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv2d`: `x` (examples, channels, …, …), `weight` (channels, made / groups, height, width).

    The parameters are those of `conv_transpose1d`, each a number or a pair.

    >>> ag.conv_transpose2d(ag.ones((1, 1, 2, 2)), ag.ones((1, 1, 2, 2))).numpy()[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    return _transposed(xp, x, weight, bias, 2, stride, padding, output_padding, groups, dilation)


@operation(notation=_BACK, symbol="∗ᵀ", flops=_products)
def conv_transpose3d(
    xp: Any, x: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv3d`: `x` (examples, channels, …), `weight` (channels, made / groups, …).

    The parameters are those of `conv_transpose1d`, each a number or three.

    >>> ag.conv_transpose3d(ag.ones((1, 1, 2, 2, 2)), ag.ones((1, 3, 2, 2, 2)), stride=2).shape
    (1, 3, 4, 4, 4)
    """
    return _transposed(xp, x, weight, bias, 3, stride, padding, output_padding, groups, dilation)


_PLAIN: dict[int, Operation] = {1: conv1d, 2: conv2d, 3: conv3d}
_TRANSPOSED: dict[int, Operation] = {1: conv_transpose1d, 2: conv_transpose2d, 3: conv_transpose3d}
for _each in _PLAIN.values():
    _each.rules(x=_x_rule, weight=_weight_rule, bias=_bias_gradient)
for _each in _TRANSPOSED.values():
    _each.rules(x=_transposed_x_rule, weight=_transposed_weight_rule, bias=_bias_gradient)


# Pooling is composed: columns, reduced.


def _pool_form(x: Any, dims: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> _Form:
    """Where a pool's windows stand; with `ceil_mode` the last may reach beyond the padding, as far as is needed."""
    size = _moving(x, dims)
    kernel = _numbers(kernel_size, dims, "kernel_size", 1)
    pads = _numbers(padding, dims, "padding", 0)
    form = _form(size, kernel, kernel if stride is None else stride, tuple((p, p) for p in pads), dilation)
    if any(2 * pad > span for pad, span in zip(pads, form.spans, strict=True)):
        raise ArgumentError(f"padding={padding!r} is more than half of a window, which spans {form.spans}")
    if not ceil_mode:
        return form
    behind, out = [], []
    for n, pad, span, step, m in zip(size, pads, form.spans, form.stride, form.out, strict=True):
        more = m + (m * step + span - step < n + 2 * pad and m * step < n + pad)  # a window begins within x
        out.append(more)
        behind.append(max((more - 1) * step + span - n - pad, pad))
    return form._replace(pads=tuple(zip(pads, behind, strict=True)), out=tuple(out))


def _seen(xp: Any, x: Any, form: _Form, fill_value: Any) -> Any:
    """The windows of a pool, (examples, channels, elements, places)."""
    columns = xp.unfold(
        x, kernel_size=form.kernel, dilation=form.dilation, padding=form.pads, stride=form.stride,
        fill_value=fill_value,
    )  # fmt: skip
    return columns.reshape((*x.shape[:2], prod(form.kernel), prod(form.out)))


def _lowest(dtype: Any) -> Any:
    return -float("inf") if dtype.kind in "fc" else int(numpy.iinfo(dtype).min)


def _largest(
    xp: Any, x: Any, dims: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Any:  # fmt: skip
    form = _pool_form(x, dims, kernel_size, stride, padding, dilation, ceil_mode)
    top = xp.max(_seen(xp, x, form, _lowest(x.dtype)), axis=2)
    if x.dtype.kind == "f" and any(each for pair in form.pads for each in pair):
        # Where all elements of a window are -inf the padding ties with them: the gradient is scaled to what they get.
        nothing = top == -float("inf")
        shared = xp.where(nothing, top, 0) * array_like(x, value=_shares(x, dims, form))
        top = xp.where(nothing, shared, top)
    return top.reshape((*x.shape[:2], *form.out))


def _shares(x: Any, dims: int, form: _Form) -> Any:
    """The places of each window over those that are elements and not padding."""
    counts = numpy.ones(1, int)
    for i, n in enumerate(_moving(x, dims)):
        starts = numpy.arange(form.out[i]) * form.stride[i] - form.pads[i][0]
        places = starts[:, None] + numpy.arange(form.kernel[i]) * form.dilation[i]
        counts = numpy.multiply.outer(counts, ((places >= 0) & (places < n)).sum(axis=1)).reshape(-1)
    return (prod(form.kernel) / numpy.maximum(counts, 1)).astype(x.dtype)


def _average(
    xp: Any, x: Any, dims: int, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool, count_include_pad: bool
) -> Any:  # fmt: skip
    form = _pool_form(x, dims, kernel_size, stride, padding, 1, ceil_mode)
    total = xp.sum(_seen(xp, x, form, 0), axis=2).reshape((*x.shape[:2], *form.out))
    pads = _numbers(padding, dims, "padding", 0)
    for i in range(dims):
        n, pad, step = x.shape[2 + i], pads[i], form.stride[i]
        low, high = (-pad, n + pad) if count_include_pad else (0, n)
        starts = [place * step - pad for place in range(form.out[i])]
        counts = [min(start + form.kernel[i], high) - max(start, low) for start in starts]
        total = _divided(xp, total, 2 + i, counts)
    return total


def _divided(xp: Any, x: Any, axis: int, counts: list[int]) -> Any:
    """`x` divided by a number for each place along an axis, which are equal but at its ends."""
    if len(set(counts)) < 2:
        return x / counts[0]
    parts, start = [], 0
    for count, run in groupby(counts):
        stop = start + len(list(run))
        parts.append(x[(*(slice(None),) * axis, slice(start, stop))] / count)
        start = stop
    return xp.concatenate(parts, axis=axis)


@composed(notation=r"\operatorname{{maxpool}}({x})", analytic=False)
def max_pool1d(
    xp: Any, x: Any, *, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The largest element in each window of `x` (examples, channels, length); ties share the gradient evenly.

    A window of `kernel_size` elements moves by `stride` (its own size where None); `dilation` is how far apart the
    elements are that it sees. `padding` puts so many places on both sides that never win, at most half of a window.
    With `ceil_mode` a last window may reach beyond that, if it begins within `x` or the padding before it. Raises
    `ShapeError` where a window is longer than `x`.

    >>> ag.max_pool1d(ag.tensor([[[1.0, 3.0, 2.0, 5.0]]]), 2).numpy()
    array([[[3., 5.]]])
    """
    return _largest(xp, x, 1, kernel_size, stride, padding, dilation, ceil_mode)


@composed(notation=r"\operatorname{{maxpool}}({x})", analytic=False)
def max_pool2d(
    xp: Any, x: Any, *, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The largest element in each window over the last two axes of `x` (examples, channels, …, …).

    The parameters are those of `max_pool1d`, each a number or a pair; ties share the gradient evenly.

    >>> ag.max_pool2d(ag.tensor([[[[1.0, 3.0], [2.0, 5.0]]]]), 2).numpy()
    array([[[[5.]]]])
    """
    return _largest(xp, x, 2, kernel_size, stride, padding, dilation, ceil_mode)


@composed(notation=r"\operatorname{{maxpool}}({x})", analytic=False)
def max_pool3d(
    xp: Any, x: Any, *, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The largest element in each window over the last three axes of `x` (examples, channels, …).

    The parameters are those of `max_pool1d`, each a number or three; ties share the gradient evenly.

    >>> ag.max_pool3d(ag.ones((1, 1, 4, 4, 4)), 2).shape
    (1, 1, 2, 2, 2)
    """
    return _largest(xp, x, 3, kernel_size, stride, padding, dilation, ceil_mode)


@composed(notation=r"\operatorname{{avgpool}}({x})")
def avg_pool1d(
    xp: Any, x: Any, *, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window of `x` (examples, channels, length).

    The parameters are those of `max_pool1d`; `padding` puts zeros on both sides, which count among the elements of a
    window unless `count_include_pad` is False. What a window sees beyond the padding never counts.

    >>> ag.avg_pool1d(ag.tensor([[[1.0, 3.0, 2.0, 6.0]]]), 2).numpy()
    array([[[2., 4.]]])
    """
    return _average(xp, x, 1, kernel_size, stride, padding, ceil_mode, count_include_pad)


@composed(notation=r"\operatorname{{avgpool}}({x})")
def avg_pool2d(
    xp: Any, x: Any, *, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window over the last two axes of `x` (examples, channels, …, …).

    The parameters are those of `avg_pool1d`, each a number or a pair.

    >>> ag.avg_pool2d(ag.tensor([[[[1.0, 3.0], [2.0, 6.0]]]]), 2).numpy()
    array([[[[3.]]]])
    """
    return _average(xp, x, 2, kernel_size, stride, padding, ceil_mode, count_include_pad)


@composed(notation=r"\operatorname{{avgpool}}({x})")
def avg_pool3d(
    xp: Any, x: Any, *, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window over the last three axes of `x` (examples, channels, …).

    The parameters are those of `avg_pool1d`, each a number or three.

    >>> ag.avg_pool3d(ag.ones((1, 1, 4, 4, 4)), 2).shape
    (1, 1, 2, 2, 2)
    """
    return _average(xp, x, 3, kernel_size, stride, padding, ceil_mode, count_include_pad)


# Adaptive pools: the size of the result is given, and so many bins cover each axis.


def _bins(x: Any, dims: int, output_size: Any) -> list[list[tuple[int, int]]]:
    """Where the bins along each axis begin and end; `None` in the place of a number keeps an axis as it is."""
    size = _moving(x, dims)
    wanted = output_size if isinstance(output_size, tuple) else (output_size,) * dims
    if len(wanted) == dims:
        wanted = tuple(n if each is None else each for each, n in zip(wanted, size, strict=True))
    bins = []
    for axis, (n, m) in enumerate(zip(size, _numbers(wanted, dims, "output_size", 1), strict=True), start=2):
        if not n:
            raise ShapeError(f"axis {axis} of x has no elements to pool")
        bins.append([(i * n // m, -(-(i + 1) * n // m)) for i in range(m)])
    return bins


def _even(bins: list[tuple[int, int]], n: int) -> bool:
    return n % len(bins) == 0


def _along(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))


def _adaptive_average(xp: Any, x: Any, dims: int, output_size: Any) -> Any:
    # Every bin is a box, whose mean is the mean along one axis of the means along the others.
    for axis, bins in enumerate(_bins(x, dims, output_size), start=2):
        if _even(bins, x.shape[axis]):
            m = len(bins)
            shape = (*x.shape[:axis], m, x.shape[axis] // m, *x.shape[axis + 1 :])
            x = xp.mean(x.reshape(shape), axis=axis + 1)
        else:
            means = [xp.mean(x[_along(axis, *each)], axis=axis, keepdims=True) for each in bins]
            x = xp.concatenate(means, axis=axis)
    return x


def _adaptive_largest(xp: Any, x: Any, dims: int, output_size: Any) -> Any:
    # All elements of a bin are compared at once, so that ties share evenly: an axis of bins and one within each bin.
    lowest = _lowest(x.dtype)
    axis = 2
    for bins in _bins(x, dims, output_size):
        n, m = x.shape[axis], len(bins)
        if _even(bins, n):
            x = x.reshape((*x.shape[:axis], m, n // m, *x.shape[axis + 1 :]))
        else:
            longest = max(stop - start for start, stop in bins)
            parts = []
            for start, stop in bins:
                part = x[_along(axis, start, stop)]
                if stop - start < longest:
                    beside = x[_along(axis, 0, longest - (stop - start))]
                    part = xp.concatenate([part, xp.zeros_like(beside) + lowest], axis=axis)
                parts.append(part)
            x = xp.stack(parts, axis=axis)
        axis += 2
    return xp.max(x, axis=tuple(range(3, axis, 2)))


@composed(notation=r"\operatorname{{avgpool}}({x})")
def adaptive_avg_pool1d(xp: Any, x: Any, *, output_size: Any) -> Any:
    """The means of `output_size` bins that cover `x` (examples, channels, length).

    Bin i of m goes from ⌊i n / m⌋ to below ⌈(i + 1) n / m⌉ of the n elements, so that bins may overlap by one where m
    does not divide n. `None` in the place of a size keeps that axis.

    >>> ag.adaptive_avg_pool1d(ag.tensor([[[1.0, 3.0, 2.0, 6.0]]]), 2).numpy()
    array([[[2., 4.]]])
    """
    return _adaptive_average(xp, x, 1, output_size)


@composed(notation=r"\operatorname{{avgpool}}({x})")
def adaptive_avg_pool2d(xp: Any, x: Any, *, output_size: Any) -> Any:
    """The means of `output_size` bins, a number or a pair, over the last two axes of `x` (examples, channels, …, …).

    The bins are those of `adaptive_avg_pool1d`.

    >>> ag.adaptive_avg_pool2d(ag.tensor([[[[1.0, 3.0], [2.0, 6.0]]]]), 1).numpy()
    array([[[[3.]]]])
    """
    return _adaptive_average(xp, x, 2, output_size)


@composed(notation=r"\operatorname{{avgpool}}({x})")
def adaptive_avg_pool3d(xp: Any, x: Any, *, output_size: Any) -> Any:
    """The means of `output_size` bins, a number or three, over the last three axes of `x` (examples, channels, …).

    The bins are those of `adaptive_avg_pool1d`.

    >>> ag.adaptive_avg_pool3d(ag.ones((1, 1, 4, 5, 6)), (2, None, 4)).shape
    (1, 1, 2, 5, 4)
    """
    return _adaptive_average(xp, x, 3, output_size)


@composed(notation=r"\operatorname{{maxpool}}({x})", analytic=False)
def adaptive_max_pool1d(xp: Any, x: Any, *, output_size: Any) -> Any:
    """The largest elements of `output_size` bins that cover `x` (examples, channels, length).

    The bins are those of `adaptive_avg_pool1d`; ties share the gradient evenly.

    >>> ag.adaptive_max_pool1d(ag.tensor([[[1.0, 3.0, 2.0, 6.0]]]), 2).numpy()
    array([[[3., 6.]]])
    """
    return _adaptive_largest(xp, x, 1, output_size)


@composed(notation=r"\operatorname{{maxpool}}({x})", analytic=False)
def adaptive_max_pool2d(xp: Any, x: Any, *, output_size: Any) -> Any:
    """The largest elements of `output_size` bins, a number or a pair, over the last two axes of `x`.

    The bins are those of `adaptive_avg_pool1d`; ties share the gradient evenly.

    >>> ag.adaptive_max_pool2d(ag.tensor([[[[1.0, 3.0], [2.0, 6.0]]]]), 1).numpy()
    array([[[[6.]]]])
    """
    return _adaptive_largest(xp, x, 2, output_size)


@composed(notation=r"\operatorname{{maxpool}}({x})", analytic=False)
def adaptive_max_pool3d(xp: Any, x: Any, *, output_size: Any) -> Any:
    """The largest elements of `output_size` bins, a number or three, over the last three axes of `x`.

    The bins are those of `adaptive_avg_pool1d`; ties share the gradient evenly.

    >>> ag.adaptive_max_pool3d(ag.ones((1, 1, 4, 5, 6)), (2, None, 4)).shape
    (1, 1, 2, 5, 4)
    """
    return _adaptive_largest(xp, x, 3, output_size)
