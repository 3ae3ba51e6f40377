"""The world of many rows: a reverse pass from many gradients at once, which is a Jacobian in one pass.

`Rows` stands in a derivative rule for the gradient of one row, and holds those of all; the operations that the rule
calls are applied to all of them at once where `ops/rows.py` says how, and row by row where it does not. Every rule
runs here as it is. Knows the reverse pass and the world of Tensors, in which everything is computed, so that it is
recorded where that is wanted. Must not know any operation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from math import prod
from typing import Any, NoReturn

from autograd_lite import backend
from autograd_lite.arraylike import Arraylike
from autograd_lite.engine import functional
from autograd_lite.engine.graph import released
from autograd_lite.engine.reverse import changed, fitting
from autograd_lite.engine.tensor import Tensor, apply, asarray
from autograd_lite.errors import ArgumentError
from autograd_lite.op import REGISTRY, SPACES, Operation, Space
from autograd_lite.ops import comparison, joining, reduction, shaping
from autograd_lite.ops.rows import in_one_call, on_one_each
from autograd_lite.tree import alike

looped: Callable[[str], None] | None = None
"""Told the name of every operation that is applied, or pulled through, row by row; for tests."""


class Rows(Arraylike):
    """An array of a rule: what is the same for every row, or, where `count` says how many there are, one of each.

    The rows are along the first axis of `every`; or they have `one_each`: row i has nothing but zeros around its i-th
    element, and `every` is those elements in the shape of a row.
    """

    __slots__ = ("every", "count", "one_each")

    __array_ufunc__ = None  # NumPy leaves array * rows to the rows

    def __init__(self, every: Tensor, count: int | None = None, one_each: bool = False) -> None:
        self.every = every
        self.count = count
        self.one_each = one_each

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis of one row."""
        return self.every.shape if self.count is None or self.one_each else self.every.shape[1:]

    @property
    def ndim(self) -> int:
        """The number of axes of one row."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements of one row."""
        return prod(self.shape)

    @property
    def dtype(self) -> Any:
        """The element type."""
        return self.every.dtype

    @property
    def device(self) -> str:
        """Where the array lives."""
        return self.every.device

    def whole(self) -> Tensor:
        """What is the same for every row as it is, and rows with an axis that counts them."""
        if not self.one_each:
            return self.every
        assert self.count is not None
        one = Tensor(backend.namespace(self.every._data).eye(self.count, dtype=bool), copy=False)
        placed = apply(comparison.where, (one, self.every.reshape(self.count), 0), {})
        return placed.reshape((self.count, *self.every.shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ArgumentError("a rule asks for the values of a gradient, which stands for many here")

    def __bool__(self) -> NoReturn:
        raise ArgumentError("a rule asks for the truth of a gradient, which stands for many here")

    @staticmethod
    def __apply__(op: Operation, inputs: Sequence[Any], params: dict[str, Any]) -> Any:
        """How an operation called in this world is run."""
        counts = [x.count for x in inputs if type(x) is Rows and x.count is not None]
        given = tuple(x.every if type(x) is Rows else x for x in inputs)
        if not counts:
            return _wrapped(run(op, given, params))
        many = [type(x) is Rows and x.count is not None for x in inputs]
        single = [i for i, x in enumerate(inputs) if type(x) is Rows and x.one_each]
        if single:
            found = on_one_each(op, counts[0], given, single[0], params) if sum(many) == 1 else None
            if found is not None:
                return Rows(found[0], counts[0], found[1])
            given = tuple(x.whole() if type(x) is Rows else x for x in inputs)
        out = in_one_call(op, counts[0], given, many, params)
        if out is None:
            _tell(op)
            out = _stacked([
                run(op, [x[i] if each else x for x, each in zip(given, many, strict=True)], params)
                for i in range(counts[0])
            ])  # fmt: skip
        return _wrapped(out, counts[0])

    __apply_parts__ = __apply__

    @staticmethod
    def __compose__(op: Operation, inputs: Sequence[Any], params: dict[str, Any]) -> Any:
        """How a composed operation is run: as what it is composed of."""
        if op.spreads:
            return Rows.__apply__(op, inputs, params)
        given = [x if x is None or isinstance(x, backend.SCALARS) or type(x) is Rows else _same(x) for x in inputs]
        return op.forward(WORLD, *given, **params)


def run(op: Operation, inputs: Sequence[Any], params: dict[str, Any]) -> Any:
    """An operation in the world of Tensors."""
    return functional.compose(op, inputs, params) if op.composed else apply(op, tuple(inputs), params)


def _tell(op: Operation) -> None:
    if looped is not None:
        looped(op.name)


def _same(x: Any) -> Rows:
    """An array as one that is the same for every row."""
    return Rows(asarray(x))


def _wrapped(out: Any, count: int | None = None) -> Any:
    return alike(out, [Rows(each, count) for each in out]) if isinstance(out, tuple | list) else Rows(out, count)


def _stacked(rows: list[Any]) -> Any:
    """The results for each row as one."""
    if isinstance(rows[0], tuple | list):
        return alike(rows[0], [_stacked(list(each)) for each in zip(*rows, strict=True)])
    return apply(joining.stack, tuple(rows), {"axis": 0})


class _World:
    """The `xp` of this world: every operation, and what else Tensors have."""

    def __getattr__(self, name: str) -> Any:
        if name in SPACES:
            return Space(functools.partial(getattr, self), name)
        op = REGISTRY.get(name)
        found = getattr(functional, name) if op is None else op
        if not callable(found):
            return found

        def function(*args: Any, **kwargs: Any) -> Any:
            if op is None:
                out = found(*args, **kwargs)
                return _wrapped(out) if isinstance(out, Tensor) else out
            meant = op.meant(kwargs, len(args))
            inputs, params = meant.bind(args, kwargs)
            if not any(type(x) is Rows for x in inputs):
                return _wrapped(run(meant, inputs, params))
            way = Rows.__compose__ if meant.composed else Rows.__apply__
            return way(meant, inputs, params)

        return function


WORLD = _World()


def sweep_rows(output: Tensor, seed: Rows, useful: set[Tensor], targets: set[Tensor]) -> dict[Tensor, Tensor]:
    """The gradients of the `targets` behind the output, each of them for every row of the seed.

    A gradient has one axis more than the tensor it belongs to, the first, which counts the rows. The walk is limited to
    the `useful` tensors. It is computed in Tensors and recorded if gradients are.
    """
    count = seed.count
    assert count is not None
    grads: dict[Tensor, Rows] = {}
    heap: list[tuple[int, Tensor]] = []
    _add(grads, heap, output, seed)
    while heap:
        tensor = heappop(heap)[1]
        node = tensor.node
        assert node is not None
        if node.inputs is None:
            raise released(tensor)
        for x in node.inputs:
            if type(x) is Tensor and x._changed > node.number:
                raise changed(x, node)
        if node.trace is not None:
            node.trace.check(node, tensor)
        siblings = [tensor]
        while node.call is not None and heap and heap[0][1].node.call is node.call:  # type: ignore[union-attr]
            siblings.append(heappop(heap)[1])
        wanted = [
            i for i, x in enumerate(node.inputs) if type(x) is Tensor and x._requires_grad and x in useful
        ]  # fmt: skip
        for i, gradient in _pulled(siblings, grads, wanted, count):
            _add(grads, heap, node.inputs[i], gradient)
        for each in siblings:
            if each not in targets:
                del grads[each]
    return {x: _whole(grads[x], count) for x in targets if x in grads}


def _add(grads: dict[Tensor, Rows], heap: list[tuple[int, Tensor]], x: Tensor, gradient: Rows) -> None:
    if x in grads:
        grads[x] = grads[x] + gradient
        return
    grads[x] = gradient
    if x.node is not None:
        heappush(heap, (-x.node.number, x))


def _pulled(siblings: list[Tensor], grads: dict[Tensor, Rows], wanted: list[int], count: int) -> list[tuple[int, Rows]]:
    """The gradients of the arguments of a node at the places `wanted`, as far as there are any."""
    node = siblings[0].node
    assert node is not None and node.inputs is not None
    if node.call is None:
        op, outs, gs = node.op, [siblings[0]], [grads[siblings[0]]]
    else:
        assert node.op.of is not None
        op = node.op.of
        found = {x.node.op.index: x for x in siblings if x.node is not None}
        outs = [found[i] if i in found else apply(op.part(i), node.inputs, node.params) for i in range(len(node.call))]
        zeros = [None if i in found else shaping.zeros_like(Rows(out)) for i, out in enumerate(outs)]
        gs = [grads[out] if zero is None else zero for out, zero in zip(outs, zeros, strict=True)]
    inputs, params, several = node.inputs, node.params, node.call is not None

    def pull(xp: Any, see: Callable[[Tensor], Any], gs: Sequence[Any]) -> list[Any]:
        values = [see(x) if type(x) is Tensor else x for x in inputs]
        out = tuple(map(see, outs)) if several else see(outs[0])
        g = tuple(gs) if several else gs[0]
        if op.together:
            every = op.pull_all(xp, g, out, values, params)
            return [every[i] for i in wanted]
        return [op.pull(i, xp, g, out, values, params) for i in wanted]

    def one_by_one() -> list[Any]:
        rows = [
            [None if g is None else _fitted(_same(g), inputs[i]).every for i, g in zip(wanted, row, strict=True)]
            for row in (pull(functional, lambda x: x, [_row(g, k) for g in gs]) for k in range(count))
        ]
        return [None if each[0] is None else Rows(_stacked(list(each)), count) for each in zip(*rows, strict=True)]

    try:
        found_rows = pull(WORLD, Rows, gs)
        if not all(g is None or type(g) is Rows for g in found_rows):
            raise ArgumentError("a rule gave something else than what is made of its gradient")
        gradients = [None if g is None else _fitted(g, inputs[i]) for i, g in zip(wanted, found_rows, strict=True)]
    except Exception:  # noqa: BLE001 - a rule may do what only arrays can: if it is wrong, it says so again
        _tell(op)
        gradients = one_by_one()
    return [(i, g) for i, g in zip(wanted, gradients, strict=True) if g is not None]


def _row(rows: Rows, k: int) -> Tensor:
    return rows.every if rows.count is None else rows.whole()[k]


def _fitted(gradient: Rows, x: Tensor) -> Rows:
    """What a rule returned, as the gradient of `x` in each row: summed or spread over broadcast axes, in its dtype."""
    shape = x.shape
    if gradient.shape != shape:
        how = fitting(gradient.shape, x)
        if how == "spread":
            gradient = shaping.broadcast_to(gradient, shape)
        else:
            gradient = reduction.sum(gradient, axis=how).reshape(shape)
    return gradient if gradient.dtype == x.dtype else gradient.astype(x.dtype)


def _whole(rows: Rows, count: int) -> Tensor:
    """All rows, also where every one is the same."""
    if rows.count is not None:
        return rows.whole()
    return apply(shaping.broadcast_to, (rows.every,), {"shape": (count, *rows.every.shape)})
