"""Samples of random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import TWO_BY_THREE, Bad, Sample, bad, normal, positive


class SameDraws:
    """A generator that always draws the same numbers, so that a sample can be run twice."""

    def __getattr__(self, method: str) -> Any:
        if method.startswith("__"):
            raise AttributeError(method)
        return getattr(np.random.default_rng(5), method)


DRAWS = SameDraws()


def drawn(method: str, *arguments: Any, **options: Any) -> Sample:
    """A draw by a method of a generator."""
    params = {"rng": DRAWS, "method": method, "options": tuple(options.items())}
    return Sample(
        (normal(), *arguments), params, lambda x, *given, **_: getattr(DRAWS, method)(*given, **options),
        keeps_dtype=False, numpy_only=True,
    )  # fmt: skip


SAMPLES: dict[str, list[Sample]] = {
    "random_like": [
        Sample((normal(3, 2),), {"rng": DRAWS}, lambda x, rng: rng.random(x.shape, x.dtype), numpy_only=True)
    ],
    "draw_like": [
        drawn("standard_normal", size=(3, 2), dtype=np.dtype(np.float64)),
        drawn("integers", 3, 9, size=2),
        drawn("standard_gamma", positive(3)),
    ],
}

ERRORS: dict[str, list[Bad]] = {
    "random_like": [
        bad(ag.ArgumentError, r"cannot make an array of numbers of str", "word", rng=DRAWS),
        bad(ag.ArgumentError, r"random_like", TWO_BY_THREE, rng=None),
    ],
    "draw_like": [
        bad(ag.ArgumentError, r"draw_like\(.*\) misses rng", TWO_BY_THREE, method="random"),
        bad(ag.ShapeError, r"draw_like\(.*\): ", TWO_BY_THREE, 5, 2, rng=DRAWS, method="integers"),
    ],
}
