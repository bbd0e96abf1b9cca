from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from shop.kernel.access import Permission
from shop.kernel.errors import Forbidden, OutOfReach
from shop.production import coming
from shop.production.coming import Half
from shop.stations.rules import Season, SeasonReason
from tests.builders.accounts import a_cashier, a_maker, a_social_worker
from tests.builders.production import a_hand_in
from tests.builders.stations import CIZHU, a_room

THURSDAY = datetime(2026, 7, 23, 1, 0, tzinfo=UTC)  # nine in the morning there
FRIDAY = date(2026, 7, 24)
HALVES = [(FRIDAY, Half.MORNING)]


def halves(now=THURSDAY, holidays=(), seasons=()):
    return coming.open_halves(now, holidays=holidays, seasons=seasons)


def say(maker, actor=None, half=Half.MORNING, day=FRIDAY, now=THURSDAY):
    coming.say(
        member_id=maker.member_id,
        on_day=day,
        half=half,
        halves=halves(now),
        actor=actor or maker,
        now=now,
    )


def test_six_open_days_are_offered_without_sundays_and_holidays():
    offered = halves(holidays={date(2026, 7, 25)})

    days = sorted({day.isoformat() for day, _ in offered})
    assert days == [
        "2026-07-23",
        "2026-07-24",
        "2026-07-27",
        "2026-07-28",
        "2026-07-29",
        "2026-07-30",
    ]
    assert len(offered) == 12


@pytest.mark.parametrize(
    ("hours", "first"),
    [
        (0, (date(2026, 7, 23), Half.MORNING)),
        (3, (date(2026, 7, 23), Half.AFTERNOON)),
        (8, (date(2026, 7, 24), Half.MORNING)),
    ],
)
def test_of_today_only_what_is_not_over_is_offered(hours, first):
    assert halves(THURSDAY + timedelta(hours=hours))[0] == first


def test_a_closed_span_is_left_out_and_a_slow_one_is_not():
    until = date(2026, 7, 28)
    closed = Season(SeasonReason.SPRING_FESTIVAL, 0, date(2026, 7, 23), until)
    slow = Season(SeasonReason.SPRING_FESTIVAL, 40, date(2026, 7, 23), until)

    assert halves(seasons=[closed])[0] == (until, Half.MORNING)
    assert halves(seasons=[slow]) == halves()
    assert halves(seasons=[Season(closed.reason, 0, until, date(2027, 7, 28)), closed]) == []


def test_her_room_knows_when_she_comes_and_until_she_came(app):
    maker = a_maker()
    say(maker)
    scope = a_social_worker().scope(Permission.RECORD_HAND_IN)

    (comes,) = coming.coming_to(scope, on_day=FRIDAY)
    assert (comes.member_id, comes.half) == (maker.member_id, Half.MORNING)
    elsewhere = a_social_worker(at=a_room(CIZHU)).scope(Permission.RECORD_HAND_IN)
    assert coming.coming_to(elsewhere, on_day=FRIDAY) == []

    a_hand_in(now=THURSDAY + timedelta(days=1), member_id=maker.member_id)
    assert coming.coming_to(scope, on_day=FRIDAY) == []


def test_another_day_replaces_the_first_and_she_can_stay_away(app):
    maker = a_maker()
    say(maker)
    say(maker, half=Half.AFTERNOON)

    assert coming.coming_of(maker.member_id, now=THURSDAY).half is Half.AFTERNOON
    assert coming.coming_of(maker.member_id, now=THURSDAY + timedelta(days=2)) is None
    coming.end(member_id=maker.member_id, actor=maker, now=THURSDAY)
    coming.end(member_id=maker.member_id, actor=maker, now=THURSDAY)
    assert coming.coming_of(maker.member_id, now=THURSDAY) is None


def test_a_closed_half_is_refused(app):
    maker = a_maker()

    with pytest.raises(coming.NotOpenThen):
        say(maker, day=date(2026, 7, 26))
    with pytest.raises(coming.NotOpenThen):
        say(maker, day=date(2026, 7, 22))


def test_a_helper_notes_it_for_her_and_nobody_else_does(app):
    maker = a_maker()
    for actor, refusal in (
        (a_maker(), OutOfReach),
        (a_cashier(), Forbidden),
        (a_social_worker(at=a_room(CIZHU)), OutOfReach),
    ):
        with pytest.raises(refusal):
            say(maker, actor)
        with pytest.raises(refusal):
            coming.end(member_id=maker.member_id, actor=actor, now=THURSDAY)

    say(maker, a_social_worker())

    assert coming.coming_of(maker.member_id, now=THURSDAY).on_day == FRIDAY
