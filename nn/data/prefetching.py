"""Making things ahead of their use: a thread makes the next ones while one is in use.

Knows threads and iterators. Must not know what is made.
"""

from __future__ import annotations

import contextvars
import threading
from collections import deque
from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")


def prefetched(make: Callable[[], Generator[T, None, None]], ahead: int) -> Generator[T, None, None]:
    """What `make()` gives, of which a thread makes up to `ahead` things before they are asked for.

    The thread begins with the first thing that is asked for. It has ended when the last has been given, when an
    exception of `make` has come out here in its turn, and when this generator is closed, as a loop does that is left
    early; closing waits for the thing that is being made. Whatever NumPy was told of errors here holds there too.

    >>> from nn.data.prefetching import prefetched
    >>> list(prefetched(lambda: (x * x for x in range(4)), 2))
    [0, 1, 4, 9]
    """
    ready: deque[T] = deque()
    turn = threading.Condition()
    stopped = finished = False
    failure: BaseException | None = None

    def work() -> None:
        nonlocal finished, failure
        try:
            source = make()
            try:
                while True:
                    with turn:
                        turn.wait_for(lambda: len(ready) < ahead or stopped)
                    if stopped:
                        break
                    try:
                        made = next(source)
                    except StopIteration:
                        break
                    with turn:
                        ready.append(made)
                        turn.notify_all()
                    del made
            finally:
                source.close()
        except BaseException as error:  # noqa: BLE001 - it is raised where the things are used
            failure = error
        with turn:
            finished = True
            turn.notify_all()

    # A daemon: a program that ends with this generator unfinished is not kept alive by it.
    thread = threading.Thread(
        target=contextvars.copy_context().run, args=(work,), name="nn.DataLoader prefetch", daemon=True
    )
    thread.start()
    try:
        while True:
            with turn:
                turn.wait_for(lambda: ready or finished)
                if not ready:
                    break
                given = ready.popleft()
                turn.notify_all()
            yield given
            del given
    finally:
        with turn:
            stopped = True
            ready.clear()
            turn.notify_all()
        thread.join()
    if failure is not None:
        try:
            raise failure
        finally:
            failure = None  # its traceback holds this frame
