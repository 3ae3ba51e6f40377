"""nn: the sigmoid network of the chapter, its costs, its training and its closed form.

A user of autograd_lite's public interface like any other; this file says what is public.
"""

from __future__ import annotations

from nn._origin import check_origin

check_origin()

from nn import closed_form
from nn.checking import ClosedFormReport, Difference, check_closed_form
from nn.costs import cross_entropy_cost, quadratic_cost, softmax_cross_entropy
from nn.data_sets import Digits, digits
from nn.history import History
from nn.initializers import scaled_normal, standard_normal
from nn.layers import MLP, Dropout, Identity, Linear, ReLU, Sigmoid, Tanh
from nn.module import Module, Sequential
from nn.optim import SGD, Adam, Optimizer
from nn.training import accuracy, fit

__all__ = [
    "MLP",
    "SGD",
    "Adam",
    "ClosedFormReport",
    "Difference",
    "Digits",
    "Dropout",
    "History",
    "Identity",
    "Linear",
    "Module",
    "Optimizer",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "accuracy",
    "check_closed_form",
    "closed_form",
    "cross_entropy_cost",
    "digits",
    "fit",
    "quadratic_cost",
    "scaled_normal",
    "softmax_cross_entropy",
    "standard_normal",
]
