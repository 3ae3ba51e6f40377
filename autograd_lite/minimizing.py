"""Minimising a function of arrays with SciPy, which is handed the derivatives.

Knows `scipy.optimize.minimize`: which of its methods use which derivatives, and that it wants one vector of float64.
SciPy is imported when it is used. Must not know how a derivative is computed.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

from autograd_lite import backend, tree
from autograd_lite.diagnosis import describe
from autograd_lite.engine.calculus import Point, hessian, hvp, is_array
from autograd_lite.engine.graph import no_grad
from autograd_lite.engine.inside import value_of
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, DataError, DtypeError, ShapeError

METHODS: dict[str, tuple[str, ...]] = {
    "Nelder-Mead": (),
    "Powell": (),
    "CG": ("jac",),
    "BFGS": ("jac",),
    "Newton-CG": ("jac", "hessp"),
    "L-BFGS-B": ("jac",),
    "TNC": ("jac",),
    "COBYLA": (),
    "COBYQA": (),
    "SLSQP": ("jac",),
    "trust-constr": ("jac", "hessp"),
    "dogleg": ("jac", "hess"),
    "trust-ncg": ("jac", "hessp"),
    "trust-exact": ("jac", "hess"),
    "trust-krylov": ("jac", "hessp"),
}
"""The methods by SciPy's names, and the derivatives that each of them uses."""

BOUNDED = ("Nelder-Mead", "Powell", "L-BFGS-B", "TNC", "COBYLA", "COBYQA", "SLSQP", "trust-constr")
"""The methods that keep to bounds."""


@dataclass(frozen=True)
class Minimum:
    """Where a minimisation ended: `x` and `gradient` in the form of its start.

    `fun` is the value there, `success` whether the method is content and `message` why, `nit` the number of its
    iterations, `evaluations` how often `f` was run; `scipy` is SciPy's own result, over one vector.
    """

    x: Any
    fun: float
    success: bool
    message: str
    nit: int
    gradient: Any = field(repr=False)
    evaluations: int
    scipy: Any = field(repr=False)


def minimize(
    f: Callable[[Any], Any], x0: Any, method: str = "BFGS", *, lower: Any = None, upper: Any = None,
    tol: float | None = None, callback: Callable[[Any], Any] | None = None, options: dict[str, Any] | None = None,
) -> Minimum:  # fmt: skip
    """Minimise a scalar function of arrays by `scipy.optimize.minimize`, with exact derivatives.

    `x0` is an array or nested tuples, lists and dictionaries of arrays, of real numbers; `f` takes tensors in that form
    and returns one scalar. Everything is computed in float64; the `x` that is found has the form and the dtypes of
    `x0`, and whole numbers become float64. `method` is one of SciPy's: its gradient comes from one reverse pass
    together with the value, what a Newton method asks of the second derivatives from `ag.hvp`, and where it needs them
    all from `ag.hessian`. `lower` and `upper` are numbers, or have the form of `x0`, for the methods that keep to
    bounds. `callback(x)` is told every iteration's `x` and ends the run by raising `StopIteration`. `tol` and `options`
    are SciPy's.

    Raises `ArgumentError` for a name, a method or an option that there is not, where `f` returns no scalar, and where
    SciPy is missing; `DataError` where `f` or its gradient is not finite at `x0`; `DtypeError` for what is not real.

    >>> import autograd_lite as ag
    >>> start = {"a": np.zeros(2), "b": 5.0}
    >>> found = ag.minimize(lambda p: ag.square(p["a"] - 3).sum() + ag.square(p["b"]), start)  # doctest: +SKIP
    >>> found.success, found.x["a"].numpy().round(6)  # doctest: +SKIP
    (True, array([3., 3.]))
    """
    name = _method(method)
    optimize = _scipy()
    vector = _Vector(x0)
    limits = [vector.limits(lower, "lower"), vector.limits(upper, "upper")]
    if any(each is not None for each in limits) and name not in BOUNDED:
        raise ArgumentError(f"minimize(): the method {name} keeps to no bounds: choose one of {', '.join(BOUNDED)}")
    vector.start_in(f, bool(METHODS[name]))
    extra: dict[str, Any] = {}
    if "jac" in METHODS[name]:
        extra["jac"] = True
    if "hessp" in METHODS[name]:
        extra["hessp"] = lambda flat, v: vector.joined(hvp(f, vector.apart(flat), vector.apart(v)))
    if "hess" in METHODS[name]:
        extra["hess"] = lambda flat: vector.matrix(hessian(f, vector.apart(flat)))
    if any(each is not None for each in limits):
        low, high = limits
        extra["bounds"] = optimize.Bounds(-numpy.inf if low is None else low, numpy.inf if high is None else high)
    told = None if callback is None else lambda flat, *more: callback(vector.given_back(flat))

    def fun(flat: Any) -> Any:
        value, slope = vector.value(f, flat, bool(METHODS[name]))
        return (value, slope) if METHODS[name] else value

    with no_grad(), warnings.catch_warnings():
        warnings.filterwarnings("error", "Unknown solver options", optimize.OptimizeWarning)
        try:
            found = optimize.minimize(
                fun, vector.start, method=name, tol=tol, callback=told, options=options, **extra
            )  # fmt: skip
        except optimize.OptimizeWarning as warning:
            raise ArgumentError(f"minimize(): {warning}, of {name}: see scipy.optimize.show_options") from None
        slope = vector.value(f, found.x, True)[1] if METHODS[name] else None  # SciPy's own may be of another point
    return Minimum(
        vector.given_back(found.x), float(found.fun), bool(found.success), str(found.message),
        int(getattr(found, "nit", 0)), None if slope is None else vector.given_back(slope), vector.evaluations, found,
    )  # fmt: skip


def _method(method: Any) -> str:
    """SciPy's name of a method, however it is capitalised."""
    known = {name.lower(): name for name in METHODS}
    if isinstance(method, str) and method.lower() in known:
        return known[method.lower()]
    plain = {name.replace("-", ""): name for name in known}
    near = [plain[each] for each in difflib.get_close_matches(str(method).lower().replace("-", ""), plain, 1)]
    meant = f"did you mean {known[near[0]]!r}? " if near else ""
    raise ArgumentError(f"minimize(): there is no method {method!r}; {meant}There are {', '.join(METHODS)}")


def _scipy() -> Any:
    try:
        import scipy.optimize
    except ImportError:
        raise ArgumentError(
            "minimize() needs SciPy, which is not installed: pip install scipy, or pip install autograd-lite[scipy]"
        ) from None
    return scipy.optimize


class _Vector:
    """Arrays in nested containers as one vector of float64, and back."""

    def __init__(self, x0: Any) -> None:
        leaves, self.form = tree.take_apart(x0, is_array)
        if not leaves:
            raise ArgumentError(f"minimize(): there is no array in x0, which is {x0!r:.60}")
        self.names = [getattr(each, "name", None) for each in leaves]
        self.places = tree.paths(self.form, "x0")
        arrays = [value_of(each) if type(each) is Tensor else backend.as_array(each) for each in leaves]
        for each, place in zip(arrays, self.places, strict=True):
            if each.dtype.kind not in "fiu":
                raise DtypeError(
                    f"minimize(): {place} is {describe(each)}: only real numbers can be moved to a minimum"
                )
        self.like = arrays
        self.dtypes = [each.dtype if each.dtype.kind == "f" else numpy.dtype(float) for each in arrays]
        self.start = self._flat(arrays)
        self.size = self.start.size
        self.evaluations = 0

    def _flat(self, arrays: Sequence[Any]) -> Any:
        parts = [numpy.asarray(backend.to_numpy(each), dtype=float).ravel() for each in arrays]
        return numpy.concatenate(parts)

    def joined(self, value: Any) -> Any:
        """Tensors in the form of the start as one vector."""
        return self._flat([value_of(each) for each in tree.take_apart(value)[0]])

    def apart(self, flat: Any) -> Any:
        """A vector as tensors of float64 in the form of the start."""
        return tree.put_together(self.form, self._leaves(flat, [numpy.dtype(float)] * len(self.like)))

    def given_back(self, flat: Any) -> Any:
        """A vector as tensors of the start's own dtypes, in its form."""
        return tree.put_together(self.form, self._leaves(flat, self.dtypes))

    def _leaves(self, flat: Any, dtypes: Sequence[Any]) -> list[Tensor]:
        found, begin = [], 0
        for like, dtype, name in zip(self.like, dtypes, self.names, strict=True):
            part = numpy.array(flat[begin : begin + like.size], dtype=dtype).reshape(like.shape)
            found.append(Tensor(backend.namespace(like).asarray(part), name=name, copy=False))
            begin += like.size
        return found

    def matrix(self, value: Any) -> Any:
        """Second derivatives as a square matrix."""
        rows = [tree.take_apart(each)[0] for each in tree.leaves_like(self.form, value)]
        sizes = [each.size for each in self.like]
        return numpy.block(
            [
                [backend.to_numpy(value_of(each)).reshape(one, other) for each, other in zip(row, sizes, strict=True)]
                for row, one in zip(rows, sizes, strict=True)
            ]
        )

    def limits(self, value: Any, name: str) -> Any:
        """A bound for each element, from a number or from arrays in the form of the start."""
        if value is None:
            return None
        one = isinstance(value, backend.SCALARS)
        try:
            leaves = [value] * len(self.like) if one else tree.leaves_like(self.form, value, name)
        except ArgumentError as error:
            raise ArgumentError(f"minimize(): {error}") from None
        found = []
        for each, like, place in zip(leaves, self.like, self.places, strict=True):
            array = numpy.asarray(backend.to_numpy(value_of(each)) if type(each) is Tensor else each, dtype=float)
            if array.shape not in ((), like.shape):
                raise ShapeError(f"minimize(): {name} has shape {array.shape} for {place}, which has {like.shape}")
            found.append(numpy.broadcast_to(array, like.shape))
        return self._flat(found)

    def value(self, f: Callable[[Any], Any], flat: Any, slope: bool) -> tuple[float, Any]:
        """`f` at a vector, and its gradient where that is wanted."""
        self.evaluations += 1
        with no_grad():
            at = Point("minimize()", f, (self.apart(flat),))
            value = float(at.scalar().item())
            return value, self.joined(at.split(at.pull([None]))[0]) if slope else None

    def start_in(self, f: Callable[[Any], Any], slope: bool) -> None:
        """Refuse a start from which there is no way."""
        for each, place in zip(self.like, self.places, strict=True):
            if not numpy.isfinite(backend.to_numpy(each)).all():
                raise DataError(f"minimize(): {place} is not finite")
        value, gradient = self.value(f, self.start, slope)
        if not numpy.isfinite(value):
            raise DataError(f"minimize(): f is {value} at x0: start where it is finite")
        if gradient is not None and not numpy.isfinite(gradient).all():
            i = int(numpy.flatnonzero(~numpy.isfinite(gradient))[0])
            ends = numpy.cumsum([each.size for each in self.like])
            place = self.places[int(numpy.searchsorted(ends, i, "right"))]
            raise DataError(f"minimize(): the gradient of f is {gradient[i]} at x0, in {place}: start elsewhere")
