"""A network of 2, 4 and 1 sigmoid neurons learns exclusive or, which no single layer can.

Prints what it answers before and after training.
"""

from __future__ import annotations

import numpy as np

import nn

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
Y = np.array([[0], [1], [1], [0]], dtype=np.float32)


def answers(model: nn.Module) -> None:
    for (p, q), output in zip(X.astype(int), model(X).numpy()[:, 0], strict=True):
        print(f"  {p} xor {q}: {output:.3f}")


def main() -> None:
    model = nn.MLP([2, 4, 1], activation="sigmoid", rng=0)
    print(f"{model}\n\nbefore training it answers")
    answers(model)

    optimizer = nn.SGD(model.parameters(), lr=5.0)
    history = nn.fit(model, nn.quadratic_cost, (X, Y), optimizer, epochs=2000, batch_size=4, rng=0, progress=False)
    print(f"\nthe cost over {len(history)} epochs")
    for epoch in (0, 199, 499, 999, 1999):
        print(f"  epoch {epoch + 1:>4}: {history.cost[epoch]:.5f}")

    print("\nafter training it answers")
    answers(model)
    right = nn.accuracy(model, X, Y)
    print(f"\n{right:.0%} of the four are right")
    if right < 1:
        raise SystemExit("the network did not learn exclusive or")


if __name__ == "__main__":
    main()
