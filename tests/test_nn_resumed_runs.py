"""Runs that are killed and go on in a new process: the same in every byte, and not so where any state is forgotten.

The model has dropout and running means, the data are shuffled and noisy, the optimiser counts, a schedule and early
stopping go with it: forget any of it, and the end differs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUN = '''
import hashlib, json, os, signal, sys, time
import numpy as np, nn

X = np.random.default_rng(0).normal(size=(43, 3)).astype(np.float32)
Y = np.eye(2, dtype=np.float32)[(X.sum(axis=1) > 0).astype(int)]

def noisy(x, y, rng):
    return x + 0.1 * rng.standard_normal(x.shape).astype(np.float32), y

class Killing:
    """Kills its own process after a step, before that is saved; or forgets something when a run goes on."""
    def __init__(self, at, forgotten):
        self.at, self.forgotten = at, forgotten
    def on_begin(self, run):
        if self.forgotten == "dropout" and run.updates:
            run.model.layers[3].rng.bit_generator.state = np.random.default_rng(1).bit_generator.state
        if self.forgotten == "order" and run.updates:
            loader = run.source.loader if hasattr(run.source, "loader") else run.source
            state = loader.state_dict()
            state = {**state, "order": None if state["order"] is None else np.sort(state["order"])}
            loader.load_state_dict(state)
        if self.forgotten == "optimizer" and run.updates:
            run.optimizer.load_state_dict(nn.Adam(run.model.parameters(), 0.01).state_dict())
    def on_step(self, run):
        if run.updates == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

def train(path, at=None, every=1, forgotten=None, compile=False):
    """Train, or go on with what is in the file, and say what has come out, byte by byte."""
    model = nn.Sequential(nn.Linear(3, 6, rng=0), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(0.3, rng=1),
                          nn.Linear(6, 2, rng=2))
    optimizer = nn.Adam(model.parameters(), 0.01)
    data = nn.DataLoader((X, Y), 10, shuffle=True, rng=3, transform=noisy)
    stopping = nn.EarlyStopping(3)
    history = nn.fit(
        model, nn.softmax_cross_entropy, data, optimizer, 5, validation=(X[:20], Y[:20]), progress=False,
        schedule=nn.CosineSchedule(optimizer, 25, every="step"), early_stopping=stopping, checkpoint=path,
        checkpoint_every=every, resume=True, callbacks=[Killing(at, forgotten)],
        compile=compile,
    )
    found = {
        "model": {k: v.tobytes().hex() for k, v in model.state_dict().items()},
        "optimizer": {k: v.tobytes().hex() for k, v in optimizer.state_dict().items()},
        "stopping": {k: np.asarray(v).tobytes().hex() for k, v in stopping.state_dict().items()},
        "history": {k: v for k, v in history.state_dict().items() if k != "seconds"},
        "draws": model.layers[3].rng.random(10).tolist(),
        "order": [x.tobytes().hex() for x, _ in data],
    }
    return json.dumps(found, sort_keys=True, default=str)
'''

# A process that has trained nothing is parted for each training: to load Python and NumPy takes most of the time.
PARTED = (
    RUN
    + '''
def forked(kill_after=None, **options):
    """What a process says that trains; nothing where it was killed, by itself or after so many seconds."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            out.write(train(**options))
        os._exit(0)
    os.close(writing)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(process, signal.SIGKILL)
    with os.fdopen(reading) as said:
        text = said.read()
    status = os.waitpid(process, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return "" if os.WIFSIGNALED(status) else text

'''
)

KILLED = (
    RUN
    + """
train("run.npz", at=13, every=2, compile=True)
"""
)

GONE_ON = (
    PARTED
    + """
import shutil
shutil.copy("run.npz", "other.npz")
whole = forked(path="whole.npz")
gone_on = forked(path="run.npz", every=2)
without = forked(path="other.npz", every=2, forgotten="dropout")
print(json.dumps([len(whole) > 1000, whole == gone_on, without not in ("", whole)]))
"""
)

MANY = (
    PARTED
    + """
rng = np.random.default_rng(0)
start = time.perf_counter()
whole = forked(path="whole.npz")
length = time.perf_counter() - start
killed, same = 0, 0
for number in range(20):
    path = f"{number}.npz"
    if number % 2:
        # After a random step of 25, at the ends of epochs and in their midst, with a checkpoint every 1 to 4 steps.
        options = {"at": int(rng.integers(1, 26)), "every": int(rng.integers(1, 5)), "compile": number % 5 == 0}
    else:
        options = {"kill_after": length * rng.uniform(0.1, 0.95)}  # anywhere, in the writing of a file too
    first = forked(path=path, **options)
    killed += not first
    same += forked(path=path, every=options.get("every", 1)) == whole
differing = []
for forgotten in ("dropout", "order", "optimizer"):
    assert not forked(path=f"{forgotten}.npz", at=13)
    differing.append(forked(path=f"{forgotten}.npz", forgotten=forgotten) not in ("", whole))
print(json.dumps([len(whole), killed, same, differing]))
"""
)


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_run_that_is_killed_in_an_epoch_goes_on_in_a_new_process_to_the_same_bytes(tmp_path: Path) -> None:
    killed = run(KILLED, tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = run(GONE_ON, tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, True, True]


@pytest.mark.slow
def test_twenty_runs_that_are_killed_anywhere_end_in_the_same_bytes(tmp_path: Path) -> None:
    done = run(MANY, tmp_path)
    assert done.returncode == 0, done.stderr
    length, killed, same, differing = json.loads(done.stdout)
    assert length > 1000 and killed >= 18 and same == 20
    assert differing == [True, True, True]
