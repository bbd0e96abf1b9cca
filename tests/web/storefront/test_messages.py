from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.kernel.db import db, transaction
from shop.notifications import post
from shop.notifications.rules import Kind, Reach
from shop.orders import queries as orders
from tests.builders.messages import A_LETTER, a_message
from tests.builders.orders import a_paid_order


@pytest.fixture
def number(market, in_app):
    return in_app(a_paid_order, now=market.now).number


def end(number, at):
    with transaction():
        db.session.execute(
            sa.text("UPDATE orders SET completed_at = :at WHERE number = :number").bindparams(
                sa.bindparam("at", type_=sa.DateTime(timezone=True))
            ),
            {"at": at, "number": number},
        )


def test_the_link_in_a_message_opens_its_order_and_no_other(number, visitor, in_app):
    path = in_app(orders.path_for_buyer, number)
    assert visitor.open(path, status=303).headers["Location"].endswith(f"/orders/{number}")
    page = visitor.open(f"/orders/{number}").get_data(as_text=True)
    assert 'name="code"' not in page
    assert number in page


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path[:-1] + ("2" if path[-1] != "2" else "3"),
        lambda path: path[:-13],
        lambda path: path.replace(path.split("/")[-1][:6], "260101"),
        lambda path: "/o/x",
    ],
)
def test_a_link_that_was_changed_opens_nothing(number, visitor, in_app, spoil):
    visitor.open(spoil(in_app(orders.path_for_buyer, number)), status=404)
    assert 'name="code"' in visitor.open(f"/orders/{number}").get_data(as_text=True)


def test_ninety_days_after_an_order_ended_its_messages_ask_for_phone_and_code(
    number, visitor, in_app, noon
):
    path = in_app(orders.path_for_buyer, number)
    in_app(end, number, noon - timedelta(days=91))
    visitor.open(path, status=303)
    assert 'name="code"' in visitor.open(f"/orders/{number}").get_data(as_text=True)
    in_app(end, number, noon - timedelta(days=89))
    visitor.open(path, status=303)
    assert 'name="code"' not in visitor.open(f"/orders/{number}").get_data(as_text=True)


OPTIONAL = replace(A_LETTER, kind=Kind.HOW_IS_IT, is_essential=False)


@pytest.mark.parametrize("way", ["page", "mailbox"])
def test_whoever_wants_no_more_gets_what_is_needful_and_nothing_else(visitor, in_app, noon, way):
    path = in_app(post.path_to_stop, "liu@example.com")
    reach = Reach(email="Liu@Example.com")
    assert in_app(a_message, now=noon, key="how:1", letter=OPTIONAL, reach=reach)
    if way == "page":
        assert "仍会告诉您" in visitor.send(path, status=200).get_data(as_text=True)
    else:
        answer = visitor.client.post(f"/hooks{path}", data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert not in_app(a_message, now=noon, key="how:2", letter=OPTIONAL, reach=reach)
    assert in_app(a_message, now=noon, key="paid:2", reach=reach)
    assert in_app(
        a_message, now=noon, key="how:3", letter=OPTIONAL, reach=Reach(phone="13900000000")
    )


def test_nobody_ends_the_messages_of_another(visitor):
    for path in ("/no-more/x", "/no-more/liu-ABCDEFGHJKMN"):
        visitor.send(path, status=404)
        assert visitor.client.post(f"/hooks{path}").status_code == 404
