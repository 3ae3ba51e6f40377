"""Containers and the tree of modules: what they hold and call, what is found when built, apply, freeze, activations."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.layers.layer import fits


def names(module: nn.Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


# Sizes that do not fit.


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 2)),
         r"^Sequential: layer 1, Linear\(5, 2, .*\), takes \(…, 5\); but layer 0, Linear\(3, 4, .*\), gives \(…, 4\)"),
        (lambda: nn.Sequential([nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 2)]),
         r"layer 3, Linear\(5, 2, .*\), takes \(…, 5\); but layer 0, Linear\(3, 4, "),
        (lambda: nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(4)), r"layer 1, BatchNorm2d\(4, .* takes \(e.*, 4,"),
        (lambda: nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3)),
         r"layer 3, Conv2d\(4, 8, .* takes \(examples, 4, .* gives \(examples, 8, height, width\)"),
        (lambda: nn.Sequential(nn.Conv1d(1, 8, 3), nn.MaxPool2d(2)), r"1, MaxPool2d.* gives \(examples, 8, length\)"),
        (lambda: nn.Sequential(nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Flatten(),
                               nn.Linear(2000, 10)),
         r"layer 4, Linear\(2000, 10, .*\), takes \(…, 2000\); but layer 3, Flatten\(\), gives \(examples, 2880\)"),
        (lambda: nn.Sequential(nn.Conv2d(1, 8, 3), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(8, 10)),
         r"gives \(examples, 32\)"),
        (lambda: nn.Sequential(nn.Unflatten(1, (1, 4, 4)), nn.Conv2d(1, 2, 5)), "kernel that spans 5 elements"),
        (lambda: nn.Sequential(nn.Unflatten(1, (1, 4, 4)), nn.MaxPool2d(5)), "window that spans 5 elements"),
        (lambda: nn.Sequential(nn.Linear(3, 10), nn.Unflatten(1, (3, 3))), r"layer 1, Unflatten.* makes \(3, 3\)"),
        (lambda: nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Tanh(), nn.Linear(5, 2))), r"layer 1.*takes \(…, 5\)"),
        (lambda: nn.Sequential(nn.Linear(3, 4), nn.Residual(nn.Linear(3, 3))), r"layer 1, Residual, takes \(…, 3\)"),
        (lambda: nn.Residual(nn.Linear(4, 3)), r"^Residual: adds \(…, 4\) to \(…, 3\)"),
        (lambda: nn.Residual(nn.Linear(4, 3), shortcut=nn.Linear(4, 2)), r"adds \(…, 2\) to \(…, 3\)"),
        (lambda: nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(5)), r"takes \(…, 5\)"),
        (lambda: nn.Sequential(nn.Embedding(10, 4), nn.LSTM(5, 2)), r"gives \(…, 4\)"),
        (lambda: nn.Sequential(nn.Linear(3, 4), nn.MultiheadAttention(6, 2)), r"takes \(examples, steps, 6\)"),
        (lambda: nn.Sequential(nn.Linear(3, 5), nn.GLU()), "takes an even number, and not 5"),
    ],
)  # fmt: skip
def test_sizes_that_do_not_fit_are_named_when_the_model_is_built(make: Any, said: str) -> None:
    with pytest.raises(ag.ShapeError, match=said):
        make()


@pytest.mark.parametrize(
    "make, shape",
    [
        (lambda: nn.Sequential(nn.Linear(3, 4), ag.tanh, nn.Linear(4, 2)), (5, 3)),
        (lambda: nn.Sequential(nn.Linear(3, 4), lambda x: x[:, :2], nn.Linear(2, 2)), (5, 3)),
        (lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(5)), (2, 5, 3)),
        (lambda: nn.Sequential(nn.Conv2d(1, 8, 3), nn.Linear(6, 5)), (2, 1, 8, 8)),
        (lambda: nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(8 * 36, 5)), (2, 1, 8, 8)),
        (lambda: nn.Sequential(nn.Linear(3, 4), nn.Unflatten(-1, (2, 2)), nn.Linear(2, 3)), (5, 3)),
        (lambda: nn.Sequential(nn.Linear(6, 8), nn.GLU(), nn.Linear(4, 3)), (5, 6)),
    ],
)
def test_what_may_fit_is_built(make: Any, shape: tuple[int, ...]) -> None:
    model = make()
    out = model(np.ones(shape))
    assert fits(out.shape, model.gives_of(shape))


@pytest.mark.parametrize(
    "shape, pattern, fit",
    [
        ((5, 4), (..., 4), True), ((5, 3), (..., 4), False), ((), (..., 4), False), ((4,), (..., 4), True),
        ((..., 4), ("n", 4), True), ((..., 3, 4), ("n", 4), True), ((..., 3, 4), (4,), False),
        ((..., 2, 3, 4), ("n", 4), False), ((5, 3, 4), ("n", 3), False), (("n", 3), (5, 3), True),
        ((...,), (1, 2), True), ((2, 3), (...,), True), ((...,), (...,), True), ((..., 4), (..., 3, 4), True),
    ],
)  # fmt: skip
def test_what_is_known_of_a_shape(shape: Any, pattern: Any, fit: bool) -> None:
    assert fits(shape, pattern) is fit


def test_a_layer_in_a_network_is_named_when_it_is_called_wrongly() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.encoder = nn.Sequential(nn.Linear(3, 4), ag.tanh, nn.Linear(4, 2))
            self.scale = nn.Parameter(np.ones(3))

        def forward(self, x: Any) -> Any:
            return self.encoder(x) * self.scale

    with pytest.raises(ag.ShapeError, match=r"^encoder\.layers\.0: the input has shape \(5, 2\)"):
        Net()(np.ones((5, 2)))
    with pytest.raises(ag.ShapeError, match=r"^Net: multiply\("):
        Net()(np.ones((5, 3)))


# Sequential, lists and dictionaries.


def test_a_sequential_is_indexed_measured_and_walked() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    assert len(model) == 3 and [*model] == model.layers and model[-1] is model.layers[2]
    part = model[:2]
    assert type(part) is nn.Sequential and part.layers == model.layers[:2]
    with pytest.raises(ag.IndexingError, match="3 layers, and none at 3"):
        model[3]
    from_list = nn.Sequential(nn.ModuleList(model.layers))
    assert names(from_list) == names(model)


def test_a_list_of_modules() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.blocks = nn.ModuleList(nn.Linear(2, 2, rng=i) for i in range(3))

        def forward(self, x: Any) -> Any:
            for block in self.blocks:
                x = block(x)
            return x

    model = Net()
    assert names(model)[:3] == ["blocks.0.weight", "blocks.0.bias", "blocks.1.weight"]
    assert model(np.ones(2)).shape == (2,)
    one, _, three = model.blocks
    assert model.blocks[-1] is three and len(model.blocks[1:]) == 2
    model.blocks.insert(1, nn.Linear(2, 2, rng=7))
    model.blocks[2] = nn.Tanh()
    model.blocks.extend([nn.Linear(2, 5, rng=8)])
    del model.blocks[0]
    assert [type(each).__name__ for each in model.blocks] == ["Linear", "Tanh", "Linear", "Linear"]
    assert names(model) == [f"blocks.{i}.{part}" for i in (0, 2, 3) for part in ("weight", "bias")]
    assert model(np.ones(2)).shape == (5,)
    assert len(copy.deepcopy(model).blocks) == len(pickle.loads(pickle.dumps(model.blocks))) == 4  # noqa: S301
    assert repr(nn.ModuleList([nn.Tanh()])) == "ModuleList(\n  0: Tanh()\n)"
    with pytest.raises(ag.IndexingError, match="holds 4 modules, and none at 4"):
        model.blocks[4]
    with pytest.raises(ag.ArgumentError, match="only modules can be held"):
        model.blocks.append(ag.tanh)
    with pytest.raises(ag.ArgumentError, match="a list of modules, not one Linear"):
        nn.ModuleList(one)
    assert len(model.blocks) == 4
    with pytest.raises(NotImplementedError, match="ModuleList has no forward"):
        model.blocks(1)


def test_a_list_that_grows_is_seen_by_a_compiled_step() -> None:
    blocks = nn.ModuleList([nn.Linear(2, 2, rng=0)])

    def run(x: Any) -> Any:
        for block in blocks:
            x = block(x)
        return x

    step = ag.compile(run, verify=True)
    x = ag.tensor(np.ones(2, np.float32))
    assert step(x).numpy().tobytes() == run(x).numpy().tobytes()
    blocks.append(nn.Linear(2, 3, rng=1))
    assert step(x).shape == (3,)
    assert step(x).numpy().tobytes() == run(x).numpy().tobytes()


def test_a_dictionary_of_modules() -> None:
    heads = nn.ModuleDict({"digit": nn.Linear(2, 3, rng=0), "odd": nn.Linear(2, 1, rng=1)})
    heads["more"] = nn.Tanh()
    assert heads.keys() == [*heads] == ["digit", "odd", "more"] and len(heads) == 3
    assert names(heads) == ["digit.weight", "digit.bias", "odd.weight", "odd.bias"]
    assert heads.values()[2] is heads["more"] is dict(heads.items())["more"]
    del heads["more"]
    assert "more" not in heads
    for wrong in ("forward", "training", "label", "a.b", "", 3):
        with pytest.raises(ag.ArgumentError, match="cannot be a name"):
            heads[wrong] = nn.Tanh()
    with pytest.raises(ag.IndexingError, match="no module 'mroe': it has digit, odd"):
        heads["mroe"]
    with pytest.raises(ag.ArgumentError, match="only modules"):
        heads["a"] = 3
    with pytest.raises(ag.ArgumentError, match="takes a dictionary"):
        nn.ModuleDict([1, 2])


def test_residual_and_lambda() -> None:
    x = np.random.default_rng(0).standard_normal((5, 4))
    inner = nn.Linear(4, 4, rng=0, dtype=float)
    np.testing.assert_array_equal(nn.Residual(inner)(x).numpy(), x + inner(x).numpy())
    np.testing.assert_array_equal(nn.Residual(inner, ag.tanh)(x).numpy(), x + np.tanh(inner(x).numpy()))
    short = nn.Linear(4, 3, rng=1, dtype=float)
    out = nn.Residual(inner, ag.tanh, lambda z: z[:, :3], shortcut=short)(x)
    np.testing.assert_array_equal(out.numpy(), short(x).numpy() + np.tanh(inner(x).numpy())[:, :3])
    around = nn.Residual(nn.Linear(4, 3), shortcut=short)
    assert names(around) == ["inner.weight", "inner.bias", "shortcut.weight", "shortcut.bias"]
    with pytest.raises(ag.ShapeError, match=r"make \(5, 1\) of \(5, 4\), which cannot be added"):
        nn.Residual(lambda z: z[:, :1])(x)
    with pytest.raises(ag.ArgumentError, match="nothing to go around"):
        nn.Residual()
    with pytest.raises(ag.ArgumentError, match="shortcut is a module"):
        nn.Residual(inner, shortcut=3)
    assert nn.Lambda(lambda a, b: a + b)(ag.tensor(1.0), ag.tensor(2.0)).item() == 3
    with pytest.raises(ag.ArgumentError, match="Lambda takes a function"):
        nn.Lambda(3)


# The tree.


def test_apply_reaches_every_module_once_the_inner_ones_first() -> None:
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, nn.Sequential(nn.Tanh(), shared), nn.Linear(2, 1))
    seen: list[nn.Module] = []
    assert model.apply(seen.append) is model
    assert len(seen) == 5 and seen[-1] is model and seen.index(model[1]) > seen.index(model[1][0])
    with pytest.raises(ag.ArgumentError, match="a function of a module"):
        model.apply(3)


@pytest.mark.parametrize("compiled", [False, True])
def test_what_is_frozen_is_not_trained_and_can_be_again(compiled: bool) -> None:
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 1, rng=1))
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def step(x: Any) -> Any:
        cost = ag.sum(ag.square(model(x)))
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return cost

    run: Any = ag.compile(step, verify=True) if compiled else step
    x = ag.tensor(np.ones((2, 3), np.float32))
    run(x)
    assert model[0].freeze() is model[0]
    assert all(p.grad is None for p in model[0].parameters())
    before = [p.numpy().tobytes() for p in model.parameters()]
    for _ in range(3):
        run(x)
    after = [p.numpy().tobytes() for p in model.parameters()]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, True, False, False]
    assert len(model.parameters()) == 4 and not model.buffers()
    model.unfreeze()
    run(x)
    assert all(p.requires_grad for p in model.parameters())
    now = [p.numpy().tobytes() for p in model.parameters()]
    assert not [1 for one, other in zip(after, now, strict=True) if one == other]


def test_zero_grad_forgets_gradients() -> None:
    model = nn.Linear(2, 1, rng=0)
    model(np.ones(2)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_a_linear_layer_without_bias() -> None:
    layer = nn.Linear(3, 2, rng=0, dtype=float, bias=False)
    x = np.random.default_rng(0).standard_normal((5, 3))
    np.testing.assert_allclose(layer(x).numpy(), x @ layer.weight.numpy().T, rtol=1e-14)
    assert (
        layer.bias is None and names(layer) == ["weight"] and repr(layer) == "Linear(3, 2, dtype=float64, bias=False)"
    )
    with_bias = nn.Linear(3, 2, rng=0, dtype=float)
    np.testing.assert_array_equal(with_bias.weight.numpy(), layer.weight.numpy())


# Activations as modules.


@pytest.mark.parametrize(
    "module, function",
    [
        (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
        (nn.Tanh(), np.tanh),
        (nn.ReLU(), lambda x: np.maximum(x, 0)),
        (nn.ReLU6(), lambda x: np.clip(x, 0, 6)),
        (nn.LeakyReLU(0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
        (nn.PReLU(1, 0.3, dtype=float), lambda x: np.where(x > 0, x, 0.3 * x)),
        (nn.ELU(0.5), lambda x: np.where(x > 0, x, 0.5 * (np.exp(x) - 1))),
        (nn.CELU(0.5), lambda x: np.where(x > 0, x, 0.5 * (np.exp(x / 0.5) - 1))),
        (nn.SELU(), lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1))),
        (nn.GELU("tanh"), lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))),
        (nn.SiLU(), lambda x: x / (1 + np.exp(-x))),
        (nn.Mish(), lambda x: x * np.tanh(np.log(1 + np.exp(x)))),
        (nn.Softplus(), lambda x: np.log(1 + np.exp(x))),
        (nn.Softsign(), lambda x: x / (1 + abs(x))),
        (nn.LogSigmoid(), lambda x: -np.log(1 + np.exp(-x))),
        (nn.Hardtanh(-0.5, 2), lambda x: np.clip(x, -0.5, 2)),
        (nn.Hardsigmoid(), lambda x: np.clip(x / 6 + 0.5, 0, 1)),
        (nn.Hardswish(), lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
        (nn.Softmax(0), lambda x: np.exp(x) / np.exp(x).sum(axis=0)),
        (nn.LogSoftmax(), lambda x: x - np.log(np.exp(x).sum(axis=-1, keepdims=True))),
        (nn.Softmin(), lambda x: np.exp(-x) / np.exp(-x).sum(axis=-1, keepdims=True)),
        (nn.GLU(0), lambda x: x[:2] / (1 + np.exp(-x[2:]))),
        (nn.Identity(), lambda x: x),
    ],
    ids=lambda value: repr(value) if isinstance(value, nn.Module) else "",
)
def test_an_activation_as_a_module(module: nn.Module, function: Any) -> None:
    x = 3 * np.random.default_rng(0).standard_normal((4, 5))
    np.testing.assert_allclose(np.asarray(module.freeze()(ag.tensor(x)).numpy()), function(x), rtol=1e-12, atol=1e-14)
    assert repr(module).startswith(type(module).__name__ + "(")


@pytest.mark.parametrize("name", nn.layers.ACTIVATIONS)
def test_every_activation_by_name_in_a_network(name: str) -> None:
    model = nn.MLP([3, 4, 2], activation=name, output="identity", rng=0, dtype=float)
    x = np.random.default_rng(0).standard_normal((5, 3))
    hidden = nn.layers.ACTIVATIONS[name]()(model.layers[0](x))
    np.testing.assert_array_equal(model(x).numpy(), model.layers[1](hidden).numpy())
    if name != "sigmoid":
        with pytest.raises(ag.ArgumentError, match="a sigmoid network"):
            nn.closed_form.gradients(model, x, np.zeros((5, 2)))


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: nn.LeakyReLU("a"), "LeakyReLU: negative_slope must be"),
        (lambda: nn.Hardtanh(1, 1), "min must be below max"),
        (lambda: nn.GELU("erf"), '"none" or "tanh"'),
        (lambda: nn.Softmax(0.5), "axis must be a whole number"),
        (lambda: nn.PReLU(3)(np.ones((2, 4))), r"takes \(examples, 3\)"),
        (lambda: nn.GLU()(np.ones((2, 3))), "no two halves"),
    ],
)
def test_an_activation_that_cannot_be_says_so(make: Any, said: str) -> None:
    with pytest.raises(ag.AutogradError, match=said):
        make()
