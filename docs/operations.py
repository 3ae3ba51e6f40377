"""Write docs/operations.md, its pictures and the README's list of operations from the registry, or `--check` them.

Run as `python docs/operations.py`. Only the library's own operations are listed, in the order in which their files
declare them. Formulas are what the operations' own rules give on symbols; domains and kinks are found by calling them.
"""

from __future__ import annotations

import argparse
import contextlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS), str(DOCS.parent / "tests")]

import curves  # noqa: E402
import planes  # noqa: E402
from samples import SAMPLES, Sample  # noqa: E402

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
functions of one and of two variables are found by calling them (a jump is told from below to above, across x = y as
x grows), and the picture of a function of one variable shows it (blue) with its derivative (orange, dashed; a dot is
the value taken at a kink: the subgradient of smallest norm). Before a gradient goes on it is
summed over the axes that were broadcast. A composed operation has no rule of its own: on tensors it is the operations
named there, each of which records itself. Where a formula has a number for a length, that is the length in an array of
the shape given.
"""


def _hidden(name: str) -> bool:
    return name.rpartition(".")[2].startswith("_")


def ours() -> dict[str, list[Operation]]:
    """The library's operations by chapter, without those that others are made of and nobody calls."""
    public = (op for op in ag.REGISTRY.values() if op.ours and not _hidden(op.name))
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

_LONGEST = 400
"""How many letters of LaTeX a formula may have to be read by anybody."""

Line = tuple[str, formula.Formula]

# Formulas: GitHub's typesetting of mathematics has no \operatorname.


def _latex(whole: formula.Formula) -> str:
    text = typeset.to_latex(whole)
    return re.sub(r"\\operatorname\b", r"\\mathrm", text)


def _symbols(op: Operation, case: Sample) -> tuple[tuple[Any, ...], dict[str, Any], str]:
    """The arguments of a sample as symbols, its parameters, and the shapes where they matter."""
    inputs, params = op.bind(case.inputs, case.params)
    count = len(op.arguments)
    names = list(op.arguments[: count - op.variadic])
    names += [f"{op.arguments[-1]}_{{{i}}}" for i in range(1, len(inputs) - len(names) + 1)]
    shown = [_upright(name) for name in names]
    values = [None if x is None else np.asarray(x) for x in inputs]
    symbols = tuple(
        formula.formula(None) if x is None else formula.symbol(name, x) for name, x in zip(shown, values, strict=True)
    )
    shapes = ", ".join(f"{n} {x.shape}" for n, x in zip(names, values, strict=True) if x is not None and x.ndim)
    return symbols, params, re.sub(r"_\{(\d+)\}", r"\1", shapes)


def _upright(name: str) -> str:
    word, mark, index = name.partition("_{")
    letter = word if len(word) == 1 else rf"\mathrm{{{word}}}".replace("_", r"\_")
    return f"{{{letter}_{{{index}}}" if mark else letter  # braces, since a further subscript may follow


def _slopes(op: Operation, symbols: tuple[Any, ...], params: dict[str, Any], out: Any, g: Any) -> Iterator[Line]:
    """One line for each argument that has a gradient."""
    for i, name in enumerate(op.arguments):
        if op.rule(i) is None:
            continue
        if op.derivative is not None:
            given = g * op.derivative(formula.xp, out, symbols[0], **params)
        else:
            given = op.pull(i, formula.xp, g, out, symbols, params)
        letter = symbols[i].latex if i < len(symbols) else name
        yield rf"\overline{{{letter}}}", Tidier().tidy(formula.formula(given))


class _Names(formula.Namespace):
    """The functions of formulas, and those besides operations that forwards make arrays by."""

    def arange(self, stop: int, like: Any = None) -> formula.Formula:
        shown = range(stop) if stop <= 4 else (0, r"\dots", stop - 1)
        return formula.symbol(f"({', '.join(map(str, shown))})", np.arange(stop), data=True)

    def asarray(self, value: Any) -> formula.Formula:
        return formula.formula(value)


def _gradient(letter: str, out: Any) -> formula.Formula:
    return formula.symbol(letter, np.ones(out.shape))


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    """Without what is written differently at every run, as a generator."""
    kinds = int | float | str | tuple | None
    return {name: value for name, value in params.items() if isinstance(value, kinds)}


def _lines(op: Operation, symbols: tuple[Any, ...], params: dict[str, Any]) -> Iterator[Line]:
    """The results of an operation, then its rules, each with what stands left of the sign of equality."""
    values = [symbol.value for symbol in symbols]
    several = None
    if op.composed:
        out = op.forward(_Names(), *symbols, **params)
        several = out if isinstance(out, tuple | list) else None
    elif op.effect:
        out = formula.apply(op, symbols, _plain(params), op.run(np, values, params))
    elif op.parts is not None:
        several = op.gathered(op.run(np, values, params))
        out = formula.Formula(np.asarray(several[0]), op, symbols, params)
    else:
        out = formula.apply(op, symbols, params)
    if several is None:
        yield r"\mathrm{out}", formula.formula(out)
        if not op.composed:
            yield from _slopes(op, symbols, params, out, _gradient("g", out))
        return
    named = getattr(type(several), "_fields", ())
    places = [_upright(name) for name in named] or [f"{i}" for i in range(len(several))]
    letters = places if named else [rf"{{\mathrm{{out}}_{{{place}}}}}" for place in places]
    if op.composed:
        yield from zip(letters, map(formula.formula, several), strict=True)
        return
    yield ", ".join(letters), out
    outs = tuple(formula.symbol(letter, np.asarray(each)) for letter, each in zip(letters, several, strict=True))
    gs = tuple(_gradient(f"{{g_{{{place}}}}}", each) for place, each in zip(places, outs, strict=True))
    yield from _slopes(op, symbols, params, outs, gs)


@cache
def mathematics(op: Operation) -> tuple[str, str, str]:
    """The formula and the rules of an operation as LaTeX, the shapes they were written for, and which were too long."""
    first: tuple[str, str, str] | None = None
    for case in SAMPLES.get(op.name, ()):
        found, whole = _mathematics(op, case)
        if whole:
            return found
        first = first or (found if found[0] else None)
    return first or ("", "", "")


def _mathematics(op: Operation, case: Sample) -> tuple[tuple[str, str, str], bool]:
    symbols, params, shapes = _symbols(op, case)
    lines: list[Line] = []
    whole = False
    with contextlib.suppress(*_UNWRITABLE):
        for line in _lines(op, symbols, params):
            lines.append(line)  # noqa: PERF402, those before a line that cannot be written stay
        whole = True
    written, long = [], []
    for left, right in lines:
        text = _latex(right)
        if len(text) < _LONGEST:
            written.append(f"{left} &= {text}")
        elif not op.composed:
            names = dict.fromkeys(part.name for part in formula.parts(right) if part.name and not _hidden(part.name))
            long.append(f"${left}$ is too long a formula; it is made of {', '.join(names)}")
    if not written:
        return ("", "", ""), False
    given = {key: value for key, value in _plain(params).items() if value != op.defaults.get(key)}
    shapes = ", ".join([shapes] * bool(shapes) + [f"{key}={value!r}" for key, value in given.items()])
    latex = "\\begin{aligned}\n" + " \\\\\n".join(written) + "\n\\end{aligned}"
    return (latex, "" if op.spreads else shapes, "; ".join(long)), whole and len(written) == len(lines)


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


drawn, on_planes = cache(curves.curves), cache(planes.planes)


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


def steps(found: curves.Curves) -> str:
    """Where the function itself jumps."""
    nearest = sorted(sorted(found.steps, key=abs)[:4])
    return ", ".join(map(_number, nearest)) + (", and so on" if len(found.steps) > 4 else "")


def on_the_plane(op: Operation) -> list[str]:
    """What is found of a function of two variables: its domain, its jumps and its kinks."""
    facts = []
    found = on_planes(op)
    if not found:
        return []
    names = getattr(op.kind, "_fields", [f"out {i}" for i in range(len(found))])
    for name, plane in zip(names, found, strict=True):
        where = [
            f"{said} where {', or '.join(at)}" for said, at in (("infinite", plane.infinite), ("nan", plane.nan)) if at
        ]
        where += [f"its slope for {arg} is nan where {', or '.join(at)}" for arg, at in plane.blank.items()]
        of = f" of {name}" if len(found) > 1 else ""
        facts.append(
            f"Domain{of}: {' and '.join(('all ' + op.arguments[0], op.arguments[1]))}"
            + "".join(f"; {each}" for each in where)
        )
        if plane.steps:
            facts.append(f"Jumps{of}: where {', or '.join(each.where for each in plane.steps)}")
        if plane.kinks:
            places = dict.fromkeys(kink.where for kink in plane.kinks)
            said = [
                f"where {place}, " + " and ".join(f"for {k.of} {k.jump}" for k in plane.kinks if k.where == place)
                for place in places
            ]
            facts.append(f"Kinks{of}, where the slope jumps: {'; '.join(said)}")
    return facts


def derivative(op: Operation) -> str:
    """What has a gradient, in words."""
    without = [name for i, name in enumerate(op.arguments) if op.rule(i) is None]
    if not op.differentiable:
        return "none: its result is data"
    return f"yes, but none for {' and '.join(without)}" if without else "yes"


def entry(op: Operation) -> str:
    """All about one operation, in Markdown."""
    lines = [f"### `{signature(op)}`", "", words(op), ""]
    latex, shapes, long = mathematics(op)
    if latex:
        lines += ["```math", latex, "```", ""]
    facts = []
    if latex and shapes:
        facts.append(f"Formula for: {shapes}")
    if long:
        facts.append(f"Rules: {long}")
    if op.composed and (names := composition(op)):
        facts.append(f"Composed of: {', '.join(names)}")
    if (given := derivative(op)) != "yes":
        facts.append(f"Derivative: {given}")
    found = drawn(op)
    if found is not None:
        facts.append(f"Domain: {domain(found)}")
        if found.steps:
            facts.append(f"Jumps: at {steps(found)}")
        if found.kinks:
            facts.append(f"Kinks, where the slope jumps: {kinks(found)}")
    facts += on_the_plane(op)
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
