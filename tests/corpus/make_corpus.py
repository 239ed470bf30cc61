"""Writes the files of the corpus: ``cd tests; python -m corpus.make_corpus [FOLDER]``.

The same files come out each time: nothing is random, and times are fixed where a format holds one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from corpus.cases import CASES

FILES = Path(__file__).parent / "files"


def make_corpus(folder: Path) -> None:
    """Write all files into a folder that is there."""
    for case in CASES:
        if case.make is not None:
            case.make(folder / case.file)


if __name__ == "__main__":
    make_corpus(Path(sys.argv[1]) if len(sys.argv) > 1 else FILES)
