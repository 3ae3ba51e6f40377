"""autograd_lite: backpropagation as it is, the chain rule applied node by node to a graph.

First steps:

>>> import numpy as np
>>> import autograd_lite as ag
>>> w = ag.tensor([[0.5, -1.0]], requires_grad=True, name="w")   # a leaf: what is learned
>>> x = np.array([[1.0, 2.0], [3.0, 4.0]])                       # examples are rows
>>> cost = ag.square(ag.sigmoid(x @ w.T) - 1.0).mean()           # operations record themselves
>>> cost.backward()                                              # the reverse pass
>>> w.grad.shape                                                 # in the leaf, as an array
(1, 2)

- `ag.tensor`, `ag.asarray`, `ag.zeros` make tensors; NumPy's names (`ag.exp`, `ag.sum`, `ag.concatenate`, ...) and
  operators work on them, and so do NumPy's own functions.
- `ag.grad` gives gradients without writing them anywhere, of any order; `with ag.no_grad():` records nothing.
- `ag.value_and_grad`, `ag.vjp`, `ag.jvp`, `ag.jacobian`, `ag.hessian`, `ag.hvp` are derivatives of functions, over
  arrays in any containers; `ag.minimize` hands them to SciPy.
- `ag.draw(cost)` draws the graph, `ag.derive(cost)` prints its equations, `ag.explain(cost)` is a page that steps
  through both passes, `ag.check_equations` looks at yours.
- `@ag.compile` records a training step once and replays it at the speed of a hand-written one.
- `ag.checkpoint(f, x)` recomputes in the reverse pass instead of keeping, `ag.custom_gradient` states the gradient of a
  function, `ag.stop_gradient` ends one.
- `@ag.operation` declares an operation of your own; `ag.check_operation` tries it in every world the library has, and
  `ag.gradcheck` holds the gradients of any function against differences.
- `import nn` has networks, costs, optimisers and `nn.fit`.

Every error is an `ag.AutogradError` and says what to write instead; all of them are in `ag.errors`.
"""

# Written by docs/stubs.py from the registry and the public names: do not edit.

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import errors as errors
from autograd_lite import linalg as linalg
from autograd_lite import ops as ops
from autograd_lite.check.gradcheck import gradcheck as gradcheck
from autograd_lite.check.operation import OperationReport as OperationReport
from autograd_lite.check.operation import check_operation as check_operation
from autograd_lite.check.report import CheckReport as CheckReport
from autograd_lite.compile.compiled import Compiled as Compiled
from autograd_lite.compile.compiled import compile as compile
from autograd_lite.debug import debug as debug
from autograd_lite.engine import functional as functional
from autograd_lite.engine import random as random
from autograd_lite.engine.calculus import grad as grad
from autograd_lite.engine.calculus import hessian as hessian
from autograd_lite.engine.calculus import hvp as hvp
from autograd_lite.engine.calculus import jacobian as jacobian
from autograd_lite.engine.calculus import jvp as jvp
from autograd_lite.engine.calculus import linearize as linearize
from autograd_lite.engine.calculus import value_and_grad as value_and_grad
from autograd_lite.engine.calculus import vjp as vjp
from autograd_lite.engine.checkpoint import checkpoint as checkpoint
from autograd_lite.engine.creation import arange as arange
from autograd_lite.engine.creation import empty as empty
from autograd_lite.engine.creation import eye as eye
from autograd_lite.engine.creation import fromfunction as fromfunction
from autograd_lite.engine.creation import full as full
from autograd_lite.engine.creation import geomspace as geomspace
from autograd_lite.engine.creation import identity as identity
from autograd_lite.engine.creation import linspace as linspace
from autograd_lite.engine.creation import logspace as logspace
from autograd_lite.engine.creation import ones as ones
from autograd_lite.engine.creation import zeros as zeros
from autograd_lite.engine.custom import custom_gradient as custom_gradient
from autograd_lite.engine.custom import stop_gradient as stop_gradient
from autograd_lite.engine.functional import put as put
from autograd_lite.engine.graph import ancestors as ancestors
from autograd_lite.engine.graph import enable_grad as enable_grad
from autograd_lite.engine.graph import is_grad_enabled as is_grad_enabled
from autograd_lite.engine.graph import no_grad as no_grad
from autograd_lite.engine.graph import scope as scope
from autograd_lite.engine.graph import touch as touch
from autograd_lite.engine.nested import block as block
from autograd_lite.engine.nested import choose as choose
from autograd_lite.engine.nested import insert as insert
from autograd_lite.engine.nested import select as select
from autograd_lite.engine.tensor import Tensor as Tensor
from autograd_lite.engine.tensor import asarray as asarray
from autograd_lite.engine.tensor import tensor as tensor
from autograd_lite.errors import ArgumentError as ArgumentError
from autograd_lite.errors import AutogradError as AutogradError
from autograd_lite.errors import AxisError as AxisError
from autograd_lite.errors import ChangedError as ChangedError
from autograd_lite.errors import CheckError as CheckError
from autograd_lite.errors import CompileError as CompileError
from autograd_lite.errors import CompileWarning as CompileWarning
from autograd_lite.errors import DataError as DataError
from autograd_lite.errors import DebugWarning as DebugWarning
from autograd_lite.errors import DeviceError as DeviceError
from autograd_lite.errors import DtypeError as DtypeError
from autograd_lite.errors import EngineError as EngineError
from autograd_lite.errors import FileError as FileError
from autograd_lite.errors import GraphError as GraphError
from autograd_lite.errors import IndexingError as IndexingError
from autograd_lite.errors import MatrixError as MatrixError
from autograd_lite.errors import ShapeError as ShapeError
from autograd_lite.errors import UnknownNameError as UnknownNameError
from autograd_lite.minimizing import Minimum as Minimum
from autograd_lite.minimizing import minimize as minimize
from autograd_lite.op import Operation as Operation
from autograd_lite.op import elementwise as elementwise
from autograd_lite.op import operation as operation
from autograd_lite.show.equations.derive import Derivation as Derivation
from autograd_lite.show.equations.derive import derive as derive
from autograd_lite.show.equations.student import EquationReport as EquationReport
from autograd_lite.show.equations.student import check_equations as check_equations
from autograd_lite.show.page.explain import Page as Page
from autograd_lite.show.page.explain import explain as explain
from autograd_lite.show.picture.draw import Picture as Picture
from autograd_lite.show.picture.draw import draw as draw
from autograd_lite.watch import live as live
from autograd_lite.op import REGISTRY as REGISTRY

__version__: str

Operand = Tensor | np.ndarray[Any, Any] | np.generic | complex | Sequence[Any]
"""What an operation takes: a tensor, an array, a number, or nested lists of numbers."""

def sigmoid(x: Operand) -> Tensor:
    """The logistic function 1 / (1 + e⁻ˣ), element by element.

    >>> ag.sigmoid(ag.tensor([0.0, 1000.0])).numpy()
    array([0.5, 1. ])
    """

def relu(x: Operand) -> Tensor:
    """max(x, 0), element by element; its derivative at 0 is 0.

    >>> ag.relu(ag.tensor([-1.0, 2.0])).numpy()
    array([0., 2.])
    """

def softplus(x: Operand) -> Tensor:
    """ln(1 + eˣ), element by element, without overflow.

    >>> ag.softplus(ag.tensor([0.0, 1000.0])).numpy()
    array([6.93147181e-01, 1.00000000e+03])
    """

def log_sigmoid(x: Operand) -> Tensor:
    """ln σ(x), element by element, without overflow or ln 0.

    >>> ag.log_sigmoid(ag.tensor([-1000.0])).numpy()
    array([-1000.])
    """

def softmax(x: Operand, axis: int = -1) -> Tensor:
    """eˣ / Σ eˣ along `axis`, without overflow.

    >>> ag.softmax(ag.tensor([0.0, 0.0])).numpy()
    array([0.5, 0.5])
    """

def log_softmax(x: Operand, axis: int = -1) -> Tensor:
    """x - ln Σ eˣ along `axis`, without overflow.

    >>> ag.log_softmax(ag.tensor([1000.0, -1000.0])).numpy()
    array([    0., -2000.])
    """

def softmin(x: Operand, axis: int = -1) -> Tensor:
    """e⁻ˣ / Σ e⁻ˣ along `axis`, without overflow.

    >>> ag.softmin(ag.tensor([0.0, 1000.0])).numpy()
    array([1., 0.])
    """

def leaky_relu(x: Operand, negative_slope: float = 0.01) -> Tensor:
    """`x` above 0 and `negative_slope` · x below, element by element.

    Its derivative at 0 is the slope between both that is closest to 0: `negative_slope` where that is from 0 to 1.

    >>> ag.leaky_relu(ag.tensor([-1.0, 2.0])).numpy()
    array([-0.01,  2.  ])
    """

def prelu(x: Operand, weight: Operand) -> Tensor:
    """`x` above 0 and `weight` ⊙ x below, element by element; `weight` is learned, and broadcasts.

    Its derivative at 0 is that of `leaky_relu`, and 0 with respect to `weight`.

    >>> ag.prelu(ag.tensor([[-1.0, -2.0]]), ag.tensor([0.5, 0.25])).numpy()
    array([[-0.5, -0.5]])
    """

def elu(x: Operand, alpha: float = 1.0) -> Tensor:
    """`x` above 0 and α (eˣ - 1) below, element by element.

    Its derivative at 0 is the slope between α and 1 that is closest to 0: `alpha` where that is from 0 to 1.

    Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units (2016).

    >>> ag.elu(ag.tensor([-1000.0, 2.0])).numpy()
    array([-1.,  2.])
    """

def celu(x: Operand, alpha: float = 1.0) -> Tensor:
    """`x` above 0 and α (e^(x/α) - 1) below, element by element; its derivative at 0 is 1.

    Barron, Continuously differentiable exponential linear units (2017).

    >>> ag.celu(ag.tensor([-1000.0, 2.0]), alpha=0.5).numpy()
    array([-0.5,  2. ])
    """

def selu(x: Operand) -> Tensor:
    """λ elu(x) with the λ and α that keep means at 0 and variances at 1, element by element; its derivative at 0 is λ.

    Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks (2017).

    >>> ag.selu(ag.tensor([0.0, 1.0])).numpy()
    array([0.        , 1.05070099])
    """

def gelu(x: Operand, approximate: str = 'none') -> Tensor:
    """x Φ(x), with the normal distribution Φ, element by element; with `approximate="tanh"` its approximation by tanh.

    Hendrycks and Gimpel, Gaussian error linear units (2016).

    >>> ag.gelu(ag.tensor([-1.0, 1.0])).numpy(), ag.gelu(ag.tensor(1.0), approximate="tanh").item()
    (array([-0.15865525,  0.84134475]), 0.8411919906082768)
    """

def silu(x: Operand) -> Tensor:
    """x σ(x), element by element, also called swish.

    >>> ag.silu(ag.tensor([0.0, 1000.0])).numpy()
    array([   0., 1000.])
    """

def mish(x: Operand) -> Tensor:
    """x tanh(ln(1 + eˣ)), element by element.

    Misra, Mish: a self regularized non-monotonic activation function (2019).

    >>> ag.mish(ag.tensor([0.0, 1000.0])).numpy()
    array([   0., 1000.])
    """

def hardtanh(x: Operand, min: float = -1.0, max: float = 1.0) -> Tensor:
    """`x` limited to the interval [`min`, `max`], element by element; its derivative at the bounds is 0.

    >>> ag.hardtanh(ag.tensor([-2.0, 0.5])).numpy()
    array([-1. ,  0.5])
    """

def relu6(x: Operand) -> Tensor:
    """`x` limited to the interval [0, 6], element by element; its derivative at the bounds is 0.

    >>> ag.relu6(ag.tensor([-1.0, 2.0, 9.0])).numpy()
    array([0., 2., 6.])
    """

def hard_sigmoid(x: Operand) -> Tensor:
    """(x + 3) / 6 limited to the interval [0, 1], element by element; its derivative at the bounds is 0.

    >>> ag.hard_sigmoid(ag.tensor([-4.0, 0.0, 4.0])).numpy()
    array([0. , 0.5, 1. ])
    """

def hard_swish(x: Operand) -> Tensor:
    """x times the hard sigmoid of x, element by element.

    >>> ag.hard_swish(ag.tensor([-4.0, 0.0, 4.0])).numpy()
    array([-0.,  0.,  4.])
    """

def softsign(x: Operand) -> Tensor:
    """x / (1 + |x|), element by element.

    >>> ag.softsign(ag.tensor([-1.0, 3.0])).numpy()
    array([-0.5 ,  0.75])
    """

def glu(x: Operand, axis: int = -1) -> Tensor:
    """a ⊙ σ(b), where a and b are the first and the second half of `x` along `axis`.

    Raises `ShapeError` where the axis has no halves.

    >>> ag.glu(ag.tensor([2.0, 0.0])).numpy()
    array([1.])
    """

def add(x: Operand, y: Operand) -> Tensor:
    """Add element by element, with NumPy's broadcasting.

    >>> ag.add(ag.tensor([1.0, 2.0]), 10.0)
    tensor([11., 12.], dtype=float64)
    """

def subtract(x: Operand, y: Operand) -> Tensor:
    """Subtract element by element, with NumPy's broadcasting.

    >>> ag.subtract(ag.tensor([1.0, 2.0]), 1.0).numpy()
    array([0., 1.])
    """

def multiply(x: Operand, y: Operand) -> Tensor:
    """The Hadamard product: multiply element by element, with NumPy's broadcasting.

    >>> ag.multiply(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])).numpy()
    array([3., 8.])
    """

def divide(x: Operand, y: Operand) -> Tensor:
    """Divide element by element, with NumPy's broadcasting.

    >>> ag.divide(ag.tensor([1.0, 2.0]), 4.0).numpy()
    array([0.25, 0.5 ])
    """

def power(x: Operand, y: Operand) -> Tensor:
    """Raise `x` to the power `y`, element by element.

    >>> ag.power(ag.tensor([2.0, 3.0]), 2).numpy()
    array([4., 9.])
    """

def float_power(x: Operand, y: Operand) -> Tensor:
    """Raise `x` to the power `y`, element by element, in float64: whole numbers to negative powers give fractions.

    >>> ag.float_power(ag.tensor([2]), -1).numpy()
    array([0.5])
    """

def reciprocal(x: Operand) -> Tensor:
    """1 / x, element by element; of whole numbers the whole part, as in NumPy.

    >>> ag.reciprocal(ag.tensor([4.0])).numpy()
    array([0.25])
    """

def positive(x: Operand) -> Tensor:
    """The number itself, element by element, in a new array.

    >>> ag.positive(ag.tensor([1.0, -2.0])).numpy()
    array([ 1., -2.])
    """

def conjugate(x: Operand) -> Tensor:
    """The complex conjugate, element by element; a real number is its own.

    >>> ag.conjugate(ag.tensor([1.0, -2.0])).numpy()
    array([ 1., -2.])
    """

def negative(x: Operand) -> Tensor:
    """The number with the other sign, element by element.

    >>> ag.negative(ag.tensor([1.0, -2.0])).numpy()
    array([-1.,  2.])
    """

def sqrt(x: Operand) -> Tensor:
    """The square root, element by element; its derivative at 0 is infinite.

    >>> ag.sqrt(ag.tensor([4.0])).numpy()
    array([2.])
    """

def square(x: Operand) -> Tensor:
    """The square, element by element.

    >>> ag.square(ag.tensor([3.0])).numpy()
    array([9.])
    """

def cbrt(x: Operand) -> Tensor:
    """The cube root, element by element, of negative numbers too; its derivative at 0 is infinite.

    >>> ag.cbrt(ag.tensor([8.0, -8.0])).numpy()
    array([ 2., -2.])
    """

def hypot(x: Operand, y: Operand) -> Tensor:
    """The root of x² + y², element by element, without overflow; its derivatives at the origin are 0.

    >>> ag.hypot(ag.tensor([3.0, 3e200]), ag.tensor([4.0, 4e200])).numpy()
    array([5.e+000, 5.e+200])
    """

def absolute(x: Operand) -> Tensor:
    """The absolute value, element by element; its derivative at 0 is 0.

    >>> ag.absolute(ag.tensor([-3.0, 0.0])).numpy()
    array([3., 0.])
    """

def fabs(x: Operand) -> Tensor:
    """The absolute value as a floating-point number, element by element; its derivative at 0 is 0.

    >>> ag.fabs(ag.tensor([-3, 0])).numpy()
    array([3., 0.])
    """

def copysign(x: Operand, y: Operand) -> Tensor:
    """|x| with the sign of `y`, element by element; its derivative at x = 0 is 0, and `y` gets none.

    >>> ag.copysign(ag.tensor([1.0, -2.0]), ag.tensor([-1.0, -0.0])).numpy()
    array([-1., -2.])
    """

def sign(x: Operand) -> Tensor:
    """-1, 0 or 1, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.sign(ag.tensor([-3.0, 0.0])).numpy()
    array([-1.,  0.])
    """

def divmod(x: Operand, y: Operand) -> tuple[Tensor, ...]:
    """The whole quotient ⌊x / y⌋ and what remains, element by element; a tuple.

    The quotient's derivative is taken to be 0 everywhere, that of the remainder by `y` is -⌊x / y⌋.

    >>> [part.numpy().tolist() for part in ag.divmod(ag.tensor([7.0, -7.0]), 4.0)]
    [[1.0, -2.0], [3.0, 1.0]]
    """

def floor_divide(x: Operand, y: Operand) -> Tensor:
    """The whole quotient ⌊x / y⌋, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.floor_divide(ag.tensor([7.0, -7.0]), 4.0).numpy()
    array([ 1., -2.])
    """

def remainder(x: Operand, y: Operand) -> Tensor:
    """What x / y leaves, with the sign of `y`, element by element.

    Its derivative by `x` is 1, that by `y` is -⌊x / y⌋, at the jumps too.

    >>> ag.remainder(ag.tensor([7.0, -7.0]), 4.0).numpy()
    array([3., 1.])
    """

def fmod(x: Operand, y: Operand) -> Tensor:
    """What x / y leaves, with the sign of `x`, element by element.

    Its derivative by `x` is 1, that by `y` is the quotient without its fraction, negated.

    >>> ag.fmod(ag.tensor([7.0, -7.0]), 4.0).numpy()
    array([ 3., -3.])
    """

def nan_to_num(x: Operand, copy: bool = True, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Numbers in the place of nan and of infinities (the largest there are, where None), element by element.

    What was replaced gets a gradient of 0. A result is always a new array, so `copy=False` is refused.

    >>> ag.nan_to_num(ag.tensor([1.0, float("nan")]), nan=9.0).numpy()
    array([1., 9.])
    """

def heaviside(x: Operand, y: Operand) -> Tensor:
    """0 below 0, 1 above, and `y` at 0, element by element; `x` gets no gradient.

    >>> ag.heaviside(ag.tensor([-2.0, 0.0, 2.0]), 0.5).numpy()
    array([0. , 0.5, 1. ])
    """

def sum(x: Operand, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Tensor:
    """The sum over `axis` (all axes where None).

    >>> ag.sum(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0).numpy()
    array([4., 6.])
    """

def prod(x: Operand, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Tensor:
    """The product over `axis` (all axes where None).

    The derivative at an element is the product of the others, which is exact where some of them are 0.

    >>> ag.prod(ag.tensor([2.0, 3.0, 4.0])).item()
    24.0
    """

def mean(x: Operand, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, where: Any = None) -> Tensor:
    """The mean over `axis` (all axes where None).

    >>> ag.mean(ag.tensor([1.0, 3.0])).item()
    2.0
    """

def max(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Tensor:
    """The largest element over `axis` (all axes where None); ties share the gradient evenly.

    >>> ag.max(ag.tensor([1.0, 3.0])).item()
    3.0
    """

def min(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Tensor:
    """The smallest element over `axis` (all axes where None); ties share the gradient evenly.

    >>> ag.min(ag.tensor([1.0, 3.0])).item()
    1.0
    """

def ptp(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False) -> Tensor:
    """The distance between the largest and the smallest element over `axis` (all axes where None).

    >>> ag.ptp(ag.tensor([1.0, 4.0, 2.0])).item()
    3.0
    """

def argmax(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False) -> Tensor:
    """The place of the first largest element along `axis`; data, never differentiable.

    >>> ag.argmax(ag.tensor([1.0, 3.0])).item()
    1
    """

def argmin(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False) -> Tensor:
    """The place of the first smallest element along `axis`; data, never differentiable.

    >>> ag.argmin(ag.tensor([1.0, 3.0])).item()
    0
    """

def any(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False, where: Any = None) -> Tensor:
    """Whether any element over `axis` is other than 0; data, never differentiable.

    >>> ag.any(ag.tensor([0.0, 3.0]) > 2).item()
    True
    """

def all(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False, where: Any = None) -> Tensor:
    """Whether all elements over `axis` are other than 0; data, never differentiable.

    >>> ag.all(ag.tensor([0.0, 3.0]) > 2).item()
    False
    """

def count_nonzero(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """How many elements over `axis` (all axes where None) are other than 0; data, never differentiable.

    >>> ag.count_nonzero(ag.tensor([0.0, 3.0, 4.0])).item()
    2
    """

def var(x: Operand, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None, mean: Any = None, where: Any = None) -> Tensor:
    """The variance over `axis` (all axes where None): the mean square distance from the mean.

    It is divided by the number of elements less `ddof`, which may be called `correction` too. A `mean` that is known
    already has the axes kept. Elements count where `where` holds.

    >>> ag.var(ag.tensor([1.0, 3.0]), ddof=1).item()
    2.0
    """

def std(x: Operand, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None, mean: Any = None, where: Any = None) -> Tensor:
    """The standard deviation over `axis` (all axes where None): the root of the variance, with the keywords of `var`.

    Its derivative is 0 where it is 0, the subgradient of smallest norm.

    >>> ag.std(ag.tensor([1.0, 3.0])).item()
    1.0
    """

def nansum(x: Operand, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Tensor:
    """The sum of the elements that are not nan over `axis` (all axes where None).

    >>> ag.nansum(ag.tensor([1.0, float("nan"), 2.0])).item()
    3.0
    """

def nanprod(x: Operand, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Tensor:
    """The product of the elements that are not nan over `axis` (all axes where None).

    >>> ag.nanprod(ag.tensor([2.0, float("nan"), 3.0])).item()
    6.0
    """

def nanmean(x: Operand, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, where: Any = None) -> Tensor:
    """The mean of the elements that are not nan over `axis` (all axes where None).

    >>> ag.nanmean(ag.tensor([1.0, float("nan"), 2.0])).item()
    1.5
    """

def nanmax(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Tensor:
    """The largest element that is not nan over `axis` (all axes where None); ties share the gradient evenly.

    >>> ag.nanmax(ag.tensor([1.0, float("nan"), 2.0])).item()
    2.0
    """

def nanmin(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Tensor:
    """The smallest element that is not nan over `axis` (all axes where None); ties share the gradient evenly.

    >>> ag.nanmin(ag.tensor([1.0, float("nan"), 2.0])).item()
    1.0
    """

def nanvar(x: Operand, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None, mean: Any = None, where: Any = None) -> Tensor:
    """The variance of the elements that are not nan, with the keywords of `var`; nan where there are `ddof` or fewer.

    >>> ag.nanvar(ag.tensor([1.0, float("nan"), 3.0])).item()
    1.0
    """

def nanstd(x: Operand, axis: Any = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False, correction: float | None = None, mean: Any = None, where: Any = None) -> Tensor:
    """The standard deviation of the elements that are not nan: the root of `nanvar`, with derivative 0 where it is 0.

    >>> ag.nanstd(ag.tensor([1.0, float("nan"), 3.0])).item()
    1.0
    """

def nanargmax(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False) -> Tensor:
    """The place of the first largest element that is not nan along `axis`; data, never differentiable.

    Raises `ShapeError` where there is none.

    >>> ag.nanargmax(ag.tensor([float("nan"), 1.0, 3.0])).item()
    2
    """

def nanargmin(x: Operand, axis: Any = None, out: None = None, keepdims: bool = False) -> Tensor:
    """The place of the first smallest element that is not nan along `axis`; data, never differentiable.

    Raises `ShapeError` where there is none.

    >>> ag.nanargmin(ag.tensor([float("nan"), 1.0, 3.0])).item()
    1
    """

def where(condition: Operand, x: Operand, y: Operand) -> Tensor:
    """`x` where `condition` holds and `y` elsewhere.

    The branch not taken gets a gradient of exactly zero, but a function that is infinite or
    undefined there still turns that zero into nan on its own way back: guard its argument too, as
    in `where(x > 0, sqrt(where(x > 0, x, 1)), x)`.

    >>> ag.where(ag.tensor([1.0, -1.0]) > 0, 1.0, 0.0).numpy()
    array([1., 0.])
    """

def maximum(x: Operand, y: Operand) -> Tensor:
    """The larger of two numbers, element by element; a tie shares its gradient evenly.

    >>> ag.maximum(ag.tensor([1.0, 5.0]), 3.0).numpy()
    array([3., 5.])
    """

def minimum(x: Operand, y: Operand) -> Tensor:
    """The smaller of two numbers, element by element; a tie shares its gradient evenly.

    >>> ag.minimum(ag.tensor([1.0, 5.0]), 3.0).numpy()
    array([1., 3.])
    """

def fmax(x: Operand, y: Operand) -> Tensor:
    """The larger of two numbers, or the one that is not nan, element by element; a tie shares its gradient evenly.

    >>> ag.fmax(ag.tensor([1.0, float("nan")]), 3.0).numpy()
    array([3., 3.])
    """

def fmin(x: Operand, y: Operand) -> Tensor:
    """The smaller of two numbers, or the one that is not nan, element by element; a tie shares its gradient evenly.

    >>> ag.fmin(ag.tensor([1.0, float("nan")]), 3.0).numpy()
    array([1., 3.])
    """

def clip(x: Operand, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """Limit to the interval [`min`, `max`], numbers or arrays that broadcast with `x`, each of which may be left out.

    The derivative is 0 outside and at the bounds; what is missing there goes to the bound that was taken. Where `min`
    is above `max`, the result is `max`.

    >>> ag.clip(ag.tensor([-2.0, 0.5, 2.0]), -1, 1).numpy()
    array([-1. ,  0.5,  1. ])
    """

def equal(x: Operand, y: Operand) -> Tensor:
    """Whether two numbers are equal, element by element.

    >>> ag.equal(ag.tensor([1.0, 2.0]), 2.0).numpy()
    array([False,  True])
    """

def not_equal(x: Operand, y: Operand) -> Tensor:
    """Whether two numbers differ, element by element.

    >>> ag.not_equal(ag.tensor([1.0, 2.0]), 2.0).numpy()
    array([ True, False])
    """

def less(x: Operand, y: Operand) -> Tensor:
    """Whether `x` is smaller, element by element.

    >>> ag.less(ag.tensor([1.0, 2.0]), 2.0).numpy()
    array([ True, False])
    """

def less_equal(x: Operand, y: Operand) -> Tensor:
    """Whether `x` is smaller or equal, element by element.

    >>> ag.less_equal(ag.tensor([1.0, 2.0]), 2.0).numpy()
    array([ True,  True])
    """

def greater(x: Operand, y: Operand) -> Tensor:
    """Whether `x` is larger, element by element.

    >>> ag.greater(ag.tensor([1.0, 2.0]), 1.0).numpy()
    array([False,  True])
    """

def greater_equal(x: Operand, y: Operand) -> Tensor:
    """Whether `x` is larger or equal, element by element.

    >>> ag.greater_equal(ag.tensor([1.0, 2.0]), 2.0).numpy()
    array([False,  True])
    """

def logical_and(x: Operand, y: Operand) -> Tensor:
    """Whether both hold, element by element.

    >>> ag.logical_and(True, False).item()
    False
    """

def logical_or(x: Operand, y: Operand) -> Tensor:
    """Whether either holds, element by element.

    >>> ag.logical_or(True, False).item()
    True
    """

def logical_not(x: Operand) -> Tensor:
    """Whether it does not hold, element by element.

    >>> ag.logical_not(True).item()
    False
    """

def isfinite(x: Operand) -> Tensor:
    """Whether a number is neither infinite nor nan, element by element.

    >>> ag.isfinite(ag.tensor([1.0, float("inf")])).numpy()
    array([ True, False])
    """

def logical_xor(x: Operand, y: Operand) -> Tensor:
    """Whether one of two holds and the other does not, element by element.

    >>> ag.logical_xor(True, False).item()
    True
    """

def isnan(x: Operand) -> Tensor:
    """Whether it is nan, element by element.

    >>> ag.isnan(ag.tensor([1.0, float("nan")])).numpy()
    array([False,  True])
    """

def isinf(x: Operand) -> Tensor:
    """Whether it is infinite, element by element.

    >>> ag.isinf(ag.tensor([1.0, -float("inf")])).numpy()
    array([False,  True])
    """

def isposinf(x: Operand) -> Tensor:
    """Whether it is infinity, element by element.

    >>> ag.isposinf(ag.tensor([float("inf"), -float("inf")])).numpy()
    array([ True, False])
    """

def isneginf(x: Operand) -> Tensor:
    """Whether it is infinity with a minus sign, element by element.

    >>> ag.isneginf(ag.tensor([float("inf"), -float("inf")])).numpy()
    array([False,  True])
    """

def signbit(x: Operand) -> Tensor:
    """Whether it has a minus sign, element by element; -0.0 has one.

    >>> ag.signbit(ag.tensor([0.0, -0.0])).numpy()
    array([False,  True])
    """

def isclose(a: Operand, b: Operand, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Whether |a - b| is at most `atol` + `rtol` |b|, element by element; nan is close to nan with `equal_nan`.

    >>> ag.isclose(ag.tensor([1.0, 2.0]), [1.0 + 1e-9, 2.1]).numpy()
    array([ True, False])
    """

def allclose(a: Operand, b: Operand, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Whether all elements are close, as `isclose` says it: one truth value.

    >>> bool(ag.allclose(ag.tensor([1.0, 2.0]), [1.0 + 1e-9, 2.0]))
    True
    """

def array_equal(a1: Operand, a2: Operand, equal_nan: bool = False) -> Tensor:
    """Whether two arrays have the same shape and the same elements: one truth value; nothing is broadcast.

    >>> bool(ag.array_equal(ag.tensor([1.0, 2.0]), [1.0, 2.0])), bool(ag.array_equal(ag.tensor([1.0, 1.0]), 1.0))
    (True, False)
    """

def bitwise_and(x: Operand, y: Operand) -> Tensor:
    """The bits that both whole numbers have, element by element; of truths, whether both hold.

    >>> ag.bitwise_and(ag.tensor([6, 5]), 3).numpy()
    array([2, 1])
    """

def bitwise_or(x: Operand, y: Operand) -> Tensor:
    """The bits that either whole number has, element by element; of truths, whether either holds.

    >>> ag.bitwise_or(ag.tensor([6, 5]), 3).numpy()
    array([7, 7])
    """

def bitwise_xor(x: Operand, y: Operand) -> Tensor:
    """The bits that one whole number has and the other has not, element by element.

    >>> ag.bitwise_xor(ag.tensor([6, 5]), 3).numpy()
    array([5, 6])
    """

def invert(x: Operand) -> Tensor:
    """The bits that a whole number has not, element by element; of a truth, its opposite.

    >>> ag.invert(ag.tensor([6, 5])).numpy()
    array([-7, -6])
    """

def left_shift(x: Operand, y: Operand) -> Tensor:
    """The bits of `x` moved `y` places to the left, element by element: x · 2ʸ.

    >>> ag.left_shift(ag.tensor([6, 5]), 1).numpy()
    array([12, 10])
    """

def right_shift(x: Operand, y: Operand) -> Tensor:
    """The bits of `x` moved `y` places to the right, element by element: ⌊x / 2ʸ⌋.

    >>> ag.right_shift(ag.tensor([6, 5]), 1).numpy()
    array([3, 2])
    """

def floor(x: Operand) -> Tensor:
    """The largest whole number that is not above, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.floor(ag.tensor([-1.5, 1.5])).numpy()
    array([-2.,  1.])
    """

def ceil(x: Operand) -> Tensor:
    """The smallest whole number that is not below, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.ceil(ag.tensor([-1.5, 1.5])).numpy()
    array([-1.,  2.])
    """

def trunc(x: Operand) -> Tensor:
    """The whole part, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.trunc(ag.tensor([-1.5, 1.5])).numpy()
    array([-1.,  1.])
    """

def rint(x: Operand) -> Tensor:
    """The nearest whole number, element by element, the even one of two; its derivative is taken to be 0 everywhere.

    >>> ag.rint(ag.tensor([0.5, 1.4])).numpy()
    array([0., 1.])
    """

def round(x: Operand, decimals: int = 0) -> Tensor:
    """The nearest number of so many decimals, element by element; its derivative is taken to be 0 everywhere.

    >>> ag.round(ag.tensor([0.126, 1.5]), 1).numpy()
    array([0.1, 1.5])
    """

def getitem(x: Operand, *indices: Operand | Sequence[Operand], template: Any) -> Tensor:
    """`x[index]`, with `index` given as a template and the arrays in it; users write `x[index]`.

    >>> ag.tensor([1.0, 2.0, 3.0])[::-2].numpy()
    array([3., 1.])
    """

def scatter_add(g: Operand, *indices: Operand | Sequence[Operand], template: Any, shape: Any) -> Tensor:
    """Zeros of `shape` to which `g` is added at an index; repeated places accumulate.

    >>> ag.scatter_add(ag.tensor([1.0, 10.0]), template=(slice(0, 2),), shape=(3,)).numpy()
    array([ 1., 10.,  0.])
    """

def put_at(x: Operand, value: Operand, *indices: Operand | Sequence[Operand], template: Any) -> Tensor:
    """A copy of `x` in which the elements at an index are `value`; users write `ag.put`.

    >>> ag.put(ag.tensor([1.0, 2.0]), 0, 9.0).numpy()
    array([9., 2.])
    """

def at_add(x: Operand, values: Operand, *indices: Operand | Sequence[Operand], template: Any) -> Tensor:
    """`x` to which `values` are added at an index, all of them at a place named twice; users write `x.at[index].add`.

    >>> ag.tensor([1.0, 2.0]).at[[0, 0]].add(10.0).numpy()
    array([21.,  2.])
    """

def at_multiply(x: Operand, values: Operand, *indices: Operand | Sequence[Operand], template: Any) -> Tensor:
    """`x` whose elements at an index are multiplied by `values`; users write `x.at[index].multiply`.

    >>> ag.tensor([1.0, 2.0]).at[[0, 0]].multiply([3.0, 5.0]).numpy()
    array([15.,  2.])
    """

def at_divide(x: Operand, values: Operand, *indices: Operand | Sequence[Operand], template: Any) -> Tensor:
    """`x` whose elements at an index are divided by `values`; users write `x.at[index].divide`.

    >>> ag.tensor([1.0, 2.0]).at[0].divide(4.0).numpy()
    array([0.25, 2.  ])
    """

def at_power(x: Operand, values: Operand, *indices: Operand | Sequence[Operand], template: Any) -> Tensor:
    """`x` whose elements at an index are raised to `values`; users write `x.at[index].power`.

    >>> ag.tensor([3.0, 2.0]).at[0].power(2.0).numpy()
    array([9., 2.])
    """

def at_maximum(x: Operand, values: Operand, *indices: Operand | Sequence[Operand], template: Any) -> Tensor:
    """`x` in which the elements at an index are at least `values`; users write `x.at[index].max`.

    >>> ag.tensor([1.0, 2.0]).at[[0, 0]].max([5.0, 3.0]).numpy()
    array([5., 2.])
    """

def at_minimum(x: Operand, values: Operand, *indices: Operand | Sequence[Operand], template: Any) -> Tensor:
    """`x` in which the elements at an index are at most `values`; users write `x.at[index].min`.

    >>> ag.tensor([1.0, 2.0]).at[[0, 0]].min([5.0, -3.0]).numpy()
    array([-3.,  2.])
    """

def take(x: Operand, indices: Operand, axis: int | None = None, out: None = None, mode: str = 'raise') -> Tensor:
    """The elements at `indices` along `axis`, or of the flattened array; places beyond the end by `mode`.

    >>> ag.take(ag.tensor([1.0, 2.0, 3.0]), [2, 0]).numpy()
    array([3., 1.])
    """

def take_along_axis(x: Operand, indices: Operand, axis: int | None = -1) -> Tensor:
    """In every line along `axis` the elements at its own `indices`, as `argsort` gives them.

    >>> ag.take_along_axis(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), [[1], [0]], axis=1).numpy()
    array([[2.],
           [3.]])
    """

def put_along_axis(x: Operand, indices: Operand, values: Operand, axis: int | None = -1) -> Tensor:
    """A copy of `x` in which, in every line along `axis`, the elements at its own `indices` are `values`.

    >>> ag.put_along_axis(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), [[1], [0]], 9.0, axis=1).numpy()
    array([[1., 9.],
           [9., 4.]])
    """

def compress(condition: Operand, x: Operand, axis: int | None = None) -> Tensor:
    """The elements along `axis` (None: flattened) for which `condition`, a truth for each, holds.

    >>> ag.compress([True, False, True], ag.tensor([1.0, 2.0, 3.0])).numpy()
    array([1., 3.])
    """

def extract(condition: Operand, x: Operand) -> Tensor:
    """The elements for which `condition`, of the same size, holds, in one row.

    >>> ag.extract(np.array([True, False]), ag.tensor([1.0, 2.0])).numpy()
    array([1.])
    """

def one_hot(indices: Operand, num_classes: int, dtype: Any = 'float64') -> Tensor:
    """A row of zeros with a one at the place that each whole number names; it has `num_classes` places.

    Raises `IndexingError` for a number below 0 or not below `num_classes`.

    >>> ag.one_hot([2, 0], 3).numpy()
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """

def segment_sum(x: Operand, segments: Operand, num_segments: int) -> Tensor:
    """The sum of the rows of `x` in each segment; `segments` names that of every row, from 0 to below `num_segments`.

    >>> ag.segment_sum(ag.tensor([1.0, 2.0, 3.0]), [0, 1, 0], 3).numpy()
    array([4., 2., 0.])
    """

def segment_mean(x: Operand, segments: Operand, num_segments: int) -> Tensor:
    """The mean of the rows of `x` in each segment, 0 where there is none.

    >>> ag.segment_mean(ag.tensor([1.0, 2.0, 3.0]), [0, 1, 0], 3).numpy()
    array([2., 2., 0.])
    """

def segment_max(x: Operand, segments: Operand, num_segments: int) -> Tensor:
    """The largest in each segment, element by element of its rows, -inf where there is none; ties share the gradient.

    >>> ag.segment_max(ag.tensor([1.0, 2.0, 3.0]), [0, 1, 0], 3).numpy()
    array([  3.,   2., -inf])
    """

def segment_min(x: Operand, segments: Operand, num_segments: int) -> Tensor:
    """The smallest in each segment, element by element of its rows, inf where there is none; ties share the gradient.

    >>> ag.segment_min(ag.tensor([1.0, 2.0, 3.0]), [0, 1, 0], 3).numpy()
    array([ 1.,  2., inf])
    """

def reshape(x: Operand, shape: Any) -> Tensor:
    """The same elements in another shape, in C order; one -1 is worked out.

    >>> ag.reshape(ag.tensor([1.0, 2.0]), (2, 1)).shape
    (2, 1)
    """

def transpose(x: Operand, axes: Any = None) -> Tensor:
    """The axes in the order `axes`, or reversed.

    >>> ag.transpose(ag.tensor([[1.0, 2.0]])).shape
    (2, 1)
    """

def swapaxes(x: Operand, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged.

    >>> ag.swapaxes(ag.tensor([[1.0, 2.0]]), 0, 1).shape
    (2, 1)
    """

def expand_dims(x: Operand, axis: Any) -> Tensor:
    """A new axis of length 1 at each place in `axis`.

    >>> ag.expand_dims(ag.tensor([1.0, 2.0]), 0).shape
    (1, 2)
    """

def squeeze(x: Operand, axis: Any = None) -> Tensor:
    """Without the axes of length 1 in `axis` (all of them where None).

    >>> ag.squeeze(ag.tensor([[1.0, 2.0]])).shape
    (2,)
    """

def broadcast_to(x: Operand, shape: Any) -> Tensor:
    """The elements repeated to fill `shape`, by NumPy's broadcasting.

    >>> ag.broadcast_to(ag.tensor([1.0, 2.0]), (3, 2)).shape
    (3, 2)
    """

def zeros_like(x: Operand, dtype: Any = None, shape: Any = None, device: Any = None) -> Tensor:
    """Zeros of the shape and dtype of `x`, or of those given.

    >>> ag.zeros_like(ag.tensor([1.0, 2.0])).numpy()
    array([0., 0.])
    """

def ones_like(x: Operand, dtype: Any = None, shape: Any = None, device: Any = None) -> Tensor:
    """Ones of the shape and dtype of `x`, or of those given.

    >>> ag.ones_like(ag.tensor([1.0, 2.0])).numpy()
    array([1., 1.])
    """

def astype(x: Operand, dtype: Any) -> Tensor:
    """`x` in another dtype; the gradient comes back in the dtype of `x`.

    >>> ag.astype(ag.tensor([1.5]), "float32").dtype
    dtype('float32')
    """

def ravel(x: Operand, order: str = 'C') -> Tensor:
    """All elements along one axis, rows first ("C") or columns first ("F").

    >>> ag.ravel(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), "F").numpy()
    array([1., 3., 2., 4.])
    """

def flatten(x: Operand, order: str = 'C') -> Tensor:
    """All elements along one axis, rows first ("C") or columns first ("F"); what `ravel` gives, by the method's name.

    >>> ag.flatten(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([1., 2., 3., 4.])
    """

def moveaxis(x: Operand, source: Any, destination: Any) -> Tensor:
    """Axes moved to other places; the others keep their order.

    >>> ag.moveaxis(ag.zeros((2, 3, 5)), 0, -1).shape
    (3, 5, 2)
    """

def rollaxis(x: Operand, axis: int, start: int = 0) -> Tensor:
    """An axis moved to before the one at `start`; `moveaxis` says the same more plainly.

    >>> ag.rollaxis(ag.zeros((2, 3, 5)), 2).shape
    (5, 2, 3)
    """

def matrix_transpose(x: Operand) -> Tensor:
    """The last two axes exchanged, of one matrix or of many.

    >>> ag.matrix_transpose(ag.zeros((2, 3, 5))).shape
    (2, 5, 3)
    """

def atleast_1d(x: Operand) -> Tensor:
    """An array with one axis at least.

    >>> ag.atleast_1d(ag.tensor(2.0)).shape
    (1,)
    """

def atleast_2d(x: Operand) -> Tensor:
    """An array with two axes at least, the new ones first.

    >>> ag.atleast_2d(ag.tensor([1.0, 2.0])).shape
    (1, 2)
    """

def atleast_3d(x: Operand) -> Tensor:
    """An array with three axes at least: a vector lies along the second, a matrix along the first two.

    >>> ag.atleast_3d(ag.tensor([1.0, 2.0])).shape
    (1, 2, 1)
    """

def flip(x: Operand, axis: Any = None) -> Tensor:
    """The elements along `axis` (all axes where None) from the last to the first.

    >>> ag.flip(ag.tensor([1.0, 2.0, 3.0])).numpy()
    array([3., 2., 1.])
    """

def fliplr(x: Operand) -> Tensor:
    """The columns from the last to the first.

    >>> ag.fliplr(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[2., 1.],
           [4., 3.]])
    """

def flipud(x: Operand) -> Tensor:
    """The rows from the last to the first.

    >>> ag.flipud(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[3., 4.],
           [1., 2.]])
    """

def rot90(x: Operand, k: int = 1, axes: Any = (0, 1)) -> Tensor:
    """Turned `k` times by a right angle in the plane of two axes, from the first towards the second.

    >>> ag.rot90(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[2., 4.],
           [1., 3.]])
    """

def roll(x: Operand, shift: Any, axis: Any = None) -> Tensor:
    """The elements moved on by `shift` along `axis`; those beyond the end come in at the start.

    Without an axis they are moved as if they stood along one. Several shifts go with as many axes, or with one.

    >>> ag.roll(ag.tensor([1.0, 2.0, 3.0]), 1).numpy()
    array([3., 1., 2.])
    """

def repeat(x: Operand, repeats: Any, axis: int | None = None) -> Tensor:
    """Each element `repeats` times, or as often as its own of several `repeats` says, along `axis` (None: flattened).

    >>> ag.repeat(ag.tensor([1.0, 2.0]), [1, 3]).numpy()
    array([1., 2., 2., 2.])
    """

def tile(x: Operand, reps: Any) -> Tensor:
    """The whole array `reps` times along each axis; a number more than there are axes makes new first ones.

    >>> ag.tile(ag.tensor([1.0, 2.0]), 2).numpy()
    array([1., 2., 1., 2.])
    """

def resize(x: Operand, new_shape: Any) -> Tensor:
    """The elements in another shape that may hold more or fewer: they are begun again, or left off at the end.

    >>> ag.resize(ag.tensor([1.0, 2.0, 3.0]), (2, 2)).numpy()
    array([[1., 2.],
           [3., 1.]])
    """

def pad(x: Operand, pad_width: Any, mode: str = 'constant', constant_values: Any = 0, reflect_type: str = 'even') -> Tensor:
    """Elements added before and after, along every axis.

    `pad_width` is one number, a pair (before, after), or a pair for each axis. `mode` says what is added: "constant"
    (`constant_values`, given as the widths are), "edge" (the outermost element again), "reflect" (mirrored at the
    outermost element), "symmetric" (mirrored before it), "wrap" (from the other side).

    >>> ag.pad(ag.tensor([1.0, 2.0, 3.0]), (1, 2), "reflect").numpy()
    array([2., 1., 2., 3., 2., 1.])
    """

def sliding_window_view(x: Operand, window_shape: Any, axis: Any = None) -> Tensor:
    """Every window of `window_shape` that fits along `axis` (all axes where None); the windows' own axes are the last.

    >>> ag.sliding_window_view(ag.tensor([1.0, 2.0, 3.0]), 2).numpy()
    array([[1., 2.],
           [2., 3.]])
    """

def array_like(x: Operand, value: Any) -> Tensor:
    """Numbers known beforehand as an array where `x` lives; data, never differentiable.

    >>> ag.array_like(ag.tensor([1.0, 2.0]), value=[0, 1]).numpy()
    array([0, 1])
    """

def full_like(x: Operand, fill_value: Operand, dtype: Any = None, shape: Any = None, device: Any = None) -> Tensor:
    """`fill_value` in every place of an array like `x`; `dtype` and `shape` are those of `x` where None.

    >>> ag.full_like(ag.tensor([1.0, 2.0]), 7).numpy()
    array([7., 7.])
    """

def empty_like(x: Operand, dtype: Any = None, shape: Any = None, device: Any = None) -> Tensor:
    """An array like `x` whose elements are to be ignored: zeros here, so that nothing depends on what memory held.

    >>> ag.empty_like(ag.tensor([1.0, 2.0])).shape
    (2,)
    """

def unfold(x: Operand, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1, fill_value: float = 0) -> Tensor:
    """What a kernel sees at every place where it stands, as columns (examples, channels · kernel elements, places).

    `x` is (examples, channels, …); `kernel_size`, `dilation`, `padding` and `stride` are a number or one an axis.
    `padding` may also be "valid" (none), "same" (as many places as elements) or a pair for each axis; what is added is
    `fill_value`. The rows of a column are ordered as (channel, place in the kernel). Raises `ShapeError` where the
    kernel is longer than an axis.

    >>> ag.unfold(ag.tensor([[[1.0, 2.0, 3.0]]]), kernel_size=2).numpy()
    array([[[1., 2.],
            [2., 3.]]])
    """

def fold(x: Operand, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Columns as `unfold` gives them added up where they came from: (examples, channels, *output_size).

    The parameters are those of `unfold`. Raises `ShapeError` where `x` has not as many rows or columns as a kernel on
    `output_size` has elements and places.

    >>> ag.fold(ag.ones((1, 2, 2)), output_size=(3,), kernel_size=2).numpy()
    array([[[1., 2., 1.]]])
    """

def conv1d(x: Operand, weight: Operand, bias: Operand | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:
    """The kernels `weight` (made, channels / groups, k) laid over `x` (examples, channels, length) at every place.

    It is the cross-correlation that networks call convolution: nothing is reversed. The result is (examples, made,
    places), to which `bias` (made,) is added. `stride` is how far the kernel moves, `dilation` how far apart its
    elements look, `padding` how many zeros are put on both sides of x, "same" (as many places as elements, where the
    stride is 1; one more behind than before where they cannot be equal) or "valid" (none). In `groups`, each part of
    the channels made sees its part of the channels of `x`. Raises `ShapeError`, which names operand and axis, where
    the sizes do not fit.

    >>> ag.conv1d(ag.tensor([[[1.0, 2.0, 4.0]]]), ag.tensor([[[-1.0, 1.0]]])).numpy()
    array([[[1., 2.]]])
    """

def conv2d(x: Operand, weight: Operand, bias: Operand | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:
    """The kernels `weight` (made, channels / groups, height, width) laid over `x` (examples, channels, …, …).

    The parameters are those of `conv1d`, each a number or a pair.

    >>> ag.conv2d(ag.ones((1, 1, 3, 3)), ag.ones((1, 1, 2, 2)), ag.tensor([0.5]), stride=2).numpy()
    array([[[[4.5]]]])
    """

def conv3d(x: Operand, weight: Operand, bias: Operand | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:
    """The kernels `weight` (made, channels / groups, …) laid over the last three axes of `x` (examples, channels, …).

    The parameters are those of `conv1d`, each a number or three.

    >>> ag.conv3d(ag.ones((1, 2, 3, 3, 3)), ag.ones((1, 2, 2, 2, 3)), padding="valid").shape
    (1, 1, 2, 2, 1)
    """

def conv_transpose1d(x: Operand, weight: Operand, bias: Operand | None = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1, dilation: Any = 1) -> Tensor:
    """The transpose of `conv1d`: each element of `x` spreads its kernel over the result, which adds up what it gets.

    `x` is (examples, channels, length), `weight` (channels, made / groups, k), as the convolution has it whose
    transpose this is; `stride`, `padding` and `dilation` are its own. A stride of s gives s sizes alike, of which
    `output_padding` chooses the larger by as much: the result is (length - 1) · stride - 2 · padding + dilation · (k -
    1) + output_padding + 1 long. `bias` (made,) is added. Raises `ShapeError` where the sizes do not fit.

    >>> ag.conv_transpose1d(ag.tensor([[[1.0, 2.0]]]), ag.tensor([[[1.0, 1.0]]]), stride=2).numpy()
    array([[[1., 1., 2., 2.]]])
    """

def conv_transpose2d(x: Operand, weight: Operand, bias: Operand | None = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1, dilation: Any = 1) -> Tensor:
    """The transpose of `conv2d`: `x` (examples, channels, …, …), `weight` (channels, made / groups, height, width).

    The parameters are those of `conv_transpose1d`, each a number or a pair.

    >>> ag.conv_transpose2d(ag.ones((1, 1, 2, 2)), ag.ones((1, 1, 2, 2))).numpy()[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """

def conv_transpose3d(x: Operand, weight: Operand, bias: Operand | None = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1, dilation: Any = 1) -> Tensor:
    """The transpose of `conv3d`: `x` (examples, channels, …), `weight` (channels, made / groups, …).

    The parameters are those of `conv_transpose1d`, each a number or three.

    >>> ag.conv_transpose3d(ag.ones((1, 1, 2, 2, 2)), ag.ones((1, 3, 2, 2, 2)), stride=2).shape
    (1, 3, 4, 4, 4)
    """

def max_pool1d(x: Operand, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False) -> Tensor:
    """The largest element in each window of `x` (examples, channels, length); ties share the gradient evenly.

    A window of `kernel_size` elements moves by `stride` (its own size where None); `dilation` is how far apart the
    elements are that it sees. `padding` puts so many places on both sides that never win, at most half of a window.
    With `ceil_mode` a last window may reach beyond that, if it begins within `x` or the padding before it. Raises
    `ShapeError` where a window is longer than `x`.

    >>> ag.max_pool1d(ag.tensor([[[1.0, 3.0, 2.0, 5.0]]]), 2).numpy()
    array([[[3., 5.]]])
    """

def max_pool2d(x: Operand, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False) -> Tensor:
    """The largest element in each window over the last two axes of `x` (examples, channels, …, …).

    The parameters are those of `max_pool1d`, each a number or a pair; ties share the gradient evenly.

    >>> ag.max_pool2d(ag.tensor([[[[1.0, 3.0], [2.0, 5.0]]]]), 2).numpy()
    array([[[[5.]]]])
    """

def max_pool3d(x: Operand, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False) -> Tensor:
    """The largest element in each window over the last three axes of `x` (examples, channels, …).

    The parameters are those of `max_pool1d`, each a number or three; ties share the gradient evenly.

    >>> ag.max_pool3d(ag.ones((1, 1, 4, 4, 4)), 2).shape
    (1, 1, 2, 2, 2)
    """

def avg_pool1d(x: Operand, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True) -> Tensor:
    """The mean of each window of `x` (examples, channels, length).

    The parameters are those of `max_pool1d`; `padding` puts zeros on both sides, which count among the elements of a
    window unless `count_include_pad` is False. What a window sees beyond the padding never counts.

    >>> ag.avg_pool1d(ag.tensor([[[1.0, 3.0, 2.0, 6.0]]]), 2).numpy()
    array([[[2., 4.]]])
    """

def avg_pool2d(x: Operand, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True) -> Tensor:
    """The mean of each window over the last two axes of `x` (examples, channels, …, …).

    The parameters are those of `avg_pool1d`, each a number or a pair.

    >>> ag.avg_pool2d(ag.tensor([[[[1.0, 3.0], [2.0, 6.0]]]]), 2).numpy()
    array([[[[3.]]]])
    """

def avg_pool3d(x: Operand, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True) -> Tensor:
    """The mean of each window over the last three axes of `x` (examples, channels, …).

    The parameters are those of `avg_pool1d`, each a number or three.

    >>> ag.avg_pool3d(ag.ones((1, 1, 4, 4, 4)), 2).shape
    (1, 1, 2, 2, 2)
    """

def adaptive_avg_pool1d(x: Operand, output_size: Any) -> Tensor:
    """The means of `output_size` bins that cover `x` (examples, channels, length).

    Bin i of m goes from ⌊i n / m⌋ to below ⌈(i + 1) n / m⌉ of the n elements, so that bins may overlap by one where m
    does not divide n. `None` in the place of a size keeps that axis.

    >>> ag.adaptive_avg_pool1d(ag.tensor([[[1.0, 3.0, 2.0, 6.0]]]), 2).numpy()
    array([[[2., 4.]]])
    """

def adaptive_avg_pool2d(x: Operand, output_size: Any) -> Tensor:
    """The means of `output_size` bins, a number or a pair, over the last two axes of `x` (examples, channels, …, …).

    The bins are those of `adaptive_avg_pool1d`.

    >>> ag.adaptive_avg_pool2d(ag.tensor([[[[1.0, 3.0], [2.0, 6.0]]]]), 1).numpy()
    array([[[[3.]]]])
    """

def adaptive_avg_pool3d(x: Operand, output_size: Any) -> Tensor:
    """The means of `output_size` bins, a number or three, over the last three axes of `x` (examples, channels, …).

    The bins are those of `adaptive_avg_pool1d`.

    >>> ag.adaptive_avg_pool3d(ag.ones((1, 1, 4, 5, 6)), (2, None, 4)).shape
    (1, 1, 2, 5, 4)
    """

def adaptive_max_pool1d(x: Operand, output_size: Any) -> Tensor:
    """The largest elements of `output_size` bins that cover `x` (examples, channels, length).

    The bins are those of `adaptive_avg_pool1d`; ties share the gradient evenly.

    >>> ag.adaptive_max_pool1d(ag.tensor([[[1.0, 3.0, 2.0, 6.0]]]), 2).numpy()
    array([[[3., 6.]]])
    """

def adaptive_max_pool2d(x: Operand, output_size: Any) -> Tensor:
    """The largest elements of `output_size` bins, a number or a pair, over the last two axes of `x`.

    The bins are those of `adaptive_avg_pool1d`; ties share the gradient evenly.

    >>> ag.adaptive_max_pool2d(ag.tensor([[[[1.0, 3.0], [2.0, 6.0]]]]), 1).numpy()
    array([[[[6.]]]])
    """

def adaptive_max_pool3d(x: Operand, output_size: Any) -> Tensor:
    """The largest elements of `output_size` bins, a number or three, over the last three axes of `x`.

    The bins are those of `adaptive_avg_pool1d`; ties share the gradient evenly.

    >>> ag.adaptive_max_pool3d(ag.ones((1, 1, 4, 5, 6)), (2, None, 4)).shape
    (1, 1, 2, 5, 4)
    """

def cumsum(x: Operand, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The sum of all elements up to each along `axis`, of the flattened array where None.

    >>> ag.cumsum(ag.tensor([1.0, 2.0, 3.0])).numpy()
    array([1., 3., 6.])
    """

def cumprod(x: Operand, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The product of all elements up to each along `axis`, of the flattened array where None.

    >>> ag.cumprod(ag.tensor([1.0, 2.0, 3.0])).numpy()
    array([1., 2., 6.])
    """

def linear_recurrence(a: Operand, b: Operand) -> Tensor:
    """s with s_i = a_i s_{i-1} + b_i along the last axis, from s_{-1} = 0: moving averages, discounted returns.

    `a` and `b` have one shape. It takes log₂ n steps on whole arrays (W. D. Hillis, G. L. Steele, Data parallel
    algorithms, 1986), in which factors are multiplied with each other first.

    >>> ag.linear_recurrence(ag.tensor([0.5, 0.5, 0.5]), ag.tensor([1.0, 1.0, 1.0])).numpy()
    array([1.  , 1.5 , 1.75])
    """

def cumulative_sum(x: Operand, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Tensor:
    """The sum of all elements up to each along `axis`, before which `include_initial` puts the sum of none, 0.

    >>> ag.cumulative_sum(ag.tensor([1.0, 2.0]), include_initial=True).numpy()
    array([0., 1., 3.])
    """

def cumulative_prod(x: Operand, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Tensor:
    """The product of all elements up to each along `axis`, before which `include_initial` puts that of none, 1.

    >>> ag.cumulative_prod(ag.tensor([2.0, 3.0]), include_initial=True).numpy()
    array([1., 2., 6.])
    """

def argsort(x: Operand, axis: int | None = -1, kind: Any = None, stable: Any = None) -> Tensor:
    """The places of the elements along `axis` in ascending order; data, never differentiable.

    >>> ag.argsort(ag.tensor([3.0, 1.0, 2.0])).numpy()
    array([1, 2, 0])
    """

def sort(x: Operand, axis: int | None = -1, kind: Any = None, stable: Any = None) -> Tensor:
    """The elements along `axis` in ascending order, nan last; of the flattened array where None.

    >>> ag.sort(ag.tensor([3.0, 1.0, 2.0])).numpy()
    array([1., 2., 3.])
    """

def sorted_places(x: Operand) -> tuple[Tensor, ...]:
    """Of each element in the ascending order of its row along the last axis, all rows one after the other: data.

    Its place in the flattened array, which group of equals in a row it is of, counted through all rows, and how many
    those are.

    >>> [each.numpy().tolist() for each in ag.sorted_places(ag.tensor([3.0, 1.0, 3.0]))]
    [[1, 0, 2], [0, 1, 1], [1, 2, 2]]
    """

def partition(x: Operand, kth: Any, axis: int | None = -1) -> Tensor:
    """The elements along `axis` so that the smaller stand before place `kth` and the larger behind: here, all in order.

    `kth` may be several places. Ties share their gradient evenly.

    >>> ag.partition(ag.tensor([3.0, 1.0, 2.0]), 1).numpy()
    array([1., 2., 3.])
    """

def argpartition(x: Operand, kth: Any, axis: int | None = -1) -> Tensor:
    """The places of the elements along `axis` in the order of `partition`; data, never differentiable.

    >>> ag.argpartition(ag.tensor([3.0, 1.0, 2.0]), 1).numpy()
    array([1, 2, 0])
    """

def topk(x: Operand, k: int, axis: int = -1, largest: bool = True) -> tuple[Tensor, ...]:
    """The `k` largest elements along `axis`, or the smallest, best first, and their places: values and indices.

    Of equal elements the first counts first; they share the gradient of the values evenly. The indices are data.

    >>> values, indices = ag.topk(ag.tensor([3.0, 1.0, 2.0]), 2)
    >>> values.numpy(), indices.numpy()
    (array([3., 2.]), array([0, 2]))
    """

def searchsorted(a: Operand, v: Operand, side: str = 'left', sorter: Any = None) -> Tensor:
    """Where each of `v` belongs in the sorted `a`, before equal elements or on the right `side`; data.

    `sorter` are the places that put `a` in order.

    >>> ag.searchsorted(ag.tensor([1.0, 2.0, 3.0]), 2.5).item()
    2
    """

def unique_all(x: Operand, axis: int | None = None, equal_nan: bool = False) -> tuple[Tensor, ...]:
    """The different elements in order, where each is first, which of them each element is, and how often: data.

    >>> [each.numpy().tolist() for each in ag.unique_all(ag.tensor([3, 1, 3]))]
    [[1, 3], [1, 0], [1, 0, 1], [1, 2]]
    """

def unique(x: Operand, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: int | None = None, equal_nan: bool = True) -> Tensor:
    """The different elements in order, or the different parts along `axis`, with what NumPy's returns: data.

    >>> ag.unique(ag.tensor([3, 1, 3])).numpy()
    array([1, 3])
    """

def nonzero(x: Operand) -> tuple[Tensor, ...]:
    """The places of the elements other than 0, an array for each axis; data, never differentiable.

    >>> [each.numpy().tolist() for each in ag.nonzero(ag.tensor([[0, 5], [6, 0]]))]
    [[0, 1], [1, 0]]
    """

def flatnonzero(x: Operand) -> Tensor:
    """The places of the elements other than 0 in the flattened array; data, never differentiable.

    >>> ag.flatnonzero(ag.tensor([[0, 5], [6, 0]])).numpy()
    array([1, 2])
    """

def argwhere(x: Operand) -> Tensor:
    """The places of the elements other than 0, one a row; data, never differentiable.

    >>> ag.argwhere(ag.tensor([[0, 5], [6, 0]])).numpy()
    array([[0, 1],
           [1, 0]])
    """

def bincount(x: Operand, weights: Operand | None = None, minlength: int = 0) -> Tensor:
    """How often each whole number from 0 stands in `x`, or the sum of its `weights`, which have a gradient.

    >>> ag.bincount(ag.tensor([0, 2, 2])).numpy()
    array([1, 0, 2])
    """

def histogram(x: Operand, bins: Any = 10, range: Any = None, density: bool = False) -> tuple[Tensor, ...]:
    """How many elements fall between one of the edges of `bins` and the next, and the edges: data.

    `bins` is their number, their edges, or one of NumPy's words.

    >>> [each.numpy().tolist() for each in ag.histogram(ag.tensor([0.0, 1.0, 1.5]), bins=2)]
    [[1, 2], [0.0, 0.75, 1.5]]
    """

def diff(x: Operand, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """The differences of neighbours along `axis`, taken `n` times; truths are compared.

    `prepend` and `append`, numbers or arrays, are joined to `x` first, and have a gradient too.

    >>> ag.diff(ag.tensor([1.0, 4.0, 9.0])).numpy()
    array([3., 5.])
    """

def ediff1d(x: Operand, to_end: Operand | None = None, to_begin: Operand | None = None) -> Tensor:
    """The differences of neighbours in the flattened array, with what else is to stand at the end and the beginning.

    >>> ag.ediff1d(ag.tensor([1.0, 4.0, 9.0]), to_begin=0.0).numpy()
    array([0., 3., 5.])
    """

def trapezoid(y: Operand, x: Operand | None = None, dx: Any = 1.0, axis: int = -1) -> Tensor:
    """The integral of samples `y` at the places `x`, or `dx` apart, along `axis` by the trapezoidal rule.

    >>> ag.trapezoid(ag.tensor([0.0, 1.0, 4.0]), dx=0.5).item()
    1.5
    """

def gradient(f: Operand, *spacing: Operand | Sequence[Operand], axis: Any = None, edge_order: int = 1) -> Tensor:
    """The derivative of samples along each axis by second-order differences: one array, or a tuple for several axes.

    `spacing` is nothing (1), one distance for all axes, or for each axis a distance or the places along it, which have
    a gradient too. At the edges differences are of first or second `edge_order`. Not to be confused with `ag.grad`.

    >>> ag.gradient(ag.tensor([0.0, 1.0, 4.0, 9.0])).numpy()
    array([1., 2., 4., 5.])
    """

def interp(x: Operand, xp: Operand, fp: Operand, left: Any = None, right: Any = None, period: float | None = None) -> Tensor:
    """The line through the points (`xp`, `fp`), which ascend, at `x`; beyond them `left` and `right`, or their ends.

    Differentiable in all three. At a point the slope is that of the piece behind it, at the last one of the piece
    before; beyond them it is 0. With a `period`, `x` and `xp` are taken modulo it and `xp` is put in order. float32
    stays float32, where NumPy's gives float64.

    >>> ag.interp(ag.tensor([0.5, 3.0]), [0.0, 1.0], [10.0, 20.0]).numpy()
    array([15., 20.])
    """

def exp(x: Operand) -> Tensor:
    """The exponential function, element by element.

    >>> ag.exp(ag.tensor([0.0])).numpy()
    array([1.])
    """

def log(x: Operand) -> Tensor:
    """The natural logarithm, element by element; -inf at 0 and nan below, as in NumPy.

    >>> ag.log(ag.tensor([1.0])).numpy()
    array([0.])
    """

def exp2(x: Operand) -> Tensor:
    """2 to the power `x`, element by element.

    >>> ag.exp2(ag.tensor([3.0])).numpy()
    array([8.])
    """

def expm1(x: Operand) -> Tensor:
    """eˣ - 1, element by element, exact for small `x`.

    >>> ag.expm1(ag.tensor([0.0, 1e-20])).numpy()
    array([0.e+00, 1.e-20])
    """

def log2(x: Operand) -> Tensor:
    """The logarithm to the base 2, element by element; -inf at 0 and nan below, as in NumPy.

    >>> ag.log2(ag.tensor([8.0])).numpy()
    array([3.])
    """

def log10(x: Operand) -> Tensor:
    """The logarithm to the base 10, element by element; -inf at 0 and nan below, as in NumPy.

    >>> ag.log10(ag.tensor([1000.0])).numpy()
    array([3.])
    """

def log1p(x: Operand) -> Tensor:
    """ln(1 + x), element by element, exact for small `x`.

    >>> ag.log1p(ag.tensor([0.0, 1e-20])).numpy()
    array([0.e+00, 1.e-20])
    """

def logaddexp(x: Operand, y: Operand) -> Tensor:
    """ln(eˣ + eʸ), element by element, without overflow; two equal infinities share the gradient evenly.

    >>> ag.logaddexp(ag.tensor([1000.0]), 1000.0).numpy()
    array([1000.69314718])
    """

def logaddexp2(x: Operand, y: Operand) -> Tensor:
    """The logarithm to the base 2 of 2ˣ + 2ʸ, element by element, without overflow.

    >>> ag.logaddexp2(ag.tensor([1000.0]), 1000.0).numpy()
    array([1001.])
    """

def concatenate(*arrays: Operand | Sequence[Operand], axis: int | None = 0) -> Tensor:
    """Join along an existing axis; `axis=None` joins them flattened.

    >>> ag.concatenate([ag.tensor([1.0]), ag.tensor([2.0, 3.0])]).numpy()
    array([1., 2., 3.])
    """

def stack(*arrays: Operand | Sequence[Operand], axis: int = 0) -> Tensor:
    """Join along a new axis.

    >>> ag.stack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])], axis=1).numpy()
    array([[1., 3.],
           [2., 4.]])
    """

def split(x: Operand, indices_or_sections: Any, axis: int = 0) -> tuple[Tensor, ...]:
    """Parts of an array along an axis: so many of equal length, or cut at the places given; a tuple.

    >>> [part.numpy().tolist() for part in ag.split(ag.tensor([1.0, 2.0, 3.0, 4.0]), [1, 3])]
    [[1.0], [2.0, 3.0], [4.0]]
    """

def array_split(x: Operand, indices_or_sections: Any, axis: int = 0) -> tuple[Tensor, ...]:
    """Parts of an array along an axis as `split` gives them, of which the first may be longer by one; a tuple.

    >>> [part.numpy().tolist() for part in ag.array_split(ag.tensor([1.0, 2.0, 3.0]), 2)]
    [[1.0, 2.0], [3.0]]
    """

def hsplit(x: Operand, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Parts of an array side by side, along its second axis, or the first where there is no other; a tuple.

    >>> [part.shape for part in ag.hsplit(ag.zeros((2, 4)), 2)]
    [(2, 2), (2, 2)]
    """

def vsplit(x: Operand, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Parts of an array one below the other, along its first axis; a tuple.

    >>> [part.shape for part in ag.vsplit(ag.zeros((4, 2)), [1])]
    [(1, 2), (3, 2)]
    """

def dsplit(x: Operand, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Parts of an array along its third axis; a tuple.

    >>> [part.shape for part in ag.dsplit(ag.zeros((1, 2, 4)), 2)]
    [(1, 2, 2), (1, 2, 2)]
    """

def unstack(x: Operand, axis: int = 0) -> tuple[Tensor, ...]:
    """Each of the arrays that `stack` would join to this one along `axis`; a tuple.

    >>> [part.numpy().tolist() for part in ag.unstack(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))]
    [[1.0, 2.0], [3.0, 4.0]]
    """

def vstack(*arrays: Operand | Sequence[Operand]) -> Tensor:
    """Arrays one below the other, along the first axis; vectors are rows.

    >>> ag.vstack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])]).numpy()
    array([[1., 2.],
           [3., 4.]])
    """

def hstack(*arrays: Operand | Sequence[Operand]) -> Tensor:
    """Arrays side by side, along the second axis; vectors one after the other.

    >>> ag.hstack([ag.tensor([1.0, 2.0]), ag.tensor([3.0])]).numpy()
    array([1., 2., 3.])
    """

def dstack(*arrays: Operand | Sequence[Operand]) -> Tensor:
    """Arrays one behind the other, along the third axis.

    >>> ag.dstack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])]).shape
    (1, 2, 2)
    """

def column_stack(*arrays: Operand | Sequence[Operand]) -> Tensor:
    """Vectors, and the columns of matrices, side by side as the columns of one matrix.

    >>> ag.column_stack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])]).numpy()
    array([[1., 3.],
           [2., 4.]])
    """

def append(x: Operand, values: Operand, axis: int | None = None) -> Tensor:
    """The values after the array along `axis`, or both flattened.

    >>> ag.append(ag.tensor([1.0, 2.0]), 3.0).numpy()
    array([1., 2., 3.])
    """

def delete(x: Operand, obj: Any, axis: int | None = None) -> Tensor:
    """Without the elements at `obj` along `axis` (None: flattened): a place, a slice, places, or a truth for each.

    >>> ag.delete(ag.tensor([1.0, 2.0, 3.0]), 1).numpy()
    array([1., 3.])
    """

def meshgrid(*xi: Operand | Sequence[Operand], indexing: str = 'xy', sparse: bool = False, copy: bool = True) -> tuple[Tensor, ...]:
    """The coordinates of a grid, an array for each of the vectors along its axes; a tuple.

    The first two axes are exchanged where `indexing` is "xy". With `sparse` each has length 1 along the other axes.

    >>> [part.numpy().tolist() for part in ag.meshgrid(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0]))]
    [[[1.0, 2.0], [1.0, 2.0]], [[3.0, 3.0], [4.0, 4.0]]]
    """

def broadcast_arrays(*arrays: Operand | Sequence[Operand]) -> tuple[Tensor, ...]:
    """Each array broadcast to the shape that they have together; a tuple.

    >>> [part.shape for part in ag.broadcast_arrays(ag.zeros(3), ag.zeros((2, 1)))]
    [(2, 3), (2, 3)]
    """

def matmul(x: Operand, y: Operand) -> Tensor:
    """The matrix product, over the last two axes; leading axes broadcast.

    Raises `ShapeError` unless the last axis of `x` is as long as the last but one of `y`.

    >>> ag.matmul(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0], [4.0]])).numpy()
    array([[11.]])
    """

def diagonal(x: Operand, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The elements whose index along `axis2` is that along `axis1` plus `offset`; they stand along the last axis.

    >>> ag.diagonal(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([1., 4.])
    """

def trace(x: Operand, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Tensor:
    """The sum along a diagonal, added in `dtype` where that is given.

    >>> ag.trace(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).item()
    5.0
    """

def diag(x: Operand, k: int = 0) -> Tensor:
    """The k-th diagonal of a matrix; of a vector the matrix that has it there, and zeros elsewhere.

    >>> ag.diag(ag.tensor([1.0, 2.0])).numpy()
    array([[1., 0.],
           [0., 2.]])
    """

def diagflat(x: Operand, k: int = 0) -> Tensor:
    """A matrix with all elements of `x` on its k-th diagonal, and zeros elsewhere.

    >>> ag.diagflat(ag.tensor([[1.0], [2.0]])).numpy()
    array([[1., 0.],
           [0., 2.]])
    """

def tril(x: Operand, k: int = 0) -> Tensor:
    """The lower triangle of matrices, up to their k-th diagonal; zeros above.

    >>> ag.tril(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[1., 0.],
           [3., 4.]])
    """

def triu(x: Operand, k: int = 0) -> Tensor:
    """The upper triangle of matrices, from their k-th diagonal on; zeros below.

    >>> ag.triu(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[1., 2.],
           [0., 4.]])
    """

def vander(x: Operand, N: int | None = None, increasing: bool = False) -> Tensor:
    """The matrix whose columns are the powers of a vector, the highest first unless they are `increasing`.

    >>> ag.vander(ag.tensor([2.0, 3.0]), 3).numpy()
    array([[4., 2., 1.],
           [9., 3., 1.]])
    """

def einsum(*operands: Any, subscripts: str, optimize: Any = True) -> Tensor:
    """The sum of products that the subscripts say, over every letter that the result does not have.

    Written as NumPy's, `einsum("ij,jk->ik", x, y)` or `einsum(x, [0, 1], y, [1, 2], [0, 2])`, with all that it knows:
    dots, repeated letters, sizes of 1 that broadcast. Operands meet two at a time by matrix products; `optimize` says
    in which order, as for `numpy.einsum_path`: True takes its greedy one, False the one given.

    >>> x = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> ag.einsum("ij,jk->ik", x, x).numpy().tolist(), ag.einsum("ii", x).item()
    ([[7.0, 10.0], [15.0, 22.0]], 5.0)
    """

def dot(x: Operand, y: Operand) -> Tensor:
    """The sum of products over the last axis of `x` and the last but one of `y`, as NumPy's `dot`.

    Of vectors the inner product, of matrices `x @ y`, of a number the product.

    >>> ag.dot(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])).item()
    11.0
    """

def vdot(x: Operand, y: Operand) -> Tensor:
    """The inner product of all elements of `x` and `y`, read as vectors.

    >>> ag.vdot(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0], [4.0]])).item()
    11.0
    """

def vecdot(x: Operand, y: Operand, axis: int = -1) -> Tensor:
    """The inner products of the vectors along `axis` of `x` and `y`; the other axes broadcast.

    >>> ag.vecdot(ag.tensor([[1.0, 2.0], [0.0, 1.0]]), ag.tensor([3.0, 4.0])).numpy()
    array([11.,  4.])
    """

def matvec(x: Operand, y: Operand) -> Tensor:
    """Matrices in the last two axes of `x` times vectors in the last axis of `y`; the other axes broadcast.

    >>> ag.matvec(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0, 4.0], [0.0, 1.0]])).numpy()
    array([[11.],
           [ 2.]])
    """

def vecmat(x: Operand, y: Operand) -> Tensor:
    """Vectors in the last axis of `x` times matrices in the last two axes of `y`; the other axes broadcast.

    >>> ag.vecmat(ag.tensor([1.0, 2.0]), ag.tensor([[3.0], [4.0]])).numpy()
    array([11.])
    """

def inner(x: Operand, y: Operand) -> Tensor:
    """The sum of products over the last axes of `x` and `y`; every vector of one meets every vector of the other.

    >>> ag.inner(ag.tensor([[1.0, 2.0], [0.0, 1.0]]), ag.tensor([3.0, 4.0])).numpy()
    array([11.,  4.])
    """

def outer(x: Operand, y: Operand) -> Tensor:
    """Every element of `x` times every element of `y`, both read as vectors.

    >>> ag.outer(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])).numpy()
    array([[3., 4.],
           [6., 8.]])
    """

def tensordot(x: Operand, y: Operand, axes: Any = 2) -> Tensor:
    """The sum of products over `axes`: so many last axes of `x` and first of `y`, or a pair of axes of each.

    >>> ag.tensordot(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0, 4.0]]), axes=([1], [1])).numpy()
    array([[11.]])
    """

def kron(x: Operand, y: Operand) -> Tensor:
    """The Kronecker product: `x` with each element replaced by its product with the whole of `y`.

    >>> ag.kron(ag.tensor([1.0, 10.0]), ag.tensor([1.0, 2.0])).numpy()
    array([ 1.,  2., 10., 20.])
    """

def cross(x: Operand, y: Operand, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Tensor:
    """The cross product of vectors of three components along `axisa` of `x` and `axisb` of `y`, put along `axisc`.

    `axis` stands for all three. Vectors of two components are refused, as they soon will be by NumPy.

    >>> ag.cross(ag.tensor([1.0, 0.0, 0.0]), ag.tensor([0.0, 1.0, 0.0])).numpy()
    array([0., 0., 1.])
    """

def convolve(x: Operand, y: Operand, mode: str = 'full') -> Tensor:
    """The convolution Σ x[k] y[n - k] of two sequences.

    `mode` is `"full"` (wherever they overlap), `"same"` (as many elements as the longer has) or `"valid"` (where they
    overlap completely).

    >>> ag.convolve(ag.tensor([1.0, 2.0, 3.0]), ag.tensor([1.0, 10.0])).numpy()
    array([ 1., 12., 23., 30.])
    """

def correlate(x: Operand, y: Operand, mode: str = 'valid') -> Tensor:
    """The cross-correlation Σ x[n + k] y[n] of two sequences; `mode` is as for `convolve`.

    >>> ag.correlate(ag.tensor([1.0, 2.0, 3.0]), ag.tensor([0.0, 1.0])).numpy()
    array([2., 3.])
    """

def random_like(x: Operand, rng: Any) -> Tensor:
    """Numbers drawn uniformly from [0, 1) by the generator `rng`, of the shape and dtype of `x`.

    Data, never differentiable. `rng` is a `numpy.random.Generator`, or CuPy's for a GPU.

    >>> ag.random_like(ag.tensor([1.0, 2.0]), np.random.default_rng(0)).numpy()
    array([0.63696169, 0.26978671])
    """

def draw_like(x: Operand, *arguments: Operand | Sequence[Operand], rng: Any, method: str, options: Any = (), named: Any = ()) -> Tensor:
    """What a `method` of the generator `rng` draws, as an array where `x` lives; data, never differentiable.

    `arguments` are arrays and numbers that the method takes, the last of them by the keywords `named`; `options` are
    pairs of a further keyword and its value. Users write `ag.random.normal` and its kin, which are made of it.

    >>> x = ag.tensor(0.0)
    >>> ag.draw_like(x, 6, rng=np.random.default_rng(0), method="integers", options=(("size", 3),)).numpy()
    array([5, 3, 3])
    """

def logsumexp(x: Operand, axis: Any = None, keepdims: bool = False) -> Tensor:
    """ln Σ eˣ over `axis` (all axes where None), without overflow.

    >>> ag.logsumexp(ag.tensor([1000.0, 1000.0])).item()
    1000.6931471805599
    """

def erf(x: Operand) -> Tensor:
    """The error function 2/√π ∫₀ˣ e^-t² dt, element by element (Cody 1969).

    >>> ag.erf(ag.tensor([0.0, 1.0])).numpy()
    array([0.        , 0.84270079])
    """

def erfc(x: Operand) -> Tensor:
    """1 - erf(x), element by element, with all its digits where it is small (Cody 1969).

    >>> ag.erfc(ag.tensor([0.0, 10.0])).numpy()
    array([1.00000000e+00, 2.08848758e-45])
    """

def polygamma(x: Operand, order: int = 1) -> Tensor:
    """The derivative of digamma of this order (0, 1, 2, …), element by element; note that `x` comes first.

    At 0, -1, -2, … it is inf for odd orders, and nan for even ones.

    >>> ag.polygamma(ag.tensor([1.0]), 1).numpy()
    array([1.64493407])
    """

def digamma(x: Operand) -> Tensor:
    """ψ(x), the derivative of ln Γ, element by element; -inf at 0 and nan at -1, -2, …, where it has no sign.

    >>> ag.digamma(ag.tensor([1.0, 2.0])).numpy()
    array([-0.57721566,  0.42278434])
    """

def lgamma(x: Operand) -> Tensor:
    """The logarithm of |Γ(x)|, element by element; inf at 0, -1, -2 and so on.

    >>> ag.lgamma(ag.tensor([1.0, 5.0])).numpy()
    array([0.        , 3.17805383])
    """

def i1(x: Operand) -> Tensor:
    """The modified Bessel function of the first kind and order 1, element by element: the derivative of `i0`.

    >>> ag.i1(ag.tensor([0.0, 1.0])).numpy()
    array([0.       , 0.5651591])
    """

def i0(x: Operand) -> Tensor:
    """The modified Bessel function of the first kind and order 0, element by element.

    >>> ag.i0(ag.tensor([0.0, 1.0])).numpy()
    array([1.        , 1.26606588])
    """

def xlogy(x: Operand, y: Operand) -> Tensor:
    """x ln y, element by element, and 0 where `x` is 0, unless `y` is nan; there, both derivatives are finite.

    >>> ag.xlogy(ag.tensor([0.0, 2.0]), ag.tensor([0.0, 1.0])).numpy()
    array([0., 0.])
    """

def average(x: Operand, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: bool = False) -> Tensor:
    """The mean over `axis`, each element weighed; with `returned` also the sum of the weights.

    `weights` are of the shape of `x`, or of its axes in `axis` alone, and have a gradient too. NumPy raises where they
    sum to 0; here the result is nan or infinite, since no call looks at its data.

    >>> ag.average(ag.tensor([1.0, 3.0]), weights=[3.0, 1.0]).item()
    1.5
    """

def median(x: Operand, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Tensor:
    """The middle of the sorted elements over `axis` (all axes where None), of two middle ones their mean.

    >>> ag.median(ag.tensor([3.0, 1.0, 10.0, 2.0])).item()
    2.5
    """

def quantile(x: Operand, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = 'linear', keepdims: bool = False, weights: Any = None) -> Tensor:
    """What a share `q` of the elements over `axis` (all axes where None) is below; for an array of shares, all of them.

    `method` is one of NumPy's. With `weights`, as those of `average` but without a gradient, `method="inverted_cdf"`
    gives the first element up to which there is the share `q` of them. Results for several shares stand along new
    first axes.

    >>> ag.quantile(ag.tensor([1.0, 2.0, 4.0]), 0.75).item()
    3.0
    """

def percentile(x: Operand, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = 'linear', keepdims: bool = False, weights: Any = None) -> Tensor:
    """What `q` percent of the elements over `axis` (all axes where None) are below: `quantile` of `q` / 100.

    >>> ag.percentile(ag.tensor([1.0, 2.0, 4.0]), [0, 75]).numpy()
    array([1., 3.])
    """

def nanquantile(x: Operand, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = 'linear', keepdims: bool = False, weights: Any = None) -> Tensor:
    """`quantile` of the elements that are not nan, with the same methods and weights.

    >>> ag.nanquantile(ag.tensor([1.0, float("nan"), 2.0, 4.0]), 0.75).item()
    3.0
    """

def nanpercentile(x: Operand, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: str = 'linear', keepdims: bool = False, weights: Any = None) -> Tensor:
    """`percentile` of the elements that are not nan, with the same methods and weights.

    >>> ag.nanpercentile(ag.tensor([1.0, float("nan"), 2.0, 4.0]), 75).item()
    3.0
    """

def nanmedian(x: Operand, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Tensor:
    """The median of the elements that are not nan over `axis` (all axes where None); nan where there is none.

    >>> ag.nanmedian(ag.tensor([3.0, float("nan"), 1.0])).item()
    2.0
    """

def cov(m: Operand, y: Operand | None = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, fweights: Any = None, aweights: Any = None, dtype: Any = None) -> Tensor:
    """The covariance matrix of variables, which are rows of `m` and `y`, or columns where not `rowvar`.

    Products are divided by the number of observations less 1, with `bias` by that number, with `ddof` less that.
    Observations may be repeated (`fweights`) and weighed (`aweights`). The dtype is that of the data.

    >>> ag.cov(ag.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])).numpy()
    array([[ 1., -1.],
           [-1.,  1.]])
    """

def corrcoef(m: Operand, y: Operand | None = None, rowvar: bool = True, dtype: Any = None) -> Tensor:
    """The correlation coefficients of variables, which are rows of `m` and `y`, or columns where not `rowvar`.

    They are limited to [-1, 1], where their derivative is 0. The dtype is that of the data.

    >>> ag.corrcoef(ag.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])).numpy().round(12)
    array([[ 1., -1.],
           [-1.,  1.]])
    """

def tanh(x: Operand) -> Tensor:
    """The hyperbolic tangent, element by element.

    >>> ag.tanh(ag.tensor([0.0])).numpy()
    array([0.])
    """

def sin(x: Operand) -> Tensor:
    """The sine of an angle in radians, element by element.

    >>> ag.sin(ag.tensor([0.0])).numpy()
    array([0.])
    """

def cos(x: Operand) -> Tensor:
    """The cosine of an angle in radians, element by element.

    >>> ag.cos(ag.tensor([0.0])).numpy()
    array([1.])
    """

def tan(x: Operand) -> Tensor:
    """The tangent of an angle in radians, element by element.

    >>> ag.tan(ag.tensor([0.0])).numpy()
    array([0.])
    """

def arcsin(x: Operand) -> Tensor:
    """The angle in radians whose sine is `x`, element by element; nan outside [-1, 1], as in NumPy.

    >>> ag.arcsin(ag.tensor([1.0])).numpy()
    array([1.57079633])
    """

def arccos(x: Operand) -> Tensor:
    """The angle in radians whose cosine is `x`, element by element; nan outside [-1, 1], as in NumPy.

    >>> ag.arccos(ag.tensor([1.0])).numpy()
    array([0.])
    """

def arctan(x: Operand) -> Tensor:
    """The angle in radians whose tangent is `x`, element by element.

    >>> ag.arctan(ag.tensor([1.0])).numpy()
    array([0.78539816])
    """

def sinh(x: Operand) -> Tensor:
    """The hyperbolic sine, element by element.

    >>> ag.sinh(ag.tensor([0.0])).numpy()
    array([0.])
    """

def cosh(x: Operand) -> Tensor:
    """The hyperbolic cosine, element by element.

    >>> ag.cosh(ag.tensor([0.0])).numpy()
    array([1.])
    """

def arcsinh(x: Operand) -> Tensor:
    """The number whose hyperbolic sine is `x`, element by element.

    >>> ag.arcsinh(ag.tensor([0.0])).numpy()
    array([0.])
    """

def arccosh(x: Operand) -> Tensor:
    """The number whose hyperbolic cosine is `x`, element by element; nan below 1, as in NumPy.

    >>> ag.arccosh(ag.tensor([1.0])).numpy()
    array([0.])
    """

def arctanh(x: Operand) -> Tensor:
    """The number whose hyperbolic tangent is `x`, element by element; nan outside [-1, 1], as in NumPy.

    >>> ag.arctanh(ag.tensor([0.0])).numpy()
    array([0.])
    """

def arctan2(y: Operand, x: Operand) -> Tensor:
    """The angle of the point (`x`, `y`) in radians, element by element; note that `y` comes first.

    At the origin the derivatives are taken to be 0.

    >>> ag.arctan2(ag.tensor([1.0, -1.0]), ag.tensor([1.0, 1.0])).numpy()
    array([ 0.78539816, -0.78539816])
    """

def deg2rad(x: Operand) -> Tensor:
    """Degrees as radians, element by element.

    >>> ag.deg2rad(ag.tensor([180.0])).numpy()
    array([3.14159265])
    """

def rad2deg(x: Operand) -> Tensor:
    """Radians as degrees, element by element.

    >>> ag.rad2deg(ag.tensor([3.141592653589793])).numpy()
    array([180.])
    """

def sinc(x: Operand) -> Tensor:
    """sin(πx) / πx, element by element, 1 at 0.

    >>> ag.sinc(ag.tensor([0.0, 0.5])).numpy()
    array([1.        , 0.63661977])
    """

abs = absolute
pow = power
true_divide = divide
mod = remainder
conj = conjugate
acos = arccos
acosh = arccosh
asin = arcsin
asinh = arcsinh
atan = arctan
atan2 = arctan2
atanh = arctanh
degrees = rad2deg
radians = deg2rad
around = round
fix = trunc
bitwise_invert = invert
bitwise_not = invert
bitwise_left_shift = left_shift
bitwise_right_shift = right_shift
amax = max
amin = min
concat = concatenate
permute_dims = transpose
