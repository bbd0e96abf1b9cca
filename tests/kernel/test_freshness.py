from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask

from shop.kernel import events, freshness
from shop.kernel.access import SYSTEM
from shop.kernel.db import WriteOutsideTransaction, db, transaction
from shop.kernel.freshness import EVERYTHING, Versions, touch


@dataclass(frozen=True, slots=True)
class CandleLit(events.Event):
    candle_id: int


@pytest.fixture
def versions(app: Flask) -> Versions:
    return Versions(db.engine)


@pytest.fixture
def rules(app: Flask) -> Iterator[None]:
    before, endings = dict(freshness._rules), dict(freshness._endings)
    freshness.connect(
        {CandleLit: lambda event, at: (f"candle:{event.candle_id}", f"room:{at}")}, {}
    )
    yield
    freshness.connect(before, endings)


def test_a_touched_tag_reads_differently_once_the_transaction_is_there(versions):
    before = versions.total(["goods"]), versions.total(["workshops"])
    with transaction():
        touch("goods")
        assert versions.total(["goods"]) == before[0]
    assert versions.total(["goods"]) > before[0]
    assert versions.total(["goods", "workshops"]) > before[0] + before[1]
    assert versions.total(["workshops"]) == before[1]


def test_touching_everything_makes_every_tag_read_differently(versions):
    before = versions.total(["whatever:1"])
    with transaction():
        touch(EVERYTHING)
    assert versions.total(["whatever:1"]) > before


def test_what_is_undone_makes_nothing_stale_and_is_not_remembered(versions):
    before = versions.total(["goods"])

    def change_and_break() -> None:
        with transaction():
            touch("goods")
            raise KeyError

    with pytest.raises(KeyError):
        change_and_break()
    with transaction():
        touch("workshops")
    assert versions.total(["goods"]) == before


def test_nothing_is_touched_outside_a_transaction(app):
    with pytest.raises(WriteOutsideTransaction):
        touch("goods")


def test_a_recorded_event_raises_its_tags_with_its_own_row(versions, rules, noon):
    before = versions.total(["candle:7"]), versions.total(["room:3"]), versions.total(["candle:8"])
    with transaction():
        events.record(CandleLit(7), actor=SYSTEM, station_id=None, now=noon)
    assert versions.total(["candle:7"]) > before[0]
    assert versions.total(["candle:8"]) == before[2]
    with transaction():
        freshness.follow(CandleLit(7), station_id=3)
    assert versions.total(["room:3"]) > before[1]


def test_many_tags_of_one_act_cost_one_statement(versions, app):
    statements: list[str] = []
    listen = lambda *asked: statements.append(asked[2])  # noqa: E731
    freshness.sqlalchemy_event.listen(db.engine, "before_cursor_execute", listen)
    try:
        with transaction():
            for number in range(20):
                touch("goods", f"product:{number}")
    finally:
        freshness.sqlalchemy_event.remove(db.engine, "before_cursor_execute", listen)
    assert len([s for s in statements if "freshness" in s]) == 1


def test_acts_that_touch_the_same_tags_at_once_all_count_and_none_waits_for_ever(versions, app):
    before = versions.total(["goods"])

    def change(order: tuple[str, ...]) -> None:
        with app.app_context():
            for _ in range(10):
                with transaction():
                    for tag in order:
                        touch(tag)
            db.session.remove()

    tags = ("variant:1", "goods", "variant:2")
    threads = [threading.Thread(target=change, args=(o,)) for o in (tags, tags[::-1]) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert versions.total(["goods"]) == before + 40
    assert versions.total(["variant:1"]) == versions.total([]) + 40


def test_a_connection_that_the_server_closed_is_replaced(versions, app):
    before = versions.total(["goods"])
    versions._idle[-1][1].close()
    assert versions.total(["goods"]) == before
