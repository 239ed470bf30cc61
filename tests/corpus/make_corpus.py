"""Writes the files of the corpus: ``cd tests; python -m corpus.make_corpus [FOLDER]``.

The same files come out each time: nothing is random, and times are fixed where a format holds one.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus.cases import CASES
from corpus.contents import same_content

FILES = Path(__file__).parent / "files"


def make_corpus(folder: Path) -> None:
    """Write all files into a folder that is there."""
    for case in CASES:
        if case.make is not None:
            case.make(folder / case.file)


def renew(folder: Path) -> None:
    """Write the files that are missing or hold something else; leave the others alone."""
    with TemporaryDirectory() as made:
        make_corpus(Path(made))
        for file in sorted(p for p in Path(made).rglob("*") if p.is_file()):
            target = folder / file.relative_to(made)
            if not target.exists() or not same_content(file, target):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)


if __name__ == "__main__":
    renew(Path(sys.argv[1]) if len(sys.argv) > 1 else FILES)
