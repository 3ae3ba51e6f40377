"""`Dataset` and `DataLoader`: what batches are, what they come from, and that a loop goes on where it was."""

from __future__ import annotations

import copy
import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

X = np.arange(46, dtype=np.float32).reshape(23, 2)
Y = np.arange(23)
ahead = pytest.mark.parametrize("prefetch", [0, 1, 3], ids=["plain", "prefetch 1", "prefetch 3"])


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    if not set(threading.enumerate()) <= before:
        gc.collect()
    assert set(threading.enumerate()) <= before


def labels(loader: Any) -> list[list[int]]:
    return [y.tolist() for _, y in loader]


def same(a: Any, b: Any) -> bool:
    return [tuple(part.tobytes() for part in batch) for batch in a] == [
        tuple(part.tobytes() for part in batch) for batch in b
    ]


# Dataset.


@pytest.mark.parametrize(
    "index",
    [3, -1, np.int64(4), slice(2, 9, 3), [1, 1, 0], np.array([], int), [], Y % 2 == 0, np.array([5], np.uint8)],
    ids=str,
)
def test_an_index_gives_what_numpy_gives_and_a_copy(index: Any) -> None:
    x, y = nn.Dataset(X, Y)[index]
    plain = index if not isinstance(index, list) or index else np.array([], int)
    np.testing.assert_array_equal(x, X[plain])
    np.testing.assert_array_equal(y, Y[plain])
    assert x.dtype == X.dtype
    assert not np.shares_memory(x, X) and not np.shares_memory(y, Y)


@pytest.mark.parametrize(
    "index",
    [
        23,
        -24,
        [0, 23],
        1.5,
        "a",
        (0, 1, 2, 99),
        np.ones(3, bool),
        [[0, 1]],
        None,
        np.ma.array([0, 1], mask=[True, False]),
    ],
)
def test_an_index_that_does_not_fit(index: Any) -> None:
    with pytest.raises(ag.IndexingError, match=r"^Dataset: "):
        nn.Dataset(X, Y)[index]


@pytest.mark.parametrize(
    "x, y, said",
    [
        (X, Y[:-1], "there are 23 examples in x and 22 in y"),
        (X[:0], Y[:0], r"x has shape \(0, 2\): there are no examples"),
        (X, 3.0, r"y has shape \(\)"),
        (X.astype(complex), Y, "x has dtype complex128; real numbers"),
        (X, np.array(["a"] * 23), "y has dtype <U1"),
        (np.ma.masked_equal(X, 3), Y, "x is masked"),
        ([[1.0], [1.0, 2.0]], [0, 1], "x is no array of numbers"),
    ],
    ids=["lengths", "empty", "scalar", "complex", "text", "masked", "ragged"],
)
def test_what_is_no_data_set(x: Any, y: Any, said: str) -> None:
    with pytest.raises(ag.DataError, match=f"^Dataset: {said}"):
        nn.Dataset(x, y)
    with pytest.raises(ag.ArgumentError, match=r"Dataset\(x, y\)"):
        nn.Dataset(X)


def test_tensors_lists_and_other_layouts_are_taken() -> None:
    for x in (ag.tensor(X), X.tolist(), np.asfortranarray(X), X.astype(">f4"), X[::-1][::-1]):
        found, _ = nn.Dataset(x, Y)[[4, 2]]
        np.testing.assert_array_equal(found, X[[4, 2]])
        assert found.dtype.isnative and found.flags.c_contiguous


def test_a_subset_of_a_subset_reads_nothing_and_indexes_as_a_copy_would() -> None:
    part = nn.Dataset(X, Y).subset(Y % 2 == 1).subset(slice(None, None, -1))
    assert len(part) == 11
    assert part.x is X
    np.testing.assert_array_equal(part[:][1], Y[1::2][::-1])
    np.testing.assert_array_equal(part[[0, -1]][0], X[[21, 1]])
    with pytest.raises(ag.IndexingError, match="no example 11 among 11"):
        part[11]
    with pytest.raises(ag.DataError, match="at least one example"):
        part.subset([])
    assert repr(part) == "Dataset of 11 examples: x (2,) float32, y () int64"


def test_a_loop_over_a_data_set_gives_examples() -> None:
    assert [int(y) for _, y in nn.Dataset(X[:3], Y[:3])] == [0, 1, 2]  # type: ignore[attr-defined]


# Batches of examples.


class Squares:
    """A data set of one's own."""

    def __init__(self, length: int = 7) -> None:
        self.length = length
        self.asked: list[Any] = []

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, indices: np.ndarray) -> tuple[Any, Any]:
        self.asked.append(indices)
        return indices.astype(np.float32)[:, None], indices**2


@ahead
def test_batches_in_order(prefetch: int) -> None:
    loader = nn.DataLoader((X, Y), 10, prefetch=prefetch)
    for _ in range(2):
        assert labels(loader) == [[*range(10)], [*range(10, 20)], [20, 21, 22]]
    assert (len(loader), loader.examples) == (3, 23)
    np.testing.assert_array_equal(np.concatenate([x for x, _ in loader]), X)


@ahead
def test_drop_last_leaves_out_the_smaller_batch(prefetch: int) -> None:
    loader = nn.DataLoader((X, Y), 10, drop_last=True, prefetch=prefetch)
    assert labels(loader) == [[*range(10)], [*range(10, 20)]]
    assert (len(loader), loader.examples) == (2, 20)
    assert len(labels(nn.DataLoader((X[:20], Y[:20]), 10, drop_last=True))) == 2


@ahead
def test_every_epoch_has_a_new_order_of_all_examples_and_the_seed_decides_it(prefetch: int) -> None:
    loader = nn.DataLoader((X, Y), 10, shuffle=True, rng=5, prefetch=prefetch)
    first, second = ([label for batch in labels(loader) for label in batch] for _ in range(2))
    assert sorted(first) == sorted(second) == [*range(23)]
    rng = np.random.default_rng(5)
    assert (first, second) == (rng.permutation(23).tolist(), rng.permutation(23).tolist())
    for x, y in loader:
        np.testing.assert_array_equal(x, X[y])


def test_the_order_is_that_of_fit() -> None:
    def trained(data: Any) -> list[Any]:
        model = nn.MLP([2, 2], rng=0)
        seen: list[Any] = []

        def cost(output: ag.Tensor, y: Any) -> ag.Tensor:
            seen.append(np.asarray(y).copy())
            return nn.quadratic_cost(output, y)

        nn.fit(model, cost, data, nn.SGD(model.parameters(), 0.1), 2, 10, rng=3, progress=False, compile=False)
        return seen

    loader = nn.DataLoader((X, X), 10, shuffle=True, rng=3)
    assert same([(y,) for y in trained((X, X))], [(y,) for _ in range(2) for _, y in loader])


def test_a_data_set_of_ones_own_is_asked_for_indices() -> None:
    own = Squares()
    loader = nn.DataLoader(own, 3, shuffle=True, rng=0)
    assert sorted(label for batch in labels(loader) for label in batch) == [0, 1, 4, 9, 16, 25, 36]
    assert [len(each) for each in own.asked] == [3, 3, 1]
    own.asked[0][:] = 0  # it may do with them what it likes
    assert sorted(label for batch in labels(loader) for label in batch) == [0, 1, 4, 9, 16, 25, 36]


def test_batches_are_the_users_to_write_into() -> None:
    loader = nn.DataLoader((X, Y), 23)
    for x, y in loader:
        x[:] = -1
        y[:] = -1
    assert X.max() == 45 and Y.max() == 22


@pytest.mark.parametrize(
    "options, said",
    [
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, not 0"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"batch_size": None}, "examples need a batch_size"),
        ({"prefetch": -1}, "prefetch must be a whole number of at least 0"),
        ({"drop_last": True, "batch_size": 24}, "drop_last leaves nothing of 23 examples in batches of 24"),
        ({"transform": 3}, "a transform is a function of x and y"),
        ({"data": (X, Y, Y)}, r"a tuple is a pair \(x, y\), and this has 3"),
        ({"data": (X, Y[1:])}, "23 examples in x and 22 in y"),
        ({"data": X}, r"data is a pair \(x, y\), an nn.Dataset, an iterable.*not ndarray"),
        ({"data": ag.tensor(X)}, "not Tensor"),
        ({"data": {"x": X}}, "not dict"),
        ({"data": "digits"}, "not str"),
        ({"data": 7}, "not int"),
        ({"data": Squares(0)}, "there are no examples"),
        ({"data": [(X, Y)]}, "batch_size is for examples"),
        ({"data": [(X, Y)], "batch_size": None, "shuffle": True}, "shuffle is for examples"),
        ({"data": [(X, Y)], "batch_size": None, "drop_last": True}, "drop_last is for examples"),
        ({"rng": "now", "shuffle": True}, "rng is a numpy.random.Generator"),
        ({"shuffle": "no"}, "shuffle must be True or False, not 'no'"),
        ({"drop_last": None}, "drop_last must be True or False"),
        ({"num_workers": 2}, r"DataLoader\(data, batch_size=…, shuffle=…"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_loader_refuses(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ag.AutogradError, match=said):
        nn.DataLoader(**{"data": (X, Y), "batch_size": 10, **options})


# Batches as they come.


def two() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    yield X[:3], Y[:3]
    yield X[3:5], Y[3:5]


@ahead
@pytest.mark.parametrize("data", [two, [*two()], lambda: [*two()]], ids=["generator function", "list", "function"])
def test_an_iterable_of_batches_is_gone_through_in_every_epoch(data: Any, prefetch: int) -> None:
    loader = nn.DataLoader(data, prefetch=prefetch)
    for _ in range(2):
        assert labels(loader) == [[0, 1, 2], [3, 4]]
    assert loader.examples is None


def test_how_many_batches_there_are_is_said_where_it_is_known() -> None:
    assert len(nn.DataLoader([*two()])) == 2
    with pytest.raises(ag.ArgumentError, match="how many batches there are is known only when"):
        len(nn.DataLoader(two))


@ahead
def test_a_generator_goes_through_its_data_once_and_says_so(prefetch: int) -> None:
    loader = nn.DataLoader(two(), prefetch=prefetch)
    assert labels(loader) == [[0, 1, 2], [3, 4]]
    with pytest.raises(ag.DataError, match=r"a generator goes through its data once.*give the function that makes it"):
        labels(loader)


def test_an_array_that_a_generator_fills_again_is_not_seen_to_change() -> None:
    def filling() -> Iterator[Any]:
        x = np.zeros(2)
        for i in range(6):
            x[:] = i
            yield x, x

    for prefetch in (0, 3):
        assert [y.tolist() for _, y in list(nn.DataLoader(filling, prefetch=prefetch))] == [[i, i] for i in range(6)]


@ahead
@pytest.mark.parametrize(
    "batches, said",
    [
        ([], "the data gave no batch at all"),
        ([(X, Y), X[0, 0]], r"batch 2 is no pair \(x, y\), but float32"),
        ([(X, Y), None], r"batch 2 is no pair \(x, y\), but NoneType"),
        ([X, Y], r"batch 1 is no pair \(x, y\), but ndarray.*x and y as one data set are a tuple"),
        ([(X, Y[:-2])], "batch 1 has 23 examples in x and 21 in y"),
        ([(X, Y), (X[:0], Y[:0])], r"batch 2: x has shape \(0, 2\)"),
        ([(X[0], 3)], r"batch 1: y is a number, 3: an iterable gives batches of examples, not single ones"),
        ([(X, ["a"] * 23)], "batch 1: y is no array of numbers"),
        ([(np.ma.masked_equal(X, 0), Y)], "batch 1: x is masked"),
        ([(X, Y), (np.where(X == 5, np.nan, X), Y)], "batch 2: x has a value that is not finite, first in its row 2"),
    ],
    ids=["none", "number", "None", "list of two", "lengths", "empty", "one example", "text", "masked", "nan"],
)
def test_a_batch_that_is_none_is_named_when_it_is_its_turn(batches: list[Any], said: str, prefetch: int) -> None:
    given: list[Any] = []
    with pytest.raises(ag.DataError, match=f"(?s)^DataLoader: {said}"):
        given.extend(nn.DataLoader(batches, prefetch=prefetch))
    assert len(given) == (1 if "batch 2" in said else 0)


@ahead
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_by_batch_and_example(value: float, prefetch: int) -> None:
    x = X.copy()
    x[17, 1] = value
    loader = nn.DataLoader((x, Y), 4, shuffle=True, rng=0, prefetch=prefetch)
    number = np.random.default_rng(0).permutation(23).tolist().index(17) // 4 + 1
    said = f"batch {number}: x has a value that is not finite, first in example 17 of the data"
    with pytest.raises(ag.DataError, match=said):
        labels(loader)
    filled = nn.DataLoader((x, Y), 4, transform=lambda x, y: (np.nan_to_num(x), y))
    assert sum(len(y) for _, y in filled) == 23


# Memory-mapped arrays.

BIGGER = """
import resource, sys
import numpy as np
import nn
order, rows = sys.argv[2], int(sys.argv[3])
x = np.memmap(sys.argv[1], np.float32, "r", shape=(rows, 2**29 // rows), order=order)
y = np.memmap(sys.argv[1], np.uint8, "r", shape=(rows,))
resource.setrlimit(resource.RLIMIT_DATA, (2**28, 2**28))
loader = nn.DataLoader((x, y), 64, shuffle=True, rng=0, prefetch=2)
seen = 0
for a, b in loader:
    assert a.shape == (64, 2**29 // rows)
    seen += 1
    if seen == 2:
        break
print(seen, len(loader))
"""


@pytest.mark.parametrize("order, rows", [("C", 2**21), pytest.param("F", 2**23, marks=pytest.mark.slow)])
def test_a_memory_mapped_array_of_2_gib_is_read_by_batches_in_256_mib(order: str, rows: int, tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    with open(path, "wb") as file:
        file.truncate(2**31)  # a file with a hole, which takes no room
    root = str(Path(nn.__file__).parents[1])
    ran = subprocess.run(
        [sys.executable, "-c", BIGGER, str(path), order, str(rows)],
        capture_output=True, text=True, check=False, timeout=60, cwd=root,
    )  # fmt: skip
    assert ran.stdout.split() == ["2", str(rows // 64)], ran.stderr


def test_batches_of_a_memory_mapped_file_are_those_of_the_array(tmp_path: Path) -> None:
    for dtype in ("<f4", ">f4"):
        np.save(tmp_path / "x.npy", X.astype(dtype))
        mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
        assert same(nn.DataLoader((mapped, Y), 5, True, 3), nn.DataLoader((X, Y), 5, True, 3))


# Transforms.


def twice(x: np.ndarray, y: np.ndarray) -> Any:
    return 2 * x, y


def noise(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Any:
    return x + rng.normal(size=x.shape), y


@ahead
def test_transforms_are_done_in_turn(prefetch: int) -> None:
    loader = nn.DataLoader((X, Y), 5, transform=[twice, lambda x, y: (x + 1, -y)], prefetch=prefetch)
    np.testing.assert_array_equal(np.concatenate([x for x, _ in loader]), 2 * X + 1)
    np.testing.assert_array_equal(np.concatenate([y for _, y in loader]), -Y)


def test_a_transform_that_draws_gets_other_numbers_in_every_batch_and_epoch_and_the_order_is_as_without() -> None:
    loader = nn.DataLoader((X, Y), 5, True, 7, transform=noise)
    first, second = list(loader), list(loader)
    assert [y.tolist() for _, y in first] == labels(nn.DataLoader((X, Y), 5, True, 7))
    drawn = [x[0, 0] - X[y[0], 0] for x, y in first + second]
    assert len(set(drawn)) == len(drawn)
    for prefetch in (0, 1, 4):
        again = nn.DataLoader((X, Y), 5, True, 7, transform=noise, prefetch=prefetch)
        assert same(again, first) and same(again, second)


@ahead
def test_what_a_transform_raises_comes_out_with_a_note_of_the_batch(prefetch: int) -> None:
    def failing(x: Any, y: Any) -> Any:
        if 12 in y:
            raise KeyError("twelve")
        return x, y

    seen: list[Any] = []
    with pytest.raises(KeyError, match="twelve") as caught:
        seen.extend(nn.DataLoader((X, Y), 5, transform=failing, prefetch=prefetch))
    assert len(seen) == 2
    assert caught.value.__notes__ == ["DataLoader: while transforming batch 3"]
    with pytest.raises(ag.DataError, match="batch 1, transformed has 5 examples in x and 4 in y"):
        labels(nn.DataLoader((X, Y), 5, transform=lambda x, y: (x, y[1:]), prefetch=prefetch))
    with pytest.raises(ag.DataError, match="batch 1, transformed is no pair"):
        labels(nn.DataLoader((X, Y), 5, transform=lambda x, y: x[:, 0], prefetch=prefetch))


# The thread.


def test_a_thread_makes_batches_in_advance_and_no_more_than_it_may() -> None:
    made: list[int] = []

    def counting() -> Iterator[Any]:
        for i in range(20):
            made.append(i)
            yield X, Y

    loop = iter(nn.DataLoader(counting, prefetch=3))
    assert made == []
    next(loop)
    until = time.monotonic() + 10
    while len(made) < 4 and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(0.05)
    assert len(made) == 4
    next(loop)
    del loop


def divided(loop: Any) -> None:
    for _ in loop:
        1 / 0  # noqa: B018


@pytest.mark.parametrize("stop", ["break", "raise", "close", "drop", "end"])
def test_the_thread_has_ended_when_the_loop_has(stop: str) -> None:
    closed: list[bool] = []

    def endless() -> Iterator[Any]:
        try:
            for _ in range(50):
                yield X, Y
        finally:
            closed.append(True)

    before = threading.active_count()
    loop: Any = iter(nn.DataLoader(endless, prefetch=2))
    next(loop)
    assert threading.active_count() == before + 1
    if stop == "break":
        for _ in loop:
            break
    elif stop == "raise":
        with pytest.raises(ZeroDivisionError):
            divided(loop)
    elif stop == "end":
        assert len(list(loop)) == 49
    elif stop == "close":
        loop.close()
        assert threading.active_count() == before
    del loop
    assert threading.active_count() == before
    assert closed == [True]


def test_a_program_that_leaves_a_loop_open_ends() -> None:
    code = (
        "import numpy as np, nn\n"
        "loop = iter(nn.DataLoader((np.ones((9, 1)), np.ones(9)), 1, prefetch=2))\n"
        "next(loop)\n"
        "print('done')"
    )
    root = str(Path(nn.__file__).parents[1])
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30, cwd=root
    )
    assert (ran.stdout.strip(), ran.stderr, ran.returncode) == ("done", "", 0)


def test_the_thread_keeps_to_what_numpy_was_told_of_errors() -> None:
    def dividing(x: Any, y: Any) -> Any:
        return x / 0, y

    with np.errstate(divide="raise", invalid="raise"), pytest.raises(FloatingPointError):
        labels(nn.DataLoader((X, Y), 5, transform=dividing, prefetch=2))


# Going on.

SOURCES: dict[str, Any] = {
    "shuffled": lambda: nn.DataLoader((X, Y), 5, True, 11),
    "drawing": lambda: nn.DataLoader((X, Y), 5, True, 11, transform=noise),
    "ahead": lambda: nn.DataLoader((X, Y), 5, True, 11, transform=noise, prefetch=3),
    "in order": lambda: nn.DataLoader((X, Y), 5),
    "dropping": lambda: nn.DataLoader((X, Y), 5, True, 11, drop_last=True),
    "iterable": lambda: nn.DataLoader([(X[i:], Y[i:]) for i in range(5)]),
    "iterable, drawing": lambda: nn.DataLoader([(X[i:], Y[i:]) for i in range(5)], rng=1, transform=noise, prefetch=2),
    "own": lambda: nn.DataLoader(Squares(), 2, True, np.random.Generator(np.random.MT19937(3))),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_loop_goes_on_to_the_byte_wherever_it_was_cut(kind: str) -> None:
    make = SOURCES[kind]
    whole = make()
    batches = [batch for _ in range(3) for batch in whole]
    epoch = len(whole)
    for cut in range(2 * epoch + 1):
        first, given, state = make(), [], None
        for _ in range(3):
            for batch in first:
                given.append(batch)
                if len(given) == cut:
                    state = first.state_dict()
                    break
            if len(given) == cut:
                break
        state = first.state_dict() if cut == 0 else state
        if state is None:
            continue
        second = make()
        if second.rng is not None:
            second.rng.random(5)  # whatever it has drawn before
        second.load_state_dict(copy.deepcopy(state))
        while len(given) < len(batches):
            given += list(second)
        assert same(given[: len(batches)], batches)


def test_without_the_state_of_the_generator_the_next_epoch_is_another() -> None:
    first = SOURCES["shuffled"]()
    list(first)
    second = SOURCES["shuffled"]()
    state = {**first.state_dict(), "rng": np.random.default_rng(99).bit_generator.state}
    second.load_state_dict(state)
    assert not same(list(first), list(second))


def test_a_state_is_of_what_was_given_not_of_what_a_thread_has_made() -> None:
    loop = iter(loader := nn.DataLoader((X, Y), 2, True, 0, prefetch=5))
    for expected in range(1, 4):
        next(loop)
        time.sleep(0.01)
        assert loader.state_dict()["position"] == expected
    del loop


def test_a_state_between_epochs_begins_a_new_one_and_one_at_the_end_has_nothing_left() -> None:
    loader = SOURCES["shuffled"]()
    for _ in loader:
        state = loader.state_dict()
    assert loader.state_dict()["position"] is None
    assert state["position"] == 5
    loader.load_state_dict(state)
    assert labels(loader) == []
    assert len(labels(loader)) == 5


def test_a_loop_that_was_left_is_followed_by_a_new_epoch() -> None:
    loader = SOURCES["shuffled"]()
    for _ in loader:
        break
    assert len(labels(loader)) == 5


def test_a_state_is_plain_and_its_own() -> None:
    loader = SOURCES["shuffled"]()
    next(iter(loader))
    state = loader.state_dict()
    order = state["order"].copy()
    plain = json.loads(json.dumps({**state, "order": state["order"].tolist()}))
    state["order"][:] = 0
    assert loader.state_dict()["order"].tolist() == order.tolist()
    loader.load_state_dict(plain)
    plain["order"][:] = [0] * 23
    assert loader.state_dict()["order"].tolist() == order.tolist()


@pytest.mark.parametrize(
    "change, said",
    [
        ({"examples": 22}, "examples was 22, and is 23 here"),
        ({"batch_size": 4}, "batch_size was 4, and is 5 here"),
        ({"position": 6}, "position is 6, of 5 batches"),
        ({"position": -1}, "position is -1"),
        ({"position": 1.5}, "position is 1.5"),
        ({"position": None}, "order: no position"),
        ({"order": None}, "order is none of 23 examples"),
        ({"order": np.zeros(23, int)}, "order is none of 23 examples"),
        ({"order": np.arange(22)}, "order is none of 23 examples"),
        ({"order": np.arange(23.0)}, "order is none of 23 examples"),
        ({"order": np.arange(1, 24)}, "order is none of 23 examples"),
        ({"seed": 3}, "seed is 3"),
        ({"rng": None}, "rng is no state of PCG64"),
        ({"rng": {"bit_generator": "MT19937"}}, "rng is no state of PCG64"),
        ({"rng": "state"}, "rng is no state of PCG64"),
        ({"more": 1}, "unexpected: more"),
        ({"examples": 3, "batch_size": 2, "position": -4}, "examples was 3.*batch_size was 2.*position is -4"),
    ],
    ids=str,
)
def test_a_state_of_another_loader_changes_nothing(change: dict[str, Any], said: str) -> None:
    loader = SOURCES["shuffled"]()
    next(iter(loader))
    before = loader.state_dict()
    with pytest.raises(ag.ArgumentError, match=said):
        loader.load_state_dict({**before, **change})
    after = loader.state_dict()
    assert json.dumps({**after, "order": after["order"].tolist()}) == json.dumps(
        {**before, "order": before["order"].tolist()}
    )
    with pytest.raises(ag.ArgumentError, match="missing: examples; missing: batch_size"):
        loader.load_state_dict({})
    with pytest.raises(ag.ArgumentError, match="a state is a dictionary"):
        loader.load_state_dict(None)  # type: ignore[arg-type]


def test_batches_stay_on_their_device(world: Any) -> None:
    x, y = world.asarray(X), world.asarray(Y)
    loader = nn.DataLoader((x, y), 5, True, 0)
    for a, b in loader:
        assert isinstance(a, world.array_type) and isinstance(b, world.array_type)
    expected = np.concatenate([a for a, _ in nn.DataLoader((X, Y), 5, True, 0)])
    found = np.concatenate([world.to_numpy(a) for a, _ in nn.DataLoader((x, y), 5, True, 0)])
    np.testing.assert_array_equal(found, expected)


# In training.


def trained(data: Any, **options: Any) -> tuple[dict[str, bytes], nn.History]:
    model = nn.MLP([2, 5, 4], rng=0)
    history = nn.fit(
        model, nn.quadratic_cost, data, nn.SGD(model.parameters(), 0.5), 3, progress=False, validation=VALIDATION,
        **options,
    )  # fmt: skip
    return {path: value.tobytes() for path, value in model.state_dict().items()}, history


SCALED = (X - X.mean(0)) / X.std(0)
TARGETS = np.eye(4, dtype=np.float32)[Y % 4]
VALIDATION = SCALED[:8], TARGETS[:8]


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@ahead
def test_fit_gives_the_same_bits_from_a_pair_a_loader_and_a_thread(prefetch: int, compiled: bool) -> None:
    expected = trained((SCALED, TARGETS), batch_size=5, rng=3, compile=True)
    loader = nn.DataLoader((SCALED, TARGETS), 5, shuffle=True, rng=3, prefetch=prefetch)
    assert trained(loader, compile=compiled) == expected
    data = nn.Dataset(np.concatenate([SCALED, SCALED]), np.concatenate([TARGETS, TARGETS])).subset(slice(23))
    assert trained(data, batch_size=5, rng=3, compile=compiled) == expected


def test_fit_trains_on_what_a_table_a_split_and_transforms_give(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    points = rng.normal([[0, 5]] * 60 + [[40, 9]] * 60, [3, 1])
    lines = [f"{a},{b},{'low' if i < 60 else 'high'}" for i, (a, b) in enumerate(points)]
    (tmp_path / "points.csv").write_text("a,b,kind\n" + "\n".join(lines))
    table = nn.read_csv(tmp_path / "points.csv", "kind")
    train, test = nn.split((table.x, nn.one_hot(table.y, 2)), 0.25, rng=0)
    standardizer = nn.Standardizer(train)
    loader = nn.DataLoader(train, 10, shuffle=True, rng=0, transform=standardizer)
    held_out = nn.DataLoader(test, 30, transform=standardizer)
    model = nn.MLP([2, 4, 2], rng=0)
    history = nn.fit(
        model, nn.quadratic_cost, loader, nn.SGD(model.parameters(), 2.0), 15, validation=held_out, progress=False
    )
    assert history.accuracy[-1] == 1
