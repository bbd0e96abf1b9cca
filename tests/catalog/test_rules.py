from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from shop.catalog.rules import (
    MOVES,
    ListingState,
    PriceSplit,
    Promise,
    SplitDoesNotAddUp,
    Supply,
    love,
    pieces_to_make,
    ready_on,
    split_price,
)
from shop.kernel import workdays
from shop.kernel.money import Money, total
from shop.kernel.workdays import DayName
from shop.stations.rules import Pace, Season, SeasonReason


# Source: domain.md 11, the whole table: pay, material, pack, fee, workshop, rest, price.
@pytest.mark.parametrize(
    "row",
    [
        (4620, 1250, 300, 53, 900, 1677, 8800, 52.5),
        (3470, 900, 300, 41, 700, 1389, 6800, 51.0),
        (5780, 1600, 300, 65, 1100, 1955, 10800, 53.5),
        (1540, 320, 100, 17, 300, 523, 2800, 55.0),
        (2310, 380, 100, 25, 400, 985, 4200, 55.0),
        (970, 200, 100, 11, 200, 319, 1800, 53.9),
        (9240, 2200, 400, 101, 1700, 3159, 16800, 55.0),
        (2310, 600, 200, 29, 500, 1161, 4800, 48.1),
        (6930, 2800, 400, 83, 1400, 2187, 13800, 50.2),
    ],
)
def test_the_nine_sample_prices_split_to_the_fen(row):
    pay, material, pack, fee, workshop, rest, price, share = row
    split = split_price(
        Money(price),
        pay=Money(pay),
        material=Money(material),
        pack=Money(pack),
        workshop=Money(workshop),
    )

    assert split.fee == Money(fee)
    assert split.rest == Money(rest)
    assert split.pay_share_percent == share
    assert not split.is_pay_share_low


def test_any_split_adds_up_or_is_refused():
    dice = random.Random(20260720)
    for _ in range(300):
        price = Money(dice.randrange(0, 50_000))
        parts = {name: Money(dice.randrange(0, 12_000)) for name in ("pay", "material", "pack")}
        try:
            split = split_price(price, workshop=Money(dice.randrange(0, 9_000)), **parts)
        except SplitDoesNotAddUp:
            continue
        assert total(split.parts) == price
        assert min(part.minor for part in split.parts) >= 0


def test_parts_that_are_not_the_price_are_refused():
    with pytest.raises(SplitDoesNotAddUp):
        PriceSplit(Money(100), Money(50), Money(20), Money(0), Money(1), Money(10), rest=Money(20))


@pytest.mark.parametrize(
    ("supply", "quantity", "available", "is_to_wish", "expected"),
    [
        pytest.param(Supply.IN_STOCK, 2, 2, False, 0, id="in stock"),
        pytest.param(Supply.IN_STOCK, 3, 2, False, 1, id="one is missing"),
        pytest.param(Supply.MADE_TO_ORDER, 1, 4, False, 0, id="to order, but one is there"),
        pytest.param(Supply.MADE_TO_ORDER, 2, -1, False, 2, id="more promised than there is"),
        pytest.param(Supply.CUSTOM, 2, 9, False, 2, id="custom is always made"),
        pytest.param(Supply.IN_STOCK, 2, 9, True, 2, id="so is what has a wish in it"),
    ],
)
def test_what_has_to_be_woven_first(supply, quantity, available, is_to_wish, expected):
    missing = pieces_to_make(supply, quantity=quantity, available=available, is_to_wish=is_to_wish)

    assert missing == expected


# A workshop of 40 hours a week, carrier on Monday and Thursday; 20 July 2026 is a Monday.
FORTY_HOURS = 2400
DAYS = workdays.china()
TEA = Season(SeasonReason.TEA_PICKING, 50, date(2026, 4, 6), date(2026, 5, 11))
CLOSED = Season(SeasonReason.SPRING_FESTIVAL, 0, date(2026, 2, 9), date(2026, 2, 28))


def promised(today, *, minutes=None, weekly=FORTY_HOURS, seasons=(), weekdays=(1, 4), **kwargs):
    pace = Pace(weekly, frozenset(weekdays), tuple(seasons))
    return ready_on(pace=pace, minutes=minutes, today=today, days=DAYS, **kwargs)


@pytest.mark.parametrize(
    ("today", "leaves_on"),
    [
        pytest.param(date(2026, 7, 20), date(2026, 7, 23), id="Monday: with Thursday's parcels"),
        pytest.param(date(2026, 7, 22), date(2026, 7, 23), id="Wednesday: tomorrow"),
        pytest.param(date(2026, 7, 23), date(2026, 7, 27), id="Thursday: next Monday, 4 days"),
        pytest.param(date(2026, 7, 31), date(2026, 8, 3), id="over the end of a month"),
        pytest.param(date(2026, 12, 31), date(2027, 1, 4), id="over the end of a year"),
        pytest.param(date(2028, 2, 25), date(2028, 2, 28), id="into the last week of a leap year"),
    ],
)
def test_stock_leaves_when_the_carrier_comes_within_72_hours_or_next(today, leaves_on):
    assert promised(today) == Promise(leaves_on, is_made_first=False)


def test_with_a_carrier_every_day_stock_has_its_72_hours():
    every_day = promised(date(2026, 7, 20), weekdays=range(1, 8))

    assert every_day.leaves_on == date(2026, 7, 23)


@pytest.mark.parametrize(
    ("minutes", "weekly", "leaves_on"),
    [
        # 2 h: woven on the 21st, + 5 days is Sunday the 26th, Monday takes it.
        pytest.param(120, 2400, date(2026, 7, 27), id="one pair"),
        # 100 h at 100 h a week: woven on the 27th, + 5 is Saturday 1 August, Monday the 3rd.
        pytest.param(6000, 6000, date(2026, 8, 3), id="fifty pairs, a month ends in between"),
        # 40 h at one person's 20 h a week: 14 days, 3 August, + 5 is the 8th, Monday the 10th.
        pytest.param(2400, 0, date(2026, 8, 10), id="no capacity stated"),
        # One minute too many for a day of 2400 / 7 minutes takes the second day.
        pytest.param(343, 2400, date(2026, 7, 27), id="a day and a bit"),
        pytest.param(0, 2400, date(2026, 7, 27), id="nothing to weave but the margin"),
    ],
)
def test_what_is_made_first_takes_its_minutes_five_days_and_the_carrier(minutes, weekly, leaves_on):
    promise = promised(date(2026, 7, 20), minutes=minutes, weekly=weekly)

    assert promise == Promise(leaves_on, is_made_first=True)


def test_a_farm_week_in_the_middle_counts_half_and_is_named():
    # 40 h from 1 April: the four days to the 5th weave 4/7 of it, the rest takes six days at half
    # pace, to the 11th; + 5 days is Thursday the 16th.
    promise = promised(date(2026, 4, 1), minutes=2400, seasons=[TEA])

    assert promise == Promise(
        date(2026, 4, 16), is_made_first=True, season=SeasonReason.TEA_PICKING
    )
    assert promised(date(2026, 4, 1), minutes=2400).leaves_on == date(2026, 4, 13)


def test_weeks_that_begin_after_the_work_is_done_change_nothing():
    promise = promised(date(2026, 3, 2), minutes=600, seasons=[TEA])

    assert promise.season is None


def test_of_two_slow_spans_at_once_the_slower_counts():
    quarter = Season(SeasonReason.PLANTING, 25, date(2026, 4, 1), date(2026, 5, 1))
    alone = promised(date(2026, 4, 1), minutes=2400, seasons=[quarter])

    assert promised(date(2026, 4, 1), minutes=2400, seasons=[TEA, quarter]) == alone
    assert alone.season is SeasonReason.PLANTING


def test_a_closed_workshop_weaves_nothing_and_nothing_leaves_it():
    # 6 February is a Friday: 9 February, a Monday, is inside; open again on the 28th, a Saturday
    # that is worked in place of a holiday, so the carrier makes up for one that fell out.
    assert promised(date(2026, 2, 6), seasons=[CLOSED]) == Promise(
        date(2026, 2, 28), is_made_first=False, season=SeasonReason.SPRING_FESTIVAL
    )
    # Two days' work before the span, one after it.
    made = promised(date(2026, 2, 6), minutes=1000, seasons=[CLOSED])
    assert made.leaves_on == date(2026, 3, 5)


def test_no_parcel_leaves_on_a_public_holiday_and_a_worked_weekend_makes_up_for_it():
    # Thursday 1 and Monday 5 October are holidays; Saturday the 10th is worked; Thursday the 8th.
    assert promised(date(2026, 9, 28)) == Promise(
        date(2026, 10, 8),
        is_made_first=False,
        holiday=DayName("国庆节", "National Day"),
    )
    # Friday to Sunday lie between two pick-ups; the worked Sunday, 20 September, is one as well.
    assert promised(date(2026, 9, 18)).leaves_on == date(2026, 9, 21)
    assert promised(date(2026, 9, 17)).leaves_on == date(2026, 9, 20)


def test_what_is_fetched_waits_for_no_carrier_but_for_the_end_of_a_holiday():
    assert promised(date(2026, 7, 23), by_carrier=False).leaves_on == date(2026, 7, 26)
    assert promised(date(2026, 9, 28), by_carrier=False).leaves_on == date(2026, 10, 8)


def test_the_more_waits_the_later_it_leaves_whatever_the_calendar():
    dice = random.Random(20260720)
    for _ in range(200):
        today = date(2026, 1, 1) + timedelta(days=dice.randrange(400))
        seasons = []
        for _ in range(dice.randrange(4)):
            starts_on = today + timedelta(days=dice.randrange(-40, 80))
            span = timedelta(days=dice.randrange(1, 60))
            percent = dice.choice((0, 25, 50, 75))
            seasons.append(Season(SeasonReason.OTHER, percent, starts_on, starts_on + span))
        minutes = sorted(dice.randrange(0, 40_000) for _ in range(3))
        days = [promised(today, minutes=n, seasons=seasons).leaves_on for n in minutes]
        assert days == sorted(days)
        assert today < days[0]


def test_a_wish_for_more_than_anybody_weaves_has_a_date_all_the_same():
    assert promised(date(2026, 7, 20), minutes=10**15).leaves_on > date(2030, 1, 1)


def test_every_listing_state_can_be_reached_but_the_two_beginnings():
    reached = frozenset().union(*MOVES.values())

    # A draft is written, an unlisted product imported; everything else is moved into.
    assert set(ListingState) - reached == {ListingState.UNLISTED}
    assert set(MOVES) == set(ListingState)


@pytest.mark.parametrize(
    ("rating_sum", "rating_count", "hearts", "loved"),
    [
        (0, 0, 0, 0), (5, 1, 0, 20), (40, 10, 0, 100), (9, 3, 0, 0), (2, 2, 0, 0), (25, 5, 0, 100),
        (0, 0, 7, 7), (5, 1, 7, 27), (2, 2, 7, 0),
    ],
)  # fmt: skip
def test_love_is_what_buyers_gave_beyond_the_middle_and_then_hearts(
    rating_sum, rating_count, hearts, loved
):
    assert love(rating_sum=rating_sum, rating_count=rating_count, hearts=hearts) == loved
