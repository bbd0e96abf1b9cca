"""Rows on their way out: CSV that no spreadsheet computes, workbooks whose cells are all text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shop.kernel.later import later
from shop.kernel.sheets import harmless

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = later("xlsxwriter")

# Spreadsheets take a file without it for the encoding of their own country.
BYTE_ORDER_MARK = "\ufeff"
LONGEST_CELL = 32_767  # what a workbook can hold in one cell
_AT_ONCE = 64 * 1024
_PLAIN = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def csv_pieces(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a CSV file piece by piece; cells that a spreadsheet would compute are marked."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
        if out.tell() > _AT_ONCE:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def write_workbook(
    file: Path,
    *,
    sheet: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    notes: tuple[str, Sequence[Sequence[str]]],
) -> None:
    """Write an XLSX file row by row; every cell is text, so that codes keep their zeros.

    notes    name and rows of a second sheet, which explains the columns of the first.
    """
    with xlsxwriter.Workbook(str(file), _PLAIN) as book:
        as_text = book.add_format({"num_format": "@", "text_wrap": False})
        bold = book.add_format({"num_format": "@", "bold": True, "bottom": 1})
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 2)
        page.set_column(0, max(0, len(head) - 1), 16, as_text)
        for column, heading in enumerate(head):
            page.write_string(0, column, heading, bold)
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if cell:
                    # The reader takes one mark off; only a cell that has its own needs another.
                    said = harmless(cell) if cell.startswith("'") else cell
                    page.write_string(line, column, said[:LONGEST_CELL], as_text)
        name, explained = notes
        second = book.add_worksheet(name)
        second.set_column(0, 0, 18)
        second.set_column(1, 1, 14)
        second.set_column(2, 2, 90)
        for line, row in enumerate(explained):
            for column, cell in enumerate(row):
                second.write_string(line, column, cell, bold if line == 0 else as_text)
