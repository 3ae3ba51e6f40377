"""`nn.fit` as people know it: what is measured, callbacks, schedules, early stopping, clipping, accumulation, data."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
LABELS = (X.sum(axis=1) > 0).astype(int)
Y = np.eye(2, dtype=np.float32)[LABELS]
both = pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])


def net(seed: int = 0, outputs: int = 2, dropout: bool = False) -> nn.Sequential:
    middle = [nn.Dropout(0.25, rng=seed + 7)] if dropout else []
    return nn.Sequential(nn.Linear(3, 5, rng=seed), nn.Tanh(), *middle, nn.Linear(5, outputs, rng=seed + 1))


def state(module: nn.Module) -> dict[str, bytes]:
    return {path: value.tobytes() for path, value in module.state_dict().items()}


def run(
    model: Any, data: Any = (X, Y), epochs: int = 2, batch_size: Any = 10, optimizer: Any = None, **options: Any
) -> nn.History:
    cost = options.pop("cost", nn.softmax_cross_entropy)
    optimizer = nn.SGD(model.parameters(), 0.5) if optimizer is None else optimizer
    options = {"rng": 0, "progress": False, **options}
    return nn.fit(model, cost, data, optimizer, epochs, batch_size, **options)


# What is measured.


def test_every_figure_is_the_one_computed_by_hand() -> None:
    model = net()
    ends: list[tuple[float, float, float]] = []

    def by_hand(run: nn.Run) -> None:
        with ag.no_grad():
            outputs = model(X).numpy()
        logarithms = outputs.astype(float) - np.log(np.exp(outputs.astype(float)).sum(axis=1, keepdims=True))
        right = float((outputs.argmax(axis=1) == LABELS).mean())
        ends.append((float(-logarithms[np.arange(40), LABELS].mean()), right, float(np.abs(outputs).max())))

    def largest(outputs: np.ndarray, targets: np.ndarray) -> float:
        assert type(outputs) is type(targets) is np.ndarray and outputs.shape == (40, 2) and targets.shape == (40, 2)
        return float(np.abs(outputs).max())

    history = run(model, validation=(X, Y), metrics=largest, training_accuracy=True, callbacks=by_hand, epochs=3)
    assert history.validation_cost == pytest.approx([cost for cost, _, _ in ends], rel=1e-5)
    assert history.accuracy == history.training_accuracy == [right for _, right, _ in ends]
    assert history.metrics == {"largest": pytest.approx([size for _, _, size in ends], rel=1e-6)}
    assert history.lr == [0.5] * 3 and len(history.seconds) == 3 and min(history.seconds) > 0
    assert history.validation == []


def test_labels_in_validation_are_measured_by_a_cost_of_rows_and_the_other_way_round() -> None:
    for cost, data in ((nn.quadratic_cost, (X, Y)), (nn.softmax_cross_entropy, (X, LABELS))):
        histories = [run(net(), data, cost=cost, validation=(X, y)) for y in (Y, LABELS)]
        assert histories[0].validation_cost == pytest.approx(histories[1].validation_cost, rel=1e-6)
        assert histories[0].accuracy == histories[1].accuracy and histories[0].notes == histories[1].notes == []
    single = nn.Sequential(nn.Linear(3, 1, rng=0), nn.Sigmoid())
    history = run(single, (X, Y[:, 1:]), cost=nn.quadratic_cost, validation=(X, LABELS))
    assert history.validation_cost[-1] == nn.evaluate(single, nn.quadratic_cost, (X, Y[:, 1:]))["cost"]


def test_a_cost_that_cannot_be_measured_on_validation_data_is_said_and_accuracy_stays() -> None:
    def only_with_gradients(output: ag.Tensor, y: Any) -> ag.Tensor:
        if not ag.is_grad_enabled():
            raise RuntimeError("no gradients here")
        return nn.softmax_cross_entropy(output, y)

    history = run(net(), cost=only_with_gradients, validation=(X, Y))
    assert history.validation_cost == [] and len(history.accuracy) == 2
    assert history.notes == ["the cost is not measured on validation data: no gradients here"]


def test_the_accuracy_of_one_output_that_is_a_logit_goes_by_0() -> None:
    model = nn.Sequential(nn.Linear(3, 1, rng=0))
    data = X, Y[:, 1:]
    history = run(model, data, cost=nn.cross_entropy_cost, validation=data, epochs=1)
    with ag.no_grad():
        outputs = model(X).numpy()[:, 0]
    assert history.accuracy == [float(((outputs > 0) == LABELS).mean())]
    assert history.accuracy != [float(((outputs > 0.5) == LABELS).mean())]
    wrapped = functools.partial(nn.cross_entropy_cost)
    assert nn.evaluate(model, wrapped, data)["accuracy"] == history.accuracy[0]


def test_accuracy_is_never_shown_for_a_regression(capfd: pytest.CaptureFixture[str]) -> None:
    model = net(outputs=1)
    y = X.sum(axis=1, keepdims=True)
    history = run(
        model,
        (X, y),
        cost=nn.quadratic_cost,
        validation=(X, y),
        progress=True,
        optimizer=nn.SGD(model.parameters(), 0.01),
    )
    assert history.accuracy == [] and history.validation == history.validation_cost and len(history.validation) == 2
    assert "accuracy" not in capfd.readouterr().err + str(history) + repr(history) + history.svg() + history.to_csv()
    assert "accuracy" not in nn.evaluate(model, nn.quadratic_cost, (X, y))
    with pytest.raises(ag.DataError, match="training_accuracy is of classes"):
        run(model, (X, y), cost=nn.quadratic_cost, training_accuracy=True)
    loader = nn.DataLoader((X, y), 10)
    history = run(model, loader, 1, None, cost=nn.quadratic_cost, validation=loader, rng=None)
    assert history.accuracy == [] and len(history.validation) == 1


def test_evaluation_in_batches_is_that_of_the_whole() -> None:
    histories = [
        run(net(dropout=True), validation=(X, Y), evaluation_batch=size, metrics=nn.f1) for size in (None, 7, 1)
    ]
    for other in histories[1:]:
        assert other.validation_cost == pytest.approx(histories[0].validation_cost, rel=1e-6)
        assert (other.accuracy, other.metrics, other.cost) == (
            histories[0].accuracy, histories[0].metrics, histories[0].cost
        )  # fmt: skip


def test_metrics_by_name_and_the_mistakes_with_them() -> None:
    top = functools.partial(nn.precision, average="macro")
    history = run(net(), validation=(X, Y), metrics={"precision (macro)": top, "recall": nn.recall})
    assert list(history.metrics) == ["precision (macro)", "recall"]
    assert list(run(net(), validation=(X, Y), metrics=[top, nn.recall]).metrics) == ["precision", "recall"]
    for metrics, message in (
        ("accuracy", "metrics are functions of outputs and targets"),
        ([nn.f1, nn.f1], "two metrics are called f1"),
        (nn.accuracy, "measured by itself where the targets are classes"),
    ):
        with pytest.raises(ag.ArgumentError, match=message):
            run(net(), validation=(X, Y), metrics=metrics)
    with pytest.raises(ag.ArgumentError, match="give validation="):
        run(net(), metrics=nn.f1)

    def nothing(outputs: Any, targets: Any) -> None:
        return None

    with pytest.raises(ag.ArgumentError, match="nothing must return a number, not None"):
        run(net(), validation=(X, Y), metrics=nothing)


# Callbacks.


def test_callbacks_are_told_where_the_run_is() -> None:
    seen: list[tuple[Any, ...]] = []

    class Watching:
        def on_begin(self, run: nn.Run) -> None:
            seen.append(("begin", run.epochs))

        def on_step(self, run: nn.Run) -> None:
            seen.append(("step", run.epoch, run.step, run.updates))

        def on_epoch(self, run: nn.Run) -> None:
            seen.append(("epoch", run.epoch, run.cost == run.history.cost[-1]))

        def on_end(self, run: nn.Run) -> None:
            seen.append(("end", run.epoch))

    run(net(), batch_size=20, callbacks=[Watching(), lambda run: seen.append((run.epoch,))])
    assert seen == [
        ("begin", 2), ("step", 0, 1, 1), ("step", 0, 2, 2), ("epoch", 1, True), (1,),
        ("step", 1, 1, 3), ("step", 1, 2, 4), ("epoch", 2, True), (2,), ("end", 2),
    ]  # fmt: skip


def test_a_callback_ends_the_run_after_an_epoch_or_a_step() -> None:
    class AtOnce:
        def on_step(self, run: nn.Run) -> None:
            if run.updates == 6:
                run.stop("enough")

    def after_two(run: nn.Run) -> None:
        if run.epoch == 2:
            run.stop("enough")

    history = run(net(), epochs=9, callbacks=after_two)
    assert len(history) == 2 and history.notes == ["ended after epoch 2: enough"]
    history = run(net(), epochs=9, callbacks=AtOnce())  # the epoch that was broken off has no figures
    assert len(history) == 1 and history.notes == ["ended in epoch 2 after 2 mini-batches: enough"]


@pytest.mark.parametrize("callbacks", [3, ["x"], nn.SGD, [object()]], ids=["number", "word", "class", "object"])
def test_callbacks_that_are_none(callbacks: Any) -> None:
    with pytest.raises(ag.ArgumentError, match="a callback is a function of the run"):
        run(net(), callbacks=callbacks)


class Weighted:
    weight = 1.0

    def __call__(self, a: ag.Tensor, y: Any) -> ag.Tensor:
        return self.weight * nn.quadratic_cost(a, y)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_what_a_callback_changes_in_cost_and_model_is_seen_by_a_compiled_step(accumulate: int) -> None:
    """A step that held model and cost in a function of its own was compiled with what they were at first."""

    def ends(compiled: bool, change: Any) -> Any:
        model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2, rng=1))
        cost = Weighted()

        def anneal(run: nn.Run) -> None:
            if run.epoch == 2:
                change(model, cost)

        history = run(model, cost=cost, epochs=4, callbacks=anneal, compile=compiled, accumulate=accumulate)
        return history, state(model)

    changes: list[Any] = [
        lambda model, cost: setattr(cost, "weight", 7.0),
        lambda model, cost: model.layers[1].eval(),
        lambda model, cost: setattr(model.layers[1], "eps", 1.0),
        lambda model, cost: model.layers.__setitem__(2, nn.Sigmoid()),
    ]
    plain = ends(True, lambda model, cost: None)
    for change in changes:
        found = ends(True, change)
        assert found == ends(False, change) != plain


# Schedules and early stopping.


@both
def test_a_schedule_sets_the_rate_each_epoch_or_each_step(compiled: bool) -> None:
    model = net()
    optimizer = nn.SGD(model.parameters(), 0.8)
    history = run(
        model, optimizer=optimizer, schedule=nn.ExponentialSchedule(optimizer, 0.5), epochs=4, compile=compiled
    )
    assert history.lr == [0.8, 0.4, 0.2, 0.1]
    by_hand, order = net(), np.random.default_rng(0)
    costs = [
        run(by_hand, optimizer=nn.SGD(by_hand.parameters(), rate), epochs=1, rng=order, compile=compiled).cost[0]
        for rate in (0.8, 0.4, 0.2, 0.1)
    ]
    assert costs == history.cost and state(by_hand) == state(model)
    model = net()
    optimizer = nn.SGD(model.parameters(), 1.0)
    schedule = nn.CosineSchedule(optimizer, 8, every="step")
    seen: list[float] = []

    class Rates:
        def on_step(self, run: nn.Run) -> None:
            seen.append(run.optimizer.lr)

    history = run(model, optimizer=optimizer, schedule=[schedule], callbacks=Rates(), compile=compiled)
    expected = [(1 + np.cos(np.pi * t / 8)) / 2 for t in range(9)]
    assert seen == pytest.approx(expected[1:], abs=1e-12)
    assert history.lr == pytest.approx([expected[3], expected[7]])  # the rate of each epoch's last step


def test_the_books_schedule_halves_and_ends() -> None:
    model = net()
    optimizer = nn.SGD(model.parameters(), 1e-6)
    schedule = nn.HalvingSchedule(optimizer, patience=2, least=1 / 4)
    history = run(model, optimizer=optimizer, schedule=schedule, validation=(X, Y), epochs=50)
    assert history.lr == [1e-6] * 3 + [5e-7] * 2
    assert history.notes == ["ended after epoch 5: the HalvingSchedule has ended"]


@both
def test_early_stopping_puts_the_best_weights_back(compiled: bool) -> None:
    model = net()
    kept: dict[int, dict[str, bytes]] = {}
    figures = iter([0.5, 0.9, 0.7, 0.9, 0.8, 1.0])

    def scripted(model: Any, x: Any, y: Any) -> float:
        return next(figures)

    def keep(run: nn.Run) -> None:
        kept[run.epoch] = state(model)

    stopping = nn.EarlyStopping(3, metric=scripted, better="larger")
    history = run(model, validation=(X, Y), metric=scripted, early_stopping=stopping, callbacks=keep, epochs=20,
                  compile=compiled)  # fmt: skip
    assert history.validation == [0.5, 0.9, 0.7, 0.9, 0.8]
    assert state(model) == kept[2] != kept[5]
    assert history.notes == [
        "ended after epoch 5: no better validation scripted than in epoch 2",
        "the weights are those of epoch 2, the best",
    ]


def test_early_stopping_by_a_number_goes_by_the_validation_cost() -> None:
    model = net()
    noise = np.random.default_rng(5).permutation(Y)
    history = run(model, (X, noise), validation=(X[::-1], Y), early_stopping=2, epochs=200, batch_size=4)
    best, value = history.best("validation_cost")
    assert len(history) == best + 2 < 200
    assert nn.evaluate(model, nn.softmax_cross_entropy, (X[::-1], Y))["cost"] == value


def test_what_goes_by_a_figure_that_is_not_measured_is_refused_before_training() -> None:
    model = net()
    before = state(model)
    optimizer = nn.SGD(model.parameters(), 0.5)
    for options, message in (
        ({"early_stopping": 3}, r"the EarlyStopping goes by 'cost' on validation data.*give validation=\(x, y\)"),
        ({"early_stopping": nn.EarlyStopping(metric="f1"), "validation": (X, Y)}, "measured are cost, .*accuracy"),
        ({"schedule": nn.HalvingSchedule(optimizer)}, "the HalvingSchedule goes by 'accuracy'"),
        ({"schedule": 0.5}, "a schedule is made with its optimiser"),
        ({"schedule": nn.StepSchedule(nn.SGD(net().parameters(), 0.5), 1)}, "made for another optimiser"),
        ({"early_stopping": True}, "early_stopping is nn.EarlyStopping"),
    ):
        with pytest.raises(ag.ArgumentError, match=message):
            run(model, optimizer=optimizer, **options)  # type: ignore[arg-type]
    assert state(model) == before


def test_an_early_stopping_that_was_used_begins_anew_with_another_run() -> None:
    stopping = nn.EarlyStopping(2)
    run(net(), (X, 1 - Y), validation=(X, Y), early_stopping=stopping, epochs=20)
    assert stopping.finished
    model = net()
    history = run(model, validation=(X, Y), early_stopping=stopping, epochs=8)
    assert history.validation_cost == sorted(history.validation_cost, reverse=True) and len(history) == 8
    assert history.notes == []


def test_two_schedules_of_one_rate_are_refused() -> None:
    model = net()
    optimizer = nn.SGD(model.parameters(), 0.1)
    schedules = [nn.WarmUpSchedule(optimizer, 3), nn.StepSchedule(optimizer, 2)]
    with pytest.raises(ag.ArgumentError, match=r"2 schedules would each set the same rate.*then="):
        run(model, optimizer=optimizer, schedule=schedules)


# Modes.


def test_a_model_left_in_evaluation_is_trained_in_training_and_given_its_mode_back() -> None:
    def normed() -> nn.Sequential:
        return nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.5, rng=1), nn.Linear(4, 2, rng=2))

    usual, left = normed(), normed().eval()
    assert run(usual) == run(left) and state(usual) == state(left)
    assert usual.training and not any(module.training for _, module in left.named_modules())
    part = normed()
    part.layers[1].eval()  # frozen on purpose
    run(part)
    assert part.training and not part.layers[1].training
    assert (part.layers[1].running_mean.numpy() == 0).all()


def test_a_function_of_modules_is_measured_in_evaluation_and_its_buffers_are_put_back() -> None:
    def inner() -> nn.Sequential:
        return nn.Sequential(nn.Linear(3, 5, rng=0), nn.BatchNorm1d(5), nn.Dropout(0.5, rng=1), nn.Linear(5, 2, rng=2))

    ends = []
    for wrap in (lambda m: m, lambda m: m.forward, functools.partial, ag.compile, lambda m: m):
        model = inner()
        wrapped = wrap(model)
        history = run(wrapped, optimizer=nn.SGD(model.parameters(), 0.5), validation=(X, Y), early_stopping=1, epochs=6)
        outputs = nn.predict(wrapped, X)
        assert (outputs == nn.predict(wrapped, X)).all() and model.training
        ends.append((history, state(model), outputs.tobytes()))
    assert all(end == ends[0] for end in ends)


# Costs that are no plain mean.


def test_a_cost_that_sums_or_weighs_has_one_figure_whatever_the_batches() -> None:
    model = net(outputs=3)
    y = np.arange(40) % 4 - 1
    for cost in (
        functools.partial(nn.softmax_cross_entropy, weights=[5.0, 1.0, 0.1], ignored=-1),
        functools.partial(nn.softmax_cross_entropy, ignored=-1),
        functools.partial(nn.softmax_cross_entropy, reduction="sum", ignored=-1),
    ):
        found = [nn.evaluate(model, cost, (X, y), batch_size=size)["cost"] for size in (40, 1, 7)]
        with ag.no_grad():
            whole = cost(model(X), y).item()
        assert found == pytest.approx([whole / 40 if "reduction" in cost.keywords else whole] * 3, rel=1e-6)


@both
def test_a_cost_that_sums_is_shown_by_the_example_and_accumulated_by_adding(compiled: bool) -> None:
    summed = functools.partial(nn.softmax_cross_entropy, reduction="sum")
    models = [net() for _ in range(4)]
    histories = [
        run(model, cost=cost, batch_size=size, accumulate=20 // size, optimizer=nn.SGD(model.parameters(), rate),
            validation=(X, Y), compile=compiled)
        for model, cost, rate, size in zip(
            models, (nn.softmax_cross_entropy, summed) * 2, (0.5, 0.025) * 2, (20, 20, 5, 5), strict=True
        )
    ]  # fmt: skip
    for model, history in zip(models[1:], histories[1:], strict=True):
        assert history.cost == pytest.approx(histories[0].cost, rel=1e-4)
        assert history.validation_cost == pytest.approx(histories[0].validation_cost, rel=1e-4)
        for path, value in model.state_dict().items():
            np.testing.assert_allclose(value, models[0].state_dict()[path], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "cost, zero",
    [
        (nn.cross_entropy_cost, True),
        (nn.binary_cross_entropy, True),
        (lambda a, y: nn.quadratic_cost(ag.sigmoid(a), y), True),
        (lambda a, y: ag.mean(ag.softplus(-(2 * ag.asarray(y) - 1) * a)), True),
        (nn.quadratic_cost, False),
        (lambda a, y: nn.quadratic_cost(a, y) + ag.sum(ag.softplus(nn.Parameter(1.0))), False),
    ],
    ids=["cross-entropy", "binary", "sigmoid within", "logistic", "quadratic", "softplus of another"],
)
def test_where_a_single_output_parts_its_classes_is_known_by_the_cost(cost: Any, zero: bool) -> None:
    model = nn.Sequential(nn.Linear(3, 1, rng=0))
    y = LABELS[:, None]
    with ag.no_grad():
        outputs = model(X).numpy()
    expected = nn.accuracy(outputs, y, logits=zero)
    assert expected != nn.accuracy(outputs, y, logits=not zero)
    assert nn.evaluate(model, cost, (X, y))["accuracy"] == expected
    assert run(model, (X, y), 1, cost=cost, validation=(X, y), optimizer=nn.SGD(model.parameters(), 1e-9)).accuracy == [
        expected
    ]


def test_evaluate_says_when_a_cost_of_logits_is_given_probabilities() -> None:
    model = nn.Sequential(nn.Linear(3, 1, rng=0), nn.Sigmoid())
    with pytest.raises(ag.ArgumentError, match="it takes logits"):
        nn.evaluate(model, nn.cross_entropy_cost, (X, LABELS[:, None]))
    assert model.training


# Clipping and accumulation.


@both
def test_clipped_gradients_make_a_step_of_the_bound(compiled: bool) -> None:
    for options, size in (({"clip_norm": 0.25}, 0.25), ({"clip_value": 0.01}, None)):
        model = net()
        before = model.state_dict()
        run(model, (X * 100, Y), 1, 40, nn.SGD(model.parameters(), 1.0), compile=compiled, **options)
        steps = np.concatenate([(before[p] - v).ravel() for p, v in model.state_dict().items()])
        if size is not None:
            assert np.linalg.norm(steps) == pytest.approx(size, rel=1e-4)
        else:
            assert np.abs(steps).max() == pytest.approx(0.01, rel=1e-3)
    model, other = net(), net()
    run(model, clip_norm=1e6, compile=compiled)
    run(other, compile=compiled)
    assert state(model) == state(other)


@both
@pytest.mark.parametrize("examples", [40, 37])
def test_accumulated_steps_are_those_of_larger_batches(examples: int, compiled: bool) -> None:
    data = X[:examples], Y[:examples]
    model, other = net(), net()
    one = run(model, data, 3, 4, nn.Adam(model.parameters(), 0.05), accumulate=3, compile=compiled)
    two = run(other, data, 3, 12, nn.Adam(other.parameters(), 0.05), compile=compiled)
    assert one.cost == pytest.approx(two.cost, rel=1e-4)
    for path, value in model.state_dict().items():
        np.testing.assert_allclose(value, other.state_dict()[path], rtol=1e-3, atol=1e-5)


def test_accumulation_has_the_same_bits_compiled_and_counts_its_steps() -> None:
    ends = []
    for compiled in (False, True):
        model = net(dropout=True)
        updates: list[int] = []

        class Counting:
            def on_step(self, run: nn.Run) -> None:
                updates.append(run.updates)  # noqa: B023

        optimizer = nn.SGD(model.parameters(), 0.5, 0.9)
        history = run(model, batch_size=7, optimizer=optimizer, accumulate=4, clip_norm=0.5, compile=compiled,
                      callbacks=Counting())  # fmt: skip
        assert updates == [1, 2, 3, 4]
        ends.append((history, state(model)))
    assert ends[0] == ends[1]


# Data of every kind.


def test_a_loader_a_data_set_and_a_pair_train_the_same_bits() -> None:
    ends = []
    kinds: list[tuple[Any, Any, Any]] = [
        ((X, Y), 10, 3),
        (nn.Dataset(X, Y), 10, 3),
        (nn.DataLoader((X, Y), 10, shuffle=True, rng=3), None, None),
        (nn.DataLoader(nn.Dataset(X.astype(float), Y), 10, shuffle=True, rng=3, prefetch=2), None, None),
    ]
    for data, size, rng in kinds:
        model = net(dropout=True)
        history = run(model, data, 3, size, rng=rng, validation=nn.Dataset(X, Y), training_accuracy=True)
        ends.append((history, state(model)))
    assert all(end == ends[0] for end in ends)


def test_iterables_of_batches_are_trained_on_in_their_order(capfd: pytest.CaptureFixture[str]) -> None:
    batches = [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 40, 8)]

    class Reading:
        def __iter__(self) -> Iterator[Any]:
            return iter(batches)

    ends = []
    for data in (batches, Reading(), lambda: iter(batches)):
        model = net()
        ends.append((run(model, data, 2, None, rng=None, progress=True, validation=batches), state(model)))
    assert ends[0] == ends[1] == ends[2]
    assert capfd.readouterr().err.count("epoch 2/2") == 3
    history = run(net(), iter(batches), 1, None, rng=None)
    assert len(history) == 1
    with pytest.raises(ag.DataError, match="once"):
        run(net(), iter(batches), 2, None, rng=None)


@pytest.mark.parametrize(
    "data, options, message",
    [
        (nn.DataLoader((X, Y), 10), {"batch_size": 10, "rng": None}, "batch_size is for arrays of examples"),
        (nn.DataLoader((X, Y), 10), {"batch_size": None}, "rng is for arrays of examples"),
        ([(X, Y)], {"batch_size": 10, "rng": None}, "gives its mini-batches as they are"),
        ([(X, Y)], {"batch_size": None}, "rng is for the order of examples"),
        (nn.Dataset(X, Y), {"batch_size": None}, "batch_size must be a whole number"),
        ((X, Y), {"batch_size": None}, "batch_size must be a whole number"),
    ],
)
def test_sizes_and_orders_that_are_not_used_are_refused(data: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ag.ArgumentError, match=message):
        run(net(), data, **options)


def test_nan_in_a_batch_is_named_and_never_trained_on() -> None:
    bad = X.copy()
    bad[23, 1] = np.nan
    model = net()
    loader = nn.DataLoader((bad, Y), 10)
    with pytest.raises(ag.DataError, match="batch 3: x has a value that is not finite, first in example 23"):
        run(model, loader, 1, None, rng=None)
    assert all(np.isfinite(value).all() for value in model.state_dict().values())
    clean = net()
    run(clean, [(X[:10], Y[:10]), (X[10:20], Y[10:20])], 1, None, rng=None)
    assert state(model) == state(clean)


@both
def test_a_label_that_stands_for_no_output_is_named_before_training(compiled: bool) -> None:
    labels = LABELS.copy()
    labels[33] = 2
    model = net()
    before = state(model)
    with pytest.raises(ag.DataError, match=r"label 2 in example 33, but the classes of 2 outputs are .* 0 to 1"):
        run(model, (X, labels), compile=compiled)
    assert state(model) == before
    labels[33] = -1
    with pytest.raises(ag.DataError, match="label -1 in example 33"):
        run(model, (X, labels), compile=compiled)

    def ignoring(output: ag.Tensor, y: Any) -> ag.Tensor:
        return ag.mean(ag.where(ag.asarray(y) < 0, 0.0, ag.square(output[:, 1] - y)))

    assert len(run(model, (X, labels), cost=ignoring, compile=compiled)) == 2
    with pytest.raises(ag.DataError, match=r"data must be a pair \(x, y\), not dict"):
        run(model, {"x": X, "y": labels})


# Divergence: the last good weights.


@both
def test_a_run_that_diverges_leaves_the_last_good_weights(compiled: bool) -> None:
    model = net(outputs=1)
    optimizer = nn.SGD(model.parameters(), 0.01, 0.9)
    kept: dict[int, Any] = {}

    class Breaking:
        def on_step(self, run: nn.Run) -> None:
            if run.updates % nn.training.divergence.APART == 0:
                kept[run.updates] = state(model), {k: v.tobytes() for k, v in optimizer.state_dict().items()}
            if run.updates == 450:
                optimizer.lr = 1e30

    data = X, X[:, :1]
    with pytest.raises(nn.DivergenceError) as caught:
        run(model, data, 500, 10, optimizer, cost=nn.quadratic_cost, callbacks=Breaking(), compile=compiled)
    assert "the learning rate" in str(caught.value) or "smaller learning rate (it is 1e+30)" in str(caught.value)
    assert "again what they had after step 440, whose cost was finite" in str(caught.value)
    assert state(model) == kept[440][0]
    assert {k: v.tobytes() for k, v in optimizer.state_dict().items()} == kept[440][1]
    assert optimizer.lr == 0.01 and all(p.grad is None for p in model.parameters())
    assert len(caught.value.history) == 112
    assert run(model, data, 5, 10, optimizer, cost=nn.quadratic_cost).cost[-1] < 0.1  # and goes on


@both
def test_the_example_whose_cost_is_not_finite_is_named(compiled: bool) -> None:
    model = net()
    before = state(model)
    y = Y.copy()
    y[17] = 0

    def divided(output: ag.Tensor, target: Any) -> ag.Tensor:
        return ag.sum(ag.square(output) / ag.sum(ag.asarray(target), axis=1, keepdims=True)) / len(target)

    with pytest.raises(nn.DivergenceError, match=r"as is that of example 17 of data alone \(inf\)") as caught:
        run(model, (X, y), cost=divided, compile=compiled)
    assert "mini-batch" in str(caught.value)
    if "before these steps" in str(caught.value):
        assert state(model) == before
    with pytest.raises(nn.DivergenceError, match="example 7 of it alone"):
        run(net(), [(X[10:20], y[10:20])], 1, None, cost=divided, rng=None, compile=compiled)


def test_weights_that_end_not_finite_are_put_back_before_they_are_measured() -> None:
    model = net(outputs=1)
    before = state(model)
    with pytest.raises(
        nn.DivergenceError, match=r"after its last step .* is not finite; model and optimiser have again"
    ):
        run(
            model,
            (X, X[:, :1] * 1000),
            1,
            40,
            nn.SGD(model.parameters(), 3e38),
            cost=nn.quadratic_cost,
            validation=(X, Y[:, :1]),
        )
    assert state(model) == before


# The optimiser and the model.


def test_parameters_that_the_optimiser_leaves_out_are_said(capfd: pytest.CaptureFixture[str]) -> None:
    model = net()
    history = run(model, optimizer=nn.SGD(model.layers[2].parameters(), 0.1), progress=True)
    note = "the optimiser has 2 of 4 parameters, not layers.0.weight, layers.0.bias"
    assert history.notes == [note] and capfd.readouterr().err.startswith(f"fit: {note}\nepoch 1/2: ")


def test_frozen_parameters_are_said_and_a_model_that_is_all_frozen_is_refused() -> None:
    model = net()
    optimizer = nn.SGD(model.parameters(), 0.1)
    model.layers[0].weight.requires_grad = False
    assert run(model, optimizer=optimizer).notes == ["frozen, and so not trained: layers.0.weight"]
    for parameter in model.parameters():
        parameter.requires_grad = False
    before = state(model)
    with pytest.raises(ag.ArgumentError, match="all 4 parameters of the model are frozen"):
        run(model, optimizer=optimizer)
    assert state(model) == before


# Progress.


def test_the_time_that_is_left_is_shown_when_it_is_long(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nn.training import progress

    clock = iter(range(0, 10_000, 50))
    monkeypatch.setattr(progress, "perf_counter", lambda: float(next(clock)))
    run(net(), epochs=3, progress=True)
    lines = capfd.readouterr().err.splitlines()
    assert [line.rpartition(", ")[2] for line in lines[:2]] == ["1:40 min left", "50 s left"]
    assert lines[2].count(",") == 0


def test_figures_that_are_first_measured_when_a_run_goes_on_stand_at_their_epochs(tmp_path: Path) -> None:
    x, y = X, LABELS[:, None].astype(np.float32)

    def train(epochs: int, **options: Any) -> nn.History:
        model = nn.Sequential(nn.Linear(3, 1, rng=0))
        optimizer = nn.SGD(model.parameters(), lr=0.01)
        path = tmp_path / "run.npz"
        return nn.fit(
            model,
            nn.cross_entropy_cost,
            (x, y),
            optimizer,
            epochs,
            5,
            rng=0,
            progress=False,
            checkpoint=path,
            **options,
        )

    train(2)
    whole = train(4, resume=True, validation=(x, y), training_accuracy=True)
    for figures in (whole.validation_cost, whole.accuracy, whole.training_accuracy):
        assert len(figures) == 4 and np.isnan(figures[:2]).all() and np.isfinite(figures[2:]).all()
    assert whole.best()[0] >= 3


def test_a_run_that_diverges_early_keeps_the_epochs_that_were_good() -> None:
    model = nn.Sequential(nn.Linear(3, 1, rng=0))
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    x = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    y = x @ np.array([[1.0], [2.0], [3.0]], np.float32)
    seen: list[np.ndarray] = []

    def spoil(run: nn.Run) -> None:
        seen.append(model.parameters()[0].numpy())
        if run.epoch == 4:
            optimizer.lr = 1e30

    with pytest.raises(nn.DivergenceError, match="had after step 24"):
        nn.fit(model, nn.quadratic_cost, (x, y), optimizer, 9, 8, rng=0, progress=False, callbacks=spoil)
    assert model.parameters()[0].numpy().tobytes() == seen[2].tobytes()


LATE = nn.Linear(3, 3, rng=1)


@pytest.mark.parametrize(
    "function",
    [lambda x: LATE(x), functools.partial(LATE), LATE.forward],  # noqa: PLW0108
    ids=["lambda", "partial", "method"],
)
def test_a_module_that_only_a_function_inside_the_model_calls_is_not_left_untrained_in_silence(function: Any) -> None:
    model = nn.Sequential(nn.Lambda(function), nn.Linear(3, 1, rng=0))
    y = X[:, :1]
    with pytest.raises(ag.ArgumentError, match=r"no part of it.*neither trained nor saved: hold it"):
        nn.fit(model, nn.quadratic_cost, (X, y), nn.SGD(model.parameters(), 0.01), 1, 10, progress=False)
    everything = [*model.parameters(), *LATE.parameters()]
    nn.fit(model, nn.quadratic_cost, (X, y), nn.SGD(everything, 0.01), 1, 10, progress=False)
    LATE.freeze()
    try:
        nn.fit(model, nn.quadratic_cost, (X, y), nn.SGD(model.parameters(), 0.01), 1, 10, progress=False)
    finally:
        LATE.unfreeze()


def test_a_module_that_only_a_function_calls_is_in_evaluation_with_the_model() -> None:
    dropout = nn.Dropout(0.5, rng=0)
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Lambda(lambda x: 2.0 * dropout(x)))
    assert np.array_equal(nn.predict(model, X), nn.predict(model, X)) and dropout.training


@both
def test_flat_outputs_of_several_examples_are_not_taken_for_one(compiled: bool) -> None:
    model = nn.Sequential(nn.Linear(3, 1, rng=0), nn.Flatten(0))
    optimizer, data = nn.SGD(model.parameters(), 0.01), (X, X[:, 0])
    before = state(model)
    for call in (
        lambda: nn.evaluate(model, nn.quadratic_cost, data),
        lambda: nn.fit(model, nn.quadratic_cost, data, optimizer, 1, 10, progress=False, compile=compiled),
        lambda: nn.fit(model, nn.quadratic_cost, data, optimizer, 1, 10, progress=False, accumulate=2),
    ):
        with pytest.raises(ag.ShapeError, match=r"examples, which the cost takes for one example: let it give a row"):
            call()
    assert state(model) == before
    nn.fit(model, nn.mean_squared_error, data, optimizer, 1, 10, progress=False, compile=compiled)


def test_a_loader_that_drops_examples_measures_nothing() -> None:
    model = nn.Sequential(nn.Linear(3, 1, rng=0))
    loader = nn.DataLoader((X, X[:, :1]), 7, drop_last=True)
    for call in (
        lambda: nn.predict(model, loader),
        lambda: nn.evaluate(model, nn.quadratic_cost, loader),
    ):
        with pytest.raises(ag.DataError, match="drop_last, which leaves examples out"):
            call()


def test_a_run_that_is_stopped_within_an_epoch_has_the_best_weights_back() -> None:
    model = nn.Sequential(nn.Linear(3, 1, rng=0))
    data, kept = (X, X[:, :1]), []

    class Stop:
        def on_epoch(self, run: nn.Run) -> None:
            kept.append(state(model))

        def on_step(self, run: nn.Run) -> None:
            if run.epoch == 2 and run.step == 3:
                run.stop("enough")

    optimizer = nn.SGD(model.parameters(), 0.01)
    history = nn.fit(
        model, nn.quadratic_cost, data, optimizer, 9, 10, validation=data, early_stopping=5, callbacks=Stop(), rng=0,
        progress=False,
    )  # fmt: skip
    assert history.best()[0] == 2 and state(model) == kept[1]
