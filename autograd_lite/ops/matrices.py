r"""Functions of matrices, which stand under NumPy's `linalg`: inverses, determinants, factors, powers.

Formulas write them as words: what they print is read back, and there x⁻¹ and eˣ are those of numbers.

Matrices stand in the last two axes, others count them. Their rules are those of Giles, "Collected matrix derivative
results for forward and reverse mode algorithmic differentiation" (2008), of Walter and Lehmann, "Algorithmic
differentiation of linear algebra functions with application in optimum experimental design" (2010; QR) and of Golub and
Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems" (1973). What reads one triangle
of a matrix alone, as NumPy's `cholesky` and `eigh` do, has its gradient in that triangle.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy

from autograd_lite.errors import ArgumentError, ShapeError
from autograd_lite.op import composed, elementwise, operation, refused
from autograd_lite.ops.linalg import placed_on_diagonal
from autograd_lite.ops.products import shape_of


def _t(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _times(*factors: Any) -> Any:
    """The product of matrices, from left to right."""
    whole = factors[0]
    for factor in factors[1:]:
        whole = whole @ factor
    return whole


def _rows(x: Any) -> Any:
    """Numbers for the rows of matrices."""
    return x[..., :, None]


def _columns(x: Any) -> Any:
    """Numbers for the columns of matrices."""
    return x[..., None, :]


def _identity(xp: Any, x: Any) -> Any:
    return xp.tril(xp.triu(xp.ones_like(x)))


def _square(x: Any) -> None:
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise refused(ShapeError, f"its matrices are in the last two axes, and square: not {tuple(x.shape)}")


def _cube(inputs: Any, result: Any, params: Any) -> int:
    shape = inputs[0]
    return int(prod(shape) * min(shape[-2:], default=0))


# Results of several, by the names that NumPy has for them.


class SlogdetResult(NamedTuple):
    """What `slogdet` gives."""

    sign: Any
    logabsdet: Any


class QRResult(NamedTuple):
    """What `qr` gives."""

    Q: Any
    R: Any


class EighResult(NamedTuple):
    """What `eigh` gives."""

    eigenvalues: Any
    eigenvectors: Any


class SVDResult(NamedTuple):
    """What `svd` gives."""

    U: Any
    S: Any
    Vh: Any


# Inverses and systems.


@operation(notation=r"\operatorname{{inv}}({a})", symbol="a⁻¹", space="linalg", flops=_cube)
def inv(xp: Any, a: Any) -> Any:
    """The inverse of square matrices.

    Raises `MatrixError` for a singular matrix.

    >>> ag.linalg.inv(ag.tensor([[2.0, 0.0], [0.0, 4.0]])).numpy()
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    _square(a)
    return xp.linalg.inv(a)


inv.rules(a=lambda xp, g, out, a: -_times(_t(out), g, _t(out)))


@operation(notation=r"\operatorname{{solve}}({a}, {b})", symbol="solve", space="linalg", flops=_cube)
def solve(xp: Any, a: Any, b: Any) -> Any:
    """The solution x of a x = b, for a vector `b` or, where it has more axes, for each column of its matrices.

    Raises `MatrixError` for a singular matrix.

    >>> ag.linalg.solve(ag.tensor([[2.0, 0.0], [0.0, 4.0]]), ag.tensor([2.0, 2.0])).numpy()
    array([1. , 0.5])
    """
    _square(a)
    return xp.linalg.solve(a, b)


def _solved_back(xp: Any, g: Any, a: Any, b: Any) -> Any:
    # aᵀ⁻¹ g, which is the gradient of b.
    if b.ndim > 1:
        return xp.linalg.solve(_t(a), g)
    return xp.linalg.solve(_t(a), _rows(g))[..., 0]


def _solve_rule(xp: Any, g: Any, out: Any, a: Any, b: Any) -> Any:
    back = _solved_back(xp, g, a, b)
    return -back @ _t(out) if b.ndim > 1 else -_rows(back) * _columns(out)


solve.rules(a=_solve_rule, b=lambda xp, g, out, a, b: _solved_back(xp, g, a, b))


@operation(notation=r"\operatorname{{pinv}}({a})", symbol="a⁺", space="linalg", analytic=False, flops=_cube)
def pinv(xp: Any, a: Any, *, rcond: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:
    """The pseudo-inverse of matrices (Moore and Penrose).

    Singular values up to `rcond` (or `rtol`, 1e-15 where neither is given) of the largest are taken for zero. The
    derivative is that at a constant rank, for which it does not matter whether singular values are equal.

    >>> ag.linalg.pinv(ag.tensor([[2.0], [0.0]])).numpy()
    array([[0.5, 0. ]])
    """
    cut = rtol if rcond is None else rcond
    return xp.linalg.pinv(a, 1e-15 if cut is None else cut, hermitian)


def _pinv_rule(xp: Any, g: Any, out: Any, a: Any, *, rcond: Any, hermitian: bool, rtol: Any) -> Any:
    p, pt, gt = out, _t(out), _t(g)
    left, right = gt - _times(a, p, gt), gt - _times(gt, p, a)  # (I - a p) gᵀ and gᵀ (I - p a)
    return _times(left, p, pt) + _times(pt, p, right) - _times(pt, g, pt)


pinv.rules(a=_pinv_rule)


@composed(notation=r"\operatorname{{lstsq}}({a}, {b})", space="linalg", analytic=False)
def lstsq(xp: Any, a: Any, b: Any, *, rcond: Any = None) -> tuple[Any, ...]:
    """The x of smallest norm for which |a x - b| is smallest: a tuple of x, residuals, rank and singular values.

    Residuals are the sums of squares that remain, one for each column of `b`; none where `a` has no more rows than
    columns. `rcond` is as for `pinv`; where None the rounding unit times the longer side of `a`. Matrices may be
    stacked. The derivative is that at a constant rank.

    >>> x, residuals, rank, s = ag.linalg.lstsq(ag.tensor([[2.0], [0.0]]), ag.tensor([4.0, 3.0]))
    >>> x.numpy(), residuals.numpy()
    (array([2.]), array([9.]))
    """
    m, n = a.shape[-2:] if a.ndim > 1 else (0, 0)
    if a.ndim < 2 or not b.ndim or b.shape[-2 if b.ndim > 1 else -1] != m:
        raise refused(ShapeError, f"as many rows as the matrix has must stand in b: {shape_of(a)} and {shape_of(b)}")
    cut = float(numpy.finfo(a.dtype).eps * max(m, n)) if rcond is None else rcond
    columns = b if b.ndim > 1 else _rows(b)
    x = xp.linalg.pinv(a, rcond=cut) @ columns
    apart = xp.sum(xp.square(columns - a @ x), axis=-2) if m > n else xp.sum(x, axis=-2)[..., :0]
    s = xp.linalg.svdvals(a)
    rank = xp.sum(s > cut * xp.max(s, axis=-1, keepdims=True), axis=-1)
    return x if b.ndim > 1 else x[..., 0], apart, rank, s


# Determinants.


@operation(notation=r"\det {a}", symbol="det", space="linalg", flops=_cube)
def det(xp: Any, a: Any) -> Any:
    """The determinant of square matrices; its first derivative, the cofactors, is there for singular ones too.

    >>> ag.linalg.det(ag.tensor([[0.0, 1.0], [1.0, 0.0]])).item()
    -1.0
    """
    _square(a)
    return xp.linalg.det(a)


# From singular values, since det(a) a⁻¹ is not there for a singular matrix.
@operation(notation=r"\operatorname{{adj}} {a}", symbol="adj", space="linalg", analytic=False, flops=_cube)
def _adjugate(xp: Any, a: Any) -> Any:
    """The transposed cofactors of square matrices: det(a) a⁻¹ where there is an inverse.

    >>> ag.REGISTRY["linalg._adjugate"](np.array([[1.0, 2.0], [2.0, 4.0]])).round(12)
    array([[ 4., -2.],
           [-2.,  1.]])
    """
    u, s, vt = xp.linalg.svd(a)
    others = [xp.prod(s[..., [j for j in range(a.shape[-1]) if j != i]], axis=-1) for i in range(a.shape[-1])]
    sign = xp.linalg.det(u) * xp.linalg.det(vt)
    return _times(_t(vt) * _columns(xp.stack(others, axis=-1)), _t(u)) * sign[..., None, None] if others else u


def _adjugate_rule(xp: Any, g: Any, out: Any, a: Any) -> Any:
    # adj(a) = det(a) a⁻¹, of which both factors change.
    back = _t(xp.linalg.inv(a))
    return xp.sum(g * out, axis=(-2, -1), keepdims=True) * back - _times(_t(out), g, back)


_adjugate.rules(a=_adjugate_rule)

det.rules(a=lambda xp, g, out, a: g[..., None, None] * _t(_adjugate(a)))


@operation(
    notation=r"\operatorname{{slogdet}} {a}", symbol="slogdet", space="linalg", analytic=False, parts=SlogdetResult,
    flops=_cube,
)  # fmt: skip
def slogdet(xp: Any, a: Any) -> Any:
    """The `sign` of the determinant and the logarithm of its absolute value, `logabsdet`, without overflow.

    The gradient raises `MatrixError` for a singular matrix.

    >>> [x.item() for x in ag.linalg.slogdet(ag.tensor([[-1.0, 0.0], [0.0, 1.0]]))]
    [-1.0, 0.0]
    """
    _square(a)
    return SlogdetResult(*xp.linalg.slogdet(a))


slogdet.rules(a=lambda xp, g, out, a: g[1][..., None, None] * _t(xp.linalg.inv(a)))


# Factors.


def _lower(xp: Any, s: Any) -> Any:
    """The gradient of what reads the lower triangle of a symmetric matrix, from that of the whole."""
    return xp.tril(s) + xp.tril(_t(s), k=-1)


@operation(notation=r"\operatorname{{chol}} {a}", symbol="cholesky", space="linalg", analytic=False, flops=_cube)
def cholesky(xp: Any, a: Any, *, upper: bool = False) -> Any:
    """The lower triangular L of a = L Lᵀ, for symmetric positive definite matrices; with `upper` its transpose.

    As in NumPy the lower triangle of `a` is read (with `upper` the upper one) and the other ignored, so the gradient is
    in that triangle: for a symmetric change of `a` it says the same as a symmetric one would. Raises `MatrixError` for
    a matrix that is not positive definite.

    >>> ag.linalg.cholesky(ag.tensor([[4.0, 2.0], [2.0, 2.0]])).numpy()
    array([[2., 0.],
           [1., 1.]])
    """
    _square(a)
    return _t(xp.linalg.cholesky(_t(a))) if upper else xp.linalg.cholesky(a)


def _cholesky_rule(xp: Any, g: Any, out: Any, a: Any, *, upper: bool) -> Any:
    lt, g = (out, _t(g)) if upper else (_t(out), g)
    inner = lt @ xp.tril(g)
    half = 0.5 * (xp.tril(inner) + xp.tril(inner, k=-1))  # the lower triangle, with half the diagonal
    s = _lower(xp, xp.linalg.solve(lt, _t(xp.linalg.solve(lt, _t(half)))))
    return _t(s) if upper else s


cholesky.rules(a=_cholesky_rule)


@composed(notation=r"\operatorname{{factors}}({a})", space="linalg", analytic=False)
def qr(xp: Any, a: Any, *, mode: str = "reduced") -> Any | tuple[Any, ...]:
    """The factors of a = Q R with orthonormal columns in `Q` and an upper triangular `R`; or R alone.

    `mode` is `"reduced"`, `"complete"` (Q square) or `"r"`. The columns that only the complete Q has are not determined
    by `a`: gradients are right for what does not depend on their choice. A gradient raises `MatrixError` where the
    first columns of `a` are linearly dependent.

    >>> ag.linalg.qr(ag.tensor([[3.0], [4.0]]), mode="r").numpy()
    array([[-5.]])
    """
    if mode not in ("reduced", "complete", "r"):
        raise refused(ArgumentError, f"mode is 'reduced', 'complete' or 'r', not {mode!r}")
    if a.ndim < 2:
        raise refused(ShapeError, "a matrix has two axes")
    q, r = xp.linalg._qr(a, complete=mode == "complete")
    return r if mode == "r" else QRResult(q, r)


@operation(notation=r"\operatorname{{qr}} {a}", symbol="qr", space="linalg", analytic=False, parts=2, flops=_cube)
def _qr(xp: Any, a: Any, *, complete: bool = False) -> Any:
    """Both factors of `qr`.

    >>> [x.shape for x in ag.REGISTRY["linalg._qr"](np.ones((3, 2)))]
    [(3, 2), (2, 2)]
    """
    return tuple(xp.linalg.qr(a, "complete" if complete else "reduced"))


def _qr_rule(xp: Any, g: Any, out: Any, a: Any, *, complete: bool) -> Any:
    (q, r), (gq, gr) = out, g
    m, n = a.shape[-2:]
    k = min(m, n)
    if complete and m > n:  # the further columns turn with the others, as little as they can
        gq, q = gq[..., :k] - _times(q[..., k:], _t(gq[..., k:]), q[..., :k]), q[..., :k]
        r, gr = r[..., :k, :], gr[..., :k, :]
    if m < n:  # a = [x y], r = [u v]: x = q u, and v = qᵀ y
        gq = gq + a[..., k:] @ _t(gr[..., k:])
        rest, r, gr = q @ gr[..., k:], r[..., :k], gr[..., :k]
    inner = r @ _t(gr) - _t(gq) @ q
    turned = gq + q @ (xp.tril(inner) + _t(xp.tril(inner, k=-1)))
    found = _t(xp.linalg.solve(r, _t(turned)))
    return xp.concatenate([found, rest], axis=-1) if m < n else found


_qr.rules(a=_qr_rule)


# A guard of the factors' rules, where equal values would divide by zero.
@elementwise(
    lambda xp, out, x: -out * out, notation=r"\operatorname{{inverse}}({x})", prime=r"-\operatorname{{inverse}}({x})^2",
    analytic=False, space="linalg",
)  # fmt: skip
def _one_over(xp: Any, x: Any) -> Any:
    """1 / x, and 0 where x is 0, element by element; so is its derivative.

    >>> ag.REGISTRY["linalg._one_over"](np.array([0.0, 4.0]))
    array([0.  , 0.25])
    """
    return xp.where(x == 0, 0, 1 / xp.where(x == 0, 1, x))


def _apart(x: Any) -> Any:
    """1 / (xⱼ - xᵢ) in row i and column j, and 0 where the two are equal."""
    return _one_over(_columns(x) - _rows(x))


@operation(
    notation=r"\operatorname{{eigh}} {a}", symbol="eigh", space="linalg", analytic=False, parts=EighResult, flops=_cube
)
def eigh(xp: Any, a: Any, *, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    """The `eigenvalues`, ascending, and in columns the `eigenvectors` of symmetric matrices.

    As in NumPy one triangle of `a` is read, the lower or with `UPLO="U"` the upper, and the gradient is in it. An
    eigenvector is determined up to its sign, and those of equal eigenvalues up to a rotation among them: gradients are
    right for what does not depend on that choice. Where eigenvalues are exactly equal the part that would rotate them
    into each other, 1 / (λⱼ - λᵢ), is taken for 0: right for the eigenvalues and for functions of the space that they
    share, where it would otherwise be nan.

    >>> ag.linalg.eigh(ag.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues.numpy()
    array([1., 2.])
    """
    _square(a)
    return EighResult(*xp.linalg.eigh(a, UPLO))


def _eigh_rule(xp: Any, g: Any, out: Any, a: Any, *, UPLO: str) -> Any:  # noqa: N803
    (w, v), (gw, gv) = out, g
    inner = _apart(w) * (_t(v) @ gv) + placed_on_diagonal(gw)
    return _in_triangle(xp, _times(v, inner, _t(v)), UPLO)


def _in_triangle(xp: Any, s: Any, uplo: str) -> Any:
    return _lower(xp, s) if uplo.upper() == "L" else _t(_lower(xp, s))


eigh.rules(a=_eigh_rule)


@operation(notation=r"\operatorname{{eigvalsh}}({a})", symbol="eigvalsh", space="linalg", analytic=False, flops=_cube)
def eigvalsh(xp: Any, a: Any, *, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    """The eigenvalues of symmetric matrices, ascending; which triangle is read is as for `eigh`.

    >>> ag.linalg.eigvalsh(ag.tensor([[2.0, 0.0], [0.0, 1.0]])).numpy()
    array([1., 2.])
    """
    _square(a)
    return xp.linalg.eigvalsh(a, UPLO)


def _eigvalsh_rule(xp: Any, g: Any, out: Any, a: Any, *, UPLO: str) -> Any:  # noqa: N803
    _, v = xp.linalg.eigh(a if UPLO.upper() == "L" else _t(a))
    return _in_triangle(xp, (v * _columns(g)) @ _t(v), UPLO)


eigvalsh.rules(a=_eigvalsh_rule)


@composed(notation=r"\operatorname{{factors}}({a})", space="linalg", analytic=False)
def svd(
    xp: Any, a: Any, *, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any | tuple[Any, ...]:
    """The factors of a = U diag(s) Vᵀ: `U`, s as `S` (descending) and Vᵀ as `Vh`, or s alone without `compute_uv`.

    Singular vectors are determined up to a sign of each pair, and those of equal singular values up to a rotation among
    them; with `full_matrices` there are further ones that `a` does not determine at all. Gradients are right for what
    does not depend on that choice; where singular values are exactly equal, or zero, the part that would divide by
    their difference is taken for 0, where it would otherwise be nan. With `hermitian` the factors are those of a
    symmetric matrix, found by `eigh` from its lower triangle, where the gradient is then.

    >>> ag.linalg.svd(ag.tensor([[3.0, 0.0], [0.0, 4.0]]), compute_uv=False).numpy()
    array([4., 3.])
    """
    if a.ndim < 2:
        raise refused(ShapeError, "a matrix has two axes")
    if hermitian:
        return _of_symmetric(xp, a) if compute_uv else xp.sort(xp.absolute(xp.linalg.eigvalsh(a)), axis=-1)[..., ::-1]
    return SVDResult(*xp.linalg._svd(a, full=full_matrices)) if compute_uv else xp.linalg.svdvals(a)


def _of_symmetric(xp: Any, a: Any) -> SVDResult:
    """The factors of symmetric matrices: eigenvalues without their signs, which the right vectors take."""
    w, v = xp.linalg.eigh(a)
    order = xp.argsort(xp.absolute(w), axis=-1)[..., ::-1]
    w, v = xp.take_along_axis(w, order, axis=-1), xp.take_along_axis(v, _columns(order), axis=-1)
    return SVDResult(v, xp.absolute(w), _t(xp.where(_columns(w) < 0, -v, v)))


@operation(notation=r"\operatorname{{svd}} {a}", symbol="svd", space="linalg", analytic=False, parts=3, flops=_cube)
def _svd(xp: Any, a: Any, *, full: bool = False) -> Any:
    """The three factors of `svd`.

    >>> [x.shape for x in ag.REGISTRY["linalg._svd"](np.ones((3, 2)))]
    [(3, 2), (2,), (2, 2)]
    """
    return tuple(xp.linalg.svd(a, full))


def _svd_rule(xp: Any, g: Any, out: Any, a: Any, *, full: bool) -> Any:
    (u, s, vt), (gu, gs, gvt) = out, g
    m, n = a.shape[-2:]
    k = min(m, n)
    v, gv = _t(vt), _t(gvt)
    if full and m > k:  # the further columns turn with the others, as little as they can
        gu, u = gu[..., :k] - _times(u[..., k:], _t(gu[..., k:]), u[..., :k]), u[..., :k]
    if full and n > k:
        gv, v = gv[..., :k] - _times(v[..., k:], _t(gv[..., k:]), v[..., :k]), v[..., :k]
    apart = _one_over((_columns(s) - _rows(s)) * (_columns(s) + _rows(s)))
    left, right = _t(u) @ gu, _t(v) @ gv
    inner = (apart * (left - _t(left))) * _columns(s) + _rows(s) * (apart * (right - _t(right)))
    found = _times(u, inner + placed_on_diagonal(gs), _t(v))
    if m > k:
        along = gu * _columns(_one_over(s))
        found = found + (along - _times(u, _t(u), along)) @ _t(v)
    if n > k:
        along = gv * _columns(_one_over(s))
        found = found + u @ _t(along - _times(v, _t(v), along))
    return found


_svd.rules(a=_svd_rule)


@operation(notation=r"\operatorname{{svdvals}}({x})", symbol="svdvals", space="linalg", analytic=False, flops=_cube)
def svdvals(xp: Any, x: Any) -> Any:
    """The singular values of matrices, descending.

    >>> ag.linalg.svdvals(ag.tensor([[3.0, 0.0], [0.0, 4.0]])).numpy()
    array([4., 3.])
    """
    return xp.linalg.svd(x, compute_uv=False)


def _svdvals_rule(xp: Any, g: Any, out: Any, x: Any) -> Any:
    u, _, vt = xp.linalg.svd(x, full_matrices=False)
    return (u * _columns(g)) @ vt


svdvals.rules(x=_svdvals_rule)


# Powers and products.


@composed(notation=r"\operatorname{{power}}({a})", space="linalg")
def matrix_power(xp: Any, a: Any, *, n: int) -> Any:
    """The product of `n` factors `a`; for a negative `n` of its inverse, for 0 the identity.

    >>> ag.linalg.matrix_power(ag.tensor([[1.0, 1.0], [0.0, 1.0]]), 3).numpy()
    array([[1., 3.],
           [0., 1.]])
    """
    _square(a)
    if not isinstance(n, int) or isinstance(n, bool):
        raise refused(ArgumentError, f"the power n is a whole number, not {n!r}")
    if n == 0:
        return _identity(xp, a)
    base, left, whole = xp.linalg.inv(a) if n < 0 else a, abs(n), None
    while left:
        if left % 2:
            whole = base if whole is None else whole @ base
        left //= 2
        base = base @ base if left else base
    return whole


@composed(notation=r"\operatorname{{product}}({arrays})", space="linalg")
def multi_dot(xp: Any, *arrays: Any) -> Any:
    """The product of two or more matrices in the order that takes the fewest multiplications.

    The first and the last may be vectors.

    >>> ag.linalg.multi_dot([ag.tensor([1.0, 2.0]), ag.tensor([[1.0], [1.0]]), ag.tensor([2.0])]).item()
    6.0
    """
    if len(arrays) < 2:
        raise refused(ArgumentError, f"a product has two factors or more, not {len(arrays)}")
    inside = [x.ndim for x in arrays[1:-1]]
    if any(ndim != 2 for ndim in inside) or not {arrays[0].ndim, arrays[-1].ndim} <= {1, 2}:
        raise refused(ShapeError, f"its factors are matrices, the first and the last may be vectors: {inside}")
    first, last = arrays[0].ndim, arrays[-1].ndim
    factors = list(arrays)
    factors[0] = factors[0] if first == 2 else _columns(factors[0])
    factors[-1] = factors[-1] if last == 2 else _rows(factors[-1])
    found = _ordered(factors, _cheapest([x.shape[0] for x in factors] + [factors[-1].shape[1]]), 0, len(factors) - 1)
    found = found if first == 2 else found[0]
    return found if last == 2 else found[..., 0]


def _cheapest(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to cut each part of a product of matrices with these sizes (Cormen et al., section 15.2)."""
    count = len(sizes) - 1
    cost, cut = {(i, i): 0 for i in range(count)}, {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            ways = [(cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            cost[i, j], cut[i, j] = min(ways)
    return cut


def _ordered(factors: list[Any], cut: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return factors[i]
    k = cut[i, j]
    return _ordered(factors, cut, i, k) @ _ordered(factors, cut, k + 1, j)


_PADE = (
    64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
    670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
)  # fmt: skip
_MOST, _SQUARINGS = 5.371920351148152, 16


@operation(notation=r"\operatorname{{expm}}({a})", symbol="expm", space="linalg", flops=_cube)
def expm(xp: Any, a: Any) -> Any:
    """The exponential of square matrices, Σ aⁿ / n!, as `scipy.linalg.expm`.

    By scaling and squaring with the Padé approximant of order 13 (Higham, "The scaling and squaring method for the
    matrix exponential revisited", 2005), at most 16 times: a matrix with a 1-norm above 350,000 gives nan.

    >>> ag.linalg.expm(ag.tensor([[0.0, 1.0], [0.0, 0.0]])).numpy()
    array([[1., 1.],
           [0., 1.]])
    """
    _square(a)
    if not a.size:
        return a * 1.0
    size = xp.max(xp.sum(xp.absolute(a), axis=-2), axis=-1)[..., None, None]
    # As often as its own size needs: each matrix is squared by a mask, since no value may steer a forward.
    halvings = xp.ceil(xp.log2(xp.where(size > _MOST, size / _MOST, 1)))
    x = xp.where(halvings > _SQUARINGS, numpy.nan, a * xp.power(0.5, halvings))
    x2 = x @ x
    x4 = x2 @ x2
    x6 = x4 @ x2
    eye, b = _identity(xp, x), [each / _PADE[-1] for each in _PADE]
    odd = x6 @ (b[13] * x6 + b[11] * x4 + b[9] * x2) + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * eye
    even = x6 @ (b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * eye
    odd = x @ odd
    found = xp.linalg.solve(even - odd, even + odd)
    for i in range(_SQUARINGS):
        found = xp.where(halvings > i, found @ found, found)
    return found


def _expm_rule(xp: Any, g: Any, out: Any, a: Any) -> Any:
    # The exponential of [aᵀ g; 0 aᵀ] has the gradient in its upper right corner (Najfeld and Havel, 1995).
    # It is linear in g, which is made of size 1 before, lest the matrix be scaled for it.
    n, at = a.shape[-1], _t(a)
    size = xp.sum(xp.absolute(g), axis=(-2, -1), keepdims=True)
    size = xp.where(size == 0, 1, size)
    g = g / size
    above, below = xp.concatenate([at, g], axis=-1), xp.concatenate([xp.zeros_like(at), at], axis=-1)
    return expm(xp.concatenate([above, below], axis=-2))[..., :n, n:] * size


expm.rules(a=_expm_rule)


@composed(notation=r"\operatorname{{tensorinv}}({a})", space="linalg")
def tensorinv(xp: Any, a: Any, *, ind: int = 2) -> Any:
    """The inverse of `a` for `tensordot` over its first `ind` axes.

    >>> ag.linalg.tensorinv(ag.tensor([[2.0]]), ind=1).item()
    0.5
    """
    if not isinstance(ind, int) or ind < 1:
        raise refused(ArgumentError, f"ind is a number of axes, not {ind!r}")
    first, last = tuple(a.shape[:ind]), tuple(a.shape[ind:])
    if prod(first) != prod(last):
        raise refused(ShapeError, f"the first axes {first} and the others {last} differ in their number of elements")
    return xp.linalg.inv(a.reshape((prod(first), -1) if prod(first) else (0, 0))).reshape((*last, *first))


@composed(notation=r"\operatorname{{tensorsolve}}({a}, {b})", space="linalg")
def tensorsolve(xp: Any, a: Any, b: Any, *, axes: Any = None) -> Any:
    """The x with `tensordot(a, x, x.ndim)` equal to `b`; the axes in `axes` of `a` are put last before.

    >>> ag.linalg.tensorsolve(ag.tensor([[2.0]]), ag.tensor([4.0])).numpy()
    array([2.])
    """
    if axes is not None:
        last = [axis % a.ndim for axis in axes]
        a = a.transpose((*(i for i in range(a.ndim) if i not in last), *last))
    shape = tuple(a.shape[b.ndim :])
    if prod(shape) != b.size or tuple(a.shape[: b.ndim]) != tuple(b.shape):
        raise refused(ShapeError, f"a of {tuple(a.shape)} makes no square matrix for b of {tuple(b.shape)}")
    return xp.linalg.solve(a.reshape((b.size, b.size)), b.reshape((b.size,))).reshape(shape)


# NumPy's `linalg` has some functions that stand in `numpy` too, with the matrices in the last two axes.


@composed(notation=r"\operatorname{{transpose}}({x})", symbol="ᵀ", space="linalg")
def matrix_transpose(xp: Any, x: Any) -> Any:
    """The last two axes exchanged.

    >>> ag.linalg.matrix_transpose(ag.tensor([[1.0, 2.0]])).shape
    (2, 1)
    """
    if x.ndim < 2:
        raise refused(ShapeError, "a matrix has two axes")
    return xp.swapaxes(x, -1, -2)


@composed(notation=r"\operatorname{{diag}}({x})", space="linalg")
def diagonal(xp: Any, x: Any, *, offset: int = 0) -> Any:
    """The diagonals of matrices.

    >>> ag.linalg.diagonal(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([1., 4.])
    """
    return xp.diagonal(x, offset=offset, axis1=-2, axis2=-1)


@composed(notation=r"\operatorname{{trace}}({x})", symbol="tr", space="linalg", analytic=False)
def trace(xp: Any, x: Any, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sums of the diagonals of matrices.

    >>> ag.linalg.trace(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).item()
    5.0
    """
    return xp.trace(x, offset=offset, axis1=-2, axis2=-1, dtype=dtype)


@composed(notation=r"\operatorname{{outer}}({x}, {y})", symbol="⊗", space="linalg")
def outer(xp: Any, x: Any, y: Any) -> Any:
    """Every element of a vector times every element of another.

    >>> ag.linalg.outer(ag.tensor([1.0, 2.0]), ag.tensor([3.0])).numpy()
    array([[3.],
           [6.]])
    """
    if len(shape_of(x)) != 1 or len(shape_of(y)) != 1:
        raise refused(ShapeError, "it takes two vectors; outer itself reads arrays of any shape as vectors")
    return xp.outer(x, y)


@composed(notation=r"{x} \times {y}", symbol="×", space="linalg")
def cross(xp: Any, x: Any, y: Any, *, axis: int = -1) -> Any:
    """The cross product of vectors of three components along `axis`.

    >>> ag.linalg.cross(ag.tensor([1.0, 0.0, 0.0]), ag.tensor([0.0, 1.0, 0.0])).numpy()
    array([0., 0., 1.])
    """
    return xp.cross(x, y, axis=axis)


@composed(notation=r"\operatorname{{vecdot}}({x}, {y})", symbol="·", space="linalg", analytic=False)
def vecdot(xp: Any, x: Any, y: Any, *, axis: int = -1) -> Any:
    """The inner products of the vectors along `axis` of `x` and `y`.

    >>> ag.linalg.vecdot(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])).item()
    11.0
    """
    return xp.vecdot(x, y, axis=axis)


@composed(notation=r"\operatorname{{matmul}}({x}, {y})", symbol="@", space="linalg")
def matmul(xp: Any, x: Any, y: Any) -> Any:
    """The matrix product, as `matmul` itself.

    >>> ag.linalg.matmul(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])).item()
    11.0
    """
    return xp.matmul(x, y)


@composed(notation=r"\operatorname{{tensordot}}({x}, {y})", symbol="·", space="linalg")
def tensordot(xp: Any, x: Any, y: Any, *, axes: Any = 2) -> Any:
    """The sum of products over `axes`, as `tensordot` itself.

    >>> ag.linalg.tensordot(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0]), axes=1).item()
    11.0
    """
    return xp.tensordot(x, y, axes=axes)
