"""Tables to cells: CSV and TSV, as texts, with the row as the user counts it.

Imports from `planfile`, `problems` and `errors`.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kgspatial.errors import InputError

if TYPE_CHECKING:
    from kgspatial.inputs.planfile import LayerInput
    from kgspatial.inputs.problems import Problem

TABLE_SUFFIXES = (".csv", ".tsv", ".txt")


def read_table(path: Path, declared: LayerInput) -> tuple[pd.DataFrame, list[Problem]]:
    """Read a table as texts under its own headers; its index counts the file's lines.

    Raises
    ------
    InputError
        When the file cannot be read as a table.
    """
    table = _read_text_table(path, declared.encoding)
    table.index = pd.RangeIndex(2, 2 + len(table), name="row")
    return table[table.notna().any(axis=1)], []


def _read_text_table(path: Path, encoding: str | None) -> pd.DataFrame:
    tried = [encoding] if encoding else ["utf-8-sig", "gb18030"]
    for name in tried:
        try:
            return _decoded_table(path, name)
        except (UnicodeError, LookupError):
            continue
        except OSError as error:
            raise InputError(f"the table cannot be read: {error}", source=path) from error
        except pd.errors.EmptyDataError:
            raise InputError("the file is empty", source=path) from None
        except pd.errors.ParserError as error:
            text = str(error).strip()
            raise InputError(f"the table cannot be read: {text}", source=path) from error
        except pd.errors.ParserWarning:
            raise InputError(
                "it has rows with more values than its first line has column names",
                source=path,
                hint="Give every column a name in the first line, and no comma too many.",
            ) from None
    raise InputError(
        f"its texts are not in {' or '.join(tried)}",
        source=path,
        hint='Write encoding = "..." beside its path in the plan file, for example "UTF-16".',
    )


def _decoded_table(path: Path, encoding: str) -> pd.DataFrame:
    """Read a CSV; a row that is longer than the header is a warning of pandas, raised here.

    Without ``index_col=False`` pandas would shift the columns of such a file in silence.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path,
            encoding=encoding,
            sep="\t" if path.suffix.lower() == ".tsv" else ",",
            dtype=str,
            index_col=False,
            skip_blank_lines=False,
        )
