r"""Numeric derivatives at a point, element by element, with what measures their error.

- The complex step Im f(x + ih) / h, h = 10⁻²⁰, where all operations are analytic: no difference is taken, so h may be
  as small as one likes, and the result is exact to rounding [Squire & Trapp, SIAM Review 40, 1998].
- The five-point difference (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h with an error of
  h⁴ f⁽⁵⁾ / 30 + 1.5 ε f / h, least at h of the size ε^(1/5) ≈ 7·10⁻⁴ [Fornberg, Math. Comp. 51, 1988], here times
  max(1, |x|).

Each element has its own measure of error: the magnitudes of which its gradient is the sum, and the noise that is seen
when the inputs move by their last bits. Must not know rules or graphs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from numpy import ndarray

from autograd_lite.check.subject import copied, largest, run_at, spread
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import AutogradError

COMPLEX, DIFFERENCE = "complex step", "5-point difference"
EPSILON = float(numpy.finfo(float).eps)
TOLERANCES = {COMPLEX: 1e-12, DIFFERENCE: 1e-9}


@dataclass(frozen=True)
class Expected:
    """A numeric gradient at one input: for each seed its values and, element by element, what measures their error."""

    method: str
    values: list[ndarray]
    scales: list[ndarray]
    noises: list[ndarray]  # what rounding alone may have put them off


class Numeric:
    """Numeric derivatives of `f` at a point; what both methods have to know of it."""

    def __init__(
        self, f: Callable[..., Any], points: Sequence[Tensor], data: Sequence[ndarray], value: ndarray, analytic: bool,
        rng: numpy.random.Generator,
    ) -> None:  # fmt: skip
        self.f = f
        self.points = points
        self.data = data
        self.value = value
        self.analytic = analytic  # as far as is known: a call with complex numbers may refuse
        self.nearby = [[self._near(x, rng) for x in data] for _ in range(4)]
        self.noise = EPSILON * numpy.abs(numpy.nan_to_num(value)) + spread(value, list(map(self.at, self.nearby)))
        self._columns: dict[int, list[ndarray]] = {}  # by complex step, of the inputs that were done

    @staticmethod
    def _near(x: ndarray, rng: numpy.random.Generator) -> ndarray:
        """`x` moved by its last bits."""
        near: ndarray = copied(x)
        near += 2 * EPSILON * numpy.maximum(1.0, numpy.abs(x)) * rng.choice([-1.0, 1.0], x.shape)
        return near

    def scaled(self, seed: ndarray, rng: numpy.random.Generator) -> list[ndarray]:
        """A second seed that makes the parts of the result weigh alike, where the first does not."""
        step = [7e-4 * numpy.maximum(1.0, numpy.abs(x)) * rng.choice([-1.0, 1.0], x.shape) for x in self.data]
        there, back = (self.at([x + sign * h for x, h in zip(self.data, step, strict=True)]) for sign in (1, -1))
        with numpy.errstate(invalid="ignore", over="ignore"):
            change = numpy.abs(there - back)
        most = largest(change)
        if not most:
            return []
        # A part that changes by no more than noise is left as it is.
        weights = numpy.where(numpy.isfinite(change) & (change > 100 * self.noise), change, most) / most
        return [seed / weights] if weights.min() < 0.01 else []

    def at(self, data: Sequence[Any], wanted: bool = True) -> ndarray:
        """`f` at `data`."""
        return run_at(self.f, self.points, data, wanted)[0].numpy()

    def by_complex_step(self, position: int, seeds: Sequence[ndarray]) -> Expected | None:
        """The gradient at one input by complex step; `None` where `f` takes no complex numbers."""
        step = 1e-20
        columns = []
        for element in numpy.ndindex(self.data[position].shape):
            moved = [x.astype(complex) if i == position else copied(x) for i, x in enumerate(self.data)]
            moved[position][element] += step * 1j
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error", numpy.exceptions.ComplexWarning)
                    columns.append(self.at(moved, wanted=False).imag / step)
            except (AutogradError, TypeError, ValueError, numpy.exceptions.ComplexWarning):
                self.analytic = False
                return None
        self._columns[position] = columns
        return self._sums(COMPLEX, position, seeds, columns, [numpy.zeros(())] * len(columns))

    def by_difference(self, position: int, seeds: Sequence[ndarray], shrink: float = 1.0) -> Expected:
        """The gradient at one input by five-point differences, or by complex step where they do not contradict it.

        The step is the best one times `shrink`.
        """
        exact = self._columns.get(position)
        columns, errors = [], []
        contradicted = exact is None
        for place, element in enumerate(numpy.ndindex(self.data[position].shape)):
            column, error = self.difference(position, element, 7e-4 * shrink)
            if exact is not None:
                with numpy.errstate(invalid="ignore"):
                    allowed = error + 10 * TOLERANCES[DIFFERENCE] * numpy.abs(column)
                    apart = ~(numpy.abs(column - exact[place]) <= allowed)
                contradicted |= bool(apart.any())
                column, error = numpy.where(apart, column, exact[place]), numpy.where(apart, error, 0.0)
            columns.append(column)
            errors.append(error)
        return self._sums(DIFFERENCE if contradicted else COMPLEX, position, seeds, columns, errors)

    def moved(self, position: int, element: tuple[int, ...], by: float) -> ndarray:
        """`f` with one element moved by so much."""
        data = [copied(x) for x in self.data]
        data[position][element] += by
        return self.at(data)

    def difference(self, position: int, element: tuple[int, ...], relative: float) -> tuple[ndarray, ndarray]:
        """The derivative of the result by one element, and how far rounding may have put it off."""
        step = relative * max(1.0, abs(float(self.data[position][element])))

        def at(steps: int) -> ndarray:
            return self.moved(position, element, steps * step)

        with numpy.errstate(invalid="ignore", over="ignore"):
            column = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
        lost = column == 0
        if lost.any():
            lost &= self._unmoved(position, element)
        return column, numpy.where(lost, 0.0, 8 * self.noise / step)

    def _unmoved(self, position: int, element: tuple[int, ...]) -> ndarray:
        """Where a large change of one element changes nothing: those results do not depend on it at all."""
        moved = [copied(x) for x in self.data]
        moved[position][element] += max(1.0, abs(float(moved[position][element])))
        try:
            with warnings.catch_warnings(), numpy.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return numpy.asarray(self.at(moved) == self.value)
        except AutogradError:  # that far away, f may not be defined
            return numpy.zeros(self.value.shape, bool)

    def _sums(
        self, method: str, position: int, seeds: Sequence[ndarray], columns: list[ndarray], errors: list[ndarray]
    ) -> Expected:
        """What the columns of the Jacobian come to under each seed, and the measure of error of each sum."""
        shape = self.data[position].shape
        values, scales, noises = [], [], []
        with numpy.errstate(invalid="ignore", over="ignore"):
            for seed in seeds:
                size = numpy.abs(seed)
                values.append(numpy.array([(seed * column).sum() for column in columns]).reshape(shape))
                terms = numpy.array([(size * numpy.abs(column)).sum() for column in columns]).reshape(shape)
                noise = numpy.array([(size * error).sum() for error in errors]).reshape(shape)
                # What a result of the size of `value` may have lost, such as 1 - tanh² where tanh is nearly 1.
                moves = size * numpy.abs(numpy.nan_to_num(self.value))
                lost = numpy.array([32 * moves[column != 0].sum() for column in columns]).reshape(shape)
                lost += 8 * largest(moves)
                noise += EPSILON * lost / numpy.maximum(1.0, numpy.abs(self.data[position]))
                noise += 32 * EPSILON * largest(terms)  # sums that cancel are rounded like their neighbours
                scales.append(numpy.nan_to_num(terms) + noise / TOLERANCES[method])
                noises.append(noise)
        return Expected(method, values, scales, noises)
