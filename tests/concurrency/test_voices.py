from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.kernel.db import db
from shop.reviews import checks, window
from shop.reviews import services as reviews
from shop.reviews.rules import HidingReason, ShownAs
from shop.workflows import reviewing
from tests.builders.accounts import a_social_worker
from tests.builders.orders import some_goods
from tests.builders.reviews import a_review, a_token, an_arrived_order

pytestmark = pytest.mark.usefixtures("bank")

BUYERS = 12


def say(token: str, noon, *, stars: int = 5, text: str = "很软") -> str:
    return reviewing.say(
        token=token,
        position=1,
        stars=stars,
        text=text,
        shown_as=ShownAs.MASKED,
        locale="zh_Hans",
        now=noon,
    )


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for check in checks.CHECKS for f in check.run()]


def test_a_dozen_buyers_at_once_are_all_counted(app, at_once, noon):
    goods = some_goods(pieces=BUYERS)
    tokens = [a_token(an_arrived_order(now=noon, goods={goods: 1})) for _ in range(BUYERS)]

    at_once(lambda number: say(tokens[number], noon, stars=1 + number % 5), BUYERS)

    said = window.summary(goods.product_id)
    assert said.count == BUYERS
    assert dict(said.by_stars) == {1: 3, 2: 3, 3: 2, 4: 2, 5: 2}
    assert findings() == []


def test_a_form_sent_many_times_at_once_is_one_review_and_no_change(app, at_once, noon):
    goods = some_goods()
    token = a_token(an_arrived_order(now=noon, goods={goods: 1}))

    answers = at_once(lambda _: say(token, noon), BUYERS)

    assert len(set(answers)) == 1
    row = db.session.execute(sa.text("SELECT public_id, edited_at FROM reviews")).one()
    assert tuple(row) == (answers[0], None)
    assert window.summary(goods.product_id).count == 1
    assert findings() == []


def test_of_several_changes_at_once_one_stands_and_the_first_words_are_kept(app, at_once, noon):
    goods = some_goods()
    token = a_token(an_arrived_order(now=noon, goods={goods: 1}))
    say(token, noon, stars=3, text="最初")

    answers = at_once(lambda n: say(token, noon, stars=1 + n % 2, text=f"改{n}"), BUYERS)

    assert answers.count("reviews.cannot_change_now") == BUYERS - 1
    row = db.session.execute(sa.text("SELECT first_text, first_stars FROM reviews")).one()
    assert tuple(row) == ("最初", 3)
    assert window.summary(goods.product_id).count == 1
    assert findings() == []


def test_of_several_who_hide_or_answer_at_once_each_is_counted_once(app, at_once, noon):
    goods = some_goods()
    name = a_review(now=noon, goods=goods)
    staff = [a_social_worker() for _ in range(6)]

    def propose(number: int) -> str:
        return reviews.propose_hiding(
            public_id=name, reason=HidingReason.SPAM, note="x", actor=staff[number], now=noon
        )

    proposed = at_once(propose, 6)
    assert proposed.count("reviews.hiding_under_way") == 5
    (hiding,) = set(proposed) - {"reviews.hiding_under_way"}

    confirmed = at_once(
        lambda n: reviews.confirm_hiding(public_id=hiding, actor=staff[n], now=noon), 6
    )
    assert confirmed.count(None) == 1
    versions = at_once(
        lambda n: reviews.answer_review(public_id=name, text=f"答{n}", actor=staff[n], now=noon), 6
    )
    assert sorted(versions) == [1, 2, 3, 4, 5, 6]
    assert window.summary(goods.product_id).hidden == 1
    assert findings() == []
