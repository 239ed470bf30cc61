"""Tables to data rows under their own header: CSV, TSV, TXT, XLSX and XLS.

Module order: sheet, text_tables, workbooks, header_lines, row_kinds, read.
"""
