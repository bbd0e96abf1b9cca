from __future__ import annotations

from datetime import date, timedelta

import pytest

from shop.catalog import services as catalog
from shop.kernel.access import SYSTEM, Permission, Scope
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.shelves import checks, queries, services
from shop.shelves.rules import MOST_GOODS, BadShelf
from shop.shelves.services import NotOfThisPlace, ShelfFull, ShelfWords
from shop.stations import queries as stations
from tests.builders.catalog import a_lister, many_products
from tests.builders.orders import some_goods
from tests.builders.stations import CIZHU, a_county, a_room, a_workshop

EVERYWHERE = Scope(("/",))


def a_curator(station_id):
    return a_lister(
        path=stations.path_of(station_id), user_id=None, permissions=(Permission.CURATE,)
    )


def words(**changed):
    given = {
        "title": "端午的礼", "title_en": "For the Dragon Boat Festival", "words": "挑了几样。",
        "picture": "shelf_mugwort", "starts_on": date(2026, 7, 18), "ends_on": date(2026, 7, 20),
    }  # fmt: skip
    return ShelfWords(**given | changed)


@pytest.fixture
def shelf(app, noon):
    """Return a shelf of the county in its season, its curator, and three goods of two villages."""
    here, there = a_workshop(), a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹")
    goods = [some_goods(workshop_id=place).product_id for place in (here, here, there)]
    actor = a_curator(a_county())
    slug = services.put_up(station_id=a_county(), words=words(), actor=actor, now=noon)
    return queries.shelf(slug, scope=EVERYWHERE, now=noon), actor, goods


def on(view):
    return [item.product_id for item in queries.goods_on(view.id)]


def broken():
    return [f.detail for check in checks.CHECKS for f in check.run()]


def test_goods_stand_in_the_order_somebody_gave_them(shelf, noon):
    view, actor, goods = shelf
    given = {"shelf_id": view.id, "actor": actor, "now": noon}
    for product_id in (*goods, goods[0]):
        services.add_goods(product_id=product_id, **given)
    assert on(view) == goods

    services.move(product_id=goods[2], by=-1, **given)
    services.move(product_id=goods[0], by=-5, **given)
    assert on(view) == [goods[0], goods[2], goods[1]]
    services.move(product_id=goods[0], by=9, **given)
    services.take_off(product_id=goods[2], **given)
    services.take_off(product_id=goods[2], **given)
    assert on(view) == [goods[1], goods[0]]
    with pytest.raises(NotFound):
        services.move(product_id=goods[2], by=1, **given)
    assert broken() == []


def test_a_village_fills_its_shelf_with_its_own_goods_only(shelf, noon):
    _, _, goods = shelf
    actor = a_curator(a_room())
    slug = services.put_up(station_id=a_room(), words=words(), actor=actor, now=noon)
    view = queries.shelf(slug, scope=EVERYWHERE, now=noon)

    with pytest.raises(NotOfThisPlace):
        services.add_goods(shelf_id=view.id, product_id=goods[2], actor=actor, now=noon)
    with pytest.raises(NotFound):
        services.add_goods(shelf_id=view.id, product_id=999, actor=actor, now=noon)
    assert {one.product_id for one in queries.goods_to_add(view)} == set(goods[:2])


def test_nobody_curates_beyond_her_reach(shelf, noon):
    view, _, goods = shelf
    village, lister = a_curator(a_room()), a_lister(path="/", user_id=None)

    for actor, refusal in ((village, OutOfReach), (lister, Forbidden)):
        given = {"actor": actor, "now": noon}
        with pytest.raises(refusal):
            services.put_up(station_id=a_county(), words=words(), **given)
        for act in (
            lambda g=given: services.add_goods(shelf_id=view.id, product_id=goods[0], **g),
            lambda g=given: services.change(shelf_id=view.id, words=words(), **g),
            lambda g=given: services.end(shelf_id=view.id, **g),
        ):
            with pytest.raises(refusal):
                act()
    assert queries.shelves(Scope((stations.path_of(a_room()),)), now=noon) == []
    with pytest.raises(NotFound):
        queries.shelf(view.slug, scope=Scope((stations.path_of(a_room()),)), now=noon)


def test_a_shelf_is_shown_in_its_days_and_has_a_page_after_them(shelf, noon):
    view, actor, goods = shelf
    services.add_goods(shelf_id=view.id, product_id=goods[0], actor=actor, now=noon)

    def shown(days):
        return queries.front(now=noon + timedelta(days=days)).shelf

    assert shown(0).slug == view.slug
    assert shown(1) is None
    assert shown(-3) is None
    assert queries.page(view.slug, now=noon + timedelta(days=9)).shelf.is_shown is False
    with pytest.raises(NotFound):
        queries.page(view.slug, now=noon - timedelta(days=3))

    catalog.pause(product_id=goods[0], actor=SYSTEM, now=noon)
    assert shown(0) is None
    assert queries.page(view.slug, now=noon).cards == ()


def test_the_higher_place_comes_first_on_the_first_page(shelf, noon):
    view, actor, goods = shelf
    own = a_curator(a_room())
    slug = services.put_up(
        station_id=a_room(), words=words(starts_on=date(2026, 7, 20)), actor=own, now=noon
    )
    village = queries.shelf(slug, scope=EVERYWHERE, now=noon)
    services.add_goods(shelf_id=village.id, product_id=goods[1], actor=own, now=noon)
    assert queries.front(now=noon).shelf.slug == slug

    services.add_goods(shelf_id=view.id, product_id=goods[0], actor=actor, now=noon)
    front = queries.front(now=noon)
    assert front.shelf.slug == view.slug
    assert [card.product_id for card in front.on_shelf] == [goods[0]]
    assert {card.product_id for card in front.ready} == set(goods)
    assert [one.slug for one in queries.shelves_shown(now=noon)] == [slug, view.slug]


def test_ending_a_shelf_keeps_the_page_of_one_that_has_begun(shelf, noon):
    view, actor, _ = shelf
    services.end(shelf_id=view.id, actor=actor, now=noon)
    services.end(shelf_id=view.id, actor=actor, now=noon)
    assert queries.page(view.slug, now=noon).shelf.ends_on == date(2026, 7, 19)

    later = words(starts_on=date(2026, 8, 1), ends_on=date(2026, 8, 3))
    slug = services.put_up(station_id=a_county(), words=later, actor=actor, now=noon)
    assert slug.startswith("for-the-dragon-boat-festival-2026-")
    to_come = queries.shelf(slug, scope=EVERYWHERE, now=noon)
    services.end(shelf_id=to_come.id, actor=actor, now=noon)
    with pytest.raises(NotFound):
        queries.shelf(slug, scope=EVERYWHERE, now=noon)


def test_what_is_wrong_is_refused_and_a_full_shelf_too(shelf, noon):
    view, actor, _ = shelf
    with pytest.raises(BadShelf):
        services.change(shelf_id=view.id, words=words(title=" "), actor=actor, now=noon)
    many_products(2 * MOST_GOODS, now=noon)
    more = queries.goods_to_add(view, most=MOST_GOODS + 1)
    with pytest.raises(ShelfFull):
        for item in more:
            services.add_goods(shelf_id=view.id, product_id=item.product_id, actor=SYSTEM, now=noon)
    assert len(on(view)) == MOST_GOODS
    assert queries.goods_to_add(view, text="手编") != []
    assert queries.goods_to_add(view, text="100%_nothing") == []
