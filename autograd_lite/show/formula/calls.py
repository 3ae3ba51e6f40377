r"""A formula in calls: everything that the notations of mathematics leave out, written as NumPy calls it.

The book's notations do not say which shape a scatter goes into, what einsum's subscripts are, or where a reshape was.
Here every operation that does more than combine its arguments element by element stands as a call, with each
parameter that is not its default by its name: `\operatorname{take}(x, axis = 1)`. Vectors are not columns but arrays
of one axis.

Knows formulas, layouts, and how signs are put together. Must not know who reads a formula, or when calls are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from autograd_lite.op import Operation
from autograd_lite.show.formula import typeset
from autograd_lite.show.formula.formula import Formula, apply, xp
from autograd_lite.show.formula.layout import Layout, group, notation, read, row, script
from autograd_lite.show.formula.typeset import Piece

__all__ = ["in_calls"]


def in_calls(whole: Formula, signs: bool = True) -> Piece:
    """The layout of `whole` in calls; with `signs` what is element by element, and products, keep their notation.

    >>> from autograd_lite.show.formula.formula import symbol
    >>> from autograd_lite.show.formula.printers import text
    >>> x = symbol("x", np.ones((2, 3)))
    >>> text(in_calls(xp.exp(xp.sum(x * x, axis=1, keepdims=True))).layout)
    'e^(sum(x ⊙ x, axis = 1, keepdims = True))'
    """
    op = whole.op
    if op is None:
        nothing = whole.number is None and whole.latex == r"\cdot"
        return Piece(read(r"\mathrm{None}"), typeset._ATOM) if nothing else typeset._named(whole)
    if whole.prime:
        assert op.prime is not None
        argument = in_calls(whole.args[0], signs)
        return Piece(typeset._filled(notation(op.prime), {op.arguments[0]: argument}), typeset._CALL)
    if op is xp.astype and whole.dtype.kind in (whole.args[0].dtype.kind, "f"):
        return in_calls(whole.args[0], signs)  # there is one kind of real number
    if op is xp.getitem:
        return _picked(whole, signs)
    return _signed(whole, op) if signs and _has_sign(whole, op) else _called(whole, op, signs)


def _has_sign(whole: Formula, op: Operation) -> bool:
    """Whether a notation says all that the operation does."""
    said = set(_places(notation(op.notation)))
    plain = not _stated(op, whole.params) and len(whole.args) == len(op.arguments) and said == set(op.arguments)
    elementwise = op.spreads and not op.moves and notation(op.notation).parts != (Layout("place", op.arguments[0]),)
    turned = op is xp.transpose and whole.ndim == 2
    return turned or (plain and (elementwise or op is xp.matmul))


def _places(layout: Layout) -> Iterator[str]:
    if layout.kind == "place":
        yield layout.shown
    for part in layout.parts:
        yield from _places(part)


def _signed(whole: Formula, op: Operation) -> Piece:
    """What stands by its sign, in which a column is not added to a row before it was spread."""
    args = list(whole.args)
    if op in (xp.add, xp.subtract) and {arg.shape for arg in args} != {whole.shape}:
        args = [arg if arg.number is not None or not arg.ndim else _spread(arg, whole.shape) for arg in args]
    pieces = [in_calls(arg) for arg in args]
    if op is xp.multiply and not (args[0].ndim and args[1].ndim):
        left, right = (typeset._wrapped(piece, typeset._SCALE) for piece in pieces)
        return Piece(row(left, " ", right), typeset._SCALE)
    places = dict(zip(op.arguments, pieces, strict=True))
    binds = op.binds if op.binds is not None else typeset._strength(op)
    return Piece(typeset._filled(notation(op.notation), places, op.binds), binds)


def _spread(x: Formula, shape: tuple[int, ...]) -> Formula:
    return x if x.shape == shape else apply(xp.broadcast_to, (x,), {"shape": shape})


def _picked(whole: Formula, signs: bool) -> Piece:
    first, *arrays = (in_calls(arg, signs) for arg in whole.args)
    index = group("[", typeset._index(whole, arrays), "]")
    return Piece(row(script("sub", typeset._wrapped(first, typeset._ATOM), index)), typeset._RAISED)


def _called(whole: Formula, op: Operation, signs: bool) -> Piece:
    args = list(whole.args)
    while args and args[-1].number is None and args[-1].latex == r"\cdot":
        args.pop()  # an optional one that was not given
    pieces = [in_calls(arg, signs) for arg in args]
    word = read(rf"\operatorname{{{_escaped((op.of or op).name)}}}")
    if "template" in whole.params:
        count = len(op.arguments) - op.variadic
        word = script("sub", word, group("[", typeset._index(whole, pieces[count:]), "]"))
        pieces = pieces[:count]
    inside = [piece.layout for piece in pieces]
    inside += [read(rf"\mathrm{{{_escaped(name)}}} = {shown}") for name, shown in _stated(op, whole.params)]
    called = row(word, "(", typeset._listed(inside), ")")
    if op.of is None:
        return Piece(called, typeset._CALL)
    return Piece(row(script("sub", row("(", called, ")"), group(str(op.index)))), typeset._RAISED)


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")


def _stated(op: Operation, params: dict[str, Any]) -> list[tuple[str, str]]:
    """The parameters that are not what they are by default, in LaTeX."""
    given = [(name, params[name]) for name in op.parameters if name in params and name != "template"]
    return [(name, _value(value)) for name, value in given if not _usual(value, op.defaults.get(name, op))]


def _usual(value: Any, default: Any) -> bool:
    return type(value) is type(default) and repr(value) == repr(default)


def _value(value: Any) -> str:
    r"""A parameter in LaTeX, from which it can be had again.

    >>> _value((2, None, -1.5)), _value("ij->ji"), _value((3,)), _value(1e-9)
    ('(2, \\mathrm{None}, -1.5)', '\\text{"ij->ji"}', '(3,)', '\\text{1e-09}')
    """
    if value is None or isinstance(value, bool):
        return rf"\mathrm{{{value}}}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_value, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, str):
        return rf'\text{{"{value}"}}'.replace("_", r"\_")
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float | numpy.floating):
        sign, size = "-" if value < 0 else "", repr(abs(float(value)))
        known = {"inf": r"\infty", "nan": r"\mathrm{nan}"}.get(size, rf"\text{{{size}}}" if "e" in size else size)
        return sign + known
    if isinstance(value, numpy.dtype) or (isinstance(value, type) and issubclass(value, numpy.generic)):
        return rf'\text{{"{numpy.dtype(value).name}"}}'.replace("_", r"\_")
    return r"\dots"  # what cannot be written, as an array of places
