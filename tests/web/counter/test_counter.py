from __future__ import annotations

import io
import re

import pytest

from shop.accounts.rules import Role
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.ledger.rules import AccountKind, account
from shop.orders import queries as orders
from shop.orders.rules import Contact, FulfillmentState, Handover
from shop.payments.rules import Method
from shop.workflows import picturing
from tests.builders.media import a_picture
from tests.builders.orders import a_bank, a_paid_order, an_order, some_goods, some_pendants
from tests.builders.stations import CIZHU, a_room

MS_LIU = Contact(phone="13800001111", name="刘女士<b>")

ASKED = {"key": "tap", "was_asked": "y"}


@pytest.fixture
def part(in_app, noon):
    """The part of E14's sale, 144.00, waiting at the counter."""

    def place():
        placed = an_order(
            now=noon,
            goods={some_goods(): 1, some_pendants(): 2},
            method=Method.PAY_ON_PICK_UP,
            handover=Handover.PICK_UP,
            contact=MS_LIU,
        )
        return orders.order(placed.order_id).parts[0]

    return in_app(place)


@pytest.fixture
def number(in_app, part):
    return in_app(lambda: orders.order(part.order_id).number)


def words(response):
    return response.get_data(as_text=True)


def seen(response):
    return re.sub(r"<[^>]+>", "", words(response))


def key_on(page, action):
    form = re.search(rf'<form[^>]*action="{action}".*?</form>', words(page), re.DOTALL)
    return re.search(r'name="key" value="([^"]+)"', form[0])[1]


def in_the_drawer(in_app, part):
    return in_app(lambda: -ledger.balance(account(AccountKind.CASH, part.workshop_id)))


def test_a_buyer_pays_and_takes_her_goods_whatever_is_tapped_twice(worker, in_app, part, number):
    at_counter = worker()
    address = f"/counter/{part.public_id}"

    found = at_counter.open(f"/counter?q={number[-5:].lower()}", status=302)
    assert found.location == address
    page = at_counter.open(f"{address}?lang=en")
    assert "¥144.00" in seen(page)

    cash = {"given": "150", "key": key_on(page, address)}
    for _ in range(2):
        assert at_counter.send(address, cash).location == address
    page = at_counter.open(f"{address}?lang=en")
    assert "¥6.00" in seen(page)
    assert in_the_drawer(in_app, part) == Money(14400)

    tap = {"key": key_on(page, f"{address}/hand-over"), "was_asked": "y"}
    for _ in range(2):
        assert at_counter.send(f"{address}/hand-over", tap, via="/counter").location == address
    page = words(at_counter.open(f"{address}?lang=en"))
    assert "they are not handed over a second time" in page
    assert "周敏" in page
    state = in_app(lambda: orders.part_by_id(part.id).state)
    assert state is FulfillmentState.RECEIVED

    receipt = seen(at_counter.open(f"{address}/receipt?lang=en"))
    for said in ("¥144.00", "¥150.00", "¥6.00", "人民币壹佰肆拾肆元整", number, "周敏"):
        assert said in receipt


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("143.99", "¥0.01 is missing", id="one fen short"),
        pytest.param("1500", "more than any note", id="a digit too many"),
        pytest.param("", "Count what lies on the counter", id="nothing"),
        pytest.param("a lot", "Write a sum in yuan", id="no number"),
        pytest.param("-144", "Write a sum in yuan", id="less than nothing"),
        pytest.param("144.005", "Write a sum in yuan", id="finer than a fen"),
    ],
)
def test_a_wrong_sum_is_named_and_kept_and_nothing_is_taken(worker, in_app, part, given, said):
    at_counter = worker()
    address = f"/counter/{part.public_id}"
    at_counter.open(f"{address}?lang=en")

    page = words(at_counter.send(address, {"given": given, "key": "tap"}, status=422))

    assert said in page
    assert f'value="{given}"' in page
    assert in_the_drawer(in_app, part) == Money(0)


def test_a_sum_may_be_typed_as_people_write_it(worker, in_app, part):
    worker().send(f"/counter/{part.public_id}", {"given": "￥１５０.00 元", "key": "tap"})

    assert in_the_drawer(in_app, part) == Money(14400)


def test_goods_do_not_leave_unpaid(worker, in_app, part):
    at_counter = worker()

    at_counter.send(
        f"/counter/{part.public_id}/hand-over",
        ASKED,
        via="/counter",
        status=409,
    )

    state = in_app(lambda: orders.part_by_id(part.id).state)
    assert state is FulfillmentState.PLACED
    at_counter.open(f"/counter/{part.public_id}/receipt", status=409)


def test_goods_that_left_are_not_handed_over_again(worker, part):
    at_counter = worker()
    address = f"/counter/{part.public_id}"
    at_counter.send(address, {"given": "144", "key": "cash"})
    at_counter.send(f"{address}/hand-over", {"key": "one", "was_asked": "y"}, via="/counter")

    again = at_counter.send(
        f"{address}/hand-over",
        ASKED | {"key": "another"},
        via="/counter?lang=en",
        status=409,
    )

    assert "handed over before" in words(again)


def test_money_that_was_taken_is_not_taken_by_another_form(worker, in_app, part):
    at_counter = worker()
    address = f"/counter/{part.public_id}"
    at_counter.send(address, {"given": "144", "key": "one"})

    again = at_counter.send(
        address, {"given": "150", "key": "another"}, via="/counter?lang=en", status=409
    )

    assert "taken before" in words(again)
    assert in_the_drawer(in_app, part) == Money(14400)


def test_what_is_paid_online_waits_for_its_money(worker, in_app, noon):
    def place():
        with a_bank():
            placed = an_order(now=noon, method=Method.ONLINE, handover=Handover.PICK_UP)
        return orders.order(placed.order_id).parts[0]

    part = in_app(place)
    at_counter = worker()
    address = f"/counter/{part.public_id}"

    page = words(at_counter.open(f"{address}?lang=en"))

    assert "Not paid yet" in page
    assert 'name="given"' not in page
    at_counter.send(address, {"given": "88", "key": "tap"}, via="/counter", status=409)


def test_another_rooms_order_is_not_there(worker, in_app, part, number):
    stranger = worker(at=in_app(lambda: a_room(CIZHU)))
    address = f"/counter/{part.public_id}"

    page = words(stranger.open(f"/counter?lang=en&q={number}"))

    assert "No order with" in page
    assert "刘女士" not in page
    stranger.open(address, status=404)
    stranger.open(f"{address}/receipt", status=404)
    stranger.send(address, {"given": "144", "key": "tap"}, via="/counter", status=404)
    stranger.send(f"{address}/hand-over", ASKED, via="/counter", status=404)
    assert in_the_drawer(in_app, part) == Money(0)


def test_the_end_of_a_phone_number_shows_whose_order_it_is_and_no_more_of_the_number(
    worker, in_app, noon, part
):
    in_app(
        lambda: an_order(
            now=noon, method=Method.PAY_ON_PICK_UP, handover=Handover.PICK_UP, contact=MS_LIU
        )
    )

    page = words(worker().open("/counter?q=1111"))

    assert "刘女士&lt;b&gt; · …1111" in page
    assert "13800001111" not in page
    assert page.count("/counter/ful_") == 2


def test_three_digits_are_too_few_to_look_for(worker, part):
    page = words(worker().open("/counter?q=111&lang=en"))

    assert "at least four" in page
    assert part.public_id not in page


def test_a_cashier_takes_the_money_and_a_colleague_hands_over(worker, part):
    cashier = worker(Role.CASHIER)
    address = f"/counter/{part.public_id}"
    cashier.send(address, {"given": "144", "key": "cash"})

    page = words(cashier.open(f"{address}?lang=en"))

    assert "A colleague who sends orders" in page
    cashier.send(f"{address}/hand-over", ASKED, via="/counter", status=403)


@pytest.mark.parametrize(
    "role", [Role.INSPECTOR, Role.BOOKKEEPER, Role.TOWN_SUPERVISOR, Role.COUNTY_OFFICER]
)
def test_the_counter_is_for_those_who_take_money(worker, part, role):
    nobody = worker(role)

    nobody.open("/counter", status=403)
    nobody.open(f"/counter/{part.public_id}", status=403)
    nobody.send(f"/counter/{part.public_id}", {"given": "144"}, via="/account", status=403)


def test_a_visitor_is_asked_to_sign_in(visitor, part):
    assert visitor.open(f"/counter/{part.public_id}", status=302).location.startswith("/sign-in")


def test_the_code_is_found_typed_and_good_for_one_time(worker, in_app, noon):
    def place():
        with a_bank():
            placed = a_paid_order(now=noon, handover=Handover.PICK_UP, goods={some_goods(): 1})
        return orders.order(placed.order_id).parts[0]

    part = in_app(place)
    at_counter, address = worker(), f"/counter/{part.public_id}"
    found = at_counter.open(f"/counter?q={part.pick_up_code.lower()}", status=302)
    assert found.location == f"{address}?code={part.pick_up_code}"
    assert f'value="{part.pick_up_code}"' in words(at_counter.open(found.location))
    assert part.pick_up_code not in words(at_counter.open(address))

    here = f"{address}/hand-over"
    kept = at_counter.send(here, {"key": "tap", "code": "NOBODY22"}, via=address, status=422)
    assert "NOBODY22" in words(kept)
    at_counter.send(here, {"key": "tap"}, via=address, status=422)
    photo = (io.BytesIO(a_picture()), "a.jpg")
    proof = {"key": "tap", "code": part.pick_up_code, "files": photo}
    at_counter.send(here, proof, via=address)
    at_counter.send(here, {"key": "new", "code": part.pick_up_code}, via="/counter", status=409)

    assert in_app(picturing.make_next, now=noon)
    page = words(at_counter.open(f"{address}?lang=en"))
    assert "her pick-up code" in page
    (picture,) = re.findall(r'src="([^"]+/pictures/[^"]+)"', page)
    shown = at_counter.open(picture)
    assert shown.headers["Cache-Control"] == "private, no-store"
    shown.close()
    worker(at=in_app(a_room, CIZHU)).open(picture, status=404)


def test_a_code_that_was_read_stays_in_its_box_while_the_money_is_taken(worker, part):
    at_counter, address = worker(), f"/counter/{part.public_id}?code={part.pick_up_code}"
    assert f'action="{address}"' in words(at_counter.open(address))

    assert at_counter.send(address, {"given": "144", "key": "cash"}).location == address
