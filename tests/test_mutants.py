"""The faults that the tests are tried on can still be put in, and those in rules are noticed.

All of them are run by `python -m tests.mutants`, apart from the tests.
"""

from __future__ import annotations

import pytest

from tests.mutants import LINES, rule_mutants, texts


def test_every_line_that_a_fault_replaces_stands_there_once() -> None:
    assert {mutant.name: texts(mutant) for mutant in LINES if texts(mutant) != 1} == {}
    assert len({mutant.name for mutant in LINES}) == len(LINES)


def test_there_are_enough_faults() -> None:
    assert len(LINES) + len(rule_mutants()) >= 120


@pytest.mark.slow
def test_every_fault_in_a_rule_is_noticed() -> None:
    assert [mutant.name for mutant in rule_mutants() if mutant.killed_by() is None] == []
