"""Two worlds, one eager and one compiled, that live through the same lines and must say the same, bit for bit.

Knows how such a program is written down and compared. Must not know what its lines are about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag

# What stands around the lines of a program. `say` notes a value as its dtype, shape and bits, in C order.
HEAD = """
import copy
import numpy as np
import autograd_lite as ag
import nn
from tests.fuzz.worlds import bits, compare
"""

# What is refused by the documentation, wherever it stands in a program.
_STATED = ("changes one of its arguments", "a compiled function returns tensors")

REFUSALS: Counter[str] = Counter()  # how often a compiled function was refused where that is an answer, by its words

World = Callable[[Callable[..., Any], "Said"], None]


def compare(world: World, refusal: bool = False) -> None:
    """Run `world(wrap, say)` eagerly and compiled; an AssertionError says where they differ.

    Where the eager world raises, the compiled one raises too. With `refusal` a `CompileError` is an answer; without,
    it is a failure like any other.
    """
    eager, trouble = _history(world, _eagerly)
    compiled, error = _history(world, ag.compile)
    if isinstance(error, ag.CompileError) and (refusal or any(words in str(error) for words in _STATED)):
        REFUSALS[" ".join(str(error).split()[:6])] += 1
        eager, trouble = eager[: len(compiled)], error
    for i, (one, other) in enumerate(zip(eager, compiled, strict=False)):
        assert one == other, f"compiled is other: {i} is {other}, eagerly {one}"
    if error is not None and (trouble is None or len(compiled) < len(eager)):
        raise error
    assert len(eager) == len(compiled), f"compiled goes on: it says {len(compiled)} things, eagerly {len(eager)}"
    own = not isinstance(trouble, ag.AutogradError) or isinstance(error, ag.AutogradError)
    assert own, f"compiled raises {type(error).__name__}: {error}, eagerly {trouble!r}"


def _eagerly(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself as a compiled one is called: it gets tensors and gives results, never its states."""

    def called(*args: Any) -> Any:
        return _results(function(*(ag.asarray(x) if isinstance(x, np.ndarray) else x for x in args)))

    return called


def _results(returned: Any) -> Any:
    if isinstance(returned, list | tuple):
        return type(returned)(map(_results, returned))
    return returned.detach() if isinstance(returned, ag.Tensor) and returned.node is None else returned


class Said:
    """All that a world has said: called with values it notes their bits, and `keep` that they stay what they are."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._kept: list[tuple[Any, Any]] = []

    def __call__(self, *things: Any) -> None:
        """Note the bits of these."""
        self.all.extend(bits(each) for each in things)

    def keep(self, thing: Any) -> None:
        """From now on this has the bits that it has."""
        self._kept.append((thing, bits(thing)))

    def look(self) -> None:
        """Whether all that was kept is as it was."""
        for thing, before in self._kept:
            assert bits(thing) == before, f"what was handed out has changed: {before} is now {bits(thing)}"


def _history(world: World, wrap: Callable[..., Any]) -> tuple[list[Any], Exception | None]:
    """All that is said, up to an exception."""
    said = Said()
    try:
        world(wrap, said)
    except Exception as error:  # noqa: BLE001 - it is compared with that of the other world
        said.look()
        return said.all, error
    said.look()
    return said.all, None


def bits(x: Any) -> Any:
    """A value as its dtype, shape and bits, in C order; every nan has the same, since its sign says nothing."""
    if isinstance(x, list | tuple):
        return [bits(each) for each in x]
    if isinstance(x, dict):
        return {name: bits(each) for name, each in x.items()}
    if x is None or isinstance(x, str):
        return x
    a = x.numpy() if isinstance(x, ag.Tensor) else np.asarray(x)
    if a.dtype == object:
        raise TypeError(f"nothing to say of {x!r}")
    if a.dtype.kind == "f" and np.isnan(a).any():
        a = np.where(np.isnan(a), np.asarray(np.nan, a.dtype), a)
    return f"{a.dtype} {a.shape} {a.tolist()}", a.tobytes()
