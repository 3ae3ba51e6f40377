"""Every operation sample compiled: the replay on other data has the bits of eager, forward and gradient.

Knows `samples.py` and no operation by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from samples import Sample
from test_operations import (
    LAYOUTS,
    OURS,
    _cases,
    cotangent,
    differentiable,
    first_samples,
    shaped_by_data,
    to_float32,
    two_variants,
    with_arrays,
)

import autograd_lite as ag


def other(x: Any) -> Any:
    """Different data of the same signature, as good for the operation as `x`: no sign, order or range is lost."""
    if not isinstance(x, np.ndarray):
        return x
    moved = np.roll(x.reshape(-1), 1).reshape(x.shape)
    if x.dtype.kind == "f":
        moved = (moved * np.asarray(1.25, x.dtype)).astype(x.dtype)
    return moved


def scaled(x: Any) -> Any:
    """Different data where every element has to stay in its place."""
    return (x * np.asarray(1.25, x.dtype)).astype(x.dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x


def masks(name: str, case: Sample) -> bool:
    """Whether an index of the sample is a boolean array: the shape of its result depends on data."""
    if shaped_by_data(name):
        return True
    fixed = name == "put_at" and not isinstance(case.inputs[1], np.ndarray)  # a number goes to any number of places
    return (
        not fixed
        and "template" in case.params
        and any(isinstance(x, np.ndarray) and x.dtype == bool for x in case.inputs)
    )


def function_of(name: str, case: Sample) -> Any:
    """The operation on arrays, and the gradient of a weighted sum of it at every argument that has one."""
    places = [i for i, x in enumerate(case.inputs) if isinstance(x, np.ndarray)]
    wanted = differentiable(name, case.inputs)

    def f(*arrays: Any) -> Any:
        inputs: list[Any] = list(case.inputs)
        for i, array in zip(places, arrays, strict=True):
            inputs[i] = array
        out = case.chosen(getattr(ag, name)(*inputs, **case.params))
        if not out.requires_grad:
            return (out,)
        slopes = ag.grad(out, [inputs[i] for i in wanted], gradient=cotangent(out), allow_unused=True)
        return (out, *[g for g in slopes if g is not None])

    return f, places, wanted


def tensors(inputs: tuple[Any, ...], places: list[int], wanted: list[int]) -> list[ag.Tensor]:
    return [ag.asarray(inputs[i], requires_grad=i in wanted) for i in places]


def bits(results: Any) -> list[tuple[Any, ...]]:
    return [(r.dtype, r.shape, r.numpy().tobytes()) for r in results]


def hold_to_eager(name: str, case: Sample, layout: Callable[[np.ndarray], np.ndarray] = np.copy) -> None:
    f, places, wanted = function_of(name, case)
    compiled = ag.compile(f)
    move = scaled if case.stays else other
    if ag.REGISTRY[name].effect:
        return  # of a stand-in for a generator; real ones are tested in test_compile_bits.py
    if masks(name, case):
        with pytest.raises(ag.CompileError, match="depends on data"):
            compiled(*tensors(case.inputs, places, wanted))
        return
    values = case.inputs
    for round in range(4):
        inputs = tuple(layout(x) if isinstance(x, np.ndarray) and x.ndim else x for x in values)
        with np.errstate(all="ignore"):
            found = compiled(*tensors(inputs, places, wanted))
            eager = f(*tensors(inputs, places, wanted))
        assert bits(found) == bits(eager), f"call {round}"
        values = tuple(move(x) for x in values)
    assert compiled.records == 1


def refused(name: str, case: Sample) -> bool:
    """Whether the operation takes no such numbers eagerly."""
    f, places, wanted = function_of(name, case)
    try:
        f(*tensors(case.inputs, places, wanted))
    except ag.AutogradError:
        return True
    return False


@first_samples
def test_a_replay_on_other_data_has_the_bits_of_eager(name: str, case: Sample) -> None:
    hold_to_eager(name, case)


@first_samples
def test_a_replay_in_float32_has_the_bits_of_eager(name: str, case: Sample) -> None:
    hold_to_eager(name, with_arrays(case, to_float32))


@pytest.mark.slow
@first_samples
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_replay_in_float16_has_the_bits_of_eager(name: str, case: Sample) -> None:
    halves = with_arrays(case, lambda x: x.astype(np.float16) if x.dtype.kind == "f" else x)
    if not ag.REGISTRY[name].effect and refused(name, halves):
        with pytest.raises(ag.AutogradError, match="float16"):  # NumPy's linear algebra takes no halves
            hold_to_eager(name, halves)
        return
    hold_to_eager(name, halves)


@two_variants
def test_a_replay_under_broadcasting_has_the_bits_of_eager(name: str, case: Sample) -> None:
    hold_to_eager(name, case)


@pytest.mark.slow
@_cases(lambda name, case: name in OURS and not OURS[name].composed, first=1)
def test_a_replay_of_any_memory_layout_has_the_bits_of_eager(name: str, case: Sample) -> None:
    for layout, laid in LAYOUTS.items():
        try:
            hold_to_eager(name, case, laid)
        except BaseException as error:
            error.add_note(f"with arrays that are {layout}")
            raise
