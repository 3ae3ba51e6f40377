"""A fixed lot of random programs, the same at every run; longer ones: `python -m tests.fuzz --minutes 10 --seed 1`."""

from __future__ import annotations

import re

import pytest

from tests.fuzz.__main__ import main
from tests.fuzz.programs import Case, Failure, Line, run
from tests.fuzz.shrink import shrink
from tests.fuzz.subjects import SUBJECTS


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
