from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.kernel.db import db
from shop.notifications import gateway
from shop.notifications.gateway import NotDeliverable
from shop.notifications.rules import Reach
from shop.stations import queries as stations
from tests.builders.messages import Wayward, a_message, everything_sent, senders
from tests.builders.stations import a_room, a_workshop

MESSAGES = "/desk/messages"
WRONG = Reach(phone="138 0000 1112", name="刘女士")


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def room(in_app):
    return in_app(lambda: stations.workshop(a_workshop()).station_id)


@pytest.fixture
def dead(in_app, noon, room):
    """A message whose number is wrong by one digit; another to the same number waits in vain."""

    def build() -> None:
        with senders(sms=Wayward(fails=[NotDeliverable("SMS isv.MOBILE_NUMBER_ILLEGAL")])):
            a_message(now=noon, reach=WRONG, station_id=room)
            everything_sent(noon)
            a_message(now=noon, key="shipped:1", reach=WRONG, station_id=room)

    in_app(build)


@pytest.fixture
def to_tell(in_app, noon, room):
    in_app(a_message, now=noon, key="paid:9", reach=Reach(name="陈婆婆"), station_id=room)


def state(in_app, key="paid:1", channel="sms"):
    def read():
        return db.session.execute(
            sa.text(
                "SELECT s.id, s.state, s.tail, s.reason, s.ended_by_id, a.address FROM sendings s "
                "JOIN messages m ON m.id = s.message_id "
                "LEFT JOIN sending_addresses a ON a.sending_id = s.id "
                "WHERE m.key = :key AND s.channel = :channel"
            ),
            {"key": key, "channel": channel},
        ).one_or_none()

    return in_app(read)


def test_a_dead_letter_says_why_and_goes_to_the_number_that_was_mended(worker, dead, in_app, noon):
    zhou_min = worker()
    assert "Messages that did not arrive" in words(zhou_min.open("/desk?lang=en"))
    page = words(zhou_min.open(f"{MESSAGES}?lang=en"))
    assert "There is no such number" in page
    assert "138 0000 1112" in page
    sending = state(in_app).id

    zhou_min.send(
        f"{MESSAGES}/{sending}/again", {"address": "138 0000 1111"}, via=MESSAGES, status=303
    )

    assert state(in_app).state == "waiting"
    assert state(in_app, "shipped:1").address == "138 0000 1111"
    in_app(everything_sent, noon)
    assert {one.parcel.to for one in gateway.heard()} == {"138 0000 1111"}
    assert "Everything arrived" in words(zhou_min.open(MESSAGES))


def test_a_number_can_become_a_mailbox(worker, dead, in_app, noon):
    zhou_min = worker()
    zhou_min.send(
        f"{MESSAGES}/{state(in_app).id}/again",
        {"address": "liu@example.com"},
        via=MESSAGES,
        status=303,
    )
    assert (state(in_app).state, state(in_app).reason) == ("given_up", "other_way")
    assert state(in_app, channel="email").state == "waiting"
    in_app(everything_sent, noon)
    assert state(in_app, channel="email").state == "sent"


@pytest.mark.parametrize("typed", ["", "abc", "liu@", "12", "a@b@c.de", "x" * 300])
def test_what_is_no_address_is_said_beside_the_field_and_kept_in_it(worker, dead, in_app, typed):
    zhou_min = worker()
    answer = zhou_min.send(
        f"{MESSAGES}/{state(in_app).id}/again", {"address": typed}, via=MESSAGES, status=422
    )
    assert f'value="{typed}"' in words(answer)
    assert state(in_app).state == "dead"


def test_what_nobody_can_send_there_is_refused_by_name(worker, dead, in_app):
    zhou_min = worker()
    with senders(sms=Wayward()):
        answer = zhou_min.send(
            f"{MESSAGES}/{state(in_app).id}/again",
            {"address": "liu@example.com"},
            via=MESSAGES,
            status=409,
        )
    assert "没有设置" in words(answer)
    assert state(in_app).state == "dead"


def test_a_dead_letter_becomes_somebody_to_tell_and_is_ticked_off(worker, dead, in_app):
    zhou_min = worker()
    zhou_min.send(f"{MESSAGES}/{state(in_app).id}/in-person", via=MESSAGES, status=303)
    notice = state(in_app, channel="person")
    assert notice.state == "to_tell"
    assert "刘女士" in words(zhou_min.open("/desk/messages/in-person"))

    zhou_min.send(f"/desk/messages/{notice.id}/told", via="/desk/messages/in-person", status=303)

    told = state(in_app, channel="person")
    assert (told.state, told.ended_by_id) == ("told", zhou_min.who.user_id)
    assert "当面告诉" in words(zhou_min.open(f"{MESSAGES}/log"))


def test_giving_up_needs_a_reason_that_stays_in_the_log(worker, dead, in_app):
    zhou_min = worker()
    where = f"{MESSAGES}/{state(in_app).id}/no-more"
    zhou_min.send(where, {"reason": " "}, via=MESSAGES, status=422)
    assert state(in_app).state == "dead"
    zhou_min.send(where, {"reason": "搬走了，没人认识"}, via=MESSAGES, status=303)
    assert "搬走了，没人认识" in words(zhou_min.open(f"{MESSAGES}/log"))


def test_the_same_button_pressed_twice_does_it_once(worker, dead, to_tell, in_app):
    zhou_min = worker()
    sending = state(in_app).id
    for status in (303, 409):
        zhou_min.send(
            f"{MESSAGES}/{sending}/in-person", via="/desk/messages/in-person", status=status
        )
    notice = state(in_app, channel="person", key="paid:9").id
    for _ in range(2):
        zhou_min.send(f"/desk/messages/{notice}/told", via="/desk/messages/in-person", status=303)


def test_nobody_elses_village_reads_or_moves_them(worker, dead, to_tell, in_app):
    other = worker(at=in_app(a_room, "500229107207"))
    for page in (
        MESSAGES,
        "/desk/messages/in-person",
        "/desk/messages/in-person/print",
        f"{MESSAGES}/log",
    ):
        assert "刘女士" not in words(other.open(page))
        assert "0000 1112" not in words(other.open(page))
    dead_id, notice = state(in_app).id, state(in_app, "paid:9", "person").id
    for where in (
        f"{MESSAGES}/{dead_id}/again",
        f"{MESSAGES}/{dead_id}/in-person",
        f"{MESSAGES}/{dead_id}/no-more",
        f"/desk/messages/{notice}/told",
    ):
        token = other.token("/account")
        data = {"csrf_token": token, "address": "13800001111", "reason": "xxxx"}
        assert other.client.post(where, data=data).status_code == 404
    assert state(in_app).state == "dead"
    assert state(in_app, "paid:9", "person").state == "to_tell"


def test_the_log_shows_ends_of_addresses_and_no_name(worker, in_app, noon, room):
    in_app(a_message, now=noon, station_id=room)
    in_app(everything_sent, noon)
    page = words(worker().open(f"{MESSAGES}/log"))
    assert "…1111" in page
    assert "0000 1111" not in page
    assert "刘女士" not in page


def test_whoever_does_not_tell_people_sees_none_of_it(worker, dead):
    inspector = worker(Role.INSPECTOR)
    inspector.open(MESSAGES, status=403)
    inspector.open("/desk/messages/in-person/print", status=403)


def test_the_sheet_is_printed_in_big_letters_one_slip_each(worker, to_tell):
    page = words(worker().open("/desk/messages/in-person/print"))
    assert page.count('class="notice-slip"') == 1
    assert "陈婆婆" in page


def test_long_trays_cost_no_more_than_short_ones_and_go_on(worker, in_app, noon, room):
    def fill() -> None:
        for number in range(35):
            a_message(
                now=noon,
                key=f"n:{number}",
                reach=Reach(name=f"婆婆{number:02}"),
                station_id=room,
                subject=f"order:{number}",
            )

    zhou_min = worker()
    zhou_min.open("/desk/messages/in-person")
    empty = len(zhou_min.statements)
    in_app(fill)
    page = words(zhou_min.open("/desk/messages/in-person"))
    assert len(zhou_min.statements) <= empty + 1
    assert page.count('class="panel') == 30
    further = re.search(r'href="(/desk/messages/in-person\?after=\d+)"', page)[1]
    assert words(zhou_min.open(further)).count('class="panel') == 5
