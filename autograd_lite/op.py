"""What an operation is: a forward, one derivative rule per argument, and how it is written.

A rule is written once, against a namespace `xp`, and runs in every world: on arrays (NumPy, CuPy)
it gives values; on any type with an `__apply__` method (Tensors, formulas, the compiler's values)
that world decides what it means. Must not know Tensors, graphs or any of those worlds.
"""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.elsewhere import keyword
from autograd_lite.errors import ArgumentError, AutogradError

Rule = Callable[..., Any]
Flops = int | Callable[[Sequence[tuple[int, ...]], tuple[int, ...], dict[str, Any]], int]
Parts = bool | int | type | None
Reading = Callable[[Sequence[Any], dict[str, Any]], tuple[Sequence[Any], dict[str, Any]]]

REGISTRY: dict[str, Operation] = backend.beyond  # type: ignore[assignment]  # each is a function of every namespace
"""Every operation by name, in the order of declaration."""


SPACES: set[str] = set()
"""The names that operations stand under, as `linalg` in `xp.linalg.inv`."""


class Space:
    """What stands under a name in a namespace: `xp.linalg`, whose `inv` is what `find("linalg.inv")` gives."""

    __slots__ = ("find", "name")

    def __init__(self, find: Callable[[str], Any], name: str) -> None:
        self.find = find
        self.name = name

    def __getattr__(self, name: str) -> Any:
        return self.find(f"{self.name}.{name}")


def refused(kind: type[AutogradError], problem: str) -> AutogradError:
    """The exception for operands with this `problem`; the operation and its operands are named where it was called."""
    error = kind(problem)
    error.problem = problem
    return error


def settled(value: Any) -> Any:
    """A parameter as a node keeps it, which nobody can change afterwards.

    Lists become tuples, whole numbers and truths of NumPy's become Python's, arrays are copied.

    >>> settled([np.int64(1), [2, np.array(3)]])
    (1, (2, 3))
    """
    kind = type(value)
    if value is None or kind in (int, bool, str):
        return value
    if kind is tuple or kind is list:
        return tuple(map(settled, value))
    if isinstance(value, numpy.integer | numpy.bool_):
        return value.item()
    if kind is backend.Size:
        return int(value)
    if backend.is_array(value):
        return value.item() if not value.shape and value.dtype.kind in "iub" else value.copy()
    return value


def one_axis(call: str, axis: Any) -> None:
    """Raise `ArgumentError` for a list as an axis: NumPy takes several axes as a tuple."""
    if type(axis) is list:
        meant = axis[0] if len(axis) == 1 else tuple(axis)
        raise ArgumentError(
            f"{call}: axis={axis!r} is a list, and an axis is a whole number or a tuple of them: write axis={meant!r}"
        )


def _declared(
    forward: Callable[..., Any],
) -> tuple[tuple[str, ...], dict[str, Any], tuple[str, ...], dict[str, Any], bool]:
    """Of a forward, without its namespace: its arrays, their defaults, its parameters, theirs, and whether it joins.

    A plain function is read by its code, since hundreds of them are declared whenever the library is imported.
    """
    code = getattr(forward, "__code__", None)
    if code is not None and not code.co_flags & inspect.CO_VARKEYWORDS and not hasattr(forward, "__wrapped__"):
        names, count, keywords = code.co_varnames, code.co_argcount, code.co_kwonlyargcount
        arrays, parameters = names[1:count], names[count : count + keywords]
        given = forward.__defaults__ or ()
        values = forward.__kwdefaults__ or {}
        optional = dict(zip(names[count - len(given) : count], given, strict=True))
        defaults = {name: values[name] for name in parameters if name in values}
        variadic = bool(code.co_flags & inspect.CO_VARARGS)
        return arrays + names[count + keywords :][:variadic], optional, parameters, defaults, variadic
    _, *declared = inspect.signature(forward).parameters.values()
    by_place = [p for p in declared if p.kind is not p.KEYWORD_ONLY]
    by_name = [p for p in declared if p.kind is p.KEYWORD_ONLY]
    return (
        tuple(p.name for p in by_place), {p.name: p.default for p in by_place if p.default is not p.empty},
        tuple(p.name for p in by_name), {p.name: p.default for p in by_name if p.default is not p.empty},
        any(p.kind is p.VAR_POSITIONAL for p in declared),
    )  # fmt: skip


_BY_PLACE = inspect.Parameter.POSITIONAL_OR_KEYWORD
_NOTHING: dict[str, Any] = {"out": None, "overwrite_input": False}
"""What NumPy's functions are told by place and ours are not, with the value that says nothing."""


class _Signature:
    """The signature of an operation as users call it, made when it is asked for."""

    def __get__(self, op: Operation | None, kind: type) -> inspect.Signature:
        if op is None:
            raise AttributeError("__signature__")  # the class has that of its own
        if op.of is not None:
            return op.of.__signature__
        if op.wide is not None:
            return op.wide.__signature__
        _, *annotated = inspect.signature(op.__wrapped__).parameters.values()
        declared = [p.replace(annotation=p.empty) for p in annotated]
        if op.variadic:
            return inspect.Signature(declared)
        known = {p.name: p.replace(kind=p.POSITIONAL_OR_KEYWORD) if p.kind is p.KEYWORD_ONLY else p for p in declared}
        order = dict.fromkeys((*op.arguments, *op.places, *op.parameters))
        return inspect.Signature(
            [known.get(name) or inspect.Parameter(name, _BY_PLACE, default=_NOTHING[name]) for name in order]
        )


class Operation:
    """A named pure function of arrays with a derivative rule for each array argument.

    Made by `operation` or `elementwise`; called on arrays it gives arrays, on Tensors Tensors.
    """

    lists = False
    """Whether a list of axes is taken as well as a tuple, as NumPy's function of that name does."""

    # What every application asks for; an attribute among many in a dictionary takes several times as long to find.
    __slots__ = (
        "name", "forward", "numpy", "direct", "quiet", "effect", "parts", "of", "optional", "ours", "derivative",
        "rules_by_argument", "variadic", "total", "together", "composed", "wide", "plainly", "reads", "places",
        "kind", "__dict__", "__weakref__",
    )  # fmt: skip

    def __init__(
        self, forward: Callable[..., Any], notation: str, symbol: str | None = None, prime: str | None = None, *,
        quiet: bool = False, analytic: bool = True, direct: bool = False, moves: bool = False, spreads: bool = False,
        linear: bool = False, activation: bool = False, effect: bool = False, flops: Flops = 1,
        binds: int | None = None, parts: Parts = None, misfit: Callable[..., str] | None = None,
        composed: bool = False, reads: Reading | None = None, space: str = "",
    ) -> None:  # fmt: skip
        self.composed = composed
        self.wide: Operation | None = None  # the same with further keywords, composed of it and others
        self.plainly: frozenset[str] = frozenset()  # the names that it is called with without those
        self.places: tuple[str, ...] = ()  # what stands at each place behind the arrays, where not as declared
        self.reads = reads
        self.name = self.__name__ = f"{space}.{forward.__name__}" if space else forward.__name__
        self.forward = forward if parts is None else _several(forward)
        self.__wrapped__ = forward
        self.__doc__ = forward.__doc__
        self.__module__ = forward.__module__
        self.ours = forward.__module__.startswith("autograd_lite.")
        self.chapter = forward.__module__.rpartition(".")[2]  # for tables of contents: it decides nothing
        self.notation = notation
        self.symbol = symbol or self.name
        self.prime = prime
        self.quiet = quiet
        self.direct = getattr(numpy, self.name) if direct else None
        # The namespace its forward takes for NumPy's arrays; none where it must be run quietly as a whole.
        self.numpy = (backend.QUIET_NUMPY if self.ours else None) if quiet else backend.NUMPY
        self.analytic = analytic
        self.moves = moves
        self.spreads = spreads
        self.linear = linear or moves
        self.activation = activation
        self.effect = effect
        self.flops = 0 if moves else flops
        self.binds = binds
        # What the results of a call stand in: a tuple, or one whose places have names.
        self.kind: Any = parts if isinstance(parts, type) else tuple
        self.parts = len(getattr(parts, "_fields", ())) if isinstance(parts, type) else parts
        self.of: Operation | None = None  # of a part: the operation of several results, and which of them this is
        self.index = 0
        self._made: dict[int, Operation] = {}
        if parts is not None and effect:
            raise ArgumentError(f"{self.name}: an operation with an effect has one result, since it is run once")
        self.misfit = misfit
        self.derivative: Callable[..., Any] | None = None
        # `optional` are the arrays that may be left out.
        self.arguments, self.optional, self.parameters, self.defaults, self.variadic = _declared(forward)
        self.joins = self.variadic and len(self.arguments) == 1
        self.required = len(self.defaults) < len(self.parameters)
        self.rules_by_argument: tuple[Rule | None, ...] = (None,) * len(self.arguments)
        self.total = False  # whether every argument has a derivative
        self.together = False  # whether one rule gives the gradients of all variadic arguments at once

    __signature__ = _Signature()

    def __repr__(self) -> str:
        return f"<operation {self.name}{self.__signature__}>"

    def __reduce__(self) -> Any:
        if self.of is not None:
            return operator.methodcaller("part", self.index), (self.of,)
        return (_by_name, (self.name,)) if "." in self.name else self.name

    @property
    def differentiable(self) -> bool:
        """Whether any argument has a derivative rule."""
        return any(rule is not None for rule in self.rules_by_argument)

    def further(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        """Let it take more keywords: decorate what it is with all of them, composed of itself and other operations.

        Its nodes stay as they are and calls without those keywords as quick.

        >>> import autograd_lite as ag
        >>> ag.sum(ag.tensor([1.0, 2.0]), where=[True, False], initial=0.5).item()
        1.5
        """
        wide = Operation(forward, self.notation, self.symbol, analytic=self.analytic, composed=True)
        wide.name = wide.__name__ = self.name
        wide.__doc__ = self.__doc__
        self.plainly = frozenset({*self.parameters, *self.arguments})
        self.wide = wide.rules(**dict.fromkeys(wide.arguments, self.rules_by_argument[0] and _by_its_parts))
        return forward

    def meant(self, kwargs: dict[str, Any], given: int = 0) -> Operation:
        """The operation that takes these keywords and so many by place: itself, or `wide` where there are more."""
        if self.wide is None or (kwargs.keys() <= self.plainly and (given < 3 or not self.places)):
            return self
        return self.wide

    def placed(self, *names: str) -> None:
        """State what stands at each place behind the arrays, where that is not as declared: NumPy's order.

        What we have no name for (`out`) may only be said as nothing.

        >>> import autograd_lite as ag
        >>> ag.sum(ag.tensor([1, 2]), 0, float, None, True).numpy()
        array([3.])
        """
        self.places = names
        if self.wide is not None:
            self.wide.places = names

    def _by_place(self, extra: Sequence[Any]) -> dict[str, Any]:
        """What was given by place behind the arrays, by name."""
        given = dict(zip(self.places or self.parameters, extra, strict=False))
        for name in [name for name in given if name in _NOTHING or name == "dtype"] if self.places else ():
            value = given[name]
            if value is None or (name == "overwrite_input" and isinstance(value, bool)):
                del given[name]
            elif name in _NOTHING or isinstance(value, int):
                meant = {bool: "keepdims", int: "ddof", str: "method"}.get(type(value), "")
                said = f": say {meant}={value!r}" if meant in self.parameters else keyword(name, ())
                raise ArgumentError(
                    f"{self.name}{self.__signature__} got {value!r} at the place of {name}, which is NumPy's{said}"
                )
        return given

    def rules(self, **rules: Rule | None) -> Operation:
        """State the derivative rule of every array argument; `None` marks data that has none.

        A rule is `rule(xp, g, out, *arguments, **parameters)` and returns the gradient of its
        argument, before the engine sums it over broadcast axes and casts it. A variadic argument's
        one rule gives a list, the gradient of each; or it takes a keyword `position`, and gives the
        gradient of the argument at that place among them.

        >>> import autograd_lite as ag
        >>> @ag.operation(notation=r"{x}^3")
        ... def cube(xp, x):
        ...     return x * x * x
        >>> _ = cube.rules(x=lambda xp, g, out, x: g * 3 * x * x)
        >>> ag.grad(cube(t := ag.tensor(2.0, requires_grad=True)), t).item()
        12.0
        """
        if set(rules) != set(self.arguments):
            raise ArgumentError(
                f"{self.name} has the arguments {', '.join(self.arguments)}; its rules were given for "
                f"{', '.join(rules) or 'none'}: state one for each, None for data that has no derivative"
            )
        self.derivative = None
        self.rules_by_argument = tuple(rules[name] for name in self.arguments)
        self.total = None not in self.rules_by_argument
        last = self.rules_by_argument[-1]
        self.together = self.variadic and last is not None and "position" not in inspect.signature(last).parameters
        return self

    def rule(self, position: int) -> Rule | None:
        """The rule of the argument at `position`, or `None` where it has no derivative."""
        last = len(self.arguments) - 1
        if not self.variadic or position < last:
            return self.rules_by_argument[position]
        rule = self.rules_by_argument[last]
        if rule is None:
            return None
        if self.together:
            return lambda xp, g, out, *inputs, **params: rule(xp, g, out, *inputs, **params)[position - last]
        return lambda xp, g, out, *inputs, **params: rule(xp, g, out, *inputs, position=position - last, **params)

    def pull(
        self, position: int, xp: Any, g: Any, out: Any, values: Sequence[Any], params: dict[str, Any]
    ) -> Any:  # fmt: skip
        """The chain rule at one node: the gradient of the argument at `position`, `None` where it has none.

        `g` is the gradient of the result `out`, `values` the arguments, all of the world whose namespace is `xp`.
        What comes back is not yet summed over broadcast axes.

        >>> import autograd_lite as ag
        >>> ag.REGISTRY["multiply"].pull(0, np, np.array(2.0), None, (np.array(3.0), np.array(5.0)), {}).item()
        10.0
        """
        # Calls are written out by what they hand on: unpacking costs as much as the arithmetic of a small array.
        derivative = self.derivative
        if derivative is not None:
            return g * (derivative(xp, out, *values, **params) if params else derivative(xp, out, values[0]))
        rule = self.rule(position) if self.variadic else self.rules_by_argument[position]
        if rule is None:
            return None
        if params:
            return rule(xp, g, out, *values, **params)
        return rule(xp, g, out, values[0], values[1]) if len(values) == 2 else rule(xp, g, out, *values)

    def pull_all(self, xp: Any, g: Any, out: Any, values: Sequence[Any], params: dict[str, Any]) -> list[Any]:
        """What `pull` gives for each argument of an operation whose rule gives them `together`, at the cost of one.

        >>> import autograd_lite as ag
        >>> op, g = ag.REGISTRY["concatenate"], np.arange(3.0)
        >>> op.pull_all(np, g, g, (np.ones(1), np.ones(2)), {"axis": 0})
        [array([0.]), array([1., 2.])]
        """
        rules = self.rules_by_argument
        first = [None if rule is None else rule(xp, g, out, *values, **params) for rule in rules[:-1]]
        assert rules[-1] is not None
        return [*first, *rules[-1](xp, g, out, *values, **params)]

    def part(self, index: int) -> Operation:
        """One result of an operation that has several, as an operation of its own.

        Its forward and its rules are made from the whole's, so that every world takes it for an ordinary operation.

        >>> import autograd_lite as ag
        >>> op = ag.REGISTRY["divmod"].part(1)
        >>> op.name, op(np.array(7.0), np.array(4.0)).item()
        ('divmod[1]', 3.0)
        """
        if index not in self._made:
            self._made[index] = _part_of(self, index)
        return self._made[index]

    def count(self, inputs: Sequence[Any], params: dict[str, Any]) -> int:
        """How many results a call has: `parts`, or where that is True what the forward gives on arrays of zeros."""
        if self.parts is not True:
            return int(self.parts or 1)
        blank = [numpy.zeros(x.shape, x.dtype) if hasattr(x, "shape") else x for x in inputs]
        return len(self.forward(backend.NUMPY, *blank, **params))

    def gathered(self, results: Sequence[Any]) -> Any:
        """The results of one call as they are given: in a tuple, whose places may have names."""
        return tuple(results) if self.kind is tuple else self.kind(*results)

    def cost(self, inputs: Sequence[tuple[int, ...]], result: tuple[int, ...], params: dict[str, Any]) -> int:
        """How many additions, multiplications and function calls it takes on arrays of these shapes.

        >>> import autograd_lite as ag
        >>> ag.REGISTRY["matmul"].cost([(2, 3), (3, 4)], (2, 4), {})
        48
        """
        return self.flops(inputs, result, params) if callable(self.flops) else self.flops * prod(result)

    def bind(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort a call as a user writes it into array arguments and complete parameters, which are `settled`."""
        if self.reads is not None:
            args, kwargs = self.reads(args, kwargs)
        count = len(self.arguments)
        if len(args) == count and not self.variadic and not self.required and kwargs.keys() <= self.defaults.keys():
            if type(kwargs.get("axis")) is list and not self.lists:
                one_axis(f"{self.name}{self.__signature__}", kwargs["axis"])
            return tuple(args), {**self.defaults, **{name: settled(value) for name, value in kwargs.items()}}
        extra: Sequence[Any] = ()
        if self.joins and args and isinstance(args[0], list | tuple):
            inputs, extra = tuple(args[0]), args[1:]
        elif self.variadic:
            inputs = tuple(args)
        else:
            inputs, extra = tuple(args[:count]), args[count:]
            if len(inputs) < count:
                kwargs = dict(kwargs)
                inputs += self._named(self.arguments[len(inputs) :], kwargs)
        if len(extra) > len(self.places or self.parameters):
            raise ArgumentError(f"{self.name}{self.__signature__} got {len(args)} positional arguments")
        given = self._by_place(extra) if self.places else dict(zip(self.parameters, extra, strict=False))
        if kwargs:
            kwargs = self._by_keyword(given, kwargs)
        params = {**self.defaults, **given, **kwargs}
        missing = list(self.arguments[len(inputs) : count - (self.variadic and not self.joins)])
        missing += [name for name in self.parameters if name not in params]
        if missing:
            raise ArgumentError(f"{self.name}{self.__signature__} misses {', '.join(missing)}")
        if type(params.get("axis")) is list and not self.lists:
            one_axis(f"{self.name}{self.__signature__}", params["axis"])
        return inputs, {name: settled(value) for name, value in params.items()}

    def _by_keyword(self, given: dict[str, Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """What was given by name, beside what was `given` by place."""
        if twice := kwargs.keys() & {*given, *self.arguments[: 0 if self.variadic else len(self.arguments)]}:
            raise ArgumentError(f"{self.name}{self.__signature__} got {', '.join(sorted(twice))} twice")
        unknown = kwargs.keys() - set(self.parameters)
        if unknown and self.places:
            kwargs = {name: value for name, value in kwargs.items() if value is not _NOTHING.get(name, _NOTHING)}
            unknown = kwargs.keys() - set(self.parameters)
        if unknown:
            known = [*self.parameters, *(() if self.variadic else self.arguments)]
            said = ", ".join(sorted(unknown)) + "".join(keyword(name, known) for name in sorted(unknown))
            raise ArgumentError(f"{self.name}{self.__signature__} has no argument {said}")
        return kwargs

    def _named(self, names: Sequence[str], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The array arguments `names` as far as they are given by name, taken out of `kwargs`, or may be left out."""
        found: list[Any] = []
        for name in names:
            if name not in kwargs and name not in self.optional:
                missing = [each for each in names if each not in kwargs and each not in self.optional]
                raise ArgumentError(f"{self.name}{self.__signature__} misses {', '.join(missing)}")
            found.append(kwargs.pop(name) if name in kwargs else self.optional[name])
        return tuple(found)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply to arrays, or in the world of the first argument that has one of its own."""
        if self.wide is not None and self.meant(kwargs, len(args)) is not self:
            return self.wide(*args, **kwargs)
        inputs, params = self.bind(args, kwargs)
        for value in inputs:
            world = getattr(value, "__apply__", None)
            if world is not None:
                if self.composed:
                    return getattr(value, "__compose__", world)(self, inputs, params)
                if self.parts is None:
                    return world(self, inputs, params)
                together = getattr(value, "__apply_parts__", None)
                if together is not None:
                    return together(self, inputs, params)
                return self.gathered([world(self.part(i), inputs, params) for i in range(self.count(inputs, params))])
        return self.run(backend.namespace(*inputs), inputs, params)

    def run(self, xp: Any, arrays: Sequence[Any], params: dict[str, Any]) -> Any:
        """The forward on arrays of the namespace `xp`."""
        if (xp is backend.NUMPY or xp is numpy) and self.numpy is not None:
            return self.forward(self.numpy, *arrays, **params)
        if self.quiet:
            return backend.quietly(self.forward, xp, *arrays, **params)
        return self.forward(xp, *arrays, **params)


def _several(forward: Callable[..., Any]) -> Callable[..., Any]:
    """The forward of an operation with parts, held to what was declared."""

    @functools.wraps(forward)
    def checked(*args: Any, **params: Any) -> Any:
        results = forward(*args, **params)
        if not isinstance(results, tuple | list):
            raise ArgumentError(f"it was declared with parts, and its forward returned {type(results).__name__}")
        return results

    return checked


def _part_of(whole: Operation, index: int) -> Operation:
    part: Operation = object.__new__(Operation)
    for field in {*Operation.__slots__} - {"__dict__", "__weakref__"}:
        setattr(part, field, getattr(whole, field))
    vars(part).update(vars(whole))
    part.name = part.__name__ = f"{whole.name}[{index}]"
    part.of, part.index, part.parts, part.together, part.direct, part.derivative = whole, index, None, False, None, None
    part.symbol = f"{whole.symbol}[{index}]"
    part.notation = f"({whole.notation})_{{{{{index}}}}}"
    part.binds = None

    def forward(xp: Any, *arrays: Any, **params: Any) -> Any:
        return whole.forward(xp, *arrays, **params)[index]

    def handing(first: int) -> Rule:
        def rule(xp: Any, g: Any, out: Any, *arrays: Any, position: int = 0, **params: Any) -> Any:
            count = range(whole.count(arrays, params))
            outs = tuple(out if i == index else whole.part(i)(*arrays, **params) for i in count)
            gs = tuple(g if i == index else xp.zeros_like(each) for i, each in enumerate(outs))
            return whole.pull(first + position, xp, gs, outs, arrays, params)

        return rule

    part.forward = part.__wrapped__ = forward
    part.rules_by_argument = tuple(
        None if rule is None else handing(i) for i, rule in enumerate(whole.rules_by_argument)
    )
    part._made = {}
    return part


def _register(op: Operation) -> Operation:
    known = REGISTRY.get(op.name)
    if known is not None and known.__module__.startswith("autograd_lite."):
        raise ArgumentError(f"the library has an operation named {op.name} already: choose another name")
    if not op.arguments:
        raise ArgumentError(f"{op.name} takes no arrays: declare it as (xp, x, …, *, parameter=…)")
    REGISTRY[op.name] = op
    if "." in op.name:
        SPACES.add(op.name.partition(".")[0])
    return op


def _by_name(name: str) -> Operation:
    return REGISTRY[name]


def operation(
    notation: str, symbol: str | None = None, prime: str | None = None, *, quiet: bool = False, analytic: bool = True,
    direct: bool = False, moves: bool = False, spreads: bool = False, linear: bool = False, activation: bool = False,
    effect: bool = False, flops: Flops = 1, binds: int | None = None, parts: Parts = None,
    misfit: Callable[..., str] | None = None, reads: Reading | None = None, space: str = "",
) -> Callable[[Callable[..., Any]], Operation]:  # fmt: skip
    r"""Declare an operation: decorate its forward, then state its rules.

    The forward is `forward(xp, *arrays, *, parameters…)`: a pure function in the functions of the
    namespace `xp`, without in-place writes. `notation` is its LaTeX with the arguments in braces,
    `symbol` what a picture prints. Its traits are all that the rest of the library goes by:

    - `quiet` silences overflow and division warnings of a forward that passes through infinity to a right finite answer
    - `analytic=False`: the complex step cannot check it (absolute values, comparisons, ties)
    - `direct`: the forward is the namespace's function of the same name and nothing else, to be called without detour
    - `moves`: the result has the argument's elements, in another place, shape or dtype
    - `spreads`: computed element by element over arguments that broadcast; so is all that `elementwise` declares
    - `linear`: linear in each argument while the others stay
    - `activation`: a nonlinearity between layers, which formulas keep as σ(z)
    - `effect`: it does more than compute (draws random numbers, communicates): never dropped, merged, moved or folded
    - `flops`: how many operations for each element of the result, or `flops(input_shapes, result_shape, params)`
    - `binds`: how tightly its notation binds, from 0 (loose) to 11 (an atom); worked out from it where None
    - `parts`: the forward returns a tuple of results: their number, the named tuple that they stand in, or True where
      their number follows from the call; in a rule `g` and `out` are tuples, with zeros for a result without gradient
    - `reads`: `reads(args, kwargs)` gives a call as users write it, with other things than arrays in their places, as
      the forward is declared
    - `space`: the name it stands under, as in `xp.linalg.inv`, where that is not the namespace itself
    - `misfit`: `misfit(*arrays)` says in words why the shapes of operands that were refused do not fit

    Raises `ArgumentError` when the name is taken by the library or the forward takes no arrays.

    >>> import autograd_lite as ag
    >>> @ag.operation(notation=r"{x} \oplus {y}")
    ... def hypotenuse(xp, x, y):
    ...     return xp.sqrt(x * x + y * y)
    >>> _ = hypotenuse.rules(
    ...     x=lambda xp, g, out, x, y: g * x / out,
    ...     y=lambda xp, g, out, x, y: g * y / out,
    ... )
    >>> hypotenuse(ag.tensor(3.0), 4.0).item()
    5.0
    """

    def declare(forward: Callable[..., Any]) -> Operation:
        return _register(
            Operation(
                forward, notation, symbol, prime, quiet=quiet, analytic=analytic, direct=direct, moves=moves,
                spreads=spreads, linear=linear, activation=activation, effect=effect, flops=flops, binds=binds,
                parts=parts, misfit=misfit, reads=reads, space=space,
            )
        )  # fmt: skip

    return declare


def composed(
    notation: str = "", symbol: str | None = None, *, data: Sequence[str] | bool = (), analytic: bool = True,
    spreads: bool = False, parts: Parts = None, space: str = "",
) -> Callable[[Callable[..., Any]], Operation]:  # fmt: skip
    r"""Declare an operation by what it is composed of, which has all its derivatives: decorate its forward.

    The forward is that of `operation`, written in other operations of `xp`; on Tensors each of those records itself and
    nothing in the graph stands for the whole. `data` names the arguments that no gradient goes to (True: none at all);
    the other traits are those of `operation`.

    >>> import autograd_lite as ag
    >>> from autograd_lite.op import composed
    >>> @composed()
    ... def softcap(xp, x, *, limit=1.0):
    ...     return limit * xp.tanh(x / limit)
    >>> ag.ancestors(softcap(ag.tensor(0.5, requires_grad=True)))[-1].node.op.name
    'multiply'
    """

    def declare(forward: Callable[..., Any]) -> Operation:
        op = Operation(
            forward, notation, symbol, analytic=analytic, spreads=spreads, parts=parts, composed=True, space=space
        )  # fmt: skip
        still = set(op.arguments if data is True else data or ())
        if unknown := still - set(op.arguments):
            raise ArgumentError(f"{op.name} has no array argument {', '.join(sorted(unknown))}")
        return _register(op.rules(**{name: None if name in still else _by_its_parts for name in op.arguments}))

    return declare


def _by_its_parts(xp: Any, g: Any, out: Any, *inputs: Any, position: int = 0, **params: Any) -> Any:
    raise ArgumentError("an operation that is composed is differentiated by what it is composed of")


def elementwise(
    derivative: Callable[..., Any], notation: str, prime: str, symbol: str | None = None, **traits: Any
) -> Callable[[Callable[..., Any]], Operation]:
    r"""Declare an elementwise function of one variable by its derivative alone.

    `derivative(xp, out, x, **parameters)` is f′(x), from the result `out` where that is cheaper; the rule
    g ⊙ f′(x) is made from it, and formulas print `prime` for it. The traits are those of `operation`.

    >>> import autograd_lite as ag
    >>> @ag.elementwise(lambda xp, out, x: out + xp.exp(x), notation=r"{x} e^{{{x}}}", prime=r"f'({x})")
    ... def demo(xp, x):
    ...     return x * xp.exp(x)
    """

    def declare(forward: Callable[..., Any]) -> Operation:
        op = Operation(forward, notation, symbol, prime, spreads=True, **traits)
        op.rules(x=lambda xp, g, out, x, **params: g * derivative(xp, out, x, **params))
        op.derivative = derivative
        return _register(op)

    return declare
