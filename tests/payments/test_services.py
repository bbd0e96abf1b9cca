from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from shop.kernel.db import db, transaction
from shop.kernel.money import Money
from shop.payments import queries
from shop.payments import services as payments
from shop.payments.models import Payment
from shop.payments.queries import PaymentFacts
from shop.payments.rules import (
    PAYMENT_MOVES,
    EventState,
    Method,
    PaymentState,
    RefundState,
)
from tests.builders.payments import a_paid_payment, a_payment, a_refund


def in_state(state: PaymentState, place) -> int:
    opened = a_payment(**place)
    now = place["now"]
    match state:
        case PaymentState.PROCESSING:
            payments.mark_processing(payment_id=opened.id, now=now)
        case PaymentState.SUCCEEDED:
            payments.settle(payment_id=opened.id, captured=Money(15200), fee=Money(91), now=now)
        case PaymentState.FAILED:
            payments.fail(payment_id=opened.id, reason="lost_card", now=now)
        case PaymentState.CANCELLED:
            payments.cancel(payment_id=opened.id, now=now)
    return opened.id


def test_a_payment_opens_and_is_found_by_every_name(place):
    opened = a_payment(**place)
    payments.mark_started(
        payment_id=opened.id, provider_ref="cs_1", redirect_url="/demo-pay/cs_1", now=place["now"]
    )

    found = queries.payment(opened.id)

    assert found.state is PaymentState.OPEN
    assert (found.amount, found.captured, found.provider) == (Money(15200), Money(0), "demo")
    assert found.redirect_url == "/demo-pay/cs_1"
    assert queries.payment_by_public_id(opened.public_id) == found
    assert queries.payment_by_ref("cs_1") == found
    assert queries.payments_of_order(place["order_id"]) == [found]


def test_the_same_key_opens_one_payment(place):
    first = a_payment(**place)

    again = a_payment(**place)

    assert (again.id, again.public_id, again.is_new) == (first.id, first.public_id, False)
    assert len(queries.payments_of_order(place["order_id"])) == 1


def test_the_same_key_with_another_sum_is_refused(place):
    a_payment(**place, fen=15200)

    with pytest.raises(payments.KeyReused):
        a_payment(**place, fen=1)


def test_a_payment_below_zero_is_refused_and_a_free_one_is_not(place):
    with pytest.raises(payments.AmountNotPositive):
        a_payment(**place, fen=-1)

    free = a_payment(**place, fen=0, method=Method.FREE)
    assert payments.settle(payment_id=free.id, captured=Money(0), fee=Money(0), now=place["now"])


def test_money_of_the_past_goes_back_within_what_came_or_not_at_all(place):
    payments.write_past(
        order_id=place["order_id"],
        station_id=place["station_id"],
        amount=Money(15200),
        key="past",
        now=place["now"],
    )

    def gives_back(fen: int, key: str) -> dict[int, int]:
        refund = payments.PastRefund(place["order_id"], Money(fen), key)
        return payments.write_past_refunds(refunds=[refund], now=place["now"])

    refund_id = gives_back(15000, "first")[place["order_id"]]
    with pytest.raises(payments.RefundTooLarge):
        gives_back(201, "second")
    with pytest.raises(payments.AmountNotPositive):
        gives_back(0, "third")

    assert queries.refund(refund_id).state is RefundState.SETTLED
    payment = queries.payment_of_order(place["order_id"])
    assert payment is not None
    assert (payment.refunded, len(queries.refunds_of(payment.id))) == (Money(15000), 1)


def test_another_name_at_the_provider_is_refused(place):
    opened = a_payment(**place)
    for _ in range(2):
        payments.mark_started(
            payment_id=opened.id, provider_ref="cs_1", redirect_url="/a", now=place["now"]
        )

    with pytest.raises(payments.OtherReference):
        payments.mark_started(
            payment_id=opened.id, provider_ref="cs_2", redirect_url="/b", now=place["now"]
        )

    assert queries.payment(opened.id).provider_ref == "cs_1"


def test_money_settles_once_and_says_so_once(place):
    opened = a_payment(**place)
    told = [
        payments.settle(
            payment_id=opened.id, captured=Money(15200), fee=Money(91), now=place["now"]
        )
        for _ in range(20)
    ]

    found = queries.payment(opened.id)

    assert told == [True] + [False] * 19
    assert (found.captured, found.fee, found.succeeded_at) == (
        Money(15200),
        Money(91),
        place["now"],
    )


@pytest.mark.parametrize("source", PaymentState)
@pytest.mark.parametrize("target", PaymentState)
def test_every_move_follows_the_table(place, source, target):
    payment_id = in_state(source, place)
    now = place["now"]
    moves = {
        PaymentState.PROCESSING: lambda: payments.mark_processing(payment_id=payment_id, now=now),
        PaymentState.SUCCEEDED: lambda: payments.settle(
            payment_id=payment_id, captured=Money(15200), fee=Money(91), now=now
        ),
        PaymentState.FAILED: lambda: payments.fail(payment_id=payment_id, reason="x", now=now),
        PaymentState.CANCELLED: lambda: payments.cancel(payment_id=payment_id, now=now),
        PaymentState.OPEN: lambda: False,
    }

    moved = moves[target]()

    assert moved == (target in PAYMENT_MOVES[source])
    assert queries.payment(payment_id).state is (target if moved else source)


@pytest.mark.parametrize(
    "captured", [Money(15201), Money(-1), Money(15200, "GBP")], ids=["more", "negative", "pounds"]
)
def test_a_capture_that_was_not_asked_is_refused(place, captured):
    opened = a_payment(**place)

    with pytest.raises(payments.CapturedTooMuch):
        payments.settle(payment_id=opened.id, captured=captured, fee=Money(0), now=place["now"])

    assert queries.payment(opened.id).state is PaymentState.OPEN


def test_an_unknown_payment_or_refund_is_named(place):
    now = place["now"]
    with pytest.raises(payments.PaymentNotFound):
        payments.cancel(payment_id=404, now=now)
    with pytest.raises(payments.PaymentNotFound):
        queries.payment(404)
    with pytest.raises(payments.PaymentNotFound):
        a_refund(of=404, now=now)
    with pytest.raises(payments.RefundNotFound):
        payments.settle_refund(refund_id=404, now=now)


def test_a_refund_claims_its_sum_at_once_and_moves_it_when_it_settles(place):
    now = place["now"]
    paid = a_paid_payment(**place)
    back = a_refund(of=paid.id, now=now)
    claimed = queries.payment(paid.id)

    told = [
        payments.settle_refund(refund_id=back.id, provider_ref="re_1", now=now) for _ in range(3)
    ]

    found = queries.payment(paid.id)
    assert (claimed.pending_refund, claimed.refunded) == (Money(14400), Money(0))
    assert told == [True, False, False]
    assert (found.pending_refund, found.refunded, found.refundable) == (
        Money(0),
        Money(14400),
        Money(800),
    )
    assert queries.refund_by_public_id(back.public_id).state is RefundState.SETTLED
    assert [r.id for r in queries.refunds_of_order(place["order_id"])] == [back.id]


def test_two_partial_refunds_fit_and_a_third_too_large_changes_nothing(place):
    paid = a_paid_payment(**place)
    a_refund(of=paid.id, now=place["now"], fen=8000, key="a")
    second = a_refund(of=paid.id, now=place["now"], fen=7000, key="b")
    payments.settle_refund(refund_id=second.id, now=place["now"])

    with pytest.raises(payments.RefundTooLarge):
        a_refund(of=paid.id, now=place["now"], fen=201, key="c")

    assert queries.payment(paid.id).refundable == Money(200)
    assert len(queries.refunds_of(paid.id)) == 2


def test_a_refund_pressed_twice_is_one_refund(place):
    paid = a_paid_payment(**place)
    first = a_refund(of=paid.id, now=place["now"])

    again = a_refund(of=paid.id, now=place["now"])

    assert (again.id, again.is_new) == (first.id, False)
    assert queries.payment(paid.id).pending_refund == Money(14400)


def test_a_failed_refund_frees_its_claim(place):
    paid = a_paid_payment(**place)
    back = a_refund(of=paid.id, now=place["now"])

    assert payments.fail_refund(refund_id=back.id, reason="expired_card", now=place["now"])
    assert not payments.settle_refund(refund_id=back.id, now=place["now"])

    assert queries.payment(paid.id).refundable == Money(15200)
    assert a_refund(of=paid.id, now=place["now"], key="another try").is_new


def test_nothing_goes_back_before_it_came(place):
    opened = a_payment(**place)

    with pytest.raises(payments.PaymentNotSettled):
        a_refund(of=opened.id, now=place["now"])


@pytest.mark.parametrize("fen", [0, -5])
def test_a_refund_of_nothing_or_less_is_refused(place, fen):
    paid = a_paid_payment(**place)

    with pytest.raises(payments.AmountNotPositive):
        a_refund(of=paid.id, now=place["now"], fen=fen)


def test_many_clerks_at_once_never_send_back_more_than_came(app, place):
    paid = a_paid_payment(**place)

    def press(number: int) -> bool:
        with app.app_context():
            try:
                a_refund(of=paid.id, now=place["now"], fen=1000, key=f"clerk-{number}")
            except payments.RefundTooLarge:
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(12) as clerks:
        accepted = list(clerks.map(press, range(40)))

    db.session.rollback()
    assert sum(accepted) == 15  # 15 x 10.00 fit into 152.00
    assert queries.payment(paid.id).pending_refund == Money(15000)


def test_the_database_itself_refuses_what_the_service_would_never_write(place):
    paid = a_paid_payment(**place)

    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(sa.update(Payment).values(refunded_minor=15201))

    assert queries.payment(paid.id).refunded == Money(0)


def test_an_event_is_taken_in_once(place):
    def tell() -> int | None:
        return payments.receive_event(
            provider="demo",
            external_id="evt_1",
            kind="charge.refunded",
            payload={"object": "ch_1", "payment": "pay_1", "refund": ""},
            now=place["now"],
        )

    told = [tell() for _ in range(20)]

    assert told == [told[0]] + [None] * 19
    found = queries.provider_event(told[0])
    assert (found.object_ref, found.payment_public_id, found.refund_public_id) == (
        "ch_1",
        "pay_1",
        None,
    )
    assert found.state is EventState.RECEIVED


def test_the_same_event_from_twenty_threads_is_taken_in_once(app, place):
    def tell(_: int) -> int | None:
        with app.app_context():
            try:
                return payments.receive_event(
                    provider="demo", external_id="evt_1", kind="x", payload={}, now=place["now"]
                )
            finally:
                db.session.remove()

    with ThreadPoolExecutor(10) as threads:
        told = list(threads.map(tell, range(20)))

    assert len([event for event in told if event is not None]) == 1


def test_an_event_for_a_person_waits_until_it_is_closed(place):
    now = place["now"]
    event_id = payments.receive_event(
        provider="demo", external_id="evt_1", kind="charge.dispute.created", payload={}, now=now
    )
    payments.finish_event(event_id=event_id, result=EventState.REVIEW, detail="dispute", now=now)
    waiting = queries.events_to_review()

    closed = [
        payments.finish_event(event_id=event_id, result=EventState.APPLIED, now=now)
        for _ in range(2)
    ]

    assert [(event.id, event.detail) for event in waiting] == [(event_id, "dispute")]
    assert closed == [True, False]
    assert queries.events_to_review() == []


def names(found: list[PaymentFacts]) -> list[int]:
    return [one.id for one in found]


def test_what_waits_for_an_answer_is_listed_oldest_first(place):
    now = place["now"]
    started = a_payment(**place, key="started")
    payments.mark_started(payment_id=started.id, provider_ref="cs_1", redirect_url="/", now=now)
    a_payment(**place, key="never started")
    paid = a_paid_payment(**place, key="paid")
    back = a_refund(of=paid.id, now=now)
    later = now.replace(hour=23)

    assert names(queries.unsettled_payments(opened_before=later)) == [started.id]
    assert queries.unsettled_payments(opened_before=now) == []
    assert [r.id for r in queries.pending_refunds(opened_before=later)] == [back.id]
    assert queries.pending_refunds(opened_before=now) == []
    assert queries.payment_of_order(place["order_id"]).id == paid.id
