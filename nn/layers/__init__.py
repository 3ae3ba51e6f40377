"""The layers that networks are built from, a file a kind. Each is a `Module`."""

from __future__ import annotations

from nn.layers.activations import ACTIVATIONS, Identity, ReLU, Sigmoid, Tanh
from nn.layers.dropout import Dropout
from nn.layers.linear import Initializer, Linear
from nn.layers.sequential import Sequential

__all__ = ["ACTIVATIONS", "Dropout", "Identity", "Initializer", "Linear", "ReLU", "Sequential", "Sigmoid", "Tanh"]
