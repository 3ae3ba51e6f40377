"""What is done to examples before they are trained on: standardised, labels one-hot, images shifted by a pixel.

Knows arrays. Must not know batches, files or models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

import autograd_lite as ag
from autograd_lite import backend
from nn.arguments import array, float_dtype, whole
from nn.calling import check_call
from nn.data.batches import apart, checked
from nn.data.dataset import Dataset, Examples, index_of

_ELEMENTS = 2**20  # that are in double precision at a time


def one_hot(labels: Any, classes: int, dtype: Any = np.float32) -> Any:
    """Labels from 0 to `classes` - 1, shape (n,), as rows with a 1 in the label's place, shape (n, classes).

    Raises `DataError` for a label that is none, and says which. `ag.one_hot` does the same to tensors.

    >>> nn.one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    classes, dtype = whole("one_hot: classes", classes, 1), float_dtype("one_hot", dtype)
    labels = array("one_hot: labels", labels)
    if labels.ndim != 1:
        raise ag.ShapeError(f"one_hot: labels have shape (n,), and these {labels.shape}")
    wrong = (labels < 0) | (labels >= classes) | (labels % 1 != 0)
    if bool(wrong.any()):
        first = int(wrong.argmax())
        raise ag.DataError(
            f"one_hot: the label of example {first} is {labels[first]}, and {classes} classes are 0 to {classes - 1}"
        )
    return (labels[:, None] == backend.namespace(labels).arange(classes)).astype(dtype)


class Standardizer:
    """(x - mean) / deviation, with both as they are in training data.

    It is made of training data alone, an array x, a pair (x, y) or an `nn.Dataset`, of which some rows are read at a
    time, and then applied to whatever comes: `standardizer(x)` gives an array, and `standardizer(x, y)` a pair, as a
    `transform` of `nn.DataLoader` does. Over `axis` mean and deviation are one: with 0 each column has its own, with
    None all numbers share one, with (0, 2, 3) each channel of images. What is the same in all of the training data has
    deviation 1. Results have the dtype of floating-point x, and of other x float32.

    Raises `DataError` for what is no data or not finite, and `ShapeError` for x of another shape than that.

    >>> standardizer = nn.Standardizer(np.array([[0.0, 5.0], [2.0, 5.0]]))
    >>> standardizer(np.array([[4.0, 6.0]]))
    array([[3., 1.]])
    """

    mean: np.ndarray
    deviation: np.ndarray

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_call(cls, args, kwargs)
        return super().__new__(cls)

    def __init__(self, data: Any, axis: int | tuple[int, ...] | None = 0) -> None:
        source = _examples("Standardizer", data)
        shape = source[np.arange(1)][0].shape
        axes = _axes(axis, len(shape))
        count, mean, squares = 0, np.zeros(()), np.zeros(())
        low, high = np.full((), np.inf), np.full((), -np.inf)
        for x, start in _chunks(source, max(1, _ELEMENTS // max(1, int(np.prod(shape))))):
            if not np.isfinite(x).all():
                row = int((~np.isfinite(x)).reshape(len(x), -1).any(axis=1).argmax())
                raise ag.DataError(f"Standardizer: example {start + row} has a value that is not finite")
            # T. Chan, G. Golub, R. LeVeque, Updating formulae and a pairwise algorithm for computing sample variances.
            own = x.mean(axis=axes, keepdims=True)
            more = x.size // own.size
            apart = own - mean
            squares = squares + np.square(x - own).sum(axis=axes, keepdims=True)
            squares = squares + np.square(apart) * (count * more / (count + more))
            mean = mean + apart * (more / (count + more))
            count += more
            low = np.minimum(low, x.min(axis=axes, keepdims=True))
            high = np.maximum(high, x.max(axis=axes, keepdims=True))
        self.mean = np.where(low == high, low, mean)
        deviation = np.sqrt(squares / count)
        self.deviation = np.where((low == high) | (deviation == 0), 1.0, deviation)

    def __call__(self, x: Any, *y: Any) -> Any:
        x = self._fitting(x)
        result = ((x - self._like(self.mean, x)) / self._like(self.deviation, x)).astype(_float(x))
        return (result, *y) if y else result

    def inverse(self, x: Any) -> Any:
        """What standardised x was before: x · deviation + mean.

        >>> nn.Standardizer(np.array([[0.0], [2.0]])).inverse(np.array([[3.0]]))
        array([[4.]])
        """
        x = self._fitting(x)
        return (x * self._like(self.deviation, x) + self._like(self.mean, x)).astype(_float(x))

    def _fitting(self, x: Any) -> Any:
        x = array("Standardizer: x", x)
        own = self.mean.shape
        if x.ndim != len(own) or any(a not in (1, b) for a, b in zip(own[1:], x.shape[1:], strict=True)):
            raise ag.ShapeError(f"Standardizer: x has shape {x.shape}, and mean and deviation {own}")
        return x

    def _like(self, part: np.ndarray, x: Any) -> Any:
        return backend.namespace(x).asarray(part)

    def state_dict(self) -> dict[str, np.ndarray]:
        """Mean and deviation, copied: what prediction needs as well as the model.

        >>> sorted(nn.Standardizer(np.ones((2, 3))).state_dict())
        ['deviation', 'mean']
        """
        return {"mean": self.mean.copy(), "deviation": self.deviation.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take mean and deviation from `state`. Raises `ArgumentError` for what is none; nothing is changed then.

        >>> standardizer = nn.Standardizer(np.ones((2, 1)))
        >>> standardizer.load_state_dict({"mean": [[2.0]], "deviation": [[4.0]]})
        >>> standardizer(np.array([[4.0]]))
        array([[0.5]])
        """
        if not isinstance(state, Mapping) or {*state} != {"mean", "deviation"}:
            raise ag.ArgumentError("Standardizer: a state has mean and deviation, as state_dict() gives it")
        mean, deviation = (np.array(array(f"Standardizer: {key}", state[key]), float) for key in ("mean", "deviation"))
        if mean.shape != deviation.shape or not np.isfinite(mean).all() or not np.isfinite(deviation).all():
            raise ag.ArgumentError("Standardizer: mean and deviation are finite and of one shape")
        if not (deviation > 0).all():
            raise ag.ArgumentError("Standardizer: every deviation is above 0")
        self.mean, self.deviation = mean, deviation

    def __repr__(self) -> str:
        return f"Standardizer(mean and deviation of shape {self.mean.shape})"


def _float(x: Any) -> Any:
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float32)


def _examples(who: str, data: Any) -> Examples:
    """The data set that was meant, by one array, a pair, or as it is."""
    if isinstance(data, Dataset):
        return data
    if isinstance(data, tuple):
        if len(data) != 2:
            raise ag.ArgumentError(f"{who}: a tuple is a pair (x, y), and this has {len(data)} things in it")
        return Dataset(*data)
    if hasattr(type(data), "__getitem__") and hasattr(type(data), "__len__") and not hasattr(type(data), "__iter__"):
        found: Examples = data
        return found
    x = data if isinstance(data, np.ndarray) else array(f"{who}: data", data)
    return Dataset(x, np.broadcast_to(np.zeros(1), len(x) if x.ndim else 0))


def _chunks(source: Examples, size: int) -> Iterator[tuple[np.ndarray, int]]:
    """Some examples at a time, in double precision, and the number of the first."""
    for start in range(0, len(source), size):
        x = source[np.arange(start, min(start + size, len(source)))][0]
        yield backend.to_numpy(x).astype(np.float64), start


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    given = axis if isinstance(axis, tuple | list) else (axis,)
    numbers = [whole("Standardizer: axis", each) for each in given]
    axes = tuple(sorted({each % ndim for each in numbers if -ndim <= each < ndim}))
    if len(axes) != len(given) or 0 not in axes:
        raise ag.ArgumentError(
            f"Standardizer: axis is 0, that of the examples, alone or with others of {ndim}, or None for all; "
            f"not {axis!r:.60}"
        )
    return axes


def shifted(data: Any, shape: tuple[int, int] | None = None) -> Shifted:
    """The book's larger training set: every image as it is, and moved by one pixel right, left, down and up.

    `data` is a pair (x, y), an `nn.Dataset` or another of examples. The result is a data set of five times as many:
    first the images as they are, then all moved to the right, and so on; what comes in at an edge is 0. Nothing is
    made before it is asked for. Images are the last two axes of x; rows of pixels are images of `shape`, or squares.
    Raises `ShapeError` for what are no images. Source: M. Nielsen, *Neural Networks and Deep Learning*, chapter 6.

    >>> data = nn.shifted((np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([7])))
    >>> x, y = data[:]
    >>> x.reshape(5, 2, 2).tolist()[:3]
    [[[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [0.0, 3.0]], [[2.0, 0.0], [4.0, 0.0]]]
    >>> len(data), y
    (5, array([7, 7, 7, 7, 7]))
    """
    source = _examples("shifted", data)
    found = source[np.arange(1)][0].shape
    if shape is None:
        side = int(np.sqrt(found[-1]) + 0.5)
        shape = tuple(found[-2:]) if len(found) > 2 else (side, side)
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise ag.ArgumentError(f"shifted: shape is height and width, as (28, 28), not {shape!r:.60}")
    height, width = (whole("shifted: shape", each, 1) for each in shape)
    if found[1:] != (height * width,) and found[-2:] != (height, width):
        raise ag.ShapeError(
            f"shifted: an example has shape {found[1:]}, which is no image of {height} × {width} pixels: "
            "give its shape, as in nn.shifted(data, (28, 28))"
        )
    return Shifted(source, (height, width))


class Shifted:
    """Images as they are and moved in four directions, made as they are asked for; see `nn.shifted`."""

    MOVES = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))

    def __init__(self, source: Examples, shape: tuple[int, int]) -> None:
        self.source, self.shape = source, shape

    def __len__(self) -> int:
        return len(self.MOVES) * len(self.source)

    def __getitem__(self, indices: Any) -> tuple[Any, Any]:
        chosen = np.arange(len(self))[index_of(indices, len(self))]
        move, example = np.divmod(np.atleast_1d(chosen), len(self.source))
        # Copies, whatever the source gives: it is written into.
        x, y = apart(checked("shifted", self.source[example]))
        images = x.reshape(len(example), -1, *self.shape)
        for number, (down, right) in enumerate(self.MOVES):
            rows = np.flatnonzero(move == number)
            if number and len(rows):
                images[rows] = _moved(images[rows], down, right)
        images = images.reshape(x.shape)
        return (images, y) if chosen.ndim else (images[0], y[0])

    def __repr__(self) -> str:
        return f"Shifted({self.source!r}, {self.shape})"


def _moved(images: Any, down: int, right: int) -> Any:
    """Images, the last two axes, moved by a pixel, with zeros behind them."""
    result = images * 0
    height, width = images.shape[-2:]
    result[..., max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = images[
        ..., max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]
    return result
