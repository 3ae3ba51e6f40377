"""`export_onnx`: a model as an ONNX file, from the graph that one call of it leaves.

Knows the order of things: record, translate operation by operation, try what has come out, write. Must not know how an
operation is said in ONNX.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, files
from nn.errors import ExportError
from nn.exporting.builder import Builder
from nn.exporting.pooling import pooled
from nn.exporting.recording import Recording, record
from nn.exporting.rules import ABSENT, RULES, Call, Value
from nn.module import Module


def export_onnx(
    model: Module, path: str | os.PathLike[str], input: Any, *, any_batch: bool = True, verify: bool = True
) -> Path:
    """Write a model as an ONNX file, which other programs can run: `nn.export_onnx(model, "model.onnx", x[:1])`.

    `input` is an array such as the model is called with, one example a row; with it the model is called in evaluation
    and recorded, operation by operation. The file takes any number of examples; `any_batch=False` fixes that of
    `input`, for models in which it is part of a computation. Parameters keep their paths as names.

    With `verify` ONNX's reference evaluator computes the file before it is written, and must give what the model gives.
    Raises `ExportError` for an operation that has no counterpart, with its name and module, and `FileError` where the
    file cannot be written. Needs the package onnx.

    >>> import tempfile
    >>> model = nn.Sequential(nn.Linear(4, 3, rng=0), nn.ReLU())
    >>> nn.export_onnx(model, Path(tempfile.mkdtemp(), "model.onnx"), np.ones((1, 4), np.float32)).name
    'model.onnx'
    """
    if not isinstance(model, Module):
        raise ag.ArgumentError(f"export: the model must be a Module, not {model!r:.60}")
    target = Path(path)
    x = _input(input)
    builder = Builder()  # says first whether the package is there
    files.writable(target)
    recording = record(model, x)
    more = None
    if any_batch and x.ndim:
        more = record(model, np.concatenate([x, x[:1]]))
    made = _translated(builder, model, recording, more)
    content = made.SerializeToString()
    if verify:
        for known in (recording, more):
            if known is not None:
                _refuse_differences(builder, made, known)
    files.write(target, content)
    return target


def _input(value: Any) -> np.ndarray:
    if isinstance(value, Tensor):
        value = value.numpy()
    try:
        x = np.asarray(value)
    except (TypeError, ValueError):
        x = np.asarray(None)
    if x.dtype.kind not in "biuf" or not x.size:
        raise ag.ArgumentError(
            f"export: input is an array of numbers such as the model is called with, not {value!r:.60}"
        )
    return x


def _translated(b: Builder, model: Module, recording: Recording, more: Recording | None) -> Any:
    paths = {id(tensor): path for path, tensor in (*model.named_parameters(), *model.named_buffers())}
    names: dict[int, str] = {id(recording.input): b.name("input")}
    known = {id(recording.input)}  # what depends on the input
    for tensor, other in zip(recording.tensors, _twins(recording, more), strict=True):
        node = tensor.node
        if id(tensor) in names:
            continue
        if node is None or not any(id(x) in known for x in node.inputs):
            _refuse_change(tensor, other)
            wish = paths.get(id(tensor)) or (_from(node, paths) if node is not None else "constant")
            names[id(tensor)] = b.constant(tensor.numpy(), wish)
            continue
        known.add(id(tensor))
        names[id(tensor)] = _node(b, tensor, node, other, names)
    results = []
    for i, output in enumerate(recording.outputs):
        wish = "output" if len(recording.outputs) == 1 else f"output{i}"
        result = b.add("Identity", names[id(output)], wish=wish)
        twin = more.outputs[i] if more is not None else output
        results.append((result, output.dtype, _axes(output.shape, twin.shape)))
    twin = more.input if more is not None else recording.input
    return b.model(("input", recording.input.dtype, _axes(recording.input.shape, twin.shape)), results)


def _twins(recording: Recording, more: Recording | None) -> list[Tensor | None]:
    """For every tensor the one of the recording with one more example."""
    if more is None:
        return [None] * len(recording.tensors)
    ops = [[each.node and each.node.op.name for each in known.tensors] for known in (recording, more)]
    if ops[0] != ops[1]:
        raise ExportError("export: the model computes otherwise for another number of examples: write any_batch=False")
    return list(more.tensors)


def _node(b: Builder, tensor: Tensor, node: Any, other: Tensor | None, names: Mapping[int, str]) -> str:
    call = _call(b, tensor, node, names)
    where = f"{'/'.join(node.scope)}: " if node.scope else ""
    if other is not None:
        call = call._replace(more=_call(b, other, other.node, None))
        _refuse_other_numbers(call, where)
    name = call.op.partition("[")[0]
    rule = RULES.get(name)
    if rule is None:
        raise ExportError(
            f"export: {where}there is no node of ONNX for the operation {name}: build the model of others, or export "
            "the part before it"
        )
    try:
        return pooled(b, tensor, names) or rule(b, call)
    except ExportError as error:
        raise ExportError(f"export: {where}{error}") from None


def _call(b: Builder, tensor: Tensor, node: Any, names: Mapping[int, str] | None) -> Call:
    """An operation with its inputs by name; without names only what can be compared."""
    inputs = []
    for each in node.inputs:
        if isinstance(each, Tensor):
            inputs.append(Value("" if names is None else names[id(each)], each.shape, each.dtype))
        elif isinstance(each, np.ndarray | np.generic):
            name = "" if names is None else b.constant(each)
            inputs.append(Value(name, each.shape, each.dtype))
        elif each is None:
            inputs.append(ABSENT)
        else:
            inputs.append(Value("", (), np.result_type(type(each)), each))
    while inputs and inputs[-1] is ABSENT:
        inputs.pop()
    return Call(node.op.name, inputs, dict(node.params), tensor.shape, tensor.dtype)


# What goes with the number of examples is said by rules for these; elsewhere such a number would be fixed unseen.
_SHAPED = frozenset({"shape", "axes"})


def _refuse_other_numbers(call: Call, where: str) -> None:
    more = call.more
    if more is None:
        return
    same = [value.number for value in call.inputs] == [value.number for value in more.inputs]
    plain = [{name: repr(value) for name, value in each.params.items() if name not in _SHAPED} for each in (call, more)]
    if not same or plain[0] != plain[1]:
        raise ExportError(
            f"export: {where}{call.op} computes with the number of examples: write any_batch=False to export the model "
            "for as many as there are in input"
        )


def _refuse_change(tensor: Tensor, other: Tensor | None) -> None:
    if other is not None and (tensor.shape != other.shape or not np.array_equal(tensor.numpy(), other.numpy())):
        raise ExportError(
            "export: the model makes an array of its own for each number of examples: write any_batch=False to export "
            "it for as many as there are in input"
        )


def _from(node: Any, paths: Mapping[int, str]) -> str:
    """A name for what is computed of parameters alone."""
    origin = next((paths[id(x)] for x in node.inputs if id(x) in paths), "constant")
    return f"{origin}.{node.op.name}"


def _axes(shape: tuple[int, ...], more: tuple[int, ...]) -> list[Any]:
    return [n if n == other else "examples" for n, other in zip(shape, more, strict=True)]


_CLOSE = {"float64": 1e-9, "float32": 1e-4, "float16": 1e-2}


def _refuse_differences(b: Builder, made: Any, recording: Recording) -> None:
    """Compute the file with ONNX's reference evaluator, and hold it against what the model gave."""
    try:
        b.onnx.checker.check_model(made)
        found = b.onnx.reference.ReferenceEvaluator(made).run(None, {"input": recording.input.numpy()})
    except Exception as error:
        raise ExportError(f"export: ONNX cannot compute what came out: {type(error).__name__}: {error}") from error
    # The evaluator computes erf in single precision, whatever it is given.
    least = 1e-6 if any(node.op_type == "Erf" for node in made.graph.node) else 0.0
    for output, result in zip(recording.outputs, found, strict=True):
        expected = output.numpy()
        close = max(_CLOSE.get(expected.dtype.name, 0.0), least)
        scale = float(np.max(np.abs(expected), initial=0, where=np.isfinite(expected))) if close else 1.0
        fit = result.shape == expected.shape and result.dtype == expected.dtype
        if not fit or not np.allclose(result, expected, close, close * max(scale, 1.0), equal_nan=True):
            raise ExportError(
                f"export: ONNX computes {result.dtype} {result.shape} that differs from the model's {expected.dtype} "
                f"{expected.shape}: nothing was written"
            )
