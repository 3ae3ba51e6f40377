"""What a model computes, as a graph: every operation of one call, those without a gradient too.

A compiled function is recorded at its first call, and while it is, every operation leaves a node. Knows models and
graphs. Must not know where they are exported to.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.errors import ExportError
from nn.module import Module


class Recording(NamedTuple):
    """A call of a model: its input and its outputs, tensors of one graph, and what is in that graph, inputs first."""

    input: Tensor
    outputs: list[Tensor]
    tensors: list[Tensor]


class _Recorded(BaseException):
    """Carries a graph out of a recording, which takes back everything else; no Exception, which would be tried anew."""

    def __init__(self, found: Any) -> None:
        self.found = found


def record(model: Module, x: np.ndarray) -> Recording:
    """Call a model in evaluation on an array. Raises `ExportError` for one that needs values while it computes."""

    def called(x: Tensor) -> None:
        output = model(x)
        if (x != x).node is None:  # this is the call after the recording, which has failed
            raise _Recorded(None)
        raise _Recorded((x, output))

    with warnings.catch_warnings(record=True) as said, _evaluation(model):
        warnings.simplefilter("always")
        try:
            ag.compile(called)(x)
        except _Recorded as recorded:
            found = recorded.found
        except ag.CompileError as error:
            raise _not_recorded(model, error) from error
    if found is None:
        reasons = [warning.message for warning in said if issubclass(warning.category, ag.CompileWarning)]
        raise _not_recorded(model, reasons[0] if reasons else "it needs values while it computes")
    given, output = found
    outputs = list(_flat(output))
    if not outputs or not all(isinstance(each, Tensor) for each in outputs):
        raise ExportError(
            f"export: {type(model).__name__} gives {output!r:.60}, and what can be exported gives tensors"
        )
    return Recording(given, outputs, ag.ancestors(*outputs))


def _not_recorded(model: Module, reason: object) -> ExportError:
    return ExportError(f"export: {type(model).__name__} cannot be recorded: {reason}")


def _flat(output: Any) -> Iterator[Any]:
    """The results of a model, those in tuples and lists one after the other."""
    if isinstance(output, tuple | list):
        for each in output:
            yield from _flat(each)
    else:
        yield output


@contextmanager
def _evaluation(model: Module) -> Iterator[None]:
    modes = [(module, module.training) for _, module in model.named_modules()]
    try:
        for module, _ in modes:
            module.training = False
        yield
    finally:
        for module, mode in modes:
            module.training = mode
