"""Random tensors: `ag.random.normal` and its kin, drawn from a generator of NumPy's that is handed to them.

There is no hidden state: `rng` is a `numpy.random.Generator`, which a compiled step draws from anew at every call, or a
seed, which gives the same numbers at every call. Distributions are written as functions of standard random numbers, so
that their parameters have gradients (Kingma and Welling, Auto-Encoding Variational Bayes, 2014, section 2.4: the
reparametrisation). Knows Tensors and the operations it composes. Must not know how they are recorded.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy

from autograd_lite.diagnosis import describe, told
from autograd_lite.engine.tensor import Tensor, apply, asarray
from autograd_lite.errors import ArgumentError, DtypeError, ShapeError
from autograd_lite.op import one_axis
from autograd_lite.ops import indexing, reduction, shaping
from autograd_lite.ops.exponential import log
from autograd_lite.ops.random import draw_like

__all__ = [
    "bernoulli", "categorical", "choice", "exponential", "gumbel", "integers", "normal", "permutation", "uniform",
]  # fmt: skip

_NOWHERE = asarray(0.0)
"""Draws are made where it is."""


def _drawn(rng: Any, method: str, *arguments: Any, named: tuple[str, ...] = (), **options: Any) -> Tensor:
    """What a generator draws: an operation with an effect; or what a seed always gives: numbers like any other."""
    if isinstance(rng, numpy.random.Generator):
        try:
            params = {"rng": rng, "method": method, "options": tuple(options.items()), "named": named}
            return apply(draw_like, (_NOWHERE, *arguments), params)
        except (ShapeError, DtypeError, ArgumentError) as error:
            raise type(error)(f"random.{method}: {error.problem or error}") from None
    try:
        seed = -1 if isinstance(rng, bool) else operator.index(rng)
    except TypeError:
        seed = -1
    if seed < 0:
        raise ArgumentError(
            f"rng is a numpy.random.Generator, as np.random.default_rng(0) gives it, or a seed, not {rng!r:.60}: "
            "there is no hidden generator"
        )
    values = [each.numpy() if type(each) is Tensor else each for each in arguments]
    try:
        params = {"rng": numpy.random.default_rng(seed), "method": method, "options": tuple(options.items())}
        return asarray(draw_like.forward(numpy, None, *values, **params, named=named))
    except (TypeError, ValueError, MemoryError) as error:
        raise ArgumentError(f"random.{method}: {error}") from None


def _shape(what: str, size: Any, *parameters: Any) -> tuple[int, ...]:
    """The shape to be drawn: `size`, or that of the parameters together."""
    shapes = [tuple(each.shape) if hasattr(each, "shape") else numpy.shape(each) for each in parameters]
    try:
        together = numpy.broadcast_shapes(*shapes)
        if size is None:
            return together
        wanted = tuple(map(operator.index, size)) if isinstance(size, tuple | list) else (operator.index(size),)
        if min(wanted, default=0) < 0 or numpy.broadcast_shapes(wanted, together) != wanted:
            raise ValueError
    except TypeError:
        raise ArgumentError(f"random.{what}: size is a number of elements or a shape, not {size!r:.60}") from None
    except ValueError:
        given = ", ".join(map(str, shapes))
        raise ShapeError(f"random.{what}: parameters of the shapes {given} do not go into size={size}") from None
    return wanted


def _real(what: str, dtype: Any, *parameters: Any) -> Any:
    """The dtype of the numbers: what is asked for, or that of the parameters, at least half precision."""
    if dtype is not None:
        found = numpy.dtype(dtype)
    else:
        kinds = [each.dtype for each in parameters if hasattr(each, "dtype") and each.dtype.kind == "f"]
        found = numpy.result_type(*kinds) if kinds else numpy.dtype(float)
    if found.kind != "f":
        raise DtypeError(f"random.{what}: the numbers are real, and {found} is no dtype for them")
    return found


def _standard(rng: Any, method: str, shape: tuple[int, ...], dtype: Any) -> Tensor:
    """Standard random numbers of a dtype; a generator draws half precision as single."""
    drawn = numpy.dtype(numpy.float32) if dtype.itemsize < 4 else dtype
    if drawn.itemsize > 8:
        drawn = numpy.dtype(float)
    values = _drawn(rng, method, size=shape, dtype=drawn)
    return values if drawn == dtype else values.astype(dtype)


def _at_least_zero(what: str, name: str, value: Any) -> None:
    if isinstance(value, int | float) and not value >= 0:
        raise ArgumentError(f"random.{what}: {name} must be at least 0, not {value!r}")


@told
def normal(loc: Any = 0.0, scale: Any = 1.0, size: Any = None, *, rng: Any, dtype: Any = None) -> Tensor:
    """Numbers of the normal distribution with mean `loc` and standard deviation `scale`, both with gradients.

    They are loc + scale · z with z of the standard normal distribution, the numbers that `rng.normal` gives.

    >>> import autograd_lite as ag
    >>> ag.random.normal(size=2, rng=np.random.default_rng(0)).numpy()
    array([ 0.12573022, -0.13210486])
    """
    _at_least_zero("normal", "scale", scale)
    kind = _real("normal", dtype, loc, scale)
    return loc + scale * _standard(rng, "standard_normal", _shape("normal", size, loc, scale), kind)  # type: ignore[no-any-return]


@told
def uniform(low: Any = 0.0, high: Any = 1.0, size: Any = None, *, rng: Any, dtype: Any = None) -> Tensor:
    """Numbers evenly from [`low`, `high`), both with gradients: low + (high - low) · u, as `rng.uniform` gives them.

    >>> import autograd_lite as ag
    >>> ag.random.uniform(0.0, 10.0, 2, rng=np.random.default_rng(0)).numpy()
    array([6.36961687, 2.69786714])
    """
    kind = _real("uniform", dtype, low, high)
    return low + (high - low) * _standard(rng, "random", _shape("uniform", size, low, high), kind)  # type: ignore[no-any-return]


@told
def exponential(scale: Any = 1.0, size: Any = None, *, rng: Any, dtype: Any = None) -> Tensor:
    """Numbers of the exponential distribution with mean `scale`, which has a gradient, as `rng.exponential` gives them.

    >>> import autograd_lite as ag
    >>> ag.random.exponential(2.0, 2, rng=np.random.default_rng(0)).numpy()
    array([1.35986381, 2.0391942 ])
    """
    _at_least_zero("exponential", "scale", scale)
    kind = _real("exponential", dtype, scale)
    return scale * _standard(rng, "standard_exponential", _shape("exponential", size, scale), kind)  # type: ignore[no-any-return]


@told
def gumbel(loc: Any = 0.0, scale: Any = 1.0, size: Any = None, *, rng: Any, dtype: Any = None) -> Tensor:
    """Numbers of the Gumbel distribution at `loc` with `scale`, both with gradients: loc - scale · ln E, E exponential.

    >>> import autograd_lite as ag
    >>> ag.random.gumbel(size=(), rng=np.random.default_rng(0)).item() < 1.0
    True
    """
    _at_least_zero("gumbel", "scale", scale)
    kind = _real("gumbel", dtype, loc, scale)
    waited = _standard(rng, "standard_exponential", _shape("gumbel", size, loc, scale), kind)
    return loc - scale * log(waited)  # type: ignore[no-any-return]


@told
def bernoulli(p: Any = 0.5, size: Any = None, *, rng: Any, dtype: Any = bool) -> Tensor:
    """True with probability `p`, element by element, or 1 and 0 in another `dtype`; data, without a gradient.

    >>> import autograd_lite as ag
    >>> ag.random.bernoulli(0.5, 4, rng=np.random.default_rng(0)).numpy()
    array([False,  True,  True,  True])
    """
    if isinstance(p, int | float) and not 0 <= p <= 1:
        raise ArgumentError(f"random.bernoulli: p is a probability from 0 to 1, not {p!r}")
    drawn: Tensor = _standard(rng, "random", _shape("bernoulli", size, p), _real("bernoulli", None, p)) < p
    return drawn if numpy.dtype(dtype) == bool else drawn.astype(dtype)


@told
def integers(
    low: Any, high: Any = None, size: Any = None, *, rng: Any, dtype: Any = numpy.int64, endpoint: bool = False
) -> Tensor:  # fmt: skip
    """Whole numbers evenly from `low` to below `high` (to `high` with `endpoint`), or from 0 to below `low`; data.

    >>> import autograd_lite as ag
    >>> ag.random.integers(10, size=3, rng=np.random.default_rng(0)).numpy()
    array([8, 6, 5])
    """
    bounds = (0, low) if high is None else (low, high)
    shape = None if size is None else _shape("integers", size, *bounds)
    return _drawn(rng, "integers", *bounds, size=shape, dtype=numpy.dtype(dtype), endpoint=bool(endpoint))


@told
def permutation(x: Any, axis: int = 0, *, rng: Any) -> Tensor:
    """The parts of `x` along `axis` in a random order, with their gradients; of a number the whole numbers below it.

    >>> import autograd_lite as ag
    >>> ag.random.permutation(4, rng=np.random.default_rng(0)).numpy()
    array([2, 0, 1, 3])
    """
    if isinstance(x, int) and not isinstance(x, bool):
        return _drawn(rng, "permutation", x)
    whole = asarray(x)
    if not whole.ndim:
        raise ShapeError(f"random.permutation: {describe(whole)} has no axis: give a plain number, or an array")
    one_axis("random.permutation", axis)
    place = shaping.axis_of(whole, axis)
    order = _drawn(rng, "permutation", whole.shape[place])
    return indexing.take(whole, order, axis=place)  # type: ignore[no-any-return]


@told
def choice(
    a: Any, size: Any = None, replace: bool = True, p: Any = None, axis: int = 0, shuffle: bool = True, *, rng: Any
) -> Tensor:  # fmt: skip
    """Parts of `a` along `axis` picked at random, with their gradients; of a number, whole numbers below it.

    `p` are the probabilities of the parts, all alike where None; with `replace` a part may be picked again.

    >>> import autograd_lite as ag
    >>> ag.random.choice(ag.tensor([1.0, 2.0, 3.0]), 2, rng=np.random.default_rng(0)).numpy()
    array([3., 2.])
    """
    plain = isinstance(a, int) and not isinstance(a, bool)
    parts = None if plain else asarray(a)
    if parts is not None and not parts.ndim:
        raise ShapeError(f"random.choice: {describe(parts)} has no parts to choose from")
    one_axis("random.choice", axis)
    place = 0 if parts is None else shaping.axis_of(parts, axis)
    count = a if parts is None else parts.shape[place]
    shape = None if size is None else _shape("choice", size)
    given = (count,) if p is None else (count, asarray(p).detach())
    named = () if p is None else ("p",)
    picked = _drawn(rng, "choice", *given, named=named, size=shape, replace=bool(replace), shuffle=bool(shuffle))
    return picked if parts is None else indexing.take(parts, picked, axis=place)


@told
def categorical(logits: Any, size: Any = None, axis: int = -1, *, rng: Any) -> Tensor:
    """The number of a class for each line along `axis`, drawn with the probabilities softmax(`logits`); data.

    `size` says how often for each line, as leading axes. Drawn as the argmax of logits and Gumbel noise.

    >>> import autograd_lite as ag
    >>> ag.random.categorical(ag.tensor([0.0, -np.inf]), 3, rng=np.random.default_rng(0)).numpy()
    array([0, 0, 0])
    """
    weights = asarray(logits)
    if not weights.ndim:
        raise ShapeError(f"random.categorical: {describe(weights)} has no axis of classes")
    one_axis("random.categorical", axis)
    place = shaping.axis_of(weights, axis) - weights.ndim
    times = () if size is None else _shape("categorical", size)
    noise = gumbel(size=(*times, *weights.shape), rng=rng, dtype=_real("categorical", None, weights))
    return reduction.argmax(weights.detach() + noise, axis=place)  # type: ignore[no-any-return]
