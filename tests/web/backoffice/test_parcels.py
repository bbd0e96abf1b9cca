from __future__ import annotations

import re

import pytest

from shop.accounts.rules import Role
from shop.orders.rules import FulfillmentState, Handover, ParcelState
from tests.builders.orders import a_bank, a_paid_order, some_goods, some_pendants
from tests.builders.stations import CIZHU, a_room, a_town
from tests.web.backoffice.test_orders import parts, words

TOWN = "/oversight/parcels"


@pytest.fixture
def row(in_app, noon):
    """Return the part of an order of two sandals and three pendants."""

    def make():
        with a_bank():
            a_paid_order(now=noon, goods={some_goods(): 2, some_pendants(): 3})

    in_app(make)
    (found,) = parts(in_app)
    return found


def part(in_app):
    (row,) = parts(in_app)
    return row.part


def states(in_app):
    return [one.state for one in part(in_app).parcels]


def test_some_pieces_leave_today_and_the_rest_another_day(worker, in_app, row):
    zhou_min, page = worker(), f"/desk/orders/{row.public_id}"
    first = {"carrier": "中国邮政", "tracking": "E-1", "pieces-1": "1", "pieces-2": "0"}
    zhou_min.send(page, first | {"key": "1"})
    kept = words(zhou_min.open(page))
    assert 'name="pieces-1" value="1"' in kept
    assert 'name="pieces-2" value="3"' in kept
    assert "还有 1 件没寄" in kept

    zhou_min.send(page, {"carrier": "顺丰", "tracking": "S-2", "key": "2"})

    sent = part(in_app)
    assert sent.state is FulfillmentState.SHIPPED
    assert [list(one.pieces.values()) for one in sent.parcels] == [[1], [1, 3]]
    assert [one.tracking for one in sent.parcels] == ["E-1", "S-2"]
    slip = words(zhou_min.open(f"{page}/slip?parcel={sent.parcels[0].public_id}"))
    assert "小挂件" not in slip
    label = words(zhou_min.open(f"{page}/label?parcel={sent.parcels[1].public_id}"))
    assert "S-2" in label
    history = words(zhou_min.open(f"{page}/history"))
    assert "第 2 个 · 快递运送中 · 顺丰 S-2" in history


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        pytest.param("0", 422, id="nothing in it"),
        pytest.param("3", 409, id="more than wait"),
        pytest.param("-1", 422, id="not a number"),
        pytest.param("9999999999", 422, id="absurd"),
    ],
)
def test_a_parcel_of_nothing_or_too_much_does_not_leave(worker, in_app, row, typed, status):
    given = {"carrier": "中国邮政", "tracking": "E-1", "pieces-1": typed, "pieces-2": "0"}

    refused = worker().send(f"/desk/orders/{row.public_id}", given | {"key": "1"}, status=status)

    assert 'value="E-1"' in words(refused)
    assert part(in_app).parcels == ()


def test_the_same_form_sent_twice_packs_one_parcel(worker, in_app, row):
    zhou_min, page = worker(), f"/desk/orders/{row.public_id}"
    given = {"carrier": "邮政", "tracking": "E", "pieces-1": "1", "pieces-2": "1", "key": "k"}
    for _ in range(2):
        zhou_min.send(page, given)

    assert states(in_app) == [ParcelState.SENT]


def test_a_parcel_goes_over_the_town(worker, in_app, row):
    zhou_min, page = worker(), f"/desk/orders/{row.public_id}"
    zhou_min.send(page, {"way": "town", "pieces-1": "2", "pieces-2": "1", "key": "1"})
    zhou_min.send(page, {"way": "town", "key": "2"})
    one, other = (p.public_id for p in part(in_app).parcels)
    town = worker(Role.TOWN_SUPERVISOR)
    listed = words(town.open(TOWN))
    assert "刘**" in listed
    assert "刘女士" not in listed

    town.send(TOWN, {"parcel": [one, other]})
    assert states(in_app) == [ParcelState.AT_TOWN] * 2
    kept = town.send(f"{TOWN}/{one}/sent", {"carrier": "顺丰"}, via=TOWN, status=422)
    assert 'value="顺丰"' in words(kept)
    sent = {"carrier": "顺丰", "tracking": "S-1", "postage": "6.50"}
    town.send(f"{TOWN}/{one}/sent", sent, via=TOWN)
    zhou_min.send(f"/desk/parcels/{other}/opened", via=page)

    assert states(in_app) == [ParcelState.SENT, ParcelState.OPENED]
    after = words(town.open(TOWN))
    assert "顺丰 S-1" in after
    assert "这些包裹不要再寄" in after


def fields_of(page: str, action: str) -> dict[str, str]:
    """Return what the form that goes to an address sends when nobody touches it."""
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    form = next(one for one in forms if f'action="{action}"' in one)
    boxes = re.findall(r"<input [^>]*>", form)
    found = {re.search(r'name="([^"]+)"', one)[1]: one for one in boxes}
    return {
        name: (re.search(r'value="([^"]*)"', box) or ["", ""])[1] for name, box in found.items()
    }


def test_a_parcel_that_came_back_stands_on_todays_list_until_it_is_sent_again(worker, in_app, row):
    zhou_min, page = worker(), f"/desk/orders/{row.public_id}"
    zhou_min.send(page, {"carrier": "邮政", "tracking": "E-1", "key": "1"})
    (name,) = (one.public_id for one in part(in_app).parcels)
    zhou_min.send(f"/desk/parcels/{name}/came-back", via=page)
    assert "退回来的包裹" in words(zhou_min.open("/desk"))

    here = f"/desk/parcels/{name}/sent"
    # Exactly what the page's own form holds: one that asks for more is refused for ever.
    as_shown = fields_of(words(zhou_min.open(page)), here)
    kept = zhou_min.send(here, as_shown | {"carrier": "邮政"}, via=page, status=422)
    assert "<details open>" in words(kept)
    assert fields_of(words(kept), here)["carrier"] == "邮政"
    zhou_min.send(here, as_shown | {"carrier": "邮政", "tracking": "E-2"}, via=page)

    assert states(in_app) == [ParcelState.SENT]
    assert [one.tracking for one in part(in_app).parcels] == ["E-2"]
    assert "退回来的包裹" not in words(zhou_min.open("/desk"))


def test_a_wrong_number_is_corrected_on_the_page_of_the_order(worker, in_app, row):
    zhou_min, page = worker(), f"/desk/orders/{row.public_id}"
    zhou_min.send(page, {"carrier": "邮政", "tracking": "E-1", "key": "1"})
    (name,) = (one.public_id for one in part(in_app).parcels)
    here = f"/desk/parcels/{name}/number"
    as_shown = fields_of(words(zhou_min.open(page)), here)
    assert (as_shown["carrier"], as_shown["tracking"]) == ("邮政", "E-1")

    kept = zhou_min.send(here, as_shown | {"tracking": " "}, via=page, status=422)
    assert "<details open>" in words(kept)
    zhou_min.send(here, as_shown | {"tracking": "E-10"}, via=page)

    assert [one.tracking for one in part(in_app).parcels] == ["E-10"]
    assert "原为 邮政 E-1" in words(zhou_min.open(f"{page}/history"))


def test_a_strangers_parcels_are_not_there(worker, in_app, row):
    own, page = worker(), f"/desk/orders/{row.public_id}"
    own.send(page, {"way": "town", "key": "1"})
    (name,) = (one.public_id for one in part(in_app).parcels)
    stranger = worker(at=in_app(a_room, CIZHU))
    far = worker(Role.TOWN_SUPERVISOR, at=in_app(a_town, "500229107"))

    for act in ("opened", "came-back", "sent", "number"):
        given = {"carrier": "a", "tracking": "b"}
        stranger.send(f"/desk/parcels/{name}/{act}", given, via="/desk/orders", status=404)
    far.send(TOWN, {"parcel": name}, status=404)
    far.send(f"{TOWN}/{name}/sent", {"carrier": "a", "tracking": "b"}, via=TOWN, status=404)
    assert name not in words(far.open(TOWN))
    own.open(TOWN, status=403)

    assert states(in_app) == [ParcelState.TO_TOWN]


def test_what_is_fetched_is_packed_for_nobody(worker, in_app, noon):
    def make():
        with a_bank():
            a_paid_order(now=noon, handover=Handover.PICK_UP)

    in_app(make)
    (found,) = parts(in_app)

    here = f"/desk/orders/{found.public_id}"
    worker().send(here, {"way": "town", "key": "1"}, via="/desk/orders", status=409)


def test_what_the_carrier_says_is_written_down_and_read_by_the_buyer(worker, in_app, row):
    zhou_min, page = worker(), f"/desk/orders/{row.public_id}"
    zhou_min.send(page, {"carrier": "邮政", "tracking": "E-1", "key": "1"})
    (name,) = (one.public_id for one in part(in_app).parcels)
    here = f"/desk/parcels/{name}/seen"
    said = {"words": "到达重庆", "place": "渝北", "day": "2026-07-20", "time": "09:30"}

    kept = zhou_min.send(here, said | {"words": " "}, via=page, status=422)
    assert 'value="渝北"' in words(kept)
    zhou_min.send(here, said | {"day": "2026-07-21"}, via=page, status=422)
    zhou_min.send(here, said, via=page)
    assert "到达重庆" in words(zhou_min.open(page))
    zhou_min.send(here, said | {"words": "签收", "is_signed": "y"}, via=page)

    assert states(in_app) == [ParcelState.RECEIVED]
    seen = [(one.words, one.place) for one in part(in_app).parcels[0].scans]
    assert seen == [("到达重庆", "渝北"), ("签收", "渝北")]
    worker(at=in_app(a_room, CIZHU)).send(here, said, via="/desk/orders", status=404)
