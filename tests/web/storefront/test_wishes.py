from __future__ import annotations

import re

import pytest

from shop.catalog import queries as catalog
from shop.orders import queries as orders
from tests.builders.orders import let_wish
from tests.web.storefront.test_buying import the_form, the_orders


@pytest.fixture
def address(market, in_app):
    in_app(let_wish, market.sandals)
    covers = in_app(catalog.covers, [market.sandals.product_id])
    return f"/goods/{covers[market.sandals.product_id].slug}"


def put(visitor, address, status=303, **said):
    page = visitor.open(address).get_data(as_text=True)
    variant = re.search(r'name="variant" value="([^"]+)"', page)[1]
    said = {"variant": variant, "quantity": "1"} | {f"wish-{k}": v for k, v in said.items()}
    return visitor.send(address, said, status=status)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_says_what_a_wish_costs_and_what_it_does_to_date_and_return(
    visitor, address, lang
):
    text = visitor.open(f"{address}?lang={lang}").get_data(as_text=True)

    assert {"zh": "编进名字", "en": "Name woven in"}[lang] in text
    assert "10.00" in text
    assert "5.80" in text
    for day in {"zh": ("7月23日", "7月27日"), "en": ("23 July", "27 July")}[lang]:
        assert day in text


def test_a_wish_is_bought_with_its_own_confirmation_and_stands_on_the_order(
    visitor, address, in_app
):
    put(visitor, address, name="小灯")
    put(visitor, address)
    cart = visitor.open("/cart").get_data(as_text=True)
    assert cart.count('class="cart-line"') == 2
    assert "小灯" in cart
    checkout = visitor.open("/checkout").get_data(as_text=True)
    boxes = re.findall(r'<input type="checkbox"[^>]*name="agreed" value="(\d+)"[^>]*>', checkout)
    assert len(boxes) == 1
    assert "小灯" in re.search(r'name="agreed".*?</label>', checkout, re.DOTALL)[0]

    visitor.send("/checkout", the_form(visitor), status=422)
    visitor.send("/checkout", the_form(visitor, agreed=boxes[0]), status=303)

    (number,) = the_orders(in_app)
    shown = visitor.open(f"/orders/{number}").get_data(as_text=True)
    assert "小灯" in shown
    assert "186.00" in shown
    lines = in_app(lambda: orders.order(orders.order_id_of(number)).lines)
    assert ["小灯" in line.agreed_words for line in lines] == [True, False]


@pytest.mark.parametrize("name", ["灯😀", "一二三四五六七", "<script>", "\u202e灯"])
def test_what_cannot_be_woven_is_said_beside_its_question_and_kept(visitor, address, name):
    answer = put(visitor, address, name=name, status=422)

    text = answer.get_data(as_text=True)
    assert 'id="wish-name-error"' in text
    assert "<script>灯" not in text
    assert "cart" not in {cookie.key for cookie in visitor.client._cookies.values()}
