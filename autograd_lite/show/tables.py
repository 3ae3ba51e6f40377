"""A tensor in a notebook: its name, what it is, and its values as a table.

Knows tensors and how NumPy shortens what is long. Must not know graphs beyond the operation that made a tensor.
"""

from __future__ import annotations

from typing import Any

import numpy

from autograd_lite import backend, display
from autograd_lite.engine.tensor import Tensor
from autograd_lite.show.names import pretty

_MOST, _EDGE = 60, 3
"""Elements that are all shown, and how many at each end of an axis where they are more, as in `repr`."""


def tensor_html(tensor: Tensor) -> str:
    """The tensor as an HTML table: one row for a vector, the rows of a matrix, text for more axes.

    Of more than 60 elements the first and the last three along every axis are shown.

    >>> from autograd_lite.show.tables import tensor_html
    >>> "<td>2.5</td>" in tensor_html(ag.tensor([[1.0, 2.5]], name="W1"))
    True
    """
    facts = [f"{tuple(tensor.shape)} {tensor.dtype}"]
    if tensor.device != "cpu":
        facts.append(f"on {tensor.device}")
    if tensor.node is not None:
        facts.append(f"from {tensor.node.op.name}")
    elif tensor.requires_grad:
        facts.append("requires a gradient")
    if tensor.grad is not None:
        facts.append("has a gradient")
    name = pretty(str(tensor.name or ""))
    bold = f"<b>{display.html(name)}</b> " if name else "tensor "
    caption = display.Markup(bold + display.html(", ".join(facts)))
    if tensor.size and tensor.ndim <= 2:
        return display.html_table(_rows(tensor.data), caption, head=False)
    values = numpy.array2string(backend.to_numpy(tensor.data), separator=", ", threshold=_MOST, edgeitems=_EDGE)
    return f"<div>{caption}</div><pre>{display.html(values)}</pre>"


def _rows(array: Any) -> list[list[str]]:
    """The cells of a table of at most two axes."""
    if array.ndim < 2:
        array = array.reshape(1, -1)
    short = array.size > _MOST
    down, across = (short and length > 2 * _EDGE for length in array.shape)
    if down:  # on its own device, before anything is copied to the host
        array = backend.namespace(array).concatenate([array[:_EDGE], array[-_EDGE:]])
    host = backend.to_numpy(array)
    if across:
        host = numpy.concatenate([host[:, :_EDGE], host[:, -_EDGE:]], axis=1)
    rows = [[_number(value) for value in row] for row in host.tolist()]
    if across:
        for row in rows:
            row.insert(_EDGE, "…")
    if down:
        rows.insert(_EDGE, ["…"] * len(rows[0]))
    return rows


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float | complex) else str(value)
