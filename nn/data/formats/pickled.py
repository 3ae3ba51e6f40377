"""Pickled arrays: a reader of the few instructions that NumPy arrays in tuples and lists are written with.

Python's own unpickler calls what a file names, and hands NumPy's dtypes whatever bytes stand there. This one calls
nothing: it knows five names as words, and makes arrays of bytes whose number has been checked. Source: the
documentation of the instructions in Python's `pickletools`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nn.data.formats.arrays import filled
from nn.data.formats.content import content, refuse

_MOST_STEPS = 10_000
_MOST_PARTS, _DEEPEST = 1_000, 8
_NAMES = {
    **{f"numpy.{core}.multiarray _reconstruct": "array" for core in ("core", "_core")},
    **{f"numpy.{core}.numeric _frombuffer": "filled" for core in ("core", "_core")},
    "numpy ndarray": "ndarray",
    "numpy dtype": "dtype",
    "_codecs encode": "encode",
}
"""What a pickled array names, in the words of this file."""


class _NoArraysError(Exception):
    """Why the bytes are no arrays."""


_MARK = object()
"""Where the parts of a tuple or list begin."""
_UNFIT = "its instructions do not fit together: it is damaged"


@dataclass(frozen=True)
class _Name:
    word: str


@dataclass
class _Dtype:
    kind: str
    order: str = "="


@dataclass
class _Array:
    made: np.ndarray | None = None


def read_pickled(path: str | os.PathLike[str], limit: int) -> Any:
    """Arrays, and tuples and lists of them, from a pickle of protocol 2 to 5, gzip's or not, of Python 2 or 3.

    Raises `FileError` for one that has anything else in it, is damaged, or needs more than `limit` bytes.
    """
    found = content(path, limit)
    try:
        return _arrays(_Machine(found, limit).run())
    except _NoArraysError as why:
        refuse(path, str(why))


def _arrays(value: Any) -> Any:
    """The arrays themselves, in tuples and lists that are not deep, nor many, as one in another many times would be."""
    left = _MOST_PARTS

    def inside(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if isinstance(value, _Array) and value.made is not None:
            return value.made
        if isinstance(value, tuple | list) and depth < _DEEPEST and left > 0:
            return type(value)([inside(each, depth + 1) for each in value])
        raise _NoArraysError("there is something in it that is no array")

    return inside(value, 0)


class _Machine:
    """A stack, a memo, and the bytes that say what to do with them."""

    def __init__(self, found: bytearray, limit: int) -> None:
        self.found, self.limit = memoryview(found), limit
        self.place = self.made = 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """What the instructions leave at their end, which is that of the file."""
        for _ in range(_MOST_STEPS):
            code = self.take(1)[0]
            if code == _STOP:
                if len(self.stack) != 1 or self.place != len(self.found):
                    raise _NoArraysError("its end is not where it should be: it is damaged")
                return self.stack[0]
            step = _STEPS.get(code)
            if step is None:
                raise _NoArraysError(f"there is something in it that is no array: instruction {code:#04x}")
            step(self)
        raise _NoArraysError(f"it has more than {_MOST_STEPS:,} instructions, many more than a few arrays need")

    def take(self, count: int) -> memoryview:
        """The next bytes."""
        if count > len(self.found) - self.place:
            raise _NoArraysError("it ends too early: it is truncated")
        self.place += count
        return self.found[self.place - count : self.place]

    def number(self, size: int, signed: bool = False) -> int:
        """A whole number of so many bytes."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def line(self) -> str:
        """A name up to the end of its line."""
        end = bytes(self.found[self.place : self.place + 100]).find(b"\n")
        if end < 0:
            raise _NoArraysError("a name in it has no end: it is damaged")
        return bytes(self.take(end + 1)[:-1]).decode("latin-1")

    def pop(self) -> Any:
        """The last thing of the stack."""
        if not self.stack or self.stack[-1] is _MARK:
            raise _NoArraysError(_UNFIT)
        return self.stack.pop()

    def since_mark(self) -> list[Any]:
        """What has come since the last mark."""
        for i in range(len(self.stack) - 1, -1, -1):
            if self.stack[i] is _MARK:
                parts = self.stack[i + 1 :]
                del self.stack[i:]
                return parts
        raise _NoArraysError(_UNFIT)

    def text(self, size: int) -> str:
        """A text of so many bytes in UTF-8, of letters that stand for a byte each: others would need more room."""
        found = self.take(size)
        if size and np.frombuffer(found, np.uint8).max() > 0xC3:
            raise _NoArraysError("a text in it stands for no bytes: it is damaged, or no array of numbers")
        try:
            return str(found, "utf-8")
        except UnicodeDecodeError:
            raise _NoArraysError("a text in it is no text: it is damaged") from None

    def charge(self, size: int) -> None:
        """Count bytes that are made beside those of the file."""
        self.made += size
        if self.made > self.limit:
            raise _NoArraysError(f"it needs more than the {self.limit:,} bytes that are read")

    def skip(self, count: int) -> None:
        """Pass over bytes that say nothing here."""
        self.take(count)

    def drop(self) -> None:
        """Take one thing off the stack."""
        self.pop()

    def long(self) -> int:
        """A whole number that says how many bytes it has."""
        size = self.number(1)
        if size > 9:
            raise _NoArraysError(f"a whole number in it has {size} bytes: it is damaged")
        return self.number(size, signed=True)

    def named(self, module: Any, name: Any) -> _Name:
        """One of the names that arrays need."""
        if not isinstance(module, str) or not isinstance(name, str):  # whose text might be without end
            raise _NoArraysError(_UNFIT)
        full = f"{module[:60]} {name[:60]}"
        if full not in _NAMES:
            raise _NoArraysError(
                f"it asks for {full.replace(' ', '.')!r:.80}, and only NumPy arrays are read; nothing has been run"
            )
        return _Name(_NAMES[full])

    def get(self, key: int) -> Any:
        """What was put into the memo."""
        if key not in self.memo:
            raise _NoArraysError(_UNFIT)
        return self.memo[key]

    def put(self, key: int) -> None:
        """Remember the last thing of the stack."""
        thing = self.pop()
        self.stack.append(thing)
        self.memo[key] = thing

    def tuple_of(self, count: int) -> tuple[Any, ...]:
        """The last things of the stack."""
        return tuple([self.pop() for _ in range(count)][::-1])

    def extend(self, parts: list[Any]) -> None:
        """Put more into a list."""
        target = self.pop()
        if not isinstance(target, list):
            raise _NoArraysError(_UNFIT)
        target.extend(parts)
        self.stack.append(target)

    def append(self) -> None:
        """Put one thing into a list."""
        self.extend([self.pop()])

    def call(self) -> None:
        """What stands for a call: an array without elements, a dtype, an array with elements, bytes of a text."""
        arguments, name = self.pop(), self.pop()
        if not isinstance(name, _Name) or not isinstance(arguments, tuple):
            raise _NoArraysError(_UNFIT)
        self.stack.append(self.called(name.word, arguments))

    def called(self, word: str, arguments: tuple[Any, ...]) -> Any:
        """The result of one of the five calls."""
        match word, arguments:
            case "array", (_Name("ndarray"), tuple(), kind) if _word(kind) == "b":
                return _Array()
            case "dtype", (kind, 0 | 1, 0 | 1) if re.fullmatch("b1|[iu][1248]|f[248]", _word(kind)):
                return _Dtype(_word(kind))
            case "filled", (elements, _Dtype() as dtype, tuple() as shape, order) if _word(order) in ("C", "F"):
                return _Array(_filled(elements, dtype, shape, _word(order)))
            case "encode", (str() as text, coding) if _word(coding) in ("latin1", "latin-1"):
                self.charge(len(text))
                return text.encode("latin-1")
        raise _NoArraysError(
            f"it makes a {word} of numbers in a way that NumPy does not: it is damaged, or no array of numbers"
        )

    def build(self) -> None:
        """Give a dtype its byte order, or an array its elements."""
        state, target = self.pop(), self.pop()
        match target, state:
            case _Dtype(), (3 | 4, order, None, None, None, -1, -1, 0) if _word(order) in ("<", ">", "|", "="):
                target.order = _word(order)
            case _Array(None), (1, tuple() as shape, _Dtype() as dtype, 0 | 1 as fortran, elements):
                target.made = _filled(elements, dtype, shape, "F" if fortran else "C")
            case _:
                raise _NoArraysError("the state of an array in it is none: it is damaged, or no array of numbers")
        self.stack.append(target)


def _word(value: Any) -> str:
    """A short string of Python 2 or 3."""
    if isinstance(value, memoryview | bytes) and len(value) < 20:
        return bytes(value).decode("latin-1")
    return value if isinstance(value, str) else ""


def _filled(elements: Any, dtype: _Dtype, shape: tuple[Any, ...], order: str) -> np.ndarray:
    if not isinstance(elements, memoryview | bytes):
        raise _NoArraysError("an array in it has no bytes: it is damaged, or no array of numbers")
    made = np.dtype(dtype.order + dtype.kind)
    if all(type(each) is int for each in shape):
        array = filled(elements, made, shape, order)
        if array is not None:
            return array
    raise _NoArraysError(f"an array in it has {len(elements):,} bytes, and by its header another shape: it is damaged")


def _pushing(make: Callable[[_Machine], Any]) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(make(machine))


def _name_on_stack(machine: _Machine) -> _Name:
    name, module = machine.pop(), machine.pop()
    return machine.named(module, name)


_STOP = ord(".")
_STEPS: dict[int, Callable[[_Machine], None]] = {
    0x80: lambda m: _protocol(m.number(1)),
    0x95: lambda m: m.skip(8),  # how long a frame is, which matters to those who read by frames
    ord("("): _pushing(lambda m: _MARK),
    ord("0"): _Machine.drop,
    ord("N"): _pushing(lambda m: None),
    0x88: _pushing(lambda m: True),
    0x89: _pushing(lambda m: False),
    ord("K"): _pushing(lambda m: m.number(1)),
    ord("M"): _pushing(lambda m: m.number(2)),
    ord("J"): _pushing(lambda m: m.number(4, signed=True)),
    0x8A: _pushing(_Machine.long),
    ord("U"): _pushing(lambda m: m.take(m.number(1))),
    ord("T"): _pushing(lambda m: m.take(m.number(4))),
    ord("C"): _pushing(lambda m: m.take(m.number(1))),
    ord("B"): _pushing(lambda m: m.take(m.number(4))),
    0x8E: _pushing(lambda m: m.take(m.number(8))),
    0x96: _pushing(lambda m: m.take(m.number(8))),
    0x8C: _pushing(lambda m: m.text(m.number(1))),
    ord("X"): _pushing(lambda m: m.text(m.number(4))),
    0x8D: _pushing(lambda m: m.text(m.number(8))),
    ord(")"): _pushing(lambda m: ()),
    0x85: _pushing(lambda m: m.tuple_of(1)),
    0x86: _pushing(lambda m: m.tuple_of(2)),
    0x87: _pushing(lambda m: m.tuple_of(3)),
    ord("t"): _pushing(lambda m: tuple(m.since_mark())),
    ord("]"): _pushing(lambda m: []),
    ord("l"): _pushing(lambda m: m.since_mark()),
    ord("a"): _Machine.append,
    ord("e"): lambda m: m.extend(m.since_mark()),
    ord("q"): lambda m: m.put(m.number(1)),
    ord("r"): lambda m: m.put(m.number(4)),
    0x94: lambda m: m.put(len(m.memo)),
    ord("h"): _pushing(lambda m: m.get(m.number(1))),
    ord("j"): _pushing(lambda m: m.get(m.number(4))),
    ord("c"): _pushing(lambda m: m.named(m.line(), m.line())),
    0x93: _pushing(_name_on_stack),
    ord("R"): _Machine.call,
    ord("b"): _Machine.build,
}
"""What each instruction does, by its byte."""


def _protocol(number: int) -> None:
    if not 2 <= number <= 5:
        raise _NoArraysError(f"it is a pickle of protocol {number}; those from 2 to 5 are read")
