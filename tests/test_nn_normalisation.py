"""Normalisations against the published formulas; running statistics step by step, eagerly, compiled, and at rest."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn


def snapshot(module: nn.Module) -> dict[str, bytes]:
    return {path: value.tobytes() for path, value in module.state_dict().items()}


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def with_values(layer: Any, seed: int = 9) -> Any:
    rng = np.random.default_rng(seed)
    for parameter in layer.parameters():
        parameter.assign(rng.standard_normal(parameter.shape).astype(parameter.dtype))
    return layer


KINDS = {
    "1d": (lambda **more: nn.BatchNorm1d(3, dtype=float, **more), (6, 3)),
    "1d-long": (lambda **more: nn.BatchNorm1d(3, dtype=float, **more), (4, 3, 5)),
    "2d": (lambda **more: nn.BatchNorm2d(3, dtype=float, **more), (4, 3, 2, 5)),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
@pytest.mark.parametrize("momentum", [0.1, 0.7, None])
def test_batch_normalisation_is_that_of_the_algorithms(kind: str, momentum: float | None) -> None:
    make, shape = KINDS[kind]
    layer = with_values(make(momentum=momentum))
    gamma, beta = layer.weight.numpy(), layer.bias.numpy()
    mean, variance = np.zeros(3), np.ones(3)
    for step in range(1, 5):
        x = 2 * normal(*shape, seed=step) + step
        columns = np.moveaxis(x, 1, 0).reshape(3, -1)
        m, v = columns.mean(axis=1), columns.var(axis=1)
        along = (1, 3, *(1,) * (x.ndim - 2))
        expected = (x - m.reshape(along)) / np.sqrt(v + 1e-5).reshape(along) * gamma.reshape(along) + beta.reshape(
            along
        )
        np.testing.assert_allclose(layer(x).numpy(), expected, rtol=1e-11, atol=1e-12)
        share = 1 / step if momentum is None else momentum
        mean = (1 - share) * mean + share * m
        variance = (1 - share) * variance + share * columns.var(axis=1, ddof=1)
        np.testing.assert_allclose(layer.running_mean.numpy(), mean, rtol=1e-12)
        np.testing.assert_allclose(layer.running_var.numpy(), variance, rtol=1e-12)
        assert layer.num_batches_tracked.item() == step
    before = snapshot(layer)
    x = normal(*shape, seed=9)
    expected = (x - mean.reshape(along)) / np.sqrt(variance + 1e-5).reshape(along) * gamma.reshape(along)
    np.testing.assert_allclose(layer.eval()(x).numpy(), expected + beta.reshape(along), rtol=1e-11, atol=1e-12)
    assert snapshot(layer) == before


def test_evaluation_and_no_grad_leave_the_running_statistics_alone() -> None:
    layer = nn.BatchNorm1d(2)
    x = normal(5, 2)
    layer(x)
    before = snapshot(layer)
    layer.eval()
    layer(x + 1)
    layer.train()
    with ag.no_grad():
        layer(x + 1)
        ag.compile(layer)(ag.tensor(x + 1))
    nn.accuracy(nn.Sequential(layer, nn.Linear(2, 2)), x, np.zeros(5, int))
    layer.summary((5, 2))
    assert snapshot(layer) == before
    assert layer.training
    layer(x)
    assert snapshot(layer) != before


def test_running_statistics_are_buffers_in_single_precision_without_gradients() -> None:
    layer = nn.BatchNorm2d(3)
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert [name for name, _ in layer.named_buffers()] == ["running_mean", "running_var", "num_batches_tracked"]
    before = [id(each) for each in layer.buffers()]
    out = layer(normal(2, 3, 4, 4))
    assert [id(each) for each in layer.buffers()] == before
    assert all(each.node is None and not each.requires_grad for each in layer.buffers())
    assert [str(each.dtype) for each in layer.buffers()] == ["float32", "float32", "int64"]
    assert not {id(each) for each in layer.buffers()} & {id(each) for each in ag.ancestors(out)}


def trained(compiled: bool, steps: int = 20, **options: Any) -> nn.Sequential:
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, rng=0), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 6, rng=1),
        nn.BatchNorm1d(6, **options), nn.Tanh(), nn.Dropout(0.25, rng=2), nn.Linear(6, 2, rng=3),
    )  # fmt: skip
    optimizer = nn.Adam(model.parameters(), lr=0.01)

    def step(x: Any, y: Any) -> Any:
        cost = nn.quadratic_cost(model(x), y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return cost

    run: Any = ag.compile(step, verify=True) if compiled else step
    for each in range(steps):
        rng = np.random.default_rng(each)
        x = rng.standard_normal((3 + each % 2, 1, 4, 4)).astype(np.float32)
        run(ag.tensor(x), ag.tensor(np.ones((len(x), 2), np.float32)))
        if each == 7:
            model.eval()
            model(x)
            model.train()
        if each == 11:
            model[1].eval()  # one layer at rest while the others go on
        if each == 15:
            model[5].momentum = 0.5
    return model


@pytest.mark.parametrize("momentum", [0.1, pytest.param(None, marks=pytest.mark.slow)])
def test_running_statistics_in_compiled_steps_have_the_same_bits_and_are_audited(momentum: Any) -> None:
    """Every call is audited; the audit itself, which runs each step once more, must not count twice."""
    eager, compiled = trained(False, momentum=momentum), trained(True, momentum=momentum)
    assert snapshot(eager) == snapshot(compiled)
    assert compiled[1].num_batches_tracked.item() == 12
    assert compiled[5].num_batches_tracked.item() == 20


def test_fit_updates_running_statistics_once_a_step_and_never_in_validation() -> None:
    x = normal(40, 3)
    y = (x[:, :1] > 0).astype(float)
    found = []
    for compile in (True, False):
        model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 1, rng=0), nn.Sigmoid())
        nn.fit(
            model, nn.quadratic_cost, (x, y), nn.SGD(model.parameters(), 0.5), 3, 8, validation=(x + 5, y), rng=0,
            progress=False, compile=compile,
        )  # fmt: skip
        assert model[0].num_batches_tracked.item() == 15
        assert abs(model[0].running_mean.numpy() - (1 - 0.9**15) * x.mean(axis=0)).max() < 0.3
        found.append(snapshot(model))
    assert found[0] == found[1]


def test_a_model_that_is_loaded_goes_on_with_its_statistics() -> None:
    model = trained(True, 5)
    twin = copy.deepcopy(model)
    fresh = trained(False, 0)
    fresh.load_state_dict(model.state_dict())
    x = normal(4, 1, 4, 4)
    for other in (twin, fresh):
        assert other.eval()(x).numpy().tobytes() == model.eval()(x).numpy().tobytes()
    model.train()(x)
    assert snapshot(twin) != snapshot(model)


def test_one_number_a_channel_cannot_be_trained_on_and_changes_nothing() -> None:
    layer = nn.BatchNorm1d(2)
    before = snapshot(layer)
    with pytest.raises(ag.ShapeError, match=r"BatchNorm1d: the input has shape \(1, 2\): of one number .*drop_last"):
        layer(np.ones((1, 2)))
    assert snapshot(layer) == before
    assert layer.eval()(np.ones((1, 2))).shape == (1, 2)
    assert nn.BatchNorm2d(2)(np.ones((1, 2, 1, 3))).shape == (1, 2, 1, 3)


@pytest.mark.parametrize("shape, axes", [(4, (-1,)), ((3, 4), (-2, -1))])
def test_layer_normalisation(shape: Any, axes: tuple[int, ...]) -> None:
    x = 3 * normal(5, 3, 4) + 1
    layer = with_values(nn.LayerNorm(shape, dtype=float))
    y = (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + 1e-5)
    np.testing.assert_allclose(layer(x).numpy(), y * layer.weight.numpy() + layer.bias.numpy(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(nn.LayerNorm(shape, affine=False, dtype=float)(x).numpy(), y, rtol=1e-12, atol=1e-13)
    shifted = nn.LayerNorm(shape, bias=False, eps=0.5)
    assert shifted.bias is None and "eps=0.5, bias=False" in repr(shifted)


def test_root_mean_square_normalisation() -> None:
    x = 3 * normal(5, 4) + 1
    layer = with_values(nn.RMSNorm(4, dtype=float))
    y = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + np.finfo(float).eps) * layer.weight.numpy()
    np.testing.assert_allclose(layer(x).numpy(), y, rtol=1e-12)
    assert nn.RMSNorm(4).eps == np.finfo(np.float32).eps


@pytest.mark.parametrize("shape", [(2, 6), (2, 6, 5), (2, 6, 3, 4)])
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_group_normalisation(shape: tuple[int, ...], groups: int) -> None:
    x = 3 * normal(*shape) + 1
    layer = with_values(nn.GroupNorm(groups, 6, dtype=float))
    if len(shape) == 2 and groups == 6:  # of one number the variance is 0
        np.testing.assert_allclose(layer(x).numpy(), np.broadcast_to(layer.bias.numpy(), shape), atol=1e-12)
        return
    expected = np.empty(shape)
    for i in range(len(x)):
        for channels in np.split(np.arange(6), groups):
            part = x[i, channels]
            expected[i, channels] = (part - part.mean()) / np.sqrt(part.var() + 1e-5)
    along = (1, 6, *(1,) * (len(shape) - 2))
    expected = expected * layer.weight.numpy().reshape(along) + layer.bias.numpy().reshape(along)
    np.testing.assert_allclose(layer(x).numpy(), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    "call, kind, said",
    [
        (lambda: nn.BatchNorm1d(3)(np.ones((4, 2))), ag.ShapeError,
         r"BatchNorm1d: the input has shape \(4, 2\), but BatchNorm1d\(3, dtype=float32\) takes \(examples, 3\) or "),
        (lambda: nn.BatchNorm2d(3)(np.ones((4, 3))), ag.ShapeError, r"takes \(examples, 3, height, width\)"),
        (lambda: nn.BatchNorm2d(3)(np.ones((3, 4, 4))), ag.ShapeError, r"of one example, give x\[None\]"),
        (lambda: nn.BatchNorm1d(0), ag.ArgumentError, "num_features must be a whole number of at least 1"),
        (lambda: nn.BatchNorm1d(3, momentum=1.5), ag.ArgumentError, "momentum is a share"),
        (lambda: nn.BatchNorm1d(3, eps=-1), ag.ArgumentError, "eps must be at least 0"),
        (lambda: nn.LayerNorm(3)(np.ones((4, 2))), ag.ShapeError, r"takes \(…, 3\)"),
        (lambda: nn.LayerNorm(()), ag.ArgumentError, "normalized_shape"),
        (lambda: nn.LayerNorm(3, dtype=int), ag.DtypeError, "int64 is data"),
        (lambda: nn.GroupNorm(4, 6), ag.ArgumentError, "6 channels do not divide into 4 groups"),
        (lambda: nn.GroupNorm(2, 6)(np.ones((4, 5))), ag.ShapeError, r"takes \(examples, 6\)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_so(call: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        call()
