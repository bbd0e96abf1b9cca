"""The verbs of wish and contract: fill a cart, open an order, pay, send, complete, return."""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shop.kernel import events, freshness, ids
from shop.kernel.access import SYSTEM, Actor, Permission
from shop.kernel.clock import business_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput, NotFound
from shop.kernel.money import CNY, Money, total
from shop.kernel.statements import insert_or, rows_changed, table_of
from shop.orders.events import (
    OrderCancelled,
    OrderCompleted,
    OrderExpired,
    OrderImported,
    OrderPaid,
    OrderPlaced,
    QueueChanged,
    UnmatchedReturnClosed,
)
from shop.orders.models import (
    Fulfillment,
    Order,
    OrderBuyer,
    OrderContact,
    OrderLine,
    Return,
    UnmatchedReturn,
)
from shop.orders.rules import (
    HOLD,
    MOST_UNPAID_PER_NETWORK,
    MOST_UNPAID_PER_PHONE,
    PICK_UP_LETTERS,
    Contact,
    FulfillmentState,
    Handover,
    LineKind,
    OrderSource,
    OrderState,
    ReturnState,
    code_digest,
    lookup_code,
    order_number,
    order_sources,
    return_sources,
)
from shop.stations import queries as stations

_orders = table_of(Order)
_contacts = table_of(OrderContact)
_buyers = table_of(OrderBuyer)
_parts = table_of(Fulfillment)
_lines = table_of(OrderLine)
_returns = table_of(Return)
_unmatched = table_of(UnmatchedReturn)
# Built once: building a statement anew costs more than running it.
_NEW_PARTS = sa.insert(_parts).returning(_parts.c.id, _parts.c.workshop_id, _parts.c.handover)
_NEW_LINES = sa.insert(_lines)
# Names our locks among all advisory locks of the database.
HOLDING_LOCK = 1_279_607_121
_TAKE_TURNS = sa.select(
    sa.func.pg_advisory_xact_lock(
        sa.bindparam("family", type_=sa.Integer), sa.bindparam("number", type_=sa.Integer)
    )
)
_IS_UNPAID = sa.and_(
    _orders.c.state == OrderState.PLACED,
    sa.or_(_orders.c.expires_at.is_(None), _orders.c.expires_at > sa.bindparam("now")),
)
_UNPAID = sa.select(
    sa.select(sa.func.count())
    .select_from(_contacts.join(_orders, _orders.c.id == _contacts.c.order_id))
    .where(_contacts.c.phone == sa.bindparam("phone"), _IS_UNPAID)
    .scalar_subquery()
    .label("of_phone"),
    sa.select(sa.func.count())
    # Written out, not bound: so that the partial index serves.
    .where(
        _orders.c.network == sa.bindparam("network"),
        _orders.c.network != sa.literal_column("''"),
        _IS_UNPAID,
    )
    .scalar_subquery()
    .label("of_network"),
)
_MAKING_AT = sa.select(_parts.c.station_id).where(
    _parts.c.order_id.in_(sa.bindparam("orders", expanding=True)),
    _parts.c.state == FulfillmentState.MAKING,
)
_KNOWN_RETURNS = sa.select(_returns.c.id, _returns.c.key).where(
    _returns.c.key.in_(sa.bindparam("keys", expanding=True))
)
_COUNT_RETURN = (
    sa.update(_lines)
    .where(
        _lines.c.id == sa.bindparam("line"),
        _lines.c.sent + _lines.c.cancelled + sa.bindparam("here") <= _lines.c.quantity,
        _lines.c.returned - _lines.c.cancelled + sa.bindparam("pieces") - sa.bindparam("here")
        <= _lines.c.sent,
        _lines.c.refunded_minor + sa.bindparam("money") <= _lines.c.total_minor,
    )
    .values(
        returned=_lines.c.returned + sa.bindparam("pieces"),
        cancelled=_lines.c.cancelled + sa.bindparam("here"),
        refunded_minor=_lines.c.refunded_minor + sa.bindparam("money"),
    )
)
_NEW_RETURNS = sa.insert(_returns).returning(_returns.c.id, _returns.c.key)
_RETURNS_REFUNDED = (
    sa.update(_returns)
    .where(
        _returns.c.key.in_(sa.bindparam("keys", expanding=True)),
        _returns.c.state.in_(return_sources(ReturnState.REFUNDED)),
    )
    .values(state=ReturnState.REFUNDED)
)
_ORDERS_REFUNDED = (
    sa.update(_orders)
    .where(
        _orders.c.id.in_(sa.bindparam("orders", expanding=True)),
        _orders.c.state.in_(order_sources(OrderState.REFUNDED)),
        ~sa.exists().where(
            _lines.c.order_id == _orders.c.id, _lines.c.returned < _lines.c.quantity
        ),
    )
    .values(state=OrderState.REFUNDED)
)
_ORDERS_COMPLETED = (
    sa.update(_orders)
    .where(
        _orders.c.id.in_(sa.bindparam("orders", expanding=True)),
        _orders.c.state == OrderState.PAID,
        ~sa.exists().where(
            _parts.c.order_id == _orders.c.id,
            _parts.c.state.not_in([FulfillmentState.COMPLETED, FulfillmentState.CANCELLED]),
        ),
    )
    .values(state=OrderState.COMPLETED, completed_at=sa.bindparam("now"))
    .returning(_orders.c.id)
)

NUMBER_LETTERS = 5
TRIES_FOR_A_NUMBER = 5


class KeyReused(Conflict):
    """The same form key came back with another content; the first order stands."""

    code = "orders.key_reused"


class TooManyUnpaid(Conflict):
    """So many orders of one telephone number wait for their money already; ``most``."""

    code = "orders.too_many_unpaid"


class TooManyUnpaidNearby(Conflict):
    """So many orders of one network address wait for their money already; ``most``."""

    code = "orders.too_many_unpaid_nearby"


class OrderNotOpen(Conflict):
    """The order is no longer in a state from which this can be done."""

    code = "orders.not_open"


class ConfirmationMissing(InvalidInput):
    """Nobody confirmed that this piece cannot come back, so it would have to; ``title``."""

    code = "orders.confirmation_missing"


class ReturnedMoreThanBought(Conflict):
    """More pieces or money would come back than were sold with this line."""

    code = "orders.returned_more_than_bought"


@dataclass(frozen=True, slots=True)
class NewLine:
    """One row of a new order, as it is to stay: text, price, maker and lane.

    cost              what one piece stands at in the books; ``unit`` is what it sells for.
    making_minutes    for one piece that is made after the order; zero for what lies in stock.
    wish              answers to custom options, as ``catalog.options.frozen`` writes them.
    discount          what a coupon takes off the row; ``funder`` says whose money that is.
    agreed_words      what the buyer ticked in this purchase: that it cannot come back without a
                      reason. Nothing where it may; one without the other is refused.
    """

    kind: LineKind
    sku: str
    title: str
    unit: Money
    quantity: int
    title_en: str | None = None
    variant_id: int | None = None
    session_id: int | None = None
    cost: Money = field(default_factory=lambda: Money(0))
    maker_id: int | None = None
    pay_lane: str | None = None
    share_percent: int | None = None
    making_minutes: int = 0
    wish: str = ""
    may_come_back: bool = True
    agreed_words: str = ""
    discount: Money = field(default_factory=lambda: Money(0))
    funder: str = ""

    @property
    def gross(self) -> Money:
        """Return what the row costs before any coupon."""
        return self.unit * self.quantity

    @property
    def total(self) -> Money:
        """Return what the row costs."""
        return self.gross - self.discount


@dataclass(frozen=True, slots=True)
class NewPart:
    """What one workshop hands over in one way, with its own promised day.

    dispatch_on    when the carrier takes it at the town, where parcels are gathered first.
    """

    workshop_id: int
    station_id: int
    handover: Handover
    shipping: Money
    promised_on: date
    lines: Sequence[NewLine]
    is_made_first: bool = False
    dispatch_on: date | None = None

    @property
    def goods(self) -> Money:
        """Return the sum of its rows without shipping."""
        return total([line.total for line in self.lines])


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A contract about to be written down.

    key           of the form; ``digest`` is of what the form asked for.
    number        given for a sale of the past, else made here.
    happened_at   of a sale of the past: it is paid, sent, received and completed since then.
    expires_at    when it falls unpaid; None when its terms confirm it at once (money on pick-up).
    network       a digest of the network address it comes from; empty when that names nobody.
    """

    key: str
    digest: str
    source: OrderSource
    parts: Sequence[NewPart]
    contact: Contact | None = None
    number: str | None = None
    buyer_reference: str | None = None
    network: str = ""
    locale: str = "zh_Hans"
    expires_at: datetime | None = None
    happened_at: datetime | None = None
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class OpenedOrder:
    """An order with its number and lookup code, and whether this call opened it."""

    id: int
    number: str
    code: str
    is_new: bool


def opened_before(*, key: str, digest: str) -> OpenedOrder | None:
    """Return the order that a form key opened, or None.

    Raises KeyReused when it asked for something else then. Source: trust.md P1.
    """
    row = db.session.execute(
        sa.select(_orders.c.id, _orders.c.number, _orders.c.key_digest).where(_orders.c.key == key)
    ).one_or_none()
    if row is None:
        return None
    if row.key_digest != digest:
        raise KeyReused(number=row.number)
    return OpenedOrder(id=row.id, number=row.number, code=lookup_code(key), is_new=False)


@transactional
def open(*, order: NewOrder, actor: Actor, now: datetime) -> OpenedOrder:  # noqa: A001 - read as orders.open
    """Write a contract down: order, contact, one part per workshop and handover, frozen lines.

    Safe to repeat by key: the second call returns the first order and writes nothing.

    Raises KeyReused, ConfirmationMissing, TooManyUnpaid, TooManyUnpaidNearby.
    Source: trust.md P1, P5, 4 (excluded returns), 5 threat 11 (goods held without paying).
    """
    code = lookup_code(order.key)
    goods = [part.goods for part in order.parts]
    row = _insert_order(order, code, now)
    if row is None:
        known = opened_before(key=order.key, digest=order.digest)
        if known is None:
            raise Conflict(what="order number")
        return known
    order_id, number = row
    if order.contact is not None:
        db.session.execute(
            sa.insert(_contacts),
            {
                "order_id": order_id,
                "name": order.contact.name,
                "phone": order.contact.phone,
                "email": order.contact.email,
                "told_by": order.contact.told_by,
                "region": order.contact.region,
                "address": order.contact.address,
                "place_code": order.contact.place_code,
                "note": order.contact.note,
                "is_gift": order.contact.is_gift,
                "gift_words": order.contact.gift_words,
            },
        )
        _refuse_too_many_unpaid(order.contact.phone, order.network, now)
    if actor.user_id is not None and order.source is OrderSource.WEB:
        claim(order_id=order_id, user_id=actor.user_id, now=now)
    _insert_parts(order_id, order, goods, actor, now)
    for part in order.parts:
        if part.is_made_first:
            freshness.follow(QueueChanged(part.station_id))
    kind = OrderImported if order.source is OrderSource.IMPORT else OrderPlaced
    events.record(kind(order_id), actor=actor, station_id=order.parts[0].station_id, now=now)
    return OpenedOrder(id=order_id, number=number, code=code, is_new=True)


@transactional
def claim(*, order_id: int, user_id: int, now: datetime) -> bool:
    """Put an order into a buyer's account and say whether it is there now.

    An order is in one account: the first one that it was put into. Safe to repeat. Whether she may
    is for the caller to know: she placed it, or has proved its telephone number and code.
    """
    db.session.execute(
        insert_or(_buyers).on_conflict_do_nothing(index_elements=["order_id"]),
        {"order_id": order_id, "user_id": user_id, "since": now},
    )
    holder = db.session.scalar(sa.select(_buyers.c.user_id).where(_buyers.c.order_id == order_id))
    return holder == user_id


@transactional
def claim_of_device(
    *, user_id: int, codes: Mapping[str, str], phones: Collection[str], now: datetime
) -> int:
    """Put the orders that a device placed into the account of who signs in on it; return how many.

    codes     lookup codes by order number, as the device was given them.
    phones    numbers that she has proved: only orders with one of them are hers.
    """
    rows = db.session.execute(
        sa.select(_orders.c.id, _orders.c.number, _orders.c.code_digest)
        .join(_contacts, _contacts.c.order_id == _orders.c.id)
        .where(_orders.c.number.in_(codes), _contacts.c.phone.in_(phones))
    ).all()
    claimed = 0
    for row in rows:
        given = code_digest(row.number, codes[row.number])
        if row.code_digest and hmac.compare_digest(given, row.code_digest):
            claimed += claim(order_id=row.id, user_id=user_id, now=now)
    return claimed


@transactional
def forget_buyer(*, order_id: int) -> None:
    """Take the person out of an order: who it was for, where it went, in whose account it was.

    The contract stays whole: what was bought, for how much, when, and how it was paid, three years
    and longer. Safe to repeat. Source: trust.md 2 R1, R2, 4 (E-Commerce Law art. 31, PIPL 47).
    """
    db.session.execute(sa.delete(_contacts).where(_contacts.c.order_id == order_id))
    db.session.execute(sa.delete(_buyers).where(_buyers.c.order_id == order_id))


def _lock_number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], signed=True)


def _refuse_too_many_unpaid(phone: str, network: str, now: datetime) -> None:
    if db.engine.dialect.name != "sqlite":  # which has one writer anyway
        # Ten orders of one telephone in the same moment would each count nine too few.
        names = [f"phone {phone}"] + [f"network {network}"] * bool(network)
        for number in sorted(_lock_number(name) for name in names):
            db.session.execute(_TAKE_TURNS, {"family": HOLDING_LOCK, "number": number})
    counts = db.session.execute(_UNPAID, {"phone": phone, "network": network, "now": now}).one()
    minutes = HOLD // timedelta(minutes=1)
    if counts.of_phone > MOST_UNPAID_PER_PHONE:
        raise TooManyUnpaid(most=MOST_UNPAID_PER_PHONE, minutes=minutes)
    if counts.of_network > MOST_UNPAID_PER_NETWORK:
        raise TooManyUnpaidNearby(most=MOST_UNPAID_PER_NETWORK, minutes=minutes)


def _insert_order(order: NewOrder, code: str, now: datetime) -> tuple[int, str] | None:
    """Return id and number, or None when the key is known.

    The same key sent twice at the same moment meets here: the second insert waits for the first
    and then does nothing.
    """
    lines = [line for part in order.parts for line in part.lines]
    goods, discount = total([one.gross for one in lines]), total([one.discount for one in lines])
    shipping = total([part.shipping for part in order.parts])
    for _ in range(TRIES_FOR_A_NUMBER):
        number = order.number or order_number(business_day(now), ids.random_letters(NUMBER_LETTERS))
        order_id = db.session.scalar(
            _new_order(db.engine.dialect.name),
            {
                "number": number,
                "key": order.key,
                "key_digest": order.digest,
                "code_digest": "" if order.contact is None else code_digest(number, code),
                "source": order.source,
                "state": OrderState.COMPLETED if order.happened_at else OrderState.PLACED,
                "buyer_reference": order.buyer_reference,
                "network": order.network,
                "locale": order.locale,
                "currency": CNY,
                "goods_minor": goods.minor,
                "shipping_minor": shipping.minor,
                "discount_minor": discount.minor,
                "total_minor": (goods + shipping - discount).minor,
                "is_demo": order.is_demo,
                "placed_at": now,
                "expires_at": order.expires_at,
                "paid_at": order.happened_at,
                "completed_at": order.happened_at,
            },
        )
        if order_id is not None:
            return int(order_id), number
        if db.session.scalar(sa.select(_orders.c.id).where(_orders.c.key == order.key)):
            return None
        # Not the key but the number was taken: another number is drawn.
    return None


@functools.cache
def _new_order(dialect: str) -> sa.sql.dml.ReturningInsert[int]:
    """Return the insert of an order, built once for each database."""
    del dialect
    return insert_or(_orders).on_conflict_do_nothing().returning(_orders.c.id)


def _insert_parts(
    order_id: int, order: NewOrder, goods: Sequence[Money], actor: Actor, now: datetime
) -> None:
    parts = order.parts
    opened = db.session.execute(
        _NEW_PARTS,
        [
            {
                "public_id": ids.public_id("ful"),
                "order_id": order_id,
                "workshop_id": part.workshop_id,
                "station_id": part.station_id,
                "handover": part.handover,
                "state": _first_state(part, order),
                "goods_minor": own.minor,
                "shipping_minor": part.shipping.minor,
                "promised_on": part.promised_on,
                "dispatch_on": part.dispatch_on,
                "pick_up_code": _pick_up_code(part, order),
                "shipped_at": order.happened_at,
                "received_at": order.happened_at,
                "completed_at": order.happened_at,
            }
            for part, own in zip(parts, goods, strict=True)
        ],
    ).all()
    part_ids = {(row.workshop_id, row.handover): row.id for row in opened}
    rows: list[dict[str, object]] = []
    for part in parts:
        part_id = part_ids[part.workshop_id, part.handover]
        rows += [
            _line_row(
                line,
                order_id=order_id,
                part_id=part_id,
                position=len(rows) + place,
                has_left=order.happened_at is not None,
                actor=actor,
                now=now,
            )
            for place, line in enumerate(part.lines, start=1)
        ]
    db.session.execute(_NEW_LINES, rows)


def _pick_up_code(part: NewPart, order: NewOrder) -> str | None:
    is_fetched = part.handover is Handover.PICK_UP and order.happened_at is None
    return ids.random_letters(PICK_UP_LETTERS) if is_fetched else None


def _first_state(part: NewPart, order: NewOrder) -> FulfillmentState:
    if order.happened_at is not None:
        return FulfillmentState.COMPLETED
    return FulfillmentState.MAKING if part.is_made_first else FulfillmentState.PLACED


def _line_row(
    line: NewLine,
    *,
    order_id: int,
    part_id: int,
    position: int,
    has_left: bool,
    actor: Actor,
    now: datetime,
) -> dict[str, object]:
    if not line.may_come_back and not line.agreed_words:
        raise ConfirmationMissing(title=line.title)
    return {
        "order_id": order_id,
        "fulfillment_id": part_id,
        "position": position,
        "kind": line.kind,
        "variant_id": line.variant_id,
        "session_id": line.session_id,
        "sku": line.sku,
        "title": line.title,
        "title_en": line.title_en,
        "unit_minor": line.unit.minor,
        "quantity": line.quantity,
        "discount_minor": line.discount.minor,
        "funder": line.funder,
        "total_minor": line.total.minor,
        "sent": line.quantity if has_left else 0,
        "returned": 0,
        "cancelled": 0,
        "refunded_minor": 0,
        "cost_minor": line.cost.minor,
        "maker_id": line.maker_id,
        "pay_lane": line.pay_lane,
        "share_percent": line.share_percent,
        "making_minutes": line.making_minutes,
        "wish": line.wish,
        "may_come_back": line.may_come_back,
        "agreed_words": line.agreed_words,
        "agreed_at": now if line.agreed_words else None,
        "agreed_by_id": actor.user_id if line.agreed_words else None,
    }


@transactional
def lock(*, order_id: int) -> None:
    """Let nobody else act on an order until the transaction ends.

    Whoever changes an order together with its payment, goods or seats takes it first, so that
    paying, falling and giving back queue up instead of locking each other out. Safe to repeat.

    Raises NotFound.
    """
    known = db.session.scalar(
        sa.select(_orders.c.id).where(_orders.c.id == order_id).with_for_update(key_share=True)
    )
    if known is None:
        raise NotFound(what=f"order:{order_id}")


@transactional
def mark_paid(*, order_id: int, payment_id: int, now: datetime) -> bool:
    """Say that the money of an order is ours; True only the first time.

    Also for one that fell because nobody had paid yet: the caller has made sure that its goods
    and seats are there. Never for one that a person cancelled (it has no ``expires_at`` left).

    Raises OrderNotOpen for a cancelled one. Source: trust.md P2, S6.
    """
    fell_by_itself = sa.and_(
        _orders.c.state == OrderState.CANCELLED, _orders.c.expires_at.is_not(None)
    )
    row = db.session.execute(
        sa.update(_orders)
        .where(
            _orders.c.id == order_id,
            sa.or_(_orders.c.state == OrderState.PLACED, fell_by_itself),
        )
        .values(state=OrderState.PAID, paid_at=now, cancelled_at=None, network="")
        .returning(_orders.c.id, _orders.c.expires_at)
    ).one_or_none()
    if row is None:
        if _state(order_id) is OrderState.CANCELLED:
            raise OrderNotOpen(state=OrderState.CANCELLED.value)
        return False
    if row.expires_at is not None and row.expires_at <= now:
        _follow_queues([order_id])  # it may have fallen, and what was to be made for it waits again
    events.record(
        OrderPaid(order_id, payment_id), actor=SYSTEM, station_id=_station_of(order_id), now=now
    )
    return True


@transactional
def expire(*, order_id: int, now: datetime) -> bool:
    """Let an unpaid order fall whose time is over; True only the first time."""
    fallen = rows_changed(
        sa.update(_orders)
        .where(
            _orders.c.id == order_id,
            _orders.c.state == OrderState.PLACED,
            _orders.c.expires_at <= now,
        )
        .values(state=OrderState.CANCELLED, cancelled_at=now, network="")
    )
    if fallen:
        _follow_queues([order_id])
        events.record(
            OrderExpired(order_id), actor=SYSTEM, station_id=_station_of(order_id), now=now
        )
    return bool(fallen)


@transactional
def cancel(*, order_id: int, actor: Actor, now: datetime) -> bool:
    """End an order that is not paid, because a person says so; True only the first time.

    Money that comes all the same goes back: a cancelled order never stands up again.

    Raises OrderNotOpen when it is paid.
    """
    ended = rows_changed(
        sa.update(_orders)
        .where(_orders.c.id == order_id, _orders.c.state == OrderState.PLACED)
        .values(state=OrderState.CANCELLED, cancelled_at=now, expires_at=None, network="")
    )
    if not ended:
        state = _state(order_id)
        if state is not OrderState.CANCELLED:
            raise OrderNotOpen(state=state.value)
        return False
    _follow_queues([order_id])
    events.record(OrderCancelled(order_id), actor=actor, station_id=_station_of(order_id), now=now)
    return True


def _follow_queues(order_ids: Sequence[int]) -> None:
    """Say that the queues of these orders' made-first parts have changed."""
    for station_id in db.session.scalars(_MAKING_AT, {"orders": order_ids}):
        freshness.follow(QueueChanged(station_id))


def _state(order_id: int) -> OrderState:
    state = db.session.scalar(sa.select(Order.state).where(Order.id == order_id))
    if state is None:
        raise NotFound(what=f"order:{order_id}")
    return state


def _station_of(order_id: int) -> int | None:
    # An event lies at one station; an order of several workshops lies at its first part's.
    return db.session.scalar(
        sa.select(_parts.c.station_id)
        .where(_parts.c.order_id == order_id)
        .order_by(_parts.c.id)
        .limit(1)
    )


def complete_orders(order_ids: Sequence[int], *, now: datetime) -> None:
    """End those of some orders whose parts are all done; safe to repeat."""
    completed = db.session.scalars(_ORDERS_COMPLETED, {"orders": order_ids, "now": now})
    for order_id in sorted(completed.all()):
        events.record(
            OrderCompleted(order_id), actor=SYSTEM, station_id=_station_of(order_id), now=now
        )


@dataclass(frozen=True, slots=True)
class NewReturn:
    """So many pieces of one line that come back, and what goes back for them.

    cancelled    of them, pieces that have not left yet.
    """

    key: str
    order_id: int
    order_line_id: int
    quantity: int
    refund: Money
    cause: str
    is_back: bool
    cancelled: int = 0


@transactional
def record_returns(*, returns: Sequence[NewReturn], now: datetime) -> dict[str, int]:
    """Count pieces as returned and write one row per line; return the row ids by key.

    Safe to repeat by key with the same content.

    Raises ReturnedMoreThanBought when a line has fewer pieces or less money left.
    Source: trust.md P4.
    """
    rows = db.session.execute(_KNOWN_RETURNS, {"keys": [one.key for one in returns]})
    known = {row.key: row.id for row in rows}
    new = sorted(
        (one for one in returns if one.key not in known), key=lambda one: one.order_line_id
    )
    if not new:
        return known
    counted = rows_changed(
        _COUNT_RETURN,
        [
            {
                "line": one.order_line_id,
                "pieces": one.quantity,
                "here": one.cancelled,
                "money": one.refund.minor,
            }
            for one in new
        ],
    )
    if counted != len(new):
        raise ReturnedMoreThanBought
    _follow_queues(sorted({one.order_id for one in new}))
    written = db.session.execute(
        _NEW_RETURNS,
        [
            {
                "key": one.key,
                "order_id": one.order_id,
                "order_line_id": one.order_line_id,
                "quantity": one.quantity,
                "cancelled": one.cancelled,
                "refund_minor": one.refund.minor,
                "cause": one.cause,
                "state": ReturnState.GOODS_BACK if one.is_back else ReturnState.ASKED,
                "asked_at": now,
                "goods_back_at": now if one.is_back else None,
            }
            for one in new
        ],
    )
    return known | {row.key: row.id for row in written}


@transactional
def mark_refunded(*, order_ids: Sequence[int], return_keys: Sequence[str], now: datetime) -> None:
    """Say that the money of these returns has gone back; an order with nothing left is refunded.

    order_ids    whose lines they are.

    An order whose open parts are all done is complete. Safe to repeat.
    """
    db.session.execute(_RETURNS_REFUNDED, {"keys": return_keys})
    db.session.execute(_ORDERS_REFUNDED, {"orders": order_ids})
    complete_orders(order_ids, now=now)


@dataclass(frozen=True, slots=True)
class NewUnmatched:
    """A return of the past whose sale is not known here; ``reason`` says why in one word."""

    key: str
    station_id: int
    workshop_id: int
    order_number: str
    line_number: int
    buyer_reference: str | None
    sku: str
    title: str
    quantity: int
    unit: Money
    reason: str
    returned_at: datetime


@transactional
def queue_unmatched(*, returns: Sequence[NewUnmatched]) -> int:
    """Put returns without a sale into the queue that a person looks through; return how many.

    Safe to repeat by key.
    """
    rows: list[dict[str, Any]] = [  # Any: columns of several kinds
        {
            "key": one.key,
            "station_id": one.station_id,
            "workshop_id": one.workshop_id,
            "order_number": one.order_number[:40],
            "line_number": one.line_number,
            "buyer_reference": one.buyer_reference,
            "sku": one.sku[:64],
            "title": one.title[:240],
            "quantity": one.quantity,
            "unit_minor": one.unit.minor,
            "reason": one.reason,
            "returned_at": one.returned_at,
            "note": "",
        }
        for one in returns
    ]
    if not rows:
        return 0
    written = db.session.execute(
        insert_or(_unmatched)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(_unmatched.c.id),
        rows,
    )
    return len(written.all())


@transactional
def close_unmatched(*, unmatched_return_id: int, note: str, actor: Actor, now: datetime) -> None:
    """Close one return of the queue with a person's words about what became of it.

    Raises NotFound, OutOfReach, Forbidden, Conflict when it is closed already.
    """
    row = db.session.execute(
        sa.select(_unmatched.c.station_id).where(_unmatched.c.id == unmatched_return_id)
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"unmatched_return:{unmatched_return_id}")
    actor.require(Permission.REFUND, at=stations.path_of(row.station_id))
    closed = rows_changed(
        sa.update(_unmatched)
        .where(_unmatched.c.id == unmatched_return_id, _unmatched.c.closed_at.is_(None))
        .values(closed_at=now, closed_by_id=actor.user_id, note=note.strip()[:200])
    )
    if not closed:
        raise Conflict(what="unmatched return")
    events.record(
        UnmatchedReturnClosed(unmatched_return_id),
        actor=actor,
        station_id=row.station_id,
        now=now,
    )
