"""A drawing as DOT text: escaping, boxes and circles, clusters, the legend, edges.

Pure: the same drawing gives the same bytes in every run, and nothing is changed, run or written. Must not know how a
gradient is computed, what is worth writing on a node, which program lays the picture out, or where it is saved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from html import escape

from autograd_lite.engine.graph import REVERSE
from autograd_lite.show.names import printable
from autograd_lite.show.picture.fold import Contents, Item, Scope
from autograd_lite.show.picture.items import Drawing
from autograd_lite.show.picture.labels import Labels, Line
from autograd_lite.show.picture.style import BACK, CLUSTERS, COLOURS, DASHED, HEAD, PASSES, PRINT, ROUND, Style


def dot(drawn: Drawing, labels: Labels, style: Style = PRINT) -> str:
    """The DOT text of a drawing, with what `labels` says on each node.

    >>> from autograd_lite.show.picture.dot import dot
    >>> from autograd_lite.show.picture.items import drawing
    >>> from autograd_lite.show.picture.labels import Labels
    >>> text = dot(drawing([ag.exp(ag.tensor(1.0, requires_grad=True))]), Labels())
    >>> text.splitlines()[-3:]
    ['  t0 -> o1', '  o1 -> t1 [arrowhead=none]', '}']
    """
    members: dict[Scope, list[str]] = {(): []}
    for item in drawn.items:
        text = _operation if item.kind == "operation" else _box
        members.setdefault(item.scope, []).append(text(item, labels.lines(item), style))
    lines = [_legend({_kind(item) for item in drawn.items})] if style.legend else []
    lines += _clustered(members)
    lines += _edges(drawn)
    return HEAD + "\n".join([*lines, "}\n"])


def _kind(item: Item) -> str:
    """What the colour and the legend tell of an item."""
    return item.part if item.kind in ("operation", "box") else item.kind


def _edges(drawn: Drawing) -> Iterator[str]:
    by_name = {item.name: item for item in drawn.items}
    for start, end in drawn.edges:
        look = ["arrowhead=none"] if _is_value(by_name[end]) else []
        look += [f'color="{BACK}"'] if by_name[end].part == "reverse" else []
        yield f"  {start} -> {end}" + (f" [{', '.join(look)}]" if look else "")


def _is_value(item: Item) -> bool:
    return item.kind not in ("operation", "box", "stretch")


# Nodes.


def _html(text: str) -> str:
    # Engines expand \N and its kin inside HTML-like labels too, even behind a character reference.
    return escape(text).replace("\\", "&#92;&#92;")


def _font(text: str, size: int, colour: str) -> str:
    return f'<FONT POINT-SIZE="{size}" COLOR="{colour}">{_html(text)}</FONT>'


def _label(lines: Sequence[Line], style: Style) -> str:
    return "<" + "<BR/>".join(_font(text, *style.fonts[what]) for what, text in lines) + ">"


def _width(lines: Sequence[Line], style: Style) -> str:
    """A least width for lines of text in which an engine without fonts would misjudge some letters."""
    if all(text.isascii() for _, text in lines):
        return ""
    widest = max(
        sum(0.6 if c.isascii() else 0.75 if ord(c) < 0x2E80 else 1.1 for c in text) * style.fonts[what][0]
        for what, text in lines
    )
    return f", width={widest / 72 + 0.15:.2f}"


def _box(item: Item, lines: Sequence[Line], style: Style) -> str:
    rounded, extra = style.boxes[_shape(item, lines)]
    fill, border = COLOURS.get(_kind(item), COLOURS["intermediate"])
    if item.part in PASSES and item.part != "operation":
        border = COLOURS[item.part][1]
    looks = ["rounded"] * rounded + ["filled"] + ["dashed"] * (item.part in DASHED)
    look = f'shape=box, style="{",".join(looks)}", fillcolor="{fill}", color="{border}"'
    return f"{item.name} [{look}{_width(lines, style)}{extra}, label={_label(lines, style)}]"


def _shape(item: Item, lines: Sequence[Line]) -> str:
    """Which box of `style.Style.boxes` an item is."""
    if isinstance(item.what, Contents):
        return "scope"
    if isinstance(item.what, list):
        return "several"
    if item.kind == "intermediate" and len(lines) == 1:
        return "plain"
    return item.kind if item.kind in ("constant", "stretch") else "tensor"


def _operation(item: Item, lines: Sequence[Line], style: Style) -> str:
    fill, border = COLOURS[item.part]
    filled = '"filled,dashed"' if item.part in DASHED else "filled"
    alone = len(lines) == 1 and lines[0][0] == "glyph"
    # A sign with parameters beside it is laid out as a word is.
    shape = ROUND[alone] + ("" if alone else _width([("word", lines[0][1]), *lines[1:]], style))
    # Left operand left: x − y and y − x are different pictures.
    order = ", ordering=in" if len(item.what.inputs) > 1 else ""
    look = f'{shape}, style={filled}, fillcolor="{fill}", color="{border}"{order}'
    return f"{item.name} [{look}, label={_label(lines, style)}]"


# What is around them.


def _legend(kinds: Collection[str]) -> str:
    cells = []
    several = sum(kind in PASSES for kind in kinds) > 1 or "reverse" in kinds
    for kind, (fill, border) in COLOURS.items():
        if kind not in kinds:
            continue
        # A table cell cannot be an ellipse, so operations are shown by the letter that comes nearest.
        if kind in PASSES:
            letter, called = "◌" if kind in DASHED else "●", PASSES[kind] if several else kind
            cells.append(
                f'<TD><FONT POINT-SIZE="11" COLOR="{border}">{letter}</FONT></TD><TD ALIGN="LEFT">{called}</TD>'
            )
        else:
            cells.append(
                f'<TD><TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" STYLE="ROUNDED" '
                f'COLOR="{border}" BGCOLOR="{fill}"><TR><TD FIXEDSIZE="TRUE" WIDTH="12" HEIGHT="7"></TD></TR>'
                f'</TABLE></TD><TD ALIGN="LEFT">{kind}</TD>'
            )
    table = (
        '<<FONT POINT-SIZE="8"><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2" CELLPADDING="1"><TR>'
        + "".join(cells)
        + "</TR></TABLE></FONT>>"
    )
    return f"  graph [labelloc=b, labeljust=c, label={table}]"


def _clustered(members: Mapping[Scope, list[str]]) -> list[str]:
    """The nodes of each scope inside its cluster, clusters inside each other as scopes are."""
    children = _nested(members)
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
            lines.append(f"{indent[2:]}subgraph cluster_{count} {{")
            lines.append(indent + _frame(scope))
            count += 1
            stack.append((scope, False))
        lines.extend(indent + line for line in members.get(scope, ()))
        stack.extend((child, True) for child in reversed(children[scope]))
    return lines


def _nested(scopes: Collection[Scope]) -> dict[Scope, list[Scope]]:
    """Of every scope those directly inside it, in the order in which they first appear."""
    children: dict[Scope, list[Scope]] = {(): []}
    for scope in scopes:
        for depth in range(1, len(scope) + 1):
            if scope[:depth] not in children:
                children[scope[:depth]] = []
                children[scope[: depth - 1]].append(scope[:depth])
    return children


def _frame(scope: Scope) -> str:
    """The look of a cluster, darker the deeper it is."""
    part = "reverse" if scope[0] == REVERSE else "operation"
    border, fills = CLUSTERS[part]
    dashed = ",dashed" if part in DASHED else ""
    return (
        f'graph [style="rounded,filled{dashed}", fillcolor="{fills[(len(scope) - 1) % len(fills)]}", '
        f'color="{border}", penwidth=0.8, labelloc=t, labeljust=l, margin=10, '
        f"label=<{_html(printable(scope[-1]) or '?')}>]"
    )
