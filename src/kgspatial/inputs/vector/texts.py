"""The texts of an Arrow table that came as bytes: decoded, with what was found on the way.

Imports from `charsets`, `files`, `problems` and `errors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kgspatial.errors import InputError
from kgspatial.inputs.charsets import (
    CHINESE,
    SAMPLE,
    UTF8,
    Decoded,
    choose_codec,
    codec_of,
    decode_texts,
)
from kgspatial.inputs.files import Source
from kgspatial.inputs.problems import Problem

if TYPE_CHECKING:
    import pyarrow as pa

LATIN1 = "iso8859-1"
SHOWN = {UTF8: "UTF-8", CHINESE: "GB18030 (GBK)", LATIN1: "ISO-8859-1"}
CHANGE_IT = "encoding = ... in the plan file changes it"


@dataclass(frozen=True)
class Claim:
    """What a file says of its texts: their encoding and their greatest lengths."""

    codec: str | None = None
    """The encoding that it names, or None."""
    words: str = ""
    """Where it says so, and how: "its .cpg says 'GBK'"."""
    widths: Mapping[bytes, int] = field(default_factory=dict)
    """Bytes that a field holds at most, by its name; a text of that length may be cut off."""
    name_width: int | None = None
    """Bytes that a field's name holds at most."""
    silent: bool = True
    """Whether UTF-8 goes without saying, as in every format but the Shapefile."""


def with_texts(
    table: pa.Table,
    source: Source,
    declared: str | None,
    claim: Claim,
    *,
    latin: bool = False,
) -> tuple[pa.Table, list[Problem]]:
    """Decode a table's names and texts.

    Parameters
    ----------
    table : pyarrow.Table
        Its string columns hold the bytes of the file as they are; or, with `latin`, one character
        for each byte, in names and texts.
    source : Source
        The layer and file that problems are reported for.
    declared : str or None
        The encoding that the plan file names.
    claim : Claim
        What the file says itself.

    Returns
    -------
    table : pyarrow.Table
        Whose names and string columns are texts.
    problems : list of Problem
        The encoding where it did not go without saying, and texts that were not whole.

    Raises
    ------
    InputError
        When the texts are in no encoding that is known of them.
    """
    import pyarrow as pa

    names = [n.encode(LATIN1 if latin else UTF8) for n in table.column_names]
    foreign = _beyond_ascii(table)
    if claim.silent:
        foreign = [i for i in foreign if not _is_utf8(table.column(i))]
    kept = claim.silent or all(name.isascii() for name in names)
    if kept and not foreign:
        return table, []
    samples = [(names[i], _bytes(_sample(table.column(i)), latin)) for i in foreign]
    whole, cut = _evidence([] if kept else names, samples, claim)
    codec, problems = settled_codec(whole, cut, source, declared, claim)
    if not kept:
        read_names = decode_texts(names, codec, width=claim.name_width)
        table = table.rename_columns([str(name) for name in read_names.texts])
        problems += _unwhole_names(read_names, codec, source)
    for i in foreign:
        if not latin and codec == UTF8 and _is_utf8(table.column(i)):
            continue
        width = claim.widths.get(names[i])
        read = decode_texts(_bytes(table.column(i), latin), codec, width=width)
        problems += _unwhole(read, codec, source, table.column_names[i])
        table = table.set_column(i, table.column_names[i], pa.array(read.texts, pa.string()))
    return table, problems


def _beyond_ascii(table: pa.Table) -> list[int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    return [
        i
        for i, column in enumerate(table.columns)
        if (pa.types.is_string(column.type) or pa.types.is_large_string(column.type))
        and pc.all(pc.string_is_ascii(column), min_count=0).as_py() is False
    ]


def _bytes(column: pa.ChunkedArray, latin: bool) -> list[bytes | None]:
    import pyarrow as pa

    if not latin:
        return list(column.cast(pa.large_binary()).to_pylist())
    texts = column.to_pylist()
    joined = "\0".join(text or "" for text in texts).encode(LATIN1).split(b"\0")
    return [None if text is None else raw for text, raw in zip(texts, joined, strict=True)]


def _sample(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """At most `SAMPLE` of its texts beyond ASCII, evenly spread."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = column.filter(pc.invert(pc.string_is_ascii(column)))
    return column.take(pa.array(range(0, len(column), max(1, -(-len(column) // SAMPLE)))))


def _is_utf8(column: pa.ChunkedArray) -> bool:
    import pyarrow as pa

    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def settled_codec(
    whole: list[bytes], cut: list[bytes], source: Source, declared: str | None, claim: Claim
) -> tuple[str, list[Problem]]:
    """Return the encoding of texts, and how it was found where that did not go without saying.

    What the plan file declares goes before what the file claims; a claim that does not fit gives
    way to UTF-8 or GB 18030, with a warning.

    Parameters
    ----------
    whole, cut : list of bytes
        Texts beyond ASCII; those of `cut` may end inside a character.

    Raises
    ------
    InputError
        When the declared encoding is unknown, or none fits.
    """
    if declared is not None:
        return _declared(declared, source), []
    claimed = claim.codec or UTF8
    codec = choose_codec(whole, cut, claimed)
    if codec is None:
        raise not_in(source, *dict.fromkeys(map(_shown, (claimed, UTF8, CHINESE))))
    example = decode_texts([*whole, *cut][:1], codec, width=0).texts[0]
    done = f"read as {_shown(codec)}, such as '{example}'; {CHANGE_IT}"
    if claim.words and codec != claimed:
        said = f"{claim.words}, but its texts are not"
        return codec, [source.problem("encoding_wrong", said, done)]
    if claim.codec is None and (codec != UTF8 or not claim.silent):
        said = f"its texts are in {_shown(codec)}; the file does not say so"
        return codec, [source.problem("encoding_detected", said, done, severity="note")]
    return codec, []


def _declared(label: str, source: Source) -> str:
    codec = codec_of(label)
    if codec is None:
        raise not_in(source, label)
    return codec


def _evidence(
    names: list[bytes], samples: list[tuple[bytes, list[bytes | None]]], claim: Claim
) -> tuple[list[bytes], list[bytes]]:
    """Names and different texts beyond ASCII; apart, those that may be cut off."""
    pairs = [(name, claim.name_width) for name in names if not name.isascii()]
    for name, texts in samples:
        pairs += [(text, claim.widths.get(name)) for text in dict.fromkeys(texts) if text]
    cut = [text for text, width in pairs if width is not None and len(text) >= width]
    return [text for text, width in pairs if width is None or len(text) < width], cut


def not_in(source: Source, *encodings: str) -> InputError:
    """Return the error for texts that are in none of some encodings."""
    hint = 'Write encoding = "GB18030" (or its own) beside its path in the plan file.'
    return source.error(f"its texts are not in {' or '.join(encodings)}", hint)


def _shown(codec: str) -> str:
    return SHOWN.get(codec, codec.upper())


def _unwhole_names(read: Decoded, codec: str, source: Source) -> list[Problem]:
    problems = []
    for i in read.misfits:
        said, done = f"the name of column {i + 1} is not in {_shown(codec)}", "shown with \ufffd"
        problems.append(source.problem("text_damaged", said, done, column=str(read.texts[i])))
    if read.cut:
        cut = ", ".join(str(read.texts[i]) for i in read.cut)
        said = f"names of columns that were cut off inside a character: {cut}"
        done = "the half character is left out"
        problems.append(source.problem("text_cut", said, done, severity="note"))
    return problems


def _unwhole(read: Decoded, codec: str, source: Source, column: str) -> list[Problem]:
    """Texts of one column that are damaged or cut off, each kind in one line with its first row."""
    problems = []
    if read.misfits:
        if 2 * len(read.misfits) > sum(not t.isascii() for t in read.texts if t):
            raise not_in(source, _shown(codec))
        said = f"{len(read.misfits)} of {len(read.texts)} texts are not in {_shown(codec)}"
        problems.append(
            source.problem(
                "text_damaged",
                said,
                "signs that cannot be read are shown as \ufffd",
                row=read.misfits[0] + 1,
                column=column,
                value=str(read.texts[read.misfits[0]]),
            )
        )
    if read.cut:
        problems.append(
            source.problem(
                "text_cut",
                f"{len(read.cut)} texts were cut off inside a character when the file was written",
                "the half character is left out",
                severity="note",
                row=read.cut[0] + 1,
                column=column,
                value=str(read.texts[read.cut[0]]),
            )
        )
    return problems
