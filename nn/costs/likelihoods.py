"""Costs that are logarithms of likelihoods: cross-entropies, from the numbers before the last activation.

Knows operands, labels and operations. Must not know networks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import array, number
from nn.costs.operands import (
    examples,
    first,
    operands,
    reduced,
    refuse_no_logarithms,
    refuse_probabilities,
    refuse_where,
)


def cross_entropy_cost(logits: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """C = -1/n Σₓ Σⱼ [y ln a + (1 - y) ln(1 - a)] with a = σ(z), computed from the logits z.

    As ln(1 + eᶻ) - y z it neither overflows nor takes the logarithm of 0. Build the network with
    `output="identity"`, so that it gives z. With `reduction="sum"` the sum over the examples, with `"none"` each of
    them, shape (n,). Raises `ShapeError` unless both have the same shape, and `ArgumentError`
    for a recorded result of sigmoid or softmax.
    Source: Nielsen, *Neural Networks and Deep Learning*, equation (57) of chapter 3.

    >>> round(nn.cross_entropy_cost(np.array([1000.0]), np.array([0.0])).item(), 1)
    1000.0
    """
    with ag.scope("cross-entropy cost"):
        logits, target, count = operands("cross_entropy_cost", logits, target)
        refuse_probabilities("cross_entropy_cost", logits)
        each = ag.softplus(logits) - target * logits
        if reduction != "mean":
            each = ag.sum(each, axis=-1)
        return reduced("cross_entropy_cost", each, count, reduction)


def binary_cross_entropy(logits: Any, target: Any, *, positive_weight: float = 1.0, reduction: str = "mean") -> Tensor:
    """The mean over all numbers of -[w y ln σ(z) + (1 - y) ln(1 - σ(z))], from the logits z: each output by itself.

    1/k times the book's `nn.cross_entropy_cost` of k outputs. `positive_weight` is w, which counts targets of 1 for
    more where they are rare. With `reduction="sum"` their sum, with `"none"` each number's, in the shape of the
    logits, which may have any. Raises `ShapeError` unless both have the same shape, `DataError` for targets outside of
    0 to 1, and `ArgumentError` for a recorded result of sigmoid or softmax.

    >>> round(nn.binary_cross_entropy(np.array([[0.0, 0.0]]), np.array([[0, 1]])).item(), 4)
    0.6931
    """
    with ag.scope("binary cross-entropy"):
        logits, target, count = operands("binary_cross_entropy", logits, target, rows=False)
        refuse_probabilities("binary_cross_entropy", logits)
        weight = number("binary_cross_entropy: positive_weight", positive_weight, 0, ends=False)
        bad = ag.logical_not((target >= 0) & (target <= 1))
        one = refuse_where(
            bad,
            lambda: ag.DataError(
                "binary_cross_entropy: targets are probabilities, from 0 to 1, and the first that is none is in "
                f"example {first(bad)}"
            ),
        )
        if weight == 1:
            each = ag.softplus(logits) - target * logits
        else:
            each = (1 - target) * logits + (1 + (weight - 1) * target) * ag.softplus(-logits)
        return reduced("binary_cross_entropy", each * one.astype(logits.dtype), count, reduction)


def softmax_cross_entropy(
    logits: Any,
    target: Any,
    *,
    smoothing: float = 0.0,
    weights: Any = None,
    ignored: int | None = None,
    reduction: str = "mean",
) -> Tensor:
    """C = -1/n Σₓ Σⱼ yⱼ ln softmax(z)ⱼ: the log-likelihood cost of a softmax output, from the logits z.

    `target` has the shape of `logits` (probabilities, one-hot rows) or is one integer label an
    example; of labels every axis but the classes' is one of examples, as the steps of sequences are. `smoothing` ε
    takes (1 - ε) y + ε/k for the target, of k classes. `weights` has a number for each class, by which its terms count;
    of labels the mean is then over the weights of the examples. Examples of the label `ignored` cost nothing and count
    for nothing; where there is no other, the cost is 0. With `reduction="sum"` the sum over the examples, with `"none"`
    each of them, shape (n,). Raises `ShapeError` for other shapes, `IndexingError` for labels out of range, and
    `ArgumentError` for a recorded result of sigmoid or softmax.
    Source: for smoothing C. Szegedy and others, Rethinking the Inception architecture, 2016, section 7.

    >>> round(nn.softmax_cross_entropy(np.array([[0.0, 0.0]]), np.array([1])).item(), 4)
    0.6931
    """
    name = "softmax_cross_entropy"
    with ag.scope("softmax cross-entropy"):
        logits = ag.asarray(logits)
        refuse_probabilities(name, logits)
        return _likelihood(name, logits, ag.log_softmax, target, smoothing, weights, ignored, reduction)


def negative_log_likelihood(
    logarithms: Any, target: Any, *, weights: Any = None, ignored: int | None = None, reduction: str = "mean"
) -> Tensor:
    """C = -1/n Σₓ Σⱼ yⱼ ln pⱼ, from logarithms of probabilities, as `ag.log_softmax` gives them.

    `nn.softmax_cross_entropy` of logits is both in one. Targets, weights, `ignored`, reductions and errors are as
    there; `DataError` for an output above 0, which is the logarithm of no probability, and `ArgumentError` for a
    recorded result of sigmoid or softmax.

    >>> round(nn.negative_log_likelihood(np.log([[0.25, 0.75]]), np.array([1])).item(), 4)
    0.2877
    """
    name = "negative_log_likelihood"
    with ag.scope("negative log-likelihood"):
        logarithms = ag.asarray(logarithms)
        refuse_no_logarithms(name, logarithms)
        bad = logarithms > 1e-3  # but for rounding
        one = refuse_where(
            bad,
            lambda: ag.DataError(
                f"{name}: it takes logarithms of probabilities, which are not above 0, and is given a number above it, "
                f"first in example {first(bad)}: write nn.softmax_cross_entropy for logits"
            ),
        )
        # A result of log_softmax is left as it is: its place in a picture is that of the cost's own.
        given = logarithms * one.astype(logarithms.dtype)
        return _likelihood(name, given, lambda x: x, target, 0.0, weights, ignored, reduction)


def kullback_leibler_cost(logits: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """C = 1/n Σₓ Σⱼ yⱼ (ln yⱼ - ln softmax(z)ⱼ): how far the outputs' distributions are from the targets'.

    The softmax cross-entropy less the entropy of the targets, so that it is 0 for outputs that are right. Logarithms of
    probabilities are logits too. With `reduction="sum"` the sum over the examples, with `"none"` each of them, shape
    (n,). Raises `ShapeError` unless both have the same shape, `DataError` for a target below 0, and `ArgumentError` for
    a recorded result of sigmoid or softmax.
    Source: S. Kullback and R. Leibler, On information and sufficiency, 1951.

    >>> round(nn.kullback_leibler_cost(np.log([[0.25, 0.75]]), np.array([[0.75, 0.25]])).item(), 4)
    0.5493
    """
    name = "kullback_leibler_cost"
    with ag.scope("Kullback-Leibler cost"):
        logits, target, count = operands(name, logits, target)
        refuse_probabilities(name, logits)
        bad = target < 0
        one = refuse_where(bad, lambda: ag.DataError(f"{name}: a target is below 0, first in example {first(bad)}"))
        each = ag.sum(ag.xlogy(target, target) - target * ag.log_softmax(logits), axis=-1)
        return reduced(name, each * one.astype(logits.dtype), count, reduction)


def _likelihood(
    name: str,
    logits: Tensor,
    logarithms: Any,
    target: Any,
    smoothing: float,
    weights: Any,
    ignored: int | None,
    reduction: str,
) -> Tensor:
    """The cost of labels or of rows; `logarithms` makes those of probabilities of the logits."""
    labels = ag.asarray(target)
    classes = logits.shape[-1] if logits.ndim else 0
    if labels.dtype.kind in "iu" and logits.ndim > 2 and labels.shape == logits.shape[:-1] and labels.size:
        # Each step of a sequence, or each point of a picture, is an example.
        flat = logits.reshape(-1, classes)
        cost = _likelihood(name, flat, logarithms, labels.reshape(-1), smoothing, weights, ignored, reduction)
        return cost.reshape(labels.shape) if reduction == "none" else cost
    smoothing = number(f"{name}: smoothing", smoothing, 0, 1)
    factors = _weights(name, weights, classes, logits)
    if labels.dtype.kind in "iu" and labels.shape == logits.shape[:-1]:
        count: Any = examples(name, logits)
        chosen = logarithms(logits)
        kept = None if ignored is None else labels != _label(name, ignored)
        picked, column = _picked(name, chosen, labels if kept is None else ag.where(kept, labels, 0), labels, count)
        each = -picked
        own = None if factors is None else factors[column]
        if own is not None:
            each = own * each
        if smoothing:
            spread = ag.sum(chosen if factors is None else factors * chosen, axis=-1)
            each = (1 - smoothing) * each - smoothing / classes * spread
        if kept is not None:
            each = ag.where(kept, each, 0.0)
            counted = kept.astype(logits.dtype) if own is None else ag.where(kept, own, 0.0)
            count = ag.sum(counted)
            count = ag.where(count == 0, 1.0, count).astype(logits.dtype)
        elif own is not None:
            count = ag.sum(own)
        if reduction == "mean" and kept is None and own is None and not smoothing:
            mean: Tensor = -ag.sum(picked) / count
            mean.name = "C"
            return mean
        return reduced(name, each, count, reduction)
    logits, rows, count = operands(name, logits, target)
    if ignored is not None:
        raise ag.ArgumentError(f"{name}: ignored={ignored} is a label, and the target has rows: give labels")
    if smoothing:
        rows = (1 - smoothing) * rows + smoothing / classes
    if factors is not None:
        rows = factors * rows
    terms = rows * logarithms(logits)
    if reduction == "mean":
        mean = -ag.sum(terms) / count
        mean.name = "C"
        return mean
    return reduced(name, -ag.sum(terms, axis=-1), count, reduction)


def _picked(name: str, chosen: Tensor, safe: Tensor, labels: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The number of each example's label, and the label as an index."""
    classes = chosen.shape[-1]
    # A negative label would count from the end: it is made too large instead.
    column = ag.where(safe < 0, classes, safe)
    try:
        picked = chosen[ag.arange(count, like=chosen), column] if chosen.ndim == 2 else chosen[column]
    except ag.IndexingError:
        values = np.atleast_1d(safe.numpy())
        row = int(((values < 0) | (values >= classes)).argmax())
        raise ag.IndexingError(
            f"{name}: a label is out of range: the {classes} outputs stand for 0 to {classes - 1}, and the first label "
            f"that is none of them is {values[row]}, that of example {row}"
        ) from None
    return picked, column


def _label(name: str, ignored: Any) -> int:
    if not isinstance(ignored, int | np.integer) or isinstance(ignored, bool):
        raise ag.ArgumentError(f"{name}: ignored is a label, a whole number such as -1, not {ignored!r:.60}")
    return int(ignored)


def _weights(name: str, weights: Any, classes: int, like: Tensor) -> Tensor | None:
    """A number for each class, in the dtype of the logits."""
    if weights is None:
        return None
    found: Tensor = weights if isinstance(weights, Tensor) else ag.asarray(array(f"{name}: weights", weights))
    if found.shape != (classes,):
        raise ag.ShapeError(f"{name}: weights has shape {found.shape}, but there are {classes} classes: one for each")
    return found.astype(like.dtype) if like.dtype.kind == "f" else found
