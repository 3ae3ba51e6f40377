"""Timing contestants in turn, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Run = Callable[[], object]


@dataclass
class Timing:
    """Seconds a run of every contestant, round by round."""

    rounds: dict[str, list[float]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        return statistics.median(self.rounds[name])

    def ratio(self, name: str, against: str) -> float:
        """The median of the ratios within one round."""
        pairs = zip(self.rounds[name], self.rounds[against], strict=True)
        return statistics.median(mine / other for mine, other in pairs)


def alternately(runs: Mapping[str, Run], rounds: int, segment: float, pause: float = 0.01) -> Timing:
    """Time all `runs` once a round, in an order that moves on by one each round.

    A contestant is repeated for about `segment` seconds a round. The pause before lets the idle
    threads of the contestant before it go to sleep instead of taking a core. The garbage collector
    is on, but does not look at what was there before, such as the modules of the peers.
    """
    gc.collect()
    gc.freeze()
    try:
        return _alternately(runs, rounds, segment, pause)
    finally:
        gc.unfreeze()


def _alternately(runs: Mapping[str, Run], rounds: int, segment: float, pause: float) -> Timing:
    names = list(runs)
    repeats = {name: _repeats(runs[name], segment) for name in names}
    timing = Timing({name: [] for name in names})
    for number in range(rounds):
        for i in range(len(names)):
            name = names[(i + number) % len(names)]
            run, count = runs[name], repeats[name]
            time.sleep(pause)
            if count > 1:
                run()
            begun = time.perf_counter()
            for _ in range(count):
                run()
            timing.rounds[name].append((time.perf_counter() - begun) / count)
    return timing


def _repeats(run: Run, segment: float) -> int:
    if not segment:
        return 1
    run()
    begun = time.perf_counter()
    run()
    return max(1, int(segment / (time.perf_counter() - begun)))


def peak_memory(run: Run, repeats: int = 20) -> int:
    """The most memory, in bytes, that is held at any moment of a run over what was held before it."""
    tracemalloc.start()
    try:
        run()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(repeats):
            run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
