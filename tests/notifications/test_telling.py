from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask_babel import force_locale, gettext

from shop.earnings import adjustments, payees
from shop.earnings.netting import AdjustmentKind
from shop.kernel.access import SYSTEM
from shop.kernel.db import db, transaction
from shop.kernel.i18n import CHINESE, ENGLISH
from shop.kernel.money import Money
from shop.notifications import gateway
from shop.notifications import queries as told_of
from shop.notifications import services as telling
from shop.notifications.rules import SHORT, Channel, Kind, segments_of
from shop.orders import queries as orders
from shop.orders import services as orders_kept
from shop.orders.rules import Handover
from shop.payments.rules import Method, RefundCause
from shop.workflows import delivering, hosting, refunding
from shop.workflows.refunding import Wish
from tests.builders.accounts import a_social_worker
from tests.builders.bookings import a_session
from tests.builders.earnings import AFTER_JULY, a_deduction, a_pay_run, an_account, an_earning
from tests.builders.messages import told
from tests.builders.orders import MS_LIU, a_bank, a_paid_order, an_order, pay, some_goods
from tests.builders.stations import a_member, a_workshop

pytestmark = pytest.mark.usefixtures("app", "bank")
DAY = timedelta(days=1)
LONGEST_IN_CHINESE = 66  # beside the name of the house, which the provider sets in front


@pytest.fixture
def bank():
    with a_bank() as opened:
        yield opened


def test_whoever_pays_when_fetching_is_told_when_and_where_and_an_online_order_only_when_paid(noon):
    an_order(now=noon)
    fetched = an_order(now=noon, method=Method.PAY_ON_PICK_UP, handover=Handover.PICK_UP)
    (text,) = told(noon, Kind.PLACED)
    assert fetched.number in text
    assert "现场付¥88.00" in text
    assert told(noon, Kind.PAID) == []


def test_a_mixed_order_is_told_with_its_seats_and_seats_alone_as_a_booking(noon):
    session = a_session(now=noon)
    mixed = a_paid_order(now=noon, goods={some_goods(): 1}, seats={session: (1, 0, 0)})
    seats = a_paid_order(now=noon, seats={session: (1, 0, 0)})
    (text,) = told(noon, Kind.PAID)
    assert mixed.number in text
    (said,) = [
        one.letter for one in told_of.told(f"order:{mixed.order_id}") if one.kind is Kind.PAID
    ]
    assert "编一个小挂件" in [label for label, _ in said.rows]
    (text,) = told(noon, Kind.BOOKED)
    assert seats.number in text
    assert "编一个小挂件" in text


def test_what_lies_ready_to_fetch_is_told_and_what_travels_only_when_it_leaves(noon):
    fetched = a_paid_order(now=noon, handover=Handover.PICK_UP)
    sent = a_paid_order(now=noon)
    for placed in (fetched, sent):
        (part,) = orders.order(placed.order_id).parts
        delivering.pack_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=noon)
    (text,) = told(noon, Kind.READY)
    assert fetched.number in text


def test_money_that_goes_back_is_told_once_it_is_there(noon):
    placed = a_paid_order(now=noon)
    (line,) = orders.order(placed.order_id).lines
    refunding.request_refund(
        order_id=placed.order_id,
        wishes=[Wish(line.id, 1)],
        cause=RefundCause.CANCELLED_BY_BUYER,
        actor=SYSTEM,
        key="back",
        now=noon,
    )
    assert len(told(noon, Kind.REFUNDED)) + len(told(noon, Kind.REFUND_COMES)) == 1


def test_an_unpaid_order_that_a_person_ends_is_told(noon):
    placed = an_order(now=noon)
    with transaction():
        orders_kept.cancel(order_id=placed.order_id, actor=SYSTEM, now=noon)
    (text,) = told(noon, Kind.CANCELLED)
    assert "没有扣款" in text


def test_everybody_booked_hears_that_a_session_is_called_off_also_at_night_if_it_is_soon(noon):
    soon = a_session(now=noon, starts_at=noon + 20 * timedelta(hours=1))
    later = a_session(now=noon, starts_at=noon + 20 * DAY)
    for session in (soon, later):
        for _ in range(2):
            a_paid_order(now=noon, seats={session: (1, 0, 0)})
    told(noon, Kind.BOOKED)
    night = noon + timedelta(hours=11)  # 23:00 in Shanghai
    for session in (soon, later):
        hosting.cancel_session(
            session_id=session, cause=RefundCause.WEATHER, actor=SYSTEM, now=night
        )
    assert len(told(night, Kind.SESSION_CANCELLED)) == 2
    assert len(told(night + timedelta(hours=10), Kind.SESSION_CANCELLED)) == 4


def test_a_part_past_its_day_is_told_once_and_with_an_apology(noon):
    placed = a_paid_order(now=noon)
    unpaid = an_order(now=noon)
    sent = a_paid_order(now=noon)
    (part,) = orders.order(sent.order_id).parts
    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="邮政",
        tracking="1",
        actor=SYSTEM,
        now=noon,
    )
    assert telling.tell_late(now=noon) == 0
    after = noon + 9 * DAY
    assert telling.tell_late(now=after) == 1
    assert telling.tell_late(now=after + DAY) == 0
    (text,) = told(after, Kind.LATE)
    assert placed.number in text
    assert unpaid.number not in text
    assert "抱歉" in text


def test_guests_are_reminded_once_by_day_within_the_last_day(noon):
    session = a_session(now=noon, starts_at=noon + 3 * DAY)
    a_paid_order(now=noon, seats={session: (2, 0, 0)})
    an_order(now=noon, seats={session: (1, 0, 0)})
    assert telling.remind(now=noon + 1 * DAY) == 0
    evening = noon + 2 * DAY + timedelta(hours=9, minutes=30)  # half past nine
    assert telling.remind(now=evening) == 0
    assert telling.remind(now=noon + 2 * DAY + timedelta(hours=1)) == 1
    assert telling.remind(now=noon + 2 * DAY + timedelta(hours=2)) == 0
    (text,) = told(noon + 2 * DAY + timedelta(hours=2), Kind.REMINDER)
    assert "预约码" in text


def test_whoever_has_just_paid_needs_no_reminder_yet(noon):
    session = a_session(now=noon, starts_at=noon + timedelta(hours=8))
    a_paid_order(now=noon, seats={session: (1, 0, 0)})
    assert telling.remind(now=noon + timedelta(hours=1)) == 0


def test_a_maker_hears_of_her_slip_without_a_sum_and_in_person_without_a_telephone(noon):
    workshop = a_workshop()
    with_phone = a_member(workshop_id=workshop, phone="13900001234")
    without = a_member(workshop_id=workshop, name="陈婆婆", phone="")
    for member in (with_phone, without):
        an_earning(member_id=member)
    a_pay_run(workshop_id=workshop)
    (text,) = told(AFTER_JULY + timedelta(hours=1), Kind.PAY_READY)
    assert "¥" not in text
    assert "508" not in text
    db.session.rollback()
    waits = db.session.execute(
        sa.text(
            "SELECT a.name, s.state FROM sendings s JOIN sending_addresses a "
            "ON a.sending_id = s.id WHERE s.channel = 'person'"
        )
    ).all()
    assert [tuple(one) for one in waits] == [("陈婆婆", "to_tell")]
    (said,) = told_of.told(f"member:{without}")
    assert said.kind is Kind.PAY_READY


def test_a_maker_hears_that_her_pay_goes_to_another_account(noon):
    wang = a_member(phone="13900001234")
    an_account(member_id=wang, agrees=False, now=noon)
    refused = an_account(member_id=wang, agrees=False, number="6222021203000111", now=noon)
    payees.end(payee_id=refused, actor=a_social_worker(), now=noon)
    assert told(noon, Kind.ACCOUNT_CHANGED) == []

    an_account(member_id=wang, number="6222021203000222", now=noon)
    an_account(member_id=wang, number="6222021203000333", now=noon)

    texts = told(noon, Kind.ACCOUNT_CHANGED)
    assert len(texts) == 2
    assert "0222" not in "".join(texts)


def test_a_maker_hears_that_a_deduction_waits_for_her_and_of_nothing_else(noon):
    wang = a_member(phone="13900001234")
    a_deduction(member_id=wang, now=noon)
    (text,) = told(noon, Kind.DEDUCTION_ASKED)
    assert "6.00" not in text

    adjustments.propose_correction(
        kind=AdjustmentKind.BACK_PAY,
        member_id=wang,
        earning_public_id=db.session.scalar(
            sa.text("SELECT public_id FROM earnings WHERE id = :id"),
            {"id": an_earning(member_id=wang)},
        ),
        amount=Money(100),
        reason="少算",
        key="more",
        actor=a_social_worker(),
        now=noon,
    )

    assert len(told(noon, Kind.DEDUCTION_ASKED)) == 1


def test_whoever_chose_the_mailbox_gets_mail_in_her_own_language(noon):
    contact = replace(MS_LIU, email="liu@example.com", told_by="email")
    placed = an_order(now=noon, contact=contact)
    with transaction():
        db.session.execute(
            sa.text("UPDATE orders SET locale = 'en' WHERE id = :id"), {"id": placed.order_id}
        )
    pay(placed, now=noon)
    (text,) = told(noon, Kind.PAID)
    assert text.startswith(f"Order {placed.number} is paid: ¥")
    (heard,) = [one for one in gateway.heard() if one.parcel.letter.kind is Kind.PAID]
    assert (heard.channel, heard.parcel.to) == (Channel.EMAIL, "liu@example.com")


BLANKS = {
    "number": "260714-TQ48S", "total": "¥188.00", "day": "7月17日", "workshop": "灯梁手编凉鞋工坊",
    "carrier": "中国邮政", "tracking": "1188123456789", "title": "编一个小挂件",
    "moment": "7月20日 14:00", "code": "493817", "purpose": "登录", "minutes": "10",
    "phone": "023-5900-0001",
    "outcome": "社工室换人看过，没有同意。",
}  # fmt: skip
# They ask for an answer, so they carry an address; that costs a second message.
WITH_LINK = {
    Kind.HOW_IS_IT, Kind.REVIEW_ANSWERED, Kind.REVIEW_HIDDEN, Kind.HIDING_ENDED,
    Kind.QUESTION_ANSWERED,
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(set(Kind) - WITH_LINK))
def test_a_text_message_says_the_whole_matter_in_one_segment(app, kind):
    for locale in (CHINESE, ENGLISH):
        with force_locale(locale):
            text = gettext(SHORT[kind]) % BLANKS
        if locale == CHINESE:
            assert len(text) <= LONGEST_IN_CHINESE, text
        assert segments_of(text) <= (1 if locale == CHINESE else 2)


def test_every_kind_has_its_text_and_nothing_else_does():
    assert set(SHORT) == set(Kind)


def test_a_pay_run_approved_after_its_day_is_told_to_nobody(noon):
    workshop = a_workshop()
    an_earning(member_id=a_member(workshop_id=workshop, phone="13900001234"))
    a_pay_run(workshop_id=workshop)
    assert told(AFTER_JULY + 3 * DAY, Kind.PAY_READY) == []
