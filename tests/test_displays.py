"""Every object a user may leave at the end of a notebook's cell or of a prompt: what it shows there, and how fast."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite import display

HOSTILE = "<script>alert('1')</script>&\"|"


def cost() -> ag.Tensor:
    model = nn.MLP([4, 3, 2], rng=0, dtype=float)
    return nn.quadratic_cost(model(np.ones(4)), np.zeros(2))


def named(name: str) -> ag.Tensor:
    return ag.tensor([1.0, 2.0], requires_grad=True, name=name)


def scored(name: str) -> ag.Tensor:
    w = named(name)
    return ag.sum(w * w)


EVERYTHING: dict[str, Callable[[], Any]] = {
    "tensor": lambda: named("W1"),
    "result": cost,
    "many axes": lambda: ag.tensor(np.ones((2, 3, 4))),
    "no elements": lambda: ag.tensor(np.ones((0, 3))),
    "linear": lambda: nn.Linear(4, 3, rng=0),
    "mlp": lambda: nn.MLP([4, 3, 2], rng=0),
    "sequential": lambda: nn.Sequential(nn.Linear(4, 3, rng=0), nn.Sigmoid()),
    "sigmoid": nn.Sigmoid,
    "picture": lambda: ag.draw(cost()),
    "gradcheck": lambda: ag.gradcheck(ag.tanh, np.ones(3)),
    "closed form": lambda: nn.check_closed_form(nn.MLP([4, 2], rng=0, dtype=float), np.ones(4), np.ones(2)),
    "equations": lambda: ag.check_equations(cost(), {"δ2": "a2 - y"}),
    "history": lambda: nn.History([0.5, 0.25], [0.8, 0.9]),
    "empty history": nn.History,
    "derivation": lambda: ag.derive(cost()),
    "line": lambda: ag.derive(cost()).lines[0],
    "page": lambda: ag.explain(cost()),
}


class Reader(HTMLParser):
    """The elements and the text of a piece of HTML, every element closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.elements.append(tag)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def rich(shown: Any) -> dict[str, str]:
    """What a notebook is offered, by media type."""
    bundle: dict[str, str] = {}
    methods = {"_repr_html_": "text/html", "_repr_svg_": "image/svg+xml", "_repr_latex_": "text/latex"}
    for method, kind in methods.items():
        if hasattr(shown, method):
            bundle[kind] = getattr(shown, method)()
    if hasattr(shown, "_repr_mimebundle_"):
        bundle |= shown._repr_mimebundle_()
        bundle.pop("text/plain")
    return bundle


@pytest.mark.parametrize("kind", EVERYTHING)
def test_everything_has_a_plain_and_a_rich_display(kind: str) -> None:
    shown = EVERYTHING[kind]()
    for plain in (repr(shown), str(shown)):
        assert plain.strip() and " object at 0x" not in plain
    bundle = rich(shown)
    assert bundle.keys() & {"text/html", "image/svg+xml", "text/latex"}
    if "text/html" in bundle:
        assert Reader(bundle["text/html"]).elements
    if "image/svg+xml" in bundle:
        assert ElementTree.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")  # noqa: S314
    json.dumps(bundle)


class Wide(nn.Module):
    """A module whose names a user has chosen badly."""

    def __init__(self) -> None:
        self.inside = {HOSTILE: nn.Linear(2, 1, rng=0), "plain": ag.tensor([1.0], name=HOSTILE)}

    def extra_repr(self) -> str:
        return HOSTILE


@pytest.mark.parametrize(
    "make",
    [
        lambda: named(HOSTILE),
        lambda: scored(HOSTILE),
        Wide,
        lambda: ag.gradcheck(ag.tanh, named(HOSTILE)),
        lambda: ag.derive(scored(HOSTILE)),
        lambda: ag.draw(scored(HOSTILE)),
        lambda: nn.ClosedFormReport(HOSTILE, (nn.Difference(HOSTILE, "BP1", (2,), 0.0, 0.0),)),
    ],
    ids=["tensor", "result", "module", "gradcheck", "derivation", "picture", "closed form"],
)
def test_names_are_text_and_nothing_else(make: Callable[[], Any]) -> None:
    for kind, text in rich(make()).items():
        if kind == "text/latex":  # typeset from its text, never read as HTML
            continue
        assert "<script" not in text
        assert "script" not in Reader(text).elements


@pytest.mark.parametrize("shape", [(3_000_000,), (3000, 1000), (300, 100, 100), (1, 3_000_000), (3_000_000, 1)])
def test_a_large_tensor_is_shown_by_its_ends_at_once(shape: tuple[int, ...]) -> None:
    tensor = ag.tensor(np.arange(3_000_000.0).reshape(shape), name="x")
    begun = time.perf_counter()
    texts = (repr(tensor), tensor._repr_html_())  # type: ignore[attr-defined]
    assert time.perf_counter() - begun < 0.5
    assert all(len(text) < 10_000 for text in texts)


def test_the_table_of_a_tensor_has_its_values_its_name_and_what_it_is() -> None:
    w = ag.tensor([[1.0, -2.5], [1e-7, 3.0]], requires_grad=True, name="W1")
    read = Reader(w._repr_html_())  # type: ignore[attr-defined]
    assert read.elements.count("td") == 4
    assert read.text.startswith("W¹ (2, 2) float64, requires a gradient") and "1e-07" in read.text
    (w * w).sum().backward()
    assert "has a gradient" in w._repr_html_()  # type: ignore[attr-defined]
    assert "tensor () float64, from sum" in Reader((w * w).sum()._repr_html_()).text  # type: ignore[attr-defined]
    ends = Reader(ag.tensor(np.arange(700).reshape(10, 70))._repr_html_())  # type: ignore[attr-defined]
    assert ends.elements.count("tr") == 7 and ends.elements.count("td") == 49
    assert "699" in ends.text and "…" in ends.text and "4" in ends.text


def test_the_table_of_a_module_counts_each_parameter_once() -> None:
    read = Reader(nn.MLP([784, 30, 10], rng=0)._repr_html_())
    assert "23,860 numbers in its parameters" in read.text
    assert "layers.0" in read.text and "weight (30, 784) float32" in read.text and "23,550" in read.text
    shared = nn.Linear(2, 2, rng=0)
    tied = nn.Sequential(shared, nn.Linear(2, 2, rng=0))
    tied.layers[1].weight = shared.weight
    assert "8 numbers in its parameters" in Reader(tied._repr_html_()).text
    assert "0 numbers in" in Reader(nn.Sigmoid()._repr_html_()).text


def test_a_module_of_a_thousand_layers_and_a_history_of_a_million_epochs_stay_short() -> None:
    deep = nn.Sequential(*(nn.Sigmoid() for _ in range(1000)))
    assert len(repr(deep).splitlines()) < 50 and len(deep._repr_html_()) < 10_000
    assert "layers.0" in repr(deep) and "layers.999" in repr(deep)
    history = nn.History([1 / (1 + i) for i in range(100_000)])
    assert len(repr(history)) < 200 and len(str(history).splitlines()) < 50
    assert "epoch 1:" in str(history) and "epoch 100000:" in str(history)
    assert len(history.svg()) < 40_000


def test_a_history_says_what_it_holds() -> None:
    assert repr(nn.History([0.5, 0.25], [0.8, 0.9])).startswith(
        "History of 2 epochs: cost 0.5000 to 0.2500, accuracy 90"
    )
    assert repr(nn.History()) == "History of no epoch yet"


def test_a_table_escapes_what_is_not_markup() -> None:
    table = display.html_table([("a",), ("<b>",), (display.Markup("<b>c</b>"),)], "x < y", left=(0,))
    assert "&lt;b&gt;" in table and "<b>c</b>" in table and "<caption>x &lt; y</caption>" in table
    assert Reader(table).elements.count("tr") == 3
