r"""Gradient checks a user can call: what the rules say against what the function does.

A random output gradient, different in every element, makes a vector-Jacobian product of the function. It is compared,
element by element, with the complex step Im f(x + ih) / h, h = 10⁻²⁰, which is exact to rounding where all operations
are analytic [Squire & Trapp 1998], and with a five-point difference, h = 7·10⁻⁴ max(1, |x|) ≈ ε^(1/5), elsewhere.

Uses the public reverse pass only; must not know any operation, nor how the pass is done.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from numpy import ndarray

from autograd_lite import backend, display
from autograd_lite.diagnosis import describe
from autograd_lite.engine import reverse
from autograd_lite.engine.graph import ancestors, enable_grad
from autograd_lite.engine.tensor import Tensor, apply
from autograd_lite.errors import ArgumentError, AutogradError, CheckError, DtypeError, GraphError
from autograd_lite.ops import joining

COMPLEX, DIFFERENCE = "complex step", "5-point difference"
TOLERANCES = {COMPLEX: 1e-12, DIFFERENCE: 1e-9}


@dataclass(frozen=True)
class CheckRow:
    """One input's check: its worst element, the gradient there from both sides, and how far they are apart.

    `absolute` is the largest difference between the two, `relative` the same over the size that rounding errors
    have to be measured by: the largest entry of the gradient, or the result where that is larger.
    """

    input: str
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
    f: Callable[..., Tensor], *inputs: Any, tolerance: float | None = None, rng: Any = None, order: int = 1
) -> CheckReport:
    """Compare the gradient of `f` at `inputs` with a numeric one, element by element.

    `f` takes as many Tensors as there are `inputs`, of those shapes, and returns one. The inputs are Tensors, arrays
    or lists of float64 numbers; they are copied. Choose them at least 0.01 away from kinks and ties. The difference
    of the two gradients may be `tolerance` times the gradient's largest entry, or times the result where that is
    larger: 1e-12 where every operation is analytic (`Operation.analytic`), which the complex step can check, and
    1e-9 elsewhere. `rng` is a NumPy generator or a seed for the random output gradient. With `order=2` the gradient's
    own gradient, also with respect to the output gradient, is checked in the same way.

    Returns a report that prints as a table. Raises `CheckError` naming the input, the element and both values where
    they disagree, or where `f` does not return the same result twice; `DtypeError` for inputs or results that are
    not of float64; `ArgumentError` where `f` returns anything but a Tensor; `GraphError` where its result depends on
    none of the inputs by way of operations that have derivatives.

    >>> import autograd_lite as ag
    >>> report = ag.gradcheck(lambda w, x: ag.sigmoid(w @ x), [[1.0, -2.0]], [0.5, 0.25], order=2)
    >>> report.passed, report.rows[0].method
    (True, 'complex step')
    """
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
            rows += _check(_slopes(f, len(points)), slope_points, tolerance, generator, 2)[0]
    report = CheckReport(tuple(rows))
    if not report.passed:
        wrong = report.worst
        of = "gradient" if wrong.order == 1 else "gradient's gradient"
        raise CheckError(
            f"gradcheck: the {of} with respect to {wrong.input} is wrong: at element {wrong.element} the rules give "
            f"{wrong.gradient!r}, the {wrong.method} {wrong.expected!r} (relative error {wrong.relative:.1e}, "
            f"tolerance {wrong.tolerance:.0e})\n{report}"
        )
    return report


def _point(position: int, value: Any) -> Tensor:
    """One input as a tensor with a name, checked to be one that numeric differentiation can vary."""
    called = f"input {position}"
    point = Tensor(value, name=getattr(value, "name", None) or called)
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


def _slopes(f: Callable[..., Tensor], count: int) -> Callable[..., Tensor]:
    """The gradient of `f` with respect to all its inputs, in one row, as a function of them and of the seed."""

    def slopes(*arguments: Tensor) -> Tensor:
        xs, seed = arguments[:count], arguments[count]
        found = reverse.grad(f(*xs), list(xs), gradient=seed, create_graph=True, allow_unused=True)
        return apply(joining.concatenate, tuple(g.reshape(-1) for g in found if g is not None), {"axis": 0})

    return slopes


def _call(
    f: Callable[..., Tensor], points: Sequence[Tensor], data: Sequence[Any], wanted: bool = True
) -> tuple[Tensor, list[Tensor]]:
    """`f` at `data`, and the tensors it was given: new ones each time, with the names and devices of `points`."""
    leaves = [
        Tensor(backend.namespace(point.data).asarray(values), requires_grad=wanted, name=point.name)
        for point, values in zip(points, data, strict=True)
    ]
    with enable_grad():
        output = f(*leaves)
    if type(output) is not Tensor:
        raise ArgumentError(
            f"gradcheck: f returned {type(output).__name__}, not a Tensor: return one, joined from several with "
            "ag.concatenate if need be"
        )
    return output, leaves


def _check(
    f: Callable[..., Tensor], points: Sequence[Tensor], tolerance: float | None, rng: numpy.random.Generator, order: int
) -> tuple[list[CheckRow], Any]:
    """The rows of one order, and the output gradient that was used, on the device of the output."""
    data = [point.numpy() for point in points]
    output, leaves = _call(f, points, data)
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
    gradients: list[Tensor | None] = [None] * len(leaves)  # the slopes of a linear function are constant
    start = backend.namespace(output.data).asarray(seed)
    if depends:
        gradients = reverse.grad(output, leaves, gradient=start, allow_unused=True)
    if not numpy.array_equal(_call(f, points, data)[0].numpy(), value, equal_nan=True):
        raise CheckError("gradcheck: f gives another result for the same inputs: fix its random numbers inside f")
    analytic = all(x.node is None or x.node.op.analytic for x in line)
    size = _largest(numpy.abs(seed * value).sum())
    rows = []
    for i, (point, found) in enumerate(zip(points, gradients, strict=True)):
        given = numpy.zeros(point.shape) if found is None else found.numpy()
        row = None
        if analytic:
            expected = _complex_step(f, points, data, i, seed)
            if expected is not None:
                row = _row(point, order, COMPLEX, given, *expected, size, tolerance)
        if row is None or not row.passed:
            # What an operation outside the graph does to complex numbers (sign, comparisons) is not for the
            # complex step to judge: the difference has the last word.
            second = _row(point, order, DIFFERENCE, given, *_difference(f, points, data, i, seed), size, tolerance)
            row = second if row is None or second.passed else row
        rows.append(row)
    return rows, start


def _largest(values: Any) -> float:
    """The largest finite magnitude among `values`, or 0."""
    magnitudes = numpy.abs(values)
    return float(numpy.max(magnitudes, initial=0.0, where=numpy.isfinite(magnitudes)))


def _row(
    point: Tensor, order: int, method: str, given: ndarray, expected: ndarray, terms: ndarray, size: float,
    tolerance: float | None,
) -> CheckRow:  # fmt: skip
    """The comparison of two gradients of one input; `terms` is the sum of the magnitudes that `expected` sums."""
    allowed = TOLERANCES[method] if tolerance is None else tolerance
    called = point.name or "input"
    if not given.size:
        return CheckRow(called, order, point.shape, method, (), 0.0, 0.0, 0.0, 0.0, allowed)
    same = (given == expected) | (numpy.isnan(given) & numpy.isnan(expected))
    with numpy.errstate(invalid="ignore"):
        errors = numpy.where(same, 0.0, numpy.abs(given - expected))
    errors = numpy.where(numpy.isnan(errors), numpy.inf, errors)
    worst = numpy.unravel_index(int(numpy.argmax(errors)), errors.shape)
    absolute = float(errors[worst])
    scale = max(_largest(terms), size)
    relative = absolute / scale if scale else absolute
    element = tuple(int(place) for place in worst)
    return CheckRow(
        called, order, point.shape, method, element, float(given[worst]), float(expected[worst]), absolute, relative,
        allowed,
    )  # fmt: skip


def _complex_step(
    f: Callable[..., Tensor], points: Sequence[Tensor], data: Sequence[ndarray], position: int, seed: ndarray
) -> tuple[ndarray, ndarray] | None:
    """The gradient at one input by complex step, and its terms' size; `None` where `f` takes no complex numbers."""
    step = 1e-20
    expected, terms = numpy.empty(data[position].shape), numpy.empty(data[position].shape)
    for element in numpy.ndindex(expected.shape):
        moved = [x.astype(complex) if i == position else x for i, x in enumerate(data)]
        moved[position][element] += step * 1j
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", numpy.exceptions.ComplexWarning)
                column = _call(f, points, moved, wanted=False)[0].numpy().imag / step
        except (AutogradError, TypeError, ValueError, numpy.exceptions.ComplexWarning):
            return None
        expected[element] = (seed * column).sum()
        terms[element] = numpy.abs(seed * column).sum()
    return expected, terms


def _difference(
    f: Callable[..., Tensor], points: Sequence[Tensor], data: Sequence[ndarray], position: int, seed: ndarray
) -> tuple[ndarray, ndarray]:
    """The gradient at one input by five-point differences, and its terms' size."""
    expected, terms = numpy.empty(data[position].shape), numpy.empty(data[position].shape)
    for element in numpy.ndindex(expected.shape):
        step = 7e-4 * max(1.0, abs(float(data[position][element])))

        def at(steps: int, element: tuple[int, ...] = element, step: float = step) -> ndarray:
            moved = [x.copy() if i == position else x for i, x in enumerate(data)]
            moved[position][element] += steps * step
            return _call(f, points, moved)[0].numpy()

        column = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
        expected[element] = (seed * column).sum()
        terms[element] = numpy.abs(seed * column).sum()
    return expected, terms
