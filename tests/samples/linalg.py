"""Samples of linear algebra: the three sizes are different primes."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from samples.making import AXIS, TWO_BY_THREE, Bad, Sample, bad, normal, sample

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
    "diagonal": [
        sample(normal(2, 3)),
        sample(normal(3, 2, 5), offset=1, axis1=-1, axis2=0),
        sample(normal(3, 2), offset=-1),
        sample(normal(3, 2), offset=5),
    ],
    "trace": [
        sample(normal(3, 3)),
        sample(normal(2, 3, 5), offset=-1, axis1=1, axis2=2, dtype=float, keeps_dtype=False),
    ],
    "diag": [sample(normal(3)), sample(normal(2), k=-1), sample(normal(2, 3), k=1)],
    "diagflat": [sample(normal(2, 2), k=1), sample(normal())],
    "tril": [sample(normal(2, 3)), sample(normal(2, 3, 3), k=-1), sample(normal(3), k=1)],
    "triu": [sample(normal(2, 3)), sample(normal(2, 3, 3), k=-1), sample(normal(3), k=1)],
    "vander": [sample(normal(3)), sample(normal(2), N=5, increasing=True)],
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
    "diagonal": [
        bad(ag.AxisError, rf"diagonal\(.*\): .*{AXIS}", TWO_BY_THREE, axis2=2),
        bad(ag.ShapeError, r"diagonal\(.*\): axis1 and axis2 are both axis 1", TWO_BY_THREE, axis1=-1),
    ],
    "trace": [bad(ag.AxisError, rf"trace\(.*\): .*{AXIS}", TWO_BY_THREE, axis2=2)],
    "diag": [bad(ag.ShapeError, r"diag\(x \(2, 2, 2\).*\): it takes a vector or a matrix", np.ones((2, 2, 2)))],
    "diagflat": [bad(ag.ArgumentError, r"diagflat\(x, k=0\) has no argument axis", TWO_BY_THREE, axis=0)],
    "tril": [bad(ag.ShapeError, r"tril\(x \(\).*\): a number is no matrix", np.ones(()))],
    "triu": [bad(ag.ShapeError, r"triu\(x \(\).*\): a number is no matrix", np.ones(()))],
    "vander": [bad(ag.ShapeError, r"vander\(x \(2, 3\).*\): the powers are those of a vector", TWO_BY_THREE)],
}
