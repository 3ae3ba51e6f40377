"""Attention, and the encoder layer that transformers are stacked of.

Examples are rows: a sequence is (examples, steps, features). Masks say what is left out: True is not looked at.
Parameters are called as PyTorch's are. Must not know what the features stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.initializers import generator, xavier_uniform
from nn.layers.dropout import Dropout, dropped
from nn.layers.layer import Layer, Shape, number
from nn.layers.linear import Linear
from nn.layers.normalisation import LayerNorm
from nn.layers.sequential import called
from nn.parameter import Parameter


class MultiheadAttention(Layer):
    """softmax(Q Kᵀ / √d) V in `num_heads` parts of the features side by side, between linear maps.

    `query` is (examples, steps, embed_dim), or (steps, embed_dim) of one example; `key` and `value` are the query where
    they are not given, and have steps of their own. `is_causal=True` lets a step look at itself and at those before;
    `attn_mask` (query steps, key steps), or with examples in front, and with heads behind those, is True where a step
    is not to be looked at, or has numbers that are added to the scores; `key_padding_mask` (examples, key steps) is
    True where a key is filling. A query that may look at nothing gets 0. In training weights are dropped with
    probability `dropout`. Returns the result, and with `need_weights=True` the weights as well, (examples, query steps,
    key steps), on average over the heads. Raises `ShapeError` for what does not fit.
    Source: A. Vaswani and others, Attention is all you need, 2017, section 3.2.

    >>> nn.MultiheadAttention(8, 2, rng=0)(np.zeros((5, 7, 8)), is_causal=True).shape
    (5, 7, 8)
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        rng: Any = None,
        dtype: Any = np.float32,
    ) -> None:
        self.embed_dim = whole("MultiheadAttention: embed_dim", embed_dim, 1)
        self.num_heads = whole("MultiheadAttention: num_heads", num_heads, 1)
        if self.embed_dim % self.num_heads:
            raise ag.ArgumentError(
                f"MultiheadAttention: {embed_dim} features do not divide into {num_heads} heads: give a multiple of it"
            )
        self.p = number("MultiheadAttention: dropout", dropout, 0, 1)
        self.rng = generator(rng)
        weight, shift = xavier_uniform(self.rng, 3 * self.embed_dim, self.embed_dim)
        self.in_proj_weight = Parameter(weight, dtype=dtype, name="in_proj_weight")
        self.in_proj_bias = Parameter(shift, dtype=dtype, name="in_proj_bias") if bias else None
        self.out_proj = Linear(self.embed_dim, self.embed_dim, self.rng, dtype, xavier_uniform, "out", bias)

    def takes(self) -> tuple[Shape, ...]:
        return (("examples", "steps", self.embed_dim), ("steps", self.embed_dim))

    def forward(
        self,
        query: Any,
        key: Any = None,
        value: Any = None,
        key_padding_mask: Any = None,
        need_weights: bool = False,
        attn_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        dtype = self.in_proj_weight.dtype
        query = self.taken(query, dtype)
        one = query.ndim == 2
        if key is None and value is not None:
            raise ag.ArgumentError(f"{self.described()}: a value needs a key: give attention(query, key, value)")
        parts = [query] if key is None else [query, self.taken(key, dtype)]
        if value is not None:
            parts.append(self.taken(value, dtype))
        if any(part.ndim != query.ndim or part.shape[:-2] != query.shape[:-2] for part in parts):
            raise ag.ShapeError(f"query, key and value have the shapes {', '.join(str(part.shape) for part in parts)}")
        if len(parts) == 3 and parts[1].shape != parts[2].shape:
            raise ag.ShapeError(f"there is a value for each key: they have {parts[1].shape} and {parts[2].shape}")
        if one:
            parts = [ag.expand_dims(part, axis=0) for part in parts]
        q, k, v = (self._in_heads(part) for part in self._projected(parts))
        scores = q @ ag.swapaxes(k, -1, -2) / sqrt(self.embed_dim // self.num_heads)
        scores, hidden = self._masked(scores, key_padding_mask, attn_mask, is_causal, one)
        weights = ag.softmax(scores, axis=-1)
        if hidden is not None:
            weights = ag.where(hidden, 0, weights)  # where there is nothing to look at, they would be all alike
        used = dropped(weights, weights, self) if self.p and self.training else weights
        seen = ag.transpose(used @ v, (0, 2, 1, 3))
        out = self.out_proj(seen.reshape((*seen.shape[:2], self.embed_dim)))
        out = out[0] if one else out
        if not need_weights:
            return out
        shown = ag.mean(weights, axis=1)
        return out, shown[0] if one else shown

    def _projected(self, parts: list[Tensor]) -> list[Tensor]:
        """Queries, keys and values of what they are made of; of one sequence by one product."""
        w, b = self.in_proj_weight, self.in_proj_bias
        if len(parts) == 1:
            z = parts[0] @ w.T
            return list(ag.split(z if b is None else z + b, 3, axis=-1))
        shifts = (None,) * 3 if b is None else ag.split(b, 3)
        made = []
        for i, (weight, shift) in enumerate(zip(ag.split(w, 3), shifts, strict=True)):
            z = parts[min(i, len(parts) - 1)] @ weight.T
            made.append(z if shift is None else z + shift)
        return made

    def _in_heads(self, x: Tensor) -> Tensor:
        """(examples, steps, features) as (examples, heads, steps, features of a head)."""
        examples, steps, size = x.shape
        return ag.transpose(x.reshape((examples, steps, self.num_heads, size // self.num_heads)), (0, 2, 1, 3))

    def _masked(
        self, scores: Tensor, padding: Any, mask: Any, causal: bool, one: bool
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """The scores with those far down that are not to be looked at, and where that is."""
        examples, heads, rows, columns = scores.shape
        hidden: list[Tensor] = []
        if causal:
            after = ag.arange(columns, like=scores) > ag.arange(rows, like=scores).reshape((rows, 1))
            hidden.append(after)
        if mask is not None:
            mask = ag.asarray(mask)
            shapes = [(rows, columns), (examples, rows, columns), (examples, heads, rows, columns)]
            if mask.shape not in shapes:
                raise ag.ShapeError(f"attn_mask has shape {mask.shape}, and it is {shapes[0]} here, or {shapes[1]}")
            if mask.ndim == 3:
                mask = ag.expand_dims(mask, axis=1)
            if mask.dtype.kind == "b":
                hidden.append(mask)
            elif mask.dtype.kind == "f":
                unseen = mask == float("-inf")
                hidden.append(unseen)  # a row of nothing else would be nan
                scores = scores + ag.where(unseen, 0, mask).astype(scores.dtype)
            else:
                raise ag.DtypeError(
                    f"{self.described()}: attn_mask is of truths, True where nothing is looked at, or of numbers to be "
                    f"added, not of {mask.dtype}: give mask.astype(bool)"
                )
        if padding is not None:
            padding = ag.asarray(padding)
            wanted = (columns,) if one else (examples, columns)
            if padding.dtype.kind != "b" or padding.shape != wanted:
                raise ag.ShapeError(
                    f"key_padding_mask has shape {padding.shape} and dtype {padding.dtype}: it is of truths, {wanted} "
                    "here, and True where a key is filling"
                )
            hidden.append(padding.reshape((examples, 1, 1, columns)))
        if not hidden:
            return scores, None
        together = hidden[0]
        for other in hidden[1:]:
            together = together | other
        # Half the lowest number: taking the largest score away from it does not overflow, and e to that is 0.
        return ag.where(together, float(np.finfo(scores.dtype).min) / 2, scores), together

    def extra_repr(self) -> str:
        said = f"{self.embed_dim}, {self.num_heads}" + (f", dropout={self.p:g}" if self.p else "")
        return f"{said}{'' if self.in_proj_bias is not None else ', bias=False'}, dtype={self.in_proj_weight.dtype}"


_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"relu": ag.relu, "gelu": ag.gelu}


class TransformerEncoderLayer(Layer):
    """Self-attention and two linear maps with an activation between, each with a way around and a normalisation.

    `x` is (examples, steps, d_model). The normalisation stands behind each sum, or before attention and maps with
    `norm_first=True`. `activation` is "relu", "gelu" or a function of a tensor; `dropout` acts on the attention
    weights, between the maps and before each sum. `src_mask`, `src_key_padding_mask` and `is_causal` are those of
    `MultiheadAttention`. Raises `ShapeError` for other features.
    Source: A. Vaswani and others, Attention is all you need, 2017, section 3.1; R. Xiong and others, On layer
    normalization in the transformer architecture, 2020, for `norm_first`.

    >>> layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, rng=0).eval()
    >>> layer(np.zeros((5, 7, 8)), is_causal=True).shape
    (5, 7, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5,
        norm_first: bool = False,
        bias: bool = True,
        rng: Any = None,
        dtype: Any = np.float32,
    ) -> None:
        rng = generator(rng)
        if not callable(activation) and activation not in _ACTIVATIONS:
            raise ag.ArgumentError(
                f'TransformerEncoderLayer: activation is "relu", "gelu" or a function, not {activation!r:.60}'
            )
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, rng, dtype)
        self.linear1 = Linear(d_model, dim_feedforward, rng, dtype, xavier_uniform, "1", bias)
        self.dropout = Dropout(dropout, rng)
        self.linear2 = Linear(dim_feedforward, d_model, rng, dtype, xavier_uniform, "2", bias)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1, self.dropout2 = Dropout(dropout, rng), Dropout(dropout, rng)
        self.activation = activation
        self.norm_first = bool(norm_first)

    def takes(self) -> tuple[Shape, ...]:
        return self.self_attn.takes()

    def forward(
        self, x: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        x = self.taken(x, self.linear1.weight.dtype)

        def attended(x: Tensor) -> Any:
            return self.dropout1(
                self.self_attn(
                    x, key_padding_mask=src_key_padding_mask, attn_mask=src_mask, is_causal=is_causal
                )
            )  # fmt: skip

        if self.norm_first:
            x = x + attended(self.norm1(x))
            return x + self._mapped(self.norm2(x))  # type: ignore[no-any-return]
        x = self.norm1(x + attended(x))
        return self.norm2(x + self._mapped(x))

    def _mapped(self, x: Tensor) -> Any:
        activation = _ACTIVATIONS[self.activation] if isinstance(self.activation, str) else self.activation
        return self.dropout2(self.linear2(self.dropout(activation(self.linear1(x)))))

    def extra_repr(self) -> str:
        name = self.activation if isinstance(self.activation, str) else called(self.activation)
        return f"activation={name}" + (", norm_first=True" if self.norm_first else "")
