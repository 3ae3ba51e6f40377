"""Random tensors: NumPy's numbers from NumPy's streams, gradients of parameters, fresh ones in compiled steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

SEED = 7


def rng() -> np.random.Generator:
    return np.random.default_rng(SEED)


WEIGHTS = np.array([0.2, 0.5, 0.3])
ROWS = np.arange(12.0).reshape(4, 3)

SAME = {
    "normal": (lambda r: ag.random.normal(2.0, 0.5, (3, 2), rng=r), lambda r: r.normal(2.0, 0.5, (3, 2))),
    "uniform": (lambda r: ag.random.uniform(-1.0, 2.0, 5, rng=r), lambda r: r.uniform(-1.0, 2.0, 5)),
    "exponential": (lambda r: ag.random.exponential(2.0, 5, rng=r), lambda r: r.exponential(2.0, 5)),
    "integers": (lambda r: ag.random.integers(2, 9, (2, 3), rng=r), lambda r: r.integers(2, 9, (2, 3))),
    "integers of one bound": (lambda r: ag.random.integers(9, rng=r), lambda r: r.integers(9)),
    "integers with the end": (
        lambda r: ag.random.integers(0, [1, 5], rng=r, dtype=np.int8, endpoint=True),
        lambda r: r.integers(0, [1, 5], dtype=np.int8, endpoint=True),
    ),
    "permutation of a number": (lambda r: ag.random.permutation(6, rng=r), lambda r: r.permutation(6)),
    "permutation": (lambda r: ag.random.permutation(ROWS, rng=r), lambda r: r.permutation(ROWS)),
    "permutation of columns": (
        lambda r: ag.random.permutation(ROWS, axis=1, rng=r), lambda r: r.permutation(ROWS, axis=1)
    ),
    "choice": (lambda r: ag.random.choice(ROWS, 5, rng=r), lambda r: r.choice(ROWS, 5)),
    "choice of a number": (lambda r: ag.random.choice(9, (2, 2), rng=r), lambda r: r.choice(9, (2, 2))),
    "choice of one": (lambda r: ag.random.choice(ROWS[0], rng=r), lambda r: r.choice(ROWS[0])),
    "choice without return": (
        lambda r: ag.random.choice(ROWS, 2, replace=False, axis=1, shuffle=False, rng=r),
        lambda r: r.choice(ROWS, 2, replace=False, axis=1, shuffle=False),
    ),
    "choice with weights": (
        lambda r: ag.random.choice(3, 9, p=ag.tensor(WEIGHTS, requires_grad=True), rng=r),
        lambda r: r.choice(3, 9, p=WEIGHTS),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("seeded", [False, True], ids=["generator", "seed"])
def test_numbers_are_those_of_numpys_generator(name: str, seeded: bool) -> None:
    ours, theirs = SAME[name]
    found, wanted = ours(SEED if seeded else rng()), np.asarray(theirs(rng()))
    assert type(found) is ag.Tensor
    assert found.shape == wanted.shape and found.dtype == wanted.dtype
    assert np.array_equal(found.data, wanted)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "normal": lambda r, x: ag.random.normal(x, ag.exp(x), (2, 3), rng=r),
    "uniform": lambda r, x: ag.random.uniform(x, x + 1.0, rng=r),
    "exponential": lambda r, x: ag.random.exponential(ag.exp(x), rng=r),
    "gumbel": lambda r, x: ag.random.gumbel(x, ag.exp(x), rng=r),
    "bernoulli": lambda r, x: x * ag.random.bernoulli(ag.sigmoid(x), (4, 3), rng=r),
    "integers": lambda r, x: x * ag.random.integers(0, 9, 3, rng=r),
    "permutation": lambda r, x: ag.random.permutation(x, rng=r) * x,
    "choice": lambda r, x: ag.random.choice(x, 5, rng=r) * x[0],
    "categorical": lambda r, x: x[ag.random.categorical(x, 5, rng=r)],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_steps_draw_fresh_numbers_with_the_bits_of_eager_ones(name: str) -> None:
    function, x = FUNCTIONS[name], ag.tensor([0.5, -0.25, 0.125], requires_grad=True)

    def step(r: np.random.Generator) -> Callable[..., Any]:
        def f(x: ag.Tensor) -> Any:
            out = function(r, x)
            return out, ag.grad(out.sum(), x)

        return f

    eager, compiled, seen = step(rng()), ag.compile(step(rng()), verify=True), set()
    for _ in range(4):
        wanted, found = eager(x), compiled(x)
        assert [each.numpy().tobytes() for each in found] == [each.numpy().tobytes() for each in wanted]
        seen.add(found[0].numpy().tobytes())
    assert compiled.records == 1 and len(seen) > 1


def test_a_seed_gives_the_same_numbers_at_every_call_compiled_or_not() -> None:
    def f(x: ag.Tensor) -> ag.Tensor:
        return x * ag.random.normal(size=3, rng=SEED)

    compiled = ag.compile(f, verify=True)
    wanted = rng().normal(size=3)
    for _ in range(3):
        assert np.array_equal(compiled(ag.ones(3)).data, wanted) and np.array_equal(f(ag.ones(3)).data, wanted)


@pytest.mark.parametrize("name", ["normal", "uniform", "exponential", "gumbel", "permutation", "choice"])
def test_parameters_have_gradients(name: str) -> None:
    assert ag.gradcheck(lambda x: FUNCTIONS[name](SEED, x), np.array([0.5, -0.25, 0.125]), order=2).passed


def test_what_is_counted_has_no_gradient() -> None:
    p = ag.tensor([0.2, 0.8], requires_grad=True)
    for drawn in (
        ag.random.bernoulli(p, rng=rng()), ag.random.categorical(p, rng=rng()), ag.random.choice(2, 3, p=p, rng=rng())
    ):  # fmt: skip
        assert not drawn.requires_grad and drawn.node is None


def test_a_class_is_drawn_as_often_as_its_probability_says() -> None:
    logits = np.log(
        [[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]], where=[[True] * 3, [True, True, False]], out=np.full((2, 3), -np.inf)
    )
    drawn = ag.random.categorical(logits, 20_000, rng=rng()).numpy()
    assert drawn.shape == (20_000, 2)
    for line, wanted in zip(drawn.T, ([0.1, 0.2, 0.7], [0.5, 0.5, 0.0]), strict=True):
        assert np.allclose(np.bincount(line, minlength=3) / 20_000, wanted, atol=0.02)
    assert np.array_equal(ag.random.categorical(logits.T, 20_000, axis=0, rng=rng()).shape, (20_000, 2))
    drawn = ag.random.gumbel(1.0, 2.0, 20_000, rng=rng()).numpy()
    assert abs(drawn.mean() - (1.0 + 2.0 * np.euler_gamma)) < 0.06 and abs(drawn.std() - 2.0 * np.pi / 6**0.5) < 0.06
    assert abs(ag.random.bernoulli(0.3, 20_000, rng=rng(), dtype=float).numpy().mean() - 0.3) < 0.02


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", ["normal", "uniform", "exponential", "gumbel"])
def test_numbers_have_the_dtype_of_their_parameters(name: str, dtype: Any) -> None:
    x = ag.tensor([0.5, 0.25, 0.125], dtype=dtype)
    assert FUNCTIONS[name](SEED, x).dtype == dtype
    assert getattr(ag.random, name)(size=3, rng=SEED, dtype=dtype).dtype == dtype


@pytest.mark.parametrize(
    "call, error, said",
    [
        (lambda: ag.random.normal(size=3, rng=None), ag.ArgumentError, "there is no hidden generator"),
        (lambda: ag.random.normal(size=3, rng=-1), ag.ArgumentError, "or a seed, not -1"),
        (lambda: ag.random.normal(size=3, rng=True), ag.ArgumentError, "or a seed, not True"),
        (lambda: ag.random.normal(size=3, rng=np.random.RandomState(0)), ag.ArgumentError, "numpy.random.Generator"),
        (lambda: ag.random.normal(0.0, -1.0, rng=0), ag.ArgumentError, "scale must be at least 0, not -1.0"),
        (lambda: ag.random.normal(np.ones(3), size=2, rng=0), ag.ShapeError, r"do not go into size=2"),
        (lambda: ag.random.normal(size=-2, rng=0), ag.ShapeError, r"do not go into size=-2"),
        (lambda: ag.random.normal(size=1.5, rng=0), ag.ArgumentError, "size is a number of elements or a shape"),
        (lambda: ag.random.normal(size=2, rng=0, dtype=int), ag.DtypeError, "the numbers are real, and int64"),
        (lambda: ag.random.bernoulli(1.5, rng=0), ag.ArgumentError, "p is a probability from 0 to 1, not 1.5"),
        (lambda: ag.random.integers(5, 2, rng=0), ag.ArgumentError, "integers: low >= high"),
        (lambda: ag.random.integers(5, 2, rng=rng()), ag.AutogradError, "integers: low >= high"),
        (lambda: ag.random.permutation(ag.tensor(1.0), rng=0), ag.ShapeError, "has no axis"),
        (lambda: ag.random.choice([], rng=0), ag.AutogradError, "choice: a "),
        (lambda: ag.random.choice(3, 5, replace=False, rng=0), ag.AutogradError, "choice: Cannot take a larger"),
        (lambda: ag.random.choice(1.0, rng=0), ag.ShapeError, "has no parts"),
        (lambda: ag.random.categorical(1.0, rng=0), ag.ShapeError, "has no axis of classes"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call: Callable[[], Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


def test_a_refused_draw_leaves_the_generator_where_it_was() -> None:
    r = rng()
    with pytest.raises(ag.ShapeError):
        ag.random.normal(np.ones(3), size=2, rng=r)
    assert r.random() == rng().random()
