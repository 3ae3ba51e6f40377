"""What is measured, and what each workload has to reach: one row a workload.

Knows the contestants and how each kind of workload sets them up. Must not know how results are shown.
"""

from __future__ import annotations

import gzip
import inspect
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd_lite as ag
import nn
from benchmarks import training
from benchmarks.timing import Run, peak_memory
from benchmarks.training import LeftOutError, Task

CHAPTER = (784, 30, 10)


@dataclass(frozen=True)
class Target:
    """`name` takes at most `limit` times as long as `against`; without `against`, a figure is at most `limit`."""

    name: str
    limit: float
    against: str | None = None


@dataclass
class Prepared:
    """Contestants ready to be timed, which have been seen to agree.

    `scale` multiplies the time of one that runs a part only; `rest` gives the time of a second half as
    a whole less its first half.
    """

    runs: dict[str, Run]
    left_out: dict[str, str] = field(default_factory=dict)
    scale: dict[str, float] = field(default_factory=dict)
    rest: dict[str, tuple[str, str]] = field(default_factory=dict)
    figures: Callable[[], dict[str, float]] = dict
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Workload:
    """A row of the table: how to set it up, the contestant others are shown against, and what is to be reached."""

    name: str
    title: str
    prepare: Callable[[bool], Prepared]
    reference: str
    targets: tuple[Target, ...] = ()
    most_rounds: int = 100
    segment: float = 0.05  # seconds a contestant is repeated for in a round


def _available(makers: dict[str, Callable[[], Any]]) -> tuple[dict[str, Any], dict[str, str]]:
    """What can be made, and why the others cannot."""
    made, left_out = {}, {}
    for name, make in makers.items():
        try:
            made[name] = make()
        except LeftOutError as reason:
            left_out[name] = str(reason)
    return made, left_out


# Training steps.

MEMORY = "bytes held at the peak of a step: "


def step_of(task: Task) -> Callable[[bool], Prepared]:
    """One training step by all contestants."""

    def prepare(quick: bool) -> Prepared:
        x, y = task.data(np.random.default_rng(0))
        start = task.parameters()
        makers = {
            name: lambda make=make: make(task, start, x, y)
            for name, make in training.CONTESTANTS.items()
            if not (quick and name == "PyTorch compiled")
        }
        made, left_out = _available(makers)
        if quick and "PyTorch compiled" not in made:
            left_out["PyTorch compiled"] = "compiling takes too long for --quick"
        if "eager" not in made:
            raise LeftOutError(left_out["eager"])
        training.agree(made, "hand-written")
        runs = {name: step for name, (step, _) in made.items()}

        def figures() -> dict[str, float]:
            ours = ("eager", "compiled", "hand-written", "hand-written with buffers")
            return {MEMORY + name: peak_memory(runs[name]) for name in ours if name in runs}

        return Prepared(runs, left_out, figures=figures)

    return prepare


# An epoch.


class _ArraysOnly(pickle.Unpickler):
    """Reads NumPy arrays and nothing that could run."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core", "numpy._core")
        if (module, name) in {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("_codecs", "encode"),
        }:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")


def _images(count: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Images, one-hot targets and what they are."""
    named = os.environ.get("AUTOGRAD_LITE_MNIST")
    if named:
        with gzip.open(named) as stored:
            (x, labels), _, _ = _ArraysOnly(stored, encoding="latin1").load()
        return x[:count].astype(np.float32), np.eye(10, dtype=np.float32)[labels[:count]], "the book's data"
    rng = np.random.default_rng(0)
    x = rng.random((count, 784), dtype=np.float32)
    return x, np.eye(10, dtype=np.float32)[rng.integers(0, 10, count)], "random images of the book's shape"


def epoch(quick: bool) -> Prepared:
    """One epoch of the book through `nn.fit`, through the bare loop of compiled steps, and example by example."""
    count, batch, part = (200, 10, 50) if quick else (50_000, 10, 500)
    task = Task(CHAPTER, batch)
    x, y, what = _images(count)
    start = task.parameters()
    fitted, looped, by_eager = (training.model_of(task, start) for _ in range(3))
    optimizer, eager_optimizer = (training.optimizer_of(task, model) for model in (fitted, by_eager))
    chosen_way = "compile" in inspect.signature(nn.fit).parameters

    def fit(model: Any, optimizer: Any, **way: Any) -> float:
        return nn.fit(model, nn.quadratic_cost, (x, y), optimizer, 1, batch, rng=0, progress=False, **way).cost[-1]

    step = training.compiled_step(task, looped)

    def bare(images: int = count) -> float:
        order, total = np.random.default_rng(0).permutation(images), 0.0
        for begin in range(0, images, batch):
            chosen = order[begin : begin + batch]
            total += step(x[chosen], y[chosen]).item() * len(chosen)
        return total / images

    weights, biases = [w.copy() for w in start[::2]], [b.copy()[:, None] for b in start[1::2]]
    update = training.per_example_step(task, weights, biases)
    examples = [(image[:, None], target[:, None]) for image, target in zip(x[:part], y[:part], strict=True)]

    def by_example() -> float:
        order, total = np.random.default_rng(0).permutation(part), 0.0
        for begin in range(0, part, batch):
            chosen = order[begin : begin + batch]
            total += update([examples[i] for i in chosen]) * len(chosen)
        return total / part

    # All three compute the same: first on the part, then on the whole.
    np.testing.assert_allclose(bare(part), by_example(), rtol=1e-4)
    for parameter, other in zip(looped.parameters()[::2], weights, strict=True):
        np.testing.assert_allclose(parameter.numpy(), other, rtol=1e-3, atol=1e-4)
    for parameter, value in zip(looped.parameters(), start, strict=True):
        parameter.assign(value)
    np.testing.assert_allclose(fit(fitted, optimizer), bare(), rtol=1e-3)
    runs: dict[str, Run] = {
        "nn.fit": lambda: fit(fitted, optimizer),
        "bare loop of compiled steps": bare,
        "per-example loop": by_example,
    }
    notes = [f"{count:,} images: {what}", f"the per-example loop runs {part} images and is extrapolated"]
    if chosen_way:
        runs["nn.fit, eager"] = lambda: fit(by_eager, eager_optimizer, compile=False)
    else:
        notes.append("this nn.fit does not compile")
    return Prepared(runs, scale={"per-example loop": count / part}, notes=notes)


# The engine.


def chain(quick: bool) -> Prepared:
    """A chain of elementwise operations: recorded, differentiated, freed."""
    nodes = 1_000 if quick else 1_000_000
    value = np.linspace(0.1, 0.9, 8, dtype=np.float32)
    x = ag.tensor(value, requires_grad=True)

    def ours(count: int = nodes) -> Any:
        t = x
        for _ in range(count):
            t = ag.tanh(t)
        x.grad = None
        t.sum().backward(free=True)
        return x.grad

    def theirs() -> Callable[[], Any]:
        torch = training.peer("torch")
        leaf = torch.tensor(value, requires_grad=True)

        def run() -> Any:
            t = leaf
            for _ in range(nodes):
                t = torch.tanh(t)
            leaf.grad = None
            t.sum().backward()
            return leaf.grad.numpy()

        return run

    def memory() -> dict[str, float]:
        sample = min(nodes, 100_000)
        return {"bytes a node at the peak": peak_memory(lambda: ours(sample), 1) / sample}

    runs, left_out = _available({"eager": lambda: ours, "PyTorch": theirs})
    results = [run() for run in runs.values()]
    for other in results[1:]:
        np.testing.assert_allclose(results[0], other, rtol=1e-2)
    return Prepared(
        runs, left_out, figures=memory, notes=[f"{nodes:,} nodes of 8 numbers each, record + reverse + free"]
    )


def two_halves(quick: bool) -> Prepared:
    """The forward pass alone, and forward and reverse pass, on the chapter's network."""
    task = Task(CHAPTER, 10)
    x, y = task.data(np.random.default_rng(0))
    start = task.parameters()

    def ours() -> tuple[Run, Run]:
        model = training.model_of(task, start)
        parameters = model.parameters()
        a, b = ag.tensor(x), ag.tensor(y)

        def both() -> list[Any]:
            for p in parameters:
                p.grad = None
            nn.quadratic_cost(model(a), b).backward(free=True)
            return [p.grad for p in parameters]

        return lambda: nn.quadratic_cost(model(a), b), both

    def compiled() -> tuple[Run, Run]:
        model = training.model_of(task, start)
        parameters = model.parameters()

        @ag.compile
        def forward(x: Any, y: Any) -> Any:
            return nn.quadratic_cost(model(x), y)

        @ag.compile
        def both(x: Any, y: Any) -> Any:
            for p in parameters:
                p.grad = None
            cost = nn.quadratic_cost(model(x), y)
            cost.backward()
            return cost

        def run() -> list[Any]:
            both(x, y)
            return [p.grad for p in parameters]

        return lambda: forward(x, y), run

    def by_hand() -> tuple[Run, Run]:
        def forward() -> Any:
            activations = [x]
            for w, b in zip(start[::2], start[1::2], strict=True):
                activations.append(training.sigma(activations[-1] @ w.T + b))
            error = activations[-1] - y
            return activations, error, np.sum(error * error) / (2 * task.batch)

        def both() -> list[Any]:
            activations, error, _ = forward()
            delta = error * activations[-1] * (1 - activations[-1]) / task.batch
            found: list[Any] = []
            for layer in range(len(start) // 2 - 1, -1, -1):
                found += [delta.sum(axis=0), delta.T @ activations[layer]]
                if layer:
                    delta = delta @ start[2 * layer] * activations[layer] * (1 - activations[layer])
            return found[::-1]

        return forward, both

    def pytorch() -> tuple[Run, Run]:
        torch = training.peer("torch")
        parameters = [torch.tensor(p, requires_grad=True) for p in start]
        a, b = torch.tensor(x), torch.tensor(y)

        def forward() -> Any:
            return training.torch_cost(torch, task, parameters, a, b)

        def both() -> list[Any]:
            for p in parameters:
                p.grad = None
            forward().backward()
            return [p.grad.numpy() for p in parameters]

        training.use_faster_threads(torch, both)
        return forward, both

    makers = {"eager": ours, "compiled": compiled, "hand-written": by_hand, "PyTorch": pytorch}
    made, left_out = _available(makers)
    expected = made["hand-written"][1]()
    for _, both in made.values():
        for mine, other in zip(both(), expected, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-6)
    runs = {f"{name}: {half}": run for name, pair in made.items() for half, run in zip(HALVES, pair, strict=True)}
    return Prepared(
        runs, left_out, rest={f"{name}: reverse": tuple(f"{name}: {half}" for half in HALVES[::-1]) for name in made}
    )  # fmt: skip


HALVES = ("forward", "forward and reverse")


def all_at_once(quick: bool) -> Prepared:
    """All gradients by one reverse pass, against one more forward pass for every weight."""
    task = Task((784, 20, 10) if quick else (784, 1258, 10), 1)
    x, y = (row[0] for row in task.data(np.random.default_rng(0)))
    model = training.model_of(task, task.parameters())
    count = sum(p.size for p in model.parameters())

    def cost_of(model: Any, dtype: Any = np.float32) -> Any:
        return nn.quadratic_cost(model(x.astype(dtype, copy=False)), y.astype(dtype, copy=False))

    def reverse() -> None:
        for p in model.parameters():
            p.grad = None
        cost_of(model).backward(free=True)

    def forward() -> float:
        with ag.no_grad():
            return cost_of(model).item()  # type: ignore[no-any-return]

    # In float64, where a difference has digits left, some weights both ways.
    exact = nn.MLP(task.sizes, rng=0, dtype=float)
    cost_of(exact, float).backward()
    last, epsilon = exact.parameters()[-2], 1e-6
    gradient, weight = last.grad, last.numpy().copy()
    for i in range(5):
        ends = []
        for sign in (1, -1):
            moved = weight.copy()
            moved[0, i] += sign * epsilon
            last.assign(moved)
            with ag.no_grad():
                ends.append(cost_of(exact, float).item())
        np.testing.assert_allclose((ends[0] - ends[1]) / (2 * epsilon), gradient[0, i], rtol=1e-5)
    runs: dict[str, Run] = {"one reverse pass": reverse, "one difference for every weight": forward}
    note = f"{count:,} weights: {count + 1:,} forward passes, of which some are measured and the rest extrapolated"
    return Prepared(runs, scale={"one difference for every weight": count + 1}, notes=[note])


# Derivatives of functions.


def jacobian(quick: bool) -> Prepared:
    """The Jacobian of two layers of tanh: one pass for all rows, against a pass for each and the peers' ways."""
    n = 8 if quick else 200
    rng = np.random.default_rng(0)
    a, b, x = rng.normal(size=(n, n)) / n**0.5, rng.normal(size=(n, n)) / n**0.5, rng.normal(size=n)

    def f(x: Any) -> Any:
        return ag.tanh(a @ ag.tanh(b @ x))

    def row_by_row() -> Any:
        _, pull = ag.vjp(f, x)
        return np.stack([pull(row)[0].numpy() for row in np.eye(n)])

    def compiled() -> Run:
        function = ag.compile(lambda x: ag.jacobian(f, x))
        return lambda: function(x).numpy()

    def hips() -> Run:
        peer = training.peer("autograd")
        np_ = training.peer("autograd.numpy")
        function = peer.jacobian(lambda x: np_.tanh(a @ np_.tanh(b @ x)))
        return lambda: function(x)

    def pytorch(way: str) -> Run:
        torch = training.peer("torch")
        c, d, leaf = torch.from_numpy(a), torch.from_numpy(b), torch.from_numpy(x)

        def g(x: Any) -> Any:
            return torch.tanh(c @ torch.tanh(d @ x))

        run: Run = {
            "jacrev": lambda: torch.func.jacrev(g)(leaf).numpy(),
            "loop": lambda: torch.autograd.functional.jacobian(g, leaf).numpy(),
        }[way]
        training.use_faster_threads(torch, run)
        return run

    made, left_out = _available(
        {
            "one pass": lambda: lambda: ag.jacobian(f, x).numpy(),
            "one pass, compiled": compiled,
            "a pass for each row": lambda: row_by_row,
            "autograd": hips,
            "PyTorch jacrev": lambda: pytorch("jacrev"),
            "PyTorch jacobian": lambda: pytorch("loop"),
        }
    )
    for run in made.values():
        np.testing.assert_allclose(run(), row_by_row(), rtol=1e-9, atol=1e-12)
    return Prepared(made, left_out, notes=[f"tanh(A tanh(B x)) of {n} numbers, float64"])


# Convolution.


def convolution(quick: bool) -> Prepared:
    """A convolution and its gradients, against an im2col with matmul written by hand, which keeps its columns."""
    n, c, made, size = (2, 3, 4, 6) if quick else (32, 16, 32, 28)
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(n, c, size, size)), rng.normal(size=(n, made, size, size))
    weight = rng.normal(size=(made, c, 3, 3))
    row = weight.reshape(made, c * 9)

    def columns() -> Any:
        padded = np.zeros((n, c, size + 2, size + 2))
        padded[:, :, 1:-1, 1:-1] = x
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
        return windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * 9, size * size)

    def by_hand() -> list[Any]:
        return [(row @ columns()).reshape(g.shape)]

    def by_hand_with_gradients() -> list[Any]:
        met = columns()
        out = (row @ met).reshape(g.shape)
        spread = (row.T @ g.reshape(n, made, -1)).reshape(n, c, 3, 3, size, size)
        padded = np.zeros((n, c, size + 2, size + 2))
        for i in range(3):
            for j in range(3):
                padded[:, :, i : i + size, j : j + size] += spread[:, :, i, j]
        of_weight = (g.reshape(n, made, -1) @ met.swapaxes(1, 2)).sum(axis=0).reshape(weight.shape)
        return [out, padded[:, :, 1:-1, 1:-1], of_weight]

    a, w = (ag.tensor(each, requires_grad=True) for each in (x, weight))

    def eager() -> list[Any]:
        with ag.no_grad():
            return [ag.conv2d(a, w, padding=1).data]

    def both() -> list[Any]:
        out = ag.conv2d(a, w, padding=1)
        return [out.data, *(each.data for each in ag.grad(out, [a, w], g))]

    def replayed() -> tuple[Any, ...]:
        out = ag.conv2d(a, w, padding=1)
        return (out, *ag.grad(out, [a, w], g))

    step = ag.compile(replayed)

    def compiled() -> list[Any]:
        return [each.data for each in step()]

    def pytorch() -> Run:
        torch = training.peer("torch")
        leaves = [torch.from_numpy(each).requires_grad_() for each in (x, weight)]
        seed = torch.from_numpy(g)

        def run() -> list[Any]:
            out = torch.nn.functional.conv2d(*leaves, padding=1)
            return [each.detach().numpy() for each in (out, *torch.autograd.grad(out, leaves, seed))]

        training.use_faster_threads(torch, run)
        return run

    runs: dict[str, Run] = {
        "hand-written: forward": by_hand,
        "eager: forward": eager,
        "hand-written": by_hand_with_gradients,
        "eager": both,
        "compiled": compiled,
    }
    made_peers, left_out = _available({"PyTorch": pytorch})
    runs |= made_peers
    expected = by_hand_with_gradients()
    for run in runs.values():
        for mine, other in zip(run(), expected, strict=False):  # type: ignore[call-overload]
            np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-9)
    return Prepared(runs, left_out, notes=["where nothing is said: forward and both gradients, float64"])


# The table.

_FIRST = Task(CHAPTER, 10)

WORKLOADS = [
    Workload(
        "step-30", "step of [784, 30, 10], mini-batch 10", step_of(_FIRST), "hand-written",
        (
            Target("compiled", 0.80, "hand-written"),
            Target("compiled", 0.45, "JAX jit"),
            Target("compiled", 0.15, "PyTorch"),
            Target("eager", 2.2, "hand-written"),
            Target("eager", 0.42, "PyTorch"),
        ),
    ),
    Workload(
        "step-100", "step of [784, 100, 10], mini-batch 10", step_of(Task((784, 100, 10), 10)), "hand-written",
        (Target("compiled", 0.85, "hand-written"),),
    ),
    Workload(
        "step-deep", "step of 16 layers of 64, mini-batch 32", step_of(Task((64,) * 17, 32)), "hand-written",
        (Target("compiled", 0.90, "hand-written"), Target("compiled", 1.0, "JAX jit")),
    ),
    Workload(
        "step-wide", "step of [784, 1000, 1000, 10], mini-batch 128",
        step_of(Task((784, 1000, 1000, 10), 128, rate=0.1)), "hand-written",
        (
            Target("compiled", 1.0, "hand-written with buffers"),
            Target("compiled", 1.0, "JAX jit"),
            Target("eager", 1.15, "hand-written"),
        ),
        most_rounds=11,
    ),
    Workload(
        "convolution", "(32, 16, 28, 28) by 32 kernels of (16, 3, 3), padded by 1", convolution, "hand-written",
        (
            Target("eager: forward", 1.05, "hand-written: forward"),
            Target("eager", 1.25, "hand-written"),
            Target("compiled", 1.0, "hand-written"),
        ),
    ),
    Workload(
        "jacobian", "Jacobian of 200 functions of 200 numbers", jacobian, "a pass for each row",
        (
            Target("one pass", 1.0, "autograd"),
            Target("one pass", 1.0, "PyTorch jacrev"),
            Target("one pass", 1.0, "PyTorch jacobian"),
        ),
    ),
    Workload(
        "epoch", "one epoch of [784, 30, 10], mini-batch 10", epoch, "bare loop of compiled steps",
        (Target("nn.fit", 1.1, "bare loop of compiled steps"), Target("nn.fit", 1 / 12, "per-example loop")),
        most_rounds=7, segment=0,
    ),
    Workload(
        "momentum", "the first with momentum", step_of(Task(CHAPTER, 10, rate=0.3, momentum=0.9)), "hand-written",
        (Target("compiled", 0.9, "hand-written"),),
    ),
    Workload(
        "adam", "the first with Adam", step_of(Task(CHAPTER, 10, rate=0.001, adam=True)), "hand-written",
        (Target("compiled", 0.9, "hand-written"),),
    ),
    Workload(
        "softmax", "the first with softmax cross-entropy", step_of(Task(CHAPTER, 10, rate=0.5, softmax=True)),
        "hand-written", (Target("compiled", 0.9, "hand-written"),),
    ),
    Workload(
        "dropout", "the first with dropout", step_of(Task(CHAPTER, 10, dropout=0.5)), "hand-written",
        (Target("compiled", 0.9, "hand-written"),),
    ),
    Workload(
        "chain", "chain of elementwise nodes", chain, "eager",
        (Target("eager", 1.0, "PyTorch"), Target("bytes a node at the peak", 1000)), most_rounds=3, segment=0,
    ),
    Workload(
        "reverse", "the reverse pass against the forward pass, [784, 30, 10], mini-batch 10", two_halves,
        "eager: forward",
        tuple(Target(f"{who}: reverse", 2.0, f"{who}: forward") for who in ("eager", "compiled")),
    ),
    Workload(
        "all-gradients", "all gradients at once against one difference for every weight", all_at_once,
        "one reverse pass", segment=0.2,
    ),
]  # fmt: skip
