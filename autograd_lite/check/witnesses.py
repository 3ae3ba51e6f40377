"""Further witnesses of a gradient: the pass repeated, float32, other orders of memory, another point.

Each asks the rules on the recorded graph one by one, under other circumstances than the check itself, and names the one
that does something else there. What is allowed is each element's own: so many times the noise that is seen there when
the operands move by their last bits. Must not know any operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy
from numpy import ndarray

from autograd_lite.check.locate import Recorded, fault_of, locate, record
from autograd_lite.check.numeric import EPSILON
from autograd_lite.check.recorded import Step
from autograd_lite.check.report import Fault, WitnessRow
from autograd_lite.check.subject import largest, run_at
from autograd_lite.engine import calculus
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import AutogradError

TWICE, SINGLE = "reverse pass twice, to the bit", "float32 against float64"
LAYOUTS, ELSEWHERE = "C, Fortran and strided memory", "difference at another point"
_SINGLE = float(numpy.finfo(numpy.float32).eps)


def _every_second(x: ndarray) -> ndarray:
    return numpy.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x.copy()


ORDERS: dict[str, Callable[[ndarray], ndarray]] = {
    "C order": lambda x: numpy.array(x, order="C"),
    "Fortran order": lambda x: numpy.array(x, order="F"),
    "strided memory": _every_second,
}


def asked(
    f: Callable[..., Any], points: Sequence[Tensor], data: Sequence[ndarray], recorded: Recorded,
    rng: numpy.random.Generator,
) -> tuple[list[WitnessRow], Fault | None]:  # fmt: skip
    """What every further witness says, and the rule that the first of them speaks against."""
    steps = list(_arriving(recorded))
    rows: list[WitnessRow] = []
    for name, witness in ((TWICE, _repeated), (SINGLE, _single), (LAYOUTS, _layouts)):
        row, fault = _asked_each(name, witness, steps, rng)
        rows.append(row)
        if fault is not None:
            return rows, fault
    other, fault = _elsewhere(f, points, data, rng)
    return [*rows, *([] if other is None else [other])], fault


def _arriving(recorded: Recorded) -> Iterator[tuple[Step, ndarray]]:
    """Every node with the gradient that arrives at it; the operands are copied before any rule can write into them."""
    steps = [Step(result) for result in recorded.steps]
    found = calculus.grad(recorded.output, recorded.steps, gradient=recorded.seed, allow_unused=True)
    for step, g in zip(steps, found, strict=True):
        if g is not None and step.out.dtype == numpy.float64 and step.out.size:
            yield step, g.numpy()


def _asked_each(
    name: str, witness: Callable[..., tuple[float, str]], steps: Sequence[tuple[Step, ndarray]],
    rng: numpy.random.Generator,
) -> tuple[WitnessRow, Fault | None]:  # fmt: skip
    """One witness on every rule: the worst that it says, and the fault where that is too much."""
    worst, of = 0.0, f"{len(steps)} nodes"
    for step, g in steps:
        if step.op.effect:
            continue
        for position in step.places:
            if not step.values[position].size:
                continue
            error, said = witness(step, position, g, rng)
            if error > 1:
                return WitnessRow(name, error, step.name), fault_of(step, position, said)
            if error > worst:
                worst, of = error, f"{len(steps)} nodes, {step.name} the most"
    return WitnessRow(name, worst, of), None


def _bits(arrays: Sequence[Any]) -> list[bytes]:
    return [x.tobytes() for x in arrays if isinstance(x, ndarray)]


def _repeated(step: Step, position: int, g: ndarray, rng: numpy.random.Generator) -> tuple[float, str]:
    """Whether a rule gives the same bits twice and leaves its operands alone."""
    out, values = step.out.copy("K"), [x.copy("K") if isinstance(x, ndarray) else x for x in step.values]
    before = _bits([g, out, *values])
    given = g.copy("K")
    first = step.pull(position, given, out, values).copy()
    if _bits([given, out, *values]) != before:
        return numpy.inf, "writes into an operand, the result, or the gradient that it was given"
    again = step.pull(position, given, out, values)
    if first.tobytes() != again.tobytes():
        return numpy.inf, "gives another gradient when it is called again with the same operands"
    return 0.0, ""


def _noise(
    step: Step, position: int, g: ndarray, values: Sequence[Any], handed: ndarray, relative: float, draws: int,
    rng: numpy.random.Generator,
) -> ndarray:  # fmt: skip
    """How far a rule's gradient moves when its operands move by so much."""
    noise = numpy.zeros(handed.shape)
    for _ in range(draws):
        moved = [
            x + relative * rng.standard_normal(x.shape) * numpy.abs(x)
            if isinstance(x, ndarray) and x.dtype.kind == "f"
            else x
            for x in values
        ]
        seed = g * (1 + relative * rng.standard_normal(g.shape))
        out = step.forward(moved)
        if step.op.analytic:  # others may compare the result with the operands, as max does
            out = out * (1 + relative * rng.standard_normal(out.shape))
        off = numpy.abs(step.pull(position, seed, out, moved) - handed)
        noise = numpy.maximum(noise, numpy.nan_to_num(off, nan=numpy.inf))
    return noise


def _worst(one: ndarray, other: ndarray, allowed: ndarray) -> tuple[float, tuple[int, ...]]:
    """The largest difference over what is allowed, and its element."""
    with numpy.errstate(all="ignore"):
        error = numpy.where(one == other, 0.0, numpy.abs(one - other) / allowed)
    error = numpy.where(numpy.isfinite(one) != numpy.isfinite(other), numpy.inf, numpy.nan_to_num(error, nan=0.0))
    at = numpy.unravel_index(int(numpy.argmax(error)), error.shape)
    return float(error[at]), tuple(int(i) for i in at)


def _single(step: Step, position: int, g: ndarray, rng: numpy.random.Generator) -> tuple[float, str]:
    """A rule on float32 numbers against the same numbers in float64."""

    def cast(x: Any, kind: Any) -> Any:
        return x.astype(kind) if isinstance(x, ndarray) and x.dtype.kind == "f" else x

    small = [cast(x, numpy.float32) for x in step.values]
    large = [cast(x, numpy.float64) for x in small]
    try:
        out = step.forward(small)
        exact = step.forward(large)
        seed = g.astype(numpy.float32)
        handed = step.pull(position, seed.astype(out.dtype), out, small).astype(float)
        wide = seed.astype(float)
        wanted = step.pull(position, wide, exact, large)
        noise = _noise(step, position, wide, large, wanted, _SINGLE, 6, rng)
    except (AutogradError, TypeError, ValueError, numpy.linalg.LinAlgError) as error:
        return 0.0, f"does not take float32: {error}"
    # Numbers beyond the range of float32 say nothing of the rule.
    fine = numpy.isfinite(wanted) & (numpy.abs(wanted) < 1e37)
    fine &= bool(all(numpy.isfinite(x).all() for x in (out, seed, *small) if isinstance(x, ndarray)))
    scale = numpy.abs(wanted) + 1e-30 * (1 + float(numpy.abs(wide).max(initial=0.0)))
    allowed = 1e-4 * scale + 32 * noise
    if not step.op.spreads:  # a sum of many is rounded like the largest of them
        allowed = allowed + 64 * _SINGLE * (largest(wanted) + largest(wide))
    worst, at = _worst(numpy.where(fine, handed, 0.0), numpy.where(fine, wanted, 0.0), allowed)
    got, right = float(handed[at]), float(wanted[at])
    return worst, f"is wrong in float32: at element {at} it gives {got!r}, in float64 {right!r}"


def _layouts(step: Step, position: int, g: ndarray, rng: numpy.random.Generator) -> tuple[float, str]:
    """A rule on the same numbers in other orders of memory."""
    wanted = step.pull(position, g, step.out, step.values)
    allowed = 1e-9 * numpy.abs(wanted) + 1e-300
    allowed = allowed + 64 * _noise(step, position, g, step.values, wanted, EPSILON, 3, rng)
    if not step.op.spreads:
        allowed = allowed + 64 * EPSILON * (largest(wanted) + largest(g))
    worst, said = 0.0, ""
    for name, order in ORDERS.items():
        values = [order(x) if isinstance(x, ndarray) else x for x in step.values]
        handed = step.pull(position, order(g), order(step.out), values)
        off, at = _worst(handed, wanted, allowed)
        if off > worst:
            worst = off
            said = f"is wrong for {name}: at element {at} it gives {float(handed[at])!r}, not {float(wanted[at])!r}"
    return worst, said


def _elsewhere(
    f: Callable[..., Any], points: Sequence[Tensor], data: Sequence[ndarray], rng: numpy.random.Generator
) -> tuple[WitnessRow | None, Fault | None]:
    """The gradient at another point against a difference along one direction: a rule may remember the first.

    Only a rule that is wrong there by itself speaks against the function: the point may lie at a kink.
    """
    moved = [x * (1 + 0.01 * rng.uniform(0.5, 1.0, x.shape)) for x in data]
    length = 7e-4 / max(1.0, sum(x.size for x in data)) ** 0.5
    way = [length * numpy.maximum(1.0, numpy.abs(x)) * rng.uniform(0.5, 1.0, x.shape) for x in moved]

    def at(steps: float) -> ndarray:
        return run_at(f, points, [x + steps * h for x, h in zip(moved, way, strict=True)])[0].numpy()

    worst = numpy.inf
    try:
        output, leaves = run_at(f, points, moved)
        value = output.numpy()
        seed = rng.uniform(0.5, 1.5, value.shape) * rng.choice([-1.0, 1.0], value.shape)
        found = calculus.grad(output, leaves, gradient=seed, allow_unused=True)
        terms = [g.numpy() * h for g, h in zip(found, way, strict=True) if g is not None]
        given = sum(float(each.sum()) for each in terms)
        for by in (1.0, 0.1, 0.01):  # the smaller ones keep clear of kinks
            slope = seed * (8 * (at(by) - at(-by)) - (at(2 * by) - at(-2 * by))) / (12 * by)
            wanted = float(slope.sum())
            size = sum(float(numpy.abs(each).sum()) for each in terms) + float(numpy.abs(slope).sum())
            allowed = 1e-6 * size + 64 * EPSILON / by * float(numpy.abs(seed * value).sum())
            if not numpy.isfinite(given) or not numpy.isfinite(wanted) or not allowed:
                return None, None
            worst = min(worst, abs(given - wanted) / allowed)
            if worst <= 1:
                return WitnessRow(ELSEWHERE, worst, "one direction"), None
    except AutogradError:
        return None, None  # f is not defined there
    fault = locate(record(f, points, moved, seed), rng).fault
    return (None, None) if fault is None else (WitnessRow(ELSEWHERE, worst, fault.operation), fault)
