"""What a gradient check found, as data, as a table and as a picture: rows, witnesses, kinks, and the rule at fault.

Must not compute a derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from autograd_lite import display
from autograd_lite.check.curve import Curve


@dataclass(frozen=True)
class CheckRow:
    """One input's check: its worst element, the gradient there from both sides, and how far they are apart.

    `position` is the place of the `input` among the arguments. `absolute` is the difference between the two at that
    element, `relative` the same over what the element's own error has to be measured by: the magnitudes of which the
    gradient there is the sum, and the noise of rounding.
    """

    input: str
    position: int
    order: int
    shape: tuple[int, ...]
    method: str
    element: tuple[int, ...]
    gradient: float
    expected: float
    absolute: float
    relative: float
    tolerance: float
    kink: bool = False
    """Whether the element lies at a kink or a tie, where the gradient is one of many and cannot be compared."""

    @property
    def passed(self) -> bool:
        """Whether the worst element is within the tolerance, or lies at a kink."""
        return self.kink or self.relative <= self.tolerance

    @property
    def outcome(self) -> str:
        """`"ok"`, `"kink"` or `"WRONG"`."""
        return "ok" if self.relative <= self.tolerance else "kink" if self.kink else "WRONG"


@dataclass(frozen=True)
class WitnessRow:
    """What one more witness says: what it compared, how far that was apart over what is allowed there, and on what.

    `error` is in units of what is allowed, so that more than 1 is wrong; 0 where bits were compared and agree.
    """

    witness: str
    error: float
    of: str

    @property
    def passed(self) -> bool:
        """Whether what it compared agrees."""
        return self.error <= 1


@dataclass(frozen=True)
class Kink:
    """A place where a function has more than one slope: which operation, for which argument, and both slopes.

    `left` and `right` are the slopes of the result, weighed with the gradient there, as the `element` of the argument
    goes down or up; not a number where the function is not defined on that side. `near` says that the kink is not at
    the element but within the step of the difference.
    """

    operation: str
    argument: str
    element: tuple[int, ...]
    gradient: float
    left: float
    right: float
    near: bool
    place: str

    def __str__(self) -> str:
        if self.near:
            said = "has a kink nearer than the step of the difference; smaller steps agree with the rule"
        elif self.left != self.left or self.right != self.right:
            said = f"is at the edge of where it is defined; the rule gives {self.gradient:.6g}"
        else:
            said = f"has a kink: slopes {self.left:.6g} and {self.right:.6g}, the rule gives {self.gradient:.6g}"
        return f"{self.operation}, argument {self.argument} at element {self.element}, {said} ({self.place})"


@dataclass(frozen=True)
class Fault:
    """The rule that is wrong: of which operation, for which argument, where it was used, and what it gives.

    `place` is the line of your code that used the operation, `rule` where the rule itself is written. `gradient` and
    `expected` belong to the worst `element`; the Jacobians have a row for each element of the result and a column for
    each of the argument, and are `None` where they would be large or nothing numeric was compared.
    """

    operation: str
    argument: str
    position: int
    said: str
    place: str
    rule: str
    element: tuple[int, ...] = ()
    gradient: float = 0.0
    expected: float = 0.0
    given_jacobian: tuple[tuple[float, ...], ...] | None = None
    expected_jacobian: tuple[tuple[float, ...], ...] | None = None

    def __str__(self) -> str:
        lines = [self.said, f"  used at {self.place}"]
        if self.rule:
            lines.append(f"  its rule is at {self.rule}")
        if self.given_jacobian is not None and self.expected_jacobian is not None:
            lines += _side_by_side(self.given_jacobian, self.expected_jacobian)
        return "\n".join(lines)


_SHOWN = 5


def _side_by_side(given: Sequence[Sequence[float]], expected: Sequence[Sequence[float]]) -> list[str]:
    """Two Jacobians beside each other, no more of them than can be read."""
    rows, columns = len(given), len(given[0])
    part = (
        "" if rows <= _SHOWN and columns <= _SHOWN else f", the first {min(rows, _SHOWN)} × {min(columns, _SHOWN)} of"
    )
    lines = [f"  its Jacobian{part} {rows} × {columns}, as the rule has it | as it is:"]
    for one, other in zip(given[:_SHOWN], expected[:_SHOWN], strict=True):
        lines.append("    " + " | ".join(" ".join(f"{x + 0.0:10.4g}" for x in row[:_SHOWN]) for row in (one, other)))
    return lines


@dataclass(frozen=True, repr=False)
class CheckReport:
    """What `gradcheck` found: one row for each input and order; prints as a table.

    `witnesses` are what else was asked, `kinks` the places with more than one slope, `fault` the rule that is wrong.
    In a notebook the error over the step size is drawn as well.
    """

    rows: tuple[CheckRow, ...]
    witnesses: tuple[WitnessRow, ...] = ()
    kinks: tuple[Kink, ...] = ()
    fault: Fault | None = None
    drawing: Callable[[], Curve] | None = field(default=None, compare=False)

    @property
    def worst(self) -> CheckRow:
        """The row that is nearest to its tolerance, or furthest over it."""
        return max(self.rows, key=lambda row: row.relative / row.tolerance if row.tolerance else row.relative)

    @property
    def absolute(self) -> float:
        """The largest absolute error of all inputs."""
        return max(row.absolute for row in self.rows)

    @property
    def relative(self) -> float:
        """The largest relative error of all inputs."""
        return max(row.relative for row in self.rows)

    @property
    def element(self) -> tuple[int, ...]:
        """The index of the worst element in the worst row's input."""
        return self.worst.element

    @property
    def method(self) -> str:
        """How the worst row was computed: by complex step or by difference."""
        return self.worst.method

    @property
    def passed(self) -> bool:
        """Whether every row is within its tolerance, every witness agrees, and no rule was found wrong."""
        ok = [row.passed for row in self.rows] + [each.passed for each in self.witnesses]
        return self.fault is None and all(ok)

    @property
    def curve(self) -> Curve | None:
        """The error at the worst element over the step size, computed when it is asked for."""
        return None if self.drawing is None else self.drawing()

    def _table(self) -> list[tuple[str, ...]]:
        head = ("input", "order", "shape", "worst at", "gradient", "expected", "absolute", "relative", "method", "")
        rows: list[tuple[str, ...]] = [
            (
                row.input, str(row.order), str(row.shape), str(row.element), f"{row.gradient:.10g}",
                f"{row.expected:.10g}", f"{row.absolute:.1e}", f"{row.relative:.1e}", row.method,
                row.outcome,
            )
            for row in self.rows
        ]  # fmt: skip
        return [head, *rows]

    def __repr__(self) -> str:
        return "\n".join([display.text_table(self._table()), *self._notes()])

    def _notes(self) -> list[str]:
        """What is to be said beside the table."""
        said = [] if self.fault is None else [str(self.fault)]
        said += [f"{each.witness}: {each.of} differs" for each in self.witnesses if not each.passed]
        return said + [str(kink) for kink in self.kinks]

    def _repr_html_(self) -> str:
        table = display.html_table(self._table())
        notes = "".join(f'<pre style="white-space:pre-wrap">{display.html(note)}</pre>' for note in self._notes())
        asked = "".join(
            f"<li>{display.html(each.witness)}: {'agrees' if each.passed else 'differs'}, {display.html(each.of)}</li>"
            for each in self.witnesses
        )
        curve = self.curve
        return f"{table}{notes}{f'<ul>{asked}</ul>' if asked else ''}{'' if curve is None else curve.svg()}"


def slip(wrong: CheckRow) -> str:
    """What is wrong, in one line."""
    of = "gradient" if wrong.order == 1 else "gradient's gradient"
    return (
        f"the {of} with respect to {wrong.input} is wrong: at element {wrong.element} the rules give "
        f"{wrong.gradient!r}, the {wrong.method} {wrong.expected!r} (argument {wrong.position} of f, relative "
        f"error {wrong.relative:.1e}, tolerance {wrong.tolerance:.0e})"
    )
