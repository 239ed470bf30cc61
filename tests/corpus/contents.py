"""What a file of the corpus holds, where its bytes depend on the library that wrote it.

Imports nothing of the corpus.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def same_content(one: Path, other: Path) -> bool:
    """Whether two files are the same, byte by byte or in what they hold."""
    if one.read_bytes() == other.read_bytes():
        return True
    reader = READERS.get(_kind(one))
    return reader is not None and reader(one) == reader(other)


def _kind(path: Path) -> str:
    """The suffix; of a workbook what its first bytes say."""
    if path.suffix == ".xls":
        return ".xlsx" if path.read_bytes().startswith(b"PK") else ".xls"
    return path.suffix


def _xlsx(path: Path) -> Any:
    import openpyxl

    with path.open("rb") as stream:
        books = [openpyxl.load_workbook(stream, data_only=reckoned) for reckoned in (True, False)]
    return [
        (
            sheet.title,
            sheet.sheet_state,
            sorted(map(str, sheet.merged_cells.ranges)),
            [i for i, d in sheet.row_dimensions.items() if d.hidden],
            list(sheet.values),
        )
        for book in books
        for sheet in book.worksheets
    ]


def _xls(path: Path) -> Any:
    import xlrd

    book = xlrd.open_workbook(path, formatting_info=True)
    return [
        (s.name, s.merged_cells, [[(c.ctype, c.value) for c in s.row(i)] for i in range(s.nrows)])
        for s in book.sheets()
    ]


def _vector(path: Path) -> Any:
    import pyogrio

    return {
        str(layer): _table(pyogrio.read_dataframe(path, layer=layer))
        for layer in pyogrio.list_layers(path)[:, 0]
    }


def _table(frame: Any) -> Any:
    rows = [tuple(map(str, row)) for row in frame.itertuples(index=False)]
    return list(frame.columns), rows, str(getattr(frame, "crs", None))


def _zip(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive, TemporaryDirectory() as folder:
        names = sorted(archive.namelist())
        if not any(".gdb/" in name for name in names):
            return {name: archive.read(name) for name in names}
        archive.extractall(folder)
        return names, _vector(next(Path(folder).glob("*.gdb")))


def _parquet(path: Path) -> Any:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return table.column_names, table.to_pylist(), b"geo" in (table.schema.metadata or {})


def _raster(path: Path) -> Any:
    import rasterio

    with rasterio.open(path) as raster:
        told = (raster.crs, raster.transform, raster.nodatavals, raster.descriptions)
        shape = (raster.dtypes, raster.block_shapes, raster.compression)
        return told, shape, raster.read().tobytes()


def _osm(path: Path) -> Any:
    import osmium

    return [
        (
            str(element),
            sorted((tag.k, tag.v) for tag in element.tags),
            [n.ref for n in element.nodes] if element.is_way() else str(element.location),
        )
        for element in osmium.FileProcessor(path)
    ]


READERS = {
    ".xlsx": _xlsx,
    ".xls": _xls,
    ".zip": _zip,
    ".parquet": _parquet,
    ".gpkg": _vector,
    ".fgb": _vector,
    ".tif": _raster,
    ".pbf": _osm,
}
