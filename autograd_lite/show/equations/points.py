"""The recorded graph at other values of its leaves, where what is right by accident is wrong.

A graph whose inputs are all ones cannot tell x from x². Every named leaf of real numbers is moved, the recorded
operations are applied again, and the reverse pass is run again. What was drawn at random stays as it was drawn.

Knows graphs and the reverse pass. Must not know equations, nor any particular operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.engine import reverse
from autograd_lite.engine.graph import enable_grad
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import AutogradError
from autograd_lite.show.equations.naming import Names

_POINTS = 2
Move = Callable[[numpy.random.Generator, Any], Any]


@dataclass(frozen=True)
class Point:
    """Values and gradients of a graph's tensors, by their ids; `sums` says that rows that added up to one still do."""

    values: dict[int, Any]
    gradients: dict[int, Any]
    recorded: bool = False
    sums: bool = False


def recorded(graph: Names) -> Point:
    """The graph as it was recorded."""
    values = graph.arrays | {id(tensor): tensor.data for tensor in graph.tensors}
    return Point(values, {id(tensor): gradient for tensor, gradient in graph.gradients.items()}, recorded=True)


def elsewhere(graph: Names, sums: bool = False) -> list[Point]:
    """The graph at two other points; fewer where no other values can be found at which everything is finite.

    With `sums` rows of data that add up to one do so there too, as those of probabilities and one-hot labels do.
    """
    found: list[Point] = []
    for seed in range(_POINTS):
        for move in _MOVES:
            point = _moved(graph, numpy.random.default_rng(20 + seed), move, sums)
            if point is not None:
                found.append(point)
                break
    return found


def summing(graph: Names) -> list[Tensor]:
    """The leaves of data whose rows add up to one."""
    return [tensor for tensor in graph.tensors if tensor.node is None and _adds_up(tensor)]


def _adds_up(tensor: Tensor) -> bool:
    host = backend.to_numpy(tensor.data)
    if tensor.requires_grad or host.dtype.kind != "f" or not host.ndim or host.shape[-1] < 2 or not host.size:
        return False
    return bool((host >= 0).all() and numpy.allclose(host.sum(axis=-1), 1, atol=1e-6))


def _anywhere(rng: numpy.random.Generator, host: Any) -> Any:
    spread = float(numpy.sqrt(numpy.mean(numpy.square(host, dtype=float)))) or 1.0
    return host + 0.5 * spread * rng.normal(size=host.shape)


def _upwards(rng: numpy.random.Generator, host: Any) -> Any:
    """Of the same sign, and positive where it was 0: for what has a logarithm or a root."""
    return numpy.where(host == 0, rng.uniform(0.05, 0.3, host.shape), host * rng.uniform(0.7, 1.3, host.shape))


def _in_proportion(rng: numpy.random.Generator, host: Any) -> Any:
    return host * rng.uniform(0.8, 1.2, host.shape)


_MOVES: tuple[Move, ...] = (_anywhere, _upwards, _in_proportion)


def _probabilities(rng: numpy.random.Generator, host: Any) -> Any:
    positive = rng.uniform(0.1, 1.0, host.shape)
    return positive / positive.sum(axis=-1, keepdims=True)


def _moved(graph: Names, rng: numpy.random.Generator, move: Move, sums: bool) -> Point | None:
    """The graph with its leaves moved, or `None` where what was finite is not any more."""
    memory: dict[int, Any] = {}  # by id of an array: leaves that share one are moved together

    def array(x: Any, adds_up: bool = False) -> Any:
        if id(x) not in memory:
            memory[id(x)] = _array(x, rng, _probabilities if adds_up else move)
        return memory[id(x)]

    made: dict[int, Tensor] = {}
    try:
        with enable_grad():
            for tensor in graph.tensors:
                made[id(tensor)] = _again(graph, tensor, made, lambda x, adds_up=False: array(x, adds_up), sums)
            loss = made[id(graph.loss)]
            if not loss.requires_grad:
                return None
            xp = backend.namespace(loss.data)
            swept = reverse.sweep(loss, xp.ones_like(loss.data))
    except (
        AutogradError,
        ArithmeticError,
        ValueError,
        TypeError,
        IndexError,
    ):  # an index out of range, a singular matrix
        return None
    gradients = {id(tensor): swept[made[id(tensor)]] for tensor in graph.gradients if made[id(tensor)] in swept}
    arrays = {key: memory.get(key, x) for key, x in graph.arrays.items()}
    point = Point(arrays | {key: tensor.data for key, tensor in made.items()}, gradients, sums=sums)
    return point if _as_finite(graph, point) else None


def _again(graph: Names, tensor: Tensor, made: dict[int, Tensor], array: Callable[..., Any], sums: bool) -> Tensor:
    node = tensor.node
    if node is None or node.op.effect:
        moves = node is None and id(tensor) in graph.given
        data = array(tensor.data, sums and _adds_up(tensor)) if moves else tensor.data
        return Tensor(data, requires_grad=tensor.requires_grad)
    inputs = [made[id(x)] if isinstance(x, Tensor) else array(x) if id(x) in graph.given else x for x in node.inputs]
    found = node.op(*inputs, **node.params)
    return found if isinstance(found, Tensor) else Tensor(found)


def _array(x: Any, rng: numpy.random.Generator, move: Move) -> Any:
    host = backend.to_numpy(x)
    if host.dtype.kind != "f" or not host.size:
        return x
    with numpy.errstate(all="ignore"):
        moved = numpy.where(numpy.isfinite(host), move(rng, host), host).astype(host.dtype)
    return backend.as_array(moved, backend.namespace(x))


def _as_finite(graph: Names, point: Point) -> bool:
    """Whether everything that was finite in the recorded graph is."""
    pairs = [(tensor.data, point.values[id(tensor)]) for tensor in graph.tensors]
    pairs += [(gradient, point.gradients.get(id(tensor))) for tensor, gradient in graph.gradients.items()]
    return all(now is not None and now.shape == before.shape and _still(before, now) for before, now in pairs)


def _still(before: Any, now: Any) -> bool:
    was, found = backend.to_numpy(before), backend.to_numpy(now)
    return was.dtype.kind != "f" or bool(numpy.isfinite(found)[numpy.isfinite(was)].all())
