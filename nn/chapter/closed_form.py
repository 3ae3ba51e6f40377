"""The four equations of backpropagation for a sigmoid network, written out with arrays alone.

No Tensor takes part in a computation here: this is what the reverse pass is held against. For one
example (`x` one-dimensional) these are the chapter's vectors; for a mini-batch examples are rows,
all are processed at once, and δ is that of the mean cost. Works on NumPy and CuPy arrays.
Source: M. Nielsen, *Neural Networks and Deep Learning*, chapter 2, equations BP1 to BP4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite import backend
from nn.arguments import array
from nn.chapter.mlp import MLP
from nn.costs import cross_entropy_cost, quadratic_cost
from nn.layers import Identity, Sigmoid

Array = Any


class Forward(NamedTuple):
    """What the forward pass leaves: z¹ … zᴸ and a⁰ … aᴸ, with a⁰ = x."""

    z: list[Array]
    a: list[Array]


class Gradients(NamedTuple):
    """∂C/∂W and ∂C/∂b of every layer."""

    weights: list[Array]
    biases: list[Array]


def sigma(z: Array) -> Array:
    """σ(z) = 1 / (1 + e⁻ᶻ).

    >>> float(nn.closed_form.sigma(np.array(0.0)))
    0.5
    """
    z = array("closed form: z", z)
    xp = backend.namespace(z)
    with np.errstate(over="ignore"):  # e⁻ᶻ may be infinite on the way to 0
        return 1 / (1 + xp.exp(-z))


def sigma_prime(z: Array) -> Array:
    """σ′(z) = σ(z)(1 - σ(z)).

    >>> float(nn.closed_form.sigma_prime(np.array(0.0)))
    0.25
    """
    a = sigma(z)
    return a * (1 - a)


def _layers(model: MLP) -> list[tuple[Array, Array]]:
    if not isinstance(model, MLP):
        raise ag.ArgumentError(f"the closed form is that of an nn.MLP, not of {type(model).__name__}")
    hidden = len(model.layers) > 1
    if (hidden and not isinstance(model.activation, Sigmoid)) or not isinstance(model.output, Sigmoid | Identity):
        raise ag.ArgumentError("the closed form is that of a sigmoid network: this MLP has other activations")
    return [(layer.weight.data, layer.bias.data) for layer in model.layers]


def forward(model: MLP, x: Array) -> Forward:
    """zˡ = Wˡ aˡ⁻¹ + bˡ and aˡ = σ(zˡ), for `x` of shape (inputs,) or (examples, inputs).

    aᴸ is σ(zᴸ) also where the model itself stops at the logits zᴸ.

    >>> z, a = nn.closed_form.forward(nn.MLP([3, 2], rng=0), np.zeros(3, np.float32))
    >>> len(z), len(a)
    (1, 2)
    """
    layers = _layers(model)
    x = array("closed form: x", x)
    if x.ndim not in (1, 2) or x.shape[-1] != model.sizes[0]:
        raise ag.ShapeError(
            f"closed form: x has shape {x.shape}, but the network takes ({model.sizes[0]},) for one example or "
            f"(examples, {model.sizes[0]}) for several"
        )
    a = [x]
    z = []
    for weight, bias in layers:
        z.append((weight @ a[-1] if x.ndim == 1 else a[-1] @ weight.T) + bias)
        a.append(sigma(z[-1]))
    return Forward(z, a)


def _examples(x: Array) -> int:
    return 1 if x.ndim == 1 else x.shape[0]


def output_delta(a: Array, y: Array, z: Array, cost: Callable[..., Any]) -> Array:
    """BP1: δᴸ = ∇ₐC ⊙ σ′(zᴸ) for one example's cost; for the cross-entropy σ′ cancels and a - y is left.

    >>> nn.closed_form.output_delta(np.array([0.5]), np.array([0.0]), np.array([0.0]), nn.quadratic_cost)
    array([0.125])
    """
    a, y, z = (array(f"closed form: {name}", each) for name, each in (("a", a), ("y", y), ("z", z)))
    if y.shape != a.shape:
        raise ag.ShapeError(f"closed form: y has shape {y.shape}, the output {a.shape}; they must be equal")
    if cost is quadratic_cost:
        return (a - y) * sigma_prime(z)
    if cost is cross_entropy_cost:
        return a - y
    raise ag.ArgumentError("the closed form knows nn.quadratic_cost and nn.cross_entropy_cost")


def deltas(model: MLP, x: Array, y: Array, cost: Callable[..., Any] = quadratic_cost) -> list[Array]:
    """δ¹ … δᴸ, δˡ = ∂C/∂zˡ: BP1 for the last layer, then backwards BP2, δˡ = ((Wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ′(zˡ).

    Shapes are those of z: (neurons,) or (examples, neurons). C is the mean over the examples, so
    that each row is its own example's δ divided by their number.

    >>> [d.shape for d in nn.closed_form.deltas(nn.MLP([3, 2, 1], rng=0), np.zeros(3), np.zeros(1))]
    [(2,), (1,)]
    """
    x = array("closed form: x", x)
    z, a = forward(model, x)
    layers = _layers(model)
    delta = output_delta(a[-1], y, z[-1], cost) / _examples(x)
    backwards = [delta]
    for layer in range(len(layers) - 1, 0, -1):
        weight, _ = layers[layer]
        delta = (weight.T @ delta if x.ndim == 1 else delta @ weight) * sigma_prime(z[layer - 1])
        backwards.append(delta)
    return backwards[::-1]


def gradients(model: MLP, x: Array, y: Array, cost: Callable[..., Any] = quadratic_cost) -> Gradients:
    """BP3, ∂C/∂bˡ = δˡ, and BP4, ∂C/∂Wˡ = δˡ (aˡ⁻¹)ᵀ; over a mini-batch, the sum of its rows' terms.

    >>> found = nn.closed_form.gradients(nn.MLP([3, 2, 1], rng=0), np.zeros((5, 3)), np.zeros((5, 1)))
    >>> [w.shape for w in found.weights], [b.shape for b in found.biases]
    ([(2, 3), (1, 2)], [(2,), (1,)])
    """
    x = array("closed form: x", x)
    a = forward(model, x).a
    weights, biases = [], []
    for delta, before in zip(deltas(model, x, y, cost), a[:-1], strict=True):
        if x.ndim == 1:
            weights.append(delta[:, None] * before[None, :])
            biases.append(delta)
        else:
            weights.append(delta.T @ before)
            biases.append(delta.sum(axis=0))
    return Gradients(weights, biases)
