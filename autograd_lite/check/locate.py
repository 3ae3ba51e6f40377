"""Which rule is wrong: the recorded graph is walked from the outputs backward, and each node's rule judged by itself.

A rule is given the gradient that arrives at its node, and what it hands back is compared with numeric derivatives of
that node's own forward. The rules nearer to the outputs have been found right by then, so the first that is wrong is
named and none of its neighbours. Where all are right, the engine's sums of what they hand on are compared with sums
made here, and values that left the graph are looked for. Must not know any operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
from numpy import ndarray

from autograd_lite.check.compare import apart, nearer, rows_of
from autograd_lite.check.kinks import kink_of, sides
from autograd_lite.check.numeric import DIFFERENCE, TOLERANCES, Expected, Numeric
from autograd_lite.check.recorded import Step
from autograd_lite.check.report import Fault, Kink
from autograd_lite.check.subject import copied, run_at, slopes_of, spread
from autograd_lite.debug import lines
from autograd_lite.engine import calculus
from autograd_lite.engine.graph import ancestors
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import AutogradError


@dataclass
class Recorded:
    """One call of the function with the line of each node, and the gradient that arrives at every node."""

    output: Tensor
    leaves: list[Tensor]
    seed: ndarray
    steps: list[Tensor] = field(default_factory=list)  # the results that the output depends on, last first


def record(f: Callable[..., Any], points: Sequence[Tensor], data: Sequence[ndarray], seed: ndarray) -> Recorded:
    """`f` at `data`, recorded with lines."""
    with lines():
        output, leaves = run_at(f, points, [copied(x) for x in data])
    steps = [x for x in reversed(ancestors(output)) if x.node is not None and x.requires_grad]
    return Recorded(output, leaves, seed, steps)


@dataclass
class Found:
    """What came of the walk: the rule at fault, or the kinks on the way."""

    fault: Fault | None = None
    kinks: list[Kink] = field(default_factory=list)


def locate(recorded: Recorded, rng: numpy.random.Generator) -> Found:
    """Judge every rule on the graph, from the output backward, then the sums of what they hand on."""
    found = Found()
    gradients: dict[int, ndarray] = {id(recorded.output): recorded.seed}
    sizes: dict[int, ndarray] = {id(recorded.output): numpy.abs(recorded.seed)}
    for result in recorded.steps:
        g = gradients.get(id(result))
        if g is None or result.node is None:
            continue
        step = Step(result)
        for position in step.places:
            try:
                handed = step.pull(position, g, step.out, step.values)
            except Exception as error:  # noqa: BLE001 - whatever a user's rule may raise
                found.fault = fault_of(step, position, f"raises {type(error).__name__}: {error}")
                return found
            try:
                found.fault = _judged(step, position, g, rng, found.kinks)
            except AutogradError:
                found.fault = None  # the operation is not defined around the operands, so nothing can be said of it
            if found.fault is not None:
                return found
            x = result.node.inputs[position]
            gradients[id(x)] = gradients[id(x)] + handed if id(x) in gradients else handed
            size = numpy.abs(handed)
            sizes[id(x)] = sizes[id(x)] + size if id(x) in sizes else size
    found.fault = _sums(recorded, gradients, sizes)
    return found


def fault_of(step: Step, position: int, said: str, **more: Any) -> Fault:
    """The fault of one rule, in words."""
    argument = step.argument(position)
    said = f"the rule of {step.name} for its argument {argument} (position {position}) {said}"
    return Fault(step.name, argument, position, said, step.place, step.rule_place(position), **more)


def _judged(step: Step, position: int, g: ndarray, rng: numpy.random.Generator, kinks: list[Kink]) -> Fault | None:
    """The fault of one rule, or none; kinks are put down."""
    if step.op.effect or not step.values[position].size or not step.out.size:
        return None
    points = [Tensor(copied(step.values[i]), copy=False) for i in step.places]
    data = [copied(step.values[i]) for i in step.places]
    place = step.places.index(position)
    numeric = Numeric(step.on_tensors, points, data, step.out, step.op.analytic, rng)
    seeds = [g, rng.uniform(0.5, 1.5, step.out.shape) * rng.choice([-1.0, 1.0], step.out.shape)]
    nearby = []
    for near in numeric.nearby:
        values = list(step.values)
        for i, x in zip(step.places, near, strict=True):
            values[i] = x
        nearby.append((values, step.forward(values)))
    given = []
    for seed in seeds:
        handed = step.pull(position, seed, step.out, step.values)
        given.append((handed, spread(handed, [step.pull(position, seed, out, values) for values, out in nearby])))
    bad = numpy.ones(data[place].shape, bool)
    expected = numeric.by_complex_step(place, seeds) if numeric.analytic else None
    if expected is not None:
        bad = _beyond(expected, given)
    tried: list[Expected] = []
    best: Expected | None = None
    for shrink in (1.0, 0.1, 0.01, 0.001):
        if not bad.any():
            return None
        tried.append(numeric.by_difference(place, seeds, shrink))
        best = tried[-1] if best is None else nearer(best, tried[-1], given)
        wrong = bad & _beyond(best, given)
        if shrink != 1.0 and not step.op.analytic:
            _put_down(step, position, numeric, place, bad & ~wrong, given[0][0], seeds[0], kinks)
        bad = wrong
    # Where small steps do not even agree with each other, the function has kinks everywhere, and nothing is said.
    rough = bad & _unlike(*tried[-2:])
    _put_down(step, position, numeric, place, rough, given[0][0], seeds[0], kinks)
    bad = bad & ~rough
    return _at_kinks(step, position, numeric, place, bad, given, seeds, kinks)


def _unlike(one: Expected, other: Expected) -> ndarray:
    """Where two numeric gradients are further from each other than both may be from the truth."""
    unlike = numpy.zeros(one.values[0].shape, bool)
    for a, b, size, size2 in zip(one.values, other.values, one.scales, other.scales, strict=True):
        allowed = 0.01 * (numpy.abs(a) + numpy.abs(b)) + TOLERANCES[DIFFERENCE] * (size + size2)
        unlike |= numpy.abs(a - b) > allowed
    return unlike


def _beyond(expected: Expected, given: Sequence[tuple[ndarray, ndarray]]) -> ndarray:
    """Where the gradient under any seed is further from the numeric one than is allowed."""
    compared = [relative > TOLERANCES[expected.method] for _, relative in apart(expected, given)]
    beyond: ndarray = numpy.logical_or.reduce(compared)
    return beyond


def _put_down(
    step: Step, position: int, numeric: Numeric, place: int, where: ndarray, given: ndarray, seed: ndarray,
    kinks: list[Kink],
) -> None:  # fmt: skip
    """Elements where only a smaller step agrees lie near a kink, if the slopes on both sides of the larger differ."""
    for element in map(tuple, numpy.argwhere(where)[:1].tolist()):
        left, right = sides(numeric, place, element)
        kinks.append(kink_of(step, position, element, float(given[element]), (seed * left, seed * right), near=True))


def _at_kinks(
    step: Step, position: int, numeric: Numeric, place: int, bad: ndarray, given: Sequence[tuple[ndarray, ndarray]],
    seeds: Sequence[ndarray], kinks: list[Kink],
) -> Fault | None:  # fmt: skip
    """A fault at the first element that is wrong and at no kink; the kinks among the others are put down."""
    first = True
    for element in map(tuple, numpy.argwhere(bad).tolist()):
        left, right = sides(numeric, place, element)
        if not all(
            _between(float(handed[element]), seed * left, seed * right)
            for (handed, _), seed in zip(given, seeds, strict=True)
        ):
            return _wrong(step, position, numeric, place, bad, given, seeds)
        if first:
            kinks.append(
                kink_of(step, position, element, float(given[0][0][element]), (seeds[0] * left, seeds[0] * right))
            )
            first = False
    return None


def _between(given: float, left: ndarray, right: ndarray) -> bool:
    """Whether a gradient lies between the slopes on both sides, which differ, or one of which does not exist."""
    if numpy.isnan(left).any() or numpy.isnan(right).any():
        return True
    low, high = float(numpy.minimum(left, right).sum()), float(numpy.maximum(left, right).sum())
    slack = 1e-5 * float((numpy.abs(left) + numpy.abs(right)).sum())
    return high - low > 2 * slack and low - slack <= given <= high + slack


def _wrong(
    step: Step, position: int, numeric: Numeric, place: int, bad: ndarray, given: Sequence[tuple[ndarray, ndarray]],
    seeds: Sequence[ndarray],
) -> Fault:  # fmt: skip
    """The fault of a rule that disagrees with numeric derivatives, at its worst element."""
    expected = numeric.by_difference(place, seeds)
    worst: tuple[float, int, tuple[int, ...]] = (-1.0, 0, ())
    for k, (errors, relative) in enumerate(apart(expected, given)):
        candidates = numpy.where(bad, numpy.nan_to_num(relative, nan=numpy.inf, posinf=1e300), -1.0)
        at = numpy.unravel_index(int(numpy.argmax(candidates)), errors.shape)
        worst = max(worst, (float(candidates[at]), k, tuple(int(i) for i in at)))
    _, k, element = worst
    got, wanted = float(given[k][0][element]), float(expected.values[k][element])
    said = f"is wrong: at element {element} it gives {got!r}, the {expected.method} {wanted!r}"
    if not step.has_rule(position):
        said = f"is missing: it is declared to have none, and at element {element} the derivative is {wanted!r}"
    jacobians = _jacobians(step, position, numeric, place)
    return fault_of(step, position, said, element=element, gradient=got, expected=wanted, **jacobians)


def _jacobians(step: Step, position: int, numeric: Numeric, place: int) -> dict[str, Any]:
    """The local Jacobian as the rule has it and as it is: a row for each element of the result."""
    size, count = step.values[position].size, step.out.size
    if size * count > 2500:
        return {}
    units = numpy.eye(count).reshape(count, *step.out.shape)
    rows = [step.pull(position, unit, step.out, step.values).reshape(-1) for unit in units]
    true = [numeric.by_difference(place, [unit]).values[0].reshape(-1) for unit in units[: min(count, 12)]]
    return {
        "given_jacobian": tuple(tuple(row.tolist()) for row in rows[:12]),
        "expected_jacobian": tuple(tuple(row.tolist()) for row in true),
    }


def _sums(recorded: Recorded, gradients: dict[int, ndarray], sizes: dict[int, ndarray]) -> Fault | None:
    """Where the engine's gradient of a tensor is not the sum of what right rules hand to it."""
    inner = [x for x in recorded.steps if id(x) in gradients]
    leaves = [x for x in recorded.leaves if id(x) in gradients]
    targets = [*inner, *leaves]
    if not targets:
        return None
    found = calculus.grad(recorded.output, targets, gradient=recorded.seed, allow_unused=True)
    for x, g in zip(targets, found, strict=True):
        own, size = gradients[id(x)], sizes[id(x)]
        theirs = numpy.zeros(own.shape) if g is None else g.numpy()
        with numpy.errstate(all="ignore"):
            off = numpy.abs(theirs - own) > 1e-9 * size
        if not off.any():
            continue
        users = [(Step(y), i) for y in recorded.steps for i in _positions(y, x)]
        step, position = next((each for each in users if each[0].out.shape != x.shape), users[0])
        at = tuple(int(i) for i in numpy.argwhere(off)[0])
        names = ", ".join(dict.fromkeys(f"{each.name} (argument {each.argument(i)})" for each, i in users))
        said = (
            f"the gradient of what {step.name} takes as its argument {step.argument(position)} is wrong, although "
            f"every rule is right: what {names} hand to it comes to {float(own[at])!r} at element {at}, the reverse "
            f"pass has {float(theirs[at])!r}: it is summed over broadcast axes, or added up, wrongly"
        )
        return Fault(
            step.name, step.argument(position), position, said, step.place, "", at, float(theirs[at]), float(own[at])
        )
    return None


def _positions(result: Tensor, x: Tensor) -> list[int]:
    return [] if result.node is None else [i for i, each in enumerate(result.node.inputs) if each is x]


def lost(
    f: Callable[..., Any], points: Sequence[Tensor], data: Sequence[ndarray], rng: numpy.random.Generator
) -> Fault | None:
    """A value that depends on the inputs and is no part of the graph: what `detach`, `numpy()` and the like leave."""
    moved = [x + 0.01 * rng.uniform(0.5, 1.0, x.shape) * numpy.maximum(0.1, numpy.abs(x)) for x in data]
    try:
        pair = [record(f, points, each, numpy.zeros(())) for each in (data, moved)]
    except AutogradError:
        return None
    here, there = [_constants(each) for each in pair]
    if len(here) != len(there):
        return None
    for (step, position, one), (_, _, other) in zip(here, there, strict=True):
        if one.shape == other.shape and one.dtype.kind == "f" and not numpy.array_equal(one, other, equal_nan=True):
            argument = step.argument(position)
            said = (
                f"no rule is wrong: the argument {argument} (position {position}) of {step.name} changes with the "
                "inputs and is cut from the graph, as detach(), numpy(), item(), no_grad() or a new tensor of old "
                "values do"
            )
            return Fault(step.name, argument, position, said, step.place, "")
    return None


def _constants(recorded: Recorded) -> list[tuple[Step, int, ndarray]]:
    """Every operand on the graph that is no input of it, from the outputs backward."""
    found = []
    for result in recorded.steps:
        step = Step(result)
        for i, x in enumerate(result.node.inputs if result.node is not None else ()):
            is_input = type(x) is Tensor and (x.requires_grad or any(x is leaf for leaf in recorded.leaves))
            if not is_input and isinstance(step.values[i], ndarray | float):
                found.append((step, i, numpy.asarray(step.values[i])))
    return found


def second(recorded: Recorded, rng: numpy.random.Generator) -> Fault | None:
    """The rule whose own derivative is wrong, by the check of order 2 of each node as a function of its own."""
    for result in recorded.steps:
        step = Step(result)
        if step.op.effect or not step.places:
            continue
        points = [Tensor(copied(step.values[i]), copy=False) for i in step.places]
        seed = rng.uniform(0.5, 1.5, step.out.shape) * rng.choice([-1.0, 1.0], step.out.shape)
        try:
            rows = rows_of(slopes_of(step.on_tensors, len(points)), [*points, Tensor(seed)], None, rng, 2)[0]
        except AutogradError:
            continue
        for row in rows:
            if not row.passed and row.position < len(points):
                position = step.places[row.position]
                said = (
                    f"is right but cannot be differentiated: its own derivative at element {row.element} comes out as "
                    f"{row.gradient!r}, the {row.method} {row.expected!r}: write it in operations of xp alone"
                )
                return fault_of(step, position, said, element=row.element, gradient=row.gradient, expected=row.expected)
    return None
