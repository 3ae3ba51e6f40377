"""A second array library for machines without a second device: NumPy in all but type.

Its arrays refuse to meet NumPy's, refuse to become NumPy's unasked, and count each time they are asked, so a rule
that names `numpy` or copies to the host in silence fails here as it would on a GPU. Must not know operations or graphs.
"""

from __future__ import annotations

import operator
import types
from typing import Any

import numpy as np

from autograd_lite import backend

conversions: list[str] = []
"""Each way in which values left the stand-in's device, in order."""


def _unwrapped(value: Any) -> Any:
    if type(value) is Array:
        return value.inner
    if isinstance(value, np.ndarray):
        raise TypeError("a NumPy array met an array of the stand-in")
    if isinstance(value, list | tuple):
        return type(value)(map(_unwrapped, value))
    return value


def _arrays(values: Any) -> list[Array]:
    found: list[Array] = []
    for value in values:
        found += [value] if type(value) is Array else _arrays(value) if isinstance(value, list | tuple) else []
    return found


def _wrapped(result: Any, sources: list[Array]) -> Any:
    if isinstance(result, list | tuple):
        each = [_wrapped(one, sources) for one in result]
        return type(result)(*each) if hasattr(result, "_fields") else type(result)(each)
    if not isinstance(result, np.ndarray | np.generic):
        return result
    owner = None
    if isinstance(result, np.ndarray) and (result.base is not None or any(result is x.inner for x in sources)):
        owner = next((x if x.base is None else x.base for x in sources if np.may_share_memory(result, x.inner)), None)
    return Array(np.asarray(result), owner)


class Array:
    """An array of the stand-in: not an ndarray, and no view of one can be had but by asking."""

    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]
    device = "standin"

    def __init__(self, inner: np.ndarray, base: Array | None = None) -> None:
        self.inner = inner
        self.base = base

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("an array of the stand-in does not become a NumPy array unasked: use asnumpy")

    def __repr__(self) -> str:
        return f"standin.{self.inner!r}"

    shape = property(lambda self: self.inner.shape)
    dtype = property(lambda self: self.inner.dtype)
    ndim = property(lambda self: self.inner.ndim)
    size = property(lambda self: self.inner.size)
    nbytes = property(lambda self: self.inner.nbytes)
    itemsize = property(lambda self: self.inner.itemsize)
    strides = property(lambda self: self.inner.strides)
    flags = property(lambda self: self.inner.flags)
    T = property(lambda self: self.transpose())

    def __len__(self) -> int:
        return len(self.inner)

    def __getitem__(self, index: Any) -> Any:
        return _wrapped(self.inner[_unwrapped(index)], [self])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.inner[_unwrapped(index)] = _unwrapped(value)

    def _leave(self, how: Any) -> Any:
        value = how(self.inner)
        conversions.append(how.__name__)
        return value

    def item(self) -> Any:
        return self._leave(np.ndarray.item)

    def __bool__(self) -> bool:
        return bool(self._leave(bool))

    def __float__(self) -> float:
        return float(self._leave(float))

    def __int__(self) -> int:
        return int(self._leave(int))

    def __index__(self) -> int:
        return int(self._leave(operator.index))

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))


def _method(name: str) -> Any:
    def method(self: Array, *args: Any, **kwargs: Any) -> Any:
        result = getattr(self.inner, name)(*map(_unwrapped, args), **{k: _unwrapped(v) for k, v in kwargs.items()})
        return _wrapped(result, [self, *_arrays(args)])

    method.__name__ = name
    return method


for _name in (
    "reshape", "transpose", "swapaxes", "squeeze", "sum", "mean", "max", "min", "argmax", "all", "any", "prod",
    "astype", "copy", "ravel", "view", "fill", "cumsum", "clip", "dot", "take", "repeat",
):  # fmt: skip
    setattr(Array, _name, _method(_name))


def _binary(name: str) -> Any:
    def method(self: Array, other: Any) -> Any:
        if not isinstance(other, Array | bool | int | float | complex | np.generic | np.ndarray):
            return NotImplemented
        return _wrapped(getattr(self.inner, name)(_unwrapped(other)), [self])

    method.__name__ = name
    return method


def _in_place(name: str) -> Any:
    def method(self: Array, other: Any) -> Array:
        getattr(self.inner, name)(_unwrapped(other))
        return self

    method.__name__ = name
    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
    setattr(Array, f"__{_name}__", _binary(f"__{_name}__"))
    setattr(Array, f"__r{_name}__", _binary(f"__r{_name}__"))
    setattr(Array, f"__i{_name}__", _in_place(f"__i{_name}__"))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Array, f"__{_name}__", _binary(f"__{_name}__"))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Array, f"__{_name}__", _method(f"__{_name}__"))


class _Function:
    """One of NumPy's functions, on arrays of the stand-in only."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.__name__ = function.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        result = self.function(*map(_unwrapped, args), **{k: _unwrapped(v) for k, v in kwargs.items()})
        return out if type(out) is Array else _wrapped(result, _arrays([*args, *kwargs.values()]))

    def at(self, array: Array, index: Any, *values: Any) -> None:
        """The ufunc's own `at`: in place, repeated places accumulate."""
        self.function.at(array.inner, _unwrapped(index), *map(_unwrapped, values))


class Namespace:
    """The stand-in's module, and those in it: NumPy's names and keywords."""

    __name__ = "standin"

    def __init__(self, module: Any = np) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.module, name)
        if isinstance(found, types.ModuleType):
            return Namespace(found)
        if isinstance(found, type) or not callable(found):
            return found
        wrapper = _Function(found)
        setattr(self, name, wrapper)
        return wrapper

    def asarray(self, value: Any, dtype: Any = None) -> Array:
        """Values from the host (the explicit way in) or an array of the stand-in."""
        if type(value) is Array:
            return value if dtype in (None, value.dtype) else Array(value.inner.astype(dtype))
        return Array(np.array(value, dtype))

    def array(self, value: Any, dtype: Any = None, copy: bool = True) -> Array:
        return Array(np.array(value.inner if type(value) is Array else value, dtype))


xp = Namespace()


def asnumpy(array: Array) -> np.ndarray:
    """The explicit way out: a NumPy copy, counted."""
    return np.asarray(array._leave(np.array))


def register() -> None:
    """Make its arrays usable as tensor data.

    >>> from autograd_lite.check import standin
    >>> standin.register()
    >>> ag.tensor(standin.xp.asarray([1.0, 2.0])).device
    'standin'
    """
    backend.register(Array, xp, asnumpy)
