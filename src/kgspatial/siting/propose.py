"""`propose_sites`: which candidates to use, how large, what each changes, and the proof.

Imports from `capacitated`, `candidates`, `core`, `rules_met`, `balance`, `travel`, `standards`, `study`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from kgspatial.balance import Balance
from kgspatial.balance.assess import balance_of
from kgspatial.errors import InputError
from kgspatial.inputs.coordinates.crs import WGS84
from kgspatial.inputs.settings import BalanceSettings
from kgspatial.siting.candidates import candidate_sites, sizes_of
from kgspatial.siting.capacitated import capacitated_coverage
from kgspatial.siting.core import deficit_core
from kgspatial.siting.explain import build_order, reasons
from kgspatial.siting.result import SitingResult, judged, relative_gap
from kgspatial.siting.rules_met import rules_met
from kgspatial.standards import read_profile
from kgspatial.study import Study
from kgspatial.travel import TravelMatrix, measure_travel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SITE_COLUMNS = (
    "order",
    "site_id",
    "name",
    "name_latin",
    "source",
    "action",
    "classes",
    "places",
    "children_gained",
    "served",
    "cost_wan",
    "unit_id",
    "reason_zh",
    "reason_en",
    "rules_zh",
    "rules_en",
    "checks_zh",
    "checks_en",
    "lon",
    "lat",
)


@dataclass(frozen=True, eq=False)
class SitePlan:
    """Proposed sites with the state before and after, and the proof.

    Parameters
    ----------
    sites : GeoDataFrame
        Points in build order (largest gain first): ``site_id``, ``name``, ``source``, ``action``
        (``build``, ``convert``, ``expand``), ``classes``, ``places``, ``children_gained`` (by this
        site on top of those above it; the column sums to the whole gain), ``served`` (children
        allocated to it), ``cost_wan``, ``reason_zh``, ``reason_en``, ``rules_zh``, ``rules_en``
        (rules met, and what the inputs cannot tell), ``checks_zh``, ``checks_en`` (what a person
        should look at), ``lon``, ``lat``.
    excluded : GeoDataFrame
        Candidates that may not be used, with the reason.
    candidates : GeoDataFrame
        Candidates that competed.
    before, after : Balance
        The state without and with the sites.
    new : int
        How many sites were asked for, at most.
    result : SitingResult
        ``objective`` is the number of children served with the plan, ``bound`` what no plan of
        this many sites on these candidates can exceed.
    """

    sites: gpd.GeoDataFrame
    excluded: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    before: Balance
    after: Balance
    result: SitingResult
    new: int

    def __repr__(self) -> str:
        gain = self.sites["children_gained"].sum()
        names = ", ".join(f"{r.site_id} ({r.classes} classes)" for r in self.sites.itertuples())
        return f"<SitePlan {self.result.status}: {names or 'no site'}; {gain:,.0f} more children served>"


def propose_sites(
    study: Study,
    balance: Balance,
    *,
    new: int | None = None,
    classes: Sequence[int] | None = None,
    time_limit_s: float | None = None,
    gap_target: float | None = None,
    seed: int | None = None,
) -> SitePlan:
    """Choose at most `new` sites and a size for each, so that the most children are served.

    Children may be moved between kindergartens to make room, whatever ``[balance]`` says of who
    goes where; existing kindergartens stay in and compete. Among sizes that serve as many, the smallest are taken, and a site that would gain
    nothing is not proposed.

    Parameters
    ----------
    study : Study
        Its candidates, or generated ones where the layer is absent.
    balance : Balance
        The present state.
    new : int, optional
        Number of sites at most; ``[siting] new`` unless given.
    classes : sequence of int, optional
        Sizes to choose from; ``[siting] classes``, else the rule profile's ladder
        (3, 6, 9 and 12 classes of 30 places: 建标175-2016 after 标准设计样图 2019).
    time_limit_s, gap_target, seed : float, float, int, optional
        Limits and seed of the solver; ``[siting]`` unless given.

    Returns
    -------
    SitePlan
        With objective, bound and gap: what is proven and what is not.

    Raises
    ------
    InputError
        When `new` is negative.
    SolverError
        When the time was too short for any answer.
    """
    settings = study.settings.siting
    balance = _free(study, balance)
    count = settings.new if new is None else new
    if count < 0:
        raise InputError(f"the number of new sites must be 0 or more, not {count}")
    profile = read_profile(study.settings.plan.profile)
    ladder = np.array(
        classes or settings.classes or [s.classes for s in profile.ladder], dtype=np.int64
    )
    usable, excluded = candidate_sites(
        study, balance.demand, year=balance.year, classes=ladder.tolist()
    )
    reach = measure_travel(study, balance.demand, to=usable, network=balance.travel.network)
    result = _choose(
        balance,
        reach,
        sizes_of(usable, ladder, profile),
        count,
        required=np.flatnonzero(usable["required"].astype(bool)),
        groups=_groups(usable),
        time_limit_s=settings.time_limit_s if time_limit_s is None else time_limit_s,
        gap_target=settings.gap_target if gap_target is None else gap_target,
        seed=settings.seed if seed is None else seed,
    )
    return _plan(study, balance, usable, excluded, reach, result, count, profile.places(1))


def _free(study: Study, balance: Balance) -> Balance:
    """The state in which all places are open to all, whatever the balance says of choice."""
    if study.settings.balance.is_free:
        return balance
    return balance_of(
        study, balance.points, _plain(balance.kindergartens, study), balance.travel, balance.year,
        BalanceSettings(),
    )  # fmt: skip


def _plain(kindergartens: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Kindergartens without what a balance has found of them."""
    drop = [c for c in _FOUND if c in kindergartens and c not in study.kindergartens]
    return gpd.GeoDataFrame(kindergartens.drop(columns=drop))


def _choose(
    balance: Balance,
    reach: TravelMatrix,
    sizes: NDArray[np.float64],
    count: int,
    *,
    required: NDArray[np.int64],
    groups: Sequence[NDArray[np.int64]],
    **search: float,
) -> SitingResult:
    """Solve on the deficit core; what lies outside it is served in full either way."""
    children = balance.demand["children"].to_numpy(dtype=float)
    places = balance.kindergartens["places"].to_numpy(dtype=float)
    core = deficit_core(balance.travel.csr, children, balance.assignment)
    settled = float(children.sum() - children[core.points].sum())
    inside = reach.csr[core.points]
    result = capacitated_coverage(
        inside,
        children[core.points],
        sizes,
        p=count,
        existing=(balance.travel.csr[core.points][:, core.existing], places[core.existing]),
        required=required,
        groups=groups,
        time_limit_s=search["time_limit_s"],
        gap_target=search["gap_target"],
        seed=int(search["seed"]),
    )
    objective, bound = result.objective + settled, result.bound + settled
    assignment = _expanded(result.assignment, core.points, len(children))
    return SitingResult(
        result.chosen,
        objective,
        bound,
        relative_gap(objective, bound),
        judged(objective, bound),
        assignment,
        result.seconds,
        result.sizes,
    )


def _groups(usable: gpd.GeoDataFrame) -> list[NDArray[np.int64]]:
    """Rows of the candidates that share a site."""
    named = usable["group"].dropna()
    return [np.flatnonzero((usable["group"] == name).to_numpy()) for name in named.unique()]


def _expanded(part: sparse.csr_array, rows: NDArray[np.int64], length: int) -> sparse.csr_array:
    table = part.tocoo()
    return sparse.csr_array(
        (table.data, (rows[table.row], table.col)), shape=(length, part.shape[1])
    )


def _plan(
    study: Study,
    before: Balance,
    usable: gpd.GeoDataFrame,
    excluded: gpd.GeoDataFrame,
    reach: TravelMatrix,
    result: SitingResult,
    new: int,
    places_per_class: float,
) -> SitePlan:
    order, gained = build_order(before, reach, result.chosen, result.sizes)
    column, places = result.chosen[order], result.sizes[order]
    chosen = usable.iloc[column].reset_index(drop=True)
    after = _after(study, before, chosen, places, reach, column)
    lonlat = chosen.geometry.to_crs(WGS84)
    sites = gpd.GeoDataFrame(
        chosen.assign(
            order=np.arange(1, len(chosen) + 1),
            classes=np.rint(places / places_per_class).astype(int),
            places=places,
            children_gained=gained,
            served=after.kindergartens["served"].to_numpy()[len(before.kindergartens) :],
            cost_wan=_cost(chosen, places, places_per_class),
            unit_id=study.unit_of(chosen.geometry),
            lon=lonlat.x.to_numpy(),
            lat=lonlat.y.to_numpy(),
        ),
        geometry="geometry",
        crs=study.crs,
    )
    for name, texts in reasons(sites, before, reach, column).items():
        sites[name] = texts
    total = _classes_after(sites, before)
    years = [before.year] * len(sites)
    for name, texts in rules_met(study, sites, sites["classes"].to_numpy(), total, years).items():
        sites[name] = texts
    kept = [c for c in SITE_COLUMNS if c in sites]
    proven = _with_served(result, float(after.demand["served"].sum()))
    return SitePlan(sites[[*kept, "geometry"]], excluded, usable, before, after, proven, new)


def _classes_after(sites: gpd.GeoDataFrame, before: Balance) -> NDArray[np.float64]:
    """Classes at each site with those of the kindergarten that it expands; NaN where not known."""
    gardens = before.kindergartens
    has = gardens.set_index(gardens["kindergarten_id"].astype(str))["classes"].astype(float)
    there = sites["kindergarten_id"].map(has).where(sites["kindergarten_id"].notna(), 0.0)
    return sites["classes"].to_numpy(dtype=float) + there.to_numpy(dtype=float)


def _with_served(result: SitingResult, served: float) -> SitingResult:
    """The result with the children that the plan's allocation serves, without solver tolerances."""
    bound = max(result.bound, served)
    return replace(
        result,
        objective=served,
        bound=bound,
        gap=relative_gap(served, bound),
        status=judged(served, bound),
    )


def _cost(
    chosen: gpd.GeoDataFrame, places: NDArray[np.float64], per_class: float
) -> NDArray[np.float64]:
    """Cost in proportion to the classes built, where the layer gives one for `max_classes`."""
    full = chosen["max_classes"].to_numpy(dtype=float) * per_class
    share = np.divide(places, full, out=np.ones_like(places), where=full > 0)
    return chosen["cost_wan"].to_numpy(dtype=float) * share


def _after(
    study: Study,
    before: Balance,
    chosen: gpd.GeoDataFrame,
    places: NDArray[np.float64],
    reach: TravelMatrix,
    column: NDArray[np.int64],
) -> Balance:
    new = gpd.GeoDataFrame(
        {
            "kindergarten_id": chosen["site_id"],
            "name": chosen["name"],
            "kind": None,
            "places": places,
            "enrolled": np.nan,
            "classes": np.nan,
            "counted": True,
            "places_derived": False,
            "classes_derived": False,
            "not_counted": None,
        },
        geometry=chosen.geometry,
        crs=study.crs,
    )
    old = before.kindergartens[
        [c for c in before.kindergartens if c in new or c in study.kindergartens]
    ]
    both = pd.concat(
        [old, new.astype({c: old[c].dtype for c in new if c in old and c != "geometry"})]
    )
    gardens = gpd.GeoDataFrame(both.reset_index(drop=True), geometry="geometry", crs=study.crs)
    return balance_of(
        study, before.points, gardens, before.travel.beside(reach.to_destinations(column)), before.year,
        BalanceSettings(),
    )  # fmt: skip


_FOUND = ("unit_id", "served", "vacant", "utilisation", "nearest_children", "gap")
