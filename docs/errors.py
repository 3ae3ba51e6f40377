"""Write docs/errors.md, the catalogue of mistakes with the messages they get, or check it with `--check`.

Run as `python docs/errors.py`. The table is tests/mistakes.py, and each message is what its line raises.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "tests"))

from mistakes import MISTAKES, SETUP, caught  # noqa: E402

PAGE = DOCS / "errors.md"
VERSION = f"with NumPy {'.'.join(np.__version__.split('.')[:2])}"

INTRODUCTION = f"""\
# Mistakes and what is said of them

<!-- Written by docs/errors.py from tests/mistakes.py: do not edit. -->

Every exception is an `ag.AutogradError`, and also the one that NumPy or Python would have raised. Each line below was
run {VERSION}, and its message is what came; the last line of each is what was meant, and works. Before all of them
stands:

```python
{SETUP}```
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for chapter, group in MISTAKES.items():
        parts.append(f"## {chapter}\n")
        for mistake in group:
            error = caught(mistake)
            parts.append(f"```python\n{mistake.code}\n```\n")
            parts.append(f"```text\n{type(error).__name__}: {error}\n```\n")
            parts.append(f"```python\n{mistake.works}\n```\n\n---\n")
    return "\n".join(parts)


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail when the page is out of date")
    check = parser.parse_args().check
    fresh = page()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == fresh:
        return
    if check:
        sys.exit(f"{PAGE.name} is out of date: run python docs/errors.py")
    PAGE.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
