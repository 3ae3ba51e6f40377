"""Pooling found again in a graph, where it stands as the operations that it is composed of.

Windows as columns, the largest or the sum of each column, and the shape of a picture again: that is one node in ONNX.
Where this does not find it, the operations are exported one by one. Must not know how other operations are said.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from autograd_lite import Tensor
from nn.exporting.builder import Builder
from nn.exporting.rules import windows


def pooled(b: Builder, tensor: Tensor, names: Mapping[int, str]) -> str | None:
    """The node of a tensor that pooling has given; `None` for every other one."""
    if not _is(tensor, "reshape") or tensor.dtype.name not in ("float32", "float16"):
        return None
    best = _input(tensor)
    if _is(best, "where"):
        best = _without_padding(best)
    kind = "MaxPool" if _is(best, "max") else "AveragePool" if _is(best, "sum") else None
    columns = _input(best) if kind else None
    seen = _input(columns) if _is(columns, "reshape") else None
    if best is None or columns is None or seen is None or not _is(seen, "unfold"):
        return None
    x, p = _input(seen), seen.node.params  # type: ignore[union-attr]
    places = tensor.shape[2:]
    form = windows(p["kernel_size"], len(places), p)
    empty = -float("inf") if kind == "MaxPool" else 0
    along = best.node.params  # type: ignore[union-attr]
    fit = along["axis"] in (2, (2,)) and not along["keepdims"] and p["fill_value"] == empty
    fit = fit and len(best.node.inputs) == 1  # type: ignore[union-attr]
    if x is None or not fit or columns.shape != (*x.shape[:2], prod(form.kernel), prod(places)):
        return None
    if tensor.shape[:2] != x.shape[:2] or x.ndim != tensor.ndim:
        return None
    said: dict[str, Any] = {"kernel_shape": form.kernel, "strides": form.stride, "pads": form.pads}
    if kind == "MaxPool":
        return b.add("MaxPool", names[id(x)], dilations=form.dilation, **said)
    if set(form.dilation) != {1}:
        return None
    mean = b.add("AveragePool", names[id(x)], count_include_pad=1, **said)
    return b.add("Mul", mean, b.constant(np.asarray(prod(form.kernel), tensor.dtype), "number"))


def _is(tensor: Any, name: str) -> bool:
    return isinstance(tensor, Tensor) and tensor.node is not None and tensor.node.op.name == name


def _input(tensor: Any) -> Tensor | None:
    found = tensor.node.inputs[0] if isinstance(tensor, Tensor) and tensor.node is not None else None
    return found if isinstance(found, Tensor) else None


def _without_padding(tensor: Tensor | None) -> Tensor | None:
    """The largest elements alone: where padding is -inf too, only the gradient is shared in another way."""
    nothing, shared, top = tensor.node.inputs  # type: ignore[union-attr]
    lowest = _is(nothing, "equal") and nothing.node.inputs[0] is top and nothing.node.inputs[1] == -float("inf")
    scaled = (
        _is(shared, "multiply") and _is(shared.node.inputs[0], "where") and _is(shared.node.inputs[1], "array_like")
    )
    if not (lowest and scaled and isinstance(top, Tensor)):
        return None
    chosen = shared.node.inputs[0].node.inputs
    return top if chosen[0] is nothing and chosen[1] is top else None
