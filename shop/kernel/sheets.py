"""Text on its way into a spreadsheet and back: never a formula, never a guessed encoding."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

# What spreadsheets read as the beginning of a formula, also those set to Chinese, also behind
# blanks. Source: trust.md 5 threat 8 and 6.
_GUARDED = re.compile(r"'*[ \u3000]*[=+\-@\t\r＝＋－＠]")
_BLOCK = 1 << 20


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet reads as a formula; ``as_written`` takes it back."""
    return f"'{cell}" if _GUARDED.match(cell) else cell


def as_written(cell: str) -> str:
    """Return what a person wrote, without the mark that ``harmless`` put before it."""
    return cell[1:] if cell.startswith("'") and _GUARDED.match(cell, 1) else cell


def encoding_of(file: Path) -> str | None:
    """Return how the text of a file is encoded: UTF-8, UTF-16 with its mark, or GB 18030 (GBK).

    None means that it is no text in any of them.
    """
    with file.open("rb") as stream:
        beginning = stream.read(2)
    candidates: tuple[str, ...] = ("utf-8-sig", "gb18030")
    if beginning in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        candidates = ("utf-16",)
    return next((name for name in candidates if _decodes(file, name)), None)


def _decodes(file: Path, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                if "\0" in decoder.decode(block):
                    return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
