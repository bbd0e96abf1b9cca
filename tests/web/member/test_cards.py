from __future__ import annotations

import pytest

from shop.kernel.access import SYSTEM, Permission
from shop.reviews import desk
from shop.reviews import services as reviews
from shop.reviews.rules import Phrase
from shop.workflows import reviewing
from tests.builders.accounts import PIN, a_maker
from tests.builders.orders import a_bank, some_goods
from tests.builders.reviews import a_token, an_arrived_order

HERS, ANOTHERS = "13983720001", "13983720002"
MOST_BYTES = 40_000


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def cards(fresh_app, in_app, noon):
    """Twenty-five cards to one maker, in her workshop another maker, a card still unread."""

    def build():
        hers = a_maker(phone=HERS).member_id
        a_maker(phone=ANOTHERS)
        goods = some_goods(maker_id=hers, pieces=40)
        for _ in range(24):
            send(goods, Phrase.WARM)
        send(goods, None, "大姐手巧")
        (card,) = desk.cards_waiting(SYSTEM.scope(Permission.MODERATE_REVIEWS)).items
        reviews.decide_card(public_id=card.public_id, is_shown=True, actor=SYSTEM, now=noon)
        send(goods, None, "还没看过的话")

    def send(goods, phrase, text=""):
        reviewing.thank_maker(
            token=a_token(an_arrived_order(now=noon, goods={goods: 1})),
            position=1,
            phrase=phrase,
            text=text,
            locale="zh_Hans",
            now=noon,
        )

    with a_bank():
        in_app(build)
    before = fresh_app.extensions["clock"]
    fresh_app.extensions["clock"] = lambda: noon
    yield
    fresh_app.extensions["clock"] = before


def sign_in(visitor, phone: str) -> None:
    visitor.send("/sign-in", {"login": phone, "password": PIN})


def test_a_maker_reads_her_cards_and_nothing_about_who_or_how_much(visitor, cards):
    sign_in(visitor, HERS)

    first = visitor.open("/member?lang=en")

    page = words(first)
    assert "Buyers thank you" in page
    assert "大姐手巧" in page
    assert page.count("Thank you for the work of your hands") == 2
    assert "还没看过的话" not in page
    for secret in ("刘", "138 0000", "88.00", "民生路"):
        assert secret not in page
    assert len(first.data) < MOST_BYTES
    every = words(visitor.open("/member/cards?lang=en", most=12))
    assert every.count("member-card") == 20
    after = every.partition("/member/cards?after=")[2].partition('"')[0]
    assert words(visitor.open(f"/member/cards?after={after}")).count("member-card") == 5
    visitor.open("/member/cards?after=x", status=404)


def test_nobody_else_reads_them(visitor, cards):
    visitor.open("/member/cards", status=302)
    sign_in(visitor, ANOTHERS)
    for path in ("/member", "/member/cards"):
        page = words(visitor.open(path))
        assert "大姐手巧" not in page
        assert "谢谢您的手艺" not in page
