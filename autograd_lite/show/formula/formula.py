r"""The world of formulas: expressions that the library's own rules run on, and what each of them is worth.

A `Formula` is a symbol, a number, an operation applied to formulas, or the derivative f′ of an elementwise function.
Whatever is done to it (an operator, a method, an operation of the namespace `xp`) makes another one, so that a
derivative rule, written once against arrays, gives its own mathematics here. Every formula is evaluated as it is
built, by the operations' own forwards: shapes and values are those of the formula itself and of nothing else. What
is there to be read is evaluated on the CPU: the values of symbols are copied from where they live.

Knows operations and arrays. Must not know any rule, how a formula is tidied, how it is printed, or the graph.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.arraylike import Arraylike
from autograd_lite.errors import ArgumentError, AutogradError
from autograd_lite.op import REGISTRY, SPACES, Operation, Space
from autograd_lite.show.formula.counted import Count, count, counted
from autograd_lite.show.formula.layout import has_prime

Number = int | float | Fraction

MOST_PARTS = 1000
MOST_LEVELS = 80


class Formula(Arraylike):
    """An expression with a value: what stands for an array in the world of formulas.

    `op` is the operation on the outside (`None` for a symbol or a number), `prime` says that it is the derivative of
    `op` which is meant, `args` and `params` are what it is applied to, `latex` is the name of a symbol, `number` the
    value of a number, `count` and `depth` its parts and levels. `data` says that no gradient flows into anything in it,
    `batch` that its first axis counts the examples.
    """

    __slots__ = (
        "args", "batch", "count", "data", "depth", "fingerprint", "latex", "number", "op", "params", "prime", "value",
    )  # fmt: skip

    args: tuple[Formula, ...]
    batch: bool
    count: int
    data: bool
    depth: int
    fingerprint: int

    __array_ufunc__ = None  # NumPy leaves array * formula to the formula

    def __init__(
        self,
        value: Any,
        op: Operation | None = None,
        args: tuple[Formula, ...] = (),
        params: dict[str, Any] | None = None,
        prime: bool = False,
        latex: str = "",
        number: Number | None = None,
        data: bool = True,
    ) -> None:
        self.value = value
        self.op = op
        self.args = args
        self.params = params or {}
        self.prime = prime
        self.latex = latex
        self.number = number
        self.batch = False
        self.data = all(arg.data for arg in args) if args else data
        self.count = 1 + sum(arg.count for arg in args)
        self.depth = 1 + max((arg.depth for arg in args), default=0)
        if op is not None:
            self.fingerprint = hash((op.name, prime, tuple(a.fingerprint for a in args), repr(self.params)))
        else:
            self.fingerprint = id(self) if number is None else hash(("number", number))

    # What an array is, too.

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis; a number has none."""
        shape: tuple[int, ...] = getattr(self.value, "shape", ())
        return (count(shape[0], shape[0]), *shape[1:]) if self.batch else shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        """The element type of the value."""
        return getattr(self.value, "dtype", None) or numpy.result_type(self.value)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(numpy.prod(self.shape))

    @property
    def name(self) -> str | None:
        """The name of the operation on the outside, `None` where there is none or where f′ stands there."""
        return None if self.op is None or self.prime else self.op.name

    def __repr__(self) -> str:
        inside = self.latex or str(self.number) if self.op is None else self.op.name + "′" * self.prime
        return f"<formula {inside} {self.shape}>"

    @staticmethod
    def __apply__(op: Operation, inputs: Sequence[Any], params: dict[str, Any]) -> Formula:
        """How an operation called in the world of formulas is run."""
        return apply(op, tuple(map(formula, inputs)), params)

    @staticmethod
    def __compose__(op: Operation, inputs: Sequence[Any], params: dict[str, Any]) -> Any:
        """How a composed operation is run: as what it is composed of."""
        return op.forward(xp, *map(formula, inputs), **params)


class Namespace:
    """The `xp` of formulas: every registered operation, and nothing else.

    >>> from autograd_lite.show.formula.formula import symbol, xp
    >>> xp.exp(symbol("x", np.zeros(3)))
    <formula exp (3,)>
    """

    def __getattr__(self, name: str) -> Operation:
        if name in SPACES:
            return Space(functools.partial(getattr, self), name)  # type: ignore[return-value]
        op = REGISTRY.get(name)
        if op is None:
            if name.startswith("__"):
                raise AttributeError(name)
            raise ArgumentError(
                f"a derivative rule calls xp.{name}, which is no registered operation, so it cannot be written as a "
                f"formula: declare it with ag.operation, or write the rule in those there are: {', '.join(REGISTRY)}"
            )
        return op


xp = Namespace()


def symbol(latex: str, value: Any, data: bool = False) -> Formula:
    """A formula that is a name: of an array, or of a gradient. Two symbols are the same only if they are one object.

    One real number without axes or name is that number.
    """
    host = value if isinstance(value, numpy.ndarray) else backend.to_numpy(value)
    if not latex and not host.ndim and host.dtype.kind == "f":
        return number(float(host))
    return Formula(host, latex=latex, data=data)


def number(value: Number) -> Formula:
    """A formula that is a number; in an operation it is a Python number, which NumPy promotes weakly."""
    if type(value) is Fraction and value.denominator == 1:
        value = int(value)
    plain = float(value) if isinstance(value, Fraction) else value
    return Formula(plain, number=value)


def formula(value: Any) -> Formula:
    """`value` as a formula: Python numbers become numbers, arrays symbols without a name.

    An optional argument that was not given is `None` to the forward here too.
    """
    if isinstance(value, Formula):
        return value
    if value is None:
        return Formula(None, latex=r"\cdot")
    if type(value) is Count:
        return number(counted(int(value), value.examples))
    if isinstance(value, backend.SCALARS) and not isinstance(value, complex):
        return number(value)
    return symbol("", value, data=True)


def apply(op: Operation, args: tuple[Formula, ...], params: dict[str, Any], value: Any = None) -> Formula:
    """`op` of formulas, evaluated by its own forward; one with an effect is not run again and has the `value` it gave.

    Raises `ArgumentError` for an operation with an effect whose value is not known.
    """
    if any(arg.depth >= MOST_LEVELS for arg in args) or sum(arg.count for arg in args) >= MOST_PARTS:
        raise ArgumentError(
            f"a formula would have more than {MOST_PARTS} parts or {MOST_LEVELS} levels, which nobody could read: "
            "ask for less detail, as in ag.derive(loss, detail='layer')"
        )
    if op.effect:
        if value is None:
            raise ArgumentError(
                f"{op.name} does more than compute, so it is not run to be written down: call it in the function "
                "itself, not in a derivative rule"
            )
        return Formula(backend.to_numpy(value) if backend.is_array(value) else value, op, args, params)
    weak = op.spreads and any(arg.number is None for arg in args)
    values = [arg.value if weak or arg.number is None else numpy.asarray(arg.value, float) for arg in args]
    value = op.run(backend.namespace(*values), values, params)
    return Formula(value if backend.is_array(value) else numpy.asarray(value), op, args, params)


def derivative(op: Operation, x: Formula, out: Formula, params: dict[str, Any] | None = None) -> Formula:
    """f′(x), as one formula that is written f′; `out` is f(x), in which the derivative may be expressed."""
    assert op.derivative is not None
    namespace = backend.namespace(out.value, x.value)
    value = backend.quietly(op.derivative, namespace, out.value, x.value, **(params or {}))
    return Formula(namespace.asarray(value), op, (x, out), params, prime=True)


def primed(op: Operation) -> bool:
    """Whether formulas write f′ for the derivative; a notation such as 1/x says what it is and is written out."""
    return op.derivative is not None and op.prime is not None and has_prime(op.prime)


def slope(op: Operation, x: Formula, out: Formula, params: dict[str, Any]) -> Formula:
    """The derivative of an elementwise function: f′(x) where it has a letter of its own, else what it states."""
    if primed(op):
        return derivative(op, x, out, params)
    assert op.derivative is not None
    return formula(op.derivative(xp, out, x, **params))


def pull(
    op: Operation, position: int, g: Formula, out: Formula, values: Sequence[Any], params: dict[str, Any]
) -> Formula | None:
    """The chain rule at one node, as the engine's, with f′ written f′; `None` where the argument has no gradient.

    Raises `ArgumentError` for a rule that does with its arguments what formulas cannot.
    """
    try:
        if primed(op):
            return formula(g * slope(op, values[0], out, params))
        found = op.pull(position, xp, g, out, values, params)
    except AutogradError:
        raise
    except Exception as error:  # a user's rule may raise anything on what is no array
        raise ArgumentError(
            f"the rule of {op.name} for {op.arguments[min(position, len(op.arguments) - 1)]} cannot be run on formulas "
            f"({error}): write it with xp's functions, operators and reshape, transpose, swapaxes, sum, mean, max, "
            "min, squeeze and astype alone"
        ) from error
    return None if found is None else formula(found)


def same(one: Formula, other: Formula) -> bool:
    """Whether two formulas are written alike."""
    if one is other:
        return True
    if one.fingerprint != other.fingerprint or one.op is not other.op or one.prime != other.prime:
        return False
    if one.op is None:
        return one.number is not None and one.number == other.number
    return len(one.args) == len(other.args) and all(map(same, one.args, other.args))


def parts(whole: Formula) -> Iterator[Formula]:
    """Every formula in `whole`, itself included, each once, from left to right."""
    seen: set[int] = set()
    stack = [whole]
    while stack:
        part = stack.pop()
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            stack.extend(reversed(part.args[:1] if part.prime else part.args))


def rebuilt(whole: Formula, args: tuple[Formula, ...]) -> Formula:
    """`whole` with other arguments, evaluated again."""
    assert whole.op is not None
    if all(map(lambda a, b: a is b, args, whole.args)):
        return whole
    if whole.prime:
        return derivative(whole.op, args[0], args[1], whole.params)
    return apply(whole.op, args, whole.params, whole.value)
