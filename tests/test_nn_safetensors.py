"""Checkpoints as .safetensors files, with every bit of them seen to; and weights of other libraries, by name."""

from __future__ import annotations

import io
import json
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import CheckpointError
from nn.saving import safe

safetensors = pytest.importorskip("safetensors", reason="needs the extra safetensors: pip install safetensors")
import safetensors.numpy as st  # noqa: E402 - after it is known to be there


def small(seed: int = 0) -> nn.Module:
    return nn.Sequential(nn.Linear(2, 1, rng=seed), nn.Dropout(0.5, rng=1))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small checkpoint."""
    path = tmp_path_factory.mktemp("whole") / "a.safetensors"
    nn.save(path, model=small(), n=3)
    return path.read_bytes()


def test_a_checkpoint_has_the_same_keys_in_both_formats(tmp_path: Path) -> None:
    model = small()
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.5)
    things: dict[str, Any] = {
        "model": model, "optimizer": optimizer, "rng": np.random.default_rng(1), "n": [2**70, None],
        "turned": np.arange(6.0).reshape(2, 3).T, "strided": np.arange(9)[::2], "swapped": np.arange(3, dtype=">i4"),
        "one": np.array(True), "none": np.zeros((0, 2), np.float16),
    }  # fmt: skip
    back = {ending: nn.load(nn.save(tmp_path / f"a{ending}", **things)) for ending in (".npz", ".safetensors")}
    assert repr(back[".npz"]).split("rng")[0] == repr(back[".safetensors"]).split("rng")[0]
    for name in ("turned", "strided", "swapped", "one", "none"):
        a, b = back[".npz"][name], back[".safetensors"][name]
        assert a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        assert np.array_equal(b, things[name])
    assert back[".safetensors"]["rng"].random() == np.random.default_rng(1).random()
    with np.load(tmp_path / "a.npz") as file:
        assert st.load_file(tmp_path / "a.safetensors").keys() == set(file.files) - {"manifest.json"}


def test_a_model_comes_back_to_the_bit(tmp_path: Path) -> None:
    path = nn.save(tmp_path / "a.safetensors", model=small(3), n=1)
    model = small()
    assert nn.load(path, model=model) == {"n": 1}
    assert [v.tobytes() for v in model.state_dict().values()] == [v.tobytes() for v in small(3).state_dict().values()]
    with pytest.raises(CheckpointError, match=r"another architecture: model.layers.0 is Linear"):
        nn.load(path, model=nn.Sequential(nn.Linear(3, 1), nn.Dropout()))


def test_every_bit_that_is_turned_over_and_every_truncation_is_found(whole: bytes) -> None:
    content, wrong = bytearray(whole), []
    for at in range(len(whole)):
        for bit in range(8):
            content[at] ^= 1 << bit
            try:
                safe.read("a", io.BytesIO(content))
                wrong.append((at, bit))
            except CheckpointError:
                pass
            content[at] ^= 1 << bit
    assert bytes(content) == whole and safe.read("a", io.BytesIO(whole))[0] is not None
    assert wrong == []
    for length in range(len(whole)):
        with pytest.raises(CheckpointError):
            safe.read("a", io.BytesIO(whole[:length]))
    for more in (b"\0", whole):
        with pytest.raises(CheckpointError):
            safe.read("a", io.BytesIO(whole + more))


def header(content: Any, data: bytes = b"") -> bytes:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return struct.pack("<Q", len(text)) + text + data


ENTRY = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<Q", 2**62), struct.pack("<Q", 2**27) + bytes(2**27), header(b"[" * 10**5),
        header(b"{}", bytes(4)),
        header({"a": {**ENTRY, "shape": [10**13]}}, bytes(4)), header({"a": ENTRY, "b": ENTRY}, bytes(4)),
        header({"a": {**ENTRY, "shape": [2**62, 4], "data_offsets": [0, 0]}}), header(b"\xff{}"),
        header(b'{"a":' + json.dumps(ENTRY).encode() + b',"a":' + json.dumps(ENTRY).encode() + b"}", bytes(4)),
        header({"a": {**ENTRY, "dtype": "F8_E4M3", "data_offsets": [0, 1]}}, b"\0"), b"", b"text",
        header({"__metadata__": {safe.MANIFEST: "{}"}}), header({"__metadata__": {safe.DIGEST: "0" * 64}}),
    ],
)  # fmt: skip
def test_hostile_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"a.safetensors"):
        nn.load(tmp_path / "a.safetensors")


def test_a_dtype_that_the_format_has_not_is_named_before_a_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(ag.ArgumentError, match=r"save: a has dtype complex128, which .safetensors files do not have"):
        nn.save(tmp_path / "a.safetensors", a=np.array([1j]))
    assert not list(tmp_path.iterdir())


def test_without_the_package_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = nn.save(tmp_path / "a.safetensors", n=1)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for call in (lambda: nn.save(path, n=2), lambda: nn.load(path)):
        with pytest.raises(ag.ArgumentError, match=r"pip install autograd-lite\[safetensors\]"):
            call()
    monkeypatch.undo()
    assert nn.load(path) == {"n": 1} and list(tmp_path.iterdir()) == [path]


# Weights of other libraries.


class Net(nn.Module):
    """A network with the attribute names that somebody gave it elsewhere."""

    def __init__(self) -> None:
        self.fc1, self.fc2 = nn.Linear(3, 2, rng=0), nn.Linear(2, 1, rng=1)
        self.running_mean = ag.tensor(np.zeros(2, np.float32))


STATE = {
    "fc1.weight": np.arange(6.0, dtype=np.float32).reshape(2, 3), "fc1.bias": np.array([7, 8], np.float16),
    "fc2.weight": np.array([[1.5, 2.5]]), "fc2.bias": np.array([9], np.float32),
    "running_mean": np.array([1, 2], np.float32), "num_batches_tracked": np.array(4),
}  # fmt: skip


def test_weights_load_by_name_in_the_model_s_dtypes(tmp_path: Path) -> None:
    st.save_file(STATE, tmp_path / "w.safetensors", {"format": "pt"})
    model = Net()
    assert nn.load(tmp_path / "w.safetensors", model=model) == {}
    for path, value in model.state_dict().items():
        assert value.dtype == np.float32 and np.array_equal(value, STATE[path]), path
    assert nn.load(tmp_path / "w.safetensors").keys() == STATE.keys()


def test_bfloat16_becomes_single_precision_exactly(tmp_path: Path) -> None:
    values = np.array([1.0, -2.5, 3.140625, 0.0], np.float32)
    halves = (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    content = header({"x": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}, halves)
    (tmp_path / "w.safetensors").write_bytes(content)
    assert nn.load(tmp_path / "w.safetensors")["x"].tolist() == values.reshape(2, 2).tolist()


def test_names_say_what_is_called_otherwise(tmp_path: Path) -> None:
    torch_like = {
        "0.weight": STATE["fc1.weight"], "0.bias": STATE["fc1.bias"], "2.weight": STATE["fc2.weight"],
        "2.bias": STATE["fc2.bias"],
    }  # fmt: skip
    path = tmp_path / "w.safetensors"
    st.save_file(torch_like, path)
    model = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))
    before = {key: value.tobytes() for key, value in model.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        nn.load(path, model=model)
    assert caught.value.problems[0] == "missing: layers.0.weight (2, 3)" and len(caught.value.problems) == 8
    assert "names={'0': 'layers.0', …}" in str(caught.value)
    assert {key: value.tobytes() for key, value in model.state_dict().items()} == before
    nn.load(path, model=model, names={"": "layers"})
    assert np.array_equal(model.state_dict()["layers.2.bias"], [9])
    mlp = nn.MLP([3, 2, 1])
    nn.load(path, model=mlp, names={"0": "layers.0", "2.weight": "layers.1.weight", "2.bias": "layers.1.bias"})
    assert np.array_equal(mlp.state_dict()["layers.1.weight"], STATE["fc2.weight"])
    with pytest.raises(CheckpointError, match=r"has nothing that is called '5': it has 0.bias, 0.weight, 2.bias"):
        nn.load(path, model=model, names={"": "layers", "5": "x"})
    with pytest.raises(CheckpointError, match=r"names gives two arrays the name 'a.bias'"):
        nn.load(path, model=model, names={"0": "a", "2": "a"})


def test_weights_go_into_one_model_and_names_are_for_them_alone(tmp_path: Path) -> None:
    st.save_file(STATE, tmp_path / "w.safetensors")
    for things in ({"a": Net(), "b": Net()}, {"optimizer": nn.SGD(Net().parameters(), 0.1)}):
        with pytest.raises(ag.ArgumentError, match=r"give one model for them"):
            nn.load(tmp_path / "w.safetensors", **things)  # type: ignore[arg-type]
    nn.save(tmp_path / "a.safetensors", model=Net())
    with pytest.raises(ag.ArgumentError, match=r"names= is for files of other libraries"):
        nn.load(tmp_path / "a.safetensors", model=Net(), names={"": "x"})
    with pytest.raises(ag.ArgumentError, match=r"give this thing another name"):
        nn.save(tmp_path / "a.safetensors", names=[1])
