from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.bookings import queries as bookings
from shop.catalog import queries as catalog
from shop.catalog import services as catalog_work
from shop.catalog.rules import Supply, split_price
from shop.invoices import queries as invoices
from shop.kernel.access import SYSTEM, Scope
from shop.kernel.db import db, transaction
from shop.kernel.money import Money
from shop.orders import queries as orders
from shop.orders.models import Order
from shop.orders.rules import MOST_UNPAID_PER_PHONE
from shop.payments import queries as payments
from shop.payments import transfers
from shop.workflows import selling, sending_terms
from tests.builders.coupons import a_coupon
from tests.builders.delivery import some_zones
from tests.builders.orders import some_goods
from tests.builders.payments import AN_ACCOUNT
from tests.builders.stations import BEGINNING, a_workshop

ADDRESS = {
    "phone": "+86 139 8372 0099",
    "name": "刘女士",
    "region": "重庆市 渝北区",
    "address": "龙山街道 1 号 2-3",
    "note": "送给妈妈",
    "handover": "ship",
    "method": "online",
}


def put_goods(visitor, in_app, goods, quantity="1", **expected):
    slug = in_app(catalog.covers, [goods.product_id])[goods.product_id].slug
    variant = in_app(catalog.variants_of, goods.product_id)[0].public_id
    return visitor.send(
        f"/goods/{slug}", {"variant": variant, "quantity": quantity}, status=303, **expected
    )


def put_family(visitor, market, in_app):
    session = in_app(bookings.sessions_by_id, [market.session_id], now=market.now)
    visitor.send(
        "/experiences/weave-a-pendant",
        {"session": session[market.session_id].public_id, "adults": "0", "families": "1"},
        status=303,
    )


def hidden(page, *names):
    text = page.get_data(as_text=True)
    return {name: re.search(rf'name="{name}" value="([^"]*)"', text)[1] for name in names}


def the_form(visitor, **changes):
    page = visitor.open("/checkout", most=20)
    return hidden(page, "key", "total_sent", "total_fetched") | ADDRESS | changes


def the_orders(in_app):
    return in_app(lambda: list(db.session.scalars(sa.select(Order.number))))


def test_goods_of_two_workshops_and_a_session_become_one_order_of_three_parts(
    market, visitor, in_app
):
    put_goods(visitor, in_app, market.sandals)
    put_goods(visitor, in_app, market.coasters, "2")
    put_family(visitor, market, in_app)
    cart = visitor.open("/cart", most=20).get_data(as_text=True)
    assert "348.00" in cart  # 88.00 + 2 x 48.00 + 148.00 + 2 x 8.00

    answer = visitor.send("/checkout", the_form(visitor), status=303)

    (number,) = the_orders(in_app)
    order = in_app(lambda: orders.order(orders.order_id_of(number)))
    assert answer.headers["Location"].endswith(f"/orders/{number}?back=1")
    assert len(order.parts) == 3
    assert order.total == Money(34800)
    assert order.contact.phone == "13983720099"
    page = visitor.open(f"/orders/{number}", most=25).get_data(as_text=True)
    assert "等您付款" in page
    assert 'class="order-code"' in page


def test_goods_are_paid_by_transfer_where_the_house_has_an_account(market, visitor, in_app):
    transfers.install(AN_ACCOUNT)
    put_goods(visitor, in_app, market.sandals)
    assert 'value="bank_transfer"' in visitor.open("/checkout", most=20).get_data(as_text=True)

    answer = visitor.send("/checkout", the_form(visitor, method="bank_transfer"), status=303)

    (number,) = the_orders(in_app)
    assert answer.headers["Location"].endswith(f"/orders/{number}")
    page = visitor.open(f"/orders/{number}", most=25).get_data(as_text=True)
    assert "等您转账" in page
    for words in (AN_ACCOUNT.holder, AN_ACCOUNT.bank, AN_ACCOUNT.number, "96.00"):
        assert words in page


def test_seats_are_not_offered_by_transfer(market, visitor, in_app):
    transfers.install(AN_ACCOUNT)
    put_goods(visitor, in_app, market.sandals)
    put_family(visitor, market, in_app)

    assert "bank_transfer" not in visitor.open("/checkout", most=20).get_data(as_text=True)
    visitor.send("/checkout", the_form(visitor, method="bank_transfer"), status=422)
    assert the_orders(in_app) == []


def test_a_paid_order_is_followed_part_by_part(market, visitor, in_app, bank):
    put_goods(visitor, in_app, market.sandals)
    put_family(visitor, market, in_app)
    visitor.send("/checkout", the_form(visitor), status=303)
    (number,) = the_orders(in_app)
    payment = in_app(lambda: payments.payment_of_order(orders.order_id_of(number)))
    in_app(
        selling.confirm_payment,
        payment_id=payment.id,
        captured=payment.amount,
        fee=Money(0),
        now=market.now,
    )

    page = visitor.open(f"/orders/{number}").get_data(as_text=True)
    assert "正在备货" in page
    assert "7月23日" in page
    booking = re.search(r"/bookings/(\w+)", page)[1]
    assert "1 张亲子票" in visitor.open(f"/bookings/{booking}").get_data(as_text=True)
    assert visitor.open("/cart").get_data(as_text=True).count("cart-line-form") == 0


def test_the_same_form_sent_again_and_again_is_one_order(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    form = the_form(visitor)

    places = {
        visitor.send("/checkout", form, via="/orders", status=303).headers["Location"]
        for _ in range(5)
    }

    assert len(places) == 1
    assert len(the_orders(in_app)) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "12345"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"name": "  "}, "name"),
        ({"region": ""}, "place"),
        ({"region": "", "place": "50"}, "place"),
        ({"region": "", "place": ["13", "500229"]}, "place"),
        ({"region": "", "place": "99"}, "region"),
        ({"region": "", "place": ["50", "-"]}, "region"),
        ({"region": "", "place": "7'--"}, "place"),
        ({"address": ""}, "address"),
        ({"note": "长" * 201}, "note"),
        ({"method": "pay_on_pick_up"}, "method"),
        ({"handover": "pigeon"}, "handover"),
        ({"method": "imported"}, "method"),
    ],
)
def test_a_wrong_form_says_where_and_keeps_every_value(market, visitor, in_app, changes, field):
    put_goods(visitor, in_app, market.sandals)
    put_goods(visitor, in_app, market.coasters)
    form = the_form(visitor, **changes)

    text = visitor.send("/checkout", form, status=422).get_data(as_text=True)

    assert "error-summary" in text
    if field in {"phone", "name", "place", "region", "address", "note"}:
        assert f'href="#{field}"' in text
    for name in {"name", "region", "address", "note"} - {field} - set(changes):
        assert ADDRESS[name] in text
    assert form["key"] in text
    assert the_orders(in_app) == []


def test_a_forged_total_orders_nothing_and_shows_the_true_one(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)

    page = visitor.send("/checkout", the_form(visitor, total_sent="1"), status=409)

    assert hidden(page, "total_sent") == {"total_sent": "9600"}
    assert ADDRESS["address"] in page.get_data(as_text=True)
    assert the_orders(in_app) == []


def test_a_negative_or_wordy_total_is_refused(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)

    for forged in ("-9600", "9e3", ""):
        visitor.send("/checkout", the_form(visitor, total_sent=forged), status=422)
    assert the_orders(in_app) == []


def test_what_sold_out_meanwhile_is_named_in_the_cart_and_nothing_is_ordered(
    market, visitor, in_app
):
    put_goods(visitor, in_app, market.sandals, "10")
    form = the_form(visitor)
    other = type(visitor)(visitor.app)
    put_goods(other, in_app, market.sandals, "1")
    other.send("/checkout", the_form(other), status=303)

    page = visitor.send("/checkout", form, via="/cart", status=409).get_data(as_text=True)

    assert "手编凉鞋" in page
    assert len(the_orders(in_app)) == 1
    cart = visitor.open("/cart").get_data(as_text=True)
    assert "眼下只剩 9 件" in cart
    assert 'href="/checkout"' not in cart


def test_a_telephone_with_too_many_unpaid_orders_is_told_so_and_keeps_its_cart(
    market, visitor, in_app
):
    for _ in range(MOST_UNPAID_PER_PHONE):
        one = type(visitor)(visitor.app)
        put_goods(one, in_app, market.sandals)
        one.send("/checkout", the_form(one), status=303)
    put_goods(visitor, in_app, market.sandals)

    page = visitor.send("/checkout", the_form(visitor), status=409).get_data(as_text=True)

    assert "已有 5 个订单还没付款" in page
    assert "龙山街道 1 号 2-3" in page
    assert "手编凉鞋" in visitor.open("/cart").get_data(as_text=True)
    assert len(the_orders(in_app)) == MOST_UNPAID_PER_PHONE


def test_goods_fetched_at_the_workshop_cost_no_shipping_and_are_paid_there(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    form = the_form(visitor, handover="pick_up", method="pay_on_pick_up", region="", address="")

    answer = visitor.send("/checkout", form, status=303)

    (number,) = the_orders(in_app)
    assert answer.headers["Location"] == f"/orders/{number}"
    order = in_app(lambda: orders.order(orders.order_id_of(number)))
    assert order.total == Money(8800)
    assert order.contact.address == ""
    assert "自取时付款" in visitor.open(f"/orders/{number}").get_data(as_text=True)


def test_what_is_made_for_one_buyer_needs_a_tick_that_was_not_there_before(market, visitor, in_app):
    custom = in_app(
        some_goods, workshop_id=market.sandals.workshop_id, supply=Supply.CUSTOM, pieces=0
    )
    put_goods(visitor, in_app, custom)
    page = visitor.open("/checkout").get_data(as_text=True)
    box = re.search(r'<input type="checkbox"[^>]*name="agreed" value="(\d+)"[^>]*>', page)
    assert "checked" not in box[0]

    visitor.send("/checkout", the_form(visitor), status=422)
    assert the_orders(in_app) == []
    visitor.send("/checkout", the_form(visitor, agreed="999"), status=422)
    visitor.send("/checkout", the_form(visitor, agreed=box[1]), status=303)
    (number,) = the_orders(in_app)
    (line,) = in_app(lambda: orders.order(orders.order_id_of(number) or 0).lines)
    assert "不能七天无理由退货" in line.agreed_words


def test_only_a_variant_of_this_very_product_can_be_put_into_the_cart(market, visitor, in_app):
    slug = in_app(catalog.covers, [market.sandals.product_id])[market.sandals.product_id].slug
    foreign = in_app(catalog.variants_of, market.coasters.product_id)[0].public_id

    for variant in (foreign, "1", "", "' OR 1=1"):
        page = visitor.send(f"/goods/{slug}", {"variant": variant, "quantity": "3"}, status=422)
        assert 'value="3"' in page.get_data(as_text=True)
    assert "cart" not in {c.key for c in visitor.client._cookies.values()}


@pytest.mark.parametrize("quantity", ["0", "-1", "100", "two", "", "1.5", "٣x"])
def test_an_absurd_count_is_refused_and_kept(market, visitor, in_app, quantity):
    slug = in_app(catalog.covers, [market.sandals.product_id])[market.sandals.product_id].slug
    variant = in_app(catalog.variants_of, market.sandals.product_id)[0].public_id

    page = visitor.send(f"/goods/{slug}", {"variant": variant, "quantity": quantity}, status=422)

    assert f'name="quantity" value="{quantity}"' in page.get_data(as_text=True)


def test_a_cart_line_is_changed_kept_when_wrong_and_taken_out(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    line = re.search(r"/cart/lines/(\d+)", visitor.open("/cart").get_data(as_text=True))[1]

    visitor.send(f"/cart/lines/{line}", {"quantity": "３"}, via="/cart", status=303)
    assert "264.00" in visitor.open("/cart").get_data(as_text=True)
    wrong = visitor.send(f"/cart/lines/{line}", {"quantity": "many"}, via="/cart", status=422)
    assert 'value="many"' in wrong.get_data(as_text=True)
    visitor.send(f"/cart/lines/{line}", {"remove": "1"}, via="/cart", status=303)
    assert "购物车还是空的" in visitor.open("/cart").get_data(as_text=True)


def test_nobody_reaches_into_another_cart(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    line = re.search(r"/cart/lines/(\d+)", visitor.open("/cart").get_data(as_text=True))[1]
    other = type(visitor)(visitor.app)
    put_goods(other, in_app, market.coasters)

    other.send(f"/cart/lines/{line}", {"quantity": "5"}, via="/cart", status=404)
    other.send(f"/cart/lines/{line}", {"remove": "1"}, via="/cart", status=303)

    assert "88.00" in visitor.open("/cart").get_data(as_text=True)


def test_the_cookies_of_a_buyer_are_out_of_reach_of_scripts_and_other_sites(
    market, visitor, in_app
):
    answer = put_goods(visitor, in_app, market.sandals)
    ordered = visitor.send("/checkout", the_form(visitor), status=303)

    for header in (*answer.headers.getlist("Set-Cookie"), *ordered.headers.getlist("Set-Cookie")):
        name = header.split("=")[0]
        if name in {"cart", "orders", "cart_count"} and "Max-Age=0" not in header:
            # The count alone is for the page's own script: it says nothing and opens nothing.
            assert ("HttpOnly" in header) is (name != "cart_count")
            assert "SameSite=Lax" in header


def test_children_do_not_come_alone_and_the_counts_stay(market, visitor, in_app):
    session = in_app(bookings.sessions_by_id, [market.session_id], now=market.now)
    page = visitor.send(
        "/experiences/weave-a-pendant",
        {
            "session": session[market.session_id].public_id,
            "adults": "0",
            "children": "2",
            "families": "0",
        },
        status=422,
    )

    assert 'name="children" value="2"' in page.get_data(as_text=True)


def test_a_workshop_without_a_counter_cannot_be_fetched_from(market, visitor, in_app):
    put_goods(visitor, in_app, market.coasters)
    assert 'value="pick_up"' not in visitor.open("/checkout").get_data(as_text=True)

    visitor.send("/checkout", the_form(visitor, handover="pick_up"), status=422)
    assert the_orders(in_app) == []


def test_an_order_is_opened_by_its_device_or_by_phone_and_code_and_by_nobody_else(
    market, visitor, in_app
):
    put_goods(visitor, in_app, market.sandals)
    visitor.send("/checkout", the_form(visitor), status=303)
    (number,) = the_orders(in_app)
    own = visitor.open(f"/orders/{number}").get_data(as_text=True)
    code = re.search(r'class="order-code">(\d{6})<', own)[1]
    stranger = type(visitor)(visitor.app)

    shut = stranger.open(f"/orders/{number}").get_data(as_text=True)
    assert "刘女士" not in shut
    assert "手编凉鞋" not in shut
    absent = stranger.open("/orders/260720-AAAAA").get_data(as_text=True)
    assert absent.replace("260720-AAAAA", number).count("name=") == shut.count("name=")
    wrong = {"phone": "13983720099", "code": "000000" if code != "000000" else "111111"}
    stranger.send("/orders", wrong, status=422)
    stranger.send("/orders", {"phone": "13983720098", "code": code}, status=422)
    stranger.send(f"/orders/{number}/pay", via="/orders", status=404)
    found = stranger.send("/orders", {"phone": "139 8372 0099", "code": code}, status=303)
    assert found.headers["Location"] == f"/orders/{number}"
    assert "刘女士" in stranger.open(f"/orders/{number}").get_data(as_text=True)


def test_a_proof_that_was_tampered_with_opens_nothing(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    visitor.send("/checkout", the_form(visitor), status=303)
    (number,) = the_orders(in_app)
    stranger = type(visitor)(visitor.app)
    stranger.client.set_cookie("orders", f'{{"{number}":""}}')

    assert "刘女士" not in stranger.open(f"/orders/{number}").get_data(as_text=True)


def test_an_order_whose_time_is_over_cannot_be_paid_any_more(market, visitor, in_app, fresh_app):
    put_goods(visitor, in_app, market.sandals)
    visitor.send("/checkout", the_form(visitor), status=303)
    (number,) = the_orders(in_app)
    assert f"/orders/{number}/pay" in visitor.open(f"/orders/{number}").get_data(as_text=True)

    later = market.now + timedelta(minutes=16)
    fresh_app.extensions["clock"] = lambda: later
    in_app(selling.expire_unpaid, now=later)

    page = visitor.open(f"/orders/{number}").get_data(as_text=True)
    assert f"/orders/{number}/pay" not in page
    assert "已取消" in page


def test_a_pick_up_point_far_away_is_told_by_its_own_name(market, visitor, in_app):
    third = in_app(a_workshop, slug="third", name="第三坊", name_en="Third")
    put_goods(visitor, in_app, in_app(some_goods, workshop_id=third))

    assert "第三坊" in visitor.open("/checkout").get_data(as_text=True)


def change_price(in_app, goods, fen):
    def change():
        sheet = catalog_work.propose_price(
            product_id=goods.product_id,
            split=split_price(
                Money(fen), pay=Money(4620), material=Money(1250), pack=Money(0), workshop=Money(0)
            ),
            actor=SYSTEM,
            now=BEGINNING,
        )
        catalog_work.approve_price(sheet_id=sheet, actor=SYSTEM, now=BEGINNING)

    in_app(change)


def test_a_price_that_changed_is_said_until_the_buyer_has_seen_it(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    put_goods(visitor, in_app, market.coasters)
    assert "line-changed" not in visitor.open("/cart").get_data(as_text=True)

    change_price(in_app, market.sandals, 9200)
    for page in ("/cart", "/checkout"):
        text = visitor.open(page).get_data(as_text=True)
        assert text.count("line-changed") == 1
        assert "涨价了" in text
    visitor.send("/cart/seen", via="/cart", status=303)
    assert "line-changed" not in visitor.open("/cart").get_data(as_text=True)

    change_price(in_app, market.sandals, 8500)
    assert "降价了" in visitor.open("/cart").get_data(as_text=True)


def rename_the_seller():
    with transaction():
        db.session.execute(sa.text("UPDATE workshops SET seller_name = '新合作社'"))


def test_another_seller_of_the_same_thing_is_said(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    in_app(rename_the_seller)

    assert "卖家现在是新合作社" in visitor.open("/cart").get_data(as_text=True)


def test_a_price_that_changed_while_the_form_was_filled_in_orders_nothing_and_says_which(
    market, visitor, in_app
):
    put_goods(visitor, in_app, market.sandals)
    form = the_form(visitor)
    change_price(in_app, market.sandals, 9200)

    text = visitor.send("/checkout", form, status=409).get_data(as_text=True)

    assert "涨价了" in text
    assert ADDRESS["address"] in text
    assert the_orders(in_app) == []


def test_nobody_says_for_another_cart_that_its_changes_were_seen(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    change_price(in_app, market.sandals, 9200)
    stranger = type(visitor)(visitor.app)
    put_goods(stranger, in_app, market.coasters)

    stranger.send("/cart/seen", via="/cart", status=303)

    assert "line-changed" in visitor.open("/cart").get_data(as_text=True)


def test_a_present_keeps_its_words_and_says_so_to_its_buyer(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    wrong = visitor.send("/checkout", the_form(visitor, gift_words="寿" * 61), status=422)
    assert "寿" * 61 in wrong.get_data(as_text=True)

    visitor.send("/checkout", the_form(visitor, is_gift="y", gift_words="寿" * 60), status=303)

    (number,) = the_orders(in_app)
    contact = in_app(lambda: orders.order(orders.order_id_of(number)).contact)
    assert (contact.is_gift, contact.gift_words) == (True, "寿" * 60)
    assert "寿" * 60 in visitor.open(f"/orders/{number}").get_data(as_text=True)


def test_the_same_key_with_other_gift_words_is_refused_by_name(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    form = the_form(visitor, gift_words="生日快乐")
    visitor.send("/checkout", form, via="/cart", status=303)
    put_goods(visitor, in_app, market.sandals)

    page = visitor.send("/checkout", form | {"gift_words": "新年快乐"}, via="/cart", status=409)

    assert the_orders(in_app)[0] in page.get_data(as_text=True)
    assert len(the_orders(in_app)) == 1


def options(page, number):
    box = re.search(rf'<select[^>]*id="place-{number}".*?</select>', page, re.DOTALL)
    return re.findall(r'<option value="([^"]+)"', box[0]) if box else []


def test_an_address_is_picked_step_by_step_without_script_and_nothing_typed_is_lost(
    market, visitor, in_app
):
    put_goods(visitor, in_app, market.sandals)
    in_app(some_zones, workshop_id=market.sandals.workshop_id, now=market.now)
    form = the_form(visitor, region="")
    assert hidden(visitor.open("/checkout"), "total_sent") == {"total_sent": "9600"}

    step = form | {"place_step": "1", "place": "65", "phone": "not yet"}
    page = visitor.send("/checkout", step, status=200).get_data(as_text=True)
    assert "650100" not in options(page, 1)
    assert "6501" in options(page, 2)
    assert 'value="not yet"' in page
    assert "error-summary" not in page
    assert "18.00" in page  # the way to Xinjiang
    assert 'name="total_sent" value="10600"' in page
    assert the_orders(in_app) == []

    step["place"] = ["65", "6501"]
    assert "650102" in options(
        visitor.send("/checkout", step, status=200).get_data(as_text=True), 3
    )
    whole = form | {"place": ["65", "6501", "650102"], "total_sent": "10600"}
    visitor.send("/checkout", whole, status=303)
    (number,) = the_orders(in_app)
    contact = in_app(lambda: orders.order(orders.order_id_of(number)).contact)
    assert contact.region == "新疆维吾尔自治区 乌鲁木齐市 天山区"
    assert contact.place_code == "650102"


@pytest.mark.parametrize(
    ("boxes", "region"),
    [
        (["50", "500229", "500229212"], "重庆市 城口县 鸡鸣乡"),
        (["50", "500229", ""], "重庆市 城口县"),
        (["50", "500229", "-"], "重庆市 城口县 新设的镇"),
    ],
)
def test_a_town_of_chongqing_can_be_named_and_need_not_be(market, visitor, in_app, boxes, region):
    put_goods(visitor, in_app, market.sandals)

    visitor.send("/checkout", the_form(visitor, place=boxes, region="新设的镇"), status=303)

    (number,) = the_orders(in_app)
    assert in_app(lambda: orders.order(orders.order_id_of(number)).contact.region) == region


def test_a_list_of_another_province_is_forgotten_when_the_province_changes(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)

    step = the_form(visitor, place=["51", "500229"], place_step="1")
    page = visitor.send("/checkout", step, status=200).get_data(as_text=True)

    assert "5101" in options(page, 2)
    assert options(page, 3) == []


def test_a_place_that_no_workshop_sends_to_is_said_beside_the_address(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    form = the_form(visitor, place="99", region="Germany, Munich", total_sent="8800")

    step = visitor.send("/checkout", form | {"place_step": "1"}, status=200)
    assert "不往这里寄" in step.get_data(as_text=True)
    refused = visitor.send("/checkout", form, status=409).get_data(as_text=True)

    assert "Germany, Munich" in refused
    assert the_orders(in_app) == []


def test_both_days_of_a_parcel_gathered_at_the_town_stand_in_cart_and_order(
    market, visitor, in_app
):
    in_app(
        sending_terms.set_way,
        workshop_id=market.sandals.workshop_id,
        town_days=2,
        actor=SYSTEM,
        now=market.now,
    )
    put_goods(visitor, in_app, market.sandals)
    cart = visitor.open("/cart").get_data(as_text=True)
    visitor.send("/checkout", the_form(visitor), status=303)
    order = visitor.open(f"/orders/{the_orders(in_app)[0]}").get_data(as_text=True)

    for page in (cart, order):
        assert "7月23日" in page
        assert "7月27日" in page


def test_a_coupon_is_typed_counts_in_cart_checkout_and_order_and_can_be_taken_out(
    market, visitor, in_app
):
    in_app(a_coupon, now=market.now, code="SPRING20")
    put_goods(visitor, in_app, market.sandals)
    send = {"via": "/cart", "status": 303}
    visitor.send("/cart/coupon", {"code": " spring 20"}, **send)
    assert "再买" in visitor.open("/cart").get_data(as_text=True)  # from 100.00 on

    put_goods(visitor, in_app, market.sandals)
    cart = visitor.open("/cart").get_data(as_text=True)
    assert "满一百减二十" in cart
    assert "164.00" in cart
    visitor.send("/cart/coupon", {"code": ""}, **send)
    assert "184.00" in visitor.open("/cart").get_data(as_text=True)
    visitor.send("/cart/coupon", {"code": "SPRING20"}, **send)

    visitor.send("/checkout", the_form(visitor), status=303)
    (number,) = the_orders(in_app)
    order = in_app(lambda: orders.order(orders.order_id_of(number)))
    assert (order.discount, order.total) == (Money(2000), Money(16400))
    page = visitor.open(f"/orders/{number}").get_data(as_text=True)
    assert "20.00" in page


def test_an_unknown_code_is_said_and_kept_as_typed(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)

    page = visitor.send("/cart/coupon", {"code": "<b>no"}, via="/cart", status=422)

    assert "没有这个券码" in page.get_data(as_text=True)
    assert 'value="&lt;b&gt;no"' in page.get_data(as_text=True)


def test_a_coupon_used_by_the_same_telephone_leaves_the_true_sum_to_agree_to(
    market, visitor, in_app
):
    in_app(a_coupon, now=market.now, most_per_buyer=1)
    put_goods(visitor, in_app, market.sandals, "2")
    visitor.send("/checkout", the_form(visitor), status=303)
    put_goods(visitor, in_app, market.sandals, "2")

    page = visitor.send("/checkout", the_form(visitor), status=409)
    again = the_form(visitor) | hidden(page, "total_sent", "key")
    assert again["total_sent"] == "18400"
    visitor.send("/checkout", again, status=303)

    assert len(the_orders(in_app)) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"invoice": "personal"}, "invoice_title"),
        ({"invoice": "company", "invoice_title": "医院工会"}, "tax_number"),
        (
            {"invoice": "company", "invoice_title": "医院工会", "tax_number": "91110108551385082A"},
            "tax_number",
        ),
        ({"invoice": "somebody"}, "invoice"),
    ],
)
def test_an_invoice_in_nobodys_name_is_refused_and_kept_as_typed(
    market, visitor, in_app, changes, field
):
    put_goods(visitor, in_app, market.sandals)

    page = visitor.send("/checkout", the_form(visitor, **changes), status=422)

    assert f'href="#{field}"' in page.get_data(as_text=True)
    assert all(
        value in page.get_data(as_text=True) for value in changes.values() if value != "somebody"
    )
    assert the_orders(in_app) == []


def test_an_invoice_is_asked_for_however_its_number_is_typed(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    form = the_form(
        visitor, invoice="company", invoice_title="医院工会", tax_number="911101085513 85082ｑ"
    )

    visitor.send("/checkout", form, status=303)

    (one,) = in_app(invoices.invoices, Scope(("/",)))
    assert (one.wish.title, one.wish.tax_number) == ("医院工会", "91110108551385082Q")


def test_whoever_leaves_a_mailbox_may_choose_it_for_messages(market, visitor, in_app):
    put_goods(visitor, in_app, market.sandals)
    form = the_form(visitor, email="Liu@Example.com", by_email="y")
    visitor.send("/checkout", form, via="/checkout", status=303)
    (number,) = the_orders(in_app)
    contact = in_app(lambda: orders.order(orders.order_id_of(number))).contact
    assert (contact.email, contact.told_by) == ("liu@example.com", "email")


@pytest.mark.parametrize(
    "changes", [{"email": "liu@"}, {"email": "x" * 200 + "@example.com"}, {"by_email": "y"}]
)
def test_a_mailbox_that_is_none_is_said_beside_its_field(market, visitor, in_app, changes):
    put_goods(visitor, in_app, market.sandals)
    page = visitor.send("/checkout", the_form(visitor, **changes), via="/checkout", status=422)
    assert "field-wrong" in page.get_data(as_text=True)
    assert the_orders(in_app) == []
