"""Examples set aside by chance, so that every class has its share in each part.

Knows targets and counts. Must not know batches or models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import backend
from nn.arguments import flag
from nn.data.dataset import Dataset
from nn.initializers import generator


def split(data: Any, shares: Any, rng: Any = None, stratify: bool = True) -> tuple[Dataset, ...]:
    """Parts of a data set, drawn by chance, in which every class has the same proportion as in the whole.

    `data` is a pair (x, y) or an `nn.Dataset`. `shares` is the share of the second of two parts, as 0.2; or for each
    part its share, which add up to 1, or its number of examples, which add up to all. Parts are data sets in which
    examples keep their order, and nothing is copied: `part[:]` gives arrays. Sizes are those asked for, rounded so
    that all examples are in one part, and of each class a part has its share to within one example of it (two, of
    several parts). `rng` is a generator or a seed.

    Targets are labels, shape (n,) or (n, 1), or one-hot rows. Raises `DataError` for others, which are split with
    `stratify=False`, and for a class of fewer examples than there are parts.

    >>> x, y = np.arange(10.0), np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    >>> train, test = nn.split((x, y), 0.5, rng=0)
    >>> train[:][1], test[:][1]
    (array([0, 0, 0, 1, 1]), array([0, 0, 0, 1, 1]))
    """
    if not isinstance(data, Dataset):
        if not isinstance(data, tuple) or len(data) != 2:
            raise ag.ArgumentError(f"split: data is a pair (x, y) or an nn.Dataset, not {type(data).__name__}")
        data = Dataset(*data)
    counts, stratify = _counts(shares, len(data)), flag("split: stratify", stratify)
    rng = generator(rng)
    rows = rng.permutation(len(data))
    if stratify:
        classes = _classes(data, len(counts))
        rows = rows[np.argsort(classes[rows], kind="stable")]
    parts = []
    # Part by part, each takes its examples at even distances from the rest, in which classes lie side by side.
    for count in counts[:0:-1]:
        left = len(rows)
        marks = (np.arange(left + 1) * count + rng.integers(left)) // left
        taken = np.diff(marks) > 0
        parts.append(rows[taken])
        rows = rows[~taken]
    parts.append(rows)
    return tuple(data.subset(np.sort(part)) for part in reversed(parts))


def _counts(shares: Any, there: int) -> list[int]:
    """How many examples each part has."""
    given = [1 - shares, shares] if isinstance(shares, float | np.floating) else shares
    if isinstance(given, np.ndarray) and given.ndim == 1:
        given = given.tolist()
    if not isinstance(given, Sequence) or len(given) < 2 or isinstance(given, str):
        raise ag.ArgumentError(
            f"split: shares is that of the second part, as 0.2, or one for each, as [0.8, 0.1, 0.1], not {shares!r:.60}"
        )
    whole = all(isinstance(each, int | np.integer) and not isinstance(each, bool) for each in given)
    real = all(isinstance(each, int | float | np.number) and not isinstance(each, bool) for each in given)
    if not real or not all(each > 0 for each in given):
        raise ag.ArgumentError(f"split: every part has a share above 0, not {shares!r:.60}")
    if whole:
        if sum(given) != there:
            raise ag.ArgumentError(f"split: the parts have {sum(given)} examples together, and there are {there}")
        return [int(each) for each in given]
    if abs(sum(given) - 1) > 1e-9:
        raise ag.ArgumentError(f"split: the shares add up to {sum(given):g}, and not to 1")
    exact = [float(each) * there for each in given]
    counts = [int(each + 1e-9) for each in exact]
    # What is left goes to those who lost most.
    for i in sorted(range(len(counts)), key=lambda i: counts[i] - exact[i])[: there - sum(counts)]:
        counts[i] += 1
    if not all(counts):
        raise ag.DataError(f"split: a part with the share {min(given):g} has none of {there} examples")
    return counts


def _classes(data: Dataset, parts: int) -> np.ndarray:
    """The class of each example, as numbers from 0."""
    y = backend.to_numpy(data[:][1]) if data.rows is not None else backend.to_numpy(data.y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    one_hot = y.ndim == 2 and bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
    if not one_hot and (y.ndim != 1 or not np.isfinite(y).all() or not (y % 1 == 0).all()):
        raise ag.DataError(
            "split: the targets are no classes, which would be labels or one-hot rows: write stratify=False"
        )
    labels, classes, counts = np.unique(y.argmax(axis=1) if one_hot else y, return_inverse=True, return_counts=True)
    if counts.min() < parts:
        few = int(counts.min())
        raise ag.DataError(
            f"split: class {labels[counts.argmin()]:g} has {few} example{'s' * (few != 1)}, too few for {parts} parts: "
            "leave it out, or write stratify=False"
        )
    found: np.ndarray = classes
    return found
