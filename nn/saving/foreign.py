"""Weights of other libraries: a model's arrays taken by name from a file that nn has not written.

The names and shapes are those that PyTorch gives its layers, which are the ones that nn's have. Must not know files.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import autograd_lite as ag
from nn import state as states
from nn.errors import CheckpointError
from nn.module import Module

# What PyTorch's normalisations count and nn's need not.
_COUNTS = "num_batches_tracked"


def take(name: str, arrays: Mapping[str, np.ndarray], model: Module, names: Mapping[str, str]) -> None:
    """Put arrays into a model by name. Raises `CheckpointError` with every problem; then nothing is changed."""
    own = model.state_dict()
    renamed = _renamed(name, arrays, names)
    renamed = {path: each for path, each in renamed.items() if path in own or path.rpartition(".")[2] != _COUNTS}
    try:
        states.fitted(
            type(model).__name__, "model", dict(model.named_parameters()) | dict(model.named_buffers()), renamed
        )
    except ag.ShapeError as error:
        problems = str(error).split("\n  ")[1:]
        raise CheckpointError(
            f"{name} does not fit {type(model).__name__}, and nothing was changed:\n  "
            + "\n  ".join(problems)
            + _advice(own, renamed),
            problems,
        ) from None
    model.load_state_dict(renamed)


def _renamed(name: str, arrays: Mapping[str, np.ndarray], names: Mapping[str, str]) -> dict[str, np.ndarray]:
    """The arrays under the names that the model has: of the names given, the longest that begins theirs counts."""
    unused = set(names)
    found: dict[str, np.ndarray] = {}
    for full, array in arrays.items():
        parts = full.split(".")
        path = full
        for length in range(len(parts), -1, -1):
            head = ".".join(parts[:length])
            if head in names:
                unused.discard(head)
                path = ".".join(part for part in (names[head], *parts[length:]) if part)
                break
        if path in found:
            raise CheckpointError(f"{name}: names gives two arrays the name {path!r}")
        found[path] = array
    if unused:
        odd = ", ".join(map(repr, sorted(unused)))
        raise CheckpointError(f"{name} has nothing that is called {odd}: it has {_some(sorted(arrays))}")
    return found


def _advice(own: Mapping[str, np.ndarray], there: Mapping[str, np.ndarray]) -> str:
    missing, unexpected = [path for path in own if path not in there], [path for path in there if path not in own]
    for mine in missing:
        for theirs in unexpected:
            if mine.rpartition(".")[2] == theirs.rpartition(".")[2] and own[mine].shape == there[theirs].shape:
                pair = f"{{{theirs.rpartition('.')[0]!r}: {mine.rpartition('.')[0]!r}, …}}"
                return f"\nwhere only names differ, say which: names={pair}, for whole modules or single arrays"
    return ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
