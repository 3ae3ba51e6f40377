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
from autograd_lite.engine.graph import REVERSE, Live, Node, ancestors
from autograd_lite.engine.tensor import Tensor
from autograd_lite.show.names import delta_name, pretty, printable
from autograd_lite.show.picture.fold import Contents, Item, Scope, folded

_UPDATE = "update"
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


def _box(
    name: str,
    kind: str,
    lines: Sequence[tuple[str, int, str]],
    extra: str = "",
    part: str = "",
    style: str = "rounded,",
) -> str:
    fill, border = _COLOURS[kind]
    if part in ("reverse", "update"):
        border = _COLOURS[part][1]
    dashed = ",dashed" if part == "reverse" else ""
    label = "<BR/>".join(_font(*line) for line in lines)
    width = _width([(text, size) for text, size, _ in lines])
    look = f'shape=box, style="{style}filled{dashed}", fillcolor="{fill}", color="{border}"{width}{extra}'
    return f"{name} [{look}, label=<{label}>]"


def _tensor(
    node: str, tensor: Tensor, name: str, kind: str, part: str,
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
    return _box(node, kind, lines, extra, part)


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


def _operation(name: str, node: Node, part: str) -> str:
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
    return f'{name} [{shape}, style={style}, fillcolor="{fill}", color="{border}"{order}, label=<{label}>]'


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


def _common(one: Scope | None, other: Scope) -> Scope | None:
    """The innermost scope around both; code outside every scope has no say, and `None` is what nobody has said yet."""
    if one is None:
        return other or None
    if one == other or not other:
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


def _owners(
    tensors: Sequence[Tensor], updates: Collection[Tensor], homes: Mapping[int, Scope | None]
) -> dict[int, Scope]:
    """The module that each result of the update is computed for: an optimiser itself works outside all of them."""
    found: dict[int, Scope | None] = {}
    updated = [(tensor, tensor.node) for tensor in tensors if tensor in updates and tensor.node is not None]
    for tensor, node in updated:
        inputs = [x for x in node.inputs if type(x) is Tensor]
        scope: Scope | None = None
        # A rate or a norm that every update reads says nothing where there is anything larger.
        for x in [x for x in inputs if x.ndim] or inputs:
            whose = homes.get(id(x)) if x.node is None else found.get(id(x), x.node.scope)
            scope = _common(scope, whose[_reversals(whose) :] if whose else ())
        found[id(tensor)] = scope
    # What is computed from states alone, such as a momentum that fades, belongs to what uses it.
    unowned = {key for key, scope in found.items() if scope is None}
    for tensor, node in reversed(updated):
        for x in node.inputs:
            if id(x) in unowned:
                found[id(x)] = _common(found[id(x)], found[id(tensor)] or ())
    return {key: scope or () for key, scope in found.items()}


def _reversals(scope: Scope) -> int:
    """How many of the outermost scopes are reverse passes: one for each order of the derivative."""
    return next((i for i, name in enumerate(scope) if name != REVERSE), len(scope))


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _folded_box(item: Item) -> str:
    """A scope drawn as one box: what it is called and what it hides. The second border tells it from a tensor."""
    contents: Contents = item.what
    lines = [(printable(contents.title) or "?", 13, _TEXT), (_counted(contents.operations, "operation"), 9, _FAINT)]
    for kind, (count, elements) in contents.leaves.items():
        lines.append((f"{_counted(count, kind)}, {_counted(elements, 'element')}", 9, _FAINT))
    return _box(item.name, item.part, lines, ", peripheries=2", item.part, style="")


def _bundle(item: Item, names: Collection[str]) -> str:
    """Many tensors as one node: the first names, how many they are, and their elements."""
    called = list(dict.fromkeys(name for each in item.what if (name := _called(each.what, each.part, names))))
    lines = [(", ".join(called[:3]) + ", …" * (len(called) > 3), 13, _TEXT)] if called else []
    kind = "tensor" if item.kind == "intermediate" else item.kind
    lines.append((f"{_counted(len(item.what), kind)}, {_counted(item.size, 'element')}", 9, _FAINT))
    return _box(item.name, item.kind, lines, ", peripheries=2", item.part)


def dot(
    roots: Sequence[Tensor],
    grads: Mapping[Tensor, Any] | None = None,
    of: str | None = None,
    values: bool = False,
    updates: Collection[Tensor] = (),
    states: Collection[Tensor] = (),
    depth: int | None = None,
) -> tuple[str, int, int, int]:
    """The DOT text of the graph that `roots` were computed from, and how many tensors, operations and boxes it has.

    `grads` has the gradients to write on the tensors, `of` is the name of the scalar they belong to.
    `updates` are the results that are neither of the forward nor of the reverse pass but of what a
    step does with the gradients; `states` are leaves without gradients that it updates. Every scope
    more than `depth` levels down is one box. Raises `GraphError` where a part of the graph has been released.
    """
    tensors = ancestors(*roots)
    ends = {id(root) for root in roots}
    names = {str(tensor.name) for tensor in tensors if tensor.name}
    items, edges = _items(tensors, ends, updates, states, depth)
    if depth is not None:
        items, edges = folded(items, edges, depth)
    members: dict[Scope, list[str]] = {(): []}
    kinds: set[str] = set()
    parts = {item.name: item.part for item in items}
    for item in items:
        what = item.what
        kinds.add(item.part if item.kind in ("operation", "box") else item.kind)
        if item.kind == "operation":
            text = _operation(item.name, what, item.part)
        elif item.kind == "box":
            text = _folded_box(item)
        elif item.kind == "constant":
            text = _constant(item.name, what, values)
        elif isinstance(what, list):
            text = _bundle(item, names)
        else:
            called = _called(what, item.part, names)
            text = _tensor(item.name, what, called, item.kind, item.part, grads, of, values)
        members.setdefault(item.scope, []).append(text)
    lines = [f"  graph [labelloc=b, labeljust=c, label={_legend([kind for kind in _COLOURS if kind in kinds])}]"]
    lines += _clustered(members)
    for start, end in edges:
        look = ["arrowhead=none"] if end[0] in "ts" else []
        look += [f'color="{_BACK}"'] if parts[end] == "reverse" else []
        lines.append(f"  {start} -> {end}" + (f" [{', '.join(look)}]" if look else ""))
    operations = sum(tensor.node is not None for tensor in tensors)
    return _HEAD + "\n".join([*lines, "}\n"]), len(tensors), operations, sum(item.kind == "box" for item in items)


def _items(
    tensors: Sequence[Tensor], ends: Collection[int], updates: Collection[Tensor], states: Collection[Tensor],
    depth: int | None,
) -> tuple[list[Item], list[tuple[str, str]]]:  # fmt: skip
    """Everything there is to draw, each in its scope, and the edges."""
    parts: dict[int, str] = {}  # of results: the pass they belong to
    clusters: dict[int, Scope] = {}
    homes: dict[int, Scope | None] = {}  # of leaves and arrays: where the forward pass uses them,
    guests: dict[int, Scope | None] = {}  # and where the others do
    owners: dict[int, Scope] | None = None
    # Updates last: to whom they belong is known when the leaves have their homes.
    for tensor in sorted(tensors, key=lambda tensor: tensor in updates):
        node = tensor.node
        if node is None:
            continue
        scope = node.scope
        part = parts[id(tensor)] = (
            "update" if tensor in updates else "reverse" if scope[:1] == (REVERSE,) else "operation"
        )
        if part == "update":
            if depth is not None:
                owners = _owners(tensors, updates, homes) if owners is None else owners
                owner = owners[id(tensor)]
                whole = owner if owner[: len(scope)] == scope else scope + owner
                scope = whole if len(whole) > depth else scope
            scope = (_UPDATE, *scope)
        clusters[id(tensor)] = scope
        users = homes if part == "operation" else guests
        for x in node.inputs:
            if (type(x) is Tensor and x.node is None) or backend.is_array(x):
                users[id(x)] = _common(users.get(id(x)), scope)
    scopes = {key: scope or () for key, scope in {**guests, **homes}.items()}

    def frames(key: int, part: str = "") -> int:
        """How many of the outermost scopes of a result, a leaf or an array are passes."""
        if key in homes or part == "operation":
            return 0
        scope = clusters.get(key) or scopes.get(key, ())
        return _reversals(scope) if part != "update" and scope[:1] != (_UPDATE,) else 1

    items: list[Item] = []
    edges: list[tuple[str, str]] = []
    numbers = {id(tensor): i for i, tensor in enumerate(tensors)}
    constants: dict[int, str] = {}
    for i, tensor in enumerate(tensors):
        node, key = tensor.node, id(tensor)
        if node is None:
            kind = "parameter" if tensor._requires_grad else "state" if tensor in states else "input"
            # Parameters belong to the module that uses them, inputs come from outside.
            scope = () if kind == "input" else scopes.get(key, ())
            if kind == "input" and not tensor.name and scopes.get(key, ())[:1] == (REVERSE,):
                # What the reverse pass worked out from data alone is recorded as its value.
                items.append(Item(f"t{i}", "constant", "", scopes[key], frames(key), tensor._data))
                continue
            items.append(Item(f"t{i}", kind, "", scope, frames(key) if scope else 0, tensor, tensor._data.size))
            continue
        part, scope = parts[key], clusters[key]
        passes = frames(key, part)
        items.append(Item(f"o{i}", "operation", part, scope, passes, node))
        for position, x in enumerate(node.inputs):
            if type(x) is Tensor:
                edges.append((f"t{numbers[id(x)]}", f"o{i}"))
                continue
            # A number is drawn at each use; an array that several operations read is one node.
            shared = backend.is_array(x) and x.ndim > 0
            name = constants.get(id(x)) if shared else None
            if name is None:
                name = f"c{i}_{position}"
                at, outer = (scopes[id(x)], frames(id(x))) if shared else (scope, passes)
                items.append(Item(name, "constant", "", at, outer, x))
                if shared:
                    constants[id(x)] = name
            edges.append((name, f"o{i}"))
        edges.append((f"o{i}", f"t{i}"))
        kind = "result" if key in ends else "intermediate"
        items.append(Item(f"t{i}", kind, part, scope, passes, tensor, tensor._data.size))
    return items, edges
