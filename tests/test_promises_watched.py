"""What a compiled function reads besides its arguments: noticed when it changes, or refused by name."""

from __future__ import annotations

import array
import builtins
import collections
import contextvars
import enum
import functools
import itertools
import random
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from compiling import bits

import autograd_lite as ag
import nn
from autograd_lite.compile.guards import MOST_BYTES, MOST_VALUES, Scan

X = np.ones(2)
FACTOR = 2.0
pkg = types.ModuleType("pkg_of_a_test")
pkg.config = types.ModuleType("pkg_of_a_test.config")  # type: ignore[attr-defined]


def noticed(f: Callable[[Any], Any], change: Callable[[], Any], calls: int = 3) -> Any:
    """After a change, in the middle of the steady state, the compiled function does what the function does."""
    step = ag.compile(f, verify=False)
    for _ in range(calls):
        assert bits(step(X)) == bits(f(ag.tensor(X)))
    before = bits(f(ag.tensor(X)))
    change()
    wanted = bits(f(ag.tensor(X)))
    assert wanted != before, "the change changes nothing"
    for _ in range(2):
        assert bits(step(X)) == wanted
    return step


def kinds() -> dict[str, tuple[Callable[[Any], Any], Callable[[], Any]]]:
    """Each kind of thing a function reads: the function, and a change."""
    found: dict[str, tuple[Callable[[Any], Any], Callable[[], Any]]] = {}
    options = {"double"}
    found["set"] = lambda x: x * (2 if "double" in options else 1), options.clear
    queue = collections.deque([2.0, 3.0])
    found["deque"] = lambda x: x * queue[0], lambda: queue.rotate(1)
    raw = bytearray(b"\x02")
    found["bytearray"] = lambda x: x * raw[0], lambda: raw.__setitem__(0, 5)
    numbers = array.array("d", [2.0])
    found["array.array"] = lambda x: x * numbers[0], lambda: numbers.__setitem__(0, 5.0)
    shared = bytearray(b"\x02\x03")
    window = memoryview(shared)
    found["memoryview"] = lambda x: x * window[1], lambda: shared.__setitem__(1, 5)
    long = [1.0] * 5000
    found["long list"] = lambda x: x * sum(long), lambda: long.__setitem__(4321, 5.0)
    table: dict[Any, float] = dict.fromkeys(range(3000), 1.0)
    found["long dictionary"] = lambda x: x * sum(table.values()), lambda: table.__setitem__(2999, 5.0)
    order = {"a": 1.0, "b": 2.0}
    found["order of a dictionary"] = lambda x: x * next(iter(order.values())), lambda: order.update(a=order.pop("a"))
    counts = collections.Counter({"a": 2})
    found["counter"] = lambda x: x * counts["a"], lambda: counts.update("a")
    defaults: Any = collections.defaultdict(lambda: 2.0, {"a": 3.0})
    found["default dictionary"] = lambda x: x * defaults["a"], lambda: defaults.__setitem__("a", 7.0)
    inner = [[1.0, [2.0]]]
    found["nested lists"] = lambda x: x * inner[0][1][0], lambda: inner[0][1].__setitem__(0, 5.0)  # type: ignore[index,attr-defined]
    pair = ([2.0],)
    found["list in a tuple"] = lambda x: x * pair[0][0], lambda: pair[0].__setitem__(0, 5.0)
    frozen = types.MappingProxyType(backing := {"k": 2.0})
    found["mapping proxy"] = lambda x: x * frozen["k"], lambda: backing.__setitem__("k", 5.0)
    zero = [0.0]
    found["minus zero"] = lambda x: ag.divide(1.0, x * zero[0] + zero[0]), lambda: zero.__setitem__(0, -0.0)
    one: list[Any] = [1]
    whole = np.ones(2, int)
    found["one and true"] = lambda x: ag.multiply(whole, one[0]), lambda: one.__setitem__(0, 1.0)
    config = types.SimpleNamespace(rate=2.0, inner=types.SimpleNamespace(rate=2.0))
    found["namespace"] = lambda x: x * config.inner.rate, lambda: setattr(config.inner, "rate", 5.0)
    dynamic = types.SimpleNamespace(rate=2.0)
    found["getattr"] = lambda x: x * getattr(dynamic, "ra" + "te"), lambda: setattr(dynamic, "rate", 5.0)
    found["vars"] = lambda x: x * vars(dynamic)["rate"], lambda: vars(dynamic).update(rate=7.0)
    variable = contextvars.ContextVar("variable", default=2.0)
    found["context variable"] = lambda x: x * variable.get(), lambda: variable.set(5.0)
    method = [2.0].pop
    holder = [2.0, 3.0]
    get = holder.__getitem__
    found["method of a list"] = lambda x: x * get(0), lambda: holder.__setitem__(0, 5.0)
    del method

    class Kind(enum.Enum):
        A = "a"

    by_kind = {Kind.A: [2.0]}
    found["enum as a key"] = lambda x: x * by_kind[Kind.A][0], lambda: by_kind[Kind.A].__setitem__(0, 5.0)
    return found


@pytest.mark.parametrize("kind", kinds())
def test_each_kind_of_thing_is_watched(kind: str) -> None:
    with np.errstate(divide="ignore"):
        noticed(*kinds()[kind])


def test_an_enum_that_is_a_number_as_a_key() -> None:
    class K(enum.IntEnum):
        A = 1

    table = {K.A: [2.0]}
    noticed(lambda x: x * table[K.A][0], lambda: table[K.A].__setitem__(0, 5.0))


def test_global_names_and_what_takes_the_place_of_a_built_in() -> None:
    def change() -> None:
        global FACTOR
        FACTOR = 5.0

    noticed(lambda x: x * FACTOR, change)
    try:
        noticed(lambda x: x * max(2.0, 3.0), lambda: globals().__setitem__("max", lambda *values: 7.0))
    finally:
        globals().pop("max", None)
    kept = builtins.min
    try:
        noticed(lambda x: x * min(2.0, 3.0), lambda: setattr(builtins, "min", lambda *values: 7.0))
    finally:
        builtins.min = kept


def test_attributes_of_submodules_and_a_submodule_replaced() -> None:
    pkg.config.lr = 2.0  # type: ignore[attr-defined]
    noticed(lambda x: x * pkg.config.lr, lambda: setattr(pkg.config, "lr", 5.0))  # type: ignore[attr-defined]
    noticed(lambda x: x * pkg.config.lr, lambda: setattr(pkg, "config", types.SimpleNamespace(lr=7.0)))  # type: ignore[attr-defined]
    pkg.config = types.ModuleType("pkg_of_a_test.config")  # type: ignore[attr-defined]


def test_functions_behind_wrappers() -> None:
    scale = 2.0

    @functools.lru_cache(None)
    def cached() -> float:
        return scale

    def change() -> None:
        nonlocal scale
        scale += 3.0
        cached.cache_clear()

    noticed(lambda x: x * cached(), change)

    def plain(factor: float = 1.0) -> float:
        return scale * factor

    noticed(lambda x: x * functools.partial(plain, 2.0)(), change)
    part = functools.partial(plain, factor=2.0)
    noticed(lambda x: x * part(), change)

    @functools.wraps(len)
    def wrapped() -> float:  # says that it is a function of Python's own
        return scale

    noticed(lambda x: x * wrapped(), change)

    def helper() -> float:
        return 2.0

    noticed(lambda x: x * helper(), lambda: setattr(helper, "__code__", (lambda: 9.0).__code__))
    noticed(lambda x: x * plain(), lambda: setattr(plain, "__defaults__", (4.0,)))

    def counted() -> Any:
        return counted.factor  # type: ignore[attr-defined]

    counted.factor = 2.0  # type: ignore[attr-defined]
    noticed(lambda x: x * counted(), lambda: setattr(counted, "factor", 5.0))


class Meta(type):
    k = 2.0


class Plain(metaclass=Meta):
    shared = [2.0]  # noqa: RUF012
    number = 2.0

    def __init__(self) -> None:
        self.factor = 2.0
        self.unread = 0

    @property
    def doubled(self) -> float:
        return self.factor * 2

    @staticmethod
    def of_all() -> float:
        return 2.0

    @classmethod
    def of_class(cls) -> float:
        return cls.number

    def __call__(self, x: Any) -> Any:
        return x * self.factor


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a = 2.0


def test_classes_and_their_objects() -> None:
    held = Plain()
    noticed(lambda x: x * Plain.k, lambda: setattr(Meta, "k", Meta.k + 1))
    noticed(lambda x: x * held.doubled, lambda: setattr(held, "factor", held.factor + 1))
    noticed(held, lambda: setattr(held, "factor", held.factor + 1))
    noticed(lambda x: x * held.of_class(), lambda: setattr(Plain, "number", Plain.number + 1))
    noticed(lambda x: x * held.shared[0], lambda: Plain.shared.append(Plain.shared.pop() + 1))
    noticed(lambda x: x * held.number, lambda: setattr(held, "number", 9.0))  # hides that of the class
    noticed(lambda x: x * held.number, lambda: delattr(held, "number"))
    keep = Plain.of_all
    noticed(lambda x: x * held.of_all(), lambda: setattr(Plain, "of_all", staticmethod(lambda: 5.0)))
    Plain.of_all = keep  # type: ignore[method-assign]
    noticed(lambda x: held(x), lambda: setattr(Plain, "__call__", lambda self, x: x * 11.0))
    slotted = Slotted()
    noticed(lambda x: x * slotted.a, lambda: setattr(slotted, "a", 5.0))
    noticed(lambda x: x * getattr(slotted, "b", 2.0), lambda: setattr(slotted, "b", 7.0))


def test_modules_changed_behind_their_back() -> None:
    class Scale(nn.Module):
        def __init__(self) -> None:
            self.k = 2.0

        def forward(self, x: Any) -> Any:
            return x * self.k

    model = Scale()
    noticed(lambda x: model(x), lambda: vars(model).update(k=5.0))
    noticed(lambda x: model(x), lambda: object.__setattr__(model, "k", 6.0))
    noticed(lambda x: model(x), lambda: setattr(Scale, "forward", lambda self, x: x * 7.0))
    layer = nn.Linear(2, 2, rng=0)
    noticed(lambda x: layer(x), lambda: vars(layer).update(bias=ag.tensor([5.0, 5.0], dtype=np.float32)))
    dropout = nn.Dropout(0.5, rng=0).eval()
    many = np.ones(50)
    step = ag.compile(lambda x: dropout(x) * 1.0)
    for _ in range(3):
        assert (step(many).data == 1).all()
    del dropout.training
    assert (step(many).data != 1).all()


def test_what_is_not_read_is_not_watched() -> None:
    held = Plain()
    step = ag.compile(lambda x: x * held.factor, verify=False)
    for i in range(5):
        held.unread = i
        assert step(X).data[0] == held.factor
    assert step.records == 1


def test_flags_names_and_gradients_of_tensors_that_are_only_looked_at() -> None:
    w = ag.tensor([2.0, 2.0], name="w")
    noticed(lambda x: x * 3.0 if w.requires_grad else x * 2.0, lambda: setattr(w, "requires_grad", True))
    noticed(lambda x: x * 3.0 if w.name == "w" else x * 2.0, lambda: setattr(w, "name", "v"))
    noticed(lambda x: x * 3.0 if w.grad is None else x * 2.0, lambda: (w * w).sum().backward())
    noticed(lambda x: x * w.grad, lambda: setattr(w, "grad", np.full(2, 9.0)))


# Arrays.


def test_an_array_that_is_an_operand_and_decides_something() -> None:
    mask = np.ones(2)

    def branching(x: Any) -> Any:
        y = x * mask
        return y * 10 if mask.sum() > 1.5 else y

    noticed(branching, lambda: mask.fill(0.1))
    scale = np.full(2, 2.0)
    noticed(lambda x: x * scale * float(scale[0]), lambda: scale.fill(5.0))
    places = np.array([0, 1])
    noticed(lambda x: x[places] * (1 + places.sum()), lambda: places.fill(0))
    held = {"mask": [np.ones(2)]}
    noticed(
        lambda x: x * held["mask"][0] if held["mask"][0][0] else x * 7.0, lambda: held["mask"][0].fill(0.0)
    )  # fmt: skip


def test_an_array_that_is_only_an_operand_is_read_anew_without_recording() -> None:
    seed = np.ones(2)
    step = ag.compile(lambda x: x * seed + ag.exp(seed))
    for i in range(12):
        seed[...] = i
        assert bits(step(X)) == bits(ag.tensor(X) * seed + ag.exp(seed))
    assert step.records == 1
    assert "seed: an array of shape (2,), read anew at every call" in step.explain_guards()


def test_an_array_in_a_tuple_that_changes_at_every_call_runs_as_it_is() -> None:
    held = (np.ones(2),)
    step = ag.compile(lambda x: x * held[0])
    with pytest.warns(ag.CompileWarning, match="another at every call"):
        for i in range(6):
            held[0][...] = i
            assert step(X).data.tolist() == [float(i)] * 2
    assert step.records == 1


def test_a_large_array_may_be_an_operand_and_nothing_else() -> None:
    large = np.ones((MOST_BYTES // 8 + 1,))
    step = ag.compile(lambda x: (large * x[0]).sum())
    for i in range(1, 4):
        large[...] = i
        assert step(X).item() == large.sum()
    assert step.records == 1
    branching = ag.compile(lambda x: x * 2.0 if large[0] > 1 else x)
    with pytest.raises(ag.CompileError) as caught:
        branching(X)
    assert "large is too large to be compared" in "".join(caught.value.__notes__)
    held = (large,)
    with pytest.raises(ag.CompileError, match=r"relies on held\[0\], an array of 1.0 MiB"):
        ag.compile(lambda x: x * held[0][0])(X)


def test_too_many_values_are_refused_by_name() -> None:
    values = [1.0] * (MOST_VALUES + 1)
    with pytest.raises(ag.CompileError, match="relies on values of 65,537 values.*pass"):
        ag.compile(lambda x: x * sum(values))(X)


# What cannot be watched is refused, or runs as it is.


def test_random_numbers_from_elsewhere_are_refused() -> None:
    legacy, own, bit_generator = np.random.RandomState(0), random.Random(0), np.random.PCG64(0)
    hidden = {"rng": (np.random.default_rng(0),)}
    cases: dict[str, Callable[[Any], Any]] = {
        "RandomState": lambda x: x + legacy.randn(1),
        "random.Random": lambda x: x + own.random(),
        "bit generator": lambda x: x + float(bit_generator.random_raw() % 1000),
        "generator in a dictionary": lambda x: x + hidden["rng"][0].normal(),
        "made inside": lambda x: x + np.random.default_rng().normal(size=1),
        "system": lambda x: x + random.SystemRandom().random(),
    }
    for name, f in cases.items():
        states = [repr(legacy.get_state()), own.getstate(), repr(bit_generator.state)]
        with pytest.raises(ag.CompileError, match="random|changes by itself"):
            ag.compile(f)(X)
        assert states == [repr(legacy.get_state()), own.getstate(), repr(bit_generator.state)], name


def test_what_gives_each_item_once_runs_as_it_is() -> None:
    makers: dict[str, Callable[[], Any]] = {
        "list": lambda: iter([0.0, 1.0, 2.0, 3.0]), "range": lambda: iter(range(9)), "count": itertools.count,
        "generator": lambda: (float(i) for i in range(9)), "enumerate": lambda: map(float, range(9)),
    }  # fmt: skip
    for name, make in makers.items():
        items = make()
        step = ag.compile(lambda x, items=items: x + next(items))
        with pytest.warns(ag.CompileWarning, match="each item is there once"):
            assert [step(X).data[0] for _ in range(3)] == [1.0, 2.0, 3.0], name


def test_explain_guards_says_what_is_relied_on() -> None:
    settings = {"factor": 2.0}
    table = np.ones(3)
    w = ag.tensor([2.0, 2.0], name="w")
    step = ag.compile(lambda x: x * settings["factor"] * w * table[0])
    with pytest.raises(ag.CompileError, match="has not been recorded"):
        step.explain_guards()
    step(X)
    text = step.explain_guards()
    assert "settings['factor']: 2.0" in text
    assert "table: an array of shape (3,), by its content" in text
    assert "w: the tensor w(2,)" in text


# A random adversary: closures over nested containers, changed somewhere between calls.


@pytest.mark.parametrize("seed", range(25))
def test_random_closures_are_never_stale(seed: int) -> None:
    rng = random.Random(seed)

    def thing(depth: int) -> Any:
        kind = rng.choice(["number", "list", "dict", "array", "object", "tuple"]) if depth else "number"
        if kind == "number":
            return float(rng.randint(1, 9))
        if kind == "array":
            return np.array([float(rng.randint(1, 9)) for _ in range(3)])
        inside = [thing(depth - 1) for _ in range(rng.randint(1, 3))]
        if kind == "list":
            return inside
        if kind == "tuple":
            return tuple(inside)
        if kind == "dict":
            return dict(zip("abc", inside, strict=False))
        return types.SimpleNamespace(**dict(zip("abc", inside, strict=False)))

    world = [thing(3) for _ in range(3)]

    def total(x: Any) -> float:
        if isinstance(x, float):
            return x
        if isinstance(x, np.ndarray):
            return float(x[0] * 3 + x[1])
        inside = x.values() if isinstance(x, dict) else vars(x).values() if hasattr(x, "__dict__") else x
        return sum((i + 1.5) * total(each) for i, each in enumerate(inside))

    def mutate(x: Any) -> None:
        places = x if isinstance(x, list | tuple) else x if isinstance(x, dict) else vars(x)
        keys = list(range(len(places))) if isinstance(places, list | tuple) else list(places)
        key = rng.choice(keys)
        value = places[key]
        if isinstance(value, np.ndarray):
            value[rng.randint(0, 1)] += 1.0
        elif isinstance(value, float):
            if not isinstance(places, tuple):
                places[key] = value + 1.0
        else:
            mutate(value)

    def f(x: Any) -> Any:
        return ag.multiply(x, total(world))

    step = ag.compile(f, verify=False)
    for _ in range(14):
        for _ in range(3):
            assert step(X).data[0] == total(world)
        mutate(world)
    assert step.records > 1 or total(world) == step(X).data[0]


def test_a_look_at_everything_is_quick() -> None:
    model = nn.MLP([784, 30, 10], rng=0)
    assert len(Scan(lambda x: model(x)).guards) < 40


def test_what_a_function_of_the_library_was_made_with_is_watched() -> None:
    # Functions of the library are not looked into, but what they were given to work with is.
    class Weighted:
        weight = 1.0

        def __call__(self, a: Any) -> Any:
            return self.weight * a.sum()

    cost = Weighted()

    def make(given: Any) -> Any:
        code = compile(
            "def outer(given):\n    def inner(x):\n        return given(x)\n    return inner\n", "<nn>", "exec"
        )
        space: dict[str, Any] = {"__name__": "nn.training.made"}
        exec(code, space)  # noqa: S102
        return space["outer"](given)

    within = make(cost)
    step = ag.compile(lambda x: within(x) * 1.0, verify=False)
    x = np.ones(3)
    assert [step(x).item() for _ in range(3)] == [3.0] * 3
    cost.weight = 2.0
    assert [step(x).item() for _ in range(3)] == [6.0] * 3


def test_one_is_another_answer_than_true() -> None:
    held = types.SimpleNamespace(flag=1)
    step = ag.compile(lambda x: x * (2.0 if held.flag is True else 3.0), verify=False)
    x = np.ones(2)
    assert [step(x).numpy()[0] for _ in range(3)] == [3.0] * 3
    held.flag = True
    assert [step(x).numpy()[0] for _ in range(3)] == [2.0] * 3
    held.flag = 1
    assert [step(x).numpy()[0] for _ in range(3)] == [3.0] * 3
