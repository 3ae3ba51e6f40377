"""Optimisers: written by reading their numbers, with a state that is saved, and nothing half-changed."""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn


def grouped(parameters: list[ag.Tensor]) -> list[dict[str, Any]]:
    """The first parameter in a group of its own, which decays, and slower."""
    first = {"parameters": parameters[:1], "lr": 0.05, "weight_decay": 0.1}
    return [first, {"parameters": parameters[1:]}] if parameters[1:] else [first]


every_optimizer = pytest.mark.parametrize(
    "make",
    [
        lambda parameters: nn.SGD(parameters, 0.1),
        lambda parameters: nn.SGD(parameters, 0.1, 0.9),
        lambda parameters: nn.SGD(parameters, 0.1, 0.9, nesterov=True),
        lambda parameters: nn.Adam(parameters, 0.1),
        lambda parameters: nn.AdamW(grouped(parameters), 0.1),
        lambda parameters: nn.RMSprop(parameters, 0.1, momentum=0.5, centered=True),
        lambda parameters: nn.Adagrad(parameters, 0.1),
        lambda parameters: nn.SGD(grouped(parameters), 0.1, 0.9, l1=0.01),
    ],
    ids=["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad", "groups"],
)


class Written(nn.Optimizer):
    """As a user writes one: numbers on self, a state for every parameter, and every kind of use of a number."""

    def __init__(self, parameters: Iterable[ag.Tensor], lr: float, decay: float = 0.25) -> None:
        super().__init__(parameters)
        self.lr = lr
        self.decay = decay
        self.floor = 0.05
        self.power = 2
        self.means = self.zeros()

    def step(self) -> None:
        with ag.no_grad():
            rate = self.lr * 0.5 + self.lr**self.power / 4 - (-self.lr) / 8
            if self.lr < self.floor:
                rate = max(self.lr, 0.01)
            for parameter, gradient, mean in self.moving(self.means):
                mean.assign((1 - self.decay) * mean + self.decay * gradient)
                parameter -= rate * mean


def leaf(*values: float, dtype: Any = float) -> ag.Tensor:
    return nn.Parameter(values, dtype=dtype)


def bits(tensors: Iterable[ag.Tensor]) -> list[bytes]:
    return [t.numpy().tobytes() for t in tensors]


def training(optimizer: nn.Optimizer, compiled: bool) -> Any:
    """One step on the sum of the parameters' squares and of their quarter powers of four."""

    def step(x: Any) -> ag.Tensor:
        cost = sum((ag.sum(p * p * x) + ag.sum(p**4) / 4 for p in optimizer.parameters), ag.asarray(0.0))
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return cost

    return ag.compile(step) if compiled else step


# Reading numbers.


@pytest.mark.parametrize("make", [Written, nn.SGD, lambda p, lr: nn.SGD(p, lr, 0.5), nn.Adam, nn.Adagrad,
                                  lambda p, lr: nn.AdamW([{"parameters": p, "weight_decay": 0.1}], lr), nn.RMSprop],
                         ids=["written", "sgd", "momentum", "adam", "adagrad", "adamw", "rmsprop"])  # fmt: skip
def test_a_changed_rate_is_honoured_by_a_compiled_step_without_recording_anew(make: Any) -> None:
    ends = []
    for compiled in (False, True):
        parameters = [leaf(1.0, -2.0), leaf(3.0), nn.Parameter(0.5, dtype=float)]
        optimizer = make(parameters, lr=0.1)
        step = training(optimizer, compiled)
        costs = []
        for k in range(12):
            optimizer.lr = 0.1 / (k + 1) if make is not Written else 0.3 / (k + 1)
            costs.append(step(np.array(1.0 + k)).item())
        ends.append((costs, bits(parameters), {k: v.tobytes() for k, v in optimizer.state_dict().items()}))
        if compiled:
            assert step.records <= (2 if make is Written else 1)  # a comparison that turns out otherwise is one more
    assert ends[0] == ends[1]


def test_every_number_of_a_written_optimizer_can_change() -> None:
    ends = []
    for compiled in (False, True):
        parameters = [leaf(1.0, -2.0), leaf(3.0)]
        optimizer = Written(parameters, 0.2)
        step = training(optimizer, compiled)
        for k in range(10):
            step(np.array(1.0))
            optimizer.decay = 0.25 + k / 100
            optimizer.floor = 0.05 + k / 1000
            if k == 4:
                optimizer.power = 3
            if k == 7:
                optimizer.power = 1.5  # a fraction where a whole number was
        ends.append(bits(parameters))
    assert ends[0] == ends[1]


class Ruled(nn.Optimizer):
    """Its step is whatever a rule makes of its numbers."""

    def __init__(self, parameters: Iterable[ag.Tensor], rule: Any) -> None:
        super().__init__(parameters)
        self.lr = 0.1
        self.limit = 0.5
        self.k = 2
        self.rule = rule

    def step(self) -> None:
        with ag.no_grad():
            for parameter, gradient in self.moving():
                parameter -= self.rule(self, ag.asarray(gradient))


LIVE: dict[str, Any] = {  # recorded once, whatever the numbers become
    "times": lambda o, g: o.lr * g,
    "sum": lambda o, g: (o.lr + o.limit + 1) * g / 10,
    "difference": lambda o, g: (1 - o.lr) * g * 0.1,
    "quotient": lambda o, g: 1 / (2 / o.lr) * g,
    "power": lambda o, g: (o.lr**2 + 2**o.lr) * g * 0.1,
    "whole quotient": lambda o, g: (o.limit // o.lr) * g * 0.01 + (o.limit % o.lr) * g,
    "divmod": lambda o, g: divmod(o.limit, o.lr)[1] * g + divmod(1, o.lr)[0] * g * 0.01,
    "signs": lambda o, g: (abs(-o.lr) + +o.lr) * g * 0.5,
    "gradient clipped": lambda o, g: o.lr * ag.clip(g, -o.limit, o.limit),
    "gradient clipped by a method": lambda o, g: o.lr * g.clip(-o.limit, o.limit),
    "where": lambda o, g: ag.where(g > 0, o.lr, o.limit) * g * 0.1,
    "maximum": lambda o, g: o.lr * ag.maximum(g, o.limit),
    "root": lambda o, g: ag.sqrt(o.lr) * g * 0.1,
    "exponential": lambda o, g: ag.exp(-o.lr) * g * 0.1,
    "exponent": lambda o, g: 0.01 * o.lr * g**o.k,
    "added to an array": lambda o, g: (ag.zeros(3) + o.lr) * g,
}
ASKED: dict[str, Any] = {  # recorded anew where the answer is another
    "float": lambda o, g: float(o.lr) * g,
    "math": lambda o, g: math.sqrt(o.lr) * math.exp(-o.lr) * g,
    "numpy": lambda o, g: np.sqrt(o.lr) * g,
    "numpy number": lambda o, g: np.float32(o.lr) * g,
    "array": lambda o, g: np.array([o.lr] * 3) * g,
    "tensor": lambda o, g: ag.tensor(o.lr) * g,
    "rounded": lambda o, g: round(o.lr, 2) * g,
    "text": lambda o, g: float(f"{o.lr:.3f}") * float(str(o.lr)) * g,
    "minimum": lambda o, g: min(o.lr, 0.04) * g,
    "between": lambda o, g: (o.lr if 0.04 < o.lr < 0.3 else 0.01) * g,
    "equal": lambda o, g: (0.1 if o.lr == 0.1 else 0.03) * g,
    "unequal": lambda o, g: (0.1 if o.lr != 0.1 else 0.03) * g,
    "truth": lambda o, g: (o.lr if o.k - 1 else 0.01) * g,
    "repeated": lambda o, g: sum((o.lr * g for _ in range(o.k)), 0 * g),
    "index": lambda o, g: 0 * g + o.lr * g[o.k - 1],
    "slice": lambda o, g: 0 * g + o.lr * g[: o.k].sum(),
    "whole": lambda o, g: int(o.k) * o.lr * g * 0.5,
}


@pytest.mark.parametrize("use", [*LIVE, *ASKED])
def test_a_number_may_be_used_in_any_way_and_is_never_stale(use: str) -> None:
    ends = []
    for compiled in (False, True):
        w = leaf(1.0, -2.0, 0.5, dtype=np.float32)
        optimizer = Ruled([w], {**LIVE, **ASKED}[use])
        step = training(optimizer, compiled)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ag.errors.CompileWarning)  # where every call asks and is told otherwise
            for i in range(9):
                optimizer.lr = 0.1 / (1 + i % 3)
                optimizer.limit = 0.5 + (i % 2) / 10
                optimizer.k = 1 if i > 5 else 2
                step(np.array(0.5))
        ends.append(bits([w]))
        if compiled:
            assert (step.records == 1) is (use in LIVE)
    assert ends[0] == ends[1]


@pytest.mark.parametrize("use", [lambda o, g: {0.1: 1.0}.get(o.lr, 0.5) * g, lambda o, g: isinstance(o.lr, float) * g],
                         ids=["key", "kind"])  # fmt: skip
def test_what_a_live_number_cannot_answer_is_found_when_it_is_recorded(use: Any) -> None:
    w = leaf(1.0, -2.0)
    before = bits([w])
    with pytest.raises(ag.CompileError, match="gives a state other than the function itself"):
        training(Ruled([w], use), compiled=True)(np.array(0.5))
    assert bits([w]) == before


def test_numbers_read_like_any_attribute_outside_of_a_recording() -> None:
    optimizer = Written([leaf(1.0)], 1)
    assert optimizer.lr == 1 and type(optimizer.lr) is int
    optimizer.lr = np.float64(0.5)
    assert type(optimizer.lr) is float
    optimizer.lr = np.array(0.25)
    assert type(optimizer.lr) is float
    assert {"lr", "decay", "floor"} <= set(dir(optimizer))
    with pytest.raises(AttributeError, match="Written has no attribute 'nothing'"):
        _ = optimizer.nothing  # type: ignore[attr-defined]
    del optimizer.floor
    assert not hasattr(optimizer, "floor")
    optimizer.lr = None  # type: ignore[assignment]
    assert optimizer.lr is None


def test_a_number_that_a_step_sets_itself_is_refused_when_recorded_and_works_eagerly() -> None:
    class Counting(nn.Optimizer):
        def __init__(self, parameters: Iterable[ag.Tensor]) -> None:
            super().__init__(parameters)
            self.steps = 0

        def step(self) -> None:
            self.steps += 1
            with ag.no_grad():
                for parameter, gradient in self.moving():
                    parameter -= gradient / self.steps

    w = leaf(1.0)
    optimizer = Counting([w])
    step = training(optimizer, compiled=True)
    with pytest.raises(
        ag.CompileError, match=r"Counting\.steps is set .* tensor that counts, as in self\.steps\.assign"
    ):
        step(np.array(0.1))
    assert w.item() == 1 and optimizer.steps == 0
    x = np.ones((4, 1), np.float32)
    model = nn.MLP([1, 1], rng=0)
    optimizer = Counting(model.parameters())
    with pytest.warns(UserWarning, match=r"eagerly.*Counting\.steps"):
        nn.fit(model, nn.quadratic_cost, (x, x), optimizer, 2, 2, rng=0, progress=False)
    assert optimizer.steps == 4


def test_a_count_kept_in_a_tensor_compiles() -> None:
    class Decaying(nn.Optimizer):
        def __init__(self, parameters: Iterable[ag.Tensor], lr: float) -> None:
            super().__init__(parameters)
            self.lr = lr
            self.steps = ag.tensor(0.0)

        def step(self) -> None:
            with ag.no_grad():
                self.steps.assign(self.steps + 1)
                for parameter, gradient in self.moving():
                    parameter -= self.lr / self.steps * gradient

    ends = []
    for compiled in (False, True):
        w = leaf(1.0, 2.0)
        optimizer = Decaying([w], 0.1)
        step = training(optimizer, compiled)
        for _ in range(5):
            step(np.array(1.0))
        ends.append((bits([w]), optimizer.state_dict()["steps"].item()))
    assert ends[0] == ends[1]
    assert ends[0][1] == 5


def test_a_class_with_a_rate_of_its_own_and_a_property_still_work() -> None:
    class Fixed(nn.Optimizer):
        lr = 0.5

        @property
        def half(self) -> float:
            return self.lr / 2

        def step(self) -> None:
            with ag.no_grad():
                for parameter, gradient in self.moving():
                    parameter -= self.half * gradient

    for compiled in (False, True):
        w = leaf(1.0)
        optimizer = Fixed([w])
        step = training(optimizer, compiled)
        step(np.array(0.0))
        assert w.item() == 0.75
        optimizer.lr = 0.25
        step(np.array(0.0))
        assert w.item() == 0.75 - 0.125 * 0.75**3


def test_an_optimizer_says_what_it_is() -> None:
    assert repr(nn.SGD([leaf(1.0)], 0.1, 0.5)) == "SGD(1 parameter, lr=0.1, momentum=0.5)"
    assert repr(nn.Adam([leaf(1.0), leaf(2.0)])) == (
        "Adam(2 parameters, lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08)"
    )
    assert repr(Written([leaf(1.0)], 1)) == "Written(1 parameter, lr=1, decay=0.25, floor=0.05, power=2)"


# Faults that were.


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("late", [1, 3, 6])
def test_adam_frees_a_parameter_that_joins_late_of_its_own_start(late: int, compiled: bool) -> None:
    a, b = leaf(1.0), leaf(1.0)
    optimizer = nn.Adam([a, b], lr=0.1)

    def step(joined: bool) -> ag.Tensor:
        cost = (a * a).sum()
        if joined:
            cost = cost + (b * b).sum()
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return cost

    run = ag.compile(step) if compiled else step
    for _ in range(late):
        run(False)
    assert b.item() == 1
    run(True)
    assert b.item() == pytest.approx(0.9, rel=1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_adam_steps_each_parameter_as_if_it_were_alone(seed: int) -> None:
    """Whichever parameters have a gradient in a step: each goes its own way, eagerly and compiled alike."""
    rng = np.random.default_rng(seed)
    shapes: list[tuple[int, ...]] = [(), (3,), (2, 3), (2, 1, 2)]
    starts = [rng.standard_normal(shape) for shape in shapes]
    present = rng.random((10, len(shapes))) < 0.6
    present[:, 0] |= ~present.any(axis=1)
    together = []
    for compiled in (False, True):
        parameters = [nn.Parameter(start, dtype=float) for start in starts]
        optimizer = nn.Adam(parameters, lr=0.1)

        def step(*which: bool, parameters: Any = parameters, optimizer: Any = optimizer) -> ag.Tensor:
            cost = sum((ag.sum(p**4) for p, does in zip(parameters, which, strict=True) if does), ag.asarray(0.0))
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            return cost

        run = ag.compile(step) if compiled else step
        for row in present:
            run(*(bool(does) for does in row))
        together.append(parameters)
    for i, start in enumerate(starts):
        alone = nn.Parameter(start, dtype=float)
        optimizer = nn.Adam([alone], lr=0.1)
        for _ in range(int(present[:, i].sum())):
            alone.grad = None
            ag.sum(alone**4).backward()
            optimizer.step()
        assert bits([alone]) == bits([together[0][i]]) == bits([together[1][i]])


@every_optimizer
def test_a_parameter_appended_later_is_refused_before_anything_has_changed_or_trained(make: Any) -> None:
    w, v = leaf(1.0), leaf(1.0)
    optimizer = make([w])
    (w * w).sum().backward()
    optimizer.step()
    optimizer.parameters.append(v)
    optimizer.zero_grad()
    (w * v).sum().backward()
    before = bits([w, v]), {k: v.tobytes() for k, v in optimizer.state_dict().items()}
    if isinstance(optimizer, nn.SGD) and not optimizer.momentum:
        optimizer.step()  # it has no state that would miss it
        assert bits([v]) != before[0][1:]
        return
    with pytest.raises(ag.ArgumentError, match=r"parameters has 2 tensors, but the state .* made for 1"):
        optimizer.step()
    assert (bits([w, v]), {k: v.tobytes() for k, v in optimizer.state_dict().items()}) == before


@every_optimizer
@pytest.mark.parametrize(
    "odd", [lambda w: w * 2, lambda w: np.ones(1), lambda w: None], ids=["result", "array", "none"]
)
def test_what_cannot_be_trained_among_the_parameters_is_refused_before_anything_has_changed(
    make: Any, odd: Any
) -> None:
    w, v = leaf(1.0), leaf(1.0)
    optimizer = make([w, v])
    (w * w * v).sum().backward()
    optimizer.parameters[1] = odd(w)
    before = bits([w])
    gradient = w.grad.tobytes()
    for method in (optimizer.step, optimizer.zero_grad):
        with pytest.raises(ag.ArgumentError, match=r"parameter 1 is .*only leaf tensors can be trained"):
            method()
    assert bits([w]) == before and w.grad.tobytes() == gradient


def test_parameters_set_anew_are_checked() -> None:
    optimizer = nn.SGD([leaf(1.0)], 0.1)
    for wrong, message in ([[], "no parameters"], [leaf(1.0), "list of tensors"], [3, "not int"], [[1], "parameter 0"]):
        with pytest.raises(ag.ArgumentError, match=message):
            optimizer.parameters = wrong  # type: ignore[assignment]


# State.


def test_sgd_keeps_velocities_only_where_there_is_momentum() -> None:
    w = leaf(1.0, 2.0)
    optimizer = nn.SGD([w], 0.1)
    assert optimizer.velocities == []
    assert sorted(optimizer.state_dict()) == ["lr", "momentum", "nesterov"]
    optimizer.momentum = 0.5
    assert [v.shape for v in optimizer.velocities] == [(2,)]
    (w * w).sum().backward()
    optimizer.step()
    assert optimizer.velocities[0].numpy().tolist() == [2, 4]
    optimizer.momentum = 0
    assert optimizer.velocities[0].numpy().tolist() == [2, 4]  # it goes on from there


@pytest.mark.parametrize("compiled", [False, True])
def test_momentum_switched_on_between_compiled_steps(compiled: bool) -> None:
    w = leaf(1.0)
    optimizer = nn.SGD([w], 0.1)
    step = training(optimizer, compiled)
    expected, velocity = 1.0, 0.0
    for k in range(6):
        optimizer.momentum = [0, 0, 0.5, 0.5, 0, 0.5][k]
        step(np.array(0.0))
        gradient = expected**3
        if optimizer.momentum:
            velocity = optimizer.momentum * velocity + gradient
            gradient = velocity
        expected -= 0.1 * gradient
        assert w.item() == pytest.approx(expected, rel=1e-14)


@every_optimizer
@pytest.mark.parametrize("compiled", [False, True])
def test_a_run_that_is_saved_and_taken_up_again_goes_on_to_the_bit(make: Any, compiled: bool) -> None:
    def parameters() -> list[ag.Tensor]:
        return [leaf(1.0, -2.0), nn.Parameter(0.5, dtype=float), leaf(3.0, dtype=np.float32)]

    whole = parameters()
    optimizer = make(whole)
    step = training(optimizer, compiled)
    for _ in range(4):
        step(np.array(0.5))
    saved = pickle.loads(pickle.dumps((optimizer.state_dict(), [p.numpy() for p in whole])))  # noqa: S301
    for _ in range(4):
        step(np.array(0.5))
    again = parameters()
    other = make(again)
    other.lr = 0.3
    other.load_state_dict(saved[0])
    for parameter, value in zip(again, saved[1], strict=True):
        parameter.assign(value)
    assert other.lr == 0.1
    step = training(other, compiled)
    for _ in range(4):
        step(np.array(0.5))
    assert bits(again) == bits(whole)
    first, second = optimizer.state_dict(), other.state_dict()
    assert {k: v.tobytes() for k, v in first.items()} == {k: v.tobytes() for k, v in second.items()}


def test_a_state_goes_into_an_optimizer_that_is_in_use() -> None:
    a, b = leaf(1.0), leaf(2.0)
    optimizer = nn.Adam([a, b], 0.1)
    step = training(optimizer, compiled=True)
    start = [a.numpy(), b.numpy()], optimizer.state_dict()
    ends = []
    for _ in range(3):
        for tensor, value in zip((a, b), start[0], strict=True):
            tensor.assign(value)
        optimizer.load_state_dict(start[1])
        for _ in range(3):
            step(np.array(0.0))
        ends.append(bits([a, b]))
    assert ends[0] == ends[1] == ends[2]


def test_counts_of_parted_parameters_are_saved_each() -> None:
    a, b, c = leaf(1.0), leaf(1.0), leaf(1.0)
    optimizer = nn.Adam([a, b, c], 0.1)
    for which in ([a, b, c], [a, c], [a, c], [b]):
        optimizer.zero_grad()
        sum(((t * t).sum() for t in which), ag.asarray(0.0)).backward()
        optimizer.step()
    assert [optimizer.state_dict()[f"counts.{i}"].item() for i in range(3)] == [3, 2, 3]
    twin = nn.Adam([leaf(1.0) for _ in range(3)], 0.1)
    twin.load_state_dict(optimizer.state_dict())
    assert twin.leaders == [0, 1, 0]
    assert [twin.state_dict()[f"counts.{i}"].item() for i in range(3)] == [3, 2, 3]


def test_every_mismatch_of_a_state_is_in_one_message_and_nothing_is_changed() -> None:
    optimizer = nn.SGD([leaf(1.0, 2.0), leaf(1.0)], 0.1, 0.9)
    before = {k: v.tobytes() for k, v in optimizer.state_dict().items()}
    state: dict[str, Any] = {
        "lr": 0.5, "nesterov": False, "velocities.0": np.ones(3), "velocities.1": np.ones(1, complex), "rate": 1,
    }  # fmt: skip
    with pytest.raises(ag.ShapeError) as caught:
        optimizer.load_state_dict(state)
    message = str(caught.value)
    for part in (
        "the state does not fit SGD", "missing: momentum ()", "unexpected: rate",
        "wrong shape: velocities.0 is (2,) in the optimiser and (3,) in the state",
        "wrong dtype: velocities.1 is float64 in the optimiser and complex128 in the state",
    ):  # fmt: skip
        assert part in message
    assert {k: v.tobytes() for k, v in optimizer.state_dict().items()} == before
    good = optimizer.state_dict()
    with pytest.raises(ag.ArgumentError, match="learning rate must be a positive number, not -1"):
        optimizer.load_state_dict({**good, "lr": -1.0, "velocities.0": np.ones(2)})
    assert {k: v.tobytes() for k, v in optimizer.state_dict().items()} == before
    for wrong in (None, [1], 3):
        with pytest.raises(ag.ArgumentError, match="a state is a dictionary of arrays by path"):
            optimizer.load_state_dict(wrong)  # type: ignore[arg-type]
    with pytest.raises(ag.ShapeError, match=r"no array: velocities\.0"):
        optimizer.load_state_dict({**good, "velocities.0": [[1, 2], [3]]})


def test_a_state_with_momentum_goes_into_an_optimizer_made_without() -> None:
    w = leaf(1.0)
    first = nn.SGD([w], 0.1, 0.9)
    (w * w).sum().backward()
    first.step()
    second = nn.SGD([leaf(1.0)], 0.2)
    with pytest.raises(ag.ShapeError, match="unexpected: more"):
        second.load_state_dict({**first.state_dict(), "more": 1})
    assert second.velocities == [] and second.momentum == 0
    second.load_state_dict(first.state_dict())
    assert second.momentum == 0.9 and bits(second.velocities) == bits(first.velocities)


def test_the_state_of_a_written_optimizer_is_found_by_itself() -> None:
    optimizer = Written([leaf(1.0, 2.0), leaf(3.0)], 0.1)
    assert sorted(optimizer.state_dict()) == ["decay", "floor", "lr", "means.0", "means.1", "power"]
    state = {**optimizer.state_dict(), "power": 3, "means.1": np.full(1, 7.0)}
    optimizer.load_state_dict(state)
    assert optimizer.power == 3 and type(optimizer.power) is int
    assert optimizer.means[1].item() == 7


def test_a_copy_of_an_optimizer_has_numbers_of_its_own() -> None:
    model = nn.MLP([2, 1], rng=0)
    optimizer = nn.SGD(model.parameters(), 0.1, 0.5)
    twin_model, twin = copy.deepcopy((model, optimizer))
    assert all(p is q for p, q in zip(twin.parameters, twin_model.parameters(), strict=True))
    for other in (twin, copy.copy(optimizer), pickle.loads(pickle.dumps(optimizer))):  # noqa: S301
        other.lr = 0.7
        assert (optimizer.lr, other.lr, other.momentum) == (0.1, 0.7, 0.5)
