from __future__ import annotations

from io import BytesIO

import pytest

from shop.accounts.rules import Role
from shop.catalog import desk
from shop.catalog import queries as catalog
from shop.catalog.rules import ListingState
from shop.kernel.access import Scope
from shop.kernel.clock import business_day
from shop.kernel.money import Money
from shop.media.gateway import storage
from shop.media.rules import ORIGINALS
from shop.oversight import proof
from shop.production import queries as making
from shop.stations import queries as stations
from shop.stations.rules import ConsentPurpose
from tests.builders.catalog import a_product
from tests.builders.media import a_picture
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop
from tests.builders.stock import Quantity, a_delivery

EVERYWHERE = Scope(("/",))

# S-01 as in domain.md 5 E2.
SANDALS = {
    "workshop_slug": "dengliang",
    "code": "S-01",
    "title": "手编凉鞋",
    "title_en": "Hand-woven sandals",
    "summary": "八股平编。",
    "material": "棉麻绳、布底",
    "care": "沾水后阴干",
    "supply": "in_stock",
    "pay_lane": "piece_wage",
    "minutes": "120",
    "variants-0-size": "36",
    "variants-1-size": "37",
    "price": "88",
    "pay": "46.20",
    "split_material": "12.50",
    "pack": "3",
    "fee": "0.53",
    "workshop": "9.00",
    "rest": "16.77",
    "publish": "y",
}


def words(response) -> str:
    return response.get_data(as_text=True)


def a_file(content: bytes | None = None, name: str = "IMG_0001.jpg") -> tuple[BytesIO, str]:
    return BytesIO(a_picture() if content is None else content), name


def listings(in_app):
    return in_app(lambda: desk.listings(EVERYWHERE).items)


@pytest.fixture
def zhou_min(worker, in_app):
    in_app(a_workshop)
    return worker()


def listed(zhou_min, **changes) -> str:
    """Send the form of a new listing and return the address of its page."""
    location: str = zhou_min.send("/desk/goods/new", {**SANDALS, **changes}).location
    return location


def test_a_listing_is_public_once_a_second_person_approves(zhou_min, worker, visitor, in_app, noon):
    page = listed(zhou_min)
    (sandals,) = listings(in_app)
    visitor.open(f"/goods/{sandals.slug}", status=404)
    he_qing = worker()
    sheet = in_app(lambda: desk.sheets_of(sandals.product_id))[0]

    he_qing.send(f"{page}/price/{sheet.sheet_id}/yes", via=page)

    assert listings(in_app)[0].state is ListingState.ON_SALE
    assert "手编凉鞋" in words(visitor.open(f"/goods/{sandals.slug}"))
    rate = in_app(lambda: making.rates([sandals.product_id], on=business_day(noon)))
    assert rate[sandals.product_id].rate == Money(4620)


def test_pictures_that_come_with_a_listing_wait_for_their_words(zhou_min, in_app):
    location = listed(zhou_min, files=[a_file(), a_file(a_picture("PNG"), "IMG_0002.png")])

    (sandals,) = listings(in_app)
    assert location == f"/desk/goods/{sandals.public_id}/pictures"
    page = words(zhou_min.open(location))
    assert "IMG_0001.jpg" in page
    assert "IMG_0002.png" in page


def test_whoever_wrote_a_price_does_not_approve_it(zhou_min, in_app):
    page = listed(zhou_min)
    (sandals,) = listings(in_app)
    sheet = in_app(lambda: desk.sheets_of(sandals.product_id))[0]

    assert "/yes" not in words(zhou_min.open(page))
    zhou_min.send(f"{page}/price/{sheet.sheet_id}/yes", via=page, status=403)

    assert listings(in_app)[0].state is ListingState.CHECKED


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"rest": "16.78"}, "add up", id="a fen too much"),
        pytest.param({"rest": "-16.77"}, "sum in yuan", id="less than nothing"),
        pytest.param({"price": "free"}, "sum in yuan", id="no sum at all"),
        pytest.param(
            {"pay": "40.00", "rest": "22.97"}, "what the maker gets", id="pay is not the rate"
        ),
        pytest.param({"title": "   "}, "needed", id="no title"),
        pytest.param({"care": ""}, "needed", id="nothing for the label"),
        pytest.param({"minutes": "0"}, "One minute or more", id="made in no time"),
        pytest.param(
            {"pay_lane": "consignment"}, "How much of the price is hers", id="no share said"
        ),
        pytest.param({"workshop_slug": "cizhu"}, "Not a valid choice", id="a foreign workshop"),
    ],
)
def test_a_wrong_form_saves_nothing_and_keeps_every_value(zhou_min, in_app, changes, says):
    in_app(lambda: a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊"))
    zhou_min.open("/desk/goods/new?lang=en")

    refused = zhou_min.send("/desk/goods/new", {**SANDALS, **changes}, status=422)

    page = words(refused)
    assert says in page
    for name in ("code", "title_en", "material", "variants-1-size", "split_material"):
        assert f'value="{SANDALS[name]}"' in page, name
    for name, typed in changes.items():
        if name not in {"pay_lane", "workshop_slug", "title"}:
            assert f'name="{name}"' in page
            assert f'value="{typed}"' in page or typed == ""
    assert listings(in_app) == ()


def test_a_wrong_form_with_files_says_that_they_must_be_chosen_again(zhou_min, in_app):
    zhou_min.open("/desk/goods/new?lang=en")

    refused = zhou_min.send(
        "/desk/goods/new", {**SANDALS, "rest": "1", "files": a_file()}, status=422
    )

    assert "choose the pictures again" in words(refused)
    assert list(storage().lying(ORIGINALS)) == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"<svg onload=alert(1)>", 415, id="a page"),
        pytest.param(b"\xff\xd8\xff\xe0 half a picture", 422, id="half a picture"),
    ],
)
def test_what_is_no_picture_is_refused_and_nothing_is_listed(zhou_min, in_app, content, status):
    refused = zhou_min.send(
        "/desk/goods/new", {**SANDALS, "files": [a_file(), a_file(content)]}, status=status
    )

    assert 'value="S-01"' in words(refused)
    assert listings(in_app) == ()
    assert list(storage().lying(ORIGINALS)) == []


def test_a_code_can_be_used_once_in_a_workshop(zhou_min, in_app):
    listed(zhou_min)

    refused = zhou_min.send("/desk/goods/new", SANDALS, status=409)

    assert 'value="S-01"' in words(refused)
    assert len(listings(in_app)) == 1


def test_a_maker_is_shown_to_staff_with_what_she_allows_the_public(zhou_min, in_app, visitor):
    def two_makers():
        return (
            stations.member(a_member(consents=(ConsentPurpose.NAME,))).public_id,
            stations.member(a_member(name="陈明珍", name_en=None)).public_id,
        )

    named, unnamed = in_app(two_makers)

    assert "王秀兰" in words(zhou_min.open(listed(zhou_min, maker=named)))
    page = words(zhou_min.open(f"{listed(zhou_min, maker=unnamed, code='S-09')}?lang=en"))
    assert "only her code" in page


def test_words_price_and_sizes_can_be_changed(zhou_min, in_app):
    page = listed(zhou_min)

    zhou_min.send(f"{page}/texts", {**SANDALS, "title": "软底凉鞋"}, via=page)
    zhou_min.send(f"{page}/variants", {"variants-0-size": "38"}, via=page)
    zhou_min.send(f"{page}/price", {**SANDALS, "price": "90", "rest": "18.77"}, via=page)

    (sandals,) = listings(in_app)
    detail = in_app(lambda: desk.listing(sandals.public_id, EVERYWHERE))
    assert detail.listing.title == "软底凉鞋"
    assert [variant.size for variant in detail.variants] == ["36", "37", "38"]
    assert [sheet.split.price.minor for sheet in detail.sheets] == [9000, 8800]


def test_a_refused_change_is_shown_on_the_page_with_what_was_typed(zhou_min):
    page = listed(zhou_min)

    refused = zhou_min.send(f"{page}/price", {**SANDALS, "price": "90"}, via=page, status=422)

    assert 'value="90"' in words(refused)


def test_a_listing_rests_returns_and_ends(zhou_min, worker, in_app, noon):
    in_app(lambda: a_product(now=noon, workshop_id=a_workshop()))
    (sandals,) = listings(in_app)
    page = f"/desk/goods/{sandals.public_id}"

    for to, state in (
        ("pause", ListingState.PAUSED),
        ("resume", ListingState.ON_SALE),
        ("end", ListingState.ENDED),
    ):
        zhou_min.send(f"{page}/state", {"to": to}, via=page)
        assert listings(in_app)[0].state is state


def test_a_size_is_offered_or_taken_back_and_lists_know_at_once(zhou_min, visitor, in_app, noon):
    def with_one_piece():
        product_id = a_product(now=noon, workshop_id=a_workshop())
        (first, _) = catalog.variants_of(product_id)
        a_delivery([Quantity(first.variant_id, 1, a_room())], now=noon)
        return product_id

    product_id = in_app(with_one_piece)
    (sandals,) = listings(in_app)
    page = f"/desk/goods/{sandals.public_id}"

    zhou_min.send(f"{page}/sizes", {"sku": "S-01-36", "offer": "no"}, via=page)
    zhou_min.send(f"{page}/sizes", {"sku": "S-99", "offer": "yes"}, via=page, status=404)

    shown = in_app(lambda: catalog.variants_of(product_id, only_for_sale=True))
    assert [one.sku for one in shown] == ["S-01-37"]
    assert in_app(lambda: proof.prove(tell=lambda line: None)) == []
    zhou_min.send(f"{page}/sizes", {"sku": "S-01-36", "offer": "yes"}, via=page)
    assert in_app(lambda: proof.prove(tell=lambda line: None)) == []
    assert "S-01-36" in words(zhou_min.open(page))


def test_goods_of_another_village_are_not_there(zhou_min, in_app, noon):
    def elsewhere():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        a_product(now=noon, workshop_id=other, title="山脊墙饰")

    in_app(elsewhere)
    (hanging,) = listings(in_app)

    zhou_min.open(f"/desk/goods/{hanging.public_id}", status=404)
    assert "山脊墙饰" not in words(zhou_min.open("/desk/goods"))


def test_an_inspector_lists_nothing(worker):
    worker(Role.INSPECTOR).open("/desk/goods/new", status=403)
