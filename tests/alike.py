"""Whether something kept in a file still says what a fresh run says: the same words, and numbers up to rounding.

The last digits of a learning curve differ from processor to processor, and so does a difference that
is nothing but rounding; where things stand in a picture depends on the program that lays it out. Whole
numbers are words: shapes and counts do not round.
"""

from __future__ import annotations

import html
import re
from itertools import takewhile
from math import isclose

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?!\w)")
RELATIVE, ABSOLUTE = 0.01, 1e-9


def _parts(text: str) -> tuple[list[str], list[str]]:
    """The words between the numbers, without the spaces that align them, and the numbers."""
    return ["".join(part.split()) for part in NUMBER.split(text)], NUMBER.findall(text)


def _agree(kept: str, fresh: str) -> bool:
    if kept.lstrip("-").isdigit() and fresh.lstrip("-").isdigit():
        return kept == fresh
    return isclose(float(kept), float(fresh), rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def disagreement(kept: str, fresh: str) -> str:
    """The first thing in which two texts differ, or nothing where they agree."""
    (words, numbers), (fresh_words, fresh_numbers) = _parts(kept), _parts(fresh)
    for one, other in zip(words, fresh_words, strict=False):
        if one != other:
            same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
            start = max(0, same - 20)
            return f"kept {one[start : start + 60]!r}, now {other[start : start + 60]!r}"
    if len(words) != len(fresh_words):
        return f"kept {len(numbers)} numbers, now {len(fresh_numbers)}"
    for one, other in zip(numbers, fresh_numbers, strict=True):
        if not _agree(one, other):
            return f"kept {one}, now {other}"
    return ""


def look_of(svg: str) -> str:
    """What is written in a picture, in an order that does not depend on where it stands, and its colours."""
    texts = [html.unescape(re.sub("<[^>]*>", "", t)) for t in re.findall(r"<text\b[^>]*>(.*?)</text>", svg, re.DOTALL)]
    texts.sort(key=lambda text: (_parts(text)[0], [float(n) for n in _parts(text)[1]]))
    return "\n".join([*texts, *sorted(set(re.findall("#[0-9a-f]{6}", svg.lower())))])
