"""A channel's file of what it paid out: which columns, how sums are written, what each row says.

Pure: no database, no clock.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shop.kernel.errors import InvalidInput
from shop.kernel.money import CNY, Money

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 50_000
# column -> how its heading may be written; the first is ours, the others those of channels.
COLUMNS: dict[str, tuple[str, ...]] = {
    "payment": ("payment", "client_reference_id", "支付单号", "商户订单号"),
    "type": ("type", "reporting_category", "类型", "交易类型"),
    "gross": ("gross", "amount", "金额", "交易金额"),
    "fee": ("fee", "手续费"),
    "currency": ("currency", "币种"),
}
NEEDED = ("payment", "type", "gross")
PAYMENT_WORDS = frozenset({"payment", "charge", "支付", "收款", "交易"})
REFUND_WORDS = frozenset({"refund", "退款"})
SUM = re.compile(r"-?\d{1,12}(?:\.\d{1,2})?")
ENCODINGS = ("utf-8-sig", "gb18030")


class SettlementUnreadable(InvalidInput):
    """The file is none that is understood; ``line`` says where, ``why`` in one word."""

    code = "payments.settlement_unreadable"


@dataclass(frozen=True, slots=True)
class SettledRow:
    """One row: the payment it is about, and what the channel took or gave back for it.

    gross    what the buyer paid, or got back (then ``is_refund``); never below zero.
    fee      what the channel kept; None when the file does not say.
    """

    line: int
    ref: str
    is_refund: bool
    gross: Money
    fee: Money | None


def digest(content: bytes) -> str:
    """Return the name under which a file is known, whatever it is called."""
    return f"file:{hashlib.sha256(content).hexdigest()}"


def rows_of(content: bytes) -> list[SettledRow]:
    """Return what a file says, row by row; rows of other types are left out.

    content    CSV with a heading, in UTF-8 or GBK, at most 5 MB and 50,000 rows; sums in yuan.

    Raises SettlementUnreadable.
    """
    if len(content) > MOST_BYTES:
        raise SettlementUnreadable(line=0, why="large")
    text = _text(content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = next(reader, [])
        places = _places(head)
        return list(_rows(reader, places))
    except csv.Error as error:
        raise SettlementUnreadable(line=reader.line_num, why="csv") from error


def _text(content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SettlementUnreadable(line=0, why="encoding")


def _places(head: list[str]) -> Mapping[str, int]:
    said = [cell.strip().lower() for cell in head]
    places = {
        column: said.index(found)
        for column, words in COLUMNS.items()
        if (found := next((word for word in words if word in said), None)) is not None
    }
    for column in NEEDED:
        if column not in places:
            raise SettlementUnreadable(line=1, why=f"column {column}")
    return places


def _rows(reader: Iterator[list[str]], places: Mapping[str, int]) -> Iterator[SettledRow]:
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if number > MOST_ROWS + 1:
            raise SettlementUnreadable(line=number, why="rows")
        if len(cells) <= max(places.values()):
            raise SettlementUnreadable(line=number, why="cells")
        told = {column: cells[place].strip().strip("`\t") for column, place in places.items()}
        if told.get("currency", CNY).upper() not in {CNY, ""}:
            raise SettlementUnreadable(line=number, why="currency")
        kind = told["type"].lower()
        if kind not in PAYMENT_WORDS | REFUND_WORDS:
            continue
        gross = _sum(told["gross"], number)
        fee = _sum(told["fee"], number) if told.get("fee") else None
        yield SettledRow(
            line=number,
            ref=told["payment"],
            is_refund=kind in REFUND_WORDS,
            gross=Money(abs(gross)),
            fee=None if fee is None else Money(abs(fee)),
        )


def _sum(text: str, line: int) -> int:
    plain = text.replace(",", "").replace("¥", "").replace("￥", "").strip()
    if SUM.fullmatch(plain) is None:
        raise SettlementUnreadable(line=line, why="sum")
    yuan, _, fen = plain.lstrip("-").partition(".")
    minor = int(yuan) * 100 + int(fen.ljust(2, "0"))
    return -minor if plain.startswith("-") else minor
