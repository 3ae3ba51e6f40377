"""Random numbers as operations, so that a compiled step draws fresh ones from the same stream."""

from __future__ import annotations

from typing import Any

from autograd_lite.op import operation


@operation(notation=r"\operatorname{{random}}({x})", symbol="random", analytic=False, effect=True, flops=0)
def random_like(xp: Any, x: Any, *, rng: Any) -> Any:
    """Numbers drawn uniformly from [0, 1) by the generator `rng`, of the shape and dtype of `x`.

    Data, never differentiable. `rng` is a `numpy.random.Generator`, or CuPy's for a GPU.

    >>> ag.random_like(ag.tensor([1.0, 2.0]), np.random.default_rng(0)).numpy()
    array([0.63696169, 0.26978671])
    """
    return rng.random(x.shape, dtype=x.dtype)
