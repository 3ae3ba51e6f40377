"""Every mistake of the catalogue gets its own message, in one traceback, and the line that was meant works."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from mistakes import MISTAKES, Mistake, caught, names

import autograd_lite as ag

ROOT = Path(__file__).resolve().parents[1]
EVERY = [mistake for group in MISTAKES.values() for mistake in group]


def _code(mistake: Mistake) -> str:
    return mistake.code


@pytest.mark.parametrize("mistake", EVERY, ids=_code)
def test_a_mistake_gets_its_own_message(mistake: Mistake) -> None:
    error = caught(mistake)
    assert type(error) is mistake.error, error
    assert isinstance(error, ag.AutogradError)
    at = 0
    for part in mistake.says:
        assert part in str(error)[at:], error
        at = str(error).index(part, at)


@pytest.mark.parametrize("mistake", EVERY, ids=_code)
def test_it_comes_in_one_traceback(mistake: Mistake) -> None:
    error = caught(mistake)
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


@pytest.mark.parametrize("mistake", EVERY, ids=_code)
def test_what_was_meant_works(mistake: Mistake) -> None:
    exec(mistake.works, names())  # noqa: S102


def test_there_are_many_and_no_two_say_the_same() -> None:
    assert len(EVERY) >= 60
    assert len({mistake.code for mistake in EVERY}) == len(EVERY)


def test_the_catalogue_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("errors_page", ROOT / "docs" / "errors.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    written = script.PAGE.read_text(encoding="utf-8")
    for mistake in EVERY:
        assert f"\n{mistake.code}\n" in written, "run python docs/errors.py"
    if script.VERSION in written:  # another NumPy has other words for some of them
        assert written == script.page(), "run python docs/errors.py"
    assert np.__version__


def test_a_name_that_is_no_word_does_not_spoil_the_message_of_another_mistake() -> None:
    x = ag.tensor(np.ones((3, 4)))
    x.name = 3  # type: ignore[assignment]
    with pytest.raises(ag.ShapeError, match=r"matmul\(3 \(3, 4\) float64"):
        x @ x
