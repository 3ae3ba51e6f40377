"""The table of a model: its shapes and numbers are counted by hand here, and the model is as it was afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn


def cells(model: nn.Module, *inputs: Any) -> dict[str, tuple[Any, ...]]:
    found = model.summary(*inputs)
    return {row.path: (row.shape, row.parameters, row.operations, row.memory) for row in found.rows}


def test_shapes_parameters_operations_and_memory_of_each_layer() -> None:
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 10, rng=0, bias=False)
    )  # fmt: skip
    conv = 2 * 5 * 4 * 6 * 6 * 9
    assert cells(model, (5, 1, 8, 8)) == {
        "": ("(5, 10)", 0, 0, 0),
        "layers.0": ("(5, 4, 6, 6)", 4 * 9 + 4, conv, 5 * 4 * 36 * 4),
        "layers.1": ("(5, 4, 6, 6)", 0, 5 * 4 * 36, 5 * 4 * 36 * 4),
        "layers.2": ("(5, 144)", 0, 0, 0),
        "layers.3": ("(5, 10)", 1440, 2 * 5 * 144 * 10, 5 * 10 * 4),
    }
    found = model.summary((5, 1, 8, 8))
    assert (found.parameters, found.frozen, found.operations) == (1480, 0, conv + 720 + 14400)
    assert (found.stored, found.results, found.memory) == (1480 * 4, 5960, 1480 * 4 + 5960)


def test_operations_count_once_and_for_the_innermost_module() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.inner = nn.Sequential(nn.Linear(3, 3, rng=0, bias=False), nn.Tanh())
            self.scale = nn.Parameter(np.ones(3))

        def forward(self, x: Any) -> Any:
            return self.inner(self.inner(x) * self.scale) + 1

    found = cells(Net(), (2, 3))
    assert found["inner.layers.0"] == ("(2, 3)", 9, 2 * 36, 2 * 24)
    assert found["inner.layers.1"] == ("(2, 3)", 0, 2 * 6, 2 * 24)
    assert found["inner"] == ("(2, 3)", 0, 0, 0)
    assert found[""] == ("(2, 3)", 3, 12, 48)
    assert [row.calls for row in Net().summary((2, 3)).rows] == [1, 2, 2, 2]
    assert "inner.layers.0 (2 times)" in repr(Net().summary((2, 3)))


def test_the_model_is_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.5, rng=1), nn.Linear(4, 2, rng=2))
    model[0].freeze()
    model[1].eval()
    before = {path: value.tobytes() for path, value in model.state_dict().items()}
    drawn = str(model[2].rng.bit_generator.state)
    with ag.no_grad():
        found = model.summary((5, 3))
    assert found.operations == 5 * 3 * 4 * 2 + 5 * 4 + 5 * 4 * 2 * 2 + 5 * 2 + cells(model[1], (5, 4))[""][2]
    assert found.frozen == 16 and "16 of them frozen" in repr(found)
    assert [module.training for _, module in model.named_modules()] == [True, True, False, True, True]
    assert [p.requires_grad for p in model.parameters()] == [False, False, True, True, True, True]
    assert all(p.grad is None for p in model.parameters())
    assert {path: value.tobytes() for path, value in model.state_dict().items()} == before
    assert str(model[2].rng.bit_generator.state) == drawn
    assert not [module for _, module in model.named_modules() if "forward" in vars(module)]


def test_the_model_is_as_it_was_when_an_input_does_not_fit() -> None:
    model = nn.Sequential(nn.Linear(3, 4), ag.tanh, nn.Linear(4, 2)).freeze()
    with pytest.raises(ag.ShapeError, match=r"layers\.0: the input has shape \(5, 4\)"):
        model.summary((5, 4))
    assert model.training and not any(p.requires_grad for p in model.parameters())
    assert not [module for _, module in model.named_modules() if "forward" in vars(module)]


def test_the_table_as_text_and_in_a_notebook() -> None:
    found = nn.MLP([4, 3, 2], rng=0, output="identity").summary((10, 4))
    assert repr(found) == (
        "            module                       gives    parameters  operations  memory\n"
        "            MLP([4, 3, 2])               (10, 2)\n"
        "layers.0    Linear(4, 3, dtype=float32)  (10, 3)          15         270   240 B\n"
        "layers.1    Linear(3, 2, dtype=float32)  (10, 2)           8         140   160 B\n"
        "activation  Sigmoid()                    (10, 3)                      30   120 B\n"
        "output      Identity()                   (10, 2)\n"
        "MLP of (10, 4) float32: 23 parameters; 440 operations; 92 B of parameters and buffers, 520 B of results"
    )
    page = found._repr_html_()
    assert page.startswith("<table><caption>MLP of (10, 4) float32: 23 parameters")
    assert page.count("<tr>") == 6 and "<td>270</td>" in page


def test_inputs_may_be_arrays_whole_numbers_and_several() -> None:
    model = nn.Sequential(nn.Embedding(9, 4, rng=0), nn.Flatten(), nn.Linear(8, 2, rng=0))
    assert cells(model.freeze(), np.array([[1, 2], [3, 4], [5, 6]]))["layers.2"] == ("(3, 2)", 18, 3 * 34, 48)
    attention = nn.MultiheadAttention(4, 2, rng=0).summary((2, 3, 4), (2, 5, 4), need_weights=True)
    assert attention.rows[0].shape == "(2, 3, 4), (2, 3, 5)"
    assert attention.inputs == ["(2, 3, 4) float32", "(2, 5, 4) float32"]
    shared = nn.Linear(3, 3, rng=0)
    twice = nn.Sequential(shared, nn.Tanh(), shared).summary((1, 3))
    assert twice.parameters == 12 and twice.stored == 48


def test_a_long_model_is_shortened() -> None:
    text = repr(nn.Sequential([nn.Tanh() for _ in range(200)]).summary((1, 1)))
    assert len(text.splitlines()) < 30 and "…" in text and "layers.199" in text
