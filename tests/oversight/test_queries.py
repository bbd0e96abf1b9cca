from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from shop.earnings import queries as earnings
from shop.earnings.rules import PayChannel
from shop.kernel.access import Permission, Scope
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.oversight.queries import overview, own_places, places_with_totals
from shop.workflows import paying
from tests.builders.accounts import a_cashier, an_actor
from tests.builders.earnings import AFTER_JULY, a_pay_run, an_earning
from tests.builders.orders import a_bank, a_paid_order, an_order, some_goods, some_pendants
from tests.builders.stations import CIZHU, DENGLIANG, a_member, a_room, a_town, a_workshop

COUNTY = "500229"


def a_county_with_two_workshops() -> None:
    a_member(workshop_id=a_workshop())
    a_member(workshop_id=a_workshop())
    a_member(
        workshop_id=a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊"),
        name="向红英",
    )


def the_view_of(role: Role, *, at: int | None = None) -> Scope:
    return an_actor(role, at=at).scope(Permission.SEE_OVERSIGHT)


def test_a_county_counts_everything_below_it(app, noon):
    a_county_with_two_workshops()

    seen = overview(
        COUNTY,
        scope=the_view_of(Role.COUNTY_OFFICER),
        since=noon - timedelta(days=30),
        until=noon,
        now=noon,
    )

    assert (seen.totals.rooms, seen.totals.workshops, seen.totals.members) == (2, 2, 3)
    assert {child.station.code: child.totals.members for child in seen.children} == {
        "500229107": 1,
        "500229212": 2,
    }


def test_the_children_of_a_place_add_up_to_it(app, noon):
    a_county_with_two_workshops()
    scope = the_view_of(Role.COUNTY_OFFICER)
    span = {"since": noon - timedelta(days=30), "until": noon, "now": noon}

    seen = overview(COUNTY, scope=scope, **span)

    assert sum(child.totals.members for child in seen.children) == seen.totals.members
    assert sum(child.totals.workshops for child in seen.children) == seen.totals.workshops


def test_a_room_opens_its_workshops_and_the_codes_of_its_members(app, noon):
    a_county_with_two_workshops()

    seen = overview(
        DENGLIANG, scope=the_view_of(Role.TOWN_SUPERVISOR), since=noon, until=noon, now=noon
    )

    assert [workshop.slug for workshop in seen.workshops] == ["dengliang"]
    assert [member.code for member in seen.members] == ["001", "002"]
    assert [place.code for place in seen.above] == ["500229212"]


@pytest.mark.parametrize("code", [COUNTY, "500229107", CIZHU, "no such code"])
def test_what_lies_outside_the_reach_is_not_there(app, noon, code):
    a_county_with_two_workshops()
    scope = the_view_of(Role.TOWN_SUPERVISOR)

    with pytest.raises(NotFound):
        overview(code, scope=scope, since=noon, until=noon, now=noon)


def test_a_view_begins_at_the_topmost_places_of_a_person(app, noon):
    a_county_with_two_workshops()
    scope = the_view_of(Role.TOWN_SUPERVISOR)
    wider = Scope((*scope.paths, *the_view_of(Role.COUNTY_OFFICER).paths))

    assert [place.code for place in own_places(scope)] == ["500229212"]
    assert [place.code for place in own_places(wider)] == [COUNTY]


def test_nobody_without_the_right_begins_anywhere(app):
    a_county_with_two_workshops()

    assert own_places(the_view_of(Role.SOCIAL_WORKER)) == []


def test_places_are_listed_with_what_lies_below_each(app, noon):
    a_county_with_two_workshops()
    a_town()
    places = own_places(Scope(("/",)))

    (county,) = places_with_totals(places, since=noon, until=noon, now=noon)

    assert county.totals.members == 3


def test_without_due_pay_there_is_no_share_paid_in_time(app, noon):
    a_county_with_two_workshops()
    scope = the_view_of(Role.COUNTY_OFFICER)

    seen = overview(COUNTY, scope=scope, since=noon - timedelta(days=9), until=noon, now=noon)

    assert seen.totals.on_time_percent is None


def july(noon):
    return {"since": noon - timedelta(days=30), "until": noon + timedelta(days=30)}


def test_sales_are_counted_where_the_goods_come_from_and_once(app, noon):
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    with a_bank():
        a_paid_order(now=noon, goods={some_goods(): 2, some_pendants(workshop_id=other): 1})
        an_order(now=noon)  # held and not paid

    seen = overview(COUNTY, scope=the_view_of(Role.COUNTY_OFFICER), now=noon, **july(noon))

    assert seen.totals.sales == Money(2 * 8800 + 2800)
    assert {child.station.code: child.totals.sales for child in seen.children} == {
        "500229107": Money(2800),
        "500229212": Money(2 * 8800),
    }
    assert {child.station.code: child.totals.orders for child in seen.children} == {
        "500229107": 1,
        "500229212": 1,
    }


def test_sales_of_another_time_are_not_counted(app, noon):
    with a_bank():
        a_paid_order(now=noon)
    scope = the_view_of(Role.COUNTY_OFFICER)

    before = overview(COUNTY, scope=scope, since=noon - timedelta(days=9), until=noon, now=noon)

    assert (before.totals.orders, before.totals.sales) == (0, Money(0))


def test_wages_are_owed_until_they_are_paid_out(app, noon):
    member = a_member()
    an_earning(member_id=member)
    an_earning(member_id=member, is_sure=False, fen=999)
    scope = the_view_of(Role.COUNTY_OFFICER)

    owed = overview(COUNTY, scope=scope, now=AFTER_JULY, **july(noon)).totals
    run_id = a_pay_run(workshop_id=a_workshop())
    (slip,) = earnings.slips(run_id)
    paying.record_payout(
        pay_slip_id=slip.id,
        channel=PayChannel.BANK,
        actor=a_cashier(),
        now=AFTER_JULY,
    )
    paid = overview(COUNTY, scope=scope, now=AFTER_JULY, **july(noon)).totals

    assert (owed.wages_owed, owed.wages_paid) == (Money(50820), Money(0))
    assert (paid.wages_owed, paid.wages_paid) == (Money(0), Money(50820))
    assert paid.on_time_percent == 100.0


def test_pay_that_waits_longer_than_thirty_days_is_late(app, noon):
    member = a_member()
    an_earning(member_id=member, fen=30000, at=noon - timedelta(days=31))
    an_earning(member_id=member, fen=10000, at=noon - timedelta(days=29))
    scope = the_view_of(Role.COUNTY_OFFICER)

    seen = overview(
        COUNTY, scope=scope, since=noon - timedelta(days=90), until=noon, now=noon
    ).totals

    assert (seen.pay_due, seen.pay_on_time) == (Money(30000), Money(0))
    assert seen.on_time_percent == 0.0
