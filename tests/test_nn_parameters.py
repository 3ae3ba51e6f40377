"""Parameters and buffers: what is trained, what is only saved, and what a module's paths may be called."""

from __future__ import annotations

import copy
import gc
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.parameter import is_parameter


class Norm(nn.Module):
    """A running mean beside a weight; the mean is a buffer that training assigns to."""

    def __init__(self, size: int = 2) -> None:
        self.weight = nn.Parameter(np.ones(size), name="w")
        self.mean = ag.tensor(np.zeros(size, np.float32), name="mean")
        self.seen = ag.tensor(0)

    def forward(self, x: Any) -> ag.Tensor:
        x = ag.asarray(x)
        if self.training:
            with ag.no_grad():
                self.mean.assign(0.75 * self.mean + 0.25 * x.mean(axis=0))
                self.seen.assign(self.seen + 1)
        return (x - self.mean) * self.weight


def state(module: nn.Module) -> dict[str, bytes]:
    return {path: value.tobytes() for path, value in module.state_dict().items()}


# What is a parameter.


@pytest.mark.parametrize("data", [2.0, [1.0, 2.0], np.ones((2, 3)), ag.tensor([1.0]), np.float64(3)],
                         ids=["number", "list", "array", "tensor", "scalar"])  # fmt: skip
def test_a_parameter_is_a_single_precision_leaf_of_its_own(data: Any) -> None:
    parameter = nn.Parameter(data)
    assert type(parameter) is ag.Tensor and parameter.node is None and parameter.requires_grad
    assert parameter.dtype == np.float32
    assert nn.Parameter(data, dtype=float).dtype == np.float64
    assert is_parameter(parameter)
    if isinstance(data, np.ndarray):
        data[:] = 7
        assert parameter.numpy().max() == 1


@pytest.mark.parametrize("dtype", [np.float32, float, "float32", np.dtype(np.float64)], ids=str)
def test_a_parameter_has_numpys_own_dtype_object(dtype: Any) -> None:
    """Updates and layers compare dtypes by identity, so that an equal object of another address is a slow one."""
    for tensor in (nn.Parameter(1.0, dtype=dtype), ag.tensor(np.ones(2, np.float16), dtype=dtype),
                   ag.asarray(np.ones(2, np.float16)).astype(dtype), nn.Linear(1, 1, dtype=dtype).weight):  # fmt: skip
        assert tensor.dtype is np.dtype(dtype)


def test_a_parameter_of_whole_numbers_is_refused() -> None:
    with pytest.raises(ag.DtypeError, match="int64 is data"):
        nn.Parameter([1, 2], dtype=int)
    with pytest.raises(ag.AutogradError):
        nn.Parameter("words")


def test_buffers_are_saved_and_never_trained() -> None:
    model = Norm()
    assert [name for name, _ in model.named_parameters()] == ["weight"]
    assert [name for name, _ in model.named_buffers()] == ["mean", "seen"]
    assert [id(b) for b in model.buffers()] == [id(model.mean), id(model.seen)]
    assert list(model.state_dict()) == ["weight", "mean", "seen"]
    assert model.state_dict()["seen"].dtype.kind == "i"
    other = Norm()
    other.load_state_dict({"weight": np.full(2, 3), "mean": np.ones(2), "seen": 4})
    assert (other.weight.numpy().tolist(), other.mean.numpy().tolist(), other.seen.item()) == ([3, 3], [1, 1], 4)
    with pytest.raises(ag.ShapeError, match=r"wrong dtype: seen is int64 in the model and float64"):
        other.load_state_dict({"weight": np.full(2, 3), "mean": np.ones(2), "seen": 4.5})


@pytest.mark.parametrize("compiled", [False, True])
def test_fit_trains_the_parameters_and_leaves_the_buffers_to_the_model(compiled: bool) -> None:
    x = np.arange(12, dtype=np.float32).reshape(6, 2) / 10
    model = Norm()
    optimizer = nn.SGD(model.parameters(), 0.1, momentum=0.5)
    assert len(optimizer.parameters) == len(optimizer.velocities) == 1
    nn.fit(model, nn.quadratic_cost, (x, x), optimizer, 3, 2, rng=0, progress=False, compile=compiled)
    assert model.seen.item() == 9
    assert not model.mean.requires_grad and model.mean.grad is None
    expected, order = np.zeros(2, np.float32), np.random.default_rng(0)
    for _ in range(3):
        rows = order.permutation(6)
        for start in (0, 2, 4):
            expected = np.float32(0.75) * expected + np.float32(0.25) * x[rows[start : start + 2]].mean(axis=0)
    np.testing.assert_array_equal(model.mean.numpy(), expected)


def test_a_leaf_that_requires_a_gradient_is_a_parameter_and_stays_one_when_frozen() -> None:
    model = nn.Module()
    model.plain = ag.tensor(1.0, requires_grad=True)
    model.many = [ag.tensor(2.0, requires_grad=True), {"a": ag.tensor(3.0, requires_grad=True)}]
    model.buffer = ag.tensor(4.0)
    model.many.append(nn.Parameter(5.0, requires_grad=False))
    model.plain.requires_grad = False
    model.many[1]["a"].requires_grad = False
    assert [name for name, _ in model.named_parameters()] == ["plain", "many.0", "many.1.a", "many.2"]
    assert [name for name, _ in model.named_buffers()] == ["buffer"]


def test_frozen_parameters_are_passed_over_and_thawed() -> None:
    model = nn.MLP([2, 2, 1], rng=0)
    names = [name for name, _ in model.named_parameters()]
    model.layers[0].weight.requires_grad = False
    assert [name for name, _ in model.named_parameters()] == names and not model.buffers()
    optimizer = nn.Adam(model.parameters(), 0.1)
    x, y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    before = state(model)
    nn.fit(model, nn.quadratic_cost, (x, y), optimizer, 2, 2, rng=0, progress=False)
    changed = [path for path, value in state(model).items() if value != before[path]]
    assert changed == ["layers.0.bias", "layers.1.weight", "layers.1.bias"]
    model.layers[0].weight.requires_grad = True
    nn.fit(model, nn.quadratic_cost, (x, y), optimizer, 2, 2, rng=0, progress=False)
    assert state(model)["layers.0.weight"] != before["layers.0.weight"]


@pytest.mark.parametrize("twin", [copy.deepcopy, copy.copy, lambda m: pickle.loads(pickle.dumps(m))],  # noqa: S301
                         ids=["deepcopy", "copy", "pickle"])  # fmt: skip
def test_frozen_parameters_stay_parameters_in_copies(twin: Any) -> None:
    model = nn.Sequential(nn.Linear(2, 1, rng=0), Norm(1))
    model.layers[0].weight.requires_grad = False
    other = twin(model)
    assert [name for name, _ in other.named_parameters()] == ["layers.0.weight", "layers.0.bias", "layers.1.weight"]
    assert [name for name, _ in other.named_buffers()] == ["layers.1.mean", "layers.1.seen"]
    assert vars(other).keys() == vars(model).keys()
    assert not other.layers[0].weight.requires_grad


def test_a_result_of_a_graph_is_neither_parameter_nor_buffer() -> None:
    model = nn.Linear(2, 1, rng=0)
    model.last = model(np.ones(2, np.float32))
    assert model.last.node is not None
    assert list(model.state_dict()) == ["weight", "bias"]
    assert len(model.parameters()) == 2 and not model.buffers()


def test_marks_keep_no_tensor_alive() -> None:
    from nn import parameter

    gc.collect()
    before = len(parameter._marked)
    kept = [nn.Parameter(1.0) for _ in range(5)]
    assert len(parameter._marked) == before + 5
    kept.clear()
    assert len(parameter._marked) == before


def test_a_table_tells_buffers_from_parameters() -> None:
    shown = Norm()._repr_html_()
    assert "mean (2,) float32, a buffer" in shown and "weight (2,) float32<" not in shown
    assert "Norm(): 2 numbers in its parameters" in shown


# Paths.


class Alike(nn.Module):
    def __init__(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            setattr(self, name, value)


@pytest.mark.parametrize(
    "attributes, path, places",
    [
        ({"d": {1: 1.0, "1": 2.0}}, "d.1", ("d[1]", "d['1']")),
        ({"d": {"a.b": 1.0, "a": {"b": 2.0}}}, "d.a.b", ("d['a.b']", "d['a']['b']")),
        ({"a.0": 1.0, "a": [2.0]}, "a.0", ("a.0", "a[0]")),
        ({"d": {None: 1.0, "None": 2.0}}, "d.None", ("d[None]", "d['None']")),
    ],
    ids=["key types", "dots", "attribute", "none"],
)
@pytest.mark.parametrize("make", [nn.Parameter, ag.tensor], ids=["parameters", "buffers"])
def test_two_paths_that_are_spelled_alike_lose_no_tensor(
    attributes: Any, path: str, places: tuple[str, str], make: Any
) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(each) for key, each in value.items()}
        return [filled(each) for each in value] if isinstance(value, list) else make(value)

    inner = Alike(**filled(attributes))
    named = inner.named_parameters if make is nn.Parameter else inner.named_buffers
    for ask in (inner.state_dict, lambda: dict(named()), lambda: inner.load_state_dict({})):
        with pytest.raises(ag.ArgumentError) as caught:
            ask()
        assert f"Alike: two tensors have the path {path!r}, {places[0]} and {places[1]}" in str(caught.value)
    assert len(inner.parameters() + inner.buffers()) == 2
    outer = nn.Sequential(inner)
    with pytest.raises(ag.ArgumentError, match=r"'layers\.0\."):
        outer.state_dict()


def test_a_tensor_under_two_paths_is_no_clash() -> None:
    shared = nn.Parameter(1.0)
    assert list(Alike(d={1: shared, "1": shared}).state_dict()) == ["d.1"]


# Modules in a circle, and lists in one.


def test_modules_in_a_circle_print_and_save() -> None:
    a, b = Alike(w=nn.Parameter(1.0)), Alike()
    a.b, b.a = b, a
    assert repr(a) == "Alike(\n  b: Alike(\n    a: … (see above)\n  )\n)"
    assert repr(b).count("see above") == 1
    b.itself = b
    assert repr(b).count("see above") == 2
    assert list(a.state_dict()) == ["w"]
    assert a._repr_html_()
    twin = copy.deepcopy(a)
    assert twin.b.a is twin


def test_a_list_that_holds_itself_is_walked_once() -> None:
    circle: list[Any] = [nn.Parameter(1.0)]
    circle.append(circle)
    model = Alike(circle=circle)
    assert list(model.state_dict()) == ["circle.0"]
    assert len(model.parameters()) == 1


# States that are none.


class Raises:
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise ValueError("boo")


@pytest.mark.parametrize(
    "weight, message",
    [
        ([[1, 2], [3]], "no array: weight"),
        ("words", "no array: weight"),
        (None, "no array: weight"),
        (Raises(), "no array: weight"),
        (np.ma.masked_array(np.ones((1, 2)), [[True, False]]), "no array: weight"),
        (np.ones((1, 2), object), "no array: weight"),
        (np.ones((2, 1)), "wrong shape: weight"),
        (np.ones((1, 2), complex), "wrong dtype: weight"),
    ],
    ids=["ragged", "words", "none", "raises", "masked", "objects", "shape", "complex"],
)
def test_a_state_that_is_no_array_is_refused_and_nothing_is_written(weight: Any, message: str) -> None:
    model = nn.Linear(2, 1, rng=0)
    before = state(model)
    with pytest.raises(ag.ShapeError, match=message):
        model.load_state_dict({"weight": weight, "bias": np.zeros(1)})
    assert state(model) == before


@pytest.mark.parametrize("given", [None, 3, [("weight", 1)], "weight"], ids=repr)
def test_what_is_no_state_at_all_is_refused(given: Any) -> None:
    with pytest.raises(ag.ArgumentError, match="a state is a dictionary of arrays by path"):
        nn.Linear(2, 1).load_state_dict(given)


def test_a_state_goes_through_a_file(tmp_path: Any) -> None:
    model, other = nn.MLP([3, 2], rng=0), nn.MLP([3, 2], rng=1)
    np.savez(tmp_path / "state.npz", **model.state_dict())
    with np.load(tmp_path / "state.npz") as stored:
        other.load_state_dict(stored)
    assert state(other) == state(model)


# Sequential, attributes that are watched, names.


def test_sequential_takes_a_list_of_layers() -> None:
    layers = [nn.Linear(4, 3, rng=0), nn.Sigmoid(), ag.exp]
    for model in (nn.Sequential(layers), nn.Sequential(tuple(layers)), nn.Sequential(*layers)):
        assert model(np.ones((2, 4))).shape == (2, 3)
        assert [name for name, _ in model.named_parameters()] == ["layers.0.weight", "layers.0.bias"]
    layers.append(nn.Tanh())
    assert len(model.layers) == 3
    assert nn.Sequential([])(ag.tensor(1.0)).item() == nn.Sequential()(ag.tensor(1.0)).item() == 1


@pytest.mark.parametrize(
    "layers, message",
    [
        (([nn.Tanh()], [nn.Tanh()]), r"layer 0 is \[Tanh\(\)\], but a layer is a module"),
        ((nn.Tanh(), [nn.Tanh()]), "layer 1 is"),
        ((nn.Tanh,), r"layer 0 is the class Tanh: make one, as in Tanh\(\)"),
        (([nn.Linear(1, 1), None],), "layer 1 is None"),
        ((3,), "layer 0 is 3"),
    ],
    ids=["two lists", "a list among layers", "class", "none", "number"],
)
def test_sequential_refuses_what_is_no_layer(layers: Any, message: str) -> None:
    with pytest.raises(ag.ArgumentError, match=message):
        nn.Sequential(*layers)


def test_an_attribute_that_is_deleted_is_noticed_by_a_compiled_step() -> None:
    model = Alike(scale=2.0)
    type(model).scale = 3.0  # type: ignore[attr-defined]
    try:
        step = ag.compile(model.__call__)
        model.forward = lambda x: ag.asarray(x) * model.scale  # type: ignore[method-assign]
        assert step(np.ones(1)).item() == 2
        assert step(np.ones(1)).item() == 2
        del model.scale
        assert step(np.ones(1)).item() == 3
    finally:
        del type(model).scale  # type: ignore[attr-defined]


def test_attributes_set_past_the_module_are_noticed_by_a_compiled_step() -> None:
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Dropout(0.5, rng=0))
    step = ag.compile(model.__call__)
    x = np.ones((1, 2), np.float32)
    for _ in range(3):
        step(x)
    for _, module in model.named_modules():
        vars(module).update(training=False)
    assert step(x).numpy().tobytes() == model(x).numpy().tobytes()
    model.train()
    vars(model.layers[1])["p"] = 0.75
    twin = copy.deepcopy(model)
    assert step(x).numpy().tobytes() == twin(x).numpy().tobytes()


@pytest.mark.parametrize("from_dtype, to_dtype", [(float, np.float32), (np.float32, float), (int, np.float32)])
def test_a_cast_on_the_way_in_keeps_the_name_in_layers_and_costs(from_dtype: Any, to_dtype: Any) -> None:
    x = ag.tensor(np.ones((1, 2)), dtype=from_dtype, name="picture")
    y = ag.tensor(np.ones((1, 1)), dtype=from_dtype, name="label")
    value = nn.quadratic_cost(nn.Linear(2, 1, rng=0, dtype=to_dtype)(x), y)
    assert {t.name for t in ag.ancestors(value) if t.node is None} >= {"picture", "label"}
    assert value.dtype == to_dtype
