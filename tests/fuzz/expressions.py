"""Random lines of a program: operations of the registry, operators, methods, every kind of index.

An operation is in it by being declared: its arguments are found from its signature, its keywords by their names or
from the table of samples, and whether they fit by trying them on arrays. Must not know what is checked.
"""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.program.calls import _SHAPED_BY_DATA
from tests.fuzz.naive import SAMPLES, naive
from tests.fuzz.programs import Line

NUMBERS = (
    "2.0", "0.5", "-1.5", "3", "1", "0", "True", "np.float32(0.5)", "np.float64(1.25)", "1.1", "0.1", "np.inf",
    "-np.inf", "1.0", "-0.0", "1e-3",
)  # fmt: skip
SIZES = (1, 2, 3, 3, 4)
# Users write these as x[index] and ag.put; random numbers need a generator, which not every program has.
_WRITTEN_OTHERWISE = {"getitem", "scatter_add", "put_at", "part", "sorted_places"}
_WRITTEN_OTHERWISE |= {"argpartition"}  # whose order is open
_WRITTEN_OTHERWISE |= {"diff", "gradient"}  # which take no tensors for what they read by name
OPERATIONS = [
    name
    for name, op in ag.REGISTRY.items()
    if op.ours
    and not op.effect
    and name not in _WRITTEN_OTHERWISE
    and "template" not in op.parameters
    and name not in _SHAPED_BY_DATA
]
# All of NumPy's functions of one array, also those that the library does not have and so refuses.
UFUNCS = sorted(name for name, f in vars(np).items() if isinstance(f, np.ufunc) and f.nin == 1 and f.nout == 1)
_MOST_ELEMENTS, _LARGEST = 150, 300.0


def literal(value: Any) -> str:
    """A value as Python that gives it again."""
    if isinstance(value, np.ndarray):
        if not value.size:
            return f"np.zeros({value.shape}, '{value.dtype}')"
        return re.sub(r"\b(inf|nan)\b", r"np.\1", f"np.array({value.tolist()}, '{value.dtype}')")
    if isinstance(value, np.dtype):
        return f"np.dtype('{value}')"
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, type):
        return f"np.{value.__name__}" if issubclass(value, np.generic) else value.__name__
    if isinstance(value, np.generic):
        return f"np.{type(value).__name__}({value.item()!r})"
    return repr(value)


def a_shape(rng: random.Random, most: int = 3) -> tuple[int, ...]:
    """0 to `most` axes, small, seldom empty."""
    shape = tuple(rng.choice(SIZES) for _ in range(rng.choice([0, 1, 1, 2, 2, 2, 3][: 4 + most])))[:most]
    if shape and rng.random() < 0.04:
        shape = (*shape[:-1], 0)
    return shape


def an_array(rng: random.Random, shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    """Values with two digits, no two alike where they are floats."""
    count = int(np.prod(shape))
    if dtype == "bool":
        return np.array([rng.random() < 0.5 for _ in range(count)], bool).reshape(shape)
    if dtype.startswith("int"):
        return np.array([rng.randrange(-2, 4) for _ in range(count)], dtype).reshape(shape)
    values = rng.sample(range(-190, 190), count) if count < 300 else [rng.randrange(-190, 190) for _ in range(count)]
    return (np.array(values, float) / 100 + 0.005).round(3).astype(dtype).reshape(shape)


def smaller(dtype: str) -> list[str]:
    """Small arrays to put in the place of a large one."""
    return [f"np.array({text}, '{dtype}')" for text in ("0.75", "[0.75, -0.5]", "[[0.75, -0.5]]", "[[0.75], [-0.5]]")]


def laid_out(rng: random.Random, text: str, ndim: int) -> str:
    """An array's text, in some memory layout, seldom in the other byte order."""
    kind = rng.random()
    if kind < 0.6 or not ndim:
        return text
    if kind < 0.75:
        return f"np.asfortranarray({text})"
    if kind < 0.9:
        return f"np.repeat({text}, 2, axis=-1)[..., ::2]"
    if kind < 0.98:
        return f"{text}[::-1]"
    return f"{text}.astype({text}.dtype.newbyteorder('>'))"


class Writer:
    """Writes one line after the other, with the plain value of every name there is."""

    def __init__(self, rng: random.Random, generator: str | None = None, finite: bool = True) -> None:
        self.rng = rng
        self.finite = finite  # whether infinities and nan are kept out
        self.values: dict[str, Any] = {}
        self.generator = generator  # the name of a generator of random numbers, where the program has one
        self._world = {"ag": naive, "np": np, generator: None}
        self.count = 0

    def add(self, name: str, value: Any) -> None:
        """A name that is there from the beginning."""
        self.values[name] = value

    def line(self, undifferentiated: bool = True) -> Line | None:
        """One more line, or nothing where none of what was tried made sense."""
        for _ in range(25):
            expression = self._expression()
            value = self._tried(expression)
            if value is None:
                continue
            name = f"t{self.count}"
            self.count += 1
            self.values[name] = value
            if undifferentiated and self.rng.random() < 0.04:
                return Line(f"{name} = ({expression}).detach()", (f"{name} = {expression}",))
            if undifferentiated and self.rng.random() < 0.04:
                return Line(f"with ag.no_grad():\n    {name} = {expression}", (f"{name} = {expression}",))
            return Line(f"{name} = {expression}")
        return None

    def floats(self) -> list[str]:
        """The names of what is made of floating-point numbers."""
        return [name for name, value in self.values.items() if np.asarray(value).dtype.kind == "f"]

    def _tried(self, expression: str) -> Any:
        try:
            with np.errstate(all="ignore"):
                value = eval(expression, {**self._world, **self.values})  # noqa: S307 - it was just written here
            if isinstance(value, tuple | list):  # several results that no index has been written for
                return None
            value = np.asarray(value)
        except (ValueError, TypeError, IndexError, AttributeError, OverflowError, ZeroDivisionError, ag.AutogradError):
            return None
        if value.dtype.kind not in "biuf" or value.size > _MOST_ELEMENTS:
            return None
        with np.errstate(all="ignore"):
            if value.dtype.kind == "f" and self.finite and not (np.abs(value) < _LARGEST).all():
                return None
        return value

    # What stands on the right of a line.

    def _expression(self) -> str:
        kinds = [self._operation] * 9 + [self._operator] * 5 + [self._index] * 4 + [self._method] * 3
        kinds += [self._put, self._protocol, self._row]
        return self.rng.choice(kinds)()

    def _name(self, floats: float = 0.85) -> str:
        """A name, more often a late one, so that lines hang together."""
        names = self.floats() if self.rng.random() < floats else list(self.values)
        names = names or list(self.values)
        return names[-1] if self.rng.random() < 0.35 else self.rng.choice(names)

    def _operand(self) -> str:
        kind = self.rng.random()
        name = self._name()
        if kind < 0.75:
            return name
        if kind < 0.87:
            return self.rng.choice(NUMBERS)
        shape = np.shape(self.values[name])
        dtype = self.rng.choice(["float64", "float64", "float32", "int64", "bool", "float16"])
        return literal(an_array(self.rng, shape[self.rng.randrange(len(shape) + 1) :], dtype))

    def _operator(self) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.15:
            return f"-{self._name()}"
        if kind < 0.3:
            return f"{self._name()} @ {self._name()}{rng.choice(['', '.T'])}"
        if kind < 0.4:
            return f"{self._name(1.0)} ** {rng.choice(['2', '3', '2.0', '1', '-1'])}"
        left, right = self._operand(), self._name()
        if rng.random() < 0.5:
            left, right = right, left
        return f"{left} {rng.choice(['+', '-', '*', '*', '/'])} {right}"

    def _tamed(self, name: str) -> str:
        """The name itself, or something with another domain."""
        return self.rng.choice([name] * 6 + [f"ag.absolute({name}) + 0.5", f"ag.sigmoid({name})", f"{name} * 0.3"])

    def _operation(self) -> str:
        op = ag.REGISTRY[self.rng.choice(OPERATIONS)]
        if self.generator and self.rng.random() < 0.03:
            return f"ag.random_like({self._name(1.0)}, {self.generator})"
        if op.joins:
            first = self._name()
            like = [n for n in self.values if np.shape(self.values[n]) == np.shape(self.values[first])]
            arrays = [first, *(self.rng.choice(like) for _ in range(self.rng.randrange(3)))]
            inputs = f"[{', '.join(arrays)}]"
        else:
            arrays = [self._name() for _ in op.arguments]
            shown = [self._tamed(arrays[0]), *(self._operand() if i else n for i, n in enumerate(arrays[1:], 1))]
            inputs = ", ".join(shown)
        params = self._keywords(op, np.asarray(self.values[arrays[0]]))
        return self._call(op, ", ".join([inputs, *params]))

    def _call(self, op: ag.Operation, given: str, part: int | None = None) -> str:
        """The call as text: of several results one, that of number `part` or any."""
        number = self.rng.randrange(2) if part is None else part
        return f"ag.{op.name}({given})" + (f"[{number}]" if op.parts or part is not None else "")

    def _keywords(self, op: ag.Operation, x: np.ndarray) -> list[str]:
        rows = SAMPLES.get(op.name, [])
        given: dict[str, str] = {}
        if rows and self.rng.random() < 0.25:
            given = {k: literal(v) for k, v in self.rng.choice(rows).params.items()}
        else:
            for name in op.parameters:
                if name in op.defaults and self.rng.random() < 0.4:
                    continue
                text = self._keyword(name, x)
                if text is not None:
                    given[name] = text
        return [f"{name}={text}" for name, text in given.items()]

    def _keyword(self, name: str, x: np.ndarray) -> str | None:
        """A value for a keyword of this name, for an array like `x`; nothing where the name says nothing."""
        rng = self.rng
        axis = rng.randrange(-x.ndim, x.ndim) if x.ndim else 0
        if name == "axis":
            both = sorted(rng.sample(range(x.ndim), rng.randrange(x.ndim + 1)))
            return rng.choice([str(axis), str(axis), str(tuple(both)), "None", f"np.int64({axis})"])
        if name == "keepdims":
            return rng.choice(["True", "False"])
        if name in ("axis1", "axis2"):
            return str(axis)
        if name == "axes":
            return rng.choice(["None", str(tuple(rng.sample(range(x.ndim), x.ndim)))])
        if name == "shape":
            return self._other_shape(x)
        if name == "dtype":
            return rng.choice(["np.float32", "np.float64", "'float16'", "float", "np.dtype('float32')", "int", "bool"])
        if name in ("min", "max"):
            return rng.choice(["None", "0.25" if name == "max" else "-0.25", "1" if name == "max" else "-1"])
        if name in ("sections", "indices_or_sections", "k", "n", "ord"):
            return str(rng.choice([1, 2, 3]))
        return None

    def _other_shape(self, x: np.ndarray) -> str:
        rng = self.rng
        if rng.random() < 0.5:
            shape = list(x.shape)
            rng.shuffle(shape)
            return rng.choice(["-1", str(tuple(shape)), "(1, -1)", "(-1, 1)", str(x.size), f"({x.size},)"])
        return str((*(rng.choice(SIZES) for _ in range(rng.randrange(3))), *x.shape))

    def _method(self) -> str:
        rng, name = self.rng, self._name()
        x = np.asarray(self.values[name])
        axis = self._keyword("axis", x)
        return f"{name}." + rng.choice(
            ["T", f"sum(axis={axis})", f"mean(axis={axis})", f"sum(axis={axis}, keepdims=True)", f"max(axis={axis})",
             f"reshape({self._other_shape(x)})", "T", "reshape(-1)", "astype('float32')", "astype(float)", "sum()",
             "transpose()", "transpose(*range(" + str(x.ndim) + "))", f"min(axis={axis})"]
        )  # fmt: skip

    def _protocol(self) -> str:
        """NumPy's own function: of Tensors it is the library's."""
        name, other = self._name(1.0), self._name(1.0)
        return self.rng.choice(
            [f"np.exp({name})", f"np.tanh({name})", f"np.multiply({name}, {other})",
             f"np.concatenate([{name}, {other}])",
             f"np.sum({name}, axis=0)", f"np.transpose({name})", f"np.where({name} > 0.1, {name}, 0.5)",
             f"np.maximum({name}, {other})", f"np.stack([{name}, {name}])", f"np.array([0.5, 1.5]) * {name}",
             f"np.{self.rng.choice(UFUNCS)}({name})"]
        )  # fmt: skip

    def _row(self) -> str:
        """A call from the table of samples, on its own arrays added to nothing of ours."""
        name = self.rng.choice([n for n in OPERATIONS if n in SAMPLES])
        row = self.rng.choice(SAMPLES[name])
        like = [
            next((n for n in self.floats() if np.shape(self.values[n]) == np.shape(x)), literal(x)) for x in row.inputs
        ]
        if all(each not in self.values for each in like):
            like[0] = f"{like[0]} + 0 * {self._name(1.0)}.sum()"
        inputs = f"[{', '.join(like)}]" if ag.REGISTRY[name].joins else ", ".join(like)
        params = [f"{k}={literal(v)}" for k, v in row.params.items()]
        return self._call(ag.REGISTRY[name], ", ".join([inputs, *params]), row.part)

    # Indexing.

    def _index(self) -> str:
        name = self._name()
        return f"{name}[{self.index(np.asarray(self.values[name]))}]"

    def _put(self) -> str:
        name = self._name(1.0)
        x = np.asarray(self.values[name])
        index = self.index(x)
        value = self.rng.choice(["0.25", self._name(1.0), f"{name}[{index}] * 2"])
        return f"ag.put({name}, np.s_[{index}], {value})"

    def index(self, x: np.ndarray) -> str:
        """An index of any kind that NumPy takes, as it stands between the brackets."""
        rng, whole = self.rng, self.rng.random()
        names = [n for n, v in self.values.items() if np.asarray(v).dtype.kind == "i" and n.startswith("i")]
        if whole < 0.06:
            return literal(an_array(rng, x.shape, "bool"))
        if whole < 0.10:
            return rng.choice(["...", "()", "None", "True", "(..., None)", "False"])
        if whole < 0.16 and names:
            return rng.choice(names)
        parts: list[str] = []
        for length in x.shape[: rng.randrange(x.ndim + 1)]:
            parts.append(self._part(length))
            if rng.random() < 0.1:
                parts.append("None")
        if len(parts) < x.ndim and rng.random() < 0.3:
            parts.insert(rng.randrange(len(parts) + 1), "...")
        if len(parts) == 1 and rng.random() < 0.3:
            return f"{parts[0]},"
        return ", ".join(parts) or "..."

    def _part(self, length: int) -> str:
        """What may stand for one axis of this length."""
        rng = self.rng
        if not length:
            return rng.choice([":", "::-1", "0:0", "[]"])
        places = [rng.randrange(-length, length) for _ in range(rng.choice([1, 2, 2, 3]))]
        start, stop = sorted((rng.randrange(length), rng.randrange(1, length + 1)))
        return rng.choice(
            [":", ":", "::-1", f"{start}:{stop}", f"{start}:", f":{stop}:2", f"{stop}:{start}:-1", "::-2",
             str(places[0]),
             str(places[0]), f"np.int64({places[0]})", str(places), f"({', '.join(map(str, places))},)",
             f"range({stop})", f"range({stop - 1}, -1, -1)", f"np.array({places})", f"np.array({places}, 'int32')",
             f"np.array({places[0]})", f"np.array({[rng.random() < 0.6 for _ in range(length)]})",
             str([rng.random() < 0.6 for _ in range(length)])]
        )  # fmt: skip
