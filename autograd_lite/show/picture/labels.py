"""What is written on each thing in a picture: names, shapes, values, gradients, parameters; line by line.

Knows tensors, operations and boxes, and what each line says. Must not know DOT, nor how a line looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.engine.graph import Node
from autograd_lite.engine.tensor import Tensor
from autograd_lite.ops.indexing import ARRAY
from autograd_lite.show.names import delta_name, pretty, printable
from autograd_lite.show.picture.fold import Contents, Item
from autograd_lite.watch import Live

Line = tuple[str, str]
"""What the line says, as `style.Style.fonts` calls it, and its text."""

_MOST_ELEMENTS, _MOST_ROWS = 16, 6


@dataclass(frozen=True, slots=True)
class Labels:
    """The writing of one picture.

    `named` are the names of its tensors, by what their gradients would be called; `grads` has the gradients to write,
    of the scalar that is called `of`; `values` says whether values are written, and `leaves` whether a box of a scope
    counts the parameters that it hides.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    grads: Mapping[Tensor, Any] | None = None
    of: str | None = None
    values: bool = False
    leaves: bool = True

    def lines(self, item: Item) -> list[Line]:
        """What is written on `item`.

        >>> from autograd_lite.show.picture.fold import Item
        >>> from autograd_lite.show.picture.labels import Labels
        >>> x = ag.tensor([1.0, 2.5], name="x1")
        >>> Labels(values=True).lines(Item("t0", "input", "", (), 0, x))
        [('name', 'x¹'), ('fact', '(2,) float64'), ('value', '[1, 2.5]')]
        """
        what = item.what
        if item.kind == "operation":
            return _operation(what)
        if item.kind == "constant":
            return self._constant(what)
        if isinstance(what, Contents):
            return self._scope(what)
        if isinstance(what, list):
            return self._several(item)
        return [("name", what)] if isinstance(what, str) else self._tensor(what, item.part)

    def _tensor(self, tensor: Tensor, part: str) -> list[Line]:
        called = self._called(tensor, part)
        lines = [("name", called)] if called else []
        lines.append(("fact" if called else "small", _facts(tensor)))
        if self.values:
            lines.extend(("value", row) for row in _values(tensor.data))
        gradient = None if self.grads is None else self.grads.get(tensor)
        if gradient is not None:
            slope, rows = f"{delta_name(str(tensor.name or ''), self.of)} =", _values(gradient)
            lines.extend(("gradient", row) for row in ([slope, *rows] if len(rows) > 1 else [f"{slope} {rows[0]}"]))
        return lines

    def _called(self, tensor: Tensor, part: str) -> str:
        """The name on a tensor: its own, or for one that the reverse pass called the gradient of another, ∂ or δ."""
        name = str(tensor.name or "")
        if part == "reverse" and name in self.named:
            return delta_name(self.named[name])
        return f"new {pretty(name[4:])}" if part == "update" and name[:4] == "new " else pretty(name)

    def _constant(self, value: Any) -> list[Line]:
        if isinstance(value, Live):
            called = f"{value.name.strip('_')} = " if value.name else ""
            return [("number", called + _number(value.read()))]
        if not backend.is_array(value) or value.ndim == 0:
            plain = value.item() if hasattr(value, "item") else value
            return [("number", repr(plain) if len(repr(plain)) <= 8 else _number(plain))]
        lines = [("small", f"const {_facts(value)}")]
        if self.values:
            lines.extend(("value", row) for row in _values(value))
        return lines

    def _scope(self, contents: Contents) -> list[Line]:
        """A scope drawn as one box: what it is called and what it hides."""
        lines = [("name", printable(contents.title) or "?"), ("fact", _counted(contents.operations, "operation"))]
        if self.leaves:
            for kind, (count, elements) in contents.leaves.items():
                lines.append(("fact", f"{_counted(count, kind)}, {_counted(elements, 'element')}"))
        return lines

    def _several(self, item: Item) -> list[Line]:
        """Many tensors as one node: the first names, how many they are, and their elements."""
        called = list(dict.fromkeys(name for each in item.what if (name := self._called(each.what, each.part))))
        lines = [("name", ", ".join(called[:3]) + ", …" * (len(called) > 3))] if called else []
        kind = "tensor" if item.kind == "intermediate" else item.kind
        return [*lines, ("fact", f"{_counted(len(item.what), kind)}, {_counted(item.size, 'element')}")]


def _facts(array: Any) -> str:
    return f"{tuple(array.shape)} {_dtype(array.dtype)}"


# NumPy works the name of a dtype out anew each time: a fifth of the time of a large picture.
_dtype = cache(str)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


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


def _operation(node: Node) -> list[Line]:
    symbol = printable(node.op.symbol) or "?"
    return [("glyph" if len(symbol) < 3 else "word", symbol), *(("small", line) for line in _parameters(node))]


def _parameters(node: Node) -> list[str]:
    """The parameters of an operation that are not their defaults."""
    lines = []
    for key, value in node.params.items():
        if key in node.op.defaults and type(value) is type(default := node.op.defaults[key]) and value == default:
            continue
        text = _plain(value)
        if key == "template":
            text = f"[{text[1:-1].removesuffix(',')}]"
        lines.append(printable(text if key in ("template", "shape") else f"{key} {text}"))
    return lines


def _plain(value: Any) -> str:
    """A parameter of an operation in words, the same in every run."""
    if value is Ellipsis:
        return "…"
    if value is ARRAY:  # the edge that brings the array shows it
        return "·"
    if value is None or isinstance(value, bool | int | float | complex | str | numpy.dtype | numpy.generic):
        return str(value)
    if isinstance(value, slice):
        parts = ["" if part is None else _plain(part) for part in (value.start, value.stop, value.step)]
        return ":".join(parts if parts[2] else parts[:2])
    if isinstance(value, tuple | list):
        inner = [_plain(part) for part in value]
        return f"({', '.join(inner)}{',' if len(inner) == 1 else ''})"
    if backend.is_array(value):
        return _facts(value)
    # What it prints may have an address in it.
    return str(getattr(value, "__name__", type(value).__name__))
