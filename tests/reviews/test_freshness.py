from __future__ import annotations

from contextlib import contextmanager

import pytest

from shop.catalog import lists, window
from shop.freshness import GOODS, product, room
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.freshness import Versions
from shop.reviews import services as reviews
from shop.reviews.rules import HidingReason
from shop.workflows import picturing, reviewing
from tests.builders.accounts import a_social_worker
from tests.builders.media import sent
from tests.builders.orders import some_goods
from tests.builders.reviews import DAY, a_question, a_review, a_token, an_arrived_order

pytestmark = pytest.mark.usefixtures("app", "bank")


@pytest.fixture
def changes(app):
    versions = Versions(db.engine)

    @contextmanager
    def watch(expected):
        before = {tag: versions.total([tag]) for tag in expected}
        yield
        assert {tag: versions.total([tag]) != before[tag] for tag in expected} == expected

    return watch


def test_whatever_buyers_see_makes_the_page_of_the_product_stale_and_nothing_else_does(
    changes, noon
):
    goods, other = some_goods(), some_goods()
    number = an_arrived_order(now=noon, goods={goods: 1})
    lists_too = {GOODS: True, product(goods.product_id): True, product(other.product_id): False}
    page_alone = lists_too | {GOODS: False}
    nothing = dict.fromkeys(lists_too, False)
    first, second = a_social_worker(), a_social_worker()
    how = {"now": noon, "actor": first}
    with changes(lists_too):
        name = a_review(now=noon, number=number, stars=3)
    with changes(lists_too):
        a_review(now=noon, number=number, stars=4)
    with changes(nothing):
        reviewing.add_pictures(token=a_token(number), position=1, files=[sent()], now=noon)
    with changes(page_alone | {room(goods.station_id): True}):
        picturing.make_next(now=noon)
    with changes(page_alone):
        reviews.answer_review(public_id=name, text="谢谢", **how)
    with changes(nothing):
        hiding = reviews.propose_hiding(public_id=name, reason=HidingReason.ABUSE, note="x", **how)
    with changes(page_alone):
        reviews.confirm_hiding(public_id=hiding, actor=second, now=noon)
    with changes(nothing):
        reviewing.object_to_hiding(token=a_token(number), position=1, text="?", now=noon)
    with changes(page_alone):
        reviews.decide_objection(
            public_id=hiding, is_upheld=False, text="x", actor=SYSTEM, now=noon
        )
    with changes(nothing):
        asked = a_question(now=noon, goods=goods, contact="13800001111")
    with changes(page_alone):
        reviews.answer_question(public_id=asked, text="能", **how)
    with changes(nothing):
        reviewing.forget_askers(now=noon + 30 * DAY)


def test_cards_carry_the_average_from_three_buyers_on(noon):
    goods = some_goods()
    for stars, shown in ((5, (5, 1)), (4, (9, 2)), (4, (13, 3))):
        a_review(now=noon, goods=goods, stars=stars)
        db.session.rollback()
        (card,) = window.cards_of([goods.product_id], now=noon)
        assert (card.rating_sum, card.rating_count) == shown
    assert lists.of_workshop("dengliang", now=noon, mark=None)[0][0].rating_sum == 13
