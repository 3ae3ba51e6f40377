"""A random program is data: lines in the named parts of a template, which print as runnable Python.

Knows how a program is written down and run, and how its failure is named. Must not know what programs are about.
"""

from __future__ import annotations

import contextlib
import re
import sys
import types
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

_PART = re.compile(r"^( *)<(\w+)>$")
NAME = re.compile(r"\b[a-z]+\d+\b")  # how the generators call their values: x0, w1, t12


@dataclass(frozen=True)
class Line:
    """One statement of a program, and simpler ones that may stand in its place, the simplest first."""

    text: str
    simpler: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A program of some subject, made from a seed."""

    subject: str
    seed: int
    template: str
    parts: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)

    def text(self) -> str:
        """The program as Python."""
        out = []
        for row in self.template.strip("\n").splitlines():
            part = _PART.match(row)
            if part is None:
                out.append(row)
                continue
            for line in self.parts[part[2]]:
                out += [part[1] + each for each in line.text.splitlines()]
        return "\n".join(out) + "\n"

    def with_part(self, name: str, lines: tuple[Line, ...]) -> Case:
        """The same program with other lines in one part."""
        return replace(self, parts={**self.parts, name: lines})

    def size(self) -> int:
        """How many lines were drawn."""
        return sum(len(lines) for lines in self.parts.values())


@dataclass(frozen=True)
class Failure:
    """What went wrong: its kind, by which two failures are told apart, and the words."""

    kind: str
    message: str


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings of NumPy and of the library: random programs overflow and average nothing."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def run(case: Case) -> Failure | None:
    """Run a program; nothing where it holds."""
    return run_text(case.text())


def run_text(text: str) -> Failure | None:
    """Run the text of a program: it holds where it raises nothing."""
    module = sys.modules["random_program"] = types.ModuleType("random_program")
    try:
        with quiet():
            exec(compile(text, "<random program>", "exec"), vars(module))  # noqa: S102 - it has just been generated
    except Exception as error:  # noqa: BLE001 - whatever a random program raises is what is looked for
        message = f"{type(error).__name__}: {error}"
        return Failure(_kind(error), "\n".join([message, *getattr(error, "__notes__", ())]))
    finally:
        del sys.modules["random_program"]
    return None


def _kind(error: Exception) -> str:
    """An assertion by its first words, other exceptions by their type and their words without names and numbers."""
    words = str(error).partition("\n")[0]
    if isinstance(error, AssertionError):
        return words.partition(":")[0]
    if isinstance(error, NameError | SyntaxError):
        return f"{type(error).__name__} {words}"
    return f"{type(error).__name__} {re.sub(r'[^a-zA-Z ]+', '', NAME.sub('', words))[:40]}".strip()


def shape_of(text: str) -> str:
    """A program without its names, numbers and arrays: two small programs of one shape show one fault."""
    without = re.sub(r"np\.(array|zeros|ones)\([\[\](), 0-9.e-]*('\w*')?\)|requires_grad=\w+", "A", text)
    return re.sub(r"-?\d+(\.\d*)?(e-?\d+)?", "0", NAME.sub("n", without))
