"""Samples of differences, integrals and interpolation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import autograd_lite as ag
from samples.making import TWO_BY_THREE, Bad, Sample, bad, each_part, normal, sample

PLACES = np.array([0.0, 4.0, 11.0, 15.0, 20.0])
FIVE = np.array([3.0, -2.0, 12.5, 17.0, 23.0])

SAMPLES: dict[str, list[Sample]] = {
    "diff": [
        sample(normal(2, 4)),
        sample(normal(4, 3), n=2, axis=0, prepend=1.5),
        replace(sample(normal(2, 3), axis=-1, append=normal(2, 2), keeps_dtype=False), numpy_only=True),
        sample(normal(3), n=0),
    ],
    "ediff1d": [sample(normal(2, 3), normal(2), normal(1, 1)), sample(normal(4), 0.5)],
    "trapezoid": [
        sample(normal(2, 4), normal(4)),
        sample(normal(4, 3), normal(4, 3), axis=0),
        sample(normal(3, 2), np.array([0.0, 0.5, 2.0]), axis=-2),
        sample(normal(3), dx=0.25),
    ],
    "gradient": [
        sample(normal(5), PLACES),
        *each_part(2, sample(normal(3, 5), 0.5, PLACES))[1:],
        sample(normal(3, 4), 0.25, axis=-1, edge_order=2),
        sample(normal(2, 2), axis=0),
    ],
    "interp": [
        sample(FIVE, PLACES, normal(5)),
        sample(FIVE.reshape(1, 5), PLACES, normal(5), left=-1.0, right=2.0),
        sample(FIVE, np.array([5.0, 1.5, -2.5]), normal(3), period=8.0),
    ],
}
SAMPLES["interp"] = [replace(case, rtol=1e-13) for case in SAMPLES["interp"]]

ERRORS: dict[str, list[Bad]] = {
    "diff": [
        bad(ag.AxisError, r"diff\(x \(2, 3\) float64.*axis 2", TWO_BY_THREE, axis=2),
        bad(ag.ArgumentError, r"diff\(.*must not be negative", TWO_BY_THREE, n=-1),
    ],
    "ediff1d": [bad(ag.DtypeError, r"ediff1d\(.*does not fit", np.arange(3), 0.5)],
    "trapezoid": [
        bad(ag.AxisError, r"trapezoid\(y \(2, 3\) float64.*axis -3", TWO_BY_THREE, axis=-3),
        bad(ag.ShapeError, r"trapezoid\(", TWO_BY_THREE, np.ones(4)),
    ],
    "gradient": [
        bad(ag.AxisError, "axis 2 is out of bounds", TWO_BY_THREE, axis=2),
        bad(ag.AxisError, "repeated axis", TWO_BY_THREE, axis=(0, -2)),
        bad(ag.ArgumentError, r"gradient\(.*edge_order=3", TWO_BY_THREE, edge_order=3),
        bad(ag.ShapeError, "at least 3 are needed", TWO_BY_THREE, axis=0, edge_order=2),
        bad(ag.ArgumentError, "3 spacings for 2 axes", TWO_BY_THREE, 1.0, 2.0, 3.0),
        bad(ag.ShapeError, r"places of the shape \(4,\)", TWO_BY_THREE, 1.0, np.ones(4)),
        bad(ag.ArgumentError, "places along one axis", TWO_BY_THREE, np.ones(2)),
    ],
    "interp": [
        bad(ag.ShapeError, r"interp\(.*two rows of one length", FIVE, np.ones(2), np.ones(3)),
        bad(ag.ArgumentError, "a period is not 0", FIVE, PLACES, PLACES, period=0.0),
    ],
}
