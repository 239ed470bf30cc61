"""Long searches: what is reached is told as it comes, and an interrupt ends them with the best so far.

Imports nothing of kgspatial.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Tell = Callable[[float, float, float], None]
"""Takes the best value so far, the bound, and the seconds since the search began."""

TELL_EVERY_S = 0.5


@dataclass(eq=False)
class Watch:
    """One search as it is watched: whom to tell, and whether it was asked to stop."""

    tell: Tell | None = None
    stopped: bool = False
    begun: float = field(default_factory=time.perf_counter)
    told: float = -TELL_EVERY_S

    def report(self, best: float, bound: float) -> None:
        """Tell what is reached, not more often than a person can read."""
        now = time.perf_counter() - self.begun
        if self.tell is not None and now - self.told >= TELL_EVERY_S:
            self.told = now
            self.tell(best, bound, now)


P = ParamSpec("P")
R = TypeVar("R")

_current: ContextVar[Watch | None] = ContextVar("watch", default=None)


def current_watch() -> Watch | None:
    """Return the watch of the search that runs, or None."""
    return _current.get()


@contextmanager
def watched(tell: Tell | None = None) -> Iterator[Watch]:
    """Watch the searches within: Ctrl-C, or a notebook's stop, ends them with the best so far.

    Within another, the outer one is used, so that one interrupt ends a chain of searches. A second
    interrupt is a KeyboardInterrupt as soon as the solver lets go.

    Parameters
    ----------
    tell : callable, optional
        Called with best value, bound and seconds about twice a second.

    Examples
    --------
    >>> with watched(lambda best, bound, seconds: None) as watch:
    ...     watch.stopped
    False
    """
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    watch = Watch(tell)
    token = _current.set(watch)
    presses: list[int] = []

    def stop(_number: int, _frame: Any) -> None:
        presses.append(1)
        watch.stopped = True

    here = threading.current_thread() is threading.main_thread()
    catches = here and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    before = signal.signal(signal.SIGINT, stop) if catches else None
    try:
        yield watch
    finally:
        _current.reset(token)
        if catches:
            signal.signal(signal.SIGINT, before)
    if len(presses) > 1:
        raise KeyboardInterrupt


def interruptible(search: Callable[P, R]) -> Callable[P, R]:
    """Let an interrupt end this search with the best so far, as within :func:`watched`."""

    @wraps(search)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with watched():
            return search(*args, **kwargs)

    return run
