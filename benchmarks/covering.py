"""Sites that reach the most: as far as 1,000,000 demand points, and beside spopt.

20 of 1,500 candidates within 2 km, synthetic: sites evenly at random; communities evenly at random
or in towns; cells of a grid with children in towns. How hard a case is depends on the towns: those
that stand apart mostly settle which sites are best, those that have grown together leave more that
are nearly as good. Each case is solved in a process of its own, because a peak of
memory never goes down again. Columns:

``left``     points after those of equal reach are merged
``open``     sites that the prices neither remove nor force
``links s``  wall seconds from the call until the links are read and merged
``bound s``  ... until the prices have an answer and a bound, with the ``gap`` there
``10 s``     the gap 10 s after the call, or at the result
``all s``    ... until the result, with its objective, bound, gap and status
``covered``  share of the children whom any site reaches
``MB``       the most memory that the process held, its libraries and the case's making included

spopt builds the model of the smallest case with PuLP and hands it to HiGHS or CBC; without spopt
(``pip install spopt``) it is not compared.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from benchmarks.common import print_head, print_row, timed
from kgspatial.siting import SitingResult, covering, max_coverage
from kgspatial.siting.cover_bound import BoundedCover, bounded_cover
from kgspatial.siting.result import relative_gap

SITES, CHOSEN, RADIUS_M, TIME_LIMIT_S, EARLY_S = 1_500, 20, 2_000.0, 120.0, 10.0
CHILDREN_PER_KM2 = 100.0


@dataclass(frozen=True)
class Layout:
    """How children live: land per town, a town's spread (standard deviation), who lives outside."""

    name: str
    km2_per_town: float
    spread_m: tuple[float, float]
    evenly: float
    """Share of the children that live evenly over the land."""


EVEN = Layout("evenly", np.inf, (0.0, 0.0), 1.0)
APART = Layout("towns apart", 60.0, (500.0, 2_000.0), 0.1)
TOGETHER = Layout("towns together", 20.0, (1_000.0, 3_000.0), 0.2)


@dataclass(frozen=True)
class Case:
    """Demand over a square: communities, or the cells of a grid."""

    kind: str
    points: int
    side_m: float
    layout: Layout
    seed: int

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.side_m / 1000:.0f} km, {self.layout.name}"


SMALLEST = Case("communities", 4_000, 20_000.0, EVEN, 7)
SIZES = (
    ("communities", 4_000, 30_000.0),
    ("cells", 36_100, 60_000.0),
    ("cells", 36_100, 30_000.0),
    ("cells", 36_100, 19_000.0),
    ("cells", 360_000, 60_000.0),
    ("cells", 1_000_000, 100_000.0),
)
CASES = (SMALLEST, *(Case(*size, layout, 8) for size in SIZES for layout in (APART, TOGETHER)))


@dataclass(frozen=True, eq=False)
class Demand:
    """Where the children are, how many, and where sites could be."""

    points: np.ndarray
    children: np.ndarray
    parcels: np.ndarray


@dataclass(frozen=True, eq=False)
class Towns:
    """Centres in metres, spread in metres, share of all children in towns."""

    centres: np.ndarray
    spread_m: np.ndarray
    share: np.ndarray


@dataclass(frozen=True)
class Half:
    """What the prices were given and have left, and when."""

    left: int
    reached: float
    open: int
    gap: float
    begun: float
    ended: float


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    half: Half
    early_gap: float
    begun: float
    ended: float
    objective: float
    bound: float
    gap: float
    status: str
    memory_mb: float


def towns_of(random: np.random.Generator, case: Case) -> Towns:
    """Towns evenly at random, a few large and many small ones."""
    count = round(case.side_m**2 / 1e6 / case.layout.km2_per_town)
    size = random.lognormal(0.0, 1.0, count)
    centres = random.uniform(0, case.side_m, (count, 2))
    return Towns(centres, random.uniform(*case.layout.spread_m, count), size / size.sum())


def communities_of(random: np.random.Generator, case: Case) -> np.ndarray:
    """Where the communities are; all have as many children, give or take."""
    anywhere = random.uniform(0, case.side_m, (case.points, 2))
    if case.layout.evenly == 1.0:
        return anywhere
    towns = towns_of(random, case)
    town = random.choice(len(towns.share), case.points, p=towns.share)
    apart = random.standard_normal((case.points, 2)) * towns.spread_m[town, None]
    is_outside = random.random(case.points) < case.layout.evenly
    return np.where(is_outside[:, None], anywhere, towns.centres[town] + apart)


def cells_of(random: np.random.Generator, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Centres of a square grid's cells and their children."""
    cells = round(case.points**0.5)
    middle = (np.arange(cells) + 0.5) * case.side_m / cells
    towns = towns_of(random, case)
    # A round normal curve is the product of one along x and one along y.
    away = (middle[None, None, :] - towns.centres.T[:, :, None]) / towns.spread_m[:, None]
    along_x, along_y = np.exp(-0.5 * away**2) / towns.spread_m[:, None]
    lived = along_y.T @ (towns.share[:, None] * along_x)
    evenly = case.layout.evenly
    expected = evenly / lived.size + (1 - evenly) * lived / lived.sum()
    total = CHILDREN_PER_KM2 * case.side_m**2 / 1e6
    children = total * expected * random.gamma(1.5, 1 / 1.5, lived.shape)
    x, y = np.meshgrid(middle, middle)
    return np.column_stack([x.ravel(), y.ravel()]), children.ravel()


def demand_of(case: Case) -> Demand:
    random = np.random.default_rng(case.seed)
    if case.kind == "cells":
        points, children = cells_of(random, case)
    else:
        points = communities_of(random, case)
        children = random.gamma(1.5, 40.0, case.points)
    return Demand(points, children, random.uniform(0, case.side_m, (SITES, 2)))


def reach_of(demand: Demand) -> sparse.csr_array:
    """Points x sites: the metres between them where within reach."""
    near = KDTree(demand.points).sparse_distance_matrix(
        KDTree(demand.parcels), RADIUS_M, output_type="coo_matrix"
    )
    return sparse.csr_array(near)


def solved(reach: sparse.csr_array, children: np.ndarray) -> tuple[SitingResult, Half, float]:
    """The result; what stood half-way, noted where the prices are called; the gap after 10 s."""
    noted: list[Half] = []
    gaps = [np.nan]

    def tell(objective: float, bound: float, seconds: float) -> None:
        if seconds <= EARLY_S:
            gaps.append(relative_gap(objective, bound))

    def bounded(
        links: sparse.csr_array,
        amount: np.ndarray,
        count: int,
        *,
        time_limit_s: float,
        gap_target: float,
    ) -> BoundedCover:
        begun = perf_counter()
        found = bounded_cover(
            links, amount, count, time_limit_s=time_limit_s, gap_target=gap_target
        )
        left_open = int((found.may_be_chosen & ~found.must_be_chosen).sum())
        gap = relative_gap(found.objective, found.bound)
        ended = perf_counter()
        noted.append(Half(len(amount), float(amount.sum()), left_open, gap, begun, ended))
        return found

    with patch.object(covering, "bounded_cover", bounded):
        found = max_coverage(reach, children, p=CHOSEN, time_limit_s=TIME_LIMIT_S, tell=tell)
    return found, noted[0], found.gap if found.seconds <= EARLY_S else gaps[-1]


def measured(case: Case) -> Row:
    demand = demand_of(case)
    reach = reach_of(demand)
    compile_all()
    begun = perf_counter()
    found, half, early_gap = solved(reach, demand.children)
    ended = perf_counter()
    return Row(
        half,
        early_gap,
        begun,
        ended,
        found.objective,
        found.bound,
        found.gap,
        found.status,
        peak_mb(),
    )


def compile_all() -> None:
    """Solve a small case that takes some branches."""
    random = np.random.default_rng(3)
    reach = (random.random((120, 40)) < 0.15).astype(float)
    assert max_coverage(reach, random.gamma(1.5, 40.0, 120), p=5).status == "optimal"


def peak_mb() -> float:
    """The most memory that this process has held; nan where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(s.split()[1]) / 1024 for s in lines if s.startswith("VmHWM")), np.nan)


def print_case(case: Case, row: Row) -> None:
    half = row.half
    links_s, bound_s, all_s = (t - row.begun for t in (half.begun, half.ended, row.ended))
    print(
        f"{case.name:<36}{case.points:>9,}{half.left:>8,}{half.open:>6,}"
        f"{links_s:>8.2f}{bound_s:>8.2f}{half.gap:>9.4%}{row.early_gap:>9.4%}{all_s:>8.2f}"
        f"{row.objective:>11,.1f}{row.bound:>11,.1f}{row.gap:>9.4%}{row.status:>9}"
        f"{row.objective / half.reached:>9.1%}{row.memory_mb:>5,.0f}",
        flush=True,
    )


def print_cases() -> None:
    print(
        f"\n{CHOSEN} of {SITES:,} sites within {RADIUS_M:,.0f} m, at most {TIME_LIMIT_S:.0f} s\n"
        f"{'demand':<36}{'points':>9}{'left':>8}{'open':>6}{'links s':>8}{'bound s':>8}{'gap':>9}"
        f"{'10 s':>9}{'all s':>8}{'objective':>11}{'bound':>11}{'gap':>9}{'status':>9}{'covered':>9}{'MB':>5}"
    )
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh, max_tasks_per_child=1) as one_by_one:
        for case, row in zip(CASES, one_by_one.map(measured, CASES), strict=True):
            print_case(case, row)
            assert row.objective <= row.bound, "no answer may beat its bound"


def cover(demand: Demand) -> tuple[float, float]:
    found = max_coverage(reach_of(demand), demand.children, p=CHOSEN, time_limit_s=TIME_LIMIT_S)
    return found.objective, found.bound


def cover_with_spopt(demand: Demand, solver: str) -> tuple[float, bool, float]:
    """What is covered, whether PuLP calls it optimal, and the seconds until the model stood."""
    import pulp
    from scipy.spatial.distance import cdist
    from spopt.locate import MCLP

    begun = perf_counter()
    metres = cdist(demand.points, demand.parcels)
    model = MCLP.from_cost_matrix(metres, demand.children, RADIUS_M, CHOSEN)
    built_s = perf_counter() - begun
    command = {"HiGHS": pulp.HiGHS, "CBC": pulp.PULP_CBC_CMD}[solver]
    model.solve(command(msg=False, timeLimit=TIME_LIMIT_S))
    proven = model.problem.sol_status == pulp.LpSolutionOptimal
    return float(pulp.value(model.problem.objective)), proven, built_s


def compare() -> None:
    demand = demand_of(SMALLEST)
    compile_all()
    (ours, bound), seconds = timed(lambda: cover(demand), runs=3)
    print_head(f"{SMALLEST.name}: {SMALLEST.points:,} points, reach and model from coordinates")
    print_row("kgspatial", seconds, f"covered {ours:,.3f}, bound {bound:,.3f}")
    if find_spec("spopt") is None:
        print("spopt is not installed: not compared")
        return
    for solver in ("HiGHS", "CBC"):
        (theirs, proven, built_s), others = timed(
            lambda solver=solver: cover_with_spopt(demand, solver), runs=1
        )
        note = "optimal" if proven else f"not proven in {TIME_LIMIT_S:.0f} s"
        print_row(
            f"spopt, {solver}", others, f"covered {theirs:,.3f}, {note}; model {built_s:.1f} s"
        )
        tolerance = 1e-6 * bound
        assert theirs <= bound + tolerance, "no answer may beat the other's proven bound"
        assert not proven or abs(theirs - ours) <= tolerance, "two optima must be equal"


def main() -> None:
    print_cases()
    compare()
