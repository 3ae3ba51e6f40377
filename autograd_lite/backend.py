"""Which array library an array belongs to, and what must be said differently to each.

Knows NumPy and CuPy, and is the only file that names `cupy`; CuPy is looked at only when the user
has imported it. A further library whose arrays behave like NumPy's joins by `register`. Must not
know operations, graphs or tensors.
"""

from __future__ import annotations

import contextvars
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

import numpy

from autograd_lite.errors import ArgumentError, AutogradError, DeviceError, DtypeError

Array = Any  # a numpy.ndarray, a cupy.ndarray, or an array of a registered namespace
SCALARS = (bool, int, float, complex)

beyond: dict[str, Callable[..., Any]] = {}
"""What every namespace offers beyond its library's own functions, by name; the operations are listed here."""


class Size(int):
    """How many elements a tensor has: a whole number, which tells one who calls it that it is one.

    >>> import autograd_lite as ag
    >>> ag.tensor([1.0, 2.0]).size + 1
    3
    """

    __slots__ = ()

    def __call__(self, *axis: Any) -> int:
        raise ArgumentError(
            f"a tensor's size is a number, here {int(self)}: write x.size without parentheses, x.shape for the lengths "
            "of all axes, or x.shape[0] for one of them"
        )

    def __reduce__(self) -> Any:
        return int, (int(self),)


class Namespace:
    """The functions for the arrays of one library, by NumPy's names and keywords: what forwards and rules call `xp`.

    A name is the library's own function, or else what stands `beyond` at the moment of use.

    >>> from autograd_lite import backend
    >>> xp = backend.namespace(np.ones(2))
    >>> xp.exp is np.exp, xp.softmax(np.zeros(2)).tolist()
    (True, [0.5, 0.5])
    """

    def __init__(self, library: Any, path: str = "") -> None:
        self.library = library
        self.path = path  # of what stands under a name of the library's, as `linalg.`
        if isinstance(library, types.ModuleType):
            own = vars(library).items()
            self.__dict__.update((k, v) for k, v in own if k[0] != "_" and not isinstance(v, types.ModuleType))

    def __getattr__(self, name: str) -> Any:
        full = self.path + name
        found = getattr(self.library, name, None)
        if any(each.startswith(f"{full}.") for each in beyond):
            found = Namespace(found, f"{full}.")
        elif found is None and not hasattr(self.library, name):
            if full in beyond:
                return beyond[full]
            raise AttributeError(f"neither {self!r} nor the operations have a function {full}")
        setattr(self, name, found)
        return found

    def __repr__(self) -> str:
        return f"<namespace of {getattr(self.library, '__name__', self.library)}>"


NUMPY = Namespace(numpy)
"""The namespace of NumPy's arrays."""

_namespaces: dict[type, Namespace] = {numpy.ndarray: NUMPY}
_to_numpy: dict[type, Any] = {}


def register(array_type: type, library: Any, to_numpy: Any) -> None:
    """Make arrays of `array_type` usable as tensor data.

    `library` holds the functions (NumPy's names and keywords) for such arrays, `to_numpy(array)`
    returns a NumPy copy of one.

    >>> import numpy as np
    >>> from autograd_lite import backend
    >>> backend.register(np.ndarray, np, np.array)
    """
    _namespaces[array_type] = NUMPY if library is numpy else Namespace(library)
    _to_numpy[array_type] = to_numpy


def _find_cupy() -> bool:
    """Register CuPy if the user has imported it since the last look."""
    cupy = sys.modules.get("cupy")
    if cupy is None or cupy.ndarray in _namespaces:
        return False
    register(cupy.ndarray, cupy, cupy.asnumpy)
    return True


def is_array(value: object) -> bool:
    """Whether `value` is an array of a known library."""
    return type(value) in _namespaces or (_find_cupy() and type(value) in _namespaces)


def namespace(*values: object) -> Namespace:
    """The namespace of the arrays among `values`; NumPy where there is none.

    Raises `DeviceError` when arrays of two libraries are mixed.
    """
    found: Namespace | None = None
    for value in values:
        if is_array(value):
            ours = _namespaces[type(value)]
            if found is None:
                found = ours
            elif found is not ours:
                raise DeviceError(
                    "arrays of " + " and ".join(sorted({device(v) for v in values if is_array(v)})) + " were mixed"
                )
    return NUMPY if found is None else found


def device(array: Array) -> str:
    """The device an array lives on: `"cpu"`, `"cuda:0"`, or the name of a registered namespace."""
    if isinstance(array, numpy.ndarray):
        return "cpu"
    place = getattr(array, "device", None)
    number = getattr(place, "id", None)
    if number is not None:
        return f"cuda:{number}"
    return str(place if place is not None else type(array).__module__)


def as_array(value: object, like: Any = numpy, copy: bool = False) -> Array:
    """`value` as an array of numbers: arrays stay on their device; anything else goes through `like`.

    An array shares its memory unless a `copy` is asked for, or its byte order is not the machine's. Raises
    `ArgumentError` for masked arrays and for what is no array of numbers or booleans, with the line that would work.

    >>> from autograd_lite import backend
    >>> backend.as_array([1, 2])
    array([1, 2])
    """
    if is_array(value):
        array: Array = value
    elif isinstance(value, numpy.ndarray):  # a subclass: matrix, masked array, memmap
        array = numpy.asarray(_unmasked(value))
    else:
        try:
            array = like.array(value) if copy else like.asarray(value)
        except AutogradError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an object's own __array__ raises
            raise ArgumentError(f"cannot make an array of {type(value).__name__}: {error}") from None
        copy = False
    if array.dtype.kind not in NUMBERS:
        raise not_numbers(value, array.dtype)
    if not array.dtype.isnative:
        return array.astype(native(array.dtype))
    return array.copy() if copy else array


NUMBERS = "biufc"
"""The kinds of dtype that a tensor may have: booleans, whole numbers, real and complex numbers."""


def native(dtype: Any) -> numpy.dtype[Any]:
    """`dtype` in the byte order of this machine, the only one that tensors have. Raises `DtypeError` for what is none.

    >>> from autograd_lite import backend
    >>> backend.native(">f8").isnative
    True
    """
    try:
        found: numpy.dtype[Any] = numpy.dtype(dtype)
    except TypeError:
        raise DtypeError(f"{dtype!r:.60} is no dtype: give one such as float, np.float32 or 'int64'") from None
    # NumPy's own object for a dtype stays itself: quick ways compare dtypes by identity.
    return found if found.isnative else found.newbyteorder("=")


def _unmasked(value: numpy.ndarray) -> numpy.ndarray:
    if isinstance(value, numpy.ma.MaskedArray):
        raise ArgumentError(
            "a masked array would lose its mask, and the numbers under it would count: say what stands there, as in "
            "m.filled(0), and weigh the elements that do not count with 0, as in (cost * ~m.mask).sum()"
        )
    return value


_INSTEAD = {
    "O": "give it numbers of one kind, as in a.astype(float)",
    "U": "number the words first, as in np.unique(words, return_inverse=True)[1]",
    "M": "make numbers of dates, as in (a - a[0]) / np.timedelta64(1, 'D')",
    "m": "make numbers of durations, as in a / np.timedelta64(1, 's')",
    "V": "take one field of the records, as in a['name']",
}
_INSTEAD |= {"S": _INSTEAD["U"], "T": _INSTEAD["U"]}


def not_numbers(value: object, dtype: Any) -> ArgumentError:
    """The refusal of `value`, whose elements would have this `dtype`."""
    has = "it has" if isinstance(value, numpy.ndarray) else "it would have"
    instead = _INSTEAD.get(dtype.kind, "a tensor is made of numbers or booleans")
    return ArgumentError(f"cannot make an array of numbers of {type(value).__name__}: {has} dtype {dtype}; {instead}")


def to_numpy(array: Array) -> numpy.ndarray:
    """A NumPy copy of an array of any device."""
    if isinstance(array, numpy.ndarray):
        return array.copy()
    convert = _to_numpy.get(type(array))
    return numpy.array(array) if convert is None else numpy.asarray(convert(array))


class _Quiet(threading.local):
    """A context per thread in which NumPy does not warn of overflow or division by zero."""

    def __init__(self) -> None:
        self.context = contextvars.copy_context()
        self.context.run(numpy.seterr, over="ignore", divide="ignore")
        self.inside = False


_quiet = _Quiet()


def quietly(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call `function` without NumPy's warnings of overflow and division by zero.

    Infinity on the way to a right finite answer (e⁻ˣ in 1 / (1 + e⁻ˣ)) is no cause for a warning.
    CuPy never warns, so NumPy's own switch is enough for every namespace. Running in a prepared
    context costs a tenth of entering `numpy.errstate`.
    """
    if _quiet.inside:
        return function(*args, **kwargs)
    _quiet.inside = True
    try:
        return _quiet.context.run(function, *args, **kwargs)
    finally:
        _quiet.inside = False


def quiet_run() -> Callable[..., Any]:
    """`run(function, *args)` without those warnings, for this thread alone and one call at a time."""
    return _quiet.context.run


def _quiet_function(function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda x: function(x) if _quiet.inside else _quiet.context.run(function, x)


# NumPy with the two functions quiet that can warn in the library's own quiet operations: what runs in
# the prepared context is a little slower, so nothing else does.
QUIET_NUMPY = Namespace(numpy)
vars(QUIET_NUMPY).update(exp=_quiet_function(numpy.exp), log=_quiet_function(numpy.log))
