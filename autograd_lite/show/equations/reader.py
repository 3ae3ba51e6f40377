r"""A student's equation read into terms, by Python's own parser.

The letters of mathematics are made Python's first: names become identifiers, what stands side by side gets a sign
between, Σ and ln get the parentheses that they mean. What comes out is parsed and taken apart, never run.

Knows names, and how operations are written. Must not know what a term is worth, or any derivative.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

from autograd_lite.errors import ArgumentError
from autograd_lite.op import Operation
from autograd_lite.ops.indexing import ARRAY
from autograd_lite.show.equations.spelling import SIGNS, Spelling, spelling
from autograd_lite.show.equations.terms import Term, call
from autograd_lite.show.names import FROM_LOWERED, LOWERED, RAISED, pretty, shown, spelled

CALLER = "check_equations()"

_DEEPEST = 40  # parentheses in each other
_LONGEST = 1500  # signs and names in an equation
_LEVELS = 150  # operations in each other
_VALUES = {"½": Fraction(1, 2), "⅓": Fraction(1, 3), "¼": Fraction(1, 4), "∞": math.inf}
_ONES = "\N{MATHEMATICAL BOLD DIGIT ONE}"
_PRIMES = ("'", "′", "\u2019")
_PLAIN = {"True": True, "False": False, "None": None, "new": None}
_BY = LOWERED["×"]
_FROM_RAISED = {raised: plain for plain, raised in RAISED.items() if raised != RAISED["T"]}
_PREFIXES = {"Σ": "Σ x", "√": "√x", "¬": "¬ x"}
"""Signs before what they are applied to, and the notations that they are from."""

_BESIDE, _POWER, _OWN = (
    "%",
    "**",
    "<<",
)  # for what stands side by side, powers, and the signs of a user's own operations
_PYTHON = {
    "+": "+", "−": "-", "⊙": "*", "/": "/", "@": "@", "=": "==", "≠": "!=", "<": "<", "≤": "<=", ">": ">", "≥": ">=",
    "∧": " and ", "∨": " or ",
}  # fmt: skip
_FACTORS = ("⊙", "/", "@")
_SIGN_OF = {
    ast.Add: "+", ast.Sub: "−", ast.Mult: "⊙", ast.Div: "/", ast.MatMult: "@", ast.And: "∧", ast.Or: "∨", ast.Eq: "=",
    ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥",
}  # fmt: skip


def read(label: str, text: str, names: Collection[str], of: str) -> Term:
    """The right side of the equation for `label`; `names` are there, in the spelling of `spelled`, `of` is the loss.

    Raises `ArgumentError` that points at the column of a mistake.
    """
    source = _Source(label, text, names, of)
    try:
        tree = ast.parse("".join(source.pieces), mode="eval")
    except (SyntaxError, RecursionError, MemoryError) as error:
        source.fail("this cannot be read", source.column((getattr(error, "offset", None) or 1) - 1))
    return _Terms(source).term(tree.body, 0)


class UnknownError(ArgumentError):
    """A name that is not there."""


@dataclass(frozen=True)
class _Token:
    """A piece of the text: what it is, how it is written, and the column it begins in, from 0."""

    kind: str
    text: str
    column: int


@dataclass(frozen=True)
class _Group:
    """Something open: a parenthesis, a call, bars, an index, a list, or what a Σ or ln without parentheses takes in."""

    kind: str
    column: int
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Called:
    """What the identifier of a function means: operations of that word, over which axes, and whether f′."""

    word: str
    ops: tuple[Operation, ...]
    axis: Any = None
    prime: bool = False


class _Source:
    """The equation in Python's letters, with what each identifier means and where each piece came from."""

    def __init__(self, label: str, text: str, names: Collection[str], of: str) -> None:
        self.label, self.text, self.names, self.of = label, text, names, of
        self.spelling: Spelling = spelling()
        self.pieces: list[str] = []
        self.meanings: list[Any] = []
        self._origins: list[tuple[int, int]] = []  # where a piece begins, and the column it came from
        self._length = 0
        self._groups: list[_Group] = []
        self._operand = False  # whether what was read last can be multiplied, raised or transposed
        if len(text) > _LONGEST * 10:
            self.fail("an equation that nobody could read", _LONGEST * 10)
        self._tokens = self._tokens_of(text)
        self._at = 0
        if len(self._tokens) == 1:
            self.fail("there is no equation", 0)
        if len(self._tokens) > _LONGEST:
            self.fail(f"more than {_LONGEST} names and signs, which nobody could read", self._tokens[_LONGEST].column)
        while self._next.kind != "end":
            self._one(self._take())
        self._finish(self._next.column)

    def fail(self, problem: str, column: int, kind: type[ArgumentError] = ArgumentError) -> NoReturn:
        """Raise an error that points at a column, counted from 1."""
        start = max(0, column - 60) if len(self.text) > 200 else 0
        line = self.text[start : start + 200]
        raise kind(
            f"{CALLER}: the equation for {self.label!r}, column {column + 1}: {problem}\n"
            f"  {line}\n  {' ' * (column - start)}^"
        )

    def column(self, offset: int) -> int:
        """The column of the text that a place in the Python source came from."""
        return next((column for begins, column in reversed(self._origins) if begins <= offset), 0)

    # Tokens.

    def _tokens_of(self, text: str) -> list[_Token]:
        found: list[_Token] = []
        for match in self._pattern().finditer(text):
            kind = match.lastgroup or "unknown"
            if kind == "unknown":
                self.fail(f"{match[0]!r} means nothing here", match.start())
            if kind in ("name", "along"):
                found.extend(self._split(kind, match[0], match.start()))
            elif kind != "space":
                found.append(_Token(kind, match[0], match.start()))
        return [*found, _Token("end", "", len(text))]

    def _pattern(self) -> re.Pattern[str]:
        cost = re.escape(pretty(self.of)) + "|" + re.escape(self.of)
        signs = "".join(map(re.escape, {*"-+−–*⊙·∘×/@^(),=√<>≤≥≠∧∨¬|[]:…Σ", *self.spelling.between}))
        raised = "".join(map(re.escape, _FROM_RAISED))
        axes = r"_(?:rows|columns|axis \d+|axes \d+(?:, \d+)*)(?!\w)"
        return re.compile(
            rf"(?P<gradient>[∂d](?:{cost})\s*/\s*[∂d]\w+|∇[ₐa](?:{cost}))"
            r"|(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+|[½⅓¼∞])"
            r'|(?P<quoted>"[^"]*")'
            rf"|(?P<ones>{_ONES}[₀-₉]*(?:{_BY}[₀-₉]+)*)"
            rf"|(?P<raised>[{raised}]+)"
            r"|(?P<lowered>[₀-₉]+)"
            rf"|(?P<along>(?:Σ|[^\W\d_ᵀΣ]{{1,40}}){axes})"
            rf"|(?P<mark>\*\*|\.T(?!\w)|ᵀ|<=|>=|==|!=|_\[|\.\.\.|[{signs}]|['′\u2019])"
            r"|(?P<name>(?:∂?|_)[^\W\d_ᵀ](?:(?!_\[)[^\WᵀΣ])*(?:\.(?!T(?!\w))_?[^\W\d_]\w*)*)"
            r"|(?P<space>\s+)|(?P<unknown>.)",
            re.DOTALL,
        )

    def _split(self, kind: str, text: str, column: int) -> list[_Token]:
        """A name, or a name and what it is raised to: x² is a power where there is no tensor of layer 2."""
        if self._known(text) is not None:
            return [_Token("name", text, column)]
        base = text.rstrip("".join(_FROM_RAISED))
        if base == text or not base:
            return [_Token(kind, text, column)]
        return [*self._split(kind, base, column), _Token("raised", text[len(base) :], column + len(base))]

    def _known(self, text: str) -> str | None:
        name = spelled(text, self.of)
        return name if name in self.names else None

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    # What is written into the Python source.

    def _put(self, piece: str, column: int) -> None:
        self._origins.append((self._length, column))
        self.pieces.append(piece)
        self._length += len(piece)

    def _mean(self, meaning: Any, column: int) -> None:
        """An identifier that stands for `meaning`."""
        self.meanings.append(meaning)
        self._put(f"v{len(self.meanings) - 1}", column)
        self._operand = True

    def _open(self, kind: str, column: int, bracket: str = "(", parameters: tuple[str, ...] = ()) -> None:
        self._groups.append(_Group(kind, column, parameters))
        if len(self._groups) > _DEEPEST:
            self.fail(f"more than {_DEEPEST} levels of parentheses", column)
        self._put(bracket, column)
        self._operand = False

    def _end(self, column: int, *kinds: str) -> None:
        """Close what a Σ or a function without parentheses took in."""
        while self._groups and self._groups[-1].kind in kinds:
            self._groups.pop()
            self._put(")", column)

    def _inside(self, *kinds: str) -> bool:
        return bool(self._groups) and self._groups[-1].kind in kinds

    def _finish(self, column: int) -> None:
        if not self._operand:
            self.fail("the equation ends too early", column)
        self._end(column, "total", "function")
        if self._groups:
            group = self._groups[-1]
            what = {"bars": "bar", "index": "bracket", "list": "bracket", "indexed": "bracket"}.get(
                group.kind, "parenthesis"
            )
            self.fail(f"the {what} opened in column {group.column + 1} is never closed", column)

    # Token by token.

    def _one(self, token: _Token) -> None:
        if token.kind == "raised":
            self._raised(token)
        elif token.kind == "lowered":
            self._after(token)
            self._put(f".P{token.text.translate(FROM_LOWERED)}", token.column)
        elif token.kind == "mark" and token.text not in _PREFIXES:
            self._sign(token)
        else:
            self._beside(token.column)
            self._begin(token)

    def _beside(self, column: int) -> None:
        """Before something that is multiplied with what stands on its left."""
        if self._operand:
            self._end(column, "function")
            self._put(_BESIDE, column)
        self._operand = False

    def _begin(self, token: _Token) -> None:
        """A name, a number, a function: what an operand begins with."""
        text, column = token.text, token.column
        name = self._known(text)
        if self._next.text == "=" and self._inside("call") and text in self._groups[-1].parameters:
            self._put(f"{text}=", column)
            self._take()
        elif token.kind == "quoted":
            self._mean(Term("text", text[1:-1]), column)
        elif token.kind == "number":
            value: Any = _VALUES.get(text)
            self._mean(
                Term("number", value if value is not None else int(text) if text.isdigit() else float(text)), column
            )
        elif token.kind == "ones":
            sizes = re.findall("[₀-₉]+", text)
            self._mean(Term("ones", tuple(int(each.translate(FROM_LOWERED)) for each in sizes)), column)
        elif name is not None:
            if self._next.text in _PRIMES:
                self.fail(f"{text} is not a function, so it has no derivative {text}′", column)
            self._mean(Term("name", name), column)
        elif text in _PLAIN and self._inside("call", "index", "indexed", "group"):
            self._put(str(_PLAIN[text]), column)
            self._operand = True
        elif text == "nan":
            self._mean(Term("number", math.nan), column)
        else:
            self._function(token)

    def _function(self, token: _Token) -> None:
        text, column = token.text, token.column
        if text == "e" and (self._next.kind == "raised" or self._next.text in ("^", _POWER)):
            self._mean(Term("e"), column)
        elif text == "onehot" and self._next.text == "(":
            self._mean(Term(text), column)
            self._open("call", self._take().column)
        elif token.kind == "along":
            self._called(token, *self._axes(text))
        elif self._next.text in _PRIMES:
            op = self.spelling.prime(text)
            if op is None and self.spelling.meant(text):
                self.fail(f"{text} has no derivative of its own to write with ′", column)
            elif op is None:
                self._unknown(text, column)
            else:
                self._take()
                if self._next.text != "(":
                    self.fail(f"expected '(' after {text}′", self._next.column)
                self._called(token, text, None, op)
        else:
            self._called(token, text, None)

    def _axes(self, text: str) -> tuple[str, Any]:
        word, _, axes = text.partition("_")
        numbers = tuple(int(each) for each in re.findall(r"\d+", axes))
        return word, {"rows": 0, "columns": 1}.get(axes, numbers if len(numbers) > 1 else sum(numbers))

    def _called(self, token: _Token, word: str, axis: Any, prime: Operation | None = None) -> None:
        """A function: with its arguments in parentheses, or before the one that follows."""
        column = token.column
        ops = (prime,) if prime else tuple(self.spelling.meant(word))
        if word in _PREFIXES and not ops:
            ops = (self.spelling.whole[_PREFIXES[word]],)
        if not ops:
            self._unknown(word, column)
        self._mean(_Called(word, ops, axis, prime is not None), column)
        parameters = tuple({name for op in ops for name in op.parameters})
        if self._next.text == "_[":
            self._open("indexed", self._take().column, "[", parameters)
        elif self._next.text == "(" and word not in _PREFIXES:
            self._open("call", self._take().column, parameters=parameters)
        elif self._next.kind == "end" or self._next.text in (")", "]", ","):
            self.fail(f"{word} is a function: write {word}(…)", column)
        else:
            self._open("total" if word == "Σ" else "function", column)

    def _unknown(self, text: str, column: int) -> NoReturn:
        near = ", ".join(sorted(map(shown, self.names)))
        self.fail(
            f"there is no {text!r}; the names are {near}, and functions such as σ(…), σ′(…), sum(…)",
            column,
            UnknownError,
        )

    # Signs.

    def _sign(self, token: _Token) -> None:
        text, column = token.text, token.column
        if text in ("(", "[", "_["):
            self._opening(token)
        elif text in (")", "]", ","):
            self._closing(token)
        elif text == "|":
            self._bar(column)
        elif text in (":", "…", "...") and self._inside("index", "indexed"):
            self._put(":" if text == ":" else "...", column)
            self._operand = text != ":"
        elif text in ("^", _POWER) and [each.text for each in self._tokens[self._at : self._at + 3]] == ["(", "T", "("]:
            self._after(token)
            self._reordered(token)
        elif text in (".T", "ᵀ") or (text in ("^", _POWER) and self._next.text == "T" and self._known("T") is None):
            self._after(token)
            if text in ("^", _POWER):
                self._take()
            self._put(".T", column)
        elif text in ("^", _POWER):
            self._after(token)
            self._put(_POWER, column)
            self._operand = False
        else:
            self._between(token, SIGNS.get(text, text))

    def _after(self, token: _Token) -> None:
        """A sign that needs something on its left."""
        if not self._operand:
            self.fail(f"unexpected {token.text!r}", token.column)

    def _reordered(self, token: _Token) -> None:
        """A transpose that says how: x^(T(2,0,1))."""
        self._at += 3
        axes = []
        while self._next.text != ")" and self._next.kind != "end":
            sign = -1 if self._next.text in ("-", "−") and self._take() else 1
            number = self._take()
            if number.kind != "number" or not number.text.isdigit():
                self.fail("the axes of a transpose are whole numbers", number.column)
            axes.append(sign * int(number.text))
            if self._next.text == ",":
                self._take()
        for _ in range(2):
            if self._take().text != ")":
                self.fail("expected ')' after the axes of a transpose", token.column)
        self._put(f".T{len(self.meanings)}", token.column)
        self.meanings.append(tuple(axes))

    def _raised(self, token: _Token) -> None:
        self._after(token)
        plain = "".join(_FROM_RAISED[each] for each in token.text)
        inner = [_Token(each.kind, each.text, token.column) for each in self._tokens_of(plain)[:-1]]
        signs = (_Token("mark", each, token.column) for each in (_POWER, "(", ")"))
        power, opened, closed = signs
        self._tokens[self._at : self._at] = [power, opened, *inner, closed]

    def _opening(self, token: _Token) -> None:
        text, column = token.text, token.column
        attached = self._operand and not self.text[column - 1 : column].isspace()
        if text == "_[" or (text == "[" and attached):
            self._after(token)
            self._open("index", column, "[")
        else:
            self._beside(column)
            self._open("list" if text == "[" else "group", column, text)

    def _closing(self, token: _Token) -> None:
        text, column = token.text, token.column
        empty = bool(self.pieces) and self.pieces[-1][-1] in "([:"
        several = text == ")" and self._inside("group") and (empty or self.pieces[-1] == ",") and self._stating()
        if not self._operand and not several and not (empty and self._inside("call", "index", "indexed")):
            self.fail(f"unexpected {text!r}", column)
        self._end(column, "total", "function")
        if text == "]" and self.pieces[-1] == "[":
            self._put("()", column)
        kinds = {
            ")": ("group", "call"),
            "]": ("index", "list", "indexed"),
            ",": ("call", "index", "indexed", "list", "group"),
        }[text]
        if not self._inside(*kinds):
            opened = self._groups[-1] if self._groups else None
            if opened is None:
                self.fail(f"unexpected {text!r}", column)
            self.fail(f"expected the end of what was opened in column {opened.column + 1}, found {text!r}", column)
        self._put(text, column)
        self._operand = text != ","
        closed = self._groups.pop() if text != "," else None
        if closed is not None and closed.kind == "indexed" and self._next.text == "(":
            self._open("call", self._take().column, parameters=closed.parameters)

    def _stating(self) -> bool:
        """Whether what is open is the value of a parameter: shape = () or (3,)."""
        opened = len(self.pieces) - 1 - self.pieces[::-1].index("(")
        return opened > 0 and self.pieces[opened - 1][-1:] in ("=", "(", ",")

    def _bar(self, column: int) -> None:
        op = self.spelling.whole["|x|"]
        if self._operand and any(group.kind == "bars" for group in self._groups):
            self._end(column, "total", "function")
            if self._inside("bars"):
                self._groups.pop()
                self._put(")", column)
                return
        self._beside(column)
        self._mean(_Called("|", (op,)), column)
        self._open("bars", column)

    def _between(self, token: _Token, sign: str) -> None:
        """A sign between two operands, or the sign of the one that follows."""
        column = token.column
        if not self._operand:
            if sign not in ("+", "−"):
                self.fail(f"unexpected {token.text!r}", column)
            self._put(_PYTHON[sign], column)
            return
        if sign in _FACTORS:
            self._end(column, "function")
        else:
            self._end(column, "total", "function")
        if sign == "=" and not self._groups:
            self.fail(f"unexpected {token.text!r}: write only the right side", column)
        if sign in _PYTHON:
            self._put(_PYTHON[sign], column)
        elif sign in self.spelling.between:
            self._put(_OWN, column)
            self._mean(_Called(sign, (self.spelling.between[sign],)), column)
            self._put(_OWN, column)
        else:
            self.fail(f"unexpected {token.text!r}", column)
        self._operand = False


class _Terms:
    """The syntax tree that Python made of the source, as terms."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._spelling = source.spelling

    def _fail(self, problem: str, node: ast.expr) -> NoReturn:
        self._source.fail(problem, self._source.column(node.col_offset))

    def _meaning(self, node: ast.expr) -> Any:
        return self._source.meanings[int(node.id[1:])] if isinstance(node, ast.Name) else None

    def term(self, node: ast.expr, level: int) -> Term:
        """A node as a term."""
        if level > _LEVELS:
            self._fail(f"more than {_LEVELS} operations in each other, which nobody could read", node)
        reader = {
            ast.Name: self._name, ast.BinOp: self._binary, ast.UnaryOp: self._unary, ast.Attribute: self._transposed,
            ast.Call: self._call, ast.Compare: self._compared, ast.BoolOp: self._logic, ast.Subscript: self._index,
            ast.List: self._list, ast.Constant: self._constant,
        }.get(type(node))  # fmt: skip
        if reader is None:
            self._fail("this cannot be read", node)
        return reader(node, level + 1)

    def _name(self, node: Any, level: int) -> Term:
        meaning = self._meaning(node)
        if not isinstance(meaning, Term) or meaning.kind in ("e", "onehot", "text"):
            self._fail("this stands here without what it is applied to", node)
        return meaning

    def _binary(self, node: Any, level: int) -> Term:
        left, op = node.left, type(node.op)
        if op is ast.LShift and isinstance(left, ast.BinOp) and isinstance(self._meaning(left.right), _Called):
            one = self.term(left.left, level)
            return call(self._meaning(left.right).ops[0], one, self.term(node.right, level))
        meaning = self._meaning(left)
        if op is ast.Pow and isinstance(meaning, Term) and meaning.kind == "e":
            return call(self._spelling.whole["eˣ"], self.term(node.right, level))
        one, other = self.term(left, level), self.term(node.right, level)
        if op is ast.Mod:
            return Term("product", None, (one, other))
        if op is ast.Pow:
            return call(self._spelling.whole["xʸ"], one, other)
        if op is ast.MatMult:
            return call(self._spelling.whole["x y"], one, other)
        return call(self._spelling.between[_SIGN_OF[op]], one, other)

    def _unary(self, node: Any, level: int) -> Term:
        inner = self.term(node.operand, level)
        if isinstance(node.op, ast.UAdd):
            return inner
        negative = self._spelling.whole["−x"]
        twice = inner.kind == "call" and inner.head is negative and isinstance(node.operand, ast.UnaryOp)
        return inner.args[0] if twice else call(negative, inner)

    def _transposed(self, node: Any, level: int) -> Term:
        if node.attr[0] == "P":
            return self._part(node, int(node.attr[1:]), level)
        axes = self._source.meanings[int(node.attr[1:])] if node.attr[1:] else None
        return Term("turned", axes, (self.term(node.value, level),))

    def _part(self, node: Any, index: int, level: int) -> Term:
        """One result of an operation that has several: (divmod(x, y))₀."""
        whole = self.term(node.value, level)
        if whole.kind != "call" or not whole.head.parts:
            self._fail("this has one result, and no others to choose from", node)
        return Term("call", whole.head.part(index), whole.args, whole.params)

    def _compared(self, node: Any, level: int) -> Term:
        if len(node.ops) > 1:
            self._fail("two comparisons in a row", node.comparators[1])
        op = self._spelling.between[_SIGN_OF[type(node.ops[0])]]
        return call(op, self.term(node.left, level), self.term(node.comparators[0], level))

    def _logic(self, node: Any, level: int) -> Term:
        op = self._spelling.between[_SIGN_OF[type(node.op)]]
        found = self.term(node.values[0], level)
        for each in node.values[1:]:
            found = call(op, found, self.term(each, level))
        return found

    def _constant(self, node: Any, level: int) -> Term:
        return Term("none") if node.value is None else Term("truth", node.value)

    def _list(self, node: Any, level: int) -> Term:
        return Term("list", None, tuple(self.term(each, level) for each in node.elts))

    # Functions and indices.

    def _call(self, node: Any, level: int) -> Term:
        called = node.func
        if isinstance(called, ast.Subscript) and isinstance(self._meaning(called.value), _Called):
            template, arrays = self._template(called.slice, level)
            op = self._meaning(called.value).ops[0]
            stated = {each.arg: self._literal(each.arg, each.value) for each in node.keywords}
            args = (self.term(each, level) for each in node.args)
            return call(op, *args, *arrays, **stated, template=template)
        meaning = self._meaning(called)
        if isinstance(meaning, Term) and meaning.kind == "onehot":
            return Term("onehot", None, (self.term(node.args[0], level),))
        if not isinstance(meaning, _Called):
            self._fail("this cannot be read", node)
        given = [*node.args, *(each.value for each in node.keywords)]
        op = self._chosen(meaning, len(node.args))
        arguments, extra = self._sorted(op, node.args)
        params = {each.arg: self._literal(each.arg, each.value) for each in node.keywords}
        spare = [name for name in op.parameters if name not in params]
        if len(extra) > len(spare):
            self._fail(f"{op.name} takes {len(op.arguments)} argument(s)", extra[len(spare)])
        params |= {name: self._literal(name, value) for name, value in zip(spare, extra, strict=False)}
        if meaning.axis is not None:
            params["axis"] = meaning.axis
        self._complete(op, meaning, len(arguments), params, node if not given else called)
        terms = tuple(self.term(each, level) for each in arguments)
        return Term("prime" if meaning.prime else "call", op, terms, tuple(params.items()))

    def _chosen(self, meaning: _Called, count: int) -> Operation:
        """Of the operations of one word the one that takes so many arguments: max x or max(x, y)."""
        fitting = (
            op
            for op in meaning.ops
            if op.variadic or len(op.arguments) - len(op.optional) <= count <= len(op.arguments)
        )
        return next(fitting, meaning.ops[0])

    def _sorted(self, op: Operation, args: list[Any]) -> tuple[list[Any], list[Any]]:
        count = len(args) if op.variadic else len(op.arguments)
        return args[:count], args[count:]

    def _complete(self, op: Operation, meaning: _Called, count: int, params: dict[str, Any], node: ast.expr) -> None:
        least = len(op.arguments) - op.variadic - len(op.optional)
        if count < least:
            self._fail(f"{meaning.word} takes {len(op.arguments)} argument(s), not {count}", node)
        if unknown := [name for name in params if name not in op.parameters]:
            self._fail(f"{meaning.word} has no {', '.join(unknown)}", node)
        if missing := [name for name in op.parameters if name not in params and name not in op.defaults]:
            self._fail(f"{meaning.word} needs {', '.join(missing)}=", node)

    def _literal(self, name: str, node: Any) -> Any:
        """A parameter: a plain number, a truth, None, a text in quotes, or several of them in parentheses."""
        if isinstance(node, ast.Tuple):
            return tuple(self._literal(name, each) for each in node.elts)
        if isinstance(node, ast.Constant) and not isinstance(node.value, str):
            return node.value
        sign = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        meaning = self._meaning(node.operand if sign else node)
        if isinstance(meaning, Term) and meaning.kind == "text" and not sign:
            return meaning.head
        if not isinstance(meaning, Term) or meaning.kind != "number" or isinstance(meaning.head, Fraction):
            self._fail(f"{name} must be a plain number", node)
        return -meaning.head if sign else meaning.head

    def _index(self, node: Any, level: int) -> Term:
        template, arrays = self._template(node.slice, level)
        return Term("index", template, (self.term(node.value, level), *arrays))

    def _template(self, node: Any, level: int) -> tuple[tuple[Any, ...], list[Term]]:
        """An index as the library keeps it: a template, and the arrays that stand in it."""
        template: list[Any] = []
        arrays: list[Term] = []
        for part in node.elts if isinstance(node, ast.Tuple) else (node,):
            if isinstance(part, ast.Slice):
                ends = (part.lower, part.upper, part.step)
                template.append(slice(*(None if end is None else self._literal("an index", end) for end in ends)))
            elif isinstance(part, ast.Constant) or isinstance(self._plain(part), int):
                template.append(part.value if isinstance(part, ast.Constant) else self._plain(part))
            else:
                template.append(ARRAY)
                arrays.append(self.term(part, level))
        return _paired(template, arrays)

    def _plain(self, node: Any) -> Any:
        sign = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        meaning = self._meaning(node.operand if sign else node)
        if not isinstance(meaning, Term) or meaning.kind != "number":
            return None
        return -meaning.head if sign else meaning.head


def _paired(template: list[Any], arrays: list[Term]) -> tuple[tuple[Any, ...], list[Term]]:
    """An index in which 0:n beside an array is every row in turn, as in z[0:n, y]; a slice from 0 is printed :n."""
    if not arrays:
        return tuple(template), arrays
    found: list[Any] = []
    terms, rest = [], iter(arrays)
    for part in template:
        if isinstance(part, slice) and part.start == 0 and part.stop is not None and part.step is None:
            terms.append(Term("counting", part.stop))
            found.append(ARRAY)
        else:
            found.append(part)
            terms += [next(rest)] if part is ARRAY else []
    return tuple(found), terms
