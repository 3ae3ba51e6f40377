"""Modules: how parameters are found, saved, loaded and initialised, and what a layer says of a wrong shape."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(np.array(values, float), requires_grad=True)


class Everywhere(nn.Module):
    """Tensors and modules in every kind of attribute, one of each shared."""

    def __init__(self) -> None:
        self.plain = leaf(1)
        self.listed = [leaf(2), nn.Linear(1, 1, rng=0)]
        self.paired = (leaf(3), (leaf(4),))
        self.named = {"a": leaf(5), "deeper": {"b": [leaf(6)]}}
        self.inner = nn.Sequential(nn.Linear(1, 2, rng=0), nn.Sequential(nn.Linear(2, 1, rng=0)))
        self.again = self.plain
        self.shared = self.inner
        self.other = "no tensor", 3, None, np.ones(2)


def snapshot(model: nn.Module) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in model.state_dict().items()}


# Finding.


def test_parameters_are_found_in_every_kind_of_attribute_and_once() -> None:
    model = Everywhere()
    names = [name for name, _ in model.named_parameters()]
    assert names == [
        "plain", "listed.0", "paired.0", "paired.1.0", "named.a", "named.deeper.b.0",
        "listed.1.weight", "listed.1.bias",
        "inner.layers.0.weight", "inner.layers.0.bias",
        "inner.layers.1.layers.0.weight", "inner.layers.1.layers.0.bias",
    ]  # fmt: skip
    assert [id(p) for p in model.parameters()] == [id(p) for _, p in model.named_parameters()]
    assert len({id(p) for p in model.parameters()}) == len(names)


def test_a_weight_shared_by_two_modules_is_trained_once() -> None:
    first, second = nn.Linear(1, 1, rng=0, dtype=float), nn.Linear(1, 1, rng=1, dtype=float)
    second.weight = first.weight
    model = nn.Sequential(first, second)
    assert [name for name, _ in model.named_parameters()] == ["layers.0.weight", "layers.0.bias", "layers.1.bias"]
    before = first.weight.numpy()
    model(np.ones(1)).sum().backward()
    gradient = first.weight.grad
    nn.SGD(model.parameters(), 0.5).step()
    np.testing.assert_array_equal(first.weight.numpy(), before - 0.5 * gradient)


def test_modules_added_and_taken_away_later_count() -> None:
    model = nn.Sequential(nn.Linear(2, 2))
    model.extra = leaf(1)
    model.layers.append(nn.Linear(2, 1))
    assert len(model.parameters()) == 5
    del model.extra
    assert len(model.parameters()) == 4


def test_modules_that_hold_each_other_are_walked_once() -> None:
    one, two = nn.Linear(1, 1), nn.Linear(1, 1)
    one.friend, two.friend = two, one
    assert [name for name, _ in one.named_modules()] == ["", "friend"]
    assert len(one.parameters()) == 4


# State.


@pytest.mark.parametrize("make", [Everywhere, lambda: nn.MLP([4, 3, 2]), lambda: nn.MLP([4, 3, 2], dtype=float)])
def test_a_state_goes_round_bit_by_bit(make: Any) -> None:
    model, other = make(), make()
    for parameter in other.parameters():
        parameter.assign(parameter.numpy() * 3 + 1)
    assert snapshot(model) != snapshot(other)
    other.load_state_dict(pickle.loads(pickle.dumps(model.state_dict())))  # noqa: S301
    assert snapshot(model) == snapshot(other)


def test_a_state_shares_no_memory_with_the_model() -> None:
    model = nn.Linear(2, 2, rng=0)
    state = model.state_dict()
    before = snapshot(model)
    state["weight"][:] = 9
    assert snapshot(model) == before
    given = {"weight": np.ones((2, 2), np.float32), "bias": np.ones(2, np.float32)}
    model.load_state_dict(given)
    given["weight"][:] = 5
    assert model.weight.numpy().max() == 1


def test_loading_keeps_dtype_identity_and_wish_for_gradients() -> None:
    model = nn.Linear(2, 1)
    weight = model.weight
    model.load_state_dict({"weight": np.ones((1, 2), float), "bias": ag.tensor([2])})
    assert model.weight is weight
    assert model.weight.dtype == model.bias.dtype == np.float32
    assert model.weight.requires_grad and model.weight.node is None
    assert model.bias.numpy() == 2


def test_every_mismatch_is_in_one_message_and_nothing_is_written() -> None:
    model = nn.MLP([3, 2, 1], rng=0)
    before = snapshot(model)
    state = {
        "layers.0.weight": np.ones((2, 3)),
        "layers.0.bias": np.ones(3),
        "layers.1.weight": np.ones((1, 2), complex),
        "layers.2.weight": np.ones(1),
    }
    with pytest.raises(ag.ShapeError) as caught:
        model.load_state_dict(state)
    message = str(caught.value)
    assert "the state does not fit MLP" in message
    assert r"wrong shape: layers.0.bias is (2,) in the model and (3,) in the state" in message
    assert "wrong dtype: layers.1.weight is float32 in the model and complex128 in the state" in message
    assert "missing: layers.1.bias (1,)" in message
    assert "unexpected: layers.2.weight" in message
    assert "layers.0.weight" not in message
    assert snapshot(model) == before


def test_loading_between_forward_and_backward_is_noticed() -> None:
    model = nn.Linear(2, 1, rng=0)
    other = nn.Sequential(model, nn.Sigmoid(), nn.Linear(1, 1, rng=1))
    cost = other(np.ones(2)).sum()
    other.load_state_dict({name: value + 1 for name, value in other.state_dict().items()})
    with pytest.raises(ag.ChangedError, match="was changed after"):
        cost.backward()
    assert all(p.grad is None for p in other.parameters())


# Modes, text, copies.


def test_train_and_eval_reach_every_module() -> None:
    model = Everywhere()
    modules = [module for _, module in model.named_modules()]
    assert len(modules) == 6
    assert all(module.training for module in modules)
    assert model.eval() is model
    assert not any(module.training for module in modules)
    assert model.train() is model
    assert all(module.training for module in modules)
    assert nn.Linear(1, 1).training


def test_the_text_shows_the_tree() -> None:
    assert repr(nn.MLP([4, 3, 2])) == (
        "MLP([4, 3, 2]\n"
        "  layers.0: Linear(4, 3, dtype=float32)\n"
        "  layers.1: Linear(3, 2, dtype=float32)\n"
        "  activation: Sigmoid()\n"
        "  output: Sigmoid()\n"
        ")"
    )
    nested = nn.Sequential(nn.Sequential(nn.Linear(2, 1, dtype=float), nn.Tanh()), nn.ReLU())
    assert repr(nested) == (
        "Sequential(\n"
        "  layers.0: Sequential(\n"
        "    layers.0: Linear(2, 1, dtype=float64)\n"
        "    layers.1: Tanh()\n"
        "  )\n"
        "  layers.1: ReLU()\n"
        ")"
    )


def trained(model: nn.Module, steps: int, lr: Any = 1.0) -> nn.Module:
    x, y = np.ones((5, 3), np.float32), np.zeros((5, 2), np.float32)
    optimizer = nn.SGD(model.parameters(), lr)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.quadratic_cost(model(x), y).backward()
        optimizer.step()
    return model


def test_a_deep_copy_trains_apart_from_its_original() -> None:
    model = trained(nn.MLP([3, 4, 2], rng=0), 1)
    before = snapshot(model)
    gradients = [p.grad.tobytes() for p in model.parameters()]
    twin = copy.deepcopy(model)
    assert snapshot(twin) == before
    assert not {id(p) for p in twin.parameters()} & {id(p) for p in model.parameters()}
    assert [p.name for p in twin.parameters()] == ["W1", "b1", "W2", "b2"]
    trained(twin, 3)
    assert snapshot(model) == before
    assert [p.grad.tobytes() for p in model.parameters()] == gradients
    assert all(new != old for new, old in zip(snapshot(twin).values(), before.values(), strict=True))
    assert snapshot(trained(model, 3)) == snapshot(twin)


def test_a_deep_copy_keeps_what_is_shared_shared() -> None:
    model = Everywhere()
    twin = copy.deepcopy(model)
    assert twin.again is twin.plain
    assert twin.plain is not model.plain
    assert twin.shared is twin.inner


# Initialisers and dtypes.


@pytest.mark.parametrize("inputs", [4, 100, 400])
@pytest.mark.parametrize("initializer", [nn.standard_normal, nn.scaled_normal])
def test_initial_weights_have_the_spread_of_the_book(initializer: Any, inputs: int) -> None:
    weight, bias = initializer(np.random.default_rng(0), 4000, inputs)
    sigma = 1 if initializer is nn.standard_normal else 1 / np.sqrt(inputs)
    count = weight.size
    assert weight.shape == (4000, inputs)
    assert bias.shape == (4000,)
    assert weight.std() == pytest.approx(sigma, rel=5 / np.sqrt(2 * count))
    assert abs(weight.mean()) < 5 * sigma / np.sqrt(count)
    assert ((weight / sigma) ** 4).mean() == pytest.approx(3, rel=0.1)
    assert bias.std() == pytest.approx(1, rel=5 / np.sqrt(8000))
    assert abs(bias.mean()) < 5 / np.sqrt(4000)


def test_the_scaled_initialiser_is_the_default_and_the_other_can_be_had() -> None:
    default = nn.MLP([100, 50], rng=3, dtype=float).layers[0].weight.numpy()
    scaled = nn.MLP([100, 50], rng=3, dtype=float, initializer=nn.scaled_normal).layers[0].weight.numpy()
    standard = nn.MLP([100, 50], rng=3, dtype=float, initializer=nn.standard_normal).layers[0].weight.numpy()
    np.testing.assert_array_equal(default, scaled)
    np.testing.assert_allclose(standard, 10 * default, rtol=1e-15)


def test_a_seed_or_a_generator_fixes_the_weights() -> None:
    assert snapshot(nn.MLP([5, 4, 3], rng=7)) == snapshot(nn.MLP([5, 4, 3], rng=np.random.default_rng(7)))
    assert snapshot(nn.MLP([5, 4, 3], rng=7)) != snapshot(nn.MLP([5, 4, 3], rng=8))
    assert snapshot(nn.MLP([5, 4, 3])) != snapshot(nn.MLP([5, 4, 3]))
    weights = [layer.weight.numpy() for layer in nn.MLP([3, 3, 3], rng=0).layers]
    assert not np.array_equal(*weights)


@pytest.mark.parametrize("lr", [0.1, np.float64(0.1), np.array(0.1), 1], ids=["float", "float64", "array", "int"])
@pytest.mark.parametrize("dtype", [None, np.float32, np.float64])
def test_dtypes_outlast_a_hundred_steps(dtype: Any, lr: Any) -> None:
    options = {} if dtype is None else {"dtype": dtype}
    model = nn.MLP([3, 4, 2], rng=0, **options)
    before = snapshot(model)
    trained(model, 100, lr)
    expected = np.dtype(dtype or np.float32)
    assert {p.dtype for p in model.parameters()} == {expected}
    assert {p.grad.dtype for p in model.parameters()} == {expected}
    assert model(np.ones(3)).dtype == expected
    assert snapshot(model) != before


@pytest.mark.parametrize("activation, expected", [
    ("sigmoid", lambda z: 1 / (1 + np.exp(-z))), ("tanh", np.tanh), ("relu", lambda z: np.maximum(z, 0)),
    ("identity", lambda z: z),
])  # fmt: skip
def test_the_activations_of_an_mlp(activation: str, expected: Any) -> None:
    model = nn.MLP([3, 4, 2], activation=activation, rng=0, dtype=float)
    x = np.random.default_rng(1).standard_normal((5, 3))
    w1, b1, w2, b2 = (p.numpy() for p in model.parameters())
    hidden = expected(x @ w1.T + b1)
    np.testing.assert_allclose(model(x).numpy(), expected(hidden @ w2.T + b2), rtol=1e-13)
    logits = nn.MLP([3, 4, 2], activation=activation, rng=0, dtype=float, output="identity")
    np.testing.assert_allclose(logits(x).numpy(), hidden @ w2.T + b2, rtol=1e-13)
    np.testing.assert_allclose(model(x[2]).numpy(), model(x).numpy()[2], rtol=1e-13)


# Names and scopes.


def test_nodes_carry_the_scopes_of_their_modules() -> None:
    model = nn.MLP([3, 2, 1], rng=0)
    cost = nn.quadratic_cost(model(np.ones(3)), np.ones(1))
    scopes = {t.name: t.node.scope for t in ag.ancestors(cost) if t.node is not None and t.name}
    assert scopes == {
        "z1": ("MLP", "layer 1"),
        "a1": ("MLP",),
        "z2": ("MLP", "layer 2"),
        "a2": ("MLP",),
        "C": ("quadratic cost",),
    }
    leaves = [t.name for t in ag.ancestors(cost) if t.node is None]
    assert sorted(leaves) == ["W1", "W2", "b1", "b2", "x", "y"]


def test_a_module_in_an_attribute_is_called_after_it_and_scopes_nest() -> None:
    class Outer(nn.Module):
        def __init__(self) -> None:
            self.encoder = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Tanh())

        def forward(self, x: Any) -> Any:
            return self.encoder(x) * 2

    with ag.scope("step"):
        out = Outer()(np.ones(2))
    assert out.node.scope == ("step", "Outer")
    assert out.node.inputs[0].node.scope == ("step", "Outer", "encoder", "layers.1")


def test_a_scope_ends_with_an_exception() -> None:
    with pytest.raises(ag.ShapeError):
        nn.Linear(3, 2)(np.ones(4))
    assert (leaf(1) * 2).node.scope == ()


# Refusals.


@pytest.mark.parametrize("shape", [(4,), (5, 4), (3, 5), (), (2, 5, 4)], ids=str)
def test_a_layer_names_the_shapes_that_do_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(ag.ShapeError) as caught:
        nn.MLP([3, 2])(np.ones(shape))
    message = str(caught.value)
    assert message.startswith(f"layer 1: the input has shape {shape}, but W1 (2, 3) takes (3,)")
    assert "(examples, 3)" in message


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nn.MLP([3]), "make no layer"),
        (lambda: nn.MLP([]), "make no layer"),
        (lambda: nn.MLP([3, 0]), "from 3 to 0"),
        (lambda: nn.MLP([3, -1]), "from 3 to -1"),
        (lambda: nn.MLP([3, 2.5]), r"\[3, 2\.5\] must be whole"),
        (lambda: nn.MLP([3, 2], activation="sigmoyd"), "no activation 'sigmoyd': choose one of sigmoid, tanh"),
        (lambda: nn.MLP([3, 2], output="softmax"), "no activation 'softmax'"),
        (lambda: nn.MLP([3, 2], dtype=int), "int64 is data"),
        (lambda: nn.SGD([], 0.1), "no parameters"),
        (lambda: nn.SGD(leaf(1), 0.1), r"\[w\] or model\.parameters\(\)"),
        (lambda: nn.SGD([leaf(1), leaf(1) * 2], 0.1), "parameter 1 is .*multiply.*leaf"),
        (lambda: nn.SGD([np.ones(2)], 0.1), "parameter 0 is .*leaf"),
        (lambda: nn.SGD([leaf(1)], 0), "learning rate must be a positive number, not 0"),
        (lambda: nn.SGD([leaf(1)], -1.0), "learning rate"),
        (lambda: nn.SGD([leaf(1)], float("nan")), "learning rate"),
        (lambda: nn.SGD([leaf(1)], float("inf")), "learning rate"),
        (lambda: nn.SGD([leaf(1)], "fast"), "learning rate must be a positive number, not 'fast'"),
    ],
)
def test_what_cannot_be_built_says_so(make: Any, message: str) -> None:
    with pytest.raises(ag.AutogradError, match=message):
        make()


def test_a_learning_rate_can_be_set_anew_and_is_checked_again() -> None:
    w = leaf(1)
    optimizer = nn.SGD([w], 0.5)
    with pytest.raises(ag.ArgumentError, match="learning rate"):
        optimizer.lr = -1
    assert optimizer.lr == 0.5
    optimizer.lr = 0.25
    (w * w).sum().backward()
    optimizer.step()
    assert w.numpy() == 0.5


def test_parameters_without_gradient_stay() -> None:
    w, unused, frozen = leaf(1), leaf(2), ag.tensor([3.0])
    (w * frozen).sum().backward()
    optimizer = nn.SGD([w, unused, frozen], 0.5)
    optimizer.step()
    assert (w.item(), unused.item(), frozen.item()) == (-0.5, 2, 3)
    optimizer.zero_grad()
    optimizer.step()
    assert w.item() == -0.5


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Everywhere has no forward"):
        Everywhere()(1)


def test_a_parameter_is_not_lost_to_an_array_or_a_result_in_its_place() -> None:
    layer = nn.Linear(3, 1, rng=0)
    before = layer.weight.numpy()
    for value, what in ((np.ones((1, 3), np.float32), "an array"), (layer.weight * 2.0, "a result")):
        with pytest.raises(ag.ArgumentError, match=rf"weight is a parameter, and {what}.*module\.weight\.assign"):
            layer.weight = value
    assert len(layer.parameters()) == 2 and layer.weight.numpy().tobytes() == before.tobytes()
    layer.weight = nn.Parameter(np.ones((1, 3)))
    assert len(layer.parameters()) == 2
