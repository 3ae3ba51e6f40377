r"""Mathematics as it is laid out: rows of letters, signs, words, fractions, roots and scripts, apart from any notation.

A `Layout` is read from LaTeX, of the small part that the library and the notations of operations write, once: each
text is read a single time and kept. A notation has places, which arguments are put into. Every layout keeps the LaTeX
that it was read from, so that it can be written again to the letter.

Knows LaTeX and letters. Must not know formulas, nor how text or MathML is made of a layout.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from autograd_lite.show.names import GREEK

_LETTERS = GREEK | {"partial": "∂", "nabla": "∇", "infty": "∞", "dots": "…", "prime": "′"}
_OPERATORS = {
    "odot": "⊙", "leq": "≤", "geq": "≥", "neq": "≠", "wedge": "∧", "vee": "∨", "cdot": "·", "times": "×",
    "oplus": "⊕", "otimes": "⊗", "ominus": "⊖", "circ": "∘", "ast": "∗", "star": "⋆", "pm": "±",
}  # fmt: skip
_LARGE = {r"\sum": "Σ", r"\prod": "∏"}
_PREFIXES = {"neg": "¬", "lvert": "|", "rvert": "|", "vert": "|", "lVert": "‖", "rVert": "‖", "Vert": "‖"}
_FUNCTIONS = re.compile("ln|exp|tanh|sinh|cosh|sin|cos|tan|max|min|log|det|arg|arctan")
_WORDS = {"operatorname": "function", "mathrm": "word", "text": "text", "mathsf": "word", "mathbf": "bold"}
_SILENT = ("left", "right", "big", "Big", "displaystyle")
_IN_WORDS = {"backslash": "\\", "sim": "~", "wedge": "^"}

# ∂ x is written without its space, other letters keep theirs.
_TOKEN = re.compile(
    r"\\([A-Za-z]+)(?:(?<=partial) |(?<=nabla) |(?<=mathsf) )?|\\(.)|([0-9]+(?:\.[0-9]+)?)|(\s+)|(.)", re.DOTALL
)
_PLACE = re.compile(r"\{\{|\}\}|\{(\w+)\}")
_MARK = 0xE000  # private letters stand for the places of a notation while it is read


class Layout(NamedTuple):
    """A piece of mathematics: its kind, what it shows, the LaTeX it was read from, and its parts.

    Kinds are "row" and "group" (a row in braces), "letter", "digits", "word", "function", "text", "bold", "binary",
    "prefix", "operator", "space", "frac", "root", "sup" and "sub" (of a base and a script), and "place".
    """

    kind: str
    shown: str = ""
    latex: str = ""
    parts: tuple[Layout, ...] = ()


EMPTY = Layout("row")


def row(*pieces: Layout | str) -> Layout:
    """Pieces side by side, of which text is read as LaTeX; rows among them are not rows of their own."""
    items: list[Layout] = []
    for piece in pieces:
        whole = read(piece) if isinstance(piece, str) else piece
        items.extend(whole.parts if whole.kind == "row" else (whole,))
    return Layout("row", parts=tuple(items))


def group(*pieces: Layout | str) -> Layout:
    """Pieces side by side in braces."""
    return Layout("group", parts=row(*pieces).parts)


def script(kind: str, base: Layout, above: Layout) -> Layout:
    """A base with a superscript ("sup") or a subscript ("sub")."""
    single = base.parts[0] if base.kind == "row" and len(base.parts) == 1 else base
    return Layout(kind, parts=(single, above))


@lru_cache(4096)
def read(latex: str) -> Layout:
    r"""LaTeX as a layout.

    >>> [part.kind for part in read(r"\sigma'(z^{2})").parts]
    ['sup', 'operator', 'sup', 'operator']
    """
    return _Reader(latex).row("")


@lru_cache(1024)
def notation(latex: str) -> Layout:
    r"""The notation of an operation, in which `{x}` is the place of the argument x and `{{` a brace.

    >>> notation(r"\ln {x}").parts[-1].kind, notation(r"e^{{{x}}}").parts[0].kind
    ('place', 'sup')
    """
    names: list[str] = []

    def plain(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        names.append(match[1])
        return chr(_MARK + len(names) - 1)

    return _with_places(read(_PLACE.sub(plain, latex)), names)


@lru_cache(1024)
def has_prime(latex: str) -> bool:
    r"""Whether a notation writes a prime, as σ′ does.

    >>> has_prime(r"\sigma'({x})"), has_prime(r"1 - {x}^2")
    (True, False)
    """

    def marked(layout: Layout) -> bool:
        return layout.shown == "′" or any(map(marked, layout.parts))

    return marked(notation(latex))


def _with_places(layout: Layout, names: Sequence[str]) -> Layout:
    if len(layout.shown) == 1 and 0 <= ord(layout.shown) - _MARK < len(names):
        return Layout("place", names[ord(layout.shown) - _MARK])
    return layout._replace(parts=tuple(_with_places(part, names) for part in layout.parts))


class _Reader:
    """The tokens of some LaTeX, and how far they are read."""

    def __init__(self, latex: str) -> None:
        self.tokens = list(_TOKEN.finditer(latex))
        self.at = 0

    def row(self, end: str) -> Layout:
        """What stands up to `end`, a brace or nothing."""
        items: list[Layout] = []
        while self.at < len(self.tokens):
            sign = self.tokens[self.at][5]
            if sign is not None and sign == end:
                self.at += 1
                break
            if sign == "^" or sign == "_":
                self.at += 1
                items.append(Layout("sup" if sign == "^" else "sub", "", sign, (_base(items), self.argument())))
            elif sign == "'":
                self.at += 1
                base = items.pop() if items else EMPTY
                items.append(Layout("sup", "", "'", (base, Layout("operator", "′"))))
            else:
                items.append(self.one())
        return Layout("row", parts=tuple(items))

    def argument(self) -> Layout:
        """What a script or a fraction takes in: a group in braces, or the next token."""
        while self.at < len(self.tokens) and self.tokens[self.at][4] is not None:
            self.at += 1
        if self.at < len(self.tokens) and self.tokens[self.at][5] == "{":
            self.at += 1
            return self.row("}")._replace(kind="group")
        return self.one() if self.at < len(self.tokens) else EMPTY

    def one(self) -> Layout:
        """The next piece that stands for itself."""
        match = self.tokens[self.at]
        self.at += 1
        command, escaped, digits, space, character = match.groups()
        if command is not None:
            return self.command(command, match[0])
        if escaped is not None:
            return Layout("space" if escaped in ",;: !" else "operator", escaped, match[0])
        if digits is not None:
            return Layout("digits", digits, digits)
        if space is not None:
            return Layout("space", "", space)
        if character == "{":
            return self.row("}")._replace(kind="group")
        if character in "+-=<>":
            return Layout("binary", "−" if character == "-" else character, character)
        return Layout("letter" if character.isalnum() else "operator", character, character)

    def command(self, name: str, latex: str) -> Layout:
        """What a command means."""
        if name in ("frac", "dfrac", "tfrac"):
            return Layout("frac", "", latex, (self.argument(), self.argument()))
        if latex == r"\sqrt":
            return Layout("root", "", latex, (self.argument(),))
        if name in _WORDS:
            return self.word(name, latex)
        if name in _OPERATORS:
            return Layout("binary", _OPERATORS[name], latex)
        if name in _PREFIXES:
            return Layout("operator", _PREFIXES[name], latex)
        if latex in _LARGE:
            return Layout("prefix", _LARGE[latex], latex)
        if _FUNCTIONS.fullmatch(name):
            return Layout("function", name, latex)
        return Layout("row", "", latex) if name in _SILENT else Layout("letter", _LETTERS.get(name, name), latex)

    def word(self, name: str, latex: str) -> Layout:
        """Upright or bold letters: in braces, or one letter."""
        token = self.tokens[self.at][5] if self.at < len(self.tokens) else None
        if name == "mathsf" and token not in ("{", None):
            self.at += 1
            return Layout("word", token or "", latex + (token or ""))
        begin = self.at
        shown = self.letters()
        raw = "".join(match[0] for match in self.tokens[begin : self.at])
        return Layout(_WORDS[name], shown, latex + raw)

    def letters(self) -> str:
        """The letters of a word, as they are and not as mathematics."""
        depth, text = 0, ""
        while self.at < len(self.tokens):
            match = self.tokens[self.at]
            self.at += 1
            depth += (match[5] == "{") - (match[5] == "}")
            if match[5] == "}" and not depth:
                break
            if match[1] is not None:
                text += _IN_WORDS.get(match[1], "")
            elif match[5] not in ("{", "}"):
                text += match[2] or match[0]
        return text


def _base(items: list[Layout]) -> Layout:
    """What a script stands on, taken from what was read: the last item, or all of a parenthesis that ends there."""
    if not items:
        return EMPTY
    depth, start = 0, len(items)
    for start in range(len(items) - 1, -1, -1):
        sign = items[start].shown if items[start].kind == "operator" else ""
        depth += (sign == ")") - (sign == "(")
        if depth <= 0:
            break
    if depth or start == len(items) - 1:
        return items.pop()
    taken = tuple(items[start:])
    del items[start:]
    return Layout("row", parts=taken)
