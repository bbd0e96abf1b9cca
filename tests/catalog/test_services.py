from __future__ import annotations

from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from shop.accounts.models import User
from shop.catalog import desk, lists, queries, services
from shop.catalog.lists import Wish
from shop.catalog.models import PriceSheet, Product, Variant
from shop.catalog.rules import ListingState, PayLane, Quality
from shop.catalog.services import NewVariant, ProductTexts
from shop.kernel.access import SYSTEM, Permission, Scope
from shop.kernel.db import db, transaction
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.kernel.events import history
from shop.kernel.ids import public_id
from shop.kernel.money import Money
from shop.media import services as media
from shop.media.rules import NewPicture, Place, Words
from shop.search import queries as search
from shop.stations import queries as stations
from shop.workflows import picturing, showing
from tests.builders.accounts import a_social_worker
from tests.builders.catalog import a_lister, a_product, a_split
from tests.builders.media import sent
from tests.builders.stations import CIZHU, a_room, a_workshop


@pytest.fixture
def workshop(app, noon):
    return a_workshop()


def a_user(login: str) -> int:
    with transaction() as session:
        row = User(
            public_id=public_id("usr"), login=login, name=login, password="x",
            fs_uniquifier=login, created_at=sa.func.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def the_path() -> str:
    return stations.path_of(a_room())


def on_sale(noon, **wish):
    return [card.code for card in lists.goods(Wish(**wish), now=noon).cards]


def state_of(product_id: int) -> ListingState | None:
    return db.session.scalar(sa.select(Product.state).where(Product.id == product_id))


def test_a_price_is_written_by_one_and_approved_by_another(workshop, noon):
    first, second = (a_lister(path=the_path(), user_id=a_user(name)) for name in ("zhou", "he"))
    product_id = a_product(now=noon, workshop_id=workshop, is_on_sale=False)
    sheet = services.propose_price(product_id=product_id, split=a_split(), actor=first, now=noon)

    with pytest.raises(services.TwoPeople):
        services.approve_price(sheet_id=sheet, actor=first, now=noon)
    assert queries.sale_facts([1])[1].unit == Money(0)

    services.approve_price(sheet_id=sheet, actor=second, now=noon)
    assert queries.sale_facts([1])[1].unit == Money(8800)
    with pytest.raises(services.AlreadyApproved):
        services.approve_price(sheet_id=sheet, actor=second, now=noon)


def test_a_listing_waits_for_its_price_and_is_public_with_the_second_persons_word(workshop, noon):
    product_id = a_product(now=noon, workshop_id=workshop, is_on_sale=False)

    assert services.list_product(product_id=product_id, actor=SYSTEM, now=noon) == "checked"
    assert on_sale(noon) == []

    services.approve_price(sheet_id=1, actor=SYSTEM, now=noon)
    assert on_sale(noon) == ["S-01"]
    kinds = [row.kind for row in history(f"product:{product_id}")]
    assert kinds[-2:] == ["PriceApproved", "ProductListed"]


def test_a_new_price_moves_the_variants_that_cost_what_the_product_costs(workshop, noon):
    product_id = a_product(
        now=noon,
        workshop_id=workshop,
        variants=(NewVariant("S-01-36", size="36"), NewVariant("S-01-45", size="45")),
    )
    with transaction() as session:
        session.execute(sa.update(Variant).where(Variant.id == 2).values(price_minor=9800))
    sheet = services.propose_price(
        product_id=product_id, split=a_split(fen=9000), actor=SYSTEM, now=noon
    )
    services.approve_price(sheet_id=sheet, actor=SYSTEM, now=noon)

    facts = queries.sale_facts([1, 2])
    assert [facts[1].unit, facts[2].unit] == [Money(9000), Money(9800)]


def test_the_database_itself_refuses_a_sheet_that_does_not_add_up(workshop, noon):
    a_product(now=noon, workshop_id=workshop)
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.execute(sa.update(PriceSheet).values(rest_minor=PriceSheet.rest_minor + 1))


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        pytest.param({"material": ""}, services.LabelMissing, id="no material on the label"),
        pytest.param({"care": ""}, services.LabelMissing, id="no care on the label"),
    ],
)
def test_a_listing_without_its_label_stays_a_draft(workshop, noon, spoil, refusal):
    product_id = a_product(now=noon, workshop_id=workshop, is_on_sale=False)
    services.update_texts(
        product_id=product_id, texts=ProductTexts(**spoil), actor=SYSTEM, now=noon
    )

    with pytest.raises(refusal):
        services.list_product(product_id=product_id, actor=SYSTEM, now=noon)
    assert state_of(product_id) is ListingState.DRAFT


def test_a_listing_needs_something_to_choose_and_a_price(workshop, noon):
    product_id = services.create_product(
        workshop_id=workshop,
        code="D-01",
        title="墙饰",
        texts=ProductTexts(material="棉", care="掸灰"),
        actor=SYSTEM,
        now=noon,
    )
    with pytest.raises(services.VariantMissing):
        services.list_product(product_id=product_id, actor=SYSTEM, now=noon)
    services.add_variants(
        product_id=product_id, variants=[NewVariant("D-01")], actor=SYSTEM, now=noon
    )
    with pytest.raises(services.PriceMissing):
        services.list_product(product_id=product_id, actor=SYSTEM, now=noon)


def test_an_ended_product_never_comes_back(workshop, noon):
    product_id = a_product(now=noon, workshop_id=workshop)
    services.end(product_id=product_id, actor=SYSTEM, now=noon)

    with pytest.raises(services.WrongListingState):
        services.resume(product_id=product_id, actor=SYSTEM, now=noon)
    with pytest.raises(services.WrongListingState):
        services.list_product(product_id=product_id, actor=SYSTEM, now=noon)
    with pytest.raises(NotFound):
        showing.product("hand-woven-sandals-s-01", now=noon)


def test_people_of_another_place_and_people_without_the_right_change_nothing(workshop, noon):
    product_id = a_product(now=noon, workshop_id=workshop)
    stranger = a_lister(path="/999/", user_id=1)
    helper = a_lister(path=the_path(), user_id=2, permissions=(Permission.INSPECT,))

    for actor, refusal in ((stranger, OutOfReach), (helper, Forbidden)):
        with pytest.raises(refusal):
            services.pause(product_id=product_id, actor=actor, now=noon)
        with pytest.raises(refusal):
            services.propose_price(product_id=product_id, split=a_split(), actor=actor, now=noon)
        with pytest.raises(refusal):
            services.create_product(
                workshop_id=workshop, code="X", title="X", actor=actor, now=noon
            )
    assert state_of(product_id) is ListingState.ON_SALE


def test_the_same_code_or_choice_twice_is_refused(workshop, noon):
    product_id = a_product(now=noon, workshop_id=workshop)

    with pytest.raises(services.CodeTaken):
        a_product(now=noon, workshop_id=workshop)
    for variant in (NewVariant("S-01-36", size="40"), NewVariant("S-01-99", size="36")):
        with pytest.raises(services.CodeTaken):
            services.add_variants(product_id=product_id, variants=[variant], actor=SYSTEM, now=noon)


def test_a_consignment_piece_stands_in_the_books_at_nothing_and_second_grade_at_less(
    workshop, noon
):
    a_product(now=noon, workshop_id=workshop)
    a_product(
        now=noon,
        workshop_id=workshop,
        code="P-01",
        pay_lane=PayLane.CONSIGNMENT,
        share_percent=60,
    )
    second = services.second_grade_of(variant_id=1)

    facts = queries.sale_facts([1, 3, second])
    assert facts[1].cost == Money(4620 + 1250)
    assert facts[3].cost == Money(0)
    assert facts[second].cost == Money(3234 + 1250)


@pytest.mark.parametrize("share", [None, 0, 101])
def test_a_consignment_needs_a_share_between_one_and_a_hundred(workshop, noon, share):
    with pytest.raises(services.WrongShare):
        a_product(now=noon, workshop_id=workshop, pay_lane=PayLane.CONSIGNMENT, share_percent=share)


def test_second_grade_is_a_sibling_made_once_counted_and_not_for_sale(workshop, noon):
    a_product(now=noon, workshop_id=workshop)

    second = services.second_grade_of(variant_id=1)

    assert services.second_grade_of(variant_id=1) == second
    assert services.second_grade_of(variant_id=second) == second
    facts = queries.sale_facts([second])[second]
    assert (facts.quality, facts.is_for_sale, facts.unit) == (Quality.SECOND, False, Money(0))
    assert facts.product_id == 1


def test_two_inspectors_who_need_the_sibling_at_once_get_the_same_one(fresh_app, noon):
    with fresh_app.app_context():
        a_product(now=noon, workshop_id=a_workshop())
        db.session.remove()
    found: list[int] = []
    start = Barrier(2)

    def need() -> None:
        with fresh_app.app_context():
            start.wait()
            found.append(services.second_grade_of(variant_id=1))
            db.session.remove()

    threads = [Thread(target=need) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert found[0] == found[1]


def test_unknown_goods_of_an_import_become_unlisted_once(workshop, noon):
    a_product(now=noon, workshop_id=workshop)
    skus = [("S-01-36", "不用这个名"), ("85123A", "WHITE HANGING HEART"), ("POST", "")]

    first = services.ensure_unlisted(workshop_id=workshop, skus=skus, now=noon)
    again = services.ensure_unlisted(workshop_id=workshop, skus=skus, now=noon)

    assert first == again
    assert first["S-01-36"] == 1
    facts = queries.sale_facts(first.values())
    assert facts[1].title == "手编凉鞋"
    assert facts[first["85123A"]].title == "WHITE HANGING HEART"
    assert facts[first["POST"]].title == "POST"
    assert not facts[first["85123A"]].is_buyable
    assert facts[first["85123A"]].state is ListingState.UNLISTED
    assert on_sale(noon) == ["S-01"]
    assert search.find("WHITE").ids == ()


def test_an_import_may_use_the_code_of_a_product_as_a_sku(workshop, noon):
    a_product(now=noon, workshop_id=workshop)

    found = services.ensure_unlisted(workshop_id=workshop, skus=[("S-01", "凉鞋")], now=noon)

    assert queries.sale_facts(found.values())[found["S-01"]].product_id != 1


def test_addresses_are_made_of_latin_words_and_never_collide(workshop, noon):
    other = a_workshop(slug="cizhu", name="茨竹工坊", name_en="Cizhu workshop")
    for place in (workshop, other):
        a_product(now=noon, workshop_id=place)
    a_product(now=noon, workshop_id=workshop, code="墙-1", title="墙饰", title_en="")

    slugs = list(db.session.scalars(sa.select(Product.slug).order_by(Product.id)))
    assert slugs[:2] == ["hand-woven-sandals-s-01", "hand-woven-sandals-s-01-2"]
    assert slugs[2] == "1"


def cover(now):
    return lists.goods(Wish(), now=now).cards[0].photo


def test_pictures_of_goods_are_changed_by_who_may_list_them(workshop, noon):
    product_id = a_product(now=noon, workshop_id=workshop)
    zhou_min, stranger = a_social_worker(), a_social_worker(at=a_room(CIZHU))
    words = Words(alt="一双凉鞋", alt_en="Sandals")
    with media.taken_in([sent()]) as originals:
        pictures = [NewPicture(original, words) for original in originals]
        with pytest.raises(OutOfReach):
            services.add_pictures(
                product_id=product_id, pictures=pictures, actor=stranger, now=noon
            )
        services.add_pictures(product_id=product_id, pictures=pictures, actor=zhou_min, now=noon)
    assert cover(noon) is None
    picturing.make_next(now=noon)
    (picture,) = showing.product("hand-woven-sandals-s-01", now=noon).product.photos
    assert cover(noon) == picture
    assert queries.covers([product_id])[product_id].photo == picture

    which = {"product_id": product_id, "picture": picture.public_id, "now": noon}
    for act in (
        lambda actor: services.describe_picture(**which, words=words, actor=actor),
        lambda actor: services.move_picture(**which, to=Place.FIRST, actor=actor),
        lambda actor: services.take_picture_down(**which, actor=actor),
    ):
        with pytest.raises(OutOfReach):
            act(stranger)
        act(zhou_min)
    assert cover(noon) is None
    kinds = [row.kind for row in history(f"product:{product_id}")]
    assert kinds.count("PhotosChanged") == 4


def test_the_desk_sees_its_own_part_of_the_tree_only(workshop, noon):
    product_id = a_product(now=noon, workshop_id=workshop, is_on_sale=False)
    own, other = Scope((the_path(),)), Scope(("/999/",))

    assert [row.product_id for row in desk.listings(own).items] == [product_id]
    assert desk.listings(own, is_price_waiting=False).items == ()
    assert desk.listings(other).items == ()
    key = desk.listings(own).items[0].public_id
    assert desk.listing(key, own).sheets[0].split.pay == Money(4620)
    with pytest.raises(NotFound):
        desk.listing(key, other)
