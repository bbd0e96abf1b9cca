"""Bring a co-operative's past sales in from a CSV file, through the services a live order runs.

The file is staged first, row by row, so that orders whose rows lie apart are whole and everything
happens in the order of time. Each order is one transaction and has a key: an interrupted import
goes on where it stopped, a repeated one changes nothing.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shop.catalog import queries as goods
from shop.catalog import services as catalog
from shop.kernel.access import Actor, Permission
from shop.kernel.db import sqlite_module
from shop.kernel.errors import ShopError
from shop.kernel.money import CNY
from shop.orders import past as sold_before
from shop.stations import queries as stations
from shop.workflows import selling_imports as past
from shop.workflows.selling_imports import (
    PastLine,
    PastOrder,
    PastReturn,
    ReturnedLine,
    TakenBack,
)

COLUMNS = (
    "order_number",
    "time",
    "buyer_reference",
    "sku",
    "title",
    "quantity",
    "unit_price",
    "currency",
)
OPTIONAL = ("maker", "shipping")
LARGEST_FILE = 512 * 1024 * 1024
LARGEST_QUANTITY = 1_000_000
LARGEST_PRICE = 100_000_000  # fen: a million yuan for one piece is a slip of the pen
LONGEST_ROW = 8000
LONGEST_NUMBER = 30
LONGEST_SKU = 60
LONGEST_BUYER = 64
LONGEST_TITLE = 200
REMEMBERED = 4096
SHANGHAI = ZoneInfo("Asia/Shanghai")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?", re.ASCII)
QUANTITY = re.compile(r"[+-]?[0-9]{1,12}")
AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,10})?")
BATCH = 200
MOST_MEMBERS = 100_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

REASONS = {
    "no_order_number": "the row has no order number",
    "no_sku": "the row has no SKU",
    "time_unreadable": "the time is not YYYY-MM-DD HH:MM[:SS]",
    "time_in_future": "the time lies in the future",
    "quantity_unreadable": "the quantity is not a whole number",
    "quantity_zero": "the quantity is zero",
    "quantity_absurd": "the quantity is beyond a million",
    "price_unreadable": "the price is not a number",
    "price_negative": "the price is negative",
    "price_finer_than_fen": "the price is finer than one fen",
    "price_absurd": "the price is beyond a million yuan",
    "shipping_unreadable": "the shipping is not an amount of zero or more",
    "foreign_currency": "the currency is not CNY; this import never guesses a rate",
    "unknown_maker": "no member of this workshop has this code",
    "too_long": "a field is longer than what it can be kept in",
    "columns_differ": "the row has not as many fields as the head",
    "held_back": "another row of the same order was refused, and half an order is never brought in",
    "buyers_differ": "rows of one order name different buyers",
    "changed_since": "this order was brought in before with other content",
}

PRICE_REASONS = {
    "unreadable": "price_unreadable",
    "finer": "price_finer_than_fen",
    "negative": "price_negative",
    "absurd": "price_absurd",
}
SHIPPING_REASONS = PRICE_REASONS | {
    "unreadable": "shipping_unreadable",
    "negative": "shipping_unreadable",
}


class ImportRefused(ShopError):
    """The file as a whole cannot be read; nothing was brought in."""

    code = "import.refused"
    status = 422


@dataclass(slots=True)
class Tally:
    """Rows and money of one fate; ``minor`` in fen, returns negative."""

    rows: int = 0
    minor: int = 0

    def add(self, minor: int) -> None:
        """Count one more row."""
        self.rows += 1
        self.minor += minor


@dataclass(slots=True)
class ImportReport:
    """What became of every row. Rows and money of the fates add up to those of the file."""

    encoding: str = "utf-8"
    orders: int = 0
    orders_known: int = 0
    sold: Tally = field(default_factory=Tally)
    known: Tally = field(default_factory=Tally)
    returned: Tally = field(default_factory=Tally)
    queued: Tally = field(default_factory=Tally)
    refused: Tally = field(default_factory=Tally)
    reasons: dict[str, int] = field(default_factory=dict)
    refused_file: Path | None = None

    def in_words(self) -> str:
        """Return the report as lines for the person at the keyboard."""
        lines = [
            f"{self.orders} orders brought in, {self.orders_known} known before ({self.encoding}).",
            f"  sold      {self.sold.rows:>8} rows {self.sold.minor / 100:>16,.2f}",
            f"  returned  {self.returned.rows:>8} rows {self.returned.minor / 100:>16,.2f}",
            f"  queued    {self.queued.rows:>8} rows {self.queued.minor / 100:>16,.2f}",
            f"  known     {self.known.rows:>8} rows {self.known.minor / 100:>16,.2f}",
            f"  refused   {self.refused.rows:>8} rows {self.refused.minor / 100:>16,.2f}",
        ]
        lines += [f"            {count:>8} × {REASONS[why]}" for why, count in self.reasons.items()]
        if self.queued.rows:
            lines.append("Returns without a sale wait at /desk/unmatched-returns.")
        if self.refused.rows:
            lines.append(f"Every refused row, with line number and reason: {self.refused_file}")
        return "\n".join(lines)


def import_orders(
    *,
    file: Path,
    workshop_slug: str,
    refused_file: Path,
    encoding: str,
    actor: Actor,
    now: datetime,
    progress: Callable[[int, int], None],
) -> ImportReport:
    """Bring the past sales of one workshop in and return what became of every row.

    encoding        ``auto`` (UTF-8, else GB 18030, which holds GBK), ``utf-8`` or ``gbk``.
    refused_file    written anew: line number, order number, reason, words, and the row itself.
    progress        told (orders done, orders in all).

    Raises ImportRefused for a file that cannot be read as a whole (encoding, missing columns, no
    CSV at all), NotFound for an unknown workshop, Forbidden without ``workflows.import``. Safe to
    interrupt and to repeat: each order is one transaction under a key of its own.
    """
    workshop = stations.workshop_by_slug(workshop_slug)
    actor.require(Permission.IMPORT, at=stations.path_of(workshop.station_id))
    report = ImportReport(refused_file=refused_file)
    with tempfile.TemporaryDirectory() as folder, _staged(Path(folder) / "rows.sqlite3") as stage:
        report.encoding = _stage(file, encoding, stage, _makers(workshop.id, actor), now)
        source = _Source(stage, workshop.id, workshop.station_id, actor, now)
        in_all = source.count()
        done = 0
        progress(0, in_all)
        for groups in source.groups(BATCH):
            for so_far, _ in enumerate(_bring_in(groups, source, report), start=done + 1):
                progress(so_far, in_all)
            done += len(groups)
            progress(done, in_all)
        _write_refused(refused_file, source, report)
    return report


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    order_number: str
    time: datetime | None
    buyer: str | None
    sku: str
    title: str
    quantity: int
    unit_minor: int
    shipping_minor: int
    maker_id: int | None
    problem: str | None
    raw: str


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows of one order number, in the order of the file."""

    number: str
    rows: tuple[_Row, ...]

    @property
    def at(self) -> datetime:
        return min(row.time for row in self.rows if row.time is not None)


class _Source:
    """The staged rows of one file, order by order, oldest first."""

    def __init__(
        self, stage: Any, workshop_id: int, station_id: int, actor: Actor, now: datetime
    ) -> None:
        self.stage = stage
        self.workshop_id = workshop_id
        self.station_id = station_id
        self.actor = actor
        self.now = now

    def count(self) -> int:
        (count,) = self.stage.execute("SELECT COUNT(DISTINCT order_number) FROM rows").fetchone()
        return int(count)

    def groups(self, size: int) -> Iterator[list[_Group]]:
        numbers = [
            number
            for (number,) in self.stage.execute(
                "SELECT order_number FROM rows GROUP BY order_number"
                " ORDER BY COALESCE(MIN(at), ''), MIN(line)"
            )
        ]
        for start in range(0, len(numbers), size):
            some = numbers[start : start + size]
            marks = ",".join("?" * len(some))
            by_number: dict[str, list[_Row]] = defaultdict(list)
            for values in self.stage.execute(
                f"SELECT * FROM rows WHERE order_number IN ({marks}) ORDER BY line",  # noqa: S608 - only question marks
                some,
            ):
                row = _row(values)
                by_number[row.order_number].append(row)
            yield [_Group(number, tuple(by_number[number])) for number in some]

    def refuse(self, row: _Row, reason: str) -> None:
        self.stage.execute("UPDATE rows SET problem = ? WHERE line = ?", (reason, row.line))


def _bring_in(
    groups: Sequence[_Group], source: _Source, report: ImportReport
) -> Iterator[PastOrder]:
    """Sort each order's rows into sold, returned and refused, and run the services on them.

    Yields each order once it stands; whoever stops there loses nothing.
    """
    sales: list[tuple[_Group, PastOrder]] = []
    returns: list[tuple[list[_Row], PastReturn]] = []
    for group in groups:
        bought = [row for row in group.rows if row.quantity > 0 or row.problem]
        back = [row for row in group.rows if row.quantity < 0 and not row.problem]
        reason = _why_not(group, bought)
        if reason is not None:
            for row in bought:
                _refuse(row, row.problem or reason, source, report)
        elif bought:
            sales.append((group, _past_order(group, bought, source)))
        if back:
            returns.append((back, _past_return(group, back, source)))
    yield from _sell(sales, source, report)
    _take_back(returns, source, report)


def _why_not(group: _Group, bought: Sequence[_Row]) -> str | None:
    if any(row.problem for row in bought):
        return "held_back"
    if len({row.buyer for row in group.rows if not row.problem}) > 1:
        return "buyers_differ"
    return None


def _sell(
    sales: Sequence[tuple[_Group, PastOrder]], source: _Source, report: ImportReport
) -> Iterator[PastOrder]:
    if not sales:
        return
    known = sold_before.digests_by_key([sale.key for _, sale in sales])
    fresh = [(group, sale) for group, sale in sales if sale.key not in known]
    for group, sale in sales:
        if sale.key not in known:
            continue
        same = known[sale.key] == sale.digest
        report.orders_known += same
        for row in group.rows:
            if row.quantity < 0 or row.problem:
                continue
            if same:
                report.known.add(row.quantity * row.unit_minor)
            else:
                _refuse(row, "changed_since", source, report)
    titles = {line.sku: line.title for _, sale in fresh for line in sale.lines}
    variants = catalog.ensure_unlisted(
        workshop_id=source.workshop_id, skus=list(titles.items()), now=source.now
    )
    for _group, sale in fresh:
        past.sell(sale, variants=variants, actor=source.actor, now=source.now)
        report.orders += 1
        for line in sale.lines:
            report.sold.add(line.quantity * line.unit_minor)
        yield sale


def _take_back(
    returns: Sequence[tuple[list[_Row], PastReturn]], source: _Source, report: ImportReport
) -> None:
    """Take back what each number returns, one number a transaction, as a sale of the past is."""
    skus = {line.sku for _, back in returns for line in back.lines}
    variants = goods.variants_by_sku(source.workshop_id, skus)
    for rows, back in returns:
        outcomes = past.take_back(back, variants=variants, actor=source.actor, now=source.now)
        for row, outcome in zip(rows, outcomes, strict=True):
            _count_return(row, outcome, report)


def _count_return(row: _Row, outcome: TakenBack, report: ImportReport) -> None:
    if outcome.was_known:
        report.known.add(row.quantity * row.unit_minor)
        return
    rest = -row.quantity - outcome.matched_quantity
    if outcome.matched_quantity:
        report.returned.add(-outcome.matched_quantity * row.unit_minor)
        report.queued.minor -= rest * row.unit_minor  # the row itself is counted once, as returned
    else:
        report.queued.add(-rest * row.unit_minor)


def _refuse(row: _Row, reason: str, source: _Source, report: ImportReport) -> None:
    report.refused.add(row.quantity * row.unit_minor)
    report.reasons[reason] = report.reasons.get(reason, 0) + 1
    source.refuse(row, reason)


def _past_order(group: _Group, rows: Sequence[_Row], source: _Source) -> PastOrder:
    lines = tuple(
        PastLine(
            sku=row.sku,
            title=row.title,
            quantity=row.quantity,
            unit_minor=row.unit_minor,
            maker_id=row.maker_id,
        )
        for row in rows
    )
    shipping = max(row.shipping_minor for row in rows)
    content = repr(
        (
            group.number,
            group.at.isoformat(),
            rows[0].buyer,
            shipping,
            [(row.sku, row.title, row.quantity, row.unit_minor, row.maker_id) for row in rows],
        )
    )
    return PastOrder(
        key=f"import:{source.workshop_id}:{group.number}",
        digest=hashlib.sha256(content.encode()).hexdigest(),
        number=group.number,
        workshop_id=source.workshop_id,
        station_id=source.station_id,
        placed_at=group.at,
        buyer_reference=rows[0].buyer,
        shipping_minor=shipping,
        lines=lines,
    )


def _past_return(group: _Group, rows: Sequence[_Row], source: _Source) -> PastReturn:
    return PastReturn(
        key=f"import:{source.workshop_id}:{group.number}",
        order_number=group.number,
        workshop_id=source.workshop_id,
        station_id=source.station_id,
        returned_at=group.at,
        lines=tuple(
            ReturnedLine(
                line_number=row.line,
                buyer_reference=row.buyer,
                sku=row.sku,
                title=row.title,
                quantity=-row.quantity,
                unit_minor=row.unit_minor,
            )
            for row in rows
        ),
    )


# ----------------------------------------------------------------- reading and staging the file


@contextmanager
def _staged(place: Path) -> Iterator[Any]:
    stage = sqlite_module().connect(str(place))
    stage.isolation_level = None
    stage.execute("PRAGMA synchronous=OFF")  # a scratch file: lost with the process, made again
    stage.execute(
        "CREATE TABLE rows (line INTEGER PRIMARY KEY, order_number TEXT, at TEXT, buyer TEXT,"
        " sku TEXT, title TEXT, quantity INTEGER, unit_minor INTEGER, shipping_minor INTEGER,"
        " maker_id INTEGER, problem TEXT, raw TEXT)"
    )
    try:
        yield stage
    finally:
        stage.close()


def _row(values: tuple[Any, ...]) -> _Row:
    at = datetime.fromisoformat(values[2]) if values[2] else None
    return _Row(values[0], values[1], at, *values[3:])


def _stage(file: Path, encoding: str, stage: Any, makers: Mapping[str, int], now: datetime) -> str:
    if file.stat().st_size > LARGEST_FILE:
        raise ImportRefused(why="the file is larger than 512 MB: cut it into parts")
    found = _encoding_of(file, encoding)
    csv.field_size_limit(1024 * 1024)
    with file.open(encoding=found, newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            head = [name.strip().lower() for name in next(reader)]
        except (StopIteration, csv.Error) as error:
            raise ImportRefused(why="the file is empty or no CSV") from error
        missing = [name for name in COLUMNS if name not in head]
        if missing:
            raise ImportRefused(why=f"missing columns: {', '.join(missing)}")
        if len(set(head)) < len(head):
            raise ImportRefused(why="two columns have the same name")
        row = _Reader(head, makers, now)
        stage.execute("BEGIN")
        try:
            stage.executemany(
                "INSERT INTO rows VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                (row.read(cells, reader.line_num) for cells in reader if any(cells)),
            )
        except csv.Error as error:
            raise ImportRefused(why=f"line {reader.line_num}: {error}") from error
        stage.execute("COMMIT")
    stage.execute("CREATE INDEX by_order ON rows (order_number, line)")
    return found


def _encoding_of(file: Path, wanted: str) -> str:
    names = {"auto": ("utf-8-sig", "gb18030"), "utf-8": ("utf-8-sig",), "gbk": ("gb18030",)}
    if wanted.lower() not in names:
        raise ImportRefused(why=f"the encoding {wanted} is not known here: auto, utf-8 or gbk")
    for name in names[wanted.lower()]:
        if _decodes(file, name):
            return name
    raise ImportRefused(why=f"the file is not {' nor '.join(names[wanted.lower()])} text")


def _decodes(file: Path, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                if "\0" in decoder.decode(block):
                    return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class _Reader:
    """Reads the cells of one row; what a file repeats thousands of times is parsed once."""

    def __init__(self, head: Sequence[str], makers: Mapping[str, int], now: datetime) -> None:
        self.width = len(head)
        self.makers = makers
        self.now = now
        place = {name: head.index(name) for name in head}
        self.places = [place[name] for name in COLUMNS]
        self.optional = [place.get(name) for name in OPTIONAL]

    def read(self, cells: list[str], line: int) -> tuple[Any, ...]:
        raw = "\x1f".join(cells)
        if len(cells) != self.width:
            return (line, f"line {line}", None, None, "", "", 0, 0, 0, None, "columns_differ", raw)
        number, time, buyer, sku, title, pieces, price, currency = [
            cells[place].strip() for place in self.places
        ]
        maker, way = ["" if place is None else cells[place].strip() for place in self.optional]
        at, no_time = _time(time)
        quantity, no_quantity = _quantity(pieces)
        unit, no_price = _amount(price)
        shipping, no_shipping = _amount(way or "0")
        problem = (
            no_time
            or ("time_in_future" if at is not None and at > self.now else None)
            or no_quantity
            or (no_price and PRICE_REASONS[no_price])
            or (no_shipping and SHIPPING_REASONS[no_shipping])
            or ("unknown_maker" if maker and maker not in self.makers else None)
            or (None if number else "no_order_number")
            or (None if sku else "no_sku")
            or (None if currency.upper() == CNY else "foreign_currency")
            or ("too_long" if _is_too_long(number, sku, buyer, raw) else None)
        )
        return (
            line,
            number or f"line {line}",
            None if at is None else at.isoformat(),
            buyer or None,
            sku,
            title[:LONGEST_TITLE],
            quantity,
            unit,
            shipping,
            self.makers.get(maker),
            problem,
            raw,
        )


def _is_too_long(number: str, sku: str, buyer: str, raw: str) -> bool:
    return (
        len(number) > LONGEST_NUMBER
        or len(sku) > LONGEST_SKU
        or len(buyer) > LONGEST_BUYER
        or len(raw) > LONGEST_ROW
    )


@lru_cache(maxsize=REMEMBERED)
def _time(text: str) -> tuple[datetime | None, str | None]:
    if not TIME.fullmatch(text):
        return None, "time_unreadable"
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI), None
    except ValueError:
        return None, "time_unreadable"


@lru_cache(maxsize=REMEMBERED)
def _quantity(text: str) -> tuple[int, str | None]:
    if not QUANTITY.fullmatch(text):
        return 0, "quantity_unreadable"
    quantity = int(text)
    if quantity == 0:
        return 0, "quantity_zero"
    return quantity, "quantity_absurd" if abs(quantity) > LARGEST_QUANTITY else None


@lru_cache(maxsize=REMEMBERED)
def _amount(text: str) -> tuple[int, str | None]:
    """Return an amount in fen, and what is wrong with it in one word."""
    if not AMOUNT.fullmatch(text):
        return 0, "unreadable"
    fen = Decimal(text) * 100
    if fen != fen.to_integral_value():
        return 0, "finer"
    if fen < 0:
        return int(fen), "negative"
    return int(fen), "absurd" if fen > LARGEST_PRICE else None


def _makers(workshop_id: int, actor: Actor) -> dict[str, int]:
    members = stations.members(
        actor.scope(Permission.IMPORT), workshop_id=workshop_id, most=MOST_MEMBERS
    )
    return {member.code: member.id for member in members}


def _write_refused(file: Path, source: _Source, report: ImportReport) -> None:
    if not report.refused.rows:
        file.unlink(missing_ok=True)
        return
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["line", "order_number", "reason", "words", "row"])
        for line, number, problem, raw in source.stage.execute(
            "SELECT line, order_number, problem, raw FROM rows"
            " WHERE problem IS NOT NULL ORDER BY line"
        ):
            cells = [_harmless(cell) for cell in raw.split("\x1f")]
            writer.writerow([line, _harmless(number), problem, REASONS[problem], *cells])


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet reads as a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell
