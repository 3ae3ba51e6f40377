"""What is to be known of a cost before its figures are used: whether it sums, and where it parts two classes.

Knows costs as functions of outputs and targets. Must not know models' insides or data sets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn import costs
from nn.training.modes import evaluation

# What a cost of the numbers before a sigmoid does with them.
_LOGISTIC = {ag.REGISTRY[function.__name__] for function in (ag.sigmoid, ag.softplus, ag.log_sigmoid, ag.logaddexp)}


def sums(cost: Any) -> bool:
    """Whether a cost is the sum over its examples, as `reduction="sum"` makes it.

    >>> from functools import partial
    >>> from nn.training.costing import sums
    >>> sums(partial(nn.quadratic_cost, reduction="sum")), sums(nn.quadratic_cost)
    (True, False)
    """
    while isinstance(cost, partial):
        if cost.keywords.get("reduction") == "sum":
            return True
        cost = cost.func
    return False


def refuse_flat(caller: str, cost: Any, output: Any, examples: int) -> None:
    """Raise `ShapeError` where a cost would take the outputs of several examples for those of one."""
    if examples > 1 and len(getattr(output, "shape", (0, 0))) == 1 and costs.counts_rows(cost):
        raise ag.ShapeError(
            f"{caller}: the model gives outputs of shape {output.shape} for {examples} examples, which the cost takes "
            "for one example: let it give a row for each, of shape (examples, 1), and the targets too"
        )


def goes_by_zero(cost: Any, outputs: Any, targets: Any) -> bool:
    """Whether a single output stands for class 1 above 0, as a logit does, and not above 1/2, as a probability.

    Of a cost of one's own it is known by what it does with an example of the outputs.

    >>> from nn.training.costing import goes_by_zero
    >>> one = np.ones((1, 1))
    >>> [goes_by_zero(cost, one, one) for cost in (lambda a, y: nn.cross_entropy_cost(a, y), nn.quadratic_cost)]
    [True, False]
    """
    if costs.takes_logits(cost):
        return True
    inner = cost
    while isinstance(inner, partial):
        inner = inner.func
    if str(getattr(inner, "__module__", "")).startswith("nn.costs"):
        return False
    try:
        with ag.enable_grad():
            leaf = ag.tensor(outputs, requires_grad=True)
            value = cost(leaf, targets)
    except Exception:  # noqa: BLE001 - a cost of one's own may need more than an example; nothing is known of it then
        return False
    return isinstance(value, Tensor) and any(_reaches(node, leaf) for node in _nodes(value) if node.op in _LOGISTIC)


def _nodes(value: Tensor) -> list[Any]:
    """All nodes that a value was computed by."""
    found: dict[int, Any] = {}
    stack = [value]
    while stack:
        node = stack.pop().node
        if node is not None and id(node) not in found:
            found[id(node)] = node
            stack.extend(each for each in node.inputs if isinstance(each, Tensor))
    return list(found.values())


def _reaches(node: Any, leaf: Tensor) -> bool:
    inputs = [each for each in node.inputs if isinstance(each, Tensor)]
    return any(each is leaf for each in inputs) or any(
        other is leaf for each in inputs for inner in _nodes(each) for other in inner.inputs
    )


def refuse_probabilities(model: Callable[[Any], Any], cost: Any, x: Any, y: Any) -> None:
    """Try a cost of logits on one example that is recorded: where a sigmoid was before it, it says so."""
    if costs.takes_logits(cost):
        with evaluation(model), ag.enable_grad():
            cost(ag.asarray(model(x[:1])), y[:1])
