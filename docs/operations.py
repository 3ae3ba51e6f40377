"""Write the README's table of operations from the registry, or check it with `--check`.

Run as `python docs/operations.py`. Only the library's own operations are listed, in the order in
which their files declare them.
"""

from __future__ import annotations

import argparse
import re
import sys
from itertools import groupby
from pathlib import Path

import autograd_lite as ag
from autograd_lite.op import Operation

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- operations -->", "<!-- end of operations -->"


def signature(op: Operation) -> str:
    """How an operation is called."""
    parameters = [p.replace(annotation=p.empty) for p in op.__signature__.parameters.values()]
    return f"{op.name}{op.__signature__.replace(parameters=parameters)}"


def summary(op: Operation) -> str:
    """The first sentence of the docstring, safe in a table's cell."""
    first = (op.__doc__ or "").strip().split("\n\n")[0]
    return re.sub(r"\s+", " ", first).replace("|", r"\|")


def table() -> str:
    """All operations in Markdown, one table a chapter."""
    lines: list[str] = []
    ours = [op for op in ag.REGISTRY.values() if op.ours]
    for chapter, group in groupby(sorted(ours, key=lambda op: op.chapter), key=lambda op: op.chapter):
        lines += [f"### {chapter.capitalize()}", "", "| operation | what it gives | derivative |", "|---|---|---|"]
        for op in group:
            kind = "yes" if op.differentiable else "none"
            lines.append(f"| `{signature(op)}` | {summary(op)} | {kind} |")
        lines.append("")
    return "\n".join(lines)


def replaced(text: str) -> str:
    """The README `text` with the table between its markers made anew."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{README.name} has no {BEGIN} … {END} to put the table between")
    return f"{before}{begin}\n\n{table()}\n{end}{after}"


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail when the table is out of date")
    check = parser.parse_args().check
    text = README.read_text(encoding="utf-8")
    fresh = replaced(text)
    if text == fresh:
        return
    if check:
        sys.exit("the README's table of operations is out of date: run python docs/operations.py")
    README.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
