from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.kernel import links
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.orders import queries as orders
from shop.oversight import proof
from shop.payments.rules import RefundCause
from shop.reviews import window
from shop.reviews.rules import ShownAs
from shop.reviews.services import CannotChangeNow, NotReceivedYet, TooLateToWrite
from shop.workflows import delivering, refunding, reviewing
from shop.workflows.refunding import Wish
from tests.builders.orders import a_paid_order, some_goods, some_pendants
from tests.builders.reviews import DAY, a_review, a_token, an_arrived_order, own_review

pytestmark = pytest.mark.usefixtures("app", "bank")


def say(token: str, noon, position: int = 1, **changes) -> str:
    how = {
        "stars": 4,
        "text": "很软",
        "shown_as": ShownAs.MASKED,
        "locale": "zh_Hans",
        "now": noon,
    }
    return reviewing.say(token=token, position=position, **(how | changes))


def reviews_kept() -> int:
    db.session.rollback()
    return db.session.scalar(sa.text("SELECT COUNT(*) FROM reviews")) or 0


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def refund(
    number: str, noon, *, pieces: int, cause=RefundCause.NO_REASON_RETURN, back=True
) -> None:
    order_id = orders.order_id_of(number)
    line = orders.order(order_id).lines[0]
    refunding.request_refund(
        order_id=order_id,
        wishes=[Wish(line.id, pieces)],
        cause=cause,
        are_goods_back=back,
        actor=SYSTEM,
        key=f"refund-{number}",
        now=noon,
    )


def test_the_buyer_of_a_line_says_how_it_is_and_every_count_follows(noon):
    goods = some_goods()
    for stars in (5, 5, 4):
        a_review(now=noon, goods=goods, stars=stars)

    said = window.summary(goods.product_id)

    assert (said.average, said.count, said.rated) == ("4.7", 3, (4.7, 3))
    assert said.by_stars == ((5, 2), (4, 1), (3, 0), (2, 0), (1, 0))
    card = db.session.execute(
        sa.text("SELECT rating_sum, rating_count FROM products WHERE id = :id"),
        {"id": goods.product_id},
    ).one()
    assert tuple(card) == (14, 3)
    assert findings() == []


def test_the_same_words_sent_twice_are_one_review_and_no_change(noon):
    token = a_token(an_arrived_order(now=noon))

    assert say(token, noon) == say(token, noon + DAY) == say(token, noon + 20 * DAY)

    assert reviews_kept() == 1
    assert db.session.scalar(sa.text("SELECT edited_at FROM reviews")) is None


@pytest.mark.parametrize(
    ("days", "refusal"),
    [(0, None), (179.9, None), (180, TooLateToWrite), (400, TooLateToWrite)],
)
def test_a_review_is_written_within_180_days_of_receipt(noon, days, refusal):
    token = a_token(an_arrived_order(now=noon))
    if refusal is None:
        say(token, noon + timedelta(days=days))
        return
    with pytest.raises(refusal):
        say(token, noon + timedelta(days=days))
    assert reviews_kept() == 0


def test_what_has_not_come_cannot_be_reviewed(noon):
    placed = a_paid_order(now=noon)
    token = a_token(placed.number)
    with pytest.raises(NotReceivedYet):
        say(token, noon)
    part = orders.order(placed.order_id).parts[0]
    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="E",
        tracking="1",
        actor=SYSTEM,
        now=noon,
    )
    with pytest.raises(NotReceivedYet):
        say(token, noon)
    assert reviews_kept() == 0


def test_a_cancelled_order_cannot_be_reviewed(noon):
    placed = a_paid_order(now=noon)
    refunding.cancel_by_buyer(order_id=placed.order_id, key="cancel", now=noon)

    with pytest.raises(NotReceivedYet):
        say(a_token(placed.number), noon + DAY)


def test_of_a_line_cancelled_before_the_rest_left_nothing_can_be_said(noon):
    sandals, pendants = some_goods(), some_pendants()
    placed = a_paid_order(now=noon - 6 * DAY, goods={sandals: 1, pendants: 1})
    refund(
        placed.number, noon - 5 * DAY, pieces=1, cause=RefundCause.CANCELLED_BY_BUYER, back=False
    )
    part = orders.order(placed.order_id).parts[0]
    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="E",
        tracking="1",
        actor=SYSTEM,
        now=noon - 4 * DAY,
    )
    delivering.receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=noon)
    token = a_token(placed.number)

    with pytest.raises(NotReceivedYet):
        say(token, noon, position=1)
    say(token, noon, position=2)

    assert reviews_kept() == 1


def test_who_sent_everything_back_may_still_say_why(noon):
    number = an_arrived_order(now=noon)
    refund(number, noon + DAY, pieces=1)

    say(a_token(number), noon + 2 * DAY, stars=1, text="鞋底短一截")

    assert own_review(number).stars == 1
    assert findings() == []


def test_a_forged_address_or_another_order_s_line_opens_nothing(noon):
    number = an_arrived_order(now=noon)
    other = an_arrived_order(now=noon, goods={some_pendants(): 1})
    good = a_token(number)
    forged = [
        "",
        "x",
        number,
        good[:-1] + ("A" if good[-1] != "A" else "E"),
        good.partition(".")[0] + "." + a_token(other).partition(".")[2],
        links.signed("another purpose", number),
        links.signed(reviewing.PURPOSE, "260101-NONE2"),
    ]
    for token in forged:
        with pytest.raises(NotFound):
            say(token, noon)
    for position in (0, 2, 99, -1):
        with pytest.raises(NotFound):
            say(good, noon, position=position)
    assert reviews_kept() == 0


def test_a_past_sale_that_was_imported_has_no_buyer_who_could_speak(noon):
    number = an_arrived_order(now=noon)
    db.session.execute(sa.text("UPDATE orders SET source = 'import'"))
    db.session.commit()

    with pytest.raises(NotFound):
        say(a_token(number), noon)


def test_a_review_is_changed_once_within_14_days_and_the_first_words_stay(noon):
    goods = some_goods()
    number = an_arrived_order(now=noon, goods={goods: 1})
    token = a_token(number)
    say(token, noon, stars=2, text="有点硬")

    say(token, noon + 13 * DAY, stars=5, text="穿软了，真好", shown_as=ShownAs.NICK, nick="山风")
    with pytest.raises(CannotChangeNow):
        say(token, noon + 13 * DAY, stars=1, text="又硬了")

    kept = db.session.execute(
        sa.text("SELECT stars, text, first_stars, first_text, shown_name FROM reviews")
    ).one()
    assert tuple(kept) == (5, "穿软了，真好", 2, "有点硬", "山风")
    assert window.summary(goods.product_id).by_stars[0] == (5, 1)
    assert findings() == []


def test_after_14_days_words_stand(noon):
    token = a_token(an_arrived_order(now=noon))
    say(token, noon)

    with pytest.raises(CannotChangeNow):
        say(token, noon + 14 * DAY, text="别的")


def test_each_line_has_its_own_review(noon):
    number = an_arrived_order(now=noon, goods={some_goods(): 1, some_pendants(): 2})

    first, second = (say(a_token(number), noon, position=n, stars=n) for n in (1, 2))

    assert first != second
    assert (own_review(number, 1).stars, own_review(number, 2).stars) == (1, 2)
