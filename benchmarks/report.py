"""Results as data, as text (a Markdown document) and as a bar chart."""

from __future__ import annotations

from html import escape
from typing import Any

from benchmarks.timing import Timing
from benchmarks.workloads import Prepared, Target, Workload


def outcome(workload: Workload, prepared: Prepared, timing: Timing, figures: dict[str, float]) -> dict[str, Any]:
    """What was measured of a workload, ready for JSON."""
    contestants = {
        name: {
            "seconds": timing.median(name),
            "relative": timing.ratio(name, workload.reference),
            "rounds": rounds,
        }
        for name, rounds in timing.rounds.items()
    }
    return {
        "name": workload.name,
        "title": workload.title,
        "reference": workload.reference,
        "contestants": contestants,
        "targets": [judged(target, timing, figures, prepared.left_out) for target in workload.targets],
        "figures": figures,
        "left_out": prepared.left_out,
        "notes": prepared.notes,
    }


def judged(target: Target, timing: Timing, figures: dict[str, float], left_out: dict[str, str]) -> dict[str, Any]:
    if target.against is None:
        measured = figures.get(target.name)
    elif {target.name, target.against} <= timing.rounds.keys():
        measured = timing.ratio(target.name, target.against)
    else:
        measured = None
    return {
        "name": target.name,
        "against": target.against,
        "limit": target.limit,
        "measured": measured,
        "reached": None if measured is None else measured <= target.limit,
    }


def seconds(value: float) -> str:
    """A duration with three digits and its unit.

    >>> seconds(0.0000312), seconds(86_400.0)
    ('31.2 µs', '24 h')
    """
    for unit, size in (("h", 3600.0), ("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size or unit == "µs":
            return f"{value / size:.3g} {unit}" if value < 1000 * size else f"{value / size:,.0f} {unit}"
    return ""


def ratio(value: float) -> str:
    """A number with three digits or more.

    >>> [ratio(value) for value in (0.001234, 0.8512, 2.0, 12.34, 1234.5)]
    ['0.00123', '0.851', '2.00', '12.3', '1,234']
    """
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 0.01 else f"{value:.{3 if value < 1 else 2 if value < 10 else 1}f}"


def verdict(target: dict[str, Any]) -> str:
    """One target as a sentence."""
    against = f" × {target['against']}" if target["against"] else ""
    limit = f"{target['limit']:.3g}" if target["limit"] < 1000 else f"{target['limit']:,.0f}"
    said = f"{target['name']} ≤ {limit}{against}"
    if target["measured"] is None:
        return f"{said}: not measured"
    return f"{said}: {ratio(target['measured'])}, {'reached' if target['reached'] else '**missed**'}"


def section(result: dict[str, Any]) -> str:
    """One workload in Markdown."""
    lines = [f"### {result['title']}", ""]
    if "skipped" in result:
        return "\n".join([*lines, f"Left out: {result['skipped']}.", ""])
    reference = result["reference"]
    lines += [f"| contestant | median | × {reference} |", "|---|---:|---:|"]
    for name, found in result["contestants"].items():
        lines.append(f"| {name} | {seconds(found['seconds'])} | {ratio(found['relative'])} |")
    lines.append("")
    lines += [f"- {verdict(target)}" for target in result["targets"]]
    lines += [f"- {name}: {value:,.0f}" for name, value in result["figures"].items()]
    lines += [f"- left out: {name}, {reason}" for name, reason in result["left_out"].items()]
    lines += [f"- {note}" for note in result["notes"]]
    return "\n".join([*lines, ""])


# The chart.

_LABEL, _BAR, _ROW, _MOST = 230, 420, 18, 4.0


def chart(results: list[dict[str, Any]], subtitle: str) -> str:
    """Bars of every contestant's time over its workload's reference, as an SVG document.

    A bar that is longer than the axis is cut, with its number beside it; a line marks the reference.
    """
    parts: list[str] = []
    y = 64
    for result in results:
        if "skipped" in result:
            continue
        parts.append(f'<text x="12" y="{y}" class="title">{escape(result["title"])}</text>')
        y += 8
        top = y
        for name, found in result["contestants"].items():
            relative = found["relative"]
            width = max(1.0, min(relative, _MOST) / _MOST * _BAR)
            cut = relative > _MOST
            kind = "ours" if _ours(name) else "other"
            parts.append(f'<text x="{_LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>')
            parts.append(f'<rect x="{_LABEL}" y="{y + 3}" width="{width:.1f}" height="{_ROW - 5}" class="{kind}"/>')
            if cut:
                edge = _LABEL + _BAR
                parts.append(f'<path d="M{edge - 12} {y + _ROW} l5 -{_ROW} h4 l-5 {_ROW} z" fill="#fff"/>')
            label = f"{ratio(relative)} ({seconds(found['seconds'])})"
            parts.append(f'<text x="{_LABEL + width + 6:.1f}" y="{y + 13}">{label}</text>')
            y += _ROW
        one = _LABEL + _BAR / _MOST
        parts.append(f'<path d="M{one} {top} V{y}" stroke="#222" stroke-dasharray="3 2"/>')
        y += 30
    width = _LABEL + _BAR + 170
    style = (
        "text{font:12px sans-serif;fill:#222}.title{font-weight:bold}"
        ".ours{fill:#2f6db5}.other{fill:#b9bec6}.head{font-size:16px;font-weight:bold}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}">\n'
        f"<style>{style}</style>\n"
        f'<rect width="{width}" height="{y}" fill="#fff"/>\n'
        '<text x="12" y="22" class="head">Time relative to the reference (dashed), shorter is better</text>\n'
        f'<text x="12" y="40">{escape(subtitle)}</text>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _ours(name: str) -> bool:
    return name.startswith(("eager", "compiled", "nn.fit", "bare loop", "one reverse pass"))
