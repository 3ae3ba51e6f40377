"""Recurrent layers and embeddings against plain loops in double precision: every gate, layer, direction and length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

Layer = nn.RNN | nn.GRU | nn.LSTM


def sigma(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def by_hand(
    layer: Any, x: np.ndarray, lengths: list[int], begin: dict[str, np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Outputs, h and c, one example, one step and one gate at a time, from the published equations."""
    n, size = layer.hidden_size, 1 + layer.bidirectional
    hs, cs = (np.zeros((layer.num_layers * size, len(x), n)) for _ in range(2))
    for k in range(layer.num_layers):
        made = np.zeros((*x.shape[:2], n * size))
        for way, end in enumerate(["", "_reverse"][:size]):
            w, u = (getattr(layer, f"weight_{part}_l{k}{end}").numpy() for part in ("ih", "hh"))
            zero = np.zeros(len(w))
            b, v = (getattr(layer, f"bias_{p}_l{k}{end}").numpy() if layer.bias else zero for p in ("ih", "hh"))
            row = k * size + way
            for i, length in enumerate(lengths):
                h, c = (np.zeros(n), np.zeros(n)) if begin is None else (begin["h"][row, i], begin["c"][row, i])
                for t in range(length)[:: -1 if way else 1]:
                    seen, kept = w @ x[i, t] + b, u @ h + v
                    if isinstance(layer, nn.RNN):
                        h = np.tanh(seen + kept) if layer.nonlinearity == "tanh" else np.maximum(seen + kept, 0)
                    elif isinstance(layer, nn.GRU):
                        r = sigma(seen[:n] + kept[:n])
                        z = sigma(seen[n : 2 * n] + kept[n : 2 * n])
                        h = (1 - z) * np.tanh(seen[2 * n :] + r * kept[2 * n :]) + z * h
                    else:
                        i_, f, g, o = np.split(seen + kept, 4)
                        c = sigma(f) * c + sigma(i_) * np.tanh(g)
                        h = sigma(o) * np.tanh(c)
                    made[i, t, way * n : (way + 1) * n] = h
                hs[row, i], cs[row, i] = h, c
        x = made
    return x, hs, cs


MAKE = {
    "rnn": lambda **more: nn.RNN(3, 4, rng=0, dtype=float, **more),
    "rnn-relu": lambda **more: nn.RNN(3, 4, nonlinearity="relu", rng=0, dtype=float, **more),
    "gru": lambda **more: nn.GRU(3, 4, rng=0, dtype=float, **more),
    "lstm": lambda **more: nn.LSTM(3, 4, rng=0, dtype=float, **more),
}
every_kind = pytest.mark.parametrize("kind", MAKE)


@every_kind
@pytest.mark.parametrize("more", [{}, {"bias": False}, {"num_layers": 3}, {"num_layers": 2, "bidirectional": True}])
@pytest.mark.parametrize("lengths", [None, [5, 1, 3]])
def test_outputs_and_states_are_those_of_the_equations(kind: str, more: dict[str, Any], lengths: Any) -> None:
    layer = MAKE[kind](**more)
    x = np.random.default_rng(1).standard_normal((3, 5, 3))
    outputs, state = layer(x, lengths=lengths)
    made, h, c = by_hand(layer, x, lengths or [5, 5, 5])
    np.testing.assert_allclose(outputs.numpy(), made, rtol=1e-12, atol=1e-14)
    if kind == "lstm":
        np.testing.assert_allclose(state[1].numpy(), c, rtol=1e-12, atol=1e-14)
        state = state[0]
    np.testing.assert_allclose(state.numpy(), h, rtol=1e-12, atol=1e-14)


@every_kind
def test_a_state_goes_on_where_it_was(kind: str) -> None:
    layer = MAKE[kind](num_layers=2)
    x = np.random.default_rng(1).standard_normal((3, 6, 3))
    whole, end = layer(x)
    first, state = layer(x[:, :4])
    second, last = layer(x[:, 4:], state)
    np.testing.assert_allclose(np.concatenate([first.numpy(), second.numpy()], 1), whole.numpy(), rtol=1e-13)
    for one, other in zip(end, last, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-13)


@every_kind
def test_one_example_without_an_axis_of_examples(kind: str) -> None:
    layer = MAKE[kind](bidirectional=True)
    x = np.random.default_rng(1).standard_normal((2, 4, 3))
    whole, state = layer(x)
    one, its = layer(x[1])
    np.testing.assert_allclose(one.numpy(), whole.numpy()[1], rtol=1e-13)
    again, _ = layer(x[1], its)
    assert again.shape == (4, 8)
    for mine, theirs in zip(its if kind == "lstm" else [its], state if kind == "lstm" else [state], strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy()[:, 1], rtol=1e-13)


@every_kind
def test_what_stands_behind_the_end_of_a_sequence_changes_nothing(kind: str) -> None:
    layer = MAKE[kind](num_layers=2, bidirectional=True)
    x = np.random.default_rng(1).standard_normal((2, 5, 3))
    other = x.copy()
    other[0, 2:] = 1e3
    found = []
    for inputs in (ag.tensor(x, requires_grad=True), ag.tensor(other, requires_grad=True)):
        outputs, _ = layer(inputs, lengths=[2, 5])
        outputs.sum().backward()
        assert not inputs.grad[0, 2:].any()
        assert not outputs.numpy()[0, 2:].any()
        found.append(outputs.numpy().tobytes())
    assert found[0] == found[1]


@every_kind
def test_compiled_with_lengths_as_an_argument(kind: str) -> None:
    """The lengths are data: one program for all of them."""
    found = []
    for compiled in (False, True):
        layer = MAKE[kind](num_layers=2, dropout=0.25)
        optimizer = nn.SGD(layer.parameters(), lr=0.1)

        def step(x: Any, lengths: Any, layer: Any = layer, optimizer: Any = optimizer) -> Any:
            cost = ag.sum(ag.square(layer(x, lengths=lengths)[0]))
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return cost

        run: Any = ag.compile(step, verify=True) if compiled else step
        rng = np.random.default_rng(2)
        costs = []
        for lengths in ([4, 4], [1, 3], [2, 4], [3, 1]):
            x = rng.standard_normal((2, 4, 3))
            costs.append(run(ag.tensor(x), ag.tensor(np.array(lengths))).item())
        found.append((costs, [value.tobytes() for value in layer.state_dict().values()]))
    assert found[0] == found[1]


def test_the_names_are_those_of_states_elsewhere() -> None:
    assert list(nn.LSTM(2, 3, num_layers=2, bidirectional=True).state_dict()) == [
        f"{part}_l{layer}{end}"
        for layer in (0, 1)
        for end in ("", "_reverse")
        for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    assert nn.LSTM(2, 3, num_layers=2, bidirectional=True).weight_ih_l0.shape == (12, 2)


def test_dropout_between_layers_is_for_training_alone() -> None:
    layer = nn.GRU(3, 4, num_layers=2, dropout=0.5, rng=0)
    x = np.ones((2, 3, 3))
    assert layer(x)[0].numpy().tobytes() != layer(x)[0].numpy().tobytes()
    layer.eval()
    assert layer(x)[0].numpy().tobytes() == layer(x)[0].numpy().tobytes()


def test_a_recurrent_network_learns_to_remember() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (64, 5)).astype(np.float32)
    model = nn.Sequential(
        nn.Unflatten(1, (5, 1)), nn.GRU(1, 8, rng=1), nn.Lambda(lambda found: found[0][:, -1]), nn.Linear(8, 1, rng=2)
    )
    optimizer = nn.Adam(model.parameters(), lr=0.03)
    history = nn.fit(model, nn.quadratic_cost, (x, x[:, :1]), optimizer, 40, 16, rng=0, progress=False)
    assert history.cost[-1] < 0.02 < history.cost[0]


@pytest.mark.parametrize(
    "call, kind, said",
    [
        (lambda: nn.GRU(3, 4)(np.ones((2, 5, 4))), ag.ShapeError,
         r"GRU: the input has shape \(2, 5, 4\), but GRU\(3, 4, dtype=float32\) takes \(examples, steps, 3\)"),
        (lambda: nn.GRU(3, 4)(np.ones((2, 0, 3))), ag.ShapeError, "no step"),
        (lambda: nn.GRU(3, 4)(np.ones((2, 5, 3)), np.ones((1, 3, 4))), ag.ShapeError,
         r"state h has shape \(1, 3, 4\), but .* takes \(1, 2, 4\)"),
        (lambda: nn.LSTM(3, 4)(np.ones((2, 5, 3)), np.ones((1, 2, 4))), ag.ArgumentError, r"a pair \(h, c\)"),
        (lambda: nn.GRU(3, 4)(np.ones((2, 5, 3)), lengths=[5, 6]), ag.DataError, "from 5 to 6, and there are 5 steps"),
        (lambda: nn.GRU(3, 4)(np.ones((2, 5, 3)), lengths=[0, 5]), ag.DataError, "from 1 to 5"),
        (lambda: nn.GRU(3, 4)(np.ones((2, 5, 3)), lengths=[5.0, 4.0]), ag.ShapeError, "a whole number for each"),
        (lambda: nn.GRU(3, 4)(np.ones((2, 5, 3)), lengths=[5]), ag.ShapeError, "each of the 2 examples"),
        (lambda: nn.GRU(3, 0), ag.ArgumentError, "hidden_size must be a whole number of at least 1"),
        (lambda: nn.GRU(3, 4, dropout=1), ag.ArgumentError, "GRU: dropout must be at least 0 and below 1"),
        (lambda: nn.RNN(3, 4, nonlinearity="sin"), ag.ArgumentError, '"tanh" or "relu"'),
        (lambda: nn.Sequential(nn.GRU(3, 4), nn.Linear(4, 1))(np.ones((2, 5, 3))), ag.ArgumentError,
         r"nn.Lambda\(lambda found: found\[0\]\)"),
        (lambda: nn.Sequential(nn.Linear(2, 4), nn.GRU(3, 4)), ag.ShapeError, r"Linear\(2, 4.* gives \(…, 4\)"),
        (lambda: nn.Embedding(5, 2)([5]), ag.IndexingError, "rows 0 to 4"),
        (lambda: nn.Embedding(5, 2)([-1]), ag.IndexingError, "rows 0 to 4"),
        (lambda: nn.Embedding(5, 2)([1.0]), ag.DtypeError, "whole numbers, not float64"),
        (lambda: nn.Embedding(5, 2, padding_idx=5), ag.ArgumentError, "padding_idx is from 0 to 4"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_so(call: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        call()


def test_an_embedding_is_a_row_for_each_index_and_trains_those_alone() -> None:
    layer = nn.Embedding(6, 3, padding_idx=0, rng=0, dtype=float)
    before = layer.weight.numpy()
    assert not before[0].any()
    places = np.array([[1, 4, 0], [4, 5, 0]])
    out = layer(places)
    np.testing.assert_array_equal(out.numpy(), before[places])
    (out * np.arange(18.0).reshape(2, 3, 3)).sum().backward()
    expected = np.zeros((6, 3))
    np.add.at(expected, places, np.arange(18.0).reshape(2, 3, 3))
    expected[0] = 0
    np.testing.assert_array_equal(layer.weight.grad, expected)
    assert layer([2]).shape == (1, 3)


def test_a_compiled_embedding_has_the_same_bits_and_refuses_what_is_out_of_range() -> None:
    found = []
    for compiled in (False, True):
        layer = nn.Embedding(6, 3, padding_idx=2, rng=0)
        optimizer = nn.SGD(layer.parameters(), lr=0.5)

        def step(places: Any, layer: Any = layer, optimizer: Any = optimizer) -> Any:
            cost = ag.sum(ag.square(layer(places)))
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return cost

        run: Any = ag.compile(step, verify=True) if compiled else step
        costs = [run(ag.tensor(np.array(each))).item() for each in ([1, 2, 5], [5, 5, 0], [3, 2, 1], [0, 0, 0])]
        before = layer.weight.numpy().tobytes()
        for wrong in ([1, 2, 6], [1, -1, 2]):
            with pytest.raises(ag.IndexingError):
                run(ag.tensor(np.array(wrong)))
        assert layer.weight.numpy().tobytes() == before
        found.append((costs, before))
    assert found[0] == found[1]
