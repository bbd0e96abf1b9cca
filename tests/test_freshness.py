from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from shop.bookings import services as bookings
from shop.bookings.rules import Party
from shop.catalog import services as catalog
from shop.catalog.services import NewVariant, ProductTexts
from shop.freshness import EXPERIENCES, GOODS, WORKSHOPS, product, room, session, variant
from shop.kernel.access import SYSTEM
from shop.kernel.db import db, transaction
from shop.kernel.freshness import Versions
from shop.media import services as media
from shop.media.rules import NewPicture, Words
from shop.stations import services as stations
from shop.stations.models import Station
from shop.stations.rules import ConsentPurpose
from shop.stock import services as stock
from shop.workflows import picturing
from tests.builders.bookings import a_session
from tests.builders.catalog import a_product, a_split
from tests.builders.media import sent
from tests.builders.stations import BEGINNING, CIZHU, a_member, a_room, a_workshop
from tests.builders.stock import a_delivery, a_quantity, a_shelf

QUARTER = timedelta(minutes=15)


@pytest.fixture
def changes(app) -> Callable[..., object]:
    """Watch tags: the block must raise those that are ``True`` and leave the others."""
    versions = Versions(db.engine)

    @contextmanager
    def watch(expected: dict[str, bool]) -> Iterator[None]:
        before = {tag: versions.total([tag]) for tag in expected}
        yield
        assert {tag: versions.total([tag]) != before[tag] for tag in expected} == expected

    return watch


def test_every_change_of_a_listing_makes_its_pages_stale(changes, noon):
    shop = a_workshop()
    one = a_product(workshop_id=shop, now=BEGINNING)
    tags = {GOODS: True, product(one): True, room(a_room()): True, room(a_room(CIZHU)): False}
    how = {"product_id": one, "actor": SYSTEM, "now": noon}
    with changes(tags):
        catalog.update_texts(texts=ProductTexts(title="新名字"), **how)
    with changes(tags):
        catalog.add_variants(variants=[NewVariant(sku="N-1", size="39")], **how)
    with changes(tags), media.taken_in([sent()]) as originals:
        said = Words(alt="鞋", alt_en="Shoes")
        catalog.add_pictures(pictures=[NewPicture(one, said) for one in originals], **how)
    with changes(tags):
        picturing.make_next(now=noon)
    with changes(tags):
        catalog.pause(**how)
    with changes(tags):
        catalog.resume(**how)


def test_a_proposed_price_changes_nothing_and_an_approved_one_does(changes, noon):
    one = a_product(workshop_id=a_workshop(), now=BEGINNING)
    with changes({GOODS: False, product(one): False}):
        sheet = catalog.propose_price(product_id=one, split=a_split(), actor=SYSTEM, now=noon)
    with changes({GOODS: True, product(one): True}):
        catalog.approve_price(sheet_id=sheet, actor=SYSTEM, now=noon)


def test_a_makers_consent_makes_pages_with_her_name_stale(changes, noon):
    maker = a_member(workshop_id=a_workshop())
    tags = {GOODS: True, room(a_room()): True}
    with changes(tags):
        stations.give_consent(
            member_id=maker, purpose=ConsentPurpose.NAME, explained_by=None, actor=SYSTEM, now=noon
        )
    with changes(tags):
        stations.withdraw_consent(
            member_id=maker, purpose=ConsentPurpose.NAME, actor=SYSTEM, now=noon
        )


def test_a_new_workshop_and_a_new_shelf_are_seen(changes, noon):
    with changes({WORKSHOPS: True, room(a_room(CIZHU)): True}):
        a_workshop(slug="new", station_id=a_room(CIZHU))
    with changes({GOODS: True, WORKSHOPS: False}):
        catalog.add_category(slug="new", name="新", name_en="New", position=9)
    with changes({WORKSHOPS: True, GOODS: True, "everything else": True}):
        stations.open_room(station_id=closed_room(), actor=SYSTEM, now=noon)


def closed_room() -> int:
    place = a_room("500229212203")
    with transaction() as writing:
        writing.execute(sa.update(Station).where(Station.id == place).values(opened_on=None))
    return place


class Shelf:
    """One variant of which a count is on the shelf, and whoever takes from it."""

    def __init__(self, pieces: int, now: datetime) -> None:
        self.goods = a_shelf(pieces)
        self.now = now
        self.tag = variant(self.goods.variant_id)

    def reserve(self, pieces: int, *, owner: str = "order:1") -> None:
        stock.reserve(
            owner=owner,
            items=[a_quantity(self.goods, pieces)],
            now=self.now,
            expires_at=self.now + QUARTER,
        )

    def receive(self, pieces: int) -> None:
        a_delivery([a_quantity(self.goods, pieces)], now=self.now)


@pytest.mark.parametrize(
    ("there", "taken", "seen_by"),
    [
        pytest.param(40, 5, (), id="many stay many"),
        pytest.param(14, 2, ("own page",), id="many become a number"),
        pytest.param(9, 2, ("own page",), id="a number becomes another"),
        pytest.param(2, 2, ("own page", "lists"), id="the last ones go"),
    ],
)
def test_taking_pieces_is_seen_where_pages_read_differently(changes, noon, there, taken, seen_by):
    shelf = Shelf(there, noon)
    seen = {shelf.tag: "own page" in seen_by, GOODS: "lists" in seen_by}
    with changes(seen):
        shelf.reserve(taken)
    with changes({shelf.tag: False, GOODS: False}):  # paid, packed, gone: nobody sees a difference
        stock.allocate(owner="order:1", now=noon)
        left = [a_quantity(shelf.goods, taken)]
        stock.ship(owner="order:1", items=left, source="parcel:1", actor=SYSTEM, now=noon)
    with changes(seen):
        shelf.receive(taken)
    with changes(seen):
        stock.issue(items=[a_quantity(shelf.goods, taken)], source="sale:1", actor=SYSTEM, now=noon)


def test_pieces_that_come_free_are_seen(changes, noon):
    shelf = Shelf(2, noon)
    shelf.reserve(2)
    with changes({shelf.tag: True, GOODS: True}):
        stock.release(owner="order:1", now=noon)
    shelf.reserve(2, owner="order:2")
    with changes({shelf.tag: True, GOODS: True}):
        stock.expire_holds(now=noon + QUARTER)
    with changes({shelf.tag: True, GOODS: False}):
        stock.correct(
            variant_id=shelf.goods.variant_id,
            station_id=shelf.goods.station_id,
            counted=5,
            key="a key of a form",
            actor=SYSTEM,
            now=noon,
        )


def test_money_that_comes_late_takes_back_what_pages_called_free(changes, noon):
    shelf = Shelf(2, noon)
    shelf.reserve(2)
    with changes({shelf.tag: True, GOODS: True}):
        assert stock.allocate(owner="order:1", now=noon + QUARTER)


def test_dates_and_seats_are_seen(changes, noon):
    workshop = a_workshop()
    with changes({EXPERIENCES: True, GOODS: False}):
        date = a_session(now=noon, capacity=4, workshop_id=workshop)

    def hold(owner: str, now: datetime) -> None:
        bookings.hold(
            owner=owner,
            session_id=date,
            party=Party(adults=2),
            now=now,
            expires_at=now + QUARTER,
        )

    seats = {session(date): True, EXPERIENCES: False, session(date + 1): False}
    with changes(seats):
        hold("order:1", noon)
    later = noon + QUARTER
    with changes(seats):  # as many as fell by the clock alone
        hold("order:2", later)
    with changes(seats):
        bookings.release(owner="order:2", now=later)
    with changes({session(date): True, EXPERIENCES: True}):
        bookings.cancel_session(session_id=date, actor=SYSTEM, now=later)
