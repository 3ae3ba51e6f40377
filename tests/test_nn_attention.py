"""Attention and the transformer's encoder layer against plain loops in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn


def by_hand(
    layer: nn.MultiheadAttention, q: np.ndarray, k: np.ndarray, v: np.ndarray, hidden: np.ndarray,
    added: float | np.ndarray = 0.0,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The result and the mean weights, one query at a time; `hidden` is (examples, heads, queries, keys)."""
    e, heads = layer.embed_dim, layer.num_heads
    d = e // heads
    w = layer.in_proj_weight.numpy()
    b = layer.in_proj_bias.numpy() if layer.in_proj_bias is not None else np.zeros(3 * e)
    out = np.zeros((len(q), q.shape[1], e))
    weights = np.zeros((len(q), heads, q.shape[1], k.shape[1]))
    added = np.broadcast_to(added, weights.shape)
    for i in range(len(q)):
        qs, ks, vs = (x[i] @ w[n * e : (n + 1) * e].T + b[n * e : (n + 1) * e] for n, x in enumerate((q, k, v)))
        for head in range(heads):
            part = slice(head * d, (head + 1) * d)
            for row in range(q.shape[1]):
                open_ = [j for j in range(k.shape[1]) if not hidden[i, head, row, j]]
                scores = np.array([qs[row, part] @ ks[j, part] / np.sqrt(d) + added[i, head, row, j] for j in open_])
                if open_:
                    share = np.exp(scores - scores.max())
                    weights[i, head, row, open_] = share / share.sum()
                out[i, row, part] = weights[i, head, row] @ vs[:, part]
    w_out = layer.out_proj.weight.numpy()
    b_out = layer.out_proj.bias.numpy() if layer.out_proj.bias is not None else 0
    return out @ w_out.T + b_out, weights.mean(axis=1)


def shaken(layer: nn.Module) -> Any:
    """With biases that are not zero."""
    rng = np.random.default_rng(5)
    for parameter in layer.parameters():
        parameter.assign(parameter.numpy() + 0.3 * rng.standard_normal(parameter.shape))
    return layer


RNG = np.random.default_rng(3)
CAUSAL = np.triu(np.ones((4, 4), bool), 1)
PADDING = np.array([[False, False, True, True], [False, False, False, True]])
RANDOM = RNG.random((2, 4, 4)) < 0.4


@pytest.mark.parametrize(
    "options, hidden",
    [
        ({}, np.zeros((4, 4), bool)),
        ({"is_causal": True}, CAUSAL),
        ({"attn_mask": CAUSAL}, CAUSAL),
        ({"key_padding_mask": PADDING}, PADDING[:, None, None]),
        ({"is_causal": True, "key_padding_mask": PADDING}, CAUSAL | PADDING[:, None, None]),
        ({"attn_mask": RANDOM, "key_padding_mask": PADDING}, RANDOM[:, None] | PADDING[:, None, None]),
        ({"attn_mask": np.ones((4, 4), bool)}, np.ones((4, 4), bool)),
    ],
    ids=["open", "causal", "mask", "padding", "causal-padding", "example-padding", "all-hidden"],
)
@pytest.mark.parametrize("bias", [True, False])
def test_self_attention_is_that_of_the_equations(options: dict[str, Any], hidden: np.ndarray, bias: bool) -> None:
    layer = shaken(nn.MultiheadAttention(6, 3, bias=bias, rng=0, dtype=float))
    x = np.random.default_rng(1).standard_normal((2, 4, 6))
    expected, shares = by_hand(layer, x, x, x, np.broadcast_to(hidden, (2, 3, 4, 4)))
    out, weights = layer(x, need_weights=True, **options)
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(weights.numpy(), shares, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(layer(x, **options).numpy(), out.numpy())
    same = layer(x, x, x, **options)
    np.testing.assert_allclose(same.numpy(), expected, rtol=1e-12, atol=1e-13)


def test_attention_to_another_sequence_with_numbers_added_to_the_scores() -> None:
    layer = shaken(nn.MultiheadAttention(6, 2, rng=0, dtype=float))
    rng = np.random.default_rng(1)
    q, k, v = rng.standard_normal((2, 3, 6)), rng.standard_normal((2, 5, 6)), rng.standard_normal((2, 5, 6))
    added = rng.standard_normal((3, 5))
    expected, shares = by_hand(layer, q, k, v, np.zeros((2, 2, 3, 5), bool), added)
    out, weights = layer(q, k, v, attn_mask=added, need_weights=True)
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(weights.numpy(), shares, rtol=1e-12)
    by_key, _ = by_hand(layer, q, k, k, np.zeros((2, 2, 3, 5), bool))
    np.testing.assert_allclose(layer(q, k).numpy(), by_key, rtol=1e-12, atol=1e-13)
    one, its = layer(q[0], k[0], v[0], attn_mask=added, need_weights=True)
    np.testing.assert_allclose(one.numpy(), expected[0], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(its.numpy(), shares[0], rtol=1e-12)


def test_what_is_hidden_has_no_gradient_and_changes_nothing() -> None:
    layer = nn.MultiheadAttention(4, 2, rng=0, dtype=float)
    x = ag.tensor(np.random.default_rng(1).standard_normal((1, 3, 4)), requires_grad=True)
    layer(x, is_causal=True)[:, 0].sum().backward()
    assert not x.grad[0, 1:].any() and x.grad[0, 0].any()
    padding = np.array([[False, False, True]])
    y = x.numpy()
    y[0, 2] = 1e5
    np.testing.assert_array_equal(
        layer(y, key_padding_mask=padding).numpy()[0, :2], layer(x, key_padding_mask=padding).numpy()[0, :2]
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, float])
def test_a_query_that_may_look_at_nothing_gives_numbers_and_finite_gradients(dtype: Any) -> None:
    layer = nn.MultiheadAttention(4, 2, rng=0, dtype=dtype)
    x = ag.tensor(np.ones((1, 3, 4), dtype), requires_grad=True)
    out = layer(x, attn_mask=np.ones((3, 3), bool))
    out.sum().backward()
    assert not out.numpy().any() and np.isfinite(x.grad).all()
    assert all(np.isfinite(p.grad).all() for p in layer.parameters())


def test_gradients_through_masks() -> None:
    layer = nn.MultiheadAttention(4, 2, rng=0, dtype=float)
    padding = np.array([[False, False, True], [False, True, True]])
    x = np.random.default_rng(1).standard_normal((2, 3, 4))
    assert ag.gradcheck(lambda x: layer(x, is_causal=True, key_padding_mask=padding), x)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu", ag.tanh])
def test_an_encoder_layer_is_that_of_the_equations(norm_first: bool, activation: Any) -> None:
    layer = shaken(
        nn.TransformerEncoderLayer(6, 2, 8, 0.1, activation, norm_first=norm_first, rng=0, dtype=float).eval()
    )
    x = np.random.default_rng(1).standard_normal((2, 4, 6))
    hidden = np.broadcast_to(CAUSAL | PADDING[:, None, None], (2, 2, 4, 4))

    def norm(x: np.ndarray, part: Any) -> np.ndarray:
        spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
        return (x - x.mean(axis=-1, keepdims=True)) / spread * part.weight.numpy() + part.bias.numpy()

    def mapped(x: np.ndarray) -> np.ndarray:
        z = x @ layer.linear1.weight.numpy().T + layer.linear1.bias.numpy()
        f = {"relu": ag.relu, "gelu": ag.gelu}.get(activation, activation) if isinstance(activation, str) else np.tanh
        return np.asarray(f(z)) @ layer.linear2.weight.numpy().T + layer.linear2.bias.numpy()

    def attended(x: np.ndarray) -> np.ndarray:
        return by_hand(layer.self_attn, x, x, x, hidden)[0]

    if norm_first:
        y = x + attended(norm(x, layer.norm1))
        expected = y + mapped(norm(y, layer.norm2))
    else:
        y = norm(x + attended(x), layer.norm1)
        expected = norm(y + mapped(y), layer.norm2)
    out = layer(x, src_key_padding_mask=PADDING, is_causal=True)
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-11, atol=1e-12)
    again = layer(x, src_mask=CAUSAL, src_key_padding_mask=PADDING)
    np.testing.assert_array_equal(again.numpy(), out.numpy())


def test_compiled_with_masks_as_arguments() -> None:
    found = []
    for compiled in (False, True):
        model = nn.Sequential(
            nn.TransformerEncoderLayer(4, 2, 8, 0.3, rng=0), nn.TransformerEncoderLayer(4, 2, 8, rng=1)
        )
        optimizer = nn.Adam(model.parameters(), lr=0.01)

        def step(x: Any, padding: Any, model: Any = model, optimizer: Any = optimizer) -> Any:
            out = model[1](model[0](x, is_causal=True, src_key_padding_mask=padding), src_key_padding_mask=padding)
            cost = ag.mean(ag.square(out))
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return cost

        run: Any = ag.compile(step, verify=True) if compiled else step
        rng = np.random.default_rng(2)
        costs = [
            run(ag.tensor(rng.standard_normal((2, 3, 4))), ag.tensor(rng.random((2, 3)) < 0.3)).item() for _ in range(5)
        ]
        found.append((costs, [value.tobytes() for value in model.state_dict().values()]))
    assert found[0] == found[1]


X = np.ones((2, 4, 6))


@pytest.mark.parametrize(
    "call, kind, said",
    [
        (lambda: nn.MultiheadAttention(6, 4), ag.ArgumentError, "6 features do not divide into 4 heads"),
        (lambda: nn.MultiheadAttention(8, 2)(X), ag.ShapeError, r"takes \(examples, steps, 8\)"),
        (lambda: nn.MultiheadAttention(6, 2)(X, X[:1]), ag.ShapeError, r"\(2, 4, 6\), \(1, 4, 6\)"),
        (lambda: nn.MultiheadAttention(6, 2)(X, X, X[:, :2]), ag.ShapeError, "a value for each key"),
        (lambda: nn.MultiheadAttention(6, 2)(X, value=X), ag.ArgumentError, "a value needs a key"),
        (lambda: nn.MultiheadAttention(6, 2)(X, attn_mask=np.ones((3, 4), bool)), ag.ShapeError, r"it is \(4, 4\)"),
        (lambda: nn.MultiheadAttention(6, 2)(X, attn_mask=np.ones((4, 4), int)), ag.DtypeError, r"astype\(bool\)"),
        (lambda: nn.MultiheadAttention(6, 2)(X, key_padding_mask=np.ones((2, 4))), ag.ShapeError, "it is of truths"),
        (lambda: nn.MultiheadAttention(6, 2)(X, key_padding_mask=np.ones((4, 2), bool)), ag.ShapeError, r"\(2, 4\)"),
        (lambda: nn.TransformerEncoderLayer(6, 2, activation="sin"), ag.ArgumentError, '"relu", "gelu" or a function'),
    ],
)
def test_what_does_not_fit_says_so(call: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        call()


def test_a_query_that_a_mask_of_numbers_lets_look_at_nothing_gets_0_as_with_truths() -> None:
    attention = nn.MultiheadAttention(8, 2, rng=0)
    x = np.random.default_rng(0).normal(size=(2, 3, 8)).astype(np.float32)
    hidden = np.zeros((3, 3), bool)
    hidden[2] = hidden[0, 1] = True
    by_numbers = attention(x, attn_mask=np.where(hidden, -np.inf, 0.0)).numpy()
    np.testing.assert_array_equal(by_numbers, attention(x, attn_mask=hidden).numpy())
    assert np.isfinite(by_numbers).all()
