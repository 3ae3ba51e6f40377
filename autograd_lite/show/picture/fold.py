"""A graph with the inside of its deeper scopes left out: which items become one box, and what stays around them.

Knows items in scopes and the edges between them. Must not know what a tensor or an operation is, nor DOT.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

Scope = tuple[str, ...]
Edge = tuple[str, str]
"""From the item of the first name to that of the second."""

_FEW = 3
"""Values that go from box to box each on its own; more of one kind are one node."""


@dataclass(frozen=True, slots=True)
class Item:
    """One node of a picture: its name, what it is, of which pass what makes it is, and the scope it stands in.

    `kind` is "operation", "constant", "box", or for a tensor its part in the graph, such as "parameter". The outermost
    `frames` of the scope are passes, which are no levels of the model. `what` is what the node shows, of a bundle of
    tensors the list of their items; `size` is the number of elements.
    """

    name: str
    kind: str
    part: str
    scope: Scope
    frames: int
    what: Any
    size: int = 0


@dataclass(slots=True)
class Contents:
    """What a box hides: how many operations, and of each kind of leaf how many and of how many elements."""

    title: str
    operations: int = 0
    leaves: dict[str, tuple[int, int]] = field(default_factory=dict)

    def take(self, item: Item) -> None:
        """Count an item that the box hides."""
        if item.kind == "operation":
            self.operations += 1
        elif item.kind in ("parameter", "state"):
            count, elements = self.leaves.get(item.kind, (0, 0))
            self.leaves[item.kind] = count + 1, elements + item.size


def folded(
    items: list[Item], edges: list[Edge], depth: int, apart: bool = True
) -> tuple[list[Item], list[Edge], dict[str, str]]:
    """What is left when every scope more than `depth` levels down is one box: items, edges, and who is in which box.

    A box hides its operations, the leaves that only it uses, and the values between its operations. A value that it
    hands on within its pass, or that is a result, stands beside it, and many of a kind are one node; with `apart` false
    those are inside as well, and one box leads to the next. Where another pass uses what a box hides, an edge leads
    from the box itself.

    >>> from autograd_lite.show.picture.fold import Item, folded
    >>> inside = [Item("o1", "operation", "operation", ("net",), 0, None), Item("t1", "result", "", ("net",), 0, None)]
    >>> left, edges, hidden = folded(inside, [("o1", "t1")], depth=0)
    >>> [item.kind for item in left], edges, hidden
    (['box', 'result'], [('b0', 't1')], {'o1': 'b0'})
    """
    left, boxes, hidden = _hidden(items, _users(items, edges), depth, apart)
    led = _led(edges, hidden)
    if not apart:
        return left, led, hidden
    made = {end for _, end in edges} - {item.name for item in items if item.kind == "operation"}
    source = {end: start for start, end in led if end in made}
    # A value that goes back into the box it comes from is part of its inside.
    inner = {(name, box) for name, box in source.items() if box in boxes}
    return *_bundled(left, [edge for edge in led if edge not in inner], source), hidden


def _users(items: list[Item], edges: list[Edge]) -> dict[str, list[Item]]:
    """The operations that read what stands at a name."""
    by_name = {item.name: item for item in items}
    users: dict[str, list[Item]] = {}
    for start, end in edges:
        if by_name[end].kind == "operation":
            users.setdefault(start, []).append(by_name[end])
    return users


def _hidden(
    items: list[Item], users: dict[str, list[Item]], depth: int, apart: bool
) -> tuple[list[Item], set[str], dict[str, str]]:
    """What is left of the items, boxes among them; the names of the boxes; and in which of them the others are."""
    boxes: dict[tuple[str, Scope], Item] = {}
    hidden: dict[str, str] = {}
    left: list[Item] = []
    for item in items:
        level = item.frames + depth
        if len(item.scope) <= level:
            left.append(item)
            continue
        beside, inside = item.scope[:level], item.scope[: level + 1]
        # Values are handed on within a pass; a leaf belongs to the forward one where that uses it, as its scope does.
        within = [use for use in users.get(item.name, ()) if _pass(use) == _pass(item)]
        handed = item.kind == "result" or any(use.scope[: level + 1] != inside for use in within)
        if apart and handed and item.kind != "operation":
            left.append(replace(item, scope=beside))
            continue
        part = item.part or within[0].part
        if (part, inside) not in boxes:
            boxes[part, inside] = Item(f"b{len(boxes)}", "box", part, beside, item.frames, Contents(inside[-1]))
            left.append(boxes[part, inside])
        boxes[part, inside].what.take(item)
        hidden[item.name] = boxes[part, inside].name
    return left, {box.name for box in boxes.values()}, hidden


def _pass(item: Item) -> Scope:
    return item.scope[: item.frames]


def _led(edges: list[Edge], to: dict[str, str]) -> list[Edge]:
    """Edges to what has gone lead to what stands for it, and there once only; the others keep their order."""
    found: list[Edge] = []
    seen: set[Edge] = set()
    for edge in edges:
        led = to.get(edge[0], edge[0]), to.get(edge[1], edge[1])
        if led[0] != led[1] and (led == edge or led not in seen):
            found.append(led)
        seen.add(led)
    return found


def _bundled(items: list[Item], edges: list[Edge], source: dict[str, str]) -> tuple[list[Item], list[Edge]]:
    """Tensors of a kind that come from one box and go to the same boxes are one node where they are many."""
    boxes = {item.name for item in items if item.kind == "box"}
    tensors = [item for item in items if item.kind not in ("operation", "constant", "box")]
    goals: dict[str, list[str]] = {item.name: [] for item in tensors}
    for start, end in edges:
        if start in goals:
            goals[start].append(end)
    groups: dict[Any, list[Item]] = {}
    for item in tensors:
        to, by = frozenset(goals[item.name]), source.get(item.name)
        if to <= boxes and (by in boxes or (to and by is None)):
            groups.setdefault((by, to, item.kind, item.part, item.scope), []).append(item)
    firsts: dict[str, Item] = {}
    bundled: dict[str, str] = {}
    for group in groups.values():
        if len(group) > _FEW:
            size = sum(item.size for item in group)
            firsts[group[0].name] = bundle = replace(group[0], name=f"s{len(firsts)}", what=group, size=size)
            bundled.update((item.name, bundle.name) for item in group)
    left = [firsts.get(item.name, item) for item in items if item.name in firsts or item.name not in bundled]
    return left, _led(edges, bundled)
