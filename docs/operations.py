"""Write docs/operations.md, its pictures and the README's list of operations from the registry, or `--check` them.

Run as `python docs/operations.py`. Only the library's own operations are listed, in the order in which their files
declare them. Formulas are what the operations' own rules give on symbols; domains and kinks are found by calling them.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import textwrap
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS), str(DOCS.parent / "tests")]

import curves  # noqa: E402
from samples import SAMPLES  # noqa: E402

import autograd_lite as ag  # noqa: E402
from autograd_lite.op import Operation  # noqa: E402
from autograd_lite.show.formula import formula, typeset  # noqa: E402
from autograd_lite.show.formula.tidying import Tidier  # noqa: E402

README, PAGE, IMAGES = DOCS.parent / "README.md", DOCS / "operations.md", DOCS / "images" / "operations"
BEGIN, END = "<!-- operations -->", "<!-- end of operations -->"

INTRODUCTION = """\
# The operations

<!-- Written by docs/operations.py from the registry: do not edit. -->

Each is a function of `ag`; where NumPy's arrays have a method or an operator of that name, tensors have it too. What
stands here is what the code says when it is run: formulas are the rules themselves, run on symbols instead of arrays,
where *g* is the gradient that comes in and an overlined letter the gradient that goes out; the domain and the kinks of
a function of one variable are found by calling it, and its picture shows it (blue) with its derivative (orange,
dashed; a dot is the value taken at a kink: the subgradient of smallest norm). Before a gradient goes on it is
summed over the axes that were broadcast. A composed operation has no rule of its own: on tensors it is the operations
named there, each of which records itself. Where a formula has a number for a length, that is the length in an array of
the shape given.
"""


def ours() -> dict[str, list[Operation]]:
    """The library's operations by chapter, without those that others are made of and nobody calls."""
    public = (op for op in ag.REGISTRY.values() if op.ours and not op.name.rpartition(".")[2].startswith("_"))
    found = sorted(public, key=lambda op: op.chapter)
    return {chapter: list(group) for chapter, group in groupby(found, key=lambda op: op.chapter)}


def signature(op: Operation) -> str:
    """How an operation is called."""
    parameters = [p.replace(annotation=p.empty) for p in op.__signature__.parameters.values()]
    return f"{op.name}{op.__signature__.replace(parameters=parameters)}"


def words(op: Operation) -> str:
    """The docstring up to its example."""
    text = inspect.cleandoc(op.__doc__ or "").split(">>>")[0].strip()
    return re.sub(r"(?m)^    ", "    ", text)


_UNWRITABLE = (ag.AutogradError, TypeError, ValueError, AttributeError, IndexError, KeyError)
"""What rules raise that do with arrays what formulas have no letter for: then the words alone stand."""

# Formulas: GitHub's typesetting of mathematics has no \operatorname.


def _latex(whole: formula.Formula) -> str:
    text = typeset.to_latex(whole)
    return re.sub(r"\\operatorname\b", r"\\mathrm", text)


def _symbols(op: Operation) -> tuple[tuple[Any, ...], dict[str, Any], str] | None:
    """The arguments of the first sample as symbols, its parameters, and the shapes where they matter."""
    if op.name not in SAMPLES or op.effect:
        return None
    inputs, params = op.bind(SAMPLES[op.name][0].inputs, SAMPLES[op.name][0].params)
    count = len(op.arguments)
    names = list(op.arguments[: count - op.variadic])
    names += [f"{op.arguments[-1]}_{{{i}}}" for i in range(1, len(inputs) - len(names) + 1)]
    shown = [name if len(name) == 1 or "_" in name else rf"\mathrm{{{name}}}" for name in names]
    values = [None if x is None else np.asarray(x) for x in inputs]
    symbols = tuple(
        formula.formula(None) if x is None else formula.symbol(name, x) for name, x in zip(shown, values, strict=True)
    )
    shapes = ", ".join(f"{n} {x.shape}" for n, x in zip(names, values, strict=True) if x is not None and x.ndim)
    return symbols, params, re.sub(r"_\{(\d+)\}", r"\1", shapes)


def _slopes(op: Operation, symbols: tuple[Any, ...], params: dict[str, Any], out: Any) -> list[str]:
    """One line of LaTeX for each argument that has a gradient."""
    lines = []
    last = len(op.arguments) - 1
    for i, name in enumerate(op.arguments):
        if op.rule(i) is None:
            continue
        shape = out.shape
        g = formula.symbol("g", np.ones(shape))
        if op.derivative is not None:
            given = g * op.derivative(formula.xp, out, symbols[0], **params)
        else:
            given = op.pull(i, formula.xp, g, out, symbols, params)
        letter = symbols[i].latex if i < len(symbols) else name
        lines.append(rf"\overline{{{letter}}} &= {_latex(Tidier().tidy(formula.formula(given)))}")
        assert i <= last
    return lines


@cache
def mathematics(op: Operation) -> tuple[str, str]:
    """The formula and the rules of an operation as LaTeX, and the shapes they were written for."""
    found = _symbols(op)
    if found is None or op.parts is not None:
        return "", ""
    symbols, params, shapes = found
    lines = []
    try:
        out = op(*symbols, **params) if op.composed else formula.apply(op, symbols, params)
        lines.append(rf"\mathrm{{out}} &= {_latex(formula.formula(out))}")
        if not op.composed:
            lines += _slopes(op, symbols, params, out)
    except _UNWRITABLE:
        lines = lines[:1]
    lines = [line for line in lines if len(line) < 400]
    if not lines:
        return "", ""
    given = {key: value for key, value in params.items() if value != op.defaults.get(key)}
    shapes += "".join(f", {key}={value!r}" for key, value in given.items())
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}", "" if op.spreads else shapes


@cache
def composition(op: Operation) -> tuple[str, ...]:
    """The operations that a composed one records, each once, in order."""
    if op.name not in SAMPLES:
        return ()
    case = SAMPLES[op.name][0]
    inputs = [
        ag.tensor(x, requires_grad=True) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x
        for x in case.inputs
    ]
    try:
        with np.errstate(all="ignore"):
            out = getattr(ag, op.name)(*inputs, **case.params)
    except ag.AutogradError:
        return ()
    outs = out if isinstance(out, tuple | list) else [out]
    names: dict[str, None] = {}
    for each in outs:
        if isinstance(each, ag.Tensor):
            names |= dict.fromkeys(t.node.op.name for t in ag.ancestors(each) if t.node is not None)
    return tuple(names)


drawn = cache(curves.curves)


def _number(value: float) -> str:
    if not np.isfinite(value):
        return {np.inf: "∞", -np.inf: "−∞"}.get(value, "nan")
    return f"{value:.6g}".replace("-", "−")


def domain(found: curves.Curves) -> str:
    """Where a function is defined, in words."""
    low, high, with_low, with_high = found.domain
    if not np.isfinite(low) and not np.isfinite(high):
        return "all real numbers"
    left = "" if not np.isfinite(low) else f"{_number(low)} {'≤' if with_low else '<'} "
    right = "" if not np.isfinite(high) else f" {'≤' if with_high else '<'} {_number(high)}"
    return f"{left}x{right}; nan outside"


def kinks(found: curves.Curves) -> str:
    """Where the derivative jumps, and what is taken there."""
    said = [
        f"at {_number(k.place)} from {_number(k.left)} to {_number(k.right)} ({_number(k.taken)} is taken)"
        for k in found.kinks[:4]
    ]
    return ", ".join(said) + (", and so on" if len(found.kinks) > 4 else "")


def derivative(op: Operation) -> str:
    """What has a gradient, in words."""
    without = [name for i, name in enumerate(op.arguments) if op.rule(i) is None]
    if not op.differentiable:
        return "none: its result is data"
    return f"yes, but none for {' and '.join(without)}" if without else "yes"


def entry(op: Operation) -> str:
    """All about one operation, in Markdown."""
    lines = [f"### `{signature(op)}`", "", words(op), ""]
    latex, shapes = mathematics(op)
    if latex:
        lines += ["```math", latex, "```", ""]
    facts = []
    if latex and shapes:
        facts.append(f"Formula for: {shapes}")
    if op.composed and (names := composition(op)):
        facts.append(f"Composed of: {', '.join(names)}")
    if (given := derivative(op)) != "yes":
        facts.append(f"Derivative: {given}")
    found = drawn(op)
    if found is not None:
        facts.append(f"Domain: {domain(found)}")
        if found.kinks:
            facts.append(f"Kinks, where the slope jumps: {kinks(found)}")
    lines += [f"- {fact}" for fact in facts] + [""] * bool(facts)
    if found is not None:
        lines += [f"![{op.name} and its derivative](images/operations/{op.name}.svg)", ""]
    return "\n".join(lines)


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    chapters = ours()
    parts.append(" · ".join(f"[{chapter}](#{chapter})" for chapter in chapters) + "\n")
    for chapter, group in chapters.items():
        parts.append(f"## {chapter.capitalize()}\n")
        parts += [entry(op) for op in group]
    return "\n".join(parts)


def pictures() -> dict[str, str]:
    """The pictures by file name."""
    every = [op for group in ours().values() for op in group]
    return {f"{op.name}.svg": curves.svg(op.name, found) for op in every if (found := drawn(op)) is not None}


def short() -> str:
    """All names in a few lines, for the README."""
    lines = []
    for chapter, group in ours().items():
        names = ", ".join(op.name for op in group)
        lines += textwrap.wrap(f"- **{chapter}**: {names}", 118, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines)


def replaced(text: str) -> str:
    """The README `text` with the list between its markers made anew."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{README.name} has no {BEGIN} … {END} to put the list between")
    return f"{before}{begin}\n\n{short()}\n\n{end}{after}"


def files() -> dict[Path, str]:
    """Every file that is written here, with what belongs into it."""
    return {
        README: replaced(README.read_text(encoding="utf-8")),
        PAGE: page(),
        **{IMAGES / name: text for name, text in pictures().items()},
    }


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail when something is out of date")
    check = parser.parse_args().check
    fresh = files()
    gone = {path for path in IMAGES.glob("*.svg") if path not in fresh}
    changed = {path: text for path, text in fresh.items() if not path.exists() or path.read_text("utf-8") != text}
    if not changed and not gone:
        return
    if check:
        names = ", ".join(sorted(str(path.relative_to(DOCS.parent)) for path in {*changed, *gone}))
        sys.exit(f"out of date: {names}: run python docs/operations.py")
    IMAGES.mkdir(parents=True, exist_ok=True)
    for path in gone:
        path.unlink()
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
