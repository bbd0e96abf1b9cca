"""The selling half of the demonstration: experiences, sessions, orders on their way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shop.bookings import services as bookings
from shop.bookings.services import ExperiencePrices, ExperienceTexts
from shop.catalog.options import written
from shop.claims.rules import ClaimKind
from shop.demo.world import LESSONS, MEETING_POINT, ROAD_NOTE, Lesson
from shop.kernel.access import SYSTEM, VISITOR
from shop.kernel.clock import business_day, start_of_day
from shop.kernel.money import Money
from shop.orders import carts
from shop.orders import queries as orders
from shop.orders.rules import Contact, Handover, Scan
from shop.payments import gateway as gateways
from shop.payments import queries as payments
from shop.payments.rules import Method, RefundCause, payment_fee
from shop.workflows import claiming, delivering, giving_back, hosting, quoting, refunding, selling
from shop.workflows.selling import PlacedOrder

if TYPE_CHECKING:
    from shop.demo.load import Story

# Prices and costs of the worked example E12, in fen.
INSTRUCTOR, ASSISTANT, KIT, INSURANCE, ROOM = 12000, 6000, 1200, 300, 3000

DAYS_ON_THE_WAY = 4
BACK = "https://dengliang.example/orders"


@dataclass(frozen=True, slots=True)
class Wish:
    """One past order: what was bought, how it was paid, how far it got."""

    days: float
    goods: tuple[tuple[str, int], ...]
    contact: Contact
    seats: tuple[str, int, int, int] | None = None
    handover: Handover = Handover.SHIP
    method: Method = Method.ONLINE
    is_shipped: bool = False
    is_received: bool = False
    woven: dict[str, str] = field(default_factory=dict)


CITY = "重庆市 渝中区"
ORDERS = (
    Wish(
        9,
        (("S-01-37", 1), ("D-02-INDIGO", 1)),
        Contact(phone="13800000001", name="刘女士", region=CITY, address="大溪沟街道双钢路 1 号"),
        is_shipped=True,
        is_received=True,
    ),
    Wish(
        6,
        (("P-02-HORSE", 2),),
        Contact(phone="13800000002", name="何先生", region=CITY, address="人和街 2 号"),
        is_shipped=True,
        is_received=True,
    ),
    Wish(
        2,
        (("D-01", 1), ("P-01-RED", 3)),
        Contact(phone="13800000003", name="赵女士", region=CITY, address="中山四路 3 号"),
    ),
    Wish(
        1,
        (("S-02-28", 1),),
        Contact(phone="13800000004", name="孙女士"),
        handover=Handover.PICK_UP,
        method=Method.PAY_ON_PICK_UP,
    ),
    Wish(
        0.8,
        (("P-01-RED", 6),),
        Contact(phone="13800000009", name="钱女士", region=CITY, address="上清寺路 9 号"),
        method=Method.BANK_TRANSFER,
    ),
    Wish(
        1.5,
        (("S-03-38", 1),),
        Contact(phone="13800000005", name="周女士", region=CITY, address="上清寺路 5 号"),
    ),
    Wish(
        0.5,
        (("S-03-40", 1),),
        Contact(phone="13800000006", name="郑先生", region=CITY, address="大坪正街 6 号"),
        woven={"foot": "25.5", "name": "阿山"},
    ),
)
# Leaves in three parcels over the town, each as far as another.
IN_PARTS = Wish(
    3,
    (("S-01-38", 1), ("P-01-RED", 4)),
    Contact(phone="13800000008", name="林女士", region=CITY, address="观音桥步行街 8 号"),
)
# Bought and cancelled again; her card has expired meanwhile, so the money came back to us.
GIVEN_BACK = Wish(
    3,
    (("P-02-HORSE", 1),),
    Contact(phone="13800000007", name="冯女士", region=CITY, address="观音岩 7 号"),
)
AT_TOWN = 2  # whose parcel lies at the town and waits for its carrier
# What the buyer of something woven to a wish ticked.
AGREED = "我知道：专为我做的，不能无理由退货；有质量问题可以退。"
# What buyers of the first orders brought forward, and how many days ago.
NOT_RIGHT = {
    0: (ClaimKind.RETURN, "", 0.6),
    1: (ClaimKind.FAULTY, "有一个挂件的绳结松开了。", 1),
}


def tell(story: Story) -> None:
    """Offer experiences, hold and settle one, take orders and send some of them."""
    experiences = [_offer(story, lesson) for lesson in LESSONS]
    _hold_sessions(story, experiences)
    for number, wish in enumerate(ORDERS):
        placed = order(story, wish, key=f"demo-order-{number}", session_id=None)
        if number in NOT_RIGHT:
            _bring_forward(story, placed, *NOT_RIGHT[number])
        if number == AT_TOWN:
            (name,) = _pack_for_town(story, placed, {"P-01-RED": 3}, days=1)
            _take_in(story, name, days=0.6)
    _send_in_parts(story)
    _refuse_a_refund(story)


def _bring_forward(story: Story, order_id: int, kind: ClaimKind, words: str, days: float) -> None:
    line = orders.order(order_id).lines[0]
    claiming.open_claim(
        order_id=order_id,
        kind=kind,
        pieces={line.id: 1},
        words=words,
        key=f"demo-claim-{order_id}",
        now=story.ago(days),
    )


def _offer(story: Story, lesson: Lesson) -> int:
    point, point_en = MEETING_POINT
    road, road_en = ROAD_NOTE
    return bookings.create_experience(
        workshop_id=story.workshops["dengliang"],
        slug=lesson.slug,
        texts=ExperienceTexts(
            title=lesson.title,
            title_en=lesson.title_en,
            summary=lesson.summary,
            summary_en=lesson.summary_en,
            bring=lesson.bring,
            bring_en=lesson.bring_en,
            meeting_point=point,
            meeting_point_en=point_en,
            road_note=road,
            road_note_en=road_en,
        ),
        prices=ExperiencePrices(
            adult=Money(lesson.adult),
            child=Money(lesson.child),
            family=Money(lesson.family),
            instructor_fee=Money(INSTRUCTOR),
            assistant_fee=Money(ASSISTANT),
            kit=Money(KIT),
            insurance=Money(INSURANCE),
            room=Money(ROOM),
        ),
        minutes=lesson.minutes,
        min_age=lesson.min_age,
        drawing=lesson.drawing,
        actor=story.people["zhoumin"],
        now=story.ago(40),
    )


def _at(story: Story, days: int, hour: int) -> datetime:
    day = business_day(story.now) + timedelta(days=days)
    return start_of_day(day) + timedelta(hours=hour)


def _hold_sessions(story: Story, experiences: list[int]) -> None:
    pendant, sandals = experiences
    host, helper = story.members["dengliang", "M-001"], story.members["dengliang", "M-004"]
    worker = story.people["zhoumin"]

    def plan(experience: int, days: int, hour: int, *, planned: float) -> int:
        return bookings.plan_session(
            experience_id=experience,
            starts_at=_at(story, days, hour),
            instructor_id=host,
            assistant_id=helper,
            actor=worker,
            now=story.ago(planned),
        )

    # A week ago: the eight guests of the worked example E12, held and settled that evening.
    held = plan(pendant, -7, 14, planned=30)
    for number, party in enumerate(((1, 0, 1), (0, 0, 2), (1, 0, 0))):
        guests = Wish(
            15,
            (),
            Contact(phone=f"1380000001{number}", name="体验客人"),
            seats=("held", *party),
        )
        order(story, guests, key=f"demo-guests-{number}", session_id=held)
    hosting.complete_session(
        session_id=held, actor=worker, now=_at(story, -7, 14) + timedelta(hours=3)
    )
    # Yesterday: held, waiting on the desk to be settled.
    waiting = plan(pendant, -1, 14, planned=30)
    family = Contact(phone="13800000020", name="吴女士")
    order(
        story,
        Wish(5, (), family, seats=("waiting", 2, 0, 1)),
        key="demo-guests-waiting",
        session_id=waiting,
    )
    for days, hour in ((3, 10), (5, 14), (10, 14), (12, 10), (17, 14), (19, 14)):
        plan(pendant, days, hour, planned=1)
    for days in (5, 12, 19):
        plan(sandals, days, 9, planned=1)


def order(story: Story, wish: Wish, *, key: str, session_id: int | None) -> int:
    """Let one past order happen as far as it got; return its id."""
    at = story.ago(wish.days)
    placed = _place(story, wish, key=key, session_id=session_id, at=at)
    if wish.method is Method.ONLINE:
        _pay(placed, key=key, at=at)
    if wish.is_shipped:
        _send(story, placed.order_id, at, is_received=wish.is_received)
    return placed.order_id


def _place(
    story: Story, wish: Wish, *, key: str, session_id: int | None, at: datetime
) -> PlacedOrder:
    cart = carts.cart_for(token=None, user_id=None, now=at)
    for sku, quantity in wish.goods:
        carts.put_goods(
            token=cart,
            variant_id=story.variants[sku],
            quantity=quantity,
            wish=written(wish.woven),
            now=at,
        )
    if wish.seats is not None and session_id is not None:
        _, adults, children, families = wish.seats
        carts.put_seats(
            token=cart,
            session_id=session_id,
            adults=adults,
            children=children,
            families=families,
            now=at,
        )
    quoted = quoting.quote(cart, handover=wish.handover, now=at)
    return selling.place_order(
        cart_token=cart,
        contact=wish.contact,
        method=wish.method,
        expected_total=quoted.total,
        no_return_agreed={line.cart_line_id: AGREED for line in quoted.to_confirm},
        handover=wish.handover,
        key=key,
        actor=VISITOR,
        now=at,
    )


def _pay(placed: PlacedOrder, *, key: str, at: datetime) -> None:
    """Let the pretended provider take the money, so that its list and our books agree."""
    paid_at, house = at + timedelta(minutes=2), gateways.demonstration()
    if house is None:  # a real provider is connected, and it knows nothing of these orders
        payment = payments.payment_by_public_id(placed.payment_public_id)
        assert payment is not None, "an order has just opened its payment"  # noqa: S101 - cannot be
        selling.confirm_payment(
            payment_id=payment.id,
            captured=payment.amount,
            fee=payment_fee(payment.amount),
            provider_ref=key,
            now=paid_at,
        )
        return
    clock = house.clock
    house.clock = lambda: paid_at
    try:
        page = selling.start_payment(
            payment_public_id=placed.payment_public_id, success_url=BACK, cancel_url=BACK, now=at
        )
        house.pay(page.rpartition("/")[2], channel="wechat_pay", will_succeed=True)
        selling.check_payment(payment_public_id=placed.payment_public_id, now=paid_at)
    finally:
        house.clock = clock


def _refuse_a_refund(story: Story) -> None:
    """Let a buyer's bank refuse a refund, so that the desk has one to see to."""
    house = gateways.demonstration()
    if house is None:
        return  # a real provider is connected, and no bank of its refuses for show
    clock, at = house.clock, story.ago(GIVEN_BACK.days)
    house.clock, house.refunds_wait = (lambda: at), True
    try:
        placed = _place(story, GIVEN_BACK, key="demo-given-back", session_id=None, at=at)
        page = selling.start_payment(
            payment_public_id=placed.payment_public_id, success_url=BACK, cancel_url=BACK, now=at
        )
        house.pay(page.rpartition("/")[2], channel="alipay", will_succeed=True)
        payment = selling.check_payment(payment_public_id=placed.payment_public_id, now=at)
        line = orders.order(placed.order_id).lines[0]
        asked = refunding.request_refund(
            order_id=placed.order_id,
            wishes=[refunding.Wish(line.id, line.left)],
            cause=RefundCause.CANCELLED_BY_BUYER,
            actor=SYSTEM,
            key="demo-given-back",
            now=at + timedelta(days=1),
        )
        with house.books() as books:
            (name,) = books.shelf.names("refund")
            books.finish_refund(name, is_paid=False)
        giving_back.take_refund_answer(
            refund_id=asked.refund_id,
            answer=gateways.of(payment.provider).look_up_refund(name),
            now=at + timedelta(days=2),
        )
    finally:
        house.clock, house.refunds_wait = clock, False


def _send_in_parts(story: Story) -> None:
    """Let one parcel leave over the town, one go there, and the rest wait to be packed."""
    placed = order(story, IN_PARTS, key="demo-in-parts", session_id=None)
    (name,) = _pack_for_town(story, placed, {"S-01-38": 1}, days=2.5)
    _take_in(story, name, days=2)
    delivering.send_again(
        parcel_public_id=name,
        carrier="中国邮政",
        tracking="EMS000000801CN",
        postage=Money(720),
        actor=story.people["duchuan"],
        now=story.ago(1.8),
    )
    for days, place, words in (
        (1.5, "城口县", "已揽收"),
        (0.7, "重庆市", "到达重庆渝北处理中心"),
    ):
        delivering.note_scan(
            parcel_public_id=name,
            scan=Scan(story.ago(days), words, place),
            actor=story.people["zhoumin"],
            now=story.ago(days),
        )
    _pack_for_town(story, placed, {"P-01-RED": 2}, days=0.2)


def _pack_for_town(
    story: Story, order_id: int, wanted: dict[str, int], *, days: float
) -> list[str]:
    return [
        delivering.pack_for_town(
            fulfillment_public_id=part.public_id,
            pieces={line.id: wanted[line.sku] for line in part.lines if line.sku in wanted},
            key=f"demo-parcel-{part.id}-{days}",
            actor=story.people["zhoumin"],
            now=story.ago(days),
        )
        for part in orders.order(order_id).parts
        if any(line.sku in wanted for line in part.lines)
    ]


def _take_in(story: Story, parcel: str, *, days: float) -> None:
    delivering.take_in_at_town(
        public_ids=[parcel], actor=story.people["duchuan"], now=story.ago(days)
    )


def _send(story: Story, order_id: int, at: datetime, *, is_received: bool) -> None:
    for part in orders.order(order_id).parts:
        is_own = part.workshop_id == story.workshops["dengliang"]
        worker = story.people["zhoumin" if is_own else "pengli"]
        delivering.send_parcel(
            key=part.public_id,
            fulfillment_public_id=part.public_id,
            carrier="中国邮政",
            tracking=f"EMS{part.id:09d}CN",
            postage=Money(720),
            packing=Money(500),
            actor=worker,
            now=at + timedelta(days=1),
        )
        if is_received:
            delivering.receive_part(
                fulfillment_public_id=part.public_id,
                actor=worker,
                now=at + timedelta(days=DAYS_ON_THE_WAY),
            )
