"""Linear algebra on Tensors, by the names of `numpy.linalg`: `ag.linalg.solve`, `ag.linalg.norm`.

Knows which operations stand under that name and nothing else. Editors read the stub beside this file, which
docs/stubs.py writes.

>>> ag.linalg.det(ag.tensor([[0.0, 1.0], [1.0, 0.0]])).item()
-1.0
"""

# Written by docs/stubs.py from the registry: do not edit.

from collections.abc import Sequence
from typing import Any

from autograd_lite import Operand, Tensor
from autograd_lite.ops.matrices import EighResult as EighResult
from autograd_lite.ops.matrices import SlogdetResult as SlogdetResult

def inv(a: Operand) -> Tensor:
    """The inverse of square matrices.

    Raises `MatrixError` for a singular matrix.

    >>> ag.linalg.inv(ag.tensor([[2.0, 0.0], [0.0, 4.0]])).numpy()
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """

def solve(a: Operand, b: Operand) -> Tensor:
    """The solution x of a x = b, for a vector `b` or, where it has more axes, for each column of its matrices.

    Raises `MatrixError` for a singular matrix.

    >>> ag.linalg.solve(ag.tensor([[2.0, 0.0], [0.0, 4.0]]), ag.tensor([2.0, 2.0])).numpy()
    array([1. , 0.5])
    """

def pinv(a: Operand, rcond: Any = None, hermitian: bool = False, rtol: Any = None) -> Tensor:
    """The pseudo-inverse of matrices (Moore and Penrose).

    Singular values up to `rcond` (or `rtol`, 1e-15 where neither is given) of the largest are taken for zero. The
    derivative is that at a constant rank, for which it does not matter whether singular values are equal.

    >>> ag.linalg.pinv(ag.tensor([[2.0], [0.0]])).numpy()
    array([[0.5, 0. ]])
    """

def lstsq(a: Operand, b: Operand, rcond: Any = None) -> tuple[Tensor, ...]:
    """The x of smallest norm for which |a x - b| is smallest: a tuple of x, residuals, rank and singular values.

    Residuals are the sums of squares that remain, one for each column of `b`; none where `a` has no more rows than
    columns. `rcond` is as for `pinv`; where None the rounding unit times the longer side of `a`. Matrices may be
    stacked. The derivative is that at a constant rank.

    >>> x, residuals, rank, s = ag.linalg.lstsq(ag.tensor([[2.0], [0.0]]), ag.tensor([4.0, 3.0]))
    >>> x.numpy(), residuals.numpy()
    (array([2.]), array([9.]))
    """

def det(a: Operand) -> Tensor:
    """The determinant of square matrices; its first derivative, the cofactors, is there for singular ones too.

    >>> ag.linalg.det(ag.tensor([[0.0, 1.0], [1.0, 0.0]])).item()
    -1.0
    """

def slogdet(a: Operand) -> SlogdetResult:
    """The `sign` of the determinant and the logarithm of its absolute value, `logabsdet`, without overflow.

    The gradient raises `MatrixError` for a singular matrix.

    >>> [x.item() for x in ag.linalg.slogdet(ag.tensor([[-1.0, 0.0], [0.0, 1.0]]))]
    [-1.0, 0.0]
    """

def cholesky(a: Operand, upper: bool = False) -> Tensor:
    """The lower triangular L of a = L Lᵀ, for symmetric positive definite matrices; with `upper` its transpose.

    As in NumPy the lower triangle of `a` is read (with `upper` the upper one) and the other ignored, so the gradient is
    in that triangle: for a symmetric change of `a` it says the same as a symmetric one would. Raises `MatrixError` for
    a matrix that is not positive definite.

    >>> ag.linalg.cholesky(ag.tensor([[4.0, 2.0], [2.0, 2.0]])).numpy()
    array([[2., 0.],
           [1., 1.]])
    """

def qr(a: Operand, mode: str = 'reduced') -> Any:
    """The factors of a = Q R with orthonormal columns in `Q` and an upper triangular `R`; or R alone.

    `mode` is `"reduced"`, `"complete"` (Q square) or `"r"`. The columns that only the complete Q has are not determined
    by `a`: gradients are right for what does not depend on their choice. A gradient raises `MatrixError` where the
    first columns of `a` are linearly dependent.

    >>> ag.linalg.qr(ag.tensor([[3.0], [4.0]]), mode="r").numpy()
    array([[-5.]])
    """

def eigh(a: Operand, UPLO: str = 'L') -> EighResult:
    """The `eigenvalues`, ascending, and in columns the `eigenvectors` of symmetric matrices.

    As in NumPy one triangle of `a` is read, the lower or with `UPLO="U"` the upper, and the gradient is in it. An
    eigenvector is determined up to its sign, and those of equal eigenvalues up to a rotation among them: gradients are
    right for what does not depend on that choice. Where eigenvalues are exactly equal the part that would rotate them
    into each other, 1 / (λⱼ - λᵢ), is taken for 0: right for the eigenvalues and for functions of the space that they
    share, where it would otherwise be nan.

    >>> ag.linalg.eigh(ag.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues.numpy()
    array([1., 2.])
    """

def eigvalsh(a: Operand, UPLO: str = 'L') -> Tensor:
    """The eigenvalues of symmetric matrices, ascending; which triangle is read is as for `eigh`.

    >>> ag.linalg.eigvalsh(ag.tensor([[2.0, 0.0], [0.0, 1.0]])).numpy()
    array([1., 2.])
    """

def svd(a: Operand, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """The factors of a = U diag(s) Vᵀ: `U`, s as `S` (descending) and Vᵀ as `Vh`, or s alone without `compute_uv`.

    Singular vectors are determined up to a sign of each pair, and those of equal singular values up to a rotation among
    them; with `full_matrices` there are further ones that `a` does not determine at all. Gradients are right for what
    does not depend on that choice; where singular values are exactly equal, or zero, the part that would divide by
    their difference is taken for 0, where it would otherwise be nan. With `hermitian` the factors are those of a
    symmetric matrix, found by `eigh` from its lower triangle, where the gradient is then.

    >>> ag.linalg.svd(ag.tensor([[3.0, 0.0], [0.0, 4.0]]), compute_uv=False).numpy()
    array([4., 3.])
    """

def svdvals(x: Operand) -> Tensor:
    """The singular values of matrices, descending.

    >>> ag.linalg.svdvals(ag.tensor([[3.0, 0.0], [0.0, 4.0]])).numpy()
    array([4., 3.])
    """

def matrix_power(a: Operand, n: int) -> Tensor:
    """The product of `n` factors `a`; for a negative `n` of its inverse, for 0 the identity.

    >>> ag.linalg.matrix_power(ag.tensor([[1.0, 1.0], [0.0, 1.0]]), 3).numpy()
    array([[1., 3.],
           [0., 1.]])
    """

def multi_dot(*arrays: Operand | Sequence[Operand]) -> Tensor:
    """The product of two or more matrices in the order that takes the fewest multiplications.

    The first and the last may be vectors.

    >>> ag.linalg.multi_dot([ag.tensor([1.0, 2.0]), ag.tensor([[1.0], [1.0]]), ag.tensor([2.0])]).item()
    6.0
    """

def expm(a: Operand) -> Tensor:
    """The exponential of square matrices, Σ aⁿ / n!, as `scipy.linalg.expm`.

    By scaling and squaring with the Padé approximant of order 13 (Higham, "The scaling and squaring method for the
    matrix exponential revisited", 2005), at most 16 times: a matrix with a 1-norm above 350,000 gives nan.

    >>> ag.linalg.expm(ag.tensor([[0.0, 1.0], [0.0, 0.0]])).numpy()
    array([[1., 1.],
           [0., 1.]])
    """

def tensorinv(a: Operand, ind: int = 2) -> Tensor:
    """The inverse of `a` for `tensordot` over its first `ind` axes.

    >>> ag.linalg.tensorinv(ag.tensor([[2.0]]), ind=1).item()
    0.5
    """

def tensorsolve(a: Operand, b: Operand, axes: Any = None) -> Tensor:
    """The x with `tensordot(a, x, x.ndim)` equal to `b`; the axes in `axes` of `a` are put last before.

    >>> ag.linalg.tensorsolve(ag.tensor([[2.0]]), ag.tensor([4.0])).numpy()
    array([2.])
    """

def matrix_transpose(x: Operand) -> Tensor:
    """The last two axes exchanged.

    >>> ag.linalg.matrix_transpose(ag.tensor([[1.0, 2.0]])).shape
    (2, 1)
    """

def diagonal(x: Operand, offset: int = 0) -> Tensor:
    """The diagonals of matrices.

    >>> ag.linalg.diagonal(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([1., 4.])
    """

def trace(x: Operand, offset: int = 0, dtype: Any = None) -> Tensor:
    """The sums of the diagonals of matrices.

    >>> ag.linalg.trace(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).item()
    5.0
    """

def outer(x: Operand, y: Operand) -> Tensor:
    """Every element of a vector times every element of another.

    >>> ag.linalg.outer(ag.tensor([1.0, 2.0]), ag.tensor([3.0])).numpy()
    array([[3.],
           [6.]])
    """

def cross(x: Operand, y: Operand, axis: int = -1) -> Tensor:
    """The cross product of vectors of three components along `axis`.

    >>> ag.linalg.cross(ag.tensor([1.0, 0.0, 0.0]), ag.tensor([0.0, 1.0, 0.0])).numpy()
    array([0., 0., 1.])
    """

def vecdot(x: Operand, y: Operand, axis: int = -1) -> Tensor:
    """The inner products of the vectors along `axis` of `x` and `y`.

    >>> ag.linalg.vecdot(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])).item()
    11.0
    """

def matmul(x: Operand, y: Operand) -> Tensor:
    """The matrix product, as `matmul` itself.

    >>> ag.linalg.matmul(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])).item()
    11.0
    """

def tensordot(x: Operand, y: Operand, axes: Any = 2) -> Tensor:
    """The sum of products over `axes`, as `tensordot` itself.

    >>> ag.linalg.tensordot(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0]), axes=1).item()
    11.0
    """

def norm(x: Operand, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The norm of vectors along `axis`, of matrices in a pair of axes, or of the whole array.

    `ord` is any number, inf or -inf for vectors; 1, -1, 2, -2, inf, -inf, `"fro"` or `"nuc"` for matrices; None stands
    for the root of the sum of squares, of all elements where `axis` is None. Where a norm has a corner its gradient is
    the smallest subgradient, 0 at 0; ties for a largest or smallest element share it evenly.

    >>> ag.linalg.norm(ag.tensor([3.0, -4.0])).item(), ag.linalg.norm(ag.tensor([3.0, -4.0]), ord=1).item()
    (5.0, 7.0)
    """

def vector_norm(x: Operand, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Tensor:
    """The norm of all elements along `axis`, one or several (all where None), read as one vector.

    >>> ag.linalg.vector_norm(ag.tensor([[3.0], [4.0]])).item()
    5.0
    """

def matrix_norm(x: Operand, keepdims: bool = False, ord: Any = 'fro') -> Tensor:
    """The norm of the matrices in the last two axes.

    >>> ag.linalg.matrix_norm(ag.tensor([[3.0, 0.0], [0.0, 4.0]]), ord="nuc").item()
    7.0
    """

def cond(x: Operand, p: Any = None) -> Tensor:
    """The condition number of matrices in the norm of order `p`: the largest singular value over the smallest for None.

    >>> ag.linalg.cond(ag.tensor([[2.0, 0.0], [0.0, 8.0]])).item()
    4.0
    """

def matrix_rank(A: Operand, tol: Any = None, hermitian: bool = False, rtol: Any = None) -> Tensor:
    """The number of singular values above `tol` (or `rtol` times the largest); data, never differentiable.

    Where neither is given `rtol` is the rounding unit times the longer side.

    >>> ag.linalg.matrix_rank(ag.tensor([[1.0, 2.0], [2.0, 4.0]])).item()
    1
    """
