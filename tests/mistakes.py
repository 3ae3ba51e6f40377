"""The catalogue of mistakes: what is written, which exception answers, what it has to say, and a line that works.

The tests run it, and docs/errors.py writes docs/errors.md from it. `SETUP` stands before each line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_lite as ag
import nn

SETUP = """\
w = ag.tensor(np.ones((2, 3)), requires_grad=True, name="w")
v = ag.tensor(np.ones(4), requires_grad=True, name="v")
b = ag.tensor(np.ones(2), requires_grad=True, name="b")
n = ag.tensor(3.0, requires_grad=True, name="n")
k = ag.tensor([1, 2, 3], name="k")
x, y, labels = np.ones((5, 3)), np.zeros((5, 2)), np.array([0, 1, 1, 0, 1])
model = nn.MLP([3, 4, 2], rng=0, output="identity")
sgd = nn.SGD(model.parameters(), lr=0.1)
cost = nn.quadratic_cost
"""


@dataclass(frozen=True)
class Mistake:
    """A wrong line, the exception it gets, parts of its message in order, and the line that was meant."""

    code: str
    error: type[Exception]
    says: tuple[str, ...]
    works: str


def _row(code: str, error: type[Exception], works: str, *says: str) -> Mistake:
    return Mistake(code, error, says, works)


MISTAKES: dict[str, list[Mistake]] = {
    "Shapes that do not fit": [
        _row("w + v", ag.ShapeError, "w[..., None] + v", "w (2, 3)", "3 and 4 at axis -1", "^", "w[..., None], v"),
        _row("w * b", ag.ShapeError, "w * b[:, None]", "b (2,)", "2 and 3 at axis -1", "^", "multiply(w, b[:, None])"),
        _row("ag.maximum(w, w.T)", ag.ShapeError, "ag.maximum(w, w.T.T)", "axis -1", "float64  cpu"),
        _row("w @ v", ag.ShapeError, "w @ v[:3]", "inner sizes 3 (last axis of x) and 4", "^"),
        _row("w @ w", ag.ShapeError, "w @ w.T", "inner sizes 3", "x @ y.T would fit", "^"),
        _row("w @ np.array(2.0)", ag.ShapeError, "w * 2.0", "multiply scalars with *"),
        _row("w.reshape(4, 2)", ag.ShapeError, "w.reshape(3, 2)", "reshape(w (2, 3)", "size 6 into shape (4,2)"),
        _row("w.reshape(-1, -1)", ag.ShapeError, "w.reshape(-1, 2)", "one unknown dimension"),
        _row("w.transpose(0)", ag.ShapeError, "w.transpose(1, 0)", "transpose(w (2, 3)", "axes"),
        _row("w.squeeze(0)", ag.ShapeError, "w[:1].squeeze(0)", "squeeze(w (2, 3)", "axis"),
        _row("ag.broadcast_to(w, (3, 3))", ag.ShapeError, "ag.broadcast_to(w, (4, 2, 3))", "(2,3)", "(3,3)"),
        _row("ag.concatenate([w, v])", ag.ShapeError, "ag.concatenate([w, v[None, :3]])", "w  (2, 3)", "v     (4)"),
        _row("ag.stack([w, v])", ag.ShapeError, "ag.stack([w, w])", "same shape", "v     (4)"),
        _row("ag.split(w, 2, axis=1)", ag.ArgumentError, "ag.split(w, [1], axis=1)", "3 elements", "give the places"),
        _row("ag.max(w[:0])", ag.ShapeError, "ag.max(w)", "max(x (0, 3)", "zero-size"),
        _row("model(np.ones((5, 4)))", ag.ShapeError, "model(x)", "layer 1", "(5, 4)", "takes (3,)"),
    ],
    "Axes and keywords": [
        _row("w.sum(axis=2)", ag.AxisError, "w.sum(axis=1)", "axis 2 is out of bounds", "0 to 1, or -2 to -1"),
        _row("w.sum(axis=(0, 0))", ag.AxisError, "w.sum(axis=(0, 1))", "duplicate"),
        _row("w.sum(axis=1.0)", ag.DtypeError, "w.sum(axis=1)", "axis=1.0", "a whole number, as in axis=1"),
        _row("w.sum(axis=[0, 1])", ag.ArgumentError, "w.sum(axis=(0, 1))", "x.sum()", "is a list", "write axis=(0, 1)"),
        _row("ag.sort(w, axis=[0])", ag.ArgumentError, "ag.sort(w, axis=0)", "sort(", "write axis=0"),
        _row("w.mean(1, True)", ag.ArgumentError, "w.mean(1, keepdims=True)", "True at the place of dtype", "keepdims=True"),
        _row("w.mean(1, None, None, True, 3)", ag.ArgumentError, "w.mean(1, keepdims=True)", "positional arguments"),
        _row('w.sum(axis="rows")', ag.DtypeError, "w.sum(axis=0)", "axis='rows'", "a whole number"),
        _row("w.swapaxes(0, 2)", ag.AxisError, "w.swapaxes(0, 1)", "swapaxes(w (2, 3)", "axis 2", "0 to 1"),
        _row("ag.expand_dims(w, 5)", ag.AxisError, "ag.expand_dims(w, 2)", "axis 5", "0 to 2"),
        _row("w.sum(dim=1)", ag.ArgumentError, "w.sum(axis=1)", "dim= is axis= here"),
        _row("w.sum(axis=1, keepdim=True)", ag.ArgumentError, "w.sum(axis=1, keepdims=True)", "keepdim= is keepdims="),
        _row("ag.sum(w, axes=0)", ag.ArgumentError, "ag.sum(w, axis=0)", "did you mean axis=?"),
        _row("ag.sum(w, out=y)", ag.ArgumentError, "total = ag.sum(w)", "a result is always a new tensor"),
        _row("np.exp(w, out=y)", ag.ArgumentError, "y = np.exp(w)", "takes no out", "a new tensor"),
        _row("ag.exp(w, w)", ag.ArgumentError, "ag.exp(w)", "exp(x) got 2 positional arguments"),
        _row("ag.zeros(3, dtyp=float)", ag.ArgumentError, "ag.zeros(3, dtype=float)", "no argument dtyp", "dtype=?"),
        _row("ag.linspace(0.0)", ag.ArgumentError, "ag.linspace(0.0, 1.0)", "linspace(start, stop, num=50", "misses stop"),
        _row("ag.eye(2, 2, 0, float, n=2)", ag.ArgumentError, "ag.eye(2, 2, 0, float)", "eye(N,", "no argument n"),
        _row("ag.identity(2, float, False, None, None, 3)", ag.ArgumentError, "ag.identity(2)", "6 positional arguments"),
        _row("ag.full(2, 1.0, shape=3)", ag.ArgumentError, "ag.full(2, 1.0)", "full(shape, fill_value,", "got shape twice"),
        _row("ag.random.normal(0.0, 1.0, (2, 3))", ag.ArgumentError, "ag.random.normal(0.0, 1.0, (2, 3), rng=0)", "misses rng"),
        _row("ag.insert(w, 0)", ag.ArgumentError, "ag.insert(w, 0, 1.0)", "insert(x, obj, values", "misses values"),
        _row("ag.matmul(w)", ag.ArgumentError, "ag.matmul(w, w.T)", "matmul(x, y) misses y"),
    ],
    "Numbers and dtypes": [
        _row("k ** -1", ag.ShapeError, "k.astype(float) ** -1", "negative integer powers", "x.astype(float)"),
        _row("ag.tensor([1, 2], requires_grad=True)", ag.DtypeError, "ag.tensor([1, 2], True, float)", "dtype=float"),
        _row('w.requires_grad = "yes"', ag.ArgumentError, "w.requires_grad = True", "True or False, not 'yes'"),
        _row("ag.tensor(1.0, 2.0)", ag.ArgumentError, "ag.tensor([1.0, 2.0])", "write ag.tensor([1.0, 2.0])"),
        _row("ag.tensor(1.0, requiresgrad=True)", ag.ArgumentError, "ag.tensor(1.0, True)", "did you mean requires_grad=?"),
        _row('ag.tensor(1.0, dtype="float99")', ag.DtypeError, "ag.tensor(1.0, dtype=float)", "'float99' is no dtype"),
        _row("np.zeros(w)", ag.DtypeError, "np.zeros_like(w)", "not an integer index", "ag.zeros_like(x) or x.shape"),
        _row("ag.tensor([True], requires_grad=True)", ag.DtypeError, "ag.tensor([True])", "dtype bool is data"),
        _row("ag.tensor([1j], requires_grad=True)", ag.DtypeError, "ag.tensor([1j])", "complex128 is data"),
        _row("w * 1j", ag.DtypeError, "w.detach() * 1j", "would be complex", "detach()"),
        _row('ag.tensor("abc")', ag.ArgumentError, "ag.tensor([1, 2, 3])", "number the words first"),
        _row("ag.tensor([[1, 2], [3]])", ag.ArgumentError, "ag.tensor([[1, 2], [3, 0]])", "inhomogeneous"),
        _row("ag.tensor(None)", ag.ArgumentError, "ag.tensor(np.nan)", "NoneType"),
        _row("w + None", ag.ArgumentError, "w + 0", "add:", "NoneType"),
        _row("ag.zeros(2, 3)", ag.ArgumentError, "ag.zeros((2, 3))", "write zeros((2, 3))"),
        _row("ag.ones(2, 3)", ag.ArgumentError, "ag.ones((2, 3))", "write ones((2, 3))"),
        _row("w.size()", ag.ArgumentError, "w.size", "a number, here 6", "without parentheses"),
    ],
    "One number out of many": [
        _row("bool(w > 0)", ag.ArgumentError, "bool((w > 0).numpy().all())", "ambiguous", ".any()"),
        _row("float(w)", ag.ShapeError, "float(w.sum())", "one element, not w (2, 3)", "reduce it"),
        _row("w.item()", ag.ShapeError, "w[0, 0].item()", "one element, not w (2, 3)"),
        _row("len(n)", ag.ArgumentError, "n.size", "a scalar tensor has no length"),
        _row("list(n)", ag.ArgumentError, "[n]", "a scalar tensor has no length"),
        _row("range(n)", ag.DtypeError, "range(int(n))", "n () float64 is not an integer index"),
        _row("np.asarray(w)", ag.GraphError, "w.numpy()", "which a plain array would lose", "detach()"),
    ],
    "Indices and assignment": [
        _row("w[5]", ag.IndexingError, "w[1]", "w (2, 3)", "index 5 is out of bounds"),
        _row("w[0, 0, 0]", ag.IndexingError, "w[0, 0]", "too many indices", "2-dimensional"),
        _row("w[1.0]", ag.IndexingError, "w[1]", "only integers, slices", "not 1.0"),
        _row("w[[0, 7]]", ag.IndexingError, "w[[0, 1]]", "index 7 is out of bounds"),
        _row("w[np.array([True, False, True])]", ag.IndexingError, "w[np.array([True, False])]", "boolean"),
        _row("w[0] = 1.0", ag.GraphError, "w = ag.put(w, 0, 1.0)", "its items cannot be assigned", "ag.put"),
        _row("(w * 2)[0] = 1.0", ag.GraphError, "ag.put(w * 2, 0, 1.0)", "its items cannot be assigned", "ag.where"),
        _row("w += 1", ag.GraphError, "w = w + 1", "in place", "with ag.no_grad():"),
        _row("w.assign(np.ones(2))", ag.ShapeError, "w.assign(np.ones((2, 3)))", "(2,)", "w (2, 3)", "differ"),
        _row("(w * 2).assign(y)", ag.GraphError, "w.assign(np.zeros((2, 3)))", "a result of multiply, not a leaf"),
    ],
    "Gradients": [
        _row("(w * 2).backward()", ag.GraphError, "(w * 2).sum().backward()", "not a scalar", "output.sum().backward()"),
        _row("ag.tensor(1.0).backward()", ag.GraphError, "ag.tensor(1.0, True).backward()", "does not require a gradient"),
        _row("(w * 2).backward(np.ones(3))", ag.ShapeError, "(w * 2).backward(np.ones((2, 3)))", "shape (3,)"),
        _row("ag.grad(w * 2, w)", ag.GraphError, "ag.grad((w * 2).sum(), w)", "not a scalar"),
        _row("ag.grad(w.sum(), v)", ag.GraphError, "ag.grad(w.sum(), w)", "does not depend on input 0, v (4,)"),
        _row("ag.grad(w.sum(), y)", ag.ArgumentError, "ag.grad(w.sum(), w)", "not a tensor"),
        _row("ag.gradcheck(3, w)", ag.ArgumentError, "ag.gradcheck(ag.sum, w)", "a function and then its inputs"),
        _row("ag.checkpoint(3, w)", ag.ArgumentError, "ag.checkpoint(ag.sum, w)", "a function and then its arguments"),
        _row("w.grad = np.ones(2)", ag.ShapeError, "w.grad = np.ones((2, 3))", "same shape and dtype", "(2,)"),
        _row("(w * 2).requires_grad = False", ag.GraphError, "(w * 2).detach()", "a result", "detach() it"),
        _row(
            "c = w.sum(); c.backward(free=True); c.backward()", ag.GraphError, "c = w.sum(); c.backward(); c.backward()",
            "was released by backward(free=True)", "leave free out",
        ),
    ],
    "Names of other libraries": [
        _row("w.view(3, 2)", ag.UnknownNameError, "w.reshape(3, 2)", "write x.reshape(3, 2)"),
        _row("w.permute(1, 0)", ag.UnknownNameError, "w.transpose(1, 0)", "write x.transpose(1, 0)"),
        _row("w.unsqueeze(0)", ag.UnknownNameError, "ag.expand_dims(w, 0)", "write ag.expand_dims(x, axis=0)"),
        _row("w.exp()", ag.UnknownNameError, "ag.exp(w)", "write ag.exp(x)"),
        _row("w.add_(1)", ag.UnknownNameError, "w + 1", "nothing is changed in place"),
        _row("ag.cat([w, w])", ag.UnknownNameError, "ag.concatenate([w, w])", "write ag.concatenate([x, y], axis=0)"),
        _row("ag.reduce_sum(w)", ag.UnknownNameError, "ag.sum(w)", "write ag.sum(x, axis=0)"),
        _row("ag.sigmoids(w)", ag.UnknownNameError, "ag.sigmoid(w)", "did you mean ag.sigmoid?"),
        _row("nn.CrossEntropyLoss()", ag.UnknownNameError, "nn.softmax_cross_entropy", "nn.softmax_cross_entropy(logits"),
        _row("nn.Linaer(3, 2)", ag.UnknownNameError, "nn.Linear(3, 2)", "did you mean nn.Linear?"),
        _row("np.fft.fft(w)", ag.ArgumentError, "np.fft.fft(w.numpy())", "numpy.fft.fft", "x.numpy()", "ag.custom_gradient"),
        _row("np.add.reduce(w)", ag.ArgumentError, "ag.sum(w)", "numpy.add.reduce", "the nearest is ag.sum"),
    ],
    "Networks and costs": [
        _row("nn.MLP(4, 3, 2)", ag.ArgumentError, "nn.MLP([4, 3, 2])", "MLP([4, 3, 2]) instead of MLP(4, 3, 2)"),
        _row("nn.MLP([4])", ag.ArgumentError, "nn.MLP([4, 2])", "make no layer"),
        _row('nn.MLP([4, 2], activation="swish")', ag.ArgumentError, 'nn.MLP([4, 2], activation="relu")', "choose one of"),
        _row("nn.Linear(3)", ag.ArgumentError, "nn.Linear(3, 2)", "missing a required argument: 'outputs'"),
        _row("nn.Linear(3, units=2)", ag.ArgumentError, "nn.Linear(3, outputs=2)", "units= is outputs= here"),
        _row(
            "nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 2))", ag.ShapeError,
            "nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))", "layer 1, Linear(5, 2", "but layer 0, Linear(3, 4",
        ),
        _row(
            "nn.Conv2d(3, 8, 3)(np.ones((3, 9, 9)))", ag.ShapeError, "nn.Conv2d(3, 8, 3)(np.ones((1, 3, 9, 9)))",
            "(3, 9, 9)", "(examples, 3, height, width)", "x[None]",
        ),
        _row("nn.Conv2d(3, 8, 3, filters=8)", ag.ArgumentError, "nn.Conv2d(3, 8, 3)", "filters= is out_channels= here"),
        _row("nn.BatchNorm1d(3)(x[:1])", ag.ShapeError, "nn.BatchNorm1d(3).eval()(x[:1])", "there is no variance"),
        _row(
            "nn.Sequential(nn.GRU(3, 4), nn.Linear(4, 2))(x)", ag.ArgumentError,
            "nn.Sequential(nn.GRU(3, 4), nn.Lambda(lambda found: found[0]), nn.Linear(4, 2))(x)", "choose one between them",
        ),
        _row("nn.Embedding(3, 2)(labels - 1)", ag.IndexingError, "nn.Embedding(3, 2)(labels)", "out of range"),
        _row("nn.Dropout(1.5)", ag.ArgumentError, "nn.Dropout(0.5)", "at least 0 and below 1, not 1.5"),
        _row("cost(model(x), np.zeros(5))", ag.ShapeError, "cost(model(x), np.eye(2)[labels])", "target has shape (5,)"),
        _row("cost(model(x), y[:, :1])", ag.ShapeError, "cost(model(x), y)", "(5, 1), the output (5, 2)"),
        _row(
            "nn.softmax_cross_entropy(model(x), labels + 1)", ag.IndexingError,
            "nn.softmax_cross_entropy(model(x), labels)", "a label is out of range", "0 to 1",
        ),
        _row(
            "nn.softmax_cross_entropy(ag.sigmoid(model(x)), labels)", ag.ArgumentError,
            "nn.softmax_cross_entropy(model(x), labels)", "it takes logits", "a result of sigmoid",
        ),
        _row(
            "model.load_state_dict(nn.MLP([3, 5, 2]).state_dict())", ag.ShapeError,
            "model.load_state_dict(nn.MLP([3, 4, 2]).state_dict())", "wrong shape: layers.0.weight is (4, 3)",
        ),
        _row("nn.accuracy(model, x, labels[:4])", ag.ShapeError, "nn.accuracy(model, x, labels)", "(4,)", "(5,)"),
    ],
    "Training": [
        _row("nn.SGD(model, 0.1)", ag.ArgumentError, "nn.SGD(model.parameters(), 0.1)", "write SGD(model.parameters(), …)"),
        _row("nn.SGD([], 0.1)", ag.ArgumentError, "nn.SGD([w], 0.1)", "no parameters to train"),
        _row("nn.SGD(w, 0.1)", ag.ArgumentError, "nn.SGD([w], 0.1)", "a list of tensors, as in [w]"),
        _row("nn.SGD([w, w], 0.1)", ag.ArgumentError, "nn.SGD([w], 0.1)", "w, is given twice"),
        _row("nn.SGD([w * 2], 0.1)", ag.ArgumentError, "nn.SGD([w], 0.1)", "only leaf tensors can be trained"),
        _row("nn.SGD([w])", ag.ArgumentError, "nn.SGD([w], lr=0.1)", "missing a required argument: 'lr'"),
        _row("nn.SGD([w], learning_rate=0.1)", ag.ArgumentError, "nn.SGD([w], lr=0.1)", "learning_rate= is lr= here"),
        _row('nn.SGD([w], "0.1")', ag.ArgumentError, "nn.SGD([w], 0.1)", "must be a positive number, not '0.1'"),
        _row("nn.SGD([w], -1)", ag.ArgumentError, "nn.SGD([w], 1)", "must be a positive number, not -1"),
        _row("nn.fit(model, cost, (x, y[:3]), sgd, 1, 2)", ag.DataError, "nn.fit(model, cost, (x, y), sgd, 1, 2)", "5 examples"),
        _row("nn.fit(model, cost, x, sgd, 1, 2)", ag.DataError, "nn.fit(model, cost, (x, y), sgd, 1, 2)", "a pair (x, y)"),
        _row("nn.fit(model, 'mse', (x, y), sgd, 1, 2)", ag.ArgumentError, "nn.fit(model, cost, (x, y), sgd, 1, 2)", "callable"),
        _row("nn.fit(model, cost, (x, y), 0.1, 1, 2)", ag.ArgumentError, "nn.fit(model, cost, (x, y), sgd, 1, 2)", "step()"),
    ],
    "Compiled steps": [
        _row("ag.compile(3)", ag.ArgumentError, "ag.compile(lambda t: t * 2)", "no function", "@ag.compile"),
        _row(
            "ag.compile(lambda t: float(t.sum()))(w)", ag.CompileError, "float(ag.compile(lambda t: t.sum())(w))",
            "is asked for while a step is being recorded",
        ),
        _row(
            "ag.compile(lambda t: t if t.sum() > 0 else -t)(w)", ag.CompileError,
            "ag.compile(lambda t: ag.where(t.sum() > 0, t, -t))(w)", "ag.where instead of if",
        ),
    ],
}  # fmt: skip


def names() -> dict[str, Any]:
    """What a line of the table finds: the packages and what `SETUP` makes."""
    found: dict[str, Any] = {"np": np, "ag": ag, "nn": nn}
    exec(SETUP, found)  # noqa: S102
    return found


def caught(mistake: Mistake) -> BaseException:
    """The exception that the wrong line gets."""
    try:
        exec(mistake.code, names())  # noqa: S102
    except Exception as error:  # noqa: BLE001, whichever it is
        return error
    raise AssertionError(f"{mistake.code} was not refused")
