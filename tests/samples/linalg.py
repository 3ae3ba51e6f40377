"""Samples of linear algebra: the three sizes are different primes."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from samples.making import TWO_BY_THREE, Bad, Sample, bad, normal, sample

SAMPLES: dict[str, list[Sample]] = {
    "matmul": [
        sample(normal(2, 3), normal(3, 5)),
        sample(normal(3), normal(3)),
        sample(normal(2, 3), normal(3)),
        sample(normal(3), normal(3, 5)),
        sample(normal(3), normal(2, 3, 5)),
        sample(normal(2, 5, 3), normal(3)),
        sample(normal(2, 5, 3), normal(2, 3, 7)),
        sample(normal(2, 1, 5, 3), normal(7, 3, 2)),
        sample(normal(5, 3), normal(2, 3, 7)),
    ],
}

ERRORS: dict[str, list[Bad]] = {
    "matmul": [
        bad(
            ag.ShapeError,
            r"matmul\(x \(2, 3\).*, y \(2, 3\).*\): the inner sizes 3 .* and 2 .*; x @ y.T would fit",
            TWO_BY_THREE,
            TWO_BY_THREE,
        ),
        bad(ag.ShapeError, r"the inner sizes 3 .* and 2 .*; x.T @ y would fit", TWO_BY_THREE, np.ones((2, 5))),
        bad(ag.ShapeError, r"the inner sizes 3 .* and 4 \(only axis of y\)", TWO_BY_THREE, np.ones(4)),
        bad(ag.ShapeError, r"at least one-dimensional; multiply scalars with \*", np.ones(()), np.ones(3)),
        bad(ag.ShapeError, r"the leading axes do not broadcast", np.ones((2, 3, 5)), np.ones((4, 5, 3))),
    ],
}
