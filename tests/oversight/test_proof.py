"""Every check of ``shop check`` is seen to fail: one planted fault each, named to the row.

The world is built once by the services. A fault is planted into a temporary copy of its table,
which hides the real one until the end of the test: there no constraint and no trigger stands in
its way, and nothing needs mending afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.accounts import services as accounts
from shop.accounts.rules import Role
from shop.claims.rules import ClaimKind
from shop.earnings import queries as earnings
from shop.earnings import years
from shop.earnings.rules import PayChannel
from shop.invoices import services as invoices
from shop.invoices.rules import InvoiceWish, TitleKind
from shop.kernel.access import SYSTEM
from shop.kernel.db import db, sqlite_module
from shop.kernel.money import Money
from shop.ledger import services as ledger
from shop.media import checks as media_checks
from shop.orders import queries as orders
from shop.orders import services as orders_of
from shop.orders.rules import Contact
from shop.oversight import proof
from shop.payments import services as payments
from shop.payments.rules import RefundCause
from shop.production.rules import Verdict
from shop.programs import hooks
from shop.programs.rules import HookKind, OrderTold, PartTold
from shop.reviews import services as reviews
from shop.reviews.rules import HidingReason
from shop.shelves import services as shelves
from shop.shelves.services import ShelfWords
from shop.workflows import (
    claiming,
    closing,
    delivering,
    disputing,
    forgetting,
    hosting,
    making,
    paying,
    quoting,
    refunding,
    sharing,
)
from shop.workflows.refunding import Wish
from tests.builders.accounts import (
    PASSWORD,
    a_buyer,
    a_cashier,
    a_social_worker,
    a_user,
    an_actor,
    an_inspector,
)
from tests.builders.bookings import WEEK, a_session
from tests.builders.coupons import a_coupon
from tests.builders.delivery import some_zones
from tests.builders.earnings import AFTER_JULY, a_deduction, a_pay_run, an_account
from tests.builders.funds import TRAINING, a_project, a_sheet
from tests.builders.ledger import an_entry
from tests.builders.messages import a_message
from tests.builders.orders import (
    Goods,
    a_bank,
    a_cart,
    a_paid_order,
    an_order,
    pay,
    some_goods,
)
from tests.builders.payments import a_dispute
from tests.builders.production import a_craft, a_hand_in
from tests.builders.programs import a_token
from tests.builders.reviews import a_review
from tests.builders.stations import BEGINNING, CIZHU, a_member, a_room, a_workshop

NOON = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TABLE = re.compile(r"\b(?:UPDATE|FROM|INTO)\s+([a-z_]+)")


@dataclass(frozen=True)
class World:
    """A small true state, and the ids of its rows by the names the faults use."""

    app: Flask
    ids: dict[str, object]


def _id(query: str, **values: object) -> object:
    db.session.rollback()
    return db.session.execute(sa.text(query), values).scalars().first()


def _people() -> dict[str, object]:
    room = a_room()
    operator, inspector = an_actor(Role.OPERATOR), an_inspector()
    login = "zhoumin"
    user = a_user(login=login)
    accounts.sign_in(login=login, password=PASSWORD, device="a phone", now=NOON)
    return {
        "room": room,
        "inspector": inspector.user_id,
        "user": user,
        "grant": accounts.grant(
            user_id=user, role=Role.SOCIAL_WORKER, station_id=room, actor=operator, now=BEGINNING
        ),
        "sign_in": _id("SELECT id FROM sign_ins"),
        "token": a_token(now=NOON, station_id=room, actor=operator)
        and _id("SELECT id FROM program_tokens"),
    }


def _made() -> dict[str, object]:
    maker, craft = a_member(), a_craft()
    inspected = a_hand_in(now=NOON - DAY, craft=craft, member_id=maker)
    making.accept_hand_in(
        hand_in_id=inspected,
        verdict=Verdict(passed=11, second_grade=1, reason="鞋底短 4 毫米"),
        actor=SYSTEM,
        now=NOON - DAY,
    )
    waiting = a_hand_in(now=NOON, craft=craft, member_id=maker, pieces=3)
    deduction = a_deduction(member_id=maker, now=NOON, agrees=True)
    run = a_pay_run(workshop_id=craft.workshop_id)
    (slip,) = earnings.slips(run)
    paying.record_payout(
        pay_slip_id=slip.id, channel=PayChannel.BANK, actor=a_cashier(), now=AFTER_JULY
    )
    project = a_project(workshop_id=craft.workshop_id)
    sheet = a_sheet(project_id=project, attended={maker: TRAINING})
    return {
        "maker": maker,
        "other_maker": a_member(name="陈明珍"),
        "stranger": a_member(workshop_id=_cizhu(), name="向红英"),
        "craft": craft.product_id,
        "craft_variant": craft.variant_id,
        "inspected": inspected,
        "waiting": waiting,
        "work": _id("SELECT work_order_id FROM hand_ins WHERE id = :id", id=inspected),
        "slip": slip.id,
        "deduction": deduction,
        "run": run,
        "payee": an_account(member_id=maker),
        "year": _a_year(craft.workshop_id),
        "project": project,
        "sheet": sheet,
        "earning": _id("SELECT id FROM earnings WHERE member_id = :id", id=maker),
    }


def _a_year(workshop: int) -> object:
    """Return a year that the members decided on."""
    january = AFTER_JULY.replace(year=2027, month=1)
    drawn_up = years.draw_up(
        workshop_id=workshop,
        year=2026,
        surplus_of_year=Money(100_000),
        old_loss=Money(0),
        reserve_percent=10,
        patronage_percent=70,
        accounts={},
        actor=a_social_worker(),
        now=AFTER_JULY,
    )
    plan = _id("SELECT id FROM year_plans WHERE public_id = :p", p=drawn_up)
    assert isinstance(plan, int)
    day = january.date() + 20 * DAY
    bookkeeper = an_actor(Role.BOOKKEEPER)
    years.open_papers(plan_id=plan, meeting_on=day, actor=bookkeeper, now=january)
    sharing.decide(
        plan_id=plan,
        votes_for=2,
        votes_against=0,
        words="",
        actor=bookkeeper,
        now=january + 20 * DAY,
    )
    return plan


def _cizhu() -> int:
    return a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹土布坊")


def _told(part: object) -> tuple[object, object]:
    """Tell the program of the room about one part; return both numbers."""
    program = _id("SELECT id FROM programs")
    hooks.open_hook(
        program_id=program,
        url="https://program.example.cn/",
        kinds=[HookKind.PART_SHIPPED],
        actor=SYSTEM,
        now=NOON,
    )
    hooks.write(
        hook_id=_id("SELECT id FROM hooks"),
        kind=HookKind.PART_SHIPPED,
        data=OrderTold(
            "N-1",
            "paid",
            (PartTold(_id("SELECT public_id FROM fulfillments WHERE id = :id", id=part), "paid"),),
        ),
        event_id=_id("SELECT MIN(id) FROM events"),
        happened_at=NOON,
        now=NOON,
    )
    return program, _id("SELECT id FROM hook_messages")


def _sold() -> dict[str, object]:
    goods = some_goods(pieces=20)
    host = a_member(name="李桂芳")
    held = a_session(now=NOON, instructor_id=host)
    later = a_session(now=NOON, starts_at=NOON + 4 * WEEK, instructor_id=host)
    unpaid = an_order(now=NOON, goods={goods: 1}, seats={later: (1, 0, 0)})
    paid = a_paid_order(now=NOON, goods={goods: 4}, seats={later: (0, 0, 1)})
    done = a_paid_order(now=NOON, goods={goods: 2})
    a_paid_order(now=NOON, seats={held: (1, 0, 0)})
    (part,) = orders.order(done.order_id).parts
    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="邮政",
        tracking="1",
        actor=SYSTEM,
        now=NOON,
    )
    delivering.receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=NOON)
    delivering.complete_due(now=NOON + 2 * WEEK)
    hosting.complete_session(session_id=held, actor=SYSTEM, now=NOON + WEEK)
    line = next(line for line in orders.order(paid.order_id).lines if line.variant_id)
    said = a_review(now=NOON + DAY, number=done.number)
    reviews.answer_review(public_id=said, text="谢谢", actor=a_social_worker(), now=NOON + DAY)
    hidden = _a_hidden_review(goods)
    claiming.open_claim(
        order_id=done.order_id,
        kind=ClaimKind.FAULTY,
        pieces={orders.order(done.order_id).lines[0].id: 1},
        words="有破洞",
        key="claim",
        now=NOON + DAY,
    )
    refunding.request_refund(
        order_id=paid.order_id,
        wishes=[Wish(line.id, 1)],
        cause=RefundCause.CANCELLED_BY_BUYER,
        actor=SYSTEM,
        key="one back",
        now=NOON,
    )
    disputed = a_paid_order(now=NOON, goods={goods: 1})
    disputed_payment = _id("SELECT id FROM payments WHERE order_id = :o", o=disputed.order_id)
    disputing.take_dispute(
        payment_id=disputed_payment, said=a_dispute(now=NOON, fee=1500), now=NOON
    )
    events = [
        payments.receive_event(provider="null", external_id=name, kind="paid", payload={}, now=NOON)
        for name in ("evt_1", "evt_2")
    ]
    a_message(now=NOON, key="world:1", subject=f"order:{paid.order_id}")
    message = _id("SELECT id FROM messages WHERE key = 'world:1'")
    of = "SELECT id FROM {} WHERE owner = :owner AND state = :state"
    owner = f"order:{paid.order_id}"
    return {
        "message": message,
        "sending": _id("SELECT id FROM sendings WHERE message_id = :m", m=message),
        "delivery": _id("SELECT min(id) FROM deliveries WHERE reaction LIKE '%tell_order_paid'"),
        "goods": goods.product_id,
        "variant": goods.variant_id,
        "item": _id("SELECT id FROM stock_items WHERE variant_id = :v", v=goods.variant_id),
        "unpaid": unpaid.order_id,
        "paid": paid.order_id,
        "done": done.order_id,
        "part": part.id,
        "paid_part": _id("SELECT id FROM fulfillments WHERE order_id = :o", o=paid.order_id),
        "line": line.id,
        "done_line": orders.order(done.order_id).lines[0].id,
        "hold_held": _id(of.format("holds"), owner=f"order:{unpaid.order_id}", state="held"),
        "hold_paid": _id(of.format("holds"), owner=owner, state="allocated"),
        "hold_shipped": _id(of.format("holds"), owner=f"order:{done.order_id}", state="shipped"),
        "booking_held": _id(of.format("bookings"), owner=f"order:{unpaid.order_id}", state="held"),
        "booking_paid": _id(of.format("bookings"), owner=owner, state="paid"),
        "booking_over": _id("SELECT id FROM bookings WHERE session_id = :s", s=held),
        "experience": _id("SELECT min(id) FROM experiences"),
        "session": later,
        "held_session": held,
        "payment": _id("SELECT id FROM payments WHERE order_id = :o", o=paid.order_id),
        "returned": _id("SELECT MAX(id) FROM returns"),
        "refund": _id("SELECT id FROM refunds"),
        "review": _id("SELECT id FROM reviews WHERE public_id = :r", r=said),
        "hidden": _id("SELECT id FROM reviews WHERE public_id = :r", r=hidden),
        "shelf": _a_shelf(goods),
        "claim": _id("SELECT id FROM claims"),
        "claimed_line": orders.order(done.order_id).lines[0].id,
        "total": _id("SELECT category || '/' || facet || '/' || value FROM offer_totals"),
        "disputed_payment": disputed_payment,
        "dispute": _id("SELECT id FROM disputes"),
        "event": events[0],
        "other_event": events[1],
        "sale": _id("SELECT id FROM entries WHERE kind = 'sale' AND source = :o", o=owner),
    }


def _gone() -> dict[str, object]:
    """A buyer who closed her account long after her order had come."""
    phone = "13700000009"
    placed = an_order(now=NOON, contact=Contact(phone=phone, name="刘女士", address="民生路"))
    pay(placed, now=NOON)
    (part,) = orders.order(placed.order_id).parts
    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="邮政",
        tracking="1",
        actor=SYSTEM,
        now=NOON,
    )
    delivering.receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=NOON)
    delivering.complete_due(now=NOON + 2 * WEEK)
    gone = a_buyer(contact=phone, now=NOON).user_id
    orders_of.claim(order_id=placed.order_id, user_id=gone, now=NOON)
    forgetting.close_account(user_id=gone, now=NOON + 2 * WEEK)
    return {"gone": gone, "forgotten": placed.order_id}


def _a_hidden_review(goods: Goods) -> str:
    name = a_review(now=NOON + DAY, goods=goods, stars=1)
    first, second = a_social_worker(), a_social_worker()
    hiding = reviews.propose_hiding(
        public_id=name, reason=HidingReason.ABUSE, note="骂人", actor=first, now=NOON + DAY
    )
    reviews.confirm_hiding(public_id=hiding, actor=second, now=NOON + DAY)
    return name


def _a_shelf(goods: Goods) -> object:
    words = ShelfWords(
        title="端午", title_en="", words="艾草和凉鞋", words_en="", picture="shelf_moon",
        starts_on=NOON.date(), ends_on=NOON.date() + 9 * DAY,
    )  # fmt: skip
    slug = shelves.put_up(station_id=goods.station_id, words=words, actor=SYSTEM, now=NOON)
    shelf = _id("SELECT id FROM shelves WHERE slug = :s", s=slug)
    shelves.add_goods(shelf_id=shelf, product_id=goods.product_id, actor=SYSTEM, now=NOON)
    return shelf


@pytest.fixture(scope="module")
def world(database) -> Iterator[World]:
    database.empty()
    app: Flask = database.app
    with app.app_context(), a_bank():
        ids = {**_people(), **_made(), **_sold(), **_gone()}
        original = an_entry(now=NOON, kind="opening", source="opening:1")
        ids["reversal"] = ledger.reverse(
            entry_id=original, source="correction:1", happened_at=NOON, actor=SYSTEM, now=NOON
        )
        ids["program"], ids["message"] = _told(ids["part"])
        ids["sales"] = _id("SELECT id FROM ledger_accounts WHERE kind = 'sales'")
        ids["sales_key"] = _id("SELECT key FROM ledger_accounts WHERE kind = 'sales'")
        ids["other_workshop"] = _cizhu()
        some_zones(workshop_id=_cizhu(), now=NOON)
        ids["coupon"] = a_coupon(now=NOON, code="PROOF20")
        cart = a_cart(now=NOON, goods={some_goods(): 2})
        quoting.enter_coupon(cart, "PROOF20", now=NOON)
        ids["couponed"] = an_order(now=NOON, cart=cart).order_id
        invoices.ask(
            order_id=ids["couponed"],
            wish=InvoiceWish(TitleKind.PERSONAL, "刘女士"),
            workshops={_cizhu(): ids["room"]},
            now=NOON,
        )
        ids["invoice"] = _id("SELECT id FROM invoices")
        ids["other_station"] = a_room(CIZHU)
        ids["room_code"] = _id("SELECT code FROM stations WHERE id = :id", id=ids["room"])
        closing.seal_days(now=NOON + timedelta(days=3))
        ids["sealed_day"], ids["next_day"] = db.session.scalars(
            sa.text("SELECT day FROM seals WHERE stream = 'ledger' ORDER BY id LIMIT 2")
        )
        ids["event_day"] = _id("SELECT day FROM seals WHERE stream = 'events'")
        ids["happened"] = _id("SELECT MIN(id) FROM events")
        ids["noon"] = NOON.replace(tzinfo=None).isoformat(sep=" ")
        db.session.remove()
    yield World(app, ids)
    database.empty()


@pytest.fixture
def inside(world) -> Iterator[World]:
    with world.app.app_context():
        yield world
        db.session.rollback()
        db.session.remove()


def plant(fault: str, ids: dict[str, object]) -> None:
    """Break one table in a copy that hides the real one, as long as the transaction lasts."""
    home = "main" if on_sqlite() else "public"
    for statement in fault.split(";"):
        table = TABLE.search(statement)
        assert table is not None
        if table[1] not in db.session.info.setdefault("shadowed", set()):
            db.session.execute(
                sa.text(f"CREATE TEMPORARY TABLE {table[1]} AS SELECT * FROM {home}.{table[1]}")
            )
            db.session.info["shadowed"].add(table[1])
        asked = sa.text(statement)
        touched = db.session.execute(asked, {n: ids[n] for n in asked.compile().params})
        assert touched.rowcount >= 1, f"nothing was broken: {statement}"


@pytest.fixture(autouse=True)
def _nothing_shadowed(inside) -> Iterator[None]:
    db.session.info.pop("shadowed", None)
    yield
    db.session.info.pop("shadowed", None)


# (the promise of the check, how to break it, the row it must name)
APPEAL = (
    "INSERT INTO appeals (hand_in_id, station_id, state, words, on_behalf,"
    " said_at, second_to_passed, rejected_to_passed, rejected_to_second, answer, decided_at)"
    " SELECT h.id, h.station_id, '{state}', '', false, h.counted_at,"
    " 1, {raised}, 0, '', h.counted_at FROM hand_ins h WHERE h.id = :inspected"
)
FAULTS = [
    ("what buyers are told of has its message or waits for it",
     "DELETE FROM deliveries WHERE reaction LIKE '%tell_order_paid'", "order:{paid}"),
    ("what buyers are told of has its message or waits for it",
     "UPDATE deliveries SET state = 'done' WHERE reaction LIKE '%tell_order_paid'",
     "order:{paid}"),
    ("no message was lost before it was written",
     "UPDATE deliveries SET state = 'dead' WHERE id = :delivery", "delivery:{delivery}"),
    ("every message goes some way to its person",
     "DELETE FROM sendings WHERE message_id = :message", "message:{message}"),
    ("every message goes some way to its person",
     "DELETE FROM sending_addresses WHERE sending_id = :sending", "sending:{sending}"),
    ("nothing keeps the words of a code that has left",
     ("UPDATE messages SET kind = 'code' WHERE id = :message;"
      "UPDATE sendings SET state = 'sent' WHERE message_id = :message"), "message:{message}"),
    ("every token of a program ends, and is for something",
     "UPDATE program_tokens SET expires_at = '2036-01-01 00:00:00' WHERE id = :token",
     "token:{token}"),
    ("every token of a program ends, and is for something",
     "UPDATE program_tokens SET scopes = 'everything' WHERE id = :token", "token:{token}"),
    ("no program is told of another place's orders",
     "UPDATE programs SET station_id = :other_station WHERE id = :program", "message:{message}"),
    ("no token reaches further than who made it could",
     "UPDATE program_tokens SET made_by_id = :inspector WHERE id = :token", "token:{token}"),
    ("every count is the sum of its movements",
     "UPDATE stock_items SET on_hand = on_hand + 1 WHERE id = :item", "stock_item:{item}"),
    ("every count is the sum of its movements",
     "DELETE FROM movements WHERE stock_item_id = :item", "stock_item:{item}"),
    ("nothing is promised twice and nothing is below zero",
     "UPDATE stock_items SET held = on_hand - allocated + 1 WHERE id = :item",
     "stock_item:{item}"),
    ("nothing is promised twice and nothing is below zero",
     "UPDATE stock_items SET allocated = -1 WHERE id = :item", "stock_item:{item}"),
    ("every promise has its hold",
     "UPDATE holds SET quantity = quantity + 1 WHERE id = :hold_held", "stock_item:{item}"),
    ("every promise has its hold",
     "UPDATE stock_items SET allocated = allocated + 1 WHERE id = :item", "stock_item:{item}"),
    ("every hold ends once, in one way",
     "UPDATE holds SET ended_at = held_at WHERE id = :hold_held", "hold:{hold_held}"),
    ("every hold ends once, in one way",
     "UPDATE holds SET ended_at = NULL WHERE id = :hold_shipped", "hold:{hold_shipped}"),
    ("No session seats more guests than it has places",
     "UPDATE experience_sessions SET booked = booked - 1 WHERE id = :session",
     "session:{session}"),
    ("No session seats more guests than it has places",
     "UPDATE experience_sessions SET capacity = 2 WHERE id = :session", "session:{session}"),
    ("No session seats more guests than it has places",
     "DELETE FROM bookings WHERE id = :booking_paid", "session:{session}"),
    ("Each booking ends once, in one way",
     "UPDATE bookings SET ended_at = held_at WHERE id = :booking_paid", "booking:{booking_paid}"),
    ("Each booking ends once, in one way",
     "UPDATE bookings SET state = 'paid', ended_at = NULL WHERE id = :booking_over",
     "booking:{booking_over}"),
    ("who has a second factor is signed in with it",
     "INSERT INTO totp_secrets (user_id, confirmed_at) VALUES (:user, :noon)",
     "sign_in:{sign_in}"),
    ("a closed account names nobody",
     "UPDATE users SET name = '刘女士' WHERE id = :gone", "user:{gone}"),
    ("a closed account names nobody",
     "UPDATE users SET active = (1 = 1) WHERE id = :gone", "user:{gone}"),
    ("a closed account names nobody",
     "UPDATE sign_ins SET ended_at = NULL WHERE user_id = :gone", "user:{gone}"),
    ("a closed account names nobody",
     "INSERT INTO buyer_contacts (user_id, address) VALUES (:gone, '137')", "user:{gone}"),
    ("a closed account names nobody",
     "INSERT INTO buyer_addresses (user_id, address) VALUES (:gone, '民生路')", "user:{gone}"),
    ("a closed account names nobody",
     "INSERT INTO passkeys (user_id, device) VALUES (:gone, 'iPhone')", "user:{gone}"),
    ("a closed account names nobody",
     "INSERT INTO sign_in_codes (user_id, address) VALUES (:gone, '137')", "user:{gone}"),
    ("Nobody who is gone is in an order that is over",
     "INSERT INTO order_buyers (order_id, user_id) VALUES (:done, :gone)", "order:{done}"),
    ("Nobody who is gone is in an order that is over",
     "INSERT INTO carts (id, user_id) VALUES (7007, :gone)", "cart:7007"),
    ("nobody who is gone keeps favorites",
     "INSERT INTO favorites (user_id, product_id) VALUES (:gone, :goods)", "user:{gone}"),
    ("what was forgotten of a buyer stays forgotten",
     "INSERT INTO order_contacts (order_id, phone) VALUES (:forgotten, '137')",
     "order:{forgotten}"),
    ("what was forgotten of a buyer stays forgotten",
     ("INSERT INTO messages (id, subject) VALUES (7001, 'order:' || CAST(:forgotten AS TEXT));"
     "INSERT INTO sendings (id, message_id) VALUES (7002, 7001);"
     "INSERT INTO sending_addresses (sending_id, address) VALUES (7002, '137')"),
     "order:{forgotten}"),
    ("One form key opens at most one order",
     "UPDATE orders SET key = 'twice' WHERE id IN (:paid, :unpaid)", "order:twice"),
    ("One form key opens at most one order",
     "UPDATE orders SET number = 'N-1' WHERE id IN (:paid, :unpaid)", "order:N-1"),
    ("An order's state follows from its facts",
     "UPDATE orders SET paid_at = NULL WHERE id = :paid", "order:{paid}"),
    ("An order's state follows from its facts",
     "UPDATE orders SET paid_at = placed_at WHERE id = :unpaid", "order:{unpaid}"),
    ("An order's state follows from its facts",
     "UPDATE orders SET completed_at = NULL WHERE id = :done", "order:{done}"),
    ("A completed order has no part on its way",
     "UPDATE fulfillments SET state = 'shipped' WHERE id = :part", "fulfillment:{part}"),
    ("Never more comes back than was sold",
     "UPDATE order_lines SET returned = returned + 1, cancelled = cancelled + 1 WHERE id = :line",
     "order_line:{line}"),
    ("Pieces leave in parcels, each once",
     "UPDATE order_lines SET sent = sent - 1 WHERE id = :done_line", "order_line:{done_line}"),
    ("Pieces leave in parcels, each once",
     "UPDATE parcel_lines SET quantity = 9 WHERE order_line_id = :done_line",
     "order_line:{done_line}"),
    ("A part has left when its last piece has",
     "UPDATE fulfillments SET state = 'placed' WHERE id = :part", "fulfillment:{part}"),
    ("Never more comes back than was sold",
     "UPDATE order_lines SET refunded_minor = 1 WHERE id = :done_line", "order_line:{done_line}"),
    ("Never more comes back than was sold",
     ("UPDATE order_lines SET returned = 5 WHERE id = :line;"
     "UPDATE returns SET quantity = 5 WHERE order_line_id = :line"), "order_line:{line}"),
    ("Totals are the sums of their rows",
     "UPDATE order_lines SET total_minor = total_minor + 1 WHERE id = :line",
     "order_line:{line}"),
    ("Totals are the sums of their rows",
     "UPDATE fulfillments SET goods_minor = goods_minor + 1 WHERE id = :part",
     "fulfillment:{part}"),
    ("Totals are the sums of their rows",
     "UPDATE orders SET total_minor = total_minor - 1 WHERE id = :paid", "order:{paid}"),
    ("A payment's state follows from its money and its times",
     "UPDATE payments SET state = 'open' WHERE id = :payment", "payment:{payment}"),
    ("A payment's state follows from its money and its times",
     "UPDATE payments SET succeeded_at = NULL WHERE id = :payment", "payment:{payment}"),
    ("Each provider event takes effect at most once",
     "UPDATE provider_events SET external_id = 'evt_1' WHERE id = :other_event",
     "provider_event:evt_1"),
    ("Each provider event takes effect at most once",
     "UPDATE provider_events SET state = 'applied' WHERE id = :event", "provider_event:{event}"),
    ("Refunds never exceed what was captured",
     "UPDATE payments SET refunded_minor = refunded_minor - 1 WHERE id = :payment",
     "payment:{payment}"),
    ("Refunds never exceed what was captured",
     ("UPDATE refunds SET amount_minor = 99999999 WHERE id = :refund;"
     "UPDATE payments SET refunded_minor = 99999999 WHERE id = :payment"), "payment:{payment}"),
    ("Refunds never exceed what was captured",
     "UPDATE payments SET pending_refund_minor = 1 WHERE id = :payment", "payment:{payment}"),
    ("What was captured is what the buyer agreed to",
     "UPDATE payments SET captured_minor = captured_minor - 1 WHERE id = :payment",
     "payment:{payment}"),
    ("every entry balances",
     ("UPDATE postings SET amount_minor = amount_minor + 1 WHERE id IN"
     " (SELECT MIN(id) FROM postings WHERE entry_id = :sale)"), "entry:{sale}"),
    ("every entry balances", "DELETE FROM postings WHERE entry_id = :sale", "entry:{sale}"),
    ("all accounts together are zero",
     ("UPDATE balances SET amount_minor = amount_minor + 1 WHERE account_id = :sales AND shard IN"
     " (SELECT MIN(shard) FROM balances WHERE account_id = :sales)"), "currency:CNY"),
    ("every balance is the sum of its postings",
     "UPDATE balances SET amount_minor = amount_minor + 1 WHERE account_id = :sales",
     "account:{sales_key}"),
    ("every balance is the sum of its postings",
     "DELETE FROM postings WHERE account_id = :sales", "account:{sales_key}"),
    ("every reversal is an exact mirror",
     "UPDATE postings SET amount_minor = amount_minor * 2 WHERE entry_id = :reversal",
     "entry:{reversal}"),
    ("work orders count what was handed in and decided",
     "UPDATE work_orders SET done = done + 1 WHERE id = :work", "work_order:{work}"),
    ("work orders count what was handed in and decided",
     "DELETE FROM inspections WHERE hand_in_id = :inspected", "work_order:{work}"),
    ("every inspection adds up to its hand-in",
     "UPDATE inspections SET passed = passed + 1 WHERE hand_in_id = :inspected",
     "hand_in:{inspected}"),
    ("every inspection adds up to its hand-in",
     "UPDATE hand_ins SET state = 'inspected' WHERE id = :waiting", "hand_in:{waiting}"),
    ("every hand-in belongs to the work it answers",
     "UPDATE hand_ins SET member_id = :other_maker WHERE id = :inspected", "hand_in:{inspected}"),
    ("accepted work has its frozen rate",
     "UPDATE work_orders SET rate_minor = 0 WHERE id = :work", "work_order:{work}"),
    ("accepted work has its frozen rate",
     "UPDATE work_orders SET accepted_at = NULL WHERE id = :work", "work_order:{work}"),
    ("every earning stands in the ledger once",
     "UPDATE earnings SET amount_minor = amount_minor + 1 WHERE id = :earning",
     "member:{maker}"),
    ("every earning stands in the ledger once",
     "DELETE FROM earnings WHERE id = :earning", "member:{maker}"),
    ("every earning stands in the ledger once",
     "DELETE FROM entries WHERE kind = 'acceptance'", "member:{maker}"),
    ("every payout stands in the ledger once",
     "UPDATE pay_slips SET amount_minor = amount_minor + 1 WHERE id = :slip", "pay_slip:{slip}"),
    ("every payout stands in the ledger once",
     "DELETE FROM entries WHERE kind = 'payout'", "pay_slip:{slip}"),
    ("every payout stands in the ledger once",
     "UPDATE pay_slips SET state = 'pending' WHERE id = :slip", "pay_slip:{slip}"),
    ("a member's pots are what the ledger owes her",
     "UPDATE pay_slips SET state = 'pending' WHERE id = :slip", "member:{maker}"),
    ("every pay slip is the sum of its earnings",
     "UPDATE earnings SET amount_minor = amount_minor - 1 WHERE id = :earning",
     "pay_slip:{slip}"),
    ("every pay slip is the sum of its earnings",
     "UPDATE earnings SET pay_slip_id = NULL WHERE id = :earning", "pay_slip:{slip}"),
    ("a slip takes what is agreed to, within its caps",
     "UPDATE pay_slips SET amount_minor = gross_minor WHERE id = :slip", "pay_slip:{slip}"),
    ("a slip takes what is agreed to, within its caps",
     "UPDATE takings SET amount_minor = amount_minor - 1", "pay_slip:{slip}"),
    ("a slip takes what is agreed to, within its caps",
     "UPDATE adjustments SET member_id = :other_maker WHERE id = :deduction", "pay_slip:{slip}"),
    ("an adjustment's rest is what its slips leave",
     "UPDATE adjustments SET left_minor = 1 WHERE id = :deduction", "adjustment:{deduction}"),
    ("an adjustment's rest is what its slips leave",
     "UPDATE adjustments SET state = 'refused' WHERE id = :deduction", "adjustment:{deduction}"),
    ("an adjustment's rest is what its slips leave",
     "UPDATE adjustments SET decided_by_id = NULL WHERE id = :deduction",
     "adjustment:{deduction}"),
    ("every advance stands in the ledger",
     "UPDATE adjustments SET kind = 'advance' WHERE id = :deduction", "member:{maker}"),
    ("project money in the books is what came in less what was agreed",
     "UPDATE fund_receipts SET amount_minor = amount_minor + 1", "funded_project:{project}"),
    ("project money in the books is what came in less what was agreed",
     "UPDATE allowance_sheets SET state = 'proposed' WHERE id = :sheet",
     "funded_project:{project}"),
    ("no project spends more than came in for it",
     "UPDATE fund_receipts SET amount_minor = 14999", "funded_project:{project}"),
    ("a sheet pays each member her days, once",
     "UPDATE allowance_sheets SET amount_minor = amount_minor + 1 WHERE id = :sheet",
     "allowance_sheet:{sheet}"),
    ("a sheet pays each member her days, once",
     "UPDATE allowance_days SET member_id = :other_maker WHERE sheet_id = :sheet",
     "allowance_sheet:{sheet}"),
    ("a sheet pays each member her days, once",
     "UPDATE allowance_days SET counts = FALSE WHERE sheet_id = :sheet",
     "allowance_sheet:{sheet}"),
    ("every sheet was agreed to by a second person",
     "UPDATE allowance_sheets SET decided_by_id = NULL WHERE id = :sheet",
     "allowance_sheet:{sheet}"),
    ("every pay run is the sum of its slips",
     "UPDATE pay_runs SET total_minor = total_minor + 1 WHERE id = :run", "pay_run:{run}"),
    ("an earning is stamped with one slip, its member's",
     "UPDATE earnings SET member_id = :other_maker WHERE id = :earning", "earning:{earning}"),
    ("a year's surplus is shared as the rule says",
     "UPDATE year_shares SET refund_minor = refund_minor + 1", "year_plan:{year}"),
    ("a year's surplus is shared as the rule says",
     "UPDATE year_plans SET surplus_minor = 0 WHERE id = :year", "year_plan:{year}"),
    ("a year's surplus is shared as the rule says",
     "UPDATE year_plans SET opened_by_id = NULL WHERE id = :year", "year_plan:{year}"),
    ("a year's surplus is shared as the rule says",
     "DELETE FROM year_shares", "year_plan:{year}"),
    ("every member was credited her share of a decided year",
     "UPDATE year_plans SET state = 'open' WHERE id = :year", "year_plan:{year}"),
    ("every member was credited her share of a decided year",
     "DELETE FROM earnings WHERE kind = 'patronage_refund'", "year_plan:{year}"),
    ("a bank account is the one that two people typed",
     "UPDATE payee_accounts SET number = 'x' WHERE id = :payee", "payee_account:{payee}"),
    ("a bank account is the one that two people typed",
     "UPDATE payee_accounts SET tail = '0000' WHERE id = :payee", "payee_account:{payee}"),
    ("a bank account is the one that two people typed",
     "UPDATE payee_accounts SET digest = 'x' WHERE id = :payee", "payee_account:{payee}"),
    ("every bank account was agreed to by a second person",
     "UPDATE payee_accounts SET decided_by_id = NULL WHERE id = :payee",
     "payee_account:{payee}"),
    ("money left only after a second person approved",
     "UPDATE pay_runs SET approved_by_id = prepared_by_id WHERE id = :run", "pay_slip:{slip}"),
    ("money left only after a second person approved",
     "UPDATE pay_runs SET approved_by_id = NULL WHERE id = :run", "pay_slip:{slip}"),
    ("the town confirmed every run above its limit",
     "UPDATE pay_runs SET town_limit_minor = total_minor - 1 WHERE id = :run", "pay_run:{run}"),
    ("what is on sale has a price that a second person approved",
     "UPDATE price_sheets SET approved_at = NULL WHERE product_id = :goods", "product:{goods}"),
    ("what is on sale has a price that a second person approved",
     "UPDATE products SET price_sheet_id = NULL WHERE id = :goods", "product:{goods}"),
    ("a listing shows the price of its sheet",
     "UPDATE products SET price_minor = price_minor - 1 WHERE id = :goods", "product:{goods}"),
    ("products, variants and makers belong to one workshop",
     "UPDATE variants SET workshop_id = :other_workshop WHERE id = :variant",
     "variant:{variant}"),
    ("products, variants and makers belong to one workshop",
     "UPDATE products SET maker_id = :stranger WHERE id = :goods", "product:{goods}"),
    ("products, variants and makers belong to one workshop",
     "UPDATE products SET station_id = :other_station WHERE id = :goods", "product:{goods}"),
    ("every station's path follows the tree",
     "UPDATE stations SET path = '/elsewhere/' WHERE id = :room", "station:{room}"),
    ("nobody gave a role beyond her own reach",
     "UPDATE grants SET granted_by_id = :inspector WHERE id = :grant", "grant:{grant}"),
    ("nobody holds a role twice at one place",
     ("INSERT INTO grants (id, user_id, role, station_id, granted_at) SELECT id + 1000, user_id,"
     " role, station_id, granted_at FROM grants WHERE id = :grant"), "user:{user}"),
    ("nobody who is switched off is signed in",
     "UPDATE users SET active = FALSE WHERE id = :user", "sign_in:{sign_in}"),
    ("a paid order has its payment",
     "DELETE FROM payments WHERE id = :payment", "order:{paid}"),
    ("a paid order has its payment",
     "UPDATE payments SET state = 'failed' WHERE id = :payment", "order:{paid}"),
    ("captured money belongs to an order or is on its way back",
     "UPDATE orders SET state = 'cancelled' WHERE id = :paid", "payment:{payment}"),
    ("what was captured is the total of its order",
     "UPDATE payments SET captured_minor = captured_minor - 1 WHERE id = :payment",
     "order:{paid}"),
    ("holds agree with their orders",
     "UPDATE holds SET state = 'held' WHERE id = :hold_paid", "hold:{hold_paid}"),
    ("holds agree with their orders",
     "UPDATE orders SET state = 'cancelled' WHERE id = :unpaid", "hold:{hold_held}"),
    ("bookings agree with their orders",
     "UPDATE bookings SET state = 'held' WHERE id = :booking_paid", "booking:{booking_paid}"),
    ("bookings agree with their orders",
     "UPDATE orders SET state = 'cancelled' WHERE id = :unpaid", "booking:{booking_held}"),
    ("every paid order stands in the ledger once",
     "DELETE FROM entries WHERE id = :sale", "order:{paid}"),
    ("every refund stands in the ledger once",
     "DELETE FROM entries WHERE kind = 'refund'", "refund:{refund}"),
    ("A refused refund is tried once at a time",
     "UPDATE refunds SET again_of_id = id WHERE id = :refund", "refund:{refund}"),
    ("What a bank disputes is kept for it once",
     "UPDATE payments SET disputed_minor = disputed_minor + 1 WHERE id = :disputed_payment",
     "payment:{disputed_payment}"),
    ("What a bank disputes is kept for it once",
     "UPDATE disputes SET state = 'won' WHERE id = :dispute", "payment:{disputed_payment}"),
    ("fees of disputes stand in the ledger",
     "UPDATE disputes SET fee_minor = fee_minor + 1 WHERE id = :dispute", "dispute:{dispute}"),
    ("fees of disputes stand in the ledger",
     "DELETE FROM entries WHERE kind = 'dispute_fee'", "dispute:{dispute}"),
    ("every dispute stands in the ledger as it was decided",
     "DELETE FROM entries WHERE kind = 'dispute_opened'", "dispute:{dispute}"),
    ("every dispute stands in the ledger as it was decided",
     "UPDATE disputes SET state = 'lost' WHERE id = :dispute", "dispute:{dispute}"),
    ("Money given back by hand has two people and proof",
     "UPDATE refunds SET way = 'cash' WHERE id = :refund", "refund:{refund}"),
    ("A claim stands where its last step brought it",
     "UPDATE claims SET state = 'withdrawn' WHERE id = :claim", "claim:{claim}"),
    ("Open claims are about no more than was bought",
     "UPDATE claim_lines SET quantity = 99 WHERE claim_id = :claim", "line:{claimed_line}"),
    ("every replacement has its pieces and its entry",
     "UPDATE claims SET state = 'replaced' WHERE id = :claim", "claim:{claim}"),
    ("claims agree with their refunds",
     "UPDATE claims SET refund_id = :refund WHERE id = :claim", "claim:{claim}"),
    ("A transfer is money once two people saw it",
     "UPDATE payments SET method = 'bank_transfer' WHERE id = :payment", "payment:{payment}"),
    ("returns are refunded when their money went back",
     "UPDATE refunds SET settled_at = NULL WHERE id = :refund", "return:{returned}"),
    ("returns are refunded when their money went back",
     "UPDATE returns SET state = 'asked' WHERE id = :returned", "return:{returned}"),
    ("every held session stands in the ledger once",
     "DELETE FROM entries WHERE kind = 'session_held'", "session:{held_session}"),
    ("every sealed day of the books is as it was sealed",
     "UPDATE postings SET amount_minor = 2 * amount_minor", "seal:ledger:{sealed_day}"),
    ("every sealed day of the books is as it was sealed",
     "DELETE FROM seals WHERE stream = 'ledger' AND day = :sealed_day", "seal:ledger:{next_day}"),
    ("every sealed day of what happened is as it was sealed",
     "UPDATE events SET facts = 'none' WHERE id = :happened", "seal:events:{event_day}"),
    ("the search index says what is on sale, word by word",
     "UPDATE products SET title = 'another' WHERE id = :goods", "product:{goods}"),
    ("the search index says what is on sale, word by word",
     "UPDATE products SET state = 'paused' WHERE id = :goods", "product:{goods}"),
    ("A name that has served is gone from its invoice",
     "UPDATE invoice_requests SET forgotten_at = asked_at WHERE order_id = :couponed",
     "order:{couponed}"),
    ("Every written invoice has its number and its sum",
     "UPDATE invoices SET written_at = '2026-07-20' WHERE id = :invoice", "invoice:{invoice}"),
    ("A coupon counts its uses",
     "UPDATE coupons SET used = used + 1 WHERE id = :coupon", "coupon:{coupon}"),
    ("A coupon counts its uses",
     "UPDATE coupon_uses SET given_back_at = used_at WHERE coupon_id = :coupon",
     "coupon:{coupon}"),
    ("No coupon is used beyond its limits",
     "UPDATE coupons SET most_uses = 0 WHERE id = :coupon", "coupon:{coupon}"),
    ("No coupon is used beyond its limits",
     "UPDATE coupons SET most_per_buyer = 0 WHERE id = :coupon", "coupon:{coupon}"),
    ("Two people made every coupon that counts",
     "UPDATE coupons SET approved_at = NULL WHERE id = :coupon", "coupon:{coupon}"),
    ("Totals are the sums of their rows",
     "UPDATE orders SET discount_minor = discount_minor + 1 WHERE id = :couponed",
     "order:{couponed}"),
    ("A place belongs to one zone of a workshop",
     "UPDATE delivery_zones SET regions = '50' WHERE workshop_id = :other_workshop",
     "workshop:{other_workshop}"),
    ("Goods are shown with the least their way costs",
     "UPDATE workshops SET shipping_minor = 1 WHERE id = :other_workshop",
     "workshop:{other_workshop}"),
    ("Goods are shown with the least their way costs",
     "UPDATE workshops SET has_delivery_terms = false WHERE id = :other_workshop",
     "workshop:{other_workshop}"),
    ("every shelf can be found by its name",
     "UPDATE search_entries SET kind = 'shelf' WHERE subject_id = :experience",
     "shelf:{experience}"),
    ("Every experience can be found by its name",
     "UPDATE experiences SET title = 'another' WHERE id = :experience",
     "experience:{experience}"),
    ("every workshop can be found by its name",
     "DELETE FROM deliveries WHERE reaction LIKE '%enter_workshop'",
     "workshop:{other_workshop}"),
    ("every accepted hand-in owes its wage",
     "DELETE FROM earnings WHERE id = :earning", "hand_in:{inspected}"),
    ("every accepted piece is in stock",
     ("UPDATE movements SET quantity = quantity - 1 WHERE reason = 'received' AND source ="
     " 'hand_in:' || :inspected AND quantity > 1"), "hand_in:{inspected}"),
    ("every objection that was right owes its difference",
     APPEAL.format(state="upheld", raised=0), "hand_in:{inspected}"),
    ("every piece accepted at a second look is in stock",
     APPEAL.format(state="kept", raised=1), "hand_in:{inspected}"),
    ("every passed piece has the code of a label",
     "DELETE FROM piece_codes WHERE hand_in_id = :inspected", "hand_in:{inspected}"),
    ("lists know when a piece is free",
     "UPDATE products SET ready_at = NULL WHERE id = :goods", "product:{goods}"),
    ("lists show what is on sale as it is, and count it right",
     "UPDATE offers SET price_minor = price_minor - 1 WHERE product_id = :goods",
     "product:{goods}"),
    ("lists show what is on sale as it is, and count it right",
     "DELETE FROM offers WHERE product_id = :goods", "product:{goods}"),
    ("lists show what is on sale as it is, and count it right",
     "UPDATE offer_totals SET total = total + 1", "total:{total}"),
    ("every product counts the hearts that it has",
     "INSERT INTO loves (product_id, network) VALUES (:goods, 'one')", "product:{goods}"),
    ("every place knows how many workshops it has",
     "UPDATE workshop_totals SET workshops = workshops + 1 WHERE code = :room_code",
     "place:{room_code}"),
    ("a shelf holds goods of its own place only",
     "UPDATE shelves SET station_id = :other_station WHERE id = :shelf", "shelf:{shelf}"),
    ("everything on a shelf has its place",
     "UPDATE shelf_goods SET position = 4 WHERE shelf_id = :shelf", "shelf:{shelf}"),
    ("every count of reviews is the sum of its rows",
     "UPDATE tallies SET five = five + 1 WHERE product_id = :goods", "product:{goods}"),
    ("every card shows what its reviews add up to",
     "UPDATE products SET rating_sum = rating_sum + 1 WHERE id = :goods", "product:{goods}"),
    ("a hidden review has two people and a reason",
     "UPDATE reviews SET hidden_reason = NULL WHERE id = :hidden", "review:{hidden}"),
    ("a hidden review has two people and a reason",
     "UPDATE hidings SET confirmed_by_id = proposed_by_id WHERE review_id = :hidden",
     "review:{hidden}"),
    ("the answer shown is the last one written",
     "UPDATE reviews SET answer = 'another' WHERE id = :review", "review:{review}"),
    ("a review shows the pictures of its room",
     "UPDATE reviews SET picture_count = 1 WHERE id = :review", "review:{review}"),
]  # fmt: skip
# A trigger, or files on a shelf: planted in tests of their own.
NEEDS_NO_ROW = {
    "the database refuses to change what is booked",
    "the database refuses to delete what buyers said",
    *(check.promise for check in media_checks.CHECKS),
}


def on_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def check_named(promise: str):
    (found,) = [check for check in proof.CHECKS if check.promise == promise]
    return found


def test_a_true_database_has_nothing_to_say(inside):
    told: list[str] = []

    assert proof.prove(tell=told.append) == []
    assert len(told) == len(proof.CHECKS)
    assert all(line.startswith("✓") for line in told)


def test_every_check_has_a_planted_fault():
    planted = {promise for promise, _, _ in FAULTS} | NEEDS_NO_ROW
    assert planted == {check.promise for check in proof.CHECKS}


@pytest.mark.parametrize(
    ("promise", "fault", "row"),
    [pytest.param(*one, id=f"{one[0]}: {one[1][:60]}") for one in FAULTS],
)
def test_a_planted_fault_is_found_and_its_row_named(inside, promise, fault, row):
    plant(fault, inside.ids)

    found = list(check_named(promise).run())

    assert row.format(**inside.ids) in {finding.subject for finding in found}
    assert all(finding.detail for finding in found)


@pytest.mark.parametrize("table", ["entries", "postings", "seals"])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_missing_guard_of_the_books_is_found(inside, table, verb):
    trigger = f"{table}_refuse_{verb}"
    on = "" if on_sqlite() else f" ON {table}"
    db.session.execute(sa.text(f"DROP TRIGGER {trigger}{on}"))

    found = list(check_named("the database refuses to change what is booked").run())

    assert [(f.subject, f.detail) for f in found] == [
        (f"table:{table}", f"the database would take an {verb.upper()}")
    ]


@pytest.mark.parametrize(
    ("table", "verb"), [("reviews", "delete"), ("answers", "update"), ("answers", "delete")]
)
def test_a_missing_guard_of_what_buyers_said_is_found(inside, table, verb):
    trigger = f"{table}_refuse_{verb}"
    on = "" if on_sqlite() else f" ON {table}"
    db.session.execute(sa.text(f"DROP TRIGGER {trigger}{on}"))

    found = list(check_named("the database refuses to delete what buyers said").run())

    assert [f.subject for f in found] == [f"trigger:{trigger}"]


def test_the_proof_tells_the_code_and_the_row_of_what_disagrees(inside):
    plant("UPDATE stock_items SET on_hand = on_hand + 1 WHERE id = :item", inside.ids)
    told: list[str] = []

    found = proof.prove(tell=told.append)

    assert [f.code for f in found] == ["S1"]
    assert any(line.startswith("✗ S1") for line in told)
    assert any(f"stock_item:{inside.ids['item']}" in line for line in told)


@pytest.fixture
def shown(inside):
    db.session.rollback()
    rows = db.session.execute(sa.text("SELECT key, number FROM orders ORDER BY id"))
    return [(row.key, row.number) for row in rows]


def prove_against(tmp_path, lines):
    file = tmp_path / "acknowledged.txt"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [(f.code, f.subject) for f in proof.prove(tell=lambda _: None, acknowledged=file)]


def test_what_buyers_were_shown_stands_exactly_once(shown, tmp_path):
    lines = [f"{key} {number}" for key, number in shown]

    assert len(lines) >= 4
    assert prove_against(tmp_path, [*lines, "", lines[0]]) == []  # a page may be shown twice


def test_an_acknowledged_order_that_is_gone_is_found(shown, tmp_path):
    assert prove_against(tmp_path, ["form-gone 260720-AAAAA"]) == [("P6", "key:form-gone")]


def test_an_acknowledged_order_with_another_number_is_found(shown, tmp_path):
    key = shown[0][0]
    assert prove_against(tmp_path, [f"{key} 260720-AAAAA"]) == [("P6", f"key:{key}")]


def test_one_key_that_was_shown_two_numbers_is_found(shown, tmp_path):
    (key, number), (_, other) = shown[:2]
    assert prove_against(tmp_path, [f"{key} {number}", f"{key} {other}"]) == [
        ("P1", f"key:{key}"),
        ("P6", f"key:{key}"),
    ]


def test_an_acknowledged_order_that_stands_twice_is_found(shown, tmp_path, inside):
    (key, number), (_, other) = shown[:2]
    plant("UPDATE orders SET number = 'N-1' WHERE id IN (:paid, :unpaid)", inside.ids)
    assert ("P1", "order:N-1") in prove_against(tmp_path, [f"{key} {number}", f"x{key} {other}"])


def test_a_line_that_says_nothing_is_named(shown, tmp_path):
    assert prove_against(tmp_path, ["only-one-word"]) == [("P6", "line:1")]


def test_the_proof_shows_one_moment_although_selling_goes_on(inside, shown, tmp_path):
    db.session.rollback()
    key, number = shown[0]
    file = tmp_path / "acknowledged.txt"
    file.write_text(f"{key} {number}\n", encoding="utf-8")
    other = sa.create_engine(db.engine.url, module=sqlite_module()) if on_sqlite() else db.engine
    raised = sa.text("UPDATE pay_runs SET total_minor = total_minor + 1")
    lowered = sa.text("UPDATE pay_runs SET total_minor = total_minor - 1")

    def meanwhile(line: str) -> None:
        if "every count is the sum of its movements" in line:
            file.write_text("form-of-later 260720-LATER\n", encoding="utf-8")
            with other.begin() as connection:
                connection.execute(raised)

    try:
        assert proof.prove(tell=meanwhile, acknowledged=file) == []
        db.session.rollback()
        assert [f.subject for f in proof.prove(tell=lambda _: None)] == [
            f"pay_run:{inside.ids['run']}"
        ]
    finally:
        db.session.rollback()
        with other.begin() as connection:
            connection.execute(lowered)
