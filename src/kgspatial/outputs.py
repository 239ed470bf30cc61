"""`write_outputs`: the result files of a plan, each whole or not at all.

Imports from `report`, `maps`, `summary`, `siting`, `balance`, `study`. Files are written into a
folder beside their place and then renamed, so that a reader never meets half a file.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from kgspatial.errors import KgspatialError
from kgspatial.inputs.coordinates.crs import WGS84, parse_crs
from kgspatial.summary import summarise

if TYPE_CHECKING:
    from pyproj import CRS

    from kgspatial.balance import Balance
    from kgspatial.siting import LayoutPlan, SitePlan
    from kgspatial.study import Study
    from kgspatial.terms import Language

RESULT_LAYERS = ("demand", "communities", "kindergartens", "catchments", "units", "sites")
FIGURES = "figures"
WRITTEN_AT = "2000-01-01T00:00:00.000Z"
"""Date that the GeoPackage carries: the clock would make equal results differ in their bytes."""


@dataclass(frozen=True)
class Outputs:
    """What was written, and the key figures in it.

    Parameters
    ----------
    folder : Path
        The result folder.
    files : tuple of Path
        The files, in the order of their making.
    summary : dict
        The content of ``summary.json``.
    """

    folder: Path
    files: tuple[Path, ...]
    summary: dict[str, Any]

    @property
    def map(self) -> Path:
        """The interactive map."""
        return self.folder / "map.html"

    def __repr__(self) -> str:
        return f"<Outputs {self.folder}: {', '.join(f.name for f in self.files)}>"


def write_outputs(
    folder: str | Path,
    study: Study,
    balance: Balance,
    sites: SitePlan | None = None,
    *,
    language: Language | None = None,
    layout: LayoutPlan | None = None,
) -> Outputs:
    """Write the results: layers, map, tables, report, figures, summary and problem table.

    Parameters
    ----------
    folder : str or Path
        Where to write; made when it is not there. Files of an earlier run are replaced.
    study : Study
        The study area.
    balance : Balance
        The present state.
    sites : SitePlan, optional
        The proposal; without it the layer ``sites`` is empty.
    language : {"zh", "en"}, optional
        Language of map, tables and report; the plan's unless given.
    layout : LayoutPlan, optional
        The layout in phases: a layer ``layout``, its years on the map, two sheets, key figures.

    Returns
    -------
    Outputs
        The paths of ``results.gpkg`` (layers ``demand``, ``communities``, ``kindergartens``,
        ``catchments``, ``units``, ``sites`` in the plan's ``crs``, WGS 84 unless given),
        ``map.html``, ``tables.xlsx``, ``figures/*.png``, ``report.docx``, ``problems.csv`` and
        ``summary.json``. ``[report] documents = false`` leaves figures and report out.

    Raises
    ------
    KgspatialError
        When the folder cannot be written to.
    """
    target = Path(folder)
    with _written_whole(target) as beside:
        _write_layers(beside / "results.gpkg", study, balance, sites, layout)
        _write_documents(beside, study, balance, sites, language, layout)
        _write_problems(beside / "problems.csv", balance)
        summary = summarise(study, balance, sites, layout)
        _write_json(beside / "summary.json", summary)
        names = [f.relative_to(beside) for f in sorted(beside.rglob("*")) if f.is_file()]
    return Outputs(target, tuple(target / name for name in names), summary)


@contextmanager
def _written_whole(target: Path) -> Iterator[Path]:
    """A folder beside the target; what is in it at the end takes its place there."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=target))
    except OSError as error:
        raise _cannot_write(target, error) from error
    try:
        yield beside
        _take_places(beside, target)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _take_places(beside: Path, target: Path) -> None:
    fresh = {f.relative_to(beside) for f in beside.rglob("*") if f.is_file()}
    for name in sorted(fresh):
        (target / name).parent.mkdir(exist_ok=True)
        (beside / name).replace(target / name)
    for stale in (target / FIGURES).glob("[0-9]_*.png"):
        if stale.relative_to(target) not in fresh:
            stale.unlink()


def _cannot_write(target: Path, error: OSError) -> KgspatialError:
    reason = error.strerror or str(error)
    return KgspatialError(
        f"{target}: the results cannot be written there ({reason})\n"
        "  Close the files if another program has them open, or choose another folder with --out."
    )


def _write_documents(
    beside: Path,
    study: Study,
    balance: Balance,
    sites: SitePlan | None,
    language: Language | None,
    layout: LayoutPlan | None,
) -> None:
    from kgspatial.maps import plan_map, write_standalone
    from kgspatial.report import write_document, write_figures, write_tables

    drawn = plan_map(study, balance, sites, layout, language=language)
    write_standalone(drawn, beside / "map.html")
    write_tables(beside / "tables.xlsx", study, balance, sites, language, layout)
    if study.settings.report.documents:
        figures = write_figures(beside / FIGURES, study, balance, sites, language)
        write_document(beside / "report.docx", study, balance, sites, figures, language)


def _write_problems(path: Path, balance: Balance) -> None:
    # With a byte order mark: without it Excel reads Chinese as the machine's own code page.
    balance.problems.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_layers(
    path: Path,
    study: Study,
    balance: Balance,
    sites: SitePlan | None,
    layout: LayoutPlan | None,
) -> None:
    import pyogrio

    wanted = study.settings.plan.crs
    crs = WGS84 if wanted is None else parse_crs(wanted).crs
    layers = result_layers(study, balance, sites)
    if layout is not None:
        layers["layout"] = layout.actions
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN_AT})
    try:
        for name, frame in layers.items():
            _write_layer(path, name, frame, crs)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def result_layers(
    study: Study, balance: Balance, sites: SitePlan | None = None
) -> dict[str, gpd.GeoDataFrame]:
    """Return the result layers by name, in the study's CRS; ``sites`` is empty without a plan."""
    from kgspatial.siting.propose import SITE_COLUMNS

    none = gpd.GeoDataFrame({c: [] for c in SITE_COLUMNS}, geometry=[], crs=study.crs)
    return {
        "demand": balance.demand,
        "communities": balance.communities,
        "kindergartens": balance.kindergartens,
        "catchments": balance.catchments,
        "units": balance.units,
        "sites": none if sites is None else sites.sites,
    }


def _write_layer(path: Path, name: str, frame: gpd.GeoDataFrame, crs: CRS) -> None:
    import pyogrio

    is_area = name in ("communities", "catchments", "units")
    pyogrio.write_dataframe(
        _storable(frame).to_crs(crs),
        path,
        layer=name,
        driver="GPKG",
        geometry_type="MultiPolygon" if is_area else "Point",
        promote_to_multi=is_area,
    )


def _storable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Texts, numbers and flags only: what a GeoPackage field can hold, missing values as NULL."""
    stored = frame.copy()
    for column in stored.columns.drop("geometry"):
        values = stored[column]
        if values.dtype == object and not values.map(lambda v: isinstance(v, bool)).all():
            stored[column] = values.astype("string")
        elif values.dtype.kind == "f":
            stored[column] = values.where(np.isfinite(values))
    return stored
