from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.notifications.rules import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_TRIES,
    SENDING_MOVES,
    Channel,
    Reach,
    SendingState,
    Urgency,
    is_night,
    leaves_at,
    pause_before,
    segments_of,
    tail_of,
    ways,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BOTH = frozenset({Channel.SMS, Channel.EMAIL})
START = datetime(2024, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 7 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
LUCK = st.floats(0, 1)


def here(hour: int, minute: int = 0, day: int = 14) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("reach", "can_send", "expected"),
    [
        pytest.param(
            Reach(phone="1"), BOTH, [Channel.SMS], id="a telephone alone gets text messages"
        ),
        pytest.param(Reach(email="a@b"), BOTH, [Channel.EMAIL], id="a mailbox abroad gets mail"),
        pytest.param(
            Reach(phone="1", email="a@b"),
            BOTH,
            [Channel.SMS, Channel.EMAIL],
            id="both without a choice: text first, mail in reserve",
        ),
        pytest.param(
            Reach(phone="1", email="a@b", wish="email"),
            BOTH,
            [Channel.EMAIL, Channel.SMS],
            id="both: as she chose",
        ),
        pytest.param(
            Reach(phone="+491701234567", email="a@b"),
            BOTH,
            [Channel.EMAIL, Channel.SMS],
            id="both, from abroad: mail first",
        ),
        pytest.param(Reach(), BOTH, [Channel.PERSON], id="neither: told in person"),
        pytest.param(
            Reach(phone="1"),
            frozenset({Channel.EMAIL}),
            [Channel.PERSON],
            id="a house without a provider tells in person",
        ),
        pytest.param(
            Reach(phone="1", email="a@b"),
            frozenset({Channel.EMAIL}),
            [Channel.EMAIL],
            id="what cannot be a text message goes by mail",
        ),
    ],
)
def test_the_way_to_a_person_follows_from_what_she_left(reach, can_send, expected):
    assert ways(reach, can_send=can_send) == expected


@pytest.mark.parametrize(
    ("now", "urgency", "expected"),
    [
        pytest.param(here(20, 59), Urgency.ORDINARY, here(20, 59), id="before nine"),
        pytest.param(here(21), Urgency.ORDINARY, here(8, day=15), id="at nine it waits"),
        pytest.param(here(0, 5), Urgency.ORDINARY, here(8), id="after midnight: this morning"),
        pytest.param(here(7, 59), Urgency.ORDINARY, here(8), id="until eight"),
        pytest.param(here(8), Urgency.ORDINARY, here(8), id="at eight it leaves"),
        pytest.param(here(23), Urgency.CODE, here(23), id="a code leaves at any hour"),
        pytest.param(here(23), Urgency.SAME_DAY, here(23), id="so does what is of today"),
    ],
)
def test_nothing_that_can_wait_rings_at_night(now, urgency, expected):
    assert leaves_at(now, urgency, luck=0) == expected


@given(INSTANTS, LUCK)
def test_what_leaves_never_leaves_at_night_nor_before_it_is_ready(now, luck):
    at = leaves_at(now, Urgency.ORDINARY, luck=luck)
    assert at >= now
    assert not is_night(at)
    assert at - now <= timedelta(hours=11, minutes=20)


@given(st.integers(1, MOST_TRIES), LUCK)
def test_pauses_grow_and_stay_within_a_quarter_of_their_plan(tries, luck):
    pause = pause_before(tries, Urgency.ORDINARY, luck=luck)
    planned = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (tries - 1))
    assert planned * 0.75 <= pause <= planned * 1.25
    assert pause_before(tries, Urgency.CODE, luck=luck) <= timedelta(seconds=75)


def test_an_outage_of_seven_hours_loses_nothing():
    waited = sum(
        (pause_before(n, Urgency.ORDINARY, luck=0.5) for n in range(1, MOST_TRIES)), timedelta()
    )
    assert waited > timedelta(hours=7)


@pytest.mark.parametrize(
    ("address", "tail"),
    [
        ("138 0000 1111", "…1111"),
        ("+49 170 1234567", "…4567"),
        ("liu.fang@example.com", "l…@example.com"),
        ("", ""),
    ],
)
def test_lists_and_logs_show_only_the_end_of_an_address(address, tail):
    assert tail_of(address) == tail


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("订" * 70, 1),
        ("订" * 71, 2),
        ("订" * 134, 2),
        ("订" * 135, 3),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 69 + "订", 1),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_a_text_message_costs_what_the_provider_counts(text, segments):
    assert segments_of(text) == segments


def test_every_way_ends_and_only_a_person_ends_a_dead_letter():
    ends = {state for state, after in SENDING_MOVES.items() if not after}
    assert ends == {
        SendingState.SENT,
        SendingState.TOLD,
        SendingState.GIVEN_UP,
        SendingState.LAPSED,
    }
    assert SENDING_MOVES[SendingState.DEAD] == {SendingState.WAITING, SendingState.GIVEN_UP}
