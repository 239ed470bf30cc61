"""How far off children of 3 to 5 are without single years of age: Tainan's districts and villages.

Tainan's 752 villages were counted by single year of age in May 2015. From these counts alone:
five-year bands split into 3 to 5, and ages fitted to two sets of totals, against the exact counts
of the 37 districts; districts' totals spread over their villages by several weights, against the
exact counts of the villages. Residents and households of June 2017 (12,774 small areas) are a
count of their own; the weights of 2015 come with the children that are to be found.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from kgspatial.demand.ages import children_3_to_5
from kgspatial.demand.dasymetric import fit_margins, spread
from kgspatial.demand.reconcile import to_totals

DATA = Path(__file__).parents[2] / "shared" / "data" / "tainan"
BANDS = {
    "age_0": range(1),
    "age_1_4": range(1, 5),
    "age_5_9": range(5, 10),
    "age_10_14": range(10, 15),
    "age_15_19": range(15, 20),
}
WANTED = ("age_3", "age_4", "age_5")
TAIWAN_CRS = "EPSG:3826"


def district_ages() -> pd.DataFrame:
    """Persons by single year of age, 0 to 19, and households: 37 districts, May 2015."""
    path = DATA / "tw_population_2015-05_67000_village_single_age.csv"
    villages = pd.read_csv(path, encoding="utf-8-sig", index_col=False)
    ages = {f"age_{a}": villages[f"{a}歲-男"] + villages[f"{a}歲-女"] for a in range(20)}
    # Names of two characters are filled up with a wide space: 東　區.
    district = villages["區域別"].str.removeprefix("臺南市").str.replace(r"\s", "", regex=True)
    return pd.DataFrame(ages).groupby(district.rename("district")).sum()


def five_year_bands(ages: pd.DataFrame) -> dict[str, np.ndarray]:
    return {
        band: ages[[f"age_{a}" for a in years]].sum(axis=1).to_numpy(dtype=float)
        for band, years in BANDS.items()
    }


def split_bands(ages: pd.DataFrame) -> pd.DataFrame:
    """Children of 3 to 5 by district: counted, and from bands in several ways."""
    bands = five_year_bands(ages)
    census = {
        "age_0_4": bands["age_0"] + bands["age_1_4"],
        **{band: bands[band] for band in ("age_5_9", "age_10_14", "age_15_19")},
    }
    each = np.arange(len(ages))
    found = pd.DataFrame(
        {
            "exact": ages[list(WANTED)].sum(axis=1).astype(float),
            "plain": children_3_to_5(bands),
            "plain_0_4": children_3_to_5(census),
            "sprague": children_3_to_5(census, split="sprague", areas=each),
            "sprague_city": children_3_to_5(census, split="sprague"),
        },
        index=ages.index,
    )
    return found.assign(**{f"{name}_fitted": fitted_to_city(found, name) for name in found})


def fitted_to_city(found: pd.DataFrame, name: str) -> pd.Series:
    """One control total for the whole city: what is left is the error of the pattern."""
    points = pd.DataFrame({"unit_id": "city", "children": found[name]})
    return to_totals(points, pd.Series({"city": found["exact"].sum()})).children


def fitted_ages(ages: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Ages 3, 4 and 5 by district where only the city's ages and the districts' sums are known."""
    exact = ages[list(WANTED)].astype(float)
    bands = five_year_bands(ages)
    under_five = (bands["age_0"] + bands["age_1_4"]) / 5.0
    seed = pd.DataFrame(
        {"age_3": under_five, "age_4": under_five, "age_5": bands["age_5_9"] / 5.0},
        index=ages.index,
    )
    in_each, in_city = exact.sum(axis=1), exact.sum()
    by_row = seed.mul(in_each / seed.sum(axis=1), axis=0)
    same = pd.DataFrame(1.0, index=ages.index, columns=list(WANTED))
    return {
        "exact": exact,
        "bands, districts' sums only": by_row,
        "no seed, both sums": fit_margins(same, in_each, in_city).values,
        "bands, both sums": fit_margins(seed, in_each, in_city).values,
    }


def village_weights() -> pd.DataFrame:
    """752 villages: district, children of 3 to 5 as counted, and what they may be spread by."""
    villages = gpd.read_file(DATA / "villages.gpkg").set_index("unit_id")
    areas = gpd.read_file(DATA / "areas.gpkg", ignore_geometry=True)
    later = areas.groupby("unit_id")[["residents", "households"]].sum()
    return pd.DataFrame(
        {
            "district": villages["town_name"],
            "exact": villages["children"].astype(float),
            "one each": 1.0,
            "area": villages.to_crs(TAIWAN_CRS).area,
            "households, 2017": later["households"],
            "residents, 2017": later["residents"],
            "residents, 2015": villages["residents"].astype(float),
            "children of 0-2": villages[["age_0", "age_1", "age_2"]].sum(axis=1).astype(float),
            "children of 6": villages["age_6"].astype(float),
        }
    )


def spread_districts(villages: pd.DataFrame) -> pd.DataFrame:
    """Districts' exact totals over their villages, one column a weight."""
    totals = villages.groupby("district")["exact"].sum()
    found = {}
    for weight in villages.columns.drop(["district", "exact"]):
        amounts, left = spread(totals, villages["district"], villages[weight])
        assert left.empty
        found[weight] = amounts
    return pd.DataFrame(found, index=villages.index)


def off(found: pd.Series | pd.DataFrame, exact: pd.Series | pd.DataFrame) -> float:
    """Weighted mean absolute error: children in the wrong place (once too many or too few)."""
    return float(np.abs(found - exact).to_numpy().sum() / exact.to_numpy().sum())


def print_bands(found: pd.DataFrame) -> None:
    print("\nTainan, 37 districts: children of 3 to 5 from age bands, May 2015")
    print(f"{'district':<8} {'exact':>7} {'plain':>8} {'error':>7} {'Sprague':>8} {'error':>7}")
    for name, row in pd.concat([found, found.sum().to_frame("all").T]).iterrows():
        plain, sprague = (row[way] / row["exact"] - 1.0 for way in ("plain", "sprague"))
        print(
            f"{name:<8} {row['exact']:>7,.0f} {row['plain']:>8,.0f} {plain:>+7.1%} "
            f"{row['sprague']:>8,.0f} {sprague:>+7.1%}"
        )
    ways = {
        "plain": "plain, bands 1-4 and 5-9",
        "plain_0_4": "plain, bands 0-4 and 5-9",
        "sprague": "Sprague, each district",
        "sprague_city": "Sprague, shares of the city",
    }
    print(f"\n{'from bands':<28} {'all':>7} {'bias':>7} {'off':>6} {'worst':>7} {'* off':>6}")
    for way, title in ways.items():
        errors = found[way] / found["exact"] - 1.0
        worst = errors.loc[errors.abs().idxmax()]
        print(
            f"{title:<28} {found[way].sum():>7,.0f} "
            f"{found[way].sum() / found['exact'].sum() - 1.0:>+7.1%} "
            f"{off(found[way], found['exact']):>6.1%} {worst:>+7.1%} "
            f"{off(found[f'{way}_fitted'], found['exact']):>6.1%}"
        )
    print("off: sum of absolute errors / sum of children; * after fitting to the city's total")


def print_ages(tables: dict[str, pd.DataFrame]) -> None:
    print("\nThe same districts: ages 3, 4 and 5 apart, the sums of 3 to 5 being known")
    print(f"{'how':<28} {'age 3':>7} {'age 4':>7} {'age 5':>7} {'off':>6}")
    for how, table in tables.items():
        sums = " ".join(f"{table[age].sum():>7,.0f}" for age in WANTED)
        print(f"{how:<28} {sums} {off(table, tables['exact']):>6.1%}")


def print_spread(villages: pd.DataFrame, found: pd.DataFrame) -> None:
    print(f"\nTotals of 37 districts spread over {len(villages)} villages, children of 3 to 5")
    print(f"{'by':<28} {'off':>6} {'median':>7} {'within 20%':>11} {'over twofold':>13}")
    exact = villages["exact"]
    some = exact > 0
    for weight in found:
        ratio = found.loc[some, weight] / exact[some]
        print(
            f"{weight:<28} {off(found[weight], exact):>6.1%} {(ratio - 1.0).abs().median():>7.1%} "
            f"{((ratio - 1.0).abs() <= 0.2).mean():>11.1%} "
            f"{((ratio > 2.0) | (ratio < 0.5)).mean():>13.1%}"
        )
    print(f"the last three columns: the {some.sum()} villages with children; median of the errors")


def main() -> None:
    if not DATA.is_dir():
        print("\nTainan's counts are not part of the project: nothing to compare")
        return
    ages = district_ages()
    print_bands(split_bands(ages))
    print_ages(fitted_ages(ages))
    villages = village_weights()
    print_spread(villages, spread_districts(villages))
