"""A fixed lot of random programs, the same at every run; longer ones: `python -m tests.fuzz --minutes 10 --seed 1`."""

from __future__ import annotations

import re

import pytest

from tests.fuzz.__main__ import main
from tests.fuzz.mutants import MUTANTS, Mutant, found_after
from tests.fuzz.programs import Case, Failure, Line, run
from tests.fuzz.shrink import shrink
from tests.fuzz.subjects import SUBJECTS
from tests.fuzz.worlds import REFUSALS

# About half a minute in all; each part is a test of its own, so that several processes share them, and three are slow.
COUNTS = {"eager": 600, "compiled": 500, "training": 250, "modules": 200, "layers": 50, "closures": 500}
PARTS = 5


@pytest.mark.parametrize("part", [0, 1, *(pytest.param(part, marks=pytest.mark.slow) for part in (2, 3, 4))])
@pytest.mark.parametrize("subject", COUNTS)
def test_random_programs_hold(subject: str, part: int) -> None:
    each = COUNTS[subject] // PARTS
    for seed in range(part * each, (part + 1) * each):
        case = SUBJECTS[subject](seed)
        failure = run(case)
        if failure is not None:
            small, failure = shrink(case, failure)
            pytest.fail(f"{subject}, seed {seed}: {failure.message[:2000]}\n\n{small.text()}", pytrace=False)


def test_most_closures_are_compiled_not_refused() -> None:
    REFUSALS.clear()
    for seed in range(200):
        run(SUBJECTS["closures"](seed))
    assert REFUSALS.total() < 70, REFUSALS


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_that_is_put_back_is_found(mutant: Mutant) -> None:
    assert found_after(mutant) is not None


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_program_is_made_from_its_seed_alone(subject: str) -> None:
    texts = [SUBJECTS[subject](seed).text() for seed in range(5)]
    assert texts == [SUBJECTS[subject](seed).text() for seed in range(5)]
    assert len(set(texts)) == 5


def test_a_failing_program_becomes_small() -> None:
    lines = tuple(Line(f"x{i} = {i}") for i in range(12))
    case = Case("demo", 0, "<lines>\n<end>", {"lines": lines, "end": (Line("assert x7 != 7, 'seven'", ()),)})
    failure = run(case)
    assert failure == Failure("seven", "AssertionError: seven")
    small, failure = shrink(case, failure)
    assert small.text() == "x7 = 7\nassert x7 != 7, 'seven'\n"


def test_the_driver_prints_the_program_of_a_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--program", "compiled", "3"]) == 0
    assert capsys.readouterr().out == SUBJECTS["compiled"](3).text() + "\n"


def test_the_driver_says_what_it_tried(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--minutes", "0.002", "--subject", "eager", "--seed", "5"])
    assert re.search(r"\d+ programs \(\d+ eager; \d+ refused\) in \d+ s", capsys.readouterr().out)
