"""Train a sigmoid network on real handwritten digits, with its gradients held against BP1 to BP4.

Prints the comparison for a mini-batch and for one example, trains, prints the accuracy by epoch,
and writes the network's graph for one example, with gradients, and the learning curves as pictures.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import autograd_lite as ag
import nn


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hidden", type=int, default=30, help="neurons in the hidden layer (default 30)")
    parser.add_argument("--epochs", type=int, default=30, help="passes over the training images (default 30)")
    parser.add_argument("--batch-size", type=int, default=10, help="examples in a mini-batch (default 10)")
    parser.add_argument("--lr", type=float, default=3.0, help="learning rate (default 3.0)")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights and order (default 0)")
    parser.add_argument("--out", type=Path, default=Path("digits-out"), help="folder for the pictures")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    (x, y), (x_test, y_test) = nn.digits()
    model = nn.MLP([64, options.hidden, 10], rng=options.seed)
    print(f"{len(x)} digits to train on, {len(x_test)} to test on\n{model}\n")

    # The same network in double precision: there a difference is rounding, or it is a mistake.
    exact = nn.MLP([64, options.hidden, 10], rng=options.seed, dtype=float)
    print(nn.check_closed_form(exact, x[: options.batch_size], y[: options.batch_size]), end="\n\n")
    print(nn.check_closed_form(exact, x[0], y[0]), end="\n\n")

    cost = nn.quadratic_cost(model(ag.tensor(x[0], name="x")), ag.tensor(y[0], name="y"))
    picture = ag.draw(cost, grads=True).save(options.out / "graph.svg")

    begun = time.perf_counter()
    optimizer = nn.SGD(model.parameters(), lr=options.lr)
    history = nn.fit(
        model, nn.quadratic_cost, (x, y), optimizer, options.epochs, options.batch_size, (x_test, y_test), options.seed
    )
    print(history)
    if history.accuracy:
        print(f"\ntest accuracy {history.accuracy[-1]:.2%} after {time.perf_counter() - begun:.1f} s of training")
    curves = history.save(options.out / "learning.svg")
    print(f"pictures: {picture}, {curves}")


if __name__ == "__main__":
    main()
