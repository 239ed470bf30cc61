"""Long searches: told as they go, ended by an interrupt with the best so far and a bound that holds."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from kgspatial.siting import SitingResult, capacitated_coverage
from kgspatial.siting.watching import current_watch, interruptible, watched

LONG_S = 120.0
"""Far more than a test may wait: only an interrupt ends these searches in time."""


def hard(time_limit_s: float = LONG_S) -> SitingResult:
    """Whole communities packed into kindergartens: nobody proves this within minutes."""
    random = np.random.default_rng(5)
    homes, sites = random.uniform(0, 6_000, (400, 2)), random.uniform(0, 6_000, (120, 2))
    far = np.linalg.norm(homes[:, None] - sites[None], axis=2)
    children = random.uniform(20, 45, 400)
    return capacitated_coverage(
        far < 1_500, children, [90.0, 180.0], p=20, single_source=True, time_limit_s=time_limit_s
    )


def test_a_search_that_is_stopped_keeps_its_best_answer_and_a_bound() -> None:
    told: list[tuple[float, float]] = []

    def tell(best: float, bound: float, _seconds: float) -> None:
        told.append((best, bound))
        if np.isfinite(best):
            watch.stopped = True

    with watched(tell) as watch:
        found = hard()
    assert found.status == "gap"
    assert 0 < found.objective < found.bound
    assert len(found.chosen) <= 20
    assert told
    assert max(best for best, _ in told) <= found.bound + 1e-6


def test_the_solver_is_stopped_where_it_does_not_look_at_its_clock() -> None:
    found = hard(time_limit_s=2.0)
    assert found.status == "gap"
    assert found.objective < found.bound


def test_an_inner_watch_is_the_outer_one() -> None:
    with watched() as outer, watched() as inner:
        assert inner is outer
    assert current_watch() is None


def test_the_handler_of_interrupts_is_as_it_was_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)

    @interruptible
    def search() -> int:
        return 7

    assert search() == 7
    assert signal.getsignal(signal.SIGINT) is before


def test_a_thread_may_search_too() -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(interruptible(lambda: 7)()))
    thread.start()
    thread.join()
    assert found == [7]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process alone")
def test_ctrl_c_ends_a_script_s_search_with_the_best_so_far() -> None:
    folder = str(Path(__file__).parent)
    code = (
        "import json, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.path.insert(0, {folder!r})\n"
        "from test_watching import hard\nfrom kgspatial.siting.watching import watched\n"
        "with watched(lambda best, bound, s: print(best, flush=True)):\n    found = hard()\n"
        "print(json.dumps([found.status, found.objective, found.bound]))"
    )
    script = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert script.stdout is not None
    while (line := script.stdout.readline()) and not line.strip()[:1].isdigit():
        time.sleep(0.01)
    script.send_signal(signal.SIGINT)
    rest, _ = script.communicate(timeout=90)
    status, objective, bound = json.loads(rest.strip().splitlines()[-1])
    assert script.returncode == 0
    assert status == "gap"
    assert 0 < objective < bound
