r"""Products of arrays by NumPy's names, all of them matrix products or sums of products in another dress.

`einsum` is the one that the others could be said with: it takes its operands two at a time, each pair by one matrix
product, and its rule is einsum again. The rest are composed of shapes and `matmul`.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy

from autograd_lite.backend import SCALARS
from autograd_lite.errors import ArgumentError, DtypeError, ShapeError
from autograd_lite.op import composed, operation, refused
from autograd_lite.ops.indexing import scatter_add

Term = tuple[str, ...]
"""The letters of an operand's axes."""


def _ndim(x: Any) -> int:
    return getattr(x, "ndim", 0)


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an operand, which may be a number."""
    return tuple(getattr(x, "shape", ()))


def _real(*arrays: Any) -> None:
    # NumPy conjugates one of them, which no real number notices.
    if any(getattr(x, "dtype", numpy.dtype(float)).kind == "c" for x in arrays):
        raise refused(DtypeError, "it conjugates complex numbers, which have no gradient here: use sum(x * y)")


def _moved(x: Any, axes: Sequence[int]) -> Any:
    return x if list(axes) == list(range(x.ndim)) else x.transpose(tuple(axes))


def _shaped(x: Any, shape: Sequence[int]) -> Any:
    return x if tuple(x.shape) == tuple(shape) else x.reshape(tuple(shape))


# Einsum: how its subscripts are read.


def _sorted_out(args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """A call as NumPy writes it, `einsum("ij,jk", x, y)` or `einsum(x, [0, 1], y, [1, 2])`, with subscripts by name."""
    if "subscripts" in kwargs or not args:
        return args, kwargs
    if isinstance(args[0], str):
        return args[1:], {**kwargs, "subscripts": args[0]}
    if len(args) < 2 or isinstance(args[0], int):
        return args, kwargs
    lists = [*args[1::2], *([args[-1]] if len(args) % 2 else [])]
    if not all(isinstance(each, list | tuple) for each in lists):
        raise ArgumentError(
            "einsum: the subscripts come first, as in einsum('ij,jk->ik', x, y), or as a list after each operand"
        )
    terms = [_lettered(each) for each in args[1::2]]
    result = "->" + _lettered(args[-1]) if len(args) % 2 else ""
    return args[: len(args) // 2 * 2 : 2], {**kwargs, "subscripts": ",".join(terms) + result}


def _lettered(numbers: Sequence[Any]) -> str:
    letters = sorted(string.ascii_letters)
    try:
        return "".join("..." if each is Ellipsis else letters[each] for each in numbers)
    except (TypeError, IndexError):
        raise ArgumentError(
            f"einsum: a list of subscripts has whole numbers from 0 to 51 and ..., not {numbers!r}"
        ) from None


@lru_cache(1024)
def _read(subscripts: str, ndims: tuple[int, ...]) -> tuple[tuple[Term, ...], Term]:
    """The letters of each operand's axes, and of the result's, with letters for what the dots stand for."""
    text = "".join(subscripts.split())
    left, arrow, right = text.partition("->")
    words = left.split(",")
    if set(text.replace("->", "").replace("...", "")) - {*string.ascii_letters, ","}:
        raise refused(
            ArgumentError, f"the subscripts {subscripts!r} have more in them than letters, commas, ... and ->"
        )
    if len(words) != len(ndims):
        raise refused(
            ArgumentError, f"the subscripts {subscripts!r} are of {len(words)} operands, and {len(ndims)} were given"
        )
    spare = [letter for letter in string.ascii_letters if letter not in text]
    counts = [ndim - len(word.replace("...", "")) for word, ndim in zip(words, ndims, strict=True)]
    for word, ndim, count in zip(words, ndims, counts, strict=True):
        if count < 0 or (count and "..." not in word):
            raise refused(
                ShapeError, f"the subscripts {word!r} are of another number of axes than the {ndim} of the operand"
            )
    most = max((count for word, count in zip(words, counts, strict=True) if "..." in word), default=0)
    if most > len(spare):
        raise refused(ArgumentError, "there are not letters enough for so many axes")
    dots = "".join(spare[:most])
    terms = [tuple(w.replace("...", dots[most - c :] if c else "")) for w, c in zip(words, counts, strict=True)]
    if arrow:
        if most and "..." not in right:
            raise refused(
                ShapeError, f"the result {right!r} has no ... for the axes that the ... of the operands stand for"
            )
        result = tuple(right.replace("...", dots))
    else:
        named = left.replace(",", "").replace("...", "")
        result = (*dots, *(letter for letter in sorted(set(named)) if named.count(letter) == 1))
    if len(set(result)) < len(result):
        raise refused(
            ArgumentError, f"the result {right!r} names an axis twice: multiply by an identity matrix instead"
        )
    if missing := [letter for letter in result if not any(letter in term for term in terms)]:
        raise refused(ArgumentError, f"the result has an axis {missing[0]!r} that no operand has")
    return tuple(terms), result


def _text(terms: Sequence[Term], result: Term) -> str:
    return ",".join(map("".join, terms)) + "->" + "".join(result)


@lru_cache(1024)
def _path(terms: tuple[Term, ...], result: Term, shapes: tuple[Any, ...], optimize: Any) -> list[tuple[int, ...]]:
    """Which operands meet in which order."""
    if len(terms) <= 2 or optimize is False:
        last = range(len(terms) - 1, 1, -1)  # what was made of the first is the last of those that are left
        return [(0,)] if len(terms) == 1 else [(0, 1), *((0, i - 1) for i in last)]
    kind = list(optimize) if isinstance(optimize, tuple) else optimize
    blank = [numpy.broadcast_to(0.0, shape) for shape in shapes]
    found: Any = numpy.einsum_path(_text(terms, result), *blank, optimize=kind)[0][1:]
    return [tuple(sorted(each)) for each in found]


def with_rows(subscripts: str, ndims: tuple[int, ...], many: tuple[bool, ...]) -> str | None:
    """Subscripts where some operands, and the result, have one more axis than `ndims`, the first; None for want of it.

    >>> with_rows("ij,jk", (2, 2), (False, True))
    'ij,ajk->aik'
    """
    terms, result = _read(subscripts, ndims)
    letter = next((each for each in string.ascii_letters if not any(each in term for term in terms)), None)
    if letter is None:
        return None
    return _text([(letter, *term) if each else term for term, each in zip(terms, many, strict=True)], (letter, *result))


# Einsum: how it is computed.


def _on_diagonal(x: Any, term: Term) -> tuple[Any, Term]:
    """An operand without axes of the same letter: where there are several, their diagonal."""
    for letter in dict.fromkeys(term):
        places = [i for i, each in enumerate(term) if each == letter]
        if len(places) > 1:
            n = x.shape[places[0]]
            if any(x.shape[i] != n for i in places):
                raise refused(
                    ShapeError,
                    f"the axes {letter!r} of one operand have different sizes: {[x.shape[i] for i in places]}",
                )
            rest = [i for i in range(x.ndim) if i not in places]
            x = x.transpose((*rest, *places))
            flat = x.reshape((*x.shape[: len(rest)], n ** len(places)))
            x = flat[..., :: sum(n**i for i in range(len(places)))]
            term = (*(term[i] for i in rest), letter)
    return x, term


def _off_diagonal(g: Any, unique: Term, term: Term) -> Any:
    """The gradient of an operand from that of its diagonal, whose axes are `unique`."""
    for letter in unique:
        count = term.count(letter)
        if count > 1:
            g = _moved(g, [i for i, each in enumerate(unique) if each != letter] + [unique.index(letter)])
            unique = (*(each for each in unique if each != letter), *(letter,) * count)
            n = g.shape[-1]
            step = sum(n**i for i in range(count))
            shape = (*g.shape[:-1], n**count)
            g = scatter_add(g, template=(Ellipsis, slice(None, None, step)), shape=shape)
            g = g.reshape((*shape[:-1], *(n,) * count))
    places: dict[str, list[int]] = {each: [i for i, one in enumerate(unique) if one == each] for each in unique}
    return _moved(g, [places[letter].pop(0) for letter in term])


def _summed(xp: Any, x: Any, term: Term, kept: set[str]) -> tuple[Any, Term]:
    axes = tuple(i for i, letter in enumerate(term) if letter not in kept)
    if not axes:
        return x, term
    total = xp.sum(x, axis=axes)
    total = total if total.dtype == x.dtype else total.astype(x.dtype)  # small whole numbers stay small
    return total, tuple(letter for letter in term if letter in kept)


def _pair(xp: Any, x: Any, a: Term, y: Any, b: Term, kept: set[str]) -> tuple[Any, Term]:
    """The product of two operands, summed over the letters that are not `kept`."""
    sizes = dict(zip(a, x.shape, strict=True))
    for letter, n in zip(b, y.shape, strict=True):
        if 1 not in (n, sizes.get(letter, n)) and sizes.get(letter, n) != n:
            raise refused(ShapeError, f"the axis {letter!r} has the sizes {sizes[letter]} and {n}")
    # An axis of one element that meets a longer one stands for all of it.
    others = dict(zip(b, y.shape, strict=True))
    short = {letter for letter in a if letter in others and letter not in kept and sizes[letter] != others[letter]}
    x, a = _summed(xp, x, a, kept | (set(b) - short))
    y, b = _summed(xp, y, b, kept | (set(a) - short))
    meeting = [letter for letter in a if letter in b and letter not in kept]
    if not meeting:
        term = (*a, *(letter for letter in b if letter not in a))
        y = _moved(y, [b.index(letter) for letter in term if letter in b])
        sizes = dict(zip((letter for letter in term if letter in b), y.shape, strict=True))
        x = _shaped(x, (*x.shape, *(1,) * (len(term) - len(a))))
        return x * _shaped(y, [sizes.get(letter, 1) for letter in term]), term
    batch = [letter for letter in a if letter in b and letter in kept]
    mine, yours = [each for each in a if each not in b], [each for each in b if each not in a]
    x = _moved(x, [a.index(letter) for letter in (*batch, *mine, *meeting)])
    y = _moved(y, [b.index(letter) for letter in (*batch, *meeting, *yours)])
    n, m = len(batch), len(batch) + len(mine)
    k = len(batch) + len(meeting)
    rows, columns, inner = x.shape[n:m], y.shape[k:], prod(x.shape[m:])
    x = _shaped(x, (*x.shape[:n], prod(rows), inner))
    y = _shaped(y, (*y.shape[:n], inner, prod(columns)))
    found = xp.matmul(x, y)
    return _shaped(found, (*found.shape[:n], *rows, *columns)), (*batch, *mine, *yours)


def _products(inputs: Any, result: Any, params: Any) -> int:
    terms, _ = _read(params["subscripts"], tuple(map(len, inputs)))
    pairs = zip(terms, inputs, strict=True)
    sizes = {letter: n for term, shape in pairs for letter, n in zip(term, shape, strict=True) if n != 1}
    return int(2 * prod(sizes.values()))


@operation(
    notation=r"\operatorname{{einsum}}({operands})", linear=True, flops=_products, reads=_sorted_out, symbol="einsum"
)
def einsum(xp: Any, *operands: Any, subscripts: str, optimize: Any = True) -> Any:
    """The sum of products that the subscripts say, over every letter that the result does not have.

    Written as NumPy's, `einsum("ij,jk->ik", x, y)` or `einsum(x, [0, 1], y, [1, 2], [0, 2])`, with all that it knows:
    dots, repeated letters, sizes of 1 that broadcast. Operands meet two at a time by matrix products; `optimize` says
    in which order, as for `numpy.einsum_path`: True takes its greedy one, False the one given.

    >>> x = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> ag.einsum("ij,jk->ik", x, x).numpy().tolist(), ag.einsum("ii", x).item()
    ([[7.0, 10.0], [15.0, 22.0]], 5.0)
    """
    arrays = [x if hasattr(x, "ndim") else xp.asarray(x) for x in operands]
    terms, result = _read(subscripts, tuple(x.ndim for x in arrays))
    left = [_on_diagonal(x, term) for x, term in zip(arrays, terms, strict=True)]
    shapes = tuple(tuple(x.shape) for x, _ in left)
    for places in _path(tuple(term for _, term in left), result, shapes, optimize):
        chosen = [left[i] for i in places]
        left = [each for i, each in enumerate(left) if i not in places]
        kept = {*result, *(letter for _, term in left for letter in term)}
        x, a = chosen[0]
        for i, (y, b) in enumerate(chosen[1:], start=2):
            x, a = _pair(xp, x, a, y, b, kept | {letter for _, term in chosen[i:] for letter in term})
        left.append(_summed(xp, x, a, kept))
    x, a = left[0]
    return _moved(x, [a.index(letter) for letter in result])


def _einsum_rule(
    xp: Any, g: Any, out: Any, *operands: Any, position: int, subscripts: str, optimize: Any
) -> Any:  # fmt: skip
    # Einsum again: g takes the operand's place, the operand's letters that of the result.
    terms, result = _read(subscripts, tuple(_ndim(x) for x in operands))
    mine, x = terms[position], operands[position]
    others = [i for i in range(len(operands)) if i != position]
    known = {*result, *(letter for i in others for letter in terms[i])}
    unique = tuple(dict.fromkeys(mine))
    wanted = tuple(letter for letter in unique if letter in known)
    found = einsum(
        g, *(operands[i] for i in others), subscripts=_text([result, *(terms[i] for i in others)], wanted),
        optimize=isinstance(optimize, str) or optimize is not False,
    )  # fmt: skip
    # A letter that nobody else has was summed over: its gradient is the same all along. So is that of an axis of one
    # element that the others broadcast; and what they broadcast comes back as a sum.
    sizes = dict(zip(wanted, found.shape, strict=True))
    own = dict(zip(mine, x.shape, strict=True))
    found = _shaped(found, [sizes.get(letter, 1) for letter in unique])
    over = tuple(i for i, letter in enumerate(unique) if own[letter] == 1 and sizes.get(letter, 1) != 1)
    found = xp.sum(found, axis=over, keepdims=True) if over else found
    shape = tuple(own[letter] for letter in unique)
    found = found if tuple(found.shape) == shape else xp.broadcast_to(found, shape=shape)
    return _off_diagonal(found, unique, mine)


einsum.rules(operands=_einsum_rule)


# What is composed.


@composed(notation=r"\operatorname{{dot}}({x}, {y})", symbol="·")
def dot(xp: Any, x: Any, y: Any) -> Any:
    """The sum of products over the last axis of `x` and the last but one of `y`, as NumPy's `dot`.

    Of vectors the inner product, of matrices `x @ y`, of a number the product.

    >>> ag.dot(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])).item()
    11.0
    """
    if not _ndim(x) or not _ndim(y):
        return xp.multiply(x, y)
    return xp.matmul(x, y) if y.ndim <= 2 else xp.tensordot(x, y, axes=((-1,), (-2,)))


@composed(notation=r"\operatorname{{vdot}}({x}, {y})", symbol="·", analytic=False)
def vdot(xp: Any, x: Any, y: Any) -> Any:
    """The inner product of all elements of `x` and `y`, read as vectors.

    >>> ag.vdot(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0], [4.0]])).item()
    11.0
    """
    _real(x, y)
    return xp.matmul(xp.reshape(x, (-1,)), xp.reshape(y, (-1,)))


def _core(x: Any, axis: int) -> Any:
    """`x` with `axis` at its end."""
    if not -x.ndim <= axis < x.ndim:
        raise numpy.exceptions.AxisError(axis, x.ndim)
    return x if axis % x.ndim == x.ndim - 1 else x.swapaxes(axis, -1) if x.ndim == 2 else _last(x, axis)


def _last(x: Any, axis: int) -> Any:
    place = axis % x.ndim
    return x.transpose((*(i for i in range(x.ndim) if i != place), place))


@composed(notation=r"\operatorname{{vecdot}}({x}, {y})", symbol="·", analytic=False)
def vecdot(xp: Any, x: Any, y: Any, *, axis: int = -1) -> Any:
    """The inner products of the vectors along `axis` of `x` and `y`; the other axes broadcast.

    >>> ag.vecdot(ag.tensor([[1.0, 2.0], [0.0, 1.0]]), ag.tensor([3.0, 4.0])).numpy()
    array([11.,  4.])
    """
    _real(x, y)
    x, y = _core(x, axis), _core(y, axis)
    if x.shape[-1] != y.shape[-1]:
        raise refused(ShapeError, f"the vectors have {x.shape[-1]} and {y.shape[-1]} elements")
    return xp.sum(x * y, axis=-1)


@composed(notation=r"\operatorname{{matvec}}({x}, {y})", symbol="@")
def matvec(xp: Any, x: Any, y: Any) -> Any:
    """Matrices in the last two axes of `x` times vectors in the last axis of `y`; the other axes broadcast.

    >>> ag.matvec(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0, 4.0], [0.0, 1.0]])).numpy()
    array([[11.],
           [ 2.]])
    """
    return xp.squeeze(xp.matmul(x, xp.expand_dims(y, -1)), axis=-1)


@composed(notation=r"\operatorname{{vecmat}}({x}, {y})", symbol="@", analytic=False)
def vecmat(xp: Any, x: Any, y: Any) -> Any:
    """Vectors in the last axis of `x` times matrices in the last two axes of `y`; the other axes broadcast.

    >>> ag.vecmat(ag.tensor([1.0, 2.0]), ag.tensor([[3.0], [4.0]])).numpy()
    array([11.])
    """
    _real(x)
    return xp.squeeze(xp.matmul(xp.expand_dims(x, -2), y), axis=-2)


@composed(notation=r"\langle {x}, {y} \rangle", symbol="·")
def inner(xp: Any, x: Any, y: Any) -> Any:
    """The sum of products over the last axes of `x` and `y`; every vector of one meets every vector of the other.

    >>> ag.inner(ag.tensor([[1.0, 2.0], [0.0, 1.0]]), ag.tensor([3.0, 4.0])).numpy()
    array([11.,  4.])
    """
    if not _ndim(x) or not _ndim(y):
        return xp.multiply(x, y)
    return xp.matmul(x, y) if x.ndim == y.ndim == 1 else xp.tensordot(x, y, axes=((-1,), (-1,)))


@composed(notation=r"\operatorname{{outer}}({x}, {y})", symbol="⊗")
def outer(xp: Any, x: Any, y: Any) -> Any:
    """Every element of `x` times every element of `y`, both read as vectors.

    >>> ag.outer(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])).numpy()
    array([[3., 4.],
           [6., 8.]])
    """
    column = x if isinstance(x, SCALARS) else xp.reshape(x, (-1, 1))
    row = y if isinstance(y, SCALARS) else xp.reshape(y, (1, -1))
    return xp.multiply(column, row)


def _met(x: Any, y: Any, axes: Any) -> tuple[list[int], list[int]]:
    """The axes of `x` and of `y` that `tensordot` sums over, counted from 0."""
    if isinstance(axes, int):
        pair: Any = (range(x.ndim - axes, x.ndim), range(axes))
        if axes < 0 or axes > x.ndim or axes > y.ndim:
            raise refused(ShapeError, f"{axes} axes are not to be had of {x.ndim} and {y.ndim}")
    else:
        pair = [each if isinstance(each, tuple) else (each,) for each in axes]
    found = []
    for array, chosen in zip((x, y), pair, strict=True):
        for axis in chosen:
            if not -array.ndim <= axis < array.ndim:
                raise numpy.exceptions.AxisError(axis, array.ndim)
        found.append([axis % array.ndim for axis in chosen])
    mine, yours = found
    if len(set(mine)) < len(mine) or len(set(yours)) < len(yours):
        raise ValueError("duplicate axis in axes")
    there, here = [x.shape[i] for i in mine], [y.shape[i] for i in yours]
    if there != here:
        raise refused(ShapeError, f"the axes {mine} of x have the sizes {there}, the axes {yours} of y {here}")
    return mine, yours


@composed(notation=r"\operatorname{{tensordot}}({x}, {y})", symbol="·")
def tensordot(xp: Any, x: Any, y: Any, *, axes: Any = 2) -> Any:
    """The sum of products over `axes`: so many last axes of `x` and first of `y`, or a pair of axes of each.

    >>> ag.tensordot(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0, 4.0]]), axes=([1], [1])).numpy()
    array([[11.]])
    """
    mine, yours = _met(x, y, axes)
    rows = [i for i in range(x.ndim) if i not in mine]
    columns = [i for i in range(y.ndim) if i not in yours]
    shape = (*(x.shape[i] for i in rows), *(y.shape[i] for i in columns))
    length = prod(x.shape[i] for i in mine)
    left = _shaped(_moved(x, [*rows, *mine]), (prod(x.shape[i] for i in rows), length))
    right = _shaped(_moved(y, [*yours, *columns]), (length, prod(y.shape[i] for i in columns)))
    return _shaped(xp.matmul(left, right), shape)


@composed(notation=r"{x} \otimes {y}", symbol="⊗")
def kron(xp: Any, x: Any, y: Any) -> Any:
    """The Kronecker product: `x` with each element replaced by its product with the whole of `y`.

    >>> ag.kron(ag.tensor([1.0, 10.0]), ag.tensor([1.0, 2.0])).numpy()
    array([ 1.,  2., 10., 20.])
    """
    if isinstance(x, SCALARS) or isinstance(y, SCALARS):
        return xp.multiply(x, y)
    a, b = shape_of(x), shape_of(y)
    ndim = max(len(a), len(b))
    a, b = (1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b
    left = xp.reshape(x, tuple(n for i in range(ndim) for n in (a[i], 1)))
    right = xp.reshape(y, tuple(n for i in range(ndim) for n in (1, b[i])))
    return xp.reshape(left * right, tuple(n * m for n, m in zip(a, b, strict=True)))


@composed(notation=r"{x} \times {y}", symbol="×")
def cross(
    xp: Any, x: Any, y: Any, *, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """The cross product of vectors of three components along `axisa` of `x` and `axisb` of `y`, put along `axisc`.

    `axis` stands for all three. Vectors of two components are refused, as they soon will be by NumPy.

    >>> ag.cross(ag.tensor([1.0, 0.0, 0.0]), ag.tensor([0.0, 1.0, 0.0])).numpy()
    array([0., 0., 1.])
    """
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    x, y = _core(x, axisa), _core(y, axisb)
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise refused(ShapeError, f"the vectors have {x.shape[-1]} and {y.shape[-1]} components, and need three")
    a, b, c = x[..., 0], x[..., 1], x[..., 2]
    d, e, f = y[..., 0], y[..., 1], y[..., 2]
    return xp.stack([b * f - c * e, c * d - a * f, a * e - b * d], axis=axisc)


# Convolutions of sequences.


def _side_by_side(x: Any, y: Any) -> tuple[int, int]:
    sizes = []
    for array in (x, y):
        if len(shape_of(array)) != 1:
            raise refused(ShapeError, f"it takes sequences, with one axis each: not {shape_of(array)}")
        if not array.shape[0]:
            raise refused(ShapeError, "a sequence without elements has no product with another")
        sizes.append(int(array.shape[0]))
    return sizes[0], sizes[1]


def overlap(m: int, n: int, mode: str) -> slice:
    """Where the result of `mode` stands in the whole convolution of m and n elements."""
    least = min(m, n)
    if mode == "full":
        return slice(0, m + n - 1)
    if mode == "same":
        return slice((least - 1) // 2, (least - 1) // 2 + max(m, n))
    if mode == "valid":
        return slice(least - 1, max(m, n))
    raise refused(ArgumentError, f"mode is 'full', 'same' or 'valid', not {mode!r}")


def _sliding(inputs: Any, result: Any, params: Any) -> int:
    return int(2 * min(inputs[0][0], inputs[1][0]) * prod(result))


@operation(notation=r"\operatorname{{convolve}}({x}, {y})", symbol="∗", linear=True, flops=_sliding)
def convolve(xp: Any, x: Any, y: Any, *, mode: str = "full") -> Any:
    """The convolution Σ x[k] y[n - k] of two sequences.

    `mode` is `"full"` (wherever they overlap), `"same"` (as many elements as the longer has) or `"valid"` (where they
    overlap completely).

    >>> ag.convolve(ag.tensor([1.0, 2.0, 3.0]), ag.tensor([1.0, 10.0])).numpy()
    array([ 1., 12., 23., 30.])
    """
    overlap(*_side_by_side(x, y), mode)
    return xp.convolve(x, y, mode)


def _convolved_back(g: Any, mine: Any, other: Any, mode: str) -> Any:
    # The whole gradient, correlated with the other sequence.
    m, n = mine.shape[0], other.shape[0]
    whole = scatter_add(g, template=(overlap(m, n, mode),), shape=(m + n - 1,))
    return convolve(whole, other[::-1], mode="full")[n - 1 : n - 1 + m]


convolve.rules(
    x=lambda xp, g, out, x, y, *, mode: _convolved_back(g, x, y, mode),
    y=lambda xp, g, out, x, y, *, mode: _convolved_back(g, y, x, mode),
)


@composed(notation=r"\operatorname{{correlate}}({x}, {y})", symbol="⋆", analytic=False)
def correlate(xp: Any, x: Any, y: Any, *, mode: str = "valid") -> Any:
    """The cross-correlation Σ x[n + k] y[n] of two sequences; `mode` is as for `convolve`.

    >>> ag.correlate(ag.tensor([1.0, 2.0, 3.0]), ag.tensor([0.0, 1.0])).numpy()
    array([2., 3.])
    """
    _real(x, y)
    m, n = _side_by_side(x, y)
    if mode == "same" and m < n:  # NumPy turns them round, and with them the side that an odd element falls on
        return xp.convolve(x, y[::-1], mode="full")[m // 2 : m // 2 + n]
    return xp.convolve(x, y[::-1], mode=mode)
