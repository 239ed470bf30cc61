"""The key figures of a run as one plain dictionary: what `summary.json` holds.

Imports from `siting`, `balance`, `study`. Numbers in SI units; None where the inputs do not tell.
"""

from __future__ import annotations

import math
import platform
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from kgspatial.balance import Balance, Indicator, assess_indicators
from kgspatial.balance.indicators import indicator_records

if TYPE_CHECKING:
    import pandas as pd

    from kgspatial.siting import LayoutPlan, SitePlan
    from kgspatial.study import Study

UNIT_KEYS = ("unit_id", "name", "children", "places", "served", "unserved", "unreached", "gap")
SITE_KEYS = (
    *("site_id", "name", "action", "classes", "places", "children_gained", "cost_wan"),
    *("lon", "lat", "unit_id", "order"),
)
ACTION_KEYS = (
    *("order", "year", "subject_id", "name", "action", "into_id", "classes", "places_before"),
    *("places", "kind", "cost_wan", "worth", "newly_served", "moved_here", "runner_up"),
    *("runner_up_difference", "unit_id", "lon", "lat"),
)
PACKAGES = (
    *("kgspatial", "geopandas", "shapely", "pyproj", "pyogrio", "rasterio", "numpy", "scipy"),
    *("pandas", "highspy", "ortools", "folium"),
)
SEVERITIES = ("error", "warning", "note")


def summarise(
    study: Study,
    balance: Balance,
    sites: SitePlan | None = None,
    layout: LayoutPlan | None = None,
) -> dict[str, Any]:
    """Return the key figures of a plan, ready for JSON.

    Parameters
    ----------
    study : Study
        The study area.
    balance : Balance
        The present state: its totals stand at the top level.
    sites : SitePlan, optional
        The proposal; its totals stand under ``after``. Without it ``sites`` is empty and
        ``siting`` and ``after`` are None.
    layout : LayoutPlan, optional
        The layout in phases; without it ``layout`` is None.

    Returns
    -------
    dict
        ``year``, ``children``, ``places``, ``enrolled``, ``served``, ``unserved``, ``unreached``,
        ``vacant``, ``coverage``, ``mean_distance_m``, ``units``, ``sites``, ``siting``, ``after``, ``layout``,
        ``indicators``, ``problems``, ``inputs``, ``parameters``, ``versions``.
    """
    return {
        "name": study.settings.plan.name,
        "year": balance.year,
        **balance.totals,
        "units": _records(balance.units, UNIT_KEYS),
        "sites": [] if sites is None else _records(sites.sites, SITE_KEYS),
        "siting": None if sites is None else _proof(sites),
        "after": None if sites is None else sites.after.totals,
        "layout": None if layout is None else _layout(layout),
        "indicators": indicator_records(_indicators(study, balance)),
        "problems": {s: int((balance.problems["severity"] == s).sum()) for s in SEVERITIES},
        "inputs": _records(study.inputs, tuple(study.inputs.columns)),
        "parameters": {
            "study_crs": study.crs.to_string(),
            **asdict(study.settings),
            "travel_matrix": dict(balance.travel.provenance),
        },
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
    }


def _indicators(study: Study, balance: Balance) -> list[Indicator]:
    return assess_indicators(
        balance, study.settings.plan.profile, study.settings.balance.indicators
    )


def _proof(sites: SitePlan) -> dict[str, Any]:
    result = sites.result
    return {
        "new": sites.new,
        "candidates": len(sites.candidates),
        "excluded": len(sites.excluded),
        "objective": _plain(result.objective),
        "bound": _plain(result.bound),
        "gap": _plain(result.gap),
        "status": result.status,
        "seconds": round(result.seconds, 3),
    }


def _layout(layout: LayoutPlan) -> dict[str, Any]:
    result = layout.result
    goals = [{k: _plain(v) for k, v in asdict(goal).items()} for goal in result.goals]
    return {
        "status": result.status,
        "seconds": round(result.seconds, 3),
        "goals": goals,
        "phases": _records(layout.phases, tuple(layout.phases.columns)),
        "actions": _records(layout.actions, ACTION_KEYS),
        "shortfall": _records(layout.shortfall, tuple(layout.shortfall.columns)),
        "unmet": list(layout.unmet),
    }


def _records(frame: pd.DataFrame | gpd.GeoDataFrame, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    kept = [k for k in keys if k in frame.columns]
    rows = frame[kept].astype(object).itertuples(index=False, name=None)
    return [{k: _plain(v) for k, v in zip(kept, row, strict=True)} for row in rows]


def _plain(value: Any) -> Any:
    """The value as JSON knows it: no NumPy scalars, and null for what is missing or infinite."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else None
    return plain if isinstance(plain, (str, int, bool)) else None
