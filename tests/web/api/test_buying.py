from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from shop.kernel.db import db
from shop.orders import queries as orders
from shop.orders.models import Order
from shop.orders.services import claim
from shop.payments import queries as payments
from shop.programs import services as programming
from shop.programs.models import KeptAnswer
from shop.programs.rules import ProgramScope
from shop.web.access import SIGN_IN_KEY
from shop.web.api import rates
from shop.workflows import delivering
from shop.workflows.selling import PlacedOrder
from tests.builders.accounts import a_buyer, a_social_worker
from tests.builders.coupons import a_coupon
from tests.builders.orders import let_wish, pay
from tests.builders.programs import a_token
from tests.web.api.conftest import Program

BUY = ProgramScope.BUY
PHONE = "13800138000"
PARCEL = {"phone": PHONE, "name": "刘女士", "region": "重庆市渝中区", "address": "解放碑 1 号"}


class Shopper(Program):
    """A program with one buyer's cart in its hand."""

    cart = ""

    def say(self, method, path, content=None, *, status=200, key="", most=None, **headers):
        said = {"Cart-Token": self.cart} if self.cart else {}
        said |= {"Idempotency-Key": key} if key else {}
        said |= {name.replace("_", "-"): text for name, text in headers.items()}
        response = self.send(method, path, content, headers=said)
        assert response.status_code == status, response.text[:800]
        assert most is None or len(self.statements) <= most, "\n".join(self.statements)
        return response.json

    def begin(self):
        self.cart = self.say("POST", "/carts", status=201)["cart_token"]
        return self

    def put(self, workshop="dengliang", quantity=1, wishes=None, **more):
        slug = self.ask(f"/goods?workshop={workshop}")["items"][0]["slug"]
        variant = self.ask(f"/goods/{slug}")["variants"][0]["id"]
        wanted = {"product": slug, "variant": variant, "quantity": quantity}
        wanted |= {"wishes": wishes} if wishes else {}
        return self.say("POST", "/cart/goods", wanted, **more)

    def order(self, *, total=None, key="order-key-1", status=201, contact=None, **more):
        fen = self.say("GET", "/cart")["total"]["fen"] if total is None else total
        wanted = {"contact": contact or PARCEL, "expected_total": fen, **more}
        return self.say("POST", "/orders", wanted, key=key, status=status)


def a_shopper(app, in_app, market, *scopes, station_id=None):
    secret = in_app(
        a_token, *(scopes or (BUY,)), now=market.now,
        station_id=station_id or market.sandals.station_id,
    )  # fmt: skip
    return Shopper(app, Authorization=f"Bearer {secret}")


@pytest.fixture
def shopper(fresh_app, in_app, market):
    return a_shopper(fresh_app, in_app, market).begin()


def count_orders(app):
    with app.app_context():
        found = db.session.scalar(sa.select(sa.func.count(Order.id)))
        db.session.remove()
    return found


def test_a_cart_is_filled_changed_and_emptied(shopper, market):
    first = shopper.put(quantity=2, most=25)
    second = shopper.put("cizhu", most=25)
    (session,) = shopper.ask("/experiences/weave-a-pendant")["sessions"]
    seats = f"/cart/seats/{session['id']}"
    third = shopper.say("PUT", seats, {"adults": 1, "children": 1}, most=25)

    assert first["total"]["fen"] == 2 * 8800 + first["shipping"]["fen"]
    assert [part["workshop"]["slug"] for part in second["parts"]] == ["dengliang", "cizhu"]
    lines = [line for part in third["parts"] for line in part["lines"]]
    assert sorted(line["kind"] for line in lines) == ["experience", "goods", "goods"]
    goods = next(line for line in lines if line["product"])
    assert [line["starts_at"] for line in lines if line["session"]] == [session["starts_at"]]
    assert third["is_orderable"]

    again = shopper.say("PUT", f"/cart/lines/{goods['id']}", {"quantity": 1}, most=25)
    assert again["total"]["fen"] == third["total"]["fen"] - 8800
    for line in lines:
        empty = shopper.say("DELETE", f"/cart/lines/{line['id']}")
    assert (empty["parts"], empty["is_orderable"]) == ([], False)
    assert shopper.say("GET", "/cart", most=12) == empty


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": 0}, "api.bad_content"),
        ({"quantity": -1}, "api.bad_content"),
        ({"quantity": 1.5}, "api.bad_content"),
        ({"quantity": 100}, "api.bad_content"),
        ({"price": 1}, "api.bad_content"),
        ({"wishes": {"size": "40"}}, "catalog.wish_refused"),
        ({"variant": "var_NOBODY22"}, "not_found"),
        ({"product": "nothing"}, "not_found"),
    ],
)
def test_what_cannot_be_bought_is_refused_by_name_and_changes_nothing(shopper, change, code):
    slug = shopper.ask("/goods?workshop=dengliang")["items"][0]["slug"]
    variant = shopper.ask(f"/goods/{slug}")["variants"][0]["id"]
    wanted = {"product": slug, "variant": variant, "quantity": 1, **change}
    status = 404 if code == "not_found" else 422
    said = shopper.say("POST", "/cart/goods", wanted, status=status)
    assert said["code"] == code
    if code == "api.bad_content":
        assert said["errors"]
    assert shopper.say("GET", "/cart")["parts"] == []


def test_content_that_is_no_json_is_refused(shopper):
    headers = {"Cart-Token": shopper.cart, **shopper.headers}
    for data, kind, status, code in [
        (b"{", "application/json", 400, "api.unreadable"),
        (b"\xff", "application/json", 400, "api.unreadable"),
        (b"[" * 60_000, "application/json", 422, "api.bad_content"),
        (b"[]", "application/json", 422, "api.bad_content"),
        (b"a=1", "application/x-www-form-urlencoded", 415, "api.not_json"),
        (b'{"product": "' + b"x" * 70_000, "application/json", 413, "http_413"),
    ]:
        answer = shopper.client.post(
            "/api/v1/cart/goods", data=data, content_type=kind, headers=headers
        )
        assert (answer.status_code, answer.json["code"]) == (status, code), data[:20]


def test_an_order_is_placed_paid_and_followed(shopper, fresh_app, in_app, market):
    shopper.put(quantity=2)
    placed = shopper.order()
    order = placed["order"]

    assert order["state"] == "placed"
    assert order["total"]["fen"] == 2 * 8800 + order["shipping"]["fen"]
    assert order["payment"]["may_pay"]
    assert len(placed["code"]) == 6
    assert PHONE not in json.dumps(placed)
    number = order["number"]
    page = shopper.say("POST", f"/orders/{number}/pay")
    assert page["url"].startswith("http")

    in_app(pay, in_app(order_of, number), now=market.now)
    paid = shopper.say("GET", f"/orders/{number}", most=16)

    assert paid["state"] == "paid"
    (part,) = paid["parts"]
    steps = {step["kind"]: step for step in part["timeline"]}
    assert list(steps) == ["ordered", "paid", "packed", "sent", "received", "completed"]
    assert steps["paid"]["at"].endswith("+08:00")
    assert steps["sent"] == {"kind": "sent", "is_done": False, "at": None,
                             "by": part["promised_on"]}  # fmt: skip
    assert shopper.say("GET", "/cart")["parts"] == []
    assert [one["number"] for one in shopper.ask("/orders")["items"]] == [number]


def order_of(number):
    order_id = orders.order_id_of(number)
    payment = payments.payment_of_order(order_id)
    return PlacedOrder(order_id, number, "", payment.public_id, is_new=True)


def test_one_key_makes_one_order_however_often_it_is_sent(shopper, fresh_app):
    shopper.put()
    first = shopper.order()
    again = shopper.order(total=first["order"]["total"]["fen"])
    assert again == first
    assert count_orders(fresh_app) == 1

    other = shopper.order(total=first["order"]["total"]["fen"] + 1, status=422)
    assert other["code"] == "programs.key_taken"
    assert count_orders(fresh_app) == 1


def test_what_proves_an_order_is_not_kept_with_its_answer(shopper, fresh_app):
    shopper.put()
    first = shopper.order()
    with fresh_app.app_context():
        kept = db.session.scalars(sa.select(KeptAnswer.body)).all()
        db.session.remove()
    assert any(first["order"]["number"] in (body or "") for body in kept)
    for secret in (first["code"], first["order_token"]):
        assert all(f'"{secret}"' not in (body or "") for body in kept)
    number = first["order"]["number"]
    again = shopper.order(total=first["order"]["total"]["fen"])
    assert again == first
    stranger = Shopper(fresh_app, **shopper.headers)
    token = again["order_token"]
    assert stranger.say("GET", f"/orders/{number}", Order_Token=token)["number"] == number


def test_a_key_is_needed_for_an_order(shopper, fresh_app):
    shopper.put()
    said = shopper.order(key="", status=400)
    assert said["code"] == "api.bad_header"
    assert said["errors"][0]["pointer"] == "Idempotency-Key"
    assert count_orders(fresh_app) == 0


def test_keys_of_two_programs_never_meet_and_tell_nothing_of_the_code(
    fresh_app, in_app, market, shopper
):
    other = a_shopper(fresh_app, in_app, market).begin()
    shopper.put()
    other.put()
    first, second = shopper.order(), other.order()
    assert first["order"]["number"] != second["order"]["number"]
    # The code follows from the key of the order: two alike keys must not give two alike codes.
    with fresh_app.app_context():
        keys = db.session.scalars(sa.select(Order.key)).all()
        db.session.remove()
    assert len(set(keys)) == 2
    assert all(len(key) == 64 for key in keys)


def test_goods_put_in_under_one_key_lie_in_once(shopper):
    for _ in range(3):
        cart = shopper.put(quantity=2, key="goods-key-1")
    assert cart["parts"][0]["lines"][0]["quantity"] == 2
    assert shopper.say("GET", "/cart")["parts"][0]["lines"][0]["quantity"] == 2


def test_another_total_than_the_buyer_saw_is_refused_with_both(shopper, fresh_app):
    shopper.put()
    total = shopper.say("GET", "/cart")["total"]["fen"]
    for forged in (0, 1, total - 1, total * 2):
        said = shopper.order(total=forged, key=f"forged-{forged}", status=409)
        assert said["code"] == "selling.price_changed"
        assert said["details"]["now"] == {"fen": total, "currency": "CNY"}
    assert count_orders(fresh_app) == 0


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        ({"phone": "123"}, "selling.phone_missing"),
        ({**PARCEL, "address": "  "}, "selling.address_missing"),
        ({"phone": PHONE}, "selling.address_missing"),
    ],
)
def test_an_order_without_phone_or_address_is_refused(shopper, fresh_app, contact, code):
    shopper.put()
    assert shopper.order(contact=contact, status=422)["code"] == code
    assert count_orders(fresh_app) == 0


def test_an_empty_cart_makes_no_order_and_a_refused_key_may_come_again(shopper):
    assert shopper.order(status=422)["code"] == "selling.cart_empty"
    shopper.put()
    assert shopper.order()["order"]["state"] == "placed"


def test_a_stranger_reads_no_order_and_the_token_of_another_order_opens_nothing(
    fresh_app, in_app, market, shopper
):
    shopper.put()
    placed = shopper.order()
    number = placed["order"]["number"]
    stranger = a_shopper(fresh_app, in_app, market).begin()
    stranger.put()
    other = stranger.order()

    for path, method in ((f"/orders/{number}", "GET"), (f"/orders/{number}/cancel", "POST"),
                         (f"/orders/{number}/pay", "POST")):  # fmt: skip
        assert stranger.say(method, path, status=404)["code"] == "not_found"
        said = stranger.say(method, path, status=404, Order_Token=other["order_token"])
        assert said["code"] == "not_found"
    assert stranger.ask("/orders")["items"][0]["number"] == other["order"]["number"]

    known = stranger.say("GET", f"/orders/{number}", Order_Token=placed["order_token"])
    assert known["number"] == number
    fresh_app.extensions["clock"] = lambda: market.now + timedelta(days=80)
    late = stranger.say("GET", f"/orders/{number}", Order_Token=placed["order_token"])
    assert late["number"] == number


def test_an_order_is_proved_by_phone_and_code_and_by_nothing_less(
    shopper, fresh_app, in_app, market
):
    shopper.put()
    placed = shopper.order()
    other = a_shopper(fresh_app, in_app, market)
    code = placed["code"]
    strange = f"{(int(code) + 1) % 1_000_000:06}"
    for wrong in ({"phone": PHONE, "code": strange}, {"phone": "13900139000", "code": code}):
        assert other.say("POST", "/orders/lookup", wrong, status=404)["code"] == "not_found"
    proved = other.say("POST", "/orders/lookup", {"phone": "+86 138 0013 8000", "code": code})
    number = placed["order"]["number"]
    assert proved["order"]["number"] == number
    opened = other.say("GET", f"/orders/{number}", Order_Token=proved["order_token"])
    assert opened["number"] == number


def test_an_unpaid_order_is_cancelled_and_frees_its_goods(shopper, market):
    before = shopper.put(quantity=2)["parts"][0]["lines"][0]["available"]
    number = shopper.order()["order"]["number"]
    cancelled = shopper.say("POST", f"/orders/{number}/cancel")
    assert cancelled["state"] == "cancelled"
    assert [step["kind"] for step in cancelled["parts"][0]["timeline"]] == ["ordered", "cancelled"]
    assert shopper.put()["parts"][0]["lines"][0]["available"] == before
    assert not cancelled["may_cancel"]


def test_a_paid_order_is_cancelled_with_its_money_once(shopper, in_app, market):
    shopper.put(quantity=2)
    placed = shopper.order()
    number = placed["order"]["number"]
    in_app(pay, in_app(order_of, number), now=market.now)
    first = shopper.say("POST", f"/orders/{number}/cancel", key="cancel-key-1")
    again = shopper.say("POST", f"/orders/{number}/cancel", key="cancel-key-1")
    assert first == again
    assert sum(one["amount"]["fen"] for one in first["refunds"]) == first["total"]["fen"]
    # Without a key it is answered alike: what was given back once is not given back again.
    assert shopper.say("POST", f"/orders/{number}/cancel")["refunds"] == first["refunds"]


def test_what_has_left_is_received_and_not_cancelled(shopper, in_app, market):
    shopper.put()
    number = shopper.order()["order"]["number"]
    in_app(pay, in_app(order_of, number), now=market.now)
    part = shopper.say("GET", f"/orders/{number}")["parts"][0]["id"]
    received = f"/orders/{number}/parts/{part}/received"
    assert shopper.say("POST", received, status=409)["code"] == "orders.part_not_open"
    in_app(ship, part, market.now)

    late = shopper.say("POST", f"/orders/{number}/cancel", status=409)
    assert late["code"] == "refunds.already_sent"
    after = shopper.say("POST", received)
    assert after["parts"][0]["state"] == "received"
    assert after["parts"][0]["may_return_until"]
    assert shopper.say("POST", received) == after
    shopper.say("POST", f"/orders/{number}/parts/ful_NOBODY22/received", status=404)


def ship(part, now):
    delivering.send_parcel(key=part, fulfillment_public_id=part, carrier="中国邮政", tracking="E1",
        actor=a_social_worker(), now=now,
    )  # fmt: skip


def test_seats_are_booked_and_their_booking_is_shown(shopper, in_app, market):
    (session,) = shopper.ask("/experiences/weave-a-pendant")["sessions"]
    shopper.say("PUT", f"/cart/seats/{session['id']}", {"adults": 2})
    number = shopper.order(contact={"phone": PHONE})["order"]["number"]
    in_app(pay, in_app(order_of, number), now=market.now)
    (line,) = shopper.say("GET", f"/orders/{number}")["parts"][0]["lines"]

    booking = shopper.say("GET", f"/bookings/{line['booking_code']}")

    assert (booking["adults"], booking["state"]) == (2, "paid")
    assert booking["session"]["id"] == session["id"]
    assert booking["session"]["places_left"] == session["places_left"] - 2
    shopper.say("GET", "/bookings/NOBODY", status=404)


@pytest.mark.parametrize(
    ("party", "code"),
    [({"children": 1}, "bookings.children_alone"), ({}, "bookings.nobody_comes"),
     ({"adults": 13}, "api.bad_content"), ({"adults": -1}, "api.bad_content")],
)  # fmt: skip
def test_a_party_that_cannot_come_is_refused(shopper, party, code):
    (session,) = shopper.ask("/experiences/weave-a-pendant")["sessions"]
    said = shopper.say("PUT", f"/cart/seats/{session['id']}", party, status=422)
    assert said["code"] == code


def test_a_token_that_may_only_read_buys_nothing(fresh_app, in_app, market):
    reader = a_shopper(fresh_app, in_app, market, ProgramScope.ORDERS_READ)
    assert reader.say("POST", "/carts", status=403)["code"] == "api.scope_missing"


def test_pages_of_the_site_use_their_own_cart_with_their_own_token(visitor, fresh_app, market):
    page = "/goods/" + Program(fresh_app).ask("/goods?workshop=dengliang")["items"][0]["slug"]
    variant = Program(fresh_app).ask("/goods?workshop=dengliang")
    assert variant["items"]
    choice = visitor.open(page).text.split('name="variant" value="')[1].split('"')[0]
    visitor.client.post(page, data={"variant": choice, "quantity": "1"})
    here = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}

    cart = visitor.client.get("/api/v1/cart", headers=here)
    assert cart.json["parts"][0]["lines"][0]["quantity"] == 1
    line = f"/api/v1/cart/lines/{cart.json['parts'][0]['lines'][0]['id']}"
    bare = visitor.client.put(line, json={"quantity": 2}, headers=here)
    assert (bare.status_code, bare.json["code"]) == (400, "csrf")
    token = visitor.token("/cart")
    changed = visitor.client.put(line, json={"quantity": 2}, headers={**here, "X-CSRFToken": token})
    assert changed.json["parts"][0]["lines"][0]["quantity"] == 2
    for headers in ({"Origin": "https://elsewhere.example", "X-CSRFToken": token}, {},
                    {"Sec-Fetch-Site": "cross-site", "X-CSRFToken": token}):  # fmt: skip
        refused = visitor.client.put(line, json={"quantity": 3}, headers=headers)
        assert (refused.status_code, refused.json["code"]) == (401, "api.nobody"), headers


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_what_is_woven_to_a_wish_needs_the_buyers_word_as_she_was_shown_it(
    shopper, fresh_app, in_app, market, lang
):
    in_app(let_wish, market.sandals)
    cart = shopper.put(wishes={"name": "小灯"}, Accept_Language=lang)
    (line,) = cart["parts"][0]["lines"]
    assert (line["wishes"], line["may_come_back"]) == ({"name": "小灯"}, False)
    assert "小灯" in line["to_agree"]
    words = {"line": line["id"], "words": line["to_agree"]}

    for forged in ([], [{**words, "words": "I agree to anything."}],
                   [{**words, "line": line["id"] + 1}]):  # fmt: skip
        said = shopper.order(agreed=forged, status=422)
        assert said["code"] == "selling.consent_missing"
    placed = shopper.order(agreed=[words])

    (ordered,) = placed["order"]["parts"][0]["lines"]
    assert (ordered["may_come_back"], ordered["wishes"]) == (False, ["编进名字: 小灯"])
    with fresh_app.app_context():
        kept = orders.order(orders.order_id_of(placed["order"]["number"])).lines[0]
        db.session.remove()
    assert kept.agreed_words == line["to_agree"]


def test_a_place_is_picked_step_by_step_and_decides_what_a_parcel_costs(shopper):
    provinces = {one["name"]: one for one in shopper.ask("/places", most=1)["items"]}
    own = provinces["重庆市"]["code"]
    (city, *_rest) = shopper.ask(f"/places?within={own}")["items"]
    assert not provinces["重庆市"]["is_whole"]
    assert city["code"].startswith(own)
    assert shopper.ask("/places?within=99")["items"] == []
    assert shopper.ask("/places?within=x", status=400)["code"] == "api.bad_query"

    shopper.put()
    near = shopper.say("GET", f"/cart?place={own}")
    assert near == shopper.say("GET", "/cart")
    total = near["total"]["fen"]
    placed = shopper.order(
        total=total, contact={**PARCEL, "place": city["code"], "region": "七星岗街道"}
    )
    assert placed["order"]["total"]["fen"] == total


def test_a_page_cancels_its_own_order_once_and_no_other(visitor, shopper, fresh_app, market):
    here = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    shopper.put()
    placed = shopper.order()
    path = f"/api/v1/orders/{placed['order']['number']}"
    headers = {**here, "X-CSRFToken": visitor.token("/orders"), "Idempotency-Key": "page-key-1"}

    assert visitor.client.get(path, headers=here).status_code == 404
    assert visitor.client.post(f"{path}/cancel", headers=headers).status_code == 404
    proof = {"phone": PHONE, "code": placed["code"]}
    proved = visitor.client.post("/api/v1/orders/lookup", json=proof, headers=headers)
    headers["Order-Token"] = proved.json["order_token"]
    first = visitor.client.post(f"{path}/cancel", headers=headers)
    again = visitor.client.post(f"{path}/cancel", headers=headers)

    assert (first.status_code, first.json["state"]) == (200, "cancelled")
    assert again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_telephone_number_is_tried_a_few_times_whoever_tries(
    fresh_app, in_app, market, monkeypatch
):
    counting = SimpleNamespace(enabled=True, limiter=MovingWindowRateLimiter(MemoryStorage()))
    monkeypatch.setattr(rates, "limiter", counting)
    tries = [a_shopper(fresh_app, in_app, market) for _ in range(2)]
    wrong = {"phone": PHONE, "code": "000000"}
    for turn in range(rates.TRIES_OF_A_NUMBER):
        tries[turn % 2].say("POST", "/orders/lookup", wrong, status=404)
    refused = tries[0].say("POST", "/orders/lookup", wrong, status=429)
    assert refused["code"] == "api.too_often"
    other = {"phone": "13900139000", "code": "000000"}
    tries[0].say("POST", "/orders/lookup", other, status=404)


def test_a_coupon_takes_off_what_the_order_then_costs(shopper, in_app, market):
    in_app(a_coupon, now=market.now, code="WEAVE20")
    shopper.put(quantity=3)
    before = shopper.say("GET", "/cart")
    assert (before["discount"]["fen"], before["coupon"]) == (0, None)
    unknown = shopper.say("PUT", "/cart/coupon", {"code": "NOTHING"}, status=422)
    assert unknown["code"] == "coupons.unknown"

    after = shopper.say("PUT", "/cart/coupon", {"code": "weave20"}, most=25)

    assert after["coupon"]["code"] == "WEAVE20"
    assert after["coupon"]["unfit"] is None
    assert after["discount"]["fen"] > 0
    assert after["total"]["fen"] == before["total"]["fen"] - after["discount"]["fen"]
    old = shopper.order(total=before["total"]["fen"], key="old-total-1", status=409)
    assert old["code"] == "selling.price_changed"
    order = shopper.order()["order"]
    assert order["discount"] == after["discount"]
    assert order["total"] == after["total"]


def test_a_page_lists_the_orders_in_the_account_of_whoever_is_signed_in(
    shopper, visitor, fresh_app, in_app, market
):
    here = {"Sec-Fetch-Site": "same-origin"}
    nobody = visitor.client.get("/api/v1/orders", headers=here)
    assert (nobody.status_code, nobody.json["code"]) == (401, "api.nobody")
    numbers = []
    for turn in range(3):
        shopper.put()
        numbers.append(shopper.order(key=f"order-key-{turn}")["order"]["number"])
    buyer = in_app(a_buyer, contact="13700137000", now=market.now)
    for number in numbers[:2]:
        order_id = in_app(orders.order_id_of, number)
        in_app(claim, order_id=order_id, user_id=buyer.user_id, now=market.now)
    with visitor.client.session_transaction() as session:
        session[SIGN_IN_KEY] = buyer.token

    first = visitor.client.get("/api/v1/orders?limit=1", headers=here).json
    cursor = first["next_cursor"]
    second = visitor.client.get(f"/api/v1/orders?limit=1&cursor={cursor}", headers=here).json

    found = [one["number"] for one in (*first["items"], *second["items"])]
    assert found == [numbers[1], numbers[0]]
    assert second["next_cursor"] is None
    elsewhere = visitor.client.get("/api/v1/orders", headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 401


def test_an_invoice_is_asked_for_in_a_name_that_can_have_one(shopper, fresh_app):
    shopper.put()
    company = {"kind": "company", "title": "重庆某医院工会", "tax_number": "123"}
    assert shopper.order(invoice=company, status=422)["code"] == "invoices.tax_number_wrong"
    nobody = {"kind": "personal", "title": " "}
    assert shopper.order(invoice=nobody, status=422)["code"] == "invoices.title_missing"
    assert count_orders(fresh_app) == 0
    assert shopper.order(invoice={"kind": "personal", "title": "刘女士"})["order"]["number"]


def test_a_request_whose_key_is_at_work_is_told_when_to_ask_again(shopper, fresh_app, monkeypatch):
    def busy(**_):
        raise programming.KeyInUse

    monkeypatch.setattr(programming, "claim", busy)
    headers = {"Cart-Token": shopper.cart, "Idempotency-Key": "a-busy-key"}
    answer = shopper.send("POST", "/carts", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (409, "programs.key_in_use")
    assert answer.headers["Retry-After"] == "1"
