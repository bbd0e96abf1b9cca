from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.db import db, transaction
from shop.kernel.errors import Forbidden, NotFound
from shop.kernel.events import Delivery, EventRow
from shop.orders import queries as orders
from shop.orders.events import OrderCompleted
from shop.programs import gateway, hooks, queries
from shop.programs.gateway import NotTold, NullPost, SafePost, Told, is_public
from shop.programs.models import HookMessage
from shop.programs.rules import (
    DEAD_KEPT,
    OLD_SECRET_LASTS,
    PAUSES,
    SENT_KEPT,
    TELLING_LEASE,
    TELLING_MOVES,
    HookKind,
    TellingState,
    hook_url,
)
from shop.programs.services import note_order
from shop.workflows import passing_on
from tests.builders.accounts import an_actor
from tests.builders.orders import a_paid_order, some_goods
from tests.builders.programs import a_program, program_id
from tests.builders.stations import CIZHU, a_room, a_workshop

URL = "https://program.example.cn/hook"
SECOND = timedelta(seconds=1)


@pytest.fixture
def post() -> Iterator[NullPost]:
    kept = NullPost()
    before = gateway.install(kept)
    yield kept
    gateway.install(before)


def a_hook(noon, *kinds, station_id=None, url=URL):
    number = program_id(a_program(now=noon, station_id=station_id))
    opened = hooks.open_hook(
        program_id=number, url=url, kinds=kinds or list(HookKind), actor=SYSTEM, now=noon
    )
    return number, opened


def deliver(now):
    while events.deliver_due(now=now):
        pass


def send_all(now):
    while hooks.send_next(now=now):
        pass


def told(post):
    return [json.loads(body) for _, _, body in post.sent]


def message():
    db.session.rollback()
    return db.session.execute(sa.select(HookMessage.__table__)).one()


def is_signed(headers, body, secret):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return wanted in headers["webhook-signature"].split()


def test_a_program_is_told_of_its_place_signed_and_without_a_word_of_the_buyer(app, noon, post):
    goods = some_goods()
    _, opened = a_hook(noon, HookKind.ORDER_PAID, station_id=goods.station_id)
    placed = a_paid_order(now=noon, goods={goods: 1})
    deliver(noon)
    send_all(noon)

    ((url, headers, body),) = post.sent
    order = orders.order(placed.order_id)
    assert url == URL
    assert json.loads(body) == {
        "type": "order.paid",
        "timestamp": noon.isoformat(),
        "data": {
            "order": order.number,
            "state": "paid",
            "parts": [{"id": order.parts[0].public_id, "state": order.parts[0].state.value}],
        },
    }
    assert is_signed(headers, body, opened.secret)
    assert headers["webhook-timestamp"] == str(int(noon.timestamp()))
    assert order.contact.phone not in body
    assert message().state is TellingState.SENT


def test_nobody_is_told_of_another_place_but_of_orders_of_ones_own(app, noon, post):
    near = some_goods()
    far = some_goods(workshop_id=a_workshop(slug="cizhu", station_id=a_room(CIZHU)))
    number, _ = a_hook(noon, HookKind.ORDER_PAID, station_id=near.station_id)
    strange = a_paid_order(now=noon, goods={far: 1})
    both = a_paid_order(now=noon, goods={near: 1, far: 1})
    deliver(noon)
    send_all(noon)

    ((one,)) = [told(post)]
    (only,) = one
    assert only["data"]["order"] == both.number
    mine = {p.public_id for p in orders.order(both.order_id).parts
            if p.workshop_id == near.workshop_id}  # fmt: skip
    assert {part["id"] for part in only["data"]["parts"]} == mine

    note_order(program_id=number, order_id=strange.order_id)
    event = db.session.execute(
        sa.select(EventRow.id, EventRow.station_id).where(
            EventRow.kind == "OrderPaid", EventRow.subject == f"order:{strange.order_id}"
        )
    ).one()
    passing_on.hear(
        events.Event.known["OrderPaid"](strange.order_id, 0),
        happened=events.Happened(event.id, event.station_id, noon),
        now=noon,
    )
    send_all(noon)
    assert told(post)[-1]["data"]["order"] == strange.number


def test_an_event_heard_twice_is_one_message(app, noon, post):
    goods = some_goods()
    a_hook(noon, HookKind.ORDER_PAID, station_id=goods.station_id)
    a_paid_order(now=noon, goods={goods: 1})
    db.session.rollback()
    deliver(noon)
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(Delivery)
            .where(Delivery.reaction.contains("passing_on"))
            .values(state="waiting", due_at=noon)
        )
    deliver(noon)
    send_all(noon)
    assert len(post.sent) == 1


def test_while_nobody_listens_an_order_writes_nothing_for_programs(app, noon):
    goods = some_goods()

    def deliveries():
        return db.session.scalar(
            sa.select(sa.func.count(Delivery.id)).where(Delivery.reaction.contains("passing_on"))
        )

    a_paid_order(now=noon, goods={goods: 1})
    assert deliveries() == 0
    number, opened = a_hook(noon, HookKind.ORDER_PAID)
    a_paid_order(now=noon, goods={goods: 1})
    before = deliveries()
    assert before > 0
    hooks.end_hook(program_id=number, public_id=opened.public_id, actor=SYSTEM, now=noon)
    a_paid_order(now=noon, goods={goods: 1})
    assert deliveries() == before


def test_both_secrets_sign_for_a_day_and_then_the_new_one_alone(app, noon, post):
    number, old = a_hook(noon)
    names = {"program_id": number, "public_id": old.public_id, "actor": SYSTEM}
    new = hooks.sign_anew(**names, now=noon)
    assert old.secret != new.secret
    for now in (noon, noon + OLD_SECRET_LASTS):
        hooks.ping(**names, now=now)
        send_all(now)
    (_, first, body), (_, later, other) = post.sent
    assert is_signed(first, body, old.secret)
    assert is_signed(first, body, new.secret)
    assert not is_signed(later, other, old.secret)
    assert is_signed(later, other, new.secret)
    assert json.loads(body)["type"] == "ping"


def test_no_secret_stands_in_the_database(app, noon):
    _, opened = a_hook(noon)
    raw = base64.b64decode(opened.secret.removeprefix("whsec_"))
    db.session.rollback()
    for table in ("hooks", "hook_messages", "events", "deliveries"):
        rows = repr(db.session.execute(sa.text(f"SELECT * FROM {table}")).all())
        assert opened.secret not in rows
        assert raw.hex() not in rows


def test_a_message_is_tried_at_growing_pauses_then_rests_for_a_person(app, noon, post):
    number, opened = a_hook(noon)
    names = {"program_id": number, "public_id": opened.public_id, "actor": SYSTEM}
    hooks.ping(**names, now=noon)
    now = noon
    for turn, pause in enumerate(PAUSES):
        post.answers.append(Told(500, "") if turn % 2 else NotTold("not reached"))
        send_all(now)
        assert message().state is TellingState.WAITING
        assert message().due_at == now + timedelta(seconds=pause)
        now += timedelta(seconds=pause)
        if turn == 0:
            send_all(now - SECOND)
            assert len(post.sent) == 1
    post.answers.append(Told(302, ""))
    send_all(now)
    assert (message().state, message().error) == (TellingState.DEAD, "answered 302")
    assert message().tries == len(PAUSES) + 1
    with pytest.raises(hooks.MessageNotDead):
        hooks.send_again(**names, message="msg_none", now=now)

    hooks.send_again(**names, message=message().public_id, now=now)
    send_all(now)
    assert message().state is TellingState.SENT
    assert len({headers["webhook-id"] for _, headers, _ in post.sent}) == 1


def test_an_address_that_is_gone_is_told_nothing_more(app, noon, post):
    number, opened = a_hook(noon)
    names = {"program_id": number, "public_id": opened.public_id, "actor": SYSTEM}
    hooks.ping(**names, now=noon)
    post.answers.append(Told(410, ""))
    send_all(noon)
    assert message().state is TellingState.DEAD
    assert queries.hook(number, opened.public_id).paused_at == noon


def test_what_happens_while_a_hook_rests_waits_for_it(app, noon, post):
    number, opened = a_hook(noon)
    names = {"program_id": number, "public_id": opened.public_id, "actor": SYSTEM, "now": noon}
    hooks.rest(**names)
    hooks.ping(**names)
    send_all(noon)
    assert post.sent == []
    hooks.go_on(**names)
    send_all(noon)
    assert len(post.sent) == 1
    hooks.end_hook(**names)
    with pytest.raises(NotFound):
        hooks.ping(**names)


def test_the_message_of_a_killed_worker_is_sent_by_the_next_under_the_same_name(app, noon):
    number, opened = a_hook(noon)
    hooks.ping(program_id=number, public_id=opened.public_id, actor=SYSTEM, now=noon)

    class Killed(Exception):
        pass

    class Deadly:
        def send(self, *_, **__):
            raise Killed

    before = gateway.install(Deadly())
    with pytest.raises(Killed):
        hooks.send_next(now=noon)
    kept = NullPost()
    gateway.install(kept)
    assert not hooks.send_next(now=noon + TELLING_LEASE - SECOND)
    assert hooks.send_next(now=noon + TELLING_LEASE)
    gateway.install(before)
    assert [headers["webhook-id"] for _, headers, _ in kept.sent] == [message().public_id]


def test_only_who_may_read_orders_has_a_program_told_of_them(app, noon):
    room = a_room()
    number = program_id(a_program(now=noon, station_id=room))
    lead = an_actor(Role.WORKSHOP_LEAD, at=room)
    with pytest.raises(Forbidden):
        hooks.open_hook(program_id=number, url=URL, kinds=[HookKind.ORDER_PAID], actor=lead,
                        now=noon)  # fmt: skip
    with pytest.raises(hooks.BadHook):
        hooks.open_hook(program_id=number, url=URL, kinds=[], actor=SYSTEM, now=noon)
    for _ in range(5):
        hooks.open_hook(
            program_id=number, url=URL, kinds=[HookKind.ORDER_PAID], actor=SYSTEM, now=noon
        )
    with pytest.raises(hooks.TooManyHooks):
        hooks.open_hook(
            program_id=number, url=URL, kinds=[HookKind.ORDER_PAID], actor=SYSTEM, now=noon
        )


def test_old_messages_are_forgotten(app, noon, post):
    number, opened = a_hook(noon)
    for _ in range(2):
        hooks.ping(program_id=number, public_id=opened.public_id, actor=SYSTEM, now=noon)
    post.answers.append(Told(410, ""))
    send_all(noon)
    hooks.go_on(program_id=number, public_id=opened.public_id, actor=SYSTEM, now=noon)
    send_all(noon)

    def left():
        return {one.state for one in queries.messages(1)}

    assert left() == {TellingState.SENT, TellingState.DEAD}
    hooks.tidy(now=noon + SENT_KEPT)
    assert left() == {TellingState.DEAD}
    hooks.tidy(now=noon + DEAD_KEPT)
    assert left() == set()


@pytest.mark.parametrize(
    "text",
    [
        "http://program.example.cn/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://user:secret@program.example.cn/",
        "https://program.example.cn:22/",
        "https://program.example.cn:99999/",
        "https://program.example.cn/#part",
        "https://program..cn/",
        "https://program.example.cn/a b",
        "https://program.example.cn\\@inner/",
        "https://程序.cn/",
        "ftp://program.example.cn/",
        "javascript:alert(1)",
        "",
        "https://program.example.cn/" + "x" * 300,
    ],
)
def test_what_is_no_public_https_address_is_refused(text):
    assert hook_url(text) is None


def test_an_address_is_kept_in_one_writing():
    assert hook_url(" https://Program.Example.cn:443/a?b=1 ") == "https://program.example.cn/a?b=1"
    assert hook_url("https://program.example.cn:8443") == "https://program.example.cn:8443/"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::",
        "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
        "2002:7f00:1::", "2001::1", "240.0.0.1",
    ],
)  # fmt: skip
def test_no_inner_address_is_public_however_it_is_written(address):
    assert not is_public(address)


def test_a_name_that_leads_inside_as_well_is_not_spoken_to(app, monkeypatch):
    # As somebody answers who wants one look to see the open network and the next one ours.
    def both(*_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443))
                for one in ("8.8.8.8", "10.0.0.1")]  # fmt: skip

    monkeypatch.setattr(socket, "getaddrinfo", both)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("spoken to"))
    with pytest.raises(NotTold, match="public"):
        SafePost().send(URL, headers={}, body="{}")


def test_many_events_at_once_write_for_programs_only_while_one_listens(app, noon):
    def waiting():
        return db.session.scalar(
            sa.select(sa.func.count(Delivery.id)).where(Delivery.reaction.contains("passing_on"))
        )

    def happen():
        with transaction():
            events.record_many(
                [OrderCompleted(1), OrderCompleted(2)], actor=SYSTEM, station_id=None, now=noon
            )

    happen()
    assert waiting() == 0
    a_hook(noon)
    happen()
    assert waiting() == 2


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1"])
def test_an_outer_address_is_public(address):
    assert is_public(address)


@contextmanager
def a_listener(answer, *, slowly=False) -> Iterator[int]:
    """Serve one answer to each who connects to a port of this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(5)
    over = threading.Event()

    def serve():
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.settimeout(5)
                    connection.recv(65536)
                    step = 1 if slowly else max(1, len(answer))
                    for at in range(0, len(answer), step):
                        connection.sendall(answer[at : at + step])
                        if slowly and over.wait(0.2):
                            return
                except OSError:
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        listening.close()
        thread.join()


def to_here(*, whole_seconds=3.0) -> SafePost:
    """Return a real post that may speak to this machine, without encryption."""
    return SafePost(may_reach=lambda _: True, is_encrypted=False, whole_seconds=whole_seconds)


def test_a_message_goes_out_and_its_answer_is_read_only_so_far(app):
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    with a_listener(long) as port:
        answer = to_here().send(f"http://127.0.0.1:{port}/h", headers={"A": "b"}, body="字")
    assert answer.status == 200
    assert len(answer.text) == 4096


def test_nobody_is_followed_elsewhere(app):
    away = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    with a_listener(away) as port:
        answer = to_here().send(f"http://127.0.0.1:{port}/", headers={}, body="{}")
    assert (answer.status, answer.is_taken) == (302, False)


def test_who_answers_a_sign_at_a_time_is_cut_off(app):
    drip = b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000
    with a_listener(drip, slowly=True) as port, pytest.raises(NotTold):
        to_here(whole_seconds=0.6).send(f"http://127.0.0.1:{port}/", headers={}, body="{}")


def test_an_inner_address_is_not_spoken_to_whatever_its_name(app):
    with a_listener(b"HTTP/1.1 200 OK\r\n\r\n") as port, pytest.raises(NotTold, match="public"):
        SafePost().send(f"https://localhost:{port}/", headers={}, body="{}")


def test_nonsense_and_silence_are_no_answers(app):
    for said in (b"", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 ?\r\n\r\n"):
        with a_listener(said) as port, pytest.raises(NotTold):
            to_here().send(f"http://127.0.0.1:{port}/", headers={}, body="{}")


def test_every_state_of_a_message_is_reached_and_only_the_sent_one_is_over():
    reached = {state for moves in TELLING_MOVES.values() for state in moves}
    assert reached == set(TellingState)
    assert [state for state, moves in TELLING_MOVES.items() if not moves] == [TellingState.SENT]


def test_every_kind_that_can_be_told_has_its_event():
    assert set(passing_on.KINDS.values()) == set(HookKind)
