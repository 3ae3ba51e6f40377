"""Dropout, which draws random numbers while training and does nothing in evaluation."""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from nn.initializers import generator
from nn.module import Module


class Dropout(Module):
    """While training, each number is dropped with probability `p` and the others are divided by 1 - p.

    In evaluation it changes nothing. `rng` is a `numpy.random.Generator` or a seed; a compiled step
    draws fresh numbers from the same stream. Raises `ArgumentError` for p outside [0, 1).
    Source: N. Srivastava and others, Dropout, 2014; scaled in training, so that evaluation needs nothing.

    >>> layer = nn.Dropout(0.5, rng=0)
    >>> layer(np.ones(6)).numpy()
    array([2., 0., 0., 0., 2., 2.])
    >>> layer.eval()(np.ones(2))
    array([1., 1.])
    """

    def __init__(self, p: float = 0.5, rng: Any = None) -> None:
        try:
            self.p = float("nan") if isinstance(p, str | bytes) else float(p)
        except (TypeError, ValueError):
            self.p = float("nan")
        if not 0 <= self.p < 1:
            raise ag.ArgumentError(f"Dropout: p must be at least 0 and below 1, not {p!r:.60}")
        self.rng = generator(rng)

    def forward(self, x: Any) -> Any:
        if not self.training:
            return x
        p = ag.live(self, "p")
        x = ag.asarray(x)
        kept = ag.random_like(x, self.rng) >= p
        return x * kept * (1 / (1 - p))

    def extra_repr(self) -> str:
        return f"{self.p:g}"
