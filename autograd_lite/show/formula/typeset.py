r"""A formula laid out: with the operations' own notations, the parentheses that are needed and no others.

A notation is read once, when it is first used; formulas put their arguments into its places. An operation of the
user's prints everywhere by its notation alone. A one-dimensional array is written as a column vector.

Knows formulas and layouts. Must not know what a formula is worth, how it came about, or the graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy

from autograd_lite.op import Operation
from autograd_lite.ops.indexing import ARRAY
from autograd_lite.ops.reduction import reduced_axes
from autograd_lite.show.formula.counted import Counted
from autograd_lite.show.formula.formula import Formula, Number, xp
from autograd_lite.show.formula.layout import Layout, group, notation, read, row, script
from autograd_lite.show.formula.printers import latex, latex_to_mathml, latex_to_text, mathml, text
from autograd_lite.show.names import gradient_latex as gradient_name
from autograd_lite.show.names import latex_name

__all__ = [
    "equated", "gradient_name", "latex_name", "latex_to_mathml", "latex_to_text", "to_latex", "to_mathml", "to_text",
]  # fmt: skip

# How tightly a formula holds together, as `binds` says; what is looser than its place allows gets parentheses.
_LOOSE, _COMPARE, _ADD, _NEGATE, _PREFIX, _SCALE, _HADAMARD, _MATMUL, _FRACTION, _CALL, _RAISED, _ATOM = range(12)

_OPENING, _CLOSING = ("(", "|", "[", ","), (")", "|", "]", ",")
_BY_AXES = (r"\sum", r"\max", r"\min", r"\operatorname")  # what axes are written under
_UNSAID = ("axis", "keepdims", "template")  # parameters that have a notation of their own
_TRANSPOSED = group(r"\mathsf T")


class Piece(NamedTuple):
    """A formula laid out, and how tightly it holds together."""

    layout: Layout
    binds: int


def to_latex(whole: Formula) -> str:
    r"""`whole` in LaTeX. What was divided by the number of examples is written with 1/n.

    >>> from autograd_lite.show.formula.formula import symbol
    >>> W, a = symbol("W^{2}", np.ones((2, 3))), symbol("a", np.ones(3))
    >>> print(to_latex(W @ (a - 1)))
    W^{2} (a - 1)
    """
    return latex(laid_out(whole).layout)


def to_text(whole: Formula) -> str:
    """`whole` on one line of plain text.

    >>> from autograd_lite.show.formula.formula import symbol
    >>> W, a = symbol("W^{2}", np.ones((2, 3))), symbol("a", np.ones(3))
    >>> to_text(W @ (a - 1))
    'W² (a − 1)'
    """
    return text(laid_out(whole).layout)


def to_mathml(whole: Formula) -> str:
    """`whole` as a MathML element, which browsers show without any script.

    >>> from autograd_lite.show.formula.formula import symbol
    >>> to_mathml(symbol("x", np.ones(3)))
    '<math display="block"><mi>x</mi></math>'
    """
    return mathml(laid_out(whole).layout)


def equated(left: str, right: Formula) -> Layout:
    """An equation with `left`, in LaTeX, on its left side."""
    return row(left, " = ", laid_out(right).layout)


def laid_out(whole: Formula) -> Piece:
    """The layout of `whole`, and how tightly it holds together."""
    if whole.op is None:
        return _named(whole)
    if whole.prime:
        assert whole.op.prime is not None
        argument = _written(whole.args[0], whole.op)
        return Piece(_filled(notation(whole.op.prime), {whole.op.arguments[0]: argument}), _CALL)
    if silent(whole.op) or (whole.op is xp.reshape and _keeps_order(whole)):
        return _unwritten(whole)
    special = _SPECIAL.get(whole.op.name)
    found = special(whole) if special else None
    return found or _by_notation(whole, whole.op)


def silent(op: Operation | None) -> bool:
    """Whether an operation is not written: its notation is its argument alone."""
    return op is not None and notation(op.notation).parts == (Layout("place", op.arguments[0]),)


def _named(whole: Formula) -> Piece:
    if whole.number is not None:
        return _number(whole.number)
    if not whole.latex:
        return _array(whole)
    layout = read(whole.latex)
    kinds = {part.kind for part in layout.parts}
    raised = "^" in whole.latex or "nabla" in whole.latex
    return Piece(layout, _FRACTION if kinds == {"frac"} else _RAISED if raised else _ATOM)


def _unwritten(whole: Formula) -> Piece:
    """What only changes how an array is kept; a row that was a vector is written as one."""
    inner = whole.args[0]
    if whole.op is xp.expand_dims and inner.ndim == 1 and whole.shape == (1, inner.size) and inner.size != 1:
        return Piece(row(script("sup", _wrapped(laid_out(inner), _ATOM), _TRANSPOSED)), _RAISED)
    return laid_out(inner)


# By the notation of the operation.


def _by_notation(whole: Formula, op: Operation) -> Piece:
    args = [_written(arg, op) for arg in whole.args]
    places = dict(zip(op.arguments, args, strict=False))
    if op.variadic:
        last = len(op.arguments) - 1
        places[op.arguments[last]] = Piece(_listed([piece.layout for piece in args[last:]]), _ATOM)
    layout = notation(op.notation)
    layout = _along(layout, whole, op)
    layout = _indexed(layout, whole, args[len(op.arguments) - 1 :])
    layout = _of_whole(layout, lambda inner: _stated(inner, op, whole.params))
    return Piece(_filled(layout, places, op.binds), op.binds if op.binds is not None else _strength(op))


def _strength(op: Operation) -> int:
    """How tightly a notation holds together that does not say so: by whether it is open at its ends."""
    parts = notation(op.notation).parts
    first = parts[0]
    while first.kind in ("sup", "sub"):
        first = first.parts[0]
    if first.kind == "place" and len(op.arguments) > 1:
        return _COMPARE
    return _PREFIX if "place" in (first.kind, parts[-1].kind) else _CALL


def _filled(layout: Layout, places: dict[str, Piece], binds: int | None = None) -> Layout:
    """A notation with its arguments in their places, in parentheses where the place does not delimit them."""
    items: list[Layout] = []
    for i, part in enumerate(layout.parts):
        if part.kind != "place":
            items.append(_part_filled(part, places, binds))
            continue
        if items and items[-1].kind == "letter" and items[-1].shown.isalpha() and not items[-1].latex.startswith("\\"):
            items.append(Layout("space", "", " "))
        limit = _limit(layout, i, binds)
        items.extend(row(_placed(places, part.shown, limit)).parts)
    return layout._replace(parts=tuple(items))


def _part_filled(part: Layout, places: dict[str, Piece], binds: int | None) -> Layout:
    if part.kind in ("sup", "sub"):
        base, above = part.parts
        if base.kind == "place":
            filled = row(_placed(places, base.shown, _ATOM))
            base = filled.parts[0] if len(filled.parts) == 1 else filled
        else:
            base = _part_filled(base, places, binds)
        if above.kind == "place":
            above = row(_placed(places, above.shown, _LOOSE))
        return part._replace(parts=(base, _part_filled(above, places, binds)))
    if part.kind in ("row", "group"):
        return _filled(part, places, binds)
    return part._replace(parts=tuple(_part_filled(each, places, binds) for each in part.parts))


def _placed(places: dict[str, Piece], name: str, limit: int) -> Layout:
    if name not in places:
        return read(rf"\mathrm{{{name}}}")
    return _factor(places[name]) if limit == _HADAMARD else _wrapped(places[name], limit)


def _limit(layout: Layout, i: int, binds: int | None) -> int:
    """How tightly what stands in the place at `i` must hold together."""
    before = next((part for part in reversed(layout.parts[:i]) if part.kind != "space"), None)
    after = next((part for part in layout.parts[i + 1 :] if part.kind != "space"), None)
    inside = layout.kind == "group"
    opened = inside if before is None else before.shown in _OPENING
    closed = inside if after is None else after.shown in _CLOSING
    if opened and closed:
        return _LOOSE
    if binds is None:
        return _RAISED
    if before is not None and before.shown == "−":
        return _NEGATE + 1
    return binds + 1 if binds <= _COMPARE else binds


def _wrapped(piece: Piece, least: int) -> Layout:
    return piece.layout if piece.binds >= least else row("(", piece.layout, ")")


def _factor(piece: Piece) -> Layout:
    # The chapter writes ((w)ᵀ δ) ⊙ σ′(z): a matrix product next to ⊙ stands in parentheses.
    loose = piece.binds < _HADAMARD or piece.binds == _MATMUL
    return row("(", piece.layout, ")") if loose else piece.layout


def _listed(layouts: Sequence[Layout]) -> Layout:
    pieces: list[Layout | str] = []
    for layout in layouts:
        pieces += [", ", layout] if pieces else [layout]
    return row(*pieces)


def _along(layout: Layout, whole: Formula, op: Operation) -> Layout:
    """A notation that says over which axes, where these are not all, or not the usual ones."""
    ndim, usual = whole.args[0].ndim, op.defaults.get("axis", 0)
    axis = whole.params.get("axis", 0)
    if axis is None and usual is not None:
        axis = tuple(range(ndim))
    if "axis" not in op.defaults or axis == usual or not isinstance(axis, int | tuple):
        return layout
    axes = reduced_axes(ndim, axis)
    if len(axes) >= ndim and (usual is None or ndim < 2):
        return layout
    words = ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))
    if ndim == 2 and len(axes) == 1:
        words = "rows" if axes == (0,) else "columns"
    return _under(layout, lambda part: part.latex.startswith(_BY_AXES), rf"\text{{{words}}}")


def _under(layout: Layout, found: Any, below: Layout | str) -> Layout:
    """A layout with something written under the first part of which `found` is true."""
    for i, part in enumerate(layout.parts):
        if found(part):
            lowered = script("sub", part, group(below))
            return layout._replace(parts=(*layout.parts[:i], lowered, *layout.parts[i + 1 :]))
    return layout


def _indexed(layout: Layout, whole: Formula, arrays: list[Piece]) -> Layout:
    """The notation of a function that works at an index, with the index under its word."""
    if "template" not in whole.params:
        return layout
    index = row("[", _index(whole, arrays), "]")
    return _under(layout, lambda part: part.kind == "function", index)


def _of_whole(layout: Layout, change: Callable[[Layout], Layout]) -> Layout:
    """A notation changed: of one result of several, which is that of the whole in parentheses, the whole's."""
    first = layout.parts[0]
    if first.kind != "sub" or first.parts[0].kind != "row" or len(layout.parts) > 1:
        return change(layout)
    opened, *inner, closed = first.parts[0].parts
    changed = Layout("row", parts=(opened, *change(Layout("row", parts=tuple(inner))).parts, closed))
    return layout._replace(parts=(first._replace(parts=(changed, first.parts[1])),))


def _stated(layout: Layout, op: Operation, params: dict[str, Any]) -> Layout:
    """The notation of a function with the parameters that it needs, which are part of what it means."""
    for name, value in () if "template" in params else params.items():
        several = isinstance(value, tuple) and all(type(n) is int for n in value)
        sayable = isinstance(value, int | float) or several
        known = not sayable or name in _UNSAID or value == op.defaults.get(name, object)
        if layout.parts[-1].shown == ")" and not known:
            shown = f"({', '.join(map(str, value))})" if isinstance(value, tuple) else str(value)
            named = rf"\mathrm{{{name}}} = " if name in op.defaults else ""
            stated = read(f", {named}{shown}")
            layout = layout._replace(parts=(*layout.parts[:-1], *stated.parts, layout.parts[-1]))
    return layout


# What a notation alone does not say.


def _times(whole: Formula) -> Piece | None:
    """A product with a scalar stands side by side, the number first."""
    if whole.args[0].ndim and whole.args[1].ndim:
        return None
    left, right = (_wrapped(laid_out(arg), _SCALE) for arg in whole.args)
    if whole.args[1].number is not None:
        left, right = right, left
    return Piece(row(left, " ", right), _SCALE)


def _inner(whole: Formula) -> Piece | None:
    """The product of two vectors: a row times a column."""
    if not whole.args[0].ndim == whole.args[1].ndim == 1:
        return None
    assert whole.op is not None
    left, right = (_written(arg, whole.op) for arg in whole.args)
    turned = script("sup", _wrapped(left, _ATOM), _TRANSPOSED)
    return Piece(row(turned, " ", _wrapped(right, _MATMUL)), _MATMUL)


def _turned(whole: Formula) -> Piece | None:
    """A transpose of more than two axes says which."""
    if whole.ndim <= 2:
        return None
    assert whole.op is not None
    base = _wrapped(_written(whole.args[0], whole.op), _ATOM)
    return Piece(row(script("sup", base, group(rf"\mathsf T({','.join(map(str, op_axes(whole)))})"))), _RAISED)


def _picked(whole: Formula) -> Piece:
    assert whole.op is not None
    first, *arrays = (_written(arg, whole.op) for arg in whole.args)
    index = group("[", _index(whole, arrays), "]")
    return Piece(row(script("sub", _wrapped(first, _ATOM), index)), _RAISED)


def _scattered(whole: Formula) -> Piece | None:
    """Zeros with a 1 at an index, as in a one-hot row."""
    inner = whole.args[0]
    while silent(inner.op):
        inner = inner.args[0]
    labels = [arg for arg in whole.args[1:] if not _counts(arg)]
    if inner.number == 1 and len(labels) == 1 and all(part is ARRAY for part in whole.params["template"]):
        return Piece(row(r"\operatorname{onehot}(", laid_out(labels[0]).layout, ")"), _CALL)
    return None


_SPECIAL = {
    op.name: layout
    for op, layout in (
        (xp.multiply, _times), (xp.matmul, _inner), (xp.transpose, _turned), (xp.swapaxes, _turned),
        (xp.getitem, _picked), (xp.scatter_add, _scattered),
    )
}  # fmt: skip


def _written(arg: Formula, op: Operation) -> Piece:
    """An argument of `op`; what was spread is written as spread where the operation does not do it by itself."""
    if op.spreads or silent(op):
        return laid_out(arg)
    if arg.op is xp.expand_dims and arg.ndim > 2:
        return _with_new_axes(arg, op)
    inner = thin(arg)
    if inner is arg:
        return laid_out(arg)
    ones = read(r"\mathbf{1}_{" + r" \times ".join(map(str, arg.shape)) + "}")
    if inner.number == 1:
        return Piece(ones, _ATOM)
    if inner.number is not None:
        return Piece(row(_wrapped(_number(inner.number), _SCALE), " ", ones), _SCALE)
    return Piece(row(ones, r" \odot ", _factor(laid_out(inner))), _HADAMARD)


def _with_new_axes(arg: Formula, op: Operation) -> Piece:
    axis = arg.params["axis"]
    new = {each % arg.ndim for each in (axis if isinstance(axis, tuple) else (axis,))}
    parts = [r"\mathrm{new}" if i in new else ":" for i in range(max(new) + 1)]
    base = _wrapped(_written(arg.args[0], op), _ATOM)
    return Piece(row(script("sub", base, group(f"[{', '.join(parts)}]"))), _RAISED)


def thin(part: Formula) -> Formula:
    """What a formula was before it was spread over axes, which is not written; itself where it was not."""
    inner, found = part, part
    while silent(inner.op) and not inner.prime:
        size, inner = inner.size, inner.args[0]
        if inner.size != size:
            found = inner
    return found if numpy.broadcast_shapes(found.shape, part.shape) == part.shape else part


# Numbers and arrays without a name.


def _number(value: Number) -> Piece:
    if isinstance(value, float):
        if not math.isfinite(value):
            return _unbounded(value)
        near = Fraction(value).limit_denominator(64)
        value = int(value) if value.is_integer() and abs(value) < 1e6 else near if near == value else value
    if isinstance(value, Fraction) and value.denominator != 1:
        return _fraction(value)
    if isinstance(value, float):
        mantissa, _, exponent = _digits(value).partition("e")
        shown = rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa
        return Piece(read(shown), _NEGATE if value < 0 else _SCALE if exponent else _ATOM)
    return Piece(read(str(int(value))), _NEGATE if value < 0 else _ATOM)


def _unbounded(value: float) -> Piece:
    if math.isnan(value):
        return Piece(read(r"\mathrm{nan}"), _ATOM)
    return Piece(read(r"-\infty" if value < 0 else r"\infty"), _NEGATE if value < 0 else _ATOM)


def _fraction(value: Fraction) -> Piece:
    sign, over, under = "-" * (value < 0), abs(value.numerator), str(value.denominator)
    if isinstance(value, Counted) and value.often == -1:
        share = abs(Fraction(value)) * value.examples
        over, under = share.numerator, f"{share.denominator}n" if share.denominator != 1 else "n"
    return Piece(read(rf"{sign}\frac{{{over}}}{{{under}}}"), _NEGATE if sign else _FRACTION)


def _digits(value: float) -> str:
    """The fewest digits, at least six, that mean this number up to rounding in its last places."""
    for digits in range(6, 18):
        shown = f"{value:.{digits}g}"
        if abs(float(shown) - value) <= 4 * math.ulp(value):
            break
    return shown


def _array(whole: Formula) -> Piece:
    """An array nobody gave a name: its one value, or that it is one."""
    if whole.size == 1:
        value = whole.value.item()
        return Piece(read(str(value)), _ATOM) if isinstance(value, bool) else _number(value)
    return Piece(read(f"0:{whole.size}" if _counts(whole) else r"\mathrm{array}"), _ATOM)


def op_axes(whole: Formula) -> list[int]:
    """The order of the axes of a transpose, for print."""
    if whole.op is xp.swapaxes:
        return [whole.params["axis1"], whole.params["axis2"]]
    return list(whole.params["axes"] or reversed(range(whole.ndim)))


def _keeps_order(whole: Formula) -> bool:
    """Whether a reshape only adds or removes axes of length 1."""
    return [n for n in whole.shape if n != 1] == [n for n in whole.args[0].shape if n != 1]


def _index(whole: Formula, arrays: list[Piece]) -> Layout:
    rest = iter(arrays)
    parts = whole.params["template"]
    return _listed([next(rest, Piece(read("·"), 0)).layout if part is ARRAY else read(_part(part)) for part in parts])


def _part(part: Any) -> str:
    if isinstance(part, slice):
        start = None if part.start == 0 and (part.step is None or part.step > 0) else part.start
        ends = ["" if end is None else str(end) for end in (start, part.stop)]
        return ":".join(ends + ([str(part.step)] if part.step is not None else []))
    return r"\dots" if part is Ellipsis else r"\mathrm{new}" if part is None else str(part)


def _counts(arg: Formula) -> bool:
    """Whether an index array is 0, 1, 2, …: every row in turn."""
    values = arg.value
    if arg.ndim != 1 or values.dtype.kind not in "iu" or not arg.size or int(values[0]):
        return False
    return bool((values[1:] - values[:-1] == 1).all())
