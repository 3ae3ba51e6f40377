"""The page that steps through a graph: what is on it, what it leaves alone, and files that cannot be written."""

from __future__ import annotations

import base64
import json
import re
import shutil
import time
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.debug import debug
from autograd_lite.show.page import svg
from autograd_lite.show.page.explain import Page, explain
from autograd_lite.show.picture import engine, style


def content(page: Page) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html, re.DOTALL)
    assert found
    text = found[1] if found[1].startswith("{") else zlib.decompress(base64.b64decode(found[1])).decode()
    return json.loads(text)  # type: ignore[no-any-return]


def chapter(sizes: tuple[int, ...] = (784, 30, 10)) -> tuple[nn.MLP, ag.Tensor]:
    rng = np.random.default_rng(0)
    model = nn.MLP(sizes, rng=0)
    x = ag.tensor(rng.random(sizes[0]).astype(np.float32), name="x")
    return model, nn.quadratic_cost(model(x), np.eye(sizes[-1], dtype=np.float32)[0])


def shared() -> tuple[ag.Tensor, ag.Tensor]:
    x = ag.tensor([1.0, -2.0], requires_grad=True, name="x")
    loss = ag.sum(x * x + ag.tanh(x))
    loss.name = "C"
    return x, loss


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_chapters_network_is_one_small_file_that_needs_nothing_else(tmp_path: Path) -> None:
    model, cost = chapter()
    page = explain(cost, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text == page.html
    assert len(text.encode()) < 300_000
    elements = Elements()
    elements.feed(text)
    for tag, attributes in elements.found:
        assert not (tag == "script" and "src" in attributes)
        for name in ("src", "href", "xlink:href", "action"):
            assert (attributes.get(name) or "data:,").startswith("data:")
    assert "url(" not in text
    assert "default-src 'none'" in text
    assert all(parameter.grad is None for parameter in model.parameters())
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_the_page_is_the_same_bytes_every_time() -> None:
    _, cost = chapter((4, 3, 2))
    assert explain(cost).html == explain(cost).html


def test_steps_are_the_forward_pass_the_seed_and_the_reverse_pass() -> None:
    _, cost = chapter((4, 3, 2))
    page = explain(cost)
    data = content(page)
    recorded = [t for t in ag.ancestors(cost) if t.node is not None]
    assert [data["ops"][s["op"]]["o"] for s in data["steps"] if s["p"] == "f"] == [t.node.op.name for t in recorded]
    assert "".join(s["p"] for s in data["steps"]) == "f" * len(recorded) + "s" + "b" * len(recorded)
    back = [s["op"] for s in data["steps"] if s["p"] == "b"]
    assert back == sorted(back, reverse=True)
    assert page.steps == len(data["steps"])


def test_every_gradient_on_it_is_that_of_backward() -> None:
    x, loss = shared()
    data = content(explain(loss))
    assert x.grad is None
    loss.backward()
    [entry] = [t for t in data["tensors"] if t["n"] == "x"]
    assert data["values"][entry["g"]]["v"] == [[float(f"{g:.4g}") for g in x.grad]]


def test_arrivals_at_a_shared_tensor_add_up() -> None:
    x, loss = shared()
    data = content(explain(loss))
    loss.backward()
    edges = [e for s in data["steps"] if s["p"] == "b" for e in s["e"] if data["tensors"][e["t"]]["n"] == "x"]
    assert [(e["nth"], e["of"]) for e in edges] == [(1, 3), (2, 3), (3, 3)]
    assert "before" not in edges[0]
    assert [e["before"] for e in edges[1:]] == [e["total"] for e in edges[:-1]]
    total = np.sum([data["values"][e["a"]]["v"][0] for e in edges], axis=0)
    assert total == pytest.approx(x.grad, rel=1e-3)
    assert data["values"][edges[-1]["total"]]["v"][0] == pytest.approx(x.grad, rel=1e-3)


def test_the_derivative_rule_of_every_edge_is_mathematics() -> None:
    _, cost = chapter((4, 3, 2))
    data = content(explain(cost))
    edges = [(data["ops"][s["op"]], e) for s in data["steps"] if s["p"] == "b" for e in s["e"]]
    assert all(e["eq"].startswith("<math") and e["guess"][0] == e["rule"].replace("block", "inline") for _, e in edges)
    assert {e["rt"] for op, e in edges if op["o"] == "sigmoid"} == {"∂C/∂a² ⊙ σ′(z²)", "∂C/∂a¹ ⊙ σ′(z¹)"}
    assert all(len(set(e["guess"])) == len(e["guess"]) >= 3 for _, e in edges)


def test_the_equations_become_true_in_order() -> None:
    _, cost = chapter((4, 3, 2))
    data = content(explain(cost))
    assert [line["bp"] for line in data["equations"]] == [None, "BP1", "BP3", "BP4", "BP2", "BP3", "BP4"]
    steps = [line["s"] for line in data["equations"]]
    assert steps == sorted(steps) and steps[0] >= data["forward"]
    for line in data["equations"]:
        assert line["s"] < len(data["steps"])


def test_the_line_of_code_is_shown_where_it_was_recorded() -> None:
    x = ag.tensor(2.0, requires_grad=True, name="x")
    with debug():
        y = ag.exp(x)
    data = content(explain(y * y))
    assert data["ops"][0]["src"][0] == "test_explain.py"
    assert data["ops"][0]["src"][2] == "y = ag.exp(x)"
    assert "src" not in data["ops"][1]


def test_the_cost_of_a_matrix_product_is_two_for_each_of_its_multiplications() -> None:
    w = ag.tensor(np.ones((3, 4)), requires_grad=True)
    data = content(explain(ag.sum(w @ np.ones((4, 5)))))
    assert data["ops"][0]["c"] == [2 * 3 * 4 * 5, 8 * (12 + 20 + 15)]
    assert data["ops"][1]["c"][0] == 15


HOSTILE = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"\'&<>', "\\N\\G\\", "a\nb\x00\u2028",
    "{{DATA}}", "<!--", "]]>", "$\\frac{", "%5C", "é" * 200,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_names_are_escaped_wherever_they_stand(name: str) -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name=name)
    with ag.scope(name):
        loss = ag.sum(w * w)
        loss.name = name
    page = explain(loss)
    content(page)
    elements = Elements()
    elements.feed(page.html)
    tags = [tag for tag, _ in elements.found]
    assert tags.count("script") == 2 and "img" not in tags
    assert not any(key.startswith("on") for _, attributes in elements.found for key in attributes)
    for markup in markups(content(page)):
        inner = Elements()
        inner.feed(markup)
        assert {tag for tag, _ in inner.found} <= MATHML


def markups(data: Any) -> list[str]:
    if isinstance(data, dict):
        own = [value for key, value in data.items() if key in ("m", "gm", "f", "eq", "rule", "lm", "means") and value]
        return [value for value in own if isinstance(value, str)] + markups(list(data.values()))
    return [each for item in data for each in markups(item)] if isinstance(data, list) else []


MATHML = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mfrac", "msup", "msub", "msubsup", "msqrt", "munder", "mspace", "mover",
}  # fmt: skip


VALUES = {
    "empty": np.zeros((0, 3)),
    "not finite": np.array([np.nan, np.inf, 1.0]),
    "many not finite": np.full((30, 30), np.nan),
    "zeros": np.zeros((40, 40)),
    "deep": np.ones((2, 3, 4, 5)),
    "long": np.arange(10_001.0),
    "wide": np.ones((3, 5000)),
    "tiny": np.full(3, 5e-324),
    "half": np.ones(4, np.float16),
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_values_of_every_kind_are_shown(values: np.ndarray) -> None:
    x = ag.tensor(values, requires_grad=True)
    page = explain(ag.sum(x * 2.0))
    content(page)
    assert len(page.html) < 200_000


def test_other_operations_and_arrays_find_their_place(registry: dict[str, ag.Operation]) -> None:
    @ag.operation(notation=r"{x}^?")
    def strange(xp: Any, x: Any) -> Any:
        return x * 2

    strange.rules(x=lambda xp, g, out, x: np.asarray(g) * 2)
    x = ag.tensor(np.ones((2, 3)), requires_grad=True)
    y = ag.concatenate([strange(x), x[[1, 0]]], axis=0)
    loss = ag.sum(ag.where(y > 0, y, 0.0)) + ag.logsumexp(y)
    data = content(explain(loss))
    assert "strange" in [op["o"] for op in data["ops"]]


def test_what_has_an_effect_is_not_done_again_to_be_explained_or_derived(registry: dict[str, ag.Operation]) -> None:
    rng = np.random.default_rng(0)
    sent: list[Any] = []

    @ag.operation(notation=r"\operatorname{{send}}({x})", effect=True)
    def send(xp: Any, x: Any) -> Any:
        sent.append(x)
        return x * len(sent)

    send.rules(x=lambda xp, g, out, x: g)
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    loss = ag.sum(send(send(w.T)) * ag.random_like(w, rng))
    after, count = rng.bit_generator.state, len(sent)
    page, derivation = content(explain(loss)), ag.derive(loss, detail="node")
    ag.draw(loss, values=True, grads=True).svg()
    assert (rng.bit_generator.state, len(sent)) == (after, count) == (after, 2)
    assert [op["ft"] for op in page["ops"] if op["o"] == "send"] == ["u₁ = send(w)", "u₂ = send(u₁)"]
    assert derivation.difference < 1e-12


def test_an_operation_whose_forward_and_rule_call_others_is_drawn_and_explained(
    registry: dict[str, ag.Operation],
) -> None:
    @ag.operation(notation=r"\operatorname{{hypot}}({x}, {y})", symbol="hypot")
    def hypotenuse(xp: Any, x: Any, y: Any) -> Any:
        return xp.sqrt(xp.square(x) + xp.square(y))

    hypotenuse.rules(
        x=lambda xp, g, out, x, y: xp.divide(g * x, hypotenuse(x, y)), y=lambda xp, g, out, x, y: g * y / out
    )
    w = ag.tensor([3.0, 6.0], requires_grad=True, name="w")
    loss = ag.sum(hypotenuse(w, ag.tensor([4.0, 8.0], name="y")))
    page = content(explain(loss))
    assert page["ops"][0]["ft"] == "u₁ = hypot(w, y)"
    [edge] = [e for s in page["steps"] if s["p"] == "b" for e in s["e"] if page["tensors"][e["t"]]["n"] == "w"]
    assert edge["rt"] == "(∂C/∂u₁ ⊙ w)/(hypot(w, y))"
    assert page["values"][page["tensors"][edge["t"]]["g"]]["v"] == [[0.6, 0.6]]
    assert "hypot" in ag.draw(loss, grads=True).source


@pytest.mark.parametrize("error", [NotImplementedError, ZeroDivisionError, AssertionError, UnicodeError, KeyError])
def test_where_a_users_rule_gives_no_formula_the_page_says_why(
    registry: dict[str, ag.Operation], error: type[Exception]
) -> None:
    @ag.operation(notation=r"\operatorname{{twice}}({x})")
    def twice(xp: Any, x: Any) -> Any:
        return x + x

    def rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
        if not isinstance(x, np.ndarray):
            raise error("only arrays, please")
        return g + g

    twice.rules(x=rule)
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    page = content(explain(ag.sum(twice(w))))
    [edge] = [e for s in page["steps"] if s["p"] == "b" for e in s["e"] if page["tensors"][e["t"]]["n"] == "w"]
    assert "eq" not in edge and edge["why"].startswith("No formula: ") and "only arrays, please" in edge["why"]
    assert page["values"][page["tensors"][edge["t"]]["g"]]["v"] == [[2.0, 2.0]]


def test_an_argument_that_was_left_out_is_neither_drawn_nor_told() -> None:
    w = ag.tensor([-1.0, 2.0, 5.0], requires_grad=True, name="w")
    loss = ag.sum(ag.clip(w, max=3.0))
    page = content(explain(loss))
    [clip] = [op for op in page["ops"] if op["o"] == "clip"]
    assert len(clip["in"]) == 2 and clip["in"][1]["n"] == "3.0" and "None" not in clip["ft"]
    assert "None" not in ag.draw(loss, values=True, grads=True).source
    assert "None" not in page["ops"][0]["ft"] and all(e["eq"] for s in page["steps"] if s["p"] == "b" for e in s["e"])


def test_arrays_of_another_library(world: Any) -> None:
    w = world.tensor(np.ones((2, 3)), requires_grad=True, name="w")
    content(explain(ag.sum(ag.sigmoid(w * w))))
    assert w.grad is None


def deep(layers: int, width: int = 8) -> ag.Tensor:
    model = nn.MLP([width] * (layers + 1), rng=0, dtype=float)
    rng = np.random.default_rng(0)
    return nn.quadratic_cost(model(ag.tensor(rng.random((3, width)))), rng.random((3, width)))


@pytest.mark.slow
def test_a_graph_of_a_thousand_operations_still_has_its_formulas_values_and_equations() -> None:
    cost = deep(250)
    begun = time.perf_counter()
    page = explain(cost)
    assert time.perf_counter() - begun < 20  # 1.6 s where it was written
    assert len(page.html) < 1_000_000  # 518 kB there
    data = content(page)
    assert len(data["ops"]) == 1004 and len(data["parts"]) > 5
    assert all("f" in op for op in data["ops"])
    edges = [edge for each in data["steps"] if each["p"] == "b" for edge in each["e"]]
    assert len(edges) > 1000 and all(edge["eq"] and len(edge["guess"]) >= 3 for edge in edges)
    assert {value["k"] for value in data["values"]} >= {"numbers", "heat", "number"}
    labels = [line["bp"] for line in data["equations"]]
    assert (labels.count("BP1"), labels.count("BP2"), labels.count("BP3"), labels.count("BP4")) == (1, 249, 250, 250)


def test_the_page_says_why_there_are_no_equations() -> None:
    w, h = ag.tensor(np.full((2, 2), 0.1), requires_grad=True, name="w"), ag.tensor([1.0, 2.0], name="x")
    for _ in range(400):
        h = ag.tanh(w @ h)
    data = content(explain(ag.sum(h)))
    assert data["equations"] == [] and data["untold"].endswith("which nobody could read")
    assert all("f" in op for op in data["ops"])


@pytest.mark.slow
def test_a_large_graph_opens_as_an_outline_and_stays_small() -> None:
    h = x = ag.tensor(np.ones(4), requires_grad=True, name="x")
    for i in range(5000):
        with ag.scope(f"block {i // 1000}"):
            h = ag.tanh(h * 0.5)
    loss = ag.sum(h)
    begun = time.perf_counter()
    page = explain(loss)
    assert time.perf_counter() - begun < 20
    length = len(page.html)
    assert length < 1_000_000  # 404 kB, and 753 kB for a network of 2,500 layers
    data = content(page)
    assert 5 <= len(data["parts"]) <= 80
    assert sorted(i for part in data["parts"] for i in part["ops"]) == list(range(10_001))
    drawn = page.html.count('class="node" data-node="p')
    assert drawn == len(data["parts"])
    assert x.grad is None


def test_folded_modules_are_boxes_of_a_layout_of_their_own() -> None:
    _, cost = chapter((4, 3, 2))
    page = explain(cost)
    data = content(page)
    folded = page.html.partition('<div id="folded" hidden>')[2].partition("</div>")[0]
    names = {tensor["n"]: f"t{i}" for i, tensor in enumerate(data["tensors"])}
    drawn = re.findall(r'class="node" data-node="(\w+)"', folded)
    assert sorted(drawn) == sorted(["b0", "b1", names["x"], names["y"]])
    edges = set(re.findall(r'data-from="(\w+)" data-to="(\w+)"', folded))
    assert edges == {(names["x"], "b0"), ("b0", "b1"), (names["y"], "b1")}
    assert data["modules"][names["W¹"]] == "b0" and data["modules"][names["C"]] == "b1"
    assert re.findall(r">(\w[\w ]*)</text>", folded).count("8 operations") == 1


def test_without_modules_nothing_folds() -> None:
    page = explain(shared()[1])
    assert '<div id="folded" hidden></div>' in page.html
    assert content(page)["modules"] == {}


@pytest.mark.parametrize("program", ["dot", "graphviz-pure"])
def test_every_engine_gives_nodes_that_can_be_found_with_their_text_in_the_middle(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    found = shutil.which("dot") if program == "dot" else engine._installed()
    if found is None:
        pytest.skip("no Graphviz on this machine: the other engine is tried")
    monkeypatch.setenv("AUTOGRAD_LITE_DOT", found)
    _, cost = chapter()
    page = explain(cost)
    data = content(page)
    whole = page.html.partition('<div id="whole">')[2].partition("</div>")[0]
    nodes = re.findall(r'<g class="node" data-node="(\w+)">(.*?)</g>', whole, re.DOTALL)
    assert {name for name, _ in nodes} >= {f"o{op['t']}" for op in data["ops"]} | {
        f"t{i}" for i in range(len(data["tensors"]))
    }
    assert whole.count('class="cluster"') == 4 and whole.count('class="edge"') >= 2 * len(data["ops"])
    for _, drawn in nodes:
        assert "<text" in drawn and 'text-anchor="start"' not in drawn
        for ellipse in re.findall(r'<ellipse[^>]* cx="([-.\d]+)"', drawn):
            assert {float(x) for x in re.findall(r'<text[^>]* x="([-.\d]+)"', drawn)} == {float(ellipse)}
    assert len(page.html.encode()) < 300_000


def test_a_dense_graph_that_no_engine_lays_out_in_time_becomes_an_outline(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def slow(source: str, form: str, seconds: float | None = None) -> bytes:
        calls.append(len(source))
        if len(calls) == 1:
            raise ag.EngineError("stopped after 30 seconds")
        return engine.render(source, form, seconds)

    monkeypatch.setattr("autograd_lite.show.page.graph.render", slow)
    data = content(explain(deep(40)))
    assert len(calls) == 2 and len(data["parts"]) > 1
    assert all("f" in op and op["part"] < len(data["parts"]) for op in data["ops"])


def test_a_slope_of_relu_is_a_number() -> None:
    x = ag.tensor([-1.0, 2.0], requires_grad=True, name="x")
    data = content(explain(ag.sum(ag.relu(x))))
    [slope] = [e["lv"] for s in data["steps"] if s["p"] == "b" and data["ops"][s["op"]]["o"] == "relu" for e in s["e"]]
    assert str(data["values"][slope]["v"]) == "[[0, 1]]"


def test_a_sum_says_where_its_numbers_go() -> None:
    b = ag.tensor(np.ones(3), requires_grad=True, name="b")
    data = content(explain(ag.sum(ag.tensor(np.ones((2, 3))) + b)))
    notes = [edge.get("note") for each in data["steps"] if each["p"] == "b" for edge in each["e"]]
    assert notes == [
        "the same number for every element that was added up",
        "and added up over the elements that b was spread over",
    ]


def test_a_notebook_shows_the_page_in_a_frame_of_its_own() -> None:
    _, loss = shared()
    bundle = explain(loss)._repr_mimebundle_()
    assert bundle["text/plain"].startswith("Page of ")
    elements = Elements()
    elements.feed(bundle["text/html"])
    [(tag, attributes)] = elements.found
    assert tag == "iframe" and attributes["sandbox"] == "allow-scripts"
    assert attributes["srcdoc"] == explain(loss).html


def refused() -> dict[str, tuple[Any, type[Exception], str]]:
    x, _ = shared()
    freed = shared()[1]
    freed.backward(free=True)
    with ag.no_grad():
        pathless = ag.sum(x * 2.0)
    return {
        "no tensor": (3.0, ag.ArgumentError, "explain.*float"),
        "leaf": (ag.tensor(1.0, requires_grad=True), ag.GraphError, "leaf"),
        "not a scalar": (x * 2.0, ag.GraphError, "not a scalar"),
        "freed": (freed, ag.GraphError, "released"),
        "no path": (pathless, ag.GraphError, "explain"),
    }


@pytest.mark.parametrize("case", refused())
def test_what_cannot_be_explained_is_refused_and_no_file_is_left(case: str, tmp_path: Path) -> None:
    loss, error, message = refused()[case]
    with pytest.raises(error, match=message):
        explain(loss, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "path, error",
    [("missing/page.html", ag.FileError), ("folder.html", ag.FileError), ("a\x00b.html", ag.FileError),
     ("page.txt", ag.ArgumentError), ("page", ag.ArgumentError), (7, ag.ArgumentError)],
    ids=repr,
)  # fmt: skip
def test_a_file_that_cannot_be_written_is_a_clear_error(path: Any, error: type[Exception], tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    _, loss = shared()
    with pytest.raises(error, match=r"cannot write|\.html"):
        explain(loss, tmp_path / path if isinstance(path, str) else path)
    assert [each.name for each in tmp_path.iterdir()] == ["folder.html"]


def test_a_page_that_was_there_stays_when_a_new_one_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "page.html"
    target.write_text("old")
    monkeypatch.setenv("AUTOGRAD_LITE_DOT", "no-such-program")
    with pytest.raises(ag.EngineError):
        explain(shared()[1], target)
    assert target.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]


def test_the_script_asks_the_network_for_nothing() -> None:
    script = Path(explain.__globals__["__file__"]).with_name("page.js").read_text(encoding="utf-8")
    for way in ("fetch(", "XMLHttpRequest", "import(", "WebSocket", "http://", "https://", "sendBeacon", "eval("):
        assert way not in script


def test_the_svg_is_read_as_xml_whatever_names_stand_in_it() -> None:
    picture = b"""<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd"><!-- a comment -->
<svg viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg"><g id="graph0" class="graph"><title>all</title>
<g id="n1" class="node"><title>t0</title><path d="M10,-20C10.5,-21 30,-22e0 30,-23Z"/>
<text text-anchor="start" x="1" fill="#6b7683">class="node" &lt;g&gt; &amp;amp;</text></g>
<g id="e1" class="edge"><title>t0-&gt;o1</title><path d="M1,2"/></g>
<g id="c1" class="cluster"><title>cluster_0</title><text text-anchor="start" x="1">&lt;/g&gt;</text></g></g></svg>"""
    read = svg.element(picture)
    assert read.startswith('<svg viewBox="0 0 1 1"><g class="graph">') and "title" not in read and "comment" not in read
    assert 'class="node" &lt;g&gt; &amp;amp;</text>' in read and "&lt;/g&gt;</text>" in read
    assert '<g class="node" data-node="t0">' in read and '<g class="cluster" data-node="cluster_0">' in read
    assert '<g class="edge" data-from="t0" data-to="o1">' in read
    assert '<text text-anchor="middle" x="20.00" fill="#6b7683" class="faint">' in read
    assert read.count('text-anchor="start"') == 1  # that of the cluster, whose title stands at its left


def test_what_is_small_in_print_is_large_enough_on_a_page_and_boxes_are_as_wide_as_their_text() -> None:
    _, cost = chapter((4, 3, 2))
    page = explain(cost).html
    whole = page.partition('<div id="whole">')[2].partition("</div>")[0]
    sizes = {float(each) for each in re.findall(r'font-size="([\d.]+)"', whole)}
    assert min(sizes) >= 10 and "legend" not in whole and "parameter" not in whole
    assert min(points for points, _ in style.SCREEN.fonts.values()) == 10
    assert min(points for points, _ in style.PRINT.fonts.values()) == 8


def test_modules_of_the_reverse_pass_fold_each_on_its_own() -> None:
    model = nn.MLP([3, 2], rng=0, dtype=float)
    cost = nn.quadratic_cost(model(np.ones(3)), np.zeros(2))
    slopes = ag.grad(cost, model.parameters(), create_graph=True)
    loss = ag.sum(slopes[0] * slopes[0])
    data = content(explain(loss))
    forward = {data["modules"][f"o{op['t']}"] for op in data["ops"] if op["sc"].startswith("MLP")}
    back = {data["modules"][f"o{op['t']}"] for op in data["ops"] if op["sc"].startswith("reverse pass / MLP")}
    assert len(forward) == len(back) == 1 and forward != back


def test_an_operation_of_several_results_is_drawn_explained_and_tabled(registry: dict[str, ag.Operation]) -> None:
    @ag.operation(notation=r"\operatorname{{both}}({x})", parts=2)
    def both(xp: Any, x: Any) -> Any:
        return xp.sin(x), xp.cos(x)

    both.rules(x=lambda xp, g, out, x: g[0] * out[1] - g[1] * out[0])
    x = ag.tensor([[0.5, 1.0], [1.5, 2.0]], requires_grad=True, name="x")
    upper, lower = ag.split(x, 2)
    sine, cosine = both(upper)
    loss = ag.sum(sine * cosine) + ag.sum(ag.divmod(lower, 0.7)[1] * 3.0)
    picture, data = ag.draw(loss, values=True, grads=True), content(explain(loss))
    names = [op["o"] for op in data["ops"]]
    assert {"split[0]", "split[1]", "both[0]", "both[1]", "divmod[1]"} <= set(names)
    assert all(picture.source.count(f">{name}<") == 1 for name in ("split[0]", "split[1]", "both[0]", "both[1]"))
    assert "<svg" in picture.svg() and all("why" not in op for op in data["ops"])
    back = [edge for step in data["steps"] if step["p"] == "b" for edge in step["e"]]
    assert all(edge["eq"] for edge in back)
    loss.backward()
    [entry] = [tensor for tensor in data["tensors"] if tensor["n"] == "x"]
    assert np.allclose(data["values"][entry["g"]]["v"], x.grad, rtol=1e-3)
    last = [edge for edge in back if data["tensors"][edge["t"]]["n"] == "x"][-1]
    assert np.allclose(data["values"][last["total"]]["v"], x.grad, rtol=1e-3)
    assert "from split[1]" in lower._repr_html_()  # type: ignore[attr-defined]
