"""Sorting with ties, nan and nothing; what is returned besides values; methods that sort."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

NAN = float("nan")


def gradient(f: Any, data: Any, seed: Any) -> list[Any]:
    x = ag.tensor(np.asarray(data, float), requires_grad=True)
    return ag.grad(f(x), x, gradient=np.asarray(seed, float)).numpy().tolist()  # type: ignore[no-any-return]


def test_equal_elements_share_the_gradient_of_their_places() -> None:
    assert gradient(ag.sort, [2.0, 1.0, 2.0], [1.0, 10.0, 30.0]) == [20.0, 1.0, 20.0]
    assert gradient(lambda x: ag.sort(x)[-1], [3.0, 1.0, 3.0], 1.0) == [0.5, 0.0, 0.5]  # as max
    assert gradient(lambda x: ag.sort(x, axis=0), [[1.0, 2.0], [1.0, 0.0]], [[1.0, 2.0], [3.0, 4.0]]) == [
        [2.0, 4.0],
        [2.0, 2.0],
    ]
    assert gradient(lambda x: ag.topk(x, 1)[0], [3.0, 1.0, 3.0], [1.0]) == [0.5, 0.0, 0.5]
    # The groups of one row are none of the next.
    assert gradient(ag.sort, [[1.0, 2.0], [2.0, 3.0]], [[1.0, 2.0], [3.0, 4.0]]) == [[1.0, 2.0], [3.0, 4.0]]


def test_nan_stands_last_and_its_gradient_goes_back_to_it() -> None:
    assert gradient(ag.sort, [NAN, 1.0, NAN, 0.0], [1.0, 2.0, 3.0, 4.0]) == [3.0, 2.0, 4.0, 1.0]


def test_the_second_derivative_of_what_is_sorted() -> None:
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)
    g = ag.grad((ag.sort(x) ** 3 * np.array([1.0, 10.0, 100.0])).sum(), x, create_graph=True)
    assert ag.grad(g.sum(), x).numpy().tolist() == [1800.0, 6.0, 120.0]


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
def test_nothing_is_sorted(shape: tuple[int, ...]) -> None:
    x = ag.tensor(np.zeros(shape), requires_grad=True)
    out = ag.sort(x)
    assert out.shape == shape and ag.grad(out.sum(), x).shape == shape
    assert ag.argsort(x).shape == shape
    assert ag.topk(x, 0)[0].shape == (*shape[:-1], 0)


def test_a_number_has_no_axis_to_be_sorted_along() -> None:
    with pytest.raises(ag.AxisError):
        ag.sort(3.0)
    assert gradient(lambda x: ag.sort(x, axis=None), 3.0, [2.0]) == 2.0


def test_topk_counts_the_first_of_equals_first_and_takes_whole_numbers() -> None:
    for data in ([3.0, 1.0, 3.0, 2.0], [3, 1, 3, 2]):
        values, places = ag.topk(ag.tensor(data), 3)
        assert values.numpy().tolist() == [3, 3, 2] and places.numpy().tolist() == [0, 2, 3]
    values, places = ag.topk(ag.tensor([2, 1, 1]), 2, largest=False)
    assert values.numpy().tolist() == [1, 1] and places.numpy().tolist() == [1, 2]
    x = np.random.default_rng(0).normal(size=(4, 7, 3))
    values, places = ag.topk(ag.tensor(x), 4, axis=1)
    assert np.array_equal(np.take_along_axis(x, places.numpy(), 1), values.numpy())


def test_methods_return_what_the_functions_do() -> None:
    data = np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    x = ag.tensor(data)
    assert np.array_equal(x.sort(axis=0).numpy(), np.sort(data, axis=0)) and np.array_equal(x.numpy(), data)
    assert np.array_equal(x.argsort().numpy(), data.argsort())
    assert np.array_equal(x.partition(1).numpy()[:, 1], np.partition(data, 1)[:, 1])
    assert np.array_equal(x.argpartition(1).numpy()[:, 1], np.argpartition(data, 1)[:, 1])
    assert [each.numpy().tolist() for each in x.nonzero()] == [each.tolist() for each in data.nonzero()]
    assert ag.tensor([1.0, 2.0]).searchsorted([1.5, 2.5], side="right").numpy().tolist() == [1, 2]


def test_numpys_functions_return_ours() -> None:
    x = ag.tensor([2.0, 1.0, 2.0])
    assert np.sort(x).numpy().tolist() == [1.0, 2.0, 2.0] and np.argsort(x, kind="stable").numpy().tolist() == [1, 0, 2]
    values, counts = np.unique(x, return_counts=True)
    assert values.numpy().tolist() == [1.0, 2.0] and counts.numpy().tolist() == [1, 2]
    assert np.searchsorted(np.array([3.0, 1.0]), ag.tensor(2.0), sorter=np.array([1, 0])).item() == 1
    assert np.bincount(ag.tensor([1, 1, 3])).numpy().tolist() == [0, 2, 0, 1]
    assert [part.item() for part in np.nonzero(ag.tensor([[0, 0], [0, 7]]))] == [1, 1]
    with pytest.raises(ag.ArgumentError, match="not a tensor"):
        np.histogram(x, ag.tensor([0.0, 1.0, 2.0]))


def test_what_is_shaped_by_data_is_refused_by_a_compiled_step() -> None:
    for f in (ag.unique, ag.flatnonzero, ag.argwhere):
        with pytest.raises(ag.CompileError, match="depends on data"):
            ag.compile(f)(np.array([1.0, 0.0]))


@pytest.mark.parametrize("name", ["unique", "nonzero", "bincount", "histogram", "argwhere", "flatnonzero"])
def test_what_is_shaped_by_data_is_refused_with_the_line_and_what_to_do(name: str) -> None:
    def count(x: Any) -> Any:
        return getattr(ag, name)(x)

    step = ag.compile(count)
    for _ in range(2):
        with pytest.raises(ag.CompileError, match=r"depends on data.*outside of the compiled function") as raised:
            step(np.array([1, 0, 2]))
        said = str(raised.value)
        assert said.startswith(
            {"unique": "unique_all", "argwhere": "nonzero", "flatnonzero": "nonzero"}.get(name, name)
        )
        assert "test_sorting.py, line " in said and "getattr(ag, name)(x)" in said


def test_fit_runs_a_model_that_counts_its_data_eagerly_and_says_why() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 1, rng=0)

        def __call__(self, x: Any) -> Any:
            return self.layer(x) + 0.0 * ag.bincount((x[:, 0] > 0).astype(int)).sum()

    model = Counting()
    x, y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    with pytest.warns(
        UserWarning, match=r"fit runs this model eagerly.*bincount.*depends on data.*test_sorting\.py, line"
    ):
        nn.fit(model, nn.quadratic_cost, (x, y), nn.SGD(model.parameters(), 0.1), 2, 2, progress=False)
