"""How many verdicts are met, not met and open, rule by rule.

Imports from `verdicts`.
"""

from __future__ import annotations

import pandas as pd

from kgspatial.balance.rules.verdicts import MET, NOT_MET, UNKNOWN


def rule_summary(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Count the verdicts by kind of subject and rule, the worst rules first.

    Parameters
    ----------
    verdicts : DataFrame
        As :func:`kgspatial.balance.check_rules` returns them.

    Returns
    -------
    DataFrame
        ``subject``, ``rule``, ``met``, ``not_met``, ``unknown``; most not met first, then most
        unknown, then by subject and rule.

    Examples
    --------
    >>> verdicts = pd.DataFrame(
    ...     {
    ...         "subject": "kindergarten",
    ...         "rule": ["limits.classes", "class_size", "class_size"],
    ...         "verdict": ["met", "not_met", "unknown"],
    ...     }
    ... )
    >>> rule_summary(verdicts)[["rule", "met", "not_met", "unknown"]].values.tolist()
    [['class_size', 0, 1, 1], ['limits.classes', 1, 0, 0]]
    """
    words = [MET, NOT_MET, UNKNOWN]
    counts = pd.crosstab([verdicts["subject"], verdicts["rule"]], verdicts["verdict"])
    table = counts.reindex(columns=words, fill_value=0).rename_axis(columns=None).reset_index()
    order = [NOT_MET, UNKNOWN, "subject", "rule"]
    return table.sort_values(order, ascending=[False, False, True, True], ignore_index=True)
