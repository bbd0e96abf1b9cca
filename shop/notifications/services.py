"""Tell buyers, askers and makers what happened: once each, in their language, after it is true."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import force_locale

from shop.accounts import buyers
from shop.accounts.events import CodeForgotten
from shop.bookings import queries as bookings
from shop.bookings.events import SessionCancelled
from shop.bookings.rules import BookingState
from shop.claims import queries as claims
from shop.claims.events import ClaimMoved
from shop.claims.rules import TOLD, ClaimState
from shop.earnings import adjustments
from shop.earnings import queries as earnings
from shop.earnings.events import AdjustmentProposed, PayeeDecided, PayRunApproved
from shop.earnings.rules import PayeeState
from shop.kernel.clock import business_day
from shop.kernel.i18n import CHINESE, person_text
from shop.notifications import post, words
from shop.notifications import queries as told_of
from shop.notifications.rules import Letter, Reach, Urgency, is_night
from shop.notifications.words import Seat
from shop.orders import queries as orders
from shop.orders.events import (
    CashOffered,
    MoneyGoesBack,
    OrderCancelled,
    OrderCompleted,
    OrderExpired,
    OrderPaid,
    OrderPlaced,
    ParcelMoved,
    ParcelRenumbered,
    PartPacked,
    RefundSettled,
)
from shop.orders.queries import OrderView
from shop.orders.rules import FulfillmentState, Handover, OrderState, ParcelState
from shop.payments import queries as payments
from shop.payments.rules import RefundState, RefundWay
from shop.reviews import queries as reviews
from shop.reviews.events import (
    AskerForgotten,
    HidingUpheld,
    QuestionAnswered,
    ReviewAnswered,
    ReviewHidden,
    ReviewShownAgain,
)
from shop.reviews.rules import HidingState
from shop.stations import queries as stations
from shop.stations.queries import MemberView
from shop.workflows import reviewing
from shop.workflows.events import BuyerForgotten

LAST_DAY = timedelta(hours=24)
# Of these the buyer hears by message; cash she is called for, and what a bank took she knows.
SENT_BACK = frozenset({RefundWay.AS_PAID, RefundWay.BANK})
STANDING = frozenset({BookingState.PAID, BookingState.CHECKED_IN})


def tell_order_paid(event: OrderPaid, *, now: datetime) -> None:
    """Tell the buyer that the money has come and when each part leaves; safe to repeat."""
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        seats = _seats(order, now)
        is_all_seats = seats and all(part.handover is Handover.ATTEND for part in order.parts)
        letter = words.booked(order, seats) if is_all_seats else words.paid(order, seats)
    _tell(order, letter, key=f"paid:{order.id}", now=now)


def tell_order_placed(event: OrderPlaced, *, now: datetime) -> None:
    """Tell the buyer that her order stands without money first; others are told when paid."""
    order = orders.order(event.order_id)
    if order.state is not OrderState.PLACED or not order.is_confirmed:
        return
    with force_locale(order.locale):
        letter = words.placed(order, stations.workshop(order.parts[0].workshop_id))
    _tell(order, letter, key=f"placed:{order.id}", now=now)


def tell_order_cancelled(event: OrderCancelled, *, now: datetime) -> None:
    """Tell the buyer that a person ended her unpaid order; safe to repeat."""
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        _tell(order, words.cancelled(order), key=f"cancelled:{order.id}", now=now)


def tell_part_ready(event: PartPacked, *, now: datetime) -> None:
    """Tell the buyer that what she fetches lies ready; safe to repeat."""
    order = orders.order(event.order_id)
    part = next(part for part in order.parts if part.id == event.fulfillment_id)
    if part.handover is not Handover.PICK_UP or part.state is not FulfillmentState.PACKED:
        return  # it travels, or she has it already
    with force_locale(order.locale):
        letter = words.ready(order, part, stations.workshop(part.workshop_id))
    _tell(order, letter, key=f"ready:{part.id}", now=now)


def tell_refund_comes(event: MoneyGoesBack, *, now: datetime) -> None:
    """Tell the buyer that money is on its way back, unless it is there already; safe to repeat."""
    refund = payments.refund(event.refund_id)
    if refund.way not in SENT_BACK or refund.state is not RefundState.PENDING:
        return
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        _tell(order, words.refund_comes(order, refund), key=f"refund:{refund.id}", now=now)


def tell_refunded(event: RefundSettled, *, now: datetime) -> None:
    """Tell the buyer that money has gone back; cash she has signed for herself. Safe to repeat."""
    refund = payments.refund(event.refund_id)
    if refund.way not in SENT_BACK:
        return
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        _tell(order, words.refunded(order, refund), key=f"refunded:{refund.id}", now=now)


def tell_session_cancelled(event: SessionCancelled, *, now: datetime) -> None:
    """Tell every buyer of a session that it is called off, at any hour on its last day.

    Her seats may have been given back meanwhile, by the refund that the calling off asked for;
    whoever had stepped back before is not told. Safe to repeat.
    """
    session = bookings.sessions_by_id([event.session_id], now=now)[event.session_id]
    is_soon = session.starts_at - now <= LAST_DAY
    for booking in bookings.all_bookings_in(event.session_id):
        was_asked = f"session:{session.id}:order:{booking.order_id}"
        if booking.order_id is None or (
            booking.state not in STANDING and payments.refund_by_key(was_asked) is None
        ):
            continue
        order = orders.order(booking.order_id)
        with force_locale(order.locale):
            letter = words.session_cancelled(order, words.seat(booking, session))
        _tell(
            order,
            letter,
            key=f"called-off:{booking.id}",
            urgency=Urgency.SAME_DAY if is_soon else Urgency.ORDINARY,
            now=now,
        )


def tell_pay_ready(event: PayRunApproved, *, now: datetime) -> None:
    """Tell every maker of a pay run that her slip is ready; without telephone in person."""
    run = earnings.pay_run_by_id(event.pay_run_id)
    if run.pay_on < business_day(now):
        return  # approved late: whoever is to be paid has been
    slips = earnings.slips(run.id)
    members = stations.members_by_id(slip.member_id for slip in slips)
    with force_locale(CHINESE):
        letter = words.pay_ready(run.pay_on)
    for slip in slips:
        _tell_maker(members[slip.member_id], letter, key=f"pay:{slip.id}", now=now)


def tell_account_changed(event: PayeeDecided, *, now: datetime) -> None:
    """Tell a maker that her pay goes to another account, so that a false one is found out."""
    if event.state != PayeeState.STANDING:
        return
    member = stations.member(event.member_id)
    phone = stations.workshop(member.workshop_id).phone or stations.station(member.station_id).phone
    with force_locale(CHINESE):
        letter = words.account_changed(phone or "")
    _tell_maker(member, letter, key=f"account:{event.payee_id}", now=now)


def tell_deduction_asked(event: AdjustmentProposed, *, now: datetime) -> None:
    """Tell a maker that a deduction waits for her yes or no; other adjustments need none."""
    waiting = [one for one in adjustments.of_member(event.member_id) if one.is_hers_to_answer]
    if event.adjustment_id not in {one.id for one in waiting}:
        return
    with force_locale(CHINESE):
        letter = words.deduction_asked()
    member = stations.member(event.member_id)
    _tell_maker(member, letter, key=f"deduction:{event.adjustment_id}", now=now)


def _tell_maker(member: MemberView, letter: Letter, *, key: str, now: datetime) -> None:
    post.write(
        letter,
        key=key,
        subject=f"member:{member.id}",
        station_id=member.station_id,
        locale=CHINESE,
        reach=Reach(phone=member.phone or "", name=member.name),
        now=now,
    )


def tell_late(*, now: datetime) -> int:
    """Tell buyers whose part has not left by its promised day, once a part; return how many.

    Safe to repeat. Source: domain.md 6 (dispatch: late, the buyer may cancel freely).
    """
    told = 0
    for order_id, part_id in told_of.late_untold(before=business_day(now)):
        order = orders.order(order_id)
        part = next(part for part in order.parts if part.id == part_id)
        with force_locale(order.locale):
            letter = words.late(order, part, stations.workshop(part.workshop_id))
        told += _tell(order, letter, key=f"late:{part.id}", now=now)
    return told


def remind(*, now: datetime) -> int:
    """Remind guests of sessions within a day, by daylight, once a booking; return how many."""
    if is_night(now):
        return 0
    told = 0
    for booking_code in told_of.reminders_untold(now=now, before=now + LAST_DAY):
        booking = bookings.booking(booking_code)
        session = bookings.sessions_by_id([booking.session_id], now=now)[booking.session_id]
        order = orders.order(booking.order_id or 0)
        with force_locale(order.locale):
            letter = words.reminder(order, words.seat(booking, session))
        told += _tell(
            order,
            letter,
            key=f"reminder:{booking.id}",
            urgency=Urgency.SAME_DAY,
            expires_at=session.starts_at,
            now=now,
        )
    return told


def _seats(order: OrderView, now: datetime) -> list[Seat]:
    found = bookings.bookings_of(f"order:{order.id}")
    sessions = bookings.sessions_by_id({one.session_id for one in found}, now=now)
    return [words.seat(one, sessions[one.session_id]) for one in found]


def tell_order_expired(event: OrderExpired, *, now: datetime) -> None:
    """Tell the buyer that nothing is held any more and nothing was charged; safe to repeat."""
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        _tell(order, words.expired(order), key=f"expired:{order.id}", now=now)


def tell_parcel_moved(event: ParcelMoved, *, now: datetime) -> None:
    """Tell the buyer that a parcel left, or that it came back to us; safe to repeat.

    What moves between village and town is told on the order's page alone.
    """
    state = ParcelState(event.state)
    if state not in {ParcelState.SENT, ParcelState.CAME_BACK}:
        return
    order = orders.order(event.order_id)
    part = next(part for part in order.parts if part.id == event.fulfillment_id)
    parcel = next(one for one in part.parcels if one.id == event.parcel_id)
    with force_locale(order.locale):
        if state is ParcelState.CAME_BACK:
            letter, key = words.came_back(order, parcel), f"came-back:{parcel.id}"
        else:
            letter, key = words.shipped(order, part, parcel), f"shipped:{parcel.id}"
        # One that came back and was sent again is told again, with its new number.
        _tell(order, letter, key=f"{key}:{parcel.tracking}", now=now)


def tell_parcel_renumbered(event: ParcelRenumbered, *, now: datetime) -> None:
    """Tell the buyer the right number of a parcel, where a wrong one was told; safe to repeat."""
    order = orders.order(event.order_id)
    part = next(part for part in order.parts if part.id == event.fulfillment_id)
    parcel = next(one for one in part.parcels if one.id == event.parcel_id)
    with force_locale(order.locale):
        letter = words.shipped(order, part, parcel, is_corrected=True)
        # A number that was told before, and is right after all, is told again.
        _tell(order, letter, key=f"renumbered:{parcel.id}:{event.was}:{parcel.tracking}", now=now)


def tell_cash_waits(event: CashOffered, *, now: datetime) -> None:
    """Tell the buyer that her money waits in cash, because it could not go back; safe to repeat."""
    order = orders.order(event.order_id)
    refund = payments.refund(event.refund_id)
    if not refund.waits_in_cash:
        return  # fetched already, or it goes another way
    workshop = stations.workshop(order.parts[0].workshop_id)
    with force_locale(order.locale):
        _tell(order, words.cash_waits(order, refund, workshop), key=f"cash:{refund.id}", now=now)


def tell_claim_moved(event: ClaimMoved, *, now: datetime) -> None:
    """Tell the buyer what became of what she brought forward; safe to repeat.

    Of money that goes back another message tells.
    """
    state = ClaimState(event.state)
    found = claims.claim_by_id(event.claim_id)
    if state not in TOLD or found.state is not state:
        return
    order = orders.order(event.order_id)
    with force_locale(order.locale):
        letter = words.claim_moved(order, state, found.answer)
    _tell(order, letter, key=f"claim:{event.claim_id}:{state.value}", now=now)


def ask_how_it_is(event: OrderCompleted, *, now: datetime) -> None:
    """Ask the buyer of goods, a week after they came, how they are; once, safe to repeat."""
    order = orders.order(event.order_id)
    if not reviewing.has_unsaid(order.number):
        return
    with force_locale(order.locale):
        letter = words.how_is_it(order, reviewing.review_path(order.number))
    _tell(order, letter, key=f"how:{order.id}", now=now)


def tell_review_answered(event: ReviewAnswered, *, now: datetime) -> None:
    """Tell the buyer that the workshop answered her review; later versions are not told."""
    if event.version > 1:
        return
    order = orders.order(reviews.order_of(event.review_id))
    with force_locale(order.locale):
        letter = words.review_answered(reviewing.review_path(order.number))
    _tell(order, letter, key=f"review-answered:{event.review_id}", now=now)


def tell_review_hidden(event: ReviewHidden, *, now: datetime) -> None:
    """Tell the buyer that her words are hidden, why, and where she can object; safe to repeat."""
    facts = reviews.hiding_facts(event.hiding_id)
    order = orders.order(facts.order_id)
    with force_locale(order.locale):
        letter = words.review_hidden(facts.reason, reviewing.review_path(order.number))
    _tell(order, letter, key=f"hidden:{event.hiding_id}", now=now)


def tell_hiding_ended(event: HidingUpheld | ReviewShownAgain, *, now: datetime) -> None:
    """Tell the buyer what became of the hiding of her review; safe to repeat."""
    facts = reviews.hiding_facts(event.hiding_id)
    order = orders.order(facts.order_id)
    with force_locale(order.locale):
        letter = words.hiding_ended(
            reviewing.review_path(order.number),
            is_upheld=facts.state is HidingState.UPHELD,
            ending=facts.ending,
        )
    _tell(order, letter, key=f"hiding-ended:{event.hiding_id}", now=now)


def tell_question_answered(event: QuestionAnswered, *, now: datetime) -> None:
    """Tell an asker who left a way to be reached that her answer stands; once, safe to repeat."""
    facts = reviews.asker_facts(event.question_id)
    if facts.contact is None or event.version > 1:
        return
    with force_locale(facts.locale):
        letter = words.question_answered(
            person_text(facts.title, facts.title_en, locale=facts.locale),
            f"/goods/{facts.slug}/questions",
        )
    is_email = "@" in facts.contact
    post.write(
        letter,
        key=f"question-answered:{event.question_id}",
        subject=_question(event.question_id),
        station_id=facts.station_id,
        locale=facts.locale,
        reach=Reach(email=facts.contact) if is_email else Reach(phone=facts.contact),
        now=now,
    )


def forget_asker(event: AskerForgotten, *, now: datetime) -> None:
    """Take an asker's number or address out of what was sent to her; safe to repeat."""
    post.forget(subject=_question(event.question_id), now=now)


def forget_buyer(event: BuyerForgotten, *, now: datetime) -> None:
    """Take a buyer's number and address out of what was sent about an order; safe to repeat."""
    post.forget(subject=f"order:{event.order_id}", now=now)


def forget_code(event: CodeForgotten, *, now: datetime) -> None:
    """Take the number or address out of the message that brought a code; safe to repeat."""
    post.forget_code(key=f"code:{event.name}", now=now)


def _question(question_id: int) -> str:
    return f"question:{question_id}"


def _tell(
    order: OrderView,
    letter: Letter,
    *,
    key: str,
    urgency: Urgency = Urgency.ORDINARY,
    expires_at: datetime | None = None,
    now: datetime,
) -> bool:
    if order.contact is None:
        return False  # a past sale without a way to reach the buyer, or she has been forgotten
    if not letter.is_essential:
        user_id = orders.account_of(order.id)
        if user_id is not None and buyers.refuses(user_id, letter.kind.value):
            return False
    contact = order.contact
    return post.write(
        letter,
        key=key,
        subject=f"order:{order.id}",
        station_id=order.parts[0].station_id,
        locale=order.locale,
        reach=Reach(
            phone=contact.phone, email=contact.email, wish=contact.told_by, name=contact.name
        ),
        urgency=urgency,
        expires_at=expires_at,
        now=now,
    )
