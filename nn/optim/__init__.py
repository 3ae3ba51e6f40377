"""Optimisers, a file each: how parameters are changed by their gradients."""

from __future__ import annotations

from nn.optim.adam import Adam
from nn.optim.optimizer import Number, Optimizer
from nn.optim.sgd import SGD

__all__ = ["SGD", "Adam", "Number", "Optimizer"]
