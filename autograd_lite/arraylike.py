"""The operators and methods of an array, once, for every world that operations can be run in.

A world's values inherit them and say by `__apply__` how an operation on them is run: Tensors record it, formulas write
it down. Knows operations and how an index is read. Must not know any of the worlds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from autograd_lite import backend
from autograd_lite.errors import ArgumentError
from autograd_lite.op import Operation, one_axis, settled
from autograd_lite.ops import (
    arithmetic,
    comparison,
    cumulative,
    indexing,
    linalg,
    products,
    reduction,
    shaping,
    sorting,
)
from autograd_lite.ops.arithmetic import absolute, add, divide, multiply, negative, power, subtract
from autograd_lite.ops.comparison import equal, greater, greater_equal, less, less_equal, not_equal
from autograd_lite.ops.indexing import getitem, split
from autograd_lite.ops.linalg import matmul

_NONE: dict[str, Any] = {}
_REVERSED: dict[str, Any] = {"axes": None}


class Arraylike:
    """What an array can be asked to do, each of it an operation applied by `__apply__(op, inputs, params)`."""

    __slots__ = ()

    if TYPE_CHECKING:
        __apply__: Callable[..., Any]
        shape: Any

    # Operators.

    def __add__(self, other: Any) -> Self:
        return self.__apply__(add, (self, other), _NONE)  # type: ignore[no-any-return]

    def __radd__(self, other: Any) -> Self:
        return self.__apply__(add, (other, self), _NONE)  # type: ignore[no-any-return]

    def __sub__(self, other: Any) -> Self:
        return self.__apply__(subtract, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rsub__(self, other: Any) -> Self:
        return self.__apply__(subtract, (other, self), _NONE)  # type: ignore[no-any-return]

    def __mul__(self, other: Any) -> Self:
        return self.__apply__(multiply, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rmul__(self, other: Any) -> Self:
        return self.__apply__(multiply, (other, self), _NONE)  # type: ignore[no-any-return]

    def __truediv__(self, other: Any) -> Self:
        return self.__apply__(divide, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rtruediv__(self, other: Any) -> Self:
        return self.__apply__(divide, (other, self), _NONE)  # type: ignore[no-any-return]

    def __pow__(self, other: Any) -> Self:
        return self.__apply__(power, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rpow__(self, other: Any) -> Self:
        return self.__apply__(power, (other, self), _NONE)  # type: ignore[no-any-return]

    def __floordiv__(self, other: Any) -> Self:
        return self.__apply__(arithmetic.floor_divide, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rfloordiv__(self, other: Any) -> Self:
        return self.__apply__(arithmetic.floor_divide, (other, self), _NONE)  # type: ignore[no-any-return]

    def __mod__(self, other: Any) -> Self:
        return self.__apply__(arithmetic.remainder, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rmod__(self, other: Any) -> Self:
        return self.__apply__(arithmetic.remainder, (other, self), _NONE)  # type: ignore[no-any-return]

    def __divmod__(self, other: Any) -> tuple[Self, Self]:
        return arithmetic.divmod(self, other)  # type: ignore[no-any-return]

    def __rdivmod__(self, other: Any) -> tuple[Self, Self]:
        return arithmetic.divmod(other, self)  # type: ignore[no-any-return]

    def __matmul__(self, other: Any) -> Self:
        return self.__apply__(matmul, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rmatmul__(self, other: Any) -> Self:
        return self.__apply__(matmul, (other, self), _NONE)  # type: ignore[no-any-return]

    def __neg__(self) -> Self:
        return self.__apply__(negative, (self,), _NONE)  # type: ignore[no-any-return]

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return self.__apply__(absolute, (self,), _NONE)  # type: ignore[no-any-return]

    def __invert__(self) -> Self:
        return self.__apply__(comparison.invert, (self,), _NONE)  # type: ignore[no-any-return]

    def __and__(self, other: Any) -> Self:
        return self.__apply__(comparison.bitwise_and, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rand__(self, other: Any) -> Self:
        return self.__apply__(comparison.bitwise_and, (other, self), _NONE)  # type: ignore[no-any-return]

    def __or__(self, other: Any) -> Self:
        return self.__apply__(comparison.bitwise_or, (self, other), _NONE)  # type: ignore[no-any-return]

    def __ror__(self, other: Any) -> Self:
        return self.__apply__(comparison.bitwise_or, (other, self), _NONE)  # type: ignore[no-any-return]

    def __xor__(self, other: Any) -> Self:
        return self.__apply__(comparison.bitwise_xor, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rxor__(self, other: Any) -> Self:
        return self.__apply__(comparison.bitwise_xor, (other, self), _NONE)  # type: ignore[no-any-return]

    def __lshift__(self, other: Any) -> Self:
        return self.__apply__(comparison.left_shift, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rlshift__(self, other: Any) -> Self:
        return self.__apply__(comparison.left_shift, (other, self), _NONE)  # type: ignore[no-any-return]

    def __rshift__(self, other: Any) -> Self:
        return self.__apply__(comparison.right_shift, (self, other), _NONE)  # type: ignore[no-any-return]

    def __rrshift__(self, other: Any) -> Self:
        return self.__apply__(comparison.right_shift, (other, self), _NONE)  # type: ignore[no-any-return]

    def __lt__(self, other: Any) -> Self:
        return self.__apply__(less, (self, other), _NONE)  # type: ignore[no-any-return]

    def __le__(self, other: Any) -> Self:
        return self.__apply__(less_equal, (self, other), _NONE)  # type: ignore[no-any-return]

    def __gt__(self, other: Any) -> Self:
        return self.__apply__(greater, (self, other), _NONE)  # type: ignore[no-any-return]

    def __ge__(self, other: Any) -> Self:
        return self.__apply__(greater_equal, (self, other), _NONE)  # type: ignore[no-any-return]

    def __eq__(self, other: Any) -> Any:
        return False if other is None else self.__apply__(equal, (self, other), _NONE)

    def __ne__(self, other: Any) -> Any:
        return True if other is None else self.__apply__(not_equal, (self, other), _NONE)

    __hash__ = object.__hash__

    # Items.

    def __getitem__(self, index: Any) -> Self:
        template, arrays = split(index)
        return self.__apply__(getitem, (self, *arrays), {"template": template})  # type: ignore[no-any-return]

    def _split(self, index: Any) -> Any:
        """An index as a template and the arrays in it."""
        return split(index)

    @property
    def at(self) -> At:
        """New arrays in which the elements at an index are others: `x.at[index].add(values)`, and so on."""
        return At(self)

    # Methods; what NumPy's do not know is refused by the operation.

    def _called(self, op: Operation, *inputs: Any, **params: Any) -> Any:
        if op.composed:
            return op(self, *inputs, **params)
        return self.__apply__(op, *op.bind((self, *inputs), params))

    def _reduced(
        self, op: Operation, axis: Any, between: tuple[Any, ...], keepdims: Any, more: Any, unknown: dict[str, Any]
    ) -> Any:  # fmt: skip
        if more or between[0] is not None or between[-1] is not None:  # in NumPy's order, which the operation knows
            return op(self, axis, *between, keepdims, *more, **unknown)
        if type(axis) is list:
            one_axis(f"x.{op.name}()", axis)
        if unknown:
            if op.meant(unknown) is op:
                op.bind((self,), unknown)  # which says what there is
            return op(self, axis=axis, keepdims=keepdims, **unknown)
        return self.__apply__(op, (self,), {"axis": settled(axis), "keepdims": settled(keepdims)})

    @property
    def T(self) -> Self:
        """The axes reversed."""
        return self.__apply__(shaping.transpose, (self,), _REVERSED)  # type: ignore[no-any-return]

    @property
    def mT(self) -> Self:  # noqa: N802 - the name that NumPy has for it
        """The last two axes exchanged, of one matrix or of many."""
        return self._called(shaping.matrix_transpose)  # type: ignore[no-any-return]

    def ravel(self, order: str = "C") -> Self:
        """All elements along one axis, rows first ("C") or columns first ("F")."""
        return self._called(shaping.ravel, order=order)  # type: ignore[no-any-return]

    def flatten(self, order: str = "C") -> Self:
        """All elements along one axis, rows first ("C") or columns first ("F")."""
        return self._called(shaping.flatten, order=order)  # type: ignore[no-any-return]

    def repeat(self, repeats: Any, axis: int | None = None) -> Self:
        """Each element `repeats` times along `axis` (None: flattened)."""
        return self._called(shaping.repeat, repeats=repeats, axis=axis)  # type: ignore[no-any-return]

    def take(self, indices: Any, axis: int | None = None, out: None = None, mode: str = "raise") -> Self:
        """The elements at `indices` along `axis`, or of the flattened array."""
        return self._called(indexing.take, indices, axis, out, mode)  # type: ignore[no-any-return]

    def compress(self, condition: Any, axis: int | None = None) -> Self:
        """The elements along `axis` (None: flattened) for which `condition`, a truth for each, holds."""
        return indexing.compress(condition, self, axis=axis)  # type: ignore[no-any-return]

    def reshape(self, *shape: Any) -> Self:
        """The same elements in another shape: `reshape(2, 3)` or `reshape((2, 3))`."""
        size = shape[0] if len(shape) == 1 else shape
        return self.__apply__(shaping.reshape, (self,), {"shape": settled(size)})  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Self:
        """The axes in another order: `transpose(1, 0)`, `transpose((1, 0))`, or all reversed."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return self.__apply__(shaping.transpose, (self,), {"axes": settled(order)})  # type: ignore[no-any-return]

    def astype(self, dtype: Any) -> Self:
        """The values in another dtype; gradients come back in this one."""
        return self.__apply__(shaping.astype, (self,), {"dtype": backend.native(dtype)})  # type: ignore[no-any-return]

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        """Two axes exchanged."""
        return self._called(shaping.swapaxes, axis1=axis1, axis2=axis2)  # type: ignore[no-any-return]

    def squeeze(self, axis: Any = None) -> Self:
        """Without the axes of length 1 in `axis` (all of them where None)."""
        return self._called(shaping.squeeze, axis=axis)  # type: ignore[no-any-return]

    def dot(self, other: Any) -> Self:
        """The sum of products over its last axis and the last but one of `other`."""
        return self._called(products.dot, other)  # type: ignore[no-any-return]

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """The elements on a diagonal, along the last axis."""
        return self._called(linalg.diagonal, offset=offset, axis1=axis1, axis2=axis2)  # type: ignore[no-any-return]

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Self:
        """The sum along a diagonal."""
        return self._called(  # type: ignore[no-any-return]
            linalg.trace, offset=offset, axis1=axis1, axis2=axis2, dtype=dtype
        )

    def clip(self, min: Any = None, max: Any = None) -> Self:
        """Limited to the interval [`min`, `max`]."""
        return self._called(comparison.clip, min, max)  # type: ignore[no-any-return]

    def round(self, decimals: int = 0) -> Self:
        """The nearest number of so many decimals; data, never differentiable."""
        return self._called(comparison.round, decimals=decimals)  # type: ignore[no-any-return]

    def conj(self) -> Self:
        """The complex conjugate: of real numbers the numbers themselves."""
        return self._called(arithmetic.conjugate)  # type: ignore[no-any-return]

    conjugate = conj

    def sum(
        self, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, *more: Any, **further: Any
    ) -> Self:  # fmt: skip
        """The sum over `axis` (all axes where None)."""
        return self._reduced(reduction.sum, axis, (dtype, out), keepdims, more, further)  # type: ignore[no-any-return]

    def mean(
        self, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, *more: Any, **further: Any
    ) -> Self:  # fmt: skip
        """The mean over `axis` (all axes where None)."""
        return self._reduced(reduction.mean, axis, (dtype, out), keepdims, more, further)  # type: ignore[no-any-return]

    def max(self, axis: Any = None, out: None = None, keepdims: bool = False, *more: Any, **further: Any) -> Self:
        """The largest element over `axis` (all axes where None); ties share the gradient evenly."""
        return self._reduced(reduction.max, axis, (out,), keepdims, more, further)  # type: ignore[no-any-return]

    def min(self, axis: Any = None, out: None = None, keepdims: bool = False, *more: Any, **further: Any) -> Self:
        """The smallest element over `axis` (all axes where None); ties share the gradient evenly."""
        return self._reduced(reduction.min, axis, (out,), keepdims, more, further)  # type: ignore[no-any-return]

    def argmax(self, axis: Any = None, out: None = None, keepdims: bool = False, *more: Any, **further: Any) -> Self:
        """The place of the first largest element along `axis`; data, never differentiable."""
        return self._reduced(reduction.argmax, axis, (out,), keepdims, more, further)  # type: ignore[no-any-return]

    def argmin(self, axis: Any = None, out: None = None, keepdims: bool = False, *more: Any, **further: Any) -> Self:
        """The place of the first smallest element along `axis`; data, never differentiable."""
        return self._reduced(reduction.argmin, axis, (out,), keepdims, more, further)  # type: ignore[no-any-return]

    def prod(
        self, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, *more: Any, **further: Any
    ) -> Self:  # fmt: skip
        """The product over `axis` (all axes where None)."""
        return self._reduced(reduction.prod, axis, (dtype, out), keepdims, more, further)  # type: ignore[no-any-return]

    def any(self, axis: Any = None, out: None = None, keepdims: bool = False, *more: Any, **further: Any) -> Self:
        """Whether any element over `axis` is other than 0; data, never differentiable."""
        return self._reduced(reduction.any, axis, (out,), keepdims, more, further)  # type: ignore[no-any-return]

    def all(self, axis: Any = None, out: None = None, keepdims: bool = False, *more: Any, **further: Any) -> Self:
        """Whether all elements over `axis` are other than 0; data, never differentiable."""
        return self._reduced(reduction.all, axis, (out,), keepdims, more, further)  # type: ignore[no-any-return]

    def var(self, axis: Any = None, *further: Any, **named: Any) -> Self:
        """The variance over `axis` (all axes where None), with the keywords of `ag.var`."""
        return self._called(reduction.var, axis, *further, **named)  # type: ignore[no-any-return]

    def std(self, axis: Any = None, *further: Any, **named: Any) -> Self:
        """The standard deviation over `axis` (all axes where None), with the keywords of `ag.var`."""
        return self._called(reduction.std, axis, *further, **named)  # type: ignore[no-any-return]

    def cumsum(self, axis: Any = None, dtype: Any = None) -> Self:
        """The sum of all elements up to each along `axis`, of the flattened array where None."""
        return self._called(cumulative.cumsum, axis=axis, dtype=dtype)  # type: ignore[no-any-return]

    def cumprod(self, axis: Any = None, dtype: Any = None) -> Self:
        """The product of all elements up to each along `axis`, of the flattened array where None."""
        return self._called(cumulative.cumprod, axis=axis, dtype=dtype)  # type: ignore[no-any-return]

    def sort(self, axis: Any = -1, **how: Any) -> Self:
        """The elements along `axis` in ascending order, as a new array: nothing is sorted in place."""
        return self._called(sorting.sort, axis=axis, **how)  # type: ignore[no-any-return]

    def argsort(self, axis: Any = -1, **how: Any) -> Self:
        """The places of the elements along `axis` in ascending order; data, never differentiable."""
        return self._called(sorting.argsort, axis=axis, **how)  # type: ignore[no-any-return]

    def partition(self, kth: Any, axis: Any = -1) -> Self:
        """A new array in which the smaller elements stand before place `kth` and the larger behind."""
        return self._called(sorting.partition, kth=kth, axis=axis)  # type: ignore[no-any-return]

    def argpartition(self, kth: Any, axis: Any = -1) -> Self:
        """The places of the elements in the order of `partition`; data, never differentiable."""
        return self._called(sorting.argpartition, kth=kth, axis=axis)  # type: ignore[no-any-return]

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> Self:
        """Where each of `v` belongs in this sorted array; data, never differentiable."""
        return sorting.searchsorted(self, v, side=side, sorter=sorter)  # type: ignore[no-any-return]

    def nonzero(self) -> tuple[Self, ...]:
        """The places of the elements other than 0, an array for each axis; data, never differentiable."""
        return sorting.nonzero(self)  # type: ignore[no-any-return]


class At:
    """What `x.at` gives: `x.at[index]` names elements of `x`, and its methods give a copy in which they are others.

    Nothing is changed in place, and `x` and the values have their gradients. Where an index names a place twice, both
    values count, as in NumPy's `ufunc.at`; only `set` refuses such an index.

    >>> import autograd_lite as ag
    >>> x = ag.tensor([1.0, 2.0, 3.0])
    >>> x.at[1:].set(0.0).numpy(), x.at[[0, 0]].add(10.0).numpy()
    (array([1., 0., 0.]), array([21.,  2.,  3.]))
    """

    __slots__ = ("_owner", "_template", "_arrays")

    def __init__(self, owner: Any, template: Any = None, arrays: tuple[Any, ...] = ()) -> None:
        self._owner = owner
        self._template = template
        self._arrays = arrays

    def __getitem__(self, index: Any) -> At:
        return At(self._owner, *self._owner._split(index))

    def _gives(self, op: Operation, *values: Any) -> Any:
        if self._template is None:
            raise ArgumentError("x.at wants an index first: x.at[index].add(values)")
        return self._owner._called(op, *values, *self._arrays, template=self._template)

    def get(self) -> Any:
        """The elements themselves: `x[index]`."""
        return self._gives(indexing.getitem)

    def set(self, values: Any) -> Any:
        """A copy in which they are `values`. Raises `ArgumentError` where the index names an element twice."""
        return self._gives(indexing.put_at, values)

    def add(self, values: Any) -> Any:
        """A copy in which `values` are added to them."""
        return self._gives(indexing.at_add, values)

    def subtract(self, values: Any) -> Any:
        """A copy in which `values` are subtracted from them."""
        return self._gives(indexing.at_add, -values if hasattr(values, "shape") else negative(values))

    def multiply(self, values: Any) -> Any:
        """A copy in which they are multiplied by `values`."""
        return self._gives(indexing.at_multiply, values)

    def divide(self, values: Any) -> Any:
        """A copy in which they are divided by `values`."""
        return self._gives(indexing.at_divide, values)

    def power(self, values: Any) -> Any:
        """A copy in which they are raised to `values`."""
        return self._gives(indexing.at_power, values)

    def min(self, values: Any) -> Any:
        """A copy in which they are at most `values`."""
        return self._gives(indexing.at_minimum, values)

    def max(self, values: Any) -> Any:
        """A copy in which they are at least `values`."""
        return self._gives(indexing.at_maximum, values)
