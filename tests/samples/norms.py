"""Samples of norms: no element near 0 and no ties, singular values apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import AXIS, TWO_BY_THREE, Bad, Sample, apart, away, bad, sample
from samples.matrices import matrix, to

SAMPLES: dict[str, list[Sample]] = {
    "linalg.norm": to(
        1e-13,
        sample(apart(2, 3, 5)),
        sample(apart(5), ord=1),
        sample(away(2, 3), ord=np.inf, axis=-1),
        sample(away(2, 3), ord=-np.inf, axis=0, keepdims=True),
        sample(away(2, 3), ord=3, axis=1),
        sample(away(2, 3), ord=-0.5, axis=0),
        sample(apart(2, 3), ord="fro", keepdims=True),
        sample(apart(2, 3, 5), ord=1, axis=(2, 0)),
        sample(apart(2, 3, 5), ord=-np.inf, axis=(-1, 0), keepdims=True),
        sample(matrix(2, 3, 3), ord="nuc", axis=(1, 2), keepdims=True),
        sample(matrix(3, 2), ord=2),
        sample(matrix(3, 2), ord=-2),
    ),
    "linalg.vector_norm": to(1e-13, sample(apart(2, 3, 5)), sample(away(2, 3, 5), axis=(0, 2), ord=4, keepdims=True)),
    "linalg.matrix_norm": to(1e-13, sample(apart(2, 3, 5)), sample(matrix(2, 3, 2), ord="nuc", keepdims=True)),
    "linalg.cond": to(1e-12, sample(matrix(3, 2)), sample(matrix(2, 2, 2), p=-2), sample(matrix(3, 3), p="fro")),
    "linalg.matrix_rank": [sample(matrix(2, 3, 2)), sample(apart(3)), sample(matrix(3, 3), tol=1.6)],
}
SAMPLES["linalg.matrix_rank"] += [replace(SAMPLES["linalg.matrix_rank"][0], params={"rtol": 0.9})]


REFERENCES: dict[str, Callable[..., Any]] = {name: getattr(np.linalg, name.partition(".")[2]) for name in SAMPLES}

ERRORS: dict[str, list[Bad]] = {
    "linalg.norm": [
        bad(ag.AxisError, rf"linalg\.norm\(.*\): .*{AXIS}", TWO_BY_THREE, axis=2),
        bad(ag.AxisError, r"linalg\.norm\(.*\): duplicate axes", TWO_BY_THREE, axis=(0, 0)),
        bad(ag.ArgumentError, r"linalg\.norm\(.*\): axis is a whole number, a pair", TWO_BY_THREE, axis=1.0),
        bad(ag.ArgumentError, r"linalg\.norm\(.*\): a vector has no norm of order 'nuc'", np.ones(2), ord="nuc"),
        bad(ag.ArgumentError, r"linalg\.norm\(.*\): a matrix has no norm of order 3", TWO_BY_THREE, ord=3),
        bad(ag.ShapeError, r"linalg\.norm\(.*\): a norm of order 1 is of vectors or of", np.ones((2, 2, 2)), ord=1),
    ],
    "linalg.vector_norm": [
        bad(ag.AxisError, rf"linalg\.vector_norm\(.*\): .*{AXIS}", TWO_BY_THREE, axis=2),
        bad(ag.ArgumentError, r"linalg\.vector_norm\(.*\): a vector has no norm of order 'fro'", np.ones(2), ord="fro"),
    ],
    "linalg.matrix_norm": [bad(ag.ShapeError, r"linalg\.matrix_norm\(.*\): a matrix has two axes", np.ones(2))],
    "linalg.cond": [bad(ag.ShapeError, r"linalg\.cond\(.*\): a matrix has two axes", np.ones(2))],
    "linalg.matrix_rank": [bad(ag.MatrixError, r"linalg\.matrix_rank\(.*\): the iteration", np.full((2, 2), np.nan))],
}
