"""Text encodings of planners' files: which one a label names, and which one the bytes are in.

Imports nothing of kgspatial.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

UTF8, CHINESE = "utf-8", "gb18030"

FEW = 0.05
"""Share of texts that may be damaged before an encoding counts as the wrong one."""

SEVERAL = 4
"""Texts among which one may be damaged in any case."""

MARGIN = 1.5
"""How many times as unusual a reading must be before another one takes its place."""

SAMPLE = 2_000
SEPARATOR = b"\0"
"""Between texts that are decoded in one go; no text of a spatial file holds it."""

_PRINTABLE = bytes(range(32, 127))
_NUMBERED = re.compile(r"(?:ansi|oem|cp|ms|windows|win|ibm|dos|code ?page)?[\s_:-]*(\d{3,5})")
_CHINESE_NAMES = ("gbk", "gb2312", "gb18030")
_CHINESE_PAGES = (936, 20936, 51936, 54936)

COMMON_BITS, LESS_COMMON_BITS, SIGN_BITS, RARE_BITS, FOREIGN_BITS = 12, 15, 14, 19, 24
"""Information in one character, by its kind: the 3,755 common characters of GB/T 2312 (level 1),
its 3,008 less common ones (level 2), its signs, all other Chinese characters, and the rest."""


def codec_of(label: str) -> str | None:
    """Return Python's name of the encoding that a label means, or None when it means none.

    Labels come from .cpg files, plan files and drawings: "936", "ANSI 936", "GBK", "ANSI_1252",
    "UTF-8", "88591". GBK and GB/T 2312 are read as GB 18030, which holds both. Encodings in which
    plain letters are other bytes (UTF-16) cannot be those of a field and count as none.
    """
    text = label.strip().strip("\ufeff\"'").strip().casefold()
    number = _NUMBERED.fullmatch(text)
    try:
        name = codecs.lookup(_page(int(number[1])) if number else text).name
        if _PRINTABLE.decode(name) != _PRINTABLE.decode("ascii"):
            return None
    except (LookupError, UnicodeError, ValueError):
        return None
    return CHINESE if name in _CHINESE_NAMES else name


def _page(number: int) -> str:
    """The encoding of a code page; 8859n and 2859n are the parts of ISO 8859."""
    if number in _CHINESE_PAGES:
        return CHINESE
    if number == 65001:
        return UTF8
    for start in (88590, 28590, 8850):
        if start < number <= start + 16:
            return f"iso8859-{number - start}"
    return f"cp{number}"


def choose_codec(texts: Sequence[bytes], cut: Sequence[bytes], claimed: str) -> str | None:
    """Return the encoding of texts: the claimed one, or UTF-8 or GB 18030 where these fit better.

    An encoding fits when at most one text in twenty, or one of several, is not in it. Bytes often fit several; then
    the claimed one stays unless its reading is `MARGIN` times as unusual, in bits, as another: two
    bytes of GBK are two accented letters as well, but no one writes these. Chinese text in UTF-8
    never counts as GBK: three of its bytes are one character of at most 24 bits, and one and a
    half characters of GBK, at least 18 bits, which is more than 24 / 1.5.

    Parameters
    ----------
    texts, cut : sequence of bytes
        Texts beyond ASCII; those of `cut` may end inside a character.
    claimed : str
        The encoding that the file claims, or UTF-8.

    Returns
    -------
    str or None
        None when no encoding fits.
    """
    texts, cut = _sample(texts), _sample(cut)
    total = len(texts) + len(cut)
    if not total:
        return claimed
    fitting = [
        codec
        for codec in dict.fromkeys((claimed, UTF8, CHINESE))
        if _misfits(texts, cut, codec) <= max(FEW * total, total >= SEVERAL)
    ]
    if not fitting:
        return None
    best = min(fitting, key=lambda codec: _unusualness(texts, cut, codec))
    first = fitting[0]
    keep = _unusualness(texts, cut, first) <= MARGIN * _unusualness(texts, cut, best)
    return first if keep else best


def _sample(texts: Sequence[bytes]) -> Sequence[bytes]:
    """At most `SAMPLE` of them, evenly spread."""
    return texts[:: max(1, -(-len(texts) // SAMPLE))]


def _misfits(texts: Sequence[bytes], cut: Sequence[bytes], codec: str) -> int:
    return sum(_decode(t, codec, False).misfit for t in texts) + sum(
        _decode(t, codec, True).misfit for t in cut
    )


def _unusualness(texts: Sequence[bytes], cut: Sequence[bytes], codec: str) -> int:
    """Bits of all characters beyond ASCII, in the reading of an encoding."""
    read = [_decode(t, codec, False).text for t in texts]
    read += [_decode(t, codec, True).text for t in cut]
    return sum(count * _bits(character) for character, count in Counter("".join(read)).items())


@cache
def _bits(character: str) -> int:
    if character.isascii():
        return 0
    try:
        lead = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        rare = "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"
        return RARE_BITS if rare else FOREIGN_BITS
    if lead >= 0xB0:
        return COMMON_BITS if lead <= 0xD7 else LESS_COMMON_BITS
    return SIGN_BITS if lead <= 0xA3 else FOREIGN_BITS


@dataclass(frozen=True)
class _Read:
    text: str
    misfit: bool = False
    cut: bool = False


def _decode(text: bytes, codec: str, may_be_cut: bool) -> _Read:
    """One text; half a character at its end is left out where it may be cut."""
    try:
        return _Read(text.decode(codec))
    except UnicodeDecodeError:
        pass
    if may_be_cut:
        try:
            return _Read(codecs.getincrementaldecoder(codec)().decode(text), cut=True)
        except UnicodeDecodeError:
            pass
    return _Read(text.decode(codec, "replace"), misfit=True)


@dataclass(frozen=True)
class Decoded:
    """Texts in the order of their bytes, and the positions of those that were not whole."""

    texts: list[str | None]
    misfits: list[int]
    """Texts with bytes that the encoding does not have, shown as U+FFFD."""
    cut: list[int]
    """Texts that ended inside a character, which is left out."""


def decode_texts(texts: Sequence[bytes | None], codec: str, *, width: int | None = None) -> Decoded:
    """Decode texts; those of `width` bytes, the most that their field holds, may end cut off."""
    plain = [text or b"" for text in texts]
    try:
        read = SEPARATOR.join(plain).decode(codec).split("\0")
    except UnicodeDecodeError:
        read = []
    if len(read) == len(texts):
        whole = [None if old is None else new for old, new in zip(texts, read, strict=True)]
        return Decoded(whole, [], [])
    single = [_decode(text, codec, width is not None and len(text) >= width) for text in plain]
    return Decoded(
        [None if old is None else new.text for old, new in zip(texts, single, strict=True)],
        [i for i, r in enumerate(single) if r.misfit],
        [i for i, r in enumerate(single) if r.cut],
    )
