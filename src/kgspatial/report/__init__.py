"""What a plan hands in: tables (xlsx), figures (png) and a document (docx) from results.

Public: `annex_tables`, `write_tables`, `write_figures`, `write_document`.
Order, each importing from those before it: wording, tables, layout_tables, indicator_table,
rule_tables, ledger_tables, workbook; lettering, palette,
figure_parts, site_marks, plates, charts, figures; sentences, docx_parts, document. xlsxwriter,
matplotlib and docx are loaded when something is written, so that importing this room costs nothing.
"""

from kgspatial.report.document import write_document
from kgspatial.report.figures import write_figures
from kgspatial.report.tables import annex_tables
from kgspatial.report.workbook import write_tables

__all__ = ["annex_tables", "write_document", "write_figures", "write_tables"]
