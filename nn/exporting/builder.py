"""An ONNX graph as it grows: nodes, constants, and names that are there once.

Knows the package onnx. Must not know operations of the library.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

import autograd_lite as ag

OPSET, IR = 18, 9
"""Of 2022 and 2023: whatever reads ONNX files today reads these."""


def library() -> ModuleType:
    """The package onnx. Raises `ArgumentError` where it is not installed."""
    try:
        import onnx
        import onnx.helper
        import onnx.numpy_helper
        import onnx.reference
    except ImportError:
        raise ag.ArgumentError(
            "export: .onnx files need the package onnx, which is not installed: pip install onnx, or "
            "pip install autograd-lite[onnx]"
        ) from None
    return onnx


class Builder:
    """Nodes one after the other; every method that adds one returns the name of its result."""

    def __init__(self) -> None:
        self.onnx = library()
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}
        self._known: dict[tuple[Any, ...], str] = {}
        self._taken: set[str] = set()

    def name(self, wish: str) -> str:
        """A name that nothing has yet: the one wished for, or one with a number behind it."""
        wish = re.sub(r"[^A-Za-z0-9_.]", "_", wish) or "value"
        found, number = wish, 1
        while found in self._taken:
            number += 1
            found = f"{wish}_{number}"
        self._taken.add(found)
        return found

    def constant(self, value: Any, wish: str = "constant", dtype: Any = None) -> str:
        """An array in the graph; the same one under the same wish is there once."""
        array = np.ascontiguousarray(value, dtype).reshape(np.shape(value))
        key = (wish, array.shape, array.dtype.str, array.tobytes())
        if key not in self._known:
            self._known[key] = self.name(wish)
            self.constants[self._known[key]] = array
        return self._known[key]

    def whole(self, *values: int) -> str:
        """A list of whole numbers, as shapes and axes are given."""
        return self.constant(values, "numbers", np.int64)

    def add(self, kind: str, *inputs: str, wish: str = "", **attributes: Any) -> str:
        """A node of one result."""
        result = self.name(wish or kind.lower())
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [result], name=result, **attributes))
        return result

    def cast(self, name: str, dtype: Any, was: Any) -> str:
        """The value in another dtype, or itself where it has it."""
        return name if dtype == was else self.add("Cast", name, to=self.type(dtype))

    def type(self, dtype: Any) -> int:
        """What ONNX calls a dtype. Raises `DtypeError` where it has none."""
        try:
            return int(self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
        except (KeyError, ValueError):
            raise ag.DtypeError(f"export: ONNX has no dtype {dtype}") from None

    def model(self, given: tuple[str, Any, Sequence[Any]], results: Sequence[tuple[str, Any, Sequence[Any]]]) -> Any:
        """The whole, with what no result needs left out; inputs and results by name, dtype and shape."""
        helper = self.onnx.helper
        needed = {name for name, _, _ in results}
        kept = []
        for node in reversed(self.nodes):
            if needed & set(node.output):
                kept.append(node)
                needed |= set(node.input)
        tensors = [
            self.onnx.numpy_helper.from_array(array, name) for name, array in self.constants.items() if name in needed
        ]
        described = [
            [helper.make_tensor_value_info(name, self.type(dtype), list(shape)) for name, dtype, shape in each]
            for each in ([given], results)
        ]
        graph = helper.make_graph(kept[::-1], "model", *described, initializer=tensors)
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="autograd_lite",
            producer_version=ag.__version__,
        )  # fmt: skip
