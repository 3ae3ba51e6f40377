"""Dropout, which draws random numbers while training and does nothing in evaluation."""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor
from nn.initializers import generator
from nn.layers.layer import Layer, Shape, number


def dropped(x: Any, like: Any, layer: Any) -> Tensor:
    """`x` without what numbers drawn in the shape of `like` drop, for a layer with `p` and `rng`, in training."""
    p = ag.live(layer, "p")
    kept = ag.random_like(like, layer.rng) >= p
    return x * kept * (1 / (1 - p))  # type: ignore[no-any-return]


class Dropout(Layer):
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
        self.p = number("Dropout: p", p, 0, 1)
        self.rng = generator(rng)

    def forward(self, x: Any) -> Any:
        if not self.training:
            return x
        x = ag.asarray(x)
        return dropped(x, x, self)

    def extra_repr(self) -> str:
        return f"{self.p:g}"


class Dropout2d(Layer):
    """While training, each channel of (examples, channels, height, width) is dropped whole with probability `p`.

    The others are divided by 1 - p; in evaluation it changes nothing. `rng` is as in `Dropout`. Raises `ShapeError`
    for another number of axes and `ArgumentError` for p outside [0, 1).
    Source: J. Tompson and others, Efficient object localization using convolutional networks, 2015.

    >>> nn.Dropout2d(0.5, rng=0)(np.ones((1, 3, 1, 2))).numpy()
    array([[[[2., 2.]],
            [[0., 0.]],
            [[0., 0.]]]])
    """

    def __init__(self, p: float = 0.5, rng: Any = None) -> None:
        self.p = number("Dropout2d: p", p, 0, 1)
        self.rng = generator(rng)

    def takes(self) -> tuple[Shape, ...]:
        return (("examples", "channels", "height", "width"),)

    def forward(self, x: Any) -> Any:
        x = self.taken(x)
        return dropped(x, x[:, :, :1, :1], self) if self.training else x

    def extra_repr(self) -> str:
        return f"{self.p:g}"
