from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from shop.reviews import services as reviews
from shop.reviews import window
from shop.reviews.rules import HidingReason
from shop.workflows import reviewing
from tests.builders.accounts import a_social_worker
from tests.builders.orders import a_bank, some_goods
from tests.builders.reviews import a_review, a_token, an_arrived_order, own_review
from tests.builders.stations import a_county, a_town

OBJECTIONS = "/oversight/objections"


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def objected(fresh_app, in_app, noon):
    """A hidden review whose buyer objected at noon: its goods, its order, its hiding."""

    def build():
        goods = some_goods()
        number = an_arrived_order(now=noon, goods={goods: 1})
        name = a_review(now=noon, number=number, stars=2, text="鞋底短一截")
        hiding = reviews.propose_hiding(
            public_id=name,
            reason=HidingReason.ABUSE,
            note="骂人",
            actor=a_social_worker(),
            now=noon,
        )
        reviews.confirm_hiding(public_id=hiding, actor=a_social_worker(), now=noon)
        reviewing.object_to_hiding(token=a_token(number), position=1, text="我没骂人", now=noon)
        return goods, number, hiding

    with a_bank():
        yield in_app(build)


@pytest.mark.parametrize("decision", ["show", "keep"])
def test_the_town_reads_both_sides_and_answers_the_buyer(worker, in_app, objected, decision, noon):
    goods, number, hiding = objected
    town = worker(Role.TOWN_SUPERVISOR)
    page = words(town.open(f"{OBJECTIONS}?lang=en", most=12))
    for said in ("鞋底短一截", "骂人", "我没骂人", "answer by"):
        assert said in page
    where = f"{OBJECTIONS}/{hiding}"
    town.send(where, {"text": "没骂人"}, via=OBJECTIONS, status=422)
    town.send(where, {"decision": decision, "text": " "}, via=OBJECTIONS, status=422)

    town.send(where, {"decision": decision, "text": "我们看过了"}, via=OBJECTIONS)

    shown = in_app(window.reviews, goods.product_id).items[0]
    assert shown.text == ("鞋底短一截" if decision == "show" else "")
    assert in_app(own_review, number).hiding.ending == "我们看过了"
    assert "鞋底短一截" not in words(town.open(OBJECTIONS))
    assert "我们看过了" in words(town.open(f"{OBJECTIONS}?state=decided"))
    town.send(where, {"decision": decision, "text": "x"}, via="/account", status=404)


def test_an_answer_that_is_late_is_marked(worker, objected, clock, noon):
    assert "status-waiting" in words(worker(Role.TOWN_SUPERVISOR).open(OBJECTIONS))
    clock.now = noon + timedelta(days=7)
    assert "status-danger" in words(worker(Role.TOWN_SUPERVISOR).open(OBJECTIONS))


def test_another_town_and_other_roles_find_nothing(worker, objected, in_app):
    hiding = objected[2]
    other = worker(Role.TOWN_SUPERVISOR, at=in_app(a_town, "500229107"))
    assert "鞋底短一截" not in words(other.open(OBJECTIONS))
    how = {"decision": "show", "text": "x"}
    other.send(f"{OBJECTIONS}/{hiding}", how, via="/account", status=404)
    for role, at in ((Role.COUNTY_OFFICER, a_county), (Role.SOCIAL_WORKER, None)):
        visitor = worker(role) if at is None else worker(role, at=in_app(at))
        visitor.open(OBJECTIONS, status=403)
        visitor.send(f"{OBJECTIONS}/{hiding}", how, via="/account", status=403)
