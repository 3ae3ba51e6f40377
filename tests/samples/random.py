"""Samples of random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import TWO_BY_THREE, Bad, Sample, bad, normal


class SameDraws:
    """A generator that always draws the same numbers, so that a sample can be run twice."""

    def random(self, shape: Any = (), dtype: Any = float) -> np.ndarray:
        return np.random.default_rng(5).random(shape, dtype)


DRAWS = SameDraws()

SAMPLES: dict[str, list[Sample]] = {
    "random_like": [
        Sample((normal(3, 2),), {"rng": DRAWS}, lambda x, rng: rng.random(x.shape, x.dtype), numpy_only=True)
    ],
}

ERRORS: dict[str, list[Bad]] = {
    "random_like": [
        bad(ag.ArgumentError, r"cannot make an array of numbers of str", "word", rng=DRAWS),
        bad(ag.ArgumentError, r"random_like", TWO_BY_THREE, rng=None),
    ],
}
