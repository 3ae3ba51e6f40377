"""The text of a page: the JSON its script reads and the SVG beside it, put into the template.

Knows the template and what belongs into it. Must not know how any of it is found.
"""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from importlib import resources
from typing import Any

from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import AutogradError, EngineError
from autograd_lite.show.equations.derive import Names, derive
from autograd_lite.show.formula.typeset import latex_to_mathml, latex_to_text
from autograd_lite.show.page.graph import Layout, Parts, in_parts, summary, whole
from autograd_lite.show.page.steps import Steps, equations
from autograd_lite.show.page.values import COARSE, FINE, Json, Values
from autograd_lite.show.page.words import Words

MOST_DRAWN = 300
"""Operations beyond which a graph is shown by its parts: modules, or stretches of it where there are none."""
MOST_TOLD = 3000
"""Operations beyond which a page has no formulas and only ranges of values: they would take seconds and megabytes."""
MOST_FINE = 150
"""Operations beyond which heat maps are coarse: they are most of what a page of small formulas weighs."""
_MOST_PLAIN = 400_000
"""Characters of data beyond which they are packed; formulas are alike, and become a tenth of their size."""


def page(names: Names) -> tuple[str, int]:
    """The text of the page of a graph, the same bytes in every run, and its number of steps."""
    results = [tensor for tensor in names.tensors if tensor.node is not None]
    words = Words(names, brief=len(results) > MOST_TOLD)
    values = Values(words.brief, COARSE if len(results) > MOST_FINE else FINE)
    content = Steps(words, values)
    operations = [content.operation(tensor, node) for tensor, node in content.results]
    tensors = [content.tensor(tensor) for tensor in names.tensors]
    steps = content.all()
    for entry, tensor in zip(tensors, names.tensors, strict=True):
        if arrivals := content.arrived.get(id(tensor)):
            entry["done"] = arrivals[-1]
    layout, parts = _graph(names.loss, results)
    if parts is not None:
        for operation, part in zip(operations, parts.of, strict=True):
            operation["part"] = part
    lines, untold = ([], "") if words.brief else _equations(names.loss, content)
    loss = latex_to_text(words.of)
    data = {
        "loss": loss, "tensors": tensors, "ops": operations, "steps": steps, "values": values.shown,
        "forward": len(operations), "equations": lines, "untold": untold, "modules": layout.modules or {},
        "parts": _parts(parts),
    }  # fmt: skip
    pieces = {
        "TITLE": html.escape(f"Backpropagation of {loss}, step by step"),
        "LOSS": latex_to_mathml(words.of, "inline"),
        "STYLE": _resource("page.css"), "SCRIPT": _resource("page.js"), "GRAPH": layout.whole, "FOLDED": layout.folded,
        "DATA": _embedded(data),
    }  # fmt: skip
    return re.sub(r"\{\{(\w+)\}\}", lambda match: pieces[match[1]], _resource("page.html")), len(steps)


def _graph(loss: Tensor, results: list[Tensor]) -> tuple[Layout, Parts | None]:
    """The pictures of the graph, and its parts where it is shown by those: it is large, or too dense to be laid out."""
    if len(results) <= MOST_DRAWN:
        try:
            return whole(loss), None
        except EngineError:
            if len(results) <= MOST_FINE:
                raise
    parts = in_parts(results)
    return summary(results, parts), parts


def _parts(parts: Parts | None) -> list[Json]:
    return [] if parts is None else [{"n": n, "ops": ops} for n, ops in zip(parts.titles, parts.members, strict=True)]


def _equations(loss: Tensor, content: Steps) -> tuple[list[Json], str]:
    """The δ equations, or why there are none."""
    try:
        return list(equations(derive(loss).lines, content.arrived)), ""
    except AutogradError as error:
        return [], str(error).removeprefix("derive(): ").partition(":")[0]


def _resource(name: str) -> str:
    return resources.files("autograd_lite.show.page").joinpath(name).read_text(encoding="utf-8")


def _embedded(data: Any) -> str:
    """JSON that nothing in it can end the script element around it; the large kind as base64 of its zlib stream."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if len(text) > _MOST_PLAIN:
        return base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
