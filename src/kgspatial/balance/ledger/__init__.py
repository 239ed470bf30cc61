"""The rectification ledger, its snapshots, the list of projects, and groups of kindergartens.

Imports from `supply`, `inputs.problems`, `inputs.columns`, `layers`, `terms`, `errors`. Module order:
register, rectification, snapshots, projects, groups.
"""

from kgspatial.balance.ledger.groups import group_links, group_totals, kindergarten_heads
from kgspatial.balance.ledger.projects import cost_per_place, project_totals
from kgspatial.balance.ledger.rectification import (
    bulletin,
    completion,
    completion_by_problem,
    entry_states,
    overdue_entries,
    ranking,
)
from kgspatial.balance.ledger.register import (
    Snapshot,
    accounts,
    check_ledger,
    entry_keys,
    link_ledger,
)
from kgspatial.balance.ledger.snapshots import (
    diff_snapshots,
    read_snapshot,
    snapshots_in,
    write_snapshot,
)
from kgspatial.supply import added_supply, link_projects, opening_years

__all__ = [
    "Snapshot",
    "accounts",
    "added_supply",
    "bulletin",
    "check_ledger",
    "completion",
    "completion_by_problem",
    "cost_per_place",
    "diff_snapshots",
    "entry_keys",
    "entry_states",
    "group_links",
    "group_totals",
    "kindergarten_heads",
    "link_ledger",
    "link_projects",
    "opening_years",
    "overdue_entries",
    "project_totals",
    "ranking",
    "read_snapshot",
    "snapshots_in",
    "write_snapshot",
]
