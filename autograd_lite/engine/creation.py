"""Tensors made of nothing, by NumPy's names: zeros, ones, ranges, identity matrices.

What is made of numbers is a leaf; what is made of tensors (the ends of `linspace`, the value of `full`) is computed
from them and has its gradient. Knows Tensors and the operations that it composes. Must not know how they are recorded.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.diagnosis import told
from autograd_lite.engine.tensor import Tensor, asarray, tensor
from autograd_lite.errors import ArgumentError, AutogradError, DeviceError, GraphError
from autograd_lite.op import one_axis
from autograd_lite.ops import joining, shaping

__all__ = [
    "arange", "empty", "eye", "fromfunction", "full", "geomspace", "identity", "linspace", "logspace", "ones", "zeros",
]  # fmt: skip

HERE = "cpu"
"""The device on which tensors are made of nothing; on another they are made of an array that is there."""


def _said(call: tuple[Any, ...]) -> str:
    """A call in words, which is put together only where something is wrong with it."""
    name, *given = call
    while given and given[-1] is None:
        given.pop()
    return f"{name}({', '.join(map(repr, given))})"


def _leaf(
    call: tuple[Any, ...], make: Callable[[], Any], requires_grad: bool = False, name: str | None = None,
    device: Any = None,
) -> Tensor:  # fmt: skip
    """A leaf with the array that `make` gives; what NumPy refuses is said of the call."""
    on_device(device)
    try:
        array = make()
    except AutogradError:
        raise
    except (TypeError, ValueError, MemoryError, OverflowError, ZeroDivisionError) as error:
        raise ArgumentError(f"{_said(call)}: {error}") from error
    return tensor(array, requires_grad, name=name)


def on_device(device: Any) -> None:
    """Raise `DeviceError` for a device other than the one tensors are made on."""
    if device is not None and str(device) != HERE:
        raise DeviceError(
            f"there is no device {device!r} to make a tensor on, only {HERE!r}: make an array there, as in "
            "ag.asarray(cupy.zeros(3)), or one like a tensor that is there, as in ag.zeros_like(x)"
        )


def _computed(what: str, result: Tensor, requires_grad: bool, name: str | None) -> Tensor:
    """A result made of tensors, by this name."""
    if requires_grad:
        raise GraphError(
            f"{what}: it is computed from a tensor, whose own requires_grad it follows: leave requires_grad out"
        )
    if name is not None:
        result.name = name
    return result


def _one_axis(call: tuple[Any, ...], axis: Any) -> None:
    if type(axis) is list:
        one_axis(_said(call), axis)


def _of_tensors(*values: Any) -> bool:
    return any(type(value) is Tensor for value in values)


def _one_shape(name: str, shape: Any, dtype: Any) -> None:
    # As in PyTorch, whose functions take the lengths one by one.
    if isinstance(dtype, int) and not isinstance(dtype, bool):
        raise ArgumentError(
            f"{_said((name, shape, dtype))}: the shape is one argument and the dtype the next: "
            f"write {name}(({shape}, {dtype}))"
        )


@told
def zeros(
    shape: Any, dtype: Any = float, requires_grad: bool = False, name: str | None = None, device: Any = None
) -> Tensor:  # fmt: skip
    """A tensor of zeros.

    >>> import autograd_lite as ag
    >>> ag.zeros(2).numpy()
    array([0., 0.])
    """
    _one_shape("zeros", shape, dtype)
    return _leaf(("zeros", shape, dtype), lambda: numpy.zeros(shape, dtype), requires_grad, name, device)


@told
def ones(
    shape: Any, dtype: Any = float, requires_grad: bool = False, name: str | None = None, device: Any = None
) -> Tensor:  # fmt: skip
    """A tensor of ones.

    >>> import autograd_lite as ag
    >>> ag.ones(2).numpy()
    array([1., 1.])
    """
    _one_shape("ones", shape, dtype)
    return _leaf(("ones", shape, dtype), lambda: numpy.ones(shape, dtype), requires_grad, name, device)


@told
def empty(
    shape: Any, dtype: Any = float, requires_grad: bool = False, name: str | None = None, device: Any = None
) -> Tensor:  # fmt: skip
    """A tensor whose elements are to be set: zeros here, so that nothing ever depends on what memory held.

    >>> import autograd_lite as ag
    >>> ag.empty((2, 3)).shape
    (2, 3)
    """
    return _leaf(("empty", shape, dtype), lambda: numpy.zeros(shape, dtype), requires_grad, name, device)


@told
def full(
    shape: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None,
    device: Any = None,
) -> Tensor:  # fmt: skip
    """A tensor with `fill_value`, broadcast, in every place; of a tensor it is computed, and has its gradient.

    >>> import autograd_lite as ag
    >>> ag.full(2, 7.0).numpy()
    array([7., 7.])
    """
    on_device(device)
    if type(fill_value) is Tensor:
        value = fill_value if dtype is None else fill_value.astype(dtype)
        return _computed("full", shaping.broadcast_to(value, shape), requires_grad, name)
    return _leaf(("full", shape, fill_value), lambda: numpy.full(shape, fill_value, dtype), requires_grad, name, device)


@told
def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: Any = None, requires_grad: bool = False,
    name: str | None = None, device: Any = None, like: Any = None,
) -> Tensor:  # fmt: skip
    """Numbers from `start` (0 where one number is given) to below `stop` in steps, on the device of `like`.

    A tensor gives its number, not its gradient, since the length follows from it: write `start + step * ag.arange(n)`
    for one. Raises `GraphError` for a tensor that requires a gradient.

    >>> import autograd_lite as ag
    >>> ag.arange(3).numpy(), ag.arange(1.0, 2.0, 0.5).numpy()
    (array([0, 1, 2]), array([1. , 1.5]))
    """
    if like is not None and type(start) is int and stop is None and dtype is None:  # as rules say it
        return asarray(backend.namespace(like._data if type(like) is Tensor else like).arange(start))
    for each in (start, stop, step):
        if type(each) is Tensor and each._requires_grad:
            raise GraphError(
                "arange: the number of elements follows from its arguments, so none has a gradient: write "
                "start + step * ag.arange(n), ag.linspace(start, stop, n), or detach() it"
            )
    first, last, stride = (each.item() if type(each) is Tensor else each for each in (start, stop, step))
    bounds = (first,) if last is None else (first, last)
    kind = None if dtype is None else backend.native(dtype)
    xp = numpy if like is None else backend.namespace(like._data if type(like) is Tensor else like)

    def make() -> Any:
        if last is None:
            return xp.arange(0, first, 1 if stride is None else stride, dtype=kind)
        return xp.arange(*bounds, 1 if stride is None else stride, dtype=kind)

    return _leaf(("arange", start, stop, step), make, requires_grad, name, device)


@told
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, requires_grad: bool = False, name: str | None = None, device: Any = None,
) -> Any:  # fmt: skip
    """`num` numbers at equal distances from `start` to `stop`, along `axis`, with their distance where `retstep`.

    Of tensors they are computed, and have the gradients of both ends.

    >>> import autograd_lite as ag
    >>> ag.linspace(0.0, 1.0, 3).numpy()
    array([0. , 0.5, 1. ])
    """
    on_device(device)
    call = ("linspace", start, stop, num)
    _one_axis(call, axis)
    if not _of_tensors(start, stop):
        step: list[Any] = []

        def make() -> Any:
            values, distance = numpy.linspace(start, stop, num, endpoint, retstep=True, dtype=dtype, axis=axis)
            step.append(distance)
            return values

        values = _leaf(call, make, requires_grad, name, device)
        return (values, asarray(step[0])) if retstep else values
    count = _count(call, num)
    first, last = asarray(start) * 1.0, asarray(stop) * 1.0
    intervals = count - 1 if endpoint else count
    values, distance = _spaced(first, last, count, intervals, endpoint)
    values = shaping.moveaxis(values, 0, axis) if axis != 0 else values
    values = _computed("linspace", values if dtype is None else values.astype(dtype), requires_grad, name)
    return (values, distance) if retstep else values


def _count(call: tuple[Any, ...], num: Any) -> int:
    try:
        count = operator.index(num)
    except TypeError:
        count = -1
    if count < 0:
        raise ArgumentError(f"{_said(call)}: the number of samples is a whole number from 0, not {num!r}")
    return count


def _spaced(first: Tensor, last: Tensor, count: int, intervals: int, endpoint: bool) -> tuple[Tensor, Any]:
    """The numbers along a first axis and their distance, computed as NumPy computes them."""
    apart = last - first
    places = numpy.arange(count, dtype=apart.dtype).reshape((-1,) + (1,) * apart.ndim)
    step = apart / intervals if intervals > 0 else asarray(numpy.nan)
    values = places * (step if intervals > 0 else apart) + first
    return _ending(values, last) if endpoint and count > 1 else values, step


def _ending(values: Tensor, last: Tensor) -> Tensor:
    """The values along the first axis, the last of them without a rounding."""
    end = shaping.broadcast_to(last, (1, *values.shape[1:]))
    ended: Tensor = joining.concatenate([values[:-1], end], axis=0)
    return ended


@told
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0,
    requires_grad: bool = False, name: str | None = None, device: Any = None,
) -> Tensor:  # fmt: skip
    """The powers of `base` whose exponents `linspace` gives: `num` numbers at equal ratios; of tensors with gradients.

    >>> import autograd_lite as ag
    >>> ag.logspace(0.0, 2.0, 3).numpy()
    array([  1.,  10., 100.])
    """
    on_device(device)
    call = ("logspace", start, stop, num)
    _one_axis(call, axis)
    if not _of_tensors(start, stop, base):
        return _leaf(
            call, lambda: numpy.logspace(start, stop, num, endpoint, base, dtype, axis), requires_grad, name, device
        )
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    powers = (asarray(base) if type(base) is Tensor else float(base)) ** exponents
    return _computed("logspace", powers if dtype is None else powers.astype(dtype), requires_grad, name)


@told
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0,
    requires_grad: bool = False, name: str | None = None, device: Any = None,
) -> Tensor:  # fmt: skip
    """`num` numbers at equal ratios from `start` to `stop`, both positive or both negative; of tensors with gradients.

    >>> import autograd_lite as ag
    >>> ag.geomspace(1.0, 100.0, 3).numpy()
    array([  1.,  10., 100.])
    """
    on_device(device)
    call = ("geomspace", start, stop, num)
    _one_axis(call, axis)
    if not _of_tensors(start, stop):
        return _leaf(
            call, lambda: numpy.geomspace(start, stop, num, endpoint, dtype, axis), requires_grad, name, device
        )
    first, last = asarray(start) * 1.0, asarray(stop) * 1.0
    exponents = linspace(0.0, 1.0, num, endpoint).astype((first * last).dtype)
    laid = exponents.reshape((-1,) + (1,) * (first * last).ndim)
    values = first * (last / first) ** laid
    if endpoint and len(values) > 1:
        values = _ending(values, last)
    values = shaping.moveaxis(values, 0, axis) if axis != 0 else values
    return _computed("geomspace", values if dtype is None else values.astype(dtype), requires_grad, name)


@told
def eye(
    N: int, M: int | None = None, k: int = 0, dtype: Any = float, requires_grad: bool = False,  # noqa: N803
    name: str | None = None, device: Any = None,
) -> Tensor:  # fmt: skip
    """A matrix of `N` rows and `M` columns (`N` where None) with ones on its diagonal, or on the `k`-th above it.

    >>> import autograd_lite as ag
    >>> ag.eye(2).numpy()
    array([[1., 0.],
           [0., 1.]])
    """
    return _leaf(("eye", N, M, k), lambda: numpy.eye(N, M, k, dtype), requires_grad, name, device)


@told
def identity(
    n: int, dtype: Any = float, requires_grad: bool = False, name: str | None = None, device: Any = None
) -> Tensor:  # fmt: skip
    """The square matrix of `n` rows with ones on its diagonal.

    >>> import autograd_lite as ag
    >>> ag.identity(2).shape
    (2, 2)
    """
    return _leaf(("identity", n), lambda: numpy.identity(n, dtype), requires_grad, name, device)


@told
def fromfunction(function: Callable[..., Any], shape: Any, dtype: Any = float) -> Any:
    """What `function` gives for the places of an array of this shape: a tensor of them along each axis.

    >>> import autograd_lite as ag
    >>> ag.fromfunction(lambda i, j: i + 10 * j, (2, 2)).numpy()
    array([[ 0., 10.],
           [ 1., 11.]])
    """
    try:
        places = numpy.indices(shape, dtype)
    except (TypeError, ValueError, MemoryError) as error:
        raise ArgumentError(f"fromfunction(…, {shape!r}, {dtype!r}): {error}") from error
    return function(*map(tensor, places))
