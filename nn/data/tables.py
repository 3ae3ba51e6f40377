"""`read_csv`: numbers and labels from a file of comma-separated values.

NumPy reads; what is added here are names of columns, labels as words, and the line and column of what is wrong. Must
not know batches or models.
"""

from __future__ import annotations

import csv
import io
import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

import autograd_lite as ag
from autograd_lite.elsewhere import close, either
from nn.arguments import flag, float_dtype, whole
from nn.data.formats.content import content, path_of

LIMIT = 2**30
"""The most bytes that a file may have, packed and unpacked, unless it is told otherwise."""

_LONGEST_LINE, _MOST_CLASSES = 2**24, 2**16


class Table(NamedTuple):
    """Features and targets of a file, the names of the features' columns, and those of classes, if there are any."""

    x: np.ndarray
    y: np.ndarray
    columns: list[str]
    classes: list[str] | None


def read_csv(
    path: str | os.PathLike[str],
    target: str | int,
    columns: Sequence[str | int] | None = None,
    header: bool = True,
    delimiter: str = ",",
    labels: bool | None = None,
    dtype: Any = np.float32,
    limit: int = LIMIT,
) -> Table:
    r"""Features x, shape (n, k), and targets y, shape (n,), from a text file with one example a line.

    `target` is the column of y, and `columns` are those of x, all others unless they are given: names, which stand in
    the first line where `header` says so, or numbers from 0, from the end where negative. The cells of x are numbers.
    Those of y are labels, numbers of classes from 0 in the order of their names, where they are words, or `labels` is
    True; and else numbers, int64 where all are whole. `Table` has x, y, `columns` and `classes`, the names.

    The text is UTF-8, packed by gzip or not, with "quotes" round cells where they need them. Raises `FileError` for
    a file that cannot be read or is larger than `limit` bytes, of which reading needs some ten times, and `DataError`,
    with line and column, for a cell that is empty or no finite number, a line of another length, and words among the
    numbers of the target.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "flowers.csv")
    >>> _ = path.write_text("length,width,kind\n5.1,3.5,setosa\n6.3,3.3,virginica\n4.9,3,setosa\n")
    >>> x, y, columns, classes = nn.read_csv(path, target="kind")
    >>> x.shape, y, columns, classes
    ((3, 2), array([0, 1, 0]), ['length', 'width'], ['setosa', 'virginica'])
    """
    dtype = float_dtype("read_csv", dtype)
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"':
        raise ag.ArgumentError(f"read_csv: delimiter is one character, as ',' or '\\t', not {delimiter!r:.60}")
    path, header = path_of("read_csv", path), flag("read_csv: header", header)
    found = content(path, whole("read_csv: limit", limit, 1))
    file = _File(path, found, delimiter, header)
    place = file.column("target", target)
    chosen = [i for i in range(len(file.names)) if i != place]
    if columns is not None:
        if isinstance(columns, str) or not isinstance(columns, Sequence):
            raise ag.ArgumentError(f"read_csv: columns is a list of names or numbers, not {columns!r:.60}")
        chosen = [file.column("columns", each) for each in columns]
    if columns is None and not chosen:
        raise ag.DataError(
            f"read_csv: {os.fspath(path)} has one column, the target, and none for x: is its delimiter {delimiter!r}?"
        )
    if not chosen or place in chosen or len({*chosen}) != len(chosen):
        raise ag.ArgumentError(
            f"read_csv: columns are those of x, at least one, each once, and not the target: {columns!r:.60}"
        )
    words: dict[str, int] = {}
    numbers = None if labels else file.numbers(chosen, place)
    if numbers is None:
        numbers = file.numbers(chosen, place, words)
    if numbers is None:
        file.refuse([*chosen, place] if labels is False else chosen, place)
    with np.errstate(over="ignore"):
        x = numbers[:, chosen].astype(dtype)
    if not np.isfinite(x).all():
        file.refuse(chosen, place, dtype)
    names = [file.names[i] for i in chosen]
    y = numbers[:, place]
    if words:
        number, classes = _classes(file, place, [*words], labels)
        return Table(x, number[y.astype(np.intp)], names, classes)
    if not np.isfinite(y).all():
        file.refuse([place], place)
    whole_numbers = bool((y % 1 == 0).all() and (np.abs(y) < 2**53).all())
    return Table(x, y.astype(np.int64) if whole_numbers else y, names, None)


class _File:
    """A text that is known to be UTF-8, its delimiter, and the names of its columns."""

    def __init__(self, path: str | os.PathLike[str], found: bytearray, delimiter: str, header: bool) -> None:
        self.path, self.found, self.delimiter, self.header = path, bytes(found), delimiter, header
        self.names: list[str] = []
        for _, cells in self.rows():
            self.names = [each.strip() for each in cells] if header else [str(i) for i in range(len(cells))]
            break
        else:
            raise ag.DataError(f"read_csv: {os.fspath(path)} is empty")
        if header and all(_number(each) is not None for each in self.names):
            raise ag.DataError(
                f"read_csv: the first line of {os.fspath(path)} has numbers alone, and no names of columns: "
                "write header=False"
            )

    def lines(self) -> Iterator[str]:
        """The lines of the text, with their ends."""
        number = 0
        stream = io.TextIOWrapper(io.BytesIO(self.found), encoding="utf-8-sig", newline="")
        while True:
            try:
                line = stream.readline(_LONGEST_LINE + 1)
            except UnicodeDecodeError as error:
                raise ag.DataError(
                    f"read_csv: {os.fspath(self.path)} is no text in UTF-8, first after line {number}: "
                    f"{error.reason}; save it as UTF-8"
                ) from None
            if not line:
                return
            if len(line) > _LONGEST_LINE:
                raise self.error(number + 1, f"it has more than {_LONGEST_LINE:,} characters")
            number += 1
            yield line

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The cells of each line that is not empty, and its number, from 1."""
        reader = csv.reader(self.lines(), delimiter=self.delimiter, strict=True)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise ag.DataError(f"read_csv: {os.fspath(self.path)}, line {reader.line_num}: {error}") from None
            if cells is None:
                return
            if cells and (len(cells) > 1 or cells[0].strip()):
                yield reader.line_num, cells

    def column(self, what: str, name: Any) -> int:
        """The number of a column, by its name or number."""
        if isinstance(name, int | np.integer) and not isinstance(name, bool):
            if not -len(self.names) <= name < len(self.names):
                raise ag.ArgumentError(
                    f"read_csv: {what}: there is no column {name} of {len(self.names)} in {os.fspath(self.path)}"
                )
            return int(name) % len(self.names)
        if not isinstance(name, str):
            raise ag.ArgumentError(f"read_csv: {what} is the name or the number of a column, not {name!r:.60}")
        if not self.header:
            raise ag.ArgumentError(f"read_csv: {what}: without header=True columns have numbers alone, and no {name!r}")
        if self.names.count(name) == 1:
            return self.names.index(name)
        if name in self.names:
            raise ag.ArgumentError(f"read_csv: {what}: several columns are called {name!r}: give its number")
        meant = close(name, self.names)
        hint = f"did you mean {either([repr(each) for each in meant])}?" if meant else f"there are {self.names!r:.200}"
        raise ag.ArgumentError(f"read_csv: {what}: no column of {os.fspath(self.path)} is called {name!r}: {hint}")

    def numbers(self, chosen: list[int], place: int, words: dict[str, int] | None = None) -> np.ndarray | None:
        """All cells as NumPy reads them, `None` where it cannot; of a target of `words` their numbers."""
        converters: dict[int | str, Any] = {i: lambda cell: 0.0 for i in {*range(len(self.names))} - {*chosen, place}}
        if words is not None:
            converters[place] = lambda cell: _numbered(words, cell.strip())
        lines = self.lines()
        if self.header:
            # By the reader of rows, since a name may have a line's end in it.
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            while not any(cell.strip() for cell in next(reader)):
                pass
        if self.found.count(b'"') % 2:  # NumPy takes what has no end
            for _ in self.rows():
                pass
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that there are no lines is said below
                numbers: np.ndarray = np.loadtxt(
                    lines, np.float64, comments=None, delimiter=self.delimiter, quotechar='"', ndmin=2,
                    converters=converters,
                )  # fmt: skip
        except ag.DataError:
            raise
        except (ValueError, TypeError, IndexError, OverflowError):
            if words is not None and len(words) >= _MOST_CLASSES:
                raise ag.DataError(
                    f"read_csv: {os.fspath(self.path)}: the target has more than {_MOST_CLASSES:,} different words, "
                    "which are no classes"
                ) from None
            return None
        if not numbers.size:
            raise ag.DataError(f"read_csv: there are no examples in {os.fspath(self.path)}")
        return None if numbers.shape[1] != len(self.names) or (words and "" in words) else numbers

    def refuse(self, chosen: list[int], place: int, dtype: Any = np.dtype(np.float64)) -> NoReturn:  # noqa: B008
        """Raise `DataError` for the first line or cell that is wrong, which is looked for only now."""
        numeric = {*chosen}
        for count, (line, cells) in enumerate(self.rows()):
            if self.header and not count:
                continue
            if len(cells) != len(self.names):
                raise self.error(line, f"it has {len(cells)} cells, and {len(self.names)} columns are there")
            for i in sorted({*chosen, place}):
                cell = cells[i].strip()
                if not cell:
                    raise self.error(line, "it is empty: fill it, or leave the line out", i)
                if i not in numeric:
                    continue
                value = _number(cell)
                if value is None:
                    hint = "; is this the line of names, for header=True?" if not self.header and not count else ""
                    hint = ", and labels=False" if i == place else hint
                    raise self.error(line, f"{cell!r:.60} is no number{hint}", i)
                with np.errstate(over="ignore"):
                    if not np.isfinite(dtype.type(value)):
                        raise self.error(line, f"{cell!r:.60} is not finite in {dtype}", i)
        raise ag.DataError(f"read_csv: {os.fspath(self.path)} cannot be read")

    def error(self, line: int, reason: str, column: int | None = None) -> ag.DataError:
        """What is wrong, with the place of it."""
        named = f" ({self.names[column]!r:.60})" if self.header and column is not None else ""
        at = "" if column is None else f", column {column}{named}"
        return ag.DataError(f"read_csv: {os.fspath(self.path)}, line {line}{at}: {reason}")

    def line_of(self, place: int, word: str) -> int:
        """The line in which a word of the target first comes."""
        return next(line for line, cells in self.rows() if cells[place].strip() == word and line > int(self.header))


def _number(cell: str) -> float | None:
    """A number as NumPy reads it, `None` where it is none."""
    if "_" in cell:  # which Python takes
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def _numbered(words: dict[str, int], word: str) -> int:
    """The number of a word, in the order in which they first came. Raises `ValueError` beyond any number of classes."""
    if len(words) >= _MOST_CLASSES and word not in words:
        raise ValueError
    return words.setdefault(word, len(words))


def _classes(file: _File, place: int, words: list[str], labels: bool | None) -> tuple[np.ndarray, list[str]]:
    """The class of each word, and the classes' names in their order, which is that of numbers where all are."""
    values = [_number(word) for word in words]
    text = [word for word, value in zip(words, values, strict=True) if value is None]
    if text and not labels and (labels is False or len(text) < len(words)):
        others = f", and {len(words) - len(text)} other targets are" if labels is None else ", and labels=False"
        hint = ": mend it, or write labels=True where all are names of classes"
        raise file.error(file.line_of(place, text[0]), f"{text[0]!r:.60} is no number{others}{hint}", place)
    key = [(0.0, word) if text else (value or 0.0, word) for word, value in zip(words, values, strict=True)]
    order = sorted(range(len(words)), key=key.__getitem__)
    number = np.empty(len(words), np.int64)
    number[order] = np.arange(len(words))
    return number, [words[i] for i in order]
