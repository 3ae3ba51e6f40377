"""Samples of products of arrays: the sizes are different primes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import autograd_lite as ag
from samples.making import TWO_BY_THREE, Bad, Sample, bad, normal, sample


def _einsum(subscripts: str, *operands: Any, **params: Any) -> Sample:
    return replace(sample(*operands, subscripts=subscripts, **params), rtol=1e-13)


SAMPLES: dict[str, list[Sample]] = {
    "einsum": [
        _einsum("ij,jk->ik", normal(2, 3), normal(3, 5)),
        _einsum("...ij,...kj->i...k", normal(5, 1, 2, 3), normal(2, 7, 3)),
        _einsum("iij,j,k->ji", normal(3, 3, 2), normal(2), normal(5)),
        _einsum("i,i", normal(2), normal(1)),
        _einsum("ab,cd,bc,e", normal(2, 3), normal(5, 7), normal(3, 5), normal(2), optimize="optimal"),
        _einsum("iii,ij", normal(2, 2, 2), normal(1, 3)),
    ],
    "dot": [
        sample(normal(2, 3), normal(3, 5)),
        sample(normal(3), normal(3)),
        sample(normal(), normal(2, 3)),
        sample(normal(2, 3), normal(5, 3, 2)),
    ],
    "vdot": [sample(normal(2, 3), normal(3, 2))],
    "vecdot": [sample(normal(2, 3), normal(5, 1, 3)), sample(normal(2, 3, 5), normal(2, 3, 5), axis=1)],
    "matvec": [sample(normal(2, 3), normal(5, 3)), sample(normal(7, 2, 3), normal(3))],
    "vecmat": [sample(normal(5, 2), normal(2, 3)), sample(normal(2), normal(7, 2, 3))],
    "inner": [sample(normal(2, 3), normal(5, 7, 3)), sample(normal(3), normal(3)), sample(normal(2, 3), 2.0)],
    "outer": [sample(normal(2), normal(3)), sample(normal(2, 3), normal(5))],
    "tensordot": [
        sample(normal(2, 3, 5), normal(3, 5, 2)),
        sample(normal(2, 3, 5), normal(5, 3, 2), axes=((1, -1), (1, 0))),
        sample(normal(2), normal(3), axes=0),
        sample(normal(2, 3), normal(5, 3), axes=(1, 1)),
    ],
    "kron": [sample(normal(2, 3), normal(5, 2)), sample(normal(3), normal(2, 2)), sample(normal(), normal(2))],
    "cross": [
        sample(normal(2, 3), normal(3)),
        sample(normal(3, 2), normal(2, 3), axisa=0, axisc=0),
        sample(normal(3, 2), normal(3, 2), axis=0),
    ],
    "convolve": [
        sample(normal(5), normal(3)),
        sample(normal(2), normal(5), mode="same"),
        sample(normal(7), normal(2), mode="valid"),
        sample(normal(3), normal(3), mode="same"),
    ],
    "correlate": [
        sample(normal(5), normal(2)),
        sample(normal(3), normal(4), mode="same"),
        sample(normal(2), normal(3), mode="full"),
        sample(normal(2), normal(4)),
    ],
}

REFERENCES: dict[str, Callable[..., Any]] = {
    "einsum": lambda *operands, subscripts, optimize=True: np.einsum(subscripts, *operands, optimize=optimize),
}


def _unlike(name: str, problem: str) -> list[Bad]:
    return [bad(ag.ShapeError, rf"{name}\(x \(2, 3\).*, y \(2,\).*\): {problem}", TWO_BY_THREE, np.ones(2))]


ERRORS: dict[str, list[Bad]] = {
    "einsum": [
        bad(
            ag.ShapeError,
            r"einsum\(.*\): the axis 'j' has the sizes 3 and 2",
            TWO_BY_THREE,
            np.ones(2),
            subscripts="ij,j",
        ),
        bad(ag.ShapeError, r"einsum\(.*\): the axes 'i' of one operand have different", TWO_BY_THREE, subscripts="ii"),
        bad(
            ag.ShapeError,
            r"einsum\(.*\): the subscripts 'i' are of another number of axes than the 2",
            TWO_BY_THREE,
            subscripts="i",
        ),
        bad(ag.ShapeError, r"einsum\(.*\): the result '' has no \.\.\.", TWO_BY_THREE, subscripts="...->"),
        bad(
            ag.ArgumentError,
            r"einsum\(.*\): the subscripts 'i,j' are of 2 operands, and 1",
            np.ones(2),
            subscripts="i,j",
        ),
        bad(ag.ArgumentError, r"einsum\(.*\): the result 'ii' names an axis twice", np.ones(2), subscripts="i->ii"),
        bad(ag.ArgumentError, r"einsum\(.*\): the result has an axis 'k'", np.ones(2), subscripts="i->k"),
        bad(ag.ArgumentError, r"einsum\(.*\): the subscripts 'i;j' have more in them", np.ones(2), subscripts="i;j"),
        bad(ag.ArgumentError, r"einsum: the subscripts come first", np.ones(2), np.ones(2)),
        bad(ag.ArgumentError, r"einsum: a list of subscripts has whole numbers from 0", np.ones(2), [52]),
        bad(ag.ArgumentError, r"einsum\(.*\) misses subscripts", np.ones(2)),
    ],
    "dot": _unlike("dot", "the inner sizes 3 .* and 2"),
    "vdot": [
        bad(ag.ShapeError, r"vdot\(.*\): the inner sizes 6 .* and 2", TWO_BY_THREE, np.ones(2)),
        bad(ag.DtypeError, r"vdot\(.*\): it conjugates complex numbers", np.ones(2) * 1j, np.ones(2)),
    ],
    "vecdot": [
        *_unlike("vecdot", "the vectors have 3 and 2 elements"),
        bad(ag.AxisError, r"vecdot\(.*\): axis 2 is out of bounds", TWO_BY_THREE, TWO_BY_THREE, axis=2),
    ],
    "matvec": _unlike("matvec", "the inner sizes 3 .* and 2"),
    "vecmat": [bad(ag.ShapeError, r"vecmat\(.*\): the inner sizes 3 .* and 2", np.ones(3), TWO_BY_THREE)],
    "inner": _unlike("inner", r"the axes \[1\] of x have the sizes \[3\], the axes \[0\] of y \[2\]"),
    "outer": [bad(ag.ArgumentError, r"outer\(x, y\) misses y", TWO_BY_THREE)],
    "tensordot": [
        *_unlike("tensordot", "2 axes are not to be had of 2 and 1"),
        bad(ag.AxisError, r"tensordot\(.*\): axis 2 is out of bounds", TWO_BY_THREE, np.ones(2), axes=(2, 0)),
        bad(ag.AxisError, r"tensordot\(.*\): duplicate", TWO_BY_THREE, TWO_BY_THREE, axes=((0, 0), (0, 0))),
    ],
    "kron": [bad(ag.ArgumentError, r"kron\(x, y\) misses y", TWO_BY_THREE)],
    "cross": _unlike("cross", "the vectors have 3 and 2 components, and need three"),
    "convolve": [
        bad(ag.ShapeError, r"convolve\(.*\): it takes sequences", TWO_BY_THREE, np.ones(2)),
        bad(ag.ShapeError, r"convolve\(.*\): a sequence without elements", np.ones(0), np.ones(2)),
        bad(ag.ArgumentError, r"convolve\(.*\): mode is 'full', 'same' or", np.ones(2), np.ones(2), mode="all"),
    ],
    "correlate": [bad(ag.ShapeError, r"correlate\(.*\): it takes sequences", TWO_BY_THREE, np.ones(2))],
}
