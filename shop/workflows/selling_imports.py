"""Sales of the past, written down by the services that a sale of today runs, one by one.

Each order is one transaction: contract, stock in and out, payment, books, all or nothing. Its
goods come in as *imported* and leave in the same breath, so the shelf shows both and keeps none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shop.kernel.access import Actor
from shop.kernel.clock import business_day
from shop.kernel.db import transactional
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind, Line
from shop.ledger.services import NewEntry
from shop.orders import past
from shop.orders import services as orders
from shop.orders.past import SoldLine
from shop.orders.rules import Handover, LineKind, OrderSource
from shop.orders.services import NewLine, NewOrder, NewPart, NewReturn, NewUnmatched
from shop.payments import services as payments
from shop.payments.rules import RefundCause
from shop.payments.services import PastRefund
from shop.stock import services as stock
from shop.stock.rules import Quantity
from shop.workflows.giving_back import REFUND
from shop.workflows.rules import GivenBack, Takings, refund_lines, sale_lines
from shop.workflows.selling import SALE

LONGEST_NUMBER = 40
NO_SALE = "no_sale"
NO_SUCH_GOODS = "no_such_goods"
SOLD_FEWER = "sold_fewer"


@dataclass(frozen=True, slots=True)
class PastLine:
    """One row of a past sale; ``unit_minor`` in fen."""

    sku: str
    title: str
    quantity: int
    unit_minor: int
    maker_id: int | None = None


@dataclass(frozen=True, slots=True)
class PastOrder:
    """One sale of the past as its file tells it.

    key       names it for ever; ``digest`` tells a repeated file from a changed one.
    number    as the file has it; it gets the workshop's mark, so that two workshops may count
              alike.
    """

    key: str
    digest: str
    number: str
    workshop_id: int
    station_id: int
    placed_at: datetime
    buyer_reference: str | None
    shipping_minor: int
    lines: tuple[PastLine, ...]


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """One row of a file that takes goods back; ``quantity`` as a positive number of pieces."""

    line_number: int
    buyer_reference: str | None
    sku: str
    title: str
    quantity: int
    unit_minor: int


@dataclass(frozen=True, slots=True)
class PastReturn:
    """All that one number of a file takes back; ``key`` names it for ever."""

    key: str
    order_number: str
    workshop_id: int
    station_id: int
    returned_at: datetime
    lines: tuple[ReturnedLine, ...]

    def line_key(self, place: int) -> str:
        """Return the key of one of its lines."""
        return f"{self.key}:r{place}"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many pieces of a past return found their sale; the rest waits for a person."""

    matched_quantity: int
    was_known: bool


@dataclass(frozen=True, slots=True)
class _Claim:
    """So many pieces of one past line that one row of a return takes back."""

    key: str
    line: SoldLine
    pieces: int

    @property
    def amount(self) -> Money:
        return self.line.unit * self.pieces


def number_of(workshop_id: int, number: str) -> str:
    """Return the number under which a past order stands here."""
    return f"{workshop_id}-{number}"[:LONGEST_NUMBER]


@transactional
def sell(sale: PastOrder, *, variants: Mapping[str, int], actor: Actor, now: datetime) -> int:
    """Write one past sale down, complete from the first moment, and return its order.

    variants    of every SKU in it, by SKU (``catalog.ensure_unlisted`` gives them).

    Repeated with the same key and content it returns the first order and changes nothing.

    Raises KeyReused for another content under the same key.
    """
    opened = orders.open(order=_new_order(sale, variants), actor=actor, now=sale.placed_at)
    if not opened.is_new:
        return opened.id
    source = f"order:{opened.id}"
    items = [Quantity(variants[line.sku], line.quantity, sale.station_id) for line in sale.lines]
    stock.write_past_sale(items=items, source=source, actor=actor, now=sale.placed_at)
    goods = Money(sum(line.quantity * line.unit_minor for line in sale.lines))
    shipping = Money(sale.shipping_minor)
    payments.write_past(
        order_id=opened.id,
        station_id=sale.station_id,
        amount=goods + shipping,
        key=source,
        now=sale.placed_at,
    )
    if goods + shipping:
        taken = Takings(sale.workshop_id, goods, shipping, seats=Money(0))
        ledger.post(
            kind=SALE,
            source=source,
            station_id=sale.station_id,
            # The money of the past lies in the bank long since.
            lines=sale_lines([taken], fee=Money(0), into=AccountKind.BANK),
            happened_at=sale.placed_at,
            actor=actor,
            now=now,
        )
    return opened.id


def _new_order(sale: PastOrder, variants: Mapping[str, int]) -> NewOrder:
    lines = [
        NewLine(
            kind=LineKind.GOODS,
            variant_id=variants[line.sku],
            sku=line.sku[:64],
            title=(line.title or line.sku)[:240],
            unit=Money(line.unit_minor),
            quantity=line.quantity,
            maker_id=line.maker_id,
        )
        for line in sale.lines
    ]
    part = NewPart(
        workshop_id=sale.workshop_id,
        station_id=sale.station_id,
        handover=Handover.SHIP,
        shipping=Money(sale.shipping_minor),
        promised_on=business_day(sale.placed_at),
        lines=lines,
    )
    return NewOrder(
        key=sale.key,
        digest=sale.digest,
        source=OrderSource.IMPORT,
        parts=[part],
        number=number_of(sale.workshop_id, sale.number),
        buyer_reference=sale.buyer_reference,
        happened_at=sale.placed_at,
    )


@transactional
def take_back(
    back: PastReturn, *, variants: Mapping[str, int], actor: Actor, now: datetime
) -> list[TakenBack]:
    """Take a past return into the books, against sales of the same buyer, goods and price.

    variants    of the SKUs in it that are known here, by SKU.

    The order that the return names comes first, then the buyer's latest sale before it. Pieces
    that find no sale go to the queue that a person looks through: no refund exceeds what was sold.

    Returns what became of each line. Repeated with the same key it changes nothing and says what
    was matched then.
    """
    keys = [back.line_key(place) for place in range(len(back.lines))]
    known = past.return_keys([_first_of(key) for key in keys])
    waiting = past.unmatched_pieces(keys)
    fresh = [
        (key, line)
        for key, line in zip(keys, back.lines, strict=True)
        if _first_of(key) not in known and key not in waiting
    ]
    claims = _claims(fresh, _sold(back, fresh, variants), variants, number_of_return(back))
    _give_back(back, claims, actor=actor, now=now)
    matched = Counter[str]()
    for claim in claims:
        matched[claim.key.rpartition(":")[0]] += claim.pieces
    _queue(back, fresh, matched, variants)
    new = {key for key, _ in fresh}
    return [
        TakenBack(matched[key], was_known=False)
        if key in new
        else TakenBack(line.quantity - waiting.get(key, 0), was_known=True)
        for key, line in zip(keys, back.lines, strict=True)
    ]


def number_of_return(back: PastReturn) -> str:
    """Return the number of the order that a past return would name."""
    return number_of(back.workshop_id, back.order_number)


def _first_of(line_key: str) -> str:
    """Return the key of the first piece of a line that found its sale."""
    return f"{line_key}:0"


def _sold(
    back: PastReturn, fresh: Sequence[tuple[str, ReturnedLine]], variants: Mapping[str, int]
) -> list[SoldLine]:
    wanted = [line for _, line in fresh if line.sku in variants]
    if not wanted:
        return []
    return past.sold_to(
        workshop_id=back.workshop_id,
        buyer_references=[line.buyer_reference for line in wanted if line.buyer_reference],
        order_number=number_of_return(back),
        variant_ids=[variants[line.sku] for line in wanted],
        before=back.returned_at,
    )


def _claims(
    fresh: Sequence[tuple[str, ReturnedLine]],
    sold: Sequence[SoldLine],
    variants: Mapping[str, int],
    number: str,
) -> list[_Claim]:
    """Match returned pieces with sold ones, each sold piece once."""
    left = {line.line_id: line.left for line in sold}
    claims: list[_Claim] = []
    for key, row in fresh:
        rest = row.quantity
        fitting = (line for line in sold if _fits(line, row, variants, number))
        for place, line in enumerate(line for line in fitting if left[line.line_id]):
            pieces = min(rest, left[line.line_id])
            claims.append(_Claim(f"{key}:{place}", line, pieces))
            left[line.line_id] -= pieces
            rest -= pieces
            if not rest:
                break
    return claims


def _fits(line: SoldLine, row: ReturnedLine, variants: Mapping[str, int], number: str) -> bool:
    return (
        line.variant_id == variants.get(row.sku)
        and line.unit.minor == row.unit_minor
        and (
            line.order_number == number
            or (row.buyer_reference is not None and line.buyer_reference == row.buyer_reference)
        )
    )


def _give_back(back: PastReturn, claims: Sequence[_Claim], *, actor: Actor, now: datetime) -> None:
    """Give matched pieces back: lines, shelf, payments, books."""
    if not claims:
        return
    at = back.returned_at
    orders.record_returns(
        returns=[
            NewReturn(
                key=claim.key,
                order_id=claim.line.order_id,
                order_line_id=claim.line.line_id,
                quantity=claim.pieces,
                refund=claim.amount,
                cause=RefundCause.IMPORTED_RETURN.value,
                is_back=True,
            )
            for claim in claims
        ],
        now=at,
    )
    stock.take_back(
        items=[Quantity(claim.line.variant_id, claim.pieces, back.station_id) for claim in claims],
        source=back.key,
        actor=actor,
        now=at,
    )
    amounts = Counter[int]()
    for claim in claims:
        amounts[claim.line.order_id] += claim.amount.minor
    refunds = payments.write_past_refunds(
        refunds=[
            PastRefund(order_id, Money(minor), key=f"{back.key}:o{order_id}")
            for order_id, minor in amounts.items()
            if minor
        ],
        now=at,
    )
    ledger.post_many(
        entries=[
            NewEntry(
                kind=REFUND,
                source=f"{REFUND}:{refund_id}",
                station_id=back.station_id,
                lines=_books(back.workshop_id, Money(amounts[order_id])),
                happened_at=at,
            )
            for order_id, refund_id in refunds.items()
        ],
        actor=actor,
        now=now,
    )
    orders.mark_refunded(
        order_ids=sorted(amounts), return_keys=[claim.key for claim in claims], now=at
    )


def _books(workshop_id: int, amount: Money) -> list[Line]:
    nothing = Money(0)
    given = GivenBack(workshop_id, amount, nothing, nothing, nothing)
    return refund_lines([given], fee_back=nothing, out_of=AccountKind.BANK)


def _queue(
    back: PastReturn,
    fresh: Sequence[tuple[str, ReturnedLine]],
    matched: Mapping[str, int],
    variants: Mapping[str, int],
) -> None:
    orders.queue_unmatched(
        returns=[
            NewUnmatched(
                key=key,
                station_id=back.station_id,
                workshop_id=back.workshop_id,
                order_number=back.order_number,
                line_number=line.line_number,
                buyer_reference=line.buyer_reference,
                sku=line.sku,
                title=line.title,
                quantity=line.quantity - matched[key],
                unit=Money(line.unit_minor),
                reason=_reason(is_known=line.sku in variants, has_sale=matched[key] > 0),
                returned_at=back.returned_at,
            )
            for key, line in fresh
            if matched[key] < line.quantity
        ]
    )


def _reason(*, is_known: bool, has_sale: bool) -> str:
    if has_sale:
        return SOLD_FEWER
    return NO_SALE if is_known else NO_SUCH_GOODS
