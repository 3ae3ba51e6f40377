"""Primitive calls: every function of NumPy's in a stranger's forward compiles with its own bits, or is named."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.program import calls
from autograd_lite.program.passes import SIMPLIFY, optimise
from autograd_lite.program.program import Call, Program, Value

X = np.random.default_rng(0).normal(size=(3, 4))


@pytest.fixture(autouse=True)
def _forgotten(registry: Any) -> None:
    """What is declared here is gone afterwards."""


def compiled_alike(forward: Callable[..., Any], *arrays: Any, times: int = 4, **params: Any) -> Any:
    op = ag.operation(notation=r"\operatorname{{strange}}({x})")(forward)
    step = ag.compile(lambda *given: op(*given, **params))
    for k in range(times):
        given = [a * (k + 1) if np.asarray(a).dtype.kind == "f" else a for a in arrays]
        mine, other = step(*given), op.run(np, given, params)
        assert mine.numpy().tobytes() == np.asarray(other).tobytes(), k
        assert mine.shape == np.shape(other)
    return step


FORWARDS: dict[str, Callable[[Any, Any], Any]] = {
    "prod": lambda xp, x: x.prod(axis=0),
    "methods": lambda xp, x: x.std() + x.var(axis=0).sum() + x.cumsum(axis=1)[0, 0] + x.trace() + x.any(),
    "properties": lambda xp, x: x.T * x.ndim * x.size + x.shape[0] + len(x),
    "flatten": lambda xp, x: x.T.flatten() + x.ravel() * x.clip(0, 1).reshape(12),
    "views": lambda xp, x: xp.moveaxis(xp.flip(x, 0), 0, 1).T + xp.roll(x, 1, axis=0) * xp.real(x),
    "diagonal": lambda xp, x: xp.diagonal(x) * 2 + xp.atleast_2d(x)[0, :3],
    "linalg": lambda xp, x: xp.linalg.norm(x, axis=1) + xp.linalg.det(x[:, :3]),
    "einsum": lambda xp, x: xp.einsum("ij,kj->ik", x, x),
    "stacks": lambda xp, x: xp.vstack([x, x * 2]) + xp.hstack((x[:, :2], x[:, 2:]))[0],
    "concatenated by keyword": lambda xp, x: xp.concatenate((x, x), axis=1, dtype=np.float32),
    "kwargs": lambda xp, x: xp.sum(x, axis=0, where=x > 0, initial=1.0) + xp.max(x, axis=0, initial=0.0),
    "ufunc methods": lambda xp, x: xp.multiply.reduce(x, axis=0) + xp.add.accumulate(x[:, 0])[0],
    "outer": lambda xp, x: xp.multiply.outer(x[0], x[1]),
    "two results": lambda xp, x: xp.divmod(x, 0.5)[0] + xp.modf(x)[1],
    "several results": lambda xp, x: xp.linalg.svd(x, full_matrices=False)[1],
    "named results": lambda xp, x: xp.linalg.slogdet(x[:, :3]).logabsdet + xp.linalg.qr(x).R[0],
    "split": lambda xp, x: xp.split(x, 2, axis=1)[0] * 2 + xp.array_split(x, 2, axis=1)[1],
    "split kept": lambda xp, x: _split(xp, x),
    "puts": lambda xp, x: _put(xp, x),
    "scatter": lambda xp, x: _scatter(xp, x),
    "numpy itself": lambda xp, x: np.sin(x) + np.concatenate([x, x])[:3] + np.float32(2) * x,
    "constants": lambda xp, x: x * xp.pi + xp.arange(4) + xp.eye(3)[:, :1] + xp.linspace(0, 1, 4),
    "likes": lambda xp, x: xp.ones_like(x) * 3 + xp.full_like(x, 2.0) + xp.zeros(x.shape, x.dtype) + xp.shape(x)[0],
    "floor": lambda xp, x: x // 0.3 + x % 0.3 + abs(x) - +x,
    "logic": lambda xp, x: (x > 0) & (x < 1) | ~(x != x) ^ (x <= 0.5),
    "choices": lambda xp, x: xp.select([x > 1, x > 0], [x, x * 2], 0.0) + xp.where(x > 0, x, -x),
    "sorting": lambda xp, x: xp.sort(x, axis=1) + xp.take_along_axis(x, xp.argsort(x, axis=0), axis=0),
    "types": lambda xp, x: x.astype(xp.float32).astype("f8") + xp.asarray(x, dtype=np.float16),
    "iteration": lambda xp, x: sum(row * (i + 1) for i, row in enumerate(x)),
    "branch on a shape": lambda xp, x: x * 2 if x.shape[0] == 3 and bool(xp.all(xp.ones(2))) else x,
    "clip by keyword": lambda xp, x: xp.clip(x, a_min=-0.5, a_max=None) + xp.clip(x, None, 0.5),
    "cumulative": lambda xp, x: xp.cumsum(x, axis=0) + xp.diff(x, axis=0, prepend=0.0),
    "meshes": lambda xp, x: xp.stack(xp.meshgrid(x[0], x[1], indexing="ij"))[0],
}


def _split(xp: Any, x: Any) -> Any:
    left, right = xp.split(x * 2, 2, axis=1)
    return xp.exp(x).sum() * left + xp.tanh(x)[:, :2] + right


def _put(xp: Any, x: Any) -> Any:
    out = xp.zeros((4, 4))
    out[1:] = x
    out[:, 0] = 1.0
    out[xp.asarray([0, 1]), xp.asarray([2, 3])] = x[0, :2]
    return out


def _scatter(xp: Any, x: Any) -> Any:
    out = xp.zeros((3, 4))
    xp.add.at(out, (xp.asarray([0, 0, 1]),), x)
    xp.maximum.at(out, xp.asarray([2, 2]), x[:2])
    return out


@pytest.mark.parametrize("name", FORWARDS)
def test_any_function_of_numpys(name: str) -> None:
    compiled_alike(lambda xp, x: FORWARDS[name](xp, x), X)


def test_the_source_of_any_function_runs_with_numpy_alone() -> None:

    def declared(forward: Callable[[Any, Any], Any]) -> Any:
        return ag.operation(notation="{x}")(lambda xp, x: forward(xp, x))

    for name, forward in FORWARDS.items():
        step = ag.compile(declared(forward))
        wanted = step(X).numpy()
        world: dict[str, Any] = {}
        exec(step.source, world)
        printed = next(f for n, f in world.items() if callable(f) and n.startswith("_lambda"))
        assert np.asarray(printed(X)).tobytes() == wanted.tobytes(), (name, step.source)


REFUSED: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "an unknown function": (lambda xp, x: xp.no_such_function(x), "no_such_function"),
    "an unknown method": (lambda xp, x: x.no_such_method(), "no_such_method"),
    "a branch on values": (lambda xp, x: x if x.sum() > 0 else -x, "values of its operands"),
    "float": (lambda xp, x: x * float(x[0, 0]), "values of its operands"),
    "the shape of a mask": (lambda xp, x: x[x > 0], "depends on data"),
    "unique": (lambda xp, x: xp.unique(x), "unique"),
    "nonzero": (lambda xp, x: x[xp.nonzero(x)], "nonzero"),
    "copyto": (lambda xp, x: xp.copyto(x, 0), "copyto"),
    "a mistake": (lambda xp, x: x + undefined, "undefined"),  # type: ignore[name-defined]  # noqa: F821
    "no array": (lambda xp, x: xp.array_repr(x), "array_repr"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_compiled_names_the_operation_and_the_line(name: str) -> None:
    forward, said = REFUSED[name]

    @ag.operation(notation="{x}")
    def peculiar(xp: Any, x: Any) -> Any:
        return forward(xp, x) if not isinstance(x, np.ndarray) else x * 1.0

    step = ag.compile(lambda x: peculiar(x))
    with pytest.raises(ag.CompileError, match=r"peculiar cannot be compiled") as caught:
        step(X)
    assert said in str(caught.value)
    assert "test_compile_calls.py, line" in str(caught.value) and "lambda xp, x" in str(caught.value)


def test_an_operation_with_an_effect_runs_at_every_call_in_its_order_and_is_never_made_one() -> None:
    line: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()

    @ag.operation(notation=r"\operatorname{{send}}({x})", effect=True)
    def send(xp: Any, x: Any, *, to: str) -> Any:
        line.put((to, float(x.sum())))
        return x * 2

    def told(function: Any, x: Any) -> tuple[float, list[tuple[str, float]]]:
        value = function(x).item()
        return value, [line.get() for _ in range(line.qsize())]

    def f(x: Any) -> Any:
        send(x * 3.0, to="nobody waits for it")
        return send(send(x * 1.0, to="a") + 1, to="b").sum() + send(x * 1.0, to="a").sum()

    step = ag.compile(f, verify=False)
    told(step, X)
    for k in range(1, 5):
        wanted = told(f, ag.asarray(X * k))
        assert told(step, X * k) == wanted and len(wanted[1]) == 4
    assert step.records == 1


def test_every_row_means_what_it_writes() -> None:
    """A row that directs its result into memory gives there what it gives as a new array."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    flags = x > 0
    arguments: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
        "sum": ((x,), {"axis": 0, "keepdims": False}), "max": ((x,), {"axis": (1,), "keepdims": True}),
        "min": ((x,), {"axis": None, "keepdims": True}), "mean": ((x,), {"axis": 1, "keepdims": False}),
        "argmax": ((x,), {"axis": 0, "keepdims": False}), "matmul": ((x, y), {}), "where": ((flags, x, y), {}),
        "clip": ((x, -0.5, None), {}), "concatenate": ((x, y), {"axis": 1}), "stack": ((x, y), {"axis": 0}),
        "astype": ((x,), {"dtype": np.dtype("f4")}), "copy": ((x,), {}), "spread": ((x[0],), {"shape": (4, 4)}),
        "reshape": ((x.T,), {"shape": (16,)}), "zeros": ((), {"shape": (2, 3), "dtype": np.float32}),
        "setitem": ((x, y[0]), {"template": (1,)}), "at": ((x, y), {"template": (slice(None),), "ufunc": "add"}),
        "update": ((x, y[1:]), {"template": (slice(0, 3),), "ufunc": "subtract"}),
        "random_like": ((), {"shape": (3,), "dtype": np.dtype("f8"), "rng": np.random.default_rng(0)}),
    }  # fmt: skip
    assert {name for name, row in calls.ROWS.items() if row.into is not None} == set(arguments)
    for name, (args, params) in arguments.items():
        row = calls.ROWS[name]
        drawn = name == "random_like"
        wanted = np.random.default_rng(0).random(3) if drawn else np.asarray(row.evaluate(args, params))
        names: dict[str, Any] = {"np": np, "out": np.empty_like(wanted)}
        names |= {f"a{i}": arg for i, arg in enumerate(args)}

        class Lines:
            def line(self, run: str, read: str | None = None, names: dict[str, Any] = names) -> None:
                exec(run, names)

            def function(self, name: str, function: Any, names: dict[str, Any] = names) -> str:
                names[name] = function
                return name

        if row.writes:
            names["out"][...] = args[0]
        texts = [f"a{i}" if isinstance(arg, np.ndarray) else repr(arg) for i, arg in enumerate(args)]
        assert row.into is not None
        row.into(Lines(), texts, params, args, "out")
        assert names["out"].tobytes() == wanted.tobytes(), name


def test_passes_ask_a_call_for_its_row_alone() -> None:
    x = Value("input", X, "x")
    call = Call("tanh", (x,), {}, Value("result", np.tanh(X)), "tanh", ())
    program = optimise(Program([call], [x], [], [call.out], []), SIMPLIFY)
    assert program.calls == [call] and call.ufunc is np.tanh and call.pure and not call.is_view
    assert calls.row("multiply").scales and calls.row("matmul").product and calls.row("random_like").effect
    view = Call("transpose", (x,), {"axes": None}, Value("result", X.T), "transpose", ())
    copy = Call("transpose", (x,), {"axes": None}, Value("result", X.T.copy()), "transpose", ())
    assert view.is_view and not copy.is_view


def test_one_argument_given_twice_is_another_call_than_two() -> None:
    f = ag.compile(lambda x, y: x * 2.0 if x is y else x * 3.0, verify=False)
    a, b = ag.tensor(np.ones(2)), ag.tensor(np.ones(2))
    for _ in range(2):
        assert [f(a, b).numpy()[0] for _ in range(3)] == [3.0] * 3
        assert [f(a, a).numpy()[0] for _ in range(3)] == [2.0] * 3
