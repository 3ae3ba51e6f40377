"""What a model does with an input, as a table: the shapes that its modules give, their numbers, work and memory.

The model is run once, in evaluation; each operation counts for the innermost module that runs then. Knows modules by
what they are called with. Must not know any particular layer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor, display
from nn.parameter import is_parameter


@dataclass
class Row:
    """One module: where it is, what it gave at its last call, and what is its own without what is inside it."""

    path: str
    module: str
    shape: str = ""
    calls: int = 0
    parameters: int = 0
    operations: int = 0
    memory: int = 0


@dataclass
class Summary:
    """The rows of a model's table and their sums; printed as text, and shown as a table in a notebook.

    `operations` are additions, multiplications and calls of functions on the way forward, a product of matrices
    counting two for each pair of numbers; `memory` is bytes: of a row, the results that it made, which are kept for
    the reverse pass; of the whole, those of parameters and buffers too.
    """

    model: str
    rows: list[Row]
    parameters: int
    frozen: int
    operations: int
    stored: int
    results: int
    inputs: list[str] = field(default_factory=list)

    @property
    def memory(self) -> int:
        """Bytes of parameters, buffers and results together."""
        return self.stored + self.results

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                row.path + (f" ({row.calls} times)" if row.calls > 1 else ""), row.module, row.shape,
                f"{row.parameters:,}" if row.parameters else "", f"{row.operations:,}" if row.operations else "",
                _bytes(row.memory) if row.memory else "",
            )
            for row in self.rows
        ]  # fmt: skip

    def _sums(self) -> str:
        frozen = f", {self.frozen:,} of them frozen" if self.frozen else ""
        return (
            f"{self.model} of {', '.join(self.inputs)}: {self.parameters:,} parameters{frozen}; {self.operations:,} "
            f"operations; {_bytes(self.stored)} of parameters and buffers, {_bytes(self.results)} of results"
        )

    def __repr__(self) -> str:
        shown = display.shortened(self._cells(), ("…",) + ("",) * 5)
        widths = [max(len(row[i]) for row in [_HEAD, *shown]) for i in range(6)]
        # Numbers stand to the right, under each other.
        lines = [
            "  ".join(
                cell.rjust(width) if i > 2 else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in [_HEAD, *shown]
        ]
        return "\n".join([*lines, self._sums()])

    def _repr_html_(self) -> str:
        shown = display.shortened(self._cells(), ("…",) + ("",) * 5)
        return display.html_table([_HEAD, *shown], self._sums(), left=(0, 1, 2))


_HEAD = ("", "module", "gives", "parameters", "operations", "memory")


def _bytes(count: int) -> str:
    """A number of bytes as it is read.

    >>> from nn.summary import _bytes
    >>> _bytes(12), _bytes(1536), _bytes(3 * 2**20)
    ('12 B', '1.5 KiB', '3.0 MiB')
    """
    power = next((power for power in (1, 2, 3) if count < 1024 ** (power + 1)), 4) if count >= 1024 else 0
    return f"{count} B" if not power else f"{count / 1024**power:,.1f} {' KMGT'[power]}iB"


def summary(model: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Summary:
    """Run a module once and say what each module inside it did. The model is as it was afterwards."""
    given = [_input(model, each) for each in inputs]
    modules = list(model.named_modules())
    rows = [Row(path, f"{type(module).__name__}({module.extra_repr()})") for path, module in modules]
    spans: list[tuple[int, int, Row]] = []
    with _as_it_is(modules), _told(modules, rows, spans), ag.enable_grad():
        found = model(*given, **options)
    seen: set[int] = set()
    stored = frozen = 0
    for row, (_, module) in zip(rows, modules, strict=True):
        for each in module._own(Tensor):
            tensor = each.value
            if tensor.node is None and id(tensor) not in seen:
                seen.add(id(tensor))
                stored += tensor.size * tensor.dtype.itemsize
                if is_parameter(tensor):
                    row.parameters += tensor.size
                    frozen += 0 if tensor.requires_grad else tensor.size
    results = _tensors(found)
    _share([each for each in ag.ancestors(*results) if each.node is not None] if results else [], spans)
    shown = [row for row in rows if row.calls or row.parameters]
    return Summary(
        rows[0].module if len(shown) == 1 else type(model).__name__, shown, sum(row.parameters for row in shown),
        frozen, sum(row.operations for row in shown), stored, sum(row.memory for row in shown),
        [f"{tuple(each.shape)} {each.dtype}" for each in given if isinstance(each, Tensor)],
    )  # fmt: skip


def _input(model: Any, given: Any) -> Any:
    """An input that records what is done with it; a shape stands for zeros in the model's dtype."""
    if isinstance(given, tuple) and given and all(type(each) is int and each >= 0 for each in given):
        dtype = next((p.dtype for p in model.parameters()), None)
        given = ag.zeros(given) if dtype is None else ag.zeros(given, dtype=dtype)
    if given is None or isinstance(given, bool | str):
        return given
    tensor = ag.asarray(given).detach()
    return ag.tensor(tensor, requires_grad=True) if tensor.dtype.kind == "f" else tensor


def _tensors(found: Any) -> list[Tensor]:
    if isinstance(found, Tensor):
        return [found]
    values = found.values() if isinstance(found, dict) else found if isinstance(found, tuple | list) else ()
    return [tensor for each in values for tensor in _tensors(each)]


def _spelled(found: Any) -> str:
    return ", ".join(str(each.shape) for each in _tensors(found)) or type(found).__name__


@contextmanager
def _as_it_is(modules: list[tuple[str, Any]]) -> Iterator[None]:
    """The modules in evaluation, with parameters that are recorded; put back whatever happens."""
    modes = [(module, module.training) for _, module in modules]
    wishes = [(each, each.requires_grad) for each in modules[0][1].parameters()]
    try:
        for module, mode in modes:
            if mode:
                module.training = False
        for parameter, wish in wishes:
            if not wish:
                parameter.requires_grad = True
        yield
    finally:
        for parameter, wish in wishes:
            if parameter.requires_grad != wish:
                parameter.requires_grad = wish
        for module, mode in modes:
            if module.training != mode:
                module.training = mode


@contextmanager
def _told(modules: list[tuple[str, Any]], rows: list[Row], spans: list[tuple[int, int, Row]]) -> Iterator[None]:
    """While it is open, every forward says which operations it began and ended with, and what it gave."""
    probe = ag.tensor(0.0, requires_grad=True)

    def now() -> int:
        node = (probe + 1).node
        assert node is not None
        return node.number

    def telling(forward: Callable[..., Any], row: Row) -> Callable[..., Any]:
        @functools.wraps(forward)
        def told(*args: Any, **kwargs: Any) -> Any:
            began = now()
            found = forward(*args, **kwargs)
            spans.append((began, now(), row))
            row.calls += 1
            row.shape = _spelled(found)
            return found

        return told

    # Beside the class's own, and taken away again: a module that is called by its forward alone is told of as well.
    own = [(vars(module), vars(module).get("forward")) for _, module in modules]
    try:
        for (_, module), row in zip(modules, rows, strict=True):
            vars(module)["forward"] = telling(module.forward, row)
        yield
    finally:
        for space, before in own:
            if before is None:
                space.pop("forward", None)
            else:
                space["forward"] = before


def _share(tensors: list[Tensor], spans: list[tuple[int, int, Row]]) -> None:
    """Give each operation to the innermost call that it was made in: of those around it, the one that began last."""
    spans.sort(key=lambda span: span[0])
    open_: list[tuple[int, int, Row]] = []
    place = 0
    for tensor in tensors:
        node = tensor.node
        if node is None:
            continue
        while place < len(spans) and spans[place][0] < node.number:
            open_.append(spans[place])
            place += 1
        while open_ and open_[-1][1] < node.number:
            open_.pop()
        if open_:
            row = open_[-1][2]
            shapes = [tuple(each.shape) if isinstance(each, Tensor) else () for each in node.inputs]
            row.operations += node.op.cost(shapes, tuple(tensor.shape), node.params)
            row.memory += 0 if node.op.moves else tensor.size * tensor.dtype.itemsize
