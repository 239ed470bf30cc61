"""What the document says: findings in full sentences, each from numbers of the results.

Imports from `wording`, `terms`. Nothing is said that the results do not hold; what cannot be
judged is said to be unknown.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from kgspatial.report.wording import (
    clean,
    is_missing,
    joined,
    known,
    say,
    shown_names,
    unit_names,
    value_label,
)
from kgspatial.terms import Language, has_term, term
from kgspatial.travel.wording import travel_method

if TYPE_CHECKING:
    from kgspatial.balance import Balance
    from kgspatial.inputs.settings import BalanceSettings, TravelSettings
    from kgspatial.siting import SitePlan
    from kgspatial.study import Study
    from kgspatial.travel import TravelMatrix

ONE_CHILD = 0.5
"""Less than half a child is none: what rounds to 0 is not reported as a finding."""
NAMED = 3
PROVEN_GAP = 1e-6
"""Relative gap up to which "optimal" may be said; the siting room's own limit."""
LIMITS = ("allocation", "fractions", "year", "register", "sites")


def summary_sentences(
    study: Study, balance: Balance, sites: SitePlan | None, language: Language
) -> list[str]:
    """Return the findings that a reader in a hurry needs."""
    found = [_totals(balance, language), *_served(study, balance, language)]
    found += _side_by_side(study, balance, language)
    if sites is not None and len(sites.sites):
        found += [_plan(sites, language), *_cost(sites, language)]
    return found


def present_sentences(balance: Balance, language: Language) -> list[str]:
    """Return what the kindergartens are and how far they are used."""
    rows = balance.kindergartens
    counted = rows[rows["counted"].astype(bool)]
    found = [
        term("report.say_supply", language, count=say(len(rows)), counted=say(len(counted))),
    ]
    if len(counted) < len(rows):
        left = say(len(rows) - len(counted))
        found.append(term("report.say_not_counted", language, count=left))
    found.append(_enrolled(balance, language))
    used = counted.loc[counted["places"] > 0, "utilisation"].astype(float)
    if len(used):
        found.append(
            term(
                "report.say_utilisation",
                language,
                full=say((used > 1 - 1e-6).sum()),
                half=say((used < 0.5).sum()),
                empty=say((used < 1e-6).sum()),
            )
        )
    return found


def gap_sentences(study: Study, balance: Balance, language: Language) -> list[str]:
    """Return where places are short, where they stand empty, and how far children walk."""
    found = [*_communities(balance, language), *_units(study, balance, language)]
    found += _side_by_side(study, balance, language)
    found.append(
        term(
            "report.say_distance",
            language,
            distance=known(balance.totals["mean_distance_m"], "count", language),
            coverage=known(balance.totals["coverage"], "share", language),
        )
    )
    return found


def proposal_sentences(sites: SitePlan | None, language: Language) -> list[str]:
    """Return what is proposed and what is proven about it."""
    if sites is None:
        return [term("report.say_no_sites", language)]
    found = []
    if sites.result.status == "infeasible":
        found.append(term("report.say_infeasible", language))
    elif sites.sites.empty:
        count = say(len(sites.candidates))
        found.append(term("report.say_none_proposed", language, candidates=count))
    else:
        found += [_plan(sites, language), *_cost(sites, language)]
    if len(sites.excluded):
        found.append(term("report.say_excluded", language, count=say(len(sites.excluded))))
    return found


def proof_sentence(sites: SitePlan, language: Language) -> str:
    """State objective, bound and gap; "optimal" only where these prove it."""
    result = sites.result
    if result.status == "infeasible":
        return ""
    proven = result.status == "optimal" and result.gap <= PROVEN_GAP
    bounded = math.isfinite(result.bound) and math.isfinite(result.gap)
    key = "none" if not bounded else "optimal" if proven else "gap"
    return term(
        f"report.proof_{key}",
        language,
        candidates=say(len(sites.candidates)),
        count=say(sites.new),
        objective=f"{result.objective:,.1f}",
        bound=f"{result.bound:,.1f}",
        gap=f"{result.gap:.2%}",
    )


def site_sentences(
    study: Study, balance: Balance, sites: SitePlan, language: Language
) -> list[str]:
    """Return one sentence of reason for each site."""
    names = shown_names(sites.sites, "site_id", study, language)
    called = unit_names(study, balance, language)
    return [
        term(
            "report.say_site",
            language,
            order=row.order,
            name=name or clean(row.site_id),
            action=value_label(row.action, language),
            unit=called.get(clean(row.unit_id), clean(row.unit_id)),
            reason=clean(getattr(row, f"reason_{language}")),
        )
        for row, name in zip(sites.sites.itertuples(), names, strict=True)
    ]


def limit_sentences(study: Study, balance: Balance, language: Language) -> list[str]:
    """Return what the method cannot tell."""
    method = f"report.limit_{travel_method(balance.travel)}"
    first = [term(method, language)] if has_term(method) else []
    forecast = study.settings.demand.method == "cohort"
    kept = [k for k in LIMITS if not (k == "year" and forecast)]
    return [*first, *(term(f"report.limit_{k}", language) for k in kept)]


def _method_used(balance: Balance, asked: str) -> str:
    """The method that told most children; what was asked for where the balance does not say."""
    demand = balance.demand
    if "method" not in demand or demand.empty:
        return asked
    return str(demand["children"].groupby(demand["method"].astype(str)).sum().idxmax())


def parameters(study: Study, balance: Balance, language: Language) -> pd.DataFrame:
    """Return the parameters that decide the results, each with its value."""
    s = study.settings
    year = term("report.year_unknown", language) if balance.year is None else balance.year
    ladder = joined(map(str, s.siting.classes), language)
    values: dict[str, object] = {
        "year": year,
        "method": term(f"report.method_{_method_used(balance, s.demand.method)}", language),
        "scenario": s.demand.scenario if _method_used(balance, "") == "cohort" else None,
        "age_share": s.demand.age_share,
        "travel": term(f"report.method_{travel_method(balance.travel)}", language),
        "limit": f"{s.travel.limit_m:g}",
        **_travel_parameters(s.travel, balance.travel),
        "unlicensed": term("report.yes" if s.balance.count_unlicensed else "report.no", language),
        **_choice_parameters(s.balance, language),
        "profile": s.plan.profile,
        "crs": study.crs.name,
        "new": s.siting.new,
        "classes": ladder or term("report.parameter_classes_ladder", language),
        "seconds": f"{s.siting.time_limit_s:g}",
        "seed": s.siting.seed,
    }
    shown = {k: clean(v) for k, v in values.items() if not is_missing(v)}
    labels = [term(f"report.parameter_{k}", language) for k in shown]
    return pd.DataFrame({"parameter": labels, "value": list(shown.values())})


def _choice_parameters(rules: BalanceSettings, language: Language) -> dict[str, str]:
    """Rules of choice that are not the usual ones."""
    chosen = {
        "accepts": (rules.accepts != "all", f"accepts_{rules.accepts}"),
        "allocation": (rules.allocation == "nearest", "allocation_nearest"),
        "own_estate": (rules.own_estate_first, "yes"),
        "keep_enrolled": (rules.keep_enrolled, "yes"),
    }
    return {k: term(f"report.{text}", language) for k, (own, text) in chosen.items() if own}


def _travel_parameters(asked: TravelSettings, travel: TravelMatrix) -> dict[str, str]:
    """What counts besides the limit, by the way of measuring; a speed only where minutes came."""
    told, method = travel.provenance, travel_method(travel)
    if method == "street":
        return {"snap": f"{float(told.get('snap_m', asked.snap_m)):g}"}
    if method == "given":
        speed = told.get("speed_m_per_min")
        return {} if speed is None else {"speed": f"{float(speed):g}"}
    return {"detour": f"{float(told.get('detour', asked.detour)):g}"}


def _totals(balance: Balance, language: Language) -> str:
    children, places = _number(balance, "children"), _number(balance, "places")
    more = places - children
    key = "equal" if abs(more) < ONE_CHILD else "more" if more > 0 else "fewer"
    return term(
        "report.say_totals",
        language,
        children=say(children),
        kindergartens=say(balance.kindergartens["counted"].astype(bool).sum()),
        places=say(places),
        comparison=term(f"report.{key}_places", language, count=say(abs(more))),
    )


def _served(study: Study, balance: Balance, language: Language) -> list[str]:
    children, served = _number(balance, "children"), _number(balance, "served")
    unserved, unreached = _number(balance, "unserved"), _number(balance, "unreached")
    found = [
        term(
            "report.say_served",
            language,
            limit=f"{study.settings.travel.limit_m:,.0f}",
            served=say(served),
            share=known(served / children if children > 0 else None, "share", language),
            unserved=say(unserved),
        )
    ]
    if unserved < ONE_CHILD:
        return [*found, term("report.say_all_served", language)]
    crowded = say(max(unserved - unreached, 0.0))
    values = {"unreached": say(unreached), "crowded": crowded}
    return [*found, term("report.say_unreached", language, **values)]


def _side_by_side(study: Study, balance: Balance, language: Language) -> list[str]:
    """Say how much stands empty, and where the shortage and the surplus are."""
    places, vacant = _number(balance, "places"), _number(balance, "vacant")
    share = known(vacant / places if places > 0 else None, "share", language)
    found = [term("report.say_vacant", language, vacant=say(vacant), share=share)]
    if vacant >= ONE_CHILD and _number(balance, "unserved") >= ONE_CHILD:
        found.append(term("report.say_both", language))
    if study.units is None:
        return found
    for what, column in (("short", "unserved"), ("vacant", "vacant")):
        items = _leading_units(study, balance, what, column, language)
        if items:
            found.append(term(f"report.say_where_{what}", language, items=joined(items, language)))
    return found


def _leading_units(
    study: Study, balance: Balance, what: str, column: str, language: Language
) -> list[str]:
    called = unit_names(study, balance, language)
    units = balance.units[balance.units[column] >= ONE_CHILD]
    first = units.sort_values([column, "unit_id"], ascending=[False, True]).head(NAMED)
    return [
        term(f"report.item_{what}", language, name=called[str(unit)], count=say(count))
        for unit, count in zip(first["unit_id"], first[column], strict=True)
    ]


def _communities(balance: Balance, language: Language) -> list[str]:
    rows = balance.communities
    if rows.empty:
        return []
    found = [
        term(
            "report.say_communities",
            language,
            count=say(len(rows)),
            short=say((rows["unserved"] >= ONE_CHILD).sum()),
            unreached=say((rows["unreached"] >= ONE_CHILD).sum()),
        )
    ]
    beyond = balance.demand[balance.demand["source"] != "community"]
    if len(beyond):
        values = {c: say(beyond[c].sum()) for c in ("children", "unserved")}
        found.append(term("report.say_beyond", language, **values))
    return found


def _units(study: Study, balance: Balance, language: Language) -> list[str]:
    if study.units is None:
        return []
    gaps = balance.units.loc[balance.units["unit_id"] != "outside", "gap"]
    return [
        term(
            "report.say_unit_extremes",
            language,
            units=say(len(gaps)),
            short=say((gaps >= ONE_CHILD).sum()),
            surplus=say((gaps <= -ONE_CHILD).sum()),
        )
    ]


def _enrolled(balance: Balance, language: Language) -> str:
    gardens = balance.kindergartens
    given = gardens.loc[gardens["counted"].astype(bool), "enrolled"].notna().sum()
    if not given:
        return term("report.say_enrolled_unknown", language)
    values = {"enrolled": say(balance.totals["enrolled"]), "known": say(given)}
    return term("report.say_enrolled", language, **values)


def _plan(sites: SitePlan, language: Language) -> str:
    return term(
        "report.say_plan",
        language,
        count=say(len(sites.sites)),
        places=say(sites.sites["places"].sum()),
        gained=say(sites.sites["children_gained"].sum()),
        before=say(sites.before.totals["unserved"]),
        after=say(sites.after.totals["unserved"]),
    )


def _cost(sites: SitePlan, language: Language) -> list[str]:
    """Return the cost; where some sites have none, the sum is not called the total."""
    cost = sites.sites["cost_wan"]
    given, total = int(cost.notna().sum()), say(cost.sum())
    if not given:
        return []
    if given == len(cost):
        return [term("report.say_cost", language, cost=total)]
    values = {"known": say(given), "unknown": say(len(cost) - given), "cost": total}
    return [term("report.say_cost_part", language, **values)]


def _number(balance: Balance, key: str) -> float:
    return float(balance.totals[key] or 0.0)
