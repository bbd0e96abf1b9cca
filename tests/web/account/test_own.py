from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.accounts import buyers
from shop.accounts.models import BuyerContact, User
from shop.claims.rules import ClaimKind
from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.db import Base, db
from shop.orders import carts
from shop.orders import queries as orders_known
from shop.orders import services as orders
from shop.oversight import proof
from shop.workflows import claiming, delivering, forgetting
from tests.builders.accounts import a_maker
from tests.builders.orders import MS_LIU, a_bank, an_order, pay, some_goods
from tests.web.account.entering import PHONE, ask, enter, words
from tests.web.conftest import Visitor

EMAIL = "liu@example.cn"
ADDRESS = {
    "name": "刘女士",
    "phone": "139 0000 3333",
    "place": ["50", "500103"],
    "address": "民生路 1 号",
}


def me(contact=PHONE):
    return db.session.scalar(sa.select(BuyerContact.user_id).where(BuyerContact.address == contact))


def code_on(page):
    return re.search(r'class="order-code">(\d{6})<', page)[1]


def confirm(visitor, back_to):
    """Prove once more who is here, as somebody does who was led to the page that asks."""
    landed = visitor.send(
        "/account/confirm/code", {"next": back_to}, via="/account/confirm", status=303
    )
    code = code_on(words(visitor.open(landed.location)))
    path = landed.location.partition("?")[0]
    done = visitor.send(path, {"code": code, "next": back_to}, via=landed.location, status=303)
    assert done.location == back_to


def test_addresses_are_kept_changed_taken_first_and_removed(visitor, in_app, clock):
    enter(visitor)
    new = "/account/addresses/new"
    visitor.send(new, ADDRESS, status=303)
    visitor.send(new, {**ADDRESS, "address": "解放碑 2 号", "is_default": "y"}, status=303)

    first, second = in_app(lambda: buyers.addresses_of(me()))
    assert (first.address, first.is_default, first.phone) == ("解放碑 2 号", True, "13900003333")
    assert (second.address, second.is_default) == ("民生路 1 号", False)
    one = f"/account/addresses/{second.public_id}"
    visitor.send(one, {**ADDRESS, "address": "民生路 3 号"}, status=303)
    visitor.send(
        f"/account/addresses/{first.public_id}/removal", via="/account/addresses", status=303
    )

    (left,) = in_app(lambda: buyers.addresses_of(me()))
    assert (left.address, left.is_default) == ("民生路 3 号", True)


def test_the_place_is_picked_step_by_step_and_must_reach_the_county(visitor, in_app, clock):
    enter(visitor)
    new = "/account/addresses/new"

    step = visitor.send(new, {**ADDRESS, "place": ["50"], "place_step": "1"}, status=200)
    assert "500103" in words(step)
    visitor.send(new, {**ADDRESS, "place": ["50"]}, status=422)
    visitor.send(new, {**ADDRESS, "place": ["99"]}, status=422)  # abroad, but where?
    visitor.send(new, ADDRESS, status=303)

    (kept,) = in_app(lambda: buyers.addresses_of(me()))
    assert (kept.place_code, kept.region) == ("500103", "重庆市 渝中区")


def test_checkout_knows_the_address_that_is_taken_first(visitor, in_app, clock):
    enter(visitor)
    visitor.send("/account/addresses/new", ADDRESS, status=303)

    def fill():
        token = carts.cart_for(token=None, now=clock.now)
        goods = some_goods()
        carts.put_goods(token=token, variant_id=goods.variant_id, quantity=1, now=clock.now)
        return token

    visitor.client.set_cookie("cart", in_app(fill))
    stranger = Visitor(visitor.app)
    stranger.client.set_cookie("cart", in_app(fill))
    assert "/sign-in?next=/checkout" in words(stranger.open("/checkout", most=40))

    page = words(visitor.open("/checkout", most=40))
    assert "/sign-in?next=/checkout" not in page

    for kept in ("13900003333", "刘女士", "民生路 1 号", '<option value="500103" selected>'):
        assert kept in page


def test_nobody_reaches_the_address_of_somebody_else(fresh_app, visitor, in_app, clock):
    enter(visitor)
    visitor.send("/account/addresses/new", ADDRESS, status=303)
    (hers,) = in_app(lambda: buyers.addresses_of(me()))
    stranger = Visitor(fresh_app)
    enter(stranger, "13900002222")
    page = f"/account/addresses/{hers.public_id}"

    stranger.open(page, status=404)
    stranger.send(page, ADDRESS, via="/account", status=404)
    stranger.send(f"{page}/removal", via="/account", status=303)

    assert in_app(lambda: buyers.addresses_of(me())) == (hers,)


def test_twenty_addresses_are_enough(in_app, visitor, clock, noon):
    enter(visitor)

    def keep(number):
        buyers.keep_address(
            user_id=me(), name="刘", phone=PHONE, region="", address=str(number), now=noon
        )

    for number in range(20):
        in_app(keep, number)
    with pytest.raises(buyers.TooManyAddresses):
        in_app(keep, 21)


def test_a_new_contact_needs_a_code_to_the_old_one_and_to_itself(visitor, in_app, clock):
    enter(visitor)
    clock.on(minutes=16)
    wanted = {"contact": EMAIL}
    led = visitor.send("/account/contact", wanted, via="/account/settings", status=303)
    assert led.location.startswith("/account/confirm")
    confirm(visitor, "/account/settings")
    assert in_app(me, EMAIL) is None

    landed = visitor.send("/account/contact", wanted, via="/account/settings", status=303)
    code = code_on(words(visitor.open(landed.location)))
    visitor.send(landed.location, {"code": code}, status=303)

    assert in_app(me, EMAIL) == in_app(me)


def test_a_contact_of_another_account_is_not_taken_over(fresh_app, visitor, in_app, clock):
    other = Visitor(fresh_app)
    enter(other, EMAIL)
    clock.on(minutes=2)
    enter(visitor)
    landed = visitor.send(
        "/account/contact", {"contact": EMAIL}, via="/account/settings", status=303
    )
    code = code_on(words(visitor.open(landed.location)))

    visitor.send(landed.location, {"code": code}, status=409)

    assert in_app(me, EMAIL) != in_app(me)


def test_a_code_for_one_thing_opens_no_other(visitor, clock):
    where, code = ask(visitor)
    name = where.rpartition("/")[2].partition("?")[0]
    visitor.send(where, {"code": code})
    visitor.send(f"/account/confirm/{name}", {"code": code}, via="/account", status=404)
    clock.on(minutes=2)
    landed = visitor.send("/account/confirm/code", via="/account/confirm", status=303)
    name = landed.location.rpartition("/")[2].partition("?")[0]

    visitor.open(f"/sign-in/code/{name}", status=404)


def test_a_message_she_refused_does_not_come(visitor, in_app, clock):
    enter(visitor)
    visitor.send(
        "/account/messages", {"wanted": "review_answered"}, via="/account/settings", status=303
    )

    assert in_app(lambda: buyers.refusals_of(me())) == {"how_is_it"}


def an_order_of_hers(clock, *, is_over):
    """Return the number of an order in her account, ten days old; it came, or it did not yet."""
    then = clock.now - timedelta(days=10)
    with a_bank():
        placed = an_order(now=then, contact=replace(MS_LIU, phone=PHONE))
        pay(placed, now=then)
    orders.claim(order_id=placed.order_id, user_id=me(), now=clock.now)
    if is_over:
        bring(placed.number, at=then + timedelta(days=1), now=clock.now)
    return placed.number


def bring(number, *, at, now):
    (part,) = orders_known.order(orders_known.order_id_of(number)).parts
    delivering.send_parcel(
        key=part.public_id,
        fulfillment_public_id=part.public_id,
        carrier="EMS",
        tracking="1",
        actor=SYSTEM,
        now=at,
    )
    delivering.receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=at)
    delivering.complete_due(now=now)


def test_all_that_is_kept_can_be_read_and_taken_along(visitor, in_app, clock):
    enter(visitor)
    number = in_app(an_order_of_hers, clock, is_over=False)
    in_app(deliver, clock.now)
    visitor.send("/account/addresses/new", ADDRESS, status=303)

    taken = json.loads(visitor.send("/account/data", via="/account/data", status=200).data)
    read = words(visitor.open("/account/data/all", most=40))

    assert taken["format"] == "dengliang account 1"
    assert [one["address"] for one in taken["reached_by"]] == [PHONE]
    assert [one["number"] for one in taken["orders"]] == [number]
    assert taken["orders"][0]["contact"]["name"] == "刘女士"
    assert taken["orders"][0]["total"] == {
        "minor": taken["orders"][0]["total"]["minor"],
        "currency": "CNY",
    }
    assert [one["kind"] for one in taken["messages"]] == ["paid"]
    assert number in taken["messages"][0]["title"]
    assert number in read
    assert "民生路 1 号" in read
    fetched = in_app(
        lambda: db.session.scalar(
            sa.select(sa.func.count())
            .select_from(events.EventRow)
            .where(events.EventRow.kind == "DataExported")
        )
    )
    assert fetched == 2


def test_taking_data_along_asks_again_who_she_is(visitor, clock):
    enter(visitor)
    clock.on(minutes=16)

    led = visitor.send("/account/data", via="/account/data", status=303)

    assert led.location.startswith("/account/confirm")
    assert visitor.open("/account/data/all", status=303).location.startswith("/account/confirm")
    assert visitor.open("/account/closing", status=303).location.startswith("/account/confirm")


def found_anywhere(*wanted):
    """Return every column of every table in which one of these texts stands."""
    found = []
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)).mappings():
            found += [
                f"{table.name}.{column}"
                for column, value in row.items()
                if isinstance(value, str) and any(text in value for text in wanted)
            ]
    return sorted(set(found))


def deliver(now):
    while events.deliver_due(now=now):
        pass


def test_after_closing_nothing_anywhere_says_who_she_was(visitor, in_app, clock):
    enter(visitor)
    number = in_app(an_order_of_hers, clock, is_over=True)
    visitor.send("/account/addresses/new", ADDRESS, status=303)
    visitor.send("/account/name", {"name": "小刘"}, via="/account/settings", status=303)
    in_app(deliver, clock.now)
    visitor.send("/account/closing", status=422)  # not ticked
    assert in_app(found_anywhere, PHONE)

    landed = visitor.send("/account/closing", {"sure": "y"}, status=303)

    assert landed.location == "/"
    in_app(deliver, clock.now)
    assert in_app(found_anywhere, PHONE, "刘女士", "小刘", "民生路", "13900003333") == []
    assert in_app(lambda: orders_known.order(orders_known.order_id_of(number)).total.minor) > 0
    assert in_app(lambda: list(proof.prove(tell=lambda _: None))) == []
    visitor.open("/account/orders", status=302)


def test_an_order_under_way_keeps_its_contact_until_it_is_over(visitor, in_app, clock):
    enter(visitor)
    number = in_app(an_order_of_hers, clock, is_over=False)

    visitor.send("/account/closing", {"sure": "y"}, status=303)

    def contact():
        return orders_known.order(orders_known.order_id_of(number)).contact

    assert in_app(contact).phone == PHONE

    assert in_app(forgetting.forget_due, now=clock.now) == 0
    in_app(bring, number, at=clock.now - timedelta(days=9), now=clock.now)
    assert in_app(forgetting.forget_due, now=clock.now) == 1
    assert in_app(contact) is None
    assert in_app(forgetting.forget_due, now=clock.now) == 0


def test_what_she_brought_forward_is_settled_before_she_is_forgotten(visitor, in_app, clock):
    enter(visitor)
    number = in_app(an_order_of_hers, clock, is_over=True)
    order = in_app(lambda: orders_known.order(orders_known.order_id_of(number)))
    name = in_app(
        claiming.open_claim,
        order_id=order.id,
        kind=ClaimKind.FAULTY,
        pieces={order.lines[0].id: 1},
        words="有破洞",
        key="form-1",
        now=clock.now,
    )

    visitor.send("/account/closing", {"sure": "y"}, status=303)
    assert in_app(found_anywhere, "有破洞") == ["claims.words"]

    in_app(claiming.withdraw, order_id=order.id, public_id=name, now=clock.now)
    assert in_app(forgetting.forget_due, now=clock.now) == 1
    assert in_app(found_anywhere, "有破洞") == []


def test_the_same_number_opens_a_new_and_empty_account_later(visitor, in_app, clock):
    enter(visitor)
    before = in_app(me)
    visitor.send("/account/addresses/new", ADDRESS, status=303)
    visitor.send("/account/closing", {"sure": "y"}, status=303)
    clock.on(minutes=2)

    enter(visitor)

    assert in_app(me) != before
    assert in_app(lambda: buyers.addresses_of(me())) == ()


def test_a_stolen_cookie_closes_nothing_once_the_proof_is_old(fresh_app, visitor, in_app, clock):
    enter(visitor)
    thief = Visitor(fresh_app)
    thief.client.set_cookie("shop", visitor.client.get_cookie("shop").value)
    clock.on(minutes=16)
    token = thief.token("/account/confirm")

    thief.client.post("/account/closing", data={"csrf_token": token, "sure": "y"})

    assert in_app(me) is not None


def test_who_works_or_weaves_here_ends_that_at_the_room(in_app, noon):
    maker = in_app(a_maker)

    with pytest.raises(buyers.Forbidden):
        in_app(forgetting.close_account, user_id=maker.user_id, now=noon)
    assert in_app(lambda: db.session.get(User, maker.user_id).active)
