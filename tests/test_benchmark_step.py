"""The benchmark of one step runs, and its two contestants compute the same."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import step


def test_both_contestants_compute_the_same_for_several_steps() -> None:
    x, y = step.data(np.random.default_rng(1))
    (ours, ours_after), (theirs, theirs_after) = step.eager(x, y), step.hand_written(x, y)
    begun = [p.copy() for p in ours_after()]
    costs = [(ours(), theirs()) for _ in range(5)]
    assert costs[-1][0] < costs[0][0]
    for mine, other in costs:
        assert mine == pytest.approx(other, rel=1e-4)
    for mine, other, first in zip(ours_after(), theirs_after(), begun, strict=True):
        assert mine.dtype == other.dtype == np.float32
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)
        assert not np.array_equal(mine, first)


def test_the_measurement_runs() -> None:
    result = step.measure(rounds=3, steps=2)
    assert set(result) == {"eager", "hand-written", "ratio"}
    assert all(value > 0 for value in result.values())


def test_a_wrong_contestant_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    right = step.hand_written

    def wrong(x: np.ndarray, y: np.ndarray) -> object:
        return right(x, y[::-1])

    monkeypatch.setattr(step, "hand_written", wrong)
    with pytest.raises(AssertionError):
        step.measure(rounds=1, steps=1)
