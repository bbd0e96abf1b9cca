from __future__ import annotations

from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from shop.catalog import checks, offers, services
from shop.catalog.models import Offer, OfferTerm, OfferTotal, Product
from shop.catalog.rules import Supply, TermKind
from shop.catalog.services import ProductTexts
from shop.kernel.access import SYSTEM
from shop.kernel.db import db, last_in_transaction, transaction
from shop.stations.models import Station
from shop.stock import services as stock
from shop.stock.rules import Quantity
from tests.builders.catalog import a_product, a_split
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop


@pytest.fixture
def goods(app, noon):
    """Five products of two workshops: ready, held, made to order, custom, and one draft."""
    services.add_category(slug="footwear", name="鞋", name_en="Footwear", position=1)
    here, there = a_workshop(), a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹")
    ids = [
        a_product(now=noon, workshop_id=here, category="footwear", maker_id=a_member()),
        a_product(now=noon, workshop_id=here, code="S-02", fen=2800),
        a_product(now=noon, workshop_id=there, code="D-01", fen=16800, category="footwear"),
        a_product(now=noon, workshop_id=there, code="D-02", supply=Supply.MADE_TO_ORDER),
        a_product(now=noon, workshop_id=there, code="D-03", supply=Supply.CUSTOM),
    ]
    a_product(now=noon, workshop_id=there, code="D-04", is_on_sale=False)
    services.sort_product(
        product_id=ids[0], category="footwear", terms=("ramie", "braiding"), actor=SYSTEM, now=noon
    )
    room = a_room()
    for number, product_id in enumerate(ids[:3]):
        stock.receive(
            items=[Quantity(variant_of(product_id), 1, room)],
            source=f"hand_in:{number}", actor=SYSTEM, now=noon,
        )  # fmt: skip
    hold(ids[1], noon)
    return ids


def hold(product_id, now):
    stock.reserve(
        owner=f"order:{product_id}",
        items=[Quantity(variant_of(product_id), 1, a_room())],
        now=now,
        expires_at=now.replace(microsecond=250_000, second=30),
    )


def variant_of(product_id):
    return db.session.scalar(
        sa.text("SELECT min(id) FROM variants WHERE product_id = :id"), {"id": product_id}
    )


def findings():
    """Return what is wrong with mirror and totals; the search index has proofs of its own."""
    found = [(f.code, f.subject) for check in checks.CHECKS for f in check.run()]
    return [one for one in found if one[0] in {"C1", "C2"}]


def everything():
    return {
        table.__tablename__: sorted(
            tuple(map(str, row)) for row in db.session.execute(sa.select(table.__table__))
        )
        for table in (Offer, OfferTerm, OfferTotal)
    }


def total(category, facet, value=""):
    key = {"category": category, "facet": facet, "value": value}
    return db.session.scalar(sa.select(OfferTotal.total).filter_by(**key))


def test_the_mirror_follows_every_change_of_a_listing(goods, noon):
    assert findings() == []
    assert (total("", "all"), total("footwear", "all"), total("", "supply", "made")) == (5, 2, 2)
    assert (total("", "material", "ramie"), total("", "price", "0")) == (1, 1)

    services.pause(product_id=goods[0], actor=SYSTEM, now=noon)
    assert (total("", "all"), total("", "material", "ramie")) == (4, 0)
    services.resume(product_id=goods[0], actor=SYSTEM, now=noon)
    services.update_texts(
        product_id=goods[0], texts=ProductTexts(title="新名字"), actor=SYSTEM, now=noon
    )
    services.sort_product(
        product_id=goods[0], category=None, terms=("straw",), actor=SYSTEM, now=noon
    )
    sheet = services.propose_price(
        product_id=goods[1], split=a_split(fen=32000), actor=SYSTEM, now=noon
    )
    services.approve_price(sheet_id=sheet, actor=SYSTEM, now=noon)
    services.end(product_id=goods[2], actor=SYSTEM, now=noon)

    assert findings() == []
    assert (total("footwear", "all"), total("", "material", "straw")) == (0, 1)
    assert (total("", "price", "0"), total("", "price", "4")) == (0, 1)
    assert db.session.get(Offer, goods[0]).title == "新名字"


def test_lists_call_a_renamed_place_by_its_new_name(goods, noon):
    with transaction() as session:
        session.execute(
            sa.update(Station).where(Station.code == "500229107").values(short_name="新观镇")
        )
        offers.touch(goods, now=noon)

    assert findings() == []
    assert {
        row.name for row in db.session.scalars(sa.select(OfferTotal).filter_by(facet="town"))
    } == {
        "鸡鸣乡",
        "新观镇",
    }


def test_the_proof_names_a_mirror_and_a_total_that_lie(goods):
    with transaction() as session:
        session.execute(sa.update(Offer).where(Offer.product_id == goods[0]).values(title="别的"))
        session.execute(sa.delete(OfferTerm))
        session.execute(sa.update(OfferTotal).filter_by(facet="town").values(total=9))

    assert {("C1", f"product:{goods[0]}"), ("C2", "total:/town/500229212")} <= set(findings())


def test_what_is_written_anew_is_what_stood(goods):
    stood = everything()

    assert offers.rebuild() == 5
    rebuilt = everything()
    assert rebuilt["offers"] == stood["offers"]
    assert findings() == []


def test_two_buyers_of_the_last_sizes_leave_no_ready_piece_behind(fresh_app, noon):
    with fresh_app.app_context():
        product_id = a_product(now=noon, workshop_id=a_workshop())
        room = a_room()
        variants = db.session.scalars(sa.text("SELECT id FROM variants ORDER BY id")).all()
        stock.receive(
            items=[Quantity(v, 1, room) for v in variants], source="a", actor=SYSTEM, now=noon
        )
        db.session.remove()
    both = Barrier(2)

    def buy(variant_id):
        with fresh_app.app_context():
            both.wait()
            with transaction():
                stock.issue(
                    items=[Quantity(variant_id, 1, room)],
                    source=f"b:{variant_id}", actor=SYSTEM, now=noon,
                )  # fmt: skip
            db.session.remove()

    threads = [Thread(target=buy, args=(v,)) for v in variants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with fresh_app.app_context():
        assert db.session.get(Product, product_id).ready_at is None
        assert findings() == []
        db.session.remove()


def test_a_word_nobody_knows_is_refused_and_a_known_one_stands_once(goods, noon):
    services.add_term(slug="felt", kind=TermKind.MATERIAL, name="毛毡", name_en="Felt")
    services.add_term(slug="felt", kind=TermKind.MATERIAL, name="毛毡", name_en="Felt")

    with pytest.raises(services.NotFound):
        services.sort_product(
            product_id=goods[0], category="footwear", terms=("felt", "gold"), actor=SYSTEM, now=noon
        )
    assert total("", "material", "ramie") == 1


def test_what_is_gathered_is_done_once_and_last_and_undone_with_the_rest(app):
    done = []

    def act(things):
        done.append(dict(things))

    with transaction():
        last_in_transaction(act, {1: "a"})
        with transaction():
            last_in_transaction(act, {2: "b", 1: "c"})
        assert done == []
    assert done == [{1: "c", 2: "b"}]

    with pytest.raises(ZeroDivisionError), transaction():
        last_in_transaction(act, {3: "d"})
        1 / 0  # noqa: B018 - the act that fails
    with transaction():
        pass
    assert done == [{1: "c", 2: "b"}]
