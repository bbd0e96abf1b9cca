"""Sales of the past, written down by the services that a sale of today runs, one by one.

Each order is one transaction: contract, stock in and out, payment, books, all or nothing. Its
goods come in as *imported* and leave in the same breath, so the shelf shows both and keeps none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shop.catalog import queries as catalog
from shop.kernel.access import Actor
from shop.kernel.clock import business_day
from shop.kernel.db import transactional
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.ledger.rules import AccountKind
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.orders.queries import SoldLine
from shop.orders.rules import Handover, LineKind, OrderSource
from shop.orders.services import NewLine, NewOrder, NewPart, NewReturn, NewUnmatched
from shop.payments import queries as payments_known
from shop.payments import services as payments
from shop.payments.rules import RefundBearer, RefundCause
from shop.stock import services as stock
from shop.stock.rules import Quantity
from shop.workflows.refunding import REFUND
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
class PastReturn:
    """One row of a file that takes goods back; ``quantity`` as a positive number."""

    key: str
    order_number: str
    line_number: int
    workshop_id: int
    station_id: int
    returned_at: datetime
    buyer_reference: str | None
    sku: str
    title: str
    quantity: int
    unit_minor: int


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many pieces of a past return found their sale; the rest waits for a person."""

    matched_quantity: int
    was_known: bool


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
def take_back(back: PastReturn, *, actor: Actor, now: datetime) -> TakenBack:
    """Take a past return into the books, against sales of the same buyer, goods and price.

    The order that the row names comes first, then the buyer's latest sale before it. Pieces that
    find no sale go to the queue that a person looks through: no refund exceeds what was sold.

    Repeated with the same key it changes nothing and says what was matched then.
    """
    matched_before = orders_known.returned_under(back.key)
    if matched_before is not None:
        return TakenBack(matched_before, was_known=True)
    variant_id = catalog.variants_by_sku(back.workshop_id, [back.sku]).get(back.sku)
    sold = _sold(back, variant_id)
    rest = back.quantity
    for line in sold:
        pieces = min(rest, line.left)
        if not pieces:
            break
        _refund(back, line, pieces, actor=actor, now=now)
        rest -= pieces
    if rest:
        _queue(back, rest, _reason(variant_id, matched=back.quantity - rest))
    return TakenBack(back.quantity - rest, was_known=False)


def _sold(back: PastReturn, variant_id: int | None) -> Sequence[SoldLine]:
    if variant_id is None:
        return []
    return orders_known.sold_to(
        workshop_id=back.workshop_id,
        buyer_reference=back.buyer_reference,
        order_number=number_of(back.workshop_id, back.order_number),
        variant_id=variant_id,
        unit=Money(back.unit_minor),
        before=back.returned_at,
    )


def _reason(variant_id: int | None, *, matched: int) -> str:
    if matched:
        return SOLD_FEWER
    return NO_SUCH_GOODS if variant_id is None else NO_SALE


def _refund(back: PastReturn, line: SoldLine, pieces: int, *, actor: Actor, now: datetime) -> None:
    """Give so many pieces of one past line back: line, shelf, payment, books."""
    at = back.returned_at
    amount = Money(back.unit_minor) * pieces
    return_key = f"{back.key}:{line.line_id}"
    ids = orders.record_returns(
        returns=[
            NewReturn(
                key=return_key,
                order_id=line.order_id,
                order_line_id=line.line_id,
                quantity=pieces,
                refund=amount,
                cause=RefundCause.IMPORTED_RETURN.value,
                is_back=True,
            )
        ],
        now=at,
    )
    stock.take_back(
        items=[Quantity(line.variant_id, pieces, back.station_id)],
        source=f"return:{ids[return_key]}",
        actor=actor,
        now=at,
    )
    if amount:
        payment = payments_known.payment_of_order(line.order_id)
        if payment is None:
            raise payments.PaymentNotSettled(order=line.order_number)
        refund = payments.open_refund(
            payment_id=payment.id,
            amount=amount,
            cause=RefundCause.IMPORTED_RETURN,
            bearer=RefundBearer.COOP,
            key=return_key,
            now=at,
        )
        payments.settle_refund(refund_id=refund.id, now=at)
        nothing = Money(0)
        ledger.post(
            kind=REFUND,
            source=f"{REFUND}:{refund.id}",
            station_id=back.station_id,
            lines=refund_lines(
                [GivenBack(back.workshop_id, amount, nothing, nothing, nothing)],
                fee_back=nothing,
                out_of=AccountKind.BANK,
            ),
            happened_at=at,
            actor=actor,
            now=now,
        )
    orders.mark_refunded(order_id=line.order_id, return_keys=[return_key], now=at)


def _queue(back: PastReturn, pieces: int, reason: str) -> None:
    orders.queue_unmatched(
        returns=[
            NewUnmatched(
                key=back.key,
                station_id=back.station_id,
                workshop_id=back.workshop_id,
                order_number=back.order_number,
                line_number=back.line_number,
                buyer_reference=back.buyer_reference,
                sku=back.sku,
                title=back.title,
                quantity=pieces,
                unit=Money(back.unit_minor),
                reason=reason,
                returned_at=back.returned_at,
            )
        ]
    )
