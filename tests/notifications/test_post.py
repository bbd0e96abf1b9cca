from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from shop.kernel.db import WriteOutsideTransaction, db, transaction
from shop.kernel.telling import CannotBeReached, CodePurpose, send_code
from shop.notifications import gateway, post
from shop.notifications.gateway import NotDeliverable, TryLater
from shop.notifications.rules import MOST_TRIES, Channel, Reach, Urgency
from tests.builders.messages import Wayward, a_code, a_message, everything_sent, senders

pytestmark = pytest.mark.usefixtures("app")

BOTH = Reach(phone="138 0000 1111", email="liu@example.com", name="刘女士")
DAY = timedelta(days=1)


def state_of(key: str = "paid:1", channel: str = "sms"):
    db.session.rollback()
    return db.session.execute(
        sa.text(
            "SELECT s.state, s.tries, s.error, s.reason, s.tail, s.provider_ref FROM sendings s "
            "JOIN messages m ON m.id = s.message_id WHERE m.key = :key AND s.channel = :channel"
        ),
        {"key": key, "channel": channel},
    ).one()


def due_at(key: str = "paid:1") -> datetime:
    db.session.rollback()
    found = db.session.execute(
        sa.text(
            "SELECT s.due_at FROM sendings s JOIN messages m ON m.id = s.message_id "
            "WHERE m.key = :key AND s.state = 'waiting'"
        ).columns(due_at=sa.DateTime(timezone=True)),
        {"key": key},
    ).scalar_one()
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def test_a_message_is_written_once_per_key_and_sent_once(noon):
    sms = Wayward()
    with senders(sms=sms):
        assert a_message(now=noon)
        assert not a_message(now=noon)
        everything_sent(noon)
        everything_sent(noon + DAY)
    assert [parcel.to for parcel in sms.took] == ["138 0000 1111"]
    assert state_of().state == "sent"
    assert state_of().provider_ref == "receipt"


def test_what_is_ready_at_night_leaves_in_the_morning(noon):
    night = noon.replace(hour=15)  # 23:00 in Shanghai
    sms = Wayward()
    with senders(sms=sms):
        a_message(now=night)
        a_message(now=night, key="reminder:1", urgency=Urgency.SAME_DAY)
        everything_sent(night + timedelta(hours=8))
        assert [parcel.key for parcel in sms.took] == ["reminder:1"]
        everything_sent(night + timedelta(hours=9, minutes=21))
        assert [parcel.key for parcel in sms.took] == ["reminder:1", "paid:1"]


def test_what_failed_for_the_moment_is_tried_again_later_and_then_leaves(noon):
    sms = Wayward(fails=[TryLater("SMS busy"), TryLater("SMS busy")])
    with senders(sms=sms):
        a_message(now=noon)
        everything_sent(noon)
        assert (sms.tried, state_of().error) == (1, "SMS busy")
        first = due_at()
        assert timedelta(seconds=45) <= first - noon <= timedelta(seconds=75)
        everything_sent(first)
        assert sms.tried == 2
        everything_sent(due_at())
    assert state_of().state == "sent"


def test_what_fails_again_and_again_rests_where_a_person_finds_it(noon):
    sms = Wayward(fails=[TryLater("SMS busy")] * 99)
    with senders(sms=sms):
        a_message(now=noon)
        everything_sent(noon)
        for _ in range(MOST_TRIES - 1):
            everything_sent(due_at())
        everything_sent(noon + 9 * DAY)
    assert (sms.tried, state_of().state) == (MOST_TRIES, "dead")


def test_a_number_that_takes_nothing_is_not_tried_twice(noon):
    sms = Wayward(fails=[NotDeliverable("no such number")])
    with senders(sms=sms):
        a_message(now=noon)
        everything_sent(noon + DAY)
    assert (sms.tried, state_of().state, state_of().error) == (1, "dead", "no such number")


def test_a_mistyped_number_is_made_good_by_the_mailbox_she_left_too(noon):
    sms, email = Wayward(fails=[NotDeliverable("no such number")]), Wayward()
    with senders(sms=sms, email=email):
        a_message(now=noon, reach=BOTH)
        everything_sent(noon)
    assert [parcel.to for parcel in email.took] == ["liu@example.com"]
    assert (state_of().state, state_of().reason) == ("given_up", "other_way")


def test_the_mailbox_in_reserve_hears_nothing_when_the_text_arrived(noon):
    sms, email = Wayward(), Wayward()
    with senders(sms=sms, email=email):
        a_message(now=noon, reach=BOTH)
        everything_sent(noon + DAY)
    assert (len(sms.took), email.tried) == (1, 0)
    assert state_of(channel="email").state == "lapsed"


def test_who_can_be_reached_by_nothing_waits_to_be_told_in_person(noon):
    with senders(sms=Wayward()):
        a_message(now=noon, reach=Reach(name="陈婆婆"))
        everything_sent(noon + DAY)
    assert state_of(channel="person").state == "to_tell"


def test_one_sender_that_is_away_is_asked_once_a_turn_and_holds_nobody_else(noon):
    sms, email = Wayward(fails=[TryLater("no provider", is_everybody=True)] * 9), Wayward()
    with senders(sms=sms, email=email):
        for number in range(4):
            a_message(now=noon, key=f"paid:{number}")
        a_message(now=noon, key="mail:1", reach=Reach(email="liu@example.com"))
        post.send_due(now=noon)
    assert sms.tried == 1
    assert len(email.took) == 1
    assert sorted(state_of(f"paid:{n}").tries for n in range(4)) == [0, 0, 0, 1]


def test_the_most_urgent_leaves_first(noon):
    sms = Wayward()
    with senders(sms=sms):
        for number in range(12):
            a_message(now=noon, key=f"paid:{number}")
        a_code(now=noon)
        post.send_due(now=noon)
    assert sms.took[0].key == "code:challenge:1"


def test_a_worker_killed_while_sending_loses_nothing(noon):
    class Killed(BaseException):
        pass

    sms = Wayward(fails=[Killed()])  # type: ignore[list-item]
    with senders(sms=sms):
        a_message(now=noon)
        with pytest.raises(Killed):
            post.send_due(now=noon)
        db.session.rollback()
        assert not post.send_due(now=noon + timedelta(minutes=4))
        assert post.send_due(now=noon + timedelta(minutes=5))
    assert len(sms.took) == 1


def test_what_is_too_late_to_be_of_use_does_not_leave(noon):
    sms = Wayward()
    with senders(sms=sms):
        a_message(now=noon, expires_at=noon + timedelta(hours=1))
        everything_sent(noon + timedelta(hours=1))
    assert (sms.tried, state_of().state, state_of().reason) == (0, "lapsed", "too_late")


def everything_kept() -> str:
    db.session.rollback()
    return "\n".join(
        str(row)
        for table in db.metadata.sorted_tables
        for row in db.session.execute(sa.select(table))
    )


def test_a_code_leaves_at_night_and_nothing_keeps_it_afterwards(noon, caplog):
    caplog.set_level(logging.DEBUG)
    night = noon.replace(hour=16)
    with capture_logs() as logged:
        a_code(now=night, code="493817")
        assert "493817" in everything_kept()
        everything_sent(night)
    assert "493817" not in everything_kept()
    assert "0000 1111" not in everything_kept()
    assert "493817" not in str(logged) + caplog.text
    (said,) = [one for one in gateway.heard() if one.parcel.key == "code:challenge:1"]
    assert "493817" in said.parcel.letter.short
    assert said.channel is Channel.SMS


def test_a_code_that_could_not_leave_in_its_time_is_emptied_unsent(noon):
    sms = Wayward(fails=[TryLater("SMS busy")] * 99)
    with senders(sms=sms):
        a_code(now=noon, code="493817")
        everything_sent(noon)
        everything_sent(noon + timedelta(minutes=5))
    assert state_of("code:challenge:1").state == "lapsed"
    assert "493817" not in everything_kept()


def test_a_code_stands_only_with_the_transaction_that_keeps_its_digest(noon):
    with pytest.raises(WriteOutsideTransaction):
        send_code(
            purpose=CodePurpose.SIGN_IN,
            to="138 0000 1111",
            locale="en",
            code="1",
            minutes=5,
            key="x",
            now=noon,
        )
    with pytest.raises(ZeroDivisionError), transaction():
        send_code(
            purpose=CodePurpose.SIGN_IN,
            to="138 0000 1111",
            locale="en",
            code="1",
            minutes=5,
            key="x",
            now=noon,
        )
        raise ZeroDivisionError
    assert not post.send_due(now=noon)


def test_a_code_is_refused_where_nobody_can_carry_it(noon):
    with senders(email=Wayward()):
        a_code(now=noon, to="liu@example.com")
        with pytest.raises(CannotBeReached):
            a_code(now=noon, key="challenge:2")


def test_addresses_are_deleted_when_they_have_served(noon):
    with senders(sms=Wayward()):
        a_message(now=noon)
        a_message(
            now=noon,
            key="waits",
            reach=Reach(phone="139 2222 3333"),
            expires_at=noon + 99 * DAY,
            urgency=Urgency.SAME_DAY,
        )
        post.send_due(now=noon, most=1)
        db.session.rollback()
    gone = state_of("waits").state == "sent"
    assert post.tidy(now=noon + 30 * DAY) == 0
    assert post.tidy(now=noon + 31 * DAY) == 1
    kept = everything_kept()
    assert ("0000 1111" in kept) is gone
    assert ("2222 3333" in kept) is not gone


def test_many_workers_at_once_send_each_message_once(app, noon):
    sms = Wayward()
    with senders(sms=sms):
        for number in range(60):
            a_message(now=noon, key=f"paid:{number}", reach=Reach(phone=f"138{number:08}"))

        def work() -> None:
            with app.app_context():
                everything_sent(noon)
                db.session.remove()

        workers = [threading.Thread(target=work) for _ in range(6)]
        for one in workers:
            one.start()
        for one in workers:
            one.join(60)
    assert sorted(parcel.key for parcel in sms.took) == sorted(f"paid:{n}" for n in range(60))
