"""What cannot be compiled is refused and put back; a replay that breaks off says what it has done; audits."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from compiling import OPTIMIZERS, batch, bits, plain, state, training_step

import autograd_lite as ag
import nn

# Refused at recording, with everything put back.


def everything(model: Any, generator: np.random.Generator) -> Any:
    random_state = (random.getstate(), repr(np.random.get_state()))
    return state(model.parameters()), bits(model.state_dict()), repr(generator.bit_generator.state), random_state


REFUSED: dict[str, Callable[..., Any]] = {
    "item": lambda cost, rng: cost.item(),
    "bool": lambda cost, rng: 1.0 if cost > 0 else 2.0,
    "float": lambda cost, rng: float(cost),
    "int": lambda cost, rng: int(cost),
    "asarray": lambda cost, rng: np.asarray(cost.detach()),
    "data": lambda cost, rng: cost.data,
    "numpy": lambda cost, rng: cost.numpy(),
    "tensor": lambda cost, rng: ag.tensor(cost),
    "format": lambda cost, rng: f"{cost:.3f}",
    "mask": lambda cost, rng: (cost * np.ones(3))[cost * np.ones(3) > 0],
    "np.random": lambda cost, rng: np.random.random(),
    "np.random.seed": lambda cost, rng: np.random.seed(0),
    "random": lambda cost, rng: random.random(),
    "generator": lambda cost, rng: rng.random(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_compiled_is_refused_and_everything_put_back(name: str) -> None:
    model, optimizer, f = plain()
    f(*batch())
    rng = np.random.default_rng(0)
    dropout = nn.Dropout(0.5, rng=rng)
    np.random.seed(0)  # seeding with the same once more changes nothing that can be seen

    def bad(x: Any, y: Any) -> Any:
        dropout(x)
        cost = f(x, y)
        return cost, REFUSED[name](cost, rng) if name == "mask" else REFUSED[name](cost, rng) and None

    before = everything(model, rng)
    step = ag.compile(bad)
    with pytest.raises(ag.CompileError):
        step(*batch())
    assert everything(model, rng) == before
    assert all(type(p.grad) is np.ndarray for p in model.parameters())
    assert step.records == 0
    f(*batch())  # eager goes on as if nothing had been


def test_a_changed_argument_is_refused_and_put_back() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    seen = ag.tensor([5.0])

    def f(x: Any) -> Any:
        seen.assign(seen + 1.0)
        x.assign(x * 2.0)
        return x

    with pytest.raises(ag.CompileError, match="changes one of its arguments"):
        ag.compile(f)(w)
    assert w.data.tolist() == [1.0, 2.0] and seen.data.tolist() == [5.0]


def test_a_result_that_is_no_tensor_is_refused_and_put_back() -> None:
    model, _, f = plain()
    before = state(model.parameters())

    def g(x: Any, y: Any) -> Any:
        return f(x, y), 3.5

    with pytest.raises(ag.CompileError, match=r"3\.5"):
        ag.compile(g)(*batch())
    assert state(model.parameters()) == before


def test_an_exception_while_recording_puts_everything_back() -> None:
    model, optimizer, f = plain()
    f(*batch())
    rng = np.random.default_rng(0)
    dropout = nn.Dropout(0.5, rng=rng)
    fail = True

    def g(x: Any, y: Any) -> Any:
        cost = f(dropout(x), y)
        if fail:
            rng.random()
            np.random.random()
            raise KeyError("the user's own")
        return cost

    step = ag.compile(g)
    before = everything(model, rng)
    with pytest.raises(KeyError, match="the user's own"):
        step(*batch())
    assert everything(model, rng) == before
    fail = False
    step(*batch())
    assert step.records == 1


def test_printing_while_recording_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        print(x, x.shape)
        return x * 2.0

    assert ag.compile(f)(np.ones(2)).data.tolist() == [2.0, 2.0]
    assert "(2,)" in capsys.readouterr().out


# An exception in the middle of a replay.


def test_a_replay_that_breaks_off_changed_nothing_or_says_what() -> None:
    class Break(Exception):
        pass

    count = limit = 0

    def breaking(function: Any) -> Any:
        def called(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == limit:
                raise Break
            return function(*args, **kwargs)

        return called

    for optimizer in ("sgd", "momentum", "adam"):
        finished = False
        for limit in range(1, 200):
            model = nn.MLP((4, 6, 3), rng=1)
            parameters = model.parameters()
            step = ag.compile(
                training_step(model, {"sgd": lambda p: nn.SGD(p, lr=0.5), **OPTIMIZERS}[optimizer](parameters)),
                verify=False,
            )
            for i in range(3):
                step(*batch(seed=i))
            world = step._thread.quick.bound.run.__globals__
            for name, value in list(world.items()):
                if callable(value) and name != "run":
                    world[name] = breaking(value)
            earlier = (parameters[0] * 2.0).sum()
            before = [p.numpy() for p in parameters]
            count = 0
            try:
                step(*batch(seed=9))
            except Break as error:
                note = "\n".join(error.__notes__)
            else:
                finished = True
                break
            same = all(bits(p.data) == bits(old) for p, old in zip(parameters, before, strict=True))
            if "before any state was updated" in note:
                assert same
                earlier.backward()
            else:
                assert "updated already: " in note and "state_dict()" in note
                done = note.split("updated already: ")[1].split("; perhaps")[0]
                part = note.split("perhaps in part: ")[1].split("; restore")[0]
                for p, old in zip(parameters, before, strict=True):
                    if bits(p.data) != bits(old):
                        assert p.name in done or p.name in part
                with pytest.raises(ag.ChangedError):
                    earlier.backward()
        assert finished and limit > 20, optimizer


# The check of every replay.


def test_verify_passes_what_is_right() -> None:
    model, _, f = plain()
    rng = np.random.default_rng(0)
    dropout = nn.Dropout(0.5, rng=rng)
    theirs, _, g = plain()
    other = nn.Dropout(0.5, rng=np.random.default_rng(0))
    step = ag.compile(lambda x, y: f(dropout(x), y), verify=True)
    for i in range(5):
        assert bits(step(*batch(seed=i))) == bits(g(other(ag.asarray(batch(seed=i)[0])), batch(seed=i)[1]))
        assert bits(model.state_dict()) == bits(theirs.state_dict())


def test_verify_catches_a_wrong_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_lite.program import passes

    def merge_factors(program: Any) -> Any:
        for call in program.calls:
            if call.function == "subtract":
                call.args = call.args[::-1]
        return program

    wrong = tuple(merge_factors if one is passes.merge_factors else one for one in passes.SIMPLIFY)
    monkeypatch.setattr(passes.optimise, "__defaults__", (wrong,))
    _, _, f = plain()
    model = f.__closure__[1].cell_contents  # type: ignore[index]
    before = state(model.parameters())
    with pytest.raises(ag.CompileError, match=r"other than the function.* begins at subtract in quadratic cost"):
        ag.compile(f)(*batch())
    assert state(model.parameters()) == before
