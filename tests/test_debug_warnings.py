"""What debug mode warns of, each at its line: numbers not finite, odd broadcasts, leaves left out or over."""

from __future__ import annotations

import inspect
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.engine import witness
from autograd_lite.engine.graph import mode
from autograd_lite.engine.witness import SILENT
from autograd_lite.ops import cures

Said = list[warnings.WarningMessage]


def heard(function: Callable[[], Any]) -> Said:
    """What debug mode warns of while `function` runs in it."""
    with warnings.catch_warnings(record=True) as said, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        with ag.debug():
            function()
    return [each for each in said if issubclass(each.category, ag.DebugWarning)]


def leaf(*values: float, name: str = "x") -> ag.Tensor:
    return ag.tensor(np.array(values), requires_grad=True, name=name)


# Where a number that is not finite is born: what is computed, which operation is named, what is said of it.
BIRTHS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "log of 0": (lambda: ag.log(leaf(1.0, 0.0)) + 0.0, "-inf is born in log", "x = 0.0: the logarithm of 0"),
    "log of a negative": (lambda: ag.log(leaf(1.0, -2.0)), "nan is born in log", "x = -2.0: .*negative"),
    "division by 0": (lambda: leaf(1.0, 2.0) / leaf(1.0, 0.0), "inf is born in divide", "x = 2.0, y = 0.0: a division"),
    "0 by 0": (lambda: leaf(1.0, 0.0) / leaf(1.0, 0.0), "nan is born in divide", "0 divided by 0"),
    "division by a number": (lambda: leaf(1.0, 2.0) / 0.0, "inf is born in divide", "y = 0.0"),
    "broadcast division": (
        lambda: leaf(1.0, 2.0) / ag.tensor([[1.0, 1.0], [1.0, 0.0]]),
        r"inf is born in divide.* at index \(1, 1\)",
        "x = 2.0, y = 0.0",
    ),
    "root of a negative": (lambda: ag.sqrt(leaf(1.0, -1e-17)), "nan is born in sqrt", "square root of a negative"),
    "overflow of exp": (lambda: ag.exp(leaf(1.0, 800.0)), "inf is born in exp", "x = 800.0: .*ag.logsumexp"),
    "0 times infinity": (
        lambda: leaf(1.0, 0.0) * np.array([1.0, np.inf]),
        "nan is born in multiply",
        "0 times infinity.*ag.where",
    ),
    "infinity less infinity": (
        lambda: leaf(np.inf, 0.0) - np.array([np.inf, 1.0]),
        "nan is born in subtract",
        "infinity less infinity",
    ),
    "0 to a negative power": (lambda: leaf(1.0, 0.0) ** -1.5, "inf is born in power", "0 to a negative power"),
    "negative to a fraction": (lambda: leaf(1.0, -2.0) ** 0.5, "nan is born in power", "not whole"),
    "overflow of a square": (lambda: ag.square(leaf(1e200)), "inf is born in square", "beyond the largest number"),
    "overflow of a product": (
        lambda: leaf(1e200) * leaf(1e200),
        "inf is born in multiply",
        "beyond the largest number",
    ),
    "a matrix product": (lambda: leaf(1e200, 1e200) @ leaf(1e200, 1.0), "inf is born in matmul", "sum of products"),
    "a masked row": (lambda: ag.softmax(leaf(-np.inf, -np.inf)), "nan is born in softmax", "nothing but -infinity"),
    "where nobody records": (lambda: ag.log(ag.tensor([0.0, 1.0], name="x")), "-inf is born in log", "logarithm of 0"),
    "without gradients": (ag.no_grad()(lambda: ag.log(leaf(0.0)) + 0.0), "-inf is born in log", "logarithm of 0"),
    "float32": (
        lambda: ag.exp(ag.tensor([100.0], dtype=np.float32, requires_grad=True)),
        r"inf is born in exp\(x \(1,\) float32\)",
        "x = 100.0",
    ),
}


@pytest.mark.parametrize("compute, born, why", BIRTHS.values(), ids=BIRTHS)
def test_a_number_that_is_not_finite_is_reported_where_it_is_born(compute: Any, born: str, why: str) -> None:
    said = heard(lambda: ag.sum(compute() * 2.0 + 1.0))  # what follows from it is not reported again
    assert len(said) == 1
    message = str(said[0].message)
    assert said[0].filename == __file__ and f"{__file__}:{said[0].lineno} in " in message
    assert re.search(born, message) and re.search(why, message) and "Usual cure: " in message


def test_operands_are_named_with_their_values_and_the_index() -> None:
    rates, times = leaf(1.0, 2.0, 3.0, name="rates"), leaf(1.0, 0.0, 0.0, name="times")

    def speed() -> ag.Tensor:
        return rates / times

    said = heard(speed)
    line = inspect.getsourcelines(speed)[1] + 1
    assert (said[0].filename, said[0].lineno) == (__file__, line)
    message = str(said[0].message)
    assert "divide(rates (3,) float64, times (3,) float64)" in message
    assert "at index (1,), x = 2.0, y = 0.0" in message and "(return rates / times)" in message


REVERSE_BIRTHS: dict[str, tuple[Callable[[ag.Tensor], Any], list[float], str]] = {
    "root at 0": (
        lambda x: ag.sqrt(x) * 1.0,
        [1.0, 0.0],
        "by sqrt.*x = 0.0.*slope of the square root at 0 is infinite.*1e-12",
    ),
    "power at 0": (lambda x: x**0.5 + 0.0, [1.0, 0.0], "by power.*x = 0.0, y = 0.5.*slope of a power below 1"),
    "a tiny divisor": (lambda x: 1.0 / x + 0.0, [1.0, 1e-200], "by divide.*keep the divisor away from 0"),
    "a tiny logarithm": (lambda x: ag.log(x) + 0.0, [1.0, 5e-324], "by log.*1 / x"),
}


@pytest.mark.parametrize("f, x, why", REVERSE_BIRTHS.values(), ids=REVERSE_BIRTHS)
@pytest.mark.parametrize("recorded", [False, True])
def test_a_gradient_that_is_not_finite_is_reported_at_the_operation_it_comes_from(
    f: Any, x: list[float], why: str, recorded: bool
) -> None:
    given = leaf(*x, name="w")

    def run() -> None:
        y = ag.sum(f(given) * 3.0)
        if recorded:
            ag.grad(y, given, create_graph=True)
        else:
            y.backward()

    said = [each for each in heard(run) if "reverse pass" in str(each.message)]
    assert len(said) == 1
    expected = rf"born in the reverse pass, as the gradient of w \(2,\) float64 {why}"
    assert re.search(expected, str(said[0].message))
    assert "lambda x:" in str(said[0].message)


def test_forward_comes_before_reverse() -> None:
    x = leaf(0.0, 1.0)

    def run() -> None:
        y = ag.log(x)
        z = ag.sqrt(x)
        ag.sum(y + z).backward()

    said = [str(each.message) for each in heard(run)]
    assert "born in log" in said[0] and "born in the reverse pass" in said[1]


def test_a_pass_outside_the_block_reports_too() -> None:
    x = leaf(0.0, 1.0)
    with ag.debug():
        y = ag.sum(ag.sqrt(x))
    with pytest.warns(ag.DebugWarning, match="reverse pass"), np.errstate(all="ignore"):
        y.backward()


def test_a_nan_that_was_given_is_not_born() -> None:
    x = leaf(np.nan, 1.0)
    mask = ag.tensor([-np.inf, 0.0])

    def run() -> None:
        ag.sum(x * 2.0).backward()
        ag.sum(ag.softmax(leaf(1.0, 2.0) + mask)).backward()

    assert heard(run) == []


def test_each_line_says_it_once() -> None:
    x = leaf(0.0)

    def run() -> None:
        for _ in range(3):
            ag.log(x)
        ag.log(x)

    assert len({each.lineno for each in heard(run)}) == len(heard(run)) == 2


def test_one_block_in_another_says_nothing_twice() -> None:
    def run() -> None:
        with ag.debug():
            ag.log(leaf(0.0))

    assert len(heard(run)) == 1


def test_a_warning_made_an_error_stops_there_and_changes_nothing() -> None:
    x = leaf(0.0, 1.0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", ag.DebugWarning)
        with ag.debug(), pytest.raises(ag.DebugWarning, match="born in log"):
            ag.log(x)
        with ag.debug(), pytest.raises(ag.DebugWarning, match="reverse pass"):
            ag.sum(ag.sqrt(x)).backward()
    assert x.grad is None and mode.now.witness is SILENT


# Broadcasts.

ODD = [((4,), (4, 1)), ((4, 1), (4,))]
MEANT = [((4,), (4,)), ((4, 1), (4, 1)), ((4,), (3, 4)), ((4, 1), (1, 4)), ((1,), (1, 1)), ((3,), (4, 1)), ((), (4, 1))]


@pytest.mark.parametrize("one, other", ODD)
@pytest.mark.parametrize("wanted", [True, False])
def test_a_vector_with_a_column_is_warned_of(one: Any, other: Any, wanted: bool) -> None:
    x = ag.tensor(np.ones(one), requires_grad=wanted, name="prediction")
    said = heard(lambda: x - np.ones(other))
    assert len(said) == 1 and said[0].filename == __file__
    message = str(said[0].message)
    assert "makes (4, 4)" in message and f"prediction {one} float64" in message and "reshape(-1)" in message


@pytest.mark.parametrize("one, other", MEANT)
def test_broadcasts_that_are_meant_are_not(one: Any, other: Any) -> None:
    x = ag.tensor(np.ones(one), requires_grad=True)
    assert heard(lambda: x - np.ones(other)) == []


# Leaves left out, and gradients left over.


def test_a_leaf_without_a_path_to_the_loss_is_named() -> None:
    w, b = leaf(1.0, 2.0, name="w"), leaf(0.5, name="b")

    def run() -> None:
        hidden = (w * 2.0).detach()
        ag.sum(hidden + b).backward()

    said = heard(run)
    assert len(said) == 1
    message = str(said[0].message)
    assert "w (2,) float64 requires a gradient and got none" in message
    assert "hidden = (w * 2.0).detach()" in message and "used by multiply" in message


def test_a_parameter_that_an_optimiser_finds_without_gradient_is_named() -> None:
    w, unused = leaf(1.0, name="w"), leaf(1.0, name="unused")
    optimizer = nn.SGD([w, unused], lr=0.1)

    def run() -> None:
        ag.sum(w * w).backward()
        optimizer.step()

    said = heard(run)
    assert len(said) == 1 and "unused (1,) float64 requires a gradient and got none" in str(said[0].message)
    assert "optimizer.step()" in str(said[0].message)


def test_a_forgotten_zero_grad_is_named_and_a_sum_over_batches_is_not() -> None:
    w = leaf(1.0, name="w")
    optimizer = nn.SGD([w], lr=0.1)

    def forgotten() -> None:
        for _ in range(3):
            ag.sum(w * w).backward()
            optimizer.step()

    said = heard(forgotten)
    assert len(said) == 1
    message = str(said[0].message)
    assert "the gradient of w (1,) float64" in message and "zero_grad()" in message
    assert "ag.sum(w * w).backward()" in message

    def right() -> None:
        for _ in range(3):
            optimizer.zero_grad()
            for _ in range(2):  # batches whose gradients are added up
                ag.sum(w * w).backward()
            optimizer.step()

    assert heard(right) == []


def test_a_forgotten_zero_grad_is_found_over_several_blocks() -> None:
    w = leaf(1.0, name="w")
    optimizer = nn.SGD([w], lr=0.1)

    def step() -> None:
        ag.sum(w * w).backward()
        optimizer.step()

    assert heard(step) == []
    assert len(heard(step)) == 1


def test_a_whole_training_is_silent() -> None:
    model = nn.MLP([3, 4, 1], rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    x, y = np.random.default_rng(0).normal(size=(8, 3)), np.zeros((8, 1))

    def train() -> None:
        for _ in range(3):
            optimizer.zero_grad()
            nn.quadratic_cost(model(x), y).backward()
            optimizer.step()
            with ag.no_grad():
                model(x)

    assert heard(train) == []


def test_gradients_by_grad_leave_nobody_out() -> None:
    w, x = leaf(1.0, name="w"), leaf(2.0, name="x")

    def penalty() -> None:
        y = w * x * x
        slope = ag.grad(y.sum(), x, create_graph=True)
        (slope * slope).sum().backward()

    assert heard(penalty) == []


def test_leaves_are_not_kept_alive(uncollected: None) -> None:
    import weakref

    with ag.debug():
        w = leaf(1.0)
        ag.sum(w * w).backward()
        gone = weakref.ref(w)
        del w
        assert gone() is None


def test_arrays_of_another_library(world: Any) -> None:
    x = world.tensor([1.0, 0.0], requires_grad=True)
    assert "born in log" in str(heard(lambda: ag.log(x))[0].message)


# The table of cures.


@pytest.mark.parametrize("table", [cures.FORWARD, cures.REVERSE, cures.OTHERWISE], ids=["forward", "reverse", "whole"])
def test_cures_are_of_operations_there_are(table: dict[str, Any]) -> None:
    awaited = {"log2", "log10", "log1p", "exp2", "expm1", "sinh", "cosh", "reciprocal", "float_power", "remainder"}
    awaited |= {"fmod", "floor_divide", "arcsin", "arccos", "arctanh", "arccosh", "sin", "cos", "tan", "cbrt"}
    assert set(table) <= set(ag.REGISTRY) | awaited
    for name in table:
        said, instead = cures.cure(name, table is cures.REVERSE, None)
        assert said and instead


# What it costs while it is off.


def test_off_it_costs_no_call_but_one_for_each_reverse_pass() -> None:
    w, x = leaf(1.0, 2.0, name="w"), np.ones((3, 2))

    def step() -> None:
        ag.sum(ag.tanh(x * w)).backward()
        with ag.no_grad():
            ag.exp(w)

    with ag.debug():
        step()
    called: list[tuple[str, str]] = []
    sys.setprofile(lambda frame, event, _: called.append((frame.f_code.co_filename, frame.f_code.co_name)))
    try:
        step()
    finally:
        sys.setprofile(None)
    files = [Path(file).name for file, _ in called]
    assert "debug.py" not in files and "alarm.py" not in files and "tensor.py" in files
    told = {name for (file, name) in called if Path(file).name == "witness.py"}
    assert told <= {"passed", "made"} and called.count((witness.__file__, "passed")) == 2  # entered and left
    assert mode.now.witness is SILENT
