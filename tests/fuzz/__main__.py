"""Run random programs for as long as one likes, and print the smallest that fails.

python -m tests.fuzz --minutes 10 --seed 1
python -m tests.fuzz --subject compiled --minutes 2 --collect 5
python -m tests.fuzz --program compiled 1234      prints the program of a seed
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections import Counter
from collections.abc import Iterator

import autograd_lite as ag
from tests.fuzz.expressions import OPERATIONS
from tests.fuzz.mutants import MUTANTS, found_after
from tests.fuzz.programs import Case, run, shape_of
from tests.fuzz.shrink import shrink
from tests.fuzz.subjects import SUBJECTS, drawn
from tests.fuzz.worlds import REFUSALS


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 where nothing was found, 1 where something was, 130 after Ctrl-C."""
    options = _options(arguments)
    for module in options.operations:
        known = set(ag.REGISTRY)
        importlib.import_module(module)
        OPERATIONS.extend(name for name in ag.REGISTRY if name not in known)
    if options.program:
        subject, seed = options.program
        print(SUBJECTS[subject](int(seed)).text())
        return 0
    if options.mutants:
        return _mutants()
    hunt = Hunt(options.collect, options.known)
    try:
        hunt.through(drawn(options.seed, options.subject), options.minutes * 60)
    except KeyboardInterrupt:
        print(f"\nstopped: {hunt.tried()}")
        return 130
    print(f"{'found nothing' if not hunt.found else f'{len(hunt.found)} distinct failures'} in {hunt.tried()}")
    return 1 if hunt.found else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="random programs against the library")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1, help="where the stream of programs begins")
    parser.add_argument("--subject", choices=sorted(SUBJECTS), help="one subject alone")
    parser.add_argument("--collect", type=int, default=1, help="go on until so many distinct failures are found")
    parser.add_argument("--known", nargs="*", default=[], help="kinds of failures, by their first words, to pass over")
    parser.add_argument("--mutants", action="store_true", help="put faults back one by one and say what finds them")
    parser.add_argument("--operations", nargs="*", default=[], help="modules whose operations are drawn as well")
    parser.add_argument("--program", nargs=2, metavar=("SUBJECT", "SEED"), help="print one program and stop")
    return parser.parse_args(arguments)


def _mutants() -> int:
    """Put every fault back and say what finds it; 1 where one is not found within its number of programs."""
    missed = 0
    for mutant in MUTANTS:
        found = found_after(mutant)
        missed += found is None
        after = f"not found in {mutant.within}" if found is None else f"found after {found[0]} of {mutant.within}"
        print(f"{mutant.name}: {after} {mutant.subject} programs{f' ({found[1].kind})' if found else ''}", flush=True)
    return 1 if missed else 0


class Hunt:
    """What has been tried and what was found."""

    def __init__(self, most: int, known: list[str]) -> None:
        self.most, self.known = most, known
        self.count: Counter[str] = Counter()
        self.found: dict[str, Case] = {}
        self.began = time.monotonic()

    def tried(self) -> str:
        """What has been run until now, in words."""
        each = ", ".join(f"{n} {subject}" for subject, n in self.count.items())
        refused = REFUSALS.total()
        return f"{self.count.total()} programs ({each}; {refused} refused) in {time.monotonic() - self.began:.0f} s"

    def through(self, cases: Iterator[Case], seconds: float) -> None:
        """Run programs for so many seconds, or until enough is found."""
        shown = self.began
        for case in cases:
            self.count[case.subject] += 1
            self._look_at(case)
            now = time.monotonic()
            if now - shown > 1 and sys.stderr.isatty():
                print(f"\r{self.tried()}, {len(self.found)} failures", end="", file=sys.stderr, flush=True)
                shown = now
            if now - self.began > seconds or len(self.found) >= self.most:
                return

    def _look_at(self, case: Case) -> None:
        failure = run(case)
        if failure is None or any(failure.kind.startswith(kind) for kind in self.known):
            return
        small, failure = shrink(case, failure)
        shape = f"{failure.kind} {shape_of(small.text())}"
        if shape in self.found:
            return
        self.found[shape] = small
        print(f"\n# {failure.kind}: {case.subject}, seed {case.seed}:")
        print("".join(f"# {line[:400]}\n" for line in failure.message.splitlines()) + small.text(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
