from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from shop.catalog import services as catalog
from shop.favorites import checks
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from tests.builders.accounts import PASSWORD, a_user
from tests.web.conftest import Visitor


def product(in_app, goods) -> tuple[str, int]:
    def find():
        return tuple(
            db.session.execute(
                sa.text("SELECT public_id, hearts FROM products WHERE id = :id"),
                {"id": goods.product_id},
            ).one()
        )

    return in_app(find)


def press(visitor, public_id, *, keep=True, address="203.0.113.7"):
    return visitor.client.post(
        "/favorites",
        data={"product": public_id, "keep": "1" if keep else "0"},
        headers={"Origin": "http://localhost"},
        environ_base={"REMOTE_ADDR": address},
    )


def shown(visitor) -> list[str]:
    return re.findall(r'data-heart="(prd_\w+)"', visitor.open("/favorites").get_data(as_text=True))


def test_a_heart_without_an_account_is_found_again_the_newest_first(market, visitor, in_app):
    first, second = (product(in_app, goods)[0] for goods in (market.sandals, market.coasters))
    assert "还没有收藏" in visitor.open("/favorites").get_data(as_text=True)

    assert press(visitor, first).location == "/favorites"
    press(visitor, second)

    assert shown(visitor) == [second, first]
    assert visitor.open("/favorites").headers["Cache-Control"] == "private, no-store"
    press(visitor, second, keep=False)
    assert shown(visitor) == [first]


def test_one_network_counts_once_for_a_product_however_often_it_presses(
    fresh_app, market, visitor, in_app
):
    public_id, _ = product(in_app, market.sandals)

    for _try in range(3):
        press(Visitor(fresh_app), public_id)  # a new device each time
    press(visitor, public_id, address="2001:db8:1:2::5")
    press(visitor, public_id, address="2001:db8:1:2:ffff::9")  # the same household
    assert product(in_app, market.sandals)[1] == 2

    press(visitor, public_id, address="2001:db8:1:2::77", keep=False)
    press(visitor, public_id, address="2001:db8:1:2::77", keep=False)
    assert product(in_app, market.sandals)[1] == 1
    assert in_app(lambda: list(checks.CHECKS[0].run())) == []


def test_lists_stand_in_the_order_of_hearts(market, visitor, in_app):
    for goods, hearts in ((market.coasters, 1), (market.sandals, 2)):
        for number in range(hearts):
            press(visitor, product(in_app, goods)[0], address=f"198.51.100.{number}")

    text = visitor.open("/goods?sort=loved").get_data(as_text=True)

    assert text.index("手编凉鞋") < text.index("杯垫四件")


def test_favorites_go_along_at_sign_in_and_leave_the_device_at_sign_out(
    fresh_app, market, visitor, in_app
):
    in_app(a_user, login="zhoumin")
    first, second = (product(in_app, goods)[0] for goods in (market.sandals, market.coasters))
    press(visitor, first)
    visitor.send("/sign-in", {"login": "zhoumin", "password": PASSWORD}, status=302)
    press(visitor, second)
    assert shown(visitor) == [second, first]

    visitor.send("/sign-out", via="/account")
    assert shown(visitor) == []

    elsewhere = Visitor(fresh_app)
    elsewhere.send("/sign-in", {"login": "zhoumin", "password": PASSWORD}, status=302)
    assert shown(elsewhere) == [second, first]
    assert elsewhere.client.get_cookie("favorites").value == f"{second}.{first}"


@pytest.mark.parametrize(
    "kept", ["prd_NOBODY00", "../../etc", "prd_<b>", ".".join(["prd_NOBODY00"] * 200), "\u202e", ""]
)
def test_a_device_may_say_what_it_likes(visitor, kept):
    visitor.client.set_cookie("favorites", kept)

    assert shown(visitor) == []
    assert press(visitor, kept[:400]).status_code == 303


def test_what_is_not_on_sale_is_counted_and_cannot_be_given_a_heart(market, visitor, in_app):
    public_id, _ = product(in_app, market.sandals)
    press(visitor, public_id)
    in_app(catalog.pause, product_id=market.sandals.product_id, actor=SYSTEM, now=market.now)

    text = visitor.open("/favorites").get_data(as_text=True)
    assert "收藏里有 1 件现在不卖" in text
    press(visitor, public_id, address="198.51.100.9")
    assert product(in_app, market.sandals)[1] == 1


def test_a_form_from_elsewhere_gives_no_heart(market, visitor, in_app):
    public_id, _ = product(in_app, market.sandals)

    answer = visitor.client.post(
        "/favorites", data={"product": public_id}, headers={"Origin": "https://elsewhere.example"}
    )

    assert answer.status_code == 400
    assert product(in_app, market.sandals)[1] == 0


def test_the_page_carries_the_heart_and_the_ways_to_pass_it_on(market, visitor, in_app):
    public_id, _ = product(in_app, market.sandals)
    text = visitor.open("/goods?category=").get_data(as_text=True)
    card = rf'data-product="{public_id}".*?href="/goods/([^"]+)"'
    slug = re.search(card, text, re.DOTALL)[1]

    page = visitor.open(f"/goods/{slug}").get_data(as_text=True)

    assert f'name="product" value="{public_id}"' in page
    assert f"/goods/{slug}/poster.jpg" in page
    image = re.search(r'property="og:image" content="([^"]+)"', page)[1]
    assert image.startswith("http")
    assert image.endswith(f"/goods/{slug}/picture.jpg")
    assert f'itemprop="image" content="{image}"' in page
