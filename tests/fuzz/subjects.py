"""What there are random programs about, and the stream of them that a seed begins."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from tests.fuzz import closures, compiled, eager, training
from tests.fuzz.programs import Case

SUBJECTS: dict[str, Callable[[int], Case]] = {
    "eager": eager.generate,
    "compiled": compiled.generate,
    "training": training.generate,
    "closures": closures.generate,
}
_APART = 10_000_000  # seeds of two streams meet nowhere


def drawn(seed: int, subject: str | None = None) -> Iterator[Case]:
    """Programs for ever, one of each subject in turn, or of one alone."""
    subjects = [subject] if subject else list(SUBJECTS)
    for number in itertools.count(seed * _APART):
        for name in subjects:
            yield SUBJECTS[name](number)
