"""Pictures in which deeper scopes are one box each: what a box says, what stays around it, and how fast it is."""

from __future__ import annotations

import random
import re
import time
from typing import Any

import numpy as np
import pytest
from test_compile_draw import trained

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError
from autograd_lite.show.picture.draw import draw

NODE = re.compile(r"^ *([a-z][0-9_]+) \[(.*?)label=<(.*)>\]$", re.MULTILINE)
EDGE = re.compile(r"^  ([a-z][0-9_]+) -> ([a-z][0-9]+)", re.MULTILINE)


def labels(source: str) -> dict[str, str]:
    """What is written on each node, its lines joined by a bar."""
    return {name: re.sub("<[^>]*>", "", label.replace("<BR/>", "|")) for name, _, label in NODE.findall(source)}


def called(source: str) -> dict[str, str]:
    """By the node: its cluster and its first line, as in `reverse pass / MLP / layer 1`."""
    found: dict[str, str] = {}
    stack: list[str] = []
    written = labels(source)
    for line in map(str.strip, source.splitlines()):
        if line.startswith("subgraph"):
            stack.append("?")
        elif stack and line.startswith("graph ["):
            stack[-1] = re.search("label=<(.*)>]", line)[1]  # type: ignore[index]
        elif line == "}" and stack:
            stack.pop()
        elif (name := line.split(" [")[0]) in written:
            found[name] = " / ".join([*stack, written[name].split("|")[0]])
    return found


def edges(source: str) -> set[tuple[str, str]]:
    names = called(source)
    return {(names[start], names[end]) for start, end in EDGE.findall(source)}


def boxes(source: str) -> dict[str, str]:
    """The boxes: where each stands with its title, and what it says of its inside."""
    names = called(source)
    return {names[name]: text.partition("|")[2] for name, text in labels(source).items() if name[0] == "b"}


def cost(sizes: tuple[int, ...] = (784, 30, 10)) -> tuple[ag.Tensor, Any]:
    model = nn.MLP(sizes, rng=0)
    return nn.quadratic_cost(model(np.zeros((5, sizes[0]))), np.zeros((5, sizes[-1]))), model


# What is left.


def test_at_depth_0_each_outermost_scope_is_one_box_with_what_goes_in_and_out() -> None:
    source = draw(cost()[0], depth=0).source
    assert boxes(source) == {
        "MLP": "8 operations|4 parameters, 23,860 elements",
        "quadratic cost": "4 operations",
    }
    assert edges(source) == {
        ("x", "MLP"), ("MLP", "a²"), ("a²", "quadratic cost"), ("y", "quadratic cost"), ("quadratic cost", "C"),
    }  # fmt: skip


def test_at_depth_1_the_parts_of_a_module_are_boxes_inside_its_frame() -> None:
    source = draw(cost()[0], depth=1).source
    assert boxes(source) == {
        "MLP / layer 1": "3 operations|2 parameters, 23,550 elements",
        "MLP / layer 2": "3 operations|2 parameters, 310 elements",
    }
    assert {
        ("x", "MLP / layer 1"), ("MLP / layer 1", "MLP / z¹"), ("MLP / z¹", "MLP / σ"), ("MLP / a¹", "MLP / layer 2"),
    } <= edges(source)  # fmt: skip
    assert "W¹" not in source and "quadratic cost / C" in called(source).values()


def test_a_depth_below_which_there_is_nothing_changes_nothing() -> None:
    loss, model = cost()
    gradients = ag.grad(loss, model.parameters(), create_graph=True)
    for shown in (loss, [loss, *gradients]):
        assert draw(shown, depth=2).source == draw(shown).source
    step = trained(nn.Adam)
    assert step.draw(depth=2).source == step.draw().source


def test_values_and_gradients_stay_on_what_is_drawn() -> None:
    written = labels(draw(cost()[0], grads=True, values=True, depth=1).source).values()
    assert any(text.startswith("a¹|(5, 30) float32|0.115 … 0.789|∂C/∂a¹ = ") for text in written)


def test_the_two_passes_fold_alike() -> None:
    loss, model = cost()
    source = draw([loss, *ag.grad(loss, model.parameters(), create_graph=True)], depth=1).source
    assert list(boxes(source)) == [
        "MLP / layer 1", "MLP / layer 2", "reverse pass / MLP / layer 2", "reverse pass / MLP / layer 1",
    ]  # fmt: skip
    found = edges(source)
    assert ("MLP / layer 2", "reverse pass / MLP / layer 2") in found  # the weight, which the box hides
    assert ("reverse pass / MLP / δ²", "reverse pass / MLP / layer 2") in found
    assert ("reverse pass / MLP / layer 2", "reverse pass / MLP / ∂a¹") in found
    assert ("reverse pass / MLP / layer 2", "reverse pass / MLP / ∂W²") in found
    looks = {called(source)[name]: look for name, look, _ in NODE.findall(source) if name[0] == "b"}
    for name, look in looks.items():
        assert ("dashed" in look) == name.startswith("reverse pass")
        assert "peripheries=2" in look
    assert re.findall('ALIGN="LEFT">([\\w ]+)', source)[-2:] == ["forward pass", "reverse pass"]


def test_many_results_of_one_box_are_one_node() -> None:
    loss, model = cost()
    source = draw([loss, *ag.grad(loss, model.parameters(), create_graph=True)], depth=0).source
    (results,) = (text for name, text in labels(source).items() if name[0] == "s")
    assert results == "∂b², ∂W², ∂b¹, …|4 results, 23,860 elements"
    name = "reverse pass / ∂b², ∂W², ∂b¹, …"
    assert {edge for edge in edges(source) if name in edge} == {("reverse pass / MLP", name)}


def test_a_compiled_step_folds_into_three_parts_that_are_alike() -> None:
    step = trained(lambda p: nn.SGD(p, lr=0.5))
    source = step.draw(depth=0).source
    assert list(boxes(source)) == [
        "MLP", "quadratic cost", "reverse pass / quadratic cost", "reverse pass / MLP", "update / MLP",
    ]  # fmt: skip
    assert {("MLP", "update / MLP"), ("reverse pass / ∂b², ∂W², ∂b¹, …", "update / MLP")} <= edges(source)
    assert {"update / MLP / layer 1", "reverse pass / MLP / layer 1"} <= boxes(step.draw(depth=1).source).keys()


@pytest.mark.parametrize(
    "optimizer", [nn.Adam, lambda p: nn.SGD(p, 0.1, momentum=0.5, nesterov=True)], ids=["Adam", "SGD"]
)
def test_the_states_of_an_optimiser_vanish_with_the_update_they_belong_to(optimizer: Any) -> None:
    step = trained(optimizer)
    assert not [text for text in labels(step.draw(depth=0).source).values() if re.match(r"state|[⊙+−÷]", text)]
    results = [name for name in called(step.draw(depth=0).source).values() if name.startswith("update / new")]
    assert not [edge for edge in edges(step.draw(depth=0).source) if edge[0] in results]  # and back into the box
    assert results and all("new state" in name for name in results if ", …" in name)
    inside = boxes(step.draw(depth=1).source)["update / MLP / layer 1"]
    assert re.search(r"\|\d states, \d+ elements$", inside)


def test_an_update_by_a_norm_of_all_gradients_stays_with_its_module() -> None:
    model = nn.MLP([4, 3, 2], rng=0)

    @ag.compile
    def step(x: Any) -> None:
        for p in model.parameters():
            p.grad = None
        model(x).sum().backward()
        with ag.no_grad():
            norm = ag.sqrt(sum(ag.sum(p.grad**2) for p in model.parameters()))
            for p in model.parameters():
                p.assign(p - p.grad / norm)

    step(np.ones((5, 4), np.float32))
    source = step.draw(depth=1).source
    names = called(source)
    assert {"update / MLP / layer 1", "update / MLP / layer 2"} <= boxes(source).keys()
    assert "√" in {name.split(" / ")[-1] for name in names.values()}  # the norm is that of no layer


# What is in no box, in two, or in a box that comes back.


def two(name: str, other: str, outside: bool = False) -> str:
    """One weight used in two scopes, and perhaps outside of them."""
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    with ag.scope("net"):
        with ag.scope(name):
            y = ag.exp(w) + w
        with ag.scope(other):
            z = y * w
    return draw(ag.sum(z + w if outside else z), depth=1).source


def test_a_parameter_of_one_box_vanishes_into_it_and_one_of_two_does_not() -> None:
    assert boxes(two("a", "a")) == {"net / a": "3 operations|1 parameter, 2 elements"}
    assert "w" not in labels(two("a", "a")).values()
    assert boxes(two("a", "b")) == {"net / a": "2 operations", "net / b": "1 operation"}
    assert {("net / w", "net / a"), ("net / w", "net / b")} <= edges(two("a", "b"))


def test_a_parameter_that_is_used_outside_of_its_box_too_is_drawn() -> None:
    source = two("a", "a", outside=True)
    assert {("net / w", "net / a"), ("net / w", "+")} <= edges(source)


def test_a_parameter_shared_by_three_modules_stands_in_none_of_them() -> None:
    w = y = ag.tensor(2.0, requires_grad=True, name="w")
    for name in "abc":
        with ag.scope(name):
            y = y * w
    assert "w" in called(draw(y).source).values()
    assert {("w", "a"), ("w", "b"), ("w", "c")} <= edges(draw(y, depth=0).source)


def test_what_is_outside_of_every_scope_is_drawn_as_it_is() -> None:
    x = ag.tensor(2.0, requires_grad=True, name="x")
    assert draw(ag.exp(x) * x * x, depth=0).source == draw(ag.exp(x) * x * x).source


def test_operands_of_what_is_drawn_keep_their_order_and_their_number() -> None:
    x = ag.tensor([2.0], requires_grad=True, name="x")
    with ag.scope("inside"):
        y = ag.exp(x)
    source = draw(ag.concatenate([y, x, y, x]), depth=0).source
    into = [start for start, end in EDGE.findall(source) if end[0] == "o"]
    assert len(into) == 4 and into[0] == into[2] and into[1] == into[3] == "t0"
    data = ag.tensor([2.0], name="data")
    with ag.scope("inside"):
        y = data * data * x
    assert EDGE.findall(draw(y, depth=0).source) == [("t0", "b0"), ("b0", "t2")]


def test_a_scope_that_is_entered_again_is_one_box_on_a_cycle() -> None:
    x = ag.tensor(2.0, requires_grad=True, name="x")
    with ag.scope("cell"):
        y = ag.exp(x)
    y = y * 2.0
    with ag.scope("cell"):
        y = ag.tanh(y)
    picture = draw(y, depth=0)
    assert boxes(picture.source) == {"cell": "2 operations|1 parameter, 1 element"}
    assert "</svg>" in picture.svg()


def test_a_name_is_text_and_nothing_else() -> None:
    x = ag.tensor(2.0, requires_grad=True)
    for name in ('<b>"\\N', "", "reverse", "rounded,filled", "update"):
        with ag.scope(name):
            x = ag.tanh(x)
    picture = draw(x, depth=0)
    assert picture.boxes == len(boxes(picture.source)) == 5
    assert "</svg>" in picture.svg()


@pytest.mark.slow
def test_whatever_the_scopes_nothing_is_lost_and_every_box_is_led_to() -> None:
    for seed in range(60):
        chosen = random.Random(seed)  # noqa: S311
        pool = [ag.tensor(1.0, requires_grad=chosen.random() < 0.8) for _ in range(3)]
        pool[0].requires_grad = True
        for _ in range(25):
            path = [chosen.choice("ab") for _ in range(chosen.randrange(4))]
            scopes = [ag.scope(name) for name in path]
            for each in scopes:
                each.__enter__()
            pool.append(chosen.choice(pool) * chosen.choice(pool) + chosen.choice([1.0, pool[0]]))
            for each in reversed(scopes):
                each.__exit__()
        loss = sum(pool[3:], start=pool[0])
        slope = ag.grad(loss, pool[0], create_graph=True)
        second = ag.grad(slope, pool[0], create_graph=True)
        roots = [loss, slope, second]
        whole = draw(roots)
        for depth in range(4):
            picture = draw(roots, depth=depth)
            written = labels(picture.source)
            hidden = sum(int(text.split("|")[1].split()[0]) for name, text in written.items() if name[0] == "b")
            assert hidden + sum(name[0] == "o" for name in written) == whole.operations == picture.operations
            assert len(EDGE.findall(picture.source)) == picture.source.count(" -> ")
            joined = {name for edge in EDGE.findall(picture.source) for name in edge}
            assert joined <= written.keys()
            assert {name for name in written if name[0] in "bo"} <= joined
        assert draw(roots, depth=9).source == whole.source


# Size.


@pytest.mark.parametrize("depth", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_step_of_sixteen_layers_is_laid_out_in_seconds(depth: int) -> None:
    step = trained(nn.Adam, (8,) * 17)
    begun = time.perf_counter()
    picture = step.draw(depth=depth)
    assert picture.operations > 500 and "</svg>" in picture.svg()
    assert time.perf_counter() - begun < 20
    assert sum(name[0] in "bst" for name in labels(picture.source)) < (20 if depth == 0 else 300)


def test_ten_thousand_operations_in_a_hundred_blocks_are_laid_out_in_seconds() -> None:
    x = y = ag.tensor(1.0, requires_grad=True, name="x")
    with ag.scope("net"):
        for block in range(100):
            with ag.scope(f"block {block}"):
                w = ag.tensor(0.5, requires_grad=True)
                for _ in range(100):
                    y = y * w
    for depth, boxes in ((0, 1), (1, 100)):
        begun = time.perf_counter()
        picture = draw(y, depth=depth)
        assert (picture.operations, picture.boxes) == (10_000, boxes)
        assert "</svg>" in picture.svg()
        assert time.perf_counter() - begun < 20
    assert x.grad is None


def test_a_thousand_inputs_of_one_box_are_one_node() -> None:
    w = y = ag.tensor(1.0, requires_grad=True, name="w")
    with ag.scope("net"):
        for i in range(1000):
            y = y * w + ag.tensor(1.0, name=f"x_{i}")
    assert set(labels(draw(y, depth=0).source).values()) == {
        "net|2,000 operations|1 parameter, 1 element", "x₀, x₁, x₂, …|1,000 inputs, 1,000 elements", "() float64",
    }  # fmt: skip


# Asking for it.


@pytest.mark.parametrize("depth", [-1, 1.0, "1", True])
def test_what_is_no_depth_is_refused(depth: Any) -> None:
    step = trained(lambda p: nn.SGD(p, lr=0.5))
    with pytest.raises(ArgumentError, match=r"draw\(\): depth is .*0 for a box for each outermost scope"):
        draw(cost()[0], depth=depth)
    with pytest.raises(ArgumentError, match=r"step\.draw\(\): depth is "):
        step.draw(depth=depth)
    assert draw(cost()[0], depth=np.int64(0)).boxes == 2


def test_a_picture_says_how_many_boxes_it_has() -> None:
    loss = cost()[0]
    assert repr(draw(loss, depth=0)).startswith("Picture of 18 tensors and 12 operations, 2 scopes as boxes: ")
    w = ag.tensor(1.0, requires_grad=True)
    with ag.scope("one"):
        y = ag.exp(w)
    assert "1 operation, 1 scope as a box: " in repr(draw(y, depth=0))
    assert "box" not in repr(draw(loss))
