"""The measurements, with one command: `python -m benchmarks`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.machine import described, machine, restart_without_forced_kernels


def measured(workload: Any, rounds: int, quick: bool) -> dict[str, Any]:
    """Prepare, time and judge one workload."""
    from benchmarks.report import outcome
    from benchmarks.timing import alternately
    from benchmarks.training import LeftOutError

    try:
        prepared = workload.prepare(quick)
    except LeftOutError as reason:
        return {"name": workload.name, "title": workload.title, "skipped": str(reason)}
    timing = alternately(prepared.runs, min(rounds, workload.most_rounds), 0 if quick else workload.segment)
    for name, factor in prepared.scale.items():
        timing.rounds[name] = [each * factor for each in timing.rounds[name]]
    for name, (whole, part) in prepared.rest.items():
        pairs = zip(timing.rounds[whole], timing.rounds[part], strict=True)
        timing.rounds[name] = [max(a - b, 0.0) for a, b in pairs]
    return outcome(workload, prepared, timing, prepared.figures())


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a report, and write it as Markdown, JSON and SVG."""
    from benchmarks.workloads import WORKLOADS

    names = [workload.name for workload in WORKLOADS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--workloads", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--rounds", type=int, default=15, help="rounds in which everyone has a turn (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("benchmark-results"), help="folder (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="see that everything runs; the times mean little")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")

    from benchmarks.report import chart, section

    results: list[dict[str, Any]] = []
    sections: list[str] = []
    for workload in WORKLOADS:
        if workload.name in options.workloads:
            results.append(measured(workload, options.rounds, options.quick))
            sections.append(section(results[-1]))
            print(sections[-1], flush=True)
    found = machine()
    lines = described(found)
    print("\n".join(lines))
    targets = [target for result in results for target in result.get("targets", ())]
    reached = sum(target["reached"] is True for target in targets)
    known = sum(target["measured"] is not None for target in targets)
    summary = f"{reached} of {known} measured targets reached, {len(targets) - known} not measured"
    print(summary)
    options.out.mkdir(parents=True, exist_ok=True)
    head = "".join(f"- {line}\n" for line in [*lines, summary])
    (options.out / "report.md").write_text(f"{head}\n" + "\n".join(sections), encoding="utf-8")
    text = json.dumps({"machine": found, "workloads": results}, indent=1, allow_nan=False, ensure_ascii=False)
    (options.out / "results.json").write_text(text + "\n", encoding="utf-8")
    (options.out / "chart.svg").write_text(chart(results, lines[0]), encoding="utf-8")
    print(f"written to {options.out}: report.md, results.json, chart.svg")
    return 0


if __name__ == "__main__":
    restart_without_forced_kernels("benchmarks")
    sys.exit(main())
