"""Random programs run eagerly, against the naive reference: values, first and second gradients, graphs run again.

Knows what must hold of a graph and its gradients. Must not know the compiler.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import autograd_lite as ag
from tests.fuzz.expressions import Writer, a_shape, an_array, laid_out, literal, smaller
from tests.fuzz.programs import NAME, Case, Line
from tests.fuzz.reference import Reading, check_gradients, check_values, differences, far

TEMPLATE = """
import numpy as np
import autograd_lite as ag
from tests.fuzz.eager import check

<leaves>
PROGRAM = '''
<body>
'''
check(PROGRAM, {name: value for name, value in globals().items() if isinstance(value, ag.Tensor)})
"""


def generate(seed: int) -> Case:
    """A program of some lines on one to four leaves."""
    rng = random.Random(f"eager {seed}")  # noqa: S311
    writer = Writer(rng)
    leaves = []
    low = rng.random() < 0.3  # floats narrower than float64 among the leaves
    shape = a_shape(rng)
    for i in range(rng.randrange(1, 4)):
        dtype = rng.choice(["float32", "float16", "float64"] if low else ["float64"])
        if rng.random() < 0.6:
            shape = a_shape(rng)
        leaves.append(_leaf(rng, writer, f"x{i}", shape, dtype))
    if rng.random() < 0.3:
        leaves.append(_leaf(rng, writer, "i0", rng.choice([(), (2,), (3,), (2, 2)]), "int64"))
    body = [line for _ in range(rng.randrange(2, 12)) if (line := writer.line()) is not None]
    if rng.random() < 0.6:
        body += _joined(rng, writer, body)
    return Case("eager", seed, TEMPLATE, {"leaves": tuple(leaves), "body": tuple(body)})


def _joined(rng: random.Random, writer: Writer, body: list[Line]) -> list[Line]:
    """A last line in which all come together that no line has used, each with weights of its own."""
    used = {name for line in body for name in NAME.findall(line.text.partition(" = ")[2])}
    loose = [name for name in writer.floats() if name.startswith("t") and name not in used]
    weights = (literal(an_array(rng, np.shape(writer.values[name]))) for name in loose)
    terms = [f"({name} * {array}).sum()" for name, array in zip(loose, weights, strict=True)]
    return [Line(f"t{writer.count} = {' + '.join(terms)}")] if len(terms) > 1 else []


def _leaf(rng: random.Random, writer: Writer, name: str, shape: tuple[int, ...], dtype: str) -> Line:
    array = an_array(rng, shape, dtype)
    if dtype == "int64":
        array = np.abs(array) % 2
    writer.add(name, array)
    wants = dtype.startswith("float") and rng.random() < 0.85
    text = laid_out(rng, literal(array), array.ndim)
    if text != literal(array):
        writer.add(name, eval(text, {"np": np}))  # noqa: S307
    make = rng.choice(["ag.tensor", "ag.asarray"])
    return Line(
        f"{name} = {make}({text}, requires_grad={wants})",
        tuple(f"{name} = ag.tensor({each}, requires_grad={wants})" for each in (*smaller(dtype), literal(array))),
    )


def check(text: str, leaves: dict[str, ag.Tensor]) -> None:
    """Everything that must hold of a program and its graph; an AssertionError says what does not."""
    reading = Reading(text)
    before = {name: leaf.numpy().tobytes() for name, leaf in leaves.items()}
    made: dict[str, Any] = {}
    try:
        exec(text, {"ag": ag, "np": np, **leaves}, made)  # noqa: S102
    except ag.ArgumentError as error:
        if "is not an operation on tensors" in str(error):
            return  # a function of NumPy's that the library does not have: refused
        raise
    made = {name: ag.asarray(value) for name, value in made.items()}
    check_values(reading, {**leaves, **made})
    wanted = {name: leaf for name, leaf in leaves.items() if leaf.requires_grad}
    out = next((name for name in reversed(made) if made[name].requires_grad), None)
    if out is not None and wanted:
        _check_graph(reading, leaves, wanted, out, made)
    for name, leaf in leaves.items():
        assert leaf.numpy().tobytes() == before[name], f"a leaf was changed: {name}"


def _check_graph(
    reading: Reading, leaves: dict[str, ag.Tensor], wanted: dict[str, ag.Tensor], out: str, made: dict[str, ag.Tensor]
) -> None:
    result = made[out]
    seed = an_array(random.Random(1), result.shape).astype(result.dtype)  # noqa: S311
    result.backward(seed)
    first = {name: leaf.grad for name, leaf in wanted.items() if leaf.grad is not None}
    for name, gradient in first.items():
        leaf = leaves[name]
        assert type(gradient) is np.ndarray, f"type of a gradient: of {name} is {type(gradient)}"
        assert gradient.shape == leaf.shape and gradient.dtype == leaf.dtype, f"form of a gradient: of {name}"
    _check_memory(first, leaves, seed)
    _check_again(result, seed, wanted, first)
    double = all(np.asarray(v.data).dtype in (np.float64, np.int64, bool) for v in (*leaves.values(), *made.values()))
    if double and not reading.narrow:
        check_gradients(reading, leaves, out, seed, first)
        _check_second(reading, leaves, wanted, out, seed, first)


def _check_memory(first: dict[str, Any], leaves: dict[str, ag.Tensor], seed: Any) -> None:
    arrays = [*first.values(), seed, *(leaf.data for leaf in leaves.values())]
    for i, one in enumerate(arrays[: len(first)]):
        for other in arrays[i + 1 :]:
            assert not np.shares_memory(one, other), "memory: two gradients, or a gradient and data, share it"


def _check_again(result: ag.Tensor, seed: Any, wanted: dict[str, ag.Tensor], first: dict[str, Any]) -> None:
    """A graph that was kept runs again: leaves accumulate; `grad` gives the same bits; so does a pass that frees."""
    once = {name: gradient.copy() for name, gradient in first.items()}
    for leaf in wanted.values():
        leaf.grad = None
    result.backward(seed)
    result.backward(seed)
    for name, gradient in once.items():
        twice = wanted[name].grad
        assert twice is not None and twice.tobytes() == (gradient + gradient).tobytes(), (
            f"second run: {name} has {twice}"
        )
        assert first[name].tobytes() == gradient.tobytes(), f"a gradient handed out has changed: that of {name}"
    targets = [wanted[name] for name in once]
    if not targets:
        return
    for name, found in zip(once, ag.grad(result, targets, seed), strict=True):
        assert found.numpy().tobytes() == once[name].tobytes(), f"grad and backward differ: {name}"
    for leaf in wanted.values():
        leaf.grad = None
    result.backward(seed, free=True)
    for name, gradient in once.items():
        freed = wanted[name].grad
        assert freed is not None and freed.tobytes() == gradient.tobytes(), f"a pass that frees differs: {name}"


def _check_second(
    reading: Reading,
    leaves: dict[str, ag.Tensor],
    wanted: dict[str, ag.Tensor],
    out: str,
    seed: Any,
    first: dict[str, Any],
) -> None:
    """The gradient of the gradient, against differences of the first one, which has been checked."""
    text = reading.text

    def slope(values: dict[str, Any], record: bool) -> tuple[dict[str, ag.Tensor], list[Any]]:
        inside = {name: ag.tensor(value, requires_grad=name in wanted) for name, value in values.items()}
        made: dict[str, Any] = {}
        exec(text, {"ag": ag, "np": np, **inside}, made)  # noqa: S102
        return inside, ag.grad(made[out], [inside[name] for name in first], seed, create_graph=record)

    plain = {name: leaf.numpy() for name, leaf in leaves.items()}
    inside, slopes = slope(plain, True)
    for name, found in zip(first, slopes, strict=True):
        assert not far(found.numpy(), first[name], 1e-10), f"a recorded pass differs: {name}"
    weights = [an_array(random.Random(2), s.shape) for s in slopes]  # noqa: S311
    total = sum(((s * w).sum() for s, w in zip(slopes, weights, strict=True)), start=ag.tensor(0.0))
    base = reading.run(plain)
    if any(still for _, _, still in reading.statements):
        return  # differences of whole runs would move what is held
    seconds = [None] * len(first)
    if total.requires_grad:
        seconds = ag.grad(total, [inside[n] for n in first], allow_unused=True)
    for name, second in zip(first, seconds, strict=True):

        def value(x: np.ndarray, name: str = name) -> float:
            found = slope({**plain, name: x}, False)[1]
            return float(sum((s.numpy() * w).sum() for s, w in zip(found, weights, strict=True)))

        want, doubt = differences(value, base[name])
        got = np.zeros(want.shape) if second is None else second.numpy()
        if not np.isfinite(want).all() or (doubt > 1e-3 * np.maximum(1, np.abs(want))).any():
            continue
        assert not far(got, want, 1e-7, doubt), f"second gradient: of {name} is {got}, by differences {want}"
