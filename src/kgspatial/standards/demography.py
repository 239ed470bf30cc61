"""National demography that stands in where a planner gives no number of his own.

Imports from `rule_files` and `errors`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files

from kgspatial.errors import InputError
from kgspatial.standards.rule_files import ORIGIN, Origin, Rule, Table, read_rule_file

SERIES = ("cohort_per_1000", "enrolment_per_1000")
LEAST, MOST = 1.0, 120.0
"""Children of 3 to 5 per 1,000 residents lie between these in any country."""


def share_3_to_5(year: int, series: str = "cohort_per_1000") -> Rule:
    """Return the national share of residents aged 3 to 5 in a year, with its source.

    Parameters
    ----------
    year : int
        School year, named by the September in which it begins.
    series : {"cohort_per_1000", "enrolment_per_1000"}
        From births, or from children in kindergarten divided by the gross enrolment ratio. Births
        as announced before 2017 are too low, so the first series is low until about 2022.

    Raises
    ------
    InputError
        When the series does not reach that year: nothing is carried on beyond it.

    Examples
    --------
    >>> round(share_3_to_5(2025).value, 4), share_3_to_5(2025).evidence
    (0.0241, 'calc')
    """
    values, origin = _series()[series]
    if year not in values:
        raise InputError(
            f"the national share of children aged 3 to 5 is known for {min(values)} to "
            f"{max(values)}, not for {year}",
            hint="Give the share yourself: residents aged 3 to 5 divided by all residents.",
        )
    clause = f"{origin.clause}: {year}"
    dated = replace(origin, clause=clause, valid_from=year, valid_to=year)
    return dated.rule("share_3_to_5", values[year] / 1000.0, unit="share of residents")


@cache
def _series() -> dict[str, tuple[dict[int, float], Origin]]:
    table = read_rule_file(files("kgspatial") / "standards" / "demography.toml")
    table.check_keys(SERIES)
    return {name: _one_series(table.table(name)) for name in SERIES}


def _one_series(table: Table) -> tuple[dict[int, float], Origin]:
    table.check_keys((*ORIGIN, "values"))
    values = table.table("values")
    return {int(year): values.number(year, LEAST, MOST) for year in values.values}, table.origin()
