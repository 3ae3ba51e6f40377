"""One training step of the chapter's network: eager autograd_lite against hand-written NumPy.

[784, 30, 10], mini-batch 10, float32, quadratic cost, gradient descent. Both compute the new
parameters and the value of the cost, alternately in one process; what counts is the median ratio.
Run with `python -m benchmarks.step`; `python -m benchmarks` measures this and more against others.
"""

from __future__ import annotations

import numpy as np

from benchmarks import training
from benchmarks.machine import restart_without_forced_kernels
from benchmarks.timing import alternately
from benchmarks.training import Contestant, Task

TASK = Task((784, 30, 10), 10)


def data(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return TASK.data(rng)


def eager(x: np.ndarray, y: np.ndarray) -> Contestant:
    """The step as a user writes it."""
    return training.eager(TASK, TASK.parameters(), x, y)


def hand_written(x: np.ndarray, y: np.ndarray) -> Contestant:
    """BP1 to BP4 for the whole mini-batch, as one writes them by hand."""
    return training.hand_written(TASK, TASK.parameters(), x, y)


def measure(rounds: int = 41, steps: int = 200) -> dict[str, float]:
    """Median microseconds a step of both, and the median of the ratios of neighbouring rounds."""
    x, y = data(np.random.default_rng(0))
    contestants = {"eager": eager(x, y), "hand-written": hand_written(x, y)}
    training.agree(contestants, "hand-written")

    def several(step: training.Step) -> training.Step:
        def run() -> float:
            for _ in range(steps - 1):
                step()
            return step()

        return run

    timing = alternately({name: several(step) for name, (step, _) in contestants.items()}, rounds, segment=0)
    found = {name: timing.median(name) / steps * 1e6 for name in contestants}
    return {**found, "ratio": timing.ratio("eager", "hand-written")}


if __name__ == "__main__":
    restart_without_forced_kernels("benchmarks.step")
    result = measure()
    print(f"step of {list(TASK.sizes)}, mini-batch {TASK.batch}, float32, median of rounds in turn")
    print(f"  eager         {result['eager']:7.1f} µs")
    print(f"  hand-written  {result['hand-written']:7.1f} µs")
    print(f"  ratio         {result['ratio']:7.2f}")
