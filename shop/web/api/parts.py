"""What a workshop's own programs read: the parts of orders that it sends or hands over."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import structlog
from flask_babel import lazy_gettext as _l
from msgspec import UNSET, Meta, Struct, UnsetType

from shop.kernel.errors import NotFound
from shop.kernel.paging import key_of
from shop.orders import queries as orders
from shop.orders.queries import LineView, PartRow
from shop.orders.rules import NOT_YET_SENT, FulfillmentState, Handover
from shop.programs.queries import KnownProgram
from shop.programs.rules import ProgramScope
from shop.web.api.callers import Caller, caller
from shop.web.api.cursors import cursor, place_in
from shop.web.api.door import given, operation
from shop.web.api.refusals import BadCursor
from shop.web.api.shapes import Cursor, Limit, Parcel, at_place, parcels_of, there
from shop.web.origin import NobodyKnown
from shop.web.problems import Amount, amount

log = structlog.get_logger(__name__)

TAG = "fulfilment"
NEEDS = frozenset({ProgramScope.ORDERS_READ})
PartId = Annotated[str, Meta(pattern="^ful_[0-9A-Z]{8}$")]


class PartLine(Struct, frozen=True):
    """One row of a part, as it was ordered."""

    sku: str
    title: str
    title_en: str | None
    quantity: int
    to_send: Annotated[int, Meta(description="pieces that have not left yet")]
    returned: int
    unit_price: Amount
    wishes: Annotated[list[str], Meta(description="what is woven in, in words")]


class Recipient(Struct, frozen=True):
    """Who gets the parcel."""

    name: str
    phone: str
    region: str
    address: str
    note: str


class WorkshopPart(Struct, frozen=True):
    """What one workshop sends or hands over of an order."""

    id: str
    order_number: str
    state: FulfillmentState
    handover: Handover
    promised_on: date
    placed_at: datetime
    shipped_at: datetime | None
    received_at: datetime | None
    parcels: list[Parcel]
    is_gift: Annotated[bool, Meta(description="no price goes into the parcel")]
    is_money_still_due: bool
    lines: list[PartLine]
    recipient: Annotated[
        Recipient | None, Meta(description="only with orders:contact, and until it has left")
    ]


class WorkshopParts(Struct, frozen=True):
    """One page of parts, in the order in which they were placed."""

    items: list[WorkshopPart]
    next_cursor: str | None


class PartsAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which parts: of one state, or all that have not left yet."""

    state: FulfillmentState | UnsetType = UNSET
    handover: Handover | UnsetType = UNSET
    limit: Limit = 24
    cursor: Cursor = ""


@operation(
    "GET",
    "/parts",
    tag=TAG,
    title=_l("List what is to be sent"),
    asks=PartsAsked,
    gives=WorkshopParts,
    needs=NEEDS,
    refuses=(BadCursor,),
)
def list_parts(asked: PartsAsked) -> WorkshopParts:
    """List the parts of confirmed orders at the place of the program, and at no other.

    Without a state, those that have not left yet.
    """
    asks = caller()
    after = key_of(place_in(asked, asked.cursor)) if asked.cursor else 0
    state = given(asked.state)
    rows = orders.order_parts(
        _program(asks).scope,
        states=tuple(NOT_YET_SENT) if state is None else (state,),
        handover=given(asked.handover),
        after=after,
        most=asked.limit + 1,
    )
    shown = rows[: asked.limit]
    has_more = len(rows) > asked.limit
    items = [_part(row, asks) for row in shown]
    _note_contacts(asks, items)
    return WorkshopParts(
        items,
        cursor(asked, shown[-1].part.id) if has_more else None,
    )


@operation(
    "GET",
    "/parts/<string:part_id>",
    tag=TAG,
    title=_l("Show one part of an order"),
    gives=WorkshopPart,
    names={"part_id": PartId},
    needs=NEEDS,
    refuses=(NotFound,),
)
def show_part(part_id: str) -> WorkshopPart:
    """Show one part at the place of the program; one of another place is not there."""
    asks = caller()
    part = _part(orders.part(part_id, _program(asks).scope), asks)
    _note_contacts(asks, [part])
    return part


def _program(asks: Caller) -> KnownProgram:
    if asks.program is None:
        raise NobodyKnown
    return asks.program


def _part(row: PartRow, asks: Caller) -> WorkshopPart:
    part = row.part
    return WorkshopPart(
        id=part.public_id,
        order_number=row.order_number,
        state=part.state,
        handover=part.handover,
        promised_on=part.promised_on,
        placed_at=there(row.placed_at),
        shipped_at=at_place(part.shipped_at),
        received_at=at_place(part.received_at),
        parcels=parcels_of(part),
        is_gift=row.contact is not None and row.contact.is_gift,
        is_money_still_due=row.is_money_still_due,
        lines=[_line(line) for line in part.lines],
        recipient=_recipient(row) if asks.may(ProgramScope.ORDERS_CONTACT) else None,
    )


def _line(line: LineView) -> PartLine:
    return PartLine(
        sku=line.sku,
        title=line.title,
        title_en=line.title_en,
        quantity=line.quantity,
        to_send=line.here,
        returned=line.returned,
        unit_price=amount(line.unit),
        wishes=[f"{one.label}: {one.value}" for one in line.wish],
    )


def _note_contacts(asks: Caller, parts: list[WorkshopPart]) -> None:
    """Leave a trace of which parcels' people a program has read; the trace names none of them."""
    read = [part.id for part in parts if part.recipient is not None]
    if read:
        log.info("contacts read", program=asks.key, parts=read)


def _recipient(row: PartRow) -> Recipient | None:
    """Return who gets it, as long as somebody has to write that on a parcel."""
    one = row.contact
    if one is None or row.part.has_left:
        return None
    return Recipient(one.name, one.phone, one.region, one.address, one.note)
