"""The picture of a graph: what stands in the DOT text, which program lays it out, and what is left on a failure."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import graphviz
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, EngineError, FileError, GraphError
from autograd_lite.show.names import delta_name, pretty
from autograd_lite.show.picture import engine
from autograd_lite.show.picture.draw import draw

NODE = re.compile(r"^ *([toc][0-9_]+) \[.*?label=<(.*)>\]$", re.MULTILINE)
EDGE = re.compile(r"^  ([toc][0-9_]+) -> ([to][0-9]+)", re.MULTILINE)
SVG = "{http://www.w3.org/2000/svg}"


def nodes(source: str) -> dict[str, str]:
    """What is written on each node, its lines joined by a bar."""
    return {name: re.sub("<[^>]*>", "", label.replace("<BR/>", "|")) for name, label in NODE.findall(source)}


def colours(source: str) -> dict[str, str]:
    return dict(re.findall(r'^ *([tc][0-9_]+) \[.*?fillcolor="(#\w+)"', source, re.MULTILINE))


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - written by the program under test


def network() -> ag.Tensor:
    """A loss over two layers in nested scopes."""
    random = np.random.default_rng(0)
    a = ag.tensor(random.normal(size=(4, 3)), name="x")
    with ag.scope("network"):
        for layer, (inside, outside) in enumerate(itertools.pairwise((3, 2, 1)), start=1):
            with ag.scope(f"layer {layer}"):
                w = ag.tensor(random.normal(size=(outside, inside)), requires_grad=True, name=f"W{layer}")
                b = ag.tensor(random.normal(size=outside), requires_grad=True, name=f"b{layer}")
                z = a @ w.T + b
                z.name = f"z{layer}"
                a = ag.sigmoid(z)
                a.name = f"a{layer}"
    cost = a.sum()
    cost.name = "C"
    return cost


def named(name: str) -> ag.Tensor:
    return ag.tensor(2.0, requires_grad=True, name=name)


def stub(folder: Path, name: str, script: str) -> Path:
    """A program called `name` that does what the shell script says."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An environment in which no program is found: no variable, an empty PATH, nothing installed."""
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.setattr(engine.metadata, "files", lambda name: [])
    monkeypatch.setattr(engine.sysconfig, "get_path", lambda name: str(empty))
    monkeypatch.setattr(engine.sys, "executable", str(empty / "python"))
    return tmp_path


# The text.

GOLDEN = """\
digraph autograd {
  graph [rankdir=TB, ranksep=0.26, nodesep=0.22, bgcolor=white, fontname=Helvetica, fontsize=10, fontcolor="#6B7683"]
  node [fontname=Helvetica, fontsize=12, fontcolor="#1F2933", penwidth=0.9, height=0.2, margin="0.1,0.05"]
  edge [color="#9AA4AF", penwidth=0.7, arrowsize=0.5]
  graph [labelloc=b, labeljust=c, label=<LEGEND>]
  subgraph cluster_0 {
    graph [style="rounded,filled", fillcolor="#F8F9FB", color="#D3D8DE", penwidth=0.8, labelloc=t, labeljust=l, \
margin=10, label=<square>]
    t0 [shape=box, style="rounded,filled", fillcolor="#FCF1DC", color="#C8963E", width=0.90, label=<\
<FONT POINT-SIZE="13" COLOR="#1F2933">x</FONT><BR/><FONT POINT-SIZE="9" COLOR="#6B7683">() float64</FONT><BR/>\
<FONT POINT-SIZE="9" COLOR="#1F2933">3</FONT><BR/><FONT POINT-SIZE="9" COLOR="#A4402F">∂C/∂x = 6</FONT>>]
    o1 [shape=circle, width=0.3, fixedsize=true, style=filled, fillcolor="#E9E6F3", color="#8D83B5", ordering=in, \
label=<<FONT POINT-SIZE="14" COLOR="#1F2933">⊙</FONT>>]
    t1 [shape=box, style="rounded,filled", fillcolor="#E2F1E4", color="#549A62", width=0.90, label=<\
<FONT POINT-SIZE="13" COLOR="#1F2933">C</FONT><BR/><FONT POINT-SIZE="9" COLOR="#6B7683">() float64</FONT><BR/>\
<FONT POINT-SIZE="9" COLOR="#1F2933">9</FONT><BR/><FONT POINT-SIZE="9" COLOR="#A4402F">∂C/∂C = 1</FONT>>]
  }
  t0 -> o1
  t0 -> o1
  o1 -> t1 [arrowhead=none]
}
"""


def test_the_whole_text_of_a_square() -> None:
    x = ag.tensor(3.0, requires_grad=True, name="x")
    with ag.scope("square"):
        y = x * x
    y.name = "C"
    source = draw(y, grads=True, values=True).source
    assert re.sub('label=<<FONT POINT-SIZE="8"><TABLE.*</TABLE></FONT>>', "label=<LEGEND>", source) == GOLDEN


def test_the_text_does_not_depend_on_the_hash_seed_or_on_what_was_recorded_before() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "import autograd_lite as ag\n"
        "from test_draw import network, draw\n"
        "loss = network()\n"
        "weights = [x for x in ag.ancestors(loss) if x.requires_grad and x.node is None]\n"
        "slopes = ag.grad(loss, weights, create_graph=True)\n"
        "sys.stdout.buffer.write(draw(loss, grads=True, values=True).source.encode())\n"
        "sys.stdout.buffer.write(draw([loss, *slopes]).source.encode())\n"
    )
    root = Path(__file__).parents[1]
    texts = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root, capture_output=True, check=True,
        ).stdout
        for seed in ("0", "1", "2", "3")
    }  # fmt: skip
    assert len(texts) == 1
    assert texts.pop().decode().startswith(draw(network(), grads=True, values=True).source)


def test_a_tensor_used_many_times_is_drawn_once() -> None:
    x = named("x")
    y = ag.exp(x)
    source = draw(y * y + y * x).source
    assert len(NODE.findall(source)) == len(nodes(source)) == 9
    assert sorted(EDGE.findall(source)) == sorted(
        [("t0", "o1"), ("o1", "t1"), ("t1", "o2"), ("t1", "o2"), ("o2", "t2"), ("t1", "o3"), ("t0", "o3"),
         ("o3", "t3"), ("t2", "o4"), ("t3", "o4"), ("o4", "t4")]
    )  # fmt: skip


def test_numbers_and_arrays_are_constants_and_a_shared_array_is_one_node() -> None:
    x = ag.tensor(np.ones((2, 3)), requires_grad=True)
    mask = np.full((2, 3), 7.0)
    y = 2.0 * (x * mask) + mask
    labels = nodes(draw(y).source)
    constants = sorted(label for name, label in labels.items() if name.startswith("c"))
    assert constants == ["2.0", "const (2, 3) float64"]
    assert [edge[0] for edge in EDGE.findall(draw(y).source)].count("c1_1") == 2
    assert nodes(draw(y, values=True).source)["c1_1"] == "const (2, 3) float64|[7, 7, 7]|[7, 7, 7]"


def test_clusters_nest_as_scopes_do_and_hold_the_parameters_used_in_them() -> None:
    parents: dict[str, list[str]] = {}
    stack: list[str] = []
    labels = nodes(source := draw(network()).source)
    for line in source.splitlines():
        line = line.strip()
        if line.startswith("subgraph"):
            stack.append("?")
        elif stack and line.startswith("graph ["):
            match = re.search("label=<(.*)>]", line)
            assert match
            stack[-1] = match[1]
        elif line == "}" and stack:
            stack.pop()
        elif "label=" in line and line[0] in "tc":
            name = line.split()[0]
            parents[labels[name].split("|")[0]] = list(stack)
    assert parents["W¹"] == parents["b¹"] == parents["z¹"] == parents["a¹"] == ["network", "layer 1"]
    assert parents["W²"] == parents["a²"] == ["network", "layer 2"]
    assert parents["x"] == parents["C"] == []
    assert source.count("{") == source.count("}") == 4


def test_a_parameter_shared_by_two_layers_stands_in_the_scope_around_both() -> None:
    w = named("w")
    with ag.scope("net"):
        with ag.scope("a"):
            y = ag.exp(w)
        with ag.scope("b"):
            z = y * w
    before = draw(z).source.split("t0 [")[0]
    assert "label=<net>" in before and "label=<a>" not in before


def test_names_shapes_and_dtypes_are_on_the_nodes() -> None:
    labels = set(nodes(draw(network()).source).values())
    assert {"W¹|(2, 3) float64", "x|(4, 3) float64", "z²|(4, 1) float64", "C|() float64", "(4, 2) float64"} <= labels
    assert {"@", "+", "σ", "Σ", "ᵀ"} <= labels


def test_parameters_of_an_operation_are_on_its_node_unless_they_are_the_default() -> None:
    x = ag.tensor(np.ones((2, 3)), requires_grad=True)
    labels = set(nodes(draw(x.sum(axis=1, keepdims=True)[0, ::2].reshape(1, 1)).source).values())
    assert {"Σ|axis 1|keepdims True", "[ ]|[0, ::2]", "reshape|(1, 1)"} <= labels
    assert "Σ" in nodes(draw(x.sum()).source).values()


def test_a_parameter_that_is_no_plain_value_is_told_by_its_kind(registry: dict[str, ag.Operation]) -> None:
    @ag.operation(notation=r"{x}")
    def odd(xp: Any, x: Any, *, rng: Any, call: Any, table: Any, factor: Any) -> Any:
        return x

    odd.rules(x=lambda xp, g, out, x, **given: g)
    x = named("x")
    shown = odd(x, rng=np.random.default_rng(0), call=np.exp, table=np.ones((2, 3)), factor=np.float32(0.5))
    assert "odd|rng Generator|call exp|table (2, 3) float64|factor 0.5" in nodes(draw(shown).source).values()


def test_tensors_are_boxes_operations_are_round_and_each_kind_has_its_colour() -> None:
    source = draw(network()).source
    assert set(re.findall(r"^ *t\d+ \[shape=(\w+)", source, re.MULTILINE)) == {"box"}
    assert set(re.findall(r"^ *o\d+ \[shape=(\w+)", source, re.MULTILINE)) <= {"circle", "ellipse"}
    by_name = {nodes(source)[name].split("|")[0]: colour for name, colour in colours(source).items()}
    assert by_name["W¹"] == by_name["b²"]
    assert len({by_name[name] for name in ("W¹", "x", "z¹", "C")}) == 4


def test_the_legend_explains_the_colours_that_occur_and_no_others() -> None:
    def explained(tensor: ag.Tensor) -> list[str]:
        source = draw(tensor).source
        for kind, colour in re.findall(r'BGCOLOR="(#\w+)".*?ALIGN="LEFT">(\w+)', source):
            assert kind == "#F2F3F5" or kind in colours(source).values(), colour
        return re.findall('ALIGN="LEFT">(\\w+)', source)

    assert explained(network()) == ["parameter", "input", "intermediate", "result", "operation"]
    assert explained(named("x") * 2.0) == ["parameter", "result", "constant", "operation"]
    assert explained(named("x")) == ["parameter"]
    assert explained(ag.tensor(1.0)) == ["input"]


def test_a_leaf_an_intermediate_and_several_results() -> None:
    x = named("x")
    y = ag.exp(x)
    z = y * x
    assert nodes(draw(x).source) == {"t0": "x|() float64"}
    assert set(nodes(draw(y).source)) == {"t0", "o1", "t1"}
    slope = ag.grad(z, x, create_graph=True)
    picture = draw([z, slope, z])
    assert list(colours(picture.source).values()).count(colours(draw(z).source)["t2"]) == 2
    assert (picture.tensors, picture.operations) == (
        sum(name.startswith("t") for name in nodes(picture.source)),
        sum(name.startswith("o") for name in nodes(picture.source)),
    )


# Values and gradients.


def test_small_values_are_written_out_and_large_ones_as_their_range() -> None:
    small = ag.tensor([[1.0, 2.5], [-3.0, 1e-5]], name="m")
    assert nodes(draw(small, values=True).source)["t0"] == "m|(2, 2) float64|[1, 2.5]|[-3, 1e-05]"
    assert "2.5" not in draw(small).source
    large = np.arange(100.0)
    large[3:5] = np.nan, np.inf
    assert nodes(draw(ag.tensor(large), values=True).source)["t0"] == "(100,) float64|0 … 99, 2 not finite"
    assert nodes(draw(ag.tensor(np.zeros((0, 3))), values=True).source)["t0"] == "(0, 3) float64|empty"
    assert nodes(draw(ag.tensor([True, False]), values=True).source)["t0"] == "(2,) bool|[True, False]"
    assert nodes(draw(ag.tensor(np.full(20, np.nan)), values=True).source)["t0"] == "(20,) float64|20 not finite"


def test_the_gradient_of_every_tensor_is_shown_and_none_is_kept() -> None:
    x, c = ag.tensor([1.0, 2.0], requires_grad=True, name="W1"), ag.tensor([3.0, 4.0], name="x")
    z = x * c
    z.name = "z2"
    loss = (z * z).sum()
    loss.name = "C"
    x.grad = np.array([7.0, 7.0])
    labels = nodes(draw(loss, grads=True).source)
    assert labels["t0"] == "W¹|(2,) float64|∂C/∂W¹ = [18, 64]"
    assert labels["t1"] == "x|(2,) float64"
    assert labels["t2"] == "z²|(2,) float64|δ² = [6, 16]"
    assert labels["t3"] == "(2,) float64|grad = [1, 1]"
    assert labels["t4"] == "C|() float64|∂C/∂C = 1"
    assert x.grad.tolist() == [7.0, 7.0] and z.grad is None and loss.grad is None
    loss.backward()
    assert x.grad.tolist() == [25.0, 71.0]


def test_gradients_of_anything_but_one_scalar_that_has_them_are_refused() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    with pytest.raises(GraphError, match=r"x \(2,\) float64 is not a scalar.*output.sum\(\)"):
        draw(x, grads=True)
    with pytest.raises(GraphError, match="does not require a gradient"):
        draw(ag.tensor(1.0), grads=True)
    with pytest.raises(GraphError, match="2 tensors were given"):
        draw([x.sum(), x.sum()], grads=True)


# Names.


@pytest.mark.parametrize(
    "name, printed",
    [("W1", "W¹"), ("b12", "b¹²"), ("x_1", "x₁"), ("a2_3", "a²₃"), ("delta2", "δ²"), ("sigma", "σ"), ("lambda", "λ"),
     ("conv1", "conv1"), ("layers.0.W1", "layers.0.W¹"), ("x", "x"), ("", ""), ("7", "7"), ("W1'", "W1'")],
)  # fmt: skip
def test_names_are_printed_as_mathematics_writes_them(name: str, printed: str) -> None:
    assert pretty(name) == printed


@pytest.mark.parametrize(
    "name, of, printed",
    [("z2", None, "δ²"), ("z", "C", "δ"), ("z1_2", None, "δ¹₂"), ("W1", "C", "∂C/∂W¹"), ("b1", "", "∂b¹"),
     ("", "C", "grad"), ("zebra", "C", "∂C/∂zebra")],
)  # fmt: skip
def test_the_error_of_a_weighted_input_is_delta(name: str, of: str | None, printed: str) -> None:
    assert delta_name(name, of) == printed


HOSTILE = '<b>"q"&amp;\\N\\G\\l|{}</b>--> ]; x [label=<'


@pytest.mark.parametrize("program", ["dot", "graphviz-pure"])
def test_hostile_names_are_text_and_nothing_else(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = engine._installed() if program == "graphviz-pure" else engine.shutil.which("dot")
    if path is None:
        pytest.skip(f"{program} is not installed")
    monkeypatch.setenv(engine.VARIABLE, path)
    x = named(HOSTILE)
    with ag.scope(HOSTILE):
        y = ag.exp(x)
    y.name = "two\nlines\x00\x1b\ud800"
    picture = draw(y)
    drawing = parsed(picture.svg())
    texts = [text.text for text in drawing.iter(f"{SVG}text")]
    assert texts.count(HOSTILE) == 2
    assert "two lines���" in texts
    assert len([group for group in drawing.iter(f"{SVG}g") if group.get("class") == "node"]) == 3


def test_a_very_long_name_is_cut() -> None:
    assert nodes(draw(named("n" * 1000)).source)["t0"] == "n" * 59 + "…|() float64"


# Size.


def chain(length: int) -> ag.Tensor:
    x = y = ag.tensor(1.0, requires_grad=True)
    for _ in range(length):
        y = y + x
    return y


def test_ten_thousand_nodes_take_less_than_two_seconds() -> None:
    y = chain(10_000)
    start = time.perf_counter()
    picture = draw(y, values=True)
    assert time.perf_counter() - start < 2
    assert (picture.tensors, picture.operations) == (10_001, 10_000)


@pytest.mark.slow
def test_depth_is_not_limited_by_the_stack() -> None:
    assert draw(chain(100_000)).tensors == 100_001
    y = named("x")
    with ag.scope("outermost"):
        node = ag.exp(y)
    assert node.node is not None
    node.node.scope = tuple(f"s{i}" for i in range(2000))
    assert draw(node).source.count("subgraph") == 2000


# The program.


def test_the_variable_comes_before_the_path_and_the_path_before_the_installed_one(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = bare / "scripts"
    pure = stub(scripts, "graphviz-pure", "echo pure")
    monkeypatch.setattr(engine.sysconfig, "get_path", lambda name: str(scripts))
    assert engine.find() == str(pure)
    dot = stub(bare / "bin", "dot", "echo dot")
    monkeypatch.setenv("PATH", str(bare / "bin"))
    assert engine.find() == str(dot)
    mine = stub(bare / "my programs", "mine", "echo mine")
    monkeypatch.setenv(engine.VARIABLE, str(mine))
    assert engine.find() == str(mine)
    assert engine.render("digraph {}", "svg") == b"mine\n"
    monkeypatch.setenv(engine.VARIABLE, "dot")
    assert engine.find() == str(dot)


def test_graphviz_pure_is_found_beside_an_interpreter_that_is_not_activated(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pure = stub(bare / "venv", "graphviz-pure", "echo pure")
    monkeypatch.setattr(engine.sys, "executable", str(bare / "venv" / "python"))
    assert engine.find() == str(pure)


def test_graphviz_pure_is_found_where_its_distribution_was_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(engine.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(engine.sys, "executable", str(tmp_path / "python"))
    assert Path(engine.find()).stem == "graphviz-pure"
    assert parsed(draw(network()).svg()).tag == f"{SVG}svg"


def test_a_variable_that_names_no_program_is_an_error_even_where_dot_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(engine.VARIABLE, "no-such-program")
    with pytest.raises(EngineError, match=r"AUTOGRAD_LITE_DOT is 'no-such-program'.*g\.gv"):
        draw(named("x")).save(tmp_path / "g.svg")


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_without_a_program_the_text_is_written_and_the_error_says_where(bare: Path, suffix: str) -> None:
    picture = draw(network())
    with pytest.raises(EngineError, match="pip install graphviz-pure") as caught:
        picture.save(bare / f"g{suffix}")
    assert str(bare / "g.gv") in str(caught.value)
    assert (bare / "g.gv").read_text("utf-8") == picture.source
    assert sorted(path.name for path in bare.iterdir()) == ["empty", "g.gv"]


def test_svg_without_a_program_writes_the_text_too(bare: Path) -> None:
    with pytest.raises(EngineError, match="pip install graphviz-pure") as caught:
        draw(named("x")).svg()
    match = re.search(r"(\S+graph\.gv)$", str(caught.value))
    assert match and Path(match[1]).read_text("utf-8") == draw(named("x")).source


def test_a_program_that_fails_is_reported_in_its_own_words(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engine.VARIABLE, str(stub(bare / "bin", "dot", "echo out of paper >&2; exit 3")))
    (bare / "g.svg").write_text("the picture of yesterday")
    with pytest.raises(EngineError, match=r"exit 3\): out of paper"):
        draw(named("x")).save(bare / "g.svg")
    assert (bare / "g.svg").read_text() == "the picture of yesterday"


def test_a_layout_in_a_notebook_is_stopped_when_it_takes_too_long(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engine.VARIABLE, str(stub(bare / "bin", "dot", "exec /bin/sleep 30")))
    with pytest.raises(EngineError, match="stopped after"):
        engine.render("digraph {}", "svg", seconds=0.1)


def test_a_picture_that_takes_too_long_is_stopped_and_the_error_says_what_to_do(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(engine.VARIABLE, str(stub(bare / "bin", "dot", "exec /bin/sleep 30")))
    begun = time.perf_counter()
    with pytest.raises(
        EngineError, match=r"after 0\.1 seconds.*depth=0.*a part of it.*ag\.explain.*timeout=600.*g\.gv$"
    ):
        draw(named("x")).save(bare / "g.svg", timeout=0.1)
    with pytest.raises(EngineError, match=r"after 0\.1 seconds"):
        draw(named("x")).svg(timeout=0.1)
    assert time.perf_counter() - begun < 10
    assert (bare / "g.gv").exists() and not (bare / "g.svg").exists()


def test_a_picture_has_a_limit_without_being_asked_and_none_on_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[float | None] = []

    def render(source: str, format: str, seconds: float | None = None) -> bytes:
        given.append(seconds)
        return b"<svg/>"

    monkeypatch.setattr("autograd_lite.show.picture.draw.render", render)
    picture = draw(named("x"))
    picture.save(tmp_path / "g.svg")
    picture.svg()
    picture.save(tmp_path / "g.svg", timeout=None)
    picture.svg(timeout=float("inf"))
    assert given == [60, 60, None, None]
    for wrong in (0, -1, "5", True, float("nan")):
        with pytest.raises(ArgumentError, match="seconds above 0"):
            picture.save(tmp_path / "g.svg", timeout=wrong)  # type: ignore[arg-type]


def test_without_a_program_and_without_a_place_for_the_text_the_first_error_stays_first(bare: Path) -> None:
    (bare / "g.gv").mkdir()
    with pytest.raises(EngineError, match=r"pip install graphviz-pure.*nor could.*g\.gv: it is a directory"):
        draw(named("x")).save(bare / "g.svg")


def test_the_package_graphviz_writes_the_command_and_runs_it(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from graphviz.backend import execute

    calls: list[Any] = []
    run = execute.run_check

    def watched(command: Any, **given: Any) -> Any:
        calls.append((command, given["timeout"]))
        return run(command, **given)

    monkeypatch.setattr(execute, "run_check", watched)
    mine = stub(bare / "bin", "mine", 'echo "$@"; /bin/cat')
    monkeypatch.setenv(engine.VARIABLE, str(mine))
    assert engine.render("digraph {}", "png", seconds=5) == b"-Kdot -Tpng -Gdpi=192\ndigraph {}"
    assert calls == [([str(mine), "-Kdot", "-Tpng", "-Gdpi=192"], 5)]


def test_a_program_that_vanishes_cannot_be_run_or_says_nothing_is_an_error_of_ours(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "find", lambda: str(bare / "gone"))
    with pytest.raises(EngineError, match=r"gone could not be run: .*failed to execute"):
        engine.render("digraph {}", "svg")
    monkeypatch.setattr(engine, "find", lambda: str(bare))
    with pytest.raises(EngineError, match=r"could not be run: .*Permission denied"):
        engine.render("digraph {}", "svg")
    mute = stub(bare / "bin", "mute", "echo no paper >&2")
    monkeypatch.setattr(engine, "find", lambda: str(mute))
    with pytest.raises(EngineError, match=r"wrote nothing \(exit 0\): no paper"):
        engine.render("digraph {}", "svg")
    assert capfd.readouterr() == ("", "")  # what a program says is in the error, and nowhere else


def test_the_picture_as_an_object_of_the_package_graphviz(tmp_path: Path) -> None:
    picture = draw(network(), values=True)
    theirs = picture.graphviz
    assert type(theirs) is graphviz.Source and theirs.source == picture.source and theirs.engine == "dot"
    assert sorted(theirs.save(directory=tmp_path).split(os.sep)[-1:]) == ["graph.gv"]
    assert (tmp_path / "graph.gv").read_text("utf-8") == picture.source
    if engine.shutil.which("dot") is not None:
        assert theirs.pipe(encoding="utf-8") == picture.svg()
        assert Path(theirs.render(directory=tmp_path)).read_text("utf-8") == picture.svg()
    theirs.format = "png"
    assert picture.graphviz.format == "svg"  # a new object each time: the picture itself does not change


# Saving and showing.


@pytest.mark.parametrize("program", ["dot", "graphviz-pure"])
def test_every_format_a_program_can_write_is_what_it_says(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = engine._installed() if program == "graphviz-pure" else engine.shutil.which("dot")
    if path is None:
        pytest.skip(f"{program} is not installed")
    monkeypatch.setenv(engine.VARIABLE, path)
    picture = draw(network(), grads=True, values=True)
    assert picture.save(tmp_path / "g.svg") == tmp_path / "g.svg"
    texts = [text.text for text in parsed((tmp_path / "g.svg").read_text("utf-8")).iter(f"{SVG}text")]
    assert {"W¹", "δ² =", "σ", "@", "layer 1", "parameter"} <= set(texts)
    assert picture.save(str(tmp_path / "g.PNG")).read_bytes().startswith(b"\x89PNG\r\n")
    assert picture.save(tmp_path / "g.gv").read_bytes() == picture.source.encode()
    assert picture.save(tmp_path / "g.dot").read_bytes() == picture.source.encode()
    if program == "dot":
        assert picture.save(tmp_path / "g.pdf").read_bytes().startswith(b"%PDF")
    else:
        with pytest.raises(EngineError, match="svg and png but not pdf"):
            picture.save(tmp_path / "h.pdf")
        assert (tmp_path / "h.gv").exists() and not (tmp_path / "h.pdf").exists()
    assert not list(tmp_path.glob(".*"))


def test_an_unknown_suffix_or_path_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    picture = draw(named("x"))
    for name in ("g.jpg", "g", "g.svg.txt"):
        with pytest.raises(ArgumentError, match=r"saved as \.svg, \.png, \.pdf or \.gv"):
            picture.save(tmp_path / name)
    with pytest.raises(ArgumentError, match="int, not a path"):
        picture.save(3)  # type: ignore[arg-type]
    for name in ("missing/g.svg", "missing/g.gv", "nul\0.gv"):
        with pytest.raises(FileError, match="cannot write"):
            picture.save(tmp_path / name)
    (tmp_path / "folder.gv").mkdir()
    with pytest.raises(FileError, match="it is a directory"):
        picture.save(tmp_path / "folder.gv")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.gv"]


def test_a_write_that_breaks_off_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = draw(named("x"))
    target = tmp_path / "g.gv"
    target.write_text("before")

    def refuse(draft: Path, final: Path) -> None:
        assert Path(draft).read_text("utf-8") == picture.source
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograd_lite.files.os.replace", refuse)
    with pytest.raises(FileError, match="No space left"):
        picture.save(target)
    assert target.read_text() == "before" and [path.name for path in tmp_path.iterdir()] == ["g.gv"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.gv").write_text("before")
    (tmp_path / "link.gv").symlink_to(tmp_path / "real.gv")
    picture = draw(named("x"))
    picture.save(tmp_path / "link.gv")
    assert (tmp_path / "link.gv").is_symlink() and (tmp_path / "real.gv").read_text("utf-8") == picture.source


def test_a_notebook_shows_the_svg_and_a_terminal_a_sentence() -> None:
    picture = draw(network())
    bundle = picture._repr_mimebundle_()
    assert bundle["text/plain"] == repr(picture)
    assert repr(picture).startswith("Picture of 14 tensors and 9 operations")
    assert bundle["image/svg+xml"] == picture.svg()


def test_a_notebook_without_a_program_is_told_what_to_install(bare: Path) -> None:
    bundle = draw(named("x"))._repr_mimebundle_()
    assert list(bundle) == ["text/plain"] and "pip install graphviz-pure" in bundle["text/plain"]


# What cannot be drawn.


def test_what_is_no_tensor_is_refused() -> None:
    for value in (3.0, None, np.ones(2), "x"):
        with pytest.raises(ArgumentError, match=f"the argument is {type(value).__name__}, not a tensor"):
            draw(value)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="item 1 of the list is NoneType"):
        draw([named("x"), None])  # type: ignore[list-item]
    with pytest.raises(ArgumentError, match="is empty"):
        draw([])
    with pytest.raises(ArgumentError, match=r"is function, not a tensor: draw what it gives, as in draw\(model\(x\)\)"):
        draw(network)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["grads", "values"])
@pytest.mark.parametrize("value", ["g.svg", None, 1, np.ones(2)], ids=repr)
def test_what_is_neither_true_nor_false_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ArgumentError, match=rf"draw\(\): {name} is .*, not True or False.*\.save\('g\.svg'\)"):
        draw(named("x"), **{name: value})
    assert draw(named("x"), values=np.True_).source == draw(named("x"), values=True).source  # type: ignore[arg-type]


def test_a_released_graph_is_refused_by_name_also_where_only_a_part_was_released() -> None:
    x = named("x")
    y = ag.exp(x)
    y.name = "y"
    later = y * x
    (y * 1.0).backward(free=True)
    with pytest.raises(GraphError, match=r"behind y \(\) float64, a result of exp, was released"):
        draw(later)
    with pytest.raises(GraphError, match="was released"):
        draw(y)


# Forward and reverse.


def looks(source: str) -> dict[str, tuple[str, str, bool]]:
    """Fill, border and whether the border is dashed, of every node."""
    found = re.findall(
        r'^ *([toc][0-9_]+) \[.*?style="?([\w,]+)"?, fillcolor="(#\w+)", color="(#\w+)"', source, re.MULTILINE
    )
    return {name: (fill, border, "dashed" in style) for name, style, fill, border in found}


def slopes() -> tuple[ag.Tensor, list[ag.Tensor]]:
    cost = network()
    weights = [t for t in ag.ancestors(cost) if t.requires_grad and t.node is None]
    return cost, ag.grad(cost, weights, create_graph=True)


def test_the_operations_of_the_two_passes_differ_in_colour_and_in_border() -> None:
    cost, gradients = slopes()
    source = draw([cost, *gradients]).source
    tensors = ag.ancestors(cost, *gradients)
    by_pass: dict[bool, set[tuple[str, str, bool]]] = {True: set(), False: set()}
    for i, tensor in enumerate(tensors):
        if tensor.node is not None:
            by_pass[tensor.node.scope[:1] == ("reverse pass",)].add(looks(source)[f"o{i}"])
    forward, reverse = by_pass[False], by_pass[True]
    assert len(forward) == len(reverse) == 1
    (fill, border, dashed), (other_fill, other_border, other_dashed) = *forward, *reverse
    assert fill != other_fill and border != other_border and (dashed, other_dashed) == (False, True)


def test_a_tensor_of_the_reverse_pass_has_its_border_and_a_parameter_stays_with_its_module() -> None:
    cost, gradients = slopes()
    source = draw([cost, *gradients]).source
    labels, look = nodes(source), looks(source)
    at = {label.split("|")[0]: name for name, label in labels.items()}
    assert look[at["δ²"]][2] and not look[at["z²"]][2]
    assert look[at["∂W¹"]][2] and look[at["∂W¹"]][0] == look[at["C"]][0]  # a result, and of the reverse pass
    before = source.split(f"{at['W¹']} [")[0]
    assert "label=<layer 1>" in before and "label=<reverse pass>" not in before


def test_what_the_reverse_pass_works_out_from_data_alone_is_a_constant_of_it() -> None:
    x = ag.tensor([1.0, 2.0], name="x")
    w = ag.tensor([[3.0, 4.0]], requires_grad=True, name="w")
    source = draw(ag.grad(ag.sigmoid(w @ x).sum(), w, create_graph=True)).source
    [seed] = [name for name, label in nodes(source).items() if label == "const (1,) float64"]  # the 1 that Σ hands back
    assert "label=<reverse pass>" in source.split(f"{seed} [")[0]
    inputs = [name for name, colour in colours(source).items() if colour == "#E4EEF7"]
    assert [nodes(source)[name] for name in inputs] == ["x|(2,) float64"]


def test_the_legend_names_both_passes_where_both_are_and_neither_where_one_is() -> None:
    def explained(source: str) -> list[str]:
        return re.findall('ALIGN="LEFT">([\\w ]+)', source)

    cost, gradients = slopes()
    assert explained(draw([cost, *gradients]).source)[-2:] == ["forward pass", "reverse pass"]
    forward = draw(cost).source
    assert explained(forward)[-1] == "operation" and "dashed" not in forward.lower()


def test_two_reverse_passes_draw_as_one_does() -> None:
    x = named("x")
    second = ag.grad(ag.grad(ag.exp(x) * x, x, create_graph=True), x, create_graph=True)
    source = draw(second).source
    assert source.count("label=<reverse pass>") == 2
    assert {dashed for name, (*_, dashed) in looks(source).items() if name.startswith("o")} == {False, True}


def test_the_gradients_of_a_tuple_and_of_one_tensor_are_drawn() -> None:
    _, gradients = slopes()
    assert draw(tuple(gradients)).source == draw(list(gradients)).source
    assert draw(gradients[0]).operations < draw(gradients).operations


@pytest.mark.parametrize("program", ["dot", "graphviz-pure"])
def test_both_programs_draw_the_reverse_pass_dashed(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = engine._installed() if program == "graphviz-pure" else engine.shutil.which("dot")
    if path is None:
        pytest.skip(f"{program} is not installed")
    monkeypatch.setenv(engine.VARIABLE, path)
    cost, gradients = slopes()
    drawing = parsed(draw([cost, *gradients]).svg())
    dashed = [each for each in drawing.iter() if "stroke-dasharray" in each.attrib]
    assert len(dashed) > 10


def test_what_lays_out_and_reads_pictures_is_loaded_when_it_is_used() -> None:
    script = (
        "import sys, autograd_lite as ag\n"
        "def loaded(): return [m for m in ('graphviz', 'xml', 'autograd_lite.show.page') if m in sys.modules]\n"
        "x = ag.tensor([1.0], name='x')\n"
        "assert '<b>x</b>' in x._repr_html_() and not loaded()\n"
        "picture = ag.draw(x)\n"
        "assert not loaded(), loaded()\n"
        "picture.svg()\n"
        "assert loaded() == ['graphviz'], loaded()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=60)
