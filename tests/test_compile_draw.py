"""The picture of a compiled step: forward, reverse pass and updates, in the user's names, without the values."""

from __future__ import annotations

import gc
import re
from typing import Any

import numpy as np
import pytest
from test_draw import EDGE, looks, nodes

import autograd_lite as ag
import nn


def trained(optimizer: Any, sizes: tuple[int, ...] = (4, 3, 2), batch: int = 5) -> Any:
    """A compiled training step that has been called once."""
    model = nn.MLP(sizes, rng=0)
    chosen = optimizer(model.parameters())

    @ag.compile
    def step(x: Any, y: Any) -> ag.Tensor:
        cost = nn.quadratic_cost(model(x), y)
        cost.name = "C"
        chosen.zero_grad()
        cost.backward()
        chosen.step()
        return cost

    step(np.ones((batch, sizes[0]), np.float32), np.zeros((batch, sizes[-1]), np.float32))
    return step


def named(source: str) -> dict[str, str]:
    """The nodes that carry a name, by it."""
    return {label.split("|")[0]: node for node, label in nodes(source).items() if not label.startswith("(")}


def ancestors(source: str, node: str) -> set[str]:
    """Every node from which arrows lead to `node`."""
    before: dict[str, list[str]] = {}
    for start, end in EDGE.findall(source):
        before.setdefault(end, []).append(start)
    found: set[str] = set()
    stack = [node]
    while stack:
        for start in before.get(stack.pop(), ()):
            if start not in found:
                found.add(start)
                stack.append(start)
    return found


def test_forward_reverse_pass_and_updates_are_all_there_in_the_names_of_the_user() -> None:
    source = trained(lambda p: nn.SGD(p, lr=0.5)).draw().source
    at = named(source)
    assert {"x", "y", "W¹", "b¹", "z¹", "a¹", "W²", "z²", "a²", "C", "δ²", "δ¹", "∂W¹", "∂W²"} <= at.keys()
    assert {"new W¹", "new b¹", "new W²", "new b²"} <= at.keys()
    behind = ancestors(source, at["new W¹"])
    assert {at["W¹"], at["∂W¹"], at["δ¹"], at["δ²"], at["a²"], at["x"]} <= behind
    assert at["new W²"] not in behind


def test_each_part_has_its_own_look_and_the_legend_names_all_three() -> None:
    source = trained(lambda p: nn.SGD(p, lr=0.5)).draw().source
    assert len({look for name, look in looks(source).items() if name.startswith("o")}) == 3
    assert re.findall('ALIGN="LEFT">([\\w ]+)', source)[-3:] == ["forward pass", "reverse pass", "update"]
    assert source.count("label=<update>") == source.count("label=<reverse pass>") == 1


def test_a_parameter_stays_with_its_module_although_the_update_uses_it_too() -> None:
    source = trained(lambda p: nn.SGD(p, lr=0.5)).draw().source
    assert "label=<layer 1>" in source.split(f"{named(source)['b¹']} [")[0]
    assert "label=<update>" not in source.split(f"{named(source)['b¹']} [")[0]


def test_a_live_rate_is_written_as_it_is_now() -> None:
    model = nn.Linear(2, 1, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.5)

    @ag.compile
    def step(x: Any) -> ag.Tensor:
        cost = model(x).sum()
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return cost

    step(np.ones((3, 2), np.float32))
    assert "lr = 0.5" in nodes(step.draw().source).values()
    optimizer.lr = 0.25
    assert "lr = 0.25" in nodes(step.draw().source).values()


def test_what_is_read_after_an_update_comes_from_the_update() -> None:
    source = trained(lambda p: nn.SGD(p, lr=0.5, momentum=0.9)).draw().source
    behind = ancestors(source, named(source)["new W¹"])
    assert {"lr = 0.5", "momentum = 0.9"} <= {nodes(source)[name] for name in behind}
    labels = [label.split("|")[0] for label in nodes(source).values()]
    assert labels.count("state") == labels.count("new state") == 4


@pytest.mark.parametrize("optimizer", [lambda p: nn.Adam(p), lambda p: nn.SGD(p, 0.1, momentum=0.5, nesterov=True)])
def test_every_optimiser_draws(optimizer: Any) -> None:
    source = trained(optimizer).draw().source
    assert {"new W¹", "new b²"} <= named(source).keys()
    assert "<svg" in trained(optimizer).draw().svg()


def test_gradients_are_drawn_where_nothing_uses_them() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")

    @ag.compile
    def step(x: Any) -> ag.Tensor:
        w.grad = None
        cost = (w * x).sum()
        cost.backward()
        return cost

    step(np.ones(2))
    source = step.draw().source
    assert "∂w" in named(source) and "label=<update>" not in source


def test_what_is_done_with_gradients_is_an_update_although_it_ends_in_one() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")

    @ag.compile
    def step(x: Any) -> None:
        w.grad = None
        (w * x).sum().backward()
        with ag.no_grad():
            w.grad = ag.clip(w.grad, -1.0, 1.0)

    step(np.ones(2))
    source = step.draw().source
    clipped = next(name for name, label in nodes(source).items() if label.startswith("clip"))
    assert clipped not in source.split("label=<update>")[0] and clipped in source.split("label=<update>")[1]


def test_a_gradient_that_is_added_to_is_named_after_its_tensor() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    w.grad = np.zeros(2)

    @ag.compile
    def step(x: Any) -> ag.Tensor:
        cost = (w * w * x).sum()
        cost.backward()
        return cost

    step(np.ones(2))
    assert "w.grad" in named(step.draw().source)


def test_a_state_that_takes_a_plain_value_or_another_state_s_is_drawn() -> None:
    u, v = ag.tensor([1.0, 2.0], name="u"), ag.tensor([3.0, 4.0], name="v")

    @ag.compile
    def step(x: Any) -> ag.Tensor:
        total = u + x
        u.assign(v)
        v.assign(total)
        return total

    step(np.ones(2))
    source = step.draw().source
    assert ancestors(source, named(source)["new u"]) >= {named(source)["v"]}
    assert named(source)["u"] in ancestors(source, named(source)["new v"])
    assert named(source)["u"] not in ancestors(source, named(source)["new u"])


def test_a_function_without_a_reverse_pass_draws_as_the_function_would() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")

    def predict(x: Any) -> ag.Tensor:
        return ag.sigmoid(w * x)

    compiled = ag.compile(predict)
    compiled(np.ones(2))
    assert compiled.draw().source == ag.draw(predict(ag.tensor(np.ones(2), name="x"))).source


def test_the_picture_is_the_same_after_many_calls_and_shows_the_latest_program() -> None:
    step = trained(lambda p: nn.SGD(p, lr=0.5))
    before = step.draw().source
    for _ in range(3):
        step(np.ones((5, 4), np.float32), np.zeros((5, 2), np.float32))
    assert step.draw().source == before
    step(np.ones((7, 4), np.float32), np.zeros((7, 2), np.float32))
    assert "(7, 4) float32" in step.draw().source and "(5, 4)" not in step.draw().source


def test_before_the_first_call_there_is_nothing_to_draw() -> None:
    with pytest.raises(ag.CompileError, match="has not been recorded yet"):
        ag.compile(lambda x: x).draw()


def test_no_recorded_tensor_outlives_the_recording() -> None:
    w = ag.tensor(np.ones(1000), requires_grad=True, name="w")

    @ag.compile
    def step(x: Any) -> ag.Tensor:
        middle = ag.exp(w * x)
        middle.name = "middle of a recording"
        cost = middle.sum()
        w.grad = None
        cost.backward()
        return cost

    step(np.ones(1000))
    gc.collect()
    named = [t for t in gc.get_objects() if type(t) is ag.Tensor and t.name == "middle of a recording"]
    assert len(named) == 1 and named[0].data.strides == (0,)  # the one in the outline, which has no values
    assert step.draw().operations > 3


@pytest.mark.parametrize("value", [0.25, -0.0, np.array(2.0), np.float64(3)], ids=repr)
def test_a_leaf_that_holds_a_number_and_is_returned_can_be_drawn(value: Any) -> None:
    w = ag.tensor(0.7, name="w")
    f = ag.compile(lambda x: (w.assign(value), x * w))
    for _ in range(3):
        assert f(ag.tensor(2.0))[1].item() == 2.0 * float(value)
    assert "w" in f.draw().source
