"""Standardising, one-hot rows, shifted images, and parts of a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

X = np.random.default_rng(0).normal(3, 2, (40, 3)).astype(np.float32)
Y = np.arange(40) % 4

# Standardising.


def test_columns_get_mean_0_and_deviation_1_by_training_data_alone() -> None:
    standardizer = nn.Standardizer(X[:30])
    mean, deviation = X[:30].astype(float).mean(0), X[:30].astype(float).std(0)
    np.testing.assert_allclose(standardizer.mean, mean[None], rtol=1e-14)
    np.testing.assert_allclose(standardizer.deviation, deviation[None], rtol=1e-14)
    np.testing.assert_allclose(standardizer(X[30:]), (X[30:] - mean) / deviation, rtol=1e-6)
    np.testing.assert_allclose(standardizer.inverse(standardizer(X)), X, rtol=1e-6)
    assert standardizer(X).dtype == np.float32
    assert standardizer(X.astype(float)).dtype == np.float64
    assert standardizer(X.astype(int)).dtype == np.float32


@pytest.mark.parametrize("axis, shape", [(0, (1, 3, 4, 5)), (None, (1, 1, 1, 1)), ((0, 2, 3), (1, 3, 1, 1)),
                                         ((0, -1), (1, 3, 4, 1))])  # fmt: skip
def test_axes_that_share_a_mean(axis: Any, shape: Any) -> None:
    images = np.random.default_rng(1).normal(size=(6, 3, 4, 5))
    standardizer = nn.Standardizer(images, axis)
    assert standardizer.mean.shape == standardizer.deviation.shape == shape
    axes = tuple(range(4)) if axis is None else axis
    np.testing.assert_allclose(standardizer.mean, images.mean(axes, keepdims=True), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(standardizer.deviation, images.std(axes, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("value", [0.1, 1e-30, 7e20, -3.0, 0.0])
def test_what_never_changes_becomes_0(value: float) -> None:
    x = np.full((1000, 2), value)
    x[:, 1] = np.arange(1000)
    standardizer = nn.Standardizer(x)
    assert (standardizer(x)[:, 0] == 0).all()
    assert standardizer.deviation[0, 0] == 1


def test_it_reads_some_rows_at_a_time_with_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(2).normal(1e6, 1, (1000, 4))
    expected = nn.Standardizer(x)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    monkeypatch.setattr("nn.data.transforms._ELEMENTS", 28)
    for data in (mapped, (mapped, np.arange(1000)), nn.Dataset(mapped, np.arange(1000))):
        found = nn.Standardizer(data)
        np.testing.assert_allclose(found.mean, x.mean(0)[None], rtol=1e-15)
        np.testing.assert_allclose(found.deviation, expected.deviation, rtol=1e-9)
        np.testing.assert_allclose(found.deviation, x.std(0)[None], rtol=1e-9)


def test_it_is_a_transform_of_a_loader() -> None:
    loader = nn.DataLoader((X, Y), 7, transform=nn.Standardizer(X))
    x = np.concatenate([x for x, _ in loader])
    np.testing.assert_allclose(x.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(x.std(0), 1, rtol=1e-6)


def test_its_state_is_saved_and_put_back() -> None:
    first, second = nn.Standardizer(X), nn.Standardizer(np.zeros((1, 3)))
    state = first.state_dict()
    second.load_state_dict(state)
    assert second(X).tobytes() == first(X).tobytes()
    state["mean"][:] = 9
    assert second(X).tobytes() == first(X).tobytes()
    for bad in (None, {}, {"mean": [0.0]}, {"mean": [[0.0]], "deviation": [[0.0]]}, {"mean": [0.0], "deviation": [[1]]},
                {"mean": [[np.nan]], "deviation": [[1.0]]}, {"mean": [["a"]], "deviation": [[1.0]]}):  # fmt: skip
        with pytest.raises((ag.ArgumentError, ag.DataError), match="Standardizer"):
            second.load_state_dict(bad)  # type: ignore[arg-type]
        assert second(X).tobytes() == first(X).tobytes()


@pytest.mark.parametrize(
    "data, axis, said",
    [
        (X[:0], 0, "there are no examples"),
        (np.where(X[7, 1] == X, np.nan, X), 0, "example 7 has a value that is not finite"),
        (X, 1, "axis is 0"),
        (X, (0, 0), "axis is 0"),
        (X, 5, "axis is 0"),
        (X, "rows", "axis must be a whole number"),
        ((X, Y, Y), 0, "a tuple is a pair"),
        ("abc", 0, "no array of numbers"),
        (np.ma.masked_equal(X, 0), 0, "masked"),
    ],
    ids=["empty", "nan", "not 0", "twice", "beyond", "word", "three", "text", "masked"],
)
def test_what_cannot_be_standardised(data: Any, axis: Any, said: str) -> None:
    with pytest.raises(ag.AutogradError, match=said):
        nn.Standardizer(data, axis)


def test_x_of_another_shape_is_refused() -> None:
    for wrong in (X[:, :2], X[0], X[:, :, None]):
        with pytest.raises(ag.ShapeError, match=r"x has shape .* and mean and deviation \(1, 3\)"):
            nn.Standardizer(X)(wrong)


# One-hot rows.


def test_one_hot_rows() -> None:
    for labels in ([2, 0, 1], np.array([2, 0, 1], np.uint8), np.array([2.0, 0.0, 1.0]), ag.tensor([2, 0, 1])):
        found = nn.one_hot(labels, 3)
        np.testing.assert_array_equal(found, np.eye(3)[[2, 0, 1]])
        assert found.dtype == np.float32
    assert nn.one_hot([1], 2, float).dtype == np.float64


@pytest.mark.parametrize(
    "labels, said",
    [
        ([0, 3], "the label of example 1 is 3, and 3 classes are 0 to 2"),
        ([0, -1, 5], "the label of example 1 is -1"),
        ([0.0, 0.5], "the label of example 1 is 0.5"),
        ([np.nan], "the label of example 0 is nan"),
        ([[0, 1]], r"labels have shape \(n,\), and these \(1, 2\)"),
        (["a"], "no array of numbers"),
    ],
    ids=str,
)
def test_what_is_no_label(labels: Any, said: str) -> None:
    with pytest.raises(ag.AutogradError, match=said):
        nn.one_hot(labels, 3)


# Shifted images.


def test_images_as_they_are_and_moved_in_four_directions() -> None:
    rng = np.random.default_rng(3)
    images = rng.integers(1, 9, (4, 5, 6)).astype(np.float32)
    data = nn.shifted((images, Y[:4]))
    x, y = data[:]
    assert len(data) == 20 and x.shape == (20, 5, 6)
    assert y.tolist() == Y[:4].tolist() * 5
    for number, (down, right) in enumerate([(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]):
        expected = np.roll(images, (down, right), (1, 2))
        if down:
            expected[:, 0 if down > 0 else -1] = 0
        if right:
            expected[:, :, 0 if right > 0 else -1] = 0
        np.testing.assert_array_equal(x[4 * number : 4 * number + 4], expected)


@pytest.mark.parametrize("layout", ["rows", "rows, shape said", "channels", "memory mapped", "data set"])
def test_every_layout_of_images(layout: str, tmp_path: Path) -> None:
    images = np.random.default_rng(4).normal(size=(3, 4, 4)).astype(np.float32)
    expected = nn.shifted((images, Y[:3]))[:][0]
    np.save(tmp_path / "x.npy", images)
    made: dict[str, Any] = {
        "rows": ((images.reshape(3, 16), Y[:3]),),
        "rows, shape said": ((images.reshape(3, 16), Y[:3]), (4, 4)),
        "channels": ((images[:, None], Y[:3]),),
        "memory mapped": ((np.load(tmp_path / "x.npy", mmap_mode="r"), Y[:3]),),
        "data set": (nn.Dataset(images, Y[:3]),),
    }
    x, _ = nn.shifted(*made[layout])[:]
    assert x.reshape(expected.shape).tobytes() == expected.tobytes()
    assert x.shape[1:] == {"rows": (16,), "rows, shape said": (16,), "channels": (1, 4, 4)}.get(layout, (4, 4))


def test_indices_of_shifted_images_and_the_users_array_is_left_alone() -> None:
    images = np.random.default_rng(4).normal(size=(3, 16)).astype(np.float32)
    before = images.tobytes()
    data = nn.shifted((images, Y[:3]))
    x, y = data[:]
    some, labels = data[[14, 0, 7]]
    assert some.tobytes() == x[[14, 0, 7]].tobytes() and labels.tolist() == y[[14, 0, 7]].tolist()
    one, label = data[-1]
    assert one.tobytes() == x[14].tobytes() and label == y[14]
    assert images.tobytes() == before
    with pytest.raises(ag.IndexingError, match="no example 15 among 15"):
        data[15]


class Views:
    """A data set of one's own that gives the array itself."""

    def __init__(self, x: np.ndarray) -> None:
        self.x = x

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, indices: np.ndarray) -> Any:
        return self.x[: len(indices)], np.arange(len(indices))


def test_shifting_leaves_the_arrays_of_a_data_set_of_ones_own_alone() -> None:
    images = np.random.default_rng(4).normal(size=(3, 16)).astype(np.float32)
    before = images.tobytes()
    moved, _ = nn.shifted(Views(images))[np.arange(3) + 3]
    assert images.tobytes() == before
    assert moved.tobytes() == nn.shifted((images, np.arange(3)))[3:6][0].tobytes()
    x, _ = next(iter(nn.DataLoader(Views(images), 3, transform=lambda x, y: (np.negative(x, out=x), y))))
    assert images.tobytes() == before == (-x).tobytes()


def test_a_loader_shuffles_shifted_images() -> None:
    images = np.random.default_rng(4).normal(size=(3, 16)).astype(np.float32)
    loader = nn.DataLoader(nn.shifted((images, np.arange(3))), 4, True, 0, prefetch=2)
    labels = np.concatenate([y for _, y in loader])
    assert loader.examples == 15
    assert np.bincount(labels).tolist() == [5, 5, 5]


@pytest.mark.parametrize("x, shape", [(X, None), (X, (2, 2)), (X[:, :, None], (4, 4)), (X[:, 0], None)])
def test_what_are_no_images(x: Any, shape: Any) -> None:
    with pytest.raises(ag.ShapeError, match="which is no image of"):
        nn.shifted((x, Y), shape)


@pytest.mark.parametrize("shape", [4, (2,), (2, 2, 1), "ab", (0, 4), (2.0, 2)])
def test_what_is_no_height_and_width(shape: Any) -> None:
    with pytest.raises(ag.ArgumentError, match="shifted: shape"):
        nn.shifted((np.zeros((2, 4)), Y[:2]), shape)


# Parts.


def parts_of(y: Any, shares: Any, **options: Any) -> list[np.ndarray]:
    """The rows that each part has, read from x."""
    parts = nn.split((np.arange(len(y)), y), shares, **{"rng": 0, **options})
    for part in parts:
        x, labels = part[:]
        np.testing.assert_array_equal(labels, np.asarray(y)[x])
    return [part[:][0] for part in parts]


@pytest.mark.parametrize("shares", [0.2, 0.5, 0.999, [0.7, 0.3], [0.6, 0.2, 0.2], [0.1] * 10, [500, 300, 200]], ids=str)
@pytest.mark.parametrize("stratify", [True, False])
def test_every_example_is_in_one_part_and_parts_have_the_sizes_asked_for(shares: Any, stratify: bool) -> None:
    y = np.random.default_rng(6).choice(3, 1000, p=[0.7, 0.2, 0.1])
    parts = parts_of(y, shares, stratify=stratify)
    assert sorted(np.concatenate(parts).tolist()) == list(range(1000))
    given = [1 - shares, shares] if isinstance(shares, float) else shares
    for part, share in zip(parts, given, strict=True):
        assert len(part) == (share if isinstance(share, int) else round(share * 1000))
        assert (np.diff(part) > 0).all()


@pytest.mark.parametrize("seed", range(20))
def test_every_class_has_its_share_in_each_part(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(3, 60, 7)
    y = rng.permutation(np.repeat(np.arange(7) * 3 - 4, counts))
    for shares in (0.25, [0.6, 0.3, 0.1]):
        parts = parts_of(y, shares, rng=seed)
        given = [1 - shares, shares] if isinstance(shares, float) else shares
        most = 1 if len(given) == 2 else 2
        for part, share in zip(parts, given, strict=True):
            found = np.array([(y[part] == label).sum() for label in np.unique(y)])
            assert (np.abs(found - counts * len(part) / len(y)) < most).all(), (shares, found, counts * share)


def test_shares_of_numpy_are_shares() -> None:
    expected = [part.tolist() for part in parts_of(Y, 0.25)]
    for shares in (np.float64(0.25), np.float32(0.25), np.array([0.75, 0.25]), (0.75, 0.25), np.array([30, 10])):
        assert [part.tolist() for part in parts_of(Y, shares)] == expected
    with pytest.raises(ag.ArgumentError, match="stratify must be True or False"):
        parts_of(Y, 0.25, stratify="yes")


def test_the_seed_decides_and_a_generator_goes_on() -> None:
    first = parts_of(Y, 0.25, rng=1)[1].tolist()
    assert parts_of(Y, 0.25, rng=1)[1].tolist() == first
    assert parts_of(Y, 0.25, rng=2)[1].tolist() != first
    rng = np.random.default_rng(1)
    assert parts_of(Y, 0.25, rng=rng)[1].tolist() == first != parts_of(Y, 0.25, rng=rng)[1].tolist()


def test_every_example_comes_into_every_part_as_often() -> None:
    often = np.zeros(40)
    for seed in range(400):
        often[parts_of(Y, 0.25, rng=seed)[1]] += 1
    assert often.min() > 60 and often.max() < 145  # 100 expected, with a deviation of 8.7


@pytest.mark.parametrize(
    "y",
    [np.eye(4)[Y], Y.astype(float), Y.astype(bool), Y[:, None], Y.astype(np.uint8), np.eye(4, dtype=bool)[Y]],
    ids=["one-hot", "float labels", "truths", "column", "bytes", "true one-hot"],
)
def test_what_are_classes(y: Any) -> None:
    labels = y.argmax(1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1)
    for part in parts_of(y, [0.5, 0.25, 0.25]):
        counts = np.unique(labels[part], return_counts=True)[1]
        assert counts.max() - counts.min() <= 4 * (len(np.unique(labels)) == 2) * 5 + 2
        assert len(counts) == len(np.unique(labels))


def test_a_split_of_a_split_and_nothing_is_copied(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(40.0))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    train, rest = nn.split((mapped, Y), 0.5, rng=0)
    validation, test = nn.split(rest, 0.5, rng=1)
    assert np.shares_memory(train.x, mapped) and np.shares_memory(test.x, mapped)
    rows = np.concatenate([part[:][0] for part in (train, validation, test)])
    assert sorted(rows) == list(range(40))
    assert np.bincount(test[:][1]).max() - np.bincount(test[:][1]).min() <= 2


@pytest.mark.parametrize(
    "data, shares, said",
    [
        ((X, X[:, 0]), 0.2, "the targets are no classes.*write stratify=False"),
        ((X, X), 0.2, "the targets are no classes"),
        ((X, np.append(Y[:-1], 9)), 0.2, "class 9 has 1 example, too few for 2 parts"),
        ((X, Y), 0.0, "every part has a share above 0"),
        ((X, Y), 1.0, "every part has a share above 0"),
        ((X, Y), 0.001, "a part with the share 0.001 has none of 40 examples"),
        ((X, Y), [0.5, 0.6], "the shares add up to 1.1, and not to 1"),
        ((X, Y), [30, 11], "the parts have 41 examples together, and there are 40"),
        ((X, Y), np.eye(2), "shares is that of the second part"),
        ((X, Y), [1.0], "shares is that of the second part"),
        ((X, Y), "half", "shares is that of the second part"),
        ((X, Y), 3, "shares is that of the second part"),
        ((X, Y), [0.5, "x"], "every part has a share above 0"),
        ((X, Y), [np.nan, 0.5], "every part has a share above 0"),
        (X, 0.2, r"data is a pair \(x, y\) or an nn.Dataset, not ndarray"),
    ],
    ids=str,
)
def test_what_cannot_be_split(data: Any, shares: Any, said: str) -> None:
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    with pytest.raises(ag.AutogradError, match=said):
        nn.split(data, shares, rng)
    if "class" not in said:
        assert rng.bit_generator.state == before
