"""Random networks of the layers that come with `nn`: state that they keep, draws of their own, lists of them.

Knows the layers. Must not know how a step is compiled: the histories must be equal to the bit.
"""

from __future__ import annotations

from tests.fuzz import modules
from tests.fuzz.programs import Case

# What is made in __init__, and what forward does with it, as in `modules`; an input has six numbers.
PARTS = (
    ("self.v{i} = nn.LayerNorm(6, dtype=float)", "y = self.v{i}(y)"),
    ("self.v{i} = nn.RMSNorm(6, dtype=float)", "y = self.v{i}(y)"),
    (
        "self.v{i} = nn.GroupNorm(2, 6, dtype=float)",
        "y = self.v{i}(y.reshape(1, 6, 1) * np.ones(2)).sum(axis=-1).reshape(y.shape)",
    ),
    ("self.v{i} = nn.BatchNorm1d(2, dtype=float)", "y = self.v{i}(y.reshape(3, 2)).reshape(y.shape)"),
    ("self.v{i} = nn.BatchNorm1d(2, momentum=None, dtype=float)", "y = self.v{i}(y.reshape(3, 2)).reshape(y.shape)"),
    (
        "self.v{i} = nn.BatchNorm1d(3, momentum=0.5, dtype=float)",
        "y = self.v{i}(self.v{i}(y.reshape(2, 3))).reshape(y.shape)",
    ),
    ("self.v{i} = nn.BatchNorm2d(1, dtype=float)", "y = self.v{i}(y.reshape(1, 1, 2, 3)).reshape(y.shape)"),
    (
        "self.v{i} = nn.Sequential(nn.Conv1d(1, 2, 3, padding=1, rng={d}, dtype=float), nn.MaxPool1d(2), nn.Flatten())",
        "y = self.v{i}(y.reshape(1, 1, 6)).reshape(y.shape)",
    ),
    (
        "self.v{i} = nn.Conv2d(2, 2, (1, 3), padding='same', rng={d}, dtype=float)",
        "y = self.v{i}(y.reshape(1, 2, 1, 3)).reshape(y.shape)",
    ),
    ("self.v{i} = nn.Residual(nn.Linear(6, 6, rng={d}, dtype=float), nn.GELU())", "y = self.v{i}(y)"),
    (
        "self.v{i} = nn.GRU(3, 3, num_layers=2, dropout=0.2, rng={d}, dtype=float)",
        "y = self.v{i}(y.reshape(1, 2, 3))[0].reshape(y.shape)",
    ),
    (
        "self.v{i} = nn.LSTM(2, 1, bidirectional=True, rng={d}, dtype=float)",
        "y = self.v{i}(y.reshape(1, 3, 2), lengths=[2])[0].reshape(y.shape)",
    ),
    (
        "self.v{i} = nn.MultiheadAttention(2, 2, dropout=0.1, rng={d}, dtype=float)",
        "y = self.v{i}(y.reshape(3, 2), is_causal=True).reshape(y.shape)",
    ),
    (
        "self.v{i} = nn.TransformerEncoderLayer(2, 1, 4, rng={d}, dtype=float)",
        "y = self.v{i}(y.reshape(1, 3, 2)).reshape(y.shape)",
    ),
    (
        "self.v{i} = nn.ModuleList([nn.Linear(6, 6, rng={d}, dtype=float), nn.PReLU(dtype=float)])",
        "for each in self.v{i}: y = each(y)",
    ),
    (
        "self.v{i} = nn.ModuleDict({{'a': nn.Linear(6, 6, rng={d}, dtype=float), 'b': nn.Softsign()}})",
        "y = self.v{i}['b'](self.v{i}['a'](y))",
    ),
    (
        "self.v{i} = nn.Embedding(4, 6, padding_idx=1, rng={d}, dtype=float)",
        "y = y + self.v{i}(np.array([0, 1, 3])).sum(axis=0)",
    ),
    ("self.v{i} = nn.Dropout2d(0.5, rng={d})", "y = self.v{i}(y.reshape(1, 3, 2, 1)).reshape(y.shape)"),
)

CHANGES = (
    "m0.freeze()", "m0.unfreeze()", "m0.zero_grad()", "m0.apply(lambda m: m.train(not m.training))",
    "with ag.no_grad(): say(m0(x))", "say(repr(m0.summary(x)))",
)  # fmt: skip


def generate(seed: int) -> Case:
    """A network of such layers among the parts of other models, trained for some steps."""
    return modules.generate(seed, "layers", (*PARTS, *PARTS, *modules.PARTS), (*CHANGES, *modules.CHANGES))
