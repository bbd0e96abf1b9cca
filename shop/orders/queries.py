"""Reads of orders, parts, parcels and returns, for pages and workflows."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from shop.accounts.models import User
from shop.catalog.options import Chosen, thawed
from shop.kernel import links
from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.orders.models import (
    Fulfillment,
    Order,
    OrderBuyer,
    OrderContact,
    OrderLine,
    Parcel,
    ParcelLine,
    ParcelScan,
    Return,
)
from shop.orders.rules import (
    CONFIRMED,
    MONEY_MAY_STILL_COME,
    NOT_YET_SENT,
    STILL_OURS,
    Contact,
    FulfillmentState,
    Handover,
    LineKind,
    OrderSource,
    OrderState,
    ParcelState,
    ReturnState,
    Scan,
    code_digest,
    may_return_until,
    typed_pick_up_code,
)
from shop.stations import queries as stations

SHORTEST_TAIL = 4
CONTACT = (
    OrderContact.order_id.label("contact_of"),
    OrderContact.name,
    OrderContact.phone,
    OrderContact.email,
    OrderContact.told_by,
    OrderContact.region,
    OrderContact.address,
    OrderContact.note,
    OrderContact.place_code,
    OrderContact.is_gift,
    OrderContact.gift_words,
)
FOR_BUYER = "order of a buyer"


@dataclass(frozen=True, slots=True)
class LineView:
    """One frozen row of an order and what has come back of it."""

    id: int
    fulfillment_id: int
    position: int
    kind: LineKind
    variant_id: int | None
    session_id: int | None
    sku: str
    title: str
    title_en: str | None
    unit: Money
    quantity: int
    discount: Money
    funder: str
    total: Money
    sent: int
    returned: int
    cancelled: int
    refunded: Money
    cost: Money
    maker_id: int | None
    pay_lane: str | None
    share_percent: int | None
    making_minutes: int
    wish: tuple[Chosen, ...]
    may_come_back: bool
    agreed_words: str
    agreed_at: datetime | None

    @property
    def gross(self) -> Money:
        """Return what the row cost before any coupon."""
        return self.total + self.discount

    @property
    def left(self) -> int:
        """Return how many pieces have not been given back."""
        return self.quantity - self.returned

    @property
    def here(self) -> int:
        """Return how many of them have not left the workshop yet."""
        return self.quantity - self.sent - self.cancelled

    @property
    def with_buyer(self) -> int:
        """Return how many of them have left: they are with the buyer, or on the way to her."""
        return self.left - self.here


@dataclass(frozen=True, slots=True)
class ParcelView:
    """One parcel of a part: where it is, and how many pieces of each line are in it."""

    id: int
    public_id: str
    fulfillment_id: int
    position: int
    state: ParcelState
    carrier: str
    tracking: str
    packed_at: datetime
    at_town_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    ended_at: datetime | None
    pieces: Mapping[int, int]
    scans: tuple[Scan, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Say whether it is packed and not with the carrier yet."""
        return self.state in STILL_OURS

    @property
    def has_left(self) -> bool:
        """Say whether a carrier took it and it is not back with us."""
        return self.state in {ParcelState.SENT, ParcelState.RECEIVED}


@dataclass(frozen=True, slots=True)
class PartView:
    """One workshop's part of an order with its lines."""

    id: int
    public_id: str
    order_id: int
    workshop_id: int
    station_id: int
    handover: Handover
    state: FulfillmentState
    goods: Money
    shipping: Money
    promised_on: date
    dispatch_on: date | None
    pick_up_code: str | None
    shipped_at: datetime | None
    received_at: datetime | None
    completed_at: datetime | None
    lines: tuple[LineView, ...]
    parcels: tuple[ParcelView, ...] = ()

    @property
    def may_return_until(self) -> datetime | None:
        """Return until when its goods may come back without a reason; None before receipt."""
        return None if self.received_at is None else may_return_until(self.received_at)

    @property
    def has_left(self) -> bool:
        """Say whether all of it has left the workshop."""
        return self.state not in NOT_YET_SENT and self.state is not FulfillmentState.CANCELLED

    @property
    def has_begun_to_leave(self) -> bool:
        """Say whether at least one piece of it has left."""
        return any(line.sent for line in self.lines)

    def here_unpacked(self, line: LineView) -> int:
        """Return how many pieces of a line are in no parcel yet."""
        return line.here - sum(one.pieces.get(line.id, 0) for one in self.parcels if one.is_ours)

    def has_come(self, line: LineView) -> bool:
        """Say whether pieces of a line have reached the buyer."""
        return self.received_at is not None or any(
            line.id in one.pieces for one in self.parcels if one.state is ParcelState.RECEIVED
        )


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its buyer, a worker or a workflow sees it."""

    id: int
    number: str
    source: OrderSource
    state: OrderState
    locale: str
    goods: Money
    shipping: Money
    discount: Money
    total: Money
    is_demo: bool
    placed_at: datetime
    expires_at: datetime | None
    paid_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    contact: Contact | None
    parts: tuple[PartView, ...]

    @property
    def is_confirmed(self) -> bool:
        """Say whether the contract stands: paid, or placed on terms that need no money first."""
        return self.state in CONFIRMED or (
            self.state is OrderState.PLACED and self.expires_at is None
        )

    @property
    def lines(self) -> tuple[LineView, ...]:
        """Return the lines of all parts in the order of the contract."""
        return tuple(
            sorted(
                (line for part in self.parts for line in part.lines),
                key=lambda line: line.position,
            )
        )

    def part_of(self, line: LineView) -> PartView:
        """Return the part that a line belongs to."""
        return next(part for part in self.parts if part.id == line.fulfillment_id)


def order(order_id: int) -> OrderView:
    """Return one order. Raises NotFound."""
    found = _orders([order_id])
    if not found:
        raise NotFound(what=f"order:{order_id}")
    return found[0]


def orders_by_id(order_ids: Iterable[int]) -> dict[int, OrderView]:
    """Return orders by id; unknown ids are missing."""
    return {one.id: one for one in _orders(sorted(set(order_ids)))}


def has_ordered(phone: str, *, but: int = 0) -> bool:
    """Say whether an order of this telephone number stands: paid, or waiting for its money.

    phone    as the order's form kept it.
    but      an order that does not count.
    """
    return bool(
        db.session.scalar(
            sa.select(
                sa.exists()
                .where(OrderContact.phone == phone, Order.id == OrderContact.order_id)
                .where(Order.state != OrderState.CANCELLED, Order.id != but)
            )
        )
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an order stands, and in which language its buyer reads."""

    number: str
    state: OrderState
    expires_at: datetime | None
    locale: str

    @property
    def is_confirmed(self) -> bool:
        """Say whether the contract stands: paid, or placed on terms that need no money first."""
        return self.state in CONFIRMED or (
            self.state is OrderState.PLACED and self.expires_at is None
        )


def standing(order_id: int) -> Standing:
    """Return where one order stands, and nothing of what is in it. Raises NotFound."""
    row = db.session.execute(
        sa.select(Order.number, Order.state, Order.expires_at, Order.locale).where(
            Order.id == order_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound(what=f"order:{order_id}")
    return Standing(*row)


def order_id_of(number: str) -> int | None:
    """Return the id of the order that people call so, or None."""
    return db.session.scalar(sa.select(Order.id).where(Order.number == number))


def path_for_buyer(number: str) -> str:
    """Return the address under which a buyer's own messages lead to her order, without asking.

    It carries its own proof, short enough for a text message.
    """
    return f"/o/{links.short_signed(FOR_BUYER, number)}"


def number_for_buyer(token: str) -> str:
    """Return the number of the order that such an address opens. Raises NotFound for a forged one.

    Whoever reads it decides how long it opens anything.
    """
    return links.read_short(FOR_BUYER, token)


def numbers_in_account(numbers: Iterable[str], user_id: int) -> set[str]:
    """Return those of some orders that are in the account of a buyer."""
    return set(
        db.session.scalars(
            sa.select(Order.number)
            .join(OrderBuyer, OrderBuyer.order_id == Order.id)
            .where(Order.number.in_(list(numbers)), OrderBuyer.user_id == user_id)
        )
    )


def orders_of_account(user_id: int, *, most: int = 20, skip: int = 0) -> list[OrderView]:
    """Return a page of the orders in a buyer's account, the newest first."""
    ids = db.session.scalars(
        sa.select(OrderBuyer.order_id)
        .where(OrderBuyer.user_id == user_id)
        .order_by(OrderBuyer.order_id.desc())
        .limit(most)
        .offset(skip)
    ).all()
    return sorted(_orders(ids), key=lambda one: one.id, reverse=True)


def order_ids_of_account(user_id: int) -> list[int]:
    """Return the ids of all orders in a buyer's account, oldest first."""
    return list(
        db.session.scalars(
            sa.select(OrderBuyer.order_id)
            .where(OrderBuyer.user_id == user_id)
            .order_by(OrderBuyer.order_id)
        )
    )


def account_of(order_id: int) -> int | None:
    """Return in whose account an order is, or None."""
    return db.session.scalar(sa.select(OrderBuyer.user_id).where(OrderBuyer.order_id == order_id))


def over_of_closed_accounts(*, now: datetime, most: int = 200) -> list[int]:
    """Return the ids of orders whose buyer closed her account and in which nothing is to come.

    A cancelled one is over two days later: until then money may still arrive. Whoever forgets
    their buyers looks whether money is on its way back. Oldest first.
    """
    is_over = sa.or_(
        Order.state.in_([OrderState.COMPLETED, OrderState.REFUNDED]),
        sa.and_(
            Order.state == OrderState.CANCELLED, Order.cancelled_at <= now - MONEY_MAY_STILL_COME
        ),
    )
    return list(
        db.session.scalars(
            sa.select(OrderBuyer.order_id)
            .join(Order, Order.id == OrderBuyer.order_id)
            .join(User, User.id == OrderBuyer.user_id)
            .where(User.closed_at.is_not(None), is_over)
            .order_by(OrderBuyer.order_id)
            .limit(most)
        )
    )


def count_of_account(user_id: int) -> int:
    """Return how many orders are in a buyer's account."""
    return int(
        db.session.scalar(
            sa.select(sa.func.count()).select_from(OrderBuyer).where(OrderBuyer.user_id == user_id)
        )
        or 0
    )


def find_for_buyer(*, code: str, phone: str, most: int = 50) -> OrderView:
    """Return the newest order with this phone number and six-digit code, its number forgotten.

    phone    written as the order's form kept it.

    Raises NotFound when they do not belong together. Source: features.md 41.
    """
    rows = db.session.execute(
        sa.select(Order.id, Order.number, Order.code_digest)
        .join(OrderContact, OrderContact.order_id == Order.id)
        .where(OrderContact.phone == phone, Order.code_digest != "")
        .order_by(Order.id.desc())
        .limit(most)
    )
    for row in rows:
        if hmac.compare_digest(code_digest(row.number, code.strip()), row.code_digest):
            return order(row.id)
    raise NotFound(what="order")


def _orders(order_ids: Sequence[int]) -> list[OrderView]:
    if not order_ids:
        return []
    rows = db.session.execute(
        sa.select(
            *Order.__table__.c,
            *CONTACT,
        )
        .outerjoin(OrderContact, OrderContact.order_id == Order.id)
        .where(Order.id.in_(order_ids))
        .order_by(Order.id)
    ).all()
    parts = _parts(Fulfillment.order_id.in_(order_ids))
    return [
        OrderView(
            id=row.id,
            number=row.number,
            source=row.source,
            state=row.state,
            locale=row.locale,
            goods=Money(row.goods_minor, row.currency),
            shipping=Money(row.shipping_minor, row.currency),
            discount=Money(row.discount_minor, row.currency),
            total=Money(row.total_minor, row.currency),
            is_demo=row.is_demo,
            placed_at=row.placed_at,
            expires_at=row.expires_at,
            paid_at=row.paid_at,
            completed_at=row.completed_at,
            cancelled_at=row.cancelled_at,
            contact=None if row.contact_of is None else _contact(row),
            parts=tuple(part for part in parts if part.order_id == row.id),
        )
        for row in rows
    ]


def _contact(row: Any) -> Contact:
    return Contact(
        phone=row.phone,
        name=row.name,
        region=row.region,
        address=row.address,
        note=row.note,
        place_code=row.place_code,
        is_gift=row.is_gift,
        gift_words=row.gift_words,
        email=row.email,
        told_by=row.told_by,
    )


def _parts(*conditions: sa.ColumnElement[bool]) -> list[PartView]:
    rows = db.session.execute(
        sa.select(*Fulfillment.__table__.c).where(*conditions).order_by(Fulfillment.id)
    ).all()
    lines = _lines([row.id for row in rows])
    inside = _parcels(row.id for row in rows if row.handover is Handover.SHIP)
    return [_part_view(row, lines.get(row.id, ()), inside.get(row.id, ())) for row in rows]


def _part_view(row: Any, lines: Iterable[LineView], inside: Iterable[ParcelView]) -> PartView:
    return PartView(
        id=row.id,
        public_id=row.public_id,
        order_id=row.order_id,
        workshop_id=row.workshop_id,
        station_id=row.station_id,
        handover=row.handover,
        state=row.state,
        goods=Money(row.goods_minor),
        shipping=Money(row.shipping_minor),
        promised_on=row.promised_on,
        dispatch_on=row.dispatch_on,
        pick_up_code=row.pick_up_code,
        shipped_at=row.shipped_at,
        received_at=row.received_at,
        completed_at=row.completed_at,
        lines=tuple(lines),
        parcels=tuple(inside),
    )


def _parcels(part_ids: Iterable[int]) -> dict[int, list[ParcelView]]:
    """Return the parcels of some parts in the order in which they were packed."""
    wanted = list(part_ids)
    if not wanted:
        return {}
    rows = db.session.execute(
        sa.select(
            *Parcel.__table__.c,
            ParcelLine.order_line_id,
            ParcelLine.quantity.label("pieces"),
        )
        .join(ParcelLine, ParcelLine.parcel_id == Parcel.id)
        .where(Parcel.fulfillment_id.in_(wanted))
        .order_by(Parcel.fulfillment_id, Parcel.position)
    ).all()
    inside: dict[int, dict[int, int]] = {}
    for row in rows:
        inside.setdefault(row.id, {})[row.order_line_id] = row.pieces
    parcels = {row.id: row for row in rows}
    seen = _scans([row.id for row in parcels.values() if row.sent_at is not None])
    found: dict[int, list[ParcelView]] = {}
    for row in parcels.values():
        view = _parcel_view(row, inside[row.id], seen.get(row.id, ()))
        found.setdefault(row.fulfillment_id, []).append(view)
    return found


def _scans(parcel_ids: Sequence[int]) -> dict[int, list[Scan]]:
    if not parcel_ids:
        return {}
    rows = db.session.execute(
        sa.select(*ParcelScan.__table__.c)
        .where(ParcelScan.parcel_id.in_(parcel_ids))
        .order_by(ParcelScan.at, ParcelScan.id)
    )
    found: dict[int, list[Scan]] = {}
    for row in rows:
        scan = Scan(row.at, row.words, row.place, row.is_signed)
        found.setdefault(row.parcel_id, []).append(scan)
    return found


def under_way_with(
    carriers: Collection[str], *, after: int = 0, most: int = 200
) -> list[tuple[int, str, str]]:
    """Return id, carrier and number of parcels that some carriers have, in order of their ids.

    after    the id that the page before ended with.
    """
    rows = db.session.execute(
        sa.select(Parcel.id, Parcel.carrier, Parcel.tracking)
        .where(
            Parcel.state == sa.literal_column("'sent'"),
            Parcel.carrier.in_(carriers),
            Parcel.id > after,
        )
        .order_by(Parcel.id)
        .limit(most)
    )
    return [(row.id, row.carrier, row.tracking) for row in rows]


def _parcel_view(row: Any, pieces: Mapping[int, int], scans: Iterable[Scan] = ()) -> ParcelView:
    return ParcelView(
        id=row.id,
        public_id=row.public_id,
        fulfillment_id=row.fulfillment_id,
        position=row.position,
        state=row.state,
        carrier=row.carrier,
        tracking=row.tracking,
        packed_at=row.packed_at,
        at_town_at=row.at_town_at,
        sent_at=row.sent_at,
        received_at=row.received_at,
        ended_at=row.ended_at,
        pieces=pieces,
        scans=tuple(scans),
    )


def _lines(part_ids: Sequence[int]) -> dict[int, list[LineView]]:
    if not part_ids:
        return {}
    rows = db.session.execute(
        sa.select(*OrderLine.__table__.c)
        .where(OrderLine.fulfillment_id.in_(part_ids))
        .order_by(OrderLine.position)
    )
    lines: dict[int, list[LineView]] = {}
    for row in rows:
        lines.setdefault(row.fulfillment_id, []).append(
            LineView(
                id=row.id,
                fulfillment_id=row.fulfillment_id,
                position=row.position,
                kind=row.kind,
                variant_id=row.variant_id,
                session_id=row.session_id,
                sku=row.sku,
                title=row.title,
                title_en=row.title_en,
                unit=Money(row.unit_minor),
                quantity=row.quantity,
                discount=Money(row.discount_minor),
                funder=row.funder,
                total=Money(row.total_minor),
                sent=row.sent,
                returned=row.returned,
                cancelled=row.cancelled,
                refunded=Money(row.refunded_minor),
                cost=Money(row.cost_minor),
                maker_id=row.maker_id,
                pay_lane=row.pay_lane,
                share_percent=row.share_percent,
                making_minutes=row.making_minutes,
                wish=thawed(row.wish),
                may_come_back=row.may_come_back,
                agreed_words=row.agreed_words,
                agreed_at=row.agreed_at,
            )
        )
    return lines


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part in a worker's list, with what she must know of its order and nothing more."""

    part: PartView
    order_number: str
    order_state: OrderState
    is_money_still_due: bool
    placed_at: datetime
    contact: Contact | None
    pieces: int

    @property
    def public_id(self) -> str:
        """Return the part's outside name."""
        return self.part.public_id


@dataclass(frozen=True, slots=True)
class Pick:
    """What one round along the shelves takes of one size: pieces, and for which orders."""

    workshop_id: int
    sku: str
    title: str
    title_en: str | None
    pieces: int
    orders: tuple[str, ...]


def picks(rows: Iterable[PartRow]) -> list[Pick]:
    """Return what to take from the shelves for these parts, each size once, by workshop and SKU."""
    wanted: dict[tuple[int, str], list[tuple[LineView, PartRow]]] = {}
    for row in rows:
        for line in row.part.lines:
            if row.part.here_unpacked(line):
                place = (row.part.workshop_id, line.sku)
                wanted.setdefault(place, []).append((line, row))
    return [
        Pick(
            workshop_id=workshop_id,
            sku=sku,
            title=lines[0][0].title,
            title_en=lines[0][0].title_en,
            pieces=sum(row.part.here_unpacked(line) for line, row in lines),
            orders=tuple(dict.fromkeys(row.order_number for _, row in lines)),
        )
        for (workshop_id, sku), lines in sorted(wanted.items())
    ]


IS_ON_TERMS = sa.and_(Order.state == OrderState.PLACED, Order.expires_at.is_(None))
IS_CONFIRMED = sa.or_(Order.state.in_(sorted(CONFIRMED)), IS_ON_TERMS)


def order_parts(
    scope: Scope,
    *,
    states: Collection[FulfillmentState] = tuple(NOT_YET_SENT),
    workshop_id: int | None = None,
    handover: Handover | None = None,
    after: int | None = None,
    most: int = 50,
) -> list[PartRow]:
    """Return the parts of confirmed orders in a worker's reach, the first promised first.

    states    which; by default those that have not left yet.
    handover  only this way; by default what is sent and what is picked up. Seats have their own
              list at the door (``bookings``).
    after     id of the last part seen, for the next page (then the list goes by id).

    Parts of other workshops in the same orders are not in it, nor is anything about them.
    """
    wanted = sa.and_(
        IS_CONFIRMED,
        Order.source != OrderSource.IMPORT,
        Fulfillment.state.in_(sorted(states)),
        stations.in_scope(scope, Fulfillment.station_id),
    )
    if workshop_id is not None:
        wanted = sa.and_(wanted, Fulfillment.workshop_id == workshop_id)
    wanted = sa.and_(
        wanted,
        Fulfillment.handover != Handover.ATTEND
        if handover is None
        else Fulfillment.handover == handover,
    )
    order_by: tuple[Any, ...] = (Fulfillment.promised_on, Fulfillment.id)
    if after is not None:
        wanted = sa.and_(wanted, Fulfillment.id > after)
        order_by = (Fulfillment.id,)
    return _part_rows(wanted, order_by, most)


def parts_to_pick_up(scope: Scope, *, text: str = "", most: int = 20) -> list[PartRow]:
    """Return the parts that buyers fetch at the counters in reach, those still waiting first.

    text    a pick-up code, an order number, its last letters, or the last four or more digits of
            the phone number; without it only what waits is listed.
    """
    wanted = sa.and_(
        Fulfillment.handover == Handover.PICK_UP,
        Order.source != OrderSource.IMPORT,
        stations.in_scope(scope, Fulfillment.station_id),
    )
    waits = Fulfillment.state.in_(sorted(NOT_YET_SENT))
    if text:
        meant = [
            Order.number == text,
            Order.number.endswith(f"-{text}", autoescape=True),
            Fulfillment.pick_up_code == typed_pick_up_code(text),
        ]
        if text.isdecimal() and len(text) >= SHORTEST_TAIL:
            meant.append(OrderContact.phone.endswith(text, autoescape=True))
        wanted = sa.and_(wanted, sa.or_(*meant))
    else:
        wanted = sa.and_(wanted, waits, IS_CONFIRMED)
    first_waiting = sa.case((waits, 0), else_=1)
    return _part_rows(wanted, (first_waiting, Fulfillment.promised_on, Fulfillment.id), most)


def count_parts(scope: Scope, *, states: Collection[FulfillmentState] = tuple(NOT_YET_SENT)) -> int:
    """Return how many parts to send or hand over stand in these states in a reach."""
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Fulfillment)
            .join(Order, Order.id == Fulfillment.order_id)
            .where(
                IS_CONFIRMED,
                Fulfillment.handover != Handover.ATTEND,
                Fulfillment.state.in_(sorted(states)),
                stations.in_scope(scope, Fulfillment.station_id),
            )
        )
        or 0
    )


def part(public_id: str, scope: Scope) -> PartRow:
    """Return one workshop's part by its outside name. Raises NotFound outside the scope."""
    rows = _part_rows(
        sa.and_(
            Fulfillment.public_id == public_id, stations.in_scope(scope, Fulfillment.station_id)
        ),
        (Fulfillment.id,),
        1,
    )
    if not rows:
        raise NotFound(what=public_id)
    return rows[0]


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """One parcel in a list of the town: of which order, from which workshop, to whom."""

    parcel: ParcelView
    order_id: int
    order_number: str
    workshop_id: int
    dispatch_on: date | None
    contact: Contact | None


def parcels_at(
    scope: Scope, states: Collection[ParcelState], *, since: datetime | None = None, most: int = 200
) -> list[ParcelRow]:
    """Return the parcels in a reach that are in these states, the first to dispatch first.

    since    only what ended or left at that moment or later.
    """
    wanted = [
        Parcel.state.in_(sorted(states)),
        stations.in_scope(scope, Parcel.station_id),
        # What went straight from a room to its carrier is no business of the town's.
        sa.or_(Parcel.at_town_at.is_not(None), Parcel.sent_at.is_(None)),
    ]
    if since is not None:
        wanted.append(sa.func.coalesce(Parcel.ended_at, Parcel.sent_at, Parcel.packed_at) >= since)
    rows = db.session.execute(
        sa.select(
            *Parcel.__table__.c,
            Fulfillment.order_id,
            Fulfillment.workshop_id,
            Fulfillment.dispatch_on,
            Order.number,
            *CONTACT,
        )
        .join(Fulfillment, Fulfillment.id == Parcel.fulfillment_id)
        .join(Order, Order.id == Fulfillment.order_id)
        .outerjoin(OrderContact, OrderContact.order_id == Order.id)
        .where(*wanted)
        .order_by(sa.func.coalesce(Fulfillment.dispatch_on, Fulfillment.promised_on), Parcel.id)
        .limit(most)
    ).all()
    inside = _inside([row.id for row in rows])
    return [
        ParcelRow(
            parcel=_parcel_view(row, inside.get(row.id, {})),
            order_id=row.order_id,
            order_number=row.number,
            workshop_id=row.workshop_id,
            dispatch_on=row.dispatch_on,
            contact=None if row.contact_of is None else _contact(row),
        )
        for row in rows
    ]


def _inside(parcel_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    if not parcel_ids:
        return {}
    rows = db.session.execute(
        sa.select(ParcelLine.parcel_id, ParcelLine.order_line_id, ParcelLine.quantity).where(
            ParcelLine.parcel_id.in_(parcel_ids)
        )
    )
    inside: dict[int, dict[int, int]] = {}
    for row in rows:
        inside.setdefault(row.parcel_id, {})[row.order_line_id] = row.quantity
    return inside


def parts_come_back(scope: Scope, *, most: int = 50) -> list[str]:
    """Return the outside names of parts of which a parcel came back and nothing was done yet.

    Once its money has gone back there is nothing left to do. The first to come back first.
    """
    waits = (
        sa.exists()
        .where(ParcelLine.parcel_id == Parcel.id, ParcelLine.order_line_id == OrderLine.id)
        .where(OrderLine.returned - OrderLine.cancelled < ParcelLine.quantity)
        .correlate(Parcel)
    )
    rows = db.session.execute(
        sa.select(Fulfillment.public_id, Parcel.ended_at)
        .join(Parcel, Parcel.fulfillment_id == Fulfillment.id)
        .where(
            Parcel.state == ParcelState.CAME_BACK,
            stations.in_scope(scope, Parcel.station_id),
            waits,
        )
        .order_by(Parcel.ended_at, Parcel.id)
        .limit(most)
    )
    return list(dict.fromkeys(row.public_id for row in rows))


def parcel_and_part(public_id: str, scope: Scope) -> tuple[int, int, int]:
    """Return the ids of a parcel, its part and its order. Raises NotFound outside the scope."""
    row = db.session.execute(
        sa.select(Parcel.id, Parcel.fulfillment_id, Fulfillment.order_id)
        .join(Fulfillment, Fulfillment.id == Parcel.fulfillment_id)
        .where(Parcel.public_id == public_id, stations.in_scope(scope, Parcel.station_id))
    ).one_or_none()
    if row is None:
        raise NotFound(what=public_id)
    return row.id, row.fulfillment_id, row.order_id


def part_id_of(public_id: str) -> int:
    """Return the id of a part by its outside name. Raises NotFound."""
    part_id = db.session.scalar(sa.select(Fulfillment.id).where(Fulfillment.public_id == public_id))
    if part_id is None:
        raise NotFound(what=public_id)
    return part_id


def part_by_id(fulfillment_id: int) -> PartView:
    """Return one part with its lines. Raises NotFound."""
    found = _parts(Fulfillment.id == fulfillment_id)
    if not found:
        raise NotFound(what=f"fulfillment:{fulfillment_id}")
    return found[0]


def parts_by_id(fulfillment_ids: Sequence[int]) -> list[PartView]:
    """Return parts with their lines, by id; unknown ones are missing."""
    return _parts(Fulfillment.id.in_(fulfillment_ids)) if fulfillment_ids else []


def _part_rows(
    wanted: sa.ColumnElement[bool], order_by: tuple[Any, ...], most: int
) -> list[PartRow]:
    rows = db.session.execute(
        sa.select(
            *Fulfillment.__table__.c,
            Order.number,
            Order.state.label("order_state"),
            Order.placed_at,
            Order.paid_at,
            *CONTACT,
        )
        .join(Order, Order.id == Fulfillment.order_id)
        .outerjoin(OrderContact, OrderContact.order_id == Order.id)
        .where(wanted)
        .order_by(*order_by)
        .limit(most)
    ).all()
    lines = _lines([row.id for row in rows])
    inside = _parcels(row.id for row in rows if row.handover is Handover.SHIP)
    return [
        PartRow(
            part=_part_view(row, lines.get(row.id, ()), inside.get(row.id, ())),
            order_number=row.number,
            order_state=row.order_state,
            is_money_still_due=row.paid_at is None,
            placed_at=row.placed_at,
            contact=None if row.contact_of is None else _contact(row),
            pieces=sum(line.left for line in lines.get(row.id, ())),
        )
        for row in rows
    ]


def due_to_expire(*, now: datetime, most: int = 100) -> list[int]:
    """Return orders that nobody paid in time, oldest first."""
    return list(
        db.session.scalars(
            sa.select(Order.id)
            .where(Order.state == OrderState.PLACED, Order.expires_at <= now)
            .order_by(Order.expires_at, Order.id)
            .limit(most)
        )
    )


# The same for one workshop inside a statement of a room below: ``w`` is the workshop.
MINUTES_WAITING = """(SELECT SUM(l.making_minutes * (l.quantity - l.sent - l.cancelled))
 FROM fulfillments f JOIN orders o ON o.id = f.order_id JOIN order_lines l
 ON l.fulfillment_id = f.id WHERE f.workshop_id = w.id AND f.state = 'making'
 AND o.state IN ('placed', 'paid', 'completed'))"""


def minutes_waiting(workshop_ids: Collection[int]) -> dict[int, int]:
    """Return the minutes of work on pieces ordered but not yet made, by workshop.

    They are the queue before a new order; a workshop without any is missing. An order that is
    being paid counts, as its hold on stock does.
    """
    if not workshop_ids:
        return {}
    here = OrderLine.quantity - OrderLine.sent - OrderLine.cancelled
    rows = db.session.execute(
        sa.select(Fulfillment.workshop_id, sa.func.sum(OrderLine.making_minutes * here))
        .join(Order, Order.id == Fulfillment.order_id)
        .join(OrderLine, OrderLine.fulfillment_id == Fulfillment.id)
        .where(
            Fulfillment.workshop_id.in_(sorted(workshop_ids)),
            # The word itself, not a parameter: so SQLite can use the index of open parts.
            sa.literal_column("fulfillments.state = 'making'"),
            Order.state.in_([OrderState.PLACED, OrderState.PAID, OrderState.COMPLETED]),
        )
        .group_by(Fulfillment.workshop_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def seat_lines(session_id: int) -> list[tuple[int, Money]]:
    """Return (order, what is left of its price) of every paid line of one session."""
    rows = db.session.execute(
        sa.select(
            OrderLine.order_id,
            sa.func.sum(OrderLine.total_minor - OrderLine.refunded_minor).label("left"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.session_id == session_id,
            Order.state.in_([OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED]),
        )
        .group_by(OrderLine.order_id)
        .order_by(OrderLine.order_id)
    )
    return [(row.order_id, Money(int(row.left))) for row in rows]


@dataclass(frozen=True, slots=True)
class ReturnView:
    """Pieces of one line that came back."""

    id: int
    key: str
    order_id: int
    order_line_id: int
    quantity: int
    cancelled: int
    refund: Money
    cause: str
    state: ReturnState
    asked_at: datetime


def returns_of(order_id: int) -> list[ReturnView]:
    """Return what came back of one order, oldest first."""
    return _returns(Return.order_id == order_id)


def returns_under(order_id: int, act: str) -> list[ReturnView]:
    """Return what came back of one order with one act, such as ``refund:7``."""
    return [one for one in returns_of(order_id) if one.key.startswith(f"{act}:")]


def _returns(*conditions: sa.ColumnElement[bool]) -> list[ReturnView]:
    rows = db.session.execute(
        sa.select(
            Return.id,
            Return.key,
            Return.order_id,
            Return.order_line_id,
            Return.quantity,
            Return.cancelled,
            Return.refund_minor,
            Return.cause,
            Return.state,
            Return.asked_at,
        )
        .where(*conditions)
        .order_by(Return.id)
    )
    return [
        ReturnView(
            id=row.id,
            key=row.key,
            order_id=row.order_id,
            order_line_id=row.order_line_id,
            quantity=row.quantity,
            cancelled=row.cancelled,
            refund=Money(row.refund_minor),
            cause=row.cause,
            state=row.state,
            asked_at=row.asked_at,
        )
        for row in rows
    ]
