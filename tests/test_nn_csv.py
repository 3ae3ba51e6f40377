"""`read_csv`: what is read, and the file, line and column of what is not."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

FLOWERS = "length,width,kind\n5.1,3.5,setosa\n6.3,3.3,virginica\n4.9,3,setosa\n5.5,2.4,versicolor\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.csv"


def read(path: Path, text: str | bytes, target: Any = -1, **options: Any) -> nn.Table:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return nn.read_csv(path, target, **options)


def test_features_labels_and_names(path: Path) -> None:
    table = read(path, FLOWERS, "kind")
    np.testing.assert_array_equal(table.x, np.array([[5.1, 3.5], [6.3, 3.3], [4.9, 3], [5.5, 2.4]], np.float32))
    assert table.x.dtype == np.float32
    assert (table.y.tolist(), table.y.dtype) == ([0, 2, 0, 1], np.int64)
    assert (table.columns, table.classes) == (["length", "width"], ["setosa", "versicolor", "virginica"])


@pytest.mark.parametrize("target", ["kind", 2, -1, np.int64(2)])
def test_the_target_by_name_or_number(target: Any, path: Path) -> None:
    assert read(path, FLOWERS, target).y.tolist() == [0, 2, 0, 1]


def test_a_numeric_target_keeps_its_numbers(path: Path) -> None:
    table = read(path, FLOWERS, "width", columns=["length"])
    assert table.classes is None
    np.testing.assert_array_equal(table.y, [3.5, 3.3, 3, 2.4])
    whole = read(path, "a,b\n1,7\n2,-3\n3,007\n", "b")
    assert (whole.y.tolist(), whole.y.dtype, whole.classes) == ([7, -3, 7], np.int64, None)
    named = read(path, "a,b\n1,10\n2,9\n3,10\n", "b", labels=True)
    assert (named.y.tolist(), named.classes) == ([1, 0, 1], ["9", "10"])


def test_columns_are_chosen_and_others_may_be_words(path: Path) -> None:
    text = "id,colour,size,weight,kind\nx1,red,1,2,a\nx2,blue,3,4,b\n"
    table = read(path, text, "kind", columns=["weight", 2])
    assert (table.x.tolist(), table.columns) == ([[2, 1], [4, 3]], ["weight", "size"])


@pytest.mark.parametrize(
    "text, options",
    [
        (FLOWERS.replace(",", ";"), {"delimiter": ";"}),
        (FLOWERS.replace(",", "\t"), {"delimiter": "\t"}),
        (FLOWERS.replace("\n", "\r\n"), {}),
        ("\ufeff" + FLOWERS, {}),
        (FLOWERS.replace("\n", "\n\n"), {}),
        ("\n" + FLOWERS.removesuffix("\n"), {}),
        (FLOWERS.replace("setosa", '"setosa"').replace("5.1", '"5.1"').replace("kind", '"kind"'), {}),
        (FLOWERS.replace(",", ", "), {}),
        (FLOWERS.split("\n", 1)[1], {"header": False}),
        (gzip.compress(FLOWERS.encode()), {}),
    ],
    ids=["semicolons", "tabs", "windows", "byte order mark", "empty lines", "no end", "quotes", "blanks", "no header",
         "packed"],
)  # fmt: skip
def test_as_programs_write_it(text: Any, options: Any, path: Path) -> None:
    expected = read(path, FLOWERS)
    table = read(path, text, **options)
    assert table.x.tobytes() == expected.x.tobytes()
    assert table.y.tolist() == expected.y.tolist() and table.classes == expected.classes


def test_quotes_protect_delimiters_and_ends_of_lines(path: Path) -> None:
    table = read(path, 'a,"the ""best"",\nkind"\n1,"x,y"\n2,"x,\ny"\n3,#1\n', 1)
    assert table.classes == ["#1", "x,\ny", "x,y"]
    assert table.y.tolist() == [2, 1, 0]
    with pytest.raises(ag.DataError, match=r"line 5, column 0 \('a'\): 'q' is no number"):
        read(path, 'a,b\n1,"x\n\ny"\nq,z\n')


@pytest.mark.parametrize(
    "text, options, said",
    [
        ("a,b\n1,2\nx,3\n", {}, r"line 3, column 0 \('a'\): 'x' is no number"),
        ("a,b\n1,2\n\n\nx,3\n", {}, r"line 5, column 0 \('a'\): 'x' is no number"),
        ("a,b\n1,2\n,3\n", {}, r"line 3, column 0 \('a'\): it is empty: fill it"),
        ("a,b\n1,2\n3,\n", {}, r"line 3, column 1 \('b'\): it is empty"),
        ("a,b\n1,2\n3, \n", {}, r"line 3, column 1 \('b'\): it is empty"),
        ("a,b\n1,2\nnan,3\n", {}, r"line 3, column 0 \('a'\): 'nan' is not finite in float32"),
        ("a,b\n1,2\n1e39,3\n", {}, r"line 3, column 0 \('a'\): '1e39' is not finite in float32"),
        ("a,b\n1,2\n-inf,3\n", {}, r"line 3, column 0 \('a'\): '-inf' is not finite"),
        ("a,b\n1,2\n1,inf\n", {}, r"line 3, column 1 \('b'\): 'inf' is not finite"),
        ("a,b\n1,2\n1,2,3\n", {}, "line 3: it has 3 cells, and 2 columns are there"),
        ("a,b\n1,2\n1\n", {}, "line 3: it has 1 cells"),
        ("a,b,c\n1,2\n1,2\n", {}, "line 2: it has 2 cells, and 3 columns are there"),
        ("a,b\n1_0,2\n", {}, "line 2, column 0 .*'1_0' is no number"),
        ("a,b\n0x10,2\n", {}, "line 2, column 0 .*'0x10' is no number"),
        ("a,b\n1,2\n1,cat\n1,3\n", {}, r"line 3, column 1 \('b'\): 'cat' is no number, and 2 other targets are: mend"),
        ("a,b\n1,cat\n", {"labels": False}, r"line 2, column 1 \('b'\): 'cat' is no number, and labels=False"),
        ("a,b\nx,1\n", {"header": False}, r"line 1, column 0: 'a' is no number; is this the line of names"),
        ("1,2\n3,4\n", {}, "the first line of .* has numbers alone.*write header=False"),
        ("a,b\n", {}, "there are no examples in"),
        ("", {}, "is empty"),
        ("\n \n\n", {}, "is empty"),
        ('a,b\n1,"2\n', {}, "line 2: unexpected end of data"),
        (b"a,b\n1,2\n3,\xff\n", {}, "is no text in UTF-8.*save it as UTF-8"),
        (b"\xff\xfea\0,\0b\0\n\0", {}, "is no text in UTF-8"),
        ("a,b\n1,2\n3\0,4\n", {}, "line 3"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_by_file_line_and_column(text: Any, options: Any, said: str, path: Path) -> None:
    with pytest.raises(ag.DataError, match=said) as caught:
        read(path, text, **options)
    assert str(caught.value).startswith("read_csv: ") and str(path) in str(caught.value)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"target": "knd"}, r"no column of .* is called 'knd': did you mean 'kind'\?"),
        ({"target": "zzz"}, r"is called 'zzz': there are \['length', 'width', 'kind'\]"),
        ({"target": 3}, "there is no column 3 of 3"),
        ({"target": -4}, "there is no column -4 of 3"),
        ({"target": 1.0}, "target is the name or the number of a column, not 1.0"),
        ({"target": True}, "not True"),
        ({"target": None}, "not None"),
        ({"columns": "length"}, "columns is a list of names or numbers"),
        ({"columns": []}, "columns are those of x, at least one"),
        ({"columns": [0, "length"]}, "each once"),
        ({"columns": ["kind"]}, "and not the target"),
        ({"columns": ["lenght"]}, "did you mean 'length'"),
        ({"delimiter": ", "}, "delimiter is one character"),
        ({"delimiter": "\n"}, "delimiter is one character"),
        ({"header": False, "target": "kind"}, "without header=True columns have numbers alone"),
        ({"dtype": int}, "a floating-point dtype is needed"),
        ({"limit": 0}, "limit must be a whole number of at least 1"),
    ],
    ids=str,
)
def test_what_it_is_not_called_with(options: dict[str, Any], said: str, path: Path) -> None:
    path.write_text(FLOWERS)
    with pytest.raises(ag.AutogradError, match=said):
        nn.read_csv(path, **{"target": "kind", **options})


def test_two_columns_of_a_name_are_told_apart_by_their_numbers(path: Path) -> None:
    with pytest.raises(ag.ArgumentError, match="several columns are called 'a': give its number"):
        read(path, "a,a\n1,2\n", "a")
    assert read(path, "a,a\n1,2\n", 1).y.tolist() == [2]


def test_a_file_that_cannot_be_read(path: Path) -> None:
    with pytest.raises(ag.FileError, match=f"cannot read {path}: No such file"):
        nn.read_csv(path, 0)
    with pytest.raises(ag.FileError, match="it has 81 bytes, more than the 80 that are read"):
        read(path, FLOWERS[:81], limit=80)
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 2**22)
    tracemalloc.start()
    with pytest.raises(ag.FileError, match="it unpacks to more than the 100,000 bytes"):
        read(path, bomb, limit=100_000)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()
    with pytest.raises(ag.FileError, match="it ends too early"):
        read(path, gzip.compress(FLOWERS.encode())[:-9])


def test_one_long_word_among_many_short_takes_no_room_of_its_own(path: Path) -> None:
    text = "a,b\n" + "1,x\n" * 20_000 + "1," + "y" * 100_000 + "\n"
    tracemalloc.start()
    table = read(path, text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert table.y.sum() == 1
    assert peak < 2**24  # as an array of text it would be 8 GB


def test_one_line_without_end_and_words_without_number_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nn.data.tables._LONGEST_LINE", 100)
    with pytest.raises(ag.DataError, match=r"some.csv, line 1: it has more than 100 characters"):
        read(path, "a," * 51 + "b\n1,2\n")
    with pytest.raises(ag.DataError, match=r"some.csv, line 3: it has more than 100 characters"):
        read(path, "a,b\n1,2\n1," + "2" * 99 + "\n")
    monkeypatch.setattr("nn.data.tables._MOST_CLASSES", 50)
    fifty = "a,b\n" + "".join(f"1,w{i}\n" for i in range(50))
    assert len(read(path, fifty * 1 + "1,w0\n").classes or ()) == 50
    with pytest.raises(ag.DataError, match=r"some.csv: the target has more than 50 different words"):
        read(path, fifty + "1,w50\n")
    assert read(path, "a,b\n" + "".join(f"1,{i}.5\n" for i in range(99))).y.shape == (99,)


def test_numbers_have_the_bits_that_python_gives_them(path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(50, 2)) * 10.0 ** np.arange(-24, 26)[:, None]
    text = "\n".join(",".join(map(repr, map(float, row))) for row in numbers)
    table = read(path, text, header=False, dtype=float)
    assert table.x.tobytes() == numbers[:, :1].tobytes()
    assert table.y.tobytes() == numbers[:, 1].tobytes()


def test_damaged_text_gives_a_table_or_an_exception_that_names_the_file(path: Path) -> None:
    rng = np.random.default_rng(5)
    whole = FLOWERS.encode()
    refused = 0
    for _ in range(600):
        damaged = bytearray(whole[: rng.integers(len(whole) + 1)] if rng.random() < 0.3 else whole)
        for place in rng.integers(0, max(1, len(damaged)), rng.integers(1, 4)):
            if damaged:
                damaged[place] = rng.integers(256) if rng.random() < 0.5 else damaged[place] ^ 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            table = nn.read_csv(path, -1)
        except ag.DataError as error:
            refused += str(path) in str(error)
            continue
        assert np.isfinite(table.x).all() and len(table.x) == len(table.y) > 0
        assert table.x.shape[1] == len(table.columns)
    assert 100 < refused < 600
