"""What a cart would cost and when it would come, as things stand now: prices, stock, seats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from shop.bookings import queries as bookings
from shop.bookings.queries import SessionView
from shop.bookings.rules import ChildrenAlone, NobodyComes, Party
from shop.catalog import queries as catalog
from shop.catalog.options import (
    Chosen,
    CustomOption,
    WishRefused,
    choose,
    frozen,
    minutes_of,
    price_of,
    read,
)
from shop.catalog.queries import SaleFacts
from shop.catalog.rules import (
    PayLane,
    Promise,
    Supply,
    is_returnable,
    pieces_to_make,
    ready_on,
)
from shop.coupons import queries as coupons
from shop.coupons.queries import CouponView
from shop.coupons.rules import LONGEST_CODE, Unfit, normal_code, split, taken_off
from shop.coupons.services import CouponUnknown
from shop.delivery import queries as delivery
from shop.delivery.rules import Terms, Way, way_to, weight_of, zone_for
from shop.kernel import workdays
from shop.kernel.clock import SHANGHAI, business_day
from shop.kernel.divisions import OUTSIDE
from shop.kernel.money import Money, total
from shop.orders import cart_queries, carts
from shop.orders import queries as orders
from shop.orders.cart_queries import CartLineView
from shop.orders.carts import Seen
from shop.orders.rules import Handover, LineKind
from shop.orders.services import NewLine, NewPart
from shop.stations import queries as stations
from shop.stations.queries import WorkshopView
from shop.stations.rules import Pace
from shop.stock import queries as stock


class Problem(StrEnum):
    """Why a line of a cart cannot be bought as it is; pages say it in words."""

    NOT_FOR_SALE = "not_for_sale"
    OUT_OF_STOCK = "out_of_stock"
    WISH_REFUSED = "wish_refused"
    NOT_BOOKABLE = "not_bookable"
    SEATS_GONE = "seats_gone"
    CHILDREN_ALONE = "children_alone"
    NOBODY_COMES = "nobody_comes"


@dataclass(frozen=True, slots=True)
class Change:
    """What is different now from what the buyer saw when she put a thing into her cart.

    price_before     of one piece or of her party; None when the price is the same.
    seller_before    who sold it then; None when it is the same seller.
    """

    price_before: Money | None = None
    seller_before: str | None = None


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line of a cart with what it costs now.

    available      pieces or seats that can be had at this moment; None where it does not matter,
                   because the pieces are made for the buyer.
    is_made_first  the pieces are not there and will be made.
    wish           what is woven in for this buyer, with what it adds to price and work.
    party, starts_at, ends_at, slug    only for seats; ``product_id`` only for goods.
    grams          what its pieces weigh together.
    change         what is not as the buyer saw it; she has not said yet that she knows.
    """

    cart_line_id: int
    workshop_id: int
    station_id: int
    handover: Handover
    new: NewLine
    size: str = ""
    color: str = ""
    color_en: str | None = None
    product_id: int | None = None
    supply: Supply | None = None
    is_made_first: bool = False
    wish: tuple[Chosen, ...] = ()
    available: int | None = None
    party: Party | None = None
    slug: str | None = None
    session_public_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    problem: Problem | None = None
    grams: int = 0
    seen: Seen | None = None
    change: Change | None = None

    @property
    def kind(self) -> LineKind:
        """Return whether these are goods or seats."""
        return self.new.kind

    @property
    def title(self) -> str:
        """Return what it is called."""
        return self.new.title

    @property
    def title_en(self) -> str | None:
        """Return what it is called in English."""
        return self.new.title_en

    @property
    def unit(self) -> Money:
        """Return the price of one piece, or of the whole party."""
        return self.new.unit

    @property
    def quantity(self) -> int:
        """Return the pieces; one for a party."""
        return self.new.quantity

    @property
    def gross(self) -> Money:
        """Return what the line costs before any coupon."""
        return self.new.gross

    @property
    def total(self) -> Money:
        """Return what the line costs."""
        return self.new.total

    @property
    def may_come_back(self) -> bool:
        """Say whether it may be sent back within seven days without a reason."""
        return self.supply is None or is_returnable(self.supply, is_to_wish=bool(self.wish))


@dataclass(frozen=True, slots=True)
class QuotedPart:
    """What one workshop would hand over in one way, and by when.

    way            what its parcel costs and why; None where the workshop does not send there, and
                   for what is not sent.
    dispatch_on    when the carrier takes it at the town, where parcels are gathered first.
    """

    workshop: WorkshopView
    handover: Handover
    lines: tuple[QuotedLine, ...]
    way: Way | None
    promise: Promise
    dispatch_on: date | None = None

    @property
    def shipping(self) -> Money:
        """Return what its parcel costs; nothing where none is sent."""
        return self.way.fee if self.way else Money(0)

    @property
    def is_out_of_reach(self) -> bool:
        """Say whether the workshop sends nothing to the place that was asked for."""
        return self.handover is Handover.SHIP and self.way is None

    @property
    def promised_on(self) -> date:
        """Return the day by which it leaves, can be fetched or takes place."""
        return self.promise.leaves_on

    @property
    def goods(self) -> Money:
        """Return the sum of its lines."""
        return total([line.total for line in self.lines])

    def as_new(self) -> NewPart:
        """Return the part as an order freezes it."""
        return NewPart(
            workshop_id=self.workshop.id,
            station_id=self.lines[0].station_id,
            handover=self.handover,
            shipping=self.shipping,
            promised_on=self.promised_on,
            lines=tuple(line.new for line in self.lines),
            is_made_first=any(line.is_made_first for line in self.lines),
            dispatch_on=self.dispatch_on,
        )


@dataclass(frozen=True, slots=True)
class QuotedCoupon:
    """The coupon that counts for a cart, and what it takes off."""

    coupon: CouponView
    off: Money


@dataclass(frozen=True, slots=True)
class Quote:
    """A whole cart as it could be ordered now.

    coupon     the one that saves most; its sum is split over the lines it fits.
    code       what the buyer typed; ``unfit`` why it takes nothing off, ``missing`` what the goods
               it fits would have to cost more.
    asked      of which cart, way, place and buyer, and when: whoever asks the same at the same
               instant need not ask again.
    """

    parts: tuple[QuotedPart, ...]
    coupon: QuotedCoupon | None = None
    code: str = ""
    unfit: Unfit | None = None
    missing: Money | None = None
    asked: tuple[str | None, Handover, str | None, str, datetime] | None = None

    @property
    def lines(self) -> tuple[QuotedLine, ...]:
        """Return the lines of all parts."""
        return tuple(line for part in self.parts for line in part.lines)

    @property
    def goods(self) -> Money:
        """Return goods and seats without shipping, before any coupon."""
        return total([line.gross for line in self.lines])

    @property
    def discount(self) -> Money:
        """Return what a coupon takes off."""
        return self.coupon.off if self.coupon else Money(0)

    @property
    def fetched(self) -> Money:
        """Return what the buyer would pay if nothing is sent."""
        return self.goods - self.discount

    @property
    def shipping(self) -> Money:
        """Return what the ways cost, one per parcel."""
        return total([part.shipping for part in self.parts])

    @property
    def total(self) -> Money:
        """Return what the buyer would pay."""
        return self.goods - self.discount + self.shipping

    @property
    def is_orderable(self) -> bool:
        """Say whether there is something, and nothing stands in its way."""
        return bool(self.parts) and not any(line.problem for line in self.lines)

    @property
    def is_sent_by_weight(self) -> bool:
        """Say whether what the way costs depends on where it goes or what it weighs."""
        return any(part.way and part.way.zone for part in self.parts)

    @property
    def has_changed(self) -> bool:
        """Say whether a price or a seller is not the one the buyer saw."""
        return any(line.change for line in self.lines)

    @property
    def to_confirm(self) -> tuple[QuotedLine, ...]:
        """Return the lines that cannot come back, each of which the buyer must agree to first."""
        return tuple(line for line in self.lines if not line.may_come_back)

    @property
    def has_goods(self) -> bool:
        """Say whether anything is to be sent or picked up, so that an address may be needed."""
        return any(line.kind is LineKind.GOODS for line in self.lines)

    @property
    def may_be_picked_up(self) -> bool:
        """Say whether every workshop with goods in it hands over at its own counter."""
        return self.has_goods and all(
            part.workshop.is_pick_up_point
            for part in self.parts
            if part.handover is not Handover.ATTEND
        )

    @property
    def may_be_paid_on_pick_up(self) -> bool:
        """Say whether money can wait for the counter: goods of one workshop, and no seats.

        One counter takes the money of one order; seats keep others out and are paid ahead.
        """
        return self.may_be_picked_up and len(self.parts) == 1


def quote(
    token: str | None,
    *,
    handover: Handover = Handover.SHIP,
    to: str | None = None,
    buyer: str = "",
    now: datetime,
) -> Quote:
    """Return what lies in a cart with today's prices, stock and seats; empty for an unknown one.

    handover    how the buyer wants the goods: sent, or picked up at the workshop.
    to          code of the place it goes to; None while nobody has asked, then each workshop's own
                province counts; empty for an address that names no place we know.
    buyer       her telephone number where she has said it: coupons have limits for each buyer.

    Prices, texts and dates are those that ``selling.place_order`` freezes. Nothing is held yet.
    """
    lying = cart_queries.wished(token, asks=coupons.ANY_AUTOMATIC, free=stock.free_at, now=now)
    wishes = [wish for wish, _facts in lying]
    lines = [*_goods(lying, handover), *_seats(wishes, now)]
    today = business_day(now, SHANGHAI)
    workshops, slow = stations.workshops_with_seasons(
        {line.workshop_id for line in lines}, after=today
    )
    lines = [
        replace(line, change=_change(line, workshops[line.workshop_id].seller_name))
        if line.seen
        else line
        for line in lines
    ]
    queues = orders.minutes_waiting({line.workshop_id for line in lines if line.is_made_first})
    terms = delivery.terms_of(one.id for one in workshops.values() if one.has_delivery_terms)
    grouped: dict[tuple[int, Handover], list[QuotedLine]] = {}
    for line in lines:
        grouped.setdefault((line.workshop_id, line.handover), []).append(line)
    parts = tuple(
        _part(
            workshops[workshop_id],
            way,
            own,
            terms=terms.get(workshop_id, Terms(())),
            to=to,
            promise=_promise(
                way,
                own,
                pace=stations.pace_of(workshops[workshop_id], slow),
                minutes_waiting=queues.get(workshop_id, 0),
                today=today,
            ),
        )
        for (workshop_id, way), own in sorted(grouped.items())
    )
    asked = (token, handover, to, buyer, now)
    code = wishes[0].coupon_code if wishes else ""
    if not code and not any(wish.answer for wish in wishes):
        return Quote(parts, asked=asked)
    return replace(_with_coupon(parts, code, buyer, now), asked=asked)


def _with_coupon(parts: tuple[QuotedPart, ...], code: str, buyer: str, now: datetime) -> Quote:
    """Return the quote with the one coupon that saves most; the buyer's own where two do."""
    offers = [_offer(parts, view, now) for view in coupons.offered(code)]
    offers = _left_for(buyer, offers)
    typed = next((one for one in offers if code and one.view.terms.code == code), None)
    good = [one for one in offers if one.unfit is None]
    best = max(good, key=lambda one: (one.off, one is typed), default=None)
    unfit = None if not code else Unfit.UNKNOWN if typed is None else typed.unfit
    if code and unfit is None and best is not typed:
        unfit = Unfit.LESS_THAN_ANOTHER
    return Quote(
        parts if best is None else _discounted(parts, best),
        coupon=None if best is None else QuotedCoupon(best.view, best.off),
        code=code,
        unfit=unfit,
        missing=typed.missing if typed else None,
    )


@dataclass(frozen=True, slots=True)
class _Offer:
    """What one coupon would take off a cart, or why nothing."""

    view: CouponView
    off: Money
    unfit: Unfit | None
    missing: Money | None = None


def _offer(parts: Sequence[QuotedPart], view: CouponView, now: datetime) -> _Offer:
    goods = total([line.gross for part in parts for line in part.lines if _fits(view, part, line)])
    off = taken_off(view.terms, goods)
    unfit = view.unfit(off, now)
    missing = None
    if unfit is None and not goods:
        unfit = Unfit.OTHER_GOODS
    elif unfit is None and not off:
        unfit, missing = Unfit.TOO_LITTLE, view.terms.least_goods - goods
    return _Offer(view, off, unfit, missing)


def _fits(view: CouponView, part: QuotedPart, line: QuotedLine) -> bool:
    return line.kind is LineKind.GOODS and view.fits(
        workshop_id=part.workshop.id, path=part.workshop.path
    )


def _left_for(buyer: str, offers: list[_Offer]) -> list[_Offer]:
    """Return the offers as they hold for this buyer: some count once, or for a first order."""
    bounded = [one.view.id for one in offers if one.view.terms.most_per_buyer is not None]
    for_new = any(one.view.terms.is_first_order for one in offers if one.unfit is None)
    if not buyer or not (bounded or for_new):
        return offers
    used = coupons.uses_of(buyer, bounded)
    is_known = for_new and orders.has_ordered(buyer)

    def as_hers(one: _Offer) -> _Offer:
        terms = one.view.terms
        if one.unfit is None and terms.is_first_order and is_known:
            return replace(one, unfit=Unfit.NOT_FIRST_ORDER)
        most = terms.most_per_buyer
        if one.unfit is None and most is not None and used.get(one.view.id, 0) >= most:
            return replace(one, unfit=Unfit.USED_BY_BUYER)
        return one

    return [as_hers(one) for one in offers]


def _discounted(parts: Sequence[QuotedPart], offer: _Offer) -> tuple[QuotedPart, ...]:
    fitting = [line for part in parts for line in part.lines if _fits(offer.view, part, line)]
    shares = split(offer.off, [line.gross for line in fitting])
    off = {line.cart_line_id: own for line, own in zip(fitting, shares, strict=True)}
    return tuple(
        replace(
            part,
            lines=tuple(
                replace(
                    line,
                    new=replace(
                        line.new,
                        discount=off[line.cart_line_id],
                        funder=offer.view.funder.value,
                    ),
                )
                if off.get(line.cart_line_id)
                else line
                for line in part.lines
            ),
        )
        for part in parts
    )


def enter_coupon(token: str, code: str, *, now: datetime) -> None:
    """Put a coupon's code into a cart, or take it out when it is empty; safe to repeat.

    code    as it was typed. Whether it takes something off says the next quote.

    Raises CouponUnknown, NotFound for an unknown cart.
    """
    wanted = normal_code(code)[:LONGEST_CODE]
    if wanted and not any(one.terms.code == wanted for one in coupons.offered(wanted)):
        raise CouponUnknown
    carts.note_coupon(token=token, code=wanted, now=now)


def _part(
    workshop: WorkshopView,
    handover: Handover,
    lines: Sequence[QuotedLine],
    *,
    terms: Terms,
    to: str | None,
    promise: Promise,
) -> QuotedPart:
    is_parcel = handover is Handover.SHIP
    dispatch_on = None
    if is_parcel and terms.town_days is not None:
        dispatch_on = workdays.china().after(promise.leaves_on, terms.town_days)
    return QuotedPart(
        workshop=workshop,
        handover=handover,
        lines=tuple(lines),
        way=_way(workshop, lines, terms, to) if is_parcel else None,
        promise=promise,
        dispatch_on=dispatch_on,
    )


def _way(
    workshop: WorkshopView, lines: Sequence[QuotedLine], terms: Terms, to: str | None
) -> Way | None:
    grams = sum(line.grams for line in lines)
    if not terms.zones:
        is_abroad = (to or "").startswith(OUTSIDE)
        return None if is_abroad else Way(workshop.shipping, grams)
    home = workshop.path.strip("/")[:2]
    zone = zone_for(terms.zones, home if to is None else to)
    if zone is None:
        return None
    return way_to(zone, grams=grams, goods=total([line.total for line in lines]))


def note_changes(token: str | None, *, now: datetime) -> None:
    """Take the buyer's word that she has read what changed in her cart; safe to repeat.

    From now on the cart compares with what stands there today.

    Raises NotFound for an unknown cart.
    """
    quoted = quote(token, now=now)
    seen = {
        line.cart_line_id: Seen(line.unit, part.workshop.seller_name)
        for part in quoted.parts
        for line in part.lines
        if line.change
    }
    if token and seen:
        carts.note_seen(token=token, seen=seen, now=now)


def _change(line: QuotedLine, seller: str) -> Change | None:
    seen = line.seen
    if seen is None:
        return None
    # A line that cannot be bought has no price to speak of; its own sentence says why.
    price = seen.unit if seen.unit != line.unit and line.problem is None else None
    before = seen.seller if seen.seller and seen.seller != seller else None
    return Change(price, before) if price is not None or before is not None else None


def _seen(wish: CartLineView) -> Seen | None:
    return None if wish.seen_minor is None else Seen(Money(wish.seen_minor), wish.seen_seller)


def _goods(
    lying: Sequence[tuple[CartLineView, SaleFacts | None]], handover: Handover
) -> list[QuotedLine]:
    sheets = {facts.price_sheet_id for wish, facts in lying if wish.wish and facts is not None}
    options = catalog.custom_options(sheet for sheet in sheets if sheet is not None)
    return [
        _goods_line(wish, facts, options, handover) for wish, facts in lying if facts is not None
    ]


def _goods_line(
    wish: CartLineView,
    facts: SaleFacts,
    options: Mapping[int, tuple[CustomOption, ...]],
    handover: Handover,
) -> QuotedLine:
    chosen, problem = _chosen(wish, options.get(facts.price_sheet_id or 0, ()))
    available = facts.free
    missing = pieces_to_make(
        facts.supply, quantity=wish.quantity, available=available, is_to_wish=bool(wish.wish)
    )
    is_made_first = bool(wish.wish) or (bool(missing) and facts.supply is not Supply.IN_STOCK)
    if not facts.is_buyable:
        problem = Problem.NOT_FOR_SALE
    elif missing and not is_made_first:
        problem = Problem.OUT_OF_STOCK
    return QuotedLine(
        cart_line_id=wish.id,
        workshop_id=facts.workshop_id,
        station_id=facts.station_id,
        handover=handover,
        new=_frozen(wish, facts, chosen, is_made_first=is_made_first),
        size=facts.size,
        color=facts.color,
        color_en=facts.color_en,
        product_id=facts.product_id,
        supply=facts.supply,
        is_made_first=is_made_first,
        wish=chosen,
        available=None if is_made_first else available,
        problem=problem,
        grams=weight_of(facts.grams, wish.quantity),
        seen=_seen(wish),
    )


def _chosen(
    wish: CartLineView, options: Sequence[CustomOption]
) -> tuple[tuple[Chosen, ...], Problem | None]:
    """Return the answers as they stand with today's options, which may have changed meanwhile."""
    try:
        return choose(options, read(wish.wish)), None
    except WishRefused:
        return (), Problem.WISH_REFUSED


def _frozen(
    wish: CartLineView, facts: SaleFacts, chosen: Sequence[Chosen], *, is_made_first: bool
) -> NewLine:
    on_consignment = facts.pay_lane is PayLane.CONSIGNMENT
    extra_cost = total([one.extra.pay + one.extra.material for one in chosen])
    return NewLine(
        kind=LineKind.GOODS,
        variant_id=facts.variant_id,
        sku=facts.sku,
        title=facts.title,
        title_en=facts.title_en,
        unit=facts.unit + price_of(chosen),
        quantity=wish.quantity,
        cost=facts.cost if on_consignment else facts.cost + extra_cost,
        maker_id=facts.maker_id,
        pay_lane=facts.pay_lane.value,
        share_percent=facts.share_percent if on_consignment else None,
        making_minutes=facts.making_minutes + minutes_of(chosen) if is_made_first else 0,
        wish=frozen(chosen),
        may_come_back=is_returnable(facts.supply, is_to_wish=bool(wish.wish)),
    )


def _seats(wishes: Sequence[CartLineView], now: datetime) -> list[QuotedLine]:
    wanted = {wish.session_id: wish for wish in wishes if wish.session_id is not None}
    sessions = bookings.sessions_by_id(wanted, now=now)
    return [
        _seats_line(wish, sessions[session_id], now)
        for session_id, wish in wanted.items()
        if session_id in sessions
    ]


def _seats_line(wish: CartLineView, session: SessionView, now: datetime) -> QuotedLine:
    party, problem = _party(wish)
    price = Money(0)
    if party is not None:
        price = session.price_of(party)
        if not session.is_bookable(now):
            problem = Problem.NOT_BOOKABLE
        elif session.places_left < party.seats:
            problem = Problem.SEATS_GONE
    return QuotedLine(
        cart_line_id=wish.id,
        workshop_id=session.workshop_id,
        station_id=session.station_id,
        handover=Handover.ATTEND,
        new=NewLine(
            kind=LineKind.EXPERIENCE,
            session_id=session.id,
            sku=session.slug[:64],
            title=session.title,
            title_en=session.title_en,
            unit=price,
            quantity=1,
        ),
        available=max(0, session.places_left),
        party=party,
        slug=session.slug,
        session_public_id=session.public_id,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        problem=problem,
        seen=_seen(wish),
    )


def _party(wish: CartLineView) -> tuple[Party | None, Problem | None]:
    try:
        return Party(wish.adults, wish.children, wish.families), None
    except ChildrenAlone:
        return None, Problem.CHILDREN_ALONE
    except NobodyComes:
        return None, Problem.NOBODY_COMES


def _promise(
    handover: Handover,
    lines: Sequence[QuotedLine],
    *,
    pace: Pace,
    minutes_waiting: int,
    today: date,
) -> Promise:
    """Return the session's day, or what the one rule of delivery says of the whole part."""
    if handover is Handover.ATTEND:
        starts = [business_day(line.starts_at, SHANGHAI) for line in lines if line.starts_at]
        return Promise(max(starts, default=today), is_made_first=False)
    own = sum(line.new.making_minutes * line.quantity for line in lines)
    is_made_first = any(line.is_made_first for line in lines)
    return ready_on(
        pace=pace,
        minutes=minutes_waiting + own if is_made_first else None,
        today=today,
        days=workdays.china(),
        by_carrier=handover is Handover.SHIP,
    )
