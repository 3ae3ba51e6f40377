"""Training: `fit` and what it is made of, a file a job; nothing here knows a particular model, cost or optimiser."""

from __future__ import annotations

from nn.training.evaluation import accuracy
from nn.training.fitting import fit
from nn.training.history import History, plot

__all__ = ["History", "accuracy", "fit", "plot"]
