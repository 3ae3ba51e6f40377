"""Making a failing program small: leave out lines, write simpler ones, as long as it fails in the same way.

Knows programs as lines alone: what no longer runs fails in another way, and so is not taken.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from tests.fuzz.programs import NAME, Case, Failure, Line, run


def shrink(case: Case, failure: Failure, seconds: float = 20.0) -> tuple[Case, Failure]:
    """A smaller program with a failure of the same kind, as small as can be found in so many seconds."""
    end = time.monotonic() + seconds
    better = True
    while better:
        better = False
        for smaller in _smaller(case):
            if time.monotonic() > end:
                return case, failure
            found = run(smaller)
            if found is not None and found.kind == failure.kind:
                case, failure, better = smaller, found, True
                break
    return case, failure


def _smaller(case: Case) -> Iterator[Case]:
    """Programs that are a step smaller: halves of a part gone, single lines gone, lines simplified, names replaced."""
    for name, lines in case.parts.items():
        for size in (len(lines) // 2, len(lines) // 4):
            if size > 1:
                for start in range(0, len(lines), size):
                    yield case.with_part(name, lines[:start] + lines[start + size :])
    for name, lines in reversed(case.parts.items()):
        for i in reversed(range(len(lines))):
            yield case.with_part(name, lines[:i] + lines[i + 1 :])
    for name, lines in case.parts.items():
        for i, line in enumerate(lines):
            for simpler in _simpler(line):
                yield case.with_part(name, (*lines[:i], simpler, *lines[i + 1 :]))
    yield from _bypassed(case)


def _simpler(line: Line) -> Iterator[Line]:
    for i, text in enumerate(line.simpler):
        if text != line.text:
            yield Line(text, line.simpler[:i])
    target, equals, value = line.text.partition(" = ")
    if equals and "\n" not in value and target.isidentifier():
        for name in sorted(set(NAME.findall(value))):
            if value != name:
                yield Line(f"{target} = {name}")
    shorter = re.sub(r"(\d\.\d)\d+", r"\1", line.text)
    if shorter != line.text:
        yield Line(shorter, line.simpler)


def _bypassed(case: Case) -> Iterator[Case]:
    """Programs in which a line `t1 = t0` is gone and t0 is written for t1 wherever it stands."""
    for name, lines in case.parts.items():
        for i, line in enumerate(lines):
            copy = re.fullmatch(r"([a-z]+\d+) = ([a-z]+\d+)", line.text)
            if copy is None:
                continue
            parts = {**case.parts, name: lines[:i] + lines[i + 1 :]}
            renamed = {
                part: tuple(Line(re.sub(rf"\b{copy[1]}\b", copy[2], each.text), each.simpler) for each in of)
                for part, of in parts.items()
            }
            yield Case(case.subject, case.seed, case.template, renamed)
