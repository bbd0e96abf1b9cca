from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from shop.kernel.access import SYSTEM
from shop.kernel.db import transaction
from shop.kernel.errors import Forbidden
from shop.stations import checks, queries, services
from shop.stations.models import WorkshopTotal
from shop.stations.services import WorkshopWords
from tests.builders.accounts import an_inspector
from tests.builders.stations import a_room, a_workshop


def names(text):
    return re.findall(r'href="/workshops/([\w-]+)">', text)


def test_workshops_are_listed_place_by_place_with_what_they_have(market, visitor):
    text = visitor.open("/workshops", most=10).get_data(as_text=True)

    assert names(text) == ["cizhu", "dengliang"]
    assert "在售 1 件" in text
    assert "有体验课" in text
    assert "可以自提" in text
    drawn = re.search(r"<figure.*?</figure>", text, re.DOTALL)[0]
    assert len(drawn.encode()) < 6000
    assert "灯梁村" in drawn
    town = visitor.open("/workshops?place=500229212").get_data(as_text=True)
    assert names(town) == ["dengliang"]
    assert "鸡鸣乡的工坊" in town


@pytest.mark.parametrize(
    "query", ["place=9", "place=999999999", "place=١٢٣٤٥٦", "place=<b>", "after=nothing", "after="]
)
def test_an_odd_place_is_a_friendly_page(market, visitor, query):
    assert "<b>" not in visitor.open(f"/workshops?{query}").get_data(as_text=True)


def test_a_long_list_of_workshops_goes_on_and_loses_nothing(market, visitor, in_app):
    for number in range(30):
        in_app(a_workshop, slug=f"w-{number:02d}", name=f"工坊{number}")

    first = visitor.open("/workshops").get_data(as_text=True)
    after = re.search(r"after=([\w-]+)", first)[1]
    second = visitor.open(f"/workshops?after={after}").get_data(as_text=True)
    assert len(names(first)) == 24
    assert len({*names(first), *names(second)}) == 32


def test_a_workshop_says_when_it_is_open_and_how_to_get_there(market, visitor, in_app):
    workshop = in_app(queries.workshop_by_slug, "dengliang")
    words = WorkshopWords(
        story="新的故事",
        hours="每天 9:00",
        directions="过第二座桥",
        directions_en="Past the bridge",
    )
    in_app(
        services.say_of_workshop,
        workshop_id=workshop.id, words=words, actor=SYSTEM, now=market.now,
    )  # fmt: skip

    text = visitor.open("/workshops/dengliang", most=11).get_data(as_text=True)
    for said in ("新的故事", "每天 9:00", "过第二座桥", "王秀兰", "ridge-map"):
        assert said in text
    english = visitor.open("/workshops/dengliang?lang=en").get_data(as_text=True)
    assert "Past the bridge" in english
    assert "每天 9:00" in english
    visitor.open("/workshops/nothing", status=404)


def test_only_who_lists_goods_there_speaks_for_a_workshop(market, in_app):
    workshop = in_app(queries.workshop_by_slug, "dengliang")

    def say(actor):
        services.say_of_workshop(
            workshop_id=workshop.id, words=WorkshopWords(), actor=actor, now=market.now
        )

    with pytest.raises(services.NotFound):
        in_app(services.say_of_workshop, workshop_id=99, words=WorkshopWords(), actor=SYSTEM,
               now=market.now)  # fmt: skip
    inspector = in_app(an_inspector)
    with pytest.raises(Forbidden):
        in_app(say, inspector)


def test_places_know_how_many_workshops_they_have(market, in_app):
    def broken():
        return [f.subject for check in checks.CHECKS for f in check.run()]

    def spoil():
        with transaction() as session:
            session.execute(sa.update(WorkshopTotal).filter_by(code="500229").values(workshops=7))

    found = in_app(queries.places_with_workshops, digits=6)
    assert [(one.code, one.workshops) for one in found] == [("500229", 2)]
    in_app(a_workshop, slug="third", station_id=in_app(a_room))
    below = in_app(queries.places_with_workshops, "500229", digits=9)
    assert [(one.code, one.workshops) for one in below] == [("500229107", 1), ("500229212", 2)]
    assert in_app(broken) == []
    in_app(spoil)
    assert in_app(broken) == ["place:500229"]
