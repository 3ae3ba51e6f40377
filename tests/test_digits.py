"""The handwritten digits: what is in the package, and that the chapter's network learns them."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import os
import pickle
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import nn

EXAMPLE = Path(__file__).parents[1] / "examples" / "digits.py"
MNIST = os.environ.get("AUTOGRAD_LITE_MNIST")


def example_defaults(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What `examples/digits.py` does when nothing is said."""
    spec = importlib.util.spec_from_file_location("digits_example", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "argv", ["digits.py"])
    return module.arguments()


def test_shapes_counts_and_values() -> None:
    data = nn.digits()
    for (x, y), count in ((data.train, 1437), (data.test, 360)):
        assert x.shape == (count, 64)
        assert y.shape == (count, 10)
        assert x.dtype == y.dtype == np.float32
        assert x.min() == 0 and x.max() == 1
        assert len(np.unique(x)) == 17  # sixteenths
        assert set(np.unique(y)) == {0, 1}
        assert (y.sum(axis=1) == 1).all()
    assert nn.digits(float).train[0].dtype == np.float64


def test_the_split_is_stratified_and_disjoint() -> None:
    (x, y), (x_test, y_test) = nn.digits()
    share = y_test.sum(axis=0) / (y.sum(axis=0) + y_test.sum(axis=0))
    assert share == pytest.approx(360 / 1797, abs=0.003)
    assert not {row.tobytes() for row in x} & {row.tobytes() for row in x_test}


def test_the_split_is_fixed() -> None:
    (x, y), (x_test, y_test) = nn.digits()
    found = hashlib.sha256()
    for images, targets in ((x, y), (x_test, y_test)):
        found.update((16 * images).astype(np.uint8).tobytes())
        found.update(targets.argmax(axis=1).astype(np.uint8).tobytes())
    assert found.hexdigest() == "143f30f0b9d0dc119e0f1e0929c4d65ef88ade184f795d809ff6ee0f6bbb9343"


def test_a_caller_may_write_into_its_digits() -> None:
    first = nn.digits().train[0]
    first[:] = 7
    assert nn.digits().train[0].max() == 1


def test_the_file_is_of_bytes_and_needs_no_pickle() -> None:
    stored = files("nn") / "data" / "digits.npz"
    with np.load(str(stored), allow_pickle=False) as arrays:
        assert {name: (arrays[name].dtype.str, arrays[name].shape) for name in arrays.files} == {
            "images": ("|u1", (1797, 64)),
            "labels": ("|u1", (1797,)),
            "test": ("|b1", (1797,)),
        }
    assert len(stored.read_bytes()) < 100_000
    origin = (files("nn") / "data" / "DIGITS.md").read_text(encoding="utf-8")
    for word in ("Alpaydin", "Kaynak", "UCI", "CC BY 4.0", "10.24432/C50P49"):
        assert word in origin


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(each, marks=pytest.mark.slow) for each in range(3, 10))])
def test_every_seed_learns_the_digits(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    options = example_defaults(monkeypatch)
    assert (options.hidden, options.epochs, options.batch_size, options.lr) == (30, 30, 10, 3.0)
    data, test = nn.digits()
    model = nn.MLP([64, options.hidden, 10], rng=seed)
    history = nn.fit(
        model, nn.quadratic_cost, data, nn.SGD(model.parameters(), options.lr), options.epochs, options.batch_size,
        test, seed, progress=False,
    )  # fmt: skip
    assert history.accuracy[-1] >= 0.97
    assert history.accuracy[-1] == nn.accuracy(model, *test)


class ArraysOnly(pickle.Unpickler):
    """Reads NumPy arrays in containers, and nothing that could run."""

    ALLOWED: ClassVar = {
        ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
        ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode"),
    }  # fmt: skip

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def test_the_reader_of_arrays_runs_nothing() -> None:
    arrays = (np.arange(3), [np.ones((2, 2), np.float32)])
    read = ArraysOnly(io.BytesIO(pickle.dumps(arrays, protocol=2)), encoding="latin1").load()
    np.testing.assert_array_equal(read[0], arrays[0])
    np.testing.assert_array_equal(read[1][0], arrays[1][0])
    with pytest.raises(pickle.UnpicklingError, match="getcwd is no part"):
        ArraysOnly(io.BytesIO(pickle.dumps(os.getcwd))).load()


@pytest.mark.skipif(not MNIST, reason="AUTOGRAD_LITE_MNIST does not name the book's mnist.pkl.gz")
def test_one_epoch_of_mnist() -> None:
    assert MNIST is not None
    with gzip.open(MNIST) as stored:
        (x, labels), _, (x_test, labels_test) = ArraysOnly(stored, encoding="latin1").load()
    assert x.shape == (50_000, 784)
    assert x_test.shape == (10_000, 784)
    y = np.eye(10, dtype=np.float32)[labels]
    model = nn.MLP([784, 30, 10], rng=0)
    history = nn.fit(
        model, nn.quadratic_cost, (x, y), nn.SGD(model.parameters(), 3.0), 1, 10, (x_test, labels_test), 0,
        progress=False,
    )  # fmt: skip
    assert history.accuracy[-1] > 0.88
