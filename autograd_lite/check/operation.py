r"""One operation tried in every world: values, gradients, the compiled step, equations, pages, pictures, other arrays.

A rule is written once and runs everywhere; this is the check that it does, for the library's operations and for a
stranger's. Uses what a user could use; must not know any operation. What shows and compiles is loaded when it is tried.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
from numpy import ndarray

from autograd_lite import backend, display
from autograd_lite.check import standin
from autograd_lite.check.gradcheck import report_of
from autograd_lite.check.report import slip
from autograd_lite.engine import calculus, functional
from autograd_lite.engine.graph import ancestors
from autograd_lite.engine.tensor import Tensor, asarray
from autograd_lite.errors import ArgumentError, AutogradError, CheckError, CompileError
from autograd_lite.op import REGISTRY, Operation


@dataclass(frozen=True)
class Sample:
    """Arguments that an operation accepts: `inputs` are arrays and Python numbers, `params` its keyword parameters.

    `order` is how often it can be differentiated there (2, 1, or 0 where the numbers are no float64), `keeps_dtype`
    whether float32 in means float32 out, `numpy_only` that a parameter belongs to NumPy's world, `stays` that elements
    keep their places when other numbers are tried (those of a positive definite matrix). Choose arrays of
    float64, at least 0.01 away from kinks and ties.
    """

    inputs: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)
    order: int = 2
    keeps_dtype: bool = True
    numpy_only: bool = False
    stays: bool = False


@dataclass(frozen=True)
class WorldRow:
    """How one sample fared in one world: `"ok"`, `"none"` where there is nothing to try, `"refused"` or `"failed"`."""

    world: str
    sample: int
    outcome: str
    said: str


@dataclass(frozen=True, repr=False)
class OperationReport:
    """What `check_operation` found: one row for each world and sample; prints as a table of the worlds."""

    name: str
    rows: tuple[WorldRow, ...]

    @property
    def failed(self) -> tuple[WorldRow, ...]:
        """The rows of what failed."""
        return tuple(row for row in self.rows if row.outcome == "failed")

    @property
    def passed(self) -> bool:
        """Whether no sample failed in any world."""
        return not self.failed

    def _table(self) -> list[tuple[str, ...]]:
        table: list[tuple[str, ...]] = [("world", "samples", "outcome", "what was said")]
        for world in dict.fromkeys(row.world for row in self.rows):
            rows = [row for row in self.rows if row.world == world]
            for outcome in dict.fromkeys(row.outcome for row in rows):
                alike = [row for row in rows if row.outcome == outcome]
                samples = ", ".join(str(row.sample) for row in alike)
                said = dict.fromkeys(row.said for row in alike if row.said)
                table.append((world, samples, outcome, "; ".join(said)))
        return table

    def __repr__(self) -> str:
        return display.text_table(self._table())

    def _repr_html_(self) -> str:
        return display.html_table(self._table())


def check_operation(op: Any, samples: Any, rng: int = 0) -> OperationReport:
    """Try an operation in every world of the library, on each of `samples`.

    `op` is what `ag.operation` or `ag.elementwise` gave, or its name. A sample is a tuple of arguments as one would
    call it with, which may end in a dictionary of keyword parameters, or a `Sample`; arrays are of float64, at least
    0.01 away from kinks and ties. The worlds are:

    - values: the same on Tensors as on arrays, twice the same (unless it is declared with `effect`), inputs untouched
    - variants: float32 and every order of memory give the same value and gradient, up to rounding
    - gradient, second order: the rules against the complex step or differences (`gradcheck`)
    - compiled: four calls with changing values, and float32, to the bit as the same function run eagerly
    - derived, explained, drawn: its equations hold when they are evaluated, a page and a picture are made
    - stand-in: on an array library of its own, which refuses to meet NumPy's arrays or to become one unasked

    Returns a report that prints as a table. Raises `CheckError`, which says what failed in which world and has the
    report in it, and `ArgumentError` for samples that are none.

    >>> import autograd_lite as ag
    >>> from autograd_lite.check.operation import check_operation
    >>> report = check_operation("tanh", [(np.array([0.5, -1.0]),)])
    >>> report.passed, [row.world for row in report.rows][:4]
    (True, ['values', 'variants', 'gradient', 'second order'])
    """
    found = _operation(op)
    cases = [_sample(found, each) for each in samples]
    if not cases:
        raise ArgumentError(f"check_operation: there is no sample of {found.name}: give a list of tuples of arguments")
    rows = tuple(row for i, case in enumerate(cases) for row in _tried(_Trial(found, case, rng), i))
    report = OperationReport(found.name, rows)
    if not report.passed:
        first = report.failed[0]
        raise CheckError(f"{found.name}, {first.world}, sample {first.sample}: {first.said}\n{report}")
    return report


def _operation(op: Any) -> Operation:
    known = (
        op if isinstance(op, Operation) else REGISTRY.get(op if isinstance(op, str) else getattr(op, "__name__", ""))
    )
    if known is None:
        raise ArgumentError(f"check_operation: {op!r} is no operation: declare one with @ag.operation(...)")
    return known


_KNOWN = ("order", "keeps_dtype", "numpy_only", "stays")
"""What a sample may say besides its arguments."""


def _sample(op: Operation, given: Any) -> Sample:
    """One sample, its call sorted into arrays and complete parameters."""
    if hasattr(given, "inputs") and hasattr(given, "params"):
        known = {name: getattr(given, name) for name in _KNOWN if hasattr(given, name)}
        args, kwargs = tuple(given.inputs), given.params
    else:
        known = {}
        args = tuple(given) if isinstance(given, tuple | list) else (given,)
        kwargs = {}
        if args and isinstance(args[-1], Mapping):
            args, kwargs = args[:-1], dict(args[-1])
    inputs, params = op.bind(args, kwargs)
    for x in inputs:
        if isinstance(x, ndarray) and x.dtype.kind == "f" and x.dtype != numpy.float64:
            raise ArgumentError(
                f"check_operation: a sample of {op.name} is of {x.dtype}: give float64, it is varied here"
            )
    inputs = tuple(numpy.array(x, float) if isinstance(x, list) else x for x in inputs)
    return Sample(inputs, params, **known)


def _tried(trial: _Trial, number: int) -> Iterator[WorldRow]:
    for world, attempt in WORLDS.items():
        with warnings.catch_warnings(), numpy.errstate(all="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                said = attempt(trial)
            except _Nothing as nothing:
                yield WorldRow(world, number, "none", str(nothing))
            except _Refused as refused:
                yield WorldRow(world, number, "refused", str(refused))
            except Exception as error:  # noqa: BLE001 - whatever a stranger's forward or rule may raise
                kind = "" if isinstance(error, _Wrong) else f"{type(error).__name__}: "
                yield WorldRow(world, number, "failed", f"{kind}{str(error).splitlines()[0] if str(error) else ''}")
            else:
                yield WorldRow(world, number, "ok", said or "")


class _Nothing(Exception):  # noqa: N818 - no error
    """There is nothing to try in this world."""


class _Refused(Exception):  # noqa: N818 - no error
    """The world says that it cannot, which it documents."""


class _Wrong(Exception):  # noqa: N818 - it becomes a row of the report
    """The operation does something else here."""


class _Trial:
    """One sample of one operation, and how it is called in the world of Tensors."""

    def __init__(self, op: Operation, sample: Sample, seed: int) -> None:
        self.op = op
        self.inputs = sample.inputs
        self.params = sample.params
        self.order = sample.order
        self.keeps_dtype = sample.keeps_dtype
        self.stays = sample.stays
        self.numpy_only = sample.numpy_only or any(
            isinstance(each, ndarray | numpy.random.Generator) for each in sample.params.values()
        )
        self.seed = seed
        self.places = [i for i, x in enumerate(self.inputs) if backend.is_array(x)]
        self.smooth = [
            i for i in self.places if self.inputs[i].dtype.kind == "f" and op.rule(i) is not None
        ]  # the arguments that a gradient can be asked for

    def fresh(self) -> dict[str, Any]:
        """The parameters, with generators where they were: the same random numbers at every call."""
        return copy.deepcopy(self.params)

    def call(self, inputs: Sequence[Any], params: dict[str, Any] | None = None) -> tuple[Tensor, ...]:
        """The operation on Tensors and numbers, as a tuple of results."""
        made = [asarray(x) if backend.is_array(x) else x for x in inputs]
        if not any(isinstance(x, Tensor) for x in made):
            made = [x if x is None else asarray(x) for x in made]
        out = self.op(*made, **(self.fresh() if params is None else params))
        results = tuple(out) if isinstance(out, tuple | list) else (out,)
        if not all(isinstance(each, Tensor) for each in results):
            raise _Wrong(f"gave {', '.join(type(each).__name__ for each in results)}, not Tensors")
        return results

    def leaves(self, inputs: Sequence[Any]) -> list[Any]:
        """The inputs with a leaf for each argument that has a gradient."""
        return [
            asarray(x, requires_grad=i in self.smooth, name=f"x{i + 1}") if i in self.places else x
            for i, x in enumerate(inputs)
        ]

    def weights(self, results: Sequence[Any]) -> list[ndarray]:
        """A factor for each element of each result, different in every one and nowhere small."""
        rng = numpy.random.default_rng(self.seed + 7)
        return [
            numpy.asarray(rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], x.shape)).astype(x.dtype)
            for x in results
            if x.dtype.kind == "f"
        ]

    def cost(self, results: Sequence[Tensor], weights: Sequence[Any]) -> Tensor:
        """One number of which every element of every result is a part."""
        real = [each for each in results if each.dtype.kind == "f"]
        parts = [functional.sum(each * weight) for each, weight in zip(real, weights, strict=True)]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    def values_and_gradients(self, inputs: Sequence[Any], make: Callable[[Any], Any] = lambda x: x) -> list[Tensor]:
        """All results, then the gradient of the cost at every leaf; `make` brings the weights into their world."""
        leaves = self.leaves(inputs)
        results = self.call(leaves)
        if not any(each.requires_grad for each in results):
            return list(results)
        cost = self.cost(results, list(map(make, self.weights(results))))
        wanted = [leaves[i] for i in self.smooth]
        found = calculus.grad(cost, wanted, allow_unused=True)
        return [*results, *(g for g in found if g is not None)]

    def loss(self) -> Tensor:
        """A cost with a graph to be shown."""
        if not self.smooth:
            raise _Nothing("no argument has a derivative")
        results = self.call(self.leaves(self.inputs))
        if not any(each.requires_grad for each in results):
            raise _Nothing("no result has a derivative")
        weights = [asarray(w, name=f"w{i + 1}") for i, w in enumerate(self.weights(results))]
        return self.cost(results, weights)


def _bytes(values: Sequence[Any]) -> list[tuple[Any, ...]]:
    arrays = [x.numpy() if isinstance(x, Tensor) else x for x in values]
    return [(x.shape, x.dtype, x.tobytes()) for x in arrays if isinstance(x, ndarray)]


def _compare(found: Sequence[Any], expected: Sequence[Any], close: float, what: str, inputs: Sequence[Any]) -> None:
    """Raise where values or gradients of another variant are not those of the sample, up to rounding of the inputs."""
    largest = max((float(numpy.abs(x).max(initial=0.0)) for x in map(_real, inputs)), default=0.0)
    if len(found) != len(expected):
        raise _Wrong(f"{what} gives {len(found)} results and gradients, not {len(expected)}")
    for i, (one, other) in enumerate(zip(found, expected, strict=True)):
        here, there = _host(one), _host(other)
        if here.shape != there.shape:
            raise _Wrong(f"{what} gives the shape {here.shape}, not {there.shape}, for result {i}")
        wide = here.astype(there.dtype) if here.dtype.kind == there.dtype.kind == "f" else here
        scale = max(largest, float(numpy.abs(_real(there)).max(initial=0.0)))
        if not numpy.allclose(wide, there, rtol=close, atol=close * scale, equal_nan=True):
            raise _Wrong(f"{what} gives other numbers for result or gradient {i}")


def _real(x: Any) -> ndarray:
    """The finite numbers in an array of real numbers."""
    return x[numpy.isfinite(x)] if isinstance(x, ndarray) and x.dtype.kind == "f" else numpy.zeros(0)


def _host(x: Any) -> ndarray:
    return backend.to_numpy(x.data if isinstance(x, Tensor) else x)


# The worlds.


def _values(trial: _Trial) -> str:
    before = _bytes(trial.inputs)
    on_arrays = trial.op(*trial.inputs, **trial.fresh())
    plain = list(on_arrays) if isinstance(on_arrays, tuple | list) else [on_arrays]
    results = trial.call(trial.inputs)
    if _bytes(results) != _bytes([numpy.asarray(each) for each in plain]):
        raise _Wrong("Tensors give other bits than arrays")
    found = _bytes(trial.values_and_gradients(trial.inputs))
    if _bytes(trial.values_and_gradients(trial.inputs)) != found:
        raise _Wrong("a second call gives other bits")
    if _bytes(trial.inputs) != before:
        raise _Wrong("the forward or a rule writes into an input")
    if not trial.op.effect:
        shared = trial.fresh()
        if _bytes(trial.call(trial.inputs, shared)) != _bytes(trial.call(trial.inputs, shared)):
            raise _Wrong("a second call gives other numbers: declare it with effect=True")
    return ""


LAYOUTS: dict[str, Callable[[ndarray], ndarray]] = {
    "Fortran order": lambda x: numpy.asarray(x, order="F"),
    "transposed memory": lambda x: x.T.copy().T,
    "a negative stride": lambda x: x[::-1].copy()[::-1] if x.ndim else x,
    "every second element": lambda x: numpy.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x,
    "read-only memory": lambda x: _read_only(x.copy()),
}


def _read_only(x: ndarray) -> ndarray:
    x.flags.writeable = False
    return x


def _each(change: Callable[[ndarray], ndarray], inputs: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(change(x) if isinstance(x, ndarray) else x for x in inputs)


def _single(x: ndarray) -> ndarray:
    return x.astype(numpy.float32) if x.dtype.kind == "f" else x


def _double(x: ndarray) -> ndarray:
    return x.astype(numpy.float64) if x.dtype.kind == "f" else x


def _variants(trial: _Trial) -> str:
    expected = trial.values_and_gradients(trial.inputs)
    for name, layout in LAYOUTS.items():
        _compare(trial.values_and_gradients(_each(layout, trial.inputs)), expected, 1e-12, name, trial.inputs)
    inputs = _each(_single, trial.inputs)
    single, double = trial.values_and_gradients(inputs), trial.values_and_gradients(_each(_double, inputs))
    if not trial.op.effect:  # numbers drawn in float32 are others
        _compare(single, double, 1e-4, "float32", inputs)
    if trial.keeps_dtype:
        for one, other in zip(single, double, strict=True):
            if other.dtype == numpy.float64 and one.dtype != numpy.float32 and any(map(_is_single, inputs)):
                raise _Wrong(f"float32 becomes {one.dtype}: a constant in it is no Python number")
    return ""


def _is_single(x: Any) -> bool:
    return isinstance(x, ndarray) and x.dtype == numpy.float32


def _gradient(trial: _Trial, order: int) -> str:
    if not trial.smooth:
        raise _Nothing("no argument has a derivative")
    if trial.order < order:
        raise _Nothing("the sample is not to be differentiated so often")

    def f(*xs: Tensor) -> Any:
        inputs = list(trial.inputs)
        for i, x in zip(trial.smooth, xs, strict=True):
            inputs[i] = x
        results = trial.call(inputs)
        return results if len(results) > 1 else results[0]

    report = report_of(f, [trial.inputs[i] for i in trial.smooth], None, trial.seed, order)
    rows = [row for row in report.rows if row.order == order]
    for row in rows:
        if not row.passed:
            place = trial.smooth[row.position] if row.position < len(trial.smooth) else None
            argument = trial.op.arguments[min(place, len(trial.op.arguments) - 1)] if place is not None else "g"
            raise _Wrong(f"the rule of {argument}: {slip(row)}")
    return ", ".join(dict.fromkeys(row.method for row in rows))


def _other(x: Any, stays: bool) -> Any:
    """Other numbers of the same shape, as good for the operation: no sign, order or range is lost."""
    if not isinstance(x, ndarray):
        return x
    moved = x if stays else numpy.roll(x.reshape(-1), 1).reshape(x.shape)
    return (moved * numpy.asarray(1.25, x.dtype)).astype(x.dtype) if x.dtype.kind == "f" else moved


def _compiled(trial: _Trial) -> str:
    for change, calls in ((_double, 4), (_single, 3), (LAYOUTS["Fortran order"], 3)):
        _replayed(trial, lambda x, change=change: change(numpy.array(x, order="C")), calls)  # type: ignore[misc]
    return ""


def _replayed(trial: _Trial, change: Callable[[ndarray], ndarray], calls: int) -> None:
    """A function of the operation and its gradients, compiled and not, over several calls on arrays of one kind."""
    from autograd_lite.compile.compiled import compile

    inputs = _each(change, trial.inputs)
    weights = trial.weights(trial.call(inputs))

    def made(params: dict[str, Any]) -> Callable[..., Any]:
        def step(*arrays: Any) -> Any:
            given = list(inputs)
            for i, x in zip(trial.places, arrays, strict=True):
                given[i] = x
            results = trial.call(given, params)
            if not any(each.requires_grad for each in results):
                return results
            wanted = [given[i] for i in trial.smooth]
            found = calculus.grad(trial.cost(results, weights), wanted, allow_unused=True)
            return (*results, *(g for g in found if g is not None))

        return step

    eager, compiled = made(trial.fresh()), compile(made(trial.fresh()))
    values = inputs
    for number in range(calls):
        leaves = [[x for i, x in enumerate(trial.leaves(values)) if i in trial.places] for _ in range(2)]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", UserWarning)
                found = compiled(*leaves[0])
        except CompileError as error:
            if "depends on data" in str(error):
                raise _Refused("the shape of the result depends on data") from error
            raise
        if _bytes(found) != _bytes(eager(*leaves[1])):
            raise _Wrong(f"call {number + 1} of the compiled step has other bits than the eager one")
        values = _each(change, tuple(_other(x, trial.stays) for x in values))
    if compiled.records != 1:
        raise _Wrong(f"the step was recorded {compiled.records} times in {calls} calls of one kind")


def _derived(trial: _Trial) -> str:
    from autograd_lite.show.equations.derive import DETAILS, derive

    loss = trial.loss()
    for detail in DETAILS:
        for expanded in (False, True):
            derivation = derive(loss, detail, expanded)
            for line in derivation.lines:
                if not line.difference <= line.tolerance:
                    raise _Wrong(f"the equation {line.latex} is off by {line.difference:.1e}")
            if not derivation.lines:
                raise _Wrong("there is no equation")
    return ""


def _explained(trial: _Trial) -> str:
    from autograd_lite.show.page.explain import explain

    page = explain(trial.loss())
    if not page.steps or not (trial.op.composed or trial.op.name in page.html):
        raise _Wrong("the page does not name the operation")
    return ""


def _drawn(trial: _Trial) -> str:
    from autograd_lite.show.picture.draw import draw

    results = trial.call(trial.leaves(trial.inputs))
    if not results[0].node:
        raise _Nothing("nothing was recorded")
    picture = draw(list(results) if len(results) > 1 else results[0])
    recorded = {x.node for each in results for x in ancestors(each) if x.node is not None}
    if picture.operations != len(recorded):
        raise _Wrong(f"the picture has {picture.operations} operations of {len(recorded)}")
    return ""


def _abroad(trial: _Trial) -> str:
    if trial.numpy_only:
        raise _Nothing("a parameter belongs to NumPy")
    if not trial.places:
        raise _Nothing("there is no array")
    standin.register()
    expected = trial.values_and_gradients(trial.inputs)
    before = len(standin.conversions)
    there = tuple(standin.xp.asarray(x) if isinstance(x, ndarray) else x for x in trial.inputs)
    found = trial.values_and_gradients(there, standin.xp.asarray)
    if len(standin.conversions) > before:
        raise _Wrong("values were copied to the host in silence")
    if not all(type(each.data) is standin.Array for each in found):
        raise _Wrong("a result or gradient came out as an array of another library")
    _compare(found, expected, 1e-13, "the other array library", trial.inputs)
    for one, other in zip(found, expected, strict=True):
        if one.dtype != other.dtype:
            raise _Wrong(f"the other array library gives {one.dtype}, not {other.dtype}")
    if len(trial.places) > 1:
        mixed = list(there)
        mixed[trial.places[0]] = trial.inputs[trial.places[0]]
        try:
            trial.call(mixed)
        except AutogradError:
            return ""
        raise _Wrong("arrays of two libraries meet without an error")
    return ""


WORLDS: dict[str, Callable[[_Trial], str]] = {
    "values": _values,
    "variants": _variants,
    "gradient": lambda trial: _gradient(trial, 1),
    "second order": lambda trial: _gradient(trial, 2),
    "compiled": _compiled,
    "derived": _derived,
    "explained": _explained,
    "drawn": _drawn,
    "stand-in": _abroad,
}
"""Every world by name, in the order in which an operation is tried there."""
