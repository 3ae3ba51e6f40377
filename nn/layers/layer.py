"""What the layers of a known size have in common: the shapes that they take and give, known before there is any data.

A shape is a tuple of lengths, in which a word stands for a length that is not known and `...` at the front for any
number of axes: `("examples", 3, "height", "width")`, `(..., 4)`. Must not know any particular layer.
"""

from __future__ import annotations

import inspect
import operator
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.dtypes import cast
from nn.module import Module

Shape = tuple[Any, ...]
ANY: Shape = (...,)
AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""What the axes behind examples and channels are called."""


def fits(shape: Shape, pattern: Shape) -> bool:
    """Whether nothing that is known of a shape contradicts a pattern.

    >>> from nn.layers.layer import fits
    >>> fits((5, 4), (..., 4)), fits((..., 4), ("examples", 3)), fits((5, 4), ("examples", 3, "length"))
    (True, False, False)
    """
    known, wanted = [each for each in shape if each is not ...], [each for each in pattern if each is not ...]
    if len(known) == len(shape) and len(wanted) == len(pattern):
        ranks = len(known) == len(wanted)
    elif len(known) == len(shape):
        ranks = len(wanted) <= len(known)
    else:
        ranks = len(wanted) < len(pattern) or len(known) <= len(wanted)
    pairs = zip(reversed(known), reversed(wanted), strict=False)
    return ranks and all(a == b or isinstance(a, str) or isinstance(b, str) for a, b in pairs)


def spelled(shape: Shape) -> str:
    """A shape as it is read: `(examples, 3, height, width)`, `(…, 4)`.

    >>> from nn.layers.layer import spelled
    >>> spelled((..., 4)), spelled((3,))
    ('(…, 4)', '(3,)')
    """
    words = ["…" if each is ... else str(each) for each in shape]
    return f"({words[0]},)" if len(words) == 1 else f"({', '.join(words)})"


def numbers(what: str, given: Any, count: int, least: int) -> tuple[int, ...]:
    """A whole number for each of `count` axes, of one number or of as many. Raises `ArgumentError` for anything else.

    >>> from nn.layers.layer import numbers
    >>> numbers("Conv2d: stride", 2, 2, 1)
    (2, 2)
    """
    several = isinstance(given, tuple | list)
    try:
        if isinstance(given, bool):
            raise TypeError
        found = tuple(map(operator.index, given)) if several else (operator.index(given),) * count
    except TypeError:
        found = ()
    if len(found) != count or any(each < least for each in found):
        tuples = f", or a tuple of {count}, one an axis" if count > 1 else ""
        raise ag.ArgumentError(f"{what} is a whole number of at least {least}{tuples}, not {given!r:.60}")
    return found


def number(what: str, given: Any, low: float, high: float = float("inf"), least: bool = True) -> float:
    """A real number from `low` (beyond it, where not `least`) to below `high`. Raises `ArgumentError` for another.

    >>> from nn.layers.layer import number
    >>> number("Dropout: p", 0.5, 0, 1)
    0.5
    """
    try:
        found = float("nan") if isinstance(given, str | bytes) else float(given)
    except (TypeError, ValueError):
        found = float("nan")
    if not (low <= found < high and (least or found > low)):
        above = f"at least {low:g}" if least else f"above {low:g}"
        below = f" and below {high:g}" if high < float("inf") else ""
        raise ag.ArgumentError(f"{what} must be {above}{below}, not {given!r:.60}")
    return found


class Layer(Module):
    """A module that can say which shapes it takes and gives, so that neighbours that do not fit are found when built.

    >>> nn.Flatten().gives(("examples", 8, 4, 4))
    ('examples', 128)
    """

    def takes(self) -> tuple[Shape, ...]:
        """The shapes that fit, as alternatives."""
        return (ANY,)

    def gives(self, shape: Shape) -> Shape:
        """What is known of the shape of the result, of an input of which so much is known. Raises `ShapeError`."""
        return shape

    def gives_of(self, shape: Shape) -> Shape:
        """What `gives` says of a shape that is seen to fit first. Raises `ShapeError` where it does not."""
        takes = self.takes()
        if not any(fits(shape, each) for each in takes):
            raise ag.ShapeError(f"takes {' or '.join(map(spelled, takes))}")
        return self.gives(shape)

    def taken(self, x: Any, dtype: Any = None) -> Tensor:
        """The input as a tensor of a shape that fits, in the layer's dtype. Raises `ShapeError`."""
        if not isinstance(x, Tensor):
            x = plain(x)
        shape = x.shape
        takes = self.takes()
        if not any(fits(shape, each) for each in takes):
            one = any(fits(("examples", *shape), each) for each in takes)
            raise ag.ShapeError(
                f"the input has shape {shape}, but {self.described()} takes {' or '.join(map(spelled, takes))}"
                + ("; of one example, give x[None]" if one else "")
            )
        return x if dtype is None or x.dtype is dtype else cast(x, dtype)

    def described(self) -> str:
        """The layer in a sentence, as it was made.

        >>> nn.Linear(3, 4).described()
        'Linear(3, 4, dtype=float32)'
        """
        return f"{type(self).__name__}({self.extra_repr()})"


def plain(x: Any) -> Tensor:
    """An input that is no tensor as one. Raises `ArgumentError` for the several results of a recurrent layer."""
    if isinstance(x, tuple) and any(isinstance(each, Tensor) for each in x):
        raise ag.ArgumentError(
            "a layer takes one tensor, and is given a tuple of several, as a recurrent layer returns (outputs, state): "
            "choose one between them, as in nn.Lambda(lambda found: found[0])"
        )
    return ag.asarray(x, name="x")


def initial(owner: str, initializer: Any, rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """What the initializer gives, seen to be a weight (outputs, inputs, …) of that shape and a bias (outputs,)."""
    if not callable(initializer):
        raise ag.ArgumentError(
            f"{owner}: the initializer is a function such as nn.scaled_normal, not {initializer!r:.50}"
        )
    try:
        inspect.signature(initializer).bind(rng, *shape)
    except TypeError as error:
        raise ag.ArgumentError(
            f"{owner}: the initializer is called with the generator and {len(shape)} sizes, {shape}, as "
            f"initializer(rng, outputs, inputs, *kernel), but {error}"
        ) from None
    except ValueError:  # one that says no signature is tried
        pass
    made = initializer(rng, *shape)
    shapes = [np.shape(part) for part in made] if isinstance(made, tuple | list) else []
    if shapes != [shape, shape[:1]]:
        raise ag.ShapeError(
            f"{owner}: the initializer must give a weight of shape {shape} and a bias of shape "
            f"{shape[:1]}, not {shapes or repr(made)[:60]}"
        )
    return made[0], made[1]
