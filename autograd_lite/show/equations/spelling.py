"""How operations are written by hand, taken from their notations: which word, sign or bracket means which of them.

A user's own operation can be read as soon as it is declared. Knows notations in plain text. Must not know what an
operation computes, nor how an equation is put together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from autograd_lite.op import REGISTRY, Operation
from autograd_lite.show.formula.typeset import latex_to_text

SIGNS = {
    "*": "⊙", "·": "⊙", "∘": "⊙", "×": "⊙", "-": "−", "–": "−", "^": "**", "==": "=", "<=": "≤", ">=": "≥", "!=": "≠",
}  # fmt: skip
"""What a keyboard or another book has for a sign of the library's."""

OTHER_WORDS = {"sigma": "σ", "Sigma": "Σ"}
"""Words for letters that are written for a function."""


@dataclass(frozen=True)
class Spelling:
    """The words of functions and of derivatives f′, the signs between two operands, and whole notations as printed."""

    functions: dict[str, list[Operation]] = field(default_factory=dict)
    primes: dict[str, Operation] = field(default_factory=dict)
    between: dict[str, Operation] = field(default_factory=dict)
    whole: dict[str, Operation] = field(default_factory=dict)

    def word(self, op: Operation) -> str:
        """The word that a function is called by in print: σ for the sigmoid."""
        return next((word for word, ops in self.functions.items() if ops[0] is op), op.name)

    def sign(self, op: Operation) -> str | None:
        """The sign between the operands of an operation, or `None` where it has none."""
        return next((sign for sign, each in self.between.items() if each is op), None)

    def prime(self, word: str) -> Operation | None:
        """The operation whose derivative f′ a word means."""
        return self.primes.get(OTHER_WORDS.get(word, word))

    def meant(self, word: str) -> list[Operation]:
        """The operations that a word can mean, the one that prints it first."""
        return self.functions.get(OTHER_WORDS.get(word, word), [])


def spelling() -> Spelling:
    """The table for the operations there are now.

    >>> from autograd_lite.show.equations.spelling import spelling
    >>> table = spelling()
    >>> [op.name for op in table.meant("ln")], table.between["⊙"].name, table.whole["xᵀ"].name
    (['log'], 'multiply', 'transpose')
    """
    return _table(tuple(REGISTRY.values()))


@lru_cache(2)
def _table(registered: tuple[Operation, ...]) -> Spelling:
    table = Spelling()
    called: list[tuple[str, Operation]] = []  # what only composed operations are called by, which no formula prints
    for op in registered:
        names = op.arguments
        text = latex_to_text(op.notation.format_map({name: name for name in names}))
        table.whole.setdefault(text, op)
        if len(names) == 2 and (sign := re.fullmatch(rf"{names[0]} ?([^\w\s]) ?{names[1]}", text)):
            table.between.setdefault(sign[1], op)
        listed = ", ".join(names[: len(names) - (op.variadic and not op.joins)])
        if word := re.fullmatch(rf"(\w+) ?(?:{listed}|\({listed}\))", text):
            if op.composed and word[1] in REGISTRY:
                called.append((word[1], op))
            else:
                table.functions.setdefault(word[1], []).append(op)
        if op.prime is not None and op.derivative is not None:
            prime = latex_to_text(op.prime.format_map({name: name for name in names}))
            if word := re.fullmatch(rf"(\w+)′ ?(?:{listed}|\({listed}\))", prime):
                table.primes.setdefault(word[1], op)
    for op in registered:  # what is printed comes before what it is called in Python
        table.functions.setdefault(op.name, [])
        if op not in table.functions[op.name]:
            table.functions[op.name].append(op)
        if op.derivative is not None:
            table.primes.setdefault(op.name, op)
    for name, op in called:
        if op not in table.functions[name]:
            table.functions[name].append(op)
    return table
