"""Samples of functions of matrices: well-conditioned, with eigenvalues and singular values apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import TWO_BY_THREE, Bad, Sample, away, bad, each_part, normal, sample

_rng = np.random.default_rng(41)


def _turn(*shape: int) -> np.ndarray:
    """Orthonormal columns."""
    return np.asarray(np.linalg.qr(_rng.normal(size=shape))[0])


def matrix(*shape: int) -> np.ndarray:
    """Matrices whose singular values are 1, 1.5, 2, …"""
    *rest, m, n = shape
    k = min(m, n)
    return np.asarray((_turn(*rest, m, k) * (1 + 0.5 * np.arange(k))) @ _turn(*rest, n, k).swapaxes(-1, -2))


def definite(*shape: int) -> np.ndarray:
    """Symmetric matrices with those as eigenvalues."""
    v = _turn(*shape)
    found = (v * (1 + 0.5 * np.arange(shape[-1]))) @ v.swapaxes(-1, -2)
    return np.asarray((found + found.swapaxes(-1, -2)) / 2)


def to(rtol: float, *cases: Sample) -> list[Sample]:
    """The samples, which agree with the reference to `rtol`."""
    return [replace(case, rtol=rtol) for case in cases]


def expm(a: np.ndarray) -> np.ndarray:
    """Σ aⁿ / n! as it is written, of small matrices."""
    term = total = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    for n in range(1, 60):
        term = term @ a / n
        total = total + term
    return total


def adjugate(a: np.ndarray) -> np.ndarray:
    """The transposed cofactors as they are defined."""
    n = a.shape[-1]
    minors = [[np.delete(np.delete(a, i, -2), j, -1) for j in range(n)] for i in range(n)]
    rows = [[(-1) ** (i + j) * np.linalg.det(minors[i][j]) for i in range(n)] for j in range(n)]
    return np.stack([np.stack(row, -1) for row in rows], -2)


_SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])

SAMPLES: dict[str, list[Sample]] = {
    "linalg.inv": to(1e-13, sample(matrix(3, 3)), sample(matrix(2, 3, 3))),
    "linalg.solve": to(
        1e-13,
        sample(matrix(3, 3), normal(3)),
        sample(matrix(2, 3, 3), normal(3, 5)),
        sample(matrix(2, 3, 3), normal(3)),
        sample(matrix(3, 3), normal(2, 3, 2)),
    ),
    "linalg.pinv": to(
        1e-12, sample(matrix(3, 2)), sample(matrix(2, 2, 3), rcond=1e-9), sample(definite(3, 3), rtol=0.1)
    ),
    "linalg.lstsq": [
        *to(1e-12, *each_part(2, sample(matrix(5, 2), normal(5)), sample(matrix(5, 2), normal(5, 3), rcond=1e-9))),
        *to(1e-12, replace(sample(matrix(2, 3), normal(2)), part=0)),
    ],
    "linalg.det": to(1e-12, sample(matrix(3, 3)), sample(matrix(2, 2, 2)), replace(sample(_SINGULAR), order=1)),
    "linalg._adjugate": to(1e-12, sample(matrix(3, 3)), sample(matrix(2, 2, 2)), sample(np.array([[2.0]]))),
    "linalg.slogdet": to(1e-12, *each_part(2, sample(matrix(3, 3)), sample(matrix(2, 2, 2))))[1:],
    "linalg.cholesky": [
        replace(case, rtol=1e-13, stays=True)
        for case in (sample(definite(3, 3)), sample(definite(2, 3, 3)), sample(definite(2, 2), upper=True))
    ],
    "linalg.qr": to(
        1e-12,
        *each_part(2, sample(matrix(3, 2)), sample(matrix(2, 2, 3))),
        replace(sample(matrix(3, 2), mode="complete"), part=1),
        *each_part(2, sample(matrix(3, 3)), sample(matrix(2, 4), mode="complete")),
        sample(matrix(3, 3), mode="r"),
    ),
    "linalg._qr": to(1e-12, *each_part(2, sample(matrix(3, 2))), replace(sample(matrix(3, 2), complete=True), part=1)),
    "linalg.eigh": to(1e-12, *each_part(2, sample(definite(3, 3)), sample(definite(2, 2, 2), UPLO="U"))),
    "linalg.eigvalsh": to(1e-12, sample(definite(3, 3)), sample(definite(2, 2, 2), UPLO="U")),
    "linalg.svd": [
        *to(
            1e-12,
            *each_part(3, sample(matrix(3, 2), full_matrices=False), sample(matrix(2, 2, 3), full_matrices=False)),
        ),
        *to(1e-12, replace(sample(matrix(2, 3)), part=0), sample(matrix(3, 2), compute_uv=False)),
        *to(1e-12, *each_part(3, sample(definite(3, 3), hermitian=True))),
    ],
    "linalg._one_over": [sample(away(3, 2))],
    "linalg._svd": to(1e-12, *each_part(3, sample(matrix(3, 3))), replace(sample(matrix(3, 2), full=True), part=2)),
    "linalg.svdvals": to(1e-12, sample(matrix(3, 2)), sample(matrix(2, 2, 3))),
    "linalg.matrix_power": to(
        1e-12, sample(matrix(3, 3), n=5), sample(matrix(2, 2, 2), n=-2), sample(matrix(2, 2), n=1)
    ),
    "linalg.multi_dot": to(
        1e-13,
        sample(normal(2, 7), normal(7, 3), normal(3, 5)),
        sample(normal(2), normal(2, 5), normal(5, 3), normal(3)),
        sample(normal(2, 3), normal(3)),
    ),
    "linalg.expm": to(1e-12, sample(normal(3, 3)), sample(2 * normal(2, 2, 2))),
    "linalg.tensorinv": to(
        1e-12, sample(matrix(6, 6).reshape(2, 3, 3, 2)), sample(matrix(4, 4).reshape(4, 2, 2), ind=1)
    ),
    "linalg.tensorsolve": to(
        1e-12,
        sample(matrix(6, 6).reshape(2, 3, 3, 2), normal(2, 3)),
        sample(np.moveaxis(matrix(6, 6).reshape(6, 2, 3), 1, 0).copy(), normal(6), axes=(0,)),
    ),
    "linalg.matrix_transpose": [sample(normal(2, 3)), sample(normal(2, 3, 5))],
    "linalg.diagonal": [sample(normal(2, 3, 3)), sample(normal(2, 3), offset=1)],
    "linalg.trace": [sample(normal(2, 3, 3)), sample(normal(2, 3), offset=1, dtype=float, keeps_dtype=False)],
    "linalg.outer": [sample(normal(2), normal(3))],
    "linalg.cross": [sample(normal(2, 3), normal(2, 3)), sample(normal(3, 2), normal(3, 2), axis=0)],
    "linalg.vecdot": [sample(normal(2, 3), normal(5, 1, 3)), sample(normal(3, 2), normal(3, 2), axis=0)],
    "linalg.matmul": [sample(normal(2, 3), normal(3, 5))],
    "linalg.tensordot": [sample(normal(2, 3, 5), normal(3, 5, 2)), sample(normal(2, 3), normal(5, 3), axes=(1, 1))],
}


REFERENCES: dict[str, Callable[..., Any]] = {
    name: getattr(np.linalg, own) for name in SAMPLES if hasattr(np.linalg, own := name.partition(".")[2])
} | {
    "linalg._adjugate": adjugate,
    "linalg._qr": lambda a, complete=False: np.linalg.qr(a, "complete" if complete else "reduced"),
    "linalg._svd": lambda a, full=False: np.linalg.svd(a, full_matrices=full),
    "linalg._one_over": lambda x: 1 / x,
    "linalg.multi_dot": lambda *arrays: np.linalg.multi_dot(arrays),
    "linalg.expm": expm,
}


def _not_square(name: str) -> list[Bad]:
    said = rf"linalg\.{name}\(a \(2, 3\) float64.*\): its matrices are in the last two axes, and square"
    return [bad(ag.ShapeError, said, TWO_BY_THREE)]


def _no_matrix(name: str) -> list[Bad]:
    return [bad(ag.ShapeError, rf"linalg\.{name}\(.*\): ", np.ones(3))]


_SAID = r"a matrix is singular, so it has no inverse: add a little to its diagonal"

ERRORS: dict[str, list[Bad]] = {
    "linalg.inv": [
        *_not_square("inv"),
        bad(ag.MatrixError, rf"linalg\.inv\(a \(2, 2\) float64\): {_SAID}", _SINGULAR),
    ],
    "linalg.solve": [
        bad(ag.ShapeError, r"linalg\.solve\(.*\): its matrices are", TWO_BY_THREE, np.ones(2)),
        bad(ag.MatrixError, rf"linalg\.solve\(.*\): {_SAID}", _SINGULAR, np.ones(2)),
        bad(ag.ShapeError, r"linalg\.solve\(.*\): ", np.eye(2), np.ones(3)),
    ],
    "linalg.pinv": _no_matrix("pinv"),
    "linalg.lstsq": [bad(ag.ShapeError, r"linalg\.lstsq\(.*\): as many rows", TWO_BY_THREE, np.ones(3))],
    "linalg.det": _not_square("det"),
    "linalg._adjugate": _no_matrix("_adjugate"),
    "linalg.slogdet": _not_square("slogdet"),
    "linalg.cholesky": [
        *_not_square("cholesky"),
        bad(
            ag.MatrixError, r"linalg\.cholesky\(.*\): a matrix is not positive definite: make it symmetric", -np.eye(2)
        ),
    ],
    "linalg.qr": [
        *_no_matrix("qr"),
        bad(
            ag.ArgumentError,
            r"linalg\.qr\(.*\): mode is 'reduced', 'complete' or 'r', not 'raw'",
            np.eye(2),
            mode="raw",
        ),
    ],
    "linalg._qr": _no_matrix("_qr"),
    "linalg.eigh": [*_not_square("eigh"), bad(ag.ShapeError, r"linalg\.eigh\(.*UPLO", np.eye(2), UPLO="X")],
    "linalg.eigvalsh": _not_square("eigvalsh"),
    "linalg.svd": [
        *_no_matrix("svd"),
        bad(ag.MatrixError, r"linalg\.svd\(.*\): the iteration for a matrix did not converge", np.full((2, 2), np.nan)),
    ],
    "linalg._one_over": [bad(ag.ArgumentError, r"linalg\._one_over\(x\) misses x")],
    "linalg._svd": _no_matrix("_svd"),
    "linalg.svdvals": _no_matrix("svdvals"),
    "linalg.matrix_power": [
        bad(ag.ShapeError, r"linalg\.matrix_power\(.*\): its matrices are", TWO_BY_THREE, n=2),
        bad(ag.ArgumentError, r"linalg\.matrix_power\(.*\): the power n is a whole number, not 0.5", np.eye(2), n=0.5),
        bad(ag.MatrixError, rf"linalg\.matrix_power\(.*\): {_SAID}", _SINGULAR, n=-1),
    ],
    "linalg.multi_dot": [
        bad(ag.ArgumentError, r"linalg\.multi_dot\(.*\): a product has two factors or more", TWO_BY_THREE),
        bad(ag.ShapeError, r"linalg\.multi_dot\(.*\): its factors are matrices", np.eye(2), np.ones(2), np.eye(2)),
        bad(ag.ShapeError, r"linalg\.multi_dot\(.*\): the inner sizes", np.eye(2), np.eye(3)),
    ],
    "linalg.expm": _not_square("expm"),
    "linalg.tensorinv": [
        bad(ag.ArgumentError, r"linalg\.tensorinv\(.*\): ind is a number of axes", np.eye(2), ind=0),
        bad(ag.ShapeError, r"linalg\.tensorinv\(.*\): the first axes", TWO_BY_THREE, ind=1),
    ],
    "linalg.tensorsolve": [bad(ag.ShapeError, r"linalg\.tensorsolve\(.*\): a of", TWO_BY_THREE, np.ones(2))],
    "linalg.matrix_transpose": _no_matrix("matrix_transpose"),
    "linalg.diagonal": [bad(ag.AxisError, r"linalg\.diagonal\(.*\): axis -2 is out of bounds", np.ones(3))],
    "linalg.trace": [bad(ag.AxisError, r"linalg\.trace\(.*\): axis -2 is out of bounds", np.ones(3))],
    "linalg.outer": [bad(ag.ShapeError, r"linalg\.outer\(.*\): it takes two vectors", TWO_BY_THREE, np.ones(2))],
    "linalg.cross": [bad(ag.ShapeError, r"linalg\.cross\(.*\): .* need three", np.ones(2), np.ones(2))],
    "linalg.vecdot": [bad(ag.ShapeError, r"linalg\.vecdot\(.*\): the vectors have 2 and 3", np.ones(2), np.ones(3))],
    "linalg.matmul": [bad(ag.ShapeError, r"linalg\.matmul\(.*\): the inner sizes", np.ones(2), np.ones(3))],
    "linalg.tensordot": [bad(ag.ShapeError, r"linalg\.tensordot\(.*\): 2 axes", np.ones(2), np.ones(3))],
}
