"""Models as ONNX files: ONNX's reference evaluator and onnxruntime compute what the model computes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import SAMPLES
from samples.making import Sample

import autograd_lite as ag
import nn
from autograd_lite import FileError
from nn import ExportError
from nn.exporting.rules import RULES

onnx = pytest.importorskip("onnx", reason="needs the extra onnx: pip install onnx")


def runtime() -> Any:
    return pytest.importorskip("onnxruntime", reason="needs onnxruntime: pip install onnxruntime")


def kinds(path: Path) -> list[str]:
    """The kinds of nodes in a file, but for those that only give a name."""
    return [node.op_type for node in onnx.load(path).graph.node if node.op_type != "Identity"]


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


PICTURE, SIGNAL, VOLUME, ROWS = normal(2, 3, 8, 8), normal(2, 3, 12), normal(2, 2, 5, 5, 5), 3 * normal(3, 6)
LAYERS: dict[str, tuple[nn.Module, np.ndarray]] = {
    "MLP": (nn.MLP([6, 4, 2], rng=0), ROWS),
    "convolutions": (
        nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1, rng=0), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Dropout(0.5, rng=1), nn.Linear(64, 10, rng=2), nn.Softmax(),
        ),
        PICTURE,
    ),
    "Conv1d": (nn.Conv1d(3, 4, 3, padding="same", rng=0), SIGNAL),
    "Conv2d": (nn.Conv2d(3, 6, (3, 2), stride=2, padding=(1, 2), dilation=2, groups=3, bias=False, rng=0), PICTURE),
    "Conv3d": (nn.Conv3d(2, 3, 2, rng=0), VOLUME),
    "ConvTranspose1d": (nn.ConvTranspose1d(3, 4, 3, stride=2, rng=0), SIGNAL),
    "ConvTranspose2d": (nn.ConvTranspose2d(3, 6, 3, stride=2, padding=1, output_padding=1, groups=3, rng=0), PICTURE),
    "MaxPool1d": (nn.MaxPool1d(3, stride=1), SIGNAL), "MaxPool2d": (nn.MaxPool2d(3, stride=2, padding=1), PICTURE),
    "MaxPool3d": (nn.MaxPool3d(2, stride=1), VOLUME), "AvgPool1d": (nn.AvgPool1d(3, stride=1), SIGNAL),
    "AvgPool2d": (nn.AvgPool2d(3, stride=2, padding=1), PICTURE), "AvgPool3d": (nn.AvgPool3d(2), VOLUME),
    "AdaptiveAvgPool2d": (nn.AdaptiveAvgPool2d((2, 3)), PICTURE),
    "AdaptiveMaxPool1d": (nn.AdaptiveMaxPool1d(5), SIGNAL),
    "BatchNorm1d": (nn.BatchNorm1d(3), SIGNAL), "GroupNorm": (nn.GroupNorm(3, 3), PICTURE),
    "LayerNorm": (nn.LayerNorm(8), PICTURE), "RMSNorm": (nn.RMSNorm(8), PICTURE),
    "Residual": (nn.Residual(nn.Conv2d(3, 3, 3, padding=1, rng=0)), PICTURE),
    "Lambda": (nn.Lambda(lambda x: x.mean(axis=(2, 3))), PICTURE),
    "MultiheadAttention": (nn.MultiheadAttention(8, 2, rng=0), normal(2, 5, 8)),
    "TransformerEncoderLayer": (nn.TransformerEncoderLayer(8, 2, 16, rng=0), normal(2, 5, 8)),
    "LSTM": (nn.LSTM(3, 4, rng=0), normal(2, 5, 3)),
    "Embedding": (nn.Embedding(5, 3, rng=0), np.array([[1, 2], [0, 4]])),
    **{
        name: (getattr(nn, name)(), ROWS)
        for name in (
            "CELU", "ELU", "GELU", "GLU", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "LeakyReLU",
            "LogSigmoid", "LogSoftmax", "Mish", "PReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softmax",
            "Softmin", "Softplus", "Softsign", "Tanh",
        )
    },
}  # fmt: skip


def expected_of(model: nn.Module, x: np.ndarray) -> list[np.ndarray]:
    model.eval()

    def flat(output: Any) -> list[np.ndarray]:
        if isinstance(output, tuple | list):
            return [each for part in output for each in flat(part)]
        return [ag.asarray(output).numpy()]

    with ag.no_grad():
        return flat(model(x))


@pytest.mark.parametrize("name", LAYERS)
def test_onnxruntime_gives_what_the_model_gives_for_any_number_of_examples(name: str, tmp_path: Path) -> None:
    ort = runtime()
    model, x = LAYERS[name]
    path = nn.export_onnx(model, tmp_path / "m.onnx", x)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for given in (x, np.concatenate([x, x[::-1], x[:1]]), x[:1]):
        found, expected = session.run(None, {"input": given}), expected_of(model, given)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6)
            assert one.dtype == other.dtype


def test_a_network_of_convolutions_is_the_nodes_that_one_expects(tmp_path: Path) -> None:
    model, x = LAYERS["convolutions"]
    path = nn.save(tmp_path / "m.onnx", model=model, input=x[:1])
    assert kinds(path) == [
        "Conv", "Sub", "Mul", "Add", "Relu", "MaxPool", "Reshape", "MatMul", "Add", "Softmax",
    ]  # fmt: skip
    file = onnx.load(path)
    names = {tensor.name for tensor in file.graph.initializer}
    assert {"layers.0.weight", "layers.0.bias", "layers.6.bias", "layers.6.weight.transpose"} <= names
    assert [d.dim_param or d.dim_value for d in file.graph.input[0].type.tensor_type.shape.dim] == ["examples", 3, 8, 8]
    assert file.opset_import[0].version == 18


def test_what_is_exported_is_the_model_in_evaluation_and_the_model_stays_as_it_was(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(6, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.5, rng=1))
    model(ROWS)
    model.layers[1].eval()
    state = {key: value.tobytes() for key, value in model.state_dict().items()}
    draws = model.layers[2].rng.bit_generator.state
    path = nn.export_onnx(model, tmp_path / "m.onnx", ROWS)
    assert [model.training, *(layer.training for layer in model.layers)] == [True, True, False, True]
    assert {key: value.tobytes() for key, value in model.state_dict().items()} == state
    assert model.layers[2].rng.bit_generator.state == draws
    found = onnx.reference.ReferenceEvaluator(str(path)).run(None, {"input": ROWS})
    np.testing.assert_allclose(found[0], expected_of(model, ROWS)[0], rtol=1e-5, atol=1e-6)


# Operations.


class Applied(nn.Module):
    """One operation with a sample's other arguments."""

    def __init__(self, name: str, case: Sample) -> None:
        self.name, self.case = name, case

    def forward(self, x: Any) -> Any:
        return getattr(ag, self.name)(x, *self.case.inputs[1:], **self.case.params)


REFUSED = (
    "flattened", "several arrays", "with a mask", "is not exported",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(RULES) & set(SAMPLES)))
def test_every_operation_in_the_table_is_computed_by_the_reference_evaluator(name: str, tmp_path: Path) -> None:
    exported = 0
    for case in SAMPLES[name][:3]:
        x = case.inputs[0] if case.inputs else None
        if not isinstance(x, np.ndarray) or x.dtype.kind not in "biuf" or not x.size:
            continue
        try:
            with np.errstate(all="ignore"):
                nn.export_onnx(Applied(name, case), tmp_path / "o.onnx", x, any_batch=False)
            exported += 1
        except ExportError as error:
            assert any(words in str(error) for words in REFUSED), error  # noqa: PT017
    assert exported


def test_the_table_names_operations_that_there_are() -> None:
    assert set(RULES) <= set(ag.REGISTRY)


# What is refused.


class Written(nn.Module):
    """A module of one function."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


def test_an_operation_that_has_no_node_is_named_with_its_module(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(6, 4, rng=0), Written(lambda x: ag.sort(ag.exp(x))))
    with pytest.raises(ExportError, match=r"layers.1: there is no node of ONNX for the operation sort"):
        nn.export_onnx(model, tmp_path / "m.onnx", ROWS)
    assert not list(tmp_path.iterdir())


def test_what_depends_on_the_data_is_in_the_file_and_no_value_of_today_is(tmp_path: Path) -> None:
    def masked(x: Any) -> Any:
        return ag.where(x > 0, x, 0.1 * x) * (x.max(axis=1, keepdims=True) >= 1)

    path = nn.export_onnx(Written(masked), tmp_path / "m.onnx", ROWS)
    other = -2 * ROWS[:, ::-1].copy()
    found = onnx.reference.ReferenceEvaluator(str(path)).run(None, {"input": other})[0]
    np.testing.assert_allclose(found, masked(ag.asarray(other)).numpy(), rtol=1e-6)


def test_a_model_that_asks_for_values_is_refused(tmp_path: Path) -> None:
    def asking(x: Any) -> Any:
        return x if float(x.sum()) > 0 else -x

    with pytest.raises(ExportError, match=r"Written cannot be recorded: .*asked for while a step is being recorded"):
        nn.export_onnx(Written(asking), tmp_path / "m.onnx", ROWS)


def test_a_number_of_examples_that_is_computed_with_needs_to_be_fixed(tmp_path: Path) -> None:
    def centred(x: Any) -> Any:
        return x - x.sum(axis=0) / len(x)

    with pytest.raises(ExportError, match=r"divide computes with the number of examples: write any_batch=False"):
        nn.export_onnx(Written(centred), tmp_path / "m.onnx", ROWS)
    path = nn.export_onnx(Written(centred), tmp_path / "m.onnx", ROWS, any_batch=False)
    assert [d.dim_value for d in onnx.load(path).graph.input[0].type.tensor_type.shape.dim] == [3, 6]
    found = onnx.reference.ReferenceEvaluator(str(path)).run(None, {"input": ROWS})[0]
    np.testing.assert_allclose(found, centred(ROWS), atol=1e-6)


def test_a_file_that_computes_something_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "tanh", RULES["sigmoid"])
    model = nn.MLP([6, 2], "tanh")
    with pytest.raises(ExportError, match=r"ONNX computes float32 .* that differs from the model's"):
        nn.export_onnx(model, tmp_path / "m.onnx", ROWS)
    assert not list(tmp_path.iterdir())
    nn.export_onnx(model, tmp_path / "m.onnx", ROWS, verify=False)


def test_calls_that_are_wrong_say_what_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = nn.MLP([6, 2], rng=0)
    with pytest.raises(ag.ArgumentError, match="made of a model and an input for it, not of model, epoch"):
        nn.save(tmp_path / "m.onnx", model=model, epoch=1)
    with pytest.raises(ag.ArgumentError, match="the model must be a Module, not 3"):
        nn.export_onnx(3, tmp_path / "m.onnx", ROWS)  # type: ignore[arg-type]
    with pytest.raises(ag.ArgumentError, match="input is an array of numbers"):
        nn.export_onnx(model, tmp_path / "m.onnx", "x")
    with pytest.raises(ag.ArgumentError, match="is a model for other programs"):
        nn.load(tmp_path / "m.onnx", model=model)
    with pytest.raises(FileError, match="there is no directory"):
        nn.export_onnx(model, tmp_path / "no" / "m.onnx", ROWS)
    with pytest.raises(ag.ShapeError, match=r"layers\.0"):
        nn.export_onnx(nn.Sequential(nn.Linear(5, 2)), tmp_path / "m.onnx", ROWS)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ag.ArgumentError, match=r"pip install autograd-lite\[onnx\]"):
        nn.export_onnx(model, tmp_path / "m.onnx", ROWS)
    assert not list(tmp_path.iterdir())
