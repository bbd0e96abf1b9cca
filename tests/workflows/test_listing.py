from __future__ import annotations

import pytest

from shop.catalog import desk
from shop.catalog.rules import ListingState, PayLane, SplitDoesNotAddUp, Supply, split_price
from shop.catalog.services import CodeTaken, NewVariant, ProductTexts
from shop.kernel.access import SYSTEM, Scope
from shop.kernel.clock import business_day
from shop.kernel.errors import OutOfReach
from shop.kernel.money import Money
from shop.media.gateway import storage
from shop.media.rules import ORIGINALS, NotAPicture
from shop.production import queries as making
from shop.workflows.listing import (
    NewListing,
    PayNotBehindPrice,
    approve_price,
    pay_of_maker,
    write_listing,
)
from tests.builders.accounts import a_social_worker
from tests.builders.media import sent
from tests.builders.stations import CIZHU, a_room, a_workshop

EVERYWHERE = Scope(("/",))


def a_listing(workshop_id: int, **changes) -> NewListing:
    """Return S-01 of domain.md 5 E2 as it is written at the desk."""
    return NewListing(
        **{
            "workshop_id": workshop_id,
            "code": "S-01",
            "texts": ProductTexts(title="手编凉鞋", material="棉麻绳", care="阴干"),
            "variants": (NewVariant(sku="S-01-36", size="36"),),
            "split": split_price(
                Money(8800),
                pay=Money(4620),
                material=Money(1250),
                pack=Money(300),
                workshop=Money(900),
            ),
            "minutes": 120,
            "supply": Supply.IN_STOCK,
            "pay_lane": PayLane.PIECE_WAGE,
            "files": (sent(),),
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("lane", "minutes", "share", "pay"),
    [
        pytest.param(PayLane.PIECE_WAGE, 120, None, 4620, id="two hours of sandals"),
        pytest.param(PayLane.PIECE_WAGE, 25, None, 970, id="rounded up to ten fen"),
        pytest.param(PayLane.CONSIGNMENT, 60, 55, 4840, id="her share of the price"),
    ],
)
def test_the_pay_in_a_price_is_what_the_maker_gets(lane, minutes, share, pay):
    assert pay_of_maker(
        pay_lane=lane, price=Money(8800), minutes=minutes, share_percent=share
    ) == Money(pay)


def test_price_and_rate_wait_together_and_come_into_force_together(app, noon):
    zhou_min, he_qing = a_social_worker(), a_social_worker()
    written = write_listing(listing=a_listing(a_workshop()), actor=zhou_min, now=noon)
    detail = desk.listing(written.public_id, EVERYWHERE)
    product_id = detail.listing.product_id
    assert written.state is ListingState.CHECKED
    assert making.rates([product_id], on=business_day(noon)) == {}

    approve_price(
        product_id=product_id, sheet_id=detail.sheets[0].sheet_id, actor=he_qing, now=noon
    )

    assert desk.listing(written.public_id, EVERYWHERE).listing.state is ListingState.ON_SALE
    assert making.rates([product_id], on=business_day(noon))[product_id].rate == Money(4620)


def test_a_listing_that_is_not_to_be_shown_stays_a_draft(app, noon):
    written = write_listing(
        listing=a_listing(a_workshop(), is_to_be_listed=False), actor=a_social_worker(), now=noon
    )

    assert written.state is ListingState.DRAFT


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        pytest.param({"minutes": 121}, PayNotBehindPrice, id="more work than pay"),
        pytest.param(
            {"variants": (NewVariant(sku="A", size="36"), NewVariant(sku="A", size="37"))},
            CodeTaken,
            id="one SKU for two sizes",
        ),
        pytest.param(
            {"files": (sent(), sent(b"%PDF-1.7"))}, NotAPicture, id="a second file that is none"
        ),
    ],
)
def test_a_refused_listing_leaves_nothing(app, noon, changes, refusal):
    with pytest.raises(refusal):
        write_listing(listing=a_listing(a_workshop(), **changes), actor=SYSTEM, now=noon)

    assert desk.listings(EVERYWHERE).items == ()
    assert list(storage().lying(ORIGINALS)) == []


def test_nobody_lists_for_a_workshop_out_of_her_reach(app, noon):
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")

    with pytest.raises(OutOfReach):
        write_listing(listing=a_listing(other), actor=a_social_worker(), now=noon)

    assert desk.listings(EVERYWHERE).items == ()


def test_parts_that_are_not_the_price_cannot_even_be_said():
    with pytest.raises(SplitDoesNotAddUp):
        split_price(
            Money(5000),
            pay=Money(4620),
            material=Money(1250),
            pack=Money(0),
            workshop=Money(0),
        )
