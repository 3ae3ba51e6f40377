"""The comparison of what is kept with what is fresh: rounding passes, another word or number does not."""

from __future__ import annotations

import pytest
from alike import disagreement, look_of


@pytest.mark.parametrize(
    "kept, fresh",
    [
        ("difference 0", "difference   1.4e-17"),
        ("cost 0.04160", "cost 0.04161"),
        ("<td>0.0e+00</td>", "<td>-2.2e-16</td>"),
        ("W1 (2, 4)\n", "W1   (2,   4)"),
    ],
)
def test_rounding_and_spaces_are_alike(kept: str, fresh: str) -> None:
    assert disagreement(kept, fresh) == ""


@pytest.mark.parametrize(
    "kept, fresh, said",
    [
        ("W1 (2, 4)", "W1 (2, 5)", "kept 4, now 5"),
        ("W1 (2, 4)", "W2 (2, 4)", "kept 'W1(', now 'W2('"),
        ("cost 0.42", "cost 0.43", "kept 0.42, now 0.43"),
        ("cost 0.42", "cost -0.42", "kept 0.42, now -0.42"),
        ("1.0 2.0", "1.0", "kept 2 numbers, now 1"),
        ("cost nan", "cost 0.5", "kept 'costnan', now 'cost'"),
    ],
)
def test_another_number_or_word_is_told(kept: str, fresh: str, said: str) -> None:
    assert disagreement(kept, fresh) == said


def test_the_look_of_a_picture_is_its_words_in_one_order_and_its_colours() -> None:
    one = '<svg><text x="1" fill="#A4402F">a = 0.30</text><text>&amp; b</text><text>a = 0.1</text></svg>'
    other = '<svg><text>a = 0.1001</text><text>&amp; b</text><text y="7" fill="#a4402f">a = 0.3</text></svg>'
    assert look_of(one) == "& b\na = 0.1\na = 0.30\n#a4402f"
    assert disagreement(look_of(one), look_of(other)) == ""
    assert "now '#b4402f'" in disagreement(look_of(one), look_of(other.replace("#a4", "#b4")))
