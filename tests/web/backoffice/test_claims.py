from __future__ import annotations

import pytest

from shop.accounts.rules import Role
from shop.claims import queries as claims
from shop.claims.rules import ClaimKind, ClaimState
from shop.kernel.access import Scope
from shop.orders import queries as orders
from shop.workflows import claiming
from tests.builders.orders import some_goods
from tests.builders.reviews import an_arrived_order
from tests.builders.stations import CIZHU, a_room

EVERYWHERE = Scope(("/",))


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def brought(in_app, noon):
    """Return the outside name of a claim about one of two pieces."""

    def bring(kind=ClaimKind.FAULTY) -> str:
        number = an_arrived_order(now=noon, goods={some_goods(): 2})
        order = orders.order(orders.order_id_of(number) or 0)
        return claiming.open_claim(
            order_id=order.id,
            kind=kind,
            pieces={order.lines[0].id: 1},
            words="有破洞",
            key="form-1",
            now=noon,
        )

    return lambda *kinds: in_app(bring, *kinds)


def state(in_app, name) -> ClaimState:
    return in_app(lambda: claims.claim(name, scope=EVERYWHERE).state)


def test_a_claim_is_the_first_thing_at_the_desk_and_its_money_goes_back(worker, in_app, brought):
    name = brought()
    zhou_min, here = worker(Role.BOOKKEEPER), f"/desk/claims/{name}"
    assert here in words(zhou_min.open("/desk"))
    assert here in words(zhou_min.open("/desk/claims"))
    assert "有破洞" in words(zhou_min.open(here))

    looked = zhou_min.send(f"{here}/good", {"pieces-1": "1"}, via=here, status=200)
    assert "88.00" in words(looked)
    assert state(in_app, name) is ClaimState.ASKED
    zhou_min.send(f"{here}/good", {"pieces-1": "1", "do": "1"}, via=here, status=302)

    assert state(in_app, name) is ClaimState.REFUNDED
    assert here in words(zhou_min.open("/desk/claims?state=over"))


def test_a_return_is_noted_when_it_lies_here(worker, in_app, brought):
    name = brought(ClaimKind.RETURN)
    zhou_min, here = worker(Role.BOOKKEEPER), f"/desk/claims/{name}"
    assert f"{here}/good" not in words(zhou_min.open(here))

    zhou_min.send(f"{here}/arrived", {}, via=here, status=302)
    zhou_min.send(
        f"{here}/good",
        {"pieces-1": "1", "are_goods_back": "y", "do": "1"},
        via=here,
        status=302,
    )

    assert state(in_app, name) is ClaimState.REFUNDED


def test_it_is_sent_anew_with_a_number(worker, in_app, brought):
    name = brought()
    zhou_min, here = worker(Role.BOOKKEEPER), f"/desk/claims/{name}"

    zhou_min.send(f"{here}/anew", {"carrier": "邮政", "tracking": ""}, via=here, status=422)
    zhou_min.send(f"{here}/anew", {"carrier": "邮政", "tracking": "E8"}, via=here, status=302)

    assert state(in_app, name) is ClaimState.REPLACED


def test_no_is_said_with_words_and_another_person_looks_again(worker, in_app, brought, noon):
    name = brought()
    first, second, here = worker(Role.BOOKKEEPER), worker(Role.BOOKKEEPER), f"/desk/claims/{name}"
    first.send(f"{here}/refused", {"answer": ""}, via=here, status=422)
    first.send(f"{here}/refused", {"answer": "是穿坏的"}, via=here, status=302)
    found = in_app(lambda: claims.claim(name, scope=EVERYWHERE))
    in_app(claiming.raise_higher, order_id=found.order_id, public_id=name, words="才一天", now=noon)

    assert f"{here}/refused" not in words(first.open(here))
    first.send(f"{here}/refused", {"answer": "还是不行"}, via="/desk/claims", status=403)
    second.send(f"{here}/refused", {"answer": "我也看过"}, via=here, status=302)

    assert state(in_app, name) is ClaimState.UPHELD


def test_the_town_answers_both(worker, in_app, brought, noon):
    name = brought()
    here, page = f"/desk/claims/{name}", "/oversight/claims"
    found = in_app(lambda: claims.claim(name, scope=EVERYWHERE))
    for _ in range(2):
        worker(Role.BOOKKEEPER).send(f"{here}/refused", {"answer": "不"}, via=here, status=302)
        in_app(claiming.raise_higher, order_id=found.order_id, public_id=name, words="请", now=noon)
    assert "镇里在" in words(worker(Role.BOOKKEEPER).open(here))
    town = worker(Role.TOWN_SUPERVISOR)
    assert name in words(town.open(page))

    kept = town.send(f"{page}/{name}", {"text": "买家有理"}, via=page, status=422)
    assert "买家有理" in words(kept)
    town.send(f"{page}/{name}", {"decision": "buyer", "text": "买家有理"}, via=page, status=302)

    assert state(in_app, name) is ClaimState.DIRECTED
    assert "买家有理" in words(town.open(f"{page}?state=decided"))
    assert here in words(worker(Role.BOOKKEEPER).open("/desk"))


def test_another_room_finds_nothing(worker, in_app, brought):
    name = brought()
    here = f"/desk/claims/{name}"
    stranger = worker(Role.BOOKKEEPER, at=in_app(a_room, CIZHU))

    stranger.open(here, status=404)
    assert name not in words(stranger.open("/desk/claims"))
    for act in ("arrived", "good", "anew", "refused"):
        sent = {"answer": "不", "carrier": "a", "tracking": "b", "pieces-1": "1", "do": "1"}
        stranger.send(f"{here}/{act}", sent, via="/desk/claims", status=404)
    assert state(in_app, name) is ClaimState.ASKED
