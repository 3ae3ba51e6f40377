r"""Gradient checks a user can call: what the rules say against what the function does.

A random output gradient, different in every element, makes a vector-Jacobian product of the function. It is compared,
element by element, with

- the complex step Im f(x + ih) / h, h = 10⁻²⁰, where all operations are analytic: no difference is taken, so h may be
  as small as one likes, and the result is exact to rounding [Squire & Trapp, SIAM Review 40, 1998];
- elsewhere the five-point difference (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h with an error of
  h⁴ f⁽⁵⁾ / 30 + 1.5 ε f / h, least at h of the size ε^(1/5) ≈ 7·10⁻⁴ [Fornberg, Math. Comp. 51, 1988], here times
  max(1, |x|).

Each element has its own measure of error: the magnitudes of which its gradient is the sum, and the noise that is seen
when the inputs move by their last bits, in the result for the difference and in the gradient for the rules.

Uses the public reverse pass only; must not know any operation, nor how the pass is done.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from numpy import ndarray
from numpy.lib.array_utils import byte_bounds

from autograd_lite import backend, display
from autograd_lite.diagnosis import describe
from autograd_lite.engine import calculus
from autograd_lite.engine.graph import ancestors, enable_grad
from autograd_lite.engine.tensor import Tensor, apply
from autograd_lite.errors import ArgumentError, AutogradError, CheckError, DtypeError, GraphError
from autograd_lite.ops import joining

COMPLEX, DIFFERENCE = "complex step", "5-point difference"
_EPSILON = float(numpy.finfo(float).eps)
TOLERANCES = {COMPLEX: 1e-12, DIFFERENCE: 1e-9}


@dataclass(frozen=True)
class CheckRow:
    """One input's check: its worst element, the gradient there from both sides, and how far they are apart.

    `position` is the place of the `input` among the arguments. `absolute` is the difference between the two at that
    element, `relative` the same over what the element's own error has to be measured by: the magnitudes of which the
    gradient there is the sum, and the noise of rounding.
    """

    input: str
    position: int
    order: int
    shape: tuple[int, ...]
    method: str
    element: tuple[int, ...]
    gradient: float
    expected: float
    absolute: float
    relative: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the worst element is within the tolerance."""
        return self.relative <= self.tolerance


@dataclass(frozen=True, repr=False)
class CheckReport:
    """What `gradcheck` found: one row for each input and order; prints as a table."""

    rows: tuple[CheckRow, ...]

    @property
    def worst(self) -> CheckRow:
        """The row that is nearest to its tolerance, or furthest over it."""
        return max(self.rows, key=lambda row: row.relative / row.tolerance if row.tolerance else row.relative)

    @property
    def absolute(self) -> float:
        """The largest absolute error of all inputs."""
        return max(row.absolute for row in self.rows)

    @property
    def relative(self) -> float:
        """The largest relative error of all inputs."""
        return max(row.relative for row in self.rows)

    @property
    def element(self) -> tuple[int, ...]:
        """The index of the worst element in the worst row's input."""
        return self.worst.element

    @property
    def method(self) -> str:
        """How the worst row was computed: by complex step or by difference."""
        return self.worst.method

    @property
    def passed(self) -> bool:
        """Whether every row is within its tolerance."""
        return all(row.passed for row in self.rows)

    def _table(self) -> list[tuple[str, ...]]:
        head = ("input", "order", "shape", "worst at", "gradient", "expected", "absolute", "relative", "method", "")
        rows: list[tuple[str, ...]] = [
            (
                row.input, str(row.order), str(row.shape), str(row.element), f"{row.gradient:.10g}",
                f"{row.expected:.10g}", f"{row.absolute:.1e}", f"{row.relative:.1e}", row.method,
                "ok" if row.passed else "WRONG",
            )
            for row in self.rows
        ]  # fmt: skip
        return [head, *rows]

    def __repr__(self) -> str:
        return display.text_table(self._table())

    def _repr_html_(self) -> str:
        return display.html_table(self._table())


def gradcheck(
    f: Callable[..., Any], *inputs: Any, tolerance: float | None = None, rng: Any = None, order: int = 1
) -> CheckReport:
    """Compare the gradient of `f` at `inputs` with a numeric one, element by element.

    `f` takes as many Tensors as there are `inputs`, of those shapes, and returns one, or a tuple or list of several.
    The inputs are Tensors, arrays or lists of float64 numbers; they are copied, in the memory order they have. Choose
    them at least 0.01 away from kinks and ties. At each element the two gradients may differ by `tolerance` times the
    magnitudes that add up to the gradient there: 1e-12 where every operation is analytic (`Operation.analytic`), which
    the complex step can check, and 1e-9 elsewhere; beyond that only by the noise that is seen there when the inputs
    move by their last bits. Parts of the result that are small beside others are checked once more, scaled up to them.
    `rng` is a NumPy generator or a seed for the random output gradient. With `order=2` the gradient's own gradient,
    also with respect to the output gradient, is checked in the same way.

    Returns a report that prints as a table. Raises `CheckError` naming the input, its position, the element and both
    values where they disagree, or where `f` does not return the same result twice; `DtypeError` for inputs or results
    that are not of float64; `ArgumentError` where `f` returns anything but Tensors; `GraphError` where its result
    depends on none of the inputs by way of operations that have derivatives.

    >>> import autograd_lite as ag
    >>> report = ag.gradcheck(lambda w, x: ag.sigmoid(w @ x), [[1.0, -2.0]], [0.5, 0.25], order=2)
    >>> report.passed, report.rows[0].method
    (True, 'complex step')
    """
    report = report_of(f, inputs, tolerance, rng, order)
    if not report.passed:
        raise CheckError(f"gradcheck: {slip(report.worst)}\n{report}")
    return report


def slip(wrong: CheckRow) -> str:
    """What is wrong, in one line."""
    of = "gradient" if wrong.order == 1 else "gradient's gradient"
    return (
        f"the {of} with respect to {wrong.input} is wrong: at element {wrong.element} the rules give "
        f"{wrong.gradient!r}, the {wrong.method} {wrong.expected!r} (argument {wrong.position} of f, relative "
        f"error {wrong.relative:.1e}, tolerance {wrong.tolerance:.0e})"
    )


def report_of(
    f: Callable[..., Any], inputs: Sequence[Any], tolerance: float | None, rng: Any, order: int
) -> CheckReport:
    """What `gradcheck` reports, passed or not."""
    if order not in (1, 2):
        raise ArgumentError(f"gradcheck: order is {order!r}, but only gradients of order 1 and 2 can be checked")
    if not inputs:
        raise ArgumentError("gradcheck: there is no input to differentiate by: gradcheck(f, x, ...)")
    generator = numpy.random.default_rng(rng)
    points = [_point(i, value) for i, value in enumerate(inputs)]
    rows, start = _check(f, points, tolerance, generator, 1)
    if order == 2:
        slope_points = [*points, Tensor(start, name="output gradient")]
        if any(point.size for point in slope_points):
            _same_recorded(f, points, start)
            rows += _check(_slopes(f, len(points)), slope_points, tolerance, generator, 2)[0]
    return CheckReport(tuple(rows))


def _point(position: int, value: Any) -> Tensor:
    """One input as a tensor with a name, checked to be one that numeric differentiation can vary."""
    called = f"input {position}"
    array = value.data if isinstance(value, Tensor) else backend.as_array(value)
    point = Tensor(_copied(array), name=getattr(value, "name", None) or called, copy=False)
    if point.dtype.kind != "f":
        raise DtypeError(
            f"gradcheck: {called} has dtype {point.dtype}, which is data and has no gradient: "
            "close over it, as in gradcheck(lambda x: f(x, labels), x)"
        )
    if point.dtype != numpy.float64:
        raise DtypeError(
            f"gradcheck: {called} is {describe(point)}, and differences of {point.dtype} numbers are mostly rounding "
            f"error: check at x.astype('float64'), then compare the {point.dtype} gradient with the float64 one, "
            "at rtol 1e-5 for float32"
        )
    return point


def _copied(array: Any) -> Any:
    """A copy with the same strides, since a rule may be wrong for one order of memory alone."""
    if not isinstance(array, ndarray) or not array.size or 0 in array.strides:
        return array.copy()
    low, high = byte_bounds(array)
    memory = numpy.empty(high - low, numpy.uint8)
    offset = array.ctypes.data - low
    twin: ndarray = ndarray(array.shape, array.dtype, memory.data, offset, array.strides)
    twin[...] = array
    return twin


def _slopes(f: Callable[..., Any], count: int) -> Callable[..., Tensor]:
    """The gradient of `f` with respect to all its inputs, in one row, as a function of them and of the seed."""

    def slopes(*arguments: Tensor) -> Tensor:
        xs, seed = arguments[:count], arguments[count]
        found = calculus.grad(_one(f(*xs)), list(xs), gradient=seed, create_graph=True, allow_unused=True)
        return _joined([g for g in found if g is not None])

    return slopes


def _same_recorded(f: Callable[..., Any], points: Sequence[Tensor], start: Any) -> None:
    """Raise where the gradient that is recorded, to be differentiated again, is not the one that is not."""
    found: list[list[Any]] = []
    for record in (False, True):
        output, leaves = _call(f, points, [_copied(point.data) for point in points])
        found.append(calculus.grad(output, leaves, gradient=start, create_graph=record, allow_unused=True))
    for i, (point, plain, recorded) in enumerate(zip(points, *found, strict=True)):
        one, other = (numpy.zeros(point.shape) if g is None else g.numpy() for g in (plain, recorded))
        if not numpy.allclose(one, other, rtol=1e-9, atol=1e-12 * _largest(one), equal_nan=True):
            raise CheckError(
                f"gradcheck: the gradient with respect to {point.name} (argument {i} of f) is another one where it is "
                "recorded (create_graph=True): a rule does something else on Tensors than on arrays"
            )


def _joined(tensors: Sequence[Tensor]) -> Tensor:
    """Several tensors in one row."""
    return apply(joining.concatenate, tuple(x.reshape(-1) for x in tensors), {"axis": 0})


def _one(output: Any) -> Tensor:
    """What `f` returned as one tensor; of several those that are data have no gradient to check."""
    if type(output) is Tensor:
        return output
    if not isinstance(output, tuple | list) or not output or not all(type(x) is Tensor for x in output):
        kinds = sorted({type(x).__name__ for x in output}) if isinstance(output, tuple | list) else []
        of = f" of {', '.join(kinds) or 'nothing'}" if isinstance(output, tuple | list) else ""
        raise ArgumentError(
            f"gradcheck: f returned {type(output).__name__}{of}, not a Tensor: return one, or a tuple of several"
        )
    smooth = [x for x in output if x.dtype.kind in "fc"]  # complex numbers stand for real ones on a complex step
    return _joined(smooth or output)


def _call(
    f: Callable[..., Any], points: Sequence[Tensor], data: Sequence[Any], wanted: bool = True
) -> tuple[Tensor, list[Tensor]]:
    """`f` at `data`, and the tensors it was given: new ones each time, with the names and devices of `points`."""
    leaves = [
        Tensor(backend.namespace(point.data).asarray(values), requires_grad=wanted, name=point.name, copy=False)
        for point, values in zip(points, data, strict=True)
    ]
    with enable_grad():
        return _one(f(*leaves)), leaves


def _check(
    f: Callable[..., Any], points: Sequence[Tensor], tolerance: float | None, rng: numpy.random.Generator, order: int
) -> tuple[list[CheckRow], Any]:
    """The rows of one order, and the output gradient that was used, on the device of the output."""
    data = [_copied(point.data) if isinstance(point.data, ndarray) else point.numpy() for point in points]
    output, leaves = _call(f, points, [_copied(x) for x in data])
    line = ancestors(output)
    for x in line:
        if x.dtype.kind == "f" and x.dtype != numpy.float64:
            raise DtypeError(
                f"gradcheck: f computes {describe(x, 'a result')}, and differences of such numbers are mostly "
                "rounding error: check it in float64"
            )
    depends = output.requires_grad and any(x is leaf for leaf in leaves for x in line)
    if not depends and order == 1:
        raise GraphError(
            "gradcheck: the result of f depends on none of the inputs, or only by way of operations without a "
            "derivative, detach() or no_grad()"
        )
    value = output.numpy()
    # No entry is small: an error in one element must not hide behind a factor near 0.
    seed = rng.uniform(0.5, 1.5, output.shape) * rng.choice([-1.0, 1.0], output.shape)
    if not numpy.array_equal(_call(f, points, data)[0].numpy(), value, equal_nan=True):
        raise CheckError("gradcheck: f gives another result for the same inputs: fix its random numbers inside f")
    numeric = _Numeric(f, points, data, value, all(x.node is None or x.node.op.analytic for x in line), rng)
    seeds = [seed, *numeric.scaled(seed, rng)]
    start = backend.namespace(output.data).asarray(seed)
    given = _by_rules(output, leaves, seeds if depends else [])  # the slopes of a linear function are constant
    noisy = [_by_rules(*_call(f, points, near), seeds if depends else []) for near in numeric.nearby]
    rows = []
    for i, point in enumerate(points):
        called = (point.name or f"input {i}", i, order, point.shape)
        gradients = []
        for k in range(len(seeds)):
            gradient = given[k][i] if depends else numpy.zeros(point.shape)
            gradients.append((gradient, _spread(gradient, [each[k][i] for each in noisy] if depends else [])))
        exact = numeric.by_complex_step(i, seeds) if numeric.analytic else None
        row = None if exact is None else _row(called, exact, gradients, tolerance)
        if row is None or not row.passed:
            # What an operation outside the graph does to complex numbers (sign, comparisons) is not for the
            # complex step to judge: where the difference clearly contradicts it, the difference is believed.
            row = _row(called, numeric.by_difference(i, seeds), gradients, tolerance)
        rows.append(row)
    return rows, start


def _by_rules(output: Tensor, leaves: list[Tensor], seeds: Sequence[ndarray]) -> list[list[ndarray]]:
    """The gradient at every leaf for each seed."""
    found = []
    for seed in seeds:
        start = backend.namespace(output.data).asarray(seed)
        gradients = calculus.grad(output, leaves, gradient=start, allow_unused=True)
        found.append([numpy.zeros(x.shape) if g is None else g.numpy() for x, g in zip(leaves, gradients, strict=True)])
    return found


def _spread(value: ndarray, others: Sequence[ndarray]) -> ndarray:
    """How far `others` lie from `value`, element by element: the noise of rounding in it."""
    with numpy.errstate(invalid="ignore"):
        return numpy.asarray(sum(numpy.nan_to_num(numpy.abs(x - value)) for x in others) + numpy.zeros(value.shape))


def _largest(values: Any) -> float:
    """The largest finite magnitude among `values`, or 0."""
    magnitudes = numpy.abs(values)
    return float(numpy.max(magnitudes, initial=0.0, where=numpy.isfinite(magnitudes)))


@dataclass(frozen=True)
class _Expected:
    """A numeric gradient at one input: for each seed its values and, element by element, what measures their error."""

    method: str
    values: list[ndarray]
    scales: list[ndarray]


class _Numeric:
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
        self.noise = _EPSILON * numpy.abs(numpy.nan_to_num(value)) + _spread(value, list(map(self.at, self.nearby)))
        self._columns: dict[int, list[ndarray]] = {}  # by complex step, of the inputs that were done

    @staticmethod
    def _near(x: ndarray, rng: numpy.random.Generator) -> ndarray:
        """`x` moved by its last bits."""
        near: ndarray = _copied(x)
        near += 2 * _EPSILON * numpy.maximum(1.0, numpy.abs(x)) * rng.choice([-1.0, 1.0], x.shape)
        return near

    def scaled(self, seed: ndarray, rng: numpy.random.Generator) -> list[ndarray]:
        """A second seed that makes the parts of the result weigh alike, where the first does not."""
        step = [7e-4 * numpy.maximum(1.0, numpy.abs(x)) * rng.choice([-1.0, 1.0], x.shape) for x in self.data]
        there, back = (self.at([x + sign * h for x, h in zip(self.data, step, strict=True)]) for sign in (1, -1))
        with numpy.errstate(invalid="ignore", over="ignore"):
            change = numpy.abs(there - back)
        largest = _largest(change)
        if not largest:
            return []
        # A part that changes by no more than noise is left as it is.
        weights = numpy.where(numpy.isfinite(change) & (change > 100 * self.noise), change, largest) / largest
        return [seed / weights] if weights.min() < 0.01 else []

    def at(self, data: Sequence[Any], wanted: bool = True) -> ndarray:
        """`f` at `data`."""
        return _call(self.f, self.points, data, wanted)[0].numpy()

    def by_complex_step(self, position: int, seeds: Sequence[ndarray]) -> _Expected | None:
        """The gradient at one input by complex step; `None` where `f` takes no complex numbers."""
        step = 1e-20
        columns = []
        for element in numpy.ndindex(self.data[position].shape):
            moved = [x.astype(complex) if i == position else _copied(x) for i, x in enumerate(self.data)]
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

    def by_difference(self, position: int, seeds: Sequence[ndarray]) -> _Expected:
        """The gradient at one input by five-point differences, or by complex step where they do not contradict it."""
        exact = self._columns.get(position)
        columns, errors = [], []
        contradicted = exact is None
        for place, element in enumerate(numpy.ndindex(self.data[position].shape)):
            column, error = self._difference(position, element)
            if exact is not None:
                with numpy.errstate(invalid="ignore"):
                    allowed = error + 10 * TOLERANCES[DIFFERENCE] * numpy.abs(column)
                    apart = ~(numpy.abs(column - exact[place]) <= allowed)
                contradicted |= bool(apart.any())
                column, error = numpy.where(apart, column, exact[place]), numpy.where(apart, error, 0.0)
            columns.append(column)
            errors.append(error)
        return self._sums(DIFFERENCE if contradicted else COMPLEX, position, seeds, columns, errors)

    def _difference(self, position: int, element: tuple[int, ...]) -> tuple[ndarray, ndarray]:
        """The derivative of the result by one element, and how far rounding may have put it off."""
        step = 7e-4 * max(1.0, abs(float(self.data[position][element])))

        def at(steps: int) -> ndarray:
            moved = [_copied(x) for x in self.data]
            moved[position][element] += steps * step
            return self.at(moved)

        with numpy.errstate(invalid="ignore", over="ignore"):
            column = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
        lost = column == 0
        if lost.any():
            lost &= self._unmoved(position, element)
        return column, numpy.where(lost, 0.0, 8 * self.noise / step)

    def _unmoved(self, position: int, element: tuple[int, ...]) -> ndarray:
        """Where a large change of one element changes nothing: those results do not depend on it at all."""
        moved = [_copied(x) for x in self.data]
        moved[position][element] += max(1.0, abs(float(moved[position][element])))
        try:
            with warnings.catch_warnings(), numpy.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return numpy.asarray(self.at(moved) == self.value)
        except AutogradError:  # that far away, f may not be defined
            return numpy.zeros(self.value.shape, bool)

    def _sums(
        self, method: str, position: int, seeds: Sequence[ndarray], columns: list[ndarray], errors: list[ndarray]
    ) -> _Expected:
        """What the columns of the Jacobian come to under each seed, and the measure of error of each sum."""
        shape = self.data[position].shape
        values, scales = [], []
        with numpy.errstate(invalid="ignore", over="ignore"):
            for seed in seeds:
                size = numpy.abs(seed)
                values.append(numpy.array([(seed * column).sum() for column in columns]).reshape(shape))
                terms = numpy.array([(size * numpy.abs(column)).sum() for column in columns]).reshape(shape)
                noise = numpy.array([(size * error).sum() for error in errors]).reshape(shape)
                # What a result of the size of `value` may have lost, such as 1 - tanh² where tanh is nearly 1.
                moves = size * numpy.abs(numpy.nan_to_num(self.value))
                lost = numpy.array([32 * moves[column != 0].sum() for column in columns]).reshape(shape)
                lost += 8 * _largest(moves)
                noise += _EPSILON * lost / numpy.maximum(1.0, numpy.abs(self.data[position]))
                scales.append(numpy.nan_to_num(terms) + noise / TOLERANCES[method])
        return _Expected(method, values, scales)


def _row(
    called: tuple[str, int, int, tuple[int, ...]], expected: _Expected, gradients: Sequence[tuple[ndarray, ndarray]],
    tolerance: float | None,
) -> CheckRow:  # fmt: skip
    """The comparison at one input, whose gradients come with their noise: the worst element under any seed."""
    allowed = TOLERANCES[expected.method] if tolerance is None else tolerance
    worst = CheckRow(*called, expected.method, (), 0.0, 0.0, 0.0, 0.0, allowed)
    for (given, noise), value, size in zip(gradients, expected.values, expected.scales, strict=True):
        if not given.size:
            continue
        same = (given == value) | (numpy.isnan(given) & numpy.isnan(value))
        with numpy.errstate(invalid="ignore", divide="ignore"):
            errors = numpy.where(same, 0.0, numpy.abs(given - value))
            errors = numpy.where(numpy.isnan(errors), numpy.inf, errors)
            scale = size + 16 * noise / TOLERANCES[expected.method]
            relative = numpy.where(errors == 0, 0.0, errors / scale)
        at = numpy.unravel_index(int(numpy.argmax(relative)), errors.shape)
        if not worst.element or relative[at] > worst.relative:
            element = tuple(int(place) for place in at)
            worst = CheckRow(
                *called, expected.method, element, float(given[at]), float(value[at]), float(errors[at]),
                float(relative[at]), allowed,
            )  # fmt: skip
    return worst
