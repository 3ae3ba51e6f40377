"""Adam and AdamW, whose steps are scaled by running means.

Written with the library's own operations under `no_grad`: a step is ordinary operations whose results are
assigned to the parameters, and its state is tensors like any other. Must not know models or costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.optim.numbers import Number
from nn.optim.penalties import Penalised, is_weight


class Adam(Penalised):
    """Gradient descent with steps scaled by running means of the gradient and of its square.

    m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², w ← w - lr m̂ / (√v̂ + ε), with m̂ and v̂ freed of
    their start at zero by the number of steps that w itself has made. `weight_decay` and `l1` are terms of the
    gradients of weights, not of biases, as in `nn.SGD`; `nn.AdamW` decays apart from the gradient. `parameters` may be
    in groups, dictionaries with numbers of their own. Raises `ArgumentError` for numbers
    out of range. Source: D. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, algorithm 1.

    >>> w = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = nn.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6)
    array([0.9])
    """

    lr = Number("the learning rate", positive=True)
    beta1 = Number("the first beta", high=1)
    beta2 = Number("the second beta", high=1)
    epsilon = Number("epsilon")

    usual_decay = 0.0
    """The weight decay where none is given."""

    def __init__(
        self,
        parameters: Iterable[Tensor] | Iterable[Mapping[str, Any]],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float | None = None,
        l1: float = 0.0,
    ) -> None:
        super().__init__(parameters)
        self.lr = lr
        try:
            self.beta1, self.beta2 = betas
        except (TypeError, ValueError) as error:
            if isinstance(error, ag.AutogradError):
                raise
            kind = type(self).__name__
            raise ag.ArgumentError(f"{kind}: betas is a pair, as in (0.9, 0.999), not {betas!r:.60}") from error
        self.epsilon = epsilon
        self.means, self.squares = self.zeros(), self.zeros()
        # Parameters that have always stepped together share one count, that of the first of them in their group.
        self.counts = self._counts()
        self.leaders = [start for start, stop in self._spans() for _ in range(start, stop)]
        if weight_decay is None:  # what nobody asked for may be without weights
            weight_decay = self.usual_decay if self.groups or any(map(is_weight, self.parameters)) else 0.0
        self.weight_decay, self.l1 = weight_decay, l1

    def _spans(self) -> list[tuple[int, int]]:
        """From where to where each group goes."""
        return [(group.start, group.stop) for group in self.groups] or [(0, len(self.parameters))]

    def _counts(self) -> list[Tensor]:
        """A count for every parameter on its own device, in double precision: 1 - β₂ᵗ is small at first."""
        with ag.no_grad():
            return [ag.sum(ag.zeros_like(parameter)).astype(float) for parameter in self.parameters]

    def step(self) -> None:
        """Change every parameter that has a gradient by one step."""
        with ag.no_grad():
            for group, span in zip(self.groups or (self,), self._spans(), strict=True):
                self._step(group, *span)

    def _step(self, group: Any, start: int, stop: int) -> None:
        lr, epsilon, beta1, beta2 = group.lr, group.epsilon, group.beta1, group.beta2
        decay = group.weight_decay if self.decoupled else 0.0
        moving = self.moving(self.means, self.squares, self.counts, group=group)
        leaders = self._counted(moving, start, stop)
        scales: dict[tuple[int, Any], tuple[Tensor, Tensor]] = {}
        for leader in dict.fromkeys(leaders):
            count = self.counts[leader]
            count.assign(count + 1)
            scales[leader, count.dtype] = (
                ag.divide(lr, 1 - ag.power(beta1, count)),
                ag.sqrt(1 - ag.power(beta2, count)),
            )
        for leader, (parameter, gradient, mean, square, count) in zip(leaders, moving, strict=True):
            key = leader, parameter.dtype
            if key not in scales:
                rate, root = scales[leader, count.dtype]
                scales[key] = rate.astype(parameter.dtype), root.astype(parameter.dtype)
            rate, root = scales[key]
            mean.assign(beta1 * mean + (1 - beta1) * gradient)
            square.assign(beta2 * square + (1 - beta2) * ag.square(gradient))
            if decay and self.has_term(parameter, group, "weight_decay"):
                parameter.assign((1 - lr * decay) * parameter)
            parameter -= rate * mean / (ag.sqrt(square) / root + epsilon)

    def _counted(self, moving: list[tuple[Any, ...]], start: int, stop: int) -> list[int]:
        """Whose count each moving parameter goes by, after those that do not move have been parted from them."""
        if len(moving) == stop - start:
            return self.leaders[start:stop]
        stepping = {id(parameter) for parameter, *_ in moving}
        steps = [id(parameter) in stepping for parameter in self.parameters]
        going: dict[int, int] = {}
        for i in range(start, stop):
            leader = self.leaders[i]
            if steps[i] != steps[leader]:
                if leader not in going:
                    going[leader] = i
                    self.counts[i].assign(self.counts[leader])
                self.leaders[i] = going[leader]
        return [leader for leader, does in zip(self.leaders[start:stop], steps[start:stop], strict=True) if does]

    def state_dict(self) -> dict[str, np.ndarray]:
        """Rates, means, squares and counts as NumPy copies by path, a count for each parameter.

        >>> nn.Adam([nn.Parameter([1.0])]).state_dict()["counts.0"]
        array(0.)
        """
        state = super().state_dict()
        counts = [state[f"counts.{leader}"] for leader in self.leaders]
        return {**state, **{f"counts.{i}": count.copy() for i, count in enumerate(counts)}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take rates, means, squares and counts from `state`; see `Optimizer.load_state_dict`."""
        super().load_state_dict(state)
        values = [count.item() for count in self.counts]
        # New tensors: a program recorded for another grouping must not find its own again.
        counts = self._counts()
        for count, value in zip(counts, values, strict=True):
            count.assign(np.asarray(value))
        self.counts = counts
        self.leaders = [values.index(values[i], start) for start, stop in self._spans() for i in range(start, stop)]


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: w ← (1 - lr λ) w, then a step of Adam without it.

    Weights decay, not biases: parameters of two axes or more, and those of a group that names its `weight_decay`.
    Unless given, it is 0.01 where there are weights. Numbers and errors are Adam's. Source: I. Loshchilov and
    F. Hutter, Decoupled weight decay regularization, 2019, algorithm 2, with lr for its α and η.

    >>> w = ag.tensor([[1.0]], requires_grad=True)
    >>> optimizer = nn.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * 0).sum().backward()
    >>> optimizer.step()
    >>> w.numpy()
    array([[0.95]])
    """

    weight_decay = Number("the weight decay")
    decoupled = True
    usual_decay = 0.01

    def __init__(
        self,
        parameters: Iterable[Tensor] | Iterable[Mapping[str, Any]],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, betas, epsilon, weight_decay)
