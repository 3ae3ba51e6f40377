"""What there are random programs about, and the stream of them that a seed begins."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator

from tests.fuzz import closures, compiled, eager, layers, modules, training
from tests.fuzz.programs import Case, quiet


def _quietly(generate: Callable[[int], Case]) -> Callable[[int], Case]:
    @functools.wraps(generate)
    def generated(seed: int) -> Case:
        with quiet():
            return generate(seed)

    return generated


SUBJECTS: dict[str, Callable[[int], Case]] = {
    "eager": _quietly(eager.generate),
    "compiled": _quietly(compiled.generate),
    "training": _quietly(training.generate),
    "modules": _quietly(modules.generate),
    "layers": _quietly(layers.generate),
    "closures": _quietly(closures.generate),
}
_APART = 10_000_000  # seeds of two streams meet nowhere


def drawn(seed: int, subject: str | None = None) -> Iterator[Case]:
    """Programs for ever, one of each subject in turn, or of one alone."""
    subjects = [subject] if subject else list(SUBJECTS)
    for number in itertools.count(seed * _APART):
        for name in subjects:
            yield SUBJECTS[name](number)
