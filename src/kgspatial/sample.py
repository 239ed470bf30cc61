"""The sample district that comes with the package: an invented county town to start from.

Imports from `errors`. The files lie in the package when it is installed, and in the repository's
`data/sample` when it is used from there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kgspatial.errors import InputError, KgspatialError

PACKAGED = Path(__file__).parent / "sample_district"
IN_REPOSITORY = Path(__file__).parents[2] / "data" / "sample"


def sample_folder() -> Path:
    """Return the folder of the sample district's files.

    Raises
    ------
    KgspatialError
        When the installation is incomplete.
    """
    for folder in (PACKAGED, IN_REPOSITORY):
        if (folder / "plan.toml").is_file():
            return folder
    raise KgspatialError(
        "the sample district is missing from this installation; install kgspatial again"
    )


def write_sample(folder: str | Path) -> Path:
    """Copy the sample project into a folder, to start an own project from.

    Parameters
    ----------
    folder : str or Path
        A folder that is empty or not there yet.

    Returns
    -------
    Path
        The plan file in it.

    Raises
    ------
    InputError
        When the folder has something in it, or cannot be made.
    """
    target = Path(folder)
    try:
        if target.exists() and any(target.iterdir()):
            raise InputError(
                "the folder is not empty; nothing was written",
                source=target,
                hint="Name a folder that is empty or does not exist yet.",
            )
        shutil.copytree(sample_folder(), target, dirs_exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the sample cannot be written there ({error.strerror})", source=target
        ) from error
    return target / "plan.toml"
