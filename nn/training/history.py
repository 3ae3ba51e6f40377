"""What a training run leaves behind: numbers an epoch, and how they are joined, written down and drawn.

Stores floats, never tensors, so keeping a history keeps no graph. Must not know models.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite, nan
from pathlib import Path
from typing import Any, ClassVar

import autograd_lite as ag
from autograd_lite import display, files
from nn.training.curves import Curves, Figure
from nn.training.endings import path_of, save


@dataclass(repr=False)
class History:
    """The figures of each epoch, a list for each kind; a kind that was not measured has an empty list.

    `cost` is the mean over the epoch's mini-batches. On validation data there are `validation_cost`, the `accuracy`
    where the targets are classes, and `metrics` by name; `validation` is the one figure that stands for them where
    there is no accuracy, and `metric` says what it is. `training_accuracy` is measured on request; `lr` is the
    learning rate of the epoch's last step, `seconds` its time. `notes` are remarks on the run. Two histories are
    equal when they are but for seconds and notes. `a + b` is the history of a run that went on.

    >>> whole = nn.History([0.5], [0.75]) + nn.History([0.25], [0.875])
    >>> whole.cost, whole.best("accuracy")
    ([0.5, 0.25], (2, 0.875))
    """

    cost: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    metric: str = "cost"
    validation_cost: list[float] = field(default_factory=list)
    training_accuracy: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    lr: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list, compare=False)
    notes: list[str] = field(default_factory=list, compare=False)

    _kinds: ClassVar = ("cost", "validation_cost", "accuracy", "training_accuracy", "validation", "lr", "seconds")

    def __len__(self) -> int:
        return len(self.cost)

    def columns(self) -> dict[str, list[float]]:
        """Every figure that was measured, by name, `metrics` among them.

        >>> nn.History([0.5], lr=[0.1]).columns()
        {'cost': [0.5], 'lr': [0.1]}
        """
        own = {name: getattr(self, name) for name in self._kinds}
        known = {name: values for name, values in own.items() if values or name == "cost"}
        return {**known, **{f"metrics.{name}": values for name, values in self.metrics.items()}}

    def values(self, name: str) -> list[float]:
        """The values of one figure, by its attribute or by the name of a metric.

        Raises `ArgumentError` for a name that there is not.
        """
        if name in self.metrics:
            return self.metrics[name]
        if name in self._kinds:
            return list(getattr(self, name))
        if name == self.metric and self.validation:
            return self.validation
        known = ", ".join(name.removeprefix("metrics.") for name in self.columns())
        raise ag.ArgumentError(f"History: there is no figure {name!r}: it has {known}")

    def best(self, figure: str = "validation_cost", largest: bool | None = None) -> tuple[int, float]:
        """The epoch, counted from 1, in which a figure was best, and its value there; the first of several.

        An accuracy is best where it is largest, a cost where it is smallest; of another metric `largest` says it.
        Raises `ArgumentError` where nothing was measured.
        """
        values = self.values(figure)
        if largest is None:
            if not figure.endswith(("accuracy", "cost")):
                raise ag.ArgumentError(f"best(): is {figure} better when it is larger? say so: largest=True or False")
            largest = figure.endswith("accuracy")
        known = [(value, epoch) for epoch, value in enumerate(values, 1) if value == value]
        if not known:
            raise ag.ArgumentError(f"best(): {figure} was measured in no epoch")
        value, epoch = min(known, key=lambda each: (-each[0] if largest else each[0], each[1]))
        return epoch, value

    def __add__(self, later: History) -> History:
        """The history of both runs, one after the other; what one of them did not measure is nan there.

        Raises `ArgumentError` where `validation` is something else in each.
        """
        if not isinstance(later, History):
            return NotImplemented
        if self.validation and later.validation and self.metric != later.metric:
            raise ag.ArgumentError(
                f"History: one run measured {self.metric} in `validation` and the other {later.metric}: "
                "they are no one curve; draw both with nn.plot"
            )
        joined = History(metric=self.metric if self.validation or not later.validation else later.metric)
        for name in self._kinds:
            setattr(joined, name, _joined(getattr(self, name), len(self), getattr(later, name), len(later)))
        for name in {**self.metrics, **later.metrics}:
            joined.metrics[name] = _joined(
                self.metrics.get(name, []), len(self), later.metrics.get(name, []), len(later)
            )
        joined.notes = [*self.notes, *(note for note in later.notes if note not in self.notes)]
        return joined

    # In words.

    def measured(self, epoch: int) -> str:
        """What was measured on validation data after an epoch, in words; empty where nothing was.

        >>> nn.History([0.5], [0.75]).measured(0)
        'accuracy 75.00%'
        """
        if epoch < len(self.accuracy) and self.accuracy[epoch] == self.accuracy[epoch]:
            return f"accuracy {self.accuracy[epoch]:.2%}"
        if epoch < len(self.validation) and not (self.accuracy and self.validation[epoch] != self.validation[epoch]):
            return f"{self.metric} {self.validation[epoch]:.4f}"
        return ""

    def line(self, epoch: int, validation: str = "validation ") -> str:
        """All the figures of an epoch in one line, counted from 0.

        >>> nn.History([0.5], [0.75], training_accuracy=[0.875]).line(0)
        'cost 0.5000, training accuracy 87.50%, validation accuracy 75.00%'
        """
        parts = [f"cost {self.cost[epoch]:.4f}"]
        if epoch < len(self.training_accuracy):
            parts.append(f"training accuracy {self.training_accuracy[epoch]:.2%}")
        known = self.measured(epoch)
        parts += [f"{validation}{known}"] if known else []
        parts += [f"{name} {values[epoch]:.4f}" for name, values in self.metrics.items() if epoch < len(values)]
        return ", ".join(parts)

    def __repr__(self) -> str:
        if not self.cost:
            return "History of no epoch yet"
        known = self.measured(len(self) - 1)
        known = f", {'' if self.accuracy else 'validation '}{known}" if known else ""
        epochs = f"{len(self)} epoch{'s' * (len(self) != 1)}"
        return f"History of {epochs}: cost {self.cost[0]:.4f} to {self.cost[-1]:.4f}{known}: .svg() draws it"

    def __str__(self) -> str:
        validation = "" if self.accuracy and not self.training_accuracy else "validation "
        lines = [f"epoch {epoch + 1}: {self.line(epoch, validation)}" for epoch in range(len(self))]
        return "\n".join(display.shortened(lines, "…")) or "no epoch yet"

    # As a picture.

    def plot(self, *others: History, names: Any = None, log: bool = False) -> Curves:
        """The learning curves, of this run and of others in one picture; `log` has logarithmic axes but for accuracies.

        It shows itself in a notebook; `.svg()` is its text, `.save(path)` writes it, `.figure()` is matplotlib's.
        `names` has a name for each run.

        >>> nn.History([0.5, 0.25]).plot(nn.History([0.5, 0.125]), names=["slow", "fast"])
        Curves of cost: .svg() draws them, .save('curves.svg') keeps the picture
        """
        every = [self, *others]
        named = [f"run {i}" for i in range(1, len(every) + 1)] if names is None else [str(each) for each in names]
        if len(set(named)) != len(every):
            raise ag.ArgumentError(f"plot: {len(every)} histories need as many different names, not {named}")
        return plot(dict(zip(named, every, strict=True)), log=log)

    def _figures(self, several: bool) -> list[Figure]:
        """What is drawn; alone, costs and accuracies of training and of validation share their panels."""
        drawn = [Figure("cost", "cost", False, self.cost)]
        if self.validation_cost or (self.validation and self.metric == "cost"):
            drawn.append(Figure("cost", "validation cost", True, self.validation_cost or self.validation))
        alone = "validation accuracy in %"
        accuracies = "accuracy in %" if self.training_accuracy or several else alone
        for name, held_out, values in (
            ("training", False, self.training_accuracy), ("validation", True, self.accuracy)
        ):  # fmt: skip
            if values:
                name = name if accuracies != alone else alone
                drawn.append(Figure(accuracies, name, held_out, [100 * value for value in values]))
        if self.validation and self.metric != "cost":
            drawn.append(Figure(f"validation {self.metric}", f"validation {self.metric}", True, self.validation))
        drawn += [Figure(f"validation {n}", f"validation {n}", True, values) for n, values in self.metrics.items()]
        if len({value for value in self.lr if value == value}) > 1:
            drawn.append(Figure("learning rate", "learning rate", False, self.lr))
        return drawn

    def svg(self) -> str:
        """The learning curves as an SVG picture: cost, and what was measured on validation data, by epoch."""
        return self.plot().svg()

    def _repr_svg_(self) -> str:
        return self.svg()

    # As a file.

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """The figures as comma-separated values, a row an epoch; to a file where a path is given. Returns the text.

        >>> print(nn.History([0.5, 0.25], lr=[1.0, 1.0]).to_csv(), end="")
        epoch,cost,lr
        1,0.5,1.0
        2,0.25,1.0
        """
        columns = self.columns()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["epoch", *(name.removeprefix("metrics.") for name in columns)])
        for i in range(len(self)):
            writer.writerow([i + 1, *(_cell(values, i) for values in columns.values())])
        if path is not None:
            files.write(path_of("to_csv", path, "history.csv"), text.getvalue().encode())
        return text.getvalue()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the history to a file, whole or not at all; the ending says how.

        `.svg` has the learning curves, `.csv` and `.json` the figures (`History.load` reads them from `.json`), and
        `.png` and `.pdf` the curves as matplotlib draws them. Raises `ArgumentError` for another ending and where
        matplotlib is needed and not installed, `FileError` for a path that cannot be written.
        """
        content: dict[str, Callable[[], str]] = {
            ".svg": self.svg, ".csv": self.to_csv,
            ".json": lambda: json.dumps(self.state_dict(), indent=1) + "\n",
        }  # fmt: skip
        return save(path, content, lambda: self.plot().figure())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> History:
        """The history that `save` wrote to a `.json` file. Raises `FileError` and `DataError` for what is none."""
        target = path_of("load", path, "history.json")
        try:
            text = target.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ag.FileError(f"cannot read {target}: {getattr(error, 'strerror', None) or error}") from error
        history = cls()
        try:
            history.load_state_dict(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise ag.DataError(f"{target} is no history as save('history.json') writes it: {error}") from error
        return history

    def state_dict(self) -> dict[str, Any]:
        """All figures, in lists and dictionaries of plain numbers and words; `None` stands for nan.

        >>> nn.History([0.5], [float("nan")]).state_dict()["accuracy"]
        [None]
        """
        state: dict[str, Any] = {name: [_plain(v) for v in getattr(self, name)] for name in self._kinds}
        metrics = {name: [_plain(v) for v in values] for name, values in self.metrics.items()}
        return {**state, "metric": self.metric, "metrics": metrics, "notes": list(self.notes)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take all figures from `state`, as `state_dict` gives it. Raises `DataError`, with nothing changed."""
        if not isinstance(state, Mapping) or set(state) != {*self._kinds, "metric", "metrics", "notes"}:
            there = sorted(state) if isinstance(state, Mapping) else type(state).__name__
            raise ag.DataError(f"History: the state of a history has other entries than {there!r:.200}")
        try:
            found = {name: [_number(v) for v in state[name]] for name in self._kinds}
            metrics = {str(name): [_number(v) for v in values] for name, values in state["metrics"].items()}
            words = str(state["metric"]), [str(note) for note in state["notes"]]
        except (TypeError, ValueError, AttributeError) as error:
            raise ag.DataError(f"History: the state has figures that are no numbers: {error}") from error
        epochs = len(found["cost"])
        for name, values in {**found, **metrics}.items():
            if len(values) > epochs:
                raise ag.DataError(f"History: the state has {len(values)} values of {name} for {epochs} epochs")
        vars(self).update(found)
        self.metrics, (self.metric, self.notes) = metrics, words


def plot(histories: Mapping[str, History] | History, log: bool = False) -> Curves:
    """The learning curves of several runs in one picture, a colour for each; see `History.plot`.

    >>> nn.plot({"lr 1": nn.History([0.5, 0.4]), "lr 3": nn.History([0.5, 0.3])}).save  # doctest: +ELLIPSIS
    <bound method Curves.save of Curves of cost: ...>
    """
    runs = {"run": histories} if isinstance(histories, History) else histories
    if not isinstance(runs, Mapping) or not runs or not all(isinstance(each, History) for each in runs.values()):
        raise ag.ArgumentError(f"plot: give histories by name, as in nn.plot({{'a': h1, 'b': h2}}), not {runs!r:.80}")
    return Curves({str(name): each._figures(len(runs) > 1) for name, each in runs.items()}, log)


def _joined(mine: list[float], epochs: int, theirs: list[float], later: int) -> list[float]:
    if not mine and not theirs:
        return []
    return [*mine, *[nan] * (epochs - len(mine)), *theirs, *[nan] * (later - len(theirs))]


def _cell(values: list[float], i: int) -> str:
    return repr(float(values[i])) if i < len(values) and values[i] == values[i] else ""


def _plain(value: float) -> float | str | None:
    return None if value != value else float(value) if isfinite(value) else repr(float(value))


def _number(value: Any) -> float:
    if value is None:
        return nan
    if isinstance(value, str) and value not in ("inf", "-inf"):
        raise ValueError(f"{value!r:.40} is no number")
    return float(value)
