"""One life of a workshop, told through the services, every sum against the worked examples.

Material and work, shelf, sale, parcel, session, training, return, pay day, year's end; at the end
every ledger balances and every piece is accounted for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.catalog.models import Variant
from shop.catalog.rules import PayLane, Quality
from shop.earnings import queries as earnings
from shop.earnings import years
from shop.earnings.rules import PayChannel, PayoutState, PayRunState
from shop.kernel.access import VISITOR, Actor, Permission
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.ledger.models import LedgerAccount
from shop.orders import carts
from shop.orders import queries as orders
from shop.orders.rules import Contact, Handover, OrderState
from shop.oversight import proof
from shop.payments import queries as payments
from shop.payments.gateway import NullGateway
from shop.payments.rules import Method, RefundCause, RefundState
from shop.production import services as production
from shop.production.rules import Verdict
from shop.stock import queries as stock
from shop.workflows import (
    delivering,
    giving_back,
    hosting,
    making,
    paying,
    quoting,
    refunding,
    selling,
    sharing,
)
from shop.workflows.refunding import Wish
from shop.workflows.selling import PlacedOrder
from tests.builders.accounts import (
    a_bookkeeper,
    a_cashier,
    a_social_worker,
    an_actor,
    an_inspector,
)
from tests.builders.bookings import a_session, an_experience
from tests.builders.funds import TRAINING, a_project, a_sheet
from tests.builders.orders import Goods, some_goods, some_pendants
from tests.builders.production import a_rate
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
JULY, AUGUST = date(2026, 7, 20), date(2026, 8, 5)
MS_LIU = Contact(phone="13800001111", name="刘女士", region="重庆市渝中区", address="民生路 1 号")
FAMILY = Contact(phone="13800002222", name="吴女士", region="重庆市江北区", address="观音桥 2 号")


@dataclass(frozen=True)
class Room:
    """One village room with the people who work in it."""

    workshop_id: int
    worker: Actor
    lead: Actor
    inspector: Actor


def a_village(slug: str, place: int, name: str) -> Room:
    return Room(
        workshop_id=a_workshop(slug=slug, station_id=place, name=name),
        worker=a_social_worker(at=place),
        lead=an_actor(Role.WORKSHOP_LEAD, at=place),
        inspector=an_inspector(at=place),
    )


def rows(source: str, kind: str) -> dict[str, int]:
    """Return one journal row as account to fen: debits are minus, credits plus."""
    db.session.rollback()
    (entry,) = [entry for entry in ledger.entries_of(source) if entry.kind == kind]
    sums: Counter[str] = Counter()
    for line in entry.lines:
        sums[line.account_key] += line.amount.minor
    return dict(sums)


def hand_in(
    room: Room, *, member: int, goods: Goods, verdict: Verdict, now: datetime
) -> tuple[int, Money]:
    """Give work out, take all of it in and inspect it; return the hand-in and the wage."""
    pieces = verdict.passed + verdict.second_grade
    key = f"{goods.sku}:{member}"
    work = production.offer(
        member_id=member,
        variant_id=goods.variant_id,
        quantity=pieces,
        due_on=date(2026, 8, 1),
        key=key,
        actor=room.lead,
        now=now,
    )
    production.accept(work_order_id=work, actor=room.lead, on_behalf=True, now=now)
    slip = production.record_hand_in(
        work_order_id=work, pieces=pieces, key=key, actor=room.lead, now=now
    )
    wage = making.accept_hand_in(
        hand_in_id=slip.id, verdict=verdict, actor=room.inspector, now=now + HOUR
    )
    return slip.id, wage


def buy(
    bank: NullGateway,
    *,
    contact: Contact,
    now: datetime,
    goods: dict[Goods, int] | None = None,
    seats: dict[int, tuple[int, int, int]] | None = None,
) -> PlacedOrder:
    """Fill one cart, order it, pay at the provider and come back."""
    cart = carts.cart_for(token=None, user_id=None, now=now)
    for one, quantity in (goods or {}).items():
        carts.put_goods(token=cart, variant_id=one.variant_id, quantity=quantity, now=now)
    for session, (adults, children, families) in (seats or {}).items():
        carts.put_seats(
            token=cart,
            session_id=session,
            adults=adults,
            children=children,
            families=families,
            now=now,
        )
    placed = selling.place_order(
        cart_token=cart,
        contact=contact,
        method=Method.ONLINE,
        expected_total=quoting.quote(cart, now=now).total,
        key=f"form:{cart}",
        actor=VISITOR,
        now=now,
    )
    selling.start_payment(
        payment_public_id=placed.payment_public_id,
        success_url="https://shop.example/back",
        cancel_url="https://shop.example/cart",
        now=now,
    )
    assert orders.order(placed.order_id).state is OrderState.PLACED
    bank.pay(f"null_{placed.payment_public_id}")
    selling.check_payment(payment_public_id=placed.payment_public_id, now=now)
    assert orders.order(placed.order_id).state is OrderState.PAID
    return placed


def send(placed: PlacedOrder, rooms: dict[int, Room], *, now: datetime) -> None:
    """Let every parcel leave from its own workshop, by its own worker."""
    for part in orders.order(placed.order_id).parts:
        if part.handover is Handover.SHIP:
            delivering.send_parcel(
                key=part.public_id,
                fulfillment_public_id=part.public_id,
                carrier="中国邮政",
                tracking="EMS1",
                postage=Money(720),
                packing=Money(500),
                actor=rooms[part.workshop_id].worker,
                now=now,
            )


def receive(placed: PlacedOrder, *, now: datetime) -> None:
    for part in orders.order(placed.order_id).parts:
        if part.handover is Handover.SHIP:
            delivering.receive_part(fulfillment_public_id=part.public_id, actor=VISITOR, now=now)


def pay_day(room: Room, period_end: date, *, now: datetime) -> dict[int, int]:
    """Prepare, approve, hand out; return what each member got, in fen."""
    place = station_of(room)
    run = paying.prepare_pay_run(
        workshop_id=room.workshop_id, period_end_on=period_end, actor=room.worker, now=now
    )
    paying.approve_pay_run(pay_run_id=run, actor=a_bookkeeper(at=place), now=now)
    if earnings.pay_run_by_id(run).state is PayRunState.REVIEWED:
        paying.confirm_pay_run(pay_run_id=run, actor=an_actor(Role.TOWN_SUPERVISOR), now=now)
    cashier = a_cashier(at=place)
    for slip in earnings.slips(run):
        if slip.state is not PayoutState.CARRIED:
            paying.record_payout(
                pay_slip_id=slip.id, channel=PayChannel.BANK, actor=cashier, now=now
            )
    return {slip.member_id: slip.amount.minor for slip in earnings.slips(run)}


def station_of(room: Room) -> int:
    (reach,) = room.worker.reaches
    return db.session.scalar(
        sa.text("SELECT id FROM stations WHERE path = :path"), {"path": reach.path}
    )


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def second_grade_of(goods: Goods) -> int:
    return db.session.scalars(
        sa.select(Variant.id).where(
            Variant.product_id == goods.product_id, Variant.quality == Quality.SECOND
        )
    ).one()


def on_hand() -> Counter[int]:
    db.session.rollback()
    kept = db.session.execute(sa.text("SELECT variant_id, on_hand FROM stock_items"))
    return Counter({row.variant_id: row.on_hand for row in kept if row.on_hand})


@dataclass(frozen=True)
class Life:
    """Who lives it, what is made, and who owes whom: the names of the worked examples."""

    bank: NullGateway
    noon: datetime
    dengliang: Room
    cizhu: Room
    wang: int
    li: int
    liu: int
    xiang: int
    sandals: Goods
    pendants: Goods
    coasters: Goods
    horse: Goods

    @property
    def rooms(self) -> dict[int, Room]:
        return {room.workshop_id: room for room in (self.dengliang, self.cizhu)}


def a_life(bank: NullGateway, noon: datetime) -> Life:
    """Two villages, their people, what they make."""
    dengliang = a_village("dengliang", a_room(), "灯梁编织坊")
    cizhu = a_village("cizhu", a_room(CIZHU), "茨竹土布坊")
    wang = a_member(name="王秀兰")
    life = Life(
        bank=bank,
        noon=noon,
        dengliang=dengliang,
        cizhu=cizhu,
        wang=wang,
        li=a_member(name="李桂芳"),
        liu=a_member(name="刘小琴"),
        xiang=a_member(workshop_id=cizhu.workshop_id, name="向红英"),
        sandals=some_goods(pieces=0),
        pendants=some_pendants(pieces=0),
        coasters=some_goods(
            fen=4800,
            pay=2310,
            material=600,
            pieces=0,
            minutes=60,
            workshop_id=cizhu.workshop_id,
            title="杯垫四件",
        ),
        horse=some_goods(
            fen=4200,
            pay=2310,
            material=380,
            pieces=0,
            pay_lane=PayLane.CONSIGNMENT,
            share_percent=55,
            maker_id=wang,
            title="生肖挂件",
        ),
    )
    for goods, minutes, material in (
        (life.sandals, 120, 1250),
        (life.pendants, 40, 320),
        (life.coasters, 60, 600),
    ):
        a_rate(product_id=goods.product_id, minutes=minutes, material_fen=material)
    return life


def work_comes_back(life: Life) -> None:
    """18 July. E8: twelve pairs, eleven passed, one of second grade. E3: a pair, two pendants."""
    d, made = life.dengliang.workshop_id, life.noon - 2 * DAY
    verdict = Verdict(passed=11, second_grade=1, reason="鞋底短 4 毫米")
    twelve, wage = hand_in(
        life.dengliang, member=life.wang, goods=life.sandals, verdict=verdict, now=made
    )
    assert wage == Money(50820 + 3234) == Money(54054)
    assert rows(f"hand_in:{twelve}", "acceptance") == {
        f"stock:{d}": -(12 * 1250 + 54054),
        f"material:{d}": 12 * 1250,
        f"wages_payable:member:{life.wang}": 54054,
    }
    e3: Counter[str] = Counter()
    for goods, pieces in ((life.sandals, 1), (life.pendants, 2)):
        one, _ = hand_in(
            life.dengliang, member=life.liu, goods=goods, verdict=Verdict(pieces), now=made
        )
        e3.update(rows(f"hand_in:{one}", "acceptance"))
    assert e3 == {
        f"stock:{d}": -9590,
        f"material:{d}": 1890,
        f"wages_payable:member:{life.liu}": 7700,
    }
    wages = [
        hand_in(room, member=member, goods=goods, verdict=Verdict(pieces), now=made)[1]
        for room, member, goods, pieces in (
            (life.cizhu, life.xiang, life.coasters, 4),
            (life.dengliang, life.wang, life.horse, 2),
        )
    ]
    assert wages == [Money(4 * 2310), Money(0)]  # a share on sale owes no wage
    assert on_hand() == {
        life.sandals.variant_id: 12,
        second_grade_of(life.sandals): 1,
        life.pendants.variant_id: 2,
        life.coasters.variant_id: 4,
        life.horse.variant_id: 2,
    }


def e4_is_sold(life: Life) -> PlacedOrder:
    """20 July. One pair and two pendants: 144.00 and 8.00 for the way."""
    d = life.dengliang.workshop_id
    placed = buy(
        life.bank, contact=MS_LIU, goods={life.sandals: 1, life.pendants: 2}, now=life.noon
    )
    assert rows(f"order:{placed.order_id}", "sale") == {
        f"clearing:{d}": -15109,
        f"fee:{d}": -91,
        f"sales:{d}": 14400,
        f"shipping_income:{d}": 800,
    }
    return placed


def two_workshops_and_two_seats_are_sold_in_one_cart(life: Life, session: int) -> PlacedOrder:
    """20 July. 88 + 42 + 8 + 148 at Dengliang, 2 x 48 + 8 at Cizhu: 390.00, fee 2.34."""
    d, c = life.dengliang.workshop_id, life.cizhu.workshop_id
    placed = buy(
        life.bank,
        contact=FAMILY,
        goods={life.sandals: 1, life.horse: 1, life.coasters: 2},
        seats={session: (0, 0, 1)},
        now=life.noon,
    )
    assert rows(f"order:{placed.order_id}", "sale") == {
        f"clearing:{d}": -(28600 - 172),
        f"fee:{d}": -172,
        f"sales:{d}": 13000,
        f"shipping_income:{d}": 800,
        f"prepayment:{d}": 14800,
        f"consignment_costs:{d}": -2310,
        f"consignment_payable:member:{life.wang}": 2310,
        f"clearing:{c}": -(10400 - 62),
        f"fee:{c}": -62,
        f"sales:{c}": 9600,
        f"shipping_income:{c}": 800,
    }
    assert len(orders.order(placed.order_id).parts) == 3
    return placed


def parcels_leave_and_arrive(life: Life, e4: PlacedOrder, mixed: PlacedOrder) -> None:
    """21 to 23 July. E4 shipped, then settled by the channel; the share still waits."""
    d, noon = life.dengliang.workshop_id, life.noon
    for placed in (e4, mixed):
        send(placed, life.rooms, now=noon + DAY)
        receive(placed, now=noon + 3 * DAY)
    (parcel,) = orders.order(e4.order_id).parts[0].parcels
    assert rows(f"parcel:{parcel.id}", "shipment") == {
        f"cost_of_goods:{d}": -9590,
        f"stock:{d}": 9590,
        f"packing:{d}": -500,
        f"packing_stock:{d}": 500,
        f"postage:{d}": -720,
        f"bank:{d}": 720,
    }
    payment = payments.payment_of_order(e4.order_id)
    giving_back.settle_channel(
        payment_id=payment.id, actor=life.dengliang.worker, now=noon + 3 * DAY
    )
    assert rows(f"payment:{payment.id}", "channel_settled") == {
        f"bank:{d}": -15109,
        f"clearing:{d}": 15109,
    }
    assert earnings.pots(life.wang, now=noon + 3 * DAY).waiting == Money(2310)


def everything_of_e4_comes_back(life: Life, e4: PlacedOrder) -> None:
    """26 July, after pay day. E5: without a reason, intact; no wage is touched."""
    d, now = life.dengliang.workshop_id, life.noon + 6 * DAY
    back = refunding.request_refund(
        order_id=e4.order_id,
        wishes=[Wish(line.id, line.left) for line in orders.order(e4.order_id).lines],
        cause=RefundCause.NO_REASON_RETURN,
        are_goods_back=True,
        actor=life.dengliang.worker,
        key="back",
        now=now,
    )
    assert (back.amount, back.state) == (Money(14400), RefundState.SETTLED)
    e5 = Counter(rows(f"refund:{back.refund_id}", "refund"))
    e5.update(rows(f"refund:{back.refund_id}", "goods_back"))
    assert e5 == {
        f"sales_returns:{d}": -14400,
        f"stock:{d}": -9590,
        f"bank:{d}": 14400,
        f"cost_of_goods:{d}": 9590,
    }
    pots = earnings.pots(life.liu, now=now)
    assert (pots.paid, pots.sure) == (Money(7700), Money(0))


def e12_is_held(life: Life, session: int, guests: list[PlacedOrder]) -> None:
    """27 July. 640.00 leave 306.15; the instructor's fee is hers the same evening."""
    d, evening = life.dengliang.workshop_id, life.noon + 7 * DAY + 3 * HOUR
    first = rows(f"order:{guests[0].order_id}", "sale")
    assert first == {f"clearing:{d}": -24452, f"fee:{d}": -148, f"prepayment:{d}": 24600}
    held = hosting.complete_session(session_id=session, actor=life.dengliang.worker, now=evening)
    assert held.guests == 8
    income = rows(f"session:{session}", "session_held")
    costs = rows(f"session:{session}", "session_costs")
    assert income == {f"prepayment:{d}": -64000, f"session_income:{d}": 64000}
    assert costs == {
        f"session_costs:{d}": -15000,
        f"instructor_costs:{d}": -18000,
        f"kits:{d}": 9600,
        f"bank:{d}": 5400,
        f"wages_payable:member:{life.wang}": 12000,
        f"wages_payable:member:{life.li}": 6000,
    }
    fees = sum(rows(f"order:{one.order_id}", "sale")[f"fee:{d}"] for one in guests)
    left = income[f"session_income:{d}"] + fees
    left += costs[f"session_costs:{d}"] + costs[f"instructor_costs:{d}"]
    assert left == 30615
    assert earnings.pots(life.wang, now=evening).sure == Money(12000)
    assert earnings.pots(life.li, now=evening).sure == Money(6000)


def e8_was_trained(life: Life) -> None:
    """13 to 15 July. Three days at 50.00 from project P-03, which received 2,000.00."""
    project = a_project(
        workshop_id=life.dengliang.workshop_id, actor=life.dengliang.worker, now=life.noon
    )
    sheet = a_sheet(project_id=project, attended={life.wang: TRAINING}, now=life.noon)
    assert rows(f"allowance:{sheet}", "project_allowance") == {
        f"project_fund:project:{project}": -15000,
        f"wages_payable:member:{life.wang}": 15000,
    }
    assert ledger.balance(f"project_fund:project:{project}") == Money(185_000)


def e17_is_decided(life: Life) -> None:
    """January. 18,600.00 less 600.00: 1,800.00 to the reserve, 16,200.00 to the members."""
    d = life.dengliang.workshop_id
    january = life.noon.replace(year=2027, month=1, day=8)
    drawn_up = years.draw_up(
        workshop_id=d,
        year=2026,
        surplus_of_year=Money(1_860_000),
        old_loss=Money(60_000),
        reserve_percent=10,
        patronage_percent=70,
        accounts={},
        actor=life.dengliang.worker,
        now=january,
    )
    plan = years.year(drawn_up, scope=life.dengliang.worker.scope(Permission.PREPARE_PAY)).id
    bookkeeper, meeting = a_bookkeeper(), january + 20 * DAY
    years.open_papers(plan_id=plan, meeting_on=meeting.date(), actor=bookkeeper, now=january)
    sharing.decide(
        plan_id=plan, votes_for=3, votes_against=0, words="", actor=bookkeeper, now=meeting
    )
    assert rows(f"year:{plan}", "surplus") == {
        f"surplus:{d}": -1_860_000,
        f"old_loss:{d}": 60_000,
        f"reserve:{d}": 180_000,
        f"patronage_payable:{d}": 1_134_000,
        f"account_share_payable:{d}": 486_000,
    }


def everything_is_accounted_for(life: Life, *, now: datetime) -> None:
    """Nothing disagrees, every pot is what the ledger owes, every piece is somewhere."""
    assert findings() == []
    for member in (life.wang, life.li, life.liu, life.xiang):
        pots = earnings.pots(member, now=now)
        owed = ledger.balances(
            [f"wages_payable:member:{member}", f"consignment_payable:member:{member}"]
        )
        assert pots.sure + pots.waiting == sum(owed.values(), Money(0))
    accounts = db.session.scalars(sa.select(LedgerAccount.key)).all()
    assert sum(amount.minor for amount in ledger.balances(accounts).values()) == 0
    free = {variant: left for variant, left in stock.available(on_hand(), now).items() if left}
    assert free == on_hand()  # nothing is left promised to anybody


@pytest.mark.usefixtures("app")
def test_a_workshop_lives_a_year_and_every_fen_and_piece_is_accounted_for(bank, noon):
    life = a_life(bank, noon)
    worker, wang, li, liu = life.dengliang.worker, life.wang, life.li, life.liu
    lesson = an_experience()
    full = a_session(now=noon, experience_id=lesson, instructor_id=wang, assistant_id=li)
    small = a_session(now=noon, experience_id=lesson, starts_at=noon + 8 * DAY, instructor_id=wang)

    work_comes_back(life)
    e8_was_trained(life)
    everything_is_accounted_for(life, now=noon)
    e4 = e4_is_sold(life)
    mixed = two_workshops_and_two_seats_are_sold_in_one_cart(life, small)
    guests = [
        buy(bank, contact=FAMILY, seats={full: party}, now=noon)
        for party in ((1, 0, 1), (0, 0, 2), (1, 0, 0))
    ]
    assert findings() == []
    parcels_leave_and_arrive(life, e4, mixed)
    assert pay_day(life.dengliang, JULY, now=noon + 3 * DAY) == {wang: 69054, liu: 7700}
    assert pay_day(life.cizhu, JULY, now=noon + 3 * DAY) == {life.xiang: 9240}
    everything_of_e4_comes_back(life, e4)
    e12_is_held(life, full, guests)
    hosting.complete_session(session_id=small, actor=worker, now=noon + 9 * DAY)
    assert ledger.balance(f"prepayment:{life.dengliang.workshop_id}") == Money(0)
    assert earnings.pots(wang, now=noon + 9 * DAY).waiting == Money(2310)
    delivering.complete_due(now=noon + 11 * DAY)  # the mixed order's return window is over
    assert orders.order(mixed.order_id).state is OrderState.COMPLETED
    pots = earnings.pots(wang, now=noon + 11 * DAY)
    assert (pots.sure, pots.waiting) == (Money(12000 + 12000 + 2310), Money(0))
    assert pay_day(life.dengliang, AUGUST, now=noon + 18 * DAY) == {wang: 26310, li: 6000}

    everything_is_accounted_for(life, now=noon + 19 * DAY)
    assert [earnings.pots(m, now=noon + 19 * DAY).paid.minor for m in (wang, li, liu)] == [
        69054 + 26310,
        6000,
        7700,
    ]
    e17_is_decided(life)
    february = noon.replace(year=2027, month=2, day=8)
    assert pay_day(life.dengliang, date(2027, 2, 5), now=february) == {
        wang: 1384054,
        li: 103334,
        liu: 132612,
    }
    everything_is_accounted_for(life, now=february)
    assert on_hand() == {
        life.sandals.variant_id: 11,  # twelve good pairs, two sold, one back
        second_grade_of(life.sandals): 1,
        life.pendants.variant_id: 2,  # two sold, two back
        life.coasters.variant_id: 2,
        life.horse.variant_id: 1,
    }
