"""Schedules against their formulas written out, the book's halving, early stopping, and states that go on."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn


def sgd(lr: float = 0.8) -> nn.SGD:
    return nn.SGD([nn.Parameter([1.0], dtype=float)], lr)


def rates(schedule: nn.Schedule, count: int) -> list[float]:
    found = []
    for _ in range(count):
        found.append(schedule.optimizer.lr)
        schedule.step()
    return found


def cosine(t: int, length: int, base: float, end: float) -> float:
    return end * base + (base - end * base) * (1 + math.cos(math.pi * min(t, length) / length)) / 2


def one_cycle(t: int, length: int, base: float) -> float:
    """PyTorch's formula: two phases of half a cosine, ends at 0.3 T - 1 and T - 1, divided by 25 and by 10⁴ more."""
    first, last = 0.3 * length - 1, length - 1
    low, lowest = base / 25, base / 25 / 1e4
    if t < first:
        return base + (low - base) / 2 * (math.cos(math.pi * t / first) + 1)
    part = min((t - first) / (last - first), 1)
    return lowest + (base - lowest) / 2 * (math.cos(math.pi * part) + 1)


FORMULAS: dict[str, tuple[Callable[[Any], nn.Schedule], Callable[[int], float]]] = {
    "constant": (nn.ConstantSchedule, lambda t: 0.8),
    "step": (lambda o: nn.StepSchedule(o, 7, 0.3), lambda t: 0.8 * 0.3 ** (t // 7)),
    "exponential": (lambda o: nn.ExponentialSchedule(o, 0.9), lambda t: 0.8 * 0.9**t),
    "cosine": (lambda o: nn.CosineSchedule(o, 20), lambda t: cosine(t, 20, 0.8, 0)),
    "cosine to an end": (lambda o: nn.CosineSchedule(o, 20, 0.1), lambda t: cosine(t, 20, 0.8, 0.1)),
    "warm-up": (lambda o: nn.WarmUpSchedule(o, 5), lambda t: 0.8 * min((t + 1) / 5, 1)),
    "warm-up and cosine": (
        lambda o: nn.WarmUpSchedule(o, 5, nn.CosineSchedule(o, 20)),
        lambda t: 0.8 * (t + 1) / 5 if t < 5 else cosine(t - 5, 20, 0.8, 0),
    ),
    "warm-up and one cycle": (
        lambda o: nn.WarmUpSchedule(o, 3, nn.OneCycleSchedule(o, 20)),
        lambda t: 0.8 * (t + 1) / 3 if t < 3 else one_cycle(t - 3, 20, 0.8),
    ),
    "one cycle": (lambda o: nn.OneCycleSchedule(o, 20), lambda t: one_cycle(t, 20, 0.8)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_schedule_follows_its_formula(name: str) -> None:
    make, formula = FORMULAS[name]
    found = rates(make(sgd()), 30)
    np.testing.assert_allclose(found, [formula(t) for t in range(30)], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("cut", [0, 4, 13])
def test_a_schedule_taken_up_from_its_state_goes_on_to_the_bit(name: str, cut: int) -> None:
    make, _ = FORMULAS[name]
    whole = rates(make(sgd()), 30)
    first = make(sgd())
    assert rates(first, cut) == whole[:cut]
    state = pickle.loads(pickle.dumps((first.state_dict(), first.optimizer.state_dict())))  # noqa: S301
    second = make(sgd(0.05))
    second.optimizer.load_state_dict(state[1])
    second.load_state_dict(state[0])
    assert rates(second, 30 - cut) == whole[cut:]


def test_a_cosine_ends_at_0_and_its_state_can_be_loaded() -> None:
    schedule = nn.CosineSchedule(sgd(), 2)
    rates(schedule, 2)
    assert schedule.optimizer.lr == 0
    again = sgd()
    again.load_state_dict(schedule.optimizer.state_dict())
    assert again.lr == 0
    with pytest.raises(ag.ArgumentError, match="learning rate must be a positive number, not 0"):
        again.lr = 0


def test_a_compiled_step_reads_the_rate_of_the_schedule_without_recording_anew() -> None:
    ends = []
    for compiled in (False, True):
        optimizer = sgd()
        schedule = nn.WarmUpSchedule(optimizer, 3, nn.CosineSchedule(optimizer, 5, every="step"))
        (w,) = optimizer.parameters

        def step(w: ag.Tensor = w, optimizer: nn.SGD = optimizer) -> ag.Tensor:
            cost = ag.sum(w * w)
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return cost

        run = ag.compile(step) if compiled else step
        for _ in range(10):
            run()
            schedule.step()
        ends.append(w.numpy().tobytes())
        if compiled:
            assert run.records == 1  # type: ignore[attr-defined]
    assert ends[0] == ends[1]


def test_a_schedule_that_is_stepped_inside_a_compiled_step_is_refused() -> None:
    schedule = nn.StepSchedule(sgd(), 1)

    @ag.compile
    def step(x: Any) -> ag.Tensor:
        schedule.step()
        return ag.asarray(x) * 2

    with pytest.raises(ag.CompileError, match=r"schedule\.step\(\) outside"):
        step(np.ones(2))
    assert schedule.optimizer.lr == 0.8


def test_a_rate_set_by_hand_holds_until_the_next_step_and_the_base_can_be_changed() -> None:
    schedule = nn.ExponentialSchedule(sgd(0.8), 0.5)
    schedule.step()
    schedule.optimizer.lr = 7.0
    assert schedule.optimizer.lr == 7
    schedule.rates = [1.6]
    schedule.step()
    assert schedule.optimizer.lr == 0.4


def test_the_base_of_a_schedule_is_the_rate_that_was_given_whatever_another_has_made_of_it() -> None:
    optimizer = sgd(0.1)
    nn.WarmUpSchedule(optimizer, 3)
    assert optimizer.lr == 0.1 / 3 and nn.StepSchedule(optimizer, 2).rates == [0.1]
    rates(nn.CosineSchedule(optimizer, 2), 2)
    assert optimizer.lr == 0
    again = nn.ExponentialSchedule(optimizer, 0.5)
    again.step()
    assert optimizer.lr == 0.05
    optimizer.lr = 0.7
    assert nn.StepSchedule(optimizer, 2).rates == [0.7]


def test_a_schedule_made_after_another_begins_at_the_rate_that_was_given() -> None:
    optimizer = sgd(0.1)
    rates(nn.CosineSchedule(optimizer, 2), 2)
    assert optimizer.lr == 0
    assert rates(nn.CosineSchedule(optimizer, 4), 2) == [0.1, pytest.approx(0.1 * (1 + math.cos(math.pi / 4)) / 2)]
    nn.ConstantSchedule(optimizer)
    assert optimizer.lr == 0.1


def test_two_schedules_that_undo_each_other_are_refused() -> None:
    optimizer = sgd(0.1)
    first, second = nn.WarmUpSchedule(optimizer, 3), nn.StepSchedule(optimizer, 2)
    assert optimizer.lr == 0.1  # the second has taken over when it was made
    with pytest.raises(ag.ArgumentError, match=r"WarmUpSchedule: another schedule .* make one of both, .* then="):
        first.step()
    assert first.count == 0
    second.step()
    second.step()
    assert optimizer.lr == pytest.approx(0.01)


# What goes by figures.


def test_the_books_halving_ends_at_one_128th() -> None:
    schedule = nn.HalvingSchedule(sgd(0.5), patience=10)
    assert schedule.metric == "accuracy" and schedule.every == "epoch"
    epochs = 0
    schedule.step(0.9)
    found = []
    while not schedule.finished:
        schedule.step(0.9)  # never better
        epochs += 1
        found.append(schedule.optimizer.lr)
    assert epochs == 70
    assert found[8:11] == [0.5, 0.25, 0.25]
    assert found[-1] == 0.5 / 128


def test_an_improvement_starts_the_count_anew() -> None:
    schedule = nn.HalvingSchedule(sgd(0.5), patience=3)
    for value in (0.5, 0.4, 0.4, 0.6, 0.6, 0.6):
        schedule.step(value)
    assert schedule.optimizer.lr == 0.5 and schedule.waited == 2 and schedule.best == 0.6
    schedule.step(float("nan"))  # which is no improvement
    assert schedule.optimizer.lr == 0.25 and schedule.waited == 0 and schedule.best == 0.6


def plateau_by_hand(figures: list[float], patience: int, factor: float, margin: float, least: float) -> list[float]:
    scale, best, waited, found = 1.0, math.inf, 0, []
    for figure in figures:
        if figure < best - margin:
            best, waited = figure, 0
        else:
            waited += 1
            if waited == patience:
                scale, waited = max(scale * factor, least), 0
        found.append(scale)
    return found


@pytest.mark.parametrize("margin", [0.0, 0.3])
def test_the_plateau_against_its_rule_written_out(margin: float) -> None:
    figures = np.abs(np.random.default_rng(3).standard_normal(60)).tolist()
    larger = nn.PlateauSchedule(sgd(), 3, 0.5, "score", better="larger", margin=margin, least=0.01)
    smaller = nn.PlateauSchedule(sgd(), 3, 0.5, margin=margin, least=0.01)
    expected = plateau_by_hand(figures, 3, 0.5, margin, 0.01)
    for figure, scale in zip(figures, expected, strict=True):
        larger.step(-figure)
        smaller.step(figure)
        assert larger.optimizer.lr == smaller.optimizer.lr == 0.8 * scale
    assert expected[-1] == 0.01


@pytest.mark.parametrize("cut", [1, 6, 17])
def test_a_plateau_taken_up_from_its_state_goes_on_to_the_bit(cut: int) -> None:
    figures = np.abs(np.random.default_rng(4).standard_normal(30)).tolist()

    def make() -> nn.WarmUpSchedule:
        optimizer = sgd()
        return nn.WarmUpSchedule(optimizer, 2, nn.PlateauSchedule(optimizer, 2, 0.5))

    whole, first, second = make(), make(), make()
    assert whole.metric == "cost"
    for figure in figures:
        whole.step(figure)
    for figure in figures[:cut]:
        first.step(figure)
    second.load_state_dict(first.state_dict())
    for figure in figures[cut:]:
        second.step(figure)
    assert second.optimizer.lr == whole.optimizer.lr < 0.8
    assert {k: v.tobytes() for k, v in second.state_dict().items()} == {
        k: v.tobytes() for k, v in whole.state_dict().items()
    }


def test_early_stopping_is_no_improvement_in_n() -> None:
    stopping = nn.EarlyStopping(patience=3)
    assert stopping.metric == "cost" and stopping.better == "smaller"
    improved = [stopping.seen(value) for value in (1.0, 0.5, 0.6, 0.5, 0.4, 0.4, float("nan"))]
    assert improved == [True, True, False, False, True, False, False]
    assert not stopping.finished
    assert stopping.seen(0.41) is False and stopping.finished and stopping.best == 0.4
    again = nn.EarlyStopping(patience=3)
    again.load_state_dict(stopping.state_dict())
    assert (again.best, again.waited, again.finished) == (0.4, 3, True)
    assert repr(again) == "EarlyStopping(3 of 3 without a better cost than 0.4)"


def test_a_first_figure_of_nan_is_no_best_one() -> None:
    stopping = nn.EarlyStopping(patience=2, metric="accuracy")
    assert stopping.seen(float("nan")) is False and stopping.seen(0.1) is True


@pytest.mark.parametrize(
    "metric, better",
    [("accuracy", "larger"), (nn.f1, "larger"), ("cost", "smaller"), (nn.root_mean_squared_error, "smaller"),
     (nn.r2, "larger"), (nn.top_k, "larger"), ("validation_accuracy", "larger")],
)  # fmt: skip
def test_the_name_of_a_figure_says_which_way_it_is_better(metric: Any, better: str) -> None:
    assert nn.EarlyStopping(metric=metric).better == better


# Mistakes.

WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "no optimiser": (lambda: nn.StepSchedule(10, sgd()), r"StepSchedule: the first argument is an optimiser .* not 10"),
    "nothing": (lambda: nn.StepSchedule(sgd()), r"it is called as StepSchedule\(optimizer, size, factor=…, every=…\)"),
    "another name": (lambda: nn.StepSchedule(sgd(), step_size=3), "StepSchedule"),
    "size": (lambda: nn.StepSchedule(sgd(), 0), "StepSchedule: size must be a whole number of at least 1, not 0"),
    "factor": (lambda: nn.ExponentialSchedule(sgd(), -1), "factor must be a number above 0, not -1"),
    "end": (lambda: nn.CosineSchedule(sgd(), 3, 2), "CosineSchedule: end must be a number from 0 to 1, not 2"),
    "rise": (lambda: nn.OneCycleSchedule(sgd(), 3, 1), "rise must be a number between 0 and 1, not 1"),
    "every": (lambda: nn.StepSchedule(sgd(), 3, every="week"), "every is 'epoch' or 'step', not 'week'"),
    "then": (lambda: nn.WarmUpSchedule(sgd(), 3, 3), "then is a schedule, not 3"),
    "then of another": (lambda: nn.WarmUpSchedule(sgd(), 3, nn.StepSchedule(sgd(), 3)), "of the same optimiser"),
    "no figure": (lambda: nn.HalvingSchedule(sgd()).step(), "goes by the accuracy and is given None: a number is meas"),
    "no direction": (lambda: nn.PlateauSchedule(sgd(), metric="height"), "'height' is better when it is larger or sm"),
    "direction": (lambda: nn.EarlyStopping(better="up"), "better is 'larger' or 'smaller', not 'up'"),
    "patience": (lambda: nn.EarlyStopping(patience=0), "patience must be a whole number of at least 1, not 0"),
    "a stopping of words": (lambda: nn.EarlyStopping(waiting=3), "EarlyStopping: got an unexpected keyword"),
    "margin": (lambda: nn.EarlyStopping(margin=-1), "margin must be a number of at least 0, not -1"),
    "no now": (lambda: nn.Schedule(sgd()).step(), "Schedule has no now: write one"),
    "state of another": (
        lambda: nn.StepSchedule(sgd(), 3).load_state_dict(nn.EarlyStopping().state_dict()), "missing: count",
    ),
    "a bad base rate": (
        lambda: nn.StepSchedule(sgd(), 3).load_state_dict({"count": 1, "rates": [-1.0]}), "a base rate must be a num",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_schedule_says_what_is_wrong(name: str) -> None:
    call, message = WRONG[name]
    with pytest.raises(ag.AutogradError, match=message):
        call()


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    optimizer = sgd()
    schedule = nn.WarmUpSchedule(optimizer, 2, nn.StepSchedule(optimizer, 3))
    rates(schedule, 6)
    before = schedule.state_dict(), optimizer.lr
    state = dict(before[0])
    for wrong in ({**state, "count": 0.5}, {**state, "more": 1}, {**state, "then.count": "x"}, {"count": 1}):
        with pytest.raises(ag.AutogradError):
            schedule.load_state_dict(wrong)
        assert schedule.state_dict() == before[0] and optimizer.lr == before[1]
