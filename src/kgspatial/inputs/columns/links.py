"""Rows linked to the rows of a layer by id or by name: what is doubtful is listed, never guessed.

Imports from `cells`, `aliases` and `problems`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from kgspatial.inputs.columns.aliases import key
from kgspatial.inputs.columns.cells import row_number, source_of, texts
from kgspatial.inputs.problems import Problem

BY_ID, BY_NAME, BY_KEY = "id", "name", "name_written_otherwise"
"""How a row was linked; the last: by a name that differs in blanks, signs or kind of characters."""

_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Names:
    """The ids of a layer's rows and their names, by which others call them."""

    ids: pd.Series
    names: pd.Series

    @property
    def known(self) -> frozenset[str]:
        """All ids."""
        return frozenset(self.ids)

    def called(self, *, loosely: bool) -> dict[str, list[str]]:
        """Each name, or what is left of it without signs, to the ids that go by it."""
        given = self.names.dropna()
        keys = given.map(key) if loosely else given
        lists = self.ids[given.index].groupby(keys).agg(list).drop("", errors="ignore")
        return {str(name): ids for name, ids in lists.items()}


def names_of(layer: pd.DataFrame, id_column: str) -> Names:
    """Return the ids and names of a layer."""
    plain = pd.DataFrame({"id": texts(layer, id_column), "name": texts(layer, "name")})
    plain = plain[plain["id"].notna()].reset_index(drop=True)
    return Names(plain["id"].astype(str), plain["name"])


def linked(
    table: pd.DataFrame, what: str, layer: Names | None, name: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """Link the rows of a table to a layer by the columns ``{what}_id`` and `what`.

    A row that gives an id is linked by it alone; one that gives a name by the same name, else by
    one that differs only in blanks, signs and kind of characters. A name that several rows of
    the layer bear links nothing.

    Parameters
    ----------
    table : DataFrame
        Its index is the row as the user counts it.
    what : str
        ``community``, ``kindergarten`` or ``site``.
    layer : Names or None
        Of the layer; None leaves the table as it is.
    name : str
        The table's own name, for the problems.

    Returns
    -------
    DataFrame
        The table with ``{what}_id`` (None where not linked) and ``{what}_match``: ``id``,
        ``name``, ``name_written_otherwise`` or None.
    list of Problem
    """
    if layer is None:
        return table, []
    ids, names = texts(table, f"{what}_id"), texts(table, what)
    link, how, candidates = _matched(ids, names, layer)
    done = table.assign(**{f"{what}_id": link, f"{what}_match": how})
    done.attrs = dict(table.attrs)
    say = _Say(table, what, name)
    return done, [
        *say.unlinked(ids, names, link, candidates),
        *say.other_names(names, link, how, layer),
        *say.loose(names, how),
    ]


def _matched(
    ids: pd.Series, names: pd.Series, layer: Names
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """The id that each row means, how it was found, and what else it might mean."""
    link = ids.where(ids.isin(layer.known), None)
    how = pd.Series(BY_ID, index=ids.index, dtype=object).where(link.notna(), None)
    candidates = pd.Series(None, index=ids.index, dtype=object)
    open_ = ids.isna() & names.notna()
    for way, loosely in ((BY_NAME, False), (BY_KEY, True)):
        called = layer.called(loosely=loosely)
        wanted = names[open_].map(key) if loosely else names[open_]
        found = wanted.map(called).dropna().astype(object)
        several = found.map(len) > 1
        one = found[~several].map(lambda ids: ids[0])
        link, how = _filled(link, one), _filled(how, pd.Series(way, index=one.index))
        candidates = _filled(candidates, found[several])
        open_ &= ~open_.index.isin(found.index)
    return link, how, candidates


def _filled(cells: pd.Series, found: pd.Series) -> pd.Series:
    return cells.where(~cells.index.isin(found.index), found.reindex(cells.index)).astype(object)


class _Say:
    """Findings about the links of one table."""

    def __init__(self, table: pd.DataFrame, what: str, name: str) -> None:
        self.name, self.what, self.source = name, what, source_of(table)

    def unlinked(
        self, ids: pd.Series, names: pd.Series, link: pd.Series, candidates: pd.Series
    ) -> list[Problem]:
        """One warning for each row that names something and is linked to nothing."""
        lost = link.index[link.isna() & (ids.notna() | names.notna())]
        return [self._unlinked(row, ids[row], names[row], candidates[row]) for row in lost]

    def _unlinked(self, row: object, own: object, called: object, several: object) -> Problem:
        place = self._place(row, f"{self.what}_id" if own is not None else self.what)
        shown = str(called if own is None else own)
        if isinstance(several, list):
            text = f"'{shown}' may be any of {', '.join(several[:_SHOWN])}"
            text += ", ..." if len(several) > _SHOWN else ""
            done = f"not linked; write the {self.what}_id"
            return Problem(self.name, "name_ambiguous", text, done, **place, value=shown)
        text = f"no {self.what} is called '{shown}'"
        return Problem(self.name, "name_unknown", text, "not linked", **place, value=shown)

    def other_names(
        self, names: pd.Series, link: pd.Series, how: pd.Series, layer: Names
    ) -> list[Problem]:
        """One warning for each row whose id and name mean different rows."""
        own = pd.Series(layer.names.to_numpy(), index=layer.ids.to_numpy(), dtype=object)
        there = link.map(own[~own.index.duplicated()])
        both = (how == BY_ID) & names.notna() & there.notna()
        rows = [row for row in names.index[both] if key(names[row]) != key(there[row])]
        return [
            Problem(
                *(self.name, "name_differs", f"its id is that of '{there[row]}'"),
                "linked by the id",
                **self._place(row, self.what),
                value=str(names[row]),
            )
            for row in rows
        ]

    def loose(self, names: pd.Series, how: pd.Series) -> list[Problem]:
        """One note on all links by names that are written otherwise."""
        found = names[how == BY_KEY]
        if found.empty:
            return []
        shown = ", ".join(map(str, found.head(_SHOWN)))
        text = f"{len(found)} names differ in blanks, signs or characters: {shown}"
        place = self._place(found.index[0], self.what)
        return [Problem(self.name, "name_matched", text, "linked", "note", **place)]

    def _place(self, row: object, column: str) -> dict[str, Any]:
        return {"source": self.source, "row": row_number(row), "column": column}
