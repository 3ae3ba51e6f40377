"""What `nn` is given by mistake: each call answers with an exception of the library, and with words for the remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

X, Y = np.ones((2, 3), np.float32), np.ones((2, 2), np.float32)
RAGGED: Any = [[1, 2, 3], [4]]


def model() -> nn.MLP:
    return nn.MLP([3, 2], rng=0)


def fitted(**options: Any) -> nn.History:
    m = model()
    return nn.fit(m, nn.quadratic_cost, (X, Y), nn.SGD(m.parameters(), 0.1), 1, 2, progress=False, **options)


BAD: dict[str, tuple[Any, str]] = {
    "layer of words": (lambda: nn.Linear("a", 2), "Linear: inputs must be a whole number, not 'a'"),
    "layer of fractions": (lambda: nn.Linear(2.5, 1), "Linear: inputs must be a whole number, not 2.5"),
    "layer of none": (lambda: nn.Linear(2, None), "Linear: outputs must be a whole number, not None"),
    "layer of truths": (lambda: nn.Linear(True, 2), "Linear: inputs must be a whole number, not True"),
    "layer of no dtype": (lambda: nn.Linear(2, 1, dtype="words"), "'words' is no dtype: give one such as np.float32"),
    "parameter of no dtype": (lambda: nn.Parameter(1.0, dtype="float99"), "'float99' is no dtype"),
    "parameter of complex numbers": (lambda: nn.Parameter(1.0, dtype=complex), "complex128 is data"),
    "parameter of nothing": (lambda: nn.Parameter(None), "NoneType"),
    "ragged parameter": (lambda: nn.Parameter(RAGGED), "list"),
    "initializer of other shapes": (
        lambda: nn.Linear(2, 1, initializer=lambda rng, outputs, inputs: (np.ones(3), np.ones(2))),
        r"weight of shape \(1, 2\) and a bias of shape \(1,\), not \[\(3,\), \(2,\)\]",
    ),
    "initializer of a number": (lambda: nn.Linear(2, 1, initializer=lambda *_: 3), r"a bias of shape \(1,\), not 3"),
    "no initializer": (lambda: nn.Linear(2, 1, initializer=3), "is a function such as nn.scaled_normal, not 3"),
    "network of letters": (lambda: nn.MLP("abc"), "'abc' must be whole numbers of neurons"),
    "network of digits": (lambda: nn.MLP("32"), "must be whole numbers of neurons"),
    "network of one number": (lambda: nn.MLP(3), "3 must be whole numbers of neurons, as in"),
    "network of nothing": (lambda: nn.MLP(None), "None must be whole numbers"),
    "network with a hole": (lambda: nn.MLP([3, None]), r"\[3, None\] must be whole numbers"),
    "network of nan": (lambda: nn.MLP([3, float("nan")]), "must be whole numbers"),
    "network without end": (lambda: nn.MLP([3, float("inf")]), "must be whole numbers"),
    "list of activations": (lambda: nn.MLP([3, 2], activation=["relu"]), r"no activation \['relu'\]: choose one of"),
    "dropout of a word": (lambda: nn.Dropout("x"), "p must be at least 0 and below 1, not 'x'"),
    "dropout of nothing": (lambda: nn.Dropout(None), "not None"),
    "dropout of nan": (lambda: nn.Dropout(float("nan")), "not nan"),
    "digits in whole numbers": (lambda: nn.digits(dtype=int), "int64 is data, and a floating-point dtype is needed"),
    "digits of no dtype": (lambda: nn.digits(dtype="words"), "no dtype"),
    "words as input": (lambda: model()("words"), "str"),
    "ragged input": (lambda: model()(RAGGED), "list"),
    "complex input": (lambda: model()(np.ones((2, 3), complex)), "x has dtype complex128, of which float32 would keep"),
    "complex target": (lambda: nn.quadratic_cost(np.ones(2), np.ones(2, complex)), "y has dtype complex128"),
    "words as labels": (lambda: nn.accuracy(model(), X, ["a", "b"]), "accuracy: y is no array of numbers"),
    "an array of words": (lambda: nn.accuracy(model(), X, np.array(["a", "b"])), "accuracy: y has dtype <U1"),
    "ragged labels": (lambda: nn.accuracy(model(), X, RAGGED), "accuracy: y is no array of numbers"),
    "accuracy of nothing": (lambda: nn.accuracy(None, X, [1, 0]), "the model must be callable, not None"),
    "check of words": (lambda: nn.check_closed_form(model(), "x", "y"), "check_closed_form: x is no array"),
    "check of ragged rows": (lambda: nn.check_closed_form(model(), RAGGED, [1, 2]), "check_closed_form: x is no array"),
    "check of no model": (lambda: nn.check_closed_form(None, np.ones(3), np.ones(2)), "the closed form is that of an"),
    "check with no cost": (lambda: nn.check_closed_form(model(), np.ones(3), np.ones(2), cost=3), "knows nn.quadratic"),
    "closed form of nothing": (lambda: nn.closed_form.forward(model(), None), "closed form: x is no array of numbers"),
    "closed form of a letter": (lambda: nn.closed_form.sigma("a"), "closed form: z is no array of numbers"),
    "optimiser of nothing": (lambda: nn.SGD(None, 0.1), "a list of tensors, as in model.parameters.., not NoneType"),
    "optimiser of letters": (lambda: nn.SGD("ab", 0.1), "parameter 0 is 'a'"),
    "rates as a list": (lambda: nn.SGD(model().parameters(), [1, 2]), r"a positive number, not \[1, 2\]"),
    "one beta": (lambda: nn.Adam(model().parameters(), betas=3), r"betas is a pair, as in \(0.9, 0.999\), not 3"),
    "three betas": (lambda: nn.Adam(model().parameters(), betas=(0.1, 0.2, 0.3)), "betas is a pair"),
    "betas out of range": (lambda: nn.Adam(model().parameters(), betas=(0.1, 1)), "the second beta must be 0 or"),
    "module without forward": (lambda: nn.Module()(1), "Module has no forward: write one"),
    "optimiser without step": (lambda: nn.Optimizer(model().parameters()).step(), "Optimizer has no step: write one"),
    "initial weights of none": (lambda: nn.scaled_normal(np.random.default_rng(0), 0, 2), "outputs must be a whole"),
    "a metric of words": (lambda: fitted(metric=lambda m, x, y: "x", validation=(X, Y)), "must return a number"),
    "validation of one number": (lambda: fitted(validation=3), r"validation must be a pair \(x, y\), not int"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_gets_an_exception_of_the_library(name: str) -> None:
    call, message = BAD[name]
    with pytest.raises(ag.AutogradError, match=message):
        call()


def test_what_is_not_written_is_python_s_own_exception_too() -> None:
    with pytest.raises(NotImplementedError):
        nn.Module()(1)
