r"""The three ways in which a layout is printed: as LaTeX, as a line of plain text, as MathML.

Knows layouts and letters. Must not know formulas, nor where a layout came from.
"""

from __future__ import annotations

import html
import re

from autograd_lite.show.formula.layout import Layout, read
from autograd_lite.show.names import LOWERED, RAISED

_ONE = "\N{MATHEMATICAL BOLD DIGIT ONE}"
_COMMON = {("1", "2"): "½", ("1", "3"): "⅓", ("1", "4"): "¼"}
_BEFORE_SIGN = "([,⊙+−=/"  # a sign after one of these is the sign of what follows


def latex(layout: Layout) -> str:
    """A layout in LaTeX, as it was read."""
    kind, parts = layout.kind, layout.parts
    if kind == "row":
        return layout.latex + "".join(map(latex, parts))
    if kind == "group":
        return "{" + "".join(map(latex, parts)) + "}"
    if kind in ("sup", "sub"):
        sign = layout.latex or ("^" if kind == "sup" else "_")
        return latex(parts[0]) + (sign if sign == "'" else sign + latex(parts[1]))
    if kind in ("frac", "root"):
        return layout.latex + "".join(map(latex, parts))
    return layout.latex


def latex_to_text(source: str) -> str:
    r"""The library's LaTeX as plain text.

    >>> latex_to_text(r"\delta^{1} = ((W^{2})^{\mathsf T} \delta^{2}) \odot \sigma'(z^{1})")
    'δ¹ = ((W²)ᵀ δ²) ⊙ σ′(z¹)'
    """
    return text(read(source))


def latex_to_mathml(source: str, display: str = "block") -> str:
    r"""The library's LaTeX as a MathML element; names in it are escaped.

    >>> latex_to_mathml(r"\frac{1}{n} x")
    '<math display="block"><mrow><mfrac><mn>1</mn><mi>n</mi></mfrac><mspace width="0.2em"/><mi>x</mi></mrow></math>'
    """
    return mathml(read(source), display)


# Plain text.


def text(layout: Layout) -> str:
    """A layout on one line of plain text."""
    return _text(layout).strip()


def _text(layout: Layout) -> str:
    kind, parts = layout.kind, layout.parts
    if kind in ("row", "group"):
        return _text_row(parts)
    if kind == "frac":
        return _text_fraction(*(_text(part).strip() for part in parts))
    if kind == "root":
        inner = _text(parts[0]).strip()
        return f"√{inner}" if len(inner) == 1 or inner.isalnum() else f"√({inner})"
    if kind == "sup":
        return _text(parts[0]) + _text_script(parts[1], RAISED, "^")
    if kind == "sub":
        return _text(parts[0]) + _text_script(parts[1], LOWERED, "_")
    if kind == "bold":
        return layout.shown.replace("1", _ONE)
    return " " if kind == "space" else layout.shown


def _text_row(items: tuple[Layout, ...]) -> str:
    pieces: list[str] = []
    sign = False
    for i, item in enumerate(items):
        if sign and item.kind == "space":
            sign = False
            continue
        sign = False
        piece = _text(item)
        after = _text(items[i + 1])[:1] if i + 1 < len(items) else ""
        if _innermost(item).kind in ("function", "prefix") and after not in ("(", "", " ", "["):
            piece += " "
        if item.kind == "binary":
            before = "".join(pieces).rstrip()
            sign = not before or before[-1] in _BEFORE_SIGN
            piece = piece if sign else f" {piece} "
        elif item.kind == "frac" and after not in ("", " ", ")", "]", ",", "^"):
            piece += " "
        pieces.append(piece)
    return re.sub(r" {2,}", " ", "".join(pieces))


def _innermost(item: Layout) -> Layout:
    while item.kind in ("sup", "sub"):
        item = item.parts[0]
    return item


def _text_fraction(over: str, under: str) -> str:
    if (over, under) in _COMMON:
        return _COMMON[over, under]
    above = f"({over})/" if " " in over else f"{over}/"
    return above + (f"({under})" if re.search(r"[ /⊙]|^\d+[^\d.]", under) else under)


def _text_script(layout: Layout, known: dict[str, str], mark: str) -> str:
    inner = _text(layout).strip()
    if inner == "′":
        return inner
    if any(item.kind == "text" for item in layout.parts):
        return mark + inner
    plain = inner.replace("−", "-").replace(" × ", "×")
    if plain and all(c in known for c in plain):
        return "".join(known[c] for c in plain)
    return mark + (inner if inner.isalnum() or inner.startswith("[") else f"({inner})")


# MathML.


def mathml(layout: Layout, display: str = "block") -> str:
    """A layout as a MathML element, which browsers show without any script."""
    return f'<math display="{display}">{_element(layout)}</math>'


def _element(layout: Layout) -> str:
    kind, parts = layout.kind, layout.parts
    if kind in ("row", "group"):
        return _element_row(tuple(item for item in parts if item.kind != "row" or item.parts))
    if kind == "frac":
        return f"<mfrac>{_element(parts[0])}{_element(parts[1])}</mfrac>"
    if kind == "root":
        return f"<msqrt>{_element(parts[0])}</msqrt>"
    if kind in ("sup", "sub"):
        return _element_script(layout)
    return _element_letter(layout)


def _element_row(items: tuple[Layout, ...]) -> str:
    shown = []
    for i, item in enumerate(items):
        if item.kind == "space":
            around = (items[i - 1].kind if i else "binary", items[i + 1].kind if i + 1 < len(items) else "binary")
            if "binary" not in around:
                shown.append('<mspace width="0.2em"/>')
        else:
            shown.append(_element(item))
    return shown[0] if len(shown) == 1 else f"<mrow>{''.join(shown)}</mrow>"


def _element_script(layout: Layout) -> str:
    base, script = layout.parts
    if {layout.kind, base.kind} == {"sup", "sub"} and script.shown != "′":  # both: one above the other
        below, above = (base.parts[1], script) if layout.kind == "sup" else (script, base.parts[1])
        return f"<msubsup>{_element(base.parts[0])}{_element(below)}{_element(above)}</msubsup>"
    if script == Layout("operator", "′"):  # the letter ′ is raised in itself: as a script it would float
        return f"<mrow>{_element(base)}<mo>′</mo></mrow>"
    tag = "munder" if layout.kind == "sub" and base.kind == "prefix" else f"m{layout.kind}"
    return f"<{tag}>{_element(base)}{_element(script)}</{tag}>"


def _element_letter(layout: Layout) -> str:
    tag = {"digits": "mn", "text": "mtext", "word": "mi", "function": "mi", "bold": "mi", "letter": "mi"}
    style = {"word": ' mathvariant="normal"', "function": ' mathvariant="normal"', "bold": ' mathvariant="bold"'}
    name = tag.get(layout.kind, "mo")
    return f"<{name}{style.get(layout.kind, '')}>{html.escape(layout.shown)}</{name}>"
