"""A file of rows, opened with care: CSV or XLSX, its encoding found, its size bounded."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from shop.exchange.files import dialects
from shop.exchange.files.dialects import Head
from shop.exchange.rules import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_FILE_BYTES,
    MOST_ROWS,
    Remark,
)
from shop.kernel.errors import ShopError
from shop.kernel.later import later
from shop.kernel.sheets import as_written, encoding_of

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = later("openpyxl")

DELIMITERS = (",", ";", "\t")
MOST_UNPACKED_BYTES = 500 * 1024 * 1024
MOST_PARTS = 500
MEGABYTE = 1024 * 1024
_WORKBOOK = b"PK\x03\x04"
# How a workbook writes a character that XML cannot hold; halves of characters are left as they are.
_ESCAPED = re.compile(r"_x([0-9A-Ca-cE-Fe-f][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2})_")
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class FileRefused(ShopError):
    """The file as a whole cannot be read; nothing was brought in. ``remark`` says why."""

    code: ClassVar[str] = "exchange.file_refused"
    status: ClassVar[int] = 422

    def __init__(self, code: str, /, **about: object) -> None:
        """Keep the reason with what fills its blanks."""
        self.remark = Remark.of(code, **about)
        super().__init__(why=self.remark)


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A file whose head line was understood; ``rows`` yields (line, cells) from then on."""

    head: Head
    encoding: str
    rows: Iterator[tuple[int, list[str]]]


def open_table(file: Path) -> OpenTable:
    """Return the table in a file: its format, its encoding, its rows; memory stays flat.

    Formulas are text. Rows without any cell are passed over, and keep their number.

    Raises FileRefused at once or, for what only shows later, while the rows are read.
    """
    if file.stat().st_size > MOST_FILE_BYTES:
        raise FileRefused("too_large", megabytes=MOST_FILE_BYTES // MEGABYTE)
    with file.open("rb") as stream:
        is_workbook = stream.read(len(_WORKBOOK)) == _WORKBOOK
    return _open_workbook(file) if is_workbook else _open_csv(file)


def _open_csv(file: Path) -> OpenTable:
    encoding = encoding_of(file)
    if encoding is None:
        raise FileRefused("not_text")
    csv.field_size_limit(LONGEST_CELL)
    headings: list[str] = []
    for delimiter in DELIMITERS:
        headings = _first_row(file, encoding, delimiter)
        head = _understood(headings)
        if head is not None:
            rows = _csv_rows(file, encoding, delimiter)
            return OpenTable(head, encoding, _bounded(rows))
    raise FileRefused("unknown_head", head=", ".join(headings)[:200])


def _first_row(file: Path, encoding: str, delimiter: str) -> list[str]:
    return next(_csv_rows(file, encoding, delimiter), (0, []))[1]


def _csv_rows(file: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with file.open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        begins = 1
        try:
            for cells in reader:
                yield begins, cells
                begins = reader.line_num + 1
        except csv.Error as error:
            raise FileRefused("broken_csv", line=begins, why=error) from error


def _understood(headings: list[str]) -> Head | None:
    if not any(heading.strip() for heading in headings):
        raise FileRefused("empty")
    if len(headings) > MOST_COLUMNS:
        raise FileRefused("too_many_columns", most=MOST_COLUMNS)
    head = dialects.head_of(headings)
    if head is not None:
        known = [name for name in head.names if name is not None]
        for name in known:
            if known.count(name) > 1:
                raise FileRefused("head_twice", column=name)
    return head


def _bounded(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    next(rows, None)
    count = 0
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise FileRefused("too_many_rows", most=f"{MOST_ROWS:,}")
        yield line, [as_written(cell) for cell in cells]
    if count == 0:
        raise FileRefused("no_rows")


# ------------------------------------------------------------------------------------- workbooks


def _open_workbook(file: Path) -> OpenTable:
    _refuse_unsafe(file)
    headings = next(_sheet_rows(file), (0, []))[1]
    while headings and not headings[-1].strip():
        headings.pop()
    head = _understood(headings)
    if head is None:
        raise FileRefused("unknown_head", head=", ".join(headings)[:200])
    rows = _bounded(_fitted(_sheet_rows(file), len(headings)))
    return OpenTable(head, "xlsx", rows)


def _fitted(rows: Iterator[tuple[int, list[str]]], width: int) -> Iterator[tuple[int, list[str]]]:
    """Give every row the width of the head: a workbook stores no empty cells at the end."""
    for line, cells in rows:
        yield line, [*cells[:width], *[""] * (width - len(cells)), *filter(None, cells[width:])]


def _refuse_unsafe(file: Path) -> None:
    """Look into the package before a parser does: its size unpacked, no declared entities."""
    try:
        with zipfile.ZipFile(file) as package:
            parts = package.infolist()
            if len(parts) > MOST_PARTS or sum(p.file_size for p in parts) > MOST_UNPACKED_BYTES:
                raise FileRefused("unsafe_workbook")
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    _refuse_entities(package, part)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise FileRefused("broken_workbook") from error
    except RuntimeError as error:  # what zipfile says to a part with a password
        raise FileRefused("unsafe_workbook") from error


def _refuse_entities(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    read, before = 0, b""
    with package.open(part) as stream:
        while block := stream.read(MEGABYTE):
            read += len(block)
            # A declared entity multiplies text; two-byte encodings would hide one from this look.
            if _DECLARATION.search(before + block) or b"\0" in block or read > part.file_size:
                raise FileRefused("unsafe_workbook")
            before = block[-16:]


def _sheet_rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        # Opened here: by a path the library would look at the name and not at the content.
        with file.open("rb") as stream:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
            sheet = book.worksheets[0]
            rows = sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)
            for line, cells in enumerate(rows, start=1):
                yield line, [_text_of(cell) for cell in cells]
    except FileRefused:
        raise
    # Whatever a parser throws at a broken package; the words for it are the same.
    except Exception as error:
        raise FileRefused("broken_workbook") from error


def _text_of(cell: Any) -> str:
    """Return a cell as a person reads it: whole numbers without a point, flags as yes and no."""
    if cell is None:
        return ""
    for kind, written in _WRITTEN:
        if isinstance(cell, kind):
            return written(cell)
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(cell))


def _number_text(number: float) -> str:
    exact = Decimal(repr(number))
    return str(int(exact)) if exact == exact.to_integral_value() else format(exact, "f")


_WRITTEN: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda flag: "yes" if flag else "no"),
    (float, _number_text),
    (datetime, lambda moment: moment.isoformat(" ")),
    (date, lambda day: day.isoformat()),
    (time, lambda hour: hour.isoformat()),
)
