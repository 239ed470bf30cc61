"""Parts of a Word document: fonts for East Asian text, tables, captions, fixed bytes.

Imports from `wording`, `terms`; with `document` the only module that knows python-docx.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from kgspatial.report.wording import column_kind, header, say, text_width
from kgspatial.terms import Language, term

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from docx.document import Document as DocumentObject
    from docx.styles.style import ParagraphStyle
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

PAGE_CM, MARGIN_CM = (21.0, 29.7), 2.3
TEXT_CM = PAGE_CM[0] - 2 * MARGIN_CM
PICTURE_CM = 15.0
"""Two pictures with captions fit on a page."""
BODY_FONTS, HEADING_FONTS = ("Times New Roman", "宋体"), ("Arial", "黑体")
HEADINGS = ("Title", "Subtitle", "Heading 1", "Heading 2")
INK = RGBColor(0x20, 0x20, 0x20)
WIDEST_COLUMN = 36
CHARACTER_CM, CELL_PADDING_CM = 0.155, 0.45
"""Room for a half-width character of 8 points, and for a cell's two margins."""
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a zip archive can hold: the same content gives the same bytes."""


def new_document(*, title: str, author: str, year: int) -> DocumentObject:
    """Return an empty A4 document with fonts for Latin and East Asian text and fixed dates."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(PAGE_CM[0]), Cm(PAGE_CM[1])
    section.left_margin = section.right_margin = Cm(MARGIN_CM)
    section.top_margin = section.bottom_margin = Cm(MARGIN_CM)
    for style in document.styles:
        if style.type is not None and hasattr(style, "font"):
            _set_fonts(style, HEADING_FONTS if style.name in HEADINGS else BODY_FONTS)
    document.styles["Normal"].font.size = Pt(10.5)
    for name in HEADINGS:
        document.styles[name].font.color.rgb = INK
    document.styles["Caption"].font.color.rgb = INK
    document.styles["Subtitle"].font.italic = False
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = title, author, author
    properties.comments, properties.revision = "", 1
    properties.created = properties.modified = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    _number_pages(section.footer.paragraphs[0])
    return document


def _set_fonts(style: ParagraphStyle, fonts: tuple[str, str]) -> None:
    """Name the fonts of a style; theme fonts would win over names, so they go."""
    latin, east_asian = fonts
    style.font.name = latin
    names = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        names.attrib.pop(qn(f"w:{attribute}"), None)
    names.set(qn("w:eastAsia"), east_asian)


def _number_pages(paragraph: Paragraph) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def add_caption(document: DocumentObject, text: str, *, above: bool) -> None:
    """Add a caption; one above a table stays on the table's page."""
    paragraph = document.add_paragraph(text, style="Caption")
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = above
    paragraph.paragraph_format.space_before = Pt(8 if above else 2)
    paragraph.paragraph_format.space_after = Pt(2 if above else 10)


def add_picture(document: DocumentObject, path: Path, description: str) -> None:
    """Add a picture with a description for readers who cannot see it."""
    document.add_picture(str(path), width=Cm(PICTURE_CM))
    paragraph = document.paragraphs[-1]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    shape = document.inline_shapes[len(document.inline_shapes) - 1]
    shape._inline.docPr.set("descr", description)


def add_table(document: DocumentObject, frame: pd.DataFrame, language: Language) -> None:
    """Add a table of canonical columns: headers repeated on each page, numbers to the right."""
    heads = [header(str(c), language) for c in frame.columns]
    kinds = [column_kind(str(c)) for c in frame.columns]
    rows = [[say(v, k) for v, k in zip(row, kinds, strict=True)] for row in frame.to_numpy(object)]
    table = document.add_table(rows=len(rows) + 1, cols=len(heads), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    widths = _widths(heads, rows, numeric=[k != "text" for k in kinds])
    for i, texts in enumerate([heads, *rows]):
        cells = table.rows[i].cells
        for cell, text, kind, width in zip(cells, texts, kinds, widths, strict=True):
            cell.width = Cm(width)
            right = kind != "text" and i > 0
            _write_cell(cell, text, right=right, head=i == 0)
    _repeat_head(table)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    spacer = document.add_paragraph()
    spacer.paragraph_format.space_after = Pt(4)


def _write_cell(cell: _Cell, text: str, *, right: bool, head: bool) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.font.size = Pt(8)
    run.bold = head
    paragraph.paragraph_format.space_after = Pt(0)
    if head:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _shade(cell, "D9E2EC")
    elif right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _shade(cell: _Cell, colour: str) -> None:
    shading = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shading.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shading)


def _repeat_head(table: Table) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(mark)


def _widths(
    heads: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool]
) -> list[float]:
    """Give numbers what they need, so that none is broken; texts share the rest by their length."""
    wanted = []
    for i, head in enumerate(heads):
        longest = max((text_width(row[i]) for row in rows), default=0)
        word = max(map(len, head.split())) + 2 if head.isascii() else 8
        wanted.append(CELL_PADDING_CM + CHARACTER_CM * min(max(longest, word), WIDEST_COLUMN))
    fixed = sum(w for w, n in zip(wanted, numeric, strict=True) if n)
    text = sum(wanted) - fixed
    share = (TEXT_CM - fixed) / text if text and fixed < TEXT_CM else TEXT_CM / sum(wanted)
    scaled = [
        w if n and fixed < TEXT_CM else w * share for w, n in zip(wanted, numeric, strict=True)
    ]
    return [w * TEXT_CM / sum(scaled) for w in scaled]


def add_bullets(document: DocumentObject, texts: Sequence[str]) -> None:
    """Add one bullet for each text."""
    for text in texts:
        document.add_paragraph(text, style="List Bullet")


def add_sentences(document: DocumentObject, texts: Sequence[str], language: Language) -> None:
    """Add sentences as one paragraph."""
    if texts:
        paragraph = document.add_paragraph(term("report.sentence_separator", language).join(texts))
        paragraph.paragraph_format.line_spacing = 1.4
        if language == "zh":
            paragraph.paragraph_format.first_line_indent = Pt(21)


def document_bytes(document: DocumentObject) -> bytes:
    """Return the file's bytes with every time in the archive fixed."""
    written, fixed = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, source.read(name))
    return fixed.getvalue()
