"""The graph of a page as Graphviz lays it out: whole, with its modules folded, or in parts where it is large.

Knows what is drawn and who lays it out. Must not know formulas or values, nor what the page says of a node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import EngineError
from autograd_lite.show.names import printable
from autograd_lite.show.page import svg
from autograd_lite.show.picture.dot import dot
from autograd_lite.show.picture.engine import find, render
from autograd_lite.show.picture.fold import Item, folded
from autograd_lite.show.picture.items import Drawing, drawing
from autograd_lite.show.picture.labels import Labels
from autograd_lite.show.picture.style import SCREEN

_SECONDS = 30
_MOST_PARTS = 32
_MOST_LEVELS = 8
_SHORT = 64  # operations: stretches of a module are no shorter, or a part would not fill a screen


@dataclass(frozen=True, slots=True)
class Layout:
    """The pictures of a page: `whole`, `folded` with one box for every module, and of each node in one, its box."""

    whole: str = ""
    folded: str = ""
    modules: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """A large graph in parts: their titles, which results each has, and the part of every result."""

    titles: list[str]
    members: list[list[int]]
    of: list[int]


def path(scope: Sequence[str]) -> str:
    """A scope in words."""
    return " / ".join(printable(part) or "?" for part in scope)


def whole(loss: Tensor) -> Layout:
    """The whole graph, and its modules; raises `EngineError` where no program can lay it out in half a minute.

    >>> from autograd_lite.show.page.graph import whole
    >>> with ag.scope("cell"):
    ...     y = ag.exp(ag.tensor(1.0, requires_grad=True))
    >>> whole(y).modules
    {'t0': 'b0', 'o1': 'b0', 't1': 'b0'}
    """
    drawn = drawing([loss])
    items, edges, hidden = folded(drawn.items, drawn.edges, depth=0, apart=False)
    picture = _laid_out(drawn, drawn.named)
    return Layout(picture, _laid_out(Drawing(items, edges), drawn.named) if hidden else "", hidden)


def summary(results: Sequence[Tensor], parts: Parts) -> Layout:
    """A large graph by its parts; nothing where no program lays that out in time, since the page lists them as well.

    Raises `EngineError` where there is no program.
    """
    items = [Item(f"p{i}", "stretch", "", (), 0, title) for i, title in enumerate(parts.titles)]
    made = {id(tensor): part for tensor, part in zip(results, parts.of, strict=True)}
    edges: dict[tuple[int, int], None] = {}
    for tensor, part in zip(results, parts.of, strict=True):
        for x in tensor.node.inputs if tensor.node is not None else ():
            if made.get(id(x), part) != part:
                edges[made[id(x)], part] = None
    try:
        return Layout(_laid_out(Drawing(items, [(f"p{a}", f"p{b}") for a, b in edges]), {}))
    except EngineError:
        find()
        return Layout()


def in_parts(results: Sequence[Tensor]) -> Parts:
    """A large graph in parts: its modules, or stretches of it where there are too few of those."""
    scopes = [tensor.node.scope for tensor in results if tensor.node is not None]
    depth = 0
    while depth < _MOST_LEVELS and len({scope[: depth + 1] for scope in scopes}) <= _MOST_PARTS:
        depth += 1
    stretch = max(-(-len(scopes) // _MOST_PARTS), _SHORT)
    counts: dict[tuple[str, ...], int] = {}
    found: dict[tuple[tuple[str, ...], int], list[int]] = {}
    for i, scope in enumerate(scopes):
        prefix = scope[:depth]
        nth = counts.get(prefix, 0)
        counts[prefix] = nth + 1
        # Long stretches of the same module are cut, so that no part is more than a screen's outline.
        found.setdefault((prefix, nth // stretch), []).append(i)
    members = list(found.values())
    titles = [f"{path(prefix) or 'nodes'} {_range(ops)}" for (prefix, _), ops in found.items()]
    of = {i: part for part, ops in enumerate(members) for i in ops}
    return Parts(titles, members, [of[i] for i in range(len(scopes))])


def _range(ops: Sequence[int]) -> str:
    return f"{ops[0] + 1}–{ops[-1] + 1}" if len(ops) > 1 else f"{ops[0] + 1}"


def _laid_out(drawn: Drawing, named: Mapping[str, str]) -> str:
    text = dot(drawn, Labels(named, leaves=False), SCREEN)
    return svg.element(render(text, "svg", _SECONDS))
