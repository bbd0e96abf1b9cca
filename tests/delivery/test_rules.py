from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.delivery.rules import (
    BadZone,
    RegionTwice,
    Zone,
    require_apart,
    require_sound,
    way_to,
    weight_of,
    zone_for,
)
from shop.kernel.money import Money

NOTHING = Money(0)


def a_zone(name="重庆", regions=("50",), *, first=800, each=200, free=None, step=1000):
    return Zone(
        name, regions, 1000, Money(first), step, Money(each), None if free is None else Money(free)
    )


NEAR = a_zone(free=19900)
COUNTY = a_zone("城口", ("500229",), first=500)
REST = a_zone("其他", (), first=1200, each=600)
FAR = a_zone("新疆西藏", ("54", "65"), first=1800, each=1500)
ABROAD = a_zone("国外", ("99",), first=15000, each=8000)
ALL = (NEAR, COUNTY, REST, FAR, ABROAD)


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("500229212", COUNTY),
        ("500103", NEAR),
        ("50", NEAR),
        ("110101", REST),
        ("650102", FAR),
        ("99", ABROAD),
    ],
)
def test_the_zone_that_names_a_place_most_exactly_counts(place, zone):
    assert zone_for(ALL, place) is zone


def test_an_address_that_names_no_place_pays_the_dearest_of_the_mainland():
    assert zone_for(ALL, "") is FAR
    assert zone_for((ABROAD,), "") is None


def test_what_no_zone_covers_is_not_sent():
    assert zone_for((NEAR, FAR), "110101") is None
    assert zone_for((NEAR, REST), "99") is None


@pytest.mark.parametrize(
    ("grams", "fen"),
    [(1, 800), (1000, 800), (1001, 1000), (2000, 1000), (2001, 1200), (5500, 1800)],
)
def test_each_further_weight_begun_is_paid(grams, fen):
    assert way_to(NEAR, grams=grams, goods=NOTHING).fee == Money(fen)


def test_goods_worth_enough_go_free_and_below_it_the_page_says_how_much_is_missing():
    assert way_to(NEAR, grams=9000, goods=Money(19900)).fee == NOTHING
    assert way_to(NEAR, grams=500, goods=Money(18000)).short_of == Money(1900)
    assert way_to(REST, grams=500, goods=Money(18000)).short_of is None


def test_a_piece_that_nobody_weighed_counts_500_grams():
    assert weight_of(0, 3) == 1500
    assert weight_of(120, 3) == 360


def test_the_weight_is_said_rounded_up():
    assert way_to(NEAR, grams=1201, goods=NOTHING).kilograms == "1.3"


@given(
    grams=st.integers(1, 60_000),
    more=st.integers(0, 10_000),
    step=st.integers(1, 5000),
    each=st.integers(0, 5000),
)
def test_a_heavier_parcel_never_costs_less(grams, more, step, each):
    zone = a_zone(each=each, step=step)
    lighter = way_to(zone, grams=grams, goods=NOTHING).fee
    assert way_to(zone, grams=grams + more, goods=NOTHING).fee >= lighter >= zone.first


@pytest.mark.parametrize(
    "zone",
    [
        a_zone("  "),
        a_zone(first=-1),
        a_zone(each=-1),
        a_zone(step=0),
        a_zone(step=50_001),
        a_zone(free=0),
    ],
)
def test_a_zone_that_makes_no_sense_is_refused(zone):
    with pytest.raises(BadZone):
        require_sound(zone)


def test_two_zones_never_name_the_same_place_and_only_one_is_the_rest():
    require_apart(ALL)
    with pytest.raises(RegionTwice):
        require_apart([NEAR, a_zone("又一个", ("51", "50"))])
    with pytest.raises(RegionTwice):
        require_apart([REST, a_zone("又一个", ())])
