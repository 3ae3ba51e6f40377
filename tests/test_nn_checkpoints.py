"""Checkpoints: what is saved comes back to the bit, all of it or nothing, and with every problem in one list."""

from __future__ import annotations

import importlib
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import CheckpointError
from nn.saving import manifest


class Network(nn.Module):
    """Parameters in two dtypes, a buffer, a tied weight, generators: everything that a model may have."""

    def __init__(self, seed: int = 0, width: int = 3) -> None:
        self.first = nn.Linear(2, width, rng=seed)
        self.again = self.first.weight
        self.drop = [nn.Dropout(0.5, rng=seed + 1), nn.Dropout(0.25, rng=np.random.Generator(np.random.MT19937(seed)))]
        self.last = nn.Linear(width, 1, rng=seed + 2, dtype=float)
        self.mean = ag.tensor(np.full(2, seed, np.int16))

    def forward(self, x: Any) -> Any:
        return self.last(self.drop[1](self.drop[0](ag.tanh(self.first(x)))))


def trained(seed: int = 0, steps: int = 3) -> tuple[Network, nn.Adam]:
    model = Network(seed)
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    step(model, optimizer, steps)
    return model, optimizer


def step(model: nn.Module, optimizer: nn.Optimizer, steps: int) -> None:
    x = np.random.default_rng(9).normal(size=(5, 2)).astype(np.float32)
    for _ in range(steps):
        optimizer.zero_grad()
        ag.mean(ag.square(model(x))).backward()
        optimizer.step()


def bits(*things: Any) -> list[tuple[str, bytes]]:
    return [(key, np.asarray(value).tobytes()) for thing in things for key, value in thing.state_dict().items()]


def test_a_run_goes_on_to_the_bit_and_without_the_generators_does_not(tmp_path: Path) -> None:
    model, optimizer = trained()
    nn.save(tmp_path / "run.npz", model=model, optimizer=optimizer)
    state = model.state_dict()
    step(model, optimizer, 3)
    other, theirs = trained(5, 1)
    nn.load(tmp_path / "run.npz", model=other, optimizer=theirs)
    step(other, theirs, 3)
    assert bits(model, optimizer) == bits(other, theirs)
    without, theirs = trained(5, 1)  # generators elsewhere
    without.load_state_dict(state)
    theirs.load_state_dict(nn.load(tmp_path / "run.npz")["optimizer"])
    step(without, theirs, 3)
    assert bits(model) != bits(without)


VALUES: dict[str, Any] = {
    "none": None, "yes": True, "whole": 2**200, "below": -7, "fraction": 0.1, "tiny": 5e-324, "text": "δ → \"\\ \n\0",
    "empty": {}, "list": [1, [2.0, [None]], ()], "pair": (1, (2, [3])), "keys": {1: "a", "1": "b", None: [], 0.5: 2},
    "dollar": {"$": "array", "key": "x"}, "odd": {"a/b": np.ones(1), "a": {"b": np.zeros(1)}, "..": np.ones(2)},
}  # fmt: skip


def test_plain_values_come_back_as_they_were(tmp_path: Path) -> None:
    back = nn.load(nn.save(tmp_path / "a.npz", **VALUES))
    assert list(back) == list(VALUES)
    odd = back.pop("odd")
    assert back == {name: value for name, value in VALUES.items() if name != "odd"}
    assert [type(each) for each in back.values()] == [type(v) for name, v in VALUES.items() if name != "odd"]
    assert odd["a/b"] == [1] and odd["a"]["b"] == [0] and odd[".."].tolist() == [1, 1]
    assert type(back["pair"][1]) is tuple and type(back["list"][2]) is tuple
    (a,) = nn.load(nn.save(tmp_path / "b.npz", a=[float("nan"), float("inf"), -float("inf"), -0.0])).values()
    assert str(a) == "[nan, inf, -inf, -0.0]"


ARRAYS = {
    "scalar": np.array(2.5), "none": np.zeros((0, 3)), "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(12, dtype=np.int32)[::-3], "swapped": np.arange(3, dtype=">f8"), "half": np.float16([1, 2]),
    "truth": np.array([True, False]), "complex": np.array([1 + 2j]), "nan": np.array([np.nan, -0.0, np.inf]),
    "spread": np.broadcast_to(np.float32(3), (2, 2)), "unsigned": np.uint64([2**64 - 1]), "number": np.float32(0.1),
}  # fmt: skip


def test_arrays_of_every_layout_come_back_to_the_bit(tmp_path: Path) -> None:
    back = nn.load(nn.save(tmp_path / "a.npz", **ARRAYS, tensor=ag.tensor([1.0, 2.0])))
    assert back.pop("tensor").tolist() == [1, 2]
    for name, value in ARRAYS.items():
        assert back[name].dtype == value.dtype.newbyteorder("="), name
        assert back[name].tobytes() == value.astype(value.dtype.newbyteorder("=")).tobytes(), name
        assert back[name].shape == value.shape and type(back[name]) is type(value), name
    assert back["strided"].flags.writeable


def test_numpy_reads_the_file_without_pickles(tmp_path: Path) -> None:
    model, optimizer = trained()
    nn.save(tmp_path / "a.npz", model=model, optimizer=optimizer)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert file["model/again"].tobytes() == model.first.weight.numpy().tobytes()
        known = json.loads(file["manifest.json"])
    assert known["format"] == "autograd_lite checkpoint" and known["version"] == 1
    assert known["arrays"]["model/mean"]["dtype"] == "<i2"


def test_the_same_things_make_the_same_file(tmp_path: Path) -> None:
    model, optimizer = trained()
    for name in ("a.npz", "b.npz"):
        nn.save(tmp_path / name, model=model, optimizer=optimizer, rng=np.random.default_rng(3))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


# Generators.


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_generators_of_every_kind_go_on_where_they_were(kind: str, tmp_path: Path) -> None:
    bits = getattr(np.random, kind)
    rng = np.random.Generator(bits(7))
    rng.integers(0, 5, 3, dtype=np.int32)  # half of a word is left over
    rng.spawn(2)
    nn.save(tmp_path / "a.npz", rng=rng)
    new, other = nn.load(tmp_path / "a.npz")["rng"], np.random.Generator(bits(7))
    nn.load(tmp_path / "a.npz", rng=other)
    expected = [rng.integers(0, 99, 9, dtype=np.int32).tolist(), rng.normal(size=4).tolist(), rng.random()]
    for each in (new, other):
        assert [
            each.integers(0, 99, 9, dtype=np.int32).tolist(),
            each.normal(size=4).tolist(),
            each.random(),
        ] == expected
    assert other.spawn(1)[0].random() == rng.spawn(1)[0].random()


def test_generators_that_do_not_fit_are_named(tmp_path: Path) -> None:
    nn.save(tmp_path / "a.npz", rng=np.random.default_rng(0), model=nn.Sequential(nn.Dropout(rng=1), nn.Dropout(rng=2)))
    twister = np.random.Generator(np.random.MT19937(0))
    shared = np.random.default_rng(1)
    model = nn.Sequential(nn.Dropout(rng=shared), nn.Dropout(rng=shared))
    state = shared.bit_generator.state
    with pytest.raises(CheckpointError) as caught:
        nn.load(tmp_path / "a.npz", rng=twister, model=model)
    assert caught.value.problems == [
        "rng: it is a generator of PCG64 in the file and of MT19937 here",
        "model.layers.1.rng: here and in the file it is not shared with the same other generator",
    ]
    assert shared.bit_generator.state == state


def test_a_generator_that_several_layers_share_goes_on(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    model = nn.Sequential(nn.Dropout(rng=rng), nn.Dropout(rng=rng))
    model(np.ones(3))
    nn.save(tmp_path / "a.npz", model=model)
    again = np.random.default_rng(5)
    nn.load(tmp_path / "a.npz", model=nn.Sequential(nn.Dropout(rng=again), nn.Dropout(rng=again)))
    assert again.random() == rng.random()


# All or nothing.


class Fussy:
    """An object with a state of its own kind, that takes half of it before it finds out that it is bad."""

    def __init__(self, count: int, bad: bool = False) -> None:
        self.count, self.half, self.bad = count, count, bad

    def state_dict(self) -> dict[str, Any]:
        return {"count": self.count, "half": self.half}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.half = state["half"]
        if self.bad and state["count"] == 7:
            raise KeyError("seven")
        self.count = state["count"]


def test_every_problem_is_in_one_list_and_nothing_is_changed(tmp_path: Path) -> None:
    model, optimizer = trained()
    order, rng = np.arange(4), np.random.default_rng(0)
    nn.save(
        tmp_path / "a.npz", model=model, optimizer=optimizer, order=order, rng=rng, fussy=Fussy(7), pair=[rng, rng], n=3
    )
    other = Network(1, width=4)
    mine = nn.SGD(other.parameters(), lr=0.1)
    here, fussy, draws = np.zeros(3), Fussy(2, bad=True), np.random.default_rng(5)
    before = [*bits(other, mine), here.tolist(), vars(fussy).copy(), draws.bit_generator.state]
    with pytest.raises(CheckpointError) as caught:
        nn.load(
            tmp_path / "a.npz", model=other, optimizer=mine, order=here, rng=draws, fussy=fussy, pair=[draws], n=3,
            schedule=Fussy(1),
        )  # fmt: skip
    assert [*bits(other, mine), here.tolist(), vars(fussy), draws.bit_generator.state] == before
    single, double = "dtype=float32", "dtype=float64"
    assert caught.value.problems == [
        f"another architecture: model.first is Linear(2, 4, {single}) here and Linear(2, 3, {single}) in the file",
        f"another architecture: model.last is Linear(4, 1, {double}) here and Linear(3, 1, {double}) in the file",
        "wrong shape: model: again is (4, 2) in the model and (3, 2) in the file",
        "wrong shape: model: first.bias is (4,) in the model and (3,) in the file",
        "wrong shape: model: last.weight is (1, 4) in the model and (1, 3) in the file",
        "optimizer: an SGD is given, and the file has the state of an Adam",
        "order: float64 (3,) is given, and the file has int64 (4,)",
        "unexpected: pair[1]",
        "n: 3 cannot be filled: leave it out of the call, and nn.load returns what the file has",
        "missing: schedule: the file has model, optimizer, order, rng, fussy, pair, n",
        "fussy: KeyError: 'seven'",
    ]
    for problem in caught.value.problems:
        assert problem in str(caught.value)
    assert str(caught.value).startswith("a.npz does not fit, and nothing was changed:\n")


def test_an_interrupt_while_it_is_put_back_leaves_everything_as_it_was(tmp_path: Path) -> None:
    class Interrupted(Fussy):
        def load_state_dict(self, state: dict[str, Any]) -> None:
            super().load_state_dict(state)
            if state["count"] == 7:
                raise KeyboardInterrupt

    model, optimizer = trained()
    nn.save(tmp_path / "a.npz", model=model, optimizer=optimizer, last=Interrupted(7))
    other, mine = trained(3)
    last = Interrupted(1)
    before = bits(other, mine)
    with pytest.raises(KeyboardInterrupt):
        nn.load(tmp_path / "a.npz", model=other, optimizer=mine, last=last)
    assert bits(other, mine) == before and vars(last) == {"count": 1, "half": 1, "bad": False}


def test_models_of_the_same_shapes_but_another_function_are_refused(tmp_path: Path) -> None:
    nn.save(tmp_path / "a.npz", model=nn.MLP([2, 2], "sigmoid"))
    with pytest.raises(CheckpointError, match=r"model.activation is Tanh\(\) here and Sigmoid\(\) in the file"):
        nn.load(tmp_path / "a.npz", model=nn.MLP([2, 2], "tanh"))
    with pytest.raises(
        CheckpointError, match=r"wrong dtype: model: layers.0.weight is float64 in the model and float32"
    ):
        nn.load(tmp_path / "a.npz", model=nn.MLP([2, 2], dtype=float))
    values = nn.load(tmp_path / "a.npz")["model"]
    other = nn.MLP([2, 2], "tanh")
    other.load_state_dict(values)
    assert other.layers[0].weight.numpy().tobytes() == values["layers.0.weight"].tobytes()


def test_lists_and_dictionaries_of_things_are_filled(tmp_path: Path) -> None:
    model, optimizer = trained()
    nn.save(tmp_path / "a.npz", nets={"a": model, "b": nn.Linear(1, 1)}, more=(optimizer, [np.ones(2), 5]))
    other, mine = trained(4)
    order = np.zeros(2)
    returned = nn.load(tmp_path / "a.npz", nets={"a": other, "b": None}, more=[mine, [order, None]])
    assert returned == {} and bits(model, optimizer) == bits(other, mine) and order.tolist() == [1, 1]


def test_a_tensor_and_an_array_are_filled_in_place(tmp_path: Path) -> None:
    nn.save(tmp_path / "a.npz", t=ag.tensor([1.0, 2.0]), a=np.arange(3))
    t, a = ag.tensor([0.0, 0.0]), np.zeros(3, int)
    nn.load(tmp_path / "a.npz", t=t, a=a)
    assert t.numpy().tolist() == [1, 2] and a.tolist() == [0, 1, 2]
    a.flags.writeable = False
    with pytest.raises(CheckpointError, match="a: the array that is given must not be written"):
        nn.load(tmp_path / "a.npz", t=t, a=a)


# What is refused.


@pytest.mark.parametrize(
    "thing, words",
    [
        ({1, 2}, "save: x is {1, 2}, of set, which has no place in a file"),
        ([len], "save: x\\[0\\] is <built-in function len>"),
        ({"a": {(1, 2): 3}}, r"save: x\['a'\] has the key \(1, 2\)"),
        (np.array(["a"]), "save: x has dtype <U1: arrays of numbers and booleans are saved"),
        (np.array([None]), "save: x has dtype object"),
        (np.ma.array([1.0], mask=[True]), "save: x is masked"),
        (nn.Linear, "save: x is <class 'nn.layers.linear.Linear'>, of type"),
        (1j, "save: x is 1j, of complex"),
        (np.datetime64("2020-01-01"), "save: x has dtype datetime64"),
    ],
)
def test_what_has_no_place_in_a_file_is_named(thing: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(ag.ArgumentError, match=words):
        nn.save(tmp_path / "a.npz", x=thing)
    assert not list(tmp_path.iterdir())


def test_what_holds_itself_lies_too_deep_or_is_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "LONGEST", 1000)
    own: list[Any] = []
    own.append(own)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for thing, words in ((own, "holds itself"), (deep, "too deep"), ([0.5] * 300, "give long lists of numbers")):
        with pytest.raises(ag.ArgumentError, match=words):
            nn.save(tmp_path / "a.npz", x=thing)
    assert not list(tmp_path.iterdir())


def test_calls_that_are_wrong_say_what_to_write(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    with pytest.raises(ag.ArgumentError, match="there is nothing to save"):
        nn.save(tmp_path / "a.npz")
    with pytest.raises(ag.ArgumentError, match=r"ends in '.pth'.*nn.save\('a.npz', …\)"):
        nn.save(tmp_path / "a.pth", model=model)
    with pytest.raises(ag.ArgumentError, match=r"load: the path is Linear, not a path: write nn.load\('run.npz'"):
        nn.load(model)  # type: ignore[arg-type]


def test_names_that_look_like_places_in_a_file_lose_nothing(tmp_path: Path) -> None:
    things = {"a/b": np.ones(1), "a": {"b": np.zeros(1)}, "../c": np.full(1, 2.0), "": np.full(1, 3.0), "é": np.ones(2)}
    back = nn.load(nn.save(tmp_path / "a.npz", **things))
    assert back["a/b"] == [1] and back["a"]["b"] == [0] and back["../c"] == [2] and back[""] == [3]
    with np.load(tmp_path / "a.npz") as file:
        assert not [name for name in file.files if {"..", "."} & set(name.split("/")) or name.startswith("/")]


def test_functions_among_the_layers_belong_to_the_architecture(tmp_path: Path) -> None:
    def model(function: Any) -> nn.Module:
        return nn.Sequential(nn.Linear(2, 2, rng=0), function, nn.Linear(2, 1, rng=1))

    nn.save(tmp_path / "a.npz", model=model(ag.relu))
    nn.load(tmp_path / "a.npz", model=model(ag.relu))
    with pytest.raises(CheckpointError, match=r"another architecture: model\.layers\.1 is .*tanh.* here and .*relu"):
        nn.load(tmp_path / "a.npz", model=model(ag.tanh))


def test_random_numbers_of_another_kind_in_a_module_are_refused(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 2))
    for stream in (np.random.RandomState(0), random.Random(0), np.random.PCG64(0)):  # noqa: S311 - no secret
        model.layers[0].noise = [stream]
        with pytest.raises(
            ag.ArgumentError, match=rf"save: model.layers.0.noise.0 is a {type(stream).__name__}, whose"
        ):
            nn.save(tmp_path / "a.npz", model=model)
    assert not list(tmp_path.iterdir())


class Odd(nn.Linear):
    """A module with more in its state than arrays."""

    note: Any = None

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "note": self.note}

    def load_state_dict(self, state: Any) -> None:
        super().load_state_dict({key: value for key, value in state.items() if key != "note"})
        self.note = state["note"]


def test_a_module_with_a_state_of_its_own_comes_back(tmp_path: Path) -> None:
    model, other = Odd(2, 1, rng=0), Odd(2, 1, rng=1)
    model.note = ("a", 2**70, [1.5])
    nn.load(nn.save(tmp_path / "a.npz", model=model), model=other)
    assert other.note == model.note and other.weight.numpy().tobytes() == model.weight.numpy().tobytes()


def test_a_file_of_pytorch_s_own_kind_is_told_how_to_be_saved(tmp_path: Path) -> None:
    with pytest.raises(ag.ArgumentError, match=r"w.pth is a file of another library.*safetensors.torch.save_file"):
        nn.load(tmp_path / "w.pth", model=nn.Linear(1, 1))


@pytest.mark.parametrize("module, name", [("archive", "_MOST_NAMES"), ("safe", "_LONGEST")])
def test_more_arrays_than_could_be_read_back_are_not_written(
    module: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = ".npz" if module == "archive" else ".safetensors"
    if ending == ".safetensors":
        pytest.importorskip("safetensors", reason="needs the extra safetensors: pip install safetensors")
    monkeypatch.setattr(importlib.import_module(f"nn.saving.{module}"), name, 5_000)
    few, many = ([np.float32(i) for i in range(count)] for count in (10, 100))
    assert nn.load(nn.save(tmp_path / f"a{ending}", few=few)) == {"few": few}
    with pytest.raises(ag.ArgumentError, match="100 arrays are more than a file has room for"):
        nn.save(tmp_path / f"b{ending}", many=many)
    assert len(list(tmp_path.iterdir())) == 1
