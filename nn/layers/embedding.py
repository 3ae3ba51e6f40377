"""Embedding: rows of a table in the place of whole numbers. Must not know what the numbers stand for."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.initializers import Initializer, generator, standard_normal
from nn.layers.layer import Layer, Shape, initial
from nn.parameter import Parameter


class Embedding(Layer):
    """A row of `embedding_dim` learned numbers for each whole number from 0 to below `num_embeddings`.

    Indices of any shape give that shape and one more axis. The row `padding_idx`, where it is given, is 0 and is not
    trained. Raises `IndexingError` for an index out of range (a negative one is), and `DtypeError` for indices that are
    no whole numbers.

    >>> nn.Embedding(10, 3, rng=0)(np.array([[1, 2], [4, 9]])).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        rng: Any = None,
        dtype: Any = np.float32,
        initializer: Initializer = standard_normal,
    ) -> None:
        count = whole("Embedding: num_embeddings", num_embeddings, 1)
        shape = (count, whole("Embedding: embedding_dim", embedding_dim, 1))
        weight, _ = initial("Embedding", initializer, generator(rng), shape)
        self.padding_idx = None
        if padding_idx is not None:
            place = whole("Embedding: padding_idx", padding_idx)
            if not -count <= place < count:
                raise ag.ArgumentError(f"Embedding: padding_idx is from 0 to {count - 1}, not {padding_idx}")
            self.padding_idx = place % count
            weight = np.array(weight)
            weight[self.padding_idx] = 0
        self.weight = Parameter(weight, dtype=dtype, name="W")

    def gives(self, shape: Shape) -> Shape:
        return (*shape, self.weight.shape[1]) if ... not in shape else (..., self.weight.shape[1])

    def forward(self, x: Any) -> Tensor:
        x = self.taken(x)
        if x.dtype.kind not in "iu":
            raise ag.DtypeError(
                f"{self.label or 'Embedding'}: indices are whole numbers, not {x.dtype}: give x.astype(np.int64)"
            )
        count = self.weight.shape[0]
        with ag.no_grad():
            places = ag.where(x < 0, count, x)  # a negative index would count from the end
        try:
            rows: Tensor = ag.take(self.weight, places, axis=0)
        except ag.IndexingError:
            raise ag.IndexingError(
                f"{self.label or 'Embedding'}: an index is out of range: {self.described()} has rows 0 to {count - 1}"
            ) from None
        if self.padding_idx is None:
            return rows
        return ag.where(ag.expand_dims(x == self.padding_idx, axis=-1), ag.stop_gradient(rows), rows)

    def extra_repr(self) -> str:
        count, size = self.weight.shape
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{count}, {size}{padding}, dtype={self.weight.dtype}"
