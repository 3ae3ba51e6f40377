"""Optimisers, a file each: how parameters are changed by their gradients; and gradients kept within bounds."""

from __future__ import annotations

from nn.optim.adagrad import Adagrad
from nn.optim.adam import Adam, AdamW
from nn.optim.clipping import clip_grad_norm, clip_grad_value
from nn.optim.groups import Group
from nn.optim.numbers import Number
from nn.optim.optimizer import Optimizer
from nn.optim.rmsprop import RMSprop
from nn.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Group",
    "Number",
    "Optimizer",
    "RMSprop",
    "clip_grad_norm",
    "clip_grad_value",
]
