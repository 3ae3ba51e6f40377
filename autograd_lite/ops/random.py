"""Random numbers as operations, so that a compiled step draws fresh ones from the same stream."""

from __future__ import annotations

from typing import Any

from autograd_lite import backend
from autograd_lite.op import operation


@operation(notation=r"\operatorname{{random}}({x})", symbol="random", analytic=False, effect=True, flops=0)
def random_like(xp: Any, x: Any, *, rng: Any) -> Any:
    """Numbers drawn uniformly from [0, 1) by the generator `rng`, of the shape and dtype of `x`.

    Data, never differentiable. `rng` is a `numpy.random.Generator`, or CuPy's for a GPU.

    >>> ag.random_like(ag.tensor([1.0, 2.0]), np.random.default_rng(0)).numpy()
    array([0.63696169, 0.26978671])
    """
    return rng.random(x.shape, dtype=x.dtype)


@operation(notation=r"\operatorname{{draw}}({x})", symbol="draw", analytic=False, effect=True, flops=0)
def draw_like(xp: Any, x: Any, *arguments: Any, rng: Any, method: str, options: Any = (), named: Any = ()) -> Any:
    """What a `method` of the generator `rng` draws, as an array where `x` lives; data, never differentiable.

    `arguments` are arrays and numbers that the method takes, the last of them by the keywords `named`; `options` are
    pairs of a further keyword and its value. Users write `ag.random.normal` and its kin, which are made of it.

    >>> x = ag.tensor(0.0)
    >>> ag.draw_like(x, 6, rng=np.random.default_rng(0), method="integers", options=(("size", 3),)).numpy()
    array([5, 3, 3])
    """
    backend.namespace(x, *arguments)  # the generator would take an array of another library for a number
    count = len(arguments) - len(named)
    keywords = {**dict(options), **dict(zip(named, arguments[count:], strict=True))}
    return xp.asarray(getattr(rng, method)(*arguments[:count], **keywords))
