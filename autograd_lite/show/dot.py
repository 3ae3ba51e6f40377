"""A graph as DOT text: what stands on each node, in which cluster, in which colour.

Pure: the same graph gives the same bytes in every run, and nothing is changed, run or written. Must
not know how a gradient is computed, which program lays the picture out, or where it is saved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.graph import REVERSE, Live, Node, ancestors
from autograd_lite.show.names import delta_name, pretty, printable
from autograd_lite.tensor import Tensor

Scope = tuple[str, ...]

_COLOURS = {  # fill, border
    "parameter": ("#FCF1DC", "#C8963E"),
    "state": ("#F5EFE6", "#A3917A"),
    "input": ("#E4EEF7", "#5C88B2"),
    "intermediate": ("#FFFFFF", "#B4BBC4"),
    "result": ("#E2F1E4", "#549A62"),
    "constant": ("#F2F3F5", "#F2F3F5"),
    "operation": ("#E9E6F3", "#8D83B5"),
    "reverse": ("#FBE0D5", "#B4472D"),
    "update": ("#FBE8BE", "#A97B26"),
}
_PASSES = {"operation": "forward pass", "reverse": "reverse pass", "update": "update"}
# The reverse pass is told apart by its border as well, for eyes and printers that see no colour.
_CLUSTERS = {
    False: ("#D3D8DE", "", ("#F8F9FB", "#F0F2F5", "#E8EBEF", "#E0E4E9")),
    True: ("#E3B9AB", ",dashed", ("#FEF9F6", "#FBF2ED", "#F8EBE4", "#F5E4DB")),
}
_TEXT, _FAINT, _GRADIENT, _BACK = "#1F2933", "#6B7683", "#A4402F", "#CB8E7C"

_HEAD = f"""\
digraph autograd {{
  graph [rankdir=TB, ranksep=0.26, nodesep=0.22, bgcolor=white, fontname=Helvetica, fontsize=10, fontcolor="{_FAINT}"]
  node [fontname=Helvetica, fontsize=12, fontcolor="{_TEXT}", penwidth=0.9, height=0.2, margin="0.1,0.05"]
  edge [color="#9AA4AF", penwidth=0.7, arrowsize=0.5]
"""
_MOST_ELEMENTS, _MOST_ROWS = 16, 6


def _html(text: str) -> str:
    # Engines expand \N and its kin inside HTML-like labels too, even behind a character reference.
    return escape(text).replace("\\", "&#92;&#92;")


def _font(text: str, size: int, colour: str) -> str:
    return f'<FONT POINT-SIZE="{size}" COLOR="{colour}">{_html(text)}</FONT>'


def _number(value: Any) -> str:
    return str(value) if isinstance(value, bool | int) else f"{value:.3g}"


def _values(array: Any) -> list[str]:
    """The lines that show an array: all of it where it is small, its range where it is not."""
    host = backend.to_numpy(array)
    if host.size == 0:
        return ["empty"]
    if host.ndim == 0:
        return [_number(host.item())]
    if host.ndim <= 2 and host.size <= _MOST_ELEMENTS and (host.ndim == 1 or len(host) <= _MOST_ROWS):
        return [f"[{', '.join(map(_number, row))}]" for row in numpy.atleast_2d(host).tolist()]
    if host.dtype.kind == "c":
        return [f"|·| up to {_number(numpy.abs(host).max().item())}"]
    finite = host[numpy.isfinite(host)]
    wrong = host.size - finite.size
    spread = [f"{_number(finite.min().item())} … {_number(finite.max().item())}"] if finite.size else []
    return [", ".join(spread + ([f"{wrong} not finite"] if wrong else []))]


def _width(lines: Sequence[tuple[str, int]]) -> str:
    """A least width for lines of text in which an engine without fonts would misjudge some letters."""
    if all(text.isascii() for text, _ in lines):
        return ""
    widest = max(sum(0.6 if c.isascii() else 0.75 if ord(c) < 0x2E80 else 1.1 for c in t) * size for t, size in lines)
    return f", width={widest / 72 + 0.15:.2f}"


def _box(name: str, kind: str, lines: Sequence[tuple[str, int, str]], extra: str = "", part: str = "") -> str:
    fill, border = _COLOURS[kind]
    if part in ("reverse", "update"):
        border = _COLOURS[part][1]
    dashed = ",dashed" if part == "reverse" else ""
    label = "<BR/>".join(_font(*line) for line in lines)
    width = _width([(text, size) for text, size, _ in lines])
    look = f'shape=box, style="rounded,filled{dashed}", fillcolor="{fill}", color="{border}"{width}{extra}'
    return f"{name} [{look}, label=<{label}>]"


def _tensor(
    number: int, tensor: Tensor, name: str, kind: str, part: str,
    grads: Mapping[Tensor, Any] | None, of: str | None, values: bool,
) -> str:  # fmt: skip
    lines: list[tuple[str, int, str]] = []
    if name:
        lines.append((name, 13, _TEXT))
    data = tensor._data
    size = 9 if name else 8
    lines.append((f"{tuple(data.shape)} {data.dtype}", size, _FAINT))
    if values:
        lines.extend((line, 9, _TEXT) for line in _values(data))
    if grads is not None and (gradient := grads.get(tensor)) is not None:
        called, rows = f"{delta_name(str(tensor.name or ''), of)} =", _values(gradient)
        rows = [called, *rows] if len(rows) > 1 else [f"{called} {rows[0]}"]
        lines.extend((row, 9, _GRADIENT) for row in rows)
    extra = "" if len(lines) > 1 or kind != "intermediate" else ', penwidth=0.6, margin="0.06,0.02"'
    return _box(f"t{number}", kind, lines, extra, part)


def _constant(name: str, value: Any, values: bool) -> str:
    if isinstance(value, Live):
        owned = len(value.key) == 2 and isinstance(value.key[1], str)
        text = f"{value.key[1].strip('_')} = " if owned else ""
        return _box(name, "constant", [(text + _number(value.read()), 10, _TEXT)], ', margin="0.06,0.02"')
    if not backend.is_array(value) or value.ndim == 0:
        plain = value.item() if hasattr(value, "item") else value
        text = repr(plain) if len(repr(plain)) <= 8 else _number(plain)
        return _box(name, "constant", [(text, 10, _TEXT)], ', margin="0.06,0.02"')
    lines = [(f"const {tuple(value.shape)} {value.dtype}", 8, _FAINT)]
    if values:
        lines.extend((line, 9, _TEXT) for line in _values(value))
    return _box(name, "constant", lines, ', margin="0.06,0.02"')


def _plain(value: Any) -> str | None:
    """A parameter of an operation in words, or `None` where its text could differ between runs."""
    if value is Ellipsis:
        return "…"
    if value is None or isinstance(value, bool | int | float | str):
        return str(value)
    if isinstance(value, numpy.dtype):
        return str(value)
    if isinstance(value, slice):
        parts = ["" if part is None else _plain(part) for part in (value.start, value.stop, value.step)]
        if None in parts:
            return None
        return ":".join(str(part) for part in (parts if parts[2] else parts[:2]))
    if isinstance(value, tuple | list):
        # What stands for an array in an index is shown by the edge that brings the array.
        inner = [_plain(part) if type(part).__name__ != "_Array" else "·" for part in value]
        if None in inner:
            return None
        joined = ", ".join(str(part) for part in inner)
        return f"({joined}{',' if len(inner) == 1 else ''})"
    return None


def _parameters(node: Node) -> list[str]:
    lines = []
    for key, value in node.params.items():
        if key in node.op.defaults and type(value) is type(default := node.op.defaults[key]) and value == default:
            continue
        text = _plain(value)
        if text is not None:
            if key == "template":
                text = f"[{text[1:-1].removesuffix(',')}]"
            lines.append(printable(text if key in ("template", "shape") else f"{key} {text}"))
    return lines


def _operation(number: int, node: Node, part: str) -> str:
    fill, border = _COLOURS[part]
    style = '"filled,dashed"' if part == "reverse" else "filled"
    symbol = printable(node.op.symbol) or "?"
    parameters = _parameters(node)
    label = "<BR/>".join(
        [_font(symbol, 14 if len(symbol) < 3 else 11, _TEXT), *(_font(p, 8, _FAINT) for p in parameters)]
    )
    if len(symbol) < 3 and not parameters:
        shape = "shape=circle, width=0.3, fixedsize=true"
    else:
        shape = f'shape=ellipse, margin="0.03,0.01"{_width([(symbol, 11), *((p, 8) for p in parameters)])}'
    # Left operand left: x − y and y − x are different pictures.
    order = ", ordering=in" if len(node.inputs) > 1 else ""
    return f'o{number} [{shape}, style={style}, fillcolor="{fill}", color="{border}"{order}, label=<{label}>]'


def _legend(kinds: Sequence[str]) -> str:
    cells = []
    several = sum(kind in _PASSES for kind in kinds) > 1 or "reverse" in kinds
    for kind in kinds:
        fill, border = _COLOURS[kind]
        # A table cell cannot be an ellipse, so operations are shown by the letter that comes nearest.
        if kind in _PASSES:
            letter, called = "◌" if kind == "reverse" else "●", _PASSES[kind] if several else kind
            cells.append(
                f'<TD><FONT POINT-SIZE="11" COLOR="{border}">{letter}</FONT></TD><TD ALIGN="LEFT">{called}</TD>'
            )
        else:
            cells.append(
                f'<TD><TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" STYLE="ROUNDED" '
                f'COLOR="{border}" BGCOLOR="{fill}"><TR><TD FIXEDSIZE="TRUE" WIDTH="12" HEIGHT="7"></TD></TR>'
                f'</TABLE></TD><TD ALIGN="LEFT">{kind}</TD>'
            )
    return (
        '<<FONT POINT-SIZE="8"><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2" CELLPADDING="1"><TR>'
        + "".join(cells)
        + "</TR></TABLE></FONT>>"
    )


def _common(one: Scope | None, other: Scope) -> Scope:
    """The innermost scope around both; code outside every scope has no say."""
    if not one or one == other:
        return other
    if not other:
        return one
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return one[:length]


def _clustered(members: Mapping[Scope, list[str]]) -> list[str]:
    """The nodes of each scope inside its cluster, clusters inside each other as scopes are."""
    children: dict[Scope, list[Scope]] = {(): []}
    for scope in members:
        for depth in range(1, len(scope) + 1):
            if scope[:depth] not in children:
                children[scope[:depth]] = []
                children[scope[: depth - 1]].append(scope[:depth])
    lines: list[str] = []
    count = 0
    stack: list[tuple[Scope, bool]] = [((), True)]
    while stack:
        scope, opening = stack.pop()
        indent = "  " * (len(scope) + 1)
        if not opening:
            lines.append(f"{indent[2:]}}}")
            continue
        if scope:
            border, dashed, fills = _CLUSTERS[scope[0] == REVERSE]
            fill = fills[(len(scope) - 1) % len(fills)]
            title = printable(scope[-1]) or "?"
            lines.append(f"{indent[2:]}subgraph cluster_{count} {{")
            lines.append(
                f'{indent}graph [style="rounded,filled{dashed}", fillcolor="{fill}", color="{border}", penwidth=0.8, '
                f"labelloc=t, labeljust=l, margin=10, label=<{_html(title)}>]"
            )
            count += 1
            stack.append((scope, False))
        lines.extend(indent + line for line in members.get(scope, ()))
        stack.extend((child, True) for child in reversed(children[scope]))
    return lines


def _called(tensor: Tensor, part: str, names: Collection[str]) -> str:
    """What is written on a tensor: its name, or for a gradient that the reverse pass named after one of `names`, ∂."""
    name = str(tensor.name or "")
    if part == "reverse" and name[:1] == "d" and name[1:] in names:
        return delta_name(name[1:])
    return f"new {pretty(name[4:])}" if part == "update" and name[:4] == "new " else pretty(name)


def dot(
    roots: Sequence[Tensor],
    grads: Mapping[Tensor, Any] | None = None,
    of: str | None = None,
    values: bool = False,
    updates: Collection[Tensor] = (),
    states: Collection[Tensor] = (),
) -> tuple[str, int, int]:
    """The DOT text of the graph that `roots` were computed from, and how many tensors and operations it shows.

    `grads` has the gradients to write on the tensors, `of` is the name of the scalar they belong to.
    `updates` are the results that are neither of the forward nor of the reverse pass but of what a
    step does with the gradients; `states` are leaves without gradients that it updates. Raises
    `GraphError` where a part of the graph has been released.
    """
    tensors = ancestors(*roots)
    numbers = {id(tensor): i for i, tensor in enumerate(tensors)}
    ends = {id(root) for root in roots}
    parts: dict[int, str] = {}  # of results: the pass they belong to
    clusters: dict[int, Scope] = {}
    constants: dict[int, str] = {}
    homes: dict[int, Scope] = {}  # of leaves and arrays: where the forward pass uses them,
    guests: dict[int, Scope] = {}  # and where the others do
    for tensor in tensors:
        node = tensor.node
        if node is None:
            continue
        reverse = node.scope[:1] == (REVERSE,)
        part = parts[id(tensor)] = "update" if tensor in updates else "reverse" if reverse else "operation"
        scope = clusters[id(tensor)] = ("update", *node.scope) if part == "update" else node.scope
        users = homes if part == "operation" else guests
        for x in node.inputs:
            if (type(x) is Tensor and x.node is None) or backend.is_array(x):
                users[id(x)] = _common(users.get(id(x)), scope)
    scopes = {**guests, **homes}
    names = {str(tensor.name) for tensor in tensors if tensor.name}
    members: dict[Scope, list[str]] = {(): []}
    edges: list[str] = []
    kinds: dict[str, bool] = {}
    operations = 0
    for i, tensor in enumerate(tensors):
        node = tensor.node
        part = parts.get(id(tensor), "")
        if node is None:
            kind = "parameter" if tensor._requires_grad else "state" if tensor in states else "input"
            # Parameters belong to the module that uses them, inputs come from outside.
            scope = () if kind == "input" else scopes.get(id(tensor), ())
            if kind == "input" and not tensor.name and scopes.get(id(tensor), ())[:1] == (REVERSE,):
                # What the reverse pass worked out from data alone is recorded as its value.
                kinds["constant"] = True
                members.setdefault(scopes[id(tensor)], []).append(_constant(f"t{i}", tensor._data, values))
                continue
        else:
            kind = "result" if id(tensor) in ends else "intermediate"
            scope = clusters[id(tensor)]
        kinds[kind] = True
        inside = members.setdefault(scope, [])
        if node is not None:
            operations += 1
            kinds[part] = True
            inside.append(_operation(i, node, part))
            back = f'color="{_BACK}"' if part == "reverse" else ""
            look = f" [{back}]" if back else ""
            for position, x in enumerate(node.inputs):
                if type(x) is Tensor:
                    edges.append(f"  t{numbers[id(x)]} -> o{i}{look}")
                    continue
                kinds["constant"] = True
                # A number is drawn at each use; an array that several operations read is one node.
                shared = backend.is_array(x) and x.ndim > 0
                name = constants.get(id(x)) if shared else None
                if name is None:
                    name = f"c{i}_{position}"
                    members.setdefault(scopes[id(x)] if shared else scope, []).append(_constant(name, x, values))
                    if shared:
                        constants[id(x)] = name
                edges.append(f"  {name} -> o{i}{look}")
            edges.append(f"  o{i} -> t{i} [arrowhead=none{', ' + back if back else ''}]")
        inside.append(_tensor(i, tensor, _called(tensor, part, names), kind, part, grads, of, values))
    legend = _legend([kind for kind in _COLOURS if kind in kinds])
    lines = [f"  graph [labelloc=b, labeljust=c, label={legend}]", *_clustered(members), *edges, "}\n"]
    return _HEAD + "\n".join(lines), len(tensors), operations
