"""Names and keywords of other libraries, and misspelt ones of ours: the error gives a line, and that line works."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.elsewhere import INSTEAD, KEYWORDS


def names(path: Path) -> dict[str, Any]:
    """What the lines of the table speak of."""
    rng = np.random.default_rng(0)
    x, y, w = (ag.tensor(rng.uniform(0.5, 1, (2, 3)), requires_grad=True) for _ in range(3))
    model = nn.MLP([3, 2], rng=0, output="identity")
    a = rng.normal(size=(2, 3))
    nn.save(path, model=model)
    return {
        "ag": ag, "np": np, "nn": nn, "cupy": np, "path": path, "a": a, "x": x, "y": y, "z": x @ y.T, "w": w,
        "row": x[0], "rows": np.array([0, 1]), "index": np.array([1, 0]), "mask": x.numpy() > 0.7,
        "loss": (w * w).sum(),
        "logits": ag.asarray(a) @ ag.ones((3, 2), requires_grad=True), "labels": np.array([0, 1]),
        "target": np.eye(2), "model": model, "optimizer": nn.SGD(model.parameters(), 0.1),
    }  # fmt: skip


@pytest.mark.parametrize("name", INSTEAD)
def test_what_is_written_instead_works(name: str, tmp_path: Path) -> None:
    exec(INSTEAD[name], names(tmp_path / "model.npz"))  # noqa: S102


def test_the_table_is_large_and_names_nothing_that_there_is() -> None:
    assert len(INSTEAD) >= 100
    assert not [name for name in INSTEAD if name in ag.__all__ and hasattr(ag.Tensor, name)]


@pytest.mark.parametrize(
    "owner, name, said",
    [
        ("tensor", "view", "'Tensor' object has no attribute 'view': write x.reshape(3, 2)"),
        ("tensor", "unsqueeze", "'Tensor' object has no attribute 'unsqueeze': write ag.expand_dims(x, axis=0)"),
        ("tensor", "sigmoid", "'Tensor' object has no attribute 'sigmoid': write ag.sigmoid(x)"),
        ("tensor", "add_", "'Tensor' object has no attribute 'add_': nothing is changed in place"),
        ("ag", "cat", "module 'autograd_lite' has no attribute 'cat': write ag.concatenate([x, y], axis=0)"),
        ("ag", "reduce_sum", "module 'autograd_lite' has no attribute 'reduce_sum': write ag.sum(x, axis=0)"),
        ("ag", "vmap", "module 'autograd_lite' has no attribute 'vmap': write x @ y.T  # operations"),
        ("ag", "sigmoids", "module 'autograd_lite' has no attribute 'sigmoids': did you mean ag.sigmoid?"),
        (
            "nn",
            "CrossEntropyLoss",
            "module 'nn' has no attribute 'CrossEntropyLoss': write nn.softmax_cross_entropy(logits, labels)",
        ),
        ("nn", "Linaer", "module 'nn' has no attribute 'Linaer': did you mean nn.Linear?"),
        ("nn", "sgd", "module 'nn' has no attribute 'sgd': did you mean nn.SGD?"),
    ],
)
def test_a_name_that_there_is_not(owner: str, name: str, said: str) -> None:
    thing: Any = {"tensor": ag.tensor([1.0]), "ag": ag, "nn": nn}[owner]
    assert not hasattr(thing, name)
    assert getattr(thing, name, None) is None
    with pytest.raises(ag.UnknownNameError) as caught:
        getattr(thing, name)
    assert str(caught.value).startswith(said)
    assert isinstance(caught.value, AttributeError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


@pytest.mark.parametrize("name, meant", [("bakward", "backward"), ("require_grad", "requires_grad")])
def test_a_misspelt_attribute_of_a_tensor_is_python_s_own_error_which_suggests_ours(name: str, meant: str) -> None:
    # A `__getattr__` that said it would slow every attribute that there is.
    code = f"import autograd_lite as ag\nag.tensor([1.0]).{name}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    said = f"AttributeError: 'Tensor' object has no attribute '{name}'. Did you mean: '{meant}'?"
    assert ran.stderr.strip().endswith(said)


def test_names_of_others_are_not_offered() -> None:
    x = ag.tensor([[1.0]])
    assert {"reshape", "backward", "T"} <= {*dir(x)}
    assert not [name for name in dir(x) if not hasattr(x, name)]


@pytest.mark.parametrize("thing", [ag.tensor([1.0]), ag, nn], ids=["tensor", "ag", "nn"])
def test_python_s_own_protocols_are_asked_for_as_before(thing: Any) -> None:
    with pytest.raises(AttributeError) as caught:
        thing.__no_such_protocol__  # noqa: B018
    assert not isinstance(caught.value, ag.AutogradError)


def test_attributes_cannot_be_made_up() -> None:
    with pytest.raises(AttributeError):
        ag.tensor([1.0]).grads = 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda x: x.sum(dim=0), "has no argument dim: dim= is axis= here"),
        (lambda x: ag.sum(x, axis=0, keepdim=True), "has no argument keepdim: keepdim= is keepdims= here"),
        (lambda x: ag.softmax(x, dim=-1), "has no argument dim: dim= is axis= here"),
        (lambda x: ag.sum(x, out=np.zeros(())), "has no argument out: a result is always a new tensor"),
        (lambda x: ag.sum(x, axes=0), "has no argument axes: did you mean axis=?"),
        (lambda x: ag.transpose(x, perm=(1, 0)), "has no argument perm: perm= is axes= here"),
        (lambda x: ag.exp(x, colour="red"), "exp(x) has no argument colour"),
    ],
)
def test_a_keyword_that_there_is_not(call: Any, said: str) -> None:
    with pytest.raises(ag.ArgumentError) as caught:
        call(ag.tensor(np.ones((2, 3))))
    assert said in str(caught.value)


def test_keywords_of_others_are_none_of_ours() -> None:
    ours = {name for op in ag.REGISTRY.values() for name in op.parameters}
    assert {"axis", "keepdims", "axes"} <= ours & {*KEYWORDS.values()}


def test_the_size_of_a_tensor_is_a_number_and_says_so_when_it_is_called() -> None:
    x = ag.tensor(np.ones((2, 3), np.float32))
    with pytest.raises(ag.ArgumentError, match=r"a number, here 6: write x\.size without parentheses"):
        x.size()  # type: ignore[operator]
    with pytest.raises(TypeError):
        x.size(0)  # type: ignore[operator]
    assert x.size == 6 and isinstance(x.size, int) and repr(x.size) == "6"
    assert json.dumps([x.size]) == "[6]"
    for other in (copy.deepcopy(x.size), pickle.loads(pickle.dumps(x.size)), x.size + 0):  # noqa: S301
        assert type(other) is int and other == 6


def test_the_size_of_a_tensor_is_weak_in_arithmetic_as_every_number() -> None:
    x = ag.tensor(np.ones((2, 3), np.float32), requires_grad=True)
    for result in (x / x.size, x.size * x, ag.add(x, x.size), x.reshape(x.size), ag.var(x, ddof=x.size - 1)):
        assert result.dtype == np.float32
    assert type(x.reshape(x.size).node.params["shape"]) is int
    step = ag.compile(lambda t: (t / t.size).sum())
    assert [step(x).item() for _ in range(3)] == [1.0] * 3
