"""What goes wrong in equations of backpropagation: an equation varied in the ways in which they usually err.

The smallest variation that gives the right numbers is the diagnosis. Knows terms and how they are written. Must not
know the graph, nor what is right: that is asked of whoever calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from autograd_lite.errors import AutogradError
from autograd_lite.op import Operation
from autograd_lite.show.equations.spelling import Spelling, spelling
from autograd_lite.show.equations.terms import Reading, Term, UnfitError, call, evaluate, used
from autograd_lite.show.formula.counted import counted
from autograd_lite.show.formula.formula import Formula, Number, xp
from autograd_lite.show.formula.typeset import latex_to_text, to_latex
from autograd_lite.show.names import RAISED, pretty

GUESS = 6
"""The cost of putting any other name of the same shape: a guess, tried alone and last."""

# What is amiss with one summand of a gradient, and how much of it is to be added.
AMISS = (
    (1.0, "the term {} is missing"), (2.0, "the sign of the term {} is wrong"),
    (0.5, "a factor 2 is missing in the term {}"), (-1.0, "there is a factor 2 too much in the term {}"),
)  # fmt: skip


@dataclass(frozen=True)
class Slip:
    """A slip: how unlikely it is, the equation without it, and the slip in words."""

    cost: int
    corrected: Term
    how: str


class Slips:
    """The slips that equations over these names can have; `slopes` are the σ′(z) of the graph, `batch` says of what."""

    def __init__(
        self, names: dict[str, Formula], slopes: list[Term], reading: Reading, batch: bool, target: tuple[int, ...]
    ) -> None:
        self.names, self.reading, self.batch, self.target = names, reading, batch, target
        self.slopes = [slope for slope in slopes if used(slope) <= names.keys()]
        self._spelling: Spelling = spelling()

    def near(self, term: Term) -> list[Slip]:
        """Equations near this one, the likeliest first."""
        return sorted(self._everywhere(term), key=lambda slip: slip.cost)

    def _everywhere(self, term: Term) -> Iterator[Slip]:
        """The slips of a term, and those of its parts."""
        for slips in (self._slope, self._name, self._turned, self._sum, self._pair, self._prime):
            yield from slips(term)
        for i, arg in enumerate(term.args):
            for slip in self._everywhere(arg):
                yield replace(slip, corrected=replace(term, args=(*term.args[:i], slip.corrected, *term.args[i + 1 :])))

    def shape(self, term: Term) -> tuple[int, ...] | None:
        """The shape of a term, or `None` where it has none."""
        try:
            return evaluate(term, self.names, self.reading, self.target).shape
        except (UnfitError, AutogradError):
            return None

    def _slope(self, term: Term) -> Iterator[Slip]:
        shape = self.shape(term)
        for slope in self.slopes:
            if shape == self.shape(slope):
                yield Slip(1, call(xp.multiply, term, slope), f"the factor {self.words(slope)} is missing")

    def _name(self, term: Term) -> Iterator[Slip]:
        if term.kind != "name":
            return
        shape = self.shape(term)
        for other, value in self.names.items():
            if other != term.head and _kind(other) == _kind(term.head):
                how = f"wrong layer: {_printed(term.head)} should be {_printed(other)}"
                yield Slip(3, replace(term, head=other), how)
            elif other != term.head and value.shape == shape and shape and not is_gradient(other):
                yield Slip(GUESS, replace(term, head=other), f"{_printed(term.head)} should be {_printed(other)}")

    def _turned(self, term: Term) -> Iterator[Slip]:
        written, shape = self.words(term), self.shape(term)
        vector = self.reading.columns and shape is not None and len(shape) == 1
        if term.kind == "turned":
            yield Slip(2, term.args[0], f"transposed: {written} should be {self.words(term.args[0])}")
        elif shape is None or len(shape) == 2 or vector:
            turned = Term("turned", None, (term,))
            yield Slip(2, turned, f"transposed: {written} should be {self.words(turned)}")

    def _sum(self, term: Term) -> Iterator[Slip]:
        shape = self.shape(term)
        if self.batch and (shape is None or (len(shape) == 2 and shape[0] > 1)):
            how = f"the sum over the examples (rows) of {self.words(term)} is missing"
            yield Slip(4, call(xp.sum, term, axis=0), how)
        if self.batch and term.kind == "call" and term.head is xp.sum and dict(term.params).get("axis") is None:
            how = "the sum should be over the examples (rows) only: sum(…, axis=0)"
            yield Slip(4, replace(term, params=(("axis", 0),)), how)

    def _pair(self, term: Term) -> Iterator[Slip]:
        if term.kind not in ("call", "product") or len(term.args) != 2:
            return
        left, right = term.args
        head = term.head if term.kind == "call" else xp.matmul
        if head in (xp.multiply, xp.matmul, xp.divide):
            yield Slip(5, left, f"the factor {self.words(right)} does not belong there")
            if head is not xp.divide:
                yield Slip(5, right, f"the factor {self.words(left)} does not belong there")
        if head in (xp.add, xp.subtract):
            yield from self._signs(head, left, right)
        if head is xp.matmul:
            yield from self._products(term, left, right)
        if head is xp.multiply:
            how = f"{self.words(term)} should be a matrix product (@), not element by element"
            yield Slip(4, call(xp.matmul, left, right), how)

    def _signs(self, head: Operation, left: Term, right: Term) -> Iterator[Slip]:
        other, sign = (xp.subtract, "−") if head is xp.add else (xp.add, "+")
        yield Slip(3, call(other, left, right), f"sign: {sign} before {self.words(right)}")
        yield Slip(5, left, f"the term {self.words(right)} does not belong there")
        rest = right if head is xp.add else call(xp.negative, right)
        yield Slip(5, rest, f"the term {self.words(left)} does not belong there")

    def _products(self, term: Term, left: Term, right: Term) -> Iterator[Slip]:
        written = self.words(term)
        yield Slip(3, call(xp.matmul, right, left), f"the factors of {written} are in the wrong order")
        how = f"{written} should be element by element (⊙), not a matrix product"
        yield Slip(4, call(xp.multiply, left, right), how)

    def _prime(self, term: Term) -> Iterator[Slip]:
        other = {"prime": "call", "call": "prime"}.get(term.kind)
        if other is None or len(term.args) != 1 or term.head.derivative is None:
            return
        changed = replace(term, kind=other)
        yield Slip(4, changed, f"{self.words(term)} should be {self.words(changed)}")

    # In words.

    def words(self, term: Term) -> str:
        """A term in words, also where its shapes do not fit."""
        if term.kind == "name":
            return latex_to_text(to_latex(self.names[term.head]))
        if term.kind == "number":
            return str(term.head)
        if term.kind == "ones":
            return f"ones{term.head}"
        inner = [self.words(arg) for arg in term.args]
        if term.kind == "turned":
            return f"({inner[0]})ᵀ" if re.search(rf"[ {_RAISED}]", inner[0]) else f"{inner[0]}ᵀ"
        if term.kind not in ("call", "prime", "product"):
            return f"{term.kind}({', '.join(inner)})"
        return self._applied(term, inner)

    def _applied(self, term: Term, inner: list[str]) -> str:
        grouped = [f"({text})" if " " in text else text for text in inner]
        sign = "" if term.kind == "product" else _SIGNS.get(term.head.symbol) or self._spelling.sign(term.head)
        if len(inner) == 2 and sign is not None:
            return f"{grouped[0]} {sign} {grouped[1]}"
        if term.head is xp.negative:
            return f"−{grouped[0]}"
        extra = "".join(f", {key}={value}" for key, value in term.params)
        return f"{self._spelling.word(term.head)}{'′' * (term.kind == 'prime')}({', '.join(inner)}{extra})"


_SIGNS = {"xʸ": "^", "@": "@"}
_RAISED = "".join(re.escape(raised) for plain, raised in RAISED.items() if plain.isdigit())


def is_gradient(name: str) -> bool:
    """Whether a name, in the one spelling, is that of a gradient."""
    return name.startswith(("d ", "delta", "∇"))


def _kind(name: str) -> str:
    """Names of a kind differ in their layer only; the input is the activation of layer 0."""
    return "a" if name == "x" else re.sub(r"[\d_]+$", "", name)


def _printed(name: str) -> str:
    return f"∂{pretty(name[2:])}" if name.startswith("d ") else pretty(name)


def constants(n: int | None) -> list[tuple[Number, str]]:
    """Factors that are forgotten, and how that is said; `n` is the number of examples."""
    found: list[tuple[Number, str]] = [
        (-1.0, "the sign is wrong"), (2.0, "a factor 2 is missing"), (0.5, "there is a factor 2 too much"),
        (-2.0, "the sign is wrong and a factor 2 is missing"),
        (-0.5, "the sign is wrong and there is a factor 2 too much"),
    ]  # fmt: skip
    if n is None or n < 2:
        return found
    whole = counted(n, n)
    batch: list[tuple[Number, str]] = [
        (1 / whole, f"off by 1/n: the mean over the n = {n} examples is missing"),
        (whole, f"off by n: the 1/n of the n = {n} examples is there once too often"),
    ]
    return [
        found[0], *batch, *((-c, f"{how}, and the sign is wrong") for c, how in batch), *found[1:],
        (1 / (2 * whole), f"off by 1/(2n), with n = {n} examples"),
        (2 * whole, f"off by 2n, with n = {n} examples"),
    ]  # fmt: skip
