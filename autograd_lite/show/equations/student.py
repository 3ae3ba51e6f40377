r"""A student's own equations against the graph: read, evaluated, compared, and where one is wrong, how.

An equation is read by the parser of this file, never by Python. A wrong one is varied in the ways in which equations
of backpropagation usually go wrong; the smallest variation that gives the right numbers is the diagnosis.

Knows names, operations, formulas, and the lines that `derive` finds. Must not know any derivative: what is right is
what the reverse pass computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy

from autograd_lite import display
from autograd_lite.diagnosis import FAILURES, diagnose
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, AutogradError
from autograd_lite.op import REGISTRY
from autograd_lite.show.equations.derive import Derivation, Names, agreement, derive
from autograd_lite.show.formula.counted import counted
from autograd_lite.show.formula.formula import Formula, Number, apply, derivative, number, symbol
from autograd_lite.show.formula.tidying import Tidier
from autograd_lite.show.formula.typeset import gradient_name, latex_name, latex_to_mathml, latex_to_text, to_latex
from autograd_lite.show.names import pretty, spelled

_CALLER = "check_equations()"
_DEEPEST = 40
_ANY = 6  # the cost of putting any other name of the same shape: a guess, tried alone and last
_TRIES = 4000
_LARGEST = 200_000  # elements over which pairs of corrections are not tried
_MOST_TENSORS = 1000  # in a graph that is derived to see what a gradient is the sum of

# What is amiss with one summand of a gradient, and how much of it is to be added.
_AMISS = (
    (1.0, "the term {} is missing"), (2.0, "the sign of the term {} is wrong"),
    (0.5, "a factor 2 is missing in the term {}"), (-1.0, "there is a factor 2 too much in the term {}"),
)  # fmt: skip

# Reading.


@dataclass(frozen=True)
class Term:
    """A part of an equation as it was written: a name, a number, or an operation on other parts."""

    kind: str  # "name", "number", "call", "prime", "transpose", "product" (written side by side)
    head: Any
    args: tuple[Term, ...] = ()
    params: tuple[tuple[str, Any], ...] = ()


_ALIASES = {
    "σ": "sigmoid", "sigma": "sigmoid", "ln": "log", "Σ": "sum", "abs": "absolute", "sqrt": "sqrt", "√": "sqrt",
    "T": "transpose",
}  # fmt: skip
_INFIX = {
    "+": "add", "-": "subtract", "−": "subtract", "–": "subtract", "*": "multiply", "⊙": "multiply", "·": "multiply",
    "∘": "multiply", "×": "multiply", "/": "divide", "@": "matmul", "**": "power", "^": "power",
}  # fmt: skip
_PRIMES = ("'", "′", "\u2019")
_FRACTIONS = {"½": Fraction(1, 2), "⅓": Fraction(1, 3), "¼": Fraction(1, 4)}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


class _Reader:
    """A recursive-descent parser of one equation's right side."""

    def __init__(self, label: str, text: str, names: dict[str, Formula], of: str) -> None:
        self.label, self.text, self.names, self.of = label, text, names, of
        cost = re.escape(pretty(of)) + "|" + re.escape(of)
        self.tokens: list[tuple[str, str, int]] = []
        pattern = re.compile(
            rf"(?P<gradient>[∂d](?:{cost})\s*/\s*[∂d]\w+|∇[ₐa](?:{cost}))"
            r"|(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+|[½⅓¼])"
            r"|(?P<raised>[⁰¹²³⁴-⁹]+)"
            r"|(?P<sum>Σ_(?:rows|columns)|Σ)"
            r"|(?P<sign>\*\*|\.T(?!\w)|ᵀ|[-+−–*⊙·∘×/@^(),=√]|['′\u2019])"
            r"|(?P<name>∂?[^\W\d_ᵀ](?:[^\WᵀΣ]*)(?:\.(?!T(?!\w))[^\W\d_]\w*)*)"
            r"|(?P<space>\s+)|(?P<unknown>.)"
        )
        for match in pattern.finditer(text):
            kind = match.lastgroup or "unknown"
            if kind == "unknown":
                self.fail(f"{match[0]!r} means nothing here", match.start())
            if kind != "space":
                self.tokens.append((kind, match[0], match.start()))
        self.tokens.append(("end", "", len(text)))
        self.at = 0
        self.depth = 0

    def fail(self, problem: str, column: int) -> None:
        """Raise an error that points at a column, counted from 1."""
        raise ArgumentError(
            f"{_CALLER}: the equation for {self.label!r}, column {column + 1}: {problem}\n"
            f"  {self.text}\n  {' ' * column}^"
        )

    def read(self) -> Term:
        if len(self.tokens) == 1:
            self.fail("there is no equation", 0)
        whole = self.sums()
        kind, text, column = self.tokens[self.at]
        if kind != "end":
            self.fail(f"unexpected {text!r}" + (": write only the right side" if text == "=" else ""), column)
        return whole

    def take(self, *texts: str) -> str | None:
        kind, text, _ = self.tokens[self.at]
        if kind == "sign" and text in texts:
            self.at += 1
            return text
        return None

    def need(self, text: str, opened: int) -> None:
        if self.take(text) is None:
            found = self.tokens[self.at]
            self.fail(
                f"expected {text!r} for the parenthesis opened in column {opened + 1}, found {found[1]!r}"
                if found[1]
                else f"the parenthesis opened in column {opened + 1} is never closed",
                found[2],
            )

    def sums(self) -> Term:
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail(f"more than {_DEEPEST} levels of parentheses", self.tokens[self.at][2])
        left = self.products()
        while sign := self.take("+", "-", "−", "–"):
            left = Term("call", _INFIX[sign], (left, self.products()))
        self.depth -= 1
        return left

    def products(self) -> Term:
        left = self.unary()
        while True:
            if sign := self.take("*", "⊙", "·", "∘", "×", "/", "@"):
                left = Term("call", _INFIX[sign], (left, self.unary()))
            elif self.starts():
                left = Term("product", None, (left, self.power()))
            else:
                return left

    def starts(self) -> bool:
        kind, text, _ = self.tokens[self.at]
        return kind in ("name", "gradient", "number", "sum") or (kind == "sign" and text in ("(", "√"))

    def unary(self) -> Term:
        signs = 0
        while sign := self.take("-", "−", "–", "+"):
            signs += sign != "+"
        inner = self.power()
        return Term("call", "negative", (inner,)) if signs % 2 else inner

    def power(self) -> Term:
        base = self.atom()
        while True:
            kind, text, _ = self.tokens[self.at]
            if kind == "raised":
                self.at += 1
                base = Term("call", "power", (base, Term("number", int(text.translate(_RAISED)))))
            elif self.take(".T", "ᵀ"):
                base = Term("transpose", None, (base,))
            elif self.take("**", "^"):
                following = self.tokens[self.at]
                if following[0] == "name" and following[1] == "T":
                    self.at += 1
                    base = Term("transpose", None, (base,))
                else:
                    base = Term("call", "power", (base, self.unary()))
            else:
                return base

    def atom(self) -> Term:
        kind, text, column = self.tokens[self.at]
        if kind == "end":
            self.fail("the equation ends too early", column)
        self.at += 1
        if kind == "number":
            value: Any = _FRACTIONS.get(text)
            if value is None:
                value = int(text) if text.isdigit() else float(text)
            return Term("number", value)
        if kind == "sum":
            axis = {"Σ": None, "Σ_rows": 0, "Σ_columns": 1}[text]
            self.depth += 1
            inner = self.products()
            self.depth -= 1
            return Term("call", "sum", (inner,), (("axis", axis),))
        if kind == "sign" and text == "(":
            inner = self.sums()
            self.need(")", column)
            return inner
        if kind == "sign" and text == "√":
            return Term("call", "sqrt", (self.power(),))
        if kind not in ("name", "gradient"):
            self.fail(f"unexpected {text!r}", column)
        name = self.known(text)
        if name is not None:
            if self.take(*_PRIMES):
                self.fail(f"{text} is not a function, so it has no derivative {text}′", column)
            return Term("name", name)
        called = _ALIASES.get(text, text)
        following = self.tokens[self.at][1]
        if called in REGISTRY and following in ("(", *_PRIMES):
            return self.call(called, column)
        self.unknown(text, column)
        raise AssertionError  # unknown() has raised

    def known(self, text: str) -> str | None:
        for spelling in (text, text.rstrip("⁰¹²³⁴⁵⁶⁷⁸⁹")):
            name = spelled(spelling, self.of)
            if name in self.names:
                if spelling != text:  # x² is a power where there is no tensor of layer 2
                    self.at -= 1
                    kind, whole, column = self.tokens[self.at]
                    cut = column + len(spelling)
                    self.tokens[self.at : self.at + 1] = [
                        (kind, spelling, column), ("raised", whole[len(spelling) :], cut),
                    ]  # fmt: skip
                    self.at += 1
                return name
        return None

    def unknown(self, text: str, column: int) -> None:
        if text in REGISTRY or text in _ALIASES:
            self.fail(f"{text} is a function: write {text}(…)", column)
        near = sorted(_shown(name) for name in self.names)
        there = f"the names are {', '.join(near)}, and functions such as σ(…), σ′(…), sum(…)"
        self.fail(f"there is no {text!r}; {there}", column)

    def call(self, name: str, column: int) -> Term:
        prime = self.take(*_PRIMES) is not None
        op = REGISTRY[name]
        if prime and op.derivative is None:
            self.fail(f"{name} has no derivative of its own to write with ′", column)
        opened = self.tokens[self.at][2]
        if self.take("(") is None:
            self.fail(f"expected '(' after {name}{'′' * prime}", opened)
        args: list[Term] = []
        params: dict[str, Any] = {}
        while self.take(")") is None:
            here = self.tokens[self.at]
            if args or params:
                if self.take(",") is None:
                    self.need(")", opened)
                    break
                here = self.tokens[self.at]
            if here[0] == "name" and here[1] in op.parameters and self.tokens[self.at + 1][1] == "=":
                self.at += 2
                params[here[1]] = self.parameter(here[1])
            elif len(args) >= len(op.arguments) and not op.variadic:
                spare = [p for p in op.parameters if p not in params]
                if not spare:
                    self.fail(f"{name} takes {len(op.arguments)} argument(s)", here[2])
                params[spare[0]] = self.parameter(spare[0])
            else:
                args.append(self.sums())
        if len(args) < len(op.arguments) - op.variadic:
            self.fail(f"{name} takes {len(op.arguments)} argument(s), not {len(args)}", column)
        missing = [p for p in op.parameters if p not in params and p not in op.defaults]
        if missing:
            self.fail(f"{name} needs {', '.join(missing)}=", column)
        return Term("prime" if prime else "call", name, tuple(args), tuple(params.items()))

    def parameter(self, name: str) -> Any:
        negative = self.take("-", "−") is not None
        kind, text, column = self.tokens[self.at]
        self.at += 1
        if kind == "name" and text in ("True", "False", "None") and not negative:
            return {"True": True, "False": False, "None": None}[text]
        if kind != "number" or text in _FRACTIONS:
            self.fail(f"{name} must be a plain number", column)
        value = int(text) if text.isdigit() else float(text)
        return -value if negative else value


def _shown(name: str) -> str:
    if name.startswith("d "):
        return "d" + name[2:]
    return "δ" + name[5:] if name.startswith("delta") else name


# Evaluating.


class _UnfitError(Exception):
    """Shapes that do not fit, in words."""


def _evaluate(term: Term, names: dict[str, Formula]) -> Formula:
    if term.kind == "name":
        return names[term.head]
    if term.kind == "number":
        return number(term.head)
    args = tuple(_evaluate(arg, names) for arg in term.args)
    if term.kind == "transpose":
        return args[0] if args[0].ndim < 2 else apply(REGISTRY["transpose"], args, {"axes": None})
    if term.kind == "prime":
        return derivative(REGISTRY[term.head], args[0], apply(REGISTRY[term.head], args, {}))
    op = REGISTRY[term.head] if term.kind == "call" else REGISTRY["matmul"]
    if op.name == "matmul" and not (args[0].ndim and args[1].ndim):
        op = REGISTRY["multiply"]
    params = {**op.defaults, **dict(term.params)}
    try:
        found = apply(op, args, params)
    except FAILURES as error:
        if isinstance(error, AutogradError):
            raise
        raise _UnfitError(str(diagnose(op, [arg.value for arg in args], params, error)).partition(": ")[2]) from error
    if found.number is None and any(arg.ndim == 2 for arg in args) and _outer(op.name, args):
        raise _UnfitError(f"{args[0].shape} {op.symbol} {args[1].shape} spreads a column over a row")
    return found


def _outer(name: str, args: tuple[Formula, ...]) -> bool:
    """Whether + or − met a column and a row, which NumPy spreads and mathematics refuses."""
    if name not in ("add", "subtract") or len(args) != 2:
        return False
    one, other = args[0].shape, args[1].shape
    return len(one) == len(other) == 2 and one[0] != other[0] and one[1] != other[1]


# What goes wrong in equations of backpropagation.


def _corrections(
    term: Term, names: dict[str, Formula], slopes: list[tuple[str, Term]], batch: bool
) -> Iterator[tuple[int, Term, str]]:
    """Equations near this one: how unlikely the slip is, the corrected equation, and the slip in words."""
    written = _words(term, names)
    shape = _shape(term, names)
    for shown, slope in slopes:
        if shape == _shape(slope, names):
            yield 1, Term("call", "multiply", (term, slope)), f"the factor {shown} is missing"
    if term.kind == "name":
        for other, value in names.items():
            if other != term.head and _kind(other) == _kind(term.head):
                what = "wrong layer: "
                yield 3, replace(term, head=other), f"{what}{_name(term.head)} should be {_name(other)}"
            elif other != term.head and value.shape == shape and shape and not _slope(other):
                yield _ANY, replace(term, head=other), f"{_name(term.head)} should be {_name(other)}"
    if term.kind == "transpose":
        yield 2, term.args[0], f"transposed: {written} should be {_words(term.args[0], names)}"
    elif shape is None or len(shape) == 2:
        turned = Term("transpose", None, (term,))
        yield 2, turned, f"transposed: {written} should be {_words(turned, names)}"
    if batch and (shape is None or (len(shape) == 2 and shape[0] > 1)):
        summed = Term("call", "sum", (term,), (("axis", 0),))
        yield 4, summed, f"the sum over the examples (rows) of {written} is missing"
    if batch and term.kind == "call" and term.head == "sum" and dict(term.params).get("axis") is None:
        yield 4, replace(term, params=(("axis", 0),)), "the sum should be over the examples (rows) only: sum(…, axis=0)"
    if term.kind in ("call", "product") and len(term.args) == 2:
        left, right = term.args
        head = term.head if term.kind == "call" else "matmul"
        if head in ("multiply", "matmul", "divide"):
            yield 5, left, f"the factor {_words(right, names)} does not belong there"
            if head != "divide":
                yield 5, right, f"the factor {_words(left, names)} does not belong there"
        if head in ("add", "subtract"):
            other = "subtract" if head == "add" else "add"
            sign = "−" if other == "subtract" else "+"
            yield 3, Term("call", other, (left, right)), f"sign: {sign} before {_words(right, names)}"
            yield 5, left, f"the term {_words(right, names)} does not belong there"
            rest = right if head == "add" else Term("call", "negative", (right,))
            yield 5, rest, f"the term {_words(left, names)} does not belong there"
        if head == "matmul":
            yield 3, Term("call", "matmul", (right, left)), f"the factors of {written} are in the wrong order"
            how = f"{written} should be element by element (⊙), not a matrix product"
            yield 4, Term("call", "multiply", (left, right)), how
        if head == "multiply":
            how = f"{written} should be a matrix product (@), not element by element"
            yield 4, Term("call", "matmul", (left, right)), how
    if term.kind == "prime":
        yield 4, replace(term, kind="call"), f"{written} should be {_words(replace(term, kind='call'), names)}"
    elif term.kind == "call" and len(term.args) == 1 and REGISTRY[term.head].derivative is not None:
        primed = replace(term, kind="prime")
        yield 4, primed, f"{written} should be {_words(primed, names)}"
    for i, arg in enumerate(term.args):
        for cost, corrected, how in _corrections(arg, names, slopes, batch):
            yield cost, replace(term, args=(*term.args[:i], corrected, *term.args[i + 1 :])), how


def _slope(name: str) -> bool:
    return name.startswith(("d ", "delta", "∇"))


def _kind(name: str) -> str:
    """Names of a kind differ in their layer only; the input is the activation of layer 0."""
    return "a" if name == "x" else re.sub(r"[\d_]+$", "", name)


def _name(name: str) -> str:
    return f"∂{pretty(name[2:])}" if name.startswith("d ") else pretty(name)


def _shape(term: Term, names: dict[str, Formula]) -> tuple[int, ...] | None:
    try:
        return _evaluate(term, names).shape
    except (_UnfitError, AutogradError):
        return None


def _words(term: Term, names: dict[str, Formula]) -> str:
    """A term in words, also where its shapes do not fit."""
    if term.kind == "name":
        return latex_to_text(names[term.head].latex or to_latex(names[term.head]))
    if term.kind == "number":
        return str(term.head)
    inner = [_words(arg, names) for arg in term.args]
    grouped = [f"({text})" if " " in text else text for text in inner]
    if term.kind == "transpose":
        return f"({inner[0]})ᵀ" if re.search(r"[ ⁰¹²³⁴-⁹]", inner[0]) else f"{inner[0]}ᵀ"
    symbols = {"add": "+", "subtract": "−", "multiply": "⊙", "divide": "/", "power": "^", "matmul": "@"}
    if len(inner) == 2 and (term.kind == "product" or term.head in symbols):
        return f"{grouped[0]} {symbols.get(term.head or 'matmul', '')} {grouped[1]}"
    if term.head == "negative":
        return f"−{grouped[0]}"
    called = {"sigmoid": "σ", "log": "ln"}.get(term.head, term.head)
    extra = "".join(f", {key}={value}" for key, value in term.params)
    return f"{called}{'′' * (term.kind == 'prime')}({', '.join(inner)}{extra})"


def _constants(n: int | None) -> list[tuple[Number, str]]:
    found: list[tuple[Number, str]] = [
        (-1.0, "the sign is wrong"), (2.0, "a factor 2 is missing"), (0.5, "there is a factor 2 too much"),
        (-2.0, "the sign is wrong and a factor 2 is missing"),
        (-0.5, "the sign is wrong and there is a factor 2 too much"),
    ]  # fmt: skip
    if n is not None and n > 1:
        whole = counted(n, n)
        batch: list[tuple[Number, str]] = [
            (1 / whole, f"off by 1/n: the mean over the n = {n} examples is missing"),
            (whole, f"off by n: the 1/n of the n = {n} examples is there once too often"),
        ]
        found = [
            found[0], *batch, *((-c, f"{how}, and the sign is wrong") for c, how in batch), *found[1:],
            (1 / (2 * whole), f"off by 1/(2n), with n = {n} examples"),
            (2 * whole, f"off by 2n, with n = {n} examples"),
        ]  # fmt: skip
    return found


# The report.


@dataclass(frozen=True, repr=False)
class EquationRow:
    """One equation's verdict: `right`, how it is wrong, its largest difference, and a corrected equation."""

    name: str
    equation: str
    right: bool
    how: str
    difference: float
    shape: tuple[int, ...]
    corrected: str
    latex: str

    def __repr__(self) -> str:
        if self.right:
            return f"{self.name} = {self.equation}: right (± {self.difference:.1e})"
        return f"{self.name} = {self.equation}: {self.verdict}" + (f"; {self.corrected}" if self.corrected else "")

    @property
    def verdict(self) -> str:
        """`right`, or what is wrong; the word itself stands there once."""
        return "right" if self.right else self.how if re.search(r"\bwrong\b", self.how) else f"wrong: {self.how}"


@dataclass(frozen=True, repr=False)
class EquationReport:
    """What `check_equations` found, one row an equation; prints as a table."""

    rows: tuple[EquationRow, ...]

    @property
    def passed(self) -> bool:
        """Whether every equation is right."""
        return all(row.right for row in self.rows)

    def __getitem__(self, name: str) -> EquationRow:
        """The row of the equation given under `name`."""
        for row in self.rows:
            if name in (row.name, row.equation) or spelled(name, "C") == spelled(row.name, "C"):
                return row
        raise ArgumentError(f"there is no equation for {name!r}; there are {', '.join(row.name for row in self.rows)}")

    def _table(self) -> list[tuple[str, ...]]:
        rows = [("", "equation", "shape", "difference", "", "should be")]
        for row in self.rows:
            gap = f"{row.difference:.1e}" if numpy.isfinite(row.difference) else ""
            rows.append((row.name, row.equation, str(row.shape), gap, row.verdict, row.corrected))
        return [row if any(r[5] for r in rows[1:]) else row[:5] for row in rows]

    def __repr__(self) -> str:
        return display.text_table(self._table())

    def _repr_html_(self) -> str:
        rows: list[tuple[str, ...]] = [("equation", "shape", "difference", "", "should be")]
        for row in self.rows:
            verdict = f"{'✓' if row.right else '✗'} {row.verdict}"
            plain = f"{row.name} = {row.equation}"
            shown = display.Markup(latex_to_mathml(row.latex, "inline")) if row.latex else plain
            gap = f"{row.difference:.1e}" if numpy.isfinite(row.difference) else ""
            rows.append((shown, str(row.shape), gap, verdict, row.corrected))
        return display.html_table(rows, left=(0,))


def check_equations(loss: Tensor, equations: dict[str, str]) -> EquationReport:
    """Your own equations of the reverse pass, held against the gradients of the recorded graph of `loss`.

    `equations` maps what is computed to its right side: `"δ2"` (or `delta2`, `δ²`) is the gradient of `z2`, `"dW2"`
    (or `∂C/∂W2`) that of `W2`, and a tensor's own name its value. Right sides have the tensors' names, gradients, the
    number n of examples, `+ − * / @ **`, `.T`, parentheses, numbers, `sum(…)`, `σ(…)`, `σ′(…)` (or `sigma'`) and every
    registered operation; `*` and `⊙` are element by element, `@` or nothing between two names is the matrix product.
    One example's vectors are columns; in a batch examples are rows and shapes are those of the arrays.

    Returns a report that prints as a table. A wrong equation says how it is wrong: a factor σ′ missing, transposed,
    off by 1/n, the sign, another layer's activation, a term missing or too many. Raises `ArgumentError` for an
    unknown name or a mistake in writing, with its column, and `GraphError` where there is nothing to compare with, as
    `derive` does.

    Source: Nielsen, *Neural Networks and Deep Learning*, chapter 2, equations BP1 to BP4.

    >>> model = nn.MLP([3, 2], rng=0)
    >>> cost = nn.quadratic_cost(model(np.ones(3)), np.zeros(2))
    >>> check_equations(cost, {"δ1": "a1 - y", "dW1": "δ1 @ x.T"}).rows[0].how
    'the factor σ′(z¹) is missing'
    """
    if not isinstance(equations, dict) or not all(isinstance(v, str) for pair in equations.items() for v in pair):
        raise ArgumentError(
            f'{_CALLER}: equations must be a dict of strings, as in {{"dW2": "δ2 @ a1.T"}}, not {equations!r:.80}'
        )
    with numpy.errstate(all="ignore"):
        checker = _Checker(Names(loss, _CALLER))
        return EquationReport(tuple(checker.row(label, text) for label, text in equations.items()))


class _Checker:
    def __init__(self, graph: Names) -> None:
        self.graph = graph
        self.columns = graph.examples is None
        self.names: dict[str, Formula] = {}
        self.sources: dict[int, Tensor] = {}  # of a gradient: the tensor it is of
        self.slopes: list[tuple[str, Term]] = []
        of = graph.of
        for tensor in graph.tensors:
            given = graph.given.get(id(tensor))
            if given is None:
                continue
            value = self._oriented(symbol(latex_name(given), tensor._data))
            self.names[spelled(given, of)] = self.names[spelled(pretty(given), of)] = value
        for tensor in graph.tensors:
            given = graph.given.get(id(tensor))
            gradient = graph.gradients.get(tensor)
            if given is None or gradient is None:
                continue
            value = self._oriented(symbol(gradient_name(given, of), gradient))
            self.sources[id(value)] = tensor
            key = spelled("∂" + given, of)
            self.names.setdefault(key, value)
            self.names.setdefault(spelled("∂" + pretty(given), of), value)
            if id(tensor) in graph.activated:
                self._activation(tensor, given, value)
        if "x" in self.names:
            self.names.setdefault("a0", self.names["x"])
        if graph.examples:
            self.names.setdefault("n", number(counted(graph.examples, graph.examples)))
        else:
            self.names.setdefault("n", number(1))

    def _activation(self, tensor: Tensor, given: str, gradient: Formula) -> None:
        z = self.graph.activated.get(id(tensor))
        if z is None:
            return
        of = self.graph.of
        # The last activation of all is the network's output, whose gradient the chapter calls ∇ₐC.
        self.names[spelled(f"∇ₐ{pretty(of)}", of)] = self.names[spelled(f"∇ₐ{of}", of)] = gradient
        assert tensor.node is not None
        slope = Term("prime", tensor.node.op.name, (Term("name", spelled(self.graph.given[id(z)], of)),))
        self.slopes.append((_words(slope, self.names), slope))

    def _oriented(self, value: Formula) -> Formula:
        if self.columns and value.ndim == 1:
            return apply(REGISTRY["expand_dims"], (value,), {"axis": 1})
        return value

    def row(self, label: str, text: str) -> EquationRow:
        of = self.graph.of
        name = spelled(label, of)
        target = self.names.get(name)
        if target is None:
            known = ", ".join(sorted(_shown(each) for each in self.names))
            raise ArgumentError(f"{_CALLER}: there is no {label!r} in this graph to compare with; there are {known}")
        term = _Reader(label, text, self.names, of).read()
        left = latex_to_text(to_latex(target))
        try:
            found: Formula | None = _evaluate(term, self.names)
            problem = ""
        except _UnfitError as error:
            found, problem = None, f"the shapes do not fit: {error}"
        difference, shape, latex = float("inf"), self._plain(target.shape, target), ""
        if found is not None:
            wanted, shape = shape, self._plain(found.shape, target)
            latex = f"{to_latex(target)} = {self._latex(found)}"
            if found.shape != target.shape:
                problem = f"it has shape {shape}, but {left} has {wanted}"
            else:
                right, difference = self._agrees(found, target)
                if right:
                    return EquationRow(label, text, True, "", difference, shape, "", latex)
        how, corrected = self._diagnosis(term, found, target, name)
        if how is None:
            how = problem or self._worst(found, target)
        equation = f"{left} = {corrected}" if corrected else ""
        return EquationRow(label, text, False, how, difference, shape, equation, latex)

    def _plain(self, shape: tuple[int, ...], target: Formula) -> tuple[int, ...]:
        """The shape as `derive` gives it: the column that one example's vector is read as has that of the vector."""
        matrix = target.name != "expand_dims" and target.shape[1:] == (1,)
        return shape[:1] if self.columns and shape[1:] == (1,) and not matrix else shape

    def _latex(self, found: Formula) -> str:
        return to_latex(Tidier().tidy(found))

    def _agrees(self, found: Formula, target: Formula, factor: Number = 1.0) -> tuple[bool, float]:
        if factor != 1.0:
            found = apply(REGISTRY["multiply"], (number(factor), found), {})
        difference, tolerance, _ = agreement(found, target.value, self.graph.epsilon)
        return difference <= 4 * tolerance, difference

    def _worst(self, found: Formula | None, target: Formula) -> str:
        assert found is not None
        _, _, worst = agreement(found, target.value)
        yours, theirs = numpy.asarray(found.value)[worst], numpy.asarray(target.value)[worst]
        if target.name == "expand_dims":
            worst = worst[:1]
        return f"no single slip explains it: at element {worst} it gives {yours:.6g}, the reverse pass {theirs:.6g}"

    def _diagnosis(self, term: Term, found: Formula | None, target: Formula, name: str) -> tuple[str | None, str]:
        """The likeliest slip in words and the corrected equation, or `None` where none was found."""
        names = {key: value for key, value in self.names.items() if value is not target and key != name}
        names |= {key: self.names[key] for key in _used(term)}
        constants = _constants(self.graph.examples)
        if found is not None and found.shape == target.shape:
            for factor, how in constants:
                if self._agrees(found, target, factor)[0]:
                    return how, latex_to_text(self._latex(apply(REGISTRY["multiply"], (number(factor), found), {})))
        slopes = [(shown, slope) for shown, slope in self.slopes if _used(slope) <= names.keys()]
        singles = sorted(_corrections(term, names, slopes, not self.columns), key=lambda each: each[0])
        tried = 0
        once: list[tuple[Number, str]] = [(1.0, "")]
        for factors in (once, constants):
            for _, corrected, how in singles:
                answer = self._tried(corrected, names, target, factors)
                tried += 1
                if answer is not None:
                    also, text = answer
                    return (f"{how}; and {also}" if also else how), text
        whole, summands = self._summands(target)
        for summand, shown in summands:
            for factor, how in _AMISS:
                more = summand if factor == 1 else apply(REGISTRY["multiply"], (number(factor), summand), {})
                answer = self._tried(term, names, target, [(1.0, "")], more)
                if answer is not None:
                    return how.format(shown), answer[1] if factor == 1 else whole
        if target.size * len(singles) * len(summands) <= _LARGEST:
            for summand, shown in summands:
                for _, corrected, how in (c for c in singles if c[0] < _ANY):
                    answer = self._tried(corrected, names, target, [(1.0, "")], summand)
                    if answer is not None:
                        return f"{how}; and the term {shown} is missing", answer[1]
        if target.size * len(singles) <= _LARGEST:
            for _, slip, how in (c for c in singles if c[0] < _ANY):
                again = _corrections(slip, names, slopes, not self.columns)
                for _, twice, also in sorted((c for c in again if c[0] < _ANY), key=lambda each: each[0]):
                    tried += 1
                    if tried > _TRIES:
                        return None, ""
                    answer = self._tried(twice, names, target, [(1.0, "")])
                    if answer is not None:
                        return f"{how}; and {also}", answer[1]
        return None, ""

    @cached_property
    def _derivation(self) -> Derivation | None:
        if len(self.graph.tensors) > _MOST_TENSORS:
            return None
        try:
            return derive(self.graph.loss)
        except AutogradError:  # a graph that cannot be derived has gradients all the same
            return None

    def _summands(self, target: Formula) -> tuple[str, list[tuple[Formula, str]]]:
        """A gradient in text, and what it is the sum of: each in the shape of `target`, and in text."""
        lines = self._derivation.lines if self._derivation and id(target) in self.sources else ()
        line = next((line for line in lines if line.tensor is self.sources[id(target)]), None)
        summands = Tidier().summands(line.formula) if line is not None else []
        if line is None or len(summands) < 2:
            return "", []
        spread = REGISTRY["broadcast_to"]
        whole = [t if t.shape == line.shape else apply(spread, (t,), {"shape": line.shape}) for t in summands]
        shown = [latex_to_text(to_latex(t)) for t in summands]
        return line.text.partition(" = ")[2], list(zip(map(self._oriented, whole), shown, strict=True))

    def _tried(
        self, term: Term, names: dict[str, Formula], target: Formula, factors: list[tuple[Number, str]],
        more: Formula | None = None,
    ) -> tuple[str, str] | None:  # fmt: skip
        """What the equation, with `more` added, is to be multiplied by to be right, in words; and then it in text."""
        try:
            found = _evaluate(term, names)
        except (_UnfitError, AutogradError):
            return None
        if found.shape != target.shape or found.number is not None:
            return None
        if more is not None:
            found = apply(REGISTRY["add"], (found, more), {})
        for factor, how in factors:
            if self._agrees(found, target, factor)[0]:
                whole = found if factor == 1.0 else apply(REGISTRY["multiply"], (number(factor), found), {})
                return how, latex_to_text(self._latex(whole))
        return None


def _used(term: Term) -> set[str]:
    found: set[str] = set()
    stack = [term]
    while stack:
        part = stack.pop()
        if part.kind == "name":
            found.add(part.head)
        stack.extend(part.args)
    return found
