"""Streams of random numbers: where each is, and how it is put back there.

NumPy's generators old and new, Python's own, and the two that belong to everybody. Must not know tensors or programs.
"""

from __future__ import annotations

import random
from typing import Any

import numpy


class _Legacy:
    """The generator behind `numpy.random.rand` and the other functions of that module."""

    @staticmethod
    def get_state(legacy: Any = False) -> Any:
        return numpy.random.get_state(legacy=legacy)  # noqa: NPY002 - to see whether anybody drew from it

    @staticmethod
    def set_state(state: Any) -> None:
        numpy.random.set_state(state)  # noqa: NPY002


EVERYBODYS: tuple[Any, ...] = (random, _Legacy)

STREAMS = (numpy.random.Generator, numpy.random.BitGenerator, numpy.random.RandomState, random.Random)
"""The kinds of streams that somebody may hold."""


def streams_in(params: dict[str, Any]) -> list[Any]:
    """The streams among the parameters of an operation."""
    return [value for value in params.values() if isinstance(value, STREAMS)]


def bits_of(stream: Any) -> Any:
    """What the numbers of a stream really come from: two generators may share it."""
    return stream.bit_generator if isinstance(stream, numpy.random.Generator) else stream


def called(stream: Any) -> str:
    """What a stream is called in a message."""
    words = {id(random): "the module random", id(_Legacy): "numpy.random"}
    return words.get(id(stream), f"a {type(stream).__name__}")


def stream_state(stream: Any) -> Any:
    """Where a stream of random numbers is; `None` where it has no state, as that of the system."""
    source = bits_of(stream)
    if isinstance(source, numpy.random.BitGenerator):
        return source.state
    if hasattr(source, "get_state"):
        return source.get_state(legacy=False)
    return None if isinstance(source, random.SystemRandom) else source.getstate()


def put_stream(stream: Any, state: Any) -> None:
    """Move a stream of random numbers to where it was."""
    source = bits_of(stream)
    if isinstance(source, numpy.random.BitGenerator):
        source.state = state
    elif hasattr(source, "set_state"):
        source.set_state(state)
    elif state is not None:
        source.setstate(state)


def same_stream(x: Any, y: Any) -> bool:
    """Whether two states of a stream, dictionaries with numbers and arrays in them, are the same."""
    if isinstance(x, dict):
        return isinstance(y, dict) and x.keys() == y.keys() and all(same_stream(x[k], y[k]) for k in x)
    return bool(numpy.array_equal(x, y)) if isinstance(x, numpy.ndarray) else bool(x == y)
