r"""A formula on paper: as LaTeX, as a line of plain text, as MathML.

The LaTeX is made from the operations' own notations, with the parentheses that are needed and no others. Text and
MathML are made from that LaTeX, of which this file reads the small part that the library writes, so that an operation
states its notation once and a user's own operation prints everywhere.

A one-dimensional array is written as a column vector. Knows formulas and letters. Must not know what a formula is
worth, how it came about, or the graph.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy

from autograd_lite.op import Operation
from autograd_lite.ops.indexing import ARRAY
from autograd_lite.ops.reduction import reduced_axes
from autograd_lite.show.formula.counted import Counted
from autograd_lite.show.formula.formula import Formula, Number
from autograd_lite.show.names import GREEK, LOWERED, RAISED, latex_name
from autograd_lite.show.names import gradient_latex as gradient_name

# How tightly a formula holds together; what is looser than its place allows gets parentheses.
_LOOSE, _COMPARE, _ADD, _NEGATE, _PREFIX, _SCALE, _HADAMARD, _MATMUL, _FRACTION, _CALL, _RAISED, _ATOM = range(12)

_STRENGTH = {
    "add": _ADD, "subtract": _ADD, "negative": _NEGATE, "multiply": _HADAMARD, "matmul": _MATMUL, "divide": _FRACTION,
    "power": _RAISED, "square": _RAISED, "transpose": _RAISED, "swapaxes": _RAISED, "sum": _PREFIX, "mean": _CALL,
}  # fmt: skip
_BETWEEN = {  # what the two sides of an infix operation must at least hold
    "add": (_ADD, _ADD), "subtract": (_ADD, _NEGATE + 1), "multiply": (_HADAMARD, _HADAMARD),
    "matmul": (_MATMUL, _MATMUL), "negative": (_PREFIX,), "power": (_ATOM, _LOOSE), "square": (_ATOM,),
    "transpose": (_ATOM,), "swapaxes": (_ATOM,), "divide": (_LOOSE, _LOOSE), "sum": (_PREFIX,),
} | dict.fromkeys(("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"), (_ADD, _ADD))  # fmt: skip
_PLACE = re.compile(r"\{(\w+)\}")
_SILENT = ("expand_dims", "squeeze", "broadcast_to", "astype")

_ONE = "\N{MATHEMATICAL BOLD DIGIT ONE}"
_LETTERS = GREEK | {"partial": "∂", "nabla": "∇", "infty": "∞", "dots": "…"}
_OPERATORS = {
    "odot": "⊙", "leq": "≤", "geq": "≥", "neq": "≠", "wedge": "∧", "vee": "∨", "cdot": "·", "times": "×",
    "oplus": "⊕", "otimes": "⊗", "ominus": "⊖", "circ": "∘", "ast": "∗", "star": "⋆", "pm": "±",
}  # fmt: skip
_PREFIXES = {
    "sum": "Σ", "neg": "¬", "prod": "∏", "lvert": "|", "rvert": "|", "vert": "|", "lVert": "‖",
    "rVert": "‖", "Vert": "‖",
}  # fmt: skip
_FUNCTIONS = {"ln", "exp", "tanh", "sinh", "cosh", "sin", "cos", "tan", "max", "min", "log", "det", "arg", "arctan"}


def to_latex(whole: Formula) -> str:
    r"""`whole` in LaTeX. What was divided by the number of examples is written with 1/n.

    >>> from autograd_lite.show.formula.formula import symbol
    >>> W, a = symbol("W^{2}", np.ones((2, 3))), symbol("a", np.ones(3))
    >>> print(to_latex(W @ (a - 1)))
    W^{2} (a - 1)
    """
    return _latex(whole)[0]


def to_text(whole: Formula) -> str:
    """`whole` on one line of plain text.

    >>> from autograd_lite.show.formula.formula import symbol
    >>> W, a = symbol("W^{2}", np.ones((2, 3))), symbol("a", np.ones(3))
    >>> to_text(W @ (a - 1))
    'W² (a − 1)'
    """
    return latex_to_text(to_latex(whole))


def to_mathml(whole: Formula) -> str:
    """`whole` as a MathML element, which browsers show without any script.

    >>> from autograd_lite.show.formula.formula import symbol
    >>> to_mathml(symbol("x", np.ones(3)))
    '<math display="block"><mi>x</mi></math>'
    """
    return latex_to_mathml(to_latex(whole))


# Formulas to LaTeX.


def _latex(whole: Formula) -> tuple[str, int]:
    """The LaTeX of `whole` and how tightly it holds together."""
    op = whole.op
    if op is None:
        if whole.number is not None:
            return _number(whole.number)
        if not whole.latex:
            return _array(whole)
        text = whole.latex
        return text, _FRACTION if text.startswith(r"\frac") else _RAISED if "^" in text or "nabla" in text else _ATOM
    if whole.prime:
        assert op.prime is not None
        return _fill(op.prime, {op.arguments[0]: _written(whole.args[0], op)}), _CALL
    if op.name in _SILENT or (op.name == "reshape" and _keeps_order(whole)):
        inner = whole.args[0]
        if op.name == "expand_dims" and inner.ndim == 1 and whole.shape == (1, inner.shape[0]) and inner.shape[0] != 1:
            return _wrap(_latex(inner), _ATOM) + r"^{\mathsf T}", _RAISED
        return _latex(inner)
    args = [_written(arg, op) for arg in whole.args]
    notation = op.notation
    strength = _STRENGTH.get(op.name)
    if op.name == "multiply" and not (whole.args[0].ndim and whole.args[1].ndim):
        left, right = (_wrap(arg, _SCALE) for arg in args)
        if whole.args[1].number is not None:
            left, right = right, left
        return f"{left} {right}", _SCALE
    if op.name == "matmul" and whole.args[0].ndim == whole.args[1].ndim == 1:
        return rf"{_wrap(args[0], _ATOM)}^{{\mathsf T}} {_wrap(args[1], _MATMUL)}", _MATMUL
    if op.name in ("transpose", "swapaxes") and whole.ndim > 2:
        order = ",".join(map(str, op_axes(whole)))
        return rf"{_wrap(args[0], _ATOM)}^{{\mathsf T({order})}}", _RAISED
    if op.name == "getitem":
        return rf"{_wrap(args[0], _ATOM)}_{{[{_index(whole, args[1:])}]}}", _RAISED
    if op.name == "scatter_add":
        return _scattered(whole, args), _CALL
    axes = whole.params.get("axis", 0)
    if axes is None and op.defaults.get("axis") is not None:
        axes = tuple(range(whole.args[0].ndim))
    if "axis" in op.defaults and axes != op.defaults["axis"] and isinstance(axes, int | tuple):
        notation = _along(notation, whole.args[0].ndim, axes, op.defaults["axis"] is None)
    if "template" in whole.params:
        index = _index(whole, args[len(op.arguments) - 1 :]).replace("{", "{{").replace("}", "}}")
        notation = notation.replace("(", f"_{{{{[{index}]}}}}(", 1)
    notation = _stated(notation, op, whole.params)
    places = dict(zip(op.arguments, args, strict=False))
    if op.variadic:
        last = len(op.arguments) - 1
        places[op.arguments[last]] = (", ".join(text for text, _ in args[last:]), _ATOM)
    needed = dict(zip(op.arguments, _BETWEEN.get(op.name, ()), strict=False))
    if strength is None:
        ends = notation.startswith("{") or re.search(r"(?<![{(,|])\{\w+\}$", notation)
        infix = notation.startswith("{") and len(op.arguments) > 1
        strength = _COMPARE if infix else _PREFIX if ends else _CALL
    return _fill(notation, places, needed), strength


def _fill(template: str, places: dict[str, tuple[str, int]], needed: dict[str, int] | None = None) -> str:
    """A notation with its arguments in their places, in parentheses where the place does not delimit them."""
    filled: dict[str, str] = {}
    for match in _PLACE.finditer(template):
        name = match[1]
        before, after = template[: match.start()], template[match.end() :]
        closed = before[-1:] in ("(", "|", "[", ",", "{") or before.endswith(", ")
        closed = closed and after[:1] in (")", "|", "]", ",", "}")
        limit = (needed or {}).get(name, _LOOSE if closed else _RAISED)
        if name in places:
            filled[name] = _wrap(places[name], limit) if limit != _HADAMARD else _factor(places[name])
            if before.endswith(")") or (before[-1:].isalnum() and "\\" not in before[-8:]):
                filled[name] = " " * before[-1:].isalpha() + filled[name]
    return template.format_map(_Missing(filled))


class _Missing(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return rf"\mathrm{{{key}}}"


def _factor(part: tuple[str, int]) -> str:
    # The chapter writes ((w)ᵀ δ) ⊙ σ′(z): a matrix product next to ⊙ stands in parentheses.
    return f"({part[0]})" if part[1] < _HADAMARD or part[1] == _MATMUL else part[0]


def _wrap(part: tuple[str, int], least: int) -> str:
    text, strength = part
    return text if strength >= least else f"({text})"


def _written(arg: Formula, op: Operation) -> tuple[str, int]:
    """An argument of `op`; what was spread is written as spread where the operation does not do it by itself."""
    inner = thin(arg)
    if op.spreads or op.name in _SILENT:
        return _latex(arg)
    if arg.name == "expand_dims" and arg.ndim > 2:
        axes = [axis % arg.ndim for axis in _several(arg.params["axis"])]
        parts = ["new" if i in axes else ":" for i in range(arg.ndim)]
        while parts[-1] == ":":
            parts.pop()
        text = ", ".join(r"\mathrm{new}" if part == "new" else part for part in parts)
        return rf"{_wrap(_written(arg.args[0], op), _ATOM)}_{{[{text}]}}", _RAISED
    if inner is arg:
        return _latex(arg)
    ones = r"\mathbf{1}_{" + r" \times ".join(map(str, arg.shape)) + "}"
    if inner.number is not None:
        return (ones, _ATOM) if inner.number == 1 else (f"{_wrap(_number(inner.number), _SCALE)} {ones}", _SCALE)
    return rf"{ones} \odot {_factor(_latex(inner))}", _HADAMARD


def thin(part: Formula) -> Formula:
    """What a formula was before it was spread over axes, which is not written; itself where it was not."""
    inner, found = part, part
    while inner.name in _SILENT:
        size, inner = inner.size, inner.args[0]
        if inner.size != size:
            found = inner
    return found if numpy.broadcast_shapes(found.shape, part.shape) == part.shape else part


def _number(value: Number) -> tuple[str, int]:
    if isinstance(value, float) and not math.isfinite(value):
        sign = "-" * (value < 0)
        return (sign + r"\infty", _NEGATE if sign else _ATOM) if math.isinf(value) else (r"\mathrm{nan}", _ATOM)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        value = int(value)
    if isinstance(value, float):
        near = Fraction(value).limit_denominator(64)
        value = near if near == value else value
    if isinstance(value, Fraction) and value.denominator != 1:
        sign, over, under = "-" * (value < 0), abs(value.numerator), str(value.denominator)
        if isinstance(value, Counted) and value.power == -1:
            share = abs(Fraction(value)) * value.examples
            over, under = share.numerator, f"{share.denominator}n" if share.denominator != 1 else "n"
        return rf"{sign}\frac{{{over}}}{{{under}}}", _NEGATE if sign else _FRACTION
    if isinstance(value, float):
        mantissa, _, exponent = _digits(value).partition("e")
        text = rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa
        return text, _NEGATE if value < 0 else _SCALE if exponent else _ATOM
    return str(int(value)), _NEGATE if value < 0 else _ATOM


def _digits(value: float) -> str:
    """The fewest digits, at least six, that mean this number up to rounding in its last places."""
    for digits in range(6, 18):
        text = f"{value:.{digits}g}"
        if abs(float(text) - value) <= 4 * math.ulp(value):
            break
    return text


def _array(whole: Formula) -> tuple[str, int]:
    """An array nobody gave a name: its one value, or that it is one."""
    if whole.size == 1:
        value = whole.value.item()
        return (str(value), _ATOM) if isinstance(value, bool) else _number(value)
    return (f"0:{whole.size}" if _counts(whole) else r"\mathrm{array}"), _ATOM


def op_axes(whole: Formula) -> list[int]:
    """The order of the axes of a transpose, for print."""
    if whole.name == "swapaxes":
        return [whole.params["axis1"], whole.params["axis2"]]
    return list(whole.params["axes"] or reversed(range(whole.ndim)))


def _keeps_order(whole: Formula) -> bool:
    """Whether a reshape only adds or removes axes of length 1."""
    return [n for n in whole.shape if n != 1] == [n for n in whole.args[0].shape if n != 1]


def _several(axis: int | tuple[int, ...]) -> tuple[int, ...]:
    return axis if isinstance(axis, tuple) else (axis,)


def _stated(notation: str, op: Operation, params: dict[str, Any]) -> str:
    """The notation of a function with the parameters that it needs, which are part of what it means."""
    for name, value in params.items():
        known = name in ("axis", "keepdims", "template") or value == op.defaults.get(name, object)
        plain = isinstance(value, int | float) or (isinstance(value, tuple) and all(type(n) is int for n in value))
        if notation.endswith(")") and plain and not known:
            shown = f"({', '.join(map(str, value))})" if isinstance(value, tuple) else str(value)
            notation = rf"{notation[:-1]}, \mathrm{{{{{name}}}}} = {shown})"
    return notation


def _along(notation: str, ndim: int, axis: int | tuple[int, ...], all_by_itself: bool) -> str:
    """A notation that says over which axes, where these are not all."""
    axes = reduced_axes(ndim, axis)
    if len(axes) >= ndim and (all_by_itself or ndim < 2):
        return notation
    if ndim == 2 and len(axes) == 1:
        words = "rows" if axes == (0,) else "columns"
    else:
        words = ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))
    below = rf"_{{{{\text{{{{{words}}}}}}}}}"
    return re.sub(r"\\(sum|max|min|operatorname\{\{\w+\}\})", lambda match: match[0] + below, notation, count=1)


def _index(whole: Formula, arrays: list[tuple[str, int]]) -> str:
    rest = iter(arrays)
    return ", ".join(next(rest, ("·", 0))[0] if part is ARRAY else _part(part) for part in whole.params["template"])


def _part(part: Any) -> str:
    if isinstance(part, slice):
        start = None if part.start == 0 and (part.step is None or part.step > 0) else part.start
        ends = ["" if end is None else str(end) for end in (start, part.stop)]
        return ":".join(ends + ([str(part.step)] if part.step is not None else []))
    return r"\dots" if part is Ellipsis else r"\mathrm{new}" if part is None else str(part)


def _scattered(whole: Formula, args: list[tuple[str, int]]) -> str:
    """Zeros with something added at an index: e of the index where that is 1, as in a one-hot row."""
    inner = whole.args[0]
    while inner.name in _SILENT:
        inner = inner.args[0]
    labels = [text for (text, _), arg in zip(args[1:], whole.args[1:], strict=True) if not _counts(arg)]
    if inner.number == 1 and len(labels) == 1 and all(part is ARRAY for part in whole.params["template"]):
        return rf"\operatorname{{onehot}}({labels[0]})"
    return rf"\operatorname{{scatter}}_{{[{_index(whole, args[1:])}]}}({args[0][0]})"


def _counts(arg: Formula) -> bool:
    """Whether an index array is 0, 1, 2, …: every row in turn."""
    values = arg.value
    if arg.ndim != 1 or values.dtype.kind not in "iu" or not arg.size or int(values[0]):
        return False
    return bool((values[1:] - values[:-1] == 1).all())


# LaTeX to text and MathML.

# ∂ x is written without its space, other letters keep theirs.
_TOKEN = re.compile(
    r"\\([A-Za-z]+)(?:(?<=partial) |(?<=nabla) |(?<=mathsf) )?|\\(.)|([0-9]+(?:\.[0-9]+)?)|(\s+)|(.)", re.DOTALL
)

__all__ = ["gradient_name", "latex_name", "latex_to_mathml", "latex_to_text", "to_latex", "to_mathml", "to_text"]

Layout = tuple[Any, ...]


def _read(latex: str) -> Layout:
    """LaTeX as a layout: rows of letters, operators, words, fractions, roots, scripts and groups."""
    tokens = list(_TOKEN.finditer(latex))
    position = 0

    def row(end: str) -> Layout:
        nonlocal position
        items: list[Layout] = []
        while position < len(tokens):
            match = tokens[position]
            if match[5] is not None and match[5] == end:
                position += 1
                break
            if match[5] in ("^", "_"):
                position += 1
                script = argument()
                base = scripted(items)
                items.append(("sup" if match[5] == "^" else "sub", base, script))
                continue
            if match[5] == "'":
                position += 1
                base = items.pop() if items else ("row", [])
                items.append(("sup", base, ("operator", "′")))
                continue
            items.append(one())
        return ("row", items)

    def scripted(items: list[Layout]) -> Layout:
        """What a script stands on: the last item, or all of a parenthesis that ends there."""
        if not items:
            return ("row", [])
        depth, start = 0, len(items)
        for start in range(len(items) - 1, -1, -1):
            depth += (items[start] == ("operator", ")")) - (items[start] == ("operator", "("))
            if depth <= 0:
                break
        if depth or start == len(items) - 1:
            return items.pop()
        group = items[start:]
        del items[start:]
        return ("row", group)

    def argument() -> Layout:
        nonlocal position
        while position < len(tokens) and tokens[position][4] is not None:
            position += 1
        if position < len(tokens) and tokens[position][5] == "{":
            position += 1
            return row("}")
        return one() if position < len(tokens) else ("row", [])

    def words() -> str:
        nonlocal position
        depth, text = 0, ""
        while position < len(tokens):
            match = tokens[position]
            position += 1
            if match[5] == "{":
                depth += 1
                if depth == 1:
                    continue
            if match[5] == "}":
                depth -= 1
                if depth == 0:
                    break
            if match[1] is not None:
                text += {"backslash": "\\", "sim": "~", "wedge": "^"}.get(match[1], "")
            elif match[5] not in ("{", "}"):
                text += match[2] or match[0]
        return text

    def one() -> Layout:
        nonlocal position
        match = tokens[position]
        position += 1
        command, escaped, digits, space, character = match.groups()
        if command is not None:
            if command in ("frac", "dfrac", "tfrac"):
                return ("frac", argument(), argument())
            if command == "sqrt":
                return ("sqrt", argument())
            if command in ("operatorname", "mathrm", "text", "mathsf"):
                if command == "mathsf" and position < len(tokens) and tokens[position][5] not in ("{", None):
                    position += 1
                    return ("word", tokens[position - 1][5])
                return ("text" if command == "text" else "function" if command == "operatorname" else "word", words())
            if command in _OPERATORS:
                return ("binary", _OPERATORS[command])
            if command in _PREFIXES:
                return ("prefix" if command in ("sum", "prod") else "operator", _PREFIXES[command])
            if command in _FUNCTIONS:
                return ("function", command)
            if command == "mathbf":
                return ("bold", words())
            if command in ("left", "right", "big", "Big", "displaystyle"):
                return ("row", [])
            return ("letter", _LETTERS.get(command, command))
        if escaped is not None:
            return ("space",) if escaped in ",;: !" else ("operator", escaped)
        if digits is not None:
            return ("digits", digits)
        if space is not None:
            return ("space",)
        if character == "{":
            return row("}")
        if character in "+-=<>":
            return ("binary", "−" if character == "-" else character)
        return ("letter" if character.isalnum() else "operator", character)

    return row("")


def latex_to_text(latex: str) -> str:
    r"""The library's LaTeX as plain text.

    >>> latex_to_text(r"\delta^{1} = ((W^{2})^{\mathsf T} \delta^{2}) \odot \sigma'(z^{1})")
    'δ¹ = ((W²)ᵀ δ²) ⊙ σ′(z¹)'
    """

    def script(layout: Layout, known: dict[str, str], mark: str) -> str:
        inner = text(layout).strip()
        if inner == "′":
            return inner
        if layout[0] == "row" and any(item[0] == "text" for item in layout[1]):
            return mark + inner
        plain = inner.replace("−", "-").replace(" × ", "×")
        if plain and all(c in known for c in plain):
            return "".join(known[c] for c in plain)
        return mark + (inner if inner.isalnum() or inner.startswith("[") else f"({inner})")

    def text(layout: Layout) -> str:
        kind = layout[0]
        if kind == "row":
            pieces: list[str] = []
            items = layout[1]
            for i, item in enumerate(items):
                piece = text(item)
                named = item
                while named[0] in ("sup", "sub"):
                    named = named[1]
                after = text(items[i + 1])[:1] if i + 1 < len(items) else ""
                if named[0] in ("function", "prefix") and after not in ("(", "", " ", "["):
                    piece += " "
                if item[0] == "binary":
                    # Binary after something on its left; a sign otherwise.
                    before = "".join(pieces).rstrip()
                    sign = not before or before[-1] in "([,⊙+−=/"
                    piece = piece if sign else f" {piece} "
                    if sign and i + 1 < len(items) and items[i + 1][0] == "space":
                        items = [*items[: i + 1], ("row", []), *items[i + 2 :]]
                elif item[0] == "frac" and after not in ("", " ", ")", "]", ",", "^"):
                    piece += " "
                pieces.append(piece)
            return re.sub(r" {2,}", " ", "".join(pieces))
        if kind == "frac":
            over, under = text(layout[1]).strip(), text(layout[2]).strip()
            common = {("1", "2"): "½", ("1", "3"): "⅓", ("1", "4"): "¼"}.get((over, under))
            if common:
                return common
            return (
                f"({over})/" * (" " in over)
                + f"{over}/" * (" " not in over)
                + (f"({under})" if re.search(r"[ /⊙]|^\d+[^\d.]", under) else under)
            )
        if kind == "sqrt":
            inner = text(layout[1]).strip()
            return f"√{inner}" if len(inner) == 1 or inner.isalnum() else f"√({inner})"
        if kind == "sup":
            return text(layout[1]) + script(layout[2], RAISED, "^")
        if kind == "sub":
            return text(layout[1]) + script(layout[2], LOWERED, "_")
        if kind == "bold":
            return str(layout[1]).replace("1", _ONE)
        return " " if kind == "space" else str(layout[1])

    return text(_read(latex)).strip()


_MO: Callable[[str], str] = lambda sign: f"<mo>{html.escape(sign)}</mo>"  # noqa: E731


def latex_to_mathml(latex: str, display: str = "block") -> str:
    r"""The library's LaTeX as a MathML element; names in it are escaped.

    >>> latex_to_mathml(r"\frac{1}{n} x")
    '<math display="block"><mrow><mfrac><mn>1</mn><mi>n</mi></mfrac><mspace width="0.2em"/><mi>x</mi></mrow></math>'
    """

    def element(layout: Layout) -> str:
        kind = layout[0]
        if kind == "row":
            items = [item for item in layout[1] if item != ("row", [])]
            shown = []
            for i, item in enumerate(items):
                if item[0] == "space":
                    around = (items[i - 1][0] if i else "binary", items[i + 1][0] if i + 1 < len(items) else "binary")
                    if "binary" not in around:
                        shown.append('<mspace width="0.2em"/>')
                    continue
                shown.append(element(item))
            return shown[0] if len(shown) == 1 else f"<mrow>{''.join(shown)}</mrow>"
        if kind == "frac":
            return f"<mfrac>{element(layout[1])}{element(layout[2])}</mfrac>"
        if kind == "sqrt":
            return f"<msqrt>{element(layout[1])}</msqrt>"
        if kind == "sup" and layout[1][0] == "sub":  # both: one above the other
            return f"<msubsup>{element(layout[1][1])}{element(layout[1][2])}{element(layout[2])}</msubsup>"
        if kind == "sub" and layout[1][0] == "sup":
            return f"<msubsup>{element(layout[1][1])}{element(layout[2])}{element(layout[1][2])}</msubsup>"
        if layout[-1] == ("operator", "′"):  # the letter ′ is raised in itself: as a script it would float
            return f"<mrow>{element(layout[1])}<mo>′</mo></mrow>"
        if kind in ("sup", "sub"):
            tag = "munder" if kind == "sub" and layout[1][0] == "prefix" else f"m{kind}"
            return f"<{tag}>{element(layout[1])}{element(layout[2])}</{tag}>"
        inside = html.escape(str(layout[1])) if len(layout) > 1 else ""
        if kind == "digits":
            return f"<mn>{inside}</mn>"
        if kind == "bold":
            return f'<mi mathvariant="bold">{inside}</mi>'
        if kind == "text":
            return f"<mtext>{inside}</mtext>"
        if kind in ("word", "function"):
            return f'<mi mathvariant="normal">{inside}</mi>'
        return f"<mi>{inside}</mi>" if kind == "letter" else _MO(str(layout[1]))

    return f'<math display="{display}">{element(_read(latex))}</math>'
