"""Every pass as a function from program to program: what it removes, what it must leave, and that no bit changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.compile import bind, compiled
from autograd_lite.program import passes
from autograd_lite.program.program import Call, Program, Value

_rng = np.random.default_rng(0)


class Writer:
    """Writes programs by hand, with samples computed on the way."""

    def __init__(self) -> None:
        self.program = Program([], [], [], [], [])

    def input(self, *shape: int, dtype: Any = np.float32) -> Value:
        value = Value("input", _rng.normal(size=shape).astype(dtype), f"x{len(self.program.inputs)}")
        self.program.inputs.append(value)
        return value

    def constant(self, array: Any, source: Any = None) -> Value:
        return Value("constant", np.asarray(array), held=source is not None)

    def call(self, function: str, *args: Any, **params: Any) -> Value:
        samples = [arg.sample if isinstance(arg, Value) else arg for arg in args]
        sample = np.asarray(passes.evaluate(function, samples, params))
        call = Call(function, args, params, Value("result", sample), function, ())
        self.program.calls.append(call)
        return call.out

    def returns(self, *values: Value) -> Program:
        self.program.outputs = list(values)
        return self.program


def functions(program: Program) -> Counter[str]:
    return Counter(call.function for call in program.calls)


def run(program: Program) -> list[bytes]:
    found = bind.lay_out(program).bind().run(*(value.sample for value in program.inputs))
    return [array.tobytes() for array in found]


def unchanged(program: Program, one: Callable[[Program], Program]) -> Program:
    """The program after a pass that changes no bit of what it returns."""
    wanted = [value.sample.tobytes() for value in program.outputs]
    program = one(program)
    assert run(program) == wanted
    return program


def test_dead_code_is_dropped_and_draws_are_kept() -> None:
    w = Writer()
    x = w.input(3)
    w.call("exp", w.call("negative", x))
    rng = np.random.default_rng(0)
    w.call("random_like", shape=(3,), dtype=np.dtype(np.float64), rng=rng)
    program = w.returns(w.call("sqrt", w.call("square", x)))
    assert functions(unchanged(program, passes.drop_dead)) == {"random_like": 1, "square": 1, "sqrt": 1}


def test_equal_computations_are_done_once() -> None:
    w = Writer()
    x, y = w.input(3), w.input(3)
    one, two = (w.call("multiply", w.call("exp", x), y) for _ in range(2))
    program = w.returns(w.call("add", one, two), w.call("subtract", w.call("exp", y), one))
    assert functions(unchanged(program, passes.share_common)) == {"exp": 2, "multiply": 1, "add": 1, "subtract": 1}


def test_different_parameters_and_types_are_not_equal() -> None:
    w = Writer()
    x, i = w.input(2, 2), w.input(2, dtype=np.int64)
    program = w.returns(
        w.call("sum", x, axis=0), w.call("sum", x, axis=1), w.call("multiply", i, 1), w.call("multiply", i, 1.0),
        w.call("subtract", x, 1.0), w.call("subtract", 1.0, x), w.call("copysign", x, 0.0), w.call("copysign", x, -0.0),
    )  # fmt: skip
    assert len(unchanged(program, passes.share_common).calls) == 8


def test_draws_are_never_shared() -> None:
    w = Writer()
    rng, twin = np.random.default_rng(0), np.random.default_rng(0)
    first, second = (w.call("random_like", shape=(3,), dtype=np.dtype(np.float64), rng=rng) for _ in range(2))
    program = w.returns(w.call("subtract", first, second))
    rng.bit_generator.state = twin.bit_generator.state
    program = passes.optimise(program)
    assert functions(program)["random_like"] == 2
    wanted = twin.random(3), twin.random(3)
    assert run(program) == [(wanted[0] - wanted[1]).tobytes()]


def test_constants_are_folded_but_not_the_users_arrays() -> None:
    w = Writer()
    x = w.input(3)
    users = np.arange(3, dtype=np.float32)
    ours = w.call("exp", w.constant(np.float32([1, 2, 3])))
    theirs = w.call("exp", w.constant(users, source=users))
    program = unchanged(w.returns(w.call("multiply", x, ours), w.call("multiply", x, theirs)), passes.fold_constants)
    assert functions(program) == {"exp": 1, "multiply": 2}
    users += 1
    assert run(program)[1] == (x.sample * np.exp(users)).tobytes()


def test_a_constant_of_one_number_becomes_a_scalar_where_it_gives_no_shape() -> None:
    w = Writer()
    x, row = w.input(2, 3), w.input(3)
    ones = w.constant(np.ones((2, 3), np.float32))
    program = unchanged(w.returns(w.call("multiply", ones, x), w.call("multiply", ones, row)), passes.fold_constants)
    assert [call.args[0].shape for call in program.calls] == [(), (2, 3)]
    w = Writer()
    x = w.input(2)
    mixed = w.constant(np.float32([0.0, -0.0]))
    assert [
        c.args[1].shape for c in unchanged(w.returns(w.call("copysign", x, mixed)), passes.fold_constants).calls
    ] == [(2,)]


def test_transposes_cancel_and_chains_become_one() -> None:
    w = Writer()
    x = w.input(2, 3, 5)
    back = w.call("transpose", w.call("transpose", x, axes=None), axes=(2, 1, 0))
    swapped = w.call("swapaxes", w.call("swapaxes", x, axis1=0, axis2=-1), axis1=2, axis2=0)
    chain = w.call("transpose", w.call("swapaxes", x, axis1=0, axis2=1), axes=(1, 2, 0))
    program = w.returns(w.call("exp", back), w.call("exp", swapped), w.call("exp", chain))
    program = passes.drop_dead(unchanged(program, passes.cancel_transposes))
    assert functions(program) == {"exp": 3, "transpose": 1}
    assert program.calls[-1].args[0].shape == chain.shape


@pytest.mark.parametrize("order", ["scalar first", "scalar last"])
@pytest.mark.parametrize(
    "outer, inner, merged",
    [
        (0.3, 2.0, True),
        (0.7, -4.0, True),
        (0.0, 2.0, True),
        (2.0, 0.3, False),
        (0.3, 0.25, False),
        (0.3, 0.7, False),
        (3.0, 6.0, False),
    ],
)
def test_factors_are_merged_only_where_the_product_is_exact(
    outer: float, inner: float, merged: bool, order: str
) -> None:
    w = Writer()
    x = w.input(500)
    inside = w.call("multiply", *((inner, x) if order == "scalar first" else (x, inner)))
    program = w.returns(w.call("multiply", *((outer, inside) if order == "scalar first" else (inside, outer))))
    assert functions(unchanged(program, passes.merge_factors)) == {"multiply": 1 if merged else 2}


@pytest.mark.parametrize(
    "outer, inner", [(2.0, 0.3), (0.3, 2.0), (0.3, 0.5), (8.0, 0.125), (2.0**-140, 2.0), (3e38, 2.0), (0.1, 2.0**20)]
)
def test_merged_factors_have_the_same_bits_among_the_smallest_numbers(outer: float, inner: float) -> None:
    w = Writer()
    x = w.input(400)
    x.sample *= np.float32(2.0) ** np.linspace(-149, 10, 400).astype(np.float32)
    with np.errstate(over="ignore"):
        program = w.returns(w.call("multiply", outer, w.call("multiply", inner, x)))
        unchanged(program, passes.merge_factors)


@pytest.mark.parametrize("function", ["add", "subtract", "multiply", "divide"])
def test_a_part_is_updated_in_its_place(function: str) -> None:
    w = Writer()
    x, y = w.input(4, 3), w.input(2, 3)
    there = {"template": (slice(1, 3),)}
    whole = w.call("exp", x)
    program = w.returns(w.call("setitem", whole, w.call(function, w.call("getitem", whole, **there), y), **there))
    program = unchanged(program, passes.update_in_place)
    assert functions(program) == {"exp": 1, "update": 1}
    assert program.calls[-1].flops == 6
    assert bind.lay_out(program).text.count("np.empty") == 1  # it has the memory of what it updates


def test_what_only_looks_like_an_update_in_place_is_kept() -> None:
    w = Writer()
    x, y, wide = w.input(4, 3), w.input(2, 3), w.input(2, 3, dtype=np.float64)
    here, there = {"template": (slice(1, 3),)}, {"template": (slice(0, 2),)}
    part = w.call("getitem", x, **here)
    kept = [
        w.call("setitem", x, w.call("add", part, y), **there),  # elsewhere
        w.call("setitem", w.call("exp", x), w.call("add", part, y), **here),  # in another array
        w.call("setitem", x, w.call("add", y, part), **here),  # not the first operand
        w.call("setitem", x, w.call("add", part, wide), **here),  # rounded when it is put in
        w.call("setitem", x, w.call("arctan2", part, y), **here),  # rounded as the loop goes
        w.call("setitem", x, w.call("add", part, w.call("getitem", y, template=(0,))), **here),  # broadcast
    ]
    used = w.call("multiply", part, y)
    program = w.returns(*kept, w.call("setitem", x, used, **here), used)
    before = functions(program)
    assert functions(unchanged(program, passes.update_in_place)) == before


def test_an_update_leaves_what_others_read() -> None:
    w = Writer()
    x, y = w.input(4, 3), w.input(2, 3)
    here, there = {"template": (slice(1, 3),)}, {"template": (slice(0, 2),)}
    whole = w.call("exp", x)
    part = w.call("getitem", whole, **here)
    first = w.call("setitem", whole, w.call("add", part, y), **here)
    itself = w.call("getitem", first, **there)
    second = w.call("setitem", first, w.call("add", itself, w.call("getitem", first, **here)), **there)
    program = w.returns(whole, w.call("negative", part), first, second)
    assert functions(unchanged(program, passes.update_in_place))["update"] == 2


def test_a_product_used_elsewhere_is_kept() -> None:
    w = Writer()
    inside = w.call("multiply", 0.3, w.input(5))
    program = unchanged(w.returns(w.call("multiply", 2.0, inside), inside), passes.merge_factors)
    assert functions(program) == {"multiply": 2}


# Flat updates.

OPTIMIZERS: dict[str, tuple[Callable[[Any], Any], int]] = {
    "sgd": (lambda p: nn.SGD(p, lr=0.1), 2),
    "momentum": (lambda p: nn.SGD(p, lr=0.1, momentum=0.9), 4),
    "nesterov": (lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True), 6),
    "adam": (lambda p: nn.Adam(p, lr=0.1), 20),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_update_has_as_many_calls_for_ten_parameters_as_for_one(name: str) -> None:
    make, most = OPTIMIZERS[name]

    def calls(layers: int) -> int:
        model = nn.MLP([7] * (layers + 1), rng=0)
        optimizer = make(model.parameters())
        gradients = [np.ones(p.shape, np.float32) for p in model.parameters()]

        @ag.compile
        def step(x: Any) -> None:
            for p, g in zip(model.parameters(), gradients, strict=True):
                p.grad = None
                (p * g * x).sum().backward()
            optimizer.step()

        step(1.5)
        program = step._entry().program
        flat = {call.out for call in program.calls if call.function == "join"}
        made = []
        for call in program.calls:
            if call.ufunc is not None and flat.intersection(call.values):
                made.append(call)
                flat.add(call.out)
        return len(made)

    assert 0 < calls(1) <= most
    assert calls(5) == calls(1)


def test_what_is_not_alike_is_left_alone() -> None:
    a, b = ag.tensor(np.ones(3), requires_grad=True), ag.tensor(np.ones(2), requires_grad=True)

    @ag.compile
    def step(x: Any) -> None:
        a.assign(a * 2.0 + 1.0)
        b.assign(ag.exp(b) - 3.0)

    for _ in range(3):
        step(np.ones(1))
    assert not any(call.function == "join" for call in step._entry().program.calls)
    assert a.data.tolist() == [15.0] * 3
    assert b.data.tolist() == [np.exp(np.exp(np.exp(1.0) - 3) - 3) - 3] * 2


def test_parameters_of_two_dtypes_are_two_flat_arrays() -> None:
    parameters = [ag.tensor(np.ones(n, t), requires_grad=True) for n in (2, 3) for t in (np.float32, np.float64)]
    optimizer = nn.SGD(parameters, lr=0.1)

    @ag.compile
    def step(x: Any) -> None:
        optimizer.zero_grad()
        for p in parameters:
            (p * p).sum().backward()
        optimizer.step()

    for _ in range(3):
        step(1.0)
    joins = [call for call in step._entry().program.calls if call.function == "join"]
    assert sorted(str(call.out.dtype) for call in joins if call.args[0].kind == "state") == ["float32", "float64"]
    for p in parameters:
        value = np.ones(1, p.dtype)
        for _ in range(3):
            value = value - p.dtype.type(0.1) * (value + value)
        assert p.data.tolist() == value.tolist() * p.size


def test_every_pass_is_measured() -> None:
    w = Writer()
    program = passes.optimise(w.returns(w.call("exp", w.input(3))))
    assert set(program.stats) == {one.__name__ for one in passes.SIMPLIFY}
    assert program.stats["drop_dead"].calls == 1 and program.stats["drop_dead"].bytes == 12
    assert compiled.optimise is passes.optimise
