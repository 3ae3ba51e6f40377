"""What a user of the built wheel does first, away from the source: import, differentiate, train, draw.

The first argument is the source folder, from which nothing may have been imported.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

import autograd_lite as ag
import nn

source = Path(sys.argv[1]).resolve()
for package in (ag, nn):
    file = Path(str(package.__file__)).resolve()
    assert not file.is_relative_to(source), f"{file} is not the wheel's"
    assert (file.parent / "py.typed").exists(), f"{file.parent} says nothing of its types"
assert version("autograd-lite") == ag.__version__

w = ag.tensor(3.0, requires_grad=True, name="w")
y = w * w
y.backward()
assert w.grad == 6.0

(x, target), held_out = nn.digits()
assert len(x) == 1437 and len(held_out[0]) == 360
model = nn.MLP([64, 10], rng=0)
optimizer = nn.SGD(model.parameters(), lr=3.0)
history = nn.fit(model, nn.quadratic_cost, (x, target), optimizer, 3, 10, held_out, rng=0, progress=False)
assert history.accuracy[-1] > 0.8, history
assert np.isfinite(history.cost).all()

with tempfile.TemporaryDirectory() as folder:
    picture = Path(ag.draw(y, grads=True).save(str(Path(folder) / "graph.svg")))
    assert "<svg" in picture.read_text(encoding="utf-8")
place = Path(str(ag.__file__)).parents[1]
print(f"autograd-lite {ag.__version__} works from {place}: {history.accuracy[-1]:.1%} of digits")
