"""Linear algebra beyond its samples: ties, singular matrices, norms at 0, empty stacks, what depends on no choice."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(8)


def gradient(f: Callable[[ag.Tensor], ag.Tensor], x: Any) -> np.ndarray:
    """The gradient of a number at `x`."""
    leaf = ag.tensor(np.asarray(x, float), requires_grad=True)
    f(leaf).backward()
    return np.asarray(leaf.grad)


# Einsum.


@pytest.mark.parametrize("seed", range(40))
def test_einsum_of_anything_is_numpys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(10):
        subscripts, operands = _drawn(rng)
        expected = np.einsum(subscripts, *operands)
        found = ag.einsum(subscripts, *operands)
        assert found.shape == np.shape(expected), subscripts
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-12, err_msg=subscripts)
    if all(x.size for x in operands):
        assert ag.gradcheck(lambda *xs: ag.einsum(subscripts, *xs), *operands).passed


def _drawn(rng: np.random.Generator) -> tuple[str, list[np.ndarray]]:
    """Subscripts with repeated letters, dots, sizes of 1 and 0, and arrays that fit them."""
    sizes = dict(zip("abcde", rng.integers(0, 4, 5), strict=True))
    dotted = rng.random() < 0.5
    words, operands = [], []
    for _ in range(rng.integers(1, 4)):
        word = [str(letter) for letter in rng.choice(list("abcde"), rng.integers(0, 4))]
        shape = [1 if rng.random() < 0.1 and word.count(a) == 1 else int(sizes[a]) for a in word]
        if dotted and rng.random() < 0.8:
            place, count = int(rng.integers(0, len(word) + 1)), int(rng.integers(0, 3))
            shape[place:place] = [1 if rng.random() < 0.3 else n for n in (2, 3)[2 - count :]]
            word[place:place] = ["..."]
        words.append("".join(word))
        operands.append(np.asarray(rng.normal(size=shape)))
    subscripts = ",".join(words)
    if rng.random() < 0.7:
        letters = sorted(set(subscripts) - set(",."))
        rng.shuffle(letters)
        result = letters[: rng.integers(0, len(letters) + 1)]
        if "..." in subscripts:
            result.insert(int(rng.integers(0, len(result) + 1)), "...")
        subscripts += "->" + "".join(result)
    return subscripts, operands


def test_einsum_reads_lists_of_numbers() -> None:
    x, y = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 5))
    for args in ((x, [0, 1], y, [1, 2]), (x, [0, 1], y, [1, 2], [2, 0]), (x, [..., 1], y, [1, 2], [..., 2])):
        np.testing.assert_allclose(ag.einsum(*args).numpy(), np.einsum(*args), rtol=1e-14)
    t = ag.tensor(x, requires_grad=True)
    assert np.einsum("ij,jk->k", t, y).requires_grad and np.einsum(t, [0, 1], [1, 0]).shape == (3, 2)


def test_einsum_takes_the_order_it_is_given() -> None:
    arrays = [RNG.normal(size=s) for s in ((2, 3), (3, 4), (4, 5))]
    expected = np.einsum("ab,bc,cd", *arrays)
    for order in (False, True, "greedy", "optimal", ["einsum_path", (1, 2), (0, 1)], ["einsum_path", (0, 1, 2)]):
        np.testing.assert_allclose(ag.einsum("ab,bc,cd", *arrays, optimize=order).numpy(), expected, rtol=1e-13)


def test_einsum_keeps_small_whole_numbers_and_truths() -> None:
    whole, truth = np.ones((2, 3), np.int8), np.eye(3, dtype=bool)
    assert ag.einsum("ij->i", whole).dtype == np.einsum("ij->i", whole).dtype == np.int8
    assert ag.einsum("ij->j", truth).numpy().tolist() == np.einsum("ij->j", truth).tolist() == [True] * 3


# Matrices.


def test_first_derivative_of_a_determinant_is_there_for_a_singular_matrix() -> None:
    np.testing.assert_allclose(gradient(ag.linalg.det, [[1, 2], [2, 4]]), [[4, -2], [-2, 1]], atol=1e-14)
    assert gradient(ag.linalg.det, np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]
    np.testing.assert_allclose(gradient(ag.linalg.det, np.diag([1.0, 0.0, 3.0])), np.diag([0.0, 3.0, 0.0]), atol=1e-14)
    second = ag.grad(ag.linalg.det(x := ag.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)), x, create_graph=True)
    with pytest.raises(ag.MatrixError, match="singular"):
        ag.grad(second.sum(), x)


def test_determinant_of_equal_singular_values_has_its_second_derivative() -> None:
    assert ag.gradcheck(ag.linalg.det, np.eye(3), order=2).passed


def test_singular_matrices_are_said_to_be_that_in_the_reverse_pass_too() -> None:
    x = ag.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True, name="A")
    sign, size = ag.linalg.slogdet(x)
    assert sign.item() == 0 and size.item() == -np.inf
    with pytest.raises(ag.MatrixError, match=r"linalg\.slogdet\(A \(2, 2\) float64\): a matrix is singular") as raised:
        size.backward()
    assert isinstance(raised.value, np.linalg.LinAlgError) and x.grad is None
    assert "in the derivative rule of linalg.slogdet" in raised.value.__notes__[0]


def test_equal_eigenvalues_give_what_does_not_depend_on_the_choice_of_vectors() -> None:
    a = np.diag([2.0, 2.0, 5.0])
    assert gradient(lambda x: ag.linalg.eigvalsh(x).sum(), a).tolist() == np.eye(3).tolist()
    weight = np.array([[1.0, 0.5, 2.0], [0.5, 3.0, 1.0], [2.0, 1.0, 4.0]])

    def projector(x: ag.Tensor) -> ag.Tensor:
        v = ag.linalg.eigh(x)[1][:, :2]
        return (v @ v.T * weight).sum()

    found = gradient(projector, a)
    assert np.isfinite(found).all()
    # P' = -(E₃ x P + P x E₃) / 3 for a change x, with E₃ the projector on the third axis.
    np.testing.assert_allclose(found, [[0, 0, 0], [0, 0, 0], [-4 / 3, -2 / 3, 0]], atol=1e-14)
    assert np.isfinite(gradient(lambda x: (ag.linalg.eigh(x)[1] * weight).sum(), np.eye(3))).all()


def test_equal_and_vanishing_singular_values_give_no_nan() -> None:
    def product(x: ag.Tensor) -> ag.Tensor:
        u, s, vt = ag.linalg.svd(x, full_matrices=False)
        return ((u * s) @ vt * weight).sum()

    weight = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    for x in (np.eye(3, 2), np.zeros((3, 2)), np.array([[1.0, 0], [0, 0], [0, 0]])):
        assert np.isfinite(gradient(product, x)).all()
    a = RNG.normal(size=(3, 2))
    np.testing.assert_allclose(gradient(product, a), weight, rtol=1e-10)  # the product is the matrix itself


@pytest.mark.parametrize("shape", [(4, 2), (2, 4)])
def test_further_columns_of_full_factors_give_what_does_not_depend_on_their_choice(shape: tuple[int, int]) -> None:
    a, weight = RNG.normal(size=shape), RNG.normal(size=(4, 4))

    def beyond(x: ag.Tensor) -> ag.Tensor:  # the projector on what the matrix does not reach
        u, _, vt = ag.linalg.svd(x)
        rest = u[:, 2:] if shape[0] > 2 else vt[2:].T
        return (rest @ rest.T * weight).sum()

    assert ag.gradcheck(beyond, a, order=2).passed
    if shape[0] > 2:

        def by_qr(x: ag.Tensor) -> ag.Tensor:
            rest = ag.linalg.qr(x, mode="complete")[0][:, 2:]
            return (rest @ rest.T * weight).sum()

        assert ag.gradcheck(by_qr, a, order=2).passed
        np.testing.assert_allclose(gradient(by_qr, a), gradient(beyond, a), rtol=1e-10)


def test_symmetric_functions_read_one_triangle_and_say_the_same_of_symmetric_changes() -> None:
    b = RNG.normal(size=(3, 3))
    a = b @ b.T + np.eye(3)
    other = a.copy()
    other[0, 2] = 7.0
    for f in (ag.linalg.cholesky, ag.linalg.eigvalsh, lambda x: ag.linalg.eigh(x)[0]):
        assert np.array_equal(f(other).numpy(), f(a).numpy())
        assert gradient(lambda x, f=f: f(x)[..., 0].sum(), a)[0, 2] == 0
    found = gradient(lambda x: ag.log(ag.diagonal(ag.linalg.cholesky(x))).sum() * 2, a)
    whole = found + found.T - np.diag(np.diag(found))
    np.testing.assert_allclose(whole + np.diag(np.diag(found)), 2 * np.linalg.inv(a), rtol=1e-10)


def test_exponential_of_large_small_and_nilpotent_matrices() -> None:
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    angle = np.array([0.1, 3.0, 200.0, 1e-9, 0.0])
    found = ag.linalg.expm(angle[:, None, None] * turn).numpy()
    expected = np.cos(angle)[:, None, None] * np.eye(2) + np.sin(angle)[:, None, None] * turn
    np.testing.assert_allclose(found, expected, atol=1e-12)
    # Each squaring doubles what rounding has left.
    np.testing.assert_allclose(ag.linalg.expm(np.array([[0, 1e5], [0, 0]])).numpy(), [[1, 1e5], [0, 1]], rtol=1e-11)
    assert np.isnan(ag.linalg.expm(np.array([[0.0, 1e6], [0.0, 0.0]])).numpy()).all()
    assert gradient(lambda x: ag.linalg.expm(x).sum() * 0.0, np.eye(2)).tolist() == [[0, 0], [0, 0]]
    assert ag.linalg.expm(np.eye(2, dtype=np.float32)).dtype == np.float32


def test_least_squares_are_numpys() -> None:
    a, b = RNG.normal(size=(5, 2)), RNG.normal(size=(5, 3))
    for one, other in zip(ag.linalg.lstsq(a, b), np.linalg.lstsq(a, b, rcond=None), strict=True):
        np.testing.assert_allclose(one.numpy(), other, rtol=1e-12)
    low = np.outer([1.0, 2.0, 3.0], [1.0, 1.0])
    x, _, rank, _ = ag.linalg.lstsq(low, np.ones(3))
    assert rank.item() == 1
    np.testing.assert_allclose(x.numpy(), np.linalg.lstsq(low, np.ones(3), rcond=None)[0], rtol=1e-12)


# Norms.


@pytest.mark.parametrize("order", [None, 1, 2, 3, 0.5, np.inf, -np.inf, "fro", "nuc"])
def test_norms_have_the_gradient_0_at_0(order: Any) -> None:
    shape = (2, 3) if order in ("fro", "nuc") else (3,)
    assert gradient(lambda x: ag.linalg.norm(x, ord=order), np.zeros(shape)).tolist() == np.zeros(shape).tolist()
    if order in (None, 1, 2, np.inf):
        assert not gradient(lambda x: ag.linalg.norm(x, ord=order), np.zeros((2, 3))).any()


def test_norms_take_the_smallest_subgradient_at_corners() -> None:
    assert gradient(lambda x: ag.linalg.norm(x, ord=np.inf), [3, -3, 1]).tolist() == [0.5, -0.5, 0]
    assert gradient(lambda x: ag.linalg.norm(x, ord=1), [3, 0, -1]).tolist() == [1, 0, -1]
    np.testing.assert_allclose(gradient(lambda x: ag.linalg.norm(x, ord=3), [0, 2]), [0, 1], rtol=1e-15)
    rank_one = np.outer([3.0, 4.0], [1.0, 0.0])
    found = gradient(lambda x: ag.linalg.norm(x, ord="nuc"), rank_one)
    np.testing.assert_allclose(found, rank_one / 5, atol=1e-15)
    np.testing.assert_allclose(gradient(lambda x: ag.linalg.norm(x, ord=2), np.eye(2)), np.eye(2) / 2, atol=1e-15)


def test_norms_that_count_or_are_undone_by_zeros_are_numpys() -> None:
    x = np.array([[0.0, 2.0, 0.0], [1.0, 1.0, 1.0]])
    with np.errstate(divide="ignore"):
        for order in (0, -1, -2.5):
            expected = np.linalg.norm(x, ord=order, axis=1)
            assert ag.linalg.norm(x, ord=order, axis=1).numpy().tolist() == expected.tolist()
    assert np.isnan(ag.linalg.norm(np.array([1.0, np.nan])).item())
    assert ag.linalg.norm(np.array([1.0, -np.inf])).item() == np.inf


# Where it is found.


def test_numpys_own_functions_are_ours_on_tensors() -> None:
    x = ag.tensor(RNG.normal(size=(3, 3)), requires_grad=True)
    plain = x.numpy()
    for name in ("inv", "det", "pinv", "svdvals", "norm", "cond", "trace", "diagonal", "matrix_transpose"):
        found = getattr(np.linalg, name)(x)
        assert type(found) is ag.Tensor and found.requires_grad, name
        np.testing.assert_allclose(found.numpy(), getattr(np.linalg, name)(plain), rtol=1e-12)
    for name in ("qr", "eigh", "svd", "slogdet"):
        assert all(type(each) is ag.Tensor for each in getattr(np.linalg, name)(x)), name
    assert np.linalg.multi_dot([x, x, x]).requires_grad and np.linalg.solve(x, np.ones(3)).requires_grad
    with pytest.raises(ag.ArgumentError, match=r"numpy\.linalg\.eigvals is not an operation on tensors"):
        np.linalg.eigvals(x)


def test_names_of_numpys_linalg_stand_under_linalg() -> None:
    assert set(ag.linalg.__all__) - set(np.linalg.__all__) == {"expm"}
    assert set(np.linalg.__all__) - set(ag.linalg.__all__) == {"LinAlgError", "eig", "eigvals"}
    assert set(dir(ag.linalg)) == {*ag.linalg.__all__, "__doc__"}
    assert "linalg" in dir(ag) and not any("." in name for name in dir(ag))
    op = ag.REGISTRY["linalg.svdvals"]
    for each in (op, ag.REGISTRY["linalg._qr"].part(1)):
        assert pickle.loads(pickle.dumps(each)) is each  # noqa: S301


def test_stacks_without_matrices_and_matrices_without_rows() -> None:
    for f in (ag.linalg.inv, ag.linalg.det, ag.linalg.expm, ag.linalg.svdvals, ag.linalg.cholesky, ag.linalg.eigvalsh):
        for shape in ((0, 2, 2), (0, 0), (3, 0, 0)):
            x = ag.tensor(np.zeros(shape), requires_grad=True)
            out = f(x)
            out.sum().backward()
            assert x.grad.shape == shape
    assert ag.linalg.det(np.zeros((0, 0))).item() == 1
    assert ag.linalg.norm(np.zeros(0)).item() == 0


def test_a_compiled_step_says_that_a_matrix_is_singular() -> None:
    @ag.compile
    def step(x: ag.Tensor) -> ag.Tensor:
        return ag.linalg.inv(x).sum()

    assert step(np.eye(2)).item() == 2
    with pytest.raises(np.linalg.LinAlgError):
        step(np.zeros((2, 2)))
    assert step(2 * np.eye(2)).item() == 1


# Named results.

_NAMES = {
    "qr": ("Q", "R"),
    "eigh": ("eigenvalues", "eigenvectors"),
    "svd": ("U", "S", "Vh"),
    "slogdet": ("sign", "logabsdet"),
}


@pytest.mark.parametrize("name", _NAMES)
def test_results_have_numpys_names_wherever_they_are_made(name: str) -> None:
    a = RNG.normal(size=(3, 3))
    a = a @ a.T + 3 * np.eye(3)
    x = ag.tensor(a, requires_grad=True)
    ours, numpys = getattr(ag.linalg, name), getattr(np.linalg, name)
    step = ag.compile(ours)
    made: list[Any] = [
        ours(x), numpys(x), ours(a), ag.REGISTRY[f"linalg.{name}"](a), step(x), step(x), ag.checkpoint(ours, x),
        ag.vjp(ours, x)[0], ag.jvp(ours, x, a)[1],
    ]  # fmt: skip
    expected = numpys(a)
    for found in made:
        assert isinstance(found, tuple) and type(found)._fields == type(expected)._fields == _NAMES[name]
    for found in made[:-1]:
        for field, value in zip(_NAMES[name], found, strict=True):
            assert getattr(found, field) is value
            np.testing.assert_array_equal(getattr(value, "data", value) if isinstance(value, ag.Tensor) else value,
                                          getattr(expected, field))  # fmt: skip
    jacobian = ag.jacobian(ours, x)
    assert type(jacobian)._fields == _NAMES[name]
    again = ag.checkpoint(ours, x)
    sum((each * each).sum() for each in again).backward()
    plain = ag.grad(sum((each * each).sum() for each in ours(x)), x)
    assert x.grad is not None and x.grad.tobytes() == plain.numpy().tobytes()


def test_a_pull_takes_gradients_of_named_results_one_by_one_or_together() -> None:
    a = np.array([[2.0, 0.5], [0.5, 1.0]])
    out, pull = ag.vjp(ag.linalg.eigh, a)
    apart = pull(np.array([1.0, 2.0]), None)
    together = pull(type(out)(np.array([1.0, 2.0]), np.zeros((2, 2))))
    np.testing.assert_array_equal(apart[0].numpy(), together[0].numpy())


def test_results_of_a_custom_gradient_keep_their_names() -> None:
    def split(x: Any) -> Any:
        return kind(x + 1, x - 1)

    kind = type(ag.linalg.qr(np.eye(2)))
    both = ag.custom_gradient(split, lambda g, out, x: (g[0] + g[1],))
    assert both(ag.tensor(2.0, requires_grad=True)).R.item() == 1.0


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4)])
def test_the_factors_of_a_symmetric_matrix_are_numpys_and_read_the_lower_triangle(shape: tuple[int, ...]) -> None:
    a = RNG.normal(size=shape)  # what stands above the diagonal is ignored
    found = ag.linalg.svd(a, hermitian=True)
    for one, other in zip(found, np.linalg.svd(a, hermitian=True), strict=True):
        np.testing.assert_allclose(one.numpy(), other, rtol=1e-13)
    s = ag.linalg.svd(a, compute_uv=False, hermitian=True)
    np.testing.assert_allclose(s.numpy(), np.linalg.svd(a, compute_uv=False, hermitian=True), rtol=1e-13)
    whole = np.tril(a) + np.swapaxes(np.tril(a, -1), -1, -2)
    np.testing.assert_allclose((found.U * found.S[..., None, :] @ found.Vh).numpy(), whole, atol=1e-12)
    x = ag.tensor(a, requires_grad=True)
    weight = RNG.normal(size=shape[:-1])
    for f in (lambda x: ag.linalg.svd(x, hermitian=True).S, lambda x: ag.linalg.svd(x, False, False, True)):
        gradient = ag.grad((f(x) * weight).sum(), x).numpy()
        assert not np.triu(gradient, 1).any() and gradient.any()
    assert ag.gradcheck(lambda x: ag.linalg.svd(x, hermitian=True).S, a, order=2).passed
    assert ag.gradcheck(lambda x: ag.linalg.svd(x, hermitian=True).U ** 2, a, order=1).passed


@pytest.mark.parametrize("f", [ag.linalg.inv, ag.linalg.cholesky, lambda x: ag.linalg.solve(x, np.ones(2)),
                               lambda x: ag.grad(ag.linalg.slogdet(x).logabsdet, x)])  # fmt: skip
def test_a_compiled_step_meets_a_singular_matrix_as_the_eager_call_does(f: Any) -> None:
    good, singular = (ag.tensor(a, requires_grad=True) for a in (2 * np.eye(2), np.zeros((2, 2))))
    with pytest.raises(ag.MatrixError) as eager:
        f(singular)
    step = ag.compile(f)
    for _ in range(3):
        assert step(good).numpy().tobytes() == f(good).numpy().tobytes()
        with pytest.raises(ag.MatrixError) as compiled:
            step(singular)
        assert str(compiled.value).partition("): ")[2] == str(eager.value).partition("): ")[2]


def test_vander_of_no_columns_is_empty_as_in_numpy() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    for found in (ag.vander(x, 0), ag.vander(x, N=0, increasing=True), ag.compile(lambda x: ag.vander(x, 0))(x)):
        assert found.shape == np.vander([1.0, 2.0], 0).shape and found.dtype == np.float64
    assert ag.grad(ag.vander(x, 0).sum(), x).numpy().tolist() == [0.0, 0.0]


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (2, 3, 3)])
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_q_and_r_are_numpys_for_square_wide_and_tall_matrices(shape: tuple[int, ...], mode: str) -> None:
    a = RNG.normal(size=shape)
    for one, other in zip(ag.linalg.qr(a, mode), np.linalg.qr(a, mode), strict=True):
        np.testing.assert_allclose(one.numpy(), other, atol=1e-14)
    if mode == "reduced" or shape[-2] <= shape[-1]:
        assert ag.gradcheck(lambda x: ag.linalg.qr(x, mode), a, order=2).passed
