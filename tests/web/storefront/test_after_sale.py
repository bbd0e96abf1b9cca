from __future__ import annotations

import io
import re

import pytest

from shop.claims import queries as claims
from shop.claims.rules import ClaimState
from shop.kernel.access import SYSTEM
from shop.media import queries as media
from shop.media.gateway import storage
from shop.media.rules import Subject, copy_name
from shop.orders import queries as orders
from shop.workflows import claiming, picturing
from tests.builders.accounts import a_bookkeeper
from tests.builders.media import a_picture
from tests.builders.orders import some_goods
from tests.builders.reviews import an_arrived_order


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def order(fresh_app, in_app, visitor, noon):
    """Return an order of two pieces that came just now, open on this device."""
    before = fresh_app.extensions["clock"]
    fresh_app.extensions["clock"] = lambda: noon
    number = in_app(lambda: an_arrived_order(now=noon, goods={some_goods(): 2}))
    found = in_app(lambda: orders.order(orders.order_id_of(number)))
    token = in_app(orders.path_for_buyer, number)
    visitor.open(token, status=303)
    yield found
    fresh_app.extensions["clock"] = before


def brought(in_app, order):
    return in_app(claims.claims_of_order, order.id)


def key_of(page) -> str:
    return re.search(r'name="key" value="([^"]+)"', words(page))[1]


def announce(visitor, order, **changes):
    here = f"/orders/{order.number}/back"
    form = {"key": key_of(visitor.open(here)), "pieces-1": "2", "do": "1"} | changes
    return visitor.send(here, form, via=here, status=303).headers["Location"]


def test_a_return_is_looked_at_announced_and_sent(visitor, in_app, order):
    page = words(visitor.open(f"/orders/{order.number}", most=40))
    assert f"/orders/{order.number}/back" in page
    here = f"/orders/{order.number}/back"
    looked = visitor.send(here, {"key": "a" * 20, "pieces-1": "1"}, via=here, status=200)
    assert "88.00" in words(looked)
    assert brought(in_app, order) == []

    where = announce(visitor, order)

    page = words(visitor.open(where))
    assert order.number in page
    visitor.send(f"{where}/sent", {"carrier": "邮政", "tracking": ""}, via=where, status=422)
    visitor.send(f"{where}/sent", {"carrier": "邮政", "tracking": "E9"}, via=where, status=303)
    (claim,) = brought(in_app, order)
    assert (claim.state, claim.tracking) == (ClaimState.SENT, "E9")
    assert "/claims/" in words(visitor.open(f"/orders/{order.number}", most=40))


def test_a_double_tap_announces_once(visitor, in_app, order):
    here = f"/orders/{order.number}/back"
    form = {"key": key_of(visitor.open(here)), "pieces-1": "1", "do": "1"}

    places = {visitor.send(here, form, via=here, status=303).headers["Location"] for _ in "12"}

    assert len(places) == 1
    assert len(brought(in_app, order)) == 1


def test_what_is_not_right_comes_with_photographs_that_only_some_may_see(
    visitor, in_app, order, noon
):
    here = f"/orders/{order.number}/not-right"
    form = {"key": key_of(visitor.open(here)), "kind": "faulty", "pieces-1": "1"}
    kept = visitor.send(here, form | {"words": ""}, via=here, status=422)
    assert 'value="faulty" checked' in words(kept)

    sent = visitor.send(
        here,
        form | {"words": "<script>alert(1)</script>", "files": (io.BytesIO(a_picture()), "a.jpg")},
        via=here,
        status=303,
    )

    (claim,) = brought(in_app, order)
    assert len(in_app(media.at_desk, Subject.CLAIM, claim.id)) == 1
    where = sent.headers["Location"]
    assert "&lt;script&gt;" in words(visitor.open(where))
    assert in_app(picturing.make_next, now=noon)
    (photo,) = re.findall(r'src="([^"]+/pictures/[^"]+)"', words(visitor.open(where)))
    shown = visitor.open(photo)
    assert (shown.mimetype, shown.headers["Cache-Control"]) == ("image/jpeg", "private, no-store")
    shown.close()
    # Nobody else sees it, not even who guesses where it lies.
    (picture,) = in_app(media.at_desk, Subject.CLAIM, claim.id)
    lies = copy_name(picture.shown.digest, width=int(picture.shown.widths.split()[-1]), form="jpg")
    assert in_app(lambda: storage().has(f"private/{lies}"))
    visitor.open(f"/media/{lies}", status=404)
    visitor.open(photo[:-1] + ("2" if photo[-1] != "2" else "3"), status=404)
    visitor.client.delete_cookie("orders")
    visitor.open(photo, status=404)


@pytest.mark.parametrize("wrong", [{"kind": "return"}, {"kind": "gone"}, {"pieces-1": "0"}])
def test_what_makes_no_sense_opens_nothing(visitor, in_app, order, wrong):
    here = f"/orders/{order.number}/not-right"
    form = {"key": "a" * 20, "kind": "faulty", "pieces-1": "1", "words": "破了"} | wrong

    visitor.send(here, form, via=here, status=422)

    assert brought(in_app, order) == []


def test_a_stranger_finds_nothing(visitor, in_app, order, fresh_app):
    where = announce(visitor, order)
    visitor.client.delete_cookie("orders")

    for path in (f"/orders/{order.number}/back", f"/orders/{order.number}/not-right", where):
        visitor.open(path, status=404)


def test_a_refusal_is_read_and_taken_higher(visitor, in_app, order, noon):
    where = announce(visitor, order)
    (claim,) = brought(in_app, order)
    in_app(claiming.note_arrival, public_id=claim.public_id, actor=SYSTEM, now=noon)
    in_app(
        lambda: claiming.refuse(
            public_id=claim.public_id, words="穿过了", actor=a_bookkeeper(), now=noon
        )
    )
    assert "穿过了" in words(visitor.open(where))

    visitor.send(f"{where}/higher", {"words": " "}, via=where, status=422)
    visitor.send(f"{where}/higher", {"words": "没有穿过"}, via=where, status=303)

    assert brought(in_app, order)[0].state is ClaimState.RAISED


def test_a_matter_is_withdrawn(visitor, in_app, order):
    where = announce(visitor, order)
    visitor.send(f"{where}/withdrawn", {}, via=where, status=303)
    assert brought(in_app, order)[0].state is ClaimState.WITHDRAWN
