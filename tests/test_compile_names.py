"""Names of a written program: no two things share one, whatever users call their tensors, arguments and scopes."""

from __future__ import annotations

import builtins
import itertools
import keyword
import random
import sys
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.compile.names import Namer

BOLD_W, MICRO, MU = "\U0001d416", "µ", "μ"


def replays_alike(function: Any, *arguments: Any, times: int = 4) -> Any:
    """The compiled function, held to the plain one at every call, and both its texts are code."""
    compiled = ag.compile(function)
    for k in range(times):
        given = [a * (k + 1) for a in arguments]
        mine, other = compiled(*given), function(*map(ag.asarray, given))
        mine, other = (r if isinstance(r, tuple) else (r,) for r in (mine, other))
        assert [t.numpy().tobytes() for t in mine] == [t.numpy().tobytes() for t in other], k
    for text in (compiled.source, compiled.planned_source):
        compile(text, "source", "exec")
    return compiled


def test_a_tensor_named_like_the_one_element_view_of_another() -> None:
    w, other, z = ag.tensor(2.0, name="w"), ag.tensor(5.0, name="w_1"), ag.tensor(1.0, name="z")
    replays_alike(lambda: (w * z, other * z))
    third = ag.tensor(7.0, name="w_1_2")
    replays_alike(lambda: (w * z + third, other * z - third * w))


def test_numbers_whose_names_would_be_one() -> None:
    w = ag.tensor(0.3, name="w")
    replays_alike(lambda: w * 1.1 + 1)
    replays_alike(lambda: (w * 1.5 - 1, w * -1.5, w * 15, w * 1e-5, w * 1e5))
    named = ag.tensor(0.3, name="number_1")
    replays_alike(lambda: named * 1.0 + 1)


@pytest.mark.parametrize("names", [("W", BOLD_W), (MICRO, MU), ("ﬁ", "fi"), ("\u017f", "s"), ("x²", "x2")])
def test_names_that_python_reads_as_one(names: tuple[str, str]) -> None:
    a, b = (ag.tensor([v], name=name) for v, name in zip((2.0, 5.0), names, strict=True))
    replays_alike(lambda x: x * a * b - b, np.ones(1))


@pytest.mark.parametrize("name", [MICRO, BOLD_W, "²", "ª", "…", "a b", "1", "", "日本", "x\ny", "'", "\\", '"""'])
def test_a_name_that_is_no_identifier(name: str) -> None:
    w = ag.tensor([5.0], name=name, requires_grad=True)

    def step(x: Any) -> Any:
        w.grad = None
        (x * w).sum().backward()
        return x * w + w.grad

    replays_alike(step, np.ones(1))


OWN = [
    "np", "np_add", "np_multiply", "np_dot", "copyto", "quietly", "add_reduce", "tick", "at", "moment", "tensor_0", "t",
    "tensor_0_ref", "block", "block_2", "spare", "states", "gradients", "flat", "pieces", "flat_piece", "run", "step",
    "result", "old", "home", "rng", "named_once", "same_shape", "constant", "number_2", "array", "range", "float",
]  # fmt: skip


@pytest.mark.parametrize("name", [*OWN, "lambda", "None", "match", "print", "list", "__builtins__", "__class__"])
def test_the_programs_own_names_are_nobodys(name: str) -> None:
    w, v = (ag.tensor(np.array([2.0, 1.0]), name=name, requires_grad=True) for _ in range(2))

    def step(x: Any) -> Any:
        w.grad = v.grad = None
        cost = ag.where(x > 0, ag.sigmoid(x + w) * w, 0.0).sum() + 2 * (v * v).sum()
        cost.backward()
        with ag.no_grad():
            for p in (w, v):
                p.assign(p - 0.5 * p.grad)
        return cost

    before = w.numpy(), v.numpy()
    compiled = ag.compile(step)
    mine = [compiled(np.ones(2)).item() for _ in range(4)]
    for p, data in zip((w, v), before, strict=True):
        p.assign(data)
    assert mine == [step(np.ones(2)).item() for _ in range(4)]
    for text in (compiled.source, compiled.planned_source):
        compile(text, "source", "exec")


@pytest.mark.parametrize("name", [n for n in OWN if n.isidentifier()])
def test_arguments_named_like_the_programs_own(name: str) -> None:
    world: dict[str, Any] = {"ag": ag}
    exec(f"def f({name}, other_):\n    return ({name} * 2.0 + other_).sum()", world)
    replays_alike(world["f"], np.ones(2), np.arange(2.0))


def test_random_names_by_the_hundred() -> None:
    draw = random.Random(0)
    pieces = ["w", "_1", "_2", "number", "np_", "add", "1", BOLD_W, "W", MICRO, "x", "block", ".", " ", "T", "_T", "d"]
    for _ in range(20):
        names = ["".join(draw.choices(pieces, k=draw.randint(1, 3))) for _ in range(6)]
        tensors = [ag.tensor(float(i + 2), name=name) for i, name in enumerate(names)]
        replays_alike(lambda x, ts=tensors: tuple(x * t * 1.1 + t * 2 - 1 for t in ts), np.ones(()), times=3)


def test_a_namer_gives_every_name_once() -> None:
    namer = Namer("taken")
    wanted = ["w", "w", "w_2", "w", "taken", None, None, "W", BOLD_W, "for", "sum", "w_2", "w_2_2"]
    given = [namer(name, "t") for name in wanted]
    assert len(set(given)) == len(given) and "taken" not in given
    assert all(name.isidentifier() and not keyword.iskeyword(name) and not hasattr(builtins, name) for name in given)
    read = compile("\n".join(f"{name} = 0" for name in given), "names", "exec").co_names
    assert set(read) == set(given)  # Python reads them as they stand


def test_giving_out_many_names_takes_no_longer_for_each() -> None:
    looked = 0

    class Taken(set):  # type: ignore[type-arg]
        def __contains__(self, name: object) -> bool:
            nonlocal looked
            looked += 1
            return super().__contains__(name)

    namer = Namer()
    namer._taken = Taken()
    for _ in range(10_000):
        namer("t", "t")
    assert looked < 30_000


SCOPES = [
    "a\nimport this",
    "a\rimport this",
    "a\u2028import this",
    "\x85import this",
    '"""',
    "\\",
    "x\n    import this",
]


@pytest.mark.parametrize("scope", SCOPES)
def test_the_text_of_a_scope_or_a_name_is_never_code(scope: str) -> None:
    w = ag.tensor([1.0, 2.0], name=scope, requires_grad=True)

    def step(x: Any) -> Any:
        with ag.scope(scope):
            cost = (ag.tanh(x) * w).sum() * 2.0
        w.grad = None
        cost.backward()
        with ag.no_grad():
            w.assign(w - w.grad)
        return cost

    compiled = ag.compile(step)
    for _ in range(3):
        compiled(np.ones(2))
    sys.modules.pop("this", None)
    for text in (compiled.source, compiled.planned_source):
        assert not any(line.strip().startswith("import this") for line in text.splitlines())
        world: dict[str, Any] = {}
        exec(compile(text, "source", "exec"), world)
    assert "this" not in sys.modules
    printed = {}
    exec(compiled.source, printed)
    assert np.isfinite(printed["step"](np.ones(2), np.array([1.0, 2.0]))[0])


NUMBERS = [np.inf, -np.inf, np.nan, 1e300, -0.0, True, 3, np.float32(np.inf), np.float64("nan")]


@pytest.mark.parametrize("number, kind", list(itertools.product(NUMBERS, ("f4", "f8"))))
def test_every_number_is_written_so_that_it_is_itself(number: Any, kind: str) -> None:
    data = np.array([1.0, 2.0], kind)
    with np.errstate(all="ignore"):
        compiled = replays_alike(lambda v: (ag.where(v > 1.5, v, number), v * number), data)
    world: dict[str, Any] = {}
    exec(compiled.source, world)
    with np.errstate(all="ignore"):
        printed = next(f for n, f in world.items() if n.startswith("_lambda"))(data)
        wanted = compiled(data)
    assert [np.asarray(p).tobytes() for p in printed] == [w.numpy().tobytes() for w in wanted]


def test_the_source_runs_with_empty_constants_and_items_of_numbers() -> None:
    xs = ag.tensor(np.ones((2, 3)), requires_grad=True)

    def gradient(x: Any) -> Any:
        return ag.grad((x[:0] * 2.0).sum() + x.sum(), x)

    def put(x: Any) -> Any:
        return ag.put(x.sum(), (Ellipsis,), x[0] * 2.0) * 3.0

    def nothing(x: Any) -> Any:
        return ag.concatenate([x, np.empty((0,))]) + np.ones((3,)) * x.sum()

    for function, x in ((gradient, xs), (put, np.arange(3.0)), (nothing, np.arange(3.0))):
        compiled = ag.compile(function)
        wanted = [compiled(x).numpy() for _ in range(3)][-1]
        world: dict[str, Any] = {}
        exec(compiled.source, world)
        held = [] if function is not nothing else [np.empty((0,)), np.ones((3,))]
        printed = world[function.__name__](x.numpy() if isinstance(x, ag.Tensor) else x, *held)
        assert np.asarray(printed).tobytes() == wanted.tobytes()
