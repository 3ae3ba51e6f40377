"""Faults planted into one rule at a time: the check finds every one and names the operation, argument and line."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine import reverse
from autograd_lite.op import Operation

Wrong = Callable[..., Any]
"""`wrong(xp, right, g, out, inputs)`: a gradient made from what `right(g=, out=, inputs=)` gives, the right one."""


def faulty(name: str, position: int, wrong: Wrong) -> Operation:
    """A copy of an operation, as a stranger's, with a fault in the rule of one argument."""
    op = ag.REGISTRY[name]
    twin: Operation = object.__new__(Operation)
    for field in {*Operation.__slots__} - {"__dict__", "__weakref__"}:
        setattr(twin, field, getattr(op, field))
    vars(twin).update(vars(op))
    twin.name = f"user_{name}"
    twin.ours = False

    def rule(at: int) -> Any:
        def pulled(xp: Any, g: Any, out: Any, *inputs: Any, **params: Any) -> Any:
            def right(g: Any = g, out: Any = out, inputs: Any = inputs, at: int = at) -> Any:
                return op.pull(at, xp, g, out, inputs, params)

            return wrong(xp, right, g, out, inputs) if at == position else right()

        return pulled

    if op.variadic:

        def all_of_them(xp: Any, g: Any, out: Any, *inputs: Any, **params: Any) -> Any:
            return [rule(i)(xp, g, out, *inputs, **params) for i in range(len(inputs))]

        return twin.rules(**{op.arguments[0]: all_of_them})
    rules = zip(op.arguments, op.rules_by_argument, strict=True)
    return twin.rules(**{argument: rule(i) if known else None for i, (argument, known) in enumerate(rules)})


def remembering(xp: Any, right: Any, g: Any, out: Any, inputs: Any) -> Any:
    first = REMEMBERED.setdefault(out.shape, out)
    return right(out=first)


def counting(xp: Any, right: Any, g: Any, out: Any, inputs: Any) -> Any:
    return right() * (1 + 1e-3 * next(COUNT))


def overwriting_g(xp: Any, right: Any, g: Any, out: Any, inputs: Any) -> Any:
    found = right()
    g *= 2
    return found


def overwriting_x(xp: Any, right: Any, g: Any, out: Any, inputs: Any) -> Any:
    found = right() + 0
    inputs[0][...] = 0
    return found


def raising(xp: Any, right: Any, g: Any, out: Any, inputs: Any) -> Any:
    raise ValueError("not today")


def one_element(xp: Any, right: Any, g: Any, out: Any, inputs: Any) -> Any:
    found = right() + 0
    found.reshape(-1)[-1] *= 1.001
    return found


def one_small_element(xp: Any, right: Any, g: Any, out: Any, inputs: Any) -> Any:
    found = right() + 0
    least = np.argmin(np.abs(found))
    found.reshape(-1)[least] *= 1.001
    return found


def only_if(condition: Callable[[Any], bool]) -> Wrong:
    return lambda xp, right, g, out, inputs: right() * (2 if condition(inputs[0]) else 1)


REMEMBERED: dict[Any, Any] = {}
COUNT = itertools.count()

sign: Wrong = lambda xp, right, g, out, inputs: -right()  # noqa: E731 - a table of small functions
doubled: Wrong = lambda xp, right, g, out, inputs: 2 * right()  # noqa: E731
slightly: Wrong = lambda xp, right, g, out, inputs: (1 + 1e-7) * right()  # noqa: E731
dropped: Wrong = lambda xp, right, g, out, inputs: xp.zeros_like(right())  # noqa: E731
no_seed: Wrong = lambda xp, right, g, out, inputs: right(g=xp.ones_like(g))  # noqa: E731
mean_seed: Wrong = lambda xp, right, g, out, inputs: right(g=xp.ones_like(g) * xp.mean(g))  # noqa: E731
size_of_seed: Wrong = lambda xp, right, g, out, inputs: right(g=np.abs(g))  # noqa: E731
rolled: Wrong = lambda xp, right, g, out, inputs: np.roll(right(), 1, axis=0)  # noqa: E731
flipped: Wrong = lambda xp, right, g, out, inputs: right()[..., ::-1]  # noqa: E731
transposed: Wrong = lambda xp, right, g, out, inputs: np.ascontiguousarray(right().T).reshape(right().shape)  # noqa: E731
swapped: Wrong = lambda xp, right, g, out, inputs: right(inputs=inputs[::-1])  # noqa: E731
others: Wrong = lambda xp, right, g, out, inputs: right(at=1)  # noqa: E731
nan_there: Wrong = lambda xp, right, g, out, inputs: right() * np.nan  # noqa: E731
more: Wrong = lambda xp, right, g, out, inputs: right() + 1e-6  # noqa: E731
single: Wrong = lambda xp, right, g, out, inputs: right().astype(np.float32)  # noqa: E731
half: Wrong = lambda xp, right, g, out, inputs: right().astype(np.float16)  # noqa: E731
whole: Wrong = lambda xp, right, g, out, inputs: (8 * right()).astype(int) // 8  # noqa: E731
misshapen: Wrong = lambda xp, right, g, out, inputs: np.concatenate([right(), right()])  # noqa: E731
first_row: Wrong = lambda xp, right, g, out, inputs: right()[:1]  # noqa: E731
averaged: Wrong = lambda xp, right, g, out, inputs: right().mean(axis=0)  # noqa: E731
in_float32: Wrong = only_if(lambda x: x.dtype == np.float32)
in_fortran: Wrong = only_if(lambda x: x.ndim > 1 and not x.flags.c_contiguous)
in_strided: Wrong = only_if(lambda x: not x.flags.c_contiguous and not x.flags.f_contiguous)
in_c_order: Wrong = only_if(lambda x: x.flags.c_contiguous)
of_large: Wrong = only_if(lambda x: float(np.max(x)) > 2.0)

# A fault, the operation, the position of the argument, and what the operation is given besides: numbers by name below.
FAULTS: list[tuple[str, Wrong, str, int, str, dict[str, Any]]] = [
    ("sign", sign, "exp", 0, "matrix", {}),
    ("sign", sign, "subtract", 1, "two", {}),
    ("sign", sign, "max", 0, "matrix", {"axis": 0}),
    ("sign", sign, "swapaxes", 0, "matrix", {"axis1": 0, "axis2": 1}),
    ("factor", doubled, "square", 0, "matrix", {}),
    ("factor", doubled, "mean", 0, "matrix", {"axis": 1}),
    ("factor", doubled, "concatenate", 1, "two", {"axis": 0}),
    ("factor", doubled, "where", 2, "where", {}),
    ("factor of a ten-millionth", slightly, "tanh", 0, "matrix", {}),
    ("factor of a ten-millionth", slightly, "matmul", 1, "product", {}),
    ("factor of a ten-millionth", slightly, "minimum", 0, "two", {}),
    ("dropped", dropped, "multiply", 0, "two", {}),
    ("dropped", dropped, "power", 1, "two", {}),
    ("dropped", dropped, "stack", 0, "two", {"axis": 1}),
    ("dropped term", lambda xp, right, g, out, inputs: g * out, "softmax", 0, "matrix", {"axis": -1}),
    ("dropped term", lambda xp, right, g, out, inputs: g * out, "sigmoid", 0, "matrix", {}),
    ("dropped term", lambda xp, right, g, out, inputs: g + 0, "log_softmax", 0, "matrix", {"axis": -1}),
    ("dropped term", lambda xp, right, g, out, inputs: g * inputs[0], "square", 0, "matrix", {}),
    ("dropped factor", lambda xp, right, g, out, inputs: g / inputs[1] ** 2, "divide", 1, "two", {}),
    ("incoming gradient ignored", no_seed, "log", 0, "matrix", {}),
    ("incoming gradient ignored", no_seed, "transpose", 0, "square", {"axes": (1, 0)}),
    ("incoming gradient averaged", mean_seed, "reshape", 0, "matrix", {"shape": (6,)}),
    ("incoming gradient without its sign", size_of_seed, "exp", 0, "matrix", {}),
    ("wrong axis", rolled, "sum", 0, "slanted", {"axis": 1}),
    ("wrong axis", flipped, "softmax", 0, "matrix", {"axis": 0}),
    ("wrong axis", rolled, "concatenate", 0, "two", {"axis": 1}),
    ("wrong axis", flipped, "sqrt", 0, "matrix", {}),
    ("wrong axis", rolled, "logsumexp", 0, "matrix", {"axis": 1}),
    ("missing transpose", transposed, "matmul", 0, "squares", {}),
    ("missing transpose", transposed, "transpose", 0, "square", {"axes": (1, 0)}),
    ("missing transpose", transposed, "reshape", 0, "square", {"shape": (9,)}),
    ("missing transpose", lambda xp, r, g, out, i: np.matmul(g, i[1]), "matmul", 0, "squares", {}),
    ("swapped arguments", swapped, "divide", 0, "two", {}),
    ("swapped arguments", swapped, "multiply", 0, "two", {}),
    ("swapped arguments", swapped, "power", 0, "two", {}),
    ("swapped arguments", others, "divide", 0, "two", {}),
    ("missing sum over a broadcast axis", first_row, "add", 1, "broadcast", {}),
    ("missing sum over a broadcast axis", first_row, "multiply", 1, "broadcast", {}),
    ("mean over a broadcast axis", averaged, "subtract", 1, "broadcast", {}),
    ("mean over a broadcast axis", averaged, "divide", 1, "broadcast", {}),
    ("stale result", remembering, "tanh", 0, "matrix", {}),
    ("stale result", remembering, "exp", 0, "matrix", {}),
    ("stale result", lambda xp, r, g, out, i: r(out=np.roll(out, 1)), "sqrt", 0, "matrix", {}),
    ("argument taken for the result", lambda xp, r, g, out, i: r(out=i[0]), "sigmoid", 0, "matrix", {}),
    ("result rounded to float32", single, "exp", 0, "matrix", {}),
    ("result rounded to float32", single, "add", 0, "two", {}),
    ("result rounded to float16", half, "matmul", 0, "product", {}),
    ("result cut to whole numbers", whole, "multiply", 1, "two", {}),
    ("wrong branch of a kink", lambda xp, r, g, out, i: g * (i[0] < 0), "relu", 0, "signed", {}),
    ("wrong branch of a kink", lambda xp, r, g, out, i: g * (i[0] == i[0]), "absolute", 0, "signed", {}),
    ("wrong branch of a kink", swapped, "maximum", 0, "two", {}),
    ("wrong branch of a kink", others, "minimum", 0, "two", {}),
    ("wrong branch of a kink", lambda xp, r, g, out, i: g * 1.0, "clip", 0, "clip", {}),
    ("only in float32", in_float32, "exp", 0, "matrix", {}),
    ("only in float32", in_float32, "matmul", 1, "product", {}),
    ("only in float32", in_float32, "maximum", 1, "two", {}),
    ("only in Fortran order", in_fortran, "tanh", 0, "matrix", {}),
    ("only in Fortran order", in_fortran, "sum", 0, "slanted", {"axis": 0}),
    ("only in strided memory", in_strided, "multiply", 0, "two", {}),
    ("only in strided memory", in_strided, "softplus", 0, "matrix", {}),
    ("only in C order", in_c_order, "log", 0, "matrix", {}),
    ("only for large numbers", of_large, "exp", 0, "matrix", {}),
    ("another at every call", counting, "sqrt", 0, "matrix", {}),
    ("writes into the gradient it was given", overwriting_g, "exp", 0, "matrix", {}),
    ("writes into its operand", overwriting_x, "square", 0, "matrix", {}),
    ("not a number", nan_there, "log", 0, "matrix", {}),
    ("a constant added", more, "add", 0, "two", {}),
    ("one element", one_element, "subtract", 0, "two", {}),
    ("the smallest element", one_small_element, "exp", 0, "far", {}),
    ("raises", raising, "tanh", 0, "matrix", {}),
    ("a gradient of another shape", misshapen, "exp", 0, "matrix", {}),
    ("no rule at all", lambda *_: None, "multiply", 1, "two", {}),
]

RNG = np.random.default_rng(7)
A, B = RNG.uniform(0.5, 1.5, (2, 3)), RNG.uniform(0.6, 2.4, (2, 3))
INPUTS: dict[str, tuple[Any, ...]] = {
    "matrix": (B,),
    "slanted": (np.asfortranarray(B).copy(),),
    "two": (A, B),
    "broadcast": (A, B[0]),
    "product": (A, RNG.uniform(0.5, 1.5, (3, 4))),
    "square": (RNG.uniform(0.5, 1.5, (3, 3)),),
    "squares": (RNG.uniform(0.5, 1.5, (3, 3)), RNG.uniform(0.5, 1.5, (3, 3))),
    "signed": (np.array([[0.4, -0.7, 1.2], [-0.3, 0.8, -1.5]]),),
    "far": (np.array([[-3.0, 0.3, 1.5], [0.1, 1.2, 0.7]]),),
}


def call(op: Operation, given: str, params: dict[str, Any], xs: tuple[ag.Tensor, ...]) -> ag.Tensor:
    """The operation on these tensors, with what it takes besides."""
    if given == "where":
        return op(np.array([[True, False, True], [False, True, True]]), *xs)
    if given == "clip":
        return op(*xs, 0.7, 1.4)
    return op(*xs, **params)


@pytest.fixture(autouse=True)
def forget() -> None:
    REMEMBERED.clear()


@pytest.mark.parametrize(
    "wrong, name, position, given, params", [each[1:] for each in FAULTS], ids=[f"{x[2]}-{x[0]}" for x in FAULTS]
)
def test_a_fault_is_found_and_named(wrong: Wrong, name: str, position: int, given: str, params: dict[str, Any]) -> None:
    op = faulty(name, position, wrong)

    def f(*xs: ag.Tensor) -> ag.Tensor:
        scaled = tuple(1.25 * x for x in xs)
        z = call(op, given, params, scaled)
        return ag.sigmoid(ag.multiply(z, z) * 0.1) + ag.sum(ag.exp(-xs[0]))

    inputs = {"where": (A, B), "clip": (B,)}.get(given) or INPUTS[given]
    with pytest.raises(ag.CheckError) as raised:
        ag.gradcheck(f, *inputs)
    fault = raised.value.report.fault
    assert fault is not None, str(raised.value)
    assert fault.operation == op.name and fault.position == position
    expected = f"{op.arguments[0]}[{position}]" if op.variadic else op.arguments[position]
    assert fault.argument == expected
    assert __file__ in fault.place and "return op(" in fault.place
    assert f"the rule of {op.name} for its argument {fault.argument}" in str(raised.value)


def test_there_are_at_least_sixty_faults() -> None:
    assert len(FAULTS) >= 60


RIGHT_OPERATIONS = sorted({(each[2], each[4], tuple(each[5].items())) for each in FAULTS})


@pytest.mark.parametrize("name, given, params", RIGHT_OPERATIONS, ids=[f"{n}-{g}" for n, g, _ in RIGHT_OPERATIONS])
def test_the_same_function_without_the_fault_passes(name: str, given: str, params: tuple[Any, ...]) -> None:
    op = faulty(name, -1, sign)

    def f(*xs: ag.Tensor) -> ag.Tensor:
        z = call(op, given, dict(params), tuple(1.25 * x for x in xs))
        return ag.sigmoid(ag.multiply(z, z) * 0.1) + ag.sum(ag.exp(-xs[0]))

    inputs = {"where": (A, B), "clip": (B,)}.get(given) or INPUTS[given]
    report = ag.gradcheck(f, *inputs)
    assert report.passed and report.fault is None and not report.kinks
    assert len(report.witnesses) == 4


# Faults of the reverse pass itself, of a graph that is cut, and of second order.


def test_gradients_that_are_not_added_up_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: ag.Tensor) -> ag.Tensor:
        y = ag.exp(x)
        return ag.tanh(y) + y * y

    assert ag.gradcheck(f, A).passed
    monkeypatch.setattr(reverse, "_sum", lambda earlier, gradient: gradient)
    with pytest.raises(
        ag.CheckError, match=r"every rule is right: what .*tanh.* hand to it comes to .* added up"
    ) as said:
        ag.gradcheck(f, A)
    assert said.value.report.fault.operation in ("tanh", "multiply")


def test_a_broadcast_axis_that_is_not_summed_over_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: ag.Tensor, y: ag.Tensor) -> ag.Tensor:
        return ag.exp(x) * ag.tanh(y)

    right = reverse.fit
    monkeypatch.setattr(reverse, "fit", lambda xp, g, x: right(xp, g[:1] if x.shape == (3,) and g.ndim == 2 else g, x))
    with pytest.raises(ag.CheckError, match="summed over broadcast axes") as said:
        ag.gradcheck(f, A, B[0])
    fault = said.value.report.fault
    assert (fault.operation, fault.argument, fault.position) == ("multiply", "y", 1)


@pytest.mark.parametrize(
    "cut",
    [lambda x: x.detach(), lambda x: ag.tensor(x.numpy()), lambda x: x.numpy()],
    ids=["detach", "tensor", "numpy"],
)
def test_a_graph_that_is_cut_is_found_where_the_value_is_used(cut: Any) -> None:
    def f(x: ag.Tensor) -> ag.Tensor:
        y = ag.tanh(x)
        return y * cut(y)

    with pytest.raises(ag.CheckError, match=r"no rule is wrong: the argument y .* is cut from the graph") as said:
        ag.gradcheck(f, A)
    assert said.value.report.fault.operation == "multiply"
    assert "return y * cut(y)" in said.value.report.fault.place


def test_a_rule_that_cannot_be_differentiated_is_named() -> None:
    def frozen(xp: Any, right: Any, g: Any, out: Any, inputs: Any) -> Any:
        return right(out=out.detach() if isinstance(out, ag.Tensor) else out)

    op = faulty("exp", 0, frozen)
    assert ag.gradcheck(lambda x: ag.tanh(op(x)), A).passed
    with pytest.raises(ag.CheckError, match="is right but cannot be differentiated") as said:
        ag.gradcheck(lambda x: ag.tanh(op(x)), A, order=2)
    assert said.value.report.fault.operation == "user_exp"


def test_the_first_wrong_rule_from_the_outputs_is_named_not_its_neighbours() -> None:
    names = ["tanh", "exp", "square", "sigmoid", "sqrt"]
    for wrong in range(len(names)):
        chain = [faulty(name, 0 if i == wrong else -1, sign) for i, name in enumerate(names)]

        def f(x: ag.Tensor, chain: list[Operation] = chain) -> ag.Tensor:
            for op in chain:
                x = op(x) + 0.1
            return x

        with pytest.raises(ag.CheckError) as said:
            ag.gradcheck(f, A)
        assert said.value.report.fault.operation == f"user_{names[wrong]}"


def test_the_local_jacobian_is_shown_expected_and_got() -> None:
    op = faulty("matmul", 1, sign)
    x, y = np.array([[2.0, 3.0]]), np.array([[1.0], [4.0]])
    with pytest.raises(ag.CheckError, match="its Jacobian") as said:
        ag.gradcheck(op, x, y)
    fault = said.value.report.fault
    assert np.allclose(fault.given_jacobian, [[-2.0, -3.0]]) and np.allclose(fault.expected_jacobian, [[2.0, 3.0]])
    assert f"its rule is at {__file__}:" in str(said.value)
