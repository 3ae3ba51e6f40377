"""Every operation against its samples: values, gradients, memory, records and refusals, in every world at hand.

Knows `samples.py` and no operation by name: what an operation needs is said in its samples.
"""

from __future__ import annotations

import doctest
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from samples import ERRORS, ROOMS, SAMPLES, Bad, Sample, broadcast_variants, references

import autograd_lite as ag
from autograd_lite.check.operation import check_operation
from conftest import World

OURS = {name: op for name, op in ag.REGISTRY.items() if op.ours}
DIFFERENTIABLE = [name for name, op in OURS.items() if op.differentiable]
ELEMENTWISE = [name for name, op in OURS.items() if op.spreads and name in SAMPLES]

BITS = ("bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift")

Case = tuple[str, Sample]


def _cases(keep: Callable[[str, Sample], bool], first: int = 1) -> Any:
    found = [(name, i, case) for name, cases in SAMPLES.items() for i, case in enumerate(cases) if keep(name, case)]
    return pytest.mark.parametrize("name, case", [_numbered(n, i, c, first) for n, i, c in found])


def _numbered(name: str, i: int, case: Sample, first: int) -> Any:
    """A sample with its number; those after the `first` ones are tried in the slow tests."""
    return pytest.param(name, case, id=f"{name}-{i}", marks=pytest.mark.slow if i >= first else ())


def _every(name: str, case: Sample) -> bool:
    return name in OURS


def _anywhere(name: str, case: Sample) -> bool:
    return name in OURS and not case.numpy_only


def _smooth(name: str, case: Sample) -> bool:
    return name in DIFFERENTIABLE and case.order > 0


def _derived(name: str, case: Sample) -> bool:
    return name in DIFFERENTIABLE


every_sample, smooth_samples, derived_samples = _cases(_every), _cases(_smooth, 1), _cases(_derived)
first_samples = every_sample


def _variants(first: int) -> Any:
    """Every operation with its operands in shapes that broadcast; what comes after the `first` is slow."""
    found = [(name, broadcast_variants(SAMPLES[name][0]).items()) for name in ELEMENTWISE]
    return pytest.mark.parametrize(
        "name, case",
        [
            pytest.param(name, case, id=f"{name}-{label}", marks=pytest.mark.slow if i >= first else ())
            for name, variants in found
            for i, (label, case) in enumerate(variants)
        ],
    )


every_variant, two_variants = _variants(100), _variants(2)

LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "fortran": lambda x: np.asarray(x, order="F"),
    "transposed": lambda x: x.T.copy().T,
    "negative": lambda x: x[::-1].copy()[::-1] if x.ndim else x,
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x,
    "read-only": lambda x: _read_only(x.copy()),
}


def _read_only(x: np.ndarray) -> np.ndarray:
    x.flags.writeable = False
    return x


def differentiable(name: str, inputs: tuple[Any, ...]) -> list[int]:
    """The arguments a gradient can be asked for."""
    op = OURS[name]
    return [
        i for i, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f" and op.rule(i) is not None
    ]


def run(name: str, case: Sample, leaves: dict[int, ag.Tensor]) -> ag.Tensor:
    """The operation on the sample, with these leaves in the places of its arrays."""
    return case.chosen(getattr(ag, name)(*(leaves.get(i, x) for i, x in enumerate(case.inputs)), **case.params))


def leaves_of(name: str, case: Sample, make: Callable[..., ag.Tensor] = ag.asarray) -> dict[int, ag.Tensor]:
    """A leaf for each argument that has a gradient."""
    return {i: make(case.inputs[i], requires_grad=True) for i in differentiable(name, case.inputs)}


def cotangent(out: ag.Tensor, seed: int = 7) -> np.ndarray:
    """An output gradient that is different in every element, and nowhere small."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.uniform(0.5, 1.5, out.shape) * rng.choice([-1.0, 1.0], out.shape)).astype(out.dtype)


def gradients(name: str, case: Sample) -> dict[int, np.ndarray]:
    """The gradient at every argument that has one."""
    leaves = leaves_of(name, case)
    out = run(name, case, leaves)
    if leaves:
        out.backward(cotangent(out))
    return {i: leaf.grad for i, leaf in leaves.items()}


def with_arrays(case: Sample, change: Callable[[np.ndarray], np.ndarray]) -> Sample:
    """The sample with every array put through `change`."""
    inputs = tuple(change(x) if isinstance(x, np.ndarray) else x for x in case.inputs)
    return replace(case, inputs=inputs)


def to_float32(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float32) if x.dtype.kind == "f" else x


# The table itself.


def test_every_operation_has_samples_and_errors() -> None:
    assert set(SAMPLES) == set(OURS)
    assert set(ERRORS) == set(OURS)
    assert all(SAMPLES.values()) and all(ERRORS.values())


@pytest.mark.parametrize("name", ROOMS)
def test_the_samples_of_an_operation_stand_in_the_file_of_its_room(name: str) -> None:
    room = ROOMS[name]
    assert set(room.SAMPLES) == set(room.ERRORS) == {op.name for op in OURS.values() if op.chapter == name}
    assert set(getattr(room, "REFERENCES", {})) <= set(room.SAMPLES)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_every_differentiable_argument_is_checked(name: str) -> None:
    op = OURS[name]
    wanted = {i for i in range(len(op.arguments)) if op.rule(i) is not None}
    checked = {i for case in SAMPLES[name] if case.order == 2 for i in differentiable(name, case.inputs)}
    assert wanted <= checked


@pytest.mark.parametrize("name", OURS)
def test_docstring_example_runs(name: str) -> None:
    examples = doctest.DocTestParser().get_doctest(OURS[name].__doc__ or "", {"ag": ag, "np": np}, name, None, None)
    assert examples.examples, f"{name} has no example"
    said: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(examples, out=said.append).failed
    assert failed == 0, "".join(said)


@pytest.mark.parametrize("name", OURS)
def test_function_has_the_signature_and_text_of_its_operation(name: str) -> None:
    import inspect

    function, op = getattr(ag, name), OURS[name]
    op = op.wide or op
    assert list(inspect.signature(function).parameters) == [*dict.fromkeys((*op.arguments, *op.places, *op.parameters))]
    said, meant = inspect.getdoc(function) or "", inspect.getdoc(OURS[name]) or ""
    assert said and said.splitlines()[0] == meant.splitlines()[0]


def shaped_by_data(name: str) -> bool:
    """Whether the shape of its result depends on the values of its condition, or of what it counts."""
    return ("condition" in OURS[name].arguments and not OURS[name].spreads) or name in COUNTING


COUNTING = {"argwhere", "bincount", "flatnonzero", "histogram", "nonzero", "unique", "unique_all"}


# Every world.


def _worldly(name: str) -> list[Sample]:
    """The samples of an operation, with real generators where a stand-in for one draws the same numbers always."""
    if not OURS[name].effect:
        return SAMPLES[name]
    return [replace(case, params={**case.params, "rng": np.random.default_rng(5)}) for case in SAMPLES[name]]


@pytest.mark.slow
@pytest.mark.parametrize("name", OURS)
def test_every_operation_works_in_every_world_with_all_its_samples(name: str) -> None:
    _works_everywhere(name, _worldly(name))


def _works_everywhere(name: str, samples: list[Sample]) -> None:
    report = check_operation(name, samples)
    refused = {row.sample for row in report.rows if row.outcome == "refused"}
    assert all(any(x.dtype == bool for x in SAMPLES[name][i].inputs[1:]) for i in refused) or shaped_by_data(name)


# Values and gradients.


def agrees(name: str, case: Sample) -> None:
    """The operation's value is NumPy's, in type, shape, dtype and number."""
    out = run(name, case, {})
    with np.errstate(all="ignore"):
        expected = np.asarray(references(name, case)(*case.inputs, **case.params))
    assert type(out) is ag.Tensor and type(out.data) is np.ndarray
    assert out.shape == expected.shape
    assert out.dtype == expected.dtype
    np.testing.assert_allclose(out.data, expected, rtol=case.rtol, atol=1e-15)


@_cases(_every, first=100)
def test_value_is_numpys(name: str, case: Sample) -> None:
    agrees(name, case)


@every_variant
def test_value_of_broadcast_variant(name: str, case: Sample) -> None:
    agrees(name, case)


def check(name: str, case: Sample, order: int) -> ag.CheckReport:
    """The gradient check of the sample's differentiable arguments."""
    places = differentiable(name, case.inputs)
    return ag.gradcheck(
        lambda *xs: run(name, case, dict(zip(places, xs, strict=True))),
        *(case.inputs[i] for i in places),
        order=order,
        rng=11,
    )


@smooth_samples
def test_gradients_to_second_order(name: str, case: Sample) -> None:
    report = check(name, case, case.order)
    assert report.passed
    if OURS[name].analytic:
        assert {row.method for row in report.rows if row.order == 1} == {"complex step"}


@pytest.mark.parametrize(
    "name, case",
    [
        pytest.param(name, case, id=f"{name}-{label}")
        for name in ELEMENTWISE
        if OURS[name].differentiable and SAMPLES[name][0].order
        for label, case in broadcast_variants(SAMPLES[name][0]).items()
        if differentiable(name, case.inputs)
    ],
)
def test_gradients_of_broadcast_variant(name: str, case: Sample) -> None:
    assert check(name, case, 1).passed
    for i, gradient in gradients(name, case).items():
        assert gradient.shape == case.inputs[i].shape and gradient.dtype == case.inputs[i].dtype


@derived_samples
def test_float32_gradient_is_the_float64_one(name: str, case: Sample) -> None:
    single = with_arrays(case, to_float32)
    double = with_arrays(single, lambda x: x.astype(np.float64) if x.dtype.kind == "f" else x)
    found, expected = gradients(name, single), gradients(name, double)
    assert found.keys() == expected.keys() and found
    for i in found:
        assert type(found[i]) is type(expected[i]) is np.ndarray
        assert found[i].shape == expected[i].shape == case.inputs[i].shape
        assert found[i].dtype == np.float32 and expected[i].dtype == np.float64
        scale = np.abs(expected[i]).max(initial=0.0)
        np.testing.assert_allclose(found[i], expected[i], rtol=1e-5, atol=1e-6 * scale)


@every_sample
def test_float32_stays_float32(name: str, case: Sample) -> None:
    out = run(name, with_arrays(case, to_float32), {})
    double = run(name, case, {})
    expected = np.float32 if double.dtype == np.float64 and case.keeps_dtype else double.dtype
    assert out.dtype == expected


# Memory.


@every_sample
def test_layout_changes_nothing(name: str, case: Sample) -> None:
    value, expected = run(name, case, {}).data, gradients(name, case)
    for layout, laid in LAYOUTS.items():
        other = with_arrays(case, laid)
        close = {"rtol": 1e-14, "atol": 1e-14, "err_msg": layout}
        np.testing.assert_allclose(run(name, other, {}).data, value, **close)
        found = gradients(name, other)
        for i in expected:
            np.testing.assert_allclose(found[i], expected[i], **close)


def _contents(values: Any) -> list[bytes]:
    return [x.tobytes() for x in values if isinstance(x, np.ndarray)]


@every_sample
def test_inputs_are_not_mutated(name: str, case: Sample) -> None:
    before = _contents(case.inputs)
    leaves = leaves_of(name, case)
    out = run(name, case, leaves)
    value = out.data.copy()
    if leaves:
        seed = cotangent(out)
        given = seed.copy()
        out.backward(seed)
        out.backward(seed)
        ag.grad(out, list(leaves.values()), gradient=seed, create_graph=True)
        assert np.array_equal(seed, given)
    assert _contents(case.inputs) == before
    assert value.tobytes() == out.data.tobytes()


@derived_samples
def test_gradients_share_no_memory(name: str, case: Sample) -> None:
    leaves = leaves_of(name, case)
    out = run(name, case, leaves)
    seed = cotangent(out)
    values = [seed, out.data, *(x for x in case.inputs if isinstance(x, np.ndarray))]
    out.backward(seed)
    by_backward = [leaf.grad for leaf in leaves.values()]
    out.backward(seed)
    by_grad = [g.data for g in ag.grad(out, list(leaves.values()), gradient=seed)]
    _apart(by_backward, [*values, *by_grad])
    _apart(by_grad, values)
    for gradient in by_backward + by_grad:
        gradient += 1  # none is a read-only or broadcast view


def _apart(gradients: list[np.ndarray], others: list[np.ndarray]) -> None:
    assert not any(np.shares_memory(a, b) for a, b in combinations(gradients, 2))
    assert not any(np.shares_memory(g, x) for g in gradients for x in others)


@derived_samples
def test_second_backward_doubles_the_gradient(name: str, case: Sample) -> None:
    leaves = leaves_of(name, case)
    out = run(name, case, leaves)
    seed = cotangent(out)
    out.backward(seed)
    once = [leaf.grad.copy() for leaf in leaves.values()]
    out.backward(seed)
    for leaf, first in zip(leaves.values(), once, strict=True):
        assert np.array_equal(leaf.grad, 2 * first)


# The record.


@derived_samples
def test_graph_records_the_call(name: str, case: Sample) -> None:
    op = OURS[name]
    leaves = leaves_of(name, case)
    out = run(name, case, leaves)
    assert out.requires_grad
    if op.composed:  # what stands in the graph is what it is composed of
        behind = ag.ancestors(out)
        assert {id(leaf) for leaf in leaves.values()} <= {id(each) for each in behind}
        assert not any(each.node.op.composed for each in behind if each.node is not None)
        return
    assert (out.node.op.of or out.node.op) is op
    assert out.node.params == {**op.defaults, **case.params}
    assert len(out.node.inputs) == len(case.inputs)
    for i, leaf in leaves.items():
        assert out.node.inputs[i] is leaf
    with ag.no_grad():
        silent = run(name, case, leaves)
    assert silent.node is None and not silent.requires_grad
    assert run(name, case, {}).node is None


@pytest.mark.parametrize(
    "name, place", [(n, i) for n, op in OURS.items() for i in range(len(op.arguments)) if op.rule(i) is None]
)
def test_argument_without_a_rule_gets_no_gradient(name: str, place: int) -> None:
    case = next(each for each in SAMPLES[name] if _arrays(each, place))
    data = case.inputs[place]
    # An index cannot be of floating-point numbers, and those have no bits.
    if OURS[name].arguments[place] not in ("indices", "segments") and name not in {*BITS, "bincount"}:
        out = run(name, case, {place: ag.tensor(data.astype(float), requires_grad=True)})
        assert not out.requires_grad and out.node is None
    leaves = leaves_of(name, case)
    as_data = ag.tensor(data)
    out = run(name, case, {**leaves, place: as_data})
    assert out.requires_grad == bool(leaves)
    if leaves:
        out.backward(cotangent(out))
        assert all(leaf.grad is not None for leaf in leaves.values())
        assert ag.grad(out, as_data, gradient=cotangent(out), allow_unused=True) is None
    assert as_data.grad is None


def _arrays(case: Sample, place: int) -> list[np.ndarray]:
    """The argument at a place, if there is one and it is an array."""
    return [x for x in case.inputs[place : place + 1] if isinstance(x, np.ndarray)]


# Refusals.


@pytest.mark.parametrize(
    "name, refused", [pytest.param(n, b, id=f"{n}-{i}") for n, every in ERRORS.items() for i, b in enumerate(every)]
)
def test_bad_arguments_are_refused(name: str, refused: Bad) -> None:
    with pytest.raises(ag.AutogradError, match=refused.match) as raised:
        getattr(ag, name)(*refused.inputs, **refused.params)
    assert type(raised.value) is refused.error


# Other worlds.


@_cases(_anywhere)
def test_world_gives_numpys_values_and_gradients(world: World, name: str, case: Sample) -> None:
    def make(values: Any, requires_grad: bool = False) -> ag.Tensor:
        return ag.asarray(world.asarray(values), requires_grad=requires_grad)

    places = {i: make(x) for i, x in enumerate(case.inputs) if isinstance(x, np.ndarray)}
    leaves = leaves_of(name, case, make)
    out = run(name, case, {**places, **leaves})
    if leaves:
        seed = cotangent(out)
        out.backward(world.asarray(seed))
        again = ag.grad(out, list(leaves.values()), gradient=world.asarray(seed), create_graph=True)
        assert all(type(each.data) is world.array_type for each in again)
    assert type(out.data) is world.array_type
    assert all(type(leaf.grad) is world.array_type for leaf in leaves.values())
    assert world.conversions == [], "values were copied to the host in silence"
    close = {"rtol": 1e-13, "atol": 1e-14}
    here = run(name, case, {})
    assert out.shape == here.shape and out.dtype == here.dtype
    np.testing.assert_allclose(world.to_numpy(out.data), here.data, **close)
    expected = gradients(name, case) if leaves else {}
    for i, leaf in leaves.items():
        assert leaf.grad.shape == leaf.shape and leaf.grad.dtype == leaf.dtype
        np.testing.assert_allclose(world.to_numpy(leaf.grad), expected[i], **close)


def _mixed() -> Iterator[Any]:
    for name, cases in SAMPLES.items():
        for i, case in enumerate(cases):
            arrays = [place for place, x in enumerate(case.inputs) if isinstance(x, np.ndarray)]
            if len(arrays) > 1:
                yield pytest.param(name, case, arrays, id=f"{name}-{i}")
                break


@pytest.mark.parametrize("name, case, places", list(_mixed()))
def test_worlds_do_not_mix(world: World, name: str, case: Sample, places: list[int]) -> None:
    for abroad in places:
        there = ag.tensor(world.asarray(case.inputs[abroad]))
        here = {i: ag.tensor(case.inputs[i]) for i in places if i != abroad}
        with pytest.raises(ag.DeviceError, match=rf"{name}.*cpu and {there.device}") as raised:
            run(name, case, {**here, abroad: there})
        assert isinstance(raised.value, TypeError)
    assert world.conversions == []


def test_world_refuses_a_seed_or_a_value_from_elsewhere(world: World) -> None:
    x = world.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    with pytest.raises(ag.DeviceError, match="lives on cpu"):
        y.backward(np.ones(2))
    assert x.grad is None
    with pytest.raises(ag.DeviceError, match="cannot assign a value on cpu"):
        x.assign(np.ones(2))
    assert world.to_numpy(x.data).tolist() == [1.0, 2.0]


def test_world_shares_no_memory_between_gradients(world: World) -> None:
    x, y = world.tensor([1.0, 2.0], requires_grad=True), world.tensor([3.0, 4.0], requires_grad=True)
    seed = world.asarray(np.ones(2))
    (x + y).backward(seed)
    x.grad += 1
    assert world.to_numpy(y.grad).tolist() == [1.0, 1.0]
    assert world.to_numpy(seed).tolist() == [1.0, 1.0]
