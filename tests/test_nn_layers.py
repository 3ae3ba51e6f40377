"""Every layer, from one table: shapes, dtypes, gradients, states, copies, and compiled steps with the same bits."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from conftest import World
from nn.layers.layer import ANY, Layer, fits


def first(found: tuple[Any, ...]) -> Any:
    """The outputs of a recurrent layer, without its state."""
    return found[0]


LAYERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "Linear": (lambda: nn.Linear(4, 3, rng=0), (5, 4)),
    "Linear-3d": (lambda: nn.Linear(4, 3, rng=0), (2, 5, 4)),
    "Linear-no-bias": (lambda: nn.Linear(4, 3, rng=0, bias=False), (5, 4)),
    "Conv1d": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2, rng=0), (2, 4, 9)),
    "Conv1d-same": (lambda: nn.Conv1d(2, 3, 4, padding="same", rng=0), (2, 2, 6)),
    "Conv2d": (lambda: nn.Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 0), rng=0), (2, 2, 5, 6)),
    "Conv2d-no-bias": (lambda: nn.Conv2d(2, 3, 3, bias=False, rng=0), (2, 2, 5, 4)),
    "Conv3d": (lambda: nn.Conv3d(1, 2, (1, 2, 3), padding=1, rng=0), (2, 1, 3, 3, 3)),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(4, 6, 3, 2, 1, 1, 2, dilation=2, rng=0), (2, 4, 5)),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, rng=0), (2, 2, 3, 4)),
    "MaxPool1d": (lambda: nn.MaxPool1d(2), (2, 3, 7)),
    "MaxPool1d-ceil": (lambda: nn.MaxPool1d(3, 2, 1, ceil_mode=True), (2, 3, 8)),
    "MaxPool2d": (lambda: nn.MaxPool2d(3, 2, 1), (2, 3, 5, 6)),
    "MaxPool3d": (lambda: nn.MaxPool3d(2, dilation=2), (1, 2, 4, 4, 4)),
    "AvgPool1d": (lambda: nn.AvgPool1d(3, 1, 1, count_include_pad=False), (2, 3, 6)),
    "AvgPool2d": (lambda: nn.AvgPool2d(2, ceil_mode=True), (2, 3, 5, 7)),
    "AvgPool3d": (lambda: nn.AvgPool3d(2), (1, 2, 4, 4, 4)),
    "AdaptiveAvgPool1d": (lambda: nn.AdaptiveAvgPool1d(3), (2, 2, 7)),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d((1, None)), (2, 2, 5, 4)),
    "AdaptiveMaxPool1d": (lambda: nn.AdaptiveMaxPool1d(3), (2, 2, 7)),
    "AdaptiveMaxPool2d": (lambda: nn.AdaptiveMaxPool2d(2), (2, 2, 5, 4)),
    "Flatten": (nn.Flatten, (2, 3, 4, 2)),
    "Flatten-middle": (lambda: nn.Flatten(1, 2), (2, 3, 4, 2)),
    "Unflatten": (lambda: nn.Unflatten(1, (2, -1)), (3, 8)),
    "Dropout": (lambda: nn.Dropout(0.5, rng=0), (5, 4)),
    "Dropout2d": (lambda: nn.Dropout2d(0.5, rng=0), (3, 4, 2, 2)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(4), (6, 4)),
    "BatchNorm1d-long": (lambda: nn.BatchNorm1d(4), (3, 4, 5)),
    "BatchNorm1d-bare": (lambda: nn.BatchNorm1d(4, affine=False, track_running_stats=False), (6, 4)),
    "BatchNorm1d-mean": (lambda: nn.BatchNorm1d(4, momentum=None), (6, 4)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(3), (2, 3, 4, 5)),
    "LayerNorm": (lambda: nn.LayerNorm(4), (5, 3, 4)),
    "LayerNorm-two": (lambda: nn.LayerNorm((3, 4), bias=False), (5, 3, 4)),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), (3, 4, 3, 2)),
    "GroupNorm-bare": (lambda: nn.GroupNorm(4, 4, affine=False), (3, 4, 6)),
    "RMSNorm": (lambda: nn.RMSNorm(4), (5, 4)),
    "Residual": (lambda: nn.Residual(nn.Linear(4, 4, rng=0), nn.Tanh()), (5, 4)),
    "Residual-shortcut": (lambda: nn.Residual(nn.Linear(4, 3, rng=0), shortcut=nn.Linear(4, 3, rng=1)), (5, 4)),
    "Lambda": (lambda: nn.Lambda(ag.square), (5, 4)),
    "Sequential": (lambda: nn.Sequential(nn.Linear(4, 3, rng=0), nn.Tanh(), nn.Linear(3, 2, rng=1)), (5, 4)),
    "GLU": (nn.GLU, (5, 4)),
    "PReLU": (nn.PReLU, (5, 4)),
    "RNN": (lambda: nn.Sequential(nn.RNN(3, 4, nonlinearity="relu", rng=0), nn.Lambda(first)), (2, 5, 3)),
    "GRU": (lambda: nn.Sequential(nn.GRU(2, 2, 2, dropout=0.3, rng=0), nn.Lambda(first)), (2, 3, 2)),
    "LSTM": (lambda: nn.Sequential(nn.LSTM(2, 2, bidirectional=True, rng=0), nn.Lambda(first)), (2, 2, 2)),
    "LSTM-one": (lambda: nn.Sequential(nn.LSTM(3, 2, bias=False, rng=0), nn.Lambda(first)), (2, 3)),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(4, 2, dropout=0.2, rng=0), (2, 3, 4)),
    "MultiheadAttention-one": (lambda: nn.MultiheadAttention(6, 3, bias=False, rng=0), (4, 6)),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(4, 2, 4, 0.2, rng=0), (2, 2, 4)),
    "TransformerEncoderLayer-first": (
        lambda: nn.TransformerEncoderLayer(4, 2, 4, activation="gelu", norm_first=True, rng=0), (2, 2, 4)
    ),
    "PReLU-channels": (lambda: nn.PReLU(4), (5, 4, 3)),
}  # fmt: skip
PLAIN: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    kind.__name__: (kind, (5, 4))
    for kind in (
        nn.Sigmoid, nn.Tanh, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish,
        nn.Softplus, nn.Softsign, nn.LogSigmoid, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish, nn.Softmax, nn.LogSoftmax,
        nn.Softmin, nn.Identity,
    )
}  # fmt: skip
"""Operations of `ag` as they are, whose gradients are checked with them."""

EVERY = LAYERS | PLAIN
every_layer = pytest.mark.parametrize("name", EVERY)


def made(name: str, dtype: Any = np.float32, seed: int = 0) -> tuple[Any, np.ndarray]:
    make, shape = EVERY[name]
    return make(), np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def values(out: Any) -> np.ndarray:
    return out.numpy() if isinstance(out, ag.Tensor) else out


def in_double(layer: nn.Module) -> nn.Module:
    """The same layer with its parameters and buffers in double precision, away from their special first values."""
    rng = np.random.default_rng(7)

    def widen(module: nn.Module) -> None:
        if hasattr(module, "dtype"):
            module.dtype = np.dtype(float)
        for key, value in vars(module).items():
            if isinstance(value, ag.Tensor) and value.dtype == np.float32:
                values = value.numpy() + 0.1 * rng.random(value.shape)
                setattr(module, key, ag.tensor(values, requires_grad=value.requires_grad, name=value.name))

    return layer.apply(widen)


def test_the_table_has_every_layer() -> None:
    public = {name for name in nn.layers.__all__ if isinstance(getattr(nn.layers, name), type)}
    within = {type(module).__name__ for make, _ in EVERY.values() for _, module in make().named_modules()}
    assert public - within == {"Embedding", "ModuleDict", "ModuleList"}


@every_layer
def test_a_layer_says_the_shape_that_it_gives_and_keeps_single_precision(name: str) -> None:
    layer, x = made(name)
    out = layer(x)
    assert out.dtype == np.float32
    assert all(p.dtype == np.float32 for p in layer.parameters())
    if isinstance(layer, Layer):
        assert fits(out.shape, layer.gives_of(ANY))
        assert fits(out.shape, layer.gives_of(("examples", *x.shape[1:])))
        assert layer.gives_of(x.shape) == ANY or len(layer.gives_of(x.shape)) == out.ndim
        assert fits(out.shape, layer.gives_of(x.shape))
    assert type(layer).__name__ in repr(layer)


LONG = ("RNN", "GRU", "LSTM", "MultiheadAttention", "TransformerEncoderLayer")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name.startswith(LONG) else []) for name in LAYERS]
)
def test_gradients_of_a_layer_in_double_precision(name: str) -> None:
    layer, x = made(name, float)
    layer = in_double(layer)
    if "Norm" not in name:
        layer.eval()
    places = [
        (module, key)
        for _, module in layer.named_modules()
        for key, value in vars(module).items()
        if isinstance(value, ag.Tensor) and value.requires_grad
    ]

    def run(x: Any, *parameters: Any) -> Any:
        for (module, key), parameter in zip(places, parameters, strict=True):
            setattr(module, key, parameter)
        return layer(x)

    assert ag.gradcheck(run, x, *(getattr(*place).numpy() for place in places))


@every_layer
def test_a_compiled_step_has_the_bits_of_an_eager_one(name: str) -> None:
    """Also running statistics and random numbers; in training, in evaluation, in training again."""
    steps = []
    for compiled in (False, True):
        layer, x = made(name)
        head = nn.Parameter(np.ones(1), name="head")
        optimizer = nn.SGD([*layer.parameters(), head], lr=0.01)

        def step(x: Any, layer: Any = layer, head: Any = head, optimizer: Any = optimizer) -> Any:
            cost = ag.sum(ag.square(layer(x) * head)) / x.shape[0]
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return cost

        run = ag.compile(step, verify=True) if compiled else step
        seen = []
        for call in range(9):
            layer.train(call % 5 != 3)
            seen.append(run(ag.tensor(x * (1 + 0.1 * call))).numpy().tobytes())
        seen += [value.tobytes() for value in layer.state_dict().values()] + [head.numpy().tobytes()]
        steps.append(seen)
    assert steps[0] == steps[1]


@every_layer
def test_a_layer_is_copied_pickled_and_loaded_whole(name: str) -> None:
    if name == "Lambda":
        return
    layer, x = made(name)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):  # noqa: S301
        assert repr(twin) == repr(layer)
        assert {k: v.tobytes() for k, v in twin.state_dict().items()} == {
            k: v.tobytes() for k, v in layer.state_dict().items()
        }
        assert values(twin(x)).tobytes() == values(copy.deepcopy(layer)(x)).tobytes()
    other, _ = made(name)
    other.load_state_dict({key: value + 1 for key, value in layer.state_dict().items()})
    layer.load_state_dict(other.state_dict())
    assert values(layer.eval()(x)).tobytes() == values(other.eval()(x)).tobytes()


@every_layer
def test_a_layer_runs_where_its_parameters_are_with_nothing_converted(name: str, world: World) -> None:
    layer, x = made(name, float)
    here = in_double(layer)
    there = copy.deepcopy(here)
    for _, module in there.named_modules():
        for key, value in list(vars(module).items()):
            if isinstance(value, ag.Tensor):
                setattr(module, key, world.tensor(value.numpy(), requires_grad=value.requires_grad, name=value.name))
    if name.startswith(("Dropout", "GRU", "MultiheadAttention", "TransformerEncoderLayer")):
        for each in (here, there):
            each.eval()  # a generator draws in its own world
    x_here, x_there = ag.tensor(x, requires_grad=True), world.tensor(x, requires_grad=True)
    world.conversions.clear()
    out = there(x_there)
    (out * out).sum().backward()
    assert world.conversions == []
    expected = here(x_here)
    (expected * expected).sum().backward()
    pairs = [(x_there.grad, x_here.grad), (out.data, expected.data)]
    pairs += [(a.grad, b.grad) for a, b in zip(there.parameters(), here.parameters(), strict=True)]
    pairs += [(a.data, b.data) for a, b in zip(there.buffers(), here.buffers(), strict=True)]
    for mine, theirs in pairs:
        assert type(mine) is world.array_type
        np.testing.assert_allclose(world.to_numpy(mine), theirs, rtol=1e-10, atol=1e-12)
