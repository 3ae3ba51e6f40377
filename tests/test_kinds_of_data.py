"""What a tensor can be made of: numbers and booleans in the machine's byte order; all else is refused, wherever.

A way in is any place where the library is handed an array: a tensor made, an operand, an index, a seed, an assignment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

MASKED = np.ma.masked_array([1.0, 100.0, 1.0], mask=[0, 1, 0])

FOREIGN: dict[str, tuple[Any, str]] = {
    "masked": (MASKED, r"filled\("),
    "masked, nothing hidden": (np.ma.masked_array([1.0, 2.0, 3.0]), r"filled\("),
    "masked whole numbers": (np.ma.masked_array([1, 2, 3], mask=[1, 0, 0]), r"filled\("),
    "objects": (np.array([1, 2.5, 3], dtype=object), r"dtype object.*astype\(float\)"),
    "big whole numbers": ([1, 2, 2**70], r"dtype object.*astype\(float\)"),
    "words": (np.array(["a", "b", "c"]), "dtype <U1.*unique"),
    "bytes": (np.array([b"a", b"b", b"c"]), r"dtype \|S1.*unique"),
    "dates": (np.array(["2020-01-01"] * 3, "M8[D]"), r"dtype datetime64\[D\].*timedelta64"),
    "durations": (np.array([1, 2, 3], "m8[s]"), r"dtype timedelta64\[s\].*timedelta64"),
    "records": (np.zeros(3, [("a", float)]), r"dtype \[.*field"),
    "nested lists of words": (["a", "b", "c"], "unique"),
}

WAYS_IN: dict[str, Callable[[Any], Any]] = {
    "tensor": ag.tensor,
    "asarray": ag.asarray,
    "tensor of a dtype": lambda a: ag.tensor(a, dtype=float),
    "operand on the right": lambda a: ag.tensor([1.0, 2.0, 3.0], requires_grad=True) * a,
    "operand on the left": lambda a: ag.tensor([1.0, 2.0, 3.0], requires_grad=True).__rmul__(a),
    "operand of a function": lambda a: ag.maximum(ag.tensor([1.0, 2.0, 3.0]), a),
    "one of several": lambda a: ag.concatenate([ag.tensor([1.0]), a]),
    "condition": lambda a: ag.where(a, ag.tensor([1.0, 2.0, 3.0]), 0.0),
    "index": lambda a: ag.tensor([1.0, 2.0, 3.0])[a],
    "index beside a slice": lambda a: ag.tensor(np.ones((3, 3)))[:, a],
    "value put": lambda a: ag.put(ag.tensor([1.0, 2.0, 3.0]), slice(None), a),
    "assigned": lambda a: ag.tensor([1.0, 2.0, 3.0]).assign(a),
    "added in place": lambda a: ag.tensor([1.0, 2.0, 3.0]).__iadd__(a),
    "seed": lambda a: (2 * ag.tensor([1.0, 2.0, 3.0], requires_grad=True)).backward(gradient=a),
    "seed of grad": lambda a: ag.grad((x := ag.tensor([1.0, 2.0, 3.0], requires_grad=True)) * 2, x, gradient=a),
    "state": lambda a: nn.Linear(3, 1).load_state_dict({"weight": np.asanyarray(a)[None], "bias": np.zeros(1)}),
    "gradcheck": lambda a: ag.gradcheck(ag.exp, a),
}


@pytest.mark.parametrize("way", WAYS_IN.values(), ids=WAYS_IN)
@pytest.mark.parametrize("data, advice", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_array_of_numbers_is_refused(data: Any, advice: str, way: Callable[[Any], Any]) -> None:
    with pytest.raises(ag.AutogradError) as raised:
        way(data)
    assert raised.value.args


@pytest.mark.parametrize("data, advice", FOREIGN.values(), ids=FOREIGN)
def test_the_refusal_says_what_to_write(data: Any, advice: str) -> None:
    for way in (ag.tensor, ag.asarray, lambda a: ag.tensor([1.0, 2.0, 3.0]) * a):
        with pytest.raises(ag.ArgumentError, match=advice):
            way(data)


@pytest.mark.parametrize("scalar", [np.timedelta64(1, "s"), np.datetime64("2020-01-01"), np.str_("a"), np.bytes_(b"a")])
def test_scalars_that_are_no_numbers_are_refused(scalar: Any) -> None:
    for way in (lambda: ag.tensor(1.0) * scalar, lambda: ag.tensor(scalar), lambda: ag.tensor([1.0])[scalar]):
        with pytest.raises(ag.AutogradError):
            way()


class Fails:
    """An object that says it can be an array, and cannot."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self.error("no array today")


@pytest.mark.parametrize("error", [KeyError, ValueError, OSError, AttributeError, ZeroDivisionError])
def test_an_object_that_fails_to_become_an_array_is_refused(error: type[Exception]) -> None:
    with pytest.raises(ag.ArgumentError, match=r"Fails.*no array today"):
        ag.tensor(Fails(error))
    with pytest.raises(ag.ArgumentError, match="no array today"):
        ag.exp(Fails(error))


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_matrices_and_memory_maps_become_plain_arrays(tmp_path: Any) -> None:
    mapped = np.memmap(tmp_path / "data", dtype=float, mode="w+", shape=(2, 2))
    for each in (np.asmatrix(np.eye(2)), mapped):
        assert type(ag.tensor(each).data) is np.ndarray
        assert np.array_equal((ag.tensor(np.ones((2, 2))) * each).numpy(), np.asarray(each))


# Byte order.

OTHER = ">" if np.little_endian else "<"


@pytest.mark.parametrize("code", ["f4", "f8", "f2", "i4", "c8"])
def test_the_other_byte_order_is_made_the_machines_own(code: str) -> None:
    foreign = np.array([1, 2, 3], OTHER + code)
    wants = code[0] == "f"
    for made in (
        ag.tensor(foreign, requires_grad=wants),
        ag.asarray(foreign, requires_grad=wants),
        ag.tensor([1, 2, 3], requires_grad=wants, dtype=OTHER + code),
        ag.tensor([1.0, 2.0, 3.0]).astype(OTHER + code),
        ag.astype(ag.tensor([1.0, 2.0, 3.0]), OTHER + code),
    ):
        assert made.dtype.isnative and made.dtype == np.dtype(code)
        assert np.array_equal(made.numpy(), foreign)
    assert foreign.dtype.byteorder == OTHER


def test_gradients_of_the_other_byte_order() -> None:
    x = ag.tensor(np.array([1.0, 2.0], OTHER + "f8"), requires_grad=True)
    (x * np.array([3.0, 4.0], OTHER + "f8")).backward(np.array([1.0, 10.0], OTHER + "f8"))
    assert x.grad.dtype.isnative and x.grad.tolist() == [3.0, 40.0]
    x.assign(np.array([5.0, 6.0], OTHER + "f8"))
    assert x.dtype.isnative and x.numpy().tolist() == [5.0, 6.0]
    assert ag.tensor([1.0, 2.0, 3.0])[np.array([2, 0], OTHER + "i8")].numpy().tolist() == [3.0, 1.0]
    assert ag.gradcheck(ag.exp, np.array([1.0, 2.0], OTHER + "f8")).passed


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_a_compiled_step_of_the_other_byte_order(code: str) -> None:
    w = ag.tensor(np.array([1.0, 2.0], OTHER + code), requires_grad=True)
    eager = ag.tensor(np.array([1.0, 2.0], OTHER + code), requires_grad=True)

    def run(w: ag.Tensor, optimizer: nn.SGD) -> Any:
        def step(x: Any) -> ag.Tensor:
            cost = (w * w * x).sum()
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return cost

        return step

    compiled, plain = ag.compile(run(w, nn.SGD([w], 0.1))), run(eager, nn.SGD([eager], 0.1))
    for _ in range(3):
        batch = np.ones(2, OTHER + code)
        assert compiled(batch).numpy().tobytes() == plain(batch).numpy().tobytes()
    assert w.numpy().tobytes() == eager.numpy().tobytes()
