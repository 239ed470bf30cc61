"""Writes the figures of a plan as PNG.

Imports from `lettering`, `plates`, `charts`. matplotlib is loaded when figures are written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgspatial.report.lettering import Lettering, choose_lettering
from kgspatial.report.wording import language_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from kgspatial.balance import Balance
    from kgspatial.report.figure_parts import Scene
    from kgspatial.siting import SitePlan
    from kgspatial.study import Study
    from kgspatial.terms import Language

DOTS_PER_INCH = 200
FIGURES = ("demand", "utilisation", "gaps", "units", "layout")
"""The figures in the order of the report; ``N_name.png`` each."""


def write_figures(
    folder: str | Path,
    study: Study,
    balance: Balance,
    sites: SitePlan | None = None,
    language: Language | None = None,
) -> list[Path]:
    """Write the maps and charts of a plan as PNG, 200 dots an inch.

    Parameters
    ----------
    folder : str or Path
        Where to write; made when it is not there.
    study : Study
        The study area.
    balance : Balance
        The balance of children and places as it is.
    sites : SitePlan, optional
        The proposed sites, for the layout plan.
    language : {'zh', 'en'}, optional
        Language of titles and legends; the plan's unless given.

    Returns
    -------
    list of Path
        ``1_demand.png``, ``2_utilisation.png``, ``3_gaps.png``, ``4_units.png`` (with a layer of
        units), ``5_layout.png`` (with sites).

    Warns
    -----
    KgspatialWarning
        When Chinese is asked for and no font has it: the figures are then labelled in English.
    """
    import matplotlib.style

    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    lettering = choose_lettering(language_of(study, language))
    written = []
    with matplotlib.style.context(["default", _style(lettering)], after_reset=True):
        for number, (name, figure) in enumerate(_drawn(study, balance, sites, lettering), start=1):
            if figure is not None:
                path = target / f"{number}_{name}.png"
                figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Software": None})
                written.append(path)
    return written


def _style(lettering: Lettering) -> dict[str, Any]:
    return {
        "font.family": list(lettering.families),
        "axes.unicode_minus": False,
        "font.size": 9.0,
    }


def _drawn(
    study: Study, balance: Balance, sites: SitePlan | None, lettering: Lettering
) -> list[tuple[str, Figure | None]]:
    from kgspatial.report.charts import units_chart, utilisation_chart
    from kgspatial.report.figure_parts import Scene
    from kgspatial.report.plates import demand_plate, gap_plate, layout_plate

    scene: Scene = Scene(study, balance, sites, lettering)
    plates = (demand_plate, utilisation_chart, gap_plate, units_chart, layout_plate)
    return [(name, draw(scene)) for name, draw in zip(FIGURES, plates, strict=True)]
