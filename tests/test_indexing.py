"""Indices: everything that NumPy takes for one means the same here, going forward and coming back."""

from __future__ import annotations

from array import array
from collections import deque
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops.indexing import ARRAY, fill, split
from autograd_lite.ops.shaping import along

DATA = np.arange(12.0).reshape(4, 3)

INDICES: dict[str, Any] = {
    "tuple beside a slice": (slice(None), (0, 0)),
    "tuple before a slice": ((1, 1, 3), slice(1, 3)),
    "range alone": range(0, 4, 2),
    "range beside a number": (range(3), 1),
    "two ranges": (range(3), range(3)),
    "range that names nothing": range(0),
    "empty tuple inside": ((), 1),
    "empty list": [],
    "tuple of tuples": ((0, 0), (2, 2)),
    "nested lists": [[0, 1], [1, 0]],
    "tuple of booleans": ((True, False, True, True), 0),
    "list of booleans": [True, True, False, True],
    "numpy integer": np.int32(2),
    "numpy integer beside a slice": (slice(None), np.uint8(2)),
    "numpy boolean": np.True_,
    "boolean": False,
    "slice of numpy integers": slice(np.int64(1), np.int64(4), np.int64(2)),
    "zero-dimensional array": np.array(2),
    "zero-dimensional array in a slice": slice(np.array(1), None),
    "unsigned bytes": np.array([3, 3, 0], np.uint8),
    "tuple of numpy integers": (slice(None), (np.int64(2), np.int8(2))),
    "array of the standard library": array("l", [1, 1]),
    "deque": deque([2, 2, 0]),
    "mask over both axes": DATA % 2 == 0,
    "everything": (..., None, (1, 1)),
}
every_index = pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)


def seed_of(value: np.ndarray) -> np.ndarray:
    return 1.0 + np.arange(value.size).reshape(value.shape)


@every_index
def test_an_index_means_what_it_means_to_numpy(index: Any) -> None:
    x = ag.tensor(DATA, requires_grad=True)
    out = x[index]
    expected = DATA[index]
    assert np.array_equal(out.numpy(), expected) and out.shape == expected.shape
    out.backward(seed_of(expected))
    wanted = np.zeros_like(DATA)
    np.add.at(wanted, index, seed_of(expected))
    assert np.array_equal(x.grad, wanted)
    assert ag.gradcheck(lambda x: x[index] * x[index], DATA, order=2).passed if expected.size else True


def _repeats(index: Any) -> bool:
    named = np.arange(DATA.size).reshape(DATA.shape)[index]
    return np.unique(named).size != named.size


@every_index
def test_putting_at_an_index_means_what_it_means_to_numpy(index: Any) -> None:
    x = ag.tensor(DATA, requires_grad=True)
    value = ag.tensor(-seed_of(DATA[index]), requires_grad=True)
    if _repeats(index):
        with pytest.raises(ag.ArgumentError, match="an element twice"):
            ag.put(x, index, value)
        return
    out = ag.put(x, index, value)
    expected = DATA.copy()
    expected[index] = value.numpy()
    assert np.array_equal(out.numpy(), expected)
    seed = seed_of(DATA)
    out.backward(seed)
    assert np.array_equal(value.grad, seed[index])
    kept = seed.copy()
    kept[index] = 0
    assert np.array_equal(x.grad, kept)


@every_index
def test_a_template_holds_nothing_that_can_change(index: Any) -> None:
    template, arrays = split(index)
    hash(tuple(part if not isinstance(part, slice) else (part.start, part.stop, part.step) for part in template))
    assert all(type(x) is np.ndarray and x.dtype.kind in "biu" for x in arrays)
    assert np.array_equal(DATA[fill(template, arrays)], DATA[index])
    assert split(fill(template, arrays))[0] == template


@pytest.mark.parametrize("make", [list, np.array, deque])
def test_an_index_changed_after_the_call_changes_no_gradient(make: Any) -> None:
    chosen = make([0, 0])
    x = ag.tensor(DATA, requires_grad=True)
    rows = x[:, chosen]
    chosen[0], chosen[1] = 1, 2
    rows.sum().backward()
    assert x.grad[:, 0].tolist() == [2.0] * 4 and not x.grad[:, 1:].any()


@pytest.mark.parametrize("make", [list, np.array, deque])
def test_an_index_changed_after_a_put_changes_no_gradient(make: Any) -> None:
    chosen = make([0, 2])
    x = ag.tensor(DATA, requires_grad=True)
    value = ag.tensor([5.0, 6.0, 7.0], requires_grad=True)
    out = ag.put(x, chosen, value)
    chosen[0], chosen[1] = 1, 3
    out.backward(seed_of(DATA))
    assert not x.grad[[0, 2]].any() and x.grad[[1, 3]].all()
    assert np.array_equal(value.grad, seed_of(DATA)[[0, 2]].sum(axis=0))


REFUSED = {
    "number with a fraction": (1.0, ag.IndexingError),
    "array of numbers with fractions": (np.array([0.0, 1.0]), ag.DtypeError),
    "list of numbers with fractions": ([0.0, 1.0], ag.DtypeError),
    "tuple with a fraction inside": ((slice(None), (0.5, 1.0)), ag.DtypeError),
    "tensor of numbers with fractions": (ag.tensor([0.0]), ag.DtypeError),
    "word": ("rows", ag.IndexingError),
    "words": (["a", "b"], ag.AutogradError),
    "set": ({0, 1}, ag.IndexingError),
    "object": (object(), ag.IndexingError),
    "slice of fractions": (slice(0.5, 2.0), ag.IndexingError),
    "ragged": ([[0], [0, 1]], ag.AutogradError),
    "too far": ((0, (0, 5)), ag.IndexingError),
    "too many": ((0, 0, (0, 1)), ag.IndexingError),
}


@pytest.mark.parametrize("index, error", REFUSED.values(), ids=REFUSED)
def test_what_is_no_index_is_refused(index: Any, error: type[Exception]) -> None:
    x = ag.tensor(DATA, requires_grad=True)
    for use in (lambda: x[index], lambda: ag.put(x, index, 0.0)):
        with pytest.raises(error):
            use()


@pytest.mark.parametrize(
    "template", [0, (slice(None), (0, 0)), (slice(None), [0, 0]), (np.array([0, 0]),), (range(2),), ("a",), (1.0,)]
)
def test_a_template_that_is_not_normal_is_refused(template: Any) -> None:
    for use in (
        lambda: ag.getitem(ag.tensor(DATA), template=template),
        lambda: ag.scatter_add(ag.tensor(DATA), template=template, shape=(4, 3)),
        lambda: ag.put_at(ag.tensor(DATA), 0.0, template=template),
    ):
        with pytest.raises(ag.ArgumentError, match=r"template"):
            use()


def test_a_template_and_its_arrays_belong_together() -> None:
    for arrays in ((), (np.array([0]), np.array([0]))):
        with pytest.raises(ag.ArgumentError, match="1 array"):
            ag.getitem(ag.tensor(DATA), *arrays, template=(ARRAY,))


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 1), (1, 2), (1, 1, 2), (2,), (1,), ()])
@pytest.mark.parametrize("index", [slice(0, 2), [0, 2], (np.array([1, 0]),), np.array([True, False, True])])
def test_a_value_with_more_axes_than_its_place_gets_its_gradient(shape: tuple[int, ...], index: Any) -> None:
    x = ag.tensor(np.ones(3), requires_grad=True)
    value = ag.tensor(np.full(shape, 2.0), requires_grad=True)
    try:
        np.ones(3)[index] = value.numpy()
    except (TypeError, ValueError):  # a mask takes no more than one axis
        with pytest.raises(ag.AutogradError, match="boolean array indexing"):
            ag.put(x, index, value)
        return
    out = ag.put(x, index, value)
    seed = np.array([1.0, 10.0, 100.0])
    out.backward(seed)
    expected = seed[index].sum() if value.size == 1 else seed[index].reshape(shape)
    assert value.grad.shape == shape and np.array_equal(value.grad, np.broadcast_to(expected, shape))
    fresh = np.linspace(1.0, 2.0, value.size).reshape(shape)
    assert ag.gradcheck(lambda x, v: ag.put(x, index, v) ** 2, np.ones(3), fresh, order=2).passed


@pytest.mark.parametrize("mode", ["reflect", "symmetric", "wrap", "edge"])
def test_the_gradient_of_a_pad_is_added_up_where_its_elements_come_from(mode: str) -> None:
    rng = np.random.default_rng(2)
    for shape in ((1,), (2,), (7,), (4, 5), (3, 1, 4)):
        for widths in (1, (2, 1), (0, 3), (3, 0), (9, 5)):  # strips apart, that touch, that meet, that go round twice
            x = ag.tensor(rng.normal(size=shape), requires_grad=True)
            out = ag.pad(x, widths, mode)
            np.testing.assert_array_equal(out.numpy(), np.pad(x.numpy(), widths, mode))
            g = rng.normal(size=out.shape)
            expected = np.zeros(x.size)
            np.add.at(expected, np.pad(np.arange(x.size).reshape(shape), widths, mode), g)
            np.testing.assert_allclose(ag.grad(out, x, g).numpy().reshape(-1), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("mode", ["reflect", "symmetric", "wrap", "edge"])
def test_minus_zero_in_the_gradient_of_a_pad_is_added_up_as_that_of_slices(mode: str) -> None:
    rng = np.random.default_rng(3)
    for shape in ((7,), (2,), (4, 5), (3, 1, 4)):
        every = [1, 2, (2, 1), (0, 1), (3, 0), (9, 5), ((0, 2), *[(1, 1)] * (len(shape) - 1))]
        for widths in every if len(shape) > 1 else every[:-1]:
            x = ag.tensor(rng.normal(size=shape), requires_grad=True)
            sliced = x
            for axis, pair in enumerate(np.broadcast_to(widths, (len(shape), 2)).tolist()):
                if any(pair):
                    sliced = along(ag, sliced, axis, np.pad(np.arange(shape[axis]), pair, mode))
            g = rng.choice([-0.0, -0.0, -0.0, 0.0, 1.5, -1.5], size=sliced.shape)
            for each in (g, np.full(g.shape, -0.0)):
                expected = ag.grad(sliced, x, each).numpy()
                assert ag.grad(ag.pad(x, widths, mode), x, each).numpy().tobytes() == expected.tobytes(), widths


def test_the_gradient_of_a_mirrored_pad_makes_no_array_of_zeros_for_each_strip() -> None:
    x = ag.tensor(np.ones((6, 6)), requires_grad=True)
    names = [each.node.op.name for each in ag.ancestors(ag.pad(x, 2, "reflect")) if each.node is not None]
    # What stays a whole is cut, not sliced: a slice's gradient is the whole array again.
    # One slice of nothing gives the zeros that -0 is added to.
    assert [each.size for each in ag.ancestors(ag.pad(x, 2, "reflect")) if each.node is not None
            and each.node.op.name == "getitem" and each.node.inputs[0].shape == (6, 6)] == [0], names  # fmt: skip
