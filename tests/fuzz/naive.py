"""The library's functions in plain NumPy, as simply as they can be written: what a program means.

Knows the references in the table of samples, and else runs the forward of an operation on arrays. Must not know
graphs, and nothing of how the library computes a gradient.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag

sys.path.append(str(Path(__file__).resolve().parents[1]))  # where the table of samples is found under its own name

from samples import REFERENCES, SAMPLES

__all__ = ["REFERENCES", "SAMPLES", "Naive", "naive"]

# NumPy has these under the same name with the same meaning and the same keywords.
_SAME_IN_NUMPY = frozenset(name for name in ag.REGISTRY if hasattr(np, name))


# These refuse some of what NumPy takes.
_STRICTER = frozenset({"convolve", "correlate"})


class Naive:
    """What stands for `ag` where a program is read as plain NumPy."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        op = ag.REGISTRY.get(name)
        if op is None:
            raise AttributeError(name)
        if (
            op.composed or name in _STRICTER
        ):  # its forward on arrays is as naive as it gets, and its samples hold it against NumPy
            return op
        function = REFERENCES.get(name) or (getattr(np, name) if name in _SAME_IN_NUMPY else None)
        if function is None:
            return op
        if name not in _SAME_IN_NUMPY:
            return lambda *args, **params: _tried(op, function, args, params)
        if not op.joins:
            return function
        return lambda arrays, **params: (
            function(*arrays, **params) if name in REFERENCES else function(arrays, **params)
        )

    def put(self, x: Any, index: Any, value: Any) -> Any:
        """A copy of `x` with `value` at an index that names no element twice."""
        places = np.arange(np.size(x)).reshape(np.shape(x))[index]
        if np.unique(places).size != np.size(places):
            raise ValueError("the index names an element twice")
        out = np.array(x)
        out[index] = value
        return out

    def random_like(self, x: Any, rng: Any) -> Any:
        """Numbers of the shape and dtype of `x`; which ones matters to nobody here."""
        return np.full(np.shape(x), 0.5, np.asarray(x).dtype)

    def no_grad(self) -> Any:
        """Where nothing is differentiated there is nothing to switch off."""
        return contextlib.nullcontext()


def _tried(op: ag.Operation, function: Callable[..., Any], args: Any, params: Any) -> Any:
    """A reference that is not NumPy's own, where the operation refuses nothing; truths count as numbers there."""
    dtype = np.asarray(op(*args, **params)).dtype
    truths = [np.asarray(x).dtype == bool for x in args]
    value = function(*(x * 1.0 if truth else x for x, truth in zip(args, truths, strict=True)), **params)
    return np.asarray(value).astype(dtype)  # which may be computed in more digits


naive = Naive()
