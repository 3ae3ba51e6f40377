"""nn: networks of layers, their costs, their training, and the closed form of the book's chapter.

First steps: a model, a cost, an optimiser for the model's parameters, and `fit`.

>>> (x, y), (x_test, y_test) = nn.digits()
>>> model = nn.MLP([64, 30, 10], rng=0)
>>> optimizer = nn.SGD(model.parameters(), lr=3.0)
>>> history = nn.fit(
...     model, nn.quadratic_cost, (x, y), optimizer, epochs=3, batch_size=10, validation=(x_test, y_test), rng=0,
...     progress=False,
... )
>>> history.accuracy[-1] > 0.85
True

A model of your own is a `Module` with `nn.Parameter`s and a `forward`; an optimiser of your own is an
`Optimizer` with a `step`. `state_dict` takes out what either has learnt. The chapter's own network is `MLP`, and
`check_closed_form` holds its gradients against the equations BP1 to BP4.

A user of autograd_lite's public interface like any other; this file says what is public.
"""

from __future__ import annotations

from nn._origin import check_origin

check_origin()

from typing import TYPE_CHECKING, Any

import autograd_lite as ag
from autograd_lite.elsewhere import instead
from nn.chapter import MLP, ClosedFormReport, Difference, check_closed_form, closed_form
from nn.costs import cross_entropy_cost, quadratic_cost, softmax_cross_entropy
from nn.data import (
    DataLoader,
    Dataset,
    Digits,
    Mnist,
    Standardizer,
    Table,
    digits,
    mnist,
    one_hot,
    read_csv,
    shifted,
    split,
)
from nn.errors import CheckpointError, DivergenceError, ExportError
from nn.exporting import export_onnx
from nn.initializers import (
    kaiming_normal,
    kaiming_uniform,
    normal,
    orthogonal,
    scaled_normal,
    standard_normal,
    truncated_normal,
    uniform,
    xavier_normal,
    xavier_uniform,
    zeros,
)
from nn.layers import (
    CELU,
    ELU,
    GELU,
    GLU,
    GRU,
    LSTM,
    RNN,
    SELU,
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    BatchNorm1d,
    BatchNorm2d,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    Dropout,
    Dropout2d,
    Embedding,
    Flatten,
    GroupNorm,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    Identity,
    Lambda,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSigmoid,
    LogSoftmax,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
    Mish,
    ModuleDict,
    ModuleList,
    MultiheadAttention,
    PReLU,
    ReLU,
    ReLU6,
    Residual,
    RMSNorm,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softmin,
    Softplus,
    Softsign,
    Tanh,
    TransformerEncoderLayer,
    Unflatten,
)
from nn.metrics import (
    confusion_matrix,
    f1,
    precision,
    r2,
    recall,
    root_mean_squared_error,
    top_k,
)
from nn.module import (
    Module,
)
from nn.optim import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Optimizer,
    RMSprop,
    clip_grad_norm,
    clip_grad_value,
)
from nn.parameter import (
    Parameter,
)
from nn.saving import (
    load,
    save,
)
from nn.schedules import (
    ConstantSchedule,
    CosineSchedule,
    EarlyStopping,
    ExponentialSchedule,
    HalvingSchedule,
    OneCycleSchedule,
    PlateauSchedule,
    Schedule,
    StepSchedule,
    WarmUpSchedule,
)
from nn.training import History, Run, accuracy, evaluate, fit, plot, predict

if not TYPE_CHECKING:  # there it would promise every name

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module 'nn' has no attribute {name!r}")
        raise ag.UnknownNameError(instead, "module 'nn'", name, "nn.", __all__)


__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "SELU",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BatchNorm1d",
    "BatchNorm2d",
    "CheckpointError",
    "ClosedFormReport",
    "ConstantSchedule",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "CosineSchedule",
    "DataLoader",
    "Dataset",
    "Difference",
    "Digits",
    "DivergenceError",
    "Dropout",
    "Dropout2d",
    "EarlyStopping",
    "Embedding",
    "ExponentialSchedule",
    "ExportError",
    "Flatten",
    "GroupNorm",
    "HalvingSchedule",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "History",
    "Identity",
    "Lambda",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Mish",
    "Mnist",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiheadAttention",
    "OneCycleSchedule",
    "Optimizer",
    "PReLU",
    "Parameter",
    "PlateauSchedule",
    "RMSNorm",
    "RMSprop",
    "ReLU",
    "ReLU6",
    "Residual",
    "Run",
    "Schedule",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softsign",
    "Standardizer",
    "StepSchedule",
    "Table",
    "Tanh",
    "TransformerEncoderLayer",
    "Unflatten",
    "WarmUpSchedule",
    "accuracy",
    "check_closed_form",
    "clip_grad_norm",
    "clip_grad_value",
    "closed_form",
    "confusion_matrix",
    "cross_entropy_cost",
    "digits",
    "evaluate",
    "export_onnx",
    "f1",
    "fit",
    "kaiming_normal",
    "kaiming_uniform",
    "load",
    "mnist",
    "normal",
    "one_hot",
    "orthogonal",
    "plot",
    "precision",
    "predict",
    "quadratic_cost",
    "r2",
    "read_csv",
    "recall",
    "root_mean_squared_error",
    "save",
    "scaled_normal",
    "shifted",
    "softmax_cross_entropy",
    "split",
    "standard_normal",
    "top_k",
    "truncated_normal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
