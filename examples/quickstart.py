"""Tensors, a graph, its gradients, its picture, and a check of it all, for one sigmoid neuron.

Writes `quickstart.svg`, or the file named as the first argument.
"""

from __future__ import annotations

import sys

import autograd_lite as ag


def main() -> None:
    # A tensor is an array; one that requires a gradient has what is computed from it recorded.
    x = ag.tensor([0.5, -1.0], name="x")
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    b = ag.tensor(0.5, requires_grad=True, name="b")

    # NumPy's functions and operators; a scope is a frame in the picture, a name a word in it.
    with ag.scope("neuron"):
        z = w @ x + b
        z.name = "z"
        a = ag.sigmoid(z)
        a.name = "a"
    cost = (a - 1.0) ** 2 / 2
    cost.name = "C"
    print("the output     ", a)
    print("the cost       ", cost)

    # The chain rule, from the cost back to w and b.
    cost.backward()
    print("dC/dw          ", w.grad)
    print("dC/db          ", b.grad)

    # The same by hand: delta = (a - y) a (1 - a), dC/dw = delta x, dC/db = delta.
    delta = (a.data - 1.0) * a.data * (1 - a.data)
    print("dC/dw by hand  ", delta * x.data)

    # A gradient is a function too: the derivative of the derivative.
    slope = ag.grad((ag.sigmoid(w @ x + b) - 1.0) ** 2 / 2, b, create_graph=True)
    print("d2C/db2        ", ag.grad(slope, b).item())

    # Every rule used, against a numeric derivative; the check scales C by a random number, so its figures differ.
    print("\nthe rules against the complex step, for a random multiple of C:")
    print(ag.gradcheck(lambda w, b: (ag.sigmoid(w @ x.data + b) - 1.0) ** 2 / 2, w, b))

    picture = ag.draw(cost, grads=True, values=True).save(sys.argv[1] if len(sys.argv) > 1 else "quickstart.svg")
    print(f"\nthe graph, with values and gradients: {picture}")


if __name__ == "__main__":
    main()
