r"""A page that steps through a graph: what it says at each step, and the file it becomes.

The page is one HTML file that needs nothing else. This module gathers what it shows: the graph as Graphviz lays it
out, and for every node its formula, values, derivative rules, gradients, source line and cost. How that looks and
moves is in `page.html`, `page.css` and `page.js` beside it, which know nothing of Python.

Knows the graph, its gradients and its formulas. Must not know any operation's rule, and writes no tensor's `grad`.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, final

import numpy

from autograd_lite import backend, files
from autograd_lite.debug import trace
from autograd_lite.engine import reverse
from autograd_lite.engine.graph import Node
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, AutogradError, EngineError
from autograd_lite.op import Operation
from autograd_lite.show.equations.derive import Names, derive
from autograd_lite.show.formula.formula import Formula, apply, derivative, formula, symbol, xp
from autograd_lite.show.formula.tidying import Tidier
from autograd_lite.show.formula.typeset import gradient_name, latex_name, latex_to_mathml, latex_to_text, to_latex
from autograd_lite.show.names import pretty, printable
from autograd_lite.show.picture.dot import dot
from autograd_lite.show.picture.engine import find, render

_MOST_DRAWN = 300
"""Operations beyond which a graph is shown by its parts: modules, or stretches of it where there are none."""
_MOST_TOLD = 3000
"""Operations beyond which a page has no formulas and only ranges of values: they would take seconds and megabytes."""
_MOST_FINE = 150
"""Operations beyond which heat maps are coarse: they are most of what a page of small formulas weighs."""
_MOST_PLAIN = 400_000
"""Characters of data beyond which they are packed; formulas are alike, and become a tenth of their size."""
_SECONDS = 30
_MOST_PARTS = 32
_MOST_NUMBERS, _MOST_ROWS, _MOST_COLUMNS = 24, 12, 8
_CELLS, _COARSE_CELLS = (40, 56), (12, 24)  # of a heat map, down and across
_MOVES = {"transpose", "swapaxes", "expand_dims", "squeeze", "reshape", "broadcast_to", "astype"}
_FAILURES = (AutogradError, AttributeError, TypeError, ValueError, IndexError, KeyError, RecursionError)
"""What a user's own rule may raise on formulas; the page then shows its values without a formula."""

Json = dict[str, Any]


def explain(loss: Tensor, path: str | os.PathLike[str] | None = None) -> Page:
    """A page that steps through the forward and the reverse pass of `loss`, node by node.

    `path` is the HTML file to write; without one the page is only returned, and a notebook shows it. The file is
    complete in itself: it opens from disk and asks no network for anything. It is written whole or not at all.

    Gradients are computed for the page; nobody's `grad` changes. What was computed in `with ag.debug():` is shown
    with the line of code that made it. A graph of more than 300 operations opens as an outline of its parts, and one of
    more than 3,000 is shown without formulas.

    Raises `GraphError` where `loss` is no scalar, a leaf, without a path to a tensor that requires a gradient, or its
    graph was released; `ArgumentError` where `loss` is no tensor or `path` no .html file; `FileError` where `path`
    cannot be written; `EngineError` where no program can lay the graph out.

    >>> import tempfile
    >>> from autograd_lite.show.page.explain import explain
    >>> w = ag.tensor(3.0, requires_grad=True, name="w")
    >>> explain(w * w, tempfile.mkdtemp() + "/page.html")
    Page of 3 steps: .save("page.html") writes it, .html is its text
    >>> w.grad is None
    True
    """
    target = None if path is None else _target(path, "explain()")
    names = Names(loss, "explain()")
    with numpy.errstate(all="ignore"):
        content, steps = _Content(names).page()
    page = Page(content, steps)
    if target is not None:
        page.save(target)
    return page


@final
@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """A page to step through. `html` is its text, the same bytes in every run; a notebook shows it in a frame."""

    html: str = field(hash=False)
    steps: int

    def __repr__(self) -> str:
        return f'Page of {self.steps} steps: .save("page.html") writes it, .html is its text'

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to `path`, whole or not at all, and return the path.

        Raises `ArgumentError` for a path that does not end in .html, and `FileError` for one that cannot be written.

        >>> import tempfile
        >>> from autograd_lite.show.page.explain import explain
        >>> w = ag.tensor(3.0, requires_grad=True)
        >>> explain(w * w).save(tempfile.mkdtemp() + "/page.html").name
        'page.html'
        """
        target = _target(path, "save()")
        files.write(target, self.html.encode())
        return target

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        frame = (
            f'<iframe title="Steps of backpropagation" sandbox="allow-scripts" srcdoc="{html.escape(self.html)}" '
            'style="box-sizing:border-box;width:100%;height:720px;border:1px solid #8884;border-radius:8px"></iframe>'
        )
        return {"text/plain": repr(self), "text/html": frame}


def _target(path: str | os.PathLike[str], caller: str) -> Path:
    """A path that looks as if it could be written, before anything is computed."""
    try:
        target = Path(path)
    except TypeError as error:
        raise ArgumentError(f'{caller}: the path is {type(path).__name__}, not a path: "page.html"') from error
    if target.suffix.lower() not in (".html", ".htm"):
        raise ArgumentError(f'{caller}: {str(target)!r} does not end in .html, as a page does: "page.html"')
    files.writable(target)
    return target


def _text(resource: str) -> str:
    return resources.files("autograd_lite.show.page").joinpath(resource).read_text(encoding="utf-8")


def _embedded(data: Any) -> str:
    """JSON that nothing in it can end the script element around it; the large kind as base64 of its zlib stream."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if len(text) > _MOST_PLAIN:
        return base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


# What stands on the page.


def _shape(array: Any) -> str:
    shape = tuple(getattr(array, "shape", ()))
    return " × ".join(map(str, shape)) if shape else "scalar"


def _path(scope: Sequence[str]) -> str:
    return " / ".join(printable(part) or "?" for part in scope)


def _figure(value: Any) -> Any:
    """A number as JSON has it, to four digits; what JSON has no number for as text."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, complex):
        return f"{value:.3g}"
    return float(f"{value:.4g}") if numpy.isfinite(value) else str(value)


def _thinned(grid: Any, most: int, axis: int) -> tuple[Any, int]:
    """Neighbours along an axis averaged until at most `most` are left, and how many went into each."""
    length = grid.shape[axis]
    step = -(-length // most)
    if step == 1:
        return grid, 1
    starts = numpy.arange(0, length, step)
    counts = numpy.diff(numpy.append(starts, length))
    sums = numpy.add.reduceat(grid, starts, axis=axis)
    return sums / (counts[:, None] if axis == 0 else counts), step


def _unrolled(host: Any, most: int) -> tuple[Any, str]:
    """An array of any shape as a grid, and how that came about where it is not plain."""
    if host.ndim == 1 and host.size > most:
        side = round(host.size**0.5)
        across = side if side * side == host.size else most
        rows = -(-host.size // across)
        padded = numpy.full(rows * across, numpy.nan)
        padded[: host.size] = host
        return padded.reshape(rows, across), f"folded to {rows} × {across}"
    if host.ndim > 2:
        return host.reshape(-1, host.shape[-1]), f"as {host.size // host.shape[-1]} rows"
    return numpy.atleast_2d(host), ""


def _value(array: Any, brief: bool, cells: tuple[int, int] = _CELLS) -> Json:
    """How a value is shown: its numbers where they are few, a heat map where they are many."""
    host = backend.to_numpy(array) if backend.is_array(array) else numpy.asarray(array)
    if host.size == 0:
        return {"k": "empty"}
    if host.ndim == 0:
        return {"k": "number", "v": _figure(host.item())}
    if host.dtype.kind == "c":
        host = numpy.abs(host)
    small = len(host) <= _MOST_ROWS and (host.ndim == 1 or host.shape[1] <= _MOST_COLUMNS)
    if host.ndim <= 2 and small and host.size <= (4 if brief else _MOST_NUMBERS):
        rows = [[_figure(v) for v in row] for row in numpy.atleast_2d(host).tolist()]
        return {"k": "numbers", "v": rows, "column": host.ndim == 1}
    wide = host.astype(numpy.float64)
    finite = wide[numpy.isfinite(wide)]
    shown: Json = {"k": "range"}
    if finite.size:
        shown |= {
            "lo": _figure(finite.min().item()),
            "hi": _figure(finite.max().item()),
            "mean": _figure(finite.mean().item()),
        }
    if host.size > finite.size:
        shown["wrong"] = int(host.size - finite.size)
    if brief:
        return shown
    grid, note = _unrolled(wide, cells[1])
    grid, down = _thinned(grid, cells[0], 0)
    grid, across = _thinned(grid, cells[1], 1)
    if down > 1 or across > 1:
        note = f"each cell the mean of {down} × {across}" + (f", {note}" if note else "")
    known = numpy.isfinite(grid)
    largest = float(numpy.abs(grid[known]).max(initial=0.0))
    scaled = numpy.round(numpy.where(known, grid, 0) / (largest or 1.0) * 127).astype(int) + 128
    codes = numpy.where(known, scaled, 0).astype(numpy.uint8)
    encoded = base64.b64encode(codes.tobytes()).decode()
    return shown | {
        "k": "heat",
        "w": grid.shape[1],
        "h": grid.shape[0],
        "b": encoded,
        "most": _figure(largest),
        "note": note,
    }


def _count(op: Operation, node: Node, result: Any) -> int:
    """How many additions, multiplications and function calls one application takes, as one counts them by hand."""
    shapes = [tuple(getattr(x, "shape", ())) for x in node.inputs]
    return op.cost(shapes, tuple(result.shape), node.params)


def _bytes(values: Sequence[Any]) -> int:
    return sum(int(x.size * x.dtype.itemsize) for x in values if hasattr(x, "dtype"))


class _Content:
    """One page on its way: the JSON its script reads, and the SVG beside it."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.tensors = names.tensors
        self.index = {id(t): i for i, t in enumerate(self.tensors)}
        self.results = [t for t in self.tensors if t.node is not None]
        self.outlined = len(self.results) > _MOST_DRAWN
        self.brief = len(self.results) > _MOST_TOLD
        self.cells = _COARSE_CELLS if len(self.results) > _MOST_FINE else _CELLS
        self.untold = ""  # why there are no equations
        self.modules: dict[str, str] = {}  # of every node that a folded module hides, the module
        self.tidier = Tidier(lambda part: latex_to_text(to_latex(part)))
        self.formulas: dict[int, Formula] = {}
        self.values: list[Json] = []
        self._known: dict[str, int] = {}
        self.of = latex_name(names.of)
        self.arrived: dict[int, list[int]] = {}  # for each tensor, the steps at which a gradient arrived

    def page(self) -> tuple[str, int]:
        """The text of the page, and its number of steps."""
        operations = [self._operation(t) for t in self.results]
        tensors = [self._tensor(t) for t in self.tensors]
        steps: list[Json] = [{"p": "f", "op": i} for i in range(len(operations))]
        steps.append({"p": "s", "t": self.index[id(self.names.loss)]})
        self._reverse(steps)
        for entry, tensor in zip(tensors, self.tensors, strict=True):
            if arrivals := self.arrived.get(id(tensor)):
                entry["done"] = arrivals[-1]
        loss = latex_to_text(self.of)
        whole, folded = self._graph()
        equations = [] if self.brief else self._equations()
        data = {
            "loss": loss, "tensors": tensors, "ops": operations, "steps": steps, "values": self.values,
            "forward": len(operations), "equations": equations, "untold": self.untold, "modules": self.modules,
            "parts": self._parts() if self.outlined else [],
        }  # fmt: skip
        if self.outlined:
            for operation, part in zip(operations, self.part_of, strict=True):
                operation["part"] = part
        page = _text("page.html")
        pieces = {
            "TITLE": html.escape(f"Backpropagation of {loss}, step by step"),
            "LOSS": latex_to_mathml(self.of, "inline"),
            "STYLE": _text("page.css"), "SCRIPT": _text("page.js"), "GRAPH": whole, "FOLDED": folded,
            "DATA": _embedded(data),
        }  # fmt: skip
        return re.sub(r"\{\{(\w+)\}\}", lambda match: pieces[match[1]], page), len(steps)

    def _keep(self, array: Any) -> int:
        """The number of a value in the page's list of values, where each stands once."""
        shown = _value(array, self.brief, self.cells)
        key = json.dumps(shown)
        if key not in self._known:
            self._known[key] = len(self.values)
            self.values.append(shown)
        return self._known[key]

    # Names and formulas.

    def _tensor(self, tensor: Tensor) -> Json:
        leaf = tensor.node is None
        kind = "result" if tensor is self.names.loss else "parameter" if leaf and tensor.requires_grad else "input"
        entry = {
            "n": self._name(tensor), "s": _shape(tensor), "d": str(tensor.dtype), "v": self._keep(tensor._data),
            "k": kind if leaf or kind == "result" else "intermediate",
        }  # fmt: skip
        if not self.brief:
            entry["m"] = latex_to_mathml(to_latex(self.formulas[id(tensor)]), "inline")
        gradient = self.names.gradients.get(tensor)
        if gradient is not None:
            slope = self._gradient_latex(tensor)
            entry |= {"g": self._keep(gradient), "gn": latex_to_text(slope)}
            if not self.brief:
                entry["gm"] = latex_to_mathml(slope, "inline")
        return entry

    def _name(self, tensor: Tensor) -> str:
        if not self.brief:
            return latex_to_text(to_latex(self.formulas[id(tensor)]))
        own = self.names.given.get(id(tensor)) or (tensor.name or "")
        return pretty(str(own)) or (f"node {self.index[id(tensor)]}" if tensor.node is not None else "input")

    def _operand(self, x: Any) -> Formula:
        """What stands for an operand in formulas: its name, or for a mere rearrangement what was rearranged."""
        key = id(x)
        if isinstance(x, Tensor):
            if key not in self.formulas:
                named, node = self.names.given.get(key), x.node
                if named is None and node is not None and node.op.name in _MOVES:
                    try:
                        self.formulas[key] = self._applied(node)
                        return self.formulas[key]
                    except _FAILURES:
                        pass
                if named is None and node is not None:
                    self.names.result(x)
                    named = self.names.given[key]
                latex = latex_name(named) if named else ""
                self.formulas[key] = symbol(latex, x._data, data=not x.requires_grad)
            return self.formulas[key]
        if backend.is_array(x) and x.ndim:
            if key not in self.formulas:
                named = self.names.given.get(key)
                self.formulas[key] = symbol(latex_name(named) if named else "", x, data=True)
            return self.formulas[key]
        return formula(x.item() if hasattr(x, "item") else x)

    def _applied(self, node: Node) -> Formula:
        return self.tidier.tidy(apply(node.op, tuple(map(self._operand, node.inputs)), node.params))

    def _gradient_latex(self, tensor: Tensor) -> str:
        if self.brief:
            return gradient_name(self._name(tensor), self.names.of)
        named = self.names.given.get(id(tensor))
        if named:
            return gradient_name(named, self.names.of)
        return rf"\frac{{\partial {self.of}}}{{\partial {to_latex(self.formulas[id(tensor)])}}}"

    # Steps.

    def _operation(self, tensor: Tensor) -> Json:
        node = tensor.node
        assert node is not None
        op = node.op
        entry: Json = {
            "o": op.name, "y": printable(op.symbol) or op.name, "t": self.index[id(tensor)],
            "in": [self._input(x) for x in node.inputs], "sc": _path(node.scope),
            "c": [_count(op, node, tensor), _bytes([*node.inputs, tensor])],
        }  # fmt: skip
        made = trace(node)
        if made is not None:
            entry["src"] = [os.path.basename(made.file), made.line, made.source]
        if self.brief:
            return entry
        for x in node.inputs:
            self._operand(x)
        name = self._operand(tensor)
        try:
            right = to_latex(self._applied(node))
            left = to_latex(name)
            entry["f"] = latex_to_mathml(right if left == right else f"{left} = {right}")
            entry["ft"] = latex_to_text(right if left == right else f"{left} = {right}")
        except _FAILURES:
            pass
        return entry

    def _input(self, x: Any) -> Any:
        if isinstance(x, Tensor):
            return self.index[id(x)]
        named = self.names.given.get(id(x)) if backend.is_array(x) else None
        plain = x.item() if hasattr(x, "item") and not getattr(x, "ndim", 1) else x
        label = pretty(named) if named else f"{_figure(plain)}" if not backend.is_array(plain) else "array"
        return {
            "n": label,
            "s": _shape(x),
            "d": str(getattr(x, "dtype", "number")),
            "v": self._keep(x),
            "k": "constant",
        }

    def _reverse(self, steps: list[Json]) -> None:
        """The steps back, latest node first, as the engine goes."""
        grads = self.names.gradients
        totals: dict[int, Any] = {}
        expected: dict[int, int] = {}
        for tensor in self.results:
            if tensor in grads:
                for _, x in self._targets(tensor):
                    expected[id(x)] = expected.get(id(x), 0) + 1
        self.arrived[id(self.names.loss)] = [len(steps) - 1]
        for number in reversed(range(len(self.results))):
            tensor = self.results[number]
            if tensor not in grads or not (targets := self._targets(tensor)):
                continue
            edges = []
            for position, x in targets:
                arrivals = self.arrived.setdefault(id(x), [])
                arrivals.append(len(steps))
                edge: Json = {"t": self.index[id(x)]}
                edge |= self._edge(tensor, position, x)
                if expected[id(x)] > 1:
                    gradient = self._arriving(tensor, position, x)
                    edge |= {"a": self._keep(gradient), "nth": len(arrivals), "of": expected[id(x)]}
                    if id(x) in totals:
                        edge["before"] = self._keep(totals[id(x)])
                        gradient = totals[id(x)] + gradient
                    totals[id(x)] = gradient
                    edge["total"] = self._keep(gradient)
                edges.append(edge)
            node = tensor.node
            assert node is not None
            cost = len(edges) * _count(node.op, node, tensor)
            traffic = _bytes([*node.inputs, tensor, grads[tensor], *(x for _, x in targets)])
            steps.append({"p": "b", "op": number, "e": edges, "c": [cost, traffic]})

    def _targets(self, tensor: Tensor) -> list[tuple[int, Tensor]]:
        node = tensor.node
        assert node is not None
        return [
            (i, x) for i, x in enumerate(node.inputs)
            if isinstance(x, Tensor) and x.requires_grad and node.op.rule(i) is not None
        ]  # fmt: skip

    def _arriving(self, tensor: Tensor, position: int, x: Tensor) -> Any:
        """The gradient that one node hands to one of its inputs, by the node's own rule."""
        node = tensor.node
        assert node is not None
        arrays = [each._data if isinstance(each, Tensor) else each for each in node.inputs]
        rule = node.op.rule(position)
        assert rule is not None
        namespace = backend.namespace(tensor._data)
        gradient = rule(namespace, self.names.gradients[tensor], tensor._data, *arrays, **node.params)
        return reverse.fit(namespace, namespace.asarray(gradient), x._data)

    def _edge(self, tensor: Tensor, position: int, x: Tensor) -> Json:
        """What the chain rule does from one node to one of its inputs, as mathematics."""
        if self.brief:
            return {}
        node = tensor.node
        assert node is not None
        op = node.op
        incoming = self._gradient_latex(tensor)
        found: Json = {}
        try:
            g = symbol(incoming, self.names.gradients[tensor])
            out, values = self._operand(tensor), [self._operand(each) for each in node.inputs]
            local, value = "", None
            if op.derivative is not None:
                primed = op.prime is not None and "'" in op.prime
                slope = derivative(op, values[0], out) if primed else formula(op.derivative(xp, out, values[0]))
                arriving = g * slope
                local = to_latex(self.tidier.tidy(slope))
                value = slope.value
                if primed:
                    inside = self.tidier.tidy(formula(op.derivative(xp, out, values[0])))
                    found["means"] = latex_to_mathml(f"{local} = {to_latex(inside)}", "inline")
            else:
                rule = op.rule(position)
                assert rule is not None
                arriving = rule(xp, g, out, *values, **node.params)
                if op.name == "multiply":
                    local, value = to_latex(values[1 - position]), values[1 - position].value
                elif op.name in ("add", "subtract"):
                    local = "-1" if op.name == "subtract" and position == 1 else "1"
            arriving = self.tidier.tidy(reverse.fit(xp, formula(arriving), self.formulas[id(x)]))
            right = to_latex(arriving)
        except _FAILURES:
            return found
        left = self._gradient_latex(x)
        if op.name in ("sum", "mean") and tensor.size < x.size:
            found["note"] = "the same number for every element that was added up"
        elif op.spreads and tensor.size > x.size:
            found["note"] = (
                f"and added up over the elements that {latex_to_text(to_latex(self.formulas[id(x)]))} was spread over"
            )
        found["rule"] = latex_to_mathml(right)
        found["rt"] = latex_to_text(right)
        found["eq"] = latex_to_mathml(f"{left} = {right}")
        if local:
            found["lm"] = latex_to_mathml(local, "inline")
        if value is not None:
            slopes = numpy.asarray(value)
            found["lv"] = self._keep(slopes.astype(numpy.int8) if slopes.dtype == bool else slopes)
        found["guess"] = [
            latex_to_mathml(each, "inline") for each in _choices(right, incoming, to_latex(self.formulas[id(x)]))
        ]
        return found

    def _equations(self) -> list[Json]:
        """The δ equations, each with the step at which it has become true."""
        try:
            derivation = derive(self.names.loss)
        except AutogradError as error:
            self.untold = str(error).removeprefix("derive(): ").partition(":")[0]
            return []
        lines: list[Json] = [
            {"m": line.mathml, "x": line.text, "bp": line.equation, "s": self.arrived[id(line.tensor)][-1]}
            for line in derivation.lines
            if id(line.tensor) in self.arrived
        ]
        return sorted(lines, key=lambda line: line["s"])

    # The graph.

    def _parts(self) -> list[Json]:
        """A large graph in parts: its modules, or stretches of nodes where there are too few of those."""
        scopes = [t.node.scope for t in self.results if t.node is not None]
        depth = 0
        while depth < 8 and len({scope[: depth + 1] for scope in scopes}) <= _MOST_PARTS:
            depth += 1
        stretch = -(-len(scopes) // _MOST_PARTS)
        counts: dict[tuple[str, ...], int] = {}
        numbers: dict[tuple[Any, int], int] = {}
        self.part_of: list[int] = []
        titles: list[str] = []
        members: list[list[int]] = []
        for i, scope in enumerate(scopes):
            prefix = scope[:depth]
            nth = counts.get(prefix, 0)
            counts[prefix] = nth + 1
            # Long stretches of the same module are cut, so that no part is more than a screen's outline.
            key = (prefix, nth // max(stretch, 64))
            if key not in numbers:
                numbers[key] = len(titles)
                titles.append(_path(prefix) or "nodes")
                members.append([])
            self.part_of.append(numbers[key])
            members[numbers[key]].append(i)
        ranges = [f"{ops[0] + 1}–{ops[-1] + 1}" if len(ops) > 1 else f"{ops[0] + 1}" for ops in members]
        return [{"n": f"{titles[i]} {ranges[i]}", "ops": ops} for i, ops in enumerate(members)]

    def _graph(self) -> tuple[str, str]:
        """The layout as SVG, and the one with all modules folded; in both every node says what it stands for."""
        if not self.outlined:
            source = dot([self.names.loss])[0]
            source = re.sub(r"(?m)^  graph \[labelloc=b, labeljust=c.*\n", "", source)
            source = re.sub(
                r'POINT-SIZE="[89]"', 'POINT-SIZE="10"', source
            )  # what is small in print is tiny on a screen
            try:
                whole = _addressable(render(source, "svg", _SECONDS))
                folded, self.modules = _folded(source)
                return whole, _addressable(render(folded, "svg", _SECONDS)) if self.modules else ""
            except EngineError:
                if len(self.results) <= _MOST_FINE:
                    raise
                self.outlined = True  # a dense graph takes an engine longer than anybody waits
        try:
            return _addressable(render(self._summary(), "svg", _SECONDS)), ""
        except EngineError:
            find()  # without any engine this is an error; the list of parts needs no picture
            return "", ""

    def _summary(self) -> str:
        parts = self._parts()
        lines = ["digraph autograd {", "  graph [rankdir=TB, ranksep=0.3, nodesep=0.25]"]
        lines.append('  node [shape=box, style="rounded,filled", fontname=Helvetica, fontsize=12, margin="0.15,0.08"]')
        for i, part in enumerate(parts):
            label = json.dumps(part["n"], ensure_ascii=False)
            lines.append(f"  p{i} [label={label}]")
        produced = {id(t): self.part_of[i] for i, t in enumerate(self.results)}
        edges: dict[tuple[int, int], None] = {}
        for i, tensor in enumerate(self.results):
            assert tensor.node is not None
            for x in tensor.node.inputs:
                source = produced.get(id(x))
                if source is not None and source != self.part_of[i]:
                    edges[source, self.part_of[i]] = None
        lines.extend(f"  p{a} -> p{b}" for a, b in list(edges)[:400])
        return "\n".join([*lines, "}\n"])


def _choices(right: str, incoming: str, operand: str) -> list[str]:
    """The true right side first, then what a reader may take for it: a factor, a transpose or a sign amiss."""
    transpose = r"^{\mathsf T}"
    wrong = [incoming]
    if "'" in right:
        wrong.append(right.replace("'", ""))
    if transpose in right:
        wrong.append(right.replace(transpose, "", 1))
    wrong.append(right[1:].strip() if right.startswith("-") else f"-{right}" if " + " not in right else f"-({right})")
    wrong += [rf"{incoming} \odot {operand}", f"2 {right}"]
    found = [right]
    for each in wrong:
        if each not in found:
            found.append(each)
    return found[:4]


def _folded(source: str) -> tuple[str, dict[str, str]]:
    """DOT text in which each outermost cluster is one box, `m0` and so on; and the box of every node that is in one."""
    lines: list[str] = []
    boxes: dict[str, str] = {}
    edges: dict[str, None] = {}
    depth, titles, operations = 0, 0, 0
    title = ""
    for line in source.splitlines():
        text = line.strip()
        if text.startswith("subgraph cluster_"):
            if not depth:
                title, operations = "", 0
            depth += 1
        elif text == "}" and depth:
            depth -= 1
            if not depth:
                count = f"{operations} operation{'s' if operations != 1 else ''}"
                lines.append(
                    f'  m{titles} [shape=box, style="rounded,filled", margin="0.25,0.14", '
                    f'label=<<FONT POINT-SIZE="13">{title}</FONT><BR/><FONT POINT-SIZE="10">{count}</FONT>>]'
                )
                titles += 1
        elif edge := re.fullmatch(r"(\w+) -> (\w+)( \[arrowhead=none\])?", text):
            start, end = boxes.get(edge[1], edge[1]), boxes.get(edge[2], edge[2])
            if start != end:
                edges[f"  {start} -> {end}{(edge[3] or '') * (start == edge[1])}"] = None
        elif not depth:
            lines.append(line)
        elif text.startswith("graph ["):
            title = title or text.rpartition("label=<")[2].removesuffix(">]")
        else:
            boxes[text.partition(" ")[0]] = f"m{titles}"
            operations += text.startswith("o")
    return "\n".join([*lines[:-1], *edges, "}\n"]), boxes


def _addressable(picture: bytes) -> str:
    """Graphviz's SVG without what a file has and an element has not; what it drew is named in `data-` attributes."""
    svg = picture.decode()
    svg = svg[svg.index("<svg") :].replace('<g id="graph0" ', "<g ")
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)

    def named(match: re.Match[str]) -> str:
        kind, title = match[1], html.unescape(match[2])
        if kind == "edge":
            start, _, end = title.partition("->")
            return f'<g class="edge" data-from="{html.escape(start)}" data-to="{html.escape(end)}">'
        return f'<g class="{kind}" data-node="{html.escape(title)}">'

    svg = re.sub(r'<g id="[^"]*" class="(node|edge|cluster)">\s*<title>(.*?)</title>', named, svg)
    svg = re.sub(r'<g class="node".*?</g>', _centred, svg, flags=re.DOTALL)
    return re.sub(r"<title>[^<]*</title>", "", svg)


def _centred(node: re.Match[str]) -> str:
    """The text of a node about its middle: engines place its left end by the width that letters have in their font."""
    ellipse = re.search(r'<ellipse[^>]* cx="([-.\d]+)"', node[0])
    outline = re.search(r' (?:d|points)="([^"]*)"', node[0])
    if ellipse:
        middle = float(ellipse[1])
    elif outline:
        across = [float(x) for x in re.findall(r"([-.\d]+),[-.\d]+", outline[1])]
        middle = (min(across) + max(across)) / 2
    else:
        return node[0]
    return re.sub(r'text-anchor="start" x="[-.\d]+"', f'text-anchor="middle" x="{middle:.2f}"', node[0])
