r"""Tidying: the formula a rule gave, as one would write it.

Transposes meet and vanish, signs and numbers come to the front, axes of length 1 and sums over them go, what is
multiplied and divided by cancels, and what the softmax and the cross-entropy leave of each other is a − y. Every step
makes a new formula, which evaluates itself; whoever tidies compares its value with the one before.

Knows what the operations mean as mathematics. Must not know any derivative, the graph, or how a formula is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy

from autograd_lite import backend
from autograd_lite.op import REGISTRY
from autograd_lite.ops.reduction import reduced_axes
from autograd_lite.show.formula.counted import power
from autograd_lite.show.formula.formula import Formula, Number, apply, derivative, number, rebuilt, same

_SPREADS = "broadcast_to"
_COMPARED = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
_RESHAPES = ("reshape", "squeeze", "expand_dims")


def exact(value: Number) -> Number:
    """A number as a fraction of whole numbers where it is exactly one of small ones: 0.5 is 1/2, but 0.1 stays 0.1."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool | int):
        return Fraction(value)
    if not numpy.isfinite(value):
        return value
    fraction = Fraction(value)
    return fraction if fraction.denominator <= 64 else value


class _Product(NamedTuple):
    """coefficient × factors / divisors, element by element."""

    coefficient: Number
    factors: list[Formula]
    divisors: list[Formula]


class Tidier:
    """Tidies formulas, and remembers in `notes` what it used that the formula does not say."""

    def __init__(self, describe: Callable[[Formula], str] = repr) -> None:
        self.notes: list[str] = []
        self._describe = describe
        self._by_name: dict[str, Callable[[Formula], Formula | None]] = {
            "add": self._sum_of_terms, "subtract": self._sum_of_terms,
            "negative": self._product, "multiply": self._product, "divide": self._product,
            "matmul": self._matmul, "transpose": self._transpose, "swapaxes": self._transpose,
            "reshape": self._reshape, "squeeze": self._reshape, "expand_dims": self._reshape,
            "sum": self._reduced_sum, "broadcast_to": self._spread, "astype": self._cast,
            "exp": self._exp, "log": self._log, "power": self._power,
            "ones_like": self._filled, "zeros_like": self._filled,
            "scatter_add": self._linear, "getitem": self._linear, "where": self._chosen,
            "logical_and": self._both, "max": self._unreduced, "min": self._unreduced, "mean": self._unreduced,
        }  # fmt: skip

    def tidy(self, whole: Formula) -> Formula:
        """`whole` as one would write it: another formula of the same shape and, up to rounding, the same value."""
        done: dict[int, Formula] = {}

        def walk(part: Formula) -> Formula:
            if part.op is None:
                return part
            if id(part) not in done:
                if part.prime:
                    done[id(part)] = derivative(part.op, walk(part.args[0]), part.args[1], part.params)
                else:
                    done[id(part)] = self._step(rebuilt(part, tuple(map(walk, part.args))))
            return done[id(part)]

        return walk(whole)

    def summands(self, whole: Formula) -> list[Formula]:
        """What `whole` is the sum of, signs and numbers included; itself alone where it is no sum."""
        return [self._scaled(coefficient, core) for coefficient, core in self._terms(whole)]

    def _step(self, whole: Formula) -> Formula:
        """A formula whose arguments are tidy."""
        rule = self._by_name.get(whole.name or "")
        found = rule(whole) if rule else None
        if found is None or found is whole:
            return whole
        return _of_shape(found, whole)

    def _make(self, name: str, *args: Formula, **params: Any) -> Formula:
        op = REGISTRY[name]
        return self._step(apply(op, args, {**op.defaults, **params}))

    # Products.

    def _split(self, whole: Formula) -> _Product:
        """What `whole` is a product of; where factors broadcast, it may be of a smaller shape."""
        found = _Product(Fraction(1), [], [])
        coefficient: Number = Fraction(1)
        stack: list[tuple[Formula, bool]] = [(whole, True)]
        while stack:
            part, above = stack.pop()
            value = _plain_number(part)
            if value is not None and (above or value != 0):
                coefficient = _times(coefficient, value if above else _inverse(value))
            elif part.name == "negative":
                coefficient = -coefficient
                stack.append((part.args[0], above))
            elif part.name in ("multiply", "divide"):
                stack.append((part.args[1], above if part.name == "multiply" else not above))
                stack.append((part.args[0], above))
            elif part.name == "ones_like":
                continue
            elif part.name == _SPREADS:
                stack.append((part.args[0], above))
            else:
                (found.factors if above else found.divisors).append(part)
        factors, divisors = found.factors, found.divisors
        for divisor in list(divisors):
            for factor in factors:
                if same(factor, divisor):
                    factors[:] = [x for x in factors if x is not factor]
                    divisors[:] = [x for x in divisors if x is not divisor]
                    break
        return _Product(coefficient, factors, divisors)

    def _join(self, product: _Product, top: bool = True) -> Formula:
        coefficient, factors, divisors = product
        # Scalars first; otherwise the order of the rule.
        factors = sorted(factors, key=lambda x: x.ndim > 0)
        if coefficient == 0:
            return number(0)
        if not factors and not divisors:
            return number(coefficient)
        if coefficient != 1 and len(factors) == 1 and not divisors and factors[0].name in ("add", "subtract"):
            # −(y − a) is a − y.
            terms = self._terms(factors[0])
            if coefficient < 0 and any(c < 0 for c, _ in terms):
                coefficient = -coefficient
                factors = [self._from_terms([(-c, core) for c, core in terms])]
        whole: Formula | None = None
        for factor in factors:
            whole = factor if whole is None else apply(REGISTRY["multiply"], (whole, factor), {})
        if factors and len(factors) == 2 and (outer := self._outer(*factors)) is not None:
            whole = outer
        size: Any = abs(coefficient)
        if divisors:
            # 1/(2√x), not ½/√x: the numbers join the fraction.
            whole = whole if whole is not None else number(1)
            below: Formula | None = None
            if isinstance(size, Fraction):
                if size.numerator != 1:
                    whole = (
                        number(size.numerator)
                        if whole.number == 1
                        else apply(REGISTRY["multiply"], (number(size.numerator), whole), {})
                    )
                if size.denominator != 1:
                    below = number(size.denominator)
                size = Fraction(1)
            counted: list[list[Formula]] = []
            for divisor in divisors:
                for group in counted:
                    if same(group[0], divisor):
                        group.append(divisor)
                        break
                else:
                    counted.append([divisor])
            for group in counted:
                one = (
                    group[0]
                    if len(group) == 1
                    else (
                        apply(REGISTRY["square"], (group[0],), {})
                        if len(group) == 2
                        else apply(REGISTRY["power"], (group[0], number(len(group))), {})
                    )
                )
                below = one if below is None else apply(REGISTRY["multiply"], (below, one), {})
            assert below is not None
            whole = apply(REGISTRY["divide"], (whole, below), {})
        assert whole is not None
        if size != 1:
            whole = apply(REGISTRY["multiply"], (number(size), whole), {})
        return apply(REGISTRY["negative"], (whole,), {}) if coefficient < 0 else whole

    def _product(self, whole: Formula) -> Formula:
        product = self._split(whole)
        distributed = self._cancelled(product)
        return distributed if distributed is not None else self._join(product)

    def _cancelled(self, product: _Product) -> Formula | None:
        """a ⊙ (−y/a + 1) as −y + a: a sum is multiplied out where that makes a divisor vanish."""
        for total in product.factors:
            if total.name not in ("add", "subtract"):
                continue
            others = [x for x in product.factors if x is not total]
            terms = self._terms(total)
            below = [divisor for _, core in terms for divisor in self._split(core).divisors]
            if any(same(other, divisor) for other in others for divisor in below):
                spread = []
                for coefficient, core in terms:
                    whole = self._split(core)
                    joined = _Product(
                        _times(_times(coefficient, whole.coefficient), product.coefficient),
                        [*whole.factors, *others], [*whole.divisors, *product.divisors],
                    )  # fmt: skip
                    spread.append(self._join(self._reduced(joined)))
                found = spread[0]
                for term in spread[1:]:
                    found = self._make("add", found, term)
                return found
        return None

    def _reduced(self, product: _Product) -> _Product:
        factors, divisors = list(product.factors), list(product.divisors)
        for divisor in product.divisors:
            match = next((x for x in factors if same(x, divisor)), None)
            if match is not None:
                factors = [x for x in factors if x is not match]
                divisors = [x for x in divisors if x is not divisor]
        return _Product(product.coefficient, factors, divisors)

    def _outer(self, one: Formula, other: Formula) -> Formula | None:
        """A column times a row, each of a vector, is their outer product."""
        for column, row in ((one, other), (other, one)):
            if column.shape[1:] == (1,) and _vector(column) is not None and row.shape != (1, 1):
                flat = row if row.ndim == 1 else _vector(row) if row.ndim == 2 and row.shape[0] == 1 else None
                if flat is not None and flat.ndim == 1:
                    return apply(REGISTRY["matmul"], (column, self._make("expand_dims", flat, axis=0)), {})
        return None

    # Sums of terms.

    def _terms(self, whole: Formula) -> list[tuple[Number, Formula]]:
        """`whole` as coefficients and what they belong to, of which none has one of its own."""
        found: list[tuple[Number, Formula]] = []
        stack: list[tuple[Number, Formula]] = [(Fraction(1), whole)]
        while stack:
            coefficient, part = stack.pop()
            if part.name in ("add", "subtract"):
                stack.append((coefficient if part.name == "add" else -coefficient, part.args[1]))
                stack.append((coefficient, part.args[0]))
                continue
            if part.name == _SPREADS:
                stack.append((coefficient, part.args[0]))
                continue
            product = self._split(part)
            coefficient = _times(coefficient, product.coefficient)
            if len(product.factors) == 1 and not product.divisors and product.factors[0].name in ("add", "subtract"):
                stack.append((coefficient, product.factors[0]))
                continue
            if coefficient == 0:
                continue
            core = self._join(_Product(Fraction(1), product.factors, product.divisors))
            for i, (earlier, known) in enumerate(found):
                if same(known, core):
                    found[i] = (_plus(earlier, coefficient), core)
                    break
            else:
                found.append((coefficient, core))
        return [(coefficient, core) for coefficient, core in found if coefficient != 0]

    def _from_terms(self, terms: Sequence[tuple[Number, Formula]]) -> Formula:
        if not terms:
            return number(0)
        common: Number = Fraction(1)
        sizes: set[Any] = {abs(coefficient) for coefficient, _ in terms}
        if len(terms) > 1 and len(sizes) == 1:
            common = sizes.pop() if len({power(c) for c, _ in terms}) == 1 else Fraction(sizes.pop())
            terms = [(Fraction(1) if coefficient > 0 else Fraction(-1), core) for coefficient, core in terms]
        first = next((i for i, (coefficient, _) in enumerate(terms) if coefficient > 0), None)
        if first is None:
            if len(terms) > 1:
                common = -common
                terms = [(-coefficient, core) for coefficient, core in terms]
        elif first:
            terms = [terms[first], *terms[:first], *terms[first + 1 :]]
        whole: Formula | None = None
        for coefficient, core in terms:
            if whole is None:
                whole = self._scaled(coefficient, core)
            elif coefficient > 0:
                whole = apply(REGISTRY["add"], (whole, self._scaled(coefficient, core)), {})
            else:
                whole = apply(REGISTRY["subtract"], (whole, self._scaled(-coefficient, core)), {})
        assert whole is not None
        return self._scaled(common, whole)

    def _scaled(self, coefficient: Number, core: Formula) -> Formula:
        if coefficient == 1:
            return core
        product = self._split(core) if core.name not in ("add", "subtract") else _Product(Fraction(1), [core], [])
        return self._join(_Product(_times(coefficient, product.coefficient), product.factors, product.divisors))

    def _sum_of_terms(self, whole: Formula) -> Formula:
        return self._from_terms(self._terms(whole))

    # Matrices.

    def _loose(self, whole: Formula) -> tuple[_Product, Formula] | None:
        """The scalars in front of a matrix or vector, and it, or `None` where there are none."""
        if whole.name == _SPREADS and whole.args[0].number not in (None, 1):
            ones = apply(REGISTRY[_SPREADS], (number(1),), whole.params)
            return _Product(exact(whole.args[0].number), [], []), ones
        if whole.name not in ("multiply", "divide", "negative"):
            return None
        coefficient, factors, divisors = self._split(whole)
        scalars = [x for x in factors if not x.ndim]
        below = [x for x in divisors if not x.ndim]
        if coefficient == 1 and not scalars and not below:
            return None
        rest = self._join(_Product(Fraction(1), [x for x in factors if x.ndim], [x for x in divisors if x.ndim]))
        if rest.shape != whole.shape:
            return None
        return _Product(coefficient, scalars, below), rest

    def _pulled(self, whole: Formula, name: str, **params: Any) -> Formula | None:
        """f(c x) as c f(x), for a linear f."""
        loose = self._loose(whole)
        if loose is None:
            return None
        scalars, rest = loose
        inner = self._split(self._make(name, rest, **params))
        return self._join(
            _Product(
                _times(scalars.coefficient, inner.coefficient),
                [*scalars.factors, *inner.factors],
                [*scalars.divisors, *inner.divisors],
            )
        )

    def _matmul(self, whole: Formula) -> Formula | None:
        left, right = whole.args
        for side, arg in enumerate(whole.args):
            loose = self._loose(arg)
            if loose is not None:
                scalars, rest = loose
                inner = self._make("matmul", *((rest, right) if side == 0 else (left, rest)))
                product = self._split(inner)
                return self._join(
                    _Product(
                        _times(scalars.coefficient, product.coefficient),
                        [*scalars.factors, *product.factors],
                        [*scalars.divisors, *product.divisors],
                    )
                )
        if left.ndim == 1 and right.ndim == 2:
            return self._make("matmul", self._make("transpose", right), left)
        return None

    def _transpose(self, whole: Formula) -> Formula | None:
        x = whole.args[0]
        if x.ndim < 2:
            return x
        order = _order(whole)
        if order == tuple(range(x.ndim)):
            return x
        if x.name in ("transpose", "swapaxes"):
            inner = _order(x)
            both = tuple(inner[i] for i in order)
            if both == tuple(range(x.ndim)):
                return x.args[0]
            return apply(REGISTRY["transpose"], x.args, {"axes": both})
        if _constant(x):
            return apply(REGISTRY[_SPREADS], x.args, {"shape": whole.shape})
        pulled = self._pulled(x, "transpose", axes=order if x.ndim > 2 else None)
        if pulled is not None:
            return pulled
        if x.ndim > 2:
            return None
        if x.name in ("add", "subtract") and all(arg.ndim == 2 for arg in x.args):
            return self._make(x.name, *(self._make("transpose", arg) for arg in x.args))
        if x.name == "matmul" and all(arg.ndim == 2 for arg in x.args):
            left, right = x.args
            return self._make("matmul", self._make("transpose", right), self._make("transpose", left))
        if (
            x.name == "multiply"
            and all(arg.ndim == 2 and (arg.name in ("transpose", "swapaxes") or arg.op is None) for arg in x.args)
            and any(arg.op is not None for arg in x.args)
        ):
            return self._make("multiply", *(self._make("transpose", arg) for arg in x.args))
        vector = _vector(x)
        if vector is not None:
            return apply(REGISTRY["expand_dims"], (vector,), {"axis": 0 if x.shape[1] == 1 else 1})
        return None if whole.params == {"axes": None} else apply(REGISTRY["transpose"], (x,), {"axes": None})

    def _reshape(self, whole: Formula) -> Formula | None:
        x = whole.args[0]
        if x.shape == whole.shape:
            return x
        base = x
        while base.name in _RESHAPES:
            base = base.args[0]
        if base.shape == whole.shape:
            return base
        if x.name == "matmul" and whole.ndim == 1 and x.args[0].name == "expand_dims":
            vector = _vector(x.args[0])
            if vector is not None and x.shape == (1, whole.shape[0]) and x.args[0].shape[0] == 1:
                return self._make("matmul", vector, x.args[1])
        if x.name == "matmul" and whole.ndim == 1 and x.args[0].shape == (1, x.args[0].size) and _constant(x.args[0]):
            ones = apply(REGISTRY[_SPREADS], x.args[0].args, {"shape": (x.args[0].size,)})
            return self._make("matmul", ones, x.args[1])
        if _constant(base):
            return self._make(_SPREADS, base.args[0], shape=whole.shape)
        pulled = self._pulled(base, "reshape", shape=whole.shape)
        if pulled is not None:
            return pulled
        if base.ndim == 1 and whole.ndim == 2 and 1 in whole.shape and base.shape[0] != 1:
            return apply(REGISTRY["expand_dims"], (base,), {"axis": 0 if whole.shape[0] == 1 else 1})
        short = [n for n in whole.shape if n != 1] == [n for n in base.shape if n != 1]
        if short and len(whole.shape) < base.ndim and all(n != 1 for n in whole.shape):
            axes = tuple(i for i, n in enumerate(base.shape) if n == 1)
            return apply(REGISTRY["squeeze"], (base,), {"axis": axes})
        return None if base is x else apply(REGISTRY["reshape"], (base,), {"shape": whole.shape})

    # Sums over axes.

    def _reduced_sum(self, whole: Formula) -> Formula | None:
        x = whole.args[0]
        axes = reduced_axes(x.ndim, whole.params["axis"])
        if not axes or x.ndim == 0:
            return x
        if all(x.shape[i] == 1 for i in axes):
            return self._make("reshape", x, shape=whole.shape)
        product = self._split(x)
        if not product.factors and not product.divisors:
            count = int(numpy.prod([x.shape[i] for i in axes]))
            return self._make(_SPREADS, number(_times(product.coefficient, count)), shape=whole.shape)
        pulled = self._pulled(x, "sum", **whole.params)
        if pulled is not None:
            return pulled
        if x.data and x.size and _all_one(whole.value):
            described = self._describe(x)
            axis = "" if len(axes) == x.ndim else " in every row" if axes == (x.ndim - 1,) else ""
            note = f"Σ {described} = 1{axis}" if described else ""
            if note and note not in self.notes:
                self.notes.append(note)
            return self._make(_SPREADS, number(1), shape=whole.shape)
        return None

    def _spread(self, whole: Formula) -> Formula | None:
        x = whole.args[0]
        if x.shape == whole.shape:
            return x
        return apply(REGISTRY[_SPREADS], x.args, {"shape": whole.shape}) if x.name == _SPREADS else None

    # One thing each.

    def _linear(self, whole: Formula) -> Formula | None:
        """An operation that moves the elements of its first argument: numbers come to the front."""
        x, *rest = whole.args
        product = self._split(x)
        coefficient, factors, divisors = product
        if coefficient in (0, 1) or any(f.ndim and f.shape != x.shape for f in (*factors, *divisors)):
            return None
        inner = self._join(_Product(Fraction(1), factors, divisors))
        if inner.shape != x.shape:
            inner = self._make(_SPREADS, inner, shape=x.shape)
        assert whole.op is not None
        return self._join(_Product(coefficient, [apply(whole.op, (inner, *rest), whole.params)], []))

    def _cast(self, whole: Formula) -> Formula | None:
        # In mathematics there is one kind of real number.
        x = whole.args[0]
        base = x.args[0] if x.name == _SPREADS else x
        real = x.dtype.kind == whole.dtype.kind == "f" or base.number is not None
        return x if real or x.dtype == whole.dtype else None

    def _filled(self, whole: Formula) -> Formula:
        return self._make(_SPREADS, number(1 if whole.name == "ones_like" else 0), shape=whole.shape)

    def _chosen(self, whole: Formula) -> Formula | None:
        """A choice that is settled by the condition itself: between numbers, or of what is compared with itself."""
        condition, taken, left = whole.args
        while condition.name == _SPREADS:
            condition = condition.args[0]
        if condition.number is not None:
            return taken if condition.number else left
        if condition.name not in _COMPARED or condition.prime:
            return None
        one, other = condition.args
        if one.number is not None and other.number is not None:
            return taken if condition.value.all() else left
        # What differs from itself is no number, of which no formula speaks.
        if same(one, other) and condition.name in ("equal", "not_equal") and not numpy.isnan(one.value).any():
            return taken if condition.name == "equal" else left
        return None

    def _unreduced(self, whole: Formula) -> Formula | None:
        x = whole.args[0]
        return None if reduced_axes(x.ndim, whole.params["axis"]) else x

    def _both(self, whole: Formula) -> Formula | None:
        for one, other in (whole.args, whole.args[::-1]):
            if one.number is not None:
                return other if one.number else number(0)
        return None

    def _power(self, whole: Formula) -> Formula | None:
        return whole.args[0] if whole.args[1].number == 1 else None

    def _log(self, whole: Formula) -> Formula | None:
        x = whole.args[0]
        return x.args[0] if x.name == "exp" else None

    def _exp(self, whole: Formula) -> Formula | None:
        x = whole.args[0]
        if x.name == "log":
            return x.args[0]
        if x.name == "log_softmax":
            return apply(REGISTRY["softmax"], x.args, x.params)
        if x.name == "subtract":
            logits, total = x.args
            while total.name in _RESHAPES:
                total = total.args[0]
            if total.name == "logsumexp" and same(total.args[0], logits) and total.value is not None:
                axes = reduced_axes(logits.ndim, total.params["axis"])
                if len(axes) == 1:
                    return apply(REGISTRY["softmax"], (logits,), {"axis": axes[0] - logits.ndim})
        return None


def expand(whole: Formula, tidier: Tidier) -> Formula:
    """`whole` with every f′(z) replaced by what the operation states as its derivative."""
    from autograd_lite.show.formula.formula import formula, xp

    def walk(part: Formula) -> Formula:
        if part.op is None:
            return part
        if part.prime:
            assert part.op.derivative is not None
            x, out = part.args
            return formula(part.op.derivative(xp, out, x, **part.params))
        return rebuilt(part, tuple(map(walk, part.args)))

    return tidier.tidy(walk(whole))


def _plain_number(part: Formula) -> Number | None:
    return exact(part.number) if part.number is not None else None


def _times(one: Number, other: Number) -> Number:
    product: Number = one * other
    return product if isinstance(product, Fraction) else exact(product)


def _plus(one: Number, other: Number) -> Number:
    total = one + other
    return total if isinstance(total, Fraction) else exact(total)


def _inverse(value: Number) -> Number:
    return 1 / value


def _vector(x: Formula) -> Formula | None:
    """The vector that `x` is, as a matrix of one column or one row."""
    if x.name in _RESHAPES and x.ndim == 2 and x.args[0].ndim == 1:
        return x.args[0]
    return None


def _constant(x: Formula) -> bool:
    """Whether every element of x is one number."""
    return x.name == _SPREADS and x.args[0].number is not None


def _order(whole: Formula) -> tuple[int, ...]:
    """Where the axes of a transpose come from."""
    ndim = whole.ndim
    if whole.name == "swapaxes":
        one, other = whole.params["axis1"] % ndim, whole.params["axis2"] % ndim
        order = list(range(ndim))
        order[one], order[other] = other, one
        return tuple(order)
    axes = whole.params["axes"]
    return tuple(reversed(range(ndim))) if axes is None else tuple(axis % ndim for axis in axes)


def _all_one(value: Any) -> bool:
    host = backend.to_numpy(value)
    return host.dtype.kind in "iuf" and bool(numpy.all(numpy.abs(host - 1) <= 1e-6))


def _of_shape(found: Formula, whole: Formula) -> Formula:
    """`found` with the shape of `whole`, or `whole` where it has none to be had."""
    if found.shape == whole.shape:
        return found
    try:
        if numpy.broadcast_shapes(found.shape, whole.shape) != whole.shape:
            return whole
    except ValueError:
        return whole
    return apply(REGISTRY[_SPREADS], (found,), {"shape": whole.shape})
