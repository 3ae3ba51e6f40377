"""What costs have in common: operands that fit, examples that are counted, outputs that are what the cost takes.

Knows shapes, and what an output was made by. Must not know any cost.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import one_of
from nn.dtypes import cast


def _operations(*functions: Any) -> set[Any]:
    return {ag.REGISTRY[function.__name__] for function in functions}


# What is no logits, what picks, joins or bounds such, and what either is written with, by the operations.
_REFUSED = _operations(ag.sigmoid, ag.softmax, ag.hard_sigmoid, ag.log_sigmoid)
_PASSING = _operations(ag.clip, ag.take, ag.take_along_axis) | {ag.REGISTRY["getitem"]}
_JOINS = _operations(ag.concatenate, ag.stack)
_QUOTIENTS = _operations(ag.divide, ag.reciprocal)
_EXP, _ADD, _SUM = (ag.REGISTRY[name] for name in ("exp", "add", "sum"))
_LOG_SOFTMAX, _LOG_SIGMOID = ag.REGISTRY["log_softmax"], ag.REGISTRY["log_sigmoid"]


def operands(cost: str, output: Any, target: Any, *, rows: bool = True) -> tuple[Tensor, Tensor, int]:
    """Both as tensors, the target in the output's dtype, and the number of examples; with `rows=False` of elements."""
    if not isinstance(output, Tensor):
        output = ag.asarray(output)
    if not isinstance(target, Tensor):
        target = ag.asarray(target, name="y")
    count = examples(cost, output) if rows else _elements(cost, output)
    shape = target.shape
    if shape != output.shape:
        raise ag.ShapeError(
            f"{cost}: the target has shape {shape}, the output {output.shape}; they must be equal: "
            + _remedy(output.shape, shape)
        )
    # Of whole numbers a cast would drop the fractions.
    return output, cast(target, output.dtype) if output.dtype.kind == "f" else target, count


def examples(cost: str, output: Tensor) -> int:
    """How many examples an output has: its rows, or one. Raises `ShapeError` for more axes, `DataError` for none."""
    shape = output.shape
    if len(shape) not in (1, 2):
        raise ag.ShapeError(f"{cost}: an output has shape (outputs,) or (examples, outputs), not {shape}")
    if 0 in shape:
        raise ag.DataError(f"{cost}: there are no examples in an output of shape {shape}")
    return shape[0] if len(shape) == 2 else 1


def _elements(cost: str, output: Tensor) -> int:
    shape = output.shape
    if 0 in shape:
        raise ag.DataError(f"{cost}: there are no examples in an output of shape {shape}")
    return prod(shape)


def _remedy(output: tuple[int, ...], target: tuple[int, ...]) -> str:
    if output == (*target, 1):
        return f"write target.reshape{output}"
    if len(output) == 2 and target == output[:1]:
        return f"give one-hot rows, as in np.eye({output[1]})[labels], or use softmax_cross_entropy"
    return "one target for every output"


def _source(output: Any) -> Any:
    """The tensor that an output is, behind what only moves, picks or bounds numbers."""
    while isinstance(output, Tensor) and output.node is not None:
        op = output.node.op
        if not (op.moves or op in _PASSING):
            break
        output = output.node.inputs[0]
    return output


def _op(tensor: Any) -> Any:
    return tensor.node.op if isinstance(tensor, Tensor) and tensor.node is not None else None


def activation_of(output: Any) -> str:
    """The sigmoid or softmax that an output is a result of, also where it is written out; empty for anything else.

    >>> from nn.costs.operands import activation_of
    >>> z = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> activation_of(1 / (1 + ag.exp(-z))), activation_of(ag.softmax(z)[None]), activation_of(2 * z)
    ('sigmoid', 'softmax', '')
    """
    output = _source(output)
    op = _op(output)
    if op is None:
        return ""
    inputs = output.node.inputs
    if op in _REFUSED:
        return str(op.name)
    if op in _JOINS:  # of several parts all must be
        names = [activation_of(each) for each in inputs]
        return names[0] if all(names) else ""
    if op is _EXP:  # of logarithms of probabilities
        return {_LOG_SOFTMAX: "softmax", _LOG_SIGMOID: "sigmoid"}.get(_op(_source(inputs[0])), "")
    return _quotient(inputs[0] if len(inputs) == 2 else 1, _source(inputs[-1])) if op in _QUOTIENTS else ""


def _quotient(above: Any, below: Any) -> str:
    """A sigmoid or softmax that is written as a quotient: 1 / (1 + exp(-z)), exp(z) / (exp(z) + 1), exp(z) / sum."""
    exponent = _exponent(_source(above))
    if _op(below) is _ADD:
        summands = below.node.inputs
        exponents = [_exponent(_source(each)) for each in summands]
        if any(map(_is_one, summands)) and any(each is not None for each in exponents):
            known = _is_one(above) or (exponent is not None and any(each is exponent for each in exponents))
            return "sigmoid" if known else ""
    if exponent is not None and _op(below) is _SUM and _exponent(_source(below.node.inputs[0])) is exponent:
        return "softmax"
    return ""


def _exponent(tensor: Any) -> Any:
    """What the tensor is the exponential of; `None` for anything else."""
    return tensor.node.inputs[0] if _op(tensor) is _EXP else None


def _is_one(operand: Any) -> bool:
    return isinstance(operand, int | float) and operand == 1


def refuse_probabilities(cost: str, logits: Any) -> None:
    """The network's last activation in front of a cost that applies one itself: a mistake that trains, but badly.

    Logarithms of a softmax are logits of it too.
    """
    name = activation_of(logits)
    if name:
        raise ag.ArgumentError(
            f"{cost}: it takes logits, the numbers before the last activation, and is given a result of {name}: "
            f'build the network without it, as in nn.MLP(…, output="identity") or an nn.Sequential that ends in a '
            f"layer, whose outputs are {name}(logits)"
        )


def refuse_no_logarithms(cost: str, output: Any) -> None:
    """Probabilities in front of a cost that takes their logarithms."""
    name = activation_of(output)
    if name and _op(_source(output)) is not _LOG_SIGMOID:
        raise ag.ArgumentError(
            f"{cost}: it takes logarithms of probabilities, as ag.log_softmax gives them, and is given a result of "
            f"{name}: write nn.softmax_cross_entropy of the numbers before it"
        )


def refuse_where(bad: Tensor, complaint: Callable[[], Exception]) -> Tensor:
    """A 1 to multiply the cost with, unless something is bad: then the complaint is raised, at a compiled call too."""
    place = ag.where(ag.any(bad), 1, 0)
    try:
        return ag.asarray(np.ones(1, np.float32))[place]
    except ag.IndexingError:
        raise complaint() from None


def first(bad: Tensor) -> int:
    """The row of the first true element."""
    rows = np.atleast_1d(bad.numpy())
    return int(rows.reshape(len(rows), -1).any(axis=1).argmax())


def reduced(cost: str, each: Tensor, count: Any, reduction: str, name: str = "C") -> Tensor:
    """The mean of what each example (or element) costs, the sum, or each of them.

    Raises `ArgumentError` for another reduction.
    """
    if one_of(f"{cost}: reduction", reduction, ("mean", "sum", "none")) != "none":
        each = ag.sum(each) if reduction == "sum" else ag.sum(each) / count
    each.name = name
    return each
