"""What there is to draw of a graph: its tensors, operations and constants, each in its scope and its pass.

Knows graphs, and where in a picture what belongs. Must not know what is written on it, nor how it looks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_lite import backend
from autograd_lite.engine.graph import REVERSE, Node, ancestors
from autograd_lite.engine.tensor import Tensor
from autograd_lite.names import gradient_name
from autograd_lite.show.picture.fold import Edge, Item, Scope, folded

_UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn of a graph of so many `tensors` and `operations`.

    `named` are the names that its tensors have, by what their gradients would be called.
    """

    items: list[Item]
    edges: list[Edge]
    tensors: int = 0
    operations: int = 0
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def boxes(self) -> int:
        """How many scopes are one box."""
        return sum(item.kind == "box" for item in self.items)


def drawing(
    roots: Sequence[Tensor],
    updates: Collection[Tensor] = (),
    states: Collection[Tensor] = (),
    depth: int | None = None,
) -> Drawing:
    """Everything there is to draw of the graph that `roots` were computed from.

    `updates` are the results that are neither of the forward nor of the reverse pass but of what a step does with the
    gradients; `states` are leaves without gradients that it updates. Every scope more than `depth` levels down is one
    box. Raises `GraphError` where a part of the graph has been released.

    >>> from autograd_lite.show.picture.items import drawing
    >>> found = drawing([ag.exp(ag.tensor(1.0, requires_grad=True))])
    >>> [item.kind for item in found.items], found.edges
    (['parameter', 'operation', 'result'], [('t0', 'o1'), ('o1', 't1')])
    """
    tensors = ancestors(*roots)
    constants = _constants(tensors)
    items = list(_items(tensors, _placed(tensors, updates, depth), constants, {id(root) for root in roots}, states))
    edges = list(_edges(tensors, constants))
    if depth is not None:
        items, edges, _ = folded(items, edges, depth)
    operations = sum(tensor.node is not None for tensor in tensors)
    named = {gradient_name(str(tensor.name)): str(tensor.name) for tensor in tensors if tensor.name}
    return Drawing(items, edges, len(tensors), operations, named)


# What there is.


def _items(
    tensors: Sequence[Tensor],
    places: _Places,
    constants: Mapping[tuple[int, int], str],
    ends: Collection[int],
    states: Collection[Tensor],
) -> Iterator[Item]:
    """Leaves, and for each result its operation, the constants that first appear there, and itself."""
    for i, tensor in enumerate(tensors):
        node, key = tensor.node, id(tensor)
        if node is None:
            yield _leaf(i, tensor, places, states)
            continue
        part, scope = places.parts[key], places.scopes[key]
        passes = places.passes(key, part)
        yield Item(f"o{i}", "operation", part, scope, passes, node)
        for position, x in enumerate(node.inputs):
            name = _own_name(i, position)
            if constants.get((i, position)) == name:
                at, outer = (places.around(id(x)), places.passes(id(x))) if _shared(x) else (scope, passes)
                yield Item(name, "constant", "", at, outer, x)
        yield Item(f"t{i}", "result" if key in ends else "intermediate", part, scope, passes, tensor, tensor.size)


def _leaf(i: int, tensor: Tensor, places: _Places, states: Collection[Tensor]) -> Item:
    key = id(tensor)
    kind = "parameter" if tensor.requires_grad else "state" if tensor in states else "input"
    if kind == "input" and not tensor.name and places.around(key)[:1] == (REVERSE,):
        # What the reverse pass worked out from data alone is recorded as its value.
        return Item(f"t{i}", "constant", "", places.around(key), places.passes(key), tensor.data)
    # Parameters belong to the module that uses them, inputs come from outside.
    scope = () if kind == "input" else places.around(key)
    return Item(f"t{i}", kind, "", scope, places.passes(key) if scope else 0, tensor, tensor.size)


def _shared(x: Any) -> bool:
    """Whether an operand is one node for all its uses: an array is, while a number is drawn at each."""
    return backend.is_array(x) and x.ndim > 0


def _own_name(i: int, position: int) -> str:
    return f"c{i}_{position}"


def _constants(tensors: Sequence[Tensor]) -> dict[tuple[int, int], str]:
    """The name of every operand that is no tensor, by the tensor it leads to and its position there."""
    names: dict[tuple[int, int], str] = {}
    first: dict[int, str] = {}
    for i, tensor in enumerate(tensors):
        for position, x in enumerate(tensor.node.inputs if tensor.node is not None else ()):
            if type(x) is not Tensor and x is not None:
                own = _own_name(i, position)
                names[i, position] = first.setdefault(id(x), own) if _shared(x) else own
    return names


def _edges(tensors: Sequence[Tensor], constants: Mapping[tuple[int, int], str]) -> Iterator[Edge]:
    """From operands to operations, in the order of the operands, and from each operation to its result."""
    numbers = {id(tensor): i for i, tensor in enumerate(tensors)}
    for i, tensor in enumerate(tensors):
        if tensor.node is None:
            continue
        for position, x in enumerate(tensor.node.inputs):
            if x is not None:  # an argument that may be left out, and was
                yield constants.get((i, position)) or f"t{numbers[id(x)]}", f"o{i}"
        yield f"o{i}", f"t{i}"


# Where it stands.


@dataclass(slots=True)
class _Places:
    """By the `id` of a result, a leaf or an array: the pass it belongs to, and the scope it stands in.

    `parts` and `scopes` are of results; `homes` is where the forward pass uses leaves and arrays, and `guests` where
    the others do.
    """

    parts: dict[int, str]
    scopes: dict[int, Scope]
    homes: dict[int, Scope | None]
    guests: dict[int, Scope | None]

    def around(self, key: int) -> Scope:
        """The scope around all uses of a leaf or an array: those of the forward pass, where it has any there."""
        return (self.homes[key] if key in self.homes else self.guests.get(key)) or ()

    def passes(self, key: int, part: str = "") -> int:
        """How many of the outermost scopes of a result, a leaf or an array are passes."""
        if key in self.homes or part == "operation":
            return 0
        scope = self.scopes.get(key) or self.around(key)
        return _reversals(scope) if part != "update" and scope[:1] != (_UPDATE,) else 1


def _placed(tensors: Sequence[Tensor], updates: Collection[Tensor], depth: int | None) -> _Places:
    places = _Places({}, {}, {}, {})
    for tensor in tensors:
        if tensor.node is not None and tensor not in updates:
            _place(tensor, tensor.node, tensor.node.scope, places)
    # Updates last: to whom they belong is known when the leaves have their homes.
    updated = [(tensor, tensor.node) for tensor in tensors if tensor in updates and tensor.node is not None]
    owners = _owners(updated, places.homes) if depth is not None else {}
    for tensor, node in updated:
        scope = _owned(node.scope, owners.get(id(tensor), ()), depth)
        _place(tensor, node, (_UPDATE, *scope), places, update=True)
    return places


def _place(tensor: Tensor, node: Node, scope: Scope, places: _Places, update: bool = False) -> None:
    """Put a result into its scope, and widen the scopes of the leaves and arrays that it is computed from."""
    part = "update" if update else "reverse" if scope[:1] == (REVERSE,) else "operation"
    places.parts[id(tensor)], places.scopes[id(tensor)] = part, scope
    users = places.homes if part == "operation" else places.guests
    for x in node.inputs:
        if (type(x) is Tensor and x.node is None) or backend.is_array(x):
            users[id(x)] = _common(users.get(id(x)), scope)


def _owned(scope: Scope, owner: Scope, depth: int | None) -> Scope:
    """The scope of an update, which goes on into the module it is computed for where that is deep enough to fold."""
    whole = owner if owner[: len(scope)] == scope else scope + owner
    return whole if depth is not None and len(whole) > depth else scope


def _owners(updated: Sequence[tuple[Tensor, Node]], homes: Mapping[int, Scope | None]) -> dict[int, Scope]:
    """The module that each result of the update is computed for: an optimiser itself works outside all of them."""
    found: dict[int, Scope | None] = {}
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
