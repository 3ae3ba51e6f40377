r"""Averages with weights, order statistics, and how quantities vary together.

A quantile stands between two elements of the sorted array, and its gradient goes to them, shared by ties as `sort`
shares it. Where nan is in the data the result is nan, and so is the gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from autograd_lite.errors import ArgumentError, ShapeError
from autograd_lite.op import composed
from autograd_lite.ops.reduction import counted, kept_shape, last, reduced_axes


@composed(notation=r"\operatorname{{average}}({x})")
def average(
    xp: Any, x: Any, *, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: bool = False
) -> Any:  # fmt: skip
    """The mean over `axis`, each element weighed; with `returned` also the sum of the weights.

    `weights` are of the shape of `x`, or of its axes in `axis` alone, and have a gradient too. NumPy raises where they
    sum to 0; here the result is nan or infinite, since no call looks at its data.

    >>> ag.average(ag.tensor([1.0, 3.0]), weights=[3.0, 1.0]).item()
    1.5
    """
    if weights is None:
        mean = xp.mean(x, axis=axis, keepdims=keepdims)
        return (mean, xp.ones_like(mean) * counted(xp, x, axis, keepdims, None)) if returned else mean
    w = _weights(xp, x, axis, weights)
    total = xp.sum(xp.broadcast_to(w, tuple(x.shape)), axis=axis, keepdims=keepdims)
    mean = xp.sum(x * w, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


def _weights(xp: Any, x: Any, axis: Any, weights: Any) -> Any:
    """Weights that broadcast against `x`."""
    w = weights if hasattr(weights, "shape") else xp.asarray(weights)
    if tuple(w.shape) == tuple(x.shape):
        return w
    if axis is None:
        raise ShapeError(f"weights of the shape {tuple(w.shape)} do not say along which axis they stand: give axis=")
    axes = reduced_axes(x.ndim, axis)
    if tuple(w.shape) != tuple(x.shape[i] for i in axes):
        raise ShapeError(f"weights of the shape {tuple(w.shape)} do not fit the axes {axes} of {tuple(x.shape)}")
    order = sorted(range(len(axes)), key=axes.__getitem__)
    return w.transpose(tuple(order)).reshape(tuple(n if i in axes else 1 for i, n in enumerate(x.shape)))


@composed(notation=r"\operatorname{{median}}({x})", analytic=False)
def median(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle of the sorted elements over `axis` (all axes where None), of two middle ones their mean.

    >>> ag.median(ag.tensor([3.0, 1.0, 10.0, 2.0])).item()
    2.5
    """
    row = xp.sort(last(x, axis), axis=-1)
    size = row.shape[-1]
    middle = xp.mean(row[..., (size - 1) // 2 : size // 2 + 1] if size else row, axis=-1)
    found = _nan_where(xp, middle, row)
    return found.reshape(kept_shape(x, axis)) if keepdims else found


def _nan_where(xp: Any, found: Any, row: Any) -> Any:
    """`found`, but nan with a gradient of nan where there is one in a sorted row, where it stands last."""
    if row.dtype.kind not in "fc" or not row.shape[-1]:
        return found
    top = row[..., -1]
    return found * xp.where(top == top, 1.0, math.nan).astype(found.dtype)


_BETWEEN: dict[str, tuple[float, float]] = {
    "linear": (1, 1), "weibull": (0, 0), "hazen": (1 / 2, 1 / 2), "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8), "interpolated_inverted_cdf": (0, 1), "inverted_cdf": (0, 1),
    "averaged_inverted_cdf": (0, 1), "closest_observation": (-1 / 2, 3 / 2),
}  # fmt: skip
"""Where a quantile stands: the α and β of R. J. Hyndman, Y. Fan, Sample quantiles in statistical packages, 1996.

The last three are their definitions 1 to 3, at size · q - 1 and for the last one half a place before."""
_SHARES: dict[str, Any] = {
    "lower": lambda share, place: 0.0 * share,
    "higher": lambda share, place: 1.0 * (share > 0),
    "nearest": lambda share, place: 1.0 * ((share > 0.5) | ((share == 0.5) & (place % 2 == 1))),
    "midpoint": lambda share, place: 0.5 * (share > 0),
    "inverted_cdf": lambda share, place: 1.0 * (share > 0),
    "averaged_inverted_cdf": lambda share, place: 1.0 - 0.5 * (share == 0),
    "closest_observation": lambda share, place: 1.0 - 1.0 * ((share == 0) & (place % 2 == 1)),
}
"""What a method makes of the share of the upper neighbour; others leave it as it is."""
_ELEMENTS = {"lower", "higher", "nearest", "inverted_cdf", "closest_observation"}
"""The methods that give an element of the array, in its dtype."""


def _quantiles(q: Any) -> numpy.ndarray:
    if hasattr(q, "__apply__"):
        raise ArgumentError("the quantiles asked for are a number, a list or a plain array, not a tensor")
    found = numpy.asarray(q, float)
    if not ((found >= 0) & (found <= 1)).all():
        raise ArgumentError("quantiles are between 0 and 1, percentiles between 0 and 100")
    return found


def _known(method: str, weights: Any) -> None:
    names = dict.fromkeys((*_BETWEEN, *_SHARES))
    if method not in names:
        raise ArgumentError(f"method={method!r} is none of {', '.join(names)}")
    if weights is None:
        return
    if method != "inverted_cdf":
        raise ArgumentError(f"with weights there is method='inverted_cdf' alone, not {method!r}")
    if not hasattr(weights, "__apply__") and (numpy.asarray(weights) < 0).any():
        raise ArgumentError("weights are not negative")


def _exact(q: float, size: Any, method: str) -> Any:
    """Where among `size` sorted elements a quantile stands, which may be before the first or behind the last."""
    alpha, beta = _BETWEEN.get(method, (1, 1))
    if (alpha, beta) == (1, 1):
        return q * (size - 1)
    if method == "closest_observation":
        return size * q - 1 - 0.5
    return size * q + (alpha + q * (1 - alpha - beta)) - 1


def _place(q: float, size: int, method: str) -> tuple[int, float]:
    """Below which of `size` sorted elements a quantile stands, and the share of the next in it."""
    exact = _exact(q, size, method)
    if exact < 0 or exact >= size - 1:
        return (0 if exact < 0 else size - 1), 0
    place = int(exact)
    share = exact - place
    return place, _SHARES[method](share, place) if method in _SHARES else share


def _weighed(xp: Any, row: Any, order: Any, q: float, w: Any) -> Any:
    """The first of sorted elements up to which there is the share `q` of the weights, of those that weigh anything."""
    heavy = xp.cumsum(xp.take_along_axis(w, order, axis=-1), axis=-1)
    part = heavy / heavy[..., -1:]
    before = xp.sum(part < q if q else part <= 0, axis=-1, keepdims=True)
    return xp.take_along_axis(row, xp.minimum(before, row.shape[-1] - 1), axis=-1)[..., 0]


def _beside(xp: Any, x: Any, axis: Any, weights: Any) -> Any:
    """Weights of the elements of `last(x, axis)`."""
    return last(xp.broadcast_to(_weights(xp, x, axis, weights).astype(float), tuple(x.shape)), axis)


def quantile_at(xp: Any, x: Any, q: Any, axis: Any, method: str, keepdims: bool, weights: Any) -> Any:
    """What `quantile` gives."""
    asked = _quantiles(q)
    _known(method, weights)
    there = last(x, axis)
    row = xp.sort(there, axis=-1)
    if not row.shape[-1]:
        raise ShapeError("there is no quantile of no elements")
    if row.dtype.kind in "iub" and method not in _ELEMENTS:
        row = row.astype(float)
    if weights is None:
        found = [_lerp(row, *_place(float(each), row.shape[-1], method)) for each in asked.reshape(-1)]
    else:
        w, order = _beside(xp, x, axis, weights), xp.argsort(there, axis=-1)
        found = [_weighed(xp, row, order, float(each), w) for each in asked.reshape(-1)]
    found = [_nan_where(xp, each, row) for each in found]
    if keepdims:
        found = [each.reshape(kept_shape(x, axis)) for each in found]
    return xp.stack(found).reshape((*asked.shape, *found[0].shape)) if asked.ndim else found[0]


def _lerp(row: Any, place: int, share: float) -> Any:
    """Between an element of sorted rows and the next; from the nearer of the two, as NumPy rounds it."""
    if share in (0, 1):
        return row[..., place + int(share)]
    low, high = row[..., place], row[..., place + 1]
    return low + (high - low) * share if share < 0.5 else high - (high - low) * (1 - share)


@composed(notation=r"Q({x})", analytic=False)
def quantile(
    xp: Any, x: Any, *, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False, weights: Any = None
) -> Any:  # fmt: skip
    """What a share `q` of the elements over `axis` (all axes where None) is below; for an array of shares, all of them.

    `method` is one of NumPy's. With `weights`, as those of `average` but without a gradient, `method="inverted_cdf"`
    gives the first element up to which there is the share `q` of them. Results for several shares stand along new
    first axes.

    >>> ag.quantile(ag.tensor([1.0, 2.0, 4.0]), 0.75).item()
    3.0
    """
    return quantile_at(xp, x, q, axis, method, keepdims, weights)


@composed(notation=r"Q({x})", analytic=False)
def percentile(
    xp: Any, x: Any, *, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False, weights: Any = None
) -> Any:  # fmt: skip
    """What `q` percent of the elements over `axis` (all axes where None) are below: `quantile` of `q` / 100.

    >>> ag.percentile(ag.tensor([1.0, 2.0, 4.0]), [0, 75]).numpy()
    array([1., 3.])
    """
    return quantile_at(xp, x, _hundredth(q), axis, method, keepdims, weights)


def _hundredth(q: Any) -> Any:
    return q if hasattr(q, "__apply__") else numpy.true_divide(q, 100)


def nan_quantile_at(xp: Any, x: Any, q: Any, axis: Any, method: str, keepdims: bool, weights: Any) -> Any:
    """What `nanquantile` gives: the places depend on how many numbers there are in each row."""
    if x.dtype.kind not in "fc":
        return quantile_at(xp, x, q, axis, method, keepdims, weights)
    asked = _quantiles(q)
    _known(method, weights)
    there = last(x, axis)
    row = xp.sort(there, axis=-1)
    shape, size = tuple(row.shape[:-1]), row.shape[-1]
    if not size:
        raise ShapeError("there is no quantile of no elements")
    if weights is not None:
        w, order = xp.where(there == there, _beside(xp, x, axis, weights), 0), xp.argsort(there, axis=-1)
        found = [_weighed(xp, row, order, each, w) for each in map(float, asked.reshape(-1))]
    else:
        count = xp.sum(row == row, axis=-1).reshape(-1)
        start = (xp.cumsum(xp.ones_like(count)) - 1) * size
        found = [_among(xp, row.reshape(-1), start, count, each, method) for each in map(float, asked.reshape(-1))]
    found = [each.reshape(kept_shape(x, axis) if keepdims else shape) for each in found]
    return xp.stack(found).reshape((*asked.shape, *found[0].shape)) if asked.ndim else found[0]


def _among(xp: Any, flat: Any, start: Any, count: Any, q: float, method: str) -> Any:
    """A quantile of each of the rows that begin at `start` in `flat`, of their first `count` elements."""
    highest = xp.maximum(count - 1, 0)
    exact = _exact(q, count, method)
    within = xp.minimum(xp.maximum(exact, 0.0), highest)
    place = within.astype(int)
    share = within - place
    if method in _SHARES:
        share = xp.where(exact < 0, 0.0, _SHARES[method](share, place))
    share = share.astype(flat.dtype)
    low, high = flat[start + place], flat[start + xp.minimum(place + 1, highest)]
    if method in _ELEMENTS:
        return xp.where(share > 0.5, high, low)
    return xp.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1 - share))


@composed(notation=r"Q({x})", analytic=False)
def nanquantile(
    xp: Any, x: Any, *, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False, weights: Any = None
) -> Any:  # fmt: skip
    """`quantile` of the elements that are not nan, with the same methods and weights.

    >>> ag.nanquantile(ag.tensor([1.0, float("nan"), 2.0, 4.0]), 0.75).item()
    3.0
    """
    return nan_quantile_at(xp, x, q, axis, method, keepdims, weights)


@composed(notation=r"Q({x})", analytic=False)
def nanpercentile(
    xp: Any, x: Any, *, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False, weights: Any = None
) -> Any:  # fmt: skip
    """`percentile` of the elements that are not nan, with the same methods and weights.

    >>> ag.nanpercentile(ag.tensor([1.0, float("nan"), 2.0, 4.0]), 75).item()
    3.0
    """
    return nan_quantile_at(xp, x, _hundredth(q), axis, method, keepdims, weights)


@composed(notation=r"\operatorname{{median}}({x})", analytic=False)
def nanmedian(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The median of the elements that are not nan over `axis` (all axes where None); nan where there is none.

    >>> ag.nanmedian(ag.tensor([3.0, float("nan"), 1.0])).item()
    2.0
    """
    if not x.size:
        return xp.mean(x, axis=axis, keepdims=keepdims)
    return nan_quantile_at(xp, x, 0.5, axis, "linear", keepdims, None)


def _covariance(
    xp: Any, m: Any, y: Any, rowvar: bool, bias: bool, ddof: Any, fweights: Any, aweights: Any, dtype: Any
) -> tuple[Any, Any]:  # fmt: skip
    """The distances of each variable from its mean, a row each, and the same with the weights of their products."""
    if ddof is not None and ddof != int(ddof):
        raise ArgumentError(f"ddof={ddof} must be a whole number")
    rows = [_rows(x, rowvar, place) for place, x in enumerate((m, y)) if x is not None]
    if any(x.ndim > 2 for x in rows):
        raise ShapeError("variables are rows of one or two-dimensional arrays")
    x = rows[0] if len(rows) == 1 else xp.concatenate(rows, axis=0)
    x = x.astype(numpy.dtype(dtype)) if dtype is not None else x.astype(float) if x.dtype.kind in "iub" else x
    ddof = (0 if bias else 1) if ddof is None else int(ddof)
    given = [w if hasattr(w, "shape") else xp.asarray(w) for w in (fweights, aweights) if w is not None]
    for w in given:
        if tuple(w.shape) != tuple(x.shape[1:]):
            raise ShapeError(f"weights of the shape {tuple(w.shape)} for {x.shape[1]} observations")
    if not given:
        apart = x - xp.mean(x, axis=1, keepdims=True)
        return apart, apart / max(x.shape[1] - ddof, 0)
    w = given[0] if len(given) == 1 else given[0] * given[1]
    total = xp.sum(w)
    apart = x - xp.sum(x * w, axis=1, keepdims=True) / total
    free = total - ddof if aweights is None or not ddof else total - ddof * xp.sum(w * given[-1]) / total
    return apart, apart * (w / free)


def _rows(x: Any, rowvar: bool, place: int) -> Any:
    if x.ndim < 2:
        return x.reshape((1, -1)) if x.ndim else x.reshape((1, 1))
    return x if rowvar or (place and x.shape[0] == 1) else x.T  # NumPy leaves one row of y as it is


@composed(notation=r"\operatorname{{cov}}({m}, {y})")
def cov(
    xp: Any, m: Any, y: Any = None, *, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
    fweights: Any = None, aweights: Any = None, dtype: Any = None,
) -> Any:  # fmt: skip
    """The covariance matrix of variables, which are rows of `m` and `y`, or columns where not `rowvar`.

    Products are divided by the number of observations less 1, with `bias` by that number, with `ddof` less that.
    Observations may be repeated (`fweights`) and weighed (`aweights`). The dtype is that of the data.

    >>> ag.cov(ag.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])).numpy()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    apart, weighed = _covariance(xp, m, y, rowvar, bias, ddof, fweights, aweights, dtype)
    return xp.squeeze(apart @ weighed.T)


@composed(notation=r"\operatorname{{corr}}({m}, {y})", analytic=False)
def corrcoef(xp: Any, m: Any, y: Any = None, *, rowvar: bool = True, dtype: Any = None) -> Any:
    """The correlation coefficients of variables, which are rows of `m` and `y`, or columns where not `rowvar`.

    They are limited to [-1, 1], where their derivative is 0. The dtype is that of the data.

    >>> ag.corrcoef(ag.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])).numpy().round(12)
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    apart, _ = _covariance(xp, m, y, rowvar, True, None, None, None, dtype)
    apart = apart / xp.sqrt(xp.sum(xp.square(apart), axis=1, keepdims=True))
    return xp.squeeze(xp.clip(apart @ apart.T, -1, 1))


# NumPy's order of what is given by place.
for _each in (quantile, percentile, nanquantile, nanpercentile):
    _each.placed("q", "axis", "out", "overwrite_input", "method", "keepdims")
for _each in (median, nanmedian):
    _each.placed("axis", "out", "overwrite_input", "keepdims")
