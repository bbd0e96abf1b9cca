from __future__ import annotations

from dataclasses import replace

import pytest

from shop.catalog import services as catalog
from shop.delivery import queries as delivery
from shop.delivery.rules import RegionTwice
from shop.kernel.access import SYSTEM
from shop.kernel.errors import NotFound, OutOfReach
from shop.kernel.money import Money
from shop.orders import queries as orders
from shop.orders.rules import Handover
from shop.oversight import proof
from shop.stations import queries as stations
from shop.workflows import quoting, selling, sending_terms
from tests.builders.accounts import a_social_worker
from tests.builders.delivery import a_zone, some_zones
from tests.builders.orders import MS_LIU, a_cart, an_order, some_goods
from tests.builders.stations import CIZHU, a_room, a_workshop

pytestmark = pytest.mark.usefixtures("app", "bank")
XINJIANG = replace(MS_LIU, region="新疆维吾尔自治区 乌鲁木齐市 天山区", place_code="650102")


def findings() -> list[str]:
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def test_each_parcel_costs_what_its_own_workshop_asks_for_the_place_and_the_weight(noon):
    near = some_goods()
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    flat = some_goods(workshop_id=other)
    some_zones(workshop_id=near.workshop_id, now=noon)
    catalog_weight(near, 700, noon)
    cart = a_cart(now=noon, goods={near: 3, flat: 1})

    fees = {
        place: [part.shipping for part in quoting.quote(cart, to=place, now=noon).parts]
        for place in ("500103", "110101", "650102", None, "")
    }

    # 2.1 kg: three times the first or further kilogram; nobody asked yet: the own province.
    assert fees == {
        "500103": [Money(0), Money(800)],  # goods worth 264.00
        "110101": [Money(2400), Money(800)],
        "650102": [Money(4800), Money(800)],
        None: [Money(0), Money(800)],
        "": [Money(4800), Money(800)],
    }


def catalog_weight(goods, grams, now):
    catalog.set_facts(
        product_id=goods.product_id,
        facts=catalog.ProductFacts(weight_g=grams),
        actor=SYSTEM,
        now=now,
    )


def test_an_order_freezes_what_its_way_cost(noon):
    goods = some_goods()
    some_zones(workshop_id=goods.workshop_id, now=noon)

    order = orders.order(
        an_order(now=noon, goods={goods: 1}, contact=XINJIANG, total=8800 + 1800).order_id
    )
    a_zone(workshop_id=goods.workshop_id, now=noon, name="西藏", regions=("54",), first=9900)

    assert order.shipping == Money(1800)
    assert order.contact.place_code == "650102"
    assert orders.order(order.id).shipping == Money(1800)


def test_a_total_agreed_for_a_nearer_place_is_refused(noon):
    goods = some_goods()
    some_zones(workshop_id=goods.workshop_id, now=noon)

    with pytest.raises(selling.PriceChanged):
        an_order(now=noon, goods={goods: 1}, contact=XINJIANG, total=8800 + 800)


def test_words_that_name_a_far_province_pay_for_it_and_words_that_name_none_pay_the_dearest(noon):
    goods = some_goods()
    some_zones(workshop_id=goods.workshop_id, now=noon)

    for region in ("新疆 乌鲁木齐", "某处"):
        contact = replace(MS_LIU, phone=f"1380000{len(region):04d}", region=region)
        placed = an_order(now=noon, goods={goods: 1}, contact=contact, total=8800 + 1800)
        assert orders.order(placed.order_id).shipping == Money(1800)


def test_what_a_workshop_does_not_send_to_is_refused_by_name_and_can_be_fetched(noon):
    goods = some_goods(workshop_id=a_workshop())
    a_zone(workshop_id=goods.workshop_id, now=noon)

    with pytest.raises(selling.NotSentThere):
        an_order(now=noon, goods={goods: 1}, contact=XINJIANG, total=8800)
    fetched = an_order(now=noon, goods={goods: 1}, contact=XINJIANG, handover=Handover.PICK_UP)

    assert orders.order(fetched.order_id).shipping == Money(0)


def test_one_sum_for_every_parcel_is_for_the_mainland_only(noon):
    abroad = replace(MS_LIU, region="Germany, Munich", place_code="99")

    with pytest.raises(selling.NotSentThere):
        an_order(now=noon, contact=abroad, total=8800)


def test_goods_are_shown_with_the_least_that_their_way_costs(noon):
    workshop = a_workshop()
    some_zones(workshop_id=workshop, now=noon)
    county = a_zone(workshop_id=workshop, now=noon, name="城口", regions=("500229",), first=500)
    assert stations.workshop(workshop).shipping == Money(500)

    sending_terms.remove_zone(workshop_id=workshop, zone=county, actor=SYSTEM, now=noon)

    shown = stations.workshop(workshop)
    assert (shown.shipping, shown.has_delivery_terms) == (Money(800), True)
    assert findings() == []


def test_parcels_gathered_at_the_town_say_both_days(noon):
    goods = some_goods()
    sending_terms.set_way(workshop_id=goods.workshop_id, town_days=2, actor=SYSTEM, now=noon)

    (part,) = orders.order(an_order(now=noon, goods={goods: 1}).order_id).parts

    # Thursday in the village; Friday and Monday are the two workdays.
    assert (part.promised_on.isoformat(), part.dispatch_on.isoformat()) == (
        "2026-07-23",
        "2026-07-27",
    )


def test_what_is_fetched_waits_for_no_town(noon):
    goods = some_goods()
    sending_terms.set_way(workshop_id=goods.workshop_id, town_days=2, actor=SYSTEM, now=noon)

    placed = an_order(now=noon, goods={goods: 1}, handover=Handover.PICK_UP)

    assert orders.order(placed.order_id).parts[0].dispatch_on is None


def test_a_zone_is_changed_in_place_and_two_never_name_one_place(noon):
    workshop = a_workshop()
    some_zones(workshop_id=workshop, now=noon)
    _near, rest, far = delivery.terms_of([workshop])[workshop].zones

    sending_terms.write_zone(
        workshop_id=workshop, zone=replace(far, regions=("65", "54")), actor=SYSTEM, now=noon
    )
    with pytest.raises(RegionTwice):
        sending_terms.write_zone(
            workshop_id=workshop, zone=replace(rest, regions=("54",)), actor=SYSTEM, now=noon
        )

    assert delivery.terms_of([workshop])[workshop].zones[2].regions == ("65", "54")


def test_only_the_own_workers_write_zones_and_no_zone_of_another_workshop_is_touched(noon):
    own = a_workshop()
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    foreign = a_zone(workshop_id=other, now=noon)
    worker = a_social_worker()
    (zone,) = delivery.terms_of([other])[other].zones

    with pytest.raises(OutOfReach):
        sending_terms.remove_zone(workshop_id=other, zone=foreign, actor=worker, now=noon)
    with pytest.raises(NotFound):
        sending_terms.write_zone(workshop_id=own, zone=zone, actor=worker, now=noon)
    sending_terms.remove_zone(workshop_id=own, zone=foreign, actor=worker, now=noon)

    assert delivery.terms_of([other])[other].zones == (zone,)
