r"""A student's own equations against the graph: read, evaluated, compared, and where one is wrong, how.

An equation is right where it gives the numbers of the reverse pass at the recorded values and at others, in one of
the ways in which it can be read. Knows names, formulas, and the lines that `derive` finds. Must not know any
derivative: what is right is what the reverse pass computed.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy

from autograd_lite import display
from autograd_lite.engine.graph import ancestors
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, AutogradError
from autograd_lite.show.equations.agreement import agreement
from autograd_lite.show.equations.derive import DETAILS, Derivation, Line, derivation
from autograd_lite.show.equations.naming import Names
from autograd_lite.show.equations.points import Point, elsewhere, recorded, summing
from autograd_lite.show.equations.reader import CALLER, UnknownError, read
from autograd_lite.show.equations.slip import AMISS, GUESS, Slip, Slips, constants
from autograd_lite.show.equations.terms import Reading, Term, UnfitError, evaluate, fitted, guessed, readings, used
from autograd_lite.show.formula.counted import counted
from autograd_lite.show.formula.formula import Formula, Number, formula, number, rebuilt, symbol, xp
from autograd_lite.show.formula.tidying import Tidier
from autograd_lite.show.formula.typeset import latex_to_mathml, latex_to_text, to_latex
from autograd_lite.show.names import gradient_latex, latex_name, pretty, shown, spelled

_TRIES = 4000
_LARGEST = 200_000  # elements over which pairs of corrections are not tried
_MOST_TENSORS = 1000  # in a graph that is derived to see what a gradient is the sum of


@dataclass(frozen=True, repr=False)
class EquationRow:
    """One equation's verdict: `right`, how it is wrong, its largest difference, and a corrected equation.

    `uses` says what of the data a right equation needs, as that the rows of y add up to 1. Where what is written leaves
    something out, so that it may mean the right thing or another, `judged` is false and `how` says what is left out.
    """

    name: str
    equation: str
    right: bool
    how: str
    difference: float
    shape: tuple[int, ...]
    corrected: str
    latex: str
    uses: str = ""
    judged: bool = True

    def __repr__(self) -> str:
        if self.right:
            return f"{self.name} = {self.equation}: {self.verdict} (± {self.difference:.1e})"
        return f"{self.name} = {self.equation}: {self.verdict}" + (f"; {self.corrected}" if self.corrected else "")

    @property
    def verdict(self) -> str:
        """`right`, or what is wrong; the word itself stands there once."""
        if self.right:
            return f"with {self.uses}: right" if self.uses else "right"
        if not self.judged:
            return f"cannot be judged: {self.how}"
        return self.how if re.search(r"\bwrong\b", self.how) else f"wrong: {self.how}"


@dataclass(frozen=True, repr=False)
class EquationReport:
    """What `check_equations` found, one row an equation; prints as a table."""

    rows: tuple[EquationRow, ...]
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether every equation is right."""
        return all(row.right for row in self.rows)

    def __getitem__(self, name: str) -> EquationRow:
        """The row of the equation given under `name`."""
        for row in self.rows:
            if name in (row.name, row.equation) or spelled(name, "C") == spelled(row.name, "C"):
                return row
        raise ArgumentError(f"there is no equation for {name!r}; there are {', '.join(row.name for row in self.rows)}")

    def _table(self) -> list[tuple[str, ...]]:
        rows = [("", "equation", "shape", "difference", "", "should be")]
        for row in self.rows:
            gap = f"{row.difference:.1e}" if numpy.isfinite(row.difference) else ""
            rows.append((row.name, row.equation, str(row.shape), gap, row.verdict, row.corrected))
        return [row if any(r[5] for r in rows[1:]) else row[:5] for row in rows]

    def __repr__(self) -> str:
        table = display.text_table(self._table())
        return f"{self.note}\n{table}" if self.note else table

    def _repr_html_(self) -> str:
        rows: list[tuple[str, ...]] = [("equation", "shape", "difference", "", "should be")]
        for row in self.rows:
            verdict = f"{'✓' if row.right else '✗'} {row.verdict}"
            plain = f"{row.name} = {row.equation}"
            equation = display.Markup(latex_to_mathml(row.latex, "inline")) if row.latex else plain
            gap = f"{row.difference:.1e}" if numpy.isfinite(row.difference) else ""
            rows.append((equation, str(row.shape), gap, verdict, row.corrected))
        note = f"<p>{display.html(self.note)}</p>" if self.note else ""
        return note + display.html_table(rows, left=(0,))


def check_equations(loss: Tensor, equations: dict[str, str]) -> EquationReport:
    """Your own equations of the reverse pass, held against the gradients of the recorded graph of `loss`.

    `equations` maps what is computed to its right side: `"δ2"` (or `delta2`, `δ²`) is the gradient of `z2`, `"dW2"`
    (or `∂C/∂W2`) that of `W2`, and a tensor's own name its value. Right sides have the tensors' names, gradients, the
    number n of examples, `+ − * / @ **`, `.T`, parentheses, numbers, `sum(…)`, `σ(…)`, `σ′(…)` (or `sigma'`) and every
    registered operation as it is printed; `*` and `⊙` are element by element, `@` or nothing between two names is the
    matrix product. One example's vectors are columns; in a batch examples are rows and shapes are those of the arrays.
    Whatever `derive` prints can be read; an equation that leaves out what it would need, as the shape that a scatter
    goes into, is not called wrong but said not to be judged.

    Equations are compared at the recorded values and at others, so that none is right because an input is all ones;
    what stands on the left cannot be used on the right. Returns a report that prints as a table. A wrong equation says
    how it is wrong: a factor σ′ missing, transposed, off by 1/n, the sign, another layer's activation, a term missing
    or too many. Raises `ArgumentError` for an unknown name or a mistake in writing, with its column, and `GraphError`
    where there is nothing to compare with, as `derive` does.

    Source: Nielsen, *Neural Networks and Deep Learning*, chapter 2, equations BP1 to BP4.

    >>> model = nn.MLP([3, 2], rng=0)
    >>> cost = nn.quadratic_cost(model(np.ones(3)), np.zeros(2))
    >>> check_equations(cost, {"δ1": "a1 - y", "dW1": "δ1 @ x.T"}).rows[0].how
    'the factor σ′(z¹) is missing'
    """
    if not isinstance(equations, dict) or not all(isinstance(v, str) for pair in equations.items() for v in pair):
        raise ArgumentError(
            f'{CALLER}: equations must be a dict of strings, as in {{"dW2": "δ2 @ a1.T"}}, not {equations!r:.80}'
        )
    with numpy.errstate(all="ignore"):
        checker = _Checker(Names(loss, CALLER))
        rows = tuple(_row(checker, label, text) for label, text in equations.items())
        return EquationReport(rows, checker.note if rows else "")


def _row(checker: _Checker, label: str, text: str) -> EquationRow:
    """The verdict on one equation, in the names of the graph or in those that `derive` gives to what has none."""
    try:
        return checker.row(label, text)
    except UnknownError as error:
        for detail in ("layer", "node"):
            try:
                return checker.named_as_in(detail).row(label, text)
            except AutogradError:
                continue
        raise error from None


@dataclass(frozen=True)
class _Place:
    """The names of the graph at one point, as formulas; those that are one tensor's are one formula."""

    point: Point
    names: dict[str, Formula]


@dataclass
class _Vocabulary:
    """What the names of a graph mean: of each key the tensor, and whether its gradient is meant."""

    graph: Names
    meaning: dict[str, tuple[Any, bool]] = field(default_factory=dict)
    slopes: list[Term] = field(default_factory=list)

    def __post_init__(self) -> None:
        graph, of = self.graph, self.graph.of
        named = [(tensor, graph.given[id(tensor)]) for tensor in graph.tensors if id(tensor) in graph.given]
        for tensor, given in named:
            for key in (given, pretty(given)):
                self.meaning[spelled(key, of)] = (tensor, False)
        for known, array in graph.arrays.items():
            if known in graph.given:
                self.meaning.setdefault(spelled(graph.given[known], of), (array, False))
        for tensor, given in named:
            if tensor not in graph.gradients:
                continue
            for key in (given, pretty(given)):
                self.meaning.setdefault(spelled("∂" + key, of), (tensor, True))
            self._activation(tensor)
        if "x" in self.meaning:
            self.meaning.setdefault("a0", self.meaning["x"])

    def _activation(self, tensor: Tensor) -> None:
        z, of = self.graph.activated.get(id(tensor)), self.graph.of
        if z is None or tensor.node is None:
            return
        # The last activation of all is the network's output, whose gradient the chapter calls ∇ₐC.
        self.meaning[spelled(f"∇ₐ{pretty(of)}", of)] = self.meaning[spelled(f"∇ₐ{of}", of)] = (tensor, True)
        self.slopes.append(Term("prime", tensor.node.op, (Term("name", spelled(self.graph.given[id(z)], of)),)))

    def at(self, point: Point) -> dict[str, Formula]:
        """What the names are worth at a point."""
        graph = self.graph
        made: dict[tuple[int, bool], Formula] = {}
        for tensor, slope in self.meaning.values():
            given = graph.given[id(tensor)]
            if (id(tensor), slope) in made:
                continue
            latex = gradient_latex(given, graph.of) if slope else latex_name(given)
            made[id(tensor), slope] = symbol(latex, (point.gradients if slope else point.values)[id(tensor)])
        found = {key: made[id(tensor), slope] for key, (tensor, slope) in self.meaning.items()}
        n = graph.examples or 1
        found.setdefault("n", number(counted(n, n)))
        return found


class _Checker:
    """One graph, at several points, and the equations that are held against it."""

    def __init__(self, graph: Names) -> None:
        self.graph = graph
        self.columns = graph.examples is None
        self.vocabulary = _Vocabulary(graph)
        self.places = [self._place(point) for point in (recorded(graph), *elsewhere(graph))]
        self.reading = Reading(self.columns)
        self.note = ""
        self._others: dict[str, _Checker] = {}
        if len(self.places) == 1:
            self.note = "compared at the recorded values alone: at others the graph could not be evaluated"

    def _place(self, point: Point) -> _Place:
        return _Place(point, self.vocabulary.at(point))

    def named_as_in(self, detail: str) -> _Checker:
        """The same graph in the names that a derivation of this detail gives to results that have none."""
        if detail not in self._others:
            graph = Names(self.graph.loss, CALLER)
            derivation(graph, detail)
            self._others[detail] = _Checker(graph)
        return self._others[detail]

    @property
    def names(self) -> dict[str, Formula]:
        """The names at the recorded values."""
        return self.places[0].names

    @cached_property
    def _summing(self) -> tuple[list[_Place], str]:
        """The graph where rows that add up to one still do, and which these are; nothing where there are none."""
        leaves = [leaf for leaf in summing(self.graph) if id(leaf) in self.graph.given]
        if not leaves:
            return [], ""
        rows = " in every row" if any(leaf.ndim > 1 for leaf in leaves) else ""
        uses = ", ".join(f"Σ {pretty(self.graph.given[id(leaf)])} = 1" for leaf in leaves) + rows
        return [self.places[0], *map(self._place, elsewhere(self.graph, sums=True))], uses

    def row(self, label: str, text: str) -> EquationRow:
        """The verdict on one equation."""
        name = spelled(label, self.graph.of)
        target = self.names.get(name)
        if target is None:
            known = ", ".join(sorted(map(shown, self.names)))
            raise UnknownError(f"{CALLER}: there is no {label!r} in this graph to compare with; there are {known}")
        term = read(label, text, self.names, self.graph.of)
        left = latex_to_text(to_latex(target))
        if asked := self._asked(term, name):
            how = f"{asked} comes from {left} itself: it cannot stand on the other side"
            return EquationRow(label, text, False, how, float("nan"), target.shape, "", "")
        verdict = self._right(label, text, term, name, target)
        if verdict is None and (how := guessed(term) or self.printed(label, text)):
            return EquationRow(label, text, False, how, float("nan"), target.shape, "", "", judged=False)
        return verdict or self._wrong(label, text, term, name, target)

    def _asked(self, term: Term, name: str) -> str:
        """A name in an equation that is what it asks for, or a gradient that the reverse pass finds from it."""
        tensor, slope = self.vocabulary.meaning.get(name, (None, False))
        if not isinstance(tensor, Tensor):
            return ""
        before = {id(each) for each in ancestors(tensor)} if slope else {id(tensor)}
        for key in sorted(used(term)):
            other, of_other = self.vocabulary.meaning.get(key, (None, False))
            if other is not None and of_other == slope and id(other) in before:
                return latex_to_text(to_latex(self.names[key]))
        return ""

    # Right.

    def _right(self, label: str, text: str, term: Term, name: str, target: Formula) -> EquationRow | None:
        """The row of an equation that is right in one of its readings, where the data are what they are or anywhere."""
        for places, uses in ((self.places, ""), self._summing) if self._by_values(term, name) else ():
            for reading in readings(self.columns) if places else ():
                differences = self._differences(term, name, reading, places)
                if differences is None:
                    continue
                found = evaluate(term, self.names, reading, target.shape)
                shape, latex = self._plain(found.shape, target), f"{to_latex(target)} = {self._latex(found)}"
                return EquationRow(label, text, True, "", differences[0], shape, "", latex, uses)
        return None

    def _by_values(self, term: Term, name: str) -> bool:
        """Whether an equation holds at the recorded values, perhaps by accident."""
        places = self.places[:1]
        return any(self._differences(term, name, reading, places) is not None for reading in readings(self.columns))

    def _differences(
        self, term: Term, name: str, reading: Reading, places: list[_Place], factors: Number = 1.0,
        more: list[Formula] | None = None,
    ) -> list[float] | None:  # fmt: skip
        """How far the equation is off at each place, or `None` where it is wrong at one of them."""
        found = []
        for i, place in enumerate(places):
            target = place.names[name]
            try:
                value = evaluate(term, place.names, reading, target.shape)
                if more is not None:
                    value = formula(value + more[i])
            except (UnfitError, AutogradError):
                return None
            right, difference = self._agrees(value, target, name, factors)
            if not right:
                return None
            found.append(difference)
        return found

    def _agrees(self, found: Formula, target: Formula, name: str, factor: Number = 1.0) -> tuple[bool, float]:
        aligned = fitted(found, target)
        if aligned is None:
            return False, float("inf")
        if factor != 1.0:
            aligned = formula(number(factor) * aligned)
        difference, tolerance, _ = agreement(aligned, target.value, self.graph.epsilon)
        if not difference <= 4 * tolerance:
            line = self._line(name)  # a gradient that is 0 up to rounding is as exact as what it is the sum of
            tolerance = max(tolerance, line.tolerance) if line is not None else tolerance
        return bool(difference <= 4 * tolerance), difference

    def _plain(self, shape: tuple[int, ...], target: Formula) -> tuple[int, ...]:
        """The shape as `derive` gives it: a column that a vector was read as has the shape of the vector."""
        aligned = target.ndim == 1 and shape[1:] == (1,)
        return target.shape if shape == () and target.ndim else shape[:1] if aligned else shape

    # Wrong.

    def _wrong(self, label: str, text: str, term: Term, name: str, target: Formula) -> EquationRow:
        found, problem = self._found(term, target)
        left, difference, shape, latex = latex_to_text(to_latex(target)), float("inf"), target.shape, ""
        if found is not None:
            shape = found.shape if found.shape == () else self._plain(found.shape, target)
            latex = f"{to_latex(target)} = {self._latex(found)}"
            if shape != target.shape:
                problem = f"it has shape {shape}, but {left} has {target.shape}"
            else:
                difference = self._agrees(found, target, name)[1]
        how, corrected = self._diagnosis(term, found, name, target)
        how = how or problem or self._worst(term, name)
        corrected = f"{left} = {corrected}" if corrected else ""
        return EquationRow(label, text, False, how, difference, shape, corrected, latex)

    def _found(self, term: Term, target: Formula) -> tuple[Formula | None, str]:
        problem = ""
        for reading in readings(self.columns):
            try:
                return evaluate(term, self.names, reading, target.shape), ""
            except UnfitError as error:
                problem = problem or f"the shapes do not fit: {error}"
        return None, problem

    def _worst(self, term: Term, name: str) -> str:
        """Where an equation that no slip explains is furthest off."""
        for place in self.places:
            target = place.names[name]
            found = fitted(self._read_at(term, place, target), target) or target
            if not self._agrees(found, target, name)[0]:
                break
        _, _, worst = agreement(found, target.value)
        yours = numpy.broadcast_to(numpy.asarray(found.value), target.shape)[worst]
        where = "" if place.point.recorded else "it holds at the recorded values by accident: at others, "
        return (
            f"{'' if where else 'no single slip explains it: '}{where}at element {worst} it gives {yours:.6g}, "
            f"the reverse pass {numpy.asarray(target.value)[worst]:.6g}"
        )

    def _read_at(self, term: Term, place: _Place, target: Formula) -> Formula:
        for reading in readings(self.columns):
            try:
                return evaluate(term, place.names, reading, target.shape)
            except UnfitError:
                continue
        raise AssertionError("a term that has a value has one in some reading")

    def _latex(self, found: Formula) -> str:
        return to_latex(Tidier().tidy(found))

    def _diagnosis(self, term: Term, found: Formula | None, name: str, target: Formula) -> tuple[str | None, str]:
        """The likeliest slip in words and the corrected equation, or `None` where none was found."""
        names = {key: value for key, value in self.names.items() if not self._asked(Term("name", key), name)}
        slips = Slips(names, self.vocabulary.slopes, self.reading, not self.columns, target.shape)
        factors = constants(self.graph.examples)
        spread = found is not None and fitted(found, target) is not None
        if spread and (answer := self._tried(term, name, factors, spread=True)):
            return answer
        singles = slips.near(term)
        return (
            self._single(singles, name, factors)
            or self._amiss(term, name)
            or self._single_and_term(singles, name, target)
            or self._double(slips, singles, name, target)
            or (None, "")
        )

    def _single(self, singles: list[Slip], name: str, factors: list[tuple[Number, str]]) -> tuple[str, str] | None:
        """One slip, alone or with a factor that was forgotten."""
        alone: list[tuple[Number, str]] = [(1.0, "")]
        for tried in (alone, factors):
            for slip in singles:
                if answer := self._tried(slip.corrected, name, tried):
                    also, text = answer
                    return f"{slip.how}; and {also}" if also else slip.how, text
        return None

    def _amiss(self, term: Term, name: str) -> tuple[str, str] | None:
        """A summand that is missing, or there with another sign or factor."""
        whole, summands = self._summands(name)
        for summand, written in summands:
            for factor, how in AMISS:
                if answer := self._tried(term, name, [(1.0, "")], summand, factor):
                    return how.format(written), answer[1] if factor == 1 else whole
        return None

    def _single_and_term(self, singles: list[Slip], name: str, target: Formula) -> tuple[str, str] | None:
        _, summands = self._summands(name)
        if target.size * len(singles) * len(summands) > _LARGEST:
            return None
        for summand, written in summands:
            for slip in singles:
                if slip.cost < GUESS and (answer := self._tried(slip.corrected, name, [(1.0, "")], summand)):
                    return f"{slip.how}; and the term {written} is missing", answer[1]
        return None

    def _double(self, slips: Slips, singles: list[Slip], name: str, target: Formula) -> tuple[str, str] | None:
        if target.size * len(singles) > _LARGEST:
            return None
        tried = 0
        for first in singles:
            for second in slips.near(first.corrected) if first.cost < GUESS else ():
                tried += second.cost < GUESS
                if tried > _TRIES:
                    return None
                if second.cost < GUESS and (answer := self._tried(second.corrected, name, [(1.0, "")])):
                    return f"{first.how}; and {second.how}", answer[1]
        return None

    def _tried(
        self, term: Term, name: str, factors: list[tuple[Number, str]], summand: Formula | None = None,
        times: float = 1.0, spread: bool = False,
    ) -> tuple[str, str] | None:  # fmt: skip
        """What the equation, with a summand added, is to be multiplied by to be right, in words; then all of it.

        With `spread` one number for all elements will do.
        """
        target = self.names[name]
        try:
            found = evaluate(term, self.names, self.reading, target.shape)
        except (UnfitError, AutogradError):
            return None
        alike = found.shape in (target.shape, (*target.shape, 1)) and found.number is None
        if not alike and not spread:
            return None
        added = None if summand is None else [self._at(summand, place, times) for place in self.places]
        whole = found if added is None else formula(found + added[0])
        others = None if added is None else added[1:]
        for factor, how in factors:
            if not self._agrees(whole, target, name, factor)[0]:
                continue
            if self._differences(term, name, self.reading, self.places[1:], factor, others) is not None:
                return how, latex_to_text(self._latex(whole if factor == 1.0 else formula(number(factor) * whole)))
        return None

    # What a gradient is the sum of.

    @cached_property
    def _derivation(self) -> Derivation | None:
        if len(self.graph.tensors) > _MOST_TENSORS:
            return None
        try:
            return derivation(self.graph)
        except AutogradError:  # a graph that cannot be derived has gradients all the same
            return None

    def _line(self, name: str) -> Line | None:
        """The line that `derive` has for a gradient."""
        tensor, slope = self.vocabulary.meaning[name]
        lines = self._derivation.lines if self._derivation and slope else ()
        return next((line for line in lines if line.tensor is tensor), None)

    def printed(self, label: str, text: str) -> str:
        """Why an equation cannot be judged that `derive` prints, in a notation that leaves something out; else ""."""
        key, plain = spelled(label, self.graph.of), "".join(text.split())
        said = re.search(r"[\[\w]\(|\[|\^\(", plain)  # what has no function and no index leaves nothing out
        for found in self._derivations if said else filter(None, [self._derivation]):
            lines = [line for line in (*found.lines, *found.definitions) if spelled(line.name, found.loss) == key]
            if any("".join(x.text.partition(" = ")[2].split()) == plain for x in lines if not x.readable):
                return "this is what derive() prints, in a notation that does not say all that it means"
        return ""

    @cached_property
    def _derivations(self) -> list[Derivation]:
        """Everything that `derive` prints of the graph."""
        found: list[Derivation] = []
        for detail in DETAILS if len(self.graph.tensors) <= _MOST_TENSORS else ():
            for expanded in (False, True):
                with contextlib.suppress(AutogradError):  # what would be too large to read is not printed either
                    found.append(derivation(Names(self.graph.loss, CALLER), detail, expanded))
        return found

    def _summands(self, name: str) -> tuple[str, list[tuple[Formula, str]]]:
        """A gradient in text, and what it is the sum of: each in the shape of the whole, and in text."""
        line = self._line(name)
        summands = Tidier().summands(line.formula) if line is not None else []
        if line is None or len(summands) < 2:
            return "", []
        whole = [t if t.shape == line.shape else formula(xp.broadcast_to(t, shape=line.shape)) for t in summands]
        written = [latex_to_text(to_latex(t)) for t in summands]
        return line.text.partition(" = ")[2], list(zip(whole, written, strict=True))

    def _at(self, summand: Formula, place: _Place, times: float) -> Formula:
        """A summand of a derived line, `times` as much of it, with the values that its names have at a place."""
        point, graph = place.point, self.graph
        meant = {latex_name(graph.given[key]): point.values[key] for key in graph.arrays if key in graph.given}
        for tensor in graph.tensors:
            if given := graph.given.get(id(tensor)):
                meant[latex_name(given)] = point.values[id(tensor)]
                if id(tensor) in point.gradients:
                    meant[gradient_latex(given, graph.of)] = point.gradients[id(tensor)]

        def moved(part: Formula) -> Formula:
            if part.op is not None:
                return rebuilt(part, tuple(map(moved, part.args)))
            return symbol(part.latex, meant[part.latex]) if part.latex in meant else part

        found = summand if point.recorded else moved(summand)
        return found if times == 1 else formula(number(times) * found)
