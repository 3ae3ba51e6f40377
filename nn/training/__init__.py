"""Training: `fit` and what it is made of, a file a job; nothing here knows a particular model, cost or optimiser."""

from __future__ import annotations

from nn.training.evaluation import accuracy, predict
from nn.training.fitting import fit
from nn.training.history import History, plot
from nn.training.measuring import evaluate
from nn.training.run import Run

__all__ = ["History", "Run", "accuracy", "evaluate", "fit", "plot", "predict"]
