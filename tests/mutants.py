"""Faults put one at a time into rules, engine, compiler and checks, to see that the tests notice each of them.

`python -m tests.mutants` runs all of them and writes docs/mutants.md. A fault in a rule is made of every rule there is,
by being declared; what kind it is goes round. A fault elsewhere is a line of the source written otherwise, in a copy of
the project, and the tests that must fail stand beside it. Knows where a fault can be put, and which tests look there.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

import numpy as np  # noqa: E402
import test_operations as suite  # noqa: E402
from samples import SAMPLES  # noqa: E402

import autograd_lite as ag  # noqa: E402
from tests.seeded import LINES, LineMutant  # noqa: E402

# Faults in rules: `wrong(gradient, xp, g, inputs)` is what stands for the right gradient.


def _sign(gradient: Any, xp: Any, g: Any, inputs: Any) -> Any:
    return -gradient


def _factor(gradient: Any, xp: Any, g: Any, inputs: Any) -> Any:
    return 2 * gradient


def _dropped(gradient: Any, xp: Any, g: Any, inputs: Any) -> Any:
    return gradient * 0


def _term(gradient: Any, xp: Any, g: Any, inputs: Any) -> Any:
    return gradient + 1


def _inexact(gradient: Any, xp: Any, g: Any, inputs: Any) -> Any:
    return gradient * 1.00001


def _constant(gradient: Any, xp: Any, g: Any, inputs: Any) -> Any:
    return gradient.detach() * 1.0 if isinstance(gradient, ag.Tensor) else gradient


def _reversed(gradient: Any, xp: Any, g: Any, inputs: Any) -> Any:
    return gradient.reshape(-1)[::-1].reshape(gradient.shape)


def _narrow(gradient: Any, xp: Any, g: Any, inputs: Any) -> Any:
    return gradient.astype(np.float16).astype(gradient.dtype)


KINDS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "the wrong sign": _sign,
    "a factor of two": _factor,
    "a term dropped": _dropped,
    "a term too many": _term,
    "a constant that is not exact": _inexact,
    "elements in the wrong order": _reversed,
    "numbers of too few digits": _narrow,
}


@dataclass(frozen=True)
class RuleMutant:
    """A fault in the rule of one argument of an operation."""

    op: str
    argument: int
    kind: str

    @property
    def name(self) -> str:
        return f"{self.op}: {self.kind}, argument {ag.REGISTRY[self.op].arguments[self.argument]}"

    @contextlib.contextmanager
    def put_in(self) -> Iterator[None]:
        """The fault in its place for a while."""
        op = ag.REGISTRY[self.op]
        before = op.rules_by_argument, op.derivative
        right, wrong = before[0][self.argument], KINDS[self.kind]
        assert right is not None

        def rule(xp: Any, g: Any, out: Any, *inputs: Any, **params: Any) -> Any:
            gradient = right(xp, g, out, *inputs, **params)
            if isinstance(gradient, list | tuple):
                return [wrong(each, xp, g, inputs) for each in gradient]
            return wrong(gradient, xp, g, inputs)

        op.rules_by_argument = tuple(rule if i == self.argument else r for i, r in enumerate(before[0]))
        op.derivative = None
        parts = {**op._made}
        op._made.clear()  # the parts of an operation of several results keep its rules
        try:
            yield
        finally:
            op.rules_by_argument, op.derivative = before
            op._made.clear()
            op._made.update(parts)

    def killed_by(self) -> str | None:
        """The test that fails, as the tests of operations run it; none where all of them pass."""
        with self.put_in(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for i, case in enumerate(SAMPLES[self.op]):
                if case.order == 0 or self.argument not in suite.differentiable(self.op, case.inputs):
                    continue
                try:
                    suite.check(self.op, case, case.order)
                except (AssertionError, ag.AutogradError) as error:
                    return f"test_gradients_to_second_order[{self.op}-{i}] ({type(error).__name__})"
        return None


def _elements(op: str, argument: int) -> int:
    """How many different elements the argument has in its largest sample: a rule for one cannot be out of order."""
    return max(
        (np.unique(case.inputs[argument]).size for case in SAMPLES[op] if len(case.inputs) > argument), default=0
    )


def rule_mutants() -> list[RuleMutant]:
    """One for every rule, and a second of another kind for every other."""
    found = []
    turn = 0
    kinds = list(KINDS)
    for name, op in ag.REGISTRY.items():
        if not op.ours or op.composed or name not in SAMPLES:
            continue
        for argument, rule in enumerate(op.rules_by_argument):
            checked = [
                case for case in SAMPLES[name] if case.order and argument in suite.differentiable(name, case.inputs)
            ]
            if rule is None or not checked:
                continue
            for _ in range(1 + turn % 2):
                kind = kinds[turn % len(kinds)]
                turn += 1
                if kind == "elements in the wrong order" and (op.linear or _elements(name, argument) < 3):
                    kind = "the wrong sign"  # a gradient of like elements has no order
                found.append(RuleMutant(name, argument, kind))
    return found


# Faults elsewhere: in a copy of the project, with the tests that look there.


def texts(mutant: LineMutant) -> int:
    """How often the text that it replaces stands in its file: once, or there is no such fault any more."""
    return (ROOT / mutant.file).read_text().count(mutant.right)


def _project(into: Path) -> Path:
    shutil.copytree(ROOT, into, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "images"))
    return into


def killed_by(mutant: LineMutant, project: Path) -> str | None:
    """The first test that fails in a copy of the project that has the fault; none where all of them pass.

    The slow tests are tried where the others notice nothing.
    """
    path = project / mutant.file
    right = path.read_text()
    path.write_text(right.replace(mutant.right, mutant.wrong) if mutant.right else right)
    environment = {**os.environ, "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        for which in ("not slow", "slow"):
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", which]
            done = subprocess.run(
                [*command, *mutant.tests.split()],
                cwd=project, env=environment, capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            if done.returncode not in (0, 5):  # 5: there are none
                said = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
                return said[0].split(" - ")[0].partition(" ")[2] if said else f"pytest ended with {done.returncode}"
            if not mutant.right:  # whether they pass without any fault: of the slow ones that is known
                break
    except subprocess.TimeoutExpired:
        return "a test that does not end"
    finally:
        path.write_text(right)
    return None


def failing(project: Path) -> list[str]:
    """Which of the tests that look for faults fail without any: those cannot tell."""
    found = []
    for tests in dict.fromkeys(mutant.tests for mutant in LINES):
        by = killed_by(LineMutant("", LINES[0].file, "", "", tests), project)
        found += [] if by is None else [by]
    return found


def _line_results(jobs: int) -> Iterator[tuple[str, str | None]]:
    with tempfile.TemporaryDirectory() as folder:
        projects = [_project(Path(folder) / str(i)) for i in range(jobs)]
        if broken := failing(projects[0]):
            sys.exit(f"these fail without any fault: {', '.join(broken)}")
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:

            def work(job: int) -> list[tuple[str, str | None]]:
                found = []
                for mutant in LINES[job::jobs]:
                    found.append((mutant.name, killed_by(mutant, projects[job])))
                    print(f"{found[-1][0]}: {found[-1][1] or 'SURVIVES'}", file=sys.stderr, flush=True)
                return found

            for results in pool.map(work, range(jobs)):
                yield from results


def _page(rows: list[tuple[str, str | None]], rules: list[tuple[str, str | None]]) -> str:
    alive = sum(by is None for _, by in [*rows, *rules])
    said = (
        f"{len(rows) + len(rules)} faults were put in one at a time, {len(rules)} into the rules of operations and "
        f"{len(rows)} into engine, compiler and checks; {alive} of them went unnoticed. "
        "Written by `python -m tests.mutants`, which puts them in again."
    )
    lines = [
        "# Faults that the tests were tried on",
        "",
        said,
        "",
        "## Engine, compiler and checks",
        "",
        "| fault | noticed by |",
        "|---|---|",
        *(f"| {name} | {'**nobody**' if by is None else f'`{by}`'} |" for name, by in rows),
        "",
        "## Rules",
        "",
        "| fault | noticed by |",
        "|---|---|",
        *(f"| {name} | {'**nobody**' if by is None else f'`{by}`'} |" for name, by in rules),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Put all of them in and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="how many copies of the project are tried at once")
    jobs = parser.parse_args().jobs
    began = time.monotonic()
    rules = [(mutant.name, mutant.killed_by()) for mutant in rule_mutants()]
    rows = dict(_line_results(jobs))
    ordered = [(mutant.name, rows[mutant.name]) for mutant in LINES]
    (ROOT / "docs" / "mutants.md").write_text(_page(ordered, rules))
    alive = [name for name, by in [*ordered, *rules] if by is None]
    print(f"{len(rules) + len(rows)} faults, {len(alive)} unnoticed, in {time.monotonic() - began:.0f} s")
    for name in alive:
        print("unnoticed:", name)
    sys.exit(bool(alive))


if __name__ == "__main__":
    main()
