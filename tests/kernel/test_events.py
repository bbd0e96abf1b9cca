from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.db import db, transaction
from shop.kernel.events import Delivery, DeliveryState, Event
from shop.reactions import LISTENER, REACTIONS


@dataclass(frozen=True, slots=True)
class LampLit(Event):
    lamp_id: int


seen: list[int] = []


def note(event: LampLit, *, now) -> None:
    seen.append(event.lamp_id)


def break_down(event: LampLit, *, now) -> None:
    raise ConnectionError


@pytest.fixture
def reactions(app: Flask):
    seen.clear()
    events.connect({LampLit: (note,)})
    yield
    events.connect(REACTIONS, LISTENER)


def light(lamp: int, now) -> None:
    with transaction():
        events.record(LampLit(lamp), actor=SYSTEM, station_id=None, now=now)


def states() -> list[DeliveryState]:
    return list(db.session.scalars(sa.select(Delivery.state).order_by(Delivery.id)))


def test_what_happened_reaches_its_reaction_once(reactions, noon):
    light(7, noon)
    assert events.deliver_due(now=noon) == 1
    assert events.deliver_due(now=noon) == 0
    assert seen == [7]
    assert states() == [DeliveryState.DONE]


def test_nothing_is_told_of_what_was_undone(reactions, noon):
    with pytest.raises(ValueError, match="undo"), transaction():
        events.record(LampLit(7), actor=SYSTEM, station_id=None, now=noon)
        raise ValueError("undo")
    assert events.deliver_due(now=noon) == 0
    assert events.history("lamp:7") == []


def test_a_killed_worker_gives_its_delivery_back_when_the_lease_ends(reactions, noon):
    light(7, noon)
    events._claim(now=noon, most=10)  # claimed, then the worker dies
    assert events.deliver_due(now=noon + timedelta(seconds=30)) == 0
    assert events.deliver_due(now=noon + timedelta(seconds=61)) == 1
    assert seen == [7]


def test_a_failing_reaction_is_tried_again_later_and_rests_in_the_end(reactions, noon):
    events.connect({LampLit: (break_down,)})
    light(7, noon)
    at = noon
    for _ in range(events.MOST_TRIES):
        assert events.deliver_due(now=at) == 1
        assert events.deliver_due(now=at) == 0
        at += timedelta(days=1)
    assert states() == [DeliveryState.DEAD]
    assert db.session.scalar(sa.select(Delivery.error)) == "ConnectionError()"
    assert events.deliver_due(now=at) == 0


def test_history_tells_who_did_what_in_order(reactions, noon):
    light(7, noon)
    light(8, noon)
    light(7, noon + timedelta(hours=1))
    assert [(row.kind, row.facts) for row in events.history("lamp:7")] == [
        ("LampLit", {"lamp_id": 7}),
        ("LampLit", {"lamp_id": 7}),
    ]
