"""The one seam for what looks on while tensors are computed with: an open recording, debug mode, whoever comes later.

The engine tells `mode.now.witness` what happens and knows nothing of who listens; the one that is there by default does
nothing. Must not know tensors beyond being handed them.
"""

from __future__ import annotations

from typing import Any


class Witness:
    """What is told of everything that happens to tensors in one thread; does nothing and is what others begin from.

    One that is to see more than the default is set as `mode.now.witness` for a while, keeps the one that was there
    before, and hands on to it what is not its own.
    """

    records = False
    """Whether operations are to be recorded also where no gradient is wanted."""

    def made(self, tensor: Any, data: Any) -> None:
        """A leaf was made with the values of `data`."""

    def applied(self, result: Any, node: Any) -> None:
        """An operation was recorded: `result` came from `node`."""

    def computed(self, op: Any, inputs: tuple[Any, ...], out: Any) -> None:
        """An operation was run that nobody records, and gave the array `out`; not told to the default."""

    def passed(self, written: Any, adds: bool) -> None:
        """A reverse pass has succeeded: for each tensor it, the gradient before, and that of the pass.

        `adds` says that the gradient was added to that before, which a function that returns gradients does not.
        """

    def reading(self, tensor: Any) -> None:
        """The value of a tensor is asked for, by `item`, `bool`, `numpy()`, `data` …; may raise."""

    def assigned(self, tensor: Any, value: Any) -> None:
        """A leaf is about to take a new value."""

    def get_grad(self, tensor: Any) -> Any:
        """What the `grad` of a leaf gives."""
        return tensor._grad

    def set_grad(self, tensor: Any, value: Any) -> None:
        """The `grad` of a leaf becomes `value`, an array or a tensor that fits, or `None`."""
        tensor._grad = None if value is None else getattr(value, "_data", value)

    def spread(self, gradient: Any, like: Any) -> None:
        """A recorded reverse pass repeated a gradient: on arrays that is done in memory of its own, as in `like`."""

    def number(self, owner: Any, name: str) -> Any:
        """What stands for an attribute of `owner` that holds a number and may change, such as a learning rate."""
        return getattr(owner, name)

    def decided(self, question: Any, answer: Any) -> None:
        """Something such a number says, `question()`, was asked for, and was `answer`."""

    def drawing(self, params: dict[str, Any]) -> Any:
        """An operation with an effect is about to run, with these parameters, generators among them; may raise.

        It does not run where this gives a tensor, which is what it gave when it was run before.
        """

    def drew(self, params: dict[str, Any], result: Any) -> None:
        """It has drawn, and this came of it."""


SILENT = Witness()
"""The witness that is there by default."""
