"""Costs: an average over examples of a function of the network's outputs.

One row is one example; a one-dimensional output is one example. A target has exactly the shape of
the output: nothing broadcasts.
"""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.dtypes import cast

# What stands for probabilities, by the operations themselves.
_PROBABILITIES = {ag.REGISTRY[function.__name__] for function in (ag.sigmoid, ag.softmax)}
_QUADRATIC = ag.scope("quadratic cost")


def _operands(cost: str, output: Any, target: Any) -> tuple[Tensor, Tensor, int]:
    """Both as tensors, the target in the output's dtype, and the number of examples."""
    if not isinstance(output, Tensor):
        output = ag.asarray(output)
    if not isinstance(target, Tensor):
        target = ag.asarray(target, name="y")
    examples = _examples(cost, output)
    shape = target.shape
    if shape != output.shape:
        raise ag.ShapeError(
            f"{cost}: the target has shape {shape}, the output {output.shape}; they must be equal: "
            + _remedy(output.shape, shape)
        )
    # Of whole numbers a cast would drop the fractions.
    return output, cast(target, output.dtype) if output.dtype.kind == "f" else target, examples


def _refuse_probabilities(cost: str, logits: Any) -> None:
    """The network's last activation in front of a cost that applies one itself: a mistake that trains, but badly."""
    output = logits
    while isinstance(output, Tensor) and output.node is not None and output.node.op.moves:
        output = output.node.inputs[0]
    if isinstance(output, Tensor) and output.node is not None and output.node.op in _PROBABILITIES:
        activation = output.node.op.name
        raise ag.ArgumentError(
            f"{cost}: it takes logits, the numbers before the last activation, and is given a result of {activation}: "
            f'build the network without it, as in nn.MLP(…, output="identity"), whose outputs are {activation}(logits)'
        )


def _examples(cost: str, output: Tensor) -> int:
    shape = output.shape
    if len(shape) not in (1, 2):
        raise ag.ShapeError(f"{cost}: an output has shape (outputs,) or (examples, outputs), not {shape}")
    if 0 in shape:
        raise ag.DataError(f"{cost}: there are no examples in an output of shape {shape}")
    return shape[0] if len(shape) == 2 else 1


def _remedy(output: tuple[int, ...], target: tuple[int, ...]) -> str:
    if output == (*target, 1):
        return f"write target.reshape{output}"
    if len(output) == 2 and target == output[:1]:
        return f"give one-hot rows, as in np.eye({output[1]})[labels], or use softmax_cross_entropy"
    return "one target for every output"


def quadratic_cost(output: Any, target: Any) -> Tensor:
    """C = 1/(2n) Σₓ ‖y - a‖², the mean over the n examples of half the squared distance.

    Raises `ShapeError` unless output and target have the same shape.
    Source: Nielsen, *Neural Networks and Deep Learning*, equation (6) of chapter 1.

    >>> nn.quadratic_cost(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])).item()
    0.5
    """
    with _QUADRATIC:
        output, target, examples = _operands("quadratic_cost", output, target)
        cost = ag.sum(ag.square(output - target)) / (2 * examples)
        cost.name = "C"
        return cost


def cross_entropy_cost(logits: Any, target: Any) -> Tensor:
    """C = -1/n Σₓ Σⱼ [y ln a + (1 - y) ln(1 - a)] with a = σ(z), computed from the logits z.

    As ln(1 + eᶻ) - y z it neither overflows nor takes the logarithm of 0. Build the network with
    `output="identity"`, so that it gives z. Raises `ShapeError` unless both have the same shape, and `ArgumentError`
    for a recorded result of sigmoid or softmax.
    Source: Nielsen, *Neural Networks and Deep Learning*, equation (57) of chapter 3.

    >>> round(nn.cross_entropy_cost(np.array([1000.0]), np.array([0.0])).item(), 1)
    1000.0
    """
    with ag.scope("cross-entropy cost"):
        logits, target, examples = _operands("cross_entropy_cost", logits, target)
        _refuse_probabilities("cross_entropy_cost", logits)
        cost = ag.sum(ag.softplus(logits) - target * logits) / examples
        cost.name = "C"
        return cost


def softmax_cross_entropy(logits: Any, target: Any) -> Tensor:
    """C = -1/n Σₓ Σⱼ yⱼ ln softmax(z)ⱼ: the log-likelihood cost of a softmax output, from the logits z.

    `target` has the shape of `logits` (probabilities, one-hot rows) or is one integer label an
    example. Raises `ShapeError` for other shapes, `IndexingError` for labels out of range, and `ArgumentError` for a
    recorded result of sigmoid or softmax.

    >>> round(nn.softmax_cross_entropy(np.array([[0.0, 0.0]]), np.array([1])).item(), 4)
    0.6931
    """
    with ag.scope("softmax cross-entropy"):
        logits = ag.asarray(logits)
        _refuse_probabilities("softmax_cross_entropy", logits)
        labels = ag.asarray(target)
        if labels.dtype.kind in "iu" and labels.shape == logits.shape[:-1]:
            examples = _examples("softmax_cross_entropy", logits)
            chosen = ag.log_softmax(logits)
            # A negative label would count from the end: it is made too large instead.
            column = ag.where(labels < 0, logits.shape[-1], labels)
            try:
                picked = chosen[ag.arange(examples, like=logits), column] if logits.ndim == 2 else chosen[column]
            except ag.IndexingError:
                raise ag.IndexingError(
                    f"softmax_cross_entropy: a label is out of range: the {logits.shape[-1]} outputs stand for "
                    f"0 to {logits.shape[-1] - 1}"
                ) from None
            cost = -ag.sum(picked) / examples
        else:
            logits, target, examples = _operands("softmax_cross_entropy", logits, target)
            cost = -ag.sum(target * ag.log_softmax(logits)) / examples
        cost.name = "C"
        return cost
