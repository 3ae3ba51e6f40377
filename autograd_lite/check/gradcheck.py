r"""Gradient checks a user can call: what the rules say against what the function does, and which rule is at fault.

A random output gradient, different in every element, makes a vector-Jacobian product of the function. It is compared,
element by element, with numeric derivatives (`numeric`); further witnesses are asked (`witnesses`); where they
disagree, the graph is searched for the rule that is wrong (`locate`). Must not know any operation, nor how the pass is
done.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy
from numpy import ndarray

from autograd_lite.check import kinks, witnesses
from autograd_lite.check.compare import rows_of
from autograd_lite.check.curve import Curve
from autograd_lite.check.locate import Found, Recorded, locate, lost, record, second
from autograd_lite.check.numeric import Numeric
from autograd_lite.check.recorded import Step
from autograd_lite.check.report import CheckReport, CheckRow, Fault, Kink, slip
from autograd_lite.check.subject import copied, point_of, run_at, same_recorded, slopes_of
from autograd_lite.engine import calculus
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, CheckError


def gradcheck(
    f: Callable[..., Any], *inputs: Any, tolerance: float | None = None, rng: Any = None, order: int = 1
) -> CheckReport:
    """Compare the gradient of `f` at `inputs` with a numeric one, element by element; name the rule that is wrong.

    `f` takes as many Tensors as there are `inputs`, of those shapes, and returns one, or a tuple or list of several.
    The inputs are Tensors, arrays or lists of float64 numbers; they are copied, in the memory order they have. At each
    element the two gradients may differ by `tolerance` times the magnitudes that add up to the gradient there: 1e-12
    where every operation is analytic (`Operation.analytic`), which the complex step can check, and 1e-9 elsewhere;
    beyond that only by the noise that is seen there when the inputs move by their last bits. Parts of the result that
    are small beside others are checked once more, scaled up to them. `rng` is a NumPy generator or a seed for the
    random output gradient; the same one is used where none is given. With `order=2` the gradient's own gradient, also
    with respect to the output gradient, is checked in the same way.

    Then each rule on the graph is called twice, which must agree to the bit, with float32 numbers, and with operands in
    other orders of memory, and the gradient at a second point is held against a difference. Kinks and ties are reported
    as `kinks`; an element near one where only the difference is at fault does not fail. Where something is wrong, the
    rules are tried one by one on the recorded graph, from the outputs backward.

    Returns a report that prints as a table; in a notebook it draws the error over the step size. Raises `CheckError`
    naming the input, its position, the element and both values where they disagree, and below that the operation, the
    argument and the line of your code whose rule is wrong, with its local Jacobian expected and got (also in its
    `report.fault`), or where `f` does not return the same result twice; `DtypeError` for inputs or results
    that are not of float64; `ArgumentError` where `f` returns anything but Tensors; `GraphError` where its result
    depends on none of the inputs by way of operations that have derivatives.

    >>> import autograd_lite as ag
    >>> report = ag.gradcheck(lambda w, x: ag.sigmoid(w @ x), [[1.0, -2.0]], [0.5, 0.25], order=2)
    >>> report.passed, report.rows[0].method
    (True, 'complex step')
    """
    if not callable(f):
        raise ArgumentError(
            f"gradcheck() takes a function and then its inputs, not {type(f).__name__}: gradcheck(lambda x: ..., x)"
        )
    seed = 0 if rng is None else rng
    try:
        report = report_of(f, inputs, tolerance, seed, order)
    except Exception as error:
        fault = _raised(f, inputs, error)
        if fault is None:
            raise
        raise _failed(f"gradcheck: {fault}", CheckReport((), fault=fault)) from error
    with warnings.catch_warnings(), numpy.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        report = _examined(f, report, inputs)
    if not report.passed:
        wrong = [row for row in report.rows if not row.passed]
        said = slip(report.worst) if wrong else report.fault.said.splitlines()[0] if report.fault is not None else ""
        raise _failed(f"gradcheck: {said}\n{report}", report)
    return report


def _failed(message: str, report: CheckReport) -> CheckError:
    error = CheckError(message)
    error.report = report
    return error


def report_of(
    f: Callable[..., Any], inputs: Sequence[Any], tolerance: float | None, rng: Any, order: int
) -> CheckReport:
    """The rows that `gradcheck` reports, passed or not, without further witnesses."""
    if order not in (1, 2):
        raise ArgumentError(f"gradcheck: order is {order!r}, but only gradients of order 1 and 2 can be checked")
    if not inputs:
        raise ArgumentError("gradcheck: there is no input to differentiate by: gradcheck(f, x, ...)")
    generator = numpy.random.default_rng(rng)
    points = [point_of(i, value) for i, value in enumerate(inputs)]
    rows, start = rows_of(f, points, tolerance, generator, 1)
    if order == 2:
        slope_points = [*points, Tensor(start, name="output gradient")]
        if any(point.size for point in slope_points):
            same_recorded(f, points, start)
            rows += rows_of(slopes_of(f, len(points)), slope_points, tolerance, generator, 2)[0]
    return CheckReport(tuple(rows))


def _data(points: Sequence[Tensor]) -> list[ndarray]:
    return [copied(point.data) if isinstance(point.data, ndarray) else point.numpy() for point in points]


def _seeded(output: Tensor, rng: numpy.random.Generator) -> ndarray:
    seed: ndarray = rng.uniform(0.5, 1.5, output.shape) * rng.choice([-1.0, 1.0], output.shape)
    return seed


def _recorded(f: Callable[..., Any], points: Sequence[Tensor], rng: numpy.random.Generator) -> Recorded:
    """The graph at the points, with lines, for an output gradient of its own."""
    data = _data(points)
    found = record(f, points, data, numpy.zeros(()))
    found.seed = _seeded(found.output, rng)
    return found


def _raised(f: Callable[..., Any], inputs: Sequence[Any], error: Exception) -> Fault | None:
    """The rule that raised in the reverse pass, where it was one."""
    if not any("in the derivative rule of" in note for note in getattr(error, "__notes__", ())):
        return None
    rng = numpy.random.default_rng(0)
    points = [point_of(i, value) for i, value in enumerate(inputs)]
    with numpy.errstate(all="ignore"):
        return locate(_recorded(f, points, rng), rng).fault


def _examined(f: Callable[..., Any], report: CheckReport, inputs: Sequence[Any]) -> CheckReport:
    """The report with what further witnesses say, with kinks, and with the rule at fault where there is one."""
    rng = numpy.random.default_rng(0)
    points = [point_of(i, value) for i, value in enumerate(inputs)]
    if any(type(point.data) is not ndarray for point in points):
        return report  # the rules are the same text in every world, and are examined in NumPy's
    data = _data(points)
    drawing = _drawing(f, points, data, report.worst)
    recorded = _recorded(f, points, rng)
    wrong = [row for row in report.rows if not row.passed]
    if wrong:
        found = _searched(f, points, data, recorded, wrong, rng)
        if found.fault is None:
            found.kinks += [kink for kink in _bends(recorded, rng) if kink not in found.kinks]
        at_kink = bool(found.kinks) and found.fault is None
        rows = tuple(replace(row, kink=at_kink) for row in report.rows)
        return replace(report, rows=rows, kinks=tuple(found.kinks), fault=found.fault, drawing=drawing)
    if not recorded.output.requires_grad:
        return report
    asked, fault = witnesses.asked(f, points, data, recorded, rng)
    return replace(report, witnesses=tuple(asked), kinks=tuple(_bends(recorded, rng)), fault=fault, drawing=drawing)


def _searched(
    f: Callable[..., Any], points: Sequence[Tensor], data: Sequence[ndarray], recorded: Recorded,
    wrong: Sequence[CheckRow], rng: numpy.random.Generator,
) -> Found:  # fmt: skip
    """What is behind rows that are wrong."""
    found = locate(recorded, rng)
    if found.fault is None:
        found.fault = lost(f, points, data, rng)
    if found.fault is None and all(row.order == 2 for row in wrong):
        found.fault = second(recorded, rng)
    return found


def _bends(recorded: Recorded, rng: numpy.random.Generator) -> list[Kink]:
    """The kinks and ties on the graph."""
    bent = [x for x in recorded.steps if x.node is not None and not x.node.op.analytic]
    if not bent:
        return []
    found = calculus.grad(recorded.output, bent, gradient=recorded.seed, allow_unused=True)
    pairs = [(Step(x), g.numpy()) for x, g in zip(bent, found, strict=True) if g is not None]
    return [kink for step, g in pairs for kink in kinks.found_in(step, g, rng)]


def _drawing(
    f: Callable[..., Any], points: Sequence[Tensor], data: Sequence[ndarray], worst: CheckRow
) -> Callable[[], Curve] | None:
    """The error over the step size at the worst element of order 1, to be computed when it is looked at."""
    if worst.order != 1 or not data[worst.position].size:
        return None

    def drawn() -> Curve:
        rng = numpy.random.default_rng(0)
        with warnings.catch_warnings(), numpy.errstate(all="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)
            output, leaves = run_at(f, points, [copied(x) for x in data])
            seed = _seeded(output, rng)
            g = calculus.grad(output, leaves, gradient=seed, allow_unused=True)[worst.position]
            given = 0.0 if g is None else float(g.numpy()[worst.element])
            numeric = Numeric(f, points, list(data), output.numpy(), True, rng)
            return _curve(numeric, worst, seed, given)

    return drawn


def _curve(numeric: Numeric, worst: CheckRow, seed: ndarray, given: float) -> Curve:
    """The errors of a gradient against differences of many steps."""
    place, element = worst.position, worst.element

    def off(value: float) -> float:
        return abs(value - given) / max(abs(value), abs(given), 1e-300)

    steps = tuple(10.0 ** (-k / 2) for k in range(2, 25))
    at = max(1.0, abs(float(numeric.data[place][element])))
    three = []
    five = []
    for h in steps:
        there, back = (numeric.moved(place, element, sign * h * at) for sign in (1, -1))
        three.append(off(float((seed * (there - back)).sum()) / (2 * h * at)))
        five.append(off(float((seed * numeric.difference(place, element, h)[0]).sum())))
    exact = numeric.by_complex_step(place, [seed]) if worst.method.startswith("complex") else None
    return Curve(
        f"the gradient by {worst.input}{list(element)}", steps, tuple(three), tuple(five),
        None if exact is None else off(float(exact.values[0][element])),
    )  # fmt: skip
